//! Calls and their legs. Nothing about profiles, hunting or idleness: the phone's use is reported, that is all.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::action::{Action, Party, Refusal};
use super::change::{Change, Door, Signal, What};
use super::dialplan::{self, Destination};
use super::directory::Holder;
use super::event::{Body, Failure, LegId, MediaFlow, Secret, Ticket};
use super::login::Asker;
use super::names::{Dn, PhoneName};
use super::phone::InUse;
use super::profile::AbsentHandling;
use super::{Pbx, Timer};
use crate::time::Now;

/// A call goes through at most so many forwardings.
const MOST_FORWARDINGS: usize = 8;

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CallId(u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One party's side.
#[derive(Debug)]
pub(super) struct Leg {
    call: CallId,
    /// Whose.
    pub phone: PhoneName,
    /// On which line.
    pub line: Dn,
    state: LegState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LegState {
    /// The caller waits for somebody to answer.
    Calling,
    /// The callee's phone rings.
    Ringing,
    /// In the conversation.
    Talking,
    /// In the conversation, which this party has put on hold since (uptime).
    Holding(Duration),
}

impl Leg {
    /// What the leg means for logouts.
    pub fn in_use(&self) -> InUse {
        match self.state {
            LegState::Calling | LegState::Talking => InUse::Active,
            LegState::Ringing => InUse::Ringing,
            LegState::Holding(since) => InUse::HeldOnly { since },
        }
    }
}

/// A conversation, or the attempt at one.
#[derive(Debug)]
struct Call {
    caller: LegId,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Phones ring; the worst that one of them said so far.
    Alerting {
        callees: Vec<LegId>,
        failure: Option<Failure>,
    },
    /// Somebody answered.
    Answered {
        callee: LegId,
        /// The party whose change of media the other one has not answered yet, and what it means.
        change: Option<(LegId, Option<MediaFlow>)>,
    },
}

/// All calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: HashMap<CallId, Call>,
    legs: HashMap<LegId, Leg>,
    last: u64,
}

impl Calls {
    /// One leg.
    pub fn leg(&self, leg: LegId) -> Option<&Leg> {
        self.legs.get(&leg)
    }

    /// A line has another number now.
    pub fn relabel(&mut self, legs: &[LegId], old: &Dn, new: &Dn) {
        for id in legs {
            if let Some(leg) = self.legs.get_mut(id).filter(|leg| leg.line == *old) {
                leg.line = new.clone();
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// The other side of an answered call.
    fn peer(&self, leg: LegId) -> Option<LegId> {
        let call = self.calls.get(&self.legs.get(&leg)?.call)?;
        match call.stage {
            Stage::Answered { callee, .. } if leg == call.caller => Some(callee),
            Stage::Answered { callee, .. } if leg == callee => Some(call.caller),
            _ => None,
        }
    }

    fn change_of(&mut self, leg: LegId) -> Option<&mut Option<(LegId, Option<MediaFlow>)>> {
        let call = self.calls.get_mut(&self.legs.get(&leg)?.call)?;
        match &mut call.stage {
            Stage::Answered { change, .. } => Some(change),
            Stage::Alerting { .. } => None,
        }
    }
}

/// Which of two failures tells the caller more.
fn worse(a: Option<Failure>, b: Failure) -> Failure {
    let rank = |failure: Failure| match failure {
        Failure::Busy => 0,
        Failure::Declined => 1,
        Failure::NotAcceptable => 2,
        Failure::NoAnswer => 3,
        Failure::Other(_) | Failure::Glare => 4,
        Failure::UnknownNumber => 5,
        Failure::Unreachable => 6,
    };
    a.map_or(b, |a| if rank(b) < rank(a) { b } else { a })
}

impl Pbx {
    /// Somebody dialled.
    pub(super) fn dialled(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        digits: &Secret,
        offer: Option<Body>,
    ) {
        self.phone_used(now, phone, Signal::CallBegun);
        match dialplan::destination(&self.site, digits.reveal()) {
            Destination::Login { user, secret } => {
                let asker = (Asker::Leg(leg), Door::Code);
                self.login_requested(now, asker, phone, &user, Some(secret));
            }
            Destination::LoginDialogue => self.ask_for_login(now, leg, phone),
            Destination::Echo => self.begin_echo(now, leg, phone),
            Destination::Logout => self.leave(now, Asker::Leg(leg), phone, Door::Code),
            Destination::RemoteLogout(dn) => {
                self.leave_remotely(now, Asker::Leg(leg), phone, &dn);
            }
            Destination::Incomplete(form) => {
                let why = Refusal::Incomplete(form);
                self.act(Action::Refuse { leg, why });
            }
            Destination::Emergency(phones) => {
                self.emergency_call(now, phone, digits.reveal());
                let called = digits.reveal().into();
                self.begin_call(now, leg, phone, &called, phones, offer);
            }
            Destination::Number(dn) => match self.route(phone, &dn) {
                Ok((called, phones)) => self.begin_call(now, leg, phone, &called, phones, offer),
                Err(why) => {
                    tracing::info!(%phone, called = %dn, why = %why.text(), "call refused");
                    self.act(Action::Refuse { leg, why });
                }
            },
        }
    }

    fn emergency_call(&mut self, now: Now, phone: &PhoneName, number: &str) {
        self.phones.entry(phone.clone()).or_default().emergency_at = Some(now.utc);
        self.outcome.changes.push(Change::EmergencyCalled {
            phone: phone.clone(),
            at: now.utc,
        });
        let place = self.site.phones.get(phone).and_then(|p| p.location.clone());
        let place = place.unwrap_or_else(|| "location unknown".to_owned());
        let text = format!("Emergency call to {number} from {phone} ({place})");
        let user = self.user_profile_at(phone).map(|(user, _)| user.clone());
        let what = What::EmergencyCalled;
        self.record(now, what, user.as_ref(), Some(phone), Door::Code, text);
    }

    /// Which phones a number means for this caller, and as what number they are called.
    fn route(&self, caller: &PhoneName, dialled: &Dn) -> Result<(Dn, Vec<PhoneName>), Refusal> {
        let class = self.class_at(caller);
        let voicemail = self.site.settings.voicemail.as_ref();
        let logged_out = self.session_at(caller).is_none();
        let allowed = match self.directory.holder(dialled) {
            None => return Err(Refusal::UnknownNumber),
            // SES-10: no voicemail from a phone at which nobody is logged in.
            Some(_) if logged_out && voicemail == Some(dialled) => false,
            Some(Holder::User(_)) => class.call_users,
            Some(Holder::Guest) => class.call_guests,
        };
        if !allowed {
            return Err(Refusal::NotAllowed);
        }
        let mut dn = dialled.clone();
        for _ in 0..MOST_FORWARDINGS {
            let phones: Vec<PhoneName> = self.directory.phones_with(&dn).cloned().collect();
            if !phones.is_empty() {
                return Ok((dn, phones));
            }
            dn = self.absent(&dn)?;
        }
        Err(Refusal::NobodyThere)
    }

    /// Where a call goes for a number that appears on no phone (OUT-7).
    fn absent(&self, dn: &Dn) -> Result<Dn, Refusal> {
        let Some(Holder::User(user)) = self.directory.holder(dn) else {
            return Err(Refusal::NobodyThere);
        };
        let profile = self
            .site
            .users
            .get(user)
            .and_then(|user| self.site.user_profiles.get(user.profiles.first()?));
        match profile.map(|profile| &profile.absent) {
            Some(AbsentHandling::Forward(to)) => Ok(to.clone()),
            Some(AbsentHandling::Busy) => Err(Refusal::Failed(Failure::Busy)),
            Some(AbsentHandling::Voicemail) => {
                let voicemail = self.site.settings.voicemail.clone();
                voicemail.ok_or(Refusal::NobodyThere)
            }
            Some(AbsentHandling::Unreachable) | None => Err(Refusal::NobodyThere),
        }
    }

    /// Rings the phones, but not the caller's own.
    fn begin_call(
        &mut self,
        now: Now,
        caller: LegId,
        phone: &PhoneName,
        called: &Dn,
        mut ring: Vec<PhoneName>,
        offer: Option<Body>,
    ) {
        let own = ring.contains(phone);
        ring.retain(|other| other != phone);
        let known = ring.len();
        ring.retain(|other| self.phones.get(other).is_some_and(|p| p.registered));
        if ring.is_empty() {
            let failure = if own && known == 0 {
                Failure::Busy
            } else {
                Failure::Unreachable
            };
            let why = Refusal::Failed(failure);
            tracing::info!(%phone, %called, why = %why.text(), "call refused");
            self.act(Action::Refuse { leg: caller, why });
            return;
        }
        self.calls.last += 1;
        let call = CallId(self.calls.last);
        let party = self.party_at(phone);
        tracing::info!(%call, %phone, from = %party.dn, %called, rings = ?ring, "call begun");
        self.add_leg(call, caller, phone, &party.dn, LegState::Calling);
        let callees: Vec<LegId> = ring
            .into_iter()
            .map(|phone| self.ring(call, phone, &party, called, offer.clone()))
            .collect();
        self.calls.calls.insert(
            call,
            Call {
                caller,
                stage: Stage::Alerting {
                    callees,
                    failure: None,
                },
            },
        );
        let limit = Duration::from_secs(self.site.settings.no_answer_s.max(1).into());
        self.deadlines
            .arm(Timer::NoAnswer(caller), now.uptime + limit);
    }

    fn ring(
        &mut self,
        call: CallId,
        phone: PhoneName,
        caller: &Party,
        called: &Dn,
        offer: Option<Body>,
    ) -> LegId {
        let leg = self.leg_ids.mint();
        // A number that is on no button of the phone (an emergency number, say) rings on its prime line.
        let lines = self.lines_of(&phone);
        let line = lines.iter().find(|line| *line == called).or(lines.first());
        let line = line.unwrap_or(called).clone();
        self.add_leg(call, leg, &phone, &line, LegState::Ringing);
        self.act(Action::Ring {
            leg,
            phone,
            caller: caller.clone(),
            called: called.clone(),
            offer,
        });
        leg
    }

    fn add_leg(&mut self, call: CallId, id: LegId, phone: &PhoneName, line: &Dn, state: LegState) {
        let leg = Leg {
            call,
            phone: phone.clone(),
            line: line.clone(),
            state,
        };
        self.calls.legs.insert(id, leg);
        let phone = self.phones.entry(phone.clone()).or_default();
        phone.legs.push(id);
    }

    /// A phone rings, or has something to play.
    pub(super) fn progressed(
        &mut self,
        leg: LegId,
        branch: u32,
        ringing: bool,
        media: Option<Body>,
    ) {
        let Some(call) = self.call_of(leg) else {
            return;
        };
        if let Stage::Alerting { .. } = call.stage {
            let caller = call.caller;
            self.act(Action::ShowProgress {
                leg: caller,
                from: (leg, branch),
                ringing,
                media,
            });
        }
    }

    /// Somebody answered: the first one has the call.
    pub(super) fn answered(&mut self, now: Now, leg: LegId, branch: u32, media: Option<Body>) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            self.release(leg, "The call is over", false);
            return;
        };
        let Some(call) = self.calls.calls.get_mut(&id) else {
            return;
        };
        let caller = call.caller;
        let answered = Stage::Answered {
            callee: leg,
            change: None,
        };
        let Stage::Alerting { callees, .. } = std::mem::replace(&mut call.stage, answered) else {
            return;
        };
        self.deadlines.disarm(&Timer::NoAnswer(caller));
        for other in callees.into_iter().filter(|other| *other != leg) {
            self.release(other, "Answered elsewhere", true);
            self.drop_leg(now, other);
        }
        for leg in [caller, leg] {
            if let Some(leg) = self.calls.legs.get_mut(&leg) {
                leg.state = LegState::Talking;
            }
        }
        let Some(phone) = self.calls.leg(leg).map(|leg| leg.phone.clone()) else {
            return;
        };
        tracing::info!(call = %id, %phone, "call answered");
        self.phone_used(now, &phone, Signal::CallAnswered);
        self.act(Action::Answer {
            leg: caller,
            from: (leg, branch),
            media,
            connected: self.party_at(&phone),
        });
    }

    /// A phone will not answer.
    pub(super) fn failed(&mut self, now: Now, leg: LegId, why: Failure) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            return;
        };
        let Some(call) = self.calls.calls.get_mut(&id) else {
            return;
        };
        let caller = call.caller;
        let Stage::Alerting { callees, failure } = &mut call.stage else {
            return;
        };
        callees.retain(|other| *other != leg);
        let failure = *failure.insert(worse(*failure, why));
        let all_failed = callees.is_empty();
        self.drop_leg(now, leg);
        if all_failed {
            let why = Refusal::Failed(failure);
            self.end_attempt(now, caller, Some(why));
        }
    }

    /// It has rung for long enough.
    pub(super) fn no_answer(&mut self, now: Now, caller: LegId) {
        let why = Refusal::Failed(Failure::NoAnswer);
        self.end_attempt(now, caller, Some(why));
    }

    /// Ends a call that nobody has answered; the caller is told why, unless it has gone.
    fn end_attempt(&mut self, now: Now, caller: LegId, why: Option<Refusal>) {
        let Some(id) = self.calls.leg(caller).map(|leg| leg.call) else {
            return;
        };
        let Some(Stage::Alerting { callees, .. }) =
            self.calls.calls.remove(&id).map(|call| call.stage)
        else {
            return;
        };
        self.deadlines.disarm(&Timer::NoAnswer(caller));
        let text = why.as_ref().map(Refusal::text);
        tracing::info!(call = %id, why = text.as_deref().unwrap_or("the caller gave up"), "call not answered");
        if let Some(why) = why {
            self.act(Action::Refuse { leg: caller, why });
        }
        for callee in callees {
            self.release(callee, "The caller gave up", false);
            self.drop_leg(now, callee);
        }
        self.drop_leg(now, caller);
    }

    /// A party left.
    pub(super) fn released(&mut self, now: Now, leg: LegId, dead: bool) {
        let Some(call) = self.call_of(leg) else {
            return;
        };
        let caller = call.caller;
        match &call.stage {
            Stage::Alerting { .. } if leg == caller => self.end_attempt(now, caller, None),
            Stage::Alerting { .. } => self.failed(now, leg, Failure::Unreachable),
            Stage::Answered { callee, .. } => {
                let peer = if leg == caller { *callee } else { caller };
                let text = if dead {
                    "The other party cannot be reached any more"
                } else {
                    "The other party hung up"
                };
                let gone = self.calls.leg(leg).expect("call_of found its call by it");
                let (id, phone) = (gone.call, gone.phone.clone());
                tracing::info!(call = %id, %phone, dead, "call ended");
                self.release(peer, text, false);
                self.calls.calls.remove(&id);
                self.drop_leg(now, leg);
                self.drop_leg(now, peer);
            }
        }
    }

    /// A party wants other media.
    pub(super) fn reoffered(&mut self, leg: LegId, offer: Option<Body>, flow: Option<MediaFlow>) {
        let peer = self.calls.peer(leg);
        match (peer, self.calls.change_of(leg)) {
            (Some(peer), Some(change)) if change.is_none() => {
                *change = Some((leg, flow));
                self.act(Action::Reoffer { leg: peer, offer });
            }
            _ => {
                let why = Failure::Glare;
                self.act(Action::RefuseReoffer { leg, why });
            }
        }
    }

    /// The other party agreed.
    pub(super) fn reoffer_answered(&mut self, now: Now, leg: LegId, media: Option<Body>) {
        let Some((asking, flow)) = self.calls.change_of(leg).and_then(Option::take) else {
            return;
        };
        self.act(Action::AcceptReoffer { leg: asking, media });
        let Some(asking) = self.calls.legs.get_mut(&asking) else {
            return;
        };
        match flow {
            Some(MediaFlow::Held) => asking.state = LegState::Holding(now.uptime),
            Some(MediaFlow::Open) => asking.state = LegState::Talking,
            None => {}
        }
        let phone = asking.phone.clone();
        self.phone_used(now, &phone, Signal::CallChanged);
        self.phone_freed(now, &phone);
    }

    /// The other party did not agree.
    pub(super) fn reoffer_refused(&mut self, leg: LegId, why: Failure) {
        if let Some((leg, _)) = self.calls.change_of(leg).and_then(Option::take) {
            self.act(Action::RefuseReoffer { leg, why });
        }
    }

    /// The caller's answer to an offer that came with the answer of the call, or of a change.
    pub(super) fn acknowledged(&mut self, leg: LegId, media: Body) {
        if let Some(leg) = self.calls.peer(leg) {
            self.act(Action::Acknowledge { leg, media });
        }
    }

    /// A party sends the other something within the call. A digit is a sign of life, too.
    pub(super) fn signalled(&mut self, now: Now, leg: LegId, ticket: Ticket, body: Option<Body>) {
        if let Some(phone) = self.calls.leg(leg).map(|leg| leg.phone.clone()) {
            self.phone_used(now, &phone, Signal::Digit);
        }
        match self.calls.peer(leg) {
            Some(leg) => self.act(Action::Signal { leg, ticket, body }),
            None => self.act(Action::SignalReply {
                ticket,
                status: 481,
            }),
        }
    }

    fn call_of(&self, leg: LegId) -> Option<&Call> {
        self.calls.calls.get(&self.calls.leg(leg)?.call)
    }

    fn release(&mut self, leg: LegId, text: &'static str, answered_elsewhere: bool) {
        self.act(Action::Release {
            leg,
            text,
            answered_elsewhere,
        });
    }

    /// A leg is over: its phone may have become idle. A phone that only rang was not used (IDL-1).
    fn drop_leg(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.calls.legs.remove(&id) else {
            return;
        };
        if let Some(phone) = self.phones.get_mut(&leg.phone) {
            phone.legs.retain(|other| *other != id);
        }
        if leg.state != LegState::Ringing {
            self.phone_used(now, &leg.phone, Signal::CallEnded);
        }
        self.phone_freed(now, &leg.phone);
    }
}
