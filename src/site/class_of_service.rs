//! Classes of service: who may do what.

use super::dial_pattern::dial_patterns;
use super::limits::limits;
use super::reader::Section;
use super::{after_hours, trunk};
use crate::pbx::{AgentAnswer, ClassOfService};

/// One class.
pub(super) fn read(s: &mut Section<'_>) -> ClassOfService {
    ClassOfService {
        call_guests: s.flag("call_guests").unwrap_or_default(),
        call_users: s.flag("call_users").unwrap_or_default(),
        calls: trunk::calls(s),
        deny: dial_patterns(s, "deny"),
        allow: dial_patterns(s, "allow"),
        after_hours: after_hours::read(s),
        login: s.flag("login").unwrap_or_default(),
        remote_logout: s.flag("remote_logout").unwrap_or_default(),
        forward: s.flag("forward").unwrap_or_default(),
        do_not_disturb: s.flag("do_not_disturb").unwrap_or_default(),
        barge: s.flag("barge").unwrap_or_default(),
        privacy: s.flag("privacy").unwrap_or_default(),
        agent_answer: agent_answer(s).unwrap_or_default(),
        join_hunt_groups: s.flag("join_hunt_groups").unwrap_or_default(),
        auto_logout_h: s.number("auto_logout_h", 1..=168),
        limits: limits(s),
        exempt: s.flag("exempt").unwrap_or_default(),
    }
}

fn agent_answer(s: &mut Section<'_>) -> Option<AgentAnswer> {
    let words = AgentAnswer::ALL.map(|it| format!("{:?}", it.word()));
    let remedy = format!("Write {}", words.join(" or "));
    s.parsed("agent_answer", &remedy, AgentAnswer::named)
}
