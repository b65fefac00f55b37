//! Messages to events: what a phone wants, and what it says to what we want.

use std::net::IpAddr;

use bytes::Bytes;
use rsip::Method;

use super::agent::{Agent, Purpose, SIGNAL_LIMIT, Timer, caller_key, dialog_of};
use super::auth::Verdict;
use super::call_info;
use super::caller::{caller_of, number_of};
use super::content::{self, Unsuitable};
use super::flow::Flow;
use super::leg::{Incoming, Leg, Stage};
use super::package::{ALLOW_EVENTS, EVENT_LIST};
use super::registrar::ALLOW;
use super::reliable::Reliable;
use super::replaces::Wanted;
use super::reply;
use super::transaction::{self, ClientId, ServerId};
use super::wire::{Builder, Message, Name, Scheme, Via, respond, status_reason};
use crate::pbx::{Body, Event, Hops, LegId, PhoneName, Secret};
use crate::time::Now;

/// The extensions that a request may insist on (RFC 3261 §20.32).
const OPTIONS: [&str; 7] = [
    "100rel",
    "timer",
    "replaces",
    "join",
    "norefersub",
    "tdialog",
    EVENT_LIST,
];

impl Agent {
    /// Takes a message that the edge did not answer.
    pub fn receive(&mut self, now: Now, flow: Flow, message: &Message) {
        if message.status().is_some() {
            if let Some(client) = self.transactions.response(now, message) {
                self.responded(now, client, message);
            }
            return;
        }
        match self.transactions.receive(now, flow, message) {
            transaction::Incoming::Absorbed => {}
            transaction::Incoming::AckOf2xx => self.acknowledged(now, message),
            transaction::Incoming::Cancel(server, invite) => {
                self.cancelled(now, flow, message, server, invite);
            }
            transaction::Incoming::New(server) => self.request(now, flow, message, server),
            transaction::Incoming::Overload => {
                let answer = respond(message, flow.remote, 503, status_reason(503), None)
                    .header(Name::RetryAfter, "10")
                    .finish();
                self.transactions.sends.push((flow, answer));
            }
        }
    }

    fn request(&mut self, now: Now, flow: Flow, request: &Message, server: ServerId) {
        if request.method().is_none() {
            // RFC 3261 §8.2.1 for methods that we know but do not take, §21.5.2 for the others.
            self.respond(now, server, request, flow, 501, None);
            return;
        }
        let is_unknown = |tag: &&str| !OPTIONS.iter().any(|known| known.eq_ignore_ascii_case(tag));
        let unsupported: Vec<&str> = request.requires().filter(is_unknown).collect();
        if !unsupported.is_empty() {
            let list = unsupported.join(", ");
            let answer = self.begin_response(request, flow, 420);
            let answer = answer.header(Name::Unsupported, list).finish();
            self.transactions.respond(now, server, 420, answer);
            return;
        }
        let tag = request.to_tag();
        match tag {
            Some(tag) => {
                let key = (request.call_id().to_owned(), tag.to_owned());
                match self.dialogs.get(&key).copied() {
                    Some(leg) => self.request_in_dialog(now, flow, request, server, leg),
                    None => match self.early_leg(request) {
                        Some(leg) => self.request_in_early_dialog(now, flow, request, server, leg),
                        None if self.requested_in_seizure(now, flow, request, server) => {}
                        None if self.requested_in_watch(now, flow, request, server) => {}
                        None => self.belongs_to_nothing(now, flow, request, server),
                    },
                }
            }
            None => match request.method() {
                Some(Method::Invite) => self.invited(now, flow, request, server),
                Some(Method::Notify) => self.notified_unasked(now, flow, request, server),
                Some(Method::Bye | Method::Info | Method::Update | Method::PRack) => {
                    self.respond(now, server, request, flow, 481, None);
                }
                Some(Method::Refer) => self.referred_from_outside(now, flow, request, server),
                Some(Method::Message) => self.text_sent(now, flow, request, server),
                Some(Method::Subscribe) => self.subscribed(now, flow, request, server),
                Some(Method::Publish) => self.respond(now, server, request, flow, 489, None),
                _ => self.respond(now, server, request, flow, 405, None),
            },
        }
    }

    /// A request for something that is over, or never was. Of those there may be as many as somebody cares to send.
    fn belongs_to_nothing(&mut self, now: Now, flow: Flow, request: &Message, server: ServerId) {
        self.registrar.came_to_nothing(now, flow.remote.ip());
        let answer = self.begin_response(request, flow, 481).finish();
        self.transactions.respond_and_forget(server, answer);
    }

    /// A phone wants to call.
    fn invited(&mut self, now: Now, flow: Flow, invite: &Message, server: ServerId) {
        if let Err(status) = self.may_be_taken(flow, invite) {
            self.respond(now, server, invite, flow, status, None);
            return;
        }
        let trunk = self.registrar.trunk_of(&flow, invite);
        let is_trunk = trunk.is_some();
        let phone = trunk.or_else(|| self.authenticated(now, flow, invite, server));
        let Some(phone) = phone else {
            return;
        };
        let takes_over = [Name::Replaces, Name::Join].map(|name| invite.header(name).is_some());
        if is_trunk && takes_over.contains(&true) {
            return self.respond(now, server, invite, flow, 403, None);
        }
        if let Err(unsuitable) = content::check(invite) {
            self.refuse_content(now, server, invite, flow, unsuitable);
            return;
        }
        if self.is_too_brief(invite) {
            return self.refuse_brief(now, server, invite, flow);
        }
        let wanted = match self.wanted_by(invite) {
            Ok(wanted) => wanted,
            Err((status, why)) => {
                let why = reply::reason("SIP", status, why);
                return self.respond(now, server, invite, flow, status, Some(why));
            }
        };
        let Some(digits) = invite.uri().ok().map(|uri| uri.user_decoded().into_owned()) else {
            self.respond(now, server, invite, flow, 416, None);
            return;
        };
        let trying = respond(invite, flow.remote, 100, status_reason(100), None).finish();
        self.transactions.trying(now, server, trying);
        if invite.allows(Method::Message) {
            self.silent.remove(&phone);
        }
        let caller = phone.clone();
        let leg = self.leg_ids.mint();
        self.invites.insert(server, leg);
        self.callers.insert(caller_key(invite), leg);
        let incoming = Incoming {
            server,
            invite: invite.clone(),
            flow,
            tag: self.mint_tag(flow.remote.ip()),
            early: Vec::new(),
            reliable: Reliable::default(),
            rings_as: None,
        };
        let stage = Stage::Incoming(Box::new(incoming));
        let entry = Leg {
            phone: phone.clone(),
            stage,
        };
        self.legs.insert(leg, entry);
        // A call is never refused for what is said of an index.
        let named = call_info::read(invite).ok().flatten();
        let index = named.and_then(|named| named.index).filter(|_| !is_trunk);
        let wanted = match (wanted, index) {
            (Wanted::Nothing, Some(index)) if self.is_name_of(&digits, &phone) => Wanted::At(index),
            (wanted, _) => wanted,
        };
        let index = index.filter(|_| wanted == Wanted::Nothing);
        let begun = begun_by(invite, wanted, (leg, phone, is_trunk), digits);
        self.dial_on(&caller, index, begun);
        self.dialled_on_seized_line(now, &caller);
    }

    /// What can be said about an INVITE before asking whose it is.
    fn may_be_taken(&self, flow: Flow, invite: &Message) -> Result<(), u16> {
        if self.draining {
            return Err(503);
        }
        if has_been_here(invite, flow) {
            return Err(482);
        }
        let scheme = invite.uri().map(|uri| uri.scheme).map_err(|_| 400_u16)?;
        let is_understood = match scheme {
            Scheme::Sip | Scheme::Tel => true,
            // Whoever asks for a secure way must have come by one (RFC 3261 §26.2.2).
            Scheme::Sips => flow.transport.is_secure(),
            Scheme::Other => false,
        };
        if !is_understood {
            return Err(416);
        }
        // RFC 3261 §8.1.1.8 wants a Contact; those who follow RFC 2543 (RFC 4475 §3.4.1) could leave it out.
        let is_modern = invite
            .top_via()
            .is_ok_and(|via| via.unique_branch().is_some());
        if is_modern && invite.contacts().next().is_none() {
            return Err(400);
        }
        if self.callers.contains_key(&caller_key(invite)) {
            // RFC 3261 §8.2.2.2: the same request by another way.
            return Err(482);
        }
        Ok(())
    }

    /// RFC 3261 §21.4.7 and §21.4.13: says what would have been taken.
    pub(super) fn refuse_content(
        &mut self,
        now: Now,
        server: ServerId,
        invite: &Message,
        flow: Flow,
        unsuitable: Unsuitable,
    ) {
        let (status, name, taken) = match unsuitable {
            Unsuitable::Kind => (415, Name::Accept, content::ACCEPT),
            Unsuitable::Encoding => (415, Name::AcceptEncoding, "identity"),
            Unsuitable::NoAnswerPossible => (406, Name::Accept, content::ACCEPT),
        };
        let answer = self.begin_response(invite, flow, status);
        let answer = answer.header(name, taken).finish();
        self.transactions.respond(now, server, status, answer);
    }

    /// Whose request it is; none if that is being asked.
    pub(super) fn authenticated(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
    ) -> Option<PhoneName> {
        let source = flow.remote.ip();
        let stale = match self.registrar.authenticate(now, source, request) {
            Verdict::Proven(phone) => return Some(phone),
            Verdict::Challenge { stale } => stale,
            Verdict::Replayed(_) => true,
            Verdict::Bad(_) => {
                self.respond(now, server, request, flow, 400, None);
                return None;
            }
        };
        let answer = self.begin_response(request, flow, 401);
        let answer = self.registrar.challenge(now, source, stale, answer);
        let answer = answer.finish();
        self.transactions.respond(now, server, 401, answer);
        None
    }

    fn request_in_dialog(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        let Some(entry) = self.legs.get_mut(&leg) else {
            return;
        };
        let phone = entry.phone.clone();
        let Stage::Talking(talking) = &mut entry.stage else {
            return self.request_while_ringing(now, flow, request, server, leg);
        };
        // Requests within a call come from where the call came from; others have to prove who they are.
        if talking.dialog.flow.remote.ip() != flow.remote.ip()
            && self.registrar.trunk_at(&flow).as_ref() != Some(&phone)
        {
            if self.site.is_trunk(&phone) {
                return self.respond(now, server, request, flow, 403, None);
            }
            match self.authenticated(now, flow, request, server) {
                Some(proven) if proven == phone => {}
                Some(_) => return self.respond(now, server, request, flow, 403, None),
                None => return,
            }
        }
        let Some(talking) = self.talking(leg) else {
            return;
        };
        if !talking.dialog.takes(request) {
            let answer = self.begin_response(request, flow, 500);
            self.transactions.respond(now, server, 500, answer.finish());
            return;
        }
        talking.dialog.flow = flow;
        match request.method() {
            Some(Method::Invite) => self.reinvited(now, flow, request, server, leg),
            Some(Method::Update) => self.updated(now, flow, request, server, leg),
            Some(Method::Bye) => {
                self.respond(now, server, request, flow, 200, None);
                self.answer_pending(now, leg);
                let is_core_s = self.talking(leg).is_some_and(|t| t.closing.is_none());
                self.forget(leg);
                if is_core_s {
                    self.events.push(Event::Released { leg, dead: false });
                }
            }
            Some(Method::Info) if self.own.has(leg) => {
                self.own_info(now, leg, request, flow, server);
            }
            Some(Method::Info | Method::Message) => {
                let ticket = self.mint_ticket();
                let waiting = (server, request.clone(), flow);
                self.signals.insert(ticket, waiting);
                self.deadlines
                    .arm(Timer::Signal(ticket), now.uptime + SIGNAL_LIMIT);
                self.events.push(Event::Signalled {
                    leg,
                    ticket,
                    body: body_of(request),
                });
            }
            Some(Method::Refer) => self.referred(now, flow, request, server, leg),
            Some(Method::Options) => self.respond(now, server, request, flow, 200, None),
            Some(Method::Subscribe | Method::Publish) => {
                self.respond(now, server, request, flow, 489, None);
            }
            // RFC 6665 §4.1.3: nothing is subscribed to at phones.
            Some(Method::Notify) => self.respond(now, server, request, flow, 481, None),
            _ => self.respond(now, server, request, flow, 405, None),
        }
    }

    /// A request of a phone that rings, within the early dialog.
    fn request_while_ringing(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        let status = match request.method() {
            // RFC 3261 §14.2: our INVITE is under way.
            Some(Method::Invite) => 491,
            Some(Method::Update) => return self.updated_early(now, flow, request, server, leg),
            Some(Method::Options) => 200,
            _ => 481,
        };
        self.respond(now, server, request, flow, status, None);
    }

    /// A caller gives up (RFC 3261 §9.2).
    fn cancelled(
        &mut self,
        now: Now,
        flow: Flow,
        cancel: &Message,
        server: ServerId,
        invite: Option<ServerId>,
    ) {
        let Some(invite) = invite else {
            self.belongs_to_nothing(now, flow, cancel, server);
            return;
        };
        self.respond(now, server, cancel, flow, 200, None);
        // A re-INVITE goes its way: it is answered in a moment.
        let Some(leg) = self.invites.get(&invite).copied() else {
            return;
        };
        if !self.transactions.is_pending(invite) {
            return;
        }
        self.give_up_incoming(now, leg);
    }

    /// A caller has given up: its INVITE is answered, and the core hears of it.
    pub(super) fn give_up_incoming(&mut self, now: Now, leg: LegId) {
        if let Some(Stage::Incoming(incoming)) = self.legs.get(&leg).map(|leg| &leg.stage) {
            let invite = incoming.server;
            let (request, flow, tag) =
                (incoming.invite.clone(), incoming.flow, incoming.tag.clone());
            let answer = respond(&request, flow.remote, 487, status_reason(487), Some(&tag));
            self.transactions.respond(now, invite, 487, answer.finish());
            self.settle_early(now, leg, 487);
            self.forget(leg);
            self.events.push(Event::Released { leg, dead: false });
        }
    }

    /// An ACK for a 2xx of ours.
    fn acknowledged(&mut self, now: Now, ack: &Message) {
        let Some(leg) = self.dialogs.get(&dialog_of(ack)).copied() else {
            return;
        };
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let cseq = ack.cseq().0;
        let Some(waiting) = talking
            .unacknowledged
            .take_if(|waiting| waiting.cseq == cseq)
        else {
            return;
        };
        let is_closing = talking.closing.is_some();
        self.deadlines.disarm(&Timer::Resend2xx(leg));
        if is_closing {
            return self.hang_up_if_closing(now, leg);
        }
        let media = body_of(ack).filter(|_| waiting.expects_answer);
        if waiting.expects_answer && self.own.has(leg) {
            return self.own_offer_answered(now, leg, media.as_ref());
        }
        if let Some(media) = media {
            self.events.push(Event::Acknowledged { leg, media });
        }
        self.take_overtaker(now, leg);
        self.reoffer_if_ready(now, leg);
    }

    /// A response to one of our requests.
    pub(super) fn responded(&mut self, now: Now, client: ClientId, response: &Message) {
        // Kept until the transaction ends: a 2xx to an INVITE may come again, and from several dialogs.
        let Some(purpose) = self.purposes.get(&client).cloned() else {
            return;
        };
        let status = response.status().unwrap_or(500);
        if let Purpose::Ring(leg, branch) = purpose {
            return self.ring_responded(now, client, (leg, branch), response);
        }
        if status < 200 {
            return;
        }
        // Registrations are proven as whoever they are of.
        let is_in_call = !matches!(purpose, Purpose::Register(..));
        if is_in_call && matches!(status, 401 | 407) && self.prove_in_call(now, client, response) {
            return;
        }
        match purpose {
            Purpose::Change(leg) if status < 300 => self.change_accepted(now, leg, response),
            Purpose::Change(leg) => self.change_refused(now, leg, response),
            Purpose::Notify(ticket) => self.notified(now, ticket, status),
            Purpose::Text(ticket) => self.text_answered(now, ticket, status),
            Purpose::Watch(id) => {
                let after = response.text(Name::RetryAfter);
                let after_s = after.and_then(|after| leading_number(&after));
                self.watcher_heard(now, id, status, after_s);
            }
            Purpose::Order(phone, attempt) => self.order_answered(now, phone, attempt, status),
            Purpose::Seized(phone) => self.seizure_heard(now, &phone, status),
            Purpose::Renew(phone, call_id) => self.renewal_answered(phone, call_id, status),
            Purpose::Messages(phone, call_id) => self.messages_shown(now, &phone, call_id, status),
            Purpose::Refresh(leg) => self.refreshed(now, leg, response),
            Purpose::Early(leg, link) => self.early_update_answered(leg, link, Ok(response)),
            Purpose::Signal(ticket) => {
                self.events.push(Event::SignalAnswered { ticket, status });
            }
            Purpose::Probe(leg) => {
                if let Some(talking) = self.talking(leg) {
                    talking.probing = false;
                }
                if matches!(status, 408 | 481 | 410) {
                    self.dead(now, leg);
                }
            }
            Purpose::Tell(phone) => {
                if matches!(status, 405 | 415 | 420 | 488 | 501) {
                    self.silent.insert(phone);
                }
            }
            Purpose::Register(user, account) => {
                self.register_answered(now, client, (&user, &account), response);
            }
            Purpose::ProbeTrunk(peer) => self.trunk_probed(now, &peer, Ok(response)),
            Purpose::Abandoned if status < 300 => {
                self.release_stray(now, client, response, "The call went another way");
            }
            Purpose::Ring(..) | Purpose::Abandoned | Purpose::End => {}
        }
    }

    /// Answers a request of theirs.
    pub(super) fn respond(
        &mut self,
        now: Now,
        server: ServerId,
        request: &Message,
        flow: Flow,
        status: u16,
        reason: Option<String>,
    ) {
        let mut answer = self.begin_response(request, flow, status);
        if matches!(status, 405 | 501) || request.method() == Some(Method::Options) {
            answer = answer.header(Name::Allow, ALLOW);
        }
        answer = match status {
            503 => answer.header(Name::RetryAfter, "10"),
            // RFC 6086 §7.2.1: which packages would be taken. Those of the other phone are not known here.
            469 => answer.header(Name::RecvInfo, ""),
            489 => answer.header(Name::AllowEvents, ALLOW_EVENTS),
            _ => answer,
        };
        if let Some(reason) = reason {
            answer = answer.header(Name::Reason, reason);
        }
        self.transactions
            .respond(now, server, status, answer.finish());
    }

    pub(super) fn begin_response(&mut self, request: &Message, flow: Flow, status: u16) -> Builder {
        let tag = self.mint_tag(flow.remote.ip());
        respond(
            request,
            flow.remote,
            status,
            status_reason(status),
            Some(&tag),
        )
    }
}

/// What an INVITE that begins something means.
fn begun_by(
    invite: &Message,
    wanted: Wanted,
    (leg, phone, is_trunk): (LegId, PhoneName, bool),
    digits: String,
) -> Event {
    let offer = body_of(invite);
    // RFC 7332 §5: what came is counted down, so that calls that go from server to server end.
    let hops = invite.max_forwards().map_or(Hops::default(), Hops::left);
    match wanted {
        _ if is_trunk => Event::CalledIn {
            leg,
            called: called_in(invite, &digits),
            caller: caller_of(invite),
            trunk: phone,
            offer,
            hops,
        },
        Wanted::Replace(of) => Event::TookOver {
            leg,
            phone,
            of,
            offer,
        },
        Wanted::Join(of) => Event::BargeAsked {
            leg,
            phone,
            of,
            offer,
        },
        Wanted::At(index) => Event::CallAtIndexAsked {
            leg,
            phone,
            index,
            digits: Secret::new(digits),
            offer,
            hops,
        },
        Wanted::Nothing => Event::Dialled {
            leg,
            phone,
            line: None,
            digits: Secret::new(digits),
            offer,
            hops,
        },
    }
}

/// The number that is called from outside. Who is registered at a trunk may be called by the name of that registration;
/// then To says which number it is.
fn called_in(invite: &Message, digits: &str) -> String {
    let number = number_of(digits);
    let is_number = |number: &str| {
        let bare = number.strip_prefix('+').unwrap_or(number);
        !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit())
    };
    let to = invite.to().map(|to| number_of(&to.uri.user_decoded()));
    match to {
        Ok(to) if !is_number(&number) && is_number(&to) => to,
        _ => number,
    }
}

/// Whether a request has passed through here before: a phone sent it back, as a proxy would (RFC 3261 §16.3).
fn has_been_here(request: &Message, flow: Flow) -> bool {
    let own = |via: Via<'_>| {
        let host = via.host.trim_start_matches('[').trim_end_matches(']');
        let is_own = host.parse().is_ok_and(|ip: IpAddr| ip == flow.local.ip());
        is_own && via.port.unwrap_or(flow.transport.default_port()) == flow.local.port()
    };
    let before = request.values(Name::Via).skip(1);
    before.filter_map(|via| Via::parse(via).ok()).any(own)
}

/// The seconds of a Retry-After, which may go on with a comment (RFC 3261 §20.33).
fn leading_number(value: &str) -> Option<u32> {
    let digits = value.trim_start().split(|c: char| !c.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}

/// The body of a message, untouched.
pub(super) fn body_of(message: &Message) -> Option<Body> {
    let bytes = message.body();
    if bytes.is_empty() {
        return None;
    }
    let content_type = message
        .header(Name::ContentType)
        .unwrap_or(b"application/sdp");
    Some(Body::new(Bytes::copy_from_slice(content_type), bytes))
}
