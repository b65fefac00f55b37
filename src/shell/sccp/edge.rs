//! What a connection knows of SCCP by itself: keep-alives, and the sign that a phone is registered.

use crate::sccp::wire::{FromPhone, HEADER};

/// A phone says that it is there.
pub const KEEP_ALIVE: u32 = 0x0000;

/// The answer to that; its version is 0, whatever was agreed.
pub const KEEP_ALIVE_ACK: [u8; HEADER] = [4, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x01, 0, 0];

/// A phone is told that it is registered.
pub const REGISTER_ACK: u32 = 0x0081;

/// A phone is told that it is not.
pub const REGISTER_REJECT: u32 = 0x009D;

/// A phone is told to come later, in one of two ways.
pub const TOKEN_REJECTS: [u32; 2] = [0x011B, 0x8101];

/// Whether phones are known to say such a thing.
pub fn is_known(id: u32) -> bool {
    FromPhone::IDS.iter().any(|(known, _)| *known == id)
}

/// The ids of whole messages, one after the other.
pub fn ids(mut messages: &[u8]) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let length = word(messages, 0)?;
        let id = word(messages, 8)?;
        let length = usize::try_from(length).ok()?.checked_add(8)?;
        messages = messages.get(length..)?;
        Some(id)
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(word.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sccp::wire::Frame;
    use bytes::{Bytes, BytesMut};

    #[test]
    fn every_message_is_seen() {
        let mut stream = BytesMut::new();
        for (id, body) in [
            (0x9B, &b""[..]),
            (REGISTER_ACK, b"12345678"),
            (0x111, b"1234"),
        ] {
            let body = Bytes::copy_from_slice(body);
            let frame = Frame {
                header_version: 17,
                id,
                body,
            };
            frame.append_to(&mut stream);
        }
        assert!(ids(&stream).eq([0x9B, REGISTER_ACK, 0x111]));
        assert!(ids(&stream[..stream.len() - 1]).eq([0x9B, REGISTER_ACK]));
        assert!(ids(&[0xFF; 40]).next().is_none());
        assert!(ids(&KEEP_ALIVE_ACK).eq([0x100]));
    }
}
