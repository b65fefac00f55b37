//! Channels for media: opened, found out where, closed; and what the core is told when one is there, or is not to be had.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::call::{Call, CallStage, Receive, Then};
use super::media::{Chosen, Theirs};
use super::screen::Look;
use super::shared::{Shared, Timer};
use super::station::Station;
use super::wire::{
    CallState, CloseReceiveChannel, Codec, MediaStatus, OpenReceiveChannel, OpenReceiveChannelAck,
    StartMediaTransmission, StopMediaTransmission, Tone, Version,
};
use crate::pbx::{Body, Event, Failure, MediaFlow};
use crate::sdp::Direction;

/// No call waits for longer than this for a channel that it can do without.
const EARLY_LIMIT: Duration = Duration::from_millis(500);

impl Station {
    /// Asks the phone where it takes media.
    pub fn open(&mut self, shared: &mut Shared, reference: u32, chosen: Chosen, then: Then) {
        self.close(shared, reference);
        let pass_through = shared.mint_reference();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        call.media.pass_through = pass_through;
        let open = OpenReceiveChannel {
            conference: reference,
            pass_through,
            packet_ms: chosen.packet_ms,
            codec: chosen.codec,
            call: reference,
            rfc2833_payload: chosen.keys.map_or(0, u32::from),
            ..OpenReceiveChannel::default()
        };
        let limit = match then {
            Then::Dial(_) => EARLY_LIMIT,
            _ => shared.settings.channel_limit,
        };
        call.media.receive = Receive::Opening { chosen, then };
        shared.arm(Timer::Channel(self.name.clone(), reference), limit);
        self.say(shared, open);
    }

    /// The phone says where, or why not.
    pub fn opened(&mut self, shared: &mut Shared, ack: &OpenReceiveChannelAck) {
        let by_channel = |call: &&Call| {
            call.media.pass_through == ack.pass_through
                && matches!(call.media.receive, Receive::Opening { .. })
        };
        let Some(reference) = self.calls.iter().find(by_channel).map(|c| c.reference) else {
            tracing::debug!(phone = %self.name, "a channel was opened that nobody waits for any more");
            return;
        };
        shared
            .deadlines
            .disarm(&Timer::Channel(self.name.clone(), reference));
        match (ack.status, self.listens_at(ack)) {
            (MediaStatus::Ok, Some(at)) => self.is_open(shared, reference, at),
            (status, _) => self.not_open(shared, reference, &format!("{status:?}")),
        }
    }

    /// Where the phone takes media. One behind NAT names an address that nobody else knows: the one that it is seen at
    /// counts.
    fn listens_at(&self, ack: &OpenReceiveChannelAck) -> Option<SocketAddr> {
        let port = u16::try_from(ack.port).ok().filter(|port| *port != 0)?;
        let seen = self.connection.remote.ip().to_canonical();
        let said = ack.address.filter(|ip| !ip.is_unspecified());
        let own = self.says_address.map(IpAddr::V4);
        let ip = match said {
            Some(said) if Some(said) == own => seen,
            Some(said) => said,
            None => seen,
        };
        Some(SocketAddr::new(ip, port))
    }

    /// The phone has not said anything.
    pub fn channel_overdue(&mut self, shared: &mut Shared, reference: u32) {
        // It may open it yet.
        self.close_channel(shared, reference);
        self.not_open(shared, reference, "no answer");
    }

    fn is_open(&mut self, shared: &mut Shared, reference: u32, at: SocketAddr) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let Receive::Opening { chosen, then } = std::mem::take(&mut call.media.receive) else {
            return;
        };
        let had_moved = call.media.was_at.is_some_and(|was| was != at);
        call.media.was_at = Some(at);
        let open = chosen.clone();
        call.media.receive = Receive::Open { chosen };
        let Some(leg) = call.leg() else {
            return;
        };
        match then {
            Then::Dial(dialled) => {
                let offer = self.offer_of(reference, &open, Direction::Both);
                self.tell_dialled(shared, reference, *dialled, Some(offer));
            }
            Then::Acknowledge(theirs) => {
                let media = self.answer_to(reference, &theirs);
                shared.events.push(Event::Acknowledged { leg, media });
                self.send_to(shared, reference, &theirs);
            }
            Then::Answer(theirs) => {
                let media = self.description(reference, theirs.as_deref(), &open);
                if let Some(call) = self.call_mut(reference) {
                    call.stage = CallStage::Talking(leg);
                }
                let branch = 0;
                let media = Some(media);
                shared.events.push(Event::Answered { leg, branch, media });
                if let Some(theirs) = theirs {
                    self.send_to(shared, reference, &theirs);
                }
            }
            Then::Change(theirs) => {
                let media = Some(self.description(reference, theirs.as_deref(), &open));
                shared.events.push(Event::ReofferAnswered { leg, media });
                if let Some(theirs) = theirs {
                    self.send_to(shared, reference, &theirs);
                }
            }
            Then::Resume => self.ask_change(shared, reference, MediaFlow::Open),
            Then::Own => self.own_is_open(shared, reference, (at, &open), leg),
            Then::Recode(theirs) => {
                self.send_to(shared, reference, &theirs);
                if had_moved {
                    self.ask_change(shared, reference, MediaFlow::Open);
                }
            }
        }
    }

    /// Our description: an answer to theirs, or an offer.
    fn description(&mut self, reference: u32, theirs: Option<&Theirs>, open: &Chosen) -> Body {
        match theirs {
            Some(theirs) => self.answer_to(reference, theirs),
            None => self.offer_of(reference, open, Direction::Both),
        }
    }

    pub fn answer_to(&mut self, reference: u32, theirs: &Theirs) -> Body {
        let at = self.media_address(reference);
        let version = self.next_version(reference);
        let held = self.call(reference).is_some_and(Call::is_held);
        let (sends, listens) = (
            theirs.audio.direction.sends(),
            theirs.audio.direction.listens(),
        );
        let direction = Direction::of(listens && !held, sends && !held);
        theirs.answer(at, direction, version)
    }

    pub fn offer_of(&mut self, reference: u32, open: &Chosen, direction: Direction) -> Body {
        let at = self.media_address(reference);
        let version = self.next_version(reference);
        self.abilities.offer(open, at, direction, version)
    }

    /// Where the phone takes media, or took it last; the port where nobody listens, if it never did.
    fn media_address(&self, reference: u32) -> SocketAddr {
        let was_at = self.call(reference).and_then(|call| call.media.was_at);
        was_at.unwrap_or_else(|| SocketAddr::new(self.connection.remote.ip().to_canonical(), 9))
    }

    fn next_version(&mut self, reference: u32) -> u64 {
        let call = self.call_mut(reference);
        call.map_or(1, |call| call.media.next_version())
    }

    /// The phone cannot send where it is to.
    pub fn media_failed(&mut self, shared: &mut Shared, pass_through: u32, why: &str) {
        let is_it =
            |call: &&Call| call.media.pass_through == pass_through && call.media.sends_to.is_some();
        let Some(call) = self.calls.iter().find(is_it) else {
            return;
        };
        let (reference, leg) = (call.reference, call.leg());
        tracing::info!(phone = %self.name, call = reference, why, "SCCP phone sends no media");
        if let Some(leg) = leg {
            shared.events.push(Event::Released { leg, dead: false });
            self.over_without_media(shared, reference);
        }
    }

    /// What was to come of it does not.
    fn not_open(&mut self, shared: &mut Shared, reference: u32, why: &str) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let leg = call.leg();
        let Receive::Opening { then, .. } = std::mem::take(&mut call.media.receive) else {
            return;
        };
        let Some(leg) = leg else {
            return;
        };
        tracing::info!(phone = %self.name, call = reference, why, "SCCP phone opens no channel for media");
        match then {
            Then::Dial(dialled) => self.tell_dialled(shared, reference, *dialled, None),
            Then::Own if self.is_resuming(reference) => self.hold_again(shared, reference),
            Then::Acknowledge(_) | Then::Recode(_) | Then::Own => {
                shared.events.push(Event::Released { leg, dead: false });
                self.over_without_media(shared, reference);
            }
            Then::Answer(_) => {
                let why = Failure::NotAcceptable;
                shared.events.push(Event::Failed { leg, why });
                self.over_without_media(shared, reference);
            }
            Then::Change(_) => {
                let why = Failure::NotAcceptable;
                shared.events.push(Event::ReofferRefused { leg, why });
            }
            Then::Resume => self.hold_again(shared, reference),
        }
    }

    fn is_resuming(&self, reference: u32) -> bool {
        let call = self.call(reference);
        call.is_some_and(|call| matches!(call.stage, CallStage::Resuming(_)))
    }

    /// A call without media is none.
    pub fn over_without_media(&mut self, shared: &mut Shared, reference: u32) {
        let text = "No media: hang up and try again";
        self.over(
            shared,
            reference,
            CallState::Congestion,
            (Tone::Reorder, text),
        );
    }

    /// The phone sends where the other side listens, if it wants to hear anything.
    pub fn send_to(&mut self, shared: &mut Shared, reference: u32, theirs: &Theirs) {
        let wanted = theirs.audio.at.filter(|_| theirs.audio.direction.listens());
        let is_v4_only = self.dialect.version < Version::V17;
        let wanted = wanted.filter(|to| to.is_ipv4() || !is_v4_only);
        self.transmit(shared, reference, wanted, &theirs.chosen);
    }

    /// The phone sends there, or nowhere.
    pub fn transmit(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        wanted: Option<SocketAddr>,
        chosen: &Chosen,
    ) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        if call.media.sends_to == wanted {
            return;
        }
        self.stop_sending(shared, reference);
        let (Some(to), Some(call)) = (wanted, self.call_mut(reference)) else {
            return;
        };
        call.media.sends_to = Some(to);
        call.media.sends_keys = chosen.keys.is_some();
        let start = StartMediaTransmission {
            conference: reference,
            pass_through: call.media.pass_through,
            address: Some(to.ip()),
            port: to.port().into(),
            packet_ms: chosen.packet_ms,
            codec: chosen.codec,
            call: reference,
            rfc2833_payload: chosen.keys.map_or(0, u32::from),
            ..StartMediaTransmission::default()
        };
        self.say(shared, start);
    }

    /// No media any more, either way.
    pub fn close(&mut self, shared: &mut Shared, reference: u32) {
        let name = self.name.clone();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let was_closed = matches!(call.media.receive, Receive::Closed);
        if !was_closed {
            shared.deadlines.disarm(&Timer::Channel(name, reference));
            self.close_channel(shared, reference);
        }
        if let Some(call) = self.call_mut(reference) {
            call.media.receive = Receive::Closed;
        }
        self.stop_sending(shared, reference);
    }

    fn close_channel(&self, shared: &mut Shared, reference: u32) {
        if let Some(call) = self.call(reference) {
            let close = CloseReceiveChannel {
                conference: reference,
                pass_through: call.media.pass_through,
                call: reference,
                keep_port: false,
            };
            self.say(shared, close);
        }
    }

    pub fn stop_sending(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let pass_through = call.media.pass_through;
        if call.media.sends_to.take().is_some() {
            let stop = StopMediaTransmission {
                conference: reference,
                pass_through,
                call: reference,
                keep_port: false,
            };
            self.say(shared, stop);
        }
    }

    /// The other side's answer to our offer. It may have chosen a codec that is not open.
    pub fn agree(&mut self, shared: &mut Shared, reference: u32, answer: Option<&Body>) {
        let open = self.open_codec(reference);
        let theirs = answer.and_then(|body| self.abilities.understand(body));
        let theirs = theirs.map(|theirs| theirs.keep(open));
        let Some(leg) = self.call(reference).and_then(Call::leg) else {
            return;
        };
        match theirs {
            Some(theirs) if Some(theirs.chosen.codec) == open => {
                self.send_to(shared, reference, &theirs);
            }
            Some(theirs) => {
                let chosen = theirs.chosen.clone();
                let then = Then::Recode(Box::new(theirs));
                self.open(shared, reference, chosen, then);
            }
            // A call that lets no media flow for now is one nevertheless.
            None if answer.is_none() => {}
            None => {
                shared.events.push(Event::Released { leg, dead: false });
                self.over_without_media(shared, reference);
            }
        }
    }

    /// What the phone listens to, if it listens.
    pub fn open_codec(&self, reference: u32) -> Option<Codec> {
        match &self.call(reference)?.media.receive {
            Receive::Open { chosen } => Some(chosen.codec),
            _ => None,
        }
    }

    /// Something is to be heard before the answer. False if it cannot be.
    pub fn hear_early(&mut self, shared: &mut Shared, reference: u32, media: &Body) -> bool {
        let open = self.open_codec(reference);
        let theirs = self.abilities.understand(media);
        let theirs = theirs.map(|theirs| theirs.keep(open));
        match theirs.filter(|theirs| Some(theirs.chosen.codec) == open) {
            Some(theirs) => {
                self.send_to(shared, reference, &theirs);
                theirs.audio.direction.sends()
            }
            None => false,
        }
    }

    /// Shows that both talk.
    pub fn show_connected(&self, shared: &mut Shared, reference: u32) {
        if let Some(call) = self.call(reference) {
            let look = Look::connected(call);
            self.look(shared, (call.line, call.reference), look);
            self.show_parties(shared, call);
        }
    }
}
