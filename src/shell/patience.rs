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
    /// The latest end for somebody who never proved anything, whatever he says.
    stranger_until: Duration,
}

impl Patience {
    /// For a connection that begins now. Handshakes are a part of what it may take to say something.
    pub fn new(limits: Limits, clock: Clock) -> Patience {
        Patience {
            limits,
            clock,
            unfinished: 0,
            greeted: false,
            until: clock.now().uptime + limits.greeting,
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
        }
    }

    /// A whole frame of so many bytes was taken out.
    pub fn frame(&mut self, length: usize) {
        self.unfinished = self.unfinished.saturating_sub(length);
        self.greeted = true;
        let limit = match self.unfinished {
            0..=KEEP_ALIVE => self.limits.idle,
            _ => self.limits.message,
        };
        self.until = self.clock.now().uptime + limit;
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
    }

    /// What it took too long over.
    pub fn words(&self) -> &'static str {
        match (self.greeted, self.unfinished > KEEP_ALIVE) {
            _ if self.until == self.stranger_until => "nobody there proved anything",
            (_, true) => "a message was not finished in time",
            (true, false) => "it was idle for too long",
            (false, false) => "it never said anything",
        }
    }
}
