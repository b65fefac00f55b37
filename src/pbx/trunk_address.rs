//! Where trunks are, and how they are spoken to there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a trunk is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrunkAddress {
    /// A name, or an address; one of IPv6 without brackets.
    pub host: String,
    /// The port; none if it is the usual one.
    pub port: Option<u16>,
    /// How it is spoken to.
    pub over: Over,
}

/// How a trunk is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
}

impl Over {
    fn word(self) -> &'static str {
        match self {
            Over::Udp => "udp",
            Over::Tcp => "tcp",
            Over::Tls => "tls",
        }
    }
}

impl TrunkAddress {
    /// As in `sip:203.0.113.7:5060;transport=udp`.
    pub fn parse(text: &str) -> Option<TrunkAddress> {
        let rest = text.strip_prefix("sip:")?;
        let (place, params) = rest.split_once(';').unwrap_or((rest, ""));
        let over = match params {
            "" | "transport=udp" => Over::Udp,
            "transport=tcp" => Over::Tcp,
            "transport=tls" => Over::Tls,
            _ => return None,
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                let port = match port {
                    "" => None,
                    port => Some(port.strip_prefix(':')?),
                };
                (host, port)
            }
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':');
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
            None => None,
        };
        (!host.is_empty() && host.bytes().all(is_host)).then(|| TrunkAddress {
            host: host.to_ascii_lowercase(),
            port,
            over,
        })
    }

    /// Host and port, as a URI has them.
    pub fn place(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

impl fmt::Display for TrunkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sip:{};transport={}", self.place(), self.over.word())
    }
}

impl From<TrunkAddress> for String {
    fn from(address: TrunkAddress) -> String {
        address.to_string()
    }
}

impl TryFrom<String> for TrunkAddress {
    type Error = &'static str;

    fn try_from(text: String) -> Result<TrunkAddress, Self::Error> {
        TrunkAddress::parse(&text).ok_or("no address of a trunk")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("sip:203.0.113.7", "sip:203.0.113.7;transport=udp"),
            (
                "sip:Sip.Example.com:5070",
                "sip:sip.example.com:5070;transport=udp",
            ),
            ("sip:h;transport=tls", "sip:h;transport=tls"),
            (
                "sip:[2001:db8::1]:5061;transport=tcp",
                "sip:[2001:db8::1]:5061;transport=tcp",
            ),
            ("sip:[2001:db8::1]", "sip:[2001:db8::1];transport=udp"),
        ] {
            let address = TrunkAddress::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(address.to_string(), written);
            assert_eq!(TrunkAddress::parse(written), Some(address));
        }
        for text in [
            "203.0.113.7",
            "sip:",
            "sip:h:0",
            "sip:h:x",
            "sip:h:70000",
            "sip:user@h",
            "sip:h;transport=ws",
            "sip:[2001:db8::1",
            "sip:[h]",
            "sips:h",
        ] {
            assert_eq!(TrunkAddress::parse(text), None, "{text}");
        }
    }
}
