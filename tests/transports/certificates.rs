//! Where the certificate comes from, and what becomes of it.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::LOOPBACKS;
use super::built_server::{Perch, run, wait_until};
use super::wire_phone::{Over, Phone, tls};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn the_first_run_makes_a_certificate_that_stays() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut server = Perch::demo_at_both(dir.path(), &[]);
    let at = server.at(LOOPBACKS[0], Over::Tls.port());
    let shown = shown_at(at);
    let tls = Perch::data_in(dir.path()).join("tls");
    let key = fs::metadata(tls.join("key.pem")).expect("it was made");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    server.terminate();
    server.start_again();
    assert_eq!(shown_at(at), shown);
    let metrics = server.metrics();
    let days = metrics
        .lines()
        .find_map(|line| line.strip_prefix("perch_tls_certificate_days "));
    let days: i64 = days.and_then(|d| d.parse().ok()).expect("a number");
    assert!((700..=731).contains(&days), "{days}");
}

#[test]
fn a_changed_certificate_is_taken_over_and_a_bad_one_is_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let (certificate, key) = (dir.path().join("a.pem"), dir.path().join("a.key"));
    write_pair(&certificate, &key);
    let settings =
        format!("[ports]\nsccps = 2443\n[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n");
    let server = Perch::with_settings(dir.path(), &settings);
    let at = server.at(LOOPBACKS[0], Over::Tls.port());
    let skinny = server.at(LOOPBACKS[0], 2443);
    let first = shown_at(at);
    assert_eq!(shown_at(skinny), first);
    let mut phone = Phone::new("desk-1", Over::Tls, at);

    let other = dir.path().join("other.key");
    write_pair(&dir.path().join("other.pem"), &other);
    fs::copy(&other, &key).expect("it is there");
    wait_until("the bad pair is refused", SOON, || {
        server
            .metrics()
            .contains("perch_tls_certificates_read_total{outcome=\"refused\"} 1")
    });
    assert_eq!(shown_at(at), first);
    assert_eq!(shown_at(skinny), first);
    assert!(
        server
            .logged()
            .contains("is not that of the first certificate")
    );

    write_pair(&certificate, &key);
    wait_until("the new pair is taken", SOON, || shown_at(at) != first);
    assert_eq!(shown_at(skinny), shown_at(at));
    // Connections from before go on.
    assert!(phone.register().status().is_some());
}

#[test]
fn a_certificate_that_cannot_be_used_keeps_the_server_from_starting() {
    let dir = tempfile::tempdir().expect("a directory");
    let (certificate, key) = (dir.path().join("a.pem"), dir.path().join("a.key"));
    write_pair(&certificate, &key);
    let other = dir.path().join("other.key");
    write_pair(&dir.path().join("other.pem"), &other);
    let missing = dir.path().join("missing.pem");
    let cases = [
        (&certificate, &other, "is not that of the first certificate"),
        (&missing, &key, "missing.pem: No such file"),
        (&key, &key, "holds no certificate"),
        (&certificate, &certificate, "holds no private key"),
    ];
    for (certificate, key, complaint) in cases {
        let file = dir.path().join("perch.toml");
        let text = format!(
            "bind = [\"127.0.0.1\"]\n[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n"
        );
        fs::write(&file, text).expect("it can be written");
        let data = dir.path().join("data");
        let said = run([
            "serve".as_ref(),
            "--config".as_ref(),
            file.as_os_str(),
            "--data".as_ref(),
            data.as_os_str(),
            "--port-offset".as_ref(),
            super::built_server::free_offset().to_string().as_ref(),
        ]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains(complaint), "{complaint}: {said:?}");
    }
}

/// The certificate that is shown at an address.
fn shown_at(at: SocketAddr) -> Vec<u8> {
    let tcp = TcpStream::connect(at).expect("it listens");
    let mut stream = tls(tcp, at);
    while stream.conn.is_handshaking() {
        stream
            .conn
            .complete_io(&mut stream.sock)
            .expect("a handshake");
    }
    let shown = stream.conn.peer_certificates().expect("a certificate");
    shown[0].to_vec()
}

fn write_pair(certificate: &Path, key: &Path) {
    let pair = rcgen::generate_simple_self_signed(vec!["perch".into()]).expect("a pair");
    fs::write(key, pair.signing_key.serialize_pem()).expect("it can be written");
    fs::write(certificate, pair.cert.pem()).expect("it can be written");
}
