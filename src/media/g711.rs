//! Sound as ITU-T G.711 codes it, by either of its laws.

use super::rtp::Rtp;

/// A law of G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// PCMU: North America and Japan.
    Mu,
    /// PCMA: everywhere else.
    A,
}

impl Law {
    /// The payload type that RFC 3551 gives it.
    pub fn payload_type(self) -> u8 {
        match self {
            Law::Mu => 0,
            Law::A => 8,
        }
    }

    /// Its name in a session description.
    pub fn name(self) -> &'static str {
        match self {
            Law::Mu => "PCMU",
            Law::A => "PCMA",
        }
    }

    /// The byte that comes nearest to a sample of 16 bits.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Law::Mu => mu_law(sample),
            Law::A => a_law(sample),
        }
    }

    /// The sample of 16 bits that a byte stands for.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Law::Mu => from_mu_law(byte),
            Law::A => from_a_law(byte),
        }
    }
}

/// What is added before a μ-law segment is looked for, in samples of 16 bits (G.711 table 2: 33 of 14 bits).
const BIAS: i32 = 33 << 2;

/// The greatest magnitude that μ-law knows.
const CLIP: i32 = 8158 << 2;

fn mu_law(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // With the bias the highest bit that is set is one of bits 7 to 14.
    let segment = 24 - magnitude.leading_zeros();
    let step = magnitude >> (segment + 3) & 0x0f;
    let sign = if sample < 0 { 0 } else { 0x80 };
    // Small magnitudes have many ones: the line likes that better.
    (segment << 4) as u8 ^ 0x70 | !step as u8 & 0x0f | sign
}

fn from_mu_law(byte: u8) -> i16 {
    let code = !byte;
    let (segment, step) = (code >> 4 & 0x07, i32::from(code & 0x0f));
    let magnitude = ((2 * step + 33) << segment) - 33;
    let sample = (magnitude << 2) as i16;
    if code & 0x80 != 0 { -sample } else { sample }
}

fn a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    // One's complement, so that both signs have as many steps.
    let magnitude = i32::from(if sample < 0 { !sample } else { sample });
    let segment = (24_u32.saturating_sub(magnitude.leading_zeros())).min(7);
    let step = magnitude >> (segment.max(1) + 3) & 0x0f;
    ((segment << 4) as u8 | step as u8 | sign) ^ 0x55
}

fn from_a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let (segment, step) = (code >> 4 & 0x07, i32::from(code & 0x0f));
    let magnitude = match segment {
        0 => (2 * step + 1) << 3,
        segment => (2 * step + 33) << (segment + 2),
    };
    let sample = magnitude as i16;
    if code & 0x80 == 0 { -sample } else { sample }
}

/// Whether a packet could be sound of ours: of some length, and not of a second or more.
pub fn is_sound(rtp: &Rtp<'_>) -> bool {
    (1..=4000).contains(&rtp.payload.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decision values of G.711 tables 1a and 2a, and where they end, in samples of 16 bits.
    #[test]
    fn the_ends_of_the_tables() {
        let table = [
            (Law::Mu, 0x80, 32124),
            (Law::Mu, 0x00, -32124),
            (Law::Mu, 0xff, 0),
            (Law::Mu, 0x7f, 0),
            (Law::Mu, 0xfe, 8),
            (Law::Mu, 0xef, 132),
            (Law::Mu, 0xf0, 120),
            (Law::Mu, 0x8f, 16764),
            (Law::A, 0xaa, 32256),
            (Law::A, 0x2a, -32256),
            (Law::A, 0xd5, 8),
            (Law::A, 0x55, -8),
            (Law::A, 0xc5, 264),
            (Law::A, 0xda, 248),
            (Law::A, 0xa5, 16896),
        ];
        for (law, byte, sample) in table {
            assert_eq!(law.decode(byte), sample, "{law:?} {byte:#04x}");
        }
    }

    #[test]
    fn what_is_decoded_is_encoded_to_the_same_byte() {
        for byte in 0..=255 {
            assert_eq!(Law::A.encode(Law::A.decode(byte)), byte, "{byte:#04x}");
            // μ-law has two zeros; both are the positive one.
            let again = Law::Mu.encode(Law::Mu.decode(byte));
            assert_eq!(again, if byte == 0x7f { 0xff } else { byte });
        }
    }

    #[test]
    fn every_sample_is_coded_to_within_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            for law in [Law::Mu, Law::A] {
                let decoded = i32::from(law.decode(law.encode(sample)));
                let wanted = i32::from(sample);
                let clipped = wanted.clamp(-32256, 32256);
                // The steps of a segment are a sixteenth of where it begins; μ-law's begin 132 before that.
                let allowed = (wanted.abs() + 132) / 32 + 8;
                assert!(
                    (decoded - clipped).abs() <= allowed,
                    "{law:?}: {sample} became {decoded}"
                );
            }
        }
    }
}
