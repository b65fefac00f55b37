//! Commit, then act: what a phone was told is stored, and what is not stored was never so.

use expect_test::expect;

use crate::support::play::{check, check_otherwise};

#[test]
fn nobody_is_told_what_the_store_could_forget() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 store takes 3s   desk-1 logs in alice
        09:00:02 desk-2 dials 2001
        09:01 desk-1 logs out
        ",
        expect![[r#"
            09:00:02 desk-2 hears 480 Nobody is logged in with that number
            09:00:03 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn a_phone_is_told_things_in_order_and_others_do_not_wait_for_its_store() {
    check_otherwise(
        "rules: SES-1",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        alice: 2001, pin 1111
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        09:00 desk-1 logs in alice
        09:01 store takes 5s      desk-1 logs out
        09:01:01 desk-2 dials 9001   desk-3 dials 9004
        09:01:06 desk-1 answers
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01:01 desk-4 rings (from 9003 Lobby)
            09:01:01 desk-3 hears it ring
            09:01:05 desk-1 becomes lobby (user), reads "Logged out", rings (from 9002 Lobby), hears "Logged out"
            09:01:05 desk-2 hears it ring
            09:01:06 desk-2 talks with desk-1"#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:01:01 desk-4 rings (from 9003 Lobby)
            09:01:01 desk-3 hears it ring
            09:01:05 desk-1 becomes lobby (user), reads "Resetting...", rings (from 9002 Lobby)
            09:01:05 desk-2 hears it ring
            09:01:05 desk-1 hears "Logged out"
            09:01:06 desk-2 talks with desk-1"#]],
    );
}

#[test]
fn a_login_that_was_not_stored_never_was() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 store takes 5s   desk-1 logs in alice   desk-1 hangs up
        09:00:02 server dies   server starts
        09:01 desk-2 dials 2001   admin asks who
        ",
        expect![[r#"
            09:01 desk-2 hears 480 Nobody is logged in with that number
            09:01 admin reads: nobody"#]],
    );
}

#[test]
fn a_login_that_was_stored_stands_though_nobody_was_told() {
    check_otherwise(
        "rules: SES-1",
        "
        otherwise over SCCP: a phone that registers shows who is logged in
        alice: 2001, pin 1111   desk-1: guest 9001   desk-2: guest 9002
        09:00 store takes 5s   desk-1 logs in alice   desk-1 hangs up
        09:00:02 server dies after the write   server starts
        09:01 desk-2 dials 2001   admin asks who
        ",
        expect![[r#"
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login)"#]],
        expect![[r#"
            09:00:07 desk-1 reads "Logged in: 2001 Alice"
            09:01 desk-1 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring
            09:01 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:00 (the login)"#]],
    );
}

#[test]
fn what_a_phone_was_told_survives_a_kill() {
    check(
        "rules: SES-1, IDL-5",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-2 logs out   server dies
        09:05 server starts
        09:06 desk-2 dials 2001   desk-2 hangs up   desk-2 dials 2002
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-2 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:06 desk-1 rings (from 9002 Lobby)
            09:06 desk-2 hears it ring
            09:06 desk-1 stops ringing
            09:06 desk-2 hears 480 Nobody is logged in with that number"#]],
    );
}

#[test]
fn a_store_that_fails_logs_nobody_in_and_says_so() {
    check(
        "rules: SES-1",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 store fails   desk-1 logs in alice
        09:01 admin asks who
        09:02 store recovers   admin asks who
        09:03 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 hears 503 It could not be stored. Try again
            09:01 admin reads: nobody
            09:02 admin reads: nobody
            09:03 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}
