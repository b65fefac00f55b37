//! Desks with Cisco phones at the built server, over real sockets and with real media: they call each other, SIP phones and
//! softphones, and people move between them. tshark judges every word.
//!
//! Phones are those of the tests in virtual time. What is not installed is not asked, and that is said; with
//! `PERCH_PEERS=required` in the environment it is a failure.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "peers/baresip.rs"]
mod baresip;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/built_server.rs"]
mod built_server;
#[path = "desks/calls.rs"]
mod calls;
#[path = "desks/edits.rs"]
mod edits;
#[path = "peers/installed.rs"]
mod installed;
#[path = "desks/judge.rs"]
mod judge;
#[path = "desks/office.rs"]
mod office;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/pcap.rs"]
mod pcap;
#[path = "desks/shared.rs"]
mod shared;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "peers/sipp.rs"]
mod sipp;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "peers/softphone.rs"]
mod softphone;
#[path = "desks/softphones.rs"]
mod softphones;
#[path = "desks/tour.rs"]
mod tour;
#[path = "peers/tshark.rs"]
mod tshark;
#[path = "desks/voicemail.rs"]
mod voicemail;
#[path = "peers/wav.rs"]
mod wav;

/// What phones are, shared with the tests in virtual time.
#[allow(
    dead_code,
    unused_imports,
    reason = "each user of it needs another part"
)]
#[path = "support"]
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
