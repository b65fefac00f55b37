//! The server under test: the whole exchange behind its edge, or the core alone where no protocol has the words yet.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use perch::exchange::{Check, CommitSeq, ControlRequest, Exchange, Input, Output, Start};
use perch::pbx::{Action, Door, Event, LegId, Pbx, PhoneName, Remembered, Site};
use perch::sccp::wire::{Framer, FromPhone, ToPhone, Version};
use perch::sip::wire::{Parsed, parse, respond};
use perch::sip::{Edge, Flow, Limits, News, Registrar, WatchSettings};
use perch::time::Now;

/// What a server is started from.
pub struct Beginning {
    pub now: Now,
    pub seed: [u8; 32],
    pub site: Arc<Site>,
    pub remembered: Remembered,
    /// Sockets for media of its own.
    pub media: Vec<SocketAddr>,
    /// Where phones were, as the registrar last said it.
    pub bindings: Vec<(PhoneName, String)>,
}

/// A running server.
pub enum Server {
    Whole {
        exchange: Box<Exchange>,
        registrar: Arc<Registrar>,
    },
    Bare(Box<BareCore>),
}

impl Server {
    /// The exchange, with its registrar.
    pub fn whole(beginning: Beginning) -> Server {
        Server::watched(beginning, WatchSettings::default())
    }

    /// The same, where so much may be watched.
    pub fn watched(beginning: Beginning, watching: WatchSettings) -> Server {
        let registrar = Arc::new(Registrar::new(beginning.seed, Limits::default()));
        let mut exchange = Exchange::new(Start {
            now: beginning.now,
            seed: beginning.seed,
            registrar: Arc::clone(&registrar),
            site: beginning.site,
            remembered: beginning.remembered,
        })
        .with_media_at(beginning.media)
        .with_watching(watching);
        for news in registrar.restore(beginning.now, beginning.bindings) {
            exchange.handle(beginning.now, Input::News(news));
        }
        Server::Whole {
            exchange: Box::new(exchange),
            registrar,
        }
    }

    /// The core alone.
    pub fn bare(beginning: Beginning) -> Server {
        let pbx = Pbx::new(
            beginning.now,
            beginning.seed,
            beginning.site,
            beginning.remembered,
        );
        Server::Bare(Box::new(BareCore::new(pbx)))
    }

    /// There is a media relay, or none.
    pub fn set_relay(&mut self, is_there: bool) {
        if let Server::Whole { exchange, .. } = self {
            exchange.set_relay(is_there);
        }
    }

    pub fn handle(&mut self, now: Now, input: Input) {
        match self {
            Server::Whole { exchange, .. } => exchange.handle(now, input),
            Server::Bare(core) => core.handle(now, input),
        }
    }

    /// A whole SIP message came in. What the edge answers itself comes back.
    pub fn receive(&mut self, now: Now, flow: Flow, bytes: Bytes) -> Option<Bytes> {
        let Server::Whole {
            exchange,
            registrar,
        } = self
        else {
            return None;
        };
        let message = match parse(bytes) {
            Parsed::Accept(message) => message,
            Parsed::Reject(refused) => {
                let answer = respond(
                    &refused.message,
                    flow.remote,
                    refused.status,
                    refused.reason,
                    Some("edge"),
                );
                return Some(answer.finish());
            }
            Parsed::Drop(_) => return None,
        };
        match registrar.edge(now, &flow, &message) {
            Edge::Answered { bytes, news } => {
                if let Some(news) = news {
                    exchange.handle(now, Input::News(news));
                }
                Some(bytes)
            }
            Edge::NotMine => {
                exchange.handle(now, Input::Sip { flow, message });
                None
            }
        }
    }

    /// An SCCP phone said something. What the edge answers itself comes back.
    pub fn receive_frames(&mut self, now: Now, connection: u64, bytes: &Bytes) -> Vec<Bytes> {
        let mut framer = Framer::new();
        framer.push(bytes);
        let mut answers = Vec::new();
        while let Ok(Some(frame)) = framer.next() {
            if FromPhone::decode(Version::V0, &frame) == Ok(FromPhone::KeepAlive) {
                answers.push(ToPhone::KeepAliveAck.to_frame(Version::V0).bytes());
            } else {
                self.handle(now, Input::Sccp { connection, frame });
            }
        }
        answers
    }

    /// A phone of the core's own words did something.
    pub fn take_event(&mut self, now: Now, event: Event) {
        match self {
            Server::Bare(core) => core.event(now, event),
            Server::Whole { .. } => panic!("the exchange takes no events: {event:?}"),
        }
    }

    /// What is done every second: registrations run out. What is to be saved of them comes back.
    pub fn every_second(&mut self, now: Now) -> Vec<(PhoneName, String)> {
        let Server::Whole {
            exchange,
            registrar,
        } = self
        else {
            return Vec::new();
        };
        for news in registrar.expire(now) {
            exchange.handle(now, Input::News(news));
        }
        registrar.take_unsaved(usize::MAX)
    }

    pub fn wake(&mut self, now: Now) {
        match self {
            Server::Whole { exchange, .. } => exchange.wake(now),
            Server::Bare(core) => core.wake(now),
        }
    }

    pub fn next_deadline(&self) -> Option<Duration> {
        match self {
            Server::Whole { exchange, .. } => exchange.next_deadline(),
            Server::Bare(core) => core.pbx.next_deadline(),
        }
    }

    pub fn take_output(&mut self) -> (Output, Vec<(PhoneName, Action)>) {
        match self {
            Server::Whole { exchange, .. } => (exchange.take_output(), Vec::new()),
            Server::Bare(core) => core.take_output(),
        }
    }

    /// Legs and transactions of the SIP side.
    pub fn load(&self) -> (usize, usize) {
        match self {
            Server::Whole { exchange, .. } => {
                let (legs, transactions) = exchange.sip_load();
                (legs + exchange.sccp_load(), transactions)
            }
            Server::Bare(_) => (0, 0),
        }
    }
}

/// The core, with commit-then-act around it in its plainest form: while a commit is outstanding, every action waits.
pub struct BareCore {
    pbx: Pbx,
    last_commit: CommitSeq,
    held: VecDeque<(CommitSeq, Vec<Action>)>,
    legs: BTreeMap<LegId, PhoneName>,
    output: Output,
    actions: Vec<(PhoneName, Action)>,
}

impl BareCore {
    fn new(pbx: Pbx) -> BareCore {
        let mut core = BareCore {
            pbx,
            last_commit: 0,
            held: VecDeque::new(),
            legs: BTreeMap::new(),
            output: Output::default(),
            actions: Vec::new(),
        };
        core.settle();
        core
    }

    fn handle(&mut self, now: Now, input: Input) {
        let door = Door::Control;
        match input {
            Input::News(News::Registered(phone)) => self.event(now, Event::PhoneRegistered(phone)),
            Input::News(News::Restored(phone)) => self.event(now, Event::PhoneRestored(phone)),
            Input::News(News::Gone(phone)) => self.event(now, Event::PhoneGone(phone)),
            Input::News(News::LockedOut(locked)) => self.event(now, Event::LockedOut(locked)),
            Input::Committed { seq, claims } => {
                while self.held.front().is_some_and(|(held, _)| *held <= seq) {
                    let (_, actions) = self.held.pop_front().expect("it was just seen");
                    actions.into_iter().for_each(|action| self.act(action));
                }
                for (claim, granted) in claims {
                    let lost = Event::ClaimLost {
                        claim,
                        store_failed: false,
                    };
                    let event = if granted {
                        Event::ClaimGranted(claim)
                    } else {
                        lost
                    };
                    self.event(now, event);
                }
            }
            Input::SecretChecked { ticket, matches } => {
                self.event(now, Event::SecretChecked { ticket, matches });
            }
            Input::SiteApplied(site) => self.event(now, Event::SiteApplied(site)),
            Input::Control { ticket, request } => match request {
                ControlRequest::Logout(target) => {
                    let event = Event::LogoutRequested {
                        ticket,
                        door,
                        target,
                    };
                    self.event(now, event);
                }
                ControlRequest::Query(query) => {
                    let answer = self.pbx.ask(now, &query);
                    self.output.answers.push((ticket, answer));
                }
                other => panic!("no scenario needed this of the bare core yet: {other:?}"),
            },
            other => panic!("no scenario needed this of the bare core yet: {other:?}"),
        }
    }

    fn event(&mut self, now: Now, event: Event) {
        if let Event::Dialled { leg, phone, .. } = &event {
            self.legs.insert(*leg, phone.clone());
        }
        self.pbx.handle(now, event);
        self.settle();
    }

    fn wake(&mut self, now: Now) {
        self.pbx.wake(now);
        self.settle();
    }

    fn settle(&mut self) {
        let outcome = self.pbx.take_outcome();
        let actions: Vec<Action> = outcome.actions.into_iter().map(|o| o.action).collect();
        if !outcome.changes.is_empty() {
            let commit = &mut self.output.commit;
            let seq = self.last_commit + 1;
            let (_, changes) = commit.get_or_insert_with(|| (seq, Vec::new()));
            changes.extend(outcome.changes);
            self.held.push_back((seq, actions));
        } else if let Some((_, held)) = self.held.back_mut() {
            held.extend(actions);
        } else {
            actions.into_iter().for_each(|action| self.act(action));
        }
    }

    fn act(&mut self, action: Action) {
        let leg = match &action {
            Action::CheckSecret { .. } | Action::Reply { .. } | Action::Announce(_) => None,
            Action::Ring { leg, phone, .. } => {
                self.legs.insert(*leg, phone.clone());
                Some(*leg)
            }
            Action::ShowProgress { leg, .. }
            | Action::Answer { leg, .. }
            | Action::Refuse { leg, .. }
            | Action::Confirm { leg, .. }
            | Action::Converse { leg }
            | Action::Prompt { leg, .. }
            | Action::Release { leg, .. } => Some(*leg),
            _ => None,
        };
        match action {
            Action::CheckSecret {
                ticket,
                secret,
                against,
            } => self.output.checks.push(Check {
                ticket,
                secret,
                against,
            }),
            Action::Reply { ticket, outcome } => self.output.replies.push((ticket, outcome)),
            Action::Announce(record) => self.output.announcements.push(record),
            Action::ApplyProfile { ref phone, .. }
            | Action::Tell { ref phone, .. }
            | Action::ForgetCalls { ref phone, .. }
            | Action::Howl { ref phone } => self.actions.push((phone.clone(), action)),
            other => {
                let phone = leg.and_then(|leg| self.legs.get(&leg));
                let phone = phone
                    .expect("an action is for a leg that was told of")
                    .clone();
                self.actions.push((phone, other));
            }
        }
    }

    fn take_output(&mut self) -> (Output, Vec<(PhoneName, Action)>) {
        let output = std::mem::take(&mut self.output);
        if let Some((seq, _)) = &output.commit {
            self.last_commit = *seq;
        }
        (output, std::mem::take(&mut self.actions))
    }
}
