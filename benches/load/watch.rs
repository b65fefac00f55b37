//! Many phones watch one number, somebody calls it again and again, and nobody answers: what each change costs, and how
//! soon all watchers have heard of it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Args;
use perch::sip::wire::{self, Builder, Message, Method, Name, Parsed};
use tokio::net::UdpSocket;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use crate::Failure;
use crate::arguments::{Site, Transport};
use crate::control::Control;
use crate::digest::{Proof, nonce};
use crate::found::Found;
use crate::phone::Phone;
use crate::server::Server;
use crate::site::{self, FIRST_GUEST, REALM};
use crate::tally::Tally;
use crate::usage::Usage;

/// Phones that share a socket: what an ordinary buffer holds of one change.
const PER_SOCKET: usize = 40;

/// The phone that is called, and the one that calls. The others watch.
const CALLED: usize = 0;
const CALLER: usize = 1;

/// So long after a change the next one is told at once (RFC 4235 §3.10).
const PAUSE: Duration = Duration::from_millis(1100);

/// How long everybody may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether all have heard.
const LOOK: Duration = Duration::from_millis(1);

#[derive(Clone, Debug, Args)]
pub struct Watch {
    /// Starts this `perch`, with a site and a store of its own, and stops it in the end
    #[arg(long, value_name = "PERCH")]
    pub start: PathBuf,
    /// How many phones watch the number
    #[arg(long, default_value_t = 500)]
    pub watchers: usize,
    /// How often the number is called: it rings, and is busy
    #[arg(long, default_value_t = 10)]
    pub calls: usize,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Measures what watchers cost.
pub fn watch(run: &Watch) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, carry_out(run))
}

/// What phones have heard.
#[derive(Default)]
struct Heard {
    /// Phones that were told that it is done: registered, or subscribed.
    ready: usize,
    notified: usize,
    last: Option<Instant>,
    /// The call that rings.
    rings: Option<Message>,
    refused: usize,
    failed: Vec<String>,
}

type Ears = Rc<RefCell<Heard>>;

async fn carry_out(run: &Watch) -> Result<(), Failure> {
    let server = Server::start(&run.start, "")?;
    let to = server.sip(Transport::Udp);
    let mut control = Control::connect(server.control()).await?;
    let phones = run.watchers + 2;
    let site = Site {
        phones: u32::try_from(phones)?,
        users: 0,
        logout_time: None,
        pace: 1000,
    };
    control.apply(site::text(&site)).await?;
    let ears = Ears::default();
    let mut desks = Vec::new();
    for first in (0..phones).step_by(PER_SOCKET) {
        let socket = Rc::new(UdpSocket::bind("127.0.0.1:0").await?);
        socket.connect(to).await?;
        // Until then nothing can be sent without waiting.
        socket.writable().await?;
        let last = phones.min(first + PER_SOCKET);
        let seats = (first..last).map(|number| Desk::new(number, &socket));
        let seats: Vec<Rc<RefCell<Desk>>> = seats.collect::<Result<_, _>>()?;
        spawn_local(listen(socket, to, seats.clone(), Rc::clone(&ears)));
        desks.extend(seats);
    }
    desks[CALLED].borrow_mut().ask(Method::Register);
    until(&ears, |heard| heard.ready == 1).await?;
    for (place, desk) in desks.iter().enumerate().skip(CALLER + 1) {
        desk.borrow_mut().ask(Method::Subscribe);
        until(&ears, |heard| heard.ready == place).await?;
    }
    until(&ears, |heard| heard.notified == run.watchers).await?;
    let mut found = Found::new("watch", !run.json);
    found.say("watchers", run.watchers, "phones watch one number");
    measure(run, &server, &desks, &ears, &mut found).await?;
    found.finish();
    Ok(())
}

/// Calls again and again. Each call is two changes: it rings, and it is over.
async fn measure(
    run: &Watch,
    server: &Server,
    desks: &[Rc<RefCell<Desk>>],
    ears: &Ears,
    found: &mut Found,
) -> Result<(), Failure> {
    sleep(PAUSE).await;
    let before = Usage::of(server.pid())?;
    let already = ears.borrow().notified;
    let mut told = Tally::default();
    for call in 0..run.calls {
        for change in 0..2 {
            let begun = Instant::now();
            match change {
                0 => desks[CALLER].borrow_mut().ask(Method::Invite),
                _ => desks[CALLED].borrow_mut().refuse(ears),
            }
            let all = already + (2 * call + change + 1) * run.watchers;
            until(ears, |heard| heard.notified >= all).await?;
            let last = ears.borrow().last.unwrap_or(begun);
            told.done(last, begun);
            sleep(PAUSE).await;
        }
    }
    let cpu = Usage::of(server.pid())?.cpu_since(&before);
    let changes = 2 * run.calls;
    let notified = ears.borrow().notified - already;
    let micros = cpu.as_secs_f64() * 1e6;
    found.say("changes", changes, "changes of how it stands");
    found.say("notifies", notified, "NOTIFY requests");
    let heard = ears.borrow();
    found.say("refused_calls", heard.refused, "calls that were refused");
    found.say("failed", heard.failed.len(), "answers that were none");
    let per_change = micros / changes.max(1) as f64;
    found.say("cpu_us_per_change", per_change, "µs of CPU for a change");
    let per_notify = micros / notified.max(1) as f64;
    found.say("cpu_us_per_notify", per_notify, "µs of CPU for a NOTIFY");
    found.tally("heard", &told, "changes that all have heard of");
    Ok(())
}

async fn until(ears: &Ears, is_so: impl Fn(&Heard) -> bool) -> Result<(), Failure> {
    let begun = Instant::now();
    while !is_so(&ears.borrow()) {
        if let Some(why) = ears.borrow().failed.first() {
            return Err(why.clone().into());
        }
        if begun.elapsed() > PATIENCE {
            let heard = ears.borrow();
            let (ready, notified) = (heard.ready, heard.notified);
            return Err(
                format!("after {ready} answers and {notified} NOTIFYs nothing comes").into(),
            );
        }
        sleep(LOOK).await;
    }
    Ok(())
}

/// Hears what comes to one socket.
async fn listen(
    socket: Rc<UdpSocket>,
    server: SocketAddr,
    desks: Vec<Rc<RefCell<Desk>>>,
    ears: Ears,
) {
    let mut room = vec![0; 65_536];
    while let Ok(length) = socket.recv(&mut room).await {
        let raw = bytes::Bytes::copy_from_slice(&room[..length]);
        let Parsed::Accept(message) = wire::parse(raw) else {
            continue;
        };
        let Some(status) = message.status() else {
            asked(&socket, server, &message, &ears);
            continue;
        };
        let number = message.call_id().split('-').nth(1);
        let named = |desk: &&Rc<RefCell<Desk>>| Some(&*desk.borrow().phone.name) == number;
        if let Some(desk) = desks.iter().find(named) {
            desk.borrow_mut().answered(&message, status, &ears);
        }
    }
}

/// The server asks something: a NOTIFY is taken, a call rings.
fn asked(socket: &UdpSocket, server: SocketAddr, request: &Message, ears: &Ears) {
    let mut heard = ears.borrow_mut();
    let status = match request.method() {
        Some(Method::Ack) => return,
        Some(Method::Invite) if heard.rings.is_some() => return,
        Some(Method::Invite) => {
            heard.rings = Some(request.clone());
            180
        }
        Some(Method::Notify) => {
            heard.notified += 1;
            heard.last = Some(Instant::now());
            200
        }
        _ => 200,
    };
    let answer = wire::respond(request, server, status, "So be it", Some("desk"));
    // What is lost here is sent again.
    let _ = socket.try_send(&answer.finish());
}

/// A phone, and what it asks for.
struct Desk {
    phone: Phone,
    number: u32,
    local: SocketAddr,
    socket: Rc<UdpSocket>,
    method: Method,
}

impl Desk {
    fn new(number: usize, socket: &Rc<UdpSocket>) -> Result<Rc<RefCell<Desk>>, Failure> {
        let number = u32::try_from(number)?;
        Ok(Rc::new(RefCell::new(Desk {
            phone: Phone::new(number),
            number,
            local: socket.local_addr()?,
            socket: Rc::clone(socket),
            method: Method::Options,
        })))
    }

    /// Registers, watches the number, or calls it.
    fn ask(&mut self, method: Method) {
        self.method = method;
        self.phone.cseq += 1;
        let (name, local, cseq) = (&self.phone.name, self.local, self.phone.cseq);
        let (uri, text) = match method {
            Method::Register => (format!("sip:{REALM}"), "REGISTER"),
            Method::Subscribe => (format!("sip:{FIRST_GUEST}@{REALM}"), "SUBSCRIBE"),
            _ => (format!("sip:{FIRST_GUEST}@{REALM}"), "INVITE"),
        };
        let to = match method {
            Method::Register => format!("<sip:{name}@{REALM}>"),
            _ => format!("<{uri}>"),
        };
        let id = format!("{text}-{name}-{}", self.call());
        let branch = format_args!("{name}.{cseq}");
        let mut builder = Builder::request(method, &uri)
            .display(
                Name::Via,
                format_args!("SIP/2.0/UDP {local};branch=z9hG4bK{branch};rport"),
            )
            .header(Name::MaxForwards, "70")
            .display(Name::From, format_args!("<sip:{name}@{REALM}>;tag={id}"))
            .header(Name::To, to)
            .header(Name::CallId, id)
            .display(Name::CSeq, format_args!("{cseq} {text}"))
            .display(Name::Contact, format_args!("<sip:{name}@{local}>"))
            .header(Name::Event, "dialog")
            .header(Name::Expires, "3600");
        if !self.phone.nonce.is_empty() {
            self.phone.nonce_count += 1;
            let proof = Proof {
                name: &self.phone.name,
                realm: REALM,
                secret: &self.phone.secret,
                method: text,
                uri: &uri,
                nonce: &self.phone.nonce,
                count: self.phone.nonce_count,
            };
            builder = builder.display(Name::Authorization, proof);
        }
        let _ = self.socket.try_send(&builder.finish());
    }

    /// Calls have Call-IDs of their own.
    fn call(&self) -> u32 {
        match self.method {
            Method::Invite => self.phone.cseq,
            _ => self.number,
        }
    }

    fn answered(&mut self, message: &Message, status: u16, ears: &Ears) {
        let mut heard = ears.borrow_mut();
        let is_invite = message.cseq().1 == "INVITE";
        if is_invite && status >= 300 {
            let uri = format!("sip:{FIRST_GUEST}@{REALM}");
            let ack = Builder::request(Method::Ack, &uri)
                .copy(message, Name::Via)
                .header(Name::MaxForwards, "70")
                .copy(message, Name::From)
                .copy(message, Name::To)
                .copy(message, Name::CallId)
                .display(Name::CSeq, format_args!("{} ACK", message.cseq().0));
            let _ = self.socket.try_send(&ack.finish());
        }
        match (status, nonce(message)) {
            (..200, _) => {}
            (401, Some(nonce)) => {
                self.phone.challenged(nonce);
                drop(heard);
                self.ask(self.method);
            }
            (486, _) if is_invite => heard.refused += 1,
            (200, _) => heard.ready += 1,
            _ => heard.failed.push(format!("{status} {}", message.reason())),
        }
    }

    /// Is busy.
    fn refuse(&mut self, ears: &Ears) {
        let mut heard = ears.borrow_mut();
        let Some(invite) = heard.rings.take() else {
            return heard.failed.push("nothing rings".to_owned());
        };
        let busy = wire::respond(&invite, self.local, 486, "Busy Here", Some("desk"));
        let _ = self.socket.try_send(&busy.finish());
    }
}
