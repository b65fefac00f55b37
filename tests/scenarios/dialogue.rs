//! A login by tones: the code alone, then user and PIN, key by key. And hearing oneself.

use expect_test::expect;

use crate::support::play::{check, check_otherwise};

#[test]
fn user_and_pin_are_asked_for_and_make_the_phone_theirs() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials *11   09:00:02 desk-1 types 2001#   09:00:05 desk-1 types 1111#
        09:01 desk-2 dials 2001   desk-1 answers   09:02 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00:02 desk-1 hears Stutter
            09:00:05 desk-1 hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:00:05.900 desk-1 hears "Logged in: 2001 Alice"
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring, talks with desk-1
            09:02 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn a_pause_ends_a_number_and_a_star_takes_it_back() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 dials *11#   09:00:02 desk-1 types 2001
        09:00:10 desk-1 types 1112*1111
        09:01 desk-1 dials *12
        09:02 desk-1 dials *11   09:02:01 desk-1 types 2002#*2001#1111#
        until 09:03
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00:07 desk-1 hears Stutter
            09:00:10 desk-1 hears Stutter
            09:00:15 desk-1 hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:00:15.900 desk-1 hears "Logged in: 2001 Alice"
            09:01 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 desk-1 hears Dial
            09:02:01 desk-1 hears Stutter, hears Dial, hears Stutter, hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:02:01.900 desk-1 hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn a_wrong_pin_may_be_tried_again_and_nobody_hears_what_was_wrong() {
    check(
        "rules: SES-1, SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials *11   09:00:01 desk-1 types 2001#9999#   09:00:05 desk-1 types 7777#1111#
        09:00:10 desk-1 types 2001#1111#
        09:01 desk-2 dials *11   09:01:01 desk-2 types 2001##   09:01:02 desk-2 types 2001#1112#
        09:01:03 desk-2 types 1#1#
        until 09:02
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00:01 desk-1 hears Stutter, hears ErrorThenDial
            09:00:05 desk-1 hears Stutter, hears ErrorThenDial
            09:00:10 desk-1 hears Stutter, hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:00:10.900 desk-1 hears "Logged in: 2001 Alice"
            09:01 desk-2 hears Dial
            09:01:01 desk-2 hears Stutter, hears ErrorThenDial
            09:01:02 desk-2 hears Stutter, hears ErrorThenDial
            09:01:03 desk-2 hears Stutter, hears Error
            09:01:04.160 desk-2 hears "Login refused""#]],
    );
}

#[test]
fn a_lock_sounds_like_a_wrong_pin() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 dials *11   09:00:01 desk-1 types 2001#1#   +1s desk-1 types 2001#2#   +1s desk-1 types 2001#3#
        09:01 desk-1 dials *11   09:01:01 desk-1 types 2001#1111#   +1s desk-1 types 2001#9999#
        09:02 admin asks locks   admin unlocks alice
        09:03 desk-1 dials *11   09:03:01 desk-1 types 2001#1111#
        until 09:04
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00:01 desk-1 hears Stutter, hears ErrorThenDial
            09:00:02 desk-1 hears Stutter, hears ErrorThenDial
            09:00:03 desk-1 hears Stutter, hears Error
            09:00:04.160 desk-1 hears "Login refused"
            09:01 desk-1 hears Dial
            09:01:01 desk-1 hears Stutter, hears ErrorThenDial
            09:01:02 desk-1 hears Stutter, hears ErrorThenDial
            09:01:17 desk-1 hears Howler
            09:01:20.200 desk-1 hears "Nothing was dialled for too long"
            09:02 admin reads: alice is locked until 09:15:03, hears "alice may log in again"
            09:03 desk-1 hears Dial
            09:03:01 desk-1 hears Stutter, hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:03:01.900 desk-1 hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn whoever_says_nothing_is_let_go() {
    check(
        "rules: SES-1, IDL-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 dials *11
        09:01 desk-1 dials *11   09:01:10 desk-1 types 2001#
        09:02 site: silence 4s   desk-1 dials *11
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00:15 desk-1 hears Howler
            09:00:18.200 desk-1 hears "Nothing was dialled for too long"
            09:01 desk-1 hears Dial
            09:01:10 desk-1 hears Stutter
            09:01:25 desk-1 hears Howler
            09:01:28.200 desk-1 hears "Nothing was dialled for too long"
            09:02 desk-1 hears Dial"#]],
    );
}

#[test]
fn hanging_up_in_the_middle_leaves_nothing_behind() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002   desk-4: guest 9004
        09:00 desk-1 dials *11   desk-2 dials *11
        09:00:01 desk-1 hangs up   desk-2 types 2001#11   desk-2 hangs up
        09:00:02 desk-4 dials *11   +1s desk-4 types 2001#1111#
        09:10 desk-1 dials *11   desk-2 dials *11   desk-4 dials *90
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00 desk-2 hears Dial
            09:00:01 desk-2 hears Stutter
            09:00:02 desk-4 hears Dial
            09:00:03 desk-4 hears Stutter, hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:00:03.900 desk-4 hears "Logged in: 2001 Alice"
            09:10 desk-1 hears Dial
            09:10 desk-2 hears Dial
            09:10 desk-4 hears Confirm, hears itself"#]],
    );
}

/// There are three ports. A phone that makes its tones itself needs one for the echo only.
#[test]
fn a_port_that_is_not_there_is_missed_and_one_that_is_free_again_is_found() {
    check_otherwise(
        "rules: SES-1",
        "
        otherwise over SCCP: the connection tells that a phone is gone, and questions need no port
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 dials *90   desk-2 dials *90   desk-3 dials *11   desk-4 dials *90
        09:00:01 desk-1 hangs up   desk-3 vanishes   desk-4 dials *90
        09:10 desk-1 dials *90   desk-2 dials *90
        ",
        expect![[r#"
            09:00 desk-1 hears Confirm, hears itself
            09:00 desk-2 hears Confirm, hears itself
            09:00 desk-3 hears Dial
            09:00 desk-4 hears 503 Too busy. Try again in a moment
            09:00:01 desk-4 hears Confirm, hears itself
            09:00:15 desk-3 hears Howler
            09:05 desk-2 hears "The echo test is over"
            09:05:01 desk-4 hears "The echo test is over"
            09:10 desk-1 hears Confirm, hears itself
            09:10 desk-2 hears Confirm, hears itself"#]],
        expect![[r#"
            09:00 desk-1 hears Confirm, hears itself
            09:00 desk-2 hears Confirm, hears itself
            09:00 desk-3 hears Dial
            09:00 desk-4 hears Confirm, hears itself
            09:00:01 desk-4 hears Confirm, hears itself
            09:05 desk-2 hears the end, reads "The echo test is over"
            09:05 desk-4 hears the end, reads "The echo test is over"
            09:05:01 desk-4 hears the end, reads "The echo test is over"
            09:10 desk-1 hears Confirm, hears itself
            09:10 desk-2 hears Confirm, hears itself"#]],
    );
}

#[test]
fn keys_are_use_and_a_takeover_is_heard_out() {
    check(
        "rules: SES-3, IDL-1, IDL-2",
        "
        alice: 2001, pin 1111, idle limit 2m   bob: 2002, pin 2222   desk-1: guest 9001
        09:00 desk-1 logs in alice
        09:01:30 desk-1 dials *11   09:01:40 desk-1 types 2002#   desk-1 hangs up
        09:02:00 admin asks who
        09:03:00 desk-1 dials *11   +1s desk-1 types 2002#2222#
        09:04 admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:01:30 desk-1 hears Dial
            09:01:40 desk-1 hears Stutter
            09:02 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:01:40 (a dialled digit), next logout 09:03:40 (idle)
            09:02:40 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:03 desk-1 hears Dial
            09:03:01 desk-1 hears Stutter, hears Confirm, becomes bob (takeover), reads "Logged in: 2002 Bob"
            09:03:01.900 desk-1 hears "Logged in: 2002 Bob"
            09:04 admin reads: bob (2002 Bob) at desk-1 since 09:03:01, last used 09:03:01 (the login)"#]],
    );
}

#[test]
fn a_phone_that_nobody_may_log_in_at_is_not_asked() {
    check(
        "rules: SES-1, SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   class hall: call guests   lobby: class hall
        09:00 desk-1 dials *11
        ",
        expect!["09:00 desk-1 hears 403 Nobody may log in at this phone"],
    );
}

#[test]
fn an_echo_lasts_five_minutes_and_keeps_the_session() {
    check(
        "rules: IDL-2",
        "
        alice: 2001, pin 1111, idle limit 1m   desk-1: guest 9001
        09:00 desk-1 logs in alice
        09:00:30 desk-1 dials *90   09:03 desk-1 holds   desk-1 resumes   desk-1 types 5
        09:04 admin asks who
        09:10 desk-1 dials *90   +1s desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:30 desk-1 reads "Logout in 30 s: not used. Make a call to stay.", hears Confirm, hears itself
            09:04 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:03 (a dialled digit), next logout 09:04 (idle), in a call
            09:05:30 desk-1 hears "The echo test is over"
            09:06 desk-1 reads "Logout in 30 s: not used. Make a call to stay."
            09:06:30 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:10 desk-1 hears Confirm, hears itself"#]],
    );
}

#[test]
fn a_phone_may_leave_the_offer_to_us_and_must_have_a_codec() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 dials *11 without offer   09:00:01 desk-1 types 2001#1111#
        09:01 desk-1 dials *11 with strange media   09:02 desk-1 dials *90 with strange media
        ",
        expect![[r#"
            09:00:01 desk-1 hears Stutter, hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:00:01.900 desk-1 hears "Logged in: 2001 Alice"
            09:01 desk-1 hears 488 No media in common
            09:02 desk-1 hears 488 No media in common"#]],
    );
}

#[test]
fn the_yes_waits_for_the_store_and_a_failing_store_is_heard() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222   desk-1: guest 9001   desk-2: guest 9002
        09:00 store takes 5s   desk-1 dials *11   09:00:01 desk-1 types 2001#1111#
        09:01 store takes 0s   store fails   desk-2 dials *11   09:01:01 desk-2 types 2002#2222#
        09:02 store recovers
        ",
        expect![[r#"
            09:00 desk-1 hears Dial
            09:00:01 desk-1 hears Stutter
            09:00:06 desk-1 hears Confirm, becomes alice, reads "Logged in: 2001 Alice"
            09:00:06.900 desk-1 hears "Logged in: 2001 Alice"
            09:01 desk-2 hears Dial
            09:01:01 desk-2 hears Stutter, hears Error
            09:01:02.160 desk-2 hears "It could not be stored. Try again""#]],
    );
}

/// The same, in the core's own words, for a phone that tells of its hook: while it is asked it has not been left lying.
#[test]
fn the_dialogue_knows_no_protocol() {
    check(
        "rules: SES-1, SES-8, IDL-3",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   off hook limit 10s   silence 20s
        09:00 desk-1 goes off hook   desk-1 dials *11
        09:00:15 desk-1 types 2001#1112#   09:00:20 desk-1 types 2001#1111#
        09:00:25 desk-1 goes on hook
        ",
        expect![[r#"
            09:00 desk-1 is prompted: Dial
            09:00:15 desk-1 is prompted: Silence, is prompted: DialMore, is prompted: Silence, is prompted: DialAgain
            09:00:20 desk-1 is prompted: Silence, is prompted: DialMore, is prompted: Silence, becomes alice, is alice's and reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn after_an_echo_the_handset_may_have_been_left_lying() {
    check_otherwise(
        "rules: IDL-3",
        "
        otherwise over SCCP: a phone that does not say what was lifted is on its speaker, which goes off
        off hook limit 10s   desk-1: guest 9001   desk-2: guest 9002
        09:01 desk-1 goes off hook   desk-1 dials *90   09:10 desk-1 goes on hook
        09:11 desk-2 goes off hook   desk-2 dials *90   09:20 desk-2 goes on hook
        ",
        expect![[r#"
            09:01 desk-1 is prompted: Echo
            09:06 desk-1 hears "The echo test is over"
            09:06:10 desk-1 howls
            09:11 desk-2 is prompted: Echo
            09:16 desk-2 hears "The echo test is over"
            09:16:10 desk-2 howls"#]],
        expect![[r#"
            09:01 desk-1 hears Confirm, hears itself
            09:06 desk-1 hears the end, reads "The echo test is over"
            09:11 desk-2 hears Confirm, hears itself
            09:16 desk-2 hears the end, reads "The echo test is over"
            09:16:10 desk-2 howls, reads "Please hang up""#]],
    );
}
