//! The settings of SCCP.

use std::time::Duration;

use super::reader::Reader;
use crate::pbx::{Models, Protocol, Swap};
use crate::sccp::Settings;
use crate::sccp::wire::Version;

/// How SCCP is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sccp {
    /// How often phones say that they are there, in seconds.
    pub keep_alive_s: u32,
    /// Connections in all.
    pub connections: usize,
    /// Connections from one address.
    pub connections_per_source: usize,
    /// The newest version that a model is held to, where that is not what Perch thinks of it.
    pub versions: Vec<(String, Version)>,
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
            versions: Vec::new(),
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
        read_versions(reader, &mut self.versions);
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
            newest: self.versions.iter().cloned().collect(),
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

/// A list of models, each with the newest version that it is to speak.
fn read_versions(reader: &mut Reader, into: &mut Vec<(String, Version)>) {
    const KEY: &str = "versions";
    const FORM: &str = "[\"7975=17\"]";
    let Some(texts) = reader.texts("sccp", KEY, FORM) else {
        return;
    };
    let mut versions: Vec<(String, Version)> = Vec::new();
    for text in texts {
        let mut wrong = |why: &str, remedy: &str| {
            let what = format!("sccp.{KEY} holds {text:?}, {why}");
            reader.problem("sccp", KEY, &what, remedy);
        };
        let Some((model, number)) = text.split_once('=') else {
            wrong(
                "which is not a model with a version",
                &format!("Write {KEY} = {FORM}"),
            );
            continue;
        };
        let (model, number) = (model.trim(), number.trim());
        if !is_known(model) {
            let remedy = format!("Known are {}", known_models());
            wrong("which is about no model that speaks SCCP", &remedy);
        } else if versions.iter().any(|(other, _)| other == model) {
            wrong("but the model is there already", "Name each model once");
        } else if let Some(version) = number.parse().ok().and_then(Version::spoken) {
            versions.push((model.to_owned(), version));
        } else {
            let spoken = Version::ALL.map(Version::number).into_iter();
            let spoken = spoken.filter(|n| Version::spoken(*n).is_some());
            let spoken: Vec<String> = spoken.map(|n| n.to_string()).collect();
            let remedy = format!("Versions are {}", spoken.join(", "));
            wrong("whose version Perch asks nobody to speak", &remedy);
        }
    }
    *into = versions;
}

fn known_models() -> String {
    let known: Vec<&str> = names().collect();
    known.join(", ")
}

fn is_known(model: &str) -> bool {
    names().any(|name| name == model)
}

fn names() -> impl Iterator<Item = &'static str> {
    let models = Models::known().all();
    let speaking = models.filter(|model| model.speaks(Protocol::Sccp));
    speaking.map(|model| model.name.as_str())
}

/// A list of models, as a site file calls them.
fn read_models(reader: &mut Reader, key: &'static str, into: &mut Vec<String>) {
    let Some(models) = reader.texts("sccp", key, "[\"7960\"]") else {
        return;
    };
    if let Some(unknown) = models.iter().find(|name| !is_known(name)) {
        let what = format!("sccp.{key} holds {unknown:?}, which is no model that speaks SCCP");
        let remedy = format!("Known are {}", known_models());
        reader.problem("sccp", key, &what, &remedy);
    }
    *into = models;
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn a_model_may_be_held_to_a_version() {
        let text = "[sccp]\nversions = [\"7975=17\", \"7960 = 8\"]\n";
        let settings = Settings::parse("perch.toml", text).expect("it is right");
        let newest = settings.sccp.of_exchange().newest;
        let newest: Vec<(&str, u8)> = newest
            .iter()
            .map(|(model, version)| (model.as_str(), version.number()))
            .collect();
        assert_eq!(newest, [("7960", 8), ("7975", 17)]);
    }

    #[test]
    fn what_is_wrong_with_versions_is_said_with_what_there_is() {
        let problems = |versions: &str| {
            let text = format!("[sccp]\nversions = {versions}\n");
            let error = Settings::parse("perch.toml", &text).expect_err("it is wrong");
            let text = error.to_string();
            text.split_once(" Known are ")
                .map_or(text.clone(), |(first, _)| first.into())
        };
        expect_test::expect![[r#"perch.toml:2: sccp.versions holds "7999=17", which is about no model that speaks SCCP."#]]
            .assert_eq(&problems("[\"7999=17\"]"));
        expect_test::expect![[r#"
            perch.toml:2: sccp.versions holds "7975", which is not a model with a version. Write versions = ["7975=17"]
            perch.toml:2: sccp.versions holds "7960=16", whose version Perch asks nobody to speak. Versions are 0, 3, 5, 8, 9, 10, 11, 15, 17, 18, 19, 20, 22
            perch.toml:2: sccp.versions holds "7960=new", whose version Perch asks nobody to speak. Versions are 0, 3, 5, 8, 9, 10, 11, 15, 17, 18, 19, 20, 22
            perch.toml:2: sccp.versions holds "7942=8", but the model is there already. Name each model once"#]]
            .assert_eq(&problems("[\"7975\", \"7960=16\", \"7960=new\", \"7942=11\", \"7942=8\"]"));
    }
}
