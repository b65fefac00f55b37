//! Messages to bytes (RFC 3261 §7, §8.2.6).

use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use memchr::memchr3;
use rsip::Method;

use super::message::{Message, name_of};
use super::name::Name;
use super::text;
use super::views::Via;

/// Writes one message, front to back. Nothing that is set can break out of its line.
#[derive(Clone, Debug)]
pub struct Builder {
    bytes: Vec<u8>,
}

/// Room for a common message, so that it is written without moving.
const ROOM: usize = 1024;

impl Builder {
    /// Begins a request (RFC 3261 §7.1).
    pub fn request(method: Method, uri: &str) -> Builder {
        let mut builder = Builder::with_room(ROOM);
        builder.put(name_of(method).as_bytes());
        builder.bytes.push(b' ');
        builder.put(uri.as_bytes());
        builder.bytes.extend_from_slice(b" SIP/2.0\r\n");
        builder
    }

    /// Begins a response (RFC 3261 §7.2).
    pub fn response(status: u16, reason: &str) -> Builder {
        Builder::response_with_room(ROOM, status, reason)
    }

    fn response_with_room(room: usize, status: u16, reason: &str) -> Builder {
        let mut builder = Builder::with_room(room);
        builder.write(format_args!("SIP/2.0 {status} "));
        builder.put(reason.as_bytes());
        builder.end_line();
        builder
    }

    fn with_room(room: usize) -> Builder {
        Builder {
            bytes: Vec::with_capacity(room),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: Name, value: impl AsRef<[u8]>) -> Builder {
        self.header_named(name.as_str(), value)
    }

    /// Adds a header that has no [`Name`].
    #[must_use]
    pub fn header_named(mut self, name: &str, value: impl AsRef<[u8]>) -> Builder {
        self.begin(name);
        self.put(value.as_ref());
        self.end_line();
        self
    }

    /// Adds a header whose value is written as it is shown: numbers, or `format_args!`.
    #[must_use]
    pub fn display(mut self, name: Name, value: impl Display) -> Builder {
        self.begin(name.as_str());
        self.write(value);
        self.end_line();
        self
    }

    /// Adds every line of a header of another message, in order, each on one line.
    #[must_use]
    pub fn copy(self, from: &Message, name: Name) -> Builder {
        from.headers(name)
            .fold(self, |builder, value| builder.copied(name, value))
    }

    /// Adds every header of another request of ours but these, the body's, and what makes a request another one: its
    /// Via and its number.
    #[must_use]
    pub fn copy_others(mut self, from: &Message, except: &[Name]) -> Builder {
        const ITS_OWN: [Name; 4] = [
            Name::Via,
            Name::CSeq,
            Name::ContentType,
            Name::ContentLength,
        ];
        for (name, name_text, value) in from.lines() {
            if ITS_OWN.contains(&name) || except.contains(&name) {
                continue;
            }
            self.put(name_text);
            self.bytes.extend_from_slice(b": ");
            self.put_unfolded(value);
            self.end_line();
        }
        self
    }

    fn copy_first(self, from: &Message, name: Name) -> Builder {
        match from.header(name) {
            Some(value) => self.copied(name, value),
            None => self,
        }
    }

    fn copied(mut self, name: Name, value: &[u8]) -> Builder {
        self.begin(name.as_str());
        self.put_unfolded(value);
        self.end_line();
        self
    }

    /// Ends a message without a body.
    pub fn finish(mut self) -> Bytes {
        self.bytes.extend_from_slice(b"Content-Length: 0\r\n\r\n");
        self.bytes.into()
    }

    /// Ends a message with a body, whose bytes are left as they are.
    pub fn finish_with(self, content_type: &[u8], body: &[u8]) -> Bytes {
        let mut builder = self
            .header(Name::ContentType, content_type)
            .display(Name::ContentLength, body.len());
        builder.end_line();
        builder.bytes.extend_from_slice(body);
        builder.bytes.into()
    }

    fn begin(&mut self, name: &str) {
        self.put(name.as_bytes());
        self.bytes.extend_from_slice(b": ");
    }

    fn end_line(&mut self) {
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Appends text; what could end the line becomes a space.
    fn put(&mut self, text: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(text);
        self.make_one_line(from);
    }

    fn write(&mut self, value: impl Display) {
        let from = self.bytes.len();
        write!(self.bytes, "{value}").expect("a Vec takes everything");
        self.make_one_line(from);
    }

    fn make_one_line(&mut self, mut from: usize) {
        while let Some(at) = memchr3(b'\r', b'\n', 0, &self.bytes[from..]) {
            from += at;
            self.bytes[from] = b' ';
        }
    }

    /// Appends a value as it was received, without the line breaks of its folds.
    fn put_unfolded(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(&text::unfolded(value));
    }

    /// The Via lines of a request, the topmost value saying where it came from (RFC 3261 §18.2.1, RFC 3581 §4).
    fn vias(mut self, request: &Message, source: SocketAddr) -> Builder {
        let mut lines = request.headers(Name::Via);
        let Some(top) = lines.next() else { return self };
        let (first, others) = top.split_at(text::list_element_end(top));
        self.begin(Name::Via.as_str());
        match Via::parse(text::trim(first)) {
            Ok(via) => self.top_via(&via, source),
            Err(_) => self.put_unfolded(first),
        }
        self.put_unfolded(others);
        self.end_line();
        lines.fold(self, |builder, value| builder.copied(Name::Via, value))
    }

    fn top_via(&mut self, via: &Via<'_>, source: SocketAddr) {
        self.put_unfolded(via.protocol.as_bytes());
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(via.host.as_bytes());
        if let Some(port) = via.port {
            self.write(format_args!(":{port}"));
        }
        for param in via.params.iter() {
            if param.name.eq_ignore_ascii_case("received") {
                continue;
            }
            self.bytes.push(b';');
            self.bytes.extend_from_slice(param.name.as_bytes());
            if param.name.eq_ignore_ascii_case("rport") {
                self.write(format_args!("={}", source.port()));
            } else if let Some(value) = param.raw_value {
                self.bytes.push(b'=');
                self.put_unfolded(value.as_bytes());
            }
        }
        let address = source.ip().to_canonical();
        if via.rport.is_some() || !via.is_sent_by(address) {
            self.write(format_args!(";received={address}"));
        }
    }

    fn tagged_to(mut self, request: &Message, tag: Option<&str>) -> Builder {
        let Some(value) = request.header(Name::To) else {
            return self;
        };
        self.begin(Name::To.as_str());
        self.put_unfolded(value);
        if let (Some(tag), Ok(to)) = (tag, request.to())
            && to.tag().is_none()
        {
            self.bytes.extend_from_slice(b";tag=");
            self.put(tag.as_bytes());
        }
        self.end_line();
        self
    }
}

/// Begins the response to a request (RFC 3261 §8.2.6): Via lines with `received` and `rport` filled in, From, To
/// with a tag if it has none and one is given, Call-ID, `CSeq`, Timestamp. Record-Route is the caller's to copy.
pub fn respond(
    request: &Message,
    source: SocketAddr,
    status: u16,
    reason: &str,
    to_tag: Option<&str>,
) -> Builder {
    Builder::response_with_room(request.head().len() + ROOM / 2, status, reason)
        .vias(request, source)
        .copy_first(request, Name::From)
        .tagged_to(request, to_tag)
        .copy_first(request, Name::CallId)
        .copy_first(request, Name::CSeq)
        .copy_first(request, Name::Timestamp)
}
