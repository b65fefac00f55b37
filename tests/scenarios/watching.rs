//! Lamps and presence: whoever watches a number sees how it stands, wherever its user is, and that nobody has it.

use expect_test::expect;

use crate::support::play::{check_over_both, check_over_sccp, check_over_sip};

/// Bob sits at a phone with buttons for lamps, carol at one that has none: its speed dial is lit. Desk-3 watches over
/// SIP, as a receptionist's would.
#[test]
fn a_lamp_follows_the_user_from_phone_to_phone() {
    check_over_both(
        "rules: CAL-3, PRO-3, SES-2",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222, lamps 2001   carol: 2003, pin 3333, lamps 2001
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-6: guest 9006
        desk-7: guest 9007
        08:00 desk-4 logs in bob   desk-2 logs in carol   desk-3 watches 2001   desk-3 watches presence of 2001
        09:00 desk-1 logs in alice
        09:10 desk-1 dials 9007   09:10:05 desk-7 answers
        09:11 desk-1 holds        09:12 desk-1 resumes     09:13 desk-7 hangs up
        09:20 desk-6 logs in alice
        09:30 desk-7 dials 2001   09:30:10 desk-6 answers   09:31 desk-6 hangs up
        09:40 desk-6 logs out
        10:00 desk-3 watches no more 2001
        ",
        expect![[r#"
            08:00 desk-4 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", sees the lamp of No 2001: unknown, reads "Logged in: 2002 Bob"
            08:00 desk-2 becomes carol, reads "Resetting...", hears "Logged in: 2003 Carol", sees the lamp of 2001: Off, reads "Logged in: 2003 Carol"
            08:00 desk-3 sees of 2001: calls 0: none, sees of presence of 2001: closed
            08:55 desk-3 sees of presence of 2001: closed, sees of 2001: calls 1: none
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice"
            09:00 desk-3 sees of presence of 2001: open
            09:00 desk-4 sees the lamp of No 2001: idle
            09:00 desk-1 hears "Logged in: 2001 Alice"
            09:10 desk-7 rings (from 2001 Alice)
            09:10 desk-3 sees of 2001: calls 2+: initiator trying, sees of presence of 2001: open, on-the-phone
            09:10 desk-2 sees the lamp of 2001: On
            09:10 desk-4 sees the lamp of No 2001: in use
            09:10 desk-1 hears it ring
            09:10:05 desk-1 talks with desk-7
            09:10:05 desk-3 sees of 2001: calls 3+: initiator confirmed
            09:11 desk-7 is held
            09:11 desk-3 sees of 2001: calls 4+: initiator confirmed held
            09:11 desk-2 sees the lamp of 2001: Wink
            09:12 desk-7 is taken back
            09:12 desk-3 sees of 2001: calls 5+: initiator confirmed
            09:12 desk-2 sees the lamp of 2001: On
            09:13 desk-1 hears "The other party hung up"
            09:13 desk-3 sees of 2001: calls 6+: terminated, sees of presence of 2001: open
            09:13 desk-2 sees the lamp of 2001: Off
            09:13 desk-4 sees the lamp of No 2001: idle
            09:20 desk-1 becomes lobby (moved)
            09:20 desk-6 becomes alice
            09:20 desk-1 reads "Logged out: logged in at desk-6"
            09:20 desk-6 reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:30 desk-7 hears it ring
            09:30 desk-3 sees of 2001: calls 7+: recipient early
            09:30 desk-6 rings (from 9007 Lobby)
            09:30 desk-2 sees the lamp of 2001: Blink
            09:30 desk-4 sees the lamp of No 2001: ringing
            09:30:10 desk-7 talks with desk-6
            09:30:10 desk-3 sees of 2001: calls 8+: recipient confirmed, sees of presence of 2001: open, on-the-phone
            09:30:10 desk-2 sees the lamp of 2001: On
            09:30:10 desk-4 sees the lamp of No 2001: in use
            09:31 desk-7 hears "The other party hung up"
            09:31 desk-3 sees of 2001: calls 9+: terminated, sees of presence of 2001: open
            09:31 desk-2 sees the lamp of 2001: Off
            09:31 desk-4 sees the lamp of No 2001: idle
            09:40 desk-6 becomes lobby (user)
            09:40 desk-3 sees of presence of 2001: closed
            09:40 desk-6 reads "Resetting..."
            09:40 desk-4 sees the lamp of No 2001: unknown
            09:40 desk-6 hears "Logged out", reads "Logged out"
            09:50 desk-3 sees of presence of 2001: closed, sees of 2001: calls 10: none
            10:00 desk-3 sees of 2001: calls 11: none, watches 2001 no more: timeout"#]],
    );
}

#[test]
fn a_key_with_a_lamp_dials() {
    check_over_sccp(
        "rules: PRO-3",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222, lamps 9001(dark) 2001   desk-1: guest 9001   desk-2: guest 9002
        desk-3: guest 9003
        09:00 desk-2 logs in bob   desk-1 logs in alice
        09:10 desk-2 presses button No-2001   09:10:05 desk-1 answers   09:11 desk-2 hangs up
        09:20 desk-2 logs out      09:21 desk-1 logs out
        ",
        expect![[r#"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", sees the lamp of No 2001: unknown, reads "Logged in: 2002 Bob"
            09:00 desk-1 becomes alice, reads "Resetting..."
            09:00 desk-2 sees the lamp of No 2001: idle
            09:00 desk-1 hears "Logged in: 2001 Alice"
            09:00 desk-2 sees the lamp of No 2001: unknown
            09:00 desk-1 reads "Logged in: 2001 Alice"
            09:00 desk-2 sees the lamp of No 2001: idle
            09:10 desk-1 rings (from 2002 Bob)
            09:10 desk-2 sees the lamp of No 2001: ringing, hears it ring
            09:10:05 desk-2 sees the lamp of No 2001: in use, talks with desk-1
            09:11 desk-1 hears the end
            09:11 desk-2 sees the lamp of No 2001: idle
            09:20 desk-2 becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out"
            09:21 desk-1 becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out""#]],
    );
}

/// A pilot is at no phone: its lamp shows how the group does. Bob has a button with a lamp, carol a speed dial that is lit,
/// and desk-3 watches over SIP.
#[test]
fn a_lamp_for_a_pilot_shows_how_its_group_does() {
    check_over_both(
        "rules: CAL-3, PRO-3, HG-1",
        "
        hunt group logout HLog
        alice: 2001, pin 1111   bob: 2002, pin 2222, lamps 4200   carol: 2003, pin 3333, lamps 4200
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        desk-7: guest 9007
        inner: hunt group, sequential, pilot 4300, list 2001, timeout 10s
        support: hunt group, sequential, pilot 4200, list 4300, timeout 10s, queue 3 for 5m
        08:00 desk-4 logs in bob   desk-2 logs in carol   desk-3 watches 4200   desk-3 watches presence of 4200
        -- Dark while nobody is there. It rings at a member; whoever answers leaves the pilot to the next.
        08:01 desk-1 logs in alice
        08:02 desk-7 dials 4200   08:02:05 desk-1 answers
        -- A caller who waits, then rings, then gives up.
        08:03 desk-5 dials 4200   08:04 desk-7 hangs up   08:04:05 desk-5 hangs up
        08:05 desk-1 dials *4     08:06 desk-1 dials *4
        08:07 desk-1 logs out
        08:08 site: support is removed
        ",
        expect![[r#"
            08:00 desk-4 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", sees the lamp of No 4200: unknown, reads "Logged in: 2002 Bob"
            08:00 desk-2 becomes carol, reads "Resetting...", hears "Logged in: 2003 Carol", sees the lamp of 4200: Off, reads "Logged in: 2003 Carol"
            08:00 desk-3 sees of 4200: calls 0: none, sees of presence of 4200: closed
            08:01 desk-1 becomes alice, reads "Logged in: 2001 Alice"
            08:01 desk-3 sees of presence of 4200: open
            08:01 desk-4 sees the lamp of No 4200: idle
            08:01 desk-1 hears "Logged in: 2001 Alice"
            08:02 desk-1 rings (from 9007 Lobby, sent on by 4200: unconditional)
            08:02 desk-3 sees of 4200: calls 1+: recipient early
            08:02 desk-2 sees the lamp of 4200: Blink
            08:02 desk-4 sees the lamp of No 4200: ringing
            08:02 desk-7 hears it ring
            08:02:05 desk-7 talks with desk-1
            08:02:05 desk-3 sees of 4200: calls 2+: terminated
            08:02:05 desk-2 sees the lamp of 4200: Off
            08:02:05 desk-4 sees the lamp of No 4200: idle
            08:03 desk-5 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            08:03 desk-3 sees of 4200: calls 3+: recipient confirmed held, sees of presence of 4200: open, on-the-phone
            08:03 desk-2 sees the lamp of 4200: Wink
            08:03 desk-4 sees the lamp of No 4200: in use
            08:04 desk-5 reads "Queued, place 1"
            08:04 desk-1 hears "The other party hung up", rings (from 9005 Lobby, sent on by 4200: unconditional)
            08:04 desk-3 sees of 4200: calls 4+: recipient early, sees of presence of 4200: open
            08:04 desk-2 sees the lamp of 4200: Blink
            08:04 desk-4 sees the lamp of No 4200: ringing
            08:04:05 desk-1 stops ringing
            08:04:05 desk-3 sees of 4200: calls 5+: terminated
            08:04:05 desk-2 sees the lamp of 4200: Off
            08:04:05 desk-4 sees the lamp of No 4200: idle
            08:05 desk-3 sees of presence of 4200: closed
            08:05 desk-4 sees the lamp of No 4200: unknown
            08:05 desk-1 hears "Not ready: hunt calls pass 2001 by"
            08:06 desk-3 sees of presence of 4200: open
            08:06 desk-4 sees the lamp of No 4200: idle
            08:06 desk-1 hears "Ready: hunt calls ring at 2001"
            08:07 desk-1 becomes lobby (user), reads "Logged out"
            08:07 desk-3 sees of presence of 4200: closed
            08:07 desk-4 sees the lamp of No 4200: unknown
            08:07 desk-1 hears "Logged out"
            08:08 desk-3 watches 4200 no more: noresource, watches presence of 4200 no more: noresource"#]],
    );
}

#[test]
fn a_phone_watches_all_its_lamps_by_one_subscription() {
    check_over_sip(
        "rules: CAL-3, PRO-3",
        "
        alice: 2001, pin 1111, lamps 2002 9003 9999 9009(dark)   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 watches its lamps   09:01 desk-1 logs in alice
        09:10 desk-2 logs in bob
        09:20 desk-2 dials 9003   09:20:05 desk-3 answers   09:21 desk-3 hangs up
        09:30 site: alice: lamps 2002
        09:40 desk-1 logs out
        10:00 desk-1 watches no more its lamps
        ",
        expect![[r#"
            09:00 desk-1 sees of its lamps: list 0: 
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", sees of its lamps: list 1: 2002 No 2002 (calls 0: none), 9003 No 9003 (calls 0: none), hears "Logged in: 2001 Alice"
            09:10 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:20 desk-3 rings (from 2002 Bob)
            09:20 desk-1 sees of its lamps: list 2+: 2002 No 2002 (calls 1+: initiator trying), 9003 No 9003 (calls 1+: recipient early)
            09:20 desk-2 hears it ring
            09:20:05 desk-2 talks with desk-3
            09:20:05 desk-1 sees of its lamps: list 3+: 2002 No 2002 (calls 2+: initiator confirmed), 9003 No 9003 (calls 2+: recipient confirmed)
            09:21 desk-2 hears "The other party hung up"
            09:21 desk-1 sees of its lamps: list 4+: 2002 No 2002 (calls 3+: terminated), 9003 No 9003 (calls 3+: terminated)
            09:30 desk-1 sees of its lamps: list 5: 2002 No 2002 (calls 4: none)
            09:40 desk-1 becomes lobby (user), reads "Logged out", sees of its lamps: list 6: , hears "Logged out"
            09:55 desk-1 sees of its lamps: list 7: 
            10:00 desk-1 sees of its lamps: list 8: , watches its lamps no more: timeout"#]],
    );
}

#[test]
fn after_a_restart_watchers_subscribe_again() {
    check_over_sip(
        "rules: CAL-3",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-2 watches 2001   desk-2 watches presence of 2001   09:10 desk-1 logs in alice
        09:20 server dies   server starts
        09:21 desk-1 dials 9002   09:21:10 desk-2 declines
        until 10:30
        ",
        expect![[r#"
            09:00 desk-2 sees of 2001: calls 0: none, sees of presence of 2001: closed
            09:10 desk-1 becomes alice, reads "Logged in: 2001 Alice"
            09:10 desk-2 sees of presence of 2001: open
            09:10 desk-1 hears "Logged in: 2001 Alice"
            09:21 desk-2 rings (from 2001 Alice)
            09:21 desk-1 hears it ring
            09:21:10 desk-1 hears 603 Declined
            09:55 desk-2 sees of presence of 2001: open, sees of 2001: calls 0: none"#]],
    );
}

#[test]
fn a_server_that_stops_tells_watchers_to_come_back() {
    check_over_sip(
        "rules: CAL-3",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-2 watches 2001   desk-2 watches presence of 2001   09:10 desk-1 logs in alice
        09:20 server drains   09:20:01 desk-1 watches 2001   09:20:02 server stops   server starts
        until 09:22
        ",
        expect![[r#"
            09:00 desk-2 sees of 2001: calls 0: none, sees of presence of 2001: closed
            09:10 desk-1 becomes alice, reads "Logged in: 2001 Alice"
            09:10 desk-2 sees of presence of 2001: open
            09:10 desk-1 hears "Logged in: 2001 Alice"
            09:20 desk-2 watches 2001 no more: probation, watches presence of 2001 no more: probation
            09:20:01 desk-1 cannot watch 2001: 503
            09:20:35 desk-2 sees of 2001: calls 0: none
            09:20:36 desk-2 sees of presence of 2001: open"#]],
    );
}
