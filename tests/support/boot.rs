//! How a Cisco phone starts: which files it asks for, in its order and by its ways, and what it takes from them.
//!
//! All that it knows before is where the server is, as DHCP says it, and its own hardware address.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use perch::provision::tftp::{Choice, ErrorCode};
use socket2::{Domain, Socket, Type};

use crate::built_server::Perch;
use crate::client;
use crate::support::live_phone::some_host;
use crate::xml::Element;

/// Where files are, without the offset.
const TFTP: u16 = 69;
const FILES: u16 = 6970;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a generation of phones fetches files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firmware {
    /// Of a 7960: by TFTP, as it was first written down.
    Old,
    /// Of an 8861: by HTTP, or by newer TFTP if nobody listens there.
    New,
}

/// A phone that is plugged in.
#[derive(Clone, Copy, Debug)]
pub struct Boot<'a> {
    /// Where it is.
    pub host: IpAddr,
    server: &'a Perch,
    name: &'static str,
    firmware: Firmware,
}

/// What came of a start.
#[derive(Clone, Debug)]
pub struct Booted {
    /// What it asked for, how, and whether it was there.
    pub asked: Vec<String>,
    /// Its own file.
    pub file: Element,
}

impl<'a> Boot<'a> {
    /// A phone that gets an address.
    pub fn of(name: &'static str, firmware: Firmware, server: &'a Perch) -> Boot<'a> {
        Boot {
            host: some_host(),
            server,
            name,
            firmware,
        }
    }

    /// Starts it. Lists of whom to trust come first; a phone to which nobody gives any trusts whoever answers.
    pub fn start(&self) -> Booted {
        let mut asked = Vec::new();
        let own = format!("{}.cnf.xml", self.name);
        let lists = match self.firmware {
            Firmware::Old => vec!["OS79XX.TXT".into(), format!("CTL{}.tlv", self.name)],
            Firmware::New => vec![
                format!("CTL{}.tlv", self.name),
                format!("ITL{}.tlv", self.name),
                "ITLFile.tlv".to_owned(),
            ],
        };
        for list in lists {
            let found = self.fetch(&list, &mut asked);
            assert_eq!(found, None, "nobody here signs anything");
        }
        let text = self.fetch(&own, &mut asked).expect("its own file");
        let booted = Booted {
            asked,
            file: Element::parse(&text, "UTF-8"),
        };
        self.fetch_the_rest(booted)
    }

    /// Fetches what its own file names.
    fn fetch_the_rest(&self, mut booted: Booted) -> Booted {
        if let Some(profile) = booted.file.children("sipProfile").next() {
            let template = profile.child("dialTemplate").text.clone();
            let found = self.fetch(&template, &mut booted.asked);
            let plan = Element::bare(found.expect("a dial plan").trim_start());
            assert_eq!(plan.name, "DIALTEMPLATE");
        }
        booted
    }

    /// Fetches a file; none if it is not there.
    fn fetch(&self, name: &str, asked: &mut Vec<String>) -> Option<String> {
        let (way, found) = match self.firmware {
            Firmware::Old => ("tftp", self.by_tftp(name, &[])),
            Firmware::New => match self.by_http(name) {
                Some(found) => ("http", found),
                None => {
                    let newer = [Choice::BlockSize(1428), Choice::Size(0)];
                    ("tftp", self.by_tftp(name, &newer))
                }
            },
        };
        let mark = if found.is_some() { "" } else { ": none" };
        asked.push(format!("{way} {name}{mark}"));
        found
    }

    fn by_tftp(&self, name: &str, choices: &[Choice]) -> Option<String> {
        let fetched = client::fetch(self.host, self.at(TFTP), name, choices);
        match fetched.unwrap_or_else(|| panic!("nothing came of {name}")) {
            Ok(file) => Some(file),
            Err((ErrorCode::NotFound, _)) => None,
            Err(why) => panic!("{name}: {why:?}"),
        }
    }

    /// None: nobody listens. A file that is not there by HTTP is not looked for by TFTP.
    fn by_http(&self, name: &str) -> Option<Option<String>> {
        let server = self.at(FILES);
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None);
        let socket = socket.expect("a socket");
        let from = SocketAddr::new(self.host, 0);
        socket.bind(&from.into()).expect("an address of this host");
        socket.connect(&server.into()).ok()?;
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let request =
            format!("GET /{name} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .expect("it is connected");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("an answer");
        let (head, body) = said.split_once("\r\n\r\n").expect("a head");
        match head.split(' ').nth(1) {
            Some("200") => Some(Some(body.to_owned())),
            Some("404") => Some(None),
            _ => panic!("{name}: {head}"),
        }
    }

    fn at(&self, port: u16) -> SocketAddr {
        self.server.at(Ipv4Addr::LOCALHOST.into(), port)
    }
}

impl Booted {
    /// What it speaks.
    pub fn protocol(&self) -> &str {
        &self.file.child("deviceProtocol").text
    }

    /// Where it registers.
    pub fn server(&self) -> SocketAddr {
        let group = self.file.child("devicePool").child("callManagerGroup");
        let member = group.child("members").child("member");
        let manager = member.child("callManager");
        let host = &manager.child("processNodeName").text;
        let port = match self.protocol() {
            "SCCP" => "ethernetPhonePort",
            _ => "sipPort",
        };
        let port = &manager.child("ports").child(port).text;
        let host = host.parse().expect("an address");
        SocketAddr::new(host, port.parse().expect("a port"))
    }

    /// What the Services key leads to.
    pub fn services(&self) -> &str {
        &self.file.child("servicesURL").text
    }

    /// What changes when anything in the file does.
    pub fn version(&self) -> &str {
        &self.file.child("versionStamp").text
    }

    /// As what it registers, and its password; of a phone that speaks SIP.
    pub fn account(&self) -> (&str, &str) {
        let line = self.lines().next().expect("a first line");
        (
            &line.child("authName").text,
            &line.child("authPassword").text,
        )
    }

    /// What stands beside its buttons; of a phone that speaks SIP.
    pub fn buttons(&self) -> Vec<String> {
        let label = |line: &Element| line.child("featureLabel").text.clone();
        self.lines().map(label).collect()
    }

    fn lines(&self) -> impl Iterator<Item = &Element> {
        let profile = self.file.child("sipProfile");
        profile.child("sipLines").children("line")
    }
}
