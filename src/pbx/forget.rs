//! Whom somebody called is nobody else's business: the phone forgets it when they leave (PRO-9).
//!
//! A logout never waits for that. A phone that cannot be told just then is told later: when its call is over, a few times
//! more, and whenever it registers anew.

use std::collections::BTreeSet;
use std::time::Duration;

use super::action::Action;
use super::change::{Change, Door, What};
use super::names::{PhoneName, UserId};
use super::phone::InUse;
use super::{Pbx, Timer};
use crate::time::{Now, Utc};

/// Longer than any way of telling a phone waits for its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// After each try that came to nothing, how long until the next: a phone that starts anew takes a minute or two.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(30),
    Duration::from_secs(150),
];

/// How many phones are being told at once. The others wait in line.
const AT_ONCE: usize = 256;

/// By which way a phone is told to forget whom somebody called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ToldBy {
    /// Over SCCP, as data for its browser.
    Sccp,
    /// By a REFER, as data for its browser.
    Refer,
    /// At its web server.
    Http,
}

impl ToldBy {
    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            ToldBy::Sccp => "sccp",
            ToldBy::Refer => "refer",
            ToldBy::Http => "http",
        }
    }

    fn words(self) -> &'static str {
        match self {
            ToldBy::Sccp => "over SCCP",
            ToldBy::Refer => "by a REFER",
            ToldBy::Http => "at its web server",
        }
    }
}

/// What became of telling a phone to forget whom somebody called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forgot {
    /// It says that it has.
    Done(ToldBy),
    /// It took what it was told, and said no more.
    Taken(ToldBy),
    /// It says no, or nothing that makes sense.
    Refused(ToldBy),
    /// It does not answer, or cannot be reached by this way.
    Unreachable(ToldBy),
    /// There is nothing that a phone of its kind could be told.
    Impossible,
}

impl Forgot {
    /// By which way; none if there is none.
    pub fn way(self) -> Option<ToldBy> {
        match self {
            Forgot::Done(way)
            | Forgot::Taken(way)
            | Forgot::Refused(way)
            | Forgot::Unreachable(way) => Some(way),
            Forgot::Impossible => None,
        }
    }

    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Forgot::Done(_) => "forgotten",
            Forgot::Taken(_) => "taken",
            Forgot::Refused(_) => "refused",
            Forgot::Unreachable(_) => "unreachable",
            Forgot::Impossible => "impossible",
        }
    }

    /// Whether there is nothing more to be done.
    fn is_settled(self) -> bool {
        !matches!(self, Forgot::Refused(_) | Forgot::Unreachable(_))
    }
}

/// A phone that may still know whom somebody called who has left it.
#[derive(Debug)]
pub(super) struct Remembering {
    /// Who left.
    whose: UserId,
    /// When.
    since: Utc,
    stage: Stage,
    /// Whether the store knows of it.
    is_stored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is told when it registers, and is not in use.
    Waiting,
    /// It is told when others have been.
    InLine { tries: usize },
    /// It was told, and has not answered.
    Told { attempt: u64, tries: usize },
    /// It is told once more after a while.
    Pausing { tries: usize, last: Option<Forgot> },
    /// It was told often enough, and is told again when it registers anew.
    GivenUp { last: Option<Forgot> },
    /// There is nothing more to be done.
    Settled(Forgot),
}

/// Phones that are being told.
#[derive(Debug, Default)]
pub(super) struct Telling {
    told: BTreeSet<PhoneName>,
    line: BTreeSet<PhoneName>,
    last_attempt: u64,
}

impl Pbx {
    /// What phones still remember, as the store has it.
    pub(super) fn remember_calls(&mut self, phones: Vec<(PhoneName, UserId, Utc)>) {
        for (phone, whose, since) in phones {
            let remembering = Remembering {
                whose,
                since,
                stage: Stage::Waiting,
                is_stored: true,
            };
            if self.site.phones.contains_key(&phone) {
                let state = self.phones.entry(phone).or_default();
                state.remembering = Some(Box::new(remembering));
            } else {
                self.outcome.changes.push(stored(&phone, None));
            }
        }
    }

    /// A session ended at a phone: the phone is to forget whom `whose` called.
    pub(super) fn calls_to_forget(&mut self, now: Now, phone: &PhoneName, whose: &UserId) {
        if !self.site.phones.contains_key(phone) {
            return;
        }
        self.nobody_waits(phone);
        let state = self.phones.entry(phone.clone()).or_default();
        let is_stored = state.remembering.as_ref().is_some_and(|r| r.is_stored);
        state.remembering = Some(Box::new(Remembering {
            whose: whose.clone(),
            since: now.utc,
            stage: Stage::Waiting,
            is_stored,
        }));
        self.forget_calls_if_free(now, phone);
    }

    /// Tells a phone that waits for it, if it is there and not in use: a call that goes on is remembered when it ends.
    pub(super) fn forget_calls_if_free(&mut self, now: Now, phone: &PhoneName) {
        if self.stage_of(phone) != Some(Stage::Waiting) {
            return;
        }
        let state = self.phones.get(phone);
        let is_there = state.is_some_and(|state| state.registered);
        match is_there && self.in_use(phone) == InUse::Idle {
            true => self.tell_to_forget(now, phone, 0),
            false => self.store_remembering(phone),
        }
    }

    /// A phone can be reached, or has started again: what it was told before may not have come there.
    pub(super) fn calls_of_comer(&mut self, now: Now, phone: &PhoneName) {
        self.calls_wait(phone);
        self.forget_calls_if_free(now, phone);
    }

    /// A phone cannot be reached any more.
    pub(super) fn calls_of_goer(&mut self, phone: &PhoneName) {
        if self.calls_wait(phone) {
            self.store_remembering(phone);
        }
    }

    /// What goes on is begun anew later; whether there is anything to be done.
    fn calls_wait(&mut self, phone: &PhoneName) -> bool {
        if let None | Some(Stage::Settled(_)) = self.stage_of(phone) {
            return false;
        }
        self.nobody_waits(phone);
        self.set_stage(phone, Stage::Waiting);
        true
    }

    fn tell_to_forget(&mut self, now: Now, phone: &PhoneName, tries: usize) {
        if self.site.mobility.keep_history {
            self.forget_remembering(phone);
            return;
        }
        if self.telling.told.len() >= AT_ONCE {
            self.telling.line.insert(phone.clone());
            return self.set_stage(phone, Stage::InLine { tries });
        }
        self.telling.last_attempt += 1;
        let attempt = self.telling.last_attempt;
        self.telling.told.insert(phone.clone());
        let tries = tries + 1;
        self.set_stage(phone, Stage::Told { attempt, tries });
        let until = now.uptime + PATIENCE;
        self.deadlines.arm(Timer::Forgetting(phone.clone()), until);
        // Whoever is logged out is so, whatever happens: then the phone is told.
        self.act_stored(Action::ForgetCalls {
            phone: phone.clone(),
            attempt,
        });
    }

    /// A phone was told, with this result.
    pub(super) fn calls_forgotten(
        &mut self,
        now: Now,
        phone: &PhoneName,
        attempt: u64,
        forgot: Forgot,
    ) {
        match self.stage_of(phone) {
            Some(Stage::Told {
                attempt: told,
                tries,
            }) if told == attempt => {
                self.nobody_waits(phone);
                self.conclude(now, phone, tries, Some(forgot));
            }
            _ => {}
        }
        self.tell_next(now);
    }

    /// A phone does not answer, or it is time to tell it once more.
    pub(super) fn forgetting_due(&mut self, now: Now, phone: &PhoneName) {
        match self.stage_of(phone) {
            Some(Stage::Told { tries, .. }) => {
                self.nobody_waits(phone);
                self.conclude(now, phone, tries, None);
            }
            Some(Stage::Pausing { tries, .. }) => match self.in_use(phone) {
                InUse::Idle => self.tell_to_forget(now, phone, tries),
                _ => self.set_stage(phone, Stage::Waiting),
            },
            _ => {}
        }
        self.tell_next(now);
    }

    fn conclude(&mut self, now: Now, phone: &PhoneName, tries: usize, last: Option<Forgot>) {
        if let Some(forgot) = last.filter(|forgot| forgot.is_settled()) {
            self.set_stage(phone, Stage::Settled(forgot));
            self.unstore_remembering(phone);
            if forgot.way().is_some() {
                self.record_forgetting(now, phone, What::CallsForgotten);
            }
            return;
        }
        self.store_remembering(phone);
        match PAUSES.get(tries - 1) {
            Some(pause) => {
                self.set_stage(phone, Stage::Pausing { tries, last });
                let at = now.uptime + *pause;
                self.deadlines.arm(Timer::Forgetting(phone.clone()), at);
            }
            None => {
                self.set_stage(phone, Stage::GivenUp { last });
                self.record_forgetting(now, phone, What::CallsNotForgotten);
            }
        }
    }

    fn tell_next(&mut self, now: Now) {
        while self.telling.told.len() < AT_ONCE
            && let Some(phone) = self.telling.line.pop_first()
        {
            if let Some(Stage::InLine { tries }) = self.stage_of(&phone) {
                self.tell_to_forget(now, &phone, tries);
            }
        }
    }

    /// Nobody waits for an answer of the phone any more.
    fn nobody_waits(&mut self, phone: &PhoneName) {
        self.telling.told.remove(phone);
        self.deadlines.disarm(&Timer::Forgetting(phone.clone()));
    }

    /// There is nothing to forget there any more: the phone is no longer of the site, or may keep it.
    pub(super) fn forget_remembering(&mut self, phone: &PhoneName) {
        self.nobody_waits(phone);
        self.unstore_remembering(phone);
        if let Some(state) = self.phones.get_mut(phone) {
            state.remembering = None;
        }
    }

    /// The server is about to stop: whoever has not answered is told after it.
    pub(super) fn save_remembering(&mut self) {
        let open = |stage| !matches!(stage, Stage::Settled(_));
        let phones = self.phones.iter();
        let phones = phones.filter(|(_, state)| {
            let remembering = state.remembering.as_ref();
            remembering.is_some_and(|remembering| open(remembering.stage))
        });
        let phones: Vec<PhoneName> = phones.map(|(phone, _)| phone.clone()).collect();
        for phone in phones {
            self.store_remembering(&phone);
        }
    }

    fn store_remembering(&mut self, phone: &PhoneName) {
        let Some(remembering) = self.remembering_mut(phone) else {
            return;
        };
        if !std::mem::replace(&mut remembering.is_stored, true) {
            let whose = (remembering.whose.clone(), remembering.since);
            self.outcome.changes.push(stored(phone, Some(whose)));
        }
    }

    fn unstore_remembering(&mut self, phone: &PhoneName) {
        let Some(remembering) = self.remembering_mut(phone) else {
            return;
        };
        if std::mem::take(&mut remembering.is_stored) {
            self.outcome.changes.push(stored(phone, None));
        }
    }

    fn record_forgetting(&mut self, now: Now, phone: &PhoneName, what: What) {
        let remembering = self.remembering_mut(phone);
        let Some(whose) = remembering.map(|remembering| remembering.whose.clone()) else {
            return;
        };
        let text = self.explain_forgetting(phone).unwrap_or_default();
        self.record(now, what, Some(&whose), Some(phone), Door::Timer, text);
    }

    /// What there is to say about it.
    pub(super) fn explain_forgetting(&self, phone: &PhoneName) -> Option<String> {
        let state = self.phones.get(phone)?;
        let Some(remembering) = state.remembering.as_deref() else {
            let mobility = &self.site.mobility;
            let (_, closed) = state.last_closed.as_deref()?;
            let key = match closed.cause {
                cause if !mobility.keeps_history(cause) => return None,
                _ if mobility.keep_history => "keep_history",
                _ => "keep_history_on_automatic",
            };
            let text = format!("{phone} keeps whom its users called, as {key} says.");
            return Some(text);
        };
        let whose = &remembering.whose;
        let told = |way: ToldBy| {
            format!(
                "{phone} was told {} to forget whom {whose} called",
                way.words()
            )
        };
        Some(match remembering.stage {
            Stage::Settled(Forgot::Done(way)) => format!("{}, and says that it has.", told(way)),
            Stage::Settled(Forgot::Taken(way)) => format!("{}, and took it.", told(way)),
            Stage::Settled(_) => {
                format!("{phone} cannot be told to forget whom {whose} called: no such phone can.")
            }
            Stage::Told { .. } | Stage::InLine { .. } => {
                format!("{phone} is being told to forget whom {whose} called.")
            }
            Stage::Waiting => {
                let when = match state.registered {
                    true => "is not in use any more",
                    false => "is back",
                };
                format!("{phone} is told to forget whom {whose} called when it {when}.")
            }
            Stage::Pausing { last, .. } => {
                let why = why_not(phone, whose, last);
                format!("{why}; it is told again soon.")
            }
            Stage::GivenUp { last } => {
                let why = why_not(phone, whose, last);
                format!("{why}; it is told again when it registers anew.")
            }
        })
    }

    fn stage_of(&self, phone: &PhoneName) -> Option<Stage> {
        let state = self.phones.get(phone)?;
        Some(state.remembering.as_ref()?.stage)
    }

    fn set_stage(&mut self, phone: &PhoneName, stage: Stage) {
        if let Some(remembering) = self.remembering_mut(phone) {
            remembering.stage = stage;
        }
    }

    fn remembering_mut(&mut self, phone: &PhoneName) -> Option<&mut Remembering> {
        self.phones.get_mut(phone)?.remembering.as_deref_mut()
    }
}

fn stored(phone: &PhoneName, whose: Option<(UserId, Utc)>) -> Change {
    Change::CallsRemembered {
        phone: phone.clone(),
        whose,
    }
}

/// Why a phone may still know whom somebody called.
fn why_not(phone: &PhoneName, whose: &UserId, last: Option<Forgot>) -> String {
    let why = match (last, last.and_then(Forgot::way)) {
        (Some(Forgot::Refused(_)), Some(way)) => format!("told {}, it refused", way.words()),
        (_, Some(way)) => format!("told {}, it did not answer", way.words()),
        (_, None) => "it did not answer".to_owned(),
    };
    format!("{phone} may still know whom {whose} called: {why}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{
        ClassOfService, Event, LogoutProfile, Phone, PinHash, Remembered, SessionId, Signal, Site,
        StoredSession, Ticket, TotalLimit, User,
    };
    use super::*;
    use crate::time::UPTIME_AT_START;

    const BEGIN: Now = Now {
        uptime: UPTIME_AT_START,
        utc: Utc(1_803_888_000_000),
    };

    fn later(after: Duration) -> Now {
        Now {
            uptime: BEGIN.uptime + after,
            utc: BEGIN.utc.plus(after),
        }
    }

    fn site(phones: usize) -> Site {
        let lobby = LogoutProfile::new("all", "Lobby");
        let mut site = Site::default();
        site.settings.logouts_per_s = 10_000;
        site.classes.insert("all".into(), ClassOfService::default());
        site.logout_profiles.insert("lobby".into(), lobby);
        for place in 0..phones {
            let user = User {
                dn: format!("2{place:04}").as_str().into(),
                display_name: "Somebody".into(),
                pin: PinHash("1111".into()),
                profiles: vec!["clerk".into()],
                mailbox: None,
                sip_secret: None,
                upstream: None,
                group: None,
                class: None,
                limits: None,
                exempt: false,
            };
            let phone = Phone {
                logout_profile: "lobby".into(),
                guest_dn: Some(format!("9{place:04}").as_str().into()),
                sip_secret: None,
                exempt: false,
                location: None,
                hardware: None,
                pickup_group: None,
                provision: None,
                own_speed_dials: true,
                limits: None,
                emergency_number: None,
            };
            site.users.insert(format!("u{place}").as_str().into(), user);
            site.phones
                .insert(format!("p{place}").as_str().into(), phone);
        }
        site
    }

    fn session(place: usize) -> StoredSession {
        StoredSession {
            session: SessionId(uuid::Uuid::from_u128(1 + place as u128)),
            user: format!("u{place}").as_str().into(),
            phone: format!("p{place}").as_str().into(),
            profile: "clerk".into(),
            door: Door::Code,
            opened: BEGIN.utc,
            total: TotalLimit::Usual,
            last_used: (BEGIN.utc, Signal::Login),
            leaving: None,
        }
    }

    /// Phones that are registered, and somebody at each of them.
    fn office(phones: usize, calls: Vec<(PhoneName, UserId, Utc)>) -> Pbx {
        let sessions = match calls.is_empty() {
            true => (0..phones).map(session).collect(),
            false => Vec::new(),
        };
        let remembered = Remembered {
            sessions,
            calls,
            ..Remembered::default()
        };
        let mut pbx = Pbx::new(BEGIN, [7; 32], Arc::new(site(phones)), remembered);
        for place in 0..phones {
            let phone = format!("p{place}").as_str().into();
            pbx.handle(BEGIN, Event::PhoneRegistered(phone));
        }
        pbx
    }

    fn log_all_out(pbx: &mut Pbx) {
        let (ticket, door) = (Ticket(1), Door::Api);
        pbx.handle(BEGIN, Event::MassLogoutRequested { ticket, door });
        for _ in 0..50 {
            pbx.wake(later(Duration::from_millis(500)));
        }
        assert_eq!(pbx.sessions.len(), 0);
    }

    /// Who is told, and as which attempt.
    fn told(pbx: &mut Pbx) -> Vec<(PhoneName, u64)> {
        let actions = pbx.take_outcome().actions.into_iter();
        let told = actions.filter_map(|ordered| match ordered.action {
            Action::ForgetCalls { phone, attempt } => Some((phone, attempt)),
            _ => None,
        });
        told.collect()
    }

    /// rules: PRO-9
    #[test]
    fn not_a_whole_building_is_told_at_once() {
        let mut pbx = office(AT_ONCE + 50, Vec::new());
        log_all_out(&mut pbx);
        let first = told(&mut pbx);
        assert_eq!(first.len(), AT_ONCE);
        for (phone, attempt) in first.into_iter().take(10) {
            let forgot = Forgot::Done(ToldBy::Sccp);
            pbx.calls_forgotten(BEGIN, &phone, attempt, forgot);
        }
        assert_eq!(told(&mut pbx).len(), 10, "as many as have answered");
        pbx.wake(later(Duration::from_secs(11)));
        assert_eq!(
            told(&mut pbx).len(),
            40,
            "nobody waits for the silent for ever"
        );
    }

    /// rules: PRO-9
    #[test]
    fn an_answer_to_what_was_asked_before_is_none() {
        let mut pbx = office(1, Vec::new());
        log_all_out(&mut pbx);
        let first = told(&mut pbx);
        let [(phone, attempt)] = first.as_slice() else {
            panic!("{first:?}");
        };
        pbx.calls_forgotten(BEGIN, phone, attempt + 1, Forgot::Done(ToldBy::Http));
        pbx.handle(BEGIN, Event::PhoneRegistered(phone.clone()));
        assert_eq!(told(&mut pbx), [(phone.clone(), attempt + 1)]);
        pbx.calls_forgotten(BEGIN, phone, *attempt, Forgot::Done(ToldBy::Http));
        let said = pbx.explain_forgetting(phone).expect("something");
        assert!(said.contains("is being told"), "{said}");
    }

    /// rules: PRO-9, IDL-5
    #[test]
    fn what_was_not_forgotten_is_known_after_a_restart() {
        let mut pbx = office(2, Vec::new());
        log_all_out(&mut pbx);
        let first = told(&mut pbx);
        pbx.calls_forgotten(BEGIN, &first[0].0, first[0].1, Forgot::Done(ToldBy::Refer));
        pbx.take_outcome();
        pbx.settle_background(BEGIN);
        let changes = pbx.take_outcome().changes.into_iter();
        let kept = changes.filter_map(|change| match change {
            Change::CallsRemembered { phone, whose } => Some((phone, whose)),
            _ => None,
        });
        let kept: Vec<_> = kept.collect();
        let [(phone, Some((whose, since)))] = kept.as_slice() else {
            panic!("{kept:?}");
        };
        assert_eq!(*phone, first[1].0);
        let calls = vec![(phone.clone(), whose.clone(), *since)];
        let mut again = office(2, calls);
        assert_eq!(told(&mut again), [(phone.clone(), 1)]);
        again.calls_forgotten(BEGIN, phone, 1, Forgot::Taken(ToldBy::Refer));
        let changes = again.take_outcome().changes;
        assert!(changes.contains(&stored(phone, None)), "{changes:?}");
    }
}
