//! Do not disturb: a phone where nobody is to be rung, or not aloud.
//!
//! It belongs to whoever set it, at that phone: to a session, with which it ends, or to the phone while nobody is logged in.

use super::Pbx;
use super::action::Refusal;
use super::change::{Change, Door};
use super::login::Asker;
use super::names::PhoneName;
use super::site::DoNotDisturb;
use crate::time::Now;

/// What is said of a phone that is quiet, or is not.
fn words(quiet: bool) -> &'static str {
    match quiet {
        true => "Do not disturb",
        false => "Calls ring again",
    }
}

impl Pbx {
    /// Whether nobody at a phone is to be disturbed, by the wish of whoever is there now.
    pub(super) fn is_quiet(&self, phone: &PhoneName) -> bool {
        let by = self.seldom.quiet.get(phone);
        by.is_some_and(|by| *by == self.session_at(phone))
    }

    /// Whether calls find a phone busy because of that.
    pub(super) fn refuses_calls(&self, phone: &PhoneName) -> bool {
        self.site.settings.do_not_disturb == DoNotDisturb::Reject && self.is_quiet(phone)
    }

    /// Whether calls are shown there and not heard.
    pub(super) fn rings_silently(&self, phone: &PhoneName) -> bool {
        self.site.settings.do_not_disturb == DoNotDisturb::Silent && self.is_quiet(phone)
    }

    /// Somebody at a phone does not want to be disturbed, or wants to be called again.
    pub(super) fn quiet_asked(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        phone: &PhoneName,
        quiet: bool,
    ) {
        // Whoever may not be quiet may stop it.
        if quiet && !self.class_at(phone).do_not_disturb {
            return self.answer(asker, Err(Refusal::NotAllowed));
        }
        // Where that is one, it leaves the hunt groups, too.
        let leaves = quiet && self.quiet_is_not_ready();
        if leaves && let Some(why) = self.must_stay(&self.members_at(phone)) {
            return self.answer(asker, Err(why));
        }
        if self.is_quiet(phone) != quiet {
            self.set_quiet(now, phone, quiet, door);
        }
        self.answer(asker, Ok(words(quiet).into()));
    }

    pub(super) fn set_quiet(&mut self, now: Now, phone: &PhoneName, quiet: bool, door: Door) {
        let session = self.session_at(phone);
        match quiet {
            true => drop(self.seldom.quiet.insert(phone.clone(), session)),
            false => drop(self.seldom.quiet.remove(phone)),
        }
        self.members_changed(phone);
        tracing::info!(%phone, quiet, "do not disturb");
        self.outcome.changes.push(Change::QuietSet {
            phone: phone.clone(),
            session,
            quiet,
        });
        self.show_desk(phone.clone());
        self.members_follow_quiet(now, phone, quiet, door);
    }

    /// What there is to say about it.
    pub(super) fn explain_quiet(&self, phone: &PhoneName) -> Option<String> {
        let becomes = match self.site.settings.do_not_disturb {
            DoNotDisturb::Reject => "calls find it busy",
            DoNotDisturb::Silent => "calls are shown there and not heard",
        };
        let quiet = self.is_quiet(phone);
        quiet.then(|| format!("Nobody at {phone} is to be disturbed: {becomes}."))
    }
}
