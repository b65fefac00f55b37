//! A PIN that its user has chosen (PRO-7). It counts in place of the site's, until that becomes another.

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::change::{Change, Door, What};
use super::event::Ticket;
use super::login::Asker;
use super::names::{PhoneName, UserId};
use super::site::PinHash;
use super::{Refusal, User};
use crate::time::Now;

/// How many digits a PIN has: it is dialled.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=32;

/// Whether it can be a PIN.
pub fn is_pin(text: &str) -> bool {
    PIN_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A PIN of a user's own choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPin {
    /// The PIN.
    pub pin: PinHash,
    /// That of the site, in whose place it is. If the site has another, an administrator has given a new one.
    pub instead_of: PinHash,
}

impl OwnPin {
    fn counts_for(&self, user: Option<&User>) -> bool {
        user.is_some_and(|user| user.pin == self.instead_of)
    }
}

impl Pbx {
    /// What proves that it is this user.
    pub(super) fn pin_of(&self, user: &UserId) -> Option<&PinHash> {
        let of_site = self.site.users.get(user);
        let own = self.own_pins.get(user);
        match own.filter(|own| own.counts_for(of_site)) {
            Some(own) => Some(&own.pin),
            None => of_site.map(|user| &user.pin),
        }
    }

    /// Somebody who has proven to be a user has chosen another PIN.
    pub(super) fn pin_chosen(
        &mut self,
        now: Now,
        (ticket, door): (Ticket, Door),
        phone: &PhoneName,
        user: &UserId,
        pin: PinHash,
    ) {
        let asker = Asker::Ticket(ticket);
        let Some(of_site) = self.site.users.get(user) else {
            let why = Refusal::NotFound(format!("There is no user {user}"));
            return self.answer(asker, Err(why));
        };
        let own = OwnPin {
            pin,
            instead_of: of_site.pin.clone(),
        };
        self.set_own_pin(user.clone(), Some(own));
        let text = format!("{user} has chosen another PIN");
        self.record(now, What::PinChosen, Some(user), Some(phone), door, text);
        self.answer(asker, Ok("Your PIN is another one now".into()));
    }

    fn set_own_pin(&mut self, user: UserId, own: Option<OwnPin>) {
        match &own {
            Some(own) => drop(self.own_pins.insert(user.clone(), own.clone())),
            None => drop(self.own_pins.remove(&user)),
        }
        self.outcome.changes.push(Change::OwnPinSet { user, own });
    }

    /// Another site: what it says anew counts, and whoever is no more needs no PIN.
    pub(super) fn review_own_pins(&mut self) {
        let all = self.own_pins.iter();
        let gone = all.filter(|(user, own)| !own.counts_for(self.site.users.get(*user)));
        let gone: Vec<UserId> = gone.map(|(user, _)| user.clone()).collect();
        for user in gone {
            tracing::info!(%user, "the site has another PIN, or no such user: the chosen one is forgotten");
            self.set_own_pin(user, None);
        }
    }

    /// Which PIN counts.
    pub(super) fn explain_pin(&self, user: &UserId) -> Option<String> {
        self.own_pins.get(user)?;
        Some(format!(
            "{user} has chosen a PIN at a phone; it counts until the site file has another one than now."
        ))
    }
}
