//! Connections on which nothing is proven yet: few of each source, few in all, and the oldest gives way to the newest.
//!
//! Whoever means well is through with handshakes and a first proof in a moment. Whoever only hoards connections finds
//! his own oldest ones closed, and leaves room for others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::settings::Limits;
use crate::sip::Network;

/// The connections on which nothing is proven yet. Their numbers grow, so the lowest is the oldest.
#[derive(Debug, Default)]
pub struct HalfOpen {
    all: BTreeMap<u64, Network>,
    by_source: HashMap<Network, BTreeSet<u64>>,
}

impl HalfOpen {
    /// Adds a new one. If that is one too many it hands out the one that has to go instead, and whose it is.
    pub fn add(&mut self, id: u64, source: Network, limits: &Limits) -> Option<(u64, Network)> {
        self.all.insert(id, source);
        let own = self.by_source.entry(source).or_default();
        own.insert(id);
        let oldest = if own.len() > limits.half_open_per_source {
            own.first().map(|oldest| (*oldest, source))
        } else if self.all.len() > limits.half_open {
            let oldest = self.all.first_key_value();
            oldest.map(|(oldest, source)| (*oldest, *source))
        } else {
            None
        };
        if let Some((oldest, _)) = oldest {
            self.remove(oldest);
        }
        oldest
    }

    /// Takes out the oldest of all, which has to go, and whose it is.
    pub fn give_way(&mut self) -> Option<(u64, Network)> {
        let (oldest, source) = self.all.first_key_value()?;
        let given = (*oldest, *source);
        self.remove(given.0);
        Some(given)
    }

    /// Something was proven on it, or it is gone.
    pub fn remove(&mut self, id: u64) {
        let Some(source) = self.all.remove(&id) else {
            return;
        };
        if let Some(own) = self.by_source.get_mut(&source) {
            own.remove(&id);
            if own.is_empty() {
                self.by_source.remove(&source);
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::shell::Settings;

    fn source(n: u8) -> Network {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)).into()
    }

    fn limits() -> Limits {
        Limits {
            half_open: 5,
            half_open_per_source: 3,
            ..Settings::default().limits
        }
    }

    #[test]
    fn the_oldest_gives_way_first_of_the_own_then_of_all() {
        let mut half_open = HalfOpen::default();
        let mut add = |id, from| half_open.add(id, source(from), &limits());
        for id in 1..=3 {
            assert_eq!(add(id, 1), None);
        }
        assert_eq!(add(4, 1), Some((1, source(1))));
        assert_eq!(add(5, 2), None);
        assert_eq!(add(6, 3), None);
        assert_eq!(add(7, 4), Some((2, source(1))));
        assert_eq!(half_open.len(), 5);
        assert_eq!(half_open.give_way(), Some((3, source(1))));
        assert_eq!(half_open.len(), 4);
    }

    #[test]
    fn who_has_proven_something_does_not_give_way_and_is_not_counted() {
        let mut half_open = HalfOpen::default();
        for id in 1..=100 {
            assert_eq!(half_open.add(id, source(1), &limits()), None);
            half_open.remove(id);
            half_open.remove(id);
        }
        assert_eq!((half_open.len(), half_open.by_source.len()), (0, 0));
    }
}
