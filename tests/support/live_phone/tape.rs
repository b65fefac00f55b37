//! What was said by the connections of a phone, as it was read and written.

use std::mem;

use perch::sccp::wire::{FromPhone, ToPhone};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToPhone,
}

/// Bytes that were written or read at once: whole messages.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which of the phone's connections it was, from 1.
    pub connection: u16,
    pub way: Way,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Tape {
    /// The version that the phone speaks.
    pub version: u8,
    pub pieces: Vec<Piece>,
    connections: u16,
}

impl Tape {
    pub fn new(version: u8) -> Tape {
        Tape {
            version,
            pieces: Vec::new(),
            connections: 0,
        }
    }

    /// Another connection.
    pub fn begin(&mut self) {
        self.connections += 1;
    }

    pub fn note(&mut self, way: Way, bytes: &[u8]) {
        self.pieces.push(Piece {
            connection: self.connections,
            way,
            bytes: bytes.to_vec(),
        });
    }

    /// The names of what came and went last.
    pub fn last_messages(&self, most: usize) -> String {
        let names = self.pieces.iter().flat_map(|piece| {
            let mark = match piece.way {
                Way::ToServer => '>',
                Way::ToPhone => '<',
            };
            let names = messages(&piece.bytes).map(name);
            names.map(move |name| format!("{mark}{name}"))
        });
        let names: Vec<String> = names.collect();
        names[names.len().saturating_sub(most)..].join(" ")
    }
}

/// Takes the messages that are whole.
pub fn whole(waiting: &mut Vec<u8>) -> Vec<u8> {
    let length = messages(waiting).map(<[u8]>::len).sum();
    let rest = waiting.split_off(length);
    mem::replace(waiting, rest)
}

/// The whole messages at the beginning of some bytes.
pub fn messages(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = bytes.first_chunk().copied().map(u32::from_le_bytes)?;
        let (message, rest) = bytes.split_at_checked(length as usize + 8)?;
        bytes = rest;
        Some(message)
    })
}

/// What whole messages are called, of either protocol: of SIP, the method or the status.
pub fn names(bytes: &[u8]) -> Vec<String> {
    let begins = |text: &[u8]| bytes.starts_with(text);
    if !begins(b"SIP/2.0 ") && !bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return messages(bytes)
            .map(|message| name(message).to_owned())
            .collect();
    }
    let line = bytes
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let word = match begins(b"SIP/2.0 ") {
        true => words.nth(1),
        false => words.next(),
    };
    word.map(str::to_owned).into_iter().collect()
}

/// What a message is called.
pub fn name(message: &[u8]) -> &'static str {
    let id = message.get(8..12).and_then(|id| id.first_chunk().copied());
    let id = id.map(u32::from_le_bytes);
    let mut known = FromPhone::IDS.iter().chain(ToPhone::IDS);
    let found = known.find(|(known, _)| Some(*known) == id);
    found.map_or("something unknown", |(_, name)| name)
}
