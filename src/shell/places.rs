//! How many may ask at once, in all and from one source.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::sip::Network;

/// Places for those who ask.
#[derive(Debug)]
pub struct Places {
    most: usize,
    most_per_source: usize,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<Taken>,
    /// One is free again.
    freed: Notify,
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    shared: Arc<Shared>,
}

impl Places {
    /// So many of them.
    pub fn new(most: usize, most_per_source: usize) -> Places {
        Places {
            most,
            most_per_source,
            shared: Arc::default(),
        }
    }

    /// Takes one, if there is one.
    pub fn take(&self, source: IpAddr) -> Option<Place> {
        let source = Network::from(source);
        let mut taken = self.shared.taken();
        let here = taken.by_source.get(&source).copied().unwrap_or_default();
        if taken.all >= self.most || here >= self.most_per_source {
            return None;
        }
        taken.all += 1;
        taken.by_source.insert(source, here + 1);
        let shared = Arc::clone(&self.shared);
        Some(Place { source, shared })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.shared.taken().all
    }

    /// Waits until one is free. Somebody else may take it then.
    pub async fn until_there_is_room(&self) {
        loop {
            // Who waits from before the look hears of whatever is freed after it.
            let freed = self.shared.freed.notified();
            if self.taken() < self.most {
                return;
            }
            freed.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shared.taken();
        taken.all -= 1;
        if let Some(here) = taken.by_source.get_mut(&self.source) {
            *here -= 1;
            if *here == 0 {
                taken.by_source.remove(&self.source);
            }
        }
        drop(taken);
        self.shared.freed.notify_waiters();
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

    #[tokio::test]
    async fn whoever_waits_for_room_goes_on_when_there_is_some() {
        let places = Places::new(1, 1);
        places.until_there_is_room().await;
        let source = "192.0.2.1".parse().expect("an address");
        let place = places.take(source).expect("there is room");
        let mut waiting = Box::pin(places.until_there_is_room());
        let is_ready = is_ready_at_once(&mut waiting).await;
        assert!(!is_ready, "the only place is taken");
        drop(place);
        waiting.await;
        assert!(places.take(source).is_some());
    }

    /// Whether it is ready when it is looked at once.
    async fn is_ready_at_once(future: &mut (impl Future<Output = ()> + Unpin)) -> bool {
        let mut future = std::pin::Pin::new(future);
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_ready())
        })
        .await
    }
}
