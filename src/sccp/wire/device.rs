//! A phone as a device: its alarms, its configuration, the time, what is plugged into it.

use std::net::IpAddr;

use bytes::Bytes;

use super::buttons::NAME;
use super::cursor::{Cursor, Layout, TO_THE_END};
use super::text::Text;
use super::values::{
    AlarmSeverity, HeadsetMode, MediaPath, MediaPathAbility, MediaPathActivity, ResetType,
};

/// How long a report in XML may be.
const MOST_XML: usize = 2048;
/// How long the description of a place may be.
const MOST_LOCATION: usize = 2401;

/// What a phone has to report: why it started, mostly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    /// How bad it is.
    pub severity: AlarmSeverity,
    /// What it is.
    pub text: String,
    /// A number of the phone's own.
    pub parameter1: u32,
    /// Another one; mostly its address.
    pub parameter2: u32,
}

impl Layout for Alarm {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.severity);
        body.text(&mut self.text, 80);
        body.word(&mut self.parameter1);
        body.word(&mut self.parameter2);
    }
}

/// What a phone has to report, in XML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XmlAlarm {
    /// The report.
    pub xml: String,
}

impl Layout for XmlAlarm {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.open_text(&mut self.xml, MOST_XML);
    }
}

/// Where a wireless phone is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocationInfo {
    /// The place, in words of the phone's own.
    pub location: String,
}

impl Layout for LocationInfo {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.location, MOST_LOCATION);
    }
}

/// What add-on modules a phone has: not looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddOnDeviceCapabilities {
    /// As it came.
    pub capabilities: Bytes,
}

impl Layout for AddOnDeviceCapabilities {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.data(&mut self.capabilities, TO_THE_END);
    }
}

/// What a conference bridge can: phones do not send it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaResourceNotification {
    /// Which model it is.
    pub device_type: u32,
    /// How many streams are in service.
    pub in_service: u32,
    /// How many a conference may have.
    pub most_per_conference: u32,
    /// How many streams are out of service.
    pub out_of_service: u32,
}

impl Layout for MediaResourceNotification {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.device_type);
        body.word(&mut self.in_service);
        body.word(&mut self.most_per_conference);
        body.word(&mut self.out_of_service);
    }
}

/// Whether a headset is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadsetStatus {
    /// Whether.
    pub mode: HeadsetMode,
}

impl Layout for HeadsetStatus {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.mode);
    }
}

/// Handset, headset or speaker were taken into use, or out of it. Some phones say nothing else of their hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaPathEvent {
    /// Which one.
    pub path: MediaPath,
    /// What became of it.
    pub event: MediaPathActivity,
}

impl Layout for MediaPathEvent {
    const LEAST: usize = 8;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.path);
        body.value(&mut self.event);
    }
}

/// What can be done with handset, headset or speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaPathCapability {
    /// Which one.
    pub path: MediaPath,
    /// What.
    pub ability: MediaPathAbility,
}

impl Layout for MediaPathCapability {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.path);
        body.value(&mut self.ability);
    }
}

/// The phone starts anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reset {
    /// How much of itself.
    pub kind: ResetType,
}

impl Layout for Reset {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.kind);
    }
}

/// Which firmware the phone should have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionRes {
    /// Its name.
    pub load: String,
}

impl VersionRes {
    /// How long a name can be.
    pub const MOST: usize = 15;
}

impl Layout for VersionRes {
    const LEAST: usize = 1;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.load, VersionRes::MOST + 1);
    }
}

/// Whose phone it is, and how many lines and speed dials it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigStat {
    /// What the phone is called.
    pub device_name: String,
    /// Reserved.
    pub user_id: u32,
    /// Which of several devices of that name.
    pub instance: u32,
    /// Whose it is.
    pub user_name: Text,
    /// What the server is called.
    pub server_name: Text,
    /// How many lines.
    pub lines: u32,
    /// How many speed dials.
    pub speed_dials: u32,
}

impl Layout for ConfigStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.device_name, 16);
        body.word(&mut self.user_id);
        body.word(&mut self.instance);
        if !body.is_dynamic() {
            body.text(&mut self.user_name, 40);
            body.text(&mut self.server_name, 40);
        }
        body.word(&mut self.lines);
        body.word(&mut self.speed_dials);
        if body.is_dynamic() {
            body.open_text(&mut self.user_name, NAME);
            body.open_text(&mut self.server_name, NAME);
        }
    }
}

/// What time it is where the phone stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefineTimeDate {
    /// The year.
    pub year: u32,
    /// The month, from 1.
    pub month: u32,
    /// The day of the week, from 0 for Sunday.
    pub day_of_week: u32,
    /// The day of the month, from 1.
    pub day: u32,
    /// The hour.
    pub hour: u32,
    /// The minute.
    pub minute: u32,
    /// The second.
    pub second: u32,
    /// The millisecond.
    pub millisecond: u32,
    /// Seconds since 1970, UTC.
    pub system_time: u32,
}

impl Layout for DefineTimeDate {
    const LEAST: usize = 28;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.year);
        body.word(&mut self.month);
        body.word(&mut self.day_of_week);
        body.word(&mut self.day);
        body.word(&mut self.hour);
        body.word(&mut self.minute);
        body.word(&mut self.second);
        body.word(&mut self.millisecond);
        body.word(&mut self.system_time);
    }
}

/// A server that the phone may register with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// What it is called.
    pub name: String,
    /// Its port.
    pub port: u32,
    /// Its address.
    pub address: Option<IpAddr>,
}

/// The servers that the phone may register with, the first one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerRes {
    /// Them.
    pub servers: [Server; 5],
}

impl Layout for ServerRes {
    fn layout(&mut self, body: &mut impl Cursor) {
        for server in &mut self.servers {
            body.text(&mut server.name, 48);
        }
        for server in &mut self.servers {
            body.word(&mut server.port);
        }
        for server in &mut self.servers {
            body.address(&mut server.address);
        }
    }
}
