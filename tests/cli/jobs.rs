//! `perch jobs`, and calendars that stand beside the site file.

use serde_json::Value;
use tempfile::TempDir;

use crate::host::{DEMO, Server, file, perch, run, text};

const JOBS: &str = r#"
[calendar.feast]
file = "feast.ics"

[job.evening]
what = "log-out"
daily = true
time = "19:00"
except = "feast"

[job.move]
what = "log-out"
once = "2999-12-31"
time = "12:00"
"#;

fn ics(day: &str) -> String {
    let event = format!("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n");
    format!("BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n")
}

/// rules: TOD-2, TOD-3
#[test]
fn jobs_are_listed_run_and_stopped() {
    let server = Server::demo();
    let dir = TempDir::new().expect("a temporary directory");
    let said = server.perch(&["jobs"]).ok();
    assert!(said.contains("no jobs"), "{said}");
    let site = file(&dir, "site.toml", &format!("{DEMO}{JOBS}"));
    let refused = server.perch(&["apply", text(&site)]).refused();
    assert!(
        refused.contains("feast.ics, which") && refused.contains("cannot be read"),
        "{refused}"
    );
    let calendar = file(&dir, "feast.ics", &ics("Christmas"));
    let refused = server.perch(&["plan", text(&site)]);
    assert!(
        refused.err.contains("feast.ics:3:1: DTSTART: "),
        "{refused:?}"
    );
    std::fs::write(calendar, ics("20261225")).expect("it can be written");
    assert_eq!(server.perch(&["apply", text(&site)]).code, Some(0));

    server.perch(&["login", "desk-1", "u2001"]).ok();
    let listed = server.perch(&["jobs"]).ok();
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("JOB      WHEN "), "{listed}");
    assert!(
        lines[1].starts_with("evening  daily at 19:00, not on feast  all  "),
        "{listed}"
    );
    let tried = server.perch(&["jobs", "run", "move", "--dry-run"]).ok();
    assert_eq!(
        tried,
        "move is tried: what it would do to 1 is in the log\n"
    );
    assert_eq!(server.perch(&["who", "--json"]).json()[0]["user"], "u2001");

    let ran = server.perch(&["jobs", "run", "move"]).ok();
    assert_eq!(ran, "move runs: 1 to log out\n");
    let looks = (0..500).map(|_| server.perch(&["jobs", "--json"]).json()[1]["last"].clone());
    let mut real = looks.filter(|last| last["dry_run"] == false);
    let last = real.next().expect("it is over soon");
    assert_eq!(last["outcome"], "done", "{last}");
    assert_eq!(last["total"], 1, "{last}");
    assert_eq!(last["done"], 1, "{last}");
    for (wish, refusal) in [
        (["pause", "move"], "move does not run"),
        (["resume", "move"], "move does not run"),
        (["cancel", "move"], "move does not run"),
        (["run", "never"], "There is no job never"),
    ] {
        let refused = server.perch(&[&["jobs"][..], &wish].concat()).refused();
        assert!(refused.contains(refusal), "{refused}");
    }
    let who = server.perch(&["who"]).ok();
    assert_eq!(who, "nobody is logged in\n");
}

/// How many people there are: one leaves each second, so a run lasts long enough to be stopped in the middle.
const PEOPLE: usize = 12;

fn slow_site() -> String {
    let mut site = r#"
[site]
name = "house"
logouts_per_s = 1
warning_s = 0
[job.move]
what = "log-out"
once = "2999-12-31"
time = "12:00"
[class_of_service.all]
login = true
[logout_profile.guest]
class = "all"
display_name = "Guest"
[user_profile.clerk]
class = "all"
"#
    .to_owned();
    for n in 0..PEOPLE {
        site += &format!(
            "[phone.p{n}]\nlogout_profile = \"guest\"\nguest_dn = \"90{n:02}\"\n\
             [user.u{n}]\ndn = \"20{n:02}\"\ndisplay_name = \"U{n}\"\npin = \"1234\"\nprofiles = [\"clerk\"]\n"
        );
    }
    site
}

fn logged_in(server: &Server) -> u64 {
    let who = server.perch(&["who", "--json"]).json();
    u64::try_from(who.as_array().expect("a list").len()).expect("a few")
}

/// The only job's run that is not over, and its last one that is.
fn run_of(server: &Server) -> (Value, Value) {
    let jobs = server.perch(&["jobs", "--json"]).json();
    (jobs[0]["running"].clone(), jobs[0]["last"].clone())
}

/// rules: TOD-2, TOD-3
#[test]
fn a_mass_logout_is_paused_through_a_kill_resumed_and_cancelled() {
    let dir = TempDir::new().expect("a temporary directory");
    let data = dir.path().join("data");
    let server = Server::start(&[], &data);
    let site = file(&dir, "site.toml", &slow_site());
    assert_eq!(server.perch(&["apply", text(&site)]).code, Some(0));
    for n in 0..PEOPLE {
        let (phone, user) = (format!("p{n}"), format!("u{n}"));
        server.perch(&["login", &phone, &user]).ok();
    }
    let ran = server.perch(&["jobs", "run", "move"]).ok();
    assert_eq!(ran, format!("move runs: {PEOPLE} to log out\n"));
    let paused = server.perch(&["jobs", "pause", "move"]).ok();
    let (paused_run, _) = run_of(&server);
    let left = paused_run["left"].as_u64().expect("a number");
    assert_eq!(paused, format!("move is paused: {left} wait\n"));
    assert_eq!(
        (&paused_run["paused"], &paused_run["total"]),
        (&true.into(), &12.into())
    );
    assert_eq!(paused_run["done"], 12 - left);
    assert_eq!(logged_in(&server), left);
    let (done, listed) = (12 - left, server.perch(&["jobs"]).ok());
    let words = format!("has logged out {done} of 12, {left} to go (paused)");
    assert!(listed.contains(&words), "{listed}");
    let refused = server.perch(&["jobs", "pause", "move"]).refused();
    assert!(refused.contains("move is paused already"), "{refused}");
    let explained = server.perch(&["explain", "u11"]).ok();
    let waits = "Job move is paused: u11 will be logged out when it goes on.";
    assert!(explained.contains(waits), "{explained}");

    // It is killed when it is dropped.
    drop(server);
    let server = Server::start(&[], &data);
    assert_eq!(
        run_of(&server).0,
        paused_run,
        "the figures are what they were"
    );
    assert_eq!(logged_in(&server), left);
    let resumed = server.perch(&["jobs", "resume", "move"]).ok();
    assert_eq!(resumed, format!("move goes on: {left} to log out\n"));
    let mut looks = (0..500).map(|_| logged_in(&server));
    assert!(looks.any(|stay| stay < left), "nobody leaves");
    let cancelled = server.perch(&["jobs", "cancel", "move"]).ok();
    let (running, last) = run_of(&server);
    let stay = logged_in(&server);
    assert_eq!(
        cancelled,
        format!("move is cancelled: {stay} stay logged in\n")
    );
    assert_eq!(running, Value::Null);
    assert_eq!(last["outcome"], "cancelled");
    assert_eq!(last["done"], 12 - stay);

    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    let replay = ["replay", "--data", text(&data)];
    let replayed = run(perch().args(replay)).ok();
    let same = replayed.matches("the same").count();
    assert_eq!(u64::try_from(same), Ok(12 - stay), "{replayed}");
}
