//! Messages to events: what a phone wants, and what it says to what we want.

use bytes::Bytes;
use rsip::Method;

use super::agent::{Agent, Purpose, SIGNAL_LIMIT, Timer, caller_key, dialog_of};
use super::auth::Verdict;
use super::content::{self, Unsuitable};
use super::dialog::Dialog;
use super::flow::Flow;
use super::leg::{Incoming, Leg, Stage, Talking};
use super::registrar::ALLOW;
use super::reply;
use super::sdp;
use super::transaction::{self, ClientId, ServerId};
use super::wire::{Builder, Message, Name, Scheme, respond, status_reason};
use crate::pbx::{Body, Event, LegId, PhoneName, Secret};
use crate::time::Now;

impl Agent {
    /// Takes a message that the edge did not answer.
    pub fn receive(&mut self, now: Now, flow: Flow, message: &Message) {
        if message.status().is_some() {
            if let Some(outcome) = self.transactions.response(now, message.clone()) {
                self.outcome(now, outcome);
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
        let unsupported: Vec<&str> = request.requires().collect();
        if !unsupported.is_empty() {
            let list = unsupported.join(", ");
            let answer = self.begin_response(request, flow, 420);
            let answer = answer.header(Name::Unsupported, list).finish();
            self.transactions.respond(now, server, 420, answer);
            return;
        }
        let tag = request.to().ok().and_then(|to| to.tag());
        match tag {
            Some(tag) => {
                let key = (request.call_id().to_owned(), tag.to_owned());
                match self.dialogs.get(&key).copied() {
                    Some(leg) => self.request_in_dialog(now, flow, request, server, leg),
                    None => self.belongs_to_nothing(now, flow, request, server),
                }
            }
            None => match request.method() {
                Some(Method::Invite) => self.invited(now, flow, request, server),
                Some(Method::Bye | Method::Info) => {
                    self.respond(now, server, request, flow, 481, None);
                }
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
        let Some(phone) = self.authenticated(now, flow, invite, server) else {
            return;
        };
        if let Err(unsuitable) = content::check(invite) {
            self.refuse_content(now, server, invite, flow, unsuitable);
            return;
        }
        let Some(digits) = invite.uri().ok().map(|uri| uri.user_decoded().into_owned()) else {
            self.respond(now, server, invite, flow, 416, None);
            return;
        };
        let trying = respond(invite, flow.remote, 100, status_reason(100), None).finish();
        self.transactions.respond(now, server, 100, trying);
        if invite.allows(Method::Message) {
            self.silent.remove(&phone);
        }
        let leg = self.leg_ids.mint();
        self.invites.insert(server, leg);
        self.callers.insert(caller_key(invite), leg);
        let incoming = Incoming {
            server,
            invite: invite.clone(),
            flow,
            tag: self.mint_tag(),
            tags: Vec::new(),
        };
        let stage = Stage::Incoming(Box::new(incoming));
        let entry = Leg {
            phone: phone.clone(),
            stage,
        };
        self.legs.insert(leg, entry);
        self.events.push(Event::Dialled {
            leg,
            phone,
            digits: Secret::new(digits),
            offer: body_of(invite),
        });
    }

    /// What can be said about an INVITE before asking whose it is.
    fn may_be_taken(&self, flow: Flow, invite: &Message) -> Result<(), u16> {
        if self.draining {
            return Err(503);
        }
        if invite.max_forwards() == Some(0) {
            return Err(483);
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
    fn refuse_content(
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
    fn authenticated(
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
            // An early dialog takes nothing but CANCEL from here.
            self.respond(now, server, request, flow, 481, None);
            return;
        };
        // Requests within a call come from where the call came from; others have to prove who they are.
        if talking.dialog.flow.remote.ip() != flow.remote.ip() {
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
            Some(Method::Info) => {
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
            Some(Method::Options) => self.respond(now, server, request, flow, 200, None),
            _ => self.respond(now, server, request, flow, 405, None),
        }
    }

    /// A phone wants to change its call (RFC 3261 §14.2).
    fn reinvited(&mut self, now: Now, flow: Flow, invite: &Message, server: ServerId, leg: LegId) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        if talking.outgoing.is_some() {
            self.respond(now, server, invite, flow, 491, None);
        } else if talking.incoming.is_some()
            || talking.unacknowledged.is_some()
            || talking.closing.is_some()
        {
            let answer = self.begin_response(invite, flow, 500);
            let answer = answer.header(Name::RetryAfter, "2").finish();
            self.transactions.respond(now, server, 500, answer);
        } else {
            talking.incoming = Some((server, invite.clone()));
            let trying = respond(invite, flow.remote, 100, status_reason(100), None).finish();
            self.transactions.respond(now, server, 100, trying);
            let offer = body_of(invite);
            if self.own.has(leg) {
                return self.change_own_media(now, leg, offer.as_ref());
            }
            let media_flow = offer.as_ref().and_then(sdp::flow_of);
            self.events.push(Event::Reoffered {
                leg,
                offer,
                flow: media_flow,
            });
        }
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
        if let Some(Stage::Incoming(incoming)) = self.legs.get(&leg).map(|leg| &leg.stage) {
            let (request, flow, tag) =
                (incoming.invite.clone(), incoming.flow, incoming.tag.clone());
            let answer = respond(&request, flow.remote, 487, status_reason(487), Some(&tag));
            self.transactions.respond(now, invite, 487, answer.finish());
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
        let closing = talking.closing.clone();
        let queued = talking.waiting_offer.take();
        self.deadlines.disarm(&Timer::Resend2xx(leg));
        if let Some(reason) = closing {
            self.hang_up(now, leg, &reason);
            return;
        }
        let media = body_of(ack).filter(|_| waiting.expects_answer);
        if waiting.expects_answer && self.own.has(leg) {
            return self.own_offer_answered(now, leg, media.as_ref());
        }
        if let Some(media) = media {
            self.events.push(Event::Acknowledged { leg, media });
        }
        if let Some(offer) = queued {
            self.reoffer(now, leg, offer);
        }
    }

    /// A response to one of our requests.
    pub(super) fn responded(&mut self, now: Now, client: ClientId, response: &Message) {
        // Kept until the transaction ends: a 2xx to an INVITE may come again, and from several dialogs.
        let Some(purpose) = self.purposes.get(&client).cloned() else {
            return;
        };
        let status = response.status().unwrap_or(500);
        if let Purpose::Ring(leg, branch) = purpose {
            self.ring_responded(now, leg, branch, status, response);
            return;
        }
        if status < 200 {
            return;
        }
        match purpose {
            Purpose::Change(leg) if status < 300 => self.change_accepted(now, leg, response),
            Purpose::Change(leg) => self.change_refused(now, leg, status),
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
            Purpose::Ring(..) | Purpose::End => {}
        }
    }

    fn ring_responded(
        &mut self,
        now: Now,
        leg: LegId,
        branch: usize,
        status: u16,
        response: &Message,
    ) {
        match status {
            100 => {}
            101..200 => {
                let ringing = status == 180;
                let media = body_of(response);
                let is_outgoing = matches!(
                    self.legs.get(&leg).map(|leg| &leg.stage),
                    Some(Stage::Outgoing(_))
                );
                if is_outgoing {
                    let branch = u32::try_from(branch).unwrap_or(u32::MAX);
                    self.events.push(Event::Progressed {
                        leg,
                        branch,
                        ringing,
                        media,
                    });
                }
            }
            200..300 => self.ring_answered(now, leg, branch, response),
            _ => self.branch_failed(now, leg, branch, status),
        }
    }

    /// A contact of a phone answered. The first has the call; the others are acknowledged and released.
    fn ring_answered(&mut self, now: Now, leg: LegId, index: usize, response: &Message) {
        let cseq = response.cseq().0;
        let Some(entry) = self.legs.get_mut(&leg) else {
            return self.release_stray(now, response);
        };
        let outgoing = match &mut entry.stage {
            Stage::Outgoing(outgoing) => outgoing,
            Stage::Talking(talking) => {
                let tag = response.to().ok().and_then(|to| to.tag());
                if tag.unwrap_or_default() != talking.dialog.remote_tag {
                    return self.release_stray(now, response);
                }
                if let Some((_, Some(ack))) = talking.ack.clone().filter(|ack| ack.0 == cseq) {
                    let flow = talking.dialog.flow;
                    self.transactions.sends.push((flow, ack));
                }
                return;
            }
            Stage::Incoming(_) => return,
        };
        let Some(branch) = outgoing.branches.get(index) else {
            return;
        };
        let ours = (outgoing.local.as_str(), outgoing.local_tag.as_str());
        let dialog = Dialog::by_their_response(response, branch.flow, ours, &branch.target);
        let offered = outgoing.offer.is_some();
        let others: Vec<ClientId> = outgoing
            .branches
            .iter()
            .enumerate()
            .filter(|(other, branch)| *other != index && !branch.ended)
            .map(|(_, branch)| branch.client)
            .collect();
        let mut talking = Talking::new(dialog);
        talking.ack = Some((cseq, None));
        entry.stage = Stage::Talking(Box::new(talking));
        for other in others {
            let reason = reply::reason("SIP", 200, "Call completed elsewhere");
            self.transactions.cancel(now, other, &reason);
        }
        if offered {
            self.acknowledge(leg, cseq, None);
        }
        self.begin_probing(now, leg);
        self.events.push(Event::Answered {
            leg,
            branch: u32::try_from(index).unwrap_or(u32::MAX),
            media: body_of(response),
        });
    }

    /// An answer that came too late: acknowledged, and hung up.
    fn release_stray(&mut self, now: Now, response: &Message) {
        let Some(flow) = self.flow_of_response(response) else {
            return;
        };
        let Ok(from) = response.from() else { return };
        let local = format!("<{}>", from.uri.text);
        let tag = from.tag().unwrap_or_default();
        let mut dialog = Dialog::by_their_response(response, flow, (&local, tag), "");
        if dialog.target.is_empty() {
            return;
        }
        let branch = self.mint_branch();
        let ack = dialog.request_numbered(Method::Ack, &branch, response.cseq().0);
        self.transactions.sends.push((flow, ack.finish()));
        let branch = self.mint_branch();
        let bye = dialog
            .request(Method::Bye, &branch)
            .header(
                Name::Reason,
                reply::reason("SIP", 200, "Call completed elsewhere"),
            )
            .finish();
        let client = self
            .transactions
            .request(now, flow, Method::Bye, &branch, bye);
        self.purposes.insert(client, Purpose::End);
    }

    fn flow_of_response(&self, response: &Message) -> Option<Flow> {
        let branch = response.top_via().ok()?.branch?;
        self.transactions.flow_of(branch, "INVITE")
    }

    /// A contact of a phone will not answer. When none is left, the phone will not.
    pub(super) fn branch_failed(&mut self, now: Now, leg: LegId, index: usize, status: u16) {
        if matches!(status, 408 | 430) && self.ring_by_next_flow(now, leg, index) {
            return;
        }
        let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
        else {
            return;
        };
        let Some(branch) = outgoing.branches.get_mut(index) else {
            return;
        };
        branch.ended = true;
        outgoing.refused = Some(more_telling(outgoing.refused, status));
        if status >= 600 {
            self.cancel_branches(now, leg, "");
        }
        let Some(Stage::Outgoing(outgoing)) = self.legs.get(&leg).map(|leg| &leg.stage) else {
            return;
        };
        if outgoing.branches.iter().all(|branch| branch.ended) {
            let why = reply::failure_of(outgoing.refused.unwrap_or(480));
            self.forget(leg);
            self.events.push(Event::Failed { leg, why });
        }
    }

    /// Takes back every INVITE of a leg that is not answered.
    pub(super) fn cancel_branches(&mut self, now: Now, leg: LegId, reason: &str) {
        let Some(Stage::Outgoing(outgoing)) = self.legs.get(&leg).map(|leg| &leg.stage) else {
            return;
        };
        let open = outgoing.branches.iter().filter(|branch| !branch.ended);
        let clients: Vec<ClientId> = open.map(|branch| branch.client).collect();
        for client in clients {
            self.transactions.cancel(now, client, reason);
        }
    }

    fn change_accepted(&mut self, _now: Now, leg: LegId, response: &Message) {
        let cseq = response.cseq().0;
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let again = talking.ack.clone().filter(|ack| ack.0 == cseq);
        if let Some((_, ack)) = again {
            let flow = talking.dialog.flow;
            if let Some(ack) = ack {
                self.transactions.sends.push((flow, ack));
            }
            return;
        }
        let Some((_, offered)) = talking.outgoing.take() else {
            return;
        };
        talking.dialog.refresh_target(response);
        talking.ack = Some((cseq, None));
        if offered {
            self.acknowledge(leg, cseq, None);
        }
        let media = body_of(response);
        self.events.push(Event::ReofferAnswered { leg, media });
    }

    fn change_refused(&mut self, now: Now, leg: LegId, status: u16) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        talking.outgoing = None;
        let why = reply::failure_of(status);
        self.events.push(Event::ReofferRefused { leg, why });
        // RFC 3261 §14.1: these two end the call.
        if matches!(status, 408 | 481) {
            self.dead(now, leg);
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
        if matches!(status, 503) {
            answer = answer.header(Name::RetryAfter, "10");
        }
        if let Some(reason) = reason {
            answer = answer.header(Name::Reason, reason);
        }
        self.transactions
            .respond(now, server, status, answer.finish());
    }

    pub(super) fn begin_response(&mut self, request: &Message, flow: Flow, status: u16) -> Builder {
        let tag = self.mint_tag();
        respond(
            request,
            flow.remote,
            status,
            status_reason(status),
            Some(&tag),
        )
    }
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
    Some(Body {
        content_type: Bytes::copy_from_slice(content_type),
        bytes,
    })
}

/// Of several contacts' refusals, the one that tells the caller more (RFC 3261 §16.7 step 6).
fn more_telling(so_far: Option<u16>, status: u16) -> u16 {
    let rank = |status: u16| match status {
        600.. => 0,
        486 => 1,
        401 | 407 | 408 | 480 | 487 => 4,
        500.. => 3,
        _ => 2,
    };
    so_far.map_or(status, |so_far| {
        if rank(status) < rank(so_far) {
            status
        } else {
            so_far
        }
    })
}
