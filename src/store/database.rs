//! The database file: who may have it open, and how it is set.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{During, StoreError};
use super::schema;

/// The database's name in the data directory.
pub(super) const FILE_NAME: &str = "perch.db";

/// How long to wait for a foreign program that has the database locked before that counts as a failure.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

const LOCK_NAME: &str = "perch.lock";

/// A server that was killed leaves its lock to whatever process it was about to start, for a moment. So it is tried for a
/// second before somebody else has it.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// An open database that is ours alone to write.
pub(super) struct Database {
    /// The connection; set, and of the newest schema.
    pub connection: Connection,
    /// For messages.
    pub path: PathBuf,
    /// Held as long as this lives. After the connection, so that it is let go last.
    _lock: File,
}

impl Database {
    /// Opens the database of a data directory, made if need be.
    pub(super) fn open(dir: &Path) -> Result<Database, StoreError> {
        let failed = |source: io::Error| StoreError::Directory {
            path: dir.to_owned(),
            source,
        };
        let dir = std::path::absolute(dir).map_err(failed)?;
        private_directory().create(&dir).map_err(failed)?;
        let lock = lock(&dir)?;
        let path = dir.join(FILE_NAME);
        private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(&path)
            .and_then(|_| sync_directory(&path))
            .map_err(failed)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(&path, flags).during("opening the database", &path)?;
        connection
            .busy_timeout(BUSY_TIMEOUT)
            .during("opening the database", &path)?;
        schema::migrate(&mut connection, &path, schema::STEPS)?;
        set(&connection).during("setting up the database", &path)?;
        Ok(Database {
            connection,
            path,
            _lock: lock,
        })
    }
}

/// The database of a data directory, to be read beside the server that owns it.
pub(super) fn open_to_read(dir: &Path) -> Result<(Connection, PathBuf), StoreError> {
    let path = dir.join(FILE_NAME);
    if !path.is_file() {
        return Err(StoreError::NoDatabase {
            path: dir.to_owned(),
        });
    }
    let doing = "opening the database to read it";
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).during(doing, &path)?;
    connection.busy_timeout(BUSY_TIMEOUT).during(doing, &path)?;
    schema::expect_newest(&connection, &path)?;
    Ok((connection, path))
}

/// For files that hold hashes of secrets: nobody else's to read.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes sure that the name of `file` is on the disk.
pub(super) fn sync_directory(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Directory {
        path: dir.join(LOCK_NAME),
        source,
    };
    let file = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(dir.join(LOCK_NAME))
        .map_err(failed)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Err(StoreError::InUse {
        path: dir.to_owned(),
    })
}

fn set(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // After a storm the log shrinks again, instead of keeping its largest size for ever.
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A killed process loses nothing even without these; a power failure would, and no test can cause one.
    #[test]
    fn the_disk_is_waited_for() {
        let dir = tempfile::tempdir().expect("a directory");
        let db = Database::open(dir.path()).expect("opens").connection;
        let number = |pragma| -> i64 {
            db.pragma_query_value(None, pragma, |row| row.get(0))
                .expect("a number")
        };
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("foreign_keys"), 1);
        let mode: String = db
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .expect("a word");
        assert_eq!(mode, "wal");
    }
}
