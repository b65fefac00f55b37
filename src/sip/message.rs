//! MESSAGE (RFC 3428): texts from phone to phone, and lines of Perch's own for displays.

use bytes::Bytes;
use rsip::Method;

use super::agent::{Agent, Purpose, SIGNAL_LIMIT, Timer};
use super::dialog::via;
use super::flow::Flow;
use super::inbound::body_of;
use super::outbound::{flow_to_binding, identity};
use super::reply;
use super::target::Target;
use super::transaction::ServerId;
use super::wire::{Builder, Message, Name, Scheme};
use crate::pbx::{Body, Dn, Event, Party, PhoneName, Refusal, Secret, Ticket};
use crate::time::Now;

/// More texts than this do not wait for an answer at once.
const MOST_TEXTS: usize = 1000;

/// A text that is on its way.
#[derive(Debug)]
pub(super) struct Text {
    server: ServerId,
    request: Message,
    flow: Flow,
    /// How many of its readers' phones have not answered.
    open: usize,
    /// What the last of them said that did not take it.
    status: u16,
}

impl Agent {
    /// A phone sends a text.
    pub(super) fn text_sent(&mut self, now: Now, flow: Flow, request: &Message, server: ServerId) {
        let Some(phone) = self.authenticated(now, flow, request, server) else {
            return;
        };
        let uri = request.uri().ok();
        let is_dialled = |scheme| matches!(scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
        let Some(uri) = uri.filter(|uri| is_dialled(uri.scheme)) else {
            return self.respond(now, server, request, flow, 416, None);
        };
        let Some(body) = body_of(request) else {
            let why = reply::reason("SIP", 400, "A MESSAGE needs a text");
            return self.respond(now, server, request, flow, 400, Some(why));
        };
        if self.texts.len() >= MOST_TEXTS {
            return self.respond(now, server, request, flow, 503, None);
        }
        let to = Secret::new(uri.user_decoded().into_owned());
        let ticket = self.mint_ticket();
        let text = Text {
            server,
            request: request.clone(),
            flow,
            open: 0,
            status: 480,
        };
        self.texts.insert(ticket, text);
        self.deadlines
            .arm(Timer::Text(ticket), now.uptime + SIGNAL_LIMIT);
        self.events.push(Event::TextSent {
            ticket,
            phone,
            to,
            body,
        });
    }

    /// Carries a text to every device of the phones that takes texts.
    pub(super) fn deliver_text(
        &mut self,
        now: Now,
        ticket: Ticket,
        (from, called): (&Party, &Dn),
        phones: &[PhoneName],
        body: &Body,
    ) {
        let mut sent = 0;
        for phone in phones {
            if self.silent.contains(phone) {
                continue;
            }
            let to = |flow: Flow| format!("<sip:{called}@{}>", flow.local);
            let sender = |flow: Flow| identity(from, flow);
            sent += self.message(now, phone, (&sender, &to), body, &Purpose::Text(ticket));
        }
        let Some(text) = self.texts.get_mut(&ticket) else {
            return;
        };
        text.open = sent;
        if sent == 0 {
            let why = reply::reason("SIP", 480, "The phone takes no texts");
            self.text_ends(now, ticket, 480, Some(why));
        }
    }

    /// Somebody has read a text at a phone that does not speak SIP.
    pub fn text_taken(&mut self, now: Now, ticket: Ticket) {
        self.text_ends(now, ticket, 200, None);
    }

    /// Tells the sender of a text no.
    pub(super) fn refuse_text(&mut self, now: Now, ticket: Ticket, why: &Refusal) {
        let status = reply::status_of(why);
        let reason = reply::reason("SIP", status, &why.text());
        self.text_ends(now, ticket, status, Some(reason));
    }

    /// A reader's phone took a text, or did not. One that took it is enough.
    pub(super) fn text_answered(&mut self, now: Now, ticket: Ticket, status: u16) {
        let Some(text) = self.texts.get_mut(&ticket) else {
            return;
        };
        text.open = text.open.saturating_sub(1);
        if status < 300 {
            return self.text_ends(now, ticket, status, None);
        }
        text.status = status;
        if text.open == 0 {
            // A challenge or redirection of the reader's phone is not for the sender's.
            let status = match status {
                300..=401 | 407 | 408 => 480,
                other => other,
            };
            self.text_ends(now, ticket, status, None);
        }
    }

    /// The sender will not wait for much longer (RFC 4320 §4.1).
    pub(super) fn text_overdue(&mut self, now: Now, ticket: Ticket) {
        self.text_ends(now, ticket, 504, None);
    }

    fn text_ends(&mut self, now: Now, ticket: Ticket, status: u16, why: Option<String>) {
        self.deadlines.disarm(&Timer::Text(ticket));
        if let Some(text) = self.texts.remove(&ticket) {
            self.respond(now, text.server, &text.request, text.flow, status, why);
        }
    }

    /// A line of text for the display, where the phone takes MESSAGE.
    pub(super) fn tell(&mut self, now: Now, phone: &PhoneName, text: &str) {
        if self.silent.contains(phone) {
            return;
        }
        let from = |flow: Flow| format!("\"Perch\" <sip:perch@{}>", flow.local);
        let to = |flow: Flow| format!("<sip:{phone}@{}>", flow.local);
        let body = Body::new(
            Bytes::from_static(b"text/plain;charset=utf-8"),
            Bytes::copy_from_slice(text.as_bytes()),
        );
        self.message(
            now,
            phone,
            (&from, &to),
            &body,
            &Purpose::Tell(phone.clone()),
        );
    }

    /// A MESSAGE to every device of a phone that takes them. How many there are.
    fn message(
        &mut self,
        now: Now,
        phone: &PhoneName,
        (from, to): (&dyn Fn(Flow) -> String, &dyn Fn(Flow) -> String),
        body: &Body,
        purpose: &Purpose,
    ) -> usize {
        let mut sent = 0;
        for binding in self.registrar.bindings_of(phone, now) {
            if !binding.takes_messages {
                continue;
            }
            let flow = flow_to_binding(&binding.contact, binding.flow);
            let tag = self.mint_tag(flow.remote.ip());
            let (branch, call_id) = (self.mint_branch(), self.mint_call_id());
            let bytes = Builder::request(Method::Message, Target::of(&binding.contact).uri)
                .display(Name::Via, via(flow, &branch))
                .header(Name::MaxForwards, "70")
                .display(Name::From, format_args!("{};tag={tag}", from(flow)))
                .header(Name::To, to(flow))
                .header(Name::CallId, call_id)
                .header(Name::CSeq, "1 MESSAGE")
                .finish_with(&body.content_type, &body.bytes);
            let client = self
                .transactions
                .request(now, flow, Method::Message, &branch, bytes);
            self.purposes.insert(client, purpose.clone());
            sent += 1;
        }
        sent
    }
}
