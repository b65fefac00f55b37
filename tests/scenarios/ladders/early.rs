//! What is said before the answer, and acknowledged: 100rel, PRACK, offers in early dialogs (RFC 3262, RFC 3311).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn what_has_to_be_acknowledged_is_repeated_until_it_is() {
    ladder(
        "rules: CAL-2, RFC 3262 §3",
        expect![[r#"
            a INVITE 9002 [a1] 100rel
              b < INVITE [a1] from 9001
            b 183 [b1] rel=5
              b < PRACK RAck=5_1_INVITE
              a < 183 INVITE [b1] rel=1
            b 200 PRACK
            +1400ms
              a < 183 INVITE [b1] rel=1 (again)
            a PRACK
              a < 200 PRACK
            a PRACK again
              a < 200 PRACK (again)
            +10s
            b 200 INVITE
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_caller_that_never_acknowledges_has_no_call() {
    ladder(
        "rules: CAL-2, RFC 3262 §3",
        expect![[r#"
            a INVITE 9002 [a1] 100rel
              b < INVITE [a1] from 9001
            b 183 [b1]
              a < 183 INVITE [b1] rel=1
            +32s
              a < 183 INVITE [b1] rel=1 (again, 6 times)
              a < 504 INVITE "The phone answered 504"
              b < CANCEL "The caller gave up"
              b < ACK
            all is quiet
        "#]],
    );
}

#[test]
fn answers_out_of_order_are_not_heard() {
    ladder(
        "rules: CAL-2, RFC 3262 §4",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180 rel=5
              b < PRACK RAck=5_1_INVITE
              a < 180 INVITE
            b 200 PRACK
            b 183 [b1] rel=7
            b 180 rel=5
            b 183 [b1] rel=6
              b < PRACK RAck=6_1_INVITE
              a < 183 INVITE [b1]
            b 200 PRACK
            b 200 INVITE
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_prack_for_nothing_is_told_so() {
    ladder(
        "rules: CAL-2, RFC 3262 §3",
        expect![[r#"
            a INVITE 9002 [a1] 100rel
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            a PRACK rack=9
              a < 481 PRACK
            b 183 [b1]
              a < 183 INVITE [b1] rel=1
            a PRACK rack=9
              a < 481 PRACK
            a PRACK
              a < 200 PRACK
            a PRACK
              a < 481 PRACK
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
              b < ACK
            all is quiet
        "#]],
    );
}

#[test]
fn other_media_may_be_wanted_before_the_answer() {
    ladder(
        "rules: CAL-2, RFC 3311 §5.1",
        expect![[r#"
            a INVITE 9002 [a1] 100rel {Allow: UPDATE, PRACK}
              b < INVITE [a1] from 9001
            b 183 [b1] rel=5 {Allow: UPDATE, PRACK}
              b < PRACK RAck=5_1_INVITE
              a < 183 INVITE [b1] rel=1
            b 200 PRACK
            a PRACK
              a < 200 PRACK
            a UPDATE [a2]
              b < UPDATE [a2]
            b 200 [b2]
              a < 200 UPDATE [b2]
            b UPDATE [b3]
              a < UPDATE [b3]
            a 200 [a3]
              b < 200 UPDATE [a3]
            a UPDATE
              a < 200 UPDATE
            b 200 INVITE
              b < ACK
              a < 200 INVITE [b3] with 9002
            a ACK
            a INVITE [a4]
              b < INVITE [a4]
            b 200 [b4]
              b < ACK
              a < 200 INVITE [b4]
            a ACK
            b BYE
              b < 200 BYE
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn an_offer_in_a_prack_is_answered_in_its_200() {
    ladder(
        "rules: CAL-2, RFC 3262 §5",
        expect![[r#"
            a INVITE 9002 [a1] 100rel
              b < INVITE [a1] from 9001
            b 183 [b1] rel=5 {Allow: UPDATE, PRACK}
              b < PRACK RAck=5_1_INVITE
              a < 183 INVITE [b1] rel=1
            b 200 PRACK
            a PRACK [a2]
              b < UPDATE [a2]
            b 200 UPDATE [b2]
              a < 200 PRACK [b2]
            b 200 INVITE
              b < ACK
              a < 200 INVITE [b2] with 9002
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            a2 INVITE 9002 [a1] 100rel
              b2 < INVITE [a1] from 9001
            b2 183 [b1] rel=5
              b2 < PRACK RAck=5_1_INVITE
              a2 < 183 INVITE [b1] rel=1
            b2 200 PRACK
            a2 PRACK [a2]
              a2 < 488 PRACK
            a2 CANCEL
              a2 < 200 CANCEL
              a2 < 487 INVITE
              b2 < CANCEL "The caller gave up"
              b2 < ACK
            all is quiet
        "#]],
    );
}

#[test]
fn other_media_cannot_be_had_before_the_first_is_agreed() {
    ladder(
        "rules: CAL-2, RFC 3311 §5.2",
        expect![[r#"
            a INVITE 9002 [a1] 100rel {Allow: UPDATE}
              b < INVITE [a1] from 9001
            b 183 [b1] rel=5 {Allow: UPDATE}
              b < PRACK RAck=5_1_INVITE
              a < 183 INVITE [b1] rel=1
            a UPDATE [a2]
              a < 500 UPDATE Retry-After=5
            b UPDATE [b2]
              b < 491 UPDATE
            a UPDATE [a2]
              a < 500 UPDATE Retry-After=5
            a PRACK
              a < 200 PRACK
            a UPDATE [text/plain]
              a < 415 UPDATE Accept=application/sdp,_multipart/mixed
            b UPDATE [text/plain]
              b < 415 UPDATE Accept=application/sdp,_multipart/mixed
            a CANCEL cseq=1
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
              b < ACK
            all is quiet
              b < PRACK RAck=5_1_INVITE (again, 10 times)
        "#]],
    );
}

#[test]
fn both_may_want_other_media_at_once_and_one_has_to_wait() {
    ladder(
        "rules: CAL-2, RFC 3311 §5.2",
        expect![[r#"
            a INVITE 9002 [a1] 100rel {Allow: UPDATE}
              b < INVITE [a1] from 9001
            b 183 [b1] rel=5 {Allow: UPDATE}
              b < PRACK RAck=5_1_INVITE
              a < 183 INVITE [b1] rel=1
            b 200 PRACK
            a PRACK
              a < 200 PRACK
            a UPDATE [a2]
              b < UPDATE [a2]
            a UPDATE [a3]
              a < 500 UPDATE Retry-After=5
            b UPDATE [b2]
              b < 491 UPDATE
            b 491 UPDATE
              a < 491 UPDATE
            a UPDATE [a4]
              b < UPDATE [a4]
            b 488 UPDATE
              a < 488 UPDATE
            a UPDATE [a5]
              b < UPDATE [a5]
            b 200 UPDATE
              a < 488 UPDATE
            a UPDATE [a6]
              b < UPDATE [a6]
            +20s
              b < UPDATE [a6] (again, 7 times)
              a < 504 UPDATE
            b 200 UPDATE [b6]
            a CANCEL cseq=1
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
              b < ACK
            all is quiet
        "#]],
    );
}

#[test]
fn who_answers_or_gives_up_leaves_no_offer_open() {
    ladder(
        "rules: CAL-2, RFC 3311 §5.2",
        expect![[r#"
            a INVITE 9002 [a1] 100rel {Allow: UPDATE}
              b < INVITE [a1] from 9001
            b 183 [b1] rel=5 {Allow: UPDATE}
              b < PRACK RAck=5_1_INVITE
              a < 183 INVITE [b1] rel=1
            b 200 PRACK
            a PRACK
              a < 200 PRACK
            a UPDATE [a2]
              b < UPDATE [a2]
            b 200 INVITE
              b < ACK
              a < 500 UPDATE Retry-After=1
              a < 200 INVITE [b1] with 9002
            b 200 UPDATE [b2]
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            a2 INVITE 9002 [a1] 100rel
              b2 < INVITE [a1] from 9001
            b2 183 [b1] rel=5 {Allow: UPDATE}
              b2 < PRACK RAck=5_1_INVITE
              a2 < 183 INVITE [b1] rel=1
            b2 200 PRACK
            a2 PRACK
              a2 < 200 PRACK
            b2 UPDATE [b2]
              b2 < 488 UPDATE
            a2 UPDATE [a2]
              b2 < UPDATE [a2]
            a2 CANCEL cseq=1
              a2 < 200 CANCEL
              a2 < 487 INVITE
              a2 < 487 UPDATE
              b2 < CANCEL "The caller gave up"
              b2 < ACK
            a3 INVITE 9002 [a1] 100rel {Allow: UPDATE}
              b3 < INVITE [a1] from 9001
            b3 183 [b1] rel=5
              b3 < PRACK RAck=5_1_INVITE
              a3 < 183 INVITE [b1] rel=1
            b3 200 PRACK
            a3 PRACK
              a3 < 200 PRACK
            b3 UPDATE [b2]
              a3 < UPDATE [b2]
            b3 486 INVITE
              b3 < ACK
              b3 < 487 UPDATE
              a3 < 486 INVITE "Busy"
            all is quiet
              b2 < UPDATE [a2] (again, 10 times)
              a3 < UPDATE [b2] (again, 10 times)
        "#]],
    );
}
