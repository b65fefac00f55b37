//! When a job comes: the moments of its times of day, in its zone, on its days (TOD-1, TOD-2).

use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::job::{Calendar, Days, Holidays, Job, When};
use super::site::Site;
use crate::time::Utc;

/// How far a next time is looked for: 29 February may be eight years away. A day that comes once may be farther.
const HORIZON_DAYS: u32 = 8 * 366 + 1;

/// The moments at which a job comes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recurrence {
    zone: TimeZone,
    when: When,
    /// The days that count, and whether it is all but these.
    calendar: Option<(Arc<Calendar>, bool)>,
}

impl Recurrence {
    /// Those of a job of a site.
    pub fn of(job: &Job, site: &Site) -> Recurrence {
        let calendar = job.holidays.calendar();
        // Every reference in a site resolves.
        let calendar = calendar.and_then(|name| site.calendars.get(name)).cloned();
        let except = matches!(job.holidays, Holidays::Except(_));
        let timezone = job.timezone.as_deref();
        Recurrence {
            zone: zone(timezone.unwrap_or(&site.settings.timezone)),
            when: job.when.clone(),
            calendar: calendar.map(|calendar| (calendar, except)),
        }
    }

    /// The next moment after `after`.
    pub fn next_after(&self, after: Utc) -> Option<Utc> {
        if let When::At {
            days: Days::Once(day),
            ..
        } = &self.when
        {
            return self.on(*day).into_iter().find(|at| *at > after);
        }
        // 24:00 of the day before may still be to come.
        let mut day = self.date(after)?.yesterday().ok()?;
        for _ in 0..HORIZON_DAYS {
            let next = self.on(day).into_iter().find(|at| *at > after);
            if next.is_some() {
                return next;
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The last moment after `after` and not after `until`.
    pub fn last_within(&self, after: Utc, until: Utc) -> Option<Utc> {
        let first = self.date(after)?.yesterday().ok()?;
        let mut day = self.date(until)?;
        for _ in 0..HORIZON_DAYS {
            let last = self.on(day).into_iter().rfind(|at| *at <= until);
            if last.is_some() || day <= first {
                return last.filter(|at| *at > after);
            }
            day = day.yesterday().ok()?;
        }
        None
    }

    /// A moment as the people there say it.
    pub fn local(&self, at: Utc) -> String {
        local(&self.zone, at)
    }

    fn date(&self, at: Utc) -> Option<Date> {
        let at = Timestamp::from_millisecond(at.0).ok()?;
        Some(at.to_zoned(self.zone.clone()).date())
    }

    fn counts(&self, day: Date) -> bool {
        match &self.calendar {
            None => true,
            Some((calendar, except)) => calendar.has(day) != *except,
        }
    }

    /// The moments of a day, in order.
    fn on(&self, day: Date) -> Vec<Utc> {
        let mut moments: Vec<Utc> = match &self.when {
            When::At { days, .. } if !days.has(day) => return Vec::new(),
            _ if !self.counts(day) => return Vec::new(),
            When::At { times, .. } => times
                .iter()
                .filter_map(|minutes| at_time(&self.zone, day, *minutes))
                .collect(),
            When::Every(minutes) => every(&self.zone, day, *minutes),
        };
        // Two times may be the same moment where the clocks skip one of them.
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

/// The next moment after `after` at which it is one of these times of day in a zone.
pub(super) fn next_daily(zone: &TimeZone, times: &[u16], after: Utc) -> Option<Utc> {
    let at = Timestamp::from_millisecond(after.0).ok()?;
    // 24:00 of the day before may still be to come.
    let first = at.to_zoned(zone.clone()).date().yesterday().ok()?;
    let days = first.series(1.day()).take(4);
    let moments = days.flat_map(|day| times.iter().filter_map(move |at| at_time(zone, day, *at)));
    moments.filter(|at| *at > after).min()
}

/// The zone of a name; UTC if it is none, which no site has.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A moment as the people in a zone say it.
pub(super) fn local(zone: &TimeZone, at: Utc) -> String {
    let Ok(at) = Timestamp::from_millisecond(at.0) else {
        return "?".into();
    };
    let at = at.to_zoned(zone.clone());
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// 24:00 is midnight at the day's end (TOD-1). A time that the clocks skip is taken as much later as they skip; one
/// that comes twice happens the first time.
fn at_time(zone: &TimeZone, day: Date, minutes: u16) -> Option<Utc> {
    let at = match i8::try_from(minutes / 60).ok()? {
        24 => day.tomorrow().ok()?.to_datetime(Time::midnight()),
        hour => {
            let minute = i8::try_from(minutes % 60).expect("a remainder of 60 fits");
            day.to_datetime(Time::new(hour, minute, 0, 0).ok()?)
        }
    };
    let zoned = zone.to_zoned(at).ok()?;
    Some(Utc(zoned.timestamp().as_millisecond()))
}

/// Every so many minutes that pass from midnight to midnight, however long the day is.
fn every(zone: &TimeZone, day: Date, minutes: u16) -> Vec<Utc> {
    let (Some(begin), Some(end)) = (at_time(zone, day, 0), at_time(zone, day, 24 * 60)) else {
        return Vec::new();
    };
    let step = usize::from(minutes.max(1)) * 60_000;
    (begin.0..end.0).step_by(step).map(Utc).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::job::{Days, MonthDay, WeekDay};

    fn utc(text: &str) -> Utc {
        let at: Timestamp = text.parse().expect("a timestamp");
        Utc(at.as_millisecond())
    }

    fn text(at: Utc) -> String {
        let at = Timestamp::from_millisecond(at.0).expect("in range");
        at.to_string()
    }

    fn at(zone_name: &str, days: Days, times: &[u16]) -> Recurrence {
        Recurrence {
            zone: zone(zone_name),
            when: When::At {
                days,
                times: times.to_vec(),
            },
            calendar: None,
        }
    }

    fn next(recurrence: &Recurrence, after: &str) -> String {
        recurrence
            .next_after(utc(after))
            .map_or("never".into(), text)
    }

    /// The next ones after `after`, in the zone's words.
    fn some(recurrence: &Recurrence, after: &str, count: usize) -> Vec<String> {
        let mut after = utc(after);
        let mut found = Vec::new();
        while found.len() < count
            && let Some(next) = recurrence.next_after(after)
        {
            found.push(recurrence.local(next));
            after = next;
        }
        found
    }

    /// rules: TOD-1
    #[test]
    fn clock_times_are_local_times() {
        let berlin = "Europe/Berlin";
        let table: [(&str, &str, &[u16], &str, &str); 12] = [
            (
                "winter",
                berlin,
                &[1140],
                "2026-01-15T12:00:00Z",
                "2026-01-15T18:00:00Z",
            ),
            (
                "summer",
                berlin,
                &[1140],
                "2026-07-15T12:00:00Z",
                "2026-07-15T17:00:00Z",
            ),
            (
                "just passed",
                berlin,
                &[1140],
                "2026-01-15T18:00:00Z",
                "2026-01-16T18:00:00Z",
            ),
            (
                "into summer time",
                berlin,
                &[1140],
                "2026-03-28T20:00:00Z",
                "2026-03-29T17:00:00Z",
            ),
            (
                "out of it",
                berlin,
                &[1140],
                "2026-10-24T20:00:00Z",
                "2026-10-25T18:00:00Z",
            ),
            (
                "24:00 is the day's end",
                berlin,
                &[1440],
                "2026-01-15T12:00:00Z",
                "2026-01-15T23:00:00Z",
            ),
            (
                "00:00 is the day's begin",
                berlin,
                &[0],
                "2026-01-15T12:00:00Z",
                "2026-01-15T23:00:00Z",
            ),
            (
                "a time that is skipped",
                berlin,
                &[150],
                "2026-03-28T20:00:00Z",
                "2026-03-29T01:30:00Z",
            ),
            (
                "a time that comes twice",
                berlin,
                &[150],
                "2026-10-24T20:00:00Z",
                "2026-10-25T00:30:00Z",
            ),
            (
                "after it came the first time",
                berlin,
                &[150],
                "2026-10-25T00:45:00Z",
                "2026-10-26T01:30:00Z",
            ),
            (
                "the first of three",
                "UTC",
                &[720, 1140, 1440],
                "2026-05-05T09:00:00Z",
                "2026-05-05T12:00:00Z",
            ),
            (
                "leap day",
                "UTC",
                &[1440],
                "2028-02-28T23:59:00Z",
                "2028-02-29T00:00:00Z",
            ),
        ];
        for (what, zone, times, after, expected) in table {
            let daily = at(zone, Days::Daily, times);
            assert_eq!(next(&daily, after), expected, "{what}");
        }
    }

    /// rules: TOD-1, TOD-2
    #[test]
    fn a_daily_time_comes_once_on_each_day_of_a_year_in_every_zone() {
        // North, south, half an hour, midnight that is skipped, quarters of an hour, none at all.
        let zones = [
            "Europe/Amsterdam",
            "Australia/Sydney",
            "Australia/Lord_Howe",
            "Africa/Cairo",
            "Asia/Kathmandu",
            "America/Phoenix",
        ];
        for zone in zones {
            for minutes in [0, 90, 150, 1140, 1439] {
                let daily = at(zone, Days::Daily, &[minutes]);
                let mut after = utc("2027-12-31T12:00:00Z");
                let mut day = daily
                    .date(daily.next_after(after).expect("one"))
                    .expect("a day");
                for _ in 0..366 {
                    let came = daily.next_after(after).expect("the next");
                    assert_eq!(daily.date(came), Some(day), "{zone} {minutes}");
                    assert_eq!(daily.last_within(after, came), Some(came), "{zone}");
                    assert_eq!(daily.last_within(came, Utc(came.0 + 1)), None, "{zone}");
                    (after, day) = (came, day.tomorrow().expect("a day"));
                }
            }
        }
    }

    /// rules: TOD-2
    #[test]
    fn days_of_weeks_months_and_years() {
        let seven = &[19 * 60][..];
        let weekly = Days::Weekly(vec![WeekDay::Mon, WeekDay::Fri]);
        let weekly = at("UTC", weekly, seven);
        assert_eq!(
            some(&weekly, "2026-05-05T00:00:00Z", 3),
            [
                "2026-05-08 19:00:00",
                "2026-05-11 19:00:00",
                "2026-05-15 19:00:00"
            ]
        );
        let last = at("UTC", Days::Monthly(vec![MonthDay::Last]), &[1440]);
        assert_eq!(
            some(&last, "2028-01-31T12:00:00Z", 3),
            [
                "2028-02-01 00:00:00",
                "2028-03-01 00:00:00",
                "2028-04-01 00:00:00"
            ]
        );
        // A month without a 31st has none.
        let thirty_first = at("UTC", Days::Monthly(vec![MonthDay::Day(31)]), seven);
        assert_eq!(
            some(&thirty_first, "2026-01-31T20:00:00Z", 3),
            [
                "2026-03-31 19:00:00",
                "2026-05-31 19:00:00",
                "2026-07-31 19:00:00"
            ]
        );
        // The leap day comes in leap years, and 2100 is none.
        let leap = at("UTC", Days::Yearly { month: 2, day: 29 }, seven);
        assert_eq!(
            some(&leap, "2092-03-01T00:00:00Z", 3),
            [
                "2096-02-29 19:00:00",
                "2104-02-29 19:00:00",
                "2108-02-29 19:00:00"
            ]
        );
        let date = jiff::civil::date(2026, 12, 24);
        let once = at("UTC", Days::Once(date), &[12 * 60, 24 * 60]);
        assert_eq!(
            some(&once, "2026-05-05T00:00:00Z", 5),
            ["2026-12-24 12:00:00", "2026-12-25 00:00:00"]
        );
        assert_eq!(next(&once, "2026-12-25T00:00:00Z"), "never");
        let far = at("UTC", Days::Once(jiff::civil::date(2999, 12, 31)), seven);
        assert_eq!(next(&far, "2026-05-05T00:00:00Z"), "2999-12-31T19:00:00Z");
        assert_eq!(next(&far, "2999-12-31T19:00:00Z"), "never");
    }

    /// rules: TOD-2
    #[test]
    fn minutes_are_counted_from_midnight_however_long_the_day_is() {
        let every = |zone_name: &str, minutes| Recurrence {
            zone: zone(zone_name),
            when: When::Every(minutes),
            calendar: None,
        };
        let count = |recurrence: &Recurrence, year, month, day| {
            recurrence.on(jiff::civil::date(year, month, day)).len()
        };
        let half = every("Europe/Berlin", 30);
        assert_eq!(count(&half, 2026, 3, 28), 48);
        assert_eq!(count(&half, 2026, 3, 29), 46);
        assert_eq!(count(&half, 2026, 10, 25), 50);
        let seldom = every("UTC", 1440);
        assert_eq!(
            next(&seldom, "2026-05-05T00:00:00Z"),
            "2026-05-06T00:00:00Z"
        );
        // What does not divide the day begins anew with it.
        let odd = every("UTC", 1000);
        assert_eq!(
            some(&odd, "2026-05-05T00:00:00Z", 3),
            [
                "2026-05-05 16:40:00",
                "2026-05-06 00:00:00",
                "2026-05-06 16:40:00"
            ]
        );
    }

    /// rules: TOD-2
    #[test]
    fn holidays_are_left_out_or_alone_count() {
        let feast = ["2026-12-25", "2026-12-26"].map(|day| day.parse().expect("a date"));
        let calendar = Arc::new(Calendar::of(feast.to_vec()));
        let mut daily = at("Asia/Tokyo", Days::Daily, &[1440]);
        daily.calendar = Some((calendar.clone(), true));
        assert_eq!(
            some(&daily, "2026-12-24T00:00:00Z", 3),
            // 24:00 belongs to the day that it ends.
            [
                "2026-12-25 00:00:00",
                "2026-12-28 00:00:00",
                "2026-12-29 00:00:00"
            ]
        );
        daily.calendar = Some((calendar, false));
        assert_eq!(
            some(&daily, "2026-12-24T00:00:00Z", 3),
            ["2026-12-26 00:00:00", "2026-12-27 00:00:00"]
        );
        let from = utc("2026-01-01T00:00:00Z");
        let late = utc("2027-06-01T00:00:00Z");
        let last = daily.last_within(from, late).map(|at| daily.local(at));
        assert_eq!(last.as_deref(), Some("2026-12-27 00:00:00"));
    }

    /// rules: TOD-2
    #[test]
    fn sites_in_other_zones_have_their_own_evening() {
        let evening = |zone| at(zone, Days::Daily, &[1140]);
        let after = "2026-03-20T09:30:00Z";
        // America has summer time already, Europe has not, and Australia still has.
        assert_eq!(
            next(&evening("America/New_York"), after),
            "2026-03-20T23:00:00Z"
        );
        assert_eq!(
            next(&evening("Europe/Berlin"), after),
            "2026-03-20T18:00:00Z"
        );
        assert_eq!(
            next(&evening("Australia/Sydney"), after),
            "2026-03-21T08:00:00Z"
        );
        assert_eq!(
            next(&evening("Asia/Kathmandu"), after),
            "2026-03-20T13:15:00Z"
        );
    }
}
