//! Answers to questions: who is where, why the last logout happened, when the next will (SES-11).

use std::time::Duration;

use super::Pbx;
use super::change::Door;
use super::change::{Cause, Closed, SessionId, StoredSession};
use super::forward_set::Owner;
use super::idle::Verdict;
use super::names::{PhoneName, UserId};
use super::phone::InUse;
use super::query::{Answer, AtPhone, Explanation, OfUser, Presence, Query, Status};
use crate::time::{Now, Utc};

impl Pbx {
    /// Answers a question; changes nothing.
    pub fn ask(&self, now: Now, query: &Query) -> Answer {
        match query {
            Query::Who => {
                let all = self.sessions.keys();
                let mut who: Vec<Presence> = all.filter_map(|id| self.presence(now, *id)).collect();
                who.extend(self.companions());
                who.sort_by(|a, b| (&a.user, &a.phone).cmp(&(&b.user, &b.phone)));
                Answer::Who(who)
            }
            Query::Explain(subject) => Answer::Explain(self.explain(now, subject)),
            Query::Phone(phone) => Answer::Phone(self.at_phone(now, phone)),
            Query::User(given) => Answer::User(self.of_user(now, given)),
            Query::LastUsers => Answer::LastUsers(self.last_users()),
            Query::Locks => Answer::Locks(self.locks(now)),
            Query::Seat(phone) => Answer::Seat(self.seat(phone)),
            Query::Status => Answer::Status(Status {
                site: self.site.settings.name.clone(),
                phones: self.site.phones.len(),
                phones_registered: self.registered,
                softphones: self.site.softphones().count(),
                softphones_registered: self.softphones.len(),
                users: self.site.users.len(),
                sessions: self.sessions.len(),
                calls: self.calls.len(),
                calls_parked: self.lot.len(),
                trunks: self.trunk_statuses(),
                logouts_queued: self.schedule.queued(),
                commits_outstanding: 0,
            }),
        }
    }

    fn presence(&self, now: Now, id: SessionId) -> Option<Presence> {
        let stored = &self.sessions.get(&id)?.stored;
        let user = self.site.users.get(&stored.user);
        Some(Presence {
            user: stored.user.clone(),
            dn: user.map_or_else(|| stored.user.as_str().into(), |user| user.dn.clone()),
            display_name: user.map(|u| u.display_name.clone()).unwrap_or_default(),
            phone: stored.phone.clone(),
            profile: stored.profile.clone(),
            total: stored.total,
            door: stored.door,
            since: stored.opened,
            last_used: stored.last_used,
            next_logout: self.next_logout(now, id),
            leaving: stored.leaving.map(|(cause, ..)| cause),
            in_call: self.in_use(&stored.phone).in_call(),
        })
    }

    /// When the session ends by itself, unless something defers it, and why.
    fn next_logout(&self, now: Now, id: SessionId) -> Option<(Utc, Cause)> {
        let session = self.sessions.get(&id)?;
        let limits = self.limits_of(&session.stored)?;
        let may_be_idle = self.may_be_idle(now, &session.stored.phone);
        let idle = limits
            .idle
            .filter(|_| may_be_idle)
            .map(|limit| (now.utc_at(session.last_used + limit), Cause::Idle));
        let total = limits
            .total
            .map(|limit| (session.stored.opened.plus(limit), Cause::Duration));
        let clock = self.schedule.next_after(now.utc);
        let clock = clock.map(|at| (at, Cause::Schedule));
        let next = [idle, total, clock].into_iter().flatten();
        let next = next.min_by_key(|(at, _)| *at)?;
        let hold = self.emergency_hold(now, &session.stored.phone);
        match hold.map(|until| now.utc_at(until)) {
            Some(hold) if hold > next.0 => Some((hold, next.1)),
            _ => Some(next),
        }
    }

    fn at_phone(&self, now: Now, phone: &PhoneName) -> Option<AtPhone> {
        self.site.phones.get(phone)?;
        let session = self.session_at(phone);
        let state = self.phones.get(phone);
        let last = state.and_then(|state| state.last_closed.as_deref());
        Some(AtPhone {
            addresses: Vec::new(),
            may_log_in: self.login_possible(phone, Door::Page).is_ok(),
            may_edit_dials: self.may_edit_dials(phone),
            speed_dials: self.own_speed_dials_at(phone),
            left_out: self.layout_of(phone, &self.desk_of(phone)).left_out,
            present: session.and_then(|id| self.presence(now, id)),
            last_user: last.map(|(stored, _)| stored.user.clone()),
            warned: session.and_then(|id| self.sessions.get(&id)?.warned),
        })
    }

    fn last_users(&self) -> Vec<(PhoneName, UserId)> {
        let states = self.phones.iter();
        let last = states.filter_map(|(phone, state)| {
            let (stored, _) = state.last_closed.as_deref()?;
            Some((phone.clone(), stored.user.clone()))
        });
        last.collect()
    }

    fn of_user(&self, now: Now, given: &str) -> Option<OfUser> {
        let (id, user) = self.find_user(given)?;
        let sessions = self.sessions_of(id);
        Some(OfUser {
            user: id.clone(),
            profiles: user.profiles.clone(),
            present: sessions
                .iter()
                .filter_map(|id| self.presence(now, *id))
                .collect(),
        })
    }

    fn explain(&self, now: Now, subject: &str) -> Option<Explanation> {
        if self.site.phones.contains_key(subject) {
            return Some(self.explain_phone(now, &subject.into()));
        }
        if self.site.trunks.contains_key(subject) {
            return Some(Explanation {
                subject: subject.to_owned(),
                present: Vec::new(),
                last: None,
                sentences: self.explain_trunk(&subject.into()),
            });
        }
        let (user, _) = self.find_user(subject)?;
        Some(self.explain_user(now, &user.clone()))
    }

    fn explain_phone(&self, now: Now, phone: &PhoneName) -> Explanation {
        let state = self.phones.get(phone);
        let mut sentences = Vec::new();
        let lines: Vec<String> = self.lines_of(phone).iter().map(|d| d.to_string()).collect();
        let registered = state.is_some_and(|state| state.registered);
        sentences.push(format!(
            "{phone} is {} and answers to {}.",
            if registered {
                "registered"
            } else {
                "not registered"
            },
            if lines.is_empty() {
                "no number".to_owned()
            } else {
                lines.join(", ")
            },
        ));
        let config = self.site.phones.get(phone);
        let hardware = config.and_then(|config| config.hardware.as_deref());
        if hardware.is_some_and(|hardware| hardware.enrolled) {
            sentences.push(format!(
                "{phone} is in no site file: it came by itself, as auto_registration allows."
            ));
        }
        let session = self.session_at(phone);
        match session {
            Some(id) => sentences.extend(self.explain_session(now, id)),
            None => sentences.push(format!("Nobody is logged in at {phone}.")),
        }
        sentences.extend(self.explain_layout(phone));
        sentences.extend(self.explain_quiet(phone));
        sentences.extend(self.explain_privacy(phone));
        if let Ok(owner) = self.owner_at(phone) {
            sentences.extend(self.explain_forwarding(&owner));
        }
        let user = self.user_profile_at(phone).map(|(user, _)| user);
        sentences.extend(user.and_then(|user| self.explain_messages(user)));
        let last = state
            .and_then(|state| state.last_closed.as_deref())
            .cloned();
        sentences.extend(last.as_ref().map(|last| self.explain_end(last)));
        sentences.extend(self.explain_forgetting(phone));
        Explanation {
            subject: phone.to_string(),
            present: session
                .and_then(|id| self.presence(now, id))
                .into_iter()
                .collect(),
            last,
            sentences,
        }
    }

    fn explain_user(&self, now: Now, user: &UserId) -> Explanation {
        let sessions = self.sessions_of(user);
        let mut sentences = Vec::new();
        if sessions.is_empty() {
            sentences.push(format!("{user} is logged in nowhere."));
        }
        for id in &sessions {
            sentences.extend(self.explain_session(now, *id));
            if let Some(session) = self.sessions.get(id) {
                sentences.extend(self.explain_layout(&session.stored.phone));
            }
        }
        sentences.extend(self.explain_softphone(user));
        sentences.extend(self.explain_forwarding(&Owner::User(user.clone())));
        sentences.extend(self.explain_messages(user));
        sentences.extend(self.explain_pin(user));
        sentences.extend(self.explain_dials(user));
        if let Some(awaited) = self.awaited_moves.get(user) {
            sentences.push(format!(
                "{user} will be logged in at {} when the call ends, at {} at the latest.",
                awaited.phone,
                self.schedule.local(awaited.until)
            ));
        }
        let locked = self.tries.get(user).and_then(|tries| tries.locked_until);
        if let Some(until) = locked.filter(|until| now.utc < *until) {
            sentences.push(format!(
                "{user} is locked until {} after too many wrong PINs.",
                self.schedule.local(until)
            ));
        }
        let ended = self
            .phones
            .values()
            .filter_map(|p| p.last_closed.as_deref());
        let last = ended
            .filter(|(stored, _)| stored.user == *user)
            .max_by_key(|(stored, closed)| (closed.at, stored.session))
            .cloned();
        sentences.extend(last.as_ref().map(|last| self.explain_end(last)));
        let logged_in = sessions.iter().filter_map(|id| self.presence(now, *id));
        let companions = self.companions().filter(|present| present.user == *user);
        Explanation {
            subject: user.to_string(),
            present: logged_in.chain(companions).collect(),
            last,
            sentences,
        }
    }

    fn explain_session(&self, now: Now, id: SessionId) -> Vec<String> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let stored = &session.stored;
        let (user, phone) = (&stored.user, &stored.phone);
        let local = |at| self.schedule.local(at);
        let mut sentences = vec![
            format!(
                "{user} has been logged in at {phone} since {}.",
                local(stored.opened)
            ),
            format!(
                "{phone} was last used at {}, as {} showed.",
                local(stored.last_used.0),
                stored.last_used.1.words()
            ),
        ];
        if let Some((cause, _, since)) = stored.leaving {
            sentences.push(format!(
                "{user} will be logged out ({}) as soon as {phone} is idle; that was decided at {}.",
                cause.word(),
                local(since)
            ));
            return sentences;
        }
        sentences.push(match self.next_logout(now, id) {
            None => format!("Nothing logs {user} out automatically here."),
            Some((at, cause)) => format!(
                "The next automatic logout is at {} ({}: {}).",
                local(at),
                cause.word(),
                self.policy_words(stored, cause)
            ),
        });
        sentences.extend(self.explain_deferral(now, id));
        sentences
    }

    fn policy_words(&self, stored: &StoredSession, cause: Cause) -> String {
        let limits = self.limits_of(stored);
        let minutes = |limit: Option<Duration>| limit.unwrap_or_default().as_secs() / 60;
        match cause {
            Cause::Idle => format!(
                "{} min without use, by user profile {}",
                minutes(limits.and_then(|l| l.idle)),
                stored.profile
            ),
            Cause::Duration => {
                let limit = minutes(limits.and_then(|l| l.total));
                format!("a login lasts {}:{:02} at most", limit / 60, limit % 60)
            }
            _ => "the site's logout times".to_owned(),
        }
    }

    fn explain_deferral(&self, now: Now, id: SessionId) -> Option<String> {
        let phone = &self.sessions.get(&id)?.stored.phone;
        if let Some(until) = self.emergency_hold(now, phone) {
            let until = self.schedule.local(now.utc_at(until));
            return Some(format!(
                "An emergency call was made at {phone}: nobody is logged out there before {until}."
            ));
        }
        if !self.may_be_idle(now, phone) {
            return Some(format!(
                "{phone} does not ask for its idle page, so it is in use, or off: it is not idle before it asks again."
            ));
        }
        let waits = self.verdict_on(now, id) == Some(Verdict::WaitForRelease);
        match self.in_use(phone) {
            InUse::Active if waits => Some(format!(
                "{phone} is in a call: no timer ends the session before the call ends."
            )),
            InUse::HeldOnly { .. } => Some(format!("{phone} has a call on hold.")),
            InUse::Ringing => Some(format!("{phone} rings: a logout waits.")),
            _ => None,
        }
    }

    fn explain_end(&self, (stored, closed): &(StoredSession, Closed)) -> String {
        format!(
            "The last logout at {} was at {}: {} ({}: {}); last used at {}, as {} showed.",
            stored.phone,
            self.schedule.local(closed.at),
            stored.user,
            closed.cause.word(),
            reason(closed.cause),
            self.schedule.local(closed.last_used.0),
            closed.last_used.1.words()
        )
    }
}

fn reason(cause: Cause) -> &'static str {
    match cause {
        Cause::User => "the user logged out",
        Cause::Takeover => "somebody else logged in there",
        Cause::Moved => "the user logged in elsewhere",
        Cause::Remote => "somebody logged the user out by code",
        Cause::Admin => "an administrator did",
        Cause::Idle => "the phone was not used for the idle limit",
        Cause::Duration => "the maximum login time was over",
        Cause::Schedule => "a logout time of the site came",
        Cause::Api => "a program did, over the API",
        Cause::Unregistered => "the softphone unregistered, or was not heard of any more",
    }
}
