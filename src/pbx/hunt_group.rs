//! Hunt groups, as an administrator says them: numbers that look for somebody who answers (HG-1).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::names::{Dn, HuntGroupName};
use super::site::Site;

/// A list has so many places at most.
pub const MOST_HUNT_SLOTS: usize = 100;

/// A group may have so many pilots.
pub const MOST_PILOTS: usize = 10;

/// A group may stand in the list of another, and that one in the list of a third: so many, one in the other.
pub const DEEPEST_NESTING: usize = 4;

/// A queue may be so long.
pub const LONGEST_QUEUE: u32 = 500;

/// How long a member rings, if nobody says otherwise, in seconds.
pub const USUAL_HOP_S: u32 = 15;

/// How long a member is left alone after a missed call, if nobody says otherwise, in seconds.
pub const USUAL_WRAP_UP_S: u32 = 30;

/// A hunt group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HuntGroup {
    /// The numbers that are called; each has the same treatment.
    pub pilots: Vec<Dn>,
    /// What callers and members see.
    pub display_name: String,
    /// Who is offered a call, and in which order.
    pub kind: HuntKind,
    /// The members.
    pub list: Vec<HuntSlot>,
    /// How long a member rings, in seconds: one value, or one for each place of the list.
    pub timeout_s: Vec<u32>,
    /// How many members one call is offered to at most. None: all.
    pub hops: Option<u32>,
    /// How long a call is offered to members all in all, in seconds. None: for as long as it takes.
    pub max_timeout_s: Option<u32>,
    /// Where a call goes that no member has answered.
    pub final_to: Option<Dn>,
    /// Which phones a call is offered at.
    pub present_call: PresentCall,
    /// Whether somebody who was only rung counts as used, when the one is looked for who has been idle longest.
    pub from_ring: bool,
    /// After how many missed calls a member is not rung any more. None: never (HG-3).
    pub auto_logout: Option<AutoLogout>,
    /// Which calls count as missed (HG-7).
    pub counts: MissCounts,
    /// What a member is who missed that many (HG-7).
    pub after_miss: AfterMiss,
    /// How long a member is left alone, where that is what follows, in seconds.
    pub wrap_up_s: u32,
    /// Whether static members start logged out (HG-5).
    pub members_logout: bool,
    /// Whether the last member who is ready may not leave while calls wait (HG-7).
    pub last_agent_stays: bool,
    /// Where callers wait while no member is free. None: they do not.
    pub queue: Option<HuntQueue>,
    /// Whether statistics are kept (HG-5).
    pub statistics: bool,
    /// What becomes of places that were joined when whoever took them logs out (HG-6). None: what the site says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at_logout: Option<JoinedAtLogout>,
    /// Whose name a caller sees once a member has answered. None: what the site says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_name: Option<ConnectedName>,
}

/// Who is offered a call, and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HuntKind {
    /// From the left, always.
    #[default]
    Sequential,
    /// From the place after the member that rang last.
    Peer,
    /// Whoever has been idle longest, first.
    LongestIdle,
    /// All at once.
    Parallel,
}

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HuntSlot {
    /// A number, or the pilot of another group.
    Static(Dn),
    /// Room for somebody who joins.
    Wildcard,
}

/// Which phones a call is offered at, besides that its member is ready and its line takes calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresentCall {
    /// At those that any call to the member would ring at.
    Usual,
    /// At those where nobody talks or dials.
    OnhookPhone,
    /// At those where there is no call at all.
    #[default]
    IdlePhone,
}

/// When members are not rung any more who do not answer (HG-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoLogout {
    /// After so many missed calls in a row, 1–20.
    pub calls: u8,
    /// Whose.
    pub of: AutoLogoutOf,
}

/// Which members that is true of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutoLogoutOf {
    /// All.
    #[default]
    Both,
    /// Those who joined.
    Dynamic,
    /// Those who stand in the list.
    Static,
}

/// Which calls count as missed (HG-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissCounts {
    /// None.
    None,
    /// All.
    #[default]
    Any,
    /// Those from outside.
    External,
}

/// What a member is who missed too many calls (HG-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterMiss {
    /// As before.
    Stay,
    /// Not ready for a while.
    WrapUp,
    /// Not ready.
    #[default]
    NotReady,
    /// Logged out of the phone.
    LoggedOff,
}

/// What becomes of places that were joined when whoever took them logs out (HG-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinedAtLogout {
    /// They are free for others.
    #[default]
    Leave,
    /// They are kept for the number, and passed by until somebody is logged in with it.
    Keep,
}

/// Whose name a caller of a group sees once a member has answered; while it rings, it is the group's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectedName {
    /// The member's.
    #[default]
    Member,
    /// The group's: nobody outside learns who answers.
    Group,
}

/// Where callers wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HuntQueue {
    /// For so many.
    pub length: u32,
    /// For so long, in seconds.
    pub max_wait_s: u32,
    /// Where they go who find it full or waited for so long. None: to the group's `final`.
    pub overflow_to: Option<Dn>,
    /// How often a tone says that the call still waits, in seconds. 0: never.
    pub announce_every_s: u32,
}

impl HuntGroup {
    /// A group with that pilot, of which nothing else is said.
    pub fn at(pilot: &str) -> HuntGroup {
        HuntGroup {
            pilots: vec![pilot.into()],
            display_name: String::new(),
            kind: HuntKind::default(),
            list: Vec::new(),
            timeout_s: vec![USUAL_HOP_S],
            hops: None,
            max_timeout_s: None,
            final_to: None,
            present_call: PresentCall::default(),
            from_ring: false,
            auto_logout: None,
            counts: MissCounts::default(),
            after_miss: AfterMiss::default(),
            wrap_up_s: USUAL_WRAP_UP_S,
            members_logout: false,
            last_agent_stays: false,
            queue: None,
            statistics: true,
            joined_at_logout: None,
            connected_name: None,
        }
    }

    /// How long the member at a place of the list rings.
    pub fn rings_for(&self, slot: usize) -> Duration {
        let each = self.timeout_s.get(slot).or(self.timeout_s.first());
        let seconds = each.copied().unwrap_or(USUAL_HOP_S).max(1);
        Duration::from_secs(seconds.into())
    }

    /// Whether anybody may join.
    pub fn has_wildcards(&self) -> bool {
        self.list.contains(&HuntSlot::Wildcard)
    }

    /// Whether a number stands in the list.
    pub fn lists(&self, dn: &Dn) -> bool {
        let is_it = |slot: &HuntSlot| matches!(slot, HuntSlot::Static(listed) if listed == dn);
        self.list.iter().any(is_it)
    }

    /// Where calls go for which there is no room, or no more time, in the queue.
    pub fn overflow_to(&self) -> Option<&Dn> {
        let own = self.queue.as_ref().and_then(|it| it.overflow_to.as_ref());
        own.or(self.final_to.as_ref())
    }
}

/// Whether agents who do not answer are in do-not-disturb, too (HG-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HuntGroupLogout {
    /// Their phones are, and have no key for it.
    #[default]
    Dnd,
    /// Hunt calls pass them by, and other calls ring; phones have a key.
    HLog,
}

impl HuntGroupLogout {
    /// As the site file writes it.
    pub fn word(self) -> &'static str {
        match self {
            HuntGroupLogout::Dnd => "DND",
            HuntGroupLogout::HLog => "HLog",
        }
    }

    /// What a word of the site file means.
    pub fn named(word: &str) -> Option<HuntGroupLogout> {
        let all = [HuntGroupLogout::Dnd, HuntGroupLogout::HLog];
        all.into_iter()
            .find(|it| it.word().eq_ignore_ascii_case(word))
    }
}

/// A setting of a group that has a word for each of its values.
macro_rules! words {
    ($name:ident: $($value:ident = $word:literal),+) => {
        impl $name {
            /// Every value.
            pub const ALL: &[$name] = &[$($name::$value),+];

            /// As the site file writes it.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$value => $word),+
                }
            }

            /// What a word of the site file means.
            pub fn named(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|it| it.word() == word)
            }
        }
    };
}

words!(HuntKind: Sequential = "sequential", Peer = "peer", LongestIdle = "longest-idle", Parallel = "parallel");
words!(PresentCall: Usual = "usual", OnhookPhone = "onhook-phone", IdlePhone = "idle-phone");
words!(AutoLogoutOf: Both = "both", Dynamic = "dynamic", Static = "static");
words!(MissCounts: None = "none", Any = "any", External = "external");
words!(JoinedAtLogout: Leave = "leave", Keep = "keep");
words!(ConnectedName: Member = "member", Group = "group");
words!(AfterMiss: Stay = "stay", WrapUp = "wrap-up", NotReady = "not-ready", LoggedOff = "logged-off");

impl Site {
    /// Whether a number keeps the place that it joined in a group when its user logs out (HG-6).
    pub fn keeps_joined(&self, group: &HuntGroupName) -> bool {
        let own = self
            .hunt_groups
            .get(group)
            .and_then(|it| it.joined_at_logout);
        own.unwrap_or(self.settings.hunt_joined_at_logout) == JoinedAtLogout::Keep
    }

    /// Whose name callers of a group see once a member has answered.
    pub fn connected_name(&self, group: &HuntGroupName) -> ConnectedName {
        let own = self.hunt_groups.get(group).and_then(|it| it.connected_name);
        own.unwrap_or(self.settings.hunt_connected_name)
    }

    /// The hunt group that a number is a pilot of.
    pub fn hunt_group_of(&self, pilot: &Dn) -> Option<(&HuntGroupName, &HuntGroup)> {
        let mut groups = self.hunt_groups.iter();
        groups.find(|(_, group)| group.pilots.contains(pilot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(timeout_s: &[u32]) -> HuntGroup {
        HuntGroup {
            timeout_s: timeout_s.to_vec(),
            ..HuntGroup::at("4200")
        }
    }

    /// rules: HG-1
    #[test]
    fn a_member_rings_for_as_long_as_its_place_says() {
        let table: [(&[u32], usize, u64); 4] = [
            (&[10], 0, 10),
            (&[10], 1, 10),
            (&[10, 20], 1, 20),
            (&[], 0, 15),
        ];
        for (timeout_s, slot, seconds) in table {
            let lasts = group(timeout_s).rings_for(slot);
            assert_eq!(lasts, Duration::from_secs(seconds), "{timeout_s:?} {slot}");
        }
    }

    #[test]
    fn every_word_means_what_it_stands_for() {
        assert_eq!(HuntKind::named("longest-idle"), Some(HuntKind::LongestIdle));
        assert_eq!(HuntKind::named("Peer"), None);
        for kind in HuntKind::ALL {
            assert_eq!(HuntKind::named(kind.word()), Some(*kind));
        }
        assert_eq!(HuntGroupLogout::named("hlog"), Some(HuntGroupLogout::HLog));
    }
}
