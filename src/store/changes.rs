//! From changes to rows. Everything here runs inside the writer's transaction.

use std::time::Duration;

use rusqlite::{Connection, Result, params};

use super::activity::Log;
use super::handle::Limits;
use super::words::{Id, Word, owner_words, readiness_words};
use crate::pbx::{
    AwaitedMove, Cause, Change, Claim, ClaimId, Closed, Dn, Door, ForwardKind, ForwardTo,
    HuntGroupName, HuntHour, JobName, JobState, LockedOut, Mailbox, Messages, OwnDials, OwnPin,
    Owner, ProfileName, Record, SessionId, Standing, StoredSession, TotalLimit, UserId,
};
use crate::time::Utc;

/// How many rows are added before it is looked whether there are too many. Twice as many are deleted at a time at
/// most, so that deleting keeps up and never takes long.
const PRUNE_EVERY: u64 = 256;

/// What was added since it was last looked whether there is too much. An overestimate after a failed transaction,
/// which costs a look.
#[derive(Debug, Default)]
pub(super) struct Growth {
    closed: u64,
    records: u64,
    /// The activity log.
    pub activity: Log,
}

impl Growth {
    /// Nothing was added yet.
    pub fn within(limits: &Limits) -> Growth {
        Growth {
            activity: Log::new(limits),
            ..Growth::default()
        }
    }
}

/// Stores the changes of one commit, in order. The answers to the claims in it.
pub(super) fn store(
    db: &Connection,
    changes: &[Change],
    growth: &mut Growth,
) -> Result<Vec<(ClaimId, bool)>> {
    let mut answers = Vec::new();
    for change in changes {
        match change {
            Change::Claimed(claim) => answers.push((claim.id, decide(db, claim, growth)?)),
            Change::SessionClosed(closed) => close(db, closed, growth)?,
            Change::LeavingSet { session, leaving } => set_leaving(db, *session, *leaving)?,
            Change::MoveAwaited(awaited) => await_move(db, awaited)?,
            Change::MoveSettled(user) => settle_move(db, user)?,
            Change::TriesSet {
                user,
                failures,
                locked_until,
            } => set_tries(db, user, failures, *locked_until)?,
            Change::LockedOut { locked, at } => lock_out(db, locked, *at)?,
            Change::Forgiven(phone) => {
                db.prepare_cached(FORGIVE)?.execute([phone.as_str()])?;
            }
            Change::ForwardingSet { owner, kind, to } => {
                set_forwarding(db, owner, *kind, to.as_ref())?;
            }
            Change::OwnPinSet { user, own } => set_own_pin(db, user, own.as_ref())?,
            Change::OwnDialsSet { user, profile, own } => {
                set_own_dials(db, (user, profile), own.as_ref())?;
            }
            Change::MessagesSet { mailbox, messages } => set_messages(db, mailbox, messages)?,
            Change::QuietSet {
                phone,
                session,
                quiet: true,
            } => {
                let session = session.map(Id);
                db.prepare_cached(SET_QUIET)?
                    .execute(params![phone.as_str(), session])?;
            }
            Change::QuietSet { phone, .. } => {
                db.prepare_cached(END_QUIET)?.execute([phone.as_str()])?;
            }
            Change::AgentSet { dn, standing } => set_agent(db, dn, *standing)?,
            Change::HuntPlaceSet { group, slot, dn } => {
                set_hunt_place(db, (group, *slot), dn.as_ref())?;
            }
            Change::HuntCounted(counted) => count_hunt(db, counted)?,
            Change::CallsRemembered { phone, whose } => match whose {
                Some((user, since)) => {
                    let row = params![phone.as_str(), user.as_str(), since.0];
                    db.prepare_cached(REMEMBER_CALLS)?.execute(row)?;
                }
                None => {
                    db.prepare_cached(FORGET_CALLS)?.execute([phone.as_str()])?;
                }
            },
            Change::Used { session, last_used } => {
                let (at, signal) = *last_used;
                db.prepare_cached(USED)?
                    .execute(params![Id(*session), at.0, Word(signal)])?;
            }
            Change::EmergencyCalled { phone, at } => {
                db.prepare_cached(EMERGENCY_CALLED)?
                    .execute(params![phone.as_str(), at.0])?;
            }
            Change::ClockSeen(at) => {
                db.prepare_cached(CLOCK_SEEN)?.execute([at.0])?;
            }
            Change::JobSet { job, state } => set_job(db, job, state.as_ref())?,
            Change::Recorded(record) => write_record(db, record, growth)?,
            Change::Acted(acted) => growth.activity.write(db, acted)?,
        }
    }
    Ok(answers)
}

/// Statistics of hunt groups are kept for so long: a year and a month.
const HUNT_HOURS_KEPT: Duration = Duration::from_secs(396 * 24 * 3600);

fn set_agent(db: &Connection, dn: &Dn, standing: Option<Standing>) -> Result<()> {
    match standing {
        Some(Standing { is, since }) => {
            let (word, until) = readiness_words(is);
            let row = params![dn.as_str(), word, until, since.0];
            db.prepare_cached(SET_AGENT)?.execute(row)?;
        }
        None => drop(db.prepare_cached(FORGET_AGENT)?.execute([dn.as_str()])?),
    }
    Ok(())
}

fn set_hunt_place(
    db: &Connection,
    (group, slot): (&HuntGroupName, usize),
    dn: Option<&Dn>,
) -> Result<()> {
    let group = group.as_str();
    let slot = i64::try_from(slot).unwrap_or(i64::MAX);
    match dn {
        Some(dn) => {
            let row = params![group, slot, dn.as_str()];
            db.prepare_cached(SET_HUNT_PLACE)?.execute(row)?;
        }
        None => {
            db.prepare_cached(FREE_HUNT_PLACE)?
                .execute(params![group, slot])?;
        }
    }
    Ok(())
}

fn count_hunt(db: &Connection, counted: &HuntHour) -> Result<()> {
    let counts = serde_json::to_string(&counted.counts)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let agent = counted.agent.as_ref().map_or("", Dn::as_str);
    let row = params![counted.hour.0, counted.group.as_str(), agent, counts];
    db.prepare_cached(COUNT_HUNT)?.execute(row)?;
    let oldest = counted.hour.minus(HUNT_HOURS_KEPT);
    db.prepare_cached(PRUNE_HUNT_HOURS)?.execute([oldest.0])?;
    Ok(())
}

/// Deletes what is older than the limits say, some of it, if enough was added since the last look.
pub(super) fn prune(db: &Connection, limits: &Limits, growth: &mut Growth) -> Result<()> {
    if growth.closed >= PRUNE_EVERY {
        let surplus = surplus(db, COUNT_CLOSED, limits.sessions_kept)?;
        db.prepare_cached(PRUNE_CLOSED)?.execute([surplus])?;
        growth.closed = 0;
    }
    growth.activity.prune(db, limits)?;
    if growth.records >= PRUNE_EVERY {
        let surplus = surplus(db, COUNT_RECORDS, limits.records_kept)?;
        db.prepare_cached(PRUNE_RECORDS)?.execute([surplus])?;
        growth.records = 0;
    }
    Ok(())
}

fn surplus(db: &Connection, count: &str, kept: u64) -> Result<i64> {
    let count: i64 = db.prepare_cached(count)?.query_row([], |row| row.get(0))?;
    let surplus = u64::try_from(count).unwrap_or(0).saturating_sub(kept);
    Ok(surplus.min(2 * PRUNE_EVERY).cast_signed())
}

/// Grants a claim if the world is as its claimant believes, else leaves the world as it is.
fn decide(db: &Connection, claim: &Claim, growth: &mut Growth) -> Result<bool> {
    if !is_as_expected(db, claim)? {
        return Ok(false);
    }
    for closed in &claim.closes {
        close(db, closed, growth)?;
    }
    open(db, &claim.opens)?;
    for record in &claim.records {
        write_record(db, record, growth)?;
    }
    Ok(true)
}

/// Whether the open sessions of the user and at the phone are those that the claim expects, the phone will be
/// free, and the new session's id was never used.
fn is_as_expected(db: &Connection, claim: &Claim) -> Result<bool> {
    let opens = &claim.opens;
    let mut statement = db.prepare_cached(RIVALS)?;
    let mut rows = statement.query(params![
        opens.user.as_str(),
        opens.phone.as_str(),
        Id(opens.session)
    ])?;
    let mut expects = claim.expects.iter();
    while let Some(row) = rows.next()? {
        let Id(found) = row.get(0)?;
        if found == opens.session || expects.next() != Some(&found) {
            return Ok(false);
        }
        let stays = claim.closes.iter().all(|closed| closed.session != found);
        if stays && row.get_ref(1)?.as_str()? == opens.phone.as_str() {
            return Ok(false);
        }
    }
    Ok(expects.next().is_none())
}

fn open(db: &Connection, session: &StoredSession) -> Result<()> {
    let (used_at, signal) = session.last_used;
    db.prepare_cached(OPEN)?.execute(params![
        Id(session.session),
        session.user.as_str(),
        session.phone.as_str(),
        session.profile.as_str(),
        Word(session.door),
        session.opened.0,
        used_at.0,
        Word(signal),
        seconds(session.total),
    ])?;
    match session.leaving {
        Some(_) => set_leaving(db, session.session, session.leaving),
        None => Ok(()),
    }
}

fn close(db: &Connection, closed: &Closed, growth: &mut Growth) -> Result<()> {
    let (used_at, signal) = closed.last_used;
    db.prepare_cached(CLOSE)?.execute(params![
        Id(closed.session),
        used_at.0,
        Word(signal),
        closed.at.0,
        Word(closed.cause),
        Word(closed.door),
    ])?;
    growth.closed += 1;
    Ok(())
}

fn set_leaving(
    db: &Connection,
    session: SessionId,
    leaving: Option<(Cause, Door, Utc)>,
) -> Result<()> {
    db.prepare_cached(SET_LEAVING)?.execute(params![
        Id(session),
        leaving.map(|(cause, _, _)| Word(cause)),
        leaving.map(|(_, door, _)| Word(door)),
        leaving.map(|(_, _, since)| since.0),
    ])?;
    Ok(())
}

fn await_move(db: &Connection, awaited: &AwaitedMove) -> Result<()> {
    db.prepare_cached(AWAIT_MOVE)?.execute(params![
        awaited.user.as_str(),
        awaited.phone.as_str(),
        Word(awaited.door),
        awaited.until.0,
        awaited
            .wanted
            .profile
            .as_ref()
            .map(|profile| profile.as_str()),
        seconds(awaited.wanted.total),
    ])?;
    Ok(())
}

/// How long as a number: none as usual, 0 for ever.
pub(super) fn seconds(total: TotalLimit) -> Option<u32> {
    match total {
        TotalLimit::Usual => None,
        TotalLimit::Never => Some(0),
        TotalLimit::Seconds(seconds) => Some(seconds),
    }
}

fn settle_move(db: &Connection, user: &UserId) -> Result<()> {
    db.prepare_cached("DELETE FROM awaited_move WHERE user = ?1")?
        .execute([user.as_str()])?;
    Ok(())
}

fn set_tries(
    db: &Connection,
    user: &UserId,
    failures: &[Utc],
    locked_until: Option<Utc>,
) -> Result<()> {
    if failures.is_empty() && locked_until.is_none() {
        db.prepare_cached("DELETE FROM tries WHERE user = ?1")?
            .execute([user.as_str()])?;
        return Ok(());
    }
    let failures = serde_json::to_string(failures).expect("numbers can be written as JSON");
    db.prepare_cached(SET_TRIES)?.execute(params![
        user.as_str(),
        failures,
        locked_until.map(|until| until.0),
    ])?;
    Ok(())
}

/// Locks are few that still last, so those that are over go when another comes.
fn lock_out(db: &Connection, locked: &LockedOut, at: Utc) -> Result<()> {
    db.prepare_cached(PRUNE_LOCKED_OUT)?.execute([at.0])?;
    db.prepare_cached(LOCK_OUT)?.execute(params![
        locked.phone.as_str(),
        locked.source,
        locked.until.0
    ])?;
    Ok(())
}

fn set_forwarding(
    db: &Connection,
    owner: &Owner,
    kind: ForwardKind,
    to: Option<&ForwardTo>,
) -> Result<()> {
    let (owner, name) = owner_words(owner);
    let number = match to {
        Some(ForwardTo::Number(dn)) => Some(dn.as_str()),
        Some(ForwardTo::Nowhere) => None,
        None => {
            let key = params![owner, name, Word(kind)];
            db.prepare_cached(RESET_FORWARDING)?.execute(key)?;
            return Ok(());
        }
    };
    db.prepare_cached(SET_FORWARDING)?
        .execute(params![owner, name, Word(kind), number])?;
    Ok(())
}

fn set_own_pin(db: &Connection, user: &UserId, own: Option<&OwnPin>) -> Result<()> {
    match own {
        Some(OwnPin { pin, instead_of }) => {
            let row = params![user.as_str(), pin.0, instead_of.0];
            db.prepare_cached(SET_OWN_PIN)?.execute(row)?
        }
        None => db
            .prepare_cached(FORGET_OWN_PIN)?
            .execute([user.as_str()])?,
    };
    Ok(())
}

fn set_own_dials(
    db: &Connection,
    (user, profile): (&UserId, &ProfileName),
    own: Option<&OwnDials>,
) -> Result<()> {
    let (user, profile) = (user.as_str(), profile.as_str());
    let json = |dials| serde_json::to_string(dials).expect("texts can be written as JSON");
    match own {
        Some(OwnDials { dials, instead_of }) => {
            let row = params![user, profile, json(dials), json(instead_of)];
            db.prepare_cached(SET_OWN_DIALS)?.execute(row)?
        }
        None => db
            .prepare_cached(FORGET_OWN_DIALS)?
            .execute([user, profile])?,
    };
    Ok(())
}

fn set_messages(db: &Connection, mailbox: &Mailbox, messages: &Messages) -> Result<()> {
    if *messages == Messages::default() {
        db.prepare_cached(EMPTY_MAILBOX)?
            .execute([mailbox.as_str()])?;
        return Ok(());
    }
    db.prepare_cached(SET_MESSAGES)?.execute(params![
        mailbox.as_str(),
        messages.waiting,
        messages.new,
        messages.old,
        messages.urgent_new,
        messages.urgent_old,
    ])?;
    Ok(())
}

fn set_job(db: &Connection, job: &JobName, state: Option<&JobState>) -> Result<()> {
    let Some(state) = state else {
        db.prepare_cached(FORGET_JOB)?.execute([job.as_str()])?;
        return Ok(());
    };
    let json = serde_json::to_string(state).expect("plain data can be written as JSON");
    db.prepare_cached(SET_JOB)?
        .execute(params![job.as_str(), json])?;
    Ok(())
}

fn write_record(db: &Connection, record: &Record, growth: &mut Growth) -> Result<()> {
    db.prepare_cached(WRITE_RECORD)?.execute(params![
        record.at.0,
        record.what.word(),
        record.what.cause().map(Word),
        record.user.as_ref().map(UserId::as_str),
        record.phone.as_ref().map(|phone| phone.as_str()),
        Word(record.door),
        record.text,
    ])?;
    growth.records += 1;
    Ok(())
}

// Sorted as a claim's `expects` is: ids compare as their bytes do.
const RIVALS: &str = "
    SELECT id, phone FROM session WHERE user = ?1 AND closed_at IS NULL
    UNION SELECT id, phone FROM session WHERE phone = ?2 AND closed_at IS NULL
    UNION SELECT id, phone FROM session WHERE id = ?3
    ORDER BY 1";

const OPEN: &str = "
    INSERT INTO session (id, user, phone, profile, door, opened_at, used_at, used_signal, total_s)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const CLOSE: &str = "
    UPDATE session
    SET used_at = ?2, used_signal = ?3, closed_at = ?4, closed_cause = ?5, closed_door = ?6
    WHERE id = ?1 AND closed_at IS NULL";

const SET_LEAVING: &str = "
    UPDATE session SET leaving_cause = ?2, leaving_door = ?3, leaving_since = ?4
    WHERE id = ?1 AND closed_at IS NULL";

const USED: &str = "
    UPDATE session SET used_at = ?2, used_signal = ?3 WHERE id = ?1 AND closed_at IS NULL";

const AWAIT_MOVE: &str = "
    INSERT INTO awaited_move (user, phone, door, \"until\", profile, total_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO UPDATE SET phone = excluded.phone, door = excluded.door, \"until\" = excluded.\"until\",
        profile = excluded.profile, total_s = excluded.total_s";

const SET_TRIES: &str = "
    INSERT INTO tries (user, failures, locked_until) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until";

const LOCK_OUT: &str = "
    INSERT INTO locked_out (phone, source, \"until\") VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET \"until\" = excluded.\"until\"";

const PRUNE_LOCKED_OUT: &str = "DELETE FROM locked_out WHERE \"until\" <= ?1";

const FORGIVE: &str = "DELETE FROM locked_out WHERE phone = ?1";

const SET_FORWARDING: &str = "
    INSERT INTO own_forwarding (owner, name, kind, number) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET number = excluded.number";

const RESET_FORWARDING: &str = "
    DELETE FROM own_forwarding WHERE owner = ?1 AND name = ?2 AND kind = ?3";

const SET_OWN_PIN: &str = "
    INSERT INTO own_pin (user, pin, instead_of) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET pin = excluded.pin, instead_of = excluded.instead_of";

const FORGET_OWN_PIN: &str = "DELETE FROM own_pin WHERE user = ?1";

const SET_OWN_DIALS: &str = "
    INSERT INTO own_dials (user, profile, dials, instead_of) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET dials = excluded.dials, instead_of = excluded.instead_of";

const FORGET_OWN_DIALS: &str = "DELETE FROM own_dials WHERE user = ?1 AND profile = ?2";

const SET_MESSAGES: &str = "
    INSERT INTO messages (mailbox, waiting, new, old, urgent_new, urgent_old) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO UPDATE SET waiting = excluded.waiting, new = excluded.new, old = excluded.old,
        urgent_new = excluded.urgent_new, urgent_old = excluded.urgent_old";

const EMPTY_MAILBOX: &str = "DELETE FROM messages WHERE mailbox = ?1";

const SET_QUIET: &str = "
    INSERT INTO quiet_phone (phone, session) VALUES (?1, ?2)
    ON CONFLICT DO UPDATE SET session = excluded.session";

const END_QUIET: &str = "DELETE FROM quiet_phone WHERE phone = ?1";

const SET_AGENT: &str = "
    INSERT INTO agent (dn, readiness, \"until\", since) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET readiness = excluded.readiness, \"until\" = excluded.\"until\",
        since = excluded.since";

const FORGET_AGENT: &str = "DELETE FROM agent WHERE dn = ?1";

const SET_HUNT_PLACE: &str = "
    INSERT INTO hunt_place (hunt_group, slot, dn) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET dn = excluded.dn";

const FREE_HUNT_PLACE: &str = "DELETE FROM hunt_place WHERE hunt_group = ?1 AND slot = ?2";

const COUNT_HUNT: &str = "
    INSERT INTO hunt_hour (hour, hunt_group, dn, counts) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET counts = excluded.counts";

const PRUNE_HUNT_HOURS: &str = "DELETE FROM hunt_hour WHERE hour < ?1";

const REMEMBER_CALLS: &str = "
    INSERT INTO remembered_calls (phone, user, since) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET user = excluded.user, since = excluded.since";

const FORGET_CALLS: &str = "DELETE FROM remembered_calls WHERE phone = ?1";

const EMERGENCY_CALLED: &str = "
    INSERT INTO emergency_call (phone, at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = excluded.at";

const CLOCK_SEEN: &str = "
    INSERT INTO meta (key, value) VALUES ('clock_seen', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";

const SET_JOB: &str = "
    INSERT INTO job (name, state) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET state = excluded.state";

const FORGET_JOB: &str = "DELETE FROM job WHERE name = ?1";

const WRITE_RECORD: &str = "
    INSERT INTO record (at, event, cause, user, phone, door, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const COUNT_CLOSED: &str = "SELECT count(*) FROM session WHERE closed_at IS NOT NULL";

const PRUNE_CLOSED: &str = "
    DELETE FROM session WHERE id IN
    (SELECT id FROM session WHERE closed_at IS NOT NULL ORDER BY closed_at LIMIT ?1)";

// Rows only ever go from the low end, so the ids have no gaps.
const COUNT_RECORDS: &str =
    "SELECT coalesce(max(id) - (SELECT min(id) FROM record) + 1, 0) FROM record";

const PRUNE_RECORDS: &str = "
    DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT ?1)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::STEPS;

    /// A login must not take longer because many have sat here before.
    #[test]
    fn no_statement_reads_a_whole_table() {
        let db = Connection::open_in_memory().expect("opens");
        for step in STEPS {
            db.execute_batch(step).expect("the schema is right");
        }
        for sql in [
            RIVALS,
            CLOSE,
            SET_LEAVING,
            USED,
            AWAIT_MOVE,
            SET_TRIES,
            LOCK_OUT,
            PRUNE_LOCKED_OUT,
            FORGIVE,
            SET_FORWARDING,
            RESET_FORWARDING,
            SET_OWN_PIN,
            FORGET_OWN_PIN,
            SET_OWN_DIALS,
            FORGET_OWN_DIALS,
            SET_MESSAGES,
            EMPTY_MAILBOX,
            SET_QUIET,
            END_QUIET,
            SET_AGENT,
            FORGET_AGENT,
            SET_HUNT_PLACE,
            FREE_HUNT_PLACE,
            COUNT_HUNT,
            PRUNE_HUNT_HOURS,
            REMEMBER_CALLS,
            FORGET_CALLS,
            EMERGENCY_CALLED,
            CLOCK_SEEN,
            SET_JOB,
            FORGET_JOB,
            COUNT_RECORDS,
        ] {
            let mut statement = db
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .expect("the statement is right");
            let steps: Vec<String> = statement
                .raw_query()
                .mapped(|row| row.get("detail"))
                .collect::<Result<_>>()
                .expect("a plan");
            assert!(
                !steps.iter().any(|step| step.starts_with("SCAN")),
                "{sql}: {steps:?}"
            );
        }
    }
}
