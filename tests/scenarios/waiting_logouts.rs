//! Logouts that wait, or are refused: who hears of it, what is written, and what somebody else makes of it meanwhile.

use expect_test::expect;

use crate::support::play::check;

/// Whoever asks second is heard, and changes nothing: neither what is shown, nor why it happens in the end.
#[test]
fn the_first_to_decide_on_a_logout_that_waits_is_its_cause() {
    check(
        "rules: OUT-2, TOD-3, SES-12",
        "
        logout at 19:00   warning 0s
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        18:00 desk-1 logs in alice   18:50 desk-1 dials 9002   desk-2 answers
        19:01 desk-1 logs out        19:02 admin logs out alice   admin asks who
        19:05 desk-2 hangs up
        ",
        expect![[r#"
            18:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:50 desk-2 rings (from 2001 Alice)
            18:50 desk-1 hears it ring, talks with desk-2
            19:00 desk-1 reads "Logout when the call ends: the building's logout time"
            19:01 desk-1 reads "Logout when the call ends: the building's logout time", hears "Logged out when the call ends"
            19:02 admin hears "alice: desk-1 is in use: logged out when it is idle"
            19:02 desk-1 reads "Logout when the call ends: the building's logout time"
            19:02 admin reads: alice (2001 Alice) at desk-1 since 18:00, last used 19:01 (a call attempt), next logout 19:00 (schedule), leaving (schedule), in a call
            19:05 desk-1 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time""#]],
    );
}

#[test]
fn a_logout_that_is_refused_is_written_down() {
    check(
        "rules: OUT-3, OUT-5, SES-12",
        "
        show events
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 2001      desk-1 logs out   desk-2 dials *132001
        ",
        expect![[r#"
            09:00 event logged-in - alice desk-1 Code: alice logged in at desk-1
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 event logged-in - bob desk-2 Code: bob logged in at desk-2
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 rings (from 9003 Lobby)
            09:01 desk-3 hears it ring
            09:01 event logout-refused - alice desk-1 Code: Logout of alice at desk-1 refused: A call is ringing. Answer or decline it first
            09:01 desk-1 hears 403 A call is ringing. Answer or decline it first
            09:01 event logout-refused - alice desk-1 Code: Logout of alice at desk-1 refused: desk-1 is in use
            09:01 desk-2 hears 403 desk-1 is in use"#]],
    );
}

/// Where one of the phones is in use nobody is logged out by halves.
#[test]
fn whoever_is_at_two_phones_leaves_both_or_none() {
    check(
        "rules: OUT-5, SES-2",
        "
        second login allow
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 logs in alice   desk-3 logs in alice   desk-2 logs in bob
        09:01 desk-3 dials 9004      desk-4 answers
        09:02 desk-2 dials *132001   admin asks who
        09:03 desk-4 hangs up
        09:04 desk-2 dials *132001   admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-3 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-4 rings (from 2001 Alice)
            09:01 desk-3 hears it ring, talks with desk-4
            09:02 desk-2 hears 403 desk-3 is in use
            09:02 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login)
            09:02 admin reads: alice (2001 Alice) at desk-3 since 09:00, last used 09:01 (a call attempt), in a call
            09:02 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:02 (a call attempt)
            09:03 desk-3 hears "The other party hung up"
            09:04 desk-1 becomes lobby (remote)
            09:04 desk-3 becomes lobby (remote)
            09:04 desk-1 reads "Logged out from another phone"
            09:04 desk-3 reads "Logged out from another phone"
            09:04 desk-2 hears "2001 is logged out"
            09:04 admin reads: bob (2002 Bob) at desk-2 since 09:00, last used 09:04 (a call attempt)"#]],
    );
}

/// An exemption keeps automatic logouts away; the hold after a call for help keeps everybody else away, too. Minutes are
/// rounded up, so that nobody comes too early.
#[test]
fn who_is_exempt_and_called_for_help_is_not_logged_out_from_afar() {
    check(
        "rules: EMG-1, EXM-1",
        "
        emergency 112 rings desk-9
        alice: 2001, pin 1111, exempt   bob: 2002, pin 2222
        desk-1: guest 9001, in room 12   desk-2: guest 9002   desk-9: guest 9009
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:05 desk-1 dials 112       desk-9 answers   09:06 desk-1 hangs up
        09:10:10 admin logs out alice
        09:34:40 desk-2 dials *132001
        09:35:00 admin logs out alice
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:05 desk-9 rings (from 2001 Alice)
            09:05 desk-1 hears it ring, talks with desk-9
            09:06 desk-9 hears "The other party hung up"
            09:10:10 admin hears no: "An emergency call was made at desk-1: no logout for 25 min"
            09:34:40 desk-2 hears 403 An emergency call was made at desk-1: no logout for 1 min
            09:35 admin hears "alice: logged out at desk-1"
            09:35 desk-1 becomes lobby (admin), reads "Logged out by the administrator""#]],
    );
}

/// The hold is for those who would be logged out. Who wants to go may go, as soon as the call is over.
#[test]
fn who_asks_to_leave_during_a_call_for_help_leaves_when_it_ends() {
    check(
        "rules: EMG-1, OUT-2",
        "
        emergency 112 rings desk-9
        alice: 2001, pin 1111   desk-1: guest 9001, in room 12   desk-9: guest 9009
        09:00 desk-1 logs in alice
        09:05 desk-1 dials 112       desk-9 answers
        09:06 desk-1 logs out        admin explains alice
        09:07 desk-9 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:05 desk-9 rings (from 2001 Alice)
            09:05 desk-1 hears it ring, talks with desk-9
            09:06 desk-1 reads "Logout when the call ends. Stay: log in again", hears "Logged out when the call ends"
            09:06 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:06 admin reads: desk-1 was last used at 2026-05-05 09:06:00, as a call attempt showed.
            09:06 admin reads: alice will be logged out (user) as soon as desk-1 is idle; that was decided at 2026-05-05 09:06:00.
            09:07 desk-1 becomes lobby (user), hears "The other party hung up", reads "Logged out""#]],
    );
}

/// A job waits for the hold after a call for help, which is what the phone says. When it is cancelled the other limits
/// hold again.
#[test]
fn who_stays_because_a_job_was_cancelled_is_idle_as_before() {
    check(
        "rules: TOD-3, IDL-2, EMG-1",
        "
        emergency 112 rings desk-9   job evening: daily at 19:00   warning 0s
        alice: 2001, pin 1111, idle limit 1h   desk-1: guest 9001, in room 12   desk-9: guest 9009
        18:50 desk-1 logs in alice   desk-1 dials 112   desk-9 answers   desk-9 hangs up
        19:05 admin asks who         admin cancels evening
        20:00 admin asks who
        ",
        expect![[r#"
            18:50 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            18:50 desk-9 rings (from 2001 Alice)
            18:50 desk-1 hears it ring, talks with desk-9, hears "The other party hung up"
            19:00 desk-1 reads "Logout later, help may call back: the building's logout time"
            19:05 admin reads: alice (2001 Alice) at desk-1 since 18:50, last used 18:50 (the end of a call), next logout 19:50 (idle), leaving (schedule), hears "evening is cancelled: 1 stay logged in"
            19:05 desk-1 reads "You stay logged in"
            19:50 desk-1 becomes lobby (idle), reads "Logged out: not used"
            20:00 admin reads: nobody"#]],
    );
}

/// Nobody who was not there has stayed.
#[test]
fn a_softphone_that_comes_back_in_its_call_goes_on_and_nobody_is_told() {
    check(
        "rules: SES-17, TOD-3",
        "
        show events
        alice: 2001, pin 1111, softphone counts   app: softphone of alice   desk-2: guest 9002
        09:00 app dials 9002         desk-2 answers
        09:01 app unregisters        09:02 app comes back
        09:03 desk-2 hangs up
        09:04 admin asks who
        ",
        expect![[r#"
            08:59 event logged-in - alice alice Registration: alice logged in at alice
            08:59 alice becomes alice
            08:59 app reads "Logged in: 2001 Alice"
            09:00 desk-2 rings (from 2001 Alice)
            09:00 app hears it ring, talks with desk-2
            09:01 event logout-deferred unregistered alice alice Registration: alice will be logged out at alice when it is idle
            09:03 app hears "The other party hung up"
            09:04 admin reads: alice (2001 Alice) at alice since 08:59, last used 09:03 (the end of a call)"#]],
    );
}

#[test]
fn a_longer_limit_takes_the_warning_back_and_warns_again() {
    check(
        "rules: IDL-6, SES-13",
        "
        alice: 2001, pin 1111, idle limit 10m   desk-1: guest 9001
        09:00 desk-1 logs in alice
        09:09:30 site: alice: idle limit 20m
        until 09:21
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:09 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:19 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:20 desk-1 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}
