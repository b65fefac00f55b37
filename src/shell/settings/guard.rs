//! The settings of the guard: how much one source may cost us.

use super::reader::Reader;
pub use crate::pbx::Prefix;

/// How much one source may cost us.
///
/// The defaults are such that an office of 500 phones behind one address does not meet them after a power cut, when
/// each of its phones registers and subscribes to a few things, first without a proof and then with one.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// Whether there are limits at all.
    pub enabled: bool,
    /// Networks that have none.
    pub trusted: Vec<Prefix>,
    /// Messages that a source may send in a second, for ever, until a phone there proves itself.
    pub messages_per_s: u32,
    /// Messages that it may send at once.
    pub messages_burst: u32,
    /// Of these, in a second, those that prove nothing and yet cost an answer.
    pub unproven_per_s: u32,
    /// And at once.
    pub unproven_burst: u32,
    /// And in a second, from all sources together where no phone ever proved itself.
    pub unproven_in_all_per_s: u32,
    /// A source where a phone has proven itself may do so many times as much.
    pub proven_factor: u32,
    /// Requests whose User-Agent holds one of these are dropped; in lower case.
    pub scanners: Vec<String>,
}

impl Default for Guard {
    fn default() -> Guard {
        let trusted =
            ["127.0.0.0/8", "::1/128"].map(|text| Prefix::parse(text).expect("a network"));
        let scanners = [
            "friendly-scanner",
            "sipvicious",
            "sundayddr",
            "sip-scan",
            "sipcli",
            "sivus",
            "iwar",
            "pplsip",
            "vaxsipuseragent",
        ];
        Guard {
            enabled: true,
            trusted: trusted.into(),
            messages_per_s: 1000,
            messages_burst: 8000,
            unproven_per_s: 200,
            unproven_burst: 4000,
            unproven_in_all_per_s: 10_000,
            proven_factor: 10,
            scanners: scanners.map(str::to_owned).into(),
        }
    }
}

impl Guard {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "guard";
        reader.switch(section, "enabled", &mut self.enabled);
        reader.list(
            section,
            "trusted",
            "which is not a network",
            "Write networks as in [\"10.0.0.0/8\", \"2001:db8::/32\"]",
            Prefix::parse,
            &mut self.trusted,
        );
        let most = 1..=10_000_000;
        for (key, into) in [
            ("messages_per_s", &mut self.messages_per_s),
            ("messages_burst", &mut self.messages_burst),
            ("unproven_per_s", &mut self.unproven_per_s),
            ("unproven_burst", &mut self.unproven_burst),
            ("unproven_in_all_per_s", &mut self.unproven_in_all_per_s),
        ] {
            reader.number(section, key, most.clone(), into);
        }
        reader.number(section, "proven_factor", 1..=1000, &mut self.proven_factor);
        reader.list(
            section,
            "scanners",
            "which is no part of a User-Agent",
            "Write them as in [\"friendly-scanner\", \"sipvicious\"]",
            |text| (!text.is_empty()).then(|| text.to_lowercase()),
            &mut self.scanners,
        );
    }
}
