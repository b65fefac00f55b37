//! One SCCP phone: what it was told that it is, and what it asks while it sets itself up.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::buttons::Buttons;
use super::call::Call;
use super::history::Told;
use super::media::Abilities;
use super::remote::Remote;
use super::shared::{Shared, Timer};
use super::softkeys::{self, Idle};
use super::switchboard::Connection;
use super::wire::{ConfigStat, DisplayPromptStatus};
use super::wire::{
    Dialect, FeatureStat, Features, ForwardStat, Forwarding, FromPhone, LineStat, MediaPath,
    Register, RegisterAck, Server, ServerRes, ServiceUrlStat, SpeedDialStat, Stimulus,
    SubscriptionStat, ToPhone, Unregister, UnregisterAck, UnregisterStatus, VersionRes, WireError,
};
use crate::pbx::{
    Cause, Desk, Event, Firmware, ForwardKind, ModelName, PhoneModel, PhoneName, Secret, Shown,
    Signal,
};

/// What lines show of calls to them: the dialled number, the redirected one, the caller's number and name.
const LINE_OPTIONS: u32 = 15;

/// So many messages of a phone may make no sense before it is hung up on.
const MOST_FAULTS: u8 = 20;

/// Of so many different unknown messages it is remembered that they were logged.
const MOST_UNKNOWN: usize = 32;

/// A phone.
#[derive(Debug)]
pub(super) struct Station {
    pub name: PhoneName,
    pub connection: Connection,
    pub model: Arc<PhoneModel>,
    pub modules: Vec<ModelName>,
    /// Whether these have changed since it registered (SES-7).
    pub has_other_modules: bool,
    pub dialect: Dialect,
    pub stage: Stage,
    /// What it can do with media.
    pub abilities: Abilities,
    /// Whether it has softkeys: it has asked for them.
    pub has_soft_keys: bool,
    /// The address that it says it has.
    pub says_address: Option<Ipv4Addr>,
    pub desk: Desk,
    pub shown: Shown,
    pub buttons: Buttons,
    /// What it shows while nothing goes on; empty for what it shows by itself.
    pub note: String,
    pub idle: Idle,
    /// Why whoever is there is logged out when the last call ends, if they are (OUT-2).
    pub leaves_with_call: Option<Cause>,
    pub hook: Hook,
    /// Its calls, oldest first.
    pub calls: Vec<Call>,
    /// Calls at other phones with the same lines.
    pub remotes: Vec<Remote>,
    /// What was dialled last.
    pub redial: Option<Secret>,
    /// What was lifted last, if the phone tells.
    pub path: Option<MediaPath>,
    /// What it is to become as soon as nothing goes on (SES-6, SES-13).
    pub pending: Option<Box<Pending>>,
    /// What it was told to forget.
    pub told: Option<Told>,
    /// The firmware that it says it has.
    load: String,
    faults: u8,
    unknown: BTreeSet<u32>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits to be told that it may come.
    Waiting,
    /// It asks what it is.
    SettingUp {
        /// Whether it knows its buttons.
        has_buttons: bool,
        /// Whether it has become something else since.
        is_stale: bool,
    },
    /// It can be called.
    Registered,
    /// It has said that it leaves.
    Leaving,
}

/// The hook, as far as the phone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    /// On.
    On,
    /// Off, by its handset: only its user can put that back.
    Handset,
    /// Off, by its speaker, or nobody knows how: when the call is over it is on again.
    Speaker,
}

/// What a phone is to become.
#[derive(Debug)]
pub(super) struct Pending {
    pub desk: Desk,
    pub shown: Shown,
    pub note: String,
    /// Since when (uptime).
    pub since: Duration,
}

impl Station {
    pub fn new(
        name: PhoneName,
        connection: Connection,
        model: Arc<PhoneModel>,
        dialect: Dialect,
        register: &Register,
    ) -> Station {
        Station {
            name,
            connection,
            model,
            modules: Vec::new(),
            has_other_modules: false,
            dialect,
            stage: Stage::Waiting,
            abilities: Abilities::unknown(register.features),
            has_soft_keys: false,
            says_address: register.ipv4,
            desk: Desk::default(),
            shown: Shown::Nobody(None),
            buttons: Buttons::default(),
            note: String::new(),
            idle: Idle::Nobody,
            leaves_with_call: None,
            hook: Hook::On,
            calls: Vec::new(),
            remotes: Vec::new(),
            redial: None,
            path: None,
            pending: None,
            told: None,
            load: register.load.clone(),
            faults: 0,
            unknown: BTreeSet::new(),
        }
    }

    pub fn is_registered(&self) -> bool {
        self.stage == Stage::Registered
    }

    pub fn is_leaving(&self) -> bool {
        self.stage == Stage::Leaving
    }

    pub fn has_buttons(&self) -> bool {
        matches!(
            self.stage,
            Stage::SettingUp {
                has_buttons: true,
                ..
            }
        )
    }

    /// Says something to the phone.
    pub fn say(&self, shared: &mut Shared, message: impl Into<ToPhone>) {
        shared.send(self.connection.id, self.dialect, &message.into());
    }

    /// The phone was used (IDL-1). A logout that was near is not, then.
    pub fn used(&mut self, shared: &mut Shared, signal: Signal) {
        let phone = self.name.clone();
        shared.events.push(Event::PhoneUsed { phone, signal });
        if self.idle == Idle::Warned {
            self.idle = Idle::Somebody;
            self.show_idle_if_idle(shared);
        }
    }

    /// It may come: it is told so, and asks what it is.
    pub fn let_in(&mut self, shared: &mut Shared) {
        self.stage = Stage::SettingUp {
            has_buttons: false,
            is_stale: false,
        };
        let version = self.dialect.version;
        let keep_alive = shared.some_keep_alive();
        let ack = RegisterAck {
            keep_alive,
            date_template: shared.settings.date_template.clone(),
            secondary_keep_alive: keep_alive,
            protocol_version: version.number(),
            features: Features::of_server(version),
        };
        self.say(shared, ack);
        self.say(shared, ToPhone::CapabilitiesReq);
    }

    /// It has asked all that it wanted to know.
    pub fn set_up(&mut self, shared: &mut Shared) {
        let Stage::SettingUp { is_stale, .. } = self.stage else {
            return;
        };
        self.stage = Stage::Registered;
        shared.admission.is_ready(shared.now, &self.name);
        shared.deadlines.disarm(&Timer::Setup(self.name.clone()));
        shared.deadlines.disarm(&Timer::Restart(self.name.clone()));
        tracing::info!(phone = %self.name, model = %self.model.name, "SCCP phone is registered");
        shared
            .events
            .push(Event::PhoneRegistered(self.name.clone()));
        self.show_lamps(shared);
        self.watch_numbers(shared);
        self.show_idle(shared);
        self.has_returned(shared);
        self.show_all_remotes(shared);
        if is_stale {
            shared.events.push(Event::DeskRequested(self.name.clone()));
        }
    }

    /// Something that makes no sense. Phones differ by firmware, so it is only counted; who never makes sense is hung
    /// up on.
    pub fn misheard(&mut self, shared: &mut Shared, id: u32, error: WireError) {
        self.faults = self.faults.saturating_add(1);
        let (phone, remote) = (&self.name, self.connection.remote);
        if self.faults >= MOST_FAULTS {
            tracing::warn!(%phone, %remote, id, %error, "SCCP phone makes no sense, and is hung up on");
            shared.hang_ups.push(self.connection.id);
        } else {
            tracing::info!(%phone, %remote, id, %error, "SCCP message not understood");
        }
    }

    /// A message that nobody here knows: logged once for each phone.
    pub fn unknown(&mut self, id: u32, length: usize) {
        if self.unknown.len() < MOST_UNKNOWN && self.unknown.insert(id) {
            let id = format!("{id:#06x}");
            tracing::info!(phone = %self.name, id, length, "unknown SCCP message");
        }
    }

    /// Questions of a phone that sets itself up, in whatever order they come. Hands back what is no question.
    pub fn answer_question(&mut self, shared: &mut Shared, asked: FromPhone) -> Option<FromPhone> {
        match asked {
            FromPhone::ButtonTemplateReq => {
                if let Stage::SettingUp { has_buttons, .. } = &mut self.stage {
                    *has_buttons = true;
                }
                self.say(shared, self.buttons.template());
            }
            FromPhone::SoftKeyTemplateReq => {
                self.has_soft_keys = true;
                self.say(shared, softkeys::template());
            }
            FromPhone::SoftKeySetReq => {
                self.has_soft_keys = true;
                self.say(shared, softkeys::sets());
                self.show_idle_keys(shared);
            }
            FromPhone::LineStatReq(asked) => self.say(shared, self.line_stat(asked.line)),
            FromPhone::SpeedDialStatReq(asked) => {
                self.say(shared, self.speed_dial_stat(asked.index));
            }
            FromPhone::ForwardStatReq(asked) => self.say(shared, self.forward_stat(asked.line)),
            FromPhone::FeatureStatReq(asked) => {
                let index = asked.index;
                let none = || FeatureStat {
                    index,
                    stimulus: Stimulus::Undefined,
                    ..FeatureStat::default()
                };
                let stat = self.feature_stat(index);
                let stat = stat.or_else(|| self.lamp_stat(shared, index));
                let stat = stat.unwrap_or_else(none);
                self.say(shared, stat);
            }
            FromPhone::ServiceUrlStatReq(asked) => {
                let index = asked.index;
                let none = ServiceUrlStat {
                    index,
                    ..ServiceUrlStat::default()
                };
                self.say(shared, none);
            }
            FromPhone::SubscriptionStatReq(asked) => {
                let no = SubscriptionStat {
                    transaction: asked.transaction,
                    feature: asked.feature,
                    timer: asked.timer,
                    cause: 1,
                };
                self.say(shared, no);
            }
            FromPhone::ConfigStatReq => self.say(shared, self.config_stat()),
            FromPhone::VersionReq => {
                let load = self.load_to_run(shared);
                self.say(shared, VersionRes { load });
            }
            FromPhone::ServerReq => self.say(shared, self.servers()),
            FromPhone::TimeDateReq => {
                self.say(shared, shared.time_date());
                if self.has_buttons() {
                    self.set_up(shared);
                }
            }
            FromPhone::RegisterAvailableLines(_) if self.model.ends_with_lines => {
                if self.has_buttons() {
                    self.set_up(shared);
                }
            }
            FromPhone::KeepAlive => self.say(shared, ToPhone::KeepAliveAck),
            FromPhone::RegisterTokenReq(_) => self.say(shared, ToPhone::RegisterTokenAck),
            FromPhone::Unregister(unregister) => self.unregister(shared, &unregister),
            FromPhone::CapabilitiesRes(told) => self.abilities.learn(&told.audio),
            FromPhone::UpdateCapabilities(told) => self.abilities.learn(&told.audio),
            FromPhone::UpdateCapabilitiesV2(told) => self.abilities.learn(&told.audio),
            FromPhone::UpdateCapabilitiesV3(told) => self.abilities.learn(&told.audio),
            FromPhone::Alarm(alarm) => {
                let (severity, text) = (alarm.severity, alarm.text);
                if let Some(unsaid) = shared.reports.may_say(shared.now) {
                    tracing::info!(phone = %self.name, ?severity, ?text, unsaid, "SCCP phone reports");
                }
            }
            other => return Some(other),
        }
        None
    }

    /// It wants to leave. In a call it may not: it would be cut.
    fn unregister(&mut self, shared: &mut Shared, _asked: &Unregister) {
        let status = if self.calls.is_empty() {
            self.stage_leaving();
            UnregisterStatus::Ok
        } else {
            UnregisterStatus::Nak
        };
        self.say(shared, UnregisterAck { status });
        if status == UnregisterStatus::Ok {
            shared.events.push(Event::PhoneGone(self.name.clone()));
        }
    }

    fn stage_leaving(&mut self) {
        self.stage = Stage::Leaving;
    }

    /// What it says of its firmware.
    pub fn firmware(&self) -> Firmware {
        Firmware {
            load: Some(self.load.clone()),
            user_agent: None,
        }
    }

    /// The firmware that it is to fetch, unless it has it (OUT-8). Without a word of the site's it stays what it is. A
    /// name that does not fit stands in its file alone: of half a name there is no firmware.
    fn load_to_run(&self, shared: &Shared) -> String {
        let config = shared.site.phones.get(&self.name);
        let wanted = config.and_then(|config| shared.site.firmware_of(config, &self.firmware()));
        let fits = |load: &&str| load.len() <= VersionRes::MOST;
        let load = wanted
            .filter(fits)
            .or(Some(self.load.as_str()).filter(fits));
        load.unwrap_or_default().to_owned()
    }

    /// What a line is; nothing for one that is none.
    pub fn line_stat(&self, line: u32) -> LineStat {
        let desk_line = self.line(line);
        LineStat {
            line,
            number: desk_line.map_or_else(String::new, |l| l.dn.as_str().to_owned()),
            full_name: desk_line.map_or("", |l| &l.display_name).into(),
            label: desk_line.map_or("", |l| &l.label).into(),
            options: LINE_OPTIONS,
        }
    }

    /// What a speed dial is; nothing for one that is none.
    pub fn speed_dial_stat(&self, index: u32) -> SpeedDialStat {
        let dial = self.speed_dial(index);
        SpeedDialStat {
            index,
            number: dial.map_or_else(String::new, |dial| dial.number.clone()),
            name: dial.map_or("", |dial| &dial.label).into(),
        }
    }

    /// Whether a line is forwarded. All lines are its user's, whose calls go on together.
    pub fn forward_stat(&self, line: u32) -> ForwardStat {
        let is_line = self.line(line).is_some_and(|line| !line.is_monitor());
        let forwarding = |kind| {
            let to = self.desk.set.forward(kind).filter(|_| is_line);
            Forwarding {
                active: u32::from(to.is_some()),
                number: to.map_or_else(String::new, |dn| dn.as_str().to_owned()),
            }
        };
        let all = forwarding(ForwardKind::All);
        let busy = forwarding(ForwardKind::Busy);
        let no_answer = forwarding(ForwardKind::NoAnswer);
        ForwardStat {
            active: all.active.max(busy.active).max(no_answer.active),
            line,
            all,
            busy,
            no_answer,
        }
    }

    fn config_stat(&self) -> ConfigStat {
        let user_name = self.desk.lines.first().map_or("", |l| &l.display_name);
        ConfigStat {
            device_name: self.name.as_str().to_owned(),
            user_name: user_name.into(),
            server_name: "Perch".into(),
            lines: self.buttons.lines,
            speed_dials: self.buttons.speed_dials,
            ..ConfigStat::default()
        }
    }

    fn servers(&self) -> ServerRes {
        let mut servers = ServerRes::default();
        servers.servers[0] = Server {
            name: "Perch".into(),
            port: self.connection.local.port().into(),
            address: Some(self.connection.local.ip()),
        };
        servers
    }

    /// The line of a button, if it has one.
    pub fn line(&self, line: u32) -> Option<&crate::pbx::DeskLine> {
        let place = usize::try_from(line).ok()?.checked_sub(1)?;
        self.desk
            .lines
            .get(place)
            .filter(|_| line <= self.buttons.lines)
    }

    /// The speed dial of a button, if it has one.
    pub fn speed_dial(&self, index: u32) -> Option<&crate::pbx::SpeedDial> {
        let place = usize::try_from(index).ok()?.checked_sub(1)?;
        let dial = self.desk.speed_dials.get(place);
        dial.filter(|_| index <= self.buttons.speed_dials)
    }

    /// The softkeys of the phone while nothing goes on.
    pub fn show_idle_keys(&self, shared: &mut Shared) {
        if self.has_soft_keys {
            let can_redial = self.redial.is_some();
            self.say(shared, softkeys::idle(self.idle, can_redial, self.desk.may));
        }
    }

    /// What the phone shows while nothing goes on.
    pub fn show_idle(&self, shared: &mut Shared) {
        self.show_idle_keys(shared);
        let prompt = DisplayPromptStatus {
            text: self.idle_text(),
            ..DisplayPromptStatus::default()
        };
        self.say(shared, prompt);
    }

    /// The same, unless something goes on.
    pub fn show_idle_if_idle(&self, shared: &mut Shared) {
        if self.calls.is_empty() && self.is_registered() {
            self.show_idle(shared);
        }
    }
}
