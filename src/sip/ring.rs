//! Phones that ring: an INVITE to every contact, and what they say to it (RFC 3261 §13.2, §16.7).

use rsip::Method;

use super::agent::{Agent, Purpose};
use super::bindings::Binding;
use super::call_info;
use super::dialog::{Dialog, contact, via};
use super::history;
use super::inbound::body_of;
use super::leg::{Branch, Leg, Outgoing, Owed, Stage, Talking};
use super::outbound::{finish, flow_to_binding, identity};
use super::registrar::ALLOW;
use super::reply;
use super::session_timer::min_se;
use super::target::Target;
use super::transaction::ClientId;
use super::trunk::{self, is_worth_another_address, tell_outside};
use super::wire::{Builder, Contact, Message, Name, Scheme};
use crate::pbx::{Body, Dn, Event, Failure, History, LegId, Party, PhoneName, Secret};
use crate::time::Now;

/// What phones may use with us.
const SUPPORTED: &str = "timer, replaces, norefersub, tdialog";

/// A phone that moves about while it rings is followed so far.
const MOST_BRANCHES: usize = 32;

/// So often a phone is asked that finds every interval too short.
const MOST_TRIES: u32 = 4;

impl Agent {
    /// An INVITE to every place where the phone is, as one request that is forked (RFC 3261 §16).
    pub(super) fn ring(
        &mut self,
        now: Now,
        leg: LegId,
        phone: PhoneName,
        caller: &Party,
        (history, called, index): (Box<History>, Dn, Option<u8>),
        offer: Option<Body>,
    ) {
        let targets = self.registrar.targets_of(&phone, now);
        let relayed = self.relayed.remove(&leg);
        let Some(first) = targets.first().and_then(|flows| flows.first()) else {
            let why = Failure::Unreachable;
            self.events.push(Event::Failed { leg, why });
            return;
        };
        let mut outgoing = Outgoing {
            call_id: self.mint_call_id(),
            local: identity(caller, first.flow),
            local_tag: self.mint_tag(first.flow.remote.ip()),
            called,
            history,
            branches: Vec::new(),
            offer,
            relayed,
            refused: None,
            index: index.filter(|_| self.shows_indexes(&phone)),
            out: None,
        };
        for flows in targets {
            let index = outgoing.branches.len();
            let branch = self.invite(now, (leg, index), &outgoing, flows);
            outgoing.branches.extend(branch);
        }
        if outgoing.branches.is_empty() {
            let why = Failure::NoRelay;
            self.events.push(Event::Failed { leg, why });
            return;
        }
        let key = (outgoing.call_id.clone(), outgoing.local_tag.clone());
        self.dialogs.insert(key, leg);
        self.rings_more();
        let stage = Stage::Outgoing(Box::new(outgoing));
        self.legs.insert(leg, Leg { phone, stage });
    }

    /// An INVITE by the first of these flows.
    pub(super) fn invite(
        &mut self,
        now: Now,
        (leg, index): (LegId, usize),
        outgoing: &Outgoing,
        mut flows: Vec<Binding>,
    ) -> Option<Branch> {
        if flows.is_empty() {
            return None;
        }
        let binding = flows.remove(0);
        let offer = outgoing.offer_for(&binding)?;
        let branch = self.mint_branch();
        let flow = flow_to_binding(&binding.contact, binding.flow);
        let Outgoing {
            call_id,
            local,
            local_tag,
            called,
            history,
            index: shown,
            out,
            ..
        } = outgoing;
        let target = Target::of(&binding.contact);
        let (to, asserted) = match out {
            // Outside, a number is the trunk's.
            Some(out) => (target.uri.to_owned(), &out.asserted),
            None => (format!("sip:{called}@{}", flow.local), local),
        };
        let builder = Builder::request(Method::Invite, target.uri)
            .display(Name::Via, via(flow, &branch))
            .display(Name::MaxForwards, history.hops.count());
        let builder = target
            .with_route(builder)
            .display(Name::From, format_args!("{local};tag={local_tag}"))
            .display(Name::To, format_args!("<{to}>"))
            .header(Name::CallId, call_id)
            .header(Name::CSeq, "1 INVITE")
            .header(Name::Contact, contact(flow, &binding.contact))
            .header(Name::PAssertedIdentity, asserted)
            .header(Name::Allow, ALLOW);
        let builder = history::tell(builder, history, called, flow);
        let builder = match shown {
            Some(index) => {
                let host = flow.local.to_string();
                builder.header(Name::CallInfo, call_info::value(&host, *index))
            }
            None => builder,
        };
        // An offer that came in a provisional answer would have to be answered in its PRACK; nobody could.
        let supported = match offer {
            Some(_) => format!("100rel, {SUPPORTED}"),
            None => SUPPORTED.to_owned(),
        };
        let builder = self.ask_for_timer(builder.header(Name::Supported, supported));
        let bytes = match out {
            Some(out) => {
                self.expect_to_hear(now, leg, index);
                let (builder, body) = tell_outside(builder, out, offer, flow);
                finish(builder, body.as_ref())
            }
            None => finish(builder, offer),
        };
        let client = self
            .transactions
            .request(now, flow, Method::Invite, &branch, bytes);
        self.purposes.insert(client, Purpose::Ring(leg, index));
        Some(Branch {
            client,
            target: target.uri.to_owned(),
            flow,
            registered_by: binding.call_id,
            spare: flows,
            early: Vec::new(),
            ended: false,
        })
    }

    /// A phone that rings can be reached at one more place, or has started again and knows nothing of the call: it is
    /// called there, too.
    pub(super) fn ring_anew(&mut self, now: Now, leg: LegId) {
        // Out of the table for as long as it is written.
        let Some(mut entry) = self.legs.remove(&leg) else {
            return;
        };
        let Stage::Outgoing(outgoing) = &mut entry.stage else {
            self.legs.insert(leg, entry);
            return;
        };
        for flows in self.registrar.targets_of(&entry.phone, now) {
            let reached = |branch: &Branch| {
                let leads_there = |flow: &Binding| {
                    flow.call_id == branch.registered_by
                        && flow_to_binding(&flow.contact, flow.flow) == branch.flow
                        && Target::of(&flow.contact).uri == branch.target
                };
                flows.iter().any(leads_there)
            };
            // A place that has declined is not asked again either.
            if outgoing.branches.iter().any(reached) || outgoing.branches.len() >= MOST_BRANCHES {
                continue;
            }
            let stale = flows.first().map(|flow| Target::of(&flow.contact).uri);
            for branch in &mut outgoing.branches {
                if !branch.ended && Some(branch.target.as_str()) == stale {
                    branch.ended = true;
                    self.transactions.cancel(now, branch.client, "");
                }
            }
            let index = outgoing.branches.len();
            let branch = self.invite(now, (leg, index), outgoing, flows);
            outgoing.branches.extend(branch);
        }
        self.legs.insert(leg, entry);
    }

    /// Rings by the next flow to a place whose flow is dead (RFC 5626 §5.3). Whether there was one.
    fn ring_by_next_flow(&mut self, now: Now, leg: LegId, index: usize) -> bool {
        // Out of the table for as long as it is written.
        let Some(mut entry) = self.legs.remove(&leg) else {
            return false;
        };
        let mut is_ringing = false;
        if let Stage::Outgoing(outgoing) = &mut entry.stage
            && let Some(branch) = outgoing.branches.get_mut(index)
        {
            let spare = std::mem::take(&mut branch.spare);
            if let Some(next) = self.invite(now, (leg, index), outgoing, spare) {
                outgoing.branches[index] = next;
                is_ringing = true;
            }
        }
        self.legs.insert(leg, entry);
        is_ringing
    }

    pub(super) fn ring_responded(
        &mut self,
        now: Now,
        client: ClientId,
        (leg, branch): (LegId, usize),
        response: &Message,
    ) {
        let status = response.status().unwrap_or(500);
        if self.is_outside(leg) {
            self.trunk_heard(now, leg, branch, response);
        }
        match status {
            100 => {}
            101..200 if !self.prack(now, leg, branch, response) => {}
            101..200 => {
                let ringing = status == 180;
                let media = body_of(response);
                let is_outgoing = matches!(
                    self.legs.get(&leg).map(|leg| &leg.stage),
                    Some(Stage::Outgoing(_))
                );
                if is_outgoing {
                    let branch = u32::try_from(branch).unwrap_or(u32::MAX);
                    self.events.push(Event::Progressed {
                        leg,
                        branch,
                        ringing,
                        media,
                    });
                }
            }
            200..300 => self.ring_answered(now, client, (leg, branch), response),
            401 | 407 if self.ring_with_proof(now, client, (leg, branch), response) => {}
            300..=399 => self.ring_deflected(now, leg, branch, response),
            422 => self.ring_again(now, leg, branch, response),
            _ => self.branch_failed(now, leg, branch, status),
        }
    }

    /// A contact of a phone answered. The first has the call; the others are acknowledged and released.
    fn ring_answered(
        &mut self,
        now: Now,
        client: ClientId,
        (leg, index): (LegId, usize),
        response: &Message,
    ) {
        let cseq = response.cseq().0;
        self.settle_early(now, leg, 500);
        let Some(entry) = self.legs.get_mut(&leg) else {
            return self.release_stray(now, client, response, "The call is over");
        };
        let outgoing = match &mut entry.stage {
            Stage::Outgoing(outgoing) => outgoing,
            Stage::Talking(talking) => {
                let tag = response.to_tag();
                if tag.unwrap_or_default() != talking.dialog.remote_tag {
                    let why = "Call completed elsewhere";
                    return self.release_stray(now, client, response, why);
                }
                if let Some((_, Owed::Sent(ack))) = talking.ack.clone().filter(|ack| ack.0 == cseq)
                {
                    let flow = talking.dialog.flow;
                    self.transactions.sends.push((flow, ack));
                }
                return;
            }
            Stage::Incoming(_) => return,
        };
        let Some(branch) = outgoing.branches.get(index) else {
            return;
        };
        let ours = (outgoing.local.as_str(), outgoing.local_tag.as_str());
        let mut dialog = Dialog::by_their_response(response, branch.flow, ours, &branch.target);
        let mut early = branch.early.iter();
        let early = early.find(|early| early.dialog.remote_tag == dialog.remote_tag);
        if let Some(early) = early {
            dialog.local_cseq = early.dialog.local_cseq;
            dialog.remote_cseq = early.dialog.remote_cseq;
        }
        let said = || early.and_then(|early| early.media.clone());
        let media = body_of(response).or_else(said);
        let offered = outgoing.offer.is_some();
        let others: Vec<ClientId> = outgoing
            .branches
            .iter()
            .enumerate()
            .filter(|(other, branch)| *other != index && !branch.ended)
            .map(|(_, branch)| branch.client)
            .collect();
        let mut talking = Talking::new(dialog);
        talking.ack = Some((cseq, Owed::AnswerTo(media.clone())));
        entry.stage = Stage::Talking(Box::new(talking));
        self.rings_less();
        for other in others {
            let reason = reply::reason("SIP", 200, "Call completed elsewhere");
            self.transactions.cancel(now, other, &reason);
        }
        if offered {
            self.acknowledge(leg, cseq, None);
        }
        self.watch_answered(now, leg, response);
        self.events.push(Event::Answered {
            leg,
            branch: u32::try_from(index).unwrap_or(u32::MAX),
            media,
        });
    }

    /// A contact wants to be refreshed less often than it was asked for: it is asked anew (RFC 4028 §7.3).
    fn ring_again(&mut self, now: Now, leg: LegId, index: usize, response: &Message) {
        let least = min_se(response).filter(|seconds| *seconds > self.sessions.usual_s);
        let least = least.filter(|_| response.cseq().0 < MOST_TRIES);
        let branch = self.open_branch(leg, index).map(|b| (b.client, b.flow));
        let (Some((client, flow)), Some(least)) = (branch, least) else {
            return self.branch_failed(now, leg, index, 422);
        };
        let Some(before) = self.transactions.request_of(client) else {
            return self.branch_failed(now, leg, index, 422);
        };
        let name = self.mint_branch();
        let cseq = before.cseq().0 + 1;
        let builder = Builder::request(Method::Invite, before.uri_text())
            .display(Name::Via, via(flow, &name))
            .display(Name::CSeq, format_args!("{cseq} INVITE"))
            .display(Name::SessionExpires, format_args!("{least};refresher=uas"))
            .display(Name::MinSe, least);
        let builder = builder.copy_others(&before, &[Name::SessionExpires, Name::MinSe]);
        let bytes = finish(builder, body_of(&before).as_ref());
        let again = self
            .transactions
            .request(now, flow, Method::Invite, &name, bytes);
        self.purposes.remove(&client);
        self.purposes.insert(again, Purpose::Ring(leg, index));
        if let Some(branch) = self.open_branch(leg, index) {
            branch.client = again;
        }
    }

    fn open_branch(&mut self, leg: LegId, index: usize) -> Option<&mut Branch> {
        match &mut self.legs.get_mut(&leg)?.stage {
            Stage::Outgoing(outgoing) => {
                let branch = outgoing.branches.get_mut(index)?;
                (!branch.ended).then_some(branch)
            }
            _ => None,
        }
    }

    /// A contact sends the call on (RFC 3261 §8.1.3.4): so does its phone, then.
    fn ring_deflected(&mut self, now: Now, leg: LegId, index: usize, response: &Message) {
        let to = redirections(response);
        let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
        else {
            return;
        };
        if to.is_empty() {
            return self.branch_failed(now, leg, index, 480);
        }
        if let Some(branch) = outgoing.branches.get_mut(index) {
            branch.ended = true;
        }
        let reason = reply::reason("SIP", 302, "The call was sent on");
        self.cancel_branches(now, leg, &reason);
        self.settle_early(now, leg, 487);
        self.forget(leg);
        self.events.push(Event::Deflected { leg, to });
    }

    /// A contact of a phone will not answer. When none is left, the phone will not.
    pub(super) fn branch_failed(&mut self, now: Now, leg: LegId, index: usize, status: u16) {
        let may_go_on = match self.is_outside(leg) {
            true => {
                self.trunk_did_not_take(now, leg, index, status);
                is_worth_another_address(status)
            }
            false => matches!(status, 408 | 430),
        };
        if may_go_on && self.ring_by_next_flow(now, leg, index) {
            return;
        }
        let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
        else {
            return;
        };
        let Some(branch) = outgoing.branches.get_mut(index) else {
            return;
        };
        branch.ended = true;
        outgoing.refused = Some(more_telling(outgoing.refused, status));
        if status >= 600 {
            self.cancel_branches(now, leg, "");
        }
        let Some(Stage::Outgoing(outgoing)) = self.legs.get(&leg).map(|leg| &leg.stage) else {
            return;
        };
        if outgoing.branches.iter().all(|branch| branch.ended) {
            let status = outgoing.refused.unwrap_or(480);
            let why = match outgoing.out {
                Some(_) => trunk::failure_of(status),
                None => reply::failure_of(status),
            };
            self.settle_early(now, leg, 487);
            self.forget(leg);
            self.events.push(Event::Failed { leg, why });
        }
    }

    /// Whether a call goes out by a trunk.
    fn is_outside(&self, leg: LegId) -> bool {
        match self.legs.get(&leg).map(|leg| &leg.stage) {
            Some(Stage::Outgoing(outgoing)) => outgoing.out.is_some(),
            _ => false,
        }
    }

    /// Takes back every INVITE of a leg that is not answered.
    pub(super) fn cancel_branches(&mut self, now: Now, leg: LegId, reason: &str) {
        let Some(Stage::Outgoing(outgoing)) = self.legs.get(&leg).map(|leg| &leg.stage) else {
            return;
        };
        let open = outgoing.branches.iter().filter(|branch| !branch.ended);
        let clients: Vec<ClientId> = open.map(|branch| branch.client).collect();
        for client in clients {
            self.transactions.cancel(now, client, reason);
        }
    }
}

/// The numbers that a redirection names, the preferred one first.
fn redirections(response: &Message) -> Vec<Secret> {
    let mut targets: Vec<(u16, Secret)> = response
        .contacts()
        .filter_map(|contact| {
            let contact = contact.ok()?;
            let Contact::Address(address) = contact else {
                return None;
            };
            let is_dialled = matches!(address.uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
            let digits = address.uri.user_decoded().into_owned();
            let q = contact.q().unwrap_or(1000);
            (is_dialled && !digits.is_empty()).then(|| (q, Secret::new(digits)))
        })
        .collect();
    targets.sort_by_key(|(q, _)| std::cmp::Reverse(*q));
    targets.into_iter().map(|(_, to)| to).collect()
}

/// Of several contacts' refusals, the one that tells the caller more (RFC 3261 §16.7 step 6).
fn more_telling(so_far: Option<u16>, status: u16) -> u16 {
    let rank = |status: u16| match status {
        600.. => 0,
        486 => 1,
        401 | 407 | 408 | 480 | 487 => 4,
        500.. => 3,
        _ => 2,
    };
    so_far.map_or(status, |so_far| {
        if rank(status) < rank(so_far) {
            status
        } else {
            so_far
        }
    })
}
