//! Automatic logouts in a site file: the limits that a site, user, group, profile, class or phone names.

use std::collections::BTreeSet;

use super::check::unresolved;
use super::document::{Field, shown};
use super::problem::Finding;
use super::reader::Section;
use crate::pbx::{LogoutLimits, Site, UserGroup};

/// The longest that a phone may be idle, in minutes.
pub(super) const IDLE_MOST: u32 = 9999;

/// The longest that a login may last, in minutes: a week.
const LOGIN_MOST: u32 = 168 * 60;

/// What takes a limit back that others have set.
const NEVER: &str = "never";

/// What a level says. It may take back what a less specific one says: with 0, "never" and an empty list.
pub(super) fn limits(s: &mut Section<'_>) -> LogoutLimits {
    let max_login = s.parsed(
        "max_login",
        "Write hours and minutes, H:MM, from \"0:01\" to \"168:00\", or \"never\"",
        |text| match text {
            NEVER => Some(0),
            text => login_time(text),
        },
    );
    LogoutLimits {
        idle_limit_min: s.number("idle_limit_min", 0..=IDLE_MOST),
        max_login_min: max_login,
        logout_times: s.has("logout_times").then(|| logout_times(s)),
    }
}

/// The maximum login time of a site, which takes nothing back.
pub(super) fn max_login(s: &mut Section<'_>) -> Option<u32> {
    s.parsed(
        "max_login",
        "Write hours and minutes, H:MM, from \"0:01\" to \"168:00\"",
        login_time,
    )
}

fn login_time(text: &str) -> Option<u32> {
    hours_and_minutes(text).filter(|minutes| (1..=LOGIN_MOST).contains(minutes))
}

/// Up to three times of day, in order.
pub(super) fn logout_times(s: &mut Section<'_>) -> Vec<u16> {
    let texts = s.texts("logout_times").unwrap_or_default();
    if texts.len() > 3 {
        s.wrong(
            "logout_times",
            "there are more than three",
            "Keep three at most",
        );
    }
    let mut times = read_times(s, "logout_times", texts);
    times.sort_unstable();
    times.dedup();
    times
}

/// Each in minutes after midnight; what is none is written down.
pub(super) fn read_times(s: &mut Section<'_>, key: &str, texts: Vec<&str>) -> Vec<u16> {
    let mut times = Vec::new();
    for text in texts {
        let minutes = hours_and_minutes(text).filter(|minutes| *minutes <= 24 * 60);
        match minutes.and_then(|minutes| u16::try_from(minutes).ok()) {
            Some(time) => times.push(time),
            None => s.wrong(
                key,
                format!("{text:?} is no time of day"),
                "Write times from \"00:00\" to \"24:00\" (midnight at the day's end)",
            ),
        }
    }
    times
}

/// `H:MM`, in minutes.
fn hours_and_minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hours) || hours.len() > 3 || !is_number(minutes) || minutes.len() != 2 {
        return None;
    }
    let minutes: u32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    Some(60 * hours.parse::<u32>().ok()? + minutes)
}

/// One group of users.
pub(super) fn user_group(s: &mut Section<'_>) -> UserGroup {
    UserGroup {
        limits: limits(s),
        exempt: s.flag("exempt").unwrap_or_default(),
    }
}

/// What a level says, as the file has it.
pub(super) fn limit_fields(limits: &LogoutLimits) -> Vec<Field> {
    let idle = limits.idle_limit_min;
    let mut fields = Vec::from_iter(idle.map(|minutes| shown("idle_limit_min", minutes)));
    fields.extend(limits.max_login_min.map(|minutes| match minutes {
        0 => shown("max_login", NEVER),
        minutes => shown("max_login", clock(minutes, 1)),
    }));
    let times = limits.logout_times.as_deref();
    fields.extend(times.map(|times| shown("logout_times", times_of_day(times))));
    fields
}

/// A group as the file has it.
pub(super) fn group_fields(group: &UserGroup) -> Vec<Field> {
    let mut fields = limit_fields(&group.limits);
    fields.push(shown("exempt", group.exempt));
    fields
}

/// Times of day as the file has them.
pub(super) fn times_of_day(times: &[u16]) -> Vec<String> {
    times.iter().map(|time| clock((*time).into(), 2)).collect()
}

/// Minutes as `H:MM`.
pub(super) fn clock(minutes: u32, width: usize) -> String {
    format!("{:0width$}:{:02}", minutes / 60, minutes % 60)
}

/// Users are in groups that there are, and a class says once how long a login lasts.
pub(super) fn check_limits(site: &Site, findings: &mut Vec<Finding>) {
    for (id, user) in &site.users {
        let group = user.group.as_ref();
        if let Some(group) = group.filter(|group| !site.user_groups.contains_key(*group)) {
            let known = site.user_groups.keys().map(|name| name.as_str());
            let path = ["user", id.as_str(), "group"];
            findings.push(unresolved(&path, "user_group", group.as_str(), known));
        }
    }
    for (name, class) in &site.classes {
        if class.auto_logout_h.is_some() && class.limits.max_login_min.is_some() {
            findings.push(Finding::new(
                &["class_of_service", name.as_str(), "auto_logout_h"],
                "max_login says already how long a login may last",
                "Keep either auto_logout_h or max_login",
            ));
        }
    }
}

/// Limits that never apply, and groups that nobody is in.
pub(super) fn lint_limits(site: &Site, findings: &mut Vec<Finding>) {
    for (name, profile) in site.user_profiles.iter().filter(|(_, it)| it.exempt) {
        let place = ["user_profile", name.as_str(), "profile"];
        lint_exempt(place, &profile.limits, findings);
    }
    for (name, group) in site.user_groups.iter().filter(|(_, it)| it.exempt) {
        lint_exempt(
            ["user_group", name.as_str(), "group"],
            &group.limits,
            findings,
        );
    }
    for (name, class) in site.classes.iter().filter(|(_, it)| it.exempt) {
        let place = ["class_of_service", name.as_str(), "class"];
        lint_exempt(place, &class.limits, findings);
    }
    for (id, user) in site.users.iter().filter(|(_, it)| it.exempt) {
        let limits = user.limits.iter();
        limits.for_each(|it| lint_exempt(["user", id.as_str(), "user"], it, findings));
    }
    for (name, phone) in site.phones.iter().filter(|(_, it)| it.exempt) {
        let limits = phone.limits.iter();
        limits.for_each(|it| lint_exempt(["phone", name.as_str(), "phone"], it, findings));
    }
    let used: BTreeSet<_> = site
        .users
        .values()
        .filter_map(|u| u.group.as_ref())
        .collect();
    for name in site.user_groups.keys().filter(|name| !used.contains(name)) {
        findings.push(Finding::about_key(
            &["user_group", name.as_str()],
            "no user is in this group",
            format!(
                "Give users group = {:?}, or take the group away",
                name.as_str()
            ),
        ));
    }
}

fn lint_exempt([kind, name, what]: [&str; 3], limits: &LogoutLimits, findings: &mut Vec<Finding>) {
    for field in limit_fields(limits) {
        findings.push(Finding::new(
            &[kind, name, field.key],
            format!("this limit never applies: the {what} is exempt from automatic logout"),
            "Remove one of the two",
        ));
    }
}
