//! The site as rows: an object a row, so that an apply of a large site writes only what differs.

use std::collections::BTreeMap;

use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::database::Database;
use super::error::{ApplyError, During, StoreError};
use super::load::number;
use crate::pbx::Site;

/// The kinds of rows, as they stand in the table.
mod kind {
    pub const SETTINGS: &str = "settings";
    pub const CODES: &str = "codes";
    pub const EMERGENCY: &str = "emergency";
    pub const CLASS: &str = "class";
    pub const LOGOUT_PROFILE: &str = "logout-profile";
    pub const USER_PROFILE: &str = "user-profile";
    pub const USER: &str = "user";
    pub const PHONE: &str = "phone";
}

type Rows = BTreeMap<(String, String), String>;

/// The stored site and its revision, if one was ever applied.
pub(super) fn load(database: &Database) -> Result<Option<(u64, Site)>, StoreError> {
    let doing = "reading the site";
    let path = &database.path;
    let revision = revision(&database.connection).during(doing, path)?;
    if revision == 0 {
        return Ok(None);
    }
    let rows = rows(&database.connection).during(doing, path)?;
    let mut site = Site::default();
    for ((kind, name), json) in rows {
        place(&mut site, &kind, &name, &json).map_err(|source| StoreError::Site {
            path: path.clone(),
            kind,
            name,
            source,
        })?;
    }
    Ok(Some((revision, site)))
}

/// Replaces the stored site, all of it or nothing, if it is still at `expected`. The new revision; the present one
/// if nothing differs.
pub(super) fn apply(
    database: &mut Database,
    expected: u64,
    site: &Site,
) -> Result<u64, ApplyError> {
    replace(&mut database.connection, expected, &written(site))
        .during("storing the site", &database.path)?
        .map_err(|found| ApplyError::Stale { expected, found })
}

/// Err: the revision that it is at instead.
fn replace(
    connection: &mut Connection,
    expected: u64,
    wanted: &Rows,
) -> rusqlite::Result<Result<u64, u64>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = revision(&transaction)?;
    if found != expected {
        return Ok(Err(found));
    }
    let stored = rows(&transaction)?;
    if found > 0 && stored == *wanted {
        return Ok(Ok(found));
    }
    for ((kind, name), json) in wanted {
        if stored.get(&(kind.clone(), name.clone())) != Some(json) {
            transaction
                .prepare_cached(PUT)?
                .execute(params![kind, name, json])?;
        }
    }
    for (kind, name) in stored.keys().filter(|key| !wanted.contains_key(*key)) {
        transaction
            .prepare_cached("DELETE FROM site_object WHERE kind = ?1 AND name = ?2")?
            .execute([kind, name])?;
    }
    transaction.execute(SET_REVISION, [(found + 1).cast_signed()])?;
    transaction.commit()?;
    Ok(Ok(found + 1))
}

const PUT: &str = "
    INSERT INTO site_object (kind, name, json) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET json = excluded.json";

const SET_REVISION: &str = "
    INSERT INTO meta (key, value) VALUES ('site_revision', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";

fn revision(db: &Connection) -> rusqlite::Result<u64> {
    Ok(number(db, "site_revision")?.map_or(0, i64::cast_unsigned))
}

fn rows(db: &Connection) -> rusqlite::Result<Rows> {
    db.prepare_cached("SELECT kind, name, json FROM site_object")?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect()
}

fn written(site: &Site) -> Rows {
    let mut rows = Rows::new();
    put(&mut rows, kind::SETTINGS, "", &site.settings);
    put(&mut rows, kind::CODES, "", &site.codes);
    put_all(&mut rows, kind::EMERGENCY, &site.emergency);
    put_all(&mut rows, kind::CLASS, &site.classes);
    put_all(&mut rows, kind::LOGOUT_PROFILE, &site.logout_profiles);
    put_all(&mut rows, kind::USER_PROFILE, &site.user_profiles);
    put_all(&mut rows, kind::USER, &site.users);
    put_all(&mut rows, kind::PHONE, &site.phones);
    rows
}

fn put_all<K: ToString, V: Serialize>(rows: &mut Rows, kind: &str, objects: &BTreeMap<K, V>) {
    for (name, object) in objects {
        put(rows, kind, &name.to_string(), object);
    }
}

fn put(rows: &mut Rows, kind: &str, name: &str, object: &impl Serialize) {
    let json = serde_json::to_string(object).expect("plain data can be written as JSON");
    rows.insert((kind.to_owned(), name.to_owned()), json);
}

fn place(site: &mut Site, kind: &str, name: &str, json: &str) -> serde_json::Result<()> {
    match kind {
        kind::SETTINGS => site.settings = serde_json::from_str(json)?,
        kind::CODES => site.codes = serde_json::from_str(json)?,
        kind::EMERGENCY => take(&mut site.emergency, name, json)?,
        kind::CLASS => take(&mut site.classes, name, json)?,
        kind::LOGOUT_PROFILE => take(&mut site.logout_profiles, name, json)?,
        kind::USER_PROFILE => take(&mut site.user_profiles, name, json)?,
        kind::USER => take(&mut site.users, name, json)?,
        kind::PHONE => take(&mut site.phones, name, json)?,
        _ => return Err(serde::de::Error::custom("there is no such kind of object")),
    }
    Ok(())
}

fn take<K: Ord + for<'a> From<&'a str>, V: DeserializeOwned>(
    objects: &mut BTreeMap<K, V>,
    name: &str,
    json: &str,
) -> serde_json::Result<()> {
    objects.insert(name.into(), serde_json::from_str(json)?);
    Ok(())
}
