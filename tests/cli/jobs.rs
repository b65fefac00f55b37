//! `perch jobs`, and calendars that stand beside the site file.

use tempfile::TempDir;

use crate::host::{DEMO, Server, file, text};

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
