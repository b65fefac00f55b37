//! What is in a recording.

/// Samples per second of a call's audio.
const RATE: f64 = 8000.0;

/// How much of the energy of a recording (16 bits, mono, 8 kHz) is at one frequency: 1 is all of it, 0 is none.
/// A recording that is shorter than half a second holds nothing.
pub fn share_of(wav: &[u8], hertz: u32) -> f64 {
    let samples = samples(wav);
    if samples.len() < RATE as usize / 2 {
        return 0.0;
    }
    // Whole tenths of a second hold whole waves of every tone that is a multiple of ten.
    let blocks = samples.chunks_exact(RATE as usize / 10);
    let (mut tone, mut all) = (0.0, 0.0);
    for block in blocks {
        tone += goertzel(block, f64::from(hertz));
        all += block.iter().map(|s| s * s).sum::<f64>() * block.len() as f64 / 2.0;
    }
    if all == 0.0 { 0.0 } else { tone / all }
}

fn samples(wav: &[u8]) -> Vec<f64> {
    let start = wav.windows(4).position(|name| name == b"data").map_or(wav.len(), |at| at + 8);
    let data = wav.get(start..).unwrap_or_default().chunks_exact(2);
    data.map(|s| f64::from(i16::from_le_bytes([s[0], s[1]]))).collect()
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

/// A wave in a file as a recorder writes it.
#[test]
fn a_tone_is_told_from_another() {
    let wave = |hertz: f64| (0..8000).map(move |n| (9000.0 * (std::f64::consts::TAU * hertz * f64::from(n) / RATE).sin()) as i16);
    let mut wav = b"RIFF....WAVEfmt ................data....".to_vec();
    wav.extend(wave(440.0).flat_map(i16::to_le_bytes));
    assert!(share_of(&wav, 440) > 0.99);
    assert!(share_of(&wav, 700) < 0.01);
}
