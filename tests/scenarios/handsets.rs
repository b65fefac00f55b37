//! What SIP phones tell of their handsets, and what becomes of idle limits and logouts then.

use expect_test::expect;

use crate::support::play::check_over_sip;

#[test]
fn a_handset_that_is_lifted_and_put_down_shows_that_somebody_is_there() {
    check_over_sip(
        "rules: IDL-1, IDL-7",
        "
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222, idle limit 30m
        desk-1: guest 9001, made by cisco   desk-2: guest 9002, made by poly, shares its line
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:20 desk-1 goes off hook   09:20:05 desk-1 goes on hook
        09:25 desk-2 goes off hook   09:25:05 desk-2 goes on hook   admin asks who
        until 09:57
        ",
        expect![[""]],
    );
}

#[test]
fn nobody_is_logged_out_while_the_handset_is_up() {
    check_over_sip(
        "rules: IDL-1, IDL-6, IDL-7, TOD-3",
        "
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222
        desk-1: guest 9001, made by cisco   desk-2: guest 9002, made by yealink, shares its line
        09:00 desk-1 logs in alice   09:01 desk-2 logs in bob
        09:29:40 desk-1 goes off hook   09:30:20 desk-1 goes on hook
        09:40 desk-1 goes off hook   admin logs out alice   09:40:20 desk-1 goes on hook
        09:50 desk-2 goes off hook   admin logs out bob     09:50:10 desk-2 goes on hook
        ",
        expect![[""]],
    );
}

#[test]
fn a_handset_that_is_left_lying_counts_as_idle() {
    check_over_sip(
        "rules: IDL-3, IDL-7",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001, made by cisco
        09:00 desk-1 logs in alice   09:10 desk-1 goes off hook
        until 09:41
        ",
        expect![[""]],
    );
}

#[test]
fn a_call_that_begins_with_the_handset_ends_with_it() {
    check_over_sip(
        "rules: IDL-1, IDL-2, IDL-7",
        "
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222, idle limit 30m
        desk-1: guest 9001, made by cisco   desk-2: guest 9002, made by snom, shares its line
        desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 desk-1 goes off hook   09:10:05 desk-1 dials 9003   desk-3 answers
        09:50 desk-1 hangs up        09:50:02 desk-1 goes on hook   admin asks who
        09:51 desk-2 goes off hook   09:51:05 desk-2 dials 9003   desk-3 answers
        09:55 admin logs out bob     09:58 desk-2 hangs up       desk-2 goes on hook
        until 10:21
        ",
        expect![[""]],
    );
}

#[test]
fn a_line_that_is_taken_and_not_dialled_on_is_free_again() {
    check_over_sip(
        "rules: IDL-7",
        "
        alice: 2001, pin 1111   desk-1: guest 9001, shares its line
        09:00 desk-1 logs in alice   09:10 desk-1 goes off hook   09:10:05 admin logs out alice
        09:11 desk-1 goes off hook   09:11:05 desk-1 vanishes
        until 09:12
        ",
        expect![[""]],
    );
}

#[test]
fn what_a_phone_told_before_it_started_again_does_not_count() {
    check_over_sip(
        "rules: IDL-7",
        "
        alice: 2001, pin 1111   desk-1: guest 9001, made by cisco
        09:00 desk-1 logs in alice   09:10 desk-1 goes off hook   admin logs out alice
        09:10:10 desk-1 unregisters  09:10:30 desk-1 comes back
        09:11 desk-1 logs in alice   09:12 desk-1 goes on hook    admin logs out alice
        ",
        expect![[""]],
    );
}
