//! Words for the tests: a store with its news, and changes in brief.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use perch::pbx::{
    Cause, Change, Claim, ClaimId, Closed, Door, Record, SessionId, Signal, StoredSession,
    TotalLimit, What,
};
use perch::store::{self, Full, Limits, Opened, Store, Stored};
use perch::time::Utc;
use uuid::Uuid;

/// Longer than anything takes, shorter than anybody's patience.
pub const SOON: Duration = Duration::from_secs(20);

/// An open store and its news.
pub struct Bench {
    pub opened: Opened,
    pub news: Receiver<Stored>,
    next_seq: u64,
}

impl Bench {
    pub fn open(dir: &Path) -> Bench {
        Bench::open_with(dir, Limits::default())
    }

    pub fn open_with(dir: &Path, limits: Limits) -> Bench {
        let (tell, news) = mpsc::channel();
        let listener = Box::new(move |stored| tell.send(stored).expect("the test listens"));
        let opened = store::open_with(dir, limits, listener).expect("the store opens");
        Bench {
            opened,
            news,
            next_seq: 1,
        }
    }

    pub fn store(&self) -> &Store {
        &self.opened.store
    }

    /// Queues a commit and returns its number.
    pub fn send(&mut self, changes: Vec<Change>) -> Result<u64, Full> {
        let seq = self.next_seq;
        self.opened.store.commit(seq, changes)?;
        self.next_seq += 1;
        Ok(seq)
    }

    pub fn next(&self) -> Stored {
        self.news.recv_timeout(SOON).expect("news in time")
    }

    /// Commits, waits until it is durable, and returns the answers to the claims.
    pub fn commit(&mut self, changes: Vec<Change>) -> Vec<bool> {
        let sent = self.send(changes).expect("room in the queue");
        match self.next() {
            Stored::Committed { seq, claims } if seq == sent => {
                claims.into_iter().map(|(_, granted)| granted).collect()
            }
            other => panic!("{other:?} instead of commit {sent}"),
        }
    }

    pub fn close(self) {
        self.opened.store.close().expect("everything is saved");
    }
}

pub fn id(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(n))
}

pub fn session(n: u128, user: &str, phone: &str) -> StoredSession {
    StoredSession {
        session: id(n),
        user: user.into(),
        phone: phone.into(),
        profile: "clerk".into(),
        door: Door::Code,
        opened: Utc(1000),
        total: TotalLimit::Usual,
        last_used: (Utc(1000), Signal::Login),
        leaving: None,
    }
}

pub fn closed(n: u128, at: i64, cause: Cause) -> Closed {
    Closed {
        session: id(n),
        cause,
        door: Door::Code,
        at: Utc(at),
        last_used: (Utc(at - 1), Signal::OnHook),
    }
}

/// A claim that knows of the sessions `expects`, and closes all of them.
pub fn claim(opens: StoredSession, expects: &[u128]) -> Claim {
    Claim {
        id: ClaimId(opens.session.0.as_u128() as u64),
        expects: expects.iter().copied().map(id).collect(),
        closes: expects
            .iter()
            .map(|n| closed(*n, 2000, Cause::Takeover))
            .collect(),
        records: vec![record("a login")],
        opens,
    }
}

pub fn claimed(opens: StoredSession, expects: &[u128]) -> Change {
    Change::Claimed(claim(opens, expects))
}

pub fn record(text: &str) -> Record {
    Record {
        at: Utc(1000),
        what: What::LoggedIn,
        user: Some("alice".into()),
        phone: None,
        door: Door::Code,
        text: text.into(),
    }
}
