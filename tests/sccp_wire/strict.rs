//! What is wrong with a frame is said by who looks closely, and does not keep others from reading it.

use bytes::Bytes;
use perch::sccp::wire::{
    CallInfo, CallState, CallStateInfo, DisplayPromptStatus, Frame, FromPhone, KeypadButton,
    LampMode, OffHook, SetLamp, SoftKeyEvent, Stimulus, StopTone, Text, ToPhone, Version,
    WireError,
};

use crate::sccp_samples::{from_phone, to_phone};

/// The sample of a message, in a version.
fn sample(name: &str, version: u8) -> (Version, Frame) {
    let version = Version::new(version).expect("a version");
    let mut samples = to_phone().into_iter();
    let message = samples.find(|message| message.name() == name);
    (
        version,
        message.expect("there is a sample").to_frame(version),
    )
}

/// What is wrong with it after these bytes were put at a place of its body.
fn faults(name: &str, version: u8, at: usize, bytes: &[u8]) -> Vec<&'static str> {
    let (version, mut frame) = sample(name, version);
    let mut body = frame.body.to_vec();
    body.splice(at..body.len().min(at + bytes.len()), bytes.iter().copied());
    frame.body = Bytes::from(body);
    faults_of(version, &frame)
}

fn faults_of(version: Version, frame: &Frame) -> Vec<&'static str> {
    let (_, faults) = ToPhone::check(version, frame).expect("it can be read");
    faults.iter().map(|fault| fault.what).collect()
}

#[test]
fn every_fault_has_its_word() {
    type Row<'a> = (&'a str, u8, usize, &'a [u8], &'a str);
    let long = [b'x'; 200];
    let table: [Row<'_>; 12] = [
        ("CallState", 20, 0, &[99], "a value that is not listed"),
        ("SetSpeakerMode", 20, 0, &[3], "neither on nor off"),
        (
            "CallState",
            20,
            24,
            &[0; 4],
            "the body does not end where it should",
        ),
        (
            "CallState",
            20,
            24,
            &[0; 3],
            "the body does not end where it should",
        ),
        ("DialedNumber", 20, 34, &[1], "padding that is not zero"),
        ("DisplayText", 3, 0, &[b'x'; 32], "a text without its end"),
        (
            "DisplayText",
            3,
            30,
            b"x",
            "something after the end of a text",
        ),
        ("DisplayNotify", 20, 4, &long, "a text that is too long"),
        (
            "StopTone",
            3,
            8,
            &[0; 4],
            "fields that this version does not have",
        ),
        (
            "SoftKeyTemplateRes",
            3,
            4,
            &[33],
            "more items than there is room for",
        ),
        (
            "SoftKeyTemplateRes",
            3,
            648,
            &[1],
            "something in a slot that is not in use",
        ),
        (
            "StartMediaTransmission",
            20,
            8,
            &[7],
            "an address of no known family",
        ),
    ];
    for (name, version, at, bytes, what) in table {
        let found = faults(name, version, at, bytes);
        assert_eq!(found.first(), Some(&what), "{name}: {found:?}");
    }
    let (version, frame) = sample("StartMediaTransmission", 20);
    assert_eq!(faults_of(version, &frame), [""; 0], "unharmed");
}

#[test]
fn a_frame_must_be_one_of_its_version() {
    let (_, old) = sample("DisplayPromptStatus", 3);
    let newer = Frame {
        header_version: 20,
        ..old.clone()
    };
    assert_eq!(
        faults_of(Version::V20, &newer),
        ["a form of the message that this version does not have"]
    );
    let (_, new) = sample("DisplayPromptStatus", 20);
    assert_eq!(
        faults_of(Version::V3, &new),
        [
            "a form of the message that this version does not have",
            "a header with another version"
        ]
    );
    let (_, short) = sample("StopTone", 3);
    let short = Frame {
        header_version: 20,
        ..short
    };
    assert_eq!(faults_of(Version::V20, &short), ["the body ends too early"]);
    let unknown = Frame {
        id: 0x0099_9999,
        ..newer
    };
    assert_eq!(
        faults_of(Version::V20, &unknown),
        ["a message that is not known"]
    );
}

fn read(version: Version, id: u32, body: &'static [u8]) -> Result<FromPhone, WireError> {
    let frame = Frame {
        header_version: 77,
        id,
        body: Bytes::from_static(body),
    };
    FromPhone::decode(version, &frame)
}

#[test]
fn what_is_missing_at_the_end_is_zero_and_what_follows_is_not_looked_at() {
    let event = SoftKeyEvent {
        event: 9,
        line: 0,
        call: 0,
    };
    for body in [
        &b"\x09\0\0\0"[..],
        b"\x09\0\0\0\0",
        b"\x09\0\0\0\0\0\0\0\0\0\0\0more",
    ] {
        assert_eq!(read(Version::V20, 0x26, body), Ok(event.clone().into()));
    }
    assert_eq!(read(Version::V20, 0x06, b""), Ok(OffHook::default().into()));
    let key = read(Version::V20, 0x03, b"\x05\0\0\0").expect("old phones say no more");
    let FromPhone::KeypadButton(KeypadButton {
        key,
        line: 0,
        call: 0,
    }) = key
    else {
        panic!("{key:?}");
    };
    assert_eq!(key.digit().map(|digit| digit.char()), Some('5'));
}

#[test]
fn a_message_without_what_it_is_about_is_refused() {
    let error = read(Version::V20, 0x26, b"\x09\0").expect_err("there is no event");
    assert_eq!(
        error.to_string(),
        "SoftKeyEvent with a body of 2 bytes; it needs at least 4"
    );
    assert!(read(Version::V20, 0x01, b"SEP00112233").is_err());
    assert!(read(Version::V20, 0x22, &[0; 15]).is_err());
}

#[test]
fn what_is_not_known_is_kept_and_not_shown() {
    let unknown = read(Version::V20, 0x7777, b"secret").expect("it is no mistake");
    assert_eq!(unknown.name(), "Unknown");
    assert_eq!(unknown.to_frame(Version::V20).body, b"secret"[..]);
    let mut shown: Vec<String> = from_phone()
        .iter()
        .map(|said| format!("{said:?}"))
        .collect();
    shown.push(format!("{unknown:?}"));
    for secret in ["secret", "*11*2001", "CiscoIPPhone"] {
        assert!(!shown.concat().contains(secret), "{secret}");
    }
    let told: String = to_phone().iter().map(|told| format!("{told:?}")).collect();
    for secret in ["0123456789abcdef", "48, 49, 50", "CiscoIPPhone"] {
        assert!(!told.contains(secret), "{secret}");
    }
}

#[test]
fn the_form_follows_the_version() {
    let prompt = ToPhone::from(DisplayPromptStatus::default());
    let info = ToPhone::from(CallInfo::default());
    let lamp = ToPhone::from(SetLamp {
        stimulus: Stimulus::Voicemail,
        instance: 0,
        mode: LampMode::On,
    });
    let state = ToPhone::from(CallStateInfo {
        state: CallState::RingIn,
        ..CallStateInfo::default()
    });
    for (version, prompt_id, info_id, header) in [
        (3, 0x112, 0x8F, 0),
        (8, 0x145, 0x14A, 0),
        (11, 0x145, 0x14A, 11),
    ] {
        let version = Version::new(version).expect("a version");
        let form = |message: &ToPhone| message.to_frame(version);
        assert_eq!((form(&prompt).id, form(&info).id), (prompt_id, info_id));
        assert_eq!((form(&lamp).id, form(&state).id), (0x86, 0x111));
        assert_eq!(form(&lamp).header_version, header);
    }
    let tone = ToPhone::from(StopTone::default());
    assert_eq!(tone.to_frame(Version::V8).body.len(), 8);
    assert_eq!(tone.to_frame(Version::V11).body.len(), 12);
}

#[test]
fn texts_are_cut_to_their_fields() {
    let long = Text::from("ü".repeat(200));
    let prompt = ToPhone::from(DisplayPromptStatus {
        text: long,
        ..DisplayPromptStatus::default()
    });
    for (version, chars) in [(3, 31), (11, 96), (20, 48)] {
        let version = Version::new(version).expect("a version");
        let (read, faults) =
            ToPhone::check(version, &prompt.to_frame(version)).expect("it can be read");
        assert_eq!(faults, []);
        let ToPhone::DisplayPromptStatus(read) = read else {
            panic!("{read:?}");
        };
        assert_eq!(read.text, "ü".repeat(chars).as_str().into(), "{version:?}");
    }
}
