//! A played phone.

use crate::digest::Hash;
use crate::site::{REALM, password};

/// What a phone remembers between its requests.
pub struct Phone {
    pub name: Box<str>,
    /// Of name, realm and password.
    pub secret: Hash,
    /// Empty: it has none yet.
    pub nonce: Box<str>,
    pub nonce_count: u32,
    /// Of its registrations, which all have one Call-ID (RFC 3261 §10.2.4).
    pub cseq: u32,
}

impl Phone {
    /// The phone of that number.
    pub fn new(number: u32) -> Phone {
        let name = format!("p{number}");
        let secret = Hash::of(&[&name, REALM, &password(number)]);
        Phone {
            name: name.into(),
            secret,
            nonce: "".into(),
            nonce_count: 0,
            cseq: 0,
        }
    }

    /// Takes a nonce that it was given.
    pub fn challenged(&mut self, nonce: String) {
        self.nonce = nonce.into();
        self.nonce_count = 0;
    }
}
