//! What is printed in the end: for people, or as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stream::Stream;
use crate::usage::Usage;

/// Memory of the server at the steps of a run.
#[derive(Default)]
pub struct Memory {
    /// Before it had a site.
    pub empty: Option<Usage>,
    /// Before any phone was registered.
    pub before: Option<Usage>,
    /// When all were.
    pub registered: Option<Usage>,
    /// In the end.
    pub after: Option<Usage>,
}

/// What a run showed.
pub struct Report {
    pub scenario: &'static str,
    pub phones: u32,
    pub streams: Vec<Stream>,
    /// The server's, while the streams ran.
    pub cpu: Option<Duration>,
    pub memory: Memory,
    /// How long the wave of logouts took.
    pub wave: Option<Duration>,
}

impl Report {
    /// As one JSON object.
    pub fn json(&self) -> String {
        let streams: Vec<Value> = self.streams.iter().map(stream_json).collect();
        let value = json!({
            "scenario": self.scenario,
            "phones": self.phones,
            "cpu_us_each": self.cpu_us_each(),
            "resident_bytes": self.memory.after.map(|usage| usage.resident),
            "bytes_per_site_phone": self.per_phone(self.memory.empty, self.memory.before),
            "bytes_per_registration": self.per_phone(self.memory.before, self.memory.registered),
            "wave_s": self.wave.map(|wave| wave.as_secs_f64()),
            "streams": streams,
        });
        value.to_string()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        for stream in &self.streams {
            lines.push(stream_text(stream));
            let tally = &stream.tally;
            if tally.failed + tally.late + tally.resent > 0 {
                lines.push(format!(
                    "  {} failed, {} later than 500 ms, {} messages sent again, {} challenges",
                    tally.failed, tally.late, tally.resent, tally.challenged
                ));
            }
            let errors = tally.errors.iter();
            lines.extend(errors.map(|(why, count)| format!("  {count} times: {why}")));
        }
        if let Some(each) = self.cpu_us_each() {
            lines.push(format!("server CPU: {each:.1} µs each"));
        }
        let memory = &self.memory;
        for (what, bytes) in [
            (
                "a phone of the site",
                self.per_phone(memory.empty, memory.before),
            ),
            (
                "a registration",
                self.per_phone(memory.before, memory.registered),
            ),
        ] {
            lines.extend(bytes.map(|bytes| format!("memory: {bytes:.0} B for {what}")));
        }
        if let Some(after) = memory.after {
            lines.push(format!("memory: {} MB in all", after.resident / 1_000_000));
        }
        if let Some(wave) = self.wave {
            lines.push(format!(
                "everybody logged out after {:.1} s",
                wave.as_secs_f64()
            ));
        }
        lines.join("\n")
    }

    fn cpu_us_each(&self) -> Option<f64> {
        let done: u64 = self.streams.iter().map(|stream| stream.tally.count()).sum();
        Some(self.cpu?.as_secs_f64() * 1e6 / done.max(1) as f64)
    }

    fn per_phone(&self, from: Option<Usage>, to: Option<Usage>) -> Option<f64> {
        Some(to?.grown_since(&from?) as f64 / f64::from(self.phones.max(1)))
    }
}

fn stream_text(stream: &Stream) -> String {
    let tally = &stream.tally;
    format!(
        "{:<10} {:>8} done, {:>8.0}/s, latency p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, longest {:.2} ms",
        stream.name,
        tally.count(),
        rate(stream),
        tally.percentile_ms(50.0),
        tally.percentile_ms(99.0),
        tally.percentile_ms(99.9),
        tally.longest_ms(),
    )
}

fn stream_json(stream: &Stream) -> Value {
    let tally = &stream.tally;
    json!({
        "name": stream.name,
        "done": tally.count(),
        "failed": tally.failed,
        "late": tally.late,
        "resent": tally.resent,
        "challenged": tally.challenged,
        "errors": tally.errors,
        "rate": rate(stream),
        "p50_ms": tally.percentile_ms(50.0),
        "p99_ms": tally.percentile_ms(99.0),
        "p999_ms": tally.percentile_ms(99.9),
        "longest_ms": tally.longest_ms(),
    })
}

fn rate(stream: &Stream) -> f64 {
    stream.tally.count() as f64 / stream.took().as_secs_f64().max(1e-6)
}
