//! One call of a phone, as a ladder has it: what it needs to know to write the next message, whether that is wise or not.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bytes::Bytes;
use perch::sip::wire::{Contact, Message, Name, status_reason};

use super::super::network::SERVER;
use super::super::sip_phone::{reason_text, tag_of};
use super::super::watching;
use super::BROWSERS;
use super::relay::description;

/// What a line of a ladder says, after whose it is.
#[derive(Debug, Default)]
pub struct Words {
    plain: Vec<String>,
    /// The name of a description of media.
    body: Option<String>,
    /// Headers as they are, in braces.
    headers: Vec<String>,
}

impl Words {
    pub fn of(said: &str) -> Words {
        let mut words = Words::default();
        let mut rest = said.trim();
        while !rest.is_empty() {
            let (word, after) = match rest.strip_prefix('{') {
                Some(inside) => inside.split_once('}').expect("a brace is closed"),
                None => rest.split_once(' ').unwrap_or((rest, "")),
            };
            if rest.starts_with('{') {
                words.headers.push(word.to_owned());
            } else if let Some(body) = word.strip_prefix('[') {
                words.body = Some(body.trim_end_matches(']').to_owned());
            } else {
                words.plain.push(word.to_owned());
            }
            rest = after.trim_start();
        }
        words
    }

    /// The method, or the status.
    pub fn first(&self) -> &str {
        self.plain.first().expect("something is said")
    }

    pub fn status(&self) -> Option<u16> {
        self.first().parse().ok()
    }

    pub fn has(&self, word: &str) -> bool {
        self.plain.iter().any(|plain| plain == word)
    }

    /// What stands behind `name=`.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut found = self.plain.iter();
        found.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    fn number(&self, name: &str) -> Option<u32> {
        let text = self.value(name)?;
        Some(text.parse().expect("a number"))
    }

    /// A line for each header, and the body.
    fn finish(&self, own: SocketAddr) -> String {
        let headers = self.headers.iter().map(|header| format!("{header}\r\n"));
        let headers: String = headers.collect();
        let (kind, body) = match self.body.as_deref() {
            None => (String::new(), String::new()),
            Some(label) if label.contains('/') => {
                (format!("Content-Type: {label}\r\n"), "hello".to_owned())
            }
            Some(label) => (
                "Content-Type: application/sdp\r\n".to_owned(),
                sdp(label, own),
            ),
        };
        let length = body.len();
        format!("{headers}{kind}Content-Length: {length}\r\n\r\n{body}")
    }
}

fn sdp(label: &str, own: SocketAddr) -> String {
    let protocol = match label {
        label if label.starts_with(BROWSERS) => "UDP/TLS/RTP/SAVPF",
        label if label.starts_with('s') => "RTP/SAVP",
        _ => "RTP/AVP",
    };
    description(label, &own.ip().to_string(), protocol)
}

/// One call of a phone.
pub struct Party {
    own: SocketAddr,
    name: String,
    call_id: String,
    /// Their own address and the other's, as From and To have them, without tags.
    ends: (String, String),
    local_tag: String,
    /// The other's tags, in the order in which they were heard.
    remote_tags: Vec<String>,
    target: String,
    cseq: u32,
    /// The numbers and branches of the INVITEs that were sent.
    invites: Vec<(u32, String)>,
    /// The number of the last provisional answer that wants to be acknowledged, and the first.
    rseq: Option<(u32, u32)>,
    /// Requests that were got, and whether they have their final answer.
    asked: Vec<(Message, bool)>,
    sent: Vec<(String, Bytes)>,
    pub seen: BTreeSet<Bytes>,
}

impl Party {
    /// One that begins something; the second word says with whom.
    pub fn calling(name: &str, own: SocketAddr, words: &Words) -> Party {
        let to = words.plain.get(1).expect("whom it is for");
        let target = format!("sip:{to}@{SERVER}");
        let ends = (
            format!("<sip:{}@{SERVER}>", &name[..1]),
            format!("<{target}>"),
        );
        Party::new(name, own, format!("call-{name}"), ends, target)
    }

    /// One that is called.
    pub fn called(name: &str, own: SocketAddr, invite: &Message) -> Party {
        let text = |name| {
            let value = invite.text(name).unwrap_or_default().into_owned();
            let end = value.find(";tag=").unwrap_or(value.len());
            value[..end].to_owned()
        };
        let call_id = invite.call_id().to_owned();
        let ends = (text(Name::To), text(Name::From));
        let mut party = Party::new(name, own, call_id, ends, contact_of(invite));
        party.remote_tags.extend(tag_of(invite, Name::From));
        party
    }

    fn new(
        name: &str,
        own: SocketAddr,
        call_id: String,
        ends: (String, String),
        target: String,
    ) -> Party {
        Party {
            own,
            name: name.to_owned(),
            call_id,
            ends,
            local_tag: format!("tag-{name}"),
            remote_tags: Vec::new(),
            target,
            cseq: 0,
            invites: Vec::new(),
            rseq: None,
            asked: Vec::new(),
            sent: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    pub fn is_in_dialog(&self) -> bool {
        !self.remote_tags.is_empty()
    }

    pub fn owns(&self, message: &Message) -> bool {
        message.call_id() == self.call_id
    }

    /// Where the next request goes.
    pub fn uri(&self) -> String {
        self.target.clone()
    }

    /// The call in a Replaces header, as its other end has it (RFC 3891 §3).
    pub fn named(&self, early_only: bool) -> String {
        let theirs = self.remote_tags.last().map_or("0", String::as_str);
        let option = if early_only { ";early-only" } else { "" };
        let (call_id, ours) = (&self.call_id, &self.local_tag);
        format!("{call_id};to-tag={theirs};from-tag={ours}{option}")
    }

    /// The bytes that were sent last under this name.
    pub fn sent_before(&self, first: &str) -> Bytes {
        let mut sent = self.sent.iter().rev();
        let found = sent.find(|(name, _)| name == first);
        found.expect("it was sent before").1.clone()
    }

    /// The INVITE of a number, or the last.
    fn invite(&self, cseq: Option<u32>) -> (u32, String) {
        let mut invites = self.invites.iter().rev();
        let found = invites.find(|(known, _)| cseq.is_none_or(|cseq| cseq == *known));
        found.expect("an INVITE was sent").clone()
    }

    /// Writes a request.
    pub fn ask(
        &mut self,
        words: &Words,
        branch: &str,
        other: Option<(&'static str, String)>,
        proof: Option<String>,
    ) -> Bytes {
        let method = words.first().to_owned();
        let is_invite = method == "INVITE";
        let wanted = words.number("cseq");
        let (cseq, branch) = match method.as_str() {
            "ACK" => (self.invite(wanted).0, branch.to_owned()),
            "CANCEL" => self.invite(wanted),
            _ => {
                self.cseq = wanted.unwrap_or(self.cseq + 1);
                (self.cseq, branch.to_owned())
            }
        };
        if is_invite {
            self.invites.push((cseq, branch.clone()));
        }
        let tag = match words.number("tag") {
            Some(number) => self.remote_tags.get(number as usize - 1),
            None => self.remote_tags.last(),
        };
        let tag = tag.filter(|_| method != "CANCEL");
        let tag = tag.map_or(String::new(), |tag| format!(";tag={tag}"));
        // A CANCEL goes where its INVITE went (RFC 3261 §9.1).
        let target = match method.as_str() {
            "CANCEL" => self.ends.1.trim_matches(['<', '>']).to_owned(),
            _ => self.target.clone(),
        };
        let (own, local_tag, call_id) = (self.own, &self.local_tag, &self.call_id);
        let (from, to) = &self.ends;
        let mut raw = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch={branch}\r\n\
             From: {from};tag={local_tag}\r\nTo: {to}{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
        );
        if !words.headers.iter().any(|h| h.starts_with("Max-Forwards")) {
            raw += "Max-Forwards: 70\r\n";
        }
        if !["ACK", "CANCEL", "BYE", "PRACK"].contains(&method.as_str()) {
            raw += &self.contact();
        }
        if method == "PRACK" {
            let rseq = words.number("rack").or(self.rseq.map(|(last, _)| last));
            let rseq = rseq.expect("something to be acknowledged");
            raw += &format!("RAck: {rseq} {} INVITE\r\n", self.invite(None).0);
        }
        if words.has("100rel") {
            raw += "Supported: 100rel\r\n";
        }
        let (wanted, other) = other.unzip();
        let wanted = wanted.unwrap_or("Replaces");
        for (name, value) in [(wanted, other), ("Authorization", proof)] {
            raw += &value.map_or(String::new(), |value| format!("{name}: {value}\r\n"));
        }
        self.keep(method, raw + &words.finish(own))
    }

    /// Writes an answer to the last request, or the last of a method.
    pub fn answer(&mut self, status: u16, words: &Words) -> Bytes {
        let method = words
            .plain
            .get(1)
            .filter(|word| word.bytes().all(|b| b.is_ascii_uppercase()));
        let fits = |(request, is_answered): &&mut (Message, bool)| match method {
            Some(method) => request.method_text() == method,
            None => !*is_answered,
        };
        let mut asked = self.asked.iter_mut().rev();
        let (request, is_answered) = asked.find(fits).expect("a request to be answered");
        *is_answered |= status >= 200;
        let request = request.clone();
        self.answer_to(&request, status, words)
    }

    fn answer_to(&mut self, request: &Message, status: u16, words: &Words) -> Bytes {
        let text = |name| request.text(name).unwrap_or_default().into_owned();
        let (cseq, method) = request.cseq();
        let tag = match (tag_of(request, Name::To), words.number("tag")) {
            (Some(_), _) => String::new(),
            (None, Some(number)) => format!(";tag={}-{number}", self.local_tag),
            (None, None) => format!(";tag={}", self.local_tag),
        };
        let mut raw = format!(
            "SIP/2.0 {status} {}\r\nVia: {}\r\nFrom: {}\r\nTo: {}{tag}\r\nCall-ID: {}\r\n\
             CSeq: {cseq} {method}\r\n{}",
            status_reason(status),
            text(Name::Via),
            text(Name::From),
            text(Name::To),
            request.call_id(),
            self.contact(),
        );
        if let Some(rseq) = words.number("rel") {
            raw += &format!("Require: 100rel\r\nRSeq: {rseq}\r\n");
        }
        self.keep(status.to_string(), raw + &words.finish(self.own))
    }

    fn contact(&self) -> String {
        format!("Contact: <sip:{}@{}>\r\n", &self.name[..1], self.own)
    }

    fn keep(&mut self, name: String, raw: String) -> Bytes {
        let bytes = Bytes::from(raw);
        self.sent.push((name, bytes.clone()));
        bytes
    }

    /// Takes a message in. What no phone forgets comes back.
    pub fn hear(&mut self, message: Message, is_numb: bool) -> Vec<Bytes> {
        if let Some(status) = message.status() {
            let ack = (status >= 300 && message.cseq().1 == "INVITE" && !is_numb)
                .then(|| self.ack_of_refusal(&message));
            self.hear_answer(status, &message);
            return ack.into_iter().collect();
        }
        let method = message.method_text().to_owned();
        if ["INVITE", "UPDATE"].contains(&method.as_str()) {
            self.target = contact_of(&message);
        }
        let is_again = self
            .asked
            .iter()
            .any(|(known, _)| known.raw() == message.raw());
        if method != "ACK" && !is_again {
            self.asked.push((message, false));
        }
        if is_numb || is_again {
            return Vec::new();
        }
        match method.as_str() {
            "BYE" | "OPTIONS" | "NOTIFY" => {
                vec![self.answer(200, &Words::of(&format!("200 {method}")))]
            }
            "CANCEL" => {
                let open =
                    |(request, done): &(Message, bool)| request.method_text() == "INVITE" && !done;
                let rings = self.asked.iter().any(open);
                let mut answers = vec![self.answer(200, &Words::of("200 CANCEL"))];
                if rings {
                    answers.push(self.answer(487, &Words::of("487 INVITE")));
                }
                answers
            }
            _ => Vec::new(),
        }
    }

    fn hear_answer(&mut self, status: u16, message: &Message) {
        if !["INVITE", "SUBSCRIBE"].contains(&message.cseq().1) || !(101..300).contains(&status) {
            return;
        }
        if let Some(tag) = tag_of(message, Name::To) {
            if status >= 200 {
                // The dialog that the call is, from here on.
                self.remote_tags.retain(|known| *known != tag);
                self.remote_tags.push(tag);
            } else if !self.remote_tags.contains(&tag) {
                self.remote_tags.push(tag);
            }
        }
        if message.contacts().next().is_some() {
            self.target = contact_of(message);
        }
        if let Some(rseq) = message.text(Name::RSeq).and_then(|text| text.parse().ok()) {
            self.rseq = Some((rseq, self.rseq.map_or(rseq, |(_, first)| first)));
        }
    }

    fn ack_of_refusal(&self, refusal: &Message) -> Bytes {
        let text = |name| refusal.text(name).unwrap_or_default().into_owned();
        let uri = self.target.clone();
        Bytes::from(format!(
            "ACK {uri} SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\n\
             CSeq: {} ACK\r\nContent-Length: 0\r\n\r\n",
            text(Name::Via),
            text(Name::From),
            text(Name::To),
            refusal.call_id(),
            refusal.cseq().0,
        ))
    }

    /// A message in a line: what it is, and of its headers those that a ladder is about.
    pub fn describe(&self, message: &Message) -> String {
        let text = |name| message.text(name).map(|value| value.into_owned());
        let mut line = match message.status() {
            Some(status) => format!(
                "{status} {}{}",
                message.cseq().1,
                self.which_dialog(message)
            ),
            None => message.method_text().to_owned(),
        };
        line += &label(message);
        let begins = message.is_request() && tag_of(message, Name::To).is_none();
        let calls = begins && message.method_text() != "CANCEL";
        if calls && let Ok(from) = message.from() {
            line += &format!(" from {}", from.uri.user_decoded());
        }
        let is_trunk = self.name.starts_with(['x', 'y', 'z']);
        if is_trunk && message.method_text() == "INVITE" && message.is_request() {
            line += &outside(message);
        }
        let identity = message.address(Name::PAssertedIdentity).ok();
        if let Some(connected) = identity.filter(|_| !begins) {
            line += &format!(" with {}", connected.uri.user_decoded());
        }
        if let Some(hops) = message.max_forwards().filter(|hops| *hops < 69) {
            line += &format!(" Max-Forwards={hops}");
        }
        if let Some(rseq) = text(Name::RSeq).and_then(|text| text.parse::<u32>().ok()) {
            let first = self.rseq.map_or(rseq, |(_, first)| first);
            line += &format!(" rel={}", rseq.wrapping_sub(first) + 1);
        }
        if message.cseq().1 == "SUBSCRIBE"
            && let Some(lasts) = text(Name::Expires)
        {
            line += &format!(" for {lasts}s");
        }
        for name in SHOWN {
            if let Some(value) = text(name).filter(|value| name != Name::MinSe || value != "90") {
                line += &format!(" {}={}", name.as_str(), value.replace(' ', "_"));
            }
        }
        if message.header(Name::Reason).is_some() {
            line += &format!(" \"{}\"", reason_text(message));
        }
        line
    }

    /// Which of several early dialogs an answer is of.
    fn which_dialog(&self, message: &Message) -> String {
        let tag = tag_of(message, Name::To);
        let place = self
            .remote_tags
            .iter()
            .position(|known| Some(known) == tag.as_ref());
        let place = place.unwrap_or(self.remote_tags.len());
        let is_early = message
            .status()
            .is_some_and(|status| (101..200).contains(&status));
        match place {
            place if is_early && place > 0 => format!("/{}", place + 1),
            _ => String::new(),
        }
    }
}

/// Headers that are shown when they are there.
const SHOWN: [Name; 11] = [
    Name::CallInfo,
    Name::RAck,
    Name::RetryAfter,
    Name::MinSe,
    Name::MinExpires,
    Name::Accept,
    Name::Unsupported,
    Name::InfoPackage,
    Name::RecvInfo,
    Name::AllowEvents,
    Name::SubscriptionState,
];

/// What a trunk is told of a call besides.
fn outside(invite: &Message) -> String {
    let number = invite.uri().map(|uri| uri.user_decoded().into_owned());
    let mut line = format!(" to {}", number.unwrap_or_default());
    let asserted = invite.address(Name::PAssertedIdentity).ok();
    let asserted = asserted.map(|by| by.uri.user_decoded().into_owned());
    let from = invite.from().ok();
    let from = from.map(|from| from.uri.user_decoded().into_owned());
    if asserted != from {
        line += &format!(" by {}", asserted.unwrap_or_default());
    }
    for name in [Name::Privacy, Name::Geolocation, Name::Priority] {
        if let Some(value) = invite.text(name) {
            line += &format!(" {}={value}", name.as_str());
        }
    }
    for name in [Name::Authorization, Name::ProxyAuthorization] {
        if let Some(value) = invite.text(name) {
            let user = value.split('"').nth(1).unwrap_or_default();
            line += &format!(" proven by {user}");
        }
    }
    line
}

fn label(message: &Message) -> String {
    let body = message.body();
    if body.is_empty() {
        return String::new();
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let kind = message.text(Name::ContentType).unwrap_or_default();
    if let Some(words) = watching::in_words(&kind, &body) {
        return format!(" [{words}]");
    }
    match body.lines().find_map(|line| line.strip_prefix("s=")) {
        Some(label) if body.contains("a=inactive") => format!(" [{label}, inactive]"),
        Some(label) => format!(" [{label}]"),
        None if kind.starts_with("message/sipfrag") => format!(" [{}]", body.trim()),
        None => format!(" [{kind}]"),
    }
}

fn contact_of(message: &Message) -> String {
    match message.contacts().next() {
        Some(Ok(Contact::Address(address))) => address.uri.without_headers().to_owned(),
        _ => String::new(),
    }
}
