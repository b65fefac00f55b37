//! What happened in hunt groups, hour by hour, read beside the writer: a page at a time.

use std::path::Path;

use rusqlite::{Connection, Result};

use super::database::open_to_read;
use super::error::{During, StoreError};
use super::load::hunt_hour;
use crate::pbx::HuntHour;
use crate::time::Utc;

/// A page is whole hours: so many rows at most, but for an hour that has more.
const PAGE: usize = 10_000;

const HOURS: &str = "SELECT hour, hunt_group, dn, counts FROM hunt_hour
    WHERE hour >= ?1 AND hour < ?2 ORDER BY hour, hunt_group, dn LIMIT ?3";

/// What the database of the data directory `dir` has of the hours from one to before another, by hour, group and member;
/// and from where to ask on, if that is not all.
pub(super) fn hunt_history(
    dir: &Path,
    from: Utc,
    to: Utc,
) -> std::result::Result<(Vec<HuntHour>, Option<Utc>), StoreError> {
    let (connection, path) = open_to_read(dir)?;
    page(&connection, from, to, PAGE).during("reading the statistics of hunt groups", &path)
}

fn page(db: &Connection, from: Utc, to: Utc, size: usize) -> Result<(Vec<HuntHour>, Option<Utc>)> {
    let mut rows = read(db, from, to, size + 1)?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok((rows, None));
    };
    let (first, last) = (first.hour, last.hour);
    if rows.len() <= size {
        return Ok((rows, None));
    }
    if first == last {
        let next = Utc(last.0 + 1);
        return Ok((read(db, first, next, usize::MAX)?, Some(next)));
    }
    rows.retain(|it| it.hour < last);
    Ok((rows, Some(last)))
}

fn read(db: &Connection, from: Utc, to: Utc, most: usize) -> Result<Vec<HuntHour>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = db.prepare(HOURS)?;
    statement
        .query_map((from.0, to.0, most), hunt_hour)?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::STEPS;

    /// rules: HG-5
    #[test]
    fn pages_are_whole_hours_and_hold_every_row_once() {
        let db = Connection::open_in_memory().expect("opens");
        for step in STEPS {
            db.execute_batch(step).expect("the schema is right");
        }
        let rows = [
            (10, "a"),
            (10, "b"),
            (20, "a"),
            (30, "a"),
            (30, "b"),
            (30, "c"),
            (40, "a"),
        ];
        for (hour, group) in rows {
            let sql =
                "INSERT INTO hunt_hour (hour, hunt_group, dn, counts) VALUES (?1, ?2, '', '{}')";
            db.execute(sql, (hour, group)).expect("there is room");
        }
        for size in 1..=8 {
            let (mut found, mut from) = (Vec::new(), Some(Utc(0)));
            while let Some(begin) = from {
                let (hours, next) = page(&db, begin, Utc(40), size).expect("it can be read");
                found.extend(hours.iter().map(|it| (it.hour.0, it.group.to_string())));
                assert!(next.is_none_or(|next| next > begin));
                from = next;
            }
            let expected: Vec<(i64, String)> = rows[..6]
                .iter()
                .map(|(hour, group)| (*hour, (*group).to_owned()))
                .collect();
            assert_eq!(found, expected, "{size}");
        }
    }
}
