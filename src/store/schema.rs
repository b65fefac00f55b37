//! The tables, and how an older database becomes a present one. Forward only.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::backup::copy_into;
use super::error::{During, StoreError};

/// Step n makes version n + 1 out of version n. A step that was ever released is never edited.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema_v1.sql"),
    include_str!("schema_v2.sql"),
    include_str!("schema_v3.sql"),
    include_str!("schema_v4.sql"),
    include_str!("schema_v5.sql"),
    include_str!("schema_v6.sql"),
    include_str!("schema_v7.sql"),
    include_str!("schema_v8.sql"),
];

/// Brings the database to the newest version. One that holds something is copied first, beside itself.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), StoreError> {
    let found = version(connection).during("reading the schema version", path)?;
    let known = known(steps);
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    let done = usize::try_from(found).unwrap_or(0);
    if done == steps.len() {
        return Ok(());
    }
    if done > 0 {
        copy_into(connection, path, &free_name(path, found))?;
    }
    run(connection, done, steps).during("changing the schema", path)
}

/// A database that is only read has to be of the newest version: it cannot be brought there.
pub(super) fn expect_newest(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection).during("reading the schema version", path)?;
    let known = known(STEPS);
    let path = path.to_owned();
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::Newer { path, found, known }),
        Ordering::Less => Err(StoreError::Older { path, found, known }),
    }
}

fn run(connection: &mut Connection, done: usize, steps: &[&str]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &steps[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known(steps))?;
    transaction.commit()
}

fn known(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).expect("there are few steps")
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// `perch.db.v1`, or `perch.db.v1.2` if that exists: an earlier copy is never overwritten.
fn free_name(path: &Path, version: i64) -> PathBuf {
    let named = |suffix: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let first = named(format!(".v{version}"));
    if !first.exists() {
        return first;
    }
    (2..)
        .map(|n| named(format!(".v{version}.{n}")))
        .find(|name| !name.exists())
        .expect("some number is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7);";
    const SECOND: &str = "ALTER TABLE a RENAME COLUMN x TO y;";

    fn database(dir: &Path) -> (Connection, PathBuf) {
        let path = dir.join("perch.db");
        (Connection::open(&path).expect("opens"), path)
    }

    fn number(connection: &Connection, sql: &str) -> i64 {
        connection
            .query_row(sql, [], |row| row.get(0))
            .expect("is there")
    }

    #[test]
    fn an_older_database_is_copied_and_then_changed() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut connection, path) = database(dir.path());
        migrate(&mut connection, &path, &[FIRST]).expect("version 1");
        assert!(!dir.path().join("perch.db.v0").exists());
        migrate(&mut connection, &path, &[FIRST, SECOND]).expect("version 2");
        assert_eq!(number(&connection, "SELECT y FROM a"), 7);
        assert_eq!(number(&connection, "PRAGMA user_version"), 2);

        let copy = Connection::open(dir.path().join("perch.db.v1")).expect("the copy");
        assert_eq!(number(&copy, "SELECT x FROM a"), 7);
        assert_eq!(number(&copy, "PRAGMA user_version"), 1);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut connection, path) = database(dir.path());
        migrate(&mut connection, &path, &[FIRST]).expect("version 1");
        let wrong = "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER);";
        migrate(&mut connection, &path, &[FIRST, wrong]).expect_err("a is there already");
        assert_eq!(number(&connection, "PRAGMA user_version"), 1);
        migrate(&mut connection, &path, &[FIRST, SECOND]).expect("version 2");
        assert!(dir.path().join("perch.db.v1.2").exists());
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut connection, path) = database(dir.path());
        migrate(&mut connection, &path, &[FIRST, SECOND]).expect("version 2");
        let error = migrate(&mut connection, &path, &[FIRST]).expect_err("it is newer");
        assert!(matches!(
            error,
            StoreError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ));
    }
}
