//! A stream of tasks: which, how fast, for how long.

use std::time::{Duration, Instant};

use crate::arguments::Pace;
use crate::tally::Tally;

/// Something for a phone, or for an administrator, to do.
#[derive(Clone, Copy, Debug)]
pub enum Task {
    /// Register, with a proof at once if there is a nonce.
    Register { phone: u32 },
    /// Log a user in by code.
    Login { phone: u32, user: u32 },
    /// Log a user in over the control API.
    ControlLogin { phone: u32, user: u32 },
    /// Log a user in through the Extension Mobility API.
    ApiLogin { phone: u32, user: u32 },
    /// Log out whoever is at a phone through it.
    ApiLogout { phone: u32 },
    /// Call another phone, and hang up when it has answered.
    Call { phone: u32, callee: u32 },
}

impl Task {
    /// The phone that does it.
    pub fn phone(self) -> u32 {
        match self {
            Task::Register { phone }
            | Task::Login { phone, .. }
            | Task::ControlLogin { phone, .. }
            | Task::ApiLogin { phone, .. }
            | Task::ApiLogout { phone }
            | Task::Call { phone, .. } => phone,
        }
    }
}

/// Which tasks follow each other.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// Registrations of `count` phones in turn.
    Registrations { first: u32, count: u32 },
    /// Logins of users in turn, at phones in turn.
    Logins { phones: u32, users: u32 },
    /// The same over the control API.
    ControlLogins { phones: u32, users: u32 },
    /// Each user logged in at a phone through the Extension Mobility API, then each out, and so on.
    Api { users: u32 },
    /// Calls within pairs of phones.
    Calls { first: u32, pairs: u32 },
}

/// How many tasks may be under way at a fixed rate; later ones wait, and their wait counts.
const MOST_AT_ONCE: usize = 8192;

/// A stream of tasks.
pub struct Stream {
    pub name: &'static str,
    pub choice: Choice,
    pace: Pace,
    most: u64,
    duration: Duration,
    pub started: Instant,
    begun: u64,
    /// Turns of phones that were still busy.
    passed_over: u64,
    pub in_flight: usize,
    pub tally: Tally,
}

impl Stream {
    /// A stream that ends after `most` tasks or after `duration`.
    pub fn new(
        name: &'static str,
        choice: Choice,
        pace: Pace,
        most: u64,
        duration: Duration,
    ) -> Stream {
        Stream {
            name,
            choice,
            pace,
            most,
            duration,
            started: Instant::now(),
            begun: 0,
            passed_over: 0,
            in_flight: 0,
            tally: Tally::default(),
        }
    }

    /// The stream begins no more tasks.
    pub fn stop(&mut self) {
        self.most = self.begun;
    }

    /// Whether all of it is over.
    pub fn is_over(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.is_spent(now)
    }

    /// When the next task is meant to begin: none if it must wait for another, or there is none.
    pub fn next_at(&self, now: Instant) -> Option<Instant> {
        if self.is_spent(now) {
            return None;
        }
        match self.pace {
            Pace::Open { .. } if self.in_flight >= MOST_AT_ONCE => None,
            Pace::Open { .. } => Some(self.intended()),
            Pace::Closed { at_once } => (self.in_flight < at_once).then_some(now),
        }
    }

    /// Takes the next task, with the moment at which it was meant to begin.
    pub fn take(&mut self, now: Instant) -> (Task, Instant) {
        let intended = match self.pace {
            Pace::Open { .. } => self.intended(),
            Pace::Closed { .. } => now,
        };
        let task = self.choice.task(self.begun + self.passed_over);
        self.begun += 1;
        (task, intended)
    }

    /// The phone of the task that was just taken is busy: its turn comes again, the moment stays another's.
    pub fn put_back(&mut self) {
        self.passed_over += 1;
        self.begun -= 1;
    }

    fn is_spent(&self, now: Instant) -> bool {
        let is_time_up = match self.pace {
            // What was meant to begin in time does, however late.
            Pace::Open { .. } => self.intended() >= self.started + self.duration,
            Pace::Closed { .. } => now >= self.started + self.duration,
        };
        self.begun >= self.most || is_time_up
    }

    fn intended(&self) -> Instant {
        match self.pace {
            Pace::Open { per_s } => {
                self.started + Duration::from_secs_f64(self.begun as f64 / per_s)
            }
            Pace::Closed { .. } => self.started,
        }
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        let last = self.tally.last.unwrap_or(self.started);
        last.saturating_duration_since(self.started)
    }
}

impl Choice {
    fn task(self, number: u64) -> Task {
        let turn = |of: u32| {
            let turn = number % u64::from(of.max(1));
            u32::try_from(turn).expect("less than a u32")
        };
        match self {
            Choice::Registrations { first, count } => Task::Register {
                phone: first + turn(count),
            },
            Choice::Logins { phones, users } => Task::Login {
                phone: turn(phones),
                user: turn(users),
            },
            Choice::ControlLogins { phones, users } => Task::ControlLogin {
                phone: turn(phones),
                user: turn(users),
            },
            Choice::Api { users } => match number / u64::from(users.max(1)) % 2 {
                0 => Task::ApiLogin {
                    phone: turn(users),
                    user: turn(users),
                },
                _ => Task::ApiLogout { phone: turn(users) },
            },
            Choice::Calls { first, pairs } => Task::Call {
                phone: first + turn(pairs),
                callee: first + pairs + turn(pairs),
            },
        }
    }
}
