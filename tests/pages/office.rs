//! An office with a server, phones that are registered, and their browsers.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tempfile::TempDir;

use crate::built_server::Perch;
use crate::people::PEOPLE;
use crate::phone::Phone;
use crate::phone_browser::Browser;

/// Where the phones are, in order, as a host of this network has them.
const HOSTS: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];

/// What the phones are called. Both speak SIP; the pages do not mind.
pub const PHONES: [&str; 2] = ["SEP0011AA000001", "SEP0011AA000002"];

/// Where pages are served, without the offset.
const PORT: u16 = 8080;
const PORT_TLS: u16 = 8443;

/// The model of the old phone and of the new one.
pub const OLD: &str = "CP-7960G";
pub const NEW: &str = "CP-8861";

const HOUSE: &str = "[site]\nname = \"office\"\nlock_after = 5\n";

const PHONES_THERE: &str = r#"
[class_of_service.none]
[logout_profile.wall]
class = "none"
display_name = "Wall"
[app_user.lobby]
password = "open sesame"
[phone.SEP0011AA000001]
logout_profile = "guest"
guest_dn = "9001"
password = "SEP0011AA000001-secret"
[phone.SEP0011AA000002]
logout_profile = "guest"
location = "Hall"
guest_dn = "9002"
password = "SEP0011AA000002-secret"
[phone.SEP0011AA000003]
logout_profile = "wall"
guest_dn = "9003"
password = "SEP0011AA000003-secret"
"#;

/// The site as it is applied.
fn site() -> String {
    format!("{HOUSE}{PEOPLE}{PHONES_THERE}")
}

/// The office.
pub struct Office {
    pub server: Perch,
    pub phones: Vec<Phone>,
    dir: TempDir,
}

impl Office {
    /// An office in which both phones are registered.
    pub fn open() -> Office {
        Office::with("", "")
    }

    /// The same with more in its settings and in its site.
    pub fn with(settings: &str, site: &str) -> Office {
        let dir = TempDir::new().expect("there is room for temporary files");
        let settings = format!("[argon2]\nmemory_kib = 8\npasses = 1\n{settings}");
        let server = Perch::with_settings(dir.path(), &settings);
        let mut office = Office {
            server,
            phones: Vec::new(),
            dir,
        };
        office.apply(site);
        for (host, name) in HOSTS.into_iter().zip(PHONES) {
            let mut phone = Phone::at(host, name.into(), office.server.sip());
            assert_eq!(phone.register(), Ok(200), "{name}");
            office.phones.push(phone);
        }
        office
    }

    /// Applies the site with more in it.
    pub fn apply(&self, more: &str) {
        self.apply_with("", more);
    }

    /// The same with other settings of the site, too.
    pub fn apply_with(&self, settings: &str, more: &str) {
        let file = self.dir.path().join("site.toml");
        let site = site().replacen("[site]\n", &format!("[site]\n{settings}\n"), 1);
        fs::write(&file, format!("{site}{more}")).expect("the directory is ours");
        self.server.tell(&["apply", &file.display().to_string()]);
    }

    /// Where the server keeps its data.
    pub fn data(&self) -> PathBuf {
        Perch::data_in(self.dir.path())
    }

    /// Applies the site with something else in the place of something in it.
    pub fn apply_instead(&self, before: &str, after: &str) {
        let site = site();
        assert!(site.contains(before), "{before}");
        let file = self.dir.path().join("site.toml");
        fs::write(&file, site.replacen(before, after, 1)).expect("the directory is ours");
        self.server.tell(&["apply", &file.display().to_string()]);
    }

    /// Registers the phones once more. How many are registered then.
    pub fn registered_again(&mut self) -> u64 {
        for phone in &mut self.phones {
            assert_eq!(phone.register(), Ok(200), "{}", phone.name);
        }
        self.server.registered()
    }

    /// Where pages are served.
    pub fn pages(&self) -> SocketAddr {
        self.server.at(Ipv4Addr::LOCALHOST.into(), PORT)
    }

    /// Where they are served under TLS.
    pub fn pages_tls(&self) -> SocketAddr {
        self.server.at(Ipv4Addr::LOCALHOST.into(), PORT_TLS)
    }

    /// The browser of a phone.
    pub fn browser(&self, place: usize, model: &'static str) -> Browser {
        let host = IpAddr::V4(HOSTS[place]);
        Browser::at(host, self.pages(), PHONES[place], model)
    }

    /// The certificate that the server made.
    pub fn certificate(&self) -> PathBuf {
        Perch::data_in(self.dir.path()).join("tls/cert.pem")
    }

    /// Who is logged in where.
    pub fn who(&self) -> Vec<(String, String)> {
        self.server.who()
    }
}

/// A user at a phone, as [`Office::who`] says it.
pub fn at(user: &str, place: usize) -> (String, String) {
    (user.to_owned(), PHONES[place].to_owned())
}
