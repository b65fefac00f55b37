//! Hunt groups: how they stand, who is ready, and what was counted.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use prost_types::Timestamp as Wire;
use serde_json::json;

use super::client::Client;
use super::table::table;
use super::when::{Local, machine};
use super::{Failure, output, words};
use crate::control::v1::{
    HuntGroup, HuntHour, HuntMember, HuntRequest, HuntStatisticsRequest, SetReadyRequest,
};

/// Show hunt groups and who is ready in them, or say who is, or what was counted.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Hunt {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, Subcommand)]
enum What {
    Ready(Ready),
    NotReady(NotReady),
    Statistics(Statistics),
}

/// Let hunt calls ring at a member.
#[derive(Debug, Args)]
struct Ready {
    /// The member's number
    dn: String,
    #[command(flatten)]
    client: Client,
}

/// Let hunt calls pass a member by.
#[derive(Debug, Args)]
struct NotReady {
    /// The member's number
    dn: String,
    #[command(flatten)]
    client: Client,
}

/// Print what happened in each hour as CSV: a line for each group and for each of its members.
#[derive(Debug, Args)]
struct Statistics {
    /// From then, as in 2026-05-05T09:00:00Z; else from the beginning
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// To before then; else to now
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Of this group alone
    #[arg(long)]
    group: Option<String>,
    #[command(flatten)]
    client: Client,
}

impl Hunt {
    /// Does what is asked.
    pub fn run(self) -> Result<(), Failure> {
        match self.what {
            None => list(&self.client),
            Some(What::Ready(it)) => set_ready(&it.client, it.dn, true),
            Some(What::NotReady(it)) => set_ready(&it.client, it.dn, false),
            Some(What::Statistics(it)) => it.run(),
        }
    }
}

fn list(client: &Client) -> Result<(), Failure> {
    let answer = client.ask(async |client| client.hunt(HuntRequest {}).await)?;
    if client.json {
        let groups: Vec<_> = answer.groups.iter().map(group_words).collect();
        output::result(&json!(groups).to_string());
    } else if answer.groups.is_empty() {
        output::result("there are no hunt groups");
    } else {
        output::result(&groups(&answer.groups, &Local::here()));
    }
    Ok(())
}

fn groups(groups: &[HuntGroup], local: &Local) -> String {
    let row = |group: &HuntGroup, member: Option<&HuntMember>| {
        let state = member.map(|member| match (member.ready, member.phone.is_empty()) {
            (_, true) => "nowhere".to_owned(),
            (true, false) => "ready".to_owned(),
            (false, false) if member.why.is_empty() => "not ready".to_owned(),
            (false, false) => {
                let since = local.short(member.since.as_ref());
                format!("not ready since {since}: {}", member.why)
            }
        });
        let shown = |field: fn(&HuntMember) -> &String| {
            member.map_or("-".to_owned(), |it| match field(it) {
                text if text.is_empty() => "-".to_owned(),
                text => text.clone(),
            })
        };
        let by = member.map(|it| if it.joined { "joined" } else { "list" });
        vec![
            group.name.clone(),
            group.pilots.join(", "),
            waiting(group),
            shown(|it| &it.dn),
            by.unwrap_or("-").to_owned(),
            shown(|it| &it.user),
            shown(|it| &it.phone),
            state.unwrap_or_else(|| "nobody is in it".to_owned()),
        ]
    };
    let rows = groups
        .iter()
        .flat_map(|group| match group.members.is_empty() {
            true => vec![row(group, None)],
            false => group
                .members
                .iter()
                .map(|it| row(group, Some(it)))
                .collect(),
        });
    let rows: Vec<_> = rows.collect();
    let headings = [
        "GROUP", "PILOTS", "WAITING", "MEMBER", "BY", "USER", "PHONE", "STATE",
    ];
    table(&headings, &rows)
}

/// How many wait, and the first of them for how long.
fn waiting(group: &HuntGroup) -> String {
    match group.waiting {
        0 => "0".to_owned(),
        count => {
            let longest = words::span(group.longest_wait_ms / 1000);
            format!("{count}, up to {longest}")
        }
    }
}

fn group_words(group: &HuntGroup) -> serde_json::Value {
    let members = group.members.iter().map(|it| {
        json!({
            "dn": it.dn,
            "joined": it.joined,
            "user": it.user,
            "phone": it.phone,
            "ready": it.ready,
            "why": it.why,
            "since": machine(it.since.as_ref()),
        })
    });
    json!({
        "group": group.name,
        "pilots": group.pilots,
        "kind": group.kind,
        "waiting": group.waiting,
        "longest_wait_ms": group.longest_wait_ms,
        "members": members.collect::<Vec<_>>(),
    })
}

fn set_ready(client: &Client, dn: String, ready: bool) -> Result<(), Failure> {
    let request = SetReadyRequest { dn, ready };
    let answer = client.ask(async |client| client.set_ready(request).await)?;
    let text = match client.json {
        true => json!({ "text": answer.text }).to_string(),
        false => answer.text,
    };
    output::result(&text);
    Ok(())
}

impl Statistics {
    fn run(self) -> Result<(), Failure> {
        let wire = |at: Timestamp| Wire {
            seconds: at.as_second(),
            nanos: at.subsec_nanosecond(),
        };
        let mut request = HuntStatisticsRequest {
            from: self.from.map(wire),
            to: self.to.map(wire),
            group: self.group.unwrap_or_default(),
        };
        output::result(HEADING);
        loop {
            let asked = request.clone();
            let answer = self
                .client
                .ask(async |client| client.hunt_statistics(asked).await)?;
            let lines: Vec<String> = answer.hours.iter().map(line).collect();
            if !lines.is_empty() && !output::result(&lines.join("\n")) {
                return Ok(());
            }
            match answer.next {
                Some(next) => request.from = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// What stands in the columns. Times are in seconds.
const HEADING: &str = "hour,group,member,calls,offered,answered,missed,abandoned,queued,passed_on,picked_up,\
    average_wait_s,longest_wait_s,talk_s,ready_s";

/// An hour of a group (without a member), or of a member.
fn line(it: &HuntHour) -> String {
    let seconds = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let counts = [
        it.calls,
        it.offered,
        it.answered,
        it.missed,
        it.abandoned,
        it.queued,
        it.passed_on,
        it.picked_up,
    ];
    let times = [
        it.average_wait_ms,
        it.longest_wait_ms,
        it.talked_ms,
        it.ready_ms,
    ];
    let fields = [
        machine(it.hour.as_ref()).unwrap_or_default(),
        quoted(&it.group),
        quoted(&it.member),
        counts.map(|count| count.to_string()).join(","),
        times.map(seconds).join(","),
    ];
    fields.join(",")
}

/// A field of a CSV line (RFC 4180 §2).
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: HG-5
    #[test]
    fn every_hour_is_a_line() {
        let hour = HuntHour {
            hour: Some(Wire {
                seconds: 1_750_000_000,
                nanos: 0,
            }),
            group: "sales, west".to_owned(),
            member: "1001".to_owned(),
            offered: 3,
            answered: 2,
            missed: 1,
            average_wait_ms: 1500,
            longest_wait_ms: 2000,
            talked_ms: 60_005,
            ..HuntHour::default()
        };
        assert_eq!(
            line(&hour),
            "2025-06-15T15:06:40Z,\"sales, west\",1001,0,3,2,1,0,0,0,0,1.500,2.000,60.005,0.000"
        );
        assert_eq!(HEADING.split(',').count(), 15);
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
