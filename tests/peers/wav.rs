//! What is in a recording.

/// Samples per second of a call's audio.
const RATE: f64 = 8000.0;

/// A tenth of a second holds whole waves of every tone that is a multiple of ten hertz.
const BLOCK: usize = 800;

/// How much of the energy of a recording (16 bits, mono, 8 kHz) is at one frequency: 1 is all of it, 0 is none.
/// Nothing is said of silence, or of less than half a second.
pub fn share_of(wav: &[u8], hertz: u32) -> Option<f64> {
    let samples = samples(wav);
    let blocks = samples.chunks_exact(BLOCK);
    if blocks.len() < 5 {
        return None;
    }
    let half = 0.5 * BLOCK as f64;
    let (mut tone, mut all) = (0.0, 0.0);
    for block in blocks {
        tone += goertzel(block, f64::from(hertz));
        all += block.iter().map(|s| s * s).sum::<f64>() * half;
    }
    (all > 0.0).then(|| tone / all)
}

fn samples(wav: &[u8]) -> Vec<f64> {
    let start = wav
        .windows(4)
        .position(|name| name == b"data")
        .map_or(wav.len(), |at| at + 8);
    let data = wav.get(start..).unwrap_or_default().chunks_exact(2);
    data.map(|s| f64::from(i16::from_le_bytes([s[0], s[1]])))
        .collect()
}

/// The power of one frequency (Goertzel's algorithm).
fn goertzel(block: &[f64], hertz: f64) -> f64 {
    let factor = 2.0 * (std::f64::consts::TAU * hertz / RATE).cos();
    let (mut before, mut last) = (0.0, 0.0);
    for sample in block {
        (before, last) = (last, sample + factor * last - before);
    }
    last * last + before * before - factor * last * before
}

#[test]
fn a_tone_is_told_from_another() {
    let wave = (0..8000).map(|n| {
        let angle = std::f64::consts::TAU * 440.0 * f64::from(n) / RATE;
        (9000.0 * angle.sin()).round()
    });
    let mut wav = b"RIFF....WAVEfmt ................data....".to_vec();
    wav.extend(wave.flat_map(|sample| (sample as i16).to_le_bytes()));
    assert!(share_of(&wav, 440).is_some_and(|share| share > 0.99));
    assert!(share_of(&wav, 700).is_some_and(|share| share < 0.01));
    assert_eq!(share_of(&wav[..4000], 440), None);
}
