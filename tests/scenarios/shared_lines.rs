//! One number at several phones: who may take a call there that is held, and come into one that is talked over.

use expect_test::expect;

use crate::support::play::{check, check_over_both, check_over_sccp, check_over_sip};

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
        expect![[r#"
            09:00 desk-1 rings (from 9003 Lobby)
            09:00 desk-2 rings (from 9003 Lobby)
            09:00 desk-3 hears it ring
            09:00 desk-1 stops ringing (answered elsewhere)
            09:00 desk-3 talks with desk-2
            09:01 desk-1 hears 403 No call is on hold at another phone of 9100
            09:02 desk-3 is held
            09:02 desk-4 hears 403 No call is on hold at another phone of 9004, hears 403 9100 is no line of this phone
            09:03 desk-3 now talks with desk-1
            09:03 desk-1 talks with desk-3
            09:03 desk-2 hears "Taken over at another phone"
            09:04 desk-3 is held, now talks with desk-2
            09:04 desk-2 talks with desk-3
            09:04 desk-1 hears "Taken over at another phone"
            09:05 desk-3 hears "The other party hung up"
            09:05 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
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
        expect![[r#"
            09:00 desk-1 rings (from 9003 Lobby)
            09:00 desk-2 rings (from 9003 Lobby)
            09:00 desk-4 rings (from 9003 Lobby)
            09:00 desk-3 hears it ring
            09:00 desk-1 stops ringing (answered elsewhere)
            09:00 desk-4 stops ringing (answered elsewhere)
            09:00 desk-3 talks with desk-2
            09:01 desk-1 talks in a conference
            09:01 desk-3 now talks with Perch
            09:01 desk-2 now talks with Perch
            09:01 desk-3 talks in a conference
            09:01 desk-2 talks in a conference, hears Joined
            09:01 desk-3 hears Joined
            09:01 desk-1 hears Joined
            09:02 desk-4 hears 503 Too busy. Try again in a moment
            09:04 desk-2 now talks with desk-3
            09:04 desk-3 now talks with desk-2
            09:05 desk-4 talks in a conference
            09:05 desk-3 now talks with Perch
            09:05 desk-2 now talks with Perch
            09:05 desk-3 talks in a conference
            09:05 desk-2 talks in a conference, hears Joined
            09:05 desk-3 hears Joined
            09:05 desk-4 hears Joined
            09:06 desk-4 now talks with desk-3
            09:06 desk-3 now talks with desk-4
            09:07 desk-3 hears "The other party hung up"
            09:07 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
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
        expect![[r#"
            09:00 desk-4 hears 403 Not allowed from this phone
            09:00 desk-1 hears 403 No call is talked over at another phone of 9100, hears 403 9003 is no line of this phone
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-4 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-1 stops ringing (answered elsewhere)
            09:01 desk-4 stops ringing (answered elsewhere)
            09:01 desk-3 talks with desk-2
            09:02 desk-4 hears 403 Not allowed from this phone
            09:03 desk-3 is held
            09:03 desk-1 hears 403 No call is talked over at another phone of 9100
            09:03 desk-3 is taken back
            09:04 desk-2 hears "The other party hung up"
            09:05 desk-2 hears "Calls on shared lines are private"
            09:05 desk-1 rings (from 9003 Lobby)
            09:05 desk-2 rings (from 9003 Lobby)
            09:05 desk-4 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring
            09:05 desk-1 stops ringing (answered elsewhere)
            09:05 desk-4 stops ringing (answered elsewhere)
            09:05 desk-3 talks with desk-2
            09:05 desk-1 hears 403 That call is private
            09:06 desk-3 is held
            09:06 desk-1 hears 403 That call is private
            09:06 desk-3 is taken back
            09:07 desk-2 hears "The other party hung up"
            09:08 desk-2 hears "Calls on shared lines are not private"
            09:08 desk-1 rings (from 9003 Lobby)
            09:08 desk-2 rings (from 9003 Lobby)
            09:08 desk-4 rings (from 9003 Lobby)
            09:08 desk-3 hears it ring
            09:08 desk-1 stops ringing (answered elsewhere)
            09:08 desk-4 stops ringing (answered elsewhere)
            09:08 desk-3 talks with desk-2
            09:08 desk-1 talks in a conference
            09:08 desk-3 now talks with Perch
            09:08 desk-2 now talks with Perch
            09:08 desk-3 talks in a conference
            09:08 desk-2 talks in a conference, hears Joined
            09:08 desk-3 hears Joined
            09:08 desk-1 hears Joined
            09:09 desk-1 now talks with desk-2
            09:09 desk-2 now talks with desk-1
            09:10 desk-2 hears "The other party hung up"
            09:10 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
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
        expect![[r#"
            09:00 desk-4 hears Confirm, hears itself
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-1 stops ringing (answered elsewhere)
            09:01 desk-3 talks with desk-2
            09:02 desk-1 hears 503 Too busy. Try again in a moment
            09:03 desk-1 talks in a conference
            09:03 desk-3 now talks with Perch
            09:03 desk-2 now talks with Perch
            09:03 desk-3 talks in a conference
            09:03 desk-2 talks in a conference, hears Joined
            09:03 desk-3 hears Joined
            09:03 desk-1 hears Joined
            09:04 desk-1 now talks with desk-2
            09:04 desk-2 now talks with desk-1
            09:05 desk-2 hears "The other party hung up"
            09:05 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

/// What goes on at another phone of a line is no use of this one (IDL-1); a call on hold is one of whoever holds it (IDL-2).
#[test]
fn nobody_is_kept_by_what_others_do_on_a_shared_line() {
    check(
        "rules: CAL-3, IDL-1, IDL-2",
        "
        held cap 60m
        alice: 2001, pin 1111, lines 2001 9100, idle limit 30m
        bob: 2002, pin 2222, lines 2002 9100, idle limit 30m
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 desk-3 dials 9100   desk-1 answers
        09:20 desk-1 holds
        10:00 desk-3 hangs up
        until 10:31
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:10 desk-1 rings (from 9003 Lobby)
            09:10 desk-2 rings (from 9003 Lobby)
            09:10 desk-3 hears it ring
            09:10 desk-2 stops ringing (answered elsewhere)
            09:10 desk-3 talks with desk-1
            09:20 desk-3 is held
            09:29 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:30 desk-2 becomes lobby (idle), reads "Logged out: not used"
            10:00 desk-1 hears "The other party hung up"
            10:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:30 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

/// A 7960 (desk-2) over SCCP, an 8861 (desk-1, a SIP phone in Cisco's manner) and another SIP phone (desk-3) are three phones
/// of 9100; a 7975 (desk-4) calls it. The 7960 shows the calls of the others by its line key and softkeys, the 8861 by what
/// it watches.
#[test]
fn a_shared_line_on_a_7960_and_two_sip_phones_from_ring_to_barge() {
    check_over_both(
        "rules: CAL-3, PRO-6",
        "
        class front: call guests, call users, login, barge, privacy
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front, made by cisco
        desk-2: phone, logout profile front
        desk-3: phone, logout profile front
        desk-4: guest 9004
        -- All ring, one answers.
        09:00 desk-1 watches 9100   desk-4 dials 9100
        +2s desk-1 answers
        -- It is held here and goes on there.
        09:02 desk-1 holds
        09:03 desk-2 presses softkey Resume
        09:04 desk-2 holds
        09:05 desk-3 dials *36
        -- Somebody comes in, and leaves again.
        09:06 desk-2 presses softkey Barge
        09:07 desk-2 hangs up
        -- Nobody may come in, or take it.
        09:08 desk-3 dials *37
        09:09 desk-2 presses softkey Barge
        09:10 desk-1 dials *33
        09:11 desk-3 holds
        09:12 desk-2 presses softkey Resume   desk-1 dials *36
        09:13 desk-3 resumes   desk-3 dials *38
        09:14 desk-1 dials *33
        -- Of those who are left two talk directly.
        09:15 desk-3 hangs up
        09:16 desk-4 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-1 sees of 9100: calls 0: none, rings (from 9004 Lobby)
            09:00 desk-3 rings (from 9004 Lobby)
            09:00 desk-2 rings (from 9004 Lobby)
            09:00 desk-4 hears it ring
            09:00:01 desk-1 sees of 9100: calls 1+: recipient early, recipient early, recipient early
            09:00:02 desk-3 stops ringing (answered elsewhere)
            09:00:02 desk-1 sees of 9100: calls 2+: terminated, terminated, recipient confirmed
            09:00:02 desk-2 stops ringing
            09:00:02 desk-4 talks with desk-1
            09:00:02 desk-2 line 1 is in use elsewhere (9004 Lobby), its lamp is On, keys NewCall/Barge
            09:02 desk-1 sees of 9100: calls 3+: recipient confirmed held
            09:02 desk-2 line 1 is held elsewhere (9004 Lobby), its lamp is Wink, keys Resume/NewCall
            09:02 desk-4 is held
            09:03 desk-1 hears "Taken over at another phone", sees of 9100: calls 4+: terminated, recipient confirmed
            09:03 desk-2 talks with desk-4
            09:03 desk-4 now talks with desk-2
            09:03 desk-2 line 1 is free elsewhere, its lamp is On
            09:04 desk-1 sees of 9100: calls 5+: recipient confirmed held
            09:04 desk-4 is held
            09:05 desk-1 sees of 9100: calls 6+: recipient trying
            09:05 desk-3 talks with desk-4
            09:05 desk-4 now talks with desk-3
            09:05 desk-2 hears the end, reads "Taken over at another phone", line 1 is in use elsewhere (9004 Lobby), its lamp is On, keys NewCall/Barge
            09:05:01 desk-1 sees of 9100: calls 7+: terminated, recipient confirmed
            09:06 desk-4 talks in a conference
            09:06 desk-3 now talks with Perch
            09:06 desk-1 sees of 9100: calls 8+: recipient trying
            09:06 desk-3 talks in a conference
            09:06 desk-2 talks in a conference
            09:06 desk-3 hears Joined
            09:06 desk-4 hears Joined
            09:06 desk-2 hears Joined, line 1 is free elsewhere, its lamp is On
            09:06:01 desk-1 sees of 9100: calls 9+: recipient confirmed
            09:07 desk-3 now talks with desk-4
            09:07 desk-1 sees of 9100: calls 10+: terminated
            09:07 desk-4 now talks with desk-3
            09:07 desk-2 line 1 is in use elsewhere (9004 Lobby), its lamp is On, keys NewCall/Barge
            09:08 desk-3 hears "Calls on shared lines are private"
            09:08 desk-2 line 1 is in use elsewhere (private), its lamp is On, keys NewCall
            09:09 IMPOSSIBLE desk-2 shows no softkey Barge, but NewCall, Login, Private
            09:10 desk-1 hears 403 That call is private
            09:11 desk-1 sees of 9100: calls 11+: recipient confirmed held
            09:11 desk-2 line 1 is held elsewhere (private), its lamp is Wink, keys NewCall
            09:11 desk-4 is held
            09:12 IMPOSSIBLE desk-2 shows no softkey Resume, but NewCall, Login, Private
            09:12 desk-1 hears 403 That call is private
            09:13 desk-1 sees of 9100: calls 12+: recipient confirmed
            09:13 desk-4 is taken back
            09:13 desk-2 line 1 is in use elsewhere (private), its lamp is On, keys NewCall
            09:13 desk-3 hears "Calls on shared lines are not private"
            09:13 desk-2 line 1 is in use elsewhere (9004 Lobby), its lamp is On, keys NewCall/Barge
            09:14 desk-1 talks in a conference
            09:14 desk-4 talks in a conference
            09:14 desk-3 now talks with Perch
            09:14 desk-1 sees of 9100: calls 13+: recipient trying
            09:14 desk-3 talks in a conference, hears Joined
            09:14 desk-1 hears Joined
            09:14 desk-4 hears Joined
            09:14 desk-2 line 1 is in use elsewhere (9100 Conference), its lamp is On, keys NewCall/Barge
            09:14:01 desk-1 sees of 9100: calls 14+: recipient confirmed
            09:15 desk-1 now talks with desk-4, sees of 9100: calls 15+: terminated
            09:15 desk-4 now talks with desk-1
            09:15 desk-2 line 1 is in use elsewhere (9004 Lobby), its lamp is On, keys NewCall/Barge
            09:16 desk-1 hears "The other party hung up", sees of 9100: calls 16+: terminated
            09:16 desk-2 line 1 is free elsewhere, its lamp is Off
            09:16 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn two_calls_of_a_cisco_phone_become_a_conference() {
    check_over_sccp(
        "rules: CAL-2",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-1 presses softkey Confrn   desk-1 types 9003#   desk-3 answers
        09:02 desk-1 presses softkey Confrn
        09:03 desk-2 holds
        09:04 desk-2 resumes
        09:05 desk-1 hangs up
        09:06 desk-3 hangs up
        admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 is held
            09:01 desk-3 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-3
            09:02 desk-1 talks in a conference
            09:02 desk-3 talks in a conference
            09:02 desk-1 hears the end, reads "Conference"
            09:02 desk-2 talks in a conference
            09:05 desk-2 now talks with desk-3
            09:05 desk-3 now talks with desk-2
            09:06 desk-2 hears the end
            09:06 admin reads: 4 of 4 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

/// Phones that show a line's calls by indexes (`call-info`): all show the same, and whoever is first has the call to dial on.
#[test]
fn two_phones_take_a_line_at_once_and_one_of_them_has_it() {
    check_over_sip(
        "rules: CAL-3",
        "
        class front: call guests, call users, login
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front, shares its line
        desk-2: phone, logout profile front, shares its line
        desk-3: guest 9003
        09:00 desk-1 watches its line   desk-2 watches its line
        -- Both were told that all is free, and lift at once.
        09:01 desk-1 goes off hook for call 1   desk-2 goes off hook for call 1
        09:01:02 desk-2 goes off hook
        09:01:04 desk-1 dials 9003   09:01:06 desk-3 answers
        -- Nobody dials on the other one.
        09:01:30 desk-2 goes off hook   09:01:35 desk-2 goes on hook
        09:02 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 sees of its line: all free
            09:00 desk-2 sees of its line: all free
            09:01 desk-1 is told of its line: call 1, active;expires=15, sees of its line: 1 seized
            09:01 desk-2 sees of its line: 1 seized, cannot have the line: 480
            09:01:02 desk-2 is told of its line: call 2, active;expires=15
            09:01:02 desk-1 sees of its line: 1 seized, 2 seized
            09:01:02 desk-2 sees of its line: 1 seized, 2 seized
            09:01:04 desk-1 is told of its line: call 1, terminated;reason=timeout
            09:01:04 desk-3 rings (from 9100 Lobby)
            09:01:04 desk-1 sees of its line: 1 progressing (9003 ), 2 seized
            09:01:04 desk-2 sees of its line: 1 progressing (9003 ), 2 seized
            09:01:04 desk-1 hears it ring
            09:01:06 desk-1 talks with desk-3, sees of its line: 1 active (9003 Lobby), 2 seized
            09:01:06 desk-2 sees of its line: 1 active (9003 Lobby), 2 seized
            09:01:17 desk-2 is told of its line: call 2, terminated;reason=timeout
            09:01:17 desk-1 sees of its line: 1 active (9003 Lobby)
            09:01:17 desk-2 sees of its line: 1 active (9003 Lobby)
            09:01:30 desk-2 is told of its line: call 2, active;expires=15
            09:01:30 desk-1 sees of its line: 1 active (9003 Lobby), 2 seized
            09:01:30 desk-2 sees of its line: 1 active (9003 Lobby), 2 seized
            09:01:35 desk-2 is told of its line: call 2, terminated;reason=timeout
            09:01:35 desk-1 sees of its line: 1 active (9003 Lobby)
            09:01:35 desk-2 sees of its line: 1 active (9003 Lobby)
            09:02 desk-3 hears "The other party hung up"
            09:02 desk-1 sees of its line: all free
            09:02 desk-2 sees of its line: all free"#]],
    );
}

/// A call of the line is held, and taken at the other phone by its index; held for oneself, it is not.
#[test]
fn a_held_call_is_taken_by_its_index_unless_it_is_held_alone() {
    check_over_sip(
        "rules: CAL-3, PRO-6",
        "
        class front: call guests, call users, login
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front, shares its line
        desk-2: phone, logout profile front, shares its line
        desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 watches its line   desk-2 watches its line
        09:01 desk-3 dials 9100   09:01:05 desk-1 answers
        09:02 desk-1 holds   09:02:10 desk-2 takes call 1
        09:03 desk-2 holds alone   09:03:10 desk-1 takes call 1   09:03:20 desk-2 resumes
        -- A second call has the next index, and a free one the least.
        09:04 desk-4 dials 9100   09:04:05 desk-1 answers   09:04:10 desk-1 takes call 3
        09:05 desk-2 hangs up   09:05:10 desk-3 dials 9100   09:05:15 desk-3 hangs up
        09:06 desk-1 holds   desk-2 takes call 2
        09:07 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-1 sees of its line: all free
            09:00 desk-2 sees of its line: all free
            09:01 desk-1 rings (from 9003 Lobby) as call 1
            09:01 desk-2 rings (from 9003 Lobby) as call 1
            09:01 desk-1 sees of its line: 1 alerting (9003 Lobby)
            09:01 desk-2 sees of its line: 1 alerting (9003 Lobby)
            09:01 desk-3 hears it ring
            09:01:05 desk-2 stops ringing (answered elsewhere)
            09:01:05 desk-3 talks with desk-1
            09:01:05 desk-1 sees of its line: 1 active (9003 Lobby)
            09:01:05 desk-2 sees of its line: 1 active (9003 Lobby)
            09:02 desk-3 is held
            09:02 desk-1 sees of its line: 1 held (9003 Lobby)
            09:02 desk-2 sees of its line: 1 held (9003 Lobby)
            09:02:10 desk-3 now talks with desk-2
            09:02:10 desk-2 talks with desk-3
            09:02:10 desk-1 hears "Taken over at another phone", sees of its line: 1 active (9003 Lobby)
            09:02:10 desk-2 sees of its line: 1 active (9003 Lobby)
            09:03 desk-3 is held
            09:03 desk-1 sees of its line: 1 held-private
            09:03 desk-2 sees of its line: 1 held-private
            09:03:10 desk-1 hears 403 That call is private
            09:03:20 desk-3 is taken back
            09:03:20 desk-1 sees of its line: 1 active (9003 Lobby)
            09:03:20 desk-2 sees of its line: 1 active (9003 Lobby)
            09:04 desk-1 rings (from 9004 Lobby) as call 2
            09:04 desk-2 rings (from 9004 Lobby) as call 2
            09:04 desk-1 sees of its line: 1 active (9003 Lobby), 2 alerting (9004 Lobby)
            09:04 desk-2 sees of its line: 1 active (9003 Lobby), 2 alerting (9004 Lobby)
            09:04 desk-4 hears it ring
            09:04:05 desk-2 stops ringing (answered elsewhere)
            09:04:05 desk-4 talks with desk-1
            09:04:05 desk-1 sees of its line: 1 active (9003 Lobby), 2 active (9004 Lobby)
            09:04:05 desk-2 sees of its line: 1 active (9003 Lobby), 2 active (9004 Lobby)
            09:04:10 desk-1 hears 403 No call 3 at another phone of 9100
            09:05 desk-3 hears "The other party hung up"
            09:05 desk-1 sees of its line: 2 active (9004 Lobby)
            09:05 desk-2 sees of its line: 2 active (9004 Lobby)
            09:05:10 desk-1 rings (from 9003 Lobby) as call 1
            09:05:10 desk-2 rings (from 9003 Lobby) as call 1
            09:05:10 desk-1 sees of its line: 1 alerting (9003 Lobby), 2 active (9004 Lobby)
            09:05:10 desk-2 sees of its line: 1 alerting (9003 Lobby), 2 active (9004 Lobby)
            09:05:10 desk-3 hears it ring
            09:05:15 desk-1 stops ringing
            09:05:15 desk-2 stops ringing
            09:05:15 desk-1 sees of its line: 2 active (9004 Lobby)
            09:05:15 desk-2 sees of its line: 2 active (9004 Lobby)
            09:06 desk-4 is held
            09:06 desk-1 sees of its line: 2 held (9004 Lobby)
            09:06 desk-2 sees of its line: 2 held (9004 Lobby)
            09:06 desk-4 now talks with desk-2
            09:06 desk-2 talks with desk-4
            09:06 desk-1 hears "Taken over at another phone", sees of its line: 2 active (9004 Lobby)
            09:06 desk-2 sees of its line: 2 active (9004 Lobby)
            09:07 desk-4 hears "The other party hung up"
            09:07 desk-1 sees of its line: all free
            09:07 desk-2 sees of its line: all free"#]],
    );
}

/// The line that a phone shows is that of whoever is there; what another phone of a line does is come into by its index.
#[test]
fn the_calls_that_a_phone_shows_are_those_of_whoever_sits_there() {
    check_over_sip(
        "rules: CAL-3, SES-2",
        "
        class front: call guests, call users, login, barge, privacy
        front: logout profile, lines 9100, class front
        alice: 2001, pin 1111
        desk-1: phone, logout profile front, shares its line
        desk-2: phone, logout profile front, shares its line
        desk-3: guest 9003
        09:00 desk-1 watches its line   desk-2 watches its line
        09:01 desk-2 logs in alice
        09:02 desk-3 dials 9100   09:02:05 desk-1 answers
        09:02:30 desk-2 takes call 1
        09:03 desk-2 logs out
        09:03:10 desk-2 takes call 1   09:04 desk-2 hangs up
        09:05 desk-1 dials *37
        09:05:10 desk-2 takes call 1
        09:06 desk-3 hangs up
        -- Whoever moves while the line is taken gives it back.
        09:07 desk-1 goes off hook   09:07:05 admin logs in alice at desk-1
        09:07:20 desk-2 goes off hook   09:07:22 desk-2 goes on hook
        ",
        expect![[r#"
            09:00 desk-1 sees of its line: all free
            09:00 desk-2 sees of its line: all free
            09:01 desk-2 becomes alice, reads "Logged in: 2001 Alice", sees of its line: all free, hears "Logged in: 2001 Alice"
            09:02 desk-1 rings (from 9003 Lobby) as call 1, sees of its line: 1 alerting (9003 Lobby)
            09:02 desk-3 hears it ring
            09:02:05 desk-3 talks with desk-1
            09:02:05 desk-1 sees of its line: 1 active (9003 Lobby)
            09:02:30 desk-2 hears 403 No call 1 at another phone of 2001
            09:03 desk-2 becomes front (user), reads "Logged out", sees of its line: 1 active (9003 Lobby), hears "Logged out"
            09:03:10 desk-2 talks in a conference
            09:03:10 desk-3 now talks with Perch
            09:03:10 desk-1 now talks with Perch, sees of its line: 1 active (9100 Conference)
            09:03:10 desk-2 sees of its line: 1 active (9100 Conference)
            09:03:10 desk-3 talks in a conference
            09:03:10 desk-1 talks in a conference, hears Joined
            09:03:10 desk-3 hears Joined
            09:03:10 desk-2 hears Joined
            09:04 desk-1 sees of its line: 1 active (9003 Lobby)
            09:04 desk-2 sees of its line: 1 active (9003 Lobby)
            09:04 desk-1 now talks with desk-3
            09:04 desk-3 now talks with desk-1
            09:05 desk-1 sees of its line: 1 active
            09:05 desk-2 sees of its line: 1 active
            09:05 desk-1 hears "Calls on shared lines are private"
            09:05:10 desk-2 hears 403 That call is private
            09:06 desk-1 hears "The other party hung up", sees of its line: all free
            09:06 desk-2 sees of its line: all free
            09:07 desk-1 is told of its line: call 1, active;expires=15, sees of its line: 1 seized
            09:07 desk-2 sees of its line: 1 seized
            09:07:05 admin hears "Logged in: 2001 Alice"
            09:07:05 desk-1 becomes alice, reads "Logged in: 2001 Alice", sees of its line: all free
            09:07:05 desk-2 sees of its line: all free
            09:07:15 desk-1 is told of its line: call 1, terminated;reason=timeout
            09:07:20 desk-2 is told of its line: call 1, active;expires=15, sees of its line: 1 seized
            09:07:22 desk-2 is told of its line: call 1, terminated;reason=timeout, sees of its line: all free"#]],
    );
}

#[test]
fn after_a_restart_phones_show_the_line_again_and_nothing_is_taken() {
    check_over_sip(
        "rules: CAL-3",
        "
        class front: call guests, call users, login
        front: logout profile, lines 9100, class front
        desk-1: phone, logout profile front, shares its line
        desk-2: phone, logout profile front, shares its line
        desk-3: guest 9003
        09:00 desk-1 watches its line   desk-2 watches its line
        09:10 desk-1 goes off hook
        09:10:02 server dies   server starts
        -- As their subscriptions are refreshed.
        10:00 desk-2 goes off hook   10:00:05 desk-2 dials 9003   10:00:10 desk-3 answers
        10:01 desk-2 holds   10:01:10 desk-1 takes call 1   10:02 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 sees of its line: all free
            09:00 desk-2 sees of its line: all free
            09:10 desk-1 is told of its line: call 1, active;expires=15, sees of its line: 1 seized
            09:10 desk-2 sees of its line: 1 seized
            09:55 desk-1 sees of its line: all free
            09:55 desk-2 sees of its line: all free
            10:00 desk-2 is told of its line: call 1, active;expires=15
            10:00 desk-1 sees of its line: 1 seized
            10:00 desk-2 sees of its line: 1 seized
            10:00:05 desk-2 is told of its line: call 1, terminated;reason=timeout
            10:00:05 desk-3 rings (from 9100 Lobby)
            10:00:05 desk-1 sees of its line: 1 progressing (9003 )
            10:00:05 desk-2 sees of its line: 1 progressing (9003 ), hears it ring
            10:00:10 desk-2 talks with desk-3
            10:00:10 desk-1 sees of its line: 1 active (9003 Lobby)
            10:00:10 desk-2 sees of its line: 1 active (9003 Lobby)
            10:01 desk-3 is held
            10:01 desk-1 sees of its line: 1 held (9003 Lobby)
            10:01 desk-2 sees of its line: 1 held (9003 Lobby)
            10:01:10 desk-3 now talks with desk-1
            10:01:10 desk-1 talks with desk-3
            10:01:10 desk-2 hears "Taken over at another phone"
            10:01:10 desk-1 sees of its line: 1 active (9003 Lobby)
            10:01:10 desk-2 sees of its line: 1 active (9003 Lobby)
            10:02 desk-3 hears "The other party hung up"
            10:02 desk-1 sees of its line: all free
            10:02 desk-2 sees of its line: all free"#]],
    );
}
