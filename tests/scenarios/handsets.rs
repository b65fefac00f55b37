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
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00:01 desk-1 is told: check-version
            09:00:01 desk-2 is told: check-sync
            09:25 desk-2 is told of its line: active;expires=15
            09:25:05 desk-2 is told of its line: terminated;reason=timeout
            09:25:05 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:20:05 (going on hook), next logout 09:50:05 (idle)
            09:25:05 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:25:05 (going on hook), next logout 09:55:05 (idle)
            09:49:05 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:50:05 desk-1 becomes lobby (idle), reads "Logged out: not used", is told: check-version
            09:54:05 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:55:05 desk-2 becomes lobby (idle), reads "Logged out: not used", is told: check-sync"#]],
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
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:01 desk-1 is told: check-version
            09:01 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01:01 desk-2 is told: check-sync;reboot=false
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:40 admin hears "alice: desk-1 is in use: logged out when it is idle"
            09:40 desk-1 reads "Logout when the call ends: by the administrator"
            09:40:20 desk-1 becomes lobby (admin), reads "Logged out by the administrator", is told: check-version
            09:50 desk-2 is told of its line: active;expires=15
            09:50 admin hears "bob: desk-2 is in use: logged out when it is idle"
            09:50 desk-2 reads "Logout when the call ends: by the administrator"
            09:50:10 desk-2 becomes lobby (admin), is told of its line: terminated;reason=timeout, reads "Logged out by the administrator", is told: check-sync;reboot=false"#]],
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
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:01 desk-1 is told: check-version
            09:39 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:40 desk-1 becomes lobby (idle), reads "Logged out: not used", is told: check-version"#]],
    );
}

#[test]
fn a_call_that_begins_with_the_handset_ends_with_it() {
    check_over_sip(
        "rules: IDL-1, IDL-2, IDL-7",
        "
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222
        desk-1: guest 9001, made by cisco   desk-2: guest 9002, made by snom, shares its line
        desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 desk-1 goes off hook   09:10:05 desk-1 dials 9003   desk-3 answers
        09:50 desk-1 hangs up        09:50:02 desk-1 goes on hook   admin asks who
        09:51 desk-2 goes off hook   09:51:05 desk-2 dials 9003   desk-3 answers
        09:55 admin logs out bob     09:58 desk-2 hangs up       desk-2 goes on hook
        until 10:21
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00:01 desk-1 is told: check-version
            09:00:01 desk-2 is told: check-sync;reboot=false
            09:10:05 desk-3 rings (from 2001 Alice)
            09:10:05 desk-1 hears it ring, talks with desk-3
            09:50 desk-3 hears "The other party hung up"
            09:50:02 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:50:02 (going on hook), next logout 10:20:02 (idle)
            09:50:02 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:00 (the login)
            09:51 desk-2 is told of its line: active;expires=15
            09:51:05 desk-2 is told of its line: terminated;reason=timeout
            09:51:05 desk-3 rings (from 2002 Bob)
            09:51:05 desk-2 hears it ring, talks with desk-3
            09:55 admin hears "bob: desk-2 is in use: logged out when it is idle"
            09:55 desk-2 reads "Logout when the call ends: by the administrator"
            09:58 desk-2 becomes lobby (admin)
            09:58 desk-3 hears "The other party hung up"
            09:58 desk-2 reads "Logged out by the administrator", is told: check-sync;reboot=false
            10:19:02 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            10:20:02 desk-1 becomes lobby (idle), reads "Logged out: not used", is told: check-version"#]],
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
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 desk-1 is told of its line: active;expires=15
            09:10:05 admin hears "alice: desk-1 is in use: logged out when it is idle"
            09:10:05 desk-1 reads "Logout when the call ends: by the administrator"
            09:10:15 desk-1 becomes lobby (admin), is told of its line: terminated;reason=timeout, reads "Logged out by the administrator"
            09:11 desk-1 is told of its line: active;expires=15"#]],
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
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:01 desk-1 is told: check-version
            09:10 admin hears "alice: desk-1 is in use: logged out when it is idle"
            09:10 desk-1 reads "Logout when the call ends: by the administrator"
            09:10:10 desk-1 becomes lobby (admin)
            09:10:30 desk-1 is told: check-version
            09:11 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:11:01 desk-1 is told: check-version
            09:12 admin hears "alice: logged out at desk-1"
            09:12 desk-1 becomes lobby (admin), reads "Logged out by the administrator", is told: check-version"#]],
    );
}
