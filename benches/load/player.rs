//! All phones at once: tasks under way, what is sent again and when, what is over.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::spawn_local;

use crate::arguments::{Against, Run, Transport};
use crate::control::Control;
use crate::emapi::Client;
use crate::link::Link;
use crate::phone::Phone;
use crate::site::PIN;
use crate::stream::{Stream, Task};

/// When a request is sent again for the first time, and the longest wait after that (T1 and T2, RFC 3261 §17.1.2.1).
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);

/// When a task has failed (64*T1).
const PATIENCE: Duration = Duration::from_secs(32);

/// How long the loop sleeps at most.
const NAP: Duration = Duration::from_millis(20);

/// How many phones in turn may still be busy with their last task before the stream waits.
const PASSED_OVER: usize = 64;

/// What a task under way is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The registration of a phone.
    Phone(u32),
    /// A call or login, by its number.
    Call(u64),
    /// An answer to a call that waits for its ACK, by a hash of its Call-ID.
    Answer(u64),
}

/// A task under way.
pub struct Flight {
    pub task: Task,
    /// None: nobody counts it.
    stream: Option<usize>,
    pub intended: Instant,
    begun: Instant,
    /// Of the request that waits for an answer.
    pub cseq: u32,
    pub challenges: u8,
    pub stage: Stage,
    /// What is sent again until it is answered; empty: nothing.
    message: Bytes,
    link: usize,
    interval: Duration,
    due: Instant,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The first request waits for its answer.
    Asking,
    /// Answered: we or the server will hang up.
    Talking,
    /// A BYE waits for its answer.
    HangingUp,
}

/// The phones, and everything that they are doing.
pub struct World {
    me: Weak<RefCell<World>>,
    pub server: SocketAddr,
    pub against: Against,
    pub transport: Transport,
    pub links: Vec<Link>,
    pub phones: Vec<Phone>,
    pub control: Option<Control>,
    /// The Extension Mobility API.
    pub api: Option<Client>,
    /// Calls are between users who are logged in at the phones of their number, and go on until all are hung up.
    pub keeps_calls: bool,
    /// How each that goes on is hung up: the task, the way, the first request and its CSeq.
    kept: Vec<(Key, Task, usize, Bytes, u32)>,
    /// Tells the Call-IDs of this process from any other's.
    pub run: u32,
    flights: HashMap<Key, Flight>,
    timers: BinaryHeap<Reverse<(Instant, Key)>>,
    streams: Vec<Stream>,
    calls: u64,
}

impl World {
    /// Phones without sockets yet.
    pub fn new(run: &Run, server: SocketAddr, control: Option<Control>) -> Rc<RefCell<World>> {
        Rc::new_cyclic(|me| {
            RefCell::new(World {
                me: me.clone(),
                server,
                against: run.against,
                transport: run.transport,
                links: Vec::new(),
                phones: (0..run.site.phones).map(Phone::new).collect(),
                control,
                api: None,
                keeps_calls: false,
                kept: Vec::new(),
                run: rand::random(),
                flights: HashMap::new(),
                timers: BinaryHeap::new(),
                streams: Vec::new(),
                calls: 0,
            })
        })
    }

    /// Begins what is to begin, and sends again what was not answered.
    pub fn pump(&mut self) {
        let now = Instant::now();
        self.send_again(now);
        for index in 0..self.streams.len() {
            while self.streams[index].next_at(now).is_some_and(|at| at <= now) {
                if !self.begin_one(now, index) {
                    break;
                }
            }
        }
    }

    /// Whether a task could begin: some phone must be free.
    fn begin_one(&mut self, now: Instant, index: usize) -> bool {
        for _ in 0..PASSED_OVER {
            let (task, intended) = self.streams[index].take(now);
            let key = match task {
                Task::Register { phone } => Key::Phone(phone),
                _ => {
                    self.calls += 1;
                    Key::Call(self.calls)
                }
            };
            if self.flights.contains_key(&key) {
                self.streams[index].put_back();
                continue;
            }
            self.streams[index].in_flight += 1;
            let flight = Flight::new(task, Some(index), intended, now);
            self.flights.insert(key, flight);
            match task {
                Task::ControlLogin { phone, user } => self.ask_control(key, phone, user),
                Task::ApiLogin { .. } | Task::ApiLogout { .. } => self.ask_api(key, task),
                _ => self.request(key),
            }
            return true;
        }
        false
    }

    fn ask_control(&mut self, key: Key, phone: u32, user: u32) {
        let (Some(mut control), me) = (self.control.clone(), self.me.clone()) else {
            return self.end(key, Err("no control API"));
        };
        spawn_local(async move {
            let (phone, user) = (format!("p{phone}"), format!("u{user}"));
            let outcome = control.login(phone, user, Some(PIN)).await;
            let Some(world) = me.upgrade() else { return };
            let outcome = outcome.as_ref().map_err(String::as_str);
            world.borrow_mut().end(key, outcome.copied());
            world.borrow_mut().pump();
        });
    }

    fn ask_api(&mut self, key: Key, task: Task) {
        let (Some(api), me) = (self.api.clone(), self.me.clone()) else {
            return self.end(key, Err("no Extension Mobility API"));
        };
        spawn_local(async move {
            let outcome = api.ask(task).await;
            let Some(world) = me.upgrade() else { return };
            let outcome = outcome.as_ref().map_err(String::as_str);
            world.borrow_mut().end(key, outcome.copied());
            world.borrow_mut().pump();
        });
    }

    /// A task under way.
    pub fn flight(&mut self, key: Key) -> Option<&mut Flight> {
        self.flights.get_mut(&key)
    }

    /// Counts something that happened to a task.
    pub fn challenged(&mut self, key: Key) {
        let stream = self.flights.get(&key).and_then(|flight| flight.stream);
        if let Some(stream) = stream {
            self.streams[stream].tally.challenged += 1;
        }
    }

    /// A task has got what it was for. It may go on, but is not counted any more.
    pub fn succeeded(&mut self, key: Key) {
        let flight = self.flights.get_mut(&key);
        let Some((stream, intended)) = flight.and_then(|f| Some((f.stream?, f.intended))) else {
            return;
        };
        let tally = &mut self.streams[stream].tally;
        tally.done(Instant::now(), intended);
        if let Some(flight) = self.flights.get_mut(&key) {
            flight.stream = None;
        }
        self.streams[stream].in_flight -= 1;
    }

    /// A task is over.
    pub fn end(&mut self, key: Key, outcome: Result<(), &str>) {
        if outcome.is_ok() {
            self.succeeded(key);
        }
        let Some(flight) = self.flights.remove(&key) else {
            return;
        };
        if let (Some(stream), Err(why)) = (flight.stream, outcome) {
            self.streams[stream].tally.failed(Instant::now(), why);
            self.streams[stream].in_flight -= 1;
        }
    }

    /// Sends something that is sent again until it is answered.
    pub fn send_for(&mut self, key: Key, link: usize, message: Bytes) {
        self.links[link].send(&message);
        let now = Instant::now();
        let Some(flight) = self.flights.get_mut(&key) else {
            return;
        };
        flight.link = link;
        flight.message = match self.transport {
            Transport::Udp => message,
            _ => Bytes::new(),
        };
        flight.interval = T1;
        flight.due = now + T1;
        self.timers.push(Reverse((flight.due, key)));
    }

    /// What was asked need not be asked again.
    pub fn heard(&mut self, key: Key) {
        if let Some(flight) = self.flights.get_mut(&key) {
            flight.message = Bytes::new();
        }
    }

    /// Answers a call until the ACK comes.
    pub fn owe(&mut self, call: u64, link: usize, message: Bytes) {
        let key = Key::Answer(call);
        let now = Instant::now();
        let task = Task::Register { phone: 0 };
        let flight = Flight::new(task, None, now, now);
        self.flights.insert(key, flight);
        self.send_for(key, link, message);
    }

    /// A call goes on; so it will be hung up.
    pub fn keep(&mut self, key: Key, link: usize, bye: Bytes, cseq: u32) {
        let Some(task) = self.flights.get(&key).map(|flight| flight.task) else {
            return;
        };
        self.kept.push((key, task, link, bye, cseq));
        self.end(key, Ok(()));
    }

    /// Hangs up all calls that go on.
    pub fn hang_up_all(&mut self) {
        let now = Instant::now();
        for (key, task, link, bye, cseq) in std::mem::take(&mut self.kept) {
            let mut flight = Flight::new(task, None, now, now);
            (flight.stage, flight.cseq) = (Stage::HangingUp, cseq);
            self.flights.insert(key, flight);
            self.send_for(key, link, bye);
        }
    }

    fn send_again(&mut self, now: Instant) {
        while let Some(Reverse((due, key))) = self.timers.peek().copied() {
            if due > now {
                return;
            }
            self.timers.pop();
            let Some(flight) = self.flights.get_mut(&key).filter(|f| f.due == due) else {
                continue;
            };
            if now > flight.begun + PATIENCE {
                self.end(key, Err("no answer within 32 s"));
                continue;
            }
            flight.interval = (2 * flight.interval).min(T2);
            flight.due = now + flight.interval;
            self.timers.push(Reverse((flight.due, key)));
            if !flight.message.is_empty() {
                self.links[flight.link].send(&flight.message);
                if let Some(stream) = flight.stream {
                    self.streams[stream].tally.resent += 1;
                }
            }
        }
    }

    fn next_due(&self, now: Instant) -> Instant {
        let streams = self.streams.iter().filter_map(|s| s.next_at(now));
        let timers = self.timers.peek().map(|Reverse((due, _))| *due);
        let next = streams.chain(timers).min();
        next.map_or(now + NAP, |next| next.min(now + NAP))
    }
}

impl Flight {
    fn new(task: Task, stream: Option<usize>, intended: Instant, now: Instant) -> Flight {
        Flight {
            task,
            stream,
            intended,
            begun: now,
            cseq: 0,
            challenges: 0,
            stage: Stage::Asking,
            message: Bytes::new(),
            link: 0,
            interval: T1,
            due: now,
        }
    }
}

/// Carries streams of tasks out; `watch` is asked now and then whether they are to stop.
pub async fn run(
    world: &Rc<RefCell<World>>,
    mut streams: Vec<Stream>,
    mut is_enough: impl FnMut() -> bool,
) -> Vec<Stream> {
    let now = Instant::now();
    for stream in &mut streams {
        stream.started = now;
    }
    world.borrow_mut().streams = streams;
    loop {
        let wake_at = {
            let mut world = world.borrow_mut();
            world.pump();
            let now = Instant::now();
            if is_enough() {
                world.streams.iter_mut().for_each(Stream::stop);
            }
            if world.streams.iter().all(|stream| stream.is_over(now)) {
                return std::mem::take(&mut world.streams);
            }
            world.next_due(now)
        };
        tokio::time::sleep_until(wake_at.into()).await;
    }
}
