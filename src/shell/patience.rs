//! How long a stream connection may go on as it is.

use std::time::Duration;

use super::Clock;
use super::settings::Limits;

/// Up to so many bytes may be a keep-alive that is not over yet, rather than an unfinished message.
const KEEP_ALIVE: usize = 3;

/// When a connection has taken too long, and over what.
pub struct Patience {
    limits: Limits,
    clock: Clock,
    /// Bytes of a message that is not finished.
    unfinished: usize,
    /// Whether it ever said something whole.
    greeted: bool,
    until: Duration,
    /// The end of silence for whoever did not promise to keep the connection alive; none in a message.
    unless_kept: Option<Duration>,
    /// How long whoever did may be silent.
    flow_silence: Duration,
    /// The latest end for somebody who never proved anything, whatever he says.
    stranger_until: Duration,
}

impl Patience {
    /// For a connection that begins now. Handshakes are a part of what it may take to say something.
    /// One that a phone promised to keep alive fails after `flow_silence`.
    pub fn new(limits: Limits, flow_silence: Duration, clock: Clock) -> Patience {
        Patience {
            limits,
            clock,
            unfinished: 0,
            greeted: false,
            until: clock.now().uptime + limits.greeting,
            unless_kept: None,
            flow_silence,
            stranger_until: clock.now().uptime + limits.stranger,
        }
    }

    /// When it is over, unless something comes.
    pub fn until(&self) -> tokio::time::Instant {
        self.clock.instant_at(self.until)
    }

    /// Something was read. The limit for a message runs from its first byte; more bytes do not put it off.
    pub fn more(&mut self, length: usize) {
        let began = self.unfinished <= KEEP_ALIVE;
        self.unfinished = self.unfinished.saturating_add(length);
        if began && self.unfinished > KEEP_ALIVE {
            let by_message = self.clock.now().uptime + self.limits.message;
            self.until = if self.greeted {
                by_message
            } else {
                by_message.min(self.until)
            };
            self.unless_kept = None;
        }
    }

    /// A whole frame of so many bytes was taken out.
    pub fn frame(&mut self, length: usize) {
        self.unfinished = self.unfinished.saturating_sub(length);
        self.greeted = true;
        let now = self.clock.now().uptime;
        (self.until, self.unless_kept) = match self.unfinished {
            0..=KEEP_ALIVE => {
                let idle = now + self.limits.idle;
                (idle.min(now + self.flow_silence), Some(idle))
            }
            _ => (now + self.limits.message, None),
        };
    }

    /// A whole frame of control was taken out. It may stand in the middle of a message, which it does not put off.
    pub fn control(&mut self, length: usize) {
        let unfinished = self.unfinished.saturating_sub(length);
        match unfinished {
            0..=KEEP_ALIVE => self.frame(length),
            _ => self.unfinished = unfinished,
        }
    }

    /// No phone has proven itself at the other end yet. One that just did may say so with its next frame.
    pub fn with_a_stranger(&mut self) {
        self.until = self.until.min(self.stranger_until);
        self.unless_kept = self.unless_kept.map(|end| end.min(self.stranger_until));
    }

    /// Whoever is there was told to wait for so long, and may.
    pub fn wait_for(&mut self, wait: Duration) {
        self.stranger_until = self.clock.now().uptime + wait + self.limits.stranger;
        self.until = self.stranger_until;
        self.unless_kept = None;
    }

    /// The time is up. What was taken too long over; none if it is not for somebody who did not promise to keep the
    /// connection alive: who did is asked then, and not with every frame.
    pub fn ends(&mut self, is_kept: impl FnOnce() -> bool) -> Option<&'static str> {
        match self.unless_kept.take().filter(|later| *later > self.until) {
            None => Some(self.words()),
            Some(_) if is_kept() => Some("its flow was not kept alive"),
            Some(later) => {
                self.until = later;
                None
            }
        }
    }

    /// What is taken too long over.
    pub fn words(&self) -> &'static str {
        match (self.greeted, self.unfinished > KEEP_ALIVE) {
            _ if self.until == self.stranger_until => "nobody there proved anything",
            (_, true) => "a message was not finished in time",
            (true, false) => "it was idle for too long",
            (false, false) => "it never said anything",
        }
    }
}
