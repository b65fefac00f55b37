//! What SCCP phones do by their own keys: hold, transfer.

use expect_test::expect;

use crate::support::play::check_over_sccp;

#[test]
fn who_holds_by_a_key_is_silent_there_and_talks_again_after_resume() {
    check_over_sccp(
        "rules: CAL-2",
        "
        desk-1: guest 9001   desk-2: guest 9002
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-1 holds   09:02 desk-1 resumes
        09:03 desk-2 holds   09:04 desk-2 resumes   09:05 desk-1 hangs up
        09:06 admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 is held
            09:02 desk-2 is taken back
            09:03 desk-1 is held
            09:04 desk-1 is taken back
            09:05 desk-2 hears the end
            09:06 admin reads: 2 of 2 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn transfer_and_transfer_again_hands_a_call_on() {
    check_over_sccp(
        "rules: CAL-2",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003
        09:00 desk-1 dials 9002   desk-2 answers
        09:01 desk-2 transfers to 9003   09:01:05 desk-3 answers
        09:02 desk-1 hangs up
        09:03 admin asks status
        ",
        expect![[r#"
            09:00 desk-2 rings (from 9001 Lobby)
            09:00 desk-1 hears it ring, talks with desk-2
            09:01 desk-1 is held
            09:01 desk-3 rings (from 9002 Lobby)
            09:01 desk-2 hears it ring, hears the end
            09:01 desk-3 stops ringing, rings (from 9001 Lobby, transferred by 9002)
            09:01:05 desk-1 now talks with desk-3
            09:01:05 desk-2 hears the end, reads "Transferred"
            09:02 desk-3 hears the end
            09:03 admin reads: 3 of 3 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}

#[test]
fn every_model_calls_every_other() {
    check_over_sccp(
        "rules: CAL-1",
        "
        desk-1: guest 9001   desk-2: guest 9002   desk-3: guest 9003   desk-4: guest 9004   desk-10: guest 9010
        09:00 desk-10 dials 9001   desk-1 answers   desk-10 hangs up
        09:01 desk-1 dials 9002   desk-2 answers   desk-1 hangs up
        09:02 desk-2 dials 9003   desk-3 answers   desk-3 hangs up
        09:03 desk-3 dials 9004   desk-4 answers   desk-4 hangs up
        09:04 desk-4 dials 9010   desk-10 answers   desk-10 hangs up
        09:05 admin asks status
        ",
        expect![[r#"
            09:00 desk-1 rings (from 9010 Lobby)
            09:00 desk-10 hears it ring, talks with desk-1
            09:00 desk-1 hears the end
            09:01 desk-2 rings (from 9001 Lobby)
            09:01 desk-1 hears it ring, talks with desk-2
            09:01 desk-2 hears the end
            09:02 desk-3 rings (from 9002 Lobby)
            09:02 desk-2 hears it ring, talks with desk-3, hears the end
            09:03 desk-4 rings (from 9003 Lobby)
            09:03 desk-3 hears it ring, talks with desk-4, hears the end
            09:04 desk-10 rings (from 9004 Lobby)
            09:04 desk-4 hears it ring, talks with desk-10, hears the end
            09:05 admin reads: 5 of 5 phones registered, 0 sessions, 0 calls, 0 logouts waiting"#]],
    );
}
