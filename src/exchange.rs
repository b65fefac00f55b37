//! The whole server without its sockets: protocols and core, joined. Inputs go in, outputs come out.
//!
//! Here is where "commit, then act" is kept: an action that tells somebody what a change says is held until the
//! store has confirmed the change, and later actions for the same phone queue behind it.

mod conferences;
mod relays;
mod transfers;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::media;
use crate::media::relay::{RelayError, RelayOrder};
use crate::pages;
use crate::pbx::{
    Action, Answer, Change, ClaimId, Dn, Door, Event, Forgot, JobName, JobWish, LogoutTarget,
    Ordered, Pbx, PhoneName, PinHash, Query, ReadyAt, Record, Refusal, Remembered, Secret, Site,
    Ticket, UserId, Wanted,
};
use crate::sccp::{self, Switchboard};
use crate::sip::{
    Agent, Flow, News, Push, Registrar, SessionIntervals, Told, TrunkPaths, WatchNews,
    WatchSettings, wire,
};
use crate::time::Now;
use conferences::Conferences;
use relays::{Parties, Relays};
use transfers::Transfers;
pub use transfers::{TransferFate, TransferKind};

/// Numbers the commits, from 1.
pub type CommitSeq = u64;

/// Something for the exchange.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "messages are what there is most of: a box would cost an allocation for each"
)]
pub enum Input {
    /// A SIP message that the edge did not answer itself.
    Sip {
        /// Where it came from.
        flow: Flow,
        /// The message, understood.
        message: wire::Message,
    },
    /// A stream connection ended.
    ConnectionClosed(u64),
    /// There is no connection for what was to be sent on this flow, and none could be opened.
    Unreachable(Flow),
    /// An SCCP phone opened a connection.
    SccpOpened {
        /// The number of the connection; no other ever has it.
        connection: u64,
        /// Where the phone is, as seen from here.
        remote: SocketAddr,
        /// Where it came in.
        local: SocketAddr,
        /// Whether the connection is encrypted.
        secure: bool,
    },
    /// An SCCP message that the edge did not answer itself.
    Sccp {
        /// Over which connection.
        connection: u64,
        /// The message.
        frame: sccp::wire::Frame,
    },
    /// The connection of an SCCP phone ended.
    SccpClosed {
        /// Which one.
        connection: u64,
    },
    /// The edge has news of a phone.
    News(News),
    /// A commit is durable. Answers to the claims in it, in order.
    Committed {
        /// Which commit.
        seq: CommitSeq,
        /// For each claim in it: whether it was granted.
        claims: Vec<(ClaimId, bool)>,
    },
    /// The claims of a commit could not be decided because the store failed; its other changes are being retried.
    ClaimsFailed(Vec<ClaimId>),
    /// A secret was compared.
    SecretChecked {
        /// Of the check.
        ticket: Ticket,
        /// Whether it was right.
        matches: bool,
    },
    /// A phone was told something at its web server.
    Pushed {
        /// What.
        push: Push,
        /// What became of it.
        forgot: Forgot,
    },
    /// The ways to the addresses of trunks are these now.
    TrunkPaths(TrunkPaths),
    /// Something happened at an end of media of our own.
    Media(media::Report),
    /// A media relay has translated a description, or has not.
    Relayed {
        /// Which one.
        request: u64,
        /// What it is now, or why not.
        outcome: Result<Bytes, RelayError>,
    },
    /// The site changed; it is stored already.
    SiteApplied(Arc<Site>),
    /// A question or request over the control API.
    Control {
        /// Who waits; minted by the control API.
        ticket: Ticket,
        /// What.
        request: ControlRequest,
    },
    /// The server is about to stop: no new calls, what is unsaved is saved.
    Draining,
}

/// What the control API may ask for.
#[derive(Debug)]
pub enum ControlRequest {
    /// Log a user in at a phone. The secret is optional: an administrator needs none.
    Login {
        /// Where.
        phone: PhoneName,
        /// User id or DN.
        user: String,
        /// PIN.
        secret: Option<Secret>,
    },
    /// Log somebody out.
    Logout(LogoutTarget),
    /// What somebody wants through a door of pages.
    Visit(Door, pages::Wish),
    /// Take the lock of a user away.
    Unlock(UserId),
    /// Say whether a member of hunt groups is ready for their calls.
    Ready {
        /// Which number.
        dn: Dn,
        /// Whether it is.
        ready: bool,
    },
    /// Believe whoever has the password of a phone again.
    Forgive(PhoneName),
    /// Run a job, or do something to one that runs.
    Job(JobName, JobWish),
    /// A question.
    Query(Query),
}

/// What comes out: to be done by the shell, in this order.
#[derive(Debug, Default)]
pub struct Output {
    /// To be stored, as one commit with this number.
    pub commit: Option<(CommitSeq, Vec<Change>)>,
    /// To be done at ends of media of our own.
    pub media: Vec<media::Order>,
    /// How many calls found no port for an end of media.
    pub portless: u64,
    /// To be done by media relays.
    pub relays: Vec<RelayOrder>,
    /// Transfers that were wanted, and what became of them.
    pub transfers: Vec<(TransferKind, TransferFate)>,
    /// To be sent.
    pub sends: Vec<Send>,
    /// To be sent to SCCP phones, each one or several whole messages, by the number of the connection.
    pub frames: Vec<(u64, Bytes)>,
    /// Connections of SCCP phones to be closed, after what was sent over them.
    pub hang_ups: Vec<u64>,
    /// SCCP phones that nobody named and that are to be taken into the site.
    pub newcomers: Vec<sccp::Newcomer>,
    /// SCCP phones that are in a call now, or no more: they are missed later, by the number of the connection.
    pub engaged: Vec<(u64, bool)>,
    /// SCCP phones that have become something else, for the metrics.
    pub swapped: Vec<sccp::Swapped>,
    /// What phones are to be told at their web servers.
    pub pushes: Vec<Push>,
    /// What became of telling phones to forget whom somebody called, for the metrics.
    pub forgot: Vec<Forgot>,
    /// What became of telling SIP phones to renew themselves, for the metrics.
    pub told: Vec<Told>,
    /// What happened to subscriptions of SIP phones, for the metrics.
    pub watching: Vec<WatchNews>,
    /// Secrets to be compared, away from here.
    pub checks: Vec<Check>,
    /// Answers to control requests that change something.
    pub replies: Vec<(Ticket, Result<String, Refusal>)>,
    /// Answers to questions.
    pub answers: Vec<(Ticket, Answer)>,
    /// For the event stream, the log and the metrics.
    pub announcements: Vec<Record>,
}

/// Bytes for a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// By which path. `connection` 0 on a stream: any connection to `remote`, or a new one.
    pub flow: Flow,
    /// One whole message.
    pub bytes: Bytes,
}

/// A secret to be compared. Without `against` the same work is done for nothing, and the answer is no.
#[derive(Debug)]
pub struct Check {
    /// To be given back.
    pub ticket: Ticket,
    /// What was given.
    pub secret: Secret,
    /// What it must match.
    pub against: Option<PinHash>,
}

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

/// Actions that wait for the store, in order.
#[derive(Default)]
struct Held {
    actions: VecDeque<(CommitSeq, Ordered)>,
    /// Phones for which something waits, and for which commit at the latest: their order must be kept.
    phones: HashMap<PhoneName, CommitSeq>,
}

impl Held {
    /// Keeps an action back if it has to wait; hands it back if it has not.
    fn keep(&mut self, commit: Option<CommitSeq>, action: Ordered) -> Option<Ordered> {
        let own = commit.filter(|_| action.after_commit);
        let behind = action
            .phone
            .as_ref()
            .and_then(|phone| self.phones.get(phone));
        let Some(commit) = own.max(behind.copied()) else {
            return Some(action);
        };
        if let Some(phone) = &action.phone {
            self.phones.insert(phone.clone(), commit);
        }
        let at = self.actions.partition_point(|(other, _)| *other <= commit);
        self.actions.insert(at, (commit, action));
        None
    }

    /// Takes out what waited for commits up to this one.
    fn release(&mut self, confirmed: CommitSeq) -> Vec<Ordered> {
        let count = self
            .actions
            .partition_point(|(commit, _)| *commit <= confirmed);
        self.phones.retain(|_, commit| *commit > confirmed);
        self.actions
            .drain(..count)
            .map(|(_, action)| action)
            .collect()
    }
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

    fn happened(&mut self, now: Now, event: Event) {
        let parties = parties(&self.agent, &self.switchboard, now);
        if !self.relays.hear(&event, &parties) {
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
        let commit = (!outcome.changes.is_empty()).then_some(self.last_commit + 1);
        self.changes.extend(outcome.changes);
        for ordered in outcome.actions {
            if let Some(ordered) = self.held.keep(commit, ordered) {
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
