//! Models of phones: their buttons, the newest version that each is held to, and how each takes another profile.

use super::wire::{Stimulus, Version};

/// A model.
#[derive(Debug, PartialEq, Eq)]
pub struct Model {
    /// What it is called.
    pub name: &'static str,
    /// What it calls itself when it registers.
    pub device_types: &'static [u32],
    /// How many buttons can be made lines or speed dials.
    pub buttons: u8,
    /// How many of them can be lines.
    pub lines: u8,
    /// Buttons with a fixed meaning, in the template behind the others.
    pub fixed: &'static [Stimulus],
    /// Whether it has a display that texts can be shown on.
    pub has_display: bool,
    /// The newest version that it is held to.
    pub newest: Version,
    /// How it takes another profile.
    pub swap: Swap,
    /// Why so.
    pub why: &'static str,
}

impl Model {
    /// Whether it has asked all that it wants to know when it says how many lines it has found. Others ask for the time
    /// last.
    pub(super) fn ends_with_its_lines(&self) -> bool {
        self.name.starts_with("SPA")
    }

    /// Whether it has a browser, and so knows what it is to do with XML. The first models have no display to speak of.
    pub fn has_browser(&self) -> bool {
        self.newest > Version::V3
    }
}

/// How a phone takes another profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// At once: lines, speed dials and a new button template, none of them asked for.
    Template,
    /// At once, as long as its buttons stay of the same kind; else it registers anew.
    Lines,
    /// It registers anew.
    Restart,
}

impl Swap {
    /// The word for it in settings and records.
    pub fn word(self) -> &'static str {
        match self {
            Swap::Template => "template",
            Swap::Lines => "lines",
            Swap::Restart => "restart",
        }
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<Swap> {
        let all = [Swap::Template, Swap::Lines, Swap::Restart];
        all.into_iter().find(|swap| swap.word() == word)
    }
}

const UNASKED: &str =
    "takes lines and speed dials unasked, but reads its template only when it registers";
const ASKS_ONCE: &str = "asks for its lines and speed dials only when it registers";
const NO_LABELS: &str = "shows nothing beside its buttons that could be wrong";

/// A model whose buttons can all be lines, with a firmware that draws what it is told.
const fn new(name: &'static str, device_types: &'static [u32], buttons: u8) -> Model {
    Model {
        name,
        device_types,
        buttons,
        lines: buttons,
        fixed: &[],
        has_display: true,
        newest: Version::V22,
        swap: Swap::Lines,
        why: UNASKED,
    }
}

/// A model of the first generations, with one line mostly.
const fn old(name: &'static str, device_types: &'static [u32], buttons: u8, lines: u8) -> Model {
    Model {
        name,
        device_types,
        buttons,
        lines,
        fixed: &[],
        has_display: true,
        newest: Version::V5,
        swap: Swap::Restart,
        why: ASKS_ONCE,
    }
}

/// A model without a display.
const fn blind(name: &'static str, device_types: &'static [u32], buttons: u8, lines: u8) -> Model {
    Model {
        swap: Swap::Lines,
        why: NO_LABELS,
        newest: Version::V3,
        ..old(name, device_types, buttons, lines)
    }
}

/// A small-office model, which speaks a dialect of its own: what is known of it does not reach beyond version 11.
const fn small(name: &'static str, device_types: &'static [u32], buttons: u8) -> Model {
    Model {
        newest: Version::V11,
        ..old(name, device_types, buttons, buttons)
    }
}

const HOLD: &[Stimulus] = &[Stimulus::Hold];
const KEYS_OF_7910: &[Stimulus] = &[
    Stimulus::Hold,
    Stimulus::Transfer,
    Stimulus::Display,
    Stimulus::Voicemail,
    Stimulus::Conference,
    Stimulus::ForwardAll,
    Stimulus::LastNumberRedial,
];
const KEYS_OF_30VIP: &[Stimulus] = &[
    Stimulus::LastNumberRedial,
    Stimulus::Hold,
    Stimulus::Transfer,
    Stimulus::ForwardAll,
    Stimulus::CallPark,
    Stimulus::Voicemail,
];
const KEYS_OF_8945: &[Stimulus] = &[
    Stimulus::Conference,
    Stimulus::Hold,
    Stimulus::Transfer,
    Stimulus::LastNumberRedial,
];

/// Every model that Perch knows.
pub const MODELS: &[Model] = &[
    Model {
        fixed: KEYS_OF_30VIP,
        ..blind("30SP+", &[1], 17, 17)
    },
    Model {
        fixed: KEYS_OF_30VIP,
        ..blind("12SP+", &[2], 6, 2)
    },
    Model {
        fixed: KEYS_OF_30VIP,
        ..blind("12SP", &[3, 4], 6, 2)
    },
    Model {
        fixed: KEYS_OF_30VIP,
        ..blind("30VIP", &[5], 17, 17)
    },
    Model {
        fixed: KEYS_OF_7910,
        ..old("7902", &[30008], 5, 1)
    },
    Model {
        fixed: HOLD,
        ..old("7905", &[20000], 10, 1)
    },
    Model {
        fixed: HOLD,
        lines: 1,
        ..new("7906", &[369], 10)
    },
    Model {
        fixed: KEYS_OF_7910,
        ..old("7910", &[6], 3, 1)
    },
    Model {
        fixed: HOLD,
        lines: 1,
        ..new("7911", &[307], 10)
    },
    Model {
        fixed: HOLD,
        ..old("7912", &[30007], 10, 1)
    },
    old("7920", &[30002], 6, 6),
    new("7921", &[365], 6),
    new("7925", &[484], 6),
    new("7926", &[577], 6),
    new("7931", &[348], 20),
    old("7935", &[9], 2, 2),
    old("7936", &[30019], 2, 2),
    new("7937", &[431], 1),
    Model {
        newest: Version::V11,
        ..old("7940", &[8], 2, 2)
    },
    new("7941", &[115], 2),
    new("7941GE", &[309], 2),
    new("7942", &[434], 2),
    new("7945", &[435], 2),
    Model {
        newest: Version::V11,
        ..old("7960", &[7], 6, 6)
    },
    new("7961", &[30018], 6),
    new("7961GE", &[308], 6),
    new("7962", &[404], 6),
    new("7965", &[436], 6),
    new("7970", &[30006], 8),
    new("7971", &[119], 8),
    new("7971GE", &[118], 8),
    new("7975", &[437], 8),
    new("7985", &[302], 1),
    new("CIPC", &[30016], 8),
    new("6901", &[547], 1),
    new("6911", &[548], 1),
    Model {
        lines: 2,
        ..new("6921", &[495], 8)
    },
    new("6941", &[496], 4),
    new("6945", &[564], 4),
    new("6961", &[497], 12),
    Model {
        fixed: KEYS_OF_8945,
        ..new("8941", &[586], 10)
    },
    Model {
        fixed: KEYS_OF_8945,
        ..new("8945", &[585], 10)
    },
    Model {
        has_display: false,
        ..blind("ATA186", &[12], 1, 1)
    },
    Model {
        has_display: false,
        ..blind("ATA188", &[13], 1, 1)
    },
    small("SPA303", &[80011], 3),
    small("SPA502G", &[80003], 1),
    small("SPA504G", &[80004], 4),
    small("SPA508G", &[80006], 8),
    small("SPA509G", &[80007], 12),
    small("SPA512G", &[80012], 1),
    small("SPA514G", &[80013], 4),
    small("SPA521S", &[80000], 1),
    small("SPA525G", &[80005], 5),
    small("SPA525G2", &[80009], 8),
];

/// Modules with more buttons, and how many each has.
pub const MODULES: &[(&str, u8)] = &[
    ("7914", 14),
    ("7915-12", 12),
    ("7915-24", 24),
    ("7916-12", 12),
    ("7916-24", 24),
];

/// The model that calls itself so.
pub(super) fn by_type(device_type: u32) -> Option<&'static Model> {
    let is_it = |model: &&Model| model.device_types.contains(&device_type);
    MODELS.iter().find(is_it)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_models_have_a_name_or_a_type_in_common() {
        let names: BTreeSet<&str> = MODELS.iter().map(|model| model.name).collect();
        assert_eq!(names.len(), MODELS.len());
        let types: Vec<u32> = MODELS
            .iter()
            .flat_map(|m| m.device_types)
            .copied()
            .collect();
        let different: BTreeSet<u32> = types.iter().copied().collect();
        assert_eq!(different.len(), types.len());
        assert_eq!(by_type(7).map(|model| model.name), Some("7960"));
        assert_eq!(by_type(4242), None);
        for model in MODELS {
            assert!(
                model.lines >= 1 && model.lines <= model.buttons,
                "{}",
                model.name
            );
        }
    }

    #[test]
    fn ways_to_swap_have_words() {
        for swap in [Swap::Template, Swap::Lines, Swap::Restart] {
            assert_eq!(Swap::from_word(swap.word()), Some(swap));
        }
        assert_eq!(Swap::from_word("reboot"), None);
    }
}
