//! Who is in hunt groups: by their lists, and by joining and leaving at a phone (HG-4, HG-6).
//!
//! A place that is joined is a number's. Its user leaves it with the last logout, unless it is to be kept, and takes it
//! along to another desk.

use std::collections::{BTreeMap, BTreeSet};

use super::Pbx;
use super::action::Refusal;
use super::agent::{AfterThat, Readiness, Standing, after_miss};
use super::change::{Change, Door, What};
use super::hunt_group::{DEEPEST_NESTING, HuntSlot};
use super::login::Asker;
use super::names::{Dn, HuntGroupName, PhoneName, UserId};
use super::profile::AgentKind;
use super::site::Site;
use crate::time::Now;

/// Somebody in a hunt group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The place in the list.
    pub slot: usize,
    /// The number; it may be the pilot of another group.
    pub dn: Dn,
    /// Whether they joined, and do not stand in the list.
    pub is_dynamic: bool,
}

/// All members, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Agents {
    /// What was said of numbers; of all others, their groups say it.
    pub standings: BTreeMap<Dn, Standing>,
    /// How many hunt calls were missed in a row.
    pub misses: BTreeMap<Dn, u8>,
    /// The groups of each member, and whether it joined.
    pub groups: BTreeMap<Dn, BTreeMap<HuntGroupName, bool>>,
    /// Who has joined, by the place in the list.
    pub joined: BTreeMap<HuntGroupName, BTreeMap<usize, Dn>>,
}

impl Agents {
    /// Those who stand in the lists of a site.
    pub fn of(site: &Site) -> Agents {
        let mut agents = Agents::default();
        agents.list(site, |_| true);
        agents
    }

    /// Another site: its lists count, and who joined stays where there is room. Says who is in no group's free place any
    /// more.
    pub fn list(
        &mut self,
        site: &Site,
        is_known: impl Fn(&Dn) -> bool,
    ) -> Vec<(HuntGroupName, usize, Dn)> {
        self.groups.clear();
        for (name, group) in &site.hunt_groups {
            for slot in &group.list {
                if let HuntSlot::Static(dn) = slot {
                    let groups = self.groups.entry(dn.clone()).or_default();
                    groups.insert(name.clone(), false);
                }
            }
        }
        let mut gone = Vec::new();
        for (name, slots) in std::mem::take(&mut self.joined) {
            for (slot, dn) in slots {
                let list = site.hunt_groups.get(&name).map(|group| &group.list);
                let is_free = list.and_then(|list| list.get(slot)) == Some(&HuntSlot::Wildcard);
                if !is_free || !is_known(&dn) || !self.join(&name, slot, &dn) {
                    gone.push((name.clone(), slot, dn));
                }
            }
        }
        gone
    }

    /// A number takes a free place. False if it is in the group already.
    pub fn join(&mut self, group: &HuntGroupName, slot: usize, dn: &Dn) -> bool {
        let groups = self.groups.entry(dn.clone()).or_default();
        if groups.contains_key(group) {
            return false;
        }
        groups.insert(group.clone(), true);
        let slots = self.joined.entry(group.clone()).or_default();
        slots.insert(slot, dn.clone());
        true
    }

    /// A number leaves the place that it took. Which one that was.
    pub fn leave(&mut self, group: &HuntGroupName, dn: &Dn) -> Option<usize> {
        let slots = self.joined.get_mut(group)?;
        let slot = *slots.iter().find(|(_, who)| *who == dn)?.0;
        slots.remove(&slot);
        if slots.is_empty() {
            self.joined.remove(group);
        }
        if let Some(groups) = self.groups.get_mut(dn) {
            groups.remove(group);
            if groups.is_empty() {
                self.groups.remove(dn);
            }
        }
        Some(slot)
    }

    /// Who has joined a group, by the place in its list.
    pub fn at(&self, group: &HuntGroupName, slot: usize) -> Option<&Dn> {
        self.joined.get(group)?.get(&slot)
    }

    /// The groups of a number, and whether it joined.
    pub fn groups_of(&self, dn: &Dn) -> impl Iterator<Item = (&HuntGroupName, bool)> {
        let groups = self.groups.get(dn).into_iter().flatten();
        groups.map(|(group, joined)| (group, *joined))
    }

    /// Whether a number has joined a group.
    pub fn has_joined(&self, group: &HuntGroupName, dn: &Dn) -> bool {
        let groups = self.groups.get(dn);
        groups.and_then(|groups| groups.get(group)) == Some(&true)
    }

    /// Whether a number is in any.
    pub fn has(&self, dn: &Dn) -> bool {
        self.groups.contains_key(dn)
    }

    /// What was said of a number.
    pub fn standing(&self, dn: &Dn) -> Option<Standing> {
        self.standings.get(dn).copied()
    }
}

/// Which group somebody means.
fn meant<'g>(
    which: Option<&Dn>,
    among: &'g [(&'g HuntGroupName, &'g Dn)],
) -> Result<&'g HuntGroupName, String> {
    let pilots = || {
        let pilots: Vec<&str> = among.iter().map(|(_, pilot)| pilot.as_str()).collect();
        pilots.join(", ")
    };
    match (which, among) {
        (_, []) => Err("There is no such hunt group".to_owned()),
        (None, [(only, _)]) => Ok(*only),
        (None, _) => Err(format!("Say which hunt group: {}", pilots())),
        (Some(which), _) => {
            let by_pilot = among.iter().find(|(_, pilot)| *pilot == which);
            let place: Option<usize> = which.as_str().parse().ok();
            let by_place = place.and_then(|place| among.get(place.checked_sub(1)?));
            let found = by_pilot.or(by_place).map(|(name, _)| *name);
            found.ok_or_else(|| format!("{which} is none of the hunt groups {}", pilots()))
        }
    }
}

impl Pbx {
    /// The members of a group in the order of its list: those who stand there, and those who joined.
    pub(super) fn members_of(&self, group: &HuntGroupName) -> Vec<Member> {
        let list = self.site.hunt_groups.get(group).map(|group| &group.list);
        let slots = list.into_iter().flatten().enumerate();
        let members = slots.filter_map(|(slot, it)| {
            let (dn, is_dynamic) = match it {
                HuntSlot::Static(dn) => (dn, false),
                HuntSlot::Wildcard => (self.agents.at(group, slot)?, true),
            };
            Some(Member {
                slot,
                dn: dn.clone(),
                is_dynamic,
            })
        });
        members.collect()
    }

    /// Somebody at a phone takes a free place in a group (HG-4): the only one that has any, or the one with that pilot or
    /// at that place among them.
    pub(super) fn join_asked(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        (phone, line): (&PhoneName, Option<Dn>),
        which: Option<&Dn>,
    ) {
        match self.place_to_join(phone, line, which) {
            Ok((dn, group, slot)) => {
                let text = self.join(now, &dn, &group, slot, door);
                self.answer(asker, Ok(text));
            }
            Err(why) => self.answer(asker, Err(why)),
        }
    }

    /// The rule: who joins which group at which place, or why not.
    fn place_to_join(
        &self,
        phone: &PhoneName,
        line: Option<Dn>,
        which: Option<&Dn>,
    ) -> Result<(Dn, HuntGroupName, usize), Refusal> {
        if !self.class_at(phone).join_hunt_groups {
            return Err(Refusal::NotAllowed);
        }
        let dn = self.own_line(phone, line)?;
        let open = self.site.hunt_groups.iter();
        let open = open.filter(|(_, group)| group.has_wildcards());
        let open: Vec<(&HuntGroupName, &Dn)> = open
            .filter_map(|(name, group)| Some((name, group.pilots.first()?)))
            .collect();
        let name = meant(which, &open).map_err(Refusal::Conflict)?.clone();
        if self.agents.groups_of(&dn).any(|(group, _)| *group == name) {
            let text = format!("{dn} is in hunt group {name} already");
            return Err(Refusal::Conflict(text));
        }
        let list = self.site.hunt_groups.get(&name).map(|group| &group.list);
        let slots = list.into_iter().flatten().enumerate();
        let mut free = slots.filter(|(slot, it)| {
            **it == HuntSlot::Wildcard && self.agents.at(&name, *slot).is_none()
        });
        match free.next() {
            Some((slot, _)) => Ok((dn, name, slot)),
            None => {
                let text = format!("Hunt group {name} has no free place");
                Err(Refusal::Conflict(text))
            }
        }
    }

    fn join(
        &mut self,
        now: Now,
        dn: &Dn,
        group: &HuntGroupName,
        slot: usize,
        door: Door,
    ) -> String {
        let is_new = !self.agents.has(dn);
        self.agents.join(group, slot, dn);
        self.outcome.changes.push(Change::HuntPlaceSet {
            group: group.clone(),
            slot,
            dn: Some(dn.clone()),
        });
        self.record_membership(
            now,
            What::HuntJoined,
            dn,
            door,
            format!("{dn} has joined {group}"),
        );
        // Who joins wants to be called; who was not ready elsewhere stays so.
        if is_new {
            self.say_standing(now, dn, None);
        }
        self.show_members(now, dn);
        match self.is_ready(dn) {
            true => format!("Joined {group}"),
            false => format!("Joined {group}, not ready"),
        }
    }

    /// Somebody at a phone leaves a group that was joined there, or all of them (HG-4).
    pub(super) fn leave_groups_asked(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        (phone, line): (&PhoneName, Option<Dn>),
        which: Option<&Dn>,
    ) {
        let left = self.groups_to_leave(phone, line, which);
        let (dn, groups) = match left {
            Ok(left) => left,
            Err(why) => return self.answer(asker, Err(why)),
        };
        for group in &groups {
            self.leave_group(now, &dn, group, door);
        }
        let groups: Vec<&str> = groups.iter().map(HuntGroupName::as_str).collect();
        self.answer(asker, Ok(format!("Left {}", groups.join(", "))));
    }

    fn groups_to_leave(
        &self,
        phone: &PhoneName,
        line: Option<Dn>,
        which: Option<&Dn>,
    ) -> Result<(Dn, Vec<HuntGroupName>), Refusal> {
        let dn = self.own_line(phone, line)?;
        let joined = self.joined_by(&dn);
        let with_pilots = joined.iter().filter_map(|name| {
            let group = self.site.hunt_groups.get(name)?;
            Some((name, group.pilots.first()?))
        });
        let with_pilots: Vec<(&HuntGroupName, &Dn)> = with_pilots.collect();
        let groups = match which {
            _ if joined.is_empty() => {
                let text = match self.agents.has(&dn) {
                    true => format!("{dn} stands in the list of its groups, and cannot leave"),
                    false => format!("{dn} is in no hunt group"),
                };
                return Err(Refusal::Conflict(text));
            }
            None => joined.clone(),
            Some(_) => {
                let one = meant(which, &with_pilots).map_err(Refusal::Conflict)?;
                vec![one.clone()]
            }
        };
        match self.must_stay_in(&groups, std::slice::from_ref(&dn)) {
            Some(why) => Err(why),
            None => Ok((dn, groups)),
        }
    }

    /// The groups that a number has joined.
    fn joined_by(&self, dn: &Dn) -> Vec<HuntGroupName> {
        let groups = self.agents.groups_of(dn);
        let joined = groups.filter(|(_, joined)| *joined);
        joined.map(|(group, _)| group.clone()).collect()
    }

    fn leave_group(&mut self, now: Now, dn: &Dn, group: &HuntGroupName, door: Door) {
        let Some(slot) = self.agents.leave(group, dn) else {
            return;
        };
        self.outcome.changes.push(Change::HuntPlaceSet {
            group: group.clone(),
            slot,
            dn: None,
        });
        self.record_membership(
            now,
            What::HuntLeft,
            dn,
            door,
            format!("{dn} has left {group}"),
        );
        if !self.agents.has(dn) {
            self.say_standing(now, dn, None);
        }
        self.show_members(now, dn);
    }

    fn record_membership(&mut self, now: Now, what: What, dn: &Dn, door: Door, text: String) {
        let (user, phone) = self.whereabouts(dn);
        self.record(now, what, user.as_ref(), phone.as_ref(), door, text);
    }

    fn show_members(&mut self, now: Now, dn: &Dn) {
        let phones: Vec<PhoneName> = self.directory.phones_with(dn).cloned().collect();
        phones.into_iter().for_each(|phone| self.show_desk(phone));
        self.readiness_changed(now, dn);
    }

    /// The line of a phone that somebody dials on; none for the prime line.
    pub(super) fn own_line(&self, phone: &PhoneName, line: Option<Dn>) -> Result<Dn, Refusal> {
        let lines = self.lines_of(phone);
        let line = line.filter(|line| lines.contains(line));
        let line = line.or_else(|| lines.first().cloned());
        line.ok_or_else(|| Refusal::Conflict("This phone has no number".to_owned()))
    }

    /// The user at a phone wants to leave it, and the groups with it: not if callers wait for the last one (HG-7).
    pub(super) fn leave_with_groups(
        &mut self,
        now: Now,
        asker: Asker,
        phone: &PhoneName,
        door: Door,
    ) {
        let here = self.session_at(phone).is_some();
        let members = self.members_at(phone);
        let Some(why) = self.must_stay(&members).filter(|_| here) else {
            return self.leave(now, asker, phone, door);
        };
        let user = self.user_profile_at(phone).map(|(user, _)| user.clone());
        let text = format!("Logout at {phone} refused: {}", why.text());
        let what = What::LogoutRefused;
        self.record(now, what, user.as_ref(), Some(phone), door, text);
        self.answer(asker, Err(why));
    }

    /// Somebody has logged in at a phone: its members begin anew, ready unless their groups say otherwise. Who comes from
    /// another desk goes on as there; what made that desk quiet has ended with the session.
    pub(super) fn members_arrive(&mut self, now: Now, phone: &PhoneName, moves: bool) {
        let follows_quiet = self.quiet_is_not_ready();
        let profile = self.user_profile_at(phone).map(|(_, profile)| profile);
        let is_traditional = profile.is_some_and(|it| it.agent == Some(AgentKind::Traditional));
        for dn in self.members_at(phone) {
            let said = self.agents.standing(&dn).map(|standing| standing.is);
            let was_quiet = follows_quiet && said.is_some_and(Readiness::is_quiet);
            let is_elsewhere = self.directory.is_shared(&dn);
            if is_traditional && was_quiet {
                self.set_quiet(now, phone, true, Door::Timer);
            } else if moves && was_quiet {
                self.set_readiness(now, &dn, Readiness::Ready, Door::Timer);
            } else if !moves && !is_traditional && !is_elsewhere {
                self.say_standing(now, &dn, None);
            }
            self.readiness_changed(now, &dn);
        }
    }

    /// A session has ended, and its user has no other: the places that were joined are free again, but for those that are
    /// to be kept (HG-6), and what was said of the numbers is forgotten. A traditional agent finds all as it was left.
    pub(super) fn members_depart(&mut self, now: Now, user: &UserId) {
        let Some(config) = self.site.users.get(user) else {
            return;
        };
        if !self.sessions_of(user).is_empty() {
            return;
        }
        let profiles = config.profiles.iter();
        let profiles = profiles.filter_map(|name| self.site.user_profiles.get(name));
        let mut numbers = vec![config.dn.clone()];
        let mut is_traditional = false;
        for profile in profiles {
            is_traditional |= profile.agent == Some(AgentKind::Traditional);
            numbers.extend(profile.numbers().cloned());
        }
        numbers.sort();
        numbers.dedup();
        numbers.retain(|dn| self.agents.has(dn));
        for dn in numbers {
            if !is_traditional && self.is_only_theirs(user, &dn) {
                let mut left = self.joined_by(&dn);
                left.retain(|group| !self.site.keeps_joined(group));
                for group in left {
                    self.leave_group(now, &dn, &group, Door::Timer);
                }
                self.say_standing(now, &dn, None);
            }
            self.readiness_changed(now, &dn);
        }
    }

    /// Whose a number is, and where, as far as there is one answer.
    pub(super) fn whereabouts(&self, dn: &Dn) -> (Option<UserId>, Option<PhoneName>) {
        let phone = self.directory.phones_with(dn).next();
        let user = phone.and_then(|phone| self.user_profile_at(phone));
        (user.map(|(user, _)| user.clone()), phone.cloned())
    }

    /// A member is ready or not, or there or not, otherwise than before.
    pub(super) fn readiness_changed(&mut self, now: Now, dn: &Dn) {
        self.clock_member(now, dn);
        self.member_changed(dn);
    }

    /// A member is ready, or there, otherwise than before: those who wait may find it, and lamps of its groups show it.
    pub(super) fn member_changed(&mut self, dn: &Dn) {
        self.member_freed(dn);
        if self.lamps.is_watched() {
            for group in self.groups_around(dn) {
                let group = self.site.hunt_groups.get(&group);
                let pilots = group.into_iter().flat_map(|group| &group.pilots);
                pilots.for_each(|pilot| self.lamps.touch_if_watched(pilot));
            }
        }
    }

    /// The same of all lines of a phone.
    pub(super) fn members_changed(&mut self, phone: &PhoneName) {
        if self.agents.groups.is_empty() {
            return;
        }
        for dn in self.members_at(phone) {
            self.member_changed(&dn);
        }
    }

    /// The groups that a number is in, and those in whose lists these stand.
    pub(super) fn groups_around(&self, dn: &Dn) -> BTreeSet<HuntGroupName> {
        let mut around = BTreeSet::new();
        let mut numbers = vec![dn];
        for _ in 0..DEEPEST_NESTING {
            let groups = numbers.iter().flat_map(|dn| self.agents.groups_of(dn));
            let groups: Vec<&HuntGroupName> = groups.map(|(group, _)| group).collect();
            let configs = groups
                .iter()
                .filter_map(|it| self.site.hunt_groups.get(*it));
            numbers = configs.flat_map(|group| &group.pilots).collect();
            around.extend(groups.into_iter().cloned());
        }
        around
    }

    /// What there is to say about the members at a phone.
    pub(super) fn explain_members(&self, phone: &PhoneName) -> Vec<String> {
        let members = self.members_at(phone);
        let sentences = members.iter().flat_map(|dn| self.explain_member(dn));
        sentences.collect()
    }

    fn explain_member(&self, dn: &Dn) -> Vec<String> {
        let groups = self.agents.groups_of(dn).map(|(group, joined)| {
            let by = if joined { "joined" } else { "by its list" };
            format!("{group} ({by})")
        });
        let groups: Vec<String> = groups.collect();
        let mut sentences = vec![format!("{dn} is in hunt groups: {}.", groups.join(", "))];
        sentences.push(match self.agents.standing(dn) {
            _ if self.is_ready(dn) => format!("Hunt calls ring at {dn}."),
            Some(standing) if standing.is != Readiness::Ready => {
                let since = self.schedule.local(standing.since);
                format!(
                    "Hunt calls have passed {dn} by since {since}: {}.",
                    standing.is.why()
                )
            }
            _ if self.is_quiet_everywhere(dn) => {
                format!("Hunt calls pass {dn} by: nobody there is to be disturbed.")
            }
            _ => format!("Hunt calls pass {dn} by: members start logged out."),
        });
        let said = self.agents.standing(dn).map(|standing| standing.is);
        if let Some(Readiness::WrapUp { until }) = said {
            let until = self.schedule.local(until);
            sentences.push(format!("They ring there again at {until}."));
        }
        sentences.extend(self.explain_misses(dn));
        sentences
    }

    fn explain_misses(&self, dn: &Dn) -> Option<String> {
        let limits = self.agents.groups_of(dn).filter_map(|(name, joined)| {
            let group = self.site.hunt_groups.get(name)?;
            let auto = group.auto_logout?;
            let is_meant = after_miss(group, joined, true, u8::MAX) != AfterThat::Nothing;
            is_meant.then_some((auto.calls, name))
        });
        let (calls, group) = limits.min()?;
        if !self.is_one_persons(dn) {
            return Some(format!(
                "{dn} is at phones of several people: no missed call makes it not ready."
            ));
        }
        let missed = self.agents.misses.get(dn).copied().unwrap_or(0);
        Some(format!(
            "{missed} hunt calls in a row were missed at {dn}; {group} lets {calls} be missed."
        ))
    }

    /// Whether a number is at nobody else's phone.
    fn is_only_theirs(&self, user: &UserId, dn: &Dn) -> bool {
        let mut phones = self.directory.phones_with(dn);
        phones.all(|phone| {
            self.user_profile_at(phone)
                .is_some_and(|(id, _)| id == user)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: HG-4
    #[test]
    fn a_group_is_meant_by_its_pilot_or_by_its_place() {
        let (sales, support) = (HuntGroupName::from("sales"), HuntGroupName::from("support"));
        let (one, two) = (Dn::from("4200"), Dn::from("2"));
        let both = [(&sales, &one), (&support, &two)];
        type Case<'a> = (
            Option<&'a str>,
            &'a [(&'a HuntGroupName, &'a Dn)],
            Result<&'a str, &'a str>,
        );
        let table: [Case<'_>; 8] = [
            (None, &[], Err("There is no such hunt group")),
            (Some("1"), &[], Err("There is no such hunt group")),
            (None, &both[..1], Ok("sales")),
            (None, &both, Err("Say which hunt group: 4200, 2")),
            (Some("4200"), &both, Ok("sales")),
            (Some("1"), &both, Ok("sales")),
            // A pilot counts before a place.
            (Some("2"), &both, Ok("support")),
            (
                Some("3"),
                &both,
                Err("3 is none of the hunt groups 4200, 2"),
            ),
        ];
        for (which, among, expected) in table {
            let which = which.map(Dn::from);
            let found = meant(which.as_ref(), among).map(HuntGroupName::as_str);
            assert_eq!(
                found.map_err(|why| why.as_str().to_owned()),
                expected.map_err(str::to_owned),
                "{which:?}"
            );
        }
        assert!(meant(Some(&"0".into()), &both).is_err());
    }
}
