//! Calls and their legs. Nothing about profiles, hunting or idleness: the phone's use is reported, that is all.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::action::{Action, Party, Refusal};
use super::attempt::Attempt;
use super::change::{Change, Door, Signal, What};
use super::conference::Conference;
use super::dialplan::{self, Destination};
use super::event::{Body, Failure, LegId, MediaFlow, Secret};
use super::forward::{History, Hops, Wanted};
use super::login::Asker;
use super::mix::ConferenceId;
use super::names::{Dn, PhoneName};
use super::phone::InUse;
use super::transfer::Transfer;
use super::{Pbx, Timer};
use crate::time::Now;

/// What a party is told whose other side has hung up. Phones that show that by themselves need no words for it.
pub const HUNG_UP: &str = "The other party hung up";

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CallId(u64);

impl CallId {
    /// The conference that the call is, or may become.
    pub fn conference(self) -> ConferenceId {
        ConferenceId(self.0)
    }

    /// The call that is a conference.
    pub fn of_conference(conference: ConferenceId) -> CallId {
        CallId(conference.0)
    }

    /// Some call, for a test.
    #[cfg(test)]
    pub fn of(number: u64) -> CallId {
        CallId(number)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One party's side.
#[derive(Debug)]
pub(super) struct Leg {
    /// Of which call.
    pub call: CallId,
    /// Whose.
    pub phone: PhoneName,
    /// On which line.
    pub line: Dn,
    /// How far it is.
    pub state: LegState,
    /// Who is on it, if nobody here is.
    pub outside: Option<Party>,
    /// The pilot of the group for which it was answered, if callers are to see that and no more.
    pub answers_as: Option<Dn>,
    /// Whether nobody else is to take it while this party holds it.
    pub holds_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LegState {
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
pub(super) struct Call {
    /// Who called; of a call that is being transferred, whoever is handed on.
    pub caller: LegId,
    /// How far it is.
    pub stage: Stage,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// Phones ring for the caller.
    Alerting(Box<Attempt>),
    /// Somebody answered.
    Answered {
        callee: LegId,
        change: Option<MediaChange>,
    },
    /// Somebody has picked up what rang elsewhere, and media is being agreed.
    PickedUp { by: LegId },
    /// One of two parties hands the other on to a third.
    Transferring(Box<Transfer>),
    /// Whoever called waits to be fetched; nobody else is there.
    Parked,
    /// More than two talk, or are about to.
    Conference(Box<Conference>),
}

impl Stage {
    /// The phones that ring, if any may.
    pub fn attempt(&self) -> Option<&Attempt> {
        match self {
            Stage::Alerting(attempt) => Some(attempt),
            Stage::Transferring(transfer) => transfer.ringing(),
            Stage::Answered { .. }
            | Stage::PickedUp { .. }
            | Stage::Parked
            | Stage::Conference(_) => None,
        }
    }
}

/// A change of media that the other party has not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MediaChange {
    /// Who wants it.
    pub by: LegId,
    /// What it means.
    pub flow: Option<MediaFlow>,
}

/// All calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: HashMap<CallId, Call>,
    legs: HashMap<LegId, Leg>,
    /// Numbers whose calls may have changed since that was last told.
    touched: Vec<Dn>,
    /// Phones that may do something else since that was last noticed.
    used: Vec<PhoneName>,
    last: u64,
}

impl Calls {
    /// One leg.
    pub fn leg(&self, leg: LegId) -> Option<&Leg> {
        self.legs.get(&leg)
    }

    /// One leg, to be changed.
    pub fn leg_mut(&mut self, leg: LegId) -> Option<&mut Leg> {
        let leg = self.legs.get_mut(&leg)?;
        self.touched.push(leg.line.clone());
        self.used.push(leg.phone.clone());
        Some(leg)
    }

    /// Takes out the phones that may do something else.
    pub fn take_used(&mut self) -> Vec<PhoneName> {
        std::mem::take(&mut self.used)
    }

    /// Takes out the numbers whose calls may have changed.
    pub fn take_touched(&mut self) -> Vec<Dn> {
        std::mem::take(&mut self.touched)
    }

    /// All legs, in no order.
    pub fn legs(&self) -> impl Iterator<Item = (LegId, &Leg)> {
        self.legs.iter().map(|(id, leg)| (*id, leg))
    }

    /// One call.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    /// One call, to be changed.
    pub fn call_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut(&id)
    }

    /// The call of a leg.
    pub fn call_of(&self, leg: LegId) -> Option<(CallId, &Call)> {
        let id = self.legs.get(&leg)?.call;
        Some((id, self.calls.get(&id)?))
    }

    /// The phones that ring in a call, if any may.
    pub fn attempt(&mut self, id: CallId) -> Option<&mut Attempt> {
        match &mut self.calls.get_mut(&id)?.stage {
            Stage::Alerting(attempt) => Some(&mut **attempt),
            Stage::Transferring(transfer) => transfer.attempt(),
            Stage::Answered { .. }
            | Stage::PickedUp { .. }
            | Stage::Parked
            | Stage::Conference(_) => None,
        }
    }

    /// A new call.
    pub fn begin(&mut self, caller: LegId, stage: Stage) -> CallId {
        self.last += 1;
        let id = CallId(self.last);
        self.calls.insert(id, Call { caller, stage });
        id
    }

    /// Takes a call out; its legs stay.
    pub fn remove(&mut self, id: CallId) -> Option<Call> {
        self.calls.remove(&id)
    }

    /// A line has another number now.
    pub fn relabel(&mut self, legs: &[LegId], old: &Dn, new: &Dn) {
        for id in legs {
            if let Some(leg) = self.legs.get_mut(id).filter(|leg| leg.line == *old) {
                leg.line = new.clone();
                self.touched.extend([old.clone(), new.clone()]);
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// The other side of an answered call.
    pub fn peer(&self, leg: LegId) -> Option<LegId> {
        let (_, call) = self.call_of(leg)?;
        let other = match &call.stage {
            Stage::Answered { callee, .. } => *callee,
            Stage::Transferring(transfer) => transfer.talks_with()?,
            Stage::Alerting(_) | Stage::PickedUp { .. } | Stage::Parked | Stage::Conference(_) => {
                return None;
            }
        };
        match leg {
            leg if leg == call.caller => Some(other),
            leg if leg == other => Some(call.caller),
            _ => None,
        }
    }

    /// The change of media that two parties of a call are about to make, where they can.
    pub fn change_of(&mut self, leg: LegId) -> Option<&mut Option<MediaChange>> {
        self.peer(leg)?;
        let call = self.calls.get_mut(&self.legs.get(&leg)?.call)?;
        match &mut call.stage {
            Stage::Answered { change, .. } => Some(change),
            Stage::Transferring(transfer) => Some(&mut transfer.change),
            Stage::Alerting(_) | Stage::PickedUp { .. } | Stage::Parked | Stage::Conference(_) => {
                None
            }
        }
    }
}

impl Pbx {
    /// Somebody dialled.
    pub(super) fn dialled(
        &mut self,
        now: Now,
        leg: LegId,
        (phone, line): (&PhoneName, Option<Dn>),
        digits: &Secret,
        (offer, hops): (Option<Body>, Hops),
    ) {
        self.phone_used(now, phone, Signal::CallBegun);
        self.hook_explained(phone);
        match dialplan::destination(&self.site, digits.reveal()) {
            Destination::Login { user, secret } => {
                let asker = (Asker::Leg(leg), Door::Code);
                self.login_requested(now, asker, phone, &user, Some(secret));
            }
            Destination::Lift(secret) => self.lift_asked(leg, phone, secret),
            Destination::LoginDialogue => self.ask_for_login(now, leg, phone, Door::Code),
            Destination::Echo => self.begin_echo(now, leg, phone),
            Destination::Forward(kind, to) => {
                let asked = (Asker::Leg(leg), Door::Code);
                self.forward_asked(now, asked, phone, kind, to);
            }
            Destination::Park => self.park_by_code(now, leg, phone),
            Destination::Slot(slot) => self.fetch(now, leg, (phone, line), &slot, offer),
            Destination::PickUp(number) => {
                self.picks_up(now, leg, phone, number.as_ref(), offer);
            }
            Destination::Barge(number) => {
                self.barges_at(now, leg, phone, number.as_ref(), offer);
            }
            Destination::TakeHeld(number) => {
                self.takes_held(now, leg, phone, number.as_ref(), offer);
            }
            Destination::Privacy(private) => {
                self.privacy_asked(now, Asker::Leg(leg), phone, private);
            }
            Destination::Disturb(may) => {
                self.quiet_asked(now, (Asker::Leg(leg), Door::Code), phone, !may);
            }
            Destination::HuntJoin(which) => {
                let asked = (Asker::Leg(leg), Door::Code);
                self.join_asked(now, asked, (phone, line), which.as_ref());
            }
            Destination::HuntLeave(which) => {
                let asked = (Asker::Leg(leg), Door::Code);
                self.leave_groups_asked(now, asked, (phone, line), which.as_ref());
            }
            Destination::HuntReady { whole_phone } => {
                let line = (!whole_phone).then_some(line);
                self.ready_by_code(now, leg, phone, line);
            }
            Destination::Logout => {
                self.leave_with_groups(now, Asker::Leg(leg), phone, Door::Code);
            }
            Destination::RemoteLogout(dn) => {
                self.leave_remotely(now, (Asker::Leg(leg), Door::Code), phone, &dn);
            }
            Destination::Incomplete(form) => {
                let why = Refusal::Incomplete(form);
                self.act(Action::Refuse { leg, why });
            }
            Destination::Emergency(phones) => {
                let called: Dn = digits.reveal().into();
                self.emergency_call(now, phone, called.as_str());
                match self.helpers(phone, phones) {
                    Ok(phones) => {
                        // Help is rung however far the call has come.
                        let hops = hops.spent().unwrap_or(hops);
                        let history = History::dialled(hops);
                        let (party, line) = self.calling(phone, line);
                        let attempt = Attempt {
                            offer,
                            stays: true,
                            is_help: true,
                            ..Attempt::new((phone, party), &called, history)
                        };
                        self.begin_attempt(now, leg, &line, attempt, phones);
                    }
                    Err(why) => self.refuse_call(leg, phone, &called, why),
                }
            }
            Destination::Number(dn) => {
                self.number_dialled(now, leg, (phone, line), dn, (offer, hops))
            }
        }
    }

    fn number_dialled(
        &mut self,
        now: Now,
        leg: LegId,
        (phone, line): (&PhoneName, Option<Dn>),
        dn: Dn,
        (offer, hops): (Option<Body>, Hops),
    ) {
        let Some(hops) = hops.spent() else {
            return self.refuse_call(leg, phone, &dn, Refusal::TooManyHops);
        };
        let mut history = History::dialled(hops);
        let wanted = Wanted {
            from: phone,
            dn: dn.clone(),
        };
        let reached = self
            .may_call(phone, &dn)
            .and_then(|()| self.reach(wanted, &mut history));
        match reached {
            Ok((called, phones)) => {
                let (party, line) = self.calling(phone, line);
                if !self.line_takes_call(phone, &line, None) {
                    let busy = Refusal::Failed(Failure::Busy);
                    return self.refuse_call(leg, phone, &called, busy);
                }
                let attempt = Attempt {
                    offer,
                    ..Attempt::new((phone, party), &called, history)
                };
                self.begin_attempt(now, leg, &line, attempt, phones);
            }
            Err(why) => self.refuse_call(leg, phone, &dn, why),
        }
    }

    pub(super) fn refuse_call(&mut self, leg: LegId, phone: &PhoneName, called: &Dn, why: Refusal) {
        tracing::info!(%phone, %called, why = %why.text(), "call refused");
        self.act(Action::Refuse { leg, why });
    }

    fn emergency_call(&mut self, now: Now, phone: &PhoneName, number: &str) {
        self.seldom.emergency_at.insert(phone.clone(), now.utc);
        self.outcome.changes.push(Change::EmergencyCalled {
            phone: phone.clone(),
            at: now.utc,
        });
        let place = self.place_of(phone);
        let text = format!("Emergency call to {number} from {phone} ({place})");
        let user = self.user_profile_at(phone).map(|(user, _)| user.clone());
        let what = What::EmergencyCalled;
        self.record(now, what, user.as_ref(), Some(phone), Door::Code, text);
    }

    /// The phones and trunks that help comes from, but not the caller's own.
    fn helpers(
        &self,
        caller: &PhoneName,
        mut phones: Vec<PhoneName>,
    ) -> Result<Vec<PhoneName>, Refusal> {
        let own = phones.contains(caller);
        phones.retain(|other| other != caller);
        let known = phones.len();
        phones.retain(|other| {
            let is_there = self.phones.get(other).is_some_and(|p| p.registered);
            is_there || self.site.is_trunk(other)
        });
        match phones.is_empty() {
            false => Ok(phones),
            true if own && known == 0 => Err(Refusal::Failed(Failure::Busy)),
            true => Err(Refusal::Failed(Failure::Unreachable)),
        }
    }

    /// Who calls on a line of a phone, and that line. One that has moved away meanwhile is not called from.
    fn calling(&self, phone: &PhoneName, line: Option<Dn>) -> (Party, Dn) {
        let mut party = self.party_at(phone);
        if let Some(line) = line.filter(|line| self.lines_of(phone).contains(line)) {
            party.dn = line;
        }
        party.dn = self.calls_out_with(phone, party.dn);
        let line = party.dn.clone();
        (party, line)
    }

    /// A call begins: these ring.
    pub(super) fn begin_attempt(
        &mut self,
        now: Now,
        caller: LegId,
        line: &Dn,
        attempt: Attempt,
        phones: Vec<PhoneName>,
    ) {
        let (phone, called) = (attempt.from.clone(), attempt.called.clone());
        let call = self.calls.begin(caller, Stage::Alerting(Box::new(attempt)));
        tracing::info!(%call, %phone, %called, "call begun");
        self.add_leg(call, caller, &phone, line, LegState::Calling);
        self.ring_all(now, call, &called, phones);
    }

    pub(super) fn add_leg(
        &mut self,
        call: CallId,
        id: LegId,
        phone: &PhoneName,
        line: &Dn,
        state: LegState,
    ) {
        let leg = Leg {
            call,
            phone: phone.clone(),
            line: line.clone(),
            state,
            outside: None,
            answers_as: None,
            holds_alone: false,
        };
        self.calls.touched.push(line.clone());
        self.calls.legs.insert(id, leg);
        self.recorder.touch(phone);
        let phone = self.phones.entry(phone.clone()).or_default();
        phone.legs.push(id);
    }

    /// Somebody answered: the first one has the call.
    pub(super) fn answered(&mut self, now: Now, leg: LegId, branch: u32, media: Option<Body>) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            self.release(leg, "The call is over", false);
            return;
        };
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        let others = std::mem::take(&mut attempt.callees);
        if let Some(hunt) = self.take_hunt(id) {
            self.hunt_answered(now, *hunt, leg);
        }
        self.deadlines.disarm(&Timer::NoAnswer(id));
        for other in others.into_iter().filter(|other| *other != leg) {
            self.release(other, "Answered elsewhere", true);
            self.drop_leg(now, other);
        }
        let Some(entry) = self.calls.leg_mut(leg) else {
            return;
        };
        entry.state = LegState::Talking;
        let phone = entry.phone.clone();
        tracing::info!(call = %id, %phone, "call answered");
        self.phone_used(now, &phone, Signal::CallAnswered);
        let Some(call) = self.calls.calls.get_mut(&id) else {
            return;
        };
        let caller = call.caller;
        if let Stage::Transferring(_) = call.stage {
            return self.transfer_answered(now, id, leg, media);
        }
        call.stage = Stage::Answered {
            callee: leg,
            change: None,
        };
        if let Some(caller) = self.calls.leg_mut(caller) {
            caller.state = LegState::Talking;
        }
        self.act(Action::Answer {
            leg: caller,
            from: (leg, branch),
            media,
            connected: self.party_on(leg).unwrap_or_else(|| self.party_at(&phone)),
        });
    }

    /// A party left.
    pub(super) fn released(&mut self, now: Now, leg: LegId, dead: bool) {
        let Some((id, call)) = self.calls.call_of(leg) else {
            return;
        };
        let caller = call.caller;
        match &call.stage {
            Stage::Alerting(_) if leg == caller => self.end_attempt(now, id, None),
            Stage::Alerting(_) => self.failed(now, leg, Failure::Unreachable),
            Stage::Transferring(_) => self.left_transfer(now, id, leg, dead),
            Stage::PickedUp { .. } => self.left_pickup(now, id, leg, dead),
            Stage::Parked => self.left_slot(now, id, leg),
            Stage::Conference(_) => self.left_conference(now, id, leg, dead),
            Stage::Answered { callee, .. } => {
                let peer = if leg == caller { *callee } else { caller };
                let phone = self.calls.leg(leg).map(|leg| leg.phone.as_str());
                tracing::info!(call = %id, phone, dead, "call ended");
                self.calls.remove(id);
                self.release(peer, why_alone(dead), false);
                self.drop_leg(now, leg);
                self.drop_leg(now, peer);
            }
        }
    }

    pub(super) fn release(&mut self, leg: LegId, text: &'static str, answered_elsewhere: bool) {
        self.act(Action::Release {
            leg,
            text,
            answered_elsewhere,
        });
    }

    /// A leg is over: its phone may have become idle. A phone that only rang was not used (IDL-1).
    pub(super) fn drop_leg(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.calls.legs.remove(&id) else {
            return;
        };
        self.calls.touched.push(leg.line.clone());
        self.hunt_leg_over(now, id, &leg);
        self.recorder.touch(&leg.phone);
        if let Some(phone) = self.phones.get_mut(&leg.phone) {
            phone.legs.retain(|other| *other != id);
        }
        self.hook_without_call(now, &leg.phone);
        if leg.state != LegState::Ringing {
            self.phone_used(now, &leg.phone, Signal::CallEnded);
        }
        self.phone_freed(now, &leg.phone);
    }
}

/// What a party is told whose other side has gone.
pub(super) fn why_alone(dead: bool) -> &'static str {
    if dead {
        "The other party cannot be reached any more"
    } else {
        HUNG_UP
    }
}
