//! `perch.toml`: the settings of this server. What the site is like is not here; that is applied over the control
//! API and stored.

mod addresses;
mod control;
mod cucm;
mod guard;
mod history;
mod limits;
mod log;
mod media;
mod media_relay;
mod pages;
mod problem;
mod provision;
mod push;
mod reader;
mod registration;
mod sccp;
mod sessions;
mod transports;
mod watching;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::site::Hashing;
use crate::{sip, store};
pub use addresses::{Bind, PortTooHigh, Ports};
pub use control::Control;
pub use cucm::Cucm;
pub use guard::{Guard, Prefix};
pub use limits::{Limits, Queues};
pub use log::{Log, LogFormat};
pub use media::Media;
pub use media_relay::MediaRelay;
pub use pages::Pages;
pub use problem::{Problem, SettingsError};
pub use provision::Provision;
pub use push::Push;
use reader::Reader;
pub use sccp::Sccp;
pub use transports::{Tls, TlsVersion, Trust, WebSocket};

/// Where settings are looked for unless somebody says otherwise.
pub const DEFAULT_FILE: &str = "/etc/perch/perch.toml";

/// Everything that can be set about this server.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the store lives.
    pub data: PathBuf,
    /// Addresses that phones reach us at.
    pub bind: Bind,
    /// Which port is for what.
    pub ports: Ports,
    /// SIP under TLS.
    pub tls: Tls,
    /// SIP over WebSocket.
    pub web_socket: WebSocket,
    /// SCCP.
    pub sccp: Sccp,
    /// What phones fetch.
    pub provision: Provision,
    /// The control API.
    pub control: Control,
    /// Metrics and health.
    pub http: Http,
    /// Phone pages.
    pub pages: Pages,
    /// Phones' own web servers.
    pub push: Push,
    /// Another call manager, whose idle phones are looked after.
    pub cucm: Cucm,
    /// Media that Perch itself speaks.
    pub media: Media,
    /// Programs that stand between phones whose media cannot meet.
    pub media_relay: MediaRelay,
    /// What is logged, and how.
    pub log: Log,
    /// How dear a guess at a PIN is.
    pub argon2: Hashing,
    /// How phones are asked to prove who they are. By MD5 alone unless somebody knows all the phones: many give up
    /// when they are offered SHA-256, even beside it.
    pub digest: sip::Offer,
    /// How long registrations last.
    pub registration: sip::Limits,
    /// In which intervals phones say that their calls go on.
    pub sessions: sip::SessionIntervals,
    /// For how long phones watch something, and what they see.
    pub watching: sip::WatchSettings,
    /// How much the store keeps.
    pub history: store::Limits,
    /// How long the queues may grow.
    pub queues: Queues,
    /// How much a peer may take.
    pub limits: Limits,
    /// How much a source may cost.
    pub guard: Guard,
}

/// Metrics and health.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Http {
    /// Where they listen; none: where phones reach us.
    pub bind: Option<Vec<IpAddr>>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            data: "/var/lib/perch".into(),
            bind: Bind::default(),
            ports: Ports::default(),
            tls: Tls::default(),
            web_socket: WebSocket {
                origins: Vec::new(),
            },
            sccp: Sccp::default(),
            provision: Provision::default(),
            control: Control::default(),
            http: Http::default(),
            pages: Pages::default(),
            push: Push::default(),
            cucm: Cucm::default(),
            media: Media::default(),
            media_relay: MediaRelay::default(),
            log: Log::default(),
            argon2: Hashing::default(),
            digest: sip::Offer::Md5,
            registration: sip::Limits::default(),
            sessions: sip::SessionIntervals::default(),
            watching: sip::WatchSettings::default(),
            history: store::Limits::default(),
            queues: Queues::default(),
            limits: Limits::default(),
            guard: Guard::default(),
        }
    }
}

impl Settings {
    /// The settings in `file`; without one, those in [`DEFAULT_FILE`] if there is such a file.
    pub fn load(file: Option<&Path>) -> Result<Settings, SettingsError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Settings::parse(&path.display().to_string(), &text),
            Err(why) if file.is_none() && why.kind() == std::io::ErrorKind::NotFound => {
                Ok(Settings::default())
            }
            Err(why) => Err(SettingsError::Unreadable {
                file: path.display().to_string(),
                why,
            }),
        }
    }

    /// The settings in `text`, which is what `file` holds. Names every problem, not only the first.
    pub fn parse(file: &str, text: &str) -> Result<Settings, SettingsError> {
        let mut reader = Reader::new(file, text);
        let mut settings = Settings::default();
        settings.read(&mut reader);
        let problems = reader.finish();
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError::Wrong(problems))
        }
    }

    fn read(&mut self, reader: &mut Reader) {
        reader.path("", "data", &mut self.data);
        if let Some(addresses) = reader.addresses("", "bind") {
            self.bind = Bind {
                addresses,
                explicit: true,
            };
        }
        self.ports.read(reader);
        self.tls.read(reader);
        self.web_socket.read(reader);
        self.sccp.read(reader);
        self.pages.read(reader);
        self.push.read(reader);
        self.cucm.read(reader);
        self.provision.read(reader);
        self.control.read(reader);
        self.http.bind = reader.addresses("http", "bind");
        self.media.read(reader);
        self.media_relay.read(reader);
        self.log.read(reader);
        let argon2 = &mut self.argon2;
        reader.number("argon2", "memory_kib", 8..=65_536, &mut argon2.memory_kib);
        reader.number("argon2", "passes", 1..=10, &mut argon2.passes);
        if let Err(error) = self.shift(self.ports.offset) {
            let remedy = "Choose a smaller offset, or lower ports";
            reader.problem("", "port_offset", &error.to_string(), remedy);
        }
        registration::read(reader, &mut self.digest, &mut self.registration);
        history::read(reader, &mut self.history);
        sessions::read(reader, &mut self.sessions);
        watching::read(reader, &mut self.watching);
        self.queues.read(reader);
        self.limits.read(reader);
        self.guard.read(reader);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::*;

    fn problems(text: &str) -> String {
        Settings::parse("perch.toml", text)
            .expect_err("it is wrong")
            .to_string()
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(
            Settings::parse("perch.toml", "").expect("nothing is fine"),
            Settings::default()
        );
    }

    #[test]
    fn the_example_shows_every_setting_with_its_default() {
        let example = include_str!("../../perch.toml");
        let untouched = Settings::parse("perch.toml", example).expect("it is right");
        assert_eq!(untouched, Settings::default());
        let uncommented: Vec<&str> = example
            .lines()
            .map(|line| {
                line.strip_prefix('#')
                    .filter(|rest| !rest.starts_with(' '))
                    .unwrap_or(line)
            })
            .collect();
        let mut settings =
            Settings::parse("perch.toml", &uncommented.join("\n")).expect("it is right");
        assert!(std::mem::take(&mut settings.bind.explicit));
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn every_setting_is_heard() {
        let settings = Settings::parse(
            "perch.toml",
            r#"
            data = "/srv/perch"
            bind = ["192.0.2.1", "2001:db8::1"]
            port_offset = 1000
            [ports]
            sip = 5160
            [control]
            bind = ["0.0.0.0"]
            token_file = "/etc/perch/token"
            [media]
            ports = "20000-20002"
            [log]
            format = "json"
            level = "perch=debug"
            [argon2]
            memory_kib = 64
            [registration]
            digest = "sha-256"
            [limits]
            idle_s = 60
            [guard]
            enabled = false
            trusted = ["10.0.0.0/8"]
            scanners = []
            "#,
        )
        .expect("all of it is right");
        assert_eq!(settings.data, PathBuf::from("/srv/perch"));
        assert!(settings.bind.explicit);
        assert_eq!(
            settings.sip_addresses(),
            vec![
                "192.0.2.1:6160".parse::<SocketAddr>().expect("an address"),
                "[2001:db8::1]:6160".parse().expect("an address"),
            ]
        );
        assert_eq!(settings.control_addresses()[0].port(), 6070);
        let media: Vec<String> = settings
            .media_addresses()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            media.join(" "),
            "192.0.2.1:21000 [2001:db8::1]:21000 192.0.2.1:21002 [2001:db8::1]:21002"
        );
        assert_eq!(settings.log.format, LogFormat::Json);
        assert_eq!(settings.argon2.memory_kib, 64);
        assert_eq!(settings.digest, sip::Offer::Sha256);
        assert_eq!(settings.limits.idle, Duration::from_secs(60));
        assert!(!settings.guard.enabled);
        assert_eq!(
            settings.guard.trusted,
            [Prefix::parse("10.0.0.0/8").expect("a network")]
        );
        assert!(settings.guard.scanners.is_empty());
    }

    #[test]
    fn every_problem_is_named_with_its_line_and_what_to_do() {
        expect_test::expect![[r#"
            perch.toml:1: data must be a path in quotes, not an integer. Write data = "/some/path"
            perch.toml:2: there is no setting `bnd`. Did you mean `bind`? Known here: bind, data, port_offset
            perch.toml:4: ports.sip must be 1 to 65535, not 70000. Choose a number in that range
            perch.toml:6: log.format must be one of text, json, not "xml". Choose one of them
            perch.toml:7: there is no section [nonsense]. Remove it. Sections are argon2, calls, control, cucm, guard, history, http, limits, log, media, media_relay, pages, ports, provision, push, queues, registration, sccp, subscriptions, tls, websocket
            perch.toml:10: control.bind holds "localhost", which is not an IP address. Write addresses as in ["127.0.0.1", "::1"]
            perch.toml:12: guard.enabled must be true or false, not an integer. Write enabled = true
            perch.toml:13: guard.trusted holds "10.0.0.0/33", which is not a network. Write networks as in ["10.0.0.0/8", "2001:db8::/32"]
            perch.toml:14: guard.scanners must be a list, not a text. Write them as in ["friendly-scanner", "sipvicious"]"#]]
        .assert_eq(&problems(
            "data = 1\nbnd = []\n[ports]\nsip = 70000\n[log]\nformat = \"xml\"\n[nonsense]\na = 1\n[control]\nbind = [\"localhost\"]\n\
             [guard]\nenabled = 1\ntrusted = [\"10.0.0.0/33\"]\nscanners = \"x\"\n",
        ));
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_with_the_line() {
        expect_test::expect![[r#"
            perch.toml:2: unclosed array, expected `]`. Correct the line; the file must be TOML"#]]
        .assert_eq(&problems("data = \"x\"\nbind = [\n"));
    }
}
