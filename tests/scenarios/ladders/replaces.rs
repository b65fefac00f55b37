//! INVITE with Replaces (RFC 3891): a phone takes the place of another in its call, or picks up what rings there. INVITE with
//! Join (RFC 3911): it comes into the talk of another.

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_user_takes_a_call_over_at_another_phone() {
    ladder(
        "rules: CAL-2, SES-17, RFC 3891 §3",
        expect![[r#"
            site: second login allow
            site: alice: 2001, pin 1111
            b INVITE *11*2001*1111 [x]
              b < 200 INVITE [Perch, inactive]
            b ACK
              b < BYE "Logged in: 2001 Alice"
            a INVITE 2001 [a1]
              b2 < INVITE [a1] from 9001
            b2 200 [b1]
              b2 < ACK
              a < 200 INVITE [b1] with 2001
            a ACK
            d INVITE *11*2001*1111 [x]
              d < 200 INVITE [Perch, inactive]
            d ACK
              d < BYE "Logged in: 2001 Alice"
            d2 INVITE 2001 [d1] replaces=b2
              a < INVITE [d1] with 2001
            a 200 [a2]
              a < ACK
              d2 < 200 INVITE [a2] with 9001
              b2 < BYE "Taken over at another phone"
            d2 ACK
            a INFO
              d2 < INFO
            d2 200
              a < 200 INFO
            d2 BYE
              d2 < 200 BYE
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_call_is_taken_over_by_a_phone_that_leaves_the_offer_to_the_other() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            site: second login allow
            site: alice: 2001, pin 1111
            b INVITE *11*2001*1111 [x]
              b < 200 INVITE [Perch, inactive]
            b ACK
              b < BYE "Logged in: 2001 Alice"
            a INVITE 2001 [a1]
              b2 < INVITE [a1] from 9001
            b2 200 [b1]
              b2 < ACK
              a < 200 INVITE [b1] with 2001
            a ACK
            d INVITE *11*2001*1111 [x]
              d < 200 INVITE [Perch, inactive]
            d ACK
              d < BYE "Logged in: 2001 Alice"
            d2 INVITE 2001 replaces=b2
              a < INVITE with 2001
            a 200 [a2]
              d2 < 200 INVITE [a2] with 9001
              b2 < BYE "Taken over at another phone"
            d2 ACK [d1]
              a < ACK [d1]
            a BYE
              a < 200 BYE
              d2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_takes_the_place_of_its_own_other_call() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            a talks with b
            b2 INVITE 9002 [b9] replaces=b
              a < INVITE [b9] with 9002
            a 200 [a2]
              a < ACK
              b2 < 200 INVITE [a2] with 9001
              b < BYE "Taken over at another phone"
            b2 ACK
            b2 BYE
              b2 < 200 BYE
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_call_that_cannot_be_taken_over_stays_what_it_was() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            site: second login allow
            site: alice: 2001, pin 1111
            b INVITE *11*2001*1111 [x]
              b < 200 INVITE [Perch, inactive]
            b ACK
              b < BYE "Logged in: 2001 Alice"
            a INVITE 2001 [a1]
              b2 < INVITE [a1] from 9001
            b2 200 [b1]
              b2 < ACK
              a < 200 INVITE [b1] with 2001
            a ACK
            d INVITE *11*2001*1111 [x]
              d < 200 INVITE [Perch, inactive]
            d ACK
              d < BYE "Logged in: 2001 Alice"
            d2 INVITE 2001 [d1] replaces=b2
              a < INVITE [d1] with 2001
            a 488
              a < ACK
              d2 < 488 INVITE "No media in common"
            d3 INVITE 2001 [d1] replaces=b2
              a < INVITE [d1] with 2001
            d3 CANCEL
              d3 < 200 CANCEL
              d3 < 487 INVITE
            a 200 [a2]
              a < ACK
              a < INVITE with 2001
            a 200 [a3]
              b2 < INVITE [a3] with 9001
            b2 200 [b3]
              b2 < ACK
              a < ACK [b3]
            d4 INVITE 2001 [d1] replaces=b2
              a < INVITE [d1] with 2001
            d4 CANCEL
              d4 < 200 CANCEL
              d4 < 487 INVITE
            a 491
              a < ACK
            +2s
              a < INVITE with 2001 (again)
            a 200 [a4]
              b2 < INVITE [a4] with 9001
            b2 488 INVITE
              b2 < ACK
              a < ACK [Perch, inactive]
              b2 < BYE "The transfer failed"
              a < BYE "The transfer failed"
            all is quiet
        "#]],
    );
}

#[test]
fn a_change_that_nobody_waits_for_any_more_is_not_taken_for_another() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            b2 INVITE 9002 replaces=b
              a < INVITE with 9002
            b2 CANCEL
              b2 < 200 CANCEL
              b2 < 487 INVITE
            a 200 [a2]
              a < ACK [Perch, inactive]
              a < INVITE with 9002
            a 200 [a3]
              b < INVITE [a3] with 9001
            b 200 [b3]
              b < ACK
              a < ACK [b3]
            a INVITE [a4]
              b < INVITE [a4]
            b 200 [b4]
              b < ACK
              a < 200 INVITE [b4]
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_is_replaced_or_stays_may_hang_up_meanwhile() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            site: second login allow
            site: alice: 2001, pin 1111
            b INVITE *11*2001*1111 [x]
              b < 200 INVITE [Perch, inactive]
            b ACK
              b < BYE "Logged in: 2001 Alice"
            a INVITE 2001 [a1]
              b2 < INVITE [a1] from 9001
            b2 200 [b1]
              b2 < ACK
              a < 200 INVITE [b1] with 2001
            a ACK
            d INVITE *11*2001*1111 [x]
              d < 200 INVITE [Perch, inactive]
            d ACK
              d < BYE "Logged in: 2001 Alice"
            d2 INVITE 2001 [d1] replaces=b2
              a < INVITE [d1] with 2001
            b2 BYE
              b2 < 200 BYE
            a 200 [a2]
              a < ACK
              d2 < 200 INVITE [a2] with 9001
            d2 ACK
            d2 BYE
              d2 < 200 BYE
              a < BYE "The other party hung up"
            d3 INVITE 2001 [d1] replaces=b2
              d3 < 481 INVITE "There is no such call to be replaced"
            all is quiet
        "#]],
    );
}

#[test]
fn who_is_replaced_hangs_up_and_the_other_wants_no_such_media() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            site: transfer recall 30s
            a talks with b
            b2 INVITE 9002 [b9] replaces=b
              a < INVITE [b9] with 9002
            b BYE
              b < 200 BYE
            a 488 INVITE
              a < ACK
              b2 < 488 INVITE "No media in common"
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn the_party_that_stays_may_leave_and_the_one_that_comes_is_told() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            a talks with b
            b2 INVITE 9002 [b9] replaces=b
              a < INVITE [b9] with 9002
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
              b2 < 480 INVITE "The phone cannot be reached"
            all is quiet
              a < INVITE [b9] with 9002 (again, 6 times)
        "#]],
    );
}

#[test]
fn what_rings_at_one_phone_is_picked_up_at_another() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            b2 INVITE 9002 [b2] replaces=b
              b < CANCEL "Call completed elsewhere"
              b < ACK
              b2 < 200 INVITE [Perch, inactive] with 9001
            b2 ACK
              b2 < INVITE [a1] with 9001
            b2 200 INVITE [b3]
              b2 < ACK
              a < 200 INVITE [b3] with 9002
            a ACK
            b2 INFO
              a < INFO
            a 200
              b2 < 200 INFO
            a BYE
              a < 200 BYE
              b2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn what_rings_for_a_caller_without_offer_is_picked_up() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            a INVITE 9002
              b < INVITE from 9001
            b 180
              a < 180 INVITE
            b2 INVITE 9002 replaces=b early-only
              b < CANCEL "Call completed elsewhere"
              b < ACK
              b2 < 200 INVITE [Perch, inactive] with 9001
            b2 ACK [b2]
              b2 < INVITE with 9001
            b2 200 INVITE [b3]
              a < 200 INVITE [b3] with 9002
            a ACK [a1]
              b2 < ACK [a1]
            a BYE
              a < 200 BYE
              b2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_pickup_may_come_to_nothing_in_every_way() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            b2 INVITE 9002 [b2] replaces=b
              b < CANCEL "Call completed elsewhere"
              b < ACK
              b2 < 200 INVITE [Perch, inactive] with 9001
            b2 ACK
              b2 < INVITE [a1] with 9001
            b2 488 INVITE
              b2 < ACK
              b2 < BYE "The call could not be picked up"
              a < 488 INVITE "No media in common"
            a2 INVITE 9002 [a1]
              b3 < INVITE [a1] from 9001
            b3 180
              a2 < 180 INVITE
            b4 INVITE 9002 [b2] replaces=b3
              b3 < CANCEL "Call completed elsewhere"
              b3 < ACK
              b4 < 200 INVITE [Perch, inactive] with 9001
            b4 ACK
              b4 < INVITE [a1] with 9001
            a2 CANCEL
              a2 < 200 CANCEL
              a2 < 487 INVITE
              b4 < BYE "The other party hung up"
            b4 200 INVITE [b9]
            a3 INVITE 9002 [a1]
              b5 < INVITE [a1] from 9001
            b5 180
              a3 < 180 INVITE
            b6 INVITE 9002 [b2] replaces=b5
              b5 < CANCEL "Call completed elsewhere"
              b5 < ACK
              b6 < 200 INVITE [Perch, inactive] with 9001
            b6 BYE
              b6 < 200 BYE
              a3 < 480 INVITE "The phone cannot be reached"
            all is quiet
        "#]],
    );
}

#[test]
fn nobody_takes_what_is_not_theirs_or_not_there() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            a talks with b
            c INVITE 9002 [c1] replaces=b
              c < 403 INVITE "Not allowed from this phone"
            c2 INVITE 9002 [c1] {Replaces: nothing;to-tag=1;from-tag=2}
              c2 < 481 INVITE "There is no such call to be replaced"
            c3 INVITE 9002 [c1] {Replaces: nothing;to-tag=1}
              c3 < 400 INVITE "One Replaces with both tags is needed"
            c4 INVITE 9002 [c1] replaces=b {Join: nothing;to-tag=1;from-tag=2}
              c4 < 400 INVITE "Either Replaces or Join, not both"
            b2 INVITE 9002 [c1] replaces=b early-only
              b2 < 486 INVITE "The call is answered already"
            c5 INVITE 9002 [c1] replaces=b unproven
              c5 < 401 INVITE
            a2 INVITE 9003 [a2]
              c6 < INVITE [a2] from 9001
            a3 INVITE 9003 [a2] replaces=a2
              a3 < 481 INVITE "There is no such call to be replaced"
            a2 CANCEL
              a2 < 200 CANCEL
              a2 < 487 INVITE
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
              c6 < INVITE [a2] from 9001 (again, 6 times)
        "#]],
    );
}

#[test]
fn a_phone_of_the_same_group_picks_up_what_rings_and_takes_nothing_that_talks() {
    ladder(
        "rules: CAL-2, RFC 3891 §3",
        expect![[r#"
            site: b: pickup group hall
            site: c: pickup group hall
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            c2 INVITE 9002 [c1] replaces=b
              b < CANCEL "Call completed elsewhere"
              b < ACK
              c2 < 200 INVITE [Perch, inactive] with 9001
            c2 ACK
              c2 < INVITE [a1] with 9001
            c2 200 INVITE [c2]
              c2 < ACK
              a < 200 INVITE [c2] with 9003
            a ACK
            d INVITE 9002 [d1] replaces=c2
              d < 403 INVITE "Not allowed from this phone"
            b2 INVITE 9002 [b1] replaces=c2
              b2 < 403 INVITE "Not allowed from this phone"
            a BYE
              a < 200 BYE
              c2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_of_the_same_line_joins_a_call() {
    ladder(
        "rules: CAL-3, RFC 3911 §4",
        expect![[r#"
            site: second login allow
            site: class staff: call guests, call users, login, barge
            site: alice: 2001, pin 1111
            b INVITE *11*2001*1111 [x]
              b < 200 INVITE [Perch, inactive]
            b ACK
              b < BYE "Logged in: 2001 Alice"
            a INVITE 2001 [a1]
              b2 < INVITE [a1] from 9001
            b2 200 [b1]
              b2 < ACK
              a < 200 INVITE [b1] with 2001
            a ACK
            d INVITE *11*2001*1111 [x]
              d < 200 INVITE [Perch, inactive]
            d ACK
              d < BYE "Logged in: 2001 Alice"
            d2 INVITE 2001 [d1] join=b2
              a < INVITE [Perch] with 2001
              b2 < INVITE [Perch] with 2001
            a 200 [a2]
              a < ACK
            b2 200 [b2]
              b2 < ACK
              d2 < 200 INVITE [Perch] with 2001
            d2 ACK
            d2 BYE
              d2 < 200 BYE
              a < INVITE with 2001
            a 200 [a3]
              b2 < INVITE [a3] with 9001
            b2 200 [b3]
              b2 < ACK
              a < ACK [b3]
            a BYE
              a < 200 BYE
              b2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_call_that_cannot_be_joined_stays_what_it_was() {
    ladder(
        "rules: CAL-3, RFC 3911 §4",
        expect![[r#"
            a talks with b
            c INVITE 9002 [c1] join=b
              c < 403 INVITE "Not allowed from this phone"
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            c2 INVITE 9002 [c1] join=b
              c2 < 481 INVITE "There is no such call to join"
            all is quiet
        "#]],
    );
}
