//! The settings of SCCP.

use std::time::Duration;

use super::reader::Reader;
use crate::sccp::{MODELS, Settings, Swap};

/// How SCCP is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sccp {
    /// How often phones say that they are there, in seconds.
    pub keep_alive_s: u32,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_source: usize,
    /// Models that take another profile at once, whatever Perch thinks of them.
    pub swap_live: Vec<String>,
    /// Models that register anew for it.
    pub swap_restart: Vec<String>,
}

impl Default for Sccp {
    fn default() -> Sccp {
        Sccp {
            keep_alive_s: 30,
            connections: 40_000,
            connections_per_source: 1000,
            swap_live: Vec::new(),
            swap_restart: Vec::new(),
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
        read_models(reader, "swap_live", &mut self.swap_live);
        read_models(reader, "swap_restart", &mut self.swap_restart);
    }

    /// What the exchange needs to know of it.
    pub fn of_exchange(&self) -> Settings {
        let live = self.swap_live.iter().map(|model| (model, Swap::Lines));
        let restart = self.swap_restart.iter().map(|model| (model, Swap::Restart));
        let swaps = live.chain(restart);
        Settings {
            keep_alive_s: self.keep_alive_s,
            swaps: swaps.map(|(model, swap)| (model.clone(), swap)).collect(),
            ..Settings::default()
        }
    }

    /// After how much silence a phone is not there any more: a keep-alive may be late.
    pub fn silence(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_alive_s)) * 6 / 5
    }

    /// The same while the phone is in a call.
    pub fn silence_in_call(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_alive_s)) * 2
    }
}

/// A list of models, as a site file calls them.
fn read_models(reader: &mut Reader, key: &'static str, into: &mut Vec<String>) {
    let Some(models) = reader.texts("sccp", key, "[\"7960\"]") else {
        return;
    };
    let is_known = |name: &String| MODELS.iter().any(|model| model.name == name);
    if let Some(unknown) = models.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
        let what = format!("sccp.{key} holds {unknown:?}, which is no model that speaks SCCP");
        let remedy = format!("Known are {}", known.join(", "));
        reader.problem("sccp", key, &what, &remedy);
    }
    *into = models;
}
