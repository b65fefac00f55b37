//! What a stranger learns by asking: whether there is a server, and nothing of its phones and numbers.

use std::net::Ipv4Addr;

use crate::arena::Arena;
use crate::attacker::{Attacker, request};
use crate::digest::{Answer, authorization};

/// What was answered, without what differs from one answer to the next: nonces, tags, what the asker chose.
fn shape(answer: &str, user: &str) -> String {
    let lines = answer.lines().map(|line| {
        let line = line.replace(user, "USER");
        match line.split_once("nonce=\"") {
            Some((before, rest)) => {
                let (nonce, after) = rest.split_once('"').unwrap_or_default();
                format!("{before}nonce of {} digits{after}", nonce.len())
            }
            None => match line.rsplit_once(";tag=") {
                Some((before, tag)) if line.starts_with("To") => {
                    format!("{before};tag of {}", tag.len())
                }
                _ => line,
            },
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn challenge(answer: &str) -> &str {
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("WWW-Authenticate: "));
    line.expect("a challenge")
}

/// rules: SES-8
///
/// Phones that there are and phones that there are not, numbers that somebody has and numbers that nobody has: every
/// answer is the same, with no credentials and with wrong ones.
#[test]
fn nobody_learns_what_phones_there_are() {
    let arena = Arena::new("");
    let attacker = Attacker::at(Ipv4Addr::new(127, 0, 0, 66), arena.server.sip());
    for method in ["REGISTER", "INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE"] {
        let mut shapes = Vec::new();
        // A phone that is registered, one that is not, a number; and the like that there are not, of the same lengths.
        for user in ["callee", "nobody", "other", "never", "9001", "9999"] {
            let ask = |n, headers: &str| {
                let request = request(method, user, n, attacker.local, headers);
                attacker.ask(&request).expect("an answer")
            };
            let first = ask(7, "");
            let mut answers = shape(&first, user);
            if method != "OPTIONS" {
                let uri = format!("sip:{user}@perch");
                let wrong = Answer {
                    username: user,
                    password: "guessed",
                    method,
                    uri: &uri,
                    nc: Some(1),
                };
                let header = authorization(challenge(&first), &wrong);
                let second = ask(8, &format!("Authorization: {header}\r\n"));
                assert!(second.starts_with("SIP/2.0 401"), "{second}");
                answers += &shape(&second, user);
            }
            shapes.push(answers);
        }
        for pair in shapes.windows(2) {
            assert_eq!(pair[0], pair[1], "{method}");
        }
    }
}
