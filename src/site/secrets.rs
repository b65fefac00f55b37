//! PINs and passwords: what is kept of them, and how a given one is compared.

use std::num::NonZero;
use std::thread;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::pbx::{DigestSecret, PinHash};

/// What hashing a PIN costs. The default is the product's: a PIN of four digits is protected by the lock (SES-8) and
/// by the file's mode, not by the hash, so the hash must not make a wave of logins slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    /// Memory in KiB, at least 8.
    pub memory_kib: u32,
    /// Passes over it, at least 1.
    pub passes: u32,
}

impl Default for Hashing {
    fn default() -> Self {
        Hashing {
            memory_kib: 1024,
            passes: 1,
        }
    }
}

/// More than this in a given hash would make every login with it an attack on the server.
const MOST: Hashing = Hashing {
    memory_kib: 64 * 1024,
    passes: 10,
};

/// A hash of nobody's PIN, at the default cost.
const DUMMY: &str = "$argon2id$v=19$m=1024,t=1,p=1$cGVyY2guZHVtbXkuLi4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a PIN with a new salt.
pub fn hash_pin(pin: &str, hashing: &Hashing) -> PinHash {
    let params = Params::new(hashing.memory_kib.max(8), hashing.passes.max(1), 1, None)
        .expect("any cost above the least is allowed");
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(pin.as_bytes())
        .expect("the system has randomness, and a PIN is short");
    PinHash(hash.to_string())
}

/// Whether a given PIN is the one that was hashed. Without a hash the same work is done for nothing, and the answer
/// is no: whoever waits cannot tell an unknown user from a wrong PIN (SES-8). Takes milliseconds.
pub fn verify_pin(secret: &str, against: Option<&PinHash>) -> bool {
    let text = against.map_or(DUMMY, |hash| hash.0.as_str());
    let Ok(hash) = PasswordHash::new(text) else {
        return false;
    };
    let matches = Argon2::default()
        .verify_password(secret.as_bytes(), &hash)
        .is_ok();
    matches && against.is_some()
}

/// What a phone's password is kept as, for its name and the realm that it authenticates in.
pub fn digest_secret(name: &str, realm: &str, password: &str) -> DigestSecret {
    let text = format!("{name}:{realm}:{password}");
    DigestSecret {
        md5: Md5::digest(&text).into(),
        sha256: Sha256::digest(&text).into(),
    }
}

/// What is wrong with a hash that an administrator gives, if anything.
pub(super) fn fault_of_hash(text: &str) -> Option<&'static str> {
    let Ok(hash) = PasswordHash::new(text) else {
        return Some("this is not a hash in PHC form");
    };
    if Algorithm::try_from(hash.algorithm.as_str()) != Ok(Algorithm::Argon2id) {
        return Some("this hash is not by argon2id");
    }
    if hash.salt.is_none() || hash.hash.is_none() {
        return Some("this hash has no salt or no result");
    }
    match Params::try_from(&hash) {
        Ok(params) if params.m_cost() > MOST.memory_kib || params.t_cost() > MOST.passes => {
            Some("this hash costs more than 64 MiB or 10 passes, which would slow down every login")
        }
        Ok(_) => None,
        Err(_) => Some("this hash has parameters that argon2 does not know"),
    }
}

/// A PIN to be hashed, and what was kept of the user's PIN before.
pub(super) struct PinToHash<'a> {
    /// The PIN.
    pub pin: &'a str,
    /// The hash that is kept if it is of the same PIN, so that a plan shows no change.
    pub before: Option<&'a PinHash>,
}

/// Hashes many PINs, on all processors: a site may have a hundred thousand.
pub(super) fn hash_pins(pins: &[PinToHash<'_>], hashing: &Hashing) -> Vec<PinHash> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let share = pins.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = pins
            .chunks(share)
            .map(|chunk| {
                scope.spawn(|| chunk.iter().map(|pin| keep_or_hash(pin, hashing)).collect())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| -> Vec<_> { worker.join().expect("hashing does not panic") })
            .collect()
    })
}

fn keep_or_hash(pin: &PinToHash<'_>, hashing: &Hashing) -> PinHash {
    match pin.before {
        Some(before) if verify_pin(pin.pin, Some(before)) => before.clone(),
        _ => hash_pin(pin.pin, hashing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Hashing = Hashing {
        memory_kib: 8,
        passes: 1,
    };

    #[test]
    fn a_pin_is_known_by_its_hash_alone() {
        let hash = hash_pin("1111", &CHEAP);
        assert!(
            hash.0.starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
            "{}",
            hash.0
        );
        assert!(verify_pin("1111", Some(&hash)));
        assert!(!verify_pin("1112", Some(&hash)));
        assert!(!verify_pin("", Some(&hash)));
        assert_ne!(hash_pin("1111", &CHEAP), hash, "each has a salt of its own");
    }

    #[test]
    fn nobody_has_no_pin_and_is_compared_at_the_default_cost() {
        assert!(!verify_pin("1111", None));
        assert_eq!(fault_of_hash(DUMMY), None);
        let hash = PasswordHash::new(DUMMY).expect("it is well-formed");
        let params = Params::try_from(&hash).expect("it has parameters");
        let default = Hashing::default();
        assert_eq!(params.m_cost(), default.memory_kib);
        assert_eq!(params.t_cost(), default.passes);
    }

    #[test]
    fn a_damaged_hash_matches_nothing() {
        assert!(!verify_pin("1111", Some(&PinHash("1111".into()))));
        assert!(!verify_pin("", Some(&PinHash(String::new()))));
    }

    #[test]
    fn a_hash_that_is_kept_is_not_made_anew() {
        let before = hash_pin("1111", &CHEAP);
        let pin = |pin| PinToHash {
            pin,
            before: Some(&before),
        };
        let hashes = hash_pins(&[pin("1111"), pin("2222"), pin("1111")], &CHEAP);
        assert_eq!(hashes[0], before);
        assert!(verify_pin("2222", Some(&hashes[1])));
        assert_eq!(hashes[2], before);
        assert!(hash_pins(&[], &CHEAP).is_empty());
    }

    #[test]
    fn hashes_that_would_slow_down_logins_are_refused() {
        assert!(fault_of_hash("1111").is_some());
        let costly = DUMMY.replace("m=1024", "m=1048576");
        assert!(fault_of_hash(&costly).is_some_and(|fault| fault.contains("64 MiB")));
        assert!(fault_of_hash(&DUMMY.replace("argon2id", "argon2i")).is_some());
        assert!(fault_of_hash("$argon2id$v=19$m=8,t=1,p=1").is_some());
    }

    /// RFC 7616 §3.9.1 has these; the user name and password are its example's.
    #[test]
    fn passwords_are_kept_as_the_digests_that_sip_needs() {
        let secret = digest_secret("Mufasa", "http-auth@example.org", "Circle of Life");
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(&secret.md5), "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(
            hex(&secret.sha256),
            "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"
        );
    }
}
