//! What is counted of files that phones fetch.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Counters, CountersOfTwo, Gauge64, gauge};

/// What is counted of files that phones fetch.
#[derive(Debug, Default)]
pub struct ProvisionMetrics {
    files: CountersOfTwo,
    transfers: Gauge64,
    ended: Counters,
    turned_away: Counters,
    sent_again: Counter,
}

impl ProvisionMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "provision_files",
            "Files that phones asked for, by door and outcome",
            self.files.clone(),
        );
        registry.register(
            "tftp_transfers",
            "TFTP transfers going on",
            Gauge::clone(&self.transfers),
        );
        registry.register(
            "tftp_transfers_ended",
            "TFTP transfers that ended, by how",
            self.ended.clone(),
        );
        registry.register(
            "provision_connections_refused",
            "Connections for files that were not taken, by reason",
            self.turned_away.clone(),
        );
        registry.register(
            "tftp_packets_sent_again",
            "TFTP packets that were sent again",
            self.sent_again.clone(),
        );
    }

    /// Somebody asked for a file.
    pub fn asked(&self, door: &'static str, outcome: &'static str) {
        let labels = [("door", door), ("outcome", outcome)];
        self.files.get_or_create(&labels).inc();
    }

    /// So many transfers go on.
    pub fn transfers(&self, transfers: usize) {
        self.transfers.set(gauge(transfers));
    }

    /// A transfer ended.
    pub fn ended(&self, how: &'static str) {
        self.ended.get_or_create(&[("how", how)]).inc();
    }

    /// A connection was not taken.
    pub fn turned_away(&self, reason: &'static str) {
        self.turned_away.get_or_create(&[("reason", reason)]).inc();
    }

    /// So many packets were sent again.
    pub fn sent_again(&self, packets: u64) {
        self.sent_again.inc_by(packets);
    }
}
