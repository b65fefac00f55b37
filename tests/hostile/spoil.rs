//! Frames that were right once, with something broken in each.

use std::collections::BTreeMap;

use bytes::Bytes;
use perch::sccp::wire::{Dialect, FRAME_MAX, Frame, FromPhone, HEADER};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::sccp_samples::{CALL, CHANNEL, LINE, from_phone};

/// Numbers at the edges of something.
const EDGES: [u32; 12] = [
    0,
    1,
    2,
    0x7F,
    0xFF,
    0x100,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFE,
    0xFFFF_FFFF,
];

/// What is true where the frames go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Truth {
    pub line: u32,
    pub call: u32,
    pub channel: u32,
}

/// Makes broken frames of a phone.
pub struct Spoiler {
    samples: BTreeMap<u8, Vec<Frame>>,
}

/// What a server does that has read some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Everything was whole.
    Whole,
    /// It waits for so many bytes more.
    WaitsFor(usize),
    /// There is a length that cannot be.
    NotUnderstood,
}

/// How a server reads bytes, if it does it right.
pub fn read(mut bytes: &[u8]) -> Read {
    while !bytes.is_empty() {
        let Some(length) = bytes.first_chunk() else {
            return Read::WaitsFor(HEADER - bytes.len());
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if !(4..=FRAME_MAX).contains(&length) {
            return Read::NotUnderstood;
        }
        match bytes.get(length + 8..) {
            Some(rest) => bytes = rest,
            None => return Read::WaitsFor(length + 8 - bytes.len()),
        }
    }
    Read::Whole
}

impl Spoiler {
    pub fn new(versions: impl IntoIterator<Item = Dialect>) -> Spoiler {
        let of = |dialect: Dialect| {
            let samples = from_phone().into_iter();
            let frames = samples.map(|message| FromPhone::to_frame(&message, dialect));
            (dialect.version.number(), frames.collect())
        };
        Spoiler {
            samples: versions.into_iter().map(of).collect(),
        }
    }

    /// A frame with something broken in its body, or in the order of things.
    pub fn frame(&self, random: &mut StdRng, version: u8, truth: Truth) -> Vec<u8> {
        let samples = &self.samples[&version];
        let sample = &samples[random.random_range(0..samples.len())];
        let mut body = sample.body.to_vec();
        if random.random_bool(0.8) {
            replace(&mut body, CALL, truth.call);
            replace(&mut body, CHANNEL, truth.channel);
            replace(&mut body, LINE, truth.line);
        }
        let mut frame = sample.clone();
        for _ in 0..random.random_range(0..4) {
            spoil(random, &mut frame, &mut body, samples);
        }
        body.truncate(FRAME_MAX - 4);
        frame.body = Bytes::from(body);
        frame.bytes().to_vec()
    }
}

/// Every word of a body that is this becomes that.
fn replace(body: &mut [u8], this: u32, that: u32) {
    for word in body.chunks_exact_mut(4) {
        if *word == this.to_le_bytes() {
            word.copy_from_slice(&that.to_le_bytes());
        }
    }
}

/// Breaks something in a frame.
fn spoil(random: &mut StdRng, frame: &mut Frame, body: &mut Vec<u8>, samples: &[Frame]) {
    let at = random.random_range(0..=body.len());
    let to = (at + random.random_range(1..40)).min(body.len());
    match random.random_range(0..10) {
        0 => frame.header_version = EDGES[random.random_range(0..EDGES.len())],
        1 => {
            let ids = FromPhone::IDS;
            frame.id = match random.random_bool(0.5) {
                true => ids[random.random_range(0..ids.len())].0,
                false => random.random_range(0..0x1_0000),
            };
        }
        2 => body.truncate(at),
        3 => body.extend((0..random.random_range(1..400)).map(|n: u16| n.to_le_bytes()[0])),
        4 => {
            let word = 4 * (at / 4);
            let value = EDGES[random.random_range(0..EDGES.len())].to_le_bytes();
            body.resize(body.len().max(word + 4), 0);
            body[word..word + 4].copy_from_slice(&value);
        }
        5 if at < body.len() => body[at] = random.random(),
        6 if at < body.len() => body[at] ^= 1 << random.random_range(0..8),
        // A text without an end.
        7 => body[at..to].fill(b'A'),
        8 => drop(body.drain(at..to)),
        _ => {
            let other = &samples[random.random_range(0..samples.len())].body;
            let from = random.random_range(0..=other.len());
            body.truncate(at);
            body.extend_from_slice(&other[from..]);
        }
    }
}

/// Breaks how frames stand in the stream: a length that lies, bytes too many or too few.
pub fn spoil_framing(random: &mut StdRng, bytes: &mut Vec<u8>, frames: &[usize]) {
    let start = frames[random.random_range(0..frames.len())];
    match random.random_range(0..5) {
        0 => {
            let lie = EDGES[random.random_range(0..EDGES.len())];
            bytes[start..start + 4].copy_from_slice(&lie.to_le_bytes());
        }
        1 => {
            let longer = u8::try_from(random.random_range(1..64)).unwrap_or(1);
            bytes[start] = bytes[start].wrapping_add(longer);
        }
        2 => bytes.truncate(random.random_range(start..bytes.len())),
        3 => {
            let at = random.random_range(start..bytes.len());
            bytes.insert(at, random.random());
        }
        _ => {
            let to = (start + random.random_range(1..20)).min(bytes.len());
            drop(bytes.drain(start..to));
        }
    }
}
