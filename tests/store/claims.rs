//! Who gets the phone.

use perch::pbx::{Cause, Change, Claim, ClaimId};
use perch::store::Stored;

use crate::support::{Bench, claim, claimed, closed, id, session};

#[test]
fn a_granted_claim_is_there_after_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    assert!(bench.opened.remembered.sessions.is_empty());
    assert_eq!(
        bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]),
        [true]
    );
    bench.close();

    let bench = Bench::open(dir.path());
    assert_eq!(
        bench.opened.remembered.sessions,
        [session(1, "alice", "desk-1")]
    );
}

#[test]
fn of_two_rivals_the_first_wins_in_one_commit_or_in_two() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    let rivals = |n, phone_a: &str, phone_b: &str| {
        vec![
            claimed(session(n, "alice", phone_a), &[]),
            claimed(session(n + 1, "alice", phone_b), &[]),
        ]
    };
    assert_eq!(bench.commit(rivals(1, "desk-1", "desk-2")), [true, false]);

    // The same phone, different users, and queued so fast that they may share a transaction.
    for (n, user) in [(3, "bob"), (4, "carol")] {
        bench
            .send(vec![claimed(session(n, user, "desk-3"), &[])])
            .expect("room in the queue");
    }
    let granted = |news| match news {
        Stored::Committed { claims, .. } => claims,
        other => panic!("{other:?}"),
    };
    assert_eq!(granted(bench.next()), [(ClaimId(3), true)]);
    assert_eq!(granted(bench.next()), [(ClaimId(4), false)]);
}

#[test]
fn a_takeover_closes_and_opens_in_one_step() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    bench.commit(vec![claimed(session(2, "bob", "desk-2"), &[])]);
    // Bob moves to Alice's desk: both sessions give way.
    assert_eq!(
        bench.commit(vec![claimed(session(3, "bob", "desk-1"), &[1, 2])]),
        [true]
    );
    bench.close();

    let remembered = Bench::open(dir.path()).opened.remembered;
    assert_eq!(remembered.sessions, [session(3, "bob", "desk-1")]);
    let ended: Vec<_> = remembered
        .last_closed
        .iter()
        .map(|(session, closed)| (session.phone.as_str(), session.user.as_str(), closed.cause))
        .collect();
    assert_eq!(
        ended,
        [
            ("desk-1", "alice", Cause::Takeover),
            ("desk-2", "bob", Cause::Takeover)
        ]
    );
}

#[test]
fn a_claim_with_a_wrong_idea_of_the_world_is_lost_and_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    let mut lost = |change: Claim| assert_eq!(bench.commit(vec![Change::Claimed(change)]), [false]);

    lost(claim(session(2, "bob", "desk-1"), &[])); // does not know of Alice
    lost(claim(session(2, "alice", "desk-2"), &[])); // does not know of her first phone
    lost(claim(session(2, "bob", "desk-1"), &[1, 9])); // knows of one that is not there
    lost(claim(session(2, "bob", "desk-2"), &[1])); // Alice has nothing to do with it
    lost(claim(session(1, "bob", "desk-2"), &[])); // the id was used before
    lost(claim(session(1, "alice", "desk-1"), &[1])); // and by that session itself
    let mut polite = claim(session(2, "bob", "desk-1"), &[1]);
    polite.closes.clear();
    lost(polite); // would make two at one phone

    bench.close();
    let remembered = Bench::open(dir.path()).opened.remembered;
    assert_eq!(remembered.sessions, [session(1, "alice", "desk-1")]);
    assert!(remembered.last_closed.is_empty());
}

#[test]
fn a_user_may_have_several_phones_if_the_claim_leaves_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    let mut second = claim(session(2, "alice", "desk-2"), &[1]);
    second.closes.clear();
    assert_eq!(bench.commit(vec![Change::Claimed(second)]), [true]);
    bench.close();
    assert_eq!(Bench::open(dir.path()).opened.remembered.sessions.len(), 2);
}

#[test]
fn the_first_reason_to_close_a_session_stands() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    bench.commit(vec![claimed(session(1, "alice", "desk-1"), &[])]);
    bench.commit(vec![
        Change::SessionClosed(closed(1, 3000, Cause::Idle)),
        Change::SessionClosed(closed(1, 4000, Cause::Admin)),
        Change::SessionClosed(closed(7, 4000, Cause::Admin)),
    ]);
    bench.close();
    let remembered = Bench::open(dir.path()).opened.remembered;
    let (session, closing) = &remembered.last_closed[0];
    assert_eq!(session.session, id(1));
    assert_eq!(*closing, closed(1, 3000, Cause::Idle));
}

#[test]
fn commits_are_reported_in_the_order_in_which_they_came() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut bench = Bench::open(dir.path());
    for n in 0..500 {
        let changes = match n % 3 {
            0 => vec![claimed(session(n + 1, "alice", &format!("desk-{n}")), &[])],
            1 => Vec::new(),
            _ => vec![Change::Recorded(crate::support::record("something"))],
        };
        bench.send(changes).expect("room in the queue");
    }
    for expected in 1..=500 {
        match bench.next() {
            Stored::Committed { seq, .. } => assert_eq!(seq, expected),
            other => panic!("{other:?}"),
        }
    }
}
