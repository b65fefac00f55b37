//! Messages out of a stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use bytes::{Bytes, BytesMut};

use super::lexer::{HeaderLines, Line, content_length, line_end};
use super::message::Fields;
use super::name::Name;
use super::{BODY_MAX, HEAD_MAX, WireError};

/// What came out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The bytes of one message, for [`super::parse`].
    Message(Bytes),
    /// A double CRLF: the peer asks whether we are there. Answer with a single one.
    Ping,
    /// A single CRLF: the peer is there. Known only when the next bytes show that it was not half a ping.
    Pong,
}

/// Cuts a stream into frames. How the stream was chopped into reads makes no difference.
///
/// It holds one message at most, as long as [`Framer::next`] is called until it gives None after each
/// [`Framer::push`]. After an error, or a message whose end cannot be told, the connection is to be closed.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// How far the head was looked through: the beginning of a line.
    seen: usize,
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
    ///
    /// A message whose length cannot be told is given as its head alone, so that it can be refused on the wire;
    /// the next call then fails.
    #[expect(
        clippy::should_implement_trait,
        reason = "a stream may go on after None"
    )]
    pub fn next(&mut self) -> Result<Option<Frame>, WireError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.seen == 0 && self.buffer.starts_with(b"\r\n") {
            return Ok(self.keep_alive());
        }
        let head = match self.head_end() {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(None),
            Err(what) => return Err(self.give_up(what)),
        };
        let length = match self.body_length(head) {
            Ok(length) => length,
            Err(what) => {
                let frame = self.cut(head);
                self.give_up(what);
                return Ok(Some(frame));
            }
        };
        let is_whole = self.buffer.len() - head >= length;
        Ok(is_whole.then(|| self.cut(head + length)))
    }

    fn keep_alive(&mut self) -> Option<Frame> {
        match self.buffer.get(2..)? {
            [] | [b'\r'] => None,
            [b'\r', b'\n', ..] => {
                let _ = self.buffer.split_to(4);
                Some(Frame::Ping)
            }
            _ => {
                let _ = self.buffer.split_to(2);
                Some(Frame::Pong)
            }
        }
    }

    /// Where the body begins, once the empty line is there.
    fn head_end(&mut self) -> Result<Option<usize>, &'static str> {
        let window = &self.buffer[..self.buffer.len().min(HEAD_MAX)];
        loop {
            match line_end(window, self.seen) {
                Line::Ends(at) if at == self.seen => return Ok(Some(at + 2)),
                Line::Ends(at) => self.seen = at + 2,
                Line::Bare => return Err("a bare CR or LF in the head"),
                Line::Open if window.len() == HEAD_MAX => return Err("a head that is too long"),
                Line::Open => return Ok(None),
            }
        }
    }

    fn body_length(&self, head: usize) -> Result<usize, &'static str> {
        let Line::Ends(first) = line_end(&self.buffer, 0) else {
            return Err("no start line");
        };
        let mut lines = HeaderLines::new(&self.buffer[..head], first + 2);
        let mut lengths = Fields::new();
        while let Some(line) = lines.next()? {
            lengths.extend(line.ok().filter(|f| f.name == Name::ContentLength));
        }
        // RFC 3261 §20.14 wants the header on streams; phones that leave it out have no body.
        let lengths = lengths.iter().map(|f| f.value.of(&self.buffer));
        match content_length(lengths) {
            Ok(length) => Some(length.unwrap_or(0))
                .filter(|length| *length <= BODY_MAX)
                .ok_or("a body that is too long"),
            Err(_) => Err("a Content-Length that cannot be"),
        }
    }

    fn cut(&mut self, length: usize) -> Frame {
        self.seen = 0;
        Frame::Message(self.buffer.split_to(length).freeze())
    }

    fn give_up(&mut self, what: &'static str) -> WireError {
        let error = WireError::new("stream", what);
        self.buffer = BytesMut::new();
        self.broken = Some(error);
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn message(text: &'static str) -> Frame {
        Frame::Message(Bytes::from_static(text.as_bytes()))
    }

    const HELLO: &str = "MESSAGE sip:a SIP/2.0\r\nl:\r\n 5\r\n\r\nhello";
    const EMPTY: &str = "OPTIONS sip:a SIP/2.0\r\nX: y\r\n\r\n";

    #[test]
    fn a_stream_is_cut_where_messages_end() {
        let stream = [HELLO, "\r\n\r\n", EMPTY, "\r\n", HELLO, EMPTY].concat();
        let expected = vec![
            message(HELLO),
            Frame::Ping,
            message(EMPTY),
            Frame::Pong,
            message(HELLO),
            message(EMPTY),
        ];
        assert_eq!(frames(&[stream.as_bytes()]), (expected.clone(), None));
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(frames(&bytes), (expected, None));
    }

    #[test]
    fn a_message_without_an_end_is_shown_and_the_stream_is_over() {
        for length in ["-999", "99999999", "70000", "1\r\nl: 2", "", "0x1"] {
            let head = format!("OPTIONS sip:a SIP/2.0\r\nContent-Length: {length}\r\n\r\n");
            let stream = [head.as_str(), EMPTY].concat();
            let (got, error) = frames(&[stream.as_bytes()]);
            assert_eq!(got, [Frame::Message(Bytes::from(head))], "{length:?}");
            assert_eq!(error.map(|e| e.place), Some("stream"), "{length:?}");
        }
    }

    #[test]
    fn a_head_without_an_end_does_not_grow_for_ever() {
        let long = vec![b'a'; HEAD_MAX];
        assert!(frames(&[&long[..HEAD_MAX - 1]]).1.is_none());
        assert!(frames(&[&long]).1.is_some());
        assert!(frames(&[b"OPTIONS sip:a SIP/2.0\nX: y\n\n"]).1.is_some());
        assert!(frames(&[b"OPTIONS sip:a SIP/2.0\rX"]).1.is_some());
    }
}
