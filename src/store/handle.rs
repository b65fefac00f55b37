//! The door: opening the store, and what may be asked of it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::backup::backup;
use super::database::Database;
use super::error::{ApplyError, StoreError};
use super::history::hunt_history;
use super::load;
use super::queue::{Commit, NewSite, Queue};
use super::site;
use super::writer::Writer;
use crate::pbx::{Change, ClaimId, HuntHour, PhoneName, Remembered, Site};
use crate::time::Utc;

/// A store that was just opened, and what was in it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// The site and its revision, if one was ever applied.
    pub site: Option<(u64, Site)>,
    /// What the core goes on from.
    pub remembered: Remembered,
    /// Where phones could be reached, in the registrar's words. Sorted by phone.
    pub bindings: Vec<(PhoneName, String)>,
}

/// News from the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A commit is durable. Reported in the order in which commits were given.
    Committed {
        /// Its number.
        seq: u64,
        /// For each claim in it that was not answered by `ClaimsFailed`, in order: whether it was granted.
        claims: Vec<(ClaimId, bool)>,
    },
    /// The store failed, and these claims will not be decided. The other changes of their commits are tried again,
    /// and those commits are still reported.
    ClaimsFailed(Vec<ClaimId>),
    /// The store cannot write. It tries again; until it can, no claim is decided.
    Trouble {
        /// What is wrong and what to do, for a person.
        why: String,
    },
    /// It can write again.
    Recovered,
}

/// Hears the news, on the writer's thread: it must be quick, and must not wait for the store.
pub type Listener = Box<dyn Fn(Stored) + Send>;

/// The queue has no room for these changes, or the store was closed. They are given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Full(pub Vec<Change>);

/// How much is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Changes that may wait for the writer.
    pub queued_changes: usize,
    /// Ended sessions that are kept.
    pub sessions_kept: u64,
    /// Lines of the audit log that are kept.
    pub records_kept: u64,
    /// How many days of activity are kept; 0: nothing is recorded.
    pub activity_days: u32,
    /// How many activities are kept at most.
    pub activities_kept: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            queued_changes: 65_536,
            sessions_kept: 100_000,
            records_kept: 1_000_000,
            activity_days: 35,
            activities_kept: 10_000_000,
        }
    }
}

/// Opens the store in the data directory `dir`, which is made if need be, and starts its writer.
pub fn open(dir: &Path, listener: Listener) -> Result<Opened, StoreError> {
    open_with(dir, Limits::default(), listener)
}

/// The same, with limits other than the usual.
pub fn open_with(dir: &Path, limits: Limits, listener: Listener) -> Result<Opened, StoreError> {
    start(Database::open(dir)?, dir, limits, listener)
}

fn start(
    database: Database,
    dir: &Path,
    limits: Limits,
    listener: Listener,
) -> Result<Opened, StoreError> {
    let site = site::load(&database)?;
    let remembered = load::remembered(&database)?;
    let bindings = load::bindings(&database)?;
    let queue = Arc::new(Queue::new(limits.queued_changes));
    let writer = Writer::new(database, Arc::clone(&queue), limits, listener);
    let thread = thread::Builder::new()
        .name("store".into())
        .spawn(|| writer.run())
        .map_err(StoreError::Thread)?;
    let shared = Shared {
        queue,
        dir: dir.to_owned(),
        thread: Mutex::new(Some(thread)),
    };
    Ok(Opened {
        store: Store(Arc::new(shared)),
        site,
        remembered,
        bindings,
    })
}

/// A handle to the store; clones are cheap and mean the same store. When the last one is dropped, what is queued is
/// written and the store closes.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

impl Store {
    /// Queues changes to be stored together. `seq` comes back with [`Stored::Committed`] once they are durable.
    pub fn commit(&self, seq: u64, changes: Vec<Change>) -> Result<(), Full> {
        self.0.queue.push(Commit { seq, changes })
    }

    /// Saves where phones are, in the background: within a second or so. An empty text: nowhere any more.
    pub fn save_bindings(&self, bindings: Vec<(PhoneName, String)>) {
        self.0.queue.push_bindings(bindings);
    }

    /// Stores a site in place of the one with revision `expected` (0: there is none yet), all of it or nothing.
    /// The reply, on the writer's thread, is the new revision; if nothing differs, the present one.
    pub fn apply_site(
        &self,
        expected: u64,
        site: impl Into<Arc<Site>>,
        reply: Box<dyn FnOnce(Result<u64, ApplyError>) + Send>,
    ) {
        self.0.queue.push_site(NewSite {
            expected,
            site: site.into(),
            reply,
        });
    }

    /// Copies the database to a new file while the store goes on. Takes as long as reading all of it.
    pub fn backup(&self, file: &Path) -> Result<(), StoreError> {
        backup(&self.0.dir, file)
    }

    /// What happened in hunt groups in the hours from one to before another, some thousand rows of it; and from where to
    /// ask on, if that is not all. Takes as long as reading it.
    pub fn hunt_history(
        &self,
        from: Utc,
        to: Utc,
    ) -> Result<(Vec<HuntHour>, Option<Utc>), StoreError> {
        hunt_history(&self.0.dir, from, to)
    }

    /// Writes what is queued and closes the store. Other handles to it take nothing any more.
    pub fn close(self) -> Result<(), StoreError> {
        self.0.close()
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.dir).finish()
    }
}

struct Shared {
    queue: Arc<Queue>,
    dir: PathBuf,
    thread: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Shared {
    fn close(&self) -> Result<(), StoreError> {
        self.queue.close();
        let thread = self
            .thread
            .lock()
            .expect("nothing panics while it holds the thread")
            .take();
        match thread {
            // Its own listener may have held the last handle; a thread cannot wait for itself.
            Some(thread) if thread.thread().id() != thread::current().id() => {
                thread.join().unwrap_or(Err(StoreError::Died))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Whoever wants to know how it went calls `close`.
        let _ = self.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::pbx::{Door, Record, User, UserId, What};
    use crate::time::Utc;

    /// A site of some hundred pages.
    fn large_site() -> Site {
        let mut site = Site::default();
        for n in 0..1000 {
            let user = User {
                dn: n.to_string().into(),
                display_name: "x".repeat(1000),
                pin: crate::pbx::PinHash(String::new()),
                profiles: Vec::new(),
                mailbox: None,
                sip_secret: None,
                upstream: None,
                group: None,
                class: None,
                limits: None,
                exempt: false,
            };
            site.users.insert(UserId::from(format!("u{n}")), user);
        }
        site
    }

    fn large_change() -> Change {
        Change::Recorded(Record {
            at: Utc(1),
            what: What::Stayed,
            user: None,
            phone: None,
            door: Door::Timer,
            text: "y".repeat(100_000),
        })
    }

    #[test]
    fn a_full_disk_is_trouble_until_there_is_room() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut database = Database::open(dir.path()).expect("opens");
        site::apply(&mut database, 0, &large_site()).expect("there is room");
        let db = &database.connection;
        let pages: i64 = db
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .expect("a number");
        db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .expect("can be set");

        let (tell, told) = mpsc::channel();
        let listener = Box::new(move |news| tell.send(news).expect("the test listens"));
        let opened = start(database, dir.path(), Limits::default(), listener).expect("starts");
        let next = || told.recv_timeout(Duration::from_secs(10)).expect("news");
        opened
            .store
            .commit(1, vec![large_change()])
            .expect("room in the queue");
        let Stored::Trouble { why } = next() else {
            panic!("the disk is full");
        };
        assert!(why.contains("Make room on the disk"), "{why}");

        // Room is made in the middle of the trouble, by taking the large site away.
        let (reply, replied) = mpsc::channel();
        let reply = Box::new(move |result| reply.send(result).expect("the test waits"));
        opened.store.apply_site(1, Site::default(), reply);
        let revision = replied
            .recv_timeout(Duration::from_secs(10))
            .expect("a reply");
        assert_eq!(revision.expect("deleting needs no room"), 2);
        assert_eq!(next(), Stored::Recovered);
        let claims = Vec::new();
        assert_eq!(next(), Stored::Committed { seq: 1, claims });
        opened.store.close().expect("nothing is left");
    }
}
