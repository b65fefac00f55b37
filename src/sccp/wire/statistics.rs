//! How good the media of a call was.

use bytes::Bytes;

use super::cursor::{Cursor, Layout};
use super::text::Characters;
use super::values::StatisticsMode;
use super::version::Version;

/// The number that a question names, and its answer too.
fn number<T: Characters>(body: &mut impl Cursor, number: &mut T) {
    let size = if body.version() < Version::V18 {
        24
    } else {
        28
    };
    body.text(number, size);
}

/// Asks a phone how good the media of a call was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStatisticsReq {
    /// The line's number.
    pub number: String,
    /// Which call.
    pub call: u32,
    /// Whether the counters begin anew.
    pub mode: StatisticsMode,
}

impl Layout for ConnectionStatisticsReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        number(body, &mut self.number);
        body.word(&mut self.call);
        body.value(&mut self.mode);
    }
}

/// How good the media of a call was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStatisticsRes {
    /// The line's number.
    pub number: String,
    /// Which call.
    pub call: u32,
    /// Whether the counters began anew.
    pub mode: StatisticsMode,
    /// How many packets were sent.
    pub packets_sent: u32,
    /// How many bytes of sound.
    pub octets_sent: u32,
    /// How many packets came.
    pub packets_received: u32,
    /// How many bytes of sound.
    pub octets_received: u32,
    /// How many packets did not come.
    pub packets_lost: u32,
    /// How unevenly they came, in milliseconds.
    pub jitter: u32,
    /// How late, in milliseconds.
    pub latency: u32,
    /// How good it sounded, as text of the phone's own. Newer phones only.
    pub quality: Bytes,
}

impl Layout for ConnectionStatisticsRes {
    fn layout(&mut self, body: &mut impl Cursor) {
        number(body, &mut self.number);
        body.word(&mut self.call);
        if self.has_short_mode(body) {
            body.byte_value(&mut self.mode);
        } else {
            body.value(&mut self.mode);
        }
        for counter in [
            &mut self.packets_sent,
            &mut self.octets_sent,
            &mut self.packets_received,
            &mut self.octets_received,
            &mut self.packets_lost,
            &mut self.jitter,
            &mut self.latency,
        ] {
            body.word(counter);
        }
        let mut length = u32::try_from(self.quality.len()).unwrap_or(u32::MAX);
        if !body.ends(length > 0) {
            body.word(&mut length);
            body.data(&mut self.quality, length);
        }
    }
}

impl ConnectionStatisticsRes {
    /// Since version 18 the mode is one byte, and what follows is not aligned; some phones keep to four bytes.
    fn has_short_mode(&self, body: &impl Cursor) -> bool {
        if body.version() < Version::V18 {
            return false;
        }
        let Some([_, rest @ ..]) = body.peek::<4>(0) else {
            // Writing. What could be taken for a mode of four bytes is written as one.
            return self.packets_sent.trailing_zeros() < 24 || !self.quality.is_empty();
        };
        // Three zeros: the rest of the mode, unless a text fits whose length is where it would be after one byte.
        rest != [0; 3]
            || body
                .peek(SHORT_TO_LENGTH)
                .is_some_and(|length| is_text(body, length))
    }
}

/// How far it is from the mode of one byte to the length of the text.
const SHORT_TO_LENGTH: usize = 1 + 7 * 4;

/// Whether a text of this length ends where the body does, but for its padding.
fn is_text(body: &impl Cursor, length: [u8; 4]) -> bool {
    let length = u16::try_from(u32::from_le_bytes(length)).unwrap_or(0);
    let end = SHORT_TO_LENGTH + 4 + usize::from(length);
    length > 0 && body.peek::<1>(end - 1).is_some() && body.peek::<1>(end + 3).is_none()
}
