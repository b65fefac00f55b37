//! Answers to questions: who is where, why the last logout happened, when the next will (SES-11).

use super::Pbx;
use super::change::{Door, SessionId};
use super::forward_set::Owner;
use super::names::{PhoneName, UserId};
use super::query::{Answer, AtPhone, Explanation, OfUser, Presence, Query, Status};
use crate::time::Now;

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
            Query::Jobs => Answer::Jobs(self.job_statuses()),
            Query::Hunt => Answer::Hunt(self.hunt_statuses(now)),
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
                hunt: self.hunt_statuses(now),
                logouts_queued: self.schedule.queued(),
                jobs_running: self.schedule.running().collect(),
                upstream_users: self.upstream.len(),
                upstream_registered: self.upstream.registered(),
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
            lasts_s: self
                .limits_of(stored)
                .and_then(|limits| limits.total)
                .map(|it| it.as_secs()),
            door: stored.door,
            since: stored.opened,
            last_used: stored.last_used,
            next_logout: self.next_logout(now, id),
            leaving: stored.leaving.map(|(cause, ..)| cause),
            in_call: self.in_use(&stored.phone).in_call(),
        })
    }

    fn at_phone(&self, now: Now, phone: &PhoneName) -> Option<AtPhone> {
        self.site.phones.get(phone)?;
        let session = self.session_at(phone);
        let state = self.phones.get(phone);
        let last = state.and_then(|state| state.last_closed.as_deref());
        Some(AtPhone {
            addresses: Vec::new(),
            user_agent: None,
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
        let mut last: Vec<(PhoneName, UserId)> = last.collect();
        last.sort_unstable();
        last
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
        if let Some(sentences) = self.explain_hunt_group(now, subject) {
            return Some(Explanation {
                sentences,
                ..Explanation::of(subject.to_owned())
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
        sentences.extend(self.explain_members(phone));
        sentences.extend(self.explain_privacy(phone));
        sentences.extend(self.explain_after_hours(now, phone));
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
                sentences.extend(self.explain_members(&session.stored.phone));
                sentences.extend(self.explain_after_hours(now, &session.stored.phone));
            }
        }
        sentences.extend(self.explain_softphone(user));
        sentences.extend(self.explain_upstream(now, user));
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
}
