//! RTP packets (RFC 3550 §5.1): read with suspicion, written plainly.

/// What stands in front of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The first packet after a pause; the first of an event.
    pub marker: bool,
    /// What the payload is.
    pub payload_type: u8,
    /// Counts packets.
    pub sequence: u16,
    /// Counts samples.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
}

/// A packet, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtp<'a> {
    /// What stands in front.
    pub header: Header,
    /// The payload, without padding.
    pub payload: &'a [u8],
}

/// How long a header without extensions is.
pub const HEADER: usize = 12;

impl Header {
    /// The header as it is sent: no padding, no extension, no contributing sources.
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = 2 << 6;
        bytes[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

impl<'a> Rtp<'a> {
    /// Reads a datagram; none if it is no RTP.
    pub fn parse(datagram: &'a [u8]) -> Option<Rtp<'a>> {
        let (head, rest) = datagram.split_at_checked(HEADER)?;
        if head[0] >> 6 != 2 {
            return None;
        }
        let (has_padding, has_extension) = (head[0] & 0x20 != 0, head[0] & 0x10 != 0);
        let sources = usize::from(head[0] & 0x0f);
        let mut payload = rest.get(4 * sources..)?;
        if has_extension {
            let words = u16::from_be_bytes([*payload.get(2)?, *payload.get(3)?]);
            payload = payload.get(4 + 4 * usize::from(words)..)?;
        }
        if has_padding {
            let padding = usize::from(*payload.last()?);
            let length = payload.len().checked_sub(padding)?;
            if padding == 0 {
                return None;
            }
            payload = &payload[..length];
        }
        Some(Rtp {
            header: Header {
                marker: head[1] & 0x80 != 0,
                payload_type: head[1] & 0x7f,
                sequence: u16::from_be_bytes([head[2], head[3]]),
                timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
                ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            },
            payload,
        })
    }
}

/// Whether a sequence number comes after another one (RFC 1982).
pub fn is_after(sequence: u16, other: u16) -> bool {
    sequence != other && sequence.wrapping_sub(other) < 0x8000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Header = Header {
        marker: true,
        payload_type: 101,
        sequence: 0xfffe,
        timestamp: 0x0102_0304,
        ssrc: 0xdead_beef,
    };

    fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = PLAIN.bytes().to_vec();
        bytes[0] = first;
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = packet(0x80, &[1, 2, 3]);
        let rtp = Rtp::parse(&bytes).expect("it is RTP");
        assert_eq!(rtp.header, PLAIN);
        assert_eq!(rtp.payload, [1, 2, 3]);
    }

    #[test]
    fn sources_extensions_and_padding_are_no_payload() {
        type Row<'a> = (u8, &'a [u8], Option<&'a [u8]>);
        let table: [Row<'_>; 12] = [
            (0x80, &[], Some(&[])),
            (0x81, &[9, 9, 9, 9, 7], Some(&[7])),
            (0x81, &[9, 9, 9], None),
            (0x90, &[0xbe, 0xde, 0, 1, 9, 9, 9, 9, 7], Some(&[7])),
            (0x90, &[0xbe, 0xde, 0, 0, 7], Some(&[7])),
            (0x90, &[0xbe, 0xde, 0], None),
            (0x90, &[0xbe, 0xde, 0xff, 0xff, 7], None),
            (0xa0, &[7, 8, 2, 2], Some(&[7, 8])),
            (0xa0, &[3, 3, 3], Some(&[])),
            (0xa0, &[7, 4, 4], None),
            (0xa0, &[7, 0], None),
            (0x40, &[7], None),
        ];
        for (first, rest, payload) in table {
            let bytes = packet(first, rest);
            let read = Rtp::parse(&bytes).map(|rtp| rtp.payload);
            assert_eq!(read, payload, "{first:#x} {rest:?}");
        }
    }

    #[test]
    fn numbers_go_round() {
        assert!(is_after(1, 0));
        assert!(is_after(0, 0xffff));
        assert!(!is_after(0xffff, 0));
        assert!(!is_after(5, 5));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_no_payload_is_longer_than_its_packet(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(rtp) = Rtp::parse(&bytes) {
                prop_assert!(rtp.payload.len() + HEADER <= bytes.len());
            }
        }
    }
}
