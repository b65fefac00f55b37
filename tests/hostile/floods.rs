//! Floods of datagrams: by method, of what is no request, and from a phone's own address.

use std::net::{Ipv4Addr, SocketAddr};

use crate::arena::{Arena, CALLEE, CALLER, GUARDED};
use crate::attacker::{Attacker, request};

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
