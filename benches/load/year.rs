//! A year in an office, with the core alone: how long it takes, and whether everything holds.

#[path = "../../tests/simulation/inspector.rs"]
mod inspector;
#[path = "../../tests/simulation/office.rs"]
mod office;

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use jiff::civil::Date;

use crate::Failure;
use office::{Office, Plan};

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
}

/// Lives through it, and prints what came of it.
pub fn live(year: &Year) -> Result<(), Failure> {
    let plan = Plan {
        phones: year.phones,
        first_day: year.from,
        days: year.days,
        seed: year.seed,
        calls: year.calls,
        restart_every: 30,
        kill_every: 3,
    };
    let began = Instant::now();
    let site = Arc::new(office::site(year.phones));
    let (tally, _) = Office::new(plan, site, Box::new(|_| {})).live();
    let took = began.elapsed();
    println!(
        "{} days from {} with {} phones: {:.1} s",
        year.days,
        year.from,
        year.phones,
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
