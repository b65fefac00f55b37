//! Packets as RFC 1350 §5, RFC 2347, 2348, 2349 and 7440 draw them, typed from there.

use bytes::Bytes;
use perch::provision::tftp::{Choice, ErrorCode, Malformed, Mode, Packet};

use crate::client::request;

#[test]
fn packets_are_these_bytes() {
    let all = [
        Choice::BlockSize(1428),
        Choice::Timeout(3),
        Choice::Size(0),
        Choice::Window(8),
    ];
    let file = "SEP001122334401.cnf.xml";
    let cases: [(Packet, &[u8]); 9] = [
        (
            Packet::Read(request(file, Mode::Octet, &[])),
            b"\0\x01SEP001122334401.cnf.xml\0octet\0",
        ),
        (
            Packet::Read(request(file, Mode::Octet, &all)),
            b"\0\x01SEP001122334401.cnf.xml\0octet\0blksize\x001428\0timeout\x003\0tsize\x000\0windowsize\x008\0",
        ),
        (
            Packet::Write(request("a", Mode::Netascii, &[])),
            b"\0\x02a\0netascii\0",
        ),
        (
            Packet::Data {
                block: 0x1234,
                bytes: Bytes::from_static(b"<de"),
            },
            b"\0\x03\x12\x34<de",
        ),
        (
            Packet::Data {
                block: 0,
                bytes: Bytes::new(),
            },
            b"\0\x03\0\0",
        ),
        (Packet::Ack { block: 0xFFFF }, b"\0\x04\xFF\xFF"),
        (
            Packet::Error {
                code: ErrorCode::NotFound,
                text: "no such file".into(),
            },
            b"\0\x05\0\x01no such file\0",
        ),
        (
            Packet::Error {
                code: ErrorCode::Options,
                text: String::new(),
            },
            b"\0\x05\0\x08\0",
        ),
        (
            Packet::OptionsAck(vec![Choice::Size(70_000)]),
            b"\0\x06tsize\x0070000\0",
        ),
    ];
    for (packet, bytes) in cases {
        assert_eq!(packet.bytes(), bytes, "{packet:?}");
        assert_eq!(Packet::read(bytes), Ok(packet), "{bytes:?}");
    }
}

#[test]
fn what_phones_leave_out_or_add_is_understood() {
    let plain = Packet::Read(request("a", Mode::Octet, &[]));
    for bytes in [
        b"\0\x01a\0OCTET\0".as_slice(),
        b"\0\x01a\0octet",
        b"\0\x01a\0octet\0\0\0",
        b"\0\x01a\0octet\0multicast\0x\0",
        b"\0\x01a\0octet\0blksize\x007\0",
        b"\0\x01a\0octet\0blksize\x0065465\0",
        b"\0\x01a\0octet\0blksize\0+512\0",
        b"\0\x01a\0octet\0windowsize\x000\0timeout\x000\0",
        b"\0\x01a\0octet\0timeout\x00256\0tsize\099999999999999999999999999\0",
    ] {
        assert_eq!(Packet::read(bytes), Ok(plain.clone()), "{bytes:?}");
    }
    let sized = Packet::Read(request("a", Mode::Octet, &[Choice::BlockSize(512)]));
    assert_eq!(Packet::read(b"\0\x01a\0octet\0BLKSIZE\x00512\0"), Ok(sized));
}

#[test]
fn what_is_no_packet_is_said() {
    let long = [b"\0\x01", "a".repeat(510).as_bytes(), b"\0octet\0"].concat();
    let cases: [(&[u8], Malformed); 14] = [
        (b"", Malformed::Packet),
        (b"\0", Malformed::Packet),
        (b"\0\x00", Malformed::Packet),
        (b"\0\x07", Malformed::Packet),
        (b"\0\x03\0", Malformed::Packet),
        (b"\0\x04\0", Malformed::Packet),
        (b"\0\x05", Malformed::Packet),
        (b"\0\x01", Malformed::Mode),
        (b"\0\x01a\0", Malformed::Mode),
        (b"\0\x01a\0mail\0", Malformed::Mode),
        (b"\0\x01\0octet\0", Malformed::Name),
        (b"\0\x01a\nb\0octet\0", Malformed::Name),
        (
            b"\0\x01a\0octet\0blksize\x00512\0blksize\x00512\0",
            Malformed::Options,
        ),
        (&long, Malformed::TooLong),
    ];
    for (bytes, expected) in cases {
        assert_eq!(Packet::read(bytes), Err(expected), "{bytes:?}");
        let code = expected.code();
        assert!(code == ErrorCode::Illegal || expected == Malformed::Options);
        assert_eq!(expected.was_request(), expected != Malformed::Packet);
    }
}
