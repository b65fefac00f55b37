//! Who asks, as HTTP's Basic scheme says it (RFC 7617).

use zeroize::Zeroizing;

use crate::pbx::Secret;

/// More than this is no name and password.
const LONGEST: usize = 512;

/// A name, and what proves it.
#[derive(Debug)]
pub(super) struct Credentials {
    /// The name of a program.
    pub name: String,
    /// Its password.
    pub secret: Secret,
}

impl Credentials {
    /// Reads what the header says; none if it is another scheme, or nothing that can be read.
    pub fn read(header: &str) -> Option<Credentials> {
        let (scheme, rest) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(decoded(rest.trim())?).ok()?;
        let text = Zeroizing::new(text);
        let (name, password) = text.split_once(':')?;
        Some(Credentials {
            name: name.to_owned(),
            secret: Secret::new(password.to_owned()),
        })
    }
}

/// Base64 (RFC 4648 §4), with or without its padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() > LONGEST || digits.len() % 4 == 1 {
        return None;
    }
    // Room for all of it, so that no part of a password is left behind in memory that was outgrown.
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut held, mut count) = (0_u32, 0);
    for digit in digits {
        held = (held << 6) | value(*digit)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(match digit {
        b'A'..=b'Z' => u32::from(digit - b'A'),
        b'a'..=b'z' => u32::from(digit - b'a') + 26,
        b'0'..=b'9' => u32::from(digit - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Option<(String, String)> {
        let credentials = Credentials::read(header)?;
        Some((credentials.name, credentials.secret.reveal().to_owned()))
    }

    #[test]
    fn names_and_passwords_are_read() {
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        // The example of RFC 7617 §2, and its one with a pound sign.
        let aladdin = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        assert_eq!(read(aladdin), pair("Aladdin", "open sesame"));
        assert_eq!(read("basic dGVzdDoxMjPCow==  "), pair("test", "123£"));
        assert_eq!(read("Basic YTpiOmM"), pair("a", "b:c"), "no padding");
        assert_eq!(read("Basic Og=="), pair("", ""));
    }

    #[test]
    fn what_is_none_is_not_read() {
        let long = format!("Basic {}", "A".repeat(LONGEST + 4));
        for wrong in [
            "",
            "Basic",
            "Basic ",
            "Bearer Og==",
            "Basic A",
            "Basic ?g==",
            "Basic YWI=",
            "Basic /zo=",
            &long,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
