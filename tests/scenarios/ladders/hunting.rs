//! Whom callers of hunt groups see.

use expect_test::expect;

use crate::support::ladder::ladder;

#[test]
fn a_caller_sees_the_group_while_it_rings_and_then_whoever_is_to_be_seen() {
    ladder(
        "rules: HG-1, CAL-1",
        expect![[r#"
            site: support: hunt group, sequential, pilot 4200, named Support, list 9002 9003, timeout 10s
            a INVITE 4200 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE with 4200
            b 200 [b1]
              b < ACK
              a < 200 INVITE [b1] with 9002
            a ACK
            a BYE
              a < 200 BYE
              b < BYE "The other party hung up"
            site: support: connected group
            a2 INVITE 4200 [a1]
              b2 < INVITE [a1] from 9001
            b2 180
              a2 < 180 INVITE with 4200
            b2 200 [b1]
              b2 < ACK
              a2 < 200 INVITE [b1] with 4200
            a2 ACK
            a2 BYE
              a2 < 200 BYE
              b2 < BYE "The other party hung up"
            site: support: connected member
            site: hunt groups connected group
            a3 INVITE 4200 [a1]
              b3 < INVITE [a1] from 9001
            b3 200 [b1]
              b3 < ACK
              a3 < 200 INVITE [b1] with 9002
            a3 ACK
            a3 BYE
              a3 < 200 BYE
              b3 < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

#[test]
fn a_caller_who_waits_sees_for_whom() {
    ladder(
        "rules: HG-1, CAL-1",
        expect![[r#"
            site: support: hunt group, sequential, pilot 4200, named Support, list 9002, timeout 10s, queue 2 for 2m
            b talks with c
            a INVITE 4200 [a1]
              a < 183 INVITE [Perch] with 4200
              a < 182 INVITE with 4200
            a CANCEL
              a < 200 CANCEL
              a < 487 INVITE
            b BYE
              b < 200 BYE
              c < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}

/// What a caller was told of the group is not said of those who are called instead.
#[test]
fn a_call_that_leaves_the_group_is_nobodys_but_theirs() {
    ladder(
        "rules: HG-1, CAL-2",
        expect![[r#"
            site: support: hunt group, sequential, pilot 4200, named Support, list 9002, timeout 10s, final 9003, connected group
            a INVITE 4200 [a1]
              b < INVITE [a1] from 9001
            b 180
              a < 180 INVITE with 4200
            b 486
              b < ACK
              a < 181 INVITE
              c < INVITE [a1] from 9001
            c 180
              a < 180 INVITE/2
            c 200 [c1]
              c < ACK
              a < 200 INVITE [c1] with 9003
            a ACK
            a BYE
              a < 200 BYE
              c < BYE "The other party hung up"
            all is quiet
        "#]],
    );
}
