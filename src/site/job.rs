//! Jobs in a site file: `[job.NAME]`, what happens by the clock (TOD-2).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::Value;
use toml::de::DeValue;

use super::check::{is_name, unresolved};
use super::document::{Field, shown, texts};
use super::limits::read_times;
use super::problem::Finding;
use super::reader::Section;
use crate::pbx::{
    Days, Deed, Holidays, Job, Missed, MonthDay, NamePattern, Site, WeekDay, When, Whom,
    time_of_day,
};

/// The table of jobs.
pub(super) const JOB: &str = "job";

/// The keys that say on which days a job happens, of which there must be one.
const DAYS: [&str; 6] = ["once", "daily", "weekly", "monthly", "yearly", "every_min"];

/// The keys that say to whom, of which there may be one.
const WHOM: [&str; 4] = ["for", "group", "class", "phones"];

/// One job.
pub(super) fn read(s: &mut Section<'_>) -> Job {
    if !s.has("what") {
        s.missing("what");
    }
    let what = s.parsed("what", "Write \"log-out\"", |word| match word {
        "log-out" => Some(Deed::LogOut),
        _ => None,
    });
    Job {
        what: what.unwrap_or(Deed::LogOut),
        when: when(s),
        timezone: s.text("timezone").map(Into::into),
        holidays: holidays(s),
        whom: whom(s),
        missed: missed(s).unwrap_or_default(),
        dry_run: s.flag("dry_run").unwrap_or_default(),
    }
}

fn when(s: &mut Section<'_>) -> When {
    let given: Vec<&str> = DAYS.into_iter().filter(|key| s.has(key)).collect();
    match given[..] {
        [_] => {}
        [] => s.missing_one_of(&DAYS),
        [_, second, ..] => s.wrong(
            second,
            format!("{} says when already", given[0]),
            "Keep one of them, and write another job for the other",
        ),
    }
    if let Some(minutes) = s.number("every_min", 1..=1440) {
        let needless = ["time", "times"].into_iter().filter(|key| s.has(key));
        for key in needless.collect::<Vec<_>>() {
            let what = "this job happens by the minute, at no times of day";
            s.wrong(key, what, "Take it away, or write daily = true");
        }
        // Asked for, so that they count as known.
        let _ = (s.get("time"), s.get("times"));
        return When::Every(u16::try_from(minutes).unwrap_or(1440));
    }
    let days = days(s);
    let times = times(s, given.as_slice() == ["every_min"]);
    When::At {
        days: days.unwrap_or(Days::Daily),
        times,
    }
}

fn days(s: &mut Section<'_>) -> Option<Days> {
    let mut days = None;
    if s.flag("daily") == Some(false) {
        s.wrong(
            "daily",
            "this job never happens",
            "Write daily = true, or take the job out",
        );
    }
    let once = s.parsed("once", "Write a date as in \"2026-12-24\"", |text| {
        text.parse::<Date>().ok().filter(|_| text.len() == 10)
    });
    days = once.map(Days::Once).or(days);
    if let Some(words) = s.texts("weekly") {
        let known: Option<Vec<WeekDay>> =
            words.iter().map(|word| WeekDay::from_word(word)).collect();
        match known.filter(|known| !known.is_empty()) {
            Some(mut known) => {
                known.sort_unstable();
                known.dedup();
                days = Some(Days::Weekly(known));
            }
            None => {
                let words = WeekDay::ALL
                    .map(|day| format!("{:?}", day.word()))
                    .join(", ");
                s.wrong(
                    "weekly",
                    "these are no days of the week",
                    format!("Write some of {words}"),
                );
            }
        }
    }
    days = monthly(s).map(Days::Monthly).or(days);
    let yearly = s.parsed("yearly", "Write month and day as in \"12-24\"", |text| {
        let (month, day) = text.split_once('-')?;
        let (month, day): (i8, i8) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year has every day that there is.
        Date::new(2000, month, day).ok()?;
        Some(Days::Yearly { month, day })
    });
    yearly.or(days)
}

fn monthly(s: &mut Section<'_>) -> Option<Vec<MonthDay>> {
    const FORM: &str = "Write days of the month as in [1, 15, \"last\"]";
    let value = s.get("monthly")?;
    let day = |item: &DeValue<'_>| match item {
        DeValue::Integer(digits) => {
            let day = i8::from_str_radix(digits.as_str(), digits.radix()).ok()?;
            Some(MonthDay::Day(day)).filter(|_| (1..=31).contains(&day))
        }
        DeValue::String(word) if word == "last" => Some(MonthDay::Last),
        _ => None,
    };
    let days: Option<Vec<MonthDay>> = match value.as_array() {
        Some(items) => items.iter().map(|item| day(item.get_ref())).collect(),
        None => day(value).map(|day| vec![day]),
    };
    let Some(mut days) = days.filter(|days| !days.is_empty()) else {
        s.wrong("monthly", "these are no days of the month", FORM);
        return None;
    };
    days.sort_unstable();
    days.dedup();
    Some(days)
}

/// One time or several, sorted.
fn times(s: &mut Section<'_>, are_needless: bool) -> Vec<u16> {
    if !are_needless && !s.has("time") && !s.has("times") {
        s.missing("time");
    }
    if s.has("time") && s.has("times") {
        s.wrong("times", "there is a time already", "Write all of them here");
    }
    let one = s.text("time");
    let mut times = read_times(s, "time", one.into_iter().collect());
    let several = s.texts("times");
    if several.as_ref().is_some_and(Vec::is_empty) {
        s.wrong("times", "there is none", "Write at least one");
    }
    let several = several.unwrap_or_default();
    if several.len() > Job::MOST_TIMES {
        let what = format!("there are more than {}", Job::MOST_TIMES);
        s.wrong("times", what, "Write every_min = …, or another job");
    }
    times.extend(read_times(s, "times", several));
    times.sort_unstable();
    times.dedup();
    times
}

fn holidays(s: &mut Section<'_>) -> Holidays {
    let (except, only) = (s.text("except"), s.text("only"));
    if s.has("except") && s.has("only") {
        let what = "a job rests on holidays, or happens on no other days";
        s.wrong("only", what, "Keep except or only");
    }
    match (except, only) {
        (Some(calendar), _) => Holidays::Except(calendar.into()),
        (None, Some(calendar)) => Holidays::Only(calendar.into()),
        (None, None) => Holidays::Count,
    }
}

fn whom(s: &mut Section<'_>) -> Whom {
    let given: Vec<&str> = WHOM.into_iter().filter(|key| s.has(key)).collect();
    if let [first, second, ..] = given[..] {
        let what = format!("{first} says already whom this job is for");
        s.wrong(second, what, "Keep one of them");
    }
    let remedy = "Write \"all\", \"internal\" or \"external\"";
    let kind = s.parsed("for", remedy, |word| match word {
        "all" => Some(Whom::All),
        "internal" => Some(Whom::Internal),
        "external" => Some(Whom::External),
        _ => None,
    });
    let group = s.text("group").map(|group| Whom::Group(group.into()));
    let class = s.text("class").map(|class| Whom::Class(class.into()));
    let phones = s.texts("phones");
    if phones.as_ref().is_some_and(Vec::is_empty) {
        s.wrong(
            "phones",
            "there is none",
            "Write names, or patterns such as \"lobby-*\"",
        );
    }
    let phones = phones.map(|phones| {
        let patterns = phones.into_iter().map(|name| NamePattern(name.to_owned()));
        Whom::Phones(patterns.collect())
    });
    kind.or(group).or(class).or(phones).unwrap_or_default()
}

fn missed(s: &mut Section<'_>) -> Option<Missed> {
    let remedy = "Write \"run-once\" or \"skip\"";
    s.parsed("missed", remedy, |word| match word {
        "run-once" => Some(Missed::RunOnce),
        "skip" => Some(Missed::Skip),
        _ => None,
    })
}

/// As a file has it.
pub(super) fn fields(job: &Job) -> Vec<Field> {
    let mut fields = vec![match job.what {
        Deed::LogOut => shown("what", "log-out"),
    }];
    match &job.when {
        When::Every(minutes) => fields.push(shown("every_min", i64::from(*minutes))),
        When::At { days, times } => {
            fields.push(days_field(days));
            let times: Vec<String> = times.iter().map(|time| time_of_day(*time)).collect();
            fields.push(shown("times", times));
        }
    }
    let zone = job.timezone.as_ref();
    fields.extend(zone.map(|zone| shown("timezone", zone.as_str())));
    match &job.holidays {
        Holidays::Count => {}
        Holidays::Except(calendar) => fields.push(shown("except", calendar.as_str())),
        Holidays::Only(calendar) => fields.push(shown("only", calendar.as_str())),
    }
    fields.push(match &job.whom {
        Whom::All => shown("for", "all"),
        Whom::Internal => shown("for", "internal"),
        Whom::External => shown("for", "external"),
        Whom::Group(group) => shown("group", group.as_str()),
        Whom::Class(class) => shown("class", class.as_str()),
        Whom::Phones(patterns) => {
            let patterns: Vec<&String> = patterns.iter().map(|pattern| &pattern.0).collect();
            shown("phones", texts(&patterns))
        }
    });
    let missed = match job.missed {
        Missed::RunOnce => "run-once",
        Missed::Skip => "skip",
    };
    fields.push(shown("missed", missed));
    fields.push(shown("dry_run", job.dry_run));
    fields
}

fn days_field(days: &Days) -> Field {
    match days {
        Days::Once(date) => shown("once", date.to_string()),
        Days::Daily => shown("daily", true),
        Days::Weekly(days) => {
            let days: Vec<&str> = days.iter().map(|day| day.word()).collect();
            shown("weekly", days)
        }
        Days::Monthly(days) => {
            let days = days.iter().map(|day| match day {
                MonthDay::Day(day) => Value::Integer((*day).into()),
                MonthDay::Last => Value::String("last".into()),
            });
            shown("monthly", days.collect::<Vec<_>>())
        }
        Days::Yearly { month, day } => shown("yearly", format!("{month:02}-{day:02}")),
    }
}

/// What is wrong with jobs and calendars as parts of a site.
pub(super) fn check_jobs(site: &Site, findings: &mut Vec<Finding>) {
    if site.jobs.len() > Job::MOST {
        let what = format!("there are more than {} jobs", Job::MOST);
        findings.push(Finding::about_key(&[JOB], what, "Join some of them"));
    }
    let calendars = site
        .calendars
        .keys()
        .map(|name| ("calendar", name.as_str()));
    let jobs = site.jobs.keys().map(|name| (JOB, name.as_str()));
    for (kind, name) in jobs.chain(calendars).filter(|(_, name)| !is_name(name)) {
        findings.push(Finding::about_key(
            &[kind, name],
            "a name is 1 to 64 characters without spaces, control characters, *, # and @",
            "Choose another name",
        ));
    }
    for (name, job) in &site.jobs {
        let path = |key| [JOB, name.as_str(), key];
        if name.as_str() == Job::LOGOUT_TIMES {
            let what = "site.logout_times are the job of that name";
            findings.push(Finding::about_key(
                &[JOB, name.as_str()],
                what,
                "Choose another name",
            ));
        }
        if let Some(zone) = job
            .timezone
            .as_ref()
            .filter(|zone| TimeZone::get(zone).is_err())
        {
            findings.push(Finding::new(
                &path("timezone"),
                format!("there is no time zone {zone:?}"),
                "Write an IANA name, such as \"Europe/Amsterdam\" or \"UTC\"",
            ));
        }
        let calendar = job.holidays.calendar();
        if let Some(calendar) = calendar.filter(|it| !site.calendars.contains_key(*it)) {
            let key = match job.holidays {
                Holidays::Only(_) => "only",
                _ => "except",
            };
            let known = site.calendars.keys().map(|name| name.as_str());
            findings.push(unresolved(&path(key), "calendar", calendar.as_str(), known));
        }
        if let Whom::Group(group) = &job.whom
            && !site.user_groups.contains_key(group)
        {
            let known = site.user_groups.keys().map(|name| name.as_str());
            findings.push(unresolved(
                &path("group"),
                "user_group",
                group.as_str(),
                known,
            ));
        }
        if let Whom::Class(class) = &job.whom
            && !site.classes.contains_key(class)
        {
            let known = site.classes.keys().map(|name| name.as_str());
            findings.push(unresolved(
                &path("class"),
                "class_of_service",
                class.as_str(),
                known,
            ));
        }
    }
}

/// What is doubtful about them.
pub(super) fn lint_jobs(site: &Site, findings: &mut Vec<Finding>) {
    for (name, job) in &site.jobs {
        let path = |key| [JOB, name.as_str(), key];
        let When::At { days, .. } = &job.when else {
            continue;
        };
        match days {
            Days::Yearly { month: 2, day: 29 } => findings.push(Finding::new(
                &path("yearly"),
                "this job happens in leap years only",
                "Write \"03-01\" if it is meant for the day after 28 February",
            )),
            Days::Monthly(days) if days.iter().any(is_seldom) => findings.push(Finding::new(
                &path("monthly"),
                "this job does not happen in months that have no such day",
                "Write \"last\" if it is meant for the last day of each",
            )),
            _ => {}
        }
        if let Whom::Phones(patterns) = &job.whom {
            let matches = |pattern: &NamePattern| {
                let mut phones = site.phones.keys();
                phones.any(|phone| pattern.matches(phone.as_str()))
            };
            for (place, pattern) in patterns.iter().enumerate().filter(|(_, it)| !matches(it)) {
                let place = place.to_string();
                findings.push(Finding::new(
                    &[JOB, name.as_str(), "phones", &place],
                    format!("no phone is called like {:?}", pattern.0),
                    "Look at how the phones are spelt",
                ));
            }
        }
    }
}

fn is_seldom(day: &MonthDay) -> bool {
    matches!(day, MonthDay::Day(29..))
}
