//! Where a message came from and where its answer goes.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// How SIP messages travel on a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams, RFC 3261 §18.
    Udp,
    /// A stream, RFC 3261 §18.
    Tcp,
    /// A stream under TLS, RFC 3261 §26.
    Tls,
    /// A WebSocket, RFC 7118.
    Ws,
    /// A WebSocket under TLS, RFC 7118.
    Wss,
}

impl Transport {
    /// Every one there is.
    pub const ALL: [Transport; 5] = [
        Transport::Udp,
        Transport::Tcp,
        Transport::Tls,
        Transport::Ws,
        Transport::Wss,
    ];

    /// The token of the `Via` header's sent-protocol.
    pub fn via_token(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }

    /// The value of the `transport` URI parameter. RFC 7118 §5.4 has one for both kinds of WebSocket.
    pub fn uri_token(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Ws | Transport::Wss => "ws",
        }
    }

    /// Its name in metrics and logs.
    pub fn word(self) -> &'static str {
        match self {
            Transport::Wss => "wss",
            other => other.uri_token(),
        }
    }

    /// Whether lost messages are the transport's worry and not ours.
    pub fn is_reliable(self) -> bool {
        self != Transport::Udp
    }

    /// Whether nobody on the way can read along, as `sips:` demands (RFC 3261 §26.2.2).
    pub fn is_secure(self) -> bool {
        matches!(self, Transport::Tls | Transport::Wss)
    }

    /// Whether a peer can be connected to. Nobody listens behind a WebSocket (RFC 7118 §5.3).
    pub fn can_be_dialled(self) -> bool {
        matches!(self, Transport::Tcp | Transport::Tls)
    }

    /// The port of a peer that names none (RFC 3261 §19.1.2, RFC 7118 §5.2).
    pub fn default_port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
            Transport::Ws => 80,
            Transport::Wss => 443,
        }
    }
}

/// A path between one of our sockets and a peer (RFC 5626's word): a pair of addresses, or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// How messages travel.
    pub transport: Transport,
    /// Our address as the peer reaches it; never a wildcard, and without a scope: it is written into messages.
    pub local: SocketAddr,
    /// Where the peer's packets come from.
    pub remote: SocketAddr,
    /// Which connection, for streams; 0 for datagrams and for "any connection, or a new one".
    pub connection: u64,
}
