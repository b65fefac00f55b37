//! When an unattended session ends.

use expect_test::expect;

use crate::support::play::{check, check_otherwise};

#[test]
fn idle_logout_waits_for_the_call_to_end() {
    check(
        "rules: IDL-2, IDL-6",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    09:25 desk-1 dials 9002   desk-2 answers
        09:58 desk-1 hangs up
        until 10:30
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:25 desk-2 rings (from 2001 Alice)
            09:25 desk-1 hears it ring, talks with desk-2
            09:58 desk-2 hears "The other party hung up"
            10:27 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:28 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn idleness_is_counted_from_the_end_of_the_last_call_whoever_ends_it() {
    check(
        "rules: IDL-1, IDL-2",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    09:20 desk-2 dials 2001   desk-1 answers
        09:45 desk-2 hangs up
        until 10:16
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:20 desk-1 rings (from 9002 Lobby)
            09:20 desk-2 hears it ring, talks with desk-1
            09:45 desk-1 hears "The other party hung up"
            10:14 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:15 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn a_digit_in_a_call_and_a_call_attempt_are_activity() {
    check(
        "rules: IDL-1",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    09:20 desk-1 dials 9999   admin asks who
        09:40 desk-1 dials 9002       desk-2 answers   09:41 desk-1 presses 7   admin asks who
        09:42 desk-1 holds            admin asks who   09:43 desk-1 resumes   desk-1 hangs up
        until 10:14
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:20 desk-1 hears 404 Unknown number
            09:20 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:20 (a call attempt), next logout 09:50 (idle)
            09:40 desk-2 rings (from 2001 Alice)
            09:40 desk-1 hears it ring, talks with desk-2
            09:41 desk-2 hears the digit 7
            09:41 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:41 (a dialled digit), next logout 10:11 (idle), in a call
            09:42 desk-2 is held
            09:42 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:42 (hold or resume), next logout 10:12 (idle), in a call
            09:43 desk-2 is taken back, hears "The other party hung up"
            10:12 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:13 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn ringing_is_no_activity_but_a_logout_waits_for_it() {
    check_otherwise(
        "rules: IDL-1, OUT-3",
        "
        otherwise over SCCP: who declines presses a key
        no answer after 50s
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice
        09:10 desk-2 dials 2001
        09:20 desk-2 dials 2001   09:20:10 desk-1 declines   admin asks who
        09:29:30 desk-2 dials 2001
        until 09:31
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-1 rings (from 9002 Lobby)
            09:10 desk-2 hears it ring
            09:10:50 desk-2 hears 480 No answer
            09:10:50 desk-1 stops ringing
            09:20 desk-1 rings (from 9002 Lobby)
            09:20 desk-2 hears it ring
            09:20:10 desk-2 hears 603 Declined
            09:20:10 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login), next logout 09:30 (idle)
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:29:30 desk-1 rings (from 9002 Lobby)
            09:29:30 desk-2 hears it ring
            09:30:20 desk-1 becomes lobby (idle)
            09:30:20 desk-2 hears 480 No answer
            09:30:20 desk-1 stops ringing, reads "Logged out: not used""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:10 desk-1 rings (from 9002 Lobby)
            09:10 desk-2 hears it ring
            09:10:50 desk-1 stops ringing
            09:10:50 desk-2 hears No answer
            09:20 desk-1 rings (from 9002 Lobby)
            09:20 desk-2 hears it ring
            09:20:10 desk-2 hears Declined
            09:20:10 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:20:10 (a key press), next logout 09:50:10 (idle)
            09:29:30 desk-1 rings (from 9002 Lobby)
            09:29:30 desk-2 hears it ring
            09:30:20 desk-1 stops ringing
            09:30:20 desk-2 hears No answer"#]],
    );
}

#[test]
fn registering_again_is_no_activity() {
    check(
        "rules: IDL-1",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001
        09:00 desk-1 logs in alice
        09:10 desk-1 unregisters   09:11 desk-1 vanishes   09:20 desk-1 comes back
        until 09:31
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:30 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn a_colleagues_use_of_a_shared_line_is_no_activity() {
    check(
        "rules: IDL-1",
        "
        alice: 2001, pin 1111, idle limit 30m, lines 2001 2000
        bob: 2002, pin 2222, lines 2002 2000
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 desk-3 dials 2000      desk-2 answers   09:20 desk-3 hangs up
        until 09:31
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:10 desk-1 rings (from 9003 Lobby)
            09:10 desk-2 rings (from 9003 Lobby)
            09:10 desk-3 hears it ring
            09:10 desk-1 stops ringing (answered elsewhere)
            09:10 desk-3 talks with desk-2
            09:20 desk-2 hears "The other party hung up"
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:30 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn which_signal_showed_activity_is_recorded() {
    check_otherwise(
        "rules: IDL-1",
        "
        otherwise over SCCP: digits are a number, and that comes to nothing
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice        09:05 desk-1 goes off hook   admin asks who
        09:05:30 desk-1 presses 9         admin asks who
        09:05:40 desk-1 goes on hook      admin asks who
        09:06 desk-1 presses a key        admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, is alice's and reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:05 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05 (going off hook), in a call
            09:05:30 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05:30 (a dialled digit), in a call
            09:05:40 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05:40 (going on hook)
            09:06 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:06 (a key press)"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:05 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05 (going off hook), in a call
            09:05:30 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05:30 (a dialled digit), in a call
            09:05:35 desk-1 hears Unknown number
            09:05:40 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05:40 (going on hook)
            09:06 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:06 (a key press)"#]],
    );
}

#[test]
fn a_forgotten_call_on_hold_keeps_nobody_who_has_asked_to_leave() {
    check_otherwise(
        "rules: IDL-2, OUT-2",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    09:10 desk-1 dials 9002   desk-2 answers
        09:20 desk-1 holds            09:21 desk-1 logs out     09:22 admin explains alice
        until 10:21
        10:25 admin asks status
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-2 rings (from 2001 Alice)
            09:10 desk-1 hears it ring, talks with desk-2
            09:20 desk-2 is held
            09:21 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:22 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:22 admin reads: desk-1 was last used at 2026-05-05 09:21:00, as a call attempt showed.
            09:22 admin reads: alice will be logged out (user) as soon as desk-1 is idle; that was decided at 2026-05-05 09:21:00.
            09:22 admin reads: desk-1 has a call on hold: the idle limit waits for it until 2026-05-05 10:20:00 at most, any other until it ends.
            10:19 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:20 desk-1 becomes lobby (idle), reads "Logged out: not used"
            10:25 admin reads: 2 of 2 phones registered, 0 sessions, 1 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:10 desk-2 rings (from 2001 Alice)
            09:10 desk-1 hears it ring, talks with desk-2
            09:20 desk-2 is held
            09:21 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:22 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:22 admin reads: desk-1 was last used at 2026-05-05 09:21:00, as going on hook showed.
            09:22 admin reads: alice will be logged out (user) as soon as desk-1 is idle; that was decided at 2026-05-05 09:21:00.
            09:22 admin reads: desk-1 has a call on hold: the idle limit waits for it until 2026-05-05 10:20:00 at most, any other until it ends.
            10:19 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:20 desk-1 becomes lobby (idle), reads "Resetting..."
            10:25 admin reads: 2 of 2 phones registered, 0 sessions, 1 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_held_call_alone_keeps_the_session_for_the_cap_only() {
    check_otherwise(
        "rules: IDL-2",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    09:10 desk-1 dials 9002   desk-2 answers
        09:20 desk-1 holds
        until 10:21
        10:25 admin asks status       desk-1 resumes   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-2 rings (from 2001 Alice)
            09:10 desk-1 hears it ring, talks with desk-2
            09:20 desk-2 is held
            10:19 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:20 desk-1 becomes lobby (idle), reads "Logged out: not used"
            10:25 admin reads: 2 of 2 phones registered, 0 sessions, 1 calls, 0 logouts waiting
            10:25 desk-2 is taken back, hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:10 desk-2 rings (from 2001 Alice)
            09:10 desk-1 hears it ring, talks with desk-2
            09:20 desk-2 is held
            10:19 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:20 desk-1 becomes lobby (idle), reads "Resetting..."
            10:25 admin reads: 2 of 2 phones registered, 0 sessions, 1 calls, 0 logouts waiting
            10:25 desk-2 is taken back, hears the end
            10:25 desk-1 reads "Logged out: not used""#]],
    );
}

#[test]
fn the_party_that_is_held_is_in_an_active_call() {
    check_otherwise(
        "rules: IDL-2",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        held cap 10m
        alice: 2001, pin 1111, idle limit 5m   bob: 2002, pin 2222, idle limit 5m
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-1 dials 2002      desk-2 answers   desk-1 holds
        until 09:30
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 is held
            09:10 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:11 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 is held
            09:10 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:11 desk-1 becomes lobby (idle), reads "Resetting...""#]],
    );
}

#[test]
fn a_handset_left_lying_counts_as_idle_after_sixty_seconds() {
    check_otherwise(
        "rules: IDL-3",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111, idle limit 5m   desk-1: guest 9001
        09:00 desk-1 logs in alice    09:02 desk-1 goes off hook
        until 09:08
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, is alice's and reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:03 desk-1 howls
            09:06 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:07 desk-1 becomes lobby (idle), is nobody's and reads "Logged out: not used""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:03 desk-1 howls
            09:06 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:07 desk-1 becomes lobby (idle), reads "Resetting...""#]],
    );
}

#[test]
fn digits_put_the_howler_off() {
    check_otherwise(
        "rules: IDL-3, IDL-1",
        "
        otherwise over SCCP: digits are a number, and that comes to nothing
        alice: 2001, pin 1111, idle limit 5m   desk-1: guest 9001
        09:00 desk-1 logs in alice    09:02 desk-1 goes off hook
        09:02:50 desk-1 presses 2     09:03:40 desk-1 presses 0
        until 09:05
        09:06 desk-1 goes on hook
        until 09:12
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, is alice's and reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:04:40 desk-1 howls
            09:10 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:11 desk-1 becomes lobby (idle), is nobody's and reads "Logged out: not used""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:02:55 desk-1 hears Unknown number
            09:03:40 IMPOSSIBLE desk-1 has no call to type in
            09:10 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:11 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn a_call_keeps_the_howler_away() {
    check_otherwise(
        "rules: IDL-3",
        "
        otherwise over SCCP: it talks with a phone, where the core knows a number
        alice: 2001, pin 1111, idle limit 5m   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    09:01 desk-1 goes off hook   desk-1 dials 9002   desk-2 answers
        09:20 desk-1 hangs up         desk-1 goes on hook
        until 09:26
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, is alice's and reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 desk-1 hears it ring, talks with 9002
            09:20 desk-2 hears "The other party hung up"
            09:24 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:25 desk-1 becomes lobby (idle), is nobody's and reads "Logged out: not used""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 desk-1 hears it ring, talks with desk-2
            09:20 desk-2 hears the end
            09:24 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:25 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn idle_limit_and_total_limit_hold_together() {
    check(
        "rules: IDL-4, DUR-1",
        "
        alice: 2001, pin 1111, idle limit 4h, max login 8h   desk-1: guest 9001   desk-2: guest 9002
        08:00 desk-1 logs in alice    11:00 desk-1 dials 9999   14:00 desk-1 dials 9999
        until 16:01
        16:05 desk-2 logs in alice
        until 20:06
        ",
        expect![[r#"
            08:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            11:00 desk-1 hears 404 Unknown number
            14:00 desk-1 hears 404 Unknown number
            15:59 desk-1 reads "Logout in 60 s: maximum login time."
            16:00 desk-1 becomes lobby (duration), reads "Logged out: maximum login time"
            16:05 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            20:04 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            20:05 desk-2 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn idle_clocks_survive_a_restart() {
    check(
        "rules: IDL-5",
        "
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222, idle limit 30m
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        09:00 desk-1 logs in alice    desk-2 logs in bob
        09:10 desk-2 dials 9999
        09:11 server dies             09:20 server starts   admin asks who
        until 09:41
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, hears "Logged in: 2002 Bob"
            09:10 desk-2 hears 404 Unknown number
            09:20 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login), next logout 09:30 (idle)
            09:20 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:10 (a call attempt), next logout 09:40 (idle)
            09:30 desk-1 becomes lobby (idle)
            09:40 desk-2 becomes lobby (idle)"#]],
    );
}

#[test]
fn what_is_overdue_ends_at_the_start() {
    check(
        "rules: IDL-5",
        "
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222, max login 1h
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        09:00 desk-1 logs in alice    desk-2 logs in bob
        09:10 server dies             11:00 server starts
        until 11:01
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, hears "Logged in: 2002 Bob"
            11:00 desk-2 becomes lobby (duration)
            11:00 desk-1 becomes lobby (idle)"#]],
    );
}

#[test]
fn last_activity_is_durable_within_sixty_seconds() {
    check(
        "rules: IDL-5",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001, no display
        09:00 desk-1 logs in alice
        09:05 desk-1 dials 9999       09:06 desk-1 dials 9999   09:07 desk-1 dials 9999
        09:07:59 server dies          09:08:30 server starts    admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:05 desk-1 hears 404 Unknown number
            09:06 desk-1 hears 404 Unknown number
            09:07 desk-1 hears 404 Unknown number
            09:08:30 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:07 (a call attempt), next logout 09:37 (idle)"#]],
    );
}

#[test]
fn a_clock_that_jumps_makes_nobody_idle() {
    check(
        "rules: IDL-1",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001
        09:00 desk-1 logs in alice    09:10 clock jumps +2h
        11:29 admin asks who
        until 11:31
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            11:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            11:29 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login), next logout 11:30 (idle)
            11:30 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn who_makes_a_call_after_the_warning_stays() {
    check(
        "rules: IDL-6",
        "
        show events
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001
        09:00 desk-1 logs in alice    09:29:30 desk-1 dials 9999
        until 10:00
        ",
        expect![[r#"
            09:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:29 event warned idle alice desk-1 Timer: alice at desk-1 was told of the logout in 60 s
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:29:30 event stayed - alice desk-1 Timer: alice stays at desk-1
            09:29:30 desk-1 hears 404 Unknown number
            09:58:30 event warned idle alice desk-1 Timer: alice at desk-1 was told of the logout in 60 s
            09:58:30 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:59:30 event logged-out idle alice desk-1 Timer: alice logged out at desk-1 (idle)
            09:59:30 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn who_goes_off_hook_after_the_warning_stays() {
    check(
        "rules: IDL-6",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001
        09:00 desk-1 logs in alice    09:29:30 desk-1 goes off hook   09:29:40 desk-1 goes on hook
        until 10:00
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, is alice's and reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:58:40 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:59:40 desk-1 becomes lobby (idle), is nobody's and reads "Logged out: not used""#]],
    );
}

#[test]
fn the_total_limit_is_announced_and_does_not_cut_a_call() {
    check(
        "rules: DUR-1, IDL-6",
        "
        max login 1h
        alice: 2001, pin 1111   bob: 2002, pin 2222, max login 2h
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice    desk-2 logs in bob
        09:50 desk-1 dials 9003       desk-3 answers
        10:10 desk-3 hangs up
        until 11:01
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:50 desk-3 rings (from 2001 Alice)
            09:50 desk-1 hears it ring, talks with desk-3
            10:10 desk-1 hears "The other party hung up", becomes lobby (duration), reads "Logged out: maximum login time"
            10:59 desk-2 reads "Logout in 60 s: maximum login time."
            11:00 desk-2 becomes lobby (duration), reads "Logged out: maximum login time""#]],
    );
}

#[test]
fn a_class_has_its_own_total_limit() {
    check(
        "rules: DUR-1",
        "
        class temps: call users, call guests, login, auto logout 2h
        max login 8h
        alice: 2001, pin 1111, class temps   bob: 2002, pin 2222, class temps, max login 1h
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice    desk-2 logs in bob
        until 11:01
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:59 desk-2 reads "Logout in 60 s: maximum login time."
            10:00 desk-2 becomes lobby (duration), reads "Logged out: maximum login time"
            10:59 desk-1 reads "Logout in 60 s: maximum login time."
            11:00 desk-1 becomes lobby (duration), reads "Logged out: maximum login time""#]],
    );
}

#[test]
fn phones_profiles_and_classes_can_be_exempt() {
    check(
        "rules: EXM-1",
        "
        logout at 19:00   max login 2h
        class directors: call users, login, exempt
        alice: 2001, pin 1111, idle limit 10m, exempt
        bob: 2002, pin 2222, idle limit 10m, class directors
        carol: 2003, pin 3333, idle limit 10m
        dave: 2004, pin 4444, idle limit 10m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003, exempt   desk-4: guest 9004
        09:00 desk-1 logs in alice    desk-2 logs in bob   desk-3 logs in carol   desk-4 logs in dave
        until 09:30
        admin asks who   admin explains alice
        until 19:30
        admin asks status
        site: alice not exempt
        until 19:31
        19:32 admin logs out bob
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            09:00 desk-4 becomes dave, reads "Logged in: 2004 Dave", hears "Logged in: 2004 Dave"
            09:09 desk-4 reads "Logout in 60 s: not used. Make a call to stay."
            09:10 desk-4 becomes lobby (idle), reads "Logged out: not used"
            09:30 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login)
            09:30 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:00 (the login)
            09:30 admin reads: carol (2003 Carol) at desk-3 since 09:00, last used 09:00 (the login)
            09:30 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:30 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:30 admin reads: Nothing logs alice out automatically here: user profile alice is exempt.
            19:30 admin reads: 4 of 4 phones registered, 3 sessions, 0 calls, 0 logouts waiting
            19:30 desk-1 becomes lobby (idle), reads "Logged out: not used"
            19:32 admin hears "bob: logged out at desk-2"
            19:32 desk-2 becomes lobby (admin), reads "Logged out by the administrator""#]],
    );
}

#[test]
fn after_an_emergency_call_nobody_is_logged_out_from_afar() {
    check(
        "rules: EMG-1",
        "
        emergency 112 rings desk-9
        alice: 2001, pin 1111, idle limit 10m
        bob: 2002, pin 2222
        desk-1: guest 9001, in room 12   desk-2: guest 9002   desk-9: guest 9009
        09:00 desk-1 logs in alice    desk-2 logs in bob
        09:05 desk-1 dials 112        desk-9 answers   09:06 desk-1 hangs up
        09:10 desk-2 dials *132001    admin logs out alice   admin logs in bob at desk-1
        09:11 desk-9 dials 2001       desk-1 answers   desk-9 hangs up
        09:20 admin explains desk-1
        until 09:36
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:05 desk-9 rings (from 2001 Alice)
            09:05 desk-1 hears it ring, talks with desk-9
            09:06 desk-9 hears "The other party hung up"
            09:10 desk-2 hears 403 An emergency call was made at desk-1: no logout for 25 min
            09:10 admin hears no: "An emergency call was made at desk-1: no logout for 25 min", hears no: "An emergency call was made there a short while ago"
            09:11 desk-1 rings (from 9009 Lobby)
            09:11 desk-9 hears it ring, talks with desk-1
            09:11 desk-1 hears "The other party hung up"
            09:20 admin reads: desk-1 is registered and answers to 2001.
            09:20 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:20 admin reads: desk-1 was last used at 2026-05-05 09:11:00, as the end of a call showed.
            09:20 admin reads: The next automatic logout is at 2026-05-05 09:35:00 (idle: 10 min without use, by user profile alice).
            09:20 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:20 admin reads: An emergency call was made at desk-1: nobody is logged out there before 2026-05-05 09:35:00.
            09:34 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:35 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn the_emergency_hold_survives_a_kill_and_a_new_user() {
    check(
        "rules: EMG-1",
        "
        emergency 112 rings desk-9   logout at 09:20
        alice: 2001, pin 1111   desk-1: guest 9001, no display   desk-9: guest 9009
        09:00 desk-1 dials 112       desk-9 answers   09:01 desk-9 hangs up
        09:02 desk-1 logs in alice   09:03 server dies   09:04 server starts
        09:05 admin logs out alice
        until 09:29
        admin asks who
        until 09:31
        ",
        expect![[r#"
            09:00 desk-9 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-9
            09:01 desk-1 hears "The other party hung up"
            09:02 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:05 admin hears no: "An emergency call was made at desk-1: no logout for 25 min"
            09:29 admin reads: alice (2001 Alice) at desk-1 since 09:02, last used 09:02 (the login), next logout 09:20 (schedule), leaving (schedule)
            09:30 desk-1 becomes lobby (schedule)"#]],
    );
}

#[test]
fn whoever_is_there_may_leave_after_an_emergency_call() {
    check(
        "rules: EMG-1, OUT-1",
        "
        emergency 112 rings desk-9
        alice: 2001, pin 1111   desk-1: guest 9001   desk-9: guest 9009
        09:00 desk-1 logs in alice    desk-1 dials 112   desk-9 answers   desk-9 hangs up
        09:05 desk-1 logs out
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-9 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-9, hears "The other party hung up"
            09:05 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out""#]],
    );
}
