//! Whom we take for one peer: an IPv4 address, or what a site is given of IPv6.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or the first 64 bits of one of IPv6: whoever has one of those has all of them (RFC 4291 §2.5.4).
///
/// IPv4 is kept where IPv6 has nothing: below 2³² no prefix is given to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(u64);

impl Network {
    /// In 64 bits, for keys and hashes.
    pub fn bits(self) -> u64 {
        self.0
    }
}

impl Network {
    /// As it is displayed.
    pub(super) fn parse(text: &str) -> Option<Network> {
        let address = text.strip_suffix("/64").unwrap_or(text);
        address.parse::<IpAddr>().ok().map(Network::from)
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(v4) => Network(u32::from(v4).into()),
            IpAddr::V6(v6) => Network((u128::from(v6) >> 64) as u64),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::try_from(self.0) {
            Ok(v4) if v4 != 0 => Ipv4Addr::from(v4).fmt(f),
            _ => write!(f, "{}/64", Ipv6Addr::from(u128::from(self.0) << 64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ipv6_stands_for_its_site() {
        let table = [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2::3", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ];
        for (address, expected) in table {
            let address: IpAddr = address.parse().expect("an address");
            let network = Network::from(address);
            assert_eq!(network.to_string(), expected);
            assert_eq!(Network::parse(expected), Some(network));
        }
    }
}
