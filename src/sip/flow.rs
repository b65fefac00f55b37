//! Where a message came from and where its answer goes.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// How SIP messages travel on a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams, RFC 3261 §18.
    Udp,
    /// A stream, RFC 3261 §18.
    Tcp,
}

impl Transport {
    /// The token of the `Via` header's sent-protocol.
    pub fn via_token(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        }
    }

    /// The value of the `transport` URI parameter.
    pub fn uri_token(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        }
    }

    /// Whether lost messages are the transport's worry and not ours.
    pub fn is_reliable(self) -> bool {
        self != Transport::Udp
    }
}

/// A path between one of our sockets and a peer (RFC 5626's word): a pair of addresses, or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// How messages travel.
    pub transport: Transport,
    /// Our address as the peer reaches it; never a wildcard.
    pub local: SocketAddr,
    /// Where the peer's packets come from.
    pub remote: SocketAddr,
    /// Which connection, for streams; 0 for datagrams and for "any connection, or a new one".
    pub connection: u64,
}
