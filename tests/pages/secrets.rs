//! What a page tells somebody who guesses: nothing.

use std::time::{Duration, Instant};

use crate::built_server::{Perch, say};
use crate::office::{OLD, Office, PHONES};

/// The answer to a guess, as its bytes and headers.
fn guess(office: &Office, user: &str, pin: &str) -> (Vec<(String, String)>, Vec<u8>) {
    let phone = office.browser(0, OLD);
    let device = PHONES[0];
    let path = format!("/emapp/EMAppServlet?device={device}&userid={user}&seq={pin}");
    let mut answer = phone.get(&path);
    assert_eq!(answer.status, 200);
    answer.headers.retain(|(name, _)| name != "date");
    (answer.headers, answer.body)
}

/// rules: SES-8
#[test]
fn unknown_users_wrong_pins_and_locked_users_look_alike() {
    let office = Office::open();
    let unknown = guess(&office, "nobody", "9999");
    let wrong = guess(&office, "bob", "9999");
    assert_eq!(unknown, wrong);
    // The lock of this site is at five.
    for _ in 0..4 {
        assert_eq!(guess(&office, "bob", "9998"), wrong);
    }
    assert_eq!(
        guess(&office, "bob", "2222"),
        wrong,
        "the right PIN, but locked"
    );
    let locks = office.server.json(&["locks"]);
    assert!(locks.to_string().contains("bob"), "{locks}");
    office.server.tell(&["unlock", "bob"]);
    let (_, body) = guess(&office, "bob", "2222");
    assert!(String::from_utf8_lossy(&body).contains("Login successful."));
}

/// How many secrets were compared with a hash so far.
fn comparisons(server: &Perch) -> u64 {
    let metrics = server.metrics();
    let count = metrics
        .lines()
        .find_map(|line| line.strip_prefix("perch_secret_check_seconds_count "));
    count.map_or(0, |count| count.parse().expect("a number"))
}

/// How long a guess took.
fn timed(office: &Office, user: &str) -> Duration {
    let began = Instant::now();
    guess(office, user, "9999");
    began.elapsed()
}

/// Each guess is compared with a hash of the same cost, whoever it is about. How long they took is said and not judged: that
/// depends on what else the machine does.
///
/// rules: SES-8
#[test]
fn a_guess_is_the_same_work_whatever_is_wrong_with_it() {
    const ROUNDS: usize = 60;
    let mut users = String::new();
    for user in 0..ROUNDS {
        users += &format!(
            "[user.u{user}]\ndn = \"3{user:03}\"\ndisplay_name = \"Somebody\"\npin = \"5555\"\nprofiles = [\"clerk\"]\n"
        );
    }
    let office = Office::with("", &users);
    for _ in 0..5 {
        guess(&office, "bob", "9999");
    }
    let kinds = ["unknown", "wrong PIN", "locked"];
    let mut took: [Vec<Duration>; 3] = Default::default();
    let before = comparisons(&office.server);
    for round in 0..ROUNDS {
        let users = [format!("x{round}"), format!("u{round}"), "bob".to_owned()];
        for (user, took) in users.iter().zip(&mut took) {
            took.push(timed(&office, user));
        }
    }
    let compared = comparisons(&office.server) - before;
    assert_eq!(compared, 3 * ROUNDS as u64, "each costs a comparison");
    for (kind, took) in kinds.iter().zip(&mut took) {
        took.sort_unstable();
        let at = |percent: usize| took[(ROUNDS - 1) * percent / 100];
        let (least, half, most) = (at(10), at(50), at(90));
        say(&format!(
            "{kind}: p10 {least:?}, p50 {half:?}, p90 {most:?}"
        ));
    }
}

/// rules: SES-8
#[test]
fn a_blank_pin_is_no_try() {
    let office = Office::open();
    for _ in 0..10 {
        guess(&office, "bob", "");
        guess(&office, "bob", "%20");
    }
    let (_, body) = guess(&office, "bob", "2222");
    assert!(String::from_utf8_lossy(&body).contains("Login successful."));
}

/// rules: SES-8
#[test]
fn a_device_that_does_not_exist_tells_nothing_of_a_pin() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    let ask = |device: &str, pin: &str| {
        let path = format!("/emapp/EMAppServlet?device={device}&userid=bob&seq={pin}");
        phone.get(&path).body
    };
    for device in ["SEP000000000000", PHONES[1]] {
        assert_eq!(ask(device, "2222"), ask(device, "9999"), "{device}");
    }
    let locks = office.server.json(&["locks"]);
    assert!(
        !locks.to_string().contains("bob"),
        "no PIN was looked at: {locks}"
    );
}

#[test]
fn no_secret_is_logged() {
    let settings = "[log]\nlevel = \"debug\"\n";
    let office = Office::with(settings, "");
    guess(&office, "bob", "987654");
    guess(&office, "bob", "2222");
    let log = office.server.log();
    assert!(!log.contains("987654") && !log.contains("seq="), "{log}");
}
