//! Work at the exchange: inputs in, outputs out, and what is due.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Clock;
use super::checks::Checks;
use super::events::Events;
use super::intake::Inputs;
use super::media::Media;
use super::metrics::Metrics;
use super::newcomers::Newcomers;
use super::push::Pushes;
use super::relay::Relays;
use super::wires::Wires;
use crate::exchange::{Check, CommitSeq, Exchange, Input, Output};
use crate::pbx::Change;
use crate::store::{Full, Store};
use crate::time::Now;

/// How many inputs of one kind are handled before their outputs are carried out.
const BATCH: usize = 256;

/// The exchange is woken at least so often, so that a jump of the wall clock is seen.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// How late the exchange may be woken. The shortest timer that a phone minds is half a second (RFC 3261 §17.1.1.1).
const TICK: Duration = Duration::from_millis(5);

/// How soon something that did not fit is tried again.
const RETRY: Duration = Duration::from_millis(20);

/// The exchange, and everything that carries out what it wants.
pub struct Run {
    /// Reads the clocks.
    pub clock: Clock,
    /// The exchange.
    pub exchange: Exchange,
    /// What it is told.
    pub inputs: Inputs,
    /// The way to peers.
    pub wires: Wires,
    /// Media of our own.
    pub media: Arc<Media>,
    /// Where changes are stored.
    pub store: Store,
    /// Where PINs are compared.
    pub checks: Checks,
    /// The event stream.
    pub events: Events,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where phones are told things at their web servers.
    pub pushes: Arc<Pushes>,
    /// What stands between phones whose media cannot meet.
    pub relays: Relays,
    /// Where phones come in that nobody named.
    pub newcomers: Newcomers,
    /// How long a stop waits for calls to end.
    pub drain: Duration,
    /// What did not fit yet.
    pub backlog: Backlog,
    /// How far it is.
    pub progress: Progress,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// How far the work is.
#[derive(Debug, Default)]
pub struct Progress {
    /// What is being handled; kept for its room.
    batch: Vec<Input>,
    /// What found no room when it was carried out. The exchange hears of it next.
    turned: Vec<Input>,
    /// Until when calls are waited for (uptime), once the server was told to stop.
    draining: Option<Duration>,
    /// When somebody looks again without being asked (uptime).
    looked_at: Duration,
    /// Whether the server was drained: the store is being closed, and nothing may be wanted stored any more.
    is_over: bool,
}

/// What was wanted but did not fit. While there is any, no more work is taken from peers.
#[derive(Debug, Default)]
pub struct Backlog {
    commits: VecDeque<(CommitSeq, Vec<Change>)>,
    checks: VecDeque<Check>,
    /// Commits that the store has not confirmed, and since when.
    outstanding: HashMap<CommitSeq, Duration>,
}

impl Backlog {
    fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.checks.is_empty()
    }
}

impl Run {
    /// Does what there is to do, until there is nothing more.
    pub fn work(&mut self) {
        if self.progress.is_over {
            return;
        }
        let mut batch = std::mem::take(&mut self.progress.batch);
        loop {
            let is_full = self.next_batch(&mut batch);
            let now = self.clock.now();
            for input in batch.drain(..) {
                if matches!(input, Input::Draining) {
                    let until = now.uptime + self.drain;
                    self.progress.draining.get_or_insert(until);
                }
                self.note(now, &input);
                self.exchange.handle(now, input);
            }
            self.exchange.wake(now);
            let output = self.exchange.take_output();
            self.metrics
                .batch(self.clock.now().uptime.saturating_sub(now.uptime));
            self.carry_out(now, output);
            if !is_full && self.progress.turned.is_empty() {
                break;
            }
        }
        self.progress.batch = batch;
    }

    /// Whether the server was told to stop, and may. From then on no work is done.
    pub fn ends(&mut self) -> bool {
        self.progress.is_over = self.is_drained();
        self.progress.is_over
    }

    fn is_drained(&self) -> bool {
        let Some(until) = self.progress.draining else {
            return false;
        };
        let (legs, _) = self.exchange.sip_load();
        let legs = legs + self.exchange.sccp_load();
        let is_up = self.clock.now().uptime >= until;
        if !self.backlog.is_empty() || !self.backlog.outstanding.is_empty() || (legs > 0 && !is_up)
        {
            return false;
        }
        if legs > 0 {
            tracing::warn!(
                legs,
                "calls still go on and are left to their phones; limits.drain_s says how long a stop waits"
            );
        }
        true
    }

    /// When to look again, whatever happens. Whoever asks will.
    pub fn sleep(&mut self) -> Instant {
        self.progress.looked_at = self.next_look();
        self.clock.instant_at(self.progress.looked_at)
    }

    /// Whether something is due before anybody looks. Only the first who asks is told so.
    pub fn is_due_sooner(&mut self) -> bool {
        let next = self.next_look();
        let is_sooner = next < self.progress.looked_at;
        if is_sooner {
            self.progress.looked_at = next;
        }
        is_sooner
    }

    fn next_look(&self) -> Duration {
        let due = self.exchange.next_deadline().unwrap_or(Duration::MAX);
        let longest = match self.backlog.is_empty() && self.progress.draining.is_none() {
            true => LONGEST_SLEEP,
            false => RETRY,
        };
        coarse(due).min(self.clock.now().uptime + longest)
    }

    /// Takes what there is, and says whether there may be more. What the server's own parts have to say comes first: much
    /// of what peers wait for depends on it, and a phone is known to the exchange before its first call is.
    fn next_batch(&mut self, batch: &mut Vec<Input>) -> bool {
        batch.append(&mut self.progress.turned);
        fill(batch, &mut self.inputs.own, BATCH);
        // The server's own parts must not shut peers out either.
        if self.backlog.is_empty() {
            fill(batch, &mut self.inputs.peers, 2 * BATCH);
            fill(batch, &mut self.inputs.stations, 3 * BATCH);
        }
        batch.len() >= BATCH
    }

    fn note(&mut self, now: Now, input: &Input) {
        if matches!(input, Input::Sip { .. }) {
            // Only now is it no longer waiting.
            let now = self.clock.now();
            self.inputs.overload.taken(now, 1);
        }
        if let Input::Committed { seq, .. } = input
            && let Some(since) = self.backlog.outstanding.remove(seq)
        {
            let took = now.uptime.saturating_sub(since);
            self.metrics.commit(took, self.backlog.outstanding.len());
        }
    }

    /// The exchange has seen to it already that nothing in here says what the store could still forget.
    fn carry_out(&mut self, now: Now, output: Output) {
        if let Some((seq, changes)) = output.commit {
            self.backlog.outstanding.insert(seq, now.uptime);
            self.backlog.commits.push_back((seq, changes));
        }
        self.commit();
        // An end is open before the peer hears of it.
        for order in output.media {
            self.media.carry_out(now.uptime, order);
        }
        for order in output.relays {
            if let Err(turned) = self.relays.order(order) {
                self.progress.turned.push(turned.input());
            }
        }
        self.metrics.media_portless(output.portless);
        self.metrics.transfers(&output.transfers);
        self.metrics.told(&output.told);
        self.metrics.watching.take(&output.watching);
        for send in output.sends {
            self.wires.send(send);
        }
        for (connection, frames) in output.frames {
            self.wires.sccp.send(connection, frames);
        }
        for newcomer in output.newcomers {
            self.newcomers.add(newcomer);
        }
        for push in output.pushes {
            self.pushes.send(push);
        }
        self.metrics.calls_forgotten(&output.forgot);
        for (connection, is_engaged) in output.engaged {
            self.wires.sccp.engage(connection, is_engaged);
        }
        for swapped in &output.swapped {
            self.metrics.sccp.swapped(swapped);
        }
        for connection in output.hang_ups {
            self.wires.sccp.hang_up(connection);
        }
        self.backlog.checks.extend(output.checks);
        self.check();
        for (ticket, outcome) in output.replies {
            self.inputs.waiting.settle(ticket, outcome);
        }
        for (ticket, answer) in output.answers {
            self.inputs.waiting.answer(ticket, answer);
        }
        for record in output.announcements {
            self.metrics.announced(&record);
            self.events.announce(record);
        }
    }

    fn commit(&mut self) {
        while let Some((seq, changes)) = self.backlog.commits.pop_front() {
            if let Err(Full(changes)) = self.store.commit(seq, changes) {
                tracing::debug!(
                    seq,
                    "the store is behind; no new work until it has caught up"
                );
                self.backlog.commits.push_front((seq, changes));
                return;
            }
        }
    }

    fn check(&mut self) {
        while let Some(check) = self.backlog.checks.pop_front() {
            if let Err(check) = self.checks.offer(check) {
                self.backlog.checks.push_front(check);
                return;
            }
        }
    }
}

/// The next tick at or after that: what is due at nearly the same time is done at once.
fn coarse(due: Duration) -> Duration {
    let over = due.subsec_nanos() % TICK.subsec_nanos();
    match over {
        0 => due,
        _ => due.saturating_add(TICK - Duration::from_nanos(over.into())),
    }
}

fn fill(batch: &mut Vec<Input>, from: &mut mpsc::Receiver<Input>, up_to: usize) {
    while batch.len() < up_to
        && let Ok(input) = from.try_recv()
    {
        batch.push(input);
    }
}
