//! Trunks: where they are, calls that go out by them and come in, and whether they are there (CAL-5).
//!
//! A trunk is not in the registrar. The shell finds the ways to its addresses; calls try those in order, and what
//! becomes of them, or of questions in between, says which addresses work (RFC 3261 §11, §16.7).

use std::collections::BTreeMap;
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::bindings::Binding;
use super::caller::ANONYMOUS;
use super::credentials::{Account, Asked, Challenge, Once};
use super::dialog::{contact, via};
use super::flow::Flow;
use super::leg::{Leg, Out, Outgoing, Stage};
use super::location;
use super::outbound::{finish, identity};
use super::transaction::ClientId;
use super::trunk_health::Health;
use super::wire::{Builder, Message, Name};
use crate::pbx::{
    Action, Body, Dn, Event, Failure, LegId, Over, Party, PhoneName, TrunkAccount, TrunkAddress,
    TrunkIs,
};
use crate::time::{Now, Utc};

/// The ways to the addresses of trunks, each best first.
pub type TrunkPaths = BTreeMap<TrunkAddress, Vec<Flow>>;

/// An address of a trunk that says nothing to a call for so long is taken to be dead: long before the caller would
/// hang up, and after four INVITEs.
const SILENCE: Duration = Duration::from_secs(4);

/// The same for a question.
const UNANSWERED: Duration = Duration::from_secs(5);

/// So often what somebody asks to be proven is proven anew: once for whom the call is for, once for each proxy, and
/// when a nonce is too old.
const MOST_PROOFS: u8 = 4;

/// One address of one trunk.
pub(super) type PeerName = (PhoneName, TrunkAddress);

/// What is known of trunks.
#[derive(Debug, Default)]
pub(super) struct Trunks {
    paths: TrunkPaths,
    peers: BTreeMap<PeerName, Health>,
    /// What the core was told.
    told: BTreeMap<PhoneName, TrunkIs>,
    /// As whom calls go out, where that is not the trunk's own account.
    pub accounts: BTreeMap<LegId, TrunkAccount>,
    /// What was proven, how often, and when, by the request that did.
    proofs: BTreeMap<ClientId, (Challenge, u8)>,
}

impl Trunks {
    /// Whose address a flow leads to.
    fn peer_at(&self, flow: &Flow) -> Option<&PeerName> {
        self.peers.keys().find(|(_, address)| {
            let paths = self.paths.get(address).into_iter().flatten();
            let mut paths = paths.filter(|path| path.transport == flow.transport);
            paths.any(|path| path.remote == flow.remote)
        })
    }

    /// A request is over.
    pub fn forget(&mut self, client: ClientId) {
        self.proofs.remove(&client);
    }
}

impl Agent {
    /// The shell has found ways to the addresses of trunks.
    pub fn set_trunk_paths(&mut self, now: Now, paths: TrunkPaths) {
        self.trunks.paths = paths;
        self.review_trunks(now);
        self.review_upstream(now);
    }

    /// Which trunks there are, or where, may be different.
    pub(super) fn review_trunks(&mut self, now: Now) {
        let mut peers = BTreeMap::new();
        for (name, trunk) in &self.site.trunks {
            for address in &trunk.addresses {
                let peer = (name.clone(), address.clone());
                let known = self.trunks.peers.remove(&peer);
                peers.insert(peer, known);
            }
        }
        for gone in std::mem::take(&mut self.trunks.peers).into_keys() {
            self.deadlines.disarm(&Timer::TrunkProbe(gone.clone()));
            self.deadlines.disarm(&Timer::TrunkUnanswered(gone.clone()));
            self.deadlines.disarm(&Timer::TrunkRested(gone));
        }
        let site = &self.site;
        self.trunks.told.retain(|name, _| site.is_trunk(name));
        for (peer, known) in peers {
            if known.is_none() {
                // Not all at once.
                let jitter = Duration::from_millis(self.some_centis(100));
                let first = now.uptime + jitter;
                self.deadlines.arm(Timer::TrunkProbe(peer.clone()), first);
            }
            self.trunks.peers.insert(peer, known.unwrap_or_default());
        }
    }

    /// A call goes out.
    pub(super) fn ring_out(&mut self, now: Now, action: Action) {
        let Action::RingOut {
            leg,
            trunk,
            caller,
            asserted,
            called,
            offer,
            history,
            place,
            account,
        } = action
        else {
            return;
        };
        let mut ways = self.ways_out(now, &trunk, &called, place.is_some());
        let Some(first) = ways.first() else {
            let why = Failure::Unreachable;
            self.events.push(Event::Failed { leg, why });
            return;
        };
        let flow = first.flow;
        let (local, asserted) = match &account {
            Some(account) => {
                let proof = self.account_upstream(account);
                self.trunks.accounts.extend(proof.map(|proof| (leg, proof)));
                (
                    self.identity_upstream(&caller),
                    self.identity_upstream(&asserted),
                )
            }
            None => (shown_as(&caller, flow), identity(&asserted, flow)),
        };
        let out = Out {
            asserted,
            is_private: caller.dn.as_str() == ANONYMOUS,
            place,
        };
        let mut outgoing = Outgoing {
            call_id: self.mint_call_id(),
            local,
            local_tag: self.mint_tag(flow.remote.ip()),
            called,
            history,
            branches: Vec::new(),
            offer,
            relayed: None,
            refused: None,
            index: None,
            out: Some(Box::new(out)),
        };
        let ways = std::mem::take(&mut ways);
        let branch = self.invite(now, (leg, 0), &outgoing, ways);
        outgoing.branches.extend(branch);
        let key = (outgoing.call_id.clone(), outgoing.local_tag.clone());
        self.dialogs.insert(key, leg);
        self.rings_more();
        let stage = Stage::Outgoing(Box::new(outgoing));
        let phone = trunk;
        self.legs.insert(leg, Leg { phone, stage });
    }

    /// The ways to a trunk: by addresses that work, then by those that do not seem to. One that wants to be left alone
    /// is, unless somebody needs help.
    fn ways_out(&self, now: Now, trunk: &PhoneName, called: &Dn, is_help: bool) -> Vec<Binding> {
        let Some(config) = self.site.trunks.get(trunk) else {
            return Vec::new();
        };
        let mut ways = Vec::new();
        for address in &config.addresses {
            let health = self.trunks.peers.get(&(trunk.clone(), address.clone()));
            let rests = health.is_some_and(|health| health.rests(now.uptime).is_some());
            let is_down = health.is_some_and(|health| health.is_down().is_some());
            if rests && !is_help {
                continue;
            }
            let paths = self.trunks.paths.get(address).into_iter().flatten();
            let way = |flow: &Flow| (is_down || rests, way_to(address, called, *flow));
            ways.extend(paths.map(way));
        }
        ways.sort_by_key(|(is_last, _)| *is_last);
        ways.into_iter().map(|(_, way)| way).collect()
    }

    /// Watches over an INVITE: nothing may be heard of it.
    pub(super) fn expect_to_hear(&mut self, now: Now, leg: LegId, index: usize) {
        self.deadlines
            .arm(Timer::TrunkSilent(leg, index), now.uptime + SILENCE);
    }

    /// Nothing was heard of an INVITE. Should it be answered after all, that is hung up.
    pub(super) fn trunk_silent(&mut self, now: Now, leg: LegId, index: usize) {
        let Some(client) = self.client_of(leg, index) else {
            return;
        };
        self.purposes.insert(client, Purpose::Abandoned);
        self.transactions.cancel(now, client, "");
        self.transactions.ask_no_more(client);
        self.branch_failed(now, leg, index, 408);
    }

    /// What a trunk answered to an INVITE says how it is.
    pub(super) fn trunk_heard(&mut self, now: Now, leg: LegId, index: usize, response: &Message) {
        self.deadlines.disarm(&Timer::TrunkSilent(leg, index));
        let Some(peer) = self.peer_of(leg, index) else {
            return;
        };
        let status = response.status().unwrap_or(500);
        let rest = response.text(Name::RetryAfter);
        let rest = rest.and_then(|text| retry_after(&text));
        match (status, rest) {
            (503, Some(rest)) => self.rests(now, peer, rest),
            (500..600, _) | (408, _) => {}
            _ => self.works(now, &peer),
        }
    }

    /// An INVITE did not get through.
    pub(super) fn trunk_did_not_take(&mut self, now: Now, leg: LegId, index: usize, status: u16) {
        self.deadlines.disarm(&Timer::TrunkSilent(leg, index));
        let Some(peer) = self.peer_of(leg, index) else {
            return;
        };
        if let 408 | 430 | 503 = status {
            self.does_not_work(now, &peer, why(status));
        }
    }

    fn peer_of(&self, leg: LegId, index: usize) -> Option<PeerName> {
        let entry = self.legs.get(&leg)?;
        let Stage::Outgoing(outgoing) = &entry.stage else {
            return None;
        };
        outgoing.out.as_ref()?;
        let flow = &outgoing.branches.get(index)?.flow;
        let config = self.site.trunks.get(&entry.phone)?;
        let address = config.addresses.iter().find(|address| {
            let mut paths = self.trunks.paths.get(address).into_iter().flatten();
            paths.any(|path| path.remote == flow.remote && path.transport == flow.transport)
        })?;
        Some((entry.phone.clone(), address.clone()))
    }

    fn client_of(&self, leg: LegId, index: usize) -> Option<ClientId> {
        match &self.legs.get(&leg)?.stage {
            Stage::Outgoing(outgoing) => {
                let branch = outgoing.branches.get(index)?;
                (!branch.ended).then_some(branch.client)
            }
            _ => None,
        }
    }

    /// A trunk is asked whether it is there.
    pub(super) fn probe_trunk(&mut self, now: Now, peer: PeerName) {
        let Some(trunk) = self.site.trunks.get(&peer.0) else {
            return;
        };
        if trunk.probe_s == 0 {
            return;
        }
        let every = Duration::from_secs(trunk.probe_s.into());
        self.deadlines
            .arm(Timer::TrunkProbe(peer.clone()), now.uptime + every);
        let paths = self.trunks.paths.get(&peer.1);
        let Some(flow) = paths.and_then(|paths| paths.first()).copied() else {
            return self.does_not_work(now, &peer, "nobody knows where its address is");
        };
        let (branch, tag) = (self.mint_branch(), self.mint_tag(flow.remote.ip()));
        let call_id = self.mint_call_id();
        let uri = uri_of(&peer.1, None);
        let bytes = Builder::request(Method::Options, &uri)
            .display(Name::Via, via(flow, &branch))
            .header(Name::MaxForwards, "70")
            .display(
                Name::From,
                format_args!("<sip:perch@{}>;tag={tag}", flow.local),
            )
            .display(Name::To, format_args!("<{uri}>"))
            .header(Name::CallId, call_id)
            .header(Name::CSeq, "1 OPTIONS")
            .header(Name::Contact, contact(flow, &uri))
            .header(Name::Accept, "application/sdp")
            .finish();
        let client = self
            .transactions
            .request(now, flow, Method::Options, &branch, bytes);
        self.purposes
            .insert(client, Purpose::ProbeTrunk(peer.clone()));
        // Before the next one is asked, which would be waited for instead.
        let patience = UNANSWERED.min(every * 4 / 5);
        self.deadlines
            .arm(Timer::TrunkUnanswered(peer), now.uptime + patience);
    }

    /// A trunk answered, or there is no way to it. Whatever else it says shows that it is there (RFC 3261 §11).
    pub(super) fn trunk_probed(
        &mut self,
        now: Now,
        peer: &PeerName,
        response: Result<&Message, u16>,
    ) {
        let (status, rest) = match response {
            Ok(response) => {
                let rest = response.text(Name::RetryAfter);
                let status = response.status().unwrap_or(500);
                (status, rest.and_then(|text| retry_after(&text)))
            }
            // That it was silent was noticed long ago.
            Err(408) => return,
            Err(status) => (status, None),
        };
        self.deadlines.disarm(&Timer::TrunkUnanswered(peer.clone()));
        match (status, rest) {
            (503, Some(rest)) => self.rests(now, peer.clone(), rest),
            (408 | 430 | 503, _) => self.does_not_work(now, peer, why(status)),
            _ => {
                if let Some(health) = self.trunks.peers.get_mut(peer) {
                    health.answered();
                }
                self.tell_trunk(now, &peer.0);
            }
        }
    }

    /// A trunk did not answer.
    pub(super) fn trunk_unanswered(&mut self, now: Now, peer: &PeerName) {
        self.does_not_work(now, peer, why(408));
    }

    fn works(&mut self, now: Now, peer: &PeerName) {
        if let Some(health) = self.trunks.peers.get_mut(peer) {
            health.worked();
        }
        self.tell_trunk(now, &peer.0);
    }

    fn does_not_work(&mut self, now: Now, peer: &PeerName, why: &str) {
        let trunk = self.site.trunks.get(&peer.0);
        // Nobody would find out that it is there again.
        if trunk.is_none_or(|trunk| trunk.probe_s == 0) {
            return;
        }
        if let Some(health) = self.trunks.peers.get_mut(peer) {
            health.failed(why);
        }
        self.tell_trunk(now, &peer.0);
    }

    fn rests(&mut self, now: Now, peer: PeerName, time: Duration) {
        let Some(health) = self.trunks.peers.get_mut(&peer) else {
            return;
        };
        let why = format!("it answered 503 and asks for {} s", time.as_secs());
        let until = health.rest(now.uptime, time, why);
        self.deadlines.arm(Timer::TrunkRested(peer.clone()), until);
        self.tell_trunk(now, &peer.0);
    }

    /// Tells the core how a trunk is, if that is news.
    pub(super) fn tell_trunk(&mut self, now: Now, trunk: &PhoneName) {
        let Some(is) = self.trunk_standing(now, trunk) else {
            return;
        };
        if self.trunks.told.get(trunk) == Some(&is) {
            return;
        }
        self.trunks.told.insert(trunk.clone(), is.clone());
        self.review_upstream(now);
        let trunk = trunk.clone();
        self.events.push(Event::TrunkIs { trunk, is });
    }

    /// A trunk is up if one of its addresses is. None as long as nobody knows.
    fn trunk_standing(&self, now: Now, trunk: &PhoneName) -> Option<TrunkIs> {
        let peers = self.trunks.peers.iter();
        let mine: Vec<&Health> = peers
            .filter(|((name, _), _)| name == trunk)
            .map(|(_, health)| health)
            .collect();
        let is_awake = |health: &&&Health| health.rests(now.uptime).is_none();
        let mut awake = mine.iter().filter(is_awake);
        if awake.clone().any(|health| health.is_up()) {
            return Some(TrunkIs::Up);
        }
        if awake.clone().any(|health| health.is_down().is_none()) {
            // One that rested is believed to be as it was.
            let was_resting = matches!(self.trunks.told.get(trunk), Some(TrunkIs::Resting(_)));
            return was_resting.then_some(TrunkIs::Up);
        }
        let rests = mine.iter().find_map(|health| health.rests(now.uptime));
        match (rests, awake.find_map(|health| health.is_down())) {
            (Some(why), _) => Some(TrunkIs::Resting(why.to_owned())),
            (None, Some(why)) => Some(TrunkIs::Down(why.to_owned())),
            (None, None) => None,
        }
    }

    /// Answers a challenge to an INVITE of a call that goes out. False if that cannot be.
    pub(super) fn ring_with_proof(
        &mut self,
        now: Now,
        client: ClientId,
        (leg, index): (LegId, usize),
        response: &Message,
    ) -> bool {
        let trunk = self.legs.get(&leg).map(|entry| entry.phone.clone());
        let Some(account) = self.account_for(Some(leg), trunk) else {
            return false;
        };
        let Some((again, _)) = self.prove(now, client, response, &account) else {
            return false;
        };
        if let Some(Stage::Outgoing(outgoing)) = self.legs.get_mut(&leg).map(|leg| &mut leg.stage)
            && let Some(branch) = outgoing.branches.get_mut(index)
        {
            branch.client = again;
            self.expect_to_hear(now, leg, index);
        }
        true
    }

    /// As whom a call is made: as a user, or as the trunk's own.
    fn account_for(&self, leg: Option<LegId>, trunk: Option<PhoneName>) -> Option<TrunkAccount> {
        let own = leg.and_then(|leg| self.trunks.accounts.get(&leg));
        let usual = || self.site.trunks.get(&trunk?)?.account.as_ref();
        own.or_else(usual).cloned()
    }

    /// Where a trunk is, and by which way: at the first address that is not known to be down.
    pub(super) fn way_of(&self, trunk: &PhoneName) -> Option<(TrunkAddress, Flow)> {
        let config = self.site.trunks.get(trunk)?;
        let mut ways = config.addresses.iter().filter_map(|address| {
            let flow = self.trunks.paths.get(address)?.first()?;
            let health = self.trunks.peers.get(&(trunk.clone(), address.clone()));
            let is_down = health.is_some_and(|health| health.is_down().is_some());
            Some((is_down, address, flow))
        });
        let best = ways.clone().find(|(is_down, ..)| !is_down);
        let (_, address, flow) = best.or_else(|| ways.next())?;
        Some((address.clone(), *flow))
    }

    /// Answers a challenge to a request within a call by a trunk. False if that cannot be.
    pub(super) fn prove_in_call(&mut self, now: Now, client: ClientId, response: &Message) -> bool {
        let Some(before) = self.transactions.request_of(client) else {
            return false;
        };
        let ours = before.from_tag().unwrap_or_default().to_owned();
        let key = (before.call_id().to_owned(), ours);
        let leg = self.dialogs.get(&key).copied();
        let by_leg = leg.and_then(|leg| Some(self.legs.get(&leg)?.phone.clone()));
        let flow = self.flow_of_response(response);
        let by_flow = || {
            let (name, _) = self.trunks.peer_at(&flow?)?;
            Some(name.clone())
        };
        let trunk = by_leg.or_else(by_flow);
        let Some(account) = self.account_for(leg, trunk) else {
            return false;
        };
        let Some((_, cseq)) = self.prove(now, client, response, &account) else {
            return false;
        };
        if let Some(talking) = leg.and_then(|leg| self.talking(leg)) {
            talking.dialog.local_cseq = talking.dialog.local_cseq.max(cseq);
        }
        true
    }

    /// Sends a request again with the answer to what was asked (RFC 3261 §22.2), and says by which number. None if
    /// there is no answer, or it was wrong.
    pub(super) fn prove(
        &mut self,
        now: Now,
        client: ClientId,
        response: &Message,
        account: &TrunkAccount,
    ) -> Option<(ClientId, u32)> {
        let owner = Account {
            user: &account.user,
            realm: &account.realm,
            secret: &account.secret,
        };
        let Some(challenge) = Challenge::of(response, owner) else {
            let asked = Challenge::realms(response).join(", ");
            tracing::warn!(
                asked,
                known = account.realm,
                "no answer to what a trunk asks; set its realm"
            );
            return None;
        };
        let proven = self.trunks.proofs.get(&client);
        let times = proven.map_or(0, |(_, times)| *times);
        let is_news = proven.is_none_or(|(before, _)| challenge.is_new_after(before));
        if !is_news || times >= MOST_PROOFS {
            tracing::warn!(user = account.user, "a trunk does not take the password");
            return None;
        }
        let before = self.transactions.request_of(client)?;
        let flow = self.flow_of_response(response)?;
        let method = before.method()?;
        let cseq = before.cseq().0 + 1;
        let (branch, noise) = (self.mint_branch(), format!("{:016x}", self.mint_seed()));
        let asked = Asked {
            method: before.method_text(),
            uri: before.uri_text(),
        };
        let once = Once {
            cnonce: &noise,
            count: 1,
        };
        let answer = challenge.answer(owner, asked, once);
        let builder = Builder::request(method, before.uri_text())
            .display(Name::Via, via(flow, &branch))
            .display(Name::CSeq, format_args!("{cseq} {method}"))
            .header(challenge.header(), answer)
            .copy_others(&before, &[challenge.header()]);
        let bytes = finish(builder, super::inbound::body_of(&before).as_ref());
        let again = self.transactions.request(now, flow, method, &branch, bytes);
        if let Some(purpose) = self.purposes.remove(&client) {
            self.purposes.insert(again, purpose);
        }
        self.trunks.forget(client);
        self.trunks.proofs.insert(again, (challenge, times + 1));
        Some((again, cseq))
    }
}

/// What a call that goes out says besides, and its body.
pub(super) fn tell_outside(
    builder: Builder,
    out: &Out,
    offer: Option<&Body>,
    flow: Flow,
) -> (Builder, Option<Body>) {
    let builder = match out.is_private {
        true => builder.header(Name::Privacy, "id"),
        false => builder,
    };
    let Some(place) = out.place.as_deref() else {
        return (builder, offer.cloned());
    };
    let host = match flow.local.ip() {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let builder = builder
        .header(Name::MimeVersion, "1.0")
        .display(
            Name::Geolocation,
            format_args!("<cid:{}@{host}>", location::PART),
        )
        .header(Name::GeolocationRouting, "yes")
        .header(Name::Priority, "emergency");
    (builder, Some(location::body(offer, place, &host)))
}

/// Whether another address of a trunk may do what this one did not.
pub(super) fn is_worth_another_address(status: u16) -> bool {
    matches!(status, 408 | 430 | 500..600)
}

/// What a trunk's refusal means. What the called party says is told from what the trunk itself does not do: with
/// another trunk only the latter may go better.
pub(super) fn failure_of(status: u16) -> Failure {
    match status {
        486 | 600 => Failure::Busy,
        603 | 607 | 608 => Failure::Declined,
        480 => Failure::NoAnswer,
        404 | 410 | 484 | 485 | 604 => Failure::UnknownNumber,
        406 | 415 | 488 | 606 => Failure::NotAcceptable,
        408 | 430 => Failure::Unreachable,
        other => Failure::Other(other),
    }
}

fn why(status: u16) -> &'static str {
    match status {
        430 => "there is no connection to it",
        503 => "it answers 503",
        _ => "it does not answer",
    }
}

/// RFC 3261 §20.33: seconds, then perhaps a comment and parameters.
fn retry_after(text: &str) -> Option<Duration> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let seconds = text[..end].parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs)
}

/// Who calls, as From has it. Whoever hides is nobody (RFC 3323 §4.1).
fn shown_as(caller: &Party, flow: Flow) -> String {
    match caller.dn.as_str() {
        ANONYMOUS => "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned(),
        _ => identity(caller, flow),
    }
}

fn uri_of(address: &TrunkAddress, called: Option<&Dn>) -> String {
    let place = address.place();
    let user = called.map_or(String::new(), |called| format!("{called}@"));
    // RFC 3261 §19.1.1: a telephone number says so.
    let phone = match called {
        Some(called) if called.as_str().starts_with('+') => ";user=phone",
        _ => "",
    };
    let transport = match address.over {
        Over::Udp => "",
        Over::Tcp => ";transport=tcp",
        Over::Tls => ";transport=tls",
    };
    format!("sip:{user}{place}{transport}{phone}")
}

/// A way to a trunk, as if somebody had registered there.
fn way_to(address: &TrunkAddress, called: &Dn, flow: Flow) -> Binding {
    Binding {
        contact: uri_of(address, Some(called)).into(),
        call_id: "".into(),
        cseq: 0,
        expires_at: Utc(0),
        refreshed_at: Utc(0),
        q: 1000,
        flow,
        instance: None,
        reg_id: 0,
        user_agent: None,
        load: None,
        takes_messages: false,
        tells_of_handset: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: CAL-5
    #[test]
    fn what_a_trunk_says_is_told_from_what_the_called_party_says() {
        for (status, failure) in [
            (486, Failure::Busy),
            (480, Failure::NoAnswer),
            (404, Failure::UnknownNumber),
            (603, Failure::Declined),
            (488, Failure::NotAcceptable),
            (408, Failure::Unreachable),
            (430, Failure::Unreachable),
            (503, Failure::Other(503)),
            (403, Failure::Other(403)),
            (407, Failure::Other(407)),
        ] {
            assert_eq!(failure_of(status), failure, "{status}");
        }
    }

    #[test]
    fn a_trunk_says_for_how_long_it_is_to_be_left_alone() {
        for (text, seconds) in [
            ("30", Some(30)),
            ("18000;duration=3600", Some(18000)),
            ("120 (I'm in a meeting)", Some(120)),
            ("0", None),
            ("", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(
                retry_after(text),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_outside_are_addressed_at_the_trunk() {
        let address = |text| TrunkAddress::parse(text).expect("an address");
        let uri = |text, called: &str| uri_of(&address(text), Some(&called.into()));
        assert_eq!(uri("sip:h:5070", "112"), "sip:112@h:5070");
        assert_eq!(
            uri("sip:[2001:db8::1];transport=tls", "+3120"),
            "sip:+3120@[2001:db8::1];transport=tls;user=phone"
        );
    }
}
