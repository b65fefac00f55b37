//! What is counted of subscriptions over SIP.

use prometheus_client::registry::Registry;

use super::{Counters, Gauges};
use crate::sip::{Package, WatchNews};

/// What is counted of subscriptions over SIP.
#[derive(Debug, Default)]
pub struct WatchMetrics {
    open: Gauges,
    notified: Counters,
    failed: Counters,
}

impl WatchMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "subscriptions",
            "Open subscriptions of SIP phones, by event package",
            self.open.clone(),
        );
        registry.register(
            "notifies_sent",
            "NOTIFY requests to those who subscribed, by event package",
            self.notified.clone(),
        );
        registry.register(
            "notifies_failed",
            "Of these, those that nobody took, by event package",
            self.failed.clone(),
        );
        for package in Package::ALL {
            let labels = labels(package);
            self.open.get_or_create(&labels).set(0);
            self.notified.get_or_create(&labels).inc_by(0);
            self.failed.get_or_create(&labels).inc_by(0);
        }
    }

    /// Takes in what happened to subscriptions.
    pub fn take(&self, news: &[WatchNews]) {
        for news in news {
            match *news {
                WatchNews::Began(package) => {
                    self.open.get_or_create(&labels(package)).inc();
                }
                WatchNews::Ended(package) => {
                    self.open.get_or_create(&labels(package)).dec();
                }
                WatchNews::Notified(package) => {
                    self.notified.get_or_create(&labels(package)).inc();
                }
                WatchNews::Failed(package) => {
                    self.failed.get_or_create(&labels(package)).inc();
                }
            }
        }
    }
}

fn labels(package: Package) -> [(&'static str, &'static str); 1] {
    [("package", package.name())]
}
