//! Beside an exchange that was there before: who is registered there, and calls both ways.

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn whoever_is_logged_in_is_registered_and_called_and_calls_as_themselves() {
    ladder(
        "rules: CAL-6",
        expect![[r#"
            site: x: trunk at 10.0.9.1
            site: beside x
            site: alice: 2001, pin 1111, upstream as 5551 with secret
            site: bob: 2002, pin 2222
            explain alice
              admin < alice is logged in nowhere.
              admin < alice is not registered at the telephone exchange as 5551, being logged in nowhere.
            a INVITE *11*2001*1111# [a1]
              a < 200 INVITE [Perch, inactive]
              x < REGISTER 5551 for 600 s
            a ACK
              a < BYE "Logged in: 2001 Alice"
            explain alice
              admin < alice has been logged in at a since 2026-05-05 09:00:00.
              admin < a was last used at 2026-05-05 09:00:00, as the login showed.
              admin < Nothing logs alice out automatically here.
              admin < alice has been registered at the telephone exchange as 5551 since 2026-05-05 09:00:00.
            x INVITE 5551 [x1]
              a2 < INVITE [x1] from x
            a2 200 [a1]
              a2 < ACK
              x < 200 INVITE [a1] with 2001
            x ACK
            x BYE
              x < 200 BYE
              a2 < BYE "The other party hung up"
            a3 INVITE 777 [a1]
              x2 < INVITE [a1] from 5551 to 777
            x2 407 {Proxy-Authenticate: Digest realm="pbx", nonce="1"}
              x2 < ACK
              x2 < INVITE [a1] from 5551 to 777 proven by 5551
            x2 200 [x1]
              x2 < ACK
              a3 < 200 INVITE [x1] with 777
            a3 ACK
            a3 BYE
              a3 < 200 BYE
              x2 < BYE "The other party hung up"
            b INVITE 777 [b1]
              b < 404 INVITE "Unknown number"
            b2 INVITE 5551 [b1]
              a4 < INVITE [b1] from 9002
            a4 486
              a4 < ACK
              b2 < 486 INVITE "Busy"
            x3 INVITE 777 [x1]
              x3 < 404 INVITE "Unknown number"
            a5 INVITE *12 [a1]
              a5 < 200 INVITE [Perch, inactive]
              x < REGISTER 5551 for 0 s
            a5 ACK
              a5 < BYE "Logged out"
            x4 INVITE 5551 [x1]
              x4 < 404 INVITE "Unknown number"
            explain alice
              admin < alice is logged in nowhere.
              admin < alice is not registered at the telephone exchange as 5551, being logged in nowhere.
              admin < The last logout at a was at 2026-05-05 09:00:00: alice (user: the user logged out; by code); last used at 2026-05-05 09:00:00, as a call attempt showed.
            all is quiet
        "#]],
    );
}

#[test]
fn what_came_from_there_does_not_go_back_for_the_same_number() {
    ladder(
        "rules: CAL-6",
        expect![[r#"
            site: x: trunk at 10.0.9.1
            site: beside x
            site: alice: 2001, pin 1111, upstream as 5551 with secret
            a INVITE *11*2001*1111# [a1]
              a < 200 INVITE [Perch, inactive]
              x < REGISTER 5551 for 600 s
            a ACK
              a < BYE "Logged in: 2001 Alice"
            site: alice: forward all 5551
            x INVITE 5551 [x1]
              x < 482 INVITE "That number is forwarded in a circle"
            site: alice: forward all 777
            x2 INVITE 5551 [x1]
              x3 < INVITE [x1] from 5551 to 777
            x3 486
              x3 < ACK
              x2 < 486 INVITE "Busy"
            a2 INVITE *12 [a1]
              a2 < 200 INVITE [Perch, inactive]
              x < REGISTER 5551 for 0 s
            a2 ACK
              a2 < BYE "Logged out"
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_is_not_let_in_is_told_at_the_phone_and_in_words() {
    ladder(
        "rules: CAL-6",
        expect![[r#"
            site: x: trunk at 10.0.9.1
            site: beside x
            site: alice: 2001, pin 1111, upstream as 2001 with secret
            site: bob: 2002, pin 2222, upstream as 2002 with secret
            x answers REGISTER 403
            a INVITE *11*2001*1111# [a1]
              a < 200 INVITE [Perch, inactive]
              x < REGISTER 2001 for 600 s
            a ACK
              a < BYE "Logged in: 2001 Alice"
            explain alice
              admin < alice has been logged in at a since 2026-05-05 09:00:00.
              admin < a was last used at 2026-05-05 09:00:00, as the login showed.
              admin < Nothing logs alice out automatically here.
              admin < alice is not registered at the telephone exchange as 2001: not allowed there. It is tried again when alice logs in, or the site is changed.
            +1m
            x answers REGISTER 200
            site: no answer after 30s
              x < REGISTER 2001 for 600 s
            explain alice
              admin < alice has been logged in at a since 2026-05-05 09:00:00.
              admin < a was last used at 2026-05-05 09:00:00, as the login showed.
              admin < Nothing logs alice out automatically here.
              admin < alice has been registered at the telephone exchange as 2001 since 2026-05-05 09:01:00.
            +20s
              x < REGISTER 2001
            x forgets
            +20s
              x < REGISTER 2001
              x < REGISTER 2001 for 600 s
            x is numb
            b INVITE *11*2002*2222# [b1]
              b < 200 INVITE [Perch, inactive]
              x < REGISTER 2002 for 600 s
            b ACK
              b < BYE "Logged in: 2002 Bob"
            +40s
              x < REGISTER 2002 for 600 s (again, 9 times)
              x < REGISTER 2001 (again, 10 times)
              x < REGISTER 2001 (again)
            explain bob
              admin < bob has been logged in at b since 2026-05-05 09:01:40.
              admin < b was last used at 2026-05-05 09:01:40, as the login showed.
              admin < Nothing logs bob out automatically here.
              admin < bob is not registered at the telephone exchange as 2002: no answer. The next try is at 2026-05-05 09:02:13.
              admin < The telephone exchange has not answered since 2026-05-05 09:02:12.
            x feels again
            +40s
              x < REGISTER 2001
              x < REGISTER 2001
              x < REGISTER 2002 for 600 s
              x < REGISTER 2002
              x < REGISTER 2001
            explain bob
              admin < bob has been logged in at b since 2026-05-05 09:01:40.
              admin < b was last used at 2026-05-05 09:01:40, as the login showed.
              admin < Nothing logs bob out automatically here.
              admin < bob has been registered at the telephone exchange as 2002 since 2026-05-05 09:02:20.
            site: beside nobody
              x < REGISTER 2001 for 0 s
              x < REGISTER 2002 for 0 s
        "#]],
    );
}
