//! What a phone may expect of every message from the server (RFC 3261 §8, §12, §17, §18).

use perch::sip::wire::{Message, Name, Parsed, Via, parse};

use bytes::Bytes;
use rsip::Method;

/// Reads what the server sent; what is not fit to be sent is a fault.
pub fn read(bytes: Bytes, faults: &mut Vec<String>) -> Option<Message> {
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    match parse(bytes) {
        Parsed::Accept(message) => {
            faults.extend(
                flaws_of_any(&message)
                    .into_iter()
                    .map(|flaw| format!("{flaw} in:\n{shown}")),
            );
            Some(message)
        }
        Parsed::Reject(rejected) => {
            faults.push(format!("{} in:\n{shown}", rejected.reason));
            None
        }
        Parsed::Drop(why) => {
            faults.push(format!("{why} in:\n{shown}"));
            None
        }
    }
}

fn flaws_of_any(message: &Message) -> Vec<String> {
    let mut flaws = Vec::new();
    let length = message.text(Name::ContentLength);
    let body = message.body().len();
    if length.as_deref() != Some(body.to_string().as_str()) {
        flaws.push(format!("Content-Length is {length:?} for {body} bytes"));
    }
    if body > 0 && message.header(Name::ContentType).is_none() {
        flaws.push("a body without a Content-Type".to_owned());
    }
    if message.values(Name::Via).count() != 1 {
        flaws.push("not exactly one Via".to_owned());
    }
    if message.from().is_ok_and(|from| from.tag().is_none()) {
        flaws.push("a From without a tag".to_owned());
    }
    flaws
}

/// What is wrong with a request, in a dialog or not.
pub fn flaws_of_request(message: &Message, contact: &str) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut must = |good: bool, what: &str| {
        if !good {
            let line = first_line(message);
            flaws.push(format!("{what}: {line}"));
        }
    };
    let via = message.top_via();
    must(
        via.is_ok_and(|via| via.unique_branch().is_some()),
        "a Via without a unique branch",
    );
    must(message.max_forwards().is_some(), "no Max-Forwards");
    must(message.method().is_some(), "a method that nobody knows");
    must(
        is_same_uri(message.uri_text(), contact),
        "a Request-URI that is not the contact",
    );
    if message.method() == Some(Method::Invite) {
        must(message.contacts().count() == 1, "not exactly one Contact");
    }
    flaws
}

/// What is wrong with a response, seen beside the request that it answers.
pub fn flaws_of_response(response: &Message, request: &Message) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut must = |good: bool, what: &str| {
        if !good {
            let (answer, asked) = (first_line(response), first_line(request));
            flaws.push(format!("{what}: {answer} to {asked}"));
        }
    };
    let status = response.status().unwrap_or(0);
    must(response.cseq() == request.cseq(), "another CSeq");
    must(response.call_id() == request.call_id(), "another Call-ID");
    must(
        tag_of(response, Name::From) == tag_of(request, Name::From),
        "another From tag",
    );
    let (to, asked_to) = (tag_of(response, Name::To), tag_of(request, Name::To));
    must(to.is_some() || status == 100, "no To tag");
    must(asked_to.is_none() || to == asked_to, "another To tag");
    let sent_by = |via: Via<'_>| (via.host.to_owned(), via.port);
    let via = response.top_via().map(sent_by).ok();
    must(via == request.top_via().map(sent_by).ok(), "another Via");
    let is_invite = request.method() == Some(Method::Invite);
    if is_invite && (200..300).contains(&status) {
        must(response.contacts().count() == 1, "not exactly one Contact");
    }
    flaws
}

pub fn tag_of(message: &Message, name: Name) -> Option<String> {
    let address = message.address(name).ok()?;
    address.tag().map(str::to_owned)
}

/// A message in a line, for people.
pub fn first_line(message: &Message) -> String {
    match message.status() {
        Some(status) => {
            let (number, method) = message.cseq();
            format!("{status} {} ({number} {method})", message.reason())
        }
        None => {
            let (number, method) = message.cseq();
            format!("{method} {} ({number})", message.uri_text())
        }
    }
}

/// A response without what it repeats of its request, and without its own tag.
pub fn shape(response: &Message) -> String {
    let text = String::from_utf8_lossy(response.raw()).into_owned();
    let repeats = ["Via:", "From:", "Call-ID:", "CSeq:"];
    let lines = text.lines().map(|line| match line.split_once(";tag=") {
        Some((_, tag)) if line.starts_with("To:") => format!("To with a tag of {}", tag.len()),
        _ => line.to_owned(),
    });
    let kept: Vec<String> = lines
        .filter(|line| !repeats.iter().any(|name| line.starts_with(name)))
        .collect();
    kept.join("\n")
}

/// The text of a Reason header (RFC 3326) or, if there is none, the reason phrase.
pub fn reason_text(message: &Message) -> String {
    for value in message.values(Name::Reason) {
        let value = String::from_utf8_lossy(value);
        let text = value.split_once("text=\"").map(|(_, text)| text);
        if let Some((text, _)) = text.and_then(|text| text.rsplit_once('"')) {
            return text.replace("\\\"", "\"");
        }
    }
    message.reason().to_owned()
}

fn is_same_uri(a: &str, b: &str) -> bool {
    use perch::sip::wire::Uri;
    match (Uri::parse(a), Uri::parse(b)) {
        (Ok(a), Ok(b)) => a.equivalent(&b),
        _ => false,
    }
}
