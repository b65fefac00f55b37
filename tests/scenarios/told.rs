//! Phones that are told to read their files again, or to start anew.

use expect_test::expect;

use crate::support::play::{check, check_over_sccp};

#[test]
fn phones_that_read_files_are_told_when_somebody_comes_or_goes() {
    check(
        "rules: SES-1, SES-7",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001, made by cisco      desk-2: guest 9002, made by yealink
        desk-3: guest 9003, made by poly       desk-4: guest 9004, made by linphone
        desk-5: guest 9005
        09:00 desk-1 logs in alice   09:01 desk-2 logs in alice   09:02 desk-3 logs in bob
        09:03 admin logs out bob     09:04 desk-4 logs in bob     09:05 desk-5 logs in bob
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:01 desk-1 is told: check-version
            09:01 desk-1 becomes lobby (moved)
            09:01 desk-2 becomes alice
            09:01 desk-1 reads "Logged out: logged in at desk-2", is told: check-version
            09:01 desk-2 reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01:01 desk-2 is told: check-sync;reboot=false
            09:02 desk-3 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:02:01 desk-3 is told: check-sync
            09:03 admin hears "bob: logged out at desk-3"
            09:03 desk-3 becomes lobby (admin), reads "Logged out by the administrator", is told: check-sync
            09:04 desk-4 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:05 desk-4 becomes lobby (moved)
            09:05 desk-5 becomes bob
            09:05 desk-4 reads "Logged out: logged in at desk-5"
            09:05 desk-5 reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob""#]],
    );
}

#[test]
fn a_phone_in_a_call_is_told_when_it_has_hung_up() {
    check(
        "rules: SES-6, SES-13",
        "
        alice: 2001, pin 1111, idle limit 30m
        desk-1: guest 9001, made by yealink   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers   admin logs in alice at desk-1
        09:05 admin restarts desk-1   admin resets desk-1
        09:10 desk-2 hangs up
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:00 admin hears "Logged in: 2001 Alice"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice"
            09:05 admin hears "desk-1 is in use: told to start anew when it is idle", hears "desk-1 is in use: told to start anew when it is idle"
            09:10 desk-1 hears "The other party hung up", is told: check-sync;reboot=true"#]],
    );
}

#[test]
fn a_phone_that_knows_nothing_of_it_is_told_once_for_each_registration() {
    check(
        "rules: SES-7",
        "
        alice: 2001, pin 1111   desk-1: guest 9001, made by snom, takes no NOTIFY
        09:00 desk-1 logs in alice   09:01 desk-1 logs out   09:02 desk-1 logs in alice
        09:03 admin resets desk-1
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:01 desk-1 does not know what it is told
            09:01 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:03 admin hears "desk-1 is told to start anew""#]],
    );
}

#[test]
fn a_phone_that_was_away_is_told_when_it_is_back() {
    check(
        "rules: SES-7",
        "
        alice: 2001, pin 1111   desk-1: guest 9001, made by grandstream
        09:00 desk-1 logs in alice   desk-1 unregisters   09:01 admin logs out alice
        09:02 admin resets desk-1    09:10 desk-1 comes back
        09:11 admin resets desk-9
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 admin hears "alice: logged out at desk-1"
            09:01 desk-1 becomes lobby (admin)
            09:02 admin hears no: "desk-1 is not registered"
            09:10 desk-1 is told: check-sync
            09:11 admin hears no: "There is no phone desk-9""#]],
    );
}

#[test]
fn a_change_of_the_site_tells_the_phones_that_it_touches_and_no_others() {
    check(
        "rules: SES-13, TOD-3",
        "
        logouts 2/s
        alice: 2001, pin 1111
        desk-1: guest 9001, made by yealink   desk-2: guest 9002, made by yealink
        desk-3: guest 9003, made by yealink   desk-4: guest 9004, made by yealink
        desk-5: guest 9005, made by yealink
        09:00 desk-4 logs in alice
        09:10 site: alice: named Alicia     09:20 site: desk-1: in the lobby
        09:30 site: logouts 2/s             09:40 site: lobby: named Reception
        until 09:41
        ",
        expect![[r#"
            09:00 desk-4 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00:01 desk-4 is told: check-sync;reboot=false
            09:10 desk-4 is told: check-sync;reboot=false
            09:20 desk-1 is told: check-sync;reboot=false
            09:40 desk-1 is told: check-sync;reboot=false
            09:40 desk-2 is told: check-sync;reboot=false
            09:40:01 desk-3 is told: check-sync;reboot=false
            09:40:01 desk-5 is told: check-sync;reboot=false"#]],
    );
}

#[test]
fn an_sccp_phone_starts_anew_when_it_is_told_to() {
    check_over_sccp(
        "rules: SES-7",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   09:01 desk-1 dials 9002   desk-2 answers
        09:02 admin restarts desk-1  09:03 desk-1 hangs up     09:05 admin resets desk-1
        until 09:07
        09:07 admin asks who
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01 desk-2 rings (from 2001 Alice)
            09:01 desk-1 hears it ring, talks with desk-2
            09:02 admin hears "desk-1 is in use: told to start anew when it is idle"
            09:03 desk-2 hears the end
            09:05 admin hears "desk-1 is told to start anew"
            09:07 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:03 (going on hook)"#]],
    );
}
