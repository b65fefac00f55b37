//! Frames out of a stream, and onto one: a header of 12 bytes, and a body.

use std::fmt;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::WireError;

/// How long a header is: length, header version, message id.
pub const HEADER: usize = 12;

/// The greatest length that a header may give. The longest messages that phones are known to send, of places and of
/// capabilities, have a third of it.
pub const FRAME_MAX: usize = 8 * 1024;

/// What the length counts besides the body: the message id.
const ID: usize = 4;

/// One message, not looked into. What it says may be a PIN, so its body is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the header calls the version. Phones put all sorts of things there; nothing follows from it.
    pub header_version: u32,
    /// Which message it is.
    pub id: u32,
    /// What follows the header.
    pub body: Bytes,
}

impl Frame {
    /// The frame as it stands in the stream.
    pub fn bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(HEADER + self.body.len());
        self.append_to(&mut bytes);
        bytes.freeze()
    }

    /// Appends the frame to what is to be sent.
    pub fn append_to(&self, stream: &mut BytesMut) {
        let length = u32::try_from(ID + self.body.len()).expect("a body is shorter than 4 GB");
        stream.reserve(HEADER + self.body.len());
        stream.put_u32_le(length);
        stream.put_u32_le(self.header_version);
        stream.put_u32_le(self.id);
        stream.put_slice(&self.body);
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, length) = (self.id, self.body.len());
        write!(f, "Frame({id:#06x}, {length} bytes)")
    }
}

/// Cuts a stream into frames. How the stream was chopped into reads makes no difference.
///
/// It holds what was pushed and not yet taken: one frame at most, as long as [`Framer::next`] is called until it gives
/// None after each [`Framer::push`]. After an error the connection is to be closed.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Why nothing after this can be understood.
    broken: Option<WireError>,
}

impl Framer {
    /// A framer at the beginning of a stream.
    pub fn new() -> Framer {
        Framer::default()
    }

    /// Takes what was read from the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next frame, or None until more is pushed.
    #[expect(
        clippy::should_implement_trait,
        reason = "a stream may go on after None"
    )]
    pub fn next(&mut self) -> Result<Option<Frame>, WireError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let Some(length) = self.buffer.first_chunk() else {
            return Ok(None);
        };
        // Judged as soon as it is there, so that a stranger's bytes are not waited for.
        let length = u32::from_le_bytes(*length);
        let Some(body) = body_length(length) else {
            return Err(self.give_up(WireError::Length { length }));
        };
        if self.buffer.len() < HEADER + body {
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(HEADER + body).freeze();
        if self.buffer.is_empty() {
            // A phone is silent for most of its life; the memory goes with the frame.
            self.buffer = BytesMut::new();
        }
        frame.advance(4);
        Ok(Some(Frame {
            header_version: frame.get_u32_le(),
            id: frame.get_u32_le(),
            body: frame,
        }))
    }

    /// Whether part of a frame is there, and the rest is not.
    pub fn is_waiting(&self) -> bool {
        !self.buffer.is_empty()
    }

    fn give_up(&mut self, error: WireError) -> WireError {
        self.buffer = BytesMut::new();
        self.broken = Some(error);
        error
    }
}

/// How long the body is, if the header's length is possible.
fn body_length(length: u32) -> Option<usize> {
    let length = usize::try_from(length).ok()?;
    (ID..=FRAME_MAX).contains(&length).then(|| length - ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: u32, body: &'static [u8]) -> Frame {
        Frame {
            header_version: 20,
            id,
            body: Bytes::from_static(body),
        }
    }

    fn frames(chunks: &[&[u8]]) -> (Vec<Frame>, Option<WireError>) {
        let (mut framer, mut frames) = (Framer::new(), Vec::new());
        for chunk in chunks {
            framer.push(chunk);
            loop {
                match framer.next() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                }
            }
        }
        (frames, None)
    }

    #[test]
    fn a_stream_is_cut_where_frames_end() {
        let expected = vec![frame(0, b""), frame(3, b"1234"), frame(0x154, b"12345")];
        let stream: Vec<u8> = expected.iter().flat_map(Frame::bytes).collect();
        assert_eq!(stream[16..24], [20, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(frames(&[&stream]), (expected.clone(), None));
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(frames(&bytes), (expected.clone(), None));
        let (begun, error) = frames(&[&stream[..stream.len() - 1]]);
        assert_eq!((begun.as_slice(), error), (&expected[..2], None));
    }

    #[test]
    fn a_length_that_cannot_be_ends_the_stream() {
        let longest = u32::try_from(FRAME_MAX).expect("it fits");
        for length in [0, 3, longest + 1, u32::MAX, 0x2054_4547] {
            let stream = [frame(0, b"").bytes().as_ref(), &length.to_le_bytes()].concat();
            let (got, error) = frames(&[&stream, b"and more"]);
            assert_eq!(got, [frame(0, b"")], "{length}");
            assert_eq!(error, Some(WireError::Length { length }));
        }
        for length in [4, longest] {
            assert_eq!(frames(&[&length.to_le_bytes()]), (Vec::new(), None));
        }
    }

    #[test]
    fn nothing_is_kept_between_frames() {
        let mut framer = Framer::new();
        framer.push(&frame(3, b"1234").bytes());
        assert!(framer.is_waiting());
        assert!(framer.next().is_ok_and(|frame| frame.is_some()));
        assert!(!framer.is_waiting());
        assert_eq!(framer.buffer.capacity(), 0);
    }

    #[test]
    fn what_a_frame_says_is_not_shown() {
        let shown = format!("{:?}", frame(3, b"1234"));
        assert_eq!(shown, "Frame(0x0003, 4 bytes)");
    }
}
