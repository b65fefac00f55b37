//! Which button of a phone is what: a desk laid out on a model with its modules, and what found no place (PRO-2, PRO-4).

use std::fmt;

use super::Pbx;
use super::desk::{Desk, DeskLine};
use super::line::{Applied, LineKind, ProfileLine};
use super::model::{Models, PhoneModel, Protocol};
use super::names::{Dn, ModelName, PhoneName};
use super::profile::{LogoutProfile, SpeedDial, UserProfile};

/// The longest template of a phone has so many buttons.
const MOST_BUTTONS: usize = 56;

/// A desk on the buttons of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What each button is, in their order.
    pub buttons: Vec<Button>,
    /// How many buttons behind them are nothing.
    pub free: usize,
    /// What found no place.
    pub left_out: Vec<LeftOut>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// A line.
    Line {
        /// The numbers that are at it. Several: those of an overlay, or all of a phone that registers once.
        numbers: Vec<Dn>,
        /// What it does when somebody calls.
        kind: LineKind,
    },
    /// It logs in and out, as the phone's file makes it.
    Login,
    /// It dials a number.
    SpeedDial(SpeedDial),
    /// It does something with calls.
    Feature(Feature),
}

/// What a feature button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Hides calls on shared lines, and lets nobody barge in (PRO-6).
    Privacy,
    /// Lets hunt calls pass by, or ring again; its lamp is lit while they ring (HG-2).
    HuntLog,
}

/// Something of a profile that is on no button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What.
    pub what: Item,
    /// Why.
    pub why: Why,
}

/// What a profile may have on a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A line.
    Line {
        /// Its numbers.
        numbers: Vec<Dn>,
        /// Its kind.
        kind: LineKind,
    },
    /// A speed dial.
    SpeedDial(SpeedDial),
    /// A feature button.
    Feature(Feature),
}

/// Why something is on no button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No button is left for it.
    NoRoom,
    /// No button is left that can be a line.
    NoLine,
    /// Over SIP only normal lines apply (PRO-4).
    NotOverSip,
    /// The files of such phones, which speak SIP, have no such button.
    NotInFile,
    /// Over SIP only normal lines apply, but the number is there all the same, as a normal line: the phone would have none.
    MadeNormal,
}

/// How many buttons there are on a phone with its modules, and how many can be lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// In all, without the fixed ones.
    pub buttons: usize,
    /// Those that can be lines.
    pub lines: usize,
}

impl Room {
    /// On a phone of a model with modules.
    pub fn of(model: &PhoneModel, modules: &[ModelName]) -> Room {
        let known = Models::known();
        let more = modules
            .iter()
            .map(|module| known.buttons_of(module.as_str()));
        let more: usize = more.map(usize::from).sum();
        let fixed = model.fixed.len().min(MOST_BUTTONS);
        let buttons = (usize::from(model.buttons) + more).min(MOST_BUTTONS - fixed);
        // Buttons of modules can all be lines.
        let lines = match more {
            0 => usize::from(model.lines),
            _ => buttons,
        };
        Room { buttons, lines }
    }
}

impl Layout {
    /// A desk on a phone: lines, then speed dials, then feature buttons, as far as there is room (PRO-2).
    pub fn of(desk: &Desk, model: &PhoneModel, modules: &[ModelName]) -> Layout {
        let room = Room::of(model, modules);
        let mut layout = Layout {
            buttons: Vec::new(),
            free: room.buttons,
            left_out: Vec::new(),
        };
        let normal = |dn: &Dn| desk.lines.iter().any(|line| line.dn == *dn);
        for line in &desk.passed_over {
            let why = match line.numbers.iter().any(normal) {
                true => Why::MadeNormal,
                false => Why::NotOverSip,
            };
            let (numbers, kind) = (line.numbers.clone(), line.kind);
            let what = Item::Line { numbers, kind };
            layout.left_out.push(LeftOut { what, why });
        }
        layout.put_lines(desk, model, room);
        if model.login_key && layout.free > 0 {
            layout.put(Button::Login);
        }
        for dial in &desk.speed_dials {
            layout.put_or_leave(Button::SpeedDial(dial.clone()));
        }
        for feature in &desk.features {
            let button = Button::Feature(*feature);
            match feature.is_on(model) {
                true => layout.put_or_leave(button),
                false => layout.leave(button, Why::NotInFile),
            }
        }
        layout
    }

    fn put_lines(&mut self, desk: &Desk, model: &PhoneModel, room: Room) {
        if !model.speaks(Protocol::Sccp) {
            // It registers once: whatever rings there does at one button.
            let all = desk.lines.iter().flat_map(|line| line.numbers.clone());
            let numbers: Vec<Dn> = all.collect();
            if !numbers.is_empty() {
                let kind = LineKind::Normal;
                self.put(Button::Line { numbers, kind });
            }
            return;
        }
        for (place, line) in desk.lines.iter().enumerate() {
            let button = Button::Line {
                numbers: line.numbers.clone(),
                kind: line.kind,
            };
            match (self.free > 0, place < room.lines) {
                (true, true) => self.put(button),
                (true, false) => self.leave(button, Why::NoLine),
                (false, _) => self.leave(button, Why::NoRoom),
            }
        }
    }

    fn put(&mut self, button: Button) {
        self.buttons.push(button);
        self.free = self.free.saturating_sub(1);
    }

    fn put_or_leave(&mut self, button: Button) {
        match self.free {
            0 => self.leave(button, Why::NoRoom),
            _ => self.put(button),
        }
    }

    fn leave(&mut self, button: Button, why: Why) {
        let what = match button {
            Button::Line { numbers, kind } => Item::Line { numbers, kind },
            Button::SpeedDial(dial) => Item::SpeedDial(dial),
            Button::Feature(feature) => Item::Feature(feature),
            // The file's, and nothing of the profile.
            Button::Login => return,
        };
        self.left_out.push(LeftOut { what, why });
    }

    /// How many of the first buttons are lines.
    pub fn lines(&self) -> usize {
        let is_line = |button: &&Button| matches!(button, Button::Line { .. });
        self.buttons.iter().take_while(is_line).count()
    }

    /// The speed dials that have a button, in their order.
    pub fn speed_dials(&self) -> impl Iterator<Item = &SpeedDial> {
        self.buttons.iter().filter_map(|button| match button {
            Button::SpeedDial(dial) => Some(dial),
            _ => None,
        })
    }

    /// The features that have a button, in their order.
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        self.buttons.iter().filter_map(|button| match button {
            Button::Feature(feature) => Some(*feature),
            _ => None,
        })
    }
}

impl Feature {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Feature::Privacy => "privacy",
            Feature::HuntLog => "HLog",
        }
    }

    /// Whether a model can have a button for it: over SCCP any can; over SIP, those whose files know it.
    fn is_on(self, model: &PhoneModel) -> bool {
        model.speaks(Protocol::Sccp) || (self == Feature::HuntLog && model.has_hunt_key())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::NoRoom => "no button is left",
            Why::NoLine => "no button is left that can be a line",
            Why::NotOverSip => "over SIP only normal lines apply",
            Why::NotInFile => "the file of this phone, which speaks SIP, has no such button",
            Why::MadeNormal => "over SIP only normal lines apply; the number is there as one",
        })
    }
}

fn joined(numbers: &[Dn]) -> String {
    let numbers: Vec<&str> = numbers.iter().map(Dn::as_str).collect();
    numbers.join(",")
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Line { numbers, kind } => {
                write!(f, "line {} ({})", joined(numbers), kind.word())
            }
            Item::SpeedDial(dial) => write!(f, "speed dial {} ({})", dial.number, dial.label),
            Item::Feature(feature) => write!(f, "{} button", feature.word()),
        }
    }
}

impl Item {
    /// The same in as few characters as will do.
    pub fn short(&self) -> String {
        match self {
            Item::Line { numbers, .. } => joined(numbers),
            Item::SpeedDial(dial) => dial.label.clone(),
            Item::Feature(feature) => feature.word().to_owned(),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl fmt::Display for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Button::Line { numbers, kind } => {
                write!(f, "line        {:<18} {}", joined(numbers), kind.word())
            }
            Button::Login => f.write_str("log in, log out"),
            Button::SpeedDial(dial) => {
                let lamp = if dial.blf { ", with a lamp" } else { "" };
                write!(f, "speed dial  {:<18} {}{lamp}", dial.number, dial.label)
            }
            Button::Feature(feature) => write!(f, "feature     {}", feature.word()),
        }
    }
}

/// A table for people.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, button) in self.buttons.iter().enumerate() {
            writeln!(f, "{:>4}  {button}", place + 1)?;
        }
        match self.free {
            0 => {}
            1 => writeln!(f, "      1 button is free")?,
            free => writeln!(f, "      {free} buttons are free")?,
        }
        if !self.left_out.is_empty() {
            writeln!(f, "  left out")?;
        }
        for left_out in &self.left_out {
            writeln!(f, "      {left_out}")?;
        }
        Ok(())
    }
}

impl UserProfile {
    /// What the profile makes of a phone that speaks that, for a user with that number.
    pub fn desk(&self, own: Option<&Dn>, protocol: Protocol) -> Desk {
        let desk = Desk::of_lines(Applied::of(&self.lines, own, protocol), "");
        Desk {
            speed_dials: self.speed_dials.clone(),
            features: self.features(),
            ..desk
        }
    }
}

impl LogoutProfile {
    /// What the profile makes of a phone that speaks that, with a guest's number of its own.
    pub fn desk(&self, own: Option<&Dn>, protocol: Protocol) -> Desk {
        let desk = Desk::of_lines(Applied::of(&self.lines, own, protocol), &self.display_name);
        Desk {
            speed_dials: self.speed_dials.clone(),
            features: self.features(),
            ..desk
        }
    }
}

impl Desk {
    /// A desk with lines, and the name of whoever is there.
    pub(super) fn of_lines(applied: Applied, display_name: &str) -> Desk {
        let lines = applied.lines.into_iter();
        Desk {
            lines: lines
                .filter_map(|line| DeskLine::of(line, display_name))
                .collect(),
            passed_over: applied.passed_over,
            ..Desk::default()
        }
    }
}

impl DeskLine {
    /// A line of a profile on a desk, with the name of whoever is there.
    pub fn of(line: ProfileLine, display_name: &str) -> Option<DeskLine> {
        let dn = line.numbers.first()?.clone();
        Some(DeskLine {
            label: line.label.unwrap_or_else(|| dn.as_str().to_owned()),
            display_name: display_name.to_owned(),
            kind: line.kind,
            numbers: line.numbers,
            shared: false,
            dn,
        })
    }
}

impl Pbx {
    /// The buttons of a phone as it is now.
    pub(super) fn layout_of(&self, phone: &PhoneName, desk: &Desk) -> Layout {
        let config = self.site.phones.get(phone);
        let model = self.site.model_of(config);
        let hardware = config.and_then(|config| config.hardware.as_deref());
        let modules = hardware.map_or(&[][..], |hardware| &hardware.add_on_modules);
        Layout::of(desk, &model, modules)
    }

    /// Whoever reads the log learns what found no place, when a phone becomes what it is.
    pub(super) fn log_left_out(&self, phone: &PhoneName, desk: &Desk) {
        let left_out = self.layout_of(phone, desk).left_out;
        if !left_out.is_empty() {
            let left_out: Vec<String> = left_out.iter().map(ToString::to_string).collect();
            let left_out = left_out.join("; ");
            tracing::info!(%phone, left_out, "not all of the profile has a button");
        }
    }

    /// What there is to say of what found no place.
    pub(super) fn explain_layout(&self, phone: &PhoneName) -> Vec<String> {
        let layout = self.layout_of(phone, &self.desk_of(phone));
        let model = &self.site.model_of(self.site.phones.get(phone)).name;
        let sentence = |left_out: &LeftOut| format!("Left out at {phone} ({model}): {left_out}.");
        layout.left_out.iter().map(sentence).collect()
    }
}
