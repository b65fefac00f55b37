//! What a file is, by its name alone. Everything is made when it is asked for: no name leads to a disk.

use crate::pbx::Mac;

/// The longest name that may mean something.
const LENGTH: usize = 128;

/// What a token stands behind in a name, as in `t/TOKEN/linphone.xml`.
const TOKEN: &str = "t/";

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'n> {
    /// The token in the name, if there is one.
    pub token: Option<&'n str>,
    /// Which file.
    pub file: Kind,
}

/// Which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file of one phone that has this hardware address.
    Of(Mac, Own),
    /// The file of the phone that the token is for.
    OfToken,
    /// The same for many phones.
    Common(Common),
    /// None that there is. Phones ask for many: lists of whom to trust, languages, firmware.
    Nothing,
}

/// The kinds of names that phones give their own files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// `SEP001122334455.cnf.xml`.
    Cisco,
    /// `SIP001122334455.cnf`.
    CiscoText,
    /// `001122334455.cfg`: Yealink's and Mitel's whole file, and Poly's list of files.
    MacCfg,
    /// `001122334455-perch.cfg`: what Poly's list names.
    PolySettings,
    /// `snom320-001122334455.htm`, or `.xml`.
    Snom,
    /// `cfg001122334455.xml`.
    Grandstream,
}

/// Files that are the same for many phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// What a Cisco phone does that nobody knows.
    CiscoDefault,
    /// How Cisco's SIP phones know that a number is complete.
    CiscoDialPlan,
    /// Which softkeys Cisco's SIP phones show.
    CiscoSoftKeys,
    /// Which ringing tones there are.
    CiscoRingList,
    /// What all of Cisco's 7940 and 7960 with SIP have in common.
    CiscoTextDefault,
    /// What all Yealink phones have in common.
    Yealink,
    /// What all of Mitel's phones have in common.
    Mitel,
}

impl<'n> Asked<'n> {
    /// The same for what is asked for under TLS: a phone that believes who gives it the file wants it unsigned, but asks
    /// for it by the name of the signed one.
    pub fn read_secure(name: &'n str) -> Asked<'n> {
        Asked::read(name.strip_suffix(".sgn").unwrap_or(name))
    }

    /// By a name as it was sent, without what HTTP has behind a question mark.
    pub fn read(name: &'n str) -> Asked<'n> {
        let name = name.strip_prefix('/').unwrap_or(name);
        let nothing = Asked {
            token: None,
            file: Kind::Nothing,
        };
        if name.len() > LENGTH {
            return nothing;
        }
        let Some(rest) = name.strip_prefix(TOKEN) else {
            let file = kind(name);
            return Asked { token: None, file };
        };
        match rest.split_once('/') {
            Some((token, "linphone.xml")) => Asked {
                token: Some(token),
                file: Kind::OfToken,
            },
            Some((token, name)) => Asked {
                token: Some(token),
                file: kind(name),
            },
            None => nothing,
        }
    }
}

fn kind(name: &str) -> Kind {
    match common(name) {
        Some(common) => Kind::Common(common),
        None => own(name).map_or(Kind::Nothing, |(mac, own)| Kind::Of(mac, own)),
    }
}

fn common(name: &str) -> Option<Common> {
    // Cisco's firmwares do not agree on capitals.
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "xmldefault.cnf.xml" => Some(Common::CiscoDefault),
        "dialplan.xml" => Some(Common::CiscoDialPlan),
        "softkeys.xml" => Some(Common::CiscoSoftKeys),
        "ringlist.xml" | "distinctiveringlist.xml" | "ringlist-wb.xml" => {
            Some(Common::CiscoRingList)
        }
        "sipdefault.cnf" => Some(Common::CiscoTextDefault),
        // Aastra's firmware asks for the second.
        "startup.cfg" | "aastra.cfg" => Some(Common::Mitel),
        _ => {
            let digits = lower.strip_prefix('y')?.strip_suffix(".cfg")?;
            let is_model = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit());
            is_model.then_some(Common::Yealink)
        }
    }
}

fn own(name: &str) -> Option<(Mac, Own)> {
    let (stem, ending) = name.split_once('.')?;
    let (mac, own) = match ending {
        "cnf.xml" => (
            stem.strip_prefix("SEP")
                .or_else(|| stem.strip_prefix("ATA"))?,
            Own::Cisco,
        ),
        "cnf" => (stem.strip_prefix("SIP")?, Own::CiscoText),
        "cfg" => match stem.strip_suffix("-perch") {
            Some(mac) => (mac, Own::PolySettings),
            None => (stem, Own::MacCfg),
        },
        "xml" if stem.starts_with("cfg") => (&stem[3..], Own::Grandstream),
        "xml" | "htm" => (stem.strip_prefix("snom")?.split_once('-')?.1, Own::Snom),
        _ => return None,
    };
    let is_bare = mac.len() == 12 && mac.bytes().all(|digit| digit.is_ascii_hexdigit());
    Some((Mac::parse(mac).filter(|_| is_bare)?, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_file_it_is() {
        let mac = Mac::parse("00156512ab0f").expect("it is one");
        for (name, own) in [
            ("SEP00156512AB0F.cnf.xml", Own::Cisco),
            ("/SEP00156512AB0F.cnf.xml", Own::Cisco),
            ("ATA00156512AB0F.cnf.xml", Own::Cisco),
            ("SIP00156512AB0F.cnf", Own::CiscoText),
            ("00156512ab0f.cfg", Own::MacCfg),
            ("00156512AB0F.cfg", Own::MacCfg),
            ("00156512ab0f-perch.cfg", Own::PolySettings),
            ("snomD785-00156512AB0F.htm", Own::Snom),
            ("snom320-00156512ab0f.xml", Own::Snom),
            ("cfg00156512ab0f.xml", Own::Grandstream),
        ] {
            assert_eq!(Asked::read(name).file, Kind::Of(mac, own), "{name}");
        }
        for (name, common) in [
            ("XMLDefault.cnf.xml", Common::CiscoDefault),
            ("dialplan.xml", Common::CiscoDialPlan),
            ("softkeys.xml", Common::CiscoSoftKeys),
            ("RINGLIST.XML", Common::CiscoRingList),
            ("Ringlist-wb.xml", Common::CiscoRingList),
            ("DistinctiveRingList.xml", Common::CiscoRingList),
            ("SIPDefault.cnf", Common::CiscoTextDefault),
            ("y000000000028.cfg", Common::Yealink),
            ("startup.cfg", Common::Mitel),
            ("aastra.cfg", Common::Mitel),
        ] {
            assert_eq!(Asked::read(name).file, Kind::Common(common), "{name}");
        }
    }

    #[test]
    fn tokens_stand_before_the_name() {
        let asked = Asked::read("/t/abc/linphone.xml");
        assert_eq!((asked.token, asked.file), (Some("abc"), Kind::OfToken));
        let asked = Asked::read("t/abc/00156512ab0f.cfg");
        assert_eq!(asked.token, Some("abc"));
        assert!(matches!(asked.file, Kind::Of(_, Own::MacCfg)));
        for name in ["t/abc", "t/", "linphone.xml", "t//linphone.xmll"] {
            assert_eq!(Asked::read(name).file, Kind::Nothing, "{name}");
        }
    }

    #[test]
    fn under_tls_files_need_no_signature() {
        let mac = Mac::parse("00156512ab0f").expect("it is one");
        let asked = |name| Asked::read_secure(name).file;
        let own = Kind::Of(mac, Own::Cisco);
        assert_eq!(asked("/SEP00156512AB0F.cnf.xml.sgn"), own);
        assert_eq!(asked("/SEP00156512AB0F.cnf.xml"), own);
        let default = Kind::Common(Common::CiscoDefault);
        assert_eq!(asked("XMLDefault.cnf.xml.sgn"), default);
        for name in [".sgn", "SEP00156512AB0F.cnf.xml.sgn.sgn", "ITLFile.tlv.sgn"] {
            assert_eq!(asked(name), Kind::Nothing, "{name}");
        }
    }

    #[test]
    fn everything_else_is_nothing() {
        for name in [
            "",
            "/",
            "//SEP00156512AB0F.cnf.xml",
            "../SEP00156512AB0F.cnf.xml",
            "..\\perch.toml",
            "/etc/passwd",
            "%2e%2e/etc/passwd",
            "CTLSEP00156512AB0F.tlv",
            "ITLSEP00156512AB0F.tlv",
            "ITLFile.tlv",
            "SEP00156512AB0F.cnf.xml.sgn",
            "SEP00156512AB0F.cnf.xml/",
            "SEP00156512AB0.cnf.xml",
            "SEP00:15:65:12:AB:0F.cnf.xml",
            "sep00156512AB0F.cnf.xml",
            "00156512ab0f.boot",
            "000000000000.cfgx",
            "y00000000002é.cfg",
            "English_United_States/mk-sip.jar",
            "cfg.xml",
            "snom-.htm",
            "t/../linphone.xml/..",
        ] {
            assert_eq!(Asked::read(name).file, Kind::Nothing, "{name}");
        }
        let long = format!("t/{}/linphone.xml", "a".repeat(200));
        assert_eq!(Asked::read(&long).file, Kind::Nothing);
    }
}
