//! The models that the phone can be, and how each goes about things.

use perch::sccp::wire::{Codec, Stimulus};

/// A model with its firmware.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    pub model: &'static str,
    pub device_type: u32,
    /// The newest version that it speaks.
    pub offer: u8,
    pub features: [u8; 3],
    pub max_lines: u32,
    pub codecs: &'static [Codec],
    pub manner: Manner,
}

/// How a generation of phones goes about things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A display of one line or two, and keys that are always there; it asks for buttons and little else.
    Plain,
    /// Softkeys; codecs are told when asked for; numbers are dialled key by key.
    Classic,
    /// Softkeys; codecs are told unasked, with video; the handset is told of before the hook; numbers are dialled at once.
    Late,
}

use Codec::{G711Alaw, G711Ulaw, G722, G729, G729A, Rfc2833};

pub const KINDS: [Kind; 5] = [
    Kind {
        model: "7910",
        device_type: 6,
        offer: 3,
        features: [0, 0, 0],
        max_lines: 1,
        codecs: &[G711Ulaw, G711Alaw, G729A],
        manner: Manner::Plain,
    },
    Kind {
        model: "7960",
        device_type: 7,
        offer: 11,
        features: [0x00, 0x60, 0x85],
        max_lines: 6,
        codecs: &[G711Ulaw, G711Alaw, G729A, G729, Rfc2833],
        manner: Manner::Classic,
    },
    Kind {
        model: "7975",
        device_type: 437,
        offer: 20,
        features: [0x00, 0x72, 0x85],
        max_lines: 8,
        codecs: &[G722, G711Ulaw, G711Alaw, G729A, G729, Rfc2833],
        manner: Manner::Late,
    },
    Kind {
        model: "6921",
        device_type: 495,
        offer: 17,
        features: [0x20, 0x70, 0x85],
        max_lines: 2,
        codecs: &[G722, G711Ulaw, G711Alaw, G729A, Rfc2833],
        manner: Manner::Late,
    },
    Kind {
        model: "8945",
        device_type: 585,
        offer: 22,
        features: [0x20, 0x72, 0x85],
        max_lines: 4,
        codecs: &[G722, G711Ulaw, G711Alaw, G729A, Rfc2833],
        manner: Manner::Late,
    },
];

impl Kind {
    /// The kind of that model.
    pub fn of(model: &str) -> &'static Kind {
        let found = KINDS.iter().find(|kind| kind.model == model);
        found.unwrap_or_else(|| panic!("nobody plays a {model}"))
    }

    pub fn has_soft_keys(&self) -> bool {
        self.manner != Manner::Plain
    }

    /// Whether it knows a kind of button at all.
    pub fn knows(&self, stimulus: Stimulus) -> bool {
        match stimulus {
            Stimulus::BlfSpeedDial | Stimulus::ServiceUrl => self.manner != Manner::Plain,
            Stimulus::Other(_) => false,
            _ => true,
        }
    }
}
