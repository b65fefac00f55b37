//! A model of the store: what `Change` says, in the plainest way. It can be slow, fail, and crash at any moment.

use std::collections::{BTreeMap, VecDeque};

use perch::exchange::CommitSeq;
use perch::pbx::{
    Acted, AwaitedMove, Change, Claim, ClaimId, Closed, Dn, ForwardKind, ForwardTo, HuntGroupName,
    HuntHour, JobName, JobState, LockedOut, Mailbox, Messages, OwnDials, OwnPin, Owner, PhoneName,
    ProfileName, Record, Remembered, SessionId, Standing, StoredSession, UserId,
};
use perch::time::Utc;

/// What is on disk.
#[derive(Clone, Default)]
struct Facts {
    sessions: BTreeMap<SessionId, StoredSession>,
    last_closed: BTreeMap<PhoneName, (StoredSession, Closed)>,
    awaited_moves: BTreeMap<UserId, AwaitedMove>,
    tries: BTreeMap<UserId, (Vec<Utc>, Option<Utc>)>,
    locked_out: BTreeMap<(PhoneName, String), LockedOut>,
    emergency_calls: BTreeMap<PhoneName, Utc>,
    forwardings: BTreeMap<(Owner, ForwardKind), ForwardTo>,
    own_pins: BTreeMap<UserId, OwnPin>,
    own_dials: BTreeMap<(UserId, ProfileName), OwnDials>,
    messages: BTreeMap<Mailbox, Messages>,
    quiet_phones: BTreeMap<PhoneName, Option<SessionId>>,
    agents: BTreeMap<Dn, Standing>,
    hunt_places: BTreeMap<(HuntGroupName, usize), Dn>,
    hunt_hours: BTreeMap<(Utc, HuntGroupName, Option<Dn>), HuntHour>,
    calls: BTreeMap<PhoneName, (UserId, Utc)>,
    clock_seen: Option<Utc>,
    jobs: BTreeMap<JobName, JobState>,
    records: Vec<Record>,
    activity: Vec<Acted>,
}

struct Commit {
    seq: CommitSeq,
    changes: Vec<Change>,
}

/// What the store reports.
#[derive(Debug)]
pub enum Report {
    Committed(CommitSeq, Vec<(ClaimId, bool)>),
    ClaimsFailed(Vec<ClaimId>),
}

#[derive(Default)]
pub struct ModelStore {
    facts: Facts,
    waiting: VecDeque<Commit>,
    failing: bool,
    last_seq: CommitSeq,
    violations: Vec<String>,
}

impl ModelStore {
    /// Takes a commit; it is not durable yet.
    pub fn queue(&mut self, seq: CommitSeq, changes: Vec<Change>) {
        if seq != self.last_seq + 1 {
            let last = self.last_seq;
            self.violations
                .push(format!("commit {seq} follows commit {last}"));
        }
        if changes.is_empty() {
            self.violations.push(format!("commit {seq} is empty"));
        }
        self.last_seq = seq;
        self.waiting.push_back(Commit { seq, changes });
    }

    /// The disk has had its time for one more commit.
    pub fn write_next(&mut self) -> Option<Report> {
        if self.failing {
            return self.fail_claims();
        }
        let commit = self.waiting.pop_front()?;
        let answers = self.write(&commit.changes);
        Some(Report::Committed(commit.seq, answers))
    }

    /// From now on the disk refuses.
    pub fn fail(&mut self) {
        self.failing = true;
    }

    /// The disk works again: what has waited is written.
    pub fn recover(&mut self) -> Vec<Report> {
        self.failing = false;
        std::iter::from_fn(|| self.write_next()).collect()
    }

    /// The power goes. Of what was not reported the first `survivors` commits are on disk, the others are not.
    pub fn crash(&mut self, survivors: usize) {
        for _ in 0..survivors {
            if self.failing || self.write_next().is_none() {
                break;
            }
        }
        self.waiting.clear();
        self.failing = false;
        self.last_seq = 0;
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn open_sessions(&self) -> impl Iterator<Item = &StoredSession> {
        self.facts.sessions.values()
    }

    /// Sessions that no commit which waits closes. Claims that wait are not decided.
    pub fn sessions_to_stay(&self) -> Vec<StoredSession> {
        let mut facts = self.facts.clone();
        let waiting = self.waiting.iter().flat_map(|commit| &commit.changes);
        for change in waiting.filter(|change| !matches!(change, Change::Claimed(_))) {
            facts.write(change.clone());
        }
        facts.sessions.into_values().collect()
    }

    pub fn records(&self) -> &[Record] {
        &self.facts.records
    }

    /// What was asked of the store and must never be.
    pub fn take_violations(&mut self) -> Vec<String> {
        std::mem::take(&mut self.violations)
    }

    /// What a server that starts is told.
    pub fn remembered(&self) -> Remembered {
        let facts = &self.facts;
        Remembered {
            sessions: facts.sessions.values().cloned().collect(),
            last_closed: facts.last_closed.values().cloned().collect(),
            awaited_moves: facts.awaited_moves.values().cloned().collect(),
            tries: facts
                .tries
                .iter()
                .map(|(user, (failures, until))| (user.clone(), failures.clone(), *until))
                .collect(),
            locked_out: facts.locked_out.values().cloned().collect(),
            emergency_calls: facts
                .emergency_calls
                .iter()
                .map(|(phone, at)| (phone.clone(), *at))
                .collect(),
            forwardings: facts
                .forwardings
                .iter()
                .map(|((owner, kind), to)| (owner.clone(), *kind, to.clone()))
                .collect(),
            own_pins: facts.own_pins.clone().into_iter().collect(),
            own_dials: facts
                .own_dials
                .iter()
                .map(|((user, profile), own)| (user.clone(), profile.clone(), own.clone()))
                .collect(),
            messages: facts.messages.clone().into_iter().collect(),
            quiet_phones: facts.quiet_phones.clone().into_iter().collect(),
            agents: facts.agents.clone().into_iter().collect(),
            hunt_places: facts
                .hunt_places
                .iter()
                .map(|((group, slot), dn)| (group.clone(), *slot, dn.clone()))
                .collect(),
            hunt_hours: facts.last_hunt_hour(),
            calls: facts
                .calls
                .iter()
                .map(|(phone, (user, since))| (phone.clone(), user.clone(), *since))
                .collect(),
            clock_seen: facts.clock_seen,
            jobs: facts.jobs.clone().into_iter().collect(),
        }
    }

    fn fail_claims(&mut self) -> Option<Report> {
        let mut failed = Vec::new();
        for commit in &mut self.waiting {
            commit.changes.retain(|change| match change {
                Change::Claimed(claim) => {
                    failed.push(claim.id);
                    false
                }
                _ => true,
            });
        }
        (!failed.is_empty()).then_some(Report::ClaimsFailed(failed))
    }

    fn write(&mut self, changes: &[Change]) -> Vec<(ClaimId, bool)> {
        let mut answers = Vec::new();
        for change in changes {
            if let Change::Claimed(claim) = change {
                answers.push((claim.id, self.facts.decide(claim)));
            } else {
                self.facts.write(change.clone());
            }
        }
        self.look_for_two_at_one_phone();
        answers
    }

    fn look_for_two_at_one_phone(&mut self) {
        let mut at: BTreeMap<&PhoneName, &UserId> = BTreeMap::new();
        for session in self.facts.sessions.values() {
            if let Some(other) = at.insert(&session.phone, &session.user) {
                self.violations.push(format!(
                    "stored: {other} and {} are both at {}",
                    session.user, session.phone
                ));
            }
        }
    }
}

impl Facts {
    fn last_hunt_hour(&self) -> Vec<HuntHour> {
        let last = self.hunt_hours.keys().map(|(hour, ..)| *hour).max();
        let hours = self.hunt_hours.values();
        hours.filter(|it| Some(it.hour) == last).cloned().collect()
    }

    /// Granted if, and only if, the open sessions of the user and of the phone are exactly those that are expected.
    fn decide(&mut self, claim: &Claim) -> bool {
        let opens = &claim.opens;
        let concerned = self
            .sessions
            .values()
            .filter(|s| s.user == opens.user || s.phone == opens.phone);
        let found: Vec<SessionId> = concerned.map(|session| session.session).collect();
        if found != claim.expects {
            return false;
        }
        for closed in &claim.closes {
            self.close(closed);
        }
        self.sessions.insert(opens.session, opens.clone());
        self.records.extend(claim.records.iter().cloned());
        true
    }

    fn close(&mut self, closed: &Closed) {
        if let Some(mut session) = self.sessions.remove(&closed.session) {
            session.last_used = closed.last_used;
            let phone = session.phone.clone();
            self.last_closed.insert(phone, (session, closed.clone()));
        }
    }

    fn write(&mut self, change: Change) {
        match change {
            Change::Claimed(_) => unreachable!("claims are decided, not written"),
            Change::SessionClosed(closed) => self.close(&closed),
            Change::LeavingSet { session, leaving } => {
                if let Some(session) = self.sessions.get_mut(&session) {
                    session.leaving = leaving;
                }
            }
            Change::MoveAwaited(awaited) => {
                self.awaited_moves.insert(awaited.user.clone(), awaited);
            }
            Change::MoveSettled(user) => {
                self.awaited_moves.remove(&user);
            }
            Change::TriesSet {
                user,
                failures,
                locked_until,
            } => {
                if failures.is_empty() && locked_until.is_none() {
                    self.tries.remove(&user);
                } else {
                    self.tries.insert(user, (failures, locked_until));
                }
            }
            Change::LockedOut { locked, at } => {
                self.locked_out.retain(|_, locked| locked.until > at);
                let pair = (locked.phone.clone(), locked.source.clone());
                self.locked_out.insert(pair, locked);
            }
            Change::Forgiven(phone) => self.locked_out.retain(|(of, _), _| *of != phone),
            Change::ForwardingSet { owner, kind, to } => match to {
                Some(to) => drop(self.forwardings.insert((owner, kind), to)),
                None => drop(self.forwardings.remove(&(owner, kind))),
            },
            Change::OwnPinSet { user, own } => match own {
                Some(own) => drop(self.own_pins.insert(user, own)),
                None => drop(self.own_pins.remove(&user)),
            },
            Change::OwnDialsSet { user, profile, own } => match own {
                Some(own) => drop(self.own_dials.insert((user, profile), own)),
                None => drop(self.own_dials.remove(&(user, profile))),
            },
            Change::MessagesSet { mailbox, messages } => {
                self.messages.insert(mailbox, messages);
                self.messages.retain(|_, some| *some != Messages::default());
            }
            Change::QuietSet {
                phone,
                session,
                quiet,
            } => match quiet {
                true => drop(self.quiet_phones.insert(phone, session)),
                false => drop(self.quiet_phones.remove(&phone)),
            },
            Change::AgentSet { dn, standing } => match standing {
                Some(standing) => drop(self.agents.insert(dn, standing)),
                None => drop(self.agents.remove(&dn)),
            },
            Change::HuntPlaceSet { group, slot, dn } => match dn {
                Some(dn) => drop(self.hunt_places.insert((group, slot), dn)),
                None => drop(self.hunt_places.remove(&(group, slot))),
            },
            Change::HuntCounted(it) => {
                let key = (it.hour, it.group.clone(), it.agent.clone());
                self.hunt_hours.insert(key, it);
            }
            Change::CallsRemembered { phone, whose } => match whose {
                Some(whose) => drop(self.calls.insert(phone, whose)),
                None => drop(self.calls.remove(&phone)),
            },
            Change::Used { session, last_used } => {
                if let Some(session) = self.sessions.get_mut(&session) {
                    session.last_used = last_used;
                }
            }
            Change::EmergencyCalled { phone, at } => {
                self.emergency_calls.insert(phone, at);
            }
            Change::ClockSeen(at) => self.clock_seen = Some(at),
            Change::JobSet { job, state } => match state {
                Some(state) => drop(self.jobs.insert(job, state)),
                None => drop(self.jobs.remove(&job)),
            },
            Change::Recorded(record) => self.records.push(record),
            Change::Acted(acted) => self.activity.extend(acted),
        }
    }
}
