//! Real peers against the built server, over real sockets and in real time: baresip, sipp and others, as Debian has them.
//!
//! Without them the tests say that they were not run; with `PERCH_PEERS=required` in the environment they fail.
#![allow(
    clippy::disallowed_methods,
    reason = "what is tested here runs by the clock on the wall"
)]

#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "peers/baresip.rs"]
mod baresip;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/built_server.rs"]
mod built_server;
#[path = "peers/dialogue.rs"]
mod dialogue;
#[path = "peers/hunt.rs"]
mod hunt;
#[path = "peers/installed.rs"]
mod installed;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/kamailio.rs"]
mod kamailio;
#[path = "peers/linphone.rs"]
mod linphone;
#[path = "peers/matrix.rs"]
mod matrix;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/pcap.rs"]
mod pcap;
#[allow(dead_code, reason = "each user of it needs another part")]
#[path = "support/sccp_samples/mod.rs"]
mod sccp_samples;
#[path = "peers/sipp.rs"]
mod sipp;
#[path = "peers/skinny.rs"]
mod skinny;
#[path = "peers/softphone.rs"]
mod softphone;
#[path = "peers/trunk.rs"]
mod trunk;
#[path = "peers/tshark.rs"]
mod tshark;
#[path = "peers/upstream.rs"]
mod upstream;
#[path = "peers/wav.rs"]
mod wav;

use std::time::{Duration, Instant};

use baresip::Baresip;
use built_server::{Perch, wait_until};
use installed::{directory, has};
use sipp::Sipp;
use softphone::Over;
use tempfile::TempDir;

const SECOND: Duration = Duration::from_secs(1);

/// What two phones say to each other, in hertz.
const LOW: u32 = 440;
const HIGH: u32 = 700;

fn has_baresip() -> bool {
    has("baresip", "baresip")
}

fn has_sipp() -> bool {
    has("sipp", "sip-tester")
}

/// rules: IDL-1, IDL-2, SES-11
///
/// Takes more than two minutes, and is called so that it begins first.
#[test]
fn a_call_keeps_a_session_that_a_minute_unused_ends() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let carol = Baresip::register(dir.path(), &server, "desk-3", Over::Udp, LOW);
    let other = Baresip::register(dir.path(), &server, "desk-4", Over::Tcp, HIGH);
    carol.dial_code("*11*2003*3333#");
    assert_eq!(server.phone_of("u2003").as_deref(), Some("desk-3"));
    carol.dial("9004");
    other.rings();
    other.answer();
    carol.wait("CALL_ESTABLISHED");
    let used = Instant::now();
    wait_until("the call is 76 s old", 80 * SECOND, || {
        assert_eq!(
            server.phone_of("u2003").as_deref(),
            Some("desk-3"),
            "logged out in a call, {:?} after it began",
            used.elapsed()
        );
        used.elapsed() > 76 * SECOND
    });
    other.hang_up();
    carol.wait("CALL_CLOSED");
    assert_ended_by_idleness(&server, "desk-3", Instant::now());
    let heard = carol.heard_tone(HIGH);
    assert!(heard > 0.9, "heard all the while: {heard}");
}

/// rules: IDL-1, IDL-2, IDL-6, SES-11, OUT-7
#[test]
fn a_minute_unused_ends_a_session() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let phone = Baresip::register(dir.path(), &server, "desk-3", Over::Udp, LOW);
    phone.dial_code("*11*2003*3333#");
    let used = Instant::now();
    assert_eq!(server.phone_of("u2003").as_deref(), Some("desk-3"));
    let explained = server.tell(&["explain", "u2003"]);
    assert!(explained.contains("(idle: 1 min"), "{explained}");
    wait_until(
        "the phone shows that it will be logged out",
        40 * SECOND,
        || phone.was_told("Logout in 30 s: not used"),
    );
    assert_ended_by_idleness(&server, "desk-3", used);
    assert!(phone.was_told("Logged out"), "the phone is told");
    let refused = phone.dial_in_vain("2003");
    assert_eq!(refused, "480 Temporarily Unavailable");
}

/// The session of u2003 ends a minute after the last use, and Perch says why.
fn assert_ended_by_idleness(server: &Perch, phone: &str, used: Instant) {
    wait_until("u2003 is logged out", 70 * SECOND, || {
        server.who().is_empty()
    });
    let unused = used.elapsed();
    assert!(
        unused > 58 * SECOND && unused < 66 * SECOND,
        "logged out after {unused:?}"
    );
    let last = &server.json(&["explain", phone])["last"];
    assert_eq!(
        (&last["user"], &last["cause"]),
        (&"u2003".into(), &"idle".into())
    );
    let explained = server.tell(&["explain", "u2003"]);
    assert!(
        explained.contains("u2003 is logged in nowhere."),
        "{explained}"
    );
    assert!(explained.contains("(idle"), "{explained}");
}

/// rules: CAL-1
#[test]
fn two_softphones_hear_each_other() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let one = Baresip::register(dir.path(), &server, "desk-1", Over::Udp, LOW);
    let two = Baresip::register(dir.path(), &server, "desk-2", Over::Tcp, HIGH);
    assert_eq!(server.registered(), 2);
    for (caller, callee, number) in [(&one, &two, "9002"), (&two, &one, "9001")] {
        caller.dial(number);
        let (name, _) = callee.rings();
        assert_eq!(name, "Guest");
        callee.answer();
        caller.wait("CALL_ESTABLISHED");
        assert_eq!(server.json(&["status"])["calls"], 1);
        let talking = Instant::now();
        wait_until("they have talked for two seconds", 5 * SECOND, || {
            talking.elapsed() > 2 * SECOND
        });
        caller.hang_up();
        callee.wait("CALL_CLOSED");
    }
    for (phone, tone) in [(&one, HIGH), (&two, LOW)] {
        wait_until(
            "the other one's tone is in the recording",
            5 * SECOND,
            || phone.heard_tone(tone) > 0.9,
        );
    }
    assert_eq!(server.json(&["status"])["calls"], 0);
}

/// rules: SES-17
///
/// A softphone that was set up with what `perch softphone` printed rings along with the desk, and takes the call.
#[test]
fn a_softphone_of_the_users_own_rings_along() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let site = include_str!("../fixtures/sites/demo.toml");
    let secret = "a-secret-of-alice";
    let alice = "[user.u2001]\n";
    let site = site.replace(alice, &format!("{alice}sip_secret = \"{secret}\"\n"));
    let file = dir.path().join("site.toml");
    std::fs::write(&file, site).expect("the directory is ours");
    server.tell(&["apply", &file.display().to_string()]);
    let status = server.json(&["status"]);
    assert_eq!(
        (&status["softphones"], &status["softphones_registered"]),
        (&1.into(), &0.into())
    );
    let account = server.softphone("u2001", secret, "baresip");

    let desk = Baresip::register(dir.path(), &server, "desk-1", Over::Udp, HIGH);
    let other = Baresip::register(dir.path(), &server, "desk-2", Over::Tcp, HIGH);
    let own = Baresip::register_as_user(dir.path(), &server, "u2001", &account);
    desk.dial_code("*11*2001*1111#");
    other.dial("2001");
    assert_eq!(own.rings(), ("Guest".into(), "9002".into()));
    assert_eq!(desk.rings(), ("Guest".into(), "9002".into()));
    own.answer();
    other.wait("CALL_ESTABLISHED");
    desk.wait("CALL_CLOSED");
    own.hang_up();
    other.wait("CALL_CLOSED");
    // And it calls as the user.
    own.dial("9002");
    assert_eq!(other.rings(), ("Alice".into(), "2001".into()));
    own.hang_up();
}

/// rules: SES-1, SES-2, SES-8, SES-11, OUT-1, CAL-1
#[test]
fn a_user_sits_down_moves_and_leaves() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let one = Baresip::register(dir.path(), &server, "desk-1", Over::Udp, LOW);
    let two = Baresip::register(dir.path(), &server, "desk-2", Over::Tcp, HIGH);
    assert_eq!(two.dial_in_vain("2001"), "480 Temporarily Unavailable");

    one.dial_code("*11*2001*1111#");
    assert!(one.was_told("Logged in: 2001 Alice"));
    assert_eq!(server.who(), [("u2001".into(), "desk-1".into())]);
    two.dial("2001");
    assert_eq!(one.rings(), ("Guest".into(), "9002".into()));
    two.hang_up();
    one.wait("CALL_CLOSED");
    one.dial("9002");
    assert_eq!(two.rings(), ("Alice".into(), "2001".into()));
    one.hang_up();
    two.wait("CALL_CLOSED");

    assert_eq!(one.dial_in_vain("*11*2002*9999#"), "403 Forbidden");
    assert_eq!(server.who(), [("u2001".into(), "desk-1".into())]);

    // As a phone writes it that knows that # does not belong into a URI.
    two.dial_code("*11*2001*1111%23");
    assert_eq!(server.who(), [("u2001".into(), "desk-2".into())]);
    let explained = server.tell(&["explain", "u2001"]);
    assert!(explained.contains("logged in at desk-2"), "{explained}");
    assert!(
        explained.contains("The last logout at desk-1"),
        "{explained}"
    );
    assert!(explained.contains("(moved"), "{explained}");
    wait_until("desk-1 is told", 5 * SECOND, || {
        one.was_told("Logged out: logged in at desk-2")
    });

    two.dial_code("*12");
    assert_eq!(server.who(), []);
    assert_eq!(two.dial_in_vain("*12"), "403 Forbidden");
}

/// A stop takes no new calls, waits for the one that goes on, and ends well when that does.
#[test]
fn a_stop_waits_for_the_call_to_end() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let mut server = Perch::with_settings(dir.path(), "[limits]\ndrain_s = 60\n");
    server.tell(&["apply", "fixtures/sites/demo.toml"]);
    let phone = |name| Baresip::register(dir.path(), &server, name, Over::Udp, LOW);
    let (one, two, three) = (phone("desk-1"), phone("desk-2"), phone("desk-3"));
    one.dial("9002");
    two.rings();
    two.answer();
    one.wait("CALL_ESTABLISHED");
    assert_eq!(server.ask(&["healthcheck"]).code, Some(0));
    server.begin_to_stop();
    wait_until("the server is not ready any more", 5 * SECOND, || {
        server.ask(&["healthcheck"]).code == Some(1)
    });
    assert_eq!(three.dial_in_vain("9001"), "503 Service Unavailable");
    two.hang_up();
    one.wait("CALL_CLOSED");
    assert!(server.stopped().success());
}

/// A server, and sipp's phone desk-2, which is reached at a port of its own.
struct Bench {
    dir: TempDir,
    server: Perch,
    callee: u16,
}

impl Bench {
    fn new() -> Bench {
        let dir = directory();
        let server = Perch::demo(dir.path());
        let bench = Bench {
            callee: built_server::free_ports(1),
            dir,
            server,
        };
        Sipp {
            contact_port: Some(bench.callee),
            ..bench.sipp("register.xml", "desk-2")
        }
        .run();
        bench
    }

    fn sipp<'a>(&'a self, scenario: &'static str, phone: &'a str) -> Sipp<'a> {
        Sipp::new(self.dir.path(), self.server.sip(), scenario, phone)
    }

    /// One call to desk-2, both sides as their scenarios say.
    fn call(&self, caller: &'static str, callee: &'static str) {
        self.calls(self.caller(caller), self.callee(callee));
    }

    /// Both sides to the end; then nothing is left in the server.
    fn calls(&self, caller: Sipp<'_>, callee: Sipp<'_>) {
        let callee = callee.start();
        caller.run();
        callee.end();
        wait_until("the server has no calls", 5 * SECOND, || {
            self.server.json(&["status"])["calls"] == 0
        });
    }

    fn caller(&self, scenario: &'static str) -> Sipp<'_> {
        Sipp {
            dials: "9002",
            ..self.sipp(scenario, "desk-1")
        }
    }

    fn callee(&self, scenario: &'static str) -> Sipp<'_> {
        Sipp {
            port: self.callee,
            ..self.sipp(scenario, "desk-2")
        }
    }

    /// Dials something that is refused with a status.
    fn refused(&self, dials: &str, status: u16) {
        Sipp {
            dials,
            status,
            ..self.sipp("caller_refused.xml", "desk-1")
        }
        .run();
    }
}

/// Registration with digest, over both transports.
#[test]
fn sipp_registers() {
    if !has_sipp() {
        return;
    }
    let bench = Bench::new();
    assert_eq!(bench.server.registered(), 1);
    for (phone, tcp) in [("desk-3", false), ("desk-4", true)] {
        for scenario in ["come_and_go.xml", "register.xml"] {
            Sipp {
                tcp,
                ..bench.sipp(scenario, phone)
            }
            .run();
        }
    }
    // The connection of the third ended with the program, and its registration with that.
    wait_until("two phones are registered", 5 * SECOND, || {
        bench.server.registered() == 2
    });
}

/// rules: CAL-1
#[test]
fn sipp_calls_in_every_way() {
    if !has_sipp() {
        return;
    }
    let bench = Bench::new();
    bench.call("caller.xml", "callee.xml");
    bench.call("caller_is_left.xml", "callee_leaves.xml");
    bench.call("caller_gives_up.xml", "callee_given_up.xml");
    bench.call("caller_holds.xml", "callee_held.xml");
    let busy = Sipp {
        status: 486,
        ..bench.caller("caller_refused.xml")
    };
    bench.calls(busy, bench.callee("callee_busy.xml"));
}

/// rules: CAL-1, SES-8, OUT-7
#[test]
fn sipp_is_told_no() {
    if !has_sipp() {
        return;
    }
    let bench = Bench::new();
    bench.refused("7777", 404);
    bench.refused("9007", 480);
    bench.refused("2001", 480);
    bench.refused("*11*2001*9999#", 403);
    bench.refused("*11*7777*1111#", 403);
    bench.refused("*12", 403);
    bench.refused("*11*", 484);
}

/// rules: CAL-1
///
/// 200 calls at 20 a second, and not one fails.
#[test]
fn sipp_calls_and_calls() {
    if !has_sipp() {
        return;
    }
    let bench = Bench::new();
    let calls = 200;
    let caller = bench.caller("caller.xml");
    let callee = bench.callee("callee.xml");
    bench.calls(Sipp { calls, ..caller }, Sipp { calls, ..callee });
}

/// rules: CAL-1
///
/// The same over a network that loses every twentieth message, either way and at both ends.
#[test]
fn sipp_calls_over_a_bad_network() {
    if !has_sipp() {
        return;
    }
    let bench = Bench::new();
    let (calls, lost) = (200, 5);
    let caller = Sipp {
        // Each call has a nonce of its own, and Perch remembers a few for each phone.
        phones: vec!["desk-1", "desk-3", "desk-4", "desk-5", "desk-6", "desk-7"],
        calls,
        lost,
        ..bench.caller("caller.xml")
    };
    let callee = Sipp {
        calls,
        lost,
        ..bench.callee("callee.xml")
    };
    bench.calls(caller, callee);
}
