//! The settings of SCCP.

use std::time::Duration;

use super::reader::Reader;

/// How SCCP is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sccp {
    /// How often phones say that they are there, in seconds.
    pub keep_alive_s: u32,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_source: usize,
}

impl Default for Sccp {
    fn default() -> Sccp {
        Sccp {
            keep_alive_s: 30,
            connections: 40_000,
            connections_per_source: 1000,
        }
    }
}

impl Sccp {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "sccp";
        reader.number(section, "keep_alive_s", 10..=600, &mut self.keep_alive_s);
        let most = 1..=1_000_000;
        reader.number(section, "connections", most.clone(), &mut self.connections);
        let per_source = &mut self.connections_per_source;
        reader.number(section, "connections_per_source", most, per_source);
    }

    /// After how much silence a phone is not there any more: a keep-alive may be late.
    pub fn silence(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_alive_s)) * 6 / 5
    }
}
