//! Compares PINs away from the exchange: argon2 is slow on purpose.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};

use super::Clock;
use super::intake::Intake;
use super::metrics::Metrics;
use crate::exchange::{Check, Input};
use crate::site::verify_pin;

/// Where PINs wait to be compared.
#[derive(Debug)]
pub struct Checks {
    clock: Clock,
    queue: mpsc::Sender<(Duration, Check)>,
}

impl Checks {
    /// Begins to compare, `at_once` at a time; `waiting` may wait.
    pub fn start(
        clock: Clock,
        at_once: usize,
        waiting: usize,
        intake: Intake,
        metrics: Arc<Metrics>,
    ) -> Checks {
        let (queue, mut checks) = mpsc::channel::<(Duration, Check)>(waiting);
        let permits = Arc::new(Semaphore::new(at_once));
        tokio::spawn(async move {
            while let Some((since, check)) = checks.recv().await {
                let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                    return;
                };
                let (intake, metrics) = (intake.clone(), Arc::clone(&metrics));
                tokio::task::spawn_blocking(move || {
                    let matches = verify_pin(check.secret.reveal(), check.against.as_ref());
                    drop(permit);
                    metrics.check(clock.now().uptime.saturating_sub(since));
                    intake.leave(Input::SecretChecked {
                        ticket: check.ticket,
                        matches,
                    });
                });
            }
        });
        Checks { clock, queue }
    }

    /// Queues a PIN to be compared; gives it back if there is no room.
    pub fn offer(&self, check: Check) -> Result<(), Check> {
        let now = self.clock.now().uptime;
        self.queue
            .try_send((now, check))
            .map_err(|error| error.into_inner().1)
    }
}
