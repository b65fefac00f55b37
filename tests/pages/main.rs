//! Phone pages at the built server: a phone's browser asks, over real sockets.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[path = "../support/boot.rs"]
mod boot;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/built_server.rs"]
mod built_server;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../provision/client.rs"]
mod client;
#[path = "../support/mitel_browser.rs"]
mod mitel_browser;
#[path = "../support/people.rs"]
mod people;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../crash/phone.rs"]
mod phone;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/phone_browser.rs"]
mod phone_browser;
#[path = "../support/phone_web.rs"]
mod phone_web;
#[path = "../support/xml.rs"]
mod xml;

/// What phones are, shared with the tests in virtual time.
#[allow(
    dead_code,
    unused_imports,
    reason = "each user of it needs another part"
)]
#[path = "../support"]
mod support {
    pub mod digest;
    pub mod live_phone;
    pub mod network;
    pub mod phone;
    pub mod sccp_phone;
    pub mod sip_phone;
    pub mod watching;
    pub mod wire_phone;
}
use support::{digest, wire_phone};

mod axl;
mod boots;
mod busy;
mod desk;
mod emapi;
mod emapp;
mod flows;
mod forgetting;
mod idle;
mod manners;
mod mitel;
mod office;
mod own;
mod parameters;
mod secrets;
mod services;
