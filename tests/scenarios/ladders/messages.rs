//! Phones that subscribe to what waits for whoever is there, message by message (RFC 3842).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_phone_that_asks_is_told_by_its_subscription() {
    ladder(
        "rules: CAL-4, RFC 3842 §4, RFC 6665 §4.2",
        expect![[r#"
            c SUBSCRIBE 9003 {Event: message-summary} {Expires: 600} {Accept: application/simple-message-summary}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [messages no 0/0 (0/0), no account] Subscription-State=active;expires=600
            +2s
            site: voicemail 9002
              c < NOTIFY [messages no 0/0 (0/0)] Subscription-State=active;expires=598
            +2s
            c SUBSCRIBE {Event: message-summary} {Expires: 0}
              c < 200 SUBSCRIBE for 0s
              c < NOTIFY [messages no 0/0 (0/0)] Subscription-State=terminated;reason=timeout
            a SUBSCRIBE 9001 {Event: message-summary} {Accept: text/plain}
              a < 406 SUBSCRIBE Accept=application/simple-message-summary
            all is quiet
        "#]],
    );
}
