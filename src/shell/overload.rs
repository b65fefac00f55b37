//! Says when the exchange has too much to do, by how long what waits for it has waited, and before that is long.
//!
//! A queue that is long for a moment is what queues are for; one whose every message waits is too much work (after
//! RFC 8289 §4). Then nothing new is begun, and what goes on already has the exchange to itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::time::Now;

/// How long something may wait. A phone sends its request again after three times as much (RFC 3261 §17.1.1.1).
const TARGET: Duration = Duration::from_millis(150);

/// How long everything must have waited for longer than that.
const INTERVAL: Duration = Duration::from_millis(500);

/// Of the room in the queue, what new work may not use: in eighths.
const KEPT: usize = 2;

/// How long the queue is, in time. One message at a time is followed through it.
#[derive(Debug, Default)]
pub struct Overload {
    /// How many were put in and taken out.
    offered: AtomicU64,
    taken: AtomicU64,
    /// The number of the message that is followed, or 0, and when it was put in.
    followed: AtomicU64,
    since: AtomicU64,
    /// Since when messages have waited for too long, in nanoseconds; 0 if they have not.
    slow_since: AtomicU64,
}

impl Overload {
    /// Something was put into the queue.
    pub fn offered(&self, now: Now) {
        let number = self.offered.fetch_add(1, Ordering::AcqRel) + 1;
        // Written first: whoever sees the number sees its time.
        if self.followed.load(Ordering::Acquire) == 0 {
            self.since.store(nanos(now), Ordering::Release);
            let _ = self
                .followed
                .compare_exchange(0, number, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// So many were taken out.
    pub fn taken(&self, now: Now, count: usize) {
        let taken = self.taken.fetch_add(count as u64, Ordering::AcqRel) + count as u64;
        let followed = self.followed.load(Ordering::Acquire);
        if followed == 0 || taken < followed {
            return;
        }
        let waited = nanos(now).saturating_sub(self.since.load(Ordering::Acquire));
        if waited <= nanos_of(TARGET) {
            self.slow_since.store(0, Ordering::Release);
        } else {
            self.is_slow(now);
        }
        self.followed.store(0, Ordering::Release);
    }

    /// Whether something new may begin. `depth` of `room` are waiting.
    pub fn may_begin(&self, now: Now, depth: usize, room: usize) -> bool {
        if depth >= room - room * KEPT / 8 {
            return false;
        }
        if depth == 0 {
            // Nobody waits, and as long as nothing is begun nobody may come whose wait could show it.
            self.slow_since.store(0, Ordering::Release);
            return true;
        }
        // An exchange that stands still takes nothing out that would tell.
        let is_followed = self.followed.load(Ordering::Acquire) != 0;
        let waiting = nanos(now).saturating_sub(self.since.load(Ordering::Acquire));
        if is_followed && waiting > nanos_of(TARGET) {
            self.is_slow(now);
        }
        match self.slow_since.load(Ordering::Acquire) {
            0 => true,
            since => nanos(now).saturating_sub(since) < nanos_of(INTERVAL),
        }
    }

    fn is_slow(&self, now: Now) {
        let _ =
            self.slow_since
                .compare_exchange(0, nanos(now), Ordering::AcqRel, Ordering::Relaxed);
    }
}

fn nanos(now: Now) -> u64 {
    nanos_of(now.uptime)
}

fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Utc;

    fn at(millis: u64) -> Now {
        Now {
            uptime: Duration::from_secs(1000) + Duration::from_millis(millis),
            utc: Utc(0),
        }
    }

    #[test]
    fn a_queue_that_is_emptied_in_time_is_no_overload_however_long_it_gets() {
        let overload = Overload::default();
        for round in 0..100 {
            (0..500).for_each(|_| overload.offered(at(round * 40)));
            assert!(overload.may_begin(at(round * 40 + 39), 500, 1000));
            overload.taken(at(round * 40 + 40), 500);
        }
    }

    #[test]
    fn when_everything_waits_nothing_new_is_begun_until_it_does_not() {
        let overload = Overload::default();
        overload.offered(at(0));
        overload.offered(at(200));
        overload.taken(at(200), 1);
        assert!(overload.may_begin(at(201), 1, 1000));
        overload.offered(at(202));
        overload.taken(at(699), 1);
        assert!(overload.may_begin(at(699), 1, 1000));
        overload.taken(at(701), 1);
        overload.offered(at(701));
        assert!(!overload.may_begin(at(701), 1, 1000));
        overload.taken(at(710), 1);
        assert!(overload.may_begin(at(711), 1, 1000));
    }

    #[test]
    fn an_exchange_that_stands_still_is_noticed() {
        let overload = Overload::default();
        overload.offered(at(0));
        assert!(overload.may_begin(at(160), 1, 1000));
        assert!(overload.may_begin(at(600), 1, 1000));
        assert!(!overload.may_begin(at(661), 1, 1000));
        overload.taken(at(662), 1);
        assert!(!overload.may_begin(at(663), 1, 1000));
        // What is refused is never seen to wait; that nothing waits must be enough.
        assert!(overload.may_begin(at(664), 0, 1000));
        assert!(overload.may_begin(at(665), 1, 1000));
    }

    #[test]
    fn room_is_kept_for_what_goes_on() {
        let overload = Overload::default();
        assert!(overload.may_begin(at(0), 11, 16));
        assert!(!overload.may_begin(at(0), 12, 16));
    }
}
