//! Until when a certificate is good: as much of its DER as that takes (RFC 5280 §4.1, X.690 §8).

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use crate::time::Utc;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The notAfter of a certificate; None if it is not one.
pub(super) fn end(certificate: &[u8]) -> Option<Utc> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = any(fields)?.2;
    }
    // Serial number, signature, issuer.
    for _ in 0..3 {
        fields = any(fields)?.2;
    }
    let (validity, _) = element(fields, SEQUENCE)?;
    let (_, _, rest) = any(validity)?;
    let (tag, text, _) = any(rest)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// Both kinds of time end in Z and give seconds (RFC 5280 §4.1.2.5).
fn moment(tag: u8, text: &str) -> Option<Utc> {
    let (year, rest) = match tag {
        UTC_TIME => {
            let short: i16 = text.get(..2)?.parse().ok()?;
            let century = if short < 50 { 2000 } else { 1900 };
            (century + short, text.get(2..)?)
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let digits = rest.strip_suffix('Z').filter(|d| d.len() == 10)?;
    let part = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    let date = civil::DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0);
    let moment: Timestamp = date.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Utc(moment.as_millisecond()))
}

/// An element that must have this tag: what is in it, and what follows.
fn element(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, inside, rest) = any(bytes)?;
    (tag == wanted).then_some((inside, rest))
}

/// Any element: its tag, what is in it, and what follows.
fn any(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, first, rest @ ..] = bytes else {
        return None;
    };
    let (length, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x0F))?;
            let length = digits.iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
            (length, rest)
        }
        _ => return None,
    };
    let (inside, rest) = rest.split_at_checked(length)?;
    Some((*tag, inside, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Utc> {
        let moment: Timestamp = text.parse().expect("a moment");
        Some(Utc(moment.as_millisecond()))
    }

    #[test]
    fn the_end_is_found_whichever_way_it_is_written() {
        for (year, end) in [
            (2031, "2031-03-09T00:00:00Z"),
            (2077, "2077-03-09T00:00:00Z"),
        ] {
            let key = rcgen::KeyPair::generate().expect("a key");
            let mut params = rcgen::CertificateParams::new(vec!["h".into()]).expect("a name");
            params.not_after = rcgen::date_time_ymd(year, 3, 9);
            let certificate = params.self_signed(&key).expect("a certificate");
            assert_eq!(super::end(certificate.der()), at(end));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(vec!["h".into()]).expect("a name");
        let whole = params.self_signed(&key).expect("a certificate");
        for length in 0..200.min(whole.der().len()) {
            assert_eq!(end(&whole.der()[..length]), None, "{length}");
        }
        assert_eq!(end(&[SEQUENCE, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
        assert_eq!(moment(UTC_TIME, "311332000000Z"), None);
        assert_eq!(moment(UTC_TIME, "3101010000Z"), None);
        assert_eq!(moment(GENERALIZED_TIME, "äääää"), None);
    }
}
