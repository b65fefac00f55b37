//! Jobs: what happens by the clock, when, and to whom (TOD-2). Data only; when that is, `recurrence.rs` says.

use std::fmt;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::names::{CalendarName, ClassName, UserGroupName};
use crate::time::Utc;

/// A job of the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What it does.
    pub what: Deed,
    /// When.
    pub when: When,
    /// In which IANA time zone that is. None: the site's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Which days of those count.
    #[serde(default)]
    pub holidays: Holidays,
    /// To whom.
    #[serde(default)]
    pub whom: Whom,
    /// What becomes of a time at which nobody looked: the server was down, or the clock jumped.
    #[serde(default)]
    pub missed: Missed,
    /// Only writes down what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

impl Job {
    /// How many times of day a job may have.
    pub const MOST_TIMES: usize = 24;

    /// How many jobs a site may have.
    pub const MOST: usize = 100;

    /// The site's `logout_times` (TOD-1) are this job, which no other may be called like.
    pub const LOGOUT_TIMES: &str = "logout_times";

    /// Logs everybody out every day at those times.
    pub fn daily(times: Vec<u16>) -> Job {
        Job {
            what: Deed::LogOut,
            when: When::At {
                days: Days::Daily,
                times,
            },
            timezone: None,
            holidays: Holidays::Count,
            whom: Whom::All,
            missed: Missed::RunOnce,
            dry_run: false,
        }
    }

    /// When it happens, in words.
    pub fn when_words(&self) -> String {
        let mut words = self.when.to_string();
        match &self.holidays {
            Holidays::Count => {}
            Holidays::Except(calendar) => words += &format!(", not on {calendar}"),
            Holidays::Only(calendar) => words += &format!(", only on {calendar}"),
        }
        if let Some(zone) = &self.timezone {
            words += &format!(" ({zone})");
        }
        words
    }
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Logs out, as soon as the phone is idle.
    LogOut,
}

/// When a job happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// At times of day.
    At {
        /// On which days.
        days: Days,
        /// In minutes after midnight, 0–1440; 1440 is midnight at the day's end. Sorted.
        times: Vec<u16>,
    },
    /// Every so many minutes, 1–1440, counted from midnight of each day.
    Every(u16),
}

/// Which days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Days {
    /// That day.
    Once(Date),
    /// All of them.
    Daily,
    /// Those of each week.
    Weekly(Vec<WeekDay>),
    /// Those of each month. A day that a month does not have does not come in it.
    Monthly(Vec<MonthDay>),
    /// That day of each year. 29 February comes in leap years only.
    Yearly {
        /// 1–12.
        month: i8,
        /// 1–31.
        day: i8,
    },
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeekDay {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl WeekDay {
    /// All of them, in order.
    pub const ALL: [WeekDay; 7] = [
        WeekDay::Mon,
        WeekDay::Tue,
        WeekDay::Wed,
        WeekDay::Thu,
        WeekDay::Fri,
        WeekDay::Sat,
        WeekDay::Sun,
    ];

    /// As a site file has it.
    pub fn word(self) -> &'static str {
        match self {
            WeekDay::Mon => "mon",
            WeekDay::Tue => "tue",
            WeekDay::Wed => "wed",
            WeekDay::Thu => "thu",
            WeekDay::Fri => "fri",
            WeekDay::Sat => "sat",
            WeekDay::Sun => "sun",
        }
    }

    /// The other way round.
    pub fn from_word(word: &str) -> Option<WeekDay> {
        WeekDay::ALL.into_iter().find(|day| day.word() == word)
    }

    /// Which day of the week a date is.
    pub fn of(date: Date) -> WeekDay {
        match date.weekday() {
            Weekday::Monday => WeekDay::Mon,
            Weekday::Tuesday => WeekDay::Tue,
            Weekday::Wednesday => WeekDay::Wed,
            Weekday::Thursday => WeekDay::Thu,
            Weekday::Friday => WeekDay::Fri,
            Weekday::Saturday => WeekDay::Sat,
            Weekday::Sunday => WeekDay::Sun,
        }
    }
}

/// A day of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MonthDay {
    /// By its number, 1–31.
    Day(i8),
    /// The last one.
    Last,
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MonthDay::Day(day) => write!(f, "{day}"),
            MonthDay::Last => f.write_str("last"),
        }
    }
}

impl Days {
    /// Whether a date is one of them.
    pub fn has(&self, date: Date) -> bool {
        match self {
            Days::Once(day) => *day == date,
            Days::Daily => true,
            Days::Weekly(days) => days.contains(&WeekDay::of(date)),
            Days::Monthly(days) => days.iter().any(|day| match day {
                MonthDay::Day(day) => *day == date.day(),
                MonthDay::Last => date.day() == date.days_in_month(),
            }),
            Days::Yearly { month, day } => (*month, *day) == (date.month(), date.day()),
        }
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Days::Once(date) => write!(f, "once on {date}"),
            Days::Daily => f.write_str("daily"),
            Days::Weekly(days) => {
                let days: Vec<&str> = days.iter().map(|day| day.word()).collect();
                write!(f, "weekly on {}", days.join(", "))
            }
            Days::Monthly(days) => {
                let days: Vec<String> = days.iter().map(MonthDay::to_string).collect();
                write!(f, "monthly on {}", days.join(", "))
            }
            Days::Yearly { month, day } => write!(f, "yearly on {month:02}-{day:02}"),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::At { days, times } => {
                let times: Vec<String> = times.iter().map(|time| time_of_day(*time)).collect();
                write!(f, "{days} at {}", times.join(", "))
            }
            When::Every(minutes) => write!(f, "every {minutes} min"),
        }
    }
}

/// Minutes after midnight as `HH:MM`.
pub fn time_of_day(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// What holidays do to a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holidays {
    /// Nothing.
    #[default]
    Count,
    /// It rests on the days of that calendar.
    Except(CalendarName),
    /// It happens on no others.
    Only(CalendarName),
}

impl Holidays {
    /// The calendar that is asked.
    pub fn calendar(&self) -> Option<&CalendarName> {
        match self {
            Holidays::Count => None,
            Holidays::Except(calendar) | Holidays::Only(calendar) => Some(calendar),
        }
    }
}

/// To whom a job happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// Everybody who is logged in.
    #[default]
    All,
    /// Whoever is at a phone of the site's.
    Internal,
    /// Whoever is at a softphone of their own.
    External,
    /// The members of a group of users.
    Group(UserGroupName),
    /// Whoever has a class of service.
    Class(ClassName),
    /// Whoever is at one of those phones.
    Phones(Vec<NamePattern>),
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whom::All => f.write_str("all"),
            Whom::Internal => f.write_str("internal"),
            Whom::External => f.write_str("external"),
            Whom::Group(group) => write!(f, "group {group}"),
            Whom::Class(class) => write!(f, "class {class}"),
            Whom::Phones(patterns) => {
                let patterns: Vec<&str> = patterns.iter().map(|p| p.0.as_str()).collect();
                write!(f, "phones {}", patterns.join(", "))
            }
        }
    }
}

/// Names, by what they look like: `*` stands for any characters, `?` for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamePattern(pub String);

impl NamePattern {
    /// Whether a name looks like that.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut n) = (0, 0);
        // Where the last star is, and where what it stands for ends; a longer stretch is tried before giving up.
        let mut star: Option<(usize, usize)> = None;
        while n < name.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, n));
                    p += 1;
                }
                Some(byte) if *byte == b'?' || *byte == name[n] => {
                    p += 1;
                    n += 1;
                }
                _ => match &mut star {
                    Some((at, end)) => {
                        *end += 1;
                        (p, n) = (*at + 1, *end);
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|byte| *byte == b'*')
    }
}

/// What becomes of a time that was missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// The job happens once, as soon as it is noticed, however many times were missed.
    #[default]
    RunOnce,
    /// It is left out.
    Skip,
}

/// Days that are special.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calendar {
    /// In order, each once.
    days: Vec<Date>,
}

impl Calendar {
    /// How many days a calendar may have.
    pub const MOST: usize = 10_000;

    /// A calendar of those days, in any order.
    pub fn of(mut days: Vec<Date>) -> Calendar {
        days.sort_unstable();
        days.dedup();
        Calendar { days }
    }

    /// Whether a date is one of them.
    pub fn has(&self, date: Date) -> bool {
        self.days.binary_search(&date).is_ok()
    }

    /// The days, in order.
    pub fn days(&self) -> &[Date] {
        &self.days
    }
}

/// What is known of a job besides what the site says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    /// The run that is not over.
    pub running: Option<JobRun>,
    /// The last one that is.
    pub last: Option<JobEnd>,
}

/// A run of a job, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRun {
    /// Whose sessions it ends: those that began before.
    pub at: Utc,
    /// Whether somebody asked for it, rather than the clock.
    pub asked: bool,
    /// Only writes down what it would do.
    pub dry_run: bool,
    /// Nothing happens until it is resumed.
    pub paused: bool,
    /// How many it is for.
    pub total: u32,
    /// How many of them it has logged out, or would have.
    pub done: u32,
    /// How many of those when their calls had ended.
    pub after_calls: u32,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobEnd {
    /// The run, as it was then.
    pub run: JobRun,
    /// When it ended.
    pub ended: Utc,
    /// How.
    pub outcome: JobOutcome,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// Nobody is left to log out.
    Done,
    /// Somebody stopped it.
    Cancelled,
    /// Its time was missed, and such times are left out.
    Skipped,
}

impl JobOutcome {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            JobOutcome::Done => "done",
            JobOutcome::Cancelled => "cancelled",
            JobOutcome::Skipped => "skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_look_like_patterns() {
        let table = [
            ("desk-1", "desk-1", true),
            ("desk-1", "desk-12", false),
            ("desk-*", "desk-12", true),
            ("desk-*", "desk-", true),
            ("*-1", "berlin-desk-1", true),
            ("*-1", "desk-12", false),
            ("b*-desk-?", "berlin-desk-7", true),
            ("b*-desk-?", "berlin-desk-17", false),
            ("*a*b*", "xxaxbaxb", true),
            ("*", "", true),
            ("", "x", false),
            ("?", "", false),
        ];
        for (pattern, name, expected) in table {
            let pattern = NamePattern(pattern.into());
            assert_eq!(pattern.matches(name), expected, "{pattern:?} {name}");
        }
    }

    #[test]
    fn jobs_say_when_they_happen() {
        let mut job = Job::daily(vec![450, 1440]);
        assert_eq!(job.when_words(), "daily at 07:30, 24:00");
        job.when = When::At {
            days: Days::Monthly(vec![MonthDay::Day(1), MonthDay::Last]),
            times: vec![0],
        };
        job.holidays = Holidays::Except("feast".into());
        job.timezone = Some("Asia/Tokyo".into());
        let words = "monthly on 1, last at 00:00, not on feast (Asia/Tokyo)";
        assert_eq!(job.when_words(), words);
        job.when = When::Every(30);
        job.holidays = Holidays::Only("feast".into());
        assert_eq!(job.when_words(), "every 30 min, only on feast (Asia/Tokyo)");
    }
}
