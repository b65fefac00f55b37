//! A conference: more than two parties of one call, whose sound Perch adds up, as phones send it to one place only.
//!
//! Whoever comes in waits until those who talk already send their sound here; then all hear that, and each other. When two
//! are left, they talk with each other directly again.

use super::Pbx;
use super::action::{Action, Party, Refusal};
use super::call::{Call, CallId, LegState, Stage, why_alone};
use super::change::Signal;
use super::event::{Body, Failure, LegId, MediaFlow};
use super::mix::{MixNews, MixOrder};
use super::names::{Dn, PhoneName};
use super::transfer::{Place, Target};
use crate::time::Now;

/// More people than this do not talk in one call.
const MOST_PARTIES: usize = 8;

/// Those who talk, and whoever is about to.
#[derive(Debug)]
pub(super) struct Conference {
    /// The number that it is shown as.
    line: Dn,
    members: Vec<Member>,
    guest: Option<Guest>,
}

/// One who talks.
#[derive(Debug)]
struct Member {
    leg: LegId,
    sound: Sound,
}

/// Where the sound of a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    /// To the other one, directly.
    Direct,
    /// It was asked to send it here.
    Asked,
    /// Here.
    Mixed,
    /// Here; it wants a change, which means this.
    Changing(Option<MediaFlow>),
}

/// One who waits to be let in.
#[derive(Debug)]
struct Guest {
    leg: LegId,
    /// Its media, once the mixer has an end for it.
    media: Option<Body>,
    /// Whether it made the offer.
    has_offered: bool,
}

impl Conference {
    fn member(&mut self, leg: LegId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.leg == leg)
    }

    /// Those who were asked, or send their sound here already.
    fn is_at_rest(&self) -> bool {
        let mut members = self.members.iter();
        members.all(|member| matches!(member.sound, Sound::Direct | Sound::Mixed))
    }
}

impl Pbx {
    /// Whether one more may come into a call: it is answered, nobody waits in it, and nothing is under way there.
    pub(super) fn has_room(&self, id: CallId) -> Result<(), Refusal> {
        let gone = Refusal::Failed(Failure::Gone);
        match self.calls.call(id).map(|call| &call.stage) {
            Some(Stage::Answered { callee, change }) => {
                let caller = self.calls.call(id).map(|call| call.caller).ok_or(gone)?;
                let mut legs = [caller, *callee].into_iter();
                let holds = |leg| {
                    let state = self.calls.leg(leg).map(|leg| leg.state);
                    matches!(state, Some(LegState::Holding(_)))
                };
                if legs.any(holds) {
                    let text = "Somebody is on hold in that call";
                    return Err(Refusal::Conflict(text.into()));
                }
                match change {
                    None => Ok(()),
                    Some(_) => Err(Refusal::Failed(Failure::Glare)),
                }
            }
            Some(Stage::Conference(it)) if it.guest.is_some() || !it.is_at_rest() => {
                Err(Refusal::Failed(Failure::Glare))
            }
            Some(Stage::Conference(it)) if it.members.len() >= MOST_PARTIES => {
                let text = "No more people can talk in one call";
                Err(Refusal::Conflict(text.into()))
            }
            Some(Stage::Conference(_)) => Ok(()),
            Some(_) => Err(Refusal::Failed(Failure::Glare)),
            None => Err(gone),
        }
    }

    /// Somebody is to come into a call that has room.
    pub(super) fn let_in(
        &mut self,
        id: CallId,
        leg: LegId,
        (phone, line): (&PhoneName, &Dn),
        offer: Option<Body>,
    ) {
        let Some(call) = self.calls.call_mut(id) else {
            return;
        };
        let guest = Guest {
            leg,
            media: None,
            has_offered: offer.is_some(),
        };
        let mut parties = vec![(leg, offer)];
        match &mut call.stage {
            Stage::Answered { callee, .. } => {
                let members = [call.caller, *callee].map(|leg| Member {
                    leg,
                    sound: Sound::Direct,
                });
                parties.extend(members.iter().map(|member| (member.leg, None)));
                call.stage = Stage::Conference(Box::new(Conference {
                    line: line.clone(),
                    members: members.into(),
                    guest: Some(guest),
                }));
            }
            Stage::Conference(conference) => conference.guest = Some(guest),
            _ => return,
        }
        tracing::info!(call = %id, %phone, %line, "somebody comes into a call");
        self.add_leg(id, leg, phone, line, LegState::Calling);
        let conference = id.conference();
        self.mix(MixOrder::Open {
            conference,
            parties,
        });
    }

    /// Ends are to be there for somebody who is about to come along from another call, and for those who talk directly.
    pub(super) fn open_ends(&mut self, id: CallId, comes: LegId) {
        let mut parties = vec![(comes, None)];
        if let Some(call) = self.calls.call(id)
            && let Stage::Answered { callee, .. } = call.stage
        {
            parties.extend([call.caller, callee].map(|leg| (leg, None)));
        }
        let conference = id.conference();
        self.mix(MixOrder::Open {
            conference,
            parties,
        });
    }

    /// Somebody has come along from another call of the one who stays.
    pub(super) fn comes_along(&mut self, id: CallId, stays: LegId, comes: LegId) {
        let line = self.calls.leg(stays).map(|leg| leg.line.clone());
        let (Some(line), Some(call)) = (line, self.calls.call_mut(id)) else {
            return;
        };
        let direct = |leg| Member {
            leg,
            sound: Sound::Direct,
        };
        match &mut call.stage {
            Stage::Answered { callee, .. } => {
                let members = [call.caller, *callee, comes].map(direct);
                call.stage = Stage::Conference(Box::new(Conference {
                    line,
                    members: members.into(),
                    guest: None,
                }));
            }
            Stage::Conference(conference) => conference.members.push(direct(comes)),
            _ => {}
        }
    }

    fn mix(&mut self, order: MixOrder) {
        self.act(Action::Mix(order));
    }

    /// The mixer says something.
    pub(super) fn mixed(&mut self, now: Now, news: MixNews) {
        match news {
            MixNews::Opened { conference, media } => {
                let id = CallId::of_conference(conference);
                let opened = media.as_ref().map(|_| ()).map_err(Refusal::clone);
                let joins = self.joined(now, conference, opened);
                match media {
                    Ok(media) => self.ends_opened(now, id, media),
                    Err(_) if joins => {}
                    Err(why) => {
                        self.turn_away(now, id, why);
                        self.settle_conference(now, id, false);
                    }
                }
            }
            MixNews::Changed { leg, media } => self.end_changed(now, leg, media),
        }
    }

    /// There is an end for everybody: those who talk directly are asked to send their sound there.
    fn ends_opened(&mut self, now: Now, id: CallId, media: Vec<(LegId, Body)>) {
        let mut left = Vec::new();
        for (leg, body) in media {
            let Some(conference) = self.conference(id) else {
                left.push(leg);
                continue;
            };
            if let Some(guest) = conference.guest.as_mut().filter(|guest| guest.leg == leg) {
                guest.media = Some(body);
            } else if let Some(member) = conference.member(leg) {
                member.sound = Sound::Asked;
                let connected = Some(conference.party());
                self.act(Action::Reoffer {
                    leg,
                    offer: Some(body),
                    connected,
                });
            } else {
                left.push(leg);
            }
        }
        for leg in left {
            self.mix(MixOrder::Close(leg));
        }
        self.settle_conference(now, id, false);
    }

    /// A member says what media it has.
    pub(super) fn member_answered(&mut self, now: Now, leg: LegId, media: Option<Body>) {
        let Some(id) = self.asked_member(leg) else {
            return;
        };
        let sound = match media {
            Some(media) => {
                self.mix(MixOrder::Agree { leg, media });
                Sound::Mixed
            }
            None => Sound::Direct,
        };
        self.member_is(id, leg, sound);
        self.settle_conference(now, id, false);
    }

    /// A member wants no such media. False if it is none that was asked.
    pub(super) fn member_refused(&mut self, now: Now, leg: LegId, why: Failure) -> bool {
        let Some(id) = self.asked_member(leg) else {
            return false;
        };
        self.member_is(id, leg, Sound::Direct);
        self.turn_away(now, id, Refusal::Failed(why));
        self.settle_conference(now, id, false);
        true
    }

    /// A member's answer to an offer that was made to it when it came in, or when it wanted a change. False if it is none.
    pub(super) fn member_acknowledged(&mut self, now: Now, leg: LegId, media: &Body) -> bool {
        let is_one = self.is_in_conference(leg);
        if is_one {
            let media = media.clone();
            self.mix(MixOrder::Agree { leg, media });
            if let Some(id) = self.asked_member(leg) {
                self.member_is(id, leg, Sound::Mixed);
                self.mix(MixOrder::Chime(id.conference()));
                self.settle_conference(now, id, false);
            }
        }
        is_one
    }

    /// A member wants other media: it holds, say. False if it is none.
    pub(super) fn member_reoffered(
        &mut self,
        leg: LegId,
        offer: Option<&Body>,
        flow: Option<MediaFlow>,
    ) -> bool {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            return false;
        };
        let Some(conference) = self.conference(id) else {
            return false;
        };
        match conference.member(leg) {
            Some(member) if member.sound == Sound::Mixed => {
                member.sound = Sound::Changing(flow);
                let offer = offer.cloned();
                self.mix(MixOrder::Change { leg, offer });
            }
            _ => self.refuse_change(leg, Failure::Glare),
        }
        true
    }

    fn end_changed(&mut self, now: Now, leg: LegId, media: Option<Body>) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            return;
        };
        let member = self.conference(id).and_then(|it| it.member(leg));
        let Some(Sound::Changing(flow)) = member.map(|member| member.sound) else {
            return;
        };
        self.member_is(id, leg, Sound::Mixed);
        match media {
            Some(_) => {
                self.act(Action::AcceptReoffer { leg, media });
                self.flow_changed(now, leg, flow);
            }
            None => self.refuse_change(leg, Failure::NotAcceptable),
        }
        self.settle_conference(now, id, false);
    }

    /// Somebody leaves a conference.
    pub(super) fn left_conference(&mut self, now: Now, id: CallId, leg: LegId, dead: bool) {
        if let Some(conference) = self.conference(id) {
            conference.members.retain(|member| member.leg != leg);
            conference.guest.take_if(|guest| guest.leg == leg);
        }
        self.mix(MixOrder::Close(leg));
        self.drop_leg(now, leg);
        self.settle_conference(now, id, dead);
    }

    /// What a conference is by who is in it: it goes on, or somebody comes in, or two talk directly again, or it is over.
    /// While somebody has not answered, that is waited for.
    fn settle_conference(&mut self, now: Now, id: CallId, dead: bool) {
        let Some(conference) = self.conference(id) else {
            return;
        };
        if conference.members.len() < 2 {
            return self.conference_over(now, id, dead);
        }
        let is_open = conference.guest.as_ref().is_none_or(|g| g.media.is_some());
        if !conference.is_at_rest() || !is_open {
            return;
        }
        let mut members = conference.members.iter();
        let all_mixed = members.all(|member| member.sound == Sound::Mixed);
        match conference.guest.is_some() {
            true if all_mixed => return self.comes_in(now, id),
            true => {
                let why = Refusal::Failed(Failure::NotAcceptable);
                self.turn_away(now, id, why);
            }
            false => {}
        }
        if let Some(leg) = self.unmixed(id) {
            self.release(leg, "No media in common", false);
            return self.left_conference(now, id, leg, false);
        }
        self.two_are_left(id);
    }

    /// One of several who would not send its sound here: none of the others can hear it.
    fn unmixed(&mut self, id: CallId) -> Option<LegId> {
        let conference = self.conference(id)?;
        let mut members = conference.members.iter();
        let unmixed = members.find(|member| member.sound == Sound::Direct);
        unmixed
            .filter(|_| conference.members.len() > 2)
            .map(|member| member.leg)
    }

    /// Whoever waited is in.
    fn comes_in(&mut self, now: Now, id: CallId) {
        let Some(conference) = self.conference(id) else {
            return;
        };
        let Some(guest) = conference.guest.take() else {
            return;
        };
        let first = conference.members.first().map_or(guest.leg, |m| m.leg);
        conference.members.push(Member {
            leg: guest.leg,
            sound: match guest.has_offered {
                true => Sound::Mixed,
                false => Sound::Asked,
            },
        });
        let (leg, connected) = (guest.leg, conference.party());
        if let Some(leg) = self.calls.leg_mut(leg) {
            leg.state = LegState::Talking;
        }
        if let Ok(phone) = self.phone_of(leg) {
            tracing::info!(call = %id, %phone, "somebody has come into a call");
            self.phone_used(now, &phone, Signal::CallAnswered);
        }
        self.act(Action::Answer {
            leg,
            from: (first, 0),
            media: guest.media,
            connected,
        });
        if guest.has_offered {
            self.mix(MixOrder::Chime(id.conference()));
        }
    }

    /// Whoever waits is told why not.
    fn turn_away(&mut self, now: Now, id: CallId, why: Refusal) {
        let guest = self.conference(id).and_then(|it| it.guest.take());
        if let Some(Guest { leg, .. }) = guest {
            tracing::info!(call = %id, why = %why.text(), "somebody did not come into a call");
            self.mix(MixOrder::Close(leg));
            self.act(Action::Refuse { leg, why });
            self.drop_leg(now, leg);
        }
    }

    /// If a conference is one of two only, they talk directly again, or still do.
    fn two_are_left(&mut self, id: CallId) {
        let Some(call) = self.calls.call_mut(id) else {
            return;
        };
        let Stage::Conference(conference) = &mut call.stage else {
            return;
        };
        let [one, other] = &conference.members[..] else {
            return;
        };
        let (one, other, is_direct) = (one.leg, other.leg, {
            let direct = |member: &Member| member.sound == Sound::Direct;
            direct(one) && direct(other)
        });
        for leg in [one, other] {
            self.mix(MixOrder::Close(leg));
        }
        if is_direct {
            if let Some(call) = self.calls.call_mut(id) {
                (call.caller, call.stage) = (
                    one,
                    Stage::Answered {
                        callee: other,
                        change: None,
                    },
                );
            }
            return;
        }
        let Ok(phone) = self.phone_of(other) else {
            return;
        };
        tracing::info!(call = %id, "two are left in a call");
        let connected = self.party_on(other);
        let place = (Place::Recalled, phone, None);
        let target = Target::Consulted {
            through: None,
            far: other,
            offered: false,
        };
        self.enter_transfer_from(id, one, place, target);
        self.act(Action::Reoffer {
            leg: one,
            offer: None,
            connected,
        });
    }

    /// One is left at most: there is nobody to talk with.
    fn conference_over(&mut self, now: Now, id: CallId, dead: bool) {
        self.turn_away(now, id, Refusal::Failed(Failure::Released));
        let Some(Call {
            stage: Stage::Conference(conference),
            ..
        }) = self.calls.remove(id)
        else {
            return;
        };
        for member in conference.members {
            self.mix(MixOrder::Close(member.leg));
            self.release(member.leg, why_alone(dead), false);
            self.drop_leg(now, member.leg);
        }
    }

    /// Whether a leg is one of a conference.
    pub(super) fn is_in_conference(&self, leg: LegId) -> bool {
        let stage = self.calls.call_of(leg).map(|(_, call)| &call.stage);
        matches!(stage, Some(Stage::Conference(_)))
    }

    fn asked_member(&mut self, leg: LegId) -> Option<CallId> {
        let id = self.calls.leg(leg)?.call;
        let member = self.conference(id)?.member(leg)?;
        (member.sound == Sound::Asked).then_some(id)
    }

    fn member_is(&mut self, id: CallId, leg: LegId, sound: Sound) {
        if let Some(member) = self.conference(id).and_then(|it| it.member(leg)) {
            member.sound = sound;
        }
    }

    fn conference(&mut self, id: CallId) -> Option<&mut Conference> {
        match &mut self.calls.call_mut(id)?.stage {
            Stage::Conference(conference) => Some(conference),
            _ => None,
        }
    }
}

impl Conference {
    /// What those in it are shown of the others.
    pub fn party(&self) -> Party {
        Party {
            dn: self.line.clone(),
            display_name: "Conference".into(),
        }
    }
}
