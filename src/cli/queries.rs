//! Commands that ask and change nothing.

use clap::Args;
use serde_json::json;

use super::client::Client;
use super::table::table;
use super::when::{Local, machine};
use super::{Failure, output, words};
use crate::control::v1::trunk::State;
use crate::control::v1::{
    Door, ExplainRequest, HuntQueue, LocksRequest, Presence, StatusRequest, StatusResponse, Trunk,
    WhoRequest,
};

/// Show who is logged in, and where.
#[derive(Debug, Args)]
pub struct Who {
    #[command(flatten)]
    client: Client,
}

impl Who {
    /// Shows who is logged in.
    pub fn run(self) -> Result<(), Failure> {
        let answer = self
            .client
            .ask(async |client| client.who(WhoRequest {}).await)?;
        if self.client.json {
            let present: Vec<_> = answer.present.iter().map(words::presence).collect();
            output::result(&json!(present).to_string());
        } else if answer.present.is_empty() {
            output::result("nobody is logged in");
        } else {
            output::result(&who(&answer.present, &Local::here()));
        }
        Ok(())
    }
}

fn who(present: &[Presence], local: &Local) -> String {
    let row = |p: &Presence| {
        let used = match p.in_call {
            true => "in a call".to_owned(),
            false => local.short(p.last_used.as_ref()),
        };
        let next = match (
            words::cause(p.leaving()),
            words::cause(p.next_logout_cause()),
        ) {
            (Some(cause), _) => format!("when idle ({cause})"),
            (None, Some(cause)) => format!("{} ({cause})", local.short(p.next_logout.as_ref())),
            (None, None) => "-".to_owned(),
        };
        vec![
            p.user.clone(),
            p.display_name.clone(),
            p.dn.clone(),
            match p.door() {
                Door::Registration => format!("{} (softphone)", p.phone),
                _ => p.phone.clone(),
            },
            local.short(p.since.as_ref()),
            used,
            next,
        ]
    };
    let rows: Vec<_> = present.iter().map(row).collect();
    let headings = [
        "USER",
        "NAME",
        "DN",
        "PHONE",
        "SINCE",
        "USED",
        "NEXT LOGOUT",
    ];
    table(&headings, &rows)
}

/// Tell what is known about a phone or user, and why the last and next logout.
#[derive(Debug, Args)]
pub struct Explain {
    /// A phone's name, a user id or a DN
    #[arg(value_name = "PHONE-OR-USER")]
    subject: String,
    #[command(flatten)]
    client: Client,
}

impl Explain {
    /// Tells what is known about a phone or user.
    pub fn run(self) -> Result<(), Failure> {
        let request = ExplainRequest {
            subject: self.subject,
        };
        let answer = self
            .client
            .ask(async |client| client.explain(request).await)?;
        if self.client.json {
            let present: Vec<_> = answer.present.iter().map(words::presence).collect();
            let value = json!({
                "subject": answer.subject,
                "present": present,
                "last": answer.last.as_ref().map(words::past_session),
                "sentences": answer.sentences,
            });
            output::result(&value.to_string());
        } else {
            output::result(&answer.sentences.join("\n"));
        }
        Ok(())
    }
}

/// Show users that are locked or failed to log in lately, and sources that guessed a phone's password.
#[derive(Debug, Args)]
pub struct Locks {
    #[command(flatten)]
    client: Client,
}

impl Locks {
    /// Shows who is locked.
    pub fn run(self) -> Result<(), Failure> {
        let answer = self
            .client
            .ask(async |client| client.locks(LocksRequest {}).await)?;
        let locks = answer.locks.iter();
        if self.client.json {
            let value = locks.map(|lock| {
                json!({
                    "user": lock.user,
                    "failures": lock.failures,
                    "until": machine(lock.until.as_ref()),
                })
            });
            let sources = answer.locked_out.iter().map(|locked| {
                json!({
                    "phone": locked.phone,
                    "source": locked.source,
                    "until": machine(locked.until.as_ref()),
                })
            });
            let value: Vec<_> = value.chain(sources).collect();
            output::result(&json!(value).to_string());
            return Ok(());
        }
        if answer.locks.is_empty() && answer.locked_out.is_empty() {
            output::result("nobody is locked");
        }
        if !answer.locks.is_empty() {
            let local = Local::here();
            let row = locks.map(|lock| {
                let until = local.short(lock.until.as_ref());
                vec![lock.user.clone(), lock.failures.to_string(), until]
            });
            let rows: Vec<_> = row.collect();
            output::result(&table(&["USER", "FAILURES", "LOCKED UNTIL"], &rows));
        }
        if !answer.locked_out.is_empty() {
            let local = Local::here();
            let row = answer.locked_out.iter().map(|locked| {
                let until = local.short(locked.until.as_ref());
                vec![locked.phone.clone(), locked.source.clone(), until]
            });
            let rows: Vec<_> = row.collect();
            output::result(&table(&["PHONE", "LOCKED OUT", "UNTIL"], &rows));
        }
        Ok(())
    }
}

/// Show how the server is.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    client: Client,
}

impl Status {
    /// Shows how the server is.
    pub fn run(self) -> Result<(), Failure> {
        let answer = self
            .client
            .ask(async |client| client.status(StatusRequest {}).await)?;
        let text = match self.client.json {
            true => status_for_scripts(&answer),
            false => status(&answer, &Local::here()),
        };
        output::result(&text);
        Ok(())
    }
}

fn status(answer: &StatusResponse, local: &Local) -> String {
    let site = match answer.site.as_str() {
        "" => "none yet; run: perch apply FILE".to_owned(),
        name => format!("{name}, revision {}", answer.revision),
    };
    let ready = match answer.ready {
        true => "yes".to_owned(),
        false => format!("no: {}", answer.not_ready_reasons.join("; ")),
    };
    let phones = format!("{}, {} registered", answer.phones, answer.phones_registered);
    let softphones = format!(
        "{}, {} registered",
        answer.softphones, answer.softphones_registered
    );
    let certificate = match answer.certificate_days {
        ..0 => "good no more; see [tls] in perch.toml".to_owned(),
        days => format!("good for {days} days"),
    };
    let users = format!("{}, {} logged in", answer.users, answer.sessions);
    let since = local.short(answer.started.as_ref());
    let mut rows = vec![
        ("ready", ready),
        ("site", site),
        ("phones", phones),
        ("softphones", softphones),
        ("users", users),
        ("calls", answer.calls.to_string()),
        ("certificate", certificate),
        (
            "version",
            format!("{}, running since {since}", answer.version),
        ),
    ];
    if answer.upstream_users > 0 {
        let (users, registered) = (answer.upstream_users, answer.upstream_registered);
        let there = format!("{users} users, {registered} registered");
        rows.push(("exchange", there));
    }
    let trunks: Vec<String> = answer.trunks.iter().map(|it| trunk(it, local)).collect();
    rows.extend(trunks.into_iter().map(|trunk| ("trunk", trunk)));
    let waiting = answer.hunt_queues.iter().map(hunt_queue);
    rows.extend(waiting.map(|queue| ("hunt group", queue)));
    let running = answer.jobs_running.iter();
    rows.extend(running.map(|it| ("job", format!("{} {}", it.name, words::job_progress(it)))));
    if answer.logouts_queued > 0 {
        rows.push(("logouts waiting", answer.logouts_queued.to_string()));
    }
    if answer.commits_outstanding > 0 {
        rows.push(("commits waiting", answer.commits_outstanding.to_string()));
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name:<16}{value}"))
        .collect();
    lines.join("\n")
}

fn hunt_queue(queue: &HuntQueue) -> String {
    let HuntQueue {
        group,
        waiting,
        longest_wait_ms,
        ready,
    } = queue;
    let longest = words::span(*longest_wait_ms / 1000);
    format!("{group}, calls waiting: {waiting}, the longest for {longest}; ready: {ready}")
}

fn hunt_queue_for_scripts(queue: &HuntQueue) -> serde_json::Value {
    json!({
        "group": queue.group,
        "waiting": queue.waiting,
        "longest_wait_ms": queue.longest_wait_ms,
        "ready": queue.ready,
    })
}

fn trunk(trunk: &Trunk, local: &Local) -> String {
    let since = local.short(trunk.since.as_ref());
    let state = match trunk.state() {
        State::Unspecified => "nothing known yet".to_owned(),
        State::Up => format!("up since {since}"),
        State::Down => format!("down since {since}: {}", trunk.why),
        State::Resting => format!("left alone since {since}: {}", trunk.why),
    };
    let calls = match trunk.max_calls {
        0 => trunk.calls.to_string(),
        most => format!("{} of {most}", trunk.calls),
    };
    format!(
        "{}, {state}; calls: {calls} now, {} out, {} in, {} passed on",
        trunk.name, trunk.calls_out, trunk.calls_in, trunk.failovers
    )
}

fn trunk_for_scripts(trunk: &Trunk) -> serde_json::Value {
    let state = match trunk.state() {
        State::Unspecified => "unknown",
        State::Up => "up",
        State::Down => "down",
        State::Resting => "resting",
    };
    json!({
        "name": trunk.name,
        "state": state,
        "why": trunk.why,
        "since": machine(trunk.since.as_ref()),
        "calls": trunk.calls,
        "max_calls": trunk.max_calls,
        "calls_out": trunk.calls_out,
        "calls_in": trunk.calls_in,
        "failovers": trunk.failovers,
    })
}

fn status_for_scripts(answer: &StatusResponse) -> String {
    json!({
        "version": answer.version,
        "started": machine(answer.started.as_ref()),
        "site": answer.site,
        "revision": answer.revision,
        "ready": answer.ready,
        "not_ready_reasons": answer.not_ready_reasons,
        "phones": answer.phones,
        "phones_registered": answer.phones_registered,
        "softphones": answer.softphones,
        "softphones_registered": answer.softphones_registered,
        "users": answer.users,
        "sessions": answer.sessions,
        "calls": answer.calls,
        "logouts_queued": answer.logouts_queued,
        "upstream_users": answer.upstream_users,
        "upstream_registered": answer.upstream_registered,
        "commits_outstanding": answer.commits_outstanding,
        "certificate_days": answer.certificate_days,
        "jobs_running": answer.jobs_running.iter().map(words::job_progress_for_scripts).collect::<Vec<_>>(),
        "hunt_queues": answer.hunt_queues.iter().map(hunt_queue_for_scripts).collect::<Vec<_>>(),
        "trunks": answer.trunks.iter().map(trunk_for_scripts).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Exit with 0 if the server is ready, with 1 if it is not.
#[derive(Debug, Args)]
pub struct Healthcheck {
    #[command(flatten)]
    client: Client,
}

impl Healthcheck {
    /// Fails unless the server is ready. A server that is busy but well is not to be taken for a sick one, so the
    /// exchange is asked nothing.
    pub fn run(self) -> Result<(), Failure> {
        if !self.client.is_serving()? {
            return Err(self.reasons().into());
        }
        output::result(if self.client.json {
            "{\"ready\":true}"
        } else {
            "ready"
        });
        Ok(())
    }

    fn reasons(&self) -> String {
        let answer = self
            .client
            .ask(async |client| client.status(StatusRequest {}).await);
        match answer {
            Ok(answer) => format!("not ready: {}", answer.not_ready_reasons.join("; ")),
            Err(_) => "not ready".to_owned(),
        }
    }
}
