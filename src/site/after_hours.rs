//! After hours in a site file: what a class may not call when, and the PIN of a profile that lifts it (PRO-5).

use super::check::unresolved;
use super::dial_pattern::dial_patterns;
use super::document::{Field, shown, texts};
use super::problem::Finding;
use super::reader::Section;
use crate::pbx::{AfterHours, Site, WeekTime};

/// What is said of the time.
const TIMES: &str = "after_hours";
const DAYS: &str = "after_hours_on";
const DENY: &str = "after_hours_deny";

/// What a class says of it, if anything.
pub(super) fn read(s: &mut Section<'_>) -> Option<Box<AfterHours>> {
    if ![TIMES, DAYS, DENY].into_iter().any(|key| s.has(key)) {
        return None;
    }
    let rule = AfterHours {
        deny: dial_patterns(s, DENY),
        times: times(s),
        calendar: s.text(DAYS).map(Into::into),
    };
    if !s.has(DENY) {
        s.missing(DENY);
    }
    if !s.has(TIMES) && !s.has(DAYS) {
        s.missing(TIMES);
    }
    Some(Box::new(rule))
}

fn times(s: &mut Section<'_>) -> Vec<WeekTime> {
    let written = s.texts(TIMES).unwrap_or_default();
    let most = AfterHours::TIMES;
    if written.len() > most {
        let what = format!("there are more than {most}");
        s.wrong(TIMES, what, "Join some: \"mon-fri 19:00-07:00\"");
    }
    let mut times = Vec::new();
    for text in written.into_iter().take(most) {
        match WeekTime::parse(text) {
            Some(time) => times.push(time),
            None => s.wrong(
                TIMES,
                format!("{text:?} is no time of the week"),
                "Write days and times, as in \"mon-fri 19:00-07:00\" or \"sat,sun 00:00-24:00\"",
            ),
        }
    }
    times
}

/// As a file has it.
pub(super) fn fields(rule: Option<&AfterHours>) -> Vec<Field> {
    let Some(rule) = rule else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    if !rule.times.is_empty() {
        let times: Vec<String> = rule.times.iter().map(WeekTime::to_string).collect();
        fields.push(shown(TIMES, times));
    }
    let calendar = rule.calendar.as_ref();
    fields.extend(calendar.map(|name| shown(DAYS, name.as_str())));
    fields.push(shown(DENY, texts(&rule.deny)));
    fields
}

/// Calendars that there are not.
pub(super) fn check_after_hours(site: &Site, findings: &mut Vec<Finding>) {
    for (name, class) in &site.classes {
        let rule = class.after_hours.as_deref();
        let calendar = rule.and_then(|rule| rule.calendar.as_ref());
        if let Some(calendar) = calendar.filter(|it| !site.calendars.contains_key(*it)) {
            let path = ["class_of_service", name.as_str(), DAYS];
            let known = site.calendars.keys().map(|name| name.as_str());
            findings.push(unresolved(&path, "calendar", calendar.as_str(), known));
        }
    }
}
