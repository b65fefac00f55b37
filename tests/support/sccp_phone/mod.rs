//! An SCCP phone: speaks bytes, by `perch::sccp::wire` alone, and is strict about what it hears.
//!
//! It is any of several models, each in its own version and manner. It believes nothing that it was not told: lines,
//! softkeys and calls are those that the server named, and whatever does not fit them is a fault.

mod acting;
mod call;
mod desk;
mod elsewhere;
mod heard;
mod kind;
mod registering;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use perch::sccp::wire::{CallState as State, Dialect, FromPhone};
use perch::time::Deadlines;

use super::phone::{CallSight, Doings, Order, Packet, Phone, Stream};
use call::{Call, Wish};
use desk::Desk;
use elsewhere::Elsewhere;
pub use kind::{KINDS, Kind};
use registering::{Progress, Question};

/// How long a phone waits before it tries again to register.
const AGAIN: Duration = Duration::from_secs(5);

/// After so many keep-alives without an answer the server is gone.
const UNANSWERED: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    /// Look what changed, once everything that comes at this moment has come.
    Look,
    /// Say that it is there.
    KeepAlive,
    /// An answer is late.
    Registering,
    /// Come back.
    Return,
}

pub struct SccpPhone {
    /// What people call it.
    label: String,
    /// What it registers as.
    name: String,
    kind: &'static Kind,
    /// Where it takes media.
    address: SocketAddr,
    uptime: Duration,
    powered: bool,
    progress: Progress,
    dialect: Dialect,
    keep_alive: Duration,
    /// Keep-alives without an answer.
    unanswered: u32,
    questions: VecDeque<Question>,
    asked: Option<Question>,
    desk: Desk,
    calls: BTreeMap<u32, Call>,
    /// Calls at other phones with the same lines.
    elsewhere: BTreeMap<u32, Elsewhere>,
    /// Lines on which there is one less of them.
    freed: Vec<u32>,
    /// Whom it remembers, by call.
    call_history: BTreeMap<u32, String>,
    last_call: u64,
    last_port: u16,
    /// What is to be dialled as soon as there is a call to dial it in.
    to_dial: Vec<char>,
    /// Whether the call that is being dialled takes another's place.
    transfers: bool,
    is_off_hook: bool,
    /// Whether somebody lifted the handset without a call, and will say when it comes down.
    is_left_lying: bool,
    /// Whether it was told to restart during a call.
    resets_later: bool,
    /// Whether its lamp says that messages wait.
    message_lamp: bool,
    /// What it showed last while nothing went on.
    last_note: String,
    /// What somebody has read at this moment already.
    read: Option<(Duration, String)>,
    deadlines: Deadlines<Timer>,
    doings: Doings,
}

impl SccpPhone {
    /// A phone that was just switched on: it registers.
    pub fn new(
        label: &str,
        name: &str,
        kind: &'static Kind,
        address: SocketAddr,
        uptime: Duration,
    ) -> SccpPhone {
        let mut phone = SccpPhone {
            label: label.to_owned(),
            name: name.to_owned(),
            kind,
            address,
            uptime,
            powered: true,
            progress: Progress::Away,
            dialect: Dialect::default(),
            keep_alive: Duration::ZERO,
            unanswered: 0,
            questions: VecDeque::new(),
            asked: None,
            desk: Desk::default(),
            calls: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            freed: Vec::new(),
            call_history: BTreeMap::new(),
            last_call: 0,
            last_port: 0,
            to_dial: Vec::new(),
            transfers: false,
            is_off_hook: false,
            is_left_lying: false,
            resets_later: false,
            message_lamp: false,
            last_note: String::new(),
            read: None,
            deadlines: Deadlines::default(),
            doings: Doings::default(),
        };
        phone.register();
        phone
    }

    fn say(&mut self, message: impl Into<FromPhone>) {
        let frame = message.into().to_frame(self.dialect);
        self.doings.sends.push(Packet::Bytes(frame.bytes()));
    }

    fn sees(&mut self, sight: impl Into<String>) {
        self.doings.sights.push(sight.into());
    }

    /// What is shown in two places at once is read once.
    fn reads(&mut self, text: &str) {
        let now = (self.uptime, text.to_owned());
        if self.read.as_ref() != Some(&now) {
            self.read = Some(now);
            self.sees(format!("reads \"{text}\""));
        }
    }

    fn fault(&mut self, fault: impl Into<String>) {
        self.doings.faults.push(fault.into());
    }

    fn miss(&mut self, miss: impl Into<String>) {
        self.doings.misses.push(miss.into());
    }

    fn next_port(&mut self) -> u16 {
        self.last_port = (self.last_port + 2) % 10_000;
        20_000 + self.last_port
    }

    /// Looks again once everything that comes at this moment has come.
    fn look_again(&mut self) {
        self.deadlines.arm(Timer::Look, self.uptime);
    }

    /// What a connection that is no more has meant.
    fn forget_server(&mut self) {
        self.dialect = Dialect::default();
        self.unanswered = 0;
        self.questions.clear();
        self.asked = None;
        self.desk = Desk::default();
        self.to_dial.clear();
        self.elsewhere.clear();
        self.freed.clear();
        self.transfers = false;
        self.resets_later = false;
        self.deadlines = Deadlines::default();
    }

    /// Closes the connection.
    fn hang_up_connection(&mut self) {
        self.forget_server();
        self.calls.clear();
        self.progress = Progress::Away;
        self.doings.sends.push(Packet::ConnectionLost);
    }

    fn register_later(&mut self) {
        self.progress = Progress::Away;
        self.deadlines.arm(Timer::Return, self.uptime + AGAIN);
    }

    fn has_left(&mut self) {
        if self.progress != Progress::Leaving {
            return self.fault("an UnregisterAck that nobody asked for");
        }
        self.hang_up_connection();
    }

    fn due(&mut self, timer: &Timer) {
        match timer {
            Timer::Look => self.look(),
            Timer::KeepAlive => {
                self.unanswered += 1;
                if self.unanswered > UNANSWERED {
                    self.miss("keep-alives are not answered");
                    self.hang_up_connection();
                    return self.register_later();
                }
                self.say(FromPhone::KeepAlive);
                self.deadlines
                    .arm(Timer::KeepAlive, self.uptime + self.keep_alive);
            }
            Timer::Registering => self.not_registered_in_time(),
            Timer::Return => self.register(),
        }
    }

    /// Everything that comes at this moment has come: what somebody makes of it.
    fn look(&mut self) {
        self.dial_on();
        self.transfer_on();
        self.look_elsewhere();
        let mut heard = Vec::new();
        for call in self.calls.values_mut() {
            let is_on = call.state == State::Connected && call.wish == Wish::Talk;
            if is_on && call.sending.is_none() && call.talked_with.is_some() && !call.is_held {
                call.is_held = true;
                heard.push("is held".to_owned());
            }
            if call.is_done() && call.is_confirmed {
                heard.push(format!("hears \"{}\"", call.text));
            } else if call.is_done() {
                heard.push(format!("hears {}", call.text));
            }
        }
        for sight in heard {
            self.sees(sight);
        }
        if self.calls.values().any(Call::is_done) {
            self.transfers = false;
        }
        if self.calls.values().any(Call::is_done)
            && let Err(why) = self.hang_up()
        {
            self.fault(why);
        }
        if self.resets_later && self.calls.is_empty() {
            self.hang_up_connection();
            self.deadlines.arm(Timer::Return, self.uptime);
        }
    }
}

impl Phone for SccpPhone {
    fn order(&mut self, uptime: Duration, order: &Order) -> Result<(), String> {
        self.uptime = uptime;
        self.obey(order)
    }

    fn receive(&mut self, uptime: Duration, packet: Packet) {
        self.uptime = uptime;
        match packet {
            _ if !self.powered => {}
            Packet::Bytes(bytes) => self.hear(&bytes),
            Packet::ConnectionLost => {
                self.forget_server();
                self.calls.clear();
                self.register_later();
            }
            Packet::Event(_) | Packet::Action(_) => self.fault("somebody speaks no SCCP"),
        }
    }

    fn wake(&mut self, uptime: Duration) {
        self.uptime = uptime;
        while let Some(timer) = self.deadlines.pop_due(uptime) {
            let is_look = timer == Timer::Look;
            self.due(&timer);
            // What was just said may be answered at this moment, before anything else is done.
            if is_look {
                return;
            }
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.next()
    }

    fn take_doings(&mut self) -> Doings {
        std::mem::take(&mut self.doings)
    }

    fn calls(&self) -> Vec<CallSight> {
        self.calls.values().map(Call::sight).collect()
    }

    fn excuse_server(&mut self) {
        for call in self.calls.values_mut() {
            call.excused = true;
        }
    }

    fn is_registered(&self) -> bool {
        self.progress == Progress::Registered
    }

    fn unfinished(&self) -> Vec<String> {
        let calls = self.calls.values();
        let calls = calls.map(|call| format!("has a call: {:?}", call.state));
        let asked = self.asked.as_ref();
        let asked = asked.map(|question| format!("waits for {:?}", question.answer));
        calls.chain(asked).collect()
    }

    fn streams(&self) -> Vec<Stream> {
        self.calls.values().filter_map(Call::stream).collect()
    }

    fn call_history(&self) -> Vec<String> {
        self.call_history.values().cloned().collect()
    }

    fn buttons(&self) -> Vec<String> {
        self.desk.beside_buttons()
    }
}
