//! The way out: messages to the socket or connection that they belong on.

use std::sync::Arc;

use super::sccp::Sccp;
use super::streams::Streams;
use super::udp::Udp;
use crate::exchange::Send;
use crate::sip::Transport;

/// Everything that messages leave by.
#[derive(Clone, Debug)]
pub struct Wires {
    /// Datagrams.
    pub udp: Arc<Udp>,
    /// Streams.
    pub streams: Arc<Streams>,
    /// SCCP phones.
    pub sccp: Arc<Sccp>,
}

impl Wires {
    /// Sends one message. Never waits.
    pub fn send(&self, send: Send) {
        match send.flow.transport {
            Transport::Udp => self.udp.send(&send.flow, &send.bytes),
            _ => self.streams.send(&send.flow, send.bytes),
        }
    }
}
