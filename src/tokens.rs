//! What somebody is given to show once, in place of something else: known by its hash, good for a while, and of too many
//! the oldest makes room.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// What a token is made of: bytes that nobody can guess.
pub type Noise = [u8; 16];

/// Tokens that were given out and not shown yet, each for a `T`. They do not outlive the server.
#[derive(Debug)]
pub struct Tokens<T> {
    good_for: Duration,
    most: usize,
    /// By what a token hashes to: the time that looking one up takes says nothing about others.
    given: BTreeMap<[u8; 32], Given<T>>,
}

#[derive(Debug)]
struct Given<T> {
    what: T,
    until: Duration,
}

impl<T> Tokens<T> {
    /// None yet: each is good for so long, and there are so many at most.
    pub fn new(good_for: Duration, most: usize) -> Tokens<T> {
        Tokens {
            good_for,
            most,
            given: BTreeMap::new(),
        }
    }

    /// Gives one out for something. `now` is uptime, here and below.
    pub fn give(&mut self, now: Duration, noise: Noise, what: T) -> String {
        if self.given.len() >= self.most {
            self.given.retain(|_, given| now < given.until);
        }
        if self.given.len() >= self.most {
            let oldest = self.given.iter().min_by_key(|(_, given)| given.until);
            let oldest = oldest.map(|(hash, _)| *hash);
            oldest.and_then(|hash| self.given.remove(&hash));
        }
        let token: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
        let until = now + self.good_for;
        self.given.insert(hash(&token), Given { what, until });
        token
    }

    /// What one is for, if it is good.
    pub fn look(&self, now: Duration, token: &str) -> Option<&T> {
        let given = self.given.get(&hash(token))?;
        (now < given.until).then_some(&given.what)
    }

    /// The same; it is good no more.
    pub fn take(&mut self, now: Duration, token: &str) -> Option<T> {
        let given = self.given.remove(&hash(token))?;
        (now < given.until).then_some(given.what)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);
    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn a_token_is_good_once_and_for_a_while() {
        let mut tokens = Tokens::new(DAY, 10);
        let token = tokens.give(NOW, [1; 16], "a");
        let other = tokens.give(NOW, [2; 16], "b");
        assert_eq!(token, "01".repeat(16));
        assert_eq!(tokens.look(NOW, &token), Some(&"a"));
        for wrong in ["", "01", "zz", &"f".repeat(33), &"ü".repeat(16)] {
            assert_eq!(tokens.look(NOW, wrong), None, "{wrong}");
            assert_eq!(tokens.take(NOW, wrong), None, "{wrong}");
        }
        assert_eq!(tokens.take(NOW, &token), Some("a"));
        assert_eq!(tokens.take(NOW, &token), None, "once");
        assert_eq!(tokens.look(NOW, &token), None, "once");
        assert_eq!(tokens.look(NOW + DAY, &other), None, "late");
        assert_eq!(tokens.take(NOW + DAY, &other), None, "late");
    }

    #[test]
    fn of_too_many_those_that_are_late_go_and_then_the_oldest() {
        let mut tokens = Tokens::new(DAY, 3);
        let at = |number: u8| NOW + Duration::from_secs(number.into());
        let mut give = |number: u8| tokens.give(at(number), [number; 16], number);
        let given: Vec<String> = (0..4).map(&mut give).collect();
        let is_good: Vec<bool> = given
            .iter()
            .map(|token| tokens.look(at(4), token).is_some())
            .collect();
        assert_eq!(is_good, [false, true, true, true]);
        tokens.give(at(4) + DAY, [9; 16], 9);
        assert_eq!(tokens.given.len(), 1);
    }
}
