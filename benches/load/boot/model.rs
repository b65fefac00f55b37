//! What phones of a model ask for when they start, and what the site says of them.

use crate::Failure;

/// By which way a phone fetches its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Tftp,
    Http,
    Https,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 3] = [Way::Tftp, Way::Http, Way::Https];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Way::Tftp => "tftp",
            Way::Http => "http",
            Way::Https => "https",
        }
    }

    /// Perch's port for it.
    pub fn port(self) -> u16 {
        match self {
            Way::Tftp => 69,
            Way::Http => 6970,
            Way::Https => 6971,
        }
    }
}

/// What a phone asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Its own file, which holds its name and, for SIP, its password.
    Own,
    /// A file that is the same for many.
    Common,
    /// One that there is not: whom to trust, languages, firmware.
    Missing,
}

/// A kind of phone.
#[derive(Debug)]
pub struct Model {
    word: &'static str,
    pub way: Way,
    /// What the site says of it.
    pub in_site: &'static str,
    /// In the order in which it asks. `{MAC}` and `{mac}` stand for its hardware address.
    pub files: &'static [(&'static str, Wish)],
}

const MODELS: [Model; 4] = [
    Model {
        word: "7960",
        way: Way::Tftp,
        in_site: "model = \"7960\"",
        files: &[
            ("CTLSEP{MAC}.tlv", Wish::Missing),
            ("SEP{MAC}.cnf.xml", Wish::Own),
            ("XMLDefault.cnf.xml", Wish::Common),
            ("OS79XX.TXT", Wish::Missing),
            ("English_United_States/7960-dictionary.xml", Wish::Missing),
            ("RINGLIST.XML", Wish::Common),
        ],
    },
    Model {
        word: "8861",
        way: Way::Http,
        in_site: "provision = \"cisco/8861\"",
        files: &[
            ("CTLSEP{MAC}.tlv", Wish::Missing),
            ("ITLSEP{MAC}.tlv", Wish::Missing),
            ("ITLFile.tlv", Wish::Missing),
            ("SEP{MAC}.cnf.xml", Wish::Own),
            ("g4-tones.xml", Wish::Missing),
            ("dialplan.xml", Wish::Common),
        ],
    },
    Model {
        word: "8861-tls",
        way: Way::Https,
        in_site: "provision = \"cisco/8861\"",
        files: &[
            ("SEP{MAC}.cnf.xml.sgn", Wish::Own),
            ("dialplan.xml", Wish::Common),
        ],
    },
    Model {
        word: "yealink",
        way: Way::Http,
        in_site: "provision = \"yealink/t46\"",
        files: &[
            ("{mac}.boot", Wish::Missing),
            ("y000000000028.cfg", Wish::Common),
            ("{mac}.cfg", Wish::Own),
        ],
    },
];

impl Model {
    /// Those of these names.
    pub fn of(words: &[String]) -> Result<Vec<&'static Model>, Failure> {
        let find = |word: &String| {
            let found = MODELS.iter().find(|model| model.word == word);
            let known: Vec<&str> = MODELS.iter().map(|model| model.word).collect();
            found.ok_or_else(|| format!("no model {word}; known are {}", known.join(", ")).into())
        };
        words.iter().map(find).collect()
    }
}

/// The hardware address of a phone.
pub fn mac(phone: u32) -> String {
    format!("{:012X}", 0x0200_0000_0000_u64 + u64::from(phone))
}

/// What a phone is called.
pub fn name(phone: u32) -> String {
    format!("SEP{}", mac(phone))
}

/// The name of a file of that phone.
pub fn file_of(phone: u32, file: &str) -> String {
    let mac = mac(phone);
    file.replace("{mac}", &mac.to_lowercase())
        .replace("{MAC}", &mac)
}
