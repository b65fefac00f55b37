//! A peer that sends one message to a whole server, answers a challenge if there is one, and notes what comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use perch::exchange::{Exchange, Input, Start};
use perch::pbx::site::{Phone, Site};
use perch::pbx::{ClassOfService, Dn, LogoutProfile, PhoneName, ProfileName, Remembered};
use perch::sip::wire::{Method, Parsed, parse, respond};
use perch::sip::{Edge, Flow, Limits, Registrar, Transport, digest_secret};
use perch::time::{Now, Utc};

use crate::digest::{Answer, authorization};

const REALM: &str = "perch";
const PASSWORD: &str = "a password of tests";
/// Calls come from here; a REGISTER comes from the phone that its To names.
const CALLER: &str = "desk-7";
/// The number of the phone that registers.
const NUMBER: &str = "9001";

/// One answer, read by hand: what goes back to a strange Via is strange, too.
#[derive(Clone, Debug)]
pub struct Answered {
    pub status: u16,
    pub text: String,
}

impl Answered {
    fn of(bytes: &Bytes) -> Answered {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let status = text
            .strip_prefix("SIP/2.0 ")
            .and_then(|rest| rest.get(..3)?.parse().ok());
        Answered {
            status: status.expect("only responses go back"),
            text,
        }
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What the peer got for its message.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Every answer, the one to a challenge's answer included.
    pub answers: Vec<Answered>,
    /// Where the phone is afterwards.
    pub contacts: Vec<String>,
}

impl Heard {
    /// Sends a message to a server that knows the phone that it comes from.
    pub fn to(raw: &Bytes) -> Heard {
        let phone = phone_of(raw);
        let mut heard = Server::new(&phone).take(raw.clone());
        let challenge = heard.last().and_then(|answer| {
            let challenge = answer.header("WWW-Authenticate").map(str::to_owned);
            challenge.filter(|_| answer.status == 401)
        });
        if let Some(challenge) = challenge {
            // A server in the same state as before the first: the second is no retransmission to it.
            let mut server = Server::new(&phone);
            let second = server.take_signed(raw, &phone, &challenge);
            heard.answers.extend(second.answers);
            heard.contacts = second.contacts;
        }
        heard
    }

    /// Registers with this message, is called by somebody, and gives back the INVITE that comes.
    pub fn call_to(register: &Bytes) -> Bytes {
        let phone = phone_of(register);
        let challenge_of = |heard: &Heard| {
            let challenge = heard
                .last()
                .and_then(|answer| answer.header("WWW-Authenticate"));
            challenge.expect("a challenge").to_owned()
        };
        let mut server = Server::new(&phone);
        let challenge = challenge_of(&server.take(register.clone()));
        server.take_signed(register, &phone, &challenge);
        let call = |branch: &str| {
            Bytes::from(format!(
                "INVITE sip:{NUMBER}@pbx.example.net SIP/2.0\r\n\
                 Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
                 To: <sip:{NUMBER}@pbx.example.net>\r\nFrom: <sip:{CALLER}@pbx.example.net>;tag=c\r\n\
                 Call-ID: call.1@192.0.2.77\r\nCSeq: 1 INVITE\r\nContact: <sip:{CALLER}@192.0.2.77>\r\n\
                 Content-Length: 0\r\n\r\n"
            ))
        };
        let challenge = challenge_of(&server.take(call("one")));
        server.take_signed(&call("two"), CALLER, &challenge);
        server.invite.expect("the phone rings")
    }

    /// The last answer.
    pub fn last(&self) -> Option<&Answered> {
        self.answers.last()
    }

    /// The statuses of all answers in order, those that only say "wait" left out.
    pub fn statuses(&self) -> String {
        let statuses = self.answers.iter().map(|answer| answer.status);
        let told: Vec<String> = statuses
            .filter(|s| *s != 100)
            .map(|s| s.to_string())
            .collect();
        match told.is_empty() {
            true => "nothing".into(),
            false => told.join(", "),
        }
    }
}

/// The phone that a message would come from.
fn phone_of(raw: &Bytes) -> String {
    let named = match parse(raw.clone()) {
        Parsed::Accept(message) if message.method() == Some(Method::Register) => {
            let user = message.to().map(|to| to.uri.user_decoded().into_owned());
            user.ok().filter(|user| !user.is_empty())
        }
        _ => None,
    };
    named.unwrap_or_else(|| CALLER.into())
}

fn site(phone: &str) -> Arc<Site> {
    let known = |name: &str, guest_dn: Option<&str>| Phone {
        logout_profile: ProfileName::from("lobby"),
        guest_dn: guest_dn.map(Dn::from),
        sip_secret: Some(digest_secret(name, REALM, PASSWORD)),
        exempt: false,
        location: None,
        hardware: None,
        pickup_group: None,
        provision: None,
        own_speed_dials: true,
        limits: None,
        emergency_number: None,
    };
    let phones = [(CALLER, None), (phone, Some(NUMBER))];
    let phones = phones.map(|(name, dn)| (PhoneName::from(name), known(name, dn)));
    let class = ClassOfService {
        call_guests: true,
        ..ClassOfService::default()
    };
    let lobby = LogoutProfile::new("all", "");
    Arc::new(Site {
        phones: phones.into(),
        classes: [("all".into(), class)].into(),
        logout_profiles: [("lobby".into(), lobby)].into(),
        ..Site::default()
    })
}

fn flow() -> Flow {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    Flow {
        transport: Transport::Udp,
        local: address("192.0.2.1:5060"),
        remote: address("192.0.2.77:5060"),
        connection: 0,
    }
}

const NOW: Now = Now {
    uptime: Duration::from_secs(1000),
    utc: Utc(1_763_715_600_000),
};

struct Server {
    phone: PhoneName,
    registrar: Arc<Registrar>,
    exchange: Exchange,
    /// The last INVITE that it sent.
    invite: Option<Bytes>,
}

impl Server {
    fn new(phone: &str) -> Server {
        let registrar = Arc::new(Registrar::new([7; 32], Limits::default()));
        let start = Start {
            now: NOW,
            seed: [7; 32],
            registrar: Arc::clone(&registrar),
            site: site(phone),
            remembered: Remembered::default(),
        };
        Server {
            phone: phone.into(),
            registrar,
            exchange: Exchange::new(start),
            invite: None,
        }
    }

    /// Sends the message with credentials right after its first line, and its own bytes after them.
    fn take_signed(&mut self, raw: &Bytes, phone: &str, challenge: &str) -> Heard {
        let Parsed::Accept(message) = parse(raw.clone()) else {
            panic!("what is challenged was accepted");
        };
        let answer = Answer {
            username: phone,
            password: PASSWORD,
            method: message.method_text(),
            uri: message.uri_text(),
            nc: Some(1),
        };
        let credentials = authorization(challenge, &answer);
        let line = raw.windows(2).position(|w| w == b"\r\n").expect("a line");
        let (first, rest) = raw.split_at(line + 2);
        let header = format!("Authorization: {credentials}\r\n");
        self.take([first, header.as_bytes(), rest].concat().into())
    }

    fn take(&mut self, raw: Bytes) -> Heard {
        let flow = flow();
        let mut heard = Heard::default();
        match parse(raw) {
            Parsed::Drop(_) => {}
            Parsed::Reject(no) => {
                let answer = respond(&no.message, flow.remote, no.status, no.reason, Some("t"));
                heard.answers.push(Answered::of(&answer.finish()));
            }
            Parsed::Accept(message) => match self.registrar.edge(NOW, &flow, &message) {
                Edge::Answered { bytes, news } => {
                    heard.answers.push(Answered::of(&bytes));
                    if let Some(news) = news {
                        self.exchange.handle(NOW, Input::News(news));
                    }
                }
                Edge::NotMine => {
                    self.exchange.handle(NOW, Input::Sip { flow, message });
                    for send in self.exchange.take_output().sends {
                        match send.bytes.starts_with(b"SIP/2.0 ") {
                            true => heard.answers.push(Answered::of(&send.bytes)),
                            false => self.invite = Some(send.bytes),
                        }
                    }
                }
            },
        }
        let bindings = self.registrar.bindings_of(&self.phone, NOW);
        heard.contacts = bindings.into_iter().map(|b| b.contact.into()).collect();
        heard
    }
}
