//! A user at a phone: logging in and out.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_login_makes_the_phone_the_users() {
    check(
        "rules: SES-1, CAL-1",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001      desk-2: guest 9002
        09:00 desk-1 logs in alice    09:01 desk-2 dials 2001
        09:02 desk-1 answers    09:03 desk-1 hangs up
        09:04 desk-1 dials 9002
        09:05 desk-2 answers    09:06 desk-2 hangs up
        09:10 desk-1 logs out
        09:11 desk-2 dials 2001   desk-2 dials 9001
        ",
        expect![[r#""#]],
    );
}
