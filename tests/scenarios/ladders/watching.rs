//! Those who watch numbers, message by message: the `dialog` and `presence` packages (RFC 6665, RFC 4235, RFC 3856).

use expect_test::expect;

use perch::sip::WatchSettings;

use crate::support::ladder::{ladder, ladder_watching};

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
              a4 < 489 SUBSCRIBE Allow-Events=call-info,_dialog,_message-summary,_presence,_line-seize,_refer
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

/// What a phone has too many of, gives way; where all have too many, nobody gets any more.
#[test]
fn there_are_only_so_many_subscriptions_of_a_phone_and_of_all() {
    let few = WatchSettings {
        per_phone: 2,
        in_all: 3,
        ..WatchSettings::default()
    };
    ladder_watching(
        "rules: CAL-3, RFC 6665 §4.2.1",
        few,
        expect![[r#"
            c SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              c < 200 SUBSCRIBE for 600s
              c < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            c2 SUBSCRIBE c {Event: call-info} {Expires: 600}
              c2 < 200 SUBSCRIBE for 600s
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c3 SUBSCRIBE 9001 {Event: presence} {Expires: 600}
              c < NOTIFY Subscription-State=terminated;reason=probation;retry-after=600
              c3 < 200 SUBSCRIBE for 600s
              c3 < NOTIFY [open] Subscription-State=active;expires=600
            d SUBSCRIBE 9002 {Event: dialog} {Expires: 600}
              d < 200 SUBSCRIBE for 600s
              d < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            d2 SUBSCRIBE 9001 {Event: dialog} {Expires: 600}
              d2 < 503 SUBSCRIBE Retry-After=60
            c SUBSCRIBE {Event: dialog} {Expires: 600}
              c < 481 SUBSCRIBE
            c2 SUBSCRIBE {Event: call-info} {Expires: 0}
              c2 < 200 SUBSCRIBE for 0s
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=terminated;reason=timeout
            d2 SUBSCRIBE 9001 {Event: dialog} {Expires: 600}
              d2 < 200 SUBSCRIBE for 600s
              d2 < NOTIFY [calls 0: none] Subscription-State=active;expires=600
            all is quiet
        "#]],
    );
}

/// The package of shared lines, where its requests are odd: the line is the phone's own, and no index is taken twice.
#[test]
fn a_phone_shows_its_own_line_by_indexes_and_says_so_in_its_calls() {
    ladder(
        "rules: CAL-3, RFC 6665 §4.2",
        expect![[r#"
            c SUBSCRIBE 9003 {Event: call-info} {Expires: 600}
              c < 404 SUBSCRIBE
            c2 SUBSCRIBE c {Event: call-info} {Expires: 600} {Accept: text/plain}
              c2 < 200 SUBSCRIBE for 600s
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c3 SUBSCRIBE c {Event: line-seize} {Call-Info: <sip:perch>;appearance-index=none}
              c3 < 400 SUBSCRIBE "The appearance-index is no number"
            c4 SUBSCRIBE c {Event: line-seize} {Call-Info: <sip:perch>;appearance-index=25}
              c4 < 480 SUBSCRIBE Retry-After=1 "Calls of 9003 are numbered from 1 to 24"
            c5 SUBSCRIBE c {Event: line-seize} {Expires: 15} {Call-Info: <sip:perch>;appearance-index=2}
              c5 < 200 SUBSCRIBE for 15s
              c5 < NOTIFY Call-Info=<sip:10.0.0.1>;appearance-index=2 Subscription-State=active;expires=15
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=seized,<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c6 INVITE 9002 [c1] {Call-Info: <sip:perch>;appearance-index=2}
              c5 < NOTIFY Call-Info=<sip:10.0.0.1>;appearance-index=2 Subscription-State=terminated;reason=timeout
              b < INVITE [c1] from 9003
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=progressing;appearance-uri="<sip:9002@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            b 180
              c6 < 180 INVITE
            b 200 [b1]
              b < ACK
              c6 < 200 INVITE [b1] with 9002 Call-Info=<sip:10.0.0.1:5060>;appearance-index=2
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=active;appearance-uri="\"Lobby\"_<sip:9002@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c6 ACK
            a INVITE 9003 [a1]
              c7 < INVITE [a1] from 9001 Call-Info=<sip:10.0.0.1:5060>;appearance-index=1
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=1;appearance-state=alerting;appearance-uri="\"Lobby\"_<sip:9001@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=active;appearance-uri="\"Lobby\"_<sip:9002@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c7 486
              c7 < ACK
              a < 486 INVITE "Busy"
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=active;appearance-uri="\"Lobby\"_<sip:9002@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c8 INVITE 9004 [c1] {Call-Info: <sip:perch>;appearance-index=2}
              d < INVITE [c1] from 9003
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=1;appearance-state=progressing;appearance-uri="<sip:9004@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=active;appearance-uri="\"Lobby\"_<sip:9002@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            d 180
              c8 < 180 INVITE
            c8 CANCEL
              c8 < 200 CANCEL
              c8 < 487 INVITE
              d < CANCEL "The caller gave up"
              d < ACK
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=2;appearance-state=active;appearance-uri="\"Lobby\"_<sip:9002@10.0.0.1:5060>",<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            c9 INVITE c [c1] {Call-Info: <sip:perch>;appearance-index=2}
              c9 < 403 INVITE "No call 2 at another phone of 9003"
            c6 BYE
              c6 < 200 BYE
              b < BYE "The other party hung up"
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=active;expires=600
            +2s
            c2 SUBSCRIBE {Event: call-info} {Expires: 0}
              c2 < 200 SUBSCRIBE for 0s
              c2 < NOTIFY Call-Info=<sip:10.0.0.1:5060>;appearance-index=*;appearance-state=idle Subscription-State=terminated;reason=timeout
            all is quiet
        "#]],
    );
}
