//! The grammar's small change: white space, tokens, quoted strings, lists, parameters (RFC 3261 §25.1).

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

use super::WireError;

/// What a byte may be part of, one bit for each.
const LWS: u8 = 1;
const TOKEN: u8 = 2;
const URI: u8 = 4;
const HOST: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if matches!(b, b' ' | b'\t' | b'\r' | b'\n') {
            classes[byte] |= LWS;
        }
        let is_name_mark = matches!(b, b'-' | b'.' | b'_');
        let is_token_mark = matches!(b, b'!' | b'%' | b'*' | b'+' | b'`' | b'\'' | b'~');
        if b.is_ascii_alphanumeric() || is_name_mark {
            classes[byte] |= HOST;
        }
        if b.is_ascii_alphanumeric() || is_name_mark || is_token_mark {
            classes[byte] |= TOKEN;
        }
        if b > b' ' && !matches!(b, b'<' | b'>' | b'"' | 0x7f) {
            classes[byte] |= URI;
        }
        byte += 1;
    }
    classes
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

fn all(text: &[u8], class: u8) -> bool {
    text.iter().all(|byte| is(*byte, class))
}

/// Linear white space. A line break within a value is always part of a fold, so it counts as white space too.
pub(super) fn is_lws(byte: u8) -> bool {
    is(byte, LWS)
}

/// Whether `text` is a token: not empty, and made of token bytes.
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && all(text, TOKEN)
}

/// Whether nothing in `text` is forbidden in a URI outright. Phones leave unescaped what they should not.
pub(super) fn is_uri_like(text: &str) -> bool {
    all(text.as_bytes(), URI)
}

/// Whether `text` is a host name or an IPv4 address.
pub(super) fn is_host_name(text: &str) -> bool {
    !text.is_empty() && all(text.as_bytes(), HOST)
}

/// `text` without the white space around it.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let (start, end) = trimmed(text);
    &text[start..end]
}

/// `text` without the white space around it.
pub(super) fn trim_str(text: &str) -> &str {
    let (start, end) = trimmed(text.as_bytes());
    &text[start..end]
}

/// Where `text` begins and ends without the white space around it.
pub(super) fn trimmed(text: &[u8]) -> (usize, usize) {
    let start = text.iter().position(|b| !is_lws(*b)).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|b| !is_lws(*b))
        .map_or(start, |n| n + 1);
    (start, end)
}

/// What is before and after the first `separator`, an ASCII byte.
pub(super) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = memchr(separator, text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

/// A number in digits only: no sign, no white space. None if it is anything else or does not fit.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |sum, byte| {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum.checked_mul(10)?.checked_add(u32::from(byte - b'0'))
    })
}

/// A number of seconds. One too large for the type counts as the largest (RFC 3261 §20.19 allows no larger).
pub(super) fn delta_seconds(text: &[u8]) -> Option<u32> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| number(text).unwrap_or(u32::MAX))
}

/// The place after the closing quote of the quoted string that begins `text`.
pub(super) fn quoted_end(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// A value's text, quoted or not: without its quotes, and with its escapes resolved.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(inner) = within_quotes(text) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains(['\\', '\r']) {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars().filter(|c| !matches!(c, '\r' | '\n'));
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(plain)
}

/// What stands between the quotes of a quoted string, escapes as they came.
pub(super) fn within_quotes(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

/// `text` as a quoted string's inside: what would end it is escaped (RFC 3261 §25.1).
pub fn escaped(text: &str) -> Cow<'_, str> {
    match text.contains(['"', '\\']) {
        true => text.replace('\\', "\\\\").replace('"', "\\\"").into(),
        false => text.into(),
    }
}

/// `text` on one line: the line breaks of its folds are left out (RFC 3261 §7.3.1).
pub(super) fn unfolded(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr2(b'\r', b'\n', text).is_some() {
        let kept = text.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n'));
        Cow::Owned(kept.collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The elements of a comma list, trimmed, empty ones too. Commas in quotes and in angle brackets do not count.
pub(super) fn list(text: &[u8]) -> List<'_> {
    List { rest: Some(text) }
}

pub(super) struct List<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for List<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let end = list_element_end(text);
        self.rest = text.get(end + 1..);
        Some(trim(&text[..end]))
    }
}

/// Where the first element of a comma list ends: at its comma, or at the end of `text`.
pub(super) fn list_element_end(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(n) = memchr3(b',', b'"', b'<', &text[at..]) {
        at += n;
        let rest = &text[at..];
        at += match rest[0] {
            b',' => return at,
            b'"' => quoted_end(rest),
            _ => memchr(b'>', rest).map(|n| n + 1),
        }
        .unwrap_or(rest.len());
    }
    text.len()
}

/// Header parameters: `;name=value;name;name="quoted value"` (RFC 3261 §7.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(&'a str);

/// One header parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, as it came.
    pub name: &'a str,
    /// Its value as it came, with its quotes if it has any.
    pub raw_value: Option<&'a str>,
}

impl<'a> Param<'a> {
    /// The value without quotes and escapes; empty if it has none.
    pub fn value(self) -> Cow<'a, str> {
        unquoted(self.raw_value.unwrap_or(""))
    }
}

impl<'a> Params<'a> {
    /// Reads what follows an address or a Via's sent-by: nothing, or parameters each led by a semicolon.
    pub(super) fn parse(text: &'a [u8]) -> Result<Params<'a>, WireError> {
        let bad = |what| WireError::new("parameters", what);
        let text = std::str::from_utf8(trim(text)).map_err(|_| bad("not UTF-8"))?;
        if !text.is_empty() && !text.starts_with(';') {
            return Err(bad("something other than a parameter follows"));
        }
        let params = Params(text);
        for param in params.iter() {
            if !is_token(param.name.as_bytes()) {
                return Err(bad("a parameter without a name"));
            }
            check_value(param.raw_value.unwrap_or("")).map_err(bad)?;
        }
        Ok(params)
    }

    /// The parameters in order.
    pub fn iter(self) -> impl Iterator<Item = Param<'a>> {
        let mut rest = self.0.strip_prefix(';');
        std::iter::from_fn(move || {
            let text = rest?;
            let end = param_end(text.as_bytes());
            rest = text.get(end + 1..);
            Some(split_param(&text[..end]))
        })
    }

    /// The parameter of this name, in any case.
    pub fn get(self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }

    /// The text, beginning with a semicolon if there is any.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

fn check_value(value: &str) -> Result<(), &'static str> {
    if value.starts_with('"') {
        return match quoted_end(value.as_bytes()) {
            Some(end) if end == value.len() => Ok(()),
            Some(_) => Err("something follows a quoted value"),
            None => Err("a quote is not closed"),
        };
    }
    match is_uri_like(value) {
        true => Ok(()),
        false => Err("a value that needs quotes has none"),
    }
}

fn param_end(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(n) = memchr2(b';', b'"', &text[at..]) {
        at += n;
        if text[at] == b';' {
            return at;
        }
        at += quoted_end(&text[at..]).unwrap_or(text.len() - at);
    }
    text.len()
}

/// Takes `name = value` apart.
pub(super) fn split_param(text: &str) -> Param<'_> {
    match split_once(text, b'=') {
        Some((name, value)) => Param {
            name: trim_str(name),
            raw_value: Some(trim_str(value)),
        },
        None => Param {
            name: trim_str(text),
            raw_value: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_know_quotes_and_angle_brackets() {
        let text = br#""Bell, A. \"," <sip:a,b@h>;x="1,2" , <sip:c@h>,,d"#;
        let elements: Vec<_> = list(text)
            .map(|e| String::from_utf8_lossy(e).into_owned())
            .collect();
        assert_eq!(
            elements,
            [
                r#""Bell, A. \"," <sip:a,b@h>;x="1,2""#,
                "<sip:c@h>",
                "",
                "d"
            ]
        );
    }

    #[test]
    fn parameters_are_read_with_white_space_and_quotes() {
        let params = Params::parse(b" ; tag = 19 ;lr;+sip.instance=\"<urn:uuid:1;2>\"").unwrap();
        assert_eq!(params.get("TAG").unwrap().value(), "19");
        assert_eq!(params.get("lr").unwrap().raw_value, None);
        assert_eq!(
            params.get("+sip.instance").unwrap().value(),
            "<urn:uuid:1;2>"
        );
        assert_eq!(params.iter().count(), 3);
    }

    #[test]
    fn stray_separators_and_open_quotes_are_refused() {
        for bad in [
            ";;",
            ";",
            ";a;",
            ";=1",
            ";a=\"b",
            ";a=\"b\"c",
            ";a=b c",
            "a=b",
            ";a b",
        ] {
            assert!(Params::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(number(b"0009"), Some(9));
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        for bad in ["", "-1", "+1", "1 ", "4294967296", "0x1"] {
            assert_eq!(number(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(delta_seconds(b"99999999999999999999"), Some(u32::MAX));
        assert_eq!(delta_seconds(b"1h"), None);
    }

    #[test]
    fn escapes_are_resolved_only_where_there_are_some() {
        assert!(matches!(unquoted("\"plain\""), Cow::Borrowed("plain")));
        assert_eq!(unquoted(r#""a\"b\\c""#), r#"a"b\c"#);
        assert_eq!(unquoted("\"a\r\n b\""), "a b");
        assert_eq!(unquoted("token"), "token");
        let odd = r#"a"b\c"#;
        assert_eq!(unquoted(&format!("\"{}\"", escaped(odd))), odd);
    }
}
