//! Phones that are registered nowhere here, and say by their idle page that nobody uses them; every ten minutes.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_phone_that_shows_nothing_but_its_idle_page_is_idle_since_it_says_so() {
    check(
        "rules: IDL-7, IDL-4",
        "
        alice: 2001, pin 1111, idle limit 30m   desk-1: guest 9001
        09:00 desk-1 logs in alice   09:01 desk-1 unregisters   desk-1 vanishes
        09:10 admin hears desk-1 rest 5m    admin asks who
        09:20 admin hears desk-1 rest on    09:30 admin hears desk-1 rest on
        until 09:36
        09:36 admin explains desk-1
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 admin hears "It rests"
            09:10 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05 (its idle page), next logout 09:35 (idle)
            09:20 admin hears "It rests"
            09:30 admin hears "It rests"
            09:35 desk-1 becomes lobby (idle)
            09:36 admin reads: desk-1 is not registered and answers to 9001.
            09:36 admin reads: Nobody is logged in at desk-1.
            09:36 admin reads: The last logout at desk-1 was at 2026-05-05 09:35:00: alice (idle: the phone was not used for the idle limit; by a timer); last used at 2026-05-05 09:05:00, as its idle page showed.
            09:36 admin reads: desk-1 is told to forget whom alice called when it is back."#]],
    );
}

#[test]
fn a_phone_that_does_not_ask_for_its_idle_page_any_more_is_in_use() {
    check(
        "rules: IDL-7",
        "
        alice: 2001, pin 1111, idle limit 60m   desk-1: guest 9001
        09:00 desk-1 logs in alice   09:01 desk-1 unregisters   desk-1 vanishes
        09:10 admin hears desk-1 rest 5m    09:20 admin hears desk-1 rest on
        09:30 admin hears desk-1 rest on    09:40 admin hears desk-1 rest on
        10:06 admin explains desk-1
        10:30 admin hears desk-1 rest 5m    10:40 admin hears desk-1 rest on
        10:50 admin hears desk-1 rest on    11:00 admin hears desk-1 rest on
        11:10 admin hears desk-1 rest on    11:20 admin hears desk-1 rest on
        until 11:30
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 admin hears "It rests"
            09:20 admin hears "It rests"
            09:30 admin hears "It rests"
            09:40 admin hears "It rests"
            10:06 admin reads: desk-1 is not registered and answers to 2001.
            10:06 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            10:06 admin reads: desk-1 was last used at 2026-05-05 09:05:00, as its idle page showed.
            10:06 admin reads: Nothing logs alice out automatically here.
            10:06 admin reads: desk-1 does not ask for its idle page, so it is in use, or off: it is not idle before it asks again.
            10:30 admin hears "It rests"
            10:40 admin hears "It rests"
            10:50 admin hears "It rests"
            11:00 admin hears "It rests"
            11:10 admin hears "It rests"
            11:20 admin hears "It rests"
            11:25 desk-1 becomes lobby (idle)"#]],
    );
}

#[test]
fn a_gap_of_more_than_two_intervals_is_use_and_a_restart_is_none() {
    check(
        "rules: IDL-7, IDL-5",
        "
        alice: 2001, pin 1111, idle limit 60m   desk-1: guest 9001
        09:00 desk-1 logs in alice   09:01 desk-1 unregisters   desk-1 vanishes
        09:10 admin hears desk-1 rest 5m    09:20 admin hears desk-1 rest on
        09:30 server dies   09:31 server starts
        09:35 admin hears desk-1 rest on    admin asks who
        09:56 admin hears desk-1 rest on    admin asks who
        until 10:06
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:10 admin hears "It rests"
            09:20 admin hears "It rests"
            09:35 admin hears "It rests"
            09:35 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:05 (its idle page), next logout 10:05 (idle)
            09:56 admin hears "It rests"
            09:56 admin reads: alice (2001 Alice) at desk-1 since 09:00, last used 09:46 (its idle page), next logout 10:46 (idle)"#]],
    );
}
