//! From bytes to a table of headers (RFC 3261 §7, §25.1).

use bytes::Bytes;
use memchr::{memchr, memchr2};

use super::message::{Field, Fields, Message, Span, Start, Tags, method_of};
use super::name::Name;
use super::text::{self, is_lws};
use super::{BODY_MAX, Flaw, HEAD_MAX, HEADERS_MAX};

/// Reads one message: what it is, and the first thing wrong with it. An error is what makes it no message at all.
pub(super) fn lex(raw: Bytes) -> Result<(Message, Option<Flaw>), &'static str> {
    let window = &raw[..raw.len().min(HEAD_MAX)];
    let begin = leading_breaks(window);
    if begin == window.len() {
        return Err("keep-alive");
    }
    let first = match line_end(window, begin) {
        Line::Ends(at) => at,
        Line::Open => return Err("no line"),
        Line::Bare => return Err(BARE),
    };
    let (start, mut flaw) = start_line(window, begin, first)?;
    let mut lines = HeaderLines::new(window, first + 2);
    let mut fields = Fields::new();
    while let Some(line) = lines.next()? {
        if fields.len() == HEADERS_MAX {
            flaw = flaw.or(Some(Flaw::bad("Too Many Header Fields")));
            continue;
        }
        match line {
            Ok(field) => fields.push(field),
            Err(what) => flaw = flaw.or(Some(what)),
        }
    }
    let whole = Whole {
        body: lines.body(),
        is_cut: raw.len() > HEAD_MAX,
    };
    finish(raw, start, fields, whole, flaw)
}

const BARE: &str = "a bare CR or LF in the head";

/// How the head ended.
struct Whole {
    /// Where the body begins, if the head's empty line was found.
    body: Option<usize>,
    /// Whether there was more than could be looked at.
    is_cut: bool,
}

fn finish(
    raw: Bytes,
    start: Start,
    fields: Fields,
    whole: Whole,
    flaw: Option<Flaw>,
) -> Result<(Message, Option<Flaw>), &'static str> {
    let mut message = Message {
        body: whole.body.unwrap_or(raw.len()),
        raw,
        start,
        fields,
        tags: Tags::default(),
    };
    let length = match whole {
        Whole { body: Some(_), .. } => body_end(&message),
        Whole { is_cut: true, .. } => Err(Flaw {
            status: 513,
            reason: "Message Too Large",
        }),
        Whole { .. } => Err(Flaw::bad("No Empty Line After The Header Fields")),
    };
    let flaw = match length {
        Ok(end) => {
            message.raw.truncate(end);
            flaw
        }
        Err(what) => flaw.or(Some(what)),
    };
    Ok((message, flaw))
}

/// Where the message ends: with the body that its Content-Length tells, or with the bytes (RFC 3261 §18.3).
fn body_end(message: &Message) -> Result<usize, Flaw> {
    let here = message.raw.len() - message.body;
    let length = content_length(message.headers(Name::ContentLength))?.unwrap_or(here);
    if length > BODY_MAX {
        return Err(Flaw {
            status: 413,
            reason: "Request Entity Too Large",
        });
    }
    if length > here {
        return Err(Flaw::bad("Body Shorter Than Content-Length"));
    }
    Ok(message.body + length)
}

/// The one length that all Content-Length lines agree on, if there are any (RFC 3261 §20.14).
pub(super) fn content_length<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<usize>, Flaw> {
    let mut length = None;
    for line in lines {
        let digits = text::delta_seconds(line).ok_or(Flaw::bad("Bad Content-Length"))?;
        let this = usize::try_from(digits).unwrap_or(usize::MAX);
        if length.is_some_and(|other| other != this) {
            return Err(Flaw::bad("Contradictory Content-Length"));
        }
        length = Some(this);
    }
    Ok(length)
}

/// RFC 3261 §7.5: line breaks before the start line are ignored.
fn leading_breaks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while bytes[at..].starts_with(b"\r\n") {
        at += 2;
    }
    at
}

pub(super) enum Line {
    /// The line's CRLF is here.
    Ends(usize),
    /// The bytes end before the line does.
    Open,
    /// A CR without LF or an LF without CR.
    Bare,
}

pub(super) fn line_end(bytes: &[u8], from: usize) -> Line {
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(at) = memchr2(b'\r', b'\n', rest) else {
        return Line::Open;
    };
    match &rest[at..] {
        [b'\r', b'\n', ..] => Line::Ends(from + at),
        [b'\r'] => Line::Open,
        _ => Line::Bare,
    }
}

/// The header lines of a head, folds joined.
pub(super) struct HeaderLines<'a> {
    bytes: &'a [u8],
    at: usize,
    body: Option<usize>,
}

impl<'a> HeaderLines<'a> {
    /// Begins after the start line.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> HeaderLines<'a> {
        HeaderLines {
            bytes,
            at,
            body: None,
        }
    }

    /// Where the body begins, once the lines are read; None if the head did not end.
    pub(super) fn body(&self) -> Option<usize> {
        self.body
    }

    /// The next header line. The outer error is a head that cannot be told apart into lines.
    pub(super) fn next(&mut self) -> Result<Option<Result<Field, Flaw>>, &'static str> {
        let start = self.at;
        let mut end = match line_end(self.bytes, start) {
            Line::Bare => return Err(BARE),
            Line::Open => return Ok(None),
            Line::Ends(at) if at == start => {
                self.body = Some(at + 2);
                return Ok(None);
            }
            Line::Ends(at) => at,
        };
        while matches!(self.bytes.get(end + 2), Some(b' ' | b'\t')) {
            match line_end(self.bytes, end + 2) {
                Line::Bare => return Err(BARE),
                Line::Open => return Ok(None),
                Line::Ends(at) => end = at,
            }
        }
        self.at = end + 2;
        Ok(Some(field(self.bytes, start, end)))
    }
}

fn field(bytes: &[u8], start: usize, end: usize) -> Result<Field, Flaw> {
    let line = &bytes[start..end];
    let colon = memchr(b':', line).ok_or(Flaw::bad("Header Field Without Colon"))?;
    let name = match line[..colon].iter().rposition(|b| !is_lws(*b)) {
        Some(last) => &line[..=last],
        None => &line[..0],
    };
    if !text::is_token(name) {
        return Err(Flaw::bad("Bad Header Field Name"));
    }
    let (from, to) = text::trimmed(&line[colon + 1..]);
    let value_at = start + colon + 1;
    Ok(Field {
        name: Name::of(name),
        name_text: Span::new(start, start + name.len()),
        value: Span::new(value_at + from, value_at + to),
    })
}

fn start_line(
    bytes: &[u8],
    start: usize,
    end: usize,
) -> Result<(Start, Option<Flaw>), &'static str> {
    let line = &bytes[start..end];
    if line
        .get(..4)
        .is_some_and(|p| p.eq_ignore_ascii_case(b"SIP/"))
    {
        status_line(line, start).map(|start| (start, None))
    } else {
        request_line(line, start)
    }
}

/// RFC 3261 §7.2.
fn status_line(line: &[u8], at: usize) -> Result<Start, &'static str> {
    if !line[..line.len().min(8)].eq_ignore_ascii_case(b"SIP/2.0 ") {
        return Err("a response of another version");
    }
    let status = line.get(8..11).and_then(text::number);
    let status = status
        .and_then(|s| u16::try_from(s).ok())
        .filter(|s| (100..700).contains(s));
    let is_apart = line.get(11).is_none_or(|b| *b == b' ');
    Ok(Start::Response {
        status: status
            .filter(|_| is_apart)
            .ok_or("a response with a bad status code")?,
        reason: Span::new(at + line.len().min(12), at + line.len()),
    })
}

/// RFC 3261 §7.1. Wrong white space is a flaw, not the end: what is meant can be told from both ends.
fn request_line(line: &[u8], at: usize) -> Result<(Start, Option<Flaw>), &'static str> {
    const NOT_SIP: &str = "not a SIP start line";
    let space = line.iter().position(|b| *b == b' ').ok_or(NOT_SIP)?;
    let (method, rest) = line.split_at(space);
    let inner = text::trim(rest);
    let gap = inner.iter().rposition(|b| is_lws(*b)).ok_or(NOT_SIP)?;
    let version = &inner[gap + 1..];
    let is_sip = version
        .get(..4)
        .is_some_and(|p| p.eq_ignore_ascii_case(b"SIP/"));
    if !is_sip || !text::is_token(method) {
        return Err(NOT_SIP);
    }
    let uri = text::trim(&inner[..gap]);
    let flaw = if !version[4..].eq_ignore_ascii_case(b"2.0") {
        Some(wrong_version(&version[4..]))
    } else if method.len() + uri.len() + version.len() + 2 != line.len() {
        Some(Flaw::bad("Bad White Space In Request Line"))
    } else {
        None
    };
    let uri_at = at + space + rest.iter().position(|b| !is_lws(*b)).unwrap_or(0);
    let start = Start::Request {
        known: method_of(method),
        method: Span::new(at, at + space),
        uri: Span::new(uri_at, uri_at + uri.len()),
    };
    Ok((start, flaw))
}

/// RFC 3261 §21.5.6, if it is a version at all.
fn wrong_version(version: &[u8]) -> Flaw {
    match version.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        true => Flaw {
            status: 505,
            reason: "Version Not Supported",
        },
        false => Flaw::bad("Bad SIP Version"),
    }
}
