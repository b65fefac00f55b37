//! Members of hunt groups: who they are, and who is ready.

use super::Pbx;
use super::hunt_group::HuntSlot;
use super::names::{Dn, HuntGroupName};
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
    Answered { dn: Dn, waited: std::time::Duration },
    /// The caller hung up.
    Abandoned { waited: std::time::Duration },
    /// The call went to `final` or out of the queue, or was refused.
    PassedOn { waited: std::time::Duration },
    /// Somebody who was not rung picked it up.
    PickedUp { waited: std::time::Duration },
    /// The call that the member answered is over for it.
    Ended { dn: Dn, talked: std::time::Duration },
}

impl Pbx {
    /// The members of a group in the order of its list: those who stand there, and those who joined.
    pub(super) fn members_of(&self, group: &HuntGroupName) -> Vec<Member> {
        let list = self.site.hunt_groups.get(group).map(|group| &group.list);
        let slots = list.into_iter().flatten().enumerate();
        let listed = slots.filter_map(|(slot, it)| match it {
            HuntSlot::Static(dn) => Some(Member {
                slot,
                dn: dn.clone(),
                is_dynamic: false,
            }),
            HuntSlot::Wildcard => None,
        });
        listed.collect()
    }

    /// Whether a member is ready. Where its phones are, and what they do, is looked at elsewhere.
    pub(super) fn takes_hunt_calls(&self, _group: &HuntGroupName, _dn: &Dn) -> bool {
        true
    }

    /// Something happened to a call to a group.
    pub(super) fn hunt_told(
        &mut self,
        _now: Now,
        group: &HuntGroupName,
        is_external: bool,
        news: &HuntNews,
    ) {
        tracing::debug!(%group, is_external, ?news, "hunt");
    }
}
