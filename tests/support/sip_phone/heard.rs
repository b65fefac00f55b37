//! What the server asks of the phone (RFC 3261 §8.2, §9.2, §12.2.2, §13.3, §14.2, §15.1.2).

use std::time::Duration;

use bytes::Bytes;
use perch::sip::wire::{Message, Name, respond, status_reason};
use rsip::Method;

use super::call::Unacknowledged;
use super::refreshes::refresh_granted;
use super::said::NOBODY_YET;
use super::transactions::{INVITE, RING_PATIENCE};
use super::{
    Call, CallNo, Dialog, Direction, Key, PATIENCE, Packet, Server, SipPhone, Stage, T1, T2, Timer,
    media, strict,
};

impl SipPhone {
    pub fn hear_request(&mut self, request: Message) {
        let branch = request.top_via().ok().and_then(|via| via.branch);
        let branch = branch.unwrap_or_default().to_owned();
        let Some(method) = request.method() else {
            return self.fault("a method that nobody knows");
        };
        if method == Method::Ack {
            return self.hear_ack(&(branch, INVITE.to_owned()), &request);
        }
        let key = (branch, method.to_string());
        if let Some(server) = self.servers.get(&key) {
            let is_same = server.request.raw() == request.raw();
            let again = server.response.clone();
            if !is_same {
                let line = strict::first_line(&request);
                self.fault(format!("another request in the same transaction: {line}"));
            }
            self.doings.sends.extend(again.map(Packet::Bytes));
            return;
        }
        let flaws = strict::flaws_of_request(&request, &self.account.contact());
        self.doings.faults.extend(flaws);
        let server = Server {
            request: request.clone(),
            tag: self.mint("t"),
            response: None,
            rseq: 0,
            interval: None,
        };
        self.servers.insert(key.clone(), server);
        match (method, strict::tag_of(&request, Name::To)) {
            (Method::Cancel, _) => self.hear_cancel(&key),
            (_, Some(tag)) => self.hear_in_dialog(&key, &request, &tag),
            (Method::Invite, None) if media::is_encrypted(&request.body()) => {
                self.reply(&key, 488, None);
            }
            (Method::Invite, None) => self.ring(key, &request),
            (Method::Message, None) => self.read_message(&key, &request),
            (Method::Options, None) => self.reply(&key, 200, None),
            (Method::Notify, None) => self.hear_notice(&key, &request),
            (Method::Refer, None) => self.hear_order(&key, &request),
            (_, None) => {
                let line = strict::first_line(&request);
                self.fault(format!("nothing that begins anything: {line}"));
                self.reply(&key, 481, None);
            }
        }
    }

    /// Something for its browser, which knows one thing to do.
    fn hear_order(&mut self, key: &Key, refer: &Message) {
        let body = String::from_utf8_lossy(&refer.body()).into_owned();
        let is_known = refer.requires().any(|option| option == "norefersub")
            && body.contains("<datapassthroughreq>")
            && body.contains("URL=\"Init:CallHistory\"");
        if !is_known {
            self.fault(format!("an order that makes no sense: {body}"));
        }
        self.reply(key, 202, None);
    }

    /// Answers a request.
    pub fn reply(&mut self, key: &Key, status: u16, sdp: Option<&Bytes>) {
        let contact = format!("<{}>", self.account.contact());
        self.reply_naming(key, status, &contact, sdp);
    }

    /// Answers an INVITE: it is to go elsewhere.
    pub fn redirect(&mut self, key: &Key, contacts: &str) {
        self.reply_naming(key, 302, contacts, None);
    }

    fn reply_naming(&mut self, key: &Key, status: u16, contact: &str, sdp: Option<&Bytes>) {
        let (uptime, server_address) = (self.uptime, self.account.server);
        let prack = self.prack_wanted(key, status);
        let Some(server) = self.servers.get_mut(key) else {
            return;
        };
        let reason = status_reason(status);
        let tag = (status > 100).then_some(server.tag.as_str());
        let mut builder = respond(&server.request, server_address, status, reason, tag);
        if key.1 == INVITE && (101..400).contains(&status) {
            builder = builder.header(Name::Contact, contact);
        }
        if matches!(&*key.1, INVITE | "OPTIONS" | "UPDATE") && status < 300 {
            builder = builder.header(Name::Allow, self.account.allow());
        }
        let timer = refresh_granted(&server.request, status, self.account.refreshes);
        builder = timer
            .into_iter()
            .chain(prack)
            .fold(builder, |builder, (name, value)| {
                builder.header(name, value)
            });
        let bytes = match sdp {
            Some(sdp) => builder.finish_with(media::SDP.as_bytes(), sdp),
            None => builder.finish(),
        };
        server.response = Some(bytes.clone());
        self.doings.sends.push(Packet::Bytes(bytes));
        if status < 200 {
            return;
        }
        if key.1 == INVITE && status >= 300 && !self.account.transport.is_reliable() {
            server.interval = Some(T1);
            self.deadlines.arm(Timer::Refuse(key.clone()), uptime + T1);
        }
        self.deadlines
            .arm(Timer::ForgetServer(key.clone()), uptime + PATIENCE);
    }

    pub fn refuse_again(&mut self, key: Key) {
        let Some(server) = self.servers.get_mut(&key) else {
            return;
        };
        let Some(interval) = server.interval.as_mut() else {
            return;
        };
        *interval = (*interval * 2).min(T2);
        let next = self.uptime + *interval;
        self.doings
            .sends
            .extend(server.response.clone().map(Packet::Bytes));
        self.deadlines.arm(Timer::Refuse(key), next);
    }

    fn ring(&mut self, key: Key, invite: &Message) {
        let text = |name| invite.text(name).unwrap_or_default().into_owned();
        let local_tag = self.servers[&key].tag.clone();
        let mut dialog = Dialog {
            call_id: invite.call_id().to_owned(),
            local: format!("{};tag={local_tag}", text(Name::To)),
            local_tag,
            remote: text(Name::From),
            remote_tag: strict::tag_of(invite, Name::From),
            target: String::new(),
            local_cseq: 0,
            remote_cseq: Some(invite.cseq().0),
        };
        dialog.set_target(invite);
        self.last_call += 1;
        let no = self.last_call;
        let mut call = Call::new(self.uptime, dialog, Stage::Ringing(key.clone()));
        call.without_offer = invite.body().is_empty();
        // The server may have stopped waiting while there was nobody to answer.
        let recent = |since: Duration| self.uptime < since + PATIENCE;
        call.excused = self.blank_since.is_some_and(recent);
        self.calls.insert(no, call);
        self.deadlines
            .arm(Timer::StopRinging(no), self.uptime + RING_PATIENCE);
        let caller = caller_of(invite, Name::From);
        if caller_of(invite, Name::PAssertedIdentity) != caller {
            self.fault(format!("P-Asserted-Identity is not {caller}"));
        }
        if !invite.body().is_empty() {
            let who = self.speaker(&invite.body());
            if let Some(call) = self.calls.get_mut(&no) {
                call.hears = who;
                call.learn(&invite.body());
            }
        }
        let came = way_of(invite);
        let which = self.hear_index(no, invite);
        self.sees(format!("rings (from {caller}{came}){which}"));
        self.reply(&key, 180, None);
    }

    pub fn answer_call(&mut self, no: CallNo) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        let Stage::Ringing(key) = call.stage.clone() else {
            return;
        };
        call.enter(self.uptime, Stage::Talking);
        self.deadlines.disarm(&Timer::StopRinging(no));
        self.accept(no, &key);
    }

    pub fn play_early(&mut self, no: CallNo) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        let Stage::Ringing(key) = call.stage.clone() else {
            return;
        };
        let sdp = call.describe(&self.account, Direction::Both);
        self.reply(&key, 183, Some(&sdp));
    }

    /// A 2xx to an INVITE, first or later, sent again until it is acknowledged.
    fn accept(&mut self, no: CallNo, key: &Key) {
        let invite = self.servers[key].request.clone();
        let offer = invite.body();
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        let mine = if offer.is_empty() {
            call.wants
        } else {
            call.wants.answer_to(media::direction(&offer))
        };
        let sdp = call.describe(&self.account, mine);
        self.reply(key, 200, Some(&sdp));
        let response = self.servers[key].response.clone().unwrap_or_default();
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        if invite.method() == Some(Method::Update) {
            return;
        }
        call.unacknowledged = Some(Unacknowledged {
            cseq: invite.cseq().0,
            response,
            interval: T1,
            give_up: self.uptime + PATIENCE,
            offered: offer.is_empty(),
        });
        self.deadlines.arm(Timer::Resend2xx(no), self.uptime + T1);
        self.goes_on(no, &invite, false);
    }

    pub fn resend_2xx(&mut self, no: CallNo) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        let Some(waiting) = &mut call.unacknowledged else {
            return;
        };
        if self.uptime >= waiting.give_up {
            // RFC 3261 §13.3.1.4: the call is over if nobody acknowledges.
            // The ACK that brings the caller's answer cannot come when there is no caller any more.
            let is_owed = !call.excused && !waiting.offered;
            call.unacknowledged = None;
            if is_owed {
                self.miss("no ACK");
            }
            self.end(no);
            return;
        }
        waiting.interval = (waiting.interval * 2).min(T2);
        let next = self.uptime + waiting.interval;
        let response = waiting.response.clone();
        self.doings.sends.push(Packet::Bytes(response));
        self.deadlines.arm(Timer::Resend2xx(no), next);
    }

    pub fn refuse_call(&mut self, no: CallNo, status: u16) {
        if let Some(call) = self.remember_ended(no)
            && let Stage::Ringing(key) = call.stage
        {
            self.reply(&key, status, None);
        }
    }

    fn hear_ack(&mut self, key: &Key, ack: &Message) {
        if let Some(server) = self.servers.get_mut(key) {
            server.interval = None;
            self.deadlines.disarm(&Timer::Refuse(key.clone()));
            return;
        }
        let tag = strict::tag_of(ack, Name::To).unwrap_or_default();
        let Some(no) = self.call_of(ack.call_id(), &tag) else {
            if !self.is_excused(ack.call_id()) {
                self.fault("an ACK for no call");
            }
            return;
        };
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        let cseq = ack.cseq().0;
        let Some(waiting) = call.unacknowledged.take_if(|waiting| waiting.cseq == cseq) else {
            return;
        };
        let hangs_up = call.hangs_up;
        self.deadlines.disarm(&Timer::Resend2xx(no));
        if waiting.offered {
            // Who hangs up at once may leave the answer out; nobody will miss it.
            call.is_mute = ack.body().is_empty();
            if !ack.body().is_empty() {
                self.hear_answer(no, &ack.body());
            }
        }
        if hangs_up {
            self.end(no);
        }
    }

    /// The answer to an offer that this phone made when it was asked for one.
    fn hear_answer(&mut self, no: CallNo, answer: &Bytes) {
        let who = match media::speaker(answer).as_deref() {
            // The server answers for itself when there is nothing in common.
            Some("-") => "nobody".to_owned(),
            _ => self.speaker(answer),
        };
        self.hear_media(no, answer, &who);
    }

    /// Whom the phone hears now, and whether it is held.
    fn hear_media(&mut self, no: CallNo, sdp: &Bytes, who: &str) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        call.learn(sdp);
        let direction = media::direction(sdp);
        let is_held = matches!(direction, Direction::SendOnly | Direction::Neither);
        let was_held = std::mem::replace(&mut call.held_by_peer, is_held);
        let before = std::mem::replace(&mut call.hears, who.to_owned());
        if before == NOBODY_YET && !is_held {
            self.sees(format!("talks with {who}"));
        } else if !before.is_empty() && before != who {
            self.sees(format!("now talks with {who}"));
        } else {
            match (was_held, is_held) {
                (false, true) => self.sees("is held"),
                (true, false) => self.sees("is taken back"),
                _ => {}
            }
        }
    }

    fn hear_cancel(&mut self, key: &Key) {
        let invite = (key.0.clone(), INVITE.to_owned());
        let known = self.servers.get(&invite);
        let Some(is_open) = known.map(|server| !is_final(server.response.as_ref())) else {
            if self.blank_since.is_none() {
                self.fault("a CANCEL for no INVITE");
            }
            return self.reply(key, 481, None);
        };
        let cancel = self.servers[key].request.clone();
        self.reply(key, 200, None);
        if !is_open {
            return;
        }
        self.reply(&invite, 487, None);
        let rings = |call: &Call| call.stage == Stage::Ringing(invite.clone());
        let ringing = self.calls.iter().find(|(_, call)| rings(call));
        let Some(no) = ringing.map(|(no, _)| *no) else {
            return;
        };
        self.remember_ended(no);
        let elsewhere = strict::reason_text(&cancel) == "Call completed elsewhere";
        self.sees(if elsewhere {
            "stops ringing (answered elsewhere)"
        } else {
            "stops ringing"
        });
    }

    fn call_of(&self, call_id: &str, tag: &str) -> Option<CallNo> {
        let is_it = |call: &Call| call.dialog.call_id == call_id && call.dialog.local_tag == tag;
        let found = self.calls.iter().find(|(_, call)| is_it(call));
        found.map(|(no, _)| *no)
    }

    /// Whether the server may speak of a call that is none (any more).
    fn is_excused(&self, call_id: &str) -> bool {
        let crossed = self
            .ended
            .get(call_id)
            .is_some_and(|until| *until > self.uptime);
        let recent = |since: Duration| self.uptime < since + Duration::from_secs(300);
        crossed || self.blank_since.is_some_and(recent)
    }

    fn hear_in_dialog(&mut self, key: &Key, request: &Message, tag: &str) {
        if &*key.1 == "NOTIFY" {
            return self.hear_notify(key, request);
        }
        let Some(no) = self.call_of(request.call_id(), tag) else {
            if !self.is_excused(request.call_id()) {
                let line = strict::first_line(request);
                self.fault(format!("a request in no dialog: {line}"));
            }
            return self.reply(key, 481, None);
        };
        let cseq = request.cseq().0;
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        if matches!(call.stage, Stage::Calling(_)) {
            self.miss("a request before its call was answered");
            return self.reply(key, 481, None);
        }
        if strict::tag_of(request, Name::From) != call.dialog.remote_tag {
            let line = strict::first_line(request);
            self.fault(format!("another From tag within a dialog: {line}"));
            return self.reply(key, 481, None);
        }
        if call.dialog.remote_cseq.is_some_and(|last| cseq <= last) {
            self.miss("a request out of order");
            return self.reply(key, 500, None);
        }
        call.dialog.remote_cseq = Some(cseq);
        match &*key.1 {
            "BYE" => self.hear_bye(no, key, request),
            INVITE => self.hear_reinvite(no, key, request),
            "UPDATE" if request.body().is_empty() => self.reply(key, 200, None),
            "UPDATE" => self.hear_reinvite(no, key, request),
            "INFO" => {
                let body = String::from_utf8_lossy(&request.body()).into_owned();
                let digit = body.strip_prefix("Signal=").and_then(|b| b.chars().next());
                match digit {
                    Some(digit) => self.sees(format!("hears the digit {digit}")),
                    None => self.fault(format!("an INFO that is no digit: {body}")),
                }
                self.reply(key, 200, None);
            }
            "MESSAGE" => self.read_message(key, request),
            "PRACK" => self.hear_prack(key, request),
            _ => self.reply(key, 200, None),
        }
    }

    fn hear_bye(&mut self, no: CallNo, key: &Key, bye: &Message) {
        self.reply(key, 200, None);
        let Some(call) = self.remember_ended(no) else {
            return;
        };
        let text = strict::reason_text(bye);
        match call.stage {
            Stage::Ending => {}
            Stage::Ringing(_) => self.fault("a BYE for a call that nobody answered"),
            _ if call.hangs_up => {}
            _ if text.is_empty() => self.fault("a BYE without a reason"),
            _ => self.sees(format!("hears \"{text}\"")),
        }
    }

    fn hear_reinvite(&mut self, no: CallNo, key: &Key, invite: &Message) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        if call.asked.is_some() {
            return self.reply(key, 491, None);
        }
        if call.stage != Stage::Talking {
            return self.reply(key, 481, None);
        }
        call.dialog.set_target(invite);
        let offer = invite.body();
        self.accept(no, key);
        if !offer.is_empty() {
            let who = self.speaker(&offer);
            self.hear_media(no, &offer, &who);
        }
    }

    fn read_message(&mut self, key: &Key, message: &Message) {
        if !self.account.takes_messages {
            self.fault("a MESSAGE to a phone that takes none");
            return self.reply(key, 405, None);
        }
        let text = String::from_utf8_lossy(&message.body()).into_owned();
        let from = match caller_of(message, Name::From).as_str() {
            "perch Perch" => String::new(),
            somebody => format!(" from {somebody}"),
        };
        self.sees(format!("reads \"{text}\"{from}"));
        self.reply(key, 200, None);
    }
}

/// How a call says that it came here, if it was not dialled.
fn way_of(invite: &Message) -> String {
    let by = invite.address(Name::ReferredBy).ok();
    let by = by.map(|by| format!(", transferred by {}", by.uri.user_decoded()));
    let mut way = by.unwrap_or_default();
    for value in invite.headers(Name::Diversion) {
        let value = String::from_utf8_lossy(value);
        let number = value.split_once("sip:").map_or("?", |(_, rest)| rest);
        let number = number.split('@').next().unwrap_or_default();
        let reason = value.split_once("reason=").map_or("?", |(_, rest)| rest);
        let reason = reason.split(';').next().unwrap_or_default();
        way += &format!(", sent on by {number}: {reason}");
    }
    way
}

fn is_final(response: Option<&Bytes>) -> bool {
    response.is_some_and(|bytes| !bytes.starts_with(b"SIP/2.0 1"))
}

/// The number and name in an address.
fn caller_of(message: &Message, name: Name) -> String {
    let Ok(address) = message.address(name) else {
        return String::new();
    };
    let number = address.uri.user_decoded().into_owned();
    match address.display() {
        Some(display) => format!("{number} {display}"),
        None => number,
    }
}
