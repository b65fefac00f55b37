//! The service parameters of Extension Mobility in a site file.

use std::net::IpAddr;

use super::document::{Field, secret, shown};
use super::reader::Section;
use super::secrets::fault_of_hash;
use crate::pbx::{AppUser, AsksFor, DurationUnit, Mobility, Personality, PinHash};

/// What the section says, and the product that it says to be like. One that is named decides what is not said.
pub(super) fn read(s: &mut Section<'_>) -> (Mobility, Option<Personality>) {
    let usual = Mobility::default();
    let personality = s.parsed(
        "personality",
        "Write \"cucm\" or \"cme\"",
        Personality::from_word,
    );
    let asks_for = s.parsed(
        "asks_for",
        "Write \"pin\" or \"password\"",
        AsksFor::from_word,
    );
    let keeps = personality.map_or(
        usual.keep_history_on_automatic,
        Personality::keeps_history_on_automatic,
    );
    let mobility = Mobility {
        personality: personality.unwrap_or(usual.personality),
        asks_for: asks_for
            .or(personality.map(Personality::asks_for))
            .unwrap_or(usual.asks_for),
        enabled: s.flag("enabled").unwrap_or(usual.enabled),
        remember_last_user: s
            .flag("remember_last_user")
            .unwrap_or(usual.remember_last_user),
        validate_ip: s.flag("validate_ip").unwrap_or(usual.validate_ip),
        trusted_ips: addresses(s),
        allow_proxy: s.flag("allow_proxy").unwrap_or(usual.allow_proxy),
        keep_history: s.flag("keep_history").unwrap_or(usual.keep_history),
        authentication_fallback: fallback(s),
        keep_history_on_automatic: s.flag("keep_history_on_automatic").unwrap_or(keeps),
        max_requests: s
            .number("max_requests", 1..=10_000)
            .unwrap_or(usual.max_requests),
        duration_unit: s
            .parsed("duration_unit", "Write \"seconds\" or \"minutes\"", unit)
            .unwrap_or(usual.duration_unit),
    };
    (mobility, personality)
}

fn unit(word: &str) -> Option<DurationUnit> {
    match word {
        "seconds" => Some(DurationUnit::Seconds),
        "minutes" => Some(DurationUnit::Minutes),
        _ => None,
    }
}

/// The longest address of another server.
const ADDRESS: usize = 255;

fn fallback(s: &mut Section<'_>) -> Option<String> {
    let address = s.text("authentication_fallback")?;
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic());
    // A name and password in an address would be shown with it.
    if is_web && is_plain && address.len() <= ADDRESS && !address.contains('@') {
        return Some(address.to_owned());
    }
    s.wrong(
        "authentication_fallback",
        "that is no address that can be asked",
        "Write one such as \"http://192.0.2.9/authenticate\", of 255 characters at most, without a password",
    );
    None
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
    let mut fields = vec![
        shown("personality", mobility.personality.word()),
        shown("asks_for", mobility.asks_for.word()),
        shown("enabled", mobility.enabled),
        shown("remember_last_user", mobility.remember_last_user),
        shown("validate_ip", mobility.validate_ip),
        shown("trusted_ips", trusted),
        shown("allow_proxy", mobility.allow_proxy),
        shown("keep_history", mobility.keep_history),
        shown(
            "keep_history_on_automatic",
            mobility.keep_history_on_automatic,
        ),
        shown("max_requests", mobility.max_requests),
        shown(
            "duration_unit",
            match mobility.duration_unit {
                DurationUnit::Seconds => "seconds",
                DurationUnit::Minutes => "minutes",
            },
        ),
    ];
    // There may be a password in it.
    let fallback = mobility.authentication_fallback.as_deref();
    let key = "authentication_fallback";
    fields.extend(fallback.map(|address| secret(key, address, key)));
    fields
}

/// The shortest password of a program, and the longest.
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;

/// A program, and its password if that stands there in clear and is to be hashed.
pub(super) fn read_app_user<'t>(s: &mut Section<'t>) -> (AppUser, Option<&'t str>) {
    let (password, hash) = (s.text("password"), s.text("password_hash"));
    match (s.has("password"), s.has("password_hash")) {
        (true, true) => s.wrong(
            "password_hash",
            "there is a password already",
            "Keep either password or password_hash",
        ),
        (false, false) => s.missing("password"),
        _ => {}
    }
    let password = password.filter(|password| {
        let is_one = PASSWORD.contains(&password.len());
        if !is_one {
            s.wrong(
                "password",
                "a password of a program has 8 to 128 characters",
                "Choose one that nobody can guess",
            );
        }
        is_one
    });
    if let Some(fault) = hash.and_then(fault_of_hash) {
        let remedy = "Write the password itself, or a hash that Perch wrote";
        s.wrong("password_hash", fault, remedy);
    }
    let app_user = AppUser {
        password: PinHash(hash.unwrap_or_default().to_owned()),
        proxy: s.flag("proxy").unwrap_or_default(),
        push: s.flag("push").unwrap_or_default(),
        axl: s.flag("axl").unwrap_or_default(),
    };
    (app_user, password)
}

/// A program, as it is written.
pub(super) fn app_user_fields(app_user: &AppUser) -> Vec<Field> {
    vec![
        secret("password_hash", app_user.password.0.as_str(), "password"),
        shown("proxy", app_user.proxy),
        shown("push", app_user.push),
        shown("axl", app_user.axl),
    ]
}
