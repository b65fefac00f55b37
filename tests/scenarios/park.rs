//! Calls that wait at a number of their own.

use expect_test::expect;

use crate::support::play::{check, check_over_sccp};

#[test]
fn a_call_is_parked_by_code_and_fetched_from_any_phone() {
    check(
        "rules: CAL-2",
        "
        park slots 7001 7002
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   desk-1 dials 2001   desk-2 answers
        09:01 desk-2 holds   desk-2 dials *68
        09:02 desk-3 dials 7002   desk-3 dials 7001
        09:03 desk-1 holds   desk-1 resumes
        09:04 desk-3 hangs up
        09:05 desk-3 dials 7001
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 is held
            09:01 desk-2 hears "Parked"
            09:01 desk-1 now talks with nobody
            09:01 desk-2 hears "Call parked at 7001"
            09:02 desk-2 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby)
            09:02 desk-3 hears 403 No call is parked at 7002
            09:02 desk-2 stops ringing
            09:02 desk-1 now talks with desk-3
            09:02 desk-3 talks with desk-1
            09:03 desk-3 is held, is taken back
            09:04 desk-1 hears "The other party hung up"
            09:05 desk-3 hears 403 No call is parked at 7001
            09:05 admin reads: 3 of 3 phones registered, 1 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn who_is_parked_may_hang_up_and_a_full_lot_takes_nobody() {
    check(
        "rules: CAL-2",
        "
        park slots 7001
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-2 dials *68
        09:01 desk-1 dials 9002   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:02 desk-3 dials 9004   desk-4 answers   desk-4 holds   desk-4 dials *68
        09:03 desk-1 hangs up
        09:04 desk-4 dials *68   desk-2 dials 7001
        09:05 desk-3 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 hears 403 There is no call to park
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-2 hears "Parked"
            09:01 desk-1 now talks with nobody
            09:01 desk-2 hears "Call parked at 7001"
            09:02 desk-2 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby)
            09:02 desk-4 rings (from 9003 Lobby)
            09:02 desk-3 hears it ring, talks with desk-4, is held
            09:02 desk-4 hears 403 No place to park is free
            09:03 desk-2 stops ringing
            09:04 desk-4 hears "Parked"
            09:04 desk-3 now talks with nobody
            09:04 desk-4 hears "Call parked at 7001"
            09:04 desk-3 now talks with desk-2
            09:04 desk-2 talks with desk-3
            09:05 desk-2 hears "The other party hung up"
            09:05 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn a_parked_call_comes_back_to_whoever_parked_it_and_waits_on_if_nobody_is_there() {
    check(
        "rules: CAL-2",
        "
        park slots 7001   park recall 60s   no answer after 20s
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-2 logs in alice   desk-1 dials 2001   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:00:30 desk-3 logs in alice
        09:02 desk-3 unregisters
        09:10 desk-3 comes back
        until 09:11
        09:11:30 desk-4 dials 7001
        09:12 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:00 desk-2 hears "Parked"
            09:00 desk-1 now talks with nobody
            09:00 desk-2 hears "Call parked at 7001"
            09:00:30 desk-2 becomes lobby (moved)
            09:00:30 desk-3 becomes alice
            09:00:30 desk-2 reads "Logged out: logged in at desk-3"
            09:00:30 desk-3 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-3 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby)
            09:01:20 desk-3 stops ringing
            09:10:20 desk-3 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby)
            09:10:40 desk-3 stops ringing
            09:11:30 desk-1 now talks with desk-4
            09:11:30 desk-4 talks with desk-1
            09:12 desk-4 hears "The other party hung up"
            09:12 admin reads: 4 of 4 phones registered, 1 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn one_fetches_a_parked_call_while_it_comes_back_or_answers_there() {
    check(
        "rules: CAL-2",
        "
        park slots 7001   park recall 60s
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:01:10 desk-3 dials 7001
        09:02 desk-3 hangs up
        09:03 desk-2 logs in alice   desk-1 dials 2001   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:03:30 desk-3 logs in alice
        09:04:10 desk-3 answers
        09:05 desk-1 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2, is held
            09:00 desk-2 hears "Parked"
            09:00 desk-1 now talks with nobody
            09:00 desk-2 hears "Call parked at 7001"
            09:01 desk-2 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby)
            09:01:10 desk-2 stops ringing
            09:01:10 desk-1 now talks with desk-3
            09:01:10 desk-3 talks with desk-1
            09:02 desk-1 hears "The other party hung up"
            09:03 desk-2 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2, is held
            09:03 desk-2 hears "Parked"
            09:03 desk-1 now talks with nobody
            09:03 desk-2 hears "Call parked at 7001"
            09:03:30 desk-2 becomes lobby (moved)
            09:03:30 desk-3 becomes alice
            09:03:30 desk-2 reads "Logged out: logged in at desk-3"
            09:03:30 desk-3 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:04 desk-3 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby)
            09:04:10 desk-1 now talks with desk-3
            09:05 desk-3 hears "The other party hung up"
            09:05 admin reads: 3 of 3 phones registered, 1 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn no_limit_ends_a_parked_call_and_whoever_parked_it_is_idle() {
    check(
        "rules: CAL-2, IDL-2, TOD-3",
        "
        park slots 7001   park recall 0s
        alice: 2001, pin 1111, idle limit 5m   bob: 2002, pin 2222, idle limit 5m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-1 dials 2002   desk-2 answers   desk-2 holds   desk-2 dials *68
        10:00 admin asks status   desk-3 dials 7001
        10:01 desk-3 hangs up
        until 10:10
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 desk-1 hears it ring, talks with desk-2, is held
            09:01 desk-2 hears "Parked"
            09:01 desk-1 now talks with nobody
            09:01 desk-2 hears "Call parked at 7001"
            09:05 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:06 desk-2 becomes lobby (idle), reads "Logged out: not used"
            10:00 admin reads: 3 of 3 phones registered, 1 sessions, 1 calls, 0 logouts waiting
            10:00 desk-1 now talks with desk-3
            10:00 desk-3 talks with desk-1
            10:01 desk-1 hears "The other party hung up"
            10:05 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:06 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn a_key_parks_and_the_phone_says_where() {
    check_over_sccp(
        "rules: CAL-2, PRO-4",
        "
        park slots 7001
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 presses softkey Park
        09:01 desk-3 dials 7001
        09:02 desk-3 holds   desk-3 dials *68   desk-2 dials 7001   desk-1 hangs up
        09:03 desk-1 dials 9002   desk-2 answers   desk-1 holds   desk-1 resumes   desk-1 presses softkey Park
        09:04 desk-3 dials 9001   desk-1 answers   desk-1 presses softkey Park
        09:05 desk-3 hangs up   desk-2 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:00 desk-2 hears the end, reads "Parked", reads "Call parked at 7001"
            09:00 desk-1 is held
            09:01 desk-2 reads "Nobody has fetched the call at 7001", rings (from 9001 Lobby), stops ringing
            09:01 desk-3 talks with desk-1
            09:01 desk-1 now talks with desk-3
            09:02 desk-1 is held
            09:02 desk-3 hears the end, reads "Parked", hears "Call parked at 7001"
            09:02 desk-2 talks with desk-1
            09:02 desk-1 now talks with desk-2
            09:02 desk-2 hears the end
            09:03 desk-2 rings (from 9001 Lobby)
            09:03 desk-1 hears it ring, talks with desk-2
            09:03 desk-2 is held, is taken back
            09:03 desk-1 hears the end, reads "Parked", reads "Call parked at 7001"
            09:03 desk-2 is held
            09:04 desk-1 reads "Nobody has fetched the call at 7001", rings (from 9002 Lobby), rings (from 9003 Lobby)
            09:04 desk-3 hears it ring, talks with desk-1
            09:04 desk-1 reads "No place to park is free"
            09:05 desk-1 stops ringing, hears the end
            09:05 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}
