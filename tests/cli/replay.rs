//! `perch replay`, on a data directory that nobody serves.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use expect_test::expect;
use perch::pbx::{
    Acted, Activity, Cause, Change, Doing, Door, SessionId, Signal, StoredSession, TotalLimit,
};
use perch::replay::{Account, Replay};
use perch::site::{Hashing, parse};
use perch::store::{self, Stored};
use perch::time::Utc;

use crate::host::{Said, file, perch, run, text};

/// 2026-05-05 08:00 UTC.
const MORNING: i64 = 1_777_968_000_000;

const SITE: &str = r#"
[site]
name = "house"
timezone = "UTC"
[class_of_service.all]
login = true
call_users = true
[logout_profile.guest]
class = "all"
display_name = "Guest"
[user_profile.clerk]
class = "all"
idle_limit_min = 60
[phone.desk-1]
logout_profile = "guest"
guest_dn = "9001"
[phone.desk-2]
logout_profile = "guest"
guest_dn = "9002"
[user.alice]
dn = "2001"
display_name = "Alice"
pin = "1234"
profiles = ["clerk"]
[user.bob]
dn = "2002"
display_name = "Bob"
pin = "1234"
profiles = ["clerk"]
"#;

fn at(minutes: i64, what: Activity) -> Acted {
    Acted {
        at: Utc(MORNING + minutes * 60_000),
        what,
    }
}

fn session(number: u128) -> SessionId {
    let number = number.to_be_bytes();
    SessionId(uuid::Uuid::from_bytes(number))
}

fn logged_in(minutes: i64, number: u128, user: &str, phone: &str) -> Acted {
    let moment = Utc(MORNING + minutes * 60_000);
    let stored = StoredSession {
        session: session(number),
        user: user.into(),
        phone: phone.into(),
        profile: "clerk".into(),
        door: Door::Code,
        opened: moment,
        total: TotalLimit::Usual,
        last_used: (moment, Signal::Login),
        leaving: None,
    };
    at(minutes, Activity::LoggedIn(Box::new(stored)))
}

fn logged_out(minutes: i64, number: u128, cause: Cause) -> Acted {
    let out = Activity::LoggedOut {
        session: session(number),
        cause,
        door: Door::Timer,
    };
    at(minutes, out)
}

fn is(minutes: i64, phone: &str, doing: Doing) -> Acted {
    let is = Activity::Is {
        phone: phone.into(),
        doing,
        prime: doing,
        used: Some(Signal::CallBegun),
    };
    at(minutes, is)
}

/// A morning: alice comes and forgets to leave; bob reads for a while, goes on, and talks through noon.
fn morning() -> Vec<Acted> {
    let used = Activity::Used {
        phone: "desk-2".into(),
        signal: Signal::Key,
        ago: Duration::ZERO,
    };
    vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        logged_in(5, 2, "bob", "desk-2"),
        at(45, used),
        is(50, "desk-2", Doing::Active),
        logged_out(60, 1, Cause::Idle),
        is(250, "desk-2", Doing::Idle),
        logged_out(260, 2, Cause::User),
        at(300, Activity::Looked),
    ]
}

/// A data directory in which that was recorded.
fn recorded(dir: &Path, acted: Vec<Acted>) {
    let (tell, told) = mpsc::channel();
    let listener = Box::new(move |stored| tell.send(stored).expect("the test listens"));
    let opened = store::open(dir, listener).expect("it opens");
    let site = parse("site.toml", SITE, None, &Hashing::default())
        .expect("it is right")
        .site;
    let (reply, replied) = mpsc::channel();
    let reply = Box::new(move |result| reply.send(result).expect("the test waits"));
    opened.store.apply_site(0, site, reply);
    replied.recv().expect("a reply").expect("it is stored");
    opened
        .store
        .commit(1, vec![Change::Acted(acted)])
        .expect("there is room");
    let claims = Vec::new();
    assert_eq!(
        told.recv().expect("news"),
        Stored::Committed { seq: 1, claims }
    );
    opened.store.close().expect("everything is saved");
}

fn replay(dir: &Path, arguments: &[&str]) -> Said {
    let dir = dir.to_str().expect("text");
    run(perch().args(["replay", "--data", dir]).args(arguments))
}

#[test]
fn a_policy_is_tried_on_what_was_recorded() {
    let dir = tempfile::tempdir().expect("a directory");
    recorded(dir.path(), morning());
    let policy = file(
        &dir,
        "policy.toml",
        "[user_profile.clerk]\nidle_limit_min = 30\n[site]\nlogout_times = [\"12:00\"]\n",
    );
    let said = replay(dir.path(), &["--policy", text(&policy)]).ok();
    expect![[r#"
        From 2026-05-05 08:00:00 to 2026-05-05 13:00:00: 9 activities

        WHEN                 USER   PHONE   CAUSE     IN A CALL  AS IT WAS
        2026-05-05 08:30:00  alice  desk-1  idle                 2026-05-05 09:00:00 (idle)
        2026-05-05 08:35:00  bob    desk-2  idle                 2026-05-05 12:20:00 (user)
        2026-05-05 12:10:00  bob    desk-2  schedule  waited     2026-05-05 12:20:00 (user)

        LOGOUTS           AS IT WAS  WITH THE POLICY
        idle              1          2
        schedule          0          1
        user              1          0
        desk-hours taken  5.2        4.4

        0.8 desk-hours would have been free.
        Of 3 automatic logouts 1 would have waited for the end of a call.
        1 times somebody went on who would have been logged out, and is taken to have logged in again: 1 times within 15 min.
        0 logins would not have been needed.
    "#]].assert_eq(&said);
    let csv = replay(dir.path(), &["--policy", text(&policy), "--csv"]).ok();
    expect![[r#"
        at,user,phone,cause,waited_for_a_call,was_until,was_cause
        2026-05-05T08:30:00Z,alice,desk-1,idle,no,2026-05-05T09:00:00Z,idle
        2026-05-05T08:35:00Z,bob,desk-2,idle,no,2026-05-05T12:20:00Z,user
        2026-05-05T12:10:00Z,bob,desk-2,schedule,yes,2026-05-05T12:20:00Z,user
    "#]]
    .assert_eq(&csv);
}

#[test]
fn the_policy_that_was_in_force_does_what_was_done() {
    let dir = tempfile::tempdir().expect("a directory");
    recorded(dir.path(), morning());
    let said = replay(dir.path(), &["--from", "2026-05-05", "--to", "2026-05-05"]).ok();
    expect![[r#"
        From 2026-05-05 08:00:00 to 2026-05-05 13:00:00: 9 activities

        WHEN                 USER   PHONE   CAUSE  IN A CALL  AS IT WAS
        2026-05-05 09:00:00  alice  desk-1  idle              the same

        LOGOUTS           AS IT WAS  WITH THE POLICY
        idle              1          1
        user              1          1
        desk-hours taken  5.2        5.2

        0.0 desk-hours would have been free.
        Of 1 automatic logouts 0 would have waited for the end of a call.
        0 times somebody went on who would have been logged out, and is taken to have logged in again: 0 times within 15 min.
        0 logins would not have been needed.
    "#]].assert_eq(&said);
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let empty = replay(dir.path(), &[]).refused();
    assert!(empty.contains("there is no Perch database in"), "{empty}");
    recorded(dir.path(), Vec::new());
    let nothing = replay(dir.path(), &[]).refused();
    assert!(
        nothing.contains("nothing was recorded: activity_days"),
        "{nothing}"
    );
    let policy = file(
        &dir,
        "policy.toml",
        "[user_profile.clerk]\nidle_limit_min = 99999\n",
    );
    let wrong = replay(dir.path(), &["--policy", text(&policy)]).refused();
    assert!(
        wrong.contains("user_profile.clerk.idle_limit_min"),
        "{wrong}"
    );
    assert!(wrong.contains("nothing was replayed"), "{wrong}");
}

fn minute(minutes: i64) -> Utc {
    Utc(MORNING + minutes * 60_000)
}

/// What comes of it with the policy of the site, counted between two minutes.
fn account(acted: Vec<Acted>, (from, to): (i64, i64), policy: &str) -> Account {
    let text = SITE.replace("idle_limit_min = 60", policy);
    let parsed = parse("site.toml", &text, None, &Hashing::default()).expect("it is right");
    let last = acted.last().map_or(minute(to), |acted| acted.at);
    let mut replay = Replay::new(parsed.site.into(), minute(from), minute(to));
    acted.into_iter().for_each(|acted| replay.take(acted));
    replay.finish(last)
}

/// When sessions ended with the policy, in minutes, and why.
fn ends(account: &Account) -> Vec<(i64, Cause)> {
    let ends = account.with_policy.iter();
    ends.map(|end| ((end.at.0 - MORNING) / 60_000, end.cause))
        .collect()
}

fn found(minutes: i64, number: u128, user: &str, phone: &str, since: i64) -> Acted {
    let Activity::LoggedIn(stored) = logged_in(since, number, user, phone).what else {
        unreachable!("it is a login");
    };
    at(minutes, Activity::Found(stored))
}

const HOUR: &str = "idle_limit_min = 60";

fn of_minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Whoever was there when the recording began is there in the replay; whoever was not known is only counted.
#[test]
fn sessions_that_began_before_the_recording_are_replayed_or_counted() {
    let acted = vec![
        at(0, Activity::Started),
        found(0, 1, "alice", "desk-1", -10),
        logged_out(20, 9, Cause::User),
        logged_out(50, 1, Cause::Idle),
        at(120, Activity::Looked),
    ];
    let counted = account(acted.clone(), (0, 120), HOUR);
    assert_eq!(ends(&counted), [(50, Cause::Idle)]);
    assert_eq!(counted.differences(), (Vec::new(), Vec::new()));
    assert_eq!(counted.unknown, 1);
    assert_eq!(counted.occupied_as_it_was, of_minutes(50));
    assert_eq!(counted.occupied_with_policy, of_minutes(50));
    let later = account(acted, (30, 120), HOUR);
    assert_eq!(later.unknown, 0);
    assert_eq!(later.occupied_as_it_was, of_minutes(20));
}

/// Who is still there at the end has been until then, and nothing counts that is outside.
#[test]
fn only_what_is_within_the_time_counts() {
    let acted = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        logged_out(60, 1, Cause::Idle),
        logged_in(80, 2, "bob", "desk-2"),
        logged_out(100, 2, Cause::User),
        at(200, Activity::Looked),
    ];
    let counted = account(acted, (30, 90), HOUR);
    assert_eq!(ends(&counted), [(60, Cause::Idle)]);
    assert_eq!(counted.as_it_was.len(), 1);
    assert_eq!(counted.occupied_as_it_was, of_minutes(40));
    assert_eq!(counted.occupied_with_policy, of_minutes(40));
    let recorded_to = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        at(30, Activity::Looked),
    ];
    let shorter = account(recorded_to, (0, 600), HOUR);
    assert_eq!(shorter.occupied_as_it_was, of_minutes(30));
    assert_eq!(shorter.occupied_with_policy, of_minutes(30));
    assert_eq!(ends(&shorter), []);
}

/// While the server was down nothing was due; what was overdue ends when it starts.
#[test]
fn nothing_ends_while_the_server_is_down() {
    let acted = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        at(30, Activity::Stopped),
        at(200, Activity::Started),
        found(200, 1, "alice", "desk-1", 0),
        logged_out(200, 1, Cause::Idle),
        at(300, Activity::Looked),
    ];
    let counted = account(acted, (0, 300), HOUR);
    assert_eq!(ends(&counted), [(200, Cause::Idle)]);
    assert_eq!(counted.differences(), (Vec::new(), Vec::new()));
}

/// Idleness is measured by a clock that nobody sets.
#[test]
fn a_clock_that_was_set_is_set_in_the_replay_too() {
    let acted = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        at(90, Activity::ClockSet(60 * 60_000)),
        at(300, Activity::Looked),
    ];
    let counted = account(acted, (0, 300), HOUR);
    assert_eq!(ends(&counted), [(120, Cause::Idle)]);
}

/// With a policy that lets people stay some logins were for nothing, and nobody has logged out twice.
#[test]
fn logins_that_nobody_would_have_needed_are_counted() {
    let acted = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        logged_out(60, 1, Cause::Idle),
        logged_in(70, 2, "alice", "desk-1"),
        logged_out(80, 2, Cause::User),
        at(100, Activity::Looked),
    ];
    let counted = account(acted, (0, 100), "");
    assert_eq!(counted.logins_saved, 1);
    assert_eq!(ends(&counted), [(80, Cause::User)]);
    assert_eq!(counted.occupied_as_it_was, of_minutes(70));
    assert_eq!(counted.occupied_with_policy, of_minutes(80));
}

/// Somebody whom the policy had logged out uses the phone: they log in again, once, and not after they have gone.
#[test]
fn who_would_have_been_logged_out_logs_in_again_when_the_phone_is_used() {
    let used = |minutes| {
        let used = Activity::Used {
            phone: "desk-1".into(),
            signal: Signal::Key,
            ago: Duration::ZERO,
        };
        at(minutes, used)
    };
    let acted = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        used(50),
        used(51),
        logged_out(52, 1, Cause::User),
        used(90),
        at(200, Activity::Looked),
    ];
    let counted = account(acted, (0, 200), "idle_limit_min = 30");
    assert_eq!(ends(&counted), [(30, Cause::Idle), (52, Cause::User)]);
    let again: Vec<Duration> = counted.logged_in_again.iter().map(|it| it.after).collect();
    assert_eq!(again, [of_minutes(20)]);
    assert_eq!(counted.occupied_with_policy, of_minutes(32));
}

/// What a kill of the server left undone is done when it starts: a logout that waited for a call, and one that a call for
/// help put off.
#[test]
fn what_waited_when_the_server_was_killed_waits_in_the_replay_too() {
    let waits = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        is(50, "desk-1", Doing::Active),
        at(65, Activity::Looked),
        at(70, Activity::Started),
        found(70, 1, "alice", "desk-1", 0),
        at(120, Activity::Looked),
    ];
    let counted = account(waits, (0, 120), "logout_times = [\"09:00\"]");
    assert_eq!(ends(&counted), [(70, Cause::Schedule)]);
    let held = vec![
        at(0, Activity::Started),
        logged_in(0, 1, "alice", "desk-1"),
        at(50, Activity::EmergencyCalled("desk-1".into())),
        at(55, Activity::Started),
        found(55, 1, "alice", "desk-1", 0),
        at(120, Activity::Looked),
    ];
    let counted = account(held, (0, 120), HOUR);
    assert_eq!(ends(&counted), [(80, Cause::Idle)]);
}
