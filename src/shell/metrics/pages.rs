//! What is counted of phone pages.

use std::fmt;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::Counters;

/// What is counted of phone pages.
pub struct PageMetrics {
    answered: Family<[(&'static str, String); 2], Counter>,
    refused: Counters,
    took: Histogram,
}

impl Default for PageMetrics {
    fn default() -> PageMetrics {
        PageMetrics {
            answered: Family::default(),
            refused: Counters::default(),
            // From a millisecond to some thirty seconds.
            took: Histogram::new(exponential_buckets(0.001, 2.0, 16)),
        }
    }
}

impl fmt::Debug for PageMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageMetrics").finish_non_exhaustive()
    }
}

impl PageMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "page_requests",
            "Requests for pages that were answered, by scheme and status",
            self.answered.clone(),
        );
        registry.register(
            "page_connections_refused",
            "Connections for pages that were not taken, by reason",
            self.refused.clone(),
        );
        registry.register(
            "page_seconds",
            "How long requests for pages took to be answered",
            self.took.clone(),
        );
    }

    /// A request was answered.
    pub fn answered(&self, scheme: &'static str, status: u16, took: Duration) {
        let labels = [
            ("scheme", scheme.to_owned()),
            ("status", status.to_string()),
        ];
        self.answered.get_or_create(&labels).inc();
        self.took.observe(took.as_secs_f64());
    }

    /// A connection was not taken.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&[("reason", reason)]).inc();
    }
}
