//! Seeded simulation: phones talk bytes to a whole exchange, over a lossy network, with virtual time, while servers
//! are killed, disks fail and clocks jump. Whatever happens, what `simulation/watch.rs` says must hold.
//!
//! `PERCH_SEED=123 cargo test --test simulation` repeats one seed and prints its transcript.

#[allow(
    dead_code,
    reason = "every crate of tests uses its own part of the support"
)]
mod support;

mod simulation {
    pub mod story;
    pub mod watch;
}

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use simulation::story::{Outcome, play};

/// How many seeds are run, from 1; `PERCH_SEEDS` says otherwise.
const SEEDS: u64 = 120;

/// How many of them are run twice.
const TWICE: u64 = 8;

/// How much of a failing transcript is shown.
const LINES_SHOWN: usize = 80;

/// rules: SES-1, SES-2, IDL-2, IDL-5, TOD-3, CAL-1
#[test]
fn whatever_happens_the_invariants_hold() {
    if let Ok(seed) = std::env::var("PERCH_SEED") {
        let seed = seed.parse().expect("PERCH_SEED is a number");
        let outcome = play(seed);
        println!("{}", outcome.transcript.join("\n"));
        assert!(outcome.failure.is_none(), "{}", complaint(seed, &outcome));
        return;
    }
    let mut seeds = replays();
    let count = std::env::var("PERCH_SEEDS").map(|count| count.parse().expect("a number"));
    seeds.extend(1..=count.unwrap_or(SEEDS));
    let failures = run(&seeds);
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_same_seed_makes_the_same_transcript() {
    for seed in 1..=TWICE {
        let (first, second) = (play(seed).transcript, play(seed).transcript);
        let differs = first.iter().zip(&second).find(|(a, b)| a != b);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
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
fn run(seeds: &[u64]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = play(*seed);
                    if outcome.failure.is_some() {
                        let complaint = complaint(*seed, &outcome);
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push((*seed, complaint));
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

fn complaint(seed: u64, outcome: &Outcome) -> String {
    let failure = outcome.failure.as_deref().unwrap_or("nothing");
    let lines = &outcome.transcript;
    let tail = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    format!(
        "seed {seed}: {failure}\nrepeat it: PERCH_SEED={seed} cargo test --test simulation\n\
         keep it: add fixtures/replays/{seed}.txt\n{}",
        tail.join("\n")
    )
}
