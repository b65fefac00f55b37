//! Phones that are to read their files again, or to start anew: when nothing goes on there, and never a building at once.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::desk::Seat;
use super::event::Ticket;
use super::login::Asker;
use super::names::PhoneName;
use super::phone::InUse;
use super::provision::Provision;
use super::{Action, DeskMay, DeskSet, Pbx, Refusal, Timer};
use crate::time::Now;

/// What a phone is to do, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Renewal {
    /// Read its file again: it is another one now.
    Read,
    /// Register anew, as what it is now.
    Restart,
    /// Start from its very beginning.
    Reset,
}

/// What is due at a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    what: Renewal,
    /// Whether it has its place in the queue; else it waits for the phone to be free.
    queued: bool,
}

/// Phones that are free, and wait for their turn.
#[derive(Debug, Default)]
pub(super) struct Renewals {
    queue: VecDeque<PhoneName>,
    /// What phones are to do as soon as nothing goes on there.
    due: BTreeMap<PhoneName, Due>,
    /// When the present second began, and how many more may go in it.
    second: (Duration, u32),
}

impl Renewals {
    /// Forgets all phones but those.
    pub fn retain(&mut self, is_known: impl Fn(&PhoneName) -> bool) {
        self.due.retain(|phone, _| is_known(phone));
    }
}

/// What a phone's file is made from, as far as the site and those who come and go change it.
type Facts = (Box<Seat>, Provision, Option<String>);

impl Pbx {
    /// Somebody from afar wants a phone to start anew. It waits for whoever uses it.
    pub(super) fn reset_requested(
        &mut self,
        now: Now,
        ticket: Ticket,
        phone: &PhoneName,
        hard: bool,
    ) {
        let outcome = match self.phones.get(phone) {
            _ if !self.site.phones.contains_key(phone) => {
                Err(Refusal::NotFound(format!("There is no phone {phone}")))
            }
            Some(state) if state.registered => {
                let is_free = self.in_use(phone) == InUse::Idle;
                Ok(match is_free {
                    true => format!("{phone} is told to start anew"),
                    false => format!("{phone} is in use: told to start anew when it is idle"),
                })
            }
            _ => Err(Refusal::Conflict(format!("{phone} is not registered"))),
        };
        if outcome.is_ok() {
            let what = match hard {
                true => Renewal::Reset,
                false => Renewal::Restart,
            };
            self.renew(now, phone, what);
        }
        self.answer(Asker::Ticket(ticket), outcome);
    }

    /// A phone is another's now: if a file makes it that, it reads it again.
    pub(super) fn file_changed(&mut self, now: Now, phone: &PhoneName) {
        if self.reads_files(phone) {
            self.renew(now, phone, Renewal::Read);
        }
    }

    /// Whether what a phone is stands in a file of ours that it can be told to read.
    fn reads_files(&self, phone: &PhoneName) -> bool {
        let config = self.site.phones.get(phone);
        let provision = config.and_then(|phone| phone.provision.as_deref());
        let maker = provision.and_then(|provision| provision.vendor.maker());
        maker.is_some_and(|maker| maker.renewal.is_some())
    }

    /// A phone is to renew itself as soon as nothing goes on there.
    pub(super) fn renew(&mut self, now: Now, phone: &PhoneName, what: Renewal) {
        let queued = false;
        let due = self.renewals.due.entry(phone.clone());
        let due = due.or_insert(Due { what, queued });
        due.what = due.what.max(what);
        self.renew_if_free(now, phone);
    }

    /// A phone may be free, or here, from now on: what is due there gets in line.
    pub(super) fn renew_if_free(&mut self, now: Now, phone: &PhoneName) {
        let may_go = self.may_renew(phone);
        match self.renewals.due.get_mut(phone) {
            Some(due) if may_go && !due.queued => due.queued = true,
            _ => return,
        }
        self.renewals.queue.push_back(phone.clone());
        self.pace_renewals(now);
    }

    /// Whether a phone can be told, and nothing goes on there.
    fn may_renew(&self, phone: &PhoneName) -> bool {
        let is_here = self.phones.get(phone).is_some_and(|it| it.registered);
        is_here && self.in_use(phone) == InUse::Idle
    }

    /// Lets as many phones start anew as the pace of automatic logouts allows (TOD-3).
    pub(super) fn pace_renewals(&mut self, now: Now) {
        const SECOND: Duration = Duration::from_secs(1);
        let rate = self.site.settings.logouts_per_s.max(1);
        if now.uptime >= self.renewals.second.0 + SECOND {
            self.renewals.second = (now.uptime, rate);
        }
        while self.renewals.second.1 > 0 {
            let Some(phone) = self.renewals.queue.pop_front() else {
                return;
            };
            if self.renew_in_turn(phone) {
                self.renewals.second.1 -= 1;
            }
        }
        if !self.renewals.queue.is_empty() {
            self.deadlines
                .arm(Timer::Renewals, self.renewals.second.0 + SECOND);
        }
    }

    /// Its turn has come. Whether it is still free is looked at now.
    fn renew_in_turn(&mut self, phone: PhoneName) -> bool {
        let may_go = self.may_renew(&phone);
        let Some(due) = self.renewals.due.get_mut(&phone) else {
            return false;
        };
        if !may_go {
            due.queued = false;
            return false;
        }
        let how = due.what;
        self.renewals.due.remove(&phone);
        self.act_stored(Action::Renew { phone, how });
        true
    }

    /// What the files of phones are made from, before a site is changed.
    pub(super) fn file_facts(&self) -> BTreeMap<PhoneName, Facts> {
        let phones = self.site.phones.keys();
        let facts = phones.filter_map(|phone| Some((phone.clone(), self.facts_of(phone)?)));
        facts.collect()
    }

    /// The site is another: phones whose files it changed read them, the others are left alone (SES-13).
    pub(super) fn review_files(&mut self, now: Now, before: &BTreeMap<PhoneName, Facts>) {
        for (phone, was) in before {
            if self.facts_of(phone).is_some_and(|is| is != *was) {
                self.renew(now, phone, Renewal::Read);
            }
        }
    }

    fn facts_of(&self, phone: &PhoneName) -> Option<Facts> {
        if !self.reads_files(phone) {
            return None;
        }
        let config = self.site.phones.get(phone)?;
        let provision = config.provision.as_deref()?.clone();
        let mut seat = self.seat(phone)?;
        // What somebody sets at the phone itself stands in no file.
        seat.desk.set = DeskSet::default();
        seat.desk.may = DeskMay::default();
        Some((seat, provision, config.location.clone()))
    }
}
