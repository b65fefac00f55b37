//! Where SCCP phones are plugged in: the tables of connections and stations, and what happens when time passes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::claims::Claims;
use super::newcomers::Newcomer;
use super::settings::Settings;
use super::shared::{Shared, Swapped, Timer};
use super::station::Station;
use super::wire::{Frame, FromPhone, Register, RegisterReject, Version};
use crate::pbx::{Event, PhoneName, Site};
use crate::time::Now;

/// A connection that a phone opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its number.
    pub id: u64,
    /// Where the phone is, as seen from here.
    pub remote: SocketAddr,
    /// Where it came in.
    pub local: SocketAddr,
    /// Whether it is encrypted.
    pub secure: bool,
}

/// A connection, and who is at the other end.
#[derive(Debug)]
pub(super) struct Plug {
    pub connection: Connection,
    /// Who has registered over it.
    pub phone: Option<PhoneName>,
}

/// The SCCP side of the exchange.
pub struct Switchboard {
    pub(super) plugs: HashMap<u64, Plug>,
    pub(super) stations: BTreeMap<PhoneName, Station>,
    pub(super) claims: Claims,
    /// Phones that nobody named, which wait to be taken in: by which connection, and what they said.
    pub(super) newcomers: BTreeMap<PhoneName, (u64, Box<Register>)>,
    /// How many of those there may be.
    pub(super) free_numbers: usize,
    pub(super) shared: Shared,
}

impl Switchboard {
    /// A switchboard without phones.
    pub fn new(now: Now, seed: [u8; 32], site: Arc<Site>) -> Switchboard {
        Switchboard {
            plugs: HashMap::new(),
            stations: BTreeMap::new(),
            claims: Claims::default(),
            newcomers: BTreeMap::new(),
            free_numbers: site.free_numbers(),
            shared: Shared::new(now, seed, site, Settings::default()),
        }
    }

    /// The same switchboard with other settings.
    pub fn set_settings(&mut self, settings: Settings) {
        self.shared.settings = settings;
    }

    /// A phone connected.
    pub fn opened(&mut self, now: Now, connection: Connection) {
        self.shared.now = now;
        let limit = self.shared.settings.stranger_limit;
        self.shared.arm(Timer::Stranger(connection.id), limit);
        let plug = Plug {
            connection,
            phone: None,
        };
        self.plugs.insert(connection.id, plug);
    }

    /// A phone said something.
    pub fn receive(&mut self, now: Now, connection: u64, frame: &Frame) {
        self.shared.now = now;
        let Some(plug) = self.plugs.get(&connection) else {
            return;
        };
        let Some(phone) = &plug.phone else {
            return self.stranger_said(plug.connection, frame);
        };
        let Some(station) = self.stations.get_mut(phone) else {
            return;
        };
        match FromPhone::decode(station.dialect, frame) {
            Ok(FromPhone::Register(register)) => {
                let connection = station.connection;
                self.register(connection, register);
            }
            Ok(message) => station.hear(&mut self.shared, message),
            Err(error) => station.misheard(&mut self.shared, frame.id, error),
        }
        self.remove_unregistered(connection);
    }

    /// A connection ended.
    pub fn closed(&mut self, now: Now, connection: u64) {
        self.shared.now = now;
        self.shared.deadlines.disarm(&Timer::Stranger(connection));
        self.forget_newcomer(connection);
        let plug = self.plugs.remove(&connection);
        if let Some(phone) = plug.and_then(|plug| plug.phone) {
            self.unplug(&phone);
        }
    }

    /// The site is another. Phones that it does not name any more leave; the others ask what they are (SES-13).
    pub fn set_site(&mut self, now: Now, site: Arc<Site>) {
        self.shared.now = now;
        self.claims.forget_all_but(&site);
        self.shared.set_site(site);
        let phones: Vec<PhoneName> = self.stations.keys().cloned().collect();
        for phone in phones {
            let config = self.shared.site.phones.get(&phone);
            let hardware = config.and_then(|config| config.hardware.as_deref());
            match hardware {
                Some(hardware) => {
                    if let Some(station) = self.stations.get_mut(&phone) {
                        station.has_other_modules |= station.modules != hardware.add_on_modules;
                        station.modules.clone_from(&hardware.add_on_modules);
                    }
                    self.shared.events.push(Event::DeskRequested(phone));
                }
                None => self.send_away(&phone),
            }
        }
        self.let_newcomers_in();
    }

    /// A phone may not be here any more.
    fn send_away(&mut self, phone: &PhoneName) {
        let Some(connection) = self.stations.get(phone).map(|s| s.connection.id) else {
            return;
        };
        tracing::info!(%phone, "SCCP phone is no longer of this site");
        self.reject(connection, "No longer known here");
        self.unplug(phone);
        if let Some(plug) = self.plugs.get_mut(&connection) {
            plug.phone = None;
        }
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Now) {
        self.shared.now = now;
        while let Some(timer) = self.shared.deadlines.pop_due(now.uptime) {
            match timer {
                Timer::Stranger(connection) => self.stranger_overdue(connection),
                Timer::Setup(phone) => self.setup_overdue(&phone),
                Timer::Restart(phone) => self.restart_overdue(&phone),
                Timer::History(phone) => self.at(&phone, Station::history_overdue),
                Timer::Confirm(phone) => self.at(&phone, Station::nobody_confirmed),
                Timer::Pause(phone, call) => {
                    self.at(&phone, |station, shared| station.paused(shared, call));
                }
                Timer::Channel(phone, call) => {
                    self.at(&phone, |station, shared| {
                        station.channel_overdue(shared, call)
                    });
                }
                Timer::Over(phone, call) => {
                    self.at(&phone, |station, shared| station.over_shown(shared, call));
                }
                Timer::Again(phone, call) => {
                    self.at(&phone, |station, shared| station.change_again(shared, call));
                }
            }
        }
    }

    /// Lets a station do something, if it is there.
    pub(super) fn at(&mut self, phone: &PhoneName, what: impl FnOnce(&mut Station, &mut Shared)) {
        if let Some(station) = self.stations.get_mut(phone) {
            what(station, &mut self.shared);
        }
    }

    /// When something is due (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        self.shared.deadlines.next()
    }

    /// No new calls any more.
    pub fn drain(&mut self) {
        self.shared.draining = true;
    }

    /// Where a phone is, as seen from here.
    pub fn address_of(&self, phone: &PhoneName) -> Option<IpAddr> {
        let station = self.stations.get(phone)?;
        Some(station.connection.remote.ip())
    }

    /// Where the party of a leg is: the address of ours that it is reached from, and its own.
    pub fn place_of(&self, leg: crate::pbx::LegId) -> Option<(IpAddr, IpAddr)> {
        let (phone, _) = self.shared.legs.get(&leg)?;
        let connection = self.stations.get(phone)?.connection;
        let ip = |at: std::net::SocketAddr| at.ip().to_canonical();
        Some((ip(connection.local), ip(connection.remote)))
    }

    /// How many legs there are: none, when all is quiet.
    pub fn load(&self) -> usize {
        self.shared.legs.len()
    }

    /// Takes out what happened.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.shared.events)
    }

    /// Takes out what is to be sent, by connection, in order.
    pub fn take_frames(&mut self) -> Vec<(u64, Bytes)> {
        self.shared.take_frames()
    }

    /// Takes out which connections are to be closed after what was sent over them.
    pub fn take_hang_ups(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.shared.hang_ups)
    }

    /// Takes out which phones are to be taken into the site.
    pub fn take_newcomers(&mut self) -> Vec<Newcomer> {
        std::mem::take(&mut self.shared.newcomers)
    }

    /// Takes out which phones are in a call now, or no more, by connection.
    pub fn take_engaged(&mut self) -> Vec<(u64, bool)> {
        std::mem::take(&mut self.shared.engaged)
    }

    /// Takes out which phones have become something else.
    pub fn take_swapped(&mut self) -> Vec<Swapped> {
        std::mem::take(&mut self.shared.swapped)
    }

    /// A phone said that it leaves: its station goes, the connection is closed.
    fn remove_unregistered(&mut self, connection: u64) {
        let Some(plug) = self.plugs.get_mut(&connection) else {
            return;
        };
        let Some(phone) = plug.phone.clone() else {
            return;
        };
        if self.stations.get(&phone).is_some_and(|s| s.is_leaving()) {
            plug.phone = None;
            self.unplug(&phone);
            self.shared.hang_ups.push(connection);
        }
    }

    /// A station goes, with its calls.
    pub(super) fn unplug(&mut self, phone: &PhoneName) {
        let Some(mut station) = self.stations.remove(phone) else {
            return;
        };
        station.lose_calls(&mut self.shared);
        self.shared.watch_lamps(phone, BTreeSet::new());
        self.shared.deadlines.disarm(&Timer::History(phone.clone()));
        self.shared.admission.has_gone(phone);
        self.shared.deadlines.disarm(&Timer::Setup(phone.clone()));
        self.shared.deadlines.disarm(&Timer::Confirm(phone.clone()));
        if station.is_registered() {
            tracing::info!(%phone, "SCCP phone is gone");
            self.shared.events.push(Event::PhoneGone(phone.clone()));
        }
    }

    /// Tells a phone no, and why, and hangs up.
    pub(super) fn reject(&mut self, connection: u64, text: &str) {
        let reject = RegisterReject { text: text.into() };
        let phone = self
            .plugs
            .get(&connection)
            .and_then(|plug| plug.phone.as_ref());
        let station = phone.and_then(|phone| self.stations.get(phone));
        let dialect = station.map_or(Version::V0.into(), |station| station.dialect);
        self.shared.send(connection, dialect, &reject.into());
        self.shared.hang_ups.push(connection);
    }

    fn stranger_overdue(&mut self, connection: u64) {
        let stranger = self
            .plugs
            .get(&connection)
            .filter(|plug| plug.phone.is_none());
        if let Some(plug) = stranger {
            let remote = plug.connection.remote;
            if let Some(unsaid) = self.shared.rejects.may_say(self.shared.now) {
                tracing::info!(%remote, unsaid, "SCCP connection closed: nobody registered");
            }
            self.shared.hang_ups.push(connection);
        }
    }
}
