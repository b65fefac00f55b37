//! The whole server without its sockets: protocols and core, joined. Inputs go in, outputs come out.
//!
//! Core and protocols hand each other what happened and what is to be done until all have nothing more to say.

mod conferences;
mod held;
mod input;
mod output;
mod relays;
mod transfers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::media;
use crate::pbx::{
    Action, Answer, Change, ClaimId, Door, Event, Pbx, Query, ReadyAt, Remembered, Site, Ticket,
    Wanted,
};
use crate::sccp::{self, Switchboard};
use crate::sip::{Agent, News, Push, Registrar, SessionIntervals, WatchSettings};
use crate::time::Now;
use conferences::Conferences;
use held::{Held, Stored};
pub use input::{ControlRequest, Input};
pub use output::{Check, Output, Send};
use relays::{Parties, Relays};
use transfers::Transfers;
pub use transfers::{TransferFate, TransferKind};

/// Numbers the commits, from 1.
pub type CommitSeq = u64;

/// What the exchange is made from.
pub struct Start {
    /// When.
    pub now: Now,
    /// Randomness for tags, branches, ids.
    pub seed: [u8; 32],
    /// The edge's table of bindings, shared with the socket workers.
    pub registrar: Arc<Registrar>,
    /// The site as it is stored.
    pub site: Arc<Site>,
    /// What was stored.
    pub remembered: Remembered,
}

/// The whole server without its sockets.
pub struct Exchange {
    pbx: Pbx,
    agent: Agent,
    switchboard: Switchboard,
    conferences: Conferences,
    registrar: Arc<Registrar>,
    /// Changes since the last output, to be stored as the next commit.
    changes: Vec<Change>,
    /// The last commit that was handed out.
    last_commit: CommitSeq,
    /// The last commit that the store confirmed.
    last_confirmed: CommitSeq,
    held: Held,
    relays: Relays,
    transfers: Transfers,
    output: Output,
}

impl Exchange {
    /// An exchange that goes on where the store left off.
    pub fn new(start: Start) -> Exchange {
        let mut random = StdRng::from_seed(start.seed);
        let mut seed = || {
            let mut seed = [0; 32];
            random.fill_bytes(&mut seed);
            seed
        };
        let (core_seed, agent_seed, sccp_seed) = (seed(), seed(), seed());
        let conferences = Conferences::new(StdRng::from_seed(seed()));
        let news = start.registrar.set_phones(Arc::clone(&start.site));
        start
            .registrar
            .lock_out_again(start.now, &start.remembered.locked_out);
        let site = Arc::clone(&start.site);
        let mut exchange = Exchange {
            switchboard: Switchboard::new(start.now, sccp_seed, Arc::clone(&start.site)),
            pbx: Pbx::new(start.now, core_seed, start.site, start.remembered),
            agent: Agent::new(Arc::clone(&start.registrar), agent_seed),
            conferences,
            registrar: start.registrar,
            changes: Vec::new(),
            last_commit: 0,
            last_confirmed: 0,
            held: Held::default(),
            relays: Relays::default(),
            transfers: Transfers::default(),
            output: Output::default(),
        };
        exchange.agent.set_site(start.now, site);
        exchange.take_news(start.now, news);
        exchange.settle(start.now);
        exchange
    }

    /// The same exchange, with sockets for media of its own, by the addresses that they are bound to.
    pub fn with_media_at(mut self, bound: Vec<SocketAddr>) -> Exchange {
        let ports = media::Ports::new(bound);
        self.switchboard.set_ports(ports.clone());
        self.conferences.set_ports(ports.clone());
        self.agent = self.agent.with_ports(ports);
        self
    }

    /// The same exchange, with other settings for SCCP phones.
    pub fn with_sccp(mut self, settings: sccp::Settings) -> Exchange {
        self.switchboard.set_settings(settings);
        self
    }

    /// The same exchange, with other intervals in which calls are to be refreshed.
    pub fn with_sessions(mut self, sessions: SessionIntervals) -> Exchange {
        self.agent = self.agent.with_sessions(sessions);
        self
    }

    /// The same exchange, with other settings for those who watch something.
    pub fn with_watching(mut self, settings: WatchSettings) -> Exchange {
        self.agent = self.agent.with_watching(settings);
        self
    }

    /// There is a media relay, or none.
    pub fn set_relay(&mut self, is_there: bool) {
        self.relays.set_there(is_there);
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Sip { flow, message } => self.agent.receive(now, flow, &message),
            Input::ConnectionClosed(connection) => self.agent.connection_closed(now, connection),
            Input::Unreachable(flow) => self.agent.unreachable(now, flow),
            Input::SccpOpened {
                connection,
                remote,
                local,
                secure,
            } => {
                let id = connection;
                let connection = sccp::Connection {
                    id,
                    remote,
                    local,
                    secure,
                };
                self.switchboard.opened(now, connection);
            }
            Input::Sccp { connection, frame } => self.switchboard.receive(now, connection, &frame),
            Input::SccpClosed { connection } => self.switchboard.closed(now, connection),
            Input::News(news) => self.take_news(now, vec![news]),
            Input::Committed { seq, claims } => self.committed(now, seq, claims),
            Input::ClaimsFailed(claims) => {
                for claim in claims {
                    let store_failed = true;
                    let event = Event::ClaimLost {
                        claim,
                        store_failed,
                    };
                    self.pbx.handle(now, event);
                }
            }
            Input::SecretChecked { ticket, matches } => {
                let event = Event::SecretChecked { ticket, matches };
                self.pbx.handle(now, event);
            }
            Input::Pushed { push, forgot } => {
                let Push { phone, attempt, .. } = push;
                let event = Event::CallsForgotten {
                    phone,
                    attempt,
                    forgot,
                };
                self.happened(now, event);
            }
            Input::TrunkPaths(paths) => {
                self.registrar.set_trunk_paths(paths.clone());
                self.agent.set_trunk_paths(now, paths);
            }
            Input::Media(report) => self.agent.media_reported(&report),
            Input::Relayed { request, outcome } => {
                let parties = parties(&self.agent, &self.switchboard, now);
                for action in self.relays.relayed(request, outcome, &parties) {
                    self.perform(now, action);
                }
            }
            Input::SiteApplied(site) => {
                let news = self.registrar.set_phones(Arc::clone(&site));
                self.pbx.handle(now, Event::SiteApplied(Arc::clone(&site)));
                self.take_news(now, news);
                self.agent.set_site(now, Arc::clone(&site));
                self.agent.review_watches(now);
                self.switchboard.set_site(now, site);
            }
            Input::Control { ticket, request } => self.control(now, ticket, request),
            Input::Draining => {
                self.agent.drain();
                self.agent.end_watches(now);
                self.switchboard.drain();
                self.pbx.settle_background(now);
            }
        }
        self.settle(now);
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Now) {
        self.agent.wake(now);
        self.switchboard.wake(now);
        self.settle(now);
        self.pbx.wake(now);
        self.settle(now);
    }

    /// When to call [`Exchange::wake`] (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        let deadlines = [
            self.pbx.next_deadline(),
            self.agent.next_deadline(),
            self.switchboard.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// What is to be done after the inputs so far.
    pub fn take_output(&mut self) -> Output {
        let mut output = std::mem::take(&mut self.output);
        if !self.changes.is_empty() {
            self.last_commit += 1;
            output.commit = Some((self.last_commit, std::mem::take(&mut self.changes)));
        }
        for (orders, portless) in [
            self.agent.take_media(),
            self.switchboard.take_media(),
            self.conferences.take_media(),
        ] {
            output.media.extend(orders);
            output.portless += portless;
        }
        output.relays = self.relays.take_orders();
        output.transfers.extend(self.transfers.take());
        let sends = self.agent.take_sends().into_iter();
        output
            .sends
            .extend(sends.map(|(flow, bytes)| Send { flow, bytes }));
        output.pushes = self.agent.take_pushes();
        output.frames = self.switchboard.take_frames();
        output.hang_ups = self.switchboard.take_hang_ups();
        output.newcomers = self.switchboard.take_newcomers();
        output.engaged = self.switchboard.take_engaged();
        output.swapped = self.switchboard.take_swapped();
        output.told = self.agent.take_told();
        output.watching = self.agent.take_watch_news();
        output
    }

    /// How many legs and SIP transactions there are: none, when all is quiet.
    pub fn sip_load(&self) -> (usize, usize) {
        self.agent.load()
    }

    /// How many pairs of parties a media relay stands between.
    pub fn relay_load(&self) -> usize {
        self.relays.load()
    }

    /// How many legs of SCCP phones there are.
    pub fn sccp_load(&self) -> usize {
        self.switchboard.load()
    }

    fn control(&mut self, now: Now, ticket: Ticket, request: ControlRequest) {
        let door = Door::Control;
        let event = match request {
            ControlRequest::Login {
                phone,
                user,
                secret,
            } => Event::LoginRequested {
                ticket,
                door,
                phone,
                user,
                secret,
                wanted: Wanted::default(),
            },
            ControlRequest::Logout(target) => Event::LogoutRequested {
                ticket,
                door,
                target,
            },
            ControlRequest::Visit(door, wish) => wish.event(ticket, door),
            ControlRequest::Unlock(user) => Event::UnlockRequested { ticket, user },
            ControlRequest::Ready { dn, ready } => Event::ReadyAsked {
                ticket,
                door,
                at: ReadyAt::Number(dn),
                ready: Some(ready),
            },
            ControlRequest::Forgive(phone) => Event::Forgiven {
                ticket,
                sources: self.registrar.forgive(now, &phone),
                phone,
            },
            ControlRequest::Job(job, wish) => Event::JobWished { ticket, job, wish },
            ControlRequest::Query(query) => {
                let answer = self.ask(now, &query);
                self.output.answers.push((ticket, answer));
                return;
            }
        };
        self.pbx.handle(now, event);
    }

    /// The core's answer, with what only the rest of the server knows.
    fn ask(&self, now: Now, query: &Query) -> Answer {
        let mut answer = self.pbx.ask(now, query);
        match (&mut answer, query) {
            (Answer::Status(status), _) => {
                let outstanding = self.last_commit - self.last_confirmed;
                status.commits_outstanding = usize::try_from(outstanding).unwrap_or(usize::MAX);
            }
            (Answer::Phone(Some(at)), Query::Phone(phone)) => {
                let bindings = self.registrar.bindings_of(phone, now).into_iter();
                at.addresses = bindings.map(|binding| binding.flow.remote.ip()).collect();
                at.addresses.extend(self.switchboard.address_of(phone));
                at.user_agent = self.registrar.firmware_of(phone, now).user_agent;
            }
            _ => {}
        }
        answer
    }

    fn take_news(&mut self, now: Now, news: Vec<News>) {
        for news in news {
            if let News::Registered(phone) | News::Gone(phone) = &news {
                self.agent.forget_handset(phone);
            }
            if let News::Registered(phone) | News::Gone(phone) | News::Moved(phone) = &news {
                self.agent.forget_lamp(phone);
            }
            if let News::Registered(phone) = &news {
                let firmware = self.registrar.firmware_of(phone, now);
                let phone = phone.clone();
                self.pbx
                    .handle(now, Event::FirmwareTold { phone, firmware });
            }
            let event = match news {
                News::Registered(phone) => Event::PhoneRegistered(phone),
                News::Restored(phone) => Event::PhoneRestored(phone),
                News::Gone(phone) => Event::PhoneGone(phone),
                News::Moved(phone) => Event::PhoneMoved(phone),
                News::LockedOut(locked) => Event::LockedOut(locked),
            };
            self.pbx.handle(now, event);
        }
    }

    /// A commit is durable: what waited for it is done, then its claims are settled.
    fn committed(&mut self, now: Now, seq: CommitSeq, claims: Vec<(ClaimId, bool)>) {
        self.last_confirmed = self.last_confirmed.max(seq);
        for ordered in self.held.release(seq) {
            self.act(now, ordered.action);
        }
        for (claim, granted) in claims {
            let event = if granted {
                Event::ClaimGranted(claim)
            } else {
                Event::ClaimLost {
                    claim,
                    store_failed: false,
                }
            };
            self.pbx.handle(now, event);
            self.settle(now);
        }
    }

    /// Lets core and adapters talk until both have nothing more to say.
    fn settle(&mut self, now: Now) {
        loop {
            self.take_outcome(now);
            let mut events = self.agent.take_events();
            events.extend(self.switchboard.take_events());
            events.extend(self.relays.take_events());
            events.extend(self.conferences.take_events());
            if events.is_empty() {
                self.agent.tell_watchers(now);
                events = self.agent.take_events();
            }
            if events.is_empty() {
                return;
            }
            for event in events {
                self.happened(now, event);
                self.take_outcome(now);
            }
        }
    }

    fn happened(&mut self, now: Now, mut event: Event) {
        let parties = parties(&self.agent, &self.switchboard, now);
        if !self.relays.hear(&mut event, &parties) {
            return;
        }
        self.transfers.hear(&event);
        if let Event::CallsForgotten { forgot, .. } = event {
            self.output.forgot.push(forgot);
        }
        self.pbx.handle(now, event);
    }

    fn take_outcome(&mut self, now: Now) {
        let outcome = self.pbx.take_outcome();
        let stored = Stored::with(&outcome.changes, self.last_commit + 1);
        self.changes.extend(outcome.changes);
        for ordered in outcome.actions {
            if let Some(ordered) = self.held.keep(stored, ordered) {
                self.act(now, ordered.action);
            }
        }
    }

    fn act(&mut self, now: Now, action: Action) {
        self.transfers.see(&action);
        let parties = parties(&self.agent, &self.switchboard, now);
        if let Some(action) = self.relays.admit(action, &parties) {
            self.perform(now, action);
        }
    }

    /// Does what the core wants, by whoever can.
    fn perform(&mut self, now: Now, action: Action) {
        if let Action::Ring { leg, .. } = &action
            && let Some(relayed) = self.relays.take_relayed(*leg)
        {
            self.agent.ring_relayed(*leg, relayed);
        }
        match action {
            for_sccp if self.switchboard.concerns(&for_sccp) => {
                self.switchboard.perform(now, for_sccp);
            }
            Action::ShowLine { status } => {
                self.switchboard.show_line(now, &status);
                self.agent.perform(now, Action::ShowLine { status });
            }
            Action::Mix(order) => {
                let (agent, switchboard) = (&self.agent, &self.switchboard);
                let place_of = |leg| agent.place_of(leg).or_else(|| switchboard.place_of(leg));
                self.conferences.perform(order, place_of);
            }
            Action::CheckSecret {
                ticket,
                secret,
                against,
            } => self.output.checks.push(Check {
                ticket,
                secret,
                against,
            }),
            Action::DeliverText {
                ticket,
                from,
                called,
                phones,
                body,
            } => {
                let is_shown = self.switchboard.show_text(now, &from, &phones, &body);
                let text = Action::DeliverText {
                    ticket,
                    from,
                    called,
                    phones,
                    body,
                };
                if is_shown {
                    // One reader is enough to say yes, however many others there are.
                    self.agent.text_taken(now, ticket);
                }
                self.agent.perform(now, text);
            }
            Action::Reply { ticket, outcome } => {
                if !self.agent.key_answered(now, ticket, &outcome) {
                    self.output.replies.push((ticket, outcome));
                }
            }
            Action::Announce(record) => self.output.announcements.push(record),
            for_sip => self.agent.perform(now, for_sip),
        }
    }
}

/// Who parties are, as those see it who look at what they are told.
fn parties<'e>(agent: &'e Agent, switchboard: &'e Switchboard, now: Now) -> Parties<'e> {
    Parties {
        agent,
        switchboard,
        now,
    }
}
