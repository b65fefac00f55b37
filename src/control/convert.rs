//! The core's words in the schema's words.

use std::time::Duration;

use prost_types::Timestamp;

use super::v1;
use crate::pbx::{self, Closed, Explanation, LockedOut, StoredSession, What};
use crate::shell::events::Numbered;
use crate::time::Utc;

/// A moment.
pub fn timestamp(at: Utc) -> Timestamp {
    Timestamp {
        seconds: at.0.div_euclid(1000),
        nanos: i32::try_from(at.0.rem_euclid(1000)).expect("a remainder by 1000 is small")
            * 1_000_000,
    }
}

/// A moment that a caller said.
pub fn moment(at: Timestamp) -> Utc {
    let millis = i64::from(at.nanos / 1_000_000);
    Utc(at.seconds.saturating_mul(1000).saturating_add(millis))
}

/// A number of things.
pub fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A trunk.
pub fn trunk(trunk: pbx::TrunkStatus) -> v1::Trunk {
    use v1::trunk::State;
    let (state, why) = match trunk.is {
        None => (State::Unspecified, String::new()),
        Some(pbx::TrunkIs::Up) => (State::Up, String::new()),
        Some(pbx::TrunkIs::Down(why)) => (State::Down, why),
        Some(pbx::TrunkIs::Resting(why)) => (State::Resting, why),
    };
    v1::Trunk {
        name: trunk.name.to_string(),
        state: state.into(),
        why,
        since: trunk.since.map(timestamp),
        calls: count(trunk.calls),
        max_calls: trunk.max_calls.unwrap_or(0).into(),
        calls_out: trunk.calls_out,
        calls_in: trunk.calls_in,
        failovers: trunk.failovers,
    }
}

/// A job.
pub fn job(job: pbx::JobStatus) -> v1::Job {
    v1::Job {
        name: job.name.to_string(),
        when: job.when,
        whom: job.whom,
        dry_run: job.dry_run,
        next: job.next.map(timestamp),
        running: job.running.map(job_progress),
        last: job.last.map(job_end),
    }
}

/// How far a run of a job is.
pub fn job_progress(progress: pbx::JobProgress) -> v1::JobProgress {
    let run = progress.run;
    v1::JobProgress {
        name: progress.name.to_string(),
        at: Some(timestamp(run.at)),
        dry_run: run.dry_run,
        paused: run.paused,
        total: run.total.into(),
        done: run.done.into(),
        after_calls: run.after_calls.into(),
        left: count(progress.left),
        waiting: count(progress.waiting),
    }
}

fn job_end(end: pbx::JobEnd) -> v1::JobEnd {
    use v1::job_end::Outcome;
    let outcome = match end.outcome {
        pbx::JobOutcome::Done => Outcome::Done,
        pbx::JobOutcome::Cancelled => Outcome::Cancelled,
        pbx::JobOutcome::Skipped => Outcome::Skipped,
    };
    v1::JobEnd {
        at: Some(timestamp(end.run.at)),
        ended: Some(timestamp(end.ended)),
        outcome: outcome.into(),
        dry_run: end.run.dry_run,
        total: end.run.total.into(),
        done: end.run.done.into(),
        after_calls: end.run.after_calls.into(),
    }
}

/// Somebody who is logged in.
pub fn presence(presence: pbx::Presence) -> v1::Presence {
    let (last_used, signal) = presence.last_used;
    let (next_logout, next_cause) = presence.next_logout.unzip();
    v1::Presence {
        user: presence.user.to_string(),
        dn: presence.dn.to_string(),
        display_name: presence.display_name,
        phone: presence.phone.to_string(),
        door: door(presence.door).into(),
        since: Some(timestamp(presence.since)),
        last_used: Some(timestamp(last_used)),
        last_used_by: signal.words().to_owned(),
        next_logout: next_logout.map(timestamp),
        next_logout_cause: cause(next_cause).into(),
        leaving: cause(presence.leaving).into(),
        in_call: presence.in_call,
    }
}

/// What is known about a phone or user.
pub fn explanation(explanation: Explanation) -> v1::ExplainResponse {
    v1::ExplainResponse {
        subject: explanation.subject,
        present: explanation.present.into_iter().map(presence).collect(),
        last: explanation.last.map(past_session),
        sentences: explanation.sentences,
    }
}

fn past_session((opened, closed): (StoredSession, Closed)) -> v1::PastSession {
    v1::PastSession {
        user: opened.user.to_string(),
        phone: opened.phone.to_string(),
        opened: Some(timestamp(opened.opened)),
        opened_by: door(opened.door).into(),
        closed: Some(timestamp(closed.at)),
        closed_by: door(closed.door).into(),
        cause: cause(Some(closed.cause)).into(),
    }
}

/// A user who failed to log in lately.
pub fn lock(lock: pbx::Lock) -> v1::Lock {
    v1::Lock {
        user: lock.user.to_string(),
        failures: lock.failures,
        until: lock.until.map(timestamp),
    }
}

/// Those who wait in a hunt group; none if nobody does.
pub fn hunt_queue(status: &pbx::HuntStatus) -> Option<v1::HuntQueue> {
    let longest_wait_ms = millis(status.longest_wait?);
    Some(v1::HuntQueue {
        group: status.group.to_string(),
        waiting: count(status.waiting),
        longest_wait_ms,
        ready: count(status.ready()),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A hunt group, as it stands now.
pub fn hunt_group(status: pbx::HuntStatus) -> v1::HuntGroup {
    let members = status.members.into_iter().map(|it| v1::HuntMember {
        dn: it.dn.to_string(),
        joined: it.has_joined,
        user: it.user.map_or_else(String::new, |user| user.to_string()),
        phone: it.phone.map_or_else(String::new, |phone| phone.to_string()),
        ready: it.is_ready,
        why: it.why.map_or_else(String::new, |(why, _)| why.to_owned()),
        since: it.why.map(|(_, since)| timestamp(since)),
    });
    v1::HuntGroup {
        name: status.group.to_string(),
        pilots: status.pilots.iter().map(ToString::to_string).collect(),
        kind: status.kind.word().to_owned(),
        waiting: count(status.waiting),
        members: members.collect(),
        longest_wait_ms: status.longest_wait.map_or(0, millis),
    }
}

/// What happened in a hunt group in an hour.
pub fn hunt_hour(it: pbx::HuntHour) -> v1::HuntHour {
    let average_wait_ms = it.counts.average_wait_ms();
    let counts = it.counts;
    v1::HuntHour {
        hour: Some(timestamp(it.hour)),
        group: it.group.to_string(),
        member: it.agent.map_or_else(String::new, |dn| dn.to_string()),
        calls: counts.calls,
        offered: counts.offered,
        answered: counts.answered,
        missed: counts.missed,
        abandoned: counts.abandoned,
        queued: counts.queued,
        passed_on: counts.passed_on,
        picked_up: counts.picked_up,
        average_wait_ms,
        longest_wait_ms: counts.longest_wait_ms,
        talked_ms: counts.talked_ms,
        ready_ms: counts.ready_ms,
    }
}

/// A source that guessed a phone's password too often.
pub fn locked_out(locked: LockedOut) -> v1::LockedOut {
    v1::LockedOut {
        phone: locked.phone.to_string(),
        source: locked.source,
        until: Some(timestamp(locked.until)),
    }
}

/// Something that happened.
pub fn event(event: &Numbered) -> v1::Event {
    let record = &event.record;
    let name = |name: &str| name.to_owned();
    v1::Event {
        number: event.number,
        at: Some(timestamp(record.at)),
        kind: kind(record.what).into(),
        cause: cause(record.what.cause()).into(),
        user: record
            .user
            .as_ref()
            .map(|user| name(user.as_str()))
            .unwrap_or_default(),
        phone: record
            .phone
            .as_ref()
            .map(|phone| name(phone.as_str()))
            .unwrap_or_default(),
        door: door(record.door).into(),
        text: record.text.clone(),
    }
}

fn door(door: pbx::Door) -> v1::Door {
    match door {
        pbx::Door::Code => v1::Door::Code,
        pbx::Door::Softkey => v1::Door::Softkey,
        pbx::Door::Control => v1::Door::Control,
        pbx::Door::Timer => v1::Door::Timer,
        pbx::Door::Registration => v1::Door::Registration,
        pbx::Door::Page => v1::Door::Page,
        pbx::Door::Api => v1::Door::Api,
    }
}

fn cause(cause: Option<pbx::Cause>) -> v1::Cause {
    match cause {
        None => v1::Cause::Unspecified,
        Some(pbx::Cause::User) => v1::Cause::User,
        Some(pbx::Cause::Takeover) => v1::Cause::Takeover,
        Some(pbx::Cause::Moved) => v1::Cause::Moved,
        Some(pbx::Cause::Remote) => v1::Cause::Remote,
        Some(pbx::Cause::Admin) => v1::Cause::Admin,
        Some(pbx::Cause::Idle) => v1::Cause::Idle,
        Some(pbx::Cause::Duration) => v1::Cause::Duration,
        Some(pbx::Cause::Schedule) => v1::Cause::Schedule,
        Some(pbx::Cause::Unregistered) => v1::Cause::Unregistered,
        Some(pbx::Cause::Api) => v1::Cause::Api,
        Some(pbx::Cause::Missed) => v1::Cause::Missed,
        Some(pbx::Cause::Firmware) => v1::Cause::Firmware,
    }
}

fn kind(what: What) -> v1::EventKind {
    match what {
        What::LoggedIn => v1::EventKind::LoggedIn,
        What::LoggedOut(_) => v1::EventKind::LoggedOut,
        What::LogoutDeferred(_) => v1::EventKind::LogoutDeferred,
        What::LoginDeferred => v1::EventKind::LoginDeferred,
        What::LoginRefused => v1::EventKind::LoginRefused,
        What::LogoutRefused => v1::EventKind::LogoutRefused,
        What::Locked => v1::EventKind::Locked,
        What::LockedOut => v1::EventKind::LockedOut,
        What::Unlocked => v1::EventKind::Unlocked,
        What::Warned(_) => v1::EventKind::Warned,
        What::Stayed => v1::EventKind::Stayed,
        What::EmergencyCalled => v1::EventKind::EmergencyCalled,
        What::ForwardingSet => v1::EventKind::ForwardingSet,
        What::PinChosen => v1::EventKind::PinChosen,
        What::SpeedDialsChanged => v1::EventKind::SpeedDialsChanged,
        What::CallsForgotten => v1::EventKind::CallsForgotten,
        What::LoggedOutElsewhere => v1::EventKind::LoggedOutElsewhere,
        What::CallsNotForgotten => v1::EventKind::CallsNotForgotten,
        What::UpstreamFailed => v1::EventKind::UpstreamFailed,
        What::UpstreamRegistered => v1::EventKind::UpstreamRegistered,
        What::AgentReady => v1::EventKind::AgentReady,
        What::AgentNotReady => v1::EventKind::AgentNotReady,
        What::HuntJoined => v1::EventKind::HuntJoined,
        What::HuntLeft => v1::EventKind::HuntLeft,
        What::MassLogoutStarted => v1::EventKind::MassLogoutStarted,
        What::MassLogoutEnded => v1::EventKind::MassLogoutEnded,
        What::MassLogoutPaused => v1::EventKind::MassLogoutPaused,
        What::MassLogoutResumed => v1::EventKind::MassLogoutResumed,
        What::MassLogoutCancelled => v1::EventKind::MassLogoutCancelled,
        What::JobMissed => v1::EventKind::JobMissed,
        What::WouldLogOut => v1::EventKind::WouldLogOut,
        What::BlockingLifted => v1::EventKind::BlockingLifted,
        What::LiftRefused => v1::EventKind::LiftRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_back() {
        for at in [0, 1_500, -1, 1_750_000_000_123] {
            assert_eq!(moment(timestamp(Utc(at))), Utc(at));
        }
    }

    #[test]
    fn moments_before_1970_keep_their_fraction_positive() {
        let at = |seconds, nanos| Timestamp { seconds, nanos };
        assert_eq!(timestamp(Utc(1_500)), at(1, 500_000_000));
        assert_eq!(timestamp(Utc(-1)), at(-1, 999_000_000));
    }
}
