//! Flows: what becomes of a phone when its connection goes, and how phones find out where they are.

use std::io::{ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use perch::sip::wire::Name;
use rsip::Method;

use super::LOOPBACKS;
use super::built_server::{Perch, wait_until};
use super::wire_phone::{Link, Over, Phone, connect};

const SOON: Duration = Duration::from_secs(30);

const STREAMS: [Over; 4] = [Over::Tcp, Over::Tls, Over::Ws, Over::Wss];

#[test]
fn a_phone_is_gone_when_its_connection_is() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    for address in LOOPBACKS {
        for over in STREAMS {
            let mut phone = Phone::new("desk-1", over, server.at(address, over.port()));
            assert_eq!(phone.register().status(), Some(200), "{over:?}");
            assert_eq!(server.registered(), 1, "{over:?}");
            let end = phone.end.take().expect("a stream");
            end.shutdown(Shutdown::Both).expect("it is open");
            wait_until("the phone is gone", SOON, || server.registered() == 0);
        }
    }
    // Those who call it hear so at once, and not after a time-out.
    let mut caller = Phone::new("desk-2", Over::Wss, server.at(LOOPBACKS[0], 5443));
    caller.register();
    caller.invite("9001");
    assert_eq!(caller.final_answer().status(), Some(480));
}

/// A phone that promised to keep its flow alive and does not is not there any more; one that promised nothing may be
/// silent, and so is one there that does as it said.
#[test]
fn a_flow_that_is_not_kept_alive_is_closed() {
    let dir = tempfile::tempdir().expect("a directory");
    let settings = dir.path().join("perch.toml");
    std::fs::write(&settings, "[registration]\nflow_timer_s = 1\n").expect("the directory is ours");
    let settings = settings.display().to_string();
    let server = Perch::demo_at_both(dir.path(), &["--config", &settings]);
    for over in STREAMS {
        let at = server.at(LOOPBACKS[0], over.port());
        let [mut silent, mut alive, mut plain] =
            ["desk-1", "desk-2", "desk-3"].map(|name| Phone::new(name, over, at));
        assert_eq!(plain.register().status(), Some(200));
        for phone in [&mut silent, &mut alive] {
            phone.contact_params = format!(";reg-id=1;+sip.instance=\"<urn:uuid:{}>\"", phone.name);
            phone.register_headers = vec![("Supported", "outbound")];
            let answer = phone.register();
            assert_eq!(
                answer.header_named("Flow-Timer"),
                Some(&b"1"[..]),
                "{over:?}"
            );
        }
        let [silent, alive_end, plain_end] = [&silent, &alive, &plain].map(|phone| {
            let end = phone.end.as_ref().expect("a stream");
            end.try_clone().expect("a socket can be had twice")
        });
        wait_until("the silent one is closed", SOON, || {
            alive.link.send(b"\r\n\r\n");
            is_at_end(&silent)
        });
        wait_until("it is gone", SOON, || server.registered() == 2);
        for end in [alive_end, plain_end] {
            assert!(!is_at_end(&end), "{over:?}");
            end.shutdown(Shutdown::Both).expect("it is open");
        }
        wait_until("all are gone", SOON, || server.registered() == 0);
    }
}

/// Whether the server has ended it; what came before is passed over.
fn is_at_end(mut end: &TcpStream) -> bool {
    end.set_nonblocking(true).expect("a socket");
    let read = loop {
        match end.read(&mut [0; 4096]) {
            Ok(length) if length > 0 => {}
            other => break other,
        }
    };
    end.set_nonblocking(false).expect("a socket");
    !read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn the_next_flow_rings_when_one_fails() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    let flow = |number: u32, over: Over| {
        let mut phone = Phone::new("desk-2", over, server.at(LOOPBACKS[0], over.port()));
        phone.contact_params = format!(";reg-id={number};+sip.instance=\"<urn:uuid:2>\"");
        phone.register_headers = vec![("Supported", "outbound")];
        let answer = phone.register_as(&format!("flow-{number}"));
        assert_eq!(answer.text(Name::Require).as_deref(), Some("outbound"));
        phone
    };
    let mut first = flow(1, Over::Tls);
    assert_eq!(server.registered(), 1);
    let mut second = flow(2, Over::Tcp);
    assert_eq!(server.registered(), 1);
    let mut caller = Phone::new("desk-1", Over::Tcp, server.at(LOOPBACKS[0], 5060));
    caller.register();

    // The one heard of last is rung alone; when it has failed, the other is.
    let mut calling = caller.invite("9002");
    let invite = second.expect(Method::Invite);
    second.respond(&invite, 430, b"");
    second.expect(Method::Ack);
    let invite = first.expect(Method::Invite);
    let mut called = first.answer(&invite);
    caller.answered(&mut calling);
    hang_up(&mut first, &mut called, &mut caller);

    // The same, when it goes away without a word.
    let mut calling = caller.invite("9002");
    second.expect(Method::Invite);
    let end = second.end.take().expect("a stream");
    end.shutdown(Shutdown::Both).expect("it is open");
    let invite = first.expect(Method::Invite);
    let mut called = first.answer(&invite);
    caller.answered(&mut calling);
    hang_up(&mut first, &mut called, &mut caller);
    assert_eq!(server.registered(), 2);
}

#[test]
fn a_call_goes_on_when_a_phone_comes_back_by_another_connection() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    let mut caller = Phone::new("desk-1", Over::Ws, server.at(LOOPBACKS[0], 5080));
    let mut callee = Phone::new("desk-2", Over::Wss, server.at(LOOPBACKS[0], 5443));
    caller.register();
    callee.register();
    let mut calling = caller.invite("9002");
    let invite = callee.expect(Method::Invite);
    callee.answer(&invite);
    caller.answered(&mut calling);
    let end = callee.end.take().expect("a stream");
    end.shutdown(Shutdown::Both).expect("it is open");
    wait_until("the phone is gone", SOON, || server.registered() == 1);
    let mut again = Phone::new("desk-2", Over::Wss, server.at(LOOPBACKS[0], 5443));
    again.contact.clone_from(&callee.contact);
    assert_eq!(again.register_as("again").status(), Some(200));
    hang_up(&mut caller, &mut calling, &mut again);
}

fn hang_up(by: &mut Phone, side: &mut super::wire_phone::Side, other: &mut Phone) {
    by.send_request(Method::Bye, side, &[], b"");
    assert_eq!(by.final_answer().status(), Some(200));
    let bye = other.expect(Method::Bye);
    other.respond(&bye, 200, b"");
}

#[test]
fn phones_are_told_where_they_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    for address in LOOPBACKS {
        let (link, local, _) = connect(Over::Udp, server.at(address, 5060));
        let Link::Udp(socket) = link else {
            panic!("datagrams")
        };
        let question = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
        socket.send(question).expect("it is sent");
        let mut answer = [0; 100];
        let length = socket.recv(&mut answer).expect("an answer");
        assert_eq!(answer[..2], [1, 1]);
        assert_eq!(answer[4..20], question[4..]);
        let port = u16::from_be_bytes([answer[26] ^ 0x21, answer[27] ^ 0x12]);
        assert_eq!(port, local.port());
        assert_eq!(length, if address.is_ipv4() { 32 } else { 44 });
    }
}

#[test]
fn sips_is_for_secure_flows_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    for (over, status) in [
        (Over::Tcp, 416),
        (Over::Ws, 416),
        (Over::Tls, 200),
        (Over::Wss, 200),
    ] {
        let at = server.at(LOOPBACKS[0], over.port());
        let mut phone = Phone::new("desk-1", over, at);
        phone.contact = phone.contact.replace("sip:", "sips:");
        phone.scheme = "sips";
        assert_eq!(phone.register().status(), Some(status), "{over:?}");
    }
}
