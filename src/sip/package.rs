//! Event packages (RFC 6665 §5.4): what can be watched, and what is said of it.
//!
//! Each has a file of its own, which makes documents from how things stand and from what the watcher was told before. A
//! new one is a variant here, a topic if what it is about is new, and an arm of each match below. When something is
//! otherwise, whoever is `about` it is owed news (`Watches::owe`), and told when all that happens at that moment is known.

use std::collections::BTreeMap;
use std::time::Duration;

use super::message_summary::Summary;
use super::subscription::{Line, Lines};
use super::wire::{Message, Name};
use super::{call_info, dialog_info, list, message_summary, presence};
use crate::pbx::{Dn, LegId, LineCallState, PhoneName};

/// What a watcher can subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Package {
    /// The calls of a number (RFC 4235).
    Dialog,
    /// Whether somebody has a number (RFC 3856).
    Presence,
    /// Whether messages wait for whoever is at the phone that asks (RFC 3842).
    MessageSummary,
    /// The calls of the line that the phone which asks shares with others.
    CallInfo,
}

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Topic {
    /// A number.
    Number(Dn),
    /// All numbers beside whose keys a phone has lamps (RFC 4662).
    Lamps(PhoneName),
    /// The messages of whoever is at a phone.
    Messages(PhoneName),
    /// The prime line of a phone.
    Line(PhoneName),
}

/// A number that a phone has a lamp for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LampKey {
    pub dn: Dn,
    pub label: String,
}

/// How things stand, for whoever makes a document of it.
pub(super) struct View<'a> {
    pub lines: &'a Lines,
    /// The keys with lamps of phones that watch all theirs.
    pub keys: &'a BTreeMap<PhoneName, Vec<LampKey>>,
    /// What waits for whoever is at phones that want to know.
    pub messages: &'a BTreeMap<PhoneName, Summary>,
    /// The prime lines of phones that watch theirs.
    pub primes: &'a BTreeMap<PhoneName, Option<Dn>>,
    pub topic: &'a Topic,
    /// What the watcher calls it: a URI without parameters.
    pub entity: &'a str,
    /// Whether everything is to be said, rather than what is new.
    pub whole: bool,
    /// Whether a long message may get lost: it is sent as datagrams.
    pub in_datagrams: bool,
    /// Whether the watcher may know who the others are.
    pub with_parties: bool,
}

/// What a watcher has been told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub numbers: BTreeMap<Dn, NumberTold>,
    /// The version of the next document about a list.
    pub list_version: u32,
    /// What waits.
    pub messages: Option<Summary>,
    /// How the prime line stands.
    pub call_info: Option<String>,
}

/// What a watcher has been told of one number.
#[derive(Debug, Default)]
pub(super) struct NumberTold {
    /// The version of the next document.
    pub version: u32,
    /// The calls, and how far they were.
    pub calls: Vec<(LegId, LineCallState)>,
    pub presence: Option<presence::Standing>,
    /// Whether it was told of in a list.
    pub was_told: bool,
}

/// What a NOTIFY brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document {
    pub content_type: String,
    /// Without it there is none.
    pub body: Vec<u8>,
    /// What it says, if that is no body.
    pub header: Option<(Name, String)>,
    /// Whether there is more to say: it did not fit.
    pub goes_on: bool,
}

impl Document {
    /// A document that says all that there is to say.
    pub fn new(content_type: &str, body: String) -> Document {
        Document {
            content_type: content_type.to_owned(),
            body: body.into_bytes(),
            header: None,
            goes_on: false,
        }
    }

    /// A document that is a header.
    pub fn of_header(name: Name, value: String) -> Document {
        Document {
            header: Some((name, value)),
            ..Document::new("", String::new())
        }
    }
}

/// The event package that a list is one of (RFC 4662): an extension, not a package.
pub(super) const EVENT_LIST: &str = "eventlist";

/// How the answer to an unknown package lists those that there are (RFC 6665 §8.2.2). REFER and the line of a phone
/// subscribe in ways of their own.
pub(super) const ALLOW_EVENTS: &str =
    "call-info, dialog, message-summary, presence, line-seize, refer";

impl Package {
    /// Every one there is.
    pub const ALL: [Package; 4] = [
        Package::Dialog,
        Package::Presence,
        Package::MessageSummary,
        Package::CallInfo,
    ];

    /// How Event headers and metrics call it.
    pub fn name(self) -> &'static str {
        match self {
            Package::Dialog => "dialog",
            Package::Presence => "presence",
            Package::MessageSummary => message_summary::PACKAGE,
            Package::CallInfo => call_info::PACKAGE,
        }
    }

    /// The package that a request names, and which of several subscriptions it means.
    pub(super) fn named(request: &Message) -> Option<(Package, Option<String>)> {
        let event = request.text(Name::Event)?;
        let mut parts = event.split(';').map(str::trim);
        let name = parts.next()?;
        let package = Package::ALL.into_iter().find(|p| p.name() == name)?;
        let id = parts.find_map(|param| {
            let (name, value) = param.split_once('=')?;
            let is_id = name.trim().eq_ignore_ascii_case("id");
            is_id.then(|| value.trim().to_owned())
        });
        Some((package, id))
    }

    /// The type of its documents; empty if they are no bodies.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Package::Dialog => dialog_info::TYPE,
            Package::Presence => presence::TYPE,
            Package::MessageSummary => message_summary::TYPE,
            Package::CallInfo => "",
        }
    }

    /// How soon after a document the next one may follow (RFC 4235 §3.10, RFC 3856 §6.10, RFC 3842 §3.9). What changes meanwhile
    /// becomes one.
    pub(super) fn pause(self) -> Duration {
        match self {
            Package::Dialog | Package::MessageSummary => Duration::from_secs(1),
            Package::Presence => Duration::from_secs(5),
            // Whoever reaches for a key that is taken by now is refused: it is told at once. One NOTIFY is under way at a
            // time, so nobody is told more than it can take.
            Package::CallInfo => Duration::ZERO,
        }
    }

    /// What is to be said now; none if there is nothing new, or nothing is known yet.
    pub(super) fn document(self, view: &View<'_>, told: &mut Told) -> Option<Document> {
        match view.topic {
            Topic::Number(dn) => {
                let line = view.lines.get(dn)?;
                let told = told.numbers.entry(dn.clone()).or_default();
                let body = self.about(line, view.entity, view, told)?;
                Some(Document::new(self.media_type(), body))
            }
            Topic::Lamps(phone) => list::document(self, view.keys.get(phone)?, view, told),
            Topic::Messages(phone) => {
                let summary = view.messages.get(phone)?;
                message_summary::document(summary, view, &mut told.messages)
            }
            Topic::Line(phone) => call_info::document(view.primes.get(phone)?.as_ref(), view, told),
        }
    }

    /// What is to be said of one number.
    pub(super) fn about(
        self,
        line: &Line,
        entity: &str,
        view: &View<'_>,
        told: &mut NumberTold,
    ) -> Option<String> {
        let status = line.status.as_deref()?;
        match self {
            Package::Dialog => dialog_info::document(status, entity, view, told),
            Package::Presence => presence::document(status, entity, view.whole, told),
            // They are about phones, not numbers.
            Package::MessageSummary | Package::CallInfo => None,
        }
    }
}
