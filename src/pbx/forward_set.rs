//! Where calls go by what somebody set at a phone. It beats what the site says, and is kept.
//!
//! It is the person's, wherever that is; at a phone where nobody is logged in it is the phone's, as long as nobody is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::action::Refusal;
use super::change::{Change, Door, Signal, What};
use super::dialplan::{self, Destination};
use super::directory::Holder;
use super::event::{Secret, Ticket};
use super::login::Asker;
use super::names::{Dn, PhoneName, UserId};
use super::profile::{GoesTo, UserProfile};
use crate::time::Now;

/// So far numbers are followed that are forwarded always, to see whether they lead back.
const MOST_STEPS: usize = 8;

/// Which calls go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardKind {
    /// All of them.
    All,
    /// Those that meet a busy phone.
    Busy,
    /// Those that nobody answers.
    NoAnswer,
}

impl ForwardKind {
    /// Every kind.
    pub const ALL: [ForwardKind; 3] = [ForwardKind::All, ForwardKind::Busy, ForwardKind::NoAnswer];

    /// What is said of calls of this kind that go to a number, or stay.
    fn words(self, to: Option<&Dn>) -> String {
        match (self, to) {
            (ForwardKind::All, Some(to)) => format!("All calls go to {to}"),
            (ForwardKind::Busy, Some(to)) => format!("Calls go to {to} when busy"),
            (ForwardKind::NoAnswer, Some(to)) => format!("Calls go to {to} when nobody answers"),
            (ForwardKind::All, None) => "Calls are not forwarded".into(),
            (ForwardKind::Busy, None) => "Calls are not forwarded when busy".into(),
            (ForwardKind::NoAnswer, None) => "Calls are not forwarded when nobody answers".into(),
        }
    }
}

/// Whose something is that was set at a phone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// The phone's, while nobody is logged in there.
    Phone(PhoneName),
    /// The user's, at every phone.
    User(UserId),
}

/// Where somebody said that calls go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForwardTo {
    /// To a number.
    Number(Dn),
    /// Nowhere, although the site sends them on.
    Nowhere,
}

/// All that was set.
#[derive(Debug, Default)]
pub(super) struct Forwardings(BTreeMap<Owner, BTreeMap<ForwardKind, ForwardTo>>);

impl Forwardings {
    pub fn get(&self, owner: &Owner, kind: ForwardKind) -> Option<&ForwardTo> {
        self.0.get(owner)?.get(&kind)
    }

    pub fn set(&mut self, owner: Owner, kind: ForwardKind, to: Option<ForwardTo>) {
        let set = self.0.entry(owner.clone()).or_default();
        match to {
            Some(to) => drop(set.insert(kind, to)),
            None => drop(set.remove(&kind)),
        }
        if set.is_empty() {
            self.0.remove(&owner);
        }
    }

    fn all(&self) -> impl Iterator<Item = (&Owner, ForwardKind, &ForwardTo)> {
        let of = |(owner, set)| std::iter::repeat(owner).zip(set);
        let all = self.0.iter().flat_map(of);
        all.map(|(owner, (kind, to)): (_, (&ForwardKind, _))| (owner, *kind, to))
    }
}

/// What is to be kept: nothing, if the site says the same.
fn kept(to: Option<&Dn>, by_site: Option<&Dn>) -> Option<ForwardTo> {
    match (to, by_site) {
        (Some(to), _) => Some(ForwardTo::Number(to.clone())),
        (None, Some(_)) => Some(ForwardTo::Nowhere),
        (None, None) => None,
    }
}

impl Pbx {
    /// Where calls of a kind to a number go, if they do not stay.
    pub(super) fn forwarding_of(&self, dn: &Dn, kind: ForwardKind) -> Option<Dn> {
        let by_site = self.by_profile(self.profile_of_number(dn), kind);
        let owner = self.owner_of_number(dn);
        self.forwarding_by(owner.as_ref(), kind, by_site)
    }

    /// The same of calls to whoever is at a phone.
    pub(super) fn forwarding_at(&self, phone: &PhoneName, kind: ForwardKind) -> Option<Dn> {
        let owner = self.owner_at(phone).ok();
        self.forwarding_by(owner.as_ref(), kind, self.by_site(phone, kind))
    }

    fn forwarding_by(
        &self,
        owner: Option<&Owner>,
        kind: ForwardKind,
        by_site: Option<Dn>,
    ) -> Option<Dn> {
        match owner.and_then(|owner| self.forwardings.get(owner, kind)) {
            Some(ForwardTo::Number(to)) => Some(to.clone()),
            Some(ForwardTo::Nowhere) => None,
            None => by_site,
        }
    }

    fn by_site(&self, phone: &PhoneName, kind: ForwardKind) -> Option<Dn> {
        let profile = self.user_profile_at(phone).map(|(_, profile)| profile);
        self.by_profile(profile, kind)
    }

    /// What a profile says. Calls that go to a voicemail that there is not stay where they are.
    fn by_profile(&self, profile: Option<&UserProfile>, kind: ForwardKind) -> Option<Dn> {
        let profile = profile?;
        match profile.forwarding.to(kind)? {
            GoesTo::Number(dn) => Some(dn.clone()),
            GoesTo::Voicemail => self.voicemail_of(profile),
        }
    }

    /// Whose calls those to a number are, as far as anybody could have said where they go.
    fn owner_of_number(&self, dn: &Dn) -> Option<Owner> {
        match self.directory.holder(dn)? {
            Holder::User(user) => Some(Owner::User(user.clone())),
            Holder::Pilot(_) => None,
            Holder::Guest => {
                let is_its_own = |phone: &&PhoneName| {
                    let config = self.site.phones.get(*phone);
                    config.is_some_and(|config| config.guest_dn.as_ref() == Some(dn))
                };
                let phone = self.directory.phones_with(dn).find(is_its_own)?;
                Some(Owner::Phone(phone.clone()))
            }
        }
    }

    /// Whose calls somebody at a phone may send on: a shared number is nobody's.
    pub(super) fn owner_at(&self, phone: &PhoneName) -> Result<Owner, Refusal> {
        if let Some((user, _)) = self.user_profile_at(phone) {
            return Ok(Owner::User(user.clone()));
        }
        let own = self.site.phones.get(phone);
        let own = own.and_then(|config| config.guest_dn.as_ref());
        match own {
            Some(own) if self.lines_of(phone).first() == Some(own) => {
                Ok(Owner::Phone(phone.clone()))
            }
            _ => {
                let text = "This phone has no number of its own";
                Err(Refusal::Conflict(text.into()))
            }
        }
    }

    /// Somebody asked by a key where a number is typed, or none.
    pub(super) fn forward_key(
        &mut self,
        now: Now,
        (ticket, door): (Ticket, Door),
        phone: &PhoneName,
        kind: ForwardKind,
        to: Option<Secret>,
    ) {
        self.phone_used(now, phone, Signal::Key);
        let asker = Asker::Ticket(ticket);
        let to = to.map(|digits| dialplan::destination(&self.site, digits.reveal()));
        match to {
            None => self.forward_asked(now, (asker, door), phone, kind, None),
            Some(Destination::Number(dn)) => {
                self.forward_asked(now, (asker, door), phone, kind, Some(dn));
            }
            Some(_) => {
                let text = "Calls cannot go to a code or an emergency number";
                self.answer(asker, Err(Refusal::Conflict(text.into())));
            }
        }
    }

    /// Somebody at a phone says where calls go from now on.
    pub(super) fn forward_asked(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        phone: &PhoneName,
        kind: ForwardKind,
        to: Option<Dn>,
    ) {
        let owner = match self.may_forward(phone, to.as_ref()) {
            Ok(owner) => owner,
            Err(why) => {
                tracing::info!(%phone, why = %why.text(), "forwarding refused");
                return self.answer(asker, Err(why));
            }
        };
        let kept = kept(to.as_ref(), self.by_site(phone, kind).as_ref());
        let text = kind.words(to.as_ref());
        let user = self.user_profile_at(phone).map(|(user, _)| user.clone());
        self.set_forwarding(owner.clone(), kind, kept);
        let what = What::ForwardingSet;
        self.record(now, what, user.as_ref(), Some(phone), door, text.clone());
        for phone in self.phones_of(&owner) {
            self.show_desk(phone);
        }
        self.answer(asker, Ok(text));
    }

    /// The rule: whose calls go on there, or why not.
    fn may_forward(&self, phone: &PhoneName, to: Option<&Dn>) -> Result<Owner, Refusal> {
        if !self.class_at(phone).forward {
            return Err(Refusal::NotAllowed);
        }
        let owner = self.owner_at(phone)?;
        if let Some(to) = to {
            if self.site.emergency.contains_key(to.as_str()) {
                let text = "Calls cannot go to a code or an emergency number";
                return Err(Refusal::Conflict(text.into()));
            }
            self.may_call(phone, to)?;
            if self.leads_back(&owner, to) {
                return Err(Refusal::Circle);
            }
        }
        Ok(owner)
    }

    /// Whether a number is the owner's, or is always forwarded to one that is.
    fn leads_back(&self, owner: &Owner, to: &Dn) -> bool {
        let mut next = Some(to.clone());
        for _ in 0..=MOST_STEPS {
            match next {
                Some(dn) if self.owner_of_number(&dn).as_ref() == Some(owner) => return true,
                Some(dn) => next = self.always_to(&dn),
                None => return false,
            }
        }
        true
    }

    fn set_forwarding(&mut self, owner: Owner, kind: ForwardKind, to: Option<ForwardTo>) {
        if self.forwardings.get(&owner, kind) == to.as_ref() {
            return;
        }
        self.forwardings.set(owner.clone(), kind, to.clone());
        let change = Change::ForwardingSet { owner, kind, to };
        self.outcome.changes.push(change);
    }

    /// Where an owner is.
    pub(super) fn phones_of(&self, owner: &Owner) -> Vec<PhoneName> {
        match owner {
            Owner::Phone(phone) => vec![phone.clone()],
            Owner::User(user) => {
                let sessions = self.sessions_of(user).into_iter();
                let phones = sessions.filter_map(|id| self.sessions.get(&id));
                let phones = phones.map(|session| session.stored.phone.clone());
                let softphone = PhoneName::from(user.as_str());
                let companion = self.companion(&softphone).map(|_| softphone.clone());
                phones.chain(companion).collect()
            }
        }
    }

    /// Another site: what was set by or for somebody who is no more is forgotten.
    pub(super) fn review_forwardings(&mut self) {
        let is_known = |owner: &Owner, to: &ForwardTo| {
            let owner = match owner {
                Owner::User(user) => self.site.users.contains_key(user),
                Owner::Phone(phone) => self.site.phones.contains_key(phone),
            };
            owner
                && match to {
                    ForwardTo::Number(dn) => self.directory.holder(dn).is_some(),
                    ForwardTo::Nowhere => true,
                }
        };
        let all = self.forwardings.all();
        let gone = all.filter(|(owner, _, to)| !is_known(owner, to));
        let gone: Vec<(Owner, ForwardKind)> =
            gone.map(|(owner, kind, _)| (owner.clone(), kind)).collect();
        for (owner, kind) in gone {
            tracing::info!(
                ?owner,
                ?kind,
                "a forwarding that makes no sense any more is forgotten"
            );
            self.set_forwarding(owner, kind, None);
        }
    }

    /// Where calls to a user, or to whoever is at a phone, go: a sentence for each kind.
    pub(super) fn explain_forwarding(&self, owner: &Owner) -> Vec<String> {
        let (name, profile) = match owner {
            Owner::User(user) => {
                let dn = self.site.users.get(user).map(|user| &user.dn);
                (user.as_str(), dn.and_then(|dn| self.profile_of_number(dn)))
            }
            Owner::Phone(phone) => (phone.as_str(), None),
        };
        let kinds = ForwardKind::ALL.into_iter().filter_map(|kind| {
            let by_site = self.by_profile(profile, kind);
            let to = self.forwarding_by(Some(owner), kind, by_site);
            let by = match self.forwardings.get(owner, kind) {
                Some(_) => "set at a phone",
                None if to.is_some() => "by the site",
                None => return None,
            };
            Some(format!("{name}: {} ({by}).", kind.words(to.as_ref())))
        });
        kinds.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: CAL-2
    #[test]
    fn only_what_differs_from_the_site_is_kept() {
        let (one, other) = (Dn::from("1"), Dn::from("2"));
        let number = |dn: &Dn| Some(ForwardTo::Number(dn.clone()));
        let table = [
            (None, None, None),
            (Some(&one), None, number(&one)),
            (Some(&one), Some(&other), number(&one)),
            (Some(&one), Some(&one), number(&one)),
            (None, Some(&one), Some(ForwardTo::Nowhere)),
        ];
        for (to, by_site, expected) in table {
            assert_eq!(kept(to, by_site), expected, "{to:?} {by_site:?}");
        }
    }

    #[test]
    fn an_owner_of_nothing_is_forgotten() {
        let mut all = Forwardings::default();
        let owner = Owner::Phone("desk-1".into());
        all.set(owner.clone(), ForwardKind::Busy, Some(ForwardTo::Nowhere));
        assert_eq!(all.all().count(), 1);
        all.set(owner.clone(), ForwardKind::Busy, None);
        all.set(owner, ForwardKind::All, None);
        assert!(all.0.is_empty());
    }
}
