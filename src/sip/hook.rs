//! Handsets of Cisco's SIP phones: asked about in the answer to REGISTER, told of by a NOTIFY that nobody subscribed to.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};

use super::agent::Agent;
use super::flow::Flow;
use super::message_summary::is_about_messages;
use super::multipart::parts_of;
use super::transaction::ServerId;
use super::wire::{Message, Name, Uri};
use crate::pbx::{Event, PhoneName, Signal};
use crate::time::Now;

/// What a phone that registers says that it can do is in such a part.
const REQUEST: &str = "application/x-cisco-remotecc-request+xml";

/// What we want of that is said in such a body.
pub(super) const RESPONSE: &str = "application/x-cisco-remotecc-response+xml";

/// The one thing that is wanted: to be told of handsets unasked.
pub(super) const WANTED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <x-cisco-remotecc-response>\n<response>\n<code>200</code>\n<optionsind>\n\
    <dialog usage=\"hook status\">\n<unot/>\n</dialog>\n\
    </optionsind>\n</response>\n</x-cisco-remotecc-response>\n";

/// How phones say what a handset does.
const DIALOG_INFO: &str = "application/dialog-info+xml";

/// Longer documents and more elements than these are not read.
const LONGEST: usize = 16 * 1024;
const MOST_ELEMENTS: usize = 200;

/// A phone may have so many lines, and each so many calls, that it tells of.
const MOST_LINES: usize = 16;
const MOST_CALLS: u32 = 16;

/// What became of a handset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Lifted,
    PutDown,
}

/// What a phone tells of its handset.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// On which line: the user part of the address that the document is about. Some models cut it short elsewhere.
    pub line: String,
    moves: Vec<Move>,
}

/// Calls of a phone for which its handset is up.
#[derive(Debug)]
pub(super) struct Handset {
    /// Where the phone was when it told so.
    at: SocketAddr,
    /// How many on which line.
    lines: BTreeMap<String, u32>,
}

/// Whether a phone that registers can tell of its handset.
pub(super) fn can_be_told_of(register: &Message) -> bool {
    let Some(content_type) = register.header(Name::ContentType) else {
        return false;
    };
    let body = register.body();
    body.len() <= LONGEST
        && parts_of(content_type, &body, REQUEST)
            .into_iter()
            .any(|part| offers_hook_status(part).unwrap_or(false))
}

/// Whether options that are offered have a `dialog` for the hook status with an `unot` in it.
fn offers_hook_status(part: &[u8]) -> Option<bool> {
    let mut reader = Reader::from_str(std::str::from_utf8(part).ok()?.trim_start());
    let mut open: Vec<bool> = Vec::new();
    let is_inside = |open: &[bool]| open.last() == Some(&true);
    let is_it = |start: &BytesStart<'_>| {
        let usage = attribute(start, "usage");
        start.local_name().as_ref() == "dialog" && usage.as_deref() == Some("hook status")
    };
    for _ in 0..MOST_ELEMENTS {
        match reader.read_event().ok()? {
            Xml::Start(start) | Xml::Empty(start)
                if is_inside(&open) && start.local_name().as_ref() == "unot" =>
            {
                return Some(true);
            }
            Xml::Start(start) => open.push(is_it(&start)),
            Xml::End(_) => {
                open.pop();
            }
            Xml::DocType(_) => return None,
            Xml::Eof => return Some(false),
            _ => {}
        }
    }
    None
}

/// Whether a request is one that tells of a handset, whatever it says.
pub(super) fn is_about_handset(request: &Message) -> bool {
    let is_dialog = |event: &[u8]| event.eq_ignore_ascii_case(b"dialog");
    let event = request.header(Name::Event);
    let event = event.map(|value| value.split(|b| *b == b';').next().unwrap_or_default());
    event.map(<[u8]>::trim_ascii).is_some_and(is_dialog) && request.to_tag().is_none()
}

/// Reads what a phone tells (RFC 4235 §4, as Cisco's phones use it).
pub(super) fn read(notify: &Message) -> Option<Told> {
    let content_type = notify.header(Name::ContentType)?;
    let body = notify.body();
    if body.len() > LONGEST {
        return None;
    }
    let part = parts_of(content_type, &body, DIALOG_INFO)
        .into_iter()
        .next()?;
    let mut reader = Reader::from_str(std::str::from_utf8(part).ok()?.trim_start());
    let (mut line, mut moves, mut in_state, mut depth) = (None, Vec::new(), false, 0_usize);
    for _ in 0..MOST_ELEMENTS {
        match reader.read_event().ok()? {
            Xml::Start(start) => {
                if depth == 0 {
                    line = entity(&start);
                }
                in_state = start.local_name().as_ref() == "state" && depth == 2;
                depth += 1;
            }
            Xml::Text(text) if in_state => match text.trim() {
                "trying" => moves.push(Move::Lifted),
                "terminated" => moves.push(Move::PutDown),
                _ => {}
            },
            Xml::End(_) => {
                in_state = false;
                depth = depth.checked_sub(1)?;
            }
            Xml::DocType(_) => return None,
            Xml::Eof if depth == 0 => {
                let line = line?;
                return Some(Told { line, moves });
            }
            Xml::Eof => return None,
            _ => {}
        }
    }
    None
}

/// The line that a document is about.
fn entity(root: &BytesStart<'_>) -> Option<String> {
    if root.local_name().as_ref() != "dialog-info" {
        return None;
    }
    let entity = attribute(root, "entity")?;
    let uri = Uri::parse(&entity).ok()?;
    let line = uri.user_decoded().into_owned();
    (!line.is_empty()).then_some(line)
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}

impl Handset {
    fn new(at: SocketAddr) -> Handset {
        let lines = BTreeMap::new();
        Handset { at, lines }
    }

    fn is_up(&self) -> bool {
        self.lines.values().any(|calls| *calls > 0)
    }

    /// Takes a move in. What the core is to hear of it, if anything: a phone with two calls is used when one of them
    /// ends, but its handset stays where it is.
    fn moved(&mut self, line: &str, how: Move) -> Option<Signal> {
        if !self.lines.contains_key(line) && self.lines.len() >= MOST_LINES {
            return None;
        }
        let calls = self.lines.entry(line.to_owned()).or_default();
        match how {
            Move::Lifted => {
                *calls = (*calls + 1).min(MOST_CALLS);
                Some(Signal::OffHook)
            }
            Move::PutDown => {
                *calls = calls.saturating_sub(1);
                (!self.is_up()).then_some(Signal::OnHook)
            }
        }
    }
}

impl Agent {
    /// A NOTIFY that nobody subscribed to. Only what voicemail systems say of messages is wanted, and what phones tell of
    /// their handsets, from where they are registered.
    pub(super) fn notified_unasked(
        &mut self,
        now: Now,
        flow: Flow,
        notify: &Message,
        server: ServerId,
    ) {
        if is_about_messages(notify) {
            return self.messages_reported(now, flow, notify, server);
        }
        let Some(phone) = self.registrar.tells_of_handset(now, &flow, notify) else {
            return self.respond(now, server, notify, flow, 481, None);
        };
        let Some(told) = read(notify) else {
            tracing::debug!(%phone, "what a phone tells of its handset cannot be read");
            return self.respond(now, server, notify, flow, 489, None);
        };
        self.respond(now, server, notify, flow, 200, None);
        self.handset_moved(&phone, flow.remote, &told);
    }

    fn handset_moved(&mut self, phone: &PhoneName, at: SocketAddr, told: &Told) {
        let handsets = &mut self.handsets;
        let handset = handsets
            .entry(phone.clone())
            .or_insert_with(|| Handset::new(at));
        if handset.at != at {
            // It has registered anew: nobody knows what came of what it told before.
            *handset = Handset::new(at);
        }
        for how in &told.moves {
            if let Some(signal) = handset.moved(&told.line, *how) {
                let phone = phone.clone();
                self.events.push(Event::PhoneUsed { phone, signal });
            }
        }
        if !handset.is_up() {
            handsets.remove(phone);
        }
    }

    /// A phone came or went: what it told of its handset is history.
    pub fn forget_handset(&mut self, phone: &PhoneName) {
        self.handsets.remove(phone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{Parsed, parse};

    fn message(method: &str, headers: &str, body: &str) -> Message {
        let raw = format!(
            "{method} sip:perch@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.7:5060;branch=z9hG4bK1\r\n\
             From: <sip:desk-1@192.0.2.1>;tag=1\r\nTo: <sip:desk-1@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match parse(raw.into()) {
            Parsed::Accept(message) => message,
            other => panic!("{other:?}"),
        }
    }

    fn offer(dialog: &str) -> bool {
        let body = format!(
            "--uniqueBoundary\r\nContent-Type: {REQUEST}\r\nContent-Disposition: session;handling=optional\r\n\r\n\
             <?xml version=\"1.0\"?>\n<x-cisco-remotecc-request><bulkregisterreq><contact all=\"true\">\
             <register></register></contact></bulkregisterreq></x-cisco-remotecc-request>\r\n\
             --uniqueBoundary\r\nContent-Type: {REQUEST}\r\n\r\n<x-cisco-remotecc-request><optionsind>\
             <combine max=\"6\"><remotecc><status/></remotecc><service-control/></combine>{dialog}\
             <presence usage=\"blf speed dial\"><unot/><sub/></presence></optionsind></x-cisco-remotecc-request>\r\n\
             --uniqueBoundary--\r\n"
        );
        let kind = "Content-Type: multipart/mixed;boundary=uniqueBoundary\r\n";
        can_be_told_of(&message("REGISTER", kind, &body))
    }

    /// rules: IDL-7
    #[test]
    fn a_phone_that_offers_to_tell_of_its_handset_is_known() {
        assert!(offer(
            "<dialog usage=\"hook status\"><unot/><sub/></dialog>"
        ));
        assert!(offer(
            "<dialog usage='hook status'><sub/><unot></unot></dialog>"
        ));
        assert!(!offer("<dialog usage=\"hook status\"><sub/></dialog>"));
        assert!(!offer("<dialog usage=\"shared line\"><unot/></dialog>"));
        assert!(!offer("<dialog usage=\"hook status\"></dialog><unot/>"));
        assert!(!offer("<dialog usage=\"hook status\"><unot/"));
        assert!(!can_be_told_of(&message("REGISTER", "", "")));
    }

    fn told(body: &str) -> Option<Told> {
        read(&message(
            "NOTIFY",
            "Event: dialog\r\nContent-Type: application/dialog-info+xml\r\n",
            body,
        ))
    }

    fn info(entity: &str, states: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"1\" \
             state=\"partial\" entity=\"{entity}\">\n{states}</dialog-info>"
        )
    }

    /// rules: IDL-7
    #[test]
    fn what_a_phone_tells_is_read_by_its_entity() {
        let dialog = |state| format!("<dialog id=\"7\"><state>{state}</state></dialog>");
        let lifted = told(&info("sip:desk-1@192.0.2.1", &dialog("trying"))).expect("it is good");
        assert_eq!(
            (lifted.line.as_str(), &lifted.moves[..]),
            ("desk-1", &[Move::Lifted][..])
        );
        let both = dialog(" terminated ") + &dialog("confirmed") + &dialog("trying");
        let both = told(&info("sip:desk-1@192.0.2.1", &both)).expect("it is good");
        assert_eq!(both.moves, [Move::PutDown, Move::Lifted]);
        let stray = "<state>trying</state><dialog id=\"1\"><x><state>trying</state></x></dialog>";
        assert_eq!(
            told(&info("sip:desk-1@192.0.2.1", stray))
                .expect("it is good")
                .moves,
            []
        );
    }

    #[test]
    fn garbage_is_known_as_such() {
        let good = info("sip:desk-1@192.0.2.1", "");
        let many = info("sip:desk-1@192.0.2.1", &"<a/>".repeat(MOST_ELEMENTS));
        let long = info("sip:desk-1@192.0.2.1", &" ".repeat(LONGEST));
        for body in [
            "",
            "off hook",
            "<dialog-info>",
            &good[..good.len() - 3],
            &info("desk-1", ""),
            &info("sip:192.0.2.1", ""),
            "<dialog-info/>",
            "<presence entity=\"sip:desk-1@192.0.2.1\"></presence>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><dialog-info entity=\"sip:a@b\"></dialog-info>",
            &many,
            &long,
        ] {
            assert_eq!(told(body), None, "{body}");
        }
    }

    /// rules: IDL-7
    #[test]
    fn a_handset_is_up_while_a_line_has_a_call() {
        let at = "192.0.2.7:5060".parse().expect("an address");
        let mut handset = Handset::new(at);
        use Move::{Lifted, PutDown};
        let table = [
            ("1", Lifted, Some(Signal::OffHook), true),
            ("2", Lifted, Some(Signal::OffHook), true),
            ("1", PutDown, None, true),
            ("1", PutDown, None, true),
            ("2", PutDown, Some(Signal::OnHook), false),
            ("2", PutDown, Some(Signal::OnHook), false),
            ("2", Lifted, Some(Signal::OffHook), true),
            ("2", Lifted, Some(Signal::OffHook), true),
            ("2", PutDown, None, true),
            ("2", PutDown, Some(Signal::OnHook), false),
        ];
        for (line, how, signal, is_up) in table {
            assert_eq!((handset.moved(line, how), handset.is_up()), (signal, is_up));
        }
        for line in 0..100 {
            handset.moved(&line.to_string(), Lifted);
        }
        assert_eq!(handset.lines.len(), MOST_LINES);
    }
}
