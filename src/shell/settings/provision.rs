//! The settings of what phones fetch.

use std::net::IpAddr;
use std::path::PathBuf;

use super::guard::Prefix;
use super::reader::Reader;
use crate::provision::Urls;

/// What phones fetch, and who may.
#[derive(Clone, Debug, PartialEq)]
pub struct Provision {
    /// Where the phones are: only from there, and from where a phone is registered, are its files had without a token.
    pub networks: Vec<Prefix>,
    /// The name or address of this server that phones are told; none: the address that they asked at.
    pub address: Option<String>,
    /// Templates that take the place of those that Perch comes with.
    pub templates: Option<PathBuf>,
    /// Files that may be on their way by TFTP, and connections by HTTP; in all, and to one address.
    pub transfers: usize,
    /// See above.
    pub transfers_per_source: usize,
    /// Pages that phones show.
    pub urls: Urls,
    /// Whether Cisco phones show Perch's own idle page.
    pub idle_page: bool,
}

/// Addresses that no router on the Internet knows.
const PRIVATE: [&str; 8] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];

impl Default for Provision {
    fn default() -> Provision {
        let network = |text| Prefix::parse(text).expect("a network");
        Provision {
            networks: PRIVATE.map(network).into(),
            address: None,
            templates: None,
            transfers: 1000,
            transfers_per_source: 100,
            urls: Urls {
                idle_s: 60,
                ..Urls::default()
            },
            idle_page: false,
        }
    }
}

impl Provision {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "provision";
        reader.list(
            section,
            "networks",
            "which is not a network",
            "Write networks as in [\"10.0.0.0/8\", \"2001:db8::/32\"]",
            Prefix::parse,
            &mut self.networks,
        );
        self.address = text(reader, "address");
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if let Some(address) = self.address.as_ref().filter(|a| !a.chars().all(is_host)) {
            let what = format!("provision.address is {address:?}, which is no name or address");
            let remedy = "Write it without a port, as in \"pbx.example.com\" or \"192.0.2.1\"";
            reader.problem(section, "address", &what, remedy);
        }
        let mut templates = PathBuf::new();
        if reader.path(section, "templates", &mut templates) {
            self.templates = Some(templates);
        }
        let most = 1..=100_000;
        reader.number(section, "transfers", most.clone(), &mut self.transfers);
        let per_source = &mut self.transfers_per_source;
        reader.number(section, "transfers_per_source", most, per_source);
        for (key, into) in [
            ("services_url", &mut self.urls.services),
            ("idle_url", &mut self.urls.idle),
        ] {
            *into = text(reader, key);
            let is_url = |url: &&String| !url.starts_with("http") || url.len() > 255;
            if let Some(url) = into.as_ref().filter(is_url) {
                let what = format!("provision.{key} is {url:?}, which phones cannot open");
                let remedy = "Write 255 characters at most, beginning with http:// or https://";
                reader.problem(section, key, &what, remedy);
            }
        }
        reader.switch(section, "idle_page", &mut self.idle_page);
        reader.number(section, "idle_s", 1..=86_400, &mut self.urls.idle_s);
    }

    /// Whether phones are there.
    pub fn holds(&self, source: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(source))
    }
}

fn text(reader: &mut Reader, key: &'static str) -> Option<String> {
    let mut text = String::new();
    reader.text("provision", key, &mut text);
    Some(text).filter(|text| !text.is_empty())
}
