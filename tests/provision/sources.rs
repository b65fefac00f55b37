//! Who gets what: a phone's files are secrets, and go to where the phone may be.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use perch::provision::tftp::Packet;

use crate::built_server::{Perch, wait_until};
use crate::client::Client;
use crate::fetch::{
    FILES, FILES_TLS, NEWER, TFTP, at, between, get, get_from, get_secure_from, http, missing,
    tftp, tftp_from,
};
use crate::installed::{directory, has};
use crate::phone::Phone;

/// Where the phones are, and where somebody else is.
const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 7, 1);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 8, 1);

/// A file with a password, and one that anybody may have.
const SECRET: &str = "001122334423.cfg";
const PUBLIC: &str = "dialplan.xml";

/// A server whose phones are at home.
fn with_a_home(dir: &std::path::Path) -> Perch {
    let settings = "[provision]\nnetworks = [\"127.0.7.0/24\"]\n";
    let server = Perch::with_settings(dir, settings);
    server.tell(&["apply", "fixtures/sites/demo.toml"]);
    server
}

#[test]
fn passwords_go_to_where_the_phones_are_by_every_way() {
    let dir = directory();
    let server = with_a_home(dir.path());
    let path = format!("/{SECRET}");
    let file = tftp_from(&server, HOME, SECRET, NEWER).expect("it is at home");
    assert!(file.contains("account.1.password = "), "{file}");
    let found = (200, file);
    assert_eq!(get_from(&server, HOME, &path), found);
    assert_eq!(get_secure_from(&server, HOME, &path), found);

    // Somebody else is told what everybody is told of a phone that there is not.
    let nothing = get_from(&server, ELSEWHERE, "/00112233ffff.cfg");
    assert_eq!(nothing.0, 404);
    assert_eq!(get_from(&server, ELSEWHERE, &path), nothing);
    assert_eq!(get_secure_from(&server, ELSEWHERE, &path), nothing);
    assert_eq!(tftp_from(&server, ELSEWHERE, SECRET, &[]), missing());
    // That is about who asks, not about asking.
    assert!(tftp_from(&server, ELSEWHERE, PUBLIC, &[]).is_ok());
    assert_eq!(get_secure_from(&server, ELSEWHERE, "/dialplan.xml").0, 200);
}

#[test]
fn whoever_claims_to_be_a_phone_elsewhere_hears_nothing_of_its_transfer() {
    let dir = directory();
    let server = with_a_home(dir.path());
    let socket = |at| {
        let socket = UdpSocket::bind((at, 0)).expect("a socket");
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("it can be set");
        socket
    };
    let (phone, thief) = (socket(HOME), socket(ELSEWHERE));
    let mut client = Client::new(SECRET, &[]);
    phone
        .send_to(&client.asks(), at(&server, TFTP))
        .expect("it goes out");
    let mut buffer = [0; 2048];
    let (mut length, port) = phone.recv_from(&mut buffer).expect("a piece");
    // The thief answers in the phone's place, before the phone does.
    for packet in [Packet::Ack { block: 1 }.bytes(), client.asks()] {
        thief.send_to(&packet, port).expect("it goes out");
    }
    while let Some(answer) = client.hears(&buffer[..length]) {
        phone.send_to(&answer, port).expect("it goes out");
        if client.end.is_some() {
            break;
        }
        length = phone.recv(&mut buffer).expect("the next piece");
    }
    assert_eq!(client.end, Some(Ok(())), "the phone was not disturbed");
    let file = String::from_utf8(client.file).expect("a text");
    assert_eq!(Ok(file), tftp_from(&server, HOME, SECRET, &[]));
    thief.set_nonblocking(true).expect("it can be set");
    assert!(thief.recv(&mut buffer).is_err(), "nothing came there");
}

#[test]
fn curl_and_tftp_hpa_get_no_password_elsewhere() {
    if !has("curl", "curl") {
        return;
    }
    let dir = directory();
    let server = with_a_home(dir.path());
    let curl = |from: Ipv4Addr, scheme: &str, port: u16, name: &str| {
        let url = format!("{scheme}://{}/{name}", at(&server, port));
        let fetched = Command::new("curl")
            .args(["-sSfk", "-m", "20", "--path-as-is", "--interface"])
            .args([&from.to_string(), &url])
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&fetched.stdout).into_owned();
        fetched.status.success().then_some(text)
    };
    let doors = [("tftp", TFTP), ("http", FILES), ("https", FILES_TLS)];
    for (scheme, port) in doors {
        let at_home = curl(HOME, scheme, port, SECRET);
        let at_home = at_home.unwrap_or_else(|| panic!("{scheme}: it is there"));
        assert!(at_home.contains("account.1.password"), "{scheme}");
        assert_eq!(curl(ELSEWHERE, scheme, port, SECRET), None, "{scheme}");
        for name in ["../data/provision.key", "%2e%2e/data/provision.key"] {
            assert_eq!(curl(HOME, scheme, port, name), None, "{scheme} {name}");
        }
    }
    if !has("tftp", "tftp-hpa") {
        return;
    }
    // It asks from 127.0.0.1, where no phone is.
    let port = at(&server, TFTP).port().to_string();
    let fetch = |name: &str| {
        let into = dir.path().join(name.replace('/', "-"));
        let ran = Command::new("tftp")
            .args(["-4", "-m", "binary", "127.0.0.1", &port, "-c", "get", name])
            .arg(&into)
            .output();
        ran.expect("it runs");
        std::fs::read_to_string(into).unwrap_or_default()
    };
    assert!(fetch(PUBLIC).contains("112"));
    for name in [SECRET, "../data/provision.key", "/etc/passwd"] {
        assert_eq!(fetch(name), "", "{name}");
    }
}

#[test]
fn strangers_get_no_file_of_a_phone_but_with_an_address_that_works_once() {
    let dir = directory();
    let settings = "[provision]\nnetworks = [\"192.0.2.0/24\"]\n[log]\nlevel = \"debug\"\n";
    let server = Perch::with_settings(dir.path(), settings);
    server.tell(&["apply", "fixtures/sites/demo.toml"]);
    let nothing = get(&server, "/00112233ffff.cfg");
    assert_eq!(get(&server, "/001122334423.cfg"), nothing);
    assert_eq!(tftp(&server, "001122334423.cfg", &[]), missing());
    assert_eq!(get(&server, "/dialplan.xml").0, 200);

    let invite = |phone: &str| {
        let url = server.tell(&["provision-url", phone, "--server", "127.0.0.1"]);
        let host = format!("http://{}", at(&server, FILES));
        url.strip_prefix(&host)
            .expect("it is this server")
            .to_owned()
    };
    let path = invite("desk-27");
    assert!(path.ends_with("/linphone.xml"), "{path}");
    // Looking is not fetching.
    let head = http(&server, &format!("HEAD {path} HTTP/1.0\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.0 200"), "{head}");
    let (status, file) = get(&server, &path);
    assert_eq!(status, 200);
    let password = between(&file, "\"passwd\" overwrite=\"true\">", "<");
    assert_eq!(get(&server, &path), nothing);

    let path = invite("desk-23");
    assert_eq!(get(&server, &path.replace("4423", "4424")), nothing);
    let name = path.trim_start_matches('/');
    let yealink = tftp(&server, name, NEWER).expect("the token is good");
    wait_until("the token is used up", Duration::from_secs(5), || {
        tftp(&server, name, NEWER) == missing()
    });
    // From where a phone is registered it may have its file without one, and nobody else's.
    let mut phone = Phone::new("desk-23".into(), server.sip());
    phone.password = between(&yealink, "account.1.password = ", "\n").into();
    assert_eq!(phone.register(), Ok(200));
    assert_eq!(get(&server, "/001122334423.cfg"), (200, yealink));
    assert_eq!(get(&server, "/cfg001122334426.xml"), nothing);

    let said = server.ask(&["provision-url", "desk-1"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("no provision"), "{}", said.err);
    let log = server.log();
    let token = path.split('/').nth(2).expect("a token");
    assert!(!log.contains(password) && !log.contains(token));
}
