//! Asking to log out while the phone is in use, from elsewhere, and what becomes of calls afterwards.

use expect_test::expect;

use crate::support::play::{check, check_otherwise, check_over_sccp};

#[test]
fn an_idle_prime_line_is_enough_to_leave_at_once() {
    check_otherwise(
        "rules: OUT-1",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111, lines 2001 2005
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:01 desk-2 dials 2005
        09:01:30 desk-1 logs out
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01:30 desk-1 becomes lobby (user), stops ringing
            09:01:30 desk-2 hears 480 Nobody is logged in with that number
            09:01:30 desk-1 reads "Logged out", hears "Logged out""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01:30 desk-1 becomes lobby (user), stops ringing, reads "Resetting...", hears "Logged out", reads "Logged out"
            09:01:30 desk-2 hears Nobody is logged in with that number"#]],
    );
}

#[test]
fn a_colleague_in_use_of_a_shared_line_is_no_obstacle() {
    check(
        "rules: OUT-1",
        "
        alice: 2001, pin 1111, lines 2001 2000   bob: 2002, pin 2222, lines 2002 2000
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2000      desk-2 answers
        09:02 desk-1 logs out
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-1 stops ringing (answered elsewhere)
            09:01 desk-3 talks with desk-2
            09:02 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out""#]],
    );
}

#[test]
fn in_a_call_the_logout_is_delayed() {
    check(
        "rules: OUT-2",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:01 desk-1 logs out        admin explains alice
        09:05 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:01 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:01 admin reads: desk-1 was last used at 2026-05-05 09:01:00, as a call attempt showed.
            09:01 admin reads: alice will be logged out (user) as soon as desk-1 is idle; that was decided at 2026-05-05 09:01:00.
            09:05 desk-1 becomes lobby (user), hears "The other party hung up", reads "Logged out""#]],
    );
}

#[test]
fn with_a_call_on_hold_the_logout_is_delayed_until_nothing_is_left() {
    check(
        "rules: OUT-2",
        "
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers   desk-1 holds
        09:01 desk-1 logs out
        09:02 desk-3 dials 2001
        09:02:10 desk-2 hangs up     admin asks who
        09:02:20 desk-3 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:00 desk-2 is held
            09:01 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:02 desk-1 rings (from 9003 Lobby)
            09:02 desk-3 hears it ring
            09:02:10 desk-1 hears "The other party hung up"
            09:02:10 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:02:10 (the end of a call), leaving (user)
            09:02:20 desk-1 becomes lobby (user), stops ringing, reads "Logged out""#]],
    );
}

#[test]
fn a_delayed_logout_survives_a_kill() {
    check(
        "rules: OUT-2, IDL-5",
        "
        alice: 2001, pin 1111   desk-1: guest 9001, no display   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:01 desk-1 logs out        09:02 server dies   09:03 server starts
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 hears "Logged out when the call ends"
            09:03 desk-1 becomes lobby (user)"#]],
    );
}

#[test]
fn who_logs_in_again_takes_the_delayed_logout_back() {
    check(
        "rules: OUT-2",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:01 desk-1 logs out        09:02 desk-1 logs in alice
        09:05 desk-2 hangs up        admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:02 desk-1 reads "You stay logged in", hears "Already logged in as alice"
            09:05 desk-1 hears "The other party hung up"
            09:05 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05 (the end of a call)"#]],
    );
}

/// What the clock has decided is not taken back by a login either.
#[test]
fn who_logs_in_again_does_not_take_the_logout_of_the_clock_back() {
    check(
        "rules: OUT-2, TOD-1",
        "
        logout at 09:05
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:06 desk-1 logs in alice
        09:07 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:04 desk-1 reads "Logout in 60 s: the building's logout time."
            09:05 desk-1 reads "Logout when the call ends: the building's logout time"
            09:06 desk-1 hears "Already logged in as alice"
            09:07 desk-1 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn while_the_prime_line_rings_a_logout_is_rejected() {
    check(
        "rules: OUT-3",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 dials 2001
        09:00:10 desk-1 logs out
        09:00:20 desk-2 hangs up     desk-1 logs out
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring
            09:00:10 desk-1 hears 403 A call is ringing. Answer or decline it first
            09:00:20 desk-1 stops ringing, becomes lobby (user), reads "Logged out", hears "Logged out""#]],
    );
}

#[test]
fn an_automatic_logout_waits_while_it_rings() {
    check(
        "rules: OUT-3, TOD-3",
        "
        logout at 19:00
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in alice   18:59:40 desk-2 dials 2001
        19:00:10 desk-1 answers      19:05 desk-2 hangs up
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:59 desk-1 reads "Logout in 60 s: the building's logout time."
            18:59:40 desk-1 rings (from 9002 Lobby)
            18:59:40 desk-2 hears it ring
            19:00 desk-1 reads "Logout when the call ends: the building's logout time"
            19:00:10 desk-2 talks with desk-1
            19:05 desk-1 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_colleague_may_log_out_who_is_idle() {
    check(
        "rules: OUT-5",
        "
        class guests: call users, login
        alice: 2001, pin 1111   bob: 2002, pin 2222   carol: 2003, pin 3333, class guests
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-3 logs in carol
        09:01 desk-3 dials *132001
        09:02 desk-2 dials *132001#
        09:03 desk-2 dials *132001   desk-2 dials *132999   desk-2 dials *13
        09:04 desk-1 logs in alice   desk-2 dials *13*2001#
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            09:01 desk-3 hears 403 Not allowed from this phone
            09:02 desk-1 becomes lobby (remote), reads "Logged out from another phone"
            09:02 desk-2 hears "2001 is logged out"
            09:03 desk-2 hears 403 2001 is logged in nowhere, hears 403 2999 is logged in nowhere, hears 484 Dial the code, then the number of the user to log out
            09:04 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", becomes lobby (remote), reads "Logged out from another phone"
            09:04 desk-2 hears "2001 is logged out""#]],
    );
}

#[test]
fn nobody_is_logged_out_from_afar_while_the_phone_is_in_use() {
    check(
        "rules: OUT-5",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2001      desk-2 dials *132001
        09:01:30 desk-1 answers      desk-2 dials *132001
        09:03 desk-1 holds           desk-2 dials *132001
        09:04 desk-3 hangs up        desk-2 dials *132001
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-2 hears 403 desk-1 is in use
            09:01:30 desk-3 talks with desk-1
            09:01:30 desk-2 hears 403 desk-1 is in use
            09:03 desk-3 is held
            09:03 desk-2 hears 403 desk-1 is in use
            09:04 desk-1 hears "The other party hung up", becomes lobby (remote), reads "Logged out from another phone"
            09:04 desk-2 hears "2001 is logged out""#]],
    );
}

#[test]
fn after_logout_the_number_goes_its_own_way_and_never_to_the_old_phone() {
    check(
        "rules: OUT-7",
        "
        voicemail 2999   vm: 2999, pin 9
        alice: 2001, pin 1111                      bob: 2002, pin 2222, absent forward 9003
        carol: 2003, pin 3333, absent busy         dave: 2004, pin 4444, absent unreachable
        erin: 2005, pin 5555, absent forward 2001
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-7: guest 9007
        09:00 desk-7 logs in vm      desk-1 logs in alice   desk-1 logs out
        09:01 desk-2 dials 2001      desk-2 hangs up
        09:02 desk-2 dials 2002      desk-2 hangs up
        09:03 desk-2 dials 2003      desk-2 dials 2004
        09:04 desk-2 dials 2005      desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-7 becomes vm, reads "Logged in: 2999 Vm", hears "Logged in: 2999 Vm"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", becomes lobby (user), reads "Logged out", hears "Logged out"
            09:01 desk-7 rings (from 9002 Lobby, sent on by 2001: unavailable)
            09:01 desk-2 hears it ring
            09:01 desk-7 stops ringing
            09:02 desk-3 rings (from 9002 Lobby, sent on by 2002: unavailable)
            09:02 desk-2 hears it ring
            09:02 desk-3 stops ringing
            09:03 desk-2 hears 486 Busy, hears 480 Nobody is logged in with that number
            09:04 desk-7 rings (from 9002 Lobby, sent on by 2001: unavailable, sent on by 2005: unavailable)
            09:04 desk-2 hears it ring
            09:04 desk-7 stops ringing"#]],
    );
}

#[test]
fn without_voicemail_an_absent_user_cannot_be_reached() {
    check(
        "rules: OUT-7",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222, absent forward 2003   carol: 2003, pin 3333, absent forward 2002
        desk-1: guest 9001
        09:00 desk-1 dials 2001   desk-1 dials 2002
        ",
        expect!["09:00 desk-1 hears 480 Nobody is logged in with that number, hears 480 Nobody is logged in with that number"],
    );
}

/// A phone with softkeys asks first. Nobody who does not confirm has logged anybody out.
#[test]
fn a_phone_with_softkeys_asks_before_it_logs_somebody_out() {
    check_over_sccp(
        "rules: OUT-5, OUT-6",
        "
        class guests: call users, login
        alice: 2001, pin 1111   bob: 2002, pin 2222   carol: 2003, pin 3333, class guests
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-3 logs in carol
        09:01 desk-2 goes off hook   desk-2 types *132001#
        09:01:05 desk-2 goes on hook
        09:01:10 desk-2 goes off hook  desk-2 types *132001#
        09:01:40 desk-2 goes on hook
        09:02 desk-2 goes off hook   desk-2 types *132001#   desk-2 presses softkey Confirm
        09:02:30 desk-2 goes on hook
        09:03 desk-1 logs in alice   desk-2 presses softkey LogOther
        09:03:05 desk-2 types 2001#  desk-2 presses softkey Confirm
        09:04 desk-3 dials *132002#
        09:05 desk-1 logs in alice   desk-4 dials 2001
        09:05:10 desk-2 dials *132001#
        09:05:20 desk-4 goes on hook
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:00 desk-3 becomes carol, reads "Resetting...", hears "Logged in: 2003 Carol", reads "Logged in: 2003 Carol"
            09:01:35 desk-2 hears the end
            09:02 desk-1 becomes lobby (remote), reads "Logged out from another phone"
            09:02 desk-2 hears "2001 is logged out"
            09:03 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:03:05 desk-1 becomes lobby (remote), reads "Logged out from another phone"
            09:03:05 desk-2 hears "2001 is logged out"
            09:04 desk-3 hears Not allowed from this phone
            09:05 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", rings (from 9004 Lobby)
            09:05 desk-4 hears it ring
            09:05:10 desk-2 hears desk-1 is in use
            09:05:20 desk-1 stops ringing"#]],
    );
}

#[test]
fn lines_that_ring_besides_go_on_elsewhere() {
    check_otherwise(
        "rules: OUT-4, OUT-7",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111, lines 2001 2005 2006, agent traditional, absent forward 2004
        bob: 2002, pin 2222, lines 2002 2005       dave: 2004, pin 4444
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        desk-5: guest 9005
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-5 logs in dave
        09:01 desk-3 dials 2005      desk-4 dials 2006
        09:01:10 desk-1 logs out
        09:01:20 desk-2 answers      desk-5 answers
        09:02 desk-3 hangs up        desk-4 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-5 becomes dave, reads "Logged in: 2004 Dave", hears "Logged in: 2004 Dave"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-1 rings (from 9004 Lobby)
            09:01 desk-4 hears it ring
            09:01:10 desk-1 becomes lobby (user), stops ringing, stops ringing
            09:01:10 desk-5 rings (from 9004 Lobby, sent on by 2006: unavailable)
            09:01:10 desk-1 reads "Logged out", hears "Logged out"
            09:01:20 desk-3 talks with desk-2
            09:01:20 desk-4 talks with desk-5
            09:02 desk-2 hears "The other party hung up"
            09:02 desk-5 hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:00 desk-5 becomes dave, reads "Resetting...", hears "Logged in: 2004 Dave", reads "Logged in: 2004 Dave"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-1 rings (from 9004 Lobby)
            09:01 desk-4 hears it ring
            09:01:10 desk-1 becomes lobby (user), stops ringing, stops ringing
            09:01:10 desk-5 rings (from 9004 Lobby, sent on by 2006: unavailable)
            09:01:10 desk-1 reads "Resetting...", hears "Logged out", reads "Logged out"
            09:01:20 desk-3 talks with desk-2
            09:01:20 desk-4 talks with desk-5
            09:02 desk-2 hears the end
            09:02 desk-5 hears the end"#]],
    );
}

#[test]
fn whoever_moves_takes_what_rings_along() {
    check_otherwise(
        "rules: SES-2, OUT-7",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111   bob: 2002, pin 2222, absent busy
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:01 desk-3 dials 2001
        09:01:10 desk-2 logs in alice
        09:01:20 desk-2 answers      desk-3 hangs up
        09:02 desk-1 logs in bob     desk-3 dials 2002
        09:02:10 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01:10 desk-1 becomes lobby (moved)
            09:01:10 desk-2 becomes alice
            09:01:10 desk-1 reads "Logged out: logged in at desk-2", stops ringing
            09:01:10 desk-2 rings (from 9003 Lobby), reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01:20 desk-3 talks with desk-2
            09:01:20 desk-2 hears "The other party hung up"
            09:02 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob", rings (from 9003 Lobby)
            09:02 desk-3 hears it ring
            09:02:10 desk-2 becomes lobby (moved)
            09:02:10 desk-1 becomes alice (takeover), stops ringing
            09:02:10 desk-3 hears 486 Busy
            09:02:10 desk-2 reads "Logged out: logged in at desk-1"
            09:02:10 desk-1 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01:10 desk-1 becomes lobby (moved)
            09:01:10 desk-2 becomes alice
            09:01:10 desk-1 reads "Resetting...", stops ringing
            09:01:10 desk-2 rings (from 9003 Lobby), reads "Resetting..."
            09:01:10 desk-1 reads "Logged out: logged in at desk-2"
            09:01:10 desk-2 hears "Logged in: 2001 Alice"
            09:01:20 desk-3 talks with desk-2
            09:01:20 desk-2 hears the end, reads "Logged in: 2001 Alice"
            09:02 desk-1 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob", rings (from 9003 Lobby)
            09:02 desk-3 hears it ring
            09:02:10 desk-2 becomes lobby (moved)
            09:02:10 desk-1 becomes alice (takeover), stops ringing, reads "Resetting..."
            09:02:10 desk-2 reads "Logged out: logged in at desk-1"
            09:02:10 desk-1 hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:02:10 desk-3 hears Busy"#]],
    );
}

#[test]
fn a_traditional_agent_leaves_between_calls_and_a_hot_desk_agent_at_the_end_of_one() {
    check(
        "rules: OUT-2",
        "
        alice: 2001, pin 1111, agent traditional   bob: 2002, pin 2222, agent hot-desk
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2001      desk-1 answers   desk-4 dials 2002   desk-2 answers
        09:02 desk-1 logs out        desk-2 logs out
        09:03 desk-3 hangs up        desk-4 hangs up
        09:04 desk-1 logs out
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring, talks with desk-1
            09:01 desk-2 rings (from 9004 Lobby)
            09:01 desk-4 hears it ring, talks with desk-2
            09:02 desk-1 hears 403 Agents log out between calls. End your call first
            09:02 desk-2 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:03 desk-1 hears "The other party hung up"
            09:03 desk-2 becomes lobby (user), hears "The other party hung up", reads "Logged out"
            09:04 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out""#]],
    );
}

#[test]
fn no_total_limit_ends_the_shift_of_a_traditional_agent() {
    check(
        "rules: DUR-1",
        "
        class queue: call users, login, auto logout 4h
        max login 8h
        alice: 2001, pin 1111, class queue, agent traditional
        bob: 2002, pin 2222, class queue, agent hot-desk
        desk-1: guest 9001   desk-2: guest 9002
        08:00 desk-1 logs in alice   desk-2 logs in bob
        until 23:00
        23:00 admin explains alice
        ",
        expect![[r#"
            08:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            08:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            11:59 desk-2 reads "Logout in 60 s: maximum login time."
            12:00 desk-2 becomes lobby (duration), reads "Logged out: maximum login time"
            23:00 admin reads: alice has been logged in at desk-1 since 2026-05-05 08:00:00.
            23:00 admin reads: desk-1 was last used at 2026-05-05 08:00:00, as the login showed.
            23:00 admin reads: Nothing logs alice out automatically here."#]],
    );
}

#[test]
fn at_a_key_the_delayed_logout_is_taken_back() {
    check_over_sccp(
        "rules: OUT-2, OUT-6, IDL-6",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 dials 2001   desk-1 answers
        09:01 desk-1 presses softkey Logout
        09:02 desk-1 presses softkey Stay
        09:03 desk-2 goes on hook    admin asks who
        09:04 desk-2 dials 2001      desk-1 answers
        09:05 desk-1 presses softkey Logout
        09:06 desk-2 goes on hook
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with desk-1
            09:01 desk-1 reads "Logout when the call ends. Stay: log in again", reads "Logged out when the call ends"
            09:02 desk-1 reads "You stay logged in"
            09:03 desk-1 hears the end
            09:03 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:03 (going on hook)
            09:04 desk-1 rings (from 9002 Lobby)
            09:04 desk-2 hears it ring, talks with desk-1
            09:05 desk-1 reads "Logout when the call ends. Stay: log in again", reads "Logged out when the call ends"
            09:06 desk-1 becomes lobby (user), hears the end, reads "Logged out""#]],
    );
}

/// What an administrator has decided is not for whoever is there to take back.
#[test]
fn what_others_decided_is_told_and_stays() {
    check_over_sccp(
        "rules: OUT-2, SES-3",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 dials 2001   desk-1 answers
        09:01 admin logs out alice
        09:02 desk-1 presses softkey Stay
        09:03 desk-2 goes on hook
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with desk-1
            09:01 admin hears "alice: desk-1 is in use: logged out when it is idle"
            09:01 desk-1 reads "Logout when the call ends: by the administrator"
            09:02 IMPOSSIBLE desk-1 shows no softkey Stay, but Hold, EndCall, Transfer, Confrn
            09:03 desk-1 becomes lobby (admin), hears the end, reads "Logged out by the administrator""#]],
    );
}

#[test]
fn a_delayed_logout_is_taken_back_after_a_restart_as_before() {
    check(
        "rules: OUT-2, IDL-5",
        "
        alice: 2001, pin 1111   desk-1: guest 9001, no display   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:01 desk-1 logs out        09:01:30 desk-1 logs in alice
        09:02 server dies            09:03 server starts
        until 09:10
        09:10 admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 hears "Logged out when the call ends"
            09:01:30 desk-1 hears "Already logged in as alice"
            09:10 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:01:30 (a call attempt)"#]],
    );
}

#[test]
fn the_logout_key_is_pressed_again_to_confirm() {
    check_over_sccp(
        "rules: OUT-6",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice
        09:01 desk-1 presses softkey Logout
        09:01:05 desk-1 presses softkey Stay
        09:02 desk-1 presses softkey Logout
        09:02:30 desk-1 presses softkey Logout
        09:02:35 desk-1 presses softkey Logout
        09:03 desk-1 logs in alice   desk-1 presses softkey Logout   desk-1 presses softkey Confirm
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-1 reads "Log out? Confirm"
            09:01:05 desk-1 reads "Logged in: 2001 Alice", reads "You stay logged in"
            09:02 desk-1 reads "Log out? Confirm"
            09:02:10 desk-1 reads "Logged in: 2001 Alice"
            09:02:30 desk-1 reads "Log out? Confirm"
            09:02:35 desk-1 becomes lobby (user), reads "Logged in: 2001 Alice", reads "Logged out"
            09:03 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", reads "Log out? Confirm", becomes lobby (user), reads "Logged in: 2001 Alice", reads "Logged out""#]],
    );
}

#[test]
fn the_logout_code_ends_with_a_hash() {
    check_over_sccp(
        "rules: OUT-6",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice
        09:01 desk-1 goes off hook   desk-1 types *12#
        09:01:05 desk-1 goes on hook
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-1 becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out""#]],
    );
}
