//! Times of day at which some go: a group, a class, whoever sits at a phone.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn a_group_a_user_and_a_phone_have_clock_times_of_their_own() {
    check(
        "rules: TOD-1, IDL-6",
        "
        timezone Europe/Berlin   logout at 19:00   warning 0s
        group sales: logout at 12:00
        alice: 2001, pin 1111, group sales   bob: 2002, pin 2222
        carol: 2003, pin 3333, own logout at never   dave: 2004, pin 4444
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004, logout at 15:00
        11:00 desk-1 logs in alice   desk-2 logs in bob   desk-3 logs in carol   desk-4 logs in dave
        12:05 desk-1 logs in alice
        until 20:00
        admin asks who
        on 2026-05-06   until 12:01
        ",
        expect![[r#"
            11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            11:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            11:00 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            11:00 desk-4 becomes dave, reads "Logged in: 2004 Dave", hears "Logged in: 2004 Dave"
            12:00 desk-1 becomes lobby (schedule), reads "Logged out: your group's logout time"
            12:05 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            15:00 desk-4 becomes lobby (schedule), reads "Logged out: this phone's logout time"
            19:00 desk-2 becomes lobby (schedule), reads "Logged out: the building's logout time"
            20:00 admin reads: alice (2001 Alice) at desk-1 since 12:05, last used 12:05 (the login), next logout 12:00 (schedule)
            20:00 admin reads: carol (2003 Carol) at desk-3 since 11:00, last used 11:00 (the login)
            on 2026-05-06
            12:00 desk-1 becomes lobby (schedule), reads "Logged out: your group's logout time""#]],
    );
}

#[test]
fn a_clock_time_of_ones_own_is_announced_and_waits_for_a_call() {
    check(
        "rules: TOD-1, TOD-3, IDL-6, SES-11",
        "
        class temps: call users, call guests, login, logout at 12:00 14:00
        alice: 2001, pin 1111, own class temps   bob: 2002, pin 2222, own class temps
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        11:00 desk-1 logs in alice   desk-2 logs in bob   admin explains bob
        11:50 desk-1 dials 9003   desk-3 answers
        12:05 admin explains alice   12:10 desk-3 hangs up
        ",
        expect![[r#"
            11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            11:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            11:00 admin reads: bob has been logged in at desk-2 since 2026-05-05 11:00:00.
            11:00 admin reads: desk-2 was last used at 2026-05-05 11:00:00, as the login showed.
            11:00 admin reads: The next automatic logout is at 2026-05-05 12:00:00 (schedule: the logout times of class of service temps).
            11:00 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            11:50 desk-3 rings (from 2001 Alice)
            11:50 desk-1 hears it ring, talks with desk-3
            11:59 desk-2 reads "Logout in 60 s: your class's logout time."
            12:00 desk-2 becomes lobby (schedule), reads "Logged out: your class's logout time"
            12:00 desk-1 reads "Logout when the call ends: your class's logout time"
            12:05 admin reads: alice has been logged in at desk-1 since 2026-05-05 11:00:00.
            12:05 admin reads: desk-1 was last used at 2026-05-05 11:50:00, as a call attempt showed.
            12:05 admin reads: alice will be logged out (schedule: the logout times of class of service temps) as soon as desk-1 is idle; that was decided at 2026-05-05 12:00:00.
            12:10 desk-1 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: your class's logout time""#]],
    );
}

#[test]
fn a_clock_time_of_ones_own_that_came_while_the_server_was_down_is_made_up_for() {
    check(
        "rules: TOD-1, TOD-3",
        "
        warning 0s
        group sales: logout at 12:00
        alice: 2001, pin 1111, group sales   bob: 2002, pin 2222, group sales
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        11:00 desk-1 logs in alice
        11:50 server dies   12:30 server starts
        until 12:31
        12:32 desk-2 logs in bob   13:00 server dies   13:10 server starts   until 13:20
        admin asks who
        ",
        expect![[r#"
            11:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            12:30 desk-1 becomes lobby (schedule)
            12:32 desk-2 becomes bob, hears "Logged in: 2002 Bob"
            13:20 admin reads: bob (2002 Bob) at desk-2 since 12:32, last used 12:32 (the login), next logout 12:00 (schedule)"#]],
    );
}

#[test]
fn a_clock_that_is_set_is_noticed_and_times_that_have_passed_hold_for_nobody() {
    check(
        "rules: TOD-1",
        "
        warning 0s
        alice: 2001, pin 1111   bob: 2002, pin 2222, own logout at 15:00
        group sales: logout at 12:00
        desk-1: guest 9001   desk-2: guest 9002
        11:00 desk-1 logs in alice   desk-2 logs in bob
        13:00 site: alice group sales
        13:10 admin asks who
        13:20 clock jumps +2h
        15:22 admin asks who
        on 2026-05-06   until 12:01
        ",
        expect![[r#"
            11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            11:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            13:10 admin reads: alice (2001 Alice) at desk-1 since 11:00, last used 11:00 (the login), next logout 12:00 (schedule)
            13:10 admin reads: bob (2002 Bob) at desk-2 since 11:00, last used 11:00 (the login), next logout 15:00 (schedule)
            15:20:30 desk-2 becomes lobby (schedule), reads "Logged out: your own logout time"
            15:22 admin reads: alice (2001 Alice) at desk-1 since 11:00, last used 11:00 (the login), next logout 12:00 (schedule)
            on 2026-05-06
            12:00 desk-1 becomes lobby (schedule), reads "Logged out: your group's logout time""#]],
    );
}

#[test]
fn explain_tells_what_comes_and_whose_clock_it_was() {
    check(
        "rules: SES-11, SES-12, TOD-1, TOD-2",
        "
        warning 0s   logout at 19:00
        group sales: logout at 12:00
        job lunch: daily at 12:30, phones desk-2
        job a: daily at 13:00
        job b: daily at 14:00
        job c: weekly on mon at 15:00
        job d: yearly on 12-24 at 16:00
        job e: once on 2999-12-31 at 17:00
        job never: daily at 18:00, dry run
        job others: daily at 18:30, phones lobby-*
        alice: 2001, pin 1111, group sales   bob: 2002, pin 2222
        desk-1: guest 9001, no display   desk-2: guest 9002, no display
        11:00 desk-1 logs in alice   desk-2 logs in bob
        11:01 admin explains bob
        12:01 admin explains alice   12:31 admin explains bob
        ",
        expect![[r#"
            11:00 desk-1 becomes alice, hears "Logged in: 2001 Alice"
            11:00 desk-2 becomes bob, hears "Logged in: 2002 Bob"
            11:01 admin reads: bob has been logged in at desk-2 since 2026-05-05 11:00:00.
            11:01 admin reads: desk-2 was last used at 2026-05-05 11:00:00, as the login showed.
            11:01 admin reads: The next automatic logout is at 2026-05-05 12:30:00 (schedule: job lunch).
            11:01 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            11:01 admin reads: Besides: job a, which would be at 2026-05-05 13:00:00 (schedule).
            11:01 admin reads: Besides: job b, which would be at 2026-05-05 14:00:00 (schedule).
            11:01 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            11:01 admin reads: Besides: job c, which would be at 2026-05-11 15:00:00 (schedule).
            11:01 admin reads: Besides: job d, which would be at 2026-12-24 16:00:00 (schedule).
            11:01 admin reads: And 1 more, later.
            12:00 desk-1 becomes lobby (schedule)
            12:01 admin reads: alice is logged in nowhere.
            12:01 admin reads: The last logout at desk-1 was at 2026-05-05 12:00:00: alice (schedule: a logout time of user group sales came; by a timer); last used at 2026-05-05 11:00:00, as the login showed.
            12:30 desk-2 becomes lobby (schedule)
            12:31 admin reads: bob is logged in nowhere.
            12:31 admin reads: The last logout at desk-2 was at 2026-05-05 12:30:00: bob (schedule: job lunch ran; by a timer); last used at 2026-05-05 11:00:00, as the login showed."#]],
    );
}

/// Where only one level has clock times, they are looked for, whichever level that is.
#[test]
fn a_clock_time_holds_whoever_is_the_only_one_to_have_it() {
    let alone = [
        (
            "alice: 2001, pin 1111, own logout at 12:00   desk-1: guest 9001",
            expect![[r#"
                11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
                11:59 desk-1 reads "Logout in 60 s: your own logout time."
                12:00 desk-1 becomes lobby (schedule), reads "Logged out: your own logout time""#]],
        ),
        (
            "alice: 2001, pin 1111, logout at 12:00   desk-1: guest 9001",
            expect![[r#"
                11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
                11:59 desk-1 reads "Logout in 60 s: your profile's logout time."
                12:00 desk-1 becomes lobby (schedule), reads "Logged out: your profile's logout time""#]],
        ),
        (
            "group sales: logout at 12:00\nalice: 2001, pin 1111, group sales   desk-1: guest 9001",
            expect![[r#"
                11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
                11:59 desk-1 reads "Logout in 60 s: your group's logout time."
                12:00 desk-1 becomes lobby (schedule), reads "Logged out: your group's logout time""#]],
        ),
        (
            "class temps: call users, login, logout at 12:00\nalice: 2001, pin 1111, class temps   desk-1: guest 9001",
            expect![[r#"
                11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
                11:59 desk-1 reads "Logout in 60 s: your class's logout time."
                12:00 desk-1 becomes lobby (schedule), reads "Logged out: your class's logout time""#]],
        ),
        (
            "alice: 2001, pin 1111   desk-1: guest 9001, logout at 12:00",
            expect![[r#"
                11:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
                11:59 desk-1 reads "Logout in 60 s: this phone's logout time."
                12:00 desk-1 becomes lobby (schedule), reads "Logged out: this phone's logout time""#]],
        ),
    ];
    for (site, transcript) in alone {
        let script = format!("{site}\n11:00 desk-1 logs in alice   until 12:01");
        check("rules: TOD-1, IDL-4", &script, transcript);
    }
}
