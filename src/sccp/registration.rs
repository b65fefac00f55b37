//! How a phone comes: who it is, whether it may, and what it is told that it is.

use std::sync::Arc;
use std::time::Duration;

use super::shared::Timer;
use super::station::Station;
use super::switchboard::{Connection, Switchboard};
use super::wire::{
    Dialect, Frame, FromPhone, Register, RegisterTokenReject, SpcpRegisterTokenAck,
    SpcpRegisterTokenReject, ToPhone, Version,
};
use crate::pbx::{Event, Hardware, PhoneModel, PhoneName};

/// A phone that was told to start anew is waited for no longer than this.
const RESTART_LIMIT: Duration = Duration::from_secs(300);

impl Switchboard {
    /// Somebody who has not registered says something.
    pub(super) fn stranger_said(&mut self, connection: Connection, frame: &Frame) {
        let remote = connection.remote;
        let first = Dialect::from(Version::V0);
        match FromPhone::decode(first, frame) {
            Ok(FromPhone::Register(register)) => self.register(connection, register),
            Ok(FromPhone::KeepAlive) => {
                self.shared
                    .send(connection.id, first, &ToPhone::KeepAliveAck);
            }
            Ok(FromPhone::RegisterTokenReq(token)) => {
                let message = match self.may_come(connection, &token.device_name) {
                    Ok(()) => ToPhone::RegisterTokenAck,
                    Err(wait) => RegisterTokenReject { wait }.into(),
                };
                self.shared.send(connection.id, first, &message);
            }
            Ok(FromPhone::SpcpRegisterTokenReq(token)) => {
                let message = match self.may_come(connection, &token.device_name) {
                    Ok(()) => SpcpRegisterTokenAck { features: 0 }.into(),
                    Err(wait) => SpcpRegisterTokenReject { wait }.into(),
                };
                self.shared.send(connection.id, first, &message);
            }
            Ok(FromPhone::Alarm(alarm)) => {
                if let Some(unsaid) = self.shared.reports.may_say(self.shared.now) {
                    tracing::info!(%remote, severity = ?alarm.severity, text = ?alarm.text, unsaid, "SCCP phone reports");
                }
            }
            Ok(message) => {
                tracing::debug!(%remote, message = message.name(), "SCCP message before registering");
            }
            Err(error) => {
                if let Some(unsaid) = self.shared.rejects.may_say(self.shared.now) {
                    tracing::info!(%remote, %error, unsaid, "SCCP connection closed");
                }
                self.shared.hang_ups.push(connection.id);
            }
        }
    }

    /// Whether a phone may come now, or after how many seconds it is to ask again. Whom nobody knows is told so when he
    /// registers.
    fn may_come(&mut self, connection: Connection, name: &str) -> Result<(), u32> {
        let name = PhoneName::from(name);
        if !self.shared.site.phones.contains_key(&name) {
            return Ok(());
        }
        let (now, at_once) = (self.shared.now, self.shared.settings.setups_at_once);
        let answer = self.shared.admission.ask(now, &name, at_once);
        answer.map_err(|wait| {
            let limit = wait + self.shared.settings.stranger_limit;
            self.shared.arm(Timer::Stranger(connection.id), limit);
            u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)
        })
    }

    /// A phone wants to be registered.
    pub(super) fn register(&mut self, connection: Connection, register: Register) {
        let name = PhoneName::from(register.device_name.as_str());
        let remote = connection.remote;
        if !self.shared.site.phones.contains_key(&name) {
            return match self.newcomer(connection, &name, &register) {
                Ok(()) => {}
                Err(text) => self.refuse(connection, &register, text),
            };
        }
        let (hardware, model) = match self.known(&name, &register) {
            Ok(known) => known,
            Err(text) => return self.refuse(connection, &register, text),
        };
        if let Err(text) = self.may_claim(&name, connection) {
            return self.refuse(connection, &register, text);
        }
        if model.name != hardware.model {
            let (is, configured) = (model.name.as_str(), hardware.model.as_str());
            tracing::warn!(phone = %name, is, configured, "SCCP phone is another model than the site says");
        }
        self.make_room(&name, connection);
        let newest = self.shared.settings.newest_of(&model);
        let dialect = Dialect::agree(register.protocol_version, register.features, newest);
        let version = dialect.version.number();
        tracing::info!(phone = %name, %remote, model = %model.name, version, load = ?register.load, "SCCP phone registers");
        if let Some(plug) = self.plugs.get_mut(&connection.id) {
            plug.phone = Some(name.clone());
        }
        let mut station = Station::new(name.clone(), connection, model, dialect, &register);
        station.modules = hardware.add_on_modules;
        let firmware = station.firmware();
        self.stations.insert(name.clone(), station);
        self.shared.admission.came(self.shared.now, &name);
        self.shared
            .deadlines
            .disarm(&Timer::Stranger(connection.id));
        let limit = self.shared.settings.setup_limit;
        self.shared.arm(Timer::Setup(name.clone()), limit);
        let phone = name.clone();
        self.shared
            .events
            .push(Event::FirmwareTold { phone, firmware });
        self.shared.events.push(Event::DeskRequested(name));
    }

    /// Somebody may not register.
    fn refuse(&mut self, connection: Connection, register: &Register, why: &'static str) {
        let (remote, device_type) = (connection.remote, register.device_type);
        if let Some(unsaid) = self.shared.rejects.may_say(self.shared.now) {
            let phone = &register.device_name;
            tracing::info!(%remote, ?phone, device_type, why, unsaid, "SCCP phone rejected");
        }
        self.reject(connection.id, why);
    }

    /// Whose phone it is and which model, or why it may not register: in words that fit a display.
    fn known(
        &self,
        name: &PhoneName,
        register: &Register,
    ) -> Result<(Hardware, Arc<PhoneModel>), &'static str> {
        let config = self.shared.site.phones.get(name);
        let Some(hardware) = config.and_then(|config| config.hardware.as_deref()) else {
            return Err("This phone is to speak SIP here");
        };
        // A model of the site's own may call itself like one that Perch knows, or nobody says how.
        let is_it = |model: &&Arc<PhoneModel>| {
            let types = &model.device_types;
            types.is_empty() || types.contains(&register.device_type)
        };
        let site = &self.shared.site;
        let named = site.model(hardware.model.as_str()).filter(is_it);
        match named.or_else(|| site.model_of_type(register.device_type)) {
            Some(model) => Ok((hardware.clone(), Arc::clone(model))),
            None => Err("This model is not supported"),
        }
    }

    /// The same phone may be here already, over a connection that it has lost without anybody noticing: the new one
    /// counts.
    fn make_room(&mut self, name: &PhoneName, connection: Connection) {
        if let Some(plug) = self.plugs.get(&connection.id)
            && let Some(other) = plug.phone.clone()
            && other != *name
        {
            self.unplug(&other);
        }
        let Some(old) = self.stations.get(name).map(|station| station.connection) else {
            return;
        };
        self.unplug(name);
        if old.id != connection.id {
            let (was, is) = (old.remote, connection.remote);
            tracing::info!(phone = %name, %was, %is, "SCCP phone came back by another connection");
            if let Some(plug) = self.plugs.get_mut(&old.id) {
                plug.phone = None;
            }
            self.shared.hang_ups.push(old.id);
        }
    }

    /// A phone has been asking for long enough. One that has its buttons can be called; one that has asked for nothing
    /// is no phone.
    pub(super) fn setup_overdue(&mut self, phone: &PhoneName) {
        let Some(station) = self.stations.get_mut(phone) else {
            return;
        };
        if station.has_buttons() {
            return station.set_up(&mut self.shared);
        }
        let connection = station.connection;
        tracing::info!(%phone, remote = %connection.remote, "SCCP phone never asked for its buttons");
        self.unplug(phone);
        if let Some(plug) = self.plugs.get_mut(&connection.id) {
            plug.phone = None;
        }
        self.shared.hang_ups.push(connection.id);
    }

    /// A phone that was to start anew has not come back: whoever is asked for it knows why.
    pub(super) fn restart_overdue(&mut self, phone: &PhoneName) {
        let Some(returning) = self.shared.returning.get(phone) else {
            return;
        };
        let gone = self.shared.now.uptime.saturating_sub(returning.since);
        if gone >= RESTART_LIMIT {
            self.shared.returning.remove(phone);
            return;
        }
        tracing::warn!(%phone, after_s = gone.as_secs(), "SCCP phone was to start anew and has not come back");
        self.shared
            .arm(Timer::Restart(phone.clone()), RESTART_LIMIT - gone);
    }
}
