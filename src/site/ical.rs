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
mod tests {
    use expect_test::{Expect, expect};
    use jiff::civil::date;

    use super::*;

    /// A calendar of that, a line a line.
    fn calendar(events: &str) -> String {
        let lines = events
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//perch//test//EN\r\n{}\r\nEND:VCALENDAR\r\n",
            lines.join("\r\n")
        )
    }

    fn found(events: &str) -> Vec<String> {
        let days = days("feast.ics", &calendar(events)).expect("a calendar");
        days.iter().map(Date::to_string).collect()
    }

    fn check_problems(text: &str, expected: &Expect) {
        let problems = days("feast.ics", text).expect_err("it is wrong");
        let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    /// rules: TOD-2
    #[test]
    fn events_are_days_as_long_as_they_last() {
        let table: [(&str, &str, &[&str]); 9] = [
            (
                "a whole day",
                "DTSTART;VALUE=DATE:20261225
                 SUMMARY:Christmas",
                &["2026-12-25"],
            ),
            (
                "its end is no part of it",
                "DTSTART;VALUE=DATE:20261225
                 DTEND;VALUE=DATE:20261227",
                &["2026-12-25", "2026-12-26"],
            ),
            (
                "it ends on the day it begins, as some write",
                "DTSTART;VALUE=DATE:20261225
                 DTEND;VALUE=DATE:20261225",
                &["2026-12-25"],
            ),
            (
                "so many days",
                "DTSTART;VALUE=DATE:20281231
                 DURATION:P2D",
                &["2028-12-31", "2029-01-01"],
            ),
            (
                "an afternoon",
                "DTSTART;TZID=\"Europe: Berlin\":20261224T120000
                 DTEND;TZID=Europe/Berlin:20261224T180000",
                &["2026-12-24"],
            ),
            (
                "into the night",
                "DTSTART:20261231T220000Z
                 DTEND:20270101T020000Z",
                &["2026-12-31", "2027-01-01"],
            ),
            (
                "until midnight",
                "DTSTART:20261231T220000
                 DTEND:20270101T000000",
                &["2026-12-31"],
            ),
            (
                "an hour",
                "DTSTART:20261231T220000
                 DURATION:PT1H",
                &["2026-12-31"],
            ),
            (
                "not at all",
                "DTSTART;VALUE=DATE:20261225
                 STATUS:CANCELLED",
                &[],
            ),
        ];
        for (what, lines, expected) in table {
            let event = format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT");
            assert_eq!(found(&event), expected, "{what}");
        }
    }

    /// rules: TOD-2
    #[test]
    fn events_come_again() {
        let table: [(&str, &str, &[&str]); 6] = [
            (
                "each year, three times",
                "DTSTART;VALUE=DATE:20261003
                 RRULE:FREQ=YEARLY;COUNT=3",
                &["2026-10-03", "2027-10-03", "2028-10-03"],
            ),
            (
                "the leap day, until then",
                "DTSTART;VALUE=DATE:20280229
                 RRULE:FREQ=YEARLY;UNTIL=20360229",
                &["2028-02-29", "2032-02-29", "2036-02-29"],
            ),
            (
                "the fourth Thursday of November, and the day after",
                "DTSTART;VALUE=DATE:20261126
                 DTEND;VALUE=DATE:20261128
                 RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20271231T235959Z",
                &["2026-11-26", "2026-11-27", "2027-11-25", "2027-11-26"],
            ),
            (
                "the last Monday of May, but not in one year, and once more",
                "DTSTART;VALUE=DATE:20260525
                 RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=3
                 EXDATE;VALUE=DATE:20270531
                 RDATE;VALUE=DATE:20270601,20270602",
                &["2026-05-25", "2027-06-01", "2027-06-02", "2028-05-29"],
            ),
            (
                "at a time of day",
                "DTSTART:20261224T120000Z
                 RRULE:FREQ=YEARLY;BYHOUR=12;COUNT=2",
                &["2026-12-24", "2027-12-24"],
            ),
            (
                "a reminder within it is none of its days",
                "DTSTART;VALUE=DATE:20261225
                 BEGIN:VALARM
                 DTSTART;VALUE=DATE:20260101
                 END:VALARM",
                &["2026-12-25"],
            ),
        ];
        for (what, lines, expected) in table {
            let event = format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT");
            assert_eq!(found(&event), expected, "{what}");
        }
        let endless = "BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261225
            RRULE:FREQ=YEARLY
            END:VEVENT";
        let endless = found(endless);
        assert_eq!(endless.len(), 74);
        assert_eq!(endless.last().map(String::as_str), Some("2099-12-25"));
    }

    #[test]
    fn one_of_those_that_come_again_may_be_moved() {
        let moved = "BEGIN:VEVENT
            UID:picnic
            DTSTART;VALUE=DATE:20260601
            RRULE:FREQ=YEARLY;COUNT=3
            END:VEVENT
            BEGIN:VEVENT
            UID:picnic
            RECURRENCE-ID;VALUE=DATE:20270601
            DTSTART;VALUE=DATE:20270608
            END:VEVENT";
        assert_eq!(found(moved), ["2026-06-01", "2027-06-08", "2028-06-01"]);
    }

    #[test]
    fn lines_are_unfolded() {
        let text = calendar("BEGIN:VEVENT\nSUMMARY:Long\nDTSTART;VALUE=DATE:2026\nEND:VEVENT");
        let text = text.replace("DATE:2026\r\n", "DATE:2026\r\n 12\r\n\t25\r\n");
        let days = days("feast.ics", &text).expect("a calendar");
        assert_eq!(days, [date(2026, 12, 25)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        check_problems(
            &calendar(
                "BEGIN:VEVENT
                 DTSTART;VALUE=DATE:20261325
                 END:VEVENT
                 BEGIN:VEVENT
                 DTSTART;VALUE=DATE:20261225
                 RRULE:FREQ=SOMETIMES
                 END:VEVENT
                 BEGIN:VEVENT
                 DTSTART;VALUE=DATE:20261225
                 RRULE:FREQ=HOURLY
                 DTEND;VALUE=DATE:20261201
                 DURATION:long
                 END:VEVENT
                 nonsense",
            ),
            &expect![[r#"
                feast.ics:5:1: DTSTART: "20261325" is no date. Write one as in 20261224, or 20261224T120000
                feast.ics:9:1: RRULE: this rule is not understood: RRule parsing error: `SOMETIMES` is not a valid frequency. Mend this line, or the calendar that exported it
                feast.ics:13:1: RRULE: days do not come hourly. Write DAILY, WEEKLY, MONTHLY or YEARLY
                feast.ics:14:1: VEVENT: this event has no sensible end. Let it end after it begins, and within ten thousand days
                feast.ics:15:1: DURATION: "long" is no duration. Write one as in P1D, P2W or PT8H
                feast.ics:17:1: this line has no name and value. Mend this line, or the calendar that exported it"#]],
        );
        check_problems(
            "hello",
            &expect![[r#"
                feast.ics:1:1: this is no iCalendar file: it does not begin with BEGIN:VCALENDAR. Export the calendar as iCalendar (.ics)
                feast.ics:1:1: this line has no name and value. Mend this line, or the calendar that exported it"#]],
        );
        check_problems(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
            &expect![
                "feast.ics:2:1: the file ends within VEVENT. Export it again; this is not all of it"
            ],
        );
        check_problems(
            "BEGIN:VCALENDAR\nEND:VEVENT\n",
            &expect![
                "feast.ics:2:1: END: VEVENT ends that did not begin. Mend this line, or the calendar that exported it"
            ],
        );
        let endless = "BEGIN:VEVENT
            DTSTART;VALUE=DATE:20260101
            RRULE:FREQ=DAILY
            END:VEVENT";
        check_problems(
            &calendar(endless),
            &expect![
                "feast.ics:1:1: there are more than 10000 days. End what comes again, or leave something out"
            ],
        );
    }

    #[test]
    fn damaged_files_are_refused_and_nothing_panics() {
        let whole = calendar(
            "BEGIN:VEVENT
             DTSTART;VALUE=DATE:20261225
             DTEND;VALUE=DATE:20261227
             RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=4FR,-1SU;UNTIL=20301231
             EXDATE:20271225
             END:VEVENT",
        );
        for at in 0..whole.len() {
            let cut = &whole[..at];
            assert!(
                days("cut.ics", cut).is_err() || at + 2 >= whole.len(),
                "{cut}"
            );
            let mut bent = whole.clone().into_bytes();
            bent[at] = b'9';
            let bent = String::from_utf8(bent).expect("plain text");
            // Some of these are right, too.
            let _ = days("bent.ics", &bent);
        }
    }
}
