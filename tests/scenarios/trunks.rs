//! Calls to the rest of the world, and from there.

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_call_goes_out_by_the_trunk_of_its_route_and_comes_back() {
    ladder(
        "rules: CAL-5",
        expect![[r#"
            site: country 31 area 20
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1, numbers +3120555
            site: outside: route of 0, national, by x, strip 1, as E.164
            a INVITE 00105551234 [a1]
              x < INVITE [a1] from +31205559001 to +31105551234
            x 180
              a < 180 INVITE
            x 200 [x1]
              x < ACK
              a < 200 INVITE [x1] with 00105551234
            a ACK
            x BYE
              x < 200 BYE
              a < BYE "The other party hung up"
            x2 INVITE +31205559002 [x2] {P-Asserted-Identity: "Bob" <sip:+4930123@carrier.example>}
              b < INVITE [x2] from +4930123
            b 200 [b1]
              b < ACK
              x2 < 200 INVITE [b1] with 9002
            x2 ACK
            b BYE
              b < 200 BYE
              x2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn who_may_call_where_is_in_the_class_of_service() {
    ladder(
        "rules: CAL-5",
        expect![[r#"
            site: x: trunk at 10.0.9.1
            site: outside: route of 0, national, by x
            site: abroad: route of 00, international, by x
            a INVITE 0201234 [a1]
              a < 403 INVITE "Not allowed from this phone"
            site: class lobby: call guests, calls national
            a2 INVITE 00491234 [a1]
              a2 < 403 INVITE "Not allowed from this phone"
            a3 INVITE 777 [a1]
              a3 < 404 INVITE "Unknown number"
            a4 INVITE 0201234 [a1]
              x < INVITE [a1] from 9001 to 0201234
            x 486
              x < ACK
              a4 < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}

#[test]
fn from_outside_only_numbers_of_ours_are_reached() {
    ladder(
        "rules: CAL-5",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: class visitors: call guests, calls national international
            site: x: trunk at 10.0.9.1, class visitors
            site: outside: route of 0, national, by x
            x INVITE 0201234 [x1]
              x < 404 INVITE "Unknown number"
            x2 INVITE *11*2001*1111# [x1]
              x2 < 404 INVITE "Unknown number"
            x3 INVITE *90 [x1]
              x3 < 404 INVITE "Unknown number"
            x4 INVITE 9001 [x1] {Max-Forwards: 0}
              x4 < 483 INVITE "The call has been through too many servers"
            a INVITE 0201234 [a1]
              x5 < INVITE [a1] from 9001 to 0201234
            x5 302 {Contact: <sip:9002@10.0.0.1>}
              x5 < ACK
              a < 603 INVITE "Declined"
            y INVITE 9001 [y1]
              y < 401 INVITE
            all is quiet
        "#]],
    );
}

#[test]
fn a_trunk_that_fails_is_passed_by_and_what_the_called_party_says_is_final() {
    ladder(
        "rules: CAL-5",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1
            site: y: trunk at 10.0.9.2
            site: outside: route of 0, national, by x y
            a INVITE 0201234 [a1]
              x < INVITE [a1] from 9001 to 0201234
            x 503
              x < ACK
              y < INVITE [a1] from 9001 to 0201234
            y 180
              a < 180 INVITE
            y 200 [y1]
              y < ACK
              a < 200 INVITE [y1] with 0201234
            a ACK
            a BYE
              a < 200 BYE
              y < BYE "The other party hung up"
            a2 INVITE 0201234 [a1]
              x2 < INVITE [a1] from 9001 to 0201234
            x2 486
              x2 < ACK
              a2 < 486 INVITE "Busy"
            a3 INVITE 0201234 [a1]
              x3 < INVITE [a1] from 9001 to 0201234
            x3 503
              x3 < ACK
              y2 < INVITE [a1] from 9001 to 0201234
            y2 500
              y2 < ACK
              a3 < 503 INVITE Retry-After=10 "No line to the outside is free, or works"
            all is quiet
        "#]],
    );
}

#[test]
fn a_dead_trunk_is_passed_by_long_before_the_caller_gives_up() {
    ladder(
        "rules: CAL-5, RFC 3261 §8.1.3.1",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1
            site: y: trunk at 10.0.9.2
            site: outside: route of 0, national, by x y
            x is numb
            a INVITE 0201234 [a1]
              x < INVITE [a1] from 9001 to 0201234
            +4s
              a < 100 INVITE
              x < INVITE [a1] from 9001 to 0201234 (again, 3 times)
              y < INVITE [a1] from 9001 to 0201234
            y 200 [y1]
              y < ACK
              a < 200 INVITE [y1] with 0201234
            a ACK
            x feels again
            x 200 [x1]
              x < ACK
              x < BYE "The call went another way"
            a BYE
              a < 200 BYE
              y < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_trunk_that_asks_to_be_left_alone_is_until_its_time_is_over() {
    ladder(
        "rules: CAL-5, RFC 3261 §20.33",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1
            site: y: trunk at 10.0.9.2
            site: outside: route of 0, national, by x y
            a INVITE 0201234 [a1]
              x < INVITE [a1] from 9001 to 0201234
            x 503 {Retry-After: 60}
              x < ACK
              y < INVITE [a1] from 9001 to 0201234
            y 486
              y < ACK
              a < 486 INVITE "Busy"
            explain x
              admin < x has wanted to be left alone since 2026-05-05 09:00:00 (it answered 503 and asks for 60 s): only calls for help go by it.
              admin < It has 0 calls now; since the start 1 went out, 0 came in, and 1 had to go another way.
            +50s
            a2 INVITE 0201234 [a1]
              y2 < INVITE [a1] from 9001 to 0201234
            y2 486
              y2 < ACK
              a2 < 486 INVITE "Busy"
            +11s
            explain x
              admin < x has been up since 2026-05-05 09:01:00.
              admin < It has 0 calls now; since the start 1 went out, 0 came in, and 1 had to go another way.
            a3 INVITE 0201234 [a1]
              x2 < INVITE [a1] from 9001 to 0201234
            x2 486
              x2 < ACK
              a3 < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}

#[test]
fn a_trunk_has_several_addresses_and_takes_no_more_calls_than_it_may() {
    ladder(
        "rules: CAL-5",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1 10.0.9.2, at most 1 call
            site: outside: route of 0, national, by x
            a INVITE 0201234 [a1]
              x < INVITE [a1] from 9001 to 0201234
            x 503
              x < ACK
              y < INVITE [a1] from 9001 to 0201234
            y 200 [y1]
              y < ACK
              a < 200 INVITE [y1] with 0201234
            a ACK
            b INVITE 0201234 [b1]
              b < 503 INVITE Retry-After=10 "No line to the outside is free, or works"
            x2 INVITE 9003 [x1]
              x2 < 503 INVITE Retry-After=10 "Too busy. Try again in a moment"
            a BYE
              a < 200 BYE
              y < BYE "The other party hung up"
            b2 INVITE 0201234 [b1]
              x3 < INVITE [b1] from 9002 to 0201234
            x3 486
              x3 < ACK
              b2 < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}

#[test]
fn questions_show_whether_a_trunk_is_there() {
    ladder(
        "rules: CAL-5, RFC 3261 §11",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1, probe 30s
            site: y: trunk at 10.0.9.2, probe 30s
            site: outside: route of 0, national, by x y
            explain x
              admin < Nothing is known of x yet: it was not asked, and no call went by it.
              admin < It has 0 calls now; since the start 0 went out, 0 came in, and 0 had to go another way.
            +2s
              y < OPTIONS
              x < OPTIONS
            explain x
              admin < x has been up since 2026-05-05 09:00:00.
              admin < It has 0 calls now; since the start 0 went out, 0 came in, and 0 had to go another way.
            x is numb
            +60s
              y < OPTIONS
              x < OPTIONS (again, 9 times)
              y < OPTIONS
              x < OPTIONS (again)
            explain x
              admin < x has been up since 2026-05-05 09:00:00.
              admin < It has 0 calls now; since the start 0 went out, 0 came in, and 0 had to go another way.
            +10s
              x < OPTIONS
              x < OPTIONS (again, 2 times)
            explain x
              admin < x has been down since 2026-05-05 09:01:05 (it does not answer): calls go by it when no other trunk is left.
              admin < It has 0 calls now; since the start 0 went out, 0 came in, and 0 had to go another way.
            a INVITE 0201234 [a1]
              y < INVITE [a1] from 9001 to 0201234
            y 486
              y < ACK
              a < 486 INVITE "Busy"
            x feels again
            +25s
              x < OPTIONS
              y < OPTIONS
              x < OPTIONS
            explain x
              admin < x has been up since 2026-05-05 09:01:30.
              admin < It has 0 calls now; since the start 0 went out, 0 came in, and 0 had to go another way.
            +30s
              y < OPTIONS
              x < OPTIONS
            explain x
              admin < x has been up since 2026-05-05 09:01:30.
              admin < It has 0 calls now; since the start 0 went out, 0 came in, and 0 had to go another way.
        "#]],
    );
}

#[test]
fn a_trunk_is_told_who_calls_by_its_account() {
    ladder(
        "rules: CAL-5, RFC 3261 §22.2",
        expect![[r#"
            site: class lobby: call guests, calls national
            site: x: trunk at 10.0.9.1, account perch secret in carrier.example
            site: outside: route of 0, national, by x
            a INVITE 0201234 [a1]
              x < INVITE [a1] from 9001 to 0201234
            x 407 {Proxy-Authenticate: Digest realm="carrier.example", nonce="1", qop="auth"}
              x < ACK
              x < INVITE [a1] from 9001 to 0201234 proven by perch
            x 401 {WWW-Authenticate: Digest realm="carrier.example", nonce="2", algorithm=SHA-256, qop="auth"}
              x < ACK
              x < INVITE [a1] from 9001 to 0201234 proven by perch proven by perch
            x 200 [x1]
              x < ACK
              a < 200 INVITE [x1] with 0201234
            a ACK
            a BYE
              a < 200 BYE
              x < BYE "The other party hung up"
            x2 INVITE 9002 [x1]
              b < INVITE [x1] from x
            a2 INVITE 0201234 [a1]
              x3 < INVITE [a1] from 9001 to 0201234
            x3 407 {Proxy-Authenticate: Digest realm="carrier.example", nonce="3"}
              x3 < ACK
              x3 < INVITE [a1] from 9001 to 0201234 proven by perch
            x3 407 {Proxy-Authenticate: Digest realm="carrier.example", nonce="4"}
              x3 < ACK
              a2 < 503 INVITE Retry-After=10 "No line to the outside is free, or works"
            a3 INVITE 0201234 [a1]
              x4 < INVITE [a1] from 9001 to 0201234
            x4 407 {Proxy-Authenticate: Digest realm="elsewhere", nonce="5"}
              x4 < ACK
              a3 < 503 INVITE Retry-After=10 "No line to the outside is free, or works"
            all is quiet
              x2 < 100 INVITE
              b < INVITE [x1] from x (again, 6 times)
              x2 < 480 INVITE "The phone cannot be reached"
        "#]],
    );
}

#[test]
fn a_forwarded_call_may_go_out_where_its_owner_may() {
    ladder(
        "rules: CAL-5, CAL-2",
        expect![[r#"
            site: class staff: call guests, call users, login, calls national
            site: class visitors: call users
            site: x: trunk at 10.0.9.1, class visitors, numbers +3120555
            site: outside: route of 0, national, by x
            site: alice: 2001, pin 1111, forward all 0201234
            site: bob: 2002, pin 2222, class lobby, forward all 0201234
            x INVITE 2001 [x1] {P-Asserted-Identity: <sip:+4930123@h>}
              x2 < INVITE [x1] from +4930123 to 0201234 by +31205552001
            x2 180
              x < 180 INVITE
            x2 200 [x2]
              x2 < ACK
              x < 200 INVITE [x2] with 0201234
            x ACK
            x BYE
              x < 200 BYE
              x2 < BYE "The other party hung up"
            x3 INVITE 2002 [x1]
              x3 < 403 INVITE "Not allowed from this phone"
            all is quiet
        "#]],
    );
}

#[test]
fn help_is_called_by_every_trunk_with_the_place_of_the_phone() {
    ladder(
        "rules: EMG-1, SES-10, CAL-5",
        expect![[r#"
            site: class lobby: nothing
            site: a: in 2nd floor, emergency number +31205559991
            site: x: trunk at 10.0.9.1, at most 1 call
            site: y: trunk at 10.0.9.2
            site: emergency 112 rings x y
            a INVITE 112 [a1]
              x < INVITE [a1] from +31205559991 to 112 Geolocation=<cid:location@10.0.0.1> Priority=emergency
            x 200 [x1]
              x < ACK
              a < 200 INVITE [x1] with 112
            a ACK
            b INVITE 112 [b1]
              x2 < INVITE [b1] from 9002 to 112 Geolocation=<cid:location@10.0.0.1> Priority=emergency
            x2 503 {Retry-After: 60}
              x2 < ACK
              y < INVITE [b1] from 9002 to 112 Geolocation=<cid:location@10.0.0.1> Priority=emergency
            y 404
              y < ACK
              b < 503 INVITE Retry-After=10 "No line to the outside is free, or works"
            y is numb
            c INVITE 112 [c1]
              y2 < INVITE [c1] from 9003 to 112 Geolocation=<cid:location@10.0.0.1> Priority=emergency
            +4s
              c < 100 INVITE
              y2 < INVITE [c1] from 9003 to 112 Geolocation=<cid:location@10.0.0.1> Priority=emergency (again, 3 times)
              x3 < INVITE [c1] from 9003 to 112 Geolocation=<cid:location@10.0.0.1> Priority=emergency
            x3 180
              c < 180 INVITE
            x3 200 [x1]
              x3 < ACK
              c < 200 INVITE [x1] with 112
            c ACK
            x3 BYE
              x3 < 200 BYE
              c < BYE "The other party hung up"
            x BYE
              x < 200 BYE
              a < BYE "The other party hung up"
            x4 INVITE +31205559991 [x1]
              a2 < INVITE [x1] from x
            a2 200 [a1]
              a2 < ACK
              x4 < 200 INVITE [a1] with 9001
            x4 ACK
            x4 BYE
              x4 < 200 BYE
              a2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}
