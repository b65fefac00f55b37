//! What is counted of SCCP.

use std::fmt;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::{Counters, Gauge64, Gauges, gauge};
use crate::sccp::Swapped;

/// What is counted of SCCP.
#[derive(Debug, Default)]
pub struct SccpMetrics {
    connections: Gauges,
    registered: Gauge64,
    received: Counter,
    keep_alives: Counter,
    unknown: Counter,
    sent: Counter,
    unsent: Counters,
    closed: Counters,
    rejected: Counter,
    swaps: Swaps,
}

/// Two labels and their values.
type Labels = [(&'static str, String); 2];

/// How long phones took to become something else.
struct Swaps(Family<Labels, Histogram, fn() -> Histogram>);

impl Default for Swaps {
    fn default() -> Swaps {
        Swaps(Family::new_with_constructor(swap_times))
    }
}

impl fmt::Debug for Swaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Swaps").finish_non_exhaustive()
    }
}

/// From a millisecond to some two minutes.
fn swap_times() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 18))
}

impl SccpMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "sccp_connections",
            "Open SCCP connections, by transport",
            self.connections.clone(),
        );
        registry.register(
            "sccp_phones_registered",
            "SCCP connections over which a phone is registered",
            self.registered.clone(),
        );
        registry.register(
            "sccp_messages_received",
            "SCCP messages received",
            self.received.clone(),
        );
        registry.register(
            "sccp_keep_alives",
            "Of these, keep-alives, which are answered without the exchange",
            self.keep_alives.clone(),
        );
        registry.register(
            "sccp_messages_unknown",
            "Of these, those of which nobody knows what they are",
            self.unknown.clone(),
        );
        registry.register(
            "sccp_messages_sent",
            "SCCP messages sent",
            self.sent.clone(),
        );
        registry.register(
            "sccp_messages_unsent",
            "SCCP messages that could not be sent, by reason",
            self.unsent.clone(),
        );
        registry.register(
            "sccp_connections_ended",
            "SCCP connections that ended or were not taken, by reason",
            self.closed.clone(),
        );
        registry.register(
            "sccp_registrations_rejected",
            "SCCP registrations that were refused",
            self.rejected.clone(),
        );
        registry.register(
            "sccp_swap_seconds",
            "How long a phone took to take another profile, by model and way: live, or by registering anew",
            self.swaps.0.clone(),
        );
    }

    /// So many connections are open.
    pub fn connections(&self, transport: &'static str, open: usize) {
        let label = [("transport", transport)];
        self.connections.get_or_create(&label).set(gauge(open));
    }

    /// A phone was registered.
    pub fn registered(&self) {
        self.registered.inc();
    }

    /// The connection of a registered phone ended.
    pub fn gone(&self) {
        self.registered.dec();
    }

    /// A message came in.
    pub fn received(&self) {
        self.received.inc();
    }

    /// It was a keep-alive.
    pub fn keep_alive(&self) {
        self.keep_alives.inc();
    }

    /// Nobody knows what it was.
    pub fn unknown(&self) {
        self.unknown.inc();
    }

    /// A message went out.
    pub fn sent(&self) {
        self.sent.inc();
    }

    /// Messages could not be sent.
    pub fn unsent(&self, reason: &'static str) {
        self.unsent.get_or_create(&[("reason", reason)]).inc();
    }

    /// A phone, or somebody else, may not register.
    pub fn rejected(&self) {
        self.rejected.inc();
    }

    /// A phone has become something else.
    pub fn swapped(&self, swapped: &Swapped) {
        let way = if swapped.live { "live" } else { "restart" };
        let labels = [
            ("model", swapped.model.to_string()),
            ("way", way.to_owned()),
        ];
        let histogram = self.swaps.0.get_or_create(&labels);
        histogram.observe(swapped.took.as_secs_f64());
    }

    /// A connection ended, or was not taken.
    pub fn closed(&self, reason: &'static str) {
        self.closed.get_or_create(&[("reason", reason)]).inc();
    }
}
