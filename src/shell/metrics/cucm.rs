//! What is counted of phones that are watched for another call manager.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{CountersOfTwo, Gauge64, gauge};

/// What is counted of phones that are watched for another call manager.
#[derive(Debug, Default)]
pub struct CucmMetrics {
    asked: CountersOfTwo,
    watched: Gauge64,
}

impl CucmMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "cucm_requests",
            "What another call manager was asked, by task and outcome",
            self.asked.clone(),
        );
        registry.register(
            "cucm_phones_watched",
            "Phones of another call manager whose idle pages were seen",
            Gauge::clone(&self.watched),
        );
    }

    /// It was asked something.
    pub fn asked(&self, task: &'static str, outcome: &'static str) {
        let labels = [("task", task), ("outcome", outcome)];
        self.asked.get_or_create(&labels).inc();
    }

    /// So many phones are watched.
    pub fn watched(&self, phones: usize) {
        self.watched.set(gauge(phones));
    }
}
