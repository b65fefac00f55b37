//! Transfer: one of two parties hands the other on to a third, by number or to a call that it has already.
//!
//! Blind: phones ring for the number on behalf of whoever is handed on. Attended: the far ends of two calls are joined.
//! Either way the media is agreed between the two who stay, and only then is whoever transferred let go. If it comes
//! to nothing, the call is what it was; a party that is left alone comes back to the phone that sent it away.

use std::time::Duration;

use super::action::{Action, Refusal};
use super::attempt::Attempt;
use super::call::{Call, CallId, MediaChange, Stage, why_alone};
use super::change::Signal;
use super::dialplan::{self, Destination};
use super::event::{Body, Failure, LegId, Secret, Ticket, TransferTo};
use super::forward::{History, Wanted};
use super::names::{Dn, PhoneName};
use super::{Pbx, Timer};
use crate::time::Now;

/// A call that one of its parties hands on.
#[derive(Debug)]
pub(super) struct Transfer {
    pub transferor: Transferor,
    /// What the two parties want to change while they wait.
    pub change: Option<MediaChange>,
    pub target: Target,
}

/// Whoever hands the other on, or is replaced.
#[derive(Debug)]
pub(super) struct Transferor {
    pub place: Place,
    phone: PhoneName,
    /// Whoever waits for the outcome.
    ticket: Option<Ticket>,
}

/// Where that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Still in the call.
    Here(LegId),
    /// Has left it.
    Gone,
    /// Had left, and its phone rings, or rang, because nobody else took the call.
    Recalled,
    /// Had parked it: whoever is handed on waits in a slot again, if nobody has it.
    Parked,
}

/// To whom.
#[derive(Debug)]
pub(super) enum Target {
    /// Phones ring.
    Ringing(Box<Attempt>),
    /// A phone answered; what it offers is put to the party that is handed on.
    Answered(LegId),
    /// A phone that wants to be in the place of the transferor; what it offers is put to the other party.
    TakenOver(LegId),
    /// The other call of the transferor, with its leg there until that leaves, and the far end.
    Consulted {
        through: Option<LegId>,
        far: LegId,
        /// Whether the party that is handed on has made its offer, and the far end is asked.
        offered: bool,
    },
}

impl Transfer {
    /// Who waits for the outcome, if somebody does.
    pub fn ticket(&self) -> Option<Ticket> {
        self.transferor.ticket
    }

    /// The phones that ring, if any may.
    pub fn attempt(&mut self) -> Option<&mut Attempt> {
        match &mut self.target {
            Target::Ringing(attempt) => Some(&mut **attempt),
            Target::Answered(_) | Target::TakenOver(_) | Target::Consulted { .. } => None,
        }
    }

    /// The phones that ring, if any may.
    pub fn ringing(&self) -> Option<&Attempt> {
        match &self.target {
            Target::Ringing(attempt) => Some(attempt),
            Target::Answered(_) | Target::TakenOver(_) | Target::Consulted { .. } => None,
        }
    }

    /// Whether phones ring.
    pub fn is_ringing(&self) -> bool {
        matches!(self.target, Target::Ringing(_))
    }

    /// Whom the party that is handed on still talks with.
    pub fn talks_with(&self) -> Option<LegId> {
        self.transferor.leg().filter(|_| !self.is_joining())
    }

    /// Whether media is being agreed with the new party.
    pub fn is_joining(&self) -> bool {
        !self.is_ringing()
    }
}

impl Transferor {
    pub fn leg(&self) -> Option<LegId> {
        match self.place {
            Place::Here(leg) => Some(leg),
            Place::Gone | Place::Recalled | Place::Parked => None,
        }
    }
}

impl Pbx {
    /// A party hands the other one on.
    pub(super) fn transferred(&mut self, now: Now, leg: LegId, ticket: Ticket, to: TransferTo) {
        if let Some(phone) = self.calls.leg(leg).map(|leg| leg.phone.clone()) {
            self.phone_used(now, &phone, Signal::CallTransferred);
        }
        let begun = match to {
            // Calls of ours go where people here send them.
            _ if self.is_from_outside(leg) => Err(Refusal::NotAllowed),
            TransferTo::Number(digits) => self.transfer_to_number(now, leg, ticket, &digits),
            TransferTo::Call(other) => self.transfer_to_call(now, leg, ticket, other),
        };
        if let Err(why) = begun {
            tracing::info!(why = %why.text(), "transfer refused");
            let outcome = Err(why);
            self.act(Action::EndTransfer { ticket, outcome });
        }
    }

    /// The call that a party wants to hand on: it must be answered, and nothing be under way in it.
    pub(super) fn transferable(&self, leg: LegId) -> Result<(CallId, PhoneName, LegId), Refusal> {
        let gone = Refusal::Failed(Failure::Gone);
        let phone = self.calls.leg(leg).map(|leg| leg.phone.clone());
        let (Some((id, call)), Some(phone)) = (self.calls.call_of(leg), phone) else {
            return Err(gone);
        };
        match &call.stage {
            Stage::Answered { change: None, .. } => {
                let peer = self.calls.peer(leg).ok_or(gone)?;
                Ok((id, phone, peer))
            }
            Stage::Conference(_) => {
                let text = "A conference cannot be handed on";
                Err(Refusal::Conflict(text.into()))
            }
            _ => Err(Refusal::Failed(Failure::Glare)),
        }
    }

    fn transfer_to_number(
        &mut self,
        now: Now,
        leg: LegId,
        ticket: Ticket,
        digits: &Secret,
    ) -> Result<(), Refusal> {
        if dialplan::destination(&self.site, digits.reveal()) == Destination::Park {
            return self.park_by_transfer(now, leg, ticket);
        }
        let (id, phone, transferee) = self.transferable(leg)?;
        let dn = self.transfer_target(&phone, digits)?;
        let from = self.phone_of(transferee)?;
        let mut history = History {
            transferred_by: Some(self.party_at(&phone)),
            ..History::default()
        };
        let wanted = Wanted { from: &from, dn };
        let (called, phones) = self.reach(wanted, &mut history)?;
        tracing::info!(call = %id, by = %phone, to = %called, "call transferred");
        let attempt = self.attempt_for((transferee, &from), &called, history);
        let target = Target::Ringing(Box::new(attempt));
        self.enter_transfer(id, transferee, (leg, phone, Some(ticket)), target);
        self.act(Action::AcceptTransfer { ticket });
        self.ring_all(now, id, &called, phones);
        Ok(())
    }

    /// A number that the transferor may call. Anything else that can be dialled is nothing to hand somebody on to.
    fn transfer_target(&self, phone: &PhoneName, digits: &Secret) -> Result<Dn, Refusal> {
        let Destination::Number(dn) = dialplan::destination(&self.site, digits.reveal()) else {
            let text = "A call cannot be transferred to a code or an emergency number";
            return Err(Refusal::Conflict(text.into()));
        };
        self.may_call(phone, &dn)?;
        Ok(dn)
    }

    fn transfer_to_call(
        &mut self,
        now: Now,
        leg: LegId,
        ticket: Ticket,
        other: LegId,
    ) -> Result<(), Refusal> {
        let (id, phone, transferee) = self.transferable(leg)?;
        if self.phone_of(other)? != phone {
            return Err(Refusal::NotAllowed);
        }
        let Some((other_id, call)) = self.calls.call_of(other).filter(|(it, _)| *it != id) else {
            return Err(Refusal::Failed(Failure::Gone));
        };
        if let Stage::Alerting(attempt) = &call.stage
            && call.caller == other
        {
            // Nobody has answered there: the phones are rung again, for whoever is handed on.
            let digits = Secret::new(attempt.wanted().as_str().to_owned());
            // A call for help goes on ringing: it is none to hand somebody on to.
            self.transfer_target(&phone, &digits)?;
            let why = Refusal::Failed(Failure::Released);
            self.end_attempt(now, other_id, Some(why));
            return self.transfer_to_number(now, leg, ticket, &digits);
        }
        let (_, _, far) = self.transferable(other)?;
        tracing::info!(call = %id, with = %other_id, by = %phone, "calls joined");
        self.calls.remove(other_id);
        for moved in [other, far] {
            if let Some(leg) = self.calls.leg_mut(moved) {
                leg.call = id;
            }
        }
        let target = Target::Consulted {
            through: Some(other),
            far,
            offered: false,
        };
        self.enter_transfer(id, transferee, (leg, phone, Some(ticket)), target);
        self.act(Action::AcceptTransfer { ticket });
        let connected = self.party_on(far);
        self.act(Action::Reoffer {
            leg: transferee,
            offer: None,
            connected,
        });
        Ok(())
    }

    pub(super) fn phone_of(&self, leg: LegId) -> Result<PhoneName, Refusal> {
        let phone = self.calls.leg(leg).map(|leg| leg.phone.clone());
        phone.ok_or(Refusal::Failed(Failure::Gone))
    }

    pub(super) fn attempt_for(
        &self,
        (leg, from): (LegId, &PhoneName),
        called: &Dn,
        history: History,
    ) -> Attempt {
        let caller = self.party_on(leg).unwrap_or_else(|| self.party_at(from));
        Attempt::new((from, caller), called, history)
    }

    fn is_from_outside(&self, leg: LegId) -> bool {
        let phone = self.calls.leg(leg).map(|leg| &leg.phone);
        phone.is_some_and(|phone| self.site.is_trunk(phone))
    }

    pub(super) fn enter_transfer(
        &mut self,
        id: CallId,
        transferee: LegId,
        (leg, phone, ticket): (LegId, PhoneName, Option<Ticket>),
        target: Target,
    ) {
        self.enter_transfer_from(id, transferee, (Place::Here(leg), phone, ticket), target);
    }

    pub(super) fn enter_transfer_from(
        &mut self,
        id: CallId,
        transferee: LegId,
        (place, phone, ticket): (Place, PhoneName, Option<Ticket>),
        target: Target,
    ) {
        let transferor = Transferor {
            place,
            phone,
            ticket,
        };
        let transfer = Transfer {
            transferor,
            change: None,
            target,
        };
        if let Some(call) = self.calls.call_mut(id) {
            call.caller = transferee;
            call.stage = Stage::Transferring(Box::new(transfer));
        }
    }

    /// A phone answered that rang for whoever is handed on.
    pub(super) fn transfer_answered(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        offer: Option<Body>,
    ) {
        let Some((transferee, transfer)) = self.transfer(id) else {
            return;
        };
        transfer.target = Target::Answered(leg);
        if let Some(change) = transfer.change.take() {
            self.refuse_change(change.by, Failure::Glare);
        }
        if offer.is_none() {
            return self.join_refused(now, transferee, Failure::NotAcceptable);
        }
        let connected = self.party_on(leg);
        self.act(Action::Reoffer {
            leg: transferee,
            offer,
            connected,
        });
    }

    /// One of the two who are joined said what media it has.
    pub(super) fn join_answered(&mut self, now: Now, leg: LegId, media: Option<Body>) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            return;
        };
        let Some((transferee, transfer)) = self.transfer(id) else {
            return;
        };
        match &mut transfer.target {
            Target::Answered(new) if leg == transferee => {
                let new = *new;
                self.act(Action::Acknowledge { leg: new, media });
                self.transfer_done(now, id, new);
            }
            Target::TakenOver(new) if leg == transferee => {
                let new = *new;
                if media.is_none() {
                    return self.join_refused(now, leg, Failure::NotAcceptable);
                }
                self.placed(new, transferee, media);
                self.transfer_done(now, id, new);
            }
            Target::Consulted { far, offered, .. } if leg == transferee && !*offered => {
                *offered = true;
                let far = *far;
                if media.is_none() {
                    return self.join_refused(now, far, Failure::NotAcceptable);
                }
                let connected = self.party_on(leg);
                self.act(Action::Reoffer {
                    leg: far,
                    offer: media,
                    connected,
                });
            }
            Target::Consulted { far, offered, .. } if leg == *far && *offered => {
                let far = *far;
                let leg = transferee;
                self.act(Action::Acknowledge { leg, media });
                self.transfer_done(now, id, far);
            }
            _ => {}
        }
    }

    /// One of the two who are to be joined wants no such media.
    pub(super) fn join_refused(&mut self, now: Now, leg: LegId, why: Failure) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            return;
        };
        let Some((transferee, transfer)) = self.transfer(id) else {
            return;
        };
        let why = Refusal::Failed(why);
        match &transfer.target {
            Target::Answered(new) if leg == transferee => {
                let new = *new;
                self.release(new, "The transfer failed", false);
                self.drop_leg(now, new);
                self.transfer_failed(now, id, why);
            }
            Target::TakenOver(new) if leg == transferee => {
                let leg = *new;
                self.act(Action::Refuse {
                    leg,
                    why: why.clone(),
                });
                self.drop_leg(now, leg);
                self.transfer_failed(now, id, why);
            }
            Target::Consulted { far, offered, .. } => {
                let asked = if *offered { *far } else { transferee };
                if leg != asked {
                    return;
                }
                if leg == *far {
                    let media = None;
                    let leg = transferee;
                    self.act(Action::Acknowledge { leg, media });
                }
                self.transfer_failed(now, id, why);
            }
            _ => {}
        }
    }

    /// The two who stay are connected: whoever transferred is let go.
    fn transfer_done(&mut self, now: Now, id: CallId, new: LegId) {
        let answered = Stage::Answered {
            callee: new,
            change: None,
        };
        let Some(transfer) = self.leave_transfer(id, answered) else {
            return;
        };
        tracing::info!(call = %id, "transfer done");
        self.unpark(id);
        if let Some(ticket) = transfer.transferor.ticket {
            let outcome = Ok(());
            self.act(Action::EndTransfer { ticket, outcome });
        }
        let (through, text) = match transfer.target {
            Target::Consulted { through, .. } => (through, "Transferred"),
            Target::TakenOver(_) => (None, "Taken over at another phone"),
            Target::Ringing(_) | Target::Answered(_) => (None, "Transferred"),
        };
        for leg in [transfer.transferor.leg(), through].into_iter().flatten() {
            self.release(leg, text, false);
            self.drop_leg(now, leg);
        }
    }

    /// It came to nothing: the call is what it was, if both parties are still there.
    pub(super) fn transfer_failed(&mut self, now: Now, id: CallId, why: Refusal) {
        let Some((transferee, transfer)) = self.transfer(id) else {
            return;
        };
        tracing::info!(call = %id, why = %why.text(), "transfer failed");
        let ticket = transfer.transferor.ticket.take();
        let place = transfer.transferor.place;
        let phone = transfer.transferor.phone.clone();
        let change = transfer.change;
        // Who was to be replaced and has hung up has not sent anybody away.
        let comes_back = !matches!(transfer.target, Target::TakenOver(_));
        self.split_consultation(now, id);
        self.hunt_given_up(now, id);
        if let Some(ticket) = ticket {
            let outcome = Err(why);
            self.act(Action::EndTransfer { ticket, outcome });
        }
        self.deadlines.disarm(&Timer::NoAnswer(id));
        match place {
            Place::Here(callee) => {
                self.leave_transfer(id, Stage::Answered { callee, change });
            }
            Place::Parked => self.waits_on(now, id, transferee),
            Place::Gone if comes_back && self.recall(now, id, transferee, &phone) => {}
            Place::Gone | Place::Recalled => {
                self.calls.remove(id);
                let text = match comes_back {
                    true => "The transfer failed",
                    false => why_alone(false),
                };
                self.release(transferee, text, false);
                self.drop_leg(now, transferee);
            }
        }
    }

    /// Calls that were to be joined are two again; one that has no second party any more is over.
    fn split_consultation(&mut self, now: Now, id: CallId) {
        let Some((_, transfer)) = self.transfer(id) else {
            return;
        };
        let Target::Consulted { through, far, .. } = transfer.target else {
            return;
        };
        let far_is_there = self.calls.leg(far).is_some();
        match through {
            Some(through) if far_is_there => {
                let stage = Stage::Answered {
                    callee: far,
                    change: None,
                };
                let other = self.calls.begin(through, stage);
                for leg in [through, far] {
                    if let Some(leg) = self.calls.leg_mut(leg) {
                        leg.call = other;
                    }
                }
            }
            Some(through) => {
                self.release(through, why_alone(false), false);
                self.drop_leg(now, through);
            }
            None => {
                self.release(far, "The transfer failed", false);
                self.drop_leg(now, far);
            }
        }
    }

    /// Whoever was sent away and reached nobody comes back to the phone that did it. False if that cannot be.
    fn recall(&mut self, now: Now, id: CallId, transferee: LegId, phone: &PhoneName) -> bool {
        let limit = self.site.settings.transfer_recall_s;
        let is_there = self.phones.get(phone).is_some_and(|p| p.registered);
        let (Ok(from), true) = (self.phone_of(transferee), limit > 0 && is_there) else {
            return false;
        };
        let called = self.party_at(phone).dn;
        let attempt = Attempt {
            stays: true,
            ..self.attempt_for((transferee, &from), &called, History::default())
        };
        let Some((_, transfer)) = self.transfer(id) else {
            return false;
        };
        transfer.target = Target::Ringing(Box::new(attempt));
        transfer.transferor.place = Place::Recalled;
        self.ring_all(now, id, &called, vec![phone.clone()]);
        let limit = Duration::from_secs(limit.into());
        self.deadlines.arm(Timer::NoAnswer(id), now.uptime + limit);
        true
    }

    /// Somebody hangs up while a transfer is under way.
    pub(super) fn left_transfer(&mut self, now: Now, id: CallId, leg: LegId, dead: bool) {
        let Some((transferee, transfer)) = self.transfer(id) else {
            return;
        };
        if leg == transferee {
            return self.transferee_left(now, id, dead);
        }
        if transfer.transferor.place == Place::Here(leg) {
            transfer.transferor.place = Place::Gone;
            let change = transfer.change.take().filter(|change| change.by != leg);
            if let Some(change) = change {
                self.refuse_change(change.by, Failure::Glare);
            }
            return self.drop_leg(now, leg);
        }
        let why = Refusal::Failed(Failure::Unreachable);
        match &mut transfer.target {
            Target::TakenOver(new) if *new == leg => {
                self.drop_leg(now, leg);
                self.agree_again(now, id, why);
            }
            Target::Answered(new) if *new == leg => {
                self.drop_leg(now, leg);
                self.transfer_failed(now, id, why);
            }
            Target::Consulted { through, .. } if *through == Some(leg) => {
                *through = None;
                self.drop_leg(now, leg);
            }
            Target::Consulted { far, .. } if *far == leg => {
                self.drop_leg(now, leg);
                self.transfer_failed(now, id, why);
            }
            Target::Ringing(_) => self.failed(now, leg, Failure::Unreachable),
            _ => {}
        }
    }

    /// There is nobody to be handed on any more.
    fn transferee_left(&mut self, now: Now, id: CallId, dead: bool) {
        self.split_consultation(now, id);
        self.hunt_given_up(now, id);
        self.deadlines.disarm(&Timer::NoAnswer(id));
        self.unpark(id);
        let Some(Call {
            caller: transferee,
            stage: Stage::Transferring(transfer),
        }) = self.calls.remove(id)
        else {
            return;
        };
        if let Some(ticket) = transfer.transferor.ticket {
            let outcome = Err(Refusal::Failed(Failure::Released));
            self.act(Action::EndTransfer { ticket, outcome });
        }
        let others = match transfer.target {
            Target::Ringing(attempt) => attempt.callees,
            Target::Answered(new) | Target::TakenOver(new) => vec![new],
            Target::Consulted { .. } => Vec::new(),
        };
        for leg in transfer.transferor.leg().into_iter().chain(others) {
            self.release(leg, why_alone(dead), false);
            self.drop_leg(now, leg);
        }
        self.drop_leg(now, transferee);
    }

    pub(super) fn transfer(&mut self, id: CallId) -> Option<(LegId, &mut Transfer)> {
        let call = self.calls.call_mut(id)?;
        match &mut call.stage {
            Stage::Transferring(transfer) => Some((call.caller, transfer)),
            _ => None,
        }
    }

    fn leave_transfer(&mut self, id: CallId, stage: Stage) -> Option<Transfer> {
        let call = self.calls.call_mut(id)?;
        match std::mem::replace(&mut call.stage, stage) {
            Stage::Transferring(transfer) => Some(*transfer),
            other => {
                call.stage = other;
                None
            }
        }
    }
}
