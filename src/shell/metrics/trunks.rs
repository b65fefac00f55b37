//! What is counted of trunks.

use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::{Gauge64, gauge};
use crate::pbx::{TrunkIs, TrunkStatus};

/// By the name of the trunk. There are as many as the site has.
type ByTrunk = Family<[(&'static str, String); 1], Gauge64>;

/// What is counted of trunks.
#[derive(Debug, Default)]
pub struct TrunkMetrics {
    up: ByTrunk,
    calls: ByTrunk,
    calls_out: ByTrunk,
    calls_in: ByTrunk,
    failovers: ByTrunk,
}

impl TrunkMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, family) in [
            (
                "trunk_up",
                "Whether a trunk is there: 1; 0 if it is down or asked to be left alone",
                &self.up,
            ),
            ("trunk_calls", "Calls by a trunk now", &self.calls),
            (
                "trunk_calls_out",
                "Calls that went out by a trunk since the start",
                &self.calls_out,
            ),
            (
                "trunk_calls_in",
                "Calls that came in by a trunk since the start",
                &self.calls_in,
            ),
            (
                "trunk_failovers",
                "Calls that a trunk did not take since the start, and that had to go another way",
                &self.failovers,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
    }

    /// How they are. Those that are gone are left out.
    pub fn status(&self, trunks: &[TrunkStatus]) {
        let all = [
            &self.up,
            &self.calls,
            &self.calls_out,
            &self.calls_in,
            &self.failovers,
        ];
        all.into_iter().for_each(|family| family.clear());
        for trunk in trunks {
            let is_up = !matches!(trunk.is, Some(TrunkIs::Down(_) | TrunkIs::Resting(_)));
            let counted = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let values = [
                i64::from(is_up),
                gauge(trunk.calls),
                counted(trunk.calls_out),
                counted(trunk.calls_in),
                counted(trunk.failovers),
            ];
            for (family, value) in all.into_iter().zip(values) {
                let label = [("trunk", trunk.name.to_string())];
                family.get_or_create(&label).set(value);
            }
        }
    }
}
