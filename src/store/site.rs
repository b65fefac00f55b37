//! The site as rows: an object a row, so that an apply of a large site writes only what differs.

use std::borrow::Borrow;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::database::{Database, open_to_read};
use super::error::{ApplyError, During, StoreError};
use super::load::number;
use crate::pbx::Site;

/// The kinds of rows, as they stand in the table.
mod kind {
    pub const SETTINGS: &str = "settings";
    pub const CODES: &str = "codes";
    pub const MOBILITY: &str = "extension-mobility";
    pub const EMERGENCY: &str = "emergency";
    pub const AUTO_REGISTRATION: &str = "auto-registration";
    pub const PHONE_MODEL: &str = "phone-model";
    pub const UPSTREAM: &str = "upstream";
    pub const CLASS: &str = "class";
    pub const LOGOUT_PROFILE: &str = "logout-profile";
    pub const USER_PROFILE: &str = "user-profile";
    pub const USER_GROUP: &str = "user-group";
    pub const USER: &str = "user";
    pub const APP_USER: &str = "app-user";
    pub const PHONE: &str = "phone";
    pub const CALENDAR: &str = "calendar";
    pub const JOB: &str = "job";
    pub const TRUNK: &str = "trunk";
    pub const ROUTE: &str = "route";
    pub const HUNT_GROUP: &str = "hunt-group";
}

/// The stored site and its revision, if one was ever applied.
pub(super) fn load(database: &Database) -> Result<Option<(u64, Site)>, StoreError> {
    read(&database.connection, &database.path)
}

/// The site that is stored in the data directory `dir`, if one was ever applied. The server that owns the directory may
/// go on meanwhile.
pub fn stored_site(dir: &Path) -> Result<Option<Site>, StoreError> {
    let (connection, path) = open_to_read(dir)?;
    Ok(read(&connection, &path)?.map(|(_, site)| site))
}

fn read(connection: &Connection, path: &Path) -> Result<Option<(u64, Site)>, StoreError> {
    let doing = "reading the site";
    let revision = revision(connection).during(doing, path)?;
    if revision == 0 {
        return Ok(None);
    }
    let mut site = Site::default();
    // One row at a time: a site may be large, and is to be in memory once.
    let mut select = connection.prepare_cached(EVERYTHING).during(doing, path)?;
    let mut rows = select.query([]).during(doing, path)?;
    while let Some(row) = rows.next().during(doing, path)? {
        let text = |at| row.get::<_, String>(at).during(doing, path);
        let (kind, name, json) = (text(0)?, text(1)?, text(2)?);
        place(&mut site, &kind, &name, &json).map_err(|source| StoreError::Site {
            path: path.to_owned(),
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
    replace(&mut database.connection, expected, site)
        .during("storing the site", &database.path)?
        .map_err(|found| ApplyError::Stale { expected, found })
}

/// Err: the revision that it is at instead.
fn replace(
    connection: &mut Connection,
    expected: u64,
    site: &Site,
) -> rusqlite::Result<Result<u64, u64>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = revision(&transaction)?;
    if found != expected {
        return Ok(Err(found));
    }
    let written = write(&transaction, site)?;
    let deleted = delete_others(&transaction, site)?;
    if found > 0 && written + deleted == 0 {
        return Ok(Ok(found));
    }
    transaction.execute(SET_REVISION, [(found + 1).cast_signed()])?;
    transaction.commit()?;
    Ok(Ok(found + 1))
}

/// Writes the rows that differ, and says how many. One at a time: a site may be large.
fn write(db: &Connection, site: &Site) -> rusqlite::Result<usize> {
    let mut select =
        db.prepare_cached("SELECT json FROM site_object WHERE kind = ?1 AND name = ?2")?;
    let mut put = db.prepare_cached(PUT)?;
    let mut written = 0;
    each(site, |kind, name, json| {
        let stored: Option<String> = select
            .query_row([kind, name], |row| row.get(0))
            .optional()?;
        if stored.as_deref() != Some(json) {
            written += put.execute([kind, name, json])?;
        }
        Ok(())
    })?;
    Ok(written)
}

/// Deletes the rows that the site has no object for, and says how many.
fn delete_others(db: &Connection, site: &Site) -> rusqlite::Result<usize> {
    let mut others: Vec<(String, String)> = Vec::new();
    let mut select = db.prepare_cached("SELECT kind, name FROM site_object")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        if !has(site, &kind, &name) {
            others.push((kind, name));
        }
    }
    for (kind, name) in &others {
        db.prepare_cached("DELETE FROM site_object WHERE kind = ?1 AND name = ?2")?
            .execute([kind, name])?;
    }
    Ok(others.len())
}

const EVERYTHING: &str = "SELECT kind, name, json FROM site_object ORDER BY kind, name";

const PUT: &str = "
    INSERT INTO site_object (kind, name, json) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET json = excluded.json";

const SET_REVISION: &str = "
    INSERT INTO meta (key, value) VALUES ('site_revision', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";

fn revision(db: &Connection) -> rusqlite::Result<u64> {
    Ok(number(db, "site_revision")?.map_or(0, i64::cast_unsigned))
}

type Sink<'a> = &'a mut dyn FnMut(&str, &str, &str) -> rusqlite::Result<()>;

/// Hands out every object of a site as a row: kind, name, JSON.
fn each(
    site: &Site,
    mut sink: impl FnMut(&str, &str, &str) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    put(&mut sink, kind::SETTINGS, "", &site.settings)?;
    put(&mut sink, kind::CODES, "", &site.codes)?;
    put(&mut sink, kind::MOBILITY, "", &site.mobility)?;
    put_all(&mut sink, kind::EMERGENCY, &site.emergency)?;
    if let Some(auto) = &site.auto_registration {
        put(&mut sink, kind::AUTO_REGISTRATION, "", auto)?;
    }
    put_all(&mut sink, kind::PHONE_MODEL, &site.phone_models)?;
    if let Some(upstream) = &site.upstream {
        put(&mut sink, kind::UPSTREAM, "", upstream)?;
    }
    put_all(&mut sink, kind::CLASS, &site.classes)?;
    put_all(&mut sink, kind::LOGOUT_PROFILE, &site.logout_profiles)?;
    put_all(&mut sink, kind::USER_PROFILE, &site.user_profiles)?;
    put_all(&mut sink, kind::USER_GROUP, &site.user_groups)?;
    put_all(&mut sink, kind::USER, &site.users)?;
    put_all(&mut sink, kind::APP_USER, &site.app_users)?;
    put_all(&mut sink, kind::PHONE, &site.phones)?;
    put_all(&mut sink, kind::CALENDAR, &site.calendars)?;
    put_all(&mut sink, kind::JOB, &site.jobs)?;
    put_all(&mut sink, kind::TRUNK, &site.trunks)?;
    put_all(&mut sink, kind::ROUTE, &site.routes)?;
    put_all(&mut sink, kind::HUNT_GROUP, &site.hunt_groups)
}

fn put_all<'a, K: Borrow<str> + 'a, V: Serialize + 'a>(
    sink: Sink<'_>,
    kind: &str,
    objects: impl IntoIterator<Item = (&'a K, &'a V)>,
) -> rusqlite::Result<()> {
    objects
        .into_iter()
        .try_for_each(|(name, object)| put(sink, kind, name.borrow(), object))
}

fn put(sink: Sink<'_>, kind: &str, name: &str, object: &impl Serialize) -> rusqlite::Result<()> {
    let json = serde_json::to_string(object).expect("plain data can be written as JSON");
    sink(kind, name, &json)
}

/// Whether the site has such an object.
fn has(site: &Site, kind: &str, name: &str) -> bool {
    match kind {
        kind::SETTINGS | kind::CODES | kind::MOBILITY => name.is_empty(),
        kind::EMERGENCY => site.emergency.contains_key(name),
        kind::AUTO_REGISTRATION => name.is_empty() && site.auto_registration.is_some(),
        kind::PHONE_MODEL => site.phone_models.contains_key(name),
        kind::UPSTREAM => name.is_empty() && site.upstream.is_some(),
        kind::CLASS => site.classes.contains_key(name),
        kind::LOGOUT_PROFILE => site.logout_profiles.contains_key(name),
        kind::USER_PROFILE => site.user_profiles.contains_key(name),
        kind::USER_GROUP => site.user_groups.contains_key(name),
        kind::USER => site.users.contains_key(name),
        kind::APP_USER => site.app_users.contains_key(name),
        kind::PHONE => site.phones.contains_key(name),
        kind::CALENDAR => site.calendars.contains_key(name),
        kind::JOB => site.jobs.contains_key(name),
        kind::TRUNK => site.trunks.contains_key(name),
        kind::ROUTE => site.routes.contains_key(name),
        kind::HUNT_GROUP => site.hunt_groups.contains_key(name),
        _ => false,
    }
}

fn place(site: &mut Site, kind: &str, name: &str, json: &str) -> serde_json::Result<()> {
    match kind {
        kind::SETTINGS => site.settings = serde_json::from_str(json)?,
        kind::CODES => site.codes = serde_json::from_str(json)?,
        kind::MOBILITY => site.mobility = serde_json::from_str(json)?,
        kind::EMERGENCY => take(&mut site.emergency, name, json)?,
        kind::AUTO_REGISTRATION => site.auto_registration = Some(serde_json::from_str(json)?),
        kind::PHONE_MODEL => take(&mut site.phone_models, name, json)?,
        kind::UPSTREAM => site.upstream = Some(serde_json::from_str(json)?),
        kind::CLASS => take(&mut site.classes, name, json)?,
        kind::LOGOUT_PROFILE => take(&mut site.logout_profiles, name, json)?,
        kind::USER_PROFILE => take(&mut site.user_profiles, name, json)?,
        kind::USER_GROUP => take(&mut site.user_groups, name, json)?,
        kind::USER => take(&mut site.users, name, json)?,
        kind::APP_USER => take(&mut site.app_users, name, json)?,
        kind::PHONE => take(&mut site.phones, name, json)?,
        kind::CALENDAR => take(&mut site.calendars, name, json)?,
        kind::JOB => take(&mut site.jobs, name, json)?,
        kind::TRUNK => take(&mut site.trunks, name, json)?,
        kind::ROUTE => take(&mut site.routes, name, json)?,
        kind::HUNT_GROUP => take(&mut site.hunt_groups, name, json)?,
        _ => return Err(serde::de::Error::custom("there is no such kind of object")),
    }
    Ok(())
}

fn take<K: for<'a> From<&'a str>, V: DeserializeOwned>(
    objects: &mut impl Extend<(K, V)>,
    name: &str,
    json: &str,
) -> serde_json::Result<()> {
    objects.extend([(name.into(), serde_json::from_str(json)?)]);
    Ok(())
}
