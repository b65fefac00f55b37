//! Media relays: what the exchange wants of them is sent to the first that answers, again until it does, and what it says is
//! brought back. Whether they are there is asked all the time, so that no call waits for one that is not.

mod orders;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::{Mutex, mpsc};

use super::Clock;
use super::intake::Intake;
use super::metrics::Metrics;
use super::supervise::supervise;
use crate::exchange::Input;
use crate::media::relay::ng::{self, Said, Speaker};
use crate::media::relay::{RelayCall, RelayError, RelayOrder, Role, Translation};
use orders::Orders;

/// How long a relay may take. The caller's phone waits, too.
const PATIENCE: Duration = Duration::from_millis(800);

/// After this time it is asked again, then after twice as long.
const ASK_AGAIN: Duration = Duration::from_millis(150);

/// How long a call waits in all, if several relays are tried.
const LONGEST: Duration = Duration::from_millis(1700);

/// How often relays are asked whether they are there.
const PING_EVERY: Duration = Duration::from_secs(2);

/// So many answers may wait to be read. More are asked for again.
const ANSWERS: usize = 1024;

/// The word in metrics for what found no room.
const BUSY: &str = "busy";

/// No answer is longer.
const DATAGRAM: usize = 65_535;

/// The way to relays.
#[derive(Debug)]
pub struct Relays {
    orders: Arc<Orders>,
    desk: Arc<Mutex<Desk>>,
    metrics: Arc<Metrics>,
}

impl Relays {
    /// The relays at these addresses; nobody is asked yet.
    pub fn new(
        clock: Clock,
        addresses: &[SocketAddr],
        intake: Intake,
        metrics: Arc<Metrics>,
    ) -> io::Result<Relays> {
        let orders = Arc::new(Orders::default());
        let (heard_in, heard) = mpsc::channel(ANSWERS);
        let mut sockets = Vec::new();
        for local in [
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        ] {
            let is_wanted = |remote: &SocketAddr| remote.is_ipv4() == local.is_ipv4();
            if addresses.iter().any(is_wanted) {
                sockets.push(open(local)?);
            }
        }
        let relay = |address: &SocketAddr| Relay {
            address: *address,
            state: State::Unknown,
        };
        let desk = Desk {
            clock,
            speaker: Speaker::new(rand::random()),
            relays: addresses.iter().map(relay).collect(),
            sockets: sockets.into_iter().map(Arc::new).collect(),
            calls: HashMap::new(),
            open: BTreeMap::new(),
            last_question: 0,
            pinged: None,
            wanted: Arc::clone(&orders),
            heard,
            heard_in,
            intake,
            metrics: Arc::clone(&metrics),
        };
        Ok(Relays {
            orders,
            metrics,
            desk: Arc::new(Mutex::new(desk)),
        })
    }

    /// Begins to ask.
    pub fn start(&self) {
        let desk = Arc::clone(&self.desk);
        supervise("media relays", move || {
            let desk = Arc::clone(&desk);
            async move { desk.lock().await.serve().await }
        });
    }

    /// Has a relay do something. Never waits: without room the exchange is to be told so.
    pub fn order(&self, order: RelayOrder) -> Result<(), Turned> {
        self.orders.put(order).map_err(|wanted| {
            let request = wanted.request;
            self.metrics.relay.asked(command(wanted.role), BUSY);
            Turned { request }
        })
    }
}

/// A description for which there was no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turned {
    request: u64,
}

impl Turned {
    /// What the exchange is told.
    pub fn input(self) -> Input {
        let outcome = Err(RelayError::Busy);
        let request = self.request;
        Input::Relayed { request, outcome }
    }
}

/// A socket that threads of the runtime wait for.
fn open(local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(local)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// A relay.
#[derive(Debug)]
struct Relay {
    address: SocketAddr,
    state: State,
}

/// Whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Up,
    Down,
}

/// What a relay was asked for and has not answered.
#[derive(Debug)]
struct Open {
    what: What,
    relay: usize,
    bytes: Bytes,
    /// When it is asked again (uptime), and how long it is waited for then.
    again: Duration,
    interval: Duration,
    /// When it is given up.
    until: Duration,
}

#[derive(Clone, Debug)]
enum What {
    Ping,
    Forget(RelayCall),
    /// A translation, and since when somebody waits for it.
    Translate(Translation, Duration),
}

impl What {
    fn command(&self) -> &'static str {
        match self {
            What::Ping => "ping",
            What::Forget(_) => "delete",
            What::Translate(wanted, _) => command(wanted.role),
        }
    }
}

/// What a relay is told to translate, in its own word.
fn command(role: Role) -> &'static str {
    match role {
        Role::Offer => "offer",
        Role::Answer => "answer",
    }
}

/// Everything that is under way.
#[derive(Debug)]
struct Desk {
    clock: Clock,
    speaker: Speaker,
    relays: Vec<Relay>,
    sockets: Vec<Arc<UdpSocket>>,
    /// Which relay stands between whom.
    calls: HashMap<RelayCall, usize>,
    open: BTreeMap<u64, Open>,
    last_question: u64,
    /// When relays were last asked whether they are there (uptime).
    pinged: Option<Duration>,
    wanted: Arc<Orders>,
    heard: mpsc::Receiver<(SocketAddr, Bytes)>,
    heard_in: mpsc::Sender<(SocketAddr, Bytes)>,
    intake: Intake,
    metrics: Arc<Metrics>,
}

impl Desk {
    async fn serve(&mut self) {
        for socket in &self.sockets {
            tokio::spawn(listen(Arc::clone(socket), self.heard_in.clone()));
        }
        loop {
            if !self.relays.is_empty() {
                self.ping_if_due();
            }
            self.resend().await;
            let next = self.next_due().map(|due| self.clock.instant_at(due));
            tokio::select! {
                order = self.wanted.next() => match order {
                    RelayOrder::Translate(wanted) => self.translate(wanted).await,
                    RelayOrder::Forget(call) => self.forget(call).await,
                },
                Some((from, datagram)) = self.heard.recv() => self.hear(from, &datagram).await,
                () = sleep_until(next) => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().uptime
    }

    /// When something is due, if anything is: without relays nobody is asked anything.
    fn next_due(&self) -> Option<Duration> {
        let ping = self.pinged.map(|at| at + PING_EVERY);
        let open = self.open.values();
        let open = open.map(|open| open.again.min(open.until));
        open.chain(ping).min()
    }

    fn ping_if_due(&mut self) {
        let now = self.now();
        if self.pinged.is_some_and(|at| now < at + PING_EVERY) {
            return;
        }
        self.pinged = Some(now);
        for relay in 0..self.relays.len() {
            self.ask(relay, What::Ping);
        }
    }

    /// The description goes to the relay that stands between the two already, or to the first that is there.
    async fn translate(&mut self, wanted: Translation) {
        let since = self.now();
        self.try_to_translate(wanted, since, None).await;
    }

    async fn try_to_translate(&mut self, wanted: Translation, since: Duration, not: Option<usize>) {
        let is_fit =
            |relay: &usize| Some(*relay) != not && self.relays[*relay].state != State::Down;
        let known = self.calls.get(&wanted.call).copied();
        let relay = known.filter(is_fit).or_else(|| {
            // Only an offer can be made anew somewhere else.
            let may_move = known.is_none() || wanted.role == Role::Offer;
            may_move.then(|| (0..self.relays.len()).find(is_fit))?
        });
        let Some(relay) = relay else {
            let what = What::Translate(wanted, since);
            return self.settle(what, Err(RelayError::Silent)).await;
        };
        let is_known = wanted.is_known && known == Some(relay);
        let wanted = Translation { is_known, ..wanted };
        self.calls.insert(wanted.call, relay);
        self.metrics.relay.calls(self.calls.len());
        self.ask(relay, What::Translate(wanted, since));
    }

    /// Somebody else of the call may still wait for what was wanted for it, to be told that it is over.
    async fn forget(&mut self, call: RelayCall) {
        let is_its =
            |open: &Open| matches!(&open.what, What::Translate(wanted, _) if wanted.call == call);
        let asked = self.open.iter().filter(|(_, open)| is_its(open));
        let asked: Vec<u64> = asked.map(|(question, _)| *question).collect();
        for question in asked {
            if let Some(open) = self.open.remove(&question) {
                self.settle(open.what, Err(RelayError::Over)).await;
            }
        }
        if let Some(relay) = self.calls.remove(&call) {
            self.ask(relay, What::Forget(call));
        }
        self.metrics.relay.calls(self.calls.len());
    }

    fn ask(&mut self, relay: usize, what: What) {
        self.last_question += 1;
        let question = self.last_question;
        let cookie = self.speaker.cookie(question);
        let bytes = match &what {
            What::Ping => self.speaker.ping(&cookie),
            What::Forget(call) => self.speaker.forget(&cookie, *call),
            What::Translate(wanted, _) => self.speaker.translate(&cookie, wanted),
        };
        let now = self.now();
        self.send(relay, &bytes);
        let open = Open {
            what,
            relay,
            bytes,
            again: now + ASK_AGAIN,
            interval: ASK_AGAIN,
            until: now + PATIENCE,
        };
        self.open.insert(question, open);
    }

    fn send(&self, relay: usize, bytes: &Bytes) {
        let to = self.relays[relay].address;
        let is_fit = |socket: &&Arc<UdpSocket>| {
            let local = socket.local_addr();
            local.is_ok_and(|local| local.is_ipv4() == to.is_ipv4())
        };
        if let Some(socket) = self.sockets.iter().find(is_fit) {
            // What is lost is sent again.
            let _ = socket.try_send_to(bytes, to);
        }
    }

    /// Asks again what was not answered, and gives up what was not answered for too long.
    async fn resend(&mut self) {
        let now = self.now();
        let mut given_up = Vec::new();
        let mut again = Vec::new();
        for (question, open) in &mut self.open {
            if now >= open.until {
                given_up.push(*question);
            } else if now >= open.again {
                open.interval *= 2;
                open.again = now + open.interval;
                again.push((open.relay, open.bytes.clone()));
            }
        }
        for (relay, bytes) in again {
            self.send(relay, &bytes);
        }
        for question in given_up {
            let Some(open) = self.open.remove(&question) else {
                continue;
            };
            self.is_up(open.relay, false);
            match open.what {
                What::Translate(wanted, since) if now < since + LONGEST - PATIENCE => {
                    self.try_to_translate(wanted, since, Some(open.relay)).await;
                }
                what => self.settle(what, Err(RelayError::Silent)).await,
            }
        }
    }

    async fn hear(&mut self, from: SocketAddr, datagram: &Bytes) {
        let Some((cookie, said)) = ng::read(datagram) else {
            return;
        };
        // What was answered before, or given up, or asked of somebody else, is nothing.
        let Some(question) = self.speaker.question(&cookie) else {
            return;
        };
        let is_its = |open: &Open| self.relays[open.relay].address == from;
        if !self.open.get(&question).is_some_and(is_its) {
            return;
        }
        let Some(open) = self.open.remove(&question) else {
            return;
        };
        self.is_up(open.relay, true);
        let outcome = match said {
            Said::Done(description) => Ok(description.unwrap_or_default()),
            Said::Pong => Ok(Bytes::new()),
            Said::Failed(error) => Err(error),
        };
        self.settle(open.what, outcome).await;
    }

    /// What came of it.
    async fn settle(&mut self, what: What, outcome: Result<Bytes, RelayError>) {
        let word = match &outcome {
            Ok(_) => "done",
            Err(RelayError::Refused(_)) => "refused",
            Err(RelayError::Silent) => "silent",
            Err(RelayError::Busy) => BUSY,
            Err(RelayError::Over) => "over",
        };
        self.metrics.relay.asked(what.command(), word);
        let What::Translate(wanted, _) = what else {
            return;
        };
        let outcome = match outcome {
            Ok(description) if description.is_empty() => {
                Err(RelayError::Refused("it says no description".into()))
            }
            outcome => outcome,
        };
        let request = wanted.request;
        let input = Input::Relayed { request, outcome };
        self.intake.tell(input).await;
    }

    fn is_up(&mut self, relay: usize, is_up: bool) {
        let Relay { address, state } = &mut self.relays[relay];
        let now = match is_up {
            true => State::Up,
            false => State::Down,
        };
        if std::mem::replace(state, now) == now {
            return;
        }
        self.metrics.relay.up(*address, is_up);
        match is_up {
            true => tracing::info!(relay = %address, "the media relay answers"),
            false => tracing::warn!(
                relay = %address,
                "the media relay does not answer; see [media_relay] and whether rtpengine runs"
            ),
        }
    }
}

async fn sleep_until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Hands on whatever comes. What does not fit is asked for again.
async fn listen(socket: Arc<UdpSocket>, into: mpsc::Sender<(SocketAddr, Bytes)>) {
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            // A socket that the system has no memory for has some again in a moment.
            tokio::time::sleep(ASK_AGAIN).await;
            continue;
        };
        let datagram = Bytes::copy_from_slice(&buffer[..length]);
        if matches!(
            into.try_send((from, datagram)),
            Err(mpsc::error::TrySendError::Closed(_))
        ) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::relay::Side;
    use crate::sdp::Speech;
    use crate::shell::intake::{Inputs, intake};
    use crate::sip::{Limits, Registrar};

    /// A relay that says that it is there, and else what it is told to say.
    struct Fake {
        socket: Arc<UdpSocket>,
        address: SocketAddr,
        asked: mpsc::Receiver<(SocketAddr, String)>,
    }

    impl Fake {
        fn open() -> Fake {
            let socket = super::open((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
            let address = socket.local_addr().expect("it is bound");
            let (into, asked) = mpsc::channel(64);
            let socket = Arc::new(socket);
            let (heard_in, mut heard) = mpsc::channel(64);
            tokio::spawn(listen(Arc::clone(&socket), heard_in));
            let ours = Arc::clone(&socket);
            tokio::spawn(async move {
                while let Some((from, datagram)) = heard.recv().await {
                    let text = String::from_utf8_lossy(&datagram).into_owned();
                    match text.split_once(' ') {
                        Some((cookie, rest)) if rest.contains("4:ping") => {
                            let pong = format!("{cookie} d6:result4:ponge");
                            let sent = ours.send_to(pong.as_bytes(), from).await;
                            sent.expect("it is open");
                        }
                        _ => into.send((from, text)).await.expect("the test goes on"),
                    }
                }
            });
            Fake {
                socket,
                address,
                asked,
            }
        }

        /// What it is asked for next: by whom, with which cookie, and what.
        async fn hears(&mut self) -> (SocketAddr, String, String) {
            let (from, text) = self.asked.recv().await.expect("the server goes on");
            let (cookie, what) = text.split_once(' ').expect("a cookie");
            (from, cookie.to_owned(), what.to_owned())
        }

        async fn says(&self, to: SocketAddr, text: &str) {
            let sent = self.socket.send_to(text.as_bytes(), to).await;
            sent.expect("it is open");
        }
    }

    fn relays_at(addresses: &[SocketAddr]) -> (Relays, Inputs) {
        let (intake, inputs) = intake(16);
        let registrar = Arc::new(Registrar::new([7; 32], Limits::default()));
        let metrics = Arc::new(Metrics::new(registrar));
        let relays = Relays::new(Clock::start(), addresses, intake, metrics);
        (relays.expect("ports are free"), inputs)
    }

    fn start(fakes: &[&Fake]) -> (Relays, Inputs) {
        let addresses: Vec<SocketAddr> = fakes.iter().map(|fake| fake.address).collect();
        let (relays, inputs) = relays_at(&addresses);
        relays.start();
        (relays, inputs)
    }

    /// What is due in the past again and again would keep a processor busy.
    #[tokio::test]
    async fn without_relays_nothing_is_ever_due_and_else_only_the_next_question_is() {
        let (none, _inputs) = relays_at(&[]);
        assert_eq!(none.desk.lock().await.next_due(), None);

        let fake = Fake::open();
        let (one, _inputs) = relays_at(&[fake.address]);
        let mut desk = one.desk.lock().await;
        let before = desk.now();
        desk.ping_if_due();
        assert!(desk.next_due().is_some_and(|due| due > before));
    }

    fn offer(request: u64) -> RelayOrder {
        RelayOrder::Translate(Translation {
            request,
            call: RelayCall(request),
            role: Role::Offer,
            from: Side::Owner,
            is_known: false,
            speech: Speech::Plain,
            description: Bytes::from_static(b"v=0"),
        })
    }

    async fn outcome(inputs: &mut Inputs) -> (u64, Result<Bytes, RelayError>) {
        match inputs.own.recv().await {
            Some(Input::Relayed { request, outcome }) => (request, outcome),
            other => panic!("something else: {other:?}"),
        }
    }

    #[tokio::test]
    async fn what_is_lost_is_asked_again_and_what_comes_twice_counts_once() {
        let mut fake = Fake::open();
        let (relays, mut inputs) = start(&[&fake]);
        relays.order(offer(1)).expect("there is room");
        let (_, lost, what) = fake.hears().await;
        assert!(what.contains("7:command5:offer"), "{what}");
        let (from, cookie, again) = fake.hears().await;
        assert_eq!((&cookie, &again), (&lost, &what));
        fake.says(from, "stranger d6:result2:ok3:sdp3:x=0e").await;
        fake.says(from, &format!("{cookie} nonsense")).await;
        let answer = format!("{cookie} d6:result2:ok3:sdp3:y=0e");
        fake.says(from, &answer).await;
        fake.says(from, &answer).await;
        assert_eq!(outcome(&mut inputs).await, (1, Ok("y=0".into())));
        relays.order(offer(2)).expect("there is room");
        let (from, cookie, _) = fake.hears().await;
        fake.says(
            from,
            &format!("{cookie} d12:error-reason4:full6:result5:errore"),
        )
        .await;
        let refused = Err(RelayError::Refused("full".into()));
        assert_eq!(outcome(&mut inputs).await, (2, refused));
    }

    #[tokio::test]
    async fn when_one_is_silent_the_next_is_asked_and_is_the_one_that_is_told_to_forget() {
        let deaf = Fake::open();
        let mut next = Fake::open();
        let (relays, mut inputs) = start(&[&deaf, &next]);
        relays.order(offer(1)).expect("there is room");
        let (from, cookie, _) = next.hears().await;
        next.says(from, &format!("{cookie} d6:result2:ok3:sdp3:y=0e"))
            .await;
        assert_eq!(outcome(&mut inputs).await, (1, Ok("y=0".into())));
        let forget = RelayOrder::Forget(RelayCall(1));
        relays.order(forget).expect("there is always room");
        let (_, _, what) = next.hears().await;
        assert!(what.contains("7:command6:delete"), "{what}");
    }

    #[tokio::test]
    async fn when_all_are_silent_somebody_is_told() {
        let fakes = [Fake::open(), Fake::open()];
        let (relays, mut inputs) = start(&[&fakes[0], &fakes[1]]);
        relays.order(offer(1)).expect("there is room");
        assert_eq!(outcome(&mut inputs).await, (1, Err(RelayError::Silent)));
    }
    /// Else whoever waits for it would wait for ever, and what it is told next behind that.
    #[tokio::test]
    async fn when_a_call_is_over_whoever_waits_for_a_description_of_it_is_told() {
        let mut fake = Fake::open();
        let (relays, mut inputs) = start(&[&fake]);
        relays.order(offer(1)).expect("there is room");
        let (_, first, _) = fake.hears().await;
        let forget = RelayOrder::Forget(RelayCall(1));
        relays.order(forget).expect("there is always room");
        relays.order(offer(2)).expect("there is room");
        let (from, second) = loop {
            let (from, cookie, what) = fake.hears().await;
            if cookie != first && what.contains("7:command5:offer") {
                break (from, cookie);
            }
        };
        for cookie in [first, second] {
            let answer = format!("{cookie} d6:result2:ok3:sdp3:y=0e");
            fake.says(from, &answer).await;
        }
        assert_eq!(outcome(&mut inputs).await, (1, Err(RelayError::Over)));
        assert_eq!(outcome(&mut inputs).await, (2, Ok("y=0".into())));
    }

    #[tokio::test]
    async fn too_many_descriptions_at_once_are_turned_away_one_by_one() {
        let fake = Fake::open();
        // Nobody takes anything out.
        let (relays, _inputs) = relays_at(&[fake.address]);
        let turned = (1..).find_map(|request| relays.order(offer(request)).err());
        match turned.map(Turned::input) {
            Some(Input::Relayed { request, outcome }) => {
                assert!(request > 1000, "the exchange may want so many: {request}");
                assert_eq!(outcome, Err(RelayError::Busy));
            }
            other => panic!("something else: {other:?}"),
        }
    }
}
