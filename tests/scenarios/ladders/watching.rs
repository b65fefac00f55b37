//! Those who watch numbers, message by message: the `dialog` and `presence` packages (RFC 6665, RFC 4235, RFC 3856).

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_watcher_is_told_at_once_and_of_each_change() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.2, RFC 4235 §3",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            +2s
              a < 100 INVITE
              b < INVITE [a1] from 9001 (again, 2 times)
              c < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=599
            b 180
              a < 180 INVITE
            +2s
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
              c < NOTIFY [calls 2+: recipient confirmed] Subscription-State=active;expires=596
            a ACK
            +2s
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
              c < NOTIFY [calls 3+: terminated] Subscription-State=active;expires=594
            +2s
            c SUBSCRIBE {Event: dialog} {Expires: 0}
              c < 200 SUBSCRIBE for 0s
              c < NOTIFY [calls 4: none] Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}

#[test]
fn what_changes_soon_after_another_change_is_told_together() {
    ladder(
        "rules: CAL-3, RFC 4235 §3.10",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            +2s
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
              c < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=598
            b 180
              a < 180 INVITE
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            +1s
              c < NOTIFY [calls 2+: recipient confirmed] Subscription-State=active;expires=597
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            a2 INVITE 9002 [a1]
              b2 < INVITE [a1] from 9001
            b2 486
              b2 < ACK
              a2 < 486 INVITE "Busy"
            +1s
              c < NOTIFY [calls 3+: terminated] Subscription-State=active;expires=596
            +5s
            c SUBSCRIBE {Event: dialog} {Expires: 0}
              c < 200 SUBSCRIBE for 0s
              c < NOTIFY [calls 4: none] Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}

#[test]
fn a_watcher_of_presence_is_told_who_is_there_and_on_the_phone() {
    ladder(
        "rules: CAL-3, RFC 3856 §6",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: presence;id=7} {Expires: 600} {Accept: application/pidf+xml}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [open] Subscription-State=active;expires=600
            +5s
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE
            +5s
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
              c < NOTIFY [open, on-the-phone] Subscription-State=active;expires=590
            a ACK
            +5s
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
              c < NOTIFY [open] Subscription-State=active;expires=585
            +5s
            b unregisters
              c < NOTIFY [closed] Subscription-State=active;expires=580
            +5s
            c SUBSCRIBE {Event: presence;id=7} {Expires: 0}
              c < 200 SUBSCRIBE for 0s
              c < NOTIFY [closed] Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}

#[test]
fn one_look_is_no_subscription() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.4.3",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 0}
              c < 200 SUBSCRIBE for 0s
              c < NOTIFY [calls 0: none] Subscription-State=terminated;reason=timeout
            c SUBSCRIBE {Event: dialog} {Expires: 600}
              c < 481 SUBSCRIBE
            all is quiet
        "#]],
    );
}

#[test]
fn what_cannot_be_watched_is_refused_with_what_could() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.2.1",
        expect![[r#"
            a SUBSCRIBE 9002 {Event: dialog} {Expires: 59}
              a < 423 SUBSCRIBE Min-Expires=60
            a2 SUBSCRIBE 9999 {Event: dialog} {Expires: 600}
              a2 < 404 SUBSCRIBE
            a3 SUBSCRIBE 9002 {Event: dialog} {Accept: application/pidf+xml}
              a3 < 406 SUBSCRIBE Accept=application/dialog-info+xml
            a4 SUBSCRIBE 9002 {Event: winfo} {Expires: 600}
              a4 < 489 SUBSCRIBE Allow-Events=dialog,_message-summary,_presence,_line-seize,_refer
            a5 SUBSCRIBE 9002 {Event: dialog} {Expires: 600} unproven
              a5 < 401 SUBSCRIBE
            a6 SUBSCRIBE blf {Event: dialog} {Expires: 600}
              a6 < 421 SUBSCRIBE
            a7 SUBSCRIBE 9002 {Event: presence} {Expires: 100000} {Accept: text/*, application/*;q=0.5}
              a7 < 200 SUBSCRIBE for 3600s
              a7 < NOTIFY [open] Subscription-State=active;expires=3600
            a7 SUBSCRIBE {Event: dialog} {Expires: 600}
              a7 < 400 SUBSCRIBE "This dialog is one of another subscription"
            a7 SUBSCRIBE {Event: presence} {Expires: 10}
              a7 < 423 SUBSCRIBE Min-Expires=60
            a7 SUBSCRIBE {Event: presence} {Expires: 600} cseq=1
              a7 < 500 SUBSCRIBE
            a7 BYE
              a7 < 405 BYE
            a7 SUBSCRIBE {Event: presence} {Expires: 0} cseq=9
              a7 < 200 SUBSCRIBE for 0s
              a7 < NOTIFY [open] Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}

#[test]
fn a_watcher_that_is_not_there_is_forgotten() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.2.2",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            d SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              d < 200 SUBSCRIBE for 600s
              d < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            +2s
            c is numb
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
              c < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=598
              d < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=598
            b 180
              a < 180 INVITE
            +2s
              c < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=598 (again, 2 times)
            b 486
              b < ACK
              a < 486 INVITE "Busy"
              d < NOTIFY [calls 2+: terminated] Subscription-State=active;expires=596
            +31s
              c < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=598 (again, 8 times)
            +2s
            a2 INVITE 9002 [a1]
              b2 < INVITE [a1] from 9001
              d < NOTIFY [calls 3+: recipient early] Subscription-State=active;expires=563
            b2 486
              b2 < ACK
              a2 < 486 INVITE "Busy"
            +2s
              d < NOTIFY [calls 4+: terminated] Subscription-State=active;expires=562
            c SUBSCRIBE {Event: dialog} {Expires: 600}
              c < 481 SUBSCRIBE
            d SUBSCRIBE {Event: dialog} {Expires: 0}
              d < 200 SUBSCRIBE for 0s
              d < NOTIFY [calls 5: none] Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}

#[test]
fn a_watcher_that_does_not_refresh_is_told_that_it_is_over() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.2.1",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 60}
              c < 200 SUBSCRIBE for 60s
              c < NOTIFY [calls 0: none] Subscription-State=active;expires=60
            +30s
            c SUBSCRIBE {Event: dialog} {Expires: 60}
              c < 200 SUBSCRIBE for 60s
              c < NOTIFY [calls 1: none] Subscription-State=active;expires=60
            +60s
              c < NOTIFY Subscription-State=terminated;reason=timeout
            c SUBSCRIBE {Event: dialog} {Expires: 60}
              c < 481 SUBSCRIBE
            all is quiet
        "#]],
    );
}

#[test]
fn a_watcher_that_has_no_time_is_told_everything_later() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.2.2",
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            +2s
            c is numb
            a INVITE 9002 [a1]
              b < INVITE [a1] from 9001
              c < NOTIFY [calls 1+: recipient early] Subscription-State=active;expires=598
            c 503 NOTIFY {Retry-After: 7 (busy)}
            b 486
              b < ACK
              a < 486 INVITE "Busy"
            +6s
            +1s
              c < NOTIFY [calls 2: terminated] Subscription-State=active;expires=591
            c 200 NOTIFY
            c SUBSCRIBE {Event: dialog} {Expires: 0}
              c < 200 SUBSCRIBE for 0s
              c < NOTIFY [calls 3: none] Subscription-State=terminated;reason=timeout
            c 200 NOTIFY
            all is quiet
        "#]],
    );
}

#[test]
fn a_number_that_is_no_more_is_not_watched() {
    ladder(
        "rules: CAL-3, SES-13",
        expect![[r#"
            site: alice: 2001, pin 1111
            c SUBSCRIBE 2001 {Event: presence} {Expires: 600}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [closed] Subscription-State=active;expires=600
            c2 SUBSCRIBE 9002 {Event: presence} {Expires: 600}
              c2 < 200 SUBSCRIBE for 600s
              c2 < NOTIFY [open] Subscription-State=active;expires=600
            site: alice is removed
              c < NOTIFY Subscription-State=terminated;reason=noresource
            c SUBSCRIBE {Event: presence} {Expires: 600}
              c < 481 SUBSCRIBE
            c2 SUBSCRIBE {Event: presence} {Expires: 0}
              c2 < 200 SUBSCRIBE for 0s
              c2 < NOTIFY [open] Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}
