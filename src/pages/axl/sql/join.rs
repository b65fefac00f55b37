//! Answering a question: tables are joined along columns that are equal, each row of one finding its partners at once.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use super::super::pattern::is_like;
use super::super::tags::MOST;
use super::Refused;
use super::grammar::{Column, Comparison, Condition, Direction, Join, Select, Source, Told};
use super::tables::{Row, Rows, Table};

/// No more rows than this are held while tables are joined.
const HELD: usize = 300_000;

/// A row of every source that is joined already; none: it has no partner there, or is not joined yet.
type Joined<'r> = Vec<Option<&'r Row>>;

/// The answer: rows of what is told.
pub(super) fn answer(select: &Select, rows: &Rows) -> Result<Vec<Row>, Refused> {
    let mut joined = joined(select, rows)?;
    joined.retain(|row| {
        select
            .conditions
            .iter()
            .all(|condition| holds(condition, row))
    });
    let columns = match &select.told {
        Told::Count(_) => return Ok(vec![vec![Some(joined.len().to_string())]]),
        Told::Columns(columns) => columns,
    };
    joined.sort_by(|a, b| compared(select, a, b));
    let told = joined.iter().map(|row| {
        let values = columns.iter().map(|(column, _)| value(row, *column));
        values
            .map(|value| value.map(str::to_owned))
            .collect::<Row>()
    });
    let mut seen = BTreeSet::new();
    let mut told: Vec<Row> = match select.distinct {
        true => told.filter(|row| seen.insert(row.clone())).collect(),
        false => told.collect(),
    };
    told.truncate(select.first.unwrap_or(usize::MAX));
    match told.len() > MOST {
        true => Err(Refused::TooMany(told.len())),
        false => Ok(told),
    }
}

fn joined<'r>(select: &Select, rows: &'r Rows) -> Result<Vec<Joined<'r>>, Refused> {
    let sources = &select.sources;
    let mut waiting: Vec<usize> = (0..sources.len()).collect();
    // Everything else is found from who is where.
    let is_hub = |place: &usize| {
        sources[*place].table == Table::Mobility && sources[*place].join == Join::Inner
    };
    let first = waiting.iter().copied().find(is_hub).unwrap_or(0);
    waiting.retain(|place| *place != first);
    let mut known = vec![first];
    let begin = rows.in_table(sources[first].table).iter().map(|row| {
        let mut begun: Joined<'r> = vec![None; sources.len()];
        begun[first] = Some(row);
        begun
    });
    let mut joined: Vec<Joined<'r>> = kept(select, first, begin.collect());
    while !waiting.is_empty() {
        let ready = waiting.iter().copied();
        let mut ready = ready.filter_map(|place| Some((place, link(select, place, &known)?)));
        let Some((place, along)) = ready.next() else {
            let why = "Not all tables of this question are joined by columns that are equal";
            return Err(Refused::Unclear(why.into()));
        };
        joined = with(&sources[place], place, along, joined, rows)?;
        joined = kept(select, place, joined);
        waiting.retain(|other| *other != place);
        known.push(place);
    }
    Ok(joined)
}

/// By which columns a source is joined to those that are: one that is known, and its own. None: not yet, or never.
fn link(select: &Select, place: usize, known: &[usize]) -> Option<(Column, Column)> {
    let conditions = match &select.sources[place].join {
        Join::Inner => &select.conditions,
        Join::Left(on) => {
            let is_known =
                |column: &Column| column.source == place || known.contains(&column.source);
            if !on
                .iter()
                .all(|condition| columns(condition).iter().all(is_known))
            {
                return None;
            }
            on
        }
    };
    conditions.iter().find_map(|condition| match condition {
        Condition::Same(a, b) if a.source == place && known.contains(&b.source) => Some((*b, *a)),
        Condition::Same(a, b) if b.source == place && known.contains(&a.source) => Some((*a, *b)),
        _ => None,
    })
}

fn columns(condition: &Condition) -> Vec<Column> {
    match condition {
        Condition::Same(a, b) => vec![*a, *b],
        Condition::Is(column, ..) | Condition::IsNull(column, _) => vec![*column],
    }
}

fn with<'r>(
    source: &Source,
    place: usize,
    (there, here): (Column, Column),
    joined: Vec<Joined<'r>>,
    rows: &'r Rows,
) -> Result<Vec<Joined<'r>>, Refused> {
    let mut partners: HashMap<&str, Vec<&'r Row>> = HashMap::new();
    for row in rows.in_table(source.table) {
        if let Some(key) = &row[here.place] {
            partners.entry(key).or_default().push(row);
        }
    }
    let mut grown = Vec::with_capacity(joined.len());
    for row in joined {
        let key = value(&row, there);
        let found = key.and_then(|key| partners.get(key));
        let mut is_alone = true;
        for partner in found.into_iter().flatten() {
            let mut both = row.clone();
            both[place] = Some(*partner);
            let counts = match &source.join {
                Join::Inner => true,
                Join::Left(on) => on.iter().all(|condition| holds(condition, &both)),
            };
            if counts {
                is_alone = false;
                grown.push(both);
            }
        }
        if is_alone && source.join != Join::Inner {
            grown.push(row);
        }
        if grown.len() > HELD {
            return Err(Refused::TooMany(grown.len()));
        }
    }
    Ok(grown)
}

/// Those rows for which everything holds that is said of one source alone: the sooner the fewer.
fn kept<'r>(select: &Select, place: usize, mut joined: Vec<Joined<'r>>) -> Vec<Joined<'r>> {
    let about = select.conditions.iter().filter(|condition| {
        let mut columns = columns(condition).into_iter();
        columns.all(|column| column.source == place)
    });
    let about: Vec<&Condition> = about.collect();
    joined.retain(|row| about.iter().all(|condition| holds(condition, row)));
    joined
}

fn value<'r>(row: &Joined<'r>, column: Column) -> Option<&'r str> {
    row[column.source].and_then(|row| row[column.place].as_deref())
}

/// Nothing is equal to a value that is not there, and nothing unequal.
fn holds(condition: &Condition, row: &Joined<'_>) -> bool {
    match condition {
        Condition::Same(a, b) => value(row, *a).is_some_and(|a| value(row, *b) == Some(a)),
        Condition::IsNull(column, has_none) => value(row, *column).is_none() == *has_none,
        Condition::Is(column, comparison, text) => {
            value(row, *column).is_some_and(|value| match comparison {
                Comparison::Equal => value == text,
                Comparison::Unequal => value != text,
                Comparison::Like => is_like(text, value),
                Comparison::NotLike => !is_like(text, value),
            })
        }
    }
}

fn compared(select: &Select, a: &Joined<'_>, b: &Joined<'_>) -> Ordering {
    let orders = select.order.iter().map(|(column, direction)| {
        let order = value(a, *column).cmp(&value(b, *column));
        match direction {
            Direction::Up => order,
            Direction::Down => order.reverse(),
        }
    });
    orders.fold(Ordering::Equal, Ordering::then)
}
