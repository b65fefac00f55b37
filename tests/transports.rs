//! The built server over every transport, at addresses of both kinds, with real clients.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/built_server.rs"]
mod built_server;
#[path = "transports/calls.rs"]
mod calls;
#[path = "transports/certificates.rs"]
mod certificates;
#[path = "transports/connections.rs"]
mod connections;
#[path = "support/digest.rs"]
mod digest;
#[path = "transports/flows.rs"]
mod flows;
#[path = "transports/hunt_key.rs"]
mod hunt_key;
#[path = "transports/transfers.rs"]
mod transfers;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/wire_phone.rs"]
mod wire_phone;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The loopback addresses of both kinds.
const LOOPBACKS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];
