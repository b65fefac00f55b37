//! What is counted of media relays.

use std::net::SocketAddr;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{CountersOfTwo, Gauge64, gauge};

/// What is counted of media relays.
#[derive(Debug, Default)]
pub struct RelayMetrics {
    up: Family<[(&'static str, String); 1], Gauge64>,
    calls: Gauge64,
    requests: CountersOfTwo,
}

impl RelayMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "media_relay_up",
            "Whether a media relay answers, by address",
            self.up.clone(),
        );
        registry.register(
            "media_relay_calls",
            "Pairs of parties that a media relay stands between",
            Gauge::clone(&self.calls),
        );
        registry.register(
            "media_relay_requests",
            "What media relays were asked for, by command and outcome",
            self.requests.clone(),
        );
    }

    /// A relay answers, or does not any more.
    pub fn up(&self, relay: SocketAddr, is_up: bool) {
        let labels = [("relay", relay.to_string())];
        self.up.get_or_create(&labels).set(i64::from(is_up));
    }

    /// Relays stand between so many.
    pub fn calls(&self, calls: usize) {
        self.calls.set(gauge(calls));
    }

    /// A relay was asked for something.
    pub fn asked(&self, command: &'static str, outcome: &'static str) {
        let labels = [("command", command), ("outcome", outcome)];
        self.requests.get_or_create(&labels).inc();
    }
}
