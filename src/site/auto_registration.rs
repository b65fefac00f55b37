//! `[auto_registration]`: phones that nobody named.

use super::reader::Section;
use crate::pbx::{AutoRegistration, NumberRange, Prefix};

/// Half a rule about strangers is none: it is there, or it is wrong.
pub(super) fn read(s: &mut Section<'_>) -> Option<AutoRegistration> {
    const NETWORKS: &str = "Write networks as in [\"10.20.0.0/16\", \"2001:db8::/32\"]";
    s.required_text("numbers");
    let numbers = s.parsed(
        "numbers",
        "Write the first and the last of up to 10000 numbers of the same length, as in \"9500-9599\"",
        NumberRange::parse,
    );
    let logout_profile = s.required_text("logout_profile").into();
    if !s.has("networks") {
        s.missing("networks");
    }
    let texts = s.texts("networks").unwrap_or_default();
    let networks: Vec<Prefix> = texts.iter().filter_map(|t| Prefix::parse(t)).collect();
    if s.has("networks") && (networks.is_empty() || networks.len() < texts.len()) {
        s.wrong("networks", "these are no networks", NETWORKS);
    }
    Some(AutoRegistration {
        numbers: numbers?,
        logout_profile,
        networks,
    })
}
