//! What is counted of hunt groups.

use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::{Gauge64, gauge};
use crate::pbx::HuntStatus;

/// By the name of the group. There are as many as the site has.
type ByGroup = Family<[(&'static str, String); 1], Gauge64>;

/// What is counted of hunt groups.
#[derive(Debug, Default)]
pub struct HuntMetrics {
    waiting: ByGroup,
    longest_wait: ByGroup,
    members: ByGroup,
    ready: ByGroup,
    calls: ByGroup,
    offered: ByGroup,
    answered: ByGroup,
    missed: ByGroup,
    abandoned: ByGroup,
    queued: ByGroup,
    passed_on: ByGroup,
    picked_up: ByGroup,
    waited: ByGroup,
    talked: ByGroup,
}

impl HuntMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, family) in [
            (
                "hunt_waiting",
                "Callers who wait for a member of a hunt group",
                &self.waiting,
            ),
            (
                "hunt_longest_wait_milliseconds",
                "How long whoever waits in a hunt group and came first has waited",
                &self.longest_wait,
            ),
            ("hunt_members", "Members of a hunt group", &self.members),
            (
                "hunt_ready",
                "Members of a hunt group at whose phones its calls ring",
                &self.ready,
            ),
            (
                "hunt_calls",
                "Calls to a hunt group since the start",
                &self.calls,
            ),
            (
                "hunt_offered",
                "How often calls to a hunt group rang at a member since the start",
                &self.offered,
            ),
            (
                "hunt_answered",
                "Calls to a hunt group that a member answered since the start",
                &self.answered,
            ),
            (
                "hunt_missed",
                "How often members of a hunt group did not answer since the start",
                &self.missed,
            ),
            (
                "hunt_abandoned",
                "Calls to a hunt group whose caller hung up since the start",
                &self.abandoned,
            ),
            (
                "hunt_queued",
                "Calls to a hunt group that waited in its queue since the start",
                &self.queued,
            ),
            (
                "hunt_passed_on",
                "Calls to a hunt group that went on elsewhere since the start",
                &self.passed_on,
            ),
            (
                "hunt_picked_up",
                "Calls to a hunt group that others picked up since the start",
                &self.picked_up,
            ),
            (
                "hunt_waited_milliseconds",
                "How long callers of a hunt group waited since the start",
                &self.waited,
            ),
            (
                "hunt_talked_milliseconds",
                "How long members of a hunt group talked since the start",
                &self.talked,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
    }

    /// How they are. Those that are gone are left out.
    pub fn status(&self, groups: &[HuntStatus]) {
        let all = [
            &self.waiting,
            &self.longest_wait,
            &self.members,
            &self.ready,
            &self.calls,
            &self.offered,
            &self.answered,
            &self.missed,
            &self.abandoned,
            &self.queued,
            &self.passed_on,
            &self.picked_up,
            &self.waited,
            &self.talked,
        ];
        all.into_iter().for_each(|family| family.clear());
        let counted = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for status in groups {
            let counts = &status.counts;
            let values = [
                gauge(status.waiting),
                counted(millis(status.longest_wait.unwrap_or_default())),
                gauge(status.members.len()),
                gauge(status.ready()),
                counted(counts.calls),
                counted(counts.offered),
                counted(counts.answered),
                counted(counts.missed),
                counted(counts.abandoned),
                counted(counts.queued),
                counted(counts.passed_on),
                counted(counts.picked_up),
                counted(counts.waited_ms),
                counted(counts.talked_ms),
            ];
            for (family, value) in all.into_iter().zip(values) {
                let label = [("group", status.group.to_string())];
                family.get_or_create(&label).set(value);
            }
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
