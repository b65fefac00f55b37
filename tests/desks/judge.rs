//! Whether tshark understands all that was said at some desks.

use std::collections::{BTreeMap, BTreeSet};

use perch::sccp::wire::{RegisterAck, ToPhone, Version};

use super::built_server::say;
use super::installed::{directory, has};
use super::pcap;
use super::support::live_phone::{LivePhone, Tape, Way, message_name, messages};
use super::tshark::{DISSECTOR_IS_WRONG, dissected};

/// The server's port in captures: how tshark knows the protocol.
const SCCP: u16 = 2000;

/// So many bytes are in a segment: most messages are cut, and many have others in their segment.
const SEGMENT: usize = 97;

/// How long the header of a message is.
const HEADER: usize = 12;

/// Which message of which version.
type Kind = (&'static str, u8);

/// A capture in the making.
struct Capture {
    writer: pcap::Writer,
    packets: u32,
}

impl Capture {
    fn new() -> Capture {
        Capture {
            writer: pcap::Writer::new(SCCP),
            packets: 0,
        }
    }

    /// Adds a packet; hands back its number.
    fn add(&mut self, port: u16, way: Way, bytes: &[u8]) -> u32 {
        match way {
            Way::ToServer => self.writer.client_says(port, bytes),
            Way::ToPhone => self.writer.client_hears(port, bytes),
        }
        self.packets += 1;
        self.packets
    }
}

/// The server did nothing wrong in the eyes of any phone, and tshark finds nothing malformed in what SCCP phones were told
/// and said, be it a message in a packet or streams that it has to put together.
pub fn judge(phones: &[&LivePhone]) {
    for phone in phones {
        let wrong = phone.wrong();
        assert!(wrong.is_empty(), "{}: {wrong:?}", phone.name);
    }
    if !has("tshark", "tshark") {
        return;
    }
    let tapes: Vec<Tape> = phones.iter().map(|phone| phone.tape()).collect();
    let apart = message_by_message(&tapes);
    let together = stream_by_stream(&tapes);
    assert_eq!(apart, together, "tshark finds all messages again");
    say(&format!("tshark: {apart} messages, 0 malformed"));
}

/// A port for each connection of each tape.
fn port(tape: usize, connection: u16) -> u16 {
    let tape = u16::try_from(tape).expect("few phones");
    30_000 + 100 * tape + connection
}

/// Every message in a packet of its own. How many there were.
fn message_by_message(tapes: &[Tape]) -> usize {
    let (mut capture, mut kinds) = (Capture::new(), BTreeMap::<u32, Kind>::new());
    for (place, tape) in tapes.iter().enumerate() {
        for piece in &tape.pieces {
            for message in messages(&piece.bytes) {
                let port = port(place, piece.connection);
                let number = capture.add(port, piece.way, message);
                kinds.insert(number, (message_name(message), tape.version));
            }
        }
    }
    let mut seen = 0;
    for (number, ids, is_malformed) in found_in(capture) {
        assert_eq!(ids.len(), 1, "packet {number}: {:?}", kinds[&number]);
        seen += 1;
        let kind = kinds[&number];
        assert!(
            !is_malformed || is_known(kind),
            "packet {number} is malformed: {kind:?}"
        );
    }
    assert_eq!(seen, kinds.len());
    seen
}

/// The same cut into segments without regard to messages. How many messages tshark found.
fn stream_by_stream(tapes: &[Tape]) -> usize {
    let (mut capture, mut versions) = (Capture::new(), BTreeMap::new());
    for (place, tape) in tapes.iter().enumerate() {
        let mut pieces = tape.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            let mut bytes = piece.bytes.clone();
            // All that goes one way before something comes the other way.
            while let Some(more) =
                pieces.next_if(|next| (next.way, next.connection) == (piece.way, piece.connection))
            {
                bytes.extend_from_slice(&more.bytes);
            }
            for segment in segments(&bytes) {
                let port = port(place, piece.connection);
                versions.insert(capture.add(port, piece.way, segment), tape.version);
            }
        }
    }
    let mut seen = 0;
    for (number, ids, is_malformed) in found_in(capture) {
        seen += ids.len();
        let version = versions[&number];
        let mut kinds = ids.iter().map(|id| (name_of(*id), version));
        assert!(
            !is_malformed || kinds.any(is_known),
            "segment {number} has something malformed: {ids:?}, version {version}"
        );
    }
    seen
}

/// Cuts a stream, but no header: tshark wants to have that whole.
fn segments(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut segments = Vec::new();
    let (mut starts, mut start) = (Vec::new(), 0);
    for message in messages(bytes) {
        starts.push(start);
        start += message.len();
    }
    let mut at = 0;
    while !bytes.is_empty() {
        let end = at + SEGMENT;
        let is_cut = |start: &&usize| (**start..**start + HEADER).contains(&end);
        let end = starts.iter().find(is_cut).map_or(end, |start| *start);
        let (segment, rest) = bytes.split_at((end - at).min(bytes.len()));
        segments.push(segment);
        (bytes, at) = (rest, end);
    }
    segments
}

/// What tshark finds in the packets of a capture: the ids of the messages in each, and whether it is malformed.
fn found_in(capture: Capture) -> Vec<(u32, Vec<u32>, bool)> {
    let dir = directory();
    let file = dir.path().join("sccp.pcap");
    std::fs::write(&file, capture.writer.finish()).expect("there is room for temporary files");
    let packets = dissected(&file, &["skinny.messageId", "_ws.malformed"]);
    let found = packets.into_iter().map(|packet| {
        let [ids, malformed] = packet.values.as_slice() else {
            panic!("two fields were asked for: {:?}", packet.values);
        };
        let ids = ids.split(',').filter(|id| !id.is_empty());
        let ids = ids.map(|id| id.parse().expect("an id"));
        (packet.number, ids.collect(), !malformed.is_empty())
    });
    found.collect()
}

fn name_of(id: u32) -> &'static str {
    let mut message = vec![4, 0, 0, 0, 0, 0, 0, 0];
    message.extend(id.to_le_bytes());
    message_name(&message)
}

fn is_known((name, version): Kind) -> bool {
    let known: BTreeSet<Kind> = DISSECTOR_IS_WRONG
        .iter()
        .flat_map(|(name, versions, _)| versions.iter().map(|version| (*name, *version)))
        .collect();
    known.contains(&(name, version))
}

#[test]
fn tshark_finds_what_was_cut_short() {
    if !has("tshark", "tshark") {
        return;
    }
    let whole = ToPhone::from(RegisterAck::default()).to_frame(Version::V20);
    let whole = whole.bytes();
    let mut short = whole.slice(..HEADER + 8).to_vec();
    short[0] = 12;
    let mut capture = Capture::new();
    capture.add(30_000, Way::ToPhone, &whole);
    capture.add(30_001, Way::ToPhone, &short);
    let found: Vec<bool> = found_in(capture).iter().map(|found| found.2).collect();
    assert_eq!(found, [false, true]);
}
