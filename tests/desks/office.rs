//! A site with enough desks of every kind, and the built server that runs it.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;

use super::built_server::{Perch, wait_until};
use super::support::live_phone::{LivePhone, PATIENCE, Security};

/// The models that the tests play, by the version that they speak.
pub const MODELS: [(u8, &str); 5] = [
    (3, "7910"),
    (11, "7960"),
    (17, "6921"),
    (20, "7975"),
    (22, "8945"),
];

/// What phones say, in hertz.
pub const TONES: [u32; 3] = [440, 700, 1000];

/// How many SCCP phones of each model there are besides those of the demonstration site, and how many SIP phones.
const EACH: usize = 3;
const SIP: usize = 10;

/// A running server with that site.
pub struct Office<'a> {
    pub server: Perch,
    /// Where everything of it is.
    pub dir: &'a Path,
}

impl Office<'_> {
    pub fn open(dir: &Path) -> Office<'_> {
        Office::open_with(dir, "")
    }

    /// The same with more settings of the site.
    pub fn open_with<'a>(dir: &'a Path, settings: &str) -> Office<'a> {
        Office::open_site(dir, &site(settings))
    }

    /// The same beside more phones, as a site file has them.
    pub fn open_beside<'a>(dir: &'a Path, more: &str) -> Office<'a> {
        Office::open_site(dir, &format!("{}\n{more}", site("")))
    }

    fn open_site<'a>(dir: &'a Path, site: &str) -> Office<'a> {
        let server = Perch::with_settings(dir, "[ports]\nsccps = 2443\n");
        let file = dir.join("site.toml");
        std::fs::write(&file, site).expect("the directory is ours");
        server.tell(&["apply", &file.display().to_string()]);
        Office { server, dir }
    }

    /// Nothing is left in the server of all that went on.
    pub fn is_quiet(&self) {
        wait_until("the server has no calls", PATIENCE, || {
            self.server.json(&["status"])["calls"] == 0
        });
        let log = self.server.log();
        assert!(!log.contains("panicked"), "{log}");
    }

    /// One of the phones of a model: the first of them by TCP, the others by TLS.
    pub fn cisco(&self, model: usize, which: usize) -> Desk {
        let name = cisco_name(model, which);
        let security = match which {
            0 => Security::Plain,
            _ => Security::Tls,
        };
        let phone = self.station(&name, MODELS[model].1, security, TONES[which]);
        Desk {
            phone,
            number: cisco_number(model, which),
            is_cisco: true,
        }
    }

    /// An SCCP phone.
    pub fn station(&self, name: &str, model: &str, security: Security, tone: u32) -> LivePhone {
        let port = match security {
            Security::Plain => 2000,
            Security::Tls => 2443,
        };
        let server = self.server.at(Ipv4Addr::LOCALHOST.into(), port);
        let phone = LivePhone::sccp(server, security, name, model, tone);
        phone.registers();
        phone
    }

    /// A SIP phone.
    pub fn desk(&self, name: &str, tone: u32) -> LivePhone {
        let phone = LivePhone::sip(self.server.sip(), name, tone);
        phone.registers();
        phone
    }

    /// One of the SIP phones.
    pub fn sip(&self, which: usize, tone: u32) -> Desk {
        Desk {
            phone: self.desk(&sip_name(which), tone),
            number: sip_number(which),
            is_cisco: false,
        }
    }
}

/// A phone, and the number that it has while nobody is logged in.
pub struct Desk {
    pub phone: LivePhone,
    pub number: String,
    pub is_cisco: bool,
}

fn cisco_name(model: usize, which: usize) -> String {
    format!("SEP00112233{:02}{which:02}", 60 + model)
}

fn cisco_number(model: usize, which: usize) -> String {
    format!("92{model}{which}")
}

pub fn sip_name(which: usize) -> String {
    format!("room-{which}")
}

pub fn sip_number(which: usize) -> String {
    format!("93{which:02}")
}

/// The demonstration site with speed dials and more phones.
fn site(settings: &str) -> String {
    let demo = include_str!("../../fixtures/sites/demo.toml");
    let mut site = demo
        .replacen("[site]\n", &format!("[site]\n{settings}\n"), 1)
        .replace("# speed_dials =", "speed_dials =");
    let mut add = |name: &str, number: &str, what: &str| {
        let added = writeln!(
            site,
            "\n[phone.{name}]\nlogout_profile = \"guest\"\nguest_dn = \"{number}\"\n{what}"
        );
        added.expect("a text takes more text");
    };
    for (model, (_, name)) in MODELS.iter().enumerate() {
        for which in 0..EACH {
            let what = format!("model = \"{name}\"");
            add(
                &cisco_name(model, which),
                &cisco_number(model, which),
                &what,
            );
        }
    }
    for which in 0..SIP {
        let name = sip_name(which);
        let what = format!("password = \"{name}-secret\"");
        add(&name, &sip_number(which), &what);
    }
    site
}
