//! A voicemail system that is not ours, played by sipp: what it is told of calls, and what comes of what it says.

use std::net::Ipv4Addr;
use std::path::Path;

use super::built_server::{Perch, free_ports, wait_until};
use super::installed::{directory, has};
use super::office::Office;
use super::sipp::Sipp;
use super::support::live_phone::{LivePhone, PATIENCE, Security};
use super::support::phone::{CallState, Order};

use CallState::{Ringing, Talking};

/// The phone that is the voicemail system, and its number.
const SYSTEM: (&str, &str) = ("desk-7", "9007");

/// How Alice logs in.
const LOGIN: &str = "*11*2001*1111#";

/// An office with a voicemail system that has registered.
struct Bench<'a> {
    office: Office<'a>,
    port: u16,
}

impl<'a> Bench<'a> {
    fn open(dir: &'a Path) -> Bench<'a> {
        let server = Perch::with_settings(dir, "");
        let demo = include_str!("../../fixtures/sites/demo.toml");
        let site = demo
            .replace("# voicemail = \"8000\"", "voicemail = \"9007\"")
            .replace("# forward_busy =", "forward_busy =")
            .replace("# forward_no_answer =", "forward_no_answer =")
            .replace("# forward_no_answer_s = 20", "forward_no_answer_s = 1")
            .replace("# call_waiting = true", "call_waiting = false");
        let file = dir.join("site.toml");
        std::fs::write(&file, site).expect("the directory is ours");
        server.tell(&["apply", &file.display().to_string()]);
        let office = Office { server, dir };
        let port = free_ports(1);
        let bench = Bench { office, port };
        Sipp {
            contact_port: Some(port),
            ..bench.sipp("register.xml")
        }
        .run();
        bench
    }

    fn sipp(&self, scenario: &'static str) -> Sipp<'_> {
        let server = self.office.server.sip();
        Sipp {
            port: self.port,
            ..Sipp::new(self.office.dir, server, scenario, SYSTEM.0)
        }
    }

    fn cisco(&self) -> LivePhone {
        self.office
            .station("SEP001122334401", "7960", Security::Plain, 700)
    }

    /// Somebody calls a number, and the voicemail takes the call as one of Alice's.
    fn lands(&self, from: (&LivePhone, &str), dials: &str, reason: &str, cause: u16) {
        let diversion = format!("&lt;sip:2001@[^&gt;]*&gt;;reason={reason};");
        let history = format!("&lt;sip:2001@[^&gt;]*[?]Reason=SIP%3Bcause%3D{cause}&gt;;index=1");
        let system = Sipp {
            fills: vec![
                ("@CALLER@", from.1),
                ("@DIVERSION@", &diversion),
                ("@HISTORY@", &history),
            ],
            ..self.sipp("voicemail.xml")
        };
        let system = system.start();
        from.0.order(&Order::Dial(dials.to_owned()));
        from.0.has_calls(&[Talking]);
        leaves_a_message(from.0);
        from.0.order(&Order::HangUp);
        from.0.has_calls(&[]);
        system.end();
    }

    /// The voicemail system takes a call of somebody who wants to hear their messages.
    fn is_heard(&self, caller: &str, phone: &LivePhone, order: &Order) {
        let system = Sipp {
            fills: vec![("@CALLER@", caller)],
            ..self.sipp("voicemail_heard.xml")
        };
        let system = system.start();
        phone.order(order);
        phone.has_calls(&[Talking]);
        leaves_a_message(phone);
        phone.order(&Order::HangUp);
        phone.has_calls(&[]);
        system.end();
    }

    fn reports(&self, scenario: &'static str, port: u16, (waits, counts): (&str, &str)) {
        Sipp {
            port,
            fills: vec![("@WAITS@", waits), ("@COUNTS@", counts)],
            ..self.sipp(scenario)
        }
        .run();
    }
}

/// Somebody speaks for a moment: by then it is agreed where each listens.
fn leaves_a_message(phone: &LivePhone) {
    let system = Ipv4Addr::LOCALHOST.into();
    let said = phone.sent_to(system);
    wait_until("ten packets are said", PATIENCE, || {
        phone.sent_to(system) > said + 10
    });
}

/// rules: CAL-4, OUT-7
///
/// Whoever calls Alice in vain gets to her voicemail, which hears whose call it is and why, from SIP and SCCP phones alike.
#[test]
fn a_voicemail_system_hears_whose_call_it_is_and_why() {
    if !has("sipp", "sip-tester") {
        return;
    }
    let dir = directory();
    let bench = Bench::open(dir.path());
    let (alice, sip) = (
        bench.office.desk("desk-1", 440),
        bench.office.desk("desk-2", 700),
    );
    let cisco = bench.cisco();
    let callers = [(&sip, "9002"), (&cisco, "9011")];
    for caller in callers {
        bench.lands(caller, "2001", "unavailable", 404);
    }
    alice.order(&Order::Dial(LOGIN.to_owned()));
    alice.sees("reads \"Logged in");
    for caller in callers {
        bench.lands(caller, "2001", "no-answer", 408);
    }
    let other = bench.office.desk("desk-3", 1000);
    alice.has_calls(&[]);
    alice.order(&Order::Dial("9003".to_owned()));
    other.has_calls(&[Ringing]);
    other.order(&Order::Answer);
    alice.has_calls(&[Talking]);
    for caller in callers {
        bench.lands(caller, "2001", "user-busy", 486);
    }
}

/// rules: CAL-4, SES-10
///
/// The key calls the voicemail as whoever is there, and says no where nobody is.
#[test]
fn the_voicemail_key_is_for_whoever_is_logged_in() {
    if !has("sipp", "sip-tester") {
        return;
    }
    let dir = directory();
    let bench = Bench::open(dir.path());
    let cisco = bench.cisco();
    cisco.order(&Order::PressKey);
    cisco.sees("hears Not allowed from this phone");
    cisco.has_calls(&[]);
    cisco.order(&Order::Dial(LOGIN.to_owned()));
    cisco.sees("reads \"Logged in");
    cisco.has_calls(&[]);
    bench.is_heard("2001", &cisco, &Order::PressKey);
    bench.is_heard("2001", &cisco, &Order::Dial(SYSTEM.1.to_owned()));
}

/// rules: CAL-4
///
/// What the voicemail system says reaches Alice at a SIP phone, follows her to an SCCP phone, and ends there.
#[test]
fn message_waiting_follows_whoever_has_the_mailbox() {
    const WAITING: &str = "has a message waiting";
    const GONE: &str = "has no message waiting any more";
    if !has("sipp", "sip-tester") {
        return;
    }
    let dir = directory();
    let bench = Bench::open(dir.path());
    let (desk, cisco) = (bench.office.desk("desk-1", 440), bench.cisco());
    desk.order(&Order::Dial(LOGIN.to_owned()));
    desk.sees("reads \"Logged in");
    bench.reports("voicemail_reports.xml", bench.port, ("yes", "1/0 (0/0)"));
    desk.sees(WAITING);
    cisco.order(&Order::Dial(LOGIN.to_owned()));
    cisco.sees(WAITING);
    desk.sees(GONE);
    let explained = bench.office.server.tell(&["explain", "u2001"]);
    let said = "u2001 has 1 new message in mailbox 2001.";
    assert!(explained.contains(said), "{explained}");
    // From another port it is anybody, until it proves who it is.
    bench.reports("voicemail_proves.xml", free_ports(1), ("no", "0/1 (0/0)"));
    cisco.sees(GONE);
}
