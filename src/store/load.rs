//! What was stored, read once at start.

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::database::Database;
use super::error::{During, StoreError};
use super::words::{Id, Word, owner_of, readiness_of};
use crate::pbx::{
    AwaitedMove, Closed, Dn, ForwardKind, ForwardTo, HuntGroupName, HuntHour, JobName, JobState,
    LockedOut, Mailbox, Messages, OwnDials, OwnPin, Owner, PhoneName, PinHash, ProfileName,
    Remembered, SessionId, Signal, SpeedDial, Standing, StoredSession, TotalLimit, UserId, Wanted,
};
use crate::time::Utc;

/// Everything that the core needs to go on where it was.
pub(super) fn remembered(database: &Database) -> std::result::Result<Remembered, StoreError> {
    let db = &database.connection;
    let path = &database.path;
    Ok(Remembered {
        sessions: sessions(db).during("reading the sessions", path)?,
        last_closed: last_closed(db).during("reading the ended sessions", path)?,
        awaited_moves: awaited_moves(db).during("reading the logins that wait", path)?,
        tries: tries(db).during("reading the locks", path)?,
        locked_out: locked_out(db).during("reading who is locked out of phones", path)?,
        emergency_calls: emergency_calls(db).during("reading the emergency calls", path)?,
        forwardings: forwardings(db).during("reading where calls go", path)?,
        own_pins: own_pins(db).during("reading PINs that users have chosen", path)?,
        own_dials: own_dials(db).during("reading speed dials that users have changed", path)?,
        messages: messages(db).during("reading what waits in mailboxes", path)?,
        quiet_phones: quiet_phones(db).during("reading where nobody is to be disturbed", path)?,
        agents: agents(db).during("reading which members of hunt groups are ready", path)?,
        hunt_places: hunt_places(db).during("reading who has joined hunt groups", path)?,
        hunt_hours: hunt_hours(db).during("reading what was counted in hunt groups", path)?,
        calls: calls(db).during("reading which phones still know calls", path)?,
        clock_seen: number(db, "clock_seen")
            .during("reading the clock times", path)?
            .map(Utc),
        jobs: jobs(db).during("reading how jobs stand", path)?,
    })
}

/// Where phones could be reached when the server stopped.
pub(super) fn bindings(
    database: &Database,
) -> std::result::Result<Vec<(PhoneName, String)>, StoreError> {
    let sql = "SELECT phone, contacts FROM binding ORDER BY phone";
    all(&database.connection, sql, |row| {
        Ok((row.get::<_, String>(0)?.into(), row.get(1)?))
    })
    .during("reading the bindings", &database.path)
}

/// One of the single numbers.
pub(super) fn number(db: &Connection, key: &str) -> Result<Option<i64>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

fn sessions(db: &Connection) -> Result<Vec<StoredSession>> {
    let sql = format!("SELECT {SESSION} FROM session WHERE closed_at IS NULL ORDER BY id");
    all(db, &sql, session)
}

fn last_closed(db: &Connection) -> Result<Vec<(StoredSession, Closed)>> {
    let sql = format!(
        "SELECT {SESSION}, closed_at, closed_cause, closed_door FROM
         (SELECT *, row_number() OVER (PARTITION BY phone ORDER BY closed_at DESC, id DESC) AS place
          FROM session WHERE closed_at IS NOT NULL)
         WHERE place = 1 ORDER BY phone"
    );
    all(db, &sql, |row| {
        let session = session(row)?;
        let closed = Closed {
            session: session.session,
            at: Utc(row.get("closed_at")?),
            cause: row.get::<_, Word<_>>("closed_cause")?.0,
            door: row.get::<_, Word<_>>("closed_door")?.0,
            last_used: session.last_used,
        };
        Ok((session, closed))
    })
}

fn awaited_moves(db: &Connection) -> Result<Vec<AwaitedMove>> {
    let sql =
        "SELECT user, phone, door, \"until\", profile, total_s FROM awaited_move ORDER BY user";
    all(db, sql, |row| {
        Ok(AwaitedMove {
            user: row.get::<_, String>(0)?.into(),
            phone: row.get::<_, String>(1)?.into(),
            door: row.get::<_, Word<_>>(2)?.0,
            until: Utc(row.get(3)?),
            wanted: Wanted {
                profile: row.get::<_, Option<String>>(4)?.map(Into::into),
                total: total(row.get(5)?),
            },
        })
    })
}

/// Whose, when the failures were, and until when the lock lasts.
type Tries = (UserId, Vec<Utc>, Option<Utc>);

fn tries(db: &Connection) -> Result<Vec<Tries>> {
    let sql = "SELECT user, failures, locked_until FROM tries ORDER BY user";
    all(db, sql, |row| {
        let failures = serde_json::from_str(row.get_ref(1)?.as_str()?)
            .map_err(|error| FromSqlError::Other(Box::new(error)))?;
        let locked_until: Option<i64> = row.get(2)?;
        Ok((
            row.get::<_, String>(0)?.into(),
            failures,
            locked_until.map(Utc),
        ))
    })
}

fn locked_out(db: &Connection) -> Result<Vec<LockedOut>> {
    let sql = "SELECT phone, source, \"until\" FROM locked_out ORDER BY phone, source";
    all(db, sql, |row| {
        Ok(LockedOut {
            phone: row.get::<_, String>(0)?.into(),
            source: row.get(1)?,
            until: Utc(row.get(2)?),
        })
    })
}

fn emergency_calls(db: &Connection) -> Result<Vec<(PhoneName, Utc)>> {
    let sql = "SELECT phone, at FROM emergency_call ORDER BY phone";
    all(db, sql, |row| {
        Ok((row.get::<_, String>(0)?.into(), Utc(row.get(1)?)))
    })
}

fn forwardings(db: &Connection) -> Result<Vec<(Owner, ForwardKind, ForwardTo)>> {
    let sql = "SELECT owner, name, kind, number FROM own_forwarding ORDER BY owner, name, kind";
    all(db, sql, |row| {
        let owner = owner_of(row.get_ref(0)?.as_str()?, row.get(1)?)?;
        let number: Option<String> = row.get(3)?;
        let to = number.map_or(ForwardTo::Nowhere, |dn| ForwardTo::Number(dn.into()));
        Ok((owner, row.get::<_, Word<_>>(2)?.0, to))
    })
}

fn own_pins(db: &Connection) -> Result<Vec<(UserId, OwnPin)>> {
    let sql = "SELECT user, pin, instead_of FROM own_pin ORDER BY user";
    all(db, sql, |row| {
        let own = OwnPin {
            pin: PinHash(row.get(1)?),
            instead_of: PinHash(row.get(2)?),
        };
        Ok((row.get::<_, String>(0)?.into(), own))
    })
}

fn own_dials(db: &Connection) -> Result<Vec<(UserId, ProfileName, OwnDials)>> {
    let sql = "SELECT user, profile, dials, instead_of FROM own_dials ORDER BY user, profile";
    let dials = |row: &Row<'_>, column: usize| -> Result<Vec<SpeedDial>> {
        let read = serde_json::from_str(row.get_ref(column)?.as_str()?);
        Ok(read.map_err(|error| FromSqlError::Other(Box::new(error)))?)
    };
    all(db, sql, |row| {
        let own = OwnDials {
            dials: dials(row, 2)?,
            instead_of: dials(row, 3)?,
        };
        let (user, profile): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((user.into(), profile.into(), own))
    })
}

fn messages(db: &Connection) -> Result<Vec<(Mailbox, Messages)>> {
    let sql =
        "SELECT mailbox, waiting, new, old, urgent_new, urgent_old FROM messages ORDER BY mailbox";
    all(db, sql, |row| {
        let messages = Messages {
            waiting: row.get(1)?,
            new: row.get(2)?,
            old: row.get(3)?,
            urgent_new: row.get(4)?,
            urgent_old: row.get(5)?,
        };
        Ok((row.get::<_, String>(0)?.into(), messages))
    })
}

fn quiet_phones(db: &Connection) -> Result<Vec<(PhoneName, Option<SessionId>)>> {
    let sql = "SELECT phone, session FROM quiet_phone ORDER BY phone";
    all(db, sql, |row| {
        let session: Option<Id> = row.get(1)?;
        Ok((
            row.get::<_, String>(0)?.into(),
            session.map(|Id(session)| session),
        ))
    })
}

fn agents(db: &Connection) -> Result<Vec<(Dn, Standing)>> {
    let sql = "SELECT dn, readiness, \"until\", since FROM agent ORDER BY dn";
    all(db, sql, |row| {
        let standing = Standing {
            is: readiness_of(row.get_ref(1)?.as_str()?, row.get(2)?)?,
            since: Utc(row.get(3)?),
        };
        Ok((row.get::<_, String>(0)?.into(), standing))
    })
}

fn hunt_places(db: &Connection) -> Result<Vec<(HuntGroupName, usize, Dn)>> {
    let sql = "SELECT hunt_group, slot, dn FROM hunt_place ORDER BY hunt_group, slot";
    all(db, sql, |row| {
        let (group, dn) = (row.get::<_, String>(0)?, row.get::<_, String>(2)?);
        let slot: i64 = row.get(1)?;
        let slot = usize::try_from(slot).unwrap_or(usize::MAX);
        Ok((group.into(), slot, dn.into()))
    })
}

/// Those of the last hour in which anything was counted: it may go on.
fn hunt_hours(db: &Connection) -> Result<Vec<HuntHour>> {
    let sql = "SELECT hour, hunt_group, dn, counts FROM hunt_hour
         WHERE hour = (SELECT max(hour) FROM hunt_hour) ORDER BY hunt_group, dn";
    all(db, sql, hunt_hour)
}

pub(super) fn hunt_hour(row: &Row<'_>) -> Result<HuntHour> {
    let counts = serde_json::from_str(row.get_ref(3)?.as_str()?)
        .map_err(|error| FromSqlError::Other(Box::new(error)))?;
    let agent: String = row.get(2)?;
    Ok(HuntHour {
        hour: Utc(row.get(0)?),
        group: row.get::<_, String>(1)?.into(),
        agent: (!agent.is_empty()).then(|| agent.into()),
        counts,
    })
}

fn calls(db: &Connection) -> Result<Vec<(PhoneName, UserId, Utc)>> {
    let sql = "SELECT phone, user, since FROM remembered_calls ORDER BY phone";
    all(db, sql, |row| {
        let (phone, user) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        Ok((phone.into(), user.into(), Utc(row.get(2)?)))
    })
}

fn jobs(db: &Connection) -> Result<Vec<(JobName, JobState)>> {
    let sql = "SELECT name, state FROM job ORDER BY name";
    all(db, sql, |row| {
        let state = serde_json::from_str(row.get_ref(1)?.as_str()?)
            .map_err(|error| FromSqlError::Other(Box::new(error)))?;
        Ok((row.get::<_, String>(0)?.into(), state))
    })
}

const SESSION: &str = "id, user, phone, profile, door, opened_at, used_at, used_signal, \
     leaving_cause, leaving_door, leaving_since, total_s";

fn session(row: &Row<'_>) -> Result<StoredSession> {
    let leaving_cause: Option<Word<_>> = row.get("leaving_cause")?;
    let leaving = match leaving_cause {
        None => None,
        Some(Word(cause)) => Some((
            cause,
            row.get::<_, Word<_>>("leaving_door")?.0,
            Utc(row.get("leaving_since")?),
        )),
    };
    let Id(session): Id = row.get("id")?;
    let Word(signal): Word<Signal> = row.get("used_signal")?;
    Ok(StoredSession {
        session,
        user: row.get::<_, String>("user")?.into(),
        phone: row.get::<_, String>("phone")?.into(),
        profile: row.get::<_, String>("profile")?.into(),
        door: row.get::<_, Word<_>>("door")?.0,
        opened: Utc(row.get("opened_at")?),
        total: total(row.get("total_s")?),
        last_used: (Utc(row.get("used_at")?), signal),
        leaving,
    })
}

pub(super) fn total(seconds: Option<u32>) -> TotalLimit {
    match seconds {
        None => TotalLimit::Usual,
        Some(0) => TotalLimit::Never,
        Some(seconds) => TotalLimit::Seconds(seconds),
    }
}

fn all<T>(db: &Connection, sql: &str, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    db.prepare(sql)?.query_map([], read)?.collect()
}
