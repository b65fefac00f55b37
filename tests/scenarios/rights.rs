//! What a class of service lets people do: whom they may call, whether they may log in, or log others out.

use expect_test::expect;

use crate::support::ladder::ladder;
use crate::support::play::check;

#[test]
fn a_phone_calls_what_its_class_allows_by_pattern() {
    check(
        "rules: SES-10, CAL-1",
        "
        class lobby: call guests, login, allow 2001 29XX, deny 9003 11!
        emergency 112 rings desk-3
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        08:59 desk-2 logs in alice   desk-4 logs in bob
        09:00 desk-1 dials 9003
        09:01 desk-1 dials 2002
        09:02 desk-1 dials 2001   desk-2 answers   desk-1 hangs up
        09:03 desk-1 dials 112    desk-3 answers   desk-1 hangs up
        ",
        expect![[r#"
            08:59 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            08:59 desk-4 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-1 hears 403 Not allowed from this phone
            09:01 desk-1 hears 403 Not allowed from this phone
            09:02 desk-2 rings (from 9001 Lobby)
            09:02 desk-1 hears it ring, talks with desk-2
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-3 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-3
            09:03 desk-3 hears "The other party hung up""#]],
    );
}

#[test]
fn whoever_logs_in_has_a_class_of_their_own() {
    check(
        "rules: SES-10, CAL-1, OUT-5",
        "
        class lobby: login
        class clerks: call users, login, deny 29XX
        class chiefs: call users, call guests, login, remote logout
        alice: 2001, pin 1111, class clerks   bob: 2002, pin 2222, class clerks, own class chiefs
        carol: 2901, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        08:59 desk-3 logs in carol
        09:00 desk-1 dials 2901
        09:01 desk-1 logs in alice   desk-1 dials 2901   desk-1 dials 9002   desk-1 dials *132901
        09:02 desk-2 logs in bob     desk-2 dials 2901   desk-2 hangs up     desk-2 dials *132901
        09:03 desk-1 logs out        desk-1 dials 2901
        ",
        expect![[r#"
            08:59 desk-3 becomes carol, reads "Logged in: 2901 Carol", hears "Logged in: 2901 Carol"
            09:00 desk-1 hears 403 Not allowed from this phone
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears 403 Not allowed from this phone, hears 403 Not allowed from this phone, hears 403 Not allowed from this phone
            09:02 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:02 desk-3 rings (from 2002 Bob)
            09:02 desk-2 hears it ring
            09:02 desk-3 stops ringing, becomes lobby (remote), reads "Logged out from another phone"
            09:02 desk-2 hears "2901 is logged out"
            09:03 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out", hears 403 Not allowed from this phone"#]],
    );
}

#[test]
fn calls_are_sent_on_only_where_their_owner_may_call() {
    check(
        "rules: CAL-2",
        "
        class clerks: call users, call guests, login, forward, deny 900X, allow 9003
        alice: 2001, pin 1111, class clerks
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-1 dials *729002   desk-1 dials *729003
        09:01 site: class clerks: call users, call guests, login, forward
        desk-1 dials *729002
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", hears 403 Not allowed from this phone, hears 403 Not allowed from this phone
            09:01 desk-1 hears "All calls go to 9002""#]],
    );
}

#[test]
fn numbers_outside_are_denied_and_allowed_by_pattern() {
    ladder(
        "rules: CAL-5, SES-10",
        expect![[r#"
            site: class lobby: calls national, deny 0900!, allow 00352.
            site: x: trunk at 10.0.9.1
            site: outside: route of 0, national, by x
            site: abroad: route of 00, international, by x
            a INVITE 0900123 [a1]
              a < 403 INVITE "Not allowed from this phone"
            a2 INVITE 0049123 [a1]
              a2 < 403 INVITE "Not allowed from this phone"
            a3 INVITE 00352 [a1]
              a3 < 403 INVITE "Not allowed from this phone"
            a4 INVITE 00352123 [a1]
              x < INVITE [a1] from 9001 to 00352123
            x 486
              x < ACK
              a4 < 486 INVITE "Busy"
            a5 INVITE 0201234 [a1]
              x2 < INVITE [a1] from 9001 to 0201234
            x2 486
              x2 < ACK
              a5 < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}
