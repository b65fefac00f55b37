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
        expect![[""]],
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
        expect![[""]],
    );
}

#[test]
fn a_parked_call_comes_back_to_whoever_parked_it_and_waits_on_if_nobody_is_there() {
    check(
        "rules: CAL-2",
        "
        park slots 7001   park recall 60s   no answer after 20s
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-2 logs in alice   desk-1 dials 2001   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:00:30 desk-3 logs in alice
        09:02 desk-3 unregisters
        09:10 desk-3 comes back
        until 09:11
        09:11:30 desk-2 dials 7001
        09:12 desk-1 hangs up
        admin asks status
        ",
        expect![[""]],
    );
}

#[test]
fn one_fetches_a_parked_call_while_it_comes_back_or_answers_there() {
    check(
        "rules: CAL-2",
        "
        park slots 7001   park recall 60s
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:01:10 desk-3 dials 7001
        09:02 desk-3 hangs up
        09:03 desk-1 dials 9002   desk-2 answers   desk-2 holds   desk-2 dials *68
        09:04:10 desk-2 answers
        09:05 desk-1 hangs up
        admin asks status
        ",
        expect![[""]],
    );
}

#[test]
fn no_limit_ends_a_parked_call_and_whoever_parked_it_is_idle() {
    check(
        "rules: CAL-2, IDL-2, TOD-3",
        "
        park slots 7001   park recall 0s
        alice: 2001, pin 1111, idle limit 5m   bob: 2002, pin 2222, idle limit 5m
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-1 dials 2002   desk-2 answers   desk-2 holds   desk-2 dials *68
        10:00 admin asks status   desk-2 dials 7001
        10:01 desk-2 hangs up
        until 10:10
        ",
        expect![[""]],
    );
}

#[test]
fn a_call_is_parked_by_handing_it_on_to_the_code() {
    check(
        "rules: CAL-2",
        "
        not over SCCP: there, a key parks
        park slots 7001
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers   desk-2 transfers to *68
        09:01 desk-3 dials 7001   desk-1 hangs up
        09:02 desk-1 dials 9002   desk-2 answers   desk-1 transfers to *68
        09:03 desk-3 dials 9001   desk-1 answers   desk-1 transfers to *68   desk-3 hangs up   desk-1 hangs up
        09:04 desk-2 hangs up
        admin asks status
        ",
        expect![[""]],
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
        expect![[""]],
    );
}
