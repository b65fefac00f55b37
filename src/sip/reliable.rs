//! Provisional answers that are acknowledged (RFC 3262): towards callers that want them, and from phones that ring.

use std::collections::VecDeque;
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::dialog::{Dialog, asked_by, contact};
use super::early::Exchange;
use super::flow::Flow;
use super::inbound::body_of;
use super::leg::{Incoming, Stage};
use super::outbound::finish;
use super::reply;
use super::session_timer::supports;
use super::transaction::{GIVE_UP, ServerId, T1};
use super::wire::{Message, Name, respond, status_reason};
use crate::pbx::{Body, Event, LegId, Party, Refusal};
use crate::time::Now;

/// The option tag.
const OPTION: &str = "100rel";

/// More than this does not wait to be told to a caller; nobody would hear it in time.
const MOST_WAITING: usize = 8;

/// A contact that forks may have so many early dialogs.
const MOST_EARLY: usize = 8;

/// An early dialog of a phone that rings, and the last provisional answer that was acknowledged in it.
#[derive(Debug)]
pub(super) struct Early {
    pub dialog: Dialog,
    rseq: u32,
    /// How far offers and answers are.
    pub exchange: Exchange,
    /// Whether the phone understands UPDATE.
    pub updates: bool,
    /// What was said of media so that it must be believed: the answer of the call need not repeat it (RFC 3262 §5).
    pub media: Option<Body>,
}

/// What is told to a caller so that it must acknowledge it.
#[derive(Debug, Default)]
pub(super) struct Reliable {
    /// The last number used towards each early dialog, by its tag.
    used: Vec<(String, u32)>,
    open: Option<Open>,
    waiting: VecDeque<Told>,
    /// The answer of the call, which waits until what is open is acknowledged.
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Open {
    rseq: u32,
    bytes: bytes::Bytes,
    status: u16,
    interval: Duration,
    give_up: Duration,
    has_media: bool,
}

#[derive(Debug)]
struct Told {
    status: u16,
    tag: String,
    media: Option<Body>,
}

/// An answer as the core gave it.
#[derive(Debug)]
pub(super) struct Answer {
    pub from: (LegId, u32),
    pub media: Option<Body>,
    pub connected: Party,
}

/// How a provisional answer is told to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Plain,
    Reliable,
    /// Not at all: the caller wants it acknowledged, and it cannot be.
    NotAtAll,
}

/// The rule for it.
pub(super) fn manner(invite: &Message, has_media: bool) -> Manner {
    let is_required = invite
        .requires()
        .any(|tag| tag.eq_ignore_ascii_case(OPTION));
    let brings_offer = !invite.body().is_empty();
    match (is_required, has_media) {
        (true, true) => Manner::Reliable,
        (true, false) if brings_offer => Manner::Reliable,
        // RFC 3262 §5: the first reliable answer to an INVITE without an offer has to make one.
        (true, false) => Manner::NotAtAll,
        (false, true) if supports(invite, OPTION) => Manner::Reliable,
        (false, _) => Manner::Plain,
    }
}

impl Agent {
    /// Tells a caller how far the call is, and again until that is acknowledged.
    pub(super) fn tell_reliably(
        &mut self,
        now: Now,
        leg: LegId,
        status: u16,
        tag: &str,
        media: Option<&Body>,
    ) {
        let told = Told {
            status,
            tag: tag.to_owned(),
            media: media.cloned(),
        };
        let Some(incoming) = self.incoming_mut(leg) else {
            return;
        };
        if incoming.reliable.waiting.len() < MOST_WAITING {
            incoming.reliable.waiting.push_back(told);
        }
        self.tell_next(now, leg);
    }

    fn tell_next(&mut self, now: Now, leg: LegId) {
        let first = self.some_rseq();
        let Some(incoming) = self.incoming_mut(leg) else {
            return;
        };
        let reliable = &mut incoming.reliable;
        if reliable.open.is_some() {
            return;
        }
        let Some(told) = reliable.waiting.pop_front() else {
            return;
        };
        let rseq = match reliable.used.iter_mut().find(|(tag, _)| *tag == told.tag) {
            Some((_, last)) => {
                *last += 1;
                *last
            }
            None => {
                reliable.used.push((told.tag.clone(), first));
                first
            }
        };
        let (server, flow, status) = (incoming.server, incoming.flow, told.status);
        let reason = status_reason(status);
        let builder = respond(
            &incoming.invite,
            flow.remote,
            status,
            reason,
            Some(&told.tag),
        )
        .copy(&incoming.invite, Name::RecordRoute)
        .header(Name::Contact, contact(flow, &asked_by(&incoming.invite)))
        .header(Name::Require, OPTION)
        .display(Name::RSeq, rseq);
        let bytes = finish(builder, told.media.as_ref());
        incoming.reliable.open = Some(Open {
            rseq,
            bytes: bytes.clone(),
            status,
            interval: T1,
            give_up: now.uptime + GIVE_UP,
            has_media: told.media.is_some(),
        });
        self.transactions.respond(now, server, status, bytes);
        self.deadlines.arm(Timer::Reliable(leg), now.uptime + T1);
    }

    /// Nobody has acknowledged what was told: once more, or the call has failed (RFC 3262 §3).
    pub(super) fn tell_again(&mut self, now: Now, leg: LegId) {
        let Some(incoming) = self.incoming_mut(leg) else {
            return;
        };
        let server = incoming.server;
        let Some(open) = &mut incoming.reliable.open else {
            return;
        };
        if now.uptime >= open.give_up {
            let why = Refusal::Failed(reply::failure_of(504));
            self.refuse(now, leg, &why);
            self.events.push(Event::Released { leg, dead: true });
            return;
        }
        open.interval *= 2;
        let (bytes, status) = (open.bytes.clone(), open.status);
        let next = (now.uptime + open.interval).min(open.give_up);
        self.transactions.respond(now, server, status, bytes);
        self.deadlines.arm(Timer::Reliable(leg), next);
    }

    /// Keeps the answer of a call back until the caller has acknowledged the media that it was told of before.
    pub(super) fn answer_waits(&mut self, leg: LegId, answer: Answer) -> Option<Answer> {
        let Some(incoming) = self.incoming_mut(leg) else {
            return Some(answer);
        };
        let reliable = &mut incoming.reliable;
        reliable.waiting.clear();
        match reliable.open.as_ref().is_some_and(|open| open.has_media) {
            true => {
                reliable.answer = Some(answer);
                None
            }
            false => Some(answer),
        }
    }

    /// A caller acknowledges what it was told.
    pub(super) fn pracked(
        &mut self,
        now: Now,
        flow: Flow,
        prack: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        let named = rack(prack);
        let Some(incoming) = self.incoming_mut(leg) else {
            return self.respond(now, server, prack, flow, 481, None);
        };
        let cseq = incoming.invite.cseq().0;
        let is_it = |open: &mut Open| named == Some((open.rseq, cseq));
        let Some(open) = incoming.reliable.open.take_if(is_it) else {
            return self.respond(now, server, prack, flow, 481, None);
        };
        let answer = incoming.reliable.answer.take();
        let tag = prack.to().ok().and_then(|to| to.tag());
        let towards = incoming.towards(tag.unwrap_or_default());
        if let Some(towards) = towards.filter(|_| open.has_media)
            && matches!(towards.exchange, Exchange::Open)
        {
            towards.exchange = Exchange::Settled;
        }
        self.deadlines.disarm(&Timer::Reliable(leg));
        match body_of(prack).filter(|_| open.has_media && answer.is_none()) {
            Some(offer) => self.offered_early(now, flow, prack, server, (leg, offer)),
            // An offer waits until the one of the INVITE, and the call, is answered (RFC 3262 §5).
            None if !prack.body().is_empty() => {
                self.respond(now, server, prack, flow, 488, None);
            }
            None => self.respond(now, server, prack, flow, 200, None),
        }
        match answer {
            Some(answer) => self.answer(now, leg, answer),
            None => self.tell_next(now, leg),
        }
    }

    /// A request of a caller within a dialog that is not answered yet.
    pub(super) fn request_in_early_dialog(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        match request.method() {
            Some(Method::PRack) => self.pracked(now, flow, request, server, leg),
            Some(Method::Update) => self.updated_early(now, flow, request, server, leg),
            Some(Method::Options) => self.respond(now, server, request, flow, 200, None),
            // RFC 3261 §14.2: the first INVITE is not answered.
            Some(Method::Invite) => {
                let answer = self.begin_response(request, flow, 500);
                let answer = answer.header(Name::RetryAfter, "5").finish();
                self.transactions.respond(now, server, 500, answer);
            }
            // RFC 3261 §15: a caller may end an early dialog this way, too.
            Some(Method::Bye) => {
                self.respond(now, server, request, flow, 200, None);
                self.give_up_incoming(now, leg);
            }
            _ => self.respond(now, server, request, flow, 481, None),
        }
    }

    /// The caller whose early dialog a request belongs to.
    pub(super) fn early_leg(&self, request: &Message) -> Option<LegId> {
        let leg = *self.callers.get(&super::agent::caller_key(request))?;
        let to = request.to().ok()?;
        let tag = to.tag()?;
        match &self.legs.get(&leg)?.stage {
            Stage::Incoming(incoming) => {
                let mut early = incoming.early.iter();
                let is_one = incoming.tag == tag || early.any(|towards| towards.tag == tag);
                is_one.then_some(leg)
            }
            _ => None,
        }
    }

    /// Acknowledges a provisional answer of a phone that wants that. False if it came out of order, or before.
    pub(super) fn prack(&mut self, now: Now, leg: LegId, index: usize, response: &Message) -> bool {
        let requires = response
            .requires()
            .any(|tag| tag.eq_ignore_ascii_case(OPTION));
        let rseq = response.text(Name::RSeq).and_then(|n| n.parse().ok());
        let (true, Some(rseq)) = (requires, rseq) else {
            return true;
        };
        let name = self.mint_branch();
        let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
        else {
            return false;
        };
        let ours = (outgoing.local.clone(), outgoing.local_tag.clone());
        let Some(branch) = outgoing.branches.get_mut(index) else {
            return false;
        };
        let tag = response
            .to()
            .ok()
            .and_then(|to| to.tag().map(str::to_owned));
        let tag = tag.unwrap_or_default();
        let known = branch.early.iter().position(|e| e.dialog.remote_tag == tag);
        let place = match known {
            Some(place) if rseq == branch.early[place].rseq.wrapping_add(1) => place,
            None if branch.early.len() < MOST_EARLY => {
                let ours = (ours.0.as_str(), ours.1.as_str());
                let dialog = Dialog::by_their_response(response, branch.flow, ours, &branch.target);
                branch.early.push(Early {
                    dialog,
                    rseq,
                    exchange: Exchange::Open,
                    updates: false,
                    media: None,
                });
                branch.early.len() - 1
            }
            _ => return false,
        };
        let Some(early) = branch.early.get_mut(place) else {
            return false;
        };
        early.rseq = rseq;
        early.updates |= response.allows(Method::Update);
        if let Some(media) = body_of(response) {
            // It answers the offer of the INVITE; there is no other way to get here.
            early.exchange = Exchange::Settled;
            early.media = Some(media);
        }
        let (flow, cseq) = (early.dialog.flow, response.cseq().0);
        let prack = early
            .dialog
            .request(Method::PRack, &name)
            .display(Name::RAck, format_args!("{rseq} {cseq} INVITE"))
            .finish();
        let client = self
            .transactions
            .request(now, flow, Method::PRack, &name, prack);
        self.purposes.insert(client, Purpose::End);
        true
    }

    pub(super) fn incoming_mut(&mut self, leg: LegId) -> Option<&mut Incoming> {
        match &mut self.legs.get_mut(&leg)?.stage {
            Stage::Incoming(incoming) => Some(incoming),
            _ => None,
        }
    }
}

/// What a PRACK acknowledges: the number of the answer, and that of the INVITE (RFC 3262 §7.2).
fn rack(prack: &Message) -> Option<(u32, u32)> {
    let text = prack.text(Name::RAck)?;
    let mut parts = text.split_whitespace();
    let numbers = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (parts.next()? == "INVITE").then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{Parsed, parse};

    /// rules: CAL-2
    #[test]
    fn what_is_acknowledged_depends_on_the_caller_and_on_media() {
        use Manner::{NotAtAll, Plain, Reliable};
        let table = [
            ("", true, false, Plain),
            ("", true, true, Plain),
            ("Supported: timer, 100rel\r\n", true, false, Plain),
            ("Supported: timer, 100rel\r\n", true, true, Reliable),
            ("k: 100REL\r\n", false, true, Reliable),
            ("Require: 100rel\r\n", true, false, Reliable),
            ("Require: 100rel\r\n", false, false, NotAtAll),
            ("Require: 100rel\r\n", false, true, Reliable),
        ];
        for (headers, offers, has_media, expected) in table {
            let body = if offers { "v=0\r\n" } else { "" };
            let text = format!(
                "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:1@h>\r\nCall-ID: x\r\n\
                 CSeq: 1 INVITE\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let Parsed::Accept(invite) = parse(text.into()) else {
                panic!("{headers} is no INVITE");
            };
            assert_eq!(
                manner(&invite, has_media),
                expected,
                "{headers} {offers} {has_media}"
            );
        }
    }
}
