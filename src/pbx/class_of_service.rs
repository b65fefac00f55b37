//! What may be done from a phone, by whoever is there.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::after_hours::AfterHours;
use super::dial_pattern::DialPattern;
use super::policy::LogoutLimits;
use super::route::CallKind;

/// Rights, as a named bundle. Emergency calls need none (SES-10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassOfService {
    /// May call phones that nobody is logged in at.
    pub call_guests: bool,
    /// May call users.
    pub call_users: bool,
    /// Which calls out of the house may be made.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub calls: BTreeSet<CallKind>,
    /// Numbers that may not be called, whatever is said otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<DialPattern>,
    /// Numbers that may be called besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<DialPattern>,
    /// Numbers that may not be called at some times. None: all may be called at all times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_hours: Option<Box<AfterHours>>,
    /// May log in at a phone of this class.
    pub login: bool,
    /// May log others out by code (OUT-5).
    pub remote_logout: bool,
    /// May send the phone's calls on from there: the user's, or the phone's while nobody is logged in.
    pub forward: bool,
    /// May have the phone not disturb anybody.
    pub do_not_disturb: bool,
    /// May come into a talk at another phone of a shared line.
    pub barge: bool,
    /// May keep calls on shared lines private (PRO-6).
    pub privacy: bool,
    /// What becomes of an agent who does not answer a call.
    #[serde(skip_serializing_if = "AgentAnswer::is_usual")]
    pub agent_answer: AgentAnswer,
    /// May join hunt groups that have room for that (HG-4).
    pub join_hunt_groups: bool,
    /// Logged out after so many hours (DUR-1, Mitel's auto logout timer). None: not by class.
    pub auto_logout_h: Option<u32>,
    /// When its users are logged out automatically otherwise.
    #[serde(flatten)]
    pub limits: LogoutLimits,
    /// Never logged out automatically (EXM-1).
    pub exempt: bool,
}

/// What becomes of an agent who does not answer a call of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentAnswer {
    /// As the group says.
    #[default]
    Usual,
    /// The agent is not ready from then on, whatever the group says.
    NotReadyAfterMiss,
}

impl AgentAnswer {
    /// Every one there is.
    pub const ALL: [AgentAnswer; 2] = [AgentAnswer::Usual, AgentAnswer::NotReadyAfterMiss];

    /// Its name in a site file.
    pub fn word(self) -> &'static str {
        match self {
            AgentAnswer::Usual => "usual",
            AgentAnswer::NotReadyAfterMiss => "not-ready-after-miss",
        }
    }

    /// The one of this name.
    pub fn named(word: &str) -> Option<AgentAnswer> {
        AgentAnswer::ALL.into_iter().find(|it| it.word() == word)
    }

    fn is_usual(&self) -> bool {
        *self == AgentAnswer::Usual
    }
}

/// Who has no class may do nothing.
pub(super) static NO_RIGHTS: LazyLock<ClassOfService> = LazyLock::new(ClassOfService::default);

/// What a number is to somebody who dials it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// A phone at which nobody is logged in.
    Guest,
    /// A user.
    User,
    /// Somebody outside.
    Outside(CallKind),
    /// Somebody at another exchange, which decides itself who may.
    Elsewhere,
}

impl ClassOfService {
    /// How many patterns each of its lists may have.
    pub const PATTERNS: usize = 100;

    /// Whether a number may be called, as it was dialled and as it is here: not if it is denied; if it is allowed; or if
    /// numbers of its kind are.
    pub(super) fn may_call(&self, numbers: [&str; 2], called: Called) -> bool {
        let fits_any = |pattern: &DialPattern| numbers.iter().any(|it| pattern.fits(it));
        let fits = |patterns: &[DialPattern]| patterns.iter().any(fits_any);
        !fits(&self.deny) && (fits(&self.allow) || self.may_call_kind(called))
    }

    fn may_call_kind(&self, called: Called) -> bool {
        match called {
            Called::Guest => self.call_guests,
            // Colleagues at another server are users, too.
            Called::User | Called::Outside(CallKind::Internal) if self.call_users => true,
            Called::User => false,
            Called::Outside(kind) => self.calls.contains(&kind),
            Called::Elsewhere => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<DialPattern> {
        let parse = |text: &&str| DialPattern::parse(text).expect("a pattern");
        texts.iter().map(parse).collect()
    }

    #[test]
    fn a_number_is_denied_then_allowed_then_of_a_kind() {
        let outside = Called::Outside;
        let clerk = ClassOfService {
            call_users: true,
            calls: [CallKind::Local, CallKind::National].into(),
            deny: patterns(&["0900!", "29XX"]),
            allow: patterns(&["00352!", "9001", "0900111"]),
            ..ClassOfService::default()
        };
        let table = [
            ("a user", "2001", Called::User, true),
            ("a user who is denied", "2901", Called::User, false),
            ("a guest", "9002", Called::Guest, false),
            ("a guest who is allowed", "9001", Called::Guest, true),
            ("local", "5551234", outside(CallKind::Local), true),
            ("national", "0201234", outside(CallKind::National), true),
            (
                "dear, and denied",
                "0900222",
                outside(CallKind::National),
                false,
            ),
            (
                "denied wins over allowed",
                "0900111",
                outside(CallKind::National),
                false,
            ),
            (
                "international",
                "0049301",
                outside(CallKind::International),
                false,
            ),
            (
                "one country is allowed",
                "0035212",
                outside(CallKind::International),
                true,
            ),
            ("service", "118", outside(CallKind::Service), false),
            (
                "a colleague elsewhere is a user",
                "7001",
                outside(CallKind::Internal),
                true,
            ),
            (
                "the other exchange decides",
                "3001",
                Called::Elsewhere,
                true,
            ),
            ("but for what is denied", "2999", Called::Elsewhere, false),
        ];
        for (what, number, called, expected) in table {
            assert_eq!(clerk.may_call([number; 2], called), expected, "{what}");
        }
        assert!(
            !clerk.may_call(["5552901", "2901"], Called::User),
            "by another number"
        );
        let nobody = ClassOfService::default();
        for called in [Called::Guest, Called::User, outside(CallKind::Internal)] {
            assert!(!nobody.may_call(["2001"; 2], called), "{called:?}");
        }
    }
}
