//! Calls that one party hands on to a third.

use expect_test::expect;

use crate::support::play::{check, check_otherwise};

#[test]
fn a_call_is_transferred_to_a_number_and_whoever_did_it_hears_so() {
    check_otherwise(
        "rules: CAL-2",
        "
        otherwise over SCCP: transfers go by two keys and two calls
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 holds
        09:01 desk-2 transfers to 9003
        09:01:05 desk-3 answers
        09:02 desk-1 holds   desk-1 resumes   desk-3 presses 5
        09:03 desk-3 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:01 desk-2 is told of its transfer: 180 Ringing
            09:01:05 desk-1 now talks with desk-3
            09:01:05 desk-2 is told of its transfer: 200 OK, hears "Transferred"
            09:02 desk-3 is held, is taken back
            09:02 desk-1 hears the digit 5
            09:03 desk-1 hears "The other party hung up"
            09:03 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring, hears the end
            09:01 desk-3 stops ringing, rings (from 9001 Lobby, transferred by 9002)
            09:01:05 desk-1 now talks with desk-3
            09:01:05 desk-2 hears the end, reads "Transferred"
            09:02 desk-3 is held, is taken back
            09:02 desk-1 hears the digit 5
            09:03 desk-1 hears the end
            09:03 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn whoever_transfers_may_hang_up_at_once() {
    check(
        "rules: CAL-2",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-1 transfers to 9003   desk-1 hangs up
        09:01:05 desk-3 answers
        09:02 desk-2 hangs up
        09:03 desk-1 dials 9002   desk-2 answers   desk-2 transfers quietly to 9003   desk-3 answers
        09:04 desk-1 hangs up
        09:05 desk-1 dials 9002   desk-2 answers   desk-2 transfers from outside to 9003   desk-3 answers
        09:06 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-3 rings (from 9002 Lobby, transferred by 9001)
            09:01 desk-1 is told of its transfer: 180 Ringing
            09:01:05 desk-2 now talks with desk-3
            09:01:05 desk-1 is told of its transfer: 200 OK
            09:02 desk-3 hears "The other party hung up"
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2
            09:03 desk-2 has handed its call on
            09:03 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:03 desk-1 now talks with desk-3
            09:03 desk-2 hears "Transferred"
            09:04 desk-3 hears "The other party hung up"
            09:05 desk-2 rings (from 9001 Lobby)
            09:05 desk-1 hears it ring, talks with desk-2
            09:05 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:05 desk-2 is told of its transfer: 180 Ringing
            09:05 desk-1 now talks with desk-3
            09:05 desk-2 is told of its transfer: 200 OK, hears "Transferred"
            09:06 desk-3 hears "The other party hung up"
            09:06 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_transfer_that_comes_to_nothing_leaves_the_call_as_it_was() {
    check(
        "rules: CAL-2",
        "
        no answer after 20s
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 holds
        09:01 desk-2 transfers to 9003   desk-3 is busy   desk-2 resumes   desk-2 holds
        09:02 desk-2 transfers to 9003
        09:03 desk-2 resumes   desk-2 transfers to 7777   desk-2 transfers to 9001
        09:04 desk-2 transfers to 9003   desk-3 declines
        09:05 desk-2 transfers to 9003   desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:01 desk-2 is told of its transfer: 180 Ringing, is told of its transfer: 486 Busy Here
            09:01 desk-1 is taken back, is held
            09:02 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:02 desk-2 is told of its transfer: 180 Ringing
            09:02:20 desk-3 stops ringing
            09:02:20 desk-2 is told of its transfer: 480 Temporarily Unavailable
            09:03 desk-1 is taken back
            09:03 desk-2 hears 404 Unknown number, hears 486 Busy
            09:04 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:04 desk-2 is told of its transfer: 180 Ringing, is told of its transfer: 603 Decline
            09:05 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:05 desk-2 is told of its transfer: 180 Ringing, is told of its transfer: 487 Request Terminated
            09:05 desk-3 stops ringing
            09:05 desk-2 hears "The other party hung up"
            09:05 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn whoever_was_sent_away_in_vain_comes_back() {
    check(
        "rules: CAL-2",
        "
        no answer after 20s   transfer recall 30s
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-2 transfers to 9003   desk-2 hangs up   desk-3 is busy
        09:01:05 desk-2 answers   09:02 desk-1 hangs up
        09:03 desk-1 dials 9002   desk-2 answers
        09:04 desk-2 transfers to 9003   desk-2 hangs up
        09:05 admin asks status
        site: transfer recall 0s
        09:06 desk-1 dials 9002   desk-2 answers   desk-2 transfers to 9003   desk-2 hangs up   desk-3 is busy
        09:07 desk-1 dials 9002   desk-2 answers   desk-2 transfers to 9003   desk-2 hangs up   desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:01 desk-2 is told of its transfer: 180 Ringing, is told of its transfer: 486 Busy Here, rings (from 9001 Lobby)
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2
            09:04 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:04 desk-2 is told of its transfer: 180 Ringing
            09:04:20 desk-3 stops ringing
            09:04:20 desk-2 is told of its transfer: 480 Temporarily Unavailable, rings (from 9001 Lobby)
            09:04:50 desk-2 stops ringing
            09:04:50 desk-1 hears "The transfer failed"
            09:05 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting
            09:06 desk-2 rings (from 9001 Lobby)
            09:06 desk-1 hears it ring, talks with desk-2
            09:06 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:06 desk-2 is told of its transfer: 180 Ringing, is told of its transfer: 486 Busy Here
            09:06 desk-1 hears "The transfer failed"
            09:07 desk-2 rings (from 9001 Lobby)
            09:07 desk-1 hears it ring, talks with desk-2
            09:07 desk-3 rings (from 9001 Lobby, transferred by 9002)
            09:07 desk-2 is told of its transfer: 180 Ringing, is told of its transfer: 487 Request Terminated
            09:07 desk-3 stops ringing
            09:07 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn two_calls_are_joined_by_whoever_has_both() {
    check_otherwise(
        "rules: CAL-2",
        "
        otherwise over SCCP: transfers go by two keys and two calls
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 holds
        09:01 desk-2 dials 9003   desk-3 answers   desk-2 holds
        09:02 desk-2 joins its calls
        09:03 desk-3 presses 1   desk-1 holds   desk-1 resumes   desk-1 hangs up
        09:04 desk-1 dials 9002   desk-2 answers   desk-2 holds
        09:05 desk-3 dials 9002   desk-2 answers
        09:06 desk-2 joins its calls
        09:07 desk-3 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring, talks with desk-3
            09:01 desk-3 is held
            09:02 desk-3 now talks with desk-1
            09:02 desk-1 now talks with desk-3
            09:02 desk-2 is told of its transfer: 200 OK, hears "Transferred", hears "Transferred"
            09:03 desk-1 hears the digit 1
            09:03 desk-3 is held, is taken back, hears "The other party hung up"
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, talks with desk-2, is held
            09:05 desk-2 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring, talks with desk-2
            09:06 desk-3 now talks with desk-1
            09:06 desk-1 now talks with desk-3
            09:06 desk-2 is told of its transfer: 200 OK, hears "Transferred", hears "Transferred"
            09:07 desk-1 hears "The other party hung up"
            09:07 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring, talks with desk-3
            09:01 desk-3 is held
            09:02 desk-3 now talks with desk-1
            09:02 desk-1 now talks with desk-3
            09:02 desk-2 hears the end, reads "Transferred", hears the end
            09:03 desk-1 hears the digit 1
            09:03 desk-3 is held, is taken back, hears the end
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, talks with desk-2, is held
            09:05 desk-2 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring, talks with desk-2
            09:06 desk-3 now talks with desk-1
            09:06 desk-1 now talks with desk-3
            09:06 desk-2 hears the end, reads "Transferred", hears the end
            09:07 desk-1 hears the end
            09:07 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_call_may_be_handed_to_a_phone_that_still_rings() {
    check_otherwise(
        "rules: CAL-2",
        "
        otherwise over SCCP: transfers go by two keys and two calls
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 holds
        09:01 desk-2 dials 9003
        09:01:10 desk-2 joins its calls
        09:01:20 desk-3 answers
        09:04 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01:10 desk-2 hears 487 The other party hung up
            09:01:10 desk-3 stops ringing, rings (from 9001 Lobby, transferred by 9002)
            09:01:10 desk-2 is told of its transfer: 180 Ringing
            09:01:20 desk-1 now talks with desk-3
            09:01:20 desk-2 is told of its transfer: 200 OK, hears "Transferred"
            09:04 desk-3 hears "The other party hung up"
            09:04 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01:10 desk-2 hears the end
            09:01:10 desk-3 stops ringing, rings (from 9001 Lobby, transferred by 9002)
            09:01:20 desk-1 now talks with desk-3
            09:01:20 desk-2 hears the end, reads "Transferred"
            09:04 desk-3 hears the end
            09:04 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn the_class_of_whoever_transfers_decides_and_codes_are_no_targets() {
    check_otherwise(
        "rules: CAL-2",
        "
        otherwise over SCCP: transfers go by two keys and two calls
        class lobby: call guests, login      emergency 112 rings desk-3
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-3 logs in alice
        09:01 desk-1 dials 9002   desk-2 answers
        desk-2 transfers to 2001   desk-2 transfers to 112   desk-2 transfers to *12   desk-2 transfers to *11*2001*1111
        09:02 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-3 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 hears 403 Not allowed from this phone, hears 403 A call cannot be transferred to a code or an emergency number, hears 403 A call cannot be transferred to a code or an emergency number, hears 403 A call cannot be transferred to a code or an emergency number
            09:02 desk-2 hears "The other party hung up"
            09:02 admin reads: 3 of 3 phones registered, 1 sessions, 0 calls, 0 logouts waiting"#]],
        expect![[r#"
            09:00 desk-3 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-2 hears Not allowed from this phone
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:02 desk-3 stops ringing
            09:02 desk-2 hears No answer, hears the end
            09:02 admin reads: 3 of 3 phones registered, 1 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_transfer_is_use_of_the_phone_and_the_logout_waits_for_the_call_there_only() {
    check_otherwise(
        "rules: CAL-2, IDL-1, IDL-2",
        "
        otherwise over SCCP: transfers go by two keys and two calls
        alice: 2001, pin 1111, idle limit 5m   bob: 2002, pin 2222, idle limit 30m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   desk-3 logs in bob
        09:01 desk-1 dials 2001   desk-2 answers
        09:10 desk-2 transfers to 2002   desk-3 answers
        09:11 desk-3 logs out
        09:20 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-3 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:10 desk-3 rings (from 9001 Lobby, transferred by 2001)
            09:10 desk-2 is told of its transfer: 180 Ringing
            09:10 desk-1 now talks with desk-3
            09:10 desk-2 is told of its transfer: 200 OK, hears "Transferred"
            09:11 desk-3 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:14 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:15 desk-2 becomes lobby (idle), reads "Logged out: not used"
            09:20 desk-3 becomes lobby (user), hears "The other party hung up", reads "Logged out""#]],
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-3 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:10 desk-1 is held
            09:10 desk-3 rings (from 2001 Alice)
            09:10 desk-2 hears it ring, hears the end
            09:10 desk-3 stops ringing, rings (from 9001 Lobby, transferred by 2001)
            09:10 desk-1 now talks with desk-3
            09:10 desk-2 hears the end, reads "Transferred"
            09:11 desk-3 reads "Logout when the call ends. Stay: log in again"
            09:11 desk-1 is held
            09:11 desk-3 hears "Logged out when the call ends"
            09:14 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:15 desk-2 becomes lobby (idle), reads "Logged out: not used"
            09:20 desk-3 becomes lobby (user), hears the end, reads "Logged out""#]],
    );
}
