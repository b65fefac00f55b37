//! What tshark's dissector for Skinny says to every message in every version.

use std::collections::{BTreeMap, BTreeSet};

use perch::sccp::wire::{FromPhone, ToPhone, Version};

use super::installed::{directory, has};
use super::pcap;
use super::sccp_samples::{CALL, CHANNEL, CONFERENCE, LINE, from_phone, to_phone};
use super::tshark::{DISSECTOR_IS_WRONG, dissected};

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
            capture.client_says(port, &message.to_frame(version).bytes());
            note(FromPhone::name(&message), version);
        }
        for message in to_phone() {
            capture.client_hears(port, &message.to_frame(version).bytes());
            note(ToPhone::name(&message), version);
        }
    }
    (capture.finish(), packets)
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
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for packet in dissected(&file, &["skinny.messageId", "_ws.malformed"]) {
        let [id, malformed] = packet.values.as_slice() else {
            panic!("two fields were asked for: {:?}", packet.values);
        };
        if !id.is_empty() {
            seen.insert(packet.number);
        }
        if !malformed.is_empty() {
            found.insert(packets[&packet.number]);
        }
    }
    assert!(packets.keys().all(|number| seen.contains(number)));
    let known = DISSECTOR_IS_WRONG.iter();
    let known = known.flat_map(|(name, versions, _)| versions.iter().map(|v| (*name, *v)));
    assert_eq!(found, known.collect::<BTreeSet<_>>());
}

/// Fields of many messages, what stands in them wherever they are, and in how many messages they are.
const SAME_EVERYWHERE: [(&str, &[u32], usize); 9] = [
    ("skinny.callReference", &[CALL], 37),
    ("skinny.lineInstance", &[LINE], 27),
    ("skinny.lineNumber", &[LINE], 4),
    ("skinny.passThroughPartyId", &[CHANNEL], 10),
    ("skinny.conferenceId", &[CONFERENCE], 12),
    ("skinny.portNumber", &[24576], 3),
    ("skinny.remotePortNumber", &[24576, 24580], 2),
    ("skinny.milliSecondPacketSize", &[20], 2),
    ("skinny.RFC2833PayloadType", &[101], 2),
];

#[test]
fn tshark_reads_what_was_written_in_every_version() {
    if !has("tshark", "tshark") {
        return;
    }
    let dir = directory();
    let file = dir.path().join("sccp.pcap");
    let (capture, packets) = capture();
    std::fs::write(&file, capture).expect("there is room for temporary files");
    let fields = SAME_EVERYWHERE.map(|(field, ..)| field);
    let dissected = dissected(&file, &fields);
    for (at, (field, expected, messages)) in SAME_EVERYWHERE.iter().enumerate() {
        let mut found = BTreeSet::new();
        for packet in &dissected {
            let Some(value) = packet.values.get(at).filter(|value| !value.is_empty()) else {
                continue;
            };
            let (name, version) = packets[&packet.number];
            let value = value.parse().ok();
            assert!(
                value.is_some_and(|v| expected.contains(&v)),
                "{name} {version}: {field} {value:?}"
            );
            found.insert(name);
        }
        assert_eq!(found.len(), *messages, "{field}: {found:?}");
    }
}
