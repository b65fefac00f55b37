//! A user at a phone: who may log in, where, and what becomes of whoever was there.

use expect_test::expect;

use crate::support::play::{check, check_otherwise};

#[test]
fn a_login_makes_the_phone_the_users_and_a_logout_gives_it_back() {
    check(
        "rules: SES-1, CAL-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-2 dials 2001
        09:01 desk-1 logs in alice
        09:02 desk-2 dials 2001   desk-1 answers    09:03 desk-1 hangs up
        09:04 desk-1 dials 9002   desk-2 answers    09:05 desk-2 hangs up
        09:06 desk-2 dials 9001
        09:10 desk-1 logs out
        09:11 desk-2 dials 2001
        09:12 desk-2 dials 9001   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 hears 480 Nobody is logged in with that number
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 desk-1 rings (from 9002 Lobby)
            09:02 desk-2 hears it ring, talks with desk-1
            09:03 desk-2 hears "The other party hung up"
            09:04 desk-2 rings (from 2001 Alice)
            09:04 desk-1 hears it ring, talks with desk-2
            09:05 desk-1 hears "The other party hung up"
            09:06 desk-2 hears 480 Nobody is logged in with that number
            09:10 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:11 desk-2 hears 480 Nobody is logged in with that number
            09:12 desk-1 rings (from 9002 Lobby)
            09:12 desk-2 hears it ring
            09:12 desk-1 stops ringing"#]],
    );
}

#[test]
fn a_user_logs_in_by_number_too_and_the_hash_may_be_left_out_or_sent_raw() {
    check(
        "rules: SES-1, SES-4",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 dials *11*2001*1111#      09:01 desk-1 dials *12#
        09:02 desk-1 dials *11*alice*1111      09:03 desk-1 dials *12
        09:04 desk-1 dials *11*alice*1111# raw   09:05 desk-1 dials *12# raw
        09:06 desk-1 dials *11*   09:07 desk-1 dials *11*alice
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:03 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:04 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:05 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:06 desk-1 hears 484 Dial the code, then * user * PIN #
            09:07 desk-1 hears 484 Dial the code, then * user * PIN #"#]],
    );
}

#[test]
fn the_new_phone_wins() {
    check(
        "rules: SES-2",
        "
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:10 desk-2 logs in alice
        09:11 desk-3 dials 2001
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-1 becomes lobby (moved)
            09:10 desk-2 becomes alice
            09:10 desk-1 reads "Logged out: logged in at desk-2"
            09:10 desk-2 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:11 desk-2 rings (from 9003 Lobby)
            09:11 desk-3 hears it ring"#]],
    );
}

#[test]
fn a_second_login_may_be_refused() {
    check(
        "rules: SES-2",
        "
        second login refuse
        alice: 2001, pin 1111   bob: 2002, pin 2222, second login move
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   09:01 desk-2 logs in alice
        09:02 desk-1 logs out        09:03 desk-2 logs in alice
        09:04 desk-1 logs in bob     09:05 desk-2 logs in bob
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 hears 403 You are logged in at desk-1. Log out there first
            09:02 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:03 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:04 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:05 desk-1 becomes lobby (moved)
            09:05 desk-2 becomes bob (takeover)
            09:05 desk-1 reads "Logged out: logged in at desk-2"
            09:05 desk-2 reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob""#]],
    );
}

#[test]
fn a_user_may_be_allowed_several_phones() {
    check(
        "rules: SES-2, CAL-1",
        "
        alice: 2001, pin 1111, second login allow
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   09:01 desk-2 logs in alice
        09:02 desk-3 dials 2001      desk-2 answers   09:03 desk-3 hangs up
        09:04 desk-1 logs out        09:05 desk-3 dials 2001
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 desk-1 rings (from 9003 Lobby)
            09:02 desk-2 rings (from 9003 Lobby)
            09:02 desk-3 hears it ring
            09:02 desk-1 stops ringing (answered elsewhere)
            09:02 desk-3 talks with desk-2
            09:03 desk-2 hears "The other party hung up"
            09:04 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:05 desk-2 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring"#]],
    );
}

#[test]
fn a_move_waits_for_the_call_on_the_first_phone() {
    check(
        "rules: SES-2",
        "
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:10 desk-3 dials 2001   desk-1 answers
        09:11 desk-2 logs in alice
        09:11:30 desk-3 hangs up
        09:12 desk-3 dials 2001
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-1 rings (from 9003 Lobby)
            09:10 desk-3 hears it ring, talks with desk-1
            09:11 desk-2 hears "In a call at desk-1: logged in here when it ends, in 60 s at the latest"
            09:11:30 desk-1 becomes lobby (moved)
            09:11:30 desk-2 becomes alice
            09:11:30 desk-1 hears "The other party hung up", reads "Logged out: logged in at desk-2"
            09:11:30 desk-2 reads "Logged in: 2001 Alice"
            09:12 desk-2 rings (from 9003 Lobby)
            09:12 desk-3 hears it ring"#]],
    );
}

#[test]
fn a_move_waits_for_sixty_seconds_and_cuts_no_call() {
    check_otherwise(
        "rules: SES-2",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:10 desk-3 dials 2001   desk-1 answers
        09:11 desk-2 logs in alice
        09:12:30 admin asks who   admin asks status
        09:13 desk-1 presses 5
        09:14 desk-3 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-1 rings (from 9003 Lobby)
            09:10 desk-3 hears it ring, talks with desk-1
            09:11 desk-2 hears "In a call at desk-1: logged in here when it ends, in 60 s at the latest"
            09:12 desk-1 becomes lobby (moved)
            09:12 desk-2 becomes alice
            09:12 desk-1 reads "Logged out: logged in at desk-2"
            09:12 desk-2 reads "Logged in: 2001 Alice"
            09:12:30 admin reads: alice (2001 Alice) at desk-2 since 09:12, last used 09:12 (the login)
            09:12:30 admin reads: 3 of 3 phones registered, 1 sessions, 1 calls, 0 logouts waiting
            09:13 desk-3 hears the digit 5
            09:14 desk-1 hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:10 desk-1 rings (from 9003 Lobby)
            09:10 desk-3 hears it ring, talks with desk-1
            09:11 desk-2 hears "In a call at desk-1: logged in here when it ends, in 60 s at the latest"
            09:12 desk-1 becomes lobby (moved)
            09:12 desk-2 becomes alice
            09:12 desk-1 reads "Resetting..."
            09:12 desk-2 reads "Logged in: 2001 Alice"
            09:12:30 admin reads: alice (2001 Alice) at desk-2 since 09:12, last used 09:12 (the login)
            09:12:30 admin reads: 3 of 3 phones registered, 1 sessions, 1 calls, 0 logouts waiting
            09:13 desk-3 hears the digit 5
            09:14 desk-1 hears the end, reads "Logged out: logged in at desk-2""#]],
    );
}

#[test]
fn a_move_that_waits_survives_a_restart() {
    check(
        "rules: SES-2, IDL-5",
        "
        move waits 120s
        alice: 2001, pin 1111
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:10 desk-3 dials 2001   desk-1 answers
        09:11 desk-2 logs in alice
        09:11:10 server dies   09:11:20 server starts
        09:11:30 admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:10 desk-1 rings (from 9003 Lobby)
            09:10 desk-3 hears it ring, talks with desk-1
            09:11 desk-2 hears "In a call at desk-1: logged in here when it ends, in 120 s at the latest"
            09:11:20 desk-1 becomes lobby (moved)
            09:11:20 desk-2 becomes alice
            09:11:30 admin reads: alice (2001 Alice) at desk-2 since 09:11:20, last used 09:11:20 (the login)"#]],
    );
}

#[test]
fn of_two_logins_at_once_one_wins() {
    check(
        "rules: SES-2",
        "
        second login refuse
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002
        09:00 store takes 2s   desk-1 logs in alice   desk-2 logs in alice
        09:01 admin asks who
        ",
        expect![[r#"
            09:00:02 desk-1 becomes alice, reads "Logged in: 2001 Alice"
            09:00:02 desk-2 hears 403 You are logged in at desk-1. Log out there first
            09:00:02 desk-1 hears "Logged in: 2001 Alice"
            09:01 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login)"#]],
    );
}

#[test]
fn whoever_stands_at_a_phone_may_take_it_over() {
    check(
        "rules: SES-2, SES-3",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   09:05 desk-1 logs in bob
        09:06 desk-2 dials 2001      desk-2 dials 2002
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:05 desk-1 becomes bob (takeover), reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:06 desk-2 hears 480 Nobody is logged in with that number
            09:06 desk-1 rings (from 9002 Lobby)
            09:06 desk-2 hears it ring"#]],
    );
}

#[test]
fn a_phone_in_a_call_is_not_taken_over() {
    check(
        "rules: SES-3",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:05 desk-1 logs in bob
        09:06 desk-1 hangs up   desk-1 logs in bob
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:05 desk-1 hears 403 This phone is in a call
            09:06 desk-2 hears "The other party hung up"
            09:06 desk-1 becomes bob (takeover), reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob""#]],
    );
}

#[test]
fn an_administrator_may_log_anybody_out_and_in() {
    check(
        "rules: SES-3",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 admin logs out alice   09:02 admin logs out desk-2
        09:03 admin logs out alice   admin logs out desk-2   admin logs out carol
        09:04 admin logs in bob at desk-1
        09:05 admin logs in bob at desk-7   admin logs in carol at desk-1
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 admin hears "alice: logged out at desk-1"
            09:01 desk-1 becomes lobby (admin), reads "Logged out by the administrator"
            09:02 admin hears "desk-2: logged out at desk-2"
            09:02 desk-2 becomes lobby (admin), reads "Logged out by the administrator"
            09:03 admin hears no: "alice is logged in nowhere", hears no: "Nobody is logged in at desk-2", hears no: "There is no user carol"
            09:04 admin hears "Logged in: 2002 Bob"
            09:04 desk-1 becomes bob, reads "Logged in: 2002 Bob"
            09:05 admin hears no: "There is no phone desk-7", hears no: "There is no user carol""#]],
    );
}

#[test]
fn an_administrator_cuts_no_call() {
    check(
        "rules: SES-3",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:05 admin logs out alice
        09:06 desk-1 presses 1   09:07 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:05 admin hears "alice: desk-1 is in use: logged out when it is idle"
            09:05 desk-1 reads "Logout when the call ends: by the administrator"
            09:06 desk-2 hears the digit 1
            09:07 desk-1 becomes lobby (admin), hears "The other party hung up", reads "Logged out by the administrator""#]],
    );
}

#[test]
fn user_ids_are_case_sensitive() {
    check(
        "rules: SES-4",
        "
        alice: 2001, pin 1111   Alice: 2002, pin 2222
        desk-1: guest 9001
        09:00 desk-1 logs in Alice   09:01 desk-1 logs in ALICE with 1111
        09:02 desk-1 logs in alice with 2222   09:03 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 becomes Alice, reads "Logged in: 2002 Alice", hears "Logged in: 2002 Alice"
            09:01 desk-1 hears 403 Login refused
            09:02 desk-1 hears 403 Login refused
            09:03 desk-1 becomes alice (takeover), reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn a_phone_at_which_nobody_is_logged_in_does_what_its_class_allows() {
    check(
        "rules: SES-10",
        "
        class lobby: call guests, login     class locked: nothing
        cellar: logout profile, class locked
        voicemail 2999   vm: 2999, pin 9
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003, logout profile cellar
        desk-7: guest 9007   desk-8: guest 9008   emergency 112 rings desk-8
        09:00 desk-7 logs in vm      desk-2 logs in alice
        09:01 desk-1 dials 9002      09:02 desk-1 dials 2001   09:03 desk-1 dials 2999
        09:04 desk-1 dials 9003      desk-3 answers   desk-1 hangs up
        09:05 desk-3 dials 9001      09:06 desk-3 logs in alice
        09:07 desk-3 dials 112       desk-8 answers   desk-8 hangs up
        09:08 desk-2 dials 2999      desk-7 answers   desk-7 hangs up
        ",
        expect![[r#"
            09:00 desk-7 becomes vm, reads "Logged in: 2999 Vm", hears "Logged in: 2999 Vm"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 hears 480 Nobody is logged in with that number
            09:02 desk-1 hears 403 Not allowed from this phone
            09:03 desk-1 hears 403 Not allowed from this phone
            09:04 desk-3 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, talks with desk-3
            09:04 desk-3 hears "The other party hung up"
            09:05 desk-3 hears 403 Not allowed from this phone
            09:06 desk-3 hears 403 Nobody may log in at this phone
            09:07 desk-8 rings (from 9003 Lobby)
            09:07 desk-3 hears it ring, talks with desk-8, hears "The other party hung up"
            09:08 desk-7 rings (from 2001 Alice)
            09:08 desk-2 hears it ring, talks with desk-7, hears "The other party hung up""#]],
    );
}

#[test]
fn no_voicemail_for_a_phone_at_which_nobody_is_logged_in() {
    check(
        "rules: SES-10",
        "
        voicemail 2999   vm: 2999, pin 9   alice: 2001, pin 1111
        desk-1: guest 9001   desk-7: guest 9007
        09:00 desk-7 logs in vm
        09:01 desk-1 dials 2999
        09:02 desk-1 logs in alice   desk-1 dials 2999
        ",
        expect![[r#"
            09:00 desk-7 becomes vm, reads "Logged in: 2999 Vm", hears "Logged in: 2999 Vm"
            09:01 desk-1 hears 403 Not allowed from this phone
            09:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 desk-7 rings (from 2001 Alice)
            09:02 desk-1 hears it ring"#]],
    );
}

#[test]
fn the_administrator_sees_who_is_where_and_why() {
    check(
        "rules: SES-11",
        "
        logout at 19:00
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 admin asks who   admin explains desk-1   admin explains bob
        09:15 desk-2 dials 2001   desk-1 answers   admin explains alice
        09:20 desk-1 hangs up
        10:00 admin explains desk-1   admin explains alice
        10:01 desk-3 logs in bob   admin explains desk-2
        10:02 admin explains desk-9
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:10 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login), next logout 09:30 (idle)
            09:10 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:00 (the login), next logout 19:00 (schedule)
            09:10 admin reads: desk-1 is registered and answers to 2001.
            09:10 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:10 admin reads: The next automatic logout is at 2026-05-05 09:30:00 (idle: 30 min without use, by user profile alice).
            09:10 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:10 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            09:10 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as the login showed.
            09:10 admin reads: The next automatic logout is at 2026-05-05 19:00:00 (schedule: the logout times of the site).
            09:10 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            09:15 desk-1 rings (from 2002 Bob)
            09:15 desk-2 hears it ring, talks with desk-1
            09:15 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:15 admin reads: desk-1 was last used at 2026-05-05 09:15:00, as a call answered showed.
            09:15 admin reads: The next automatic logout is at 2026-05-05 09:45:00 (idle: 30 min without use, by user profile alice).
            09:15 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:15 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            09:15 admin reads: desk-1 is in a call: no timer ends the session before the call ends.
            09:20 desk-2 hears "The other party hung up"
            09:49 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:50 desk-1 becomes lobby (idle), reads "Logged out: not used"
            10:00 admin reads: desk-1 is registered and answers to 9001.
            10:00 admin reads: Nobody is logged in at desk-1.
            10:00 admin reads: The last logout at desk-1 was at 2026-05-05 09:50:00: alice (idle: the phone was not used for the idle limit; by a timer); last used at 2026-05-05 09:20:00, as the end of a call showed.
            10:00 admin reads: desk-1 cannot be told to forget whom alice called: no such phone can.
            10:00 admin reads: alice is logged in nowhere.
            10:00 admin reads: The last logout at desk-1 was at 2026-05-05 09:50:00: alice (idle: the phone was not used for the idle limit; by a timer); last used at 2026-05-05 09:20:00, as the end of a call showed.
            10:01 desk-2 becomes lobby (moved)
            10:01 desk-3 becomes bob
            10:01 desk-2 reads "Logged out: logged in at desk-3"
            10:01 desk-3 reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            10:01 admin reads: desk-2 is registered and answers to 9002.
            10:01 admin reads: Nobody is logged in at desk-2.
            10:01 admin reads: The last logout at desk-2 was at 2026-05-05 10:01:00: bob (moved: the user logged in elsewhere; by code); last used at 2026-05-05 09:20:00, as the end of a call showed.
            10:01 admin reads: desk-2 cannot be told to forget whom bob called: no such phone can.
            10:02 admin reads: there is no such phone or user"#]],
    );
}

#[test]
fn every_login_logout_deferral_refusal_and_lock_is_an_event() {
    check(
        "rules: SES-12",
        "
        show events
        logout at 19:00   emergency 112 rings desk-3
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222   carol: 2003, pin 3333, max login 1h
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice with 9   desk-1 logs in alice with 9   desk-1 logs in alice with 9
        09:01 desk-1 logs in nobody with 1  admin unlocks alice
        09:02 desk-1 logs in alice          desk-1 logs in bob        desk-2 logs in bob
        09:03 desk-2 dials 9003             desk-3 answers            desk-1 logs in bob
        09:03:30 desk-2 logs out            desk-2 hangs up
        09:04 desk-2 dials *132002          09:05 admin logs in alice at desk-2   desk-2 dials *132001
        09:06 desk-1 logs in alice          09:07 admin logs out alice
        09:08 desk-1 logs in alice          until 09:40
        09:41 desk-1 logs in carol          until 10:50
        10:51 desk-1 logs in bob            desk-1 dials 112
        18:59:30 desk-2 logs in alice       until 19:01
        ",
        expect![[r#"
            09:00 event login-refused - alice desk-1 Code: Login at desk-1 refused: wrong PIN
            09:00 desk-1 hears 403 Login refused
            09:00 event login-refused - alice desk-1 Code: Login at desk-1 refused: wrong PIN
            09:00 desk-1 hears 403 Login refused
            09:00 event locked - alice desk-1 Code: alice is locked for 900 s after 3 wrong PINs, the last at desk-1
            09:00 event login-refused - alice desk-1 Code: Login at desk-1 refused: locked
            09:00 desk-1 hears 403 Login refused
            09:01 event login-refused - - desk-1 Code: Login at desk-1 refused: unknown user
            09:01 desk-1 hears 403 Login refused
            09:01 admin hears "alice may log in again"
            09:01 event unlocked - alice - Control: alice was unlocked by an administrator
            09:02 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 event logged-out takeover alice desk-1 Code: bob took desk-1 over from alice
            09:02 event logged-in - bob desk-1 Code: bob logged in at desk-1
            09:02 desk-1 becomes bob (takeover), reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:02 event logged-out moved bob desk-1 Code: bob logged in at desk-2, and so out at desk-1
            09:02 desk-1 becomes lobby (moved)
            09:02 event logged-in - bob desk-2 Code: bob logged in at desk-2
            09:02 desk-2 becomes bob
            09:02 desk-1 reads "Logged out: logged in at desk-2"
            09:02 desk-2 reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:03 desk-3 rings (from 2002 Bob)
            09:03 desk-2 hears it ring, talks with desk-3
            09:03 event login-deferred - bob desk-1 Code: bob is in a call at desk-2; the login waits for its end
            09:03 desk-1 hears "In a call at desk-2: logged in here when it ends, in 60 s at the latest"
            09:03:30 event logout-deferred user bob desk-2 Code: bob will be logged out at desk-2 when it is idle
            09:03:30 desk-2 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:03:30 event logged-out user bob desk-2 Code: bob logged out at desk-2 (user)
            09:03:30 desk-2 becomes lobby (user)
            09:03:30 event logged-in - bob desk-1 Code: bob logged in at desk-1
            09:03:30 desk-1 becomes bob
            09:03:30 desk-3 hears "The other party hung up"
            09:03:30 desk-2 reads "Logged out"
            09:03:30 desk-1 reads "Logged in: 2002 Bob"
            09:04 event logout-refused - - desk-2 Code: Remote logout of 2002 from desk-2 is not permitted there
            09:04 desk-2 hears 403 Not allowed from this phone
            09:05 admin hears "Logged in: 2001 Alice"
            09:05 event logged-in - alice desk-2 Control: alice logged in at desk-2
            09:05 desk-2 becomes alice, reads "Logged in: 2001 Alice"
            09:05 event logged-out remote alice desk-2 Code: alice logged out at desk-2 (remote)
            09:05 desk-2 becomes lobby (remote), reads "Logged out from another phone", hears "2001 is logged out"
            09:06 event logged-out takeover bob desk-1 Code: alice took desk-1 over from bob
            09:06 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:06 desk-1 becomes alice (takeover), reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:07 admin hears "alice: logged out at desk-1"
            09:07 event logged-out admin alice desk-1 Control: alice logged out at desk-1 (admin)
            09:07 desk-1 becomes lobby (admin), reads "Logged out by the administrator"
            09:08 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:08 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:37 event warned idle alice desk-1 Timer: alice at desk-1 was told of the logout in 60 s
            09:37 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:38 event logged-out idle alice desk-1 Timer: alice logged out at desk-1 (idle)
            09:38 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:41 event logged-in - carol desk-1 Code: carol logged in at desk-1
            09:41 desk-1 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            10:40 event warned duration carol desk-1 Timer: carol at desk-1 was told of the logout in 60 s
            10:40 desk-1 reads "Logout in 60 s: maximum login time."
            10:41 event logged-out duration carol desk-1 Timer: carol logged out at desk-1 (duration)
            10:41 desk-1 becomes lobby (duration), reads "Logged out: maximum login time"
            10:51 event logged-in - bob desk-1 Code: bob logged in at desk-1
            10:51 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            10:51 event emergency-called - bob desk-1 Code: Emergency call to 112 from desk-1 (location unknown)
            10:51 desk-3 rings (from 2002 Bob)
            10:51 desk-1 hears it ring
            10:52 desk-1 hears 480 No answer
            10:52 desk-3 stops ringing
            18:59 event warned schedule bob desk-1 Timer: bob at desk-1 was told of the logout in 60 s
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            18:59:30 event logged-in - alice desk-2 Code: alice logged in at desk-2
            18:59:30 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            19:00 event mass-logout-started - - - Timer: Job logout_times of 2026-05-05 19:00:00 begins: 2 to log out, 50 a second
            19:00 event logged-out schedule bob desk-1 Timer: bob logged out at desk-1 (schedule)
            19:00 desk-1 becomes lobby (schedule)
            19:00 event logged-out schedule alice desk-2 Timer: alice logged out at desk-2 (schedule)
            19:00 desk-2 becomes lobby (schedule)
            19:00 event mass-logout-ended - - - Timer: Job logout_times is over: 2 of 2 logged out, 0 of them after calls
            19:00 desk-1 reads "Logged out: the building's logout time"
            19:00 desk-2 reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_change_of_the_site_logs_out_nobody_that_it_does_not_touch() {
    check(
        "rules: SES-13",
        "
        alice: 2001, pin 1111, idle limit 60m   bob: 2002, pin 2222, idle limit 60m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 desk-1 dials 9003   desk-3 answers
        09:20 site: bob idle limit 30m   site: carol: 2003, pin 3333   site: desk-3 in hall
        09:25 admin asks who
        09:40 site: alice is removed
        09:45 desk-3 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:10 desk-3 rings (from 2001 Alice)
            09:10 desk-1 hears it ring, talks with desk-3
            09:25 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:10 (a call attempt), next logout 10:10 (idle), in a call
            09:25 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:00 (the login), next logout 09:30 (idle)
            09:29 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:30 desk-2 becomes lobby (idle), reads "Logged out: not used"
            09:40 desk-1 reads "Logout when the call ends: by the administrator"
            09:45 desk-1 becomes lobby (admin), hears "The other party hung up", reads "Logged out by the administrator""#]],
    );
}

#[test]
fn a_number_that_changes_in_a_call_does_not_free_the_line() {
    check_otherwise(
        "rules: SES-13, OUT-2",
        "
        otherwise over SCCP: the phone shows its new number
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 dials 2001   desk-1 answers
        09:10 site: alice 2009       desk-1 logs out
        09:11 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with desk-1
            09:10 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:11 desk-1 becomes lobby (user), hears "The other party hung up", reads "Logged out""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with desk-1
            09:10 desk-1 reads "Resetting...", reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:10 desk-2 is held
            09:11 desk-1 becomes lobby (user), hears the end, reads "Logged out""#]],
    );
}

#[test]
fn two_who_swap_their_phones_at_once_both_get_them() {
    check_otherwise(
        "rules: SES-2",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111   bob: 2002, pin 2222   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 store takes 2s         desk-2 logs in alice   desk-1 logs in bob
        until 09:02
        admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01:02 desk-1 becomes lobby (moved)
            09:01:02 desk-2 becomes alice (takeover)
            09:01:02 desk-1 reads "Logged out: logged in at desk-2"
            09:01:02 desk-2 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01:04 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:02 admin reads: alice (2001 Alice) at desk-2 since 09:01, last used 09:01 (the login)
            09:02 admin reads: bob (2002 Bob) at desk-1 since 09:01:02, last used 09:01:02 (the login)"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:01:02 desk-1 becomes lobby (moved)
            09:01:02 desk-2 becomes alice (takeover)
            09:01:02 desk-1 reads "Resetting..."
            09:01:02 desk-2 reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01:04 desk-1 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:02 admin reads: alice (2001 Alice) at desk-2 since 09:01, last used 09:01:02 (going on hook)
            09:02 admin reads: bob (2002 Bob) at desk-1 since 09:01:02, last used 09:01:04 (going on hook)"#]],
    );
}

#[test]
fn a_number_that_changes_follows_its_user_at_once() {
    check_otherwise(
        "rules: SES-13",
        "
        otherwise over SCCP: the phone shows its new number
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice
        09:10 site: alice 2009
        09:11 desk-2 dials 2001   desk-2 dials 2009
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:11 desk-2 hears 404 Unknown number
            09:11 desk-1 rings (from 9002 Lobby)
            09:11 desk-2 hears it ring"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:10 desk-1 reads "Logged in: 2009 Alice"
            09:11 desk-2 hears Unknown number
            09:11 desk-1 rings (from 9002 Lobby)
            09:11 desk-2 hears it ring"#]],
    );
}
