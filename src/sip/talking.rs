//! Calls that are answered: requests of ours in them, ACKs, signs of life, and how they end.

use std::time::Duration;

use bytes::Bytes;
use rsip::Method;

use super::agent::{Agent, Purpose, Timer, dialog_of};
use super::bindings::Binding;
use super::dialog::{Dialog, contact};
use super::flow::Flow;
use super::leg::{Owed, Stage};
use super::outbound::finish;
use super::registrar::Registrar;
use super::reply;
use super::sdp;
use super::target::Target;
use super::transaction::{ClientId, T1, T2};
use super::wire::{Builder, Name};
use crate::pbx::{Body, Event, LegId, PhoneName, Ticket};
use crate::time::Now;

/// A phone in a call is asked this often whether it is still there.
const PROBE_EVERY: Duration = Duration::from_secs(60);

impl Agent {
    /// Sends a request within a call.
    pub(super) fn send_in_dialog(
        &mut self,
        now: Now,
        leg: LegId,
        method: Method,
        purpose: Purpose,
        finish: impl FnOnce(Builder, Flow) -> Bytes,
    ) -> Option<ClientId> {
        let branch = self.mint_branch();
        self.find_again(now, leg);
        let talking = self.talking(leg)?;
        let flow = talking.dialog.flow;
        let bytes = finish(talking.dialog.request(method, &branch), flow);
        let client = self.transactions.request(now, flow, method, &branch, bytes);
        self.purposes.insert(client, purpose);
        Some(client)
    }

    /// A phone whose connection is gone may have come back by another: the registrar knows which.
    fn find_again(&mut self, now: Now, leg: LegId) {
        let Some(entry) = self.legs.get_mut(&leg) else {
            return;
        };
        if let Stage::Talking(talking) = &mut entry.stage {
            find_dialog_again(&self.registrar, now, &entry.phone, &mut talking.dialog);
        }
    }

    /// Acknowledges a 2xx. ACK is no transaction; its bytes are kept for retransmissions of the 2xx.
    pub(super) fn acknowledge(&mut self, leg: LegId, cseq: u32, media: Option<&Body>) {
        let branch = self.mint_branch();
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let dialog = &talking.dialog;
        let builder = dialog.request_numbered(Method::Ack, &branch, cseq);
        let bytes = finish(builder, media);
        let flow = dialog.flow;
        talking.ack = Some((cseq, Owed::Sent(bytes.clone())));
        self.transactions.sends.push((flow, bytes));
    }

    /// Acknowledges a 2xx whose ACK has been waiting for an answer to its offer. If there is none, no media flows.
    pub(super) fn acknowledge_owed(&mut self, now: Now, leg: LegId, media: Option<Body>) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let Some((cseq, Owed::AnswerTo(offer))) = talking.ack.clone() else {
            return;
        };
        let local = talking.dialog.flow.local.ip();
        let nothing = || {
            let offer = offer.as_ref()?;
            Some(sdp::inactive(Some(offer), local))
        };
        let media = media.or_else(nothing);
        self.acknowledge(leg, cseq, media.as_ref());
        self.reoffer_if_ready(now, leg);
    }

    /// A 2xx of ours is on its way: until it is acknowledged it is sent again.
    pub(super) fn await_ack(&mut self, now: Now, leg: LegId) {
        self.deadlines.arm(Timer::Resend2xx(leg), now.uptime + T1);
    }

    /// Nobody has acknowledged it: once more, or nobody is there.
    pub(super) fn resend_2xx(&mut self, now: Now, leg: LegId) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let flow = talking.dialog.flow;
        let Some(waiting) = &mut talking.unacknowledged else {
            return;
        };
        if now.uptime >= waiting.give_up {
            // RFC 3261 §13.3.1.4: nobody acknowledges, so nobody is there.
            let was_code = talking.closing.is_some();
            self.hang_up(now, leg, &reply::reason("SIP", 408, "No ACK"));
            if !was_code {
                self.events.push(Event::Released { leg, dead: true });
            }
            return;
        }
        waiting.interval = (waiting.interval * 2).min(T2);
        let next = (now.uptime + waiting.interval).min(waiting.give_up);
        let bytes = waiting.answer.clone();
        self.deadlines.arm(Timer::Resend2xx(leg), next);
        self.transactions.sends.push((flow, bytes));
    }

    /// A leg is in a call from now on.
    pub(super) fn begin_probing(&mut self, now: Now, leg: LegId) {
        // Not all at once after a wave.
        let jitter = Duration::from_millis(self.some_millis(10_000));
        self.deadlines
            .arm(Timer::Probe(leg), now.uptime + PROBE_EVERY + jitter);
    }

    /// Asks a phone in a call whether it is still there.
    pub(super) fn probe(&mut self, now: Now, leg: LegId) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let target = talking.dialog.target.clone();
        if !std::mem::replace(&mut talking.probing, true) {
            let purpose = Purpose::Probe(leg);
            self.send_in_dialog(now, leg, Method::Options, purpose, |builder, flow| {
                builder
                    .header(Name::Contact, contact(flow, &target))
                    .finish()
            });
        }
        self.begin_probing(now, leg);
    }

    /// The phone is gone in the middle of a call (RFC 3261 §12.2.1.2).
    pub(super) fn dead(&mut self, now: Now, leg: LegId) {
        if self.talking(leg).is_some() {
            self.hang_up(now, leg, &reply::reason("SIP", 408, "No sign of life"));
            self.events.push(Event::Released { leg, dead: true });
        }
    }

    /// Ends an answered call with a BYE, and forgets the leg.
    pub(super) fn hang_up(&mut self, now: Now, leg: LegId, reason: &str) {
        self.answer_pending(now, leg);
        let reason = reason.to_owned();
        self.send_in_dialog(now, leg, Method::Bye, Purpose::End, |builder, _| {
            builder.header(Name::Reason, reason).finish()
        });
        self.forget(leg);
    }

    /// Hangs up a call that was to be hung up as soon as nothing stands in the way any more.
    pub(super) fn hang_up_if_closing(&mut self, now: Now, leg: LegId) {
        if self.owes_notice(leg) {
            return;
        }
        let Some(talking) = self.talking(leg) else {
            return;
        };
        if let Some(reason) = talking.closing.clone()
            && talking.unacknowledged.is_none()
        {
            self.hang_up(now, leg, &reason);
        }
    }

    /// What waits for the other party must not be left without an answer: a re-INVITE, signals.
    pub(super) fn answer_pending(&mut self, now: Now, leg: LegId) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let flow = talking.dialog.flow;
        let changes = [talking.incoming.take(), talking.overtaker.take()];
        let dialog = talking.dialog.key();
        for (server, invite) in changes.into_iter().flatten() {
            self.respond(now, server, &invite, flow, 487, None);
        }
        let waiting = self.signals.iter();
        let waiting = waiting.filter(|(_, (_, request, _))| dialog_of(request) == dialog);
        let tickets: Vec<Ticket> = waiting.map(|(ticket, _)| *ticket).collect();
        for ticket in tickets {
            self.signal_reply(now, ticket, 481);
        }
    }
}

/// The same for any dialog with a phone.
pub(super) fn find_dialog_again(
    registrar: &Registrar,
    now: Now,
    phone: &PhoneName,
    dialog: &mut Dialog,
) {
    if dialog.flow.connection != 0 || !dialog.flow.transport.is_reliable() {
        return;
    }
    let bindings = registrar.bindings_of(phone, now);
    let is_here = |b: &&Binding| Target::of(&b.contact).uri == dialog.target;
    let here = bindings.iter().find(is_here);
    dialog.flow = here.map_or(dialog.flow, |binding| binding.flow);
}
