//! A copy of the whole database as one file, while the server runs or not.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::database::{BUSY_TIMEOUT, FILE_NAME, private, sync_directory};
use super::error::{During, StoreError};

/// Copies the database of the data directory `dir` to the new file `file`: everything that was durable when the copy
/// began. The server that owns the directory may go on writing meanwhile. To restore, put the file into an
/// empty data directory as `perch.db`.
pub fn backup(dir: &Path, file: &Path) -> Result<(), StoreError> {
    let path = dir.join(FILE_NAME);
    if !path.is_file() {
        return Err(StoreError::NoDatabase {
            path: dir.to_owned(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)
        .during("opening the database for a backup", &path)?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .during("opening the database for a backup", &path)?;
    copy_into(&connection, &path, file)
}

/// The copying itself. The name appears only when the copy is whole and on the disk.
pub(super) fn copy_into(
    connection: &Connection,
    path: &Path,
    file: &Path,
) -> Result<(), StoreError> {
    let failed = |source: io::Error| StoreError::BackupFile {
        path: file.to_owned(),
        source,
    };
    let file = std::path::absolute(file).map_err(failed)?;
    let partial = reserve(&file)?;
    let copied = connection
        .execute("VACUUM INTO ?1", [partial.to_string_lossy()])
        .during("copying the database", path)
        .and_then(|_| publish(&partial, &file).map_err(failed));
    if copied.is_err() {
        // What is left over is worthless; that it may not go away either is no news.
        let _ = fs::remove_file(&partial);
        let _ = fs::remove_file(&file);
    }
    copied
}

/// Takes the name, so that no two backups write to it, and a name beside it to write to.
fn reserve(file: &Path) -> Result<PathBuf, StoreError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists {
            path: file.to_owned(),
        },
        _ => StoreError::BackupFile {
            path: file.to_owned(),
            source,
        },
    };
    if file.to_str().is_none() {
        return Err(failed(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name is not UTF-8",
        )));
    }
    // It holds hashes of PINs: nobody else's to read, from its first byte.
    private(OpenOptions::new().write(true).create_new(true))
        .open(file)
        .map_err(failed)?;
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(&partial)
        .map_err(failed)?;
    Ok(partial)
}

fn publish(partial: &Path, file: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, file)?;
    sync_directory(file)
}
