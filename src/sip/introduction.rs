//! What a phone says of itself when it registers: what it is called, what it runs, and what it takes.

use rsip::Method;

use super::wire::{Contact, Message, Name};

/// The most that is kept of a User-Agent.
const USER_AGENT_MAX: usize = 96;

/// What the phone calls itself; a name in several lines is nobody's.
pub(super) fn user_agent(message: &Message) -> Option<&str> {
    let text = std::str::from_utf8(message.header(Name::UserAgent)?).ok()?;
    let end = text
        .char_indices()
        .nth(USER_AGENT_MAX)
        .map_or(text.len(), |(end, _)| end);
    (!text.contains('\r')).then_some(&text[..end])
}

/// How Cisco's phones say what happened to them, in the text of a Reason header, and how the load that runs is called
/// there: by newer phones with two of them, and by older ones.
const ALARM: &str = "cisco-alarm:";
const LOADS: [&str; 2] = ["ActiveLoad=", "Load="];

/// The most that is kept of the name of a load.
const LOAD_MAX: usize = 64;

/// The firmware that a phone says it has loaded. Only Cisco's do, and only when they have started.
pub(super) fn load(message: &Message) -> Option<&str> {
    let reason = std::str::from_utf8(message.header(Name::Reason)?).ok()?;
    let (_, alarm) = reason.split_once(ALARM)?;
    let mut words = alarm.split([' ', '"']);
    let load = words.find_map(|word| LOADS.iter().find_map(|name| word.strip_prefix(name)))?;
    (!load.is_empty() && load.len() <= LOAD_MAX).then_some(load)
}

/// Whether it takes MESSAGE requests: by the Allow header, or by the contact's `methods` (RFC 3840 §10.4), which some phones send instead.
pub(super) fn takes_messages(message: &Message) -> bool {
    let is_message = |m: &str| m.trim() == "MESSAGE";
    message.allows(Method::Message)
        || message.contacts().flatten().any(|contact| match contact {
            Contact::Star => false,
            Contact::Address(address) => address
                .param("methods")
                .is_some_and(|list| list.split(',').any(is_message)),
        })
}
