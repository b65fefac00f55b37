//! Members of hunt groups: who is ready for their calls, who is not any more, and who joins.

use expect_test::expect;

use crate::support::play::{check, check_otherwise, check_over_sccp};

/// The sample configuration: HLog, a peer group of three, `auto logout` after one missed call, and a final number.
#[test]
fn after_one_missed_call_hunt_calls_pass_by_and_direct_calls_ring() {
    check(
        "rules: HG-2, HG-3, HG-4",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-8: guest 4500   desk-9: guest 9009
        sales: hunt group, peer, pilot 4200, list 1001 1002 1003, timeout 10s, auto logout 1, final 4500
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        09:01 desk-9 dials 4200
        09:01:12 desk-2 answers   desk-9 hangs up
        admin explains ann
        09:02 desk-9 dials 1001   desk-9 hangs up
        09:03 desk-9 dials 4200   desk-3 answers   desk-9 hangs up
        -- After desk-3 it would be Ann's turn.
        09:04 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        09:05 desk-1 dials *4   admin explains ann
        09:06 desk-9 dials 4200   desk-3 answers   desk-9 hangs up
        09:07 desk-9 dials 4200   desk-1 answers
        09:08 desk-9 hangs up   admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:12 desk-9 talks with desk-2
            09:01:12 desk-2 hears "The other party hung up"
            09:01:12 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:01:12 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:01:12 admin reads: Nothing logs ann out automatically here.
            09:01:12 admin reads: 1001 is in hunt groups: sales (by its list).
            09:01:12 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:01:10: too many were missed.
            09:01:12 admin reads: 0 hunt calls in a row were missed at 1001; sales lets 1 be missed.
            09:02 desk-1 rings (from 9009 Lobby)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:03 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring, talks with desk-3
            09:03 desk-3 hears "The other party hung up"
            09:04 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring, talks with desk-2
            09:04 desk-2 hears "The other party hung up"
            09:05 desk-1 hears "Ready: hunt calls ring at 1001"
            09:05 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:05:00, as a call attempt showed.
            09:05 admin reads: Nothing logs ann out automatically here.
            09:05 admin reads: 1001 is in hunt groups: sales (by its list).
            09:05 admin reads: Hunt calls ring at 1001.
            09:05 admin reads: 0 hunt calls in a row were missed at 1001; sales lets 1 be missed.
            09:06 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:06 desk-9 hears it ring, talks with desk-3
            09:06 desk-3 hears "The other party hung up"
            09:07 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:07 desk-9 hears it ring, talks with desk-1
            09:08 desk-1 hears "The other party hung up"
            09:08 admin reads: sales: 1001 ready, 1002 ready, 1003 ready; 0 wait; 5 calls, 6 offered, 5 answered, 1 missed, 0 abandoned, 0 passed on, talked 60 s"#]],
    );
}

#[test]
fn after_three_missed_calls_in_a_row_the_whole_phone_is_quiet() {
    check(
        "rules: HG-2, HG-3, HG-4",
        "
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-8: guest 4500   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s, auto logout 3, final 4500
        09:00 desk-1 logs in ann
        09:01 desk-9 dials 4200   until 09:01:11   desk-9 hangs up
        09:02 desk-9 dials 4200   until 09:02:11   desk-9 hangs up
        -- An answered call begins the count anew.
        09:03 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:04 desk-9 dials 4200   until 09:04:11   desk-9 hangs up
        09:05 desk-9 dials 4200   until 09:05:11   desk-9 hangs up
        09:06 admin explains desk-1
        09:07 desk-9 dials 4200   until 09:07:11   desk-9 hangs up
        -- Nobody can call her, and hunt calls go on at once.
        09:08 desk-9 dials 1001
        09:09 desk-9 dials 4200   desk-8 answers   desk-9 hangs up
        09:10 admin explains desk-1
        09:11 desk-1 dials *79
        09:12 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:01:11 desk-8 stops ringing
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02:10 desk-1 stops ringing
            09:02:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:02:11 desk-8 stops ringing
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring, talks with desk-1
            09:03 desk-1 hears "The other party hung up"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring
            09:04:10 desk-1 stops ringing
            09:04:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:04:11 desk-8 stops ringing
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring
            09:05:10 desk-1 stops ringing
            09:05:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:05:11 desk-8 stops ringing
            09:06 admin reads: desk-1 is registered and answers to 1001.
            09:06 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:06 admin reads: desk-1 was last used at 2026-05-05 09:03:00, as the end of a call showed.
            09:06 admin reads: Nothing logs ann out automatically here.
            09:06 admin reads: 1001 is in hunt groups: sales (by its list).
            09:06 admin reads: Hunt calls ring at 1001.
            09:06 admin reads: 2 hunt calls in a row were missed at 1001; sales lets 3 be missed.
            09:07 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:07 desk-9 hears it ring
            09:07:10 desk-1 stops ringing
            09:07:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:07:11 desk-8 stops ringing
            09:08 desk-9 hears 486 Busy
            09:09 desk-8 rings (from 9009 Lobby, sent on by 4200: user-busy)
            09:09 desk-9 hears it ring, talks with desk-8
            09:09 desk-8 hears "The other party hung up"
            09:10 admin reads: desk-1 is registered and answers to 1001.
            09:10 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-1 was last used at 2026-05-05 09:03:00, as the end of a call showed.
            09:10 admin reads: Nothing logs ann out automatically here.
            09:10 admin reads: Nobody at desk-1 is to be disturbed: calls find it busy.
            09:10 admin reads: 1001 is in hunt groups: sales (by its list).
            09:10 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:07:10: too many were missed.
            09:10 admin reads: 0 hunt calls in a row were missed at 1001; sales lets 3 be missed.
            09:11 desk-1 hears "Calls ring again"
            09:12 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:12 desk-9 hears it ring, talks with desk-1
            09:12 desk-1 hears "The other party hung up""#]],
    );
}

#[test]
fn the_limit_is_for_those_who_joined_or_for_those_in_the_list() {
    check(
        "rules: HG-3, HG-4",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   ben: 1002, pin 2222, class agents
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 4500   desk-9: guest 9009
        fixed: hunt group, sequential, pilot 4200, list 1001 *, timeout 10s, auto logout 1 static, final 4500
        loose: hunt group, sequential, pilot 4300, list 1001 *, timeout 10s, auto logout 1 dynamic, final 4500
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-2 dials *3*4200   desk-2 dials *3*4300
        09:02 desk-9 dials 4300   until 09:02:21   desk-9 hangs up
        -- Ben has joined and is out; Ann stands in the list.
        09:03 desk-9 dials 4300   until 09:03:11   desk-9 hangs up
        09:04 desk-2 dials *4
        09:05 desk-9 dials 4200   until 09:05:21   desk-9 hangs up
        -- Ann is out now, and Ben is not.
        09:06 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-2 hears "Joined fixed", hears "Joined loose"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02 desk-9 hears it ring
            09:02:10 desk-1 stops ringing
            09:02:10 desk-2 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02:20 desk-2 stops ringing
            09:02:20 desk-8 rings (from 9009 Lobby, sent on by 4300: no-answer)
            09:02:21 desk-8 stops ringing
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:03 desk-9 hears it ring
            09:03:10 desk-1 stops ringing
            09:03:10 desk-8 rings (from 9009 Lobby, sent on by 4300: no-answer)
            09:03:11 desk-8 stops ringing
            09:04 desk-2 hears "Ready: hunt calls ring at 1002"
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring
            09:05:10 desk-1 stops ringing
            09:05:10 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05:20 desk-2 stops ringing
            09:05:20 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:05:21 desk-8 stops ringing
            09:06 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:06 desk-9 hears it ring, talks with desk-2
            09:06 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn in_a_parallel_group_a_miss_counts_only_if_nobody_answered() {
    check(
        "rules: HG-3",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 4500   desk-9: guest 9009
        sales: hunt group, parallel, pilot 4200, list 1001 1002, timeout 10s, auto logout 1, final 4500
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        09:02 desk-9 dials 4200   desk-9 hangs up
        09:03 desk-9 dials 4200   until 09:03:11   desk-9 hangs up
        09:04 desk-9 dials 4200   desk-8 answers   desk-9 hangs up
        09:05 admin explains desk-2
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01 desk-1 stops ringing (answered elsewhere)
            09:01 desk-9 talks with desk-2
            09:01 desk-2 hears "The other party hung up"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:02 desk-2 stops ringing
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring
            09:03:10 desk-1 stops ringing
            09:03:10 desk-2 stops ringing
            09:03:10 desk-8 rings (from 9009 Lobby, sent on by 4200: no-answer)
            09:03:11 desk-8 stops ringing
            09:04 desk-8 rings (from 9009 Lobby, sent on by 4200: user-busy)
            09:04 desk-9 hears it ring, talks with desk-8
            09:04 desk-8 hears "The other party hung up"
            09:05 admin reads: desk-2 is registered and answers to 1002.
            09:05 admin reads: ben has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-2 was last used at 2026-05-05 09:01:00, as the end of a call showed.
            09:05 admin reads: Nothing logs ben out automatically here.
            09:05 admin reads: 1002 is in hunt groups: sales (by its list).
            09:05 admin reads: Hunt calls have passed 1002 by since 2026-05-05 09:03:10: too many were missed.
            09:05 admin reads: 0 hunt calls in a row were missed at 1002; sales lets 1 be missed."#]],
    );
}

#[test]
fn what_was_said_of_members_survives_the_end_of_the_server() {
    check(
        "rules: HG-3, HG-4",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   ben: 1002, pin 2222, class agents
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001 *, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-2 dials *3   desk-1 dials *5
        09:01 server dies   server starts
        09:02 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        09:03 admin explains desk-1
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben", hears "Joined sales"
            09:00 desk-1 hears "Not ready: hunt calls pass 1001 by"
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring, talks with desk-2
            09:02 desk-2 hears "The other party hung up"
            09:03 admin reads: desk-1 is registered and answers to 1001.
            09:03 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:03 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as a call attempt showed.
            09:03 admin reads: Nothing logs ann out automatically here.
            09:03 admin reads: 1001 is in hunt groups: sales (by its list).
            09:03 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:00:00: somebody there wants it so."#]],
    );
}

#[test]
fn who_missed_a_call_is_left_alone_for_a_while_or_stays_or_is_logged_out() {
    check(
        "rules: HG-7",
        "
        show events
        hunt group logout HLog
        ann: 1001, pin 1111   ben: 1002, pin 2222   cas: 1003, pin 3333, exempt
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        pause: hunt group, sequential, pilot 4200, list 1001, timeout 5s, auto logout 1, after miss wrap-up, wrap-up 30s
        stay: hunt group, sequential, pilot 4300, list 1001, timeout 5s, auto logout 1, after miss stay
        leave: hunt group, sequential, pilot 4400, list 1002 1003, timeout 5s, auto logout 1, after miss logged-off
        strict: hunt group, sequential, pilot 4500, list 1001, timeout 5s, auto logout 1, counts external
        lax: hunt group, sequential, pilot 4600, list 1001, timeout 5s, auto logout 1, counts none
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        09:01 desk-9 dials 4200
        09:01:10 desk-9 dials 4200   admin explains desk-1
        09:01:40 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:02 desk-9 dials 4300   09:02:10 desk-9 dials 4300   desk-9 hangs up
        09:03 desk-9 dials 4500   09:03:10 desk-9 dials 4500   desk-9 hangs up
        09:04 desk-9 dials 4600   09:04:10 desk-9 dials 4600   desk-9 hangs up
        -- Nothing logs Cas out automatically: she is not ready.
        09:05 desk-9 dials 4400
        09:06 admin explains desk-2   admin explains desk-3
        ",
        expect![[r#"
            09:00 event logged-in - ann desk-1 Code: ann logged in at desk-1
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 event logged-in - ben desk-2 Code: ben logged in at desk-2
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 event logged-in - cas desk-3 Code: cas logged in at desk-3
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:05 event agent-not-ready - ann desk-1 Timer: Hunt calls pass 1001 by: one was missed a moment ago
            09:01:05 desk-1 stops ringing
            09:01:05 desk-9 hears 480 No answer
            09:01:10 desk-9 hears 486 Busy
            09:01:10 admin reads: desk-1 is registered and answers to 1001.
            09:01:10 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:01:10 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:01:10 admin reads: Nothing logs ann out automatically here.
            09:01:10 admin reads: 1001 is in hunt groups: lax (by its list), pause (by its list), stay (by its list), strict (by its list).
            09:01:10 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:01:05: one was missed a moment ago.
            09:01:10 admin reads: They ring there again at 2026-05-05 09:01:35.
            09:01:10 admin reads: 0 hunt calls in a row were missed at 1001; pause lets 1 be missed.
            09:01:35 event agent-ready - ann desk-1 Timer: Hunt calls ring at 1001
            09:01:40 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:40 desk-9 hears it ring, talks with desk-1
            09:01:40 desk-1 hears "The other party hung up"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02 desk-9 hears it ring
            09:02:05 desk-1 stops ringing
            09:02:05 desk-9 hears 480 No answer
            09:02:10 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02:10 desk-9 hears it ring
            09:02:10 desk-1 stops ringing
            09:03 desk-1 rings (from 9009 Lobby, sent on by 4500: unconditional)
            09:03 desk-9 hears it ring
            09:03:05 desk-1 stops ringing
            09:03:05 desk-9 hears 480 No answer
            09:03:10 desk-1 rings (from 9009 Lobby, sent on by 4500: unconditional)
            09:03:10 desk-9 hears it ring
            09:03:10 desk-1 stops ringing
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4600: unconditional)
            09:04 desk-9 hears it ring
            09:04:05 desk-1 stops ringing
            09:04:05 desk-9 hears 480 No answer
            09:04:10 desk-1 rings (from 9009 Lobby, sent on by 4600: unconditional)
            09:04:10 desk-9 hears it ring
            09:04:10 desk-1 stops ringing
            09:05 desk-2 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:05 desk-9 hears it ring
            09:05:05 event agent-not-ready - ben desk-2 Timer: Hunt calls pass 1002 by: too many were missed
            09:05:05 event logout-deferred missed ben desk-2 Timer: ben will be logged out at desk-2 when it is idle
            09:05:05 event logged-out missed ben desk-2 Timer: ben logged out at desk-2 (missed)
            09:05:05 desk-2 becomes lobby (missed), stops ringing
            09:05:05 desk-3 rings (from 9009 Lobby, sent on by 4400: unconditional)
            09:05:05 desk-2 reads "Logout when the call ends: hunt calls were missed", reads "Logged out: hunt calls were missed"
            09:05:10 event agent-not-ready - cas desk-3 Timer: Hunt calls pass 1003 by: too many were missed
            09:05:10 desk-3 stops ringing
            09:05:10 desk-9 hears 480 No answer
            09:06 admin reads: desk-2 is registered and answers to 9002.
            09:06 admin reads: Nobody is logged in at desk-2.
            09:06 admin reads: The last logout at desk-2 was at 2026-05-05 09:05:05: ben (missed: too many hunt calls were missed there; by a timer); last used at 2026-05-05 09:00:00, as the login showed.
            09:06 admin reads: desk-2 cannot be told to forget whom ben called: no such phone can.
            09:06 admin reads: desk-3 is registered and answers to 1003.
            09:06 admin reads: cas has been logged in at desk-3 since 2026-05-05 09:00:00.
            09:06 admin reads: desk-3 was last used at 2026-05-05 09:00:00, as the login showed.
            09:06 admin reads: Nothing logs cas out automatically here: user profile cas is exempt.
            09:06 admin reads: 1003 is in hunt groups: leave (by its list).
            09:06 admin reads: Hunt calls have passed 1003 by since 2026-05-05 09:05:10: too many were missed.
            09:06 admin reads: 0 hunt calls in a row were missed at 1003; leave lets 1 be missed."#]],
    );
}

#[test]
fn members_start_logged_out_where_the_group_says_so() {
    check_otherwise(
        "rules: HG-5, HG-6",
        "
        otherwise over SCCP: a phone where hunt calls ring again says who is there
        hunt group logout HLog
        ann: 1001, pin 1111   tom: 1002, pin 2222, agent traditional
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001 1002, timeout 10s, members logout
        support: hunt group, sequential, pilot 4300, list 1001, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in tom
        09:01 desk-9 dials 4200
        09:02 desk-9 dials 4300   desk-9 hangs up   admin explains desk-1
        09:03 desk-1 dials *4   09:04 desk-1 dials *4   desk-2 dials *4
        09:05 desk-9 dials 4200   desk-1 declines   desk-2 answers   desk-9 hangs up
        -- A login begins anew, but not for a traditional agent.
        09:06 desk-1 logs out   desk-1 logs in ann   desk-2 logs out   desk-2 logs in tom
        09:07 desk-9 dials 4300   desk-9 hangs up
        09:08 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes tom, reads "Logged in: 1002 Tom", hears "Logged in: 1002 Tom"
            09:01 desk-9 hears 486 Busy
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:02 admin reads: desk-1 is registered and answers to 1001.
            09:02 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:02 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:02 admin reads: Nothing logs ann out automatically here.
            09:02 admin reads: 1001 is in hunt groups: sales (by its list), support (by its list).
            09:02 admin reads: Hunt calls ring at 1001.
            09:03 desk-1 hears "Not ready: hunt calls pass 1001 by"
            09:04 desk-1 hears "Ready: hunt calls ring at 1001"
            09:04 desk-2 hears "Ready: hunt calls ring at 1002"
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring
            09:05 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 talks with desk-2
            09:05 desk-2 hears "The other party hung up"
            09:06 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out", becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:06 desk-2 becomes lobby (user), reads "Logged out", hears "Logged out", becomes tom, reads "Logged in: 1002 Tom", hears "Logged in: 1002 Tom"
            09:07 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:07 desk-9 hears it ring
            09:07 desk-1 stops ringing
            09:08 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:08 desk-9 hears it ring, talks with desk-2
            09:08 desk-2 hears "The other party hung up""#]],
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", reads "Logged in: 1001 Ann"
            09:00 desk-2 becomes tom, reads "Resetting...", hears "Logged in: 1002 Tom", reads "Logged in: 1002 Tom"
            09:01 desk-9 hears Busy
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:02 admin reads: desk-1 is registered and answers to 1001.
            09:02 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:02 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as going on hook showed.
            09:02 admin reads: Nothing logs ann out automatically here.
            09:02 admin reads: 1001 is in hunt groups: sales (by its list), support (by its list).
            09:02 admin reads: Hunt calls ring at 1001.
            09:03 desk-1 hears "Not ready: hunt calls pass 1001 by"
            09:04 desk-1 hears "Ready: hunt calls ring at 1001"
            09:04 desk-2 hears "Ready: hunt calls ring at 1002", reads "Logged in: 1002 Tom"
            09:05 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 hears it ring
            09:05 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:05 desk-9 talks with desk-2
            09:05 desk-2 hears the end
            09:06 desk-1 becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out", becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", reads "Logged in: 1001 Ann"
            09:06 desk-2 becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out", becomes tom, reads "Resetting...", hears "Logged in: 1002 Tom", reads "Logged in: 1002 Tom"
            09:07 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:07 desk-9 hears it ring
            09:07 desk-1 stops ringing
            09:08 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:08 desk-9 hears it ring, talks with desk-2
            09:08 desk-2 hears the end"#]],
    );
}

#[test]
fn the_last_who_is_ready_may_not_leave_while_calls_wait() {
    check(
        "rules: HG-7",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111   ben: 1002, pin 2222, class agents
        desk-1: guest 9001   desk-2: guest 9002   desk-8: guest 9008   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001 *, timeout 10s, queue 5 for 5m, last agent stays
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-9 dials 4200   desk-1 answers   desk-8 dials 4200
        09:02 desk-1 dials *4   desk-1 logs out
        09:03 desk-2 dials *3   desk-2 answers   desk-1 dials *4
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring, talks with desk-1
            09:01 desk-8 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:02 desk-8 reads "Queued, place 1"
            09:02 desk-1 hears 403 Calls wait in sales, and nobody else is ready, hears 403 Calls wait in sales, and nobody else is ready
            09:03 desk-8 reads "Queued, place 1"
            09:03 desk-2 rings (from 9008 Lobby, sent on by 4200: unconditional), hears "Joined sales"
            09:03 desk-8 talks with desk-2
            09:03 desk-1 hears "Not ready: hunt calls pass 1001 by""#]],
    );
}

#[test]
fn a_number_of_several_people_is_not_logged_out_by_missed_calls() {
    check(
        "rules: HG-3",
        "
        second login allow
        hunt group logout HLog
        ann: 1001, pin 1111   ben: 1002, pin 2222, line 1002 normal, line 1005 normal   cas: 1003, pin 3333, line 1003 normal, line 1005 normal
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1005 1001, timeout 10s, auto logout 1
        -- Ann's number is at two phones, but she is one person.
        09:00 desk-1 logs in ann   desk-4 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        09:01 desk-9 dials 4200   until 09:01:21
        09:02 admin explains desk-2
        09:03 admin explains desk-4
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-4 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-2 stops ringing
            09:01:10 desk-3 stops ringing
            09:01:10 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:10 desk-4 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:20 desk-1 stops ringing
            09:01:20 desk-4 stops ringing
            09:01:20 desk-9 hears 480 No answer
            09:02 admin reads: desk-2 is registered and answers to 1002, 1005.
            09:02 admin reads: ben has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:02 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as the login showed.
            09:02 admin reads: Nothing logs ben out automatically here.
            09:02 admin reads: 1005 is in hunt groups: sales (by its list).
            09:02 admin reads: Hunt calls ring at 1005.
            09:02 admin reads: 1005 is at phones of several people: no missed call makes it not ready.
            09:03 admin reads: desk-4 is registered and answers to 1001.
            09:03 admin reads: ann has been logged in at desk-4 since 2026-05-05 09:00:00.
            09:03 admin reads: desk-4 was last used at 2026-05-05 09:00:00, as the login showed.
            09:03 admin reads: Nothing logs ann out automatically here.
            09:03 admin reads: 1001 is in hunt groups: sales (by its list).
            09:03 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:01:20: too many were missed.
            09:03 admin reads: 0 hunt calls in a row were missed at 1001; sales lets 1 be missed."#]],
    );
}

#[test]
fn a_key_lets_hunt_calls_pass_by_where_there_is_one() {
    check_over_sccp(
        "rules: HG-2, HG-4",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   ben: 1002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-2 presses softkey HLog
        09:02 desk-1 presses softkey HLog   desk-9 dials 4200   desk-9 dials 1001   desk-9 hangs up
        09:03 desk-1 presses softkey HLog   desk-9 dials 4200   desk-9 hangs up
        09:04 site: hunt group logout DND
        09:05 desk-1 presses softkey HLog
        09:06 desk-1 presses softkey DND   admin explains desk-1   desk-9 dials 4200
        09:07 desk-1 presses softkey DND   desk-9 dials 4200   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", reads "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Resetting...", hears "Logged in: 1002 Ben", reads "Logged in: 1002 Ben"
            09:01 IMPOSSIBLE desk-2 shows no softkey HLog, but NewCall, Logout, CFwdAll, DND, CFwdBusy, CFwdNoAnswer, LogOther
            09:02 desk-1 reads "Not ready: hunt calls pass 1001 by"
            09:02 desk-9 hears Busy
            09:02 desk-1 rings (from 9009 Lobby)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:03 desk-1 reads "Ready: hunt calls ring at 1001", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:03 desk-9 hears it ring
            09:03 desk-1 stops ringing
            09:05 IMPOSSIBLE desk-1 shows no softkey HLog, but NewCall, Logout, CFwdAll, DND, CFwdBusy, CFwdNoAnswer, LogOther
            09:06 desk-1 reads "Do not disturb"
            09:06 admin reads: desk-1 is registered and answers to 1001.
            09:06 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:06 admin reads: desk-1 was last used at 2026-05-05 09:06:00, as a key press showed.
            09:06 admin reads: Nothing logs ann out automatically here.
            09:06 admin reads: Nobody at desk-1 is to be disturbed: calls find it busy.
            09:06 admin reads: 1001 is in hunt groups: sales (by its list).
            09:06 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:06:00: somebody there wants it so.
            09:06 desk-9 hears Busy
            09:07 desk-1 reads "Calls ring again", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:07 desk-9 hears it ring
            09:07 desk-1 stops ringing"#]],
    );
}

/// The key on a line button, for phones whose soft keys nobody looks at: its lamp is lit while hunt calls ring there.
#[test]
fn a_button_with_a_lamp_says_whether_hunt_calls_ring_there() {
    check_over_sccp(
        "rules: HG-2, HG-4, PRO-2",
        "
        hunt group logout HLog
        ann: 1001, pin 1111, lamps 9009, privacy button, hunt button   ben: 1002, pin 2222, hunt button
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s, auto logout 1
        09:00 desk-1 logs in ann
        09:01 desk-1 presses button HLog   desk-9 dials 4200
        09:02 desk-1 presses button HLog   desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:03 desk-1 presses button Private
        -- One missed call puts the lamp out.
        09:04 desk-9 dials 4200   until 09:04:11
        09:05 desk-1 dials *4
        09:06 desk-2 logs in ben   desk-2 presses button HLog
        -- Where not being ready is not being disturbed, there is no key for it.
        09:07 site: hunt group logout DND
        09:08 desk-1 logs out   desk-1 logs in ann
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", sees the lamp of Private: off, sees the lamp of HLog: on, sees the lamp of 9009: Off, reads "Logged in: 1001 Ann"
            09:01 desk-1 sees the lamp of HLog: off, reads "Not ready: hunt calls pass 1001 by"
            09:01 desk-9 hears Busy
            09:02 desk-1 sees the lamp of HLog: on, reads "Ready: hunt calls ring at 1001", rings (from 9009 Lobby, sent on by 4200: unconditional), sees the lamp of 9009: On
            09:02 desk-9 hears it ring, talks with desk-1
            09:02 desk-1 hears the end, sees the lamp of 9009: Off
            09:03 desk-1 sees the lamp of Private: on, reads "Calls on shared lines are private"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional), sees the lamp of 9009: On
            09:04 desk-9 hears it ring
            09:04:10 desk-1 stops ringing, sees the lamp of HLog: off, sees the lamp of 9009: Off
            09:04:10 desk-9 hears No answer
            09:05 desk-1 sees the lamp of HLog: on, hears "Ready: hunt calls ring at 1001"
            09:06 desk-2 becomes ben, reads "Resetting...", hears "Logged in: 1002 Ben", sees the lamp of HLog: off, reads "Logged in: 1002 Ben", reads "No line of this phone is in a hunt group"
            09:07 desk-1 sees the lamp of Private: on, sees the lamp of 9009: Off
            09:08 desk-1 becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out", becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", sees the lamp of Private: off, sees the lamp of 9009: Off, reads "Logged in: 1001 Ann""#]],
    );
}

#[test]
fn a_supervisor_says_who_is_ready_and_a_class_whom_one_missed_call_puts_out() {
    check(
        "rules: HG-3, HG-7",
        "
        hunt group logout HLog
        class quick: call guests, call users, login, not ready after miss
        ann: 1001, pin 1111   ben: 1002, pin 2222, class quick
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, parallel, pilot 4200, list 1001 1002, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 admin makes 1001 not ready   admin makes 9009 ready   admin explains ann
        09:02 desk-9 dials 4200   until 09:02:11
        09:03 admin asks hunt   desk-9 dials 4200
        09:04 admin makes 1001 ready   desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:05 admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 admin hears "Not ready: hunt calls pass 1001 by", hears no: "9009 is in no hunt group"
            09:01 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:01 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:01 admin reads: Nothing logs ann out automatically here.
            09:01 admin reads: 1001 is in hunt groups: sales (by its list).
            09:01 admin reads: Hunt calls have passed 1001 by since 2026-05-05 09:01:00: a supervisor wants it so.
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring
            09:02:10 desk-2 stops ringing
            09:02:10 desk-9 hears 480 No answer
            09:03 admin reads: sales: 1001 not ready, 1002 not ready; 0 wait; 1 calls, 1 offered, 0 answered, 1 missed, 0 abandoned, 1 passed on, talked 0 s
            09:03 desk-9 hears 486 Busy
            09:04 admin hears "Ready: hunt calls ring at 1001"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring, talks with desk-1
            09:04 desk-1 hears "The other party hung up"
            09:05 admin reads: sales: 1001 ready, 1002 not ready; 0 wait; 3 calls, 2 offered, 1 answered, 1 missed, 0 abandoned, 2 passed on, talked 0 s"#]],
    );
}
