//! Stream connections that are slow, silent, many, or never read.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::arena::{Arena, GUARDED};
use crate::attacker::request;
use crate::built_server::wait_until;

/// Patience is short, so that a test is, too.
const SHORT: &str =
    "[guard]\ntrusted = []\n[limits]\ngreeting_s = 1\nmessage_s = 1\nconnections_per_source = 40\n";

/// How long something that is to happen within a second or two may take.
const SOON: Duration = Duration::from_secs(15);

fn connect(host: Ipv4Addr, server: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let local = SocketAddr::from((host, 0));
    socket.bind(&local.into()).expect("a free port");
    socket.connect(&server.into()).expect("it listens");
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(SOON))
        .expect("a socket has time-outs");
    stream
}

/// Whether the server ends the connection, whatever it says before.
fn is_ended(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn whoever_dawdles_is_cut_off() {
    let mut arena = Arena::new(SHORT);
    let host = Ipv4Addr::new(127, 0, 0, 66);
    let server = arena.server.sip();
    let silent = connect(host, server);
    let mut unfinished_head = connect(host, server);
    let sent = unfinished_head.write_all(b"OPTIONS sip:perch SIP/2.0\r\nVia: ");
    sent.expect("it reads");
    let mut unfinished_body = connect(host, server);
    let whole = request(
        "OPTIONS",
        "perch",
        1,
        unfinished_body.local_addr().expect("bound"),
        "TCP",
    );
    let head = String::from_utf8(whole).expect("text");
    let head = head.replace("Content-Length: 0", "Content-Length: 60000");
    let sent = unfinished_body.write_all(head.as_bytes());
    sent.expect("it reads");
    let mut drips = connect(host, server);
    let drip = drips.try_clone().expect("a socket");
    thread::scope(|scope| {
        scope.spawn(move || {
            // Byte by byte, for longer than a message may take.
            for byte in b"OPTIONS sip:perch SIP/2.0\r\nX-Filler: a"
                .iter()
                .chain([b'a'; 200].iter())
            {
                if (&drip).write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(50));
            }
        });
        arena.live();
        for mut stream in [silent, unfinished_head, unfinished_body] {
            assert!(is_ended(&mut stream));
        }
        assert!(is_ended(&mut drips));
    });
}

#[test]
fn what_is_too_long_is_refused_and_the_connection_closed() {
    let mut arena = Arena::new(SHORT);
    let host = Ipv4Addr::new(127, 0, 0, 66);
    let memory = arena.memory();
    // A head without an end, and a body that is announced to be larger than anything.
    for (first, filler) in [
        ("OPTIONS sip:perch SIP/2.0\r\nX-Filler: ", "a"),
        (
            "OPTIONS sip:perch SIP/2.0\r\nContent-Length: 999999999\r\n\r\n",
            "a",
        ),
    ] {
        let mut stream = connect(host, arena.server.sip());
        let mut sent = stream.write_all(first.as_bytes());
        for _ in 0..4096 {
            if sent.is_err() {
                break;
            }
            sent = stream.write_all(filler.repeat(4096).as_bytes());
        }
        assert!(sent.is_err() || is_ended(&mut stream));
    }
    assert!(arena.memory() < memory + 16 * 1024 * 1024);
    arena.live();
}

#[test]
fn hoarders_of_connections_get_so_many_and_no_more() {
    let mut arena = Arena::new(SHORT);
    let host = Ipv4Addr::new(127, 0, 0, 66);
    let mut hoard: Vec<TcpStream> = (0..60).map(|_| connect(host, arena.server.sip())).collect();
    wait_until("some are refused", SOON, || {
        arena.metric("perch_guard_turned_away_total{reason=\"connections\"}") >= 20
    });
    // Others get theirs.
    let mut honest = connect(Ipv4Addr::new(127, 0, 0, 67), arena.server.sip());
    honest.write_all(b"\r\n\r\n").expect("it reads");
    let mut pong = [0; 2];
    honest.read_exact(&mut pong).expect("an answer");
    arena.is_named_once(host);
    arena.live();
    assert!(hoard.iter_mut().all(is_ended));
}

/// Whoever asks nicely now and then keeps no connection for that; a phone does.
#[test]
fn a_connection_is_not_kept_for_somebody_who_proves_nothing() {
    let mut arena = Arena::new(&format!("{SHORT}stranger_s = 2\n"));
    let host = Ipv4Addr::new(127, 0, 0, 66);
    let mut stranger = connect(host, arena.server.sip());
    let mut phone = connect(crate::arena::CALLER, arena.server.sip());
    let pings = stranger.try_clone().expect("a socket");
    thread::scope(|scope| {
        scope.spawn(move || {
            while (&pings).write_all(b"\r\n\r\n").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        });
        phone.write_all(b"\r\n\r\n").expect("it reads");
        arena.live();
        assert!(is_ended(&mut stranger));
    });
    phone.write_all(b"\r\n\r\n").expect("it is still there");
    let mut pongs = [0; 4];
    phone.read_exact(&mut pongs).expect("an answer");
}

#[test]
fn answers_that_nobody_reads_are_not_kept() {
    let mut arena = Arena::new(GUARDED);
    let host = Ipv4Addr::new(127, 0, 0, 66);
    let server = arena.server.sip();
    arena.under("perch_guard_turned_away_total", |is_over| {
        let mut streams: Vec<TcpStream> = (0..8).map(|_| connect(host, server)).collect();
        for stream in &streams {
            stream.set_nonblocking(true).expect("a socket");
        }
        let mut n = 0;
        while !is_over.load(Ordering::Relaxed) && !streams.is_empty() {
            streams.retain_mut(|stream| push(stream, &mut n));
            thread::sleep(Duration::from_millis(5));
        }
        wait_for_the_end(is_over);
    });
    arena.is_named_once(host);
}

/// Writes as much as fits. Whether the connection is still there.
fn push(stream: &mut TcpStream, n: &mut u64) -> bool {
    let Ok(local) = stream.local_addr() else {
        return false;
    };
    for _ in 0..100 {
        *n += 1;
        let request = request("OPTIONS", "perch", *n, local, "TCP");
        // Part of one is as good: it is to fill what nobody reads.
        let written = stream.write(&request);
        if let Err(error) = written {
            return error.kind() == ErrorKind::WouldBlock;
        }
    }
    true
}

fn wait_for_the_end(is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(5));
    }
}
