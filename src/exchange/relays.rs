//! Media relays: a description that the party it is meant for would not understand waits here until a relay has
//! translated it, and whatever else that party is to be told waits behind it.
//!
//! Whoever is reached over WebSocket is a page in a browser and wants WebRTC; SCCP phones want plain RTP; other SIP phones
//! are taken to want plain RTP of browsers. What they want among themselves is not known: a phone that would not have the
//! media of an offer is asked again, in plain RTP instead of SRTP or the other way round. Two who understand each other
//! are left alone.

mod descriptions;
mod pairs;

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use self::descriptions::{ended_by, in_action, rings_in, said_in, told_by, with, without};
use self::pairs::Pairs;
use crate::media::relay::{RelayError, RelayOrder, Role, Side, Translation};
use crate::pbx::{Action, Body, Event, Failure, LegId};
use crate::sccp::Switchboard;
use crate::sdp::{self, Speech};
use crate::sip::{Agent, Relayed};
use crate::time::Now;

/// So many translations are waited for at once. Calls that want more are refused.
const MOST_ASKED: usize = 1000;

/// So many pairs are kept.
const MOST_PAIRS: usize = 20_000;

/// So much may wait behind a description before signals are turned away.
const MOST_BEHIND: usize = 64;

/// When so many legs are known, those are forgotten that are no more.
const MANY_LEGS: usize = 4096;

/// Who parties are.
pub(super) struct Parties<'e> {
    pub agent: &'e Agent,
    pub switchboard: &'e Switchboard,
    pub now: Now,
}

/// What waits for a relay, and what has been said.
#[derive(Debug, Default)]
pub(super) struct Relays {
    /// Whether there is one.
    is_there: bool,
    /// Legs whose descriptions others may not understand.
    spoken: HashMap<LegId, Spoken>,
    pairs: Pairs,
    waiting: HashMap<LegId, Waiting>,
    asked: HashMap<u64, LegId>,
    /// Phones that were told to ring with the caller's own offer, and have not answered.
    rung: HashMap<LegId, Action>,
    /// What some places of phones that are about to ring are offered.
    relayed: HashMap<LegId, Relayed>,
    events: Vec<Event>,
    orders: Vec<RelayOrder>,
    last_request: u64,
}

/// What a leg has said of its media.
#[derive(Clone, Copy, Debug)]
struct Spoken {
    speech: Speech,
    is_web: bool,
}

/// An action that waits for its description, and those behind it.
#[derive(Debug)]
struct Waiting {
    action: Action,
    wanted: Wanted,
    behind: VecDeque<Action>,
}

/// A translation that an action needs.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    from: Speech,
    to: Speech,
    /// Whose pair it is for.
    owner: LegId,
    /// Of a SIP phone that is to ring: for which of its places.
    places: Option<Needy>,
}

/// The places that need a translation.
#[derive(Clone, Copy, Debug)]
struct Needy {
    /// Whether they are the browsers.
    web: bool,
    /// Whether there are others, which do not.
    has_others: bool,
}

impl Relays {
    /// There is a relay, or none.
    pub fn set_there(&mut self, is_there: bool) {
        self.is_there = is_there;
    }

    /// Looks at what happened: who describes its media how, which is written into the description, and who has left.
    /// False if it is as if it had not happened.
    pub fn hear(&mut self, event: &mut Event, parties: &Parties<'_>) -> bool {
        if self.rings_again(event) {
            return false;
        }
        if let Some((leg, branch, body)) = said_in(event) {
            body.said_by = Some(leg);
            if let Some(speech) = sdp::speech(body) {
                let is_web = parties.agent.is_web(leg, branch);
                self.says(leg, Spoken { speech, is_web }, parties);
            }
        }
        if let Event::Answered { leg, .. } = event {
            self.rung.remove(leg);
        }
        if let Some(leg) = ended_by(event) {
            self.ended(leg);
        }
        true
    }

    /// Lets an action through, or something else in its place; keeps it if it has to wait.
    pub fn admit(&mut self, action: Action, parties: &Parties<'_>) -> Option<Action> {
        let Some(leg) = told_by(&action) else {
            return Some(action);
        };
        match self.waiting.contains_key(&leg) {
            true => self.wait_behind(leg, action),
            false => self.judge(leg, action, parties),
        }
    }

    /// A relay has done what it was asked for, or has not. What may be done now.
    pub fn relayed(
        &mut self,
        request: u64,
        outcome: Result<Bytes, RelayError>,
        parties: &Parties<'_>,
    ) -> Vec<Action> {
        let leg = self.asked.remove(&request);
        let Some((leg, waiting)) = leg.and_then(|leg| Some((leg, self.waiting.remove(&leg)?)))
        else {
            return Vec::new();
        };
        let Waiting {
            action,
            wanted,
            mut behind,
        } = waiting;
        let action = match outcome {
            Ok(description) => Some(self.translated(leg, action, wanted, description)),
            Err(error) => {
                tracing::warn!(%error, "a call needs a media relay and cannot have it");
                self.fail(leg, action, wanted, Failure::RelayFailed)
            }
        };
        let mut ready: Vec<Action> = action.into_iter().collect();
        while let Some(next) = behind.pop_front() {
            ready.extend(self.judge(leg, next, parties));
            if let Some(waiting) = self.waiting.get_mut(&leg) {
                waiting.behind = behind;
                break;
            }
        }
        ready
    }

    /// What some places of a phone are offered that is about to ring.
    pub fn take_relayed(&mut self, leg: LegId) -> Option<Relayed> {
        self.relayed.remove(&leg)
    }

    /// Takes out what happened.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes out what relays are to do.
    pub fn take_orders(&mut self) -> Vec<RelayOrder> {
        let mut orders = std::mem::take(&mut self.orders);
        let forgotten = self.pairs.take_forgotten().into_iter();
        orders.extend(forgotten.map(RelayOrder::Forget));
        orders
    }

    /// How many pairs there are.
    pub fn load(&self) -> usize {
        self.pairs.len()
    }

    fn wait(&mut self, leg: LegId, action: Action, wanted: Wanted) {
        let waiting = Waiting {
            action,
            wanted,
            behind: VecDeque::new(),
        };
        self.waiting.insert(leg, waiting);
    }

    fn wait_behind(&mut self, leg: LegId, action: Action) -> Option<Action> {
        let waiting = self.waiting.get_mut(&leg)?;
        let first = &waiting.action;
        let has_not_rung = matches!(first, Action::Ring { .. } | Action::RingOut { .. });
        match action {
            // It was never told to ring.
            Action::Release { .. } if has_not_rung => self.ended(leg),
            Action::Signal { ticket, .. } if waiting.behind.len() >= MOST_BEHIND => {
                let status = 503;
                self.events.push(Event::SignalAnswered { ticket, status });
            }
            action => waiting.behind.push_back(action),
        }
        None
    }

    fn judge(&mut self, leg: LegId, action: Action, parties: &Parties<'_>) -> Option<Action> {
        match &action {
            Action::Release { .. } | Action::Refuse { .. } | Action::Confirm { .. } => {
                self.ended(leg);
                return Some(action);
            }
            Action::RefuseReoffer { .. } | Action::Reoffer { offer: None, .. } => {
                self.pairs.offer_again(leg);
            }
            _ => {}
        }
        let Some(wanted) = self.wanted(leg, &action, parties) else {
            self.let_alone(leg, &action, parties);
            return Some(action);
        };
        match self.ask(leg, &action, wanted) {
            Ok(()) => {
                self.wait(leg, action, wanted);
                None
            }
            Err(why) => self.fail(leg, action, wanted, why),
        }
    }

    /// What has to be done to the description in an action, if anything.
    fn wanted(&self, leg: LegId, action: &Action, parties: &Parties<'_>) -> Option<Wanted> {
        let body = in_action(action)?;
        let from = sdp::speech(body)?;
        let origin = self.whose(body);
        let by_web = origin.is_some_and(|origin| self.is_web(origin));
        // Whoever has agreed with the relay keeps the pair, whoever the other one is now.
        let settled = [Some(leg), origin].into_iter().flatten();
        let settled = settled.filter(|leg| self.pairs.is_settled(*leg)).min();
        let must = |is_so: bool, to: Speech| is_so.then_some((to, None));
        let (to, places) = if parties.switchboard.concerns(action) {
            must(from != Speech::Plain, Speech::Plain)?
        } else if let Action::Ring { phone, .. } = action {
            let places = parties.agent.places_of(phone, parties.now);
            let (to, web) = match from == Speech::WebRtc {
                true if by_web => (Speech::Plain, false),
                false if !by_web => (Speech::WebRtc, true),
                _ => return None,
            };
            let (concerned, has_others) = match web {
                true => (places.web, places.other),
                false => (places.other, places.web),
            };
            let needy = Needy { web, has_others };
            concerned.then_some((to, Some(needy)))?
        } else {
            let spoken = self.spoken.get(&leg).map(|spoken| spoken.speech);
            match parties.agent.is_web(leg, None) {
                true => {
                    let to = spoken.unwrap_or(Speech::WebRtc);
                    must(from != to && (spoken.is_some() || !by_web), to)?
                }
                false => {
                    let to = spoken.unwrap_or(Speech::Plain);
                    let has_pair = |leg| self.pairs.is_owner(leg);
                    let is_related = by_web || has_pair(leg) || origin.is_some_and(has_pair);
                    must(from != to && is_related, to)?
                }
            }
        };
        let owner = settled.unwrap_or_else(|| self.owner(leg, body, from < to));
        Some(Wanted {
            from,
            to,
            owner,
            places,
        })
    }

    /// Whose pair a description is for that goes to a leg: of the two, that one's whose media is the harder to speak.
    fn owner(&self, leg: LegId, body: &Body, is_harder: bool) -> LegId {
        match is_harder {
            true => leg,
            false => self.whose(body).unwrap_or(leg),
        }
    }

    /// A description goes to its party as it is.
    fn let_alone(&mut self, leg: LegId, action: &Action, parties: &Parties<'_>) {
        match action {
            // Whoever answers has been understood: no relay is needed for it.
            Action::Answer { from, .. } => {
                self.pairs.drop_pair((leg, Some(from.0)));
                self.pairs.drop_pair((from.0, None));
            }
            Action::Ring {
                offer: Some(offer), ..
            } if self.is_there && !parties.switchboard.concerns(action) => {
                let by_web = self.whose(offer).is_some_and(|origin| self.is_web(origin));
                if !by_web && sdp::speech(offer).is_some() {
                    self.rung.insert(leg, action.clone());
                }
            }
            _ => {}
        }
    }

    /// A phone would not have the media that it was offered: it is offered what it may want. Whether that is being done.
    fn rings_again(&mut self, event: &Event) -> bool {
        let Event::Failed {
            leg,
            why: Failure::NotAcceptable,
        } = event
        else {
            return false;
        };
        let Some(action) = self.rung.remove(leg) else {
            return false;
        };
        let Some(body) = in_action(&action) else {
            return false;
        };
        let Some(from) = sdp::speech(body) else {
            return false;
        };
        let to = match from {
            Speech::Plain => Speech::Srtp,
            Speech::Srtp | Speech::WebRtc => Speech::Plain,
        };
        let places = Some(Needy {
            web: false,
            has_others: false,
        });
        let wanted = Wanted {
            from,
            to,
            owner: self.owner(*leg, body, from < to),
            places,
        };
        let is_asked = self.ask(*leg, &action, wanted).is_ok();
        if is_asked {
            self.wait(*leg, action, wanted);
        }
        is_asked
    }

    /// Asks a relay for it.
    fn ask(&mut self, leg: LegId, action: &Action, wanted: Wanted) -> Result<(), Failure> {
        if !self.is_there {
            return Err(Failure::NoRelay);
        }
        if self.asked.len() >= MOST_ASKED || self.pairs.len() >= MOST_PAIRS {
            return Err(Failure::RelayFailed);
        }
        let body = in_action(action).ok_or(Failure::RelayFailed)?;
        let owner = wanted.owner;
        let from = match owner == leg {
            true => Side::Other,
            false => Side::Owner,
        };
        let description = body.bytes.clone();
        let (key, pair) = match action {
            Action::Ring { .. } | Action::RingOut { .. } => self.pairs.begin(owner, leg),
            _ => self.pairs.get(owner, rings_in(action)),
        };
        let role = match action {
            Action::Ring { .. } | Action::RingOut { .. } => {
                pair.rang = true;
                Role::Offer
            }
            Action::Reoffer { .. } | Action::OfferEarly { .. } => Role::Offer,
            Action::Acknowledge { .. } | Action::AnswerEarly { .. } => Role::Answer,
            _ => pair.role(from),
        };
        let goes_on = matches!(
            action,
            Action::ShowProgress { .. } | Action::AnswerEarly { .. }
        );
        let (call, is_known) = (pair.call, pair.is_known);
        pair.described(from, role, !goes_on);
        if matches!(action, Action::Answer { .. }) {
            self.pairs.answered(key);
        }
        self.last_request += 1;
        let request = self.last_request;
        self.asked.insert(request, leg);
        self.orders.push(RelayOrder::Translate(Translation {
            request,
            call,
            role,
            from,
            is_known,
            speech: wanted.to,
            description,
        }));
        Ok(())
    }

    fn translated(
        &mut self,
        leg: LegId,
        action: Action,
        wanted: Wanted,
        description: Bytes,
    ) -> Action {
        let content_type = in_action(&action).map(|body| body.content_type.clone());
        let body = Body::new(content_type.unwrap_or_default(), description);
        let Some(Needy { web, .. }) = wanted.places else {
            return with(action, body);
        };
        let offer = Some(body);
        self.relayed.insert(leg, Relayed { web, offer });
        action
    }

    /// It cannot be had. What is done instead.
    fn fail(&mut self, leg: LegId, action: Action, wanted: Wanted, why: Failure) -> Option<Action> {
        if let Some(Needy {
            web,
            has_others: true,
        }) = wanted.places
        {
            // The other places of the phone can ring.
            self.relayed.insert(leg, Relayed { web, offer: None });
            return Some(action);
        }
        let from = wanted.from;
        let text = crate::pbx::Refusal::Failed(why).text();
        tracing::info!(leg = leg.0, speaks = ?from, wants = ?wanted.to, why = %text, "media cannot meet");
        let (instead, happened) = without(action, why);
        self.events.extend(happened);
        if matches!(instead, Some(Action::Refuse { .. })) {
            self.ended(leg);
        }
        instead
    }

    fn is_web(&self, leg: LegId) -> bool {
        self.spoken.get(&leg).is_some_and(|spoken| spoken.is_web)
    }

    /// Whose a description is, if others may not understand that leg.
    fn whose(&self, body: &Body) -> Option<LegId> {
        body.said_by.filter(|leg| self.spoken.contains_key(leg))
    }

    /// A leg speaks so from now on.
    fn says(&mut self, leg: LegId, spoken: Spoken, parties: &Parties<'_>) {
        if !spoken.is_web && spoken.speech == Speech::Plain {
            self.spoken.remove(&leg);
            return;
        }
        if self.spoken.len() >= MANY_LEGS {
            self.tidy(parties);
        }
        self.spoken.insert(leg, spoken);
    }

    /// A leg is over.
    fn ended(&mut self, leg: LegId) {
        self.spoken.remove(&leg);
        self.rung.remove(&leg);
        self.relayed.remove(&leg);
        self.pairs.ended(leg);
        if self.waiting.remove(&leg).is_some() {
            self.asked.retain(|_, other| *other != leg);
        }
    }

    /// Forgets legs whose end was not heard of.
    fn tidy(&mut self, parties: &Parties<'_>) {
        let legs = self.spoken.keys().copied();
        let gone: Vec<LegId> = legs.filter(|leg| !parties.agent.has_leg(*leg)).collect();
        for leg in gone {
            self.ended(leg);
        }
    }
}
