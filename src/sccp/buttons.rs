//! From what is on a desk to the buttons of a phone.

use super::model::{MODULES, Model};
use super::wire::{Button, ButtonTemplate, Stimulus};
use crate::pbx::{Desk, ModelName};

/// The longest template has so many.
const MOST: usize = 56;

/// What a phone's buttons are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buttons {
    /// How many are lines: the first ones.
    pub lines: u32,
    /// How many are speed dials: the next ones. Those that nobody has set are blank.
    pub speed_dials: u32,
    /// What stands behind them.
    pub fixed: &'static [Stimulus],
}

impl Buttons {
    /// The buttons of a phone for a desk: its lines, then its speed dials, as many as there is room for (PRO-2). What
    /// is left of the room is speed dials, so that most desks make the same buttons.
    pub fn of(model: &Model, modules: &[ModelName], desk: &Desk) -> Buttons {
        let more = modules.iter().filter_map(|module| {
            let mut known = MODULES.iter();
            Some(known.find(|(name, _)| *name == module.as_str())?.1)
        });
        let room = usize::from(model.buttons) + more.map(usize::from).sum::<usize>();
        let room = room.min(MOST - model.fixed.len());
        let most_lines = if modules.is_empty() {
            usize::from(model.lines)
        } else {
            room
        };
        let lines = desk.lines.len().clamp(1, most_lines);
        Buttons {
            lines: number(lines),
            speed_dials: number(room - lines),
            fixed: model.fixed,
        }
    }

    /// How many lines and speed dials of a desk have no button.
    pub fn left_out(&self, desk: &Desk) -> usize {
        let (lines, speed_dials) = (number(desk.lines.len()), number(desk.speed_dials.len()));
        let missing =
            lines.saturating_sub(self.lines) + speed_dials.saturating_sub(self.speed_dials);
        usize::try_from(missing).unwrap_or(usize::MAX)
    }

    /// The template that says so.
    pub fn template(&self) -> ButtonTemplate {
        let lines = (1..=self.lines).map(|line| (line, Stimulus::Line));
        let speed_dials = (1..=self.speed_dials).map(|dial| (dial, Stimulus::SpeedDial));
        let fixed = self.fixed.iter().map(|stimulus| (1, *stimulus));
        let all = lines.chain(speed_dials).chain(fixed);
        let buttons = all.map(|(instance, stimulus)| Button {
            instance: u8::try_from(instance).unwrap_or(u8::MAX),
            stimulus,
        });
        ButtonTemplate::of(buttons.collect())
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::model::MODELS;
    use super::*;
    use crate::pbx::{DeskLine, SpeedDial};

    fn desk(lines: usize, speed_dials: usize) -> Desk {
        let line = DeskLine {
            dn: "2001".into(),
            label: "2001".into(),
            display_name: "Alice".into(),
        };
        let dial = SpeedDial {
            number: "2002".into(),
            label: "Bob".into(),
        };
        Desk {
            lines: vec![line; lines],
            speed_dials: vec![dial; speed_dials],
            ..Desk::default()
        }
    }

    fn model(name: &str) -> &'static Model {
        let mut models = MODELS.iter();
        models.find(|model| model.name == name).expect("a model")
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
            let got = (
                (buttons.lines, buttons.speed_dials),
                buttons.left_out(&desk),
            );
            assert_eq!(got, (keys, left_out), "{name}");
        }
    }

    #[test]
    fn every_model_has_a_template_that_fits() {
        for model in MODELS {
            let template = Buttons::of(model, &[], &desk(1, 0)).template();
            let expected = usize::from(model.buttons) + model.fixed.len();
            assert_eq!(template.buttons.len(), expected, "{}", model.name);
            assert_eq!(template.buttons[0].stimulus, Stimulus::Line);
        }
    }
}
