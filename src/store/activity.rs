//! The activity log: rows of numbers, and back. Written inside the writer's transaction, read from outside.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Result, Row, params};
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::changes::seconds;
use super::database::open_to_read;
use super::error::{During, StoreError};
use super::handle::Limits;
use super::load::total;
use super::words::{Id, Worded};
use crate::pbx::{Acted, Activity, Doing, JobWish, PhoneName, SessionId, Signal, StoredSession};
use crate::time::Utc;

/// How many rows are added before it is looked whether there are too many.
const PRUNE_EVERY: u64 = 256;

/// How many names are kept in memory. There are as many as phones and users, and more only where those come and go.
const NAMES: usize = 1_000_000;

/// The writer's part of the log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The numbers of names. Empty after a transaction that failed: what it had named is not named.
    names: HashMap<String, i64>,
    added: u64,
    newest: i64,
    /// Whether nothing is to be kept.
    is_off: bool,
}

/// A row.
#[derive(Default)]
struct Line<'a> {
    what: &'a str,
    phone: Option<&'a str>,
    user: Option<&'a str>,
    session: Option<SessionId>,
    word: Option<&'a str>,
    second: Option<&'a str>,
    number: Option<i64>,
    text: Option<String>,
}

impl Log {
    /// A log that is kept as long as the limits say.
    pub(super) fn new(limits: &Limits) -> Log {
        Log {
            is_off: limits.activity_days == 0,
            ..Log::default()
        }
    }

    /// Writes what happened.
    pub(super) fn write(&mut self, db: &Connection, acted: &[Acted]) -> Result<()> {
        if self.is_off {
            return Ok(());
        }
        for acted in acted {
            self.write_one(db, acted)?;
            self.newest = self.newest.max(acted.at.0);
        }
        self.added += u64::try_from(acted.len()).unwrap_or(0);
        Ok(())
    }

    /// Deletes what is too old or too much, some of it, if enough was added since the last look.
    pub(super) fn prune(&mut self, db: &Connection, limits: &Limits) -> Result<()> {
        if self.added < PRUNE_EVERY {
            return Ok(());
        }
        let at_most = (2 * self.added).cast_signed();
        let kept = i64::try_from(limits.activities_kept).unwrap_or(i64::MAX);
        let oldest = self
            .newest
            .saturating_sub(i64::from(limits.activity_days) * 24 * 3_600_000);
        db.prepare_cached(PRUNE)?
            .execute(params![at_most, oldest, kept])?;
        self.added = 0;
        Ok(())
    }

    /// A transaction failed.
    pub(super) fn forget_names(&mut self) {
        self.names.clear();
    }

    fn write_one(&mut self, db: &Connection, acted: &Acted) -> Result<()> {
        let line = line(&acted.what);
        let what = self.number(db, line.what)?;
        let phone = self.number_of(db, line.phone)?;
        let user = self.number_of(db, line.user)?;
        let word = self.number_of(db, line.word)?;
        let second = self.number_of(db, line.second)?;
        db.prepare_cached(WRITE)?.execute(params![
            acted.at.0,
            what,
            phone,
            user,
            line.session.map(Id),
            word,
            second,
            line.number,
            line.text
        ])?;
        Ok(())
    }

    fn number_of(&mut self, db: &Connection, name: Option<&str>) -> Result<Option<i64>> {
        name.map(|name| self.number(db, name)).transpose()
    }

    fn number(&mut self, db: &Connection, name: &str) -> Result<i64> {
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        db.prepare_cached(NAME)?.execute([name])?;
        let number = db
            .prepare_cached("SELECT id FROM activity_name WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        self.names.insert(name.to_owned(), number);
        Ok(number)
    }
}

/// What idle pages said, as it is written.
#[derive(Serialize, Deserialize)]
struct Resting {
    begins_ms: Option<u64>,
    every_ms: u64,
}

fn line(what: &Activity) -> Line<'_> {
    let blank = Line::default();
    match what {
        Activity::Started => Line {
            what: STARTED,
            ..blank
        },
        Activity::Stopped => Line {
            what: STOPPED,
            ..blank
        },
        Activity::Looked => Line {
            what: LOOKED,
            ..blank
        },
        Activity::ClockSet(by) => Line {
            what: CLOCK_SET,
            number: Some(*by),
            ..blank
        },
        Activity::Found(stored) => Line {
            what: FOUND,
            text: Some(json(stored)),
            ..blank
        },
        Activity::LoggedIn(stored) => Line {
            what: LOGGED_IN,
            phone: Some(stored.phone.as_str()),
            user: Some(stored.user.as_str()),
            session: Some(stored.session),
            word: Some(stored.door.word()),
            second: Some(stored.profile.as_str()),
            number: seconds(stored.total).map(i64::from),
            ..blank
        },
        Activity::LoggedOut {
            session,
            cause,
            door,
        } => Line {
            what: LOGGED_OUT,
            session: Some(*session),
            word: Some(cause.word()),
            second: Some(door.word()),
            ..blank
        },
        Activity::Leaving {
            session,
            cause,
            door,
        } => Line {
            what: LEAVING,
            session: Some(*session),
            word: Some(cause.word()),
            second: Some(door.word()),
            ..blank
        },
        Activity::Stays { session } => Line {
            what: STAYS,
            session: Some(*session),
            ..blank
        },
        Activity::Used { phone, signal, ago } => Line {
            what: USED,
            phone: Some(phone.as_str()),
            word: Some(signal.word()),
            number: (!ago.is_zero()).then(|| millis(*ago).cast_signed()),
            ..blank
        },
        Activity::Is {
            phone,
            doing,
            prime,
            used,
        } => Line {
            what: doing.word(),
            phone: Some(phone.as_str()),
            word: used.as_ref().map(Worded::word),
            second: (doing != prime).then(|| prime.word()),
            ..blank
        },
        Activity::EmergencyCalled(phone) => of_phone(EMERGENCY_CALLED, phone),
        Activity::Reached(phone) => of_phone(REACHED, phone),
        Activity::Gone(phone) => of_phone(GONE, phone),
        Activity::Rests {
            phone,
            begins,
            every,
        } => {
            let resting = Resting {
                begins_ms: begins.map(millis),
                every_ms: millis(*every),
            };
            Line {
                text: Some(json(&resting)),
                ..of_phone(RESTS, phone)
            }
        }
        Activity::Silent(phone) => of_phone(SILENT, phone),
        Activity::JobWished { job, wish } => Line {
            what: wish_word(*wish),
            word: Some(job.as_str()),
            ..blank
        },
    }
}

fn wish_word(wish: JobWish) -> &'static str {
    match wish {
        JobWish::Run { dry_run: false } => JOB_RUN,
        JobWish::Run { dry_run: true } => JOB_TRIED,
        JobWish::Pause => JOB_PAUSED,
        JobWish::Resume => JOB_RESUMED,
        JobWish::Cancel => JOB_CANCELLED,
    }
}

fn wish_of(word: &str) -> Option<JobWish> {
    Some(match word {
        JOB_RUN => JobWish::Run { dry_run: false },
        JOB_TRIED => JobWish::Run { dry_run: true },
        JOB_PAUSED => JobWish::Pause,
        JOB_RESUMED => JobWish::Resume,
        JOB_CANCELLED => JobWish::Cancel,
        _ => return None,
    })
}

fn of_phone<'a>(what: &'a str, phone: &'a PhoneName) -> Line<'a> {
    Line {
        what,
        phone: Some(phone.as_str()),
        ..Line::default()
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data can be written as JSON")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Hands out everything that was recorded in the data directory `dir`, in order, until `each` says that it is enough.
/// The server that owns the directory may go on meanwhile.
pub fn activity(
    dir: &Path,
    mut each: impl FnMut(Acted) -> bool,
) -> std::result::Result<(), StoreError> {
    let doing = "reading the activity log";
    let (connection, path) = open_to_read(dir)?;
    let mut select = connection.prepare(EVERYTHING).during(doing, &path)?;
    let mut rows = select.query([]).during(doing, &path)?;
    while let Some(row) = rows.next().during(doing, &path)? {
        if !each(acted(row).during(doing, &path)?) {
            break;
        }
    }
    Ok(())
}

fn acted(row: &Row<'_>) -> Result<Acted> {
    Ok(Acted {
        at: Utc(row.get(0)?),
        what: activity_of(row)?,
    })
}

fn activity_of(row: &Row<'_>) -> Result<Activity> {
    let session = || row.get(4).map(|Id(session)| session);
    let cause_and_door = || Ok::<_, rusqlite::Error>((word(row, 5)?, word(row, 6)?));
    Ok(match row.get_ref(1)?.as_str()? {
        STARTED => Activity::Started,
        STOPPED => Activity::Stopped,
        LOOKED => Activity::Looked,
        CLOCK_SET => Activity::ClockSet(row.get(7)?),
        FOUND => Activity::Found(Box::new(text(row)?)),
        LOGGED_IN => Activity::LoggedIn(Box::new(logged_in(row)?)),
        LOGGED_OUT => {
            let (cause, door) = cause_and_door()?;
            Activity::LoggedOut {
                session: session()?,
                cause,
                door,
            }
        }
        LEAVING => {
            let (cause, door) = cause_and_door()?;
            Activity::Leaving {
                session: session()?,
                cause,
                door,
            }
        }
        STAYS => Activity::Stays {
            session: session()?,
        },
        USED => {
            let ago: Option<i64> = row.get(7)?;
            let ago = u64::try_from(ago.unwrap_or(0)).unwrap_or(0);
            Activity::Used {
                phone: phone(row)?,
                signal: word(row, 5)?,
                ago: Duration::from_millis(ago),
            }
        }
        EMERGENCY_CALLED => Activity::EmergencyCalled(phone(row)?),
        REACHED => Activity::Reached(phone(row)?),
        GONE => Activity::Gone(phone(row)?),
        RESTS => {
            let resting: Resting = text(row)?;
            Activity::Rests {
                phone: phone(row)?,
                begins: resting.begins_ms.map(Duration::from_millis),
                every: Duration::from_millis(resting.every_ms),
            }
        }
        SILENT => Activity::Silent(phone(row)?),
        what => match wish_of(what) {
            Some(wish) => Activity::JobWished {
                job: row.get::<_, String>(5)?.into(),
                wish,
            },
            None => phone_is(row)?,
        },
    })
}

fn phone_is(row: &Row<'_>) -> Result<Activity> {
    let doing = word(row, 1)?;
    Ok(Activity::Is {
        phone: phone(row)?,
        doing,
        prime: maybe(row, 6)?.unwrap_or(doing),
        used: maybe::<Signal>(row, 5)?,
    })
}

fn logged_in(row: &Row<'_>) -> Result<StoredSession> {
    let at = Utc(row.get(0)?);
    let Id(session) = row.get(4)?;
    Ok(StoredSession {
        session,
        user: row.get::<_, String>(3)?.into(),
        phone: phone(row)?,
        profile: row.get::<_, String>(6)?.into(),
        door: word(row, 5)?,
        opened: at,
        total: total(row.get(7)?),
        last_used: (at, Signal::Login),
        leaving: None,
    })
}

fn phone(row: &Row<'_>) -> Result<PhoneName> {
    Ok(row.get::<_, String>(2)?.into())
}

fn text<T: DeserializeOwned>(row: &Row<'_>) -> Result<T> {
    let read = serde_json::from_str(row.get_ref(8)?.as_str()?);
    Ok(read.map_err(|error| FromSqlError::Other(Box::new(error)))?)
}

fn word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    let word: StrDeserializer<'_, WordError> =
        serde::de::IntoDeserializer::into_deserializer(row.get_ref(column)?.as_str()?);
    Ok(T::deserialize(word).map_err(|error| FromSqlError::Other(Box::new(error)))?)
}

fn maybe<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => word(row, column).map(Some),
    }
}

const STARTED: &str = "started";
const STOPPED: &str = "stopped";
const LOOKED: &str = "looked";
const CLOCK_SET: &str = "clock-set";
const FOUND: &str = "found";
const LOGGED_IN: &str = "logged-in";
const LOGGED_OUT: &str = "logged-out";
const LEAVING: &str = "leaving";
const STAYS: &str = "stays";
const USED: &str = "used";
const EMERGENCY_CALLED: &str = "emergency-called";
const REACHED: &str = "reached";
const GONE: &str = "gone";
const RESTS: &str = "rests";
const SILENT: &str = "silent";
const JOB_RUN: &str = "job-run";
const JOB_TRIED: &str = "job-tried";
const JOB_PAUSED: &str = "job-paused";
const JOB_RESUMED: &str = "job-resumed";
const JOB_CANCELLED: &str = "job-cancelled";

impl Worded for Doing {
    fn word(&self) -> &'static str {
        match self {
            Doing::Idle => "idle",
            Doing::Ringing => "ringing",
            Doing::Held => "held",
            Doing::Active => "active",
        }
    }
}

const NAME: &str = "INSERT INTO activity_name (name) VALUES (?1) ON CONFLICT DO NOTHING";

const WRITE: &str = "
    INSERT INTO activity (at, what, phone, user, session, word, second, number, text)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

// Rows only ever go from the low end, so the ids have no gaps.
const PRUNE: &str = "
    DELETE FROM activity WHERE id IN (SELECT id FROM activity ORDER BY id LIMIT ?1)
    AND (at < ?2 OR id <= (SELECT max(id) FROM activity) - ?3)";

const EVERYTHING: &str = "
    SELECT activity.at, what.name, phone.name, user.name, session, word.name, second.name, number, text
    FROM activity
    JOIN activity_name AS what ON what.id = activity.what
    LEFT JOIN activity_name AS phone ON phone.id = activity.phone
    LEFT JOIN activity_name AS user ON user.id = activity.user
    LEFT JOIN activity_name AS word ON word.id = activity.word
    LEFT JOIN activity_name AS second ON second.id = activity.second
    ORDER BY activity.id";
