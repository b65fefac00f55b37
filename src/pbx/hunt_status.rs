//! How hunt groups stand: who is in them and ready, how many wait, and what was counted since the start.

use std::time::Duration;

use super::Pbx;
use super::agent::Readiness;
use super::hunt_group::HuntKind;
use super::hunt_statistics::HuntCounts;
use super::names::{Dn, HuntGroupName, PhoneName, UserId};
use crate::time::{Now, Utc};

/// A hunt group, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuntStatus {
    /// Which one.
    pub group: HuntGroupName,
    /// The numbers that are called.
    pub pilots: Vec<Dn>,
    /// Who is offered a call, and in which order.
    pub kind: HuntKind,
    /// Callers who wait for somebody to be free.
    pub waiting: usize,
    /// How long whoever came first of them has waited.
    pub longest_wait: Option<Duration>,
    /// Its members, in the order of the list.
    pub members: Vec<HuntMember>,
    /// What happened since the start of the server.
    pub counts: HuntCounts,
}

/// A member of a hunt group, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuntMember {
    /// The number.
    pub dn: Dn,
    /// Whether it has joined; else it stands in the list.
    pub has_joined: bool,
    /// Whose it is there, if anybody is logged in with it.
    pub user: Option<UserId>,
    /// Where it is; none: nowhere, and hunt calls pass it by.
    pub phone: Option<PhoneName>,
    /// Whether hunt calls ring there.
    pub is_ready: bool,
    /// Why not, if somebody or something said so, and since when.
    pub why: Option<(&'static str, Utc)>,
}

impl HuntStatus {
    /// How many members are ready and somewhere.
    pub fn ready(&self) -> usize {
        let ready = self.members.iter();
        ready.filter(|it| it.is_ready && it.phone.is_some()).count()
    }
}

impl Pbx {
    /// How every hunt group stands.
    pub(super) fn hunt_statuses(&self, now: Now) -> Vec<HuntStatus> {
        let groups = self.site.hunt_groups.iter();
        let statuses = groups.map(|(name, group)| {
            let members = self.members_of(name).into_iter();
            HuntStatus {
                group: name.clone(),
                pilots: group.pilots.clone(),
                kind: group.kind,
                waiting: self.calls_waiting(name),
                longest_wait: self.longest_wait(now, name),
                members: members
                    .map(|it| self.hunt_member(name, it.dn, it.is_dynamic))
                    .collect(),
                counts: self.hunt_statistics.total(name),
            }
        });
        statuses.collect()
    }

    fn hunt_member(&self, group: &HuntGroupName, dn: Dn, has_joined: bool) -> HuntMember {
        let (user, phone) = self.whereabouts(&dn);
        let said = self.agents.standing(&dn);
        let said = said.filter(|standing| standing.is != Readiness::Ready);
        HuntMember {
            has_joined,
            user,
            phone,
            is_ready: self.takes_hunt_calls(group, &dn),
            why: said.map(|standing| (standing.is.why(), standing.since)),
            dn,
        }
    }
}
