//! Where phones are: the one concurrent table of bindings (RFC 3261 §10).
//!
//! Socket workers refresh bindings here in parallel; nobody else hears of it unless a phone comes or goes. A phone
//! stays in the table for a moment after its last binding went, so that a retransmission is known as one.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use dashmap::mapref::one::RefMut;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::flow::Flow;
use super::network::Network;
use super::wire::Uri;
use crate::pbx::{LockedOut, PhoneName};
use crate::time::{Now, Utc};

/// News from the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The phone can be reached now.
    Registered(PhoneName),
    /// The phone could be reached when the server was stopped, and still can.
    Restored(PhoneName),
    /// The phone cannot be reached any more.
    Gone(PhoneName),
    /// The phone can be reached at one more place, or has started again where it was.
    Moved(PhoneName),
    /// Somebody guessed a phone's password too often.
    LockedOut(LockedOut),
}

/// A place where a phone can be reached, until it expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The contact's URI, as it came.
    pub contact: Box<str>,
    /// The Call-ID of the REGISTER that made or refreshed it.
    pub call_id: Box<str>,
    /// Its `CSeq`.
    pub cseq: u32,
    /// Until when.
    pub expires_at: Utc,
    /// When it was made or refreshed.
    pub refreshed_at: Utc,
    /// The preference in thousandths (RFC 3261 §20.10); 1000 is the default and the most.
    pub q: u16,
    /// The path that the REGISTER came by: through a NAT, the only one back.
    pub flow: Flow,
    /// `+sip.instance` (RFC 5626 §4.1), as it came between its quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Box<str>>,
    /// Which of the instance's flows it is (RFC 5626 §4.2); 0 if the phone does not keep flows alive.
    #[serde(default)]
    pub reg_id: u32,
    /// What the phone calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Box<str>>,
    /// The firmware that it said it has loaded, when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Box<str>>,
    /// Whether the phone says that it takes MESSAGE requests.
    #[serde(default)]
    pub takes_messages: bool,
    /// Whether the phone was asked to tell of its handset, and can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tells_of_handset: bool,
}

impl Binding {
    /// Whether only the connection that it was registered by leads to the phone: then both end together. Another
    /// can be opened to a phone that names its own address and a port that it listens at.
    pub fn is_tied(&self) -> bool {
        if !self.flow.transport.is_reliable() {
            return false;
        }
        let uri = Uri::parse(&self.contact).ok();
        let named = uri.and_then(|uri| {
            let port = uri.port.unwrap_or(self.flow.transport.default_port());
            Some(SocketAddr::new(uri.host_addr()?, port))
        });
        let listens = |at: SocketAddr| {
            at.ip() == self.flow.remote.ip() && at.port() != self.flow.remote.port()
        };
        self.reg_id != 0 || !self.flow.transport.can_be_dialled() || !named.is_some_and(listens)
    }

    /// How many seconds it is still good for, rounded up; 0 if it has expired.
    pub fn remaining_s(&self, now: Now) -> u64 {
        self.expires_at
            .since(now.utc)
            .as_millis()
            .div_ceil(1000)
            .try_into()
            .unwrap_or(u64::MAX)
    }
}

/// What a REGISTER asks for.
pub(super) struct Update<'a> {
    pub(super) call_id: &'a str,
    pub(super) cseq: u32,
    /// Tells the request from every other.
    pub(super) fingerprint: u64,
    pub(super) flow: &'a Flow,
    pub(super) user_agent: Option<&'a str>,
    pub(super) load: Option<&'a str>,
    pub(super) takes_messages: bool,
    pub(super) tells_of_handset: bool,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    /// Bind these, or with an expiry of 0, unbind them. None: only tell what is bound.
    Contacts(SmallVec<[Asked<'a>; 1]>),
    /// `Contact: *`.
    UnbindAll,
}

/// One contact of a REGISTER.
pub(super) struct Asked<'a> {
    pub(super) uri: Uri<'a>,
    pub(super) expires_s: u32,
    pub(super) q: u16,
    pub(super) reg_id: u32,
    pub(super) instance: Option<Cow<'a, str>>,
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// RFC 3261 §10.3 step 7: an older request of the same Call-ID.
    OutOfOrder,
    /// More contacts than a phone may have.
    TooMany,
    /// The phone is not there any more.
    Unknown,
}

/// What became of what a REGISTER asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Applied {
    /// It was done already.
    Nothing,
    /// There is something to be saved.
    Refreshed,
    /// The phone is where it was not, or has started again.
    Moved,
}

/// The REGISTER that a phone was answered last.
#[derive(Clone, Copy, Debug, Default)]
struct Answered {
    fingerprint: u64,
    at: Duration,
}

/// How long a request may be retransmitted (64*T1, RFC 3261 §17.1.2.2).
const RETRANSMISSIONS: Duration = Duration::from_secs(32);

#[derive(Debug, Default)]
struct Record {
    bindings: Vec<Binding>,
    last: Answered,
    /// The second at which it is to be looked at.
    armed: Option<i64>,
    /// Whether it waits to be saved.
    is_unsaved: bool,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    records: DashMap<PhoneName, Record>,
    /// Which phones to look at in which second of coordinated time. Looking finds out what there is to do.
    due: Mutex<BTreeMap<i64, Vec<PhoneName>>>,
    unsaved: Mutex<VecDeque<PhoneName>>,
    bound: AtomicUsize,
    /// How many phones ring: while none does, nobody wants to know where phones are besides.
    ringing: AtomicUsize,
    /// Whether phones have lamps that they may have forgotten when they started again.
    has_lamps: AtomicBool,
    /// Which phones registered by a connection, in order; not all of them need still be there.
    by_connection: DashMap<u64, SmallVec<[PhoneName; 1]>>,
}

impl Bindings {
    /// Does what a REGISTER asks for, all of it or nothing, and has the answer written from what is bound then.
    pub(super) fn update<R>(
        &self,
        now: Now,
        phone: &PhoneName,
        update: &Update<'_>,
        max: usize,
        is_known: impl FnOnce() -> bool,
        answer: impl FnOnce(&[Binding]) -> R,
    ) -> Result<(R, Option<News>), Refused> {
        let mut record = self.record(phone);
        if !is_known() {
            drop(record);
            // One with bindings is for `retain` to take out and report.
            self.records
                .remove_if(phone, |_, record| record.bindings.is_empty());
            return Err(Refused::Unknown);
        }
        record.check(now, update, max)?;
        let was_bound = !record.bindings.is_empty();
        record.bindings.retain(|b| b.expires_at > now.utc);
        let applied = record.apply(now, update);
        let is_changed = applied != Applied::Nothing;
        record.last = Answered {
            fingerprint: update.fingerprint,
            at: now.uptime,
        };
        if is_changed {
            self.note_connection(update.flow.connection, phone);
        }
        let answer = answer(&record.bindings);
        let is_bound = !record.bindings.is_empty();
        self.arm(now, phone, &mut record);
        if is_changed {
            self.mark_unsaved(phone, &mut record);
        }
        let is_awaited = self.is_ringing() || self.has_lamps.load(Ordering::Relaxed);
        let is_news = applied == Applied::Moved && is_bound && is_awaited;
        let moved = || is_news.then(|| News::Moved(phone.clone()));
        let news = self.news(phone, was_bound, is_bound).or_else(moved);
        Ok((answer, news))
    }

    /// Whether the phone was answered a request of this fingerprint a moment ago.
    pub(super) fn was_answered(&self, now: Now, phone: &PhoneName, fingerprint: u64) -> bool {
        self.records.get(phone).is_some_and(|record| {
            record.last.fingerprint == fingerprint
                && now.uptime.saturating_sub(record.last.at) <= RETRANSMISSIONS
        })
    }

    /// Remembers a request that was refused, so that a retransmission is refused alike.
    pub(super) fn note_answered(&self, now: Now, phone: &PhoneName, fingerprint: u64) {
        let mut record = self.record(phone);
        record.last = Answered {
            fingerprint,
            at: now.uptime,
        };
        self.arm(now, phone, &mut record);
    }

    /// The phone's record. Most phones have one; only a new one costs a copy of its name.
    fn record(&self, phone: &PhoneName) -> RefMut<'_, PhoneName, Record> {
        match self.records.get_mut(phone) {
            Some(record) => record,
            None => self.records.entry(phone.clone()).or_default(),
        }
    }

    /// Where the phone is, best first.
    pub(super) fn of(&self, now: Now, phone: &PhoneName) -> Vec<Binding> {
        let Some(record) = self.records.get(phone) else {
            return Vec::new();
        };
        let good = record.bindings.iter().filter(|b| b.expires_at > now.utc);
        let mut bindings: Vec<Binding> = good.cloned().collect();
        bindings.sort_by_key(|b| std::cmp::Reverse((b.q, b.refreshed_at)));
        bindings
    }

    /// Whether the phone is somewhere in this network.
    pub(super) fn is_at(&self, now: Now, phone: &str, network: Network) -> bool {
        let is_there =
            |b: &Binding| b.expires_at > now.utc && Network::from(b.flow.remote.ip()) == network;
        let record = self.records.get(phone);
        record.is_some_and(|record| record.bindings.iter().any(is_there))
    }

    /// Whether a phone that tells of its handset is registered by this very path.
    pub(super) fn tells_of_handset_by(&self, now: Now, phone: &PhoneName, flow: &Flow) -> bool {
        self.has_by(now, phone, flow, |binding| binding.tells_of_handset)
    }

    /// Whether a phone is registered by this very path.
    pub(super) fn is_by(&self, now: Now, phone: &PhoneName, flow: &Flow) -> bool {
        self.has_by(now, phone, flow, |_| true)
    }

    fn has_by(
        &self,
        now: Now,
        phone: &PhoneName,
        flow: &Flow,
        fits: impl Fn(&Binding) -> bool,
    ) -> bool {
        let is_it = |b: &Binding| {
            fits(b)
                && b.expires_at > now.utc
                && b.flow.transport == flow.transport
                && b.flow.remote == flow.remote
        };
        let record = self.records.get(phone);
        record.is_some_and(|record| record.bindings.iter().any(is_it))
    }

    /// The same, as what to ring: each one is a place, with the flows that lead there, best first (RFC 5626 §5.3).
    pub(super) fn targets(&self, now: Now, phone: &PhoneName) -> Vec<Vec<Binding>> {
        let mut targets: Vec<Vec<Binding>> = Vec::new();
        for binding in self.of(now, phone) {
            let is_same = |other: &Binding| {
                other.reg_id != 0 && binding.reg_id != 0 && other.instance == binding.instance
            };
            match targets.iter_mut().find(|target| is_same(&target[0])) {
                Some(target) => target.push(binding),
                None => targets.push(vec![binding]),
            }
        }
        targets
    }

    fn note_connection(&self, connection: u64, phone: &PhoneName) {
        if connection == 0 {
            return;
        }
        let mut phones = self.by_connection.entry(connection).or_default();
        if let Err(at) = phones.binary_search(phone) {
            phones.insert(at, phone.clone());
        }
    }

    /// Whether a phone that registered by this connection keeps it alive.
    pub(super) fn keeps_flow(&self, connection: u64) -> bool {
        // Copied: whoever registers has a record and wants the connection, and is not to wait for one who has it the
        // other way round.
        let phones = self
            .by_connection
            .get(&connection)
            .map(|phones| phones.clone());
        let is_it = |b: &Binding| b.flow.connection == connection && b.reg_id != 0;
        phones.unwrap_or_default().iter().any(|phone| {
            let record = self.records.get(phone);
            record.is_some_and(|record| record.bindings.iter().any(is_it))
        })
    }

    /// A connection is gone, and with it every binding that led nowhere else.
    pub(super) fn connection_closed(&self, now: Now, connection: u64) -> Vec<News> {
        let Some((_, phones)) = self.by_connection.remove(&connection) else {
            return Vec::new();
        };
        let lost = phones
            .iter()
            .filter_map(|phone| self.lose(now, phone, connection));
        lost.collect()
    }

    fn lose(&self, now: Now, phone: &PhoneName, connection: u64) -> Option<News> {
        let mut record = self.records.get_mut(phone)?;
        let before = record.bindings.len();
        record
            .bindings
            .retain(|b| b.flow.connection != connection || !b.is_tied());
        let mut is_changed = record.bindings.len() < before;
        for binding in &mut record.bindings {
            if binding.flow.connection == connection {
                binding.flow.connection = 0;
                is_changed = true;
            }
        }
        let after = record.bindings.len();
        if is_changed {
            self.mark_unsaved(phone, &mut record);
            self.arm(now, phone, &mut record);
        }
        self.news(phone, before > 0, after > 0)
    }

    /// So many phones ring.
    pub(super) fn set_ringing(&self, phones: usize) {
        self.ringing.store(phones, Ordering::Relaxed);
    }

    /// There is voicemail, or is none.
    pub(super) fn set_lamps(&self, has_lamps: bool) {
        self.has_lamps.store(has_lamps, Ordering::Relaxed);
    }

    fn is_ringing(&self) -> bool {
        self.ringing.load(Ordering::Relaxed) > 0
    }

    /// How many phones can be reached.
    pub(super) fn bound(&self) -> usize {
        self.bound.load(Ordering::Relaxed)
    }

    /// Looks at the phones that are due, and unbinds what has expired.
    pub(super) fn expire(&self, now: Now) -> Vec<News> {
        let mut news = Vec::new();
        loop {
            let mut due = lock(&self.due);
            let Some(first) = due.first_entry().filter(|e| *e.key() <= seconds(now)) else {
                return news;
            };
            let (second, phones) = first.remove_entry();
            drop(due);
            news.extend(
                phones
                    .iter()
                    .filter_map(|phone| self.look_at(now, phone, second)),
            );
        }
    }

    fn look_at(&self, now: Now, phone: &PhoneName, second: i64) -> Option<News> {
        let Entry::Occupied(mut entry) = self.records.entry(phone.clone()) else {
            return None;
        };
        let record = entry.get_mut();
        if record.armed != Some(second) {
            return None;
        }
        record.armed = None;
        let before = record.bindings.len();
        record.bindings.retain(|b| b.expires_at > now.utc);
        let after = record.bindings.len();
        if after < before {
            self.mark_unsaved(phone, record);
        }
        let is_spent = now.uptime.saturating_sub(record.last.at) > RETRANSMISSIONS;
        if after > 0 || !is_spent {
            self.arm(now, phone, record);
        } else {
            entry.remove();
        }
        self.news(phone, before > 0, after > 0)
    }

    /// Takes out the phones that `is_known` does not know, in the order of their names.
    pub(super) fn retain(&self, is_known: impl Fn(&PhoneName) -> bool) -> Vec<PhoneName> {
        let mut gone = Vec::new();
        self.records.retain(|phone, record| {
            let stays = is_known(phone);
            if !stays && !record.bindings.is_empty() {
                self.mark_unsaved(phone, record);
                self.bound.fetch_sub(1, Ordering::Relaxed);
                gone.push(phone.clone());
            }
            stays
        });
        gone.sort();
        gone
    }

    /// Takes up to `max` phones whose bindings changed, with what is to be remembered of them.
    pub(super) fn take_unsaved(&self, max: usize) -> Vec<(PhoneName, String)> {
        let mut unsaved = lock(&self.unsaved);
        let count = unsaved.len().min(max);
        let phones: Vec<PhoneName> = unsaved.drain(..count).collect();
        drop(unsaved);
        let saved = phones.into_iter().map(|phone| {
            let text = self.records.get_mut(&phone).map(|mut record| {
                record.is_unsaved = false;
                record.to_text()
            });
            (phone, text.unwrap_or_default())
        });
        saved.collect()
    }

    /// Puts back what was saved, unless it has expired or the phone was quicker.
    pub(super) fn restore(&self, now: Now, phone: PhoneName, text: &str) -> Option<News> {
        let mut bindings: Vec<Binding> = match serde_json::from_str(text) {
            Ok(bindings) => bindings,
            Err(error) => {
                tracing::warn!(%phone, %error, "saved bindings cannot be read; the phone will register again");
                return None;
            }
        };
        // Connections do not survive us, nor what led nowhere else; their numbers begin anew.
        bindings.retain(|b| b.expires_at > now.utc && Uri::parse(&b.contact).is_ok());
        bindings.retain(|b| !b.is_tied());
        for binding in &mut bindings {
            binding.flow.connection = 0;
        }
        if bindings.is_empty() {
            return None;
        }
        let mut record = self.records.entry(phone.clone()).or_default();
        if !record.bindings.is_empty() {
            return None;
        }
        bindings.shrink_to_fit();
        record.bindings = bindings;
        self.arm(now, &phone, &mut record);
        self.news(&phone, false, true)
            .map(|_| News::Restored(phone))
    }

    /// Whether a contact of the phone was bound by a REGISTER of this Call-ID.
    pub(super) fn has_call_id(&self, phone: &PhoneName, call_id: &str) -> bool {
        let is_it = |binding: &Binding| &*binding.call_id == call_id;
        let record = self.records.get(phone);
        record.is_some_and(|record| record.bindings.iter().any(is_it))
    }

    fn news(&self, phone: &PhoneName, was_bound: bool, is_bound: bool) -> Option<News> {
        match (was_bound, is_bound) {
            (false, true) => {
                self.bound.fetch_add(1, Ordering::Relaxed);
                Some(News::Registered(phone.clone()))
            }
            (true, false) => {
                self.bound.fetch_sub(1, Ordering::Relaxed);
                Some(News::Gone(phone.clone()))
            }
            _ => None,
        }
    }

    /// Has the phone looked at when its next binding expires. Later refreshes leave that alone.
    fn arm(&self, now: Now, phone: &PhoneName, record: &mut Record) {
        let next = record.bindings.iter().map(|b| b.expires_at).min();
        let next = next.unwrap_or_else(|| now.utc.plus(RETRANSMISSIONS));
        // The second after: then it has expired for sure.
        let second = next.0.div_euclid(1000) + 1;
        if record.armed.is_none_or(|armed| second < armed) {
            record.armed = Some(second);
            lock(&self.due)
                .entry(second)
                .or_default()
                .push(phone.clone());
        }
    }

    fn mark_unsaved(&self, phone: &PhoneName, record: &mut Record) {
        if !std::mem::replace(&mut record.is_unsaved, true) {
            lock(&self.unsaved).push_back(phone.clone());
        }
    }
}

fn seconds(now: Now) -> i64 {
    now.utc.0.div_euclid(1000)
}

/// What these locks guard is whole between any two statements, whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    /// RFC 3261 §10.3 steps 6 and 7: whether everything that is asked for can be done.
    fn check(&self, now: Now, update: &Update<'_>, max: usize) -> Result<(), Refused> {
        let good = || self.bindings.iter().filter(|b| b.expires_at > now.utc);
        let is_older = |b: &Binding| *b.call_id == *update.call_id && update.cseq < b.cseq;
        let contacts = match &update.what {
            What::UnbindAll if good().any(is_older) => return Err(Refused::OutOfOrder),
            What::UnbindAll => return Ok(()),
            What::Contacts(contacts) => contacts,
        };
        let mut new = 0;
        for asked in contacts {
            match good().find(|b| asked.replaces(b, update)) {
                Some(binding) if is_older(binding) => return Err(Refused::OutOfOrder),
                Some(_) => {}
                None => new += usize::from(asked.expires_s > 0),
            }
        }
        match new > 0 && good().count() + new > max {
            true => Err(Refused::TooMany),
            false => Ok(()),
        }
    }

    /// Does it.
    fn apply(&mut self, now: Now, update: &Update<'_>) -> Applied {
        // The same request once more is no reason to do anything once more.
        let is_same = |b: &Binding| *b.call_id == *update.call_id && update.cseq == b.cseq;
        let contacts = match &update.what {
            What::UnbindAll => {
                let before = self.bindings.len();
                self.bindings.retain(is_same);
                return match self.bindings.len() < before {
                    true => Applied::Refreshed,
                    false => Applied::Nothing,
                };
            }
            What::Contacts(contacts) => contacts,
        };
        let mut applied = Applied::Nothing;
        for asked in contacts {
            let done = match self.bindings.iter().position(|b| asked.replaces(b, update)) {
                Some(at) if is_same(&self.bindings[at]) => continue,
                Some(at) if asked.expires_s == 0 => {
                    self.bindings.remove(at);
                    Applied::Refreshed
                }
                Some(at) => {
                    let binding = &mut self.bindings[at];
                    let is_here =
                        *binding.call_id == *update.call_id && binding.flow == *update.flow;
                    asked.refresh(now, update, binding);
                    match is_here {
                        true => Applied::Refreshed,
                        false => Applied::Moved,
                    }
                }
                None if asked.expires_s == 0 => continue,
                None => {
                    self.bindings.reserve_exact(1);
                    self.bindings.push(asked.binding(now, update));
                    Applied::Moved
                }
            };
            applied = applied.max(done);
        }
        applied
    }

    /// What is to be remembered; empty if nothing is.
    fn to_text(&self) -> String {
        match self.bindings.is_empty() {
            true => String::new(),
            false => serde_json::to_string(&self.bindings).expect("bindings are plain data"),
        }
    }
}

impl Asked<'_> {
    /// Whether this contact takes the place of a binding: it is the same URI by RFC 3261 §19.1.4, or the phone has
    /// started again and has a new one. The instance outlives restarts (RFC 5626 §4.1), a Call-ID does not. Of flows,
    /// instance and number are the name, whatever their URIs are (§6).
    fn replaces(&self, binding: &Binding, update: &Update<'_>) -> bool {
        if self.reg_id != 0 && binding.reg_id != 0 {
            return self.reg_id == binding.reg_id
                && self.instance.as_deref() == binding.instance.as_deref();
        }
        let is_restarted = || {
            self.instance.is_some()
                && self.instance.as_deref() == binding.instance.as_deref()
                && self.reg_id == binding.reg_id
                && *binding.call_id != *update.call_id
        };
        let is_same = || Uri::parse(&binding.contact).is_ok_and(|uri| uri.equivalent(&self.uri));
        *binding.contact == *self.uri.text || is_restarted() || is_same()
    }

    fn binding(&self, now: Now, update: &Update<'_>) -> Binding {
        Binding {
            contact: self.uri.text.into(),
            call_id: update.call_id.into(),
            cseq: update.cseq,
            expires_at: self.expires_at(now),
            refreshed_at: now.utc,
            q: self.q,
            flow: *update.flow,
            instance: self.instance.as_deref().map(Into::into),
            reg_id: self.reg_id,
            user_agent: update.user_agent.map(Into::into),
            load: update.load.map(Into::into),
            takes_messages: update.takes_messages,
            tells_of_handset: update.tells_of_handset,
        }
    }

    fn refresh(&self, now: Now, update: &Update<'_>, binding: &mut Binding) {
        set(&mut binding.contact, self.uri.text);
        set(&mut binding.call_id, update.call_id);
        binding.cseq = update.cseq;
        binding.expires_at = self.expires_at(now);
        binding.refreshed_at = now.utc;
        binding.q = self.q;
        binding.flow = *update.flow;
        binding.reg_id = self.reg_id;
        set_option(&mut binding.instance, self.instance.as_deref());
        set_option(&mut binding.user_agent, update.user_agent);
        // Most refreshes say nothing of it.
        if update.load.is_some() {
            set_option(&mut binding.load, update.load);
        }
        binding.takes_messages = update.takes_messages;
        binding.tells_of_handset = update.tells_of_handset;
    }

    fn expires_at(&self, now: Now) -> Utc {
        now.utc.plus(Duration::from_secs(self.expires_s.into()))
    }
}

/// Most refreshes say what was said before; those cost no memory.
fn set(text: &mut Box<str>, to: &str) {
    if **text != *to {
        *text = to.into();
    }
}

fn set_option(text: &mut Option<Box<str>>, to: Option<&str>) {
    if text.as_deref() != to {
        *text = to.map(Into::into);
    }
}
