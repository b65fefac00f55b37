//! The data directory: who may have it, old and new databases, backups, what is kept.

use std::fs;
use std::path::Path;

use perch::pbx::{Cause, Change, Closed, Door, Signal, StoredSession};
use perch::store::{self, Limits, StoreError};
use perch::time::Utc;
use rusqlite::Connection;

use crate::support::{Bench, SOON, claimed, closed, id, record, session};

fn open_error(dir: &Path) -> StoreError {
    store::open(dir, Box::new(drop)).expect_err("it must not open")
}

#[test]
fn two_servers_cannot_have_one_data_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(dir.path());
    let error = open_error(dir.path());
    assert!(matches!(error, StoreError::InUse { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "the data directory {} is in use by another Perch server. Stop that one, or give this one a directory \
             of its own",
            dir.path().display()
        )
    );
    bench.close();
    Bench::open(dir.path());
}

#[test]
fn a_data_directory_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("var/perch");
    let mut bench = Bench::open(&data);
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in ["perch.db", "perch.db-wal", "perch.db-shm", "perch.lock"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_database_from_the_future_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    Bench::open(dir.path()).close();
    let db = Connection::open(dir.path().join("perch.db")).expect("opens");
    db.pragma_update(None, "user_version", 9999).expect("set");
    drop(db);
    let error = open_error(dir.path());
    assert!(
        matches!(error, StoreError::Newer { found: 9999, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("Run the newer Perch"), "{error}");
}

#[test]
fn what_is_not_a_database_is_said_to_be_none() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("perch.db"), "a".repeat(5000)).expect("writes");
    let error = open_error(dir.path());
    assert!(error.to_string().contains("restore a backup"), "{error}");
}

/// What version 1 wrote is understood by every later version.
#[test]
fn a_version_1_database_opens() {
    let dir = tempfile::tempdir().expect("a directory");
    let db = Connection::open(dir.path().join("perch.db")).expect("opens");
    db.execute_batch(include_str!("../../fixtures/store/v1.sql"))
        .expect("the fixture is right");
    drop(db);

    let opened = Bench::open(dir.path()).opened;
    let alice = StoredSession {
        door: Door::Control,
        last_used: (Utc(5000), Signal::CallEnded),
        leaving: Some((Cause::Schedule, Door::Timer, Utc(6000))),
        ..session(1, "alice", "desk-1")
    };
    assert_eq!(opened.remembered.sessions, [alice]);
    let closing = Closed {
        session: id(2),
        cause: Cause::Idle,
        door: Door::Timer,
        at: Utc(4000),
        last_used: (Utc(2000), Signal::OnHook),
    };
    let bob = StoredSession {
        last_used: closing.last_used,
        ..session(2, "bob", "desk-1")
    };
    assert_eq!(opened.remembered.last_closed, [(bob, closing)]);
    assert_eq!(opened.remembered.awaited_moves[0].until, Utc(7000));
    assert_eq!(
        opened.remembered.tries,
        [("bob".into(), vec![Utc(1), Utc(2)], Some(Utc(9000)))]
    );
    assert_eq!(
        opened.remembered.emergency_calls,
        [("desk-8".into(), Utc(3000))]
    );
    assert_eq!(opened.remembered.messages, []);
    assert_eq!(opened.remembered.clock_seen, Some(Utc(8000)));
    assert_eq!(opened.bindings, [("desk-1".into(), "[]".into())]);
    let (revision, site) = opened.site.expect("there is one");
    assert_eq!(revision, 3);
    assert_eq!(site.settings.name, "demo");
    assert_eq!(site.users["alice"].display_name, "Alice");
    assert_eq!(site.phones["desk-1"].location.as_deref(), Some("Hall"));
}

#[test]
fn bindings_are_saved_in_the_background_and_forgotten_when_empty() {
    let dir = tempfile::tempdir().expect("a directory");
    let bench = Bench::open(dir.path());
    let save = |bindings: &[(&str, &str)]| {
        let owned = bindings.iter().map(|(p, c)| ((*p).into(), (*c).into()));
        bench.store().save_bindings(owned.collect());
    };
    save(&[("desk-1", "here"), ("desk-2", "there")]);
    save(&[("desk-1", "elsewhere")]);
    save(&[("desk-2", "")]);
    bench.close();
    let bindings = Bench::open(dir.path()).opened.bindings;
    assert_eq!(bindings, [("desk-1".into(), "elsewhere".into())]);
}

#[test]
fn a_backup_is_whole_while_the_server_goes_on_writing() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("copy.db");
    let data = dir.path().join("data");
    let mut bench = Bench::open(&data);
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    let writer = bench.store().clone();
    let storm = std::thread::spawn(move || {
        for seq in 100..600 {
            writer
                .commit(seq, vec![Change::Recorded(record("storm"))])
                .expect("room in the queue");
        }
    });
    store::backup(&data, &file).expect("a copy");
    storm.join().expect("no panic");
    for _ in 100..600 {
        bench.news.recv_timeout(SOON).expect("news in time");
    }

    let error = bench.store().backup(&file).expect_err("it is there");
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    bench.close();

    let restored = dir.path().join("restored");
    fs::create_dir(&restored).expect("a directory");
    fs::copy(&file, restored.join("perch.db")).expect("copies");
    let remembered = Bench::open(&restored).opened.remembered;
    assert_eq!(remembered.sessions, [session(1, "alice", "desk-1")]);
    assert!(!dir.path().join("copy.db.partial").exists());
}

#[test]
fn a_stopped_server_can_be_backed_up_too_and_nothing_cannot() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let error = store::backup(&data, &dir.path().join("copy.db")).expect_err("nothing there");
    assert!(matches!(error, StoreError::NoDatabase { .. }), "{error}");
    assert!(!data.exists());

    Bench::open(&data).close();
    store::backup(&data, &dir.path().join("copy.db")).expect("a copy");
    let error = store::backup(&data, &dir.path().join("no/such/copy.db")).expect_err("no dir");
    assert!(matches!(error, StoreError::BackupFile { .. }), "{error}");
}

#[test]
fn the_oldest_of_too_many_go() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits {
        sessions_kept: 100,
        records_kept: 200,
        ..Limits::default()
    };
    let mut bench = Bench::open_with(dir.path(), limits);
    for n in 1..=3000_u128 {
        let at = 10_000 + n as i64;
        bench
            .send(vec![
                claimed(session(n, "alice", &format!("desk-{}", n % 7)), &[]),
                Change::SessionClosed(closed(n, at, Cause::User)),
            ])
            .expect("room in the queue");
        bench.next();
    }
    bench.close();

    let db = Connection::open(dir.path().join("perch.db")).expect("opens");
    let number = |sql| {
        db.query_row(sql, [], |row| row.get::<_, i64>(0))
            .expect("a number")
    };
    assert!((100..=100 + 512).contains(&number("SELECT count(*) FROM session")));
    assert_eq!(number("SELECT max(closed_at) FROM session"), 13_000);
    assert!((200..=200 + 512).contains(&number("SELECT count(*) FROM record")));
    assert_eq!(number("SELECT max(id) FROM record"), 3000);
}
