//! What a phone's buttons and softkeys are.

use super::cursor::{Cursor, Layout, count};
use super::text::Text;
use super::values::{KeySet, Stimulus};

/// How many buttons fit into the template that all phones take.
const BUTTONS: usize = 42;
/// How many fit into the longer one, for phones with add-on modules.
const MOST_BUTTONS: usize = 56;
/// How many softkeys a phone can have.
const SOFT_KEYS: usize = 32;
/// How many sets of softkeys a phone can have.
const SETS: usize = 16;
/// How many softkeys a set has.
const KEYS: usize = 16;

/// A button of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Button {
    /// Which one of its type, from 1.
    pub instance: u8,
    /// What it is. As a byte: codes above 255 cannot be said.
    pub stimulus: Stimulus,
}

impl Default for Button {
    fn default() -> Button {
        Button {
            instance: 0,
            stimulus: Stimulus::Undefined,
        }
    }
}

/// What a phone's buttons are, from the top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ButtonTemplate {
    /// Which one is the first of these.
    pub offset: u32,
    /// How many the phone has in all.
    pub total: u32,
    /// The buttons, 56 at most.
    pub buttons: Vec<Button>,
}

impl ButtonTemplate {
    /// The template of these buttons.
    pub fn of(mut buttons: Vec<Button>) -> ButtonTemplate {
        buttons.truncate(MOST_BUTTONS);
        ButtonTemplate {
            offset: 0,
            total: count(&buttons, MOST_BUTTONS),
            buttons,
        }
    }
}

impl Layout for ButtonTemplate {
    fn layout(&mut self, body: &mut impl Cursor) {
        let mut count = count(&self.buttons, MOST_BUTTONS);
        body.word(&mut self.offset);
        body.word(&mut count);
        body.word(&mut self.total);
        let is_long = usize::try_from(count).is_ok_and(|count| count > BUTTONS);
        let slots = if is_long { MOST_BUTTONS } else { BUTTONS };
        body.slots(&mut self.buttons, count, slots, |body, button| {
            body.byte(&mut button.instance);
            body.byte_value(&mut button.stimulus);
        });
    }
}

/// A softkey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftKey {
    /// What stands on it.
    pub label: Text,
    /// What the phone says when it is pressed.
    pub event: u32,
}

/// All softkeys that a phone may show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftKeyTemplateRes {
    /// Which one is the first of these.
    pub offset: u32,
    /// How many there are in all.
    pub total: u32,
    /// The softkeys, 32 at most.
    pub keys: Vec<SoftKey>,
}

impl SoftKeyTemplateRes {
    /// The template of these softkeys.
    pub fn of(mut keys: Vec<SoftKey>) -> SoftKeyTemplateRes {
        keys.truncate(SOFT_KEYS);
        SoftKeyTemplateRes {
            offset: 0,
            total: count(&keys, SOFT_KEYS),
            keys,
        }
    }
}

impl Layout for SoftKeyTemplateRes {
    fn layout(&mut self, body: &mut impl Cursor) {
        let mut count = count(&self.keys, SOFT_KEYS);
        body.word(&mut self.offset);
        body.word(&mut count);
        body.word(&mut self.total);
        body.slots(&mut self.keys, count, SOFT_KEYS, |body, key| {
            body.text(&mut key.label, 16);
            body.word(&mut key.event);
        });
    }
}

/// A place of a set of softkeys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoftKeySlot {
    /// Which softkey of the template, from 1. 0 leaves the place empty.
    pub position: u8,
    /// Which explanation of it: 300 and its event, as CUCM counts them.
    pub info: u16,
}

/// The softkeys that are shown together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftKeySet {
    /// Its places.
    pub slots: [SoftKeySlot; KEYS],
}

impl SoftKeySet {
    /// A set of softkeys, given by their positions in the template: 0 for an empty place. More than 16 are left out.
    pub fn of(template: &SoftKeyTemplateRes, positions: &[u8]) -> SoftKeySet {
        let mut set = SoftKeySet::default();
        for (slot, position) in set.slots.iter_mut().zip(positions) {
            let key = usize::from(*position).checked_sub(1);
            let key = key.and_then(|index| template.keys.get(index));
            let event = key.and_then(|key| u16::try_from(key.event).ok());
            *slot = event.map_or_else(SoftKeySlot::default, |event| SoftKeySlot {
                position: *position,
                info: event.saturating_add(300),
            });
        }
        set
    }
}

/// All sets of softkeys: the first is [`KeySet::OnHook`], and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftKeySetRes {
    /// Which one is the first of these.
    pub offset: u32,
    /// How many there are in all.
    pub total: u32,
    /// The sets, 16 at most.
    pub sets: Vec<SoftKeySet>,
}

impl SoftKeySetRes {
    /// These sets.
    pub fn of(mut sets: Vec<SoftKeySet>) -> SoftKeySetRes {
        sets.truncate(SETS);
        SoftKeySetRes {
            offset: 0,
            total: count(&sets, SETS),
            sets,
        }
    }
}

impl Layout for SoftKeySetRes {
    fn layout(&mut self, body: &mut impl Cursor) {
        let mut count = count(&self.sets, SETS);
        body.word(&mut self.offset);
        body.word(&mut count);
        body.word(&mut self.total);
        body.slots(&mut self.sets, count, SETS, |body, set| {
            for slot in &mut set.slots {
                body.byte(&mut slot.position);
            }
            for slot in &mut set.slots {
                body.half(&mut slot.info);
            }
        });
    }
}

/// Which softkeys are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectSoftKeys {
    /// On which line; 0 if nothing goes on.
    pub line: u32,
    /// For which call; 0 if nothing goes on.
    pub call: u32,
    /// The set.
    pub set: KeySet,
    /// Which of its keys: bit 0 for the first.
    pub mask: u32,
}

impl Layout for SelectSoftKeys {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
        body.word(&mut self.call);
        body.value(&mut self.set);
        body.word(&mut self.mask);
    }
}
