//! What became of tasks.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// An answer that comes later than this made its phone ask again (T1, RFC 3261 §17.1.2.2).
pub const LATE: Duration = Duration::from_millis(500);

/// The longest latency that is told from longer ones, in microseconds.
const LONGEST_US: u64 = 120_000_000;

/// Kinds of failure that are counted apart.
const KINDS: usize = 32;

/// Counts of what became of the tasks of one stream.
pub struct Tally {
    latencies_us: Histogram<u64>,
    pub failed: u64,
    pub late: u64,
    /// Messages sent once more for want of an answer.
    pub resent: u64,
    /// Challenges (401, 407) that were answered.
    pub challenged: u64,
    /// Why tasks failed.
    pub errors: BTreeMap<String, u64>,
    /// When the last one was done.
    pub last: Option<Instant>,
}

impl Default for Tally {
    fn default() -> Tally {
        let latencies_us = Histogram::new_with_bounds(1, LONGEST_US, 3);
        Tally {
            latencies_us: latencies_us.expect("1 is less than the highest, 3 digits are few"),
            failed: 0,
            late: 0,
            resent: 0,
            challenged: 0,
            errors: BTreeMap::new(),
            last: None,
        }
    }
}

impl Tally {
    /// A task went well.
    pub fn done(&mut self, now: Instant, since: Instant) {
        let took = now.saturating_duration_since(since);
        let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST_US);
        self.latencies_us.saturating_record(micros.max(1));
        self.late += u64::from(took > LATE);
        self.last = Some(now);
    }

    /// A task failed.
    pub fn failed(&mut self, now: Instant, why: &str) {
        self.failed += 1;
        self.last = Some(now);
        if self.errors.len() < KINDS || self.errors.contains_key(why) {
            *self.errors.entry(why.to_owned()).or_default() += 1;
        }
    }

    /// How many went well.
    pub fn count(&self) -> u64 {
        self.latencies_us.len()
    }

    /// The latency that so many of a hundred were below, in milliseconds.
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        self.latencies_us.value_at_percentile(percent) as f64 / 1e3
    }

    /// The longest latency, in milliseconds.
    pub fn longest_ms(&self) -> f64 {
        self.latencies_us.max() as f64 / 1e3
    }
}
