//! What phones say.

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use perch::pbx::{Digit, Secret};
use perch::sccp::wire::*;

use super::{CALL, CHANNEL, CONFERENCE, LINE};

const PHONE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 21);
const PHONE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x21);

/// One message of every kind.
pub fn from_phone() -> Vec<FromPhone> {
    let mut all = vec![
        FromPhone::KeepAlive,
        FromPhone::ConfigStatReq,
        FromPhone::TimeDateReq,
        FromPhone::ButtonTemplateReq,
        FromPhone::VersionReq,
        FromPhone::ServerReq,
        FromPhone::SoftKeySetReq,
        FromPhone::SoftKeyTemplateReq,
    ];
    all.extend(registration());
    all.extend(keys());
    all.extend(questions());
    all.extend(media());
    all.extend(reports());
    all.extend(data());
    all
}

/// A registration of a phone that offers this version.
pub fn register(protocol_version: u8) -> Register {
    Register {
        device_name: "SEP001122334402".to_owned(),
        user_id: 0,
        instance: 1,
        ipv4: Some(PHONE),
        device_type: 437,
        max_streams: 5,
        active_streams: 1,
        protocol_version,
        features: Features([0x00, 0x72, 0x85]),
        max_conferences: 3,
        active_conferences: 1,
        mac: *b"001122334402",
        ipv4_scope: 2,
        max_lines: 8,
        ipv6: Some(PHONE_V6),
        ipv6_scope: 1,
        load: "SCCP75.9-4-2SR1S".to_owned(),
        config_version: "{1a2b3c}".to_owned(),
    }
}

fn registration() -> Vec<FromPhone> {
    vec![
        register(22).into(),
        IpPort { rtp_port: 16384 }.into(),
        RegisterAvailableLines { max_lines: 8 }.into(),
        Unregister { reason: 1 }.into(),
        RegisterTokenReq {
            device_name: "SEP001122334402".to_owned(),
            user_id: 0,
            instance: 1,
            ipv4: Some(PHONE),
            device_type: 437,
            ipv6: Some(PHONE_V6),
            flags: 3,
        }
        .into(),
        SpcpRegisterTokenReq {
            device_name: "SEP001122334405".to_owned(),
            user_id: 0,
            instance: 1,
            ipv4: Some(PHONE),
            device_type: 80006,
            max_streams: 2,
        }
        .into(),
    ]
}

fn keys() -> Vec<FromPhone> {
    let (line, call) = (LINE, CALL);
    let star = Digit::new('*').expect("a key");
    vec![
        KeypadButton {
            key: star.into(),
            line,
            call,
        }
        .into(),
        EnblocCall {
            number: Secret::new("*11*2001*1111#".to_owned()),
            line,
        }
        .into(),
        StimulusEvent {
            stimulus: Stimulus::Line,
            instance: LINE,
            call,
            status: 1,
        }
        .into(),
        OffHook { line, call }.into(),
        OnHook { line, call }.into(),
        HookFlash { line, call }.into(),
        OffHookWithCgpn {
            calling: "2001".to_owned(),
            voicemail: "8001".to_owned(),
            line,
        }
        .into(),
        SoftKeyEvent {
            event: 9,
            line,
            call,
        }
        .into(),
    ]
}

fn questions() -> Vec<FromPhone> {
    vec![
        ForwardStatReq { line: LINE }.into(),
        SpeedDialStatReq { index: 3 }.into(),
        LineStatReq { line: LINE }.into(),
        ServiceUrlStatReq { index: 1 }.into(),
        FeatureStatReq {
            index: 4,
            capabilities: 1,
        }
        .into(),
        SubscriptionStatReq {
            transaction: 7,
            feature: 1,
            timer: 3600,
            number: "9004".to_owned(),
        }
        .into(),
    ]
}

fn codecs() -> Vec<Capability> {
    [(Codec::G711Ulaw, 40), (Codec::G722, 40), (Codec::G729A, 60)]
        .map(|(codec, max_frames)| Capability {
            codec,
            max_frames,
            parameters: [0; 8],
        })
        .to_vec()
}

fn media() -> Vec<FromPhone> {
    vec![
        CapabilitiesRes { audio: codecs() }.into(),
        UpdateCapabilities { audio: codecs() }.into(),
        UpdateCapabilitiesV2 { audio: codecs() }.into(),
        UpdateCapabilitiesV3 { audio: codecs() }.into(),
        OpenReceiveChannelAck {
            status: MediaStatus::Ok,
            address: Some(PHONE.into()),
            port: 24576,
            pass_through: CHANNEL,
            call: CALL,
        }
        .into(),
        StartMediaTransmissionAck {
            conference: CONFERENCE,
            pass_through: CHANNEL,
            call: CALL,
            address: Some(PHONE.into()),
            port: 24576,
            status: MediaStatus::OutOfSockets,
        }
        .into(),
        MediaTransmissionFailure {
            conference: CONFERENCE,
            pass_through: CHANNEL,
            address: Some(PHONE.into()),
            port: 24576,
            call: CALL,
        }
        .into(),
        PortRes {
            conference: CONFERENCE,
            call: CALL,
            pass_through: CHANNEL,
            address: Some(PHONE.into()),
            port: 24576,
            rtcp_port: 24577,
            media: 1,
        }
        .into(),
        ConnectionStatisticsRes {
            number: "2001".to_owned(),
            call: CALL,
            mode: StatisticsMode::DoNotClear,
            packets_sent: 0x1234,
            octets_sent: 0x4_5678,
            packets_received: 0x1230,
            octets_received: 0x4_5600,
            packets_lost: 4,
            jitter: 9,
            latency: 31,
            quality: Bytes::from_static(b"MLQK=4.5000;MLQKav=4.4750"),
        }
        .into(),
    ]
}

fn reports() -> Vec<FromPhone> {
    vec![
        Alarm {
            severity: AlarmSeverity::Informational,
            text: "25: Name=SEP001122334402 Load=9.4(2SR1) Last=Initialized".to_owned(),
            parameter1: 4,
            parameter2: 0x1502_00C0,
        }
        .into(),
        HeadsetStatus {
            mode: HeadsetMode::Off,
        }
        .into(),
        MediaResourceNotification {
            device_type: 52,
            in_service: 8,
            most_per_conference: 8,
            out_of_service: 1,
        }
        .into(),
        MediaPathEvent {
            path: MediaPath::Handset,
            event: MediaPathActivity::On,
        }
        .into(),
        MediaPathCapability {
            path: MediaPath::Headset,
            ability: MediaPathAbility::Monitor,
        }
        .into(),
        LocationInfo {
            location: "Essid=cellar;Bssid=00-11-22-33-44-55".to_owned(),
        }
        .into(),
        AddOnDeviceCapabilities {
            capabilities: Bytes::from_static(&[7; 164]),
        }
        .into(),
        XmlAlarm {
            xml: "<x-cisco-alarm>LastOutOfService</x-cisco-alarm>".to_owned(),
        }
        .into(),
    ]
}

fn data() -> Vec<FromPhone> {
    let data = Unread(Bytes::from_static(b"<CiscoIPPhoneResponse/>"));
    let plain = UserData {
        application: 9089,
        line: LINE,
        call: CALL,
        transaction: 5,
        data: data.clone(),
    };
    let version1 = UserDataVersion1 {
        application: 9089,
        line: LINE,
        call: CALL,
        transaction: 5,
        sequence: Sequence::Last,
        priority: 2,
        conference: CONFERENCE,
        application_instance: 6,
        routing: 1,
        data,
    };
    vec![
        FromPhone::DeviceToUserData(plain.clone()),
        FromPhone::DeviceToUserDataResponse(plain),
        FromPhone::DeviceToUserDataVersion1(version1.clone()),
        FromPhone::DeviceToUserDataResponseVersion1(version1),
    ]
}
