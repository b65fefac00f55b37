//! One end of media: what it hears, what it says, and to whom.

use std::net::SocketAddr;
use std::time::Duration;

use super::dtmf::Keys;
use super::g711::is_sound;
use super::jitter::Jitter;
use super::mixer::{Share, Sound};
use super::order::{Format, Remote};
use super::rtp::{HEADER, Header, Rtp, is_after};
use super::tone::{FRAME, Tone};
use crate::pbx::Digit;

/// How long a frame lasts.
const FRAME_TIME: Duration = Duration::from_millis(20);

/// Frames that are late by more than so many are left out.
const MOST_BEHIND: u64 = 5;

/// A source that says nothing for so long may be followed by another one.
const SOURCE_RESTS: Duration = Duration::from_millis(500);

/// More digits than this in a second nobody presses.
const DIGITS_A_SECOND: u32 = 20;

/// A packet to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// To whom.
    pub to: SocketAddr,
    /// What.
    pub bytes: [u8; HEADER + FRAME],
}

/// One end of media.
#[derive(Debug)]
pub struct Endpoint {
    opened: Duration,
    /// What our packets have in front: of the next one, but for the time.
    next: Header,
    first_timestamp: u32,
    agreed: Option<(Format, Remote)>,
    source: Option<Source>,
    candidate: Option<Source>,
    keys: Keys,
    digits: Allowance,
    playing: Option<(Tone, u32)>,
    echo: Option<Jitter>,
    /// Its part in a conference.
    share: Option<Share>,
    /// The frame that is due next, counted from the opening.
    due: u64,
}

/// Where valid packets come from.
#[derive(Clone, Copy, Debug)]
struct Source {
    address: SocketAddr,
    ssrc: u32,
    sequence: u16,
    heard: Duration,
}

/// So many digits in a second.
#[derive(Debug, Default)]
struct Allowance {
    since: Duration,
    used: u32,
}

impl Endpoint {
    /// An end that is open from now on; `seed` is what its packets begin to count from.
    pub fn new(now: Duration, seed: u64) -> Endpoint {
        let [a, b, c, d, e, f, g, h] = seed.to_be_bytes();
        Endpoint {
            opened: now,
            next: Header {
                marker: true,
                payload_type: 0,
                sequence: u16::from_be_bytes([a, b]),
                timestamp: 0,
                ssrc: u32::from_be_bytes([c, d, e, f]),
            },
            first_timestamp: u32::from_be_bytes([g, h, a, c]),
            agreed: None,
            source: None,
            candidate: None,
            keys: Keys::default(),
            digits: Allowance::default(),
            playing: None,
            echo: None,
            share: None,
            due: 0,
        }
    }

    /// What was agreed on, at first or anew. Who says that they listen elsewhere now is looked for there.
    pub fn agree(&mut self, format: Format, remote: Remote) {
        let before = self.agreed.replace((format, remote));
        if before.is_none_or(|(_, before)| before.says != remote.says) {
            self.source = None;
            self.candidate = None;
        }
        if let Some(share) = &mut self.share {
            share.begin_anew();
        }
    }

    /// Plays a tone instead of whatever is heard now.
    pub fn play(&mut self, tone: Tone) {
        self.playing = Some((tone, 0));
    }

    /// Falls silent.
    pub fn hush(&mut self) {
        self.playing = None;
        self.echo = None;
        self.share = None;
    }

    /// Sends back what is heard, as soon as no tone is played.
    pub fn echo(&mut self) {
        self.echo = Some(Jitter::default());
    }

    /// Takes part in a conference.
    pub fn join(&mut self) {
        self.echo = None;
        self.share = Some(Share::default());
    }

    /// What it says into the conference at this moment. Whoever listens to nothing holds the others, and says nothing: what
    /// their phone plays meanwhile is for one who waits, not for those who talk.
    pub fn say(&mut self) -> Option<Sound> {
        let (format, remote) = self.agreed?;
        let said = self.share.as_mut()?.said(format.law);
        said.filter(|_| remote.listens)
    }

    /// What it is to hear of the conference.
    pub fn hear(&mut self, sound: Sound) {
        if let Some(share) = &mut self.share {
            share.hears(sound);
        }
    }

    /// Takes a datagram in. Garbage, and what comes from anybody else, does nothing.
    pub fn receive(&mut self, now: Duration, from: SocketAddr, datagram: &[u8]) -> Option<Digit> {
        let (format, remote) = self.agreed?;
        let rtp = Rtp::parse(datagram)?;
        let is_key = Some(rtp.header.payload_type) == format.digits;
        let is_heard = is_key || rtp.header.payload_type == format.sound && is_sound(&rtp);
        if !is_heard || !self.is_from_them(now, from, &rtp.header, remote) {
            return None;
        }
        if is_key {
            let digit = self.keys.heard(&rtp)?;
            return self.digits.allow(now).then_some(digit);
        }
        if let Some(share) = &mut self.share {
            share.says(rtp.payload);
        }
        if self.playing.is_none()
            && let Some(echo) = &mut self.echo
        {
            echo.hear(rtp.payload);
        }
        None
    }

    /// Whether a packet is the other side's, and new. They are believed to be where their description says; after two
    /// packets in a row they are believed to be at another port of the host that they named, or of the one that
    /// signals (symmetric RTP, RFC 4961; latching as in RFC 7362, within these hosts). Whoever has been found is not
    /// given up while they can be heard.
    fn is_from_them(
        &mut self,
        now: Duration,
        from: SocketAddr,
        header: &Header,
        remote: Remote,
    ) -> bool {
        let said = remote.says.map(|says| says.ip());
        if from.ip() != remote.host && Some(from.ip()) != said {
            return false;
        }
        let seen = Source {
            address: from,
            ssrc: header.ssrc,
            sequence: header.sequence,
            heard: now,
        };
        match &mut self.source {
            Some(source) if source.address == from => {
                let is_new = source.ssrc != seen.ssrc || is_after(seen.sequence, source.sequence);
                source.heard = now;
                if is_new {
                    *source = seen;
                }
                return is_new;
            }
            Some(source) if now < source.heard + SOURCE_RESTS => return false,
            _ => {}
        }
        let follows = |candidate: Source| {
            (candidate.address, candidate.ssrc) == (from, seen.ssrc)
                && is_after(seen.sequence, candidate.sequence)
        };
        let is_found = remote.says == Some(from) || self.candidate.is_some_and(follows);
        if is_found {
            self.candidate = None;
            self.source = Some(seen);
        } else {
            self.candidate = Some(seen);
        }
        is_found
    }

    /// The next packet that is due; to be asked until there is none.
    pub fn next(&mut self, now: Duration) -> Option<Packet> {
        let (format, remote) = self.agreed?;
        let elapsed = now.saturating_sub(self.opened).as_nanos() / FRAME_TIME.as_nanos();
        let current = u64::try_from(elapsed).unwrap_or(u64::MAX);
        if self.due + MOST_BEHIND < current {
            self.due = current;
        }
        while self.due <= current {
            let number = self.due;
            self.due += 1;
            let Some(frame) = self.frame(format) else {
                // RFC 3551 §4.1: the first packet after silence is marked.
                self.next.marker = true;
                continue;
            };
            let to = self.source.map(|source| source.address).or(remote.says);
            let Some(to) = to.filter(|_| remote.listens) else {
                self.next.marker = true;
                continue;
            };
            self.next.payload_type = format.sound;
            // The clock runs on through silence; u32 goes round.
            let samples = (number as u32).wrapping_mul(FRAME as u32);
            self.next.timestamp = self.first_timestamp.wrapping_add(samples);
            let mut bytes = [0; HEADER + FRAME];
            bytes[..HEADER].copy_from_slice(&self.next.bytes());
            bytes[HEADER..].copy_from_slice(&frame);
            self.next.sequence = self.next.sequence.wrapping_add(1);
            self.next.marker = false;
            return Some(Packet { to, bytes });
        }
        None
    }

    fn frame(&mut self, format: Format) -> Option<[u8; FRAME]> {
        // A tone is heard instead, and not before.
        let mixed = self.share.as_mut().map(|share| share.next(format.law));
        if let Some((tone, number)) = &mut self.playing {
            if let Some(frame) = tone.frame(format.law, *number) {
                *number += 1;
                return frame.try_into().ok();
            }
            self.playing = None;
        }
        match mixed {
            Some(mixed) => mixed,
            None => self.echo.as_mut()?.take(),
        }
    }
}

impl Allowance {
    fn allow(&mut self, now: Duration) -> bool {
        if now >= self.since + Duration::from_secs(1) {
            self.since = now;
            self.used = 0;
        }
        self.used += 1;
        self.used <= DIGITS_A_SECOND
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Law;
    use super::super::mixer::mix;
    use super::*;

    const FORMAT: Format = Format {
        law: Law::A,
        sound: 8,
        digits: Some(101),
    };

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn remote() -> Remote {
        Remote {
            says: Some(at("192.0.2.1:4000")),
            host: at("198.51.100.1:5060").ip(),
            listens: true,
        }
    }

    fn endpoint() -> Endpoint {
        let mut endpoint = Endpoint::new(Duration::ZERO, 0xfffe_0000_0001_0000);
        endpoint.agree(FORMAT, remote());
        endpoint
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn rtp(payload_type: u8, sequence: u16, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            marker: false,
            payload_type,
            sequence,
            timestamp: 160 * u32::from(sequence),
            ssrc: 7,
        };
        let mut bytes = header.bytes().to_vec();
        bytes.extend(payload);
        bytes
    }

    fn key(sequence: u16, event: u8) -> Vec<u8> {
        rtp(101, sequence, &[event, 0x8a, 0, 160])
    }

    fn sent(endpoint: &mut Endpoint, until: u64) -> Vec<Packet> {
        let mut packets = Vec::new();
        for millis in (0..=until).step_by(20) {
            while let Some(packet) = endpoint.next(ms(millis)) {
                packets.push(packet);
            }
        }
        packets
    }

    #[test]
    fn a_tone_goes_where_the_description_says_every_twenty_milliseconds() {
        let mut endpoint = endpoint();
        endpoint.play(Tone::Confirm);
        let packets = sent(&mut endpoint, 2000);
        assert_eq!(packets.len(), 35);
        for (number, packet) in packets.iter().enumerate() {
            assert_eq!(packet.to, at("192.0.2.1:4000"));
            let rtp = Rtp::parse(&packet.bytes).expect("it is RTP");
            assert_eq!(rtp.header.marker, number == 0);
            assert_eq!(rtp.header.payload_type, 8);
            assert_eq!(rtp.header.sequence, 0xfffe_u16.wrapping_add(number as u16));
            let first = Rtp::parse(&packets[0].bytes).expect("it is RTP");
            let later = rtp.header.timestamp.wrapping_sub(first.header.timestamp);
            assert_eq!(later, 160 * number as u32);
            assert_eq!(
                Some(rtp.payload),
                Tone::Confirm.frame(Law::A, number as u32)
            );
        }
    }

    #[test]
    fn what_could_not_be_sent_in_time_is_left_out() {
        let mut endpoint = endpoint();
        endpoint.play(Tone::Dial);
        let take =
            |endpoint: &mut Endpoint, at| std::iter::from_fn(|| endpoint.next(ms(at))).count();
        assert_eq!(take(&mut endpoint, 0), 1);
        assert_eq!(take(&mut endpoint, 19), 0);
        assert_eq!(take(&mut endpoint, 60), 3);
        assert_eq!(take(&mut endpoint, 10_000), 1);
    }

    #[test]
    fn who_does_not_listen_is_sent_nothing() {
        let mut endpoint = endpoint();
        let deaf = Remote {
            listens: false,
            ..remote()
        };
        endpoint.agree(FORMAT, deaf);
        endpoint.play(Tone::Dial);
        assert_eq!(sent(&mut endpoint, 200), []);
    }

    #[test]
    fn digits_are_heard_once_and_from_them_alone() {
        let mut endpoint = endpoint();
        let mut press = |from: &str, sequence, event| {
            let digit = endpoint.receive(ms(0), at(from), &key(sequence, event));
            digit.map(Digit::char)
        };
        assert_eq!(press("203.0.113.9:4000", 1, 9), None, "a stranger");
        assert_eq!(press("192.0.2.1:4000", 2, 5), Some('5'));
        assert_eq!(press("192.0.2.1:4000", 2, 5), None, "the same packet");
        assert_eq!(press("192.0.2.1:4002", 3, 6), None, "they were found");
        assert_eq!(press("192.0.2.1:4000", 4, 6), Some('6'));
    }

    #[test]
    fn behind_a_nat_they_are_found_by_two_packets_in_a_row() {
        let mut endpoint = endpoint();
        let mapped = at("198.51.100.1:62000");
        let sound = |sequence| rtp(8, sequence, &[0x55; 160]);
        endpoint.play(Tone::Dial);
        endpoint.receive(ms(0), mapped, &sound(10));
        endpoint.receive(ms(0), mapped, &sound(9));
        assert_eq!(
            endpoint.next(ms(0)).map(|p| p.to),
            Some(at("192.0.2.1:4000"))
        );
        endpoint.receive(ms(20), mapped, &sound(11));
        assert_eq!(endpoint.next(ms(20)).map(|p| p.to), Some(mapped));
        // The mapping changed: the old one is silent.
        let again = at("198.51.100.1:62001");
        endpoint.receive(ms(40), again, &sound(12));
        endpoint.receive(ms(40), again, &sound(13));
        assert_eq!(endpoint.next(ms(40)).map(|p| p.to), Some(mapped));
        endpoint.receive(ms(700), again, &sound(14));
        endpoint.receive(ms(700), again, &sound(15));
        assert_eq!(endpoint.next(ms(700)).map(|p| p.to), Some(again));
    }

    #[test]
    fn an_echo_gives_back_what_came_in_steady_steps() {
        let mut endpoint = endpoint();
        endpoint.echo();
        let from = at("192.0.2.1:4000");
        let said: Vec<u8> = (0..=255).cycle().take(4000).collect();
        let mut heard: Vec<u8> = Vec::new();
        // Packets of 30 ms come in pairs; one is late and comes after its successor.
        let mut packets: Vec<Vec<u8>> = said
            .chunks(240)
            .zip(1..)
            .map(|(sound, n)| rtp(8, n, sound))
            .collect();
        packets.swap(6, 7);
        let mut pairs = packets.chunks(2);
        for tick in 0..60_u64 {
            if tick % 3 == 0 {
                for packet in pairs.next().into_iter().flatten() {
                    endpoint.receive(ms(20 * tick), from, packet);
                }
            }
            while let Some(packet) = endpoint.next(ms(20 * tick)) {
                heard.extend(&packet.bytes[HEADER..]);
            }
        }
        let mut expected = said;
        expected.drain(6 * 240..7 * 240);
        expected.truncate(heard.len());
        assert!(heard.len() > 3000, "{}", heard.len());
        assert_eq!(heard, expected);
    }

    #[test]
    fn who_is_in_a_conference_hears_the_others_in_their_own_law() {
        let laws = [Law::Mu, Law::A, Law::A];
        let mut ends: Vec<Endpoint> = laws
            .iter()
            .map(|law| {
                let mut end = Endpoint::new(Duration::ZERO, 1);
                let sound = law.payload_type();
                let format = Format {
                    law: *law,
                    sound,
                    digits: None,
                };
                end.agree(format, remote());
                end.join();
                end
            })
            .collect();
        let mut heard = vec![0; 3];
        for tick in 0..50_u64 {
            // The third says nothing.
            for (end, level) in ends.iter_mut().zip([1000, 4000]).take(2) {
                let (format, _) = end.agreed.expect("it was agreed");
                let sound = [format.law.encode(level); FRAME];
                let packet = rtp(format.sound, tick as u16 + 1, &sound);
                end.receive(ms(20 * tick), at("192.0.2.1:4000"), &packet);
            }
            let said: Vec<Option<Sound>> = ends.iter_mut().map(Endpoint::say).collect();
            for ((end, sound), level) in ends.iter_mut().zip(mix(&said)).zip(&mut heard) {
                end.hear(sound);
                let packet = end.next(ms(20 * tick)).expect("a frame is due");
                let (format, _) = end.agreed.expect("it was agreed");
                *level = i32::from(format.law.decode(packet.bytes[HEADER]));
            }
        }
        for (level, expected) in heard.iter().zip([4000, 1000, 5000]) {
            assert!((level - expected).abs() < 200, "{heard:?}");
        }
    }

    #[test]
    fn who_holds_a_conference_says_nothing_into_it() {
        let mut end = endpoint();
        end.join();
        for n in 1..6 {
            end.receive(ms(0), at("192.0.2.1:4000"), &rtp(8, n, &[0x55; 160]));
        }
        assert!(end.say().is_some());
        let deaf = Remote {
            listens: false,
            ..remote()
        };
        end.agree(FORMAT, deaf);
        for n in 6..12 {
            end.receive(ms(0), at("192.0.2.1:4000"), &rtp(8, n, &[0x55; 160]));
        }
        assert!(end.say().is_none());
    }

    #[test]
    fn an_echo_is_never_late_by_more_than_a_fifth_of_a_second() {
        let mut endpoint = endpoint();
        endpoint.echo();
        for n in 1..1000 {
            endpoint.receive(ms(0), at("192.0.2.1:4000"), &rtp(8, n, &[n as u8; 160]));
        }
        let kept = std::iter::from_fn(|| endpoint.next(ms(100))).count();
        assert_eq!(kept, 6, "as many as are due");
        let first = endpoint.next(ms(120)).expect("there is more");
        assert_eq!(first.bytes[HEADER], (999 - 3) as u8);
    }

    #[test]
    fn nobody_presses_a_thousand_keys_a_second() {
        let mut endpoint = endpoint();
        let mut digits = 0;
        for n in 1..1000_u16 {
            let digit = endpoint.receive(ms(1), at("192.0.2.1:4000"), &key(n, (n % 10) as u8));
            digits += u32::from(digit.is_some());
        }
        assert_eq!(digits, DIGITS_A_SECOND);
    }

    proptest! {
        #[test]
        fn garbage_does_nothing(
            datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..40),
        ) {
            let mut endpoint = endpoint();
            for datagram in &datagrams {
                // Whatever claims another version is no RTP.
                let mut datagram = datagram.clone();
                if let Some(first) = datagram.first_mut() {
                    *first &= 0x7f;
                }
                prop_assert!(endpoint.receive(ms(0), at("192.0.2.1:4000"), &datagram).is_none());
            }
            prop_assert!(endpoint.next(ms(40)).is_none());
        }

        #[test]
        fn nothing_that_looks_like_rtp_panics(
            first in 0x80..=0xbf_u8,
            datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 11..80), 0..40),
        ) {
            let mut endpoint = endpoint();
            endpoint.echo();
            for (n, rest) in datagrams.iter().enumerate() {
                let mut datagram = vec![first];
                datagram.extend(rest);
                datagram[1] = if n % 2 == 0 { 8 } else { 101 };
                endpoint.receive(ms(n as u64), at("192.0.2.1:4000"), &datagram);
                endpoint.next(ms(n as u64));
            }
        }
    }
}
