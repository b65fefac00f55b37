//! Power fails at any moment: what was reported is there, and what is there is a moment that was.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use perch::pbx::{Cause, Change, Claim, ClaimId};
use perch::store::{self, Limits, Store, Stored};
use rusqlite::Connection;

use crate::support::{Bench, closed, id, record, session};

const PHONES: u128 = 20;

/// Commit n of a storm: one desk after the other changes hands, so that after it exactly the sessions n-19 to n are
/// open, and what is open tells which commit was the last.
fn storm(n: u128) -> Vec<Change> {
    let phone = format!("desk-{}", n % PHONES);
    let before = n.checked_sub(PHONES).filter(|before| *before > 0);
    vec![Change::Claimed(Claim {
        id: ClaimId(n as u64),
        expects: before.map(id).into_iter().collect(),
        closes: before
            .map(|before| closed(before, n as i64, Cause::Takeover))
            .into_iter()
            .collect(),
        opens: session(n, &format!("u{n}"), &phone),
        records: vec![record("a storm rages")],
    })]
}

/// The last commit of the storm that is in the store, which must be exactly what that commit left.
fn last_commit(dir: &Path) -> u128 {
    let sessions = Bench::open(dir).opened.remembered.sessions;
    let found: Vec<_> = sessions.iter().map(|s| s.session.0.as_u128()).collect();
    let last = found.last().copied().unwrap_or(0);
    let first = last.saturating_sub(PHONES) + 1;
    assert_eq!(found, (first..=last).collect::<Vec<_>>());
    last
}

/// Commits for ever, from commit `next` on.
fn rage(store: &Store, mut next: u128, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match store.commit(next as u64, storm(next)) {
            Ok(()) => next += 1,
            Err(_) => thread::yield_now(),
        }
    }
}

/// A short queue, so that a storm is over soon when it is over.
fn limits() -> Limits {
    Limits {
        queued_changes: 64,
        ..Limits::default()
    }
}

/// Copies what a power failure would leave. A reader keeps the log from being folded into the database between the
/// one copy and the other; `cp` is another process because closing a file drops this one's locks on it.
fn image(data: &Path, image: &Path) {
    let reader = Connection::open(data.join("perch.db")).expect("opens");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM meta;")
        .expect("reads");
    std::fs::create_dir(image).expect("a directory");
    for name in ["perch.db", "perch.db-wal"] {
        let copied = Command::new("cp")
            .args([data.join(name), image.join(name)])
            .status()
            .expect("cp runs");
        assert!(copied.success());
    }
}

#[test]
fn what_was_reported_is_in_every_image_of_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let reported = Arc::new(AtomicU64::new(0));
    let hears = Arc::clone(&reported);
    let listener = Box::new(move |news| match news {
        Stored::Committed { seq, claims } => {
            assert_eq!(claims, [(ClaimId(seq), true)]);
            assert_eq!(hears.swap(seq, Ordering::SeqCst) + 1, seq);
        }
        other => panic!("{other:?}"),
    });
    let store = store::open_with(&data, limits(), listener)
        .expect("opens")
        .store;
    let stop = Arc::new(AtomicBool::new(false));
    let raging = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        thread::spawn(move || rage(&store, 1, &stop))
    };
    for n in 1..=12 {
        // Not before the storm went on a while, to catch it at different stages.
        let goal = reported.load(Ordering::SeqCst) + 37 * n;
        while reported.load(Ordering::SeqCst) < goal {
            thread::yield_now();
        }
        let promised = reported.load(Ordering::SeqCst);
        let copy = dir.path().join(format!("image-{n}"));
        image(&data, &copy);
        let found = last_commit(&copy);
        assert!(found >= promised.into(), "{found} of {promised}");
    }
    stop.store(true, Ordering::Relaxed);
    raging.join().expect("no panic");
    store.close().expect("everything is saved");
}

const STORM_DIR: &str = "PERCH_TEST_STORM_DIR";

/// Not a test of its own: the process that `a_killed_server_...` kills.
#[test]
fn storm_until_killed() {
    let Some(dir) = env::var_os(STORM_DIR) else {
        return;
    };
    let next = last_commit(dir.as_ref()) + 1;
    let listener = Box::new(|news| {
        if let Stored::Committed { seq, .. } = news {
            let mut out = std::io::stdout().lock();
            writeln!(out, "committed {seq}").expect("somebody listens");
        }
    });
    let store = store::open_with(dir.as_ref(), limits(), listener)
        .expect("opens")
        .store;
    rage(&store, next, &AtomicBool::new(false));
}

#[test]
fn a_killed_server_has_lost_nothing_that_it_reported() {
    let dir = tempfile::tempdir().expect("a directory");
    for round in 1..=4 {
        let mut child = Command::new(env::current_exe().expect("this test"))
            .args(["crash::storm_until_killed", "--exact", "--nocapture"])
            .env(STORM_DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let mut promised = 0_u128;
        let mut heard = 0;
        for line in lines {
            let line = line.expect("text");
            let Some(seq) = line.strip_prefix("committed ") else {
                continue;
            };
            promised = seq.parse().unwrap_or(promised);
            heard += 1;
            if heard == 150 * round {
                child.kill().expect("can be killed");
            }
        }
        child.wait().expect("is over");
        assert!(heard >= 150 * round, "it died by itself");
        let found = last_commit(dir.path());
        assert!(found >= promised, "{found} of {promised}");
    }
}
