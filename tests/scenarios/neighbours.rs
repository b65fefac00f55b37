//! SIP and SCCP phones side by side: desks with odd numbers speak SIP, the others SCCP.

use expect_test::expect;

use crate::support::play::check_over_both;

#[test]
fn a_display_shows_texts_that_fit_and_who_wrote_others_is_told() {
    check_over_both(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, lines 2001 2000   bob: 2002, pin 2222, lines 2002 2000
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-10: guest 9010
        09:00 desk-1 writes hello to 9002   desk-1 writes hello to 9010
        09:01 desk-1 writes a-text-that-is-longer-than-its-display to 9002
        09:02 desk-1 writes a-text-that-is-longer-than-its-display to 9010
        09:03 desk-2 logs in alice   desk-3 logs in bob   09:04 desk-1 writes hi to 2000
        09:05 desk-2 vanishes        09:06 desk-1 writes hi to 9002
        ",
        expect![[r#"
            09:00 desk-2 reads "9001: hello"
            09:00 desk-10 reads "9001: hello"
            09:01 desk-2 reads "9001: a-text-that-is-longer-than-its-display"
            09:02 desk-1 hears 480 The phone takes no texts
            09:03 desk-2 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:03 desk-3 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:04 desk-3 reads "hi" from 9001 Lobby
            09:04 desk-2 reads "9001: hi"
            09:06 desk-1 hears 480 Nobody is logged in with that number"#]],
    );
}

#[test]
fn keys_are_heard_whichever_way_they_come() {
    check_over_both(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-10: guest 9010
        09:00 desk-1 dials 9002   desk-2 answers   desk-1 types 15#   desk-2 types 26*   desk-1 hangs up
        09:01 desk-10 dials 9001   desk-1 answers   desk-1 types 15#   desk-10 types 26*   desk-1 hangs up
        09:02 desk-10 dials 9002   desk-2 answers   desk-2 types 15#   desk-10 types 26*   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 hears it ring
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 talks with desk-2
            09:00 desk-2 hears the digit 1, hears the digit 5, hears the digit #
            09:00 desk-1 hears the digit 2, hears the digit 6, hears the digit *
            09:00 desk-2 hears the end
            09:01 desk-1 rings (from 9010 Lobby)
            09:01 desk-10 hears it ring, talks with desk-1, hears the digit 1, hears the digit 5, hears the digit #
            09:01 desk-1 hears the digit 2, hears the digit 6, hears the digit *
            09:01 desk-10 hears the end
            09:02 desk-2 rings (from 9010 Lobby)
            09:02 desk-10 hears it ring, talks with desk-2, hears the digit 1, hears the digit 5, hears the digit #
            09:02 desk-2 hears the digit 2, hears the digit 6, hears the digit *
            09:02 desk-10 hears the end"#]],
    );
}

#[test]
fn what_a_phone_plays_before_it_answers_is_heard_and_else_it_rings() {
    check_over_both(
        "rules: CAL-1",
        "
        no answer after 20s   emergency 112 rings desk-1
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003, wants PRACK   desk-10: guest 9010
        09:00 desk-2 dials 9001   desk-1 plays something early   desk-1 answers
        desk-2 holds   desk-2 resumes   desk-1 hangs up
        09:01 desk-2 dials 9003   desk-3 plays something early   desk-2 hangs up
        09:02 desk-10 dials 9003   desk-3 plays something early   until 09:03
        09:04 desk-1 dials 9002   desk-2 answers   desk-2 hangs up
        09:05 desk-2 dials 112   desk-1 answers   desk-2 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, hears desk-1 before the answer, talks with desk-1
            09:00 desk-1 is held, is taken back
            09:00 desk-2 hears the end
            09:01 desk-3 rings (from 9002 Lobby), is acknowledged
            09:01 desk-2 hears it ring
            09:01 desk-3 is acknowledged
            09:01 desk-2 hears desk-3 before the answer
            09:01 desk-3 stops ringing
            09:02 desk-3 rings (from 9010 Lobby), is acknowledged
            09:02 desk-10 hears it ring
            09:02 desk-3 is acknowledged
            09:02 desk-10 hears desk-3 before the answer
            09:02:20 desk-3 stops ringing
            09:02:20 desk-10 hears No answer
            09:04 desk-1 hears it ring
            09:04 desk-2 rings (from 9001 Lobby)
            09:04 desk-1 talks with desk-2, hears "The other party hung up"
            09:05 desk-1 rings (from 9002 Lobby)
            09:05 desk-2 hears it ring, talks with desk-1
            09:05 desk-1 hears "The other party hung up"
            09:05 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}
