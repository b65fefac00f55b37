//! Nonces that cost no memory: a time, a keyed hash of it, and a keyed hash of whom it was given to.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::hex::{from_hex, hex};
use super::network::Network;
use crate::time::Now;

/// How long a nonce is good, unless said otherwise.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A nonce's time in milliseconds is followed by so many bits of a count, so that no two are alike.
const COUNT_BITS: u32 = 20;

/// What a nonce is made of, in bytes: stamp, seal, address.
const STAMP: usize = 8;
const SEAL: usize = 16;
const ADDRESS: usize = 8;
const BYTES: usize = STAMP + SEAL + ADDRESS;

/// Makes nonces, and knows its own.
#[derive(Debug)]
pub(super) struct Nonces {
    /// Keyed once, copied for each use.
    mac: Hmac<Sha256>,
    lifetime: Duration,
    issued: AtomicU64,
}

impl Nonces {
    /// With a key that nobody else knows; a new one makes all nonces stale.
    pub(super) fn new(key: [u8; 32]) -> Nonces {
        Nonces {
            mac: Hmac::new_from_slice(&key).expect("HMAC takes keys of any length"),
            lifetime: LIFETIME,
            issued: AtomicU64::new(0),
        }
    }

    /// The same with another lifetime.
    pub(super) fn lasting(self, lifetime: Duration) -> Nonces {
        Nonces { lifetime, ..self }
    }

    /// A new one.
    pub(super) fn mint(&self, now: Now, source: Network) -> Nonce {
        let count = self.issued.fetch_add(1, Ordering::Relaxed);
        let stamp = (millis(now.uptime) << COUNT_BITS) | (count & ((1 << COUNT_BITS) - 1));
        let mut bytes = [0; BYTES];
        bytes[..STAMP].copy_from_slice(&stamp.to_be_bytes());
        bytes[STAMP..STAMP + SEAL].copy_from_slice(&self.seal(stamp));
        bytes[STAMP + SEAL..].copy_from_slice(&self.address(stamp, source));
        Nonce(bytes)
    }

    /// The stamp of a nonce, if it is one of ours and not too old. It need not come from where it was sent to: phones
    /// move, and their network address translators change their minds.
    pub(super) fn fresh(&self, now: Now, nonce: &str) -> Option<u64> {
        let (stamp, rest) = parts(nonce)?;
        let is_ours = self.seal(stamp).ct_eq(&rest[..SEAL]);
        let age = millis(now.uptime).checked_sub(stamp >> COUNT_BITS)?;
        (is_ours.into() && age <= millis(self.lifetime)).then_some(stamp)
    }

    /// Whether it is one of ours, of whatever age, that was sent to this network: whoever forges the sender of
    /// datagrams does not have one.
    pub(super) fn was_given_to(&self, source: Network, nonce: &str) -> bool {
        parts(nonce)
            .is_some_and(|(stamp, rest)| self.address(stamp, source).ct_eq(&rest[SEAL..]).into())
    }

    fn seal(&self, stamp: u64) -> [u8; SEAL] {
        self.hash(&[&stamp.to_be_bytes()])
    }

    fn address(&self, stamp: u64, source: Network) -> [u8; ADDRESS] {
        self.hash(&[&stamp.to_be_bytes(), &source.bits().to_be_bytes()])
    }

    fn hash<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        *full.first_chunk().expect("32 bytes hold what is asked for")
    }
}

fn parts(nonce: &str) -> Option<(u64, [u8; SEAL + ADDRESS])> {
    let (bytes, length) = from_hex(nonce)?;
    let (stamp, rest) = bytes.split_first_chunk::<STAMP>()?;
    let rest = *rest.first_chunk()?;
    (length == BYTES).then_some((u64::from_be_bytes(*stamp), rest))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A nonce; it shows as hexadecimal digits.
pub(super) struct Nonce([u8; BYTES]);

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0)
            .into_iter()
            .take(2 * BYTES)
            .try_for_each(|digit| f.write_char(digit.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::time::Utc;

    fn network(address: &str) -> Network {
        address.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn only_whoever_was_sent_a_nonce_has_it() {
        let nonces = Nonces::new([1; 32]).lasting(Duration::from_secs(10));
        let (phone, other) = (network("192.0.2.7"), network("192.0.2.8"));
        let at = |seconds| Now {
            uptime: Duration::from_secs(seconds),
            utc: Utc(0),
        };
        let nonce = nonces.mint(at(100), phone).to_string();
        assert!(nonces.was_given_to(phone, &nonce));
        assert!(!nonces.was_given_to(other, &nonce));
        assert!(nonces.fresh(at(110), &nonce).is_some());
        assert!(nonces.fresh(at(111), &nonce).is_none());
        let foreign = Nonces::new([2; 32]);
        assert!(!foreign.was_given_to(phone, &nonce));
        assert!(foreign.fresh(at(100), &nonce).is_none());
        let mut forged = nonce.clone();
        forged.replace_range(..16, "0000000000000000");
        for text in [
            &forged,
            &nonce[1..],
            &nonce[2..],
            "",
            "x",
            &nonce.replace('a', "ä"),
        ] {
            assert!(!nonces.was_given_to(phone, text) || text == nonce, "{text}");
            assert!(
                nonces.fresh(at(100), text).is_none() || text == nonce,
                "{text}"
            );
        }
    }
}
