//! The models that are played, and how each goes about registering.

use crate::Failure;

/// A model with its firmware.
#[derive(Debug)]
pub struct Kind {
    pub model: &'static str,
    pub device_type: u32,
    /// The newest version that it speaks, and what it says that it can.
    pub offer: u8,
    pub features: [u8; 3],
    pub manner: Manner,
}

/// How a generation of phones goes about things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// No softkeys, no tokens: it registers and asks for its buttons.
    Plain,
    /// Softkeys; told to start anew, it just hangs up.
    Classic,
    /// Softkeys; told to start anew, it says good-bye first.
    Late,
}

const KINDS: &[Kind] = &[
    kind("7910", 6, 3, [0, 0, 0], Manner::Plain),
    kind("7940", 8, 11, [0x00, 0x60, 0x85], Manner::Classic),
    kind("7960", 7, 11, [0x00, 0x60, 0x85], Manner::Classic),
    kind("7941", 115, 17, [0x00, 0x72, 0x85], Manner::Late),
    kind("7965", 436, 20, [0x00, 0x72, 0x85], Manner::Late),
    kind("7975", 437, 20, [0x00, 0x72, 0x85], Manner::Late),
    kind("6921", 495, 17, [0x20, 0x70, 0x85], Manner::Late),
    kind("6961", 497, 15, [0x20, 0x70, 0x85], Manner::Late),
    kind("8945", 585, 22, [0x20, 0x72, 0x85], Manner::Late),
];

const fn kind(
    model: &'static str,
    device_type: u32,
    offer: u8,
    features: [u8; 3],
    manner: Manner,
) -> Kind {
    Kind {
        model,
        device_type,
        offer,
        features,
        manner,
    }
}

impl Kind {
    /// The kinds of those models.
    pub fn of(models: &[String]) -> Result<Vec<&'static Kind>, Failure> {
        let known = || KINDS.iter().map(|kind| kind.model).collect::<Vec<_>>();
        let kind = |model: &String| {
            let found = KINDS.iter().find(|kind| kind.model == model);
            found.ok_or_else(|| {
                let known = known().join(", ");
                format!("nobody plays a {model:?}; played are {known}").into()
            })
        };
        models.iter().map(kind).collect()
    }

    pub fn has_soft_keys(&self) -> bool {
        self.manner != Manner::Plain
    }

    /// Whether it asks for a token before it registers.
    pub fn asks_for_token(&self) -> bool {
        self.manner != Manner::Plain
    }
}
