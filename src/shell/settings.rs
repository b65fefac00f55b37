//! `perch.toml`: the settings of this server. What the site is like is not here; that is applied over the control
//! API and stored.

mod cucm;
mod guard;
mod media;
mod media_relay;
mod pages;
mod provision;
mod push;
mod reader;
mod sccp;
mod sessions;
mod transports;
mod watching;

pub use cucm::Cucm;
pub use guard::{Guard, Prefix};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use transports::{Tls, TlsVersion, Trust, WebSocket};

use super::sccp::Security;
use super::web::Scheme;
use crate::sip::Transport;
use crate::site::Hashing;
use crate::{sip, store};
pub use media::Media;
pub use media_relay::MediaRelay;
pub use pages::Pages;
pub use provision::Provision;
pub use push::Push;
use reader::Reader;
pub use sccp::Sccp;

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

/// Addresses to listen at.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// One by one; IPv6 sockets take IPv6 alone.
    pub addresses: Vec<IpAddr>,
    /// Whether somebody asked for exactly these: then a host without IPv6 is no excuse.
    pub explicit: bool,
}

/// Which port is for what, before the offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ports {
    /// SIP, by datagram and stream.
    pub sip: u16,
    /// SIP under TLS; 0: none.
    pub sips: u16,
    /// SIP over WebSocket; 0: none.
    pub ws: u16,
    /// SIP over WebSocket under TLS; 0: none.
    pub wss: u16,
    /// SCCP; 0: none.
    pub sccp: u16,
    /// SCCP under TLS; 0: none.
    pub sccps: u16,
    /// Files by TFTP; 0: none.
    pub tftp: u16,
    /// Files by HTTP; 0: none.
    pub files: u16,
    /// Files by HTTP under TLS; 0: none.
    pub files_tls: u16,
    /// The control API.
    pub control: u16,
    /// Metrics and health.
    pub http: u16,
    /// Phone pages; 0: none.
    pub pages: u16,
    /// Phone pages under TLS; 0: none.
    pub pages_tls: u16,
    /// Added to each of them.
    pub offset: u16,
}

/// An offset takes a port past the last one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("port {port} and an offset of {offset} make more than 65535")]
pub struct PortTooHigh {
    port: u16,
    offset: u16,
}

impl Ports {
    /// The same ports with another offset.
    pub fn shifted(self, offset: u16) -> Result<Ports, PortTooHigh> {
        for port in [
            self.sip,
            self.sips,
            self.ws,
            self.wss,
            self.sccp,
            self.sccps,
            self.tftp,
            self.files,
            self.files_tls,
            self.control,
            self.http,
            self.pages,
            self.pages_tls,
        ] {
            if port.checked_add(offset).is_none() {
                return Err(PortTooHigh { port, offset });
            }
        }
        Ok(Ports { offset, ..self })
    }

    fn at(self, addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
        // `shifted` has seen to it that nothing saturates.
        let port = port.saturating_add(self.offset);
        let at = |address: &IpAddr| SocketAddr::new(*address, port);
        addresses.iter().map(at).collect()
    }
}

/// The control API.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Where it listens.
    pub bind: Vec<IpAddr>,
    /// Holds the token that callers from other hosts must show.
    pub token_file: Option<PathBuf>,
}

/// Metrics and health.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    /// Where they listen; none: where phones reach us.
    pub bind: Option<Vec<IpAddr>>,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A level, or directives per module.
    pub level: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// How long the queues may grow. When one is full, peers are told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queues {
    /// Messages that wait for the exchange.
    pub exchange: usize,
    /// PINs that wait to be compared.
    pub checks: usize,
    /// Messages that wait for one stream connection.
    pub connection: usize,
    /// Events that a slow reader of the event stream may be behind.
    pub events: usize,
}

/// How much a peer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Stream connections.
    pub connections: usize,
    /// Stream connections from one source.
    pub connections_per_source: usize,
    /// Stream connections on which nothing was proven yet. Of too many the oldest ends.
    pub half_open: usize,
    /// The same from one source.
    pub half_open_per_source: usize,
    /// How long a stream connection may be silent.
    pub idle: Duration,
    /// How long a stream connection may last on which no phone proved itself.
    pub stranger: Duration,
    /// How long a new stream connection may take to say something.
    pub greeting: Duration,
    /// How long a message may take from its first byte to its last.
    pub message: Duration,
    /// How long we try to open a stream connection.
    pub connect: Duration,
    /// How long a stop waits for calls to end; after that it goes on without them.
    pub drain: Duration,
    /// How long the rest of a stop may take.
    pub stop: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            data: "/var/lib/perch".into(),
            bind: Bind {
                addresses: vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
                explicit: false,
            },
            ports: Ports {
                sip: 5060,
                sips: 5061,
                ws: 5080,
                wss: 5443,
                sccp: 2000,
                sccps: 0,
                tftp: 69,
                files: 6970,
                files_tls: 6971,
                control: 5070,
                http: 9090,
                pages: 8080,
                pages_tls: 8443,
                offset: 0,
            },
            tls: Tls::default(),
            web_socket: WebSocket {
                origins: Vec::new(),
            },
            sccp: Sccp::default(),
            provision: Provision::default(),
            control: Control {
                bind: vec![Ipv4Addr::LOCALHOST.into()],
                token_file: None,
            },
            http: Http { bind: None },
            pages: Pages::default(),
            push: Push::default(),
            cucm: Cucm::default(),
            media: Media::default(),
            media_relay: MediaRelay::default(),
            log: Log {
                format: LogFormat::Text,
                level: "info".into(),
            },
            argon2: Hashing::default(),
            digest: sip::Offer::Md5,
            registration: sip::Limits::default(),
            sessions: sip::SessionIntervals::default(),
            watching: sip::WatchSettings::default(),
            history: store::Limits::default(),
            queues: Queues {
                exchange: 8192,
                checks: 4096,
                connection: 256,
                events: 4096,
            },
            limits: Limits {
                connections: 20_000,
                connections_per_source: 1000,
                half_open: 4000,
                half_open_per_source: 500,
                // A phone that registers for as long as it may and says nothing else keeps its connection.
                idle: Duration::from_secs(7500),
                stranger: Duration::from_secs(120),
                greeting: Duration::from_secs(30),
                message: Duration::from_secs(10),
                connect: Duration::from_secs(5),
                drain: Duration::from_secs(5),
                stop: Duration::from_secs(8),
            },
            guard: Guard::default(),
        }
    }
}

/// What is wrong with a settings file.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error(
        "{file}: cannot be read: {why}. Check the path and its permissions, or leave --config out"
    )]
    Unreadable {
        /// Which file.
        file: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// It says what it may not say.
    #[error("{}", lines(.0))]
    Wrong(Vec<Problem>),
}

/// One thing that is wrong with a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|p| format!("{}:{}: {}. {}", p.file, p.line, p.what, p.remedy))
        .collect();
    lines.join("\n")
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

    /// Where the control API listens.
    pub fn control_addresses(&self) -> Vec<SocketAddr> {
        self.ports.at(&self.control.bind, self.ports.control)
    }

    /// Where metrics and health listen.
    pub fn http_addresses(&self) -> Vec<SocketAddr> {
        let bind = self.http.bind.as_ref().unwrap_or(&self.bind.addresses);
        self.ports.at(bind, self.ports.http)
    }

    /// Where phone pages are served, by each scheme.
    pub fn page_addresses(&self) -> Vec<(Scheme, Vec<SocketAddr>)> {
        self.web_addresses(self.ports.pages, self.ports.pages_tls)
    }

    fn web_addresses(&self, plain: u16, secure: u16) -> Vec<(Scheme, Vec<SocketAddr>)> {
        let kinds = [(Scheme::Http, plain), (Scheme::Https, secure)];
        let wanted = kinds.into_iter().filter(|(_, port)| *port != 0);
        wanted
            .map(|(kind, port)| (kind, self.ports.at(&self.bind.addresses, port)))
            .collect()
    }

    /// Adds something else to every port.
    pub fn shift(&mut self, offset: u16) -> Result<(), PortTooHigh> {
        let ports = self.ports.shifted(offset)?;
        let port = self.media.last;
        if port.checked_add(offset).is_none() {
            return Err(PortTooHigh { port, offset });
        }
        self.ports = ports;
        Ok(())
    }

    /// Where media of our own comes in.
    pub fn media_addresses(&self) -> Vec<SocketAddr> {
        let ports = (self.media.first..=self.media.last).step_by(2);
        let at = |port| self.ports.at(&self.bind.addresses, port);
        ports.flat_map(at).collect()
    }

    /// Where SIP listens.
    pub fn sip_addresses(&self) -> Vec<SocketAddr> {
        self.ports.at(&self.bind.addresses, self.ports.sip)
    }

    /// Where SIP listens for connections of each kind.
    pub fn stream_addresses(&self) -> Vec<(Transport, Vec<SocketAddr>)> {
        let kinds = [
            (Transport::Tcp, self.ports.sip),
            (Transport::Tls, self.ports.sips),
            (Transport::Ws, self.ports.ws),
            (Transport::Wss, self.ports.wss),
        ];
        let wanted = kinds.into_iter().filter(|(_, port)| *port != 0);
        wanted
            .map(|(kind, port)| (kind, self.ports.at(&self.bind.addresses, port)))
            .collect()
    }

    /// Where SCCP listens for connections of each kind.
    pub fn sccp_addresses(&self) -> Vec<(Security, Vec<SocketAddr>)> {
        let kinds = [
            (Security::Plain, self.ports.sccp),
            (Security::Tls, self.ports.sccps),
        ];
        let wanted = kinds.into_iter().filter(|(_, port)| *port != 0);
        wanted
            .map(|(kind, port)| (kind, self.ports.at(&self.bind.addresses, port)))
            .collect()
    }

    /// Where phones fetch files by TFTP.
    pub fn tftp_addresses(&self) -> Vec<SocketAddr> {
        match self.ports.tftp {
            0 => Vec::new(),
            port => self.ports.at(&self.bind.addresses, port),
        }
    }

    /// Where phones fetch files by HTTP, by each scheme.
    pub fn file_addresses(&self) -> Vec<(Scheme, Vec<SocketAddr>)> {
        self.web_addresses(self.ports.files, self.ports.files_tls)
    }

    fn read(&mut self, reader: &mut Reader) {
        reader.path("", "data", &mut self.data);
        if let Some(addresses) = reader.addresses("", "bind") {
            self.bind = Bind {
                addresses,
                explicit: true,
            };
        }
        reader.number("", "port_offset", 0..=65_535, &mut self.ports.offset);
        reader.number("ports", "sip", 1..=65_535, &mut self.ports.sip);
        reader.number("ports", "sips", 0..=65_535, &mut self.ports.sips);
        reader.number("ports", "ws", 0..=65_535, &mut self.ports.ws);
        reader.number("ports", "wss", 0..=65_535, &mut self.ports.wss);
        reader.number("ports", "sccp", 0..=65_535, &mut self.ports.sccp);
        reader.number("ports", "sccps", 0..=65_535, &mut self.ports.sccps);
        reader.number("ports", "tftp", 0..=65_535, &mut self.ports.tftp);
        reader.number("ports", "files", 0..=65_535, &mut self.ports.files);
        reader.number("ports", "files_tls", 0..=65_535, &mut self.ports.files_tls);
        reader.number("ports", "control", 1..=65_535, &mut self.ports.control);
        reader.number("ports", "http", 1..=65_535, &mut self.ports.http);
        reader.number("ports", "pages", 0..=65_535, &mut self.ports.pages);
        reader.number("ports", "pages_tls", 0..=65_535, &mut self.ports.pages_tls);
        self.tls.read(reader);
        self.web_socket.read(reader);
        self.sccp.read(reader);
        self.pages.read(reader);
        self.push.read(reader);
        self.cucm.read(reader);
        self.provision.read(reader);
        self.read_services(reader);
        if let Err(error) = self.shift(self.ports.offset) {
            let remedy = "Choose a smaller offset, or lower ports";
            reader.problem("", "port_offset", &error.to_string(), remedy);
        }
        self.read_memory(reader);
        sessions::read(reader, &mut self.sessions);
        watching::read(reader, &mut self.watching);
        self.read_limits(reader);
        self.guard.read(reader);
    }

    fn read_memory(&mut self, reader: &mut Reader) {
        let offers = [
            ("md5", sip::Offer::Md5),
            ("sha-256-and-md5", sip::Offer::Sha256AndMd5),
            ("sha-256", sip::Offer::Sha256),
        ];
        reader.word("registration", "digest", &offers, &mut self.digest);
        let registration = &mut self.registration;
        reader.number(
            "registration",
            "default_s",
            60..=86_400,
            &mut registration.default_expires_s,
        );
        reader.number(
            "registration",
            "min_s",
            1..=86_400,
            &mut registration.min_expires_s,
        );
        reader.number(
            "registration",
            "max_s",
            60..=86_400,
            &mut registration.max_expires_s,
        );
        reader.number(
            "registration",
            "contacts",
            1..=100,
            &mut registration.contacts,
        );
        let flow_timer = &mut registration.flow_timer_s;
        reader.number("registration", "flow_timer_s", 1..=3600, flow_timer);
        let (min, max) = (registration.min_expires_s, registration.max_expires_s);
        if !(min..=max).contains(&registration.default_expires_s) {
            let what = format!("default_s must be from min_s, {min}, to max_s, {max}");
            reader.problem(
                "registration",
                "default_s",
                &what,
                "Correct one of the three",
            );
        }
        let history = &mut self.history;
        reader.number(
            "history",
            "sessions",
            0..=1_000_000_000,
            &mut history.sessions_kept,
        );
        reader.number(
            "history",
            "records",
            0..=1_000_000_000,
            &mut history.records_kept,
        );
        reader.number(
            "history",
            "activity_days",
            0..=3660,
            &mut history.activity_days,
        );
        reader.number(
            "history",
            "activities",
            0..=1_000_000_000,
            &mut history.activities_kept,
        );
    }

    fn read_limits(&mut self, reader: &mut Reader) {
        let queues = &mut self.queues;
        reader.number("queues", "exchange", 16..=1_000_000, &mut queues.exchange);
        reader.number("queues", "checks", 16..=100_000, &mut queues.checks);
        reader.number("queues", "connection", 4..=100_000, &mut queues.connection);
        reader.number("queues", "events", 16..=1_000_000, &mut queues.events);
        let limits = &mut self.limits;
        for (key, into) in [
            ("connections", &mut limits.connections),
            ("connections_per_source", &mut limits.connections_per_source),
            ("half_open", &mut limits.half_open),
            ("half_open_per_source", &mut limits.half_open_per_source),
        ] {
            reader.number("limits", key, 1..=1_000_000, into);
        }
        reader.seconds("limits", "idle_s", 1..=86_400, &mut limits.idle);
        reader.seconds("limits", "stranger_s", 1..=86_400, &mut limits.stranger);
        reader.seconds("limits", "greeting_s", 1..=3600, &mut limits.greeting);
        reader.seconds("limits", "message_s", 1..=600, &mut limits.message);
        reader.seconds("limits", "connect_s", 1..=60, &mut limits.connect);
        reader.seconds("limits", "drain_s", 0..=3600, &mut limits.drain);
        reader.seconds("limits", "stop_s", 1..=600, &mut limits.stop);
    }

    fn read_services(&mut self, reader: &mut Reader) {
        if let Some(addresses) = reader.addresses("control", "bind") {
            self.control.bind = addresses;
        }
        let mut token_file = PathBuf::new();
        if reader.path("control", "token_file", &mut token_file) {
            self.control.token_file = Some(token_file);
        }
        if self.control.token_file.is_none() && self.control.bind.iter().any(|a| !a.is_loopback()) {
            reader.problem(
                "control",
                "bind",
                "the control API would listen to other hosts without a token",
                "Set control.token_file, or bind it to 127.0.0.1",
            );
        }
        self.http.bind = reader.addresses("http", "bind");
        self.media.read(reader);
        self.media_relay.read(reader);
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        reader.word("log", "format", &formats, &mut self.log.format);
        reader.text("log", "level", &mut self.log.level);
        let argon2 = &mut self.argon2;
        reader.number("argon2", "memory_kib", 8..=65_536, &mut argon2.memory_kib);
        reader.number("argon2", "passes", 1..=10, &mut argon2.passes);
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn an_offset_cannot_take_a_port_past_the_last() {
        expect_test::expect![[r#"
            perch.toml:1: port 6970 and an offset of 60000 make more than 65535. Choose a smaller offset, or lower ports"#]]
        .assert_eq(&problems("port_offset = 60000\n"));
    }

    #[test]
    fn the_control_api_is_not_opened_to_others_without_a_token() {
        expect_test::expect![[r#"
            perch.toml:2: the control API would listen to other hosts without a token. Set control.token_file, or bind it to 127.0.0.1"#]]
        .assert_eq(&problems("[control]\nbind = [\"0.0.0.0\"]\n"));
    }
}
