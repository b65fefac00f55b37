//! Who is asked in a round of a hunt group, who is passed by, and who waits: where groups stand in groups, numbers are at
//! several phones, and phones are busy.

use expect_test::expect;

use crate::support::play::{check, check_over_sip};

/// Whoever waits was there before. A member who was busy a moment ago is not for whoever happens to call just then.
#[test]
fn who_waits_is_offered_a_member_before_whoever_calls_now() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-7: guest 9007   desk-8: guest 9008   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 30s, queue 5 for 5m
        09:00 desk-1 logs in ann
        09:01 desk-8 dials 4200   desk-1 is busy
        09:01:01 desk-9 dials 4200   admin asks hunt
        09:01:10 desk-1 answers   desk-8 hangs up
        09:01:20 desk-1 answers   desk-9 hangs up   admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01 desk-8 hears it ring, hears Ringing, hears Perch before the answer, reads "Queued, place 1"
            09:01:01 desk-9 hears it ring, reads "Queued, place 2"
            09:01:01 admin reads: sales: 1001 ready; 2 wait; 2 calls, 1 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:01:02 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01:10 desk-9 hears Ringing
            09:01:10 desk-8 talks with desk-1
            09:01:10 desk-9 hears Perch before the answer, reads "Queued, place 1"
            09:01:10 desk-1 hears "The other party hung up", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:20 desk-9 talks with desk-1
            09:01:20 desk-1 hears "The other party hung up"
            09:01:20 admin reads: sales: 1001 ready; 0 wait; 2 calls, 3 offered, 2 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// Where nobody waits, a member who was busy a moment ago is asked at once by the next call.
#[test]
fn without_a_queue_the_next_call_asks_again_at_once() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-8: guest 9008   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 30s
        09:00 desk-1 logs in ann
        09:01 desk-8 dials 4200   desk-1 is busy
        09:01:01 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01 desk-8 hears it ring, hears 480 No answer
            09:01:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:01 desk-9 hears it ring, talks with desk-1
            09:01:01 desk-1 hears "The other party hung up""#]],
    );
}

/// Two who were busy at different moments are each asked when their own two seconds are over.
#[test]
fn each_member_who_was_busy_has_a_moment_of_their_own() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 9008   desk-9: guest 9009
        sales: hunt group, parallel, pilot 4200, list 1001 1002, timeout 30s, queue 5 for 5m
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-8 dials 4200
        09:01:05 desk-1 is busy
        09:01:06 desk-2 is busy
        09:01:07.500 desk-1 is busy
        09:01:09 desk-2 answers   desk-8 hangs up   admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01 desk-2 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01 desk-8 hears it ring
            09:01:06 desk-8 hears Ringing, hears Perch before the answer, reads "Queued, place 1"
            09:01:07 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01:08 desk-2 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01:09 desk-8 talks with desk-2
            09:01:09 desk-2 hears "The other party hung up"
            09:01:09 admin reads: sales: 1001 ready, 1002 ready; 0 wait; 1 calls, 4 offered, 1 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// Somebody may stand in the list of a group and in that of a group in it: one call asks them once in a round, however
/// they were found.
#[test]
fn who_stands_in_two_lists_is_asked_once_in_a_round() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 4500   desk-9: guest 9009
        inner: hunt group, sequential, pilot 4300, list 1001 1002, timeout 10s
        outer: hunt group, sequential, pilot 4200, list 1001 4300, timeout 10s, final 4500
        all: hunt group, parallel, pilot 4400, list 1001 4300, timeout 10s, final 4500
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200   desk-1 is busy   until 09:01:11   desk-9 hangs up
        09:02 desk-9 dials 4400   until 09:02:11   desk-9 hangs up
        admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:10 desk-2 stops ringing
            09:01:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:01:11 desk-8 stops ringing
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:02 desk-9 hears it ring
            09:02:10 desk-1 stops ringing
            09:02:10 desk-2 stops ringing
            09:02:10 desk-8 rings (from 9009 Lobby, sent on by 4400: no-answer)
            09:02:11 desk-8 stops ringing
            09:02:11 admin reads: all: 1001 ready, 4300 ready; 0 wait; 1 calls, 1 offered, 0 answered, 1 missed, 0 abandoned, 1 passed on, talked 0 s
            09:02:11 admin reads: inner: 1001 ready, 1002 ready; 0 wait; 0 calls, 2 offered, 0 answered, 2 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02:11 admin reads: outer: 1001 ready, 4300 ready; 0 wait; 1 calls, 1 offered, 0 answered, 0 missed, 0 abandoned, 1 passed on, talked 0 s"#]],
    );
}

#[test]
fn four_groups_stand_one_in_the_other() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   desk-1: guest 9001   desk-9: guest 9009
        a: hunt group, sequential, pilot 4100, list 4200, timeout 10s
        b: hunt group, sequential, pilot 4200, list 4300, timeout 10s
        c: hunt group, sequential, pilot 4300, list 4400, timeout 10s
        d: hunt group, sequential, pilot 4400, list 1001, timeout 10s
        09:00 desk-1 logs in ann
        09:01 desk-9 dials 4100   desk-1 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4100: unconditional)
            09:01 desk-9 hears it ring, talks with desk-1
            09:01 desk-1 hears "The other party hung up""#]],
    );
}

/// A group that stands in a list was used when a call went through it.
#[test]
fn of_two_groups_the_one_that_has_been_idle_longest_comes_first() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        first: hunt group, sequential, pilot 4300, list 1001, timeout 10s
        second: hunt group, sequential, pilot 4400, list 1002, timeout 10s
        outer: hunt group, longest-idle, pilot 4200, list 4300 4400, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:02 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        09:03 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring, talks with desk-1
            09:01 desk-1 hears "The other party hung up"
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring, talks with desk-2
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring, talks with desk-1
            09:03 desk-1 hears "The other party hung up""#]],
    );
}

#[test]
fn a_member_who_calls_the_group_is_not_rung_by_it() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002
        sales: hunt group, sequential, pilot 4200, list 1001 1002, timeout 10s, presents usual
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-1 dials 4200   desk-2 answers   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-2 rings (from 1001 Ann, sent on by 4200: unconditional)
            09:01 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 hears "The other party hung up""#]],
    );
}

/// A number that is at two phones has a call when one of them has one with it.
#[test]
fn a_shared_number_with_a_call_is_not_idle_anywhere() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111, lines 1001 2000   ben: 1002, pin 2222, lines 1002 2000
        desk-1: guest 9001   desk-2: guest 9002   desk-7: guest 9007   desk-8: guest 4500   desk-9: guest 9009
        one: hunt group, sequential, pilot 4200, list 2000, timeout 10s, final 4500
        any: hunt group, sequential, pilot 4300, list 2000, timeout 10s, final 4500, presents onhook-phone
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-7 dials 2000   desk-1 answers
        09:02 desk-9 dials 4200   desk-9 hangs up
        09:03 desk-9 dials 4300   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9007 Lobby)
            09:01 desk-2 rings (from 9007 Lobby)
            09:01 desk-7 hears it ring
            09:01 desk-2 stops ringing (answered elsewhere)
            09:01 desk-7 talks with desk-1
            09:02 desk-8 rings (from 9009 Lobby, sent on by 4200: user-busy)
            09:02 desk-9 hears it ring
            09:02 desk-8 stops ringing
            09:03 desk-2 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:03 desk-9 hears it ring
            09:03 desk-2 stops ringing"#]],
    );
}

/// Of the phones of a number those take a hunt call that take any call: neither where nobody is to be disturbed, nor where
/// one call is enough, nor where the line is full.
#[test]
fn a_phone_that_takes_no_calls_takes_no_hunt_calls() {
    check(
        "rules: HG-1, HG-2",
        "
        hunt group logout HLog   do not disturb rings silently
        ann: 1001, pin 1111, lines 1001 2000   ben: 1002, pin 2222, lines 1002 2000
        cas: 1003, pin 3333, no call waiting   dan: 1004, pin 4444, line 1004 1 calls
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        desk-6: guest 9006   desk-7: guest 9007   desk-8: guest 4500   desk-9: guest 9009
        one: hunt group, sequential, pilot 4200, list 2000, timeout 10s, final 4500
        two: hunt group, sequential, pilot 4300, list 1003 1004, timeout 10s, final 4500, presents usual
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas   desk-4 logs in dan
        09:01 desk-1 dials *78
        09:02 desk-9 dials 4200   desk-9 hangs up
        09:03 desk-6 dials 1003   desk-3 answers   desk-7 dials 1004   desk-4 answers
        09:04 desk-9 dials 4300   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:00 desk-4 becomes dan, reads "Logged in: 1004 Dan", hears "Logged in: 1004 Dan"
            09:01 desk-1 hears "Do not disturb"
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-2 stops ringing
            09:03 desk-3 rings (from 9006 Lobby)
            09:03 desk-6 hears it ring, talks with desk-3
            09:03 desk-4 rings (from 9007 Lobby)
            09:03 desk-7 hears it ring, talks with desk-4
            09:04 desk-8 rings (from 9009 Lobby, sent on by 4300: user-busy)
            09:04 desk-9 hears it ring
            09:04 desk-8 stops ringing"#]],
    );
}

/// What counts against the longest time is for how long it rang, not for how long somebody waited.
#[test]
fn waiting_does_not_count_as_ringing() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-7: guest 9007   desk-8: guest 4500   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 15s, longest 20s, queue 5 for 10m, final 4500
        09:00 desk-1 logs in ann   desk-7 dials 1001   desk-1 answers
        09:01 desk-9 dials 4200
        09:02 desk-7 hangs up
        09:03 desk-9 hangs up
        admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", rings (from 9007 Lobby)
            09:00 desk-7 hears it ring, talks with desk-1
            09:01 desk-9 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:02 desk-9 reads "Queued, place 1"
            09:02 desk-1 hears "The other party hung up", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02:15 desk-1 stops ringing
            09:02:25 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02:30 desk-1 stops ringing
            09:02:40 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:03 desk-8 stops ringing
            09:03 admin reads: sales: 1001 ready; 0 wait; 1 calls, 2 offered, 0 answered, 2 missed, 0 abandoned, 1 passed on, talked 0 s"#]],
    );
}

/// Who says no in a parallel group has missed the call only if the others do not answer it either; and who was busy has
/// missed nothing.
#[test]
fn a_no_counts_as_missed_if_nobody_answers_and_a_busy_phone_never_does() {
    check(
        "rules: HG-3",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 4500   desk-9: guest 9009
        sales: hunt group, parallel, pilot 4200, list 1001 1002, timeout 10s, auto logout 1, final 4500
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200   desk-1 declines
        09:01:05 desk-2 answers   desk-9 hangs up   admin asks hunt
        09:02 desk-9 dials 4200   desk-1 is busy   until 09:02:11   desk-9 hangs up   admin asks hunt
        09:03 desk-9 dials 4200   desk-1 declines   admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:05 desk-9 talks with desk-2
            09:01:05 desk-2 hears "The other party hung up"
            09:01:05 admin reads: sales: 1001 ready, 1002 ready; 0 wait; 1 calls, 2 offered, 1 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02:10 desk-2 stops ringing
            09:02:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:02:11 desk-8 stops ringing
            09:02:11 admin reads: sales: 1001 ready, 1002 not ready; 0 wait; 2 calls, 4 offered, 1 answered, 1 missed, 0 abandoned, 1 passed on, talked 0 s
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring
            09:03 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:03 admin reads: sales: 1001 not ready, 1002 not ready; 0 wait; 3 calls, 5 offered, 1 answered, 2 missed, 0 abandoned, 2 passed on, talked 0 s"#]],
    );
}

/// Somebody who was handed on to a group and hangs up has called it in vain.
#[test]
fn who_is_handed_on_to_a_group_and_hangs_up_is_counted() {
    check_over_sip(
        "rules: HG-5, CAL-2",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 30s, queue 5 for 5m
        09:00 desk-1 logs in ann   desk-9 dials 9002   desk-2 answers
        09:01 desk-2 transfers to 4200
        09:01:10 desk-9 hangs up
        09:02 admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 rings (from 9009 Lobby)
            09:00 desk-9 hears it ring, talks with desk-2
            09:01 desk-1 rings (from 9009 Lobby, transferred by 9002, sent on by 4200: unconditional)
            09:01 desk-2 is told of its transfer: 180 Ringing
            09:01:10 desk-2 is told of its transfer: 487 Request Terminated
            09:01:10 desk-1 stops ringing
            09:01:10 desk-2 hears "The other party hung up"
            09:02 admin reads: sales: 1001 ready; 0 wait; 1 calls, 1 offered, 0 answered, 0 missed, 1 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// A group that is gone, and comes again, begins where its list begins; a member who is new is found by those who wait.
#[test]
fn another_site_counts_at_once() {
    check(
        "rules: HG-1, SES-13",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-7: guest 9007   desk-9: guest 9009
        sales: hunt group, peer, pilot 4200, list 1001 1002, timeout 10s, queue 5 for 5m
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:02 site: sales is removed
        site: sales: hunt group, peer, pilot 4200, list 1001, timeout 10s, queue 5 for 5m
        09:03 desk-9 dials 4200   desk-1 answers   desk-7 dials 4200
        09:04 site: sales: list 1001 1002
        desk-2 answers   desk-7 hangs up   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring, talks with desk-1
            09:01 desk-1 hears "The other party hung up"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring, talks with desk-1
            09:03 desk-7 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:04 desk-7 reads "Queued, place 1"
            09:04 desk-2 rings (from 9007 Lobby, sent on by 4200: unconditional)
            09:04 desk-7 talks with desk-2
            09:04 desk-2 hears "The other party hung up"
            09:04 desk-1 hears "The other party hung up""#]],
    );
}

/// A phone that comes while its number rings rings along, and is the member's as much as the other.
#[test]
fn a_phone_that_comes_late_answers_for_the_member() {
    check(
        "rules: HG-5",
        "
        second login allow
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 60s
        09:00 desk-1 logs in ann   desk-2 logs in ann
        09:01 desk-2 unregisters   desk-9 dials 4200
        09:01:10 desk-2 comes back
        09:01:20 desk-2 answers   09:02:20 desk-9 hangs up
        admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:20 desk-1 stops ringing (answered elsewhere)
            09:01:20 desk-9 talks with desk-2
            09:02:20 desk-2 hears "The other party hung up"
            09:02:20 admin reads: sales: 1001 ready; 0 wait; 1 calls, 1 offered, 1 answered, 0 missed, 0 abandoned, 0 passed on, talked 60 s"#]],
    );
}
