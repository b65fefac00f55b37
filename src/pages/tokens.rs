//! What a phone is given in place of a PIN that it has proven: good once, for a moment, at that phone alone.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::pbx::{PhoneName, UserId};

/// How long somebody may think about a choice.
const GOOD_FOR: Duration = Duration::from_secs(120);

/// How many may be thinking. Of too many the oldest begins anew.
const MOST: usize = 10_000;

/// Tokens that were given out.
#[derive(Default)]
pub(super) struct Tokens(Mutex<BTreeMap<[u8; 16], Given>>);

struct Given {
    phone: PhoneName,
    user: UserId,
    until: Duration,
}

impl Tokens {
    /// Gives one out, made of `noise`, at `uptime`.
    pub fn give(
        &self,
        uptime: Duration,
        noise: [u8; 16],
        phone: &PhoneName,
        user: &UserId,
    ) -> String {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= MOST {
            given.retain(|_, given| given.until > uptime);
        }
        if given.len() >= MOST {
            let oldest = given.iter().min_by_key(|(_, given)| given.until);
            if let Some(oldest) = oldest.map(|(noise, _)| *noise) {
                given.remove(&oldest);
            }
        }
        let until = uptime + GOOD_FOR;
        let (phone, user) = (phone.clone(), user.clone());
        given.insert(noise, Given { phone, user, until });
        noise.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Takes one back: who it says is at that phone.
    pub fn take(&self, uptime: Duration, token: &str, phone: &PhoneName) -> Option<UserId> {
        let noise = noise_of(token)?;
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let given = tokens.remove(&noise)?;
        (given.phone == *phone && uptime < given.until).then_some(given.user)
    }
}

fn noise_of(token: &str) -> Option<[u8; 16]> {
    if token.len() != 32 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(u128::from_str_radix(token, 16).ok()?.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    #[test]
    fn a_token_is_good_once_at_its_phone_for_a_while() {
        let tokens = Tokens::default();
        let (phone, other, alice) = ("SEP1".into(), "SEP2".into(), UserId::from("alice"));
        let mut place = 0;
        let mut give = || {
            place += 1;
            tokens.give(NOW, [place; 16], &phone, &alice)
        };
        let token = give();
        assert_eq!(token, "01".repeat(16));
        assert_eq!(tokens.take(NOW, &token, &phone), Some(alice.clone()));
        assert_eq!(tokens.take(NOW, &token, &phone), None, "once");
        let token = give();
        assert_eq!(tokens.take(NOW, &token, &other), None, "elsewhere");
        assert_eq!(tokens.take(NOW, &token, &phone), None, "it was tried");
        assert_eq!(tokens.take(NOW + GOOD_FOR, &give(), &phone), None, "late");
        for wrong in ["", "+1", "zz", &"f".repeat(33), &"ü".repeat(16)] {
            assert_eq!(tokens.take(NOW, wrong, &phone), None, "{wrong}");
        }
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let tokens = Tokens::default();
        let (phone, alice) = (PhoneName::from("SEP1"), UserId::from("alice"));
        let give = |number: usize| {
            let at = NOW + Duration::from_millis(number as u64);
            tokens.give(at, (number as u128).to_be_bytes(), &phone, &alice)
        };
        let first = give(0);
        let second = give(1);
        for number in 2..=MOST {
            give(number);
        }
        assert_eq!(tokens.take(NOW, &first, &phone), None);
        assert_eq!(tokens.take(NOW, &second, &phone), Some(alice));
    }
}
