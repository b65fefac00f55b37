//! A house as the core sees it: phones that ring and are answered, somebody who is logged in, and virtual time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use perch::pbx::{
    Action, AgentKind, Body, Cause, Change, Claim, Door, Event, Hops, LegId, LegIds, MediaFlow,
    Pbx, PhoneName, Record, Refusal, Remembered, Secret, Site, Ticket, Wanted, What,
};
use perch::site::{Hashing, parse};
use perch::time::{Now, UPTIME_AT_START, Utc};

/// 2026-05-05, 09:00.
const BEGIN: Now = Now {
    uptime: UPTIME_AT_START,
    utc: Utc(1_777_971_600_000),
};

const CHEAP: Hashing = Hashing {
    memory_kib: 8,
    passes: 1,
};

const SITE: &str = r#"
[site]
name = "house"
held_cap_min = 5
no_answer_s = 3600
SETTINGS
[emergency]
112 = ["desk-9"]
[firmware]
T46 = "28.86.0.20"
[class_of_service.staff]
call_users = true
call_guests = true
login = true
remote_logout = true
[logout_profile.lobby]
class = "staff"
display_name = "Lobby"
[user_profile.hers]
class = "staff"
lines = ["2001", "2005"]
PROFILE
[user_profile.his]
class = "staff"
lines = ["2002", "2005"]
[user.alice]
dn = "2001"
display_name = "Alice"
pin = "1111"
profiles = ["hers"]
[user.bob]
dn = "2002"
display_name = "Bob"
pin = "2222"
profiles = ["his"]
"#;

/// Where alice is, where bob is, who calls alice's lines, who wants her out, and who helps.
pub const HERS: &str = "desk-1";
pub const HIS: &str = "desk-2";
pub const CALLERS: [&str; 2] = ["desk-3", "desk-4"];
pub const OTHER: &str = "desk-5";
const HELP: &str = "desk-9";

/// What is different from house to house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    pub agent: Option<AgentKind>,
    pub is_exempt: bool,
    pub limit: Limit,
}

/// What of itself ends alice's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    None,
    /// Ten minutes without use.
    Idle,
    /// Ten minutes, whatever happens.
    Total,
    /// 09:12.
    Clock,
}

/// Sites are read once.
#[derive(Default)]
pub struct Houses(HashMap<Plan, Arc<Site>>);

impl Houses {
    /// A house with alice at her desk and bob at his, a minute after the doors were opened.
    pub fn open(&mut self, plan: Plan) -> House {
        let site = self.0.entry(plan).or_insert_with(|| Arc::new(site(plan)));
        House::new(Arc::clone(site))
    }
}

fn site(plan: Plan) -> Site {
    let settings = match plan.limit {
        Limit::Clock => "logout_times = [\"09:12\"]",
        Limit::Total => "max_login = \"0:10\"",
        Limit::None | Limit::Idle => "",
    };
    let idle = match plan.limit {
        Limit::Idle => "idle_limit_min = 10\n",
        _ => "",
    };
    let agent = plan
        .agent
        .map(|kind| format!("agent = \"{}\"\n", kind.word()));
    let profile = format!(
        "{idle}exempt = {}\n{}",
        plan.is_exempt,
        agent.unwrap_or_default()
    );
    let mut text = SITE
        .replace("SETTINGS", settings)
        .replace("PROFILE", &profile);
    let phones = [HERS, HIS, CALLERS[0], CALLERS[1], OTHER, HELP];
    for (place, phone) in phones.into_iter().enumerate() {
        text.push_str(&format!(
            "[phone.{phone}]\nlogout_profile = \"lobby\"\nguest_dn = \"900{place}\"\npassword = \"{phone}-secret\"\nlocation = \"Hall\"\n"
        ));
    }
    match parse("house.toml", &text, None, &CHEAP) {
        Ok(parsed) => parsed.site,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// The core, and what has come out of it.
pub struct House {
    pbx: Pbx,
    now: Now,
    leg_ids: LegIds,
    last_ticket: u64,
    /// What rings, and where.
    rings: Vec<(LegId, PhoneName)>,
    /// The legs of those who call.
    callers: Vec<LegId>,
    /// Why alice's session has ended, once it has.
    pub ended: Option<Cause>,
    /// Whether it is stored that it is to end.
    pub is_leaving: bool,
    /// What those were answered who asked for something, last.
    pub answered: Option<Result<String, Refusal>>,
}

impl House {
    fn new(site: Arc<Site>) -> House {
        let phones: Vec<PhoneName> = site.phones.keys().cloned().collect();
        let mut house = House {
            pbx: Pbx::new(BEGIN, [7; 32], site, Remembered::default()),
            now: BEGIN,
            leg_ids: LegIds::minted_by(9),
            last_ticket: 0,
            rings: Vec::new(),
            callers: Vec::new(),
            ended: None,
            is_leaving: false,
            answered: None,
        };
        for phone in phones {
            house.tell(Event::PhoneRegistered(phone));
        }
        house.run_until(60);
        for (user, phone) in [("alice", HERS), ("bob", HIS)] {
            let ticket = house.ticket();
            house.tell(Event::LoginRequested {
                ticket,
                door: Door::Control,
                phone: phone.into(),
                user: user.into(),
                secret: None,
                wanted: Wanted::default(),
            });
        }
        house
    }

    /// Something happens, and all that follows from it at once.
    pub fn tell(&mut self, event: Event) {
        self.pbx.handle(self.now, event);
        self.settle();
    }

    /// Time passes, until so many seconds after the beginning.
    pub fn run_until(&mut self, seconds: u64) {
        let end = BEGIN.uptime + Duration::from_secs(seconds);
        while let Some(at) = self.pbx.next_deadline().filter(|at| *at <= end) {
            self.now = moment(at.max(self.now.uptime));
            self.pbx.wake(self.now);
            self.settle();
        }
        self.now = moment(end);
    }

    /// Who waits for an answer from now on.
    pub fn ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.answered = None;
        Ticket(u64::MAX - self.last_ticket)
    }

    /// Somebody dials.
    pub fn dial(&mut self, phone: &str, digits: &str) -> LegId {
        let leg = self.leg_ids.mint();
        self.answered = None;
        self.tell(Event::Dialled {
            leg,
            phone: phone.into(),
            line: None,
            digits: Secret::new(digits.to_owned()),
            offer: Some(body()),
            hops: Hops::default(),
        });
        leg
    }

    /// Somebody calls a number, and it rings.
    pub fn call(&mut self, phone: &str, number: &str) {
        let leg = self.dial(phone, number);
        self.callers.push(leg);
    }

    /// What rings at a phone is answered.
    pub fn answer(&mut self, phone: &str) -> LegId {
        let place = self.rings.iter().rposition(|(_, at)| at.as_str() == phone);
        let (leg, _) = self.rings.remove(place.expect("it rings there"));
        let (branch, media) = (0, Some(body()));
        self.tell(Event::Answered { leg, branch, media });
        leg
    }

    /// A leg holds its other party.
    pub fn hold(&mut self, leg: LegId) {
        let (offer, flow) = (Some(body()), Some(MediaFlow::Held));
        self.tell(Event::Reoffered { leg, offer, flow });
    }

    /// Somebody at alice's desk calls for help, and hangs up.
    pub fn call_for_help(&mut self) {
        let leg = self.dial(HERS, "112");
        assert!(self.rings.iter().any(|(_, phone)| phone.as_str() == HELP));
        self.rings.clear();
        self.tell(Event::Released { leg, dead: false });
    }

    /// All who call hang up.
    pub fn calls_end(&mut self) {
        for leg in std::mem::take(&mut self.callers) {
            self.tell(Event::Released { leg, dead: false });
        }
    }

    fn settle(&mut self) {
        loop {
            let outcome = self.pbx.take_outcome();
            if outcome.changes.is_empty() && outcome.actions.is_empty() {
                return;
            }
            let changes = outcome.changes.into_iter();
            let mut events: Vec<Event> = changes.filter_map(|change| self.store(change)).collect();
            let actions = outcome.actions.into_iter();
            events.extend(actions.filter_map(|ordered| self.perform(ordered.action)));
            for event in events {
                self.pbx.handle(self.now, event);
            }
        }
    }

    fn store(&mut self, change: Change) -> Option<Event> {
        match change {
            Change::Claimed(Claim { id, .. }) => return Some(Event::ClaimGranted(id)),
            Change::Recorded(Record {
                what,
                user: Some(user),
                ..
            }) if user.as_str() == "alice" => match what {
                What::LoggedOut(cause) => self.ended = Some(cause),
                What::LogoutDeferred(_) => self.is_leaving = true,
                _ => {}
            },
            _ => {}
        }
        None
    }

    fn perform(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Ring { leg, phone, .. } => self.rings.push((leg, phone)),
            Action::Reoffer { leg, .. } => {
                let media = Some(body());
                return Some(Event::ReofferAnswered { leg, media });
            }
            Action::Reply { outcome, .. } => self.answered = Some(outcome),
            Action::Confirm { text, .. } => self.answered = Some(Ok(text)),
            Action::Refuse { why, .. } => self.answered = Some(Err(why)),
            _ => {}
        }
        None
    }
}

fn moment(uptime: Duration) -> Now {
    Now {
        uptime,
        utc: BEGIN.utc_at(uptime),
    }
}

fn body() -> Body {
    Body::new("application/sdp", "v=0")
}
