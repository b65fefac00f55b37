//! An exchange with SCCP phones whose every word is the test's own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use perch::exchange::{Exchange, Input, Start};
use perch::pbx::{
    Answer, Change, ClassOfService, Digit, Hardware, LogoutLimits, LogoutProfile, Phone, PinHash,
    Remembered, Site, SpeedDial, User, UserProfile,
};
use perch::sccp::wire::{
    CapabilitiesRes, Capability, Codec, Features, Framer, FromPhone, KeypadButton, LineStatReq,
    MediaStatus, OpenReceiveChannel, OpenReceiveChannelAck, Register, SoftKeyEvent,
    SoftKeyTemplateRes, SpeedDialStatReq, ToPhone, Version,
};
use perch::sccp::{Newcomer, Swapped};
use perch::sip::{Limits, Registrar};
use perch::time::{Now, UPTIME_AT_START, Utc};

/// 2027-03-01 08:00 UTC.
const MONDAY: i64 = 1_803_888_000_000;

/// A model: its name, device type and the version that it offers.
pub type Kind = (&'static str, u32, u8);

pub const OLD: Kind = ("7960", 7, 11);
pub const NEW: Kind = ("7975", 437, 20);

/// An exchange and what its phones have heard.
pub struct Bench {
    pub exchange: Exchange,
    pub now: Now,
    pub heard: BTreeMap<u64, Vec<ToPhone>>,
    pub hung_up: Vec<u64>,
    pub swapped: Vec<Swapped>,
    pub newcomers: Vec<Newcomer>,
    /// Answers to questions.
    pub answers: Vec<Answer>,
    /// The firmware that phones say they have.
    pub load: String,
    framers: BTreeMap<u64, Framer>,
    versions: BTreeMap<u64, Version>,
    softkeys: BTreeMap<u64, SoftKeyTemplateRes>,
}

/// Phones `SEP000000000001` and on, of these models, with numbers 9001 and on; Alice is 2001, with PIN 1111.
pub fn site(models: &[Kind]) -> Site {
    let class = ClassOfService {
        login: true,
        call_guests: true,
        ..ClassOfService::default()
    };
    let lobby = LogoutProfile::new("all", "Lobby");
    let clerk = UserProfile {
        limits: LogoutLimits {
            idle_limit_min: Some(30),
            ..LogoutLimits::default()
        },
        speed_dials: vec![SpeedDial::new("9001", "Door")],
        ..UserProfile::new("all")
    };
    let alice = User {
        dn: "2001".into(),
        display_name: "Alice".into(),
        pin: PinHash("1111".into()),
        profiles: vec!["clerk".into()],
        mailbox: None,
        sip_secret: None,
        upstream: None,
        group: None,
        class: None,
        limits: None,
        exempt: false,
    };
    let phones = models.iter().enumerate().map(|(place, (model, ..))| {
        let phone = Phone {
            logout_profile: "lobby".into(),
            guest_dn: Some(format!("{}", 9001 + place).into()),
            sip_secret: None,
            exempt: false,
            location: None,
            hardware: Some(Box::new(Hardware {
                enrolled: false,
                model: (*model).into(),
                add_on_modules: Vec::new(),
            })),
            pickup_group: None,
            provision: None,
            own_speed_dials: true,
            limits: None,
            emergency_number: None,
        };
        (name(place).as_str().into(), phone)
    });
    Site {
        classes: [("all".into(), class)].into(),
        logout_profiles: [("lobby".into(), lobby)].into(),
        user_profiles: [("clerk".into(), clerk)].into(),
        users: [("alice".into(), alice)].into(),
        phones: phones.collect(),
        ..Site::default()
    }
}

pub fn name(place: usize) -> String {
    format!("SEP{:012}", place + 1)
}

fn address(connection: u64) -> SocketAddr {
    let host = u8::try_from(connection).expect("few phones");
    SocketAddr::new(IpAddr::from([192, 0, 2, host]), 50_000)
}

impl Bench {
    /// An exchange with a site of these phones, none of them there yet.
    pub fn new(models: &[Kind]) -> Bench {
        let now = Now {
            uptime: UPTIME_AT_START,
            utc: Utc(MONDAY),
        };
        let registrar = Registrar::new([7; 32], Limits::default());
        let exchange = Exchange::new(Start {
            now,
            seed: [7; 32],
            registrar: Arc::new(registrar),
            site: Arc::new(site(models)),
            remembered: Remembered::default(),
        });
        Bench {
            exchange,
            now,
            heard: BTreeMap::new(),
            hung_up: Vec::new(),
            swapped: Vec::new(),
            newcomers: Vec::new(),
            answers: Vec::new(),
            load: String::new(),
            framers: BTreeMap::new(),
            versions: BTreeMap::new(),
            softkeys: BTreeMap::new(),
        }
    }

    /// The same with all of them registered, as connections 1 and on.
    pub fn registered(models: &[Kind]) -> Bench {
        let mut bench = Bench::new(models);
        for (place, kind) in models.iter().enumerate() {
            let connection = u64::try_from(place + 1).expect("few phones");
            bench.connect(connection);
            bench.register(connection, place, *kind);
        }
        bench
    }

    pub fn connect(&mut self, connection: u64) {
        self.versions.remove(&connection);
        self.framers.remove(&connection);
        self.input(Input::SccpOpened {
            connection,
            remote: address(connection),
            local: "192.0.2.250:2000".parse().expect("an address"),
            secure: false,
        });
    }

    pub fn say(&mut self, connection: u64, message: impl Into<FromPhone>) {
        let version = self.versions.get(&connection).copied().unwrap_or_default();
        let frame = message.into().to_frame(version);
        self.input(Input::Sccp { connection, frame });
    }

    pub fn ask_to_register(&mut self, connection: u64, place: usize, (_, kind, version): Kind) {
        self.say(
            connection,
            Register {
                device_name: name(place),
                device_type: kind,
                protocol_version: version,
                features: Features([0, 0x72, 0x85]),
                load: self.load.clone(),
                ..Register::default()
            },
        );
    }

    /// Registers, and asks all that a phone asks.
    pub fn register(&mut self, connection: u64, place: usize, kind: Kind) {
        self.ask_to_register(connection, place, kind);
        let codecs = [Codec::G711Ulaw, Codec::G711Alaw, Codec::Rfc2833];
        let audio = codecs.map(|codec| Capability {
            codec,
            ..Capability::default()
        });
        let audio = audio.to_vec();
        self.say(connection, CapabilitiesRes { audio });
        self.say(connection, FromPhone::ButtonTemplateReq);
        self.say(connection, FromPhone::SoftKeyTemplateReq);
        self.say(connection, FromPhone::SoftKeySetReq);
        self.say(connection, LineStatReq { line: 1 });
        self.say(connection, SpeedDialStatReq { index: 1 });
        self.say(connection, FromPhone::TimeDateReq);
    }

    /// Presses keys of the keypad.
    pub fn press(&mut self, connection: u64, keys: &str) {
        for key in keys.chars().filter_map(Digit::new) {
            let button = KeypadButton {
                key: key.into(),
                ..KeypadButton::default()
            };
            self.say(connection, button);
        }
    }

    /// Presses the softkey that the template gives this label.
    pub fn soft(&mut self, connection: u64, label: &str) {
        let template = &self.softkeys[&connection];
        let mut keys = template.keys.iter();
        let key = keys.find(|key| {
            let english = key.label.label.and_then(|label| label.english());
            english.unwrap_or(&key.label.literal) == label
        });
        let event = key.expect("such a key").event;
        let (line, call) = (0, 0);
        self.say(connection, SoftKeyEvent { event, line, call });
    }

    /// Answers the channel that the phone was asked for last.
    pub fn open_channel(&mut self, connection: u64, port: u32) {
        let asked = self.last::<OpenReceiveChannel>(connection, |message| match message {
            ToPhone::OpenReceiveChannel(open) => Some(open.clone()),
            _ => None,
        });
        let ack = OpenReceiveChannelAck {
            status: MediaStatus::Ok,
            address: Some(address(connection).ip()),
            port,
            pass_through: asked.pass_through,
            call: asked.call,
        };
        self.say(connection, ack);
    }

    /// The last message of a kind that a phone has heard.
    pub fn last<M>(&self, connection: u64, of: impl Fn(&ToPhone) -> Option<M>) -> M {
        let mut heard = self.heard[&connection].iter().rev();
        heard.find_map(of).expect("such a message was sent")
    }

    pub fn wait(&mut self, seconds: u64) {
        let until = self.now.uptime + Duration::from_secs(seconds);
        while let Some(due) = self.exchange.next_deadline().filter(|due| *due <= until) {
            self.now_is(due.max(self.now.uptime));
            self.exchange.wake(self.now);
            self.settle();
        }
        self.now_is(until);
    }

    fn now_is(&mut self, uptime: Duration) {
        let passed = uptime.saturating_sub(self.now.uptime);
        self.now = Now {
            uptime,
            utc: self.now.utc.plus(passed),
        };
    }

    pub fn input(&mut self, input: Input) {
        self.exchange.handle(self.now, input);
        self.settle();
    }

    /// Carries out what the exchange wants: all is stored at once, PINs are right if they are what is stored.
    fn settle(&mut self) {
        loop {
            let output = self.exchange.take_output();
            for (connection, bytes) in output.frames {
                self.hears(connection, &bytes);
            }
            self.hung_up.extend(output.hang_ups);
            self.swapped.extend(output.swapped);
            self.newcomers.extend(output.newcomers);
            let answers = output.answers.into_iter().map(|(_, answer)| answer);
            self.answers.extend(answers);
            let mut inputs = Vec::new();
            for check in output.checks {
                let matches = check.against == Some(PinHash(check.secret.reveal().to_owned()));
                let ticket = check.ticket;
                inputs.push(Input::SecretChecked { ticket, matches });
            }
            if let Some((seq, changes)) = output.commit {
                let claims = changes.iter().filter_map(|change| match change {
                    Change::Claimed(claim) => Some((claim.id, true)),
                    _ => None,
                });
                let claims = claims.collect();
                inputs.push(Input::Committed { seq, claims });
            }
            if inputs.is_empty() {
                return;
            }
            for input in inputs {
                self.exchange.handle(self.now, input);
            }
        }
    }

    fn hears(&mut self, connection: u64, bytes: &[u8]) {
        let framer = self.framers.entry(connection).or_default();
        framer.push(bytes);
        while let Some(frame) = framer.next().expect("frames") {
            let version = self.versions.get(&connection).copied().unwrap_or_default();
            let (message, faults) = ToPhone::check(version, &frame).expect("a message");
            assert!(faults.is_empty(), "{}: {faults:?}", message.name());
            match &message {
                ToPhone::SoftKeyTemplateRes(template) => {
                    self.softkeys.insert(connection, template.clone());
                }
                ToPhone::RegisterAck(ack) => {
                    let version = Version::new(ack.protocol_version).expect("a version");
                    self.versions.insert(connection, version);
                }
                _ => {}
            }
            self.heard.entry(connection).or_default().push(message);
        }
    }

    /// The names of all that a phone has heard since this was asked last.
    pub fn names(&mut self, connection: u64) -> String {
        let heard = self.heard.remove(&connection).unwrap_or_default();
        let names: Vec<&str> = heard.iter().map(ToPhone::name).collect();
        names.join(" ")
    }
}
