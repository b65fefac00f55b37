//! A phone of the tests on real sockets: what decides is the same as in virtual time; here are its connection, its media
//! and the clock on the wall.
//!
//! Each phone has an address of the loopback network to itself, so it listens where it would in virtual time, and whoever
//! hears something knows from whom.

mod crew;
mod link;
mod media;
mod tape;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use perch::pbx::Vendor;
use perch::sip::Transport;

use super::phone::{CallState, Order, Packet, Phone};
use super::sccp_phone::{Kind, SccpPhone};
use super::sip_phone::{Account, SipPhone, TEST_PHONE};
pub use crew::Crew;
use link::Link;
pub use link::Security;
use media::Media;
pub use media::{Heard, Sent};
pub use tape::{Tape, Way, messages, name as message_name};

/// How long anything may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a phone looks whether something came.
const LOOK: Duration = Duration::from_millis(3);

/// So many packets of somebody are a conversation.
pub const SOME: u32 = 8;

/// So many are a conversation that has gone on for half a second.
const MORE: u32 = 25;

/// How long it is listened whether nobody says anything.
const SILENCE: Duration = Duration::from_millis(160);

/// A phone that is switched on. Switched off when dropped; if the test failed, what it saw is shown.
pub struct LivePhone {
    /// What it registers as.
    pub name: String,
    /// Its address.
    pub host: IpAddr,
    live: Arc<Mutex<Live>>,
    is_over: Arc<AtomicBool>,
    /// None: it shares that of others.
    thread: Option<JoinHandle<()>>,
}

/// What a phone and its thread share.
pub struct Live {
    phone: Box<dyn Phone + Send>,
    link: Link,
    media: Media,
    tape: Tape,
    began: Instant,
    /// What somebody at the phone saw and heard.
    sights: Vec<String>,
    /// How many of them were asked for.
    told: usize,
    /// What the server did and must not do, and what it owed.
    wrong: Vec<String>,
    /// What the server said, by name.
    came: Vec<String>,
    /// Whether nobody speaks there: it listens, and says nothing.
    is_mute: bool,
}

impl LivePhone {
    /// An SCCP phone of a model, which registers at a server. `tone` is what it says, in hertz.
    pub fn sccp(
        server: SocketAddr,
        security: Security,
        name: &str,
        model: &str,
        tone: u32,
    ) -> LivePhone {
        LivePhone::sccp_at(some_host(), (server, security), name, model, tone)
    }

    /// The same at an address that it has already.
    pub fn sccp_at(
        host: IpAddr,
        (server, security): (SocketAddr, Security),
        name: &str,
        model: &str,
        tone: u32,
    ) -> LivePhone {
        LivePhone::of(Live::sccp(host, (server, security), name, model, tone)).with_a_thread()
    }

    /// A SIP phone of the demonstration site, by datagrams.
    pub fn sip(server: SocketAddr, name: &str, tone: u32) -> LivePhone {
        let password = format!("{name}-secret");
        LivePhone::sip_at(some_host(), server, (name, &password, None), tone)
    }

    /// A SIP phone with another password, and of a make that can be told things, at an address that it has already.
    pub fn sip_at(
        host: IpAddr,
        server: SocketAddr,
        (name, password, make): (&str, &str, Option<Vendor>),
        tone: u32,
    ) -> LivePhone {
        let account = (name, password, make);
        LivePhone::of(Live::sip(host, server, account, TEST_PHONE, tone)).with_a_thread()
    }

    /// A SIP phone that says what it is.
    pub fn sip_that_is(
        user_agent: &'static str,
        (host, server): (IpAddr, SocketAddr),
        account: (&str, &str, Option<Vendor>),
        tone: u32,
    ) -> LivePhone {
        LivePhone::of(Live::sip(host, server, account, user_agent, tone)).with_a_thread()
    }

    /// One that nobody turns yet.
    fn of((name, host, live): (String, IpAddr, Live)) -> LivePhone {
        let mut live = live;
        // It has begun to register.
        live.settle();
        LivePhone {
            name,
            host,
            live: Arc::new(Mutex::new(live)),
            is_over: Arc::new(AtomicBool::new(false)),
            thread: None,
        }
    }

    fn with_a_thread(mut self) -> LivePhone {
        let (turned, stopped) = (Arc::clone(&self.live), Arc::clone(&self.is_over));
        self.thread = Some(thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                locked(&turned).turn();
                thread::sleep(LOOK);
            }
        }));
        self
    }

    /// Waits until it is registered.
    pub fn registers(&self) {
        self.wait("is registered", |live| live.phone.is_registered());
    }

    /// Somebody does something.
    pub fn order(&self, order: &Order) {
        if let Err(why) = self.try_order(order) {
            panic!("{}: {order:?}: {why}", self.name);
        }
    }

    /// Somebody does something, if it can be done just now.
    pub fn try_order(&self, order: &Order) -> Result<(), String> {
        let mut live = self.live();
        let now = live.now();
        let done = live.phone.order(now, order);
        live.settle();
        done
    }

    /// What its calls are.
    pub fn calls(&self) -> Vec<CallState> {
        let calls = self.live().phone.calls();
        calls.iter().map(|call| call.state).collect()
    }

    /// Waits until something is so.
    pub fn wait(&self, what: &str, mut is_so: impl FnMut(&mut Live) -> bool) {
        self.find(what, |live| is_so(live).then_some(()));
    }

    /// Waits until something is found.
    pub fn find<T>(&self, what: &str, mut look: impl FnMut(&mut Live) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(&mut self.live()) {
                return found;
            }
            if Instant::now() >= end {
                let calls = self.live().phone.calls();
                panic!(
                    "{} waited {PATIENCE:?} in vain: {what}; {calls:?}",
                    self.name
                );
            }
            thread::sleep(LOOK);
        }
    }

    /// Waits until somebody there sees or hears something that begins so; what was seen before is forgotten.
    pub fn sees(&self, begins: &str) -> String {
        self.find(begins, |live| {
            let new = &live.sights[live.told..];
            let place = new.iter().position(|sight| sight.starts_with(begins))?;
            live.told += place + 1;
            Some(live.sights[live.told - 1].clone())
        })
    }

    /// Waits until its calls are these, in any order.
    pub fn has_calls(&self, expected: &[CallState]) {
        let what = format!("has calls {expected:?}");
        self.wait(&what, |live| {
            let calls = live.phone.calls();
            let is_one = |state: &CallState| calls.iter().any(|call| call.state == *state);
            calls.len() == expected.len() && expected.iter().all(is_one)
        });
    }

    /// Waits until it remembers calls, or none.
    pub fn remembers_calls(&self, expected: bool) {
        let what = format!("remembers calls: {expected}");
        self.wait(&what, |live| {
            live.phone.call_history().is_empty() != expected
        });
    }

    /// What stands beside its buttons.
    pub fn buttons(&self) -> Vec<String> {
        self.live().phone.buttons()
    }

    /// Waits until the buttons are these.
    pub fn has_buttons(&self, expected: &[&str]) {
        let end = Instant::now() + PATIENCE;
        while self.buttons() != expected {
            assert!(Instant::now() < end, "{}: {:?}", self.name, self.buttons());
            thread::sleep(LOOK);
        }
    }

    /// Waits until it hears somebody at this address, by a stream that this one sends there now.
    pub fn hears(&self, other: &LivePhone) {
        let what = format!("hears {}", other.name);
        self.find(&what, |live| {
            let said = other.live_of(self.host)?;
            let heard = live.media.heard().get(&said)?;
            (heard.packets >= SOME).then_some(())
        });
    }

    /// How many packets came from an address.
    pub fn heard_from(&self, host: IpAddr) -> u32 {
        let heard = self.heard();
        let from_there = heard.iter().filter(|(_, heard)| heard.from.ip() == host);
        from_there.map(|(_, heard)| heard.packets).sum()
    }

    /// How many packets it sent to an address.
    pub fn sent_to(&self, host: IpAddr) -> u32 {
        let sent = self.sent();
        let to_there = sent.iter().filter(|(_, sent)| sent.to.ip() == host);
        to_there.map(|(_, sent)| sent.packets).sum()
    }

    /// Waits until it hears so many packets more from an address, and has said as much there.
    pub fn talks_to(&self, host: IpAddr, packets: u32) {
        let (heard, sent) = (self.heard_from(host), self.sent_to(host));
        let end = Instant::now() + PATIENCE;
        while self.heard_from(host) < heard + packets || self.sent_to(host) < sent + packets {
            assert!(Instant::now() < end, "{} talks to {host}", self.name);
            thread::sleep(LOOK);
        }
    }

    /// Waits until it hears nothing more from an address.
    pub fn hears_nothing_from(&self, host: IpAddr) {
        let end = Instant::now() + PATIENCE;
        let mut heard = self.heard_from(host);
        let mut since = Instant::now();
        while since.elapsed() < SILENCE {
            assert!(Instant::now() < end, "{} still hears {host}", self.name);
            thread::sleep(LOOK);
            let now = self.heard_from(host);
            if now != heard {
                (heard, since) = (now, Instant::now());
            }
        }
    }

    /// The stream that it sends to an address now.
    fn live_of(&self, host: IpAddr) -> Option<u32> {
        // Whoever asks has locked another phone: nobody waits for two.
        let live = self.live.try_lock().ok()?;
        let sent = live.media.sent().iter();
        let mut sent = sent.filter(|(_, sent)| sent.is_on && sent.to.ip() == host);
        sent.next_back().map(|(ssrc, _)| *ssrc)
    }

    /// Waits until it sends nothing.
    pub fn is_silent(&self) {
        self.wait("is silent", |live| !live.media.speaks());
    }

    /// What it sent, by who it said to be.
    pub fn sent(&self) -> Vec<(u32, Sent)> {
        let live = self.live();
        let sent = live.media.sent().iter();
        sent.map(|(ssrc, sent)| (*ssrc, sent.clone())).collect()
    }

    /// What it heard, by who said to be it.
    pub fn heard(&self) -> Vec<(u32, Heard)> {
        let live = self.live();
        let heard = live.media.heard().iter();
        heard.map(|(ssrc, heard)| (*ssrc, heard.clone())).collect()
    }

    /// What the server did wrong so far.
    pub fn wrong(&self) -> Vec<String> {
        self.live().wrong.clone()
    }

    /// What the server said since this was asked last, by name.
    pub fn what_came(&self) -> Vec<String> {
        std::mem::take(&mut self.live().came)
    }

    /// How often it opened a connection.
    pub fn connections(&self) -> u32 {
        self.live().link.connections()
    }

    /// What was said and heard by its connections.
    pub fn tape(&self) -> Tape {
        self.live().tape.clone()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        locked(&self.live)
    }
}

/// Both hear each other.
pub fn talk(one: &LivePhone, other: &LivePhone) {
    one.hears(other);
    other.hears(one);
}

/// Both go on to hear each other by the same streams, and miss nothing.
pub fn talk_on(one: &LivePhone, other: &LivePhone) {
    let streams = || one.sent().len() + other.sent().len();
    let before = streams();
    one.talks_to(other.host, MORE);
    other.talks_to(one.host, MORE);
    assert_eq!(streams(), before, "something was begun anew");
    all_is_heard(&[one, other]);
}

/// No media flows, and whatever was sent to one another has been heard.
pub fn no_media(phones: &[&LivePhone]) {
    for phone in phones {
        phone.is_silent();
    }
    let packets = || -> u32 {
        let sent = phones.iter().flat_map(|phone| phone.sent());
        sent.map(|(_, sent)| sent.packets).sum()
    };
    let before = packets();
    let until = Instant::now() + SILENCE;
    while Instant::now() < until {
        thread::sleep(LOOK);
    }
    assert_eq!(packets(), before, "somebody speaks");
    all_is_heard(phones);
}

/// Every packet that one of them sent to another was heard there: from where it was sent, as what, none left out.
pub fn all_is_heard(phones: &[&LivePhone]) {
    for speaker in phones {
        for (ssrc, sent) in speaker.sent() {
            let listener = phones.iter().find(|phone| phone.host == sent.to.ip());
            let Some(listener) = listener.filter(|_| sent.packets > 0) else {
                continue;
            };
            let name = &speaker.name;
            let what = format!("hears all that {name} said: {} packets", sent.packets);
            let heard = listener.find(&what, |live| {
                let heard = live.media.heard().get(&ssrc)?;
                (sent.is_on || heard.packets == sent.packets).then(|| heard.clone())
            });
            let (as_sent, as_heard) = (
                (sent.from, sent.to, sent.payload_type, 0),
                (heard.from, heard.at, heard.payload_type, heard.gaps),
            );
            assert_eq!(as_heard, as_sent, "{} hears {name}", listener.name);
        }
    }
}

impl Live {
    fn sccp(
        host: IpAddr,
        (server, security): (SocketAddr, Security),
        name: &str,
        model: &str,
        tone: u32,
    ) -> (String, IpAddr, Live) {
        let kind = Kind::of(model);
        let link = Link::stream(host, server, security);
        let at = SocketAddr::new(host, 0);
        let phone = SccpPhone::new(name, name, kind, at, Duration::ZERO);
        let media = Media::new(host, tone);
        let live = Live::new(Box::new(phone), link, media, Tape::new(kind.offer));
        (name.to_owned(), host, live)
    }

    fn sip(
        host: IpAddr,
        server: SocketAddr,
        (name, password, make): (&str, &str, Option<Vendor>),
        user_agent: &'static str,
        tone: u32,
    ) -> (String, IpAddr, Live) {
        let link = Link::datagrams(host, server);
        let account = Account {
            label: name.to_owned(),
            user_agent,
            name: name.to_owned(),
            password: password.to_owned(),
            address: link.local(),
            server,
            transport: Transport::Udp,
            takes_messages: true,
            refreshes: false,
            pracks: false,
            make,
            is_deaf: false,
            shares_line: false,
            expires_s: 3600,
        };
        let phone = SipPhone::new(account, rand::random(), Duration::ZERO);
        let media = Media::new(host, tone);
        let live = Live::new(Box::new(phone), link, media, Tape::new(0));
        (name.to_owned(), host, live)
    }

    fn new(phone: Box<dyn Phone + Send>, link: Link, media: Media, tape: Tape) -> Live {
        Live {
            phone,
            link,
            media,
            tape,
            began: Instant::now(),
            sights: Vec::new(),
            told: 0,
            wrong: Vec::new(),
            came: Vec::new(),
            is_mute: false,
        }
    }

    /// Whatever there is to do: what came, what is due, what is to be said.
    fn turn(&mut self) {
        let heard = self.link.take(&mut self.tape);
        let came = !heard.is_empty();
        for packet in heard {
            let now = self.now();
            if let Packet::Bytes(bytes) = &packet {
                self.came.extend(tape::names(bytes));
            }
            self.phone.receive(now, packet);
            self.settle();
        }
        let now = self.now();
        if !came && self.phone.next_deadline().is_some_and(|due| due <= now) {
            // What belongs together has come.
            self.phone.wake(now);
            self.settle();
        }
        if !self.is_mute {
            self.media.turn(now);
        }
    }

    /// Does what the phone wants. It listens before it says where.
    fn settle(&mut self) {
        let now = self.now();
        self.media.follow(now, &self.phone.streams());
        let doings = self.phone.take_doings();
        self.sights.extend(doings.sights);
        self.wrong.extend(doings.faults);
        self.wrong.extend(doings.misses);
        for packet in doings.sends {
            match packet {
                Packet::Bytes(bytes) => self.link.send(&bytes, &mut self.tape),
                Packet::ConnectionLost => self.link.close(),
                Packet::Event(_) | Packet::Action(_) => {
                    self.wrong.push("says what is not for a wire".into());
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for LivePhone {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that has panicked has said so.
            let _ = thread.join();
        }
        if thread::panicking() {
            let live = self.live();
            let (name, host) = (&self.name, self.host);
            let text = format!(
                "{name} at {host} saw {:?}\n  wrong: {:?}\n  its last messages: {}\n  sent {:?}\n  heard {:?}",
                live.sights,
                live.wrong,
                live.tape.last_messages(30),
                live.media.sent(),
                live.media.heard(),
            );
            crate::built_server::say(&text);
        }
    }
}

fn locked(live: &Arc<Mutex<Live>>) -> MutexGuard<'_, Live> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address of the loopback network that nobody else has taken: there are sixteen million.
pub fn some_host() -> IpAddr {
    let part = || rand::random_range(1..=254_u8);
    Ipv4Addr::new(127, part(), part(), part()).into()
}
