//! The sources that were heard of lately: bounded, and no look at it takes longer for there being many.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Reason;
use super::bucket::Bucket;
use crate::sip::Network;
use crate::time::Now;

/// Parts of the table, each with a lock of its own.
const SHARDS: usize = 64;

/// Sources in one part.
const SOURCES: usize = 1024;

/// How many are looked at to find one that may be forgotten.
const LOOKS: usize = 8;

/// What is known of a source.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) messages: Bucket,
    pub(super) stream_messages: Bucket,
    pub(super) unproven: Bucket,
    pub(super) reserve: Bucket,
    pub(super) belonging: Bucket,
    pub(super) responses: Bucket,
    pub(super) told: Bucket,
    /// Until then a phone that proved itself speaks for it (uptime).
    pub(super) proven_until: Duration,
    /// Whether it was heard of since it was last looked at for being forgotten.
    is_recent: bool,
    /// What was not taken since it was last said, by reason.
    turned_away: [u32; Reason::ALL.len()],
    /// When that was.
    said: Option<Duration>,
}

impl Source {
    /// Whether a phone proved itself there.
    pub(super) fn is_proven(&self, now: Now) -> bool {
        now.uptime < self.proven_until
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct Table {
    hasher: RandomState,
    shards: Box<[Mutex<Shard>]>,
}

#[derive(Debug, Default)]
struct Shard {
    sources: HashMap<Network, Source>,
    /// Those that were heard of first, first.
    order: VecDeque<Network>,
    /// Those of which something was not taken, and it was not said yet.
    unsaid: Vec<Network>,
}

/// What was not taken of one source, by reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct TurnedAway {
    pub(super) network: Network,
    pub(super) counts: [u32; Reason::ALL.len()],
}

impl Default for Table {
    fn default() -> Table {
        let shards = (0..SHARDS).map(|_| Mutex::default());
        Table {
            hasher: RandomState::new(),
            shards: shards.collect(),
        }
    }
}

impl Table {
    /// Looks at a source, or changes it.
    pub(super) fn with<R>(&self, network: Network, look: impl FnOnce(&mut Source) -> R) -> R {
        look(self.shard(network).source(network))
    }

    /// Notes that something was not taken.
    pub(super) fn note(&self, network: Network, reason: Reason) {
        let mut shard = self.shard(network);
        let source = shard.source(network);
        let is_first = source.turned_away.iter().all(|count| *count == 0);
        let count = &mut source.turned_away[reason as usize];
        *count = count.saturating_add(1);
        // One that is forgotten and comes back may be in the list already.
        if is_first && shard.unsaid.len() < SOURCES {
            shard.unsaid.push(network);
        }
    }

    /// Takes out what is to be said: of each source once in `every`. At most `max` of each part of the table; of the
    /// others how many they are.
    pub(super) fn to_be_said(
        &self,
        now: Now,
        every: Duration,
        max: usize,
    ) -> (Vec<TurnedAway>, usize) {
        let (mut said, mut more) = (Vec::new(), 0);
        for shard in &self.shards {
            let mut guard = lock(shard);
            let shard = &mut *guard;
            let sources = &mut shard.sources;
            let mut left = max;
            shard.unsaid.retain(|network| {
                let Some(source) = sources.get_mut(network) else {
                    return false;
                };
                let is_due = |at: Duration| now.uptime.saturating_sub(at) >= every;
                if !source.said.is_none_or(is_due) {
                    return true;
                }
                source.said = Some(now.uptime);
                let counts = std::mem::take(&mut source.turned_away);
                if counts.iter().all(|count| *count == 0) {
                    return false;
                }
                match left {
                    0 => more += 1,
                    _ => {
                        left -= 1;
                        let network = *network;
                        said.push(TurnedAway { network, counts });
                    }
                }
                false
            });
        }
        said.sort_by_key(|turned_away| turned_away.network);
        (said, more)
    }

    /// How many sources are known.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|s| lock(s).sources.len()).sum()
    }

    fn shard(&self, network: Network) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(network);
        lock(&self.shards[(hash % SHARDS as u64) as usize])
    }
}

/// What these locks guard is whole between any two statements, whoever panicked.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn source(&mut self, network: Network) -> &mut Source {
        let is_known = self.sources.contains_key(&network);
        if !is_known {
            if self.sources.len() >= SOURCES {
                self.make_room();
            }
            self.order.push_back(network);
        }
        let source = self.sources.entry(network).or_default();
        source.is_recent |= is_known;
        source
    }

    /// Forgets the first of those that were not heard of since the last look; if all of the first few were, the next.
    /// Sources that are forged are many, and heard of once.
    fn make_room(&mut self) {
        for look in 0..=LOOKS {
            let Some(network) = self.order.pop_front() else {
                return;
            };
            let Some(source) = self.sources.get_mut(&network) else {
                continue;
            };
            let is_worth_keeping =
                std::mem::take(&mut source.is_recent) || !source.proven_until.is_zero();
            if is_worth_keeping && look < LOOKS {
                self.order.push_back(network);
                continue;
            }
            self.sources.remove(&network);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn network(n: u32) -> Network {
        IpAddr::V4(Ipv4Addr::from(n)).into()
    }

    #[test]
    fn forged_sources_are_forgotten_and_proven_ones_are_not() {
        let table = Table::default();
        let until = Duration::from_secs(1);
        for n in 0..100 {
            table.with(network(n), |source| source.proven_until = until);
        }
        for n in 0..300_000 {
            table.with(network(0x0a00_0000 + n), |_| ());
        }
        assert_eq!(table.len(), SHARDS * SOURCES);
        for shard in &table.shards {
            let shard = lock(shard);
            assert_eq!(shard.order.len(), shard.sources.len());
        }
        let is_known = |n| table.with(network(n), |source| source.proven_until == until);
        assert!((0..100).all(is_known));
    }

    #[test]
    fn each_source_is_spoken_of_once_in_a_while() {
        let table = Table::default();
        let minute = Duration::from_secs(60);
        let at = |seconds: u64| Now {
            uptime: Duration::from_secs(1000 + seconds),
            utc: crate::time::Utc(0),
        };
        let said = |seconds| {
            let (said, more) = table.to_be_said(at(seconds), minute, 2);
            let counts = said.iter().map(|turned_away| turned_away.counts);
            (counts.collect::<Vec<_>>(), more)
        };
        for _ in 0..5 {
            table.note(network(1), Reason::Messages);
        }
        assert_eq!(said(0), (vec![[5, 0, 0, 0, 0]], 0));
        table.note(network(1), Reason::Unproven);
        table.note(network(1), Reason::Messages);
        assert_eq!(said(59), (vec![], 0));
        assert_eq!(said(60), (vec![[1, 1, 0, 0, 0]], 0));
        assert_eq!(said(200), (vec![], 0));
        for n in 0..10_000 {
            table.note(network(n), Reason::Messages);
        }
        let (said, more) = table.to_be_said(at(300), minute, 2);
        assert_eq!((said.len(), said.len() + more), (2 * SHARDS, 10_000));
    }
}
