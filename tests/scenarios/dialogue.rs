//! A login by tones: the code alone, then user and PIN, key by key. And hearing oneself.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_user_and_a_pin_are_asked_for_and_make_the_phone_theirs() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials *11   09:00:02 desk-1 types 2001#   09:00:05 desk-1 types 1111#
        09:01 desk-2 dials 2001   desk-1 answers   09:02 desk-1 hangs up
        ",
        expect![[""]],
    );
}
