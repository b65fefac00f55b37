//! The SCCP phones of a building: which models stand there, and their connections to the server.

use std::time::Duration;

use bytes::Bytes;
use perch::exchange::Input;
use perch::pbx::{Hardware, PhoneName, Site};
use perch::sccp::wire::{Framer, FromPhone, ToPhone};

use super::super::network::{SERVER, Way};
use super::super::phone::Packet;
use super::super::sccp_phone::{KINDS, Kind};
use super::{Happening, Protocol, World};

/// Gives the phones of a site the hardware that speaks the protocol: all models in turn, by the number in a phone's name.
pub fn equip(site: &mut Site, protocol: Protocol) {
    for (name, phone) in &mut site.phones {
        let digits = name
            .as_str()
            .trim_start_matches(|c: char| !c.is_ascii_digit());
        let number: usize = digits.parse().unwrap_or(name.as_str().len());
        let (speaks_sccp, place) = match protocol {
            Protocol::Sccp => (true, number),
            Protocol::Mixed => (number.is_multiple_of(2), number / 2),
            _ => (false, number),
        };
        phone.hardware = speaks_sccp.then(|| {
            Box::new(Hardware {
                enrolled: false,
                // Every tenth is of the oldest sort, whose display holds few words.
                model: match number % 10 {
                    0 => KINDS[0].model,
                    _ => KINDS[1 + place.saturating_sub(1) % (KINDS.len() - 1)].model,
                }
                .into(),
                add_on_modules: Vec::new(),
            })
        });
    }
}

impl World {
    /// What kind of SCCP phone it is, if it is one.
    pub(super) fn kind_of(&self, name: &PhoneName) -> Option<&'static Kind> {
        let hardware = self.site.phones.get(name)?.hardware.as_deref()?;
        Some(Kind::of(hardware.model.as_str()))
    }

    /// Whether a phone speaks SCCP.
    pub fn is_station(&self, name: &str) -> bool {
        self.kind_of(&name.into()).is_some()
    }

    /// Something of an SCCP phone arrives. A connection begins with the first of it.
    pub(super) fn station_says(&mut self, name: &PhoneName, connection: u64, bytes: &Bytes) {
        let remote = self.network.flow_from(name).remote;
        if self.stations.insert(connection) {
            let opened = Input::SccpOpened {
                connection,
                remote,
                local: SERVER,
                secure: false,
            };
            self.with_server(|server, now| server.handle(now, opened));
        }
        let answers = self.with_server(|server, now| server.receive_frames(now, connection, bytes));
        for answer in answers.into_iter().flatten() {
            self.send_frames(connection, &answer);
        }
    }

    /// Something for an SCCP phone.
    pub(super) fn send_frames(&mut self, connection: u64, bytes: &Bytes) {
        let Some(phone) = self.network.phone_by(connection).cloned() else {
            self.log_line(format!("connection {connection} is no more"));
            return self.stream_is_broken(connection, Duration::ZERO);
        };
        for at in self.network.arrivals(self.uptime, &phone, Way::ToPhone) {
            let packet = Packet::Bytes(bytes.clone());
            let arrival =
                Happening::Arrives(phone.clone(), Way::ToPhone, connection, Box::new(packet));
            self.agenda.write(at, arrival);
        }
    }

    /// The server closes a connection, after all that it said.
    pub(super) fn hang_up(&mut self, connection: u64) {
        let Some(phone) = self.network.phone_by(connection).cloned() else {
            return;
        };
        for at in self.network.arrivals(self.uptime, &phone, Way::ToPhone) {
            let lost = Packet::ConnectionLost;
            let arrival =
                Happening::Arrives(phone.clone(), Way::ToPhone, connection, Box::new(lost));
            self.agenda.write(at, arrival);
        }
        self.stream_is_broken(connection, Duration::ZERO);
    }

    /// Whether something that was sent to a phone gets there: an SCCP phone may have another connection by now. The last
    /// thing to arrive by one is its end.
    pub(super) fn reaches_station(
        &mut self,
        name: &PhoneName,
        connection: u64,
        packet: &Packet,
    ) -> bool {
        if connection == 0 || self.kind_of(name).is_none() {
            return true;
        }
        let is_open = self.network.phone_by(connection) == Some(name);
        if is_open && matches!(packet, Packet::ConnectionLost) {
            self.network.break_stream(name);
        }
        is_open
    }

    /// An SCCP phone closes its connection.
    pub(super) fn station_hangs_up(&mut self, name: &PhoneName) {
        let at = self.network.arrivals(self.uptime, name, Way::ToServer);
        if let Some(connection) = self.network.break_stream(name) {
            for at in at {
                self.agenda.write(at, Happening::StreamBroken(connection));
            }
        }
    }

    /// A connection is known to have ended.
    pub(super) fn connection_ended(&mut self, connection: u64) {
        let is_station = self.stations.remove(&connection);
        let closed = if is_station {
            Input::SccpClosed { connection }
        } else {
            Input::ConnectionClosed(connection)
        };
        self.with_server(|server, now| server.handle(now, closed));
    }
}

impl World {
    /// The sight as people tell it: whom an address belongs to.
    pub(super) fn with_names(&self, sight: String) -> String {
        let Some((before, after)) = sight.split_once('@') else {
            return sight;
        };
        let (host, rest) = match after.find(' ') {
            Some(end) => after.split_at(end),
            None => (after, ""),
        };
        let phone = host
            .parse()
            .ok()
            .and_then(|host| self.network.phone_on(host));
        match phone {
            Some(phone) => format!("{before}{phone}{rest}"),
            None => sight,
        }
    }
}

/// The names of SCCP messages, if that is what it is.
pub(super) fn in_a_line(bytes: &Bytes) -> Option<String> {
    let mut framer = Framer::new();
    framer.push(bytes);
    let mut names = Vec::new();
    while let Some(frame) = framer.next().ok()? {
        let ids = FromPhone::IDS.iter().chain(ToPhone::IDS);
        let name = ids.clone().find(|(id, _)| *id == frame.id);
        names.push(name.map_or("something unknown", |(_, name)| name));
    }
    (!framer.is_waiting()).then(|| names.join(", "))
}
