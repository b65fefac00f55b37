//! The settings of the guard: how much one source may cost us.

use std::fmt;
use std::net::IpAddr;

use super::reader::Reader;

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

/// A network: the addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    first: IpAddr,
    length: u8,
}

impl Prefix {
    /// As in `10.0.0.0/8`; an address alone is a network of one.
    pub fn parse(text: &str) -> Option<Prefix> {
        let (first, length) = match text.split_once('/') {
            Some((first, length)) => (first, Some(length.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let first: IpAddr = first.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(most);
        (length <= most).then_some(Prefix { first, length })
    }

    /// Whether the address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u32| {
            let rest = width - u32::from(self.length);
            a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
        };
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
            _ => false,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let holds = |network: &str, address: &str| {
            let network = Prefix::parse(network).expect("a network");
            network.holds(address.parse().expect("an address"))
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.255.0.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "11.0.0.1"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.6"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        for wrong in [
            "",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "::/129",
            "ten",
            "10.0.0/8",
            "/8",
        ] {
            assert_eq!(Prefix::parse(wrong), None, "{wrong}");
        }
    }
}
