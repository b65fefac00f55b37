//! Time as data: what the clock said, and who wants to be woken when.
//!
//! Nothing outside `shell` reads a clock; everything else is handed a [`Now`].

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in coordinated universal time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Utc(pub i64);

impl Utc {
    /// The moment `after` later.
    pub fn plus(self, after: Duration) -> Utc {
        Utc(self.0.saturating_add(millis(after)))
    }

    /// The moment `before` earlier.
    pub fn minus(self, before: Duration) -> Utc {
        Utc(self.0.saturating_sub(millis(before)))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Utc) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What `uptime` says when a process starts. Far from zero, so that a stored moment of before the start has an
/// uptime too, and an idle clock survives a restart (IDL-5).
pub const UPTIME_AT_START: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What the clocks said when something happened.
///
/// `uptime` never jumps: it measures idleness and retries. `utc` serves schedules and records, and may jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since this process started, plus [`UPTIME_AT_START`].
    pub uptime: Duration,
    /// The wall clock.
    pub utc: Utc,
}

impl Now {
    /// The uptime that corresponds to a stored moment.
    pub fn uptime_at(self, utc: Utc) -> Duration {
        if utc >= self.utc {
            self.uptime + utc.since(self.utc)
        } else {
            self.uptime.saturating_sub(self.utc.since(utc))
        }
    }

    /// The wall clock at a given uptime, as far as it can be foreseen.
    pub fn utc_at(self, uptime: Duration) -> Utc {
        if uptime >= self.uptime {
            self.utc.plus(uptime - self.uptime)
        } else {
            self.utc.minus(self.uptime - uptime)
        }
    }
}

/// Deadlines as data: at most one wake-up per key. Arming a key again moves it.
#[derive(Debug)]
pub struct Deadlines<K> {
    by_key: HashMap<K, Duration>,
    by_time: BTreeSet<(Duration, K)>,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Deadlines {
            by_key: HashMap::new(),
            by_time: BTreeSet::new(),
        }
    }
}

impl<K: Clone + Eq + Ord + Hash> Deadlines<K> {
    /// Wakes `key` at `at` (uptime), instead of whenever it was to be woken before.
    pub fn arm(&mut self, key: K, at: Duration) {
        if let Some(old) = self.by_key.insert(key.clone(), at) {
            self.by_time.remove(&(old, key.clone()));
        }
        self.by_time.insert((at, key));
    }

    /// Like [`Deadlines::arm`], but never postpones a wake-up that is armed already.
    pub fn arm_no_later(&mut self, key: K, at: Duration) {
        if self.by_key.get(&key).is_none_or(|armed| at < *armed) {
            self.arm(key, at);
        }
    }

    /// Forgets `key`.
    pub fn disarm(&mut self, key: &K) {
        if let Some(at) = self.by_key.remove(key) {
            self.by_time.remove(&(at, key.clone()));
        }
    }

    /// When the next key is due.
    pub fn next(&self) -> Option<Duration> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out one key that is due at `uptime`, earliest first.
    pub fn pop_due(&mut self, uptime: Duration) -> Option<K> {
        if self.next()? > uptime {
            return None;
        }
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// When `key` is due, if it is armed.
    pub fn when(&self, key: &K) -> Option<Duration> {
        self.by_key.get(key).copied()
    }

    /// How many keys are armed.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether nothing is armed.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn arming_again_moves_the_wake_up() {
        let mut deadlines = Deadlines::default();
        deadlines.arm("a", s(5));
        deadlines.arm("b", s(3));
        deadlines.arm("b", s(9));
        assert_eq!(deadlines.next(), Some(s(5)));
        assert_eq!(deadlines.pop_due(s(4)), None);
        assert_eq!(deadlines.pop_due(s(10)), Some("a"));
        assert_eq!(deadlines.pop_due(s(10)), Some("b"));
        assert_eq!(deadlines.pop_due(s(10)), None);
        assert!(deadlines.is_empty());
    }

    #[test]
    fn a_wake_up_can_be_brought_forward_but_not_put_off() {
        let mut deadlines = Deadlines::default();
        deadlines.arm_no_later("a", s(5));
        deadlines.arm_no_later("a", s(9));
        assert_eq!(deadlines.when(&"a"), Some(s(5)));
        deadlines.arm_no_later("a", s(2));
        assert_eq!(deadlines.when(&"a"), Some(s(2)));
        deadlines.disarm(&"a");
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn a_stored_moment_becomes_uptime() {
        let now = Now {
            uptime: s(100),
            utc: Utc(1_000_000),
        };
        assert_eq!(now.uptime_at(Utc(990_000)), s(90));
        assert_eq!(now.uptime_at(Utc(1_005_000)), s(105));
        assert_eq!(now.uptime_at(Utc(-1_000_000)), s(0));
        assert_eq!(now.utc_at(s(90)), Utc(990_000));
        assert_eq!(now.utc_at(s(105)), Utc(1_005_000));
    }
}
