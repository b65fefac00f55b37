//! `perch jobs`: what happens by the clock.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::Client;
use super::table::table;
use super::when::{Local, machine};
use super::{Failure, output, words};
use crate::control::v1::{
    CancelJobRequest, Job, JobEnd, JobsRequest, PauseJobRequest, ResumeJobRequest, RunJobRequest,
};

/// Show what happens by the clock, how far it is, and how it went; run, pause, resume or cancel it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Jobs {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Run),
    /// Have a job that runs wait, through a restart of the server, too
    Pause(Named),
    /// Have a job that waits go on
    Resume(Named),
    /// Stop a job that runs; whoever it has not logged out stays
    Cancel(Named),
}

/// Run a job now, whatever the clock says
#[derive(Debug, Args)]
struct Run {
    /// Only write into the log whom it would log out
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, Args)]
struct Named {
    /// The job's name; logout_times is the site's own
    name: String,
    #[command(flatten)]
    client: Client,
}

impl Jobs {
    /// Shows the jobs, or does something to one.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            None => list(&self.client),
            Some(Command::Run(Run { dry_run, named })) => {
                let Named { name, client } = named;
                let request = RunJobRequest { name, dry_run };
                let answer = client.ask(async |client| client.run_job(request).await)?;
                done(&client, &answer.text);
                Ok(())
            }
            Some(Command::Pause(Named { name, client })) => {
                let request = PauseJobRequest { name };
                let answer = client.ask(async |client| client.pause_job(request).await)?;
                done(&client, &answer.text);
                Ok(())
            }
            Some(Command::Resume(Named { name, client })) => {
                let request = ResumeJobRequest { name };
                let answer = client.ask(async |client| client.resume_job(request).await)?;
                done(&client, &answer.text);
                Ok(())
            }
            Some(Command::Cancel(Named { name, client })) => {
                let request = CancelJobRequest { name };
                let answer = client.ask(async |client| client.cancel_job(request).await)?;
                done(&client, &answer.text);
                Ok(())
            }
        }
    }
}

fn done(client: &Client, text: &str) {
    let text = match client.json {
        true => json!({ "text": text }).to_string(),
        false => text.to_owned(),
    };
    output::result(&text);
}

fn list(client: &Client) -> Result<(), Failure> {
    let answer = client.ask(async |client| client.jobs(JobsRequest {}).await)?;
    if client.json {
        let jobs: Vec<Value> = answer.jobs.iter().map(for_scripts).collect();
        output::result(&json!(jobs).to_string());
    } else if answer.jobs.is_empty() {
        output::result("the site has no jobs and no logout times");
    } else {
        output::result(&jobs(&answer.jobs, &Local::here()));
    }
    Ok(())
}

fn jobs(jobs: &[Job], local: &Local) -> String {
    let row = |job: &Job| {
        let next = match job.dry_run {
            true => format!("{} (dry run)", local.short(job.next.as_ref())),
            false => local.short(job.next.as_ref()),
        };
        let last = job.last.as_ref();
        vec![
            job.name.clone(),
            job.when.clone(),
            job.whom.clone(),
            next,
            local.short(last.and_then(|last| last.at.as_ref())),
            match (&job.running, last) {
                (Some(running), _) => words::job_progress(running),
                (None, Some(last)) => outcome(last),
                (None, None) => "-".to_owned(),
            },
        ]
    };
    let rows: Vec<_> = jobs.iter().map(row).collect();
    let headings = ["JOB", "WHEN", "FOR", "NEXT", "LAST", "HOW IT WENT"];
    table(&headings, &rows)
}

fn outcome(end: &JobEnd) -> String {
    let word = words::job_outcome(end.outcome());
    let JobEnd {
        total,
        done,
        after_calls,
        dry_run,
        ..
    } = end;
    let figures = match (dry_run, after_calls) {
        _ if word == "skipped" => return word,
        (true, _) => format!("{done} of {total} would have been logged out"),
        (false, 0) => format!("{done} of {total} logged out"),
        (false, _) => format!("{done} of {total} logged out, {after_calls} after calls"),
    };
    format!("{word}: {figures}")
}

fn for_scripts(job: &Job) -> Value {
    json!({
        "name": job.name,
        "when": job.when,
        "for": job.whom,
        "dry_run": job.dry_run,
        "next": machine(job.next.as_ref()),
        "running": job.running.as_ref().map(words::job_progress_for_scripts),
        "last": job.last.as_ref().map(|last| json!({
            "at": machine(last.at.as_ref()),
            "ended": machine(last.ended.as_ref()),
            "outcome": words::job_outcome(last.outcome()),
            "dry_run": last.dry_run,
            "total": last.total,
            "done": last.done,
            "after_calls": last.after_calls,
        })),
    })
}
