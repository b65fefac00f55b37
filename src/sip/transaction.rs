//! Transactions (RFC 3261 §17, RFC 6026) as data with deadlines: no task, no clock, no socket.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rsip::Method;

use super::flow::Flow;
use super::wire::{self, Builder, Message, Name, Parsed, name_of};
use crate::time::{Deadlines, Now};

/// Round-trip estimate, RFC 3261 §17.1.1.1.
pub(super) const T1: Duration = Duration::from_millis(500);
/// The longest interval between retransmissions.
pub(super) const T2: Duration = Duration::from_secs(4);
/// How long a message may stay in the network.
const T4: Duration = Duration::from_secs(5);
/// When the sender of an INVITE that nothing was said about yet is told that it came: before it sends it again, and
/// within the 200 ms of RFC 3261 §17.2.1. Most phones ring sooner, and then nobody needs it.
const TRYING_AFTER: Duration = Duration::from_millis(150);
/// Timers B, D, F, H, J, L, M.
pub(super) const GIVE_UP: Duration = Duration::from_secs(32);

/// More transactions than this at once are turned away with 503.
const SERVERS_AT_ONCE: usize = 200_000;

/// A transaction that a peer began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ServerId(u64);

/// A transaction that we began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClientId(u64);

/// What a request is to the transactions.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A new request, to be answered.
    New(ServerId),
    /// An ACK that no transaction wanted: it acknowledges a 2xx, which is the dialog's.
    AckOf2xx,
    /// A CANCEL for this transaction, to be answered; none if there is no such transaction.
    Cancel(ServerId, Option<ServerId>),
    /// Dealt with: a retransmission, or the ACK of a refusal.
    Absorbed,
    /// There are too many.
    Overload,
}

/// What happened to a transaction that we began.
#[derive(Debug)]
pub(super) enum Outcome {
    /// No response came in time.
    TimedOut(ClientId),
    /// There is no way to whoever should have answered.
    Unreachable(ClientId),
    /// It was answered long ago, and nothing of it is left.
    Ended(ClientId),
}

impl Outcome {
    fn into_unreachable(self) -> Outcome {
        match self {
            Outcome::TimedOut(client) => Outcome::Unreachable(client),
            other => other,
        }
    }
}

#[derive(Debug)]
struct Server {
    key: Arc<str>,
    is_invite: bool,
    flow: Flow,
    /// Where responses go, RFC 3261 §18.2.2.
    answer_to: SocketAddr,
    /// Where the sender says that it listens: for responses whose connection is gone.
    listens_at: SocketAddr,
    state: ServerState,
}

#[derive(Debug)]
enum ServerState {
    /// Not answered finally yet; the last provisional response.
    Proceeding(Option<Bytes>),
    /// Answered finally; kept for retransmissions.
    Completed { answer: Bytes, interval: Duration },
    /// A refusal that was acknowledged, or a 2xx that is the dialog's to retransmit (RFC 6026 §7.1).
    Quiet,
}

#[derive(Debug)]
struct Client {
    key: Arc<str>,
    method: Method,
    flow: Flow,
    request: Bytes,
    state: ClientState,
}

#[derive(Debug)]
enum ClientState {
    /// Nothing was heard yet. If it is to be taken back then, with this Reason.
    Calling {
        interval: Duration,
        cancel: Option<String>,
    },
    /// A provisional response came.
    Proceeding { interval: Duration, cancelled: bool },
    /// A refusal came; its ACK is kept for retransmissions.
    Completed { ack: Option<Bytes> },
    /// A 2xx to an INVITE came; more of them are passed up (RFC 6026 §7.2).
    Accepted,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    Trying(ServerId),
    ServerResend(ServerId),
    ServerEnd(ServerId),
    ClientResend(ClientId),
    ClientEnd(ClientId),
}

/// All transactions.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    servers: HashMap<ServerId, Server>,
    by_key: HashMap<Arc<str>, ServerId>,
    clients: HashMap<ClientId, Client>,
    by_branch: HashMap<Arc<str>, ClientId>,
    deadlines: Deadlines<Timer>,
    last: u64,
    /// Where keys are written to be looked for.
    key: String,
    /// To be sent.
    pub sends: Vec<(Flow, Bytes)>,
}

impl Transactions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.servers.len() + self.clients.len()
    }

    /// When something is due (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.next()
    }

    /// A request came.
    pub fn receive(&mut self, now: Now, flow: Flow, request: &Message) -> Incoming {
        let method = request.method_text();
        let key = &mut self.key;
        write_server_key(
            key,
            request,
            if method == "ACK" { "INVITE" } else { method },
        );
        let known = self.by_key.get(key.as_str()).copied();
        let is_quiet = |id| {
            let state = self.servers.get(&id).map(|server| &server.state);
            matches!(state, Some(ServerState::Quiet))
        };
        // Some phones acknowledge a 2xx with the branch of the INVITE.
        if method == "ACK" && known.is_none_or(is_quiet) {
            return Incoming::AckOf2xx;
        }
        if let Some(id) = known {
            self.again(now, id, method == "ACK");
            return Incoming::Absorbed;
        }
        if self.servers.len() >= SERVERS_AT_ONCE {
            return Incoming::Overload;
        }
        let key: Arc<str> = self.key.as_str().into();
        let cancelled = (method == "CANCEL").then(|| {
            write_server_key(&mut self.key, request, "INVITE");
            self.by_key.get(self.key.as_str()).copied()
        });
        let id = ServerId(self.mint());
        let via = request.top_via().ok();
        let answer_to = match via {
            Some(via) if !flow.transport.is_reliable() => via.response_target(flow.remote),
            _ => flow.remote,
        };
        let port = via.and_then(|via| via.port);
        let mut listens_at = flow.remote;
        listens_at.set_port(port.unwrap_or(flow.transport.default_port()));
        self.by_key.insert(Arc::clone(&key), id);
        let server = Server {
            key,
            is_invite: method == "INVITE",
            flow,
            answer_to,
            listens_at,
            state: ServerState::Proceeding(None),
        };
        self.servers.insert(id, server);
        match cancelled {
            Some(invite) => Incoming::Cancel(id, invite),
            None => Incoming::New(id),
        }
    }

    /// A request came again, or the ACK of our refusal.
    fn again(&mut self, now: Now, id: ServerId, is_ack: bool) {
        let Some(server) = self.servers.get_mut(&id) else {
            return;
        };
        match (&server.state, is_ack) {
            (ServerState::Completed { .. }, true) => {
                server.state = ServerState::Quiet;
                let linger = if server.flow.transport.is_reliable() {
                    Duration::ZERO
                } else {
                    T4
                };
                self.deadlines.disarm(&Timer::ServerResend(id));
                self.deadlines
                    .arm(Timer::ServerEnd(id), now.uptime + linger);
            }
            (ServerState::Completed { answer: last, .. }, false)
            | (ServerState::Proceeding(Some(last)), false) => {
                let to = server.towards();
                self.sends.push((to, last.clone()));
            }
            _ => {}
        }
    }

    /// An INVITE is being worked on: its sender is told so (100) unless it hears something else first.
    pub fn trying(&mut self, now: Now, id: ServerId, bytes: Bytes) {
        if let Some(server) = self.servers.get_mut(&id) {
            server.state = ServerState::Proceeding(Some(bytes));
            self.deadlines
                .arm(Timer::Trying(id), now.uptime + TRYING_AFTER);
        }
    }

    fn say_trying(&mut self, id: ServerId) {
        if let Some(server) = self.servers.get(&id)
            && let ServerState::Proceeding(Some(trying)) = &server.state
        {
            self.sends.push((server.towards(), trying.clone()));
        }
    }

    /// Answers a request. For an INVITE answered with 2xx, the dialog does the retransmissions.
    pub fn respond(&mut self, now: Now, id: ServerId, status: u16, bytes: Bytes) {
        let Some(server) = self.servers.get_mut(&id) else {
            return;
        };
        if !matches!(server.state, ServerState::Proceeding(_)) {
            return;
        }
        let to = server.towards();
        self.sends.push((to, bytes.clone()));
        if server.is_invite {
            self.deadlines.disarm(&Timer::Trying(id));
        }
        if status < 200 {
            server.state = ServerState::Proceeding(Some(bytes));
            return;
        }
        let reliable = server.flow.transport.is_reliable();
        let is_invite = server.is_invite;
        if is_invite && status < 300 {
            server.state = ServerState::Quiet;
        } else {
            server.state = ServerState::Completed {
                answer: bytes,
                interval: T1,
            };
            if is_invite && !reliable {
                self.deadlines.arm(Timer::ServerResend(id), now.uptime + T1);
            }
        }
        let linger = if reliable && !is_invite {
            Duration::ZERO
        } else {
            GIVE_UP
        };
        self.deadlines
            .arm(Timer::ServerEnd(id), now.uptime + linger);
    }

    /// Answers a request, and remembers nothing of it: one that comes again is answered again (RFC 3261 §8.2.7).
    pub fn respond_and_forget(&mut self, id: ServerId, bytes: Bytes) {
        if let Some(server) = self.servers.remove(&id) {
            self.by_key.remove(&server.key);
            self.deadlines.disarm(&Timer::Trying(id));
            self.sends.push((server.towards(), bytes));
        }
    }

    /// Whether a request still waits for its final answer.
    pub fn is_pending(&self, id: ServerId) -> bool {
        self.servers
            .get(&id)
            .is_some_and(|server| matches!(server.state, ServerState::Proceeding(_)))
    }

    /// Sends a request. Its topmost Via must carry `branch`.
    pub fn request(
        &mut self,
        now: Now,
        flow: Flow,
        method: Method,
        branch: &str,
        request: Bytes,
    ) -> ClientId {
        let id = ClientId(self.mint());
        self.sends.push((flow, request.clone()));
        write_client_key(&mut self.key, branch, name_of(method));
        let key: Arc<str> = self.key.as_str().into();
        self.by_branch.insert(Arc::clone(&key), id);
        if !flow.transport.is_reliable() {
            self.deadlines.arm(Timer::ClientResend(id), now.uptime + T1);
        }
        self.deadlines
            .arm(Timer::ClientEnd(id), now.uptime + GIVE_UP);
        let client = Client {
            key,
            method,
            flow,
            request,
            state: ClientState::Calling {
                interval: T1,
                cancel: None,
            },
        };
        self.clients.insert(id, client);
        id
    }

    /// Takes an INVITE back: at once if something was heard of it, else as soon as it is (RFC 3261 §9.1).
    pub fn cancel(&mut self, now: Now, id: ClientId, reason: &str) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        match &mut client.state {
            ClientState::Calling { cancel, .. } => *cancel = Some(reason.to_owned()),
            // Once: a second CANCEL would be another request in the same transaction.
            ClientState::Proceeding { cancelled, .. } if !*cancelled => {
                *cancelled = true;
                self.send_cancel(now, id, reason);
            }
            _ => {}
        }
    }

    /// Asks no more: only an answer to what was sent already is waited for.
    pub fn ask_no_more(&mut self, id: ClientId) {
        self.deadlines.disarm(&Timer::ClientResend(id));
    }

    fn send_cancel(&mut self, now: Now, id: ClientId, reason: &str) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let Parsed::Accept(invite) = wire::parse(client.request.clone()) else {
            return;
        };
        let flow = client.flow;
        let mut builder = follow_up(Method::Cancel, &invite, invite.header(Name::To));
        if !reason.is_empty() {
            builder = builder.header(Name::Reason, reason);
        }
        let branch = branch_of(&invite);
        self.request(now, flow, Method::Cancel, &branch, builder.finish());
        // A phone that never answers the cancelled INVITE must not keep the transaction (RFC 3261 §9.1).
        self.deadlines
            .arm(Timer::ClientEnd(id), now.uptime + GIVE_UP);
    }

    /// A response came: to this request, and perhaps once more if it is a 2xx to an INVITE. None if no transaction
    /// wants it.
    pub fn response(&mut self, now: Now, response: &Message) -> Option<ClientId> {
        let branch = response.top_via().ok()?.branch?;
        write_client_key(&mut self.key, branch, response.cseq().1);
        let id = *self.by_branch.get(self.key.as_str())?;
        let status = response.status()?;
        let client = self.clients.get_mut(&id)?;
        let is_invite = client.method == Method::Invite;
        match (&mut client.state, status) {
            (ClientState::Completed { ack }, 300..) => {
                if let Some(ack) = ack {
                    self.sends.push((client.flow, ack.clone()));
                }
                return None;
            }
            (ClientState::Completed { .. }, _) | (ClientState::Accepted, ..200 | 300..) => {
                return None;
            }
            (ClientState::Accepted, _) => {}
            (ClientState::Calling { interval, cancel }, ..200) => {
                let (interval, cancel) = (*interval, cancel.take());
                client.state = ClientState::Proceeding {
                    interval,
                    cancelled: cancel.is_some(),
                };
                if is_invite {
                    // Once it rings the core decides how long (timer B ends here).
                    self.deadlines.disarm(&Timer::ClientResend(id));
                    self.deadlines.disarm(&Timer::ClientEnd(id));
                }
                if let Some(reason) = cancel {
                    self.send_cancel(now, id, &reason);
                }
            }
            (ClientState::Proceeding { .. }, ..200) => {}
            (_, 200..300) if is_invite => {
                client.state = ClientState::Accepted;
                self.finish_client(now, id, GIVE_UP);
            }
            _ => self.complete(now, id, response),
        }
        Some(id)
    }

    /// A final response that ends the transaction: a refusal of an INVITE is acknowledged here.
    fn complete(&mut self, now: Now, id: ClientId, response: &Message) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let mut ack = None;
        if client.method == Method::Invite
            && let Parsed::Accept(invite) = wire::parse(client.request.clone())
        {
            let bytes = follow_up(Method::Ack, &invite, response.header(Name::To)).finish();
            self.sends.push((client.flow, bytes.clone()));
            ack = Some(bytes);
        }
        let linger = match (client.flow.transport.is_reliable(), ack.is_some()) {
            (true, _) => Duration::ZERO,
            (false, true) => GIVE_UP,
            (false, false) => T4,
        };
        client.state = ClientState::Completed { ack };
        self.finish_client(now, id, linger);
    }

    fn finish_client(&mut self, now: Now, id: ClientId, linger: Duration) {
        self.deadlines.disarm(&Timer::ClientResend(id));
        self.deadlines
            .arm(Timer::ClientEnd(id), now.uptime + linger);
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Now) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while let Some(timer) = self.deadlines.pop_due(now.uptime) {
            match timer {
                Timer::Trying(id) => self.say_trying(id),
                Timer::ServerResend(id) => self.resend_answer(now, id),
                Timer::ServerEnd(id) => {
                    self.deadlines.disarm(&Timer::ServerResend(id));
                    if let Some(server) = self.servers.remove(&id) {
                        self.by_key.remove(&server.key);
                    }
                }
                Timer::ClientResend(id) => self.resend_request(now, id),
                Timer::ClientEnd(id) => outcomes.extend(self.end_client(id)),
            }
        }
        outcomes
    }

    fn resend_answer(&mut self, now: Now, id: ServerId) {
        let Some(server) = self.servers.get_mut(&id) else {
            return;
        };
        let to = server.towards();
        if let ServerState::Completed { answer, interval } = &mut server.state {
            *interval = (*interval * 2).min(T2);
            self.sends.push((to, answer.clone()));
            self.deadlines
                .arm(Timer::ServerResend(id), now.uptime + *interval);
        }
    }

    fn resend_request(&mut self, now: Now, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let is_invite = client.method == Method::Invite;
        let interval = match &mut client.state {
            ClientState::Calling { interval, .. } => {
                *interval *= 2;
                if !is_invite {
                    *interval = (*interval).min(T2);
                }
                *interval
            }
            ClientState::Proceeding { interval, .. } if !is_invite => {
                *interval = T2;
                T2
            }
            _ => return,
        };
        self.sends.push((client.flow, client.request.clone()));
        self.deadlines
            .arm(Timer::ClientResend(id), now.uptime + interval);
    }

    /// A connection is gone: what is to be answered over it goes to where its sender listens (RFC 3261 §18.2.2), and
    /// what was asked over it and not heard of yet will not be (§17.1.4).
    pub fn connection_closed(&mut self, connection: u64) -> Vec<Outcome> {
        let lost = self.servers.values_mut();
        for server in lost.filter(|server| server.flow.connection == connection) {
            server.flow.connection = 0;
            server.answer_to = server.listens_at;
        }
        self.end_unheard(|flow| flow.connection == connection)
    }

    /// There is no way to a peer: what was asked of it and not heard of yet will not be.
    pub fn unreachable(&mut self, flow: Flow) -> Vec<Outcome> {
        self.end_unheard(|other| {
            (other.transport, other.remote) == (flow.transport, flow.remote)
                && [0, flow.connection].contains(&other.connection)
        })
    }

    fn end_unheard(&mut self, is_lost: impl Fn(&Flow) -> bool) -> Vec<Outcome> {
        let unheard = self.clients.iter().filter(|(_, client)| {
            matches!(client.state, ClientState::Calling { .. }) && is_lost(&client.flow)
        });
        let mut lost: Vec<ClientId> = unheard.map(|(id, _)| *id).collect();
        lost.sort_unstable();
        for id in &lost {
            self.deadlines.disarm(&Timer::ClientEnd(*id));
        }
        let ended = lost.into_iter().filter_map(|id| self.end_client(id));
        ended.map(Outcome::into_unreachable).collect()
    }

    fn end_client(&mut self, id: ClientId) -> Option<Outcome> {
        self.deadlines.disarm(&Timer::ClientResend(id));
        let client = self.clients.remove(&id)?;
        self.by_branch.remove(&client.key);
        Some(match client.state {
            ClientState::Calling { .. } | ClientState::Proceeding { .. } => Outcome::TimedOut(id),
            ClientState::Completed { .. } | ClientState::Accepted => Outcome::Ended(id),
        })
    }

    /// A request of ours, as long as its transaction lasts.
    pub fn request_of(&self, id: ClientId) -> Option<Message> {
        match wire::parse(self.clients.get(&id)?.request.clone()) {
            Parsed::Accept(request) => Some(request),
            _ => None,
        }
    }

    /// How a request of ours was sent.
    pub fn flow_of(&self, branch: &str, method: &str) -> Option<Flow> {
        let mut key = String::new();
        write_client_key(&mut key, branch, method);
        Some(self.clients.get(self.by_branch.get(key.as_str())?)?.flow)
    }

    fn mint(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

impl Server {
    fn towards(&self) -> Flow {
        Flow {
            remote: self.answer_to,
            ..self.flow
        }
    }
}

/// Parts of a key are kept apart by what cannot be in a header.
const APART: char = '\n';

/// What makes two requests the same (RFC 3261 §17.2.3); without the magic cookie, what RFC 2543 went by.
fn write_server_key(key: &mut String, request: &Message, method: &str) {
    key.clear();
    key.push_str(method);
    let via = request.top_via().ok();
    if let Some(via) = via {
        let port = via.port.unwrap_or(5060);
        key.push(APART);
        key.extend(via.host.chars().map(|c| c.to_ascii_lowercase()));
        // Writing into a text cannot fail.
        let _ = write!(key, ":{port}");
    }
    key.push(APART);
    match via.and_then(|via| via.unique_branch()) {
        Some(branch) => key.push_str(branch),
        None => {
            let tag = request.from_tag().unwrap_or_default();
            let (call_id, (cseq, _)) = (request.call_id(), request.cseq());
            let _ = write!(key, "{call_id} {cseq} {tag}");
        }
    }
}

/// What a response names the request by that it answers (RFC 3261 §17.1.3).
fn write_client_key(key: &mut String, branch: &str, method: &str) {
    key.clear();
    key.push_str(method);
    key.push(APART);
    key.push_str(branch);
}

fn branch_of(request: &Message) -> String {
    let via = request.top_via().ok();
    let branch = via.and_then(|via| via.branch);
    branch.unwrap_or_default().to_owned()
}

/// The CANCEL of an INVITE (RFC 3261 §9.1), or the ACK of its refusal (§17.1.1.3).
fn follow_up(method: Method, invite: &Message, to: Option<&[u8]>) -> Builder {
    let via = invite.header(Name::Via).unwrap_or_default();
    Builder::request(method, invite.uri_text())
        .header(Name::Via, via)
        .copy(invite, Name::Route)
        .copy(invite, Name::From)
        .header(Name::To, to.unwrap_or_default())
        .copy(invite, Name::CallId)
        .display(Name::CSeq, format_args!("{} {method}", invite.cseq().0))
        .header(Name::MaxForwards, "70")
}
