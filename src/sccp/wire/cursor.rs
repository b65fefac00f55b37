//! Walking over a body, field after field: one walk for reading and for writing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::text::Characters;
use super::values::Value;
use super::version::Version;

/// The length of data that goes on to the end of the body.
pub(super) const TO_THE_END: u32 = u32::MAX;

/// How a message is laid out.
pub(super) trait Layout: Clone + Default {
    /// The shortest body that says something, in bytes.
    const LEAST: usize = 4;

    /// Goes through the fields in their order.
    fn layout(&mut self, body: &mut impl Cursor);
}

/// What walks over a body: it takes the fields from it, or puts them there. Whole numbers are little-endian.
pub(super) trait Cursor {
    /// The version that was agreed.
    fn version(&self) -> Version;

    /// Whether the message is in its newer form, whose texts have any length.
    fn is_dynamic(&self) -> bool;

    /// Bytes as they are.
    fn bytes(&mut self, value: &mut [u8]);

    /// Text in a field of `size` bytes, the last of which is NUL.
    fn text<T: Characters>(&mut self, text: &mut T, size: usize);

    /// Text up to its NUL, of `most` bytes with it.
    fn open_text<T: Characters>(&mut self, text: &mut T, most: usize);

    /// Bytes to the number that was told before, `length`.
    fn data(&mut self, data: &mut Bytes, length: u32);

    /// Bytes that mean nothing, and are written as zeros.
    fn skip(&mut self, count: usize);

    /// `slots` places for items, of which the first `count` are in use. What is not is written as the item's default.
    fn slots<T: Clone + Default + PartialEq>(
        &mut self,
        items: &mut Vec<T>,
        count: u32,
        slots: usize,
        item: impl Fn(&mut Self, &mut T),
    );

    /// What stands `ahead` bytes further on, when reading.
    fn peek<const N: usize>(&self, ahead: usize) -> Option<[u8; N]>;

    /// Whether the body is over before a field that may be left out: when reading, because nothing is left; when writing,
    /// because it does not go on here.
    fn ends(&self, goes_on: bool) -> bool;

    /// Something that was read is not as it should be.
    fn fault(&mut self, what: &'static str);

    /// The same before a field that a version has or does not have.
    fn is_over(&mut self, goes_on: bool) -> bool {
        let is_over = self.ends(goes_on);
        match (is_over, goes_on) {
            (true, true) => self.fault("the body ends too early"),
            (false, false) => self.fault("fields that this version does not have"),
            (true, false) | (false, true) => {}
        }
        is_over
    }

    /// A byte.
    fn byte(&mut self, value: &mut u8) {
        let mut bytes = [*value];
        self.bytes(&mut bytes);
        [*value] = bytes;
    }

    /// Two bytes.
    fn half(&mut self, value: &mut u16) {
        let mut bytes = value.to_le_bytes();
        self.bytes(&mut bytes);
        *value = u16::from_le_bytes(bytes);
    }

    /// Four bytes: what most fields are.
    fn word(&mut self, value: &mut u32) {
        let mut bytes = value.to_le_bytes();
        self.bytes(&mut bytes);
        *value = u32::from_le_bytes(bytes);
    }

    /// One value of a list, in four bytes.
    fn value<V: Value>(&mut self, value: &mut V) {
        let mut code = value.code();
        self.word(&mut code);
        self.listed(value, code);
    }

    /// One value of a list, in one byte.
    fn byte_value<V: Value>(&mut self, value: &mut V) {
        let mut code = u8::try_from(value.code()).unwrap_or(u8::MAX);
        self.byte(&mut code);
        self.listed(value, u32::from(code));
    }

    /// The value that a code stands for.
    fn listed<V: Value>(&mut self, value: &mut V, code: u32) {
        *value = V::of(code);
        if !value.is_listed() {
            self.fault("a value that is not listed");
        }
    }

    /// Four bytes of 0 or something else.
    fn flag(&mut self, value: &mut bool) {
        let mut code = u32::from(*value);
        self.word(&mut code);
        *value = code != 0;
    }

    /// Four bytes: 1 for on, 2 for off.
    fn switch(&mut self, is_on: &mut bool) {
        let mut code = if *is_on { 1 } else { 2 };
        self.word(&mut code);
        if !matches!(code, 1 | 2) {
            self.fault("neither on nor off");
        }
        *is_on = code == 1;
    }

    /// A directory number: a digit longer since version 18, and what follows it is not aligned then.
    fn number<T: Characters>(&mut self, number: &mut T) {
        let size = if self.version() < Version::V18 {
            24
        } else {
            25
        };
        self.text(number, size);
    }

    /// Four bytes of an IPv4 address in network order. None is 0.0.0.0.
    fn ipv4(&mut self, address: &mut Option<Ipv4Addr>) {
        let mut octets = address.map_or([0; 4], |address| address.octets());
        self.bytes(&mut octets);
        *address = Some(Ipv4Addr::from(octets)).filter(|address| !address.is_unspecified());
    }

    /// 16 bytes of an IPv6 address. None is `::`.
    fn ipv6(&mut self, address: &mut Option<Ipv6Addr>) {
        let mut octets = address.map_or([0; 16], |address| address.octets());
        self.bytes(&mut octets);
        *address = Some(Ipv6Addr::from(octets)).filter(|address| !address.is_unspecified());
    }

    /// An address: four bytes before version 17, which cannot say IPv6 (and say 0.0.0.0 then); since then its family
    /// and 16 bytes.
    fn address(&mut self, address: &mut Option<IpAddr>) {
        let (mut v4, mut v6) = match *address {
            Some(IpAddr::V4(v4)) => (Some(v4), None),
            Some(IpAddr::V6(v6)) => (None, Some(v6)),
            None => (None, None),
        };
        let mut family = u32::from(v6.is_some());
        if self.version() >= Version::V17 {
            self.word(&mut family);
        }
        match family {
            _ if self.version() < Version::V17 => self.ipv4(&mut v4),
            0 => {
                self.ipv4(&mut v4);
                self.skip(12);
            }
            1 => self.ipv6(&mut v6),
            _ => {
                self.fault("an address of no known family");
                self.skip(16);
            }
        }
        *address = v4.map(IpAddr::V4).or(v6.map(IpAddr::V6));
    }
}

/// How many items there are, as a header of a list says it.
pub(super) fn count<T>(items: &[T], slots: usize) -> u32 {
    u32::try_from(items.len().min(slots)).unwrap_or(u32::MAX)
}
