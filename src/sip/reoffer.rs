//! Changes of a call: re-INVITEs of theirs and ours (RFC 3261 §14).

use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, SIGNAL_LIMIT, Timer};
use super::call_info::{self, Held};
use super::content;
use super::dialog::{asked_by, contact};
use super::flow::Flow;
use super::inbound::body_of;
use super::leg::{Asked, Owed, Talking, Unacknowledged, Wish};
use super::outbound::{finish, identity};
use super::registrar::ALLOW;
use super::reply;
use super::sdp;
use super::session_timer::with_timer;
use super::transaction::{GIVE_UP, ServerId, T1};
use super::wire::{Message, Name, respond, status_reason};
use crate::pbx::{Body, Event, Failure, LegId, Party};
use crate::time::Now;

/// So often a change is wanted again of a party that wanted one itself, or had no time.
const MOST_TRIES: u8 = 5;

/// A party that wants to be asked again later than this is not asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Agent {
    /// A phone wants to change its call (RFC 3261 §14.2).
    pub(super) fn reinvited(
        &mut self,
        now: Now,
        flow: Flow,
        invite: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        if let Err(unsuitable) = content::check(invite) {
            return self.refuse_content(now, server, invite, flow, unsuitable);
        }
        if self.is_too_brief(invite) {
            return self.refuse_brief(now, server, invite, flow);
        }
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let is_busy = talking.incoming.is_some() || talking.overtaker.is_some();
        if talking.outgoing.is_some() {
            self.respond(now, server, invite, flow, 491, None);
        } else if is_busy || talking.closing.is_some() {
            let answer = self.begin_response(invite, flow, 500);
            let answer = answer.header(Name::RetryAfter, "2").finish();
            self.transactions.respond(now, server, 500, answer);
        } else {
            let change = Some((server, invite.clone()));
            let named = call_info::read(invite).ok().flatten();
            if let Some(held) = named.and_then(|named| named.held) {
                let alone = held == Held::Alone;
                self.events.push(Event::HoldMarked { leg, alone });
            }
            let Some(talking) = self.talking(leg) else {
                return;
            };
            let is_early = talking.unacknowledged.is_some();
            match is_early {
                true => talking.overtaker = change,
                false => talking.incoming = change,
            }
            if invite.method() == Some(Method::Invite) {
                let trying = respond(invite, flow.remote, 100, status_reason(100), None).finish();
                self.transactions.trying(now, server, trying);
            } else {
                self.deadlines
                    .arm(Timer::Update(leg), now.uptime + SIGNAL_LIMIT);
            }
            if !is_early {
                self.change_wanted(now, leg, body_of(invite));
            }
        }
    }

    fn change_wanted(&mut self, now: Now, leg: LegId, offer: Option<Body>) {
        if self.own.has(leg) {
            return self.change_own_media(now, leg, offer.as_ref());
        }
        let flow = offer.as_ref().and_then(sdp::flow_of);
        self.events.push(Event::Reoffered { leg, offer, flow });
    }

    /// The ACK has come that a change of theirs had overtaken. If it was lost, our 2xx was sent again until it came.
    pub(super) fn take_overtaker(&mut self, now: Now, leg: LegId) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        if let Some(change) = talking.overtaker.take() {
            let offer = body_of(&change.1);
            talking.incoming = Some(change);
            self.change_wanted(now, leg, offer);
        }
    }

    /// A phone wants to change its call by UPDATE (RFC 3311), or only to refresh it.
    pub(super) fn updated(
        &mut self,
        now: Now,
        flow: Flow,
        update: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        if !update.body().is_empty() {
            return self.reinvited(now, flow, update, server, leg);
        }
        if self.is_too_brief(update) {
            return self.refuse_brief(now, server, update, flow);
        }
        let timer = self.grant_timer(update);
        let answer = self
            .begin_response(update, flow, 200)
            .header(Name::Contact, contact(flow, &asked_by(update)))
            .header(Name::Allow, ALLOW);
        let answer = with_timer(answer, timer).finish();
        self.transactions.respond(now, server, 200, answer);
        self.watch(now, leg, timer);
    }

    /// The other party takes its time with a change that was wanted by UPDATE, whose sender will not wait for much
    /// longer (RFC 3311 §5.2).
    pub(super) fn update_overdue(&mut self, now: Now, leg: LegId) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let flow = talking.dialog.flow;
        let is_update =
            |(_, request): &mut (ServerId, Message)| request.method() == Some(Method::Update);
        let late = talking.incoming.take_if(is_update);
        if let Some((server, update)) = late.or_else(|| talking.overtaker.take_if(is_update)) {
            self.respond(now, server, &update, flow, 504, None);
            self.reoffer_if_ready(now, leg);
        }
    }

    /// A refresh is wanted more often than is granted (RFC 4028 §6).
    pub(super) fn refuse_brief(
        &mut self,
        now: Now,
        server: ServerId,
        request: &Message,
        flow: Flow,
    ) {
        let least_s = self.sessions.least_s;
        let answer = self.begin_response(request, flow, 422);
        let answer = answer.display(Name::MinSe, least_s).finish();
        self.transactions.respond(now, server, 422, answer);
    }

    /// The core wants a party to change its call.
    pub(super) fn reoffer(
        &mut self,
        now: Now,
        leg: LegId,
        offer: Option<Body>,
        connected: Option<Party>,
    ) {
        let Some(talking) = self.talking(leg) else {
            // Its answer still waits to be acknowledged, or it is gone.
            let why = Failure::Glare;
            self.events.push(Event::ReofferRefused { leg, why });
            return;
        };
        talking.wish = Some(Wish {
            offer,
            connected,
            tries: 0,
        });
        if let Some(asked) = &mut talking.outgoing
            && let Asked::For(wish) = asked
        {
            let offered = wish.offer.is_some();
            *asked = Asked::InVain { offered };
        }
        self.reoffer_if_ready(now, leg);
    }

    /// A re-INVITE to a party, if the core wants one and the party can take it now.
    pub(super) fn reoffer_if_ready(&mut self, now: Now, leg: LegId) {
        if self.deadlines.when(&Timer::Reoffer(leg)).is_some() {
            return;
        }
        let Some(talking) = self.talking(leg).filter(|talking| is_ready(talking)) else {
            return;
        };
        let Some(wish) = talking.wish.take() else {
            return;
        };
        let target = talking.dialog.target.clone();
        let purpose = Purpose::Change(leg);
        let client = self.send_in_dialog(now, leg, Method::Invite, purpose, |builder, flow| {
            let builder = builder
                .header(Name::Contact, contact(flow, &target))
                .header(Name::Allow, ALLOW);
            let builder = match &wish.connected {
                Some(party) => builder.header(Name::PAssertedIdentity, identity(party, flow)),
                None => builder,
            };
            finish(builder, wish.offer.as_ref())
        });
        if let (Some(_), Some(talking)) = (client, self.talking(leg)) {
            talking.outgoing = Some(Asked::For(wish));
        }
    }

    pub(super) fn accept_reoffer(&mut self, now: Now, leg: LegId, media: Option<&Body>) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let Some((server, invite)) = talking.incoming.take() else {
            return;
        };
        let flow = talking.dialog.flow;
        let timer = self.grant_timer(&invite);
        let builder = respond(&invite, flow.remote, 200, status_reason(200), None)
            .header(Name::Contact, contact(flow, &asked_by(&invite)))
            .header(Name::Allow, ALLOW);
        let bytes = finish(with_timer(builder, timer), media);
        self.transactions.respond(now, server, 200, bytes.clone());
        self.watch(now, leg, timer);
        if invite.method() == Some(Method::Update) {
            return self.reoffer_if_ready(now, leg);
        }
        let Some(talking) = self.talking(leg) else {
            return;
        };
        talking.unacknowledged = Some(Unacknowledged {
            cseq: invite.cseq().0,
            answer: bytes.clone(),
            interval: T1,
            give_up: now.uptime + GIVE_UP,
            expects_answer: invite.body().is_empty(),
        });
        self.await_ack(now, leg);
    }

    pub(super) fn refuse_reoffer(&mut self, now: Now, leg: LegId, why: Failure) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let flow = talking.dialog.flow;
        if let Some((server, invite)) = talking.incoming.take() {
            let status = reply::status_of_failure(why);
            self.respond(now, server, &invite, flow, status, None);
            self.reoffer_if_ready(now, leg);
        }
    }

    pub(super) fn change_accepted(&mut self, now: Now, leg: LegId, response: &Message) {
        let cseq = response.cseq().0;
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let again = talking.ack.clone().filter(|(acked, _)| *acked == cseq);
        if let Some((_, ack)) = again {
            let flow = talking.dialog.flow;
            if let Owed::Sent(ack) = ack {
                self.transactions.sends.push((flow, ack));
            }
            return;
        }
        let Some(asked) = talking.outgoing.take() else {
            return;
        };
        let media = body_of(response);
        talking.dialog.refresh_target(response);
        talking.ack = Some((cseq, Owed::AnswerTo(media.clone())));
        match asked {
            Asked::For(wish) => {
                if wish.offer.is_some() {
                    self.acknowledge(leg, cseq, None);
                }
                self.events.push(Event::ReofferAnswered { leg, media });
                self.reoffer_if_ready(now, leg);
            }
            Asked::InVain { offered: true } => {
                self.acknowledge(leg, cseq, None);
                self.reoffer_if_ready(now, leg);
            }
            Asked::InVain { offered: false } => self.acknowledge_owed(now, leg, None),
        }
    }

    pub(super) fn change_refused(&mut self, now: Now, leg: LegId, response: &Message) {
        let status = response.status().unwrap_or(500);
        let again = self.again_after(leg, response);
        let Some(talking) = self.talking(leg) else {
            return;
        };
        let Some(asked) = talking.outgoing.take() else {
            return;
        };
        let Asked::For(asked) = asked else {
            return match (status, again) {
                (408 | 481, _) => self.dead(now, leg),
                (_, Some(wait)) => self.deadlines.arm(Timer::Reoffer(leg), now.uptime + wait),
                (_, None) => self.reoffer_if_ready(now, leg),
            };
        };
        let tries = asked.tries + 1;
        if let Some(wait) = again.filter(|_| tries < MOST_TRIES && talking.wish.is_none()) {
            talking.wish = Some(Wish { tries, ..asked });
            self.deadlines.arm(Timer::Reoffer(leg), now.uptime + wait);
            return;
        }
        let why = reply::failure_of(status);
        self.events.push(Event::ReofferRefused { leg, why });
        // RFC 3261 §14.1: these two end the call.
        if matches!(status, 408 | 481) {
            self.dead(now, leg);
        } else {
            self.reoffer_if_ready(now, leg);
        }
    }

    /// After what time a change may be wanted again that was refused for the moment only.
    fn again_after(&mut self, leg: LegId, response: &Message) -> Option<Duration> {
        let began = self.talking(leg)?.dialog.is_ours;
        match response.status()? {
            // RFC 3261 §14.1: whoever chose the Call-ID waits longer, so that the other is first.
            491 if began => Some(Duration::from_millis(2100 + self.some_centis(190))),
            491 => Some(Duration::from_millis(10 + self.some_centis(199))),
            500 | 503 => {
                let wait = response.text(Name::RetryAfter)?;
                let digits = wait.split(|c: char| !c.is_ascii_digit()).next()?;
                let wait = Duration::from_secs(digits.parse().ok()?);
                (wait <= LONGEST_WAIT).then_some(wait.max(T1))
            }
            _ => None,
        }
    }
}

/// Whether a party can be asked for a change now.
fn is_ready(talking: &Talking) -> bool {
    talking.unacknowledged.is_none()
        && talking.incoming.is_none()
        && talking.outgoing.is_none()
        && talking.closing.is_none()
        && !matches!(talking.ack, Some((_, Owed::AnswerTo(_))))
}
