//! SIP on the wire: bytes to messages and back, and nothing else.
//!
//! [`parse`] judges one message and keeps it as it came, with a table of where its headers are; the views
//! ([`Via`], [`Address`], [`Uri`], …) borrow from it and are read when asked for. [`Builder`] writes. What is
//! understood here follows RFC 3261 §7, §19, §20 and §25; what is refused, RFC 4475.

mod builder;
mod check;
mod credentials;
mod frame;
mod lexer;
mod message;
mod name;
mod status;
mod text;
mod uri;
mod views;

pub use builder::{Builder, respond};
pub use credentials::{Credentials, challenge_params, inside};
pub use frame::{Frame, Framer};
pub use message::Message;
pub(super) use message::name_of;
pub use name::Name;
pub use status::status_reason;
pub use text::{Param, Params, escaped};
pub use uri::{Scheme, Uri};
pub use views::{Address, Contact, Via};

/// The method names, RFC 3261 §7.1 and its extensions. All that rsip lends outside this room.
pub use rsip::Method;

use bytes::Bytes;

/// The longest head (start line and headers) that is looked at, in bytes.
pub const HEAD_MAX: usize = 16 * 1024;
/// The longest body that is accepted, in bytes.
pub const BODY_MAX: usize = 64 * 1024;
/// The most header lines that a message may have.
pub const HEADERS_MAX: usize = 128;

/// What became of the bytes.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// A message that everything below may be asked of.
    Accept(Message),
    /// A request that must be refused, and can be.
    Reject(Rejected),
    /// Nothing that an answer could be sent to, and why.
    Drop(&'static str),
}

/// A request that must be refused: enough of its Via and `CSeq` was understood to answer it. Never an ACK.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The request. Its views may fail.
    pub message: Message,
    /// The status to answer with.
    pub status: u16,
    /// What is wrong, as the answer's reason phrase says it.
    pub reason: &'static str,
}

/// Judges exactly one message: a datagram, or a frame of a stream (RFC 3261 §18.3).
///
/// What follows a datagram's body is cut off; a body that is shorter than its Content-Length is refused.
pub fn parse(raw: Bytes) -> Parsed {
    let (mut message, flaw) = match lexer::lex(raw) {
        Ok(lexed) => lexed,
        Err(why) => return Parsed::Drop(why),
    };
    match flaw.map_or_else(|| check::check(&mut message), Err) {
        Ok(()) => Parsed::Accept(message),
        Err(flaw) if check::is_answerable(&message) => Parsed::Reject(Rejected {
            message,
            status: flaw.status,
            reason: flaw.reason,
        }),
        Err(flaw) => Parsed::Drop(flaw.reason),
    }
}

/// What is wrong with something that a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct WireError {
    /// Where: a header, a URI, the stream.
    pub place: &'static str,
    /// What is wrong there.
    pub what: &'static str,
}

impl WireError {
    fn new(place: &'static str, what: &'static str) -> WireError {
        WireError { place, what }
    }

    /// The same mistake, seen from the header that it was made in.
    fn within(self, place: &'static str) -> WireError {
        WireError { place, ..self }
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flaw {
    status: u16,
    reason: &'static str,
}

impl Flaw {
    fn bad(reason: &'static str) -> Flaw {
        Flaw {
            status: 400,
            reason,
        }
    }
}
