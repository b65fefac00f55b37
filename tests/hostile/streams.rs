//! Stream connections whose other end is slow, silent, talks without end, or never reads; over each transport, with
//! honest phones on the same one.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use crate::arena::{Arena, CALLER, GUARDED};
use crate::attacker::request_over;
use crate::built_server::say;
use crate::intruder::{Intruder, frame, framed, is_ended, pour};
use crate::neighbours::STREAMS;
use crate::wire_phone::Over;

/// Patience is short, so that a test is, too.
const SHORT: &str = "[guard]\ntrusted = []\n[limits]\ngreeting_s = 1\nmessage_s = 1\n";

const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);

const SECURE: &[Over] = &[Over::Tls, Over::Wss];
const WEB: &[Over] = &[Over::Ws, Over::Wss];
const PLAIN: &[Over] = &[Over::Tcp, Over::Tls];

/// A TLS record that is announced to hold a ClientHello.
const HELLO: &[u8] = b"\x16\x03\x01\x3f\x00\x01\x00\x3e\xfc\x03\x03";
const UPGRADE: &[u8] = b"GET /sip HTTP/1.1\r\nHost: perch\r\nX-Filler: ";
const HEAD: &[u8] = b"OPTIONS sip:perch SIP/2.0\r\nX-Filler: ";
const BODY: &[u8] = b"OPTIONS sip:perch SIP/2.0\r\nContent-Length: 60000\r\n\r\n";
/// The header of a frame with 60000 bytes of text, which never come.
const FRAME: &[u8] = b"\x81\xfe\xea\x60\0\0\0\0OPTIONS";

/// What an intruder does.
type Deed = fn(&mut Intruder) -> io::Result<()>;

/// Where somebody stops for ever: on which transports, and how he gets there.
const STOPS: &[(&str, &[Over], Deed)] = &[
    ("before the first byte", &STREAMS, |_| Ok(())),
    ("in the first record of TLS", SECURE, |i| {
        i.write_below(HELLO)
    }),
    ("after the handshakes", &STREAMS, Intruder::get_ready),
    ("in the upgrade to a WebSocket", WEB, |i| i.write(UPGRADE)),
    ("in the header of a frame", WEB, |i| say_first(i, b"\x81")),
    ("in a frame", WEB, |i| say_first(i, FRAME)),
    ("between the frames of a message", WEB, |i| {
        say_first(i, &frame(0x01, HEAD))
    }),
    ("in a head", PLAIN, |i| say_first(i, HEAD)),
    ("in a body", PLAIN, |i| say_first(i, BODY)),
];

/// What somebody never comes to the end of: how he begins, and how he goes on.
type Endless = (&'static str, &'static [Over], Deed, Deed);

const DRIPS: &[Endless] = &[
    (
        "a ClientHello",
        SECURE,
        |i| i.write_below(HELLO),
        |i| i.write_below(b"\0"),
    ),
    (
        "the upgrade to a WebSocket",
        WEB,
        |i| i.write(UPGRADE),
        |i| i.write(b"a"),
    ),
    ("a frame", WEB, |i| say_first(i, FRAME), |i| i.write(b"a")),
    // Frames of control are whole, and yet the message is not.
    (
        "frames, and pings among them",
        WEB,
        |i| say_first(i, &frame(0x01, HEAD)),
        |i| i.write(&[frame(0x00, b"a"), frame(0x89, b"there?")].concat()),
    ),
    // Nor is a message that begins together with one that is whole.
    (
        "a frame behind another",
        WEB,
        |i| say_first(i, &[&frame(0x81, b"\r\n\r\n"), FRAME].concat()),
        |_| Ok(()),
    ),
    ("a head", PLAIN, |i| say_first(i, HEAD), |i| i.write(b"a")),
    ("a body", PLAIN, |i| say_first(i, BODY), |i| i.write(b"a")),
];

/// How long the pauses are between drips, and how many there are: more than a connection is looked at for.
const DRIP: Duration = Duration::from_millis(50);
const DRIPS_EACH: usize = 400;

fn say_first(intruder: &mut Intruder, bytes: &[u8]) -> io::Result<()> {
    intruder.get_ready()?;
    intruder.write(bytes)
}

#[test]
fn whoever_dawdles_is_cut_off() {
    let mut arena = Arena::new(SHORT);
    let mut all: Vec<(String, TcpStream)> = Vec::new();
    for (place, transports, stop) in STOPS {
        for over in *transports {
            let mut intruder = Intruder::at(HOST, *over, arena.at(*over));
            stop(&mut intruder).expect("it reads");
            all.push((format!("{over:?}, {place}"), intruder.end));
        }
    }
    for (what, transports, begin, go_on) in DRIPS {
        for over in *transports {
            let mut intruder = Intruder::at(HOST, *over, arena.at(*over));
            begin(&mut intruder).expect("it reads");
            let end = intruder.end.try_clone().expect("a socket");
            all.push((format!("{over:?}, {what} bit by bit"), end));
            thread::spawn(move || {
                let _ = (0..DRIPS_EACH).try_for_each(|_| {
                    thread::sleep(DRIP);
                    go_on(&mut intruder)
                });
            });
        }
    }
    for over in STREAMS {
        arena.are_joined_over(over);
        arena.live();
    }
    for (what, mut end) in all {
        assert!(is_ended(&mut end), "{what}");
    }
}

const ENDLESS: &[Endless] = &[
    (
        "a head",
        PLAIN,
        |i| say_first(i, HEAD),
        |i| i.write(&filler()),
    ),
    (
        "a body of a billion bytes",
        PLAIN,
        |i| {
            say_first(
                i,
                b"OPTIONS sip:perch SIP/2.0\r\nContent-Length: 999999999\r\n\r\n",
            )
        },
        |i| i.write(&filler()),
    ),
    (
        "a frame of a billion bytes",
        WEB,
        |i| say_first(i, b"\x81\xff\0\0\0\0\x3b\x9a\xc9\xff\0\0\0\0"),
        |i| i.write(&filler()),
    ),
    (
        "frames without a last one",
        WEB,
        |i| say_first(i, &frame(0x01, HEAD)),
        |i| i.write(&frame(0x00, &filler())),
    ),
    (
        "an upgrade to a WebSocket",
        WEB,
        |i| i.write(UPGRADE),
        |i| i.write(&filler()),
    ),
    // This begins like a handshake, and goes on as none.
    (
        "records of TLS that are none",
        SECURE,
        |i| i.write_below(b"\x16\x03\x01\xff\xff"),
        |i| i.write_below(&filler()),
    ),
    (
        "SIP without the TLS that it needs",
        SECURE,
        |i| i.write_below(HEAD),
        |i| i.write_below(&filler()),
    ),
];

fn filler() -> Vec<u8> {
    vec![b'a'; 4096]
}

/// Patience is long here: nobody is ended by the clock.
#[test]
fn what_is_too_long_is_refused_and_the_connection_closed() {
    let mut arena = Arena::new("");
    let memory = arena.memory();
    for (what, transports, begin, go_on) in ENDLESS {
        for over in *transports {
            let mut intruder = Intruder::at(HOST, *over, arena.at(*over));
            begin(&mut intruder).expect("it reads");
            let sent = (0..4096).try_for_each(|_| go_on(&mut intruder));
            assert!(
                sent.is_err() || is_ended(&mut intruder.end),
                "{over:?}, {what}"
            );
        }
    }
    let grown = arena.memory().saturating_sub(memory);
    assert!(
        grown < 16 * 1024 * 1024,
        "the server has grown by {grown} bytes"
    );
    arena.live();
}

/// What is poured out: the message of a number, over a transport.
type Flood = fn(Over, u64, SocketAddr) -> Vec<u8>;

/// Each from an address of its own, and nobody reads what is answered.
const FLOODS: &[(&str, Flood)] = &[
    ("requests of every method", |over, n, local| {
        const METHODS: [&str; 8] = [
            "REGISTER",
            "INVITE",
            "OPTIONS",
            "BYE",
            "CANCEL",
            "MESSAGE",
            "SUBSCRIBE",
            "DESTROY",
        ];
        let method = METHODS[n as usize % METHODS.len()];
        framed(over, request_over(over, method, "9001", n, local, ""))
    }),
    ("pings", |over, _, _| match over {
        Over::Ws | Over::Wss => frame(0x89, &[b'p'; 125]),
        _ => b"\r\n\r\n".to_vec(),
    }),
    // One that is in no pieces costs a connection.
    (
        "messages in many pieces, or garbage",
        |over, n, local| match over {
            Over::Ws | Over::Wss => in_pieces(&request_over(over, "OPTIONS", "9001", n, local, "")),
            _ => format!("nonsense {n}\r\n\r\n").into_bytes(),
        },
    ),
];

/// Frames of 16 bytes, with empty ones between them.
fn in_pieces(message: &[u8]) -> Vec<u8> {
    let pieces = message.chunks(16).enumerate();
    let frames = pieces.flat_map(|(at, piece)| {
        let first = if at == 0 { 0x01 } else { 0x00 };
        [frame(first, piece), frame(0x00, b"")].concat()
    });
    frames.chain(frame(0x80, b"")).collect()
}

#[test]
fn floods_by_streams_harm_nobody() {
    let mut arena = Arena::new(GUARDED);
    for (place, over) in (0..).zip(STREAMS) {
        say(&format!("floods over {over:?}"));
        arena.are_joined_over(over);
        let (server, memory) = (arena.at(over), arena.memory());
        let hosts = (66 + 10 * place..).map(|number| Ipv4Addr::new(127, 0, 0, number));
        let floods: Vec<_> = hosts.zip(FLOODS).collect();
        let attack = |is_over: &AtomicBool| {
            thread::scope(|scope| {
                for (host, (_, flood)) in &floods {
                    scope.spawn(|| flood_from((*host, over, server), is_over, *flood));
                }
            });
        };
        arena.while_attacked(attack, |arena| {
            (0..3).for_each(|_| arena.live());
            for (host, (what, _)) in &floods {
                say(&format!("{host} is to be named for a flood of {what}"));
                arena.is_named_once(*host);
            }
        });
        arena.has_hardly_grown_since(memory);
    }
}

/// By two connections at a time.
fn flood_from(at: (Ipv4Addr, Over, SocketAddr), is_over: &AtomicBool, flood: Flood) {
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| pour(at, is_over, |n, local| flood(at.1, n, local)));
        }
    });
}

/// Whoever asks nicely now and then keeps no connection for that; a phone does.
#[test]
fn a_connection_is_not_kept_for_somebody_who_proves_nothing() {
    let mut arena = Arena::new(&format!("{SHORT}stranger_s = 2\n"));
    let ping = |over| framed(over, b"\r\n\r\n".to_vec());
    let mut strangers: Vec<(Over, TcpStream)> = Vec::new();
    for over in STREAMS {
        let mut stranger = Intruder::at(HOST, over, arena.at(over));
        stranger.get_ready().expect("it listens");
        strangers.push((over, stranger.end.try_clone().expect("a socket")));
        thread::spawn(move || {
            while stranger.write(&ping(over)).is_ok() {
                thread::sleep(2 * DRIP);
            }
        });
    }
    let mut phone = Intruder::at(CALLER, Over::Tcp, arena.at(Over::Tcp));
    phone.write(b"\r\n\r\n").expect("it reads");
    arena.live();
    for (over, mut end) in strangers {
        assert!(is_ended(&mut end), "{over:?}");
    }
    phone.write(b"\r\n\r\n").expect("it is still there");
    let mut pongs = [0; 4];
    phone.end.read_exact(&mut pongs).expect("an answer");
}
