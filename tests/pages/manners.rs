//! How pages are served: versions of HTTP, character sets, languages, TLS, and what is not answered.

use std::io::{Read, Write};
use std::net::IpAddr;

use crate::office::{NEW, OLD, Office, PHONES};
use crate::phone_browser::read_answer;
use crate::wire_phone;

#[test]
fn old_phones_speak_http_1_0_without_a_host() {
    let office = Office::open();
    let mut phone = office.browser(0, OLD);
    phone.version = "1.0";
    let form = phone.open();
    let url = &form.object.child("URL").text;
    let address = format!("http://{}/", office.pages());
    assert!(url.starts_with(&address), "{url}: it is told where we are");
    let done = phone.submit(&form, &[("User ID", "bob"), ("PIN", "2222")]);
    assert!(
        done.shown().contains("Login successful."),
        "{}",
        done.shown()
    );
}

#[test]
fn pages_come_in_the_language_and_set_that_a_phone_wants() {
    let office = Office::with("[pages]\nlanguage = \"de\"\n", "");
    let mut phone = office.browser(0, OLD);
    assert!(phone.open().shown().contains("Benutzer=A"));
    phone.headers = vec![
        "Accept-Language: en_US".to_owned(),
        "Accept-Charset: utf-8,;q=0.8".to_owned(),
    ];
    assert!(phone.open().shown().contains("User ID=A"));
    phone.headers = vec![
        "Accept-Language: de".to_owned(),
        "Accept-Charset: iso-8859-1,utf-8;q=0.8".to_owned(),
    ];
    let form = phone.open();
    let menu = phone.submit(&form, &[("Benutzer", "alice"), ("PIN", "1111")]);
    assert!(
        menu.shown().starts_with("[Profil wählen]"),
        "{}",
        menu.shown()
    );
    assert!(menu.answer.body.contains(&0xE4), "it is ISO-8859-1");
}

#[test]
fn a_phone_that_shows_no_forms_is_told_the_code() {
    let office = Office::open();
    let page = office.browser(0, "CP-860").open();
    assert!(
        page.shown().contains("Dial *11 to log in"),
        "{}",
        page.shown()
    );
}

#[test]
fn pages_are_served_under_tls_too() {
    let office = Office::open();
    let mut phone = office.browser(0, NEW);
    phone.server = office.pages_tls();
    let path = format!("/emapp/EMAppServlet?device={}", PHONES[0]);
    let request = phone.request("GET", &path, "");
    let mut stream = wire_phone::tls(phone.connect(), phone.server);
    stream
        .write_all(request.as_bytes())
        .expect("it is connected");
    let mut text = String::new();
    // Some ends of TLS are rude.
    let _ = stream.read_to_string(&mut text);
    assert!(
        text.contains("<URL method=\"post\">https://127.0.0.1:"),
        "{text}"
    );
}

#[test]
fn what_is_no_page_is_refused_briefly() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    let path = format!("/emapp/EMAppServlet?device={}", PHONES[0]);
    let cases = [
        ("GET", "/", 404),
        ("GET", "/emapp/emappservlet", 404),
        ("GET", "/../../etc/passwd", 404),
        ("HEAD", path.as_str(), 405),
        ("PUT", path.as_str(), 405),
        ("DELETE", path.as_str(), 405),
        ("OPTIONS", path.as_str(), 405),
        ("TRACE", path.as_str(), 405),
    ];
    for (method, path, status) in cases {
        let request = phone.request(method, path, "");
        let mut stream = phone.connect();
        stream
            .write_all(request.as_bytes())
            .expect("it is connected");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        assert!(
            text.starts_with(&format!("HTTP/1.1 {status} ")),
            "{method} {path}: {text}"
        );
        assert!(text.len() < 300, "{text}");
    }
    let form = "x".repeat(65 * 1024);
    let request = phone.request("POST", &path, &form);
    let head = request.split("\r\n\r\n").next().expect("a head");
    let answer = read_answer(&mut phone.connect(), format!("{head}\r\n\r\n").as_bytes());
    assert_eq!(answer.status, 413);
}

#[test]
fn no_request_stops_the_server() {
    let office = Office::open();
    let phone = office.browser(0, OLD);
    let long = "a".repeat(20_000);
    let requests = [
        "\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nX: {long}\r\n\r\n"),
        "GET /emapp/EMAppServlet?device=%ff%00%zz&userid=%&seq=%2 HTTP/1.0\r\n\r\n".to_owned(),
        "POST /emapp/EMAppServlet HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "POST /emapp/EMAppServlet HTTP/1.1\r\nContent-Length: 5\r\n\r\nab".to_owned(),
        "POST /emapp/EMAppServlet HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\u{0}".to_owned(),
    ];
    for request in requests {
        let mut stream = phone.connect();
        // It may be closed before all of it was said.
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        let heard = String::from_utf8_lossy(&heard);
        assert!(!heard.contains("HTTP/1.1 500"), "{request}: {heard}");
    }
    assert!(phone.open().shown().contains("User ID"));
    assert!(!office.server.log().contains("panicked"));
}

#[test]
fn one_source_cannot_take_every_place() {
    let office = Office::with("[pages]\nconnections = 4\nconnections_per_source = 2\n", "");
    let mut hoarder = office.browser(0, OLD);
    hoarder.host = IpAddr::from([127, 0, 0, 9]);
    let _held = [hoarder.connect(), hoarder.connect()];
    let mut third = hoarder.connect();
    assert_eq!(third.read(&mut [0; 1]).expect("it is closed"), 0);
    let phone = office.browser(0, OLD);
    assert!(phone.open().shown().contains("User ID"));
}
