//! What every phone of the tests is, whatever protocol it speaks: a driver for a protocol is one `impl Phone`.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use perch::pbx::{Action, Event};

/// What is dialled to be asked for user and PIN.
pub const LOGIN_BY_TONES: &str = "*11";

/// What a phone and the server exchange.
#[derive(Clone, Debug)]
pub enum Packet {
    /// A whole message of a protocol, as bytes.
    Bytes(Bytes),
    /// The stream connection to the server broke.
    ConnectionLost,
    /// To the bare core, from a phone whose protocol is not built yet.
    Event(Event),
    /// From the bare core, to such a phone.
    Action(Action),
}

/// What somebody at a phone does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    Dial(String),
    /// Dials what a Request-URI should not hold as it is.
    DialRaw(String),
    /// Dials, and leaves it to the other side to say first what media it has.
    DialWithoutOffer(String),
    Answer,
    /// Plays something to the caller before it is answered.
    PlayEarly,
    /// Does not take the call that rings.
    Decline,
    /// The same, saying "busy".
    IsBusy,
    /// Sends the call that rings on to other numbers, the first of them preferred.
    SendOn(Vec<String>),
    HangUp,
    /// Hands the latest call on to a number.
    Transfer(String),
    /// The same, and does not want to be told what becomes of it.
    TransferQuietly(String),
    /// The same, by a request outside of the call.
    TransferFromOutside(String),
    /// Joins the two calls that it has.
    JoinCalls,
    /// Lets the latest call wait, to ask at a number whether it may be handed on.
    Consult(String),
    Hold,
    /// The same by a request that needs no acknowledgement.
    HoldByUpdate,
    /// The same, so that nobody takes the call meanwhile at another phone of the line.
    HoldAlone,
    /// Takes the call that its line shows under an index.
    TakeCall(u8),
    Resume,
    /// As a voicemail system: says how many new and old messages wait in a mailbox.
    ReportMessages(String, (u32, u32)),
    /// Sends a text to a number.
    Write(String, String),
    PressDigit(char),
    /// One key after the other, all at once.
    Type(String),
    /// Dials, and has no codec that Perch has.
    DialWithStrangeMedia(String),
    /// Pulls the plug: no goodbye.
    Vanish,
    /// Puts it in again.
    ComeBack,
    /// Tells the server that it goes.
    Unregister,
    OffHook,
    /// Lifts to make the call that its line shows under an index, whoever has that by now.
    OffHookFor(u8),
    OnHook,
    PressKey,
    /// The softkey that says this.
    PressSoftkey(String),
    /// The key beside which this stands.
    PressButton(String),
    /// The button of a line, from 1.
    PressLine(u32),
    /// Wants to be told how something stands from now on.
    Watch(Watched),
    /// Does not any more.
    Unwatch(Watched),
}

/// What somebody watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The calls of a number.
    Calls(String),
    /// Whether somebody has a number.
    Presence(String),
    /// The calls of all numbers that the phone has lamps for.
    Lamps,
    /// The calls of its own line, which other phones have, too.
    Line,
}

impl Watched {
    /// The event package that it is.
    pub fn package(&self) -> &'static str {
        match self {
            Watched::Calls(_) | Watched::Lamps => "dialog",
            Watched::Presence(_) => "presence",
            Watched::Line => "call-info",
        }
    }

    /// The user part of what is subscribed to by a phone of that name.
    pub fn user<'a>(&'a self, phone: &'a str) -> &'a str {
        match self {
            Watched::Line => phone,
            Watched::Calls(number) | Watched::Presence(number) => number,
            Watched::Lamps => "blf",
        }
    }

    /// As people say it.
    pub fn words(&self) -> String {
        match self {
            Watched::Calls(number) => number.clone(),
            Watched::Presence(number) => format!("presence of {number}"),
            Watched::Lamps => "its lamps".to_owned(),
            Watched::Line => "its line".to_owned(),
        }
    }
}

/// What somebody sees of the lamp that says that messages wait.
pub fn lamp_words(is_on: bool) -> &'static str {
    match is_on {
        true => "has a message waiting",
        false => "has no message waiting any more",
    }
}

/// What came of something that a phone did.
#[derive(Default)]
pub struct Doings {
    pub sends: Vec<Packet>,
    /// Keys that go along with the sound, and to whom.
    pub keys: Vec<(SocketAddr, char)>,
    /// What somebody at the phone sees and hears.
    pub sights: Vec<String>,
    /// What the server did and must never do.
    pub faults: Vec<String>,
    /// What the server owed and did not do; where packets get lost this may happen.
    pub misses: Vec<String>,
}

/// A call as somebody at the phone has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSight {
    pub state: CallState,
    /// Since when it is in this state (uptime).
    pub since: Duration,
    /// Which call of this phone's.
    pub number: u64,
    /// Whether the server is asking for user and PIN: that is dialling, only slower.
    pub is_dialling: bool,
    /// Whether the server may have lost it from its sight, through nobody's fault but the test's.
    pub excused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Dialled; nobody has answered.
    Calling,
    /// It rings here.
    Ringing,
    Talking,
    /// Put on hold here.
    Holding,
    /// Hung up; the other side has not said that it knows.
    Ending,
}

/// The media of a call as a phone has it, for whoever really sends and hears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Tells it from others of this phone; one that is begun anew is another.
    pub id: u64,
    /// The port where it listens, while it does.
    pub listens: Option<u16>,
    /// What it sends, while it does.
    pub sends: Option<Sends>,
}

/// Where sound is sent to, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sends {
    pub to: SocketAddr,
    pub payload_type: u8,
    /// How much sound a packet has.
    pub packet_ms: u32,
}

/// A phone, and whoever sits at it.
pub trait Phone {
    /// Somebody does something. An order that makes no sense now is an error of the script.
    fn order(&mut self, uptime: Duration, order: &Order) -> Result<(), String>;
    fn receive(&mut self, uptime: Duration, packet: Packet);
    fn wake(&mut self, uptime: Duration);
    fn next_deadline(&self) -> Option<Duration>;
    fn take_doings(&mut self) -> Doings;
    fn calls(&self) -> Vec<CallSight>;
    /// The server was killed, or the network to it: what is under way need not come to a good end.
    fn excuse_server(&mut self);
    /// Whether the server told it that it is registered.
    fn is_registered(&self) -> bool;
    /// What is not finished, in words; empty when all is quiet.
    fn unfinished(&self) -> Vec<String>;
    /// The media of its calls.
    fn streams(&self) -> Vec<Stream> {
        Vec::new()
    }
    /// Whom it remembers to have called or to have been called by, if it has a list of them.
    fn call_history(&self) -> Vec<String> {
        Vec::new()
    }
    /// What stands beside its buttons, if it has any.
    fn buttons(&self) -> Vec<String> {
        Vec::new()
    }
}
