//! How the phone registers: question after question, in the order of its generation.

use std::net::IpAddr;
use std::time::Duration;

use perch::sccp::wire::{
    Alarm, AlarmSeverity, CapabilitiesRes, Capability, Dialect, FeatureStatReq, Features,
    ForwardStatReq, FromPhone, HeadsetMode, HeadsetStatus, IpPort, LineStatReq, Register,
    RegisterAck, RegisterAvailableLines, ServiceUrlStatReq, SpeedDialStatReq, Stimulus, ToPhone,
    UpdateCapabilities, Version,
};

use super::kind::Manner;
use super::{SccpPhone, Timer};

/// How long a phone waits for an answer before it begins anew.
const PATIENCE: Duration = Duration::from_secs(20);

/// How far the phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is no connection.
    Away,
    /// It asked to be registered.
    Asking,
    /// It was taken; what it must know is being asked for.
    Learning,
    Registered,
    /// It wants to leave.
    Leaving,
}

/// A question, and the answer that it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub asks: FromPhone,
    /// What the answer is called; none: there is none.
    pub answer: Option<&'static str>,
}

fn question(asks: impl Into<FromPhone>, answer: &'static str) -> Question {
    Question {
        asks: asks.into(),
        answer: Some(answer),
    }
}

fn statement(says: impl Into<FromPhone>) -> Question {
    Question {
        asks: says.into(),
        answer: None,
    }
}

impl SccpPhone {
    /// Opens a connection by saying something.
    pub fn register(&mut self) {
        self.forget_server();
        self.progress = Progress::Asking;
        let kind = self.kind;
        let text = format!("25: Name={} Load=7.2 Last=Initialized", self.name);
        self.say(Alarm {
            severity: AlarmSeverity::Informational,
            text,
            ..Alarm::default()
        });
        let ipv4 = match self.address.ip() {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        };
        self.say(Register {
            device_name: self.name.clone(),
            ipv4,
            device_type: kind.device_type,
            max_streams: 5,
            protocol_version: kind.offer,
            features: Features(kind.features),
            max_lines: kind.max_lines,
            load: "perch-test-phone".into(),
            ..Register::default()
        });
        if kind.manner != Manner::Late {
            self.say(IpPort { rtp_port: 20_000 });
        }
        self.deadlines
            .arm(Timer::Registering, self.uptime + PATIENCE);
    }

    pub fn is_taken(&mut self, ack: &RegisterAck) {
        if self.progress != Progress::Asking {
            return self.fault("a RegisterAck that nobody asked for");
        }
        let version = Version::new(ack.protocol_version);
        let kind = self.kind;
        match version {
            Some(version) if ack.protocol_version <= kind.offer => {
                let agreed = Dialect::agree(kind.offer, Features(kind.features), version);
                self.dialect = agreed;
            }
            _ => self.fault(format!("version {} was not offered", ack.protocol_version)),
        }
        if ack.keep_alive == 0 {
            self.fault("a keep-alive of nothing");
        }
        self.keep_alive = Duration::from_secs(u64::from(ack.keep_alive.max(1)));
        self.deadlines
            .arm(Timer::KeepAlive, self.uptime + self.keep_alive);
        self.progress = Progress::Learning;
        self.questions = self.first_questions().into();
        self.ask_next();
    }

    fn first_questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        if self.kind.manner == Manner::Late {
            questions.push(statement(HeadsetStatus {
                mode: HeadsetMode::Off,
            }));
        }
        if self.kind.has_soft_keys() {
            questions.push(question(
                FromPhone::SoftKeyTemplateReq,
                "SoftKeyTemplateRes",
            ));
            questions.push(question(FromPhone::SoftKeySetReq, "SoftKeySetRes"));
        }
        if self.kind.manner == Manner::Classic {
            questions.push(question(FromPhone::ConfigStatReq, "ConfigStat"));
        }
        questions.push(question(FromPhone::ButtonTemplateReq, "ButtonTemplate"));
        questions
    }

    /// What there is to ask about each button.
    pub fn ask_about_buttons(&mut self) {
        let mut lines = 0;
        for button in self.desk.buttons.clone() {
            let number = u32::from(button.instance);
            match button.stimulus {
                Stimulus::Line => {
                    lines += 1;
                    let line = number;
                    let asks = question(LineStatReq { line }, "LineStat");
                    self.questions.push_back(asks);
                    let asks = question(ForwardStatReq { line }, "ForwardStat");
                    self.questions.push_back(asks);
                }
                Stimulus::SpeedDial => {
                    let asks = question(SpeedDialStatReq { index: number }, "SpeedDialStat");
                    self.questions.push_back(asks);
                }
                Stimulus::ServiceUrl => {
                    let asks = question(ServiceUrlStatReq { index: number }, "ServiceUrlStat");
                    self.questions.push_back(asks);
                }
                Stimulus::BlfSpeedDial | Stimulus::Feature => {
                    let asks = FeatureStatReq {
                        index: number,
                        capabilities: 1,
                    };
                    self.questions.push_back(question(asks, "FeatureStat"));
                }
                _ => {}
            }
        }
        let said = statement(RegisterAvailableLines { max_lines: lines });
        self.questions.push_back(said);
        let last = question(FromPhone::TimeDateReq, "DefineTimeDate");
        self.questions.push_back(last);
    }

    /// Asks what is to be asked next, one question at a time.
    fn ask_next(&mut self) {
        while let Some(question) = self.questions.pop_front() {
            self.say(question.asks.clone());
            if question.answer.is_some() {
                self.asked = Some(question);
                self.deadlines
                    .arm(Timer::Registering, self.uptime + PATIENCE);
                return;
            }
        }
        self.deadlines.disarm(&Timer::Registering);
        if self.progress == Progress::Learning {
            self.progress = Progress::Registered;
        }
    }

    /// Something came; if it was waited for, the next question may be asked.
    pub fn is_answered_by(&mut self, message: &ToPhone) {
        let waits_for = self.asked.as_ref().and_then(|question| question.answer);
        if waits_for == Some(message.name()) {
            self.asked = None;
            self.ask_next();
        }
    }

    /// Whether this is the answer to what was asked last.
    pub fn asked_for(&self, name: &str) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|question| question.answer == Some(name))
    }

    pub fn tell_capabilities(&mut self) {
        let audio = self.kind.codecs.iter().map(|codec| Capability {
            codec: *codec,
            max_frames: 40,
            parameters: [0; 8],
        });
        let audio: Vec<Capability> = audio.collect();
        if self.kind.manner == Manner::Late {
            self.say(UpdateCapabilities { audio });
        } else {
            self.say(CapabilitiesRes { audio });
        }
    }

    /// Nothing came for too long.
    pub fn not_registered_in_time(&mut self) {
        let waits_for = self.asked.as_ref().and_then(|question| question.answer);
        let what = waits_for.unwrap_or("RegisterAck");
        self.miss(format!("{what} did not come"));
        self.hang_up_connection();
        self.register_later();
    }
}
