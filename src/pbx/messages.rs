//! Messages that wait for people: told by the voicemail system, kept, and shown wherever their owner sits (CAL-4).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::action::{Action, Refusal};
use super::change::Change;
use super::event::Ticket;
use super::forward_set::Owner;
use super::names::{Dn, Mailbox, PhoneName, UserId};
use super::profile::UserProfile;
use super::site::{Site, User};

/// What waits in a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// Whether anything waits that was not heard: what the lamp shows.
    pub waiting: bool,
    /// How many were not heard. None, though some wait: the voicemail system does not say.
    pub new: u32,
    /// How many were heard, and kept.
    pub old: u32,
    /// How many of the new ones are urgent.
    pub urgent_new: u32,
    /// How many of the old ones are.
    pub urgent_old: u32,
}

impl Messages {
    /// In words, for a person.
    fn words(&self) -> String {
        let new = match (self.waiting, self.new) {
            (true, 0) => "new messages".to_owned(),
            (_, 1) => "1 new message".to_owned(),
            (_, new) => format!("{new} new messages"),
        };
        let urgent = match self.urgent_new {
            0 => String::new(),
            urgent => format!(" ({urgent} urgent)"),
        };
        match self.old {
            0 => format!("{new}{urgent}"),
            old => format!("{new}{urgent} and {old} heard before"),
        }
    }
}

/// What a voicemail system reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which mailbox it may be about, the likeliest first: systems differ in where they say that.
    pub mailboxes: Vec<Mailbox>,
    /// What waits there.
    pub messages: Messages,
}

/// All mailboxes in which something waits, and whose they are that are not called like their owner's number.
#[derive(Debug, Default)]
pub(super) struct Mailboxes {
    messages: BTreeMap<Mailbox, Messages>,
    named: HashMap<Mailbox, Vec<UserId>>,
}

impl Mailboxes {
    /// The mailboxes of a site, with nothing in them.
    pub fn of(site: &Site) -> Mailboxes {
        let mut mailboxes = Mailboxes::default();
        drop(mailboxes.rename(site));
        mailboxes
    }

    /// Reads the names anew. Who had, or has, a mailbox with a name that is another's, or nobody's, now or before.
    fn rename(&mut self, site: &Site) -> BTreeSet<UserId> {
        let mut named: HashMap<Mailbox, Vec<UserId>> = HashMap::new();
        for (id, user) in &site.users {
            if let Some(mailbox) = &user.mailbox {
                let owners = named.entry(mailbox.clone()).or_default();
                owners.push(id.clone());
            }
        }
        let before = std::mem::replace(&mut self.named, named);
        let now = &self.named;
        let gone = before
            .iter()
            .filter(|(name, of)| now.get(*name) != Some(of));
        let new = now
            .iter()
            .filter(|(name, of)| before.get(*name) != Some(of));
        let concerned = gone.chain(new).flat_map(|(_, owners)| owners);
        concerned.cloned().collect()
    }

    fn set(&mut self, mailbox: &Mailbox, messages: Messages) {
        if messages == Messages::default() {
            self.messages.remove(mailbox);
        } else {
            self.messages.insert(mailbox.clone(), messages);
        }
    }

    fn get(&self, mailbox: &Mailbox) -> Messages {
        self.messages.get(mailbox).copied().unwrap_or_default()
    }
}

/// The mailbox of a user: called like the user's number, unless the site says otherwise.
fn mailbox_of(user: &User) -> Mailbox {
    let own = || Mailbox::from(user.dn.as_str());
    user.mailbox.clone().unwrap_or_else(own)
}

impl Pbx {
    /// The voicemail system of whoever has a profile.
    pub(super) fn voicemail_of(&self, profile: &UserProfile) -> Option<Dn> {
        let own = profile.voicemail.as_ref();
        own.or(self.site.settings.voicemail.as_ref()).cloned()
    }

    /// The one that a phone calls.
    pub(super) fn voicemail_at(&self, phone: &PhoneName) -> Option<Dn> {
        match self.user_profile_at(phone) {
            Some((_, profile)) => self.voicemail_of(profile),
            None => self.site.settings.voicemail.clone(),
        }
    }

    /// What waits for whoever is at a phone.
    pub(super) fn messages_at(&self, phone: &PhoneName) -> Messages {
        let user = self.user_profile_at(phone).map(|(user, _)| user);
        let user = user.and_then(|user| self.site.users.get(user));
        user.map_or_else(Messages::default, |user| {
            self.mailboxes.get(&mailbox_of(user))
        })
    }

    /// A voicemail system says what waits.
    pub(super) fn messages_reported(&mut self, ticket: Ticket, phone: &PhoneName, report: &Report) {
        let outcome = match self.report_of(phone, report) {
            Ok((mailbox, owners)) => {
                self.take_messages(mailbox, &owners, report.messages);
                Ok(())
            }
            Err(why) => {
                tracing::info!(%phone, why = %why.text(), "message waiting refused");
                Err(why)
            }
        };
        self.act_stored(Action::AnswerReport { ticket, outcome });
    }

    /// The rule: only the voicemail system of a mailbox's owner says what waits there.
    fn report_of(
        &self,
        phone: &PhoneName,
        report: &Report,
    ) -> Result<(Mailbox, Vec<UserId>), Refusal> {
        let lines = self.lines_of(phone);
        let is_voicemail = |dn: &Dn| self.directory.is_voicemail(dn);
        if !lines.iter().any(is_voicemail) {
            return Err(Refusal::NotAllowed);
        }
        let known = report.mailboxes.iter().find_map(|mailbox| {
            let owners = self.owners_of(mailbox);
            (!owners.is_empty()).then_some((mailbox, owners))
        });
        let Some((mailbox, owners)) = known else {
            let text = "Nobody here has that mailbox";
            return Err(Refusal::NotFound(text.into()));
        };
        let is_theirs = |user: &UserId| self.is_voicemail_of(user, &lines);
        match owners.iter().any(is_theirs) {
            true => Ok((mailbox.clone(), owners)),
            false => Err(Refusal::NotAllowed),
        }
    }

    fn is_voicemail_of(&self, user: &UserId, lines: &[Dn]) -> bool {
        let user = self.site.users.get(user);
        let profiles = user.into_iter().flat_map(|user| &user.profiles);
        let profiles = profiles.filter_map(|name| self.site.user_profiles.get(name));
        let mut numbers = profiles.filter_map(|profile| self.voicemail_of(profile));
        numbers.any(|dn| lines.contains(&dn))
    }

    /// Whose a mailbox is: one user's, or several who share it.
    fn owners_of(&self, mailbox: &Mailbox) -> Vec<UserId> {
        let named = self.mailboxes.named.get(mailbox);
        let mut owners = named.cloned().unwrap_or_default();
        let by_number = self.find_user(mailbox.as_str());
        let by_number = by_number
            .filter(|(_, user)| user.mailbox.is_none() && user.dn.as_str() == mailbox.as_str());
        owners.extend(by_number.map(|(id, _)| id.clone()));
        owners
    }

    fn take_messages(&mut self, mailbox: Mailbox, owners: &[UserId], messages: Messages) {
        if self.mailboxes.get(&mailbox) == messages {
            return;
        }
        tracing::info!(%mailbox, waiting = messages.waiting, new = messages.new, "message waiting");
        self.set_messages(mailbox, messages);
        for user in owners {
            self.show_to(user);
        }
    }

    fn show_to(&mut self, user: &UserId) {
        for phone in self.phones_of(&Owner::User(user.clone())) {
            self.show_desk(phone);
        }
    }

    fn set_messages(&mut self, mailbox: Mailbox, messages: Messages) {
        self.mailboxes.set(&mailbox, messages);
        let change = Change::MessagesSet { mailbox, messages };
        self.outcome.changes.push(change);
    }

    /// What waited when the server stopped.
    pub(super) fn remember_messages(&mut self, remembered: Vec<(Mailbox, Messages)>) {
        for (mailbox, messages) in remembered {
            self.mailboxes.set(&mailbox, messages);
        }
        self.review_messages();
    }

    /// Another site: mailboxes may be called otherwise, and those that are nobody's are forgotten.
    pub(super) fn review_messages(&mut self) {
        let renamed = self.mailboxes.rename(&self.site);
        let known = self.mailboxes.messages.keys();
        let gone = known.filter(|mailbox| self.owners_of(mailbox).is_empty());
        let gone: Vec<Mailbox> = gone.cloned().collect();
        for mailbox in gone {
            self.set_messages(mailbox, Messages::default());
        }
        for user in renamed {
            self.show_to(&user);
        }
    }

    /// A phone that has just come may have another lamp burning than it should, or show otherwise whether hunt calls ring.
    pub(super) fn show_messages(&mut self, phone: &PhoneName) {
        if self.directory.has_voicemail() || self.has_hunt_key(phone) {
            self.show_desk(phone.clone());
        }
    }

    /// What there is to say about it.
    pub(super) fn explain_messages(&self, id: &UserId) -> Option<String> {
        let mailbox = mailbox_of(self.site.users.get(id)?);
        let messages = self.mailboxes.get(&mailbox);
        let has_any = messages != Messages::default();
        has_any.then(|| format!("{id} has {} in mailbox {mailbox}.", messages.words()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: CAL-4
    #[test]
    fn what_waits_is_said_in_words() {
        let messages = |waiting, new, old, urgent_new| Messages {
            waiting,
            new,
            old,
            urgent_new,
            urgent_old: 0,
        };
        for (messages, words) in [
            (messages(true, 0, 0, 0), "new messages"),
            (messages(true, 1, 0, 0), "1 new message"),
            (
                messages(true, 2, 8, 1),
                "2 new messages (1 urgent) and 8 heard before",
            ),
            (
                messages(false, 0, 3, 0),
                "0 new messages and 3 heard before",
            ),
        ] {
            assert_eq!(messages.words(), words);
        }
    }

    #[test]
    fn an_empty_mailbox_is_not_kept() {
        let mut mailboxes = Mailboxes::default();
        let mailbox = Mailbox::from("2001");
        let some = Messages {
            waiting: true,
            ..Messages::default()
        };
        mailboxes.set(&mailbox, some);
        assert_eq!(mailboxes.get(&mailbox), some);
        mailboxes.set(&mailbox, Messages::default());
        assert!(mailboxes.messages.is_empty());
    }
}
