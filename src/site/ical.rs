//! The days of an iCalendar file (RFC 5545): events of whole days, of several, of times, and such as come again.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rrule::RRuleSet;

use super::problem::Problem;
use crate::pbx::Calendar;

/// The largest file that is read.
const LARGEST: usize = 1024 * 1024;

/// What comes again without end is taken up to here.
const HORIZON: &str = "20991231";

/// Where the file is mended.
const WHERE: &str = "Mend this line, or the calendar that exported it";

/// A content line (§3.1), unfolded.
struct Line {
    /// In the file, from 1.
    number: usize,
    /// In capitals, as are the names of what comes with it.
    name: String,
    value: String,
}

/// An event (§3.6.1), as far as days go.
#[derive(Default)]
struct Event {
    /// Where it begins in the file.
    line: usize,
    uid: String,
    start: Option<Stamp>,
    end: Option<(usize, Stamp)>,
    duration: Option<(usize, jiff::Span)>,
    /// How it comes again.
    rules: Vec<(usize, String)>,
    more: Vec<Date>,
    except: Vec<Date>,
    /// Which day of one that comes again it replaces.
    replaces: Option<Date>,
    is_cancelled: bool,
}

/// A date, and whether a time of day follows it: midnight, or another one.
#[derive(Clone, Copy)]
enum Stamp {
    Day(Date),
    Midnight(Date),
    Within(Date),
}

impl Stamp {
    fn date(self) -> Date {
        match self {
            Stamp::Day(date) | Stamp::Midnight(date) | Stamp::Within(date) => date,
        }
    }
}

/// The days of the events in a file, or everything that is wrong with it. Events with times of day make days of all
/// that they touch, as they are written there: nothing is converted to another zone.
pub(super) fn days(file: &str, text: &str) -> Result<Vec<Date>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut reading = Reading {
        file,
        problems: &mut problems,
    };
    let days = reading.days(text);
    match problems.is_empty() {
        true => Ok(days),
        false => {
            problems.sort();
            Err(problems)
        }
    }
}

struct Reading<'a> {
    file: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn wrong(&mut self, line: usize, key: &str, what: impl Into<String>, remedy: &str) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line,
            column: 1,
            key: key.to_owned(),
            what: what.into(),
            remedy: remedy.to_owned(),
            is_warning: false,
        });
    }

    fn days(&mut self, text: &str) -> Vec<Date> {
        if text.len() > LARGEST {
            let what = format!("this file is larger than {LARGEST} bytes");
            self.wrong(1, "", what, "Export the holidays alone");
            return Vec::new();
        }
        let lines = self.lines(text);
        let begins = |line: &&Line| line.name == "BEGIN" && line.value == "VCALENDAR";
        if lines.first().filter(begins).is_none() {
            let what = "this is no iCalendar file: it does not begin with BEGIN:VCALENDAR";
            self.wrong(1, "", what, "Export the calendar as iCalendar (.ics)");
            return Vec::new();
        }
        let events = self.events(&lines);
        let mut replaced: BTreeMap<&str, Vec<Date>> = BTreeMap::new();
        for event in &events {
            let dates = event.replaces.into_iter();
            replaced.entry(&event.uid).or_default().extend(dates);
        }
        let mut days = Vec::new();
        for event in events.iter().filter(|event| !event.is_cancelled) {
            let replaced = match event.replaces {
                Some(_) => &[],
                None => replaced
                    .get(event.uid.as_str())
                    .map_or(&[][..], Vec::as_slice),
            };
            days.extend(self.days_of(event, replaced));
            if days.len() > 4 * Calendar::MOST {
                break;
            }
        }
        days.sort_unstable();
        days.dedup();
        if days.len() > Calendar::MOST {
            let what = format!("there are more than {} days", Calendar::MOST);
            self.wrong(1, "", what, "End what comes again, or leave something out");
        }
        days
    }

    /// The content lines: a line that begins with a blank goes on with the one before.
    fn lines(&mut self, text: &str) -> Vec<Line> {
        let mut unfolded: Vec<(usize, String)> = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.lines().enumerate() {
            match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
                (Some(rest), Some((_, last))) => last.push_str(rest),
                _ if line.trim().is_empty() => {}
                _ => unfolded.push((at + 1, line.to_owned())),
            }
        }
        let mut lines = Vec::with_capacity(unfolded.len());
        for (number, text) in unfolded {
            match split(&text) {
                Some((name, value)) => lines.push(Line {
                    number,
                    name: name.to_ascii_uppercase(),
                    value: value.to_owned(),
                }),
                None => self.wrong(number, "", "this line has no name and value", WHERE),
            }
        }
        lines
    }

    fn events(&mut self, lines: &[Line]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut open: Vec<&str> = Vec::new();
        let mut event = Event::default();
        for line in lines {
            match line.name.as_str() {
                "BEGIN" => {
                    open.push(&line.value);
                    if line.value == "VEVENT" {
                        event = Event {
                            line: line.number,
                            ..Event::default()
                        };
                    }
                }
                "END" if open.pop() != Some(line.value.as_str()) => {
                    let what = format!("{} ends that did not begin", line.value);
                    self.wrong(line.number, "END", what, WHERE);
                    return events;
                }
                "END" if line.value == "VEVENT" => events.push(std::mem::take(&mut event)),
                _ if open.last() == Some(&"VEVENT") => self.property(&mut event, line),
                _ => {}
            }
        }
        if let (Some(open), Some(line)) = (open.last(), lines.last()) {
            let what = format!("the file ends within {open}");
            self.wrong(
                line.number,
                "",
                what,
                "Export it again; this is not all of it",
            );
        }
        events
    }

    fn property(&mut self, event: &mut Event, line: &Line) {
        let value = line.value.as_str();
        match line.name.as_str() {
            "UID" => value.clone_into(&mut event.uid),
            "DTSTART" => event.start = self.stamp(line),
            "DTEND" => event.end = self.stamp(line).map(|end| (line.number, end)),
            "DURATION" => match value.parse() {
                Ok(span) => event.duration = Some((line.number, span)),
                Err(_) => self.wrong(
                    line.number,
                    "DURATION",
                    format!("{value:?} is no duration"),
                    "Write one as in P1D, P2W or PT8H",
                ),
            },
            "RRULE" => event.rules.push((line.number, value.to_owned())),
            "RDATE" => event.more.extend(self.dates(line)),
            "EXDATE" => event.except.extend(self.dates(line)),
            "RECURRENCE-ID" => event.replaces = self.stamp(line).map(Stamp::date),
            "STATUS" => event.is_cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }

    fn stamp(&mut self, line: &Line) -> Option<Stamp> {
        let stamp = stamp(&line.value);
        if stamp.is_none() {
            let what = format!("{:?} is no date", line.value);
            let remedy = "Write one as in 20261224, or 20261224T120000";
            self.wrong(line.number, &line.name, what, remedy);
        }
        stamp
    }

    fn dates(&mut self, line: &Line) -> Vec<Date> {
        let mut dates = Vec::new();
        for value in line.value.split(',') {
            // A period (§3.3.9) begins with its date, too.
            let begin = value.split('/').next().unwrap_or(value);
            match stamp(begin) {
                Some(stamp) => dates.push(stamp.date()),
                None => {
                    let what = format!("{value:?} is no date");
                    self.wrong(line.number, &line.name, what, "Write one as in 20261224");
                }
            }
        }
        dates
    }

    fn days_of(&mut self, event: &Event, replaced: &[Date]) -> Vec<Date> {
        let Some(start) = event.start else {
            if self.problems.is_empty() {
                let remedy = "Give it a DTSTART, or take it out";
                self.wrong(event.line, "VEVENT", "this event has no beginning", remedy);
            }
            return Vec::new();
        };
        let length = self.length(event, start);
        let mut begins = vec![start.date()];
        for (line, rule) in &event.rules {
            begins.extend(self.recurring(*line, rule, start.date()));
        }
        begins.extend(&event.more);
        begins.retain(|day| !event.except.contains(day) && !replaced.contains(day));
        begins.sort_unstable();
        begins.dedup();
        let mut days = Vec::new();
        for begin in begins {
            let its_days = begin.series(1.day()).take(length);
            days.extend(its_days);
            if days.len() > 4 * Calendar::MOST {
                break;
            }
        }
        days
    }

    /// How many days an event touches. An end that is a date, or midnight, is no part of it.
    fn length(&mut self, event: &Event, start: Stamp) -> usize {
        let first = start.date();
        let (line, last) = match (&event.end, &event.duration) {
            (Some((line, end)), _) => match (*end, start) {
                (Stamp::Within(end), _) => (*line, Some(end)),
                (Stamp::Day(end) | Stamp::Midnight(end), _) if end == first => (*line, Some(first)),
                (Stamp::Day(end) | Stamp::Midnight(end), _) => (*line, end.yesterday().ok()),
            },
            // Shorter than a day touches one, as nothing says at which time it begins that would be its own.
            (None, Some((line, span))) => {
                let end = first.checked_add(*span).ok();
                (
                    *line,
                    end.map(|end| end.yesterday().unwrap_or(end).max(first)),
                )
            }
            (None, None) => (event.line, Some(first)),
        };
        let days = last.and_then(|last| first.until(last).ok());
        match days.and_then(|days| usize::try_from(days.get_days()).ok()) {
            Some(days) if days < Calendar::MOST => days + 1,
            _ => {
                let remedy = "Let it end after it begins, and within ten thousand days";
                self.wrong(line, "VEVENT", "this event has no sensible end", remedy);
                1
            }
        }
    }

    /// When an event begins again (§3.3.10). Only days count.
    fn recurring(&mut self, line: usize, rule: &str, start: Date) -> Vec<Date> {
        const KEY: &str = "RRULE";
        let rule = rule.to_ascii_uppercase();
        let mut parts: Vec<String> = Vec::new();
        let mut ends = false;
        for part in rule.split(';') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let finer = ["HOURLY", "MINUTELY", "SECONDLY"].contains(&value);
            match name {
                "BYHOUR" | "BYMINUTE" | "BYSECOND" => continue,
                "FREQ" if finer => {
                    let what = format!("days do not come {}", value.to_ascii_lowercase());
                    self.wrong(line, KEY, what, "Write DAILY, WEEKLY, MONTHLY or YEARLY");
                    return Vec::new();
                }
                "UNTIL" => {
                    ends = true;
                    let until = value.get(..8).unwrap_or(value);
                    parts.push(format!("UNTIL={until}T000000Z"));
                }
                _ => {
                    ends |= name == "COUNT";
                    parts.push(part.to_owned());
                }
            }
        }
        if !ends {
            parts.push(format!("UNTIL={HORIZON}T000000Z"));
        }
        let start = start.strftime("%Y%m%d");
        let set = format!("DTSTART:{start}T000000Z\nRRULE:{}", parts.join(";"));
        match set.parse::<RRuleSet>() {
            Ok(set) => {
                let most = u16::try_from(Calendar::MOST + 1).unwrap_or(u16::MAX);
                let dates = set.all(most).dates.into_iter();
                let text = dates.map(|date| date.format("%Y-%m-%d").to_string());
                text.filter_map(|text| text.parse().ok()).collect()
            }
            Err(error) => {
                let error = error.to_string();
                let error = error.trim_end_matches('.');
                let what = format!("this rule is not understood: {error}");
                self.wrong(line, KEY, what, WHERE);
                Vec::new()
            }
        }
    }
}

/// The name of a content line without what comes with it, and its value. Quotes hide semicolons and colons (§3.1).
fn split(line: &str) -> Option<(&str, &str)> {
    let name_end = line.find([';', ':'])?;
    let mut quoted = false;
    let colon = line.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == ':' && !quoted).then_some(at)
    })?;
    let name = &line[..name_end];
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then(|| (name, line[colon + 1..].trim_end()))
}

/// `20261224`, `20261224T120000` or `20261224T120000Z` (§3.3.4, §3.3.5).
fn stamp(text: &str) -> Option<Stamp> {
    let (day, time) = match text.split_once('T') {
        None => (text, None),
        Some((day, time)) => (day, Some(time.strip_suffix('Z').unwrap_or(time))),
    };
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if day.len() != 8 || !is_number(day) {
        return None;
    }
    let number = |from: usize, to: usize| day[from..to].parse::<i16>().ok();
    let (month, number_of_day) = (number(4, 6)?, number(6, 8)?);
    let (month, number_of_day) = (i8::try_from(month).ok()?, i8::try_from(number_of_day).ok()?);
    let date = Date::new(number(0, 4)?, month, number_of_day).ok()?;
    match time {
        None => Some(Stamp::Day(date)),
        Some("000000") => Some(Stamp::Midnight(date)),
        Some(time) if time.len() == 6 && is_number(time) => Some(Stamp::Within(date)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
