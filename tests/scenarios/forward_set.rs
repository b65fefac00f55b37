//! Where calls go by what somebody set at a phone.

use expect_test::expect;

use crate::support::play::{check, check_over_sccp};

#[test]
fn a_user_sends_calls_on_by_code_and_takes_that_back_anywhere() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice
        09:01 desk-2 dials *729003
        09:02 desk-1 dials 2001   desk-3 answers   desk-1 hangs up
        09:03 desk-1 logs in alice
        09:04 desk-2 dials 2001   desk-2 hangs up
        09:05 desk-1 logs out   desk-2 dials 2001   desk-2 hangs up
        09:06 admin explains alice
        09:07 desk-1 logs in alice   desk-1 dials *73
        09:08 desk-2 dials 2001   desk-1 answers   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 hears "All calls go to 9003"
            09:02 desk-3 rings (from 9001 Lobby, sent on by 2001: unconditional)
            09:02 desk-1 hears it ring, talks with desk-3
            09:02 desk-3 hears "The other party hung up"
            09:03 desk-2 becomes lobby (moved)
            09:03 desk-1 becomes alice
            09:03 desk-2 reads "Logged out: logged in at desk-1"
            09:03 desk-1 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:04 desk-3 rings (from 9002 Lobby, sent on by 2001: unconditional)
            09:04 desk-2 hears it ring
            09:04 desk-3 stops ringing
            09:05 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:05 desk-3 rings (from 9002 Lobby, sent on by 2001: unconditional)
            09:05 desk-2 hears it ring
            09:05 desk-3 stops ringing
            09:06 admin reads: alice is logged in nowhere.
            09:06 admin reads: alice: All calls go to 9003 (set at a phone).
            09:06 admin reads: The last logout at desk-1 was at 2026-05-05 09:05:00: alice (user: the user logged out; by code); last used at 2026-05-05 09:05:00, as a call attempt showed.
            09:07 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears "Calls are not forwarded"
            09:08 desk-1 rings (from 9002 Lobby)
            09:08 desk-2 hears it ring, talks with desk-1
            09:08 desk-1 hears "The other party hung up""#]],
    );
}

#[test]
fn calls_that_meet_nobody_go_where_was_said() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, no call waiting
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-2 logs in alice   desk-2 dials *949003   desk-2 dials *929004
        09:01 desk-2 dials 9001   desk-1 answers   desk-4 dials 2001   desk-3 answers   desk-4 hangs up
        desk-1 hangs up
        09:02 desk-1 dials 2001
        09:02:30 desk-4 answers   desk-1 hangs up
        09:03 desk-2 dials *95   desk-2 dials *93
        09:04 desk-2 dials 9001   desk-1 answers   desk-4 dials 2001
        09:05 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears "Calls go to 9003 when busy", hears "Calls go to 9004 when nobody answers"
            09:01 desk-1 rings (from 2001 Alice)
            09:01 desk-2 hears it ring, talks with desk-1
            09:01 desk-3 rings (from 9004 Lobby, sent on by 2001: user-busy)
            09:01 desk-4 hears it ring, talks with desk-3
            09:01 desk-3 hears "The other party hung up"
            09:01 desk-2 hears "The other party hung up"
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring
            09:02:20 desk-2 stops ringing
            09:02:20 desk-4 rings (from 9001 Lobby, sent on by 2001: no-answer)
            09:02:30 desk-1 talks with desk-4
            09:02:30 desk-4 hears "The other party hung up"
            09:03 desk-2 hears "Calls are not forwarded when busy", hears "Calls are not forwarded when nobody answers"
            09:04 desk-1 rings (from 2001 Alice)
            09:04 desk-2 hears it ring, talks with desk-1
            09:04 desk-4 hears 486 Busy
            09:05 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn what_is_set_at_a_phone_beats_the_site_and_is_kept() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, forward all 9003   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-2 logs in alice   desk-2 dials *73
        09:01 desk-1 dials 2001   desk-1 hangs up
        09:02 desk-4 logs in bob   desk-4 dials *729003
        09:03 server dies   server starts
        09:04 desk-1 dials 2001   desk-1 hangs up
        09:05 desk-1 dials 2002   desk-1 hangs up
        09:06 admin explains alice   admin explains bob
        site: desk-3 guest 9033
        09:07 desk-1 dials 2002   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears "Calls are not forwarded"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring
            09:01 desk-2 stops ringing
            09:02 desk-4 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob", hears "All calls go to 9003"
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring
            09:04 desk-2 stops ringing
            09:05 desk-3 rings (from 9001 Lobby, sent on by 2002: unconditional)
            09:05 desk-1 hears it ring
            09:05 desk-3 stops ringing
            09:06 admin reads: alice has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:06 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as a call attempt showed.
            09:06 admin reads: Nothing logs alice out automatically here.
            09:06 admin reads: alice: Calls are not forwarded (set at a phone).
            09:06 admin reads: bob has been logged in at desk-4 since 2026-05-05 09:02:00.
            09:06 admin reads: desk-4 was last used at 2026-05-05 09:02:00, as a call attempt showed.
            09:06 admin reads: Nothing logs bob out automatically here.
            09:06 admin reads: bob: All calls go to 9003 (set at a phone).
            09:07 desk-4 rings (from 9001 Lobby)
            09:07 desk-1 hears it ring
            09:07 desk-4 stops ringing"#]],
    );
}

#[test]
fn calls_are_not_sent_where_they_may_not_go() {
    check(
        "rules: CAL-2, SES-10",
        "
        class clerks: call users, login, forward   emergency 112 rings desk-3
        alice: 2001, pin 1111, class clerks   bob: 2002, pin 2222   carol: 2003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials *729002
        09:01 desk-1 logs in alice   desk-1 dials *729002   desk-1 dials *727777   desk-1 dials *72112
        desk-1 dials *722001   desk-1 dials *72
        09:02 desk-1 dials *722002   desk-2 logs in bob   desk-2 dials *722003   desk-3 logs in carol
        desk-3 dials *722001   desk-3 dials *942001
        09:03 desk-3 dials 2001
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Not allowed from this phone
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears 403 Not allowed from this phone, hears 404 Unknown number, hears 403 Calls cannot go to a code or an emergency number, hears 482 That number is forwarded in a circle, hears 484 Dial the code, then the number that calls are to go to
            09:02 desk-1 hears "All calls go to 2002"
            09:02 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob", hears "All calls go to 2003"
            09:02 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol", hears 482 That number is forwarded in a circle, hears 482 That number is forwarded in a circle
            09:03 desk-3 hears 486 Busy"#]],
    );
}

#[test]
fn a_phone_that_may_sends_its_own_calls_on_while_nobody_is_logged_in() {
    check(
        "rules: CAL-2",
        "
        class lobby: call guests, call users, login, forward
        reception: logout profile, lines 9100, class lobby   alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: phone, logout profile reception
        09:00 desk-1 dials *729003   desk-2 dials 9001   desk-2 hangs up
        09:01 desk-1 logs in alice   desk-2 dials 9001   desk-2 dials 2001   desk-2 hangs up
        09:02 desk-1 logs out   desk-2 dials 9001   desk-2 hangs up
        09:03 desk-4 dials *729003
        admin explains desk-1
        ",
        expect![[r#"
            09:00 desk-1 hears "All calls go to 9003"
            09:00 desk-3 rings (from 9002 Lobby, sent on by 9001: unconditional)
            09:00 desk-2 hears it ring
            09:00 desk-3 stops ringing
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 hears 480 Nobody is logged in with that number
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01 desk-1 stops ringing
            09:02 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 desk-3 rings (from 9002 Lobby, sent on by 9001: unconditional)
            09:02 desk-2 hears it ring
            09:02 desk-3 stops ringing
            09:03 desk-4 hears 403 This phone has no number of its own
            09:03 admin reads: desk-1 is registered and answers to 9001.
            09:03 admin reads: Nobody is logged in at desk-1.
            09:03 admin reads: desk-1: All calls go to 9003 (set at a phone).
            09:03 admin reads: The last logout at desk-1 was at 2026-05-05 09:02:00: alice (user: the user logged out; by code); last used at 2026-05-05 09:02:00, as a call attempt showed.
            09:03 admin reads: desk-1 cannot be told to forget whom alice called: no such phone can."#]],
    );
}

#[test]
fn the_store_must_have_it_before_the_phone_says_so() {
    check(
        "rules: CAL-2",
        "
        store takes 2s
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-3: guest 9003
        09:00 desk-1 logs in alice
        09:01 desk-1 dials *729003
        until 09:02
        ",
        expect![[r#"
            09:00:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01:02 desk-1 hears "All calls go to 9003""#]],
    );
}

#[test]
fn a_key_sends_calls_on_and_the_same_key_takes_that_back() {
    check_over_sccp(
        "rules: CAL-2, PRO-4",
        "
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 presses softkey CFwdAll
        09:01 desk-1 logs in alice
        09:02 desk-1 presses softkey CFwdAll   desk-1 types 9003#
        09:03 desk-2 dials 2001   desk-2 hangs up
        09:04 desk-1 presses softkey CFwdAll
        09:05 desk-2 dials 2001   desk-2 hangs up
        09:06 desk-1 presses softkey CFwdBusy   desk-1 types 7777#
        09:07 desk-1 presses softkey CFwdNoAnswer   desk-1 types 9003
        until 09:07:30
        09:08 desk-1 presses softkey CFwdAll   desk-1 hangs up
        09:09 desk-1 presses softkey CFwdAll   desk-1 types *12#
        ",
        expect![[r#"
            09:00 IMPOSSIBLE desk-1 shows no softkey CFwdAll, but NewCall, Login
            09:01 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:02 desk-1 hears "All calls go to 9003"
            09:03 desk-3 rings (from 9002 Lobby, sent on by 2001: unconditional)
            09:03 desk-2 hears it ring
            09:03 desk-3 stops ringing
            09:04 desk-1 reads "Calls are not forwarded"
            09:05 desk-1 rings (from 9002 Lobby)
            09:05 desk-2 hears it ring
            09:05 desk-1 stops ringing
            09:06 desk-1 hears Unknown number
            09:07 desk-1 hears "Calls go to 9003 when nobody answers"
            09:09 desk-1 hears Calls cannot go to a code or an emergency number"#]],
    );
}
