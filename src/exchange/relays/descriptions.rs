//! Which events and actions carry a description, whose, and what becomes of an action without.

use crate::pbx::{Action, Body, Event, Failure, LegId, Refusal};

/// Who describes its media in an event: its leg, which of its contacts, and the description.
pub fn said_in(event: &mut Event) -> Option<(LegId, Option<u32>, &mut Body)> {
    match event {
        Event::Dialled { leg, offer, .. }
        | Event::TookOver { leg, offer, .. }
        | Event::CallAtIndexAsked { leg, offer, .. }
        | Event::Reoffered { leg, offer, .. } => Some((*leg, None, offer.as_mut()?)),
        Event::Progressed {
            leg, branch, media, ..
        }
        | Event::Answered { leg, branch, media } => Some((*leg, Some(*branch), media.as_mut()?)),
        Event::EarlyOffered { leg, link, offer } => Some((*leg, Some(link.branch), offer)),
        Event::EarlyAnswered { leg, link, media } => {
            Some((*leg, Some(link.branch), media.as_mut().ok()?))
        }
        Event::Acknowledged { leg, media } => Some((*leg, None, media)),
        Event::ReofferAnswered { leg, media } => Some((*leg, None, media.as_mut()?)),
        _ => None,
    }
}

/// The leg that is over with an event.
pub fn ended_by(event: &Event) -> Option<LegId> {
    match event {
        Event::Released { leg, .. } | Event::Failed { leg, .. } | Event::Deflected { leg, .. } => {
            Some(*leg)
        }
        _ => None,
    }
}

/// The leg that is told something, in order.
pub fn told_by(action: &Action) -> Option<LegId> {
    match action {
        Action::Ring { leg, .. }
        | Action::RingOut { leg, .. }
        | Action::RingAnew { leg }
        | Action::ShowForwarding { leg }
        | Action::ShowWaiting { leg, .. }
        | Action::ShowProgress { leg, .. }
        | Action::OfferEarly { leg, .. }
        | Action::AnswerEarly { leg, .. }
        | Action::Answer { leg, .. }
        | Action::Acknowledge { leg, .. }
        | Action::Converse { leg }
        | Action::Prompt { leg, .. }
        | Action::Refuse { leg, .. }
        | Action::Confirm { leg, .. }
        | Action::Release { leg, .. }
        | Action::Reoffer { leg, .. }
        | Action::AcceptReoffer { leg, .. }
        | Action::RefuseReoffer { leg, .. }
        | Action::Signal { leg, .. } => Some(*leg),
        _ => None,
    }
}

/// The description in an action.
pub fn in_action(action: &Action) -> Option<&Body> {
    match action {
        Action::Ring { offer, .. }
        | Action::RingOut { offer, .. }
        | Action::Reoffer { offer, .. } => offer.as_ref(),
        Action::OfferEarly { offer, .. } => Some(offer),
        Action::AnswerEarly { media, .. } => media.as_ref().ok(),
        Action::ShowProgress { media, .. }
        | Action::Answer { media, .. }
        | Action::Acknowledge { media, .. }
        | Action::AcceptReoffer { media, .. } => media.as_ref(),
        _ => None,
    }
}

/// The phone that rings, where an action is about one.
pub fn rings_in(action: &Action) -> Option<LegId> {
    match action {
        Action::Ring { leg, .. } | Action::RingOut { leg, .. } => Some(*leg),
        Action::ShowProgress { from, .. } | Action::Answer { from, .. } => Some(from.0),
        Action::OfferEarly { link, .. } | Action::AnswerEarly { link, .. } => Some(link.ringing),
        _ => None,
    }
}

/// The same action with another description.
pub fn with(action: Action, body: Body) -> Action {
    match action {
        Action::Ring {
            leg,
            phone,
            caller,
            called,
            history,
            alert,
            index,
            ..
        } => Action::Ring {
            leg,
            phone,
            caller,
            called,
            offer: Some(body),
            history,
            alert,
            index,
        },
        Action::RingOut {
            leg,
            trunk,
            caller,
            asserted,
            called,
            history,
            place,
            account,
            ..
        } => Action::RingOut {
            leg,
            trunk,
            caller,
            asserted,
            called,
            offer: Some(body),
            history,
            place,
            account,
        },
        Action::Reoffer { leg, connected, .. } => Action::Reoffer {
            leg,
            offer: Some(body),
            connected,
        },
        Action::OfferEarly { leg, link, .. } => Action::OfferEarly {
            leg,
            link,
            offer: body,
        },
        Action::AnswerEarly { leg, link, .. } => Action::AnswerEarly {
            leg,
            link,
            media: Ok(body),
        },
        Action::ShowProgress {
            leg,
            from,
            ringing,
            as_whom,
            ..
        } => Action::ShowProgress {
            leg,
            from,
            ringing,
            as_whom,
            media: Some(body),
        },
        Action::Answer {
            leg,
            from,
            connected,
            ..
        } => Action::Answer {
            leg,
            from,
            media: Some(body),
            connected,
        },
        Action::Acknowledge { leg, .. } => Action::Acknowledge {
            leg,
            media: Some(body),
        },
        Action::AcceptReoffer { leg, .. } => Action::AcceptReoffer {
            leg,
            media: Some(body),
        },
        other => other,
    }
}

/// What is done instead of an action whose description is not to be had, and what has happened then.
pub fn without(action: Action, why: Failure) -> (Option<Action>, Option<Event>) {
    match action {
        Action::Ring { leg, .. } | Action::RingOut { leg, .. } => {
            (None, Some(Event::Failed { leg, why }))
        }
        Action::Reoffer { leg, .. } => (None, Some(Event::ReofferRefused { leg, why })),
        Action::OfferEarly { leg, link, .. } => {
            let media = Err(why);
            (None, Some(Event::EarlyAnswered { leg, link, media }))
        }
        Action::AnswerEarly { leg, link, .. } => {
            let media = Err(why);
            (Some(Action::AnswerEarly { leg, link, media }), None)
        }
        // Who rings is said all the same.
        Action::ShowProgress {
            leg,
            from,
            ringing,
            as_whom,
            ..
        } => {
            let media = None;
            let progress = Action::ShowProgress {
                leg,
                from,
                ringing,
                as_whom,
                media,
            };
            (Some(progress), None)
        }
        // Somebody answered a call that cannot be had: both are told.
        Action::Answer { leg, .. } => {
            let dead = false;
            let why = Refusal::Failed(why);
            let refusal = Action::Refuse { leg, why };
            (Some(refusal), Some(Event::Released { leg, dead }))
        }
        Action::Acknowledge { leg, .. } => {
            let media = None;
            (Some(Action::Acknowledge { leg, media }), None)
        }
        Action::AcceptReoffer { leg, .. } => (Some(Action::RefuseReoffer { leg, why }), None),
        other => (Some(other), None),
    }
}
