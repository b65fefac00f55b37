//! Perch as a back-to-back user agent: the tables of its SIP side, and what happens when time passes.
//!
//! `inbound.rs` turns messages into events, `outbound.rs` actions into messages; what both need is here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::dialog::Dialog;
use super::flow::Flow;
use super::hook::Handset;
use super::hunt_key::HuntKeys;
use super::leg::{Asked, Leg, Stage, Talking};
use super::message::Text;
use super::message_summary::Lamp;
use super::own_media::OwnMedia;
use super::refer::Referral;
use super::registrar::Registrar;
use super::relayed::Relayed;
use super::remotecc::{Push, Tunnel};
use super::seize::{Seizure, Taking};
use super::session_timer::SessionIntervals;
use super::stray::Stray;
use super::subscription::{WatchId, WatchSettings, Watches};
use super::told::Told;
use super::transaction::{ClientId, Outcome, ServerId, Transactions};
use super::trunk::{PeerName, Trunks};
use super::upstream::Upstream;
use super::wire::Message;
use crate::pbx::{
    EarlyLink, Event, Failure, LegId, LegIds, PhoneName, Renewal, Site, Ticket, UpstreamUser,
    UserId,
};
use crate::time::{Deadlines, Now};

/// A signal is answered after this time, whoever is asked for it: its sender waits for 64 × T1 (RFC 3261 §17.1.2.2),
/// and the answer may get lost a few times.
pub(super) const SIGNAL_LIMIT: Duration = Duration::from_secs(20);

/// Leg ids of calls that SIP phones begin are minted in this range.
const SIP_LEGS: u8 = 1;

/// What one of our requests was for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// To make a phone ring; the number of the branch.
    Ring(LegId, usize),
    /// To change a call.
    Change(LegId),
    /// To carry a signal.
    Signal(Ticket),
    /// To ask whether a phone in a call is still there.
    Probe(LegId),
    /// To tell a phone something.
    Tell(PhoneName),
    /// To tell a phone what becomes of a transfer.
    Notify(Ticket),
    /// To carry a text.
    Text(Ticket),
    /// To have a phone do something, and which time that is.
    Order(PhoneName, u64),
    /// To tell a phone how the line stands that it has taken.
    Seized(PhoneName),
    /// To have a phone read its file or start anew: by which registration it is there.
    Renew(PhoneName, Arc<str>),
    /// To tell a phone whether messages wait: by which registration it is there.
    Messages(PhoneName, Arc<str>),
    /// To refresh a call.
    Refresh(LegId),
    /// To ask for other media before a call is answered.
    Early(LegId, EarlyLink),
    /// To tell a watcher how something stands.
    Watch(WatchId),
    /// To register somebody at the other exchange: who, and as whom.
    Register(UserId, Arc<UpstreamUser>),
    /// To make a call by a trunk that was silent: it goes by another way now.
    Abandoned,
    /// To ask whether a trunk is there.
    ProbeTrunk(PeerName),
    /// To end something. Whatever the answer is, it is over.
    End,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// Our 2xx was not acknowledged: once more, or give up.
    Resend2xx(LegId),
    /// Ask a phone in a call whether it is still there.
    Probe(LegId),
    /// Nobody has answered a change that was wanted by UPDATE.
    Update(LegId),
    /// Tell a caller again what it has not acknowledged.
    Reliable(LegId),
    /// Refresh a call, or end one that was not refreshed.
    Session(LegId),
    /// Nobody has answered a text: its sender will not wait for much longer.
    Text(Ticket),
    /// A phone has not said what became of what it was to do.
    Remote(PhoneName),
    /// A caller of Perch itself has heard how it went.
    Farewell(LegId),
    /// Ask once more for a change that a party had no time for.
    Reoffer(LegId),
    /// Nobody has answered an offer that was made before the call is answered.
    Early(LegId),
    /// Nobody has answered a signal: its sender will not wait for much longer.
    Signal(Ticket),
    /// Nobody has dialled on a line that was taken.
    Seizure(PhoneName),
    /// A phone may have hung up that is to be told something.
    Renew(PhoneName),
    /// A subscription runs out, or its watcher may be told something again.
    Watch(WatchId),
    /// Nothing was heard of an INVITE to a trunk.
    TrunkSilent(LegId, usize),
    /// Ask whether a trunk is there.
    TrunkProbe(PeerName),
    /// It has not said so.
    TrunkUnanswered(PeerName),
    /// It has been left alone for long enough.
    TrunkRested(PeerName),
}

/// The SIP side of the exchange.
pub struct Agent {
    pub(super) registrar: Arc<Registrar>,
    pub(super) transactions: Transactions,
    pub(super) legs: BTreeMap<LegId, Leg>,
    /// Which leg a dialog belongs to: by Call-ID and our tag.
    pub(super) dialogs: HashMap<(String, String), LegId>,
    /// Which leg a caller's INVITE belongs to, by Call-ID and their tag, to tell merged requests (RFC 3261 §8.2.2.2).
    pub(super) callers: HashMap<(String, String), LegId>,
    /// Which leg an unanswered INVITE belongs to.
    pub(super) invites: HashMap<ServerId, LegId>,
    pub(super) purposes: HashMap<ClientId, Purpose>,
    /// Who waits for the answer to a signal.
    pub(super) signals: BTreeMap<Ticket, (ServerId, Message, Flow)>,
    /// Texts whose senders wait for an answer.
    pub(super) texts: BTreeMap<Ticket, Text>,
    pub(super) sessions: SessionIntervals,
    /// Transfers that phones wait for the outcome of.
    pub(super) referrals: BTreeMap<Ticket, Referral>,
    /// Answers that came too late, by the INVITE that they answer.
    pub(super) strays: BTreeMap<ClientId, Vec<Stray>>,
    /// Phones that took no MESSAGE, whatever they said that they allow.
    pub(super) silent: BTreeSet<PhoneName>,
    /// What phones were told to do and have not said the last about.
    pub(super) tunnels: BTreeMap<PhoneName, Tunnel>,
    /// Keys for hunt groups.
    pub(super) hunt_keys: HuntKeys,
    /// Phones that take no such orders, whatever they call themselves.
    pub(super) untunnelled: BTreeSet<PhoneName>,
    /// What phones are to be told at their web servers.
    pub(super) pushes: Vec<Push>,
    /// Registrations, by their Call-IDs, of phones that are not to be told to renew themselves.
    pub(super) deaf: BTreeSet<(PhoneName, Arc<str>)>,
    /// Lines that phones have taken, and not dialled on yet.
    pub(super) seizures: BTreeMap<PhoneName, Seizure>,
    /// Those that the core has not answered yet.
    pub(super) takings: BTreeMap<Ticket, Taking>,
    /// What phones were told of messages.
    pub(super) lamps: BTreeMap<PhoneName, Lamp>,
    /// Handsets that are up, as far as phones tell.
    pub(super) handsets: BTreeMap<PhoneName, Handset>,
    /// Phones that are to hang up first, and what they are told then.
    pub(super) renewals: BTreeMap<PhoneName, Renewal>,
    /// What became of telling phones.
    pub(super) told: Vec<Told>,
    /// Who watches what.
    pub(super) watches: Watches,
    /// Ways out of the house.
    pub(super) trunks: Trunks,
    /// Says who made which phone.
    pub(super) site: Arc<Site>,
    /// Calls in which Perch itself is the other party.
    pub(super) own: OwnMedia,
    /// The other exchange, and who is registered there.
    pub(super) upstream: Option<Upstream>,
    /// What some places of phones that are about to ring are offered.
    pub(super) relayed: BTreeMap<LegId, Relayed>,
    pub(super) deadlines: Deadlines<Timer>,
    pub(super) events: Vec<Event>,
    pub(super) leg_ids: LegIds,
    pub(super) draining: bool,
    /// How many phones ring.
    ringing: usize,
    random: StdRng,
    last_ticket: u64,
}

impl Agent {
    /// Where the party of a leg is: the address of ours that it is reached from, and its own.
    pub fn place_of(&self, leg: LegId) -> Option<(IpAddr, IpAddr)> {
        let flow = match &self.legs.get(&leg)?.stage {
            Stage::Incoming(incoming) => incoming.flow,
            Stage::Talking(talking) => talking.dialog.flow,
            Stage::Outgoing(_) => return None,
        };
        Some((flow.local.ip(), flow.remote.ip()))
    }

    /// An agent without calls.
    pub fn new(registrar: Arc<Registrar>, seed: [u8; 32]) -> Agent {
        Agent {
            registrar,
            transactions: Transactions::default(),
            legs: BTreeMap::new(),
            dialogs: HashMap::new(),
            callers: HashMap::new(),
            invites: HashMap::new(),
            purposes: HashMap::new(),
            signals: BTreeMap::new(),
            texts: BTreeMap::new(),
            sessions: SessionIntervals::default(),
            referrals: BTreeMap::new(),
            strays: BTreeMap::new(),
            silent: BTreeSet::new(),
            tunnels: BTreeMap::new(),
            hunt_keys: HuntKeys::default(),
            untunnelled: BTreeSet::new(),
            pushes: Vec::new(),
            deaf: BTreeSet::new(),
            seizures: BTreeMap::new(),
            takings: BTreeMap::new(),
            lamps: BTreeMap::new(),
            handsets: BTreeMap::new(),
            renewals: BTreeMap::new(),
            told: Vec::new(),
            watches: Watches::default(),
            trunks: Trunks::default(),
            site: Arc::default(),
            own: OwnMedia::default(),
            upstream: None,
            relayed: BTreeMap::new(),
            deadlines: Deadlines::default(),
            events: Vec::new(),
            leg_ids: LegIds::minted_by(SIP_LEGS),
            draining: false,
            ringing: 0,
            random: StdRng::from_seed(seed),
            last_ticket: 0,
        }
    }

    /// The same agent, with other intervals in which calls are to be refreshed.
    pub fn with_sessions(mut self, sessions: SessionIntervals) -> Agent {
        self.sessions = sessions;
        self
    }

    /// The same agent, with other settings for those who watch something.
    pub fn with_watching(mut self, settings: WatchSettings) -> Agent {
        self.watches.settings = settings;
        self
    }

    /// Another site is in force.
    pub fn set_site(&mut self, now: Now, site: Arc<Site>) {
        self.deaf
            .retain(|(phone, _)| site.phones.contains_key(phone));
        self.lamps.retain(|phone, _| {
            site.phones.contains_key(phone) || site.softphone(phone.as_str()).is_some()
        });
        self.site = site;
        self.review_trunks(now);
        self.review_upstream(now);
    }

    /// Takes out what happened.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes out what is to be sent.
    pub fn take_sends(&mut self) -> Vec<(Flow, Bytes)> {
        std::mem::take(&mut self.transactions.sends)
    }

    /// When something is due (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        let ours = self.deadlines.next();
        let theirs = self.transactions.next_deadline();
        let upstream = self.next_upstream();
        [ours, theirs, upstream].into_iter().flatten().min()
    }

    /// No new calls any more.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// How many legs and transactions there are: none, when all is quiet.
    pub fn load(&self) -> (usize, usize) {
        (self.legs.len(), self.transactions.len())
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Now) {
        for outcome in self.transactions.wake(now) {
            self.outcome(now, outcome);
        }
        self.wake_upstream(now);
        while let Some(timer) = self.deadlines.pop_due(now.uptime) {
            match timer {
                Timer::Resend2xx(leg) => self.resend_2xx(now, leg),
                Timer::Probe(leg) => self.probe(now, leg),
                Timer::Update(leg) => self.update_overdue(now, leg),
                Timer::Reliable(leg) => self.tell_again(now, leg),
                Timer::Session(leg) => self.session_due(now, leg),
                Timer::Text(ticket) => self.text_overdue(now, ticket),
                Timer::Remote(phone) => self.order_overdue(phone),
                Timer::Farewell(leg) => self.farewell_said(now, leg),
                Timer::Seizure(phone) => self.seizure_overdue(now, &phone),
                Timer::Renew(phone) => self.renew_if_quiet(now, &phone),
                Timer::Watch(id) => self.watch_due(now, id),
                Timer::Early(leg) => self.settle_early(now, leg, 504),
                Timer::Reoffer(leg) => self.reoffer_if_ready(now, leg),
                Timer::TrunkSilent(leg, index) => self.trunk_silent(now, leg, index),
                Timer::TrunkProbe(peer) => self.probe_trunk(now, peer),
                Timer::TrunkUnanswered(peer) => self.trunk_unanswered(now, &peer),
                Timer::TrunkRested((trunk, _)) => self.tell_trunk(now, &trunk),
                // RFC 4320 §4.1: an answer that its sender no longer waits for is worse than none, and never a 408.
                Timer::Signal(ticket) => self.signal_reply(now, ticket, 504),
            }
        }
    }

    /// A connection ended: what went over it is addressed to where the phone says that it listens.
    pub fn connection_closed(&mut self, now: Now, connection: u64) {
        for outcome in self.transactions.connection_closed(connection) {
            self.outcome(now, outcome);
        }
        for leg in self.legs.values_mut() {
            let Stage::Talking(talking) = &mut leg.stage else {
                continue;
            };
            let dialog = &mut talking.dialog;
            if dialog.flow.connection == connection {
                dialog.flow = super::outbound::flow_to(&dialog.target, dialog.flow);
            }
        }
    }

    /// A peer cannot be reached by this flow.
    pub fn unreachable(&mut self, now: Now, flow: Flow) {
        for outcome in self.transactions.unreachable(flow) {
            self.outcome(now, outcome);
        }
    }

    pub(super) fn outcome(&mut self, now: Now, outcome: Outcome) {
        match outcome {
            Outcome::TimedOut(client) => self.timed_out(now, client, 408),
            Outcome::Unreachable(client) => self.timed_out(now, client, 430),
            Outcome::Ended(client) => {
                self.purposes.remove(&client);
                self.trunks.forget(client);
                self.strays.remove(&client);
            }
        }
    }

    /// Takes a leg out of every table.
    pub(super) fn forget(&mut self, id: LegId) {
        let Some(leg) = self.legs.remove(&id) else {
            return;
        };
        self.deadlines.disarm(&Timer::Resend2xx(id));
        self.deadlines.disarm(&Timer::Probe(id));
        self.deadlines.disarm(&Timer::Session(id));
        self.deadlines.disarm(&Timer::Reliable(id));
        self.deadlines.disarm(&Timer::Update(id));
        self.deadlines.disarm(&Timer::Farewell(id));
        self.deadlines.disarm(&Timer::Reoffer(id));
        self.deadlines.disarm(&Timer::Early(id));
        self.own.close(id);
        self.trunks.accounts.remove(&id);
        match leg.stage {
            Stage::Incoming(incoming) => {
                self.invites.remove(&incoming.server);
                self.callers.remove(&caller_key(&incoming.invite));
            }
            Stage::Outgoing(outgoing) => {
                self.rings_less();
                let out = outgoing.out.iter();
                for index in out.flat_map(|_| 0..outgoing.branches.len()) {
                    self.deadlines.disarm(&Timer::TrunkSilent(id, index));
                }
                let key = (outgoing.call_id, outgoing.local_tag);
                self.dialogs.remove(&key);
            }
            Stage::Talking(talking) => {
                self.keep_dialog_for_notices(id, &talking.dialog);
                let Dialog {
                    call_id,
                    local_tag,
                    remote_tag,
                    ..
                } = talking.dialog;
                self.callers.remove(&(call_id.clone(), remote_tag));
                self.dialogs.remove(&(call_id, local_tag));
            }
        }
    }

    /// One phone more rings: the registrar tells where it is besides.
    pub(super) fn rings_more(&mut self) {
        self.ringing += 1;
        self.registrar.set_ringing(self.ringing);
    }

    /// One phone less rings.
    pub(super) fn rings_less(&mut self) {
        self.ringing = self.ringing.saturating_sub(1);
        self.registrar.set_ringing(self.ringing);
    }

    pub(super) fn talking(&mut self, leg: LegId) -> Option<&mut Talking> {
        match &mut self.legs.get_mut(&leg)?.stage {
            Stage::Talking(talking) => Some(talking),
            _ => None,
        }
    }

    /// No answer to one of our requests: as if it were this status.
    fn timed_out(&mut self, now: Now, client: ClientId, status: u16) {
        self.trunks.forget(client);
        match self.purposes.remove(&client) {
            Some(Purpose::Ring(leg, branch)) => self.branch_failed(now, leg, branch, status),
            Some(Purpose::Change(leg)) => {
                if let Some(talking) = self.talking(leg) {
                    if let Some(Asked::For(_)) = talking.outgoing.take() {
                        let why = Failure::Unreachable;
                        self.events.push(Event::ReofferRefused { leg, why });
                    }
                    self.dead(now, leg);
                }
            }
            Some(Purpose::Signal(ticket)) => {
                let status = 504;
                self.events.push(Event::SignalAnswered { ticket, status });
            }
            Some(Purpose::Probe(leg) | Purpose::Refresh(leg)) => self.dead(now, leg),
            Some(Purpose::Early(leg, link)) => {
                self.early_update_answered(leg, link, Err(Failure::Unreachable));
            }
            Some(Purpose::Text(ticket)) => self.text_answered(now, ticket, status),
            Some(Purpose::Watch(id)) => self.watcher_heard(now, id, status, None),
            Some(Purpose::Order(phone, attempt)) => {
                self.order_answered(now, phone, attempt, status);
            }
            Some(Purpose::Notify(ticket)) => self.notified(now, ticket, 408),
            Some(Purpose::Seized(phone)) => self.seizure_heard(now, &phone, 408),
            Some(Purpose::Renew(phone, call_id)) => {
                // Only one that answers can say that it does not do such things.
                self.renewal_answered(phone, call_id, 504);
            }
            Some(Purpose::Messages(phone, call_id)) => {
                self.messages_shown(now, &phone, call_id, status);
            }
            Some(Purpose::Register(user, _)) => self.register_unanswered(now, &user),
            Some(Purpose::ProbeTrunk(peer)) => self.trunk_probed(now, &peer, Err(status)),
            Some(Purpose::Tell(_) | Purpose::Abandoned | Purpose::End) | None => {}
        }
    }

    pub(super) fn mint_seed(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// Fewer than so many milliseconds, at random.
    pub(super) fn some_millis(&mut self, below: u32) -> u64 {
        u64::from(self.random.next_u32() % below)
    }

    /// Up to so many hundredths of a second, at random, in milliseconds.
    pub(super) fn some_centis(&mut self, most: u32) -> u64 {
        u64::from(self.random.next_u32() % (most + 1)) * 10
    }

    /// A number to begin counting from (RFC 3262 §3).
    pub(super) fn some_rseq(&mut self) -> u32 {
        1 + self.random.next_u32() % 0x7fff_ffff
    }

    /// A tag of ours, for somebody there.
    pub(super) fn mint_tag(&mut self, towards: IpAddr) -> String {
        self.registrar.tag_for(self.random.next_u64(), towards)
    }

    pub(super) fn mint_branch(&mut self) -> String {
        format!("z9hG4bK{:016x}", self.random.next_u64())
    }

    pub(super) fn mint_call_id(&mut self) -> String {
        format!(
            "{:016x}{:016x}",
            self.random.next_u64(),
            self.random.next_u64()
        )
    }

    pub(super) fn mint_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }
}

/// The dialog that a request of theirs belongs to: its Call-ID and our tag.
pub(super) fn dialog_of(request: &Message) -> (String, String) {
    let tag = request.to_tag();
    (
        request.call_id().to_owned(),
        tag.unwrap_or_default().to_owned(),
    )
}

/// What tells the INVITEs of one caller apart from all others.
pub(super) fn caller_key(invite: &Message) -> (String, String) {
    let tag = invite.from_tag();
    (
        invite.call_id().to_owned(),
        tag.unwrap_or_default().to_owned(),
    )
}
