//! One transfer, in virtual time: on a good network, on a bad one, and with peers that are not what they seem.

use std::time::Duration;

use bytes::Bytes;
use perch::provision::tftp::{Choice, End, ErrorCode, Mode, Packet, Transfer};

use crate::client::{Client, request};

const START: Duration = Duration::from_secs(1000);

fn file(length: usize) -> Bytes {
    let byte = |at: usize| u8::try_from(at % 251).expect("a byte");
    (0..length).map(byte).collect::<Vec<u8>>().into()
}

/// How a transfer went.
struct Went {
    client: Client,
    end: Option<End>,
    took: Duration,
    sent_again: u64,
}

/// Lets a client fetch a file over a network that loses every so-manieth datagram, in either direction.
fn fetch(length: usize, choices: &[Choice], lost: Option<usize>) -> Went {
    let mut client = Client::new("a", choices);
    let asked = request("a", Mode::Octet, choices);
    let mut now = START;
    let mut transfer = Transfer::begin(now, &asked, file(length));
    let mut carried = 0;
    let mut arrives = || {
        carried += 1;
        lost.is_none_or(|every| carried % every != 0)
    };
    while transfer.end().is_none() {
        let packets = transfer.take_packets();
        if packets.is_empty() {
            now = transfer.next_deadline().expect("it goes on");
            transfer.wake(now);
            // The client loses patience, too.
            if let Some(answer) = client.insists()
                && arrives()
            {
                transfer.receive(now, &answer);
            }
            continue;
        }
        let heard: Vec<Bytes> = packets.into_iter().filter(|_| arrives()).collect();
        let answers: Vec<Bytes> = heard.iter().filter_map(|p| client.hears(p)).collect();
        for answer in answers.into_iter().filter(|_| arrives()) {
            transfer.receive(now, &answer);
        }
    }
    Went {
        client,
        end: transfer.end(),
        took: now - START,
        sent_again: transfer.sent_again(),
    }
}

const WINDOW: &[Choice] = &[Choice::BlockSize(1428), Choice::Window(8)];

#[test]
fn files_of_every_length_arrive_whole() {
    for length in [0, 1, 511, 512, 513, 1024, 5000] {
        let sets: [&[Choice]; 3] = [&[], &[Choice::BlockSize(8)], WINDOW];
        for choices in sets {
            let went = fetch(length, choices, None);
            assert_eq!(went.end, Some(End::Done), "{length} {choices:?}");
            assert_eq!(went.client.file, file(length), "{length} {choices:?}");
            assert_eq!((went.took, went.sent_again), (Duration::ZERO, 0));
        }
    }
}

#[test]
fn block_numbers_begin_anew_after_65535() {
    for window in [1, 16] {
        let choices = [Choice::BlockSize(8), Choice::Window(window)];
        let length = 8 * 70_000 + 3;
        let went = fetch(length, &choices, None);
        assert_eq!(went.end, Some(End::Done));
        assert_eq!(went.client.file, file(length));
    }
}

#[test]
fn every_third_datagram_is_lost_and_the_file_is_not() {
    let sets: [&[Choice]; 3] = [&[], WINDOW, &[Choice::Timeout(1), Choice::Window(3)]];
    for choices in sets {
        let went = fetch(4000, choices, Some(3));
        assert_eq!(went.client.file, file(4000), "{choices:?}");
        assert!(went.sent_again > 0);
        // Whether the last answer arrives is known to nobody.
        assert!(matches!(went.end, Some(End::Done | End::Vanished)));
    }
}

#[test]
fn what_is_agreed_on_is_said_and_is_never_more_than_was_asked() {
    let all = [
        Choice::BlockSize(65_464),
        Choice::Timeout(2),
        Choice::Size(0),
        Choice::Window(65_535),
    ];
    let went = fetch(5000, &all, None);
    let expected = [
        Choice::BlockSize(1428),
        Choice::Timeout(2),
        Choice::Size(5000),
        Choice::Window(16),
    ];
    assert_eq!(went.client.agreed, expected);
    // A timeout that is not taken is not spoken of (RFC 2349).
    let went = fetch(100, &[Choice::Timeout(200)], None);
    assert_eq!(went.client.agreed, []);
    assert_eq!(went.client.file, file(100));
}

#[test]
fn text_has_lines_as_terminals_had_them() {
    let asked = request("a", Mode::Netascii, &[Choice::Size(0)]);
    let mut transfer = Transfer::begin(START, &asked, Bytes::from_static(b"a\nb\n"));
    let told = Packet::OptionsAck(vec![Choice::Size(6)]).bytes();
    assert_eq!(transfer.take_packets(), [told]);
    transfer.receive(START, &Packet::Ack { block: 0 }.bytes());
    assert_eq!(
        transfer.take_packets(),
        [Bytes::from_static(b"\0\x03\0\x01a\r\nb\r\n")]
    );
}

/// What a peer that never says anything gets: how many packets, how long, and how it ends.
fn silence(choices: &[Choice]) -> (usize, Duration, Option<End>) {
    let asked = request("a", Mode::Octet, choices);
    let mut transfer = Transfer::begin(START, &asked, file(100_000));
    let (mut sent, mut now) = (0, START);
    while let Some(next) = transfer.next_deadline() {
        sent += transfer.take_packets().len();
        now = next;
        transfer.wake(now);
    }
    assert!(transfer.take_packets().is_empty());
    (sent, now - START, transfer.end())
}

#[test]
fn whoever_forges_an_address_brings_it_three_packets() {
    let vanished = Some(End::Vanished);
    assert_eq!(silence(&[]), (3, Duration::from_secs(7), vanished));
    assert_eq!(silence(WINDOW), (3, Duration::from_secs(7), vanished));
    let timeout = [Choice::Timeout(30)];
    assert_eq!(silence(&timeout).0, 2);
    // Answers to what was never sent change nothing.
    let mut transfer = Transfer::begin(START, &request("a", Mode::Octet, WINDOW), file(100_000));
    assert_eq!(transfer.take_packets().len(), 1);
    for block in 1..100 {
        transfer.receive(START, &Packet::Ack { block }.bytes());
        transfer.receive(START, b"\0\x03\0\x01");
        transfer.receive(START, b"");
    }
    assert!(transfer.take_packets().is_empty());
}

#[test]
fn a_peer_that_vanishes_is_forgotten() {
    let asked = request("a", Mode::Octet, &[]);
    let mut transfer = Transfer::begin(START, &asked, file(2000));
    transfer.receive(START, &Packet::Ack { block: 1 }.bytes());
    let mut sent = transfer.take_packets().len();
    let mut now = START;
    while let Some(next) = transfer.next_deadline() {
        now = next;
        transfer.wake(now);
        sent += transfer.take_packets().len();
    }
    assert_eq!(sent, 1 + 6);
    assert_eq!(transfer.end(), Some(End::Vanished));
    assert!(now - START <= Duration::from_secs(25));
}

#[test]
fn a_peer_that_dawdles_does_not_keep_its_place() {
    let asked = request("a", Mode::Octet, &[Choice::BlockSize(8)]);
    let mut transfer = Transfer::begin(START, &asked, file(100_000));
    let (mut now, mut block) = (START, 0);
    while transfer.end().is_none() {
        now += Duration::from_millis(900);
        transfer.receive(now, &Packet::Ack { block }.bytes());
        transfer.wake(now);
        block += 1;
    }
    assert_eq!(transfer.end(), Some(End::TooSlow));
    assert!(now - START <= Duration::from_secs(61));
}

#[test]
fn answers_that_come_twice_are_not_answered_twice() {
    let asked = request("a", Mode::Octet, &[]);
    let mut transfer = Transfer::begin(START, &asked, file(5000));
    for block in [1, 1, 1, 0, 2, 1, 2] {
        transfer.receive(START, &Packet::Ack { block }.bytes());
    }
    // RFC 1123 §4.2.3.1: pieces 1, 2 and 3, each once.
    assert_eq!(transfer.take_packets().len(), 3);
    assert_eq!(transfer.sent_again(), 0);
}

#[test]
fn a_gap_in_a_window_is_mended_from_there() {
    let asked = request("a", Mode::Octet, &[Choice::Window(4)]);
    let mut transfer = Transfer::begin(START, &asked, file(512 * 10));
    transfer.receive(START, &Packet::Ack { block: 0 }.bytes());
    assert_eq!(transfer.take_packets().len(), 1 + 4);
    let blocks = |packets: Vec<Bytes>| {
        let block = |packet: &Bytes| u16::from_be_bytes([packet[2], packet[3]]);
        packets.iter().map(block).collect::<Vec<_>>()
    };
    // The third is missing.
    transfer.receive(START, &Packet::Ack { block: 2 }.bytes());
    assert_eq!(blocks(transfer.take_packets()), [3, 4, 5, 6]);
    // The first of these is missing; said twice, it is mended once.
    transfer.receive(START, &Packet::Ack { block: 2 }.bytes());
    transfer.receive(START, &Packet::Ack { block: 2 }.bytes());
    assert_eq!(blocks(transfer.take_packets()), [3, 4, 5, 6]);
    assert_eq!(transfer.sent_again(), 2 + 4);
}

#[test]
fn whoever_wants_no_more_gets_no_more() {
    let asked = request("a", Mode::Octet, &[Choice::Size(0)]);
    let mut transfer = Transfer::begin(START, &asked, file(5000));
    let no = Packet::Error {
        code: ErrorCode::Options,
        text: "only the size was wanted".into(),
    };
    transfer.take_packets();
    transfer.receive(START, &no.bytes());
    transfer.wake(START + Duration::from_secs(60));
    assert_eq!(transfer.end(), Some(End::Refused));
    assert!(transfer.take_packets().is_empty());
    assert_eq!(transfer.next_deadline(), None);
}
