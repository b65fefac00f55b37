//! Who joins hunt groups, and leaves them: at a phone, by a logout, by a move.

use expect_test::expect;

use crate::support::play::check;

#[test]
fn numbers_join_free_places_and_leave_them() {
    check(
        "rules: HG-4, HG-6",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   ben: 1002, pin 2222, class agents   cas: 1003, pin 3333
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list *, timeout 10s
        09:00 desk-1 logs in ann   desk-2 logs in ben   desk-3 logs in cas
        -- One group has room: no need to say which.
        09:01 desk-1 dials *3   desk-2 dials *3   desk-3 dials *3   desk-1 dials *3
        09:02 desk-9 dials 4200   desk-1 answers   desk-9 hangs up
        09:03 desk-1 dials #3   desk-1 dials #3   desk-9 dials 4200
        09:04 site: support: hunt group, sequential, pilot 4300, list * *
        desk-1 dials *3   desk-1 dials *3*4300   desk-1 dials *3*1   desk-1 dials *3*9
        09:05 admin explains desk-1
        09:06 desk-1 dials #44200   desk-1 dials #4*4200   desk-1 dials #4
        09:07 desk-1 dials #3   desk-3 dials #3   desk-3 dials *4
        -- Who logs out has left; who moves to another desk has not.
        09:08 desk-1 dials *3*4300   desk-1 logs out   desk-1 logs in ann   admin explains desk-1
        09:09 desk-1 dials *3*4300   desk-9 logs in ann   admin explains desk-9
        09:10 site: support is removed
        desk-9 dials #3
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:00 desk-2 becomes ben, reads "Logged in: 1002 Ben", hears "Logged in: 1002 Ben"
            09:00 desk-3 becomes cas, reads "Logged in: 1003 Cas", hears "Logged in: 1003 Cas"
            09:01 desk-1 hears "Joined sales"
            09:01 desk-2 hears 403 Hunt group sales has no free place
            09:01 desk-3 hears 403 Not allowed from this phone
            09:01 desk-1 hears 403 1001 is in hunt group sales already
            09:02 desk-1 rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:02 desk-9 hears it ring, talks with desk-1
            09:02 desk-1 hears "The other party hung up"
            09:03 desk-1 hears "Left sales", hears 403 1001 is in no hunt group
            09:03 desk-9 hears 486 Busy
            09:04 desk-1 hears 403 Say which hunt group: 4200, 4300, hears "Joined support", hears "Joined sales", hears 403 9 is none of the hunt groups 4200, 4300
            09:05 admin reads: desk-1 is registered and answers to 1001.
            09:05 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:00:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:04:00, as a call attempt showed.
            09:05 admin reads: Nothing logs ann out automatically here.
            09:05 admin reads: 1001 is in hunt groups: sales (joined), support (joined).
            09:05 admin reads: Hunt calls ring at 1001.
            09:06 desk-1 hears "Left sales", hears 403 4200 is none of the hunt groups 4300, hears 484 Dial the code, then the number of the hunt group
            09:07 desk-1 hears "Left support"
            09:07 desk-3 hears 403 1003 is in no hunt group, hears 403 1003 is in no hunt group
            09:08 desk-1 hears "Joined support", becomes lobby (user), reads "Logged out", hears "Logged out", becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:08 admin reads: desk-1 is registered and answers to 1001.
            09:08 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:08:00.
            09:08 admin reads: desk-1 was last used at 2026-05-05 09:08:00, as the login showed.
            09:08 admin reads: Nothing logs ann out automatically here.
            09:08 admin reads: The last logout at desk-1 was at 2026-05-05 09:08:00: ann (user: the user logged out; by code); last used at 2026-05-05 09:08:00, as a call attempt showed.
            09:08 admin reads: desk-1 cannot be told to forget whom ann called: no such phone can.
            09:09 desk-1 hears "Joined support", becomes lobby (moved)
            09:09 desk-9 becomes ann
            09:09 desk-1 reads "Logged out: logged in at desk-9"
            09:09 desk-9 reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:09 admin reads: desk-9 is registered and answers to 1001.
            09:09 admin reads: ann has been logged in at desk-9 since 2026-05-05 09:09:00.
            09:09 admin reads: desk-9 was last used at 2026-05-05 09:09:00, as the login showed.
            09:09 admin reads: Nothing logs ann out automatically here.
            09:09 admin reads: 1001 is in hunt groups: support (joined).
            09:09 admin reads: Hunt calls ring at 1001.
            09:10 desk-9 hears 403 1001 is in no hunt group"#]],
    );
}

#[test]
fn places_that_were_joined_are_kept_at_a_logout_where_the_group_or_the_site_says_so() {
    check(
        "rules: HG-4, HG-6",
        "
        hunt group logout HLog
        class agents: call guests, call users, login, join hunt groups
        ann: 1001, pin 1111, class agents   ben: 1002, pin 2222, class agents
        desk-1: guest 9001   desk-2: guest 9002   desk-9: guest 9009
        sales: hunt group, sequential, pilot 4200, list * *, timeout 10s, joined keep
        loose: hunt group, sequential, pilot 4300, list * *, timeout 10s
        09:00 desk-1 logs in ann   desk-1 dials *3*4200   desk-1 dials *3*4300   desk-1 dials *4
        -- Nobody is rung for a place whose number is nowhere; what was said of the number is forgotten.
        09:01 desk-1 logs out   admin explains 4200   admin explains 4300   desk-9 dials 4200
        09:02 server dies   09:03 server starts
        09:04 desk-2 logs in ann   desk-9 dials 4200   desk-2 answers   desk-9 hangs up
        -- A move leaves nothing, whatever the groups say.
        09:05 desk-2 dials *3*4300   desk-1 logs in ann   admin explains ann
        09:06 desk-1 dials #44200   desk-1 logs out   desk-1 logs in ann   admin explains ann
        -- The site says it for all groups that do not.
        09:07 site: hunt groups joined keep
        09:08 desk-1 dials *3*4300   desk-1 logs out   desk-1 logs in ann   admin explains ann
        09:09 site: loose: joined leave
        09:10 desk-1 logs out   desk-1 logs in ann   admin explains ann
        ",
        expect![[r#"
            09:00 desk-1 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", hears "Joined sales", hears "Joined loose", hears "Not ready: hunt calls pass 1001 by"
            09:01 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out"
            09:01 admin reads: sales is a sequential hunt group at 4200; calls that no member takes come to nothing.
            09:01 admin reads: 1001 is passed by: logged in nowhere.
            09:01 admin reads: 1 more may join.
            09:01 admin reads: loose is a sequential hunt group at 4300; calls that no member takes come to nothing.
            09:01 admin reads: 2 more may join.
            09:01 desk-9 hears 486 Busy
            09:04 desk-2 becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann", rings (from 9009 Lobby, sent on by 4200: unconditional)
            09:04 desk-9 hears it ring, talks with desk-2
            09:04 desk-2 hears "The other party hung up"
            09:05 desk-2 hears "Joined loose", becomes lobby (moved)
            09:05 desk-1 becomes ann
            09:05 desk-2 reads "Logged out: logged in at desk-1"
            09:05 desk-1 reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:05 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:05:00.
            09:05 admin reads: desk-1 was last used at 2026-05-05 09:05:00, as the login showed.
            09:05 admin reads: Nothing logs ann out automatically here.
            09:05 admin reads: 1001 is in hunt groups: loose (joined), sales (joined).
            09:05 admin reads: Hunt calls ring at 1001.
            09:05 admin reads: The last logout at desk-2 was at 2026-05-05 09:05:00: ann (moved: the user logged in elsewhere; by code); last used at 2026-05-05 09:05:00, as a call attempt showed.
            09:06 desk-1 hears "Left sales", becomes lobby (user), reads "Logged out", hears "Logged out", becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:06 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:06:00.
            09:06 admin reads: desk-1 was last used at 2026-05-05 09:06:00, as the login showed.
            09:06 admin reads: Nothing logs ann out automatically here.
            09:06 admin reads: The last logout at desk-1 was at 2026-05-05 09:06:00: ann (user: the user logged out; by code); last used at 2026-05-05 09:06:00, as a call attempt showed.
            09:08 desk-1 hears "Joined loose", becomes lobby (user), reads "Logged out", hears "Logged out", becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:08 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:08:00.
            09:08 admin reads: desk-1 was last used at 2026-05-05 09:08:00, as the login showed.
            09:08 admin reads: Nothing logs ann out automatically here.
            09:08 admin reads: 1001 is in hunt groups: loose (joined).
            09:08 admin reads: Hunt calls ring at 1001.
            09:08 admin reads: The last logout at desk-1 was at 2026-05-05 09:08:00: ann (user: the user logged out; by code); last used at 2026-05-05 09:08:00, as a call attempt showed.
            09:10 desk-1 becomes lobby (user), reads "Logged out", hears "Logged out", becomes ann, reads "Logged in: 1001 Ann", hears "Logged in: 1001 Ann"
            09:10 admin reads: ann has been logged in at desk-1 since 2026-05-05 09:10:00.
            09:10 admin reads: desk-1 was last used at 2026-05-05 09:10:00, as the login showed.
            09:10 admin reads: Nothing logs ann out automatically here.
            09:10 admin reads: The last logout at desk-1 was at 2026-05-05 09:10:00: ann (user: the user logged out; by code); last used at 2026-05-05 09:10:00, as a call attempt showed."#]],
    );
}
