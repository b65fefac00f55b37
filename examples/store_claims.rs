//! How long a login waits for the disk: claims through the store's public face, at different loads.
//!
//!     cargo run --release --example store_claims [DIR]
//!
//! With `strace -f -c -e trace=fdatasync,fsync` around it the waits for the disk are counted too.

#![allow(clippy::disallowed_methods, reason = "it measures time")]
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use perch::pbx::{
    Cause, Change, Claim, ClaimId, Closed, Door, Record, SessionId, Signal, StoredSession,
    TotalLimit, What,
};
use perch::store::{self, Store, Stored};
use perch::time::Utc;
use uuid::Uuid;

const CLAIMS: u64 = 10_000;
const PHONES: u64 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = env::args_os().nth(1).map_or_else(
        || env::temp_dir().join(format!("perch-claims-{}", std::process::id())),
        PathBuf::from,
    );
    let (tell, news) = mpsc::channel();
    let listener = Box::new(move |stored| {
        let _ = tell.send((Instant::now(), stored));
    });
    let store = store::open(&dir, listener)?.store;
    let mut next = 1;
    let mut measure = |name: &str, count: u64, pause: Option<Duration>| {
        let sent = send(&store, next, count, pause, &news);
        next += count;
        report(name, sent);
    };
    measure("one at a time", 1_000, None);
    measure("500 a second", 2_500, Some(Duration::from_millis(2)));
    measure("2000 a second", CLAIMS, Some(Duration::from_micros(500)));
    measure("all at once", CLAIMS, Some(Duration::ZERO));
    println!("data directory: {}", dir.display());
    store.close()?;
    Ok(())
}

type News = Receiver<(Instant, Stored)>;

/// When each of `count` claims was due and when it was durable. Without a pause each waits for the one before.
fn send(
    store: &Store,
    first: u64,
    count: u64,
    pause: Option<Duration>,
    news: &News,
) -> Vec<(Instant, Instant)> {
    let start = Instant::now();
    let mut times = Vec::new();
    for (place, n) in (first..first + count).enumerate() {
        let due = match pause {
            None => Instant::now(),
            Some(pause) => start + pause * u32::try_from(place).unwrap_or(u32::MAX),
        };
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut changes = vec![claim(n)];
        while let Err(full) = store.commit(n, changes) {
            changes = full.0;
            thread::yield_now();
        }
        times.push((due, due));
        if pause.is_none() {
            hear(news, first, 1, &mut times);
        }
    }
    if pause.is_some() {
        hear(news, first, count, &mut times);
    }
    times
}

fn hear(news: &News, first: u64, count: u64, times: &mut [(Instant, Instant)]) {
    for (at, stored) in news
        .iter()
        .take(usize::try_from(count).unwrap_or(usize::MAX))
    {
        let Stored::Committed { seq, claims } = stored else {
            panic!("{stored:?}");
        };
        assert!(claims.iter().all(|(_, granted)| *granted), "claim {seq}");
        let place = usize::try_from(seq - first).unwrap_or(usize::MAX);
        times[place].1 = at;
    }
}

fn report(name: &str, times: Vec<(Instant, Instant)>) {
    let mut waits: Vec<_> = times
        .iter()
        .map(|(sent, at)| at.saturating_duration_since(*sent))
        .collect();
    waits.sort();
    let of = |share: usize| waits[(waits.len() - 1) * share / 1000];
    let took = times
        .iter()
        .map(|(_, at)| at)
        .max()
        .map_or(Duration::ZERO, |last| {
            last.saturating_duration_since(times[0].0)
        });
    println!(
        "{name:>14}: {} claims, {:.0}/s, p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}, worst {:.1?}",
        waits.len(),
        waits.len() as f64 / took.as_secs_f64(),
        of(500),
        of(990),
        of(999),
        of(1000)
    );
}

/// Claim n: one phone after the other changes hands.
fn claim(n: u64) -> Change {
    let at = Utc(1_700_000_000_000 + i64::try_from(n).unwrap_or(0));
    let id = |n: u64| SessionId(Uuid::from_u128(n.into()));
    let before = n.checked_sub(PHONES).filter(|before| *before > 0);
    let phone = format!("desk-{}", n % PHONES);
    let user = format!("user-{n}");
    Change::Claimed(Claim {
        id: ClaimId(n),
        expects: before.map(id).into_iter().collect(),
        closes: before
            .map(|before| Closed {
                session: id(before),
                cause: Cause::Takeover,
                door: Door::Code,
                at,
                last_used: (at, Signal::Login),
            })
            .into_iter()
            .collect(),
        records: vec![Record {
            at,
            what: What::LoggedIn,
            user: Some(user.as_str().into()),
            phone: Some(phone.as_str().into()),
            door: Door::Code,
            text: format!("{user} logged in at {phone}"),
        }],
        opens: StoredSession {
            session: id(n),
            user: user.into(),
            phone: phone.into(),
            profile: "clerk".into(),
            door: Door::Code,
            opened: at,
            total: TotalLimit::default(),
            last_used: (at, Signal::Login),
            leaving: None,
        },
    })
}
