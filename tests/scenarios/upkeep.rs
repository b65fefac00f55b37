//! What keeps calls alive, changes them, and goes past them: refreshes, changes without acknowledgement, texts.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_phone_that_refreshes_its_calls_and_stops_doing_so_is_gone() {
    check(
        "rules: CAL-2",
        "
        desk-1: guest 9001, refreshes its calls   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        10:00 desk-1 presses 1
        10:01 desk-2 hangs up
        10:02 desk-2 dials 9001   desk-1 answers
        11:00 desk-2 presses 1
        11:01 desk-1 vanishes
        until 11:40
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            10:00 desk-2 hears the digit 1
            10:01 desk-1 hears "The other party hung up"
            10:02 desk-1 rings (from 9002 Lobby)
            10:02 desk-2 hears it ring, talks with desk-1
            11:00 desk-1 hears the digit 1
            11:06:28 desk-2 hears "The other party cannot be reached any more"
            11:40 admin reads: 2 of 2 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_call_may_be_held_by_a_request_that_needs_no_acknowledgement() {
    check(
        "rules: CAL-2",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-1 holds by UPDATE   09:02 desk-1 resumes
        09:03 desk-2 holds by UPDATE   desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 is held
            09:02 desk-2 is taken back
            09:03 desk-1 is held, hears "The other party hung up""#]],
    );
}

#[test]
fn texts_go_from_phone_to_phone_as_whoever_is_there() {
    check(
        "rules: CAL-2",
        "
        class lobby: call guests, login      emergency 112 rings desk-2
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003, no display
        09:00 desk-1 writes hello to 9002
        09:01 desk-1 writes hello to 2001   desk-1 writes hello to 7777   desk-1 writes hello to 112
        09:02 desk-1 logs in alice   desk-1 writes hello to 9002   desk-1 writes hello to 2002
        09:03 desk-2 logs in bob     desk-2 writes hi to 2001      desk-2 writes hi to 9003
        ",
        expect![[r#"
            09:00 desk-2 reads "hello" from 9001 Lobby
            09:01 desk-1 hears 403 Not allowed from this phone, hears 404 Unknown number, hears 403 A text cannot be sent to a code or an emergency number
            09:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 desk-2 reads "hello" from 2001 Alice
            09:02 desk-1 hears 480 Nobody is logged in with that number
            09:03 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:03 desk-1 reads "hi" from 2002 Bob
            09:03 desk-2 hears 480 The phone takes no texts"#]],
    );
}

#[test]
fn what_is_told_before_the_answer_may_have_to_be_acknowledged() {
    check(
        "rules: CAL-2",
        "
        desk-1: guest 9001, wants PRACK   desk-2: guest 9002, wants PRACK   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 plays something early   desk-2 answers   desk-1 hangs up
        09:01 desk-3 dials 9002   desk-2 plays something early   desk-3 hangs up
        09:02 desk-1 dials 9003   desk-3 plays something early   desk-3 answers   desk-3 hangs up
        09:03 desk-1 dials 9002 without offer   desk-2 answers   desk-1 hangs up
        09:04 desk-1 dials 9003   desk-3 plays something early   desk-1 vanishes   desk-3 answers
        until 09:06
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby), is acknowledged
            09:00 desk-1 hears it ring
            09:00 desk-2 is acknowledged
            09:00 desk-1 hears desk-2 before the answer, talks with desk-2
            09:00 desk-2 hears "The other party hung up"
            09:01 desk-2 rings (from 9003 Lobby), is acknowledged
            09:01 desk-3 hears it ring
            09:01 desk-2 is acknowledged
            09:01 desk-3 hears desk-2 before the answer
            09:01 desk-2 stops ringing
            09:02 desk-3 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring, hears desk-3 before the answer, talks with desk-3, hears "The other party hung up"
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2
            09:03 desk-2 hears "The other party hung up"
            09:04 desk-3 rings (from 9001 Lobby)
            09:04 desk-1 hears it ring, hears desk-3 before the answer
            09:04:32 desk-3 hears "The other party cannot be reached any more"
            09:06 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}
