//! Shared lines: a phone that goes off hook subscribes to `line-seize` first, and so shows what SIP else does not.
//!
//! The subscription is of RFC 6665's shape. The line is always to be had: nobody here waits for it, it is only heard of.

use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::dialog::{Dialog, contact};
use super::flow::Flow;
use super::transaction::ServerId;
use super::wire::{Message, Name, status_reason};
use crate::pbx::{Event, PhoneName, Signal};
use crate::time::Now;

/// How long somebody may take to dial; who asks for less gets that.
const LONGEST_S: u32 = 15;

/// The header in which shared lines are numbered, and the most that is given back of it.
const CALL_INFO: &str = "Call-Info";
const CALL_INFO_MAX: usize = 256;

/// A line that a phone has taken and not dialled on yet.
#[derive(Debug)]
pub(super) struct Seizure {
    dialog: Dialog,
    /// Which line, in the phone's own words.
    line: Option<Vec<u8>>,
    expires_at: Duration,
}

/// Why a seizure ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The phone gave the line back, or took too long.
    Timeout,
    /// It has taken a line anew.
    Deactivated,
    /// It dialled, and holds the line by its call.
    Dialled,
    /// It knows nothing of it any more.
    Unknown,
}

impl Agent {
    /// A phone subscribes to something.
    pub(super) fn subscribed(
        &mut self,
        now: Now,
        flow: Flow,
        subscribe: &Message,
        server: ServerId,
    ) {
        if !is_line_seize(subscribe) {
            return self.watch_asked(now, flow, subscribe, server);
        }
        let Some(phone) = self.authenticated(now, flow, subscribe, server) else {
            return;
        };
        if subscribe.contacts().next().is_none() {
            return self.respond(now, server, subscribe, flow, 400, None);
        }
        let tag = self.mint_tag(flow.remote.ip());
        let line = subscribe.header_named(CALL_INFO);
        let line = line.filter(|line| line.len() <= CALL_INFO_MAX);
        let seizure = Seizure {
            dialog: Dialog::by_their_request(subscribe, flow, &tag),
            line: line.map(<[u8]>::to_vec),
            expires_at: now.uptime,
        };
        if let Some(before) = self.seizures.remove(&phone) {
            self.tell_of_seizure(now, &phone, before, Some(End::Deactivated));
        }
        self.grant(now, (flow, subscribe, server), phone, seizure, true);
    }

    /// A request within the dialog of a seizure, if it is one: more time, or the line is given back. False if not.
    pub(super) fn requested_in_seizure(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
    ) -> bool {
        let key = super::agent::dialog_of(request);
        let mut seizures = self.seizures.iter();
        let found = seizures.find(|(_, seizure)| seizure.dialog.key() == key);
        let Some(phone) = found.map(|(phone, _)| phone.clone()) else {
            return false;
        };
        if request.method() != Some(Method::Subscribe) || !is_line_seize(request) {
            self.respond(now, server, request, flow, 489, None);
            return true;
        }
        let Some(mut seizure) = self.seizures.remove(&phone) else {
            return false;
        };
        let is_elsewhere = seizure.dialog.flow.remote.ip() != flow.remote.ip();
        if is_elsewhere || !seizure.dialog.takes(request) {
            let status = if is_elsewhere { 403 } else { 500 };
            self.respond(now, server, request, flow, status, None);
            self.seizures.insert(phone, seizure);
            return true;
        }
        seizure.dialog.flow = flow;
        self.grant(now, (flow, request, server), phone, seizure, false);
        true
    }

    /// Answers a subscription, and says how it stands (RFC 6665 §4.2.1.2).
    fn grant(
        &mut self,
        now: Now,
        (flow, subscribe, server): (Flow, &Message, ServerId),
        phone: PhoneName,
        mut seizure: Seizure,
        is_new: bool,
    ) {
        let expires_s = subscribe.expires().unwrap_or(LONGEST_S).min(LONGEST_S);
        let answer = super::wire::respond(
            subscribe,
            flow.remote,
            200,
            status_reason(200),
            Some(&seizure.dialog.local_tag),
        );
        let answer = answer
            .display(Name::Expires, expires_s)
            .header(Name::Contact, contact(flow, &seizure.dialog.target))
            .finish();
        self.transactions.respond(now, server, 200, answer);
        if expires_s == 0 {
            self.tell_of_seizure(now, &phone, seizure, Some(End::Timeout));
            self.deadlines.disarm(&Timer::Seizure(phone.clone()));
            return self.used(phone, Signal::OnHook);
        }
        seizure.expires_at = now.uptime + Duration::from_secs(expires_s.into());
        self.deadlines
            .arm(Timer::Seizure(phone.clone()), seizure.expires_at);
        self.tell_of_seizure(now, &phone, seizure, None);
        if is_new {
            self.used(phone, Signal::OffHook);
        }
    }

    /// Says how a seizure stands. One that has not ended is kept.
    fn tell_of_seizure(
        &mut self,
        now: Now,
        phone: &PhoneName,
        mut seizure: Seizure,
        end: Option<End>,
    ) {
        let state = match end {
            None => {
                let left = seizure.expires_at.saturating_sub(now.uptime).as_secs();
                format!("active;expires={left}")
            }
            Some(End::Deactivated) => "terminated;reason=deactivated".to_owned(),
            Some(End::Timeout | End::Dialled) => "terminated;reason=timeout".to_owned(),
            Some(End::Unknown) => return,
        };
        let branch = self.mint_branch();
        let flow = seizure.dialog.flow;
        let towards = contact(flow, &seizure.dialog.target);
        let mut builder = seizure
            .dialog
            .request(Method::Notify, &branch)
            .header(Name::Contact, towards)
            .header(Name::Event, "line-seize")
            .header(Name::SubscriptionState, state);
        if let Some(line) = &seizure.line {
            builder = builder.header_named(CALL_INFO, line);
        }
        let bytes = builder.finish();
        let client = self
            .transactions
            .request(now, flow, Method::Notify, &branch, bytes);
        let purpose = match end {
            None => Purpose::Seized(phone.clone()),
            Some(_) => Purpose::End,
        };
        self.purposes.insert(client, purpose);
        if end.is_none() {
            self.seizures.insert(phone.clone(), seizure);
        }
    }

    /// A phone has dialled: its line is in use by its call now. To be said after the core has heard of the call, so that
    /// the phone is not idle for a moment.
    pub(super) fn dialled_on_seized_line(&mut self, now: Now, phone: &PhoneName) {
        self.end_seizure(now, phone, End::Dialled);
    }

    /// Nobody has dialled in time.
    pub(super) fn seizure_overdue(&mut self, now: Now, phone: &PhoneName) {
        self.end_seizure(now, phone, End::Timeout);
    }

    /// A phone has said whether it has heard how its seizure stands (RFC 6665 §4.2.2).
    pub(super) fn seizure_heard(&mut self, now: Now, phone: &PhoneName, status: u16) {
        if matches!(
            status,
            404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604
        ) {
            self.end_seizure(now, phone, End::Unknown);
        }
    }

    fn end_seizure(&mut self, now: Now, phone: &PhoneName, end: End) {
        self.deadlines.disarm(&Timer::Seizure(phone.clone()));
        if let Some(seizure) = self.seizures.remove(phone) {
            self.tell_of_seizure(now, phone, seizure, Some(end));
            self.used(phone.clone(), Signal::OnHook);
        }
    }

    fn used(&mut self, phone: PhoneName, signal: Signal) {
        self.events.push(Event::PhoneUsed { phone, signal });
    }
}

fn is_line_seize(subscribe: &Message) -> bool {
    let event = subscribe.header(Name::Event).unwrap_or_default();
    let package = event.split(|b| *b == b';').next().unwrap_or_default();
    package.trim_ascii().eq_ignore_ascii_case(b"line-seize")
}
