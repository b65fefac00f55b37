//! A year in an office, with the core alone: how long it takes, and whether everything holds.
//!
//! Its stretches are lived through side by side, on as many processors as there are. Each begins a day early with an empty
//! house, so that every midnight is lived through by people who were there the day before.

#[path = "../../tests/simulation/inspector.rs"]
mod inspector;
#[path = "../../tests/simulation/office.rs"]
mod office;

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use clap::Args;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::Failure;
use office::{Office, Plan, Tally};

#[derive(Clone, Debug, Args)]
pub struct Year {
    /// Phones, and as many users
    #[arg(long, default_value_t = 5000)]
    pub phones: usize,
    /// The first day
    #[arg(long, default_value = "2028-01-01")]
    pub from: Date,
    /// How many days
    #[arg(long, default_value_t = 366)]
    pub days: i32,
    /// Calls that somebody makes on a day at most
    #[arg(long, default_value_t = 4)]
    pub calls: u32,
    /// The same seed is the same year
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// In how many stretches; 1: without a break, on one processor
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=366))]
    pub stretches: i32,
}

impl Year {
    /// Its nth stretch: from the day before its first on, if it is not the year's.
    fn stretch(&self, n: i32) -> Plan {
        let first = n * self.days / self.stretches;
        let end = (n + 1) * self.days / self.stretches;
        let early = i32::from(n > 0);
        Plan {
            phones: self.phones,
            first_day: self.from.saturating_add((first - early).days()),
            days: end - first + early,
            seed: self.seed + u64::from(n.unsigned_abs()),
            calls: self.calls,
            restart_every: 30,
            kill_every: 3,
        }
    }

    /// Lives through all of them.
    fn all_stretches(&self) -> Tally {
        let site = Arc::new(office::site(self.phones));
        let next = AtomicI32::new(0);
        let whole = Mutex::new(Tally::default());
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= self.stretches {
                            return;
                        }
                        let office =
                            Office::new(self.stretch(n), Arc::clone(&site), Box::new(|_| {}));
                        let (tally, _) = office.live();
                        let mut whole = whole.lock().unwrap_or_else(PoisonError::into_inner);
                        add(&mut whole, tally);
                    }
                });
            }
        });
        whole.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of one stretch more.
fn add(whole: &mut Tally, stretch: Tally) {
    whole.logins += stretch.logins;
    whole.calls += stretch.calls;
    whole.events += stretch.events;
    whole.stops += stretch.stops;
    whole.kills += stretch.kills;
    whole.activities += stretch.activities;
    for (cause, count) in stretch.ends {
        *whole.ends.entry(cause).or_default() += count;
    }
    whole.faults.extend(stretch.faults);
}

/// Lives through it, and prints what came of it.
pub fn live(year: &Year) -> Result<(), Failure> {
    let began = Instant::now();
    let tally = year.all_stretches();
    let took = began.elapsed();
    println!(
        "{} days from {} with {} phones, in {} stretches: {:.1} s",
        year.days,
        year.from,
        year.phones,
        year.stretches,
        took.as_secs_f64()
    );
    println!(
        "{} logins, {} calls, {} events in all; {} stops and {} kills; {} activities recorded",
        tally.logins, tally.calls, tally.events, tally.stops, tally.kills, tally.activities
    );
    for (cause, count) in &tally.ends {
        println!("{count:>9} sessions ended by {cause}");
    }
    if tally.faults.is_empty() {
        println!("everything holds");
        return Ok(());
    }
    Err(format!("what must not be, and was:\n{}", tally.faults.join("\n")).into())
}
