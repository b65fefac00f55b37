//! What every message must have, and what makes it refusable (RFC 3261 §8.1.1, §16.3; judged as RFC 4475 does).

use super::Flaw;
use super::message::{Message, Span, Tags};
use super::name::Name;
use super::text::{self, list};
use super::uri::Scheme;
use super::views::Via;

/// The headers that may stand once only, RFC 3261 §7.3.1 and RFC 4475 §3.3.8.
const SINGLE: [(Name, &str); 5] = [
    (Name::From, "Repeated From"),
    (Name::To, "Repeated To"),
    (Name::CallId, "Repeated Call-ID"),
    (Name::CSeq, "Repeated CSeq"),
    (Name::MaxForwards, "Repeated Max-Forwards"),
];

/// Whether a refusal can reach the sender and be matched there: by the Via's branch and the `CSeq`'s method
/// (RFC 3261 §17.1.3). An ACK is never answered, nor is a response.
pub(super) fn is_answerable(message: &Message) -> bool {
    let via = message.header(Name::Via).is_some_and(Via::names_a_sender);
    let has_cseq = message.header(Name::CSeq).is_some_and(|v| !v.is_empty());
    message.is_request() && message.method_text() != "ACK" && via && has_cseq
}

/// Finds the first reason to refuse the message. What everybody asks of one that has none is kept.
pub(super) fn check(message: &mut Message) -> Result<(), Flaw> {
    message.tags = tags(message)?;
    Ok(())
}

fn tags(message: &Message) -> Result<Tags, Flaw> {
    for (name, reason) in SINGLE {
        if message.headers(name).nth(1).is_some() {
            return Err(Flaw::bad(reason));
        }
    }
    vias(message)?;
    let from = message
        .from()
        .map_err(|_| Flaw::bad("Bad Or Missing From"))?;
    let to = message.to().map_err(|_| Flaw::bad("Bad Or Missing To"))?;
    if message.call_id().is_empty() {
        return Err(Flaw::bad("Bad Or Missing Call-ID"));
    }
    let (_, method) = message
        .read_cseq()
        .ok_or(Flaw::bad("Bad Or Missing CSeq"))?;
    if message.contacts().any(|contact| contact.is_err()) {
        return Err(Flaw::bad("Bad Contact"));
    }
    if message.is_request() {
        request(message, method)?;
    }
    let span =
        |tag: Option<&str>| tag.map_or(Span::default(), |tag| Span::within(&message.raw, tag));
    Ok(Tags {
        from: span(from.tag()),
        to: span(to.tag()),
    })
}

fn vias(message: &Message) -> Result<(), Flaw> {
    let mut count = 0;
    for via in message.headers(Name::Via).flat_map(list) {
        if via.is_empty() {
            return Err(Flaw::bad("Bad Via"));
        }
        count += 1;
    }
    message
        .top_via()
        .map_err(|_| Flaw::bad("Bad Or Missing Via"))?;
    // RFC 3261 §8.1.3.3: we are the end of every path, so a second Via means that the response strayed.
    if count > 1 && !message.is_request() {
        return Err(Flaw::bad("a response for somebody else"));
    }
    Ok(())
}

fn request(message: &Message, cseq_method: &str) -> Result<(), Flaw> {
    if cseq_method != message.method_text() {
        return Err(Flaw::bad("CSeq Names Another Method"));
    }
    if let Some(value) = message.header(Name::MaxForwards) {
        // RFC 3261 §20.22: 0 to 255.
        let is_good = text::number(value).is_some_and(|n| n <= 255);
        is_good.then_some(()).ok_or(Flaw::bad("Bad Max-Forwards"))?;
    }
    let uri = message.uri().map_err(|_| Flaw::bad("Bad Request-URI"))?;
    // RFC 3261 §19.1.1: no headers in a Request-URI.
    if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) && !uri.headers.is_empty() {
        return Err(Flaw::bad("Request-URI With Header Fields"));
    }
    Ok(())
}
