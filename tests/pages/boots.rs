//! From the plug to the logout: phones fetch their files, register as those say, and people come and go by their pages.

use std::net::SocketAddr;

use crate::boot::{Boot, Booted, Firmware};
use crate::built_server::wait_until;
use crate::office::{NEW, OLD, Office};
use crate::phone_browser::{Browser, Page};
use crate::support::live_phone::{LivePhone, PATIENCE, Security};
use crate::support::phone::{CallState, Order};

/// A 7960, which speaks SCCP, and an 8861, which speaks SIP. Dora has two profiles with buttons of their own.
const DESKS: &str = r#"
[phone.SEP0011AA0000A1]
logout_profile = "guest"
guest_dn = "9061"
model = "7960"
[phone.SEP0011AA0000A2]
logout_profile = "guest"
guest_dn = "9062"
provision = "cisco"
[user_profile.inside]
class = "all"
speed_dials = [{ number = "2002", label = "Bob" }, { number = "2001", label = "Alice" }]
[user_profile.outside]
class = "all"
speed_dials = [{ number = "9061", label = "The 7960" }]
[user.dora]
dn = "2004"
display_name = "Dora"
pin = "4444"
profiles = ["inside", "outside"]
"#;

const OLD_DESK: &str = "SEP0011AA0000A1";
const NEW_DESK: &str = "SEP0011AA0000A2";

/// A phone that has started.
struct Desk<'a> {
    boot: Boot<'a>,
    booted: Booted,
    phone: LivePhone,
    browser: Browser,
}

impl<'a> Desk<'a> {
    /// The 7960.
    fn old(office: &'a Office) -> Desk<'a> {
        let boot = Boot::of(OLD_DESK, Firmware::Old, &office.server);
        let booted = boot.start();
        assert_eq!(booted.protocol(), "SCCP");
        let server = (booted.server(), Security::Plain);
        let phone = LivePhone::sccp_at(boot.host, server, OLD_DESK, "7960", 440);
        Desk::with(boot, booted, phone, OLD)
    }

    /// The 8861.
    fn new(office: &'a Office) -> Desk<'a> {
        let boot = Boot::of(NEW_DESK, Firmware::New, &office.server);
        let booted = boot.start();
        assert_eq!(booted.protocol(), "SIP");
        let phone = LivePhone::sip_at(boot.host, booted.server(), booted.account(), 700);
        Desk::with(boot, booted, phone, NEW)
    }

    fn with(boot: Boot<'a>, booted: Booted, phone: LivePhone, model: &'static str) -> Desk<'a> {
        phone.registers();
        let pages = page_server(booted.services());
        let browser = Browser::at(boot.host, pages, &phone.name, model);
        Desk {
            boot,
            booted,
            phone,
            browser,
        }
    }

    /// What the Services key shows.
    fn services(&self) -> Page {
        self.browser.go(self.booted.services())
    }

    /// Dora logs in by her second profile, or her first.
    fn dora_logs_in(&self, profile: &str) {
        let form = self.services();
        let menu = self
            .browser
            .submit(&form, &[("User ID", "dora"), ("PIN", "4444")]);
        assert!(
            menu.shown()
                .starts_with("[Choose a profile] *inside *outside")
        );
        let done = self.browser.choose(&menu, profile);
        assert!(
            done.shown().contains("Login successful."),
            "{}",
            done.shown()
        );
    }

    /// Whoever is there logs out, and says yes.
    fn somebody_logs_out(&self, user: &str) {
        let question = self.services();
        let asked = format!("{user} is logged in at this phone.  Do you want to log out?");
        assert!(question.shown().contains(&asked), "{}", question.shown());
        let done = self.browser.press(&question, "Yes");
        assert!(
            done.shown().contains("Logout successful."),
            "{}",
            done.shown()
        );
    }

    /// What came wrong of anything: nothing.
    fn is_content(&self) {
        assert_eq!(self.phone.wrong(), Vec::<String>::new());
    }
}

/// Where pages are, by an address that a phone was given.
fn page_server(url: &str) -> SocketAddr {
    let rest = url.strip_prefix("http://").expect("an address");
    let (server, _) = rest.split_once('/').expect("a path");
    server.parse().expect("host and port")
}

fn there(user: &str, phone: &str) -> (String, String) {
    (user.to_owned(), phone.to_owned())
}

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
    let hers = desk.boot.start();
    assert_eq!(hers.buttons(), ["2004", "Log out", "Bob", "Alice"]);
    assert_ne!(hers.version(), desk.booted.version());
    assert_eq!(
        hers.account(),
        desk.booted.account(),
        "it need not register anew"
    );
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
    let again = desk.boot.start();
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
