//! Trunks: ways to the rest of the world (CAL-5).
//!
//! A trunk stands where a phone does in a leg, and has a name like one, but it is none: nobody logs in there, it has
//! no lines, and many calls at once. Which trunk a call goes by, and to which it goes on when one fails, is decided
//! here; what a trunk answered, and whether it is there at all, its protocol says.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::action::{Action, Party, Refusal};
use super::attempt::Attempt;
use super::call::{CallId, LegState};
use super::class_of_service::Called;
use super::event::{Body, Failure, LegId};
use super::forward::{Diverted, History, Hops, Wanted};
use super::names::{ClassName, Dn, PhoneName};
use super::place::Place;
use super::prefix::Prefix;
use super::route::Numbering;
use super::site::{DigestSecret, Site};
use crate::time::{Now, Utc};

/// A way to the rest of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    /// Where it is, the preferred place first.
    pub addresses: Vec<TrunkAddress>,
    /// How calls prove there whose they are, if that is asked.
    pub account: Option<TrunkAccount>,
    /// Where calls come in from, besides its addresses.
    pub from: Vec<Prefix>,
    /// What calls that come in may do.
    pub class: ClassName,
    /// How often it is asked whether it is there, in seconds. 0: never.
    pub probe_s: u32,
    /// How many calls it takes at once. None: any number.
    pub max_calls: Option<u32>,
    /// What stands before numbers of ours when they are called, and shown, outside.
    pub number_prefix: String,
    /// Numbers outside that are not simply that and a number of ours.
    pub numbers: BTreeMap<String, Dn>,
    /// The number that calls are shown with outside, whoever calls. None: the caller's own.
    pub caller_number: Option<String>,
    /// What is put before the numbers of callers from outside, so that they can be called back.
    pub caller_prepend: String,
}

/// Where a trunk is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrunkAddress {
    /// A name, or an address; one of IPv6 without brackets.
    pub host: String,
    /// The port; none if it is the usual one.
    pub port: Option<u16>,
    /// How it is spoken to.
    pub over: Over,
}

/// How a trunk is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
}

impl Over {
    fn word(self) -> &'static str {
        match self {
            Over::Udp => "udp",
            Over::Tcp => "tcp",
            Over::Tls => "tls",
        }
    }
}

impl TrunkAddress {
    /// As in `sip:203.0.113.7:5060;transport=udp`.
    pub fn parse(text: &str) -> Option<TrunkAddress> {
        let rest = text.strip_prefix("sip:")?;
        let (place, params) = rest.split_once(';').unwrap_or((rest, ""));
        let over = match params {
            "" | "transport=udp" => Over::Udp,
            "transport=tcp" => Over::Tcp,
            "transport=tls" => Over::Tls,
            _ => return None,
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                let port = match port {
                    "" => None,
                    port => Some(port.strip_prefix(':')?),
                };
                (host, port)
            }
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':');
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
            None => None,
        };
        (!host.is_empty() && host.bytes().all(is_host)).then(|| TrunkAddress {
            host: host.to_ascii_lowercase(),
            port,
            over,
        })
    }

    /// Host and port, as a URI has them.
    pub fn place(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

impl fmt::Display for TrunkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sip:{};transport={}", self.place(), self.over.word())
    }
}

impl From<TrunkAddress> for String {
    fn from(address: TrunkAddress) -> String {
        address.to_string()
    }
}

impl TryFrom<String> for TrunkAddress {
    type Error = &'static str;

    fn try_from(text: String) -> Result<TrunkAddress, Self::Error> {
        TrunkAddress::parse(&text).ok_or("no address of a trunk")
    }
}

/// How calls prove whose they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkAccount {
    /// As whom.
    pub user: String,
    /// The realm that the trunk asks in: what is kept of a password is good for no other.
    pub realm: String,
    /// What is kept of it.
    pub secret: DigestSecret,
}

/// Whether a trunk is there, as far as its protocol can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrunkIs {
    /// It answers.
    Up,
    /// It does not, and why that is thought.
    Down(String),
    /// It does, and wants to be left alone for a while.
    Resting(String),
}

/// How a trunk is, for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkStatus {
    /// Which one.
    pub name: PhoneName,
    /// How it is; none as long as nobody knows.
    pub is: Option<TrunkIs>,
    /// Since when.
    pub since: Option<Utc>,
    /// Its calls now.
    pub calls: usize,
    /// How many it may have.
    pub max_calls: Option<u32>,
    /// How many calls went out by it, and how many came in, since the start.
    pub calls_out: u64,
    /// How many came in.
    pub calls_in: u64,
    /// How many calls it did not take, so that they had to go another way.
    pub failovers: u64,
}

/// What is known of a trunk.
#[derive(Debug, Default)]
pub(super) struct TrunkState {
    is: Option<(TrunkIs, Utc)>,
    calls_out: u64,
    calls_in: u64,
    failovers: u64,
}

/// How far it is from being the first choice; none if it must not be asked.
fn rank(is: Option<&TrunkIs>) -> Option<u8> {
    match is {
        None | Some(TrunkIs::Up) => Some(0),
        // It may be there again before anybody asks: a try is better than a refusal.
        Some(TrunkIs::Down(_)) => Some(1),
        Some(TrunkIs::Resting(_)) => None,
    }
}

/// Whether a failure is a trunk's own, so that another may do better. What the called party says is final.
fn is_its_own(failure: Failure) -> bool {
    matches!(failure, Failure::Unreachable | Failure::Other(_))
}

/// The number of ours that is called from outside.
fn number_in(trunk: &Trunk, numbering: &Numbering, called: &str) -> Dn {
    if let Some(dn) = trunk.numbers.get(called) {
        return dn.clone();
    }
    let everywhere = match numbering.country_code.is_empty() {
        true => called.to_owned(),
        false => numbering.e164(called),
    };
    if let Some(dn) = trunk.numbers.get(&everywhere) {
        return dn.clone();
    }
    let prefix = trunk.number_prefix.as_str();
    let bare = prefix.trim_start_matches('+');
    let ways = [(called, prefix), (&everywhere, prefix), (called, bare)];
    let own = ways.into_iter().find_map(|(number, prefix)| {
        let own = number.strip_prefix(prefix)?;
        (!prefix.is_empty() && !own.is_empty()).then_some(own)
    });
    own.unwrap_or(called).into()
}

/// A number of ours as it is outside.
fn number_outside(trunk: &Trunk, own: &Dn) -> Dn {
    let listed = trunk.numbers.iter().find(|(_, dn)| *dn == own);
    match (listed, &trunk.caller_number) {
        (_, Some(number)) => number.as_str().into(),
        (Some((number, _)), None) => number.as_str().into(),
        (None, None) => format!("{}{own}", trunk.number_prefix).into(),
    }
}

impl Site {
    /// Whether that is a trunk, not a phone.
    pub fn is_trunk(&self, name: &PhoneName) -> bool {
        self.trunks.contains_key(name)
    }
}

impl Pbx {
    /// What a protocol says of a trunk.
    pub(super) fn trunk_is(&mut self, now: Now, trunk: &PhoneName, is: TrunkIs) {
        if !self.site.is_trunk(trunk) {
            return;
        }
        match &is {
            TrunkIs::Up => tracing::info!(%trunk, "trunk is up"),
            TrunkIs::Down(why) => tracing::warn!(%trunk, why, "trunk is down"),
            TrunkIs::Resting(why) => tracing::warn!(%trunk, why, "trunk wants to be left alone"),
        }
        let state = self.trunks.entry(trunk.clone()).or_default();
        state.is = Some((is, now.utc));
    }

    /// Another site: what is known of trunks that are gone is forgotten.
    pub(super) fn review_trunks(&mut self) {
        let site = &self.site;
        self.trunks.retain(|trunk, _| site.is_trunk(trunk));
    }

    /// How every trunk is.
    pub(super) fn trunk_statuses(&self) -> Vec<TrunkStatus> {
        let none = TrunkState::default();
        let statuses = self.site.trunks.iter().map(|(name, trunk)| {
            let state = self.trunks.get(name).unwrap_or(&none);
            TrunkStatus {
                name: name.clone(),
                is: state.is.as_ref().map(|(is, _)| is.clone()),
                since: state.is.as_ref().map(|(_, since)| *since),
                calls: self.calls_by(name),
                max_calls: trunk.max_calls,
                calls_out: state.calls_out,
                calls_in: state.calls_in,
                failovers: state.failovers,
            }
        });
        statuses.collect()
    }

    /// What there is to say of a trunk.
    pub(super) fn explain_trunk(&self, trunk: &PhoneName) -> Vec<String> {
        let Some(status) = self
            .trunk_statuses()
            .into_iter()
            .find(|status| status.name == *trunk)
        else {
            return Vec::new();
        };
        let since = status.since.map(|at| self.schedule.local(at));
        let since = since.unwrap_or_default();
        let TrunkStatus {
            calls,
            calls_out,
            calls_in,
            failovers,
            ..
        } = status;
        vec![
            match status.is {
                None => format!(
                    "Nothing is known of {trunk} yet: it was not asked, and no call went by it."
                ),
                Some(TrunkIs::Up) => format!("{trunk} has been up since {since}."),
                Some(TrunkIs::Down(why)) => format!(
                    "{trunk} has been down since {since} ({why}): calls go by it when no other trunk is left."
                ),
                Some(TrunkIs::Resting(why)) => format!(
                    "{trunk} has wanted to be left alone since {since} ({why}): only calls for help go by it."
                ),
            },
            format!(
                "It has {calls} calls now; since the start {calls_out} went out, {calls_in} came in, and {failovers} \
                 had to go another way."
            ),
        ]
    }

    fn calls_by(&self, trunk: &PhoneName) -> usize {
        self.phones.get(trunk).map_or(0, |state| state.legs.len())
    }

    fn is_full(&self, trunk: &PhoneName) -> bool {
        let most = self.site.trunks.get(trunk).and_then(|it| it.max_calls);
        most.is_some_and(|most| self.calls_by(trunk) >= usize::try_from(most).unwrap_or(usize::MAX))
    }

    /// Somebody outside calls.
    pub(super) fn called_in(
        &mut self,
        now: Now,
        (leg, trunk): (LegId, &PhoneName),
        (mut caller, called): (Party, &str),
        (offer, hops): (Option<Body>, Hops),
    ) {
        let dn: Dn = called.into();
        let Some(config) = self.site.trunks.get(trunk) else {
            return self.refuse_call(leg, trunk, &dn, Refusal::NotAllowed);
        };
        caller.dn = format!("{}{}", config.caller_prepend, caller.dn).into();
        let dn = self
            .called_upstream(trunk, called)
            .unwrap_or_else(|| number_in(config, &self.site.settings.numbering, called));
        if self.is_full(trunk) {
            return self.refuse_call(leg, trunk, &dn, Refusal::Overloaded);
        }
        let Some(hops) = hops.spent() else {
            return self.refuse_call(leg, trunk, &dn, Refusal::TooManyHops);
        };
        let mut history = History::dialled(hops);
        let back = self
            .calls_back(called)
            .or_else(|| self.calls_back(dn.as_str()));
        let reached = match back {
            Some(phone) => Ok((dn.clone(), vec![phone], true)),
            None => self.may_call(trunk, &dn).and_then(|()| {
                let dn = dn.clone();
                let wanted = Wanted { from: trunk, dn };
                let (called, phones) = self.reach(wanted, &mut history)?;
                Ok((called, phones, false))
            }),
        };
        match reached {
            Ok((called, phones, stays)) => {
                self.trunks.entry(trunk.clone()).or_default().calls_in += 1;
                let attempt = Attempt {
                    offer,
                    stays,
                    ..Attempt::new((trunk, caller.clone()), &called, history)
                };
                let line = caller.dn.clone();
                self.begin_attempt(now, leg, &line, attempt, phones);
                self.is_outside(leg, caller);
            }
            Err(why) => self.refuse_call(leg, trunk, &dn, why),
        }
    }

    /// The phone that a number calls back which was shown with a call for help: of several that share it, the one that
    /// called last (EMG-1).
    fn calls_back(&self, number: &str) -> Option<PhoneName> {
        let has_it = |name: &PhoneName| {
            let config = self.site.phones.get(name);
            let shown = config.and_then(|config| config.emergency_number.as_ref());
            shown.is_some_and(|shown| shown.as_str() == number)
        };
        let called = self.seldom.emergency_at.iter();
        let called = called.filter(|(name, _)| has_it(name));
        let last = called.max_by_key(|(_, at)| **at).map(|(name, _)| name);
        let known = self.phones.get(last?)?;
        known.registered.then(|| last.cloned()).flatten()
    }

    /// Writes down who is on a leg that is nobody's here.
    fn is_outside(&mut self, leg: LegId, party: Party) {
        if let Some(leg) = self.calls.leg_mut(leg) {
            leg.outside = Some(party);
        }
    }

    /// Who is on a leg.
    pub(super) fn party_on(&self, leg: LegId) -> Option<Party> {
        let leg = self.calls.leg(leg)?;
        Some(match (&leg.outside, &leg.answers_as) {
            (Some(party), _) => party.clone(),
            (None, Some(pilot)) => self.party_of(pilot),
            (None, None) => self.party_at(&leg.phone),
        })
    }

    /// Whether a call that was sent on from a number may leave the house: its owner pays.
    pub(super) fn may_be_sent_out(&self, history: &History, dn: &Dn) -> Result<(), Refusal> {
        let Some(route) = self.site.route_for(dn.as_str()) else {
            return Ok(());
        };
        let sent_on = history.diversions.last();
        let Some(last) = sent_on.filter(|last| last.why != Diverted::Deflected) else {
            return Ok(());
        };
        let number = &last.from.dn;
        // Where calls to a group go is the administrator's word.
        if self.directory.pilot(number).is_some() {
            return Ok(());
        }
        let class = match self.owner_profile(number) {
            Some((user, profile)) => self.site.classes.get(self.site.class_of(user, profile)),
            None => {
                let phone = self.directory.phones_with(number).next();
                phone.map(|phone| self.class_at(phone))
            }
        };
        let called = Called::Outside(route.kind);
        let may = class.is_some_and(|class| class.may_call([dn.as_str(); 2], called));
        may.then_some(()).ok_or(Refusal::NotAllowed)
    }

    /// The trunks of a call, in the order in which they are to be tried. A call for help tries all.
    pub(super) fn trunks_in_order(
        &self,
        trunks: Vec<PhoneName>,
        is_help: bool,
    ) -> VecDeque<PhoneName> {
        let rank_of = |trunk: &PhoneName| {
            let state = self.trunks.get(trunk);
            rank(state.and_then(|state| state.is.as_ref()).map(|(is, _)| is))
        };
        let usable = trunks
            .into_iter()
            .filter_map(|trunk| match rank_of(&trunk) {
                Some(rank) => Some((rank, trunk)),
                None => is_help.then_some((u8::MAX, trunk)),
            });
        let mut usable: Vec<(u8, PhoneName)> = usable.collect();
        usable.sort_by_key(|(rank, _)| *rank);
        usable.into_iter().map(|(_, trunk)| trunk).collect()
    }

    /// Makes the call by the next trunk that can take it. False if none is left.
    pub(super) fn ring_next_trunk(&mut self, now: Now, id: CallId) -> bool {
        loop {
            let Some(attempt) = self.calls.attempt(id) else {
                return false;
            };
            let (is_help, next) = (attempt.is_help, attempt.trunks.pop_front());
            let Some(trunk) = next else {
                return false;
            };
            if is_help || !self.is_full(&trunk) {
                self.ring_trunk(now, id, &trunk);
                return true;
            }
            tracing::info!(call = %id, %trunk, "trunk is full");
            self.not_taken(&trunk);
        }
    }

    fn not_taken(&mut self, trunk: &PhoneName) {
        let state = self.trunks.entry(trunk.clone()).or_default();
        state.failovers += 1;
    }

    fn ring_trunk(&mut self, now: Now, id: CallId, trunk: &PhoneName) {
        let Some(config) = self.site.trunks.get(trunk).cloned() else {
            return;
        };
        let leg = self.leg_ids.mint();
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        attempt.callees.push(leg);
        let (called, from, is_help) = (
            attempt.called.clone(),
            attempt.from.clone(),
            attempt.is_help,
        );
        let (caller, offer) = (attempt.caller.clone(), attempt.offer.clone());
        let history = Box::new(attempt.history.clone());
        let account = self.account_by(trunk, &from, &history);
        let place = is_help.then(|| Box::new(self.place_for_help(now, &from)));
        let call_back = place.as_deref().and_then(|place| place.call_back.clone());
        let shown = match call_back {
            Some(number) => number,
            None if self.site.is_trunk(&from) => caller.dn.clone(),
            None => number_outside(&config, &caller.dn),
        };
        // Who answers for a call from outside that is sent on is whoever sent it on.
        let answers_for = history.diversions.last().map(|last| last.from.clone());
        let asserted = match answers_for {
            Some(party) if self.site.is_trunk(&from) => Party {
                dn: number_outside(&config, &party.dn),
                ..party
            },
            _ => Party {
                dn: shown.clone(),
                ..caller.clone()
            },
        };
        let route = self.site.route_for(called.as_str()).filter(|_| !is_help);
        let numbering = &self.site.settings.numbering;
        let number = route.map_or(called.clone(), |route| route.number_out(numbering, &called));
        tracing::info!(call = %id, %trunk, %called, "call goes out");
        self.trunks.entry(trunk.clone()).or_default().calls_out += 1;
        self.add_leg(id, leg, trunk, &called, LegState::Ringing);
        let party = Party {
            dn: called,
            display_name: String::new(),
        };
        self.is_outside(leg, party);
        let (shown, asserted) = match &account {
            Some(account) => (account.number.clone(), account.party()),
            None => (shown, asserted),
        };
        self.act(Action::RingOut {
            leg,
            trunk: trunk.clone(),
            account,
            caller: Party {
                dn: shown,
                ..caller
            },
            asserted,
            called: number,
            offer,
            history,
            place,
        });
    }

    fn place_for_help(&self, now: Now, phone: &PhoneName) -> Place {
        let config = self.site.phones.get(phone);
        Place {
            phone: phone.clone(),
            within: Some(self.place_of(phone)),
            address: self.site.settings.address.clone(),
            call_back: config.and_then(|config| config.emergency_number.clone()),
            at: now.utc,
        }
    }

    /// A trunk did not get a call through. True if another is trying now, or may have been what failed.
    pub(super) fn trunk_failed(&mut self, now: Now, leg: LegId, why: Failure) -> bool {
        let Some((id, trunk)) = self.calls.leg(leg).map(|l| (l.call, l.phone.clone())) else {
            return false;
        };
        if !self.site.is_trunk(&trunk) {
            return false;
        }
        // Whatever one says to somebody who needs help, the next may know better.
        let attempt = self.calls.attempt(id);
        let Some(attempt) = attempt.filter(|attempt| is_its_own(why) || attempt.is_help) else {
            return false;
        };
        attempt.callees.retain(|other| *other != leg);
        attempt.line_failed = true;
        tracing::info!(call = %id, %trunk, ?why, "trunk did not take the call");
        self.not_taken(&trunk);
        self.drop_leg(now, leg);
        self.ring_next_trunk(now, id);
        true
    }
}

/// How long somebody outside may be rung: their own network ends it sooner (RFC 3261 §16.6 has three minutes, too).
pub(super) const RINGS_OUTSIDE: Duration = Duration::from_secs(180);

/// How long help may be rung outside.
pub(super) const RINGS_FOR_HELP: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk() -> Trunk {
        Trunk {
            addresses: Vec::new(),
            account: None,
            from: Vec::new(),
            class: "outside".into(),
            probe_s: 30,
            max_calls: None,
            number_prefix: "+3120555".into(),
            numbers: [("+31800123".to_owned(), "9001".into())].into(),
            caller_number: None,
            caller_prepend: String::new(),
        }
    }

    #[test]
    fn addresses_are_read_and_written() {
        for (text, written) in [
            ("sip:203.0.113.7", "sip:203.0.113.7;transport=udp"),
            (
                "sip:Sip.Example.com:5070",
                "sip:sip.example.com:5070;transport=udp",
            ),
            ("sip:h;transport=tls", "sip:h;transport=tls"),
            (
                "sip:[2001:db8::1]:5061;transport=tcp",
                "sip:[2001:db8::1]:5061;transport=tcp",
            ),
            ("sip:[2001:db8::1]", "sip:[2001:db8::1];transport=udp"),
        ] {
            let address = TrunkAddress::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(address.to_string(), written);
            assert_eq!(TrunkAddress::parse(written), Some(address));
        }
        for text in [
            "203.0.113.7",
            "sip:",
            "sip:h:0",
            "sip:h:x",
            "sip:h:70000",
            "sip:user@h",
            "sip:h;transport=ws",
            "sip:[2001:db8::1",
            "sip:[h]",
            "sips:h",
        ] {
            assert_eq!(TrunkAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn called_numbers_are_found_however_they_are_written() {
        let numbering = Numbering {
            country_code: "31".into(),
            area_code: "20".into(),
            ..Numbering::default()
        };
        for (called, dn) in [
            ("+31205552001", "2001"),
            ("31205552001", "2001"),
            ("0031205552001", "2001"),
            ("0205552001", "2001"),
            ("5552001", "2001"),
            ("+31800123", "9001"),
            ("0800123", "9001"),
            ("+3120555", "+3120555"),
            ("+4930123", "+4930123"),
        ] {
            assert_eq!(
                number_in(&trunk(), &numbering, called),
                dn.into(),
                "{called}"
            );
        }
        let plain = Trunk {
            number_prefix: String::new(),
            ..trunk()
        };
        assert_eq!(
            number_in(&plain, &Numbering::default(), "2001"),
            "2001".into()
        );
    }

    #[test]
    fn our_numbers_are_shown_as_they_can_be_called() {
        assert_eq!(
            number_outside(&trunk(), &"2001".into()),
            "+31205552001".into()
        );
        assert_eq!(number_outside(&trunk(), &"9001".into()), "+31800123".into());
        let one = Trunk {
            caller_number: Some("+31205550000".into()),
            ..trunk()
        };
        assert_eq!(number_outside(&one, &"2001".into()), "+31205550000".into());
    }

    #[test]
    fn what_the_called_party_says_is_final() {
        let own = [
            Failure::Unreachable,
            Failure::Other(503),
            Failure::Other(403),
        ];
        assert!(own.into_iter().all(is_its_own));
        let final_ones = [
            Failure::Busy,
            Failure::Declined,
            Failure::NoAnswer,
            Failure::UnknownNumber,
            Failure::NotAcceptable,
        ];
        assert!(!final_ones.into_iter().any(is_its_own));
    }
}
