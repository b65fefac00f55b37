//! Whose turn it is when many are to be logged out, and what jobs remember of that.

use expect_test::expect;

use crate::support::play::check;

/// Neither those whom a job means nor those who were idle for too long wait until the others are through.
#[test]
fn jobs_and_idle_phones_take_turns() {
    check(
        "rules: TOD-3, IDL-2",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00, phones desk-*
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        u4: 2004, pin 4, idle limit 1h   u5: 2005, pin 5, idle limit 1h   u6: 2006, pin 6, idle limit 1h
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        lobby-1: guest 9004   lobby-2: guest 9005   lobby-3: guest 9006
        17:57 desk-1 logs in u1   17:58 desk-2 logs in u2   17:59 desk-3 logs in u3
        18:00 lobby-1 logs in u4
        18:00:00.100 lobby-2 logs in u5
        18:00:00.200 lobby-3 logs in u6
        until 19:01
        ",
        expect![[r#"
            17:57 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            17:58 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            17:59 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:00 lobby-1 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            18:00:00.100 lobby-2 becomes u5, reads "Logged in: 2005 U5", hears "Logged in: 2005 U5"
            18:00:00.200 lobby-3 becomes u6, reads "Logged in: 2006 U6", hears "Logged in: 2006 U6"
            19:00 lobby-1 becomes lobby (idle), reads "Logged out: not used"
            19:00:01 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:02 lobby-2 becomes lobby (idle), reads "Logged out: not used"
            19:00:03 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:04 lobby-3 becomes lobby (idle), reads "Logged out: not used"
            19:00:05 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

/// Whoever used the phone before their turn came has not been idle for too long, and may be later.
#[test]
fn who_uses_the_phone_before_the_turn_stays_until_it_is_idle_again() {
    check(
        "rules: IDL-2, TOD-3",
        "
        logouts 1/s   warning 0s
        u1: 2001, pin 1, idle limit 30m   u2: 2002, pin 2, idle limit 30m
        desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in u1
        18:00:00.100 desk-2 logs in u2
        18:30:00.500 desk-2 dials 9009
        until 19:01
        ",
        expect![[r#"
            18:00 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:00:00.100 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:30 desk-1 becomes lobby (idle), reads "Logged out: not used"
            18:30:00.500 desk-2 hears 404 Unknown number
            19:00:00.500 desk-2 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

/// Two times of a job meet: those of the second join the run of the first, and what is said is of the second.
#[test]
fn a_run_that_is_not_over_takes_in_those_of_the_next_time() {
    check(
        "rules: TOD-2, TOD-3",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00 19:05
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2
        18:50 desk-1 dials 9004   desk-4 answers
        19:01 desk-3 logs in u3
        19:06 admin asks jobs
        19:07 desk-4 hangs up
        19:08 admin asks jobs
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:50 desk-4 rings (from 2001 U1)
            18:50 desk-1 hears it ring, talks with desk-4
            19:00 desk-1 reads "Logout when the call ends: the building's logout time"
            19:00:01 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:01 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            19:05 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:06 admin reads: evening: daily at 19:00, 19:05, for all, next 19:00, running: 2 of 3 out, 0 to go, 1 wait for calls
            19:07 desk-1 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time"
            19:08 admin reads: evening: daily at 19:00, 19:05, for all, next 19:00, last 19:05 done: 3 of 3 out, 1 after calls"#]],
    );
}

/// While a run is paused its people are as free as ever, even when its next time comes: other limits hold.
#[test]
fn in_a_paused_run_other_limits_hold() {
    check(
        "rules: TOD-3, IDL-2",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00 19:05
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3, idle limit 1h
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:30 desk-3 logs in u3
        19:00:00.500 admin pauses evening
        19:31 admin asks who   admin cancels evening
        19:32 admin asks jobs
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:30 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:00.500 admin hears "evening is paused: 2 wait"
            19:30 desk-3 becomes lobby (idle), reads "Logged out: not used"
            19:31 admin reads: u2 (2002 U2) at desk-2 since 18:02, last used 18:02 (the login), next logout 19:00 (schedule), hears "evening is cancelled: 1 stay logged in"
            19:32 admin reads: evening: daily at 19:00, 19:05, for all, next 19:00, last 19:05 cancelled: 1 of 3 out, 0 after calls"#]],
    );
}

#[test]
fn who_stays_when_a_run_is_cancelled_is_told_again_the_next_day() {
    check(
        "rules: TOD-3, IDL-6",
        "
        logouts 1/s   job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3, idle limit 4h
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        19:00:00.500 admin cancels evening
        on 2026-05-06   until 19:01
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            18:59 desk-2 reads "Logout in 60 s: the building's logout time."
            18:59 desk-3 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:00.500 admin hears "evening is cancelled: 2 stay logged in"
            22:02 desk-3 reads "Logout in 60 s: not used. Make a call to stay."
            22:03 desk-3 becomes lobby (idle), reads "Logged out: not used"
            on 2026-05-06
            18:59 desk-2 reads "Logout in 60 s: the building's logout time."
            19:00 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

/// A pause is stored at once.
#[test]
fn a_run_that_was_paused_a_moment_before_the_server_died_is_paused() {
    check(
        "rules: TOD-3",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2
        19:00:00.500 admin pauses evening
        19:00:00.900 server dies   19:01 server starts
        19:02 admin asks jobs   admin resumes evening
        19:02:00.500 server dies   19:03 server starts
        19:04 admin asks jobs
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            19:00 desk-1 becomes lobby (schedule)
            19:00:00.500 admin hears "evening is paused: 1 wait"
            19:02 admin reads: evening: daily at 19:00, for all, next 19:00, paused: 1 of 2 out, 1 to go, 0 wait for calls, hears "evening goes on: 1 to log out"
            19:02 desk-2 becomes lobby (schedule)
            19:04 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 2 of 2 out, 0 after calls"#]],
    );
}

/// Whom a job means is what it says when the run goes on.
#[test]
fn a_run_that_goes_on_after_a_restart_means_whom_its_job_means_now() {
    check(
        "rules: TOD-3, EXM-1",
        "
        logouts 1/s   warning 0s
        job evening: daily at 19:00
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-3: guest 9003, no display
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        19:00:00.500 server dies   site: desk-2: exempt   19:01 server starts
        19:02 admin asks who
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            19:00 desk-1 becomes lobby (schedule)
            19:01 desk-3 becomes lobby (schedule)
            19:02 admin reads: u2 (2002 U2) at desk-2 since 18:02, last used 18:02 (the login)"#]],
    );
}

#[test]
fn who_logs_in_again_while_a_run_waits_for_them_goes_all_the_same() {
    check(
        "rules: TOD-3, OUT-2",
        "
        warning 0s   job evening: daily at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in alice   18:50 desk-1 dials 9002   desk-2 answers
        19:01 admin asks jobs        desk-1 logs in alice
        19:02 admin asks jobs        desk-2 hangs up
        19:03 admin asks who
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:50 desk-2 rings (from 2001 Alice)
            18:50 desk-1 hears it ring, talks with desk-2
            19:00 desk-1 reads "Logout when the call ends: the building's logout time"
            19:01 admin reads: evening: daily at 19:00, for all, next 19:00, running: 0 of 1 out, 0 to go, 1 wait for calls
            19:01 desk-1 hears "Already logged in as alice"
            19:02 admin reads: evening: daily at 19:00, for all, next 19:00, running: 0 of 1 out, 0 to go, 1 wait for calls
            19:02 desk-1 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time"
            19:03 admin reads: nobody"#]],
    );
}

/// A job that only says what it would do does no more when somebody runs it; and nobody is said to be logged out by it.
#[test]
fn a_job_that_rehearses_does_so_by_hand_too() {
    check(
        "rules: TOD-2, SES-11",
        "
        warning 0s
        job evening: daily at 19:00, dry run
        job night: daily at 23:00
        job midnight: daily at 24:00
        alice: 2001, pin 1111   desk-1: guest 9001
        18:00 desk-1 logs in alice   admin runs evening   admin asks who   admin explains alice
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:00 admin hears "evening is tried: what it would do to 1 is in the log"
            18:00 admin reads: alice (2001 Alice) at desk-1 since 18:00, last used 18:00 (the login), next logout 23:00 (schedule)
            18:00 admin reads: alice has been logged in at desk-1 since 2026-05-05 18:00:00.
            18:00 admin reads: desk-1 was last used at 2026-05-05 18:00:00, as the login showed.
            18:00 admin reads: The next automatic logout is at 2026-05-05 23:00:00 (schedule: job night).
            18:00 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            18:00 admin reads: Besides: job midnight, which would be at 2026-05-06 00:00:00 (schedule)."#]],
    );
}

/// A job that is taken out of the site lets go of whom it waits for, and nothing is known of it when it comes again.
#[test]
fn a_job_that_is_taken_out_lets_go_and_is_forgotten() {
    check(
        "rules: TOD-3, IDL-2",
        "
        warning 0s   job evening: daily at 19:00
        alice: 2001, pin 1111, idle limit 1h   bob: 2002, pin 2222
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-3: guest 9003
        18:00 desk-1 logs in alice   desk-2 logs in bob   18:50 desk-1 dials 9003   desk-3 answers
        19:01 site: job evening is removed
        19:02 desk-3 hangs up        admin asks who
        19:03 site: job evening: daily at 19:00
        admin asks jobs
        19:04 server dies   19:05 server starts
        admin asks jobs
        until 20:03
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            18:00 desk-2 becomes bob, hears "Logged in: 2002 Bob"
            18:50 desk-3 rings (from 2001 Alice)
            18:50 desk-1 hears it ring, talks with desk-3
            19:00 desk-2 becomes lobby (schedule)
            19:02 desk-1 hears "The other party hung up"
            19:02 admin reads: alice (2001 Alice) at desk-1 since 18:00, last used 19:02 (the end of a call), next logout 20:02 (idle)
            19:03 admin reads: evening: daily at 19:00, for all, next 19:00
            19:05 admin reads: evening: daily at 19:00, for all, next 19:00
            20:02 desk-1 becomes lobby (idle)"#]],
    );
}

/// What passed before there was a job is not made up for, whenever the server dies.
#[test]
fn a_new_job_is_not_made_up_for_after_a_restart() {
    check(
        "rules: TOD-2",
        "
        warning 0s
        alice: 2001, pin 1111   desk-1: guest 9001, no display
        18:00 desk-1 logs in alice
        20:00 site: job evening: daily at 19:00
        20:00:01 server dies   20:01 server starts
        20:02 admin asks who   admin asks jobs
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            20:02 admin reads: alice (2001 Alice) at desk-1 since 18:00, last used 18:00 (the login), next logout 19:00 (schedule)
            20:02 admin reads: evening: daily at 19:00, for all, next 19:00"#]],
    );
}

/// What a job did last is known after a restart, and its time does not come a second time.
#[test]
fn what_a_job_did_last_is_remembered() {
    check(
        "rules: TOD-2, TOD-3",
        "
        warning 0s
        job evening: daily at 19:00
        job never: daily at 18:00, missed are skipped
        alice: 2001, pin 1111   desk-1: guest 9001, no display
        17:30 desk-1 logs in alice   17:31 server dies   18:30 server starts
        19:00:01 server dies   19:00:10 server starts
        19:01 admin asks jobs
        ",
        expect![[r#"
            17:30 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            19:00 desk-1 becomes lobby (schedule)
            19:01 admin reads: evening: daily at 19:00, for all, next 19:00, last 19:00 done: 1 of 1 out, 0 after calls
            19:01 admin reads: never: daily at 18:00, for all, next 18:00, last 18:00 skipped: 0 of 0 out, 0 after calls"#]],
    );
}

/// A job that means others from now on has not changed its times, but its people.
#[test]
fn a_job_that_means_others_comes_at_the_same_time_for_them() {
    check(
        "rules: TOD-2, SES-13",
        "
        warning 45s
        job evening: daily at 19:00, for internal
        class temps: call users, login   class staff: call users, login
        alice: 2001, pin 1111, class temps, own class staff   bob: 2002, pin 2222, class temps
        desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in alice   desk-2 logs in bob
        18:30 site: job evening: daily at 19:00, class temps
        until 19:01
        admin asks who
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            18:59:15 desk-2 reads "Logout in 45 s: the building's logout time."
            19:00 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:01 admin reads: alice (2001 Alice) at desk-1 since 18:00, last used 18:00 (the login)"#]],
    );
}

#[test]
fn a_job_for_external_users_leaves_everybody_at_a_desk_alone() {
    check(
        "rules: TOD-2, SES-17",
        "
        warning 0s   job outside: daily at 10:00, for external
        alice: 2001, pin 1111, softphone counts   bob: 2002, pin 2222
        alice-app: softphone of alice   desk-1: guest 9001
        09:00 desk-1 logs in bob
        10:01 admin asks who   admin asks jobs
        ",
        expect![[r#"
            08:59 alice becomes alice
            08:59 alice-app reads "Logged in: 2001 Alice"
            09:00 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            10:00 alice becomes nothing (schedule)
            10:00 alice-app reads "Logged out: the building's logout time"
            10:01 admin reads: bob (2002 Bob) at desk-1 since 09:00, last used 09:00 (the login)
            10:01 admin reads: outside: daily at 10:00, for external, next 10:00, last 10:00 done: 1 of 1 out, 0 after calls"#]],
    );
}

/// Everybody is logged out by a program: that is what is written down, of whom it is at once and of whom it is later.
#[test]
fn everybody_who_is_logged_out_by_a_program_is_written_down_so() {
    check(
        "rules: TOD-3, SES-12",
        "
        show events
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-2 dials 9003   desk-3 answers
        09:01 admin logs everybody out
        09:02 desk-3 hangs up
        ",
        expect![[r#"
            09:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 event logged-in - bob desk-2 Code: bob logged in at desk-2
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-3 rings (from 2002 Bob)
            09:00 desk-2 hears it ring, talks with desk-3
            09:01 admin hears "2 are being logged out"
            09:01 event logout-deferred api bob desk-2 Api: bob will be logged out at desk-2 when it is idle
            09:01 event logout-deferred api alice desk-1 Api: alice will be logged out at desk-1 when it is idle
            09:01 event logged-out api alice desk-1 Api: alice logged out at desk-1 (api)
            09:01 desk-1 becomes lobby (api)
            09:01 desk-2 reads "Logout when the call ends: by a program"
            09:01 desk-1 reads "Logged out by a program"
            09:02 event logged-out api bob desk-2 Api: bob logged out at desk-2 (api)
            09:02 desk-2 becomes lobby (api), hears "The other party hung up", reads "Logged out by a program""#]],
    );
}

/// Somebody waits for the turn that idleness gave them, and is in a call when it comes: a clock time of their own has
/// come with it, and cuts nothing.
#[test]
fn a_clock_time_that_comes_before_the_turn_waits_for_the_call() {
    check(
        "rules: TOD-1, TOD-3, IDL-2",
        "
        logouts 1/s   warning 0s
        u1: 2001, pin 1, idle limit 30m   u2: 2002, pin 2, idle limit 30m
        u3: 2003, pin 3, idle limit 30m, logout at 19:00
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        18:29:59 desk-1 logs in u1
        18:29:59.100 desk-2 logs in u2
        18:29:59.200 desk-3 logs in u3
        18:59:59.500 desk-3 dials 9004   desk-4 answers
        19:01 admin asks who   desk-4 hangs up
        ",
        expect![[r#"
            18:29:59 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:29:59.100 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:29:59.200 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:59:59 desk-1 becomes lobby (idle), reads "Logged out: not used"
            18:59:59.500 desk-4 rings (from 2003 U3)
            18:59:59.500 desk-3 hears it ring, talks with desk-4
            19:00 desk-2 becomes lobby (idle), reads "Logged out: not used"
            19:00:01 desk-3 reads "Logout when the call ends: your profile's logout time"
            19:01 admin reads: u3 (2003 U3) at desk-3 since 18:29:59.200, last used 18:59:59.500 (a call attempt), next logout 19:00 (schedule), leaving (schedule), in a call
            19:01 desk-3 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: your profile's logout time""#]],
    );
}
