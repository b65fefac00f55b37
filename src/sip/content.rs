//! What a call may carry: the bodies that are taken in an INVITE, and those that its sender must take (RFC 3261 §8.2.3).

use super::wire::{Message, Name};

/// The bodies that an INVITE may have, as our Accept headers list them. What is in several parts goes through
/// untouched: emergency calls carry their location that way.
pub(super) const ACCEPT: &str = "application/sdp, multipart/mixed";

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsuitable {
    /// It is of a kind that is not understood here: 415, with an Accept header.
    Kind,
    /// It is packed in a way that is not understood here: 415, with an Accept-Encoding header.
    Encoding,
    /// The sender takes no SDP, and nothing else is answered with: 406.
    NoAnswerPossible,
}

/// Judges what an INVITE carries and what it asks to get.
pub(super) fn check(invite: &Message) -> Result<(), Unsuitable> {
    let is_optional = invite
        .header(Name::ContentDisposition)
        .is_some_and(says_optional);
    if !invite.body().is_empty() && !is_optional {
        let is_packed = |coding: &[u8]| !coding.eq_ignore_ascii_case(b"identity");
        if invite.values(Name::ContentEncoding).any(is_packed) {
            return Err(Unsuitable::Encoding);
        }
        // Without a type it is taken for what nearly every body is.
        if invite
            .header(Name::ContentType)
            .is_some_and(|t| !is_taken(t))
        {
            return Err(Unsuitable::Kind);
        }
    }
    let takes_anything = invite.header(Name::Accept).is_none();
    match takes_anything || invite.values(Name::Accept).any(takes_sdp) {
        true => Ok(()),
        false => Err(Unsuitable::NoAnswerPossible),
    }
}

/// RFC 3261 §20.11: such a body may be passed over.
fn says_optional(disposition: &[u8]) -> bool {
    let params = disposition.split(|b| *b == b';').skip(1);
    params
        .map(compact)
        .any(|param| param == b"handling=optional")
}

fn is_taken(content_type: &[u8]) -> bool {
    let kind = kind_of(content_type);
    kind == b"application/sdp" || kind.starts_with(b"multipart/")
}

/// RFC 3261 §20.1; a range with `q=0` is one that is not taken.
fn takes_sdp(range: &[u8]) -> bool {
    let is_zero = |param: Vec<u8>| {
        let value = param.strip_prefix(b"q=");
        value.is_some_and(|v| v.starts_with(b"0") && v.iter().all(|b| matches!(b, b'0' | b'.')))
    };
    let is_refused = range
        .split(|b| *b == b';')
        .skip(1)
        .map(compact)
        .any(is_zero);
    let kind = kind_of(range);
    !is_refused
        && matches!(
            kind.as_slice(),
            b"application/sdp" | b"application/*" | b"*/*"
        )
}

/// What stands before the parameters, in small letters and without white space.
fn kind_of(value: &[u8]) -> Vec<u8> {
    compact(value.split(|b| *b == b';').next().unwrap_or_default())
}

fn compact(text: &[u8]) -> Vec<u8> {
    let kept = text.iter().filter(|b| !b.is_ascii_whitespace());
    kept.map(u8::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{Parsed, parse};

    fn judged(headers: &str, body: &str) -> Result<(), Unsuitable> {
        let raw = format!(
            "INVITE sip:2001@pbx SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\n\
             From: <sip:a@pbx>;tag=1\r\nTo: <sip:2001@pbx>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:a@192.0.2.7>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match parse(raw.into()) {
            Parsed::Accept(invite) => check(&invite),
            other => panic!("{headers}: {other:?}"),
        }
    }

    #[test]
    fn a_body_that_nobody_here_reads_is_refused() {
        for (headers, verdict) in [
            ("", Ok(())),
            ("Content-Type: application/sdp\r\n", Ok(())),
            ("c: APPLICATION / SDP ; charset=x\r\n", Ok(())),
            ("Content-Type: multipart/mixed;boundary=x\r\n", Ok(())),
            ("Content-Type: text/plain\r\n", Err(Unsuitable::Kind)),
            (
                "Content-Type: text/plain\r\nContent-Disposition: render; Handling = optional\r\n",
                Ok(()),
            ),
            (
                "Content-Type: application/sdp\r\ne: gzip\r\n",
                Err(Unsuitable::Encoding),
            ),
            (
                "Content-Type: application/sdp\r\nContent-Encoding: identity\r\n",
                Ok(()),
            ),
        ] {
            assert_eq!(judged(headers, "v=0\r\n"), verdict, "{headers}");
            assert_eq!(judged(headers, ""), Ok(()), "{headers}, and no body");
        }
    }

    #[test]
    fn who_takes_no_sdp_cannot_be_answered() {
        for (accept, verdict) in [
            ("application/sdp", Ok(())),
            ("text/plain, application/SDP;level=1", Ok(())),
            ("*/*", Ok(())),
            ("application/*;q=0.5", Ok(())),
            ("text/plain", Err(Unsuitable::NoAnswerPossible)),
            ("application/sdp;q=0.0", Err(Unsuitable::NoAnswerPossible)),
            ("", Err(Unsuitable::NoAnswerPossible)),
        ] {
            assert_eq!(
                judged(&format!("Accept: {accept}\r\n"), ""),
                verdict,
                "{accept}"
            );
        }
    }
}
