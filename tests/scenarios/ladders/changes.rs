//! Changes of a call at every moment, and refreshes (RFC 3261 §14, RFC 4028).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_change_before_the_answer_has_to_wait() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.2",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            a INVITE [a2]
              a < 500 INVITE Retry-After=5
            b INVITE [b2]
              b < 491 INVITE
            b UPDATE [b3]
              b < 491 UPDATE
            b OPTIONS
              b < 200 OPTIONS
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
fn only_one_change_waits_for_the_ack() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.2",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a INVITE [a2]
            a INVITE [a3]
              a < 500 INVITE Retry-After=2
            a BYE
              a < 200 BYE
              a < 487 INVITE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_change_during_another_of_the_same_side_has_to_wait() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.2",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            a INVITE [a3]
              a < 500 INVITE Retry-After=2
            b 200 [b2]
              b < ACK
              a < 200 INVITE [b2]
            a ACK cseq=2
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn who_wants_a_change_while_perch_does_is_told_491() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.2",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            b INVITE [b2]
              b < 491 INVITE
            b 200 INVITE [b3]
              b < ACK
              a < 200 INVITE [b3]
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn both_want_a_change_at_once_and_the_one_who_called_waits_longer() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            b 491 INVITE
              b < ACK
            +4s
              a < 100 INVITE
              b < INVITE [a2]
            b 200 INVITE [b2]
              b < ACK
              a < 200 INVITE [b2]
            a ACK
            b INVITE [b3]
              a < INVITE [b3]
            a 491 INVITE
              a < ACK
            +2s
              b < 100 INVITE
              a < INVITE [b3]
            a 200 INVITE [a3]
              a < ACK
              b < 200 INVITE [a3]
            b ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_party_that_never_has_time_is_not_asked_for_ever() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            b 491 INVITE
              b < ACK
            +4s
              a < 100 INVITE
              b < INVITE [a2]
            b 491 INVITE
              b < ACK
            +4s
              b < INVITE [a2] (again)
            b 491 INVITE
              b < ACK
            +4s
              b < INVITE [a2]
            b 491 INVITE
              b < ACK
            +4s
              b < INVITE [a2]
            b 491 INVITE
              b < ACK
              a < 491 INVITE
            +60s
              a < OPTIONS
              b < OPTIONS
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_party_that_says_when_it_has_time_is_asked_then() {
    ladder(
        "rules: CAL-2, RFC 3261 §20.33",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            b 500 INVITE {Retry-After: 3}
              b < ACK
            +2900ms
              a < 100 INVITE
            +100ms
              b < INVITE [a2]
            b 200 INVITE [b2]
              b < ACK
              a < 200 INVITE [b2]
            a ACK
            a INVITE [a3]
              b < INVITE [a3]
            b 503 INVITE {Retry-After: 3600 (in an hour)}
              b < ACK
              a < 500 INVITE
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_change_that_is_refused_leaves_the_call_as_it_was() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            b 488 INVITE
              b < ACK
              a < 488 INVITE
            a INFO
              b < INFO
            b 200
              a < 200 INFO
            a INVITE [a3]
              b < INVITE [a3]
            b 481 INVITE
              b < ACK
              b < BYE "No sign of life"
              a < 481 INVITE
              a < BYE "The other party cannot be reached any more"
            all is quiet
        "#]],
    );
}

#[test]
fn a_change_with_a_body_that_is_no_description_is_refused() {
    ladder(
        "rules: CAL-2, RFC 3261 §21.4.13",
        expect![[r#"
            a talks with b
            a INVITE [text/plain]
              a < 415 INVITE Accept=application/sdp,_multipart/mixed
            a UPDATE [application/x-foo]
              a < 415 UPDATE Accept=application/sdp,_multipart/mixed
            a INVITE [a2]
              b < INVITE [a2]
            b 200 [b2]
              b < ACK
              a < 200 INVITE [b2]
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_change_that_overtakes_its_ack_is_taken_when_that_comes() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.2",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a INVITE [a2]
            a ACK cseq=1
              b < INVITE [a2]
            b 200 [b2]
              b < ACK
              a < 200 INVITE [b2]
            a ACK cseq=2
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_hangs_up_during_a_change_leaves_no_question_open() {
    ladder(
        "rules: CAL-2, RFC 3261 §15",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            a BYE
              a < 200 BYE
              a < 487 INVITE
              b < BYE "The other party hung up"
            b 200 INVITE [b2]
            all is quiet
        "#]],
    );
}

#[test]
fn the_other_one_may_hang_up_during_a_change() {
    ladder(
        "rules: CAL-2, RFC 3261 §14.1",
        expect![[r#"
            a talks with b
            a INVITE [a2]
              b < INVITE [a2]
            b BYE
              b < 200 BYE
              a < 487 INVITE
              a < BYE "The other party hung up"
            b 481 INVITE
              b < ACK
            all is quiet
        "#]],
    );
}

#[test]
fn an_interval_that_is_too_short_is_told_the_least() {
    ladder(
        "rules: CAL-2, RFC 4028 §6",
        expect![[r#"
            a INVITE 9002 [a1] {Supported: timer} {Session-Expires: 60}
              a < 422 INVITE
            a2 INVITE 9002 [a1] {Supported: timer} {Session-Expires: 600}
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a2 < 200 INVITE [b1] with 9002
            a2 ACK
            a2 UPDATE {Supported: timer} {Session-Expires: 30}
              a2 < 422 UPDATE
            a2 BYE
              a2 < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_that_finds_every_interval_too_short_is_not_asked_for_ever() {
    ladder(
        "rules: CAL-2, RFC 4028 §7.3",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 422 {Min-SE: 3600}
              b < ACK
              b < INVITE [a1] from 9001 Min-SE=3600
            b 422 {Min-SE: 7200}
              b < ACK
              b < INVITE [a1] from 9001 Min-SE=7200
            b 422 {Min-SE: 86400}
              b < ACK
              b < INVITE [a1] from 9001 Min-SE=86400
            b 422 {Min-SE: 86401}
              b < ACK
              a < 480 INVITE "The phone answered 422"
            all is quiet
        "#]],
    );
}

#[test]
fn a_refresh_that_is_always_too_short_is_made_when_it_is_due() {
    ladder(
        "rules: CAL-2, RFC 4028 §7.4",
        expect![[r#"
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 200 [b1] {Allow: UPDATE} {Session-Expires: 100;refresher=uac}
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            +50s
              b < UPDATE
            b 422 UPDATE {Min-SE: 200}
            +24s
              a < OPTIONS
            +1s
              b < UPDATE
            b 422 UPDATE {Min-SE: 300}
            +20s
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_call_that_its_phone_does_not_refresh_is_over() {
    ladder(
        "rules: CAL-2, RFC 4028 §10",
        expect![[r#"
            a INVITE 9002 [a1] {Supported: timer} {Session-Expires: 100;refresher=uac}
              b < INVITE [a1] from 9001
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            +50s
            a UPDATE {Supported: timer} {Session-Expires: 100;refresher=uac}
              a < 200 UPDATE
            +66s
              b < OPTIONS
            b 200 OPTIONS
            +1s
            all is quiet
              a < BYE "Not refreshed"
              b < BYE "The other party cannot be reached any more"
        "#]],
    );
}
