//! What an administrator may say about SCCP phones, besides what stands in the site.

use std::collections::BTreeMap;
use std::time::Duration;

use super::wire::Version;
use crate::pbx::{PhoneModel, Swap};

/// Settings; each default is the product's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How often phones say that they are there, in seconds. Each is told 75 to 100 % of it, so that they do not all
    /// say so at once.
    pub keep_alive_s: u32,
    /// How phones show the date: D, M and Y with what stands between them; an A behind it for twelve hours.
    pub date_template: String,
    /// The newest version that a model is held to, where that is not what Perch thinks of it.
    pub newest: BTreeMap<String, Version>,
    /// How a model takes another profile, where that is not what Perch thinks of it.
    pub swaps: BTreeMap<String, Swap>,
    /// How long a connection may last on which nobody registers.
    pub stranger_limit: Duration,
    /// How long a phone may take to learn what it is.
    pub setup_limit: Duration,
    /// How long a phone may take to open a channel for media.
    pub channel_limit: Duration,
    /// How many phones may be learning what they are before others are asked to wait.
    pub setups_at_once: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            keep_alive_s: 30,
            date_template: "D.M.Y".into(),
            newest: BTreeMap::new(),
            swaps: BTreeMap::new(),
            stranger_limit: Duration::from_secs(30),
            setup_limit: Duration::from_secs(30),
            channel_limit: Duration::from_secs(5),
            setups_at_once: 500,
        }
    }
}

impl Settings {
    /// The newest version that phones of a model may speak.
    pub(super) fn newest_of(&self, model: &PhoneModel) -> Version {
        let said = self.newest.get(model.name.as_str()).copied();
        let known = Version::spoken(model.newest_version);
        said.or(known).unwrap_or(Version::V5)
    }

    /// How phones of a model take another profile.
    pub(super) fn swap_of(&self, model: &PhoneModel) -> Swap {
        let said = self.swaps.get(model.name.as_str()).copied();
        said.unwrap_or(model.swap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::{Models, Protocol};

    #[test]
    fn every_model_is_held_to_a_version_that_is_spoken() {
        let models = Models::known().all();
        for model in models.filter(|model| model.speaks(Protocol::Sccp)) {
            let version = Version::spoken(model.newest_version);
            assert!(version.is_some(), "{}", model.name);
        }
    }
}
