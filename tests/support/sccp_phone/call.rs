//! A call as the phone has it.

use std::net::SocketAddr;
use std::time::Duration;

use perch::sccp::wire::{CallState as State, Codec};

use super::desk::Place;
use crate::support::phone::{CallSight, CallState, Sends, Stream};

#[derive(Debug)]
pub struct Call {
    /// Its line and its reference.
    pub place: Place,
    pub state: State,
    /// Since when (uptime).
    pub since: Duration,
    /// Which call of this phone's.
    pub number: u64,
    /// Whether somebody called here.
    pub is_incoming: bool,
    /// Who calls, in words.
    pub caller: Option<String>,
    /// Whether somebody at the phone has heard it ring, here or there.
    pub heard_ringing: bool,
    /// The channel that it listens by.
    pub receiving: Option<u32>,
    /// The port of the last channel that it listened by.
    pub port: u16,
    /// The channel that it speaks by, and where to.
    pub sending: Option<(u32, SocketAddr)>,
    /// As what it spoke last: the codec, and how much sound is in a packet.
    pub speaks: (Codec, u32),
    /// Whether keys go along with the sound.
    pub sends_keys: bool,
    /// Whom somebody at the phone talked with last.
    pub talked_with: Option<SocketAddr>,
    /// Whether the other side holds it.
    pub is_held: bool,
    /// What is still to be dialled, in the order of its keys.
    pub to_dial: Vec<char>,
    /// Whether it takes another's place as soon as it rings there.
    pub transfers: bool,
    /// What somebody at the phone has decided to do with it.
    pub wish: Wish,
    /// What the phone showed about it last.
    pub text: String,
    /// Whether the server asks for user and PIN in it.
    pub is_asked: bool,
    /// Whether it was one to tell the server something, which was done.
    pub is_confirmed: bool,
    pub excused: bool,
}

/// What somebody at the phone wants of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Talk,
    Hold,
    /// It was hung up; the server has not said that it knows.
    HangUp,
}

impl Call {
    pub fn new(place: Place, state: State, number: u64, uptime: Duration) -> Call {
        Call {
            place,
            state,
            since: uptime,
            number,
            is_incoming: matches!(state, State::RingIn | State::CallWaiting),
            caller: None,
            heard_ringing: false,
            receiving: None,
            port: 0,
            sending: None,
            speaks: (Codec::G711Ulaw, 20),
            sends_keys: false,
            talked_with: None,
            is_held: false,
            to_dial: Vec::new(),
            transfers: false,
            wish: Wish::Talk,
            text: String::new(),
            is_asked: false,
            is_confirmed: false,
            excused: false,
        }
    }

    pub fn rings(&self) -> bool {
        matches!(self.state, State::RingIn | State::CallWaiting)
    }

    /// Whether there is nothing to do any more but to hang up.
    pub fn is_done(&self) -> bool {
        (self.has_failed() || self.is_confirmed) && self.wish != Wish::HangUp
    }

    /// Whether the phone is told why it came to nothing.
    pub fn has_failed(&self) -> bool {
        matches!(
            self.state,
            State::Busy | State::Congestion | State::InvalidNumber
        )
    }

    pub fn sight(&self) -> CallSight {
        let state = match self.state {
            _ if self.wish == Wish::HangUp => CallState::Ending,
            State::RingIn | State::CallWaiting => CallState::Ringing,
            State::Connected => CallState::Talking,
            State::Hold => CallState::Holding,
            _ => CallState::Calling,
        };
        CallSight {
            state,
            since: self.since,
            number: self.number,
            is_dialling: self.state == State::OffHook || self.is_asked,
            excused: self.excused,
        }
    }

    /// Its media, as long as there is any.
    pub fn stream(&self) -> Option<Stream> {
        let (codec, packet_ms) = self.speaks;
        let sends = self.sending.map(|(_, to)| Sends {
            to,
            payload_type: payload_type_of(codec),
            packet_ms,
        });
        let channel = self.sending.map(|(id, _)| id).or(self.receiving)?;
        Some(Stream {
            id: channel.into(),
            listens: self.receiving.map(|_| self.port),
            sends,
        })
    }
}

/// The payload type of a codec (RFC 3551 §6).
fn payload_type_of(codec: Codec) -> u8 {
    match codec {
        Codec::G711Alaw => 8,
        Codec::G722 => 9,
        Codec::G729 | Codec::G729A => 18,
        _ => 0,
    }
}
