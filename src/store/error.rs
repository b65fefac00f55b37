//! What can go wrong with the store. It is ours, never a peer's or a user's; no message holds a stored value.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The store could not be opened, written or copied.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The data directory cannot be used.
    #[error(
        "cannot use the data directory {}: {source}. Create it, or let the user that Perch runs as write there",
        path.display()
    )]
    Directory {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another server has the data directory.
    #[error(
        "the data directory {} is in use by another Perch server. Stop that one, or give this one a directory of \
         its own",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A later Perch wrote the database.
    #[error(
        "{} was written by a newer Perch: its schema is version {found}, this Perch knows versions up to {known}. \
         Run the newer Perch, or restore the copy that it made before it changed the schema",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An earlier Perch wrote the database, and it is only to be read.
    #[error(
        "{} was written by an older Perch: its schema is version {found}, this Perch reads version {known}. Start this \
         Perch's server with it once, or with a copy of it",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// SQLite refused.
    #[error("{doing} failed in {}: {source}. {}", path.display(), remedy(source))]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A part of the stored site cannot be understood.
    #[error(
        "the stored {kind} {name:?} in {} cannot be understood: {source}. Restore a backup, or apply the site file \
         to an empty data directory",
        path.display()
    )]
    Site {
        /// The database.
        path: PathBuf,
        /// What kind of object.
        kind: String,
        /// Which one.
        name: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There is nothing to back up.
    #[error(
        "there is no Perch database in {}. Name the data directory of the server that is to be backed up",
        path.display()
    )]
    NoDatabase {
        /// The directory.
        path: PathBuf,
    },
    /// A backup never overwrites.
    #[error("{} exists already, and a backup never overwrites. Choose another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The backup's file cannot be written.
    #[error("cannot write the backup {}: {source}. Choose a place with enough room that you may write to", path.display())]
    BackupFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave us no thread.
    #[error("cannot start the store's thread: {0}. Raise the limit on threads or memory")]
    Thread(io::Error),
    /// The store was closed while the disk refused.
    #[error("{commits} commits could not be saved before the store was closed: {source}")]
    Unsaved {
        /// How many were lost.
        commits: usize,
        /// Why the last attempt failed.
        source: Box<StoreError>,
    },
    /// The writer thread is gone, by a fault of ours.
    #[error(
        "the store's thread ended by a fault in Perch; start the server again, and report its log"
    )]
    Died,
}

/// Why a site was not applied. Nothing of it was.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// Somebody else applied a site meanwhile.
    #[error(
        "the site changed meanwhile: it is at revision {found}, the change was made for revision {expected}. Make \
         a new plan and apply that"
    )]
    Stale {
        /// The revision that the change was made for.
        expected: u64,
        /// The present one.
        found: u64,
    },
    /// Too many are waiting.
    #[error("the store is busy with other site changes. Try again in a moment")]
    Busy,
    /// The server is stopping.
    #[error("the store is closed. Start the server, then apply again")]
    Closed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says what was being done when SQLite refused.
pub(super) trait During<T> {
    /// The same result, with the error in our terms.
    fn during(self, doing: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> During<T> for rusqlite::Result<T> {
    fn during(self, doing: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database {
            doing,
            path: path.to_owned(),
            source,
        })
    }
}

fn remedy(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "Make room on the disk",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "Close whatever else has the database open"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "Let the user that Perch runs as write to the data directory"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "The file is damaged or not Perch's: restore a backup"
        }
        _ => "Look at the disk and at the system's log",
    }
}
