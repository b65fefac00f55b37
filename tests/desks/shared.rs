//! One number on a 7960, a desk phone over SIP and baresip: real media through ring, hold, resume elsewhere and barge.

use std::net::{IpAddr, Ipv4Addr};

use super::baresip::Baresip;
use super::installed::{directory, has};
use super::judge::judge;
use super::office::{Office, TONES};
use super::softphone::{Over, Softphone};
use super::support::live_phone::{SOME, Security, talk};
use super::support::phone::{CallState, Order};

/// Where baresip is, and where Perch adds sound up.
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// So many packets are enough to tell tones from each other in a recording.
const MORE: u32 = 100;

/// What baresip says, in hertz.
const VOICE: u32 = 1500;

/// What the desk phone says, in hertz.
const DESK: u32 = 1000;

/// Three phones of 9400.
const FRONT: &str = r#"
[class_of_service.front]
call_guests = true
call_users = true
login = true
barge = true
privacy = true

[logout_profile.front]
class = "front"
display_name = "Front"
lines = ["9400"]

[phone.SEP001122337001]
logout_profile = "front"
model = "7960"

[phone.front-desk]
logout_profile = "front"
password = "front-desk-secret"

[phone.front-soft]
logout_profile = "front"
password = "front-soft-secret"
"#;

/// rules: CAL-3, PRO-6
#[test]
fn a_7960_a_sip_phone_and_baresip_share_a_line() {
    if !has("baresip", "baresip") {
        return;
    }
    let dir = directory();
    let office = Office::open_beside(dir.path(), FRONT);
    let caller = office.cisco(3, 0);
    let old = office.station("SEP001122337001", "7960", Security::Plain, TONES[1]);
    let desk = office.desk("front-desk", DESK);
    let soft = Baresip::register(dir.path(), &office.server, "front-soft", Over::Udp, VOICE);

    // All ring, one answers, the others show it.
    caller.phone.order(&Order::Dial("9400".into()));
    assert_eq!(soft.rings(), ("Guest".into(), caller.number.clone()));
    for phone in [&old, &desk] {
        phone.sees(&format!("rings (from {}", caller.number));
    }
    soft.answer();
    caller.phone.talks_to(THERE, SOME);
    old.sees("line 1 is in use elsewhere (9230 Guest), its lamp is On, keys NewCall/Barge");

    // It is held at baresip, goes on at the 7960, and then at the desk phone.
    soft.holds();
    old.sees("line 1 is held elsewhere (9230 Guest), its lamp is Wink, keys Resume/NewCall");
    old.order(&Order::PressSoftkey("Resume".into()));
    soft.is_left();
    talk(&caller.phone, &old);
    old.order(&Order::Hold);
    old.has_calls(&[CallState::Holding]);
    desk.order(&Order::Dial("*36".into()));
    talk(&caller.phone, &desk);
    old.sees("line 1 is in use elsewhere (9230 Guest), its lamp is On, keys NewCall/Barge");

    // Baresip comes in: everybody hears Perch, which is where all of them are to be heard.
    soft.dial("*33");
    soft.talks();
    caller.phone.talks_to(THERE, MORE);
    desk.talks_to(THERE, MORE);
    caller.phone.hears_nothing_from(desk.host);
    soft.hang_up();
    for (who, tone) in [("the caller", TONES[0]), ("the desk phone", DESK)] {
        let heard = soft.heard_tone(tone);
        assert!(heard > 0.2, "baresip heard {who}: {heard}");
    }
    talk(&caller.phone, &desk);

    // The 7960 comes in by its softkey, and the desk phone leaves: the others talk directly.
    old.order(&Order::PressSoftkey("Barge".into()));
    for phone in [&caller.phone, &desk, &old] {
        phone.talks_to(THERE, SOME);
    }
    desk.order(&Order::HangUp);
    talk(&caller.phone, &old);

    // What is private is nobody's business.
    old.order(&Order::PressSoftkey("Private".into()));
    old.sees("reads \"Calls on shared lines are private\"");
    assert!(soft.dial_in_vain("*33").contains("403"));
    caller.phone.order(&Order::HangUp);
    old.has_calls(&[]);
    office.is_quiet();
    judge(&[&caller.phone, &old]);
}
