//! A real softphone, baresip, through the relay: with browsers, and with phones that do not encrypt while it does.

use std::path::Path;
use std::time::Duration;

use super::baresip::Baresip;
use super::browser::Browser;
use super::built_server::{Perch, wait_for};
use super::calls::{HERE, SOME, is_quiet, page, secret, serve, softphone};
use super::installed::{directory, has};
use super::relay::Relay;
use super::softphone::Softphone;
use super::support::live_phone::{LivePhone, Security};
use super::support::phone::{CallState, Order};

/// What baresip says, in hertz.
const VOICE: &str = "440";

/// How long it may take to write down what it has counted.
const SOON: Duration = Duration::from_secs(15);

/// Baresip as Bob's own softphone, with more settings of its account.
fn bob(dir: &Path, server: &Perch, more: &str) -> Baresip {
    let account = server.softphone("bob", &secret("bob"), "baresip");
    Baresip::register_as_user(dir, server, "bob", &format!("{account}{more}"))
}

/// It has sent and received something in a call that is over.
fn has_counted(phone: &Baresip, call: usize) {
    let counted = wait_for("baresip has counted", SOON, || {
        phone.counted().get(call).copied()
    });
    let some = SOME / 2;
    assert!(
        counted.sent > some && counted.received > some,
        "{counted:?}"
    );
}

/// rules: CAL-1
#[test]
fn a_browser_and_baresip_hear_each_other() {
    let dir = directory();
    if !has("baresip", "baresip") {
        return;
    }
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let bob = bob(dir.path(), &server, "");
    let alice = page(&browser, &server, "alice");

    alice.dials("2002");
    assert_eq!(bob.rings(), ("Alice".into(), "2001".into()));
    bob.answer();
    assert_eq!(alice.converses(SOME), "PCMA");
    assert_eq!(alice.does("tone", &[]), VOICE);
    bob.holds();
    bob.resumes();
    assert_eq!(alice.converses(SOME), "PCMA");
    alice.does("hangs_up", &[]);
    bob.is_left();
    has_counted(&bob, 0);

    bob.dial("2001");
    assert_eq!(alice.takes_call(), "2002");
    bob.talks();
    assert_eq!(alice.converses(SOME), "PCMA");
    assert_eq!(alice.does("tone", &[]), VOICE);
    bob.hang_up();
    alice.is_left();
    has_counted(&bob, 1);
    is_quiet(&server, &relay);
}

/// rules: CAL-1
#[test]
fn a_softphone_that_encrypts_talks_with_phones_that_do_not() {
    let dir = directory();
    if !has("baresip", "baresip") {
        return;
    }
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    // What the others speak; nobody transcodes.
    let settings = ";mediaenc=srtp-mand;audio_codecs=PCMU";
    let bob = bob(dir.path(), &server, settings);
    let carol = softphone(&server, "carol", 700);
    let at = server.at(HERE, 2000);
    let desk = LivePhone::sccp(at, Security::Plain, "SEP0011AA000001", "7960", 1000);
    desk.registers();

    for (call, (phone, number)) in [(&carol, "2003"), (&desk, "9001")].into_iter().enumerate() {
        bob.dial(number);
        phone.sees("rings (from 2002");
        phone.order(&Order::Answer);
        bob.talks();
        phone.talks_to(HERE, SOME);
        phone.order(&Order::HangUp);
        bob.is_left();
        has_counted(&bob, 2 * call);

        phone.order(&Order::Dial("2002".into()));
        bob.rings();
        bob.answer();
        phone.has_calls(&[CallState::Talking]);
        phone.talks_to(HERE, SOME);
        bob.hang_up();
        phone.has_calls(&[]);
        has_counted(&bob, 2 * call + 1);
    }
    is_quiet(&server, &relay);
}
