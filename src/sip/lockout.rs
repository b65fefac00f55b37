//! Wrong passwords of phones: counting them, and no longer listening to whoever guesses (SES-8).
//!
//! A lock is for a phone *and* the network that the guesses came from, and never for one where the phone is: nobody
//! can lock a phone out by guessing. Names that no phone has are counted alike, so that they cost the same time.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::network::Network;
use crate::pbx::site::Settings;
use crate::pbx::{LockedOut, PhoneName};
use crate::time::Now;

/// How many pairs of name and network are remembered; then the oldest are forgotten.
const PAIRS: usize = 16_384;

/// How many names are counted in one minute.
const NAMES: usize = 16_384;

/// How many wrong passwords of one phone are listened to in a minute, from everywhere where the phone is not.
const GUESSES: u32 = 30;

/// How many networks that were locked out may wait to be told; the log has them all.
const NEWS: usize = 1024;

/// How long guesses are added up.
const MINUTE: Duration = Duration::from_secs(60);

/// When somebody is locked out, and for how long: as for PINs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    after: usize,
    window: Duration,
    lasts: Duration,
}

impl Rules {
    /// What the site says.
    pub(super) fn of(settings: &Settings) -> Rules {
        Rules {
            after: usize::try_from(settings.lock_after).unwrap_or(usize::MAX),
            window: Duration::from_secs(settings.lock_window_s.into()),
            lasts: Duration::from_secs(settings.lock_s.into()),
        }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::of(&Settings::default())
    }
}

/// What a wrong password led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// It was counted.
    Counted,
    /// It was one too many: the phone is no longer believed from there.
    Locks,
    /// Nobody listened, or it is the same request again.
    Unheard,
}

/// Who guessed what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guesser<'a> {
    /// The phone's name, as the guesser gave it.
    pub(super) name: &'a str,
    /// Whether there is such a phone.
    pub(super) is_known: bool,
    /// Where the guess came from.
    pub(super) network: Network,
    /// What was said in place of the right answer.
    pub(super) response: &'a str,
}

/// Those who guessed wrong. Phones and other names are apart: whoever makes up names cannot wash out what is known of
/// guesses at phones.
#[derive(Debug, Default)]
pub(super) struct Lockout {
    hasher: RandomState,
    phones: Side,
    others: Side,
    /// Who was locked out and is not told yet.
    news: Mutex<Vec<LockedOut>>,
}

#[derive(Debug, Default)]
struct Side {
    /// How many pairs there are: most of the time none, and then nobody need look.
    pairs: AtomicUsize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    pairs: HashMap<(u64, Network), Tries>,
    /// Oldest first.
    order: VecDeque<(u64, Network)>,
    /// Guesses at each name in the minute that began then.
    minute: Duration,
    names: HashMap<u64, u32>,
}

#[derive(Debug, Default)]
struct Tries {
    /// Whose name it is; only of phones, which are short.
    name: Box<str>,
    /// When the recent ones were, oldest first.
    failures: Vec<Duration>,
    until: Option<Duration>,
    last_response: u64,
}

impl Lockout {
    /// Whether the right password of this phone is not believed from there. Only for networks where the phone is not.
    pub(super) fn refuses(&self, now: Now, phone: &str, network: Network) -> bool {
        if self.phones.pairs.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let name = self.hasher.hash_one(phone);
        let mut table = self.phones.table();
        let is_locked = table
            .pairs
            .get(&(name, network))
            .is_some_and(|tries| tries.until.is_some_and(|until| now.uptime < until));
        is_locked || table.guesses(now, name) >= GUESSES
    }

    /// A wrong password, from a network where the phone is not.
    pub(super) fn wrong(&self, now: Now, rules: Rules, guesser: &Guesser<'_>) -> Guess {
        let side = if guesser.is_known {
            &self.phones
        } else {
            &self.others
        };
        let name = self.hasher.hash_one(guesser.name);
        let response = self.hasher.hash_one(guesser.response);
        let mut table = side.table();
        let guess = table.wrong(now, rules, (name, guesser.network), response);
        if guess != Guess::Unheard {
            table.count(now, name);
        }
        if guess == Guess::Locks
            && guesser.is_known
            && let Some(tries) = table.pairs.get_mut(&(name, guesser.network))
        {
            tries.name = guesser.name.into();
            let mut news = lock(&self.news);
            if news.len() < NEWS {
                news.extend(tries.locked(now, guesser.network));
            }
        }
        side.note(&table);
        guess
    }

    /// Who is locked out of which phone.
    pub(super) fn locked(&self, now: Now) -> Vec<LockedOut> {
        let table = self.phones.table();
        let pairs = table.pairs.iter();
        let locked = pairs
            .filter_map(|((_, network), tries)| Some((*network, tries.locked(now, *network)?)));
        let mut locked: Vec<(Network, LockedOut)> = locked.collect();
        locked.sort_by(|(a, one), (b, other)| (&one.phone, a).cmp(&(&other.phone, b)));
        locked.into_iter().map(|(_, locked)| locked).collect()
    }

    /// Takes out who was locked out since this was asked last.
    pub(super) fn take_news(&self) -> Vec<LockedOut> {
        std::mem::take(&mut lock(&self.news))
    }

    /// Locks those out again who still are.
    pub(super) fn restore(&self, now: Now, rules: Rules, locked: &[LockedOut]) {
        let mut table = self.phones.table();
        for LockedOut {
            phone,
            source,
            until,
        } in locked
        {
            // A clock that was set back meanwhile makes no lock last longer.
            let left = until.since(now.utc).min(rules.lasts);
            if let Some(network) = Network::parse(source)
                && !left.is_zero()
            {
                let pair = (self.hasher.hash_one(phone.as_str()), network);
                let tries = table.tries(pair);
                tries.name = phone.as_str().into();
                tries.until = Some(now.uptime + left);
            }
        }
        self.phones.note(&table);
    }

    /// Forgets every guess at a phone. Says how many networks were locked out.
    pub(super) fn forgive(&self, now: Now, phone: &str) -> usize {
        let wanted = self.hasher.hash_one(phone);
        let mut table = self.phones.table();
        let mut locked = 0;
        // Nobody is to hear of a lock after it was taken away.
        lock(&self.news).retain(|news| news.phone.as_str() != phone);
        table.pairs.retain(|(name, _), tries| {
            let is_it = *name == wanted;
            let is_locked = tries.until.is_some_and(|until| now.uptime < until);
            locked += usize::from(is_it && is_locked);
            !is_it
        });
        table.order.retain(|(name, _)| *name != wanted);
        table.names.remove(&wanted);
        self.phones.note(&table);
        locked
    }

    /// Forgets what no longer counts. To be called now and then.
    pub(super) fn tidy(&self, now: Now, rules: Rules) {
        for side in [&self.phones, &self.others] {
            let mut table = side.table();
            table.tidy(now, rules);
            side.note(&table);
        }
    }
}

impl Side {
    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    fn note(&self, table: &Table) {
        self.pairs.store(table.pairs.len(), Ordering::Relaxed);
    }
}

impl Tries {
    fn locked(&self, now: Now, network: Network) -> Option<LockedOut> {
        let until = self.until.filter(|until| now.uptime < *until)?;
        Some(LockedOut {
            phone: PhoneName::from(&*self.name),
            source: network.to_string(),
            until: now.utc_at(until),
        })
    }
}

/// What these locks guard is whole between any two statements, whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Table {
    fn wrong(&mut self, now: Now, rules: Rules, pair: (u64, Network), response: u64) -> Guess {
        let tries = self.tries(pair);
        let is_locked = tries.until.is_some_and(|until| now.uptime < until);
        // A retransmission is no second guess.
        let is_again = tries.last_response == response && !tries.failures.is_empty();
        if is_locked || is_again {
            return Guess::Unheard;
        }
        tries.last_response = response;
        tries.failures.push(now.uptime);
        tries
            .failures
            .retain(|at| now.uptime.saturating_sub(*at) < rules.window);
        if tries.failures.len() < rules.after {
            return Guess::Counted;
        }
        tries.failures.clear();
        tries.until = Some(now.uptime + rules.lasts);
        Guess::Locks
    }

    fn tries(&mut self, pair: (u64, Network)) -> &mut Tries {
        if !self.pairs.contains_key(&pair) {
            self.make_room();
            self.order.push_back(pair);
        }
        self.pairs.entry(pair).or_default()
    }

    fn make_room(&mut self) {
        while self.pairs.len() >= PAIRS
            && let Some(oldest) = self.order.pop_front()
        {
            self.pairs.remove(&oldest);
        }
    }

    /// How often a name was guessed at in this minute.
    fn guesses(&mut self, now: Now, name: u64) -> u32 {
        if now.uptime.saturating_sub(self.minute) >= MINUTE {
            self.minute = now.uptime;
            self.names.clear();
        }
        self.names.get(&name).copied().unwrap_or(0)
    }

    fn count(&mut self, now: Now, name: u64) {
        let before = self.guesses(now, name);
        if before > 0 || self.names.len() < NAMES {
            self.names.insert(name, before.saturating_add(1));
        }
    }

    fn tidy(&mut self, now: Now, rules: Rules) {
        let counts = |tries: &Tries| {
            let is_recent = |at: &Duration| now.uptime.saturating_sub(*at) < rules.window;
            tries.until.is_some_and(|until| now.uptime < until)
                || tries.failures.iter().any(is_recent)
        };
        self.pairs.retain(|_, tries| counts(tries));
        let pairs = &self.pairs;
        self.order.retain(|pair| pairs.contains_key(pair));
        self.guesses(now, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::time::Utc;

    fn at(seconds: u64) -> Now {
        Now {
            uptime: Duration::from_secs(100_000 + seconds),
            utc: Utc(0),
        }
    }

    fn network(n: u32) -> Network {
        IpAddr::V4(Ipv4Addr::from(n)).into()
    }

    fn guess(lockout: &Lockout, now: Now, name: &str, from: u32, response: &str) -> Guess {
        let guesser = Guesser {
            name,
            is_known: true,
            network: network(from),
            response,
        };
        lockout.wrong(now, Rules::default(), &guesser)
    }

    /// rules: SES-8
    #[test]
    fn three_wrong_passwords_in_five_minutes_lock_one_network_for_fifteen() {
        let lockout = Lockout::default();
        assert_eq!(guess(&lockout, at(0), "desk", 1, "a"), Guess::Counted);
        assert_eq!(guess(&lockout, at(1), "desk", 1, "a"), Guess::Unheard);
        assert_eq!(guess(&lockout, at(299), "desk", 1, "b"), Guess::Counted);
        assert_eq!(guess(&lockout, at(301), "desk", 1, "c"), Guess::Counted);
        assert!(!lockout.refuses(at(301), "desk", network(1)));
        assert_eq!(guess(&lockout, at(400), "desk", 1, "d"), Guess::Locks);
        assert!(lockout.refuses(at(400 + 899), "desk", network(1)));
        assert!(!lockout.refuses(at(400), "desk", network(2)));
        assert!(!lockout.refuses(at(400), "other", network(1)));
        assert!(!lockout.refuses(at(400 + 900), "desk", network(1)));
        let locked = lockout.locked(at(500));
        assert_eq!((locked.len(), locked[0].phone.as_str()), (1, "desk"));
        assert_eq!(locked[0].until, Utc(800_000));
        assert_eq!(lockout.forgive(at(500), "desk"), 1);
        assert!(!lockout.refuses(at(500), "desk", network(1)));
    }

    /// rules: SES-8
    #[test]
    fn locks_are_told_once_and_outlive_a_restart() {
        let lockout = Lockout::default();
        for response in ["a", "b", "c"] {
            guess(&lockout, at(0), "desk", 1, response);
            guess(&lockout, at(0), "other", 2, response);
        }
        lockout.forgive(at(0), "other");
        let told = lockout.take_news();
        assert_eq!((told.len(), told[0].source.as_str()), (1, "0.0.0.1"));
        assert_eq!(lockout.take_news(), []);

        let later = Lockout::default();
        let now = Now {
            uptime: Duration::from_secs(5),
            utc: Utc(100_000),
        };
        later.restore(now, Rules::default(), &told);
        assert!(later.refuses(now, "desk", network(1)));
        assert!(!later.refuses(now, "desk", network(2)));
        assert_eq!(later.locked(now), told);
        let after = |utc| {
            let later = Lockout::default();
            let now = Now { utc, ..now };
            later.restore(now, Rules::default(), &told);
            later.locked(now).first().map(|locked| locked.until)
        };
        assert_eq!(after(Utc(900_000)), None);
        // The clock was set back by a day: the lock lasts no longer than it would have.
        let day_before = Utc(-86_400_000);
        assert_eq!(after(day_before), Some(Utc(-86_400_000 + 900_000)));
    }

    #[test]
    fn many_networks_together_get_few_guesses() {
        let lockout = Lockout::default();
        for from in 0..GUESSES {
            assert!(!lockout.refuses(at(0), "desk", network(7)));
            guess(&lockout, at(0), "desk", 100 + from, "x");
        }
        assert!(lockout.refuses(at(59), "desk", network(7)));
        assert!(!lockout.refuses(at(61), "desk", network(7)));
    }

    #[test]
    fn made_up_names_cost_no_more_than_they_may_and_wash_nothing_out() {
        let lockout = Lockout::default();
        for response in ["a", "b", "c"] {
            guess(&lockout, at(0), "desk", 1, response);
        }
        for n in 0..PAIRS + 10 {
            let guesser = Guesser {
                name: &n.to_string(),
                is_known: false,
                network: network(1),
                response: "x",
            };
            lockout.wrong(at(0), Rules::default(), &guesser);
        }
        let others = lockout.others.table();
        assert_eq!((others.pairs.len(), others.order.len()), (PAIRS, PAIRS));
        assert_eq!(others.names.len(), NAMES);
        drop(others);
        assert!(lockout.refuses(at(1), "desk", network(1)));
        lockout.tidy(at(10_000), Rules::default());
        assert_eq!(lockout.others.table().order.len(), 0);
    }
}
