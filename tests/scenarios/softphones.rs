//! Softphones that register as the user itself: beside the desk, or in its place.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_companion_rings_along_and_takes_nothing_from_the_desk() {
    check(
        "rules: SES-17, CAL-1",
        "
        alice: 2001, pin 1111   app: softphone of alice   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice
        09:01 desk-2 dials 2001   09:01:05 app answers    09:01:10 desk-2 hangs up
        09:02 desk-2 dials 2001   09:02:05 desk-1 answers   09:02:10 desk-2 hangs up
        09:03 admin asks who   admin explains alice
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 app rings (from 9002 Lobby)
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01:05 desk-1 stops ringing (answered elsewhere)
            09:01:05 desk-2 talks with app
            09:01:10 app hears "The other party hung up"
            09:02 app rings (from 9002 Lobby)
            09:02 desk-1 rings (from 9002 Lobby)
            09:02 desk-2 hears it ring
            09:02:05 app stops ringing (answered elsewhere)
            09:02:05 desk-2 talks with desk-1
            09:02:10 desk-1 hears "The other party hung up"
            09:03 admin reads: alice (2001 Alice) at alice since 08:59, last used 09:01:10 (the end of a call)
            09:03 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:02:10 (the end of a call)
            09:03 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:03 admin reads: desk-1 was last used at 2026-05-05 09:02:10, as the end of a call showed.
            09:03 admin reads: Nothing logs alice out automatically here.
            09:03 admin reads: The softphone of alice has been registered since 2026-05-05 08:59:00: it rings along, and nothing logs it out."#]],
    );
}

#[test]
fn with_nobody_at_a_desk_the_number_is_where_the_softphone_is() {
    check(
        "rules: SES-17, OUT-7",
        "
        alice: 2001, pin 1111   app: softphone of 2001   desk-2: guest 9002
        09:00 desk-2 dials 2001   app answers   09:00:10 app hangs up
        09:01 app unregisters
        09:02 desk-2 dials 2001   admin asks who   admin explains alice
        09:03 app comes back
        09:04 desk-2 dials 2001   app answers   09:04:10 desk-2 hangs up
        ",
        expect![[r#"
            09:00 app rings (from 9002 Lobby)
            09:00 desk-2 hears it ring, talks with app
            09:00:10 desk-2 hears "The other party hung up"
            09:02 desk-2 hears 480 Nobody is logged in with that number
            09:02 admin reads: nobody
            09:02 admin reads: alice is logged in nowhere.
            09:02 admin reads: The softphone of alice is not registered.
            09:04 app rings (from 9002 Lobby)
            09:04 desk-2 hears it ring, talks with app
            09:04:10 app hears "The other party hung up""#]],
    );
}

#[test]
fn what_a_companion_calls_it_calls_as_the_user() {
    check(
        "rules: SES-17, CAL-1",
        "
        class inside: call users, login
        alice: 2001, pin 1111, class inside   app: softphone of alice
        bob: 2002, pin 2222   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 app dials 2002   desk-2 answers   09:01:05 app hangs up
        09:02 app dials 9001
        09:03 app dials 2001   desk-1 answers   09:03:05 desk-1 hangs up
        09:04 desk-1 dials 2001   app answers   09:04:05 desk-1 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 app hears it ring, talks with desk-2
            09:01:05 desk-2 hears "The other party hung up"
            09:02 app hears 403 Not allowed from this phone
            09:03 desk-1 rings (from 2001 Alice)
            09:03 app hears it ring, talks with desk-1
            09:03:05 app hears "The other party hung up"
            09:04 app rings (from 2001 Alice)
            09:04 desk-1 hears it ring, talks with app
            09:04:05 app hears "The other party hung up""#]],
    );
}

#[test]
fn nothing_logs_a_companion_out() {
    check(
        "rules: SES-17, IDL-2, OUT-5, TOD-1",
        "
        alice: 2001, pin 1111, idle limit 5m   app: softphone of alice   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   logout at 09:30
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-2 dials *132001
        09:02 desk-2 dials 2001   app answers   09:02:05 app hangs up
        09:03 app dials *12
        09:04 admin logs out alice
        09:31 desk-2 dials 2001   app answers   09:31:05 app hangs up
        admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 becomes lobby (remote), reads "Logged out from another phone"
            09:01 desk-2 hears "2001 is logged out"
            09:02 app rings (from 2002 Bob)
            09:02 desk-2 hears it ring, talks with app
            09:02:05 desk-2 hears "The other party hung up"
            09:03 app hears 403 Nobody is logged in at this phone
            09:04 admin hears no: "alice is logged in nowhere"
            09:29 desk-2 reads "Logout in 60 s: the building's logout time."
            09:30 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            09:31 app rings (from 9002 Lobby)
            09:31 desk-2 hears it ring, talks with app
            09:31:05 desk-2 hears "The other party hung up"
            09:31:05 admin reads: alice (2001 Alice) at alice since 08:59, last used 09:31:05 (the end of a call)"#]],
    );
}

#[test]
fn nobody_else_logs_in_at_a_softphone() {
    check(
        "rules: SES-17, SES-3",
        "
        alice: 2001, pin 1111   app: softphone of alice   bob: 2002, pin 2222
        09:00 app dials *11*2002*2222#
        09:01 app logs in alice
        09:02 admin logs in bob at alice
        09:03 admin asks who   admin asks locks
        ",
        expect![[r#"
            09:00 app hears 403 A softphone is its user's: it logs in by registering
            09:01 app hears 403 A softphone is its user's: it logs in by registering
            09:02 admin hears no: "A softphone is its user's: it logs in by registering"
            09:03 admin reads: alice (2001 Alice) at alice since 08:59, last used 09:01 (a call attempt)
            09:03 admin reads: nobody"#]],
    );
}

#[test]
fn one_that_counts_as_the_phone_logs_in_by_registering() {
    check(
        "rules: SES-17, SES-2, SES-12",
        "
        alice: 2001, pin 1111, softphone counts   app: softphone of alice
        desk-1: guest 9001   desk-2: guest 9002   show events
        09:00 admin asks who   admin explains alice
        09:01 desk-2 dials 2001   app answers   09:01:05 app hangs up
        09:02 desk-1 logs in alice
        09:03 desk-2 dials 2001   desk-1 answers   09:03:05 desk-1 hangs up
        09:04 app dials 9002   admin explains alice
        09:05 app unregisters
        09:06 app comes back
        09:07 desk-2 dials 2001   app answers   09:07:05 app hangs up
        09:08 app unregisters
        09:09 desk-2 dials 2001   admin explains alice
        ",
        expect![[r#"
            08:59 event logged-in - alice alice Registration: alice logged in at alice
            08:59 alice becomes alice
            08:59 app reads "Logged in: 2001 Alice"
            09:00 admin reads: alice (2001 Alice) at alice since 08:59, last used 08:59 (the login)
            09:00 admin reads: alice has been logged in at alice since 2026-05-05 08:59:00.
            09:00 admin reads: alice was last used at 2026-05-05 08:59:00, as the login showed.
            09:00 admin reads: Nothing logs alice out automatically here.
            09:00 admin reads: The softphone of alice has been registered since 2026-05-05 08:59:00.
            09:01 app rings (from 9002 Lobby)
            09:01 desk-2 hears it ring, talks with app
            09:01:05 desk-2 hears "The other party hung up"
            09:02 event logged-out moved alice alice Code: alice logged in at desk-1, and so out at alice
            09:02 alice becomes nothing (moved)
            09:02 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:02 desk-1 becomes alice
            09:02 app reads "Logged out: logged in at desk-1"
            09:02 desk-1 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:03 desk-1 rings (from 9002 Lobby)
            09:03 desk-2 hears it ring, talks with desk-1
            09:03:05 desk-2 hears "The other party hung up"
            09:04 app hears 403 Not allowed from this phone
            09:04 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:02:00.
            09:04 admin reads: desk-1 was last used at 2026-05-05 09:03:05, as the end of a call showed.
            09:04 admin reads: Nothing logs alice out automatically here.
            09:04 admin reads: The softphone of alice has been registered since 2026-05-05 08:59:00, but is logged out: it gets calls again when it registers anew.
            09:04 admin reads: The last logout at alice was at 2026-05-05 09:02:00: alice (moved: the user logged in elsewhere; by code); last used at 2026-05-05 09:01:05, as the end of a call showed.
            09:06 event logged-out moved alice desk-1 Registration: alice logged in at alice, and so out at desk-1
            09:06 desk-1 becomes lobby (moved)
            09:06 event logged-in - alice alice Registration: alice logged in at alice
            09:06 alice becomes alice
            09:06 desk-1 reads "Logged out: logged in at alice"
            09:06 app reads "Logged in: 2001 Alice"
            09:07 app rings (from 9002 Lobby)
            09:07 desk-2 hears it ring, talks with app
            09:07:05 desk-2 hears "The other party hung up"
            09:08 event logged-out unregistered alice alice Registration: alice logged out at alice (unregistered)
            09:08 alice becomes nothing (unregistered)
            09:09 desk-2 hears 480 Nobody is logged in with that number
            09:09 admin reads: alice is logged in nowhere.
            09:09 admin reads: The softphone of alice is not registered.
            09:09 admin reads: The last logout at alice was at 2026-05-05 09:08:00: alice (unregistered: the softphone unregistered, or was not heard of any more; by registering); last used at 2026-05-05 09:07:05, as the end of a call showed."#]],
    );
}

#[test]
fn one_that_is_not_heard_of_any_more_is_logged_out() {
    check(
        "rules: SES-17, SES-12",
        "
        alice: 2001, pin 1111, softphone counts   app: softphone of alice   desk-2: guest 9002
        09:00 app vanishes
        09:59 admin asks who
        10:00 admin asks who   desk-2 dials 2001
        ",
        expect![[r#"
            08:59 alice becomes alice
            08:59 app reads "Logged in: 2001 Alice"
            09:59 admin reads: alice (2001 Alice) at alice since 08:59, last used 08:59 (the login)
            09:59:01 alice becomes nothing (unregistered)
            10:00 admin reads: nobody
            10:00 desk-2 hears 480 Nobody is logged in with that number"#]],
    );
}

#[test]
fn a_call_is_not_cut_when_the_registration_ends() {
    check(
        "rules: SES-17, TOD-3",
        "
        alice: 2001, pin 1111, softphone counts   app: softphone of alice   desk-2: guest 9002
        09:00 app dials 9002   desk-2 answers
        09:01 app unregisters
        09:02 admin asks who
        09:03 desk-2 hangs up
        09:04 admin asks who
        ",
        expect![[r#"
            08:59 alice becomes alice
            08:59 app reads "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 app hears it ring, talks with desk-2
            09:02 admin reads: alice (2001 Alice) at alice since 08:59, last used 09:00 (a call attempt), leaving (unregistered), in a call
            09:03 alice becomes nothing (unregistered)
            09:03 app hears "The other party hung up"
            09:04 admin reads: nobody"#]],
    );
}

#[test]
fn a_second_login_policy_holds_for_softphones_too() {
    check(
        "rules: SES-17, SES-2",
        "
        alice: 2001, pin 1111, softphone counts, second login refuse   app: softphone of alice
        bob: 2002, pin 2222, softphone counts, second login allow   bobs: softphone of bob
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2002   bobs answers   09:01:05 bobs hangs up
        09:02 app unregisters
        09:03 desk-1 logs in alice
        09:04 app comes back
        09:05 desk-3 dials 2001   desk-1 answers   09:05:05 desk-3 hangs up
        ",
        expect![[r#"
            08:59 alice becomes alice
            08:59 bob becomes bob
            08:59 app reads "Logged in: 2001 Alice"
            08:59 bobs reads "Logged in: 2002 Bob"
            09:00 desk-1 hears 403 You are logged in at alice. Log out there first
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 bobs rings (from 9003 Lobby)
            09:01 desk-2 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 desk-2 stops ringing (answered elsewhere)
            09:01 desk-3 talks with bobs
            09:01:05 desk-3 hears "The other party hung up"
            09:02 alice becomes nothing (unregistered)
            09:03 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:04 desk-1 reads "Not logged in at alice: You are logged in at desk-1. Log out there first"
            09:05 desk-1 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring, talks with desk-1
            09:05:05 desk-1 hears "The other party hung up""#]],
    );
}

#[test]
fn a_softphone_that_registers_waits_for_a_call_at_the_desk() {
    check(
        "rules: SES-17, SES-2",
        "
        alice: 2001, pin 1111, softphone counts   app: softphone of alice
        desk-1: guest 9001   desk-2: guest 9002
        09:00 app unregisters
        09:01 desk-1 logs in alice
        09:02 desk-1 dials 9002   desk-2 answers
        09:03 app comes back
        09:03:30 desk-2 hangs up
        09:04 desk-2 dials 2001   app answers   09:04:05 app hangs up
        ",
        expect![[r#"
            08:59 alice becomes alice
            08:59 app reads "Logged in: 2001 Alice"
            09:00 alice becomes nothing (unregistered)
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 desk-2 rings (from 2001 Alice)
            09:02 desk-1 hears it ring, talks with desk-2
            09:03:30 desk-1 becomes lobby (moved)
            09:03:30 alice becomes alice
            09:03:30 desk-1 hears "The other party hung up", reads "Logged out: logged in at alice"
            09:03:30 app reads "Logged in: 2001 Alice"
            09:04 app rings (from 9002 Lobby)
            09:04 desk-2 hears it ring, talks with app
            09:04:05 desk-2 hears "The other party hung up""#]],
    );
}

#[test]
fn a_restart_brings_companions_back_and_moves_nobody() {
    check(
        "rules: SES-17, IDL-5",
        "
        alice: 2001, pin 1111   app: softphone of alice
        bob: 2002, pin 2222, softphone counts   bobs: softphone of bob
        carol: 2003, pin 3333, softphone counts   carols: softphone of carol
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in bob
        09:01 carols vanishes   09:58 server stops
        10:02 server starts
        10:03 desk-2 dials 2001   app answers   10:03:05 app hangs up
        10:04 desk-2 dials 2002   desk-1 answers   10:04:05 desk-1 hangs up
        10:05 admin asks who
        ",
        expect![[r#"
            08:59 bob becomes bob
            08:59 carol becomes carol
            08:59 bobs reads "Logged in: 2002 Bob"
            08:59 carols reads "Logged in: 2003 Carol"
            09:00 bob becomes nothing (moved)
            09:00 desk-1 becomes bob
            09:00 bobs reads "Logged out: logged in at desk-1"
            09:00 desk-1 reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            10:03 carol becomes nothing (unregistered)
            10:03 app rings (from 9002 Lobby)
            10:03 desk-2 hears it ring, talks with app
            10:03:05 desk-2 hears "The other party hung up"
            10:04 desk-1 rings (from 9002 Lobby)
            10:04 desk-2 hears it ring, talks with desk-1
            10:04:05 desk-2 hears "The other party hung up"
            10:05 admin reads: alice (2001 Alice) at alice since 10:02, last used 10:03:05 (the end of a call)
            10:05 admin reads: bob (2002 Bob) at desk-1 since 09:00, last used 10:04:05 (the end of a call)"#]],
    );
}

#[test]
fn another_profile_makes_a_softphone_something_else() {
    check(
        "rules: SES-17, SES-13",
        "
        alice: 2001, pin 1111   app: softphone of alice   desk-2: guest 9002
        09:00 site: alice softphone counts
        09:01 admin asks who
        09:02 site: alice softphone is companion
        09:03 admin asks who   desk-2 dials 2001   app answers   09:03:05 app hangs up
        09:04 site: alice no softphone
        09:05 admin asks who   desk-2 dials 2001
        ",
        expect![[r#"
            09:00 alice becomes alice
            09:00 app reads "Logged in: 2001 Alice"
            09:01 admin reads: alice (2001 Alice) at alice since 09:00, last used 09:00 (the login)
            09:02 alice becomes nothing (admin)
            09:02 app reads "Logged out by the administrator"
            09:03 admin reads: alice (2001 Alice) at alice since 08:59, last used 08:59 (the login)
            09:03 app rings (from 9002 Lobby)
            09:03 desk-2 hears it ring, talks with app
            09:03:05 desk-2 hears "The other party hung up"
            09:05 admin reads: nobody
            09:05 desk-2 hears 480 Nobody is logged in with that number"#]],
    );
}

#[test]
fn an_emergency_call_from_a_softphone_says_that_nobody_knows_where_it_is() {
    check(
        "rules: SES-17, EMG-1, SES-10",
        "
        alice: 2001, pin 1111   app: softphone of alice   desk-8: guest 9008, in Lobby
        class nobody: nothing   bob: 2002, softphone counts, class nobody   bobs: softphone of bob
        desk-1: guest 9001   emergency 112 rings desk-8   show events
        09:00 app dials 112   desk-8 answers   09:00:05 app hangs up
        09:01 desk-1 logs in bob with 0000
        09:02 app unregisters
        09:03 bobs dials 112   desk-8 answers   09:03:05 bobs hangs up
        09:04 bobs unregisters
        09:20 admin asks who
        09:35 admin asks who
        ",
        expect![[r#"
            08:59 event logged-in - bob bob Registration: bob logged in at bob
            08:59 bob becomes bob
            08:59 bobs reads "Logged in: 2002 Bob"
            09:00 event emergency-called - alice alice Code: Emergency call to 112 from alice (softphone of Alice, location unknown)
            09:00 desk-8 rings (from 2001 Alice)
            09:00 app hears it ring, talks with desk-8
            09:00:05 desk-8 hears "The other party hung up"
            09:01 event login-refused - bob desk-1 Code: Login at desk-1 refused: wrong PIN
            09:01 desk-1 hears 403 Login refused
            09:03 event emergency-called - bob bob Code: Emergency call to 112 from bob (softphone of Bob, location unknown)
            09:03 desk-8 rings (from 2002 Bob)
            09:03 bobs hears it ring, talks with desk-8
            09:03:05 desk-8 hears "The other party hung up"
            09:04 event logout-deferred unregistered bob bob Registration: bob will be logged out at bob when it is idle
            09:20 admin reads: bob (2002 Bob) at bob since 08:59, last used 09:03:05 (the end of a call), leaving (unregistered)
            09:33 event logged-out unregistered bob bob Registration: bob logged out at bob (unregistered)
            09:33 bob becomes nothing (unregistered)
            09:35 admin reads: nobody"#]],
    );
}
