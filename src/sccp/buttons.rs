//! From what is on a desk to the buttons of a phone.

use std::collections::BTreeSet;

use super::wire::{Button, ButtonTemplate, Stimulus};
use crate::pbx::{Desk, Feature, FixedKey, Layout, ModelName, PhoneModel, Room};

/// What a phone's buttons are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buttons {
    /// How many are lines: the first ones.
    pub lines: u32,
    /// How many are speed dials: the next ones. Those that nobody has set are blank.
    pub speed_dials: u32,
    /// Which of these have lamps.
    pub lamps: BTreeSet<u32>,
    /// What those behind them do.
    pub features: Vec<Feature>,
    /// What stands behind them.
    pub fixed: Vec<Stimulus>,
}

impl Buttons {
    /// The buttons of a phone for a desk: its lines, then its speed dials, as many as there is room for (PRO-2). What
    /// is left of the room is speed dials, so that most desks make the same buttons.
    pub fn of(model: &PhoneModel, modules: &[ModelName], desk: &Desk) -> Buttons {
        let layout = Layout::of(desk, model, modules);
        let room = Room::of(model, modules).buttons;
        // A phone without a number has a line all the same: nothing else could call for help.
        let lines = layout.lines().max(1);
        let features: Vec<Feature> = layout.features().collect();
        let taken = lines + features.len();
        Buttons {
            lines: number(lines),
            speed_dials: number(room.saturating_sub(taken)),
            lamps: BTreeSet::new(),
            features,
            fixed: model.fixed.iter().map(|key| stimulus(*key)).collect(),
        }
    }

    /// The same on a phone that has buttons with lamps.
    pub fn with_lamps(self, desk: &Desk) -> Buttons {
        let dials = (1..=self.speed_dials).zip(&desk.speed_dials);
        let lamps = dials.filter_map(|(index, dial)| dial.blf.then_some(index));
        Buttons {
            lamps: lamps.collect(),
            ..self
        }
    }

    /// The feature buttons with their numbers, among those that phones ask for as features: behind the speed dials, of
    /// which some may be asked for in the same way.
    pub fn features(&self) -> impl Iterator<Item = (u32, Feature)> {
        let indexes = self.speed_dials + 1..;
        indexes.zip(self.features.iter().copied())
    }

    /// What a feature button does.
    pub fn feature(&self, index: u32) -> Option<Feature> {
        let mut features = self.features();
        features.find(|(own, _)| *own == index).map(|(_, it)| it)
    }

    /// The template that says so.
    pub fn template(&self) -> ButtonTemplate {
        let lines = (1..=self.lines).map(|line| (line, Stimulus::Line));
        let dial = |index: u32| match self.lamps.contains(&index) {
            true => (index, Stimulus::BlfSpeedDial),
            false => (index, Stimulus::SpeedDial),
        };
        let speed_dials = (1..=self.speed_dials).map(dial);
        let features = self.features().map(|(index, _)| (index, Stimulus::Feature));
        let fixed = self.fixed.iter().map(|stimulus| (1, *stimulus));
        let all = lines.chain(speed_dials).chain(features).chain(fixed);
        let buttons = all.map(|(instance, stimulus)| Button {
            instance: u8::try_from(instance).unwrap_or(u8::MAX),
            stimulus,
        });
        ButtonTemplate::of(buttons.collect())
    }
}

fn stimulus(key: FixedKey) -> Stimulus {
    match key {
        FixedKey::Hold => Stimulus::Hold,
        FixedKey::Transfer => Stimulus::Transfer,
        FixedKey::Display => Stimulus::Display,
        FixedKey::Voicemail => Stimulus::Voicemail,
        FixedKey::Conference => Stimulus::Conference,
        FixedKey::ForwardAll => Stimulus::ForwardAll,
        FixedKey::Redial => Stimulus::LastNumberRedial,
        FixedKey::Park => Stimulus::CallPark,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pbx::{DeskLine, Models, Protocol, SpeedDial};

    fn desk(lines: usize, speed_dials: usize) -> Desk {
        let line = DeskLine::of("2001".into(), "Alice");
        let dial = SpeedDial::new("2002", "Bob");
        Desk {
            lines: line.into_iter().cycle().take(lines).collect(),
            speed_dials: vec![dial; speed_dials],
            ..Desk::default()
        }
    }

    fn model(name: &str) -> &'static Arc<PhoneModel> {
        Models::known().named(name).expect("a model")
    }

    /// rules: PRO-2
    #[test]
    fn lines_come_first_and_what_does_not_fit_is_counted() {
        // Lines and speed dials that are wanted, those that there are keys for, and how many are left out.
        let table = [
            ("7960", "", (1, 2), (1, 5), 0),
            ("7960", "", (0, 0), (1, 5), 0),
            ("7960", "", (8, 2), (6, 0), 4),
            ("7960", "7914 7914", (8, 30), (8, 26), 4),
            ("7940", "", (1, 3), (1, 1), 2),
            ("6921", "", (3, 6), (2, 6), 1),
            ("7910", "", (2, 2), (1, 2), 1),
            ("7975", "7916-24 7916-24", (1, 60), (1, 55), 5),
        ];
        for (name, modules, (lines, dials), keys, left_out) in table {
            let modules: Vec<ModelName> = modules.split_whitespace().map(Into::into).collect();
            let desk = desk(lines, dials);
            let buttons = Buttons::of(model(name), &modules, &desk);
            let layout = Layout::of(&desk, model(name), &modules);
            let got = ((buttons.lines, buttons.speed_dials), layout.left_out.len());
            assert_eq!(got, (keys, left_out), "{name}");
        }
    }

    #[test]
    fn every_model_has_a_template_that_fits() {
        let models = Models::known().all();
        for model in models.filter(|model| model.speaks(Protocol::Sccp)) {
            let template = Buttons::of(model, &[], &desk(1, 0)).template();
            let expected = usize::from(model.buttons) + model.fixed.len();
            assert_eq!(template.buttons.len(), expected, "{}", model.name);
            assert_eq!(template.buttons[0].stimulus, Stimulus::Line);
        }
    }
}
