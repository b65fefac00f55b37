//! Softphones that talk to Perch itself: they log in by tones, with keys sent in either way, and hear themselves.

use std::thread;
use std::time::Duration;

use super::baresip::Baresip;
use super::built_server::{Perch, wait_until};
use super::installed::{directory, has};
use super::linphone::{Keys, Linphone};
use super::softphone::{Over, Softphone};

const SECOND: Duration = Duration::from_secs(1);

/// Nobody presses keys faster than this.
const FINGER: Duration = Duration::from_millis(300);

/// Somebody listens to the tone before they press the first.
const LISTENS: Duration = Duration::from_secs(2);

/// The dial tone, and what baresip says, in hertz.
const DIAL: u32 = 425;
const VOICE: u32 = 700;

/// Fails once, and then logs in as u2001.
fn log_in(server: &Perch, phone: &dyn Softphone) {
    phone.dial("*11");
    phone.talks();
    thread::sleep(LISTENS);
    for keys in ["2001#", "9999#", "2001#", "1111#"] {
        for key in keys.chars() {
            phone.presses(key);
            thread::sleep(FINGER);
        }
    }
    phone.is_left();
    assert_eq!(server.phone_of("u2001").as_deref(), Some(phone.name()));
}

/// rules: SES-1, SES-8
#[test]
fn baresip_logs_in_by_tones() {
    if !has("baresip", "baresip") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let phone = Baresip::register(dir.path(), &server, "desk-1", Over::Udp, VOICE);
    log_in(&server, &phone);
    wait_until("the dial tone is in the recording", 5 * SECOND, || {
        phone.heard_tone(DIAL) > 0.3
    });
}

/// rules: SES-1, SES-8
#[test]
fn linphone_logs_in_by_tones_and_by_info() {
    if !has("linphone-daemon", "linphone-cli") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    for (name, keys) in [
        ("desk-1", Keys::Media),
        ("desk-2", Keys::Info),
        ("desk-3", Keys::Both),
    ] {
        let phone = Linphone::register_with(dir.path(), &server, name, Over::Udp, keys);
        log_in(&server, &phone);
    }
}

#[test]
fn baresip_hears_itself() {
    if !has("baresip", "baresip") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let phone = Baresip::register(dir.path(), &server, "desk-1", Over::Tcp, VOICE);
    phone.dial("*90");
    phone.wait("CALL_ESTABLISHED");
    thread::sleep(4 * SECOND);
    phone.hang_up();
    wait_until("its own tone is in the recording", 5 * SECOND, || {
        phone.heard_tone(VOICE) > 0.5
    });
}
