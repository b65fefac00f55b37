//! Floods of datagrams: by method, of what is no request, and from a phone's own address.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rsip::Method;

use crate::arena::{Arena, CALLEE, CALLER, GUARDED};
use crate::attacker::{Attacker, request};
use crate::built_server::wait_until;
use crate::neighbours::number;
use crate::wire_phone::{Over, Phone, SDP, Side};

/// Where a phone is in a call.
const NEAR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

/// How long it may take until a flood shows.
const SOON: Duration = Duration::from_secs(10);

const TURNED_AWAY: &str = "perch_guard_turned_away_total";

/// What the message of a number is, from an address.
type Flood = fn(u64, SocketAddr) -> Vec<u8>;

/// Floods from addresses of their own, one after the other.
fn flooded(floods: &[(&str, Flood)]) {
    let mut arena = Arena::new(GUARDED);
    for (number, (what, make)) in (66..).zip(floods) {
        let host = Ipv4Addr::new(127, 0, 0, number);
        let attacker = Attacker::at(host, arena.server.sip());
        crate::built_server::say(&format!("a flood of {what}"));
        arena.under(TURNED_AWAY, |is_over| attacker.flood(is_over, make));
        arena.is_named_once(host);
    }
}

#[test]
fn floods_of_requests_harm_nobody() {
    flooded(&[
        ("REGISTER", |n, local| {
            request("REGISTER", "caller", n, local, "")
        }),
        ("INVITE", |n, local| request("INVITE", "9001", n, local, "")),
        ("OPTIONS", |n, local| {
            request("OPTIONS", "9001", n, local, "")
        }),
        ("MESSAGE", |n, local| {
            request("MESSAGE", "9001", n, local, "")
        }),
        ("SUBSCRIBE", |n, local| {
            request("SUBSCRIBE", "9001", n, local, "")
        }),
        ("unknown methods", |n, local| {
            request("DESTROY", "9001", n, local, "")
        }),
    ]);
}

#[test]
fn floods_of_what_belongs_to_nothing_harm_nobody() {
    flooded(&[
        ("BYE", |n, local| request("BYE", "9001", n, local, "")),
        ("CANCEL", |n, local| request("CANCEL", "9001", n, local, "")),
        ("responses", |n, local| {
            let request = String::from_utf8(request("INVITE", "9001", n, local, ""));
            let response = request
                .expect("text")
                .split_once("\r\n")
                .map(|(_, rest)| format!("SIP/2.0 200 OK\r\n{rest}").into_bytes());
            response.expect("a request has a first line")
        }),
        ("garbage", |n, _| {
            let mut garbage = vec![0; 400];
            for (at, byte) in garbage.iter_mut().enumerate() {
                *byte = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (at % 57)) as u8;
            }
            garbage
        }),
    ]);
}

/// The attacker says that he is where the phones are.
#[test]
fn a_flood_with_the_phones_own_addresses_silences_no_phone() {
    // Small, so that the flood is soon over them even where phones have proven themselves.
    let small = format!(
        "{GUARDED}messages_per_s = 200\nmessages_burst = 400\nunproven_per_s = 20\nunproven_burst = 40\n"
    );
    for host in [CALLER, CALLEE] {
        let mut arena = Arena::new(&small);
        let attacker = Attacker::at(host, arena.server.sip());
        arena.under(TURNED_AWAY, |is_over| {
            attacker.flood(is_over, |n, local| match n % 4 {
                0 => b"nonsense".to_vec(),
                1 => request("BYE", "9001", n, local, ""),
                2 => request("REGISTER", "caller", n, local, ""),
                _ => request("INVITE", "9001", n, local, ""),
            });
        });
        arena.is_named_once(host);
    }
}

/// Somebody says that he is where a phone is that is in a call, and ends, acknowledges and answers all that he can think
/// of. The phone holds its call, resumes it, is held by the other, and hangs up. None of that carries credentials.
#[test]
fn a_flood_in_the_name_of_a_phone_that_is_in_a_call_does_not_keep_it_from_anything() {
    let small = format!(
        "{GUARDED}messages_per_s = 2000\nmessages_burst = 2000\nunproven_per_s = 20\nunproven_burst = 20\nproven_factor = 1\n"
    );
    let mut arena = Arena::new(&small);
    let mut near = Phone::at(NEAR.into(), "other", arena.server.sip());
    assert_eq!(near.register().status(), Some(200));
    let mut far = Phone::new("far-tcp", Over::Tcp, arena.at(Over::Tcp));
    assert_eq!(far.register().status(), Some(200));
    let mut calling = near.invite(&number(Over::Tcp));
    let invite = far.expect(Method::Invite);
    let mut called = far.answer(&invite);
    near.answered(&mut calling);
    near.forget_challenge();

    let attacker = Attacker::at(NEAR, arena.server.sip());
    arena.while_attacked(
        |is_over| attacker.flood(is_over, forged),
        |arena| {
            for reason in ["messages", "unproven"] {
                let metric = format!("perch_guard_turned_away_total{{reason=\"{reason}\"}}");
                let before = arena.metric(&metric);
                wait_until(&metric, SOON, || arena.metric(&metric) > before + 1000);
            }
            for _ in 0..3 {
                change(&mut near, &mut calling, &mut far);
                change(&mut far, &mut called, &mut near);
            }
            near.send_request(Method::Bye, &mut calling, &[], b"");
            assert_eq!(near.final_answer().status(), Some(200));
            let bye = far.expect(Method::Bye);
            far.respond(&bye, 200, b"");
        },
    );
}

/// What seems to belong to a call: with a tag, as ours are, that is none of ours.
fn forged(n: u64, local: SocketAddr) -> Vec<u8> {
    let methods = ["BYE", "ACK", "CANCEL", "INFO", "UPDATE"];
    let method = methods[n as usize % methods.len()];
    let text = String::from_utf8(request(method, "9001", n, local, "")).expect("text");
    let tag = format!("To: <sip:9001@perch>;tag={n:032x}");
    let text = text.replace("To: <sip:9001@perch>;tag=1", "To: <sip:9001@perch>");
    let text = text.replace("To: <sip:9001@perch>", &tag);
    match (n / 5) % 3 {
        0 => {
            let (_, rest) = text.split_once("\r\n").expect("a first line");
            format!("SIP/2.0 481 Gone\r\n{rest}").into_bytes()
        }
        _ => text.into_bytes(),
    }
}

/// One changes the media of a call, as for a hold.
fn change(by: &mut Phone, side: &mut Side, other: &mut Phone) {
    by.send_request(Method::Invite, side, &[], SDP);
    let reinvite = other.expect(Method::Invite);
    other.respond(&reinvite, 200, SDP);
    other.expect(Method::Ack);
    by.answered(side);
}

/// Requests of well-known scanners are not answered, whatever they ask.
#[test]
fn scanners_hear_nothing() {
    let mut arena = Arena::new(GUARDED);
    let host = Ipv4Addr::new(127, 0, 0, 66);
    let attacker = Attacker::at(host, arena.server.sip());
    let scanner = "User-Agent: friendly-scanner\r\n";
    for method in ["OPTIONS", "REGISTER", "INVITE"] {
        let asked = request(method, "100", 1, attacker.local, scanner);
        assert_eq!(attacker.ask(&asked), None, "{method}");
    }
    let honest = request("OPTIONS", "100", 2, attacker.local, "User-Agent: phone\r\n");
    assert!(attacker.ask(&honest).is_some());
    assert!(arena.metric("perch_guard_turned_away_total{reason=\"scanner\"}") >= 3);
    arena.is_named_once(host);
    arena.live();
}
