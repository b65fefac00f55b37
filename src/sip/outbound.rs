//! Actions to messages: how a SIP phone is told what the core wants.

use std::net::Ipv4Addr;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::call_info;
use super::dialog::{Dialog, asked_by, contact};
use super::early::{Exchange, Towards};
use super::flow::Flow;
use super::leg::{Incoming, Stage, Talking, Unacknowledged};
use super::registrar::ALLOW;
use super::reliable::{Answer, Manner, manner};
use super::reply;
use super::sdp;
use super::session_timer::with_timer;
use super::transaction::{GIVE_UP, T1};
use super::wire::{Builder, Message, Name, Uri, respond, status_reason};
use crate::media::Tone;
use crate::pbx::{Action, Alert, Body, EarlyLink, Event, Failure, LegId, Party, Refusal, Ticket};
use crate::time::Now;

/// Q.850: normal call clearing.
const NORMAL: u16 = 16;

impl Agent {
    /// Does what the core wants. Actions for legs that are gone by now do nothing.
    pub fn perform(&mut self, now: Now, action: Action) {
        match action {
            Action::Ring {
                leg,
                phone,
                caller,
                called,
                offer,
                history,
                // In which rhythm a phone rings is for itself to know.
                alert: Alert::Aloud | Alert::Beep | Alert::Feature,
                index,
            } => self.ring(now, leg, phone, &caller, (history, called, index), offer),
            // There is no way to make sure of it.
            Action::Ring {
                leg,
                alert: Alert::Silent,
                ..
            } => {
                let why = Failure::Busy;
                self.events.push(Event::Failed { leg, why });
            }
            out @ Action::RingOut { .. } => self.ring_out(now, out),
            Action::RingAnew { leg } => self.ring_anew(now, leg),
            Action::ShowForwarding { leg } => self.show_forwarding(now, leg),
            Action::ShowWaiting {
                leg,
                place,
                group,
                announce,
            } => {
                self.rings_as(leg, Some(group));
                self.show_waiting(now, leg, place, announce);
            }
            Action::ShowProgress {
                leg,
                from,
                ringing,
                as_whom,
                media,
            } => {
                self.rings_as(leg, as_whom);
                self.show_progress(now, leg, from, ringing, media.as_ref());
            }
            Action::OfferEarly { leg, link, offer } => self.offer_early(now, leg, link, &offer),
            Action::AnswerEarly { leg, link, media } => self.answer_early(now, leg, link, media),
            Action::Answer {
                leg,
                from,
                media,
                connected,
            } => {
                let answer = Answer {
                    from,
                    media,
                    connected,
                };
                if let Some(answer) = self.answer_waits(leg, answer) {
                    self.answer(now, leg, answer);
                }
            }
            Action::Acknowledge { leg, media } => self.acknowledge_owed(now, leg, media),
            Action::Converse { leg } => self.converse(now, leg),
            Action::Prompt { leg, prompt } => self.prompt(leg, prompt),
            Action::Refuse { leg, why } => self.refuse(now, leg, &why),
            Action::Confirm { leg, text } => self.confirm(now, leg, &text),
            Action::Release {
                leg,
                text,
                answered_elsewhere,
            } => self.release(now, leg, text, answered_elsewhere),
            Action::Reoffer {
                leg,
                offer,
                connected,
            } => self.reoffer(now, leg, offer, connected),
            Action::AcceptReoffer { leg, media } => {
                self.accept_reoffer(now, leg, media.as_ref());
            }
            Action::RefuseReoffer { leg, why } => self.refuse_reoffer(now, leg, why),
            Action::Signal { leg, ticket, body } => {
                self.signal(now, leg, ticket, body.as_ref());
            }
            Action::SignalReply { ticket, status } => self.signal_reply(now, ticket, status),
            Action::DeliverText {
                ticket,
                from,
                called,
                phones,
                body,
            } => self.deliver_text(now, ticket, (&from, &called), &phones, &body),
            Action::RefuseText { ticket, why } => self.refuse_text(now, ticket, &why),
            Action::AcceptTransfer { ticket } => self.accept_transfer(now, ticket),
            Action::ShowTransfer { ticket } => self.show_transfer(now, ticket),
            Action::EndTransfer { ticket, outcome } => self.end_transfer(now, ticket, &outcome),
            Action::ApplyProfile {
                phone, text, desk, ..
            } => {
                self.show_messages(now, &phone, &desk);
                self.show_hunting(now, &phone, &desk);
                self.tell(now, &phone, &text);
                self.desk_shown(&phone, &desk);
            }
            Action::Tell { phone, text, .. } => self.tell(now, &phone, &text),
            Action::ShowDesk { phone, desk } => {
                self.show_messages(now, &phone, &desk);
                self.show_hunting(now, &phone, &desk);
                self.desk_shown(&phone, &desk);
            }
            Action::ShowLine { status } => self.show_line(&status),
            Action::AnswerTaking { ticket, outcome } => self.line_answered(now, ticket, outcome),
            Action::AnswerReport { ticket, outcome } => self.answer_report(now, ticket, &outcome),
            Action::ForgetCalls { phone, attempt } => self.forget_calls(now, phone, attempt),
            Action::Renew { phone, how } => self.renew(now, phone, how),
            Action::EnrolUpstream {
                user,
                account,
                haste,
            } => self.enrol_upstream(now, user, account, haste),
            Action::WithdrawUpstream { user, account } => {
                self.withdraw_upstream(now, user, account);
            }
            // SIP has no way to make a phone howl; and the rest is for others.
            Action::Howl { .. }
            | Action::Mix(_)
            | Action::CheckSecret { .. }
            | Action::Reply { .. }
            | Action::Announce(_) => {}
        }
    }

    /// The call goes on at another number: the caller need not wonder what takes so long.
    fn show_forwarding(&mut self, now: Now, leg: LegId) {
        // It leaves whoever it rang at.
        self.rings_as(leg, None);
        self.show_status(now, leg, 181, status_reason(181));
    }

    /// A caller is told a status without more.
    pub(super) fn show_status(&mut self, now: Now, leg: LegId, status: u16, reason: &str) {
        let Some(incoming) = self.incoming(leg) else {
            return;
        };
        if manner(&incoming.invite, false) != Manner::Plain {
            return;
        }
        let server = incoming.server;
        let answer = self.progress_of(incoming, status, reason, &incoming.tag);
        self.transactions
            .respond(now, server, status, answer.finish());
    }

    /// Who it rings at, in the eyes of a caller, if that is not just the number that was called.
    fn rings_as(&mut self, leg: LegId, whom: Option<Party>) {
        if let Some(incoming) = self.incoming_mut(leg) {
            incoming.rings_as = whom;
        }
    }

    /// The beginning of a provisional answer.
    pub(super) fn progress_of(
        &self,
        incoming: &Incoming,
        status: u16,
        reason: &str,
        tag: &str,
    ) -> Builder {
        let flow = incoming.flow;
        let answer = respond(&incoming.invite, flow.remote, status, reason, Some(tag))
            .copy(&incoming.invite, Name::RecordRoute)
            .header(Name::Contact, contact(flow, &asked_by(&incoming.invite)));
        match &incoming.rings_as {
            Some(party) => answer.header(Name::PAssertedIdentity, identity(party, flow)),
            None => answer,
        }
    }

    fn show_progress(
        &mut self,
        now: Now,
        leg: LegId,
        from: (LegId, u32),
        ringing: bool,
        media: Option<&Body>,
    ) {
        match media {
            // It hears that it rings, from us.
            None if self.waits(leg) => return,
            None => {}
            Some(_) => self.end_waiting(leg),
        }
        let tag = self.tag_towards(leg, from);
        let Some(incoming) = self.incoming(leg) else {
            return;
        };
        // Early media makes it a 183: a 180 tells many phones to play their own ringing tone over it.
        let status = if ringing && media.is_none() { 180 } else { 183 };
        match manner(&incoming.invite, media.is_some()) {
            Manner::Plain => {}
            Manner::Reliable => return self.tell_reliably(now, leg, status, &tag, media),
            Manner::NotAtAll => return,
        }
        let server = incoming.server;
        let builder = self.progress_of(incoming, status, status_reason(status), &tag);
        self.transactions
            .respond(now, server, status, finish(builder, media));
    }

    pub(super) fn answer(&mut self, now: Now, leg: LegId, answer: Answer) {
        let tag = self.tag_towards(leg, answer.from);
        let Some(incoming) = self.incoming(leg) else {
            return;
        };
        let flow = incoming.flow;
        let offer = super::inbound::body_of(&incoming.invite);
        let nothing = || sdp::inactive(offer.as_ref(), flow.local.ip());
        let media = answer.media.unwrap_or_else(nothing);
        let connected = identity(&answer.connected, flow);
        self.accept(now, leg, &tag, Some(&media), Some(&connected));
    }

    /// Answers and, when that is acknowledged, releases with a Reason.
    fn confirm(&mut self, now: Now, leg: LegId, text: &str) {
        let reason = reply::reason("Q.850", NORMAL, text);
        if self.say_farewell(now, leg, Tone::Confirm, reason) {
            return;
        }
        let Some(incoming) = self.incoming(leg) else {
            return;
        };
        let flow = incoming.flow;
        let offer = super::inbound::body_of(&incoming.invite);
        let media = sdp::inactive(offer.as_ref(), flow.local.ip());
        let tag = self.mint_tag(flow.remote.ip());
        if self.accept(now, leg, &tag, Some(&media), None)
            && let Some(talking) = self.talking(leg)
        {
            talking.closing = Some(reply::reason("Q.850", NORMAL, text));
        }
    }

    /// The 200 to an INVITE of theirs; the leg is a dialog from here on.
    pub(super) fn accept(
        &mut self,
        now: Now,
        leg: LegId,
        tag: &str,
        media: Option<&Body>,
        connected: Option<&str>,
    ) -> bool {
        self.settle_early(now, leg, 500);
        self.end_waiting(leg);
        let granted = self
            .incoming(leg)
            .and_then(|incoming| self.grant_timer(&incoming.invite));
        let index = self.index_shown(leg);
        let Some(entry) = self.legs.get_mut(&leg) else {
            return false;
        };
        let Stage::Incoming(incoming) = &mut entry.stage else {
            return false;
        };
        let (server, flow, invite) = (incoming.server, incoming.flow, incoming.invite.clone());
        let early = incoming.towards(tag).and_then(|early| early.dialog.take());
        let mut builder = respond(&invite, flow.remote, 200, status_reason(200), Some(tag))
            .copy(&invite, Name::RecordRoute)
            .header(Name::Contact, contact(flow, &asked_by(&invite)))
            .header(Name::Allow, ALLOW);
        if let Some(connected) = connected {
            builder = builder.header(Name::PAssertedIdentity, connected);
        }
        if let Some(index) = index {
            let host = flow.local.to_string();
            builder = builder.header(Name::CallInfo, call_info::value(&host, index));
        }
        let bytes = finish(with_timer(builder, granted), media);
        let begun = || Dialog::by_their_request(&invite, flow, tag);
        let mut talking = Talking::new(early.unwrap_or_else(begun));
        talking.unacknowledged = Some(Unacknowledged {
            cseq: invite.cseq().0,
            answer: bytes.clone(),
            interval: T1,
            give_up: now.uptime + GIVE_UP,
            expects_answer: invite.body().is_empty(),
        });
        let key = (talking.dialog.call_id.clone(), tag.to_owned());
        entry.stage = Stage::Talking(Box::new(talking));
        self.invites.remove(&server);
        self.dialogs.insert(key, leg);
        self.transactions.respond(now, server, 200, bytes);
        self.await_ack(now, leg);
        self.watch(now, leg, granted);
        true
    }

    pub(super) fn refuse(&mut self, now: Now, leg: LegId, why: &Refusal) {
        let status = reply::status_of(why);
        let reason = reply::reason("SIP", status, &why.text());
        let tone = match why {
            Refusal::Silence => Tone::Howler,
            _ => Tone::Error,
        };
        if self.say_farewell(now, leg, tone, reason.clone()) {
            return;
        }
        let Some(incoming) = self.incoming(leg) else {
            return;
        };
        let mut answer = respond(
            &incoming.invite,
            incoming.flow.remote,
            status,
            status_reason(status),
            Some(&incoming.tag),
        )
        .header(Name::Reason, reason);
        if status == 503 {
            answer = answer.header(Name::RetryAfter, "10");
        }
        let server = incoming.server;
        self.transactions
            .respond(now, server, status, answer.finish());
        self.settle_early(now, leg, 487);
        self.forget(leg);
    }

    fn release(&mut self, now: Now, leg: LegId, text: &'static str, answered_elsewhere: bool) {
        match self.legs.get_mut(&leg).map(|leg| &mut leg.stage) {
            Some(Stage::Incoming(_)) => {
                self.refuse(now, leg, &Refusal::Failed(Failure::Unreachable));
            }
            Some(Stage::Outgoing(_)) => {
                let reason = if answered_elsewhere {
                    reply::reason("SIP", 200, "Call completed elsewhere")
                } else {
                    reply::reason("SIP", 487, text)
                };
                self.cancel_branches(now, leg, &reason);
                self.settle_early(now, leg, 487);
                self.forget(leg);
            }
            Some(Stage::Talking(talking)) => {
                let reason = reply::reason("Q.850", NORMAL, text);
                // RFC 3261 §15: no BYE before our 2xx is acknowledged.
                talking.closing = Some(reason);
                self.acknowledge_owed(now, leg, None);
                self.hang_up_if_closing(now, leg);
            }
            None => {}
        }
    }

    fn signal(&mut self, now: Now, leg: LegId, ticket: Ticket, body: Option<&Body>) {
        let purpose = Purpose::Signal(ticket);
        // INFO with its package (RFC 6086), or MESSAGE: as it came.
        let waiting = self
            .signals
            .get(&ticket)
            .map(|(_, request, _)| request.clone());
        let method = waiting.as_ref().and_then(Message::method);
        let method = method.unwrap_or(Method::Info);
        let sent = self.send_in_dialog(now, leg, method, purpose, |builder, _| {
            let builder = match &waiting {
                Some(request) => builder
                    .copy(request, Name::InfoPackage)
                    .copy(request, Name::ContentDisposition),
                None => builder,
            };
            finish(builder, body)
        });
        if sent.is_none() {
            let status = 481;
            self.events.push(Event::SignalAnswered { ticket, status });
        }
    }

    pub(super) fn signal_reply(&mut self, now: Now, ticket: Ticket, status: u16) {
        self.deadlines.disarm(&Timer::Signal(ticket));
        if let Some((server, request, flow)) = self.signals.remove(&ticket) {
            // A challenge or redirection of the other phone is not for this one.
            let status = if (300..400).contains(&status) || matches!(status, 401 | 407) {
                480
            } else {
                status
            };
            self.respond(now, server, &request, flow, status, None);
        }
    }

    pub(super) fn incoming(&self, leg: LegId) -> Option<&Incoming> {
        match &self.legs.get(&leg)?.stage {
            Stage::Incoming(incoming) => Some(incoming),
            _ => None,
        }
    }

    /// The To tag of the dialog with a caller that stands for one contact of one phone.
    pub(super) fn tag_towards(&mut self, leg: LegId, from: (LegId, u32)) -> String {
        let caller = self.incoming(leg).map(|incoming| incoming.flow.remote.ip());
        let fresh = self.mint_tag(caller.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        let Some(Stage::Incoming(incoming)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
        else {
            return fresh;
        };
        let (ringing, branch) = from;
        let link = EarlyLink { ringing, branch };
        let mut known = incoming.early.iter();
        if let Some(towards) = known.find(|towards| towards.link == link) {
            return towards.tag.clone();
        }
        let tag = match incoming.early.is_empty() {
            true => incoming.tag.clone(),
            false => fresh,
        };
        incoming.early.push(Towards {
            link,
            tag: tag.clone(),
            exchange: Exchange::Open,
            dialog: None,
        });
        tag
    }
}

pub(super) fn finish(builder: Builder, body: Option<&Body>) -> bytes::Bytes {
    match body {
        Some(body) => builder.finish_with(&body.content_type, &body.bytes),
        None => builder.finish(),
    }
}

/// A party as a header value: its name and number, at our address.
pub(super) fn identity(party: &Party, flow: Flow) -> String {
    identity_at(party, &flow.local.to_string())
}

/// The same at another host.
pub(super) fn identity_at(party: &Party, host: &str) -> String {
    let name: String = party
        .display_name
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\\'))
        .collect();
    if name.is_empty() {
        format!("<sip:{}@{host}>", party.dn)
    } else {
        format!("\"{name}\" <sip:{}@{host}>", party.dn)
    }
}

/// Where a contact is reached: the way its registration came, which gets through NAT and firewalls. A contact with
/// the same address but another port over datagrams is taken by its word: it listens there.
pub(super) fn flow_to_binding(contact: &str, flow: Flow) -> Flow {
    match named_port(contact, flow) {
        Some(port) if !flow.transport.is_reliable() => with_port(flow, port),
        _ => flow,
    }
}

/// Where a target says that it listens, for when the connection that it came by is gone. A private address behind
/// somebody else's is not tried: whoever has it here is another.
pub(super) fn flow_to(target: &str, flow: Flow) -> Flow {
    let flow = Flow {
        connection: 0,
        ..flow
    };
    match named_port(target, flow) {
        Some(port) => with_port(flow, port),
        None => flow,
    }
}

fn with_port(mut flow: Flow, port: u16) -> Flow {
    flow.remote.set_port(port);
    flow
}

/// The port that a URI names, if its address is the one that the flow comes from.
fn named_port(uri: &str, flow: Flow) -> Option<u16> {
    let uri = Uri::parse(uri).ok()?;
    let is_own = uri.host_addr()? == flow.remote.ip();
    is_own.then(|| uri.port.unwrap_or(flow.transport.default_port()))
}
