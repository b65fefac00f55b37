//! The settings of phones' own web servers.

use std::time::Duration;

use super::reader::Reader;

/// How phones are told things at their own web servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    /// At which port.
    pub port: u16,
    /// How long they may take.
    pub timeout: Duration,
}

impl Default for Push {
    fn default() -> Push {
        Push {
            port: 80,
            timeout: Duration::from_secs(5),
        }
    }
}

impl Push {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "push";
        reader.number(section, "port", 1..=65_535, &mut self.port);
        // The core waits a little longer.
        reader.seconds(section, "timeout_s", 1..=8, &mut self.timeout);
    }
}
