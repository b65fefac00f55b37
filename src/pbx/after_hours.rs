//! After hours: numbers that nobody of a class may call at some times, until a PIN lifts that for a while (PRO-5).
//!
//! Calls for help are no numbers here: they never come by.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::change::{Door, SessionId, What};
use super::dial_pattern::DialPattern;
use super::event::{LegId, Secret};
use super::job::{Calendar, WeekDay, time_of_day};
use super::login::{Asker, Login, Purpose};
use super::names::{CalendarName, PhoneName, UserId};
use super::site::PinHash;
use super::{Action, Obstacle, Pbx, Refusal};
use crate::time::{Now, Utc};

/// What may not be called when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterHours {
    /// The numbers, whatever is said otherwise.
    pub deny: Vec<DialPattern>,
    /// When in the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<WeekTime>,
    /// On which days from midnight to midnight besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarName>,
}

/// A time of some days of the week, by the clock of the site. Written as `mon-fri 19:00-07:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WeekTime {
    /// On which days it begins, in order.
    pub days: Vec<WeekDay>,
    /// When, in minutes after midnight, 0–1439.
    pub from: u16,
    /// When it ends, 1–1440. Not after it begins: on the next day.
    pub to: u16,
}

impl AfterHours {
    /// How many times a class may have.
    pub const TIMES: usize = 50;

    /// Whether it is such a time.
    fn is_at(&self, moment: DateTime, calendar: Option<&Calendar>) -> bool {
        let is_day = calendar.is_some_and(|calendar| calendar.has(moment.date()));
        is_day || self.times.iter().any(|time| time.has(moment))
    }
}

impl WeekTime {
    /// Reads one.
    pub fn parse(text: &str) -> Option<WeekTime> {
        let (days, times) = text.split_once(' ')?;
        let (from, to) = times.trim().split_once('-')?;
        let (from, to) = (minutes(from)?, minutes(to)?);
        let mut all = Vec::new();
        for part in days.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (WeekDay::from_word(first)?, WeekDay::from_word(last)?);
            all.extend(WeekDay::ALL.into_iter().filter(|day| match first <= last {
                true => (first..=last).contains(day),
                false => *day >= first || *day <= last,
            }));
        }
        all.sort_unstable();
        all.dedup();
        let is_time = from < 24 * 60 && (1..=24 * 60).contains(&to);
        is_time.then_some(WeekTime {
            days: all,
            from,
            to,
        })
    }

    fn has(&self, moment: DateTime) -> bool {
        let minute = u16::try_from(moment.hour()).unwrap_or(0) * 60
            + u16::try_from(moment.minute()).unwrap_or(0);
        let on = |day| self.days.contains(&day);
        let today = WeekDay::of(moment.date());
        if self.from < self.to {
            return on(today) && (self.from..self.to).contains(&minute);
        }
        let yesterday = moment.date().yesterday().map(WeekDay::of);
        on(today) && minute >= self.from || yesterday.is_ok_and(on) && minute < self.to
    }
}

/// `HH:MM`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| match part.len() {
        2 if part.bytes().all(|byte| byte.is_ascii_digit()) => part.parse::<u16>().ok(),
        _ => None,
    };
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    Some(60 * number(hours)? + minutes).filter(|all| *all <= 24 * 60)
}

impl fmt::Display for WeekTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> = self.days.iter().map(|day| day.word()).collect();
        let (from, to) = (time_of_day(self.from), time_of_day(self.to));
        write!(f, "{} {from}-{to}", days.join(","))
    }
}

impl From<WeekTime> for String {
    fn from(time: WeekTime) -> String {
        time.to_string()
    }
}

impl TryFrom<String> for WeekTime {
    type Error = String;

    fn try_from(text: String) -> Result<WeekTime, String> {
        WeekTime::parse(&text).ok_or_else(|| format!("{text:?} is no time of the week"))
    }
}

/// Sessions for which the blocking is lifted, until when (uptime). A restart of the server forgets them: the PIN is
/// dialled once more.
pub(super) type Lifted = BTreeMap<SessionId, Duration>;

impl Pbx {
    /// Whether a number may not be called now, as it is after hours.
    pub(super) fn after_hours(&self, phone: &PhoneName, numbers: [&str; 2]) -> Result<(), Refusal> {
        let Some(rule) = self.class_at(phone).after_hours.as_deref() else {
            return Ok(());
        };
        let denies = |pattern: &DialPattern| numbers.iter().any(|number| pattern.fits(number));
        let is_denied = rule.deny.iter().any(denies);
        if !is_denied || !self.is_after_hours(self.moment, rule) || self.is_lifted(phone) {
            return Ok(());
        }
        let lift = self.lifting_pin(phone).is_some();
        let lift = lift.then(|| self.site.codes.after_hours.clone());
        Err(Refusal::Blocked(Obstacle::AfterHours(lift)))
    }

    fn is_after_hours(&self, now: Now, rule: &AfterHours) -> bool {
        let calendar = rule.calendar.as_ref();
        let calendar = calendar.and_then(|name| self.site.calendars.get(name));
        local(now.utc, self.schedule.zone())
            .is_some_and(|moment| rule.is_at(moment, calendar.map(|it| &**it)))
    }

    fn is_lifted(&self, phone: &PhoneName) -> bool {
        let session = self.session_at(phone);
        let until = session.and_then(|id| self.lifted.get(&id));
        until.is_some_and(|until| self.moment.uptime < *until)
    }

    /// The PIN that lifts the blocking for whoever is logged in at a phone.
    fn lifting_pin(&self, phone: &PhoneName) -> Option<&PinHash> {
        let session = self.sessions.get(&self.session_at(phone)?)?;
        self.profile_of(&session.stored)?.pin.as_ref()
    }

    /// Somebody dialled the code and the PIN of their profile.
    pub(super) fn lift_asked(&mut self, leg: LegId, phone: &PhoneName, secret: Secret) {
        let (asker, door) = (Asker::Leg(leg), Door::Code);
        let session = self.session_at(phone).and_then(|id| self.sessions.get(&id));
        let Some(user) = session.map(|session| session.stored.user.clone()) else {
            return self.answer(asker, Err(Refusal::Blocked(Obstacle::NobodyHere)));
        };
        let Some(against) = self.lifting_pin(phone).cloned() else {
            return self.answer(asker, Err(Refusal::NotAllowed));
        };
        if let Err(why) = self.login_possible(phone, door) {
            return self.answer(asker, Err(why));
        }
        let login = Login {
            asker,
            door,
            phone: phone.clone(),
            user: Some(user),
            blank: secret.reveal().is_empty(),
            purpose: Purpose::Lift,
            forced: false,
            lost: 0,
            session: None,
        };
        let ticket = self.mint_ticket();
        self.logins.insert(ticket, login);
        self.act(Action::CheckSecret {
            ticket,
            secret,
            against: Some(against),
        });
    }

    /// The PIN was right. Whoever has left meanwhile takes nothing along.
    pub(super) fn lift(&mut self, now: Now, login: &Login, user: &UserId) {
        let Login { asker, phone, .. } = login;
        let session = self.session_at(phone);
        let theirs = session.filter(|id| self.sessions_of(user).contains(id));
        let Some(id) = theirs else {
            return self.answer(*asker, Err(Refusal::Blocked(Obstacle::NobodyHere)));
        };
        let minutes = self.site.settings.after_hours_pin_min;
        let until = now.uptime + Duration::from_secs(60 * u64::from(minutes));
        self.lifted.insert(id, until);
        let text = format!("{user} lifted the after-hours blocking at {phone} for {minutes} min");
        let what = What::BlockingLifted;
        self.record(now, what, Some(user), Some(phone), login.door, text);
        let told = format!("All that you may call can be called for {minutes} min");
        self.answer(*asker, Ok(told));
    }

    /// The PIN was wrong, or the user is locked; nobody at the phone shall know which.
    pub(super) fn lift_refused(&mut self, now: Now, login: &Login) {
        let (user, phone) = (login.user.as_ref(), &login.phone);
        let why = match user.is_some_and(|user| self.is_locked(now, user)) {
            true => "locked",
            false => "wrong PIN",
        };
        let text = format!("After-hours PIN at {phone} refused: {why}");
        self.record(now, What::LiftRefused, user, Some(phone), login.door, text);
        let why = Refusal::Conflict("The PIN was refused".to_owned());
        self.answer(login.asker, Err(why));
    }

    /// What there is to say about a phone: what is blocked when, and whether it is now.
    pub(super) fn explain_after_hours(&self, now: Now, phone: &PhoneName) -> Vec<String> {
        let Some(rule) = self.class_at(phone).after_hours.as_deref() else {
            return Vec::new();
        };
        let deny: Vec<&str> = rule.deny.iter().map(DialPattern::as_str).collect();
        let times = rule.times.iter().map(WeekTime::to_string);
        let days = rule
            .calendar
            .iter()
            .map(|name| format!("on days of {name}"));
        let when: Vec<String> = times.chain(days).collect();
        let when = when.join("; ");
        let mut sentences = vec![format!(
            "Not to be called from {phone} after hours ({when}): {}.",
            deny.join(" ")
        )];
        let lifted = self.session_at(phone).and_then(|id| self.lifted.get(&id));
        let lifted = lifted.filter(|until| now.uptime < **until);
        sentences.push(match (self.is_after_hours(now, rule), lifted) {
            (_, Some(until)) => format!(
                "That is lifted by a PIN until {}, or the logout.",
                self.schedule.local(now.utc_at(*until))
            ),
            (true, None) => "It is after hours now.".to_owned(),
            (false, None) => "It is not after hours now.".to_owned(),
        });
        sentences
    }
}

/// What the clock on the wall says.
fn local(at: Utc, zone: &TimeZone) -> Option<DateTime> {
    let at = Timestamp::from_millisecond(at.0).ok()?;
    Some(at.to_zoned(zone.clone()).datetime())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> WeekTime {
        WeekTime::parse(text).expect("a time of the week")
    }

    /// rules: PRO-5
    #[test]
    fn times_of_the_week_end_on_the_next_day_where_they_must() {
        let table = [
            // 2026-05-04 is a Monday.
            ("mon-fri 19:00-07:00", "2026-05-04T18:59", false),
            ("mon-fri 19:00-07:00", "2026-05-04T19:00", true),
            ("mon-fri 19:00-07:00", "2026-05-05T06:59", true),
            ("mon-fri 19:00-07:00", "2026-05-05T07:00", false),
            ("mon-fri 19:00-07:00", "2026-05-04T06:59", false),
            ("mon-fri 19:00-07:00", "2026-05-09T06:59", true),
            ("mon-fri 19:00-07:00", "2026-05-09T19:00", false),
            ("sat,sun 00:00-24:00", "2026-05-09T00:00", true),
            ("sat,sun 00:00-24:00", "2026-05-10T23:59", true),
            ("sat,sun 00:00-24:00", "2026-05-11T00:00", false),
            ("fri-mon 12:00-13:00", "2026-05-11T12:30", true),
            ("fri-mon 12:00-13:00", "2026-05-12T12:30", false),
            ("sun 12:00-12:00", "2026-05-11T11:59", true),
        ];
        for (text, moment, expected) in table {
            let at: DateTime = moment.parse().expect("a moment");
            assert_eq!(time(text).has(at), expected, "{text} at {moment}");
        }
    }

    #[test]
    fn what_is_no_time_of_the_week_is_refused() {
        assert_eq!(
            time("fri-mon 09:00-10:00").to_string(),
            "mon,fri,sat,sun 09:00-10:00"
        );
        assert_eq!(time("mon,mon 00:00-24:00").to_string(), "mon 00:00-24:00");
        for text in [
            "",
            "mon",
            "mon 9:00-10:00",
            "mon 09:00",
            "day 09:00-10:00",
            "mon 24:00-01:00",
            "mon 09:00-00:00",
            "mon 09:00-24:01",
            "mon- 09:00-10:00",
            "mon 09:60-10:00",
        ] {
            assert_eq!(WeekTime::parse(text), None, "{text:?}");
        }
    }

    /// rules: PRO-5
    #[test]
    fn days_of_a_calendar_are_after_hours_all_day() {
        let rule = AfterHours {
            times: vec![time("mon 19:00-24:00")],
            ..AfterHours::default()
        };
        let feast = Calendar::of(vec!["2026-05-05".parse().expect("a day")]);
        let table = [
            ("2026-05-04T12:00", false),
            ("2026-05-04T20:00", true),
            ("2026-05-05T00:00", true),
            ("2026-05-05T23:59", true),
            ("2026-05-06T00:00", false),
        ];
        for (moment, expected) in table {
            let at: DateTime = moment.parse().expect("a moment");
            assert_eq!(rule.is_at(at, Some(&feast)), expected, "{moment}");
        }
    }
}
