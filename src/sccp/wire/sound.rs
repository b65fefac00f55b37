//! What a phone lets hear, and its lamps.

use super::cursor::{Cursor, Layout};
use super::values::{LampMode, RingDuration, RingMode, Stimulus, Tone, ToneDirection};
use super::version::Version;

/// A tone begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartTone {
    /// Which one.
    pub tone: Tone,
    /// Who hears it.
    pub direction: ToneDirection,
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
}

impl Layout for StartTone {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.tone);
        body.value(&mut self.direction);
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// A tone ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopTone {
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
    /// Which one; 0 for any. Older phones are not told.
    pub tone: Tone,
}

impl Layout for StopTone {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
        body.word(&mut self.call);
        if !body.is_over(body.version() >= Version::V11) {
            body.value(&mut self.tone);
        }
    }
}

/// Rings, or stops ringing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetRinger {
    /// How.
    pub mode: RingMode,
    /// How long.
    pub duration: RingDuration,
    /// On which line.
    pub line: u32,
    /// For which call.
    pub call: u32,
}

impl Layout for SetRinger {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.mode);
        body.value(&mut self.duration);
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// Lights a lamp, or puts it out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetLamp {
    /// The lamp of which kind of button.
    pub stimulus: Stimulus,
    /// Which one of those.
    pub instance: u32,
    /// How.
    pub mode: LampMode,
}

impl Layout for SetLamp {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.stimulus);
        body.word(&mut self.instance);
        body.value(&mut self.mode);
    }
}

/// Switches the speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetSpeakerMode {
    /// On, or off. A phone that is off the hook by its speaker is on the hook then.
    pub is_on: bool,
}

impl Layout for SetSpeakerMode {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.switch(&mut self.is_on);
    }
}

/// Switches the microphone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetMicroMode {
    /// On, or off.
    pub is_on: bool,
}

impl Layout for SetMicroMode {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.switch(&mut self.is_on);
    }
}
