//! How many requests of programs are worked at.

use std::sync::atomic::{AtomicU32, Ordering};

/// Those that are.
#[derive(Debug, Default)]
pub(super) struct Programs(AtomicU32);

/// A request that is worked at, until dropped.
#[derive(Debug)]
pub(super) struct Place<'a>(&'a Programs);

impl Programs {
    /// Begins to work at one more, if no more than `most` are then.
    pub fn take(&self, most: u32) -> Option<Place<'_>> {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        let place = Place(self);
        (before < most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_so_many_and_places_come_back() {
        let programs = Programs::default();
        let first = programs.take(2);
        let _second = programs.take(2).expect("there is room");
        assert!(programs.take(2).is_none());
        drop(first);
        assert!(programs.take(2).is_some());
    }
}
