//! Random changes: the store remembers what a simple model says, and decides as it does.

use std::collections::BTreeMap;

use perch::pbx::{
    AwaitedMove, Cause, Change, Claim, ClaimId, Closed, Dn, Door, ForwardKind, ForwardTo,
    HuntCounts, HuntGroupName, HuntHour, JobEnd, JobName, JobOutcome, JobRun, JobState, LockedOut,
    Mailbox, Messages, OwnDials, OwnPin, Owner, PhoneName, PinHash, ProfileName, Readiness,
    Remembered, SessionId, Signal, SpeedDial, Standing, StoredSession, TotalLimit, UserId, Wanted,
};
use perch::time::Utc;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Bench, id, session};

/// What the store should hold.
#[derive(Default)]
struct Model {
    open: BTreeMap<SessionId, StoredSession>,
    ended: Vec<(StoredSession, Closed)>,
    moves: BTreeMap<UserId, AwaitedMove>,
    tries: BTreeMap<UserId, (Vec<Utc>, Option<Utc>)>,
    locked_out: BTreeMap<(PhoneName, String), Utc>,
    emergency: BTreeMap<PhoneName, Utc>,
    forwardings: BTreeMap<(Owner, ForwardKind), ForwardTo>,
    own_pins: BTreeMap<UserId, OwnPin>,
    own_dials: BTreeMap<(UserId, ProfileName), OwnDials>,
    messages: BTreeMap<Mailbox, Messages>,
    quiet: BTreeMap<PhoneName, Option<SessionId>>,
    agents: BTreeMap<Dn, Standing>,
    hunt_places: BTreeMap<(HuntGroupName, usize), Dn>,
    hunt_hours: BTreeMap<(Utc, HuntGroupName, Option<Dn>), HuntHour>,
    calls: BTreeMap<PhoneName, (UserId, Utc)>,
    clock: Option<Utc>,
    jobs: BTreeMap<JobName, JobState>,
}

impl Model {
    fn rivals(&self, user: &UserId, phone: &PhoneName) -> Vec<SessionId> {
        self.open
            .values()
            .filter(|open| open.user == *user || open.phone == *phone)
            .map(|open| open.session)
            .collect()
    }

    fn decide(&mut self, claim: &Claim) -> bool {
        let new = &claim.opens;
        let known = self.open.contains_key(&new.session)
            || self.ended.iter().any(|(s, _)| s.session == new.session);
        let gives_way = |other: &StoredSession| {
            other.phone != new.phone || claim.closes.iter().any(|c| c.session == other.session)
        };
        if known
            || self.rivals(&new.user, &new.phone) != claim.expects
            || !self.open.values().all(gives_way)
        {
            return false;
        }
        for closed in &claim.closes {
            self.close(closed);
        }
        self.open.insert(new.session, new.clone());
        true
    }

    fn close(&mut self, closed: &Closed) {
        if let Some(mut session) = self.open.remove(&closed.session) {
            session.last_used = closed.last_used;
            self.ended.push((session, closed.clone()));
        }
    }

    /// The answer, if it was a claim.
    fn apply(&mut self, change: &Change) -> Option<bool> {
        match change {
            Change::Claimed(claim) => return Some(self.decide(claim)),
            Change::SessionClosed(closed) => self.close(closed),
            Change::LeavingSet { session, leaving } => {
                if let Some(open) = self.open.get_mut(session) {
                    open.leaving = *leaving;
                }
            }
            Change::MoveAwaited(awaited) => {
                self.moves.insert(awaited.user.clone(), awaited.clone());
            }
            Change::MoveSettled(user) => {
                self.moves.remove(user);
            }
            Change::TriesSet {
                user,
                failures,
                locked_until,
            } => {
                self.tries
                    .insert(user.clone(), (failures.clone(), *locked_until));
                self.tries
                    .retain(|_, (failures, lock)| !failures.is_empty() || lock.is_some());
            }
            Change::LockedOut { locked, at } => {
                self.locked_out.retain(|_, until| *until > *at);
                let pair = (locked.phone.clone(), locked.source.clone());
                self.locked_out.insert(pair, locked.until);
            }
            Change::Forgiven(phone) => self.locked_out.retain(|(of, _), _| of != phone),
            Change::ForwardingSet { owner, kind, to } => {
                let key = (owner.clone(), *kind);
                self.forwardings.remove(&key);
                self.forwardings.extend(to.clone().map(|to| (key, to)));
            }
            Change::OwnPinSet { user, own } => {
                self.own_pins.remove(user);
                let own = own.clone().map(|own| (user.clone(), own));
                self.own_pins.extend(own);
            }
            Change::OwnDialsSet { user, profile, own } => {
                let key = (user.clone(), profile.clone());
                self.own_dials.remove(&key);
                self.own_dials.extend(own.clone().map(|own| (key, own)));
            }
            Change::MessagesSet { mailbox, messages } => {
                self.messages.insert(mailbox.clone(), *messages);
                self.messages.retain(|_, some| *some != Messages::default());
            }
            Change::QuietSet {
                phone,
                session,
                quiet,
            } => {
                self.quiet.remove(phone);
                self.quiet.extend(quiet.then(|| (phone.clone(), *session)));
            }
            Change::AgentSet { dn, standing } => {
                self.agents.remove(dn);
                self.agents.extend(standing.map(|it| (dn.clone(), it)));
            }
            Change::HuntPlaceSet { group, slot, dn } => {
                let place = (group.clone(), *slot);
                self.hunt_places.remove(&place);
                self.hunt_places.extend(dn.clone().map(|dn| (place, dn)));
            }
            Change::HuntCounted(it) => {
                let key = (it.hour, it.group.clone(), it.agent.clone());
                self.hunt_hours.insert(key, it.clone());
            }
            Change::CallsRemembered { phone, whose } => {
                self.calls.remove(phone);
                self.calls
                    .extend(whose.clone().map(|whose| (phone.clone(), whose)));
            }
            Change::Used { session, last_used } => {
                if let Some(open) = self.open.get_mut(session) {
                    open.last_used = *last_used;
                }
            }
            Change::EmergencyCalled { phone, at } => {
                self.emergency.insert(phone.clone(), *at);
            }
            Change::ClockSeen(at) => self.clock = Some(*at),
            Change::JobSet { job, state } => {
                self.jobs.remove(job);
                self.jobs.extend(state.map(|state| (job.clone(), state)));
            }
            Change::Recorded(_) | Change::Acted(_) => {}
        }
        None
    }

    fn remembered(self) -> Remembered {
        let mut last = BTreeMap::new();
        let mut ended = self.ended;
        ended.sort_by_key(|(session, closed)| (closed.at, session.session));
        for pair in ended {
            last.insert(pair.0.phone.clone(), pair);
        }
        Remembered {
            sessions: self.open.into_values().collect(),
            last_closed: last.into_values().collect(),
            awaited_moves: self.moves.into_values().collect(),
            tries: self
                .tries
                .into_iter()
                .map(|(user, (failures, lock))| (user, failures, lock))
                .collect(),
            locked_out: self
                .locked_out
                .into_iter()
                .map(|((phone, source), until)| LockedOut {
                    phone,
                    source,
                    until,
                })
                .collect(),
            emergency_calls: self.emergency.into_iter().collect(),
            forwardings: self
                .forwardings
                .into_iter()
                .map(|((owner, kind), to)| (owner, kind, to))
                .collect(),
            own_pins: self.own_pins.into_iter().collect(),
            own_dials: self
                .own_dials
                .into_iter()
                .map(|((user, profile), own)| (user, profile, own))
                .collect(),
            messages: self.messages.into_iter().collect(),
            quiet_phones: self.quiet.into_iter().collect(),
            agents: self.agents.into_iter().collect(),
            hunt_places: self
                .hunt_places
                .into_iter()
                .map(|((group, slot), dn)| (group, slot, dn))
                .collect(),
            hunt_hours: {
                let last = self.hunt_hours.keys().map(|(hour, ..)| *hour).max();
                let hours = self.hunt_hours.into_values();
                hours.filter(|it| Some(it.hour) == last).collect()
            },
            calls: self
                .calls
                .into_iter()
                .map(|(phone, (user, since))| (phone, user, since))
                .collect(),
            clock_seen: self.clock,
            jobs: self.jobs.into_iter().collect(),
        }
    }
}

/// A change that is still to be made up, as the model stands when its turn comes.
#[derive(Clone, Debug)]
struct Draft {
    kind: u8,
    user: u8,
    phone: u8,
    session: u8,
    at: i64,
    /// Whether a claim knows the world as it is, or makes something up.
    honest: bool,
    flag: bool,
}

fn draft() -> impl Strategy<Value = Draft> {
    let fields = (
        0..23u8,
        0..4u8,
        0..4u8,
        0..20u8,
        1..50i64,
        prop::bool::weighted(0.8),
        any::<bool>(),
    );
    fields.prop_map(|(kind, user, phone, session, at, honest, flag)| Draft {
        kind,
        user,
        phone,
        session,
        at,
        honest,
        flag,
    })
}

fn change(draft: &Draft, model: &Model) -> Change {
    let user = UserId::from(format!("u{}", draft.user));
    let phone = PhoneName::from(format!("desk-{}", draft.phone));
    let session = id(draft.session.into());
    let at = Utc(draft.at);
    match draft.kind {
        0..=3 => Change::Claimed(claim(draft, model)),
        4 => Change::SessionClosed(closing(session, draft)),
        5 => Change::LeavingSet {
            session,
            leaving: draft.flag.then_some((Cause::Schedule, Door::Timer, at)),
        },
        6 if draft.flag => Change::MoveSettled(user),
        6 => Change::MoveAwaited(AwaitedMove {
            user,
            phone,
            door: Door::Control,
            until: at,
            wanted: Wanted {
                profile: draft.honest.then(|| "clerk".into()),
                total: TotalLimit::Seconds(60),
            },
        }),
        7 => Change::TriesSet {
            user,
            failures: vec![at; usize::from(draft.session % 3)],
            locked_until: draft.flag.then_some(at),
        },
        8 => Change::Used {
            session,
            last_used: (at, Signal::Key),
        },
        9 if draft.flag => Change::EmergencyCalled { phone, at },
        10 => Change::LockedOut {
            locked: LockedOut {
                phone,
                source: format!("192.0.2.{}", draft.user),
                until: Utc(i64::from(draft.session) + 20),
            },
            at,
        },
        11 => Change::Forgiven(phone),
        12 => Change::QuietSet {
            phone,
            session: (draft.session > 10).then_some(session),
            quiet: draft.flag,
        },
        13 => Change::ForwardingSet {
            owner: match draft.flag {
                true => Owner::User(user),
                false => Owner::Phone(phone),
            },
            kind: ForwardKind::ALL[usize::from(draft.session % 3)],
            to: match draft.at % 3 {
                0 => None,
                1 => Some(ForwardTo::Nowhere),
                _ => Some(ForwardTo::Number(draft.at.to_string().into())),
            },
        },
        14 => Change::CallsRemembered {
            phone,
            whose: draft.flag.then_some((user, at)),
        },
        15 => Change::OwnPinSet {
            user,
            own: draft.flag.then(|| OwnPin {
                pin: PinHash(format!("chosen {}", draft.at)),
                instead_of: PinHash("given".into()),
            }),
        },
        16 => Change::OwnDialsSet {
            user,
            profile: format!("profile-{}", draft.phone).into(),
            own: draft.flag.then(|| OwnDials {
                dials: dials(draft.session),
                instead_of: dials(draft.phone),
            }),
        },
        17 => Change::MessagesSet {
            mailbox: format!("{}", draft.user).into(),
            messages: Messages {
                waiting: draft.flag,
                new: (draft.session % 3).into(),
                old: (draft.phone / 3).into(),
                urgent_new: 0,
                urgent_old: 0,
            },
        },
        18 => Change::JobSet {
            job: format!("job-{}", draft.phone).into(),
            state: draft.flag.then(|| job_state(draft)),
        },
        19 => Change::AgentSet {
            dn: format!("{}", draft.user).into(),
            standing: (!draft.session.is_multiple_of(4)).then_some(Standing {
                is: match draft.session % 3 {
                    0 => Readiness::WrapUp { until: at },
                    1 => Readiness::Missed,
                    _ => Readiness::Ready,
                },
                since: at,
            }),
        },
        20 => Change::HuntPlaceSet {
            group: format!("group-{}", draft.user).into(),
            slot: draft.phone.into(),
            dn: draft.flag.then(|| format!("{}", draft.session).into()),
        },
        21 => Change::HuntCounted(HuntHour {
            hour: Utc(i64::from(draft.phone)),
            group: format!("group-{}", draft.user).into(),
            agent: draft.flag.then(|| "1001".into()),
            counts: HuntCounts {
                calls: draft.session.into(),
                ..HuntCounts::default()
            },
        }),
        _ => Change::ClockSeen(at),
    }
}

fn job_state(draft: &Draft) -> JobState {
    let run = JobRun {
        at: Utc(draft.at),
        asked: draft.honest,
        dry_run: false,
        paused: draft.session.is_multiple_of(2),
        total: draft.session.into(),
        done: draft.user.into(),
        after_calls: 0,
    };
    JobState {
        running: (draft.session > 5).then_some(run),
        last: draft.honest.then_some(JobEnd {
            run,
            ended: Utc(draft.at + 1),
            outcome: JobOutcome::Cancelled,
        }),
    }
}

fn dials(count: u8) -> Vec<SpeedDial> {
    let dial = |number: u8| SpeedDial::new(number.to_string(), format!("\"{number}\""));
    (0..count).map(dial).collect()
}

fn claim(draft: &Draft, model: &Model) -> Claim {
    let (user, phone) = (format!("u{}", draft.user), format!("desk-{}", draft.phone));
    let opens = StoredSession {
        total: match draft.user {
            0 => TotalLimit::Never,
            1 => TotalLimit::Seconds(60),
            _ => TotalLimit::Usual,
        },
        ..session(draft.session.into(), &user, &phone)
    };
    let expects = if draft.honest {
        model.rivals(&opens.user, &opens.phone)
    } else {
        vec![id((draft.session / 2).into())]
    };
    let closes = expects.iter().filter(|_| draft.flag || draft.honest);
    Claim {
        id: ClaimId(draft.session.into()),
        closes: closes.map(|session| closing(*session, draft)).collect(),
        expects,
        opens,
        records: Vec::new(),
    }
}

fn closing(session: SessionId, draft: &Draft) -> Closed {
    Closed {
        session,
        cause: Cause::Moved,
        door: Door::Control,
        at: Utc(draft.at),
        last_used: (Utc(draft.at - 1), Signal::CallEnded),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_store_is_as_the_model(commits in vec(vec(draft(), 0..6), 1..16), restart in 0..16usize) {
        let dir = tempfile::tempdir().expect("a directory");
        let mut bench = Bench::open(dir.path());
        let mut model = Model::default();
        for (n, drafts) in commits.iter().enumerate() {
            let mut changes = Vec::new();
            let mut expected = Vec::new();
            for draft in drafts {
                let change = change(draft, &model);
                expected.extend(model.apply(&change));
                changes.push(change);
            }
            prop_assert_eq!(bench.commit(changes), expected);
            if n == restart {
                bench.close();
                bench = Bench::open(dir.path());
            }
        }
        bench.close();
        let found = Bench::open(dir.path()).opened.remembered;
        prop_assert_eq!(found, model.remembered());
    }
}
