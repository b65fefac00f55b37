//! Guessing a phone's password.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::arena::{Arena, CALLER};
use crate::attacker::{Attacker, request};
use crate::built_server::wait_until;
use crate::digest::{Answer, authorization};

/// How long the server may take to say, count or store something.
const SOON: Duration = Duration::from_secs(10);

/// Tries to register the caller's phone with a password. Says how that was answered.
fn guess(attacker: &Attacker, n: u64, password: &str) -> String {
    let first = request("REGISTER", "caller", 2 * n, attacker.local, "");
    let first = attacker.ask(&first).expect("an answer");
    let challenge = first
        .lines()
        .find_map(|line| line.strip_prefix("WWW-Authenticate: "));
    let answer = Answer {
        username: "caller",
        password,
        method: "REGISTER",
        uri: "sip:caller@perch",
        nc: Some(1),
    };
    let header = authorization(challenge.expect("a challenge"), &answer);
    let header = format!("Authorization: {header}\r\n");
    let second = request("REGISTER", "caller", 2 * n + 1, attacker.local, &header);
    let second = attacker.ask(&second).expect("an answer");
    second.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// rules: SES-8
///
/// After three wrong passwords the right one does not help any more, and nothing shows that it was right.
#[test]
fn who_guesses_is_locked_out_and_the_phone_is_not() {
    let mut arena = Arena::new("");
    let attacker = Attacker::at(Ipv4Addr::new(127, 0, 0, 66), arena.server.sip());
    let statuses: Vec<String> = ["1", "2", "3", "4", "caller-secret"]
        .iter()
        .zip(1..)
        .map(|(password, n)| guess(&attacker, n, password))
        .collect();
    assert_eq!(statuses, ["401"; 5]);
    assert_eq!(arena.metric("perch_sip_lockouts_total"), 1);
    let line = "locked out after too many wrong passwords";
    wait_until("it is logged", SOON, || {
        arena.server.log().matches(line).count() == 1
    });
    arena.live();
    let locks = arena.server.json(&["locks"]);
    assert_eq!(locks[0]["phone"], "caller");
    assert_eq!(locks[0]["source"], "127.0.0.66");
    assert_eq!(locks.as_array().map(Vec::len), Some(1));
    // Another address may still have the right password.
    let other = Attacker::at(Ipv4Addr::new(127, 0, 0, 67), arena.server.sip());
    assert_eq!(guess(&other, 10, "caller-secret"), "200");
    // It is told, written down, and outlives a crash.
    let told = "perch_events_total{event=\"locked-out\"}";
    wait_until("it is told", SOON, || arena.metric(told) == 1);
    wait_until("it is in the audit log", SOON, || {
        arena.audited("locked-out") == 1
    });
    arena.server.kill();
    arena.server.start_again();
    let locks = arena.server.json(&["locks"]);
    assert_eq!(locks[0]["source"], "127.0.0.66", "{locks}");
    assert_eq!(guess(&attacker, 20, "caller-secret"), "401");
    let said = arena.server.tell(&["unlock", "--phone", "caller"]);
    assert!(said.contains("believed again"), "{said}");
    assert_eq!(guess(&attacker, 30, "caller-secret"), "200");
    assert_eq!(arena.audited("unlocked"), 1);
    arena.server.kill();
    arena.server.start_again();
    assert_eq!(arena.server.json(&["locks"]), serde_json::json!([]));
    assert_eq!(guess(&attacker, 40, "caller-secret"), "200");
    let said = arena.server.tell(&["unlock", "--phone", "caller"]);
    assert!(said.contains("nobody was locked out"), "{said}");
    let said = arena.server.ask(&["unlock", "--phone", "nobody"]);
    assert_eq!(said.code, Some(1), "{said:?}");
}

/// rules: SES-8
#[test]
fn nobody_can_lock_a_phone_out_where_it_is() {
    let mut arena = Arena::new("");
    let attacker = Attacker::at(CALLER, arena.server.sip());
    for n in 0..6 {
        assert_eq!(guess(&attacker, n, &format!("wrong {n}")), "401");
    }
    assert_eq!(arena.metric("perch_sip_lockouts_total"), 0);
    assert!(arena.metric("perch_sip_wrong_passwords_total") >= 6);
    arena.live();
    assert_eq!(guess(&attacker, 7, "caller-secret"), "200");
}
