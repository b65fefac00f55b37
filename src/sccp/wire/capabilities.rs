//! What codecs a phone has.

use super::cursor::{Cursor, Layout, count};
use super::values::Codec;

/// How many codecs a phone can tell of.
const SLOTS: usize = 18;

/// A codec of a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capability {
    /// Which one.
    pub codec: Codec,
    /// How many frames a packet may have; for most phones, and in milliseconds, how much sound.
    pub max_frames: u32,
    /// What else there is to know of it.
    pub parameters: [u8; 8],
}

impl Capability {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.codec);
        body.word(&mut self.max_frames);
        body.bytes(&mut self.parameters);
    }
}

/// The codecs of a phone that was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilitiesRes {
    /// The codecs, 18 at most.
    pub audio: Vec<Capability>,
}

impl Layout for CapabilitiesRes {
    fn layout(&mut self, body: &mut impl Cursor) {
        let mut count = count(&self.audio, SLOTS);
        body.word(&mut count);
        body.slots(&mut self.audio, count, SLOTS, |body, codec| {
            codec.layout(body);
        });
    }
}

/// Codecs in a message that also tells of video, conferences and much else, which is not looked at. `rest` is how much
/// follows.
fn with_video(audio: &mut Vec<Capability>, rest: usize, body: &mut impl Cursor) {
    let mut count = count(audio, SLOTS);
    body.word(&mut count);
    // How many for video and data, formats, conferences.
    body.skip(308);
    body.slots(audio, count, SLOTS, |body, codec| codec.layout(body));
    body.skip(rest);
}

/// The codecs of a phone with video, sent unasked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateCapabilities {
    /// The codecs for sound, 18 at most.
    pub audio: Vec<Capability>,
}

impl Layout for UpdateCapabilities {
    fn layout(&mut self, body: &mut impl Cursor) {
        with_video(&mut self.audio, 10 * 116 + 5 * 16, body);
    }
}

/// The same of newer phones, whose entries for video are longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateCapabilitiesV2 {
    /// The codecs for sound, 18 at most.
    pub audio: Vec<Capability>,
}

impl Layout for UpdateCapabilitiesV2 {
    fn layout(&mut self, body: &mut impl Cursor) {
        with_video(&mut self.audio, 10 * 148 + 5 * 16, body);
    }
}

/// The same of the newest phones, which tell of encryption as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateCapabilitiesV3 {
    /// The codecs for sound, 18 at most.
    pub audio: Vec<Capability>,
}

impl Layout for UpdateCapabilitiesV3 {
    fn layout(&mut self, body: &mut impl Cursor) {
        with_video(&mut self.audio, 10 * 152 + 5 * 20 + 4, body);
    }
}
