//! SCCP on the wire, through its public face: every message in every version, phones' manners, real captures, random bytes.

mod captures;
mod damage;
mod fixtures;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/pcap.rs"]
mod pcap;
mod round_trip;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "../support/sccp_samples/mod.rs"]
mod sccp_samples;
mod strict;
