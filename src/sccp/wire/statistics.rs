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
        // Since version 18 the mode is one byte and what follows is not aligned; some phones keep to four bytes. The
        // other three are zero then; as part of a counter they would be 2^24 packets.
        let is_short =
            body.version() >= Version::V18 && !matches!(body.peek(0), Some([0 | 1, 0, 0, 0]));
        if is_short {
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
        if !body.is_over(length > 0) {
            body.word(&mut length);
            body.data(&mut self.quality, length);
        }
    }
}
