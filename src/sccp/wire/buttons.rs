//! What is behind a phone's buttons: lines, speed dials, features, services, forwards.

use super::cursor::{Cursor, Layout};
use super::text::Text;
use super::values::{BlfStatus, Stimulus};

/// How long a name may be where it has no field of its own length, with its NUL.
pub(super) const NAME: usize = 121;
/// The same for a number.
pub(super) const NUMBER: usize = 25;
/// How long an address of a page may be.
const URL: usize = 256;

/// What a line shows of a call to it: all four bits are what phones are mostly told.
const ALL_OF_A_CALL: u32 = 15;

/// A phone asks about one of its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineStatReq {
    /// Which one, from 1.
    pub line: u32,
}

impl Layout for LineStatReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
    }
}

/// What a line is. Empty texts for a line that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineStat {
    /// Which one.
    pub line: u32,
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub full_name: Text,
    /// What stands at its button.
    pub label: Text,
    /// What is shown of a call to it: 1 the dialled number, 2 the redirected one, 4 the caller's number, 8 the name.
    pub options: u32,
}

impl Default for LineStat {
    fn default() -> LineStat {
        LineStat {
            line: 0,
            number: String::new(),
            full_name: Text::default(),
            label: Text::default(),
            options: ALL_OF_A_CALL,
        }
    }
}

impl Layout for LineStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
        if body.is_dynamic() {
            body.word(&mut self.options);
            body.open_text(&mut self.number, NUMBER);
            body.open_text(&mut self.full_name, NAME);
            body.open_text(&mut self.label, NAME);
        } else {
            body.text(&mut self.number, 24);
            body.text(&mut self.full_name, 40);
            body.text(&mut self.label, 40);
            body.word(&mut self.options);
        }
    }
}

/// A phone asks about one of its speed dials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpeedDialStatReq {
    /// Which one, from 1.
    pub index: u32,
}

impl Layout for SpeedDialStatReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.index);
    }
}

/// What a speed dial is. Empty texts for one that is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpeedDialStat {
    /// Which one.
    pub index: u32,
    /// The number that it calls.
    pub number: String,
    /// What stands at its button.
    pub name: Text,
}

impl Layout for SpeedDialStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.index);
        if body.is_dynamic() {
            body.open_text(&mut self.number, NUMBER);
            body.open_text(&mut self.name, NAME);
        } else {
            body.text(&mut self.number, 24);
            body.text(&mut self.name, 40);
        }
    }
}

/// A phone asks about one of its features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureStatReq {
    /// Which one.
    pub index: u32,
    /// What the phone can show of it: 1 if it has lamps for busy others. Some phones do not say.
    pub capabilities: u32,
}

impl Layout for FeatureStatReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.index);
        if !body.ends(self.capabilities != 0) {
            body.word(&mut self.capabilities);
        }
    }
}

/// What a feature is, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureStat {
    /// Which one.
    pub index: u32,
    /// What kind of button it is.
    pub stimulus: Stimulus,
    /// What stands at its button.
    pub label: Text,
    /// How it is: 0 or 1, or a [`BlfStatus`].
    pub status: u32,
}

impl Layout for FeatureStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.index);
        body.value(&mut self.stimulus);
        if body.is_dynamic() {
            body.word(&mut self.status);
            body.open_text(&mut self.label, NAME);
        } else {
            body.text(&mut self.label, 40);
            body.word(&mut self.status);
        }
    }
}

/// A phone asks about one of its services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceUrlStatReq {
    /// Which one, from 1.
    pub index: u32,
}

impl Layout for ServiceUrlStatReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.index);
    }
}

/// What a service is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceUrlStat {
    /// Which one.
    pub index: u32,
    /// Where the phone finds its page.
    pub url: String,
    /// What stands at its button.
    pub label: Text,
}

impl Layout for ServiceUrlStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.index);
        if body.is_dynamic() {
            body.open_text(&mut self.url, URL);
            body.open_text(&mut self.label, NAME);
        } else {
            body.text(&mut self.url, URL);
            body.text(&mut self.label, 40);
        }
    }
}

/// A phone asks whether one of its lines is forwarded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardStatReq {
    /// Which one.
    pub line: u32,
}

impl Layout for ForwardStatReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
    }
}

/// One way of forwarding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// Whether it is on: phones take any number but 0.
    pub active: u32,
    /// Where calls go.
    pub number: String,
}

impl Forwarding {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.active);
        body.number(&mut self.number);
    }
}

/// Whether a line is forwarded, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardStat {
    /// Whether any of them is on: phones take any number but 0.
    pub active: u32,
    /// Which line.
    pub line: u32,
    /// All calls.
    pub all: Forwarding,
    /// Calls when busy.
    pub busy: Forwarding,
    /// Calls that nobody takes.
    pub no_answer: Forwarding,
}

impl Layout for ForwardStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.active);
        body.word(&mut self.line);
        self.all.layout(body);
        self.busy.layout(body);
        self.no_answer.layout(body);
    }
}

/// A phone wants to be told what somebody else's phone is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionStatReq {
    /// Names the wish.
    pub transaction: u32,
    /// 1: whether the other is busy.
    pub feature: u32,
    /// For how long.
    pub timer: u32,
    /// Whose phone.
    pub number: String,
}

impl Layout for SubscriptionStatReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.transaction);
        body.word(&mut self.feature);
        body.word(&mut self.timer);
        body.text(&mut self.number, 256);
    }
}

/// Whether the phone is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionStat {
    /// Names the wish.
    pub transaction: u32,
    /// Which feature.
    pub feature: u32,
    /// For how long.
    pub timer: u32,
    /// Why not; 0 if it is.
    pub cause: u32,
}

impl Layout for SubscriptionStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.transaction);
        body.word(&mut self.feature);
        body.word(&mut self.timer);
        body.word(&mut self.cause);
    }
}

/// What somebody else's phone is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// Names the wish.
    pub transaction: u32,
    /// Which feature.
    pub feature: u32,
    /// What it is doing.
    pub status: BlfStatus,
    /// What is shown.
    pub text: Text,
}

impl Layout for Notification {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.transaction);
        body.word(&mut self.feature);
        body.value(&mut self.status);
        body.text(&mut self.text, 97);
    }
}
