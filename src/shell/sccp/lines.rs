//! The table of SCCP connections: how many there are, from where, and the way to each.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::half_open::HalfOpen;
use super::super::metrics::Metrics;
use super::super::settings;
use super::line::Then;
use super::{End, Line, Security};
use crate::sip::Network;

/// So many connections may be on their way out while others come in their place.
const LEAVING: usize = 256;

/// Every SCCP connection.
#[derive(Debug)]
pub struct Lines {
    settings: settings::Sccp,
    limits: settings::Limits,
    metrics: Arc<Metrics>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    lines: HashMap<u64, Arc<Line>>,
    /// Those on which nobody has registered yet.
    half_open: HalfOpen,
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
    /// An empty table. After a restart of ours every phone is one that has not registered: so of those there may be as
    /// many as of all, though not from one source.
    pub fn new(settings: settings::Sccp, limits: settings::Limits, metrics: Arc<Metrics>) -> Lines {
        let limits = settings::Limits {
            half_open: settings.connections,
            ..limits
        };
        Lines {
            settings,
            limits,
            metrics,
            table: Mutex::default(),
        }
    }

    /// Gives a connection its place. Of those on which nobody has registered for too long some may end instead: whose they
    /// were.
    pub fn accept(
        self: &Arc<Self>,
        security: Security,
        remote: SocketAddr,
        is_trusted: bool,
    ) -> Result<(Place, Vec<Network>), Full> {
        let mut table = self.table();
        let from_there = table.per_source.get(&remote.ip()).copied();
        if from_there.unwrap_or(0) >= self.settings.connections_per_source {
            return Err(Full::Source);
        }
        let mut gave_way = Vec::new();
        if table.lines.len() >= self.settings.connections {
            let has_room = table.lines.len() < self.settings.connections + LEAVING;
            let oldest = has_room.then(|| table.half_open.give_way()).flatten();
            gave_way.push(oldest.ok_or(Full::Total)?);
        }
        table.last_id += 1;
        let (id, line) = (table.last_id, Arc::new(Line::default()));
        if !is_trusted {
            let source = Network::from(remote.ip());
            gave_way.extend(table.half_open.add(id, source, &self.limits));
        }
        for (oldest, _) in &gave_way {
            table
                .lines
                .get(oldest)
                .into_iter()
                .for_each(|line| line.give_way());
        }
        table.lines.insert(id, Arc::clone(&line));
        *table.per_source.entry(remote.ip()).or_default() += 1;
        *table.per_security.entry(security).or_default() += 1;
        self.count(&table, security);
        let place = Place {
            id,
            remote,
            security,
            line,
            lines: Arc::clone(self),
        };
        let sources = gave_way.into_iter().map(|(_, source)| source);
        Ok((place, sources.collect()))
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
        table.half_open.remove(place.id);
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

impl Place {
    /// A phone is registered here. Whether none was before.
    pub fn register(&self) -> bool {
        let is_new = self.line.register();
        if is_new {
            self.lines.table().half_open.remove(self.id);
        }
        is_new
    }

    /// Waits until there is nothing to wait for any more, before anything was said.
    pub async fn is_asked_to_go(&self) -> End {
        loop {
            self.line.wanted().await;
            match self.line.take().then {
                Then::GiveWay => return End::GaveWay,
                Then::HangUp => return End::Stopping,
                Then::GiveUp => return End::DoesNotRead,
                Then::GoOn => {}
            }
        }
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
        let limits = settings::Settings::default().limits;
        let registrar = Arc::new(Registrar::new([0; 32], Limits::default()));
        let metrics = Arc::new(Metrics::new(registrar));
        Arc::new(Lines::new(settings, limits, metrics))
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let lines = lines();
        let accept = |from: &str| lines.accept(Security::Plain, address(from), true);
        let (first, _) = accept("192.0.2.7:1").expect("room");
        let _second = accept("192.0.2.7:2").expect("room");
        assert_eq!(accept("192.0.2.7:3").err(), Some(Full::Source));
        let _other = accept("192.0.2.8:1").expect("room");
        assert_eq!(accept("192.0.2.9:1").err(), Some(Full::Total));
        let id = first.id;
        drop(first);
        assert!(lines.find(id).is_none());
        let (next, _) = accept("192.0.2.7:3").expect("room again");
        assert_ne!(next.id, id);
        assert!(lines.find(next.id).is_some());
    }

    #[test]
    fn whoever_does_not_register_makes_room_for_others_oldest_first() {
        let lines = lines();
        let accept = |from: &str| lines.accept(Security::Plain, address(from), false);
        let (phone, _) = accept("192.0.2.7:1").expect("room");
        assert!(phone.register());
        assert!(!phone.register());
        let (silent, _) = accept("192.0.2.8:1").expect("room");
        let (newer, gave_way) = accept("192.0.2.8:2").expect("room");
        assert_eq!(gave_way, []);
        let (_another, gave_way) = accept("192.0.2.9:1").expect("somebody leaves");
        assert_eq!(gave_way, [Network::from(silent.remote.ip())]);
        assert_eq!(silent.line.take().then, Then::GiveWay);
        assert_eq!(newer.line.take().then, Then::GoOn);
        assert_eq!(phone.line.take().then, Then::GoOn);
    }

    #[test]
    fn who_was_refused_leaves_nothing_behind() {
        let lines = lines();
        let accept = |from: &str| lines.accept(Security::Tls, address(from), false);
        let places = [accept("192.0.2.7:1"), accept("192.0.2.7:2")];
        assert_eq!(accept("192.0.2.7:3").err(), Some(Full::Source));
        drop(places);
        let table = lines.table();
        assert!(table.per_source.is_empty() && table.lines.is_empty());
        assert_eq!(table.half_open.len(), 0);
    }
}
