//! Phones where nobody is to be disturbed.

use expect_test::expect;

use crate::support::play::{check, check_otherwise, check_over_sccp};

#[test]
fn a_phone_is_quiet_until_that_is_taken_back_or_whoever_wanted_it_has_left() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, forward busy 9003   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-1 dials *78
        09:01 desk-2 dials 2001   desk-3 answers   desk-2 hangs up
        09:02 desk-1 dials *79   desk-2 dials 2001   desk-2 hangs up
        09:03 desk-1 logs in bob   desk-1 dials *78   desk-2 dials 2002   admin explains desk-1
        09:04 desk-1 logs out   desk-2 dials 9001   desk-2 hangs up
        09:05 desk-1 logs in bob   desk-2 dials 2002   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears "Do not disturb"
            09:01 desk-3 rings (from 9002 Lobby, sent on by 2001: user-busy)
            09:01 desk-2 hears it ring, talks with desk-3
            09:01 desk-3 hears "The other party hung up"
            09:02 desk-1 hears "Calls ring again", rings (from 9002 Lobby)
            09:02 desk-2 hears it ring
            09:02 desk-1 stops ringing
            09:03 desk-1 becomes bob (takeover), reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob", hears "Do not disturb"
            09:03 desk-2 hears 486 Busy
            09:03 admin reads: desk-1 is registered and answers to 2002.
            09:03 admin reads: bob has been logged in at desk-1 since 2026-05-05 09:03:00.
            09:03 admin reads: desk-1 was last used at 2026-05-05 09:03:00, as a call attempt showed.
            09:03 admin reads: Nothing logs bob out automatically here.
            09:03 admin reads: Nobody at desk-1 is to be disturbed: calls find it busy.
            09:03 admin reads: The last logout at desk-1 was at 2026-05-05 09:03:00: alice (takeover: somebody else logged in there; by code); last used at 2026-05-05 09:03:00, as a call attempt showed.
            09:03 admin reads: desk-1 cannot be told to forget whom alice called: no such phone can.
            09:04 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out", rings (from 9002 Lobby)
            09:04 desk-2 hears it ring
            09:04 desk-1 stops ringing
            09:05 desk-1 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob", rings (from 9002 Lobby)
            09:05 desk-2 hears it ring
            09:05 desk-1 stops ringing"#]],
    );
}

#[test]
fn who_is_not_to_be_disturbed_calls_and_is_reached_at_other_phones_and_by_help() {
    check(
        "rules: CAL-2, SES-10",
        "
        second login allow   emergency 112 rings desk-1
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-1 dials *78   desk-3 logs in alice
        09:01 desk-2 dials 2001   desk-2 hangs up
        09:02 desk-2 dials 112   desk-1 answers   desk-1 hangs up
        09:03 desk-1 dials 9002   desk-2 answers   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears "Do not disturb"
            09:00 desk-3 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01 desk-3 stops ringing
            09:02 desk-1 rings (from 9002 Lobby)
            09:02 desk-2 hears it ring, talks with desk-1, hears "The other party hung up"
            09:03 desk-2 rings (from 2001 Alice)
            09:03 desk-1 hears it ring, talks with desk-2, hears "The other party hung up""#]],
    );
}

#[test]
fn a_shared_phone_is_quiet_only_if_its_class_allows_it() {
    check(
        "rules: CAL-2",
        "
        class quiet: call guests, login, do not disturb
        library: logout profile, class quiet   alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002, logout profile library
        09:00 desk-1 dials *78   desk-1 dials *79
        09:01 desk-2 dials *78   desk-1 dials 9002
        09:02 desk-2 logs in alice   desk-1 dials 2001   desk-1 hangs up
        09:03 desk-2 logs out   desk-1 dials 9002
        09:04 server dies   server starts
        09:05 desk-1 dials 9002   desk-2 dials *79   desk-1 dials 9002   desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Not allowed from this phone, hears "Calls ring again"
            09:01 desk-2 hears "Do not disturb"
            09:01 desk-1 hears 486 Busy
            09:02 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9001 Lobby)
            09:02 desk-1 hears it ring
            09:02 desk-2 stops ringing
            09:03 desk-2 becomes library (user), reads "Logged out", hears "Logged out"
            09:03 desk-1 hears 486 Busy
            09:05 desk-1 hears 486 Busy
            09:05 desk-2 hears "Calls ring again", rings (from 9001 Lobby)
            09:05 desk-1 hears it ring
            09:05 desk-2 stops ringing"#]],
    );
}

#[test]
fn a_quiet_phone_shows_calls_where_it_can_and_is_busy_where_it_cannot() {
    check_otherwise(
        "rules: CAL-2",
        "
        otherwise over SCCP: there, phones ring without a sound
        do not disturb rings silently
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials *78
        09:01 desk-2 dials 2001
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears "Do not disturb"
            09:01 desk-2 hears 486 Busy"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", hears "Do not disturb"
            09:01 desk-1 flashes (from 9002 Lobby)
            09:01 desk-2 hears it ring"#]],
    );
}

#[test]
fn a_key_makes_a_phone_quiet_and_lets_it_ring_again() {
    check_over_sccp(
        "rules: CAL-2, PRO-4",
        "
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 presses softkey DND
        09:01 desk-1 logs in alice   desk-1 presses softkey DND
        09:02 desk-2 dials 2001
        09:03 desk-1 presses softkey DND   desk-2 dials 2001   desk-2 hangs up
        ",
        expect![[r#"
            09:00 IMPOSSIBLE desk-1 shows no softkey DND, but NewCall, Login
            09:01 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", reads "Do not disturb"
            09:02 desk-2 hears Busy
            09:03 desk-1 reads "Calls ring again", rings (from 9002 Lobby)
            09:03 desk-2 hears it ring
            09:03 desk-1 stops ringing"#]],
    );
}
