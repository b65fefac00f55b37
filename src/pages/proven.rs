//! Who has proven a PIN at a phone and is still choosing: the phone shows a token in its place, once, within a moment.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::pbx::{PhoneName, UserId};
use crate::tokens::{Noise, Tokens};

/// How long somebody may think about a choice.
const GOOD_FOR: Duration = Duration::from_secs(120);

/// How many may be thinking. Of too many the oldest begins anew.
const MOST: usize = 10_000;

/// Those who are choosing.
pub(super) struct Proven(Mutex<Tokens<(PhoneName, UserId)>>);

impl Default for Proven {
    fn default() -> Proven {
        Proven(Mutex::new(Tokens::new(GOOD_FOR, MOST)))
    }
}

impl Proven {
    /// Somebody has proven it there, at `uptime`. The token is made of `noise`.
    pub fn give(&self, uptime: Duration, noise: Noise, phone: &PhoneName, user: &UserId) -> String {
        let who = (phone.clone(), user.clone());
        self.lock().give(uptime, noise, who)
    }

    /// Who has proven it at that phone, by the token that the phone shows. Shown at another it is spent, too.
    pub fn take(&self, uptime: Duration, token: &str, phone: &PhoneName) -> Option<UserId> {
        let (at, user) = self.lock().take(uptime, token)?;
        (at == *phone).then_some(user)
    }

    fn lock(&self) -> MutexGuard<'_, Tokens<(PhoneName, UserId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_counts_at_its_phone_alone() {
        let (proven, now) = (Proven::default(), Duration::from_secs(1000));
        let (phone, other, alice) = ("SEP1".into(), "SEP2".into(), UserId::from("alice"));
        let token = proven.give(now, [1; 16], &phone, &alice);
        assert_eq!(proven.take(now, &token, &phone), Some(alice.clone()));
        let token = proven.give(now, [2; 16], &phone, &alice);
        assert_eq!(proven.take(now, &token, &other), None, "elsewhere");
        assert_eq!(proven.take(now, &token, &phone), None, "it was tried");
    }
}
