//! Phones that all come at once come one after the other: who may come now, and when the others are to ask again.
//!
//! So many learn what they are at the same time; who asks while they do is given a turn. Turns follow each other faster than
//! phones have been seen to get ready: while all compete each takes long, and who finds no room at his turn gets another one.
//! Who misses his, or comes without asking, is not turned away for it.

use std::collections::HashMap;
use std::time::Duration;

use crate::pbx::PhoneName;
use crate::time::Now;

/// A phone that was told that it may come is expected for so long.
const EXPECTED: Duration = Duration::from_secs(10);

/// How soon a phone is to ask again at the earliest.
const LEAST: Duration = Duration::from_secs(2);

/// No phone is told to wait for longer before it asks again.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long a phone is thought to learn before one was seen to.
const GUESS: Duration = Duration::from_secs(1);

/// How much of what is thought of that is what was seen last: a share of this.
const WEIGHT: u32 = 8;

/// So many turns are given for each phone that is thought to get ready: a place that stays empty is lost, a phone that asks
/// twice is not.
const TURNS: u32 = 4;

/// Turns do not follow each other faster, however fast phones have been while there were few.
const FASTEST: Duration = Duration::from_micros(500);

/// Who comes, and when the others may.
#[derive(Debug)]
pub(super) struct Admission {
    coming: HashMap<PhoneName, Coming>,
    /// How long phones learn, averaged.
    takes: Duration,
    /// The last turn that was given to anybody (uptime).
    last_turn: Duration,
}

/// A phone that comes.
#[derive(Debug)]
struct Coming {
    /// Since when (uptime).
    since: Duration,
    /// Whether it is here, and learning.
    is_here: bool,
}

impl Default for Admission {
    fn default() -> Admission {
        Admission {
            coming: HashMap::new(),
            takes: GUESS,
            last_turn: Duration::ZERO,
        }
    }
}

impl Admission {
    /// Whether a phone may come, if `at_once` may learn at the same time; or after how long it is to ask again, in whole
    /// seconds.
    pub fn ask(&mut self, now: Now, phone: &PhoneName, at_once: usize) -> Result<(), Duration> {
        let now = now.uptime;
        if self.coming.len() >= at_once && !self.coming.contains_key(phone) {
            // Some may not have come after all.
            self.coming
                .retain(|_, coming| coming.is_here || now < coming.since + EXPECTED);
            if self.coming.len() >= at_once {
                return Err(self.turn(now, at_once));
            }
        }
        let coming = Coming {
            since: now,
            is_here: false,
        };
        self.coming.entry(phone.clone()).or_insert(coming);
        Ok(())
    }

    fn turn(&mut self, now: Duration, at_once: usize) -> Duration {
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX).max(1);
        let apart = (self.takes / at_once / TURNS).max(FASTEST);
        let turn = self.last_turn.max(now + LEAST) + apart;
        self.last_turn = turn.min(now + LONGEST_WAIT);
        let wait = self.last_turn - now;
        Duration::from_secs(
            wait.as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
        )
    }

    /// A phone has come, and learns what it is.
    pub fn came(&mut self, now: Now, phone: &PhoneName) {
        let coming = Coming {
            since: now.uptime,
            is_here: true,
        };
        self.coming.insert(phone.clone(), coming);
    }

    /// It knows.
    pub fn is_ready(&mut self, now: Now, phone: &PhoneName) {
        if let Some(came) = self.coming.remove(phone) {
            let took = now.uptime.saturating_sub(came.since);
            self.takes = (self.takes * (WEIGHT - 1) + took) / WEIGHT;
        }
    }

    /// It has gone without knowing.
    pub fn has_gone(&mut self, phone: &PhoneName) {
        self.coming.remove(phone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Utc;

    fn at(millis: u64) -> Now {
        Now {
            uptime: Duration::from_secs(1000) + Duration::from_millis(millis),
            utc: Utc(0),
        }
    }

    fn phone(number: u64) -> PhoneName {
        PhoneName::from(format!("SEP{number:012X}").as_str())
    }

    /// An admission with as many on their way as may be, two.
    fn full() -> Admission {
        let mut admission = Admission::default();
        for number in 0..2 {
            assert_eq!(admission.ask(at(0), &phone(number), 2), Ok(()));
        }
        admission
    }

    #[test]
    fn who_may_come_may_ask_again_and_the_others_get_turns() {
        let mut admission = full();
        assert_eq!(admission.ask(at(1), &phone(1), 2), Ok(()));
        // An eighth of a second apart, as two learn for a second at the same time.
        let waits = (2..26).map(|n| admission.ask(at(1), &phone(n), 2));
        let waits: Vec<u64> = waits
            .filter_map(|wait| Some(wait.err()?.as_secs()))
            .collect();
        assert_eq!(waits, [[3; 8], [4; 8], [5; 8]].concat());
    }

    #[test]
    fn turns_follow_each_other_as_fast_as_phones_get_ready() {
        let mut admission = Admission::default();
        for number in 0..100 {
            admission.came(at(number * 100), &phone(number));
            admission.is_ready(at(number * 100 + 20_000), &phone(number));
        }
        for number in 0..2 {
            admission.came(at(50_000), &phone(number));
        }
        // 20 s each, two at the same time: four turns in ten seconds.
        for seconds in [5, 7, 10, 12] {
            let wait = admission.ask(at(50_000), &phone(7), 2);
            assert_eq!(wait, Err(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn nobody_waits_for_ever_however_many_ask() {
        let mut admission = full();
        let waits = (0..10_000).filter_map(|n| admission.ask(at(n), &phone(1000 + n), 2).err());
        assert_eq!(waits.max(), Some(LONGEST_WAIT));
    }

    #[test]
    fn who_does_not_come_after_all_keeps_nobody_away() {
        let mut admission = full();
        admission.came(at(1), &phone(0));
        assert!(admission.ask(at(9_999), &phone(2), 2).is_err());
        assert_eq!(admission.ask(at(10_000), &phone(2), 2), Ok(()));
        admission.has_gone(&phone(0));
        assert_eq!(admission.ask(at(10_000), &phone(3), 2), Ok(()));
        assert!(admission.ask(at(10_000), &phone(4), 2).is_err());
    }
}
