//! Calls between two phones, back to back through Perch.

use expect_test::expect;

use crate::support::play::{check, check_by_transport, check_otherwise};

#[test]
fn a_call_is_dialled_rings_is_answered_and_released_by_either_side() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   09:00:05 desk-2 answers   09:01 desk-1 hangs up
        09:02 desk-2 dials 9001   09:02:05 desk-1 answers   09:03 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00:05 desk-1 talks with desk-2
            09:01 desk-2 hears "The other party hung up"
            09:02 desk-1 rings (from 9002 Lobby)
            09:02 desk-2 hears it ring
            09:02:05 desk-2 talks with desk-1
            09:03 desk-2 hears "The other party hung up"
            09:03 admin reads: 2 of 2 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_caller_may_give_up_and_a_callee_may_decline_or_be_busy() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   09:00:05 desk-1 hangs up
        09:01 desk-1 dials 9002   desk-2 declines
        09:02 desk-1 dials 9002   desk-2 is busy
        09:03 desk-1 dials 9001
        09:04 admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00:05 desk-2 stops ringing
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, hears 603 Declined
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring, hears 486 Busy
            09:03 desk-1 hears 486 Busy
            09:04 admin reads: 2 of 2 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn ringing_ends_when_nobody_answers() {
    check(
        "rules: CAL-1",
        "
        no answer after 30s
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002
        until 09:01
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00:30 desk-1 hears 480 No answer
            09:00:30 desk-2 stops ringing"#]],
    );
}

#[test]
fn who_is_not_there_or_may_not_be_called_is_said_so() {
    check_by_transport(
        "rules: CAL-1",
        "
        class lobby: call guests, login
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   09:01 desk-1 dials 7777   desk-1 dials 2001
        09:02 desk-3 unregisters     desk-2 dials 2002   desk-2 dials 9003
        09:03 desk-1 vanishes        desk-2 dials 9001
        until 09:05
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 hears 404 Unknown number, hears 403 Not allowed from this phone
            09:02 desk-2 hears 480 Nobody is logged in with that number, hears 480 The phone cannot be reached
            09:03:32 desk-2 hears 480 The phone cannot be reached"#]],
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 hears 404 Unknown number, hears 403 Not allowed from this phone
            09:02 desk-2 hears 480 Nobody is logged in with that number, hears 480 The phone cannot be reached
            09:03 desk-2 hears 480 The phone cannot be reached"#]],
    );
}

#[test]
fn what_is_played_before_the_answer_reaches_the_caller() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   09:00:02 desk-2 plays something early
        09:00:05 desk-2 answers   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00:02 desk-1 hears desk-2 before the answer
            09:00:05 desk-1 talks with desk-2
            09:00:05 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn all_devices_of_a_line_ring_and_the_first_to_answer_has_the_call() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002   mobile-2: second device of desk-2   soft-2: second device of desk-2
        09:00 desk-1 dials 9002      mobile-2 answers   09:01 desk-1 hangs up
        09:02 desk-1 dials 9002      desk-2 is busy     mobile-2 is busy   soft-2 answers   soft-2 hangs up
        09:03 desk-1 dials 9002      mobile-2 declines
        09:04 desk-1 dials 9002      desk-1 hangs up
        09:05 desk-1 dials 9002      desk-2 is busy     soft-2 is busy     mobile-2 is busy
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 mobile-2 rings (from 9001 Lobby)
            09:00 soft-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00 desk-2 stops ringing (answered elsewhere)
            09:00 soft-2 stops ringing (answered elsewhere)
            09:00 desk-1 talks with mobile-2
            09:01 mobile-2 hears "The other party hung up"
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 mobile-2 rings (from 9001 Lobby)
            09:02 soft-2 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring, talks with soft-2, hears "The other party hung up"
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 mobile-2 rings (from 9001 Lobby)
            09:03 soft-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring
            09:03 desk-2 stops ringing
            09:03 soft-2 stops ringing
            09:03 desk-1 hears 603 Declined
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 mobile-2 rings (from 9001 Lobby)
            09:04 soft-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring
            09:04 desk-2 stops ringing
            09:04 mobile-2 stops ringing
            09:04 soft-2 stops ringing
            09:05 desk-2 rings (from 9001 Lobby)
            09:05 mobile-2 rings (from 9001 Lobby)
            09:05 soft-2 rings (from 9001 Lobby)
            09:05 desk-1 hears it ring, hears 486 Busy"#]],
    );
}

#[test]
fn a_caller_may_leave_the_offer_to_the_callee() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002 without offer   desk-2 answers   09:01 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 hears "The other party hung up""#]],
    );
}

#[test]
fn either_party_may_hold_and_resume() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-1 holds   09:02 desk-1 resumes
        09:03 desk-2 holds   09:04 desk-1 holds   09:05 desk-2 resumes   09:06 desk-1 resumes
        09:07 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 is held
            09:02 desk-2 is taken back
            09:03 desk-1 is held
            09:04 desk-2 is held
            09:05 desk-1 is taken back
            09:06 desk-2 is taken back
            09:07 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn both_may_want_to_hold_at_once() {
    check_otherwise(
        "rules: CAL-1",
        "
        otherwise over SCCP: who holds does not notice that it is held
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 both hold desk-1 desk-2
        until 09:02   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01:02.330 desk-2 is held
            09:01:02.420 desk-1 is held
            09:02 desk-1 hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:02 desk-1 hears the end"#]],
    );
}

#[test]
fn digits_are_carried_in_a_call() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-1 presses 5    desk-2 presses *   desk-1 presses #
        09:02 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 hears the digit 5
            09:01 desk-1 hears the digit *
            09:01 desk-2 hears the digit #
            09:02 desk-1 hears "The other party hung up""#]],
    );
}

#[test]
fn a_party_that_vanishes_does_not_keep_the_other() {
    check_by_transport(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-2 vanishes
        until 09:05
        admin asks status
        09:06 desk-3 dials 9001   desk-1 answers   09:07 desk-3 vanishes
        until 09:10
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01:35.660 desk-1 hears "The other party cannot be reached any more"
            09:05 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting
            09:06 desk-1 rings (from 9003 Lobby)
            09:06 desk-3 hears it ring, talks with desk-1
            09:07:34.587 desk-1 hears "The other party cannot be reached any more"
            09:10 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01:03.660 desk-1 hears "The other party cannot be reached any more"
            09:05 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting
            09:06 desk-1 rings (from 9003 Lobby)
            09:06 desk-3 hears it ring, talks with desk-1
            09:07:02.365 desk-1 hears "The other party cannot be reached any more"
            09:10 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_caller_that_vanishes_while_it_rings_does_not_ring_for_ever() {
    check_otherwise(
        "rules: CAL-1",
        "
        otherwise over SCCP: its connection tells that a phone is gone
        no answer after 30s
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   09:00:05 desk-1 vanishes   09:00:10 desk-2 answers
        until 09:03
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00:42 desk-2 hears "The other party cannot be reached any more"
            09:03 admin reads: 2 of 2 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00:10 desk-2 hears the end, reads "The other party cannot be reached any more"
            09:03 admin reads: 1 of 2 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_call_that_the_server_forgot_is_over_at_the_next_word() {
    check_otherwise(
        "rules: CAL-1",
        "
        otherwise over SCCP: a phone that has lost its server has lost its calls
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 server dies   server starts
        09:02 desk-1 holds  desk-2 hangs up
        09:03 desk-1 dials 9002   desk-2 answers   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:02 desk-1 finds the call gone (481)
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2
            09:03 desk-2 hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:02 IMPOSSIBLE desk-1 has no call to hold, desk-2 has no call to hang up
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2
            09:03 desk-2 hears the end"#]],
    );
}

#[test]
fn a_server_that_is_about_to_stop_takes_no_new_calls() {
    check_otherwise(
        "rules: CAL-1",
        "
        otherwise over SCCP: it says why, where SIP has a status
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 dials 2001   desk-1 answers
        09:01 server drains          desk-1 presses 1
        09:02 desk-2 hangs up        desk-2 dials 2001
        09:03 server stops           09:04 server starts
        09:05 desk-2 dials 2001
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with desk-1
            09:01 desk-2 hears the digit 1
            09:02 desk-1 hears "The other party hung up"
            09:02 desk-2 hears 503 Service Unavailable
            09:05 desk-1 rings (from 9002 Lobby)
            09:05 desk-2 hears it ring"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with desk-1
            09:01 desk-2 hears the digit 1
            09:02 desk-1 hears the end
            09:02 desk-2 hears The server is being restarted
            09:05 desk-1 rings (from 9002 Lobby)
            09:05 desk-2 hears it ring"#]],
    );
}

#[test]
fn a_clock_that_is_set_forward_loses_no_phone() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-1 hangs up
        09:01 clock jumps +1h
        10:02 desk-1 dials 9002
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00 desk-2 stops ringing
            10:02 desk-2 rings (from 9001 Lobby)
            10:02 desk-1 hears it ring"#]],
    );
}

#[test]
fn a_phone_may_have_two_calls_at_once() {
    check(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-1 holds
        09:01 desk-3 dials 9001   desk-1 answers
        09:02 desk-1 hangs up     desk-1 resumes
        09:03 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:00 desk-2 is held
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring, talks with desk-1
            09:02 desk-3 hears "The other party hung up"
            09:02 desk-2 is taken back
            09:03 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn a_phone_that_comes_while_its_number_rings_rings_too() {
    check(
        "rules: CAL-1, SES-10",
        "
        second login allow   emergency 112 rings desk-2 desk-3
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   mobile-2: second device of desk-2
        09:00 desk-2 logs in alice   desk-3 logs in alice   desk-3 unregisters   mobile-2 unregisters
        09:01 desk-1 dials 2001   desk-3 comes back   mobile-2 comes back   desk-3 answers   desk-3 hangs up
        09:02 desk-1 dials 2001   desk-2 declines     desk-3 declines
        09:03 desk-3 unregisters
        09:04 desk-1 dials 112    desk-3 comes back   desk-3 answers   desk-3 hangs up
        until 09:10
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice"
            09:00 mobile-2 reads "Logged in: 2001 Alice"
            09:00 desk-2 hears "Logged in: 2001 Alice"
            09:00 desk-3 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring
            09:01 desk-3 rings (from 9001 Lobby)
            09:01 mobile-2 rings (from 9001 Lobby)
            09:01 desk-2 stops ringing (answered elsewhere)
            09:01 mobile-2 stops ringing (answered elsewhere)
            09:01 desk-1 talks with desk-3, hears "The other party hung up"
            09:02 mobile-2 rings (from 9001 Lobby)
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 desk-3 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring
            09:02 mobile-2 stops ringing
            09:02 desk-1 hears 603 Declined
            09:04 mobile-2 rings (from 9001 Lobby)
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring
            09:04 desk-3 rings (from 9001 Lobby)
            09:04 mobile-2 stops ringing (answered elsewhere)
            09:04 desk-2 stops ringing (answered elsewhere)
            09:04 desk-1 talks with desk-3, hears "The other party hung up"
            09:10 admin reads: 3 of 3 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}
