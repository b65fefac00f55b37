//! Lines of every kind: how they ring, which calls they take, and what of them a phone has that speaks SIP.

use expect_test::expect;

use crate::support::play::{check, check_over_sccp, check_over_sip};

#[test]
fn each_kind_of_line_rings_in_its_way() {
    check_over_sccp(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 normal, line 2002 silent-ring, line 2003 beep-ring, line 2004 feature-ring
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-2 logs in alice
        09:01 desk-1 dials 2001   desk-1 hangs up
        09:02 desk-1 dials 2002   desk-1 hangs up
        09:03 desk-1 dials 2003   desk-1 hangs up
        09:04 desk-1 dials 2004   desk-2 answers   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring
            09:01 desk-2 stops ringing
            09:02 desk-2 flashes (from 9001 Lobby)
            09:02 desk-1 hears it ring
            09:02 desk-2 stops ringing
            09:03 desk-2 beeps once (from 9001 Lobby)
            09:03 desk-1 hears it ring
            09:03 desk-2 stops ringing
            09:04 desk-2 rings in pulses (from 9001 Lobby)
            09:04 desk-1 hears it ring, talks with desk-2
            09:04 desk-2 hears the end"#]],
    );
}

#[test]
fn a_silent_line_does_not_knock() {
    check_over_sccp(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 normal, line 2002 silent-ring
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice
        09:01 desk-1 dials 2001   desk-2 answers
        09:02 desk-3 dials 2002
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:02 desk-3 hears it ring"#]],
    );
}

#[test]
fn help_is_called_aloud_at_a_silent_line() {
    check_over_sccp(
        "rules: PRO-1, EMG-1",
        "
        emergency 112 rings desk-2
        alice: 2001, pin 1111, line 2001 silent-ring
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-2 logs in alice
        09:01 desk-1 dials 112
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring"#]],
    );
}

#[test]
fn calls_to_any_number_of_an_overlay_ring_at_its_button_until_it_is_in_use() {
    check_over_sccp(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 normal, line 2005+2006 overlay
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice
        09:01 desk-1 dials 2006   desk-2 answers
        09:02 desk-3 dials 2005
        09:03 desk-1 hangs up   desk-3 dials 2005   desk-2 answers
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:02 desk-3 hears Busy
            09:03 desk-2 hears the end, rings (from 9003 Lobby)
            09:03 desk-3 hears it ring, talks with desk-2"#]],
    );
}

#[test]
fn a_second_call_to_an_overlay_with_call_waiting_knocks() {
    check_over_sccp(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 normal, line 2005+2006 cw-overlay
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice
        09:01 desk-1 dials 2006   desk-2 answers
        09:02 desk-3 dials 2005
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:02 desk-2 rings (from 9003 Lobby)
            09:02 desk-3 hears it ring"#]],
    );
}

#[test]
fn whoever_calls_with_an_overlay_has_its_first_free_number() {
    check_over_sccp(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 normal, line 2005+2006 overlay
        bob: 2002, pin 2222, line 2002 normal, line 2005+2006 overlay
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   desk-3 logs in bob
        09:01 desk-2 presses line 2   desk-2 types 9001#   desk-1 answers
        09:02 desk-1 hangs up
        09:03 desk-2 presses line 2   desk-2 types 9001#   desk-1 answers
        09:04 desk-3 presses line 2   desk-3 types 9001#
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-3 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:01 desk-1 rings (from 2005 Alice)
            09:01 desk-2 hears it ring, talks with desk-1
            09:02 desk-2 hears the end
            09:03 desk-1 rings (from 2005 Alice)
            09:03 desk-2 hears it ring, talks with desk-1
            09:04 desk-1 rings (from 2006 Bob)
            09:04 desk-3 hears it ring"#]],
    );
}

#[test]
fn a_line_with_one_call_finds_a_second_one_busy() {
    check(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 1 calls
        bob: 2002, pin 2222, line 2002 2 calls
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-5: guest 9005
        09:00 desk-2 logs in alice   desk-3 logs in bob
        09:01 desk-1 dials 2001   desk-2 answers
        09:02 desk-4 dials 2001
        09:03 desk-1 hangs up
        09:04 desk-1 dials 2002   desk-3 answers
        09:05 desk-4 dials 2002
        09:06 desk-5 dials 2002
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-3 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:02 desk-4 hears 486 Busy
            09:03 desk-2 hears "The other party hung up"
            09:04 desk-3 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, talks with desk-3
            09:05 desk-3 rings (from 9004 Lobby)
            09:05 desk-4 hears it ring
            09:06 desk-4 hears 480 No answer
            09:06 desk-3 stops ringing, rings (from 9005 Lobby)
            09:06 desk-5 hears it ring"#]],
    );
}

#[test]
fn a_watched_number_is_not_called_here_and_its_button_calls_it() {
    check_over_sccp(
        "rules: PRO-1",
        "
        alice: 2001, pin 1111, line 2001 normal, line 2002 monitor-ring
        bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   desk-3 logs in bob
        09:01 desk-1 dials 2002   desk-1 hangs up
        09:02 desk-2 presses line 2   desk-3 answers
        09:03 desk-2 hangs up   desk-3 logs out
        09:04 desk-1 dials 2002
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-3 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:01 desk-3 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring
            09:01 desk-3 stops ringing
            09:02 desk-3 rings (from 2001 Alice)
            09:02 desk-2 hears it ring, talks with desk-3
            09:03 desk-3 hears the end, becomes lobby (user), reads "Resetting...", hears "Logged out", reads "Logged out"
            09:04 desk-1 hears Nobody is logged in with that number"#]],
    );
}

#[test]
fn a_sip_phone_has_normal_lines_alone() {
    check_over_sip(
        "rules: PRO-4, PRO-2",
        "
        alice: 2001, pin 1111, line 2002 silent-ring, line 2003 normal, line 2005+2006 overlay
        bob: 2007, pin 2222, line 2008 beep-ring
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   desk-3 logs in bob
        09:01 desk-1 dials 2002
        09:02 desk-1 dials 2003   desk-2 answers   desk-1 hangs up
        09:03 desk-1 dials 2005
        09:04 desk-1 dials 2007   desk-3 answers   desk-1 hangs up
        09:05 desk-1 dials 2008
        09:06 admin explains alice
        09:07 admin explains desk-3
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-3 becomes bob, reads "Logged in: 2007 Bob", hears "Logged in: 2007 Bob"
            09:01 desk-1 hears 480 Nobody is logged in with that number
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring, talks with desk-2
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-1 hears 480 Nobody is logged in with that number
            09:04 desk-3 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, talks with desk-3
            09:04 desk-3 hears "The other party hung up"
            09:05 desk-1 hears 480 Nobody is logged in with that number
            09:06 admin reads: alice has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:06 admin reads: desk-2 was last used at 2026-05-05 09:02:00, as the end of a call showed.
            09:06 admin reads: Nothing logs alice out automatically here.
            09:06 admin reads: Left out at desk-2 (softphone): line 2002 (silent-ring): over SIP only normal lines apply.
            09:06 admin reads: Left out at desk-2 (softphone): line 2005,2006 (overlay): over SIP only normal lines apply.
            09:07 admin reads: desk-3 is registered and answers to 2007.
            09:07 admin reads: bob has been logged in at desk-3 since 2026-05-05 09:00:00.
            09:07 admin reads: desk-3 was last used at 2026-05-05 09:04:00, as the end of a call showed.
            09:07 admin reads: Nothing logs bob out automatically here.
            09:07 admin reads: Left out at desk-3 (softphone): line 2008 (beep-ring): over SIP only normal lines apply."#]],
    );
}
