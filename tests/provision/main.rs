//! What phones download: TFTP packet by packet and over a bad network in virtual time, every file, and the built server.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested at the built server runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/built_server.rs"]
mod built_server;
#[path = "../support/digest.rs"]
mod digest;
#[path = "../peers/installed.rs"]
mod installed;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../crash/phone.rs"]
mod phone;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/wire_phone.rs"]
mod wire_phone;

mod client;
mod fetch;
mod files;
mod packets;
mod served;
mod sources;
mod told;
mod transfers;
