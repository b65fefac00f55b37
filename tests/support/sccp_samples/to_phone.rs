//! What phones are told.

use std::net::Ipv4Addr;

use bytes::Bytes;
use perch::pbx::Secret;
use perch::sccp::wire::*;

use super::{CALL, CHANNEL, CONFERENCE, LINE};

const OTHER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 34);

/// One message of every kind.
pub fn to_phone() -> Vec<ToPhone> {
    let mut all = vec![
        ToPhone::ClearDisplay,
        ToPhone::CapabilitiesReq,
        ToPhone::KeepAliveAck,
        ToPhone::ClearNotify,
        ToPhone::DeactivateCallPlane,
        ToPhone::RegisterTokenAck,
    ];
    all.extend(registration());
    all.extend(sounds());
    all.extend(templates());
    all.extend(buttons());
    all.extend(calls());
    all.extend(texts());
    all.extend(media());
    all.extend(data());
    all
}

fn registration() -> Vec<ToPhone> {
    let mut servers = ServerRes::default();
    servers.servers[0] = Server {
        name: "perch.example".to_owned(),
        port: 2000,
        address: Some(Ipv4Addr::new(192, 0, 2, 1).into()),
    };
    vec![
        RegisterAck {
            keep_alive: 30,
            date_template: "M/D/YA".to_owned(),
            secondary_keep_alive: 60,
            protocol_version: 20,
            features: Features::of_server(Version::V20),
        }
        .into(),
        RegisterReject {
            text: "No such phone".into(),
        }
        .into(),
        UnregisterAck {
            status: UnregisterStatus::Nak,
        }
        .into(),
        RegisterTokenReject { wait: 60 }.into(),
        SpcpRegisterTokenAck { features: 1 }.into(),
        SpcpRegisterTokenReject { wait: 60 }.into(),
        Reset {
            kind: ResetType::Restart,
        }
        .into(),
        VersionRes {
            load: "P00308010200".to_owned(),
        }
        .into(),
        servers.into(),
        ConfigStat {
            device_name: "SEP001122334402".to_owned(),
            user_id: 0,
            instance: 1,
            user_name: "Anna".into(),
            server_name: "perch".into(),
            lines: 2,
            speed_dials: 4,
        }
        .into(),
        DefineTimeDate {
            year: 2026,
            month: 11,
            day_of_week: 0,
            day: 22,
            hour: 4,
            minute: 5,
            second: 59,
            millisecond: 250,
            system_time: 1_795_320_359,
        }
        .into(),
    ]
}

fn sounds() -> Vec<ToPhone> {
    let (line, call) = (LINE, CALL);
    vec![
        StartTone {
            tone: Tone::InsideDial,
            direction: ToneDirection::User,
            line,
            call,
        }
        .into(),
        StopTone {
            line,
            call,
            tone: Tone::Silence,
        }
        .into(),
        SetRinger {
            mode: RingMode::Inside,
            duration: RingDuration::Normal,
            line,
            call,
        }
        .into(),
        SetLamp {
            stimulus: Stimulus::Line,
            instance: LINE,
            mode: LampMode::Blink,
        }
        .into(),
        SetSpeakerMode { is_on: true }.into(),
        SetMicroMode { is_on: false }.into(),
    ]
}

/// Three softkeys.
pub fn soft_keys() -> SoftKeyTemplateRes {
    let key = |label: Text, event| SoftKey { label, event };
    SoftKeyTemplateRes::of(vec![
        key(Label::REDIAL.into(), 1),
        key(Label::NEW_CALL.into(), 2),
        key("Login".into(), 40),
    ])
}

fn templates() -> Vec<ToPhone> {
    let button = |instance, stimulus| Button { instance, stimulus };
    let keys = soft_keys();
    let sets = vec![
        SoftKeySet::of(&keys, &[1, 2, 0, 3]),
        SoftKeySet::of(&keys, &[2]),
    ];
    vec![
        ButtonTemplate::of(vec![
            button(1, Stimulus::Line),
            button(2, Stimulus::Line),
            button(1, Stimulus::SpeedDial),
            button(1, Stimulus::ServiceUrl),
        ])
        .into(),
        keys.into(),
        SoftKeySetRes::of(sets).into(),
        SelectSoftKeys {
            line: LINE,
            call: CALL,
            set: KeySet::RingOut,
            mask: 0xFFFF_FBFF,
        }
        .into(),
    ]
}

fn buttons() -> Vec<ToPhone> {
    let forwarding = |number: &str| Forwarding {
        active: u32::from(!number.is_empty()),
        number: number.to_owned(),
    };
    vec![
        LineStat {
            line: LINE,
            number: "2001".to_owned(),
            full_name: "Jürgen".into(),
            label: "2001".into(),
            options: 15,
        }
        .into(),
        SpeedDialStat {
            index: 1,
            number: "9004".to_owned(),
            name: "Lobby".into(),
        }
        .into(),
        FeatureStat {
            index: 3,
            stimulus: Stimulus::BlfSpeedDial,
            label: "Anna".into(),
            status: 2,
        }
        .into(),
        ServiceUrlStat {
            index: 1,
            url: "http://192.0.2.1:8080/phone".to_owned(),
            label: "Perch".into(),
        }
        .into(),
        ForwardStat {
            active: 1,
            line: LINE,
            all: forwarding("9001"),
            busy: forwarding(""),
            no_answer: forwarding("9002"),
        }
        .into(),
        SubscriptionStat {
            transaction: 7,
            feature: 1,
            timer: 3600,
            cause: 0,
        }
        .into(),
        Notification {
            transaction: 7,
            feature: 1,
            status: BlfStatus::InUse,
            text: "9004".into(),
        }
        .into(),
    ]
}

fn party(name: &str, number: &str, voicemail: &str) -> Party {
    Party {
        name: name.into(),
        number: number.to_owned(),
        voicemail: voicemail.to_owned(),
    }
}

fn calls() -> Vec<ToPhone> {
    let (line, call) = (LINE, CALL);
    vec![
        CallStateInfo {
            state: CallState::Connected,
            line,
            call,
            privacy: Privacy::Limited,
            precedence: 4,
            precedence_domain: 1,
        }
        .into(),
        CallInfo {
            line,
            call,
            kind: CallType::Forward,
            calling: party("Jürgen", "2001", "8001"),
            called: party("Bob", "2002", "8002"),
            original_called: party("Carol", "2003", "8003"),
            last_redirecting: party("Dan", "2004", "8004"),
            alternate_calling: "+49302001".to_owned(),
            hunt_number: "3000".to_owned(),
            hunt_name: "Sales".into(),
            original_reason: 15,
            last_reason: 2,
            instance: 1,
            security: Security::NotAuthenticated,
            restriction: 0x40,
        }
        .into(),
        DialedNumber {
            number: Secret::new("2002".to_owned()),
            line,
            call,
        }
        .into(),
        BackSpace { line, call }.into(),
        ActivateCallPlane { line }.into(),
        CallSelectStat {
            status: 1,
            call,
            line,
        }
        .into(),
        CallHistoryInfo {
            disposition: HistoryDisposition::Missed,
            line,
            call,
        }
        .into(),
        RecordingStatus { call, status: 1 }.into(),
    ]
}

fn texts() -> Vec<ToPhone> {
    let (line, call) = (LINE, CALL);
    let from = Text {
        label: Some(Label::FROM),
        literal: "Jürgen".to_owned(),
    };
    vec![
        DisplayPromptStatus {
            timeout: 10,
            text: from.clone(),
            line,
            call,
        }
        .into(),
        ClearPromptStatus { line, call }.into(),
        DisplayNotify {
            timeout: 10,
            text: "You are logged out in 60 s".into(),
        }
        .into(),
        DisplayPriNotify {
            timeout: 10,
            priority: 5,
            text: from,
        }
        .into(),
        ClearPriNotify { priority: 5 }.into(),
        DisplayText {
            text: Label::YOUR_CURRENT_OPTIONS.into(),
        }
        .into(),
    ]
}

fn crypto() -> Crypto {
    Crypto {
        algorithm: 1,
        key_length: 16,
        salt_length: 14,
        key: *b"0123456789abcdef",
        salt: *b"0123456789abcd\0\0",
        has_mki: 1,
        derivation_rate: 24,
    }
}

fn media() -> Vec<ToPhone> {
    vec![
        OpenReceiveChannel {
            conference: CONFERENCE,
            pass_through: CHANNEL,
            packet_ms: 20,
            codec: Codec::G722,
            qualifier: 1,
            codec_parameters: 0x40,
            call: CALL,
            crypto: crypto(),
            stream_pass_through: 3,
            associated_stream: 4,
            rfc2833_payload: 101,
            dtmf_type: 10,
            mixing_mode: 1,
            direction: 2,
            source: Some(OTHER.into()),
            source_port: 4000,
            wanted_family: 0,
            level: 1,
        }
        .into(),
        CloseReceiveChannel {
            conference: CONFERENCE,
            pass_through: CHANNEL,
            call: CALL,
            keep_port: true,
        }
        .into(),
        StartMediaTransmission {
            conference: CONFERENCE,
            pass_through: CHANNEL,
            address: Some(OTHER.into()),
            port: 24580,
            packet_ms: 20,
            codec: Codec::G722,
            precedence: 184,
            suppresses_silence: true,
            max_frames: 2,
            codec_parameters: 0x40,
            call: CALL,
            crypto: crypto(),
            stream_pass_through: 3,
            associated_stream: 4,
            rfc2833_payload: 101,
            dtmf_type: 10,
            mixing_mode: 1,
            direction: 2,
        }
        .into(),
        StopMediaTransmission {
            conference: CONFERENCE,
            pass_through: CHANNEL,
            call: CALL,
            keep_port: false,
        }
        .into(),
        ConnectionStatisticsReq {
            number: "2001".to_owned(),
            call: CALL,
            mode: StatisticsMode::Clear,
        }
        .into(),
        PortReq {
            conference: CONFERENCE,
            call: CALL,
            pass_through: CHANNEL,
            transport: 1,
            family: 0,
            media: 1,
        }
        .into(),
        PortClose {
            conference: CONFERENCE,
            call: CALL,
            pass_through: CHANNEL,
            media: 1,
        }
        .into(),
    ]
}

fn data() -> Vec<ToPhone> {
    let data = Unread(Bytes::from_static(b"<CiscoIPPhoneExecute/>"));
    vec![
        ToPhone::UserToDeviceData(UserData {
            application: 9089,
            line: LINE,
            call: CALL,
            transaction: 5,
            data: data.clone(),
        }),
        ToPhone::UserToDeviceDataVersion1(UserDataVersion1 {
            application: 9089,
            line: LINE,
            call: CALL,
            transaction: 5,
            sequence: Sequence::First,
            priority: 2,
            conference: CONFERENCE,
            application_instance: 6,
            routing: 1,
            data,
        }),
    ]
}
