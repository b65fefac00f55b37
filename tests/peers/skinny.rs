//! What tshark's dissector for Skinny says to every message in every version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use perch::sccp::wire::{FromPhone, ToPhone, Version};

use super::installed::{directory, has};
use super::pcap;
use super::sccp_samples::{from_phone, to_phone};

/// What the dissector takes for malformed although it is as phones have it: the message, in which versions, and why.
const DISSECTOR_IS_WRONG: [(&str, &[u8], &str); 3] = [
    (
        "Stimulus",
        &[0, 3, 5, 8, 9, 10],
        "it wants the call and the status, which old phones do not send",
    ),
    (
        "OpenReceiveChannel",
        &[16],
        "it has the wanted family since 16, phones have it since 17",
    ),
    (
        "StartMediaTransmission",
        &[21],
        "it has latent capabilities since 21, phones have them since 22",
    ),
];

/// A capture in which each version has a phone of its own, and what stands in each of its packets.
fn capture() -> (Vec<u8>, BTreeMap<u32, (&'static str, u8)>) {
    let (mut capture, mut packets) = (pcap::Writer::new(2000), BTreeMap::new());
    let mut number = 0;
    let mut note = |name: &'static str, version: Version| {
        number += 1;
        packets.insert(number, (name, version.number()));
    };
    for version in Version::ALL {
        let port = 40_000 + u16::from(version.number());
        for message in from_phone() {
            capture.from_client(port, &message.to_frame(version).bytes());
            note(FromPhone::name(&message), version);
        }
        for message in to_phone() {
            capture.to_client(port, &message.to_frame(version).bytes());
            note(ToPhone::name(&message), version);
        }
    }
    (capture.finish(), packets)
}

/// The packets of a capture in which tshark finds messages, and those in which it finds one that is malformed.
pub fn judged(file: &Path) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let fields = ["frame.number", "skinny.messageId", "_ws.malformed"];
    let mut tshark = Command::new("tshark");
    tshark.args(["-T", "fields", "-r"]).arg(file);
    tshark.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = tshark.output().expect("tshark runs");
    assert!(output.status.success(), "{output:?}");
    let (mut seen, mut malformed) = (BTreeSet::new(), BTreeSet::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = fields[0].parse().expect("a packet has a number");
        if fields.get(1).is_some_and(|id| !id.is_empty()) {
            seen.insert(number);
        }
        if fields.get(2).is_some_and(|malformed| !malformed.is_empty()) {
            malformed.insert(number);
        }
    }
    (seen, malformed)
}

#[test]
fn tshark_finds_nothing_malformed_in_any_message_of_any_version() {
    if !has("tshark", "tshark") {
        return;
    }
    let dir = directory();
    let file = dir.path().join("sccp.pcap");
    let (capture, packets) = capture();
    std::fs::write(&file, capture).expect("there is room for temporary files");
    let (seen, malformed) = judged(&file);
    assert!(packets.keys().all(|number| seen.contains(number)));
    let found: BTreeSet<(&str, u8)> = malformed.iter().map(|number| packets[number]).collect();
    let known = DISSECTOR_IS_WRONG.iter();
    let known = known.flat_map(|(name, versions, _)| versions.iter().map(|v| (*name, *v)));
    assert_eq!(found, known.collect::<BTreeSet<_>>());
}
