//! Passwords of programs that were wrong: who guesses too often from one place is not believed there for a while.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::pbx::Settings;
use crate::time::Now;

/// How many guessers are remembered. Of too many the one who was quiet longest is forgotten.
const MOST: usize = 10_000;

/// Longer names are nobody's, and are remembered as one.
const NAME: usize = 64;

/// Wrong passwords by where they came from and whose they were to be.
#[derive(Default)]
pub(in super::super) struct Guesses(Mutex<BTreeMap<(IpAddr, String), Guesser>>);

#[derive(Debug, Default)]
struct Guesser {
    /// When the recent ones were.
    failures: Vec<Duration>,
    /// When the last one was.
    last: Duration,
    /// Until then nothing is believed.
    locked_until: Option<Duration>,
}

impl Guesses {
    /// Whether a password from there is looked at.
    pub fn may_try(&self, now: Now, source: IpAddr, name: &str) -> bool {
        let guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let guesser = guesses.get(&key(source, name));
        let until = guesser.and_then(|guesser| guesser.locked_until);
        until.is_none_or(|until| until <= now.uptime)
    }

    /// It was wrong. The limits are those of users (SES-8).
    pub fn failed(&self, settings: &Settings, now: Now, source: IpAddr, name: &str) {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(source, name);
        if guesses.len() >= MOST && !guesses.contains_key(&key) {
            let oldest = guesses.iter().min_by_key(|(_, guesser)| guesser.last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                guesses.remove(&oldest);
            }
        }
        let guesser = guesses.entry(key).or_default();
        if guesser.locked_until.is_some_and(|until| until > now.uptime) {
            return;
        }
        let window = Duration::from_secs(settings.lock_window_s.into());
        guesser
            .failures
            .retain(|at| now.uptime.saturating_sub(*at) < window);
        guesser.failures.push(now.uptime);
        guesser.last = now.uptime;
        if guesser.failures.len() >= settings.lock_after as usize {
            guesser.failures.clear();
            let lock = Duration::from_secs(settings.lock_s.into());
            guesser.locked_until = Some(now.uptime + lock);
        }
    }

    /// It was right: what went before is forgotten.
    pub fn succeeded(&self, source: IpAddr, name: &str) {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.remove(&key(source, name));
    }
}

fn key(source: IpAddr, name: &str) -> (IpAddr, String) {
    let name = if name.len() > NAME { "" } else { name };
    (source.to_canonical(), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Utc;

    /// rules: SES-8
    #[test]
    fn whoever_guesses_is_not_believed_there_for_a_while() {
        let (guesses, settings) = (Guesses::default(), Settings::default());
        let at = |seconds| Now {
            uptime: Duration::from_secs(seconds),
            utc: Utc(0),
        };
        let here: IpAddr = "192.0.2.1".parse().expect("an address");
        let there: IpAddr = "192.0.2.2".parse().expect("an address");
        for second in [0, 1, 2] {
            assert!(guesses.may_try(at(second), here, "tool"));
            guesses.failed(&settings, at(second), here, "tool");
        }
        assert!(!guesses.may_try(at(3), here, "tool"));
        assert!(guesses.may_try(at(3), there, "tool"));
        assert!(guesses.may_try(at(3), here, "other"));
        guesses.failed(&settings, at(800), here, "tool");
        assert!(guesses.may_try(at(2 + 900), here, "tool"));
        guesses.failed(&settings, at(910), here, "tool");
        guesses.failed(&settings, at(911), here, "tool");
        guesses.succeeded(here, "tool");
        guesses.failed(&settings, at(912), here, "tool");
        assert!(guesses.may_try(at(913), here, "tool"));
    }

    #[test]
    fn nobody_fills_the_memory_with_names() {
        let (guesses, settings) = (Guesses::default(), Settings::default());
        let source: IpAddr = "192.0.2.1".parse().expect("an address");
        for number in 0..MOST + 10 {
            let now = Now {
                uptime: Duration::from_millis(number as u64),
                utc: Utc(0),
            };
            guesses.failed(&settings, now, source, &number.to_string());
        }
        assert_eq!(guesses.0.lock().expect("nobody panicked").len(), MOST);
    }
}
