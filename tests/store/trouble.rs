//! When the disk refuses. A foreign program that has the database locked stands for every way of refusing.

use std::path::Path;

use perch::pbx::{Cause, Change, ClaimId};
use perch::store::{ApplyError, Full, Limits, StoreError, Stored};
use perch::time::Utc;
use rusqlite::Connection;

use crate::support::{Bench, claimed, closed, record, session};

struct Obstacle(Connection);

impl Obstacle {
    fn put(dir: &Path) -> Obstacle {
        let connection = Connection::open(dir.join("perch.db")).expect("opens");
        connection.execute_batch("BEGIN IMMEDIATE").expect("locks");
        Obstacle(connection)
    }

    fn clear(self) {
        self.0.execute_batch("ROLLBACK").expect("unlocks");
    }
}

#[test]
fn claims_fail_and_facts_are_kept_until_the_store_recovers() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    let obstacle = Obstacle::put(dir.path());

    bench
        .send(vec![
            Change::ClockSeen(Utc(5)),
            claimed(session(2, "bob", "desk-2"), &[]),
            Change::SessionClosed(closed(1, 3000, Cause::User)),
        ])
        .expect("room in the queue");
    assert_eq!(bench.next(), Stored::ClaimsFailed(vec![ClaimId(2)]));
    let Stored::Trouble { why } = bench.next() else {
        panic!("the database is locked");
    };
    assert!(
        why.contains("Close whatever else has the database open"),
        "{why}"
    );

    // Whoever comes now is not kept waiting either.
    bench
        .send(vec![claimed(session(3, "carol", "desk-3"), &[])])
        .expect("room in the queue");
    bench
        .send(vec![Change::ClockSeen(Utc(6))])
        .expect("room in the queue");
    assert_eq!(bench.next(), Stored::ClaimsFailed(vec![ClaimId(3)]));

    obstacle.clear();
    assert_eq!(bench.next(), Stored::Recovered);
    for seq in 2..=4 {
        let claims = Vec::new();
        assert_eq!(bench.next(), Stored::Committed { seq, claims });
    }
    assert_eq!(
        bench.commit(vec![claimed(session(4, "bob", "desk-2"), &[])]),
        [true]
    );
    bench.close();

    let remembered = Bench::open(dir.path()).opened.remembered;
    assert_eq!(remembered.sessions, [session(4, "bob", "desk-2")]);
    assert_eq!(remembered.clock_seen, Some(Utc(6)));
    assert_eq!(remembered.last_closed[0].1.cause, Cause::User);
}

#[test]
fn a_site_is_refused_at_once_while_the_store_is_in_trouble() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    let obstacle = Obstacle::put(dir.path());
    bench
        .send(vec![Change::ClockSeen(Utc(5))])
        .expect("room in the queue");
    assert!(matches!(bench.next(), Stored::Trouble { .. }));
    let error = crate::site::apply(&bench, 0, perch::pbx::Site::default()).expect_err("locked");
    assert!(matches!(error, ApplyError::Store(_)), "{error}");
    obstacle.clear();
}

#[test]
fn a_full_queue_gives_the_changes_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits {
        queued_changes: 3,
        ..Limits::default()
    };
    let mut bench = Bench::open_with(dir.path(), limits);
    let obstacle = Obstacle::put(dir.path());
    bench
        .send(vec![Change::ClockSeen(Utc(1))])
        .expect("room in the queue");
    assert!(matches!(bench.next(), Stored::Trouble { .. }));

    let two = || vec![Change::ClockSeen(Utc(2)), Change::ClockSeen(Utc(3))];
    bench.send(two()).expect("room for two");
    assert_eq!(bench.send(two()), Err(Full(two())));
    obstacle.clear();
    assert_eq!(bench.next(), Stored::Recovered);
    for seq in 1..=2 {
        let claims = Vec::new();
        assert_eq!(bench.next(), Stored::Committed { seq, claims });
    }
    assert!(bench.commit(two()).is_empty());
}

#[test]
fn closing_in_the_middle_of_trouble_says_what_was_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    let obstacle = Obstacle::put(dir.path());
    bench
        .send(vec![Change::Recorded(record("something"))])
        .expect("room in the queue");
    assert!(matches!(bench.next(), Stored::Trouble { .. }));
    let error = bench.opened.store.close().expect_err("it is locked");
    assert!(
        matches!(error, StoreError::Unsaved { commits: 1, .. }),
        "{error}"
    );
    obstacle.clear();
}

#[test]
fn a_closed_store_takes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(dir.path());
    let other = bench.store().clone();
    bench.close();
    let changes = vec![Change::ClockSeen(Utc(1))];
    assert_eq!(other.commit(1, changes.clone()), Err(Full(changes)));
    other.save_bindings(vec![("desk-1".into(), "somewhere".into())]);
    other.apply_site(
        0,
        perch::pbx::Site::default(),
        Box::new(|result| {
            assert!(matches!(result, Err(ApplyError::Closed)));
        }),
    );
}

#[test]
fn dropping_the_last_handle_saves_what_is_queued() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench
        .send(vec![claimed(session(1, "alice", "desk-1"), &[])])
        .expect("room in the queue");
    bench
        .store()
        .save_bindings(vec![("desk-1".into(), "somewhere".into())]);
    drop(bench.opened);
    let opened = Bench::open(dir.path()).opened;
    assert_eq!(opened.remembered.sessions.len(), 1);
    assert_eq!(opened.bindings, [("desk-1".into(), "somewhere".into())]);
}
