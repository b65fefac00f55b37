//! Numbers that may not be called after hours, and the PIN that lifts that.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn numbers_are_blocked_after_hours_until_a_pin_lifts_that() {
    check(
        "rules: PRO-5",
        "
        class clerks: call users, call guests, login, after hours mon-fri 19:00-07:00, after hours deny 29XX 9003
        emergency 112 rings desk-3
        alice: 2001, pin 1111, class clerks, after-hours pin 4711   bob: 2002, pin 2222, class clerks
        carol: 2901, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        18:59 desk-1 logs in alice   desk-2 logs in bob   desk-4 logs in carol
        18:59:30 desk-1 dials 2901   desk-1 hangs up
        19:00 desk-1 dials 2901   desk-2 dials 2901   desk-1 dials 2002   desk-1 hangs up
        desk-1 dials 112   desk-3 answers   desk-1 hangs up
        19:01 desk-2 dials *144711
        19:02 desk-1 dials *14#   desk-1 dials *149999   desk-1 dials 2901
        19:03 desk-1 dials *14*4711#   desk-1 dials 2901   desk-1 hangs up   desk-2 dials 2901
        19:04 admin explains alice
        20:02:59 desk-1 dials 2901   desk-1 hangs up   20:03 desk-1 dials 2901
        ",
        expect![[r#"
            18:59 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:59 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            18:59 desk-4 becomes carol, reads "Logged in: 2901 Carol", hears "Logged in: 2901 Carol"
            18:59:30 desk-4 rings (from 2001 Alice)
            18:59:30 desk-1 hears it ring
            18:59:30 desk-4 stops ringing
            19:00 desk-1 hears 403 Not allowed after hours. Dial *14 and your PIN first
            19:00 desk-2 hears 403 Not allowed after hours, rings (from 2001 Alice)
            19:00 desk-1 hears it ring
            19:00 desk-2 stops ringing
            19:00 desk-3 rings (from 2001 Alice)
            19:00 desk-1 hears it ring, talks with desk-3
            19:00 desk-3 hears "The other party hung up"
            19:01 desk-2 hears 403 Not allowed from this phone
            19:02 desk-1 hears 484 Dial the code, then the PIN #, hears 403 The PIN was refused, hears 403 Not allowed after hours. Dial *14 and your PIN first
            19:03 desk-1 hears "All that you may call can be called for 60 min"
            19:03 desk-4 rings (from 2001 Alice)
            19:03 desk-1 hears it ring
            19:03 desk-4 stops ringing
            19:03 desk-2 hears 403 Not allowed after hours
            19:04 admin reads: alice has been logged in at desk-1 since 2026-05-05 18:59:00.
            19:04 admin reads: desk-1 was last used at 2026-05-05 19:03:00, as the end of a call showed.
            19:04 admin reads: Nothing logs alice out automatically here.
            19:04 admin reads: An emergency call was made at desk-1: nobody is logged out there before 2026-05-05 19:30:00.
            19:04 admin reads: Not to be called from desk-1 after hours (mon,tue,wed,thu,fri 19:00-07:00): 29XX 9003.
            19:04 admin reads: That is lifted by a PIN until 2026-05-05 20:03:00, or the logout.
            20:02:59 desk-4 rings (from 2001 Alice)
            20:02:59 desk-1 hears it ring
            20:02:59 desk-4 stops ringing
            20:03 desk-1 hears 403 Not allowed after hours. Dial *14 and your PIN first"#]],
    );
}

#[test]
fn what_a_pin_lifted_ends_with_the_session_and_with_a_restart() {
    check(
        "rules: PRO-5, SES-12",
        "
        show events
        class clerks: call users, login, after hours on feast, after hours deny 29XX
        calendar feast: 2026-05-05
        alice: 2001, pin 1111, class clerks, after-hours pin 4711
        carol: 2901, pin 3333
        desk-1: guest 9001   desk-4: guest 9004
        12:00 desk-1 logs in alice   desk-4 logs in carol
        12:01 desk-1 dials 2901   desk-1 dials *144711   desk-1 dials 2901   desk-1 hangs up
        12:02 desk-1 logs out   desk-1 logs in alice   desk-1 dials 2901
        12:03 desk-1 dials *144711   12:04 server dies   12:05 server starts
        12:10 desk-1 dials 2901
        on 2026-05-06
        12:00 desk-1 dials 2901   desk-1 hangs up
        ",
        expect![[r#"
            12:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            12:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            12:00 event logged-in - carol desk-4 Code: carol logged in at desk-4
            12:00 desk-4 becomes carol, reads "Logged in: 2901 Carol", hears "Logged in: 2901 Carol"
            12:01 desk-1 hears 403 Not allowed after hours. Dial *14 and your PIN first
            12:01 event blocking-lifted - alice desk-1 Code: alice lifted the after-hours blocking at desk-1 for 60 min
            12:01 desk-1 hears "All that you may call can be called for 60 min"
            12:01 desk-4 rings (from 2001 Alice)
            12:01 desk-1 hears it ring
            12:01 desk-4 stops ringing
            12:02 event logged-out user alice desk-1 Code: alice logged out at desk-1 (user)
            12:02 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            12:02 event logged-in - alice desk-1 Code: alice logged in at desk-1
            12:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears 403 Not allowed after hours. Dial *14 and your PIN first
            12:03 event blocking-lifted - alice desk-1 Code: alice lifted the after-hours blocking at desk-1 for 60 min
            12:03 desk-1 hears "All that you may call can be called for 60 min"
            12:10 desk-1 hears 403 Not allowed after hours. Dial *14 and your PIN first
            on 2026-05-06
            12:00 desk-4 rings (from 2001 Alice)
            12:00 desk-1 hears it ring
            12:00 desk-4 stops ringing"#]],
    );
}

#[test]
fn guesses_at_such_a_pin_lock_the_user_and_the_right_one_forgives_no_others() {
    check(
        "rules: PRO-5, SES-8",
        "
        show events
        class clerks: call users, login, after hours sat-sun 00:00-24:00, after hours on feast, after hours deny 29XX
        calendar feast: 2026-05-05
        alice: 2001, pin 1111, class clerks, after-hours pin 4711
        bob: 2002, pin 2222, class clerks, after-hours pin 4712
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-1 dials *141111   desk-1 dials *140000   desk-1 dials *149999   desk-1 dials *144711
        09:02 desk-3 dials *11*2002*9999#   desk-3 dials *11*2002*8888#   desk-2 dials *144712
        desk-3 dials *11*2002*7777#   desk-3 dials *11*2002*2222#
        09:03 desk-3 dials *144711
        ",
        expect![[r#"
            09:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 event logged-in - bob desk-2 Code: bob logged in at desk-2
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 event lift-refused - alice desk-1 Code: After-hours PIN at desk-1 refused: wrong PIN
            09:01 desk-1 hears 403 The PIN was refused
            09:01 event lift-refused - alice desk-1 Code: After-hours PIN at desk-1 refused: wrong PIN
            09:01 desk-1 hears 403 The PIN was refused
            09:01 event locked - alice desk-1 Code: alice is locked for 900 s after 3 wrong PINs, the last at desk-1
            09:01 event lift-refused - alice desk-1 Code: After-hours PIN at desk-1 refused: locked
            09:01 desk-1 hears 403 The PIN was refused
            09:01 event lift-refused - alice desk-1 Code: After-hours PIN at desk-1 refused: locked
            09:01 desk-1 hears 403 The PIN was refused
            09:02 event login-refused - bob desk-3 Code: Login at desk-3 refused: wrong PIN
            09:02 desk-3 hears 403 Login refused
            09:02 event login-refused - bob desk-3 Code: Login at desk-3 refused: wrong PIN
            09:02 desk-3 hears 403 Login refused
            09:02 event blocking-lifted - bob desk-2 Code: bob lifted the after-hours blocking at desk-2 for 60 min
            09:02 desk-2 hears "All that you may call can be called for 60 min"
            09:02 event locked - bob desk-3 Code: bob is locked for 900 s after 3 wrong PINs, the last at desk-3
            09:02 event login-refused - bob desk-3 Code: Login at desk-3 refused: locked
            09:02 desk-3 hears 403 Login refused
            09:02 event login-refused - bob desk-3 Code: Login at desk-3 refused: locked
            09:02 desk-3 hears 403 Login refused
            09:03 desk-3 hears 403 Nobody is logged in at this phone"#]],
    );
}
