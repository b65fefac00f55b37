//! How long what comes out of a WebSocket was on the wire: a look at the headers of frames (RFC 6455 §5.2) as they
//! pass. The codec does not say, and who sends half a message must not be taken for somebody who is silent.

use std::collections::VecDeque;

/// A header: two bytes, up to eight of length, four of mask.
const HEADER: usize = 14;

/// The lengths of what has passed as a whole and was not asked for yet.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    header: [u8; HEADER],
    /// Bytes of the header that are there; 0 between frames.
    known: usize,
    /// Bytes of the payload that are still to come.
    left: u64,
    /// Bytes of the frame so far.
    frame: usize,
    /// Bytes of the frames so far that make one message.
    message: usize,
    whole: VecDeque<usize>,
}

impl Lengths {
    /// Bytes pass.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let length = match self.left {
                0 => 1,
                left => usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len())),
            };
            let (now, later) = bytes.split_at(length);
            bytes = later;
            self.frame += length;
            if self.left > 0 {
                self.left -= length as u64;
            } else {
                self.header[self.known] = now[0];
                self.known += 1;
                if self.known < self.header_length() {
                    continue;
                }
                self.left = self.payload();
            }
            if self.left == 0 {
                self.frame_ends();
            }
        }
    }

    /// The length of the next whole thing: a message with all its frames, or a frame of control.
    pub(super) fn next(&mut self) -> usize {
        self.whole.pop_front().unwrap_or(0)
    }

    fn header_length(&self) -> usize {
        if self.known < 2 {
            return 2;
        }
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        2 + self.extended() + mask
    }

    /// Bytes of an extended payload length.
    fn extended(&self) -> usize {
        match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn payload(&self) -> u64 {
        match self.extended() {
            0 => (self.header[1] & 0x7f).into(),
            bytes => self.header[2..2 + bytes]
                .iter()
                .fold(0, |length, byte| length << 8 | u64::from(*byte)),
        }
    }

    fn frame_ends(&mut self) {
        let (is_last, is_control) = (self.header[0] & 0x80 != 0, self.header[0] & 8 != 0);
        let frame = std::mem::take(&mut self.frame);
        self.known = 0;
        if is_control {
            self.whole.push_back(frame);
            return;
        }
        self.message += frame;
        if is_last {
            self.whole.push_back(std::mem::take(&mut self.message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload {
            0..126 => bytes.push(0x80 | payload as u8),
            126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend((payload as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((payload as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.resize(bytes.len() + payload, b'x');
        bytes
    }

    #[test]
    fn messages_count_with_all_their_frames_and_control_by_itself() {
        const TEXT: u8 = 0x81;
        const FIRST: u8 = 0x01;
        const MORE: u8 = 0x00;
        const LAST: u8 = 0x80;
        const PING: u8 = 0x89;
        let frames = [
            frame(TEXT, 3),
            frame(TEXT, 0),
            frame(FIRST, 200),
            frame(PING, 5),
            frame(MORE, 0),
            frame(LAST, 70_000),
            frame(TEXT, 1),
        ];
        let bytes = frames.concat();
        for size in [1, 7, bytes.len()] {
            let mut lengths = Lengths::default();
            for chunk in bytes.chunks(size) {
                lengths.pass(chunk);
            }
            let all: Vec<usize> = (0..6).map(|_| lengths.next()).collect();
            assert_eq!(all, [9, 6, 11, 208 + 6 + 70_014, 7, 0], "{size}");
        }
    }
}
