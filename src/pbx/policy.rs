//! What is said of automatic logouts: by whom, and which of them counts (DUR-1, IDL-4, EXM-1).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::change::{StoredSession, TotalLimit};
use super::idle::Limits;
use super::names::{ClassName, ProfileName, UserId};
use super::profile::{AgentKind, UserProfile};
use super::site::{Settings, Site};

/// What one level says of automatic logouts: a user, a group, a class, a phone. What it does not say, others may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogoutLimits {
    /// How long the phone may be idle, in minutes, 1–9999 (IDL-2). 0: for ever, whatever others say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_limit_min: Option<u32>,
    /// How long a login may last, in minutes, 1–10080 (DUR-1). 0: for ever, whatever others say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_login_min: Option<u32>,
    /// Up to three clock times (TOD-1), in minutes after midnight, 0–1440. Empty: none, whatever others say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logout_times: Option<Vec<u16>>,
}

impl LogoutLimits {
    /// Whether nothing is said.
    pub fn is_silent(&self) -> bool {
        *self == LogoutLimits::default()
    }

    /// What is said, to be kept where there may be thousands that say nothing.
    pub fn boxed(self) -> Option<Box<LogoutLimits>> {
        (!self.is_silent()).then(|| Box::new(self))
    }
}

/// Users who have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserGroup {
    /// When they are logged out automatically.
    #[serde(flatten)]
    pub limits: LogoutLimits,
    /// Never logged out automatically (EXM-1).
    pub exempt: bool,
}

/// Who can say something of automatic logouts, the most specific first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Whoever logged the user in, for this session alone.
    Login,
    User,
    Profile,
    Group,
    Class,
    Phone,
    Site,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source<'a> {
    /// At which level.
    pub level: Level,
    /// The name there. The login and the site need none.
    pub name: &'a str,
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.level {
            Level::Login => return f.write_str("the login itself"),
            Level::Site => return f.write_str("the site"),
            Level::User => "user",
            Level::Profile => "user profile",
            Level::Group => "user group",
            Level::Class => "class of service",
            Level::Phone => "phone",
        };
        write!(f, "{kind} {}", self.name)
    }
}

/// What somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruled<'a, T> {
    /// What.
    pub value: T,
    /// Who.
    pub by: Source<'a>,
}

/// What holds for a session, and who said so. Whatever nobody speaks of does not end it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy<'a> {
    /// Never logged out automatically (EXM-1).
    pub exempt: Option<Source<'a>>,
    /// How long the phone may be idle. No time: for ever.
    pub idle: Option<Ruled<'a, Option<Duration>>>,
    /// How long the session may last. No time: for ever.
    pub total: Option<Ruled<'a, Option<Duration>>>,
    /// The clock times at which it ends.
    pub times: Option<Ruled<'a, &'a [u16]>>,
}

impl Policy<'_> {
    /// How long the session may last.
    pub fn total(&self) -> Option<Duration> {
        self.total.and_then(|total| total.value)
    }

    /// How long the phone may be idle.
    pub fn idle(&self) -> Option<Duration> {
        self.idle.and_then(|idle| idle.value)
    }
}

/// What one level says.
#[derive(Clone, Copy, Debug)]
struct Said<'a> {
    by: Source<'a>,
    idle_min: Option<u32>,
    total_min: Option<u32>,
    times: Option<&'a [u16]>,
    exempt: bool,
}

impl<'a> Said<'a> {
    fn at(level: Level, name: &'a str, limits: Option<&'a LogoutLimits>, exempt: bool) -> Self {
        Said {
            by: Source { level, name },
            idle_min: limits.and_then(|limits| limits.idle_limit_min),
            total_min: limits.and_then(|limits| limits.max_login_min),
            times: limits.and_then(|limits| limits.logout_times.as_deref()),
            exempt,
        }
    }

    fn by_site(settings: &'a Settings) -> Self {
        Said {
            idle_min: settings.idle_limit_min,
            total_min: settings.max_login_min,
            times: Some(&settings.logout_times),
            ..Said::at(Level::Site, "", None, false)
        }
    }

    fn rules<T>(self, value: T) -> Ruled<'a, T> {
        Ruled { value, by: self.by }
    }
}

/// The rule: of those who speak of a kind of limit the most specific decides it, and may take it back. The kinds hold
/// together (IDL-4). Whoever is exempt by any of them is (EXM-1): that cannot be taken back.
fn policy<'a>(levels: impl IntoIterator<Item = Said<'a>>) -> Policy<'a> {
    let limit = |minutes: u32| (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)));
    let mut policy = Policy::default();
    for said in levels {
        let idle = said.idle_min.map(|minutes| said.rules(limit(minutes)));
        let total = said.total_min.map(|minutes| said.rules(limit(minutes)));
        let times = said.times.map(|times| said.rules(times));
        policy.exempt = policy.exempt.or(said.exempt.then_some(said.by));
        policy.idle = policy.idle.or(idle);
        policy.total = policy.total.or(total);
        policy.times = policy.times.or(times);
    }
    policy
}

impl Site {
    /// What a user may do with a profile: as is said of the user, or else as the profile says.
    pub(super) fn class_of<'a>(&'a self, user: &UserId, profile: &'a UserProfile) -> &'a ClassName {
        let own = self.users.get(user).and_then(|user| user.class.as_ref());
        own.unwrap_or(&profile.class)
    }
}

impl Pbx {
    /// What holds for a session.
    pub(super) fn policy_of(&self, stored: &StoredSession) -> Policy<'_> {
        let site = &*self.site;
        let user = site.users.get_key_value(&stored.user);
        let profile = self.named_profile_of(stored);
        let group = user.and_then(|(_, user)| user.group.as_ref());
        let group = group.and_then(|name| site.user_groups.get_key_value(name));
        let class = profile.map(|(_, profile)| site.class_of(&stored.user, profile));
        let class = class.and_then(|name| site.classes.get_key_value(name));
        let phone = site.phones.get_key_value(&stored.phone);
        let user = user.map(|(id, user)| {
            Said::at(
                Level::User,
                id.as_str(),
                user.limits.as_deref(),
                user.exempt,
            )
        });
        let profile = profile
            .map(|(name, it)| Said::at(Level::Profile, name.as_str(), Some(&it.limits), it.exempt));
        let group = group
            .map(|(name, it)| Said::at(Level::Group, name.as_str(), Some(&it.limits), it.exempt));
        let class = class.map(|(name, it)| {
            let said = Said::at(Level::Class, name.as_str(), Some(&it.limits), it.exempt);
            let hours = it.auto_logout_h.map(|hours| 60 * hours);
            Said {
                total_min: said.total_min.or(hours),
                ..said
            }
        });
        let phone = phone.map(|(name, it)| {
            Said::at(Level::Phone, name.as_str(), it.limits.as_deref(), it.exempt)
        });
        let by_site = Some(Said::by_site(&site.settings));
        let levels = [user, profile, group, class, phone, by_site];
        let policy = policy(levels.into_iter().flatten());
        match stored.total {
            // The shift of such an agent ends when the agent says so (DUR-1).
            TotalLimit::Usual if self.is_traditional_agent(stored) => Policy {
                total: None,
                ..policy
            },
            TotalLimit::Usual => policy,
            TotalLimit::Never => policy.lasting(None),
            TotalLimit::Seconds(seconds) => {
                policy.lasting(Some(Duration::from_secs(seconds.into())))
            }
        }
    }

    fn is_traditional_agent(&self, stored: &StoredSession) -> bool {
        let profile = self.profile_of(stored);
        profile.is_some_and(|profile| profile.agent == Some(AgentKind::Traditional))
    }

    /// The limits of a session but for clock times, which depend on the moment; none if nothing ends it automatically
    /// (EXM-1).
    pub(super) fn limits_of(&self, stored: &StoredSession) -> Option<Limits> {
        let policy = self.policy_of(stored);
        let settings = &self.site.settings;
        policy.exempt.is_none().then(|| Limits {
            idle: policy.idle(),
            total: policy.total(),
            clock_end: None,
            warning: Duration::from_secs(settings.warning_s.into()),
            held_cap: Duration::from_secs(60 * u64::from(settings.held_cap_min)),
        })
    }

    /// The profile of a session, with its name; the user's default if its own is no more.
    fn named_profile_of(&self, stored: &StoredSession) -> Option<(&ProfileName, &UserProfile)> {
        let profiles = &self.site.user_profiles;
        profiles.get_key_value(&stored.profile).or_else(|| {
            let user = self.site.users.get(&stored.user)?;
            profiles.get_key_value(user.profiles.first()?)
        })
    }

    /// The profile of a session; the user's default if its own is no more.
    pub(super) fn profile_of(&self, stored: &StoredSession) -> Option<&UserProfile> {
        self.named_profile_of(stored).map(|(_, profile)| profile)
    }
}

impl<'a> Policy<'a> {
    fn lasting(self, value: Option<Duration>) -> Policy<'a> {
        let by = Source {
            level: Level::Login,
            name: "",
        };
        Policy {
            total: Some(Ruled { value, by }),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn said(level: Level, idle_min: Option<u32>, total_min: Option<u32>) -> Said<'static> {
        Said {
            idle_min,
            total_min,
            ..Said::at(level, "x", None, false)
        }
    }

    /// rules: IDL-4, DUR-1
    #[test]
    fn the_most_specific_level_decides_each_kind_of_limit() {
        use Level::{Class, Group, Phone, Profile, Site, User};
        let all = [User, Profile, Group, Class, Phone, Site];
        // Each level in its turn is the most specific that speaks, and those after it speak, too.
        for (place, level) in all.into_iter().enumerate() {
            let levels = all.into_iter().enumerate().map(|(at, level)| {
                let minutes = (at >= place).then(|| 10 + u32::try_from(at).unwrap_or(0));
                said(level, minutes, minutes.map(|minutes| 2 * minutes))
            });
            let found = policy(levels);
            let minutes = MINUTE * (10 + u32::try_from(place).unwrap_or(0));
            let by = Source { level, name: "x" };
            let ruled = |value| {
                Some(Ruled {
                    value: Some(value),
                    by,
                })
            };
            assert_eq!(
                (found.idle, found.total),
                (ruled(minutes), ruled(2 * minutes))
            );
        }
        let found = policy(all.map(|level| said(level, None, None)));
        assert_eq!(found, Policy::default());
    }

    /// rules: IDL-4, DUR-1
    #[test]
    fn a_level_can_take_a_limit_back_and_kinds_come_from_different_levels() {
        let table = [
            ("nobody takes back", Some(30), None, Some(30), Some(480)),
            ("idle for ever", Some(0), None, None, Some(480)),
            ("logged in for ever", None, Some(0), Some(60), None),
            ("both for ever", Some(0), Some(0), None, None),
            (
                "a longer limit wins, too",
                Some(90),
                Some(600),
                Some(90),
                Some(600),
            ),
        ];
        for (what, idle, total, expected_idle, expected_total) in table {
            let found = policy([
                said(Level::User, idle, total),
                said(Level::Class, Some(60), None),
                said(Level::Site, Some(10), Some(480)),
            ]);
            assert_eq!(
                found.idle(),
                expected_idle.map(|m: u32| MINUTE * m),
                "{what}"
            );
            assert_eq!(
                found.total(),
                expected_total.map(|m: u32| MINUTE * m),
                "{what}"
            );
        }
    }

    /// rules: EXM-1
    #[test]
    fn whoever_is_exempt_at_any_level_is_exempt() {
        let exempt = |level| Said {
            exempt: true,
            ..said(level, None, None)
        };
        for level in [
            Level::User,
            Level::Profile,
            Level::Group,
            Level::Class,
            Level::Phone,
        ] {
            let found = policy([exempt(level), said(Level::Site, Some(10), None)]);
            assert_eq!(found.exempt, Some(Source { level, name: "x" }));
        }
        let found = policy([exempt(Level::Group), exempt(Level::Phone)]);
        assert_eq!(found.exempt.map(|by| by.level), Some(Level::Group));
        assert_eq!(policy([said(Level::Site, Some(10), None)]).exempt, None);
    }
}
