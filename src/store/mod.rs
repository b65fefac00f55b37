//! What must not be forgotten: the changes of the core, the site, and where phones are, in one embedded SQLite
//! database.
//!
//! One writer thread owns the database. It takes everything that is queued, makes one transaction of it, waits for
//! the disk once, and only then reports each commit, in order. Claims are decided inside that transaction, so two
//! rivals never both win. When the disk refuses, claims are answered at once with a failure, facts are kept and
//! tried again, and nothing more is taken from the queue than memory was set aside for.

mod activity;
mod backup;
mod changes;
mod database;
mod error;
mod handle;
mod history;
mod load;
mod queue;
mod schema;
mod site;
mod words;
mod writer;

pub use activity::activity;
pub use backup::backup;
pub use error::{ApplyError, StoreError};

pub use handle::{Full, Limits, Listener, Opened, Store, Stored, open, open_with};
pub use site::stored_site;
