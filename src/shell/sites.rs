//! The site that is in force, and how another takes its place.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::intake::Intake;
use super::readiness::Readiness;
use super::settings::Settings;
use crate::exchange::Input;
use crate::pbx::Site;
use crate::site::{self, Problem};
use crate::store::{ApplyError, Opened, Store};

/// A site for a data directory that has none yet.
#[derive(Clone, Copy, Debug)]
pub struct FirstSite {
    /// The file that it is from.
    pub file_name: &'static str,
    /// What that file says.
    pub text: &'static str,
}

/// Why a server does not begin with the site that it was given.
#[derive(Debug, thiserror::Error)]
pub enum FirstSiteError {
    /// The file is wrong.
    #[error("{}", lines(.0))]
    Wrong(Vec<Problem>),
    /// Reading it ended by a fault of ours.
    #[error("reading the site file ended by a fault in Perch; report its log")]
    Fault,
    /// Another site is there.
    #[error(
        "the data directory {dir} holds the site \"{found}\", not \"{wanted}\". Name another directory with --data, \
         or serve that site as it is"
    )]
    Another {
        /// The data directory.
        dir: String,
        /// Its site.
        found: String,
        /// The site that was to be there.
        wanted: String,
    },
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] ApplyError),
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

/// Sees to it that what `opened` holds is this site: puts it into an empty store, and refuses any other.
pub async fn begin_with(
    first: FirstSite,
    settings: &Settings,
    opened: &mut Opened,
) -> Result<(), FirstSiteError> {
    let hashing = settings.argon2;
    let parsed = tokio::task::spawn_blocking(move || {
        site::parse(first.file_name, first.text, None, &hashing)
    });
    let site = parsed
        .await
        .map_err(|_| FirstSiteError::Fault)?
        .map_err(FirstSiteError::Wrong)?
        .site;
    if let Some((_, found)) = &opened.site {
        if found.settings.name == site.settings.name {
            return Ok(());
        }
        return Err(FirstSiteError::Another {
            dir: settings.data.display().to_string(),
            found: found.settings.name.clone(),
            wanted: site.settings.name,
        });
    }
    let (sender, stored) = oneshot::channel();
    let reply = Box::new(move |result| drop(sender.send(result)));
    opened.store.apply_site(0, site.clone(), reply);
    let revision = stored.await.unwrap_or(Err(ApplyError::Closed))?;
    opened.site = Some((revision, site));
    Ok(())
}

/// A site and its revision; 0 is the empty site before the first.
#[derive(Debug)]
pub struct Current {
    /// The revision.
    pub revision: u64,
    /// The site.
    pub site: Arc<Site>,
}

/// The site that is in force. Clones share it.
#[derive(Clone, Debug)]
pub struct Sites {
    current: Arc<ArcSwap<Current>>,
    store: Store,
    intake: Intake,
    readiness: Readiness,
}

impl Sites {
    /// Begins with what the store had.
    pub fn new(
        stored: Option<(u64, Site)>,
        store: Store,
        intake: Intake,
        readiness: Readiness,
    ) -> Sites {
        readiness.update(|state| state.site = stored.is_some());
        let (revision, site) = stored.unwrap_or_default();
        let site = Arc::new(site);
        Sites {
            current: Arc::new(ArcSwap::from_pointee(Current { revision, site })),
            store,
            intake,
            readiness,
        }
    }

    /// The site that is in force.
    pub fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    /// Puts `site` in place of the one with revision `expected`: stores it, then tells everybody. The answer is the
    /// new revision.
    pub async fn apply(&self, expected: u64, site: Site) -> Result<u64, ApplyError> {
        let (sender, done) = oneshot::channel();
        let site = Arc::new(site);
        let (sites, read) = (self.clone(), Arc::clone(&site));
        // On the store's thread, so that two sites come into force in the order in which they were stored.
        let reply = move |result: Result<u64, ApplyError>| {
            if let Ok(revision) = result {
                sites.put_in_force(revision, Arc::new(read.settled()));
            }
            // Whoever asked may have gone away.
            let _ = sender.send(result);
        };
        self.store.apply_site(expected, site, Box::new(reply));
        done.await.unwrap_or(Err(ApplyError::Closed))
    }

    fn put_in_force(&self, revision: u64, site: Arc<Site>) {
        if revision == self.current.load().revision {
            return;
        }
        self.current.store(Arc::new(Current {
            revision,
            site: Arc::clone(&site),
        }));
        self.intake.leave(Input::SiteApplied(site));
        self.readiness.update(|state| state.site = true);
        tracing::info!(revision, "site applied");
    }
}
