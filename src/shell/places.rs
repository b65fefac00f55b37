//! How many may ask at once, in all and from one source.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sip::Network;

/// Places for those who ask.
#[derive(Debug)]
pub struct Places {
    most: usize,
    most_per_source: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_source: HashMap<Network, usize>,
}

/// A place; free again when dropped.
#[derive(Debug)]
pub struct Place {
    source: Network,
    taken: Arc<Mutex<Taken>>,
}

impl Places {
    /// So many of them.
    pub fn new(most: usize, most_per_source: usize) -> Places {
        Places {
            most,
            most_per_source,
            taken: Arc::default(),
        }
    }

    /// Takes one, if there is one.
    pub fn take(&self, source: IpAddr) -> Option<Place> {
        let source = Network::from(source);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.by_source.get(&source).copied().unwrap_or_default();
        if taken.all >= self.most || here >= self.most_per_source {
            return None;
        }
        taken.all += 1;
        taken.by_source.insert(source, here + 1);
        let taken = Arc::clone(&self.taken);
        Some(Place { source, taken })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(here) = taken.by_source.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                taken.by_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_and_come_back() {
        let places = Places::new(3, 2);
        let one = "192.0.2.1".parse().expect("an address");
        let other = "192.0.2.2".parse().expect("an address");
        let first = places.take(one).expect("there is room");
        let _second = places.take(one).expect("there is room");
        assert!(places.take(one).is_none(), "two of one source");
        let _third = places.take(other).expect("there is room");
        assert!(places.take(other).is_none(), "three in all");
        drop(first);
        assert_eq!(places.taken(), 2);
        assert!(places.take(other).is_some());
    }
}
