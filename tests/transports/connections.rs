//! Connections: how they begin, how they are kept, how they end.

use std::net::{Shutdown, TcpStream};

use tokio_tungstenite::tungstenite::Message;

use super::LOOPBACKS;
use super::built_server::Perch;
use super::wire_phone::{Link, Over, connect, web_socket};

fn options(token: &str) -> String {
    format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\n\
         Via: SIP/2.0/{token} x.invalid;branch=z9hG4bKoptions\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n\
         Call-ID: options\r\nCSeq: 1 OPTIONS\r\n\r\n"
    )
}

#[test]
fn keep_alives_are_answered() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    for over in [Over::Tcp, Over::Tls] {
        let (mut link, ..) = connect(over, server.at(LOOPBACKS[1], over.port()));
        link.send(b"\r\n\r\n");
        let mut pong = [0; 2];
        link.read(&mut pong).expect("a pong");
        assert_eq!(&pong, b"\r\n");
        link.send(options(over.token()).as_bytes());
        assert_eq!(link.take().status(), Some(200));
    }
    for over in [Over::Ws, Over::Wss] {
        let (link, ..) = connect(over, server.at(LOOPBACKS[1], over.port()));
        let Link::Socket(mut socket) = link else {
            panic!("a WebSocket")
        };
        socket.send("\r\n\r\n".into()).expect("connected");
        assert_eq!(socket.read().expect("a pong"), Message::text("\r\n"));
        let ping = Message::Ping(b"there?".as_slice().into());
        socket.send(ping).expect("connected");
        let pong = Message::Pong(b"there?".as_slice().into());
        assert_eq!(socket.read().expect("a pong"), pong);
        let request = options(over.token()).into_bytes();
        socket.send(Message::binary(request)).expect("connected");
        let answer = socket.read().expect("an answer");
        assert!(answer.is_text() && answer.into_data().starts_with(b"SIP/2.0 200 "));
        socket.close(None).expect("connected");
        assert!(socket.read().expect("a close frame").is_close());
    }
}

#[test]
fn a_web_socket_must_speak_sip() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    let at = server.at(LOOPBACKS[0], Over::Ws.port());
    let open = |protocols: &[&str]| {
        let tcp = TcpStream::connect(at).expect("it listens");
        web_socket(Box::new(tcp), Over::Ws, at, protocols).map(|_| ())
    };
    assert_eq!(open(&["chat", "sip"]), Ok(()));
    assert_eq!(open(&["chat"]), Err(400));
    assert_eq!(open(&[]), Err(400));
}

#[test]
fn a_message_that_is_too_long_for_a_web_socket_ends_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    let (link, ..) = connect(Over::Ws, server.at(LOOPBACKS[0], Over::Ws.port()));
    let Link::Socket(mut socket) = link else {
        panic!("a WebSocket")
    };
    let long = "x".repeat(200_000);
    // It may end while this is still being written.
    let _ = socket.send(long.into());
    let ended = match socket.read() {
        Ok(Message::Close(frame)) => frame,
        Ok(other) => panic!("{other}"),
        Err(_) => None,
    };
    if let Some(frame) = ended {
        assert_eq!(u16::from(frame.code), 1009);
    }
}

#[test]
fn who_has_said_all_still_hears_the_answer() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    let (mut link, _, end) = connect(Over::Tcp, server.at(LOOPBACKS[0], 5060));
    link.send(options("TCP").as_bytes());
    let end = end.expect("a stream");
    end.shutdown(Shutdown::Write).expect("it is open");
    assert_eq!(link.take().status(), Some(200));
}
