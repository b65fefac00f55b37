//! The templates that Perch comes with, and states of phones to try templates with.

use super::library::File;
use super::values::{PhoneValues, Urls, Values, Whereabouts};
use crate::pbx::{
    Desk, DeskLine, DeskSet, Hardware, LogoutProfile, Mac, Phone, PhoneName, Provision, Seat, Site,
    SpeedDial, User, Vendor,
};

/// By name. Those that begin with `_` are parts of others.
pub(super) const SHIPPED: [(&str, &str); 19] = [
    (
        "cisco/_device_pool.xml",
        include_str!("templates/cisco/_device_pool.xml"),
    ),
    (
        "cisco/_pages.xml",
        include_str!("templates/cisco/_pages.xml"),
    ),
    (
        "cisco/sccp.cnf.xml",
        include_str!("templates/cisco/sccp.cnf.xml"),
    ),
    (
        "cisco/sip.cnf.xml",
        include_str!("templates/cisco/sip.cnf.xml"),
    ),
    (
        "cisco/XMLDefault.cnf.xml",
        include_str!("templates/cisco/XMLDefault.cnf.xml"),
    ),
    (
        "cisco/dialplan.xml",
        include_str!("templates/cisco/dialplan.xml"),
    ),
    (
        "cisco/softkeys.xml",
        include_str!("templates/cisco/softkeys.xml"),
    ),
    (
        "cisco/ringlist.xml",
        include_str!("templates/cisco/ringlist.xml"),
    ),
    (
        "cisco-text/SIP.cnf",
        include_str!("templates/cisco-text/SIP.cnf"),
    ),
    (
        "cisco-text/SIPDefault.cnf",
        include_str!("templates/cisco-text/SIPDefault.cnf"),
    ),
    (
        "yealink/phone.cfg",
        include_str!("templates/yealink/phone.cfg"),
    ),
    (
        "yealink/common.cfg",
        include_str!("templates/yealink/common.cfg"),
    ),
    ("snom/phone.xml", include_str!("templates/snom/phone.xml")),
    ("poly/list.cfg", include_str!("templates/poly/list.cfg")),
    (
        "poly/settings.cfg",
        include_str!("templates/poly/settings.cfg"),
    ),
    (
        "grandstream/phone.xml",
        include_str!("templates/grandstream/phone.xml"),
    ),
    ("mitel/phone.cfg", include_str!("templates/mitel/phone.cfg")),
    (
        "mitel/common.cfg",
        include_str!("templates/mitel/common.cfg"),
    ),
    (
        "linphone/phone.xml",
        include_str!("templates/linphone/phone.xml"),
    ),
];

/// Hands states to `attempt` in which a phone that reads such a file may be, until one fails: one with as little as
/// there may be, and one with everything.
pub(super) fn samples<E>(
    file: File,
    attempt: &mut dyn FnMut(&Values<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let site = site();
    let name: PhoneName = "SEP001122334455".into();
    let server = Whereabouts {
        host: "pbx.example.com".into(),
        url_host: "pbx.example.com".into(),
        sip: 5060,
        sips: 5061,
        sccp: 2000,
        files: 6970,
    };
    let all_urls = Urls {
        services: Some("http://pbx.example.com/services".into()),
        authentication: Some("http://pbx.example.com/authenticate".into()),
        idle: Some("http://pbx.example.com/idle".into()),
        idle_s: 60,
        off_hook: Some("http://pbx.example.com/off".into()),
        on_hook: Some("http://pbx.example.com/on".into()),
        used: Some("http://pbx.example.com/used".into()),
    };
    for (urls, seat, phone) in [
        (&Urls::default(), &nobody(), &phone(file, false)),
        (&all_urls, &nobody(), &phone(file, true)),
        (&all_urls, &alice(), &phone(file, true)),
    ] {
        let values = Values::common(&site, &server, urls);
        if !file.is_of_one() {
            attempt(&values)?;
            continue;
        }
        let password = phone.provision.as_ref().map(|_| "secret");
        let phone = PhoneValues::of(&name, phone, password);
        attempt(&values.of_phone(phone, &site, seat))?;
    }
    Ok(())
}

fn site() -> Site {
    let alice = User {
        dn: "2001".into(),
        display_name: "Alice".into(),
        pin: crate::pbx::PinHash(String::new()),
        profiles: vec!["clerk".into()],
        mailbox: None,
        sip_secret: None,
        upstream: None,
        group: None,
        class: None,
        limits: None,
        exempt: false,
    };
    let lobby = LogoutProfile::new("guest", "Lobby");
    Site {
        emergency: [("112".to_owned(), Vec::new())].into(),
        logout_profiles: [("lobby".into(), lobby)].into(),
        users: [("alice".into(), alice)].into(),
        ..Site::default()
    }
}

/// A phone that reads such a file; the softphone may have no hardware address.
fn phone(file: File, has_everything: bool) -> Phone {
    let provision = |vendor: Vendor| {
        let has_mac = vendor.is_hardware() || has_everything;
        Some(Box::new(Provision {
            vendor,
            model: has_everything.then(|| "model".into()),
            mac: Mac::parse("001122334455").filter(|_| has_mac),
            password_generation: 1,
        }))
    };
    let module = has_everything.then(|| "7914".into());
    let hardware = Hardware {
        model: "7960".into(),
        add_on_modules: module.into_iter().collect(),
        enrolled: false,
    };
    let vendor = file.template().split('/').next().unwrap_or_default();
    let provision = match file {
        File::CiscoSccp => None,
        _ => Vendor::from_word(vendor).and_then(provision),
    };
    Phone {
        logout_profile: "lobby".into(),
        guest_dn: None,
        sip_secret: None,
        exempt: false,
        location: has_everything.then(|| "the hall".to_owned()),
        hardware: provision.is_none().then(|| Box::new(hardware)),
        pickup_group: None,
        provision,
        own_speed_dials: true,
        limits: None,
        emergency_number: None,
    }
}

/// A phone without a number.
fn nobody() -> Seat {
    Seat {
        user: None,
        desk: Desk::default(),
    }
}

fn alice() -> Seat {
    let line = |dn: &str| DeskLine::of(dn.into(), "Alice");
    let dial = |number: &str, label: &str| SpeedDial::new(number, label);
    Seat {
        user: Some("alice".into()),
        desk: Desk {
            lines: ["2001", "2099"].into_iter().filter_map(line).collect(),
            speed_dials: vec![dial("2002", "Bob"), dial("*90", "Echo")],
            voicemail: Some("8000".into()),
            set: DeskSet {
                forward_all: Some("2002".into()),
                ..DeskSet::default()
            },
            ..Desk::default()
        },
    }
}
