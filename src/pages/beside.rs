//! Phones that are registered at another call manager, watched by their idle pages: who is on there is asked of its Extension
//! Mobility service, and whoever does not use the phone for too long is logged out there.
//!
//! Data and rules only: what is to be asked comes out as [`Job`]s, answers go in. The other call manager says who is there and
//! not since when, so the same user has to be there when the phone falls idle and when the limit is reached.

mod em;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

pub use em::{Account, Said, form, read};

use crate::pbx::{PhoneName, Rest, Resting};
use crate::time::{Deadlines, Now, Utc};

/// How many phones are watched. Of more, those that come last are not.
const MOST: usize = 50_000;

/// How long after a failure something is tried again; each wait is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Something to ask of the other call manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// About which phone.
    pub phone: PhoneName,
    /// What.
    pub task: Task,
    /// Which question about this phone it is: answers to older ones are not wanted any more.
    round: u64,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Who is there.
    Ask,
    /// To log that user out.
    LogOut(String),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Who is there; none: nobody.
    There(Option<String>),
    /// The user was logged out.
    LoggedOut,
    /// It could not be done, and why. It is tried again.
    Failed(String),
}

/// The phones that are watched.
#[derive(Debug)]
pub struct Beside {
    limit: Duration,
    phones: HashMap<PhoneName, Watched>,
    deadlines: Deadlines<PhoneName>,
    jobs: VecDeque<Job>,
    rounds: u64,
}

#[derive(Debug)]
struct Watched {
    /// Since when nobody has used it (uptime).
    since: Duration,
    resting: Resting,
    phase: Phase,
    /// Who was logged out last, and what is wrong.
    ended: Option<Ended>,
    trouble: Option<String>,
}

#[derive(Debug)]
struct Ended {
    user: String,
    at: Utc,
    idle: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// It was asked in this round who is there; somebody who was, since then (uptime).
    Asked {
        round: u64,
        before: Option<(String, Duration)>,
        tries: u32,
    },
    /// Somebody is there, who has not used it since then.
    On { user: String, since: Duration },
    /// Nobody was there.
    Nobody,
    /// It was asked in this round to log that user out.
    Leaving {
        round: u64,
        user: String,
        since: Duration,
        tries: u32,
    },
    /// Something failed so often, and will be tried again.
    Failed {
        before: Option<(String, Duration)>,
        tries: u32,
    },
}

impl Beside {
    /// Nobody is watched yet. Who has not used a phone for so long is logged out there.
    pub fn new(limit: Duration) -> Beside {
        Beside {
            limit,
            phones: HashMap::new(),
            deadlines: Deadlines::default(),
            jobs: VecDeque::new(),
            rounds: 0,
        }
    }

    /// A phone says that nobody uses it.
    pub fn rests(&mut self, now: Now, phone: &PhoneName, rest: Rest) {
        let now = now.uptime;
        let last = self.phones.get(phone).map(|watched| watched.resting);
        let used = Resting::used_before(last, now, rest);
        if last.is_none() && self.phones.len() >= MOST {
            return;
        }
        let resting = Resting::heard(now, rest);
        let watched = self.phones.entry(phone.clone()).or_insert(Watched {
            since: used.unwrap_or(now),
            resting,
            phase: Phase::Nobody,
            ended: None,
            trouble: None,
        });
        watched.resting = resting;
        if let Some(used) = used {
            watched.since = used;
        }
        if last.is_none() || used.is_some() {
            self.ask(phone, None, 0);
        }
    }

    /// What became of a job. The user who was logged out by it, and for how long nobody had used the phone.
    pub fn done(&mut self, now: Now, job: &Job, outcome: Outcome) -> Option<(String, Duration)> {
        let watched = self.phones.get_mut(&job.phone)?;
        let phase = watched.phase.clone();
        watched.trouble = None;
        match (phase, outcome) {
            (
                Phase::Asked {
                    round,
                    before,
                    tries,
                },
                Outcome::There(user),
            ) if round == job.round => {
                self.there(now.uptime, &job.phone, (before, tries), user);
            }
            (
                Phase::Leaving {
                    round, user, since, ..
                },
                Outcome::LoggedOut,
            ) if round == job.round => {
                let idle = now.uptime.saturating_sub(since);
                watched.ended = Some(Ended {
                    user: user.clone(),
                    at: now.utc,
                    idle,
                });
                watched.phase = Phase::Nobody;
                self.look_again(&job.phone, now.uptime + self.limit);
                return Some((user, idle));
            }
            (phase, Outcome::Failed(why)) => {
                let (round, before, tries) = match phase {
                    Phase::Asked {
                        round,
                        before,
                        tries,
                    } => (round, before, tries),
                    Phase::Leaving {
                        round,
                        user,
                        since,
                        tries,
                    } => (round, Some((user, since)), tries),
                    _ => return None,
                };
                if round == job.round {
                    watched.trouble = Some(why);
                    watched.phase = Phase::Failed {
                        before,
                        tries: tries + 1,
                    };
                    let wait = FIRST_WAIT * 2_u32.saturating_pow(tries.min(16));
                    self.look_again(&job.phone, now.uptime + wait.min(LONGEST_WAIT));
                }
            }
            _ => {}
        }
        None
    }

    /// Looks at what is due.
    pub fn wake(&mut self, now: Now) {
        let now = now.uptime;
        while let Some(phone) = self.deadlines.pop_due(now) {
            let Some(watched) = self.phones.get(&phone) else {
                continue;
            };
            // Whoever uses it, it will say when they do not any more.
            if watched.resting.is_silent(now) {
                continue;
            }
            match watched.phase.clone() {
                Phase::On { user, since } => self.ask(&phone, Some((user, since)), 0),
                Phase::Failed { before, tries } => self.ask(&phone, before, tries),
                Phase::Nobody => self.ask(&phone, None, 0),
                Phase::Asked { .. } | Phase::Leaving { .. } => {}
            }
        }
    }

    /// When to look again (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.next()
    }

    /// The next thing to ask.
    pub fn next_job(&mut self) -> Option<Job> {
        loop {
            let job = self.jobs.pop_front()?;
            let round = self.phones.get(&job.phone).and_then(|w| w.phase.round());
            if round == Some(job.round) {
                return Some(job);
            }
        }
    }

    /// How many phones are watched.
    pub fn len(&self) -> usize {
        self.phones.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.phones.is_empty()
    }

    fn ask(&mut self, phone: &PhoneName, before: Option<(String, Duration)>, tries: u32) {
        let round = self.push(phone, Task::Ask);
        self.enter(
            phone,
            Phase::Asked {
                round,
                before,
                tries,
            },
        );
    }

    /// It is known who is there now. The same as before has had the phone for as long as before; somebody else has it since
    /// the phone fell idle, if it was not asked since.
    fn there(
        &mut self,
        now: Duration,
        phone: &PhoneName,
        (before, tries): (Option<(String, Duration)>, u32),
        user: Option<String>,
    ) {
        let Some(watched) = self.phones.get(phone) else {
            return;
        };
        let Some(user) = user else {
            self.enter(phone, Phase::Nobody);
            return self.look_again(phone, now + self.limit);
        };
        let since = match before {
            Some((same, since)) if same == user => since,
            Some(_) => now,
            None => watched.since,
        };
        if now >= since + self.limit {
            let round = self.push(phone, Task::LogOut(user.clone()));
            let leaving = Phase::Leaving {
                round,
                user,
                since,
                tries,
            };
            return self.enter(phone, leaving);
        }
        self.enter(phone, Phase::On { user, since });
        self.look_again(phone, since + self.limit);
    }

    fn push(&mut self, phone: &PhoneName, task: Task) -> u64 {
        self.rounds += 1;
        self.jobs.push_back(Job {
            phone: phone.clone(),
            task,
            round: self.rounds,
        });
        self.rounds
    }

    fn enter(&mut self, phone: &PhoneName, phase: Phase) {
        self.deadlines.disarm(phone);
        if let Some(watched) = self.phones.get_mut(phone) {
            watched.phase = phase;
        }
    }

    fn look_again(&mut self, phone: &PhoneName, at: Duration) {
        self.deadlines.arm(phone.clone(), at);
    }

    /// What there is to say about a phone, a sentence each.
    pub fn explain(&self, now: Now, phone: &PhoneName) -> Vec<String> {
        let Some(watched) = self.phones.get(phone) else {
            return Vec::new();
        };
        let minutes = |time: Duration| time.as_secs() / 60;
        let mut sentences = vec![match watched.resting.is_silent(now.uptime) {
            true => format!("{phone} does not ask for its idle page: it is in use, or off."),
            false => format!(
                "By its idle page nobody has used {phone} for {} min; the limit is {} min.",
                minutes(now.uptime.saturating_sub(watched.since)),
                minutes(self.limit)
            ),
        }];
        sentences.extend(match &watched.phase {
            Phase::On { user, .. } => Some(format!(
                "The other call manager says that {user} is logged in there."
            )),
            Phase::Leaving { user, .. } => Some(format!(
                "The other call manager was asked to log {user} out there."
            )),
            _ => None,
        });
        let trouble = watched.trouble.as_ref();
        sentences.extend(trouble.map(|why| format!("It could not be asked: {why}. It will be.")));
        sentences.extend(watched.ended.as_ref().map(|ended| {
            let ago = now.utc.since(ended.at);
            format!(
                "Perch had {} logged out there {} min ago: nobody had used the phone for {} min.",
                ended.user,
                minutes(ago),
                minutes(ended.idle)
            )
        }));
        sentences
    }
}

impl Phase {
    fn round(&self) -> Option<u64> {
        match self {
            Phase::Asked { round, .. } | Phase::Leaving { round, .. } => Some(*round),
            Phase::On { .. } | Phase::Nobody | Phase::Failed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
