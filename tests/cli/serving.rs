//! The server: starting, being ready, stopping, refusing to start.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};

use perch::sccp::wire::{Framer, FromPhone, Register, ToPhone, Version};
use tempfile::TempDir;

use crate::host::{DEMO, Server, file, free_offset, perch, run, serve, text};

#[test]
fn the_demonstration_is_ready_at_once_and_stops_when_told() {
    let server = Server::demo();
    assert!(
        server.greeting.contains("desk-1-secret"),
        "{}",
        server.greeting
    );
    assert!(server.http("GET", "/healthz").starts_with("HTTP/1.1 200 "));
    assert!(server.http("GET", "/readyz").ends_with("\r\n\r\nready\n"));
    assert!(server.http("POST", "/readyz").starts_with("HTTP/1.1 405 "));
    assert!(
        server
            .http("GET", "/elsewhere")
            .starts_with("HTTP/1.1 404 ")
    );
    assert_eq!(server.perch(&["healthcheck"]).ok(), "ready\n");
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn metrics_tell_what_happened() {
    let server = Server::demo();
    server.perch(&["login", "desk-1", "u2001"]).ok();
    server.perch(&["logout", "--phone", "desk-1"]).ok();
    let metrics = server.http("GET", "/metrics");
    for line in [
        "perch_phones 20",
        "perch_sessions 0",
        "perch_logins_total{door=\"control\"} 1",
        "perch_logouts_total{cause=\"admin\"} 1",
        "perch_request_seconds_count{request=\"login\"} 1",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} is not in {metrics}"
        );
    }
    assert!(metrics.ends_with("# EOF\n"));
}

/// What an SCCP phone of this name and type is told after it said that it is there.
fn registers_over_sccp(server: &Server, name: &str, device_type: u32) -> Vec<ToPhone> {
    let mut stream = TcpStream::connect(server.at(2000)).expect("it listens");
    let register = FromPhone::from(Register {
        device_name: name.to_owned(),
        device_type,
        protocol_version: 11,
        ..Register::default()
    });
    for message in [FromPhone::KeepAlive, register] {
        let frame = message.to_frame(Version::V11);
        stream.write_all(&frame.bytes()).expect("it is connected");
    }
    let (mut framer, mut told) = (Framer::new(), Vec::new());
    let mut buffer = [0; 1024];
    while told.len() < 2 {
        let length = stream.read(&mut buffer).expect("no reset");
        assert!(length > 0, "it hung up after {told:?}");
        framer.push(&buffer[..length]);
        while let Some(frame) = framer.next().expect("SCCP") {
            told.push(ToPhone::decode(Version::V11, &frame).expect("a message"));
        }
    }
    told
}

#[test]
fn a_cisco_phone_is_taken_by_its_name() {
    let server = Server::demo();
    let told = registers_over_sccp(&server, "SEP001122334401", 7);
    assert_eq!(told[0], ToPhone::KeepAliveAck);
    let ToPhone::RegisterAck(ack) = &told[1] else {
        panic!("{told:?}");
    };
    assert_eq!(ack.protocol_version, 11);
    for stranger in ["SEP001122334499", "desk-1"] {
        let told = registers_over_sccp(&server, stranger, 7);
        assert!(matches!(told[1], ToPhone::RegisterReject(_)), "{told:?}");
    }
    let metrics = server.http("GET", "/metrics");
    let line = "perch_sccp_keep_alives_total 3";
    assert!(metrics.contains(line), "{line} is not in {metrics}");
}

#[test]
fn sip_is_answered_over_datagrams_and_streams() {
    let server = Server::demo();
    let options = |transport: &str, port: u16| {
        format!(
            "OPTIONS sip:127.0.0.1 SIP/2.0\r\n\
             Via: SIP/2.0/{transport} 127.0.0.1:{port};branch=z9hG4bK-{transport}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n\
             Call-ID: {transport}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let mut answer = [0; 12];
    let udp = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
    let port = udp.local_addr().expect("it is bound").port();
    udp.send_to(options("UDP", port).as_bytes(), server.at(5060))
        .expect("it is sent");
    let mut datagram = [0; 2000];
    let (_, from) = udp.recv_from(&mut datagram).expect("an answer");
    assert!(datagram.starts_with(b"SIP/2.0 200 "));
    assert_eq!(from.port(), server.at(5060).1);
    let mut tcp = TcpStream::connect(server.at(5060)).expect("it listens");
    let port = tcp.local_addr().expect("connected").port();
    tcp.write_all(options("TCP", port).as_bytes())
        .expect("connected");
    tcp.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"SIP/2.0 200 ");
}

#[test]
fn a_server_without_a_site_says_that_it_is_not_ready() {
    let dir = TempDir::new().expect("a temporary directory");
    let server = Server::start(&[], &dir.path().join("data"));
    let page = server.http("GET", "/readyz");
    assert!(page.starts_with("HTTP/1.1 503 "), "{page}");
    assert!(
        page.ends_with("no site was applied yet; run: perch apply FILE\n"),
        "{page}"
    );
    let refused = server.perch(&["healthcheck"]).refused();
    assert!(refused.contains("no site was applied yet"), "{refused}");
    let site = file(&dir, "site.toml", DEMO);
    server.perch(&["apply", text(&site)]);
    assert_eq!(server.perch(&["healthcheck"]).ok(), "ready\n");
}

#[test]
fn sessions_and_the_site_survive_a_restart() {
    let dir = TempDir::new().expect("a temporary directory");
    let data = dir.path().join("data");
    let server = Server::start(&["--demo"], &data);
    server.perch(&["login", "desk-1", "u2001"]).ok();
    assert!(server.stop().0.success());
    let server = Server::start(&["--demo"], &data);
    let who = server.perch(&["who", "--json"]).json();
    assert_eq!(who[0]["user"], "u2001");
    assert_eq!(who[0]["phone"], "desk-1");
    assert_eq!(server.perch(&["status", "--json"]).json()["revision"], 1);
}

#[test]
fn the_demonstration_refuses_the_data_of_another_site() {
    let dir = TempDir::new().expect("a temporary directory");
    let data = dir.path().join("data");
    let server = Server::start(&[], &data);
    let other = DEMO.replace("name = \"demo\"", "name = \"headquarters\"");
    server.perch(&["apply", text(&file(&dir, "site.toml", &other))]);
    assert!(server.stop().0.success());
    let refused = run(&mut serve(&["--demo"], &data, free_offset())).refused();
    assert!(
        refused.contains("holds the site \"headquarters\", not \"demo\""),
        "{refused}"
    );
    let server = Server::start(&[], &data);
    assert_eq!(
        server.perch(&["status", "--json"]).json()["site"],
        "headquarters"
    );
}

#[test]
fn what_stands_in_the_way_of_starting_is_named() {
    let server = Server::demo();
    let dir = TempDir::new().expect("a temporary directory");
    let data = dir.path().join("data");
    let refused = run(&mut serve(&["--demo"], &data, server.offset)).refused();
    assert!(
        refused.contains("Another program listens there"),
        "{refused}"
    );
    let running = Server::start(&[], &data);
    let refused = run(&mut serve(&[], &data, free_offset())).refused();
    assert!(
        refused.contains("in use by another Perch server"),
        "{refused}"
    );
    drop(running.stop());
    let settings = file(&dir, "perch.toml", "[ports]\nsipp = 5061\n");
    let refused = run(perch().args(["serve", "--config", text(&settings)])).refused();
    let expected = format!(
        "perch: {}:2: there is no setting `ports.sipp`. Did you mean `sip`?",
        text(&settings)
    );
    assert!(refused.starts_with(&expected), "{refused}");
}

#[test]
fn callers_from_elsewhere_need_the_token() {
    let Some(address) = address_of_this_host() else {
        return;
    };
    let dir = TempDir::new().expect("a temporary directory");
    let token = file(&dir, "token", "0123456789abcdef0123456789abcdef\n");
    let wrong = file(&dir, "wrong", "0123456789abcdef0123456789abcdee\n");
    let settings = format!(
        "[control]\nbind = [\"127.0.0.1\", \"{address}\"]\ntoken_file = \"{}\"\n",
        text(&token)
    );
    let settings = file(&dir, "perch.toml", &settings);
    let arguments = ["--demo", "--config", text(&settings)];
    let server = Server::start(&arguments, &dir.path().join("data"));
    let control = format!("{address}:5070");
    let ask = |extra: &[&str]| {
        let arguments = [&["status", "--control", &control], extra].concat();
        server.perch(&arguments)
    };
    let refused = ask(&[]).refused();
    assert!(refused.contains("need the token"), "{refused}");
    ask(&["--token-file", text(&wrong)]).refused();
    ask(&["--token-file", text(&token)]).ok();
    server.perch(&["status"]).ok();
}

/// An address that peers elsewhere would use, if this host has one.
fn address_of_this_host() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the kernel only chooses the way.
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback()).then_some(address)
}
