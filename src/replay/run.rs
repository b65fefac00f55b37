//! Recorded activity, run through the core with another policy.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::account::{Account, End, LoggedInAgain, Refused};
use super::clockwork::{Clockwork, News};
use super::memory::Memory;
use crate::pbx::{
    Acted, Activity, Closed, Doing, Event, PhoneName, Record, SessionId, Site, StoredSession, What,
};
use crate::time::Utc;

/// A logout that follows the end of a call by no more than this had waited for it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Takes what was recorded, in order, and counts what would have come of it.
pub struct Replay {
    site: Arc<Site>,
    /// The server as the recorded one was; none until something is known of that.
    clockwork: Option<Clockwork>,
    /// It is being started, then, and finds these.
    starting: Option<(Utc, Vec<StoredSession>)>,
    /// It was stopped: nothing becomes due any more, though somebody may still hang up.
    is_stopped: bool,
    /// Sessions as they were: what is recorded names them by id.
    live: HashMap<SessionId, StoredSession>,
    live_at: HashMap<PhoneName, SessionId>,
    /// Sessions that this policy has ended while they went on: since when.
    ended_early: HashMap<PhoneName, Utc>,
    /// Since when phones are free again.
    freed: HashMap<PhoneName, Utc>,
    account: Account,
}

impl Replay {
    /// A replay with the policy of a site. What happened before `from` or after `to` is not counted.
    pub fn new(site: Arc<Site>, from: Utc, to: Utc) -> Replay {
        Replay {
            site,
            clockwork: None,
            starting: None,
            is_stopped: false,
            live: HashMap::new(),
            live_at: HashMap::new(),
            ended_early: HashMap::new(),
            freed: HashMap::new(),
            account: Account {
                from,
                to,
                ..Account::default()
            },
        }
    }

    /// Takes the next that was recorded.
    pub fn take(&mut self, acted: Acted) {
        let Acted { at, what } = acted;
        if self.account.contains(at) {
            self.account.activities += 1;
        }
        match what {
            Activity::Started => {
                self.starting = Some((at, Vec::new()));
                self.is_stopped = false;
            }
            Activity::Found(stored) => match &mut self.starting {
                Some((_, found)) => found.push(*stored),
                None => self.bring_to(at),
            },
            Activity::Stopped => {
                self.bring_to(at);
                self.tell(Clockwork::settle_background);
                self.is_stopped = true;
            }
            Activity::ClockSet(by) => {
                self.bring_to(Utc(at.0.saturating_sub(by)));
                self.tell(|clockwork| clockwork.set_clock(at));
            }
            what => {
                self.bring_to(at);
                self.happens(at, what);
            }
        }
    }

    /// There is nothing more: lets time pass to the end, and counts who is still there.
    pub fn finish(mut self, last: Utc) -> Account {
        self.account.to = self.account.to.min(last);
        let to = self.account.to;
        self.bring_to(to);
        let mut as_it_was = Duration::ZERO;
        for stored in self.live_at.values().filter_map(|id| self.live.get(id)) {
            as_it_was += self.account.occupied(stored.opened, to);
        }
        let sessions = self.clockwork.iter().flat_map(|it| it.memory().sessions());
        let with_policy: Duration = sessions
            .map(|stored| self.account.occupied(stored.opened, to))
            .sum();
        self.account.occupied_as_it_was += as_it_was;
        self.account.occupied_with_policy += with_policy;
        self.account
    }

    /// Does everything that was due until then.
    fn bring_to(&mut self, at: Utc) {
        if let Some((started, found)) = self.starting.take() {
            self.start(started, found);
        } else if self.clockwork.is_none() {
            // What was before is not known any more.
            self.start(at, Vec::new());
        }
        let is_stopped = self.is_stopped;
        self.tell(|clockwork| {
            let uptime = clockwork.now().uptime_at(at);
            match is_stopped {
                true => clockwork.skip_to(uptime),
                false => clockwork.run_until(uptime),
            }
        });
    }

    /// The server starts again, knowing what this policy has left.
    fn start(&mut self, at: Utc, found: Vec<StoredSession>) {
        let before = self.clockwork.take();
        let mut memory = before.map_or_else(Memory::default, Clockwork::end);
        for stored in found {
            let is_there = memory.session_at(&stored.phone);
            if is_there.is_some_and(|there| there.user == stored.user) {
                memory.set_last_used(&stored.phone, stored.last_used);
            } else if !self.live.contains_key(&stored.session) && is_there.is_none() {
                // It began before anything was recorded.
                memory.open(stored.clone());
            }
            self.live_at.insert(stored.phone.clone(), stored.session);
            self.live.insert(stored.session, stored);
        }
        let site = Arc::clone(&self.site);
        self.clockwork = Some(Clockwork::start(at, 0, site, memory));
        self.tell(|_| {});
    }

    /// Does something with the server, and counts what came of it.
    fn tell(&mut self, tell: impl FnOnce(&mut Clockwork)) {
        let Some(clockwork) = &mut self.clockwork else {
            return;
        };
        tell(clockwork);
        clockwork.take_actions();
        for news in clockwork.take_news() {
            match news {
                News::Closed(stored, closed) => self.closed(&stored, &closed),
                News::Recorded(record) => self.recorded(record),
                News::Opened(_) | News::Acted(_) => {}
            }
        }
    }

    /// Something happened, and happens again.
    fn happens(&mut self, at: Utc, what: Activity) {
        if let Some(phone) = used_phone(&what) {
            self.comes_back(at, phone);
        }
        match &what {
            Activity::LoggedIn(stored) => self.logged_in(at, stored),
            Activity::LoggedOut {
                session,
                cause,
                door,
            } => {
                let closed = (*session, *cause, *door);
                let Some(known) = self.logged_out(at, closed) else {
                    self.account.unknown += u64::from(self.account.contains(at));
                    return;
                };
                let Some(session) = self.same(&known) else {
                    return;
                };
                let (cause, door) = (*cause, *door);
                let ended = Activity::LoggedOut {
                    session,
                    cause,
                    door,
                };
                return self.tell(|clockwork| clockwork.handle(Event::Replayed(ended)));
            }
            Activity::Is {
                phone,
                doing: Doing::Idle,
                ..
            } => {
                self.freed.insert(phone.clone(), at);
            }
            _ => {}
        }
        if let Some(what) = self.translated(what) {
            self.tell(|clockwork| clockwork.handle(Event::Replayed(what)));
        }
    }

    /// The same of the session that stands for it here, if one does.
    fn translated(&self, what: Activity) -> Option<Activity> {
        let here = |session: &SessionId| self.same(self.live.get(session)?);
        match what {
            Activity::Leaving {
                session,
                cause,
                door,
            } => Some(Activity::Leaving {
                session: here(&session)?,
                cause,
                door,
            }),
            Activity::Stays { session } => Some(Activity::Stays {
                session: here(&session)?,
            }),
            what => Some(what),
        }
    }

    /// The session here of the same user at the same phone.
    fn same(&self, stored: &StoredSession) -> Option<SessionId> {
        let here = self
            .clockwork
            .as_ref()?
            .memory()
            .session_at(&stored.phone)?;
        (here.user == stored.user).then_some(here.session)
    }

    fn logged_in(&mut self, at: Utc, stored: &StoredSession) {
        if self.same(stored).is_some() && self.account.contains(at) {
            self.account.logins_saved += 1;
        }
        self.ended_early.remove(&stored.phone);
        self.live_at.insert(stored.phone.clone(), stored.session);
        self.live.insert(stored.session, stored.clone());
    }

    /// A session ended, as it was. None: nobody knows whose.
    fn logged_out(
        &mut self,
        at: Utc,
        (session, cause, door): (SessionId, crate::pbx::Cause, crate::pbx::Door),
    ) -> Option<StoredSession> {
        let stored = self.live.remove(&session)?;
        if self.live_at.get(&stored.phone) == Some(&session) {
            self.live_at.remove(&stored.phone);
            self.ended_early.remove(&stored.phone);
        }
        self.account.occupied_as_it_was += self.account.occupied(stored.opened, at);
        if self.account.contains(at) {
            let had_waited = self.had_waited(&stored.phone, at);
            let closed = Closed {
                session,
                cause,
                door,
                at,
                last_used: stored.last_used,
            };
            let end = End::of(&stored, &closed, had_waited);
            self.account.as_it_was.push(end);
        }
        Some(stored)
    }

    /// A session ended, with this policy.
    fn closed(&mut self, stored: &StoredSession, closed: &Closed) {
        let live = self.live_at.get(&stored.phone);
        let live = live.and_then(|id| self.live.get(id));
        if closed.cause.is_automatic() && live.is_some_and(|live| live.user == stored.user) {
            self.ended_early.insert(stored.phone.clone(), closed.at);
        }
        self.account.occupied_with_policy += self.account.occupied(stored.opened, closed.at);
        if self.account.contains(closed.at) {
            let had_waited = self.had_waited(&stored.phone, closed.at);
            let end = End::of(stored, closed, had_waited);
            self.account.with_policy.push(end);
        }
    }

    fn had_waited(&self, phone: &PhoneName, at: Utc) -> bool {
        let freed = self.freed.get(phone);
        freed.is_some_and(|freed| at.since(*freed) <= AT_ONCE)
    }

    fn recorded(&mut self, record: Record) {
        if record.what == What::LoginRefused && self.account.contains(record.at) {
            self.account.refused.push(Refused {
                at: record.at,
                user: record.user,
                phone: record.phone,
                why: record.text,
            });
        }
    }

    /// Somebody uses the phone whom this policy has logged out: they log in again.
    fn comes_back(&mut self, at: Utc, phone: &PhoneName) {
        let Some(since) = self.ended_early.remove(phone) else {
            return;
        };
        let live = self.live_at.get(phone).and_then(|id| self.live.get(id));
        let Some(stored) = live.cloned() else {
            return;
        };
        if self.account.contains(at) {
            self.account.logged_in_again.push(LoggedInAgain {
                user: stored.user.clone(),
                phone: phone.clone(),
                at,
                after: at.since(since),
            });
        }
        let again = Activity::LoggedIn(Box::new(stored));
        self.tell(|clockwork| clockwork.handle(Event::Replayed(again)));
    }
}

/// The phone that somebody used.
fn used_phone(what: &Activity) -> Option<&PhoneName> {
    match what {
        Activity::Used { phone, .. }
        | Activity::Is {
            phone,
            used: Some(_),
            ..
        } => Some(phone),
        _ => None,
    }
}
