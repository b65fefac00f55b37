//! Whose turn it is to work at the exchange.
//!
//! Whoever brings something does at once, on its own thread, what is to be done. Handing it to another thread would cost
//! more than the work: most messages come alone, and the other thread would have to be woken for each. Whoever comes
//! while somebody is at it leaves what it brought, and goes on with its own work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use tokio::sync::Notify;

use super::run::Run;

/// The exchange, and who works at it.
#[derive(Debug, Default)]
pub struct Turns {
    run: OnceLock<Mutex<Run>>,
    /// How many have come since whoever is at it looked, itself among them. Nobody is at it: 0.
    comers: AtomicUsize,
    /// Wakes the one who waits for what is due.
    look: Notify,
}

/// The exchange ended by a fault of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the exchange ended by a fault in Perch")]
pub struct Died;

impl Turns {
    /// From now on there is something to work at.
    pub fn begin(&self, run: Run) {
        self.run.get_or_init(|| Mutex::new(run));
        self.call();
    }

    /// Does what there is to do, unless somebody is at it, who will then do that, too.
    pub fn take(&self) {
        let Some(run) = self.run.get() else {
            return;
        };
        if self.comers.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        let _fault = Fault(self);
        loop {
            let seen = self.comers.load(Ordering::Acquire);
            // Nobody works at what somebody's panic left half done.
            let Ok(mut run) = run.lock() else {
                return;
            };
            run.work();
            if run.is_due_sooner() {
                self.look.notify_one();
            }
            drop(run);
            if self.comers.fetch_sub(seen, Ordering::AcqRel) == seen {
                return;
            }
        }
    }

    /// Has somebody else do what there is to do.
    pub fn call(&self) {
        self.look.notify_one();
    }

    /// Does what is due, whenever it is, until the server is drained: told to stop, its calls have ended or taken too
    /// long, and all that it wanted stored is stored.
    pub async fn until_drained(&self) -> Result<(), Died> {
        loop {
            self.take();
            let run = self.run.get().ok_or(Died)?;
            let wake_at = {
                let mut run = run.lock().map_err(|_| Died)?;
                if run.ends() {
                    return Ok(());
                }
                run.sleep()
            };
            tokio::select! {
                () = self.look.notified() => {}
                () = tokio::time::sleep_until(wake_at) => {}
            }
        }
    }
}

/// Whoever panics at the exchange leaves it to nobody: the one who waits is to see that.
struct Fault<'a>(&'a Turns);

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.call();
        }
    }
}
