//! WebSockets (RFC 6455) that carry SIP (RFC 7118): the handshake, and messages out of frames and into them.

mod lengths;

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{
    Callback, ErrorResponse, Request, Response,
};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::sip::wire::{BODY_MAX, HEAD_MAX};
use lengths::Lengths;

/// The sub-protocol, RFC 7118 §4.1.
const SIP: &str = "sip";

/// How much is read at once.
const READ: usize = 4096;

/// Answers the handshake. Pages of other origins than these are refused; none: of none.
///
/// An origin says which page a browser got its program from. What is no browser has none, and is not asked for it.
pub async fn accept<S>(stream: S, origins: &[String]) -> Result<S, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let handshake = Handshake { origins };
    let accepted = accept_hdr_async_with_config(stream, handshake, Some(config())).await?;
    // Nothing is lost: who sends frames before the answer to the handshake is refused by it.
    Ok(accepted.into_inner())
}

struct Handshake<'a> {
    origins: &'a [String],
}

impl Callback for Handshake<'_> {
    fn on_request(
        self,
        request: &Request,
        mut response: Response,
    ) -> Result<Response, ErrorResponse> {
        let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
        let mut offered = offered
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        if !offered.any(|name| name.trim().eq_ignore_ascii_case(SIP)) {
            let text = "This WebSocket speaks SIP: ask for the sub-protocol \"sip\" (RFC 7118).\n";
            return Err(refusal(StatusCode::BAD_REQUEST, text));
        }
        let origin = request.headers().get(header::ORIGIN);
        let is_welcome = |origin: &HeaderValue| {
            let is_same = |known: &String| origin.as_bytes().eq_ignore_ascii_case(known.as_bytes());
            self.origins.is_empty() || self.origins.iter().any(is_same)
        };
        if !origin.is_none_or(is_welcome) {
            let text =
                "Pages of this origin may not connect: see websocket.origins in perch.toml.\n";
            return Err(refusal(StatusCode::FORBIDDEN, text));
        }
        response.headers_mut().insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SIP),
        );
        Ok(response)
    }
}

fn refusal(status: StatusCode, text: &str) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(Some(text.to_owned()));
    *refusal.status_mut() = status;
    let headers = refusal.headers_mut();
    headers.insert(header::CONTENT_LENGTH, text.len().into());
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    refusal
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ)
        .max_message_size(Some(HEAD_MAX + BODY_MAX))
        .max_frame_size(Some(HEAD_MAX + BODY_MAX))
}

/// The receiving side of a WebSocket: bytes go in, messages and what must be answered come out.
#[derive(Debug)]
pub struct WebSocket {
    context: WebSocketContext,
    pipe: Pipe,
    lengths: Lengths,
}

/// What came out of a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message(Bytes),
    /// Frames of control that are to be sent back as they are; the peer may have said good-bye.
    Control {
        /// To be sent.
        reply: Bytes,
        /// Whether that was the last.
        last: bool,
    },
}

/// Why nothing more can be understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// In words.
    pub why: &'static str,
    /// The close frame that says so.
    pub farewell: Bytes,
}

impl WebSocket {
    /// A WebSocket whose handshake is done.
    pub fn new() -> WebSocket {
        WebSocket {
            context: WebSocketContext::new(Role::Server, Some(config())),
            pipe: Pipe::default(),
            lengths: Lengths::default(),
        }
    }

    /// Takes what was read from the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pipe.incoming.extend_from_slice(bytes);
        self.lengths.pass(bytes);
    }

    /// How long what came out last was on the wire. To be asked once for each.
    pub fn length(&mut self) -> usize {
        self.lengths.next()
    }

    /// What comes next, or None until more is pushed.
    pub fn next(&mut self) -> Result<Option<Heard>, Broken> {
        match self.context.read(&mut self.pipe) {
            Ok(Message::Text(text)) => Ok(Some(Heard::Message(text.into()))),
            Ok(Message::Binary(bytes)) => Ok(Some(Heard::Message(bytes))),
            Ok(message) => {
                // Pongs and closes are made by the context; this hands them out.
                let _ = self.context.flush(&mut self.pipe);
                Ok(Some(Heard::Control {
                    reply: std::mem::take(&mut self.pipe.outgoing).into(),
                    last: message.is_close(),
                }))
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(Error::Capacity(_)) => Err(broken(CloseCode::Size, "a message is too long")),
            Err(Error::Utf8(_)) => Err(broken(CloseCode::Invalid, "a text frame is no text")),
            Err(_) => Err(broken(
                CloseCode::Protocol,
                "the peer does not speak WebSocket",
            )),
        }
    }
}

fn broken(code: CloseCode, why: &'static str) -> Broken {
    Broken {
        why,
        farewell: close(code, why),
    }
}

/// One message as a frame: as text, if it is any.
pub fn framed(message: &Bytes) -> Bytes {
    let kind = match std::str::from_utf8(message) {
        Ok(_) => Data::Text,
        Err(_) => Data::Binary,
    };
    bytes_of(Frame::message(message.clone(), OpCode::Data(kind), true))
}

/// The frame that says that the server is going away (RFC 6455 §7.4.1).
pub fn going_away() -> Bytes {
    close(CloseCode::Away, "")
}

fn close(code: CloseCode, why: &'static str) -> Bytes {
    bytes_of(Frame::close(Some(CloseFrame {
        code,
        reason: why.into(),
    })))
}

fn bytes_of(frame: Frame) -> Bytes {
    let mut bytes = Vec::with_capacity(frame.len());
    frame.format(&mut bytes).expect("a Vec takes everything");
    bytes.into()
}

/// What was read and is not looked at, and what is to be written.
#[derive(Debug, Default)]
struct Pipe {
    incoming: BytesMut,
    outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = into.len().min(self.incoming.len());
        self.incoming.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// The status of the answer to a handshake from a page of this origin.
    async fn answer(origins: &[&str], origin: Option<&str>) -> String {
        let (ours, mut theirs) = duplex(4096);
        let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
        let request = format!(
            "GET /sip HTTP/1.1\r\nHost: perch\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: sip\r\n{origin}\r\n"
        );
        theirs.write_all(request.as_bytes()).await.expect("room");
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        drop(accept(ours, &origins).await);
        let mut answer = String::new();
        let read = theirs.read_to_string(&mut answer).await;
        read.expect("an answer, then the end");
        answer[9..12].to_owned()
    }

    #[tokio::test]
    async fn pages_of_other_origins_are_refused() {
        let ours = ["https://phones.example.com"];
        for (origins, origin, status) in [
            (&[][..], Some("https://elsewhere.example"), "101"),
            (&ours, Some("https://phones.example.com"), "101"),
            (&ours, Some("https://elsewhere.example"), "403"),
            (&ours, Some("null"), "403"),
            // No browser.
            (&ours, None, "101"),
        ] {
            assert_eq!(answer(origins, origin).await, status, "{origin:?}");
        }
    }

    /// What a client writes for these messages.
    fn written(messages: Vec<Message>) -> Vec<u8> {
        let mut client = WebSocketContext::new(Role::Client, None);
        let mut pipe = Pipe::default();
        for message in messages {
            client.write(&mut pipe, message).expect("it is open");
        }
        client.flush(&mut pipe).expect("it is open");
        pipe.outgoing
    }

    #[test]
    fn how_a_socket_is_chopped_into_reads_makes_no_difference() {
        let bytes = written(vec![
            Message::text("one"),
            Message::Ping(b"there?".as_slice().into()),
            Message::binary(b"two".as_slice()),
        ]);
        let pong = bytes_of(Frame::pong(b"there?".as_slice()));
        let expected = [
            Heard::Message(Bytes::from("one")),
            Heard::Control {
                reply: pong,
                last: false,
            },
            Heard::Message(Bytes::from("two")),
        ];
        for size in [1, 5, bytes.len()] {
            let mut socket = WebSocket::new();
            let mut heard = Vec::new();
            for chunk in bytes.chunks(size) {
                socket.push(chunk);
                while let Some(one) = socket.next().expect("it is a WebSocket") {
                    heard.push(one);
                }
            }
            assert_eq!(heard, expected, "{size}");
        }
    }

    #[test]
    fn what_cannot_be_taken_is_said_in_a_close_frame() {
        let long = written(vec![Message::text("x".repeat(HEAD_MAX + BODY_MAX + 1))]);
        let unmasked = framed(&Bytes::from("hello"));
        for (bytes, code) in [
            (&long[..], 1009_u16),
            (&unmasked[..], 1002),
            (b"GET / HTTP/1.1\r\n\r\n", 1002),
        ] {
            let mut socket = WebSocket::new();
            socket.push(bytes);
            let broken = socket.next().expect_err("it cannot be taken");
            assert_eq!(broken.farewell[2..4], code.to_be_bytes(), "{}", broken.why);
        }
    }
}
