//! What a template is told: a phone as it is now.

use serde::Serialize;

use super::index::own_mac;
use crate::pbx::{Desk, Feature, Firmware, Layout, Phone, PhoneName, Seat, Site};

/// Where phones find this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Whereabouts {
    /// A name or an address.
    pub host: String,
    /// The same as it stands in a URL.
    pub url_host: String,
    /// The ports for SIP, SIP under TLS, SCCP and files; 0: there is none.
    pub sip: u16,
    /// See above.
    pub sips: u16,
    /// See above.
    pub sccp: u16,
    /// See above.
    pub files: u16,
}

/// Pages that phones show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Urls {
    /// Behind the Services button.
    pub services: Option<String>,
    /// Where the phone asks who tells it things.
    pub authentication: Option<String>,
    /// When nobody has used the phone for a while, and for how many seconds.
    pub idle: Option<String>,
    /// See above.
    pub idle_s: u32,
    /// What the phone asks for when its handset is lifted.
    pub off_hook: Option<String>,
    /// When it is put down.
    pub on_hook: Option<String>,
    /// When either happens.
    pub used: Option<String>,
}

/// All that a template is told.
#[derive(Debug, Serialize)]
pub(super) struct Values<'a> {
    pub site: SiteValues<'a>,
    pub server: &'a Whereabouts,
    pub urls: &'a Urls,
    /// Changes when anything in the file does.
    pub version: &'a str,
    /// None in files that are the same for many phones.
    pub phone: Option<PhoneValues<'a>>,
    /// Whose the phone is now.
    pub user: Option<UserValues<'a>>,
    pub lines: Vec<LineValues<'a>>,
    pub speed_dials: Vec<SpeedDialValues<'a>>,
    pub voicemail: Option<&'a str>,
    pub forward_all: Option<&'a str>,
    /// Whether there is to be a key for hunt groups.
    pub hunt_button: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct SiteValues<'a> {
    name: &'a str,
    realm: &'a str,
    timezone: &'a str,
    emergency: Vec<&'a str>,
    codes: CodeValues<'a>,
}

#[derive(Debug, Serialize)]
struct CodeValues<'a> {
    login: &'a str,
    logout: &'a str,
    remote_logout: &'a str,
    echo: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct PhoneValues<'a> {
    #[serde(skip)]
    config: &'a Phone,
    name: &'a str,
    /// Lower case; none for phones without.
    mac: Option<String>,
    model: Option<&'a str>,
    modules: Vec<&'a str>,
    /// None if it speaks SCCP.
    password: Option<&'a str>,
    location: Option<&'a str>,
    /// What it is to run, if the site says so.
    firmware: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct UserValues<'a> {
    id: &'a str,
    dn: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct LineValues<'a> {
    dn: &'a str,
    label: &'a str,
    name: &'a str,
    /// Whether other phones may have it, too.
    shared: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct SpeedDialValues<'a> {
    number: &'a str,
    label: &'a str,
    /// Whether a lamp is to show how the number stands.
    blf: bool,
}

impl<'a> Values<'a> {
    /// For a file that is the same for many phones.
    pub(super) fn common(site: &'a Site, server: &'a Whereabouts, urls: &'a Urls) -> Values<'a> {
        Values {
            site: SiteValues::of(site),
            server,
            urls,
            version: VERSION,
            phone: None,
            user: None,
            lines: Vec::new(),
            speed_dials: Vec::new(),
            voicemail: None,
            forward_all: None,
            hunt_button: false,
        }
    }

    /// The same for a phone, with what is on it now: the speed dials that there are buttons for.
    pub(super) fn of_phone(self, phone: PhoneValues<'a>, site: &'a Site, seat: &'a Seat) -> Self {
        let user = seat.user.as_ref().and_then(|id| {
            let user = site.users.get(id)?;
            Some(UserValues {
                id: id.as_str(),
                dn: user.dn.as_str(),
                name: &user.display_name,
            })
        });
        let Desk {
            lines,
            speed_dials,
            set,
            voicemail,
            ..
        } = &seat.desk;
        let lines = lines.iter().map(|line| LineValues {
            dn: line.dn.as_str(),
            label: &line.label,
            name: &line.display_name,
            shared: line.shared,
        });
        let hardware = phone.config.hardware.as_deref();
        let modules = hardware.map_or(&[][..], |hardware| &hardware.add_on_modules);
        let layout = Layout::of(&seat.desk, &site.model_of(Some(phone.config)), modules);
        let hunt_button = layout.features().any(|it| it == Feature::HuntLog);
        // Those that have one are the first ones.
        let placed = layout.speed_dials().count();
        let speed_dials = speed_dials.iter().take(placed);
        let speed_dials = speed_dials.map(|dial| SpeedDialValues {
            number: &dial.number,
            label: &dial.label,
            blf: dial.blf,
        });
        let firmware = site.firmware_of(phone.config, &Firmware::default());
        Values {
            phone: Some(PhoneValues { firmware, ..phone }),
            user,
            lines: lines.collect(),
            speed_dials: speed_dials.collect(),
            voicemail: voicemail.as_ref().map(|dn| dn.as_str()),
            forward_all: set.forward_all.as_ref().map(|dn| dn.as_str()),
            hunt_button,
            ..self
        }
    }
}

/// Stands in a file where its version is to stand, until the rest of it is known.
pub(super) const VERSION: &str = "@@version-of-this-file@@";

impl<'a> SiteValues<'a> {
    fn of(site: &'a Site) -> SiteValues<'a> {
        SiteValues {
            name: &site.settings.name,
            realm: &site.settings.realm,
            timezone: &site.settings.timezone,
            emergency: site.emergency.keys().map(String::as_str).collect(),
            codes: CodeValues {
                login: &site.codes.login,
                logout: &site.codes.logout,
                remote_logout: &site.codes.remote_logout,
                echo: &site.codes.echo,
            },
        }
    }
}

impl<'a> PhoneValues<'a> {
    /// Of a phone with that password.
    pub(super) fn of(
        name: &'a PhoneName,
        phone: &'a Phone,
        password: Option<&'a str>,
    ) -> PhoneValues<'a> {
        let provision = phone.provision.as_deref();
        let hardware = phone.hardware.as_deref();
        let mac = match provision {
            Some(provision) => provision.mac,
            None => own_mac(name),
        };
        let model = provision
            .and_then(|provision| provision.model.as_ref())
            .or(hardware.map(|hardware| &hardware.model));
        let modules = hardware.map_or(&[][..], |hardware| &hardware.add_on_modules);
        PhoneValues {
            config: phone,
            name: name.as_str(),
            mac: mac.map(|mac| mac.to_string()),
            model: model.map(|model| model.as_str()),
            modules: modules.iter().map(|module| module.as_str()).collect(),
            password,
            location: phone.location.as_deref(),
            firmware: None,
        }
    }

    /// What its files are looked for by.
    pub(super) fn model(&self) -> Option<&'a str> {
        self.model
    }
}
