//! Phone pages at the built server: a phone's browser asks, over real sockets.
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
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/phone_browser.rs"]
mod phone_browser;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/wire_phone.rs"]
mod wire_phone;
#[path = "../support/xml.rs"]
mod xml;

mod emapi;
mod emapp;
mod manners;
mod office;
mod secrets;
mod services;
