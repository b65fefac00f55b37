//! Seeded simulation: phones talk bytes to a whole exchange, over a lossy network, with virtual time, while servers
//! are killed, disks fail and clocks jump. Whatever happens, what `simulation/watch.rs` says must hold.
//!
//! `PERCH_SEED=123 cargo test --test simulation` repeats one seed over SIP and prints its transcript; with
//! `PERCH_SCCP=1` half of the phones speak SCCP.

#[allow(
    dead_code,
    reason = "every crate of tests uses its own part of the support"
)]
mod support;

mod simulation {
    pub mod inspector;
    mod month;
    pub mod office;
    mod orders;
    pub mod story;
    pub mod watch;
}

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use simulation::story::{Outcome, play};
use support::world::Protocol;

/// How many seeds are run, from 1; `PERCH_SEEDS` says otherwise.
const SEEDS: u64 = 120;

/// How many of them are run once more where half of the phones speak SCCP.
const MIXED_SEEDS: u64 = 80;

/// How many of them are run twice.
const TWICE: u64 = 8;

/// How much of a failing transcript is shown.
const LINES_SHOWN: usize = 80;

/// rules: SES-1, SES-2, IDL-2, IDL-5, TOD-3, CAL-1
#[test]
fn whatever_happens_the_invariants_hold() {
    if let Ok(seed) = std::env::var("PERCH_SEED") {
        let seed = seed.parse().expect("PERCH_SEED is a number");
        let protocol = match std::env::var("PERCH_SCCP") {
            Ok(_) => Protocol::Mixed,
            Err(_) => Protocol::SipMixed,
        };
        let outcome = play(seed, protocol);
        println!("{}", outcome.transcript.join("\n"));
        let failed = outcome.failure.is_some();
        assert!(!failed, "{}", complaint((seed, protocol), &outcome));
        return;
    }
    let mut stories: Vec<Story> = replays().into_iter().flat_map(over_both).collect();
    let count = std::env::var("PERCH_SEEDS").map(|count| count.parse().expect("a number"));
    let (all, mixed) = count.map_or((SEEDS, MIXED_SEEDS), |count| (count, count));
    stories.extend((1..=all).map(|seed| (seed, Protocol::SipMixed)));
    stories.extend((1..=mixed).map(|seed| (seed, Protocol::Mixed)));
    let failures = run(&stories);
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A seed, and what its phones speak.
type Story = (u64, Protocol);

fn over_both(seed: u64) -> [Story; 2] {
    [(seed, Protocol::SipMixed), (seed, Protocol::Mixed)]
}

#[test]
fn the_same_seed_makes_the_same_transcript() {
    for (seed, protocol) in (1..=TWICE).flat_map(over_both) {
        let again = || play(seed, protocol).transcript;
        let (first, second) = (again(), again());
        let differs = first.iter().zip(&second).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed} over {protocol:?}");
        assert_eq!(first.len(), second.len(), "seed {seed} over {protocol:?}");
    }
}

/// Seeds that failed once.
fn replays() -> Vec<u64> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/replays");
    let files = std::fs::read_dir(dir).expect("the replays are there");
    let names = files.map(|file| file.expect("readable").file_name());
    let seeds = names.filter_map(|name| name.to_str()?.strip_suffix(".txt")?.parse().ok());
    let mut seeds: Vec<u64> = seeds.collect();
    seeds.sort_unstable();
    seeds
}

/// Runs the seeds on every processor. What failed, in the order of the seeds.
fn run(stories: &[Story]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (seed, protocol) = *story;
                    let outcome = play(seed, protocol);
                    if outcome.failure.is_some() {
                        let complaint = complaint(*story, &outcome);
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push((seed, complaint));
                    }
                }
            });
        }
    });
    let mut failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    failures.sort();
    failures
        .into_iter()
        .map(|(_, complaint)| complaint)
        .collect()
}

fn complaint((seed, protocol): Story, outcome: &Outcome) -> String {
    let how = match protocol {
        Protocol::Mixed => "PERCH_SCCP=1 ",
        _ => "",
    };
    let failure = outcome.failure.as_deref().unwrap_or("nothing");
    let lines = &outcome.transcript;
    let tail = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    format!(
        "seed {seed}: {failure}\nrepeat it: {how}PERCH_SEED={seed} cargo test --test simulation\n\
         keep it: add fixtures/replays/{seed}.txt\n{}",
        tail.join("\n")
    )
}
