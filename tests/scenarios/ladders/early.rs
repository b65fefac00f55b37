//! What is said before the answer, and acknowledged: 100rel, PRACK, offers in early dialogs (RFC 3262, RFC 3311).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn what_has_to_be_acknowledged_is_repeated_until_it_is() {
    ladder(
        "rules: CAL-2, RFC 3262 §3",
        expect![[r#"
            a INVITE 9002 [a1] 100rel
              a < 100 INVITE
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
              a < 100 INVITE
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
              a < 100 INVITE
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
              a < 100 INVITE
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
