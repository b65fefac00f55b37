//! Members of hunt groups: whether they are ready for hunt calls, and why not.
//!
//! It belongs to a number, wherever that is. Who logs in begins anew; only a traditional agent finds it as it was left.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::action::Refusal;
use super::change::{Cause, Change, Door, Signal, What};
use super::class_of_service::AgentAnswer;
use super::event::{LegId, Ticket};
use super::hunt_group::{AfterMiss, AutoLogoutOf, HuntGroup, HuntGroupLogout, MissCounts};
use super::leaving::LeaveBy;
use super::login::Asker;
use super::membership::Member;
use super::names::{Dn, HuntGroupName, PhoneName};
use super::site::Site;
use super::{Pbx, Timer};
use crate::time::{Now, Utc};

/// How a member takes hunt calls, once somebody or something has said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// They ring there, even where members start logged out.
    Ready,
    /// They pass by: somebody there wants it so.
    Wish,
    /// They pass by: too many were missed (HG-3).
    Missed,
    /// They pass by: a supervisor wants it so.
    Supervisor,
    /// They pass by for a moment (HG-7).
    WrapUp {
        /// Until then.
        until: Utc,
    },
}

impl Readiness {
    /// Why hunt calls pass by, in words.
    pub(super) fn why(self) -> &'static str {
        match self {
            Readiness::Ready => "they ring there",
            Readiness::Wish => "somebody there wants it so",
            Readiness::Missed => "too many were missed",
            Readiness::Supervisor => "a supervisor wants it so",
            Readiness::WrapUp { .. } => "one was missed a moment ago",
        }
    }

    /// Whether the phone is quiet, too, where there is no key for this alone (HG-2).
    pub(super) fn is_quiet(self) -> bool {
        self != Readiness::Ready && !self.is_wrap_up()
    }

    fn is_wrap_up(self) -> bool {
        matches!(self, Readiness::WrapUp { .. })
    }
}

/// What was said, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What.
    pub is: Readiness,
    /// Since when.
    pub since: Utc,
}

/// Where somebody is ready for hunt calls, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadyAt {
    /// On all lines of a phone: somebody there says so.
    Phone(PhoneName),
    /// At a number: a supervisor says so.
    Number(Dn),
}

/// How a phone stands with the hunt groups that its lines are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HuntDuty {
    /// They are in none.
    #[default]
    Outside,
    /// Hunt calls ring there.
    Ready,
    /// Hunt calls pass by.
    NotReady,
}

/// What happened to a call to a hunt group. Each call begins, and then is answered, abandoned, passed on or picked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HuntNews {
    /// Somebody called the group.
    Began,
    /// The call waits in the queue.
    Queued,
    /// It rings at a member.
    Offered { dn: Dn },
    /// The member did not answer, or declined. In a parallel group that is said only if nobody answered (HG-3).
    Missed { dn: Dn },
    /// It rings there no more, and nobody there missed it: the caller gave up, another member answered, the phone was
    /// busy or is gone. Each offer is answered, missed or withdrawn.
    Withdrawn { dn: Dn },
    /// The member answered, after the caller had waited for so long.
    Answered { dn: Dn, waited: Duration },
    /// The caller hung up.
    Abandoned { waited: Duration },
    /// The call went to `final` or out of the queue, or was refused.
    PassedOn { waited: Duration },
    /// Somebody who was not rung picked it up.
    PickedUp { waited: Duration },
    /// The call that the member answered is over for it.
    Ended { dn: Dn, talked: Duration },
}

impl Site {
    /// Whether phones may have a key for hunt calls alone (HG-2).
    pub fn has_hunt_keys(&self) -> bool {
        let is_key = self.settings.hunt_group_logout == HuntGroupLogout::HLog;
        is_key && !self.hunt_groups.is_empty()
    }
}

impl HuntGroup {
    /// Whether a member is not ready before somebody says so (HG-5).
    fn starts_logged_out(&self, dn: &Dn) -> bool {
        self.members_logout && self.lists(dn)
    }
}

/// What a missed call leads to, if enough of them were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterThat {
    /// It does not count.
    Nothing,
    /// It counts, and there are too few as yet.
    Counted,
    /// This.
    Becomes(AfterMiss),
}

/// The rule (HG-3, HG-7): what follows when a member missed a call, the `missed`th in a row with this one.
pub(super) fn after_miss(
    group: &HuntGroup,
    is_dynamic: bool,
    is_external: bool,
    missed: u8,
) -> AfterThat {
    let counts = match group.counts {
        MissCounts::None => false,
        MissCounts::Any => true,
        MissCounts::External => is_external,
    };
    let Some(auto) = group.auto_logout.filter(|_| counts) else {
        return AfterThat::Nothing;
    };
    let is_meant = match auto.of {
        AutoLogoutOf::Both => true,
        AutoLogoutOf::Dynamic => is_dynamic,
        AutoLogoutOf::Static => !is_dynamic,
    };
    match is_meant {
        false => AfterThat::Nothing,
        true if missed < auto.calls => AfterThat::Counted,
        true => AfterThat::Becomes(group.after_miss),
    }
}

impl Pbx {
    /// Whether a member is ready. Where its phones are, and what they do, is looked at elsewhere; but a phone where nobody
    /// is to be disturbed is no place for hunt calls, even where calls may ring there without a sound.
    pub(super) fn takes_hunt_calls(&self, group: &HuntGroupName, dn: &Dn) -> bool {
        self.is_ready_in(group, dn) && !self.is_quiet_everywhere(dn)
    }

    fn is_ready_in(&self, group: &HuntGroupName, dn: &Dn) -> bool {
        match self.agents.standing(dn).map(|standing| standing.is) {
            Some(Readiness::Ready) => true,
            Some(_) => false,
            None => {
                let group = self.site.hunt_groups.get(group);
                !group.is_some_and(|group| group.starts_logged_out(dn))
            }
        }
    }

    pub(super) fn is_quiet_everywhere(&self, dn: &Dn) -> bool {
        let mut phones = self.directory.phones_with(dn).peekable();
        phones.peek().is_some() && phones.all(|phone| self.is_quiet(phone))
    }

    /// Whether hunt calls of any of its groups ring at a number.
    pub(super) fn is_ready(&self, dn: &Dn) -> bool {
        let mut groups = self.agents.groups_of(dn);
        groups.any(|(group, _)| self.takes_hunt_calls(group, dn))
    }

    /// The lines of a phone that are members of groups.
    pub(super) fn members_at(&self, phone: &PhoneName) -> Vec<Dn> {
        let mut lines = self.lines_of(phone);
        lines.retain(|dn| self.agents.has(dn));
        lines
    }

    /// How a phone stands with hunt calls.
    pub(super) fn hunting_at(&self, phone: &PhoneName) -> HuntDuty {
        let members = self.members_at(phone);
        match members.is_empty() {
            true => HuntDuty::Outside,
            false if self.is_quiet(phone) => HuntDuty::NotReady,
            false if members.iter().any(|dn| self.is_ready(dn)) => HuntDuty::Ready,
            false => HuntDuty::NotReady,
        }
    }

    /// Whether a phone has a key for hunt calls alone (HG-2).
    pub(super) fn has_hunt_key(&self, phone: &PhoneName) -> bool {
        self.hunt_mode() == HuntGroupLogout::HLog && !self.members_at(phone).is_empty()
    }

    /// Whether a phone where nobody is to be disturbed is not ready, and the other way round (HG-2).
    pub(super) fn quiet_is_not_ready(&self) -> bool {
        self.hunt_mode() == HuntGroupLogout::Dnd
    }

    fn hunt_mode(&self) -> HuntGroupLogout {
        self.site.settings.hunt_group_logout
    }

    /// A key of a phone, or a supervisor: hunt calls ring there from now on, or pass by; none: the other way round.
    pub(super) fn ready_wanted(
        &mut self,
        now: Now,
        (ticket, door): (Ticket, Door),
        at: ReadyAt,
        ready: Option<bool>,
    ) {
        let asker = Asker::Ticket(ticket);
        match at {
            ReadyAt::Phone(phone) => {
                self.phone_used(now, &phone, Signal::Key);
                self.ready_asked(now, (asker, door), &phone, None, ready);
            }
            ReadyAt::Number(dn) => self.ready_ordered(now, (asker, door), &dn, ready),
        }
    }

    /// A code: hunt calls ring on a line or on all lines of a phone from now on, or pass by.
    pub(super) fn ready_by_code(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        line: Option<Option<Dn>>,
    ) {
        let asker = Asker::Leg(leg);
        let line = line.map(|line| self.own_line(phone, line)).transpose();
        match line {
            Ok(line) => self.ready_asked(now, (asker, Door::Code), phone, line.as_ref(), None),
            Err(why) => self.answer(asker, Err(why)),
        }
    }

    /// Somebody at a phone is ready for hunt calls or is not: on one line, or on all of them. Who does not say which turns
    /// it round (HG-4).
    fn ready_asked(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        phone: &PhoneName,
        line: Option<&Dn>,
        ready: Option<bool>,
    ) {
        let mut members = self.members_at(phone);
        if let Some(line) = line {
            members.retain(|dn| dn == line);
        }
        if members.is_empty() {
            let text = match line {
                Some(line) => format!("{line} is in no hunt group"),
                None => "No line of this phone is in a hunt group".to_owned(),
            };
            return self.answer(asker, Err(Refusal::Conflict(text)));
        }
        let is_ready = !self.is_quiet(phone) && members.iter().any(|dn| self.is_ready(dn));
        let ready = ready.unwrap_or(!is_ready);
        if !ready && let Some(why) = self.must_stay(&members) {
            return self.answer(asker, Err(why));
        }
        if self.quiet_is_not_ready() && self.is_quiet(phone) == ready {
            self.set_quiet(now, phone, !ready, door);
        }
        // Where others have the number, too, one quiet phone does not make it not ready.
        let by_number = ready || !self.quiet_is_not_ready();
        let is_meant = |dn: &&Dn| by_number || self.is_one_persons(dn);
        let meant: Vec<Dn> = members.iter().filter(is_meant).cloned().collect();
        let is = if ready {
            Readiness::Ready
        } else {
            Readiness::Wish
        };
        for dn in &meant {
            self.set_readiness(now, dn, is, door);
        }
        self.answer(asker, Ok(words(&members, ready)));
    }

    /// A supervisor says whether a member is ready.
    fn ready_ordered(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        dn: &Dn,
        ready: Option<bool>,
    ) {
        if !self.agents.has(dn) {
            let why = Refusal::NotFound(format!("{dn} is in no hunt group"));
            return self.answer(asker, Err(why));
        }
        let ready = ready.unwrap_or(!self.is_ready(dn));
        let is = match ready {
            true => Readiness::Ready,
            false => Readiness::Supervisor,
        };
        self.set_readiness(now, dn, is, door);
        self.answer(asker, Ok(words(std::slice::from_ref(dn), ready)));
    }

    /// Why members may not be absent: callers wait, and nobody else is ready (HG-7).
    pub(super) fn must_stay(&self, members: &[Dn]) -> Option<Refusal> {
        let groups = members.iter().flat_map(|dn| self.agents.groups_of(dn));
        let groups: BTreeSet<&HuntGroupName> = groups.map(|(group, _)| group).collect();
        self.must_stay_in(groups, members)
    }

    /// The same in some of their groups.
    pub(super) fn must_stay_in<'g>(
        &self,
        groups: impl IntoIterator<Item = &'g HuntGroupName>,
        members: &[Dn],
    ) -> Option<Refusal> {
        groups.into_iter().find_map(|name| {
            let group = self.site.hunt_groups.get(name)?;
            if !group.last_agent_stays || self.calls_waiting(name) == 0 {
                return None;
            }
            let is_there = |dn: &Dn| self.directory.phones_with(dn).next().is_some();
            let is_ready = |dn: &Dn| is_there(dn) && self.takes_hunt_calls(name, dn);
            let all = self.members_of(name);
            let (own, others): (Vec<&Member>, Vec<&Member>) =
                all.iter().partition(|member| members.contains(&member.dn));
            let is_last = own.iter().any(|member| is_ready(&member.dn))
                && !others.iter().any(|member| is_ready(&member.dn));
            let text = format!("Calls wait in {name}, and nobody else is ready");
            is_last.then_some(Refusal::Conflict(text))
        })
    }

    /// Whether all phones of a number are one person's: else nobody can be said to have missed a call, or to be away.
    pub(super) fn is_one_persons(&self, dn: &Dn) -> bool {
        let phones = self.directory.phones_with(dn);
        let people: BTreeSet<&str> = phones
            .map(|phone| match self.user_profile_at(phone) {
                Some((user, _)) => user.as_str(),
                None => phone.as_str(),
            })
            .collect();
        people.len() <= 1
    }

    /// A member is ready from now on, or is not. Where there is no key for that, its phones are quiet with it (HG-2).
    pub(super) fn set_readiness(&mut self, now: Now, dn: &Dn, is: Readiness, door: Door) {
        self.agents.misses.remove(dn);
        let said = self.agents.standing(dn).map(|standing| standing.is);
        // What its groups say of it anyway needs no record.
        let is_usual = is == Readiness::Ready && self.is_usually_ready(dn);
        let says = (!is_usual).then_some(is);
        if said != says {
            self.say_standing(now, dn, says);
            let (what, text) = match is {
                Readiness::Ready => (What::AgentReady, format!("Hunt calls ring at {dn}")),
                is => {
                    let text = format!("Hunt calls pass {dn} by: {}", is.why());
                    (What::AgentNotReady, text)
                }
            };
            let (user, phone) = self.whereabouts(dn);
            self.record(now, what, user.as_ref(), phone.as_ref(), door, text);
        }
        let follows = self.quiet_is_not_ready() && !is.is_wrap_up();
        let phones: Vec<PhoneName> = self.directory.phones_with(dn).cloned().collect();
        for phone in phones {
            if follows && self.is_quiet(&phone) != is.is_quiet() {
                self.set_quiet(now, &phone, is.is_quiet(), door);
            } else if said != says {
                self.show_desk(phone);
            }
        }
        self.readiness_changed(now, dn);
    }

    /// Whether a member is ready of whom nobody has said anything.
    fn is_usually_ready(&self, dn: &Dn) -> bool {
        let groups = self.agents.groups_of(dn);
        let mut configs = groups.filter_map(|(name, _)| self.site.hunt_groups.get(name));
        configs.all(|group| !group.starts_logged_out(dn))
    }

    /// Writes down what was said of a member; none: what its groups say counts.
    pub(super) fn say_standing(&mut self, now: Now, dn: &Dn, is: Option<Readiness>) {
        let since = now.utc;
        let standing = is.map(|is| Standing { is, since });
        match standing {
            Some(standing) => drop(self.agents.standings.insert(dn.clone(), standing)),
            None if self.agents.standings.remove(dn).is_none() => return,
            None => {}
        }
        match is {
            Some(Readiness::WrapUp { until }) => {
                let until = now.uptime_at(until);
                self.deadlines.arm(Timer::WrapUp(dn.clone()), until);
            }
            _ => self.deadlines.disarm(&Timer::WrapUp(dn.clone())),
        }
        self.outcome.changes.push(Change::AgentSet {
            dn: dn.clone(),
            standing,
        });
    }

    /// A member is not ready because somebody lets nobody be disturbed, and the other way round, where that is one (HG-2).
    pub(super) fn members_follow_quiet(
        &mut self,
        now: Now,
        phone: &PhoneName,
        quiet: bool,
        door: Door,
    ) {
        if !self.quiet_is_not_ready() {
            return;
        }
        for dn in self.members_at(phone) {
            let said = self.agents.standing(&dn).map(|standing| standing.is);
            let is_quiet = said.is_some_and(Readiness::is_quiet);
            if quiet && !is_quiet && self.is_quiet_everywhere(&dn) {
                self.set_readiness(now, &dn, Readiness::Wish, door);
            } else if !quiet && is_quiet {
                self.set_readiness(now, &dn, Readiness::Ready, door);
            }
        }
    }

    /// A member has been left alone for long enough.
    pub(super) fn wrap_up_over(&mut self, now: Now, dn: &Dn) {
        let said = self.agents.standing(dn);
        if said.is_some_and(|standing| standing.is.is_wrap_up()) {
            self.set_readiness(now, dn, Readiness::Ready, Door::Timer);
        }
    }

    /// Something happened to a call to a group.
    pub(super) fn hunt_told(
        &mut self,
        now: Now,
        group: &HuntGroupName,
        is_external: bool,
        news: &HuntNews,
    ) {
        self.count_hunt(now, group, news);
        match news {
            HuntNews::Missed { dn } => self.hunt_call_missed(now, group, is_external, dn),
            HuntNews::Answered { dn, .. } => drop(self.agents.misses.remove(dn)),
            _ => {}
        }
    }

    fn hunt_call_missed(&mut self, now: Now, group: &HuntGroupName, is_external: bool, dn: &Dn) {
        let is_dynamic = self.agents.has_joined(group, dn);
        let missed = self.agents.misses.get(dn).copied().unwrap_or(0);
        let missed = missed.saturating_add(1);
        let Some(config) = self.site.hunt_groups.get(group) else {
            return;
        };
        let wrap_up = Duration::from_secs(config.wrap_up_s.into());
        let verdict = match self.agent_answer_of(dn) {
            AgentAnswer::Usual => after_miss(config, is_dynamic, is_external, missed),
            AgentAnswer::NotReadyAfterMiss => AfterThat::Becomes(AfterMiss::NotReady),
        };
        if verdict == AfterThat::Nothing || !self.agents.has(dn) || !self.is_one_persons(dn) {
            return;
        }
        tracing::info!(%group, %dn, missed, ?verdict, "hunt call missed");
        self.agents.misses.insert(dn.clone(), missed);
        let is = match verdict {
            AfterThat::Nothing | AfterThat::Counted | AfterThat::Becomes(AfterMiss::Stay) => return,
            AfterThat::Becomes(AfterMiss::WrapUp) => Readiness::WrapUp {
                until: now.utc.plus(wrap_up),
            },
            AfterThat::Becomes(AfterMiss::NotReady | AfterMiss::LoggedOff) => Readiness::Missed,
        };
        self.set_readiness(now, dn, is, Door::Timer);
        if verdict == AfterThat::Becomes(AfterMiss::LoggedOff) {
            self.log_off_agent(now, dn);
        }
    }

    /// What the class of whoever has a number says of calls that are not answered.
    fn agent_answer_of(&self, dn: &Dn) -> AgentAnswer {
        let phone = self.directory.phones_with(dn).next();
        phone.map_or(AgentAnswer::Usual, |phone| {
            self.class_at(phone).agent_answer
        })
    }

    /// Whoever has a number is logged out of the phone, as soon as that is idle: unless nothing may do so automatically.
    fn log_off_agent(&mut self, now: Now, dn: &Dn) {
        let phones: Vec<PhoneName> = self.directory.phones_with(dn).cloned().collect();
        for phone in phones {
            let Some(id) = self.session_at(&phone) else {
                continue;
            };
            let by = LeaveBy::Perch(Cause::Missed);
            self.leave_soon(now, id, by, (Cause::Missed, Door::Timer));
        }
    }

    /// What the store remembers. Places that there are not any more, and what was said of numbers that are no members, are
    /// forgotten.
    pub(super) fn remember_agents(
        &mut self,
        now: Now,
        standings: Vec<(Dn, Standing)>,
        places: Vec<(HuntGroupName, usize, Dn)>,
    ) {
        for (group, slot, dn) in places {
            let slots = self.agents.joined.entry(group).or_default();
            slots.insert(slot, dn);
        }
        for (dn, standing) in standings {
            if let Readiness::WrapUp { until } = standing.is {
                let until = now.uptime_at(until);
                self.deadlines.arm(Timer::WrapUp(dn.clone()), until);
            }
            self.agents.standings.insert(dn, standing);
        }
        self.review_agents(now);
        let members: Vec<Dn> = self.agents.groups.keys().cloned().collect();
        members.iter().for_each(|dn| self.clock_member(now, dn));
    }

    /// Another site: what was said of numbers that are no members any more is forgotten.
    pub(super) fn review_agents(&mut self, now: Now) {
        let site = std::sync::Arc::clone(&self.site);
        let directory = &self.directory;
        let is_known = |dn: &Dn| directory.holder(dn).is_some();
        for (group, slot, dn) in self.agents.list(&site, is_known) {
            tracing::info!(%group, %dn, "the hunt group has no free place for it any more");
            self.outcome.changes.push(Change::HuntPlaceSet {
                group,
                slot,
                dn: None,
            });
        }
        let agents = &self.agents;
        let gone = agents.standings.keys().filter(|dn| !agents.has(dn));
        let gone: Vec<Dn> = gone.cloned().collect();
        for dn in gone {
            self.say_standing(now, &dn, None);
        }
        let agents = &mut self.agents;
        agents.misses.retain(|dn, _| agents.groups.contains_key(dn));
    }
}

/// What is said to whoever asked.
fn words(members: &[Dn], ready: bool) -> String {
    let members: Vec<&str> = members.iter().map(Dn::as_str).collect();
    let members = members.join(", ");
    match ready {
        true => format!("Ready: hunt calls ring at {members}"),
        false => format!("Not ready: hunt calls pass {members} by"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::hunt_group::AutoLogout;

    fn group(auto: Option<(u8, AutoLogoutOf)>, counts: MissCounts) -> HuntGroup {
        HuntGroup {
            auto_logout: auto.map(|(calls, of)| AutoLogout { calls, of }),
            counts,
            ..HuntGroup::at("4200")
        }
    }

    /// rules: HG-3, HG-7
    #[test]
    fn missed_calls_count_by_whose_they_are_and_where_from() {
        use AfterThat::{Becomes, Counted, Nothing};
        use AutoLogoutOf::{Both, Dynamic, Static};
        let becomes = Becomes(AfterMiss::NotReady);
        let any = MissCounts::Any;
        // The group; who joined, who calls from outside, which one it is in a row.
        let table = [
            (group(None, any), (false, true, 9), Nothing),
            (group(Some((1, Both)), any), (false, false, 1), becomes),
            (group(Some((1, Both)), any), (true, false, 1), becomes),
            (group(Some((3, Both)), any), (false, false, 2), Counted),
            (group(Some((3, Both)), any), (false, false, 3), becomes),
            (group(Some((20, Both)), any), (false, false, 19), Counted),
            (group(Some((20, Both)), any), (false, false, 20), becomes),
            (group(Some((1, Dynamic)), any), (false, false, 1), Nothing),
            (group(Some((1, Dynamic)), any), (true, false, 1), becomes),
            (group(Some((1, Static)), any), (false, false, 1), becomes),
            (group(Some((1, Static)), any), (true, false, 1), Nothing),
            (
                group(Some((1, Both)), MissCounts::None),
                (false, true, 1),
                Nothing,
            ),
            (
                group(Some((1, Both)), MissCounts::External),
                (false, false, 1),
                Nothing,
            ),
            (
                group(Some((1, Both)), MissCounts::External),
                (false, true, 1),
                becomes,
            ),
        ];
        for (group, (is_dynamic, is_external, missed), expected) in table {
            let verdict = after_miss(&group, is_dynamic, is_external, missed);
            let (auto, counts) = (group.auto_logout, group.counts);
            assert_eq!(
                verdict, expected,
                "{auto:?} {counts:?} {is_dynamic} {is_external} {missed}"
            );
        }
    }
}
