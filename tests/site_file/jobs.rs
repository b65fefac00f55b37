//! Jobs and calendars in the site file (TOD-2).

use expect_test::expect;
use perch::site::{Attached, attached_names, parse_with, plan, write};

use super::{CHEAP, SMALL, check, read};

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
    expect![[r#"
        evening: daily at 19:00 for all
        feast: yearly on 12-24 at 12:00, only on feast for internal
        interns: weekly on mon, fri at 12:30, 24:00, not on feast for class all
        month: monthly on 1, last at 00:00 (Asia/Tokyo) for external
        move: once on 2026-12-24 at 08:00 for phones desk-*
        tidy: every 30 min for all
    "#]]
    .assert_eq(&jobs.collect::<String>());
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
        .replace("\"fri\", ", "");
    expect![[r#"
        ~ calendar feast
            dates: changed
        ~ job interns
            weekly: ["mon", "fri"] -> ["mon"]
        ~ job tidy
            every_min: 30 -> 60

        0 to add, 3 to change, 0 to remove.
    "#]]
    .assert_eq(&plan(&parsed.site, &read(&other, Some(&parsed.site)).site).to_string());
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
    expect![[r#"
        site.toml:28:8: calendar.other.file: "other.ics" was not sent along. Apply the site file with perch apply, which reads files beside it; or write dates
    "#]].assert_eq(&said(&attached));
    attached.insert("other.ics".into(), ics("DTSTART:Christmas"));
    expect![[r#"
        other.ics:3:1: DTSTART: "Christmas" is no date. Write one as in 20261224, or 20261224T120000
    "#]]
    .assert_eq(&said(&attached));
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
    check(
        &text,
        expect![[r#"
        site.toml:25:9: calendar.feast.dates: "2026-12-31..2026-12-01" is no date. Write dates as in ["2026-12-25", "2026-12-27..2026-12-31"]
        site.toml:25:9: calendar.feast.dates: "2026-13-01" is no date. Write dates as in ["2026-12-25", "2026-12-27..2026-12-31"]
        site.toml:26:11: calendar.none.file: this is missing. Add file = …
        site.toml:27:6: job.logout_times: site.logout_times are the job of that name. Choose another name
        site.toml:27:6: job.logout_times.time: this is missing. Add time = …
        site.toml:28:8: job.logout_times.what: "log-in" cannot be understood. Write "log-out"
        site.toml:30:6: job."two words": a name is 1 to 64 characters without spaces, control characters, *, # and @. Choose another name
        site.toml:33:10: job."two words".weekly: daily says when already. Keep one of them, and write another job for the other
        site.toml:33:10: job."two words".weekly: these are no days of the week. Write some of "mon", "tue", "wed", "thu", "fri", "sat", "sun"
        site.toml:34:8: job."two words".time: "25:00" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
        site.toml:35:9: job."two words".times: there is a time already. Write all of them here
        site.toml:35:9: job."two words".times: there is none. Write at least one
        site.toml:36:6: job.a: this does not say when. Add one of once, daily, weekly, monthly, yearly, every_min
        site.toml:41:13: job.b.every_min: the number is out of range. Write one from 1 to 1440
        site.toml:43:10: job.b.missed: "never" cannot be understood. Write "run-once" or "skip"
        site.toml:46:10: job.c.yearly: "02-30" cannot be understood. Write month and day as in "12-24"
        site.toml:48:10: job.c.except: there is no calendar "feats". Did you mean "feast"?
        site.toml:49:8: job.c.only: a job rests on holidays, or happens on no other days. Keep except or only
        site.toml:50:7: job.c.for: "some" cannot be understood. Write "all", "internal" or "external"
        site.toml:51:9: job.c.class: for says already whom this job is for. Keep one of them
        site.toml:52:12: job.c.timezone: there is no time zone "Europe/Atlantis". Write an IANA name, such as "Europe/Amsterdam" or "UTC"
        site.toml:55:8: job.d.once: "tomorrow" cannot be understood. Write a date as in "2026-12-24"
        site.toml:56:11: job.d.monthly: once says when already. Keep one of them, and write another job for the other
        site.toml:56:11: job.d.monthly: these are no days of the month. Write days of the month as in [1, 15, "last"]
        site.toml:58:10: job.d.phones: there is none. Write names, or patterns such as "lobby-*"
        site.toml:59:1: job.d.when: there is no such key. Did you mean "what"?
        site.toml:62:9: job.e.daily: this job never happens. Write daily = true, or take the job out
        site.toml:64:10: job.e.phones: class says already whom this job is for. Keep one of them
        site.toml:65:9: job.e.class: there is no class_of_service "noone". Define it as [class_of_service.noone], or name one that is defined
        site.toml:66:6: job.f.what: this is missing. Add what = …
        site.toml:69:9: job.f.class: there is no class_of_service "noone". Define it as [class_of_service.noone], or name one that is defined
    "#]],
    );
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
    check(
        &doubtful,
        expect![[r#"
        site.toml:26:10: warning: job.leap.yearly: this job happens in leap years only. Write "03-01" if it is meant for the day after 28 February
        site.toml:30:11: warning: job.long.monthly: this job does not happen in months that have no such day. Write "last" if it is meant for the last day of each
        site.toml:32:21: warning: job.long.phones: no phone is called like "dekk-*". Look at how the phones are spelt
    "#]],
    );
}

/// What is the same twice counts once; ranges of days are written as such; and a file that two calendars name is sent
/// along once.
///
/// rules: TOD-2
#[test]
fn what_is_said_twice_counts_once() {
    let text = format!(
        "{SMALL}
[calendar.feast]
dates = [\"2026-12-26\", \"2026-12-25\", \"2026-12-25..2026-12-27\"]
[job.evening]
what = \"log-out\"
weekly = [\"mon\", \"mon\"]
times = [\"19:00\", \"12:00\", \"19:00\"]
"
    );
    let site = read(&text, None).site;
    let words = site.jobs["evening"].when_words();
    assert_eq!(words, "weekly on mon at 12:00, 19:00");
    let written = write(&site);
    assert!(written.contains("\"2026-12-25..2026-12-27\""), "{written}");
    let files = "[calendar.a]\nfile = \"feast.ics\"\n[calendar.b]\nfile = \"feast.ics\"\n";
    assert_eq!(attached_names(files), ["feast.ics"]);
}

fn job(lines: &str) -> String {
    format!("{SMALL}\n[job.evening]\nwhat = \"log-out\"\n{lines}\n")
}

fn times(count: usize) -> String {
    let times = (0..count).map(|hour| format!("\"{}:{:02}\"", hour % 24, hour / 24));
    let times: Vec<String> = times.collect();
    job(&format!("daily = true\ntimes = [{}]", times.join(", ")))
}

/// rules: TOD-2
#[test]
fn jobs_and_calendars_have_bounds() {
    assert_eq!(read(&times(24), None).warnings, []);
    check(
        &times(25),
        expect![[r#"
        site.toml:27:9: job.evening.times: there are more than 24. Write every_min = …, or another job
    "#]],
    );
    check(
        &job("once = \"20261224\"\ntime = \"19:00\""),
        expect![[r#"
            site.toml:26:8: job.evening.once: "20261224" cannot be understood. Write a date as in "2026-12-24"
        "#]],
    );
    // One thing is wrong, and one is told.
    check(
        &job("every_min = 0"),
        expect![[r#"
        site.toml:26:13: job.evening.every_min: the number is out of range. Write one from 1 to 1440
    "#]],
    );
    let calendar =
        |name: &str, dates: &str| format!("{SMALL}\n[calendar.{name}]\ndates = [{dates}]\n");
    check(
        &calendar("feast", "\"2000-01-01..2099-12-31\""),
        expect![[r#"
            site.toml:25:9: calendar.feast.dates: there are more than 10000 days. Leave some out
        "#]],
    );
    check(
        &calendar("feast", "\"20261225\""),
        expect![[r#"
        site.toml:25:9: calendar.feast.dates: "20261225" is no date. Write dates as in ["2026-12-25", "2026-12-27..2026-12-31"]
    "#]],
    );
    check(
        &calendar("\"no good\"", "\"2026-12-25\""),
        expect![[r#"
        site.toml:24:11: calendar."no good": a name is 1 to 64 characters without spaces, control characters, *, # and @. Choose another name
    "#]],
    );
    let many =
        (0..101).map(|number| format!("[job.j{number}]\nwhat = \"log-out\"\nevery_min = 30\n"));
    check(
        &format!("{SMALL}\n{}", many.collect::<String>()),
        expect![[r#"
            site.toml:24:2: job: there are more than 100 jobs. Join some of them
        "#]],
    );
}
