//! Jobs: what happens by the clock besides the site's logout times, and how it is stopped.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_job_means_whom_it_says() {
    check(
        "rules: TOD-2",
        "
        job lobby: daily at 10:00, phones lobby-* desk-3
        job interns: daily at 11:00, class interns
        job sales: daily at 11:30, group sales
        job all: daily at 12:00
        group sales: idle limit 8h
        class interns: call users, login
        alice: 2001, pin 1111   bob: 2002, pin 2222, class interns   carol: 2003, pin 3333
        dave: 2004, pin 4444, group sales
        lobby-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        warning 0s
        09:00 desk-2 logs in alice   09:01 lobby-1 logs in bob   09:02 desk-3 logs in carol
        09:03 desk-4 logs in dave
        09:30 admin asks jobs
        admin explains alice
        10:30 lobby-1 logs in bob
        until 12:30
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 lobby-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:02 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            09:03 desk-4 becomes dave, reads "Logged in: 2004 Dave", hears "Logged in: 2004 Dave"
            09:30 admin reads: all: daily at 12:00, for all, next 12:00
            09:30 admin reads: interns: daily at 11:00, for class interns, next 11:00
            09:30 admin reads: lobby: daily at 10:00, for phones lobby-*, desk-3, next 10:00
            09:30 admin reads: sales: daily at 11:30, for group sales, next 11:30
            09:30 admin reads: alice has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:30 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as the login showed.
            09:30 admin reads: The next automatic logout is at 2026-05-05 12:00:00 (schedule: job all).
            09:30 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            10:00 lobby-1 becomes lobby (schedule)
            10:00 desk-3 becomes lobby (schedule)
            10:00 lobby-1 reads "Logged out: the building's logout time"
            10:00 desk-3 reads "Logged out: the building's logout time"
            10:30 lobby-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            11:00 lobby-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            11:30 desk-4 becomes lobby (schedule), reads "Logged out: the building's logout time"
            12:00 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn softphones_of_their_own_are_external() {
    check(
        "rules: TOD-2, SES-17",
        "
        job inside: daily at 10:00, for internal
        job outside: daily at 11:00, for external
        alice: 2001, pin 1111, softphone counts   bob: 2002, pin 2222
        alice-app: softphone of alice   desk-1: guest 9001
        09:00 desk-1 logs in bob
        09:01 admin asks who
        until 11:30
        ",
        expect![[r#"
            08:59 alice becomes alice
            08:59 alice-app reads "Logged in: 2001 Alice"
            09:00 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 admin reads: alice (2001 Alice) at alice since 08:59, last used 08:59 (the login), next logout 11:00 (schedule)
            09:01 admin reads: bob (2002 Bob) at desk-1 since 09:00, last used 09:00 (the login), next logout 10:00 (schedule)
            09:59 desk-1 reads "Logout in 60 s: the building's logout time."
            10:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            10:59 alice-app reads "Logout in 60 s: the building's logout time."
            11:00 alice becomes nothing (schedule)
            11:00 alice-app reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn days_and_holidays_decide() {
    check(
        "rules: TOD-2",
        "
        calendar feast: 2026-05-06, 2026-05-08
        job week: weekly on tue wed thu fri at 19:00, except feast
        job feast: daily at 12:00, only on feast
        alice: 2001, pin 1111   desk-1: guest 9001
        warning 0s
        18:00 desk-1 logs in alice   until 20:00   desk-1 logs in alice
        on 2026-05-06   11:00 admin asks jobs
        until 13:00   desk-1 logs in alice
        on 2026-05-07   until 20:00   desk-1 logs in alice
        on 2026-05-08   until 20:00
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            20:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            on 2026-05-06
            11:00 admin reads: feast: daily at 12:00, only on feast, for all, next 12:00
            11:00 admin reads: week: weekly on tue, wed, thu, fri at 19:00, not on feast, for all, next 19:00, last 19:00 done: 1 of 1 out, 0 after calls
            12:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            13:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            on 2026-05-07
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            20:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            on 2026-05-08
            12:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn jobs_have_zones_of_their_own() {
    check(
        "rules: TOD-2",
        "
        timezone Europe/Berlin
        job tokyo: daily at 19:00, phones tokyo-*, in Asia/Tokyo
        job berlin: daily at 19:00, phones berlin-*
        alice: 2001, pin 1111   bob: 2002, pin 2222   tokyo-1: guest 9001   berlin-1: guest 9002
        warning 0s
        09:00 tokyo-1 logs in alice   09:01 berlin-1 logs in bob
        until 20:00
        ",
        expect![[r#"
            09:00 tokyo-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 berlin-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            12:00 tokyo-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00 berlin-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn every_so_many_minutes() {
    check(
        "rules: TOD-2",
        "
        job tidy: every 45m
        alice: 2001, pin 1111   desk-1: guest 9001
        warning 0s
        09:01 desk-1 logs in alice   until 09:46   desk-1 logs in alice   until 10:31
        ",
        expect![[r#"
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:45 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            09:46 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            10:30 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_dry_run_says_whom_it_would_log_out_and_does_nothing() {
    check(
        "rules: TOD-2",
        "
        show events
        job evening: daily at 19:00, dry run
        alice: 2001, pin 1111   bob: 2002, pin 2222, exempt   carol: 2003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        18:00 desk-1 logs in alice   18:01 desk-2 logs in bob   18:02 desk-3 logs in carol
        18:59 desk-1 dials 9009
        18:59:30 desk-3 dials 2001   desk-1 answers
        19:01 desk-3 hangs up
        19:02 admin asks jobs
        ",
        expect![[r#"
            18:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:01 event logged-in - bob desk-2 Code: bob logged in at desk-2
            18:01 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            18:02 event logged-in - carol desk-3 Code: carol logged in at desk-3
            18:02 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            18:59 desk-1 hears 404 Unknown number
            18:59:30 desk-1 rings (from 2003 Carol)
            18:59:30 desk-3 hears it ring, talks with desk-1
            19:00 event mass-logout-started - - - Timer: Dry run of job evening of 2026-05-05 19:00:00: 2 to look at
            19:00 event would-log-out - alice desk-1 Timer: alice would be logged out at desk-1 when it is idle (dry run of job evening)
            19:00 event would-log-out - carol desk-3 Timer: carol would be logged out at desk-3 when it is idle (dry run of job evening)
            19:00 event mass-logout-ended - - - Timer: Job evening has been tried: 2 of 2 would have been logged out
            19:01 desk-1 hears "The other party hung up"
            19:02 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 2 of 2 out, 0 after calls"#]],
    );
}

#[test]
fn what_was_missed_is_made_up_for_once_or_left_out() {
    check(
        "rules: TOD-2, TOD-3",
        "
        show events
        job once: daily at 18:55 18:58 19:00, phones desk-1
        job never: daily at 19:00, phones desk-2, missed are skipped
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002
        warning 0s
        18:00 desk-1 logs in alice   18:01 desk-2 logs in bob
        18:50 server dies   20:00 server starts
        until 20:01
        admin asks jobs
        ",
        expect![[r#"
            18:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:01 event logged-in - bob desk-2 Code: bob logged in at desk-2
            18:01 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            20:00 event job-missed - - - Timer: Job never of 2026-05-05 19:00:00 was missed, and is left out
            20:00 event mass-logout-started - - - Timer: Job once of 2026-05-05 19:00:00 begins: 1 to log out, 50 a second
            20:00 event logged-out schedule alice desk-1 Timer: alice logged out at desk-1 (schedule: job once)
            20:00 desk-1 becomes lobby (schedule)
            20:00 event mass-logout-ended - - - Timer: Job once is over: 1 of 1 logged out, 0 of them after calls
            20:01 admin reads: never: daily at 19:00, for phones desk-2, next 19:00, last 19:00 skipped: 0 of 0 out, 0 after calls
            20:01 admin reads: once: daily at 18:55, 18:58, 19:00, for phones desk-1, next 18:55, last 19:00 done: 1 of 1 out, 0 after calls"#]],
    );
}

#[test]
fn a_mass_logout_is_paused_through_a_restart_and_goes_on() {
    check(
        "rules: TOD-3",
        "
        show events
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3   18:04 desk-4 logs in u4
        18:59 desk-2 dials 9005   desk-5 answers
        19:00:01 admin pauses evening
        19:00:05 desk-2 hangs up
        admin asks jobs
        19:01 server dies   19:05 server starts
        19:06 admin asks jobs
        admin runs evening
        admin resumes evening
        until 19:07
        admin asks jobs
        ",
        expect![[r#"
            18:01 event logged-in - u1 desk-1 Code: u1 logged in at desk-1
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 event logged-in - u2 desk-2 Code: u2 logged in at desk-2
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 event logged-in - u3 desk-3 Code: u3 logged in at desk-3
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:04 event logged-in - u4 desk-4 Code: u4 logged in at desk-4
            18:04 desk-4 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            18:59 desk-5 rings (from 2002 U2)
            18:59 desk-2 hears it ring, talks with desk-5
            19:00 event mass-logout-started - - - Timer: Job evening of 2026-05-05 19:00:00 begins: 4 to log out, 1 a second
            19:00 event logged-out schedule u1 desk-1 Timer: u1 logged out at desk-1 (schedule: job evening)
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 event logout-deferred schedule u2 desk-2 Timer: u2 will be logged out at desk-2 when it is idle: job evening
            19:00:01 desk-2 reads "Logout when the call ends: the building's logout time"
            19:00:01 admin hears "evening is paused: 3 wait"
            19:00:01 event stayed - u2 desk-2 Timer: u2 stays at desk-2
            19:00:01 event mass-logout-paused - - - Control: Job evening is paused: 3 wait
            19:00:01 desk-2 reads "You stay logged in"
            19:00:05 desk-5 hears "The other party hung up"
            19:00:05 admin reads: evening: daily at 19:00, for all, next 19:00, paused: 1 of 4 out, 3 to go, 0 wait for calls
            19:05 event mass-logout-paused - - - Timer: Job evening is paused after a restart, too: 3 wait
            19:06 admin reads: evening: daily at 19:00, for all, next 19:00, paused: 1 of 4 out, 3 to go, 0 wait for calls, hears no: "evening runs already", hears "evening goes on: 3 to log out"
            19:06 event mass-logout-resumed - - - Control: Job evening goes on: 3 to log out
            19:06 event logged-out schedule u2 desk-2 Timer: u2 logged out at desk-2 (schedule: job evening)
            19:06 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:06:01 event logged-out schedule u3 desk-3 Timer: u3 logged out at desk-3 (schedule: job evening)
            19:06:01 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:06:02 event logged-out schedule u4 desk-4 Timer: u4 logged out at desk-4 (schedule: job evening)
            19:06:02 desk-4 becomes lobby (schedule)
            19:06:02 event mass-logout-ended - - - Timer: Job evening is over: 4 of 4 logged out, 0 of them after calls
            19:06:02 desk-4 reads "Logged out: the building's logout time"
            19:07 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 4 of 4 out, 0 after calls"#]],
    );
}

#[test]
fn a_mass_logout_is_cancelled_and_who_is_left_stays() {
    check(
        "rules: TOD-3",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3, idle limit 2h   u4: 2004, pin 4
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3   18:04 desk-4 logs in u4
        18:59 desk-1 dials 9005   desk-5 answers
        19:00:01 admin asks jobs
        19:00:02 admin cancels evening
        admin asks jobs
        19:01 desk-1 hangs up
        admin cancels evening
        admin pauses morning
        until 20:30
        admin asks who
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:04 desk-4 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            18:59 desk-5 rings (from 2001 U1)
            18:59 desk-1 hears it ring, talks with desk-5
            19:00 desk-1 reads "Logout when the call ends: the building's logout time"
            19:00:01 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 admin reads: evening: daily at 19:00, for all, next 19:00, running: 1 of 4 out, 2 to go, 1 wait for calls
            19:00:02 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:02 admin hears "evening is cancelled: 2 stay logged in"
            19:00:02 desk-1 reads "You stay logged in"
            19:00:02 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 cancelled: 2 of 4 out, 0 after calls
            19:01 desk-5 hears "The other party hung up"
            19:01 admin hears no: "evening does not run", hears no: "There is no job morning"
            20:30 admin reads: u1 (2001 U1) at desk-1 since 18:01, last used 19:01 (the end of a call), next logout 19:00 (schedule)
            20:30 admin reads: u4 (2004 U4) at desk-4 since 18:04, last used 18:04 (the login), next logout 19:00 (schedule)"#]],
    );
}

#[test]
fn a_job_that_is_taken_out_of_the_site_stops() {
    check(
        "rules: TOD-3",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        19:00:01 site: job evening is removed
        until 19:05
        admin asks who
        19:06 server dies   19:07 server starts
        admin asks jobs
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:05 admin reads: u3 (2003 U3) at desk-3 since 18:03, last used 18:03 (the login)
            19:07 admin reads: nobody"#]],
    );
}

#[test]
fn jobs_at_the_same_time_take_turns_and_nobody_goes_twice() {
    check(
        "rules: TOD-3",
        "
        logouts 1/s   warning 0s
        job a: daily at 19:00, phones desk-*
        job b: daily at 19:00, phones lobby-* desk-1
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4
        desk-1: guest 9001   desk-2: guest 9002   lobby-1: guest 9003   lobby-2: guest 9004
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 lobby-1 logs in u3   18:04 lobby-2 logs in u4
        until 19:01
        admin asks jobs
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 lobby-1 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:04 lobby-2 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 lobby-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:02 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:03 lobby-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:01 admin reads: a: daily at 19:00, for phones desk-*, next 19:00, last 19:00 done: 2 of 2 out, 0 after calls
            19:01 admin reads: b: daily at 19:00, for phones lobby-*, desk-1, next 19:00, last 19:00 done: 2 of 2 out, 0 after calls"#]],
    );
}

#[test]
fn a_job_is_run_by_hand_and_counts_those_who_left_by_themselves() {
    check(
        "rules: TOD-3",
        "
        show events
        logouts 1/s   warning 0s
        job move: once on 2026-12-24 at 12:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:01 desk-1 logs in u1   09:02 desk-2 logs in u2   09:03 desk-3 logs in u3
        10:00 admin tries move
        10:01 admin runs move
        10:01:00.500 desk-3 logs out
        10:01:01 desk-1 logs in u1
        until 10:02
        admin asks jobs
        admin runs nothing
        ",
        expect![[r#"
            09:01 event logged-in - u1 desk-1 Code: u1 logged in at desk-1
            09:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            09:02 event logged-in - u2 desk-2 Code: u2 logged in at desk-2
            09:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            09:03 event logged-in - u3 desk-3 Code: u3 logged in at desk-3
            09:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            10:00 admin hears "move is tried: what it would do to 3 is in the log"
            10:00 event mass-logout-started - - - Control: Dry run of job move of 2026-05-05 10:00:00: 3 to look at
            10:00 event would-log-out - u1 desk-1 Timer: u1 would be logged out at desk-1 (dry run of job move)
            10:00:01 event would-log-out - u2 desk-2 Timer: u2 would be logged out at desk-2 (dry run of job move)
            10:00:02 event would-log-out - u3 desk-3 Timer: u3 would be logged out at desk-3 (dry run of job move)
            10:00:02 event mass-logout-ended - - - Timer: Job move has been tried: 3 of 3 would have been logged out
            10:01 admin hears "move runs: 3 to log out"
            10:01 event mass-logout-started - - - Control: Job move of 2026-05-05 10:01:00 begins: 3 to log out, 1 a second
            10:01 event logged-out schedule u1 desk-1 Timer: u1 logged out at desk-1 (schedule: job move)
            10:01 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            10:01:00.500 event logged-out user u3 desk-3 Code: u3 logged out at desk-3 (user)
            10:01:00.500 desk-3 becomes lobby (user), reads "Logged out", hears "Logged out"
            10:01:01 event logged-out schedule u2 desk-2 Timer: u2 logged out at desk-2 (schedule: job move)
            10:01:01 desk-2 becomes lobby (schedule)
            10:01:01 event mass-logout-ended - - - Timer: Job move is over: 2 of 3 logged out, 0 of them after calls, 1 had left by themselves
            10:01:01 desk-2 reads "Logged out: the building's logout time"
            10:01:01 event logged-in - u1 desk-1 Code: u1 logged in at desk-1
            10:01:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            10:02 admin reads: move: once on 2026-12-24 at 12:00, for all, next 12:00, last 10:01:00.001 done: 2 of 3 out, 0 after calls, hears no: "There is no job nothing""#]],
    );
}
