//! Versions of the protocol, what a phone says that it can, and what both agreed on.

/// A version of the protocol that Perch speaks. Phones offer their highest; the server says which one it is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u8);

impl Version {
    /// Before versions were counted: 12 SP+, 30 VIP.
    pub const V0: Version = Version(0);
    /// CallManager 3.
    pub const V3: Version = Version(3);
    /// Features are told at registration.
    pub const V5: Version = Version(5);
    /// The first with texts of any length.
    pub const V8: Version = Version(8);
    /// The first whose frames name their version.
    pub const V10: Version = Version(10);
    /// Keys name their line and call. The last whose texts are ISO-8859-1.
    pub const V11: Version = Version(11);
    /// Media has a direction.
    pub const V15: Version = Version(15);
    /// Calls tell of hunt groups.
    pub const V16: Version = Version(16);
    /// Addresses may be IPv6.
    pub const V17: Version = Version(17);
    /// Numbers have a digit more, and what follows them is not aligned.
    pub const V18: Version = Version(18);
    /// Ports are asked for by media type.
    pub const V19: Version = Version(19);
    /// The version of the 79xx' last firmware but one.
    pub const V20: Version = Version(20);
    /// The last. Media has latent capabilities.
    pub const V22: Version = Version(22);

    /// Every version that Perch speaks, from the oldest.
    pub const ALL: [Version; 15] = [
        Version(0),
        Version(3),
        Version(5),
        Version(8),
        Version(9),
        Version(10),
        Version(11),
        Version(15),
        Version(16),
        Version(17),
        Version(18),
        Version(19),
        Version(20),
        Version(21),
        Version(22),
    ];

    /// The version, if Perch speaks it.
    pub fn new(number: u8) -> Option<Version> {
        let version = Version(number);
        Version::ALL.contains(&version).then_some(version)
    }

    /// The version, if Perch asks anybody to speak it.
    pub fn spoken(number: u8) -> Option<Version> {
        Version::new(number).filter(|version| !matches!(version.0, 16 | 21))
    }

    /// The newest version that is neither above what a phone offers nor above `cap`.
    ///
    /// Nobody is asked to speak 16 or 21: what is known of their media messages contradicts itself, and who speaks them
    /// speaks the one before as well.
    pub fn agree(offer: u8, cap: Version) -> Version {
        let fits = |version: &Version| {
            version.0 <= offer && *version <= cap && Version::spoken(version.0).is_some()
        };
        let mut from_newest = Version::ALL.into_iter().rev();
        from_newest.find(fits).unwrap_or(Version::V0)
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// What the header of a frame says: nothing before version 10, and nothing where no version is agreed yet.
    pub(super) fn in_header(self, id: u32) -> u32 {
        if self < Version::V10 || IDS_WITHOUT_VERSION.contains(&id) {
            0
        } else {
            u32::from(self.0)
        }
    }
}

/// `KeepAlive` and its answer, `Register`, `IpPort`, `RegisterAck`, `UnregisterAck`, and all about tokens.
const IDS_WITHOUT_VERSION: [u32; 12] = [
    0x0000, 0x0001, 0x0002, 0x0029, 0x0081, 0x0100, 0x0118, 0x011A, 0x011B, 0x8000, 0x8100, 0x8101,
];

/// How characters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// ISO-8859-1: older phones.
    #[default]
    Latin1,
    /// UTF-8: phones that said so.
    Utf8,
}

/// Three bytes after the version, in which a phone says what it can, and the server what it uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(pub [u8; 3]);

impl Features {
    /// Whether texts may be UTF-8.
    pub fn has_utf8(self) -> bool {
        self.0[1] & 0x10 != 0
    }

    /// Whether numbers may be dialled by a few digits.
    pub fn has_abbreviated_dial(self) -> bool {
        self.0[2] & 0x80 != 0
    }

    /// What the server says, by the version that was agreed.
    pub fn of_server(version: Version) -> Features {
        match version.number() {
            0..=3 => Features([0, 0, 0]),
            4..=10 => Features([0x20, 0xF1, 0xFE]),
            _ => Features([0x20, 0xF1, 0xFF]),
        }
    }
}

/// What both sides agreed on: it says how messages are laid out and written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The version.
    pub version: Version,
    /// How texts are written.
    pub charset: Charset,
}

impl Dialect {
    /// What a phone's offer comes to. Phones that are held to version 11 take ISO-8859-1, whatever they could.
    pub fn agree(offer: u8, features: Features, cap: Version) -> Dialect {
        let version = Version::agree(offer, cap);
        let charset = if version > Version::V11 && features.has_utf8() {
            Charset::Utf8
        } else {
            Charset::Latin1
        };
        Dialect { version, charset }
    }
}

/// The version with the charset that its phones usually have.
impl From<Version> for Dialect {
    fn from(version: Version) -> Dialect {
        let charset = if version > Version::V11 {
            Charset::Utf8
        } else {
            Charset::Latin1
        };
        Dialect { version, charset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_chooses_what_both_can() {
        let table = [
            (0, 22, 0),
            (2, 22, 0),
            (3, 22, 3),
            (6, 22, 5),
            (11, 22, 11),
            (14, 22, 11),
            (16, 22, 15),
            (21, 22, 20),
            (22, 16, 15),
            (17, 11, 11),
            (20, 22, 20),
            (33, 3, 3),
            (255, 22, 22),
        ];
        for (offer, cap, expected) in table {
            let cap = Version::new(cap).expect("a version");
            assert_eq!(Version::agree(offer, cap).number(), expected, "{offer}");
        }
        assert_eq!(Version::new(12), None);
        assert_eq!(Version::new(23), None);
    }

    #[test]
    fn phones_say_what_they_can_and_are_believed_above_11() {
        let table = [
            ([0x00, 0x60, 0x85], 11, Charset::Latin1),
            ([0x20, 0x70, 0x85], 15, Charset::Utf8),
            ([0x00, 0x72, 0x85], 17, Charset::Utf8),
            ([0x00, 0x60, 0x85], 17, Charset::Latin1),
        ];
        for (features, offer, charset) in table {
            let features = Features(features);
            assert!(features.has_abbreviated_dial());
            assert_eq!(
                Dialect::agree(offer, features, Version::V22).charset,
                charset
            );
            let old = Dialect::agree(offer, features, Version::V11);
            assert_eq!(old.charset, Charset::Latin1);
        }
    }

    #[test]
    fn headers_name_the_version_once_it_is_agreed() {
        assert_eq!(Version::V20.in_header(0x0111), 20);
        assert_eq!(Version::V10.in_header(0x0111), 10);
        assert_eq!(Version::V8.in_header(0x0111), 0);
        for id in IDS_WITHOUT_VERSION {
            assert_eq!(Version::V22.in_header(id), 0, "{id:#x}");
        }
    }
}
