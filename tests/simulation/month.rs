//! What was recorded of a month, replayed with the same policy: the same logouts, to the second. And a year in which
//! nothing that must hold does not.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use jiff::civil::date;
use perch::pbx::{Acted, Change, Site};
use perch::replay::{Account, Replay};
use perch::store::{self, Limits, Store, Stored};
use perch::time::Utc;

use super::office::{Office, Plan, Tally, site};

/// How long a store may take. Longer than any does.
const PATIENCE: Duration = Duration::from_secs(60);

fn office(phones: usize, days: i32) -> Plan {
    Plan {
        phones,
        first_day: date(2028, 2, 15),
        days,
        seed: 7,
        calls: 16,
        restart_every: 2,
        kill_every: 2,
    }
}

/// A store that writes a log, and hears that it did.
pub struct Log {
    store: Store,
    news: Receiver<Stored>,
    waiting: Vec<Change>,
    commits: u64,
}

impl Log {
    pub fn open(dir: &std::path::Path) -> Log {
        let (tell, news) = mpsc::channel();
        let listener = Box::new(move |stored| tell.send(stored).expect("the test listens"));
        let limits = Limits {
            activity_days: 400,
            ..Limits::default()
        };
        let opened = store::open_with(dir, limits, listener).expect("the store opens");
        Log {
            store: opened.store,
            news,
            waiting: Vec::new(),
            commits: 0,
        }
    }

    pub fn take(&mut self, acted: Vec<Acted>) {
        self.waiting.push(Change::Acted(acted));
        if self.waiting.len() >= 500 {
            self.write();
        }
    }

    pub fn write(&mut self) {
        self.commits += 1;
        let changes = std::mem::take(&mut self.waiting);
        self.store
            .commit(self.commits, changes)
            .expect("room in the queue");
        let stored = self.news.recv_timeout(PATIENCE).expect("it is stored");
        let claims = Vec::new();
        assert_eq!(
            stored,
            Stored::Committed {
                seq: self.commits,
                claims
            }
        );
    }
}

/// Lives a month with everything recorded in a store, and replays that with another site.
fn replayed(plan: Plan, candidate: impl FnOnce(&mut Site)) -> (Tally, Account) {
    let dir = tempfile::tempdir().expect("a directory");
    let log = Rc::new(RefCell::new(Log::open(dir.path())));
    let sink = Rc::clone(&log);
    let mut site = site(plan.phones);
    let in_force = Arc::new(site.clone());
    let sink = Box::new(move |acted| sink.borrow_mut().take(acted));
    let (tally, end) = Office::new(plan, in_force, sink).live();
    log.borrow_mut().write();
    candidate(&mut site);
    let mut replay = Replay::new(site.into(), Utc(0), end);
    store::activity(dir.path(), |acted| {
        replay.take(acted);
        true
    })
    .expect("it can be read");
    (tally, replay.finish(end))
}

/// rules: IDL-2, IDL-4
#[test]
fn another_policy_is_another_month() {
    let (tally, account) = replayed(office(12, 10), |site| {
        for profile in site.user_profiles.values_mut() {
            profile.limits.idle_limit_min = profile.limits.idle_limit_min.map(|limit| limit / 2);
        }
    });
    assert_eq!(tally.faults, Vec::<String>::new());
    let causes = account.causes();
    let (was, would) = causes["idle"];
    assert!(would > was, "{causes:?}");
    assert!(account.occupied_with_policy < account.occupied_as_it_was);
    assert!(!account.logged_in_again.is_empty(), "nobody went on");
}

/// rules: IDL-2, IDL-4, IDL-5, DUR-1, TOD-1, TOD-3, EMG-1
#[test]
fn a_recorded_month_is_replayed_event_for_event() {
    let (tally, account) = replayed(office(24, 30), |_| {});
    assert_eq!(tally.faults, Vec::<String>::new());
    assert!(tally.kills > 0 && tally.stops > 0, "{tally:?}");
    for cause in ["idle", "duration", "schedule", "user", "takeover", "moved"] {
        assert!(
            tally.ends.contains_key(cause),
            "nobody left by {cause}: {tally:?}"
        );
    }
    let (as_it_was, with_policy) = account.differences();
    assert_eq!((as_it_was, with_policy), (Vec::new(), Vec::new()));
    let ended: u64 = tally.ends.values().sum();
    assert_eq!(account.as_it_was.len() as u64, ended);
    assert_eq!(account.with_policy.len() as u64, ended);
    assert_eq!(account.occupied_as_it_was, account.occupied_with_policy);
    assert!(
        account.logged_in_again.is_empty(),
        "{:?}",
        account.logged_in_again
    );
    assert!(account.refused.is_empty(), "{:?}", account.refused);
}

/// rules: SES-2, IDL-2, IDL-4, IDL-5, DUR-1, TOD-1, TOD-3, EMG-1
#[test]
fn a_year_in_an_office_holds() {
    let year = Plan {
        first_day: date(2028, 1, 1),
        calls: 4,
        restart_every: 30,
        kill_every: 3,
        ..office(40, 366)
    };
    let site = Arc::new(site(year.phones));
    let (tally, _) = Office::new(year, site, Box::new(|_| {})).live();
    assert_eq!(tally.faults, Vec::<String>::new());
    assert!(tally.kills > 0 && tally.stops > 0, "{tally:?}");
    assert!(tally.calls > 1000, "{tally:?}");
}
