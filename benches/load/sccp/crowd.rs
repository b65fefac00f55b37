//! All phones at once, each with a connection of its own and a task that keeps it.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Buf;
use perch::sccp::wire::Framer;
use rand::RngExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{sleep, sleep_until, timeout};

use super::kind::Kind;
use super::phone::{Gone, Look, News, Phone};
use crate::Failure;
use crate::link::loopback;
use crate::tally::Tally;

/// The first wait of a phone whose connection failed, in seconds, and how often it is doubled.
const BACKOFF: f64 = 1.0;
const DOUBLED: u32 = 4;

/// How much is read at once.
const READ: usize = 4096;

/// How phones go about things.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub server: SocketAddr,
    /// Whether phones that know tokens ask for one.
    pub with_tokens: bool,
    /// Within what time phones come that have been switched on, or that have lost the server.
    pub spread: Duration,
    /// Over how many loopback addresses they are spread.
    pub sources: u16,
}

/// The phones.
pub struct Crowd {
    habits: Habits,
    seats: Vec<Seat>,
    /// Of those that are switched on.
    lives: RefCell<Vec<AbortHandle>>,
    counts: RefCell<Counts>,
    news: Notify,
}

/// What happened to all of them.
#[derive(Default)]
pub struct Counts {
    /// How many are registered.
    pub registered: usize,
    /// Connections that were opened, and that were not.
    pub connected: u64,
    pub refused: u64,
    /// How often somebody was told to come later.
    pub put_off: u64,
    /// How often somebody was rejected, lost the connection, waited for an answer in vain, and was told to start anew.
    pub rejected: u64,
    pub lost: u64,
    pub unanswered: u64,
    pub restarted: u64,
    /// Phones that are to become something.
    pub changing: usize,
    /// How long that took.
    pub swaps: Tally,
    /// How long it took until the server said that it was there.
    pub alive: Tally,
    /// How long it took until the exchange answered.
    pub told: Tally,
}

struct Seat {
    phone: RefCell<Phone>,
    stream: RefCell<Option<Rc<TcpStream>>>,
    /// Something is to be sent that could not be sent at once.
    stuck: Notify,
}

impl Crowd {
    /// So many phones, of these kinds in turn, all switched off.
    pub fn new(habits: Habits, phones: u32, kinds: &[&'static Kind]) -> Rc<Crowd> {
        let kinds = kinds.iter().cycle();
        let seats = (0..phones).zip(kinds).map(|(number, kind)| Seat {
            phone: RefCell::new(Phone::new(number, kind)),
            stream: RefCell::default(),
            stuck: Notify::new(),
        });
        Rc::new(Crowd {
            habits,
            seats: seats.collect(),
            lives: RefCell::default(),
            counts: RefCell::default(),
            news: Notify::new(),
        })
    }

    /// Switches all phones on.
    pub fn switch_on(self: &Rc<Self>) {
        for index in 0..self.seats.len() {
            let life = spawn_local(live(Rc::clone(self), index));
            self.lives.borrow_mut().push(life.abort_handle());
        }
    }

    /// Switches all phones off: none of them comes again, to whatever server listens there then.
    pub fn switch_off(&self) {
        for life in self.lives.take() {
            life.abort();
        }
    }

    /// How many phones there are.
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// What happened since this was asked last. Who is registered stays so.
    pub fn take_counts(&self) -> Counts {
        let counts = &mut *self.counts.borrow_mut();
        let kept = Counts {
            registered: counts.registered,
            changing: counts.changing,
            ..Counts::default()
        };
        std::mem::replace(counts, kept)
    }

    /// How many phones have become what they were to become, or have failed to.
    pub fn changed(&self) -> u64 {
        let counts = self.counts.borrow();
        counts.swaps.count() + counts.swaps.failed
    }

    /// Waits until it is so, for `limit` at most. How long it took, or what there is instead.
    pub async fn until(
        &self,
        what: &str,
        limit: Duration,
        is_so: impl Fn(&Counts) -> bool,
    ) -> Result<Duration, Failure> {
        let since = Instant::now();
        let waiting = async {
            while !is_so(&self.counts.borrow()) {
                self.news.notified().await;
            }
        };
        match timeout(limit, waiting).await {
            Ok(()) => Ok(since.elapsed()),
            Err(_) => {
                let counts = self.counts.borrow();
                let Counts {
                    registered,
                    refused,
                    put_off,
                    rejected,
                    lost,
                    unanswered,
                    changing,
                    ..
                } = *counts;
                Err(format!(
                    "waited {limit:?} in vain until {what}: {registered} are registered, {changing} are to become something; \
                     {refused} connections were refused, {put_off} phones put off, {rejected} rejected, {lost} connections \
                     lost, {unanswered} answers did not come"
                )
                .into())
            }
        }
    }

    /// A phone is to become that, since then.
    pub fn await_look(&self, phone: usize, look: Look, since: Instant) {
        self.seats[phone].phone.borrow_mut().await_look(look, since);
        self.counts.borrow_mut().changing += 1;
    }

    /// Whoever has not become what it was to become has failed.
    pub fn give_up_changes(&self) {
        let mut counts = self.counts.borrow_mut();
        for seat in &self.seats {
            if seat.phone.borrow_mut().give_up() {
                counts.changing -= 1;
                counts
                    .swaps
                    .failed(Instant::now(), "it never had its new lines");
            }
        }
    }

    /// A phone dials a number.
    pub fn dial(&self, phone: usize, number: String) {
        let seat = &self.seats[phone];
        seat.phone.borrow_mut().dial(number);
        seat.flush();
    }

    /// A phone says that it is there. It was meant to at that moment.
    pub fn say_alive(&self, phone: usize, since: Instant) {
        let seat = &self.seats[phone];
        let mut played = seat.phone.borrow_mut();
        if played.is_registered() {
            // If it finds that the server is gone, it will again when its own time comes.
            let _ = played.say_alive(Instant::now(), Some(since));
        }
        drop(played);
        seat.flush();
    }

    /// A phone asks the exchange something. It was meant to at that moment.
    pub fn ask_time(&self, phone: usize, since: Instant) {
        let seat = &self.seats[phone];
        let mut played = seat.phone.borrow_mut();
        if played.is_registered() {
            played.ask_time(since);
        }
        drop(played);
        seat.flush();
    }

    /// Opens a connection and keeps it until it ends.
    async fn come(&self, index: usize) -> Ended {
        let Ok(stream) = self.connect(index).await else {
            self.counts.borrow_mut().refused += 1;
            return Ended::InVain;
        };
        let (seat, stream) = (&self.seats[index], Rc::new(stream));
        self.counts.borrow_mut().connected += 1;
        seat.stream.replace(Some(Rc::clone(&stream)));
        let gone = self.talk(index, &stream).await;
        let was_registered = seat.phone.borrow().is_registered();
        self.ended(index, gone);
        match (gone, was_registered) {
            (Gone::Restarts, _) => Ended::Restarts,
            (_, true) => Ended::AfterAll,
            (_, false) => Ended::InVain,
        }
    }

    async fn connect(&self, index: usize) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        let local = loopback(index, self.habits.sources);
        socket.bind((local, 0).into())?;
        let stream = socket.connect(self.habits.server).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Plays a phone until its connection ends.
    async fn talk(&self, index: usize, stream: &TcpStream) -> Gone {
        let seat = &self.seats[index];
        let now = Instant::now();
        seat.phone
            .borrow_mut()
            .plugged_in(now, self.habits.with_tokens);
        let mut framer = Framer::new();
        let alarm = sleep_until(now.into());
        tokio::pin!(alarm);
        loop {
            let is_stuck = seat.flush();
            let due = seat.phone.borrow().due.into();
            if due < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(due);
            }
            let outcome = tokio::select! {
                _ = stream.readable() => self.read(index, stream, &mut framer),
                _ = stream.writable(), if is_stuck => Ok(()),
                () = seat.stuck.notified() => Ok(()),
                () = alarm.as_mut() => seat.phone.borrow_mut().wake(Instant::now()),
            };
            if let Err(gone) = outcome {
                return gone;
            }
        }
    }

    fn read(&self, index: usize, stream: &TcpStream, framer: &mut Framer) -> Result<(), Gone> {
        let mut buffer = [0; READ];
        loop {
            match stream.try_read(&mut buffer) {
                Ok(0) => return Err(Gone::Lost),
                Ok(length) => framer.push(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Gone::Lost),
            }
            let now = Instant::now();
            while let Some(frame) = framer.next().map_err(|_| Gone::Lost)? {
                let news = self.seats[index].phone.borrow_mut().hear(now, &frame)?;
                if let Some(news) = news {
                    self.note(now, news);
                }
            }
        }
    }

    fn note(&self, now: Instant, news: News) {
        let counts = &mut *self.counts.borrow_mut();
        match news {
            News::Registered => counts.registered += 1,
            News::PutOff => counts.put_off += 1,
            News::Alive(since) => counts.alive.done(now, since),
            News::Told(since) => counts.told.done(now, since),
            News::Became(since) => {
                counts.changing -= 1;
                counts.swaps.done(now, since);
            }
        }
        self.news.notify_one();
    }

    fn ended(&self, index: usize, gone: Gone) {
        let seat = &self.seats[index];
        seat.stream.borrow_mut().take();
        let counts = &mut *self.counts.borrow_mut();
        counts.registered -= usize::from(seat.phone.borrow().is_registered());
        seat.phone.borrow_mut().forget();
        match gone {
            Gone::Restarts => counts.restarted += 1,
            Gone::Rejected => counts.rejected += 1,
            Gone::Lost => counts.lost += 1,
            Gone::Unanswered => counts.unanswered += 1,
        }
        self.news.notify_one();
    }
}

impl Seat {
    /// Sends what is to be sent. Whether something is left.
    fn flush(&self) -> bool {
        let stream = self.stream.borrow();
        let Some(stream) = stream.as_ref() else {
            return false;
        };
        let out = &mut self.phone.borrow_mut().out;
        while !out.is_empty() {
            match stream.try_write(out) {
                Ok(length) => out.advance(length),
                Err(_) => {
                    self.stuck.notify_one();
                    return true;
                }
            }
        }
        false
    }
}

/// A phone's life, from the moment at which it is switched on.
async fn live(crowd: Rc<Crowd>, index: usize) {
    let mut failures = 0;
    let mut pause = crowd.habits.some_time();
    loop {
        if !pause.is_zero() {
            sleep(pause).await;
        }
        pause = match crowd.come(index).await {
            // It needs no time for that here.
            Ended::Restarts => Duration::ZERO,
            Ended::AfterAll => {
                failures = 0;
                crowd.habits.some_time()
            }
            Ended::InVain => {
                failures += 1;
                backoff(failures)
            }
        };
    }
}

/// What came of a connection.
enum Ended {
    /// The phone starts anew.
    Restarts,
    /// It was registered, and has lost the server.
    AfterAll,
    /// It never was.
    InVain,
}

impl Habits {
    fn some_time(&self) -> Duration {
        self.spread.mul_f64(rand::rng().random_range(0.0..1.0))
    }
}

/// How long a phone waits that failed so often in a row.
fn backoff(failures: u32) -> Duration {
    let most = BACKOFF * f64::from(1_u32 << (failures - 1).min(DOUBLED));
    Duration::from_secs_f64(most * rand::rng().random_range(0.5..1.5))
}
