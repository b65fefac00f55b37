//! A softphone that registers as the user itself, and is a phone of that user while it is registered (SES-17).
//!
//! It has no entry among the site's phones: it is named like its user, and that says everything about it. A companion
//! rings along with the desk and has no session. One that counts as the user's phone logs in by registering.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::change::{Cause, Change, Door, SessionId, Signal, StoredSession};
use super::login::{Asker, Login, Purpose};
use super::names::{PhoneName, UserId};
use super::phone::InUse;
use super::profile::UserProfile;
use super::query::Presence;
use super::site::{DigestSecret, Site, User};
use super::{Haste, Pbx, Timer};
use crate::time::{Now, Utc};

/// What a softphone of a user's counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoftphoneUse {
    /// It rings along with the desk and takes nothing from it.
    #[default]
    Companion,
    /// It is the user's phone like any other: registering is a login there, and SES-2 decides.
    Phone,
    /// It may not register.
    No,
}

/// How a softphone proves that it is a user's: a name is part of a digest, so there is one for each of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftphoneSecret {
    /// For one that registers as the user id.
    pub by_id: DigestSecret,
    /// For one that registers as the user's DN.
    pub by_dn: DigestSecret,
}

/// A softphone that may register, by the site.
#[derive(Clone, Copy, Debug)]
pub struct Softphone<'a> {
    /// Whose it is. It is named alike: names of phones and users differ (SES-4).
    pub id: &'a UserId,
    /// The same user.
    pub user: &'a User,
    /// What it proves itself with.
    pub secret: &'a SoftphoneSecret,
    /// What it counts as.
    pub counts_as: SoftphoneUse,
}

impl Softphone<'_> {
    /// What it is called.
    pub fn name(&self) -> PhoneName {
        self.id.as_str().into()
    }
}

impl Site {
    /// The softphone of this name, if its user has a secret and a profile that allows it.
    pub fn softphone(&self, name: &str) -> Option<Softphone<'_>> {
        let (id, user) = self.users.get_key_value(name)?;
        self.softphone_of(id, user)
    }

    /// All softphones that may register.
    pub fn softphones(&self) -> impl Iterator<Item = Softphone<'_>> {
        let users = self.users.iter();
        users.filter_map(|(id, user)| self.softphone_of(id, user))
    }

    fn softphone_of<'a>(&'a self, id: &'a UserId, user: &'a User) -> Option<Softphone<'a>> {
        let secret = user.sip_secret.as_deref()?;
        let counts_as = self.user_profiles.get(user.profiles.first()?)?.softphone;
        (counts_as != SoftphoneUse::No).then_some(Softphone {
            id,
            user,
            secret,
            counts_as,
        })
    }

    /// Whether somebody can be logged in at a phone of this name.
    pub(super) fn holds_sessions(&self, phone: &PhoneName) -> bool {
        let logs_in = |softphone: Softphone<'_>| softphone.counts_as == SoftphoneUse::Phone;
        self.phones.contains_key(phone) || self.softphone(phone.as_str()).is_some_and(logs_in)
    }
}

/// Whether a session is at the softphone of its user: it is named alike, and no phone is.
fn is_own(stored: &StoredSession) -> bool {
    stored.phone.as_str() == stored.user.as_str()
}

/// A softphone that is registered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present {
    /// Since when, as far as this server knows.
    since: Utc,
    /// When it was last used, and what showed it.
    last_used: (Utc, Signal),
}

/// What the edge says of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It has registered.
    Registered,
    /// It registered before the server was restarted, and still is.
    Restored,
    /// It cannot be reached any more.
    Gone,
}

/// How long a softphone with a session may take to be heard of again after a restart.
const GRACE: Duration = Duration::from_secs(60);

impl Pbx {
    /// A softphone came or went.
    pub(super) fn softphone_reached(&mut self, now: Now, phone: &PhoneName, reach: Reach) {
        let lines = self.lines_of(phone);
        self.upstream.look_at(&phone.as_str().into(), Haste::Now);
        if reach == Reach::Gone {
            if self.softphones.remove(phone).is_none() {
                return;
            }
            self.set_reachable(phone, false);
            self.lines_changed(phone, &lines);
            self.softphone_gone(now, phone);
            return;
        }
        let Some(softphone) = self.site.softphone(phone.as_str()) else {
            return;
        };
        let (user, counts_as) = (softphone.id.clone(), softphone.counts_as);
        self.softphones.entry(phone.clone()).or_insert(Present {
            since: now.utc,
            last_used: (now.utc, Signal::Login),
        });
        self.set_reachable(phone, true);
        self.lines_changed(phone, &lines);
        if counts_as == SoftphoneUse::Phone {
            match self.session_at(phone) {
                Some(id) => self.softphone_is_back(now, id),
                // What was moved to a desk before a restart stays there.
                None if reach == Reach::Registered => self.softphone_logs_in(now, phone, user),
                None => {}
            }
        }
    }

    fn set_reachable(&mut self, phone: &PhoneName, registered: bool) {
        self.phones.entry(phone.clone()).or_default().registered = registered;
        self.presence_changed(phone);
    }

    /// Registering is a login, and the secret was its proof.
    fn softphone_logs_in(&mut self, now: Now, phone: &PhoneName, user: UserId) {
        let login = Login {
            asker: Asker::Answered,
            door: Door::Registration,
            phone: phone.clone(),
            user: Some(user),
            blank: false,
            purpose: Purpose::default(),
            forced: false,
            lost: 0,
            session: None,
        };
        self.login_proven(now, login);
    }

    /// It was away for a moment, in a call that went on.
    fn softphone_is_back(&mut self, now: Now, id: SessionId) {
        let leaving = self.sessions.get(&id).and_then(|s| s.stored.leaving);
        if matches!(leaving, Some((Cause::Unregistered, ..))) {
            self.cancel_leaving(now, id);
        }
    }

    /// What was the softphone's by its registration ends with it; a call that goes on is waited for.
    fn softphone_gone(&mut self, now: Now, phone: &PhoneName) {
        let user = UserId::from(phone.as_str());
        let awaited = self.awaited_moves.get(&user);
        if awaited.is_some_and(|awaited| awaited.phone == *phone) {
            self.awaited_moves.remove(&user);
            self.deadlines.disarm(&Timer::MoveLimit(user.clone()));
            self.outcome.changes.push(Change::MoveSettled(user));
        }
        if let Some(id) = self.session_at(phone) {
            self.end_unregistered(now, id);
        }
    }

    /// Ends the session of a softphone that is not registered. Nothing happens to any other.
    pub(super) fn end_unregistered(&mut self, now: Now, id: SessionId) {
        let Some(stored) = self.sessions.get(&id).map(|session| &session.stored) else {
            return;
        };
        if !is_own(stored) || self.softphones.contains_key(&stored.phone) {
            return;
        }
        let phone = stored.phone.clone();
        let (cause, door) = (Cause::Unregistered, Door::Registration);
        let is_free = self.in_use(&phone) == InUse::Idle;
        if is_free && self.emergency_hold(now, &phone).is_none() {
            self.close(now, id, cause, door);
        } else {
            self.set_leaving(now, id, cause, door);
            self.leave_if_idle(now, id);
        }
    }

    /// After a restart: softphones with a session have a moment to be heard of again.
    pub(super) fn await_softphones(&mut self, now: Now) {
        if self.sessions.values().any(|s| is_own(&s.stored)) {
            self.deadlines.arm(Timer::Softphones, now.uptime + GRACE);
        }
    }

    /// The moment is over.
    pub(super) fn softphones_overdue(&mut self, now: Now) {
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.end_unregistered(now, id);
        }
    }

    /// Another site: which softphones are there, and what they count as, may be different. `lines` are those that
    /// they had, for those in calls.
    pub(super) fn review_softphones(
        &mut self,
        now: Now,
        lines: impl Fn(&PhoneName) -> Vec<super::Dn>,
    ) {
        let present: Vec<PhoneName> = self.softphones.keys().cloned().collect();
        for phone in present {
            let softphone = self.site.softphone(phone.as_str());
            let facts = softphone.map(|s| (s.id.clone(), s.counts_as));
            if facts.is_none() {
                self.softphones.remove(&phone);
                self.set_reachable(&phone, false);
            }
            self.lines_changed(&phone, &lines(&phone));
            // One that was a companion until now logs in, if that takes nothing from anybody.
            if let Some((user, SoftphoneUse::Phone)) = facts
                && self.sessions_of(&user).is_empty()
            {
                self.softphone_logs_in(now, &phone, user);
            }
        }
    }

    /// Whose companion a phone is, and as what. It is nobody's unless it is registered.
    pub(super) fn companion(&self, phone: &PhoneName) -> Option<(&UserId, &UserProfile)> {
        self.softphones.get(phone)?;
        let softphone = self.site.softphone(phone.as_str())?;
        let profile = self
            .site
            .user_profiles
            .get(softphone.user.profiles.first()?)?;
        (softphone.counts_as == SoftphoneUse::Companion).then_some((softphone.id, profile))
    }

    /// A companion was used. There is no session that it could keep.
    pub(super) fn companion_used(&mut self, now: Now, phone: &PhoneName, signal: Signal) {
        if let Some(present) = self.softphones.get_mut(phone) {
            present.last_used = (now.utc, signal);
        }
    }

    /// Every companion that is registered, as somebody's presence.
    pub(super) fn companions(&self) -> impl Iterator<Item = Presence> {
        self.softphones.iter().filter_map(|(phone, present)| {
            let (id, _) = self.companion(phone)?;
            let user = self.site.users.get(id)?;
            Some(Presence {
                user: id.clone(),
                dn: user.dn.clone(),
                display_name: user.display_name.clone(),
                phone: phone.clone(),
                profile: user.profiles.first()?.clone(),
                lasts_s: None,
                door: Door::Registration,
                since: present.since,
                last_used: present.last_used,
                next_logout: None,
                leaving: None,
                in_call: self.in_use(phone).in_call(),
            })
        })
    }

    /// What there is to say about a user's softphone.
    pub(super) fn explain_softphone(&self, user: &UserId) -> Option<String> {
        let softphone = self.site.softphone(user.as_str())?;
        let present = self.softphones.get(user.as_str());
        let since = present.map(|present| self.schedule.local(present.since));
        Some(match (softphone.counts_as, since) {
            (_, None) => format!("The softphone of {user} is not registered."),
            (SoftphoneUse::Phone, Some(since)) if self.session_at(&softphone.name()).is_none() => {
                format!(
                    "The softphone of {user} has been registered since {since}, but is logged out: \
                     it gets calls again when it registers anew."
                )
            }
            (SoftphoneUse::Phone, Some(since)) => {
                format!("The softphone of {user} has been registered since {since}.")
            }
            (_, Some(since)) => format!(
                "The softphone of {user} has been registered since {since}: it rings along, and nothing logs it out."
            ),
        })
    }

    /// Where a phone is, for whoever answers an emergency call from it.
    pub(super) fn place_of(&self, phone: &PhoneName) -> String {
        let place = self.site.phones.get(phone).and_then(|p| p.location.clone());
        place.unwrap_or_else(|| match self.site.softphone(phone.as_str()) {
            Some(softphone) => format!(
                "softphone of {}, location unknown",
                softphone.user.display_name
            ),
            None => "location unknown".to_owned(),
        })
    }
}
