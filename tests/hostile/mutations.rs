//! Messages that were right once, with something broken in each: the server takes them all without harm.
//!
//! `PERCH_MUTATIONS=1000000` sends more of them than a run of all tests has time for, `PERCH_SEED` others.

use std::collections::VecDeque;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::arena::Arena;
use crate::attacker::{Attacker, request};
use crate::built_server::say;
use crate::digest::{Answer, authorization};

/// How many there are unless somebody says otherwise.
const MUTATIONS: u64 = 50_000;

/// After so many datagrams it is asked whether the server is still there, and waited for the answer.
const TOGETHER: u64 = 40;

/// One of so many goes over a stream.
const STREAMS: u64 = 20;

/// So many connections stay open.
const OPEN: usize = 50;

/// After so many, those who sign get a new nonce.
const SIGNED: u32 = 2000;

/// By how much the server may grow.
const GROWTH: u64 = 96 * 1024 * 1024;

/// A number from the environment.
pub fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn broken_messages_break_nothing() {
    let mutations = number("PERCH_MUTATIONS", MUTATIONS);
    let seed = number("PERCH_SEED", 1);
    // Without limits: they are to be read, all of them.
    let mut arena = Arena::new("[guard]\nenabled = false\n[log]\nlevel = \"warn\"\n");
    let mut random = StdRng::seed_from_u64(seed);
    let server = arena.server.sip();
    let attacker = Attacker::at(Ipv4Addr::new(127, 0, 0, 66), server);
    let seeds = seeds();
    let mut signer = Signer::default();
    let mut open = VecDeque::new();
    let (memory, mut by_stream) = (arena.memory(), 0);
    for n in 0..mutations {
        let seed = &seeds[random.random_range(0..seeds.len())];
        let mut message = match random.random_bool(0.5) {
            true => signer.signed(&attacker, seed),
            false => seed.clone(),
        };
        for _ in 0..random.random_range(1..4) {
            mutate(&mut random, &mut message, &seeds);
        }
        if n % STREAMS == 0 {
            by_stream += 1;
            stream(server, &message, &mut open);
        } else {
            // The system does not send what is longer than a datagram.
            let _ = attacker.socket.send_to(&message, server);
        }
        if n % TOGETHER == 0 {
            assert!(is_there(&attacker, n), "silent after {n} of seed {seed:?}");
        }
    }
    let grown = arena.memory().saturating_sub(memory);
    say(&format!(
        "{mutations} mutated messages, {by_stream} of them over TCP, from {} right ones; the server grew by {} kB",
        seeds.len(),
        grown / 1024
    ));
    assert!(grown < GROWTH, "the server has grown by {grown} bytes");
    arena.live();
    let log = arena.server.log();
    for sign in ["panicked", "fault in Perch"] {
        assert!(!log.contains(sign), "{log}");
    }
}

/// The messages of the phones that were listened to, and one of each method.
fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sip");
    let mut files = Vec::new();
    find(&folder, &mut files);
    files.sort();
    assert!(files.len() > 10, "there are fixtures");
    let read = |file: &PathBuf| fs::read(file).expect("a fixture");
    let mut seeds: Vec<Vec<u8>> = files.iter().map(read).collect();
    let local = SocketAddr::from(([127, 0, 0, 66], 5060));
    let methods = [
        "REGISTER",
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "OPTIONS",
        "SUBSCRIBE",
        "NOTIFY",
        "MESSAGE",
        "INFO",
        "UPDATE",
        "REFER",
        "PRACK",
        "PUBLISH",
        "DESTROY",
    ];
    seeds.extend(methods.map(|method| request(method, "9001", 1, local, "")));
    seeds
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "sip") {
            files.push(path);
        }
    }
}

/// Gives requests a right proof, so that what is broken elsewhere in them gets further.
#[derive(Default)]
struct Signer {
    challenge: Option<String>,
    nc: u32,
}

impl Signer {
    fn signed(&mut self, attacker: &Attacker, seed: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(seed).into_owned();
        let mut words = text.split(' ');
        let (Some(method), Some(uri)) = (words.next(), words.next()) else {
            return seed.to_vec();
        };
        let Some((first, rest)) = text.split_once("\r\n") else {
            return seed.to_vec();
        };
        if self.challenge.is_none() || self.nc >= SIGNED {
            self.nc = 0;
            let asked = request("REGISTER", "other", rand::random(), attacker.local, "");
            self.challenge = attacker.ask(&asked).and_then(|answer| {
                let line = answer
                    .lines()
                    .find_map(|l| l.strip_prefix("WWW-Authenticate: "));
                line.map(str::to_owned)
            });
        }
        let Some(challenge) = &self.challenge else {
            return seed.to_vec();
        };
        self.nc += 1;
        let answer = Answer {
            username: "other",
            password: "other-secret",
            method,
            uri,
            nc: Some(self.nc),
        };
        let proof = authorization(challenge, &answer);
        format!("{first}\r\nAuthorization: {proof}\r\n{rest}").into_bytes()
    }
}

/// Breaks something.
fn mutate(random: &mut StdRng, message: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    if message.is_empty() {
        return message.extend_from_slice(b"\r\n");
    }
    let at = random.random_range(0..message.len());
    let to = (at + random.random_range(1..40)).min(message.len());
    let pieces: [&[u8]; 16] = [
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"\0",
        b";",
        b",",
        b"\"",
        b"<",
        b">",
        b"%",
        b":",
        b" ",
        b"\xff\xfe",
        b"4294967296",
        b"-1",
    ];
    match random.random_range(0..9) {
        0 => message[at] ^= 1 << random.random_range(0..8),
        1 => message[at] = random.random(),
        2 => drop(message.drain(at..to)),
        3 => {
            let copy = message[at..to].to_vec();
            message.splice(at..at, copy);
        }
        4 => message.truncate(at),
        5 => {
            let piece = pieces[random.random_range(0..pieces.len())];
            message.splice(at..at, piece.iter().copied());
        }
        6 => {
            // The tail of another.
            let other = &seeds[random.random_range(0..seeds.len())];
            let from = random.random_range(0..other.len());
            message.truncate(at);
            message.extend_from_slice(&other[from..]);
        }
        7 => line(random, message),
        _ => {
            // A number becomes another.
            let Some(digit) = message[at..].iter().position(u8::is_ascii_digit) else {
                return;
            };
            let count = random.random_range(1..12);
            let digits = (0..count).map(|_| random.random_range(b'0'..=b'9'));
            let digits: Vec<u8> = digits.collect();
            message.splice(at + digit..=at + digit, digits);
        }
    }
    message.truncate(65_000);
}

/// A line is left out, comes twice, or comes many times.
fn line(random: &mut StdRng, message: &mut Vec<u8>) {
    let text = message.clone();
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let which = random.random_range(0..lines.len());
    match random.random_range(0..3) {
        0 => drop(lines.remove(which)),
        1 => lines.insert(random.random_range(0..lines.len()), lines[which]),
        _ => {
            let copies = vec![lines[which]; random.random_range(2..200)];
            lines.splice(which..which, copies);
        }
    }
    *message = lines.concat();
}

/// Sends something over a connection of its own, which stays open for a while.
fn stream(server: SocketAddr, message: &[u8], open: &mut VecDeque<TcpStream>) {
    let mut stream = TcpStream::connect(server).expect("it listens");
    // It may close as soon as it sees what it does not like.
    let _ = stream.write_all(message);
    open.push_back(stream);
    if open.len() > OPEN {
        open.pop_front();
    }
}

/// Whether the server answers something that is right. What it answered to others before is passed over.
fn is_there(attacker: &Attacker, n: u64) -> bool {
    let asked = request("OPTIONS", "perch", n, attacker.local, "");
    let mut buffer = [0; 65_536];
    attacker.socket.set_nonblocking(true).expect("a socket");
    while attacker.socket.recv(&mut buffer).is_ok() {}
    let wanted = format!("branch=z9hG4bKevil{n};");
    let patience = Some(Duration::from_secs(2));
    attacker.socket.set_nonblocking(false).expect("a socket");
    attacker
        .socket
        .set_read_timeout(patience)
        .expect("a socket");
    for _ in 0..5 {
        attacker.send(&asked);
        while let Ok(length) = attacker.socket.recv(&mut buffer) {
            if String::from_utf8_lossy(&buffer[..length]).contains(&wanted) {
                return true;
            }
        }
    }
    false
}
