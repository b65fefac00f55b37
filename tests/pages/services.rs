//! What the Services key leads to.

use std::time::Duration;

use crate::built_server::wait_until;
use crate::desk::{DESKS, Desk, there};
use crate::office::{NEW, OLD, Office, PHONES, at};
use crate::support::phone::{CallState, Order};

/// rules: SES-3, SES-9, SES-11
#[test]
fn the_menu_says_what_there_is_and_who_is_here() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    for path in [
        "/ccmcip/getservicesmenu.jsp",
        "/CCMCIP/getservicesmenu.asp",
        "/serviceurl",
        "/CMEserverForPhone/serviceurl",
    ] {
        let menu = phone.go(&format!("{path}?name={}", PHONES[0]));
        assert_eq!(
            menu.shown(),
            "[Services] *Log in *Who is here *Change PIN (1:Select 3:Exit)"
        );
    }
    let menu = phone.go(&format!("/serviceurl?name={}", PHONES[0]));
    let who = phone.choose(&menu, "Who is here");
    assert_eq!(
        who.shown(),
        "[Who is here] Nobody is logged in here. (3:Exit)"
    );
    let form = phone.choose(&menu, "Log in");
    phone.submit(&form, &[("User ID", "bob"), ("PIN", "2222")]);
    let menu = phone.go(&format!("/serviceurl?name={}", PHONES[0]));
    assert_eq!(
        menu.shown(),
        "[Services] *Log out *Who is here *Speed dials *Change PIN (1:Select 3:Exit)"
    );
    let who = phone.choose(&menu, "Who is here");
    assert!(
        who.shown().contains("bob, 2002 Bob since 20"),
        "{}",
        who.shown()
    );
    let form = phone.press(&who, "Other");
    let menu = phone.submit(&form, &[("User ID", "alice"), ("PIN", "1111")]);
    phone.choose(&menu, "clerk");
    assert_eq!(office.who(), [at("alice", 0)], "bob was taken over");
    let who = phone.go(&format!("/pages/who?device={}", PHONES[0]));
    phone.press(&who, "Yes");
    assert_eq!(office.who(), []);
    let spied = phone.go(&format!("/pages/who?device={}", PHONES[1]));
    assert!(
        spied.shown().contains("not available (28)"),
        "{}",
        spied.shown()
    );
}

/// rules: PRO-2, PRO-4
#[test]
fn who_is_here_reads_what_has_no_button() {
    let office = Office::open();
    let chief = "[user_profile.chief]\nclass = \"all\"\n";
    let more = r#"lines = ["2001", { number = "2003", type = "silent-ring" }]
speed_dials = [{ number = "2002", label = "Bob" }]
"#;
    office.apply_instead(chief, &format!("{chief}{more}"));
    let phone = office.browser(0, OLD);
    let menu = phone.go(&format!("/serviceurl?name={}", PHONES[0]));
    let form = phone.choose(&menu, "Log in");
    let menu = phone.submit(&form, &[("User ID", "alice"), ("PIN", "1111")]);
    phone.choose(&menu, "chief");
    let who = phone.go(&format!("/pages/who?device={}", PHONES[0]));
    let shown = who.shown();
    assert!(shown.contains("no button: 2003 Bob"), "{shown}");
}

/// rules: IDL-6
#[test]
fn whoever_is_warned_stays_by_a_page() {
    let hasty = "[user_profile.hasty]\nclass = \"all\"\nidle_limit_min = 1\n\
                 [user.carol]\ndn = \"2003\"\ndisplay_name = \"Carol\"\npin = \"3333\"\nprofiles = [\"hasty\"]\n";
    let office = Office::with("", hasty);
    let phone = office.browser(1, NEW);
    let stay = format!("/pages/stay?device={}", PHONES[1]);
    let refused = phone.go(&stay);
    assert!(
        refused.shown().contains("not available (19)"),
        "{}",
        refused.shown()
    );
    phone.submit(&phone.open(), &[("User ID", "carol"), ("PIN", "3333")]);
    let planned = || office.server.json(&["who"])[0]["next_logout"].to_string();
    let before = planned();
    // The plan is told by the second.
    wait_until(
        "staying puts the logout off",
        Duration::from_secs(10),
        || {
            let page = phone.go(&stay);
            assert!(
                page.shown().contains("You stay logged in."),
                "{}",
                page.shown()
            );
            planned() > before
        },
    );
}

/// A 7975 over SCCP: whoever wanted to leave and is in a call still thinks better of it on the page (OUT-2).
///
/// rules: OUT-2, IDL-6, SES-9
#[test]
fn whoever_wanted_to_leave_stays_by_the_menu() {
    let office = Office::with("", DESKS);
    let (desk, other) = (Desk::live(&office), Desk::new(&office));
    desk.dora_logs_in("inside");
    let wants_to_leave = || {
        let done = desk.browser.press(&desk.services(), "Yes");
        let said = "Logged out when the call ends";
        assert!(done.shown().contains(said), "{}", done.shown());
    };
    let menu = || desk.browser.press(&desk.services(), "More");
    let leaving = || office.server.json(&["who"])[0]["leaving"].clone();
    let calls = || {
        desk.phone.order(&Order::Dial("9062".into()));
        other.phone.has_calls(&[CallState::Ringing]);
        other.phone.order(&Order::Answer);
        desk.phone.has_calls(&[CallState::Talking]);
    };
    calls();
    assert!(!menu().shown().contains("*Stay"), "nothing is to come");
    wants_to_leave();
    assert_eq!(leaving(), "user");
    let stayed = desk.browser.choose(&menu(), "Stay");
    assert!(stayed.shown().contains("You stay logged in."));
    assert_eq!(leaving(), serde_json::Value::Null);
    assert!(!menu().shown().contains("*Stay"), "{}", menu().shown());
    other.phone.order(&Order::HangUp);
    desk.phone.has_calls(&[]);
    assert_eq!(office.who(), [there("dora", &desk.phone.name)]);
    // Who does not stay leaves when the call ends.
    calls();
    wants_to_leave();
    other.phone.order(&Order::HangUp);
    desk.phone.has_buttons(&["line 9063 Guest"]);
    assert_eq!(office.who(), []);
    desk.is_content();
    other.is_content();
}
