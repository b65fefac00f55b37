//! Calendars in a site file: `[calendar.NAME]`, as dates or as a file beside it.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::document::{Field, bulky};
use super::ical;
use super::problem::Problem;
use super::reader::Section;
use crate::pbx::Calendar;

/// The table of calendars.
pub(super) const CALENDAR: &str = "calendar";

/// The texts of files that a site file names, by the names that it has for them.
pub type Attached = BTreeMap<String, String>;

/// The files that a site file names, so that they can be sent along. Whatever else is wrong with it is said when it
/// is read.
pub fn attached_names(text: &str) -> Vec<String> {
    let (top, _) = DeTable::parse_recoverable(text);
    let calendars = top.get_ref().get(CALENDAR);
    let calendars = calendars.and_then(|value| value.get_ref().as_table());
    let calendars = calendars.into_iter().flat_map(|table| table.values());
    let files = calendars.filter_map(|calendar| {
        let file = calendar.get_ref().as_table()?.get("file")?;
        match file.get_ref() {
            DeValue::String(name) => Some(name.clone().into_owned()),
            _ => None,
        }
    });
    let mut files: Vec<String> = files.collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// One calendar, and what is wrong with its file.
pub(super) fn read(s: &mut Section<'_>, attached: &Attached) -> (Calendar, Vec<Problem>) {
    let mut days = dates(s);
    let mut problems = Vec::new();
    if let Some(file) = s.text("file") {
        match attached.get(file).map(|text| ical::days(file, text)) {
            Some(Ok(more)) => days.extend(more),
            Some(Err(found)) => problems = found,
            None => s.wrong(
                "file",
                format!("{file:?} was not sent along"),
                "Apply the site file with perch apply, which reads files beside it; or write dates",
            ),
        }
    } else if !s.has("dates") && !s.has("file") {
        s.missing("file");
    }
    if days.len() > Calendar::MOST {
        let what = format!("there are more than {} days", Calendar::MOST);
        s.wrong("dates", what, "Leave some out");
        days.clear();
    }
    (Calendar::of(days), problems)
}

fn dates(s: &mut Section<'_>) -> Vec<Date> {
    let mut days = Vec::new();
    for text in s.texts("dates").unwrap_or_default() {
        match range(text) {
            Some((first, last)) => {
                let range = first.series(1.day()).take_while(|day| *day <= last);
                days.extend(range.take(Calendar::MOST + 1));
            }
            None => s.wrong(
                "dates",
                format!("{text:?} is no date"),
                "Write dates as in [\"2026-12-25\", \"2026-12-27..2026-12-31\"]",
            ),
        }
        if days.len() > Calendar::MOST {
            break;
        }
    }
    days
}

/// A date, or the first and the last of several.
fn range(text: &str) -> Option<(Date, Date)> {
    let date = |text: &str| text.parse().ok().filter(|_| text.len() == 10);
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last): (Date, Date) = (date(first)?, date(last)?);
    (first <= last).then_some((first, last))
}

/// As a file has it: whatever it was read from, the dates.
pub(super) fn fields(calendar: &Calendar) -> Vec<Field> {
    let mut ranges: Vec<(Date, Date)> = Vec::new();
    for day in calendar.days() {
        match ranges.last_mut() {
            Some((_, last)) if last.tomorrow().is_ok_and(|next| next == *day) => *last = *day,
            _ => ranges.push((*day, *day)),
        }
    }
    let texts = ranges.into_iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}..{last}"),
    });
    vec![bulky("dates", texts.collect::<Vec<_>>())]
}
