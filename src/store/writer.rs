//! The thread that owns the database.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Result, TransactionBehavior};

use super::changes::{self, Growth};
use super::database::Database;
use super::error::{ApplyError, During, StoreError};
use super::handle::{Limits, Listener, Stored};
use super::queue::{Batch, NewSite, Queue, take_claims};
use super::site;
use crate::pbx::{ClaimId, PhoneName};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often a batch is tried again when the store is being closed meanwhile.
const LAST_ATTEMPTS: u32 = 3;

/// The writer: batch after batch, until the queue is closed and empty.
pub(super) struct Writer {
    database: Database,
    queue: Arc<Queue>,
    limits: Limits,
    listener: Listener,
    growth: Growth,
}

/// For each commit of a batch the answers to its claims.
type Answers = Vec<Vec<(ClaimId, bool)>>;

impl Writer {
    /// A writer for a database that was just opened.
    pub(super) fn new(
        database: Database,
        queue: Arc<Queue>,
        limits: Limits,
        listener: Listener,
    ) -> Writer {
        Writer {
            database,
            queue,
            growth: Growth::within(&limits),
            limits,
            listener,
        }
    }

    /// Writes until there is nothing more to come. An error: something could not be saved before the end.
    pub(super) fn run(mut self) -> std::result::Result<(), StoreError> {
        let _closer = Closer(Arc::clone(&self.queue));
        while let Some(round) = self.queue.wait() {
            self.store(round.batch)?;
            self.apply(round.sites);
        }
        Ok(())
    }

    /// Stores a batch, however long it takes, and reports it.
    fn store(&mut self, mut batch: Batch) -> std::result::Result<(), StoreError> {
        let mut pause = FIRST_PAUSE;
        let mut attempts_when_closing = 0;
        let mut in_trouble = false;
        loop {
            let error = match self.write(&batch) {
                Ok(answers) => {
                    if in_trouble {
                        (self.listener)(Stored::Recovered);
                    }
                    self.report(batch, answers);
                    return Ok(());
                }
                Err(error) => error,
            };
            self.growth.activity.forget_names();
            self.fail(batch.commits.iter_mut().flat_map(take_claims).collect());
            if !mem::replace(&mut in_trouble, true) {
                (self.listener)(Stored::Trouble {
                    why: error.to_string(),
                });
            }
            let meanwhile = self.queue.pause(pause);
            self.fail(meanwhile.claims);
            self.apply(meanwhile.sites);
            attempts_when_closing += u32::from(meanwhile.closing);
            if attempts_when_closing > LAST_ATTEMPTS {
                return Err(StoreError::Unsaved {
                    commits: batch.commits.len() + self.queue.len(),
                    source: Box::new(error),
                });
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    fn write(&mut self, batch: &Batch) -> std::result::Result<Answers, StoreError> {
        let result = self.transact(batch);
        result.during("storing changes", &self.database.path)
    }

    /// One transaction, one wait for the disk.
    fn transact(&mut self, batch: &Batch) -> Result<Answers> {
        let transaction = self
            .database
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(batch.commits.len());
        for commit in &batch.commits {
            answers.push(changes::store(
                &transaction,
                &commit.changes,
                &mut self.growth,
            )?);
        }
        for (phone, contacts) in &batch.bindings {
            save_binding(&transaction, phone, contacts)?;
        }
        changes::prune(&transaction, &self.limits, &mut self.growth)?;
        transaction.commit()?;
        Ok(answers)
    }

    fn report(&self, batch: Batch, answers: Answers) {
        for (commit, claims) in batch.commits.iter().zip(answers) {
            (self.listener)(Stored::Committed {
                seq: commit.seq,
                claims,
            });
        }
    }

    fn fail(&self, claims: Vec<ClaimId>) {
        if !claims.is_empty() {
            (self.listener)(Stored::ClaimsFailed(claims));
        }
    }

    fn apply(&mut self, sites: Vec<NewSite>) {
        for new in sites {
            (new.reply)(site::apply(&mut self.database, new.expected, &new.site));
        }
    }
}

fn save_binding(db: &rusqlite::Connection, phone: &PhoneName, contacts: &str) -> Result<()> {
    if contacts.is_empty() {
        db.prepare_cached("DELETE FROM binding WHERE phone = ?1")?
            .execute([phone.as_str()])?;
    } else {
        db.prepare_cached(
            "INSERT INTO binding (phone, contacts) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET contacts = excluded.contacts",
        )?
        .execute([phone.as_str(), contacts])?;
    }
    Ok(())
}

/// However the writer ends, nobody queues for it any more, and nobody waits for an answer that never comes.
struct Closer(Arc<Queue>);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.close();
        for site in self.0.pause(Duration::ZERO).sites {
            (site.reply)(Err(ApplyError::Closed));
        }
    }
}
