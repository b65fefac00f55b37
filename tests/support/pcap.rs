//! Captures of TCP: written as pcap, read as pcap or pcapng. As much of them as telephones need.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The address of whoever wrote a pcap as its server, and of its clients.
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// Packets are raw IPv4.
const LINKTYPE_RAW: u32 = 101;
/// Packets have an Ethernet header.
const LINKTYPE_ETHERNET: u32 = 1;

/// One side of a connection: who sends, and to whom.
pub type Flow = (SocketAddrV4, SocketAddrV4);

/// A capture of one server and many clients, in the making.
pub struct Writer {
    bytes: Vec<u8>,
    server_port: u16,
    packets: u32,
    /// How far each direction has come.
    sequences: BTreeMap<Flow, u32>,
}

impl Writer {
    /// A capture of a server at this port.
    pub fn new(server_port: u16) -> Writer {
        let mut bytes = Vec::new();
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, LINKTYPE_RAW] {
            bytes.extend_from_slice(&u32::to_le_bytes(word));
        }
        Writer {
            bytes,
            server_port,
            packets: 0,
            sequences: BTreeMap::new(),
        }
    }

    /// What the client at a port sent.
    pub fn client_says(&mut self, port: u16, payload: &[u8]) {
        let (client, server) = self.ends(port);
        self.packet((client, server), payload);
    }

    /// What was sent to the client at a port.
    pub fn client_hears(&mut self, port: u16, payload: &[u8]) {
        let (client, server) = self.ends(port);
        self.packet((server, client), payload);
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn ends(&self, port: u16) -> Flow {
        let client = SocketAddrV4::new(CLIENT, port);
        (client, SocketAddrV4::new(SERVER, self.server_port))
    }

    fn packet(&mut self, flow: Flow, payload: &[u8]) {
        let (from, to) = flow;
        let length = u32::try_from(payload.len()).expect("a packet is short");
        let sequence = self.sequences.entry(flow).or_insert(1);
        let mut tcp = Vec::new();
        tcp.extend_from_slice(&from.port().to_be_bytes());
        tcp.extend_from_slice(&to.port().to_be_bytes());
        tcp.extend_from_slice(&sequence.to_be_bytes());
        // Acknowledges one byte; five words of header; ACK and PSH; a window; no checksum.
        tcp.extend_from_slice(&[0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        *sequence += length;
        let total = u16::try_from(40 + payload.len()).expect("a packet is short");
        let mut ip = vec![0x45, 0];
        ip.extend_from_slice(&total.to_be_bytes());
        ip.extend_from_slice(&[0, 0, 0x40, 0, 64, 6, 0, 0]);
        ip.extend_from_slice(&from.ip().octets());
        ip.extend_from_slice(&to.ip().octets());
        let length = u32::from(total);
        for word in [
            self.packets / 1000,
            self.packets % 1000 * 1000,
            length,
            length,
        ] {
            self.bytes.extend_from_slice(&word.to_le_bytes());
        }
        self.packets += 1;
        for part in [&ip, &tcp, payload] {
            self.bytes.extend_from_slice(part);
        }
    }
}

/// What each side of each TCP connection sent, put together from its packets. Each packet comes with when it was captured,
/// counted from the first: what came first stands first.
pub fn streams(file: &[u8]) -> Vec<(Flow, Vec<u8>)> {
    let mut streams: Vec<(Flow, Vec<u8>)> = Vec::new();
    let mut next: BTreeMap<Flow, u32> = BTreeMap::new();
    for (linktype, packet) in packets(file) {
        let Some((flow, sequence, payload)) = tcp(linktype, packet) else {
            continue;
        };
        if payload.is_empty() {
            continue;
        }
        let length = u32::try_from(payload.len()).expect("a packet is short");
        let expected = next.entry(flow).or_insert(sequence);
        // Sent again: it was there already.
        let seen = expected.wrapping_sub(sequence);
        let Some(new) = usize::try_from(seen)
            .ok()
            .and_then(|seen| payload.get(seen..))
        else {
            continue;
        };
        if new.is_empty() {
            continue;
        }
        *expected = sequence.wrapping_add(length);
        match streams.iter_mut().find(|(other, _)| *other == flow) {
            Some((_, stream)) => stream.extend_from_slice(new),
            None => streams.push((flow, new.to_vec())),
        }
    }
    streams
}

/// The packets of a file, each with the type of its link.
fn packets(file: &[u8]) -> Vec<(u32, &[u8])> {
    match word(file, 0) {
        Some(0xa1b2_c3d4) => pcap(file),
        Some(0x0a0d_0d0a) => pcapng(file),
        _ => Vec::new(),
    }
}

fn pcap(file: &[u8]) -> Vec<(u32, &[u8])> {
    let (linktype, mut at, mut packets) = (word(file, 20).unwrap_or(0), 24, Vec::new());
    while let Some(length) = word(file, at + 8) {
        let end = at + 16 + length as usize;
        packets.extend(file.get(at + 16..end).map(|packet| (linktype, packet)));
        at = end;
    }
    packets
}

/// Blocks: their type, their length, what is in them, their length. Those that count tell of an interface (1) and of a
/// packet (6).
fn pcapng(file: &[u8]) -> Vec<(u32, &[u8])> {
    let (mut linktypes, mut at, mut packets) = (Vec::new(), 0, Vec::new());
    while let (Some(kind), Some(length)) = (word(file, at), word(file, at + 4)) {
        match kind {
            1 => linktypes.extend(word(file, at + 8).map(|word| word & 0xffff)),
            6 => {
                let interface = word(file, at + 8).unwrap_or(0) as usize;
                let length = word(file, at + 20).unwrap_or(0) as usize;
                let packet = file.get(at + 28..at + 28 + length);
                packets.extend(linktypes.get(interface).copied().zip(packet));
            }
            _ => {}
        }
        at += (length as usize).max(12);
    }
    packets
}

/// Who sent what to whom, and at which place of the stream.
fn tcp(linktype: u32, packet: &[u8]) -> Option<(Flow, u32, &[u8])> {
    let ip = match linktype {
        LINKTYPE_RAW => packet,
        LINKTYPE_ETHERNET if packet.get(12..14)? == [8, 0] => &packet[14..],
        _ => return None,
    };
    let total = usize::from(u16::from_be_bytes([*ip.get(2)?, *ip.get(3)?]));
    // Ethernet frames are filled up.
    let ip = ip.get(..total)?;
    let header = usize::from(ip[0] & 0x0f) * 4;
    let octets = |at: usize| -> Option<[u8; 4]> { ip.get(at..at + 4)?.try_into().ok() };
    if ip[0] >> 4 != 4 || *ip.get(9)? != 6 {
        return None;
    }
    let (from, to) = (Ipv4Addr::from(octets(12)?), Ipv4Addr::from(octets(16)?));
    let tcp = ip.get(header..)?;
    let port =
        |at: usize| -> Option<u16> { Some(u16::from_be_bytes([*tcp.get(at)?, *tcp.get(at + 1)?])) };
    let flow = (
        SocketAddrV4::new(from, port(0)?),
        SocketAddrV4::new(to, port(2)?),
    );
    let sequence = u32::from_be_bytes(tcp.get(4..8)?.try_into().ok()?);
    let payload = tcp.get(usize::from(*tcp.get(12)? >> 4) * 4..)?;
    Some((flow, sequence, payload))
}

fn word(file: &[u8], at: usize) -> Option<u32> {
    let bytes = file.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}
