//! Shared call appearance, as BroadWorks' phones speak it: the package `call-info`, whose documents are Call-Info headers, and
//! the same header in INVITEs, where it says under which index all phones of a line show a call.
//!
//! It is always about the prime line of the phone that asks, whosever that is at the moment.

use std::fmt::Write;

use super::agent::Agent;
use super::outbound::identity_at;
use super::package::{Document, Told, View};
use super::wire::{Address, Message, Name, escaped};
use super::xml::host_of;
use crate::pbx::{Dn, LegId, LineCall, LineCallState, LineStatus, PhoneName};

/// The package.
pub(super) const PACKAGE: &str = "call-info";

/// Phones send one value; those that send more than these are not listened to any longer.
const MOST_VALUES: usize = 8;

/// What a message says of the call of a shared line that it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Under which index it is; any, if none is named.
    pub index: Option<u8>,
    /// For whom it is held, or is to be.
    pub held: Option<Held>,
}

/// For whom a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Any phone of the line may take it.
    ForAll,
    /// Nobody else may.
    Alone,
}

/// Reads what a message says of it; none if it says nothing of an index.
pub(super) fn read(message: &Message) -> Result<Option<Named>, &'static str> {
    let values = message.values(Name::CallInfo).take(MOST_VALUES);
    let mut named = values.filter_map(|value| {
        let address = Address::parse(value).ok()?;
        let index = address.param("appearance-index")?.into_owned();
        Some((index, address.param("appearance-state")))
    });
    let Some((index, state)) = named.next() else {
        return Ok(None);
    };
    let index = match &*index {
        "*" => None,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => match digits.parse() {
            Ok(index) if index > 0 => Some(index),
            _ => return Err("The appearance-index is out of range"),
        },
        _ => return Err("The appearance-index is no number"),
    };
    let state = state.map(|state| state.to_ascii_lowercase());
    let held = match state.as_deref() {
        Some("held") => Some(Held::ForAll),
        Some("held-private") => Some(Held::Alone),
        _ => None,
    };
    Ok(Some(Named { index, held }))
}

/// The value that says which call it is.
pub(super) fn value(host: &str, index: u8) -> String {
    format!("<sip:{host}>;appearance-index={index}")
}

/// What is to be said of the prime line of a phone: all its calls, each time.
pub(super) fn document(prime: Option<&Dn>, view: &View<'_>, told: &mut Told) -> Option<Document> {
    let host = host_of(view.entity);
    let text = match prime {
        Some(dn) => all(view.lines.get(dn)?.status.as_deref()?, host),
        None => idle(host),
    };
    if !view.whole && told.call_info.as_ref() == Some(&text) {
        return None;
    }
    told.call_info = Some(text.clone());
    Some(Document::of_header(Name::CallInfo, text))
}

/// How all indexes of a number stand.
fn all(status: &LineStatus, host: &str) -> String {
    let mut text = String::new();
    let mut shown = Vec::new();
    for call in &status.calls {
        // A call may be at several phones; one is told of that says most.
        let Some(index) = call.index else { continue };
        let others = status.calls.iter().filter(|it| it.index == call.index);
        let most_telling = others.min_by_key(|it| weight(it.state));
        if most_telling.is_some_and(|it| it.leg == call.leg) {
            shown.push((index, Some(call)));
        }
    }
    shown.extend(status.taken.iter().map(|(index, _)| (*index, None)));
    shown.sort_unstable_by_key(|(index, _)| *index);
    for (index, call) in shown {
        let value = value(host, index);
        let state = call.map_or("seized", state_of);
        let uri = call.and_then(|call| other_party(call, host));
        write!(
            text,
            "{value};appearance-state={state}{},",
            uri.unwrap_or_default()
        )
        .expect("a String takes everything");
    }
    text + &idle(host)
}

/// All indexes that were not named.
fn idle(host: &str) -> String {
    format!("<sip:{host}>;appearance-index=*;appearance-state=idle")
}

/// Less is more telling.
fn weight(state: LineCallState) -> u8 {
    match state {
        LineCallState::Talking => 0,
        LineCallState::Holding => 1,
        LineCallState::Calling => 2,
        LineCallState::Ringing => 3,
    }
}

fn state_of(call: &LineCall) -> &'static str {
    match call.state {
        LineCallState::Calling => "progressing",
        LineCallState::Ringing => "alerting",
        LineCallState::Talking => "active",
        LineCallState::Holding if call.is_private() => "held-private",
        LineCallState::Holding => "held",
    }
}

/// Whom the call is with, as a parameter. The line is the phone's own: it may know that.
fn other_party(call: &LineCall, host: &str) -> Option<String> {
    let is_known = !call.is_private() && !call.other.dn.as_str().is_empty();
    let party = is_known.then(|| identity_at(&call.other, host))?;
    Some(format!(";appearance-uri=\"{}\"", escaped(&party)))
}

impl Agent {
    /// Under which index a phone shows a call, if it shows calls so.
    pub(super) fn index_shown(&self, leg: LegId) -> Option<u8> {
        let phone = &self.legs.get(&leg)?.phone;
        let dn = self.watches.primes.get(phone)?.as_ref()?;
        let status = self.watches.lines.get(dn)?.status.as_deref()?;
        let call = status.calls.iter().find(|call| call.leg == leg)?;
        call.index
    }

    /// Whether a phone shows the calls of its prime line by indexes.
    pub(super) fn shows_indexes(&self, phone: &PhoneName) -> bool {
        self.watches.primes.contains_key(phone)
    }

    /// Whether a name is the one that a phone goes by here.
    pub(super) fn is_name_of(&self, name: &str, phone: &PhoneName) -> bool {
        let softphone = || self.site.softphone(phone.as_str());
        name == phone.as_str() || softphone().is_some_and(|it| it.user.dn.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::{Parsed, parse};
    use super::*;
    use crate::pbx::{LegIds, Party};

    fn message(call_info: &str) -> Message {
        let text = format!(
            "SUBSCRIBE sip:desk-1@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1\r\n\
             Max-Forwards: 70\r\nFrom: <sip:desk-1@192.0.2.1>;tag=1\r\nTo: <sip:desk-1@192.0.2.1>\r\nCall-ID: 1\r\n\
             CSeq: 1 SUBSCRIBE\r\n{call_info}Content-Length: 0\r\n\r\n"
        );
        match parse(text.into_bytes().into()) {
            Parsed::Accept(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// rules: CAL-3
    #[test]
    fn what_phones_say_of_a_call_is_understood_and_nonsense_is_not() {
        let range = Err("The appearance-index is out of range");
        let number = Err("The appearance-index is no number");
        let index = |index, held| Ok(Some(Named { index, held }));
        let many = format!("{}<sip:h>;appearance-index=1", "<sip:h>,".repeat(50));
        let table = [
            ("<sip:192.0.2.1>;appearance-index=1", index(Some(1), None)),
            ("<sip:perch> ; Appearance-Index = 24", index(Some(24), None)),
            ("<sip:h>;appearance-index=*", index(None, None)),
            (
                "<sip:h>;appearance-index=*;appearance-state=idle",
                index(None, None),
            ),
            (
                "<sip:h>;appearance-index=2;appearance-state=held-private",
                index(Some(2), Some(Held::Alone)),
            ),
            (
                "<sip:h>;appearance-state=held-private;appearance-uri=\"\\\"A\\\" <sip:1@h>\";appearance-index=3",
                index(Some(3), Some(Held::Alone)),
            ),
            (
                "<http://h/icon.png>;purpose=icon,<sip:h>;appearance-index=4",
                index(Some(4), None),
            ),
            (
                "<sip:h>;appearance-index=2;appearance-state=Held",
                index(Some(2), Some(Held::ForAll)),
            ),
            (
                "<sip:h>;appearance-index=2;appearance-state=active",
                index(Some(2), None),
            ),
            ("<http://h/icon.png>;purpose=icon", Ok(None)),
            ("<sip:h>;answer-after=0", Ok(None)),
            ("<sip:h>;appearance-state=held", Ok(None)),
            ("<sip:h", Ok(None)),
            ("\"unclosed <sip:h>;appearance-index=1", Ok(None)),
            ("<sip:h>;appearance-index=\"", Ok(None)),
            (&*many, Ok(None)),
            ("<sip:h>;appearance-index=0", range),
            ("<sip:h>;appearance-index=256", range),
            ("<sip:h>;appearance-index=99999999999999999999", range),
            ("<sip:h>;appearance-index", range),
            ("<sip:h>;appearance-index=-1", number),
            ("<sip:h>;appearance-index=one", number),
            ("<sip:h>;appearance-index=\"1 2\"", number),
        ];
        for (value, expected) in table {
            let message = message(&format!("Call-Info: {value}\r\n"));
            assert_eq!(read(&message), expected, "{value}");
        }
        assert_eq!(read(&message("")), Ok(None));
    }

    /// rules: CAL-3, PRO-6
    #[test]
    fn all_calls_of_a_line_are_told_of_by_their_indexes() {
        let mut legs = LegIds::minted_by(9);
        let mut call = |index, state, number: &str, private| LineCall {
            leg: legs.mint(),
            call: 1,
            phone: "desk-1".into(),
            state,
            is_caller: true,
            other: Party {
                dn: number.into(),
                display_name: "Eve \"\\\r\nX: y".into(),
            },
            private,
            index,
        };
        use LineCallState::{Calling, Holding, Ringing, Talking};
        let calls = vec![
            call(Some(4), Ringing, "", false),
            call(Some(1), Ringing, "2001", false),
            call(Some(1), Talking, "2001", false),
            call(Some(1), Ringing, "2001", false),
            call(Some(3), Holding, "2002", true),
            call(Some(5), Holding, "", false),
            call(None, Talking, "2003", false),
            call(Some(6), Calling, "2004", false),
        ];
        let mut status = LineStatus {
            dn: "9100".into(),
            version: 1,
            phones: vec!["desk-1".into()],
            present: true,
            calls,
            taken: vec![(2, "desk-2".into())],
        };
        let expected = "<sip:perch>;appearance-index=1;appearance-state=active;appearance-uri=\"\\\"Eve X: y\\\" <sip:2001@perch>\",\
            <sip:perch>;appearance-index=2;appearance-state=seized,\
            <sip:perch>;appearance-index=3;appearance-state=held-private,\
            <sip:perch>;appearance-index=4;appearance-state=alerting,\
            <sip:perch>;appearance-index=5;appearance-state=held,\
            <sip:perch>;appearance-index=6;appearance-state=progressing;appearance-uri=\"\\\"Eve X: y\\\" <sip:2004@perch>\",\
            <sip:perch>;appearance-index=*;appearance-state=idle";
        assert_eq!(all(&status, "perch"), expected);
        // Whoever reads that finds the first call in it.
        let read_back = read(&message(&format!("Call-Info: {expected}\r\n")));
        assert_eq!(
            read_back.map(|named| named.and_then(|it| it.index)),
            Ok(Some(1))
        );
        status.calls.clear();
        status.taken.clear();
        assert_eq!(all(&status, "perch"), idle("perch"));
    }
}
