//! The key that passwords of phones are made with. Whoever has it has them all, and without it they are others.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::pbx::PhoneName;

/// How long a key is.
const BYTES: usize = 32;

/// A password is made of so many of these: 120 bits, in letters that every phone can type and none confuses.
const LENGTH: usize = 24;
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The key.
#[derive(Clone)]
pub struct Key {
    /// Keyed once, copied for each use.
    mac: Hmac<Sha256>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// From what nobody else knows.
    pub fn new(bytes: &[u8; BYTES]) -> Key {
        Key {
            mac: Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length"),
        }
    }

    /// From the text of its file: 64 hexadecimal digits.
    pub fn read(text: &str) -> Option<Key> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * BYTES {
            return None;
        }
        let mut bytes = Zeroizing::new([0; BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = str::from_utf8(pair).ok()?;
            let is_hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| is_hex)?;
        }
        Some(Key::new(&bytes))
    }

    /// The text of its file, for a key that was just drawn.
    pub fn text(bytes: &[u8; BYTES]) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * BYTES + 1));
        for byte in bytes {
            text.push_str(&format!("{byte:02x}"));
        }
        text.push('\n');
        text
    }

    /// The password of a phone; with another generation, another one.
    pub fn password(&self, phone: &PhoneName, generation: u32) -> Zeroizing<String> {
        self.letters(&[
            b"sip password\0",
            &generation.to_be_bytes(),
            phone.as_str().as_bytes(),
        ])
    }

    /// What the address of a phone's idle page says for nobody else to know.
    pub fn idle_token(&self, phone: &PhoneName) -> Zeroizing<String> {
        self.letters(&[b"idle page\0", phone.as_str().as_bytes()])
    }

    fn letters(&self, parts: &[&[u8]]) -> Zeroizing<String> {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        let bytes = mac.finalize().into_bytes();
        // 256 is a multiple of 32: each letter is as likely as any other.
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        Zeroizing::new(bytes.iter().take(LENGTH).map(letter).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phone_and_generation_has_a_password_of_its_own() {
        let key = Key::new(&[7; 32]);
        let password = |phone: &str, generation| key.password(&phone.into(), generation);
        assert_eq!(password("desk-1", 1).len(), LENGTH);
        assert_eq!(password("desk-1", 1), password("desk-1", 1));
        assert_ne!(password("desk-1", 1), password("desk-1", 2));
        assert_ne!(password("desk-1", 1), password("desk-2", 1));
        let token = key.idle_token(&"desk-1".into());
        assert_ne!(token, password("desk-1", 1));
        assert_ne!(token, key.idle_token(&"desk-2".into()));
        let other = Key::new(&[8; 32]);
        assert_ne!(password("desk-1", 1), other.password(&"desk-1".into(), 1));
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        assert!(password("desk-1", 1).bytes().all(is_plain));
    }

    #[test]
    fn a_key_is_read_from_its_file() {
        let bytes = std::array::from_fn(|at| u8::try_from(at).expect("32 are few"));
        let text = Key::text(&bytes);
        assert!(
            text.starts_with("000102") && text.ends_with("1e1f\n"),
            "{}",
            *text
        );
        let read = Key::read(&text).expect("it is one");
        let phone = "desk-1".into();
        assert_eq!(
            read.password(&phone, 1),
            Key::new(&bytes).password(&phone, 1)
        );
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(65), &"+1".repeat(32)] {
            assert!(Key::read(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{read:?}"), "Key(..)");
    }
}
