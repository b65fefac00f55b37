//! Browsers and phones whose media cannot meet, with a relay and without.

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn without_a_relay_they_are_told_that_they_need_one() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            w is a browser
            v is a browser
            w INVITE 9001 [w1]
              w < 488 INVITE "WebRTC and RTP phones need a media relay"
            w ACK
            a INVITE 9005 [a1]
              a < 488 INVITE "WebRTC and RTP phones need a media relay"
            a2 INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 486
              b < ACK
              a2 < 486 INVITE "Busy"
            w2 INVITE 9006 [w1]
              v < INVITE [w1] from 9005
            v 486
              v < ACK
              w2 < 486 INVITE "Busy"
            all is quiet
        "#]],
    );
}

#[test]
fn an_offer_and_its_answer_wait_for_the_relay() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            w is a browser
            there is a relay
            w INVITE 9001 [w1]
              relay < offer [w1] of its owner in 1
            relay translates
              a < INVITE [w1 as RTP/AVP] from 9005
            a 180
              w < 180 INVITE
            a 200 [a1]
              relay < answer [a1] of the other in 1
              a < ACK
            a BYE
              a < 200 BYE
            relay translates
              relay < forget 1
              w < 200 INVITE [a1 as UDP/TLS/RTP/SAVPF] with 9001
            w ACK
              w < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn whoever_gives_up_before_the_relay_answers_rings_nobody() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            w is a browser
            there is a relay
            a INVITE 9005 [a1]
              relay < offer [a1] of the other in 1
            a CANCEL
              relay < forget 1
              a < 200 CANCEL
              a < 487 INVITE
            all is quiet
        "#]],
    );
}

#[test]
fn a_relay_that_is_silent_fails_what_needs_it_and_nothing_else() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            w is a browser
            there is a relay
            w INVITE 9001 [w1]
              relay < offer [w1] of its owner in 1
            relay is silent
              relay < forget 1
              w < 503 INVITE Retry-After=10 "The media relay cannot be used now. Try again"
            w2 INVITE 9001 [w2]
              relay < offer [w2] of its owner in 2
            relay translates
              a < INVITE [w2 as RTP/AVP] from 9005
            a 200 [a2]
              relay < answer [a2] of the other in 2
              a < ACK
            relay is silent
              relay < forget 2
              w2 < 503 INVITE Retry-After=10 "The media relay cannot be used now. Try again"
              a < BYE "The other party hung up"
            w3 INVITE 9001 [w3]
              relay < offer [w3] of its owner in 3
            relay translates
              a2 < INVITE [w3 as RTP/AVP] from 9005
            a2 200 [a3]
              relay < answer [a3] of the other in 3
              a2 < ACK
            relay translates
              w3 < 200 INVITE [a3 as UDP/TLS/RTP/SAVPF] with 9001
            w3 ACK
            a2 INVITE [a4]
              relay < offer [a4] of the other in 3 (they know each other)
            relay is silent
              a2 < 503 INVITE Retry-After=10
            a2 ACK
            w3 INVITE [w4]
              relay < offer [w4] of its owner in 3 (they know each other)
            relay translates
              a2 < INVITE [w4 as RTP/AVP]
            a2 200 [a5]
              relay < answer [a5] of the other in 3 (they know each other)
              a2 < ACK
            relay is silent
              w3 < 503 INVITE Retry-After=10
            w3 ACK
            w3 BYE
              relay < forget 3
              w3 < 200 BYE
              a2 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn who_makes_no_offer_is_made_one_through_the_relay() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            w is a browser
            there is a relay
            a INVITE 9005
              w < INVITE from 9001
            w 200 [w1]
              relay < offer [w1] of its owner in 1
            relay translates
              a < 200 INVITE [w1 as RTP/AVP] with 9005
            a ACK [a1]
              relay < answer [a1] of the other in 1
            relay translates
              w < ACK [a1 as UDP/TLS/RTP/SAVPF]
            w INVITE
              a < INVITE
            a 200 [a2]
              relay < offer [a2] of the other in 1 (they know each other)
            relay translates
              w < 200 INVITE [a2 as UDP/TLS/RTP/SAVPF]
            w ACK [w2]
              relay < answer [w2] of its owner in 1 (they know each other)
            relay translates
              a < ACK [w2 as RTP/AVP]
            a BYE
              relay < forget 1
              a < 200 BYE
              w < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn of_several_phones_that_ring_the_relay_keeps_the_one_that_answers() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            w is a browser
            there is a relay
            w INVITE 9001 [w1]
              relay < offer [w1] of its owner in 1
            relay translates
              a < INVITE [w1 as RTP/AVP] from 9005
            a 302 {Contact: <sip:9002@h>}
              relay < offer [w1] of its owner in 2
              relay < forget 1
              a < ACK
              w < 181 INVITE
            relay translates
              b < INVITE [w1 as RTP/AVP] from 9005
            b 183 [b1]
              relay < answer [b1] of the other in 2
            relay translates
              w < 183 INVITE [b1 as UDP/TLS/RTP/SAVPF]
            b 200 [b1]
              relay < answer [b1] of the other in 2 (they know each other)
              b < ACK
            relay translates
              w < 200 INVITE [b1 as UDP/TLS/RTP/SAVPF] with 9002
            w ACK
            b BYE
              relay < forget 2
              b < 200 BYE
              w < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_phone_that_does_not_want_what_is_offered_is_asked_through_the_relay() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            there is a relay
            a INVITE 9002 [s1]
              b < INVITE [s1] from 9001
            b 488
              relay < offer [s1] of its owner in 1
              b < ACK
            relay translates
              b2 < INVITE [s1 as RTP/AVP] from 9001
            b2 200 [b1]
              relay < answer [b1] of the other in 1
              b2 < ACK
            relay translates
              a < 200 INVITE [b1 as RTP/SAVP] with 9002
            a ACK
            b2 INVITE [b2]
              relay < offer [b2] of the other in 1 (they know each other)
            relay translates
              a < INVITE [b2 as RTP/SAVP]
            a 200 [s2]
              relay < answer [s2] of its owner in 1 (they know each other)
              a < ACK
            relay translates
              b2 < 200 INVITE [s2 as RTP/AVP]
            b2 ACK
            a BYE
              relay < forget 1
              a < 200 BYE
              b2 < BYE "The other party hung up"
            c INVITE 9004 [c1]
              d < INVITE [c1] from 9003
            d 488
              relay < offer [c1] of the other in 2
              d < ACK
            relay translates
              d2 < INVITE [c1 as RTP/SAVP] from 9003
            d2 200 [s3]
              relay < answer [s3] of its owner in 2
              d2 < ACK
            relay translates
              c < 200 INVITE [s3 as RTP/AVP] with 9004
            c ACK
            c BYE
              relay < forget 2
              c < 200 BYE
              d2 < BYE "The other party hung up"
            a2 INVITE 9002 [s4]
              b3 < INVITE [s4] from 9001
            b3 488
              relay < offer [s4] of its owner in 3
              b3 < ACK
            relay translates
              b4 < INVITE [s4 as RTP/AVP] from 9001
            b4 488
              relay < forget 3
              b4 < ACK
              a2 < 488 INVITE "No media in common"
            all is quiet
        "#]],
    );
}

#[test]
fn phones_that_understand_each_other_are_left_alone() {
    ladder(
        "rules: CAL-1",
        expect![[r#"
            there is a relay
            w is a browser
            v is a browser
            a INVITE 9002 [s1]
              b < INVITE [s1] from 9001
            b 200 [s2]
              b < ACK
              a < 200 INVITE [s2] with 9002
            a ACK
            a INVITE [s3]
              b < INVITE [s3]
            b 200 [s4]
              b < ACK
              a < 200 INVITE [s4]
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            w INVITE 9006 [w1]
              v < INVITE [w1] from 9005
            v 200 [v1]
              v < ACK
              w < 200 INVITE [v1] with 9006
            w ACK
            v INVITE [v2]
              w < INVITE [v2]
            w 200 [w2]
              w < ACK
              v < 200 INVITE [w2]
            v ACK
            v BYE
              v < 200 BYE
              w < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_browser_that_is_handed_on_keeps_what_it_has_agreed_with_the_relay() {
    ladder(
        "rules: CAL-2",
        expect![[r#"
            there is a relay
            w is a browser
            v is a browser
            w INVITE 9001 [w1]
              relay < offer [w1] of its owner in 1
            relay translates
              a < INVITE [w1 as RTP/AVP] from 9005
            a 200 [a1]
              relay < answer [a1] of the other in 1
              a < ACK
            relay translates
              w < 200 INVITE [a1 as UDP/TLS/RTP/SAVPF] with 9001
            w ACK
            a REFER {Refer-To: <sip:9002@h>}
              a < 202 REFER
              a < NOTIFY [SIP/2.0 100 Trying] Subscription-State=active;expires=300
              b < INVITE from 9005
            b 200 [b1]
              relay < offer [b1] of the other in 1 (they know each other)
            relay translates
              w < INVITE [b1 as UDP/TLS/RTP/SAVPF] with 9002
            w 200 [w2]
              relay < answer [w2] of its owner in 1 (they know each other)
              w < ACK
              a < NOTIFY [SIP/2.0 200 OK] Subscription-State=terminated;reason=noresource
              a < BYE "Transferred"
            relay translates
              b < ACK [w2 as RTP/AVP]
            b REFER {Refer-To: <sip:9006@h>}
              b < 202 REFER
              b < NOTIFY [SIP/2.0 100 Trying] Subscription-State=active;expires=300
              v < INVITE from 9005
            v 200 [v1]
              w < INVITE [v1] with 9006
            w 200 [w3]
              w < ACK
              v < ACK [w3]
              b < NOTIFY [SIP/2.0 200 OK] Subscription-State=terminated;reason=noresource
              b < BYE "Transferred"
            w BYE
              relay < forget 1
              w < 200 BYE
              v < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}
