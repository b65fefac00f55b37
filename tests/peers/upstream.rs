//! Beside another telephone exchange, which Kamailio plays: who is registered there, and calls both ways (CAL-6).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tempfile::TempDir;

use super::built_server::{Perch, free_ports, say, tail, wait_until};
use super::has_sipp;
use super::installed::{directory, has};
use super::kamailio::Kamailio;
use super::sipp::Sipp;

const LIMIT: Duration = Duration::from_secs(10);

/// Perch, and the exchange that was there before, at another address of this host.
struct Bench {
    server: Perch,
    exchange: Kamailio,
    /// Where its phone 3001 is, and the phone desk-1 of ours.
    phones: [u16; 2],
    dir: TempDir,
}

fn is_everything_installed() -> bool {
    has_sipp() && has("kamailio", "kamailio") && has("kamcmd", "kamailio")
}

/// What the site says. u2002's password is wrong, and u2003 is nobody at the exchange.
fn site(exchange: SocketAddr) -> String {
    let mut text = format!(
        "[site]\nname = \"beside\"\n\
         [class_of_service.all]\ncall_guests = true\ncall_users = true\nlogin = true\nforward = true\n\
         [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n\
         [user_profile.clerk]\nclass = \"all\"\n\
         [trunk.pbx]\naddresses = [\"sip:{exchange}\"]\nclass = \"all\"\n\
         [upstream]\ntrunk = \"pbx\"\nrealm = \"pbx\"\n"
    );
    for (number, upstream) in [
        (2001, "upstream_password = \"secret-2001\"\n"),
        (2002, "upstream_password = \"another\"\n"),
        (2003, ""),
    ] {
        text += &format!(
            "[user.u{number}]\ndn = \"{number}\"\ndisplay_name = \"User {number}\"\npin = \"1111\"\n\
             profiles = [\"clerk\"]\n{upstream}"
        );
    }
    for phone in 1..=3 {
        text += &format!(
            "[phone.desk-{phone}]\nlogout_profile = \"guest\"\nguest_dn = \"900{phone}\"\npassword = \"desk-{phone}-secret\"\n"
        );
    }
    text
}

impl Bench {
    fn new() -> Bench {
        let dir = directory();
        let [theirs, ours, port] = [0, 1, 2].map(|n| free_ports(3) + n);
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), port));
        let exchange = Kamailio::start(dir.path(), address, theirs).expect("it can be started");
        wait_until("the exchange answers", LIMIT, || exchange.answers());
        let server = Perch::with_settings(dir.path(), "");
        let bench = Bench {
            server,
            exchange,
            phones: [theirs, ours],
            dir,
        };
        bench.apply(&site(address));
        Sipp {
            contact_port: Some(ours),
            ..bench.sipp("register.xml", "desk-1")
        }
        .run();
        bench
    }

    fn apply(&self, site: &str) {
        let file = self.dir.path().join("site.toml");
        std::fs::write(&file, site).expect("the directory is ours");
        self.server.tell(&["apply", &file.display().to_string()]);
    }

    fn sipp<'a>(&'a self, scenario: &'static str, phone: &'a str) -> Sipp<'a> {
        Sipp::new(self.dir.path(), self.server.sip(), scenario, phone)
    }

    /// The phone of the exchange's own.
    fn theirs(&self, scenario: &'static str) -> Sipp<'_> {
        let server = self.exchange.address();
        Sipp {
            port: self.phones[0],
            ..Sipp::new(self.dir.path(), server, scenario, "3001")
        }
    }

    fn is_registered(&self, number: &str) {
        wait_until("the number is registered at the exchange", LIMIT, || {
            !self.exchange.contacts(number).is_empty()
        });
    }

    fn is_not_registered(&self, number: &str) {
        wait_until(
            "the number is not registered at the exchange any more",
            LIMIT,
            || self.exchange.contacts(number).is_empty(),
        );
    }

    fn has_no_calls(&self) {
        wait_until("the server has no calls", LIMIT, || {
            self.server.json(&["status"])["calls"] == 0
        });
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.exchange.log();
            say(&format!("the exchange's log:\n{}", tail(&log, 60)));
        }
    }
}

/// rules: CAL-6
///
/// The exchange sees 2001 only while u2001 is logged in, and calls go both ways as that user.
#[test]
fn the_exchange_sees_a_user_only_while_they_are_logged_in() {
    if !is_everything_installed() {
        return;
    }
    let bench = Bench::new();
    assert!(bench.exchange.contacts("2001").is_empty());
    Sipp {
        dials: "2001",
        status: 404,
        ..bench.theirs("not_there.xml")
    }
    .run();
    bench.server.tell(&["login", "desk-1", "u2001"]);
    bench.is_registered("2001");
    assert_eq!(bench.exchange.registered(), Some(1), "and nobody else");
    let contact = &bench.exchange.contacts("2001")[0];
    let ours = bench.server.sip();
    assert_eq!(*contact, format!("sip:2001@{ours};transport=udp"));

    // From there: the desk where the user sits rings.
    let desk = Sipp {
        port: bench.phones[1],
        ..bench.sipp("callee.xml", "desk-1")
    };
    let desk = desk.start();
    Sipp {
        dials: "2001",
        ..bench.theirs("answered_call.xml")
    }
    .run();
    desk.end();
    bench.has_no_calls();

    // To there: what nobody here has is called as the user, whom the exchange lets call as nobody else.
    let theirs = bench.theirs("callee.xml").start();
    Sipp {
        dials: "3001",
        ..bench.sipp("caller.xml", "desk-1")
    }
    .run();
    theirs.end();
    bench.has_no_calls();

    let explained = bench.server.tell(&["explain", "u2001"]);
    assert!(
        explained.contains("u2001 has been registered at the telephone exchange as 2001 since"),
        "{explained}"
    );
    bench.server.tell(&["logout", "--user", "u2001"]);
    bench.is_not_registered("2001");
    let explained = bench.server.tell(&["explain", "u2001"]);
    assert!(
        explained.contains("not registered at the telephone exchange"),
        "{explained}"
    );
}

/// rules: CAL-6
///
/// Whoever is not registered there is told so, and why; nobody calls as somebody else.
#[test]
fn a_wrong_password_there_is_said_here() {
    if !is_everything_installed() {
        return;
    }
    let bench = Bench::new();
    bench.server.tell(&["login", "desk-1", "u2002"]);
    let sentence = "u2002 is not registered at the telephone exchange as 2002: wrong password.";
    wait_until("it is known why", LIMIT, || {
        bench.server.tell(&["explain", "u2002"]).contains(sentence)
    });
    assert!(bench.exchange.contacts("2002").is_empty());
    let metrics = bench.server.metrics();
    for line in [
        "perch_upstream_users 1",
        "perch_upstream_registered 0",
        "perch_events_total{event=\"upstream-failed\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    // Neither they nor somebody who is nobody there can call what only the exchange knows.
    for user in ["u2002", "u2003"] {
        bench.server.tell(&["login", "desk-1", user]);
        let status = if user == "u2003" { 404 } else { 503 };
        Sipp {
            dials: "3001",
            status,
            ..bench.sipp("caller_refused.xml", "desk-1")
        }
        .run();
    }
    // The administrator corrects it.
    let right = site(bench.exchange.address()).replace("\"another\"", "\"secret-2002\"");
    bench.server.tell(&["login", "desk-1", "u2002"]);
    bench.apply(&right);
    bench.is_registered("2002");
}

/// rules: CAL-6
///
/// After a crash of ours everybody who is logged in is registered, and nobody else is; after one of the exchange's, too.
#[test]
fn a_crash_of_either_side_leaves_registered_who_is_logged_in() {
    if !is_everything_installed() {
        return;
    }
    let mut bench = Bench::new();
    bench.server.tell(&["login", "desk-1", "u2001"]);
    bench.is_registered("2001");
    bench.server.kill();
    assert_eq!(
        bench.exchange.contacts("2001").len(),
        1,
        "it knows nothing of that"
    );
    bench.server.start_again();
    wait_until("it is known to be registered again", LIMIT, || {
        bench.server.json(&["status"])["upstream_registered"] == 1
    });
    assert_eq!(bench.exchange.contacts("2001").len(), 1, "once");

    bench.exchange.stop();
    bench.exchange.start_again().expect("it can be started");
    wait_until("the exchange answers", LIMIT, || bench.exchange.answers());
    assert!(
        bench.exchange.contacts("2001").is_empty(),
        "it has forgotten"
    );
    wait_until(
        "what it has forgotten is noticed",
        Duration::from_secs(40),
        || !bench.exchange.contacts("2001").is_empty(),
    );

    // A logout whose message is lost with the server: the exchange is told after the restart.
    bench.server.tell(&["logout", "--user", "u2001"]);
    bench.server.kill();
    bench.server.start_again();
    bench.is_not_registered("2001");
}
