//! Who calls from outside: P-Asserted-Identity (RFC 3325), From, and what a caller keeps to themselves (RFC 3323).

use super::wire::{Address, Message, Name};
use crate::pbx::Party;

/// The number of a caller who says none.
pub(super) const ANONYMOUS: &str = "anonymous";

/// Who calls. A trunk is trusted to say so: that is what the site has it for.
pub(super) fn caller_of(invite: &Message) -> Party {
    let asserted = invite.address(Name::PAssertedIdentity).ok();
    let from = invite.from().ok();
    let is_hidden = is_private(invite) || from.as_ref().is_some_and(is_anonymous);
    let shown = asserted.or(from).filter(|_| !is_hidden);
    let Some(shown) = shown else {
        return Party {
            dn: ANONYMOUS.into(),
            display_name: "Anonymous".to_owned(),
        };
    };
    let name = shown.display().unwrap_or_default();
    Party {
        dn: number_of(&shown.uri.user_decoded()).into(),
        display_name: name.trim().chars().take(64).collect(),
    }
}

/// A number as it is dialled: without the parameters that a telephone number may have (RFC 3966 §3), and without what
/// only makes it easier to read (§5.1.1).
pub(super) fn number_of(user: &str) -> String {
    let number = user.split(';').next().unwrap_or_default();
    let looks_dialled = number
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.() *#".contains(&b));
    let kept = number
        .chars()
        .filter(|c| !looks_dialled || !"-.() ".contains(*c));
    kept.take(64).collect()
}

fn is_private(invite: &Message) -> bool {
    let hides = |value: &[u8]| {
        let words = value.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        let mut words = words.map(<[u8]>::to_ascii_lowercase);
        words.any(|word| matches!(&word[..], b"id" | b"user" | b"header"))
    };
    invite.headers(Name::Privacy).any(hides)
}

fn is_anonymous(from: &Address<'_>) -> bool {
    let user = from.uri.user_decoded();
    user.eq_ignore_ascii_case(ANONYMOUS) || from.uri.host.ends_with("anonymous.invalid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{Parsed, parse};

    fn caller(from: &str, more: &str) -> (String, String) {
        let text = format!(
            "INVITE sip:2001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
             From: {from};tag=1\r\nTo: <sip:2001@192.0.2.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n{more}Content-Length: 0\r\n\r\n"
        );
        let Parsed::Accept(invite) = parse(text.into_bytes().into()) else {
            panic!("{from} {more}");
        };
        let Party { dn, display_name } = caller_of(&invite);
        (dn.to_string(), display_name)
    }

    /// rules: CAL-5
    #[test]
    fn callers_are_who_the_trunk_says_they_are() {
        let plain = "\"Bob\" <sip:+4930123@carrier.example>";
        let asserted = "P-Asserted-Identity: \"Bob B.\" <tel:+49-30-456>\r\n";
        for (from, more, expected) in [
            (plain, String::new(), ("+4930123", "Bob")),
            (plain, asserted.to_owned(), ("+4930456", "Bob B.")),
            (
                plain,
                format!("{asserted}Privacy: id\r\n"),
                ("anonymous", "Anonymous"),
            ),
            (
                plain,
                format!("{asserted}Privacy: none\r\n"),
                ("+4930456", "Bob B."),
            ),
            (
                plain,
                "Privacy: critical;user\r\n".into(),
                ("anonymous", "Anonymous"),
            ),
            (
                "<sip:Anonymous@h>",
                String::new(),
                ("anonymous", "Anonymous"),
            ),
            (
                "\"X\" <sip:u@anonymous.invalid>",
                asserted.to_owned(),
                ("anonymous", "Anonymous"),
            ),
            (
                "<sip:+31201234;npdi;rn=1@h;user=phone>",
                String::new(),
                ("+31201234", ""),
            ),
            ("<sip:j.doe@h>", String::new(), ("j.doe", "")),
        ] {
            let (number, name) = caller(from, &more);
            assert_eq!((number.as_str(), name.as_str()), expected, "{from} {more}");
        }
    }
}
