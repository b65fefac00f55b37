//! Digest credentials (RFC 3261 §20.7, RFC 7616 §3.4).

use std::borrow::Cow;

use super::WireError;
use super::text::{self, Param, list, split_param, trim, within_quotes};

/// The parameters of an `Authorization: Digest` header. What enters the digest is kept as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Who says so.
    pub username: Cow<'a, str>,
    /// In which realm.
    pub realm: Cow<'a, str>,
    /// Our nonce, as it came back.
    pub nonce: &'a str,
    /// The URI that was hashed, as it came: the same text is hashed here.
    pub uri: &'a str,
    /// The digest in hexadecimal digits.
    pub response: &'a str,
    /// The algorithm; None means MD5.
    pub algorithm: Option<&'a str>,
    /// The client's nonce.
    pub cnonce: Option<&'a str>,
    /// How often the nonce was used, as it came: eight hexadecimal digits.
    pub nc: Option<&'a str>,
    /// The quality of protection; None is RFC 2069's form.
    pub qop: Option<&'a str>,
    /// What we gave to be given back.
    pub opaque: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Reads one header value; None if its scheme is not Digest.
    pub fn parse(value: &'a [u8]) -> Option<Result<Credentials<'a>, WireError>> {
        let (scheme, rest) = value.split_at_checked(6)?;
        let is_digest = scheme.eq_ignore_ascii_case(b"Digest")
            && rest.first().copied().is_some_and(text::is_lws);
        is_digest.then(|| Credentials::parse_params(rest))
    }

    fn parse_params(rest: &'a [u8]) -> Result<Credentials<'a>, WireError> {
        let bad = |what| WireError::new("Authorization", what);
        let mut read = Credentials::default();
        let (mut username, mut realm) = (None, None);
        let (mut nonce, mut uri, mut response) = (None, None, None);
        for element in list(trim(rest)) {
            let element = std::str::from_utf8(element).map_err(|_| bad("not UTF-8"))?;
            let Param { name, raw_value } = split_param(element);
            let value = raw_value.ok_or(bad("a parameter without a value"))?;
            let place = match name {
                n if n.eq_ignore_ascii_case("username") => &mut username,
                n if n.eq_ignore_ascii_case("realm") => &mut realm,
                n if n.eq_ignore_ascii_case("nonce") => &mut nonce,
                n if n.eq_ignore_ascii_case("uri") => &mut uri,
                n if n.eq_ignore_ascii_case("response") => &mut response,
                n if n.eq_ignore_ascii_case("algorithm") => &mut read.algorithm,
                n if n.eq_ignore_ascii_case("cnonce") => &mut read.cnonce,
                n if n.eq_ignore_ascii_case("nc") => &mut read.nc,
                n if n.eq_ignore_ascii_case("qop") => &mut read.qop,
                n if n.eq_ignore_ascii_case("opaque") => &mut read.opaque,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(bad("a parameter twice"));
            }
        }
        let needed = |value: Option<&'a str>, what| value.ok_or(bad(what));
        read.username = text::unquoted(needed(username, "no username")?);
        read.realm = text::unquoted(needed(realm, "no realm")?);
        read.nonce = inside(needed(nonce, "no nonce")?);
        read.uri = inside(needed(uri, "no uri")?);
        read.response = inside(needed(response, "no response")?);
        read.algorithm = read.algorithm.map(inside);
        read.cnonce = read.cnonce.map(inside);
        read.nc = read.nc.map(inside);
        read.qop = read.qop.map(inside);
        read.opaque = read.opaque.map(inside);
        Ok(read)
    }
}

/// The parameters of a Digest challenge (RFC 3261 §20.44); None if its scheme is not Digest. What is no parameter is
/// passed over: a peer's odd habit is no reason not to answer it.
pub fn challenge_params(value: &[u8]) -> Option<impl Iterator<Item = Param<'_>>> {
    let (scheme, rest) = value.split_at_checked(6)?;
    let is_digest =
        scheme.eq_ignore_ascii_case(b"Digest") && rest.first().copied().is_some_and(text::is_lws);
    let elements = is_digest.then(|| list(trim(rest)))?;
    let texts = elements.filter_map(|element| std::str::from_utf8(element).ok());
    Some(texts.map(split_param))
}

/// The value without its quotes, if it has any: phones quote what they should not, and the other way round.
pub fn inside(value: &str) -> &str {
    within_quotes(value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Digest username=\"a\\\"b\", realm=\"perch\",\r\n nonce = \"n,1\", uri=\"sip:perch;x=%41\", \
        response=\"00ff\", algorithm=SHA-256, cnonce=\"c\", nc=0000000a, qop=\"auth\", opaque=\"\", later=1";

    #[test]
    fn parameters_are_read_quoted_or_not() {
        let read = Credentials::parse(GOOD.as_bytes()).unwrap().unwrap();
        assert_eq!(
            (read.username.as_ref(), read.realm.as_ref()),
            ("a\"b", "perch")
        );
        assert_eq!(
            (read.nonce, read.uri, read.response),
            ("n,1", "sip:perch;x=%41", "00ff")
        );
        assert_eq!(
            (read.algorithm, read.cnonce, read.nc),
            (Some("SHA-256"), Some("c"), Some("0000000a"))
        );
        assert_eq!((read.qop, read.opaque), (Some("auth"), Some("")));
    }

    #[test]
    fn other_schemes_are_passed_over() {
        assert!(Credentials::parse(b"NoOneKnowsThisScheme opaque-data=here").is_none());
        assert!(Credentials::parse(b"Digestive x=y").is_none());
        assert!(Credentials::parse(b"").is_none());
    }

    #[test]
    fn half_credentials_are_refused() {
        for bad in [
            "Digest ",
            "Digest x",
            "Digest username=\"a\"",
            "Digest username=a, username=b",
        ] {
            assert!(
                Credentials::parse(bad.as_bytes()).is_some_and(|c| c.is_err()),
                "{bad}"
            );
        }
    }
}
