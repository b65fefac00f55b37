//! What will happen, in order of time; what is for the same moment happens in the order in which it was written down.

use std::collections::BTreeMap;
use std::time::Duration;

pub struct Agenda<T> {
    entries: BTreeMap<(Duration, u64), T>,
    written: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda {
            entries: BTreeMap::new(),
            written: 0,
        }
    }
}

impl<T> Agenda<T> {
    pub fn write(&mut self, at: Duration, what: T) {
        self.written += 1;
        self.entries.insert((at, self.written), what);
    }

    pub fn next(&self) -> Option<Duration> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    pub fn pop_due(&mut self, uptime: Duration) -> Option<T> {
        self.next().filter(|at| *at <= uptime)?;
        self.entries.pop_first().map(|(_, what)| what)
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.entries.retain(|_, what| keep(what));
    }
}
