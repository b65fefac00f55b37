//! What is said of logouts to come, where several limits hold, or somebody took them back.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn the_limit_that_is_reached_first_is_named_first() {
    check(
        "rules: SES-11, IDL-4, DUR-1",
        "
        max login 4h   idle limit 1h   emergency hold 0m   warning 0s
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice
        09:30 admin explains alice
        09:55 desk-1 dials 9009
        10:50 desk-1 dials 9009
        11:45 desk-1 dials 9009
        12:40 desk-1 dials 9009   admin explains alice   admin asks who
        until 13:01
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:30 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:30 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:30 admin reads: The next automatic logout is at 2026-05-05 10:00:00 (idle: 60 min without use, by the site).
            09:30 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops.
            09:30 admin reads: Besides: a login lasts 4:00 at most, by the site, which would be at 2026-05-05 13:00:00 (duration).
            09:55 desk-1 hears 404 Unknown number
            10:50 desk-1 hears 404 Unknown number
            11:45 desk-1 hears 404 Unknown number
            12:40 desk-1 hears 404 Unknown number
            12:40 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            12:40 admin reads: desk-1 was last used at 2026-05-05 12:40:00, as a call attempt showed.
            12:40 admin reads: The next automatic logout is at 2026-05-05 13:00:00 (duration: a login lasts 4:00 at most, by the site).
            12:40 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops.
            12:40 admin reads: Besides: 60 min without use, by the site, which would be at 2026-05-05 13:40:00 (idle).
            12:40 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 12:40 (a call attempt), next logout 13:00 (duration)
            13:00 desk-1 becomes lobby (duration), reads "Logged out: maximum login time""#]],
    );
}

#[test]
fn what_somebody_took_back_is_named_and_ends_nothing() {
    check(
        "rules: SES-11, IDL-4, TOD-1",
        "
        max login 4h   idle limit 1h   logout at 19:00
        alice: 2001, pin 1111, own idle limit never, own max login never, own logout at never
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-1 dials 9002   desk-2 answers
        09:30 admin explains alice
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-2
            09:30 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:30 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as a call attempt showed.
            09:30 admin reads: Nothing logs alice out automatically here.
            09:30 admin reads: There is no idle limit here, by user alice.
            09:30 admin reads: A login may last for ever here, by user alice.
            09:30 admin reads: No logout times hold here, by user alice."#]],
    );
}

#[test]
fn a_call_on_hold_keeps_a_session_for_the_cap_or_for_a_longer_limit() {
    check(
        "rules: SES-11, IDL-2",
        "
        held cap 30m   warning 0s
        alice: 2001, pin 1111, idle limit 2h   bob: 2002, pin 2222, idle limit 10m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 logs in alice   desk-1 dials 9003   desk-3 answers   desk-1 holds
        09:01 desk-2 logs in bob     desk-2 dials 9004   desk-4 answers   desk-2 holds
        09:05 admin explains alice   admin explains bob
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-3 rings (from 2001 Alice)
            09:00 desk-1 hears it ring, talks with desk-3
            09:00 desk-3 is held
            09:01 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-4 rings (from 2002 Bob)
            09:01 desk-2 hears it ring, talks with desk-4
            09:01 desk-4 is held
            09:05 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as hold or resume showed.
            09:05 admin reads: The next automatic logout is at 2026-05-05 11:00:00 (idle: 120 min without use, by user profile alice).
            09:05 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 30 min, ringing until it stops, an emergency call for 30 min.
            09:05 admin reads: desk-1 has a call on hold: the idle limit waits for it until 2026-05-05 11:00:00 at most, any other until it ends.
            09:05 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:01:00.
            09:05 admin reads: desk-2 was last used at 2026-05-05 09:01:00, as hold or resume showed.
            09:05 admin reads: The next automatic logout is at 2026-05-05 09:11:00 (idle: 10 min without use, by user profile bob).
            09:05 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 30 min, ringing until it stops, an emergency call for 30 min.
            09:05 admin reads: desk-2 has a call on hold: the idle limit waits for it until 2026-05-05 09:31:00 at most, any other until it ends."#]],
    );
}
