//! An SCCP phone at a socket: as much of one as an attack needs to get anywhere, or a neighbour to live beside it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use perch::pbx::{Digit, Secret};
use perch::sccp::wire::{
    CallState, CapabilitiesRes, Capability, Codec, Dialect, EnblocCall, Features, Framer,
    FromPhone, KeypadButton, LineStatReq, MediaStatus, OffHook, OnHook, OpenReceiveChannelAck,
    Register, RegisterTokenReq, SoftKeyEvent, SoftKeyTemplateRes, SpeedDialStatReq, Stimulus,
    StimulusEvent, ToPhone, Unregister, Version,
};
use socket2::{Domain, Socket, Type};

use crate::wire_phone::{Pipe, tls};

/// How long something may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// The ports for SCCP, before the offset.
pub const PLAIN: u16 = 2000;
pub const SECURE: u16 = 2443;

/// What makes the server listen for SCCP under TLS.
pub const BOTH_PORTS: &str = "[ports]\nsccps = 2443\n";

/// A model: what it calls itself, the newest version that it speaks, what it can, and whether it has softkeys.
#[derive(Debug)]
pub struct Kind {
    pub model: &'static str,
    pub device_type: u32,
    pub offer: u8,
    features: [u8; 3],
    has_soft_keys: bool,
}

pub const KINDS: [Kind; 5] = [
    Kind {
        model: "7960",
        device_type: 7,
        offer: 11,
        features: [0x00, 0x60, 0x85],
        has_soft_keys: true,
    },
    Kind {
        model: "7910",
        device_type: 6,
        offer: 3,
        features: [0; 3],
        has_soft_keys: false,
    },
    Kind {
        model: "6921",
        device_type: 495,
        offer: 17,
        features: [0x20, 0x70, 0x85],
        has_soft_keys: true,
    },
    Kind {
        model: "7975",
        device_type: 437,
        offer: 20,
        features: [0x00, 0x72, 0x85],
        has_soft_keys: true,
    },
    Kind {
        model: "8945",
        device_type: 585,
        offer: 22,
        features: [0x20, 0x72, 0x85],
        has_soft_keys: true,
    },
];

/// A call as it was told of last.
#[derive(Clone, Debug)]
pub struct Told {
    pub line: u32,
    pub state: CallState,
    /// Whether sound is sent.
    pub talks: bool,
}

pub struct Station {
    pub name: String,
    pub kind: &'static Kind,
    pub local: SocketAddr,
    pub dialect: Dialect,
    pub calls: BTreeMap<u32, Told>,
    /// The last channel for media that it was asked to open.
    pub channel: u32,
    pub end: TcpStream,
    pipe: Box<dyn Pipe>,
    framer: Framer,
    softkeys: SoftKeyTemplateRes,
}

/// A connection to the server, and not a byte said.
pub fn connect(host: Ipv4Addr, server: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((host, 0)).into())?;
    socket.connect(&server.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn gone() -> io::Error {
    ErrorKind::UnexpectedEof.into()
}

impl Station {
    /// A phone that is connected, and has said nothing.
    pub fn at(host: Ipv4Addr, name: &str, kind: &'static Kind, server: SocketAddr) -> Station {
        Station::over(false, host, name, kind, server).expect("it listens")
    }

    /// The same under TLS, whose handshake is yet to come.
    pub fn secure(host: Ipv4Addr, name: &str, kind: &'static Kind, server: SocketAddr) -> Station {
        Station::over(true, host, name, kind, server).expect("it listens")
    }

    /// The same under TLS or not, if the server takes it.
    pub fn over(
        is_secure: bool,
        host: Ipv4Addr,
        name: &str,
        kind: &'static Kind,
        server: SocketAddr,
    ) -> io::Result<Station> {
        let stream = connect(host, server)?;
        let end = stream.try_clone()?;
        let local = stream.local_addr()?;
        let pipe: Box<dyn Pipe> = match is_secure {
            true => Box::new(tls(stream, server)),
            false => Box::new(stream),
        };
        Ok(Station {
            name: name.to_owned(),
            kind,
            local,
            dialect: Dialect::default(),
            calls: BTreeMap::new(),
            channel: 0,
            end,
            pipe,
            framer: Framer::new(),
            softkeys: SoftKeyTemplateRes::default(),
        })
    }

    pub fn say(&mut self, message: impl Into<FromPhone>) -> io::Result<()> {
        let frame = message.into().to_frame(self.dialect);
        self.write(&frame.bytes())
    }

    /// Writes bytes where messages would be.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pipe.write_all(bytes)?;
        self.pipe.flush()
    }

    /// The next message. What a phone does by itself then is done.
    pub fn hear(&mut self) -> io::Result<ToPhone> {
        loop {
            let next = self.framer.next();
            if let Some(frame) = next.map_err(io::Error::other)? {
                let message = ToPhone::decode(self.dialect, &frame).expect("what phones know");
                self.heed(&message)?;
                return Ok(message);
            }
            let mut buffer = [0; 4096];
            match self.pipe.read(&mut buffer)? {
                0 => return Err(gone()),
                length => self.framer.push(&buffer[..length]),
            }
        }
    }

    fn heed(&mut self, message: &ToPhone) -> io::Result<()> {
        match message {
            ToPhone::RegisterAck(ack) => {
                let version = Version::new(ack.protocol_version).expect("a version");
                let features = Features(self.kind.features);
                self.dialect = Dialect::agree(self.kind.offer, features, version);
            }
            ToPhone::SoftKeyTemplateRes(keys) => self.softkeys = keys.clone(),
            ToPhone::CallState(told) if told.state == CallState::OnHook => {
                self.calls.remove(&told.call);
            }
            ToPhone::CallState(told) => {
                let call = self.calls.entry(told.call).or_insert(Told {
                    line: told.line,
                    state: told.state,
                    talks: false,
                });
                call.state = told.state;
            }
            ToPhone::StartMediaTransmission(start) => self.talks(start.call, true),
            ToPhone::StopMediaTransmission(stop) => self.talks(stop.call, false),
            ToPhone::OpenReceiveChannel(open) => {
                self.channel = open.pass_through;
                let ack = OpenReceiveChannelAck {
                    status: MediaStatus::Ok,
                    address: Some(self.local.ip()),
                    port: 20_000,
                    pass_through: open.pass_through,
                    call: open.call,
                };
                self.say(ack)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn talks(&mut self, call: u32, talks: bool) {
        if let Some(call) = self.calls.get_mut(&call) {
            call.talks = talks;
        }
    }

    /// Hears until something is so.
    pub fn until(&mut self, is_so: impl Fn(&Station) -> bool) -> io::Result<()> {
        while !is_so(self) {
            self.hear()?;
        }
        Ok(())
    }

    /// Hears until a message of this name.
    pub fn expect(&mut self, name: &str) -> io::Result<ToPhone> {
        loop {
            let message = self.hear()?;
            if message.name() == name {
                return Ok(message);
            }
        }
    }

    /// Hears all that was said before the answer to this.
    pub fn is_there(&mut self) -> io::Result<()> {
        self.say(FromPhone::KeepAlive)?;
        self.expect("KeepAliveAck").map(drop)
    }

    /// Whether the server ends the connection, whatever it says before.
    pub fn is_ended(&mut self) -> bool {
        loop {
            match self.hear() {
                Ok(_) => {}
                Err(error) => {
                    return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                }
            }
        }
    }

    pub fn asks_for_a_token(&mut self) -> io::Result<()> {
        self.say(RegisterTokenReq {
            device_name: self.name.clone(),
            device_type: self.kind.device_type,
            ..RegisterTokenReq::default()
        })?;
        self.expect("RegisterTokenAck").map(drop)
    }

    /// What it says to be registered.
    pub fn registration(&self) -> Register {
        let ipv4 = match self.local.ip() {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        };
        Register {
            device_name: self.name.clone(),
            ipv4,
            device_type: self.kind.device_type,
            max_streams: 5,
            protocol_version: self.kind.offer,
            features: Features(self.kind.features),
            load: "perch-test".into(),
            ..Register::default()
        }
    }

    /// Asks to be registered, and hears whether it is.
    pub fn asks_to_register(&mut self) -> io::Result<ToPhone> {
        let registration = self.registration();
        self.say(registration)?;
        loop {
            let message = self.hear()?;
            if matches!(message.name(), "RegisterAck" | "RegisterReject") {
                return Ok(message);
            }
        }
    }

    /// Registers, and asks all that a phone asks.
    pub fn register(&mut self) -> io::Result<()> {
        let answer = self.asks_to_register()?;
        assert_eq!(answer.name(), "RegisterAck", "{}: {answer:?}", self.name);
        let audio = [Codec::G711Ulaw, Codec::G711Alaw].map(|codec| Capability {
            codec,
            ..Capability::default()
        });
        let audio = audio.to_vec();
        self.say(CapabilitiesRes { audio })?;
        self.say(FromPhone::ButtonTemplateReq)?;
        if self.kind.has_soft_keys {
            self.say(FromPhone::SoftKeyTemplateReq)?;
            self.say(FromPhone::SoftKeySetReq)?;
        }
        self.say(LineStatReq { line: 1 })?;
        self.say(SpeedDialStatReq { index: 1 })?;
        self.say(FromPhone::TimeDateReq)?;
        self.expect("DefineTimeDate")?;
        self.is_there()
    }

    /// Registers if it may, and hears nothing more of that.
    pub fn is_taken(&mut self) -> bool {
        let answer = self.asks_to_register();
        let is_taken = answer.is_ok_and(|answer| answer.name() == "RegisterAck");
        is_taken
            && self.say(FromPhone::ButtonTemplateReq).is_ok()
            && self.say(FromPhone::TimeDateReq).is_ok()
            && self.expect("DefineTimeDate").is_ok()
    }

    /// Presses the softkey that says this, or what stands for it on a phone without softkeys.
    pub fn soft(&mut self, label: &str, (line, call): (u32, u32)) -> io::Result<()> {
        if !self.kind.has_soft_keys {
            return match label {
                "NewCall" => self.say(OffHook { line: 0, call: 0 }),
                "Answer" => self.say(OffHook { line, call }),
                "EndCall" => self.say(OnHook { line, call }),
                "Hold" => self.button(Stimulus::Hold),
                "Transfer" => self.button(Stimulus::Transfer),
                _ => Ok(()),
            };
        }
        let mut keys = self.softkeys.keys.iter();
        let key = keys.find(|key| {
            let english = key.label.label.and_then(|label| label.english());
            english.unwrap_or(&key.label.literal) == label
        });
        let event = key.expect("such a key").event;
        self.say(SoftKeyEvent { event, line, call })
    }

    fn button(&mut self, stimulus: Stimulus) -> io::Result<()> {
        self.say(FromPhone::Stimulus(StimulusEvent {
            stimulus,
            instance: 1,
            ..StimulusEvent::default()
        }))
    }

    /// Dials a whole number at once.
    pub fn dial(&mut self, number: &str) -> io::Result<()> {
        let number = Secret::new(number.to_owned());
        self.say(EnblocCall { number, line: 1 })
    }

    pub fn press(&mut self, keys: &str) -> io::Result<()> {
        keys.chars().filter_map(Digit::new).try_for_each(|key| {
            let key = key.into();
            self.say(KeypadButton {
                key,
                ..KeypadButton::default()
            })
        })
    }

    /// The call in one of these states.
    pub fn call_in(&self, states: &[CallState]) -> Option<(u32, u32)> {
        let mut calls = self.calls.iter();
        let found = calls.find(|(_, told)| states.contains(&told.state));
        found.map(|(call, told)| (told.line, *call))
    }

    /// Waits for a call in one of these states.
    pub fn gets_to(&mut self, states: &[CallState]) -> io::Result<(u32, u32)> {
        self.until(|station| station.call_in(states).is_some())?;
        self.call_in(states).ok_or_else(gone)
    }

    /// Waits for any call.
    pub fn gets_a_call(&mut self) -> io::Result<(u32, u32)> {
        self.until(|station| !station.calls.is_empty())?;
        let call = self.calls.iter().next();
        call.map(|(call, told)| (told.line, *call)).ok_or_else(gone)
    }

    /// Takes a call, and opens its ear.
    pub fn answers(&mut self) -> io::Result<()> {
        let place = self.gets_to(&[CallState::RingIn, CallState::CallWaiting])?;
        let channel = self.channel;
        self.soft("Answer", place)?;
        self.until(|station| station.channel != channel)
    }

    /// Hears until there is sound both ways.
    pub fn talks_to_somebody(&mut self) -> io::Result<()> {
        self.until(|station| station.calls.values().any(|call| call.talks))
    }

    /// Ends whatever it has.
    pub fn hangs_up(&mut self) -> io::Result<()> {
        self.is_there()?;
        while let Some((call, told)) = self.calls.iter().next() {
            let place = (told.line, *call);
            let before = self.calls.len();
            self.soft("EndCall", place)?;
            self.until(|station| station.calls.len() < before)?;
        }
        self.say(OnHook::default())
    }

    pub fn unregisters(&mut self) -> io::Result<()> {
        self.say(Unregister::default())?;
        self.expect("UnregisterAck").map(drop)
    }
}

/// Two honest phones, one of which calls the other now and then.
pub struct Desks {
    pub near: Station,
    pub far: Station,
}

/// Where they are.
pub const NEAR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 6);
pub const FAR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);

/// The far one's number, and their names.
pub const FAR_NUMBER: &str = "9801";
pub const NEAR_NAME: &str = "SEP0E0000000000";
pub const FAR_NAME: &str = "SEP0E0000000001";

impl Desks {
    /// Both register.
    pub fn new(is_secure: bool, server: SocketAddr) -> Desks {
        let one = |host, name| {
            let station = Station::over(is_secure, host, name, &KINDS[0], server);
            let mut station = station.expect("it listens");
            station.register().expect("an honest phone is taken");
            station
        };
        Desks {
            near: one(NEAR, NEAR_NAME),
            far: one(FAR, FAR_NAME),
        }
    }

    /// Both are there, and one calls the other, who answers.
    pub fn live(&mut self) {
        let Desks { near, far } = self;
        for phone in [&mut *near, &mut *far] {
            let there = phone.is_there();
            there.unwrap_or_else(|why| panic!("{} is not served: {why}", phone.name));
        }
        Desks::talk(near, far).expect("an honest call");
    }

    fn talk(near: &mut Station, far: &mut Station) -> io::Result<()> {
        near.dial(FAR_NUMBER)?;
        far.answers()?;
        near.talks_to_somebody()?;
        far.talks_to_somebody()?;
        near.hangs_up()?;
        far.until(|station| station.calls.is_empty())?;
        far.say(OnHook::default())
    }
}

/// The phones of the site that speak SCCP: those two, and so many more.
pub fn site(more: u16) -> String {
    let phone = |name: &str, number: &str, kind: &Kind| {
        let model = kind.model;
        format!(
            "[phone.{name}]\nlogout_profile = \"guest\"\nguest_dn = \"{number}\"\nmodel = \"{model}\"\n"
        )
    };
    let mut site = phone(NEAR_NAME, "9800", &KINDS[0]) + &phone(FAR_NAME, FAR_NUMBER, &KINDS[0]);
    for n in 0..more {
        let kind = &KINDS[usize::from(n) % KINDS.len()];
        site += &phone(&name_of(n), &number_of(n), kind);
    }
    site
}

/// What the others are called, and their numbers.
pub fn name_of(n: u16) -> String {
    format!("SEP0F{n:010}")
}

pub fn number_of(n: u16) -> String {
    format!("7{n:04}")
}
