//! Calls that go in circles (RFC 3261 §16.3, RFC 7332).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_call_that_has_no_hop_left_is_refused() {
    ladder(
        "rules: CAL-2, RFC 3261 §16.3",
        expect![[r#"
            a INVITE 9002 [a1] {Max-Forwards: 0}
              a < 483 INVITE "The call has been through too many servers"
            all is quiet
        "#]],
    );
}

#[test]
fn a_call_that_was_here_before_is_a_loop() {
    ladder(
        "rules: CAL-2, RFC 3261 §16.3",
        expect![[r#"
            a INVITE 9002 [a1] {Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKours}
              a < 482 Loop Detected
            all is quiet
              a < 482 Loop Detected (again, 9 times)
        "#]],
    );
}

#[test]
fn hops_are_counted_down_from_server_to_server() {
    ladder(
        "rules: CAL-2, RFC 7332 §5",
        expect![[r#"
            a INVITE 9002 [a1] {Max-Forwards: 12}
              b < INVITE [a1] from 9001 Max-Forwards=11
            b 302 {Contact: <sip:9003@h>}
              b < ACK
              a < 181 INVITE
              c < INVITE [a1] from 9001 Max-Forwards=11
            c 486
              c < ACK
              a < 486 INVITE "Busy"
            a2 INVITE 9002 [a1] {Max-Forwards: 1}
              b2 < INVITE [a1] from 9001 Max-Forwards=0
            b2 486
              b2 < ACK
              a2 < 486 INVITE "Busy"
            a3 INVITE 9002 [a1] {Max-Forwards: 0}
              a3 < 483 INVITE "The call has been through too many servers"
            a4 INVITE 9002 [a1] {Max-Forwards: 255}
              b3 < INVITE [a1] from 9001
            b3 486
              b3 < ACK
              a4 < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}

#[test]
fn help_is_rung_however_far_the_call_has_come() {
    ladder(
        "rules: CAL-2, SES-10",
        expect![[r#"
            site: emergency 112 rings c
            a INVITE 112 [a1] {Max-Forwards: 0}
              c < INVITE [a1] from 9001 Max-Forwards=0
            c 486
              c < ACK
              a < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}
