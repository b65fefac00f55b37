//! A certificate of our own making, for those who have none: it keeps listeners out, but proves nothing.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

use super::TlsError;
use super::identity::Files;
use crate::shell::private_file;
use crate::time::Utc;

/// What it is made out to.
pub(super) struct Names(Vec<String>);

impl Names {
    /// This host's name and addresses: those that are listened at, or all that it has.
    pub fn of(bind: &[IpAddr]) -> Names {
        let mut names = vec![host_name().unwrap_or_else(|| "localhost".into())];
        let mut addresses: Vec<IpAddr> = bind.to_vec();
        if bind.iter().any(IpAddr::is_unspecified) {
            addresses.extend(interface_addresses());
        }
        addresses.retain(|address| !address.is_unspecified());
        addresses.sort();
        addresses.dedup();
        names.extend(addresses.iter().map(ToString::to_string));
        Names(names)
    }
}

/// The most names that a certificate is made out to: what came first counts.
const NAMES: usize = 64;

/// Makes a key and a certificate for it, good for two years, and puts both where they are looked for.
pub(super) fn make(files: &Files, names: &Names, now: Utc) -> Result<(), TlsError> {
    let unusable = |error: rcgen::Error| TlsError::Unusable {
        file: files.certificate.clone(),
        why: error.to_string(),
    };
    let key = KeyPair::generate().map_err(unusable)?;
    let names: Vec<String> = names.0.iter().take(NAMES).cloned().collect();
    let host = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(unusable)?;
    let part = |number: i8| u8::try_from(number).expect("months and days are positive");
    let midnight =
        |day: civil::Date| date_time_ymd(day.year().into(), part(day.month()), part(day.day()));
    let today = day_of(now);
    // Phones whose clock is a little slow must not find it too new.
    params.not_before = midnight(today.saturating_sub(1.day()));
    params.not_after = midnight(today.saturating_add(2.years()));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Perch at {host}"));
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let certificate = params.self_signed(&key).map_err(unusable)?;
    let text = zeroize::Zeroizing::new(key.serialize_pem());
    write(&files.key, text.as_bytes(), 0o600)?;
    write(&files.certificate, certificate.pem().as_bytes(), 0o644)?;
    tracing::info!(
        certificate = %files.certificate.display(),
        "made a certificate for TLS, signed by itself; name a better one in [tls] of perch.toml"
    );
    Ok(())
}

/// Writes a file of ours.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), TlsError> {
    private_file::write(path, bytes, mode).map_err(|why| TlsError::Unwritable {
        file: path.to_owned(),
        why,
    })
}

fn day_of(now: Utc) -> civil::Date {
    let moment = Timestamp::from_millisecond(now.0).unwrap_or_default();
    moment.to_zoned(TimeZone::UTC).date()
}

fn host_name() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = text.trim();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (!name.is_empty() && name.chars().all(is_plain)).then(|| name.to_owned())
}

fn interface_addresses() -> Vec<IpAddr> {
    let Ok(interfaces) = nix::ifaddrs::getifaddrs() else {
        return Vec::new();
    };
    let address = |interface: nix::ifaddrs::InterfaceAddress| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
    };
    interfaces.filter_map(address).collect()
}
