//! What phones asked for and what they were told, and what must be so after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// A user at a phone.
pub type Session = (String, String);

/// What a phone asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A user at the phone.
    Login(Session),
    /// Nobody at the phone.
    Logout(String),
}

impl Wish {
    /// Whether the one may change what the other has brought about.
    fn touches(&self, other: &Wish) -> bool {
        match (self, other) {
            (Wish::Login((user, phone)), Wish::Login((other, place))) => {
                user == other || phone == place
            }
            (Wish::Login((_, phone)), Wish::Logout(place))
            | (Wish::Logout(phone), Wish::Login((_, place)) | Wish::Logout(place)) => {
                phone == place
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Attempt {
    wish: Wish,
    /// Moments are numbered.
    began: u64,
    /// None: nobody knows what became of it.
    ended: Option<u64>,
    was_granted: bool,
}

/// All attempts, by moment.
#[derive(Debug, Default)]
pub struct History(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    moments: u64,
    attempts: Vec<Attempt>,
}

impl Told {
    fn moment(&mut self) -> u64 {
        self.moments += 1;
        self.moments
    }
}

impl History {
    /// A history that begins with these sessions.
    pub fn beginning_with(sessions: &[Session]) -> History {
        let history = History::default();
        for session in sessions {
            let attempt = history.begin(Wish::Login(session.clone()));
            history.end(attempt, true);
        }
        history
    }

    /// Somebody is about to ask.
    pub fn begin(&self, wish: Wish) -> usize {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = Attempt {
            wish,
            began: told.moment(),
            ended: None,
            was_granted: false,
        };
        told.attempts.push(attempt);
        told.attempts.len() - 1
    }

    /// The answer came.
    pub fn end(&self, attempt: usize, was_granted: bool) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = told.moment();
        let attempt = &mut told.attempts[attempt];
        attempt.ended = Some(now);
        attempt.was_granted = was_granted;
    }

    /// What must be so now, whatever became of the attempts that nobody knows the end of.
    pub fn verdict(&self) -> Verdict {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = Verdict::default();
        for (at, attempt) in told.attempts.iter().enumerate() {
            if let Wish::Login(session) = &attempt.wish {
                verdict.requested.insert(session.clone());
            }
            // Overtaken, perhaps: by another that began later, or was under way when this one began.
            let is_open = told.attempts.iter().enumerate().any(|(other_at, other)| {
                other_at != at
                    && other.ended.is_none_or(|ended| ended > attempt.began)
                    && attempt.wish.touches(&other.wish)
            });
            if !attempt.was_granted || is_open {
                continue;
            }
            match &attempt.wish {
                Wish::Login(session) => drop(verdict.present.insert(session.clone())),
                Wish::Logout(phone) => drop(verdict.empty.insert(phone.clone())),
            }
        }
        let attempts = told.attempts.iter();
        verdict.unknown = attempts.filter(|attempt| attempt.ended.is_none()).count();
        verdict.granted = told
            .attempts
            .iter()
            .filter(|attempt| attempt.was_granted)
            .count();
        verdict
    }
}

/// What must be so.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Sessions that were granted and that nobody has asked to change since.
    pub present: BTreeSet<Session>,
    /// Phones that were left, and where nobody has asked for anything since.
    pub empty: BTreeSet<String>,
    /// Every session that anybody has asked for.
    pub requested: BTreeSet<Session>,
    /// How many attempts were under way at the end.
    pub unknown: usize,
    /// How many were granted.
    pub granted: usize,
}

impl Verdict {
    /// Checks what is so.
    pub fn check(&self, actual: &[Session]) -> Result<(), String> {
        let (mut users, mut phones) = (BTreeMap::new(), BTreeMap::new());
        for (user, phone) in actual {
            if let Some(other) = users.insert(user, phone) {
                return Err(format!("{user} is at {other} and at {phone}"));
            }
            if let Some(other) = phones.insert(phone, user) {
                return Err(format!("{phone} is {other}'s and {user}'s"));
            }
            if !self.requested.contains(&(user.clone(), phone.clone())) {
                return Err(format!("nobody asked for {user} at {phone}"));
            }
        }
        for (user, phone) in &self.present {
            if users.get(user) != Some(&phone) {
                return Err(format!(
                    "{user} was logged in at {phone}, and is not there any more"
                ));
            }
        }
        match self.empty.iter().find(|phone| phones.contains_key(phone)) {
            Some(phone) => Err(format!("{phone} was left, and {} is there", phones[phone])),
            None => Ok(()),
        }
    }
}

#[test]
fn only_what_nobody_may_have_changed_is_certain() {
    let login = |user: &str, phone: &str| Wish::Login((user.into(), phone.into()));
    let session = |user: &str, phone: &str| (user.to_owned(), phone.to_owned());
    let history = History::beginning_with(&[
        session("u1", "p1"),
        session("u2", "p2"),
        session("u3", "p3"),
    ]);
    let moved = history.begin(login("u1", "p4"));
    history.end(moved, true);
    history.begin(login("u2", "p5"));
    let left = history.begin(Wish::Logout("p3".into()));
    history.end(left, true);
    let verdict = history.verdict();
    assert_eq!(verdict.present, BTreeSet::from([session("u1", "p4")]));
    assert_eq!(verdict.empty, BTreeSet::from(["p3".to_owned()]));
    assert_eq!(verdict.unknown, 1);
    assert_eq!(
        verdict.check(&[session("u1", "p4"), session("u2", "p2")]),
        Ok(())
    );
    assert_eq!(
        verdict.check(&[session("u1", "p4"), session("u2", "p5")]),
        Ok(())
    );
    for wrong in [
        vec![],
        vec![session("u1", "p1")],
        vec![session("u1", "p4"), session("u1", "p1")],
        vec![session("u1", "p4"), session("u2", "p4")],
        vec![session("u1", "p4"), session("u3", "p3")],
        vec![session("u1", "p4"), session("u2", "p9")],
    ] {
        assert!(verdict.check(&wrong).is_err(), "{wrong:?}");
    }
}
