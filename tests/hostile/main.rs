//! The built server on a hostile network, with honest phones beside the attack: they are never harmed, memory stays
//! bounded, and an administrator sees who it was.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/built_server.rs"]
mod built_server;
#[path = "../support/digest.rs"]
mod digest;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../crash/phone.rs"]
mod phone;
#[allow(
    dead_code,
    unused_imports,
    reason = "each user of it needs another part"
)]
#[path = "../support/sccp_samples/mod.rs"]
mod sccp_samples;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/wire_phone.rs"]
mod wire_phone;

mod arena;
mod attacker;
mod bursts;
mod floods;
mod frames;
mod guessing;
mod hoards;
mod intruder;
mod mutations;
mod neighbours;
mod newcomers;
mod oracle;
mod secure;
mod skinny;
mod spoil;
mod stages;
mod station;
mod streams;
