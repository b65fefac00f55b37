//! Times of day at which everybody goes.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn up_to_three_times_of_day_log_everybody_out() {
    check(
        "rules: TOD-1, IDL-6",
        "
        timezone Europe/Berlin   logout at 12:00, 19:00, 24:00
        alice: 2001, pin 1111   desk-1: guest 9001
        11:00 desk-1 logs in alice   until 12:01
        12:05 desk-1 logs in alice   until 19:01
        19:05 desk-1 logs in alice   on 2026-05-06   until 00:01
        ",
        expect![[r#"
            11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            11:59 desk-1 reads "Logout in 60 s: the building's logout time."
            12:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            12:05 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:05 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            23:59 desk-1 reads "Logout in 60 s: the building's logout time."
            on 2026-05-06
            00:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn midnight_at_the_days_begin_is_midnight_too() {
    check(
        "rules: TOD-1",
        "
        timezone Europe/Berlin   logout at 00:00
        alice: 2001, pin 1111   desk-1: guest 9001
        23:00 desk-1 logs in alice   on 2026-05-06   until 00:01
        ",
        expect![[r#"
            23:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            23:59 desk-1 reads "Logout in 60 s: the building's logout time."
            on 2026-05-06
            00:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn the_clock_is_the_sites_when_summer_begins() {
    check(
        "rules: TOD-1",
        "
        timezone Europe/Berlin   logout at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001
        on 2026-03-28   18:00 desk-1 logs in alice   until 20:00   desk-1 logs in alice
        on 2026-03-29   until 20:00
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            20:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            on 2026-03-29
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn the_clock_is_the_sites_when_summer_ends() {
    check(
        "rules: TOD-1",
        "
        timezone Europe/Berlin   logout at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001
        on 2026-10-24   18:00 desk-1 logs in alice   until 20:00   desk-1 logs in alice
        on 2026-10-25   until 20:00
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            20:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            on 2026-10-25
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_time_that_the_clocks_skip_comes_when_they_have_skipped_it() {
    check(
        "rules: TOD-1",
        "
        timezone Europe/Berlin   logout at 02:30
        alice: 2001, pin 1111   desk-1: guest 9001
        on 2026-03-29   01:00 desk-1 logs in alice   until 04:00
        ",
        expect![[r#"
            01:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            03:29 desk-1 reads "Logout in 60 s: the building's logout time."
            03:30 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_time_that_comes_twice_logs_out_once() {
    check(
        "rules: TOD-1",
        "
        timezone Europe/Berlin   logout at 02:30
        alice: 2001, pin 1111   desk-1: guest 9001
        on 2026-10-25   01:00 desk-1 logs in alice
        +100m desk-1 logs in alice
        until 12:00
        admin asks who
        ",
        expect![[r#"
            01:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            02:29 desk-1 reads "Logout in 60 s: the building's logout time."
            02:30 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            02:40 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            12:00 admin reads: alice (2001 Alice) at desk-1 since 02:40, last used 02:40 (the login), next logout 02:30 (schedule)"#]],
    );
}

#[test]
fn who_is_in_a_call_goes_when_it_ends_and_who_is_not_goes_at_once() {
    check(
        "rules: TOD-3",
        "
        show events
        logout at 19:00
        alice: 2001, pin 1111   bob: 2002, pin 2222   carol: 2003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        18:00 desk-1 logs in alice   18:01 desk-2 logs in bob   18:02 desk-3 logs in carol
        18:50 desk-1 dials 9004      desk-4 answers
        18:59:50 desk-2 dials 2003
        18:59:55 desk-2 hangs up     desk-5 dials 2003
        19:00:10 admin asks status   admin explains alice   desk-5 hangs up
        19:10 desk-1 hangs up
        ",
        expect![[r#"
            18:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:01 event logged-in - bob desk-2 Code: bob logged in at desk-2
            18:01 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            18:02 event logged-in - carol desk-3 Code: carol logged in at desk-3
            18:02 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            18:50 desk-4 rings (from 2001 Alice)
            18:50 desk-1 hears it ring, talks with desk-4
            18:59 event warned schedule alice desk-1 Timer: alice at desk-1 was told of the logout in 60 s
            18:59 event warned schedule bob desk-2 Timer: bob at desk-2 was told of the logout in 60 s
            18:59 event warned schedule carol desk-3 Timer: carol at desk-3 was told of the logout in 60 s
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            18:59 desk-2 reads "Logout in 60 s: the building's logout time."
            18:59 desk-3 reads "Logout in 60 s: the building's logout time."
            18:59:50 desk-3 rings (from 2002 Bob)
            18:59:50 desk-2 hears it ring
            18:59:55 desk-3 stops ringing, rings (from 9005 Lobby)
            18:59:55 desk-5 hears it ring
            19:00 event mass-logout-started - - - Timer: Job logout_times of 2026-05-05 19:00:00 begins: 3 to log out, 50 a second
            19:00 event logout-deferred schedule alice desk-1 Timer: alice will be logged out at desk-1 when it is idle
            19:00 event logged-out schedule bob desk-2 Timer: bob logged out at desk-2 (schedule)
            19:00 desk-2 becomes lobby (schedule)
            19:00 event logout-deferred schedule carol desk-3 Timer: carol will be logged out at desk-3 when it is idle
            19:00 desk-2 reads "Logged out: the building's logout time"
            19:00:10 admin reads: 5 of 5 phones registered, 2 sessions, 2 calls, 0 logouts waiting
            19:00:10 admin reads: alice has been logged in at desk-1 since 2026-05-05 18:00:00.
            19:00:10 admin reads: desk-1 was last used at 2026-05-05 18:50:00, as a call attempt showed.
            19:00:10 admin reads: alice will be logged out (schedule) as soon as desk-1 is idle; that was decided at 2026-05-05 19:00:00.
            19:00:10 event logged-out schedule carol desk-3 Timer: carol logged out at desk-3 (schedule)
            19:00:10 desk-3 becomes lobby (schedule), stops ringing, reads "Logged out: the building's logout time"
            19:10 event logged-out schedule alice desk-1 Timer: alice logged out at desk-1 (schedule)
            19:10 desk-1 becomes lobby (schedule)
            19:10 desk-4 hears "The other party hung up"
            19:10 desk-1 reads "Logged out: the building's logout time"
            19:10 event mass-logout-ended - - - Timer: Job logout_times is over: 3 of 3 logged out, 2 of them after calls"#]],
    );
}

#[test]
fn a_login_during_the_mass_logout_is_a_new_session() {
    check(
        "rules: TOD-1, TOD-3",
        "
        logout at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001
        18:00 desk-1 logs in alice   19:00 desk-1 logs in alice
        until 19:30
        admin asks who
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time", becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            19:30 admin reads: alice (2001 Alice) at desk-1 since 19:00, last used 19:00 (the login), next logout 19:00 (schedule)"#]],
    );
}

#[test]
fn a_mass_logout_is_paced() {
    check(
        "rules: TOD-3",
        "
        logout at 19:00   logouts 2/s
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4   u5: 2005, pin 5
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3
        18:04 desk-4 logs in u4   18:05 desk-5 logs in u5
        19:00:01 admin asks status
        until 19:01
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, reads "Logged in: 2001 U1", hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, reads "Logged in: 2002 U2", hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, reads "Logged in: 2003 U3", hears "Logged in: 2003 U3"
            18:04 desk-4 becomes u4, reads "Logged in: 2004 U4", hears "Logged in: 2004 U4"
            18:05 desk-5 becomes u5, reads "Logged in: 2005 U5", hears "Logged in: 2005 U5"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            18:59 desk-2 reads "Logout in 60 s: the building's logout time."
            18:59 desk-3 reads "Logout in 60 s: the building's logout time."
            18:59 desk-4 reads "Logout in 60 s: the building's logout time."
            18:59 desk-5 reads "Logout in 60 s: the building's logout time."
            19:00 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:00.500 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 desk-3 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:01 admin reads: 5 of 5 phones registered, 2 sessions, 0 calls, 2 logouts waiting
            19:00:01.500 desk-4 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:00:02 desk-5 becomes lobby (schedule), reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_restart_in_the_middle_resumes_the_mass_logout() {
    check(
        "rules: TOD-3",
        "
        logout at 19:00   logouts 1/s
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        desk-3: guest 9003, no display   desk-4: guest 9004, no display   desk-5: guest 9005
        18:01 desk-1 logs in u1   18:02 desk-2 logs in u2   18:03 desk-3 logs in u3   18:04 desk-4 logs in u4
        18:59:58 desk-4 dials 9005   desk-5 answers
        19:00:01 server dies         19:10 server starts
        until 19:11
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            18:04 desk-4 becomes u4, hears "Logged in: 2004 U4"
            18:59:58 desk-5 rings (from 2004 U4)
            18:59:58 desk-4 hears it ring, talks with desk-5
            19:00 desk-1 becomes lobby (schedule)
            19:00:01 desk-2 becomes lobby (schedule)
            19:10 desk-3 becomes lobby (schedule)
            19:10:01 desk-4 becomes lobby (schedule)"#]],
    );
}

/// As programs may ask it; what is still to do is stored before it is begun.
#[test]
fn logging_everybody_out_goes_at_the_pace_and_on_after_a_restart() {
    check(
        "rules: TOD-3, ADM-1",
        "
        logouts 1/s
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3   u4: 2004, pin 4
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        desk-3: guest 9003, no display   desk-4: guest 9004, no display   desk-5: guest 9005
        09:01 desk-1 logs in u1   09:02 desk-2 logs in u2   09:03 desk-3 logs in u3   09:04 desk-4 logs in u4
        09:59:58 desk-4 dials 9005   desk-5 answers
        10:00 admin logs everybody out
        10:00:01 server dies         10:10 server starts
        until 10:11
        ",
        expect![[r#"
            09:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            09:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            09:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            09:04 desk-4 becomes u4, hears "Logged in: 2004 U4"
            09:59:58 desk-5 rings (from 2004 U4)
            09:59:58 desk-4 hears it ring, talks with desk-5
            10:00 admin hears "4 are being logged out"
            10:00 desk-1 becomes lobby (api)
            10:00:01 desk-2 becomes lobby (api)
            10:10 desk-3 becomes lobby (api)
            10:10:01 desk-4 becomes lobby (api)"#]],
    );
}

#[test]
fn what_was_deferred_is_paced_too_after_a_restart() {
    check(
        "rules: TOD-3",
        "
        logout at 19:00   logouts 1/s
        u1: 2001, pin 1   u2: 2002, pin 2   u3: 2003, pin 3
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-3: guest 9003, no display
        desk-4: guest 9004   desk-5: guest 9005   desk-6: guest 9006
        18:01 desk-1 logs in u1      18:02 desk-2 logs in u2      18:03 desk-3 logs in u3
        18:50 desk-1 dials 9004      desk-4 answers               desk-2 dials 9005   desk-5 answers
        18:51 desk-3 dials 9006      desk-6 answers
        19:05 server dies            19:10 server starts
        until 19:11
        ",
        expect![[r#"
            18:01 desk-1 becomes u1, hears "Logged in: 2001 U1"
            18:02 desk-2 becomes u2, hears "Logged in: 2002 U2"
            18:03 desk-3 becomes u3, hears "Logged in: 2003 U3"
            18:50 desk-4 rings (from 2001 U1)
            18:50 desk-1 hears it ring, talks with desk-4
            18:50 desk-5 rings (from 2002 U2)
            18:50 desk-2 hears it ring, talks with desk-5
            18:51 desk-6 rings (from 2003 U3)
            18:51 desk-3 hears it ring, talks with desk-6
            19:10 desk-1 becomes lobby (schedule)
            19:10:01 desk-2 becomes lobby (schedule)
            19:10:02 desk-3 becomes lobby (schedule)"#]],
    );
}

#[test]
fn a_time_that_came_while_the_server_was_down_is_made_up_for() {
    check(
        "rules: TOD-3, IDL-5",
        "
        logout at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001, no display
        18:00 desk-1 logs in alice   18:50 server dies   20:00 server starts
        until 20:01
        20:02 desk-1 logs in alice   20:03 server dies   20:04 server starts
        until 20:10
        admin asks who
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            20:00 desk-1 becomes lobby (schedule)
            20:02 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            20:10 admin reads: alice (2001 Alice) at desk-1 since 20:02, last used 20:02 (the login), next logout 19:00 (schedule)"#]],
    );
}

#[test]
fn a_clock_that_jumps_over_the_time_logs_out_and_one_set_back_does_not_again() {
    check(
        "rules: TOD-1",
        "
        logout at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in alice   18:10 clock jumps +1h
        19:10:20 desk-2 dials 2001   19:10:25 desk-2 hangs up
        19:11 desk-1 logs in alice   clock jumps -1h
        until 18:30
        admin asks who
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            19:10:20 desk-1 rings (from 9002 Lobby)
            19:10:20 desk-2 hears it ring
            19:10:25 desk-1 stops ringing
            19:10:30 desk-1 becomes lobby (schedule), reads "Logged out: the building's logout time"
            19:11 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:30 admin reads: alice (2001 Alice) at desk-1 since 19:11, last used 19:11 (the login), next logout 19:00 (schedule)"#]],
    );
}
