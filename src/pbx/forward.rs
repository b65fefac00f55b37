//! Where a call goes that does not stay where it was dialled: forwarded always, when busy, when nobody answers, or
//! because nobody is there.

use std::time::Duration;

use super::Pbx;
use super::action::{Party, Refusal};
use super::class_of_service::Called;
use super::directory::Holder;
use super::event::Failure;
use super::forward_set::ForwardKind;
use super::names::{Dn, PhoneName, UserId};
use super::phone::InUse;
use super::profile::{AbsentHandling, Forwarding, UserProfile};

/// A call goes through at most so many forwardings.
const MOST_FORWARDINGS: usize = 8;

/// Why a call went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diverted {
    /// The number is forwarded always.
    Always,
    /// All its phones are busy.
    Busy,
    /// Nobody answered, or no phone of it can be reached.
    NoAnswer,
    /// Its user is logged in nowhere.
    Absent,
    /// The phone that rang sent the call on.
    Deflected,
    /// It is the pilot of a hunt group, and a member rings.
    Hunted,
}

/// A number that a call was sent on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diversion {
    /// Whose number.
    pub from: Party,
    /// Why.
    pub why: Diverted,
}

/// How many more servers a call may go through, so that one that goes in circles between servers ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops(u32);

/// A call that begins here may go through so many.
const MOST_HOPS: u32 = 70;

impl Default for Hops {
    fn default() -> Hops {
        Hops(MOST_HOPS)
    }
}

impl Hops {
    /// As many as a call came with.
    pub fn left(left: u32) -> Hops {
        Hops(left.min(MOST_HOPS))
    }

    /// How many that is.
    pub fn count(self) -> u32 {
        self.0
    }

    /// What is left behind this server; none if the call must go no further.
    pub(super) fn spent(self) -> Option<Hops> {
        self.0.checked_sub(1).map(Hops)
    }
}

/// How a call came to ring where it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// How far it may go on.
    pub hops: Hops,
    /// The numbers that it was sent on from, in order.
    pub diversions: Vec<Diversion>,
    /// Who transferred it.
    pub transferred_by: Option<Party>,
}

impl History {
    /// Of a call that has just been dialled.
    pub(super) fn dialled(hops: Hops) -> History {
        History {
            hops,
            ..History::default()
        }
    }

    /// Writes down that a group looks for a member.
    pub(super) fn hunted(&mut self, from: Party) {
        if self.diversions.len() < MOST_FORWARDINGS {
            let why = Diverted::Hunted;
            self.diversions.push(Diversion { from, why });
        }
    }

    /// Writes a forwarding down, unless it leads back or there were too many.
    pub(super) fn forwarded(&mut self, from: Party, why: Diverted, to: &Dn) -> bool {
        let leads_back = from.dn == *to || self.diversions.iter().any(|d| d.from.dn == *to);
        let goes_on = !leads_back && self.diversions.len() < MOST_FORWARDINGS;
        if goes_on {
            self.diversions.push(Diversion { from, why });
        }
        goes_on
    }
}

/// A phone that calls or is handed on, and the number that is dialled for it.
pub(super) struct Wanted<'a> {
    /// Not rung itself.
    pub from: &'a PhoneName,
    /// The number.
    pub dn: Dn,
}

/// Why no phone of a number can be rung.
enum Elsewhere {
    Always,
    Absent,
    Failed(Failure),
}

impl Pbx {
    /// Whether somebody at a phone may call a number.
    pub(super) fn may_call(&self, phone: &PhoneName, dn: &Dn) -> Result<(), Refusal> {
        let dialled = dn.as_str();
        let dn = &self.number_here(dn);
        let logged_out = self.user_profile_at(phone).is_none();
        let called = match self.directory.holder(dn) {
            // Whoever calls in does not call out again, but where somebody here sends them.
            None if self.site.is_trunk(phone) => return Err(Refusal::UnknownNumber),
            None => match self.site.route_for(dn.as_str()) {
                Some(route) => Called::Outside(route.kind),
                None if self.upstream_for(phone, &History::default(), dn).is_some() => {
                    Called::Elsewhere
                }
                None => return Err(Refusal::UnknownNumber),
            },
            // SES-10: no voicemail from a phone at which nobody is logged in.
            Some(_) if logged_out && self.directory.is_voicemail(dn) => {
                return Err(Refusal::NotAllowed);
            }
            Some(Holder::User(_) | Holder::Pilot(_)) => Called::User,
            Some(Holder::Guest) => Called::Guest,
        };
        let allowed = self
            .class_at(phone)
            .may_call([dialled, dn.as_str()], called);
        allowed.then_some(()).ok_or(Refusal::NotAllowed)?;
        self.after_hours(phone, [dialled, dn.as_str()])
    }

    /// The phones that a number makes ring, through every forwarding on the way; and as what number they ring.
    pub(super) fn reach(
        &self,
        wanted: Wanted<'_>,
        history: &mut History,
    ) -> Result<(Dn, Vec<PhoneName>), Refusal> {
        let Wanted { from, mut dn } = wanted;
        loop {
            dn = self.number_here(&dn);
            if self.directory.holder(&dn).is_none() {
                if let Some(route) = self.site.route_for(dn.as_str()) {
                    self.may_be_sent_out(history, &dn)?;
                    return Ok((dn, route.trunks.clone()));
                }
                if let Some(trunk) = self.upstream_for(from, history, &dn) {
                    return Ok((dn, vec![trunk]));
                }
            }
            // Which phones those are is found out when the members are asked.
            if self.directory.pilot(&dn).is_some() {
                return Ok((dn, Vec::new()));
            }
            let why = match self.ringable(from, &dn) {
                Ok(phones) => return Ok((dn, phones)),
                Err(why) => why,
            };
            let (to, diverted) = match &why {
                Elsewhere::Always => (self.always_to(&dn), Diverted::Always),
                Elsewhere::Absent => (Some(self.absent_to(&dn)?), Diverted::Absent),
                Elsewhere::Failed(failure) => match self.forwarded_on(&dn, *failure) {
                    Some((to, diverted)) => (Some(to), diverted),
                    None => return Err(Refusal::Failed(*failure)),
                },
            };
            let to = to.filter(|to| history.forwarded(self.party_of(&dn), diverted, to));
            dn = match (to, why) {
                (Some(to), _) => to,
                (None, Elsewhere::Failed(failure)) => return Err(Refusal::Failed(failure)),
                (None, Elsewhere::Absent) => return Err(Refusal::NobodyThere),
                (None, Elsewhere::Always) => return Err(Refusal::Circle),
            };
        }
    }

    /// Where a call goes that failed at a number, and the phones there. None if it goes nowhere.
    pub(super) fn reach_after(
        &self,
        failed: Wanted<'_>,
        failure: Failure,
        history: &mut History,
    ) -> Option<(Dn, Vec<PhoneName>)> {
        let (to, why) = self.forwarded_on(&failed.dn, failure)?;
        if !history.forwarded(self.party_of(&failed.dn), why, &to) {
            return None;
        }
        let wanted = Wanted { dn: to, ..failed };
        self.reach(wanted, history).ok()
    }

    /// Where a phone sends a call that rings there, on its own account.
    pub(super) fn reach_deflected(
        &self,
        by: &PhoneName,
        wanted: Wanted<'_>,
        called: &Dn,
        history: &mut History,
    ) -> Result<(Dn, Vec<PhoneName>), Refusal> {
        self.may_call(by, &wanted.dn)?;
        if !history.forwarded(self.party_of(called), Diverted::Deflected, &wanted.dn) {
            return Err(Refusal::Circle);
        }
        self.reach(wanted, history)
    }

    /// How long a number rings before the call counts as not answered.
    pub(super) fn rings_for(&self, dn: &Dn) -> Duration {
        let site = self.site.settings.no_answer_s;
        let is_forwarded = self.forwarding_of(dn, ForwardKind::NoAnswer).is_some();
        let own = match self.profile_of_number(dn) {
            Some(profile) => profile.forwarding.no_answer_s,
            None => Forwarding::default().no_answer_s,
        };
        let limit = if is_forwarded { own.min(site) } else { site };
        Duration::from_secs(limit.max(1).into())
    }

    /// The registered phones with a number that can take a call from there, or why there are none.
    fn ringable(&self, from: &PhoneName, dn: &Dn) -> Result<Vec<PhoneName>, Elsewhere> {
        if self.always_to(dn).is_some() {
            return Err(Elsewhere::Always);
        }
        let all: Vec<&PhoneName> = self.directory.phones_with(dn).collect();
        if all.is_empty() {
            return Err(Elsewhere::Absent);
        }
        let others = all.iter().filter(|phone| **phone != from);
        let registered: Vec<&PhoneName> = others
            .copied()
            .filter(|phone| self.phones.get(*phone).is_some_and(|p| p.registered))
            .collect();
        let takes_one =
            |phone: &PhoneName| self.takes_calls(phone) && self.line_takes_call(phone, dn, None);
        let free = registered.iter().filter(|phone| takes_one(phone));
        let free: Vec<PhoneName> = free.map(|phone| (*phone).clone()).collect();
        let only_own = all == [from];
        match (free.is_empty(), only_own || !registered.is_empty()) {
            (false, _) => Ok(free),
            (true, true) => Err(Elsewhere::Failed(Failure::Busy)),
            (true, false) => Err(Elsewhere::Failed(Failure::Unreachable)),
        }
    }

    /// Whether a phone takes one more call: not if nobody there is to be disturbed, or if it is in use and its user
    /// wants no call waiting.
    pub(super) fn takes_calls(&self, phone: &PhoneName) -> bool {
        if self.refuses_calls(phone) {
            return false;
        }
        let profile = self.user_profile_at(phone).map(|(_, profile)| profile);
        profile.is_none_or(|profile| !profile.forwarding.one_call_at_a_time)
            || self.in_use(phone) == InUse::Idle
    }

    pub(super) fn always_to(&self, dn: &Dn) -> Option<Dn> {
        self.forwarding_of(dn, ForwardKind::All)
    }

    fn forwarded_on(&self, dn: &Dn, failure: Failure) -> Option<(Dn, Diverted)> {
        let (kind, diverted) = match failure {
            Failure::Busy => (ForwardKind::Busy, Diverted::Busy),
            Failure::NoAnswer | Failure::Unreachable => (ForwardKind::NoAnswer, Diverted::NoAnswer),
            _ => return None,
        };
        Some((self.forwarding_of(dn, kind)?, diverted))
    }

    /// Where a call goes for a number that appears on no phone (OUT-7).
    fn absent_to(&self, dn: &Dn) -> Result<Dn, Refusal> {
        let profile = self.profile_of_number(dn).ok_or(Refusal::NobodyThere)?;
        match &profile.absent {
            AbsentHandling::Forward(to) => Ok(to.clone()),
            AbsentHandling::Busy => Err(Refusal::Failed(Failure::Busy)),
            AbsentHandling::Voicemail => self.voicemail_of(profile).ok_or(Refusal::NobodyThere),
            AbsentHandling::Unreachable => Err(Refusal::NobodyThere),
        }
    }

    /// The profile that says what becomes of calls to a number: of its user's session, else the user's first.
    pub(super) fn profile_of_number(&self, dn: &Dn) -> Option<&UserProfile> {
        self.owner_profile(dn).map(|(_, profile)| profile)
    }

    /// The same, and whose it is.
    pub(super) fn owner_profile(&self, dn: &Dn) -> Option<(&UserId, &UserProfile)> {
        let Holder::User(user) = self.directory.holder(dn)? else {
            return None;
        };
        let session = self.by_user.get(user).and_then(|ids| ids.first());
        let session = session.and_then(|id| self.sessions.get(id));
        let profile = session
            .and_then(|session| self.profile_of(&session.stored))
            .or_else(|| {
                let user = self.site.users.get(user)?;
                self.site.user_profiles.get(user.profiles.first()?)
            });
        Some((user, profile?))
    }

    /// Who a number is.
    pub(super) fn party_of(&self, dn: &Dn) -> Party {
        let name = match self.directory.holder(dn) {
            Some(Holder::User(user)) => self.site.users.get(user).map(|it| &it.display_name),
            Some(Holder::Pilot(group)) => {
                let group = self.site.hunt_groups.get(group);
                group.map(|group| &group.display_name)
            }
            Some(Holder::Guest) | None => None,
        };
        Party {
            dn: dn.clone(),
            display_name: name.cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(dn: &str) -> Party {
        Party {
            dn: dn.into(),
            display_name: String::new(),
        }
    }

    /// rules: CAL-2
    #[test]
    fn forwardings_lead_neither_back_nor_on_for_ever() {
        let mut history = History::default();
        assert!(!history.forwarded(party("1"), Diverted::Always, &"1".into()));
        assert!(history.forwarded(party("1"), Diverted::Always, &"2".into()));
        assert!(!history.forwarded(party("2"), Diverted::Busy, &"1".into()));
        assert!(history.forwarded(party("2"), Diverted::Busy, &"3".into()));
        let way: Vec<&str> = history
            .diversions
            .iter()
            .map(|d| d.from.dn.as_str())
            .collect();
        assert_eq!(way, ["1", "2"]);
        for next in 4..20 {
            let from = party(&next.to_string());
            history.forwarded(from, Diverted::NoAnswer, &(next + 100).to_string().into());
        }
        assert_eq!(history.diversions.len(), MOST_FORWARDINGS);
    }
}
