//! Phones that go, and come back with other firmware than their model is to have (OUT-8): row by row.

use std::sync::Arc;
use std::time::Duration;

use perch::pbx::{Cause, Door, Event, Firmware, Site, Ticket, Wanted};
use perch::replay::{Clockwork, Memory};
use perch::site::{Hashing, parse};
use perch::time::Utc;

/// 2026-05-05, 09:00.
const BEGIN: Utc = Utc(1_777_971_600_000);

const DESK: &str = "desk-1";

const BEFORE: &str = "Yealink SIP-T46G 28.83.0.50";
const RIGHT: &str = "Yealink SIP-T46G 28.86.0.20";

const SITE: &str = r#"
[site]
name = "house"
FIRMWARE
[class_of_service.staff]
call_users = true
login = true
[logout_profile.lobby]
class = "staff"
display_name = "Lobby"
[user_profile.hers]
class = "staff"
[user.alice]
dn = "2001"
display_name = "Alice"
pin = "1111"
profiles = ["hers"]
[phone.desk-1]
logout_profile = "lobby"
guest_dn = "9001"
PASSWORD
location = "Hall"
PHONE
"#;

fn site(firmware: &str, phone: &str) -> Arc<Site> {
    // One that gets files has a password that the server makes.
    let password = match phone.contains("provision") {
        true => "",
        false => "password = \"desk-1-secret\"",
    };
    let text = SITE
        .replace("PASSWORD", password)
        .replace("FIRMWARE", &format!("[firmware]\n{firmware}"))
        .replace("PHONE", phone);
    match parse("house.toml", &text, None, &Hashing::default()) {
        Ok(parsed) => Arc::new(parsed.site),
        Err(problems) => panic!("{problems:?}"),
    }
}

/// Alice's desk, and a server that may be killed.
struct Desk {
    site: Arc<Site>,
    clockwork: Clockwork,
    /// Seconds after the beginning.
    passed: u64,
    began: u64,
}

impl Desk {
    /// Alice has logged in there.
    fn of(site: Arc<Site>) -> Desk {
        let clockwork = Clockwork::start(BEGIN, 7, Arc::clone(&site), Memory::default());
        let mut desk = Desk {
            site,
            clockwork,
            passed: 0,
            began: 0,
        };
        desk.clockwork.handle(Event::PhoneRegistered(DESK.into()));
        desk.clockwork.handle(Event::LoginRequested {
            ticket: Ticket(1),
            door: Door::Control,
            phone: DESK.into(),
            user: "alice".into(),
            secret: None,
            wanted: Wanted::default(),
        });
        assert!(desk.is_hers());
        desk
    }

    fn at(mut self, seconds: u64) -> Desk {
        let start = perch::time::UPTIME_AT_START;
        self.clockwork
            .run_until(start + Duration::from_secs(seconds - self.began));
        self.passed = seconds;
        self
    }

    fn goes(mut self) -> Desk {
        self.clockwork.handle(Event::PhoneGone(DESK.into()));
        self
    }

    /// It says what it runs, and is there.
    fn comes_with(self, user_agent: &str) -> Desk {
        let mut desk = self.says(user_agent);
        desk.clockwork.handle(Event::PhoneRegistered(DESK.into()));
        desk
    }

    fn says(mut self, user_agent: &str) -> Desk {
        let firmware = Firmware {
            load: None,
            user_agent: Some(user_agent.to_owned()),
        };
        let phone = DESK.into();
        self.clockwork
            .handle(Event::FirmwareTold { phone, firmware });
        self
    }

    /// The server is killed, and starts again.
    fn restarts(self) -> Desk {
        let at = Utc(BEGIN.0 + i64::try_from(self.passed).expect("it fits") * 1000);
        let memory = self.clockwork.end();
        Desk {
            clockwork: Clockwork::start(at, 7, Arc::clone(&self.site), memory),
            began: self.passed,
            ..self
        }
    }

    fn is_hers(&self) -> bool {
        self.clockwork.memory().session_at(&DESK.into()).is_some()
    }
}

/// rules: OUT-8
#[test]
fn who_was_away_for_long_and_comes_back_with_other_firmware_is_logged_out() {
    let desk = || Desk::of(site("T46 = \"28.86.0.20\"", ""));
    type Story = (&'static str, Desk, bool);
    let table: [Story; 9] = [
        (
            "away for 299 s",
            desk().goes().at(299).comes_with(BEFORE),
            true,
        ),
        (
            "away for 300 s",
            desk().goes().at(300).comes_with(BEFORE),
            false,
        ),
        (
            "with what it is to have",
            desk().goes().at(900).comes_with(RIGHT),
            true,
        ),
        (
            "with what nobody knows",
            desk().goes().at(900).comes_with("baresip"),
            true,
        ),
        (
            "said to be gone twice",
            desk().goes().at(200).goes().at(350).comes_with(BEFORE),
            false,
        ),
        ("never away", desk().at(900).says(BEFORE), true),
        (
            "back in time, and away again",
            desk()
                .goes()
                .at(200)
                .comes_with(RIGHT)
                .goes()
                .at(350)
                .comes_with(BEFORE),
            true,
        ),
        (
            "back soon after a restart of the server",
            desk().at(900).restarts().at(910).comes_with(BEFORE),
            true,
        ),
        (
            "back long after a restart of the server",
            desk().at(900).restarts().at(1200).comes_with(BEFORE),
            false,
        ),
    ];
    for (what, desk, stays) in table {
        let seconds = desk.passed + 5;
        assert_eq!(desk.at(seconds).is_hers(), stays, "{what}");
    }
}

/// Where a building comes back, each waits for its turn: a server that is killed meanwhile knows.
///
/// rules: OUT-8, IDL-5
#[test]
fn that_somebody_is_to_go_is_stored_before_their_turn() {
    let desk = Desk::of(site("T46 = \"28.86.0.20\"", ""));
    let desk = desk.goes().at(400).says(BEFORE);
    let stored = desk.clockwork.memory().session_at(&DESK.into());
    let leaving = stored.and_then(|stored| stored.leaving);
    assert_eq!(leaving.map(|(cause, ..)| cause), Some(Cause::Firmware));
    let desk = desk.restarts().at(401).comes_with(BEFORE).at(405);
    assert!(!desk.is_hers());
}

/// What model it is say the files that are made for it, else the phone itself; in whichever case it is written.
///
/// rules: OUT-8
#[test]
fn the_model_is_the_one_that_somebody_named_or_that_the_phone_says() {
    let (t46, in_lower_case) = ("T46 = \"28.86.0.20\"", "t46 = \"28.86.0.20\"");
    let other = "provision = \"yealink/T48\"\nmac = \"00:15:65:11:22:33\"";
    let table = [
        (t46, "", false),
        (in_lower_case, "", false),
        (t46, other, true),
    ];
    for (firmware, phone, stays) in table {
        let desk = Desk::of(site(firmware, phone));
        let desk = desk.goes().at(400).comes_with(BEFORE).at(405);
        assert_eq!(desk.is_hers(), stays, "{firmware} {phone}");
    }
}

/// One that begins like another, and says more, is another.
///
/// rules: OUT-8
#[test]
fn a_model_is_known_by_the_longest_beginning_that_fits() {
    let models = "T46 = \"28.86.0.20\"\n\
                  [phone_model.T46G]\nlike = \"T46\"\nuser_agents = [\"yealink sip-t46g\"]";
    let desk = Desk::of(site(models, ""));
    let desk = desk.goes().at(400).comes_with(BEFORE).at(405);
    assert!(desk.is_hers(), "nothing is said of a T46G");
}
