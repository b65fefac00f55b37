//! Calls that ring elsewhere, and are taken here.

use expect_test::expect;

use crate::support::play::{check, check_over_sccp};

#[test]
fn a_group_takes_what_rings_at_the_others() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, pickup group sales   bob: 2002, pin 2222, pickup group sales
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2001   desk-2 dials *98
        09:02 desk-3 hangs up
        09:03 desk-3 dials 2001   desk-2 dials *972001
        09:04 desk-2 hangs up
        09:05 desk-3 dials 2001   desk-4 dials *972001   desk-4 dials *98   desk-1 answers   desk-3 hangs up
        09:06 desk-2 dials *98   desk-2 dials *972001   desk-2 dials *97
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-1 stops ringing (answered elsewhere)
            09:01 desk-2 talks with desk-3
            09:01 desk-3 talks with desk-2
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-1 rings (from 9003 Lobby)
            09:03 desk-3 hears it ring
            09:03 desk-1 stops ringing (answered elsewhere)
            09:03 desk-2 talks with desk-3
            09:03 desk-3 talks with desk-2
            09:04 desk-3 hears "The other party hung up"
            09:05 desk-1 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring
            09:05 desk-4 hears 403 Not allowed from this phone, hears 403 This phone is in no pickup group
            09:05 desk-3 talks with desk-1
            09:05 desk-1 hears "The other party hung up"
            09:06 desk-2 hears 403 Nothing rings in this group, hears 403 Nothing rings at 2001, hears 484 Dial the code, then the number that rings
            09:06 admin reads: 4 of 4 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn the_call_that_has_rung_longest_is_taken_and_only_by_one() {
    check(
        "rules: CAL-2",
        "
        desk-1: guest 9001, pickup group hall   desk-2: guest 9002, pickup group hall
        desk-3: guest 9003, pickup group hall   desk-4: guest 9004   desk-5: guest 9005
        09:00 desk-4 dials 9001   09:00:10 desk-5 dials 9002
        09:00:20 desk-3 dials *98   desk-3 hangs up
        09:00:30 desk-3 dials *98   desk-1 dials *98
        09:01 desk-5 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 rings (from 9004 Lobby)
            09:00 desk-4 hears it ring
            09:00:10 desk-2 rings (from 9005 Lobby)
            09:00:10 desk-5 hears it ring
            09:00:20 desk-1 stops ringing (answered elsewhere)
            09:00:20 desk-3 talks with desk-4
            09:00:20 desk-4 talks with desk-3, hears "The other party hung up"
            09:00:30 desk-2 stops ringing (answered elsewhere)
            09:00:30 desk-3 talks with desk-5
            09:00:30 desk-5 talks with desk-3
            09:00:30 desk-1 hears 403 Nothing rings in this group
            09:01 desk-3 hears "The other party hung up"
            09:01 admin reads: 5 of 5 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn nobody_takes_a_call_for_help() {
    check(
        "rules: CAL-2, SES-10",
        "
        emergency 112 rings desk-2
        desk-1: guest 9001, pickup group hall   desk-2: guest 9002, pickup group hall
        desk-3: guest 9003, pickup group hall
        09:00 desk-1 dials 112   desk-3 dials *98   desk-3 dials *979002   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring
            09:00 desk-3 hears 403 Nothing rings in this group, hears 403 Nothing rings at 9002
            09:00 desk-2 stops ringing"#]],
    );
}

#[test]
fn a_session_ends_only_after_a_call_that_was_picked_up() {
    check(
        "rules: CAL-2, IDL-2",
        "
        alice: 2001, pin 1111, pickup group sales, idle limit 5m   bob: 2002, pin 2222, pickup group sales
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2002   desk-1 dials *98
        09:20 desk-3 hangs up
        until 09:30
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-2 stops ringing (answered elsewhere)
            09:01 desk-1 talks with desk-3
            09:01 desk-3 talks with desk-1
            09:20 desk-1 hears "The other party hung up"
            09:24 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:25 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn two_keys_take_calls_of_the_group() {
    check_over_sccp(
        "rules: CAL-2, PRO-4",
        "
        alice: 2001, pin 1111, pickup group sales   bob: 2002, pin 2222, pickup group sales
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 presses softkey PickUp
        09:01 desk-1 logs in alice   desk-2 logs in bob
        09:02 desk-3 dials 2002   desk-1 presses softkey PickUp   desk-1 hangs up
        09:03 desk-3 dials 2002   desk-1 presses softkey GPickUp   desk-1 types 2002#   desk-3 hangs up
        09:04 desk-1 presses softkey PickUp
        09:05 desk-1 presses softkey GPickUp   desk-1 types 9003#
        admin asks status
        ",
        expect![[r#"
            09:00 IMPOSSIBLE desk-1 shows no softkey PickUp, but NewCall, Login
            09:01 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:02 desk-2 rings (from 9003 Lobby)
            09:02 desk-3 hears it ring
            09:02 desk-2 stops ringing
            09:02 desk-3 talks with desk-1
            09:02 desk-1 talks with desk-3
            09:02 desk-3 hears the end
            09:03 desk-2 rings (from 9003 Lobby)
            09:03 desk-3 hears it ring
            09:03 desk-2 stops ringing
            09:03 desk-3 talks with desk-1
            09:03 desk-1 talks with desk-3, hears the end
            09:04 desk-1 hears Nothing rings in this group
            09:05 desk-1 hears Nothing rings at 9003
            09:05 admin reads: 3 of 3 phones registered, 2 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

/// A key with a lamp shows that it rings for a group: its pilot is where that is taken.
#[test]
fn what_rings_for_a_hunt_group_is_taken_at_its_pilot() {
    check(
        "rules: CAL-2, HG-1",
        "
        ann: 1001, pin 1111, pickup group sales   ben: 1002, pin 2222, pickup group sales   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        inner: hunt group, sequential, pilot 4300, list 1001, timeout 10s
        support: hunt group, parallel, pilot 4200, list 1003 4300, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        09:01 desk-9 dials 4200   desk-2 dials *974300   desk-2 dials *974200   desk-9 hangs up
        09:02 desk-9 dials 4300   desk-9 hangs up   desk-2 dials *974300
        admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-3 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01 desk-2 hears 403 Nothing rings at 4300
            09:01 desk-3 stops ringing (answered elsewhere)
            09:01 desk-1 stops ringing (answered elsewhere)
            09:01 desk-2 talks with desk-9
            09:01 desk-9 talks with desk-2
            09:01 desk-2 hears "The other party hung up"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4300: unconditional)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:02 desk-2 hears 403 Nothing rings at 4300
            09:02 admin reads: inner: 1001 ready; 0 wait; 1 calls, 2 offered, 0 answered, 0 missed, 1 abandoned, 0 passed on, talked 0 s
            09:02 admin reads: support: 1003 ready, 4300 ready; 0 wait; 1 calls, 1 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}
