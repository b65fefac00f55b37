//! An allowance that fills up again with time, in eight bytes.

use std::time::Duration;

use crate::time::Now;

/// How fast an allowance fills up, and how much it holds.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// One more after so many nanoseconds.
    every: u64,
    /// How far ahead of time one may be.
    ahead: u64,
}

impl Limit {
    /// So many in a second, and so many at once.
    pub const fn new(per_s: u32, burst: u32) -> Limit {
        let per_s = if per_s == 0 { 1 } else { per_s };
        let every = 1_000_000_000 / per_s as u64;
        Limit {
            every,
            ahead: every * burst as u64,
        }
    }
}

/// What is left of an allowance: the moment at which all of it is there again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket(u64);

impl Bucket {
    /// One that is full at this moment, as [`Bucket::due`] says it.
    pub fn due_at(due: u64) -> Bucket {
        Bucket(due)
    }

    /// When it is full.
    pub fn due(self) -> u64 {
        self.0
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: Now, limit: Limit) -> bool {
        let has_room = self.has_room(now, limit);
        if has_room {
            self.0 = self.0.max(nanos(now.uptime)) + limit.every;
        }
        has_room
    }

    /// Whether there is one.
    pub fn has_room(self, now: Now, limit: Limit) -> bool {
        let now = nanos(now.uptime);
        self.0.max(now) + limit.every <= now + limit.ahead
    }

    /// Takes some, or what there is.
    pub fn charge(&mut self, now: Now, limit: Limit, times: u32) {
        let now = nanos(now.uptime);
        let due = self.0.max(now) + limit.every * u64::from(times);
        // Who owes nothing more than everything can pay it back.
        self.0 = due.min((now + limit.ahead).max(self.0));
    }
}

/// Uptimes are some ten years to begin with; 64 bits hold five hundred.
fn nanos(uptime: Duration) -> u64 {
    u64::try_from(uptime.as_nanos()).unwrap_or(u64::MAX / 2)
}
