//! The only place that reads a clock.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::time::{Now, UPTIME_AT_START, Utc};

/// Reads the clocks. Copies agree on when the process started.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: Utc,
}

impl Clock {
    /// A clock whose uptime begins now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads a clock"
    )]
    pub fn start() -> Clock {
        Clock {
            started: Instant::now(),
            started_at: Utc(Timestamp::now().as_millisecond()),
        }
    }

    /// What the clocks say.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads a clock"
    )]
    pub fn now(&self) -> Now {
        Now {
            uptime: UPTIME_AT_START + self.started.elapsed(),
            utc: Utc(Timestamp::now().as_millisecond()),
        }
    }

    /// When the process started, as the wall clock said then.
    pub fn started_at(&self) -> Utc {
        self.started_at
    }

    /// The moment, in the runtime's terms, at which uptime will be `uptime`.
    pub fn instant_at(&self, uptime: Duration) -> Instant {
        self.started + uptime.saturating_sub(UPTIME_AT_START)
    }
}
