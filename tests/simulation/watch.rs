//! What must hold at every moment, after every restart, and when all is quiet.

use std::collections::BTreeMap;
use std::time::Duration;

use perch::exchange::ControlRequest;
use perch::pbx::{
    Answer, Cause, PhoneName, Query, Record, StoredSession, UserId, What as Recorded,
};

use crate::support::phone::CallState;
use crate::support::world::{What, World};

/// So long after a logout by itself a call that it was waiting for is gone from the phone, too: 64 × T1, and a little.
const GONE_BY_NOW: Duration = Duration::from_secs(40);

/// How long the server lets a phone ring (see the story's site).
const NO_ANSWER: Duration = Duration::from_secs(20);

/// Longer than the answer to one MESSAGE is remembered.
const REST: Duration = Duration::from_secs(40);

type Held = Result<(), String>;

fn places(sessions: impl Iterator<Item = StoredSession>) -> BTreeMap<PhoneName, UserId> {
    sessions.map(|s| (s.phone, s.user)).collect()
}

/// Whether it is nobody's fault: a network swaps packets.
fn is_excused(miss: &str) -> bool {
    ["out of order", "before its call was answered"]
        .iter()
        .any(|what| miss.contains(what))
}

/// A logout that nobody asked for, and a call at that phone: it must be about to end.
struct Suspicion {
    until: Duration,
    phone: PhoneName,
    call: u64,
    cause: Cause,
}

pub struct Watch {
    /// Whether a user may be at one phone only.
    one_phone_each: bool,
    /// Who is where, as the world was told.
    told: BTreeMap<PhoneName, UserId>,
    suspicions: Vec<Suspicion>,
    answers: Vec<Answer>,
    /// Who left each phone last. As it is today, a session that ends while a move is being decided is told of twice.
    left: BTreeMap<PhoneName, UserId>,
}

impl Watch {
    pub fn new(one_phone_each: bool) -> Watch {
        Watch {
            one_phone_each,
            told: BTreeMap::new(),
            suspicions: Vec::new(),
            answers: Vec::new(),
            left: BTreeMap::new(),
        }
    }

    /// Looks at what happened since the last look.
    pub fn look(&mut self, world: &mut World) -> Held {
        for observation in world.take_observations() {
            match observation.what {
                What::Fault(text) => return Err(format!("never to be done: {text}")),
                What::Miss(text) if is_excused(&text) => world.log_line(text),
                What::Miss(text) => return Err(format!("owed: {text}")),
                What::Announced(record) => self.announced(world, &record)?,
                What::Answered(answer) => self.answers.push(answer),
                What::Sight(phone, text) => world.log_line(format!("{phone} {text}")),
                What::Replied(_) => {}
            }
        }
        self.look_at_the_store(world)?;
        self.look_at_ringing(world)?;
        self.look_at_suspicions(world)
    }

    fn announced(&mut self, world: &mut World, record: &Record) -> Held {
        let Record {
            what, user, phone, ..
        } = record;
        world.log_line(format!("== {what:?} {user:?} {phone:?} {}", record.text));
        let (Some(user), Some(phone)) = (user, phone) else {
            return Ok(());
        };
        match what {
            Recorded::LoggedIn => {
                if let Some(other) = self.told.insert(phone.clone(), user.clone()) {
                    return Err(format!("{user} and {other} are both at {phone}"));
                }
                let at = self.told.values().filter(|other| *other == user).count();
                if at > 1 && self.one_phone_each {
                    return Err(format!("{user} is at {at} phones"));
                }
            }
            Recorded::LoggedOut(cause) => {
                if self.told.get(phone) == Some(user) {
                    self.told.remove(phone);
                    self.left.insert(phone.clone(), user.clone());
                } else if self.left.remove(phone).as_ref() != Some(user) {
                    return Err(format!("{user} left {phone} and was not there"));
                }
                self.suspect(world, phone, *cause);
            }
            _ => {}
        }
        Ok(())
    }

    /// Nobody is logged out by itself in a call: if there is one, it is just ending.
    fn suspect(&mut self, world: &World, phone: &PhoneName, cause: Cause) {
        let by_itself = matches!(cause, Cause::Idle | Cause::Duration | Cause::Schedule);
        let Some(calls) = world.phone(phone.as_str()).map(|phone| phone.calls()) else {
            return;
        };
        let counts = |state| match state {
            CallState::Talking => true,
            // The cap ends the session, not the call (IDL-2).
            CallState::Holding => cause != Cause::Idle,
            CallState::Calling | CallState::Ringing | CallState::Ending => false,
        };
        let calls = calls.iter().filter(|call| !call.is_dialling);
        for call in calls.filter(|call| by_itself && counts(call.state)) {
            self.suspicions.push(Suspicion {
                until: world.uptime() + GONE_BY_NOW,
                phone: phone.clone(),
                call: call.number,
                cause,
            });
        }
    }

    fn look_at_suspicions(&mut self, world: &World) -> Held {
        for suspicion in &self.suspicions {
            let phone = world.phone(suspicion.phone.as_str());
            let calls = phone.map(|phone| phone.calls()).unwrap_or_default();
            let goes_on = calls.iter().any(|call| {
                call.number == suspicion.call && call.state == CallState::Talking && !call.excused
            });
            if goes_on && world.uptime() >= suspicion.until {
                let Suspicion { phone, cause, .. } = suspicion;
                return Err(format!("{phone} was logged out in a call ({cause:?})"));
            }
        }
        self.suspicions.retain(|s| world.uptime() < s.until);
        Ok(())
    }

    /// A phone stops to ring when the server has given up, even if it must be told a few times.
    fn look_at_ringing(&self, world: &World) -> Held {
        for (name, phone) in world.phones().filter(|_| world.is_up()) {
            let rings_on = phone.calls().into_iter().any(|call| {
                let is_old = world.uptime() > call.since + NO_ANSWER + GONE_BY_NOW;
                call.state == CallState::Ringing && is_old && !call.excused
            });
            if rings_on {
                return Err(format!("{name} rings, and nobody waits for its answer"));
            }
        }
        Ok(())
    }

    /// What is stored and what the world was told are the same at any moment: nobody is told before, or not at all.
    fn look_at_the_store(&self, world: &World) -> Held {
        let stored = places(world.store.open_sessions().cloned());
        if world.is_up() && stored != self.told {
            let told = &self.told;
            return Err(format!("stored are {stored:?}, but told were {told:?}"));
        }
        let mut phones: BTreeMap<&UserId, &PhoneName> = BTreeMap::new();
        for session in world.store.open_sessions() {
            let other = phones.insert(&session.user, &session.phone);
            if let Some(other) = other.filter(|_| self.one_phone_each) {
                let (user, phone) = (&session.user, &session.phone);
                return Err(format!("stored: {user} is at {other} and at {phone}"));
            }
        }
        Ok(())
    }

    /// A server has just started: it must know what the world was told, and nothing that the disk does not say.
    pub fn after_restart(&mut self, world: &mut World) -> Held {
        self.suspicions.clear();
        let stored = places(world.store.open_sessions().cloned());
        // What was written and not reported when the last one died, nobody was told.
        self.told = stored;
        let now = self.who(world)?;
        // What is overdue goes at once.
        let stay = places(world.store.sessions_to_stay().into_iter());
        if now != stay {
            return Err(format!("started with {now:?}, by the store it is {stay:?}"));
        }
        self.look(world)
    }

    fn who(&mut self, world: &mut World) -> Result<BTreeMap<PhoneName, UserId>, String> {
        match self.ask(world, Query::Who)? {
            Answer::Who(who) => Ok(who.into_iter().map(|who| (who.phone, who.user)).collect()),
            other => Err(format!("asked who, answered {other:?}")),
        }
    }

    fn ask(&mut self, world: &mut World, query: Query) -> Result<Answer, String> {
        let before = world.take_observations();
        world.ask(ControlRequest::Query(query))?;
        let mut after = world.take_observations();
        let answer = after
            .iter()
            .position(|o| matches!(o.what, What::Answered(_)));
        let answer = answer.map(|at| after.remove(at));
        world.put_back_observations(before.into_iter().chain(after));
        match answer.map(|observation| observation.what) {
            Some(What::Answered(answer)) => Ok(answer),
            _ => Err("no answer to a question".to_owned()),
        }
    }

    /// Nobody has wanted anything for a while: nothing is left of all that was.
    pub fn all_is_quiet(&mut self, world: &mut World) -> Held {
        self.look(world)?;
        for (name, phone) in world.phones() {
            let unfinished = phone.unfinished();
            if !unfinished.is_empty() {
                return Err(format!("quiet, but {name} {}", unfinished.join(", ")));
            }
        }
        self.comes_to_rest(world)?;
        if world.ends() > 0 {
            return Err(format!(
                "quiet, but {} ends of media are open",
                world.ends()
            ));
        }
        let Answer::Status(status) = self.ask(world, Query::Status)? else {
            return Err("asked how it is, and got no such answer".to_owned());
        };
        let calls = status.calls + status.calls_parked;
        let left = calls + status.commits_outstanding + status.logouts_queued;
        if left > 0 {
            return Err(format!("quiet, but {status:?}"));
        }
        if status.phones_registered != status.phones {
            return Err(format!("quiet, but not all are registered: {status:?}"));
        }
        let now = self.who(world)?;
        if now != self.told {
            return Err(format!("{now:?} are there, but told were {:?}", self.told));
        }
        Ok(())
    }

    /// There is a moment at which the SIP side has nothing left: nothing but a logout by itself may have begun
    /// something lately.
    fn comes_to_rest(&mut self, world: &mut World) -> Held {
        for _ in 0..REST.as_secs() {
            if world.load() == (0, 0) {
                return Ok(());
            }
            world.run_for(Duration::from_secs(1));
            self.look(world)?;
        }
        let (legs, transactions) = world.load();
        Err(format!(
            "quiet, but {legs} legs and {transactions} transactions are left"
        ))
    }

    /// Every user has an idle limit, and nobody has used a phone for longer than that.
    pub fn everybody_idle_is_gone(&mut self, world: &mut World) -> Held {
        self.look(world)?;
        let still_there = self.who(world)?;
        if still_there.is_empty() && self.told.is_empty() {
            Ok(())
        } else {
            Err(format!("idle for long, but still there: {still_there:?}"))
        }
    }
}
