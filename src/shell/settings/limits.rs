//! `[queues]` and `[limits]`: how long queues may grow, and how much a peer may take.

use std::time::Duration;

use super::reader::Reader;

/// How long the queues may grow. When one is full, peers are told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queues {
    /// Messages that wait for the exchange.
    pub exchange: usize,
    /// PINs that wait to be compared.
    pub checks: usize,
    /// Messages that wait for one stream connection.
    pub connection: usize,
    /// Events that a slow reader of the event stream may be behind.
    pub events: usize,
}

/// How much a peer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Stream connections.
    pub connections: usize,
    /// Stream connections from one source.
    pub connections_per_source: usize,
    /// Stream connections on which nothing was proven yet. Of too many the oldest ends.
    pub half_open: usize,
    /// The same from one source.
    pub half_open_per_source: usize,
    /// How long a stream connection may be silent.
    pub idle: Duration,
    /// How long a stream connection may last on which no phone proved itself.
    pub stranger: Duration,
    /// How long a new stream connection may take to say something.
    pub greeting: Duration,
    /// How long a message may take from its first byte to its last.
    pub message: Duration,
    /// How long we try to open a stream connection.
    pub connect: Duration,
    /// How long a stop waits for calls to end; after that it goes on without them.
    pub drain: Duration,
    /// How long the rest of a stop may take.
    pub stop: Duration,
}

impl Default for Queues {
    fn default() -> Queues {
        Queues {
            exchange: 8192,
            checks: 4096,
            connection: 256,
            events: 4096,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 20_000,
            connections_per_source: 1000,
            half_open: 4000,
            half_open_per_source: 500,
            // A phone that registers for as long as it may and says nothing else keeps its connection.
            idle: Duration::from_secs(7500),
            stranger: Duration::from_secs(120),
            greeting: Duration::from_secs(30),
            message: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            drain: Duration::from_secs(5),
            stop: Duration::from_secs(8),
        }
    }
}

impl Queues {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        reader.number("queues", "exchange", 16..=1_000_000, &mut self.exchange);
        reader.number("queues", "checks", 16..=100_000, &mut self.checks);
        reader.number("queues", "connection", 4..=100_000, &mut self.connection);
        reader.number("queues", "events", 16..=1_000_000, &mut self.events);
    }
}

impl Limits {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        for (key, into) in [
            ("connections", &mut self.connections),
            ("connections_per_source", &mut self.connections_per_source),
            ("half_open", &mut self.half_open),
            ("half_open_per_source", &mut self.half_open_per_source),
        ] {
            reader.number("limits", key, 1..=1_000_000, into);
        }
        reader.seconds("limits", "idle_s", 1..=86_400, &mut self.idle);
        reader.seconds("limits", "stranger_s", 1..=86_400, &mut self.stranger);
        reader.seconds("limits", "greeting_s", 1..=3600, &mut self.greeting);
        reader.seconds("limits", "message_s", 1..=600, &mut self.message);
        reader.seconds("limits", "connect_s", 1..=60, &mut self.connect);
        reader.seconds("limits", "drain_s", 0..=3600, &mut self.drain);
        reader.seconds("limits", "stop_s", 1..=600, &mut self.stop);
    }
}
