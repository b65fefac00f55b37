//! In which order members of hunt groups are offered a call, at which phones, and for how long (HG-1).

use std::collections::HashMap;
use std::time::Duration;

use super::hunt_group::{HuntKind, PresentCall};
use super::membership::Member;
use super::names::Dn;
use super::phone::InUse;

/// Since when numbers are idle.
#[derive(Debug, Default)]
pub(super) struct IdleTimes(HashMap<Dn, Idle>);

/// Since when a number is (uptime).
#[derive(Clone, Copy, Debug, Default)]
struct Idle {
    /// Since its last call, or since it came.
    used: Duration,
    /// Since it rang last.
    rang: Duration,
}

impl IdleTimes {
    /// Somebody used a number.
    pub fn used(&mut self, uptime: Duration, dn: &Dn) {
        self.0.entry(dn.clone()).or_default().used = uptime;
    }

    /// A number was rung.
    pub fn rang(&mut self, uptime: Duration, dn: &Dn) {
        self.0.entry(dn.clone()).or_default().rang = uptime;
    }

    /// Since when a number is idle; one of which nothing is known, the longest.
    pub fn since(&self, dn: &Dn, from_ring: bool) -> Duration {
        let idle = self.0.get(dn).copied().unwrap_or_default();
        match from_ring {
            true => idle.used.max(idle.rang),
            false => idle.used,
        }
    }

    /// Forgets all numbers but those.
    pub fn retain(&mut self, is_known: impl Fn(&Dn) -> bool) {
        self.0.retain(|dn, _| is_known(dn));
    }
}

/// The rule: in which order members are offered a call.
pub(super) fn in_order(
    kind: HuntKind,
    mut members: Vec<Member>,
    last: Option<&Dn>,
    idle_since: impl Fn(&Dn) -> Duration,
) -> Vec<Member> {
    match kind {
        HuntKind::Sequential | HuntKind::Parallel => {}
        // From the place after the one that rang last, answered or not, as ephone-hunt has it.
        HuntKind::Peer => {
            let is_last = |member: &Member| Some(&member.dn) == last;
            if let Some(place) = members.iter().position(is_last) {
                let after = (place + 1) % members.len();
                members.rotate_left(after);
            }
        }
        // Among those who have been idle for as long, the list decides.
        HuntKind::LongestIdle => members.sort_by_key(|member| idle_since(&member.dn)),
    }
    members
}

/// The rule: whether a call is presented at a phone that is in use like that.
pub(super) fn presents(present_call: PresentCall, in_use: InUse, is_off_hook: bool) -> bool {
    match present_call {
        PresentCall::Usual => true,
        PresentCall::OnhookPhone => in_use != InUse::Active && !is_off_hook,
        PresentCall::IdlePhone => in_use == InUse::Idle && !is_off_hook,
    }
}

/// The rule: for how long a member rings, if the call has rung for `rang_for` and may for so many seconds. None: not at
/// all.
pub(super) fn hop_limit(
    hop: Duration,
    most_s: Option<u32>,
    rang_for: Duration,
) -> Option<Duration> {
    let Some(most_s) = most_s else {
        return Some(hop);
    };
    let left = Duration::from_secs(most_s.into()).saturating_sub(rang_for);
    (!left.is_zero()).then(|| hop.min(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(numbers: &[&str]) -> Vec<Member> {
        let member = |(slot, dn): (usize, &&str)| Member {
            slot,
            dn: (*dn).into(),
            is_dynamic: false,
        };
        numbers.iter().enumerate().map(member).collect()
    }

    fn order(kind: HuntKind, last: Option<&str>, idle_since: &[(&str, u64)]) -> String {
        let since = |dn: &Dn| {
            let stamp = idle_since.iter().find(|(it, _)| *it == dn.as_str());
            Duration::from_secs(stamp.map_or(0, |(_, at)| *at))
        };
        let last = last.map(Dn::from);
        let order = in_order(kind, members(&["1", "2", "3"]), last.as_ref(), since);
        order.iter().map(|member| member.dn.as_str()).collect()
    }

    /// rules: HG-1
    #[test]
    fn each_kind_has_its_own_order() {
        let idle = [("1", 30), ("2", 10), ("3", 20)];
        let table = [
            (HuntKind::Sequential, None, "123"),
            (HuntKind::Sequential, Some("1"), "123"),
            (HuntKind::Parallel, Some("1"), "123"),
            (HuntKind::Peer, None, "123"),
            (HuntKind::Peer, Some("1"), "231"),
            (HuntKind::Peer, Some("2"), "312"),
            (HuntKind::Peer, Some("3"), "123"),
            // Whoever rang last has left the list.
            (HuntKind::Peer, Some("9"), "123"),
            (HuntKind::LongestIdle, Some("2"), "231"),
        ];
        for (kind, last, expected) in table {
            assert_eq!(order(kind, last, &idle), expected, "{kind:?} {last:?}");
        }
        assert_eq!(order(HuntKind::LongestIdle, None, &[]), "123");
        assert_eq!(order(HuntKind::LongestIdle, None, &[("1", 5)]), "231");
        let nobody = in_order(HuntKind::Peer, Vec::new(), None, |_| Duration::ZERO);
        assert_eq!(nobody, []);
    }

    /// rules: HG-1
    #[test]
    fn a_call_is_presented_where_the_group_says() {
        let held = InUse::HeldOnly {
            since: Duration::ZERO,
        };
        // Idle, ringing, holding, talking; then idle with the handset up.
        let table = [
            (PresentCall::Usual, [true, true, true, true], true),
            (PresentCall::OnhookPhone, [true, true, true, false], false),
            (PresentCall::IdlePhone, [true, false, false, false], false),
        ];
        for (present_call, expected, off_hook) in table {
            let uses = [InUse::Idle, InUse::Ringing, held, InUse::Active];
            let presented = uses.map(|in_use| presents(present_call, in_use, false));
            assert_eq!(presented, expected, "{present_call:?}");
            assert_eq!(presents(present_call, InUse::Idle, true), off_hook);
        }
    }

    /// rules: HG-1
    #[test]
    fn a_call_rings_no_longer_than_it_may_all_in_all() {
        let table = [
            (None, 500, Some(10)),
            (Some(60), 0, Some(10)),
            (Some(60), 55, Some(5)),
            (Some(60), 60, None),
            (Some(60), 70, None),
        ];
        for (most_s, rang_for, expected) in table {
            let limit = hop_limit(
                Duration::from_secs(10),
                most_s,
                Duration::from_secs(rang_for),
            );
            assert_eq!(
                limit.map(|it| it.as_secs()),
                expected,
                "{most_s:?} {rang_for}"
            );
        }
    }

    #[test]
    fn a_number_is_idle_since_it_was_used_or_also_since_it_rang() {
        let mut times = IdleTimes::default();
        times.used(Duration::from_secs(5), &"1".into());
        times.rang(Duration::from_secs(9), &"1".into());
        let since = |dn: &str, from_ring| times.since(&dn.into(), from_ring).as_secs();
        assert_eq!((since("1", false), since("1", true)), (5, 9));
        assert_eq!(since("2", true), 0);
        times.retain(|dn| dn.as_str() != "1");
        assert_eq!(times.since(&"1".into(), true), Duration::ZERO);
    }
}
