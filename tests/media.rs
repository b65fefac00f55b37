//! Talking to the built server itself over real sockets: tones, keys, the echo, and what comes uninvited.
#![allow(
    clippy::disallowed_methods,
    reason = "a real server runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/built_server.rs"]
mod built_server;
#[path = "support/digest.rs"]
mod digest;
#[path = "media/talker.rs"]
mod talker;

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::{Duration, Instant};

use built_server::Perch;
use talker::Talker;
use tempfile::TempDir;

/// What is heard, in hertz: the dial tone, that it was done, that it was not.
const DIAL: &[u32] = &[425];
const CONFIRM: &[u32] = &[600, 900];
const ERROR: &[u32] = &[950, 1400, 1800];

fn directory() -> TempDir {
    TempDir::new().expect("there is room for temporary files")
}

/// rules: SES-1, SES-8
#[test]
fn a_user_logs_in_by_tones_and_a_wrong_pin_sounds_like_one() {
    let dir = directory();
    let server = Perch::demo_at_both(dir.path(), &[]);
    let by_ipv6 = server.at(Ipv6Addr::LOCALHOST.into(), 5060);
    for (name, address) in [("desk-1", server.sip()), ("desk-2", by_ipv6)] {
        let mut talker = Talker::dial(address, name, "*11").expect("it is answered");
        talker.hear_tones(DIAL);
        talker.press("2001#9999#");
        talker.hear_tones(ERROR);
        talker.hear_tones(DIAL);
        talker.press("2001#");
        talker.hear_tones(DIAL);
        talker.press("1111#");
        talker.hear_tones(CONFIRM);
        assert_eq!(talker.is_left(), "Logged in: 2001 Alice");
        assert_eq!(server.phone_of("u2001").as_deref(), Some(name));
    }
}

/// rules: SES-8
#[test]
fn three_wrong_pins_end_the_call_and_the_lock_sounds_the_same() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let mut talker = Talker::dial(server.sip(), "desk-1", "*11#").expect("it is answered");
    for pin in ["1#", "22#", "333#"] {
        talker.press(&format!("2002#{pin}"));
        talker.hear_tones(ERROR);
    }
    assert_eq!(talker.is_left(), "Login refused");
    let mut talker = Talker::dial(server.sip(), "desk-1", "*11").expect("it is answered");
    talker.press("2002#2222#");
    talker.hear_tones(ERROR);
    talker.hear_tones(DIAL);
    talker.hang_up();
    assert_eq!(server.who(), []);
    server.tell(&["unlock", "u2002"]);
}

#[test]
fn an_echo_is_what_was_said() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let mut talker = Talker::dial(server.sip(), "desk-1", "*90").expect("it is answered");
    talker.hear_tones(CONFIRM);
    let said = |n: u8| [n; 160];
    let mut heard: Vec<u8> = Vec::new();
    let mut next = 1;
    let mut spoke = Instant::now();
    while heard.len() < 40 {
        if spoke.elapsed() >= Duration::from_millis(20) {
            spoke = Instant::now();
            talker.say(&said(next));
            next += 1;
        }
        // What is left of the tone is no echo. Where this machine pauses, words may be missing, and no more than that.
        let frame = talker.hear();
        heard.extend(
            frame
                .filter(|frame| frame[..] == said(frame[0]))
                .map(|f| f[0]),
        );
        assert!(next < 250, "not heard: {heard:?}");
    }
    assert!(heard.is_sorted_by(|a, b| a < b), "{heard:?}");
    talker.hang_up();
}

/// What comes uninvited reaches nobody, and the one who was invited is still heard.
#[test]
fn garbage_strangers_and_floods_do_nothing() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let mut talker = Talker::dial(server.sip(), "desk-1", "*11").expect("it is answered");
    talker.say(&[0x55; 160]);
    talker.hear_tones(DIAL);
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    for n in 0..2000_u16 {
        let garbage: Vec<u8> = (0..n % 300).map(|at| (at * 31 + n) as u8).collect();
        stranger
            .send_to(&garbage, talker.perch())
            .expect("the loopback is there");
        let forged = Talker::forged((n % 12) as u8, n);
        stranger
            .send_to(&forged, talker.perch())
            .expect("the loopback is there");
    }
    // What did not fit into the socket's buffer is gone; what did is read within some ticks.
    for _ in 0..300 {
        talker.say(&[0x55; 160]);
        talker.hear_tones(DIAL);
    }
    talker.press("2001#");
    talker.press("1111#");
    talker.hear_tones(CONFIRM);
    assert_eq!(talker.is_left(), "Logged in: 2001 Alice");
}

#[test]
fn ports_are_free_again_and_when_none_is_that_is_said() {
    let dir = directory();
    let server = Perch::with_settings(dir.path(), "[media]\nports = \"10000-10002\"\n");
    server.tell(&["apply", "fixtures/sites/demo.toml"]);
    for _ in 0..3 {
        let one = Talker::dial(server.sip(), "desk-1", "*11").expect("there is a port");
        let two = Talker::dial(server.sip(), "desk-2", "*90").expect("there is another");
        let three = Talker::dial(server.sip(), "desk-3", "*11").err();
        let busy = (503, "Too busy. Try again in a moment".to_owned());
        assert_eq!(three, Some(busy));
        one.hang_up();
        two.hang_up();
    }
    let metrics = server.metrics();
    for line in [
        "perch_media_calls_without_port_total 3",
        "perch_media_ends 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{metrics}");
    }
}

/// How many people listen at once, and how many frames of 20 ms each of them is counted for.
const LISTENERS: usize = 200;
const FRAMES: usize = 250;

/// Prints what they cost: `cargo test --test media hundreds -- --nocapture`.
#[test]
fn hundreds_hear_themselves_at_once() {
    let dir = directory();
    let server = Perch::with_settings(dir.path(), "[media]\nports = \"10000-10498\"\n");
    server.tell(&["apply", "fixtures/sites/demo.toml"]);
    let dial = |_| Talker::dial(server.sip(), "desk-1", "*90").expect("there is a port");
    let mut listeners: Vec<Talker> = (0..LISTENERS).map(dial).collect();
    for listener in &mut listeners {
        listener.hear_tones(CONFIRM);
    }
    let before = cpu_ticks(server.pid());
    let mut frames = 0;
    let began = Instant::now();
    while frames < FRAMES {
        for listener in &mut listeners {
            listener.say(&[0x55; 160]);
        }
        frames += 1;
        let next = began + Duration::from_millis(20) * frames as u32;
        while Instant::now() < next {
            listeners[0].hear();
        }
    }
    let ticks = cpu_ticks(server.pid()) - before;
    let share = ticks as f64 / 100.0 / began.elapsed().as_secs_f64();
    built_server::say(&format!(
        "{LISTENERS} people hear themselves: {:.1} % of a core, {:.0} µs of a second for each",
        100.0 * share,
        1e6 * share / LISTENERS as f64
    ));
    // The first one has listened all the while; the others have it in their buffers.
    let mut others = listeners[1..].iter();
    assert!(others.all(|listener| listener.hear().is_some()));
}

/// User and system time of a process, in hundredths of a second.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let fields = fields.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}
