//! Addresses that work once: for a phone that is not in a network of ours yet, or has no name of its own for its files.

use std::collections::HashMap;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::pbx::PhoneName;

/// How long one may be used.
pub const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How many there may be; of more, the oldest is forgotten.
const AT_MOST: usize = 4096;

/// How long a token is, in hexadecimal digits.
const LENGTH: usize = 32;

/// Tokens that were handed out and not used yet. They do not outlive the server.
#[derive(Debug, Default)]
pub struct Tokens {
    /// By what a token hashes to: the time that looking one up takes says nothing about others.
    entries: HashMap<[u8; 32], Entry>,
}

#[derive(Debug)]
struct Entry {
    phone: PhoneName,
    until: Duration,
}

impl Tokens {
    /// Makes one for a phone, of bytes that nobody can guess. `now` is uptime, here and below.
    pub fn mint(&mut self, now: Duration, phone: PhoneName, random: [u8; LENGTH / 2]) -> String {
        self.entries.retain(|_, entry| now < entry.until);
        if self.entries.len() >= AT_MOST {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.until);
            let oldest = oldest.map(|(hash, _)| *hash);
            oldest.and_then(|hash| self.entries.remove(&hash));
        }
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let until = now + LIFETIME;
        self.entries.insert(hash(&token), Entry { phone, until });
        token
    }

    /// Whose it is, if it is good.
    pub fn phone_of(&self, now: Duration, token: &str) -> Option<&PhoneName> {
        let entry = self.entries.get(&hash(token))?;
        (now < entry.until).then_some(&entry.phone)
    }

    /// It was used.
    pub fn use_up(&mut self, token: &str) {
        self.entries.remove(&hash(token));
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_once_and_for_a_day() {
        let mut tokens = Tokens::default();
        let start = Duration::from_secs(100);
        let token = tokens.mint(start, "desk-1".into(), [1; 16]);
        let other = tokens.mint(start, "desk-2".into(), [2; 16]);
        assert_eq!(token.len(), LENGTH);
        let phone = |tokens: &Tokens, now, token: &str| {
            tokens.phone_of(now, token).map(ToString::to_string)
        };
        assert_eq!(phone(&tokens, start, &token).as_deref(), Some("desk-1"));
        assert_eq!(phone(&tokens, start, "01"), None);
        tokens.use_up(&token);
        assert_eq!(phone(&tokens, start, &token), None);
        assert_eq!(phone(&tokens, start, &other).as_deref(), Some("desk-2"));
        assert_eq!(phone(&tokens, start + LIFETIME, &other), None);
    }

    #[test]
    fn of_too_many_the_oldest_is_forgotten() {
        let mut tokens = Tokens::default();
        let random = |number: usize| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            bytes
        };
        let at = |number: usize| Duration::from_millis(number as u64);
        let first = tokens.mint(at(0), "desk-1".into(), random(0));
        for number in 1..=AT_MOST {
            tokens.mint(at(number), "desk-1".into(), random(number));
        }
        assert_eq!(tokens.entries.len(), AT_MOST);
        assert_eq!(tokens.phone_of(at(AT_MOST), &first), None);
    }
}
