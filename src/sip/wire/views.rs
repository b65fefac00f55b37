//! What header values say: Via, addresses, contacts (RFC 3261 §20).

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::WireError;
use super::text::{self, Params, is_lws, quoted_end, trim, trim_str};
use super::uri::{Uri, host_addr, host_port};

/// A `name-addr` or `addr-spec` with its header parameters (RFC 3261 §20.10).
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    display: &'a [u8],
    /// The URI.
    pub uri: Uri<'a>,
    /// The header's parameters; not the URI's.
    pub params: Params<'a>,
}

impl<'a> Address<'a> {
    /// Reads one address.
    pub fn parse(value: &'a [u8]) -> Result<Address<'a>, WireError> {
        let bad = |what| WireError::new("address", what);
        let value = trim(value);
        let (display, uri, params) = match opening_angle(value).map_err(bad)? {
            Some(open) => {
                let inner = &value[open + 1..];
                let close = inner.iter().position(|b| *b == b'>');
                let close = close.ok_or(bad("an open angle bracket"))?;
                (trim(&value[..open]), &inner[..close], &inner[close + 1..])
            }
            None => {
                let end = value.iter().position(|b| *b == b';').unwrap_or(value.len());
                let uri = trim(&value[..end]);
                // RFC 3261 §20: a URI with a comma, question mark or semicolon must stand in angle brackets.
                if uri.iter().any(|b| matches!(b, b'?' | b',')) {
                    return Err(bad("a URI that needs angle brackets has none"));
                }
                (&value[..0], uri, &value[end..])
            }
        };
        let uri = std::str::from_utf8(uri).map_err(|_| bad("not UTF-8"))?;
        Ok(Address {
            display,
            uri: Uri::parse(uri)?,
            params: Params::parse(params)?,
        })
    }

    /// The display name, without quotes and escapes; None if there is none.
    pub fn display(&self) -> Option<Cow<'a, str>> {
        if self.display.is_empty() {
            return None;
        }
        Some(match String::from_utf8_lossy(self.display) {
            Cow::Borrowed(name) => text::unquoted(name),
            Cow::Owned(name) => Cow::Owned(text::unquoted(&name).into_owned()),
        })
    }

    /// The tag (RFC 3261 §19.3); None if there is none or it is empty.
    pub fn tag(&self) -> Option<&'a str> {
        self.params
            .get("tag")?
            .raw_value
            .filter(|tag| !tag.is_empty())
    }

    /// The value of a header parameter, without quotes; empty if it stands without one.
    pub fn param(&self, name: &str) -> Option<Cow<'a, str>> {
        self.params.get(name).map(text::Param::value)
    }
}

/// Where the angle bracket opens; None for an address without. The display name before it is judged.
fn opening_angle(value: &[u8]) -> Result<Option<usize>, &'static str> {
    if value.first() == Some(&b'"') {
        let end = quoted_end(value).ok_or("a quote is not closed")?;
        let gap = value[end..].iter().position(|b| !is_lws(*b)).unwrap_or(0);
        return match value.get(end + gap) {
            Some(b'<') => Ok(Some(end + gap)),
            _ => Err("no address after the display name"),
        };
    }
    match value.iter().position(|b| matches!(b, b'<' | b'"' | b';')) {
        Some(at) if value[at] == b'<' => match value[..at].contains(&b',') {
            true => Err("a display name that needs quotes has none"),
            false => Ok(Some(at)),
        },
        Some(at) if value[at] == b'"' => Err("a quote within a display name"),
        _ => Ok(None),
    }
}

/// A value of the Contact header (RFC 3261 §20.10).
#[derive(Clone, Copy, Debug)]
pub enum Contact<'a> {
    /// `*`: all of them, RFC 3261 §10.2.2.
    Star,
    /// One address.
    Address(Address<'a>),
}

impl<'a> Contact<'a> {
    /// Reads one contact.
    pub fn parse(value: &'a [u8]) -> Result<Contact<'a>, WireError> {
        match value {
            b"*" => Ok(Contact::Star),
            _ => Address::parse(value)
                .map(Contact::Address)
                .map_err(|e| e.within("Contact")),
        }
    }

    /// The preference in thousandths, 0 to 1000; None if it gives none or one that makes no sense.
    pub fn q(&self) -> Option<u16> {
        thousandths(&self.param("q")?)
    }

    /// How long this contact asks to be bound, in seconds; None if it does not say or makes no sense.
    pub fn expires(&self) -> Option<u32> {
        text::delta_seconds(self.param("expires")?.as_bytes())
    }

    fn param(&self, name: &str) -> Option<Cow<'a, str>> {
        match self {
            Contact::Star => None,
            Contact::Address(address) => address.param(name),
        }
    }
}

/// A `qvalue`: 0 to 1 with at most three decimals (RFC 3261 §25.1).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let parsed = decimals
        .bytes()
        .fold(0, |sum, b| sum * 10 + u16::from(b - b'0'));
    let fraction = match decimals.len() {
        1 => parsed * 100,
        2 => parsed * 10,
        _ => parsed,
    };
    match whole {
        "0" | "" if !text.is_empty() => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

/// A value of the Via header (RFC 3261 §20.42).
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    /// Protocol, version and transport, as they came.
    pub protocol: &'a str,
    /// The transport's token, as it came.
    pub transport: &'a str,
    /// The host that sent it, an IPv6 address with its brackets.
    pub host: &'a str,
    /// The port that it was sent by, if it is written.
    pub port: Option<u16>,
    /// The transaction's name; see [`Via::unique_branch`].
    pub branch: Option<&'a str>,
    /// What a server before us saw.
    pub received: Option<&'a str>,
    /// RFC 3581: whether the sender asks for the source port, and what a server before us filled in.
    pub rport: Option<Option<u16>>,
    /// All parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads one Via value.
    pub fn parse(value: &'a [u8]) -> Result<Via<'a>, WireError> {
        let bad = |what| WireError::new("Via", what);
        let (sender, params) = Via::split(value);
        let sent = Sent::parse(sender).ok_or(bad("no sent-protocol"))?;
        if sent.version != "2.0" {
            return Err(bad("another version"));
        }
        let (host, port) = sent_by_parts(sent.by).map_err(bad)?;
        let params = Params::parse(params).map_err(|e| e.within("Via"))?;
        let mut via = Via {
            protocol: sent.protocol,
            transport: sent.transport,
            host,
            port,
            branch: None,
            received: None,
            rport: None,
            params,
        };
        for param in params.iter() {
            let value = param.raw_value.filter(|v| !v.is_empty());
            match param.name {
                name if name.eq_ignore_ascii_case("branch") => via.branch = value,
                name if name.eq_ignore_ascii_case("received") => via.received = value,
                name if name.eq_ignore_ascii_case("rport") => via.rport = Some(port_of(value)?),
                _ => {}
            }
        }
        Ok(via)
    }

    /// Whether it says who sent the message, whatever its version and its parameters are.
    pub(super) fn names_a_sender(value: &[u8]) -> bool {
        let first = &value[..text::list_element_end(value)];
        Sent::parse(Via::split(first).0).is_some_and(|sent| sent_by_parts(sent.by).is_ok())
    }

    /// A Via value before and from its first parameter.
    fn split(value: &[u8]) -> (&[u8], &[u8]) {
        value.split_at(value.iter().position(|b| *b == b';').unwrap_or(value.len()))
    }

    /// The branch, if it is one that RFC 3261 §8.1.1.7 calls unique: the magic cookie and something after it.
    pub fn unique_branch(&self) -> Option<&'a str> {
        let is_unique = |branch: &&str| branch.len() > 7 && branch.starts_with("z9hG4bK");
        self.branch.filter(is_unique)
    }

    /// Where a response over datagrams goes, for a request that came from `source` (RFC 3261 §18.2.2, RFC 3581 §4).
    pub fn response_target(&self, source: SocketAddr) -> SocketAddr {
        match self.rport {
            Some(_) => source,
            None => SocketAddr::new(source.ip(), self.port.unwrap_or(5060)),
        }
    }

    /// Whether the sent-by host is this address.
    pub(super) fn is_sent_by(&self, address: IpAddr) -> bool {
        host_addr(self.host) == Some(address)
    }
}

/// `SIP / 2.0 / UDP sent-by`, with white space where RFC 3261 §25.1 allows it.
struct Sent<'a> {
    /// The first three together.
    protocol: &'a str,
    version: &'a str,
    transport: &'a str,
    by: &'a str,
}

impl<'a> Sent<'a> {
    fn parse(sender: &'a [u8]) -> Option<Sent<'a>> {
        let text = trim_str(std::str::from_utf8(sender).ok()?);
        let (name, rest) = text::split_once(text, b'/')?;
        let (version, rest) = text::split_once(rest, b'/')?;
        let rest = trim_str(rest);
        let end = rest.bytes().position(is_lws)?;
        let (transport, by) = rest.split_at(end);
        let is_sip = trim_str(name).eq_ignore_ascii_case("SIP");
        (is_sip && text::is_token(transport.as_bytes())).then_some(Sent {
            protocol: &text[..text.len() - by.len()],
            version: trim_str(version),
            transport,
            by: trim_str(by),
        })
    }
}

/// Host and port, with white space round the colon where it is allowed.
fn sent_by_parts(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            let (host, none) = host_port(trim_str(host))?;
            let port = text::number(trim_str(port).as_bytes()).and_then(|n| u16::try_from(n).ok());
            let port = port.filter(|p| *p != 0).ok_or("a port that cannot be")?;
            none.map_or(Ok((host, Some(port))), |_| Err("two ports"))
        }
        _ => host_port(text),
    }
}

fn port_of(value: Option<&str>) -> Result<Option<u16>, WireError> {
    let port = |v: &str| text::number(v.as_bytes()).and_then(|n| u16::try_from(n).ok());
    value
        .map(|v| port(v).ok_or(WireError::new("Via", "a bad rport")))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address<'_> {
        Address::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn addresses_come_in_many_shapes() {
        let a = address("\"J \\\"R\\\" <x>; y\"  <sip:j@h;lr> ; tag = 98");
        assert_eq!(a.display().as_deref(), Some("J \"R\" <x>; y"));
        assert_eq!((a.uri.params, a.tag()), ("lr", Some("98")));

        let a = address("caller<sip:caller@example.com>;tag=323");
        assert_eq!(
            (a.display().as_deref(), a.tag()),
            (Some("caller"), Some("323"))
        );

        let a = address("sip:bob@example.com;tag=1;unknown");
        assert_eq!((a.display(), a.uri.params, a.tag()), (None, "", Some("1")));
        assert_eq!(a.param("UNKNOWN").as_deref(), Some(""));

        let a = address("<sip:bob@example.com?Route=%3Csip:x%3E>");
        assert_eq!((a.uri.headers, a.tag()), ("Route=%3Csip:x%3E", None));

        let a = address("<http://www.example.com>;tag=");
        assert_eq!((a.uri.text, a.tag()), ("http://www.example.com", None));
    }

    #[test]
    fn display_names_may_be_in_eight_bits() {
        let a = Address::parse(b"\"M\xfcller\" <sip:m@h>").unwrap();
        assert_eq!(a.display().as_deref(), Some("M\u{fffd}ller"));
        assert_eq!(address("Jörg <sip:j@h>").display().as_deref(), Some("Jörg"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "\"Mr J <sip:j@h>",
            "Bell, Alexander <sip:a@h>",
            "\"Watson, T\" < sip:t@h >",
            "<sip:j@h",
            "sip:j@h?Route=x",
            "\"J\" sip:j@h",
            "<sip:j@h> x",
            "<sip:j@h>;;",
            "J \"K\" <sip:j@h>",
            "<>",
        ] {
            assert!(Address::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn contacts_say_how_much_and_how_long() {
        let contact = |text: &'static str| Contact::parse(text.as_bytes()).unwrap();
        assert!(matches!(contact("*"), Contact::Star));
        assert_eq!(contact("*").expires(), None);
        for (text, q) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0.5", Some(500)),
            ("0.25", Some(250)),
            ("0.001", Some(1)),
            ("0", Some(0)),
            (".7", Some(700)),
            ("1.1", None),
            ("0.0001", None),
            ("x", None),
            ("", None),
        ] {
            let text = format!("<sip:a@h>;q={text}");
            assert_eq!(Contact::parse(text.as_bytes()).unwrap().q(), q, "{text}");
        }
        assert_eq!(contact("<sip:a@h>;expires=3600").expires(), Some(3600));
        assert_eq!(contact("<sip:a@h>;expires=\"60\"").expires(), Some(60));
        assert_eq!(
            contact("<sip:a@h>;expires=9999999999").expires(),
            Some(u32::MAX)
        );
        assert_eq!(contact("<sip:a@h>;expires=soon").expires(), None);
        assert!(Contact::parse(b"*;expires=0").is_err());
    }

    #[test]
    fn vias_are_read_with_white_space_everywhere() {
        let via =
            Via::parse(b"SIP  /   2.0\r\n /UDP\r\n    192.0.2.2 : 5070 ;branch=390skdjuw; rport")
                .unwrap();
        assert_eq!(
            (via.transport, via.host, via.port),
            ("UDP", "192.0.2.2", Some(5070))
        );
        assert_eq!(
            (via.branch, via.unique_branch(), via.rport),
            (Some("390skdjuw"), None, Some(None))
        );

        let via =
            Via::parse(b"SIP/2.0/TLS [2001:db8::9];received=192.0.2.4;branch=z9hG4bKx;rport=77")
                .unwrap();
        assert_eq!(
            (via.host, via.port, via.received),
            ("[2001:db8::9]", None, Some("192.0.2.4"))
        );
        assert_eq!(
            (via.unique_branch(), via.rport),
            (Some("z9hG4bKx"), Some(Some(77)))
        );

        let via = Via::parse(b"SIP/2.0/UDP [::1]:5061;branch=z9hG4bK").unwrap();
        assert_eq!(
            (via.host, via.port, via.unique_branch()),
            ("[::1]", Some(5061), None)
        );
    }

    #[test]
    fn broken_vias_are_refused() {
        for bad in [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP 192.0.2.15;;,;,,",
            "SIP/3.0/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP h:0",
            "SIP/2.0/UDP h:70000",
            "SIP/2.0/UDP h:1:2",
            "SIP/2.0/UDP h;rport=x",
            "SIP/2.0/UDP ;branch=1",
            "SIP/2.0/UDP a b",
        ] {
            assert!(Via::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn responses_go_where_rfc_3581_says() {
        let source: SocketAddr = "192.0.2.9:3456".parse().unwrap();
        let target =
            |text: &'static str| Via::parse(text.as_bytes()).unwrap().response_target(source);
        assert_eq!(target("SIP/2.0/UDP h;rport"), source);
        assert_eq!(target("SIP/2.0/UDP h"), "192.0.2.9:5060".parse().unwrap());
        assert_eq!(
            target("SIP/2.0/UDP h:5070"),
            "192.0.2.9:5070".parse().unwrap()
        );
    }
}
