//! Frames that were right once, with something broken in each: they are read or refused, and cost no more than they are long.
//!
//! `PERCH_FRAMES=1000000` tries more of them than a run of all tests has time for, `PERCH_SEED` others.

use bytes::Bytes;
use perch::sccp::wire::{Charset, Dialect, Frame, Framer, FromPhone, HEADER, ToPhone, Version};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::sccp_samples::{from_phone, to_phone};

/// How many there are unless somebody says otherwise.
const FRAMES: u64 = 200_000;

/// How much memory reading a frame may take: so many times its length, and some for what is short. A button takes two bytes
/// on the wire and twelve here, and lists grow by doubling.
const TIMES: u64 = 8;
const AND: u64 = 1024;

fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Every message in every version.
fn seeds() -> Vec<Frame> {
    let mut seeds = Vec::new();
    for version in Version::ALL {
        seeds.extend(from_phone().iter().map(|message| message.to_frame(version)));
        seeds.extend(to_phone().iter().map(|message| message.to_frame(version)));
    }
    seeds
}

fn any_dialect(random: &mut StdRng) -> Dialect {
    let version = Version::ALL[random.random_range(0..Version::ALL.len())];
    let charset = match random.random_bool(0.5) {
        true => Charset::Utf8,
        false => Charset::Latin1,
    };
    Dialect { version, charset }
}

/// A frame with up to four things broken.
fn broken(random: &mut StdRng, seeds: &[Frame]) -> Frame {
    let seed = &seeds[random.random_range(0..seeds.len())];
    let (mut frame, mut body) = (seed.clone(), seed.body.to_vec());
    for _ in 0..random.random_range(0..5) {
        let at = random.random_range(0..=body.len());
        match random.random_range(0..8) {
            0 => frame.id = seeds[random.random_range(0..seeds.len())].id,
            1 => frame.header_version = random.random_range(0..40),
            2 => body.truncate(at),
            3 => body.extend((0..random.random_range(1..200)).map(|_| random.random::<u8>())),
            4 => body.insert(at, random.random()),
            5 => body[at..].fill([0, 0x80, 0xff][random.random_range(0..3)]),
            _ if at + 4 <= body.len() => {
                let word: u32 = [0, 1, 255, 0x8000_0000, u32::MAX][random.random_range(0..5)];
                body[at..at + 4].copy_from_slice(&word.to_le_bytes());
            }
            _ => {}
        }
    }
    frame.body = Bytes::from(body);
    frame
}

/// What holds for both directions.
macro_rules! take {
    ($type:ident, $dialect:expr, $frame:expr) => {{
        let (dialect, frame): (Dialect, &Frame) = ($dialect, $frame);
        let mut read = None;
        let used = allocation_counter::measure(|| read = $type::decode(dialect, frame).ok());
        let most = TIMES * frame.body.len() as u64 + AND;
        assert!(
            used.bytes_max <= most,
            "{frame:?}: {} bytes for {read:?}",
            used.bytes_max
        );
        let checked = $type::check(dialect, frame)
            .map(|(message, _)| message)
            .ok();
        assert_eq!(checked, read, "{frame:?}");
        if let Some(message) = read {
            // Whatever was understood can be said, and is understood the same.
            let said = message.to_frame(dialect);
            let again = $type::decode(dialect, &said).expect("what is written can be read");
            assert_eq!(again.to_frame(dialect), said, "{dialect:?} {message:?}");
        }
    }};
}

#[test]
fn broken_frames_break_nothing() {
    let mut random = StdRng::seed_from_u64(number("PERCH_SEED", 1));
    let seeds = seeds();
    for _ in 0..number("PERCH_FRAMES", FRAMES) {
        let (dialect, frame) = (any_dialect(&mut random), broken(&mut random, &seeds));
        take!(FromPhone, dialect, &frame);
        take!(ToPhone, dialect, &frame);
    }
}

#[test]
fn a_stream_reads_the_same_however_it_is_chopped() {
    let mut random = StdRng::seed_from_u64(number("PERCH_SEED", 2));
    let seeds = seeds();
    for _ in 0..2000 {
        let frames: Vec<Frame> = (0..5).map(|_| broken(&mut random, &seeds)).collect();
        let stream: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
        let (mut framer, mut read, mut rest) = (Framer::new(), Vec::new(), stream.as_slice());
        while !rest.is_empty() {
            let longest = rest.len().min(HEADER + 40);
            let (now, later) = rest.split_at(random.random_range(1..=longest));
            framer.push(now);
            while let Some(frame) = framer.next().expect("it can be cut") {
                read.push(frame);
            }
            rest = later;
        }
        assert_eq!(read, frames);
    }
}

#[test]
fn streams_of_anything_end_or_are_cut() {
    let mut random = StdRng::seed_from_u64(number("PERCH_SEED", 3));
    for _ in 0..2000 {
        let mut framer = Framer::new();
        let (mut pushed, mut taken) = (0, 0);
        for _ in 0..random.random_range(1..60) {
            // Lengths that can be, and others.
            let most = if random.random_bool(0.9) {
                64
            } else {
                u32::MAX
            };
            let mut bytes = random.random_range(0..most).to_le_bytes().to_vec();
            bytes.extend((0..random.random_range(0..100)).map(|_| random.random::<u8>()));
            framer.push(&bytes);
            pushed += bytes.len();
            while let Ok(Some(frame)) = framer.next() {
                taken += HEADER + frame.body.len();
            }
        }
        assert!(taken <= pushed);
        let over = framer.next().is_err();
        framer.push(&[0; 64]);
        assert!(!over || framer.next().is_err(), "what is over stays over");
    }
}
