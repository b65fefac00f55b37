//! Extension Mobility as an administrator of such a product knows it: its service parameters.
//!
//! Those that are rules for every door are elsewhere: the maximum login time, the second login and alphanumeric user
//! ids are settings of the site.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::change::Cause;
use super::site::{PinHash, SecondLogin};

/// The service parameters. All of them are live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mobility {
    /// Which product it is like, where those differ and nothing else is said.
    pub personality: Personality,
    /// What a login page calls what somebody proves who they are with.
    pub asks_for: AsksFor,
    /// Whether anybody may log in by a page or by the API.
    pub enabled: bool,
    /// Whether a login page begins with who was there last.
    pub remember_last_user: bool,
    /// Whether requests must come from where the phone that they name is registered.
    pub validate_ip: bool,
    /// From where they may come besides.
    pub trusted_ips: Vec<IpAddr>,
    /// Whether they may come through a proxy.
    pub allow_proxy: bool,
    /// Whether phones keep whom somebody called when they leave (PRO-9).
    pub keep_history: bool,
    /// Which other server knows who may tell phones things, besides Perch and its programs.
    pub authentication_fallback: Option<String>,
    /// Whether they keep it when somebody is logged out automatically.
    pub keep_history_on_automatic: bool,
    /// How many requests of programs are worked at, at once; more are told to come back.
    pub max_requests: u32,
    /// What programs count the length of a login in.
    pub duration_unit: DurationUnit,
}

/// What programs count the length of a login in. Nobody has written down which it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DurationUnit {
    /// Seconds, as the tools in the field have it.
    #[default]
    Seconds,
    /// Minutes.
    Minutes,
}

/// A program that uses the Extension Mobility API or AXL, or tells phones things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppUser {
    /// What proves that it is this program.
    pub password: PinHash,
    /// Whether it may log other people in and out.
    pub proxy: bool,
    /// Whether it may tell phones things at their web servers.
    #[serde(default)]
    pub push: bool,
    /// Whether it may use AXL, and so ask for everything and log everybody in and out.
    #[serde(default)]
    pub axl: bool,
}

impl Default for Mobility {
    fn default() -> Mobility {
        Mobility {
            personality: Personality::default(),
            asks_for: AsksFor::default(),
            enabled: true,
            remember_last_user: false,
            validate_ip: true,
            trusted_ips: Vec::new(),
            allow_proxy: true,
            keep_history: false,
            authentication_fallback: None,
            keep_history_on_automatic: false,
            max_requests: 200,
            duration_unit: DurationUnit::default(),
        }
    }
}

impl Mobility {
    /// Whether a phone keeps whom somebody called whose session there has ended by this cause.
    pub fn keeps_history(&self, cause: Cause) -> bool {
        let is_automatic = matches!(
            cause,
            Cause::Idle | Cause::Duration | Cause::Schedule | Cause::Unregistered | Cause::Firmware
        );
        self.keep_history || (is_automatic && self.keep_history_on_automatic)
    }
}

/// What a login page calls what somebody proves who they are with. It is a PIN, of digits, all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AsksFor {
    /// A PIN, for which a phone takes digits alone.
    #[default]
    Pin,
    /// A password.
    Password,
}

impl AsksFor {
    /// The word for it in a site file.
    pub fn word(self) -> &'static str {
        match self {
            AsksFor::Pin => "pin",
            AsksFor::Password => "password",
        }
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<AsksFor> {
        let all = [AsksFor::Pin, AsksFor::Password];
        all.into_iter().find(|one| one.word() == word)
    }
}

/// Which product it is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Personality {
    /// CallManager: a PIN; a second login is refused; phones keep whom somebody called who is logged out automatically.
    #[default]
    Cucm,
    /// CallManager Express: a password; a second login ends the first; phones never keep whom somebody called.
    Cme,
}

impl Personality {
    /// The word for it in a site file.
    pub fn word(self) -> &'static str {
        match self {
            Personality::Cucm => "cucm",
            Personality::Cme => "cme",
        }
    }

    /// What a second login does.
    pub fn second_login(self) -> SecondLogin {
        match self {
            Personality::Cucm => SecondLogin::Refuse,
            Personality::Cme => SecondLogin::Move,
        }
    }

    /// What a login page asks for.
    pub fn asks_for(self) -> AsksFor {
        match self {
            Personality::Cucm => AsksFor::Pin,
            Personality::Cme => AsksFor::Password,
        }
    }

    /// Whether phones keep whom somebody called who is logged out automatically.
    pub fn keeps_history_on_automatic(self) -> bool {
        self == Personality::Cucm
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<Personality> {
        let all = [Personality::Cucm, Personality::Cme];
        all.into_iter().find(|one| one.word() == word)
    }
}
