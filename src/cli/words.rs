//! The schema's words as people and scripts read them.

use serde_json::{Value, json};

use super::when::machine;
use crate::control::v1::{
    Cause, Door, Event, EventKind, JobProgress, PastSession, Presence, Problem, job_end,
};

/// The word for a cause; nothing if there is none.
pub fn cause(cause: Cause) -> Option<String> {
    (cause != Cause::Unspecified).then(|| word(cause.as_str_name(), "CAUSE_"))
}

/// The word for a door.
pub fn door(door: Door) -> String {
    word(door.as_str_name(), "DOOR_")
}

/// The word for what happened.
pub fn kind(kind: EventKind) -> String {
    word(kind.as_str_name(), "EVENT_KIND_")
}

fn word(name: &str, prefix: &str) -> String {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    name.to_ascii_lowercase().replace('_', "-")
}

/// A time that has passed.
pub fn span(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// A user at a phone, for scripts.
pub fn presence(presence: &Presence) -> Value {
    json!({
        "user": presence.user,
        "dn": presence.dn,
        "display_name": presence.display_name,
        "phone": presence.phone,
        "door": door(presence.door()),
        "since": machine(presence.since.as_ref()),
        "last_used": machine(presence.last_used.as_ref()),
        "last_used_by": presence.last_used_by,
        "next_logout": machine(presence.next_logout.as_ref()),
        "next_logout_cause": cause(presence.next_logout_cause()),
        "leaving": cause(presence.leaving()),
        "in_call": presence.in_call,
    })
}

/// A session that ended, for scripts.
pub fn past_session(session: &PastSession) -> Value {
    json!({
        "user": session.user,
        "phone": session.phone,
        "opened": machine(session.opened.as_ref()),
        "opened_by": door(session.opened_by()),
        "closed": machine(session.closed.as_ref()),
        "closed_by": door(session.closed_by()),
        "cause": cause(session.cause()),
    })
}

/// Something that happened, for scripts.
pub fn event(event: &Event) -> Value {
    let known = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    json!({
        "number": event.number,
        "at": machine(event.at.as_ref()),
        "event": kind(event.kind()),
        "cause": cause(event.cause()),
        "user": known(&event.user),
        "phone": known(&event.phone),
        "door": door(event.door()),
        "text": event.text,
    })
}

/// Something about a site file, for scripts.
pub fn problem(problem: &Problem) -> Value {
    json!({
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "key": problem.key,
        "what": problem.what,
        "remedy": problem.remedy,
    })
}

/// How a run of a job ended.
pub fn job_outcome(outcome: job_end::Outcome) -> String {
    word(outcome.as_str_name(), "OUTCOME_")
}

/// How far a run of a job is.
pub fn job_progress(progress: &JobProgress) -> String {
    let JobProgress {
        dry_run,
        paused,
        total,
        done,
        left,
        waiting,
        ..
    } = progress;
    let done = match dry_run {
        true => format!("would have logged out {done} of {total}"),
        false => format!("has logged out {done} of {total}"),
    };
    let waiting = match waiting {
        0 => String::new(),
        waiting => format!(", {waiting} wait for calls"),
    };
    let paused = if *paused { " (paused)" } else { "" };
    format!("{done}, {left} to go{waiting}{paused}")
}

/// The same for scripts.
pub fn job_progress_for_scripts(progress: &JobProgress) -> Value {
    json!({
        "name": progress.name,
        "at": machine(progress.at.as_ref()),
        "dry_run": progress.dry_run,
        "paused": progress.paused,
        "total": progress.total,
        "done": progress.done,
        "after_calls": progress.after_calls,
        "left": progress.left,
        "waiting": progress.waiting,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_event_stream() {
        assert_eq!(kind(EventKind::MassLogoutStarted), "mass-logout-started");
        assert_eq!(cause(Cause::Takeover).as_deref(), Some("takeover"));
        assert_eq!(cause(Cause::Unspecified), None);
        assert_eq!(door(Door::Code), "code");
    }
}
