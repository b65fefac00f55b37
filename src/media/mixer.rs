//! A conference as sound: each end hears all the others, added up.
//!
//! G.711 alone, in whichever of its laws an end speaks. Nothing is kept for long: whoever is late by more than a moment is
//! cut short, so that nobody falls behind.

use std::collections::VecDeque;
use std::time::Duration;

use super::Law;
use super::jitter::Jitter;
use super::tone::FRAME;

/// How long a frame lasts.
const FRAME_TIME: Duration = Duration::from_millis(20);

/// Frames that are late by more than so many are left out.
const MOST_BEHIND: u64 = 5;

/// So many frames may wait to be sent to an end.
const MOST_WAITING: usize = 6;

/// A frame of sound that is not coded.
pub type Sound = [i16; FRAME];

/// The rhythm of a conference.
#[derive(Debug)]
pub struct Mixer {
    opened: Duration,
    /// The frame that is due next, counted from the opening.
    due: u64,
}

impl Mixer {
    /// A conference that begins now.
    pub fn new(now: Duration) -> Mixer {
        Mixer {
            opened: now,
            due: 0,
        }
    }

    /// How many frames are due now, and not again.
    pub fn frames_due(&mut self, now: Duration) -> u64 {
        let elapsed = now.saturating_sub(self.opened).as_nanos() / FRAME_TIME.as_nanos();
        let current = u64::try_from(elapsed).unwrap_or(u64::MAX);
        let first = match self.due + MOST_BEHIND < current {
            true => current,
            false => self.due,
        };
        self.due = current.saturating_add(1);
        self.due.saturating_sub(first)
    }
}

/// What each end hears of what all of them say: the sum of the others. What is too loud for 16 bits is as loud as it gets.
pub fn mix(said: &[Option<Sound>]) -> Vec<Sound> {
    let mut sum = [0_i32; FRAME];
    for sound in said.iter().flatten() {
        for (sum, sample) in sum.iter_mut().zip(sound) {
            *sum += i32::from(*sample);
        }
    }
    let silence = [0; FRAME];
    let without = |own: &Sound| {
        let mut heard = silence;
        for ((heard, sum), own) in heard.iter_mut().zip(&sum).zip(own) {
            let others = sum - i32::from(*own);
            *heard = others.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        }
        heard
    };
    let each = said.iter();
    each.map(|own| without(own.as_ref().unwrap_or(&silence)))
        .collect()
}

/// What an end says into a conference, and hears of it.
#[derive(Debug, Default)]
pub(super) struct Share {
    said: Jitter,
    heard: VecDeque<Sound>,
}

impl Share {
    /// It says something, coded.
    pub fn says(&mut self, sound: &[u8]) {
        self.said.hear(sound);
    }

    /// What it says at this moment; nothing if it is silent.
    pub fn said(&mut self, law: Law) -> Option<Sound> {
        let coded = self.said.take()?;
        Some(coded.map(|byte| law.decode(byte)))
    }

    /// It is to hear something.
    pub fn hears(&mut self, sound: Sound) {
        if self.heard.len() >= MOST_WAITING {
            self.heard.pop_front();
        }
        self.heard.push_back(sound);
    }

    /// What it hears next, coded.
    pub fn next(&mut self, law: Law) -> Option<[u8; FRAME]> {
        let sound = self.heard.pop_front()?;
        Some(sound.map(|sample| law.encode(sample)))
    }

    /// What waits is old: something else was agreed on.
    pub fn begin_anew(&mut self) {
        *self = Share::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_hears_the_others_and_not_themselves() {
        let said = [
            Some([100; FRAME]),
            None,
            Some([-30; FRAME]),
            Some([7; FRAME]),
        ];
        let heard: Vec<i16> = mix(&said).iter().map(|sound| sound[FRAME - 1]).collect();
        assert_eq!(heard, [-23, 77, 107, 70]);
        assert_eq!(mix(&[]), Vec::<Sound>::new());
    }

    #[test]
    fn what_is_too_loud_is_as_loud_as_it_gets() {
        let said = [Some([30_000; FRAME]), Some([30_000; FRAME]), None];
        let heard: Vec<i16> = mix(&said).iter().map(|sound| sound[0]).collect();
        assert_eq!(heard, [30_000, 30_000, i16::MAX]);
        let said = [Some([i16::MIN; FRAME]), Some([i16::MIN; FRAME]), None];
        assert_eq!(mix(&said)[2][0], i16::MIN);
    }

    #[test]
    fn frames_are_due_every_twenty_milliseconds_and_late_ones_are_left_out() {
        let mut mixer = Mixer::new(Duration::from_secs(1));
        let mut due = |millis| mixer.frames_due(Duration::from_millis(millis));
        assert_eq!(due(1000), 1);
        assert_eq!(due(1019), 0);
        assert_eq!(due(1060), 3);
        assert_eq!(due(1060), 0);
        assert_eq!(due(9000), 1);
        assert_eq!(due(500), 0);
    }

    #[test]
    fn an_end_that_is_not_sent_to_keeps_a_moment_only() {
        let mut share = Share::default();
        for n in 0..1000 {
            share.hears([n; FRAME]);
        }
        let waiting = std::iter::from_fn(|| share.next(Law::A)).count();
        assert_eq!(waiting, MOST_WAITING);
    }
}
