//! Messages that get lost, cross, or come twice; phones that vanish (RFC 3261).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_2xx_that_nobody_acknowledges_is_repeated_and_then_the_call_is_over() {
    ladder(
        "rules: CAL-2, RFC 3261 §13.3.1.4",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            +31s
              a < 200 INVITE [b1] with 9002 (again, 9 times)
            +1s
              a < 200 INVITE [b1] with 9002 (again)
              a < BYE "No ACK"
              b < BYE "The other party cannot be reached any more"
            all is quiet
        "#]],
    );
}

#[test]
fn a_bye_that_gets_lost_is_repeated_and_the_call_is_over_all_the_same() {
    ladder(
        "rules: CAL-2, RFC 3261 §15",
        expect![[r#"
            a talks with b
            b is numb
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            +32s
              b < BYE "The other party hung up" (again, 10 times)
            a BYE
              a < 481 BYE
            all is quiet
        "#]],
    );
}

#[test]
fn an_answer_that_gets_lost_is_repeated_until_somebody_hears_it() {
    ladder(
        "rules: CAL-2, RFC 3261 §13.3.1.4, RFC 6026 §7.1",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            b 200 again
              b < ACK (again)
            +600ms
              a < 200 INVITE [b1] with 9002 (again)
            a ACK
            +10s
            a ACK again
            b BYE
              b < 200 BYE
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_gives_up_while_it_rings_is_answered_487() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.2",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
              b < ACK
            a CANCEL again
              a < 200 CANCEL (again)
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_gives_up_before_the_phone_is_heard_of_rings_nobody() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.1",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
            b 180
              b < CANCEL "The caller gave up"
              b < ACK
            all is quiet
        "#]],
    );
}

#[test]
fn an_answer_that_crosses_a_cancel_is_acknowledged_and_hung_up() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.1",
        expect![[r#"
            b is numb
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
            b 200 INVITE [b1]
              b < ACK
              b < BYE "The call is over"
            b 200 CANCEL
            b 200 BYE
            all is quiet
        "#]],
    );
}

#[test]
fn an_answer_after_a_cancel_that_was_heard_is_hung_up_too() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.1, §13.2.2.4",
        expect![[r#"
            b is numb
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
            b 200 CANCEL
            +20s
            b 200 INVITE [b1]
              b < ACK
              b < BYE "The call is over"
            b 200 INVITE again
              b < ACK (again)
            b 200 BYE
            all is quiet
        "#]],
    );
}

#[test]
fn a_cancelled_phone_that_never_says_more_is_not_waited_for() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.1",
        expect![[r#"
            b is numb
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
              b < CANCEL "The caller gave up"
            b 200 CANCEL
            all is quiet
        "#]],
    );
}

#[test]
fn a_cancel_that_comes_after_the_answer_changes_nothing() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.2",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a CANCEL
              a < 200 CANCEL
            a ACK
            +40s
            a CANCEL again
              a < 481 CANCEL
            b BYE
              b < 200 BYE
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_cancel_of_nothing_is_told_so() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.2",
        expect![[r#"
            a INVITE 9009 [a1]
              a < 404 INVITE "Unknown number"
            +40s
            a CANCEL
              a < 481 CANCEL
            all is quiet
        "#]],
    );
}

#[test]
fn a_bye_before_the_ack_ends_the_call() {
    ladder(
        "rules: CAL-2, RFC 3261 §15",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            +40s
            all is quiet
        "#]],
    );
}

#[test]
fn a_callee_that_hangs_up_before_the_ack_is_not_believed_lost() {
    ladder(
        "rules: CAL-2, RFC 3261 §15",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            b BYE
              b < 200 BYE
            a ACK
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn both_may_hang_up_at_once() {
    ladder(
        "rules: CAL-2, RFC 3261 §15",
        expect![[r#"
            a talks with b
            b is numb
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            b BYE
              b < 481 BYE
            b 200 BYE
            all is quiet
        "#]],
    );
}

#[test]
fn a_request_after_the_bye_is_for_nothing() {
    ladder(
        "rules: CAL-2, RFC 3261 §12.2.2",
        expect![[r#"
            a talks with b
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            a INVITE [a2]
              a < 481 INVITE
            a INFO
              a < 481 INFO
            b UPDATE [b2]
              b < 481 UPDATE
            all is quiet
        "#]],
    );
}

#[test]
fn a_request_that_comes_too_late_is_out_of_order() {
    ladder(
        "rules: CAL-2, RFC 3261 §12.2.2",
        expect![[r#"
            a talks with b
            a INFO cseq=9
              b < INFO
            a INFO cseq=8
              a < 500 INFO
            b 200
              a < 200 INFO
            a BYE cseq=10
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_that_vanishes_while_it_rings_is_given_up() {
    ladder(
        "rules: CAL-2, RFC 3261 §17.1.1.2, §9.1",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            +32s
              a < 100 INVITE
              b < INVITE [a1] from 9001 (again, 6 times)
              a < 480 INVITE "The phone cannot be reached"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_that_rings_and_vanishes_is_given_up_with_the_call() {
    ladder(
        "rules: CAL-2, RFC 3261 §9.1",
        expect![[r#"
            site: no answer after 30s
            b is numb
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            +30s
              a < 480 INVITE "No answer"
              b < CANCEL "The caller gave up"
            +32s
              b < CANCEL "The caller gave up" (again, 10 times)
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_that_vanishes_in_a_call_is_found_out() {
    ladder(
        "rules: CAL-2, RFC 3261 §12.2.1.2",
        expect![[r#"
            a talks with b
            b is numb
            +70s
              a < OPTIONS
              b < OPTIONS (again, 3 times)
            +32s
              b < OPTIONS (again, 7 times)
              b < BYE "No sign of life" (again, 3 times)
              a < BYE "The other party cannot be reached any more"
            all is quiet
              b < BYE "No sign of life" (again, 7 times)
        "#]],
    );
}

#[test]
fn a_phone_that_vanishes_on_hold_is_found_out() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            b INVITE [b2]
              a < INVITE [b2]
            a 200 [a2]
              a < ACK
              b < 200 INVITE [a2]
            b ACK
            b is numb
            a INVITE [a3]
              b < INVITE [a3]
            +32s
              a < 100 INVITE
              b < INVITE [a3] (again, 6 times)
              b < BYE "No sign of life"
              a < 480 INVITE
              a < BYE "The other party cannot be reached any more"
            all is quiet
              b < BYE "No sign of life" (again, 10 times)
        "#]],
    );
}

#[test]
fn a_phone_that_vanishes_while_it_transfers_does_not_keep_the_others() {
    ladder(
        "rules: CAL-2, RFC 3515 §2.4.7",
        expect![[r#"
            a talks with b
            b is numb
            b REFER {Refer-To: <sip:9003@h>}
              b < 202 REFER
              b < NOTIFY [SIP/2.0 100 Trying] Subscription-State=active;expires=300
              c < INVITE from 9001
            c 180
            c 200 [c1]
              a < INVITE [c1] with 9003
            a 200 [a2]
              a < ACK
              c < ACK [a2]
            +32s
              b < NOTIFY [SIP/2.0 100 Trying] Subscription-State=active;expires=300 (again, 10 times)
              b < BYE "Transferred"
            +32s
              b < BYE "Transferred" (again, 10 times)
              a < OPTIONS
              c < OPTIONS
            c BYE
              c < 200 BYE
              a < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_is_to_be_transferred_may_vanish() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            a is numb
            b REFER {Refer-To: <sip:9003@h>}
              b < 202 REFER
              b < NOTIFY [SIP/2.0 100 Trying] Subscription-State=active;expires=300
              c < INVITE from 9001
            c 200 [c1]
              a < INVITE [c1] with 9003
            +32s
              a < INVITE [c1] with 9003 (again, 6 times)
              a < BYE "No sign of life"
              c < ACK [Perch, inactive]
              c < BYE "The transfer failed"
              b < NOTIFY [SIP/2.0 480 Temporarily Unavailable] Subscription-State=terminated;reason=noresource
              b < BYE "The other party cannot be reached any more"
            +32s
              a < BYE "No sign of life" (again, 10 times)
            all is quiet
        "#]],
    );
}

#[test]
fn what_nobody_here_speaks_is_refused_by_name() {
    ladder(
        "rules: CAL-2, RFC 6665 §4.2.1.1, RFC 6086 §4.2.2",
        expect![[r#"
            a talks with b
            a SUBSCRIBE {Event: presence}
              a < 489 SUBSCRIBE Allow-Events=call-info,_dialog,_message-summary,_presence,_line-seize,_refer
            b NOTIFY {Event: presence} {Subscription-State: active}
              b < 481 NOTIFY
            a INFO [application/x-foo] {Info-Package: foo}
              b < INFO [application/x-foo] Info-Package=foo
            b 469 {Recv-Info: bar}
              a < 469 INFO Recv-Info=
            a PUBLISH {Event: presence}
              a < 489 PUBLISH Allow-Events=call-info,_dialog,_message-summary,_presence,_line-seize,_refer
            c SUBSCRIBE 9002 {Event: foo}
              c < 489 SUBSCRIBE Allow-Events=call-info,_dialog,_message-summary,_presence,_line-seize,_refer
            c2 NOTIFY 9002 {Event: dialog} {Subscription-State: active}
              c2 < 481 NOTIFY
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_that_has_started_again_rings_again() {
    ladder(
        "rules: CAL-1, RFC 3261 §10.2.4",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            b is numb
            b starts again
              b < CANCEL
              b < INVITE [a1] from 9001
            b 180 INVITE
              a < 180 INVITE/2
            b starts again
              b < CANCEL
              b < INVITE [a1] from 9001
            b 200 INVITE [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            b 200 BYE
            all is quiet
              b < CANCEL (again, 10 times)
              b < CANCEL (again, 10 times)
        "#]],
    );
}
