//! Captures of real phones and real servers. They are nobody's to give away, so they are not among the fixtures: where they
//! are is said by `PERCH_SCCP_CAPTURES`, and without it this test says that it has not run.

use std::collections::BTreeSet;
use std::path::Path;

use perch::sccp::wire::{Frame, Framer, FromPhone, ToPhone, Version};

use crate::pcap;

/// What each file is called, and which version is spoken in it.
const FILES: [(&str, Version); 4] = [
    ("ndpi_skinny.pcap", Version::V20),
    ("ndpi_sccp_hw_conf_register.pcapng", Version::V18),
    ("pyskinny_cm2_register.pcapng", Version::V0),
    ("pyskinny_cucm_frames.json", Version::V3),
];

/// Servers' messages that are not written as they were read, and why.
const WRITTEN_OTHERWISE: [(&str, &[&str], &str); 7] = [
    (
        "ndpi_sccp_hw_conf_register.pcapng",
        &["CapabilitiesReq", "VersionRes"],
        "the header does not name the version that was agreed just before",
    ),
    (
        "pyskinny_cm2_register.pcapng",
        &[
            "CallInfo",
            "LineStat",
            "RegisterAck",
            "SetRinger",
            "StartMediaTransmission",
            "StartTone",
            "StopMediaTransmission",
            "StopTone",
        ],
        "CallManager 2 leaves out fields that came later",
    ),
    (
        "pyskinny_cm2_register.pcapng",
        &["ConfigStat", "DisplayText", "RegisterReject"],
        "what was in memory stands after the end of texts",
    ),
    (
        "pyskinny_cm2_register.pcapng",
        &["Unknown"],
        "0x008C and 0x008D, by which media was taken before OpenReceiveChannel",
    ),
    (
        "pyskinny_cucm_frames.json",
        &["OpenReceiveChannel", "StartMediaTransmission"],
        "CallManager 4 leaves out what it does not need",
    ),
    (
        "pyskinny_cucm_frames.json",
        &[
            "ConfigStat",
            "DisplayPromptStatus",
            "FeatureStat",
            "LineStat",
            "SoftKeyTemplateRes",
        ],
        "what was in memory stands after the end of texts",
    ),
    (
        "pyskinny_cucm_frames.json",
        &["ButtonTemplate"],
        "some of the messages were kept without their last four bytes",
    ),
];

/// A frame of a capture.
struct Captured {
    is_from_phone: bool,
    frame: Frame,
}

#[test]
fn real_captures_are_read_whole_and_servers_are_written_the_same() {
    let Some(directory) = std::env::var_os("PERCH_SCCP_CAPTURES") else {
        println!("not run: PERCH_SCCP_CAPTURES does not say where captures are");
        return;
    };
    let (mut complaints, mut known) = (Vec::new(), BTreeSet::new());
    for (name, version) in FILES {
        let file = std::fs::read(Path::new(&directory).join(name)).expect("the capture is there");
        let captured = frames(name, &file);
        assert!(captured.len() > 5, "{name}: {} frames", captured.len());
        for (n, one) in captured.iter().enumerate() {
            let result = match one.is_from_phone {
                true => read_from_phone(version, &one.frame),
                false => read_and_write(version, &one.frame),
            };
            let Err((message, what)) = result else {
                continue;
            };
            if is_known(name, message) {
                known.insert((name, message));
            } else {
                complaints.push(format!("{name} frame {n}: {message}: {what}"));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    let listed = WRITTEN_OTHERWISE.iter();
    let listed = listed.flat_map(|(file, messages, _)| messages.iter().map(|m| (*file, *m)));
    assert_eq!(
        known,
        listed.collect(),
        "what is listed is written otherwise"
    );
}

fn is_known(name: &str, message: &str) -> bool {
    let mut listed = WRITTEN_OTHERWISE.iter();
    listed.any(|(file, messages, _)| *file == name && messages.contains(&message))
}

/// What is wrong with a frame: the message's name, and what.
type Complaint = (&'static str, String);

fn read_from_phone(version: Version, frame: &Frame) -> Result<(), Complaint> {
    match FromPhone::decode(version, frame) {
        Ok(FromPhone::Unknown { id, .. }) => Err(("Unknown", format!("{id:#06x}"))),
        Ok(_) => Ok(()),
        Err(error) => Err(("", error.to_string())),
    }
}

fn read_and_write(version: Version, frame: &Frame) -> Result<(), Complaint> {
    let message = match ToPhone::decode(version, frame) {
        Ok(ToPhone::Unknown { id, .. }) => return Err(("Unknown", format!("{id:#06x}"))),
        Ok(message) => message,
        Err(error) => return Err(("", error.to_string())),
    };
    let written = message.to_frame(version);
    if written == *frame {
        return Ok(());
    }
    let (read, written) = (hex(&frame.bytes()), hex(&written.bytes()));
    Err((
        message.name(),
        format!("\n read    {read}\n written {written}"),
    ))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn frames(name: &str, file: &[u8]) -> Vec<Captured> {
    if name.ends_with(".json") {
        return json(file);
    }
    let mut captured = Vec::new();
    for ((_, to), stream) in pcap::streams(file) {
        let mut framer = Framer::new();
        framer.push(&stream);
        while let Some(frame) = framer.next().expect("the stream can be cut") {
            captured.push(Captured {
                is_from_phone: to.port() == 2000,
                frame,
            });
        }
        assert!(!framer.is_waiting(), "{name}: a frame is not whole");
    }
    captured
}

/// Frames by their names, in groups. Those of the phone are below 0x80. What is missing at their end is taken for zero.
fn json(file: &[u8]) -> Vec<Captured> {
    let groups: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(file).expect("it is JSON");
    let groups = groups.values().filter_map(|group| group.as_object());
    let texts = groups.flat_map(|group| group.values());
    let frames = texts.filter_map(|text| text.as_str()).map(|text| {
        let mut bytes = unhex(text);
        let length = u32::from_le_bytes(*bytes.first_chunk().expect("a length"));
        bytes.resize(length as usize + 8, 0);
        let mut framer = Framer::new();
        framer.push(&bytes);
        let frame = framer.next().expect("it can be cut").expect("it is whole");
        Captured {
            is_from_phone: frame.id < 0x80,
            frame,
        }
    });
    frames.collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("it is hex");
        u8::from_str_radix(pair, 16).expect("it is hex")
    });
    pairs.collect()
}
