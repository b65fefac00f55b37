//! Voicemail: who ends up there and as whom, and the lamp that follows people from phone to phone.

use expect_test::expect;

use crate::support::play::{check, check_over_both, check_over_sip};

#[test]
fn absent_busy_and_silent_users_have_voicemail_and_it_knows_whose_and_why() {
    check(
        "rules: CAL-4, OUT-7, SES-10",
        "
        voicemail 2999
        alice: 2001, pin 1111, forward busy voicemail, forward no answer voicemail after 10s, no call waiting
        bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-7: guest 2999
        09:00 desk-3 dials 2001      desk-7 answers       desk-3 hangs up
        09:01 desk-1 logs in alice   desk-2 logs in bob
        09:02 desk-2 dials 2001
        09:03 desk-7 answers         desk-2 hangs up
        09:04 desk-1 dials 9003      desk-3 answers
        09:05 desk-2 dials 2001      desk-7 answers       desk-2 hangs up   desk-1 hangs up
        09:06 desk-1 dials 2999      desk-7 answers       desk-1 hangs up
        09:07 desk-3 dials 2999
        ",
        expect![[r#"
            09:00 desk-7 rings (from 9003 Lobby, sent on by 2001: unavailable)
            09:00 desk-3 hears it ring, talks with desk-7
            09:00 desk-7 hears "The other party hung up"
            09:01 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:01 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:02 desk-1 rings (from 2002 Bob)
            09:02 desk-2 hears it ring
            09:02:10 desk-1 stops ringing
            09:02:10 desk-7 rings (from 2002 Bob, sent on by 2001: no-answer)
            09:03 desk-2 talks with desk-7
            09:03 desk-7 hears "The other party hung up"
            09:04 desk-3 rings (from 2001 Alice)
            09:04 desk-1 hears it ring, talks with desk-3
            09:05 desk-7 rings (from 2002 Bob, sent on by 2001: user-busy)
            09:05 desk-2 hears it ring, talks with desk-7
            09:05 desk-7 hears "The other party hung up"
            09:05 desk-3 hears "The other party hung up"
            09:06 desk-7 rings (from 2001 Alice)
            09:06 desk-1 hears it ring, talks with desk-7
            09:06 desk-7 hears "The other party hung up"
            09:07 desk-3 hears 403 Not allowed from this phone"#]],
    );
}

#[test]
fn who_has_a_voicemail_of_their_own_gets_there() {
    check(
        "rules: CAL-4",
        "
        voicemail 2999
        alice: 2001, pin 1111, voicemail 2998, forward all voicemail   bob: 2002, pin 2222
        desk-1: guest 9001   desk-6: guest 2998   desk-7: guest 2999
        09:00 desk-1 dials 2001   desk-1 hangs up
        09:01 desk-1 dials 2002   desk-1 hangs up
        09:02 desk-1 dials 2998
        ",
        expect![[r#"
            09:00 desk-6 rings (from 9001 Lobby, sent on by 2001: unconditional)
            09:00 desk-1 hears it ring
            09:00 desk-6 stops ringing
            09:01 desk-7 rings (from 9001 Lobby, sent on by 2002: unavailable)
            09:01 desk-1 hears it ring
            09:01 desk-7 stops ringing
            09:02 desk-1 hears 403 Not allowed from this phone"#]],
    );
}

#[test]
fn calls_for_a_voicemail_that_there_is_not_stay_where_they_are() {
    check(
        "rules: CAL-2",
        "
        alice: 2001, pin 1111, forward all voicemail   desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-2 dials 2001   desk-1 logs in alice   desk-2 dials 2001
        ",
        expect![[r#"
            09:00 desk-2 hears 480 Nobody is logged in with that number
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", rings (from 9002 Lobby)
            09:00 desk-2 hears it ring"#]],
    );
}

#[test]
fn the_message_lamp_goes_where_its_user_goes_from_sip_to_sccp_and_back() {
    check_over_both(
        "rules: CAL-4, SES-2, OUT-4",
        "
        voicemail 2999   alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-20: guest 9020   desk-7: guest 2999
        -- It comes while she is away, waits for her, follows her, and goes out when she has heard it.
        09:00 desk-7 reports 1 new 0 old in 2001
        09:01 desk-1 logs in alice
        09:02 desk-2 logs in alice
        09:03 desk-7 reports 2 new 0 old in 2001
        09:04 admin explains alice
        09:05 desk-20 logs in alice
        09:06 desk-1 logs in alice
        09:07 desk-7 reports 0 new 2 old in 2001
        09:08 desk-2 logs in alice   desk-7 reports 1 new 2 old in 2001
        09:09 desk-2 logs out        desk-2 logs in bob
        09:10 admin explains alice
        ",
        expect![[r#"
            09:01 desk-1 becomes alice, has a message waiting, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:02 desk-1 becomes lobby (moved)
            09:02 desk-2 becomes alice
            09:02 desk-1 has no message waiting any more, reads "Logged out: logged in at desk-2"
            09:02 desk-2 reads "Resetting...", hears "Logged in: 2001 Alice", has a message waiting, reads "Logged in: 2001 Alice"
            09:04 admin reads: alice has been logged in at desk-2 since 2026-05-05 09:02:00.
            09:04 admin reads: desk-2 was last used at 2026-05-05 09:02:00, as going on hook showed.
            09:04 admin reads: Nothing logs alice out automatically here.
            09:04 admin reads: alice has 2 new messages in mailbox 2001.
            09:04 admin reads: The last logout at desk-1 was at 2026-05-05 09:02:00: alice (moved: the user logged in elsewhere; by code); last used at 2026-05-05 09:01:00, as the login showed.
            09:05 desk-2 becomes lobby (moved)
            09:05 desk-20 becomes alice, reads "Resetting..."
            09:05 desk-2 has no message waiting any more, reads "Logged out: logged in at desk-20"
            09:05 desk-20 hears "Logged in: 2001 Alice", has a message waiting, reads "Logged in: 2001 Alice"
            09:06 desk-20 becomes lobby (moved)
            09:06 desk-1 becomes alice, has a message waiting, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:06 desk-20 has no message waiting any more, reads "Logged out: logged in at desk-1"
            09:07 desk-1 has no message waiting any more
            09:08 desk-1 becomes lobby (moved)
            09:08 desk-2 becomes alice
            09:08 desk-1 reads "Logged out: logged in at desk-2"
            09:08 desk-2 reads "Resetting...", hears "Logged in: 2001 Alice", reads "Logged in: 2001 Alice", has a message waiting
            09:09 desk-2 becomes lobby (user), reads "Resetting...", hears "Logged out", has no message waiting any more, reads "Logged out", becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:10 admin reads: alice is logged in nowhere.
            09:10 admin reads: alice has 1 new message and 2 heard before in mailbox 2001.
            09:10 admin reads: The last logout at desk-2 was at 2026-05-05 09:09:00: alice (user: the user logged out; by code); last used at 2026-05-05 09:09:00, as a call attempt showed."#]],
    );
}

#[test]
fn who_is_no_voicemail_is_not_believed_and_nobody_has_a_strange_mailbox() {
    check_over_sip(
        "rules: CAL-4",
        "
        voicemail 2999
        alice: 2001, pin 1111   bob: 2002, pin 2222, voicemail 2998   vm: 2997, pin 9, lines 2998 2997
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-7: guest 2999
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-1 reports 1 new 0 old in 2001   desk-3 reports 1 new 0 old in 2001
        09:02 desk-7 reports 1 new 0 old in 2002   desk-7 reports 1 new 0 old in 3000
        -- Whoever has the number is the voicemail system, even if somebody logged in there.
        09:03 desk-3 reports 1 new 0 old in 2002   desk-3 logs in vm   desk-3 reports 1 new 0 old in 2002
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Logged in: 2002 Bob", hears "Logged in: 2002 Bob"
            09:01 desk-1 is not believed about messages: 403 Not allowed from this phone
            09:01 desk-3 is not believed about messages: 403 Not allowed from this phone
            09:02 desk-7 is not believed about messages: 403 Not allowed from this phone, is not believed about messages: 404 Nobody here has that mailbox
            09:03 desk-3 is not believed about messages: 403 Not allowed from this phone, becomes vm, reads "Logged in: 2997 Vm", hears "Logged in: 2997 Vm"
            09:03 desk-2 has a message waiting"#]],
    );
}

#[test]
fn a_mailbox_may_have_a_name_and_several_owners() {
    check_over_both(
        "rules: CAL-4",
        "
        voicemail 2999
        alice: 2001, pin 1111, mailbox office   bob: 2002, pin 2222, mailbox office   carol: 2003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-7: guest 2999
        09:00 desk-1 logs in alice   desk-2 logs in bob   desk-3 logs in carol
        09:01 desk-7 reports 1 new 0 old in office
        09:02 desk-7 reports 1 new 0 old in 2001
        09:03 desk-7 reports 0 new 1 old in office
        09:04 desk-7 reports 3 new 0 old in office
        09:05 site: alice: mailbox 2001
        09:06 desk-1 logs out   desk-1 logs in alice
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:00 desk-3 becomes carol, reads "Logged in: 2003 Carol", hears "Logged in: 2003 Carol"
            09:01 desk-1 has a message waiting
            09:01 desk-2 has a message waiting
            09:02 desk-7 is not believed about messages: 404 Nobody here has that mailbox
            09:03 desk-1 has no message waiting any more
            09:03 desk-2 has no message waiting any more
            09:04 desk-1 has a message waiting
            09:04 desk-2 has a message waiting
            09:05 desk-1 has no message waiting any more
            09:06 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out", becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice""#]],
    );
}

#[test]
fn what_waits_is_remembered_through_a_restart_and_shown_to_phones_that_come_back() {
    check_over_both(
        "rules: CAL-4",
        "
        voicemail 2999   alice: 2001, pin 1111   bob: 2002, pin 2222
        desk-1: guest 9001   desk-2: guest 9002   desk-7: guest 2999
        09:00 desk-1 logs in alice   desk-2 logs in bob
        09:01 desk-7 reports 1 new 0 old in 2001   desk-7 reports 2 new 0 old in 2002
        09:02 server dies            09:03 server starts
        09:10 desk-1 unregisters     09:11 desk-1 comes back
        09:12 desk-1 vanishes        09:13 desk-1 comes back
        09:20 admin explains bob     09:21 desk-7 reports 0 new 0 old in 2002
        ",
        expect![[r#"
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice"
            09:00 desk-2 becomes bob, reads "Resetting...", hears "Logged in: 2002 Bob", reads "Logged in: 2002 Bob"
            09:01 desk-1 has a message waiting
            09:01 desk-2 has a message waiting
            09:13 desk-1 has a message waiting
            09:20 admin reads: bob has been logged in at desk-2 since 2026-05-05 09:00:00.
            09:20 admin reads: desk-2 was last used at 2026-05-05 09:00:00, as going on hook showed.
            09:20 admin reads: Nothing logs bob out automatically here.
            09:20 admin reads: bob has 2 new messages in mailbox 2002.
            09:21 desk-2 has no message waiting any more"#]],
    );
}

#[test]
fn a_phone_that_does_not_want_to_know_is_told_once_for_each_registration() {
    check_over_sip(
        "rules: CAL-4",
        "
        voicemail 2999   alice: 2001, pin 1111
        desk-1: guest 9001, takes no NOTIFY   desk-7: guest 2999
        09:00 desk-1 logs in alice   desk-7 reports 1 new 0 old in 2001   desk-1 logs out
        ",
        expect![[r#"
            08:59 desk-1 does not know what it is told
            09:00 desk-1 becomes alice, reads "Logged in: 2001 Alice", hears "Logged in: 2001 Alice", becomes lobby (user), reads "Logged out", hears "Logged out""#]],
    );
}
