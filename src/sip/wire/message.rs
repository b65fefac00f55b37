//! A message as it came, and where everything in it is.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use rsip::Method;
use smallvec::SmallVec;

use super::credentials::Credentials;
use super::name::Name;
use super::text::{self, list};
use super::uri::Uri;
use super::views::{Address, Contact, Via};
use super::{HEAD_MAX, WireError};

/// A part of a message's head. Heads are short enough for small numbers, see [`HEAD_MAX`].
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    start: u16,
    end: u16,
}

const _: () = assert!(
    HEAD_MAX <= u16::MAX as usize,
    "spans must reach the head's end"
);

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Span {
        let narrow = |n| u16::try_from(n).expect("the lexer looks at HEAD_MAX bytes only");
        Span {
            start: narrow(start),
            end: narrow(end),
        }
    }

    /// Where a part that was borrowed from the head is.
    pub(super) fn within(raw: &[u8], part: &str) -> Span {
        let start = part.as_ptr().addr().saturating_sub(raw.as_ptr().addr());
        Span::new(start, start + part.len())
    }

    pub(super) fn of(self, raw: &[u8]) -> &[u8] {
        &raw[usize::from(self.start)..usize::from(self.end)]
    }

    fn text(self, raw: &[u8]) -> &str {
        std::str::from_utf8(self.of(raw)).unwrap_or("")
    }
}

/// One header line, folds included.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) name_text: Span,
    pub(super) value: Span,
}

#[derive(Clone, Copy)]
pub(super) enum Start {
    Request {
        known: Option<Method>,
        method: Span,
        uri: Span,
    },
    Response {
        status: u16,
        reason: Span,
    },
}

pub(super) type Fields = SmallVec<[Field; 32]>;

/// A SIP message (RFC 3261 §7): its bytes, and a table of its headers. Reading it copies nothing.
#[derive(Clone)]
pub struct Message {
    pub(super) raw: Bytes,
    pub(super) start: Start,
    pub(super) fields: Fields,
    /// Where the body begins.
    pub(super) body: usize,
    /// The tags of From and To, as the check found them; nothing if there are none.
    pub(super) tags: Tags,
}

/// The two tags that, with the Call-ID, name a dialog (RFC 3261 §12). Everybody asks for them.
#[derive(Clone, Copy, Default)]
pub(super) struct Tags {
    pub(super) from: Span,
    pub(super) to: Span,
}

impl Message {
    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The method of a request; None for an unknown method and for a response.
    pub fn method(&self) -> Option<Method> {
        match self.start {
            Start::Request { known, .. } => known,
            Start::Response { .. } => None,
        }
    }

    /// The method of a request as it came; of a response, the method that its `CSeq` names.
    pub fn method_text(&self) -> &str {
        match self.start {
            Start::Request { method, .. } => method.text(&self.raw),
            Start::Response { .. } => self.cseq().1,
        }
    }

    /// The Request-URI as it came; empty for a response.
    pub fn uri_text(&self) -> &str {
        match self.start {
            Start::Request { uri, .. } => uri.text(&self.raw),
            Start::Response { .. } => "",
        }
    }

    /// The Request-URI (RFC 3261 §8.1.1.1).
    pub fn uri(&self) -> Result<Uri<'_>, WireError> {
        Uri::parse(self.uri_text()).map_err(|e| e.within("Request-URI"))
    }

    /// The status code of a response.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(status),
        }
    }

    /// The reason phrase of a response; empty if it has none, is not UTF-8, or this is a request.
    pub fn reason(&self) -> &str {
        match self.start {
            Start::Request { .. } => "",
            Start::Response { reason, .. } => reason.text(&self.raw),
        }
    }

    /// The first value of a header as it came, trimmed.
    pub fn header(&self, name: Name) -> Option<&[u8]> {
        self.headers(name).next()
    }

    /// The first value of a header as text: on one line, and with what is not UTF-8 replaced.
    pub fn text(&self, name: Name) -> Option<Cow<'_, str>> {
        Some(match text::unfolded(self.header(name)?) {
            Cow::Borrowed(value) => String::from_utf8_lossy(value),
            Cow::Owned(value) => Cow::Owned(String::from_utf8_lossy(&value).into_owned()),
        })
    }

    /// The first value of the header that is called so, in any case, as it came, trimmed.
    pub fn header_named(&self, name: &str) -> Option<&[u8]> {
        match Name::of(name.as_bytes()) {
            Name::Other => self
                .fields
                .iter()
                .find(|f| {
                    f.name_text
                        .of(&self.raw)
                        .eq_ignore_ascii_case(name.as_bytes())
                })
                .map(|f| f.value.of(&self.raw)),
            known => self.header(known),
        }
    }

    /// The value of every line of a header, in order, as they came.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .filter(move |f| f.name == name)
            .map(|f| f.value.of(&self.raw))
    }

    /// Every line: which header it is, how that is written, and the value as it came.
    pub(super) fn lines(&self) -> impl Iterator<Item = (Name, &[u8], &[u8])> {
        let raw = &self.raw;
        self.fields
            .iter()
            .map(move |f| (f.name, f.name_text.of(raw), f.value.of(raw)))
    }

    /// The elements of a header that is a comma list, over all its lines (RFC 3261 §7.3.1). Empty ones are skipped.
    pub fn values(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.headers(name).flat_map(list).filter(|v| !v.is_empty())
    }

    /// The body, untouched.
    pub fn body(&self) -> Bytes {
        self.raw.slice(self.body..)
    }

    /// The whole message as it came.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The start line and the headers as they came.
    pub(super) fn head(&self) -> &[u8] {
        &self.raw[..self.body]
    }

    /// The topmost Via (RFC 3261 §20.42).
    pub fn top_via(&self) -> Result<Via<'_>, WireError> {
        let line = self.required(Name::Via)?;
        Via::parse(text::trim(&line[..text::list_element_end(line)]))
    }

    /// Who sent the request (RFC 3261 §20.20).
    pub fn from(&self) -> Result<Address<'_>, WireError> {
        self.address(Name::From)
    }

    /// Who the request was first meant for (RFC 3261 §20.39).
    pub fn to(&self) -> Result<Address<'_>, WireError> {
        self.address(Name::To)
    }

    /// From's tag (RFC 3261 §19.3); None if there is none.
    pub fn from_tag(&self) -> Option<&str> {
        Some(self.tags.from.text(&self.raw)).filter(|tag| !tag.is_empty())
    }

    /// To's tag: whoever has answered before. None if there is none.
    pub fn to_tag(&self) -> Option<&str> {
        Some(self.tags.to.text(&self.raw)).filter(|tag| !tag.is_empty())
    }

    /// A header that holds one address, such as Refer-To or P-Asserted-Identity; of a list, its first.
    pub fn address(&self, name: Name) -> Result<Address<'_>, WireError> {
        Address::parse(self.required(name)?).map_err(|e| e.within(name.as_str()))
    }

    /// The contacts in order, over all Contact lines (RFC 3261 §20.10).
    pub fn contacts(&self) -> impl Iterator<Item = Result<Contact<'_>, WireError>> {
        self.headers(Name::Contact)
            .flat_map(list)
            .map(Contact::parse)
    }

    /// The Call-ID (RFC 3261 §20.8).
    pub fn call_id(&self) -> &str {
        let value = self.header(Name::CallId).unwrap_or_default();
        std::str::from_utf8(value).unwrap_or("")
    }

    /// The sequence number and the method that it counts (RFC 3261 §20.16); `(0, "")` only in a rejected request.
    pub fn cseq(&self) -> (u32, &str) {
        self.read_cseq().unwrap_or_default()
    }

    pub(super) fn read_cseq(&self) -> Option<(u32, &str)> {
        let value = self.header(Name::CSeq)?;
        let digits = value.iter().position(|b| !b.is_ascii_digit())?;
        // RFC 3261 §8.1.1.5: less than 2**31.
        let count = text::number(&value[..digits]).filter(|n| *n < 1 << 31)?;
        let method = text::trim(&value[digits..]);
        let is_apart = text::is_lws(value[digits]) && text::is_token(method);
        std::str::from_utf8(method)
            .ok()
            .filter(|_| is_apart)
            .map(|m| (count, m))
    }

    /// How many more hops the request may take (RFC 3261 §20.22).
    pub fn max_forwards(&self) -> Option<u32> {
        self.header(Name::MaxForwards).and_then(text::number)
    }

    /// The Expires header, in seconds (RFC 3261 §20.19). None also if it makes no sense.
    pub fn expires(&self) -> Option<u32> {
        self.header(Name::Expires).and_then(text::delta_seconds)
    }

    /// The Digest credentials of the Authorization headers (RFC 3261 §20.7). Other schemes are passed over.
    pub fn credentials(&self) -> impl Iterator<Item = Result<Credentials<'_>, WireError>> {
        self.headers(Name::Authorization)
            .filter_map(Credentials::parse)
    }

    /// Whether the Allow header lists the method (RFC 3261 §20.5).
    pub fn allows(&self, method: Method) -> bool {
        let name = name_of(method).as_bytes();
        self.values(Name::Allow).any(|listed| listed == name)
    }

    /// The option tags that the request insists on (RFC 3261 §20.32).
    pub fn requires(&self) -> impl Iterator<Item = &str> {
        self.values(Name::Require)
            .map(|tag| std::str::from_utf8(tag).unwrap_or("?"))
    }

    fn required(&self, name: Name) -> Result<&[u8], WireError> {
        self.header(name)
            .ok_or(WireError::new(name.as_str(), "missing"))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first_line = self.head().split(|b| *b == b'\r').find(|l| !l.is_empty());
        let first_line = String::from_utf8_lossy(first_line.unwrap_or_default());
        write!(f, "Message({first_line:?}, Call-ID {:?})", self.call_id())
    }
}

const METHODS: [(&str, Method); 14] = [
    ("REGISTER", Method::Register),
    ("INVITE", Method::Invite),
    ("ACK", Method::Ack),
    ("BYE", Method::Bye),
    ("CANCEL", Method::Cancel),
    ("OPTIONS", Method::Options),
    ("SUBSCRIBE", Method::Subscribe),
    ("NOTIFY", Method::Notify),
    ("MESSAGE", Method::Message),
    ("INFO", Method::Info),
    ("UPDATE", Method::Update),
    ("REFER", Method::Refer),
    ("PRACK", Method::PRack),
    ("PUBLISH", Method::Publish),
];

/// The method of exactly this name. RFC 3261 §7.1: methods are case-sensitive.
pub(super) fn method_of(text: &[u8]) -> Option<Method> {
    let found = METHODS.iter().find(|(name, _)| name.as_bytes() == text);
    found.map(|(_, method)| *method)
}

/// The name of a method.
pub(in crate::sip) fn name_of(method: Method) -> &'static str {
    let found = METHODS.iter().find(|(_, this)| *this == method);
    found.map_or("", |(name, _)| name)
}
