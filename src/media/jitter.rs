//! Sound that comes in packets of any length and at any moment, and goes on in steady frames.

use std::collections::VecDeque;

use super::tone::FRAME;

/// It goes on when so much is there, in bytes: that outlasts packets that are late.
const BEGINS: usize = 3 * FRAME;

/// It is never later than this, in bytes.
const KEEPS: usize = 10 * FRAME;

/// Sound on its way.
#[derive(Debug, Default)]
pub(super) struct Jitter {
    sound: VecDeque<u8>,
    /// Whether enough is there to go on.
    flows: bool,
    frame: Vec<u8>,
}

impl Jitter {
    /// A packet came.
    pub fn hear(&mut self, sound: &[u8]) {
        self.sound.extend(sound);
        let surplus = self.sound.len().saturating_sub(KEEPS);
        self.sound.drain(..surplus);
        self.flows |= self.sound.len() >= BEGINS;
    }

    /// The next frame, if there is one.
    pub fn take(&mut self) -> Option<[u8; FRAME]> {
        self.flows &= self.sound.len() >= FRAME;
        if !self.flows {
            return None;
        }
        self.frame.clear();
        self.frame.extend(self.sound.drain(..FRAME));
        self.frame.as_slice().try_into().ok()
    }
}
