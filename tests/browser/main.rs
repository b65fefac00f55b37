//! Browsers: Chromium with JsSIP and a microphone that is none registers over WSS, calls another browser directly, and SIP
//! phones through rtpengine. Packets are counted at both ends.
//!
//! What is installed by npm is installed once, below the target directory. That needs a registry, so it happens only with
//! `PERCH_PEERS=required` in the environment; without, and if it is not there, the tests say that they were not run.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../peers/baresip.rs"]
mod baresip;
mod browser;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/built_server.rs"]
mod built_server;
mod calls;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../peers/installed.rs"]
mod installed;
mod relay;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../peers/softphone.rs"]
mod softphone;
mod softphones;

#[path = "../peers/wav.rs"]
mod wav;

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
