//! Offers before the answer: a caller or a phone that rings wants other media in an early dialog, by UPDATE (RFC 3311)
//! or in a PRACK (RFC 3262 §5). They are put to the other side, by UPDATE.
//!
//! That can only be once the offer of the INVITE has been answered so that it must be believed: in a provisional
//! answer that was acknowledged. 100rel is not proposed to a phone that is called without an offer: its offer in a
//! provisional answer would have to be answered by a caller that may not be able to.

use rsip::Method;

use super::agent::{Agent, Purpose, SIGNAL_LIMIT, Timer};
use super::content;
use super::dialog::{Dialog, asked_by, contact};
use super::flow::Flow;
use super::inbound::body_of;
use super::leg::{Incoming, Stage};
use super::outbound::finish;
use super::registrar::ALLOW;
use super::reliable::Early;
use super::reply;
use super::transaction::ServerId;
use super::wire::{Message, Name, respond, status_reason};
use crate::pbx::{Body, EarlyLink, Event, Failure, LegId};
use crate::time::Now;

/// How far offers and answers are in an early dialog.
#[derive(Debug, Default)]
pub(super) enum Exchange {
    /// The offer of the INVITE has no answer that must be believed.
    #[default]
    Open,
    /// Both sides know each other's media.
    Settled,
    /// They have made another offer, which waits for the other side.
    Theirs(ServerId, Box<Message>, Flow),
    /// The other side has, and they are asked.
    Ours,
}

/// An early dialog with a caller: it stands for one contact of one phone that rings (RFC 3261 §12.1.1).
#[derive(Debug)]
pub(super) struct Towards {
    pub link: EarlyLink,
    pub tag: String,
    pub exchange: Exchange,
    /// Made when something is asked in it.
    pub dialog: Option<Dialog>,
}

impl Exchange {
    /// The status that a further offer of theirs gets; none if it can be had (RFC 3311 §5.2).
    fn refuses(&self, is_offer_ours: bool) -> Option<u16> {
        match self {
            Exchange::Settled => None,
            Exchange::Ours => Some(491),
            Exchange::Open if is_offer_ours => Some(491),
            Exchange::Open | Exchange::Theirs(..) => Some(500),
        }
    }
}

impl Incoming {
    /// The early dialog of a To tag.
    pub fn towards(&mut self, tag: &str) -> Option<&mut Towards> {
        self.early.iter_mut().find(|towards| towards.tag == tag)
    }
}

impl Agent {
    /// A caller, or a phone that rings, wants other media by UPDATE.
    pub(super) fn updated_early(
        &mut self,
        now: Now,
        flow: Flow,
        update: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        if let Err(unsuitable) = content::check(update) {
            return self.refuse_content(now, server, update, flow, unsuitable);
        }
        let Some(offer) = body_of(update) else {
            return self.respond(now, server, update, flow, 200, None);
        };
        let called_us = self.incoming(leg).is_some();
        let refused = match self.early_mut(leg, update) {
            // Nothing was said in this dialog that must be believed.
            None if called_us => Exchange::Open.refuses(false),
            None => Exchange::Open.refuses(true),
            Some((_, dialog, exchange, is_offer_ours)) => match dialog.takes(update) {
                true => exchange.refuses(is_offer_ours),
                false => Some(500),
            },
        };
        if let Some(status) = refused {
            let answer = self.begin_response(update, flow, status);
            let answer = match status {
                500 => answer.header(Name::RetryAfter, "5"),
                _ => answer,
            };
            return self
                .transactions
                .respond(now, server, status, answer.finish());
        }
        self.offered_early(now, flow, update, server, (leg, offer));
    }

    /// An offer that can be had is put to the other side.
    pub(super) fn offered_early(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
        (leg, offer): (LegId, Body),
    ) {
        let Some((link, _, exchange, _)) = self.early_mut(leg, request) else {
            return;
        };
        *exchange = Exchange::Theirs(server, Box::new(request.clone()), flow);
        self.deadlines
            .arm(Timer::Early(leg), now.uptime + SIGNAL_LIMIT);
        self.events.push(Event::EarlyOffered { leg, link, offer });
    }

    /// The early dialog that a request of theirs belongs to: what it links, itself, how far it is, and whether the
    /// offer of the INVITE was ours.
    fn early_mut(
        &mut self,
        leg: LegId,
        request: &Message,
    ) -> Option<(EarlyLink, &mut Dialog, &mut Exchange, bool)> {
        match &mut self.legs.get_mut(&leg)?.stage {
            Stage::Incoming(incoming) => {
                let tag = request.to().ok()?.tag()?.to_owned();
                let (invite, flow) = (incoming.invite.clone(), incoming.flow);
                let towards = incoming.towards(&tag)?;
                let begun = || Dialog::by_their_request(&invite, flow, &tag);
                let dialog = towards.dialog.get_or_insert_with(begun);
                Some((towards.link, dialog, &mut towards.exchange, false))
            }
            Stage::Outgoing(outgoing) => {
                let tag = request.from().ok()?.tag()?.to_owned();
                let is_ours = outgoing.offer.is_some();
                let mut branches = outgoing.branches.iter_mut().zip(0..);
                branches.find_map(|(branch, index)| {
                    let mut early = branch.early.iter_mut();
                    let early = early.find(|early| early.dialog.remote_tag == tag)?;
                    let link = EarlyLink {
                        ringing: leg,
                        branch: index,
                    };
                    Some((link, &mut early.dialog, &mut early.exchange, is_ours))
                })
            }
            Stage::Talking(_) => None,
        }
    }

    /// The other side wants other media: this one is asked, if it can be.
    pub(super) fn offer_early(&mut self, now: Now, leg: LegId, link: EarlyLink, offer: &Body) {
        let branch = self.mint_branch();
        let asked = match self.early_by_link(leg, link) {
            None => Err(Failure::NotAcceptable),
            Some((dialog, exchange @ Exchange::Settled)) => {
                *exchange = Exchange::Ours;
                let (flow, target) = (dialog.flow, dialog.target.clone());
                let update = dialog
                    .request(Method::Update, &branch)
                    .header(Name::Contact, contact(flow, &target))
                    .header(Name::Allow, ALLOW);
                Ok((flow, finish(update, Some(offer))))
            }
            Some(_) => Err(Failure::Glare),
        };
        let (flow, update) = match asked {
            Ok(asked) => asked,
            Err(why) => {
                let media = Err(why);
                return self.events.push(Event::EarlyAnswered { leg, link, media });
            }
        };
        let client = self
            .transactions
            .request(now, flow, Method::Update, &branch, update);
        self.purposes.insert(client, Purpose::Early(leg, link));
    }

    /// The early dialog of a link in which UPDATE is understood.
    fn early_by_link(
        &mut self,
        leg: LegId,
        link: EarlyLink,
    ) -> Option<(&mut Dialog, &mut Exchange)> {
        match &mut self.legs.get_mut(&leg)?.stage {
            Stage::Incoming(incoming) if incoming.invite.allows(Method::Update) => {
                let (invite, flow) = (&incoming.invite, incoming.flow);
                let mut early = incoming.early.iter_mut();
                let towards = early.find(|towards| towards.link == link)?;
                let begun = || Dialog::by_their_request(invite, flow, &towards.tag);
                let dialog = towards.dialog.get_or_insert_with(begun);
                Some((dialog, &mut towards.exchange))
            }
            Stage::Outgoing(outgoing) => {
                let branch = outgoing.branches.get_mut(link.branch as usize)?;
                let early = branch.early.last_mut().filter(|early| early.updates)?;
                Some((&mut early.dialog, &mut early.exchange))
            }
            Stage::Incoming(_) | Stage::Talking(_) => None,
        }
    }

    /// What a party says to the offer of the other one.
    pub(super) fn early_update_answered(
        &mut self,
        leg: LegId,
        link: EarlyLink,
        said: Result<&Message, Failure>,
    ) {
        let Some((dialog, exchange)) = self.early_by_link(leg, link) else {
            return;
        };
        *exchange = Exchange::Settled;
        let media = said.and_then(|response| match response.status().unwrap_or(500) {
            200..300 => {
                dialog.refresh_target(response);
                body_of(response).ok_or(Failure::NotAcceptable)
            }
            status => Err(reply::failure_of(status)),
        });
        if let Ok(media) = &media {
            self.remember_early(leg, link, media);
        }
        self.events.push(Event::EarlyAnswered { leg, link, media });
    }

    /// The media of a phone that rings is another now: that is what its answer will mean.
    fn remember_early(&mut self, leg: LegId, link: EarlyLink, media: &Body) {
        if let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
            && let Some(branch) = outgoing.branches.get_mut(link.branch as usize)
            && let Some(early) = branch.early.last_mut()
        {
            early.media = Some(media.clone());
        }
    }

    /// The other side has said what it says to their offer.
    pub(super) fn answer_early(
        &mut self,
        now: Now,
        leg: LegId,
        link: EarlyLink,
        media: Result<Body, Failure>,
    ) {
        let exchange = match self.legs.get_mut(&leg).map(|leg| &mut leg.stage) {
            Some(Stage::Incoming(incoming)) => {
                let mut early = incoming.early.iter_mut();
                early.find(|t| t.link == link).map(|t| &mut t.exchange)
            }
            Some(Stage::Outgoing(outgoing)) => {
                let branch = outgoing.branches.get_mut(link.branch as usize);
                let mut early = branch.into_iter().flat_map(|branch| &mut branch.early);
                let waits = |early: &&mut Early| matches!(early.exchange, Exchange::Theirs(..));
                early.find(waits).map(|early| &mut early.exchange)
            }
            Some(Stage::Talking(_)) | None => None,
        };
        let Some((server, request, flow)) = exchange.and_then(Exchange::take_theirs) else {
            return;
        };
        self.deadlines.disarm(&Timer::Early(leg));
        let media = match media {
            Ok(media) => media,
            Err(why) => {
                let status = reply::status_of_failure(why);
                return self.respond(now, server, &request, flow, status, None);
            }
        };
        if let Some(offer) = body_of(&request) {
            self.remember_early(leg, link, &offer);
        }
        let answer = respond(&request, flow.remote, 200, status_reason(200), None)
            .header(Name::Contact, contact(flow, &asked_by(&request)))
            .header(Name::Allow, ALLOW);
        let bytes = finish(answer, Some(&media));
        self.transactions.respond(now, server, 200, bytes);
    }

    /// What waits in the early dialogs of a leg is not to be had any more.
    pub(super) fn settle_early(&mut self, now: Now, leg: LegId, status: u16) {
        let exchanges: Vec<&mut Exchange> = match self.legs.get_mut(&leg).map(|l| &mut l.stage) {
            Some(Stage::Incoming(incoming)) => {
                let early = incoming.early.iter_mut();
                early.map(|towards| &mut towards.exchange).collect()
            }
            Some(Stage::Outgoing(outgoing)) => {
                let early = outgoing.branches.iter_mut().flat_map(|b| &mut b.early);
                early.map(|early| &mut early.exchange).collect()
            }
            Some(Stage::Talking(_)) | None => Vec::new(),
        };
        let waiting = exchanges.into_iter().filter_map(Exchange::take_theirs);
        let waiting: Vec<(ServerId, Box<Message>, Flow)> = waiting.collect();
        self.deadlines.disarm(&Timer::Early(leg));
        for (server, request, flow) in waiting {
            let answer = self.begin_response(&request, flow, status);
            let answer = match status {
                500 => answer.header(Name::RetryAfter, "1"),
                _ => answer,
            };
            self.transactions
                .respond(now, server, status, answer.finish());
        }
    }
}

impl Exchange {
    fn take_theirs(&mut self) -> Option<(ServerId, Box<Message>, Flow)> {
        match std::mem::replace(self, Exchange::Settled) {
            Exchange::Theirs(server, request, flow) => Some((server, request, flow)),
            other => {
                *self = other;
                None
            }
        }
    }
}
