//! `kill -9` in the middle of a storm of logins: what phones were told stands, and nothing else does.
//!
//! The built server, over real sockets and in real time.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/built_server.rs"]
mod built_server;
#[path = "support/digest.rs"]
mod digest;
#[path = "crash/history.rs"]
mod history;
#[path = "crash/phone.rs"]
mod phone;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use built_server::{Perch, say, text, wait_until};
use history::{History, Session, Wish};
use phone::{Gone, Phone};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::Connection;
use tempfile::TempDir;

/// How many phones there are, and how many users.
const PHONES: usize = 60;
const USERS: usize = 60;

/// How many phones do something at any one time.
const HANDS: u64 = 8;

/// How often the server is killed.
const ROUNDS: u64 = 5;

/// A site of phones `p0`… with the numbers 9000…, and users `u0`… with 2000… and the PIN 1234; `hasty` is logged out
/// after a minute. Hashes of PINs are as cheap as they may be: the storm is to be about the store.
fn serve(dir: &Path) -> Perch {
    let mut site = String::from(
        "[site]\nname = \"storm\"\n\
         [class_of_service.all]\ncall_guests = true\ncall_users = true\nlogin = true\n\
         [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n\
         [user_profile.clerk]\nclass = \"all\"\n\
         [user_profile.hasty]\nclass = \"all\"\nidle_limit_min = 1\n\
         [user.hasty]\ndn = \"3000\"\ndisplay_name = \"Hasty\"\npin = \"1234\"\nprofiles = [\"hasty\"]\n",
    );
    for n in 0..USERS {
        let dn = 2000 + n;
        let _ = write!(
            site,
            "[user.u{n}]\ndn = \"{dn}\"\ndisplay_name = \"User {n}\"\npin = \"1234\"\nprofiles = [\"clerk\"]\n"
        );
    }
    for n in 0..PHONES {
        let dn = 9000 + n;
        let _ = write!(
            site,
            "[phone.p{n}]\nlogout_profile = \"guest\"\nguest_dn = \"{dn}\"\npassword = \"p{n}-secret\"\n"
        );
    }
    let file = dir.join("site.toml");
    fs::write(&file, site).expect("the directory is ours");
    let settings = "[argon2]\nmemory_kib = 8\npasses = 1\n[log]\nlevel = \"warn\"\n";
    let server = Perch::with_settings(dir, settings);
    server.tell(&["apply", &file.display().to_string()]);
    server
}

fn registered(count: usize, server: &Perch) -> Vec<Phone> {
    let phones = (0..count).map(|n| Phone::new(format!("p{n}"), server.sip()));
    let mut phones: Vec<Phone> = phones.collect();
    for phone in &mut phones {
        assert_eq!(phone.register(), Ok(200), "{}", phone.name);
    }
    phones
}

/// rules: SES-1, SES-2, IDL-5
#[test]
fn what_phones_were_told_survives_a_crash() {
    let dir = TempDir::new().expect("there is room for temporary files");
    let mut server = serve(dir.path());
    let mut phones = registered(PHONES, &server);
    let (mut certain, mut unknown) = (0, 0);
    for round in 0..ROUNDS {
        let mut random = StdRng::seed_from_u64(round);
        // Longer than the second that the saving of registrations may take.
        let storm = Duration::from_millis(random.random_range(1200..2500));
        let history = History::beginning_with(&server.who());
        phones = rage(phones, &history, round, |yes| {
            let end = Instant::now() + storm;
            wait_until("the storm has raged", 2 * storm, || Instant::now() >= end);
            // Every other time right after a yes: what was said is to be on the disk by then.
            if round % 2 == 1 {
                yes.try_iter().for_each(drop);
                let next = yes.recv_timeout(Duration::from_secs(5));
                next.expect("the server says yes again and again");
            }
            server.kill();
        });
        server.start_again();
        let verdict = history.verdict();
        let actual = server.who();
        say(&format!(
            "round {round}: killed after {storm:?}, {} wishes granted and {} under way; {} users and {} empty phones \
             are certain, {} are logged in",
            verdict.granted,
            verdict.unknown,
            verdict.present.len(),
            verdict.empty.len(),
            actual.len()
        ));
        if let Err(wrong) = verdict.check(&actual) {
            panic!("round {round}: {wrong}\n{verdict:#?}\nis: {actual:#?}");
        }
        certain += verdict.present.len();
        unknown += verdict.unknown;
        check_calls(&server, &mut phones, &actual);
    }
    assert!(certain > 40, "there was something to check: {certain}");
    assert!(
        unknown > 10,
        "the server was killed in the middle: {unknown}"
    );
}

/// Phones log users in and out as fast as they can, until `kill` has killed the server. It hears of each yes.
fn rage(
    phones: Vec<Phone>,
    history: &History,
    round: u64,
    kill: impl FnOnce(&Receiver<()>),
) -> Vec<Phone> {
    let phones: Vec<Mutex<Phone>> = phones.into_iter().map(Mutex::new).collect();
    let is_over = AtomicBool::new(false);
    let (yes, heard) = mpsc::channel();
    thread::scope(|scope| {
        for hand in 0..HANDS {
            let (phones, is_over, yes) = (&phones, &is_over, yes.clone());
            let mut random = StdRng::seed_from_u64(1000 * round + hand);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    // A phone does one thing at a time.
                    if let Ok(mut phone) = phones[random.random_range(0..PHONES)].try_lock() {
                        do_something(&mut phone, history, &mut random, &yes);
                    }
                }
            });
        }
        kill(&heard);
        is_over.store(true, Ordering::Relaxed);
    });
    let phones = phones.into_iter().map(Mutex::into_inner);
    phones.map(|phone| phone.expect("no phone fails")).collect()
}

/// Logs a user in, who is perhaps elsewhere, or at a phone where perhaps somebody else is; or logs out.
fn do_something(phone: &mut Phone, history: &History, random: &mut StdRng, yes: &Sender<()>) {
    let (wish, digits) = if random.random_bool(0.75) {
        let user = random.random_range(0..USERS);
        let session: Session = (format!("u{user}"), phone.name.clone());
        (Wish::Login(session), format!("*11*u{user}*1234#"))
    } else {
        (Wish::Logout(phone.name.clone()), "*12".to_owned())
    };
    let attempt = history.begin(wish);
    let answered = phone.dial_and_tell(&digits, |status| {
        history.end(attempt, status == 200);
        if status == 200 {
            yes.send(()).expect("somebody listens");
        }
    });
    assert!(
        matches!(answered, Ok(200 | 403) | Err(Gone)),
        "{}: {digits} was answered {answered:?}",
        phone.name
    );
}

/// Registrations have survived: phones are called by the numbers that they have now, and none registers again.
fn check_calls(server: &Perch, phones: &mut [Phone], sessions: &[Session]) {
    assert_eq!(server.registered(), PHONES as u64);
    let (caller, others) = phones.split_first_mut().expect("there are phones");
    for callee in others.iter_mut().step_by(7) {
        let number = match sessions.iter().find(|(_, phone)| *phone == callee.name) {
            Some((user, _)) => {
                let n: usize = user[1..].parse().expect("users are numbered");
                (2000 + n).to_string()
            }
            None => {
                let n: usize = callee.name[1..].parse().expect("phones are numbered");
                (9000 + n).to_string()
            }
        };
        let (status, called) = thread::scope(|scope| {
            let called = scope.spawn(|| callee.is_called(Duration::from_secs(5)));
            (caller.dial(&number), called.join().expect("a phone waits"))
        });
        assert_eq!(
            (status, called),
            (Ok(486), true),
            "{number} at {}",
            callee.name
        );
    }
}

/// rules: IDL-5, SES-11
///
/// A minute is not waited for: while the server is down, its database is told that the phone was used an hour ago.
#[test]
fn an_overdue_session_ends_at_the_start() {
    let dir = TempDir::new().expect("there is room for temporary files");
    let mut server = serve(dir.path());
    let mut phones = registered(2, &server);
    assert_eq!(phones[0].dial("*11*hasty*1234#"), Ok(200));
    assert_eq!(phones[1].dial("*11*u1*1234#"), Ok(200));
    server.kill();
    assert_eq!(phones[1].dial("*12"), Err(Gone));
    let database = Connection::open(Perch::data_in(dir.path()).join("perch.db"));
    let hour_ago =
        "UPDATE session SET opened_at = opened_at - 3600000, used_at = used_at - 3600000";
    let changed = database.and_then(|database| database.execute(hour_ago, []));
    assert_eq!(changed, Ok(2));
    server.start_again();
    wait_until(
        "the overdue session has ended",
        Duration::from_secs(5),
        || server.who() == [("u1".into(), "p1".into())],
    );
    let last = &server.json(&["explain", "hasty"])["last"];
    assert_eq!(
        (text(&last["phone"]), text(&last["cause"])),
        ("p0".into(), "idle".into())
    );
    assert_eq!(phones[1].dial("*12"), Ok(200));
    assert!(server.who().is_empty());
}

/// A stop that was asked for is clean, and changes nothing.
#[test]
fn a_stop_keeps_everything() {
    let dir = TempDir::new().expect("there is room for temporary files");
    let mut server = serve(dir.path());
    let mut phones = registered(2, &server);
    assert_eq!(phones[0].dial("*11*u1*1234#"), Ok(200));
    let status = server.terminate();
    assert!(status.success(), "{status}");
    server.start_again();
    assert_eq!(server.who(), [("u1".into(), "p0".into())]);
    assert_eq!(server.registered(), 2);
    assert_eq!(phones[0].dial("*12"), Ok(200));
}
