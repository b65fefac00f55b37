//! Lamps beside speed dials and watched lines: how somebody else's number stands, wherever it is (CAL-3, PRO-1, PRO-3).
//!
//! Newer phones have a kind of button for that. Older ones are told to light the lamp of the speed dial, which those have
//! that are on modules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::shared::Shared;
use super::station::Station;
use super::switchboard::Switchboard;
use super::wire::{BlfStatus, FeatureStat, LampMode, SetLamp, Stimulus, Version};
use crate::pbx::{Dn, Event, Lamp, LineStatus, PhoneName};

/// Who has a lamp for which number.
#[derive(Debug, Default)]
pub(super) struct Lamps {
    lines: BTreeMap<Dn, Line>,
    /// The numbers of each phone that has any.
    phones: BTreeMap<PhoneName, BTreeSet<Dn>>,
}

/// A number, and who has a lamp for it.
#[derive(Debug, Default)]
struct Line {
    /// None until the core has said so.
    status: Option<Arc<LineStatus>>,
    phones: BTreeSet<PhoneName>,
}

impl Lamps {
    /// A phone has lamps for these numbers now, and for no others. Says which are watched from now on, or no more.
    fn watch(&mut self, phone: &PhoneName, numbers: BTreeSet<Dn>) -> Vec<(Dn, bool)> {
        let before = self.phones.remove(phone).unwrap_or_default();
        let mut moved = Vec::new();
        for dn in before.difference(&numbers) {
            if let Some(line) = self.lines.get_mut(dn) {
                line.phones.remove(phone);
                if line.phones.is_empty() {
                    self.lines.remove(dn);
                    moved.push((dn.clone(), false));
                }
            }
        }
        for dn in numbers.difference(&before) {
            if !self.lines.contains_key(dn) {
                moved.push((dn.clone(), true));
            }
            let line = self.lines.entry(dn.clone()).or_default();
            line.phones.insert(phone.clone());
        }
        if !numbers.is_empty() {
            self.phones.insert(phone.clone(), numbers);
        }
        moved
    }

    /// A number stands so now. Who has a lamp for it.
    fn take(&mut self, status: &Arc<LineStatus>) -> Vec<PhoneName> {
        let Some(line) = self.lines.get_mut(&status.dn) else {
            return Vec::new();
        };
        // What waited for the store comes later than what did not.
        let is_late = |known: &Arc<LineStatus>| known.version > status.version;
        if line.status.as_ref().is_some_and(is_late) {
            return Vec::new();
        }
        line.status = Some(Arc::clone(status));
        line.phones.iter().cloned().collect()
    }

    /// What a lamp for a number shows.
    fn lamp(&self, dn: &str) -> Lamp {
        let line = self.lines.get(dn);
        let status = line.and_then(|line| line.status.as_ref());
        status.map_or(Lamp::Dark, |status| status.lamp())
    }
}

impl Shared {
    /// A phone has lamps for these numbers now, and for no others.
    pub fn watch_lamps(&mut self, phone: &PhoneName, numbers: BTreeSet<Dn>) {
        let moved = self.lamps.watch(phone, numbers).into_iter();
        let events = moved.map(|(dn, watched)| Event::LineWatched { dn, watched });
        self.events.extend(events);
    }
}

impl Switchboard {
    /// A number stands otherwise now.
    pub(super) fn light_lamps(&mut self, status: &Arc<LineStatus>) {
        for phone in self.shared.lamps.take(status) {
            self.at(&phone, |station, shared| {
                station.show_number(shared, &status.dn);
            });
        }
    }
}

impl Station {
    /// Its speed dials with lamps: which button each has, and which number. A phone has as many as it has buttons.
    fn dials_with_lamps(&self) -> impl Iterator<Item = (u32, &str)> {
        let dials = (1..=self.buttons.speed_dials).zip(&self.desk.speed_dials);
        let with_lamps = dials.filter(|(_, dial)| dial.blf);
        with_lamps.map(|(index, dial)| (index, dial.number.as_str()))
    }

    /// Whether a lamp is a kind of button there: older phones draw none for it.
    pub fn has_lamp_buttons(&self) -> bool {
        self.dialect.version >= Version::V15
    }

    /// The speed dials of a button, if it has a lamp.
    pub fn lamp_stat(&self, shared: &Shared, index: u32) -> Option<FeatureStat> {
        let dial = self.speed_dial(index).filter(|dial| dial.blf)?;
        let status = match shared.lamps.lamp(&dial.number) {
            Lamp::Dark => BlfStatus::Unknown,
            Lamp::Idle => BlfStatus::Idle,
            Lamp::Ringing => BlfStatus::Alerting,
            Lamp::Held | Lamp::InUse => BlfStatus::InUse,
        };
        Some(FeatureStat {
            index,
            stimulus: Stimulus::BlfSpeedDial,
            label: dial.label.as_str().into(),
            status: status.into(),
        })
    }

    /// Its lines that only show how a number stands: which button each has, and which number.
    fn watched_lines(&self) -> impl Iterator<Item = (u32, &Dn)> {
        let lines = (1..=self.buttons.lines).zip(&self.desk.lines);
        let watched = lines.filter(|(_, line)| line.is_monitor());
        watched.map(|(index, line)| (index, &line.dn))
    }

    /// Its desk is another: it has lamps for other numbers. All are shown, as far as is known how they stand; the others
    /// are when the core says so.
    pub fn watch_numbers(&self, shared: &mut Shared) {
        let dials = self.dials_with_lamps().map(|(_, number)| number.into());
        let lines = self.watched_lines().map(|(_, dn)| dn.clone());
        let numbers: BTreeSet<Dn> = dials.chain(lines).collect();
        shared.watch_lamps(&self.name, numbers.clone());
        for dn in &numbers {
            self.show_number(shared, dn);
        }
    }

    /// A number stands otherwise now.
    fn show_number(&self, shared: &mut Shared, dn: &Dn) {
        if !self.is_registered() {
            return;
        }
        let indexes: Vec<u32> = self
            .dials_with_lamps()
            .filter_map(|(index, number)| (number == dn.as_str()).then_some(index))
            .collect();
        for index in indexes {
            self.show_number_at(shared, index);
        }
        let lines = self.watched_lines().filter(|(_, watched)| *watched == dn);
        for (instance, dn) in lines {
            let lamp = SetLamp {
                stimulus: Stimulus::Line,
                instance,
                mode: lamp_mode(shared.lamps.lamp(dn.as_str())),
            };
            self.say(shared, lamp);
        }
    }

    fn show_number_at(&self, shared: &mut Shared, index: u32) {
        let Some(stat) = self.lamp_stat(shared, index) else {
            return;
        };
        if self.has_lamp_buttons() {
            return self.say(shared, stat);
        }
        let number = self.speed_dial(index).map_or("", |dial| &dial.number);
        let lamp = SetLamp {
            stimulus: Stimulus::SpeedDial,
            instance: index,
            mode: lamp_mode(shared.lamps.lamp(number)),
        };
        self.say(shared, lamp);
    }
}

/// How a lamp burns that has no more to say than that.
fn lamp_mode(lamp: Lamp) -> LampMode {
    match lamp {
        Lamp::Dark | Lamp::Idle => LampMode::Off,
        Lamp::Ringing => LampMode::Blink,
        Lamp::Held => LampMode::Wink,
        Lamp::InUse => LampMode::On,
    }
}
