//! What the phone was told that it is and shows: buttons, softkeys, lamps, texts, sounds.

use std::collections::BTreeMap;

use perch::sccp::wire::{
    Button, ButtonTemplate, KeySet, LampMode, LineStat, RingMode, SelectSoftKeys, SoftKey,
    SoftKeySet, SoftKeySetRes, SoftKeyTemplateRes, SpeedDialStat, Stimulus, Text, Tone,
};

/// A call on a line; 0, 0: the phone as such.
pub type Place = (u32, u32);

/// What a phone was told.
#[derive(Debug, Default)]
pub struct Desk {
    pub buttons: Vec<Button>,
    pub lines: BTreeMap<u32, LineStat>,
    pub speed_dials: BTreeMap<u32, SpeedDialStat>,
    pub soft_keys: Vec<SoftKey>,
    pub sets: Vec<SoftKeySet>,
    pub selected: BTreeMap<Place, SelectSoftKeys>,
    pub lamps: BTreeMap<(String, u32), LampMode>,
    /// Speed dials with lamps: what stands there, and how the number stands.
    pub features: BTreeMap<u32, (String, u32)>,
    pub prompts: BTreeMap<Place, String>,
    pub notice: String,
    pub ringer: Option<RingMode>,
    pub tone: Option<Tone>,
    pub speaker: bool,
}

impl Desk {
    pub fn has_line(&self, line: u32) -> bool {
        let is_it = |button: &Button| {
            button.stimulus == Stimulus::Line && u32::from(button.instance) == line
        };
        self.buttons.iter().any(is_it)
    }

    pub fn take_buttons(&mut self, template: &ButtonTemplate, faults: &mut Vec<String>) {
        self.features.clear();
        let mut seen: Vec<(Stimulus, u8)> = Vec::new();
        let buttons = template.buttons.iter();
        self.buttons = buttons
            .filter(|button| button.stimulus != Stimulus::Undefined)
            .copied()
            .collect();
        for button in &self.buttons {
            let what = (button.stimulus, button.instance);
            let has_many = matches!(
                button.stimulus,
                Stimulus::Line | Stimulus::SpeedDial | Stimulus::BlfSpeedDial
            );
            if seen.contains(&what) && has_many {
                faults.push(format!("two buttons {what:?}"));
            }
            seen.push(what);
        }
        if !self.has_line(1) {
            faults.push("a phone without a first line".into());
        }
    }

    pub fn take_keys(&mut self, template: &SoftKeyTemplateRes, faults: &mut Vec<String>) {
        for key in &template.keys {
            let is_twice = template
                .keys
                .iter()
                .filter(|other| other.event == key.event);
            if key.event == 0 || is_twice.count() > 1 {
                faults.push(format!("the event {} does not name one softkey", key.event));
            }
            if key.label.is_empty() {
                faults.push(format!("softkey {} says nothing", key.event));
            }
        }
        self.soft_keys.clone_from(&template.keys);
    }

    pub fn take_sets(&mut self, sets: &SoftKeySetRes, faults: &mut Vec<String>) {
        for (number, set) in sets.sets.iter().enumerate() {
            for slot in &set.slots {
                if usize::from(slot.position) > self.soft_keys.len() {
                    let position = slot.position;
                    faults.push(format!("key set {number} shows softkey {position} of none"));
                }
            }
        }
        self.sets.clone_from(&sets.sets);
    }

    /// What stands beside its buttons: the number and name of each line and speed dial that is one.
    pub fn beside_buttons(&self) -> Vec<String> {
        let beside = |button: &Button| {
            let number = u32::from(button.instance);
            let (what, number, name) = match button.stimulus {
                Stimulus::Line => {
                    let line = self.lines.get(&number)?;
                    ("line", &line.number, &line.full_name)
                }
                Stimulus::SpeedDial => {
                    let dial = self.speed_dials.get(&number)?;
                    ("speed dial", &dial.number, &dial.name)
                }
                Stimulus::BlfSpeedDial => {
                    let (label, _) = self.features.get(&number)?;
                    return Some(format!("lamp {label}"));
                }
                _ => return None,
            };
            let is_blank = number.is_empty();
            (!is_blank).then(|| format!("{what} {number} {}", in_words(name)))
        };
        self.buttons.iter().filter_map(beside).collect()
    }

    /// The softkeys that are shown at a place: what they say, and the event of each.
    pub fn keys_at(&self, place: Place) -> Vec<(String, u32)> {
        let Some(selected) = self.selected.get(&place) else {
            return Vec::new();
        };
        let number = KeySet::ALL.iter().position(|set| *set == selected.set);
        let Some(set) = number.and_then(|number| self.sets.get(number)) else {
            return Vec::new();
        };
        let mut keys = Vec::new();
        for (place, slot) in set.slots.iter().enumerate() {
            let is_shown = selected.mask & (1 << place) != 0;
            let key = usize::from(slot.position).checked_sub(1);
            let key = key.and_then(|key| self.soft_keys.get(key));
            if let Some(key) = key.filter(|_| is_shown) {
                keys.push((in_words(&key.label), key.event));
            }
        }
        keys
    }

    /// The call is over: what was shown for it is gone.
    pub fn forget(&mut self, place: Place) {
        self.selected.remove(&place);
        self.prompts.remove(&place);
    }
}

/// A text as its reader reads it.
pub fn in_words(text: &Text) -> String {
    let label = text.label.map(|label| match label.english() {
        Some(words) => words.to_owned(),
        None => format!("{label:?}"),
    });
    match (label, text.literal.as_str()) {
        (None, literal) => literal.to_owned(),
        (Some(label), "") => label,
        (Some(label), literal) => format!("{label} {literal}"),
    }
}
