//! The identifiers that things have besides their names. Made of the names, so that nothing needs to be remembered.

use std::fmt;

/// Of what kind a thing is: the same name of another kind is another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Phone,
    Profile,
    User,
    /// Who is at a phone.
    Mobility,
    Line,
}

/// An identifier, as RFC 9562 writes it (version 8: made in a way of one's own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(u128);

/// FNV-1a with 128 bits: quick, the same for ever, and nobody gains anything by another thing with the same one.
const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

impl Id {
    /// The one of a thing.
    pub fn of(kind: Kind, name: &str) -> Id {
        let kind = [kind as u8 + 1];
        let bytes = kind.iter().chain(name.as_bytes());
        let hash = bytes.fold(OFFSET, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
        });
        let version = !(0xf << 76) & !(0x3 << 62);
        Id((hash & version) | (0x8 << 76) | (0x2 << 62))
    }

    /// What somebody wrote, in braces or not.
    pub fn read(text: &str) -> Option<Id> {
        let text = text.trim();
        let inner = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let text = inner.unwrap_or(text);
        let parts: Vec<&str> = text.split('-').collect();
        let is_one = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
            && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        let digits = is_one.then(|| parts.concat())?;
        u128::from_str_radix(&digits, 16).ok().map(Id)
    }

    /// As it stands in an attribute.
    pub fn braced(self) -> String {
        format!("{{{}}}", self.to_string().to_ascii_uppercase())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Id(id) = self;
        let group = |shift: u32, bits: u32| (id >> shift) & ((1 << bits) - 1);
        let (a, b, c) = (group(96, 32), group(80, 16), group(64, 16));
        let (d, e) = (group(48, 16), group(0, 48));
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_the_same_for_ever_and_read_however_it_is_written() {
        let id = Id::of(Kind::Phone, "SEP001122334455");
        expect_test::expect!["56d264f2-517f-8ca4-9e92-0f9b747a353e"].assert_eq(&id.to_string());
        assert_eq!(Id::read(&id.to_string()), Some(id));
        assert_eq!(Id::read(&id.braced()), Some(id));
        assert_ne!(id, Id::of(Kind::User, "SEP001122334455"));
        for wrong in ["", "{}", "SEP001122334455", "{56d264f2-517f-8ca4-9e92}"] {
            assert_eq!(Id::read(wrong), None, "{wrong}");
        }
    }
}
