//! Phones that nobody named become a part of the site, if the site allows it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};

use super::sites::Sites;
use super::supervise::supervise;
use crate::sccp::Newcomer;
use crate::store::ApplyError;

/// So many may wait. A phone that finds no room tries again by itself.
const WAITING: usize = 1024;

/// Those who come together are taken in together: each time the whole site is looked at.
const TOGETHER: Duration = Duration::from_millis(200);

/// How often it is tried again when somebody applies a site at the same time.
const TRIES: usize = 5;

/// The way in for newcomers.
#[derive(Clone, Debug)]
pub struct Newcomers(mpsc::Sender<Newcomer>);

impl Newcomers {
    /// Begins to take newcomers in.
    pub fn start(sites: Sites) -> Newcomers {
        let (sender, receiver) = mpsc::channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        supervise("taking phones in that nobody named", move || {
            take_in_all(sites.clone(), Arc::clone(&receiver))
        });
        Newcomers(sender)
    }

    /// Hands one in. Never waits.
    pub fn add(&self, newcomer: Newcomer) {
        if let Err(error) = self.0.try_send(newcomer) {
            tracing::warn!(%error, "too many phones that nobody named; this one has to try again");
        }
    }
}

async fn take_in_all(sites: Sites, receiver: Arc<Mutex<mpsc::Receiver<Newcomer>>>) {
    let mut receiver = receiver.lock().await;
    while let Some(first) = receiver.recv().await {
        tokio::time::sleep(TOGETHER).await;
        let mut all = vec![first];
        while let Ok(next) = receiver.try_recv() {
            all.push(next);
        }
        if let Err(error) = take_in(&sites, &all).await {
            tracing::error!(%error, "phones that nobody named could not be taken in");
        }
    }
}

async fn take_in(sites: &Sites, newcomers: &[Newcomer]) -> Result<(), ApplyError> {
    for left in (0..TRIES).rev() {
        let current = sites.current();
        let mut site = current.site.as_ref().clone();
        let names = newcomers.iter();
        let names = names.map(|newcomer| (newcomer.phone.clone(), newcomer.model.clone()));
        let came = site.enrol(names.collect());
        if came.is_empty() {
            return Ok(());
        }
        match sites.apply(current.revision, site).await {
            Ok(_) => {
                for (phone, number) in came {
                    tracing::info!(%phone, %number, "a phone that nobody named is one of the site's now");
                }
                return Ok(());
            }
            // Somebody was faster. What he applied counts, too.
            Err(ApplyError::Stale { .. }) if left > 0 => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
