//! Actions to messages: how a station is told what the core wants.

use std::sync::Arc;

use super::call::{Call, CallStage, Then};
use super::calls::MOST_CALLS;
use super::screen::Look;
use super::shared::{Shared, Waiting};
use super::station::{Hook, Station};
use super::switchboard::Switchboard;
use super::wire::{CallState, Tone};
use crate::pbx::{
    Action, Alert, Body, Dn, Event, Failure, HUNG_UP, History, LegId, LineStatus, Party, PhoneName,
    Prompt, Refusal, Ticket,
};

impl Switchboard {
    /// Whether an action is about an SCCP phone.
    pub fn concerns(&self, action: &Action) -> bool {
        match action {
            Action::Ring { phone, .. }
            | Action::ApplyProfile { phone, .. }
            | Action::ShowDesk { phone, .. }
            | Action::Renew { phone, .. }
            | Action::Tell { phone, .. }
            | Action::ForgetCalls { phone, .. }
            | Action::Howl { phone } => self.stations.contains_key(phone),
            Action::RingOut { .. } => false,
            Action::ShowForwarding { leg }
            | Action::ShowWaiting { leg, .. }
            | Action::ShowProgress { leg, .. }
            | Action::Answer { leg, .. }
            | Action::Acknowledge { leg, .. }
            | Action::Converse { leg }
            | Action::Prompt { leg, .. }
            | Action::Refuse { leg, .. }
            | Action::Confirm { leg, .. }
            | Action::Release { leg, .. }
            | Action::Reoffer { leg, .. }
            | Action::AcceptReoffer { leg, .. }
            | Action::RefuseReoffer { leg, .. }
            | Action::Signal { leg, .. }
            | Action::OfferEarly { leg, .. }
            | Action::AnswerEarly { leg, .. }
            | Action::RingAnew { leg, .. } => self.shared.legs.contains_key(leg),
            Action::SignalReply { ticket, .. }
            | Action::AcceptTransfer { ticket }
            | Action::ShowTransfer { ticket }
            | Action::EndTransfer { ticket, .. }
            | Action::Reply { ticket, .. } => self.shared.tickets.contains_key(ticket),
            Action::DeliverText { .. }
            | Action::AnswerTaking { .. }
            | Action::RefuseText { .. }
            | Action::AnswerReport { .. }
            | Action::Mix(_)
            | Action::CheckSecret { .. }
            | Action::ShowLine { .. }
            | Action::EnrolUpstream { .. }
            | Action::WithdrawUpstream { .. }
            | Action::Announce(_) => false,
        }
    }

    /// A number stands otherwise: the phones that have it as a line show that, and those with a lamp for it.
    pub fn show_line(&mut self, now: crate::time::Now, status: &Arc<LineStatus>) {
        self.shared.now = now;
        match status.phones.len() {
            0 | 1 => drop(self.shared.lines.remove(&status.dn)),
            _ => {
                let dn = status.dn.clone();
                self.shared.lines.insert(dn, Arc::clone(status));
            }
        }
        for phone in &status.phones {
            self.at(phone, |station, shared| station.show_line(shared, status));
        }
        self.light_lamps(status);
    }

    /// Does what the core wants. Actions for legs that are gone by now do nothing.
    pub fn perform(&mut self, now: crate::time::Now, action: Action) {
        self.shared.now = now;
        match action {
            Action::Ring {
                leg,
                phone,
                caller,
                called,
                offer,
                history,
                alert,
                ..
            } => self.at(&phone, |station, shared| {
                station.ring_in(shared, (leg, alert), (caller, history), &called, offer);
            }),
            Action::ApplyProfile {
                phone,
                shown,
                text,
                desk,
            } => self.at(&phone, |station, shared| {
                station.take_desk(shared, *desk, shown, text);
            }),
            Action::ShowDesk { phone, desk } => self.at(&phone, |station, shared| {
                station.set_desk(shared, *desk);
            }),
            Action::Tell {
                phone,
                notice,
                text,
            } => self.at(&phone, |station, shared| {
                station.tell(shared, notice, &text)
            }),
            Action::ForgetCalls { phone, attempt } => self.at(&phone, |station, shared| {
                station.forget_calls(shared, attempt);
            }),
            Action::Renew { phone, how } => self.at(&phone, |station, shared| {
                station.renew(shared, how);
            }),
            Action::Howl { phone } => self.at(&phone, Station::howl),
            Action::ShowForwarding { leg } => self.at_leg(leg, Station::forwarded),
            Action::ShowWaiting {
                leg,
                place,
                group,
                announce,
            } => self.at_leg(leg, |station, shared, call| {
                station.waits(shared, call, (place, group), announce);
            }),
            Action::ShowProgress {
                leg,
                ringing,
                as_whom,
                media,
                ..
            } => self.at_leg(leg, |station, shared, call| {
                station.progressed(shared, call, (ringing, as_whom), media.as_ref());
            }),
            Action::Answer {
                leg,
                media,
                connected,
                ..
            } => self.at_leg(leg, |station, shared, call| {
                station.answered(shared, call, media.as_ref(), connected);
            }),
            Action::Converse { leg } => self.at_leg(leg, |station, shared, call| {
                station.converse(shared, call, leg);
            }),
            Action::Prompt { leg, prompt } => {
                self.at_leg(leg, |station, shared, call| match prompt {
                    Prompt::Echo => station.echo(shared, call, leg),
                    prompt => station.prompted(shared, call, prompt),
                })
            }
            Action::Refuse { leg, why } => self.at_leg(leg, |station, shared, call| {
                station.refused(shared, call, &why);
            }),
            Action::Confirm { leg, text } => self.at_leg(leg, |station, shared, call| {
                let state = CallState::Proceed;
                station.over(shared, call, state, (Tone::Confirmation, &text));
            }),
            Action::Release {
                leg,
                answered_elsewhere,
                text,
            } => self.at_leg(leg, |station, shared, call| {
                station.released(shared, call, text, answered_elsewhere);
            }),
            changes => self.perform_change(changes),
        }
    }

    fn perform_change(&mut self, action: Action) {
        match action {
            Action::Acknowledge { leg, media } => {
                self.at_leg(leg, |station, shared, call| match media {
                    Some(media) => station.agree(shared, call, Some(&media)),
                    None => station.close(shared, call),
                });
            }
            Action::Reoffer {
                leg,
                offer,
                connected,
            } => self.at_leg(leg, |station, shared, call| {
                station.change_wanted(shared, call, offer.as_ref(), connected);
            }),
            Action::AcceptReoffer { leg, media } => self.at_leg(leg, |station, shared, call| {
                station.change_accepted(shared, call, media.as_ref());
            }),
            Action::RefuseReoffer { leg, why } => self.at_leg(leg, |station, shared, call| {
                station.change_refused(shared, call, why);
            }),
            Action::Signal { leg, ticket, body } => {
                self.at_leg(leg, |station, shared, call| {
                    let status = station.signalled(shared, call, body.as_ref());
                    shared.events.push(Event::SignalAnswered { ticket, status });
                });
            }
            // Nothing flows before a call is answered: no channel is open until then.
            Action::OfferEarly { leg, link, .. } => {
                let media = Err(Failure::NotAcceptable);
                let refused = Event::EarlyAnswered { leg, link, media };
                self.shared.events.push(refused);
            }
            Action::SignalReply { ticket, .. } => {
                self.shared.tickets.remove(&ticket);
            }
            Action::AcceptTransfer { ticket } => {
                if let Some(Waiting::Transfer(phone, call)) =
                    self.shared.tickets.get(&ticket).cloned()
                {
                    self.at(&phone, |station, shared| {
                        station.transfer_begun(shared, call)
                    });
                }
            }
            Action::ShowTransfer { .. } => {}
            Action::EndTransfer { ticket, outcome } => self.transfer_over(ticket, outcome),
            Action::Reply { ticket, outcome } => match self.shared.tickets.remove(&ticket) {
                Some(Waiting::Leaving(phone)) => self.at(&phone, |station, shared| {
                    station.leave_answered(shared, outcome);
                }),
                Some(Waiting::Setting(phone, call)) => self.at(&phone, |station, shared| {
                    station.setting_answered(shared, call, outcome);
                }),
                Some(Waiting::Transfer(..) | Waiting::Key) | None => {}
            },
            _ => {}
        }
    }

    fn transfer_over(&mut self, ticket: Ticket, outcome: Result<(), Refusal>) {
        if let Some(Waiting::Transfer(phone, call)) = self.shared.tickets.remove(&ticket) {
            self.at(&phone, |station, shared| {
                station.transfer_ended(shared, call, outcome);
            });
        }
    }

    /// Lets the station of a leg do something about its call.
    fn at_leg(&mut self, leg: LegId, what: impl FnOnce(&mut Station, &mut Shared, u32)) {
        let found: Option<(PhoneName, u32)> = self.shared.legs.get(&leg).cloned();
        if let Some((phone, call)) = found {
            self.at(&phone, |station, shared| what(station, shared, call));
        }
    }
}

impl Station {
    /// Somebody calls.
    fn ring_in(
        &mut self,
        shared: &mut Shared,
        (leg, alert): (LegId, Alert),
        (caller, history): (Party, Box<History>),
        called: &Dn,
        offer: Option<Body>,
    ) {
        let why = match (self.is_registered(), self.calls.len() < MOST_CALLS) {
            (true, true) => None,
            (true, false) => Some(Failure::Busy),
            (false, _) => Some(Failure::Unreachable),
        };
        if let Some(why) = why {
            return shared.events.push(Event::Failed { leg, why });
        }
        let mut lines = self.desk.lines.iter();
        let place = lines
            .position(|line| line.is_called_by(called))
            .unwrap_or(0);
        let line = u32::try_from(place + 1).unwrap_or(1);
        let line = line.min(self.buttons.lines.max(1));
        let reference = shared.mint_reference();
        shared.legs.insert(leg, (self.name.clone(), reference));
        let is_busy = self.active().is_some();
        let stage = CallStage::Ringing { leg, offer, alert };
        self.add(shared, reference, line, caller, stage);
        let was_sent_here = history.transferred_by.is_some() || !history.diversions.is_empty();
        if let Some(call) = self.call_mut(reference) {
            call.history = was_sent_here.then_some(history);
        }
        if let Some(call) = self.call(reference) {
            self.show_ring_in(shared, call, is_busy);
        }
        shared.events.push(Event::Progressed {
            leg,
            branch: 0,
            ringing: true,
            media: None,
        });
    }

    /// The call goes on at another number.
    fn forwarded(&mut self, shared: &mut Shared, reference: u32) {
        self.stop_sending(shared, reference);
        if let Some(call) = self.call(reference) {
            self.prompt(shared, (call.line, reference), "Forwarded");
        }
    }

    /// The call waits until somebody is free.
    fn waits(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        (place, group): (usize, Party),
        announce: bool,
    ) {
        let is_calling = |call: &&mut Call| matches!(call.stage, CallStage::Calling(_));
        let Some(call) = self.call_mut(reference).filter(is_calling) else {
            return;
        };
        call.other = group;
        let at = (call.line, reference);
        self.look(shared, at, Look::rings_out());
        if let Some(call) = self.call(reference) {
            self.show_parties(shared, call);
        }
        let tone = match announce {
            true => Tone::ZipZip,
            false => Tone::Alerting,
        };
        self.hush(shared, at);
        self.tone(shared, at, tone);
        self.prompt(shared, at, format!("Queued, place {place}"));
    }

    /// It rings there, or there is something to be heard from there: then the phone makes no ringing tone.
    fn progressed(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        (ringing, as_whom): (bool, Option<Party>),
        media: Option<&Body>,
    ) {
        let is_calling =
            |call: &Call| matches!(call.stage, CallStage::Calling(_)) && !call.is_handed_on;
        let call = self.call_mut(reference).filter(|call| is_calling(call));
        let Some(call) = call else {
            return;
        };
        if let Some(party) = as_whom {
            call.other = party;
        }
        let at = (call.line, reference);
        let was_heard = call.media.sends_to.is_some();
        let is_heard = media.is_some_and(|media| self.hear_early(shared, reference, media));
        if is_heard {
            self.hush(shared, at);
        } else if ringing && !was_heard {
            self.tone(shared, at, Tone::Alerting);
        }
        if let Some(call) = self.call(reference).filter(|_| is_heard || ringing) {
            self.look(shared, at, Look::rings_out());
            self.show_parties(shared, call);
        }
    }

    fn answered(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        media: Option<&Body>,
        connected: Party,
    ) {
        let theirs = media.and_then(|body| self.abilities.understand(body));
        let has_offered = self.open_codec(reference).is_some();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let CallStage::Calling(leg) = call.stage else {
            return;
        };
        call.stage = CallStage::Talking(leg);
        call.other = connected;
        let at = (call.line, reference);
        self.hush(shared, at);
        if theirs.is_none() && media.is_some() {
            shared.events.push(Event::Released { leg, dead: false });
            return self.over_without_media(shared, reference);
        }
        if has_offered {
            // Connected first: what is sent before is early media.
            self.show_connected(shared, reference);
            return self.agree(shared, reference, media);
        }
        // Without a description no media is to flow as yet: the other side will say when.
        if let Some(theirs) = theirs {
            let chosen = theirs.chosen.clone();
            let then = Then::Acknowledge(Box::new(theirs));
            self.open(shared, reference, chosen, then);
        }
        self.show_connected(shared, reference);
    }

    /// A call is refused, or a dialogue has come to nothing.
    pub fn refused(&mut self, shared: &mut Shared, reference: u32, why: &Refusal) {
        if self.call(reference).is_some_and(|call| call.is_handed_on) {
            // Somebody else rings there now, for whoever was handed on.
            return self.remove(shared, reference);
        }
        let (state, tone) = match why {
            Refusal::Failed(Failure::Busy) => (CallState::Busy, Tone::Busy),
            Refusal::UnknownNumber => (CallState::InvalidNumber, Tone::Reorder),
            Refusal::Silence => (CallState::Congestion, Tone::ReceiverOffHook),
            _ => (CallState::Congestion, Tone::Reorder),
        };
        self.over(shared, reference, state, (tone, &why.text()));
    }

    /// The other side is gone, or the call was taken elsewhere.
    fn released(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        text: &str,
        answered_elsewhere: bool,
    ) {
        let Some(call) = self.call(reference) else {
            return;
        };
        let is_news = !call.is_ringing() && text != HUNG_UP;
        if answered_elsewhere {
            self.show_taken_elsewhere(shared, call);
        }
        self.remove(shared, reference);
        if is_news {
            self.notify(shared, text);
        }
    }

    /// The other side sends a key out of band: it is heard here.
    fn signalled(&mut self, shared: &mut Shared, reference: u32, body: Option<&Body>) -> u16 {
        let Some(body) = body else {
            return 200;
        };
        let Some(call) = self.call(reference) else {
            return 481;
        };
        match key_tone(body) {
            Some(tone) => {
                self.tone(shared, (call.line, reference), tone);
                200
            }
            None => 415,
        }
    }

    /// The handset has been up for long, and nobody dials (IDL-3).
    fn howl(&mut self, shared: &mut Shared) {
        if self.hook == Hook::On {
            return;
        }
        let at = self
            .active()
            .map_or((0, 0), |call| (call.line, call.reference));
        self.hush(shared, at);
        self.tone(shared, at, Tone::ReceiverOffHook);
        self.prompt(shared, at, "Please hang up");
    }
}

/// The tone of a key that came by INFO, in either of the dialects that phones have for it.
fn key_tone(body: &Body) -> Option<Tone> {
    let kind = body.content_type.split(|byte| *byte == b';').next()?;
    let kind = kind.trim_ascii();
    let text = String::from_utf8_lossy(&body.bytes).into_owned();
    let key = if kind.eq_ignore_ascii_case(b"application/dtmf-relay") {
        let mut fields = text.lines().filter_map(|line| line.split_once('='));
        let is_signal = |(name, _): &(&str, &str)| name.trim().eq_ignore_ascii_case("signal");
        fields.find(is_signal)?.1
    } else if kind.eq_ignore_ascii_case(b"application/dtmf") {
        &*text
    } else {
        return None;
    };
    Some(match key.trim() {
        "0" => Tone::Dtmf0,
        "1" => Tone::Dtmf1,
        "2" => Tone::Dtmf2,
        "3" => Tone::Dtmf3,
        "4" => Tone::Dtmf4,
        "5" => Tone::Dtmf5,
        "6" => Tone::Dtmf6,
        "7" => Tone::Dtmf7,
        "8" => Tone::Dtmf8,
        "9" => Tone::Dtmf9,
        "*" | "10" => Tone::DtmfStar,
        "#" | "11" => Tone::DtmfPound,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_out_of_band_are_heard() {
        let relay = "application/dtmf-relay";
        let table = [
            (relay, "Signal=5\r\nDuration=160\r\n", Some(Tone::Dtmf5)),
            (relay, "Duration=160\nsignal = *", Some(Tone::DtmfStar)),
            (relay, "Signal=11", Some(Tone::DtmfPound)),
            (relay, "Signal=hook", None),
            (relay, "", None),
            ("Application/DTMF; x=y", " 7\r\n", Some(Tone::Dtmf7)),
            ("application/dtmf", "", None),
            ("text/plain", "5", None),
        ];
        for (kind, text, expected) in table {
            let body = Body::new(kind, text);
            assert_eq!(key_tone(&body), expected, "{kind}: {text}");
        }
    }
}
