//! Beside another telephone exchange (CAL-6): whoever is logged in here is registered there, and nobody else is.
//!
//! Who that is follows from who is where. Registering is an adapter's; what became of it is kept for `explain`, and
//! told to whoever it is about.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::action::{Action, Party};
use super::change::{Door, What};
use super::forward::History;
use super::names::{Dn, PhoneName, UserId};
use super::site::DigestSecret;
use super::{Pbx, Site};
use crate::time::{Now, Utc};

/// The other exchange, as the site has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// The trunk that leads there.
    pub trunk: PhoneName,
    /// What it calls itself in addresses; by the trunk's address if it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The realm that it asks for passwords in.
    pub realm: String,
    /// For how long users are registered at a time, in seconds.
    pub expires_s: u32,
    /// How many registrations it may be asked for in a second.
    pub registrations_per_s: u32,
}

/// Who a user is at the other exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamUser {
    /// The number that is registered there.
    pub number: Dn,
    /// The name that goes with the password.
    pub name: String,
    /// What is kept of the password.
    pub secret: DigestSecret,
}

impl UpstreamUser {
    /// Who that is to others.
    pub(super) fn party(&self) -> Party {
        Party {
            dn: self.number.clone(),
            display_name: String::new(),
        }
    }

    /// The same in memory of its own.
    pub(super) fn settled(&self) -> UpstreamUser {
        UpstreamUser {
            number: self.number.as_str().into(),
            name: self.name.clone(),
            secret: self.secret,
        }
    }
}

/// How soon somebody is to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Haste {
    /// When it is their turn: the server or the site is new.
    InTurn,
    /// Before all others: they have just logged in.
    Now,
}

/// Why somebody is not registered at the other exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamFault {
    /// The password is wrong.
    Password,
    /// It asks for a password in another realm than the site says: in this one.
    Realm(String),
    /// It does not allow that.
    Forbidden,
    /// It does not know the number.
    UnknownNumber,
    /// It says nothing.
    Silent,
    /// It has too much to do.
    Busy,
    /// It says something else: a status of the protocol.
    Status(u16),
}

impl UpstreamFault {
    /// The fault in words.
    pub fn text(&self) -> String {
        match self {
            UpstreamFault::Password => "wrong password".to_owned(),
            UpstreamFault::Realm(realm) => format!("it asks for the realm {realm:?}"),
            UpstreamFault::Forbidden => "not allowed there".to_owned(),
            UpstreamFault::UnknownNumber => "unknown number there".to_owned(),
            UpstreamFault::Silent => "no answer".to_owned(),
            UpstreamFault::Busy => "too busy".to_owned(),
            UpstreamFault::Status(status) => format!("it answered {status}"),
        }
    }
}

/// How somebody stands at the other exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamStanding {
    /// Registered.
    Registered,
    /// Not registered.
    Failed {
        /// Why.
        why: UpstreamFault,
        /// When it is tried again (uptime); none if it would be the same.
        again: Option<Duration>,
    },
}

/// Whether the other exchange answers at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamLine {
    /// It does.
    Answers,
    /// It does not; nothing but the question whether it does is sent.
    Silent,
    /// It has said that it wants to be left alone for a while.
    Busy,
    /// It has forgotten who is registered: everybody is registered anew.
    Forgot,
}

/// Users that are to be registered, and what became of that.
#[derive(Debug, Default)]
pub(super) struct Enrolment {
    users: BTreeMap<UserId, Enrolled>,
    /// Whose number there is whose.
    by_number: HashMap<Dn, UserId>,
    /// Of whom something has changed in this step.
    changed: BTreeMap<UserId, Haste>,
    /// Since when it does not answer, or is busy.
    silent: Option<(Utc, UpstreamLine)>,
}

#[derive(Debug)]
struct Enrolled {
    account: Arc<UpstreamUser>,
    /// How they stand, and since when; none while that is being found out.
    standing: Option<(UpstreamStanding, Utc)>,
}

impl Enrolment {
    /// Somebody has come or gone: looked at when the step is over, so that whoever only moves is left alone.
    pub fn look_at(&mut self, user: &UserId, haste: Haste) {
        let due = self.changed.entry(user.clone()).or_insert(haste);
        *due = haste.max(*due);
    }

    fn forget_number(&mut self, user: &UserId) {
        if let Some(Enrolled { account, .. }) = self.users.get(user)
            && self.by_number.get(&account.number) == Some(user)
        {
            self.by_number.remove(&account.number);
        }
    }

    /// How many are to be registered.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// How many are.
    pub fn registered(&self) -> usize {
        let standings = self.users.values().filter_map(|e| e.standing.as_ref());
        standings
            .filter(|(standing, _)| *standing == UpstreamStanding::Registered)
            .count()
    }
}

impl Site {
    /// Who a user is at the other exchange, if there is one.
    pub fn upstream_user(&self, user: &UserId) -> Option<&Arc<UpstreamUser>> {
        self.upstream.as_ref()?;
        self.users.get(user)?.upstream.as_ref()
    }
}

impl Pbx {
    /// Does what follows from who has come and gone in this step.
    pub(super) fn settle_upstream(&mut self) {
        while let Some((user, haste)) = self.upstream.changed.pop_first() {
            let wanted = self.is_reachable_here(&user);
            let account = wanted.then(|| self.site.upstream_user(&user)).flatten();
            match account.cloned() {
                Some(account) => self.enrol(user, account, haste),
                None => self.withdraw(&user),
            }
        }
    }

    /// A companion has no session, but is a phone of the user's all the same (SES-17): calls ring there.
    fn is_reachable_here(&self, user: &UserId) -> bool {
        self.by_user.contains_key(user) || self.companion(&user.as_str().into()).is_some()
    }

    fn enrol(&mut self, user: UserId, account: Arc<UpstreamUser>, haste: Haste) {
        let known = self.upstream.users.get(&user);
        let is_same = known.is_some_and(|enrolled| enrolled.account == account);
        let standing = known.and_then(|enrolled| enrolled.standing.clone());
        let is_registered =
            |standing: &(UpstreamStanding, Utc)| standing.0 == UpstreamStanding::Registered;
        // Whoever logs in, or is said something new about, is tried again, whatever was said before.
        let is_well = standing.as_ref().is_none_or(is_registered);
        if is_same && is_well && haste == Haste::InTurn {
            return;
        }
        let enrolled = Enrolled {
            account: Arc::clone(&account),
            standing: standing.filter(|standing| is_same && is_registered(standing)),
        };
        let number = account.number.clone();
        self.upstream.forget_number(&user);
        self.upstream.by_number.insert(number, user.clone());
        self.upstream.users.insert(user.clone(), enrolled);
        self.act_stored(Action::EnrolUpstream {
            user,
            account,
            haste,
        });
    }

    fn withdraw(&mut self, user: &UserId) {
        self.upstream.forget_number(user);
        if let Some(Enrolled { account, .. }) = self.upstream.users.remove(user) {
            let user = user.clone();
            self.act_stored(Action::WithdrawUpstream { user, account });
        }
    }

    /// After a restart: whoever is logged in is registered, and whoever left so shortly before it that nobody may have
    /// said so is taken back.
    pub(super) fn remember_upstream(&mut self, now: Now) {
        for haste in self.upstream.changed.values_mut() {
            *haste = Haste::InTurn;
        }
        let Some(upstream) = &self.site.upstream else {
            return;
        };
        let since = now
            .utc
            .minus(Duration::from_secs(upstream.expires_s.into()));
        let ended = self
            .phones
            .values()
            .filter_map(|p| p.last_closed.as_deref());
        let ended = ended.filter(|(_, closed)| closed.at >= since);
        let mut gone: Vec<UserId> = ended.map(|(stored, _)| stored.user.clone()).collect();
        gone.sort_unstable();
        gone.dedup();
        for user in gone {
            if self.is_reachable_here(&user) {
                continue;
            }
            if let Some(account) = self.site.upstream_user(&user).cloned() {
                self.act(Action::WithdrawUpstream { user, account });
            }
        }
        self.settle_upstream();
    }

    /// Another site: who is registered, and as whom, may be different.
    pub(super) fn review_upstream(&mut self) {
        let enrolled = self.upstream.users.keys();
        let logged_in = self.by_user.keys();
        let companions = self.softphones.keys().map(|phone| phone.as_str().into());
        let users: Vec<UserId> = enrolled
            .chain(logged_in)
            .cloned()
            .chain(companions)
            .collect();
        for user in users {
            self.upstream.look_at(&user, Haste::InTurn);
        }
    }

    /// The number here that the other exchange calls somebody by who is logged in here; none if that is nobody, or it is
    /// not the other exchange that calls.
    pub(super) fn called_upstream(&self, trunk: &PhoneName, called: &str) -> Option<Dn> {
        let upstream = self.site.upstream.as_ref()?;
        (upstream.trunk == *trunk).then(|| self.owner_here(called))?
    }

    /// A number as it is here: whoever has it at the other exchange, and is logged in here, is called here. So no call goes
    /// there that would only come back.
    pub(super) fn number_here(&self, dn: &Dn) -> Dn {
        match self.directory.holder(dn) {
            None => self.owner_here(dn.as_str()).unwrap_or_else(|| dn.clone()),
            Some(_) => dn.clone(),
        }
    }

    fn owner_here(&self, number: &str) -> Option<Dn> {
        let user = self.upstream.by_number.get(number)?;
        Some(self.site.users.get(user)?.dn.clone())
    }

    /// The trunk to the other exchange, for a number that nobody here has, if whoever calls it is somebody there. Who comes
    /// from there is not: only what a user here sends on goes back.
    pub(super) fn upstream_for(
        &self,
        from: &PhoneName,
        history: &History,
        dn: &Dn,
    ) -> Option<PhoneName> {
        let upstream = self.site.upstream.as_ref()?;
        let is_dialled = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'+');
        let is_number = !dn.as_str().is_empty() && dn.as_str().bytes().all(is_dialled);
        let is_somebody = self.account_of_caller(from, history).is_some();
        (is_number && is_somebody).then(|| upstream.trunk.clone())
    }

    /// As whom a call is made by a trunk, if it is the one to the other exchange.
    pub(super) fn account_by(
        &self,
        trunk: &PhoneName,
        from: &PhoneName,
        history: &History,
    ) -> Option<Arc<UpstreamUser>> {
        let upstream = self.site.upstream.as_ref()?;
        let account = self.account_of_caller(from, history);
        account.filter(|_| upstream.trunk == *trunk).cloned()
    }

    /// Who answers for a call there: whoever sent it on or handed it on, else who calls.
    fn account_of_caller(&self, from: &PhoneName, history: &History) -> Option<&Arc<UpstreamUser>> {
        let sent_on_by = history.diversions.last().map(|last| &last.from.dn);
        let handed_on_by = history.transferred_by.as_ref().map(|party| &party.dn);
        let user = match sent_on_by.or(handed_on_by) {
            Some(dn) => self.find_user(dn.as_str())?.0,
            None => self.user_profile_at(from)?.0,
        };
        self.site.upstream_user(user)
    }

    /// An adapter says how somebody stands.
    pub(super) fn upstream_stands(&mut self, now: Now, user: &UserId, standing: UpstreamStanding) {
        let Some(enrolled) = self.upstream.users.get_mut(user) else {
            return;
        };
        let before = enrolled.standing.replace((standing.clone(), now.utc));
        let number = enrolled.account.number.clone();
        let fault = |standing: &UpstreamStanding| match standing {
            UpstreamStanding::Registered => None,
            UpstreamStanding::Failed { why, .. } => Some(why.clone()),
        };
        let faults = (
            before.and_then(|(before, _)| fault(&before)),
            fault(&standing),
        );
        // What is wrong with the exchange itself is on record once, and not for everybody who has an account there.
        let is_its_own = |fault: &Option<UpstreamFault>| {
            matches!(fault, Some(UpstreamFault::Silent | UpstreamFault::Busy))
        };
        let is_on_record = match &faults {
            (before, None) => is_its_own(before),
            (_, after) => is_its_own(after),
        };
        let door = Door::Registration;
        let (what, text, shown) = match faults {
            (Some(before), Some(after)) if before == after => return,
            (None, None) => return,
            (_, Some(why)) => {
                let why = why.text();
                let text = format!(
                    "{user} is not registered at the telephone exchange as {number}: {why}"
                );
                let shown = format!("Not connected to the telephone exchange: {why}");
                (What::UpstreamFailed, text, shown)
            }
            (Some(_), None) => {
                let text = format!("{user} is registered at the telephone exchange as {number}");
                let shown = "Connected to the telephone exchange".to_owned();
                (What::UpstreamRegistered, text, shown)
            }
        };
        if !is_on_record {
            self.record(now, what, Some(user), None, door, text);
        }
        self.tell_user(Some(user), shown);
    }

    /// An adapter says whether the other exchange answers at all.
    pub(super) fn upstream_line(&mut self, now: Now, line: UpstreamLine) {
        let (what, text) = match line {
            UpstreamLine::Answers => (
                What::UpstreamRegistered,
                "The telephone exchange answers again",
            ),
            UpstreamLine::Silent => (
                What::UpstreamFailed,
                "The telephone exchange does not answer",
            ),
            UpstreamLine::Busy => (What::UpstreamFailed, "The telephone exchange is too busy"),
            UpstreamLine::Forgot => (
                What::UpstreamFailed,
                "The telephone exchange has forgotten who is registered: everybody is registered anew",
            ),
        };
        self.upstream.silent = match line {
            UpstreamLine::Answers | UpstreamLine::Forgot => None,
            UpstreamLine::Silent | UpstreamLine::Busy => Some((now.utc, line)),
        };
        let door = Door::Registration;
        self.record(now, what, None, None, door, text.to_owned());
    }

    /// What there is to say about a user at the other exchange.
    pub(super) fn explain_upstream(&self, now: Now, user: &UserId) -> Vec<String> {
        let Some(account) = self.site.upstream_user(user) else {
            return Vec::new();
        };
        let number = &account.number;
        let Some(enrolled) = self.upstream.users.get(user) else {
            return vec![format!(
                "{user} is not registered at the telephone exchange as {number}, being logged in nowhere."
            )];
        };
        let local = |at| self.schedule.local(at);
        let mut sentences = vec![match &enrolled.standing {
            None => format!("{user} is being registered at the telephone exchange as {number}."),
            Some((UpstreamStanding::Registered, since)) => format!(
                "{user} has been registered at the telephone exchange as {number} since {}.",
                local(*since)
            ),
            Some((UpstreamStanding::Failed { why, again }, _)) => {
                let next = match again {
                    Some(again) => format!("The next try is at {}.", local(now.utc_at(*again))),
                    None => {
                        format!("It is tried again when {user} logs in, or the site is changed.")
                    }
                };
                let why = why.text();
                format!(
                    "{user} is not registered at the telephone exchange as {number}: {why}. {next}"
                )
            }
        }];
        sentences.extend(self.upstream.silent.map(|(since, line)| {
            let what = match line {
                UpstreamLine::Busy => "wants to be left alone",
                _ => "has not answered",
            };
            format!("The telephone exchange {what} since {}.", local(since))
        }));
        sentences
    }
}
