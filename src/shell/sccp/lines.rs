//! The table of SCCP connections: how many there are, from where, and the way to each.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::metrics::Metrics;
use super::super::settings;
use super::{Line, Security};

/// Every SCCP connection.
#[derive(Debug)]
pub struct Lines {
    settings: settings::Sccp,
    metrics: Arc<Metrics>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    lines: HashMap<u64, Arc<Line>>,
    per_source: HashMap<IpAddr, usize>,
    per_security: BTreeMap<Security, usize>,
}

/// A connection's place in the table. Dropping it gives the place back.
#[derive(Debug)]
pub struct Place {
    /// Its number; no other ever has it.
    pub id: u64,
    /// Who is at the other end.
    pub remote: SocketAddr,
    /// What it is secured by.
    pub security: Security,
    /// What is to be written.
    pub line: Arc<Line>,
    lines: Arc<Lines>,
}

/// Why a connection was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are too many.
    Total,
    /// There are too many from the same address.
    Source,
}

impl Full {
    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Full::Total => "too-many",
            Full::Source => "too-many-from-there",
        }
    }
}

impl Lines {
    /// An empty table.
    pub fn new(settings: settings::Sccp, metrics: Arc<Metrics>) -> Lines {
        Lines {
            settings,
            metrics,
            table: Mutex::default(),
        }
    }

    /// Gives a connection its place.
    pub fn accept(self: &Arc<Self>, security: Security, remote: SocketAddr) -> Result<Place, Full> {
        let mut table = self.table();
        if table.lines.len() >= self.settings.connections {
            return Err(Full::Total);
        }
        let from_there = table.per_source.entry(remote.ip()).or_default();
        if *from_there >= self.settings.connections_per_source {
            return Err(Full::Source);
        }
        *from_there += 1;
        table.last_id += 1;
        let (id, line) = (table.last_id, Arc::new(Line::default()));
        table.lines.insert(id, Arc::clone(&line));
        *table.per_security.entry(security).or_default() += 1;
        self.count(&table, security);
        Ok(Place {
            id,
            remote,
            security,
            line,
            lines: Arc::clone(self),
        })
    }

    /// The way to whoever has a connection.
    pub fn find(&self, connection: u64) -> Option<Arc<Line>> {
        self.table().lines.get(&connection).cloned()
    }

    /// The ways to all.
    pub fn all(&self) -> Vec<Arc<Line>> {
        self.table().lines.values().cloned().collect()
    }

    fn remove(&self, place: &Place) {
        if place.line.is_registered() {
            self.metrics.sccp.gone();
        }
        let mut table = self.table();
        table.lines.remove(&place.id);
        if let Some(count) = table.per_source.get_mut(&place.remote.ip()) {
            *count -= 1;
            if *count == 0 {
                table.per_source.remove(&place.remote.ip());
            }
        }
        if let Some(count) = table.per_security.get_mut(&place.security) {
            *count -= 1;
        }
        self.count(&table, place.security);
    }

    fn count(&self, table: &Table, security: Security) {
        let open = table.per_security.get(&security).copied().unwrap_or(0);
        self.metrics.sccp.connections(security.word(), open);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lines.remove(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::{Limits, Registrar};

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn lines() -> Arc<Lines> {
        let settings = settings::Sccp {
            connections: 3,
            connections_per_source: 2,
            ..settings::Sccp::default()
        };
        let registrar = Arc::new(Registrar::new([0; 32], Limits::default()));
        Arc::new(Lines::new(settings, Arc::new(Metrics::new(registrar))))
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let lines = lines();
        let accept = |from: &str| lines.accept(Security::Plain, address(from));
        let first = accept("192.0.2.7:1").expect("room");
        let _second = accept("192.0.2.7:2").expect("room");
        assert_eq!(accept("192.0.2.7:3").err(), Some(Full::Source));
        let _other = accept("192.0.2.8:1").expect("room");
        assert_eq!(accept("192.0.2.9:1").err(), Some(Full::Total));
        let id = first.id;
        drop(first);
        assert!(lines.find(id).is_none());
        let next = accept("192.0.2.7:3").expect("room again");
        assert_ne!(next.id, id);
        assert!(lines.find(next.id).is_some());
    }

    #[test]
    fn who_was_refused_leaves_nothing_behind() {
        let lines = lines();
        let accept = |from: &str| lines.accept(Security::Tls, address(from));
        let places = [accept("192.0.2.7:1"), accept("192.0.2.7:2")];
        assert_eq!(accept("192.0.2.7:3").err(), Some(Full::Source));
        drop(places);
        let table = lines.table();
        assert!(table.per_source.is_empty() && table.lines.is_empty());
    }
}
