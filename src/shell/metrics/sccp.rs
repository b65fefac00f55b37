//! What is counted of SCCP.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::{Counters, Gauge64, Gauges, gauge};

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

    /// A connection ended, or was not taken.
    pub fn closed(&self, reason: &'static str) {
        self.closed.get_or_create(&[("reason", reason)]).inc();
    }
}
