//! Runs of jobs that something comes between: another site, another run, a restart, a clock that is set.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_job_that_gets_another_time_goes_on_with_its_run() {
    check(
        "rules: TOD-2, TOD-3, SES-13",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        19:00:00.500 site: job evening: daily at 21:00
        19:00:01.500 admin asks jobs
        19:01 admin asks jobs
        19:02 site: job evening: daily at 20:30
        admin asks jobs
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01.500 admin reads: evening: daily at 21:00, for all, next 21:00, running: 2 of 3 out, 1 to go, 0 wait for calls
            19:00:02 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:01 admin reads: evening: daily at 21:00, for all, next 21:00, last 19:00 done: 3 of 3 out, 0 after calls
            19:02 admin reads: evening: daily at 20:30, for all, next 20:30, last 19:00 done: 3 of 3 out, 0 after calls"#]],
    );
}

/// A clock that is set back logs nobody out a second time, by whatever name or time the job comes then.
#[test]
fn what_passed_before_the_clock_was_set_back_does_not_come_again() {
    check(
        "rules: TOD-2",
        "
        warning 0s   job evening: daily at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001
        18:00 desk-1 logs in alice
        19:10 clock jumps -30m
        18:41 desk-1 logs in alice
        18:42 site: job evening: daily at 19:05
        site: job late: daily at 19:08
        18:43 admin asks jobs
        19:09 admin asks who
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            18:41 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:43 admin reads: evening: daily at 19:05, for all, next 19:05, last 19:00 done: 1 of 1 out, 0 after calls
            18:43 admin reads: late: daily at 19:08, for all, next 19:08
            19:09 admin reads: alice (2001 Alice) at desk-1 since 18:41, last used 18:41 (the login), next logout 19:05 (schedule)"#]],
    );
}

/// The clock is looked at every 30 s. Who comes between a time that was missed and that look has begun after it.
#[test]
fn who_logs_in_after_a_time_that_is_noticed_late_stays() {
    check(
        "rules: TOD-2, TOD-3",
        "
        warning 0s   job evening: daily at 19:00
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in alice
        18:30:01 clock jumps 2h
        20:30:03 desk-2 logs in bob
        20:31 admin asks who   admin asks jobs
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            20:30:03 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            20:30:30 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            20:31 admin reads: bob (2002 Bob) at desk-2 since 20:30:03, last used 20:30:03 (the login), next logout 19:00 (schedule)
            20:31 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 1 of 1 out, 0 after calls"#]],
    );
}

/// A run that is taken up again means those whom it meant: not who has come since, nor who leaves for another reason.
#[test]
fn a_run_that_goes_on_after_a_restart_means_the_same_people() {
    check(
        "rules: TOD-3, OUT-2",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        desk-3: guest 9003, no display   desk-4: guest 9004, no display   desk-5: guest 9005
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        18:50 desk-2 dials 9005   desk-5 answers   18:51 desk-2 logs out
        19:00:00.500 admin pauses evening
        19:02 desk-4 logs in u4
        19:03 server dies   19:04 server starts
        19:05 admin asks jobs   admin resumes evening
        19:06 admin asks jobs   admin asks who
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            18:50 desk-5 rings (from 2002 U2)
            18:50 desk-2 hears it ring, talks with desk-5
            18:51 desk-2 hears "Logged out when the call ends"
            19:00 desk-1 becomes lobby (schedule)
            19:00:00.500 admin hears "evening is paused: 1 wait"
            19:02 desk-4 becomes u4, hears "Logged in: 2004 U4"
            19:04 desk-2 becomes lobby (user)
            19:05 admin reads: evening: daily at 19:00, for all, next 19:00, paused: 1 of 2 out, 1 to go, 0 wait for calls, hears "evening goes on: 1 to log out"
            19:05 desk-3 becomes lobby (schedule)
            19:06 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 2 of 2 out, 0 after calls
            19:06 admin reads: u4 (2004 U4) at desk-4 since 19:02, last used 19:02 (the login), next logout 19:00 (schedule)"#]],
    );
}

/// Whom a rehearsal has named is not stored, so it does not go on: nobody is named twice.
#[test]
fn a_rehearsal_ends_with_a_restart() {
    check(
        "rules: TOD-2",
        "
        show events
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-3: guest 9003, no display
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        18:30 admin tries evening
        18:30:01.500 server dies   18:31 server starts
        18:32 admin asks jobs
        ",
        expect![[r#"
            18:01 event logged-in - u1 desk-1 Code: u1 logged in at desk-1
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 event logged-in - u2 desk-2 Code: u2 logged in at desk-2
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            18:03 event logged-in - u3 desk-3 Code: u3 logged in at desk-3
            18:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            18:30 admin hears "evening is tried: what it would do to 3 is in the log"
            18:30 event mass-logout-started - - - Control: Dry run of job evening of 2026-05-05 18:30:00: 3 to look at
            18:30 event would-log-out - u1 desk-1 Timer: u1 would be logged out at desk-1 (dry run of job evening)
            18:30:01 event would-log-out - u2 desk-2 Timer: u2 would be logged out at desk-2 (dry run of job evening)
            18:31 event mass-logout-cancelled - - - Control: Job evening was cancelled: 2 of 3 would have been logged out
            18:32 admin reads: evening: daily at 19:00, for all, next 19:00, last 18:30:00.001 cancelled: 2 of 3 out, 0 after calls"#]],
    );
}

#[test]
fn when_the_time_comes_a_rehearsal_gives_way() {
    check(
        "rules: TOD-2, TOD-3",
        "
        show events
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        18:59:58.500 admin tries evening
        19:01 admin asks jobs
        ",
        expect![[r#"
            18:01 event logged-in - u1 desk-1 Code: u1 logged in at desk-1
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 event logged-in - u2 desk-2 Code: u2 logged in at desk-2
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 event logged-in - u3 desk-3 Code: u3 logged in at desk-3
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:59:58.500 admin hears "evening is tried: what it would do to 3 is in the log"
            18:59:58.500 event mass-logout-started - - - Control: Dry run of job evening of 2026-05-05 18:59:58: 3 to look at
            18:59:58.500 event would-log-out - u1 desk-1 Timer: u1 would be logged out at desk-1 (dry run of job evening)
            18:59:59.500 event would-log-out - u2 desk-2 Timer: u2 would be logged out at desk-2 (dry run of job evening)
            19:00 event mass-logout-cancelled - - - Control: Job evening was cancelled: 2 of 3 would have been logged out
            19:00 event mass-logout-started - - - Timer: Job evening of 2026-05-05 19:00:00 begins: 3 to log out, 1 a second
            19:00:00.500 event logged-out schedule u1 desk-1 Timer: u1 logged out at desk-1 (schedule: job evening)
            19:00:00.500 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01.500 event logged-out schedule u2 desk-2 Timer: u2 logged out at desk-2 (schedule: job evening)
            19:00:01.500 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:02.500 event logged-out schedule u3 desk-3 Timer: u3 logged out at desk-3 (schedule: job evening)
            19:00:02.500 desk-3 becomes lobby (schedule)
            19:00:02.500 event mass-logout-ended - - - Timer: Job evening is over: 3 of 3 logged out, 0 of them after calls
            19:00:02.500 desk-3 reads "Logged out: the building's logout time"
            19:01 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 3 of 3 out, 0 after calls"#]],
    );
}

/// What another job has decided is not taken back with a rehearsal.
#[test]
fn a_rehearsal_that_is_cancelled_touches_nobody() {
    check(
        "rules: TOD-2, TOD-3",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00, phones desk-4
        job move: once on 2026-12-24 at 12:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3   18:04 desk-4 logs in u4
        18:50 desk-4 dials 9005   desk-5 answers
        18:59:59.500 admin tries move
        19:00:01 admin asks jobs   admin cancels move
        19:01 admin asks who
        19:02 desk-5 hangs up
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:04 desk-4 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            18:50 desk-5 rings (from 2004 U4)
            18:50 desk-4 hears it ring, talks with desk-5
            18:59:59.500 admin hears "move is tried: what it would do to 4 is in the log"
            19:00:00.500 desk-4 reads "Logout when the call ends: the building's logout time"
            19:00:01 admin reads: evening: daily at 19:00, for phones desk-4, next 19:00, running: 0 of 1 out, 0 to go, 1 wait for calls
            19:00:01 admin reads: move: once on 2026-12-24 at 12:00, for all, next 12:00, running: 1 of 4 out, 3 to go, 0 wait for calls, hears "move is cancelled: 3 stay logged in"
            19:01 admin reads: u1 (2001 U1) at desk-1 since 18:01, last used 18:01 (the login), next logout 12:00 (schedule)
            19:01 admin reads: u2 (2002 U2) at desk-2 since 18:02, last used 18:02 (the login), next logout 12:00 (schedule)
            19:01 admin reads: u3 (2003 U3) at desk-3 since 18:03, last used 18:03 (the login), next logout 12:00 (schedule)
            19:01 admin reads: u4 (2004 U4) at desk-4 since 18:04, last used 18:50 (a call attempt), next logout 19:00 (schedule), leaving (schedule), in a call
            19:02 desk-4 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time""#]],
    );
}

/// Whoever waits for the turn that the clock gave them goes by the clock, whatever else is over meanwhile.
#[test]
fn a_turn_keeps_its_cause_when_another_limit_is_reached_before_it() {
    check(
        "rules: TOD-3, DUR-1",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4, max login 57m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        18:00 desk-1 logs in u1   18:01 desk-2 logs in u2   18:02 desk-3 logs in u3   18:03 desk-4 logs in u4
        18:50 desk-4 dials 9005   desk-5 answers
        19:00:01.500 desk-5 hangs up
        19:01 admin asks jobs
        ",
        expect![[r#"
            18:00 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:01 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:02 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:03 desk-4 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            18:50 desk-5 rings (from 2004 U4)
            18:50 desk-4 hears it ring, talks with desk-5
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01.500 desk-4 hears "The other party hung up"
            19:00:02 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:03 desk-4 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:01 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 4 of 4 out, 0 after calls"#]],
    );
}

/// A job that is gone when the server comes back leaves nothing behind that one of the same name would go on with.
#[test]
fn a_job_that_comes_again_does_not_go_on_with_an_old_run() {
    check(
        "rules: TOD-3",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-3: guest 9003, no display
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        19:00:00.500 admin pauses evening
        19:01 server dies   site: job evening is removed   19:02 server starts
        19:03 site: job evening: daily at 19:00
        19:04 server dies   19:05 server starts
        19:06 admin asks jobs   admin asks who
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            19:00 desk-1 becomes lobby (schedule)
            19:00:00.500 admin hears "evening is paused: 2 wait"
            19:06 admin reads: evening: daily at 19:00, for all, next 19:00
            19:06 admin reads: u2 (2002 U2) at desk-2 since 18:02, last used 18:02 (the login), next logout 19:00 (schedule)
            19:06 admin reads: u3 (2003 U3) at desk-3 since 18:03, last used 18:03 (the login), next logout 19:00 (schedule)"#]],
    );
}
