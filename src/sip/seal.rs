//! Tags that nobody but us can make: noise, and a keyed hash of it and of whom it was given to.
//!
//! A request within a call names our tag in its To, an answer to a request of ours in its From. Whoever forges the
//! sender of datagrams does not read what that sender is sent, so he has no such tag.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::hex::{from_hex, hex};
use super::network::Network;

/// What a tag is made of, in bytes.
const NOISE: usize = 8;
const SEAL: usize = 8;

/// Its length in hexadecimal digits.
const DIGITS: usize = 2 * (NOISE + SEAL);

/// How a tag begins in a header, and how many of them are looked at: From and To, and what a body or Replaces may hold.
const TAG: &[u8] = b"tag=";
const TAGS: usize = 4;

/// Makes tags, and knows its own.
#[derive(Debug)]
pub(super) struct Seals {
    /// Keyed once, copied for each use.
    mac: Hmac<Sha256>,
}

impl Seals {
    /// With a key that nobody else knows.
    pub(super) fn new(key: [u8; 32]) -> Seals {
        let mut mac: Hmac<Sha256> =
            KeyInit::new_from_slice(&key).expect("HMAC takes keys of any length");
        // Nonces are sealed by the same key: what is sealed here is never what is sealed there.
        mac.update(b"tag");
        Seals { mac }
    }

    /// A tag for somebody there. No two are alike as long as the noise is not.
    pub(super) fn tag(&self, noise: u64, towards: Network) -> String {
        let noise = noise.to_be_bytes();
        let mut bytes = [0; NOISE + SEAL];
        bytes[..NOISE].copy_from_slice(&noise);
        bytes[NOISE..].copy_from_slice(&self.seal(noise, towards));
        let digits = hex(&bytes);
        let digits = std::str::from_utf8(&digits[..DIGITS]);
        digits.expect("hexadecimal digits are ASCII").to_owned()
    }

    /// Whether a message, or what looks like one, holds a tag that was given to whoever sent it. Costs no more than a
    /// look and a hash or two.
    pub(super) fn is_in(&self, raw: &[u8], source: Network) -> bool {
        let mut found = memchr::memmem::find_iter(raw, TAG).take(TAGS);
        found.any(|at| {
            let rest = &raw[at + TAG.len()..];
            let is_digit = |byte: &u8| byte.is_ascii_hexdigit();
            let has_length = rest
                .iter()
                .take_while(|byte| is_digit(byte))
                .take(DIGITS + 1)
                .count();
            has_length == DIGITS && self.is_ours(&rest[..DIGITS], source)
        })
    }

    fn is_ours(&self, digits: &[u8], source: Network) -> bool {
        let text = std::str::from_utf8(digits).ok();
        let Some((bytes, _)) = text.and_then(from_hex) else {
            return false;
        };
        let (noise, rest) = bytes.split_first_chunk().expect("a tag is longer");
        self.seal(*noise, source).ct_eq(&rest[..SEAL]).into()
    }

    fn seal(&self, noise: [u8; NOISE], towards: Network) -> [u8; SEAL] {
        let mut mac = self.mac.clone();
        mac.update(&noise);
        mac.update(&towards.bits().to_be_bytes());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        *full.first_chunk().expect("32 bytes hold eight")
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn network(address: &str) -> Network {
        address.parse::<IpAddr>().expect("an address").into()
    }

    fn is_in(seals: &Seals, to: &str, source: &str) -> bool {
        let raw =
            format!("BYE sip:perch SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;{to}\r\n");
        seals.is_in(raw.as_bytes(), network(source))
    }

    #[test]
    fn only_whoever_was_given_a_tag_has_it() {
        let (seals, foreign) = (Seals::new([1; 32]), Seals::new([2; 32]));
        let tag = seals.tag(7, network("192.0.2.7"));
        assert_eq!(tag.len(), 32);
        assert_ne!(tag, seals.tag(8, network("192.0.2.7")));
        let to = format!("tag={tag}");
        assert!(is_in(&seals, &to, "192.0.2.7"));
        assert!(is_in(&seals, &format!("{to};x=1"), "192.0.2.7"));
        assert!(!is_in(&seals, &to, "192.0.2.8"));
        assert!(!is_in(&foreign, &to, "192.0.2.7"));
        let mut forged = tag.clone();
        forged.replace_range(..16, "0000000000000000");
        for other in [
            &tag[1..],
            &format!("{tag}0"),
            &forged,
            "",
            "ü",
            &tag.replace(|_| true, "g"),
        ] {
            assert!(
                !is_in(&seals, &format!("tag={other}"), "192.0.2.7"),
                "{other}"
            );
        }
    }

    /// Somebody puts many tags into a message: few are looked at.
    #[test]
    fn a_look_is_bounded() {
        let seals = Seals::new([1; 32]);
        let tag = seals.tag(7, network("192.0.2.7"));
        let other = "tag=00000000000000000000000000000000;".repeat(TAGS);
        assert!(!is_in(&seals, &format!("{other}tag={tag}"), "192.0.2.7"));
        assert!(is_in(
            &seals,
            &format!("{}tag={tag}", &other[..other.len() / 2]),
            "192.0.2.7"
        ));
    }
}
