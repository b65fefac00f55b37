//! A SIP phone: speaks bytes, through `perch::sip::wire` alone, and is strict about what it hears.
//!
//! It is a user agent of its own (RFC 3261), written apart from the server's, so that both cannot be wrong alike.

mod call;
mod handset;
mod heard;
mod line;
mod media;
mod messages;
mod notices;
mod pracks;
mod refreshes;
mod said;
mod strict;
mod transactions;
mod transfers;
mod watches;

pub use strict::{reason_text, tag_of};

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use perch::pbx::Vendor;
use perch::sip::Transport;
use perch::time::Deadlines;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rsip::Method;

use super::phone::{CallSight, Doings, LOGIN_BY_TONES, Order, Packet, Phone, Stream};
use call::{Call, Dialog, Stage};
use media::Direction;
use transactions::{Client, Key, PATIENCE, Purpose, Request, Server, T1, T2};

/// What a phone calls itself of which nothing else is said.
pub const TEST_PHONE: &str = "perch-test-phone";

/// Numbers the calls of a phone.
pub type CallNo = u64;

/// What a phone is set up with.
#[derive(Clone, Debug)]
pub struct Account {
    /// What people call it; several may be one phone to the server.
    pub label: String,
    /// What it calls itself.
    pub user_agent: &'static str,
    /// What it registers as.
    pub name: String,
    pub password: String,
    /// Where it listens.
    pub address: SocketAddr,
    pub server: SocketAddr,
    pub transport: Transport,
    /// Whether it shows messages.
    pub takes_messages: bool,
    /// Whether it keeps its calls alive by refreshing them (RFC 4028).
    pub refreshes: bool,
    /// Whether it acknowledges provisional answers, and wants that of others (RFC 3262).
    pub pracks: bool,
    /// Whose it is, if it can be told to read its file again.
    pub make: Option<Vendor>,
    /// Whether it knows nothing of that, whosever it is.
    pub is_deaf: bool,
    /// Whether it takes its line before somebody dials, as it is another phone's, too.
    pub shares_line: bool,
    /// For how long it asks to be registered, in seconds.
    pub expires_s: u32,
}

impl Account {
    fn contact(&self) -> String {
        let (name, address, transport) = (&self.name, self.address, self.transport);
        format!("sip:{name}@{address};transport={}", transport.uri_token())
    }

    fn allow(&self) -> &'static str {
        if self.takes_messages {
            "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE"
        } else {
            "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY"
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    /// Send a request again.
    Resend(Key),
    /// No answer to it will come any more.
    GiveUp(Key),
    /// Forget that it was ever made.
    Forget(Key),
    /// Send the refusal of an INVITE again.
    Refuse(Key),
    ForgetServer(Key),
    /// Send a 2xx again that was not acknowledged.
    Resend2xx(CallNo),
    /// Try once more to hold or resume, after both sides wanted to at once.
    ChangeAgain(CallNo),
    /// Say that a call goes on.
    Refresh(CallNo),
    /// Nobody answers here, and the caller does not give up.
    StopRinging(CallNo),
    Register,
    /// Ask to be told for longer.
    Watch(String),
    /// Ask to be told again.
    WatchAnew(String),
}

#[derive(Debug)]
struct Registration {
    call_id: String,
    tag: String,
    cseq: u32,
    registered: bool,
    /// Whether it is to end.
    leaving: bool,
    /// Whether to ask once more, as soon as the last REGISTER is answered.
    again: bool,
    expires_s: u32,
}

/// A challenge that was met once and may be met again without asking.
#[derive(Clone, Debug)]
struct Known {
    challenge: String,
    used: u32,
}

pub struct SipPhone {
    account: Account,
    random: StdRng,
    uptime: Duration,
    powered: bool,
    /// When it was last switched on, if ever off: it may be asked about calls that it knows nothing of.
    blank_since: Option<Duration>,
    registration: Registration,
    known: Option<Known>,
    /// What a refused login looked like: every other one must look the same (SES-8).
    refused_login: Option<String>,
    calls: BTreeMap<CallNo, Call>,
    last_call: CallNo,
    /// Dialogs that were, by Call-ID: something may still be on its way.
    ended: BTreeMap<String, Duration>,
    /// Transfers that the server has accepted and not ended yet, by the Call-ID of their REFER.
    transfers: BTreeSet<String>,
    /// Whether its lamp says that messages wait.
    message_lamp: bool,
    /// Whether it was asked to tell of its handset.
    tells_of_handset: bool,
    /// The line that it has taken.
    taken: Option<handset::Taken>,
    /// The indexes of its line that are in use, if it watches that.
    in_use: Option<BTreeSet<u8>>,
    /// What it watches, by Call-ID.
    watches: BTreeMap<String, watches::Watch>,
    /// Those whose end the phone heard of before it heard that they were accepted.
    told_early: BTreeSet<String>,
    clients: BTreeMap<Key, Client>,
    servers: BTreeMap<Key, Server>,
    deadlines: Deadlines<Timer>,
    doings: Doings,
}

/// What media a caller proposes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offer {
    Usual,
    /// Nothing that Perch itself speaks.
    Strange,
    /// It leaves that to the other side.
    None,
}

impl SipPhone {
    /// A phone that was just switched on: it registers.
    pub fn new(account: Account, seed: u64, uptime: Duration) -> SipPhone {
        let mut phone = SipPhone {
            registration: Registration {
                call_id: format!("register-{}", account.label),
                tag: String::new(),
                cseq: 0,
                registered: false,
                leaving: false,
                again: false,
                expires_s: account.expires_s,
            },
            account,
            random: StdRng::seed_from_u64(seed),
            uptime,
            powered: true,
            blank_since: None,
            known: None,
            refused_login: None,
            calls: BTreeMap::new(),
            last_call: 0,
            ended: BTreeMap::new(),
            transfers: BTreeSet::new(),
            message_lamp: false,
            tells_of_handset: false,
            taken: None,
            in_use: None,
            watches: BTreeMap::new(),
            told_early: BTreeSet::new(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            deadlines: Deadlines::default(),
            doings: Doings::default(),
        };
        phone.registration.tag = phone.mint("r");
        phone.register();
        phone
    }

    fn sees(&mut self, sight: impl Into<String>) {
        self.doings.sights.push(sight.into());
    }

    fn fault(&mut self, fault: impl Into<String>) {
        self.doings.faults.push(fault.into());
    }

    fn miss(&mut self, miss: impl Into<String>) {
        self.doings.misses.push(miss.into());
    }

    fn mint(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016x}", self.random.random::<u64>())
    }

    fn own_address(&self) -> String {
        format!("<sip:{}@{}>", self.account.name, self.account.server)
    }

    fn vanish(&mut self) {
        self.powered = false;
        self.registration.registered = false;
        self.calls.clear();
        self.transfers.clear();
        self.watches.clear();
        self.in_use = None;
        self.clients.clear();
        self.servers.clear();
        self.deadlines = Deadlines::default();
        self.known = None;
    }

    fn come_back(&mut self) {
        if !std::mem::replace(&mut self.powered, true) {
            self.blank_since = Some(self.uptime);
            self.message_lamp = false;
            self.registration.call_id += "-again";
        }
        self.register();
    }

    fn dial(&mut self, digits: &str, offer: Offer) {
        let index = self.index_taken();
        self.dial_at(digits, offer, index);
    }

    fn dial_at(&mut self, digits: &str, offer: Offer, index: Option<u8>) {
        self.last_call += 1;
        let no = self.last_call;
        let local_tag = self.mint("c");
        let uri = format!("sip:{digits}@{}", self.account.server);
        let dialog = Dialog {
            call_id: self.mint(&self.account.label.clone()),
            local: format!("{};tag={local_tag}", self.own_address()),
            local_tag,
            remote: format!("<{uri}>"),
            remote_tag: None,
            target: uri,
            local_cseq: 0,
            remote_cseq: None,
        };
        let unsent = Stage::Calling((String::new(), String::new()));
        let mut call = Call::new(self.uptime, dialog, unsent);
        call.without_offer = offer == Offer::None;
        call.is_dialling = digits == LOGIN_BY_TONES;
        let mut request = call.dialog.request(Method::Invite);
        call.index = index;
        let header = index.map(|index| self.call_info(index));
        request.headers.extend(header);
        let described = match offer {
            Offer::Usual => Some(call.describe(&self.account, Direction::Both)),
            Offer::Strange => Some(media::strange(self.account.address)),
            Offer::None => None,
        };
        request.body = described.map(|offer| (media::SDP, offer));
        self.calls.insert(no, call);
        let key = self.send(request, Purpose::Invite(no));
        if let Some(call) = self.calls.get_mut(&no) {
            call.stage = Stage::Calling(key);
        }
    }

    /// The latest call at a given stage.
    fn call_that(&self, fits: impl Fn(&Call) -> bool, wish: &str) -> Result<CallNo, String> {
        let found = self.calls.iter().rev().find(|(_, call)| fits(call));
        let name = &self.account.label;
        let no_such = || format!("{name} has no call {wish}");
        found.map(|(no, _)| *no).ok_or_else(no_such)
    }

    fn ringing_call(&self) -> Result<CallNo, String> {
        self.call_that(|c| matches!(c.stage, Stage::Ringing(_)), "that rings")
    }

    fn hang_up(&mut self) -> Result<(), String> {
        let fits = |call: &Call| {
            !call.hangs_up && !matches!(call.stage, Stage::Ringing(_) | Stage::Ending)
        };
        let no = self.call_that(fits, "to hang up")?;
        match self.calls[&no].stage.clone() {
            Stage::Calling(key) => self.give_up(no, &key),
            _ => self.end(no),
        }
        Ok(())
    }

    /// Holds or resumes.
    fn change(&mut self, wants: Direction, by: Method) -> Result<(), String> {
        let fits = |call: &Call| {
            call.stage == Stage::Talking && call.wants != wants && !call.is_changing()
        };
        let no = self.call_that(fits, "to hold or resume")?;
        if let Some(call) = self.calls.get_mut(&no) {
            call.holds_alone = false;
        }
        self.reinvite(no, wants, by);
        Ok(())
    }

    /// By the call that was begun or answered last.
    fn press_digit(&mut self, digit: char) -> Result<(), String> {
        let no = self.call_that(|call| call.stage == Stage::Talking, "to send a digit in")?;
        let call = self.calls.get_mut(&no).expect("it was just found");
        let mut request = call.dialog.request(Method::Info);
        let body = format!("Signal={digit}\r\nDuration=160\r\n");
        request.body = Some(("application/dtmf-relay", body.into()));
        self.send(request, Purpose::Info(no));
        Ok(())
    }

    fn remember_ended(&mut self, no: CallNo) -> Option<Call> {
        let call = self.calls.remove(&no)?;
        self.deadlines.disarm(&Timer::Resend2xx(no));
        self.deadlines.disarm(&Timer::ChangeAgain(no));
        self.deadlines.disarm(&Timer::StopRinging(no));
        self.deadlines.disarm(&Timer::Refresh(no));
        let until = self.uptime + 2 * PATIENCE;
        self.ended.retain(|_, until| *until > self.uptime);
        self.ended.insert(call.dialog.call_id.clone(), until);
        Some(call)
    }

    fn due(&mut self, timer: Timer) {
        match timer {
            Timer::Resend(key) => self.resend(key),
            Timer::GiveUp(key) => self.not_answered(&key),
            Timer::Forget(key) => {
                self.clients.remove(&key);
            }
            Timer::Refuse(key) => self.refuse_again(key),
            Timer::ForgetServer(key) => {
                self.servers.remove(&key);
                self.deadlines.disarm(&Timer::Refuse(key));
            }
            Timer::Resend2xx(no) => self.resend_2xx(no),
            Timer::ChangeAgain(no) => {
                let call = self.calls.get_mut(&no);
                if let Some(wants) = call.and_then(|call| call.asks_again.take()) {
                    self.reinvite(no, wants, Method::Invite);
                }
            }
            Timer::Refresh(no) => self.refresh(no),
            Timer::StopRinging(no) => {
                if self.calls.get(&no).is_some_and(|call| !call.excused) {
                    self.miss("it rang for ever");
                }
                self.refuse_call(no, 480);
            }
            Timer::Register => self.register(),
            Timer::Watch(call_id) => self.watch_on(&call_id, 3600),
            Timer::WatchAnew(call_id) => self.watch_anew(&call_id),
        }
    }
}

impl Phone for SipPhone {
    fn order(&mut self, uptime: Duration, order: &Order) -> Result<(), String> {
        self.uptime = uptime;
        if !self.powered && *order != Order::ComeBack {
            return Err(format!("{} is not plugged in", self.account.label));
        }
        match order {
            // What a Request-URI cannot hold is escaped (RFC 3261 §25.1).
            Order::Dial(digits) => self.dial(&digits.replace('#', "%23"), Offer::Usual),
            Order::DialRaw(digits) => self.dial(digits, Offer::Usual),
            Order::DialWithoutOffer(digits) => self.dial(digits, Offer::None),
            Order::DialWithStrangeMedia(digits) => self.dial(digits, Offer::Strange),
            Order::Answer => {
                let no = self.ringing_call()?;
                self.answer_call(no);
            }
            Order::PlayEarly => {
                let no = self.ringing_call()?;
                self.play_early(no);
            }
            Order::Decline => {
                let no = self.ringing_call()?;
                self.refuse_call(no, 603);
            }
            Order::IsBusy => {
                let no = self.ringing_call()?;
                self.refuse_call(no, 486);
            }
            Order::SendOn(numbers) => {
                let no = self.ringing_call()?;
                self.send_on(no, numbers);
            }
            Order::HangUp => self.hang_up()?,
            Order::Transfer(number) => self.transfer(number, true, false)?,
            Order::TransferQuietly(number) => self.transfer(number, false, false)?,
            Order::TransferFromOutside(number) => self.transfer(number, true, true)?,
            Order::JoinCalls => self.join_calls()?,
            Order::Hold => self.change(Direction::SendOnly, Method::Invite)?,
            Order::HoldAlone => self.hold_alone()?,
            Order::TakeCall(index) => {
                let own = self.account.name.clone();
                self.dial_at(&own, Offer::Usual, Some(*index));
            }
            Order::HoldByUpdate => self.change(Direction::SendOnly, Method::Update)?,
            Order::Resume => self.change(Direction::Both, Method::Invite)?,
            Order::ReportMessages(mailbox, counts) => self.report_messages(mailbox, *counts),
            Order::Write(number, text) => self.write_text(number, text),
            Order::PressDigit(digit) => self.press_digit(*digit)?,
            Order::Type(digits) => {
                for digit in digits.chars() {
                    self.press_digit(digit)?;
                }
            }
            Order::Vanish => self.vanish(),
            Order::ComeBack if self.powered && !self.registration.leaving => {
                return Err(format!("{} has not gone", self.account.label));
            }
            Order::ComeBack => self.come_back(),
            Order::Unregister => self.unregister(),
            Order::Consult(_) => {
                return Err("a SIP phone holds and dials before it joins its calls".into());
            }
            Order::OffHook => self.move_handset(true)?,
            Order::OffHookFor(index) => self.take_line(Some(*index)),
            Order::OnHook => self.move_handset(false)?,
            Order::Watch(what) => self.watch(what),
            Order::Unwatch(what) => self.unwatch(what)?,
            Order::PressKey
            | Order::PressSoftkey(_)
            | Order::PressButton(_)
            | Order::PressLine(_) => {
                return Err("a SIP phone does not tell of its keys".into());
            }
        }
        Ok(())
    }

    fn receive(&mut self, uptime: Duration, packet: Packet) {
        self.uptime = uptime;
        match packet {
            _ if !self.powered => {}
            Packet::Bytes(bytes) => {
                let message = strict::read(bytes, &mut self.doings.faults);
                match message {
                    Some(message) if message.is_request() => self.hear_request(message),
                    Some(message) => self.hear_response(&message),
                    None => {}
                }
            }
            Packet::ConnectionLost => self.connection_lost(),
            Packet::Event(_) | Packet::Action(_) => {
                self.fault("somebody spoke something else than SIP");
            }
        }
    }

    fn wake(&mut self, uptime: Duration) {
        self.uptime = uptime;
        while let Some(timer) = self.deadlines.pop_due(uptime) {
            self.due(timer);
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.next()
    }

    fn take_doings(&mut self) -> Doings {
        std::mem::take(&mut self.doings)
    }

    fn calls(&self) -> Vec<CallSight> {
        let calls = self.calls.iter();
        calls.map(|(number, call)| call.sight(*number)).collect()
    }

    fn excuse_server(&mut self) {
        self.blank_since = Some(self.uptime);
        for call in self.calls.values_mut() {
            call.excused = true;
        }
        self.transfers.clear();
        for client in self.clients.values_mut() {
            client.excused = true;
        }
    }

    fn is_registered(&self) -> bool {
        self.registration.registered
    }

    fn unfinished(&self) -> Vec<String> {
        let open = self.clients.values().filter(|c| !c.is_finished());
        let requests = open.map(|c| format!("waits for {}", strict::first_line(&c.sent)));
        let calls = self
            .calls
            .values()
            .map(|c| format!("has a call: {:?}", c.stage));
        let transfers = self
            .transfers
            .iter()
            .map(|call_id| format!("is not told what became of a transfer: {call_id}"));
        requests.chain(calls).chain(transfers).collect()
    }

    fn streams(&self) -> Vec<Stream> {
        let calls = self.calls.iter();
        calls
            .filter_map(|(number, call)| call.stream(*number))
            .collect()
    }
}
