//! Desks with phones that fetched what they are to do: a 7960 and an 8861.

use std::net::SocketAddr;

use perch::pbx::Vendor;

use crate::boot::{Boot, Booted, Firmware};
use crate::office::{NEW, OLD, Office};
use crate::phone_browser::{Browser, Page};
use crate::support::live_phone::{LivePhone, Security};

/// A 7960 and a 7975, which speak SCCP, and an 8861, which speaks SIP. Dora has two profiles with buttons of their own.
pub const DESKS: &str = r#"
[phone.SEP0011AA0000A1]
logout_profile = "guest"
guest_dn = "9061"
model = "7960"
[phone.SEP0011AA0000A2]
logout_profile = "guest"
guest_dn = "9062"
provision = "cisco"
[phone.SEP0011AA0000A3]
logout_profile = "guest"
guest_dn = "9063"
model = "7975"
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

/// The 7960.
pub const OLD_DESK: &str = "SEP0011AA0000A1";
/// The 8861.
pub const NEW_DESK: &str = "SEP0011AA0000A2";

/// The 7975, whose buttons change while it is registered.
const LIVE_DESK: &str = "SEP0011AA0000A3";

/// A phone that has started.
pub struct Desk<'a> {
    pub boot: Boot<'a>,
    pub booted: Booted,
    pub phone: LivePhone,
    pub browser: Browser,
}

impl<'a> Desk<'a> {
    /// The 7960.
    pub fn old(office: &'a Office) -> Desk<'a> {
        let boot = Boot::of(OLD_DESK, Firmware::Old, &office.server);
        let booted = boot.start();
        assert_eq!(booted.protocol(), "SCCP");
        let server = (booted.server(), Security::Plain);
        let phone = LivePhone::sccp_at(boot.host, server, OLD_DESK, "7960", 440);
        Desk::with(boot, booted, phone, OLD)
    }

    /// The 7975.
    pub fn live(office: &'a Office) -> Desk<'a> {
        let boot = Boot::of(LIVE_DESK, Firmware::New, &office.server);
        let booted = boot.start();
        let server = (booted.server(), Security::Plain);
        let phone = LivePhone::sccp_at(boot.host, server, LIVE_DESK, "7975", 1000);
        Desk::with(boot, booted, phone, "CP-7975G")
    }

    /// The 8861.
    pub fn new(office: &'a Office) -> Desk<'a> {
        let boot = Boot::of(NEW_DESK, Firmware::New, &office.server);
        let booted = boot.start();
        assert_eq!(booted.protocol(), "SIP");
        let (name, password) = booted.account();
        let account = (name, password, Some(Vendor::Cisco));
        let phone = LivePhone::sip_at(boot.host, booted.server(), account, 700);
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
    pub fn services(&self) -> Page {
        self.browser.go(self.booted.services())
    }

    /// Dora logs in by her second profile, or her first.
    pub fn dora_logs_in(&self, profile: &str) {
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
    pub fn somebody_logs_out(&self, user: &str) {
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

    /// The 8861 is told to, and reads its file again. It registers as before, so it need not do that anew.
    pub fn reads_again(&self) -> Booted {
        self.phone.sees("is told: check-version");
        let booted = self.boot.start();
        assert_eq!(booted.account(), self.booted.account());
        assert_eq!(booted.server(), self.booted.server());
        booted
    }

    /// What came wrong of anything: nothing.
    pub fn is_content(&self) {
        assert_eq!(self.phone.wrong(), Vec::<String>::new());
    }
}

/// Where pages are, by an address that a phone was given.
fn page_server(url: &str) -> SocketAddr {
    let rest = url.strip_prefix("http://").expect("an address");
    let (server, _) = rest.split_once('/').expect("a path");
    server.parse().expect("host and port")
}

/// Who is where, as [`Office::who`] says it.
pub fn there(user: &str, phone: &str) -> (String, String) {
    (user.to_owned(), phone.to_owned())
}
