//! Jobs and calendars, as an administrator says them in a scenario.
//!
//! ```text
//! job evening: daily at 19:00 20:30, for internal, except feast, in Asia/Tokyo, dry run
//! job minutely: every 5m, phones desk-* lobby, missed are skipped
//! job weekend: weekly on fri sat at 24:00, class staff
//! job month: monthly on 1 last at 12:00, group sales
//! job leap: yearly on 02-29 at 12:00, only on feast
//! job move: once on 2026-12-24 at 12:00
//! calendar feast: 2026-05-06, 2026-05-07
//! ```

use std::sync::Arc;

use perch::pbx::{
    Calendar, Days, Holidays, Job, Missed, MonthDay, NamePattern, Site, WeekDay, When, Whom,
};

use super::site_text::{duration, time_of_day};

type Said = Result<(), String>;

pub fn calendar(site: &mut Site, name: &str, clauses: &str) -> Said {
    let days = clauses.split(',').map(|day| {
        let day = day.trim();
        day.parse().map_err(|_| format!("{day} is no day"))
    });
    let calendar = Calendar::of(days.collect::<Result<_, _>>()?);
    site.calendars.insert(name.into(), Arc::new(calendar));
    Ok(())
}

pub fn job(site: &mut Site, name: &str, clauses: &str) -> Said {
    let mut job = Job::daily(Vec::new());
    for clause in clauses.split(',').map(str::trim) {
        let words: Vec<&str> = clause.split_whitespace().collect();
        match words[..] {
            ["every", time] => {
                let minutes = duration(time)?.as_secs() / 60;
                let minutes = u16::try_from(minutes).map_err(|_| "that is too seldom")?;
                job.when = When::Every(minutes);
            }
            ["for", "all"] => job.whom = Whom::All,
            ["for", "internal"] => job.whom = Whom::Internal,
            ["for", "external"] => job.whom = Whom::External,
            ["group", group] => job.whom = Whom::Group(group.into()),
            ["class", class] => job.whom = Whom::Class(class.into()),
            ["phones", ref names @ ..] => {
                let patterns = names.iter().map(|name| NamePattern((*name).to_owned()));
                job.whom = Whom::Phones(patterns.collect());
            }
            ["except", calendar] => job.holidays = Holidays::Except(calendar.into()),
            ["only", "on", calendar] => job.holidays = Holidays::Only(calendar.into()),
            ["in", zone] => job.timezone = Some(zone.to_owned()),
            ["missed", "are", "skipped"] => job.missed = Missed::Skip,
            ["dry", "run"] => job.dry_run = true,
            ref words => job.when = when(words).ok_or_else(|| format!("what is {clause:?}?"))?,
        }
    }
    site.jobs.insert(name.into(), job);
    Ok(())
}

fn when(words: &[&str]) -> Option<When> {
    let at = words.iter().position(|word| *word == "at")?;
    let days = match words[..at] {
        ["daily"] => Days::Daily,
        ["once", "on", date] => Days::Once(date.parse().ok()?),
        ["weekly", "on", ref days @ ..] => {
            let days = days.iter().map(|day| WeekDay::from_word(day));
            Days::Weekly(days.collect::<Option<_>>()?)
        }
        ["monthly", "on", ref days @ ..] => {
            let days = days.iter().map(|day| match *day {
                "last" => Some(MonthDay::Last),
                day => day.parse().ok().map(MonthDay::Day),
            });
            Days::Monthly(days.collect::<Option<_>>()?)
        }
        ["yearly", "on", day] => {
            let (month, day) = day.split_once('-')?;
            Days::Yearly {
                month: month.parse().ok()?,
                day: day.parse().ok()?,
            }
        }
        _ => return None,
    };
    let times = words[at + 1..].iter().map(|time| time_of_day(time).ok());
    Some(When::At {
        days,
        times: times.collect::<Option<_>>()?,
    })
}
