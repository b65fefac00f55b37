//! What waits for the writer. Bounded: commits by the number of their changes, bindings by the number of phones,
//! site changes by a small number.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::error::ApplyError;
use super::handle::Full;
use crate::pbx::{Change, ClaimId, PhoneName, Site};

/// Enough to share one wait for the disk among many, few enough that the first does not wait long for the last.
const BATCH_CHANGES: usize = 4096;
const BATCH_BINDINGS: usize = 1024;

/// Bindings ride along with a commit. Without one, they wait this long, so that they cost a disk write a second at
/// most.
const BINDINGS_WAIT: Duration = Duration::from_secs(1);

const SITES: usize = 16;

/// Changes that become durable together, and are reported under one number.
#[derive(Debug)]
pub(super) struct Commit {
    /// The number.
    pub seq: u64,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

/// What goes into one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// In the order in which they came.
    pub commits: Vec<Commit>,
    /// Where phones are now.
    pub bindings: Vec<(PhoneName, String)>,
}

/// A site to be stored, and who wants to know how it went.
pub(super) struct NewSite {
    /// The revision that it replaces.
    pub expected: u64,
    /// The site.
    pub site: Arc<Site>,
    /// Called once.
    pub reply: Reply,
}

/// Told how an apply went: the new revision, or why not.
pub(super) type Reply = Box<dyn FnOnce(Result<u64, ApplyError>) + Send>;

/// What the writer does next: first the batch, then the sites.
pub(super) struct Round {
    /// To be written in one transaction.
    pub batch: Batch,
    /// To be written, each in one of its own.
    pub sites: Vec<NewSite>,
}

/// What came up while the writer waited to try again.
pub(super) struct Pause {
    /// Claims of commits that wait. They are taken out of them: nobody is kept waiting at a phone.
    pub claims: Vec<ClaimId>,
    /// Sites, which can be answered even now.
    pub sites: Vec<NewSite>,
    /// Whether the store is being closed.
    pub closing: bool,
}

/// Between those who want something stored and the writer.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    news: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct Waiting {
    commits: VecDeque<Commit>,
    /// Changes in them.
    changes: usize,
    bindings: BTreeMap<PhoneName, String>,
    sites: Vec<NewSite>,
    closing: bool,
}

impl Queue {
    /// An empty queue for so many changes.
    pub(super) fn new(capacity: usize) -> Queue {
        Queue {
            waiting: Mutex::default(),
            news: Condvar::new(),
            capacity,
        }
    }

    /// Queues a commit, unless it is one too many. An empty queue takes any.
    pub(super) fn push(&self, commit: Commit) -> Result<(), Full> {
        let mut waiting = self.lock();
        let full = waiting.changes > 0 && waiting.changes + commit.changes.len() > self.capacity;
        if waiting.closing || full {
            return Err(Full(commit.changes));
        }
        waiting.changes += commit.changes.len();
        waiting.commits.push_back(commit);
        self.news.notify_one();
        Ok(())
    }

    /// Queues bindings; of those of one phone only the newest.
    pub(super) fn push_bindings(&self, bindings: Vec<(PhoneName, String)>) {
        let mut waiting = self.lock();
        if !waiting.closing {
            waiting.bindings.extend(bindings);
            self.news.notify_one();
        }
    }

    /// Queues a site, or says at once why not.
    pub(super) fn push_site(&self, new: NewSite) {
        let mut waiting = self.lock();
        let refusal = if waiting.closing {
            ApplyError::Closed
        } else if waiting.sites.len() >= SITES {
            ApplyError::Busy
        } else {
            waiting.sites.push(new);
            self.news.notify_one();
            return;
        };
        drop(waiting);
        (new.reply)(Err(refusal));
    }

    /// Takes nothing more; what is queued is still written.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.news.notify_one();
    }

    /// Waits for something to do. None: closed, and everything is done.
    pub(super) fn wait(&self) -> Option<Round> {
        let mut waiting = self
            .news
            .wait_while(self.lock(), |waiting| {
                waiting.is_empty() && !waiting.closing
            })
            .expect(UNBROKEN);
        if !waiting.is_urgent() {
            (waiting, _) = self
                .news
                .wait_timeout_while(waiting, BINDINGS_WAIT, |waiting| !waiting.is_urgent())
                .expect(UNBROKEN);
        }
        if waiting.is_empty() {
            return None;
        }
        Some(Round {
            batch: waiting.take_batch(),
            sites: mem::take(&mut waiting.sites),
        })
    }

    /// Waits before a new attempt. Commits stay where they are.
    pub(super) fn pause(&self, pause: Duration) -> Pause {
        let (mut waiting, _) = self
            .news
            .wait_timeout_while(self.lock(), pause, |waiting| {
                waiting.sites.is_empty() && !waiting.closing
            })
            .expect(UNBROKEN);
        let claims: Vec<_> = waiting.commits.iter_mut().flat_map(take_claims).collect();
        waiting.changes -= claims.len();
        Pause {
            claims,
            sites: mem::take(&mut waiting.sites),
            closing: waiting.closing,
        }
    }

    /// How many commits wait.
    pub(super) fn len(&self) -> usize {
        self.lock().commits.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect(UNBROKEN)
    }
}

/// Takes the claims out of a commit.
pub(super) fn take_claims(commit: &mut Commit) -> Vec<ClaimId> {
    let claim = |change: &mut Change| matches!(change, Change::Claimed(_));
    commit
        .changes
        .extract_if(.., claim)
        .filter_map(|change| match change {
            Change::Claimed(claim) => Some(claim.id),
            _ => None,
        })
        .collect()
}

const UNBROKEN: &str = "nothing panics while it holds the queue";

impl Waiting {
    fn is_empty(&self) -> bool {
        self.bindings.is_empty() && self.commits.is_empty() && self.sites.is_empty()
    }

    /// Whether there is more than bindings.
    fn is_urgent(&self) -> bool {
        self.closing || !self.commits.is_empty() || !self.sites.is_empty()
    }

    fn take_batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        let mut changes = 0;
        while changes < BATCH_CHANGES
            && let Some(commit) = self.commits.pop_front()
        {
            changes += commit.changes.len();
            batch.commits.push(commit);
        }
        self.changes -= changes;
        while batch.bindings.len() < BATCH_BINDINGS
            && let Some(binding) = self.bindings.pop_first()
        {
            batch.bindings.push(binding);
        }
        batch
    }
}
