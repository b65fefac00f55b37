//! Keys that are pressed, as RFC 4733 tells of them: many packets for one key, some of them lost, one digit.

use super::rtp::Rtp;
use crate::pbx::Digit;

/// A key that does not tell of its end is the same key for so long, in samples.
const SAME_KEY: u32 = 8000;

/// The keys of one sender.
#[derive(Debug, Default)]
pub struct Keys {
    last: Option<Key>,
}

/// The last key that was reported.
#[derive(Clone, Copy, Debug)]
struct Key {
    ssrc: u32,
    event: u8,
    timestamp: u32,
    /// How long it had been down when last heard of.
    duration: u16,
    ended: bool,
}

impl Keys {
    /// Takes an event packet in. A key is reported with the first packet that is heard of it, whichever that is, and
    /// then no more.
    pub fn heard(&mut self, rtp: &Rtp<'_>) -> Option<Digit> {
        let [event, flags, high, low] = *rtp.payload.first_chunk()?;
        // Events past 15 are no keys: flash, modem and line tones.
        let digit = digit(event)?;
        let key = Key {
            ssrc: rtp.header.ssrc,
            event,
            timestamp: rtp.header.timestamp,
            duration: u16::from_be_bytes([high, low]),
            ended: flags & 0x80 != 0,
        };
        let Some(last) = self.last.filter(|last| last.ssrc == key.ssrc) else {
            self.last = Some(key);
            return Some(digit);
        };
        let since = key.timestamp.wrapping_sub(last.timestamp);
        if since == 0 && key.event == last.event {
            self.last = Some(Key {
                duration: key.duration.max(last.duration),
                ended: key.ended || last.ended,
                ..last
            });
            return None;
        }
        if since == 0 || since >= 1 << 31 {
            // Late, or contradicting what was heard first.
            return None;
        }
        let is_new = !is_continuation(last, key, since, rtp.header.marker);
        self.last = Some(key);
        is_new.then_some(digit)
    }
}

/// RFC 4733 §2.5.1.3: a key that is held down for longer than a duration can say goes on as another event, where the
/// first one stopped and with no end. Some phones write every packet of a key with a timestamp of its own: without a
/// marker and without an end in between that is one key, too.
fn is_continuation(last: Key, key: Key, since: u32, marker: bool) -> bool {
    let goes_on = since == u32::from(last.duration);
    let is_unmarked = !marker && since < SAME_KEY;
    last.event == key.event && !last.ended && (goes_on || is_unmarked)
}

fn digit(event: u8) -> Option<Digit> {
    let keys = b"0123456789*#ABCD";
    Digit::new(char::from(*keys.get(usize::from(event))?))
}

#[cfg(test)]
mod tests {
    use super::super::rtp::Header;
    use super::*;

    /// One packet: sequence, timestamp, event, end, duration, marker.
    type Said = (u16, u32, u8, bool, u16, bool);

    fn pressed(packets: &[Said]) -> String {
        let mut keys = Keys::default();
        let mut pressed = String::new();
        for (sequence, timestamp, event, end, duration, marker) in packets {
            let [high, low] = duration.to_be_bytes();
            let header = Header {
                marker: *marker,
                payload_type: 101,
                sequence: *sequence,
                timestamp: *timestamp,
                ssrc: 1,
            };
            let payload = [*event, u8::from(*end) << 7 | 10, high, low];
            let rtp = Rtp {
                header,
                payload: &payload,
            };
            pressed.extend(keys.heard(&rtp).map(Digit::char));
        }
        pressed
    }

    /// A key as RFC 4733 §2.5.1 has it: packets while it is down, and three to say that it is up again.
    fn key(from: u32, event: u8) -> Vec<Said> {
        let down = (1..=3).map(|n| (n, from, event, false, 160 * n, n == 1));
        let up = (4..=6).map(|n| (n, from, event, true, 640, false));
        down.chain(up).collect()
    }

    #[test]
    fn one_key_is_one_digit() {
        assert_eq!(pressed(&key(1000, 5)), "5");
        let all: Vec<Said> = (0..16)
            .flat_map(|event| key(2000 * (1 + u32::from(event)), event))
            .collect();
        assert_eq!(pressed(&all), "0123456789*#ABCD");
    }

    #[test]
    fn the_same_key_twice_is_two_digits() {
        assert_eq!(pressed(&[key(1000, 5), key(3000, 5)].concat()), "55");
        let quick = [key(1000, 5), key(1000 + 640 + 160, 5)].concat();
        assert_eq!(pressed(&quick), "55");
    }

    #[test]
    fn whatever_is_lost_but_one_packet_the_digit_is_there_once() {
        let whole = key(1000, 7);
        for mask in 1_u32..(1 << whole.len()) {
            let left = (0..whole.len()).filter(|n| mask & (1 << n) != 0);
            let packets: Vec<Said> = left.map(|n| whole[n]).collect();
            assert_eq!(pressed(&packets), "7", "{mask:#b}");
        }
    }

    #[test]
    fn ends_that_are_lost_do_not_glue_two_keys_together() {
        let down = |from| key(from, 5).into_iter().take(3);
        let both: Vec<Said> = down(1000).chain(down(3000)).collect();
        assert_eq!(pressed(&both), "55");
    }

    #[test]
    fn what_comes_late_or_twice_says_nothing() {
        let (one, two) = (key(1000, 1), key(3000, 2));
        let mut packets = one.clone();
        packets.extend(&two[..2]);
        packets.extend(&one[4..]);
        packets.extend(&two[2..]);
        packets.extend(&two);
        assert_eq!(pressed(&packets), "12");
        let mut reversed = one;
        reversed.reverse();
        assert_eq!(pressed(&reversed), "1");
    }

    #[test]
    fn a_key_held_down_for_ten_seconds_is_one_digit() {
        let mut packets: Vec<Said> = Vec::new();
        for n in 1..=409_u16 {
            packets.push((n, 1000, 3, false, 160 * n, n == 1));
        }
        packets.push((410, 1000, 3, false, 0xffff, false));
        for n in 1..=90_u16 {
            packets.push((410 + n, 1000 + 0xffff, 3, false, 160 * n, false));
        }
        packets.push((501, 1000 + 0xffff, 3, true, 14_400, false));
        assert_eq!(pressed(&packets), "3");
    }

    #[test]
    fn a_phone_that_dates_every_packet_anew_is_understood() {
        let packets: Vec<Said> = (0..5)
            .map(|n| {
                (
                    n,
                    1000 + 160 * u32::from(n),
                    4,
                    n == 4,
                    160 * (n + 1),
                    n == 0,
                )
            })
            .collect();
        assert_eq!(pressed(&packets), "4");
    }

    #[test]
    fn timestamps_go_round() {
        let packets = [key(u32::MAX - 100, 8), key(1900, 9)].concat();
        assert_eq!(pressed(&packets), "89");
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert_eq!(pressed(&[(1, 1000, 16, false, 160, true)]), "");
        let mut keys = Keys::default();
        let header = Header {
            marker: true,
            payload_type: 101,
            sequence: 1,
            timestamp: 1,
            ssrc: 1,
        };
        let payload = [5, 0, 0];
        let short = Rtp {
            header,
            payload: &payload,
        };
        assert!(keys.heard(&short).is_none());
    }
}
