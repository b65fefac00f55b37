//! A core with a memory in place of the store, and a clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use super::memory::Memory;
use crate::pbx::{
    Acted, Change, ClaimId, Closed, Event, Ordered, Pbx, Record, Site, StoredSession,
};
use crate::time::{Now, UPTIME_AT_START, Utc};

/// What a core did.
#[derive(Debug)]
pub enum News {
    /// A session began.
    Opened(StoredSession),
    /// A session ended.
    Closed(StoredSession, Closed),
    /// Something for the audit log.
    Recorded(Record),
    /// What is recorded of what happened.
    Acted(Vec<Acted>),
}

/// A server that stores in memory, and serves nobody.
pub struct Clockwork {
    pbx: Pbx,
    memory: Memory,
    now: Now,
    news: Vec<News>,
    actions: Vec<Ordered>,
}

impl Clockwork {
    /// Starts where the memory left off.
    pub fn start(at: Utc, seed: u64, site: Arc<Site>, memory: Memory) -> Clockwork {
        let now = Now {
            uptime: UPTIME_AT_START,
            utc: at,
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let pbx = Pbx::new(now, bytes, site, memory.remembered());
        let mut clockwork = Clockwork {
            pbx,
            memory,
            now,
            news: Vec::new(),
            actions: Vec::new(),
        };
        clockwork.settle();
        clockwork
    }

    /// What time it is there.
    pub fn now(&self) -> Now {
        self.now
    }

    /// What is remembered.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Lets time pass until then (uptime), and does what is due meanwhile at its moment.
    pub fn run_until(&mut self, uptime: Duration) {
        while let Some(due) = self.pbx.next_deadline().filter(|due| *due <= uptime) {
            self.pass(due.max(self.now.uptime));
            self.pbx.wake(self.now);
            self.settle();
        }
        self.pass(uptime.max(self.now.uptime));
    }

    /// Lets time pass until then (uptime), and does nothing.
    pub fn skip_to(&mut self, uptime: Duration) {
        self.pass(uptime.max(self.now.uptime));
    }

    fn pass(&mut self, uptime: Duration) {
        self.now = Now {
            uptime,
            utc: self.now.utc_at(uptime),
        };
    }

    /// Sets the wall clock. That is noticed when something happens next.
    pub fn set_clock(&mut self, utc: Utc) {
        self.now.utc = utc;
    }

    /// Something happens now.
    pub fn handle(&mut self, event: Event) {
        self.pbx.handle(self.now, event);
        self.settle();
    }

    /// The server stops in good order: what may be saved late is saved.
    pub fn settle_background(&mut self) {
        self.pbx.settle_background(self.now);
        self.settle();
    }

    /// What the core did since this was asked last, in order.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// What the core wanted done since this was asked last, in order.
    pub fn take_actions(&mut self) -> Vec<Ordered> {
        std::mem::take(&mut self.actions)
    }

    /// Ends without a word, as if it was killed. What it remembers stays.
    pub fn end(self) -> Memory {
        self.memory
    }

    /// Everything is stored at once, and claims are answered at once.
    fn settle(&mut self) {
        loop {
            let outcome = self.pbx.take_outcome();
            self.actions.extend(outcome.actions);
            let mut answers = Vec::new();
            for change in outcome.changes {
                self.store(change, &mut answers);
            }
            if answers.is_empty() {
                return;
            }
            for (claim, granted) in answers {
                let answer = match granted {
                    true => Event::ClaimGranted(claim),
                    false => Event::ClaimLost {
                        claim,
                        store_failed: false,
                    },
                };
                self.pbx.handle(self.now, answer);
            }
        }
    }

    fn store(&mut self, change: Change, answers: &mut Vec<(ClaimId, bool)>) {
        match change {
            Change::Claimed(claim) => {
                let granted = self.memory.grants(&claim);
                answers.push((claim.id, granted));
                if granted {
                    for closed in claim.closes {
                        self.close(closed);
                    }
                    self.memory.open(claim.opens.clone());
                    self.news.push(News::Opened(claim.opens));
                    self.news
                        .extend(claim.records.into_iter().map(News::Recorded));
                }
            }
            Change::SessionClosed(closed) => self.close(closed),
            Change::Recorded(record) => self.news.push(News::Recorded(record)),
            Change::Acted(acted) => self.news.push(News::Acted(acted)),
            change => self.memory.keep(&change),
        }
    }

    fn close(&mut self, closed: Closed) {
        if let Some(session) = self.memory.close(&closed) {
            self.news.push(News::Closed(session, closed));
        }
    }
}
