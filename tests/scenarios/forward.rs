//! Calls that do not stay where they were dialled.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn calls_are_forwarded_always_when_busy_and_when_nobody_answers() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, forward all 9003       bob: 2002, pin 2222, forward busy 9003
        carol: 2003, pin 3333, forward no answer 9003 after 10s
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 2001   desk-3 answers   desk-1 hangs up
        09:01 desk-2 logs in alice   desk-1 dials 2001   desk-1 hangs up   desk-2 logs out
        09:02 desk-2 logs in bob     desk-1 dials 2002   desk-2 is busy   desk-3 answers   desk-3 hangs up
        desk-2 logs out
        09:03 desk-2 logs in carol   desk-1 dials 2003
        09:03:15 desk-3 answers   desk-1 hangs up
        09:04 desk-1 dials 2003   desk-2 declines
        09:05 desk-2 unregisters   desk-1 dials 2003
        09:05:45 desk-3 answers   desk-3 hangs up
        ",
        expect![[r#"
            09:00 desk-3 rings (from 9001 Lobby, sent on by 2001: unconditional)
            09:00 desk-1 hears it ring, talks with desk-3
            09:00 desk-3 hears "The other party hung up"
            09:01 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-3 rings (from 9001 Lobby, sent on by 2001: unconditional)
            09:01 desk-1 hears it ring
            09:01 desk-3 stops ringing
            09:01 desk-2 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob", rings (from 9001 Lobby)
            09:02 desk-1 hears it ring
            09:02 desk-3 rings (from 9001 Lobby, sent on by 2002: user-busy)
            09:02 desk-1 talks with desk-3, hears "The other party hung up"
            09:02 desk-2 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:03 desk-2 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol", rings (from 9001 Lobby)
            09:03 desk-1 hears it ring
            09:03:10 desk-2 stops ringing
            09:03:10 desk-3 rings (from 9001 Lobby, sent on by 2003: no-answer)
            09:03:15 desk-1 talks with desk-3
            09:03:15 desk-3 hears "The other party hung up"
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, hears 603 Declined
            09:05 desk-3 rings (from 9001 Lobby, sent on by 2003: no-answer)
            09:05 desk-1 hears it ring
            09:05:45 desk-1 talks with desk-3, hears "The other party hung up""#]],
    );
}

#[test]
fn forwardings_follow_each_other_but_not_in_a_circle() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, forward all 2002   bob: 2002, pin 2222, forward all 9003
        carol: 2003, pin 3333, forward all 2004   dave: 2004, pin 4444, forward all 2003
        erin: 2005, pin 5555, forward no answer 2006 after 5s   fred: 2006, pin 6666, forward no answer 2005 after 5s
        desk-1: guest 9001   desk-3: guest 9003   desk-5: guest 9005   desk-6: guest 9006
        09:00 desk-1 dials 2001   desk-1 hangs up
        09:01 desk-1 dials 2003
        09:02 desk-5 logs in erin   desk-6 logs in fred   desk-1 dials 2005
        until 09:03
        admin asks status
        ",
        expect![[r#"
            09:00 desk-3 rings (from 9001 Lobby, sent on by 2002: unconditional, sent on by 2001: unconditional)
            09:00 desk-1 hears it ring
            09:00 desk-3 stops ringing
            09:01 desk-1 hears 482 That number is forwarded in a circle
            09:02 desk-5 becomes erin, reads "Logged in: 2005 Erin", hears "Logged in: 2005 Erin"
            09:02 desk-6 becomes fred, reads "Logged in: 2006 Fred", hears "Logged in: 2006 Fred"
            09:02 desk-5 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring
            09:02:05 desk-5 stops ringing
            09:02:05 desk-6 rings (from 9001 Lobby, sent on by 2005: no-answer)
            09:02:10 desk-1 hears 480 No answer
            09:02:10 desk-6 stops ringing
            09:03 admin reads: 4 of 4 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_phone_may_send_a_call_on_where_its_class_may_call() {
    check(
        "rules: CAL-2",
        "
        class lobby: call guests, login      emergency 112 rings desk-4
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-4 logs in alice
        09:01 desk-1 dials 9002   desk-2 sends it on to 9003   desk-3 answers   desk-1 hangs up
        09:02 desk-1 dials 9002   desk-2 sends it on to 2001
        09:03 desk-1 dials 9002   desk-2 sends it on to 112
        09:04 desk-1 dials 9002   desk-2 sends it on to 7777 9003 9001   desk-3 is busy
        09:05 desk-1 dials 9002   desk-2 sends it on to 9003   desk-3 sends it on to 9002
        admin asks status
        ",
        expect![[r#"
            09:00 desk-4 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring
            09:01 desk-3 rings (from 9001 Lobby, sent on by 9002: deflection)
            09:01 desk-1 talks with desk-3
            09:01 desk-3 hears "The other party hung up"
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring, hears 603 Declined
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, hears 603 Declined
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring
            09:04 desk-3 rings (from 9001 Lobby, sent on by 9002: deflection)
            09:04 desk-1 hears 486 Busy
            09:05 desk-2 rings (from 9001 Lobby)
            09:05 desk-1 hears it ring
            09:05 desk-3 rings (from 9001 Lobby, sent on by 9002: deflection)
            09:05 desk-1 hears 603 Declined
            09:05 admin reads: 4 of 4 phones registered, 1 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn who_wants_no_call_waiting_is_busy_while_in_a_call() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, no call waiting   bob: 2002, pin 2222, no call waiting, forward busy 9003
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-2 logs in alice   desk-1 dials 2001   desk-2 answers
        09:01 desk-4 dials 2001
        09:02 desk-1 hangs up   desk-4 dials 2001   desk-4 hangs up   desk-2 logs out
        09:03 desk-2 logs in bob   desk-2 dials 9001   desk-1 answers   desk-4 dials 2002   desk-4 hangs up
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-4 hears 486 Busy
            09:02 desk-2 hears "The other party hung up", rings (from 9004 Lobby)
            09:02 desk-4 hears it ring
            09:02 desk-2 stops ringing, becomes lobby (user), reads "Logged out", hears "Logged out"
            09:03 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:03 desk-1 rings (from 2002 Bob)
            09:03 desk-2 hears it ring, talks with desk-1
            09:03 desk-3 rings (from 9004 Lobby, sent on by 2002: user-busy)
            09:03 desk-4 hears it ring
            09:03 desk-3 stops ringing"#]],
    );
}

#[test]
fn an_absent_user_may_be_reached_at_the_number_that_calls_are_forwarded_to() {
    check(
        "rules: CAL-2, OUT-7",
        "
        voicemail 9003
        alice: 2001, pin 1111, forward all 9002, absent voicemail   bob: 2002, pin 2222, absent forward 2001
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 2001   desk-1 hangs up
        09:01 desk-1 dials 2002   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby, sent on by 2001: unconditional)
            09:00 desk-1 hears it ring
            09:00 desk-2 stops ringing
            09:01 desk-2 rings (from 9001 Lobby, sent on by 2001: unconditional, sent on by 2002: unavailable)
            09:01 desk-1 hears it ring
            09:01 desk-2 stops ringing"#]],
    );
}
