//! One number at several phones: who may take a call there that is held, and come into one that is talked over.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn what_one_phone_of_a_line_holds_another_one_takes() {
    check(
        "rules: CAL-3",
        "
        class front: call guests, call users, login
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front   desk-2: phone, logout profile front
        desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-3 dials 9100   desk-2 answers
        09:01 desk-1 dials *36
        09:02 desk-2 holds   desk-4 dials *36   desk-4 dials *369100
        09:03 desk-1 dials *369100
        09:04 desk-1 holds   desk-2 dials *36
        09:05 desk-2 hangs up
        admin asks status
        ",
        expect![[""]],
    );
}

#[test]
fn somebody_comes_into_a_call_of_the_line_and_all_three_hear_each_other_until_two_are_left() {
    check(
        "rules: CAL-3",
        "
        class front: call guests, call users, login, barge
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front   desk-2: phone, logout profile front
        desk-3: guest 9003   desk-4: phone, logout profile front
        09:00 desk-3 dials 9100   desk-2 answers
        09:01 desk-1 dials *33
        09:02 desk-1 holds   desk-4 dials *33
        09:03 desk-1 resumes
        09:04 desk-1 hangs up
        09:05 desk-4 dials *33
        09:06 desk-2 hangs up
        09:07 desk-4 hangs up
        admin asks status
        ",
        expect![[""]],
    );
}

#[test]
fn nobody_comes_into_a_call_that_is_private_or_held_or_without_the_right() {
    check(
        "rules: CAL-3, PRO-6",
        "
        class front: call guests, call users, login, barge, privacy
        class plain: call guests, call users, login
        front: logout profile, lines 9100, class front
        side: logout profile, lines 9100, class plain
        desk-1: phone, logout profile front   desk-2: phone, logout profile front
        desk-3: guest 9003   desk-4: phone, logout profile side
        09:00 desk-4 dials *37   desk-1 dials *33   desk-1 dials *339003
        09:01 desk-3 dials 9100   desk-2 answers
        09:02 desk-4 dials *33
        09:03 desk-2 holds   desk-1 dials *33   desk-2 resumes
        09:04 desk-3 hangs up
        09:05 desk-2 dials *37   desk-3 dials 9100   desk-2 answers   desk-1 dials *33
        09:06 desk-2 holds   desk-1 dials *36   desk-2 resumes
        09:07 desk-3 hangs up
        09:08 desk-2 dials *38   desk-3 dials 9100   desk-2 answers   desk-1 dials *33
        09:09 desk-3 hangs up
        09:10 desk-1 hangs up
        admin asks status
        ",
        expect![[""]],
    );
}

#[test]
fn where_no_port_is_left_nobody_comes_in_and_the_talk_goes_on() {
    check(
        "rules: CAL-3",
        "
        class front: call guests, call users, login, barge
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front   desk-2: phone, logout profile front
        desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-4 dials *90
        09:01 desk-3 dials 9100   desk-2 answers
        09:02 desk-1 dials *33
        09:03 desk-4 hangs up   desk-1 dials *33
        09:04 desk-3 hangs up
        09:05 desk-1 hangs up
        admin asks status
        ",
        expect![[""]],
    );
}
