//! Which days files have, and what is said of those that are wrong.

use expect_test::{Expect, expect};
use jiff::civil::date;

use super::*;

/// A calendar of that, a line a line.
fn calendar(events: &str) -> String {
    let lines = events
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//perch//test//EN\r\n{}\r\nEND:VCALENDAR\r\n",
        lines.join("\r\n")
    )
}

fn found(events: &str) -> Vec<String> {
    let days = days("feast.ics", &calendar(events)).expect("a calendar");
    days.iter().map(Date::to_string).collect()
}

fn check_problems(text: &str, expected: &Expect) {
    let problems = days("feast.ics", text).expect_err("it is wrong");
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

/// rules: TOD-2
#[test]
fn events_are_days_as_long_as_they_last() {
    let table: [(&str, &str, &[&str]); 9] = [
        (
            "a whole day",
            "DTSTART;VALUE=DATE:20261225
             SUMMARY:Christmas",
            &["2026-12-25"],
        ),
        (
            "its end is no part of it",
            "DTSTART;VALUE=DATE:20261225
             DTEND;VALUE=DATE:20261227",
            &["2026-12-25", "2026-12-26"],
        ),
        (
            "it ends on the day it begins, as some write",
            "DTSTART;VALUE=DATE:20261225
             DTEND;VALUE=DATE:20261225",
            &["2026-12-25"],
        ),
        (
            "so many days",
            "DTSTART;VALUE=DATE:20281231
             DURATION:P2D",
            &["2028-12-31", "2029-01-01"],
        ),
        (
            "an afternoon",
            "DTSTART;TZID=\"Europe: Berlin\":20261224T120000
             DTEND;TZID=Europe/Berlin:20261224T180000",
            &["2026-12-24"],
        ),
        (
            "into the night",
            "DTSTART:20261231T220000Z
             DTEND:20270101T020000Z",
            &["2026-12-31", "2027-01-01"],
        ),
        (
            "until midnight",
            "DTSTART:20261231T220000
             DTEND:20270101T000000",
            &["2026-12-31"],
        ),
        (
            "an hour",
            "DTSTART:20261231T220000
             DURATION:PT1H",
            &["2026-12-31"],
        ),
        (
            "not at all",
            "DTSTART;VALUE=DATE:20261225
             STATUS:CANCELLED",
            &[],
        ),
    ];
    for (what, lines, expected) in table {
        let event = format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT");
        assert_eq!(found(&event), expected, "{what}");
    }
}

/// rules: TOD-2
#[test]
fn events_come_again() {
    let table: [(&str, &str, &[&str]); 8] = [
        (
            "until the end of its last day, at whatever time it begins",
            "DTSTART:20261224T120000Z
             RRULE:FREQ=DAILY;BYHOUR=12;BYMINUTE=0;UNTIL=20261226T130000Z",
            &["2026-12-24", "2026-12-25", "2026-12-26"],
        ),
        (
            "and for some hours more",
            "DTSTART:20261224T120000Z
             RDATE;VALUE=PERIOD:20270601T090000Z/PT8H",
            &["2026-12-24", "2027-06-01"],
        ),
        (
            "each year, three times",
            "DTSTART;VALUE=DATE:20261003
             RRULE:FREQ=YEARLY;COUNT=3",
            &["2026-10-03", "2027-10-03", "2028-10-03"],
        ),
        (
            "the leap day, until then",
            "DTSTART;VALUE=DATE:20280229
             RRULE:FREQ=YEARLY;UNTIL=20360229",
            &["2028-02-29", "2032-02-29", "2036-02-29"],
        ),
        (
            "the fourth Thursday of November, and the day after",
            "DTSTART;VALUE=DATE:20261126
             DTEND;VALUE=DATE:20261128
             RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20271231T235959Z",
            &["2026-11-26", "2026-11-27", "2027-11-25", "2027-11-26"],
        ),
        (
            "the last Monday of May, but not in one year, and once more",
            "DTSTART;VALUE=DATE:20260525
             RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=3
             EXDATE;VALUE=DATE:20270531
             RDATE;VALUE=DATE:20270601,20270602",
            &["2026-05-25", "2027-06-01", "2027-06-02", "2028-05-29"],
        ),
        (
            "at a time of day",
            "DTSTART:20261224T120000Z
             RRULE:FREQ=YEARLY;BYHOUR=12;COUNT=2",
            &["2026-12-24", "2027-12-24"],
        ),
        (
            "a reminder within it is none of its days",
            "DTSTART;VALUE=DATE:20261225
             BEGIN:VALARM
             DTSTART;VALUE=DATE:20260101
             END:VALARM",
            &["2026-12-25"],
        ),
    ];
    for (what, lines, expected) in table {
        let event = format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT");
        assert_eq!(found(&event), expected, "{what}");
    }
    let endless = "BEGIN:VEVENT
        DTSTART;VALUE=DATE:20261225
        RRULE:FREQ=YEARLY
        END:VEVENT";
    let endless = found(endless);
    assert_eq!(endless.len(), 74);
    assert_eq!(endless.last().map(String::as_str), Some("2099-12-25"));
}

#[test]
fn one_of_those_that_come_again_may_be_moved() {
    let moved = "BEGIN:VEVENT
        UID:picnic
        DTSTART;VALUE=DATE:20260601
        RRULE:FREQ=YEARLY;COUNT=3
        END:VEVENT
        BEGIN:VEVENT
        UID:picnic
        RECURRENCE-ID;VALUE=DATE:20270601
        DTSTART;VALUE=DATE:20270608
        END:VEVENT";
    assert_eq!(found(moved), ["2026-06-01", "2027-06-08", "2028-06-01"]);
}

#[test]
fn lines_are_unfolded() {
    let text = calendar("BEGIN:VEVENT\nSUMMARY:Long\nDTSTART;VALUE=DATE:2026\nEND:VEVENT");
    let text = text.replace("DATE:2026\r\n", "DATE:2026\r\n 12\r\n\t25\r\n");
    let days = days("feast.ics", &text).expect("a calendar");
    assert_eq!(days, [date(2026, 12, 25)]);
}

#[test]
fn a_mark_at_the_beginning_of_the_file_is_no_part_of_it() {
    let event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT";
    let text = format!("\u{feff}{}", calendar(event));
    let days = days("feast.ics", &text).expect("a calendar");
    assert_eq!(days, [date(2026, 12, 25)]);
}

/// Neither is read by halves: what is refused has no days.
#[test]
fn dates_files_and_events_have_bounds() {
    let event = |lines: &str| calendar(&format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT"));
    let padded = event(&format!(
        "DTSTART:20261225\nSUMMARY:{}",
        "x".repeat(1024 * 1024)
    ));
    let table = [
        ("a sign before the year", event("DTSTART:+2021225")),
        ("letters", event("DTSTART:2026\u{e9}\u{e9}")),
        (
            "thirty years",
            event("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20560101"),
        ),
        ("more than a mebibyte", padded),
    ];
    for (what, text) in table {
        assert!(days("feast.ics", &text).is_err(), "{what}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    check_problems(
        &calendar(
            "BEGIN:VEVENT
             DTSTART;VALUE=DATE:20261325
             END:VEVENT
             BEGIN:VEVENT
             DTSTART;VALUE=DATE:20261225
             RRULE:FREQ=SOMETIMES
             END:VEVENT
             BEGIN:VEVENT
             DTSTART;VALUE=DATE:20261225
             RRULE:FREQ=HOURLY
             DTEND;VALUE=DATE:20261201
             DURATION:long
             END:VEVENT
             nonsense",
        ),
        &expect![[r#"
            feast.ics:5:1: DTSTART: "20261325" is no date. Write one as in 20261224, or 20261224T120000
            feast.ics:9:1: RRULE: this rule is not understood: RRule parsing error: `SOMETIMES` is not a valid frequency. Mend this line, or the calendar that exported it
            feast.ics:13:1: RRULE: days do not come hourly. Write DAILY, WEEKLY, MONTHLY or YEARLY
            feast.ics:14:1: VEVENT: this event has no sensible end. Let it end after it begins, and within ten thousand days
            feast.ics:15:1: DURATION: "long" is no duration. Write one as in P1D, P2W or PT8H
            feast.ics:17:1: this line has no name and value. Mend this line, or the calendar that exported it"#]],
    );
    check_problems(
        "hello",
        &expect![[r#"
            feast.ics:1:1: this is no iCalendar file: it does not begin with BEGIN:VCALENDAR. Export the calendar as iCalendar (.ics)
            feast.ics:1:1: this line has no name and value. Mend this line, or the calendar that exported it"#]],
    );
    check_problems(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
        &expect![
            "feast.ics:2:1: the file ends within VEVENT. Export it again; this is not all of it"
        ],
    );
    check_problems(
        "BEGIN:VCALENDAR\nEND:VEVENT\n",
        &expect![
            "feast.ics:2:1: END: VEVENT ends that did not begin. Mend this line, or the calendar that exported it"
        ],
    );
    let endless = "BEGIN:VEVENT
        DTSTART;VALUE=DATE:20260101
        RRULE:FREQ=DAILY
        END:VEVENT";
    check_problems(
        &calendar(endless),
        &expect![
            "feast.ics:1:1: there are more than 10000 days. End what comes again, or leave something out"
        ],
    );
}

#[test]
fn damaged_files_are_refused_and_nothing_panics() {
    let whole = calendar(
        "BEGIN:VEVENT
         DTSTART;VALUE=DATE:20261225
         DTEND;VALUE=DATE:20261227
         RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=4FR,-1SU;UNTIL=20301231
         EXDATE:20271225
         END:VEVENT",
    );
    for at in 0..whole.len() {
        let cut = &whole[..at];
        assert!(
            days("cut.ics", cut).is_err() || at + 2 >= whole.len(),
            "{cut}"
        );
        let mut bent = whole.clone().into_bytes();
        bent[at] = b'9';
        let bent = String::from_utf8(bent).expect("plain text");
        // Some of these are right, too.
        let _ = days("bent.ics", &bent);
    }
}
