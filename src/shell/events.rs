//! The event stream: what happened, told to whoever listens, and to the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::broadcast;

use crate::pbx::{Door, Record};

/// One event.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// From 1, in order, since the server started.
    pub number: u64,
    /// What happened.
    pub record: Arc<Record>,
}

/// The event stream. A listener that is too slow is told how many events it missed.
#[derive(Clone, Debug)]
pub struct Events {
    last: Arc<AtomicU64>,
    sender: broadcast::Sender<Numbered>,
}

impl Events {
    /// A stream whose listeners may be `behind` events behind.
    pub fn new(behind: usize) -> Events {
        Events {
            last: Arc::default(),
            sender: broadcast::Sender::new(behind),
        }
    }

    /// Tells everybody.
    pub fn announce(&self, record: Record) {
        log(&record);
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let record = Arc::new(record);
        // Nobody may be listening.
        let _ = self.sender.send(Numbered { number, record });
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Numbered> {
        self.sender.subscribe()
    }
}

fn log(record: &Record) {
    let user = record.user.as_ref().map(|user| user.as_str());
    let phone = record.phone.as_ref().map(|phone| phone.as_str());
    let cause = record.what.cause().map(|cause| cause.word());
    tracing::info!(
        event = record.what.word(),
        user,
        phone,
        cause,
        door = door_word(record.door),
        "{}",
        record.text
    );
}

/// The word for a door in logs, metrics and events.
pub fn door_word(door: Door) -> &'static str {
    match door {
        Door::Code => "code",
        Door::Softkey => "softkey",
        Door::Control => "control",
        Door::Timer => "timer",
        Door::Registration => "registration",
        Door::Page => "page",
        Door::Api => "api",
    }
}
