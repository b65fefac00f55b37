//! URIs: sip, sips, tel, and whatever else (RFC 3261 §19.1, RFC 3966).

use std::borrow::Cow;
use std::net::IpAddr;

use super::WireError;
use super::text::{Param, is_host_name, is_uri_like, number, split_once, split_param};

/// What kind of URI it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`, RFC 3966.
    Tel,
    /// Anything else; only its text is known.
    Other,
}

/// A URI as it came, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Uri<'a> {
    /// Its kind.
    pub scheme: Scheme,
    /// The user part, or the number of a `tel:` URI, escapes as they came.
    pub user: Option<&'a str>,
    /// The password that nobody should send.
    pub password: Option<&'a str>,
    /// The host, an IPv6 address with its brackets. Empty if the scheme has none.
    pub host: &'a str,
    /// The port, if it is written.
    pub port: Option<u16>,
    /// The parameters without the first semicolon.
    pub params: &'a str,
    /// The headers without the question mark.
    pub headers: &'a str,
    /// The whole.
    pub text: &'a str,
}

impl<'a> Uri<'a> {
    /// Takes a URI apart. A URI of an unknown scheme is not looked into.
    pub fn parse(text: &'a str) -> Result<Uri<'a>, WireError> {
        let bad = |what| WireError::new("URI", what);
        let (scheme, rest) = split_once(text, b':').ok_or(bad("no scheme"))?;
        if !is_uri_like(text) {
            return Err(bad("a character that a URI cannot hold"));
        }
        let uri = Uri {
            scheme: scheme_of(scheme).ok_or(bad("a scheme that cannot be"))?,
            user: None,
            password: None,
            host: "",
            port: None,
            params: "",
            headers: "",
            text,
        };
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => uri.with_sip_parts(rest).map_err(bad),
            Scheme::Tel => uri.with_tel_parts(rest).map_err(bad),
            Scheme::Other => Ok(uri),
        }
    }

    fn with_sip_parts(mut self, rest: &'a str) -> Result<Uri<'a>, &'static str> {
        // An @ must be escaped wherever it is not the one after the user part (RFC 3261 §25.1).
        let rest = match split_once(rest, b'@') {
            Some((_, rest)) if split_once(rest, b'@').is_some() => return Err("more than one @"),
            Some((user_info, rest)) => {
                let (user, password) = split_at_first(user_info, b':');
                if user.is_empty() {
                    return Err("an empty user part");
                }
                (self.user, self.password) = (Some(user), password);
                rest
            }
            None => rest,
        };
        let (rest, headers) = split_at_first(rest, b'?');
        let (place, params) = split_at_first(rest, b';');
        (self.host, self.port) = host_port(place)?;
        (self.params, self.headers) = (params.unwrap_or(""), headers.unwrap_or(""));
        Ok(self)
    }

    fn with_tel_parts(mut self, rest: &'a str) -> Result<Uri<'a>, &'static str> {
        let (number, params) = split_at_first(rest, b';');
        if number.is_empty() {
            return Err("no number");
        }
        (self.user, self.params) = (Some(number), params.unwrap_or(""));
        Ok(self)
    }

    /// The user part with its escapes resolved; empty if there is none. A `#` stays, escaped or not.
    pub fn user_decoded(&self) -> Cow<'a, str> {
        decoded(self.user.unwrap_or(""))
    }

    /// The value of a parameter; empty if it stands without one.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        let found = params(self.params).find(|p| p.name.eq_ignore_ascii_case(name));
        found.map(|p| p.raw_value.unwrap_or(""))
    }

    /// The whole without its headers: what a request may be addressed to.
    pub fn without_headers(&self) -> &'a str {
        let rest = self.text.strip_suffix(self.headers);
        rest.unwrap_or(self.text).trim_end_matches('?')
    }

    /// The values of the headers of this name, with their escapes resolved.
    pub fn headers_named(&self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        let headers = self.headers.split('&').map(split_param);
        let named = headers.filter(move |h| h.name.eq_ignore_ascii_case(name));
        named.filter_map(|h| h.raw_value).map(decoded)
    }

    /// The host, if it is an address.
    pub fn host_addr(&self) -> Option<IpAddr> {
        host_addr(self.host)
    }

    /// Whether both name the same resource (RFC 3261 §19.1.4).
    pub fn equivalent(&self, other: &Uri<'_>) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        match self.scheme {
            Scheme::Sip | Scheme::Sips => self.is_same_sip(other),
            Scheme::Tel => self.is_same_tel(other),
            Scheme::Other => self.text == other.text,
        }
    }

    fn is_same_sip(&self, other: &Uri<'_>) -> bool {
        same_option(self.user, other.user, false)
            && same_option(self.password, other.password, false)
            && same_host(self.host, other.host)
            && self.port == other.port
            && same_params(self.params, other.params)
            && same_params(other.params, self.params)
            && has_headers_of(self.headers, other.headers)
            && has_headers_of(other.headers, self.headers)
    }

    /// RFC 3966 §4: visual separators do not count, every parameter does.
    fn is_same_tel(&self, other: &Uri<'_>) -> bool {
        let all_in = |mine: &str, theirs: &str| {
            params(mine).all(|p| params(theirs).any(|q| same_param(p, q)))
        };
        dialled(self.user.unwrap_or("")).eq(dialled(other.user.unwrap_or("")))
            && all_in(self.params, other.params)
            && all_in(other.params, self.params)
    }
}

fn scheme_of(text: &str) -> Option<Scheme> {
    let is_rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    match text.as_bytes() {
        s if s.eq_ignore_ascii_case(b"sip") => Some(Scheme::Sip),
        s if s.eq_ignore_ascii_case(b"sips") => Some(Scheme::Sips),
        s if s.eq_ignore_ascii_case(b"tel") => Some(Scheme::Tel),
        [first, rest @ ..] if first.is_ascii_alphabetic() && rest.iter().copied().all(is_rest) => {
            Some(Scheme::Other)
        }
        _ => None,
    }
}

fn split_at_first(text: &str, separator: u8) -> (&str, Option<&str>) {
    match split_once(text, separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Takes `host:port` apart and judges both. Shared by URIs and by Via.
pub(super) fn host_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let host_end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']').ok_or("an open bracket")? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(host_end);
    if !is_host(host) {
        return Err("no host, or one that cannot be");
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host, None)),
        None => Err("something between host and port"),
        Some(digits) => {
            let port = number(digits.as_bytes()).and_then(|n| u16::try_from(n).ok());
            Ok((
                host,
                Some(port.filter(|p| *p != 0).ok_or("a port that cannot be")?),
            ))
        }
    }
}

fn is_host(host: &str) -> bool {
    if host.starts_with('[') {
        return host_addr(host).is_some();
    }
    is_host_name(host)
}

/// The address that a host is, with or without brackets.
pub(super) fn host_addr(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let bare = bare.unwrap_or(host);
    bare.parse().ok().or_else(|| mended(bare)?.parse().ok())
}

/// RFC 5118 §4.10: the grammar of RFC 3261 allowed a third colon before an IPv4 address at the end, so it is borne.
fn mended(host: &str) -> Option<String> {
    let (before, after) = host.split_once(":::")?;
    let is_v4 = after.parse::<std::net::Ipv4Addr>().is_ok();
    is_v4.then(|| format!("{before}::{after}"))
}

fn same_host(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || host_addr(a).is_some_and(|addr| host_addr(b) == Some(addr))
}

fn params(text: &str) -> impl Iterator<Item = Param<'_>> {
    text.split(';').filter(|p| !p.is_empty()).map(split_param)
}

/// RFC 3261 §19.1.4: what stands in both must be the same; these must stand in both or in neither.
fn same_params(mine: &str, theirs: &str) -> bool {
    const ALWAYS_COUNT: [&str; 4] = ["user", "ttl", "method", "maddr"];
    params(mine).all(|p| {
        let name_is = |name: &str| p.name.eq_ignore_ascii_case(name);
        match params(theirs).find(|q| name_is(q.name)) {
            Some(q) => same_param(p, q),
            None => !ALWAYS_COUNT.into_iter().any(name_is),
        }
    })
}

fn same_param(p: Param<'_>, q: Param<'_>) -> bool {
    p.name.eq_ignore_ascii_case(q.name) && same_option(p.raw_value, q.raw_value, true)
}

fn has_headers_of(mine: &str, theirs: &str) -> bool {
    let headers = |text| {
        str::split(text, '&')
            .filter(|h| !h.is_empty())
            .map(split_param)
    };
    headers(mine).all(|h| headers(theirs).any(|g| same_param(h, g)))
}

fn same_option(a: Option<&str>, b: Option<&str>, any_case: bool) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => units(a, any_case).eq(units(b, any_case)),
        (None, None) => true,
        _ => false,
    }
}

/// The bytes of a part of a URI for comparison: an escape is the byte it stands for, unless that byte is reserved:
/// then it says something else than the byte itself (RFC 3261 §19.1.4).
fn units(text: &str, any_case: bool) -> impl Iterator<Item = (u8, bool)> {
    let is_reserved = |b| {
        matches!(
            b,
            b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b','
        )
    };
    unescaped(text).map(move |(byte, was_escaped)| {
        let byte = if any_case {
            byte.to_ascii_lowercase()
        } else {
            byte
        };
        (byte, was_escaped && is_reserved(byte))
    })
}

fn dialled(number: &str) -> impl Iterator<Item = u8> {
    let is_visual = |b: &u8| matches!(b, b'-' | b'.' | b'(' | b')');
    number
        .bytes()
        .filter(move |b| !is_visual(b))
        .map(|b| b.to_ascii_lowercase())
}

/// The bytes that `text` stands for, each with whether it was escaped. A broken escape is what it looks like.
fn unescaped(text: &str) -> impl Iterator<Item = (u8, bool)> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        if first == b'%'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            rest = after;
            return Some((high << 4 | low, true));
        }
        rest = after;
        Some((first, false))
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|n| u8::try_from(n).ok())
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes: Vec<u8> = unescaped(text).map(|(byte, _)| byte).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri<'_> {
        Uri::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn parts_are_found() {
        let u = uri("sip:alice:secret@example.com:5070;transport=tcp;lr?subject=x&to=y");
        assert_eq!((u.user, u.password), (Some("alice"), Some("secret")));
        assert_eq!((u.host, u.port), ("example.com", Some(5070)));
        assert_eq!(
            (u.params, u.headers),
            ("transport=tcp;lr", "subject=x&to=y")
        );
        assert_eq!(
            (u.param("TRANSPORT"), u.param("lr"), u.param("x")),
            (Some("tcp"), Some(""), None)
        );

        let u = uri("sip:[2001:db8::1]:5062;lr");
        assert_eq!(
            (u.user, u.host, u.port),
            (None, "[2001:db8::1]", Some(5062))
        );
        assert_eq!(u.host_addr(), "2001:db8::1".parse().ok());

        let u = uri("tel:+1-201-555-0123;phone-context=example.com");
        assert_eq!((u.scheme, u.user), (Scheme::Tel, Some("+1-201-555-0123")));
        assert_eq!(u.param("phone-context"), Some("example.com"));

        let u = uri("soap.beep://192.0.2.103:3002");
        assert_eq!((u.scheme, u.host), (Scheme::Other, ""));
    }

    #[test]
    fn headers_can_be_taken_off() {
        let u = uri("sip:a?b@h;lr?Route=%3Csip:x;lr%3E&subject=y&route=z");
        assert_eq!(u.without_headers(), "sip:a?b@h;lr");
        let routes: Vec<_> = u.headers_named("Route").collect();
        assert_eq!(routes, ["<sip:x;lr>", "z"]);
        assert_eq!(uri("sip:a@h?").without_headers(), "sip:a@h");
        assert_eq!(uri("sip:a@h").headers_named("Route").count(), 0);
    }

    // RFC 5118 §4.10.
    #[test]
    fn a_third_colon_is_borne_before_an_ipv4_address_only() {
        let three = uri("sip:a@[2001:db8:::192.0.2.1]");
        assert_eq!(three.host_addr(), "2001:db8::192.0.2.1".parse().ok());
        assert!(three.equivalent(&uri("sip:a@[2001:db8::192.0.2.1]")));
        for bad in [
            "[2001:db8:::1]",
            "[:::]",
            "[2001:::db8:::192.0.2.1]",
            "[1::2:::192.0.2.1]",
        ] {
            assert!(Uri::parse(&format!("sip:a@{bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_user_part_may_hold_what_phones_dial() {
        assert_eq!(uri("sip:*97#@pbx").user_decoded(), "*97#");
        assert_eq!(uri("sip:%2397%23@pbx").user_decoded(), "#97#");
        assert_eq!(
            uri("sip:user;par=u%40example.net@example.com").user_decoded(),
            "user;par=u@example.net"
        );
        assert_eq!(uri("sip:null-%00-null@h").user_decoded(), "null-\0-null");
        assert_eq!(uri("sip:50%Z@h").user_decoded(), "50%Z");
        assert_eq!(uri("sip:j%C3%B6rg@h").user_decoded(), "jörg");
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for bad in [
            "",
            "alice",
            "sip:",
            "sip:@h",
            "sip:a@",
            "sip:a@b@c",
            "sip:a@h:0",
            "sip:a@h:65536",
            "sip:a@h:x",
            "sip:a b@h",
            "<sip:a@h>",
            "sip:a@[::1",
            "sip:a@[zz]",
            "sip:a@[::1]x",
            "1x:y",
            "tel:",
            "sip:a@h!:5060",
            "sip:a@h\u{0}",
            ":x",
        ] {
            assert!(Uri::parse(bad).is_err(), "{bad:?}");
        }
    }

    // RFC 3261 §19.1.4, its own examples and ours.
    #[test]
    fn equivalence_is_the_standards() {
        for (a, b) in [
            (
                "sip:%61lice@atlanta.com;transport=TCP",
                "sip:alice@AtLanTa.CoM;Transport=tcp",
            ),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            (
                "sip:carol@chicago.com;newparam=5",
                "sip:carol@chicago.com;security=on",
            ),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("sip:a@[2001:DB8:0::1]", "sip:a@[2001:db8::1]"),
            ("sip:%2A97@h", "sip:*97@h"),
            ("tel:+1-201-555-0123", "tel:+12015550123"),
        ] {
            assert!(uri(a).equivalent(&uri(b)), "{a} = {b}");
            assert!(uri(b).equivalent(&uri(a)), "{b} = {a}");
        }
    }

    #[test]
    fn difference_is_the_standards() {
        for (a, b) in [
            (
                "SIP:ALICE@AtLanTa.CoM;Transport=udp",
                "sip:alice@AtLanTa.CoM;Transport=UDP",
            ),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
            (
                "sip:bob@biloxi.com;transport=udp",
                "sip:bob@biloxi.com;transport=tcp",
            ),
            ("sip:bob@biloxi.com;user=phone", "sip:bob@biloxi.com"),
            ("sip:bob@biloxi.com;maddr=192.0.2.1", "sip:bob@biloxi.com"),
            (
                "sip:carol@chicago.com",
                "sip:carol@chicago.com?Subject=next%20meeting",
            ),
            (
                "sip:carol@chicago.com;security=on",
                "sip:carol@chicago.com;security=off",
            ),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:a%3Bb@h", "sip:a;b@h"),
            ("sip:h", "sip:a@h"),
            ("tel:+12015550123", "tel:+12015550123;ext=1"),
            ("sip:null-%00-null@h", "sip:%00@h"),
        ] {
            assert!(!uri(a).equivalent(&uri(b)), "{a} ≠ {b}");
            assert!(!uri(b).equivalent(&uri(a)), "{b} ≠ {a}");
        }
    }
}
