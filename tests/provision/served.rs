//! The built server: what phones fetch from it by TFTP, HTTP and HTTPS.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use perch::provision::tftp::ErrorCode;

use crate::built_server::{Perch, wait_until};
use crate::client::Client;
use crate::fetch::{
    FILES, FILES_TLS, NEWER, TFTP, at, between, get, get_secure, http, missing, tftp,
};
use crate::installed::{directory, has};
use crate::phone::Phone;

#[test]
fn phones_boot_by_either_way_and_are_what_they_are_now() {
    let dir = directory();
    let mut server = Perch::demo(dir.path());
    // In the order of a Cisco phone.
    for name in [
        "CTLSEP001122334421.tlv",
        "ITLSEP001122334421.tlv",
        "ITLFile.tlv",
    ] {
        assert_eq!(tftp(&server, name, NEWER), missing());
        assert_eq!(get(&server, &format!("/{name}")).0, 404);
    }
    let own = "SEP001122334421.cnf.xml";
    let nobody = tftp(&server, own, &[]).expect("it is there");
    assert_eq!(tftp(&server, own, NEWER), Ok(nobody.clone()));
    assert_eq!(get(&server, &format!("/{own}")), (200, nobody.clone()));
    // Under TLS nothing needs a signature, but phones name what they believe as if it had one.
    assert_eq!(
        get_secure(&server, &format!("/{own}.sgn")),
        (200, nobody.clone())
    );
    assert_eq!(get(&server, &format!("/{own}.sgn")).0, 404);
    assert!(
        nobody.contains("<featureLabel>9021</featureLabel>"),
        "{nobody}"
    );
    let node = "<processNodeName>127.0.0.1</processNodeName>";
    assert!(nobody.contains(node), "{nobody}");
    let services = "/emapp/EMAppServlet?device=SEP001122334421</servicesURL>";
    assert!(nobody.contains(services), "{nobody}");
    assert!(tftp(&server, "dialplan.xml", NEWER).is_ok_and(|file| file.contains("112")));

    server.tell(&["login", "SEP001122334421", "u2001"]);
    let alice = get(&server, &format!("/{own}")).1;
    assert!(
        alice.contains("<featureLabel>2001</featureLabel>"),
        "{alice}"
    );
    assert_ne!(
        between(&nobody, "<versionStamp>", "<"),
        between(&alice, "<versionStamp>", "<")
    );

    // The password in the file is the phone's, also after a restart.
    let register = |server: &Perch, name: &str, password: &str| {
        let mut phone = Phone::new(name.into(), server.sip());
        phone.password = password.to_owned();
        phone.register()
    };
    let yealink = get(&server, "/001122334423.cfg").1;
    let password = between(&yealink, "account.1.password = ", "\n").to_owned();
    assert_eq!(register(&server, "desk-24", &password), Ok(401));
    assert_eq!(register(&server, "desk-23", &password), Ok(200));
    server.terminate();
    server.start_again();
    assert_eq!(get(&server, "/001122334423.cfg").1, yealink);
    assert_eq!(register(&server, "desk-23", &password), Ok(200));
    assert!(!server.log().contains(&password));
    let metrics = server.metrics();
    let files = "perch_provision_files_total{door=\"http\",outcome=\"made\"} ";
    assert!(metrics.contains(files), "{metrics}");
}

#[test]
fn http_is_spoken_as_old_phones_do() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let file = get(&server, "/001122334423.cfg").1;
    let old = http(&server, "GET /001122334423.cfg HTTP/1.0\r\n\r\n");
    assert!(
        old.starts_with("HTTP/1.0 200 ") && old.ends_with(&file),
        "{old}"
    );
    let head = http(&server, "HEAD /001122334423.cfg HTTP/1.0\r\n\r\n");
    let length = format!("content-length: {}\r\n", file.len());
    assert!(
        head.contains(&length) && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert!(head.contains("cache-control: no-store"), "{head}");
    // A guess at a name costs a connection, and those are counted.
    let two = "GET /dialplan.xml?x HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2);
    let two = http(&server, &two);
    assert_eq!(two.matches("HTTP/1.1 200 ").count(), 1, "{two}");
    assert!(two.contains("connection: close"), "{two}");
    let put = http(
        &server,
        "PUT /001122334423.cfg HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
    );
    assert!(
        put.starts_with("HTTP/1.1 405 ") && put.contains("allow: GET, HEAD"),
        "{put}"
    );
}

#[test]
fn names_lead_nowhere_else() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let nothing = get(&server, "/00112233ffff.cfg");
    assert_eq!(nothing.0, 404);
    for name in [
        "../data/provision.key",
        "..%2fdata%2fprovision.key",
        "/etc/passwd",
        "./001122334423.cfg",
        "t/x/001122334423.cfg",
        "t/../001122334423.cfg",
        "cfg001122334423.xml",
        "001122334423.cfg/",
    ] {
        assert_eq!(tftp(&server, name, &[]), missing(), "{name}");
        assert_eq!(get(&server, &format!("/{name}")), nothing, "{name}");
        let secure = get_secure(&server, &format!("/{name}.sgn"));
        assert_eq!(secure, nothing, "{name}");
    }
    let refused = tftp(&server, &"a".repeat(600), &[]).expect_err("it is too long");
    assert_eq!(refused.0, ErrorCode::Illegal);
}

#[test]
fn a_request_that_comes_often_is_one_transfer() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let asked = Client::new("SEP001122334421.cnf.xml", NEWER).asks();
    for _ in 0..50 {
        socket
            .send_to(&asked, at(&server, TFTP))
            .expect("it goes out");
    }
    let running = || {
        let metrics = server.metrics();
        between(&metrics, "\nperch_tftp_transfers ", "\n").to_owned()
    };
    wait_until("it is being served", Duration::from_secs(5), || {
        running() == "1"
    });
    // Whoever's address was forged hears little, and it ends by itself.
    wait_until("nobody answers", Duration::from_secs(20), || {
        running() == "0"
    });
    socket.set_nonblocking(true).expect("it can be set");
    let mut buffer = [0; 2048];
    let lengths: Vec<usize> = std::iter::from_fn(|| socket.recv(&mut buffer).ok()).collect();
    assert!(
        lengths.len() <= 3 && lengths.iter().sum::<usize>() < 200,
        "{lengths:?}"
    );
    let ended = "perch_tftp_transfers_ended_total{how=\"vanished\"} 1";
    assert!(server.metrics().contains(ended));
}

#[test]
fn a_flood_is_not_answered_and_harms_no_call() {
    let dir = directory();
    let settings = "[guard]\ntrusted = []\nunproven_per_s = 1\nunproven_burst = 50\n";
    let server = Perch::with_settings(dir.path(), settings);
    server.tell(&["apply", "fixtures/sites/demo.toml"]);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let asked = Client::new("CTLSEP001122334421.tlv", &[]).asks();
    for _ in 0..500 {
        socket
            .send_to(&asked, at(&server, TFTP))
            .expect("it goes out");
    }
    let turned_away = "perch_guard_turned_away_total{reason=\"unproven\"}";
    wait_until("it is turned away", Duration::from_secs(10), || {
        server.metrics().contains(turned_away)
    });
    assert!(
        server.json(&["status"])["ready"]
            .as_bool()
            .unwrap_or_default()
    );
}

#[test]
fn many_phones_boot_at_once() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    let names = [
        "SEP001122334421.cnf.xml",
        "001122334423.cfg",
        "cfg001122334426.xml",
    ];
    std::thread::scope(|scope| {
        for worker in 0..20_usize {
            let server = &server;
            scope.spawn(move || {
                for round in 0..15 {
                    let name = names[(worker + round) % names.len()];
                    assert_eq!(tftp(server, "ITLFile.tlv", &[]), missing());
                    let file = tftp(server, name, NEWER).expect("it is there");
                    assert_eq!(get(server, &format!("/{name}")), (200, file));
                }
            });
        }
    });
    let metrics = server.metrics();
    for (door, outcome, count) in [
        ("tftp", "made", 300),
        ("tftp", "none", 300),
        ("http", "made", 300),
    ] {
        let labels = format!("door=\"{door}\",outcome=\"{outcome}\"");
        let line = format!("perch_provision_files_total{{{labels}}} {count}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
}

/// A file that everybody there is given, as it is.
fn handed_out(server: &Perch) -> String {
    get(server, &format!("/{HANDED_OUT}")).1
}

const HANDED_OUT: &str = "SEP001122334421.cnf.xml";

#[test]
fn curl_fetches_files() {
    if !has("curl", "curl") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let file = handed_out(&server);
    for (scheme, port) in [("http", FILES), ("https", FILES_TLS), ("tftp", TFTP)] {
        let url = format!("{scheme}://{}/{HANDED_OUT}", at(&server, port));
        for more in [&[][..], &["--tftp-blksize", "1024"], &["--tftp-no-options"]] {
            let fetched = Command::new("curl")
                .args(["-sSk", "-m", "20"])
                .args(more)
                .arg(&url)
                .output();
            let fetched = fetched.expect("it runs");
            assert!(fetched.status.success(), "{url}: {fetched:?}");
            assert_eq!(String::from_utf8_lossy(&fetched.stdout), file, "{url}");
        }
    }
}

#[test]
fn tftp_hpa_fetches_files() {
    if !has("tftp", "tftp-hpa") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    let into = dir.path().join("fetched");
    let port = at(&server, TFTP).port().to_string();
    let fetched = Command::new("tftp")
        .args(["-4", "-m", "binary", "127.0.0.1", &port, "-c", "get"])
        .arg(HANDED_OUT)
        .arg(&into)
        .status();
    assert!(fetched.is_ok_and(|status| status.success()));
    let fetched = std::fs::read_to_string(into).expect("it is there");
    assert_eq!(fetched, handed_out(&server));
}
