//! A registrar, and phones that talk to it in bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use perch::pbx::site::{Phone, Site};
use perch::pbx::{PhoneName, ProfileName};
use perch::sip::wire::{Message, Name, Parsed, parse};
use perch::sip::{Binding, Edge, Flow, Limits, News, Registrar, Transport, digest_secret};
use perch::time::{Now, Utc};

use crate::digest::{Answer, authorization};

pub const REALM: &str = "perch";
pub const SHA: usize = 0;
pub const MD5: usize = 1;

pub fn site(phones: &[&str]) -> Arc<Site> {
    let phone = |name: &str| Phone {
        logout_profile: ProfileName::from("lobby"),
        guest_dn: None,
        sip_secret: Some(digest_secret(name, REALM, &password(name))),
        exempt: false,
        location: None,
        hardware: None,
        pickup_group: None,
        provision: None,
        own_speed_dials: true,
        limits: None,
        emergency_number: None,
    };
    let phones = phones
        .iter()
        .map(|name| (PhoneName::from(*name), phone(name)));
    Arc::new(Site {
        phones: phones.collect(),
        ..Site::default()
    })
}

pub fn password(phone: &str) -> String {
    format!("secret of {phone}")
}

pub fn message(raw: impl Into<Bytes>) -> Message {
    match parse(raw.into()) {
        Parsed::Accept(message) => message,
        other => panic!("not accepted: {other:?}"),
    }
}

pub fn at(seconds: u64) -> Now {
    Now {
        uptime: Duration::from_secs(seconds),
        utc: Utc(1_763_715_600_000).plus(Duration::from_secs(seconds)),
    }
}

pub fn flow(remote: &str) -> Flow {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    Flow {
        transport: Transport::Udp,
        local: address("192.0.2.1:5060"),
        remote: address(remote),
        connection: 0,
    }
}

/// A registrar, and one phone's side of the conversation.
pub struct World {
    pub registrar: Registrar,
    pub now: Now,
    pub phone: &'static str,
    pub call_id: String,
    pub cseq: u32,
    pub nc: u32,
    pub challenge: Option<String>,
    pub remote: &'static str,
    /// The whole flow, if it is not one of datagrams.
    pub flow: Option<Flow>,
}

/// What came back.
pub struct Reply {
    pub message: Message,
    pub news: Option<News>,
}

impl Reply {
    pub fn status(&self) -> u16 {
        self.message.status().expect("a response")
    }

    pub fn contacts(&self) -> Vec<String> {
        let values = self.message.values(Name::Contact);
        values
            .map(|v| String::from_utf8_lossy(v).into_owned())
            .collect()
    }

    pub fn text(&self, name: Name) -> String {
        self.message.text(name).unwrap_or_default().into_owned()
    }
}

pub const ALICE: &str = "Contact: <sip:alice@192.0.2.9:5060>\r\n";

impl World {
    pub fn new() -> World {
        let registrar = Registrar::new([7; 32], Limits::default());
        assert!(registrar.set_phones(site(&["alice", "bob"])).is_empty());
        World {
            registrar,
            now: at(0),
            phone: "alice",
            call_id: "first".into(),
            cseq: 0,
            nc: 0,
            challenge: None,
            remote: "192.0.2.9:5060",
            flow: None,
        }
    }

    pub fn send(&self, raw: &str) -> Reply {
        let (bytes, news) = self.answer_to(raw);
        Reply {
            message: message(bytes),
            news,
        }
    }

    /// The answer as it goes out, and the news for the exchange.
    pub fn answer_to(&self, raw: &str) -> (Bytes, Option<News>) {
        let flow = self.flow.unwrap_or_else(|| flow(self.remote));
        match self
            .registrar
            .edge(self.now, &flow, &message(raw.to_owned()))
        {
            Edge::Answered { bytes, news } => (bytes, news),
            Edge::NotMine => panic!("must be answered"),
        }
    }

    pub fn request(&self, headers: &str) -> String {
        let World {
            phone,
            call_id,
            cseq,
            ..
        } = self;
        format!(
            "REGISTER sip:perch SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{call_id}{cseq};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:{phone}@perch>;tag=f\r\n\
             To: <sip:{phone}@perch>\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: {cseq} REGISTER\r\n{headers}Content-Length: 0\r\n\r\n"
        )
    }

    pub fn answer(&self, nc: Option<u32>) -> String {
        let answer = Answer {
            username: self.phone,
            password: &password(self.phone),
            method: "REGISTER",
            uri: "sip:perch",
            nc,
        };
        let challenge = self.challenge.as_ref().expect("was challenged");
        format!("Authorization: {}\r\n", authorization(challenge, &answer))
    }

    pub fn take_challenge(&mut self, reply: &Reply, which: usize) {
        assert_eq!(reply.status(), 401);
        let challenge = reply.message.headers(Name::WwwAuthenticate).nth(which);
        self.challenge = challenge.map(|c| String::from_utf8_lossy(c).into_owned());
        self.nc = 0;
    }

    /// A request with good credentials, to be sent.
    pub fn signed(&mut self, headers: &str) -> String {
        self.cseq += 1;
        if self.challenge.is_none() {
            let reply = self.send(&self.request(""));
            self.take_challenge(&reply, SHA);
            self.cseq += 1;
        }
        self.nc += 1;
        self.request(&format!("{headers}{}", self.answer(Some(self.nc))))
    }

    /// Registers with good credentials.
    pub fn register(&mut self, headers: &str) -> Reply {
        let request = self.signed(headers);
        self.send(&request)
    }

    pub fn later(&mut self, seconds: u64) -> Vec<News> {
        self.now.uptime += Duration::from_secs(seconds);
        self.now.utc = self.now.utc.plus(Duration::from_secs(seconds));
        self.registrar.expire(self.now)
    }

    pub fn targets(&self) -> Vec<Vec<Binding>> {
        self.registrar.targets_of(&self.phone.into(), self.now)
    }

    pub fn bound(&self) -> Vec<String> {
        let bindings = self.registrar.bindings_of(&self.phone.into(), self.now);
        bindings.into_iter().map(|b| b.contact.into()).collect()
    }
}

pub fn registered(phone: &str) -> Option<News> {
    Some(News::Registered(phone.into()))
}

pub fn gone(phone: &str) -> Vec<News> {
    vec![News::Gone(phone.into())]
}
