//! Where SCCP phones are plugged in: the tables of stations and connections, and what happens when time passes.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::wire::Frame;
use crate::pbx::{Action, Event};
use crate::time::Now;

/// A connection that a phone opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its number.
    pub id: u64,
    /// Where the phone is, as seen from here.
    pub remote: SocketAddr,
    /// Where it came in.
    pub local: SocketAddr,
    /// Whether it is encrypted.
    pub secure: bool,
}

/// The SCCP side of the exchange.
#[derive(Debug, Default)]
pub struct Switchboard {
    events: Vec<Event>,
    frames: Vec<(u64, Bytes)>,
    hang_ups: Vec<u64>,
}

impl Switchboard {
    /// A phone connected.
    pub fn opened(&mut self, _now: Now, connection: Connection) {
        self.hang_ups.push(connection.id);
    }

    /// A phone said something.
    pub fn receive(&mut self, _now: Now, _connection: u64, _frame: &Frame) {}

    /// A connection ended.
    pub fn closed(&mut self, _now: Now, _connection: u64) {}

    /// Whether an action is about an SCCP phone.
    pub fn concerns(&self, _action: &Action) -> bool {
        false
    }

    /// Does what the core wants.
    pub fn perform(&mut self, _now: Now, _action: Action) {}

    /// Does what is due.
    pub fn wake(&mut self, _now: Now) {}

    /// When something is due (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        None
    }

    /// Takes out what happened.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes out what is to be sent, by connection, in order.
    pub fn take_frames(&mut self) -> Vec<(u64, Bytes)> {
        std::mem::take(&mut self.frames)
    }

    /// Takes out which connections are to be closed after what was sent over them.
    pub fn take_hang_ups(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.hang_ups)
    }
}
