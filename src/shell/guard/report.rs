//! Says who was turned away: a line for a source and a minute, whatever it sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{Guard, Reason};
use crate::shell::Clock;
use crate::shell::supervise::supervise;
use crate::time::Now;

/// How often it is looked.
const ROUND: Duration = Duration::from_secs(1);

/// How often a source is spoken of.
const EVERY: Duration = Duration::from_secs(60);

/// How many lines each part of the table may have in one round.
const LINES: usize = 3;

/// Begins to say so.
pub fn start(guard: Arc<Guard>, clock: Clock) {
    supervise("saying who is turned away", move || {
        let guard = Arc::clone(&guard);
        async move {
            let mut ticks = interval(ROUND);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                guard.report(clock.now());
            }
        }
    });
}

impl Guard {
    fn report(&self, now: Now) {
        self.metrics.sources(self.table.len());
        let (said, more) = self.table.to_be_said(now, EVERY, LINES);
        for turned_away in said {
            let count = |reason: Reason| turned_away.counts[reason as usize];
            tracing::warn!(
                source = %turned_away.network,
                messages = count(Reason::Messages),
                unproven = count(Reason::Unproven),
                scanner = count(Reason::Scanner),
                connections = count(Reason::Connections),
                half_open = count(Reason::HalfOpen),
                "a source is over its limits and was turned away so often"
            );
        }
        if more > 0 {
            tracing::warn!(
                sources = more,
                "more sources are over their limits; their addresses may be forged"
            );
        }
    }
}
