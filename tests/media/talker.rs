//! Somebody at a phone who talks to Perch itself: SIP and RTP over real sockets, by hand.

use std::f64::consts::TAU;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;
use perch::media::{Header, Law, Rtp};
use perch::sip::wire::{self, Builder, Message, Name, Parsed};
use rsip::Method;

use super::digest::{self, Answer};

/// How long anything may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long is listened for RTP before SIP is looked at, and the other way round.
const GLANCE: Duration = Duration::from_millis(5);

/// The payload types of sound and keys.
const SOUND: u8 = 8;
const KEYS: u8 = 101;

/// A call to Perch itself.
pub struct Talker {
    name: &'static str,
    server: SocketAddr,
    sip: UdpSocket,
    rtp: UdpSocket,
    uri: String,
    call_id: String,
    cseq: u32,
    /// The answer of the INVITE.
    answer: Option<Message>,
    /// Where Perch listens.
    perch: SocketAddr,
    sequence: u16,
    timestamp: u32,
    /// Why Perch has hung up, if it has.
    left: Option<String>,
}

/// How a call was refused: the status, and what the person is told.
pub type Refused = (u16, String);

impl Talker {
    /// Dials, and is answered or not.
    pub fn dial(server: SocketAddr, name: &'static str, digits: &str) -> Result<Talker, Refused> {
        // On the loopback both sides have the same address.
        let bind = || UdpSocket::bind((server.ip(), 0)).expect("a socket");
        let sip = bind();
        let call_id = format!("{name}.{}", own(&sip).port());
        let mut talker = Talker {
            name,
            server,
            rtp: bind(),
            sip,
            uri: format!("sip:{}@perch", digits.replace('#', "%23")),
            call_id,
            cseq: 0,
            answer: None,
            perch: server,
            sequence: 0xfff0,
            timestamp: 0xffff_f000,
            left: None,
        };
        let mut answer = talker.invite(None);
        if answer.status() == Some(401) {
            let challenge = answer.text(Name::WwwAuthenticate);
            let challenge = challenge.expect("a 401 has one").into_owned();
            answer = talker.invite(Some(&challenge));
        }
        let status = answer.status().unwrap_or_default();
        if status != 200 {
            return Err((status, reason(&answer)));
        }
        let sdp = String::from_utf8_lossy(&answer.body()).into_owned();
        let audio = sdp.lines().find_map(|line| line.strip_prefix("m=audio "));
        let there = audio.and_then(|audio| audio.split(' ').next()?.parse().ok());
        talker.perch.set_port(there.expect("there is a stream"));
        talker.answer = Some(answer);
        Ok(talker)
    }

    fn invite(&mut self, challenge: Option<&str>) -> Message {
        self.cseq += 1;
        let proof = challenge.map(|challenge| {
            let answer = Answer {
                username: self.name,
                password: &format!("{}-secret", self.name),
                method: "INVITE",
                uri: &self.uri,
                nc: Some(1),
            };
            digest::authorization(challenge, &answer)
        });
        let builder = self.begin(Method::Invite, &format!("<{}>", self.uri));
        let builder = match proof {
            Some(proof) => builder.header(Name::Authorization, proof),
            None => builder,
        };
        let at = match self.server.ip() {
            IpAddr::V4(ip) => format!("IP4 {ip}"),
            IpAddr::V6(ip) => format!("IP6 {ip}"),
        };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN {at}\r\ns=-\r\nc=IN {at}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP {SOUND} {KEYS}\r\na=rtpmap:{KEYS} telephone-event/8000\r\n",
            own(&self.rtp).port()
        );
        let answer = self.ask(&builder.finish_with(b"application/sdp", sdp.as_bytes()));
        // The ACK of a refusal belongs to the INVITE, that of a 2xx to nothing (RFC 3261 §17.1.1.3).
        let branch = if answer.status() == Some(200) {
            "ack"
        } else {
            ""
        };
        let ack = Builder::request(Method::Ack, &self.uri)
            .header(Name::Via, self.via(branch))
            .header(Name::MaxForwards, "70")
            .copy(&answer, Name::From)
            .copy(&answer, Name::To)
            .header(Name::CallId, &self.call_id)
            .display(Name::CSeq, format_args!("{} ACK", self.cseq))
            .finish();
        self.send(&ack);
        answer
    }

    fn via(&self, more: &str) -> String {
        let (own, id, cseq) = (own(&self.sip), &self.call_id, self.cseq);
        format!("SIP/2.0/UDP {own};branch=z9hG4bK{id}.{cseq}{more};rport")
    }

    fn begin(&self, method: Method, to: &str) -> Builder {
        let (name, own) = (self.name, own(&self.sip));
        Builder::request(method, &self.uri)
            .header(Name::Via, self.via(""))
            .header(Name::MaxForwards, "70")
            .display(Name::From, format_args!("<sip:{name}@perch>;tag=t"))
            .header(Name::To, to)
            .header(Name::CallId, &self.call_id)
            .display(Name::CSeq, format_args!("{} {method}", self.cseq))
            .display(Name::Contact, format_args!("<sip:{name}@{own}>"))
    }

    /// Sends a request, again and again, until it is answered for good.
    fn ask(&mut self, request: &Bytes) -> Message {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            self.send(request);
            let again = Instant::now() + Duration::from_millis(500);
            while Instant::now() < again {
                let answer = self
                    .read_sip()
                    .filter(|message| message.cseq().0 == self.cseq);
                match answer.as_ref().and_then(Message::status) {
                    Some(status) if status >= 200 => return answer.expect("it was just seen"),
                    _ => {}
                }
            }
        }
        panic!("{}: no answer", self.name);
    }

    fn send(&self, bytes: &[u8]) {
        let sent = self.sip.send_to(bytes, self.server);
        sent.expect("the loopback is there");
    }

    /// A message, if one comes at once. Requests are answered.
    fn read_sip(&mut self) -> Option<Message> {
        let mut buffer = [0; 8192];
        let length = read(&self.sip, &mut buffer)?.0;
        let Parsed::Accept(message) = wire::parse(Bytes::copy_from_slice(&buffer[..length])) else {
            panic!("{}: that is no SIP", self.name);
        };
        if message.is_request() {
            let answer = wire::respond(&message, self.server, 200, "OK", Some("t"));
            self.send(&answer.finish());
            if message.method() == Some(Method::Bye) {
                self.left = Some(reason(&message));
            }
        }
        Some(message)
    }

    /// Hangs up.
    pub fn hang_up(mut self) {
        self.cseq += 1;
        let answer = self.answer.take().expect("it was answered");
        let to = answer.text(Name::To).expect("it has one").into_owned();
        let bye = self.begin(Method::Bye, &to).finish();
        assert_eq!(self.ask(&bye).status(), Some(200));
    }

    /// Waits until Perch hangs up. Says why it did.
    pub fn is_left(&mut self) -> String {
        let end = Instant::now() + PATIENCE;
        while self.left.is_none() && Instant::now() < end {
            self.read_sip();
            self.hear();
        }
        self.left.clone().expect("Perch hangs up")
    }

    /// The sound of the next packet, if one comes at once.
    pub fn hear(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        let (length, from) = read(&self.rtp, &mut buffer)?;
        assert_eq!(from, self.perch, "somebody else speaks");
        let rtp = Rtp::parse(&buffer[..length]).expect("it is RTP");
        assert_eq!(rtp.header.payload_type, SOUND);
        Some(rtp.payload.to_vec())
    }

    /// Listens until these pitches were heard, one after the other. Anything may be in between.
    pub fn hear_tones(&mut self, hertz: &[u32]) {
        let end = Instant::now() + PATIENCE;
        let mut left = hertz;
        while let [next, rest @ ..] = left {
            assert!(
                Instant::now() < end,
                "{}: {next} Hz is not heard",
                self.name
            );
            self.read_sip();
            let frame = self.hear();
            if frame.is_some_and(|frame| loudest(&frame) == Some(*next)) {
                left = rest;
            }
        }
    }

    /// Presses keys: each as six packets, of which the last three say that it is up again (RFC 4733 §2.5.1).
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            let event = "0123456789*#ABCD".find(key).expect("it is a key") as u8;
            for n in 1..=6_u8 {
                let packet =
                    self.packet(KEYS, n == 1, &[event, u8::from(n > 3) << 7 | 10, 0, n * 40]);
                self.send_rtp(&packet);
            }
            self.timestamp = self.timestamp.wrapping_add(1600);
        }
    }

    /// Says something for 20 ms.
    pub fn say(&mut self, sound: &[u8; 160]) {
        let packet = self.packet(SOUND, false, sound);
        self.send_rtp(&packet);
        self.timestamp = self.timestamp.wrapping_add(160);
    }

    fn packet(&mut self, payload_type: u8, marker: bool, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = Header {
            marker,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: 0x7a1c,
        };
        let mut packet = header.bytes().to_vec();
        packet.extend(payload);
        packet
    }

    /// Sends a datagram to where Perch listens for media.
    pub fn send_rtp(&self, packet: &[u8]) {
        let sent = self.rtp.send_to(packet, self.perch);
        sent.expect("the loopback is there");
    }

    /// Where Perch listens for media.
    pub fn perch(&self) -> SocketAddr {
        self.perch
    }

    /// A packet that would press a key, if the right one sent it.
    pub fn forged(key: u8, sequence: u16) -> Vec<u8> {
        let header = Header {
            marker: true,
            payload_type: KEYS,
            sequence,
            timestamp: u32::from(sequence) * 1000,
            ssrc: 0x7a1c,
        };
        let mut packet = header.bytes().to_vec();
        packet.extend([key, 0x8a, 0, 160]);
        packet
    }
}

fn own(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().expect("it is bound")
}

fn read(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    let timeout = socket.set_read_timeout(Some(GLANCE));
    timeout.expect("it is long enough");
    match socket.recv_from(buffer) {
        Ok(received) => Some(received),
        Err(error) => {
            let kinds = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
            assert!(kinds.contains(&error.kind()), "{error}");
            None
        }
    }
}

fn reason(message: &Message) -> String {
    let reason = message.text(Name::Reason).unwrap_or_default().into_owned();
    let text = reason.split("text=").nth(1).unwrap_or_default();
    text.trim_matches('"').to_owned()
}

/// The pitch of a frame, of those that Perch has; none if it is silent.
fn loudest(frame: &[u8]) -> Option<u32> {
    let samples: Vec<f64> = frame
        .iter()
        .map(|byte| f64::from(Law::A.decode(*byte)))
        .collect();
    let power = |hertz: u32| {
        let factor = 2.0 * (TAU * f64::from(hertz) / 8000.0).cos();
        let (mut before, mut last) = (0.0, 0.0);
        for sample in &samples {
            (before, last) = (last, sample + factor * last - before);
        }
        last * last + before * before - factor * last * before
    };
    let all: f64 = samples.iter().map(|sample| sample * sample).sum();
    let pitches = [425, 600, 900, 950, 1400, 1800].into_iter();
    let loud = pitches.max_by(|a, b| power(*a).total_cmp(&power(*b)))?;
    (power(loud) > 0.5 * all * samples.len() as f64 / 2.0).then_some(loud)
}
