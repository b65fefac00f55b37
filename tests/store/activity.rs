//! What is recorded of the use of phones: read as it was written, and kept for as long as was said.

use std::time::Duration;

use perch::pbx::{Acted, Activity, Cause, Change, Doing, Door, Signal, StoredSession, TotalLimit};
use perch::store::{self, Limits};
use perch::time::Utc;

use super::support::{Bench, id, session};

const DAY_MS: i64 = 24 * 3_600_000;

fn kept(dir: &std::path::Path) -> Vec<Acted> {
    let mut all = Vec::new();
    let read = store::activity(dir, |acted| {
        all.push(acted);
        true
    });
    read.expect("it can be read");
    all
}

fn looks(count: i64, from: i64) -> Vec<Change> {
    let acted = (0..count).map(|at| Acted {
        at: Utc(from + at),
        what: Activity::Looked,
    });
    vec![Change::Acted(acted.collect())]
}

/// Everything that can happen.
fn everything() -> Vec<Activity> {
    let logged_in = |total| {
        let stored = StoredSession {
            opened: Utc(1000),
            last_used: (Utc(1000), Signal::Login),
            leaving: None,
            total,
            ..session(1, "alice", "desk-1")
        };
        Activity::LoggedIn(Box::new(stored))
    };
    let used = |ago| Activity::Used {
        phone: "desk-1".into(),
        signal: Signal::Key,
        ago,
    };
    let is = |doing, prime, used| Activity::Is {
        phone: "desk-1".into(),
        doing,
        prime,
        used,
    };
    let rests = |begins| Activity::Rests {
        phone: "desk-1".into(),
        begins,
        every: Duration::from_secs(60),
    };
    vec![
        Activity::Started,
        Activity::Found(Box::new(session(2, "bob", "desk-2"))),
        logged_in(TotalLimit::Usual),
        logged_in(TotalLimit::Never),
        logged_in(TotalLimit::Seconds(90)),
        used(Duration::ZERO),
        used(Duration::from_millis(12_345)),
        is(Doing::Active, Doing::Active, Some(Signal::CallBegun)),
        is(Doing::Active, Doing::Idle, None),
        is(Doing::Held, Doing::Ringing, None),
        is(Doing::Idle, Doing::Idle, Some(Signal::CallEnded)),
        Activity::Leaving {
            session: id(1),
            cause: Cause::Schedule,
            door: Door::Timer,
        },
        Activity::Stays { session: id(1) },
        Activity::LoggedOut {
            session: id(1),
            cause: Cause::User,
            door: Door::Code,
        },
        Activity::EmergencyCalled("desk-1".into()),
        Activity::Reached("desk-1".into()),
        Activity::Gone("desk-1".into()),
        rests(None),
        rests(Some(Duration::from_secs(7))),
        Activity::Silent("desk-1".into()),
        Activity::ClockSet(-5000),
        Activity::Looked,
        Activity::Stopped,
    ]
}

#[test]
fn what_was_recorded_is_read_as_it_was_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    let written = everything().into_iter().map(|what| Acted {
        at: Utc(1000),
        what,
    });
    let written: Vec<Acted> = written.collect();
    bench.commit(vec![Change::Acted(written.clone())]);
    // Whoever reads need not wait for the server to stop.
    assert_eq!(kept(dir.path()), written);
    bench.close();
    assert_eq!(kept(dir.path()), written);
}

#[test]
fn what_is_older_than_was_said_is_forgotten() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits {
        activity_days: 7,
        ..Limits::default()
    };
    let mut bench = Bench::open_with(dir.path(), limits);
    bench.commit(looks(300, 0));
    bench.commit(looks(300, 6 * DAY_MS));
    assert_eq!(kept(dir.path()).len(), 600, "a week has not passed");
    bench.commit(looks(300, 8 * DAY_MS));
    let left = kept(dir.path());
    assert_eq!(left.len(), 600);
    assert!(left.iter().all(|acted| acted.at.0 >= 6 * DAY_MS));
    bench.close();
}

/// More goes than comes, so that a log which was allowed to be longer shrinks.
#[test]
fn no_more_is_kept_than_was_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench.commit(looks(3000, 0));
    bench.close();
    let limits = Limits {
        activities_kept: 500,
        ..Limits::default()
    };
    let mut bench = Bench::open_with(dir.path(), limits);
    for turn in 1..=10 {
        bench.commit(looks(300, 10_000 * turn));
    }
    let left = kept(dir.path());
    assert_eq!(left.len(), 500);
    assert_eq!(left.last().map(|acted| acted.at), Some(Utc(100_299)));
    bench.close();
}

#[test]
fn where_no_days_are_kept_nothing_is_recorded() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits {
        activity_days: 0,
        ..Limits::default()
    };
    let mut bench = Bench::open_with(dir.path(), limits);
    bench.commit(looks(10, 0));
    assert_eq!(kept(dir.path()), []);
    bench.close();
}
