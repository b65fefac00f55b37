//! An office for a year, without a wire: people come, log in, call, hold, forget to log out and go; the server is stopped
//! and killed. The core alone is played, with a clock that is moved by hand. Same seed, same year.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use perch::pbx::{
    Acted, Action, Door, Event, Hops, LegId, LegIds, MediaFlow, PhoneName, Secret, Signal, Site,
    Ticket, UserId, Wanted,
};
use perch::replay::{Clockwork, Memory, News};
use perch::site::{Hashing, hash_pin, parse};
use perch::time::Utc;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::inspector::{Busy, Inspector};

/// Where the office is: with daylight saving.
pub const ZONE: &str = "Europe/Berlin";

/// When everybody is logged out, in minutes after midnight.
pub const CLOCK_TIMES: [u16; 3] = [7 * 60, 19 * 60, 24 * 60];

/// Days on which hardly anybody comes: month and day.
const HOLIDAYS: [(i8, i8); 6] = [(1, 1), (4, 17), (5, 1), (10, 3), (12, 25), (12, 26)];

/// What an office is like.
#[derive(Clone, Debug)]
pub struct Plan {
    pub phones: usize,
    pub first_day: Date,
    pub days: i32,
    pub seed: u64,
    /// How many calls somebody makes on a day at most.
    pub calls: u32,
    /// In how many days the server is restarted once, about.
    pub restart_every: u32,
    /// Of so many restarts one is a kill; 0: none.
    pub kill_every: u32,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub logins: u64,
    pub calls: u64,
    pub events: u64,
    pub stops: u64,
    pub kills: u64,
    pub activities: u64,
    /// How many sessions ended why.
    pub ends: std::collections::BTreeMap<&'static str, u64>,
    /// What must not be, and was.
    pub faults: Vec<String>,
}

/// Something that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Starts,
    Sweep,
    Comes(usize),
    Goes(usize),
    Presses(usize),
    LeavesItLying(usize),
    CallsForHelp(usize),
    Calls(usize),
    Answers(u64),
    Holds(u64),
    Resumes(u64),
    HangsUp(u64),
    PutsDown(usize),
    Stops,
}

/// Two who talk, or are about to.
struct Talk {
    legs: [LegId; 2],
    phones: [usize; 2],
    is_answered: bool,
    /// Whether it does not ring any more where it did.
    is_lost: bool,
}

pub struct Office {
    plan: Plan,
    site: Arc<Site>,
    zone: TimeZone,
    random: StdRng,
    clockwork: Option<Clockwork>,
    /// While it is down.
    memory: Memory,
    agenda: BinaryHeap<Reverse<(Utc, u64, Act)>>,
    acts: u64,
    talks: HashMap<u64, Talk>,
    next_talk: u64,
    leg_ids: LegIds,
    phone_names: Vec<PhoneName>,
    users: Vec<UserId>,
    inspector: Inspector,
    /// What is recorded, if somebody wants it.
    sink: Box<dyn FnMut(Vec<Acted>)>,
    tally: Tally,
}

/// The office's site: people with every kind of limit.
pub fn site(phones: usize) -> Site {
    let pin = hash_pin(
        "1234",
        &Hashing {
            memory_kib: 8,
            passes: 1,
        },
    );
    let mut text = format!(
        "[site]\nname = \"office\"\ntimezone = \"{ZONE}\"\nlogout_times = [\"07:00\", \"19:00\", \"24:00\"]\n\
         [emergency]\n112 = [\"p0\"]\n\
         [class_of_service.all]\ncall_guests = true\ncall_users = true\nlogin = true\n\
         [class_of_service.day]\ncall_guests = true\ncall_users = true\nlogin = true\nauto_logout_h = 10\n\
         [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n\
         [user_profile.clerk]\nclass = \"all\"\nidle_limit_min = 30\n\
         [user_profile.agent]\nclass = \"all\"\nidle_limit_min = 240\nmax_login = \"8:00\"\n\
         [user_profile.guard]\nclass = \"day\"\nidle_limit_min = 60\n\
         [user_profile.boss]\nclass = \"all\"\nexempt = true\n"
    );
    for n in 0..phones {
        let profile = profile_of(n);
        write!(
            text,
            "[phone.p{n}]\nlogout_profile = \"guest\"\nguest_dn = \"{}\"\n\
             [user.u{n}]\ndn = \"{}\"\ndisplay_name = \"User {n}\"\npin_hash = \"{}\"\nprofiles = [\"{profile}\"]\n",
            700_000 + n,
            600_000 + n,
            pin.0
        )
        .expect("a String takes everything");
    }
    match parse("office.toml", &text, None, &Hashing::default()) {
        Ok(parsed) => parsed.site,
        Err(problems) => panic!("{problems:?}"),
    }
}

fn profile_of(user: usize) -> &'static str {
    match user % 50 {
        0 => "boss",
        1..20 => "clerk",
        20..40 => "agent",
        _ => "guard",
    }
}

/// The limits of a user in minutes, idle and total; none at all for who is exempt.
pub fn limits_of(user: usize) -> Option<(i64, Option<i64>)> {
    match profile_of(user) {
        "boss" => None,
        "clerk" => Some((30, None)),
        "agent" => Some((240, Some(8 * 60))),
        _ => Some((60, Some(10 * 60))),
    }
}

impl Office {
    /// An office whose doors are about to open.
    pub fn new(plan: Plan, site: Arc<Site>, sink: Box<dyn FnMut(Vec<Acted>)>) -> Office {
        let zone = TimeZone::get(ZONE).expect("it is bundled");
        let phone_names = (0..plan.phones).map(|n| format!("p{n}").into()).collect();
        let users = (0..plan.phones).map(|n| format!("u{n}").into()).collect();
        Office {
            site,
            inspector: Inspector::new(plan.phones, zone.clone()),
            random: StdRng::seed_from_u64(plan.seed),
            clockwork: None,
            memory: Memory::default(),
            agenda: BinaryHeap::new(),
            acts: 0,
            talks: HashMap::new(),
            next_talk: 0,
            leg_ids: LegIds::minted_by(9),
            phone_names,
            users,
            sink,
            tally: Tally::default(),
            plan,
            zone,
        }
    }

    /// Lives through all days. What came of it, and when it ended.
    pub fn live(mut self) -> (Tally, Utc) {
        let first = self.plan.first_day;
        self.put(self.at(first, 0), Act::Starts);
        for day in 0..self.plan.days {
            let date = first
                .checked_add(jiff::Span::new().days(day))
                .expect("a day");
            self.plan_day(date);
            let next = date.tomorrow().expect("a day");
            self.live_until(self.at(next, 0));
        }
        let last = first
            .checked_add(jiff::Span::new().days(self.plan.days))
            .expect("a day");
        let end = self.at(last, 0);
        self.pass(end);
        if let Some(clockwork) = &mut self.clockwork {
            clockwork.settle_background();
        }
        self.look();
        self.tally.faults.append(&mut self.inspector.faults);
        (self.tally, end)
    }

    /// So many seconds of the clock on the wall after midnight, or as near as the day has it.
    fn at(&self, date: Date, second: i64) -> Utc {
        let (hour, rest) = (second / 3600, second % 3600);
        let time = jiff::civil::time(
            i8::try_from(hour).expect("an hour"),
            i8::try_from(rest / 60).expect("a minute"),
            i8::try_from(rest % 60).expect("a second"),
            0,
        );
        let zoned = self.zone.to_zoned(date.to_datetime(time));
        Utc(zoned.expect("a moment").timestamp().as_millisecond())
    }

    fn put(&mut self, at: Utc, act: Act) {
        self.acts += 1;
        self.agenda.push(Reverse((at, self.acts, act)));
    }

    fn later(&mut self, now: Utc, seconds: std::ops::Range<i64>, act: Act) {
        let millis = self
            .random
            .random_range(seconds.start * 1000..seconds.end * 1000);
        self.put(Utc(now.0 + millis), act);
    }

    /// Who does what on a day.
    fn plan_day(&mut self, date: Date) {
        let is_free = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
            || HOLIDAYS.contains(&(date.month(), date.day()));
        let (come, of) = if is_free { (3, 100) } else { (70, 100) };
        for person in 0..self.plan.phones {
            if self.random.random_range(0..of) < come {
                self.plan_person(date, person);
            }
        }
        for hour in [0, 6, 12, 22] {
            self.put(self.at(date, hour * 3600 + 600), Act::Sweep);
        }
        if self.random.random_range(0..self.plan.restart_every) == 0 {
            let second = self.random.random_range(0..86_400);
            self.put(self.at(date, second), Act::Stops);
        }
    }

    fn plan_person(&mut self, date: Date, person: usize) {
        let comes = match self.random.random_range(0..50) {
            0 => self.random.random_range(0..70_000),
            _ => self.random.random_range(6 * 3600..11 * 3600),
        };
        let stays = self.random.random_range(2 * 3600..11 * 3600);
        let goes = (comes + stays).min(86_399);
        let calls = self.plan.calls;
        let mut plan = |seconds: std::ops::Range<i64>, act: Act| {
            let second = self
                .random
                .random_range(seconds.start..seconds.end.max(seconds.start + 1));
            let millis = self.random.random_range(0..1000);
            let at = self.at(date, second.min(86_399));
            self.put(Utc(at.0 + millis), act);
        };
        plan(comes..comes, Act::Comes(person));
        let kind = i64::try_from(person).unwrap_or(0) * 7 + comes;
        for _ in 0..u32::try_from(kind % i64::from(calls + 1)).unwrap_or(0) {
            plan(comes..goes, Act::Calls(person));
        }
        for _ in 0..kind % 4 {
            plan(comes..goes, Act::Presses(person));
        }
        if kind % 4 == 0 {
            plan(comes..goes, Act::Comes(person));
        }
        match kind % 60 {
            0..35 => plan(goes..goes, Act::Goes(person)),
            35..38 => plan(18 * 3600 + 3300..19 * 3600, Act::Calls(person)),
            38 => plan(86_000..86_399, Act::Calls(person)),
            39 => plan(comes..goes, Act::LeavesItLying(person)),
            40 if kind % 7 == 0 => plan(comes..goes, Act::CallsForHelp(person)),
            _ => {}
        }
    }

    fn live_until(&mut self, end: Utc) {
        while let Some(Reverse((at, _, act))) = self.agenda.peek().copied() {
            if at >= end {
                return;
            }
            self.agenda.pop();
            if act == Act::Starts {
                self.start(at);
            } else if self.clockwork.is_some() {
                self.pass(at);
                self.act(at, act);
                self.look();
            }
        }
    }

    /// Lets time pass.
    fn pass(&mut self, at: Utc) {
        if let Some(clockwork) = &mut self.clockwork {
            let uptime = clockwork.now().uptime_at(at);
            clockwork.run_until(uptime);
        }
        self.look();
    }

    fn start(&mut self, at: Utc) {
        let memory = std::mem::take(&mut self.memory);
        self.inspector.started(at);
        let site = Arc::clone(&self.site);
        self.clockwork = Some(Clockwork::start(at, self.plan.seed, site, memory));
        for n in 0..self.plan.phones {
            let phone = self.phone_names[n].clone();
            self.tell(Event::PhoneRestored(phone));
        }
        self.look();
    }

    fn stop(&mut self, at: Utc) {
        let Some(mut clockwork) = self.clockwork.take() else {
            return;
        };
        let is_killed =
            self.plan.kill_every > 0 && self.random.random_range(0..self.plan.kill_every) == 0;
        if is_killed {
            self.tally.kills += 1;
        } else {
            self.tally.stops += 1;
            clockwork.settle_background();
        }
        let news = clockwork.take_news();
        self.memory = clockwork.end();
        self.take(news);
        self.talks.clear();
        self.inspector.stopped(at, is_killed);
        self.later(at, 1..1500, Act::Starts);
    }

    /// Something happens at the server. The actions that it wants done at phones.
    fn tell(&mut self, event: Event) -> Vec<Action> {
        self.tally.events += 1;
        let Some(clockwork) = &mut self.clockwork else {
            return Vec::new();
        };
        clockwork.take_actions();
        clockwork.handle(event);
        let actions = clockwork.take_actions().into_iter();
        let actions: Vec<Action> = actions.map(|ordered| ordered.action).collect();
        for action in &actions {
            match action {
                Action::Release { leg, .. } => self.rings_no_more(*leg),
                Action::Refuse { leg, .. } => self.comes_to_nothing(*leg),
                _ => {}
            }
        }
        actions
    }

    /// Whoever was called has left the phone: it does not ring there any more (OUT-4).
    fn rings_no_more(&mut self, leg: LegId) {
        let at = match &self.clockwork {
            Some(clockwork) => clockwork.now().utc,
            None => return,
        };
        let rings = |talk: &&mut Talk| !talk.is_answered && !talk.is_lost && talk.legs[1] == leg;
        if let Some(talk) = self.talks.values_mut().find(rings) {
            talk.is_lost = true;
            self.inspector.freed(at, talk.phones[1]);
        }
    }

    /// Nobody is there any more who was called, and the caller hears that.
    fn comes_to_nothing(&mut self, leg: LegId) {
        let at = match &self.clockwork {
            Some(clockwork) => clockwork.now().utc,
            None => return,
        };
        let Some(id) = self.talks.iter().find(|(_, talk)| talk.legs[0] == leg) else {
            return;
        };
        let id = *id.0;
        let Some(talk) = self.talks.remove(&id) else {
            return;
        };
        let [caller, callee] = talk.phones;
        self.inspector.used(at, caller);
        self.inspector.freed(at, caller);
        if !talk.is_lost {
            self.inspector.freed(at, callee);
        }
        if caller % 2 == 1 {
            self.later(at, 1..3, Act::PutsDown(caller));
        }
    }

    fn puts_down(&mut self, at: Utc, phone: usize) {
        self.inspector.used(at, phone);
        self.hook(phone, Signal::OnHook);
    }

    fn look(&mut self) {
        let Some(clockwork) = &mut self.clockwork else {
            return;
        };
        let news = clockwork.take_news();
        self.take(news);
    }

    fn take(&mut self, news: Vec<News>) {
        for news in news {
            match news {
                News::Opened(stored) => {
                    self.tally.logins += 1;
                    self.inspector.opened(&stored);
                }
                News::Closed(stored, closed) => {
                    *self.tally.ends.entry(closed.cause.word()).or_default() += 1;
                    self.inspector.closed(&stored, &closed);
                }
                News::Acted(acted) => {
                    self.tally.activities += u64::try_from(acted.len()).unwrap_or(0);
                    (self.sink)(acted);
                }
                News::Recorded(_) => {}
            }
        }
    }

    fn act(&mut self, at: Utc, act: Act) {
        match act {
            Act::Starts => {}
            Act::Stops => self.stop(at),
            Act::Sweep => self.inspector.sweep(at),
            Act::Comes(person) => self.comes(at, person),
            Act::Goes(person) => {
                if let Some(phone) = self.inspector.phone_of(person) {
                    self.goes(at, phone);
                }
            }
            Act::Presses(person) => self.presses(at, person, Signal::Key),
            Act::LeavesItLying(person) => self.presses(at, person, Signal::OffHook),
            Act::CallsForHelp(person) => self.calls_for_help(at, person),
            Act::Calls(person) => self.calls(at, person),
            Act::Answers(talk) => self.answers(at, talk),
            Act::Holds(talk) => self.changes(at, talk, MediaFlow::Held),
            Act::Resumes(talk) => self.changes(at, talk, MediaFlow::Open),
            Act::HangsUp(talk) => self.hangs_up(at, talk),
            Act::PutsDown(phone) => self.puts_down(at, phone),
        }
    }

    /// Mostly to the own desk; now and then to somebody else's, who may be there.
    fn comes(&mut self, at: Utc, person: usize) {
        let phone = match self.random.random_range(0..8) {
            0 => self.random.random_range(0..self.plan.phones),
            _ => person,
        };
        let event = Event::LoginRequested {
            ticket: Ticket(0),
            door: Door::Page,
            phone: self.phone_names[phone].clone(),
            user: self.users[person].as_str().to_owned(),
            secret: None,
            wanted: Wanted::default(),
        };
        self.tell(event);
        self.look();
        self.inspector.came(at, person, phone);
    }

    fn goes(&mut self, at: Utc, phone: usize) {
        let event = Event::LeaveAsked {
            ticket: Ticket(0),
            door: Door::Softkey,
            phone: self.phone_names[phone].clone(),
        };
        self.inspector.used(at, phone);
        self.tell(event);
    }

    fn presses(&mut self, at: Utc, person: usize, signal: Signal) {
        let Some(phone) = self.inspector.phone_of(person) else {
            return self.comes(at, person);
        };
        self.inspector.used(at, phone);
        if signal == Signal::OffHook {
            self.inspector.left_lying(at, phone);
        }
        self.hook(phone, signal);
    }

    fn hook(&mut self, phone: usize, signal: Signal) {
        let phone = self.phone_names[phone].clone();
        self.tell(Event::PhoneUsed { phone, signal });
    }

    fn calls_for_help(&mut self, at: Utc, person: usize) {
        let free = self.inspector.phone_of(person);
        if let Some(phone) = free.filter(|phone| self.inspector.is_free(*phone) && *phone != 0) {
            self.inspector.called_for_help(at, phone);
            self.dials(at, phone, 0, "112".to_owned());
        }
    }

    fn calls(&mut self, at: Utc, person: usize) {
        let Some(phone) = self.inspector.phone_of(person) else {
            // Logged out meanwhile: once more, or not.
            if self.random.random_range(0..2) == 0 {
                self.comes(at, person);
            }
            return;
        };
        let other = self.random.random_range(0..self.plan.phones);
        let Some(there) = self.inspector.phone_of(other) else {
            return self.presses(at, person, Signal::Key);
        };
        if there != phone && self.inspector.is_free(phone) && self.inspector.is_free(there) {
            self.dials(at, phone, there, format!("{}", 600_000 + other));
        }
    }

    fn dials(&mut self, at: Utc, phone: usize, there: usize, number: String) {
        // Half of the phones tell of their handsets.
        if phone % 2 == 1 {
            self.hook(phone, Signal::OffHook);
        }
        let leg = self.leg_ids.mint();
        let event = Event::Dialled {
            leg,
            phone: self.phone_names[phone].clone(),
            line: None,
            digits: Secret::new(number),
            offer: None,
            hops: Hops::default(),
        };
        self.inspector.used(at, phone);
        let actions = self.tell(event);
        let rings = actions.into_iter().find_map(|action| match action {
            Action::Ring { leg, phone, .. } => (phone == self.phone_names[there]).then_some(leg),
            _ => None,
        });
        let Some(callee) = rings else {
            if phone % 2 == 1 {
                self.hook(phone, Signal::OnHook);
            }
            self.inspector.freed(at, phone);
            return;
        };
        self.tally.calls += 1;
        self.next_talk += 1;
        let talk = self.next_talk;
        self.talks.insert(
            talk,
            Talk {
                legs: [leg, callee],
                phones: [phone, there],
                is_answered: false,
                is_lost: false,
            },
        );
        self.inspector.busy(phone, Busy::Call);
        self.inspector.busy(there, Busy::Ringing);
        match self.random.random_range(0..8) {
            0 => self.later(at, 20..40, Act::HangsUp(talk)),
            _ => self.later(at, 2..20, Act::Answers(talk)),
        }
    }

    fn answers(&mut self, at: Utc, id: u64) {
        let Some(talk) = self.talks.get_mut(&id) else {
            return;
        };
        if talk.is_lost {
            return self.hangs_up(at, id);
        }
        talk.is_answered = true;
        let (leg, phone) = (talk.legs[1], talk.phones[1]);
        self.inspector.used(at, phone);
        self.inspector.busy(phone, Busy::Call);
        self.tell(Event::Answered {
            leg,
            branch: 0,
            media: None,
        });
        match self.random.random_range(0..40) {
            0 => self.later(at, 3600..12_000, Act::HangsUp(id)),
            1..5 => self.later(at, 5..200, Act::Holds(id)),
            _ => self.later(at, 10..600, Act::HangsUp(id)),
        }
    }

    /// The caller holds the call, or resumes it.
    fn changes(&mut self, at: Utc, id: u64, flow: MediaFlow) {
        let Some(talk) = self.talks.get(&id) else {
            return;
        };
        let ([leg, peer], phone) = (talk.legs, talk.phones[0]);
        self.tell(Event::Reoffered {
            leg,
            offer: None,
            flow: Some(flow),
        });
        self.inspector.used(at, phone);
        let busy = match flow {
            MediaFlow::Held => Busy::Held(at),
            MediaFlow::Open => Busy::Call,
        };
        self.inspector.busy(phone, busy);
        self.tell(Event::ReofferAnswered {
            leg: peer,
            media: None,
        });
        match (flow, self.random.random_range(0..3)) {
            (MediaFlow::Held, 0) => self.later(at, 60..9000, Act::HangsUp(id)),
            (MediaFlow::Held, _) => self.later(at, 10..300, Act::Resumes(id)),
            (MediaFlow::Open, _) => self.later(at, 10..300, Act::HangsUp(id)),
        }
    }

    fn hangs_up(&mut self, at: Utc, id: u64) {
        let Some(talk) = self.talks.remove(&id) else {
            return;
        };
        let which = match talk.is_answered {
            true => self.random.random_range(0..2),
            false => 0,
        };
        for (n, phone) in talk.phones.into_iter().enumerate() {
            if talk.is_answered || n == 0 {
                self.inspector.used(at, phone);
            }
            if n == 0 || !talk.is_lost {
                self.inspector.freed(at, phone);
            }
        }
        let (leg, dead) = (talk.legs[which], false);
        self.tell(Event::Released { leg, dead });
        if talk.phones[0] % 2 == 1 {
            self.hook(talk.phones[0], Signal::OnHook);
        }
    }
}

/// A moment, for people.
pub fn moment(at: Utc, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}
