//! Digest credentials by MD5, as a phone makes them (RFC 3261 §22.4).

use std::fmt;

use md5::{Digest, Md5};
use perch::sip::wire::{Message, Name};

/// Hexadecimal digits of an MD5 hash.
#[derive(Clone, Copy)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Of parts with colons between them.
    pub fn of(parts: &[&str]) -> Hash {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut md5 = Md5::new();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                md5.update(b":");
            }
            md5.update(part.as_bytes());
        }
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(md5.finalize()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Hash(digits)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }
}

/// The value of an `Authorization` header.
pub struct Proof<'a> {
    pub name: &'a str,
    pub realm: &'a str,
    /// Of name, realm and password.
    pub secret: &'a Hash,
    pub method: &'a str,
    pub uri: &'a str,
    pub nonce: &'a str,
    pub count: u32,
}

impl fmt::Display for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Proof {
            name,
            realm,
            nonce,
            uri,
            count,
            ..
        } = self;
        let request = Hash::of(&[self.method, uri]);
        let (secret, request) = (self.secret.as_str(), request.as_str());
        let counted = format!("{count:08x}");
        let response = Hash::of(&[secret, nonce, &counted, "c", "auth", request]);
        write!(
            f,
            "Digest username=\"{name}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{}\", \
             algorithm=MD5, cnonce=\"c\", nc={counted}, qop=auth",
            response.as_str()
        )
    }
}

/// The nonce of a challenge.
pub fn nonce(challenge: &Message) -> Option<String> {
    let headers = [Name::WwwAuthenticate, Name::ProxyAuthenticate];
    let value = headers.iter().find_map(|name| challenge.text(*name))?;
    let (_, rest) = value.split_once("nonce=\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
