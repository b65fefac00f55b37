//! How a phone registers, asks whether it may, and leaves.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::cursor::{Cursor, Layout};
use super::text::Text;
use super::values::UnregisterStatus;
use super::version::Features;

/// A phone wants to be registered: one layout that grew with the versions. A phone stops where its firmware does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// What it is called: `SEP` and its MAC address, mostly.
    pub device_name: String,
    /// Reserved.
    pub user_id: u32,
    /// Which of several devices of that name.
    pub instance: u32,
    /// Its IPv4 address, as it sees it.
    pub ipv4: Option<Ipv4Addr>,
    /// Which model it is.
    pub device_type: u32,
    /// How many media streams it can have.
    pub max_streams: u32,
    /// How many it has.
    pub active_streams: u32,
    /// The newest version that it speaks.
    pub protocol_version: u8,
    /// What it can.
    pub features: Features,
    /// How many conferences it can hold.
    pub max_conferences: u32,
    /// How many it holds.
    pub active_conferences: u32,
    /// Its MAC address: six bytes, or twelve characters of hex.
    pub mac: [u8; 12],
    /// Which IPv4 addresses it is reached from.
    pub ipv4_scope: u32,
    /// How many lines it can have.
    pub max_lines: u32,
    /// Its IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// Which IPv6 addresses it is reached from.
    pub ipv6_scope: u32,
    /// Its firmware.
    pub load: String,
    /// Which configuration it has read.
    pub config_version: String,
}

impl Layout for Register {
    /// To the type: what the oldest phones send at least.
    const LEAST: usize = 32;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.device_name, 16);
        body.word(&mut self.user_id);
        body.word(&mut self.instance);
        body.ipv4(&mut self.ipv4);
        body.word(&mut self.device_type);
        body.word(&mut self.max_streams);
        body.word(&mut self.active_streams);
        body.byte(&mut self.protocol_version);
        body.bytes(&mut self.features.0);
        if body.is_over(self.protocol_version > 0) {
            return;
        }
        body.word(&mut self.max_conferences);
        body.word(&mut self.active_conferences);
        body.bytes(&mut self.mac);
        body.word(&mut self.ipv4_scope);
        if body.is_over(self.protocol_version >= 17) {
            return;
        }
        body.word(&mut self.max_lines);
        body.ipv6(&mut self.ipv6);
        body.word(&mut self.ipv6_scope);
        body.text(&mut self.load, 32);
        if body.is_over(self.protocol_version >= 22) {
            return;
        }
        body.text(&mut self.config_version, 48);
    }
}

/// The phone is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterAck {
    /// How often it is to say that it is there, in seconds.
    pub keep_alive: u32,
    /// How it shows the date: `D.M.Y`, `M/D/YA` (A: 12 hours).
    pub date_template: String,
    /// How often it is to say so to a server that it falls back to, in seconds.
    pub secondary_keep_alive: u32,
    /// The version that it is to speak.
    pub protocol_version: u8,
    /// What the server uses.
    pub features: Features,
}

impl Layout for RegisterAck {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.keep_alive);
        body.text(&mut self.date_template, 8);
        body.word(&mut self.secondary_keep_alive);
        body.byte(&mut self.protocol_version);
        body.bytes(&mut self.features.0);
    }
}

/// The phone is not registered; the connection is closed after this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterReject {
    /// Why, for whoever looks at the phone.
    pub text: Text,
}

impl Layout for RegisterReject {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.text, 32);
    }
}

/// Where an old phone takes media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpPort {
    /// The UDP port.
    pub rtp_port: u32,
}

impl Layout for IpPort {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.rtp_port);
    }
}

/// How many lines a phone has found that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterAvailableLines {
    /// How many.
    pub max_lines: u32,
}

impl Layout for RegisterAvailableLines {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.max_lines);
    }
}

/// A phone wants to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unregister {
    /// Why: 1 to save power. Older phones do not say.
    pub reason: u32,
}

impl Layout for Unregister {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        if !body.ends(self.reason != 0) {
            body.word(&mut self.reason);
        }
    }
}

/// Whether a phone may leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnregisterAck {
    /// Whether.
    pub status: UnregisterStatus,
}

impl Layout for UnregisterAck {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.status);
    }
}

/// A phone that is registered elsewhere asks whether it may come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterTokenReq {
    /// What it is called.
    pub device_name: String,
    /// Reserved.
    pub user_id: u32,
    /// Which of several devices of that name.
    pub instance: u32,
    /// Its IPv4 address, as it sees it.
    pub ipv4: Option<Ipv4Addr>,
    /// Which model it is.
    pub device_type: u32,
    /// Its IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// Unknown.
    pub flags: u32,
}

impl Layout for RegisterTokenReq {
    const LEAST: usize = 16;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.device_name, 16);
        body.word(&mut self.user_id);
        body.word(&mut self.instance);
        body.ipv4(&mut self.ipv4);
        body.word(&mut self.device_type);
        body.ipv6(&mut self.ipv6);
        body.word(&mut self.flags);
    }
}

/// A phone that asks for a token may not come yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterTokenReject {
    /// When to ask again, in seconds.
    pub wait: u32,
}

impl Layout for RegisterTokenReject {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.wait);
    }
}

/// An SPA phone asks whether it may come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpcpRegisterTokenReq {
    /// What it is called.
    pub device_name: String,
    /// Reserved.
    pub user_id: u32,
    /// Which of several devices of that name.
    pub instance: u32,
    /// Its IPv4 address, as it sees it.
    pub ipv4: Option<Ipv4Addr>,
    /// Which model it is.
    pub device_type: u32,
    /// How many media streams it can have.
    pub max_streams: u32,
}

impl Layout for SpcpRegisterTokenReq {
    const LEAST: usize = 16;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.device_name, 16);
        body.word(&mut self.user_id);
        body.word(&mut self.instance);
        body.ipv4(&mut self.ipv4);
        body.word(&mut self.device_type);
        body.word(&mut self.max_streams);
    }
}

/// An SPA phone may come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpcpRegisterTokenAck {
    /// What the server can.
    pub features: u32,
}

impl Layout for SpcpRegisterTokenAck {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.features);
    }
}

/// An SPA phone may not come yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpcpRegisterTokenReject {
    /// When to ask again, in seconds.
    pub wait: u32,
}

impl Layout for SpcpRegisterTokenReject {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.wait);
    }
}
