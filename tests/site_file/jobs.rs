//! Jobs and calendars in the site file (TOD-2).

use expect_test::expect;
use perch::site::{Attached, attached_names, parse_with, plan, write};

use super::{CHEAP, SMALL, check, read, site};

const JOBS: &str = r#"
[calendar.feast]
dates = ["2026-12-25", "2026-12-26", "2027-12-31..2028-01-02"]

[job.evening]
what = "log-out"
daily = true
time = "19:00"

[job.interns]
what = "log-out"
weekly = ["fri", "mon"]
times = ["24:00", "12:30"]
except = "feast"
class = "all"
missed = "skip"
dry_run = true

[job.month]
what = "log-out"
monthly = [1, "last"]
time = "00:00"
for = "external"
timezone = "Asia/Tokyo"

[job.feast]
what = "log-out"
yearly = "12-24"
time = "12:00"
only = "feast"
for = "internal"

[job.move]
what = "log-out"
once = "2026-12-24"
time = "8:00"
phones = ["desk-*"]

[job.tidy]
what = "log-out"
every_min = 30
"#;

/// rules: TOD-2
#[test]
fn jobs_mean_what_they_say_and_are_written_as_they_were() {
    let text = format!("{SMALL}{JOBS}");
    let parsed = read(&text, None);
    assert_eq!(parsed.warnings, []);
    let jobs = parsed.site.jobs.iter();
    let jobs = jobs.map(|(name, job)| format!("{name}: {} for {}\n", job.when_words(), job.whom));
    expect![[r#""#]].assert_eq(&jobs.collect::<String>());
    let days = parsed.site.calendars["feast"].days();
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    assert_eq!(
        days,
        [
            "2026-12-25",
            "2026-12-26",
            "2027-12-31",
            "2028-01-01",
            "2028-01-02"
        ]
    );
    let again = read(&write(&parsed.site), Some(&parsed.site)).site;
    assert_eq!(again, parsed.site);

    let other = text
        .replace("2026-12-26", "2026-12-27")
        .replace("every_min = 30", "every_min = 60")
        .replace("fri\", ", "");
    expect![[r#""#]].assert_eq(&plan(&parsed.site, &site(&other)).to_string());
}

/// rules: TOD-2
#[test]
fn calendars_are_read_from_the_files_that_they_name() {
    let text = format!(
        "{SMALL}
[calendar.feast]
file = \"feast.ics\"
dates = [\"2026-12-31\"]
[calendar.other]
file = \"other.ics\"
[job.evening]
what = \"log-out\"
daily = true
time = \"19:00\"
except = \"feast\"
"
    );
    assert_eq!(attached_names(&text), ["feast.ics", "other.ics"]);
    assert_eq!(attached_names("[calendar"), Vec::<String>::new());
    let ics = |event: &str| {
        let lines = [
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            event,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        lines.join("\r\n")
    };
    let mut attached = Attached::new();
    attached.insert("feast.ics".into(), ics("DTSTART;VALUE=DATE:20261225"));
    let said = |attached: &Attached| {
        let problems = parse_with("site.toml", &text, attached, None, &CHEAP).expect_err("wrong");
        let lines: Vec<String> = problems.iter().map(|it| format!("{it}\n")).collect();
        lines.concat()
    };
    expect![[r#""#]].assert_eq(&said(&attached));
    attached.insert("other.ics".into(), ics("DTSTART:Christmas"));
    expect![[r#""#]].assert_eq(&said(&attached));
    attached.insert("other.ics".into(), ics("DTSTART:20260101"));
    let site = parse_with("site.toml", &text, &attached, None, &CHEAP);
    let site = site.expect("it is right").site;
    let days = site.calendars["feast"].days();
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2026-12-25", "2026-12-31"]);
    // What is written names no file: the dates are in it.
    let again = read(&write(&site), Some(&site)).site;
    assert_eq!(again, site);
}

/// rules: TOD-2
#[test]
fn what_is_wrong_with_jobs_is_said() {
    let text = format!(
        "{SMALL}
[calendar.feast]
dates = [\"2026-13-01\", \"2026-12-31..2026-12-01\"]
[calendar.none]
[job.logout_times]
what = \"log-in\"
daily = true
[job.\"two words\"]
what = \"log-out\"
daily = true
weekly = [\"monday\"]
time = \"25:00\"
times = []
[job.a]
what = \"log-out\"
time = \"12:00\"
[job.b]
what = \"log-out\"
every_min = 1441
times = [\"12:00\"]
missed = \"never\"
[job.c]
what = \"log-out\"
yearly = \"02-30\"
time = \"12:00\"
except = \"feats\"
only = \"feast\"
for = \"some\"
class = \"nobody\"
timezone = \"Europe/Atlantis\"
[job.d]
what = \"log-out\"
once = \"tomorrow\"
monthly = [0]
time = \"12:00\"
phones = []
when = \"now\"
[job.e]
what = \"log-out\"
daily = false
time = \"12:00\"
phones = [\"desk-1\"]
class = \"noone\"
[job.f]
daily = true
time = \"12:00\"
class = \"noone\"
"
    );
    check(&text, expect![[r#""#]]);
    let doubtful = format!(
        "{SMALL}
[job.leap]
what = \"log-out\"
yearly = \"02-29\"
time = \"12:00\"
[job.long]
what = \"log-out\"
monthly = 31
time = \"12:00\"
phones = [\"desk-*\", \"dekk-*\"]
"
    );
    check(&doubtful, expect![[r#""#]]);
}
