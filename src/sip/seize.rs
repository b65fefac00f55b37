//! Shared lines: a phone that goes off hook subscribes to `line-seize` first, and so shows what SIP else does not.
//!
//! The subscription is of RFC 6665's shape. It names the call of the line that somebody is about to make (`call_info.rs`):
//! if another phone was first, it is refused, and the phone takes another one.

use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::call_info;
use super::dialog::{Dialog, contact};
use super::flow::Flow;
use super::reply;
use super::transaction::ServerId;
use super::wire::{Message, Name, status_reason};
use crate::pbx::{Event, PhoneName, Refusal, Signal, Ticket};
use crate::time::Now;

/// How long somebody may take to dial; who asks for less gets that.
const LONGEST_S: u32 = 15;

/// A phone that was too late may try again after so many seconds.
const AGAIN_S: u32 = 1;

/// A longer host is not given back.
const HOST_MAX: usize = 256;

/// A line that a phone has taken and not dialled on yet.
#[derive(Debug)]
pub(super) struct Seizure {
    dialog: Dialog,
    /// Under which index the call will be, as a header says it.
    index: Option<String>,
    expires_at: Duration,
}

/// A phone that waits for whether it has a line.
#[derive(Debug)]
pub(super) struct Taking {
    phone: PhoneName,
    subscribe: Message,
    flow: Flow,
    server: ServerId,
    /// Whether it had one already.
    had_one: bool,
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
        let wanted = match subscribe.contacts().next() {
            None => Err("A SUBSCRIBE needs a Contact"),
            Some(_) => call_info::read(subscribe),
        };
        let named = match wanted {
            Ok(named) => named.unwrap_or_default(),
            Err(why) => {
                let why = reply::reason("SIP", 400, why);
                return self.respond(now, server, subscribe, flow, 400, Some(why));
            }
        };
        let before = self.seizures.remove(&phone);
        let had_one = before.is_some();
        if let Some(before) = before {
            self.tell_of_seizure(now, &phone, before, Some(End::Deactivated));
        }
        let ticket = self.mint_ticket();
        self.events.push(Event::LineTaken {
            ticket,
            phone: phone.clone(),
            index: named.index,
        });
        let taking = Taking {
            phone,
            subscribe: subscribe.clone(),
            flow,
            server,
            had_one,
        };
        self.takings.insert(ticket, taking);
    }

    /// A phone may dial now, or may not.
    pub(super) fn line_answered(
        &mut self,
        now: Now,
        ticket: Ticket,
        outcome: Result<Option<u8>, Refusal>,
    ) {
        // Nobody waits if the call itself named its index.
        let Some(taking) = self.takings.remove(&ticket) else {
            return;
        };
        let Taking {
            phone,
            subscribe,
            flow,
            server,
            had_one,
        } = taking;
        let index = match outcome {
            Ok(index) => index,
            Err(why) => {
                let answer = self.begin_response(&subscribe, flow, 480);
                let answer = answer
                    .header(Name::Reason, reply::reason("SIP", 480, &why.text()))
                    .display(Name::RetryAfter, AGAIN_S);
                self.transactions.respond(now, server, 480, answer.finish());
                if had_one {
                    self.deadlines.disarm(&Timer::Seizure(phone.clone()));
                    self.used(phone, Signal::OnHook);
                }
                return;
            }
        };
        let uri = subscribe.uri().ok();
        let host = uri.map(|uri| uri.host).filter(|it| it.len() <= HOST_MAX);
        let tag = self.mint_tag(flow.remote.ip());
        let seizure = Seizure {
            dialog: Dialog::by_their_request(&subscribe, flow, &tag),
            index: host
                .zip(index)
                .map(|(host, index)| call_info::value(host, index)),
            expires_at: now.uptime,
        };
        self.grant(now, (flow, &subscribe, server), phone, seizure, true);
    }

    /// Somebody dials: on the line that the phone has taken, or on the one that the call names.
    pub(super) fn dial_on(&mut self, phone: &PhoneName, named: Option<u8>, call: Event) {
        let named = named.filter(|_| !self.seizures.contains_key(phone));
        if named.is_some() {
            let ticket = self.mint_ticket();
            self.events.push(Event::LineTaken {
                ticket,
                phone: phone.clone(),
                index: named,
            });
        }
        self.events.push(call);
        if named.is_some() {
            self.events.push(Event::LineGivenBack(phone.clone()));
        }
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
            return self.given_back(phone);
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
        if let Some(index) = &seizure.index {
            builder = builder.header(Name::CallInfo, index);
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
            self.given_back(phone.clone());
        }
    }

    fn given_back(&mut self, phone: PhoneName) {
        self.events.push(Event::LineGivenBack(phone.clone()));
        self.used(phone, Signal::OnHook);
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
