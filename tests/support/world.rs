//! A building: a server with its store, phones, the network between them, an administrator, and virtual time.

mod stations;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use perch::exchange::{ControlRequest, Input, Output, Send};
use perch::media::{EndId, Order};
use perch::pbx::{Answer, PhoneName, Record, Refusal, Site, Ticket, Vendor};
use perch::sip::Transport;
use perch::time::{Now, UPTIME_AT_START, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::agenda::Agenda;
use super::hook_phone::HookPhone;
use super::network::{Network, SERVER, Way, framed};
use super::phone::{Doings, Packet, Phone};
use super::sccp_phone::SccpPhone;
use super::server::{Beginning, Server};
use super::sip_phone::{Account, SipPhone, TEST_PHONE};
use super::store::{ModelStore, Report};

/// How phones and the server speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    SipUdp,
    SipTcp,
    /// Half of the phones each.
    SipMixed,
    Sccp,
    /// SIP over UDP and SCCP, half of the phones each.
    Mixed,
    /// The core's own words, for signals that no protocol has yet.
    Hook,
}

/// A building as an administrator has set it up.
pub struct Building {
    pub site: Site,
    /// Phones that show no messages.
    pub without_display: BTreeSet<String>,
    /// Phones that acknowledge provisional answers.
    pub pracking: BTreeSet<String>,
    /// Phones that refresh their calls.
    pub refreshing: BTreeSet<String>,
    /// Whose phones they are that can be told to read their files again.
    pub makes: BTreeMap<String, Vendor>,
    /// Phones that know nothing of that.
    pub deaf: BTreeSet<String>,
    /// Phones that take their line before somebody dials.
    pub sharing: BTreeSet<String>,
    /// Devices that register as a phone that another device is too.
    pub twins: BTreeMap<String, String>,
}

/// Something that can be seen from outside.
#[derive(Clone, Debug)]
pub struct Observation {
    pub at: Utc,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// Somebody at a phone saw or heard it.
    Sight(PhoneName, String),
    Announced(Record),
    Replied(Result<String, Refusal>),
    Answered(Answer),
    /// Somebody did what must never be done.
    Fault(String),
    /// Somebody did not do what was due.
    Miss(String),
}

enum Happening {
    Arrives(PhoneName, Way, u64, Box<Packet>),
    StreamBroken(u64),
    Written {
        life: u64,
    },
    Checked {
        life: u64,
        ticket: Ticket,
        matches: bool,
    },
    Second,
}

pub struct World {
    /// Since the beginning of the world; the server's begins anew with each of its lives.
    uptime: Duration,
    /// What the wall clock said when `uptime` was zero, jumps included.
    epoch: Utc,
    agenda: Agenda<Happening>,
    protocol: Protocol,
    server: Option<Server>,
    /// How often the server was started, and when last.
    life: (u64, Duration),
    site: Arc<Site>,
    without_display: BTreeSet<String>,
    pracking: BTreeSet<String>,
    refreshing: BTreeSet<String>,
    makes: BTreeMap<String, Vendor>,
    deaf: BTreeSet<String>,
    sharing: BTreeSet<String>,
    twins: BTreeMap<String, String>,
    /// Streams that the server knows to be broken.
    broken: BTreeSet<u64>,
    /// Streams of SCCP phones.
    stations: BTreeSet<u64>,
    pub store: ModelStore,
    bindings: BTreeMap<PhoneName, String>,
    /// Ends of the server's own media, and whose ears are at the other one.
    ends: BTreeMap<EndId, Option<PhoneName>>,
    /// Ends that were joined to a conference, and whose ears have not heard of it yet.
    joined: BTreeSet<EndId>,
    pub network: Network,
    phones: BTreeMap<PhoneName, Box<dyn Phone>>,
    random: StdRng,
    /// How long the disk takes for a commit.
    pub commit_delay: Duration,
    written_at: Duration,
    /// How long it takes to compare a PIN.
    pub check_delay: Duration,
    last_ticket: u64,
    observations: Vec<Observation>,
    /// Every packet, if somebody wants to read them.
    pub wire_log: Option<Vec<String>>,
}

/// Where the server has media of its own.
const MEDIA_PORTS: [u16; 3] = [10_000, 10_002, 10_004];

/// So long after a phone vanished its stream is seen to be dead.
const HALF_OPEN: Duration = Duration::from_secs(90);

/// A server that wants to be woken more often than this at one moment will never stop.
const MOST_WAKES: u32 = 10_000;

impl World {
    /// A building with a running server and phones that are just being switched on.
    pub fn new(protocol: Protocol, mut building: Building, utc: Utc, seed: u64) -> World {
        stations::equip(&mut building.site, protocol);
        let mut random = StdRng::seed_from_u64(seed);
        let network = Network::new(StdRng::seed_from_u64(random.random()));
        let mut world = World {
            uptime: Duration::ZERO,
            epoch: utc,
            agenda: Agenda::default(),
            protocol,
            server: None,
            life: (0, Duration::ZERO),
            site: Arc::new(building.site),
            without_display: building.without_display,
            pracking: building.pracking,
            refreshing: building.refreshing,
            makes: building.makes,
            deaf: building.deaf,
            sharing: building.sharing,
            twins: building.twins,
            broken: BTreeSet::new(),
            stations: BTreeSet::new(),
            store: ModelStore::default(),
            bindings: BTreeMap::new(),
            ends: BTreeMap::new(),
            joined: BTreeSet::new(),
            network,
            phones: BTreeMap::new(),
            random,
            commit_delay: Duration::ZERO,
            written_at: Duration::ZERO,
            check_delay: Duration::ZERO,
            last_ticket: 0,
            observations: Vec::new(),
            wire_log: None,
        };
        world.start();
        world.agenda.write(Duration::ZERO, Happening::Second);
        world.add_phones();
        world
    }

    pub fn utc(&self) -> Utc {
        self.epoch.plus(self.uptime)
    }

    pub fn uptime(&self) -> Duration {
        self.uptime
    }

    pub fn site(&self) -> &Site {
        &self.site
    }

    pub fn take_observations(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.observations)
    }

    /// Puts observations back that somebody took and did not want.
    pub fn put_back_observations(&mut self, observations: impl Iterator<Item = Observation>) {
        let since = std::mem::take(&mut self.observations);
        self.observations = observations.chain(since).collect();
    }

    pub fn phones(&self) -> impl Iterator<Item = (&PhoneName, &dyn Phone)> {
        self.phones.iter().map(|(name, phone)| (name, &**phone))
    }

    pub fn phone(&self, name: &str) -> Option<&dyn Phone> {
        self.phones.get(name).map(|phone| &**phone)
    }

    pub fn is_up(&self) -> bool {
        self.server.is_some()
    }

    /// Legs and transactions that the server has.
    pub fn load(&self) -> (usize, usize) {
        self.server.as_ref().map_or((0, 0), Server::load)
    }

    /// Lets time pass.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_until(self.uptime + duration);
    }

    fn run_until(&mut self, until: Duration) {
        let mut wakes = 0;
        while let Some(at) = self.next_moment().filter(|at| *at <= until) {
            wakes = if at > self.uptime { 0 } else { wakes + 1 };
            assert!(wakes < MOST_WAKES, "time stands still at {:?}", self.uptime);
            self.uptime = self.uptime.max(at);
            self.step();
        }
        self.uptime = until;
    }

    fn next_moment(&self) -> Option<Duration> {
        let phones = self
            .phones
            .values()
            .filter_map(|phone| phone.next_deadline());
        let server = self.server_deadline();
        phones.chain(server).chain(self.agenda.next()).min()
    }

    fn server_deadline(&self) -> Option<Duration> {
        let deadline = self.server.as_ref()?.next_deadline()?;
        Some(deadline.saturating_sub(UPTIME_AT_START) + self.life.1)
    }

    fn server_now(&self) -> Now {
        Now {
            uptime: UPTIME_AT_START + (self.uptime - self.life.1),
            utc: self.utc(),
        }
    }

    fn step(&mut self) {
        if let Some(happening) = self.agenda.pop_due(self.uptime) {
            return self.happen(happening);
        }
        let uptime = self.uptime;
        let is_due = |phone: &dyn Phone| phone.next_deadline().is_some_and(|at| at <= uptime);
        let due = self.phones.iter().find(|(_, phone)| is_due(&***phone));
        if let Some(name) = due.map(|(name, _)| name.clone()) {
            return self.with_phone(&name, |phone| phone.wake(uptime));
        }
        self.with_server(|server, now| server.wake(now));
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives(name, Way::ToPhone, connection, packet) => {
                if !self.reaches_station(&name, connection, &packet) {
                    return;
                }
                let uptime = self.uptime;
                self.log(&name, "<", &packet);
                self.with_phone(&name, |phone| phone.receive(uptime, *packet));
            }
            Happening::Arrives(name, Way::ToServer, connection, packet) => {
                self.arrives_at_server(&name, connection, *packet);
            }
            Happening::StreamBroken(connection) if !self.broken.insert(connection) => {}
            Happening::StreamBroken(connection) => self.connection_ended(connection),
            Happening::Written { life } if life == self.life.0 => {
                let report = self.store.write_next();
                self.take_reports(report);
            }
            Happening::Checked {
                life,
                ticket,
                matches,
            } if life == self.life.0 => {
                let checked = Input::SecretChecked { ticket, matches };
                self.with_server(|server, now| server.handle(now, checked));
            }
            Happening::Written { .. } | Happening::Checked { .. } => {}
            Happening::Second => {
                let next = self.uptime + Duration::from_secs(1);
                self.agenda.write(next, Happening::Second);
                let saved = self.with_server(|server, now| server.every_second(now));
                self.bindings.extend(saved.into_iter().flatten());
            }
        }
    }

    fn arrives_at_server(&mut self, name: &PhoneName, connection: u64, packet: Packet) {
        self.log(name, ">", &packet);
        let flow = self.network.flow_from(name);
        let is_cut = flow.connection != connection;
        match packet {
            Packet::Bytes(_) if is_cut => {}
            Packet::Bytes(_) if self.server.is_none() => self.refuse_connection(name),
            Packet::Bytes(bytes) if self.kind_of(name).is_some() => {
                self.station_says(name, connection, &bytes);
            }
            Packet::Bytes(bytes) => {
                let answer = self.with_server(|server, now| server.receive(now, flow, bytes));
                if let Some(bytes) = answer.flatten() {
                    self.send(Send { flow, bytes });
                }
            }
            Packet::Event(event) => {
                self.with_server(|server, now| server.take_event(now, event));
            }
            Packet::ConnectionLost | Packet::Action(_) => {}
        }
    }

    /// Nobody listens there: whoever sent it by a stream is told so.
    fn refuse_connection(&mut self, name: &PhoneName) {
        if self.network.break_stream(name).is_some() {
            let lost = Happening::Arrives(
                name.clone(),
                Way::ToPhone,
                0,
                Box::new(Packet::ConnectionLost),
            );
            self.agenda.write(self.uptime, lost);
        }
    }

    /// Lets the server do something, if it is up, and carries out what comes of it.
    fn with_server<T>(&mut self, act: impl FnOnce(&mut Server, Now) -> T) -> Option<T> {
        let now = self.server_now();
        let server = self.server.as_mut()?;
        let result = act(server, now);
        let (output, actions) = server.take_output();
        self.carry_out(output);
        for (phone, action) in actions {
            let packet = Packet::Action(action);
            let arrival = Happening::Arrives(phone, Way::ToPhone, 0, Box::new(packet));
            self.agenda.write(self.uptime, arrival);
        }
        Some(result)
    }

    fn carry_out(&mut self, output: Output) {
        let life = self.life.0;
        if let Some((seq, changes)) = output.commit {
            self.store.queue(seq, changes);
            self.written_at = self.written_at.max(self.uptime + self.commit_delay);
            let written = Happening::Written { life };
            self.agenda.write(self.written_at, written);
        }
        for order in output.media {
            self.carry_out_media(order);
        }
        for send in output.sends {
            self.send(send);
        }
        for (connection, frames) in output.frames {
            self.send_frames(connection, &frames);
        }
        for connection in output.hang_ups {
            self.hang_up(connection);
        }
        for check in output.checks {
            let given = check.secret.reveal();
            let matches = check.against.is_some_and(|pin| pin.0 == given);
            let ticket = check.ticket;
            let checked = Happening::Checked {
                life,
                ticket,
                matches,
            };
            self.agenda.write(self.uptime + self.check_delay, checked);
        }
        for (_, reply) in output.replies {
            self.observe(What::Replied(reply));
        }
        for (_, answer) in output.answers {
            self.observe(What::Answered(answer));
        }
        for record in output.announcements {
            self.observe(What::Announced(record));
        }
    }

    /// Somebody hears what Perch itself plays.
    fn carry_out_media(&mut self, order: Order) {
        match order {
            Order::Open { end, .. } => {
                let before = self.ends.insert(end, None);
                assert_eq!(before, None, "an end is opened once");
            }
            Order::Agree { end, remote, .. } => {
                let host = self.network.phone_on(remote.host).cloned();
                if self.joined.remove(&end)
                    && let Some(phone) = host.clone()
                {
                    let sight = String::from("talks in a conference");
                    self.observe(What::Sight(phone, sight));
                }
                self.ends.insert(end, host);
            }
            Order::Join { end, .. } => {
                assert!(self.ends.contains_key(&end), "it is open");
                self.joined.insert(end);
            }
            Order::Play { end, tone } => self.hears(end, &format!("{tone:?}")),
            Order::Echo(end) => self.hears(end, "itself"),
            Order::Hush(end) => assert!(self.ends.contains_key(&end)),
            Order::Close(end) => {
                self.ends.remove(&end).expect("it was open");
                self.joined.remove(&end);
            }
        }
    }

    fn hears(&mut self, end: EndId, what: &str) {
        let phone = self.ends.get(&end).expect("it is open").clone();
        if let Some(phone) = phone {
            self.observe(What::Sight(phone, format!("hears {what}")));
        }
    }

    /// How many people talk to the server itself.
    pub fn ends(&self) -> usize {
        self.ends.len()
    }

    fn send(&mut self, send: Send) {
        let Send { flow, bytes } = send;
        if flow.local != SERVER {
            self.observe(What::Fault(format!("sent from {}", flow.local)));
        }
        if let Err(flaw) = framed(&bytes) {
            self.observe(What::Fault(flaw));
        }
        let Some(phone) = self.network.phone_at(&flow).cloned() else {
            self.log_line(format!("{} cannot be reached", flow.remote));
            self.stream_is_broken(flow.connection, Duration::ZERO);
            return;
        };
        for at in self.network.arrivals(self.uptime, &phone, Way::ToPhone) {
            let packet = Packet::Bytes(bytes.clone());
            let arrival = Happening::Arrives(
                phone.clone(),
                Way::ToPhone,
                flow.connection,
                Box::new(packet),
            );
            self.agenda.write(at, arrival);
        }
    }

    fn take_reports(&mut self, reports: impl IntoIterator<Item = Report>) {
        for report in reports {
            let input = match report {
                Report::Committed(seq, claims) => Input::Committed { seq, claims },
                Report::ClaimsFailed(claims) => Input::ClaimsFailed(claims),
            };
            self.with_server(|server, now| server.handle(now, input));
        }
        for violation in self.store.take_violations() {
            self.observe(What::Fault(violation));
        }
    }

    fn with_phone(&mut self, name: &PhoneName, act: impl FnOnce(&mut dyn Phone)) {
        let Some(phone) = self.phones.get_mut(name) else {
            return;
        };
        act(&mut **phone);
        let doings = phone.take_doings();
        self.carry_out_doings(name, doings);
    }

    fn carry_out_doings(&mut self, name: &PhoneName, doings: Doings) {
        for sight in doings.sights {
            let sight = self.with_names(sight);
            self.observe(What::Sight(name.clone(), sight));
        }
        for (to, key) in doings.keys {
            if let Some(phone) = self.network.phone_on(to.ip()).cloned() {
                self.observe(What::Sight(phone, format!("hears the digit {key}")));
            }
        }
        for fault in doings.faults {
            self.observe(What::Fault(format!("to {name}: {fault}")));
        }
        let is_up = self.is_up();
        for miss in doings.misses.into_iter().filter(|_| is_up) {
            self.observe(What::Miss(format!("{name}: {miss}")));
        }
        for packet in doings.sends {
            if matches!(packet, Packet::ConnectionLost) {
                self.station_hangs_up(name);
                continue;
            }
            let connection = self.network.flow_from(name).connection;
            for at in self.network.arrivals(self.uptime, name, Way::ToServer) {
                let packet = packet.clone();
                let arrival =
                    Happening::Arrives(name.clone(), Way::ToServer, connection, Box::new(packet));
                self.agenda.write(at, arrival);
            }
        }
    }

    /// Somebody at a phone does something.
    pub fn order(&mut self, name: &str, order: &super::phone::Order) -> Result<(), String> {
        let uptime = self.uptime;
        let name: PhoneName = name.into();
        let known = self.phones.contains_key(&name);
        let mut result = Err(format!("there is no phone {name}"));
        self.with_phone(&name, |phone| result = phone.order(uptime, order));
        if known && *order == super::phone::Order::Vanish {
            let broken = self.network.break_stream(&name);
            self.stream_is_broken(broken.unwrap_or(0), HALF_OPEN);
        }
        result
    }

    /// The stream of a phone breaks: the phone notices at once, the server after a while.
    pub fn break_stream(&mut self, name: &PhoneName, noticed_after: Duration) {
        if let Some(connection) = self.network.break_stream(name) {
            let uptime = self.uptime;
            self.stream_is_broken(connection, noticed_after);
            self.with_phone(name, |phone| phone.receive(uptime, Packet::ConnectionLost));
        }
    }

    fn stream_is_broken(&mut self, connection: u64, noticed_after: Duration) {
        if connection != 0 {
            let at = self.uptime + noticed_after;
            self.agenda.write(at, Happening::StreamBroken(connection));
        }
    }

    /// The administrator asks for something.
    pub fn ask(&mut self, request: ControlRequest) -> Result<(), String> {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let asked = Input::Control { ticket, request };
        let done = self.with_server(|server, now| server.handle(now, asked));
        done.ok_or_else(|| "the server is down".to_owned())
    }

    /// The administrator changes the site. Phones that are new in it are switched on.
    pub fn apply(&mut self, mut site: Site) {
        stations::equip(&mut site, self.protocol);
        self.site = Arc::new(site);
        let applied = Arc::clone(&self.site);
        self.with_server(|server, now| server.handle(now, Input::SiteApplied(applied)));
        self.add_phones();
    }

    /// The server is killed. Of what it had not been told to be stored, the first `survivors` commits are.
    pub fn kill_server(&mut self, survivors: usize) {
        self.server = None;
        self.store.crash(survivors);
        self.take_reports([]);
        self.excuse_server();
        let names: Vec<PhoneName> = self.phones.keys().cloned().collect();
        for name in names {
            self.refuse_connection(&name);
        }
    }

    /// The server is told that it will have to stop.
    pub fn drain_server(&mut self) {
        self.with_server(|server, now| server.handle(now, Input::Draining));
    }

    /// The server is asked to stop, and does.
    pub fn stop_server(&mut self) {
        self.drain_server();
        let reports = self.store.recover();
        self.take_reports(reports);
        self.kill_server(0);
    }

    fn excuse_server(&mut self) {
        for phone in self.phones.values_mut() {
            phone.excuse_server();
        }
    }

    pub fn start(&mut self) {
        self.excuse_server();
        self.life = (self.life.0 + 1, self.uptime);
        self.ends.clear();
        self.joined.clear();
        self.written_at = self.uptime;
        let beginning = Beginning {
            now: self.server_now(),
            seed: self.random.random(),
            site: Arc::clone(&self.site),
            remembered: self.store.remembered(),
            bindings: self.bindings.clone().into_iter().collect(),
            media: MEDIA_PORTS
                .map(|port| SocketAddr::new(SERVER.ip(), port))
                .into(),
        };
        self.server = Some(match self.protocol {
            Protocol::Hook => Server::bare(beginning),
            _ => Server::whole(beginning),
        });
        self.with_server(|_, _| ());
    }

    /// The disk works again.
    pub fn store_recovers(&mut self) {
        let reports = self.store.recover();
        self.take_reports(reports);
    }

    /// Somebody sets the wall clock.
    pub fn jump(&mut self, millis: i64) {
        self.epoch = Utc(self.epoch.0 + millis);
    }

    fn add_phones(&mut self) {
        let site = Arc::clone(&self.site);
        let devices: Vec<PhoneName> = self.twins.keys().map(|twin| twin.as_str().into()).collect();
        for name in site.phones.keys().chain(&devices) {
            if !self.phones.contains_key(name) {
                self.add_phone(name);
            }
        }
    }

    fn add_phone(&mut self, name: &PhoneName) {
        let odd = self.phones.len() % 2 == 1;
        let kind = self.kind_of(name);
        let transport = match self.protocol {
            _ if kind.is_some() => Transport::Tcp,
            Protocol::SipTcp => Transport::Tcp,
            Protocol::SipMixed if odd => Transport::Tcp,
            _ => Transport::Udp,
        };
        let address = self.network.add(name.clone(), transport);
        let phone: Box<dyn Phone> = if let Some(kind) = kind {
            let name = name.as_str();
            Box::new(SccpPhone::new(name, name, kind, address, self.uptime))
        } else if self.protocol == Protocol::Hook {
            let minter = u8::try_from(self.phones.len() + 100).expect("fewer than 150 phones");
            Box::new(HookPhone::new(name.clone(), minter, self.uptime))
        } else {
            let registers_as = self.twins.get(name.as_str()).map_or(name.as_str(), |n| n);
            let account = Account {
                label: name.to_string(),
                user_agent: TEST_PHONE,
                name: registers_as.to_owned(),
                password: password(registers_as),
                address,
                server: SERVER,
                transport,
                takes_messages: !self.without_display.contains(name.as_str()),
                pracks: self.pracking.contains(name.as_str()),
                refreshes: self.refreshing.contains(name.as_str()),
                make: self.makes.get(name.as_str()).copied(),
                is_deaf: self.deaf.contains(name.as_str()),
                shares_line: self.sharing.contains(name.as_str()),
                expires_s: 3600,
            };
            Box::new(SipPhone::new(account, self.random.random(), self.uptime))
        };
        self.phones.insert(name.clone(), phone);
        self.with_phone(name, |_| ());
    }

    fn observe(&mut self, what: What) {
        let at = self.utc();
        self.observations.push(Observation { at, what });
    }

    fn log(&mut self, phone: &PhoneName, arrow: &str, packet: &Packet) {
        if self.wire_log.is_some() {
            self.log_line(format!("{phone} {arrow} {}", in_a_line(packet)));
        }
    }

    pub fn log_line(&mut self, line: String) {
        let uptime = self.uptime;
        if let Some(log) = &mut self.wire_log {
            log.push(format!("{:>12.3} {line}", uptime.as_secs_f64()));
        }
    }
}

/// What a phone proves itself with.
pub fn password(phone: &str) -> String {
    format!("{phone}-secret")
}

fn in_a_line(packet: &Packet) -> String {
    let Packet::Bytes(bytes) = packet else {
        return format!("{packet:?}");
    };
    if let Some(ids) = stations::in_a_line(bytes) {
        return ids;
    }
    let text = String::from_utf8_lossy(bytes);
    let line = |begins: &str| {
        let found = text.lines().find(|line| line.starts_with(begins));
        found.unwrap_or_default().to_owned()
    };
    let first = text.lines().next().unwrap_or_default();
    format!("{first} | {} | {}", line("CSeq"), line("Call-ID"))
}
