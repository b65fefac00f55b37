//! Who is ready for hunt calls: on one line or all, at several phones, after misses, logouts, moves and restarts.

use expect_test::{Expect, expect};

use crate::support::play::{check, check_over_sccp};

/// Where there is no key for hunt calls a member who is not ready is quiet; but not for the moment that follows a miss.
#[test]
fn in_the_moment_after_a_miss_other_calls_ring() {
    check(
        "rules: HG-2, HG-7",
        "
        ann: 1001, pin 1111   desk-1: guest 9001, no display   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s, auto logout 1, after miss wrap-up, wrap-up 2m
        09:00 desk-1 logs in ann
        09:01 desk-9 dials 4200   until 09:01:11
        09:02 desk-9 dials 1001   desk-9 hangs up   desk-9 dials 4200
        -- The moment ends when it was to end, whatever happens to the server.
        09:02:10 server dies   09:02:20 server starts
        09:03 admin asks hunt
        09:04 admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-9 hears 480 No answer
            09:02 desk-1 rings (from 9009 Lobby)
            09:02 desk-9 hears it ring
            09:02 desk-1 stops ringing
            09:02 desk-9 hears 486 Busy
            09:03 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:04 admin reads: sales: 1001 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// Those who stand in the list start logged out. Who joins wants to be called.
#[test]
fn who_joins_a_group_whose_members_start_logged_out_is_ready() {
    check(
        "rules: HG-4, HG-5",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   ben: 1002, pin 2222, class agents
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        fixed: hunt group, sequential, pilot 4100, list 1001, timeout 10s
        sales: hunt group, sequential, pilot 4200, list 1001 *, timeout 10s, members logout
        09:00 desk-1 logs in ann   desk-2 logs in ben
        -- There is one group with room, so there is nothing to say.
        09:01 desk-2 dials *3
        09:02 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-2 hears "Joined sales"
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring, talks with desk-2
            09:02 desk-2 hears "The other party hung up""#]],
    );
}

fn at_two_phones(logout: &str, expect: Expect) {
    let script = "
        second login allow
        ann: 1001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ann
        09:01 desk-1 dials *78   admin asks hunt
        09:02 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        09:03 desk-2 dials *78   admin asks hunt
        09:04 desk-9 dials 4200
        ";
    let site = format!("hunt group logout {logout}");
    check("rules: HG-2", &format!("{site}\n{script}"), expect);
}

/// One quiet phone of two is no reason to call nobody.
#[test]
fn a_member_at_two_phones_is_ready_while_one_of_them_is_not_quiet() {
    at_two_phones(
        "DND",
        expect![[r#"
        09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
        09:00 desk-2 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
        09:01 desk-1 hears "Do not disturb"
        09:01 admin reads: sales: 1001 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
        09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
        09:02 desk-9 hears it ring, talks with desk-2
        09:02 desk-2 hears "The other party hung up"
        09:03 desk-2 hears "Do not disturb"
        09:03 admin reads: sales: 1001 not ready; 0 wait; 1 calls, 1 offered, 1 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
        09:04 desk-9 hears 486 Busy"#]],
    );
}

/// It is the same where members have a key for hunt calls.
#[test]
fn with_a_key_a_member_at_two_phones_is_ready_while_one_of_them_is_not_quiet() {
    at_two_phones(
        "HLog",
        expect![[r#"
        09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
        09:00 desk-2 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
        09:01 desk-1 hears "Do not disturb"
        09:01 admin reads: sales: 1001 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
        09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
        09:02 desk-9 hears it ring, talks with desk-2
        09:02 desk-2 hears "The other party hung up"
        09:03 desk-2 hears "Do not disturb"
        09:03 admin reads: sales: 1001 not ready; 0 wait; 1 calls, 1 offered, 1 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
        09:04 desk-9 hears 486 Busy"#]],
    );
}

/// Where it is nobody's number alone one quiet phone says nothing of the others.
#[test]
fn a_number_of_two_people_goes_on_ringing_at_the_other() {
    check(
        "rules: HG-2, HG-4",
        "
        ann: 1001, pin 1111, lines 2000 1001   ben: 1002, pin 2222, lines 2000 1002
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 2000, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben
        09:01 desk-1 dials *4
        09:02 desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        09:03 desk-1 dials *4
        09:04 desk-9 dials 4200   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:01 desk-1 hears "Not ready: hunt calls pass 2000 by"
            09:02 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring, talks with desk-2
            09:02 desk-2 hears "The other party hung up"
            09:03 desk-1 hears "Ready: hunt calls ring at 2000"
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring
            09:04 desk-1 stops ringing
            09:04 desk-2 stops ringing"#]],
    );
}

/// One code is for the line, another for the phone.
#[test]
fn a_line_is_turned_round_alone_or_with_the_phone() {
    check(
        "rules: HG-4",
        "
        hunt group logout HLog
        ann: 1001, pin 1111, lines 1001 1005
        desk-1: guest 9001   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001 1005, timeout 10s
        09:00 desk-1 logs in ann
        09:01 desk-1 dials *4   admin asks hunt
        09:02 desk-1 dials *4   desk-1 dials *5   admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 hears "Not ready: hunt calls pass 1001 by"
            09:01 admin reads: sales: 1001 not ready, 1005 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-1 hears "Ready: hunt calls ring at 1001", hears "Not ready: hunt calls pass 1001, 1005 by"
            09:02 admin reads: sales: 1001 not ready, 1005 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// A phone where nobody is to be disturbed is no place for hunt calls, and `explain` says so.
#[test]
fn a_quiet_phone_is_why_hunt_calls_pass_by() {
    check(
        "rules: HG-2, SES-11",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   desk-1: guest 9001   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s
        09:00 desk-1 logs in ann   desk-1 dials *78
        09:01 admin explains ann   admin asks hunt
        09:02 desk-9 dials 4200
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Do not disturb"
            09:01 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:01 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as a call attempt showed.
            09:01 admin reads: Nothing logs ann out automatically here.
            09:01 admin reads: 1001 is in hunt groups: sales (by its list).
            09:01 admin reads: Hunt calls pass 1001 by: nobody there is to be disturbed.
            09:01 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-9 hears 486 Busy"#]],
    );
}

/// The last one stays while somebody waits: at the phone, in the group and logged in. Others are no help who are nowhere;
/// and whoever was not ready anyway may go.
#[test]
fn the_last_who_is_ready_stays_only_while_callers_wait() {
    check(
        "rules: HG-7, SES-12",
        "
        show events
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   ben: 1002, pin 2222   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list * 1002 1003, timeout 10s, queue 5 for 5m, last agent stays
        09:00 desk-1 logs in ann   desk-1 dials *3   desk-3 logs in cas   desk-3 dials *4
        -- Nobody waits: she may rest.
        09:01 desk-1 dials *4   desk-1 dials *4
        09:02 desk-9 dials 4200   desk-1 declines
        09:02:01 desk-1 dials *4   desk-1 dials #3   desk-1 logs out   desk-3 logs out
        09:02:02 desk-9 hangs up
        09:03 desk-1 dials #3
        ",
        expect![[r#"
            09:00 event logged-in - ann desk-1 Code: ann logged in at desk-1
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 event hunt-joined - ann desk-1 Code: 1001 has joined sales
            09:00 desk-1 hears "Joined sales"
            09:00 event logged-in - cas desk-3 Code: cas logged in at desk-3
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:00 event agent-not-ready - cas desk-3 Code: Hunt calls pass 1003 by: somebody there wants it so
            09:00 desk-3 hears "Not ready: hunt calls pass 1003 by"
            09:01 event agent-not-ready - ann desk-1 Code: Hunt calls pass 1001 by: somebody there wants it so
            09:01 desk-1 hears "Not ready: hunt calls pass 1001 by"
            09:01 event agent-ready - ann desk-1 Code: Hunt calls ring at 1001
            09:01 desk-1 hears "Ready: hunt calls ring at 1001"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring, hears Ringing, hears Perch before the answer, reads "Queued, place 1"
            09:02:01 desk-1 hears 403 Calls wait in sales, and nobody else is ready, hears 403 Calls wait in sales, and nobody else is ready
            09:02:01 event logout-refused - ann desk-1 Code: Logout at desk-1 refused: Calls wait in sales, and nobody else is ready
            09:02:01 desk-1 hears 403 Calls wait in sales, and nobody else is ready
            09:02:01 event logged-out user cas desk-3 Code: cas logged out at desk-3 (user)
            09:02:01 desk-3 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:03 event hunt-left - ann desk-1 Code: 1001 has left sales
            09:03 desk-1 hears "Left sales""#]],
    );
}

/// Whoever waits is offered a member who becomes ready, at once.
#[test]
fn who_becomes_ready_is_rung_by_whoever_waits() {
    check(
        "rules: HG-1, HG-4",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   desk-1: guest 9001   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s, queue 5 for 5m
        09:00 desk-1 logs in ann   desk-1 dials *4
        09:01 desk-9 dials 4200
        09:02 admin makes 1001 ready
        desk-1 answers   desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Not ready: hunt calls pass 1001 by"
            09:01 desk-9 hears Ringing, hears Perch say that it rings, reads "Queued, place 1"
            09:02 desk-9 reads "Queued, place 1"
            09:02 admin hears "Ready: hunt calls ring at 1001"
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 talks with desk-1
            09:02 desk-1 hears "The other party hung up""#]],
    );
}

/// Calls that do not count are not counted.
#[test]
fn a_missed_call_from_inside_is_nothing_where_those_from_outside_count() {
    check(
        "rules: HG-7, SES-11",
        "
        hunt group logout HLog
        ann: 1001, pin 1111   desk-1: guest 9001   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s, auto logout 2, counts external
        09:00 desk-1 logs in ann
        09:01 desk-9 dials 4200   until 09:01:11
        09:02 admin explains ann
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-9 hears 480 No answer
            09:02 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:02 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:02 admin reads: Nothing logs ann out automatically here.
            09:02 admin reads: 1001 is in hunt groups: sales (by its list).
            09:02 admin reads: Hunt calls ring at 1001.
            09:02 admin reads: 0 hunt calls in a row were missed at 1001; sales lets 2 be missed."#]],
    );
}

/// What was said of members, what they missed and where they have joined ends with the group, and with the place.
#[test]
fn a_group_that_comes_again_knows_nothing_of_its_members() {
    check(
        "rules: HG-3, HG-4, SES-13",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111   ben: 1002, pin 2222, class agents
        desk-1: guest 9001, no display   desk-2: guest 9002, no display   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001 *, timeout 10s, auto logout 2
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-2 dials *3
        09:01 desk-9 dials 4200   until 09:01:11
        09:02 desk-2 dials *4   admin asks hunt
        09:03 site: sales is removed
        site: sales: hunt group, sequential, pilot 4200, list 1001 *, timeout 10s, auto logout 2
        admin asks hunt
        09:04 desk-9 dials 4200   until 09:04:11
        admin asks hunt
        09:05 server dies   09:06 server starts
        desk-2 dials *3
        09:07 admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, hears "Logged in: 1002 Ben", hears "Joined sales"
            09:01 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01 desk-9 hears it ring
            09:01:10 desk-1 stops ringing
            09:01:10 desk-2 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:01:20 desk-2 stops ringing
            09:01:20 desk-9 hears 480 No answer
            09:02 desk-2 hears "Not ready: hunt calls pass 1002 by"
            09:02 admin reads: sales: 1001 ready, 1002 not ready; 0 wait; 1 calls, 2 offered, 0 answered, 2 missed, 0 abandoned, 1 passed on, talked 0 s
            09:03 admin reads: sales: 1001 ready; 0 wait; 1 calls, 2 offered, 0 answered, 2 missed, 0 abandoned, 1 passed on, talked 0 s
            09:04 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring
            09:04:10 desk-1 stops ringing
            09:04:10 desk-9 hears 480 No answer
            09:04:11 admin reads: sales: 1001 ready; 0 wait; 2 calls, 3 offered, 0 answered, 3 missed, 0 abandoned, 2 passed on, talked 0 s
            09:06 desk-2 hears "Joined sales"
            09:07 admin reads: sales: 1001 ready, 1002 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// Who is not ready stays so in a group that is joined besides. Leaving leaves what was joined, and nothing else.
#[test]
fn a_second_group_changes_nothing_and_leaving_leaves_what_was_joined() {
    check(
        "rules: HG-4",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   desk-1: guest 9001   desk-9: guest 9009
        fixed: hunt group, sequential, pilot 4100, list 1001, timeout 10s
        one: hunt group, sequential, pilot 4200, list *, timeout 10s
        two: hunt group, sequential, pilot 4300, list *, timeout 10s
        09:00 desk-1 logs in ann   desk-1 dials *4
        09:01 desk-1 dials *3*4200   desk-1 dials *3*4300   admin asks hunt
        09:02 desk-1 dials #3   admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Not ready: hunt calls pass 1001 by"
            09:01 desk-1 hears "Joined one, not ready", hears "Joined two, not ready"
            09:01 admin reads: fixed: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:01 admin reads: one: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:01 admin reads: two: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-1 hears "Left one, two"
            09:02 admin reads: fixed: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 admin reads: one: ; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 admin reads: two: ; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// The key comes with the first group that is joined, goes with the last, and is a sign of somebody there.
#[test]
fn the_key_for_hunt_calls_comes_with_a_group_and_shows_that_somebody_is_there() {
    check_over_sccp(
        "rules: HG-2, HG-4, IDL-1",
        "
        hunt group logout HLog   warning 0s
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents, idle limit 30m   desk-1: guest 9001   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list *, timeout 10s
        09:00 desk-1 logs in ann   desk-1 presses softkey HLog
        09:01 desk-1 dials *3
        09:20 desk-1 presses softkey HLog
        09:40 desk-1 presses softkey HLog
        10:00 desk-1 dials #3   desk-1 presses softkey HLog
        until 10:31
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Resetting...", hears "Logged in: 1001 Ann", reads "Logged in: 1001 Ann"
            09:00 IMPOSSIBLE desk-1 shows no softkey HLog, but NewCall, Logout
            09:01 desk-1 hears "Joined sales"
            09:20 desk-1 reads "Not ready: hunt calls pass 1001 by"
            09:40 desk-1 reads "Ready: hunt calls ring at 1001"
            10:00 desk-1 hears "Left sales"
            10:00 IMPOSSIBLE desk-1 shows no softkey HLog, but Redial, NewCall, Logout
            10:30 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

fn to_another_desk(logout: &str, expect: Expect) {
    let script = "
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list *, timeout 10s
        09:00 desk-1 logs in ann   desk-1 dials *3   desk-1 dials *4   admin asks hunt
        09:01 desk-2 logs in ann   admin asks hunt
        09:02 desk-9 dials 1001    desk-9 hangs up
        ";
    let site = format!("hunt group logout {logout}");
    check(
        "rules: HG-2, HG-6, SES-2",
        &format!("{site}\n{script}"),
        expect,
    );
}

/// Who moves to another desk is as ready as before, and has joined what was joined.
#[test]
fn readiness_goes_along_to_another_desk() {
    to_another_desk(
        "HLog",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Joined sales", hears "Not ready: hunt calls pass 1001 by"
            09:00 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:01 desk-1 becomes lobby (moved)
            09:01 desk-2 becomes ann
            09:01 desk-1 reads "Logged out: logged in at desk-2"
            09:01 desk-2 reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-2 rings (from 9009 Lobby)
            09:02 desk-9 hears it ring
            09:02 desk-2 stops ringing"#]],
    );
}

/// A quiet phone stays behind, and with it that the member was not ready.
#[test]
fn a_quiet_phone_stays_behind_and_its_member_is_ready_elsewhere() {
    to_another_desk(
        "DND",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Joined sales", hears "Not ready: hunt calls pass 1001 by"
            09:00 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:01 desk-1 becomes lobby (moved)
            09:01 desk-2 becomes ann
            09:01 desk-1 reads "Logged out: logged in at desk-2"
            09:01 desk-2 reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 admin reads: sales: 1001 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-2 rings (from 9009 Lobby)
            09:02 desk-9 hears it ring
            09:02 desk-2 stops ringing"#]],
    );
}

/// Who logs in at a second phone besides is as ready there as at the first; and has left nothing while one is left.
#[test]
fn at_a_second_phone_nothing_begins_and_nothing_ends() {
    check(
        "rules: HG-2, HG-6, SES-2",
        "
        hunt group logout HLog   second login allow
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list *, timeout 10s
        09:00 desk-1 logs in ann   desk-1 dials *3   desk-1 dials *4
        09:01 desk-2 logs in ann   admin asks hunt
        09:02 desk-2 logs out      admin asks hunt
        09:03 desk-1 logs out      admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Joined sales", hears "Not ready: hunt calls pass 1001 by"
            09:01 desk-2 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:01 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-2 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:03 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:03 admin reads: sales: ; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}

/// A traditional agent finds all as it was left, the quiet phone included.
#[test]
fn a_traditional_agent_who_was_not_ready_comes_back_to_a_quiet_phone() {
    check(
        "rules: HG-2, HG-6",
        "
        tom: 1001, pin 1111, agent traditional
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list 1001, timeout 10s
        09:00 desk-1 logs in tom   desk-1 dials *4
        09:01 desk-1 logs out      desk-2 logs in tom   admin asks hunt
        09:02 desk-9 dials 1001
        ",
        expect![[r#"
            09:00 desk-1 becomes tom, reads "Logged in: 1001 Tom", hears "Logged in: 1001 Tom", hears "Not ready: hunt calls pass 1001 by"
            09:01 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:01 desk-2 becomes tom, reads "Logged in: 1001 Tom", hears "Logged in: 1001 Tom"
            09:01 admin reads: sales: 1001 not ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-9 hears 486 Busy"#]],
    );
}

/// A number that two people have at their first button stays in the group while one of them is there.
#[test]
fn a_shared_number_stays_in_its_group_while_somebody_has_it() {
    check(
        "rules: HG-6",
        "
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, lines 2000 1001, class agents   ben: 1002, pin 2222, lines 2000 1002
        desk-1: guest 9001   desk-2: guest 9002
        sales: hunt group, sequential, pilot 4200, list *, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-1 dials *3   admin asks hunt
        09:01 desk-1 logs out      admin asks hunt
        09:02 desk-2 logs out      admin asks hunt
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-1 hears "Joined sales"
            09:00 admin reads: sales: 2000 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:01 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:01 admin reads: sales: 2000 ready; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s
            09:02 desk-2 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 admin reads: sales: ; 0 wait; 0 calls, 0 offered, 0 answered, 0 missed, 0 abandoned, 0 passed on, talked 0 s"#]],
    );
}
