//! Which file is whose, and the file itself.

use super::asked::{Asked, Common, Kind, Own};
use super::escape::Format;
use super::index::Index;
use super::key::Key;
use super::template::{TemplateProblem, Templates};
use super::values::{PhoneValues, Urls, Values, Whereabouts};
use crate::pbx::{Phone, PhoneName, Seat, Site, Vendor};

/// A file that can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// A Cisco phone that speaks SCCP.
    CiscoSccp,
    /// A Cisco phone that speaks SIP.
    CiscoSip,
    /// A Cisco phone that nobody knows.
    CiscoDefault,
    /// How numbers end.
    CiscoDialPlan,
    /// Which softkeys are shown.
    CiscoSoftKeys,
    /// Which ringing tones there are.
    CiscoRingList,
    /// A Cisco 7940 or 7960 that speaks SIP.
    CiscoText,
    /// All of those.
    CiscoTextDefault,
    /// A Yealink phone.
    Yealink,
    /// All of them.
    YealinkCommon,
    /// A Snom phone.
    Snom,
    /// Which files a Poly phone reads.
    PolyList,
    /// What is in them.
    PolySettings,
    /// A Grandstream phone.
    Grandstream,
    /// One of Mitel's phones.
    Mitel,
    /// All of them.
    MitelCommon,
    /// The softphone.
    Linphone,
}

impl File {
    /// All of them.
    pub const ALL: [File; 17] = [
        File::CiscoSccp,
        File::CiscoSip,
        File::CiscoDefault,
        File::CiscoDialPlan,
        File::CiscoSoftKeys,
        File::CiscoRingList,
        File::CiscoText,
        File::CiscoTextDefault,
        File::Yealink,
        File::YealinkCommon,
        File::Snom,
        File::PolyList,
        File::PolySettings,
        File::Grandstream,
        File::Mitel,
        File::MitelCommon,
        File::Linphone,
    ];

    /// The template that it is made by, below the folder of its vendor.
    pub fn template(self) -> &'static str {
        match self {
            File::CiscoSccp => "cisco/sccp.cnf.xml",
            File::CiscoSip => "cisco/sip.cnf.xml",
            File::CiscoDefault => "cisco/XMLDefault.cnf.xml",
            File::CiscoDialPlan => "cisco/dialplan.xml",
            File::CiscoSoftKeys => "cisco/softkeys.xml",
            File::CiscoRingList => "cisco/ringlist.xml",
            File::CiscoText => "cisco-text/SIP.cnf",
            File::CiscoTextDefault => "cisco-text/SIPDefault.cnf",
            File::Yealink => "yealink/phone.cfg",
            File::YealinkCommon => "yealink/common.cfg",
            File::Snom => "snom/phone.xml",
            File::PolyList => "poly/list.cfg",
            File::PolySettings => "poly/settings.cfg",
            File::Grandstream => "grandstream/phone.xml",
            File::Mitel => "mitel/phone.cfg",
            File::MitelCommon => "mitel/common.cfg",
            File::Linphone => "linphone/phone.xml",
        }
    }

    /// What HTTP calls what is in it.
    pub fn content_type(self) -> &'static str {
        Format::of(self.template()).content_type()
    }

    /// Whether it is about one phone.
    pub fn is_of_one(self) -> bool {
        !matches!(
            self,
            File::CiscoDefault
                | File::CiscoDialPlan
                | File::CiscoSoftKeys
                | File::CiscoRingList
                | File::CiscoTextDefault
                | File::YealinkCommon
                | File::MitelCommon
        )
    }
}

/// A file that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is the same for many phones.
    Common(File),
    /// It is one phone's, and nobody else may have it.
    Of(PhoneName, File),
}

/// What files are made from.
#[derive(Debug)]
pub struct Library {
    templates: Templates,
    key: Key,
}

impl Library {
    /// With these templates, and passwords by this key.
    pub fn new(templates: Templates, key: Key) -> Library {
        Library { templates, key }
    }

    /// Which file is asked for; none if there is no such file. `holder` is the phone that the token in the name is for,
    /// if there is one and it is good: it opens that phone's files and no others.
    pub fn find(
        site: &Site,
        index: &Index,
        asked: &Asked<'_>,
        holder: Option<&PhoneName>,
    ) -> Option<Wanted> {
        let (phone, own) = match asked.file {
            Kind::Nothing => return None,
            Kind::Common(common) => return Some(Wanted::Common(common_file(common))),
            Kind::Of(mac, own) => (index.phone(mac)?, Some(own)),
            Kind::OfToken => (holder?, None),
        };
        if asked.token.is_some() && holder != Some(phone) {
            return None;
        }
        let file = own_file(site.phones.get(phone)?, own)?;
        Some(Wanted::Of(phone.clone(), file))
    }

    /// The file that is asked for with a token, for a phone that would not know how to ask for it.
    pub fn file_with_token(name: &PhoneName, phone: &Phone) -> Option<String> {
        let mac = super::index::own_mac(name);
        let provision = phone.provision.as_deref();
        let mac = provision.map_or(mac, |provision| provision.mac);
        let mac = mac.map(|mac| mac.to_string()).unwrap_or_default();
        let upper = mac.to_ascii_uppercase();
        Some(match provision?.vendor {
            Vendor::Cisco => format!("SEP{upper}.cnf.xml"),
            Vendor::CiscoText => format!("SIP{upper}.cnf"),
            Vendor::Yealink | Vendor::Mitel => format!("{mac}.cfg"),
            Vendor::Poly => format!("{mac}-perch.cfg"),
            Vendor::Snom => format!("snom-{upper}.htm"),
            Vendor::Grandstream => format!("cfg{mac}.xml"),
            Vendor::Linphone => "linphone.xml".into(),
        })
    }

    /// Makes a file that is the same for many phones.
    pub fn common(
        &self,
        file: File,
        site: &Site,
        server: &Whereabouts,
        urls: &Urls,
    ) -> Result<String, TemplateProblem> {
        let values = Values::common(site, server, urls);
        self.templates.fill(file, None, &values)
    }

    /// Makes a file of a phone as it is now.
    pub fn own(
        &self,
        file: File,
        phone: (&PhoneName, &Phone),
        site: &Site,
        seat: &Seat,
        server: &Whereabouts,
        urls: &Urls,
    ) -> Result<String, TemplateProblem> {
        let (name, phone) = phone;
        let password = phone.provision.as_deref();
        let password = password.map(|own| self.key.password(name, own.password_generation));
        let values = PhoneValues::of(name, phone, password.as_ref().map(|text| text.as_str()));
        let model = values.model();
        let values = Values::common(site, server, urls).of_phone(values, site, seat);
        self.templates.fill(file, model, &values)
    }
}

fn common_file(common: Common) -> File {
    match common {
        Common::CiscoDefault => File::CiscoDefault,
        Common::CiscoDialPlan => File::CiscoDialPlan,
        Common::CiscoSoftKeys => File::CiscoSoftKeys,
        Common::CiscoRingList => File::CiscoRingList,
        Common::CiscoTextDefault => File::CiscoTextDefault,
        Common::Yealink => File::YealinkCommon,
        Common::Mitel => File::MitelCommon,
    }
}

/// Which file of a phone has a name of that kind; without one, the file that a token leads to.
fn own_file(phone: &Phone, own: Option<Own>) -> Option<File> {
    let Some(provision) = phone.provision.as_deref() else {
        let is_sccp = phone.hardware.is_some() && own == Some(Own::Cisco);
        return is_sccp.then_some(File::CiscoSccp);
    };
    match (provision.vendor, own) {
        (Vendor::Cisco, Some(Own::Cisco)) => Some(File::CiscoSip),
        (Vendor::CiscoText, Some(Own::CiscoText)) => Some(File::CiscoText),
        (Vendor::Yealink, Some(Own::MacCfg)) => Some(File::Yealink),
        (Vendor::Snom, Some(Own::Snom)) => Some(File::Snom),
        (Vendor::Poly, Some(Own::MacCfg)) => Some(File::PolyList),
        (Vendor::Poly, Some(Own::PolySettings)) => Some(File::PolySettings),
        (Vendor::Grandstream, Some(Own::Grandstream)) => Some(File::Grandstream),
        (Vendor::Mitel, Some(Own::MacCfg)) => Some(File::Mitel),
        (Vendor::Linphone, None) => Some(File::Linphone),
        _ => None,
    }
}
