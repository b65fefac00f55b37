//! Who says when somebody is logged out, and what an administrator is told of it.

use expect_test::expect;

use crate::support::play::{check, check_otherwise};

#[test]
fn the_most_specific_level_decides() {
    check(
        "rules: DUR-1, IDL-2, IDL-4",
        "
        warning 0s   idle limit 60m
        class temps: call users, login, idle limit 40m
        group sales: idle limit 30m
        alice: 2001, pin 1111, group sales, class temps, idle limit 20m, own idle limit 10m
        bob: 2002, pin 2222, group sales, class temps, idle limit 20m
        carol: 2003, pin 3333, group sales, class temps
        dave: 2004, pin 4444, class temps   erin: 2005, pin 5555   frank: 2006, pin 6666
        desk-1: guest 9001, idle limit 50m   desk-2: guest 9002, idle limit 50m
        desk-3: guest 9003, idle limit 50m   desk-4: guest 9004, idle limit 50m
        desk-5: guest 9005, idle limit 50m   desk-6: guest 9006
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-3 logs in carol
        desk-4 logs in dave   desk-5 logs in erin   desk-6 logs in frank
        until 10:01
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            09:00 desk-4 becomes dave, reads "Logged in: 2004 Dave", hears "Logged in: 2004 Dave"
            09:00 desk-5 becomes erin, reads "Logged in: 2005 Erin", hears "Logged in: 2005 Erin"
            09:00 desk-6 becomes frank, reads "Logged in: 2006 Frank", hears "Logged in: 2006 Frank"
            09:10 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:20 desk-2 becomes lobby (idle), reads "Logged out: not used"
            09:30 desk-3 becomes lobby (idle), reads "Logged out: not used"
            09:40 desk-4 becomes lobby (idle), reads "Logged out: not used"
            09:50 desk-5 becomes lobby (idle), reads "Logged out: not used"
            10:00 desk-6 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn a_level_takes_back_what_less_specific_ones_say() {
    check(
        "rules: DUR-1, IDL-4",
        "
        warning 0s   idle limit 10m   max login 1h
        group guards: idle limit never
        alice: 2001, pin 1111, group guards
        bob: 2002, pin 2222, own max login never, own idle limit 2h
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        until 12:00
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            10:00 desk-1 becomes lobby (duration), reads "Logged out: maximum login time"
            11:00 desk-2 becomes lobby (idle), reads "Logged out: not used""#]],
    );
}

#[test]
fn another_class_or_group_counts_from_the_moment_that_it_is_applied() {
    check(
        "rules: DUR-1, SES-13",
        "
        warning 0s
        class temps: call users, login, auto logout 1h
        group sales: max login 2h
        alice: 2001, pin 1111   desk-1: guest 9001
        bob: 2002, pin 2222   desk-2: guest 9002
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:30 site: alice own class temps   site: bob group sales
        until 11:01
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            10:00 desk-1 becomes lobby (duration), reads "Logged out: maximum login time"
            11:00 desk-2 becomes lobby (duration), reads "Logged out: maximum login time""#]],
    );
}

#[test]
fn users_groups_profiles_classes_and_phones_can_be_exempt() {
    check(
        "rules: EXM-1",
        "
        warning 0s   idle limit 10m   logout at 19:00
        class directors: call users, login, exempt   group guards: exempt
        alice: 2001, pin 1111, exempt everywhere   bob: 2002, pin 2222, group guards
        carol: 2003, pin 3333, exempt   dave: 2004, pin 4444, own class directors
        erin: 2005, pin 5555   frank: 2006, pin 6666
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004
        desk-5: guest 9005, exempt   desk-6: guest 9006
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-3 logs in carol
        desk-4 logs in dave   desk-5 logs in erin   desk-6 logs in frank
        09:15 admin explains alice   admin explains bob   admin explains carol
        admin explains dave   admin explains erin
        until 19:10
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:00 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            09:00 desk-4 becomes dave, reads "Logged in: 2004 Dave", hears "Logged in: 2004 Dave"
            09:00 desk-5 becomes erin, reads "Logged in: 2005 Erin", hears "Logged in: 2005 Erin"
            09:00 desk-6 becomes frank, reads "Logged in: 2006 Frank", hears "Logged in: 2006 Frank"
            09:10 desk-6 becomes lobby (idle), reads "Logged out: not used"
            09:15 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:15 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:15 admin reads: Nothing logs alice out automatically here: user alice is exempt.
            09:15 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:15 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as the login showed.
            09:15 admin reads: Nothing logs bob out automatically here: user group guards is exempt.
            09:15 admin reads: carol has been logged in at desk-3 since 2026-05-05 09:00:00.
            09:15 admin reads: desk-3 was last used at 2026-05-05 09:00:00, as the login showed.
            09:15 admin reads: Nothing logs carol out automatically here: user profile carol is exempt.
            09:15 admin reads: dave has been logged in at desk-4 since 2026-05-05 09:00:00.
            09:15 admin reads: desk-4 was last used at 2026-05-05 09:00:00, as the login showed.
            09:15 admin reads: Nothing logs dave out automatically here: class of service directors is exempt.
            09:15 admin reads: erin has been logged in at desk-5 since 2026-05-05 09:00:00.
            09:15 admin reads: desk-5 was last used at 2026-05-05 09:00:00, as the login showed.
            09:15 admin reads: Nothing logs erin out automatically here: phone desk-5 is exempt."#]],
    );
}

#[test]
fn explain_says_who_set_the_next_logout_and_what_holds_besides() {
    check(
        "rules: SES-11, IDL-4, DUR-1, TOD-1",
        "
        logout at 19:00   max login 8h   emergency 112 rings desk-9
        group sales: idle limit 20m
        alice: 2001, pin 1111, group sales, own max login never
        bob: 2002, pin 2222, group sales
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:10 admin explains alice   admin explains desk-2
        09:11 desk-1 dials 112   desk-9 answers   admin explains alice   09:12 desk-1 hangs up
        admin explains alice
        until 10:00
        admin explains desk-1   admin explains bob
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:10 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:10 admin reads: The next automatic logout is at 2026-05-05 09:20:00 (idle: 20 min without use, by user group sales).
            09:10 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:10 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            09:10 admin reads: A login may last for ever here, by user alice.
            09:10 admin reads: desk-2 is registered and answers to 2002.
            09:10 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as the login showed.
            09:10 admin reads: The next automatic logout is at 2026-05-05 09:20:00 (idle: 20 min without use, by user group sales).
            09:10 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:10 admin reads: Besides: a login lasts 8:00 at most, by the site, which would be at 2026-05-05 17:00:00 (duration).
            09:10 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            09:11 desk-9 rings (from 2001 Alice)
            09:11 desk-1 hears it ring, talks with desk-9
            09:11 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:11 admin reads: desk-1 was last used at 2026-05-05 09:11:00, as a call attempt showed.
            09:11 admin reads: The next automatic logout is at 2026-05-05 09:41:00 (idle: 20 min without use, by user group sales).
            09:11 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:11 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            09:11 admin reads: A login may last for ever here, by user alice.
            09:11 admin reads: An emergency call was made at desk-1: nobody is logged out there before 2026-05-05 09:41:00.
            09:11 admin reads: desk-1 is in a call: no timer ends the session before the call ends.
            09:12 desk-9 hears "The other party hung up"
            09:12 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:12 admin reads: desk-1 was last used at 2026-05-05 09:12:00, as the end of a call showed.
            09:12 admin reads: The next automatic logout is at 2026-05-05 09:41:00 (idle: 20 min without use, by user group sales).
            09:12 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 60 min, ringing until it stops, an emergency call for 30 min.
            09:12 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 19:00:00 (schedule).
            09:12 admin reads: A login may last for ever here, by user alice.
            09:12 admin reads: An emergency call was made at desk-1: nobody is logged out there before 2026-05-05 09:41:00.
            09:19 desk-2 reads "Logout in 60 s: not used. Make a call to stay."
            09:20 desk-2 becomes lobby (idle), reads "Logged out: not used"
            09:40 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:41 desk-1 becomes lobby (idle), reads "Logged out: not used"
            10:00 admin reads: desk-1 is registered and answers to 9001.
            10:00 admin reads: Nobody is logged in at desk-1.
            10:00 admin reads: The last logout at desk-1 was at 2026-05-05 09:41:00: alice (idle: the phone was not used for the idle limit; by a timer); last used at 2026-05-05 09:12:00, as the end of a call showed.
            10:00 admin reads: desk-1 cannot be told to forget whom alice called: no such phone can.
            10:00 admin reads: bob is logged in nowhere.
            10:00 admin reads: The last logout at desk-2 was at 2026-05-05 09:20:00: bob (idle: the phone was not used for the idle limit; by a timer); last used at 2026-05-05 09:00:00, as the login showed."#]],
    );
}

#[test]
fn explain_says_what_puts_a_logout_off() {
    check_otherwise(
        "rules: SES-11, IDL-2, OUT-3, TOD-3",
        "
        otherwise over SCCP: SES-6, the phone becomes another when nothing goes on there any more
        logout at 10:00   held cap 40m   no answer after 50s
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:05 desk-3 dials 2001   admin explains alice   desk-1 answers
        admin explains alice   09:10 desk-1 holds   admin explains alice   09:11 desk-1 resumes
        09:12 desk-3 hangs up
        09:13 desk-3 dials 2002   desk-2 answers   09:14 desk-2 holds   admin explains bob
        10:00:10 admin explains bob   10:00:20 desk-3 hangs up
        10:01 admin explains desk-2
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:05 desk-1 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring
            09:05 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as the login showed.
            09:05 admin reads: The next automatic logout is at 2026-05-05 09:30:00 (idle: 30 min without use, by user profile alice).
            09:05 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 40 min, ringing until it stops, an emergency call for 30 min.
            09:05 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 10:00:00 (schedule).
            09:05 admin reads: desk-1 rings: a logout waits.
            09:05 desk-3 talks with desk-1
            09:05 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:05:00, as a call answered showed.
            09:05 admin reads: The next automatic logout is at 2026-05-05 09:35:00 (idle: 30 min without use, by user profile alice).
            09:05 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 40 min, ringing until it stops, an emergency call for 30 min.
            09:05 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 10:00:00 (schedule).
            09:05 admin reads: desk-1 is in a call: no timer ends the session before the call ends.
            09:10 desk-3 is held
            09:10 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-1 was last used at 2026-05-05 09:10:00, as hold or resume showed.
            09:10 admin reads: The next automatic logout is at 2026-05-05 09:40:00 (idle: 30 min without use, by user profile alice).
            09:10 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 40 min, ringing until it stops, an emergency call for 30 min.
            09:10 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 10:00:00 (schedule).
            09:10 admin reads: desk-1 has a call on hold: the idle limit waits for it until 2026-05-05 09:50:00 at most, any other until it ends.
            09:11 desk-3 is taken back
            09:12 desk-1 hears "The other party hung up"
            09:13 desk-2 rings (from 9003 Lobby)
            09:13 desk-3 hears it ring, talks with desk-2
            09:14 desk-3 is held
            09:14 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:14 admin reads: desk-2 was last used at 2026-05-05 09:14:00, as hold or resume showed.
            09:14 admin reads: The next automatic logout is at 2026-05-05 10:00:00 (schedule: the logout times of the site).
            09:14 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            09:14 admin reads: desk-2 has a call on hold: no timer ends the session before the call ends.
            09:41 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:42 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:59 desk-2 reads "Logout in 60 s: the building's logout time."
            10:00 desk-2 reads "Logout when the call ends: the building's logout time"
            10:00:10 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            10:00:10 admin reads: desk-2 was last used at 2026-05-05 09:14:00, as hold or resume showed.
            10:00:10 admin reads: bob will be logged out (schedule) as soon as desk-2 is idle; that was decided at 2026-05-05 10:00:00.
            10:00:20 desk-2 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time"
            10:01 admin reads: desk-2 is registered and answers to 9002.
            10:01 admin reads: Nobody is logged in at desk-2.
            10:01 admin reads: The last logout at desk-2 was at 2026-05-05 10:00:20: bob (schedule: a logout time of the site came; by a timer); last used at 2026-05-05 10:00:20, as the end of a call showed.
            10:01 admin reads: desk-2 cannot be told to forget whom bob called: no such phone can."#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:05 desk-1 rings (from 9003 Lobby)
            09:05 desk-3 hears it ring
            09:05 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:00:00, as going on hook showed.
            09:05 admin reads: The next automatic logout is at 2026-05-05 09:30:00 (idle: 30 min without use, by user profile alice).
            09:05 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 40 min, ringing until it stops, an emergency call for 30 min.
            09:05 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 10:00:00 (schedule).
            09:05 admin reads: desk-1 rings: a logout waits.
            09:05 desk-3 talks with desk-1
            09:05 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:05:00, as a call answered showed.
            09:05 admin reads: The next automatic logout is at 2026-05-05 09:35:00 (idle: 30 min without use, by user profile alice).
            09:05 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 40 min, ringing until it stops, an emergency call for 30 min.
            09:05 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 10:00:00 (schedule).
            09:05 admin reads: desk-1 is in a call: no timer ends the session before the call ends.
            09:10 desk-3 is held
            09:10 admin reads: alice has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:10 admin reads: desk-1 was last used at 2026-05-05 09:10:00, as hold or resume showed.
            09:10 admin reads: The next automatic logout is at 2026-05-05 09:40:00 (idle: 30 min without use, by user profile alice).
            09:10 admin reads: Using the phone puts that off, a call until it ends, a call on hold alone for 40 min, ringing until it stops, an emergency call for 30 min.
            09:10 admin reads: Besides: the logout times of the site, which would be at 2026-05-05 10:00:00 (schedule).
            09:10 admin reads: desk-1 has a call on hold: the idle limit waits for it until 2026-05-05 09:50:00 at most, any other until it ends.
            09:11 desk-3 is taken back
            09:12 desk-1 hears the end
            09:13 desk-2 rings (from 9003 Lobby)
            09:13 desk-3 hears it ring, talks with desk-2
            09:14 desk-3 is held
            09:14 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:14 admin reads: desk-2 was last used at 2026-05-05 09:14:00, as hold or resume showed.
            09:14 admin reads: The next automatic logout is at 2026-05-05 10:00:00 (schedule: the logout times of the site).
            09:14 admin reads: A call puts that off until it ends, on hold or not, ringing until it stops, an emergency call for 30 min.
            09:14 admin reads: desk-2 has a call on hold: no timer ends the session before the call ends.
            09:41 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:42 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:59 desk-2 reads "Logout in 60 s: the building's logout time."
            10:00 desk-2 reads "Logout when the call ends: the building's logout time"
            10:00:10 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            10:00:10 admin reads: desk-2 was last used at 2026-05-05 09:14:00, as hold or resume showed.
            10:00:10 admin reads: bob will be logged out (schedule) as soon as desk-2 is idle; that was decided at 2026-05-05 10:00:00.
            10:00:20 desk-2 becomes lobby (schedule), hears the end, reads "Logged out: the building's logout time"
            10:01 admin reads: desk-2 is registered and answers to 9002.
            10:01 admin reads: Nobody is logged in at desk-2.
            10:01 admin reads: The last logout at desk-2 was at 2026-05-05 10:00:20: bob (schedule: a logout time of the site came; by a timer); last used at 2026-05-05 10:00:20, as going on hook showed.
            10:01 admin reads: desk-2 was told over SCCP to forget whom bob called, and says that it has."#]],
    );
}

#[test]
fn a_logout_that_is_near_is_heard_where_a_phone_can() {
    check_otherwise(
        "rules: IDL-6",
        "
        otherwise over SCCP: a phone can be made to sound
        warning aloud   logout at 10:00
        alice: 2001, pin 1111, idle limit 30m   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 logs in alice   desk-2 logs in bob   until 09:31
        09:50 desk-2 dials 9003   desk-3 answers   10:01 desk-3 hangs up
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:29 desk-1 reads "Logout in 60 s: not used. Make a call to stay."
            09:30 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:50 desk-3 rings (from 2002 Bob)
            09:50 desk-2 hears it ring, talks with desk-3
            09:59 desk-2 reads "Logout in 60 s: the building's logout time."
            10:00 desk-2 reads "Logout when the call ends: the building's logout time"
            10:01 desk-2 becomes lobby (schedule), hears "The other party hung up", reads "Logged out: the building's logout time""#]],
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:29 desk-1 beeps twice, reads "Logout in 60 s: not used. Make a call to stay."
            09:30 desk-1 becomes lobby (idle), reads "Logged out: not used"
            09:50 desk-3 rings (from 2002 Bob)
            09:50 desk-2 hears it ring, talks with desk-3
            09:59 desk-2 reads "Logout in 60 s: the building's logout time."
            10:00 desk-2 reads "Logout when the call ends: the building's logout time"
            10:01 desk-2 becomes lobby (schedule), hears the end, reads "Logged out: the building's logout time""#]],
    );
}
