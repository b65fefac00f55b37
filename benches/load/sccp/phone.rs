//! One played SCCP phone: what it says, hears, and remembers of it. That is little, as there are many.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use perch::pbx::Secret;
use perch::sccp::wire::{
    Alarm, AlarmSeverity, ButtonTemplate, CapabilitiesRes, Capability, Codec, Dialect, EnblocCall,
    Features, ForwardStatReq, Frame, FromPhone, HeadsetMode, HeadsetStatus, LineStatReq, OnHook,
    Register, RegisterAck, RegisterAvailableLines, RegisterTokenReq, SpeedDialStatReq, StartTone,
    Stimulus, ToPhone, Tone, Unregister, UpdateCapabilities, Version,
};

use super::kind::{Kind, Manner};
use super::site;
use crate::site::FIRST_GUEST;

/// How long a phone waits for an answer before it begins anew.
const PATIENCE: Duration = Duration::from_secs(20);

/// After so many keep-alives without an answer the server is gone.
const UNANSWERED: u8 = 3;

/// A phone.
pub struct Phone {
    pub name: String,
    kind: &'static Kind,
    stage: Stage,
    dialect: Dialect,
    /// What is to be sent.
    pub out: BytesMut,
    /// When something is due.
    pub due: Instant,
    keep_alive: Duration,
    /// Keep-alives without an answer; when the last was meant to be sent, if somebody wants to know how long that took.
    unanswered: u8,
    asked_alive: Option<Instant>,
    /// When it asked something without need.
    asked: Option<Instant>,
    /// How many buttons it has, by its template.
    lines: u8,
    speed_dials: u8,
    /// How many questions it has come to, and what it waits for.
    step: u8,
    waits_for: &'static str,
    /// The number of its first line, and which of its speed dials are set.
    number: String,
    set: u64,
    /// What it is to become, and since when.
    goal: Option<(Look, Instant)>,
}

/// What a phone looks like when nothing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The number of its first line.
    pub number: String,
    /// How many speed dials are set.
    pub speed_dials: u32,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Away,
    /// It waits to be told that it may come.
    AskingToken,
    /// It was told to ask again later.
    Waiting,
    Asking,
    Learning,
    Registered,
    Leaving,
}

/// Something that happened to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It has asked all that there is to ask.
    Registered,
    /// It is to come later.
    PutOff,
    /// It was told that the server is there, and asked at that moment.
    Alive(Instant),
    /// It was told what it asked at that moment.
    Told(Instant),
    /// It has become what it was to become, since that moment.
    Became(Instant),
}

/// Why a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The phone starts anew.
    Restarts,
    /// The server does not want it.
    Rejected,
    /// The server ended it.
    Lost,
    /// An answer did not come.
    Unanswered,
}

enum Question {
    /// Not for this phone.
    Skipped,
    /// No answer comes.
    Said(FromPhone),
    /// The message with that name answers it.
    Asked(FromPhone, &'static str),
    /// There are no more.
    None,
}

impl Phone {
    /// A phone that is switched off.
    pub fn new(number: u32, kind: &'static Kind) -> Phone {
        Phone {
            name: site::name(number),
            kind,
            stage: Stage::Away,
            dialect: Dialect::default(),
            out: BytesMut::new(),
            due: Instant::now(),
            keep_alive: PATIENCE,
            unanswered: 0,
            asked_alive: None,
            asked: None,
            lines: 0,
            speed_dials: 0,
            step: 0,
            waits_for: "",
            number: String::new(),
            set: 0,
            goal: None,
        }
    }

    /// Whether it is registered; it is until it has said good-bye.
    pub fn is_registered(&self) -> bool {
        matches!(self.stage, Stage::Registered | Stage::Leaving)
    }

    /// What it looks like.
    pub fn look(&self) -> Look {
        Look {
            number: self.number.clone(),
            speed_dials: self.set.count_ones(),
        }
    }

    /// It is to become that, since then.
    pub fn await_look(&mut self, look: Look, since: Instant) {
        self.goal = Some((look, since));
    }

    /// It was to become something, and has not. Nobody waits for it any more.
    pub fn give_up(&mut self) -> bool {
        self.goal.take().is_some()
    }

    /// It has a connection.
    pub fn plugged_in(&mut self, now: Instant, with_token: bool) {
        self.forget();
        let text = format!("25: Name={} Load=perch-load Last=Initialized", self.name);
        self.say(Alarm {
            severity: AlarmSeverity::Informational,
            text,
            ..Alarm::default()
        });
        match with_token && self.kind.asks_for_token() {
            true => self.ask_for_token(now),
            false => self.register(now),
        }
    }

    /// The connection is no more.
    pub fn forget(&mut self) {
        self.stage = Stage::Away;
        self.dialect = Dialect::default();
        self.out = BytesMut::new();
        (self.unanswered, self.asked_alive, self.asked) = (0, None, None);
        (self.step, self.waits_for) = (0, "");
        (self.lines, self.speed_dials) = (0, 0);
        (self.number, self.set) = (String::new(), 0);
    }

    /// What is due at that moment.
    pub fn wake(&mut self, now: Instant) -> Result<(), Gone> {
        match self.stage {
            _ if now < self.due => Ok(()),
            Stage::Registered => {
                self.say_alive(now, None)?;
                self.due = now + self.keep_alive;
                Ok(())
            }
            Stage::Waiting => {
                self.ask_for_token(now);
                Ok(())
            }
            _ => Err(Gone::Unanswered),
        }
    }

    /// Says that it is there; `since` is when it was meant to, if that is measured.
    pub fn say_alive(&mut self, now: Instant, since: Option<Instant>) -> Result<(), Gone> {
        if self.unanswered >= UNANSWERED && now >= self.due {
            return Err(Gone::Unanswered);
        }
        self.unanswered = self.unanswered.saturating_add(1);
        self.asked_alive = self.asked_alive.or(since);
        self.say(FromPhone::KeepAlive);
        Ok(())
    }

    /// Asks the exchange for something that changes nothing.
    pub fn ask_time(&mut self, since: Instant) {
        self.asked = Some(since);
        self.say(FromPhone::TimeDateReq);
    }

    /// Dials a number at once.
    pub fn dial(&mut self, number: String) {
        let number = Secret::new(number);
        self.say(EnblocCall { number, line: 1 });
    }

    /// Hears one message.
    pub fn hear(&mut self, now: Instant, frame: &Frame) -> Result<Option<News>, Gone> {
        let Ok(message) = ToPhone::decode(self.dialect, frame) else {
            return Err(Gone::Lost);
        };
        let mut news = None;
        match &message {
            ToPhone::RegisterTokenAck => self.register(now),
            ToPhone::RegisterTokenReject(reject) => {
                self.stage = Stage::Waiting;
                self.due = now + Duration::from_secs(reject.wait.into());
                news = Some(News::PutOff);
            }
            ToPhone::RegisterAck(ack) => self.taken(now, ack),
            ToPhone::RegisterReject(_) => return Err(Gone::Rejected),
            ToPhone::CapabilitiesReq => self.tell_capabilities(),
            ToPhone::Reset(_) => self.reset(now)?,
            ToPhone::UnregisterAck(_) => return Err(Gone::Restarts),
            ToPhone::ButtonTemplate(template) => self.take_buttons(template),
            ToPhone::LineStat(line) if line.line == 1 => self.number.clone_from(&line.number),
            ToPhone::SpeedDialStat(dial) => {
                let bit = 1 << (dial.index % 64);
                self.set = if dial.number.is_empty() {
                    self.set & !bit
                } else {
                    self.set | bit
                };
            }
            ToPhone::KeepAliveAck => {
                self.unanswered = 0;
                news = self.asked_alive.take().map(News::Alive);
            }
            ToPhone::DefineTimeDate(_) => news = self.asked.take().map(News::Told),
            ToPhone::StartTone(tone) => self.listen(tone),
            ToPhone::DisplayPromptStatus(prompt) if (prompt.line, prompt.call) == (0, 0) => {
                news = self.became();
            }
            _ => {}
        }
        if self.waits_for == message.name() && self.ask_next(now) {
            news = Some(News::Registered);
        }
        Ok(news)
    }

    /// What a phone shows when nothing goes on comes last of all that it is told.
    fn became(&mut self) -> Option<News> {
        if self.stage != Stage::Registered {
            return None;
        }
        let look = self.look();
        let goal = self.goal.take_if(|(goal, _)| *goal == look);
        goal.map(|(_, since)| News::Became(since))
    }

    fn say(&mut self, message: impl Into<FromPhone>) {
        let frame = message.into().to_frame(self.dialect);
        frame.append_to(&mut self.out);
    }

    fn ask_for_token(&mut self, now: Instant) {
        self.stage = Stage::AskingToken;
        self.due = now + PATIENCE;
        self.say(RegisterTokenReq {
            device_name: self.name.clone(),
            device_type: self.kind.device_type,
            ..RegisterTokenReq::default()
        });
    }

    fn register(&mut self, now: Instant) {
        self.stage = Stage::Asking;
        self.due = now + PATIENCE;
        self.say(Register {
            device_name: self.name.clone(),
            device_type: self.kind.device_type,
            max_streams: 5,
            protocol_version: self.kind.offer,
            features: Features(self.kind.features),
            load: "perch-load".into(),
            ..Register::default()
        });
    }

    fn taken(&mut self, now: Instant, ack: &RegisterAck) {
        self.stage = Stage::Learning;
        let version = Version::new(ack.protocol_version).unwrap_or_default();
        self.dialect = Dialect::agree(self.kind.offer, Features(self.kind.features), version);
        self.keep_alive = Duration::from_secs(ack.keep_alive.max(1).into());
        self.ask_next(now);
    }

    fn reset(&mut self, now: Instant) -> Result<(), Gone> {
        if self.kind.manner != Manner::Late || self.stage != Stage::Registered {
            return Err(Gone::Restarts);
        }
        self.stage = Stage::Leaving;
        self.due = now + PATIENCE;
        self.say(Unregister::default());
        Ok(())
    }

    fn tell_capabilities(&mut self) {
        let codecs = [
            Codec::G711Ulaw,
            Codec::G711Alaw,
            Codec::G729A,
            Codec::Rfc2833,
        ];
        let audio = codecs.map(|codec| Capability {
            codec,
            max_frames: 40,
            parameters: [0; 8],
        });
        let audio = audio.to_vec();
        match self.kind.manner {
            Manner::Late => self.say(UpdateCapabilities { audio }),
            _ => self.say(CapabilitiesRes { audio }),
        }
    }

    fn take_buttons(&mut self, template: &ButtonTemplate) {
        let count = |kind: Stimulus| {
            let such = template
                .buttons
                .iter()
                .filter(|button| button.stimulus == kind);
            u8::try_from(such.count()).unwrap_or(u8::MAX)
        };
        self.lines = count(Stimulus::Line);
        self.speed_dials = count(Stimulus::SpeedDial);
    }

    /// Nobody talks here: when a tone says what became of a call, it is hung up.
    fn listen(&mut self, tone: &StartTone) {
        let StartTone { line, call, .. } = *tone;
        if matches!(tone.tone, Tone::Confirmation | Tone::Reorder | Tone::Busy) {
            self.say(OnHook { line, call });
        }
    }

    /// Asks what is to be asked next, one question at a time. Whether it has asked the last and knows the answer.
    fn ask_next(&mut self, now: Instant) -> bool {
        self.waits_for = "";
        loop {
            let question = self.question();
            self.step += 1;
            match question {
                Question::Skipped => {}
                Question::Said(says) => self.say(says),
                Question::Asked(asks, answer) => {
                    self.waits_for = answer;
                    self.due = now + PATIENCE;
                    self.say(asks);
                    return false;
                }
                Question::None => {
                    self.stage = Stage::Registered;
                    self.due = now + self.keep_alive;
                    return true;
                }
            }
        }
    }

    fn question(&self) -> Question {
        use FromPhone::{ButtonTemplateReq, ConfigStatReq, SoftKeySetReq, SoftKeyTemplateReq};
        let (manner, keys) = (self.kind.manner, self.kind.has_soft_keys());
        let mode = HeadsetMode::Off;
        match self.step {
            0 if manner == Manner::Late => Question::Said(HeadsetStatus { mode }.into()),
            1 if keys => Question::Asked(SoftKeyTemplateReq, "SoftKeyTemplateRes"),
            2 if keys => Question::Asked(SoftKeySetReq, "SoftKeySetRes"),
            3 if manner == Manner::Classic => Question::Asked(ConfigStatReq, "ConfigStat"),
            4 => Question::Asked(ButtonTemplateReq, "ButtonTemplate"),
            0..=3 => Question::Skipped,
            step => self.question_about_button(step - 5),
        }
    }

    fn question_about_button(&self, step: u8) -> Question {
        let (lines, dials) = (2 * self.lines, self.speed_dials);
        let line = u32::from(step / 2) + 1;
        match step {
            _ if step < lines && step.is_multiple_of(2) => {
                Question::Asked(LineStatReq { line }.into(), "LineStat")
            }
            _ if step < lines => Question::Asked(ForwardStatReq { line }.into(), "ForwardStat"),
            _ if step < lines + dials => {
                let index = u32::from(step - lines) + 1;
                Question::Asked(SpeedDialStatReq { index }.into(), "SpeedDialStat")
            }
            _ if step == lines + dials => {
                let max_lines = self.lines.into();
                Question::Said(RegisterAvailableLines { max_lines }.into())
            }
            _ if step == lines + dials + 1 => {
                Question::Asked(FromPhone::TimeDateReq, "DefineTimeDate")
            }
            _ => Question::None,
        }
    }
}

impl Look {
    /// Of a phone that is nobody's.
    pub fn nobodys(phone: u32) -> Look {
        Look {
            number: (FIRST_GUEST + phone).to_string(),
            speed_dials: 0,
        }
    }
}
