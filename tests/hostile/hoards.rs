//! Connections that somebody hoards, half open or whole, or opens again and again; over each transport.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;

use crate::arena::Arena;
use crate::attacker::PAUSE;
use crate::built_server::wait_until;
use crate::intruder::{Intruder, SOON, framed, is_ended};
use crate::neighbours::STREAMS;
use crate::wire_phone::Over;

/// How many connections a hoarder wants.
const HOARD: u8 = 60;

fn host(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, number)
}

#[test]
fn hoarders_of_connections_get_so_many_and_no_more() {
    let settings = "[guard]\ntrusted = []\n[limits]\nconnections_per_source = 40\n";
    let mut arena = Arena::new(settings);
    for (number, over) in (66..).zip(STREAMS) {
        let refused = "perch_guard_turned_away_total{reason=\"connections\"}";
        let before = arena.metric(refused);
        let hoard = (0..HOARD).map(|_| Intruder::at(host(number), over, arena.at(over)));
        let hoard: Vec<Intruder> = hoard.collect();
        wait_until("some are refused", SOON, || {
            arena.metric(refused) >= before + 20
        });
        arena.are_joined_over(over);
        arena.live();
        assert_eq!(
            hoard.iter().filter(|i| is_open(&i.end)).count(),
            40,
            "{over:?}"
        );
    }
    are_named_once(&arena, 1);
}

/// Silent ones, ones in a handshake, and ones that are through with it and have proven nothing: of too many the oldest
/// end, first the hoarder's own, then those of all hoarders. Connections of phones stay.
#[test]
fn half_open_connections_give_way() {
    let settings = "[guard]\ntrusted = []\n[limits]\nhalf_open = 50\nhalf_open_per_source = 20\n";
    let mut arena = Arena::new(settings);
    for (place, over) in (0..).zip(STREAMS) {
        let given_way = "perch_guard_turned_away_total{reason=\"half-open\"}";
        let before = arena.metric(given_way);
        arena.are_joined_over(over);
        arena.live();
        let (first, second, third) = (66 + 10 * place, 67 + 10 * place, 68 + 10 * place);
        let mut own = hoard((first, over, arena.at(over)), HOARD);
        let newer = own.split_off(40);
        for mut one in own {
            assert!(is_ended(&mut one.end), "{over:?}: the oldest of the source");
        }
        let kept = hoard((second, over, arena.at(over)), 20);
        let newest = hoard((third, over, arena.at(over)), 15);
        wait_until("others gave way", SOON, || {
            arena.metric(given_way) >= before + 45
        });
        assert_eq!(
            arena.metric("perch_sip_connections_half_open"),
            50,
            "{over:?}"
        );
        for one in newer[5..].iter().chain(&kept).chain(&newest) {
            assert!(is_open(&one.end), "{over:?}: those that are not as old");
        }
        // The connections of before, and new ones.
        arena.live();
        arena.are_joined_over(over);
        arena.live();
        drop((newer, kept, newest));
        wait_until("they are gone", SOON, || {
            arena.metric("perch_sip_connections_half_open") == 0
        });
    }
    are_named_once(&arena, 10);
}

/// The first host that attacked each transport.
fn are_named_once(arena: &Arena, apart: u8) {
    for place in 0..4 {
        arena.is_named_once(host(66 + apart * place));
    }
}

/// Connections of one host that have got differently far, none of them to a proof.
fn hoard((number, over, server): (u8, Over, SocketAddr), count: u8) -> Vec<Intruder> {
    let one = |n| {
        let mut intruder = Intruder::at(host(number), over, server);
        let got_there = match (n % 3, over) {
            (0, _) => Ok(()),
            (1, Over::Tls | Over::Wss) => intruder.write_below(b"\x16\x03\x01\x3f\x00\x01"),
            (1, _) => intruder.write(b"GET "),
            _ => intruder.get_ready().and_then(|()| {
                let ping = framed(over, b"\r\n\r\n".to_vec());
                intruder.write(&ping)
            }),
        };
        got_there.expect("it reads");
        intruder
    };
    (0..count).map(one).collect()
}

/// Whether it is still there, whatever has come.
fn is_open(end: &TcpStream) -> bool {
    end.set_nonblocking(true).expect("a socket");
    let read = loop {
        match (&*end).read(&mut [0; 4096]) {
            Ok(length) if length > 0 => {}
            other => break other,
        }
    };
    end.set_nonblocking(false).expect("a socket");
    read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Handshakes are dear: whoever begins one after the other gets so many and no more.
#[test]
fn connections_that_come_and_go_harm_nobody() {
    let settings = "[guard]\ntrusted = []\nunproven_per_s = 20\nunproven_burst = 100\n";
    let mut arena = Arena::new(settings);
    for (number, over) in (66..).zip(STREAMS) {
        arena.are_joined_over(over);
        let server = arena.at(over);
        let refused = "perch_guard_turned_away_total{reason=\"connections\"}";
        arena.under(refused, |is_over| {
            while !is_over.load(Ordering::Relaxed) {
                for _ in 0..10 {
                    // Some are refused: that is what is wanted.
                    let _ = Intruder::connect(host(number), over, server)
                        .and_then(|mut intruder| intruder.get_ready());
                }
                thread::sleep(PAUSE);
            }
        });
    }
    are_named_once(&arena, 1);
}
