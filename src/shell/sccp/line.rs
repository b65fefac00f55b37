//! What waits to be written to one phone. While nothing does, it takes no memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// How much may wait for one phone, in bytes: all that it is told while it registers with every button it can have, several
/// times over. A phone that leaves more unread is not there.
const MOST: usize = 128 * 1024;

/// The way to one phone.
#[derive(Debug, Default)]
pub struct Line {
    pending: Mutex<Pending>,
    wanted: Notify,
    is_registered: AtomicBool,
    is_engaged: AtomicBool,
}

/// What is to be done for it.
#[derive(Debug, Default)]
pub struct Pending {
    /// To be written, in order.
    pub frames: Vec<Bytes>,
    /// How much that is.
    bytes: usize,
    /// What comes after that.
    pub then: Then,
}

/// What comes after the last of what is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// More.
    #[default]
    GoOn,
    /// The end.
    HangUp,
    /// The end, at once: too much waits already.
    GiveUp,
    /// The end, at once: others need the room.
    GiveWay,
}

impl Line {
    /// Queues whole messages.
    pub fn send(&self, frames: Bytes) {
        let mut pending = self.pending();
        if pending.then != Then::GoOn {
            return;
        }
        pending.bytes += frames.len();
        if pending.bytes > MOST {
            pending.frames = Vec::new();
            pending.then = Then::GiveUp;
        } else {
            pending.frames.push(frames);
        }
        drop(pending);
        self.wanted.notify_one();
    }

    /// Nothing is to be said any more.
    pub fn hang_up(&self) {
        let mut pending = self.pending();
        if pending.then == Then::GoOn {
            pending.then = Then::HangUp;
        }
        drop(pending);
        self.wanted.notify_one();
    }

    /// Others need the room.
    pub fn give_way(&self) {
        let mut pending = self.pending();
        pending.frames = Vec::new();
        pending.then = Then::GiveWay;
        drop(pending);
        self.wanted.notify_one();
    }

    /// Waits until there is something to do.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Takes out what there is to do.
    pub fn take(&self) -> Pending {
        let mut pending = self.pending();
        let then = pending.then;
        Pending {
            then,
            ..std::mem::replace(
                &mut *pending,
                Pending {
                    then,
                    ..Pending::default()
                },
            )
        }
    }

    /// A phone is registered by way of it. Whether none was before.
    pub fn register(&self) -> bool {
        !self.is_registered.swap(true, Ordering::Relaxed)
    }

    /// Whether one is.
    pub fn is_registered(&self) -> bool {
        self.is_registered.load(Ordering::Relaxed)
    }

    /// The phone is in a call, or no more.
    pub fn engage(&self, is_engaged: bool) {
        self.is_engaged.store(is_engaged, Ordering::Relaxed);
    }

    /// Whether it is.
    pub fn is_engaged(&self) -> bool {
        self.is_engaged.load(Ordering::Relaxed)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_taken_in_order_and_bounded() {
        let line = Line::default();
        line.send(Bytes::from_static(b"one"));
        line.send(Bytes::from_static(b"two"));
        line.hang_up();
        line.send(Bytes::from_static(b"too late"));
        let pending = line.take();
        assert_eq!(pending.frames, ["one", "two"]);
        assert_eq!(pending.then, Then::HangUp);
        assert!(line.take().frames.is_empty());
        assert_eq!(line.take().then, Then::HangUp);
    }

    #[test]
    fn a_phone_that_does_not_read_is_given_up() {
        let line = Line::default();
        let frame = Bytes::from(vec![0; MOST / 4]);
        for _ in 0..4 {
            line.send(frame.clone());
            assert_eq!(line.pending().then, Then::GoOn);
        }
        line.send(Bytes::from_static(b"one more"));
        let pending = line.take();
        assert_eq!(pending.then, Then::GiveUp);
        assert!(pending.frames.is_empty());
    }

    #[test]
    fn what_was_taken_makes_room() {
        let line = Line::default();
        for _ in 0..8 {
            line.send(Bytes::from(vec![0; MOST]));
            assert_eq!(line.take().then, Then::GoOn);
        }
    }
}
