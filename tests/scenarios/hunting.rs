//! Hunt groups: numbers that look for somebody who answers.

use expect_test::expect;

use crate::support::ladder::ladder;
use crate::support::play::{check, check_otherwise};

#[test]
fn a_sequential_group_asks_from_the_left_and_passes_by_who_is_nowhere() {
    check(
        "rules: HG-1, HG-6",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        support: hunt group, sequential, pilot 4200, named Support, list 1001 1002 1003, timeout 10s
        09:00 desk-1 logs in ann   desk-3 logs in cas
        09:01 desk-9 dials 4200
        09:01:15 desk-3 answers
        09:02 desk-9 hangs up
        09:03 desk-9 dials 4200   desk-1 answers
        09:04 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:15 desk-9 talks with desk-3
            09:02 desk-3 hears "The other party hung up"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring, talks with desk-1
            09:04 desk-9 hears "The other party hung up"
            09:04 admin reads: 4 of 4 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_call_that_nobody_answers_goes_to_the_final_number() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, sequential, pilots 4200 4201, list 1001 1002, timeout 10s 5s, final 9008
        sales: hunt group, peer, pilot 4300, list 1001 1002, timeout 10s
        -- Nobody is there: at once.
        09:00 desk-9 dials 4200   desk-8 answers   desk-9 hangs up
        09:01 desk-9 dials 4300
        09:02 desk-1 logs in ann   desk-2 logs in ben
        09:03 desk-9 dials 4201
        until 09:03:20
        desk-8 answers   desk-9 hangs up
        09:04 desk-9 dials 4300
        until 09:04:30
        09:05 desk-9 dials 4200   desk-1 declines   desk-2 declines
        desk-8 answers   desk-8 hangs up
        ",
        expect![[r#"
            09:00 desk-8 rings (from 9009 Lobby, sent on by 4200: user-busy)
            09:00 desk-9 hears it ring, talks with desk-8
            09:00 desk-8 hears "The other party hung up"
            09:01 desk-9 hears 486 Busy
            09:02 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:02 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4201: unconditional)
            09:03 desk-9 hears it ring
            09:03:10 desk-1 stops ringing
            09:03:10 desk-2 rings (from 9009 Lobby, sent on by 4201: unconditional)
            09:03:15 desk-2 stops ringing
            09:03:15 desk-8 rings (from 9009 Lobby, sent on by 4201: no-answer)
            09:03:20 desk-9 talks with desk-8
            09:03:20 desk-8 hears "The other party hung up"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:04 desk-9 hears it ring
            09:04:10 desk-1 stops ringing
            09:04:10 desk-2 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:04:20 desk-2 stops ringing
            09:04:20 desk-9 hears 480 No answer
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring
            09:05 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:05 desk-9 talks with desk-8, hears "The other party hung up""#]],
    );
}

#[test]
fn a_peer_group_goes_on_after_whoever_rang_last() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        support: hunt group, peer, pilot 4200, list 1001 1002 1003, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        09:01 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:02 desk-9 dials 4200   desk-2 declines   desk-3 answers   desk-9 hangs up
        09:03 desk-9 dials 4200   desk-9 hangs up
        09:04 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring, talks with desk-1
            09:01 desk-1 hears "The other party hung up"
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 talks with desk-3
            09:02 desk-3 hears "The other party hung up"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring
            09:03 desk-1 stops ringing
            09:04 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring, talks with desk-2
            09:04 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn whoever_has_been_idle_longest_is_asked_first() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        support: hunt group, longest-idle, pilot 4200, list 1001 1002 1003, timeout 10s
        fair: hunt group, longest-idle, pilot 4300, list 1001 1002 1003, timeout 10s, from ring
        09:00 desk-3 logs in cas   09:01 desk-1 logs in ann   09:02 desk-2 logs in ben
        -- Cas has sat there the longest, and then Ann.
        09:03 desk-9 dials 4200   desk-3 answers   desk-9 hangs up
        09:04 desk-9 dials 4200   desk-9 hangs up
        09:05 desk-9 dials 4200   desk-1 answers   09:06 desk-9 hangs up
        -- Of those who only rang, too.
        09:07 desk-9 dials 4300   desk-9 hangs up
        09:08 desk-9 dials 4300   desk-9 hangs up
        -- A call of one's own counts.
        09:09 desk-3 dials 9009   desk-9 answers   desk-3 hangs up
        09:10 desk-9 dials 4200   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:02 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:03 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring, talks with desk-3
            09:03 desk-3 hears "The other party hung up"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring
            09:04 desk-1 stops ringing
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring, talks with desk-1
            09:06 desk-1 hears "The other party hung up"
            09:07 desk-2 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:07 desk-9 hears it ring
            09:07 desk-2 stops ringing
            09:08 desk-3 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:08 desk-9 hears it ring
            09:08 desk-3 stops ringing
            09:09 desk-9 rings (from 1003 Cas)
            09:09 desk-3 hears it ring, talks with desk-9
            09:09 desk-9 hears "The other party hung up"
            09:10 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:10 desk-9 hears it ring
            09:10 desk-2 stops ringing"#]],
    );
}

#[test]
fn all_members_of_a_parallel_group_ring_at_once() {
    check(
        "rules: HG-1",
        "
        second login allow
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, parallel, pilot 4200, list 1001 1002, timeout 10s, final 9008
        09:00 desk-1 logs in ann   desk-2 logs in ben
        -- A number at several phones rings at all of them.
        09:01 desk-3 logs in ann
        09:02 desk-9 dials 4200   desk-1 declines   desk-2 answers
        09:03 desk-9 hangs up
        09:04 desk-9 dials 4200
        until 09:04:20
        desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-3 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-3 stops ringing (answered elsewhere)
            09:02 desk-9 talks with desk-2
            09:03 desk-2 hears "The other party hung up"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring
            09:04:10 desk-1 stops ringing
            09:04:10 desk-3 stops ringing
            09:04:10 desk-2 stops ringing
            09:04:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:04:20 desk-8 stops ringing"#]],
    );
}

#[test]
fn busy_and_quiet_members_are_passed_by_and_forwards_of_theirs_do_not_count() {
    check(
        "rules: HG-1, HG-2",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333, forward all 9008
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, sequential, pilot 4200, list 1001 1002 1003, timeout 10s
        usual: hunt group, sequential, pilot 4300, list 1001 1002 1003, timeout 10s, presents usual
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        -- Ann talks, Ben is quiet, and Cas is there, whoever calls her being sent on.
        09:01 desk-1 dials 9008   desk-8 answers   desk-2 dials *78
        09:02 desk-9 dials 4200   desk-9 hangs up
        09:03 desk-9 dials 4300   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-8 rings (from 1001 Ann)
            09:01 desk-1 hears it ring, talks with desk-8
            09:01 desk-2 hears "Do not disturb"
            09:02 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-3 stops ringing
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:03 desk-9 hears it ring
            09:03 desk-1 stops ringing"#]],
    );
}

#[test]
fn a_group_may_stand_in_the_list_of_another_and_hops_and_time_are_bounded() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333   dan: 1004, pin 4444
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-8: guest 9008
        desk-9: guest 9009
        first: hunt group, sequential, pilot 4200, list 1001 4300 1004, timeout 5s, final 9008
        second: hunt group, parallel, pilot 4300, list 1002 1003, timeout 7s, final 9007
        few: hunt group, peer, pilot 4400, list 4300 1001 1004, hops 3, timeout 5s, final 9008
        short: hunt group, sequential, pilot 4500, list 1001 1002 1003, timeout 5s, longest 8s, final 9008
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas   desk-4 logs in dan
        09:01 desk-9 dials 4200
        until 09:01:30
        desk-9 hangs up
        09:02 desk-9 dials 4400
        until 09:02:30
        desk-9 hangs up
        09:03 desk-9 dials 4500
        until 09:03:30
        desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:00 desk-4 becomes dan, reads "Logged in: 1004 Dan", hears "Logged in: 1004 Dan"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:05 desk-1 stops ringing
            09:01:05 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:05 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:12 desk-2 stops ringing
            09:01:12 desk-3 stops ringing
            09:01:12 desk-4 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:17 desk-4 stops ringing
            09:01:17 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:01:30 desk-8 stops ringing
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:02 desk-3 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:02 desk-9 hears it ring
            09:02:07 desk-2 stops ringing
            09:02:07 desk-3 stops ringing
            09:02:07 desk-1 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:02:12 desk-1 stops ringing
            09:02:12 desk-8 rings (from 9009 Lobby, sent on by 4400: no-answer)
            09:02:30 desk-8 stops ringing
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4500: unconditional)
            09:03 desk-9 hears it ring
            09:03:05 desk-1 stops ringing
            09:03:05 desk-2 rings (from 9009 Lobby, sent on by 4500: unconditional)
            09:03:08 desk-2 stops ringing
            09:03:08 desk-8 rings (from 9009 Lobby, sent on by 4500: no-answer)
            09:03:30 desk-8 stops ringing"#]],
    );
}

#[test]
fn callers_wait_their_turn_until_a_member_is_free() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-6: guest 9006   desk-7: guest 9007   desk-8: guest 9008
        desk-9: guest 9009   desk-5: guest 9005   desk-4: guest 9004
        support: hunt group, longest-idle, pilot 4200, list 1001 1002, timeout 10s, queue 2 for 5m, overflow 9005
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-2 dials 9006   desk-6 answers
        09:01 desk-7 dials 4200   desk-1 answers
        09:02 desk-8 dials 4200
        09:03 desk-9 dials 4200
        -- There is no more room.
        09:03:30 desk-4 dials 4200   desk-4 hangs up
        -- Whoever came first is next.
        09:03:50 desk-7 hangs up   desk-1 answers
        -- Somebody else is free.
        09:04:20 desk-6 hangs up   desk-2 answers
        09:04:40 desk-8 hangs up   desk-9 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-6 rings (from 1002 Ben)
            09:00 desk-2 hears it ring, talks with desk-6
            09:01 desk-1 rings (from 9007 Lobby, sent on by 4200: unconditional)
            09:01 desk-7 hears it ring, talks with desk-1
            09:02 desk-8 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:03 desk-8 reads "Queued, place 1"
            09:03 desk-9 hears it ring, reads "Queued, place 2"
            09:03:30 desk-5 rings (from 9004 Lobby, sent on by 4200: user-busy)
            09:03:30 desk-4 hears it ring
            09:03:30 desk-5 stops ringing
            09:03:50 desk-1 hears "The other party hung up", rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:03:50 desk-9 hears Ringing
            09:03:50 desk-8 talks with desk-1
            09:03:50 desk-9 hears Perch before the answer, reads "Queued, place 1"
            09:04 desk-9 reads "Queued, place 1"
            09:04:20 desk-2 hears "The other party hung up", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04:20 desk-9 talks with desk-2
            09:04:40 desk-1 hears "The other party hung up"
            09:04:40 desk-2 hears "The other party hung up"
            09:04:40 admin reads: 8 of 8 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_wait_ends_when_the_caller_leaves_or_has_waited_for_long_enough() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-6: guest 9006   desk-7: guest 9007   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, sequential, pilot 4200, list 1001, timeout 10s, queue 5 for 2m, final 9006, announce 30s
        08:59 desk-1 logs in ann   desk-1 dials 9009   desk-9 answers
        09:00 desk-7 dials 4200
        09:00:10 desk-8 dials 4200
        09:00:20 desk-7 hangs up
        -- Ann is free again, does not answer, and is asked again.
        09:01 desk-9 hangs up
        09:01:25 desk-1 declines
        09:02:40 desk-6 answers   desk-8 hangs up
        -- And she goes again.
        09:05 desk-9 dials 4200   desk-1 answers   desk-8 dials 4200   desk-1 logs out
        09:05:10 desk-9 hangs up
        until 09:07:20
        desk-8 hangs up
        admin asks status
        ",
        expect![[r#"
            08:59 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            08:59 desk-9 rings (from 1001 Ann)
            08:59 desk-1 hears it ring, talks with desk-9
            09:00 desk-7 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:00:10 desk-8 hears it ring, reads "Queued, place 2"
            09:00:20 desk-8 hears Ringing, hears Perch before the answer, reads "Queued, place 1"
            09:00:40 desk-8 hears Waiting, reads "Queued, place 1"
            09:00:42 desk-8 hears Ringing, reads "Queued, place 1"
            09:01 desk-1 hears "The other party hung up", rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01:10 desk-8 hears Waiting
            09:01:10 desk-1 stops ringing
            09:01:10 desk-8 reads "Queued, place 1"
            09:01:12 desk-8 hears Ringing, reads "Queued, place 1"
            09:01:20 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01:35 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01:45 desk-8 hears Waiting
            09:01:45 desk-1 stops ringing
            09:01:45 desk-8 reads "Queued, place 1"
            09:01:47 desk-8 hears Ringing, reads "Queued, place 1"
            09:01:55 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:02:05 desk-1 stops ringing
            09:02:10 desk-6 rings (from 9008 Lobby, sent on by 4200: no-answer)
            09:02:40 desk-8 talks with desk-6
            09:02:40 desk-6 hears "The other party hung up"
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring, talks with desk-1
            09:05 desk-8 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:05 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:05:10 desk-1 becomes lobby (user), hears "The other party hung up", reads "Logged out"
            09:05:30 desk-8 hears Waiting, reads "Queued, place 1"
            09:05:32 desk-8 hears Ringing, reads "Queued, place 1"
            09:06 desk-8 hears Waiting, reads "Queued, place 1"
            09:06:02 desk-8 hears Ringing, reads "Queued, place 1"
            09:06:30 desk-8 hears Waiting, reads "Queued, place 1"
            09:06:32 desk-8 hears Ringing, reads "Queued, place 1"
            09:07 desk-6 rings (from 9008 Lobby, sent on by 4200: user-busy)
            09:07:20 desk-6 stops ringing
            09:07:20 admin reads: 5 of 5 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_hunt_call_may_be_picked_up_and_ends_with_its_group() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222, pickup group x
        desk-1: guest 9001   desk-2: guest 9002   desk-7: guest 9007, pickup group x   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, sequential, pilot 4200, list 1001 1002, timeout 10s, final 9008
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200
        -- Somebody takes it who is in no group.
        09:01:15 desk-7 dials *98
        09:02 desk-9 hangs up
        09:03 desk-9 dials 4200
        09:03:02 site: support is removed
        09:03:04 desk-7 dials 4200
        until 09:03:30
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:15 desk-2 stops ringing (answered elsewhere)
            09:01:15 desk-7 talks with desk-9
            09:01:15 desk-9 talks with desk-7
            09:02 desk-7 hears "The other party hung up"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring
            09:03:04 desk-7 hears 404 Unknown number
            09:03:10 desk-1 stops ringing
            09:03:10 desk-9 hears 480 No answer
            09:03:30 admin reads: 5 of 5 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_call_may_be_handed_on_to_a_group() {
    check_otherwise(
        "rules: HG-1",
        "
        otherwise over SCCP: whoever transfers a call asks first
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, sequential, pilot 4200, list 1001 1002, timeout 10s, queue 3 for 2m
        bob: 2001, pin 5555, forward all 4200
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 9008   desk-8 answers   desk-8 transfers to 4200
        09:01:15 desk-2 answers
        09:02 desk-9 hangs up
        -- Whose calls go to the group.
        09:03 desk-9 dials 2001   desk-1 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-8 rings (from 9009 Lobby)
            09:01 desk-9 hears it ring, talks with desk-8
            09:01 desk-1 rings (from 9009 Lobby, transferred by 9008, sent on by 4200: unconditional)
            09:01 desk-8 is told of its transfer: 180 Ringing
            09:01:10 desk-1 stops ringing
            09:01:10 desk-2 rings (from 9009 Lobby, transferred by 9008, sent on by 4200: unconditional)
            09:01:10 desk-8 is told of its transfer: 180 Ringing
            09:01:15 desk-9 now talks with desk-2
            09:01:15 desk-8 is told of its transfer: 200 OK, hears "Transferred"
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional, sent on by 2001: unconditional)
            09:03 desk-9 hears it ring, talks with desk-1
            09:03 desk-1 hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", reads "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Resetting...", hears "Logged in: 1002 Ben", reads "Logged in: 1002 Ben"
            09:01 desk-8 rings (from 9009 Lobby)
            09:01 desk-9 hears it ring, talks with desk-8
            09:01 desk-1 rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:01 desk-8 hears it ring, hears the end
            09:01 desk-1 stops ringing, rings (from 9009 Lobby, transferred by 9008, sent on by 4200: unconditional)
            09:01 desk-9 is held
            09:01:10 desk-1 stops ringing
            09:01:10 desk-2 rings (from 9009 Lobby, transferred by 9008, sent on by 4200: unconditional)
            09:01:15 desk-9 now talks with desk-2
            09:01:15 desk-8 hears the end, reads "Transferred"
            09:02 desk-2 hears the end
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional, sent on by 2001: unconditional)
            09:03 desk-9 hears it ring, talks with desk-1
            09:03 desk-1 hears the end"#]],
    );
}

#[test]
fn a_member_who_comes_while_callers_wait_is_asked_soon() {
    check_otherwise(
        "rules: HG-1",
        "
        otherwise over SCCP: a phone starts anew when somebody logs in
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-8: guest 9008   desk-9: guest 9009
        support: hunt group, sequential, pilot 4200, list 1001, timeout 10s, queue 3 for 2m
        09:00 desk-9 dials 4200
        09:00:30 desk-1 logs in ann
        09:00:35 desk-1 answers
        09:01 desk-9 hangs up   desk-1 dials *78
        09:02 desk-9 dials 4200
        09:02:10 desk-1 dials *79
        09:02:15 desk-1 unregisters
        09:03 desk-1 comes back
        09:03:05 desk-1 answers   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-9 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:00:30 desk-1 becomes ann, reads "Logged in: 1001 Ann", rings (from 9009 Lobby, sent on by 4200: unconditional), hears "Logged in: 1001 Ann"
            09:00:35 desk-9 talks with desk-1
            09:01 desk-1 hears "The other party hung up", hears "Do not disturb"
            09:02 desk-9 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:02:10 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional), hears "Calls ring again"
            09:02:20 desk-1 stops ringing
            09:03 desk-9 reads "Queued, place 1"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03:05 desk-9 talks with desk-1, hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-9 hears it ring, reads "Queued, place 1"
            09:00:30 desk-1 becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", reads "Logged in: 1001 Ann"
            09:00:32 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:00:35 desk-9 talks with desk-1
            09:01 desk-1 hears the end, hears "Do not disturb"
            09:02 desk-9 hears it ring, reads "Queued, place 1"
            09:02:10 desk-1 hears "Calls ring again", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 reads "Queued, place 1"
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03:05 desk-9 talks with desk-1, hears the end"#]],
    );
}

#[test]
fn voicemail_hears_of_the_group_that_was_called() {
    check(
        "rules: HG-1, CAL-4",
        "
        ann: 1001, pin 1111, forward no answer 9002 after 5s
        desk-1: guest 9001   voice: guest 8000   desk-9: guest 9009
        voicemail 8000
        support: hunt group, sequential, pilot 4200, list 1001, timeout 10s, final 8000
        09:00 desk-1 logs in ann
        09:01 desk-9 dials 4200   09:01:15 voice answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 voice rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:01:15 desk-9 talks with voice
            09:01:15 voice hears "The other party hung up""#]],
    );
}

#[test]
fn somebody_asks_why_a_group_does_not_ring() {
    check(
        "rules: HG-1, HG-6, SES-11",
        "
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333   dan: 1004, pin 4444   eva: 1005, pin 5555
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-9: guest 9009
        support: hunt group, peer, pilots 4200 4201, list 1001 1002 1003 1004 4300 *, queue 3 for 2m
        sales: hunt group, sequential, pilot 4300, list 1005, final 9009
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        09:01 desk-1 dials 9009   desk-9 answers   desk-3 dials *78
        09:02 admin explains support
        09:03 desk-2 dials 9001
        09:03:10 desk-4 dials 4201
        09:03:30 admin explains 4200   admin explains sales
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-9 rings (from 1001 Ann)
            09:01 desk-1 hears it ring, talks with desk-9
            09:01 desk-3 hears "Do not disturb"
            09:02 admin reads: support is a peer hunt group at 4200, 4201; calls that no member takes come to nothing.
            09:02 admin reads: 1001 is passed by: busy.
            09:02 admin reads: 1002 would be offered a call, at desk-2.
            09:02 admin reads: 1003 is passed by: not ready.
            09:02 admin reads: 1004 is passed by: logged in nowhere.
            09:02 admin reads: 4300 stands for the members of sales.
            09:02 admin reads: 1 more may join.
            09:02 admin reads: Nobody waits; 3 may wait, 120 s at most, and then are refused.
            09:03 desk-2 hears 480 Nobody is logged in with that number
            09:03:10 desk-2 rings (from 9004 Lobby, sent on by 4201: unconditional)
            09:03:10 desk-4 hears it ring
            09:03:25 desk-4 hears Ringing
            09:03:25 desk-2 stops ringing
            09:03:25 desk-4 hears Perch before the answer, reads "Queued, place 1"
            09:03:30 admin reads: support is a peer hunt group at 4200, 4201; calls that no member takes come to nothing.
            09:03:30 admin reads: 1001 is passed by: busy.
            09:03:30 admin reads: 1002 would be offered a call, at desk-2.
            09:03:30 admin reads: 1003 is passed by: not ready.
            09:03:30 admin reads: 1004 is passed by: logged in nowhere.
            09:03:30 admin reads: 4300 stands for the members of sales.
            09:03:30 admin reads: 1 more may join.
            09:03:30 admin reads: In the queue: 1, the first for 5 s; 3 may wait, 120 s at most, and then are refused.
            09:03:30 admin reads: sales is a sequential hunt group at 4300; calls that no member takes go to 9009.
            09:03:30 admin reads: 1005 is passed by: logged in nowhere."#]],
    );
}

#[test]
fn a_caller_who_makes_no_offer_or_acknowledges_progress_waits_as_well() {
    check(
        "rules: HG-1",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-8: guest 9008, wants PRACK   desk-9: guest 9009   desk-7: guest 9007
        support: hunt group, sequential, pilot 4200, list 1001, timeout 10s, queue 3 for 5m, announce 40s
        09:00 desk-1 logs in ann   desk-1 dials 9007   desk-7 answers
        09:01 desk-8 dials 4200   desk-9 dials 4200 without offer
        09:02 desk-7 hangs up   desk-1 answers
        09:03 desk-8 hangs up   desk-1 answers
        09:04 desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-7 rings (from 1001 Ann)
            09:00 desk-1 hears it ring, talks with desk-7
            09:01 desk-8 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:01 desk-9 hears it ring, reads "Queued, place 2"
            09:01:40 desk-8 hears Waiting, reads "Queued, place 1"
            09:01:40 desk-9 reads "Queued, place 2"
            09:01:42 desk-8 hears Ringing, reads "Queued, place 1"
            09:01:42 desk-9 reads "Queued, place 2"
            09:02 desk-1 hears "The other party hung up", rings (from 9008 Lobby, sent on by 4200: unconditional)
            09:02 desk-8 talks with desk-1
            09:02 desk-9 reads "Queued, place 1"
            09:02:20 desk-9 reads "Queued, place 1"
            09:02:22 desk-9 reads "Queued, place 1"
            09:03 desk-9 reads "Queued, place 1"
            09:03 desk-1 hears "The other party hung up", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 talks with desk-1
            09:04 desk-1 hears "The other party hung up""#]],
    );
}

/// Whoever calls from outside may reach a group, and where it sends them on is the administrator's word.
#[test]
fn a_group_is_reached_from_outside_and_leads_there() {
    ladder(
        "rules: HG-1, CAL-5",
        expect![[r#"
            site: x: trunk at 10.0.9.1
            site: outside: route of 0, national, by x
            site: support: hunt group, sequential, pilot 4200, named Support, list 9002, timeout 5s, final 0201234
            x INVITE 4200 [x1]
              b < INVITE [x1] from x
            b 486
              b < ACK
              x < 181 INVITE
              x2 < INVITE [x1] from x to 0201234 by 4200
            x2 486
              x2 < ACK
              x < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}
