//! The service parameters of Extension Mobility in a site file.

use std::net::IpAddr;

use super::document::{Field, shown};
use super::reader::Section;
use crate::pbx::{Mobility, Personality};

/// What the section says.
pub(super) fn read(s: &mut Section<'_>) -> Mobility {
    let usual = Mobility::default();
    let personality = s.parsed(
        "personality",
        "Write \"cucm\" or \"cme\"",
        Personality::from_word,
    );
    Mobility {
        personality: personality.unwrap_or(usual.personality),
        enabled: s.flag("enabled").unwrap_or(usual.enabled),
        remember_last_user: s
            .flag("remember_last_user")
            .unwrap_or(usual.remember_last_user),
        validate_ip: s.flag("validate_ip").unwrap_or(usual.validate_ip),
        trusted_ips: addresses(s),
        allow_proxy: s.flag("allow_proxy").unwrap_or(usual.allow_proxy),
    }
}

fn addresses(s: &mut Section<'_>) -> Vec<IpAddr> {
    let texts = s.texts("trusted_ips").unwrap_or_default();
    let mut addresses = Vec::with_capacity(texts.len());
    for text in texts {
        match text.parse() {
            Ok(address) => addresses.push(address),
            Err(_) => s.wrong(
                "trusted_ips",
                format!("{text:?} is no IP address"),
                "Write addresses such as \"192.0.2.1\"",
            ),
        }
    }
    addresses
}

/// The section, as it is written.
pub(super) fn fields(mobility: &Mobility) -> Vec<Field> {
    let trusted = mobility.trusted_ips.iter();
    let trusted: Vec<String> = trusted.map(IpAddr::to_string).collect();
    vec![
        shown("personality", mobility.personality.word()),
        shown("enabled", mobility.enabled),
        shown("remember_last_user", mobility.remember_last_user),
        shown("validate_ip", mobility.validate_ip),
        shown("trusted_ips", trusted),
        shown("allow_proxy", mobility.allow_proxy),
    ]
}
