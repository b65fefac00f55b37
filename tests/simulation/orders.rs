//! What an administrator does with jobs is part of what is recorded: the same logouts come of it when it is replayed.

use std::fmt::Write as _;
use std::sync::Arc;

use perch::pbx::{
    Action, Activity, Door, Event, Hops, JobWish, LegId, LegIds, Secret, Site, Ticket, Wanted,
};
use perch::replay::{Account, Clockwork, Memory, News, Replay};
use perch::site::{Hashing, hash_pin, parse};
use perch::store;
use perch::time::Utc;

use super::month::Log;

/// How many people there are, each at a phone of their own.
const PEOPLE: usize = 10;

/// 2026-05-05 00:00 UTC.
const MIDNIGHT: i64 = 1_777_939_200_000;

/// One logout a second, so that there is a middle.
fn site() -> Site {
    let cheap = Hashing {
        memory_kib: 8,
        passes: 1,
    };
    let pin = hash_pin("1234", &cheap);
    let mut text = "[site]\nname = \"house\"\nlogouts_per_s = 1\nwarning_s = 0\n\
         [job.evening]\nwhat = \"log-out\"\ndaily = true\ntime = \"19:00\"\n\
         [job.move]\nwhat = \"log-out\"\nonce = \"2999-12-31\"\ntime = \"12:00\"\n\
         [class_of_service.all]\ncall_users = true\nlogin = true\n\
         [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n\
         [user_profile.clerk]\nclass = \"all\"\nidle_limit_min = 600\n"
        .to_owned();
    for n in 0..PEOPLE {
        write!(
            text,
            "[phone.p{n}]\nlogout_profile = \"guest\"\nguest_dn = \"90{n:02}\"\n\
             [user.u{n}]\ndn = \"20{n:02}\"\ndisplay_name = \"User {n}\"\npin_hash = \"{}\"\nprofiles = [\"clerk\"]\n",
            pin.0
        )
        .expect("a String takes everything");
    }
    match parse("house.toml", &text, None, &Hashing::default()) {
        Ok(parsed) => parsed.site,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// A server without a wire, everything that it records, and how sessions ended.
struct House {
    site: Arc<Site>,
    clockwork: Option<Clockwork>,
    log: Log,
    legs: LegIds,
    /// Who left, when and why.
    ends: Vec<String>,
}

impl House {
    fn new(dir: &std::path::Path) -> House {
        House {
            site: Arc::new(site()),
            clockwork: None,
            log: Log::open(dir),
            legs: LegIds::minted_by(9),
            ends: Vec::new(),
        }
    }

    fn server(&mut self) -> &mut Clockwork {
        self.clockwork.as_mut().expect("the server runs")
    }

    fn starts(&mut self, seconds: i64, memory: Memory) {
        let at = Utc(MIDNIGHT + seconds * 1000);
        let site = Arc::clone(&self.site);
        self.clockwork = Some(Clockwork::start(at, 5, site, memory));
        for n in 0..PEOPLE {
            self.tell(Event::PhoneRestored(format!("p{n}").into()));
        }
    }

    /// Kills the server, or stops it in good order, and starts it again after a minute.
    fn restarts(&mut self, seconds: i64, is_killed: bool) {
        self.at(seconds);
        if !is_killed {
            self.server().settle_background();
        }
        self.look();
        let memory = self.clockwork.take().expect("the server runs").end();
        self.starts(seconds + 60, memory);
    }

    /// Lets time pass.
    fn at(&mut self, seconds: i64) -> &mut Self {
        let at = Utc(MIDNIGHT + seconds * 1000);
        let server = self.server();
        let uptime = server.now().uptime_at(at);
        server.run_until(uptime);
        self.look();
        self
    }

    fn tell(&mut self, event: Event) -> Vec<Action> {
        let server = self.server();
        server.take_actions();
        server.handle(event);
        let actions = server.take_actions().into_iter();
        let actions = actions.map(|ordered| ordered.action).collect();
        self.look();
        actions
    }

    fn look(&mut self) {
        for news in self.server().take_news() {
            match news {
                News::Acted(acted) => self.log.take(acted),
                News::Closed(stored, closed) => self.ends.push(format!(
                    "{} {} {}",
                    (closed.at.0 - MIDNIGHT) / 1000,
                    stored.user,
                    closed.cause.word()
                )),
                News::Opened(_) | News::Recorded(_) => {}
            }
        }
    }

    fn logs_in(&mut self, person: usize) {
        self.tell(Event::LoginRequested {
            ticket: Ticket(0),
            door: Door::Page,
            phone: format!("p{person}").into(),
            user: format!("u{person}"),
            secret: None,
            wanted: Wanted::default(),
        });
    }

    /// One calls another, who answers. The caller's leg.
    fn calls(&mut self, person: usize, other: usize) -> LegId {
        let leg = self.legs.mint();
        let actions = self.tell(Event::Dialled {
            leg,
            phone: format!("p{person}").into(),
            line: None,
            digits: Secret::new(format!("20{other:02}")),
            offer: None,
            hops: Hops::default(),
        });
        let rings = actions.into_iter().find_map(|action| match action {
            Action::Ring { leg, .. } => Some(leg),
            _ => None,
        });
        self.tell(Event::Answered {
            leg: rings.expect("it rings"),
            branch: 0,
            media: None,
        });
        leg
    }

    fn wishes(&mut self, job: &str, wish: JobWish) {
        let actions = self.tell(Event::JobWished {
            ticket: Ticket(0),
            job: job.into(),
            wish,
        });
        let is_done = |action: &Action| matches!(action, Action::Reply { outcome: Ok(_), .. });
        assert!(actions.iter().any(is_done), "{job} {wish:?}: {actions:?}");
    }
}

/// Two days on which jobs are run, paused, resumed and cancelled, and servers die meanwhile.
fn two_days(house: &mut House) {
    let (hour, day) = (3600, 24 * 3600);
    house.starts(18 * hour, Memory::default());
    for person in 0..PEOPLE {
        house.at(18 * hour + 60 + i64::try_from(person).expect("few"));
        house.logs_in(person);
    }
    house.at(18 * hour + 3000);
    let talk = house.calls(0, 1);
    // Two talk, so their turns have come when it is paused, and they wait.
    house.at(19 * hour + 4).wishes("evening", JobWish::Pause);
    house.at(19 * hour + 60).tell(Event::Released {
        leg: talk,
        dead: false,
    });
    house.restarts(19 * hour + 300, true);
    house.at(20 * hour).wishes("evening", JobWish::Resume);
    house.at(20 * hour + 3).wishes("evening", JobWish::Cancel);
    let morning = day + 8 * hour;
    for person in 2..7 {
        house.at(morning).logs_in(person);
    }
    house.at(morning + 60);
    house.wishes("move", JobWish::Run { dry_run: true });
    house.at(morning + 120);
    house.wishes("move", JobWish::Run { dry_run: false });
    house.at(morning + 122).wishes("move", JobWish::Pause);
    house.restarts(morning + 600, false);
    house.at(morning + 700).wishes("move", JobWish::Cancel);
    house.at(day + 19 * hour + 60);
    house.log.write();
}

/// Everything that was recorded and counts, once more.
fn replayed(house: &House, dir: &std::path::Path, counts: fn(&Activity) -> bool) -> Account {
    let end = Utc(MIDNIGHT + (24 + 19) * 3_600_000 + 60_000);
    let mut replay = Replay::new(Arc::clone(&house.site), Utc(0), end);
    store::activity(dir, |acted| {
        if counts(&acted.what) {
            replay.take(acted);
        }
        true
    })
    .expect("it can be read");
    replay.finish(end)
}

/// rules: TOD-2, TOD-3
#[test]
fn jobs_that_are_run_paused_resumed_and_cancelled_are_replayed() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut house = House::new(dir.path());
    two_days(&mut house);
    let account = replayed(&house, dir.path(), |_| true);
    let said = account.with_policy.iter().map(|end| {
        let seconds = (end.at.0 - MIDNIGHT) / 1000;
        format!("{seconds} {} {}", end.user, end.cause.word())
    });
    assert_eq!(said.collect::<Vec<_>>(), house.ends);
    assert_eq!(account.differences(), (Vec::new(), Vec::new()));
    let without = replayed(&house, dir.path(), |what| {
        !matches!(what, Activity::JobWished { .. })
    });
    assert_ne!(without.differences(), (Vec::new(), Vec::new()));
    // Of those whom the first pause left some went when it went on, and some stayed when it was cancelled.
    let hours = |range: std::ops::Range<i64>| {
        let at = |end: &&perch::replay::End| range.contains(&((end.at.0 - MIDNIGHT) / 1000));
        account.with_policy.iter().filter(at).count()
    };
    let (hour, day) = (3600, 24 * 3600);
    assert_eq!(hours(19 * hour..19 * hour + 5), 3, "{:?}", house.ends);
    assert_eq!(hours(19 * hour + 5..20 * hour), 0, "{:?}", house.ends);
    assert_eq!(hours(20 * hour..20 * hour + 4), 4, "{:?}", house.ends);
    assert_eq!(hours(20 * hour + 4..day), 0, "{:?}", house.ends);
}
