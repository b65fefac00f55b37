//! Ladders: phones that send just the messages that they are told to, to a whole server in virtual time.
//!
//! For what no decent phone does, or only on a bad day. A ladder is script and expectation in one: lines that are
//! indented behind ` < ` are what phones got, and are written anew; all others are done.
//!
//! ```text
//! a talks with b             a call, without a word of how it came about
//! a INVITE 9002 [a1]         a calls, with a description of its media that is known as a1
//!   b < INVITE [a1]
//! b 200 [b1]                 b answers what it was last asked
//!   a < 200 INVITE [b1]
//! +32s                       nobody says anything for so long
//!   a < 200 INVITE [b1] (again, 10 times)
//! ```
//!
//! Phones a, b, c and d have the numbers 9001 to 9004. So do w and v, 9005 and 9006, once `w is a browser`: they come over
//! WebSocket. Descriptions whose names begin with w or v are those of browsers, with s those of phones that encrypt. With `there is a relay` what it is to do is shown, too, and
//! `relay translates` or `relay is silent` says what comes of what it was asked for first. A second call of `a` is `a2`. What a phone must not forget to do
//! it does: it acknowledges refusals, and answers BYE, CANCEL, NOTIFY and OPTIONS; unless `b is numb`.
//!
//! Trunks x, y and z are at 10.0.9.1 to 10.0.9.3, if the site has them. `explain x` shows what the server says of one.
//! They let users register, unless `x answers REGISTER 403`; and know who is, unless `x forgets`.

mod party;
mod relay;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use expect_test::Expect;
use perch::exchange::{ControlRequest, Input, Output};
use perch::pbx::{Answer, Query, Remembered, Ticket};
use perch::sip::wire::{Message, Name, Parsed, parse, respond};
use perch::sip::{Flow, Transport, TrunkPaths, WatchSettings};
use perch::time::{Now, UPTIME_AT_START, Utc};

use super::digest;
use super::network::SERVER;
use super::server::{Beginning, Server};
use super::site_text::{SiteText, duration};
use super::store::{ModelStore, Report};
use super::world::password;
use party::{Party, Words};
use relay::Relay;

/// The phones that there are.
const PHONES: [&str; 6] = ["a", "b", "c", "d", "w", "v"];

/// Those of them that are browsers.
const BROWSERS: [char; 2] = ['w', 'v'];

/// And the trunks.
const TRUNKS: [&str; 3] = ["x", "y", "z"];

/// Some moment in 2026.
const EPOCH: Utc = Utc(1_777_971_600_000);

/// Plays a ladder, and shows that the phones get what it says.
#[track_caller]
pub fn ladder(rules: &str, expect: Expect) {
    ladder_watching(rules, WatchSettings::default(), expect);
}

/// The same, where so much may be watched.
#[track_caller]
pub fn ladder_watching(rules: &str, watching: WatchSettings, expect: Expect) {
    assert!(rules.starts_with("rules: "), "which rules does this prove?");
    let mut stage = Stage::new(watching);
    // The text between the quotes: what is expected is the script, too.
    let lines = expect.data.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.contains(" < ")) {
        stage.step(line);
    }
    expect.assert_eq(&stage.text);
}

struct Stage {
    server: Server,
    store: ModelStore,
    uptime: Duration,
    site: SiteText,
    /// Which nonce each phone was given, and how often it used it.
    challenges: BTreeMap<String, (String, u32)>,
    parties: BTreeMap<String, Party>,
    relay: Relay,
    numb: BTreeSet<String>,
    /// Who is registered at trunks, with their contacts.
    registered: BTreeMap<String, String>,
    /// What trunks answer to registrations, if not yes.
    refusal: Option<u16>,
    /// Messages of a phone's that are not for a party, but for its registration.
    registering: bool,
    /// What was got in this step, in order: who, what, how often again.
    got: Vec<Got>,
    text: String,
    last_branch: u64,
    /// How often a phone has started again: its registrations are others then.
    starts: u32,
}

struct Got {
    party: String,
    what: String,
    bytes: Bytes,
    again: usize,
}

impl Stage {
    fn new(watching: WatchSettings) -> Stage {
        let mut site = SiteText::default();
        for (place, phone) in PHONES.iter().enumerate() {
            let line = format!("{phone}: guest {}", 9001 + place);
            site.line(&line).expect("a phone");
        }
        let beginning = Beginning {
            now: at(Duration::ZERO),
            seed: [7; 32],
            site: Arc::new(site.site.clone()),
            remembered: Remembered::default(),
            media: [10_000, 10_002, 10_004]
                .map(|port| SocketAddr::new(SERVER.ip(), port))
                .into(),
            bindings: Vec::new(),
        };
        let mut stage = Stage {
            server: Server::watched(beginning, watching),
            store: ModelStore::default(),
            uptime: Duration::ZERO,
            site,
            challenges: BTreeMap::new(),
            parties: BTreeMap::new(),
            relay: Relay::default(),
            numb: BTreeSet::new(),
            registered: BTreeMap::new(),
            refusal: None,
            registering: false,
            got: Vec::new(),
            text: String::new(),
            last_branch: 0,
            starts: 0,
        };
        for phone in PHONES.iter().filter(|phone| !phone.starts_with(BROWSERS)) {
            stage.register(phone, 3600);
        }
        stage.note();
        stage.text.clear();
        stage
    }

    /// Does what a line says, and writes down what came of it.
    fn step(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
        if let Some(time) = line.strip_prefix('+') {
            let time = duration(time).unwrap_or_else(|why| panic!("{why}"));
            self.run_for(time);
        } else if let Some(change) = line.strip_prefix("site: ") {
            self.site.line(change).unwrap_or_else(|why| panic!("{why}"));
            let site = Arc::new(self.site.site.clone());
            self.handle(Input::SiteApplied(site));
            self.handle(Input::TrunkPaths(self.paths()));
        } else if let Some(name) = line.strip_prefix("explain ") {
            let request = ControlRequest::Query(Query::Explain(name.to_owned()));
            let ticket = Ticket(0);
            self.handle(Input::Control { ticket, request });
        } else if let Some((_, status)) = line.split_once(" answers REGISTER ") {
            let status: u16 = status.parse().expect("a status");
            self.refusal = (status != 200).then_some(status);
        } else if line.ends_with(" forgets") {
            self.registered.clear();
        } else if let Some(phone) = line.strip_suffix(" feels again") {
            self.numb.remove(phone);
        } else if let Some(phone) = line.strip_suffix(" is numb") {
            self.numb.insert(phone.to_owned());
        } else if let Some(phone) = line.strip_suffix(" is a browser") {
            self.register(phone, 3600);
        } else if line == "there is a relay" {
            self.server.set_relay(true);
        } else if line == "relay translates" {
            let input = self.relay.translate();
            self.handle(input);
        } else if line == "relay is silent" {
            let input = self.relay.is_silent();
            self.handle(input);
        } else if let Some(phone) = line.strip_suffix(" starts again") {
            self.starts += 1;
            self.register(phone, 3600);
        } else if let Some(phone) = line.strip_suffix(" unregisters") {
            self.register(phone, 0);
        } else if let Some((caller, callee)) = line.split_once(" talks with ") {
            self.connect(caller, callee);
        } else if line == "all is quiet" {
            self.run_for(Duration::from_secs(64));
            let load = self.server.load();
            assert_eq!(load, (0, 0), "legs and transactions are left after: {line}");
        } else {
            let (party, said) = line.split_once(' ').unwrap_or((line, ""));
            self.say(party, &Words::of(said));
        }
        self.run_for(Duration::ZERO);
        self.note();
    }

    /// The ways to the trunks of the site.
    fn paths(&self) -> TrunkPaths {
        let trunks = self.site.site.trunks.values();
        let addresses = trunks.flat_map(|trunk| &trunk.addresses);
        let paths = addresses.map(|at| {
            let ip: IpAddr = at.host.parse().expect("an address");
            let remote = SocketAddr::new(ip, at.port.unwrap_or(5060));
            (at.clone(), vec![flow_to(remote)])
        });
        paths.collect()
    }

    /// A call without a bad day; nothing is said of how it comes about.
    fn connect(&mut self, caller: &str, callee: &str) {
        let place = PHONES.iter().position(|phone| *phone == phone_of(callee));
        let number = 9001 + place.expect("one of the phones");
        for (who, said) in [
            (caller, format!("INVITE {number} [{caller}1]")),
            (callee, "180".to_owned()),
            (callee, format!("200 [{callee}1]")),
            (caller, "ACK".to_owned()),
        ] {
            self.say(who, &Words::of(&said));
        }
        self.got.clear();
    }

    /// A phone sends what it is told to.
    fn say(&mut self, name: &str, words: &Words) {
        let phone = phone_of(name).to_owned();
        let bytes = match (words.status(), self.parties.get_mut(name)) {
            (_, Some(party)) if words.has("again") => vec![party.sent_before(words.first())],
            (Some(status), Some(party)) => vec![party.answer(status, words)],
            (Some(_), None) => panic!("{name} was asked nothing"),
            (None, _) => self.ask(name, words),
        };
        for bytes in bytes {
            self.send(&phone, bytes);
        }
    }

    /// The requests that a phone is told to send.
    fn ask(&mut self, name: &str, words: &Words) -> Vec<Bytes> {
        self.last_branch += 1;
        let branch = format!("z9hG4bK{}", self.last_branch);
        let mut wanted = [("replaces", "Replaces"), ("join", "Join")].into_iter();
        let other = wanted.find_map(|(word, header)| {
            let other = self.parties.get(words.value(word)?);
            let other = other.expect("a call to be replaced, or joined");
            Some((header, other.named(words.has("early-only"))))
        });
        if !self.parties.contains_key(name) {
            let party = Party::calling(name, address(phone_of(name)), words);
            self.parties.insert(name.to_owned(), party);
        }
        let proof = self.proof(name, words);
        let party = self.parties.get_mut(name).expect("it is there");
        let bytes = party.ask(words, &branch, other, proof);
        let twice = if words.has("twice") { 2 } else { 1 };
        vec![bytes; twice]
    }

    /// How a phone proves who it is, where that is asked.
    fn proof(&mut self, name: &str, words: &Words) -> Option<String> {
        let party = self.parties.get(name)?;
        let needs_none = ["ACK", "CANCEL"].contains(&words.first());
        if words.has("unproven") || party.is_in_dialog() || needs_none {
            return None;
        }
        let uri = party.uri();
        self.sign(phone_of(name), words.first(), &uri)
    }

    fn sign(&mut self, phone: &str, method: &str, uri: &str) -> Option<String> {
        let (challenge, used) = self.challenges.get_mut(phone)?;
        *used += 1;
        let answer = digest::Answer {
            username: phone,
            password: &password(phone),
            method,
            uri,
            nc: Some(*used),
        };
        Some(digest::authorization(challenge, &answer))
    }

    fn register(&mut self, phone: &str, expires_s: u32) {
        self.registering = true;
        for _ in 0..2 {
            self.last_branch += 1;
            let (number, own, starts) = (self.last_branch, address(phone), self.starts);
            let uri = format!("sip:{SERVER}");
            let proof = self.sign(phone, "REGISTER", &uri);
            let proof = proof.map_or(String::new(), |proof| format!("Authorization: {proof}\r\n"));
            let raw = format!(
                "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKr{number}\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:{phone}@{SERVER}>;tag=r\r\nTo: <sip:{phone}@{SERVER}>\r\n\
                 Call-ID: register-{phone}-{starts}\r\nExpires: {expires_s}\r\nCSeq: {number} REGISTER\r\nContact: <sip:{phone}@{own}>\r\n\
                 {proof}Content-Length: 0\r\n\r\n"
            );
            self.send(phone, raw.into());
        }
        self.registering = false;
    }

    fn send(&mut self, phone: &str, bytes: Bytes) {
        let answer = self.server.receive(at(self.uptime), flow(phone), bytes);
        if let Some(bytes) = answer {
            self.hear(phone, bytes);
        }
        self.take_output();
    }

    fn handle(&mut self, input: Input) {
        self.server.handle(at(self.uptime), input);
        self.take_output();
    }

    fn run_for(&mut self, time: Duration) {
        let until = self.uptime + time;
        while let Some(due) = self.server.next_deadline() {
            let due = due.saturating_sub(UPTIME_AT_START);
            if due > until {
                break;
            }
            self.uptime = self.uptime.max(due);
            self.server.wake(at(self.uptime));
            self.take_output();
        }
        self.uptime = until;
    }

    fn take_output(&mut self) {
        let (output, _) = self.server.take_output();
        let Output {
            commit,
            sends,
            checks,
            answers,
            relays,
            ..
        } = output;
        for (_, answer) in answers {
            let Answer::Explain(Some(known)) = answer else {
                panic!("nobody knows that: {answer:?}");
            };
            for sentence in known.sentences {
                self.text += &format!("  admin < {sentence}\n");
            }
        }
        if let Some((seq, changes)) = commit {
            self.store.queue(seq, changes);
        }
        for order in relays {
            let what = self.relay.take(order);
            self.got.push(Got {
                party: "relay".to_owned(),
                what,
                bytes: Bytes::new(),
                again: 0,
            });
        }
        for send in sends {
            let mut all = PHONES.iter().chain(&TRUNKS);
            let phone = all.find(|phone| address(phone).ip() == send.flow.remote.ip());
            self.hear(phone.expect("one of the phones"), send.bytes);
        }
        for check in checks {
            let given = check.secret.reveal();
            let matches = check.against.is_some_and(|pin| pin.0 == given);
            let ticket = check.ticket;
            self.handle(Input::SecretChecked { ticket, matches });
        }
        while let Some(report) = self.store.write_next() {
            self.handle(match report {
                Report::Committed(seq, claims) => Input::Committed { seq, claims },
                Report::ClaimsFailed(claims) => Input::ClaimsFailed(claims),
            });
        }
    }

    /// A phone gets a message, and does what no phone forgets.
    fn hear(&mut self, phone: &str, bytes: Bytes) {
        let mut before = self.got.iter_mut();
        if let Some(got) = before.find(|got| got.bytes == bytes) {
            got.again += 1;
            return;
        }
        let Parsed::Accept(message) = parse(bytes.clone()) else {
            // An answer to a request that somebody else has sent on, perhaps.
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let line = text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("SIP/2.0 "));
            return self.got.push(Got {
                party: phone.to_owned(),
                what: line
                    .unwrap_or_else(|| panic!("not a message: {text}"))
                    .to_owned(),
                bytes,
                again: 0,
            });
        };
        if self.registering && message.cseq().1 == "REGISTER" {
            if let Some(challenge) = message.header(Name::WwwAuthenticate) {
                let challenge = String::from_utf8_lossy(challenge).into_owned();
                self.challenges.insert(phone.to_owned(), (challenge, 0));
            }
            return;
        }
        if TRUNKS.contains(&phone) && message.method_text() == "OPTIONS" {
            return self.is_asked(phone, &message);
        }
        if TRUNKS.contains(&phone) && message.is_request() && message.method_text() == "REGISTER" {
            return self.is_asked_to_register(phone, &message);
        }
        let name = self.party_of(phone, &message);
        let party = self.parties.get_mut(&name).expect("it was just found");
        let is_again = !party.seen.insert(bytes.clone());
        self.got.push(Got {
            party: name.clone(),
            what: party.describe(&message),
            bytes,
            again: usize::from(is_again),
        });
        let is_numb = self.numb.contains(phone);
        let replies = party.hear(message, is_numb);
        for bytes in replies {
            self.send(phone, bytes);
        }
    }

    /// A trunk is asked to register somebody, or whether they are.
    fn is_asked_to_register(&mut self, trunk: &str, request: &Message) {
        let to = request.to().expect("whose it is");
        let number = to.uri.user_decoded().into_owned();
        let contact = request.text(Name::Contact).map(|text| text.into_owned());
        let seconds = contact.as_ref().and(request.expires());
        self.got.push(Got {
            party: trunk.to_owned(),
            what: match seconds {
                Some(seconds) => format!("REGISTER {number} for {seconds} s"),
                None => format!("REGISTER {number}"),
            },
            bytes: request.raw().clone(),
            again: 0,
        });
        if self.numb.contains(trunk) {
            return;
        }
        let status = self.refusal.unwrap_or(200);
        if let (Some(seconds), Some(contact), 200) = (seconds, contact, status) {
            match seconds {
                0 => drop(self.registered.remove(&number)),
                _ => drop(self.registered.insert(number.clone(), contact)),
            }
        }
        let answer = respond(request, SERVER, status, "As said", Some("there"));
        let listed = self.registered.get(&number).filter(|_| status == 200);
        let answer = listed.into_iter().fold(answer, |answer, contact| {
            answer.header(Name::Contact, contact)
        });
        self.send(trunk, answer.finish());
    }

    /// A trunk is asked whether it is there.
    fn is_asked(&mut self, trunk: &str, question: &Message) {
        self.got.push(Got {
            party: trunk.to_owned(),
            what: "OPTIONS".to_owned(),
            bytes: question.raw().clone(),
            again: 0,
        });
        if !self.numb.contains(trunk) {
            let answer = respond(question, SERVER, 200, "OK", Some("there"));
            self.send(trunk, answer.finish());
        }
    }

    /// Whose call of a phone a message belongs to; a new one rings for the next.
    fn party_of(&mut self, phone: &str, message: &Message) -> String {
        let known = self
            .parties
            .iter()
            .find(|(name, party)| phone_of(name) == phone && party.owns(message));
        if let Some((name, _)) = known {
            return name.clone();
        }
        assert!(message.is_request(), "an answer to nothing: {message:?}");
        let names = std::iter::once(phone.to_owned());
        let mut names = names.chain((2..).map(|number| format!("{phone}{number}")));
        let name = names
            .find(|name| !self.parties.contains_key(name))
            .expect("there are as many as one likes");
        let party = Party::called(&name, address(phone), message);
        self.parties.insert(name.clone(), party);
        name
    }

    fn note(&mut self) {
        for got in std::mem::take(&mut self.got) {
            let times = match got.again {
                0 => String::new(),
                1 => " (again)".to_owned(),
                times => format!(" (again, {times} times)"),
            };
            self.text += &format!("  {} < {}{times}\n", got.party, got.what);
        }
        let violations = self.store.take_violations();
        assert!(violations.is_empty(), "{violations:?}");
    }
}

/// The phone that has a call: its name without the number.
fn phone_of(party: &str) -> &str {
    &party[..1]
}

fn flow_to(remote: SocketAddr) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: SERVER,
        remote,
        connection: 0,
    }
}

fn address(phone: &str) -> SocketAddr {
    if let Some(place) = TRUNKS.iter().position(|known| *known == phone) {
        let host = u8::try_from(place + 1).expect("a few trunks");
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 9, host)), 5060);
    }
    let place = PHONES.iter().position(|known| *known == phone);
    let place = place.unwrap_or_else(|| panic!("there is no phone {phone}"));
    let host = u8::try_from(place + 1).expect("a few phones");
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, host)), 5060)
}

/// How a phone comes to the server.
fn flow(phone: &str) -> Flow {
    let remote = address(phone);
    let place = BROWSERS.iter().zip(1..);
    let mut connections = place.filter(|(browser, _)| phone.starts_with(**browser));
    let datagrams = flow_to(remote);
    match connections.next() {
        Some((_, connection)) => Flow {
            transport: Transport::Wss,
            connection,
            ..datagrams
        },
        None => datagrams,
    }
}

fn at(uptime: Duration) -> Now {
    Now {
        uptime: UPTIME_AT_START + uptime,
        utc: EPOCH.plus(uptime),
    }
}
