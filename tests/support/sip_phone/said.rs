//! What the phone asks for, and what becomes of the answers (RFC 3261 §8.1, §10, §13, §14, §15).

use std::time::Duration;

use bytes::Bytes;
use perch::sip::wire::{Contact, Message, Name};
use rand::RngExt;
use rsip::Method;

use super::super::digest;
use super::super::phone::Phone;
use super::transactions::{CANCEL, INVITE, Phase, RING_PATIENCE};
use super::{
    CallNo, Client, Direction, Key, Known, PATIENCE, Packet, Purpose, Request, SipPhone, Stage, T1,
    Timer, media, strict,
};

/// How long after a failure it tries to register again.
const REGISTER_AGAIN: Duration = Duration::from_secs(30);

/// How long after its connection broke it opens another one.
const CONNECT_AGAIN: Duration = Duration::from_secs(1);

/// Whom a phone hears that was answered without media.
pub const NOBODY_YET: &str = "-";

impl SipPhone {
    /// Sends a request as a new transaction.
    pub fn send(&mut self, mut request: Request, purpose: Purpose) -> Key {
        let branch = self.mint("z9hG4bK");
        if matches!(request.method, Method::Invite | Method::Register) {
            let allow = self.account.allow().to_owned();
            let is_made_anew = |name| matches!(name, Name::Allow | Name::Contact);
            request.headers.retain(|(name, _)| !is_made_anew(*name));
            request.headers.push((Name::Allow, allow));
        }
        let mut contact = format!("<{}>", self.account.contact());
        if request.method == Method::Register {
            let label = &self.account.label;
            contact += &format!(";+sip.instance=\"<urn:test:{label}>\"");
        }
        if matches!(
            request.method,
            Method::Invite | Method::Register | Method::Refer | Method::Update | Method::Subscribe
        ) {
            request.headers.retain(|(name, _)| *name != Name::Contact);
            request.headers.push((Name::Contact, contact));
        }
        if self.account.pracks && request.method == Method::Invite {
            request.headers.retain(|(name, _)| *name != Name::Supported);
            request.headers.push((Name::Supported, "100rel".to_owned()));
        }
        self.ask_for_refreshes(&mut request);
        let proof = self.prove(&request);
        let proves = proof.is_some();
        let mut written = request.clone();
        written.headers.extend(proof);
        let bytes = written.bytes(&self.account, &branch);
        let key = (branch, request.method.to_string());
        let client = Client::new(request, bytes.clone(), purpose, proves);
        self.begin(key.clone(), client, bytes);
        key
    }

    fn begin(&mut self, key: Key, client: Client, bytes: Bytes) {
        self.doings.sends.push(Packet::Bytes(bytes));
        self.clients.insert(key.clone(), client);
        if !self.account.transport.is_reliable() {
            self.deadlines
                .arm(Timer::Resend(key.clone()), self.uptime + T1);
        }
        self.deadlines
            .arm(Timer::GiveUp(key), self.uptime + PATIENCE);
    }

    /// The Authorization header for a request, if a challenge is known that it meets.
    fn prove(&mut self, request: &Request) -> Option<(Name, String)> {
        let can = match request.method {
            // What they tell of their handsets, phones prove by nothing.
            Method::Notify => !request
                .headers
                .contains(&(Name::Event, "dialog".to_owned())),
            method => matches!(
                method,
                Method::Invite
                    | Method::Register
                    | Method::Refer
                    | Method::Message
                    | Method::Subscribe
            ),
        };
        if !can {
            return None;
        }
        let known = self.known.as_mut()?;
        known.used += 1;
        let answer = digest::Answer {
            username: &self.account.name,
            password: &self.account.password,
            method: &request.method.to_string(),
            uri: &request.uri,
            nc: Some(known.used),
        };
        let proof = digest::authorization(&known.challenge, &answer);
        Some((Name::Authorization, proof))
    }

    pub fn register(&mut self) {
        self.registration.leaving = false;
        self.send_register();
    }

    pub fn unregister(&mut self) {
        self.registration.leaving = true;
        self.deadlines.disarm(&Timer::Register);
        self.send_register();
    }

    fn send_register(&mut self) {
        // RFC 3261 §10.2: one at a time.
        let is_open = |c: &Client| c.purpose == Purpose::Register && !c.is_finished();
        self.registration.again = self.clients.values().any(is_open);
        if self.registration.again {
            return;
        }
        let registration = &mut self.registration;
        let expires_s = match registration.leaving {
            true => 0,
            false => registration.expires_s,
        };
        registration.cseq += 1;
        let own = format!("<sip:{}@{}>", self.account.name, self.account.server);
        let request = Request {
            method: Method::Register,
            uri: format!("sip:{}", self.account.server),
            from: format!("{own};tag={}", registration.tag),
            to: own,
            call_id: registration.call_id.clone(),
            cseq: registration.cseq,
            headers: vec![(Name::Expires, expires_s.to_string())],
            body: self.offers(),
        };
        self.send(request, Purpose::Register);
    }

    pub fn resend(&mut self, key: Key) {
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        if let Some(interval) = client.next_interval() {
            let bytes = client.sent.raw().clone();
            self.doings.sends.push(Packet::Bytes(bytes));
            self.deadlines
                .arm(Timer::Resend(key), self.uptime + interval);
        }
    }

    /// The caller gives up: a CANCEL, as soon as one may be sent (RFC 3261 §9.1).
    pub fn give_up(&mut self, no: CallNo, key: &Key) {
        if let Some(call) = self.calls.get_mut(&no) {
            call.hangs_up = true;
        }
        let Some(client) = self.clients.get(key) else {
            return;
        };
        if !matches!(client.phase, Phase::Proceeding) {
            return;
        }
        let (request, bytes) = client.cancel();
        let cancel = Client::new(request, bytes.clone(), Purpose::Cancel(no), false);
        self.begin((key.0.clone(), CANCEL.to_owned()), cancel, bytes);
        // RFC 3261 §9.1: an INVITE that was cancelled is not waited for any longer than this.
        self.deadlines
            .arm(Timer::GiveUp(key.clone()), self.uptime + PATIENCE);
    }

    /// Hangs up an answered call.
    pub fn end(&mut self, no: CallNo) {
        let uptime = self.uptime;
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        if call.is_mute {
            self.doings
                .faults
                .push("an ACK without the answer to the offer".into());
        }
        if call.unacknowledged.is_some() {
            // RFC 3261 §15: no BYE before the 2xx is acknowledged.
            call.hangs_up = true;
            return;
        }
        call.enter(uptime, Stage::Ending);
        let request = call.dialog.request(Method::Bye);
        self.send(request, Purpose::Bye(no));
    }

    pub fn reinvite(&mut self, no: CallNo, wants: Direction, by: Method) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        call.asked = Some(wants);
        let mut request = call.dialog.request(by);
        let offer = call.describe(&self.account, wants);
        let state = match (wants, call.holds_alone) {
            (Direction::SendOnly, true) => "held-private",
            (Direction::SendOnly, false) => "held",
            _ => "active",
        };
        let index = call.index.map(|index| {
            let server = self.account.server;
            let value = format!("<sip:{server}>;appearance-index={index};appearance-state={state}");
            (Name::CallInfo, value)
        });
        request.headers.extend(index);
        request.body = Some((media::SDP, offer));
        self.send(request, Purpose::Reinvite(no));
    }

    pub fn hear_response(&mut self, response: &Message) {
        let branch = response.top_via().ok().and_then(|via| via.branch);
        let key = (
            branch.unwrap_or_default().to_owned(),
            response.cseq().1.to_owned(),
        );
        let Some(client) = self.clients.get_mut(&key) else {
            if self.blank_since.is_none() {
                let line = strict::first_line(response);
                self.fault(format!("a response to nothing: {line}"));
            }
            return;
        };
        let flaws = strict::flaws_of_response(response, &client.sent);
        let status = response.status().unwrap_or(500);
        let repeats = client.is_finished();
        match &mut client.phase {
            Phase::Completed(Some(ack)) if status >= 200 => {
                let ack = ack.clone();
                self.doings.sends.push(Packet::Bytes(ack));
            }
            Phase::Completed(_) => {}
            phase if status < 200 => {
                *phase = Phase::Proceeding;
                if key.1 == INVITE {
                    self.wait_longer(&key);
                }
            }
            phase => {
                *phase = Phase::Completed(None);
                let ack =
                    (status >= 300 && key.1 == INVITE).then(|| client.ack_of_refusal(response));
                if let Some(ack) = ack {
                    client.phase = Phase::Completed(Some(ack.clone()));
                    self.doings.sends.push(Packet::Bytes(ack));
                }
                self.deadlines.disarm(&Timer::Resend(key.clone()));
                self.deadlines.disarm(&Timer::GiveUp(key.clone()));
                self.deadlines
                    .arm(Timer::Forget(key.clone()), self.uptime + 2 * PATIENCE);
            }
        }
        self.doings.faults.extend(flaws);
        if !repeats {
            self.answered(&key, status, response);
        }
    }

    fn answered(&mut self, key: &Key, status: u16, response: &Message) {
        let Some(client) = self.clients.get(key) else {
            return;
        };
        let (purpose, request, proves) = (
            client.purpose.clone(),
            client.request.clone(),
            client.proves,
        );
        if status == 401 {
            self.prove_and_repeat(request, purpose, proves, response);
            return;
        }
        match purpose {
            Purpose::Register => {
                self.register_answered(request.is_goodbye(), status, response);
                if self.registration.again {
                    self.send_register();
                }
            }
            Purpose::Invite(no) => self.invite_answered(no, key, status, response),
            Purpose::Reinvite(no) => self.reinvite_answered(no, key, status, response),
            Purpose::Bye(no) if status >= 200 => {
                self.remember_ended(no);
            }
            Purpose::Refer(_) => self.transfer_answered(status, response),
            Purpose::Refresh(no) if (200..300).contains(&status) => {
                self.goes_on(no, response, true);
            }
            Purpose::Line => self.subscribe_answered(status, response),
            Purpose::Report => self.report_answered(status, response),
            Purpose::Watch(call_id) => self.watch_answered(&call_id, status, response),
            Purpose::Handset if status >= 300 => {
                self.sees(format!("is not believed about its handset: {status}"));
            }
            Purpose::Text if status >= 300 => {
                let text = strict::reason_text(response);
                self.sees(format!("hears {status} {text}"));
            }
            Purpose::Prack(_) if status >= 300 => self.miss("a PRACK was refused"),
            Purpose::Prack(_) | Purpose::Refresh(_) | Purpose::Text | Purpose::Handset => {}
            Purpose::Info(_) if status >= 300 => {
                let text = strict::reason_text(response);
                self.sees(format!("hears {status} {text}"));
            }
            Purpose::Cancel(no) if status == 481 => {
                if self.calls.get(&no).is_some_and(|call| !call.excused) {
                    self.miss("a CANCEL found no INVITE");
                }
            }
            Purpose::Bye(_) | Purpose::Info(_) | Purpose::Cancel(_) => {}
        }
    }

    /// Once more, with credentials (RFC 3261 §22.2).
    fn prove_and_repeat(
        &mut self,
        mut request: Request,
        purpose: Purpose,
        proved: bool,
        response: &Message,
    ) {
        let challenges = response.headers(Name::WwwAuthenticate);
        let challenge = challenges
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .find(|value| {
                let algorithm = digest::param(value, "algorithm");
                matches!(algorithm, None | Some("MD5" | "SHA-256"))
            });
        let Some(challenge) = challenge else {
            return self.fault("a 401 without a challenge that can be met");
        };
        let stale = digest::param(&challenge, "stale").is_some_and(|stale| stale == "true");
        if proved && !stale {
            return self.fault("the password is right, and was refused");
        }
        self.known = Some(Known { challenge, used: 0 });
        match purpose {
            Purpose::Register => {
                self.registration.cseq += 1;
                request.cseq = self.registration.cseq;
                self.send(request, purpose);
            }
            Purpose::Invite(no)
            | Purpose::Reinvite(no)
            | Purpose::Bye(no)
            | Purpose::Info(no)
            | Purpose::Refresh(no)
            | Purpose::Prack(no)
            | Purpose::Refer(no) => {
                let Some(call) = self.calls.get_mut(&no) else {
                    return;
                };
                call.dialog.local_cseq += 1;
                request.cseq = call.dialog.local_cseq;
                if call.hangs_up && matches!(purpose, Purpose::Invite(_)) {
                    self.remember_ended(no);
                    return;
                }
                let key = self.send(request, purpose.clone());
                if let (Purpose::Invite(_), Some(call)) = (purpose, self.calls.get_mut(&no)) {
                    call.stage = Stage::Calling(key);
                }
            }
            Purpose::Text | Purpose::Report => {
                request.cseq += 1;
                self.send(request, purpose);
            }
            Purpose::Line => self.subscribe_again(request),
            Purpose::Watch(call_id) => self.watch_again(&call_id, request),
            Purpose::Handset => self.sees("is to prove that its handset moved"),
            Purpose::Cancel(_) => self.fault("a CANCEL was challenged"),
        }
    }

    fn register_answered(&mut self, is_goodbye: bool, status: u16, response: &Message) {
        match status {
            ..200 => {}
            200..300 if is_goodbye => self.registration.registered = false,
            200..300 => {
                let own = self.account.contact();
                let expires_s = response.contacts().find_map(|contact| {
                    let contact = contact.ok()?;
                    let Contact::Address(address) = contact else {
                        return None;
                    };
                    (address.uri.text == own).then(|| contact.expires())?
                });
                let Some(expires_s) = expires_s else {
                    return self.fault("registered, but the contact is not in the answer");
                };
                self.registration.registered = true;
                self.hear_what_is_wanted(response);
                let next = Duration::from_secs(u64::from(expires_s) / 2);
                self.deadlines.arm(Timer::Register, self.uptime + next);
            }
            _ => {
                let text = response.reason().to_owned();
                self.sees(format!("cannot register: {status} {text}"));
                self.register_later();
            }
        }
    }

    fn register_later(&mut self) {
        self.registration.registered = false;
        if !self.registration.leaving {
            let jitter = Duration::from_millis(self.random.random_range(0..10_000));
            self.deadlines
                .arm(Timer::Register, self.uptime + REGISTER_AGAIN + jitter);
        }
    }

    fn invite_answered(&mut self, no: CallNo, key: &Key, status: u16, response: &Message) {
        if !self.calls.contains_key(&no) {
            return;
        }
        match status {
            ..200 => self.invite_goes_on(no, key, status, response),
            200..300 => self.invite_accepted(no, key, response),
            _ => {
                let gave_up = self.remember_ended(no).is_some_and(|call| call.hangs_up);
                if !gave_up {
                    let text = strict::reason_text(response);
                    self.compare_refusals(&text, response);
                    self.sees(format!("hears {status} {text}"));
                }
            }
        }
    }

    /// An INVITE was heard of: whoever is asked now may take their time (RFC 3261 §17.1.1.2).
    fn wait_longer(&mut self, key: &Key) {
        self.deadlines.disarm(&Timer::Resend(key.clone()));
        let cancel = (key.0.clone(), CANCEL.to_owned());
        if !self.clients.contains_key(&cancel) {
            self.deadlines
                .arm(Timer::GiveUp(key.clone()), self.uptime + RING_PATIENCE);
        }
    }

    fn invite_goes_on(&mut self, no: CallNo, key: &Key, status: u16, response: &Message) {
        self.acknowledge_progress(no, response);
        let gives_up = self.calls[&no].hangs_up;
        let cancel = (key.0.clone(), CANCEL.to_owned());
        if gives_up && !self.clients.contains_key(&cancel) {
            self.give_up(no, key);
        } else if !gives_up && status == 180 {
            let call = self.calls.get_mut(&no).expect("it was just looked at");
            if !std::mem::replace(&mut call.heard_ringing, true) {
                self.sees("hears it ring");
            }
        } else if !gives_up && status == 182 {
            self.sees(format!("reads {:?}", response.reason()));
        } else if !gives_up && !response.body().is_empty() {
            let who = self.speaker(&response.body());
            let call = self.calls.get_mut(&no).expect("it was just looked at");
            let is_first = !std::mem::replace(&mut call.heard_ringing, true);
            match who.as_str() {
                "Perch" if is_first => self.sees("hears Perch say that it rings"),
                _ => self.sees(format!("hears {who} before the answer")),
            }
        }
    }

    fn invite_accepted(&mut self, no: CallNo, key: &Key, response: &Message) {
        let uptime = self.uptime;
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        call.dialog.complete(response);
        call.enter(uptime, Stage::Talking);
        call.learn(&response.body());
        let (gave_up, owes_answer) = (call.hangs_up, call.without_offer);
        self.acknowledge(no, key, owes_answer);
        let body = response.body();
        if body.is_empty() {
            self.fault("a 200 to an INVITE without a session description");
        }
        self.goes_on(no, response, true);
        if gave_up {
            self.end(no);
        } else if media::speaker(&body).as_deref() != Some("-") {
            let who = self.speaker(&body);
            if let Some(call) = self.calls.get_mut(&no) {
                call.hears = who.clone();
            }
            self.sees(format!("talks with {who}"));
        } else if let Some(call) = self.calls.get_mut(&no) {
            call.hears = match media::direction(&body) {
                // Nobody is there as yet: somebody may come.
                Direction::Neither => NOBODY_YET.to_owned(),
                _ => "Perch".to_owned(),
            };
        }
    }

    /// A refused login tells nobody what was wrong, not even by its looks.
    fn compare_refusals(&mut self, text: &str, response: &Message) {
        if text != "Login refused" {
            return;
        }
        let shape = strict::shape(response);
        let first = self.refused_login.get_or_insert_with(|| shape.clone());
        if *first != shape {
            let first = first.clone();
            self.fault(format!("refused logins differ:\n{first}\n{shape}"));
        }
    }

    /// The ACK of a 2xx, kept for the 2xx's retransmissions.
    fn acknowledge(&mut self, no: CallNo, key: &Key, owes_answer: bool) {
        let branch = self.mint("z9hG4bK");
        let Some((call, client)) = self.calls.get_mut(&no).zip(self.clients.get_mut(key)) else {
            return;
        };
        let mut ack = call.dialog.request(Method::Ack);
        ack.cseq = client.request.cseq;
        if owes_answer {
            let wants = call.wants;
            ack.body = Some((media::SDP, call.describe(&self.account, wants)));
        }
        let bytes = ack.bytes(&self.account, &branch);
        client.phase = Phase::Completed(Some(bytes.clone()));
        self.doings.sends.push(Packet::Bytes(bytes));
    }

    fn reinvite_answered(&mut self, no: CallNo, key: &Key, status: u16, response: &Message) {
        if status < 200 {
            return;
        }
        let is_ours = self.account.label.clone();
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        match status {
            200..300 => {
                if let Some(wants) = call.asked.take() {
                    call.wants = wants;
                }
                call.dialog.set_target(response);
                call.learn(&response.body());
                if key.1 == INVITE {
                    self.acknowledge(no, key, false);
                }
                self.goes_on(no, response, true);
                self.speaker(&response.body());
            }
            491 => {
                // RFC 3261 §14.1: whoever began the call waits longer.
                call.asks_again = call.asked.take();
                let began = call.dialog.call_id.starts_with(&is_ours);
                let millis = if began { 2100..4000 } else { 0..2000 };
                let wait = Duration::from_millis(self.random.random_range(millis) / 10 * 10);
                self.deadlines
                    .arm(Timer::ChangeAgain(no), self.uptime + wait);
            }
            408 | 481 => {
                self.remember_ended(no);
                self.sees(format!("finds the call gone ({status})"));
            }
            _ => {
                call.asked = None;
                let text = strict::reason_text(response);
                self.sees(format!("hears {status} {text}"));
            }
        }
    }

    /// Whose media it is. Nobody may have touched it on its way.
    pub fn speaker(&mut self, sdp: &[u8]) -> String {
        let who = media::speaker(sdp).unwrap_or_default();
        if who == "-" {
            return "Perch".into();
        }
        if !who.starts_with('@') && !media::is_untouched(sdp) {
            let text = String::from_utf8_lossy(sdp).into_owned();
            self.fault(format!("a description that no phone wrote:\n{text}"));
        }
        who
    }

    /// No final answer came in time.
    pub fn not_answered(&mut self, key: &Key) {
        let Some(client) = self.clients.remove(key) else {
            return;
        };
        self.deadlines.disarm(&Timer::Resend(key.clone()));
        if !client.excused {
            let line = strict::first_line(&client.sent);
            self.miss(format!("no answer to {line}"));
        }
        match client.purpose {
            Purpose::Register if self.registration.again => self.send_register(),
            Purpose::Register => self.register_later(),
            Purpose::Invite(no) => {
                let gave_up = self.remember_ended(no).is_some_and(|call| call.hangs_up);
                if !gave_up {
                    self.sees("hears nothing");
                }
            }
            Purpose::Reinvite(no) => {
                self.remember_ended(no);
                self.sees("finds the call gone");
            }
            Purpose::Bye(no) => {
                self.remember_ended(no);
            }
            Purpose::Cancel(_)
            | Purpose::Info(_)
            | Purpose::Refer(_)
            | Purpose::Refresh(_)
            | Purpose::Prack(_)
            | Purpose::Handset
            | Purpose::Report
            | Purpose::Line
            | Purpose::Watch(_)
            | Purpose::Text => {}
        }
    }

    /// RFC 3261 §8.1.3.1: whatever was not answered will not be. Soon it registers over a new connection.
    pub fn connection_lost(&mut self) {
        self.excuse_server();
        let open = self.clients.iter().filter(|(_, c)| !c.is_finished());
        let keys: Vec<Key> = open.map(|(key, _)| key.clone()).collect();
        for key in keys {
            let is_register = key.1 == "REGISTER";
            self.deadlines.disarm(&Timer::GiveUp(key.clone()));
            if !is_register {
                self.not_answered(&key);
            } else {
                self.clients.remove(&key);
            }
        }
        if !self.registration.leaving {
            self.registration.registered = false;
            self.deadlines
                .arm(Timer::Register, self.uptime + CONNECT_AGAIN);
        }
    }
}
