//! What is counted and measured, for `/metrics`.

mod cucm;
mod hunt;
mod pages;
mod provision;
mod relay;
mod sccp;
mod trunks;
mod watching;

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::events::door_word;
use crate::exchange::{TransferFate, TransferKind};
use crate::pbx::{Forgot, Record, Status, ToldBy, What};
use crate::sip::{Registrar, Told};
pub use cucm::CucmMetrics;
pub use hunt::HuntMetrics;
pub use pages::PageMetrics;
pub use provision::ProvisionMetrics;
pub use relay::RelayMetrics;
pub use sccp::SccpMetrics;
pub use trunks::TrunkMetrics;
pub use watching::WatchMetrics;

/// One label and its value.
type Label = [(&'static str, &'static str); 1];
type Counters = Family<Label, Counter>;
type CountersOfTwo = Family<[(&'static str, &'static str); 2], Counter>;
type Gauge64 = Gauge<i64, AtomicI64>;
type Gauges = Family<Label, Gauge64>;

/// What is counted and measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    received: Counters,
    sent: Counters,
    unsent: Counters,
    dropped: Counters,
    rejected: Counters,
    edge_answered: Counter,
    overloaded: Counter,
    turned_away: Counters,
    sources: Gauge64,
    events: Counters,
    logins: Counters,
    logouts: Counters,
    requests: Family<Label, Histogram, fn() -> Histogram>,
    /// How long comparing a PIN took, waiting included.
    checks: Histogram,
    /// How long the store took to confirm a commit.
    commits: Histogram,
    /// How long the exchange took for a batch.
    batches: Histogram,
    commits_outstanding: Gauge64,
    connections: Gauges,
    half_open: Gauge64,
    certificate_days: Gauge64,
    certificates_read: Counters,
    queue_depth: Gauge64,
    sessions: Gauge64,
    calls: Gauge64,
    transfers: CountersOfTwo,
    call_histories: CountersOfTwo,
    told: Counters,
    phones: Gauge64,
    phones_registered: Gauge64,
    softphones_registered: Gauge64,
    logouts_queued: Gauge64,
    upstream_users: Gauge64,
    upstream_registered: Gauge64,
    memory: Gauge64,
    media: MediaMetrics,
    /// What is counted of SCCP.
    pub sccp: SccpMetrics,
    /// Of subscriptions.
    pub watching: WatchMetrics,
    /// Of phone pages.
    pub pages: PageMetrics,
    /// What is counted of files that phones fetch.
    pub provision: ProvisionMetrics,
    /// Of phones of another call manager.
    pub cucm: CucmMetrics,
    trunks: TrunkMetrics,
    hunt: HuntMetrics,
    /// Of media relays.
    pub relay: RelayMetrics,
}

/// What is counted of media of our own.
#[derive(Debug, Default)]
struct MediaMetrics {
    ends: Gauge64,
    packets: Counters,
    portless: Counter,
    digits_lost: Counter,
}

impl Metrics {
    /// Nothing counted yet, except what `registrar` counts.
    pub fn new(registrar: Arc<Registrar>) -> Metrics {
        let mut registry = Registry::with_prefix("perch");
        registry.register_collector(Box::new(AtEdge(registrar)));
        Metrics {
            registry,
            received: Counters::default(),
            sent: Counters::default(),
            unsent: Counters::default(),
            dropped: Counters::default(),
            rejected: Counters::default(),
            edge_answered: Counter::default(),
            overloaded: Counter::default(),
            turned_away: Counters::default(),
            sources: Gauge::default(),
            events: Counters::default(),
            logins: Counters::default(),
            logouts: Counters::default(),
            requests: Family::new_with_constructor(durations),
            checks: durations(),
            commits: durations(),
            batches: durations(),
            commits_outstanding: Gauge::default(),
            connections: Gauges::default(),
            half_open: Gauge::default(),
            certificate_days: Gauge::default(),
            certificates_read: Counters::default(),
            queue_depth: Gauge::default(),
            sessions: Gauge::default(),
            calls: Gauge::default(),
            transfers: CountersOfTwo::default(),
            call_histories: CountersOfTwo::default(),
            told: Counters::default(),
            phones: Gauge::default(),
            phones_registered: Gauge::default(),
            softphones_registered: Gauge::default(),
            logouts_queued: Gauge::default(),
            upstream_users: Gauge::default(),
            upstream_registered: Gauge::default(),
            memory: Gauge::default(),
            media: MediaMetrics::default(),
            sccp: SccpMetrics::default(),
            watching: WatchMetrics::default(),
            pages: PageMetrics::default(),
            provision: ProvisionMetrics::default(),
            cucm: CucmMetrics::default(),
            trunks: TrunkMetrics::default(),
            hunt: HuntMetrics::default(),
            relay: RelayMetrics::default(),
        }
        .registered()
    }
}

/// From a tenth of a millisecond to some 13 seconds.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 18))
}

impl Metrics {
    fn registered(mut self) -> Metrics {
        let mut registry = std::mem::take(&mut self.registry);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which version runs", version);
        self.register_sip(&mut registry);
        self.register_pbx(&mut registry);
        self.register_media(&mut registry);
        self.sccp.register(&mut registry);
        self.watching.register(&mut registry);
        self.pages.register(&mut registry);
        self.provision.register(&mut registry);
        self.cucm.register(&mut registry);
        self.trunks.register(&mut registry);
        self.hunt.register(&mut registry);
        self.relay.register(&mut registry);
        registry.register(
            "request_seconds",
            "Control requests, from asking to answer, by kind",
            self.requests.clone(),
        );
        registry.register(
            "secret_check_seconds",
            "Comparisons of a PIN, waiting included",
            self.checks.clone(),
        );
        registry.register(
            "commit_seconds",
            "Commits, until the store confirmed them",
            self.commits.clone(),
        );
        registry.register(
            "batch_seconds",
            "Batches of inputs, until the exchange was through",
            self.batches.clone(),
        );
        registry.register(
            "resident_memory_bytes",
            "Memory of this process",
            self.memory.clone(),
        );
        self.registry = registry;
        self
    }

    fn register_sip(&self, registry: &mut Registry) {
        let transport = "by transport";
        registry.register(
            "sip_messages_received",
            format!("SIP messages received, {transport}"),
            self.received.clone(),
        );
        registry.register(
            "sip_messages_sent",
            format!("SIP messages sent, {transport}"),
            self.sent.clone(),
        );
        registry.register(
            "sip_messages_unsent",
            "SIP messages that could not be sent, by reason",
            self.unsent.clone(),
        );
        registry.register(
            "sip_messages_dropped",
            "SIP messages dropped without an answer, by reason",
            self.dropped.clone(),
        );
        registry.register(
            "sip_messages_rejected",
            "SIP messages answered with an error because of their form, by reason",
            self.rejected.clone(),
        );
        registry.register(
            "sip_requests_answered_at_edge",
            "Requests answered without the exchange",
            self.edge_answered.clone(),
        );
        registry.register(
            "sip_requests_overloaded",
            "Requests answered 503 because the exchange had too much to do",
            self.overloaded.clone(),
        );
        registry.register(
            "guard_turned_away",
            "Messages and connections of sources that are over their limits, by reason",
            self.turned_away.clone(),
        );
        registry.register(
            "guard_sources",
            "Sources that were heard of lately",
            self.sources.clone(),
        );
        registry.register(
            "sip_connections",
            format!("Open SIP stream connections, {transport}"),
            self.connections.clone(),
        );
        registry.register(
            "sip_connections_half_open",
            "SIP stream connections on which nothing was proven yet",
            self.half_open.clone(),
        );
        registry.register(
            "tls_certificate_days",
            "Days that the TLS certificate in force is still good for",
            self.certificate_days.clone(),
        );
        registry.register(
            "tls_certificates_read",
            "Changed TLS certificates that were read, by outcome",
            self.certificates_read.clone(),
        );
        registry.register(
            "exchange_queue_depth",
            "Inputs that wait for the exchange",
            self.queue_depth.clone(),
        );
    }

    fn register_pbx(&self, registry: &mut Registry) {
        registry.register("events", "Events, by kind", self.events.clone());
        registry.register("logins", "Logins, by door", self.logins.clone());
        registry.register("logouts", "Logouts, by cause", self.logouts.clone());
        registry.register("sessions", "Open sessions", self.sessions.clone());
        registry.register("calls", "Calls going on", self.calls.clone());
        registry.register(
            "transfers",
            "Transfers, by kind (to a number, or to another call) and what became of them",
            self.transfers.clone(),
        );
        registry.register(
            "call_histories",
            "Times that a phone was told to forget whom somebody called, by way and result",
            self.call_histories.clone(),
        );
        registry.register(
            "sip_phones_told",
            "SIP phones that were told to read their files or to start anew, by what became of it",
            self.told.clone(),
        );
        registry.register("phones", "Phones in the site", self.phones.clone());
        registry.register(
            "phones_registered",
            "Phones that can be reached",
            self.phones_registered.clone(),
        );
        registry.register(
            "softphones_registered",
            "Softphones of users' own that can be reached",
            self.softphones_registered.clone(),
        );
        registry.register(
            "upstream_users",
            "Users that are to be registered at the other exchange",
            self.upstream_users.clone(),
        );
        registry.register(
            "upstream_registered",
            "Users that are registered at the other exchange",
            self.upstream_registered.clone(),
        );
        registry.register(
            "logouts_queued",
            "Automatic logouts waiting for their turn",
            self.logouts_queued.clone(),
        );
        registry.register(
            "commits_outstanding",
            "Commits that the store has not confirmed yet",
            self.commits_outstanding.clone(),
        );
    }

    fn register_media(&self, registry: &mut Registry) {
        let media = &self.media;
        registry.register(
            "media_ends",
            "People who talk to Perch itself",
            media.ends.clone(),
        );
        registry.register(
            "media_packets",
            "RTP packets of our own, by what became of them",
            media.packets.clone(),
        );
        registry.register(
            "media_calls_without_port",
            "Calls to Perch itself that found no RTP port free",
            media.portless.clone(),
        );
        registry.register(
            "media_digits_lost",
            "Keys that were pressed and not heard because the exchange had too much to do",
            media.digits_lost.clone(),
        );
    }

    /// So many people talk to Perch itself.
    pub fn media_ends(&self, ends: usize) {
        self.media.ends.set(gauge(ends));
    }

    /// So many RTP packets came in, went out, or could not.
    pub fn media(&self, received: u64, sent: u64, unsent: u64) {
        for (what, count) in [("received", received), ("sent", sent), ("unsent", unsent)] {
            if count > 0 {
                let packets = self.media.packets.get_or_create(&[("packets", what)]);
                packets.inc_by(count);
            }
        }
    }

    /// So many calls found no RTP port.
    pub fn media_portless(&self, calls: u64) {
        self.media.portless.inc_by(calls);
    }

    /// Somebody pressed a key, and the exchange could not hear of it.
    pub fn media_digit_lost(&self) {
        self.media.digits_lost.inc();
    }

    /// Phones were told to forget whom somebody called.
    pub fn calls_forgotten(&self, forgot: &[Forgot]) {
        for forgot in forgot {
            let way = forgot.way().map_or("none", ToldBy::word);
            let labels = [("way", way), ("result", forgot.word())];
            self.call_histories.get_or_create(&labels).inc();
        }
    }

    /// Calls were handed on, or were to be.
    pub fn transfers(&self, transfers: &[(TransferKind, TransferFate)]) {
        for (kind, fate) in transfers {
            let kind = match kind {
                TransferKind::Blind => "blind",
                TransferKind::Attended => "attended",
            };
            let fate = match fate {
                TransferFate::Attempted => "attempted",
                TransferFate::Completed => "completed",
                TransferFate::Failed => "failed",
            };
            let labels = [("kind", kind), ("outcome", fate)];
            self.transfers.get_or_create(&labels).inc();
        }
    }

    /// SIP phones were told to read their files again, or to start anew.
    pub fn told(&self, told: &[Told]) {
        for told in told {
            let labels = [("outcome", told.word())];
            self.told.get_or_create(&labels).inc();
        }
    }

    /// A message came in.
    pub fn received(&self, transport: &'static str) {
        self.received
            .get_or_create(&[("transport", transport)])
            .inc();
    }

    /// A message went out.
    pub fn sent(&self, transport: &'static str) {
        self.sent.get_or_create(&[("transport", transport)]).inc();
    }

    /// A message could not be sent.
    pub fn unsent(&self, reason: &'static str) {
        self.unsent.get_or_create(&[("reason", reason)]).inc();
    }

    /// A message was dropped.
    pub fn dropped(&self, reason: &'static str) {
        self.dropped.get_or_create(&[("reason", reason)]).inc();
    }

    /// A message was refused because of its form.
    pub fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&[("reason", reason)]).inc();
    }

    /// A request was answered without the exchange.
    pub fn edge_answered(&self) {
        self.edge_answered.inc();
    }

    /// A request was answered 503.
    pub fn overloaded(&self) {
        self.overloaded.inc();
    }

    /// How many requests were answered 503 so far.
    pub fn overloads(&self) -> u64 {
        self.overloaded.get()
    }

    /// Something of a source that is over its limits was not taken.
    pub fn turned_away(&self, reason: &'static str) {
        self.turned_away.get_or_create(&[("reason", reason)]).inc();
    }

    /// So many sources were heard of lately.
    pub fn sources(&self, known: usize) {
        self.sources.set(gauge(known));
    }

    /// Something was announced.
    pub fn announced(&self, record: &Record) {
        let word = record.what.word();
        self.events.get_or_create(&[("event", word)]).inc();
        match record.what {
            What::LoggedIn => {
                let door = door_word(record.door);
                self.logins.get_or_create(&[("door", door)]).inc();
            }
            What::LoggedOut(cause) => {
                self.logouts.get_or_create(&[("cause", cause.word())]).inc();
            }
            _ => {}
        }
    }

    /// A control request took this long.
    pub fn request(&self, kind: &'static str, took: Duration) {
        let histogram = self.requests.get_or_create(&[("request", kind)]);
        histogram.observe(took.as_secs_f64());
    }

    /// Comparing a PIN took this long, waiting included.
    pub fn check(&self, took: Duration) {
        self.checks.observe(took.as_secs_f64());
    }

    /// A commit took this long, and so many are still outstanding.
    pub fn commit(&self, took: Duration, outstanding: usize) {
        self.commits.observe(took.as_secs_f64());
        self.commits_outstanding.set(gauge(outstanding));
    }

    /// The exchange took this long for a batch.
    pub fn batch(&self, took: Duration) {
        self.batches.observe(took.as_secs_f64());
    }

    /// So many stream connections are open.
    pub fn connections(&self, transport: &'static str, open: usize) {
        let label = [("transport", transport)];
        self.connections.get_or_create(&label).set(gauge(open));
    }

    /// Nothing was proven yet on so many stream connections.
    pub fn half_open(&self, open: usize) {
        self.half_open.set(gauge(open));
    }

    /// The certificate is good for so many days.
    pub fn certificate_days(&self, days: i64) {
        self.certificate_days.set(days);
    }

    /// How many days the certificate is good for, as was said last.
    pub fn certificate_days_left(&self) -> i64 {
        self.certificate_days.get()
    }

    /// A changed certificate was read.
    pub fn certificate_read(&self, outcome: &'static str) {
        self.certificates_read
            .get_or_create(&[("outcome", outcome)])
            .inc();
    }

    /// So many inputs wait for the exchange.
    pub fn queue_depth(&self, depth: usize) {
        self.queue_depth.set(gauge(depth));
    }

    /// How the exchange is.
    pub fn status(&self, status: &Status) {
        self.sessions.set(gauge(status.sessions));
        self.calls.set(gauge(status.calls));
        self.phones.set(gauge(status.phones));
        self.phones_registered.set(gauge(status.phones_registered));
        self.softphones_registered
            .set(gauge(status.softphones_registered));
        self.upstream_users.set(gauge(status.upstream_users));
        self.upstream_registered
            .set(gauge(status.upstream_registered));
        self.logouts_queued.set(gauge(status.logouts_queued));
        self.trunks.status(&status.trunks);
        self.hunt.status(&status.hunt);
        self.commits_outstanding
            .set(gauge(status.commits_outstanding));
    }

    /// All of it, in the OpenMetrics text format.
    pub fn text(&self) -> String {
        if let Some(bytes) = resident_memory() {
            self.memory.set(bytes);
        }
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a String does not fail; a metric that cannot be written is a mistake of ours.
            let _ = writeln!(text, "# a metric could not be written");
        }
        text
    }
}

/// What the registrar counts itself.
#[derive(Debug)]
struct AtEdge(Arc<Registrar>);

impl Collector for AtEdge {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let counters = self.0.counters();
        let counted = [
            ("registers", "REGISTER requests", &counters.registers),
            ("challenges", "Challenges sent (401)", &counters.challenges),
            (
                "edge_refusals",
                "REGISTER and OPTIONS requests refused for any other reason than a missing proof",
                &counters.failures,
            ),
            (
                "wrong_passwords",
                "Requests with a wrong password of a phone, or for a phone that there is not",
                &counters.wrong_passwords,
            ),
            (
                "lockouts",
                "Sources that were locked out of a phone after too many wrong passwords",
                &counters.lockouts,
            ),
        ];
        for (name, help, number) in counted {
            let counter = ConstCounter::new(number.load(Ordering::Relaxed));
            let name = format!("sip_{name}");
            let kind = counter.metric_type();
            counter.encode(encoder.encode_descriptor(&name, help, None, kind)?)?;
        }
        Ok(())
    }
}

fn gauge(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The resident set, as Linux tells it; pages have 4 KiB on all machines that Perch is built for.
fn resident_memory() -> Option<i64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
