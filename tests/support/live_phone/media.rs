//! The sound of a phone: a tone that it says wherever it is to, and whatever it hears, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::TAU;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime};

use perch::media::{Header, Law, Rtp};

use super::super::phone::{Sends, Stream};

/// Samples per second, as RTP counts them for every codec that phones here have.
const RATE: u32 = 8000;

/// So many packets are sent at once by a phone that was kept from it.
const MOST_AT_ONCE: u32 = 50;

/// A stream that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub payload_type: u8,
    pub packets: u32,
    /// Whether it goes on.
    pub is_on: bool,
}

/// A stream that was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub from: SocketAddr,
    /// Where it was heard.
    pub at: SocketAddr,
    pub payload_type: u8,
    pub packets: u32,
    /// How many packets were left out, or came in another order.
    pub gaps: u32,
    /// How many came where nobody listens any more.
    pub late: u32,
    last: u16,
}

/// What is being said.
struct Speech {
    id: u64,
    sends: Sends,
    /// The port that it is sent from: where the phone listens, if it does.
    port: u16,
    ssrc: u32,
    /// Whether nothing was said as yet.
    is_first: bool,
    sequence: u16,
    timestamp: u32,
    /// When the next packet is due.
    next: Duration,
}

pub struct Media {
    host: IpAddr,
    /// What it says, in hertz.
    tone: u32,
    /// Every port that it ever listened at.
    sockets: BTreeMap<u16, UdpSocket>,
    /// Where it listens now.
    listens: BTreeSet<u16>,
    speeches: Vec<Speech>,
    last_ssrc: u32,
    sent: BTreeMap<u32, Sent>,
    heard: BTreeMap<u32, Heard>,
}

impl Media {
    pub fn new(host: IpAddr, tone: u32) -> Media {
        // Nobody else says to be somebody of this address.
        let own = match host {
            IpAddr::V4(host) => u32::from(host) << 8,
            IpAddr::V6(_) => 0,
        };
        Media {
            host,
            tone,
            sockets: BTreeMap::new(),
            listens: BTreeSet::new(),
            speeches: Vec::new(),
            last_ssrc: own,
            sent: BTreeMap::new(),
            heard: BTreeMap::new(),
        }
    }

    pub fn sent(&self) -> &BTreeMap<u32, Sent> {
        &self.sent
    }

    pub fn heard(&self) -> &BTreeMap<u32, Heard> {
        &self.heard
    }

    pub fn speaks(&self) -> bool {
        !self.speeches.is_empty()
    }

    /// Begins and ends what the phone begins and ends.
    pub fn follow(&mut self, now: Duration, streams: &[Stream]) {
        self.listens = streams.iter().filter_map(|stream| stream.listens).collect();
        for port in self.listens.clone() {
            self.open(port);
        }
        let goes_on = |speech: &Speech| {
            let is_same =
                |stream: &Stream| stream.id == speech.id && stream.sends == Some(speech.sends);
            streams.iter().any(is_same)
        };
        let speeches = std::mem::take(&mut self.speeches).into_iter();
        let (on, over): (Vec<Speech>, Vec<Speech>) = speeches.partition(goes_on);
        for speech in over {
            self.sent.entry(speech.ssrc).and_modify(|s| s.is_on = false);
        }
        self.speeches = on;
        for stream in streams {
            let is_on = self.speeches.iter().any(|speech| speech.id == stream.id);
            if let Some(sends) = stream.sends.filter(|_| !is_on) {
                self.begin(now, stream, sends);
            }
        }
    }

    fn begin(&mut self, now: Duration, stream: &Stream, sends: Sends) {
        let any = self.sockets.keys().next().copied();
        let port = stream.listens.or(any).unwrap_or(20_000);
        self.open(port);
        self.last_ssrc += 1;
        let sent = Sent {
            from: SocketAddr::new(self.host, port),
            to: sends.to,
            payload_type: sends.payload_type,
            packets: 0,
            is_on: true,
        };
        self.sent.insert(self.last_ssrc, sent);
        self.speeches.push(Speech {
            id: stream.id,
            sends,
            port,
            ssrc: self.last_ssrc,
            is_first: true,
            sequence: (somewhen() / 160) as u16,
            timestamp: somewhen(),
            next: now,
        });
    }

    fn open(&mut self, port: u16) {
        let host = self.host;
        self.sockets.entry(port).or_insert_with(|| {
            let socket = UdpSocket::bind((host, port)).expect("nobody else has this address");
            socket.set_nonblocking(true).expect("it is a socket");
            socket
        });
    }

    /// Says what is due, and hears what came.
    pub fn turn(&mut self, now: Duration) {
        for speech in &mut self.speeches {
            let mut at_once = 0;
            while speech.next <= now && at_once < MOST_AT_ONCE {
                let packet = speech.packet(self.tone);
                let socket = &self.sockets[&speech.port];
                socket
                    .send_to(&packet, speech.sends.to)
                    .expect("the loopback is there");
                self.sent.entry(speech.ssrc).and_modify(|s| s.packets += 1);
                at_once += 1;
            }
        }
        for (port, socket) in &self.sockets {
            let mut buffer = [0; 2048];
            let at = SocketAddr::new(self.host, *port);
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let Some(rtp) = Rtp::parse(&buffer[..length]) else {
                    continue;
                };
                let heard = self.heard.entry(rtp.header.ssrc);
                let heard = heard.or_insert_with(|| Heard::new(&rtp, from, at));
                heard.hear(&rtp, self.listens.contains(port));
            }
        }
    }
}

impl Speech {
    fn packet(&mut self, tone: u32) -> Vec<u8> {
        let Sends {
            payload_type,
            packet_ms,
            ..
        } = self.sends;
        let samples = packet_ms * RATE / 1000;
        let header = Header {
            marker: std::mem::take(&mut self.is_first),
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        let mut packet = header.bytes().to_vec();
        let at = (0..samples).map(|sample| self.timestamp.wrapping_add(sample));
        match payload_type {
            0 => packet.extend(at.map(|at| Law::Mu.encode(sample(tone, at)))),
            8 => packet.extend(at.map(|at| Law::A.encode(sample(tone, at)))),
            // G.729: ten bytes for ten milliseconds; what is in them is heard by nobody.
            18 => packet.extend(vec![0; packet_ms as usize]),
            _ => packet.extend(vec![0; samples as usize]),
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(samples);
        self.next += Duration::from_millis(packet_ms.max(1).into());
        packet
    }
}

/// Where a stream begins to count samples. baresip takes one that follows another for old if it begins before that one's
/// end, whoever it says to be: so all phones count by one clock.
fn somewhen() -> u32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let samples = since.map_or(0, |since| since.as_millis() * u128::from(RATE / 1000));
    u32::try_from(samples & u128::from(u32::MAX)).unwrap_or_default()
}

/// A sample of a tone.
fn sample(hertz: u32, at: u32) -> i16 {
    let turns = f64::from(hertz) * f64::from(at) / f64::from(RATE);
    (9000.0 * (TAU * turns).sin()).round() as i16
}

impl Heard {
    fn new(rtp: &Rtp<'_>, from: SocketAddr, at: SocketAddr) -> Heard {
        Heard {
            from,
            at,
            payload_type: rtp.header.payload_type,
            packets: 0,
            gaps: 0,
            late: 0,
            last: rtp.header.sequence.wrapping_sub(1),
        }
    }

    fn hear(&mut self, rtp: &Rtp<'_>, listens: bool) {
        self.packets += 1;
        self.late += u32::from(!listens);
        self.gaps += u32::from(rtp.header.sequence != self.last.wrapping_add(1));
        self.last = rtp.header.sequence;
    }
}
