//! From the plug to the logout: phones fetch their files, register as those say, and people come and go by their pages.

use crate::built_server::wait_until;
use crate::desk::{DESKS, Desk, NEW_DESK, OLD_DESK, there};
use crate::office::Office;
use crate::support::live_phone::PATIENCE;
use crate::support::phone::{CallState, Order};

/// rules: SES-1, SES-5, SES-7, SES-9, PRO-3
#[test]
fn a_7960_starts_becomes_somebodys_and_is_everybodys_again() {
    let office = Office::with("", DESKS);
    let desk = Desk::old(&office);
    let own = format!("{OLD_DESK}.cnf.xml");
    assert_eq!(
        desk.booted.asked,
        [
            "tftp OS79XX.TXT: none".to_owned(),
            format!("tftp CTL{OLD_DESK}.tlv: none"),
            format!("tftp {own}"),
        ]
    );
    desk.phone.has_buttons(&["line 9061 Guest"]);
    desk.dora_logs_in("inside");
    assert_eq!(office.who(), [there("dora", OLD_DESK)]);
    desk.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial 2002 Bob",
        "speed dial 2001 Alice",
    ]);
    desk.somebody_logs_out("dora");
    assert_eq!(office.who(), []);
    desk.phone.has_buttons(&["line 9061 Guest"]);
    desk.dora_logs_in("outside");
    desk.phone
        .has_buttons(&["line 2004 Dora", "speed dial 9061 The 7960"]);
    desk.is_content();
}

/// rules: SES-1, SES-5, SES-7, SES-9, CAL-1
#[test]
fn an_8861_starts_becomes_somebodys_and_is_everybodys_again() {
    let office = Office::with("", DESKS);
    let (desk, other) = (Desk::new(&office), Desk::old(&office));
    assert_eq!(
        desk.booted.asked,
        [
            format!("http CTL{NEW_DESK}.tlv: none"),
            format!("http ITL{NEW_DESK}.tlv: none"),
            "http ITLFile.tlv: none".to_owned(),
            format!("http {NEW_DESK}.cnf.xml"),
            "http dialplan.xml".to_owned(),
        ]
    );
    assert_eq!(desk.booted.buttons(), ["9062", "Log in"]);
    desk.dora_logs_in("inside");
    assert_eq!(office.who(), [there("dora", NEW_DESK)]);
    // Its file is hers now, and so are its calls.
    let hers = desk.reads_again();
    assert_eq!(hers.buttons(), ["2004", "Log out", "Bob", "Alice"]);
    assert_ne!(hers.version(), desk.booted.version());
    desk.phone.order(&Order::Dial("9061".into()));
    other.phone.has_calls(&[CallState::Ringing]);
    let rings = other.phone.sees("rings (from ");
    assert!(rings.contains("2004"), "{rings}");
    desk.phone.order(&Order::HangUp);
    desk.phone.has_calls(&[]);
    other.phone.has_calls(&[]);
    other.phone.order(&Order::Dial("2004".into()));
    desk.phone.has_calls(&[CallState::Ringing]);
    other.phone.order(&Order::HangUp);
    desk.phone.has_calls(&[]);
    desk.somebody_logs_out("dora");
    assert_eq!(office.who(), []);
    let again = desk.reads_again();
    assert_eq!(again.file, desk.booted.file, "it is what it was");
    desk.is_content();
    other.is_content();
}

/// A login while the handset is up is one at once, and is seen when it comes down.
///
/// rules: SES-6
#[test]
fn a_login_while_off_hook_waits_for_the_handset() {
    let office = Office::with("", DESKS);
    let desk = Desk::old(&office);
    desk.phone.order(&Order::OffHook);
    desk.dora_logs_in("inside");
    assert_eq!(office.who(), [there("dora", OLD_DESK)]);
    desk.phone.sees("reads \"Resetting...\"");
    assert_eq!(desk.phone.buttons(), ["line 9061 Guest"]);
    desk.phone.order(&Order::OnHook);
    desk.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial 2002 Bob",
        "speed dial 2001 Alice",
    ]);
    desk.is_content();
}

/// In a call that began before, she is there at once; the phone shows it when the call is over.
///
/// rules: SES-6
#[test]
fn a_login_in_a_call_waits_for_its_end() {
    let office = Office::with("", DESKS);
    let (desk, other) = (Desk::old(&office), Desk::new(&office));
    desk.phone.order(&Order::Dial("9062".into()));
    other.phone.has_calls(&[CallState::Ringing]);
    other.phone.order(&Order::Answer);
    desk.phone.has_calls(&[CallState::Talking]);
    desk.dora_logs_in("inside");
    assert_eq!(office.who(), [there("dora", OLD_DESK)]);
    assert_eq!(desk.phone.buttons(), ["line 9061 Guest"]);
    desk.phone.has_calls(&[CallState::Talking]);
    other.phone.order(&Order::HangUp);
    desk.phone.has_buttons(&[
        "line 2004 Dora",
        "speed dial 2002 Bob",
        "speed dial 2001 Alice",
    ]);
    desk.is_content();
    other.is_content();
}

/// Five wrong PINs lock her, at both phones and whatever the phone.
///
/// rules: SES-8
#[test]
fn five_wrong_pins_lock_whoever_it_is_at_every_phone() {
    let office = Office::with("", DESKS);
    let (old, new) = (Desk::old(&office), Desk::new(&office));
    for pin in ["0000", "1111", "2222", "3333", "5555"] {
        let refused = old
            .browser
            .submit(&old.services(), &[("User ID", "dora"), ("PIN", pin)]);
        assert!(refused.shown().contains("Please try to login again (201)"));
    }
    for desk in [&old, &new] {
        let right = [("User ID", "dora"), ("PIN", "4444")];
        let refused = desk.browser.submit(&desk.services(), &right);
        assert!(refused.shown().contains("Please try to login again (201)"));
    }
    assert_eq!(office.who(), []);
    let locked = || office.server.json(&["locks"]).to_string();
    assert!(locked().contains("dora"), "{}", locked());
    office.server.tell(&["unlock", "dora"]);
    wait_until("she may log in again", PATIENCE, || {
        !locked().contains("dora")
    });
    old.dora_logs_in("inside");
    new.is_content();
}
