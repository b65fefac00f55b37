//! What a store would remember, as far as sessions go by it.

use std::collections::{BTreeMap, HashMap};

use crate::pbx::{
    AwaitedMove, Change, Claim, Closed, JobName, JobState, PhoneName, Remembered, SessionId,
    StoredSession, UserId,
};
use crate::time::Utc;

/// Open sessions, and what decides when they end.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    sessions: BTreeMap<SessionId, StoredSession>,
    by_phone: HashMap<PhoneName, SessionId>,
    by_user: HashMap<UserId, Vec<SessionId>>,
    awaited_moves: BTreeMap<UserId, AwaitedMove>,
    emergency_calls: BTreeMap<PhoneName, Utc>,
    clock_seen: Option<Utc>,
    jobs: BTreeMap<JobName, JobState>,
}

impl Memory {
    /// What a core goes on from.
    pub fn remembered(&self) -> Remembered {
        Remembered {
            sessions: self.sessions.values().cloned().collect(),
            awaited_moves: self.awaited_moves.values().cloned().collect(),
            emergency_calls: self.emergency_calls.clone().into_iter().collect(),
            clock_seen: self.clock_seen,
            jobs: self.jobs.clone().into_iter().collect(),
            ..Remembered::default()
        }
    }

    /// Every open session.
    pub fn sessions(&self) -> impl Iterator<Item = &StoredSession> {
        self.sessions.values()
    }

    /// The session at a phone.
    pub fn session_at(&self, phone: &PhoneName) -> Option<&StoredSession> {
        self.sessions.get(self.by_phone.get(phone)?)
    }

    /// Writes a session down that was there already.
    pub fn open(&mut self, session: StoredSession) {
        let id = session.session;
        self.by_phone.insert(session.phone.clone(), id);
        let theirs = self.by_user.entry(session.user.clone()).or_default();
        theirs.push(id);
        theirs.sort_unstable();
        self.sessions.insert(id, session);
    }

    /// The session at a phone was used last then, as is known from elsewhere.
    pub fn set_last_used(&mut self, phone: &PhoneName, last_used: (Utc, crate::pbx::Signal)) {
        let id = self.by_phone.get(phone);
        if let Some(session) = id.and_then(|id| self.sessions.get_mut(id)) {
            session.last_used = last_used;
        }
    }

    /// Ends a session; none if it is not open.
    pub fn close(&mut self, closed: &Closed) -> Option<StoredSession> {
        let session = self.sessions.remove(&closed.session)?;
        if self.by_phone.get(&session.phone) == Some(&closed.session) {
            self.by_phone.remove(&session.phone);
        }
        if let Some(theirs) = self.by_user.get_mut(&session.user) {
            theirs.retain(|id| *id != closed.session);
            if theirs.is_empty() {
                self.by_user.remove(&session.user);
            }
        }
        Some(session)
    }

    /// Whether the world is as a claim expects. It is written down by whoever asks.
    pub fn grants(&self, claim: &Claim) -> bool {
        let mut found = self
            .by_user
            .get(&claim.opens.user)
            .cloned()
            .unwrap_or_default();
        found.extend(self.by_phone.get(&claim.opens.phone));
        found.sort_unstable();
        found.dedup();
        found == claim.expects
    }

    /// Writes down what is neither the beginning nor the end of a session.
    pub fn keep(&mut self, change: &Change) {
        match change {
            Change::LeavingSet { session, leaving } => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.leaving = *leaving;
                }
            }
            Change::Used { session, last_used } => {
                if let Some(session) = self.sessions.get_mut(session) {
                    session.last_used = *last_used;
                }
            }
            Change::MoveAwaited(awaited) => {
                self.awaited_moves
                    .insert(awaited.user.clone(), awaited.clone());
            }
            Change::MoveSettled(user) => {
                self.awaited_moves.remove(user);
            }
            Change::EmergencyCalled { phone, at } => {
                self.emergency_calls.insert(phone.clone(), *at);
            }
            Change::ClockSeen(at) => self.clock_seen = Some(*at),
            Change::JobSet { job, state } => match state {
                Some(state) => drop(self.jobs.insert(job.clone(), *state)),
                None => drop(self.jobs.remove(job)),
            },
            // Of the rest no end of a session depends.
            _ => {}
        }
    }
}
