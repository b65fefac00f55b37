//! Who is to be registered at another exchange, who is, and who is asked for next: data with deadlines.
//!
//! Each user has one registration there, in order: nothing is asked for while an answer is awaited. How many are asked
//! for in a second is bounded, and how many wait for an answer. While the other exchange is silent one question stands
//! for all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::super::credentials::Challenge;
use super::pace::{Line, Pace};
use crate::pbx::{Haste, UpstreamFault, UpstreamLine, UpstreamStanding, UpstreamUser, UserId};
use crate::time::Deadlines;

/// So many may wait for an answer at once.
const MOST_OPEN: usize = 200;

/// Who was told to come back later comes back after this time at first, and after this time at the latest.
const RETRY: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(1800));

/// A registration is not asked for again sooner than this, however short it was granted.
const LEAST: Duration = Duration::from_secs(5);

/// A time for which the other exchange must not be asked is not believed beyond this.
const MOST_WAIT: Duration = Duration::from_secs(600);

/// Whether the other exchange still knows who is registered is asked this often.
const RECALL_EVERY: Duration = Duration::from_secs(15);

/// What the site says of all registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sip) struct Terms {
    /// For how long they are asked for, in seconds.
    pub expires_s: u32,
    /// How many may be asked for in a second.
    pub per_s: u32,
}

/// What is to be asked for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sip) enum Wish {
    /// To be registered for so many seconds.
    Register(u32),
    /// Not to be registered any more.
    TakeBack,
    /// To be told where one is registered (RFC 3261 §10.2.3).
    Recall,
}

/// A request that is to be sent.
#[derive(Clone, Debug)]
pub(in crate::sip) struct Ask {
    /// Whose.
    pub user: UserId,
    /// As whom.
    pub account: Arc<UpstreamUser>,
    /// What is asked for.
    pub wish: Wish,
    /// The Call-ID of all of a user's registrations (RFC 3261 §10.2).
    pub call_id: Arc<str>,
    /// Its number among them.
    pub cseq: u32,
    /// What was asked before one was let in, and how often that was answered.
    pub challenge: Option<(Challenge, u32)>,
}

/// What the other exchange said.
#[derive(Debug)]
pub(in crate::sip) enum Said {
    /// Yes.
    Yes {
        /// For how long, in seconds, if it says.
        seconds: Option<u32>,
        /// Whether our contact is among those that it lists.
        is_listed: bool,
    },
    /// Who are you?
    Who(Challenge),
    /// It asks in a realm that we have no password for.
    WhoElse(String),
    /// Not for so short a time: for so many seconds at least.
    TooBrief(u32),
    /// No.
    No(u16),
    /// Come back later, after so many seconds if it says so. `all` if that goes for everybody.
    Later {
        /// In a status.
        status: u16,
        /// After how long, if it says.
        after: Option<Duration>,
        /// Whether that goes for everybody (RFC 3261 §21.5.4).
        all: bool,
    },
    /// Nothing.
    Nothing,
}

/// What the core is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sip) enum Report {
    /// How a user stands.
    Stands(UserId, UpstreamStanding),
    /// How the other exchange does.
    Line(UpstreamLine),
}

#[derive(Debug)]
struct Registration {
    /// As whom they are to be registered; none: not any more.
    wanted: Option<Arc<UpstreamUser>>,
    /// As whom they were last asked for.
    account: Arc<UpstreamUser>,
    phase: Phase,
    /// Until when the other exchange may have it (uptime).
    may_last_until: Option<Duration>,
    /// Until when it said that it has it (uptime).
    granted_until: Duration,
    call_id: Arc<str>,
    cseq: u32,
    challenge: Option<(Challenge, u32)>,
    /// The least that is granted, in seconds.
    least_s: u32,
    /// How often in a row it was to come back later.
    put_off: u32,
    /// Whether the core was told that they are registered.
    is_well: bool,
}

#[derive(Debug)]
enum Phase {
    /// Until its deadline, if it has one.
    Rests,
    /// Until it is its turn.
    Queued(Haste),
    /// Until there is an answer.
    Asked(Open),
}

#[derive(Clone, Copy, Debug)]
struct Open {
    wish: Wish,
    since: Duration,
    /// How often a challenge was answered.
    proofs: u32,
    /// Whether the last answer was to a challenge of its own.
    is_fresh: bool,
}

/// What it is worth if the other exchange does not list somebody: there are those that never list anybody who only asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Recalls {
    /// Nobody knows yet.
    #[default]
    Untried,
    /// It did not list somebody, and had not listed anybody before.
    Doubtful,
    /// It has listed somebody.
    Proven,
    /// Nothing.
    Worthless,
}

/// All of them.
#[derive(Debug)]
pub(in crate::sip) struct Roll {
    terms: Terms,
    users: BTreeMap<UserId, Registration>,
    /// Those who have just logged in.
    first: VecDeque<UserId>,
    /// All others.
    queue: VecDeque<UserId>,
    open: usize,
    pace: Pace,
    line: Line,
    /// Who was registered last: asked whether that is still known.
    witness: Option<UserId>,
    /// When that is asked again; never if the other exchange does not list contacts.
    recall_at: Option<Duration>,
    recalls: Recalls,
    deadlines: Deadlines<UserId>,
    reports: Vec<Report>,
}

impl Roll {
    /// Nobody.
    pub fn new(terms: Terms) -> Roll {
        Roll {
            terms,
            users: BTreeMap::new(),
            first: VecDeque::new(),
            queue: VecDeque::new(),
            open: 0,
            pace: Pace::default(),
            line: Line::default(),
            witness: None,
            recall_at: None,
            recalls: Recalls::default(),
            deadlines: Deadlines::default(),
            reports: Vec::new(),
        }
    }

    /// The site says something else from now on.
    pub fn set_terms(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// The other exchange is reached otherwise: nobody is registered there as far as is known.
    pub fn moved(&mut self) {
        self.line = Line::default();
        self.recalls = Recalls::default();
        let users: Vec<UserId> = self.users.keys().cloned().collect();
        for user in users {
            self.put_in(user, Haste::InTurn);
        }
    }

    /// Takes out what the core is to hear.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// Somebody is to be registered. `call_id` is for who is new.
    pub fn enrol(
        &mut self,
        user: UserId,
        account: Arc<UpstreamUser>,
        haste: Haste,
        call_id: impl FnOnce() -> String,
    ) {
        let registration = self
            .users
            .entry(user.clone())
            .or_insert_with(|| Registration::new(Arc::clone(&account), call_id()));
        let is_same = registration.wanted.as_ref() == Some(&account);
        registration.wanted = Some(account);
        registration.is_well &= is_same;
        if registration.is_well {
            return;
        }
        registration.put_off = 0;
        if let Some(again) = self.line.again() {
            self.failed(&user, UpstreamFault::Silent, Some(again));
        }
        self.put_in(user, haste);
    }

    /// Somebody is not to be registered any more. After a restart nobody knows whether they are.
    pub fn withdraw(
        &mut self,
        now: Duration,
        user: UserId,
        account: Arc<UpstreamUser>,
        call_id: impl FnOnce() -> String,
    ) {
        let until = now + Duration::from_secs(self.terms.expires_s.into());
        let registration = self.users.entry(user.clone()).or_insert_with(|| {
            let unknown = Registration::new(account, call_id());
            Registration {
                may_last_until: Some(until),
                ..unknown
            }
        });
        registration.wanted = None;
        registration.put_off = 0;
        registration.is_well = false;
        self.settle(now, user);
    }

    /// The next that is to be asked for now; none if nothing may be.
    pub fn next(&mut self, now: Duration) -> Option<Ask> {
        if let Some(ask) = self.recall(now) {
            return Some(ask);
        }
        while self.open < MOST_OPEN && self.line.may_ask(now, self.open) && self.pace.may_go(now) {
            let user = self.first.pop_front().or_else(|| self.queue.pop_front())?;
            let expires_s = self.terms.expires_s;
            let Some(registration) = self.users.get_mut(&user) else {
                continue;
            };
            // Whoever logs in stands in both queues for a while.
            if !matches!(registration.phase, Phase::Queued(_)) {
                continue;
            }
            let Some(wish) = registration.wish(now, expires_s) else {
                registration.phase = Phase::Rests;
                self.settle(now, user);
                continue;
            };
            self.pace.goes(now, self.terms.per_s);
            return self.ask(now, user, wish);
        }
        None
    }

    /// Whether the one who was registered last still is: asked of one for all.
    fn recall(&mut self, now: Duration) -> Option<Ask> {
        if self.recall_at? > now || !self.line.may_ask(now, self.open) {
            return None;
        }
        self.recall_at = Some(now + RECALL_EVERY);
        let is_registered = |registration: &Registration| {
            let lasts = registration.may_last_until.is_some_and(|until| until > now);
            lasts && registration.wanted.is_some() && matches!(registration.phase, Phase::Rests)
        };
        let witness = self.witness.take().filter(|user| {
            let registration = self.users.get(user);
            registration.is_some_and(is_registered)
        });
        let user = witness.or_else(|| {
            let mut all = self.users.iter();
            let (user, _) = all.find(|(_, registration)| is_registered(registration))?;
            Some(user.clone())
        })?;
        self.ask(now, user, Wish::Recall)
    }

    fn ask(&mut self, now: Duration, user: UserId, wish: Wish) -> Option<Ask> {
        let registration = self.users.get_mut(&user)?;
        // What was registered as somebody else is taken back as that.
        if let (Wish::Register(_), Some(wanted)) = (wish, &registration.wanted) {
            registration.account = Arc::clone(wanted);
        }
        if wish != Wish::Recall {
            self.deadlines.disarm(&user);
        }
        registration.phase = Phase::Asked(Open {
            wish,
            since: now,
            proofs: 0,
            is_fresh: false,
        });
        self.open += 1;
        Some(registration.request(user, wish))
    }

    /// What was asked for somebody was answered. What is to be asked at once in return, if anything.
    pub fn said(&mut self, now: Duration, user: &UserId, said: Said, chance: f64) -> Option<Ask> {
        let registration = self.users.get_mut(user)?;
        let Phase::Asked(open) = registration.phase else {
            return None;
        };
        let said = match said {
            Said::Who(challenge) => match registration.proves(open, challenge) {
                Some(again) => {
                    registration.phase = Phase::Asked(again);
                    self.hears(now);
                    let registration = self.users.get_mut(user)?;
                    return Some(registration.request(user.clone(), open.wish));
                }
                None => Said::No(401),
            },
            said => said,
        };
        registration.phase = Phase::Rests;
        self.open -= 1;
        self.listen(now, &open, &said, chance);
        match open.wish {
            Wish::Recall => self.recalled(now, user, &said),
            _ => self.settled(now, user, &open, said, chance),
        }
        None
    }

    /// What an answer, or none, says of the other exchange as a whole.
    fn listen(&mut self, now: Duration, open: &Open, said: &Said, chance: f64) {
        let line = match said {
            Said::Nothing if self.line.was_heard_since(open.since) => return,
            Said::Nothing => self.line.is_silent(now, chance),
            Said::Later {
                after: Some(after),
                all: true,
                ..
            } => self.line.is_busy(now, (*after).clamp(LEAST, MOST_WAIT)),
            _ => return self.hears(now),
        };
        self.reports.extend(line.map(Report::Line));
    }

    /// The other exchange speaks. Whether it still knows what it knew is asked at once.
    fn hears(&mut self, now: Duration) {
        if self.line.is_heard(now) {
            self.reports.push(Report::Line(UpstreamLine::Answers));
            self.recall_at = self.recall_at.map(|_| now);
        }
    }

    /// What becomes of somebody after an answer.
    fn settled(&mut self, now: Duration, user: &UserId, open: &Open, said: Said, chance: f64) {
        let Some(registration) = self.users.get_mut(user) else {
            return;
        };
        match (said, open.wish) {
            (Said::Yes { seconds, is_listed }, Wish::Register(asked_s)) => {
                let lasts = Duration::from_secs(seconds.unwrap_or(asked_s).into());
                self.registered(now, user, lasts, is_listed, chance);
            }
            (Said::Yes { .. }, _) => registration.may_last_until = None,
            (Said::TooBrief(least_s), Wish::Register(asked_s)) if least_s > asked_s => {
                registration.least_s = least_s;
                self.put_in(user.clone(), Haste::Now);
            }
            (Said::Nothing, wish) => {
                // It may have come through, or not.
                if let Wish::Register(asked_s) = wish {
                    let until = open.since + Duration::from_secs(asked_s.into());
                    registration.may_last_until = registration.may_last_until.max(Some(until));
                }
                self.unheard(user, UpstreamFault::Silent);
            }
            (Said::Later { all: true, .. }, _) => self.unheard(user, UpstreamFault::Busy),
            (Said::Later { status, after, .. }, _) => {
                registration.put_off = registration.put_off.saturating_add(1);
                let wait = match after {
                    Some(after) => after.min(MOST_WAIT).mul_f64(1.0 + 0.2 * chance),
                    None => put_off(registration.put_off, chance),
                };
                let again = now + wait;
                self.deadlines.arm(user.clone(), again);
                self.failed(user, fault_of(status), Some(again));
            }
            (Said::WhoElse(realm), _) => self.refused(user, UpstreamFault::Realm(realm)),
            (Said::No(status), _) => self.refused(user, fault_of(status)),
            (Said::TooBrief(_), _) => self.refused(user, fault_of(423)),
            (Said::Who(_), _) => self.refused(user, UpstreamFault::Password),
        }
        // Somebody who came back while they were taken back.
        let registration = self.users.get(user);
        let is_wanted = registration.is_some_and(|registration| registration.wanted.is_some());
        if open.wish == Wish::TakeBack && is_wanted {
            self.put_in(user.clone(), Haste::Now);
        }
        self.settle(now, user.clone());
    }

    fn registered(
        &mut self,
        now: Duration,
        user: &UserId,
        lasts: Duration,
        is_listed: bool,
        chance: f64,
    ) {
        let Some(registration) = self.users.get_mut(user) else {
            return;
        };
        registration.may_last_until = Some(now + lasts);
        registration.granted_until = now + lasts;
        registration.put_off = 0;
        // At random, so that those who came together do not come together again.
        let again = lasts.mul_f64(0.5 + 0.4 * chance).max(LEAST);
        self.deadlines.arm(user.clone(), now + again);
        self.witness = Some(user.clone());
        self.recall_at = match is_listed && self.recalls != Recalls::Worthless {
            true => self.recall_at.or(Some(now + RECALL_EVERY)),
            // Nothing could be learned by asking.
            false => None,
        };
        let is_new = registration.wanted.as_ref() == Some(&registration.account);
        if is_new && !std::mem::replace(&mut registration.is_well, true) {
            let standing = UpstreamStanding::Registered;
            self.reports.push(Report::Stands(user.clone(), standing));
        }
    }

    /// Nobody listens. Who was registered before may still be; who was not is told.
    fn unheard(&mut self, user: &UserId, why: UpstreamFault) {
        let again = self.line.again();
        let registration = self.users.get(user);
        if registration.is_some_and(|registration| !registration.is_well) {
            self.failed(user, why, again);
        }
        self.put_in(user.clone(), Haste::InTurn);
    }

    /// It was refused, and would be again. What may be registered there from before ends by itself.
    fn refused(&mut self, user: &UserId, why: UpstreamFault) {
        if let Some(registration) = self.users.get_mut(user) {
            registration.may_last_until = None;
            registration.put_off = 1;
            if registration.wanted.as_ref() == Some(&registration.account) {
                self.failed(user, why, None);
            }
        }
    }

    fn failed(&mut self, user: &UserId, why: UpstreamFault, again: Option<Duration>) {
        if let Some(registration) = self.users.get_mut(user).filter(|r| r.wanted.is_some()) {
            registration.is_well = false;
            let standing = UpstreamStanding::Failed { why, again };
            self.reports.push(Report::Stands(user.clone(), standing));
        }
    }

    /// It was asked whether somebody is still registered. If not, nobody is.
    fn recalled(&mut self, now: Duration, user: &UserId, said: &Said) {
        self.settle(now, user.clone());
        let Said::Yes { is_listed, .. } = said else {
            return;
        };
        self.recalls = match (is_listed, self.recalls) {
            (true, _) => Recalls::Proven,
            (false, Recalls::Proven) => Recalls::Untried,
            (false, Recalls::Untried) => {
                self.put_in(user.clone(), Haste::InTurn);
                self.recalls = Recalls::Doubtful;
                return;
            }
            (false, Recalls::Doubtful | Recalls::Worthless) => {
                self.recall_at = None;
                Recalls::Worthless
            }
        };
        if self.recalls != Recalls::Untried {
            return;
        }
        self.reports.push(Report::Line(UpstreamLine::Forgot));
        let all = self.users.iter();
        let known = all.filter(|(_, registration)| {
            registration.may_last_until.is_some() && matches!(registration.phase, Phase::Rests)
        });
        let known: Vec<UserId> = known.map(|(user, _)| user.clone()).collect();
        for user in known {
            self.put_in(user, Haste::InTurn);
        }
    }

    /// Looks at what somebody wants and has, when nothing is asked for: what is left to do is put in the queue.
    fn settle(&mut self, now: Duration, user: UserId) {
        let Some(registration) = self.users.get_mut(&user) else {
            return;
        };
        if !matches!(registration.phase, Phase::Rests) {
            return;
        }
        let lasts = registration.may_last_until.is_some_and(|until| until > now);
        match &registration.wanted {
            None if lasts => self.put_in(user, Haste::InTurn),
            None => {
                self.deadlines.disarm(&user);
                self.users.remove(&user);
            }
            Some(wanted) if *wanted != registration.account => self.put_in(user, Haste::Now),
            Some(_) => {}
        }
    }

    /// Lets somebody wait for a turn. A registration that ends meanwhile is noticed.
    fn put_in(&mut self, user: UserId, haste: Haste) {
        let Some(registration) = self.users.get_mut(&user) else {
            return;
        };
        match (haste, &registration.phase) {
            (_, Phase::Asked(_) | Phase::Queued(Haste::Now))
            | (Haste::InTurn, Phase::Queued(Haste::InTurn)) => return,
            (Haste::Now, _) => self.first.push_back(user.clone()),
            (Haste::InTurn, Phase::Rests) => self.queue.push_back(user.clone()),
        }
        registration.phase = Phase::Queued(haste);
        match registration.is_well {
            true => self.deadlines.arm(user, registration.granted_until),
            false => self.deadlines.disarm(&user),
        }
    }

    /// Puts those in the queue whose time has come.
    pub fn wake(&mut self, now: Duration) {
        while let Some(user) = self.deadlines.pop_due(now) {
            let Some(registration) = self.users.get(&user) else {
                continue;
            };
            match (&registration.phase, &registration.wanted) {
                // It was asked whether they still are: what is due is due when that is answered.
                (Phase::Asked(_), _) => self.deadlines.arm(user, now + LEAST),
                (Phase::Queued(_), Some(_)) if registration.is_well => {
                    self.failed(&user, UpstreamFault::Silent, self.line.again());
                }
                (Phase::Queued(_), _) => {}
                (Phase::Rests, Some(_)) => self.put_in(user, Haste::InTurn),
                (Phase::Rests, None) => self.settle(now, user),
            }
        }
    }

    /// When to look again (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        let is_waited_for = !(self.first.is_empty() && self.queue.is_empty());
        let turn = (is_waited_for && self.open < MOST_OPEN)
            .then(|| self.line.next(self.open))
            .flatten();
        let turn = turn.map(|at| at.max(self.pace.next()));
        let recall = self.recall_at.and_then(|at| {
            let line = self.line.next(self.open)?;
            Some(at.max(line))
        });
        [turn, recall, self.deadlines.next()]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Registration {
    fn new(account: Arc<UpstreamUser>, call_id: String) -> Registration {
        Registration {
            wanted: None,
            account,
            phase: Phase::Rests,
            may_last_until: None,
            granted_until: Duration::ZERO,
            call_id: call_id.into(),
            cseq: 0,
            challenge: None,
            least_s: 0,
            put_off: 0,
            is_well: false,
        }
    }

    /// What is to be asked for, when it is their turn.
    fn wish(&self, now: Duration, expires_s: u32) -> Option<Wish> {
        let lasts = self.may_last_until.is_some_and(|until| until > now);
        match &self.wanted {
            Some(wanted) if lasts && wanted.number != self.account.number => Some(Wish::TakeBack),
            Some(_) => Some(Wish::Register(expires_s.max(self.least_s))),
            None => lasts.then_some(Wish::TakeBack),
        }
    }

    /// The next request; a challenge is answered once more.
    fn request(&mut self, user: UserId, wish: Wish) -> Ask {
        self.cseq += 1;
        if let Some((_, count)) = &mut self.challenge {
            *count += 1;
        }
        Ask {
            user,
            account: Arc::clone(&self.account),
            wish,
            call_id: Arc::clone(&self.call_id),
            cseq: self.cseq,
            challenge: self.challenge.clone(),
        }
    }

    /// Whether a challenge is worth an answer: one that was answered already means that the password is wrong.
    fn proves(&mut self, open: Open, challenge: Challenge) -> Option<Open> {
        let before = self.challenge.take();
        let is_new = match (&before, open.is_fresh) {
            (Some((before, _)), true) => challenge.is_new_after(before),
            _ => true,
        };
        if !is_new || open.proofs >= MOST_PROOFS {
            return None;
        }
        self.challenge = Some((challenge, 0));
        Some(Open {
            proofs: open.proofs + 1,
            is_fresh: true,
            ..open
        })
    }
}

/// So many challenges are answered in a row: one of a proxy, one of a server, and one that came too late.
const MOST_PROOFS: u32 = 3;

/// Longer every time, and at random (RFC 5626 §4.5).
fn put_off(times: u32, chance: f64) -> Duration {
    let (first, most) = RETRY;
    let doubled = 2_u32.saturating_pow(times.saturating_sub(1).min(10));
    first
        .saturating_mul(doubled)
        .min(most)
        .mul_f64(0.5 + 0.5 * chance)
}

fn fault_of(status: u16) -> UpstreamFault {
    match status {
        401 | 407 => UpstreamFault::Password,
        403 => UpstreamFault::Forbidden,
        404 => UpstreamFault::UnknownNumber,
        503 => UpstreamFault::Busy,
        other => UpstreamFault::Status(other),
    }
}

#[cfg(test)]
mod tests;
