//! Tones: which pitches, how loud, in which rhythm; cut into frames of 20 ms.
//!
//! Every pitch is a multiple of 25 Hz, so that a wave of it repeats after 40 ms: two frames of each are made once and
//! serve all ends.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use super::Law;

/// Samples of a frame.
pub const FRAME: usize = 160;

/// Samples per second.
pub const SAMPLE_RATE: u32 = 8000;

/// What somebody hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Dial: one steady pitch, for as long as it takes.
    Dial,
    /// Stuttered: three short bursts, then as dial. Something else is to be dialled.
    Stutter,
    /// It was done: two low pips and a high one.
    Confirm,
    /// Somebody else hears this from now on: one high pip.
    Joined,
    /// It was not done: three rising pitches, as ITU-T E.180 has them for special information.
    Error,
    /// The same, and then dial: once more, please.
    ErrorThenDial,
    /// Hang up: loud and harsh.
    Howler,
    /// It rings at the other side: on for one second, off for four, again and again.
    Ringing,
    /// Nobody is free yet: two high pips, and then nothing.
    Waiting,
}

/// One pitch, or several at once, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
enum Pitch {
    Silence,
    Dial,
    Low,
    High,
    First,
    Second,
    Third,
    Howl,
}

const PITCHES: usize = 8;

/// Each with its frequencies in hertz, and how loud each of them is in dBm0.
const WAVES: [(Pitch, &[u32], f64); PITCHES] = [
    (Pitch::Silence, &[], 0.0),
    (Pitch::Dial, &[425], -13.0),
    (Pitch::Low, &[600], -13.0),
    (Pitch::High, &[900], -13.0),
    (Pitch::First, &[950], -13.0),
    (Pitch::Second, &[1400], -13.0),
    (Pitch::Third, &[1800], -13.0),
    (Pitch::Howl, &[1400, 2050, 2450, 2600], -9.0),
];

/// The peak of a sine of 0 dBm0: 3.17 dB below the greatest sample of μ-law, 3.14 dB below that of A-law.
const PEAK_AT_0_DBM0: f64 = 22_302.0;

/// So many frames of a pitch.
type Step = (Pitch, u32);

const FOREVER: u32 = u32::MAX;

impl Tone {
    fn steps(self) -> &'static [Step] {
        match self {
            Tone::Dial => &[(Pitch::Dial, FOREVER)],
            Tone::Stutter => &[
                (Pitch::Dial, 5),
                (Pitch::Silence, 5),
                (Pitch::Dial, 5),
                (Pitch::Silence, 5),
                (Pitch::Dial, 5),
                (Pitch::Silence, 5),
                (Pitch::Dial, FOREVER),
            ],
            Tone::Confirm => &[
                (Pitch::Low, 5),
                (Pitch::Silence, 5),
                (Pitch::Low, 5),
                (Pitch::Silence, 5),
                (Pitch::High, 15),
            ],
            Tone::Joined => &[(Pitch::High, 10)],
            Tone::Error => &[(Pitch::First, 16), (Pitch::Second, 16), (Pitch::Third, 16)],
            Tone::ErrorThenDial => &[
                (Pitch::First, 16),
                (Pitch::Second, 16),
                (Pitch::Third, 16),
                (Pitch::Silence, 10),
                (Pitch::Dial, FOREVER),
            ],
            Tone::Howler => &HOWLER,
            Tone::Ringing => &[(Pitch::Dial, 50), (Pitch::Silence, 200)],
            Tone::Waiting => &[
                (Pitch::High, 10),
                (Pitch::Silence, 10),
                (Pitch::High, 10),
                (Pitch::Silence, FOREVER),
            ],
        }
    }

    /// Whether it begins anew at its end.
    fn repeats(self) -> bool {
        self == Tone::Ringing
    }

    fn length(self) -> u32 {
        let frames = self.steps().iter().map(|(_, frames)| *frames);
        frames.fold(0, u32::saturating_add)
    }

    /// How many frames it has; none if it does not end by itself.
    pub fn frames(self) -> Option<u32> {
        let frames = self.length();
        (frames != FOREVER && !self.repeats()).then_some(frames)
    }

    /// One frame of it, coded. None after its end.
    pub fn frame(self, law: Law, number: u32) -> Option<&'static [u8]> {
        let number = match self.repeats() {
            true => number % self.length(),
            false => number,
        };
        let mut before = 0_u32;
        for (pitch, frames) in self.steps() {
            let end = before.saturating_add(*frames);
            if number < end {
                return Some(MADE.frame(*pitch, law, number - before));
            }
            before = end;
        }
        None
    }
}

/// A tenth of a second on, a tenth off, for three seconds.
const HOWLER: [Step; 30] = {
    let mut steps = [(Pitch::Howl, 5); 30];
    let mut at = 1;
    while at < steps.len() {
        steps[at] = (Pitch::Silence, 5);
        at += 2;
    }
    steps
};

/// Two frames of every pitch, by either law.
struct Made {
    mu: [[u8; 2 * FRAME]; PITCHES],
    a: [[u8; 2 * FRAME]; PITCHES],
}

static MADE: LazyLock<Made> = LazyLock::new(|| Made {
    mu: WAVES.map(|wave| made(Law::Mu, wave)),
    a: WAVES.map(|wave| made(Law::A, wave)),
});

impl Made {
    fn frame(&self, pitch: Pitch, law: Law, number: u32) -> &[u8] {
        let waves = match law {
            Law::Mu => &self.mu,
            Law::A => &self.a,
        };
        let half = FRAME * (number % 2) as usize;
        &waves[pitch as usize][half..half + FRAME]
    }
}

fn made(law: Law, (_, hertz, dbm0): (Pitch, &[u32], f64)) -> [u8; 2 * FRAME] {
    let peak = PEAK_AT_0_DBM0 * 10_f64.powf(dbm0 / 20.0);
    std::array::from_fn(|n| {
        let seconds = n as f64 / f64::from(SAMPLE_RATE);
        let waves = hertz
            .iter()
            .map(|hertz| (TAU * f64::from(*hertz) * seconds).sin());
        law.encode((peak * waves.sum::<f64>()).round() as i16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The level of one frequency in dBm0 (Goertzel's algorithm over 40 ms).
    fn level(law: Law, frames: &[&[u8]], hertz: u32) -> f64 {
        let factor = 2.0 * (TAU * f64::from(hertz) / f64::from(SAMPLE_RATE)).cos();
        let (mut before, mut last) = (0.0, 0.0);
        let bytes: Vec<u8> = frames.concat();
        for byte in &bytes {
            let sample = f64::from(law.decode(*byte));
            (before, last) = (last, sample + factor * last - before);
        }
        let power = last * last + before * before - factor * last * before;
        let peak = 2.0 * power.max(0.0).sqrt() / bytes.len() as f64;
        20.0 * (peak / PEAK_AT_0_DBM0).max(1e-9).log10()
    }

    fn frames(tone: Tone, law: Law, at: [u32; 2]) -> [&'static [u8]; 2] {
        at.map(|number| tone.frame(law, number).expect("it lasts as long"))
    }

    #[test]
    fn waves_stand_where_they_are_looked_for() {
        for (place, (pitch, hertz, _)) in WAVES.iter().enumerate() {
            assert_eq!(*pitch as usize, place);
            assert!(hertz.iter().all(|hertz| hertz % 25 == 0));
        }
    }

    #[test]
    fn the_dial_tone_has_its_pitch_and_level_by_both_laws() {
        for law in [Law::Mu, Law::A] {
            for at in [[0, 1], [500, 501], [1, 2]] {
                let frames = frames(Tone::Dial, law, at);
                let heard = level(law, &frames, 425);
                assert!((heard + 13.0).abs() < 0.3, "{law:?} {at:?}: {heard} dBm0");
                for other in [600, 850, 950, 1400, 2050] {
                    assert!(level(law, &frames, other) < -45.0, "{other} Hz");
                }
            }
        }
    }

    #[test]
    fn the_howler_has_all_its_pitches_and_does_not_clip() {
        let frames = frames(Tone::Howler, Law::A, [0, 1]);
        for hertz in [1400, 2050, 2450, 2600] {
            let heard = level(Law::A, &frames, hertz);
            assert!((heard + 9.0).abs() < 1.0, "{hertz} Hz: {heard} dBm0");
        }
    }

    /// What can be heard of a tone: which frequency in which frames.
    fn rhythm(tone: Tone, frames: u32) -> Vec<(u32, u32)> {
        let mut heard: Vec<(u32, u32)> = Vec::new();
        for number in (0..frames).take_while(|n| tone.frame(Law::Mu, *n).is_some()) {
            let frame = [tone.frame(Law::Mu, number).expect("it was just seen")];
            let loudest = [425, 600, 900, 950, 1400, 1800]
                .into_iter()
                .map(|hertz| (hertz, level(Law::Mu, &frame, hertz)))
                .filter(|(_, level)| *level > -20.0)
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let hertz = loudest.map_or(0, |(hertz, _)| hertz);
            match heard.last_mut() {
                Some((last, count)) if *last == hertz => *count += 1,
                _ => heard.push((hertz, 1)),
            }
        }
        heard
    }

    #[test]
    fn each_tone_has_its_rhythm() {
        let stutter = [
            (425, 5),
            (0, 5),
            (425, 5),
            (0, 5),
            (425, 5),
            (0, 5),
            (425, 70),
        ];
        assert_eq!(rhythm(Tone::Dial, 100), [(425, 100)]);
        assert_eq!(rhythm(Tone::Stutter, 100), stutter);
        let confirm = [(600, 5), (0, 5), (600, 5), (0, 5), (900, 15)];
        assert_eq!(rhythm(Tone::Confirm, 100), confirm);
        assert_eq!(
            rhythm(Tone::Error, 100),
            [(950, 16), (1400, 16), (1800, 16)]
        );
        let again = [(950, 16), (1400, 16), (1800, 16), (0, 10), (425, 42)];
        assert_eq!(rhythm(Tone::ErrorThenDial, 100), again);
        let ringing = [(425, 50), (0, 200), (425, 50), (0, 200), (425, 20)];
        assert_eq!(rhythm(Tone::Ringing, 520), ringing);
        let waiting = [(900, 10), (0, 10), (900, 10), (0, 470)];
        assert_eq!(rhythm(Tone::Waiting, 500), waiting);
        let howler = rhythm(Tone::Howler, 1000);
        assert_eq!((howler.len(), howler[1]), (30, (0, 5)));
    }

    #[test]
    fn tones_that_end_say_when() {
        assert_eq!(Tone::Dial.frames(), None);
        assert_eq!(Tone::ErrorThenDial.frames(), None);
        assert_eq!(Tone::Ringing.frames(), None);
        assert_eq!(Tone::Waiting.frames(), None);
        assert_eq!(Tone::Confirm.frames(), Some(35));
        assert_eq!(Tone::Error.frames(), Some(48));
        assert_eq!(Tone::Howler.frames(), Some(150));
    }
}
