//! Wrong PINs: one answer whatever was wrong, and a lock after three.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn the_answer_is_the_same_and_takes_as_long_whatever_was_wrong() {
    check(
        "rules: SES-8",
        "
        checks take 400ms
        alice: 2001, pin 1111   bob: 2002, pin 2222   desk-1: guest 9001
        09:00 desk-1 logs in alice with 9    09:01 desk-1 logs in nobody with 9
        09:02 desk-1 logs in 2001 with 9     09:03 desk-1 logs in 2999 with 9
        09:04 desk-1 logs in alice without PIN
        09:04:30 desk-1 logs in alice with 9
        09:05 desk-1 logs in alice           09:06 desk-1 logs in bob
        ",
        expect![[r#"
            09:00:00.400 desk-1 hears 403 Login refused
            09:01:00.400 desk-1 hears 403 Login refused
            09:02:00.400 desk-1 hears 403 Login refused
            09:03:00.400 desk-1 hears 403 Login refused
            09:04:00.400 desk-1 hears 403 Login refused
            09:04:30.400 desk-1 hears 403 Login refused
            09:05:00.400 desk-1 hears 403 Login refused"#]],
    );
}

#[test]
fn three_wrong_pins_within_five_minutes_lock_for_fifteen() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice with 9    09:02 desk-2 logs in alice with 8
        09:04:59 desk-3 logs in 2001 with 7  admin asks locks
        09:05 desk-1 logs in alice           desk-2 logs in bob
        09:19:58 desk-1 logs in alice        admin asks locks
        09:20 desk-1 logs in alice           admin asks locks
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Login refused
            09:02 desk-2 hears 403 Login refused
            09:04:59 desk-3 hears 403 Login refused
            09:04:59 admin reads: alice is locked until 09:19:59
            09:05 desk-1 hears 403 Login refused
            09:05 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:19:58 desk-1 hears 403 Login refused
            09:19:58 admin reads: alice is locked until 09:19:59
            09:20 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:20 admin reads: nobody"#]],
    );
}

#[test]
fn wrong_pins_further_apart_do_not_lock() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice with 9    09:04 desk-1 logs in alice with 9
        09:05:01 desk-1 logs in alice with 9   admin asks locks
        09:06 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Login refused
            09:04 desk-1 hears 403 Login refused
            09:05:01 desk-1 hears 403 Login refused
            09:05:01 admin reads: alice failed 2 times
            09:06 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn the_right_pin_forgives() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice with 9    desk-1 logs in alice with 9   admin asks locks
        09:01 desk-1 logs in alice           admin asks locks
        09:02 desk-1 logs out                desk-1 logs in alice with 9   desk-1 logs in alice with 9
        09:03 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Login refused, hears 403 Login refused
            09:00 admin reads: alice failed 2 times
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 admin reads: nobody
            09:02 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out", hears 403 Login refused, hears 403 Login refused
            09:03 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn a_blank_pin_is_no_try() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice with 9      desk-1 logs in alice with 9
        09:01 desk-1 logs in alice without PIN   desk-1 logs in alice without PIN   admin asks locks
        09:02 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Login refused, hears 403 Login refused
            09:01 desk-1 hears 403 Login refused, hears 403 Login refused
            09:01 admin reads: alice failed 2 times
            09:02 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn an_administrator_sees_locks_and_clears_them() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   bob: 2002, pin 2222   desk-1: guest 9001
        09:00 desk-1 logs in bob with 9
        09:01 desk-1 logs in alice with 9   desk-1 logs in alice with 9   desk-1 logs in alice with 9
        09:02 admin asks locks   admin explains alice
        09:03 admin unlocks alice   admin asks locks   desk-1 logs in alice
        09:04 admin unlocks alice   admin unlocks nobody
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Login refused
            09:01 desk-1 hears 403 Login refused, hears 403 Login refused, hears 403 Login refused
            09:02 admin reads: alice is locked until 09:16
            09:02 admin reads: bob failed 1 times
            09:02 admin reads: alice is logged in nowhere.
            09:02 admin reads: alice is locked until 2026-05-05 09:16:00 after too many wrong PINs.
            09:03 admin hears "alice may log in again"
            09:03 admin reads: bob failed 1 times
            09:03 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:04 admin hears "alice was not locked", hears no: "There is no user nobody""#]],
    );
}

#[test]
fn a_lock_survives_a_kill() {
    check(
        "rules: SES-8",
        "
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice with 9   desk-1 logs in alice with 9
        09:01 server dies   server starts
        09:02 desk-1 logs in alice with 9
        09:03 server dies   server starts
        09:04 desk-1 logs in alice
        09:18 desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Login refused, hears 403 Login refused
            09:02 desk-1 hears 403 Login refused
            09:04 desk-1 hears 403 Login refused
            09:18 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn a_phone_that_takes_no_logins_refuses_before_the_pin_is_looked_at() {
    check(
        "rules: SES-8",
        "
        checks take 400ms
        class lobby: call guests
        alice: 2001, pin 1111   desk-1: guest 9001
        09:00 desk-1 logs in alice with 9   desk-1 logs in alice with 9   desk-1 logs in alice with 9
        09:01 admin logs in alice at desk-9
        09:02 admin asks locks
        ",
        expect![[r#"
            09:00 desk-1 hears 403 Nobody may log in at this phone, hears 403 Nobody may log in at this phone, hears 403 Nobody may log in at this phone
            09:01 admin hears no: "There is no phone desk-9"
            09:02 admin reads: nobody"#]],
    );
}
