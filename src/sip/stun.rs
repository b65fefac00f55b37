//! STUN on the SIP port (RFC 5626 §4.4.2, RFC 8489): phones ask for their own address to keep their NAT open.
//!
//! Binding requests alone, without a word about who asks: an answer is hardly longer than the shortest question, and
//! goes where the question came from.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;
/// Attributes that RFC 8489 §18.3 wants to be understood and that mean nothing here: MAPPED-ADDRESS, USERNAME,
/// MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH, REALM, NONCE, PRIORITY and
/// USE-CANDIDATE of ICE, which some stacks send everywhere.
const HARMLESS: [u16; 10] = [
    0x0001, 0x0006, 0x0008, 0x001C, 0x001D, 0x001E, 0x0014, 0x0015, 0x0024, 0x0025,
];

/// The longest question that is read: what fits into every datagram (RFC 8489 §6.1). Its checksum is paid for by length.
const LONGEST: usize = 548;

/// The most unknown attributes that are named in an answer.
const NAMED: usize = 4;

/// Whether a datagram is STUN and not SIP (RFC 8489 §6): what it means is for [`answer`].
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER && datagram[0] < 0x40 && datagram[4..8] == COOKIE
}

/// The answer to a binding request from `source`; None if it is none, or is damaged.
pub fn answer(datagram: &[u8], source: SocketAddr) -> Option<Bytes> {
    let request = Request::read(datagram)?;
    let mut answer = if request.unknown.is_empty() {
        let mut answer = Answer::new(BINDING_SUCCESS, request.transaction);
        answer.add(
            XOR_MAPPED_ADDRESS,
            &mapped(source, &answer.bytes[4..HEADER]),
        );
        answer
    } else {
        let mut answer = Answer::new(BINDING_ERROR, request.transaction);
        answer.add(ERROR_CODE, &[0, 0, 4, 20]);
        let unknown = request.unknown.iter().flat_map(|kind| kind.to_be_bytes());
        answer.add(UNKNOWN_ATTRIBUTES, &unknown.collect::<Vec<u8>>());
        answer
    };
    if request.has_fingerprint {
        answer.add_fingerprint();
    }
    Some(answer.bytes.into())
}

/// What is worth knowing of a binding request.
struct Request<'a> {
    transaction: &'a [u8],
    unknown: Vec<u16>,
    has_fingerprint: bool,
}

impl<'a> Request<'a> {
    fn read(datagram: &'a [u8]) -> Option<Request<'a>> {
        let (header, attributes) = datagram.split_at_checked(HEADER)?;
        let length = usize::from(u16_at(header, 2)?);
        let is_sound =
            length == attributes.len() && length.is_multiple_of(4) && datagram.len() <= LONGEST;
        if u16_at(header, 0)? != BINDING_REQUEST || header[4..8] != COOKIE || !is_sound {
            return None;
        }
        let mut request = Request {
            transaction: &header[8..],
            unknown: Vec::new(),
            has_fingerprint: false,
        };
        let mut rest = attributes;
        while !rest.is_empty() {
            let (kind, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
            let value = rest.get(4..4 + length)?;
            if kind == FINGERPRINT {
                // It is the last one, and covers everything before it (RFC 8489 §14.7).
                let covered = &datagram[..datagram.len() - rest.len()];
                let is_right = value == fingerprint(covered).to_be_bytes();
                if !is_right || rest.len() != 8 {
                    return None;
                }
                request.has_fingerprint = true;
            } else if kind < 0x8000 && !HARMLESS.contains(&kind) && request.unknown.len() < NAMED {
                request.unknown.push(kind);
            }
            rest = rest.get(4 + length.next_multiple_of(4)..)?;
        }
        Some(request)
    }
}

/// An answer that is being written.
struct Answer {
    bytes: Vec<u8>,
}

impl Answer {
    fn new(kind: u16, transaction: &[u8]) -> Answer {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&COOKIE);
        bytes.extend_from_slice(transaction);
        Answer { bytes }
    }

    fn add(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).expect("what we add is short");
        self.bytes.extend_from_slice(&kind.to_be_bytes());
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.set_length(self.bytes.len());
    }

    fn add_fingerprint(&mut self) {
        // The length that is covered is that with the fingerprint.
        self.set_length(self.bytes.len() + 8);
        let sum = fingerprint(&self.bytes);
        self.add(FINGERPRINT, &sum.to_be_bytes());
    }

    fn set_length(&mut self, whole: usize) {
        let length = u16::try_from(whole - HEADER).expect("what we add is short");
        self.bytes[2..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// An address under the cookie and the transaction id (RFC 8489 §14.2): some NATs rewrite every address they see.
fn mapped(source: SocketAddr, mask: &[u8]) -> Vec<u8> {
    let (family, address) = match source.ip() {
        IpAddr::V4(address) => (1, address.octets().to_vec()),
        IpAddr::V6(address) => (2, address.octets().to_vec()),
    };
    let port = source.port().to_be_bytes();
    let under = |(byte, mask): (&u8, &u8)| byte ^ mask;
    let mut value = vec![0, family];
    value.extend(port.iter().zip(mask).map(under));
    value.extend(address.iter().zip(mask).map(under));
    value
}

/// RFC 8489 §14.7: the CRC-32 of what comes before it, under a constant that tells it from other protocols'.
fn fingerprint(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let carry = if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
            crc >> 1 ^ carry
        })
    });
    !crc ^ 0x5354_554E
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes(pair.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 5769 §2.1, whose addresses and sums were computed by others.
    const REQUEST: &[u8] = b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
        \x80\x22\x00\x10STUN test client\x00\x24\x00\x04\x6e\x00\x01\xff\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\
        \x00\x06\x00\x09evtj:h6vY\x20\x20\x20\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\
        \x49\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
    const MAPPED_V4: &[u8] = b"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43";
    const MAPPED_V6: &[u8] = b"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9";

    fn short() -> Vec<u8> {
        let mut request = REQUEST[..HEADER].to_vec();
        request[2..4].copy_from_slice(&[0, 0]);
        request
    }

    fn with(attribute: &[u8]) -> Vec<u8> {
        let mut request = short();
        request[3] = u8::try_from(attribute.len()).expect("it is short");
        request.extend_from_slice(attribute);
        request
    }

    #[test]
    fn a_question_that_fits_into_no_small_datagram_is_not_read() {
        let asked = |padding: usize| {
            // One attribute that may be passed over, of this length.
            let length = u16::try_from(padding + 4).expect("short").to_be_bytes();
            let mut question = [&BINDING_REQUEST.to_be_bytes(), &length, &COOKIE[..]].concat();
            question.extend_from_slice(b"abcdefghijkl");
            question.extend_from_slice(&[0x80, 0x22]);
            question.extend_from_slice(&u16::try_from(padding).expect("short").to_be_bytes());
            question.resize(question.len() + padding, 0);
            answer(&question, "192.0.2.1:32853".parse().expect("an address"))
        };
        assert!(asked(LONGEST - HEADER - 4).is_some());
        assert!(asked(LONGEST - HEADER).is_none());
    }

    #[test]
    fn whoever_asks_hears_where_they_are() {
        for (source, mapped) in [
            ("192.0.2.1:32853", MAPPED_V4),
            ("[2001:db8:1234:5678:11:2233:4455:6677]:32853", MAPPED_V6),
        ] {
            let source = source.parse().expect("an address");
            assert!(is_stun(REQUEST));
            let told = answer(REQUEST, source).expect("a binding request");
            assert_eq!(
                told[..4],
                [1, 1, 0, u8::try_from(mapped.len() + 8).unwrap()]
            );
            assert_eq!(told[4..HEADER], REQUEST[4..HEADER]);
            assert_eq!(&told[HEADER..told.len() - 8], mapped);
            let (covered, sum) = told.split_at(told.len() - 8);
            assert_eq!(sum[4..], fingerprint(covered).to_be_bytes());
            let told = answer(&short(), source).expect("a binding request");
            assert_eq!(&told[HEADER..], mapped);
        }
    }

    #[test]
    fn what_must_be_understood_and_is_not_is_named() {
        let source = "192.0.2.1:1".parse().expect("an address");
        let told = answer(&with(b"\x00\x03\x00\x04\x00\x00\x00\x06"), source);
        let told = told.expect("a binding request");
        assert_eq!(&told[..2], b"\x01\x11");
        assert_eq!(
            &told[HEADER..],
            b"\x00\x09\x00\x04\x00\x00\x04\x14\x00\x0a\x00\x02\x00\x03\x00\x00"
        );
    }

    #[test]
    fn what_is_damaged_or_something_else_is_not_answered() {
        let source = "192.0.2.1:1".parse().expect("an address");
        assert!(!is_stun(b"OPTIONS sip:192.0.2.1 SIP/2.0"));
        assert!(!is_stun(&REQUEST[..HEADER - 1]));
        for length in 0..REQUEST.len() {
            assert_eq!(answer(&REQUEST[..length], source), None, "{length}");
        }
        // But for the kind of the fingerprint itself: with another, it is an attribute that need not be understood.
        for at in (0..100).chain(102..REQUEST.len()) {
            let mut damaged = REQUEST.to_vec();
            damaged[at] ^= 0x10;
            assert_eq!(answer(&damaged, source), None, "{at}");
        }
        let success = [&b"\x01\x01"[..], &short()[2..]].concat();
        assert_eq!(answer(&success, source), None);
        assert_eq!(answer(&with(b"\x80\x22\x00\x09abcd"), source), None);
    }
}
