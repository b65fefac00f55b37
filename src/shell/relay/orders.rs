//! What relays are to do, until there is time for it: a bounded queue, in order.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::media::relay::{RelayCall, RelayOrder, Translation};

/// So many descriptions may wait. The exchange wants a thousand at once, and gives up some that still wait here.
const MOST: usize = 2048;

/// The queue. A description for which there is no room is given back; that a call is over is never lost, and takes no
/// more room than the call did.
#[derive(Debug, Default)]
pub struct Orders {
    queue: Mutex<Queue>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    orders: VecDeque<RelayOrder>,
    /// How many of them are descriptions.
    translations: usize,
    /// Calls that a relay may know of: something was wanted for them that found room, and they are not over.
    known: HashSet<RelayCall>,
}

impl Orders {
    /// Puts something in. Never waits.
    pub fn put(&self, order: RelayOrder) -> Result<(), Translation> {
        self.lock().put(order)?;
        self.more.notify_one();
        Ok(())
    }

    /// Takes the next out; waits for it.
    pub async fn next(&self) -> RelayOrder {
        loop {
            if let Some(order) = self.lock().take() {
                return order;
            }
            self.more.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn put(&mut self, order: RelayOrder) -> Result<(), Translation> {
        match order {
            RelayOrder::Translate(wanted) if self.translations >= MOST => return Err(wanted),
            RelayOrder::Translate(wanted) => {
                self.known.insert(wanted.call);
                self.translations += 1;
                self.orders.push_back(RelayOrder::Translate(wanted));
            }
            RelayOrder::Forget(call) => {
                if self.known.remove(&call) {
                    self.orders.push_back(RelayOrder::Forget(call));
                }
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Option<RelayOrder> {
        let order = self.orders.pop_front()?;
        if let RelayOrder::Translate(_) = order {
            self.translations -= 1;
        }
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::media::relay::{Role, Side};
    use crate::sdp::Speech;

    fn wanted(request: u64) -> Translation {
        Translation {
            request,
            call: RelayCall(request),
            role: Role::Offer,
            from: Side::Owner,
            is_known: false,
            speech: Speech::Plain,
            description: Bytes::new(),
        }
    }

    fn translate(request: u64) -> RelayOrder {
        RelayOrder::Translate(wanted(request))
    }

    fn full() -> Queue {
        let mut queue = Queue::default();
        for request in 0..MOST as u64 {
            queue.put(translate(request)).expect("there is room");
        }
        queue
    }

    #[test]
    fn what_finds_no_room_is_given_back_and_room_comes_again() {
        let mut queue = full();
        assert_eq!(queue.put(translate(9999)), Err(wanted(9999)));
        assert_eq!(queue.take(), Some(translate(0)));
        assert_eq!(queue.put(translate(9999)), Ok(()));
        assert_eq!(queue.put(translate(10_000)), Err(wanted(10_000)));
    }

    #[test]
    fn that_a_call_is_over_is_never_lost_and_never_said_of_one_that_no_relay_knows() {
        let mut queue = full();
        assert!(queue.put(translate(9999)).is_err());
        for _ in 0..2 {
            for call in [7, 9999] {
                queue
                    .put(RelayOrder::Forget(RelayCall(call)))
                    .expect("always");
            }
        }
        assert_eq!(queue.orders.len(), MOST + 1);
        assert_eq!(
            queue.orders.back(),
            Some(&RelayOrder::Forget(RelayCall(7))),
            "after what was wanted for it"
        );
        while queue.take().is_some() {}
        queue.put(RelayOrder::Forget(RelayCall(8))).expect("always");
        assert_eq!(queue.take(), Some(RelayOrder::Forget(RelayCall(8))));
        assert_eq!(queue.translations, 0);
    }
}
