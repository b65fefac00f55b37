//! Somebody wants a phone to become theirs: who they are, what stands in the way, and the claim.

use std::time::Duration;

use super::change::{AwaitedMove, Change, Claim, ClaimId, Closed, Door, StoredSession};
use super::change::{Cause, Record, SessionId, Signal, Wanted, What};
use super::event::{LegId, Secret, Ticket};
use super::names::{PhoneName, ProfileName, UserId};
use super::session::Session;
use super::site::SecondLogin;
use super::{Action, Notice, Obstacle, Pbx, Refusal, Shown, Timer};
use crate::time::Now;

/// Who waits for the answer to a login or logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// Somebody who dialled a code.
    Leg(LegId),
    /// Somebody who was asked for user and PIN.
    Dialogue(LegId),
    /// Somebody at another door.
    Ticket(Ticket),
    /// Nobody any more: it was answered when it was accepted.
    Answered,
}

/// A login that is under way.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// Who waits.
    pub asker: Asker,
    /// How it was asked for.
    pub door: Door,
    /// Where.
    pub phone: PhoneName,
    /// Who; none if there is no such user, which nobody is to notice.
    pub user: Option<UserId>,
    /// Whether a PIN was given at all: a blank one is no try (SES-8).
    pub blank: bool,
    /// What for.
    pub purpose: Purpose,
    /// A move that does not wait for a call any longer.
    pub forced: bool,
    /// How often another claim was first.
    pub lost: u8,
    /// What the session is to be called, if it was recorded.
    pub session: Option<SessionId>,
}

impl Login {
    /// What is wanted besides the phone.
    fn wanted(&self) -> Wanted {
        match &self.purpose {
            Purpose::Login(wanted) => wanted.clone(),
            Purpose::Proof | Purpose::Lift => Wanted::default(),
        }
    }
}

/// What somebody says who they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To log in.
    Login(Wanted),
    /// To be told that they are who they say.
    Proof,
    /// To call what is blocked after hours (PRO-5). The PIN is another one, but as often guessed wrong it locks, too.
    Lift,
}

impl Default for Purpose {
    fn default() -> Purpose {
        Purpose::Login(Wanted::default())
    }
}

/// A claim that the store is deciding.
#[derive(Debug)]
pub(super) struct PendingClaim {
    claim: Claim,
    login: Login,
}

/// More logins than this at once are turned away.
const LOGINS_AT_ONCE: usize = 10_000;

/// Losing to other claims more often than this is reported.
const CLAIM_TRIES: u8 = 5;

impl Pbx {
    /// A login through any door, with the default profile.
    pub(super) fn login_requested(
        &mut self,
        now: Now,
        asker: (Asker, Door),
        phone: &PhoneName,
        user: &str,
        secret: Option<Secret>,
    ) {
        self.identified(now, asker, phone, user, secret, Purpose::default());
    }

    /// Somebody says who they are. The PIN is looked at only once all is known that could speak against it anyway.
    pub(super) fn identified(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        phone: &PhoneName,
        user: &str,
        secret: Option<Secret>,
        purpose: Purpose,
    ) {
        if let Err(why) = self.login_possible(phone, door) {
            self.login_refused(now, asker, door, phone, None, why);
            return;
        }
        let login = Login {
            asker,
            door,
            phone: phone.clone(),
            user: self.find_user(user).map(|(id, _)| id.clone()),
            blank: secret.as_ref().is_some_and(|s| s.reveal().is_empty()),
            purpose,
            forced: false,
            lost: 0,
            session: None,
        };
        let Some(secret) = secret else {
            match login.user {
                Some(_) => self.decide_login(now, login),
                None => {
                    let why = Refusal::NotFound(format!("There is no user {user}"));
                    self.login_refused(now, asker, door, phone, None, why);
                }
            }
            return;
        };
        // Where there is nothing to compare with, somebody else's PIN serves: the work is then the same (SES-8), and
        // the result is not looked at.
        let of_user = login.user.as_ref().and_then(|id| self.pin_of(id));
        let any = || self.site.users.keys().next().and_then(|id| self.pin_of(id));
        let against = of_user.or_else(any).cloned();
        let ticket = self.mint_ticket();
        self.logins.insert(ticket, login);
        self.act(Action::CheckSecret {
            ticket,
            secret,
            against,
        });
    }

    /// A login that needs no PIN, because something else has proven who it is.
    pub(super) fn login_proven(&mut self, now: Now, login: Login) {
        match self.login_possible(&login.phone, login.door) {
            Ok(()) => self.decide_login(now, login),
            Err(why) => {
                let (asker, door, user) = (login.asker, login.door, login.user.as_ref());
                self.login_refused(now, asker, door, &login.phone, user, why);
            }
        }
    }

    /// What can be said before the PIN is looked at (SES-8).
    pub(super) fn login_possible(&self, phone: &PhoneName, door: Door) -> Result<(), Refusal> {
        if self.site.softphone(phone.as_str()).is_some() {
            // SES-17: it is its user's and nobody else's.
            if door != Door::Registration {
                let text = "A softphone is its user's: it logs in by registering";
                return Err(Refusal::Conflict(text.to_owned()));
            }
        } else if !self.site.phones.contains_key(phone) {
            return Err(Refusal::NotFound(format!("There is no phone {phone}")));
        } else {
            let class = self.logout_class(phone);
            let class = class.and_then(|name| self.site.classes.get(name));
            if !class.is_some_and(|class| class.login) {
                return Err(Refusal::Blocked(Obstacle::NoLogins));
            }
        }
        if self.logins.len() >= LOGINS_AT_ONCE || self.claims.len() >= LOGINS_AT_ONCE {
            return Err(Refusal::Overloaded);
        }
        Ok(())
    }

    /// The PIN was compared.
    pub(super) fn secret_checked(&mut self, now: Now, ticket: Ticket, matches: bool) {
        let Some(login) = self.logins.remove(&ticket) else {
            return;
        };
        let user = login.user.clone();
        match user {
            Some(user) if matches && !login.blank && !self.is_locked(now, &user) => {
                match login.purpose {
                    Purpose::Login(_) => {
                        self.login_succeeded(&user);
                        self.decide_login(now, login);
                    }
                    Purpose::Proof => {
                        self.login_succeeded(&user);
                        self.answer(login.asker, Ok(user.to_string()));
                    }
                    // It says nothing of the PIN for logins, whose wrong guesses go on to count.
                    Purpose::Lift => self.lift(now, &login, &user),
                }
            }
            user => {
                if let Some(user) = user.as_ref().filter(|_| !login.blank && !matches) {
                    self.login_failed(now, user, &login.phone, login.door);
                }
                if login.purpose == Purpose::Lift {
                    return self.lift_refused(now, &login);
                }
                let (asker, door) = (login.asker, login.door);
                let why = Refusal::LoginRefused;
                self.login_refused(now, asker, door, &login.phone, user.as_ref(), why);
            }
        }
    }

    /// It is this user. What stands in the way?
    pub(super) fn decide_login(&mut self, now: Now, login: Login) {
        let Some(user) = login.user.clone() else {
            return;
        };
        let phone = login.phone.clone();
        let theirs = self.sessions_of(&user);
        if let Some(id) = self.session_at(&phone).filter(|id| theirs.contains(id)) {
            self.stay_logged_in(now, &login, id);
            return;
        }
        let gives_way = match self.gives_way(now, &login, &theirs) {
            Ok(gives_way) => gives_way,
            Err(why) => {
                let (asker, door) = (login.asker, login.door);
                self.login_refused(now, asker, door, &phone, Some(&user), why);
                return;
            }
        };
        let busy = gives_way.iter().find_map(|(id, cause)| {
            let old = &self.sessions.get(id)?.stored.phone;
            (*cause == Cause::Moved && self.in_use(old).in_call()).then(|| old.clone())
        });
        match busy {
            Some(old) if !login.forced => self.await_move(now, login, &user, &old),
            _ => self.claim(now, login, user, gives_way),
        }
    }

    /// Which sessions end if this login succeeds, or why it cannot (SES-2, SES-3).
    fn gives_way(
        &self,
        now: Now,
        login: &Login,
        theirs: &[SessionId],
    ) -> Result<Vec<(SessionId, Cause)>, Refusal> {
        if let Some(unknown) = self.wrong_profile(login) {
            return Err(Refusal::Blocked(Obstacle::NoSuchProfile(unknown)));
        }
        let mut gives_way = Vec::new();
        if let Some(occupant) = self.session_at(&login.phone) {
            // A program cannot ask who is there whether that may be.
            if login.door == Door::Api {
                return Err(Refusal::Blocked(Obstacle::Occupied));
            }
            if self.in_use(&login.phone).in_call() {
                return Err(Refusal::Blocked(Obstacle::PhoneInCall));
            }
            let from_afar = !matches!(login.door, Door::Code | Door::Softkey | Door::Page);
            if from_afar && self.emergency_hold(now, &login.phone).is_some() {
                return Err(Refusal::Blocked(Obstacle::EmergencyCalled));
            }
            gives_way.push((occupant, Cause::Takeover));
        }
        match self.second_login_policy(login) {
            SecondLogin::Allow => {}
            SecondLogin::Move => gives_way.extend(theirs.iter().map(|id| (*id, Cause::Moved))),
            SecondLogin::Refuse => {
                if let Some(other) = theirs.first().and_then(|id| self.sessions.get(id)) {
                    let other = other.stored.phone.clone();
                    return Err(Refusal::Blocked(Obstacle::LoggedInAt(other)));
                }
            }
        }
        Ok(gives_way)
    }

    /// The profile that was asked for, if it is not one of the user's.
    fn wrong_profile(&self, login: &Login) -> Option<ProfileName> {
        let profile = login.wanted().profile?;
        let user = self.site.users.get(login.user.as_ref()?)?;
        (!user.profiles.contains(&profile)).then_some(profile)
    }

    /// The profile that the user is to have: the one that was asked for, or the default (SES-5).
    fn wanted_profile(&self, login: &Login) -> Option<ProfileName> {
        login.wanted().profile.or_else(|| {
            let user = self.site.users.get(login.user.as_ref()?)?;
            user.profiles.first().cloned()
        })
    }

    fn second_login_policy(&self, login: &Login) -> SecondLogin {
        let profile = self.wanted_profile(login);
        let profile = profile.and_then(|name| self.site.user_profiles.get(&name));
        profile
            .and_then(|profile| profile.second_login)
            .unwrap_or(self.site.settings.second_login)
    }

    /// Logging in where one is logged in takes a logout back that was waiting, if it was one's own.
    fn stay_logged_in(&mut self, now: Now, login: &Login, id: SessionId) {
        self.take_back_leaving(now, id);
        let user = login.user.as_ref().map(UserId::as_str).unwrap_or_default();
        self.answer(login.asker, Ok(format!("Already logged in as {user}")));
    }

    /// The user's first phone is in a call: the move waits for its end, or for the limit (SES-2).
    fn await_move(&mut self, now: Now, login: Login, user: &UserId, old: &PhoneName) {
        let wait = Duration::from_secs(self.site.settings.move_wait_s.into());
        let awaited = AwaitedMove {
            user: user.clone(),
            phone: login.phone.clone(),
            door: login.door,
            until: now.utc.plus(wait),
            wanted: login.wanted(),
        };
        let text = format!(
            "In a call at {old}: logged in here when it ends, in {} s at the latest",
            wait.as_secs()
        );
        self.record(
            now,
            What::LoginDeferred,
            Some(user),
            Some(&login.phone),
            login.door,
            format!("{user} is in a call at {old}; the login waits for its end"),
        );
        self.deadlines
            .arm(Timer::MoveLimit(user.clone()), now.uptime + wait);
        self.outcome
            .changes
            .push(Change::MoveAwaited(awaited.clone()));
        self.awaited_moves.insert(user.clone(), awaited);
        self.answer(login.asker, Ok(text));
    }

    /// A call ended at a phone of this user: a move that waited for it goes ahead.
    pub(super) fn settle_move_if_free(&mut self, now: Now, user: &UserId) {
        if self.awaited_moves.contains_key(user) {
            let busy = self.sessions_of(user).iter().any(|id| {
                let phone = self.sessions.get(id).map(|s| &s.stored.phone);
                phone.is_some_and(|phone| self.in_use(phone).in_call())
            });
            if !busy {
                self.settle_move(now, user);
            }
        }
    }

    /// A move that waited goes ahead now, come what may.
    pub(super) fn settle_move(&mut self, now: Now, user: &UserId) {
        let Some(awaited) = self.awaited_moves.remove(user) else {
            return;
        };
        self.deadlines.disarm(&Timer::MoveLimit(user.clone()));
        self.outcome.changes.push(Change::MoveSettled(user.clone()));
        let login = Login {
            asker: Asker::Answered,
            door: awaited.door,
            phone: awaited.phone,
            user: Some(user.clone()),
            blank: false,
            purpose: Purpose::Login(awaited.wanted),
            forced: true,
            lost: 0,
            session: None,
        };
        if self.site.users.contains_key(user) {
            self.login_proven(now, login);
        }
    }

    /// Asks the store for the phone.
    fn claim(
        &mut self,
        now: Now,
        login: Login,
        user: UserId,
        mut gives_way: Vec<(SessionId, Cause)>,
    ) {
        let Some(profile) = self.wanted_profile(&login) else {
            return;
        };
        gives_way.sort_by_key(|(id, _)| *id);
        let mut expects: Vec<SessionId> = self.sessions_of(&user);
        expects.extend(self.session_at(&login.phone));
        expects.sort_unstable();
        expects.dedup();
        let closes: Vec<Closed> = gives_way
            .into_iter()
            .filter_map(|(id, cause)| {
                let session = self.sessions.get(&id)?;
                Some(session.closed(now, cause, login.door))
            })
            .collect();
        let session = login.session;
        let opens = StoredSession {
            session: session.unwrap_or_else(|| self.mint_session_id(now)),
            user: user.clone(),
            phone: login.phone.clone(),
            profile,
            door: login.door,
            opened: now.utc,
            total: login.wanted().total,
            last_used: (now.utc, Signal::Login),
            leaving: None,
        };
        self.next_claim += 1;
        let id = ClaimId(self.next_claim);
        let claim = Claim {
            id,
            expects,
            records: self.records_of(now, &closes, &opens),
            closes,
            opens,
        };
        self.outcome.changes.push(Change::Claimed(claim.clone()));
        self.claims.insert(id, PendingClaim { claim, login });
    }

    fn records_of(&self, now: Now, closes: &[Closed], opens: &StoredSession) -> Vec<Record> {
        let mut records: Vec<Record> = closes
            .iter()
            .filter_map(|closed| {
                let stored = &self.sessions.get(&closed.session)?.stored;
                Some(Record {
                    at: now.utc,
                    what: What::LoggedOut(closed.cause),
                    user: Some(stored.user.clone()),
                    phone: Some(stored.phone.clone()),
                    door: closed.door,
                    text: match closed.cause {
                        Cause::Moved => format!(
                            "{} logged in at {}, and so out at {}",
                            stored.user, opens.phone, stored.phone
                        ),
                        _ => format!(
                            "{} took {} over from {}",
                            opens.user, stored.phone, stored.user
                        ),
                    },
                })
            })
            .collect();
        records.push(Record {
            at: now.utc,
            what: What::LoggedIn,
            user: Some(opens.user.clone()),
            phone: Some(opens.phone.clone()),
            door: opens.door,
            text: format!("{} logged in at {}", opens.user, opens.phone),
        });
        records
    }

    /// It is stored: the phone is theirs.
    pub(super) fn claim_granted(&mut self, now: Now, id: ClaimId) {
        let Some(PendingClaim { claim, login }) = self.claims.remove(&id) else {
            return;
        };
        self.login_noticed(now, &claim);
        let mut left = Vec::new();
        for closed in &claim.closes {
            let text = match closed.cause {
                Cause::Moved => format!("Logged out: logged in at {}", claim.opens.phone),
                _ => "Logged out: somebody else logged in here".to_owned(),
            };
            let gone_from_elsewhere = self
                .sessions
                .get(&closed.session)
                .is_some_and(|session| session.stored.phone != claim.opens.phone);
            let whose = self.sessions.get(&closed.session);
            let whose = whose.map(|session| session.stored.user.clone());
            let phone = self.forget_session(closed);
            if let (Some(phone), Some(whose)) = (&phone, &whose) {
                self.calls_to_forget(now, phone, whose);
                if *whose != claim.opens.user {
                    self.members_depart(now, whose);
                }
            }
            left.extend(phone.clone());
            if let Some(phone) = phone.filter(|_| gone_from_elsewhere) {
                let shown = Shown::Nobody(Some(closed.cause));
                let applied = self.applied(phone.clone(), shown, text);
                self.act(applied);
                self.file_changed(now, &phone);
            }
        }
        for record in claim.records {
            self.act(Action::Announce(record));
        }
        let moves = claim.closes.iter().any(|it| it.cause == Cause::Moved);
        let (user, phone) = (claim.opens.user.clone(), claim.opens.phone.clone());
        let session = claim.opens.session;
        self.add_session(Session::opened_now(now, claim.opens));
        self.members_arrive(now, &phone, moves);
        for phone in left {
            self.ring_elsewhere(now, &phone);
        }
        let text = self.welcome(&user);
        let applied = self.applied(phone.clone(), Shown::User(user), text.clone());
        self.act(applied);
        self.file_changed(now, &phone);
        self.answer(login.asker, Ok(text));
        self.look_at(now, session);
        // A softphone may have gone while the store was asked.
        self.end_unregistered(now, session);
    }

    pub(super) fn welcome(&self, user: &UserId) -> String {
        match self.site.users.get(user) {
            Some(user) => format!("Logged in: {} {}", user.dn, user.display_name),
            None => format!("Logged in: {user}"),
        }
    }

    /// Somebody else was first, or the store failed.
    pub(super) fn claim_lost(&mut self, now: Now, id: ClaimId, store_failed: bool) {
        let Some(PendingClaim { claim, mut login }) = self.claims.remove(&id) else {
            return;
        };
        login.lost += 1;
        if store_failed || login.lost >= CLAIM_TRIES {
            let why = if store_failed {
                Refusal::StoreFailed
            } else {
                Refusal::Conflict("Somebody else logged in at the same moment. Try again".into())
            };
            let (user, phone) = (claim.opens.user, claim.opens.phone);
            self.login_refused(now, login.asker, login.door, &phone, Some(&user), why);
        } else {
            self.decide_login(now, login);
        }
    }

    pub(super) fn login_refused(
        &mut self,
        now: Now,
        asker: Asker,
        door: Door,
        phone: &PhoneName,
        user: Option<&UserId>,
        why: Refusal,
    ) {
        let text = match &why {
            // For the administrator; the person at the phone is not told which it was.
            Refusal::LoginRefused if user.is_none() => "unknown user".to_owned(),
            Refusal::LoginRefused if user.is_some_and(|user| self.is_locked(now, user)) => {
                "locked".to_owned()
            }
            Refusal::LoginRefused => "wrong PIN".to_owned(),
            other => other.text(),
        };
        if asker == Asker::Answered {
            let told = format!("Not logged in at {phone}: {}", why.text());
            self.tell_user(user, told);
        }
        let text = format!("Login at {phone} refused: {text}");
        self.record(now, What::LoginRefused, user, Some(phone), door, text);
        match asker {
            Asker::Dialogue(leg) => self.dialogue_refused(now, leg, why),
            _ => self.answer(asker, Err(why)),
        }
    }

    pub(super) fn tell_user(&mut self, user: Option<&UserId>, text: String) {
        let Some(user) = user else { return };
        for id in self.sessions_of(user) {
            let Some(phone) = self.sessions.get(&id).map(|s| s.stored.phone.clone()) else {
                continue;
            };
            let (notice, text) = (Notice::News, text.clone());
            self.act(Action::Tell {
                phone,
                notice,
                text,
            });
        }
    }

    /// Answers whoever waits. A yes waits for the store; a no tells nothing that it could forget.
    pub(super) fn answer(&mut self, asker: Asker, outcome: Result<String, Refusal>) {
        match (asker, outcome) {
            (Asker::Leg(leg), Ok(text)) => self.act_stored(Action::Confirm { leg, text }),
            (Asker::Leg(leg) | Asker::Dialogue(leg), Err(why)) => {
                self.act(Action::Refuse { leg, why });
            }
            (Asker::Dialogue(leg), Ok(text)) => self.dialogue_settled(leg, text),
            (Asker::Ticket(ticket), outcome) => {
                self.act_stored(Action::Reply { ticket, outcome });
            }
            (Asker::Answered, _) => {}
        }
    }
}
