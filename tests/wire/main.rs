//! SIP on the wire, through its public face: fixtures of real phones' manners, RFC 4475's judgement, random bytes.

mod cases;
#[path = "../support/digest.rs"]
mod digest;
mod peer;
mod torture;
mod variants;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use expect_test::{expect, expect_file};
use perch::sip::wire::{
    Builder, Contact, Frame, Framer, Message, Name, Parsed, parse, respond, status_reason,
};
use proptest::prelude::*;

fn accept(raw: impl Into<Bytes>) -> Message {
    match parse(raw.into()) {
        Parsed::Accept(message) => message,
        other => panic!("not accepted: {other:?}"),
    }
}

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sip");
    let entries = |dir: &Path| -> Vec<PathBuf> {
        let dir = std::fs::read_dir(dir).expect("the fixtures are there");
        dir.map(|entry| entry.expect("readable").path()).collect()
    };
    // The messages of the RFCs are judged in `torture`.
    let is_model = |path: &PathBuf| path.is_dir() && !path.to_string_lossy().contains("/rfc");
    let models = entries(&root).into_iter().filter(is_model);
    let mut files: Vec<PathBuf> = models.flat_map(|model| entries(&model)).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "sip"));
    files.sort();
    files
}

/// What the views read, line by line.
fn describe(message: &Message) -> String {
    let mut out = String::new();
    describe_into(&mut out, message).expect("a String takes everything");
    out
}

fn describe_into(out: &mut String, message: &Message) -> std::fmt::Result {
    match message.status() {
        Some(status) => writeln!(out, "response {status} {:?}", message.reason())?,
        None => writeln!(out, "request {:?} {}", message.method(), message.uri_text())?,
    }
    if let Ok(uri) = message.uri() {
        let user = uri.user_decoded();
        writeln!(
            out,
            "uri: {:?} user {user:?} host {} port {:?}",
            uri.scheme, uri.host, uri.port
        )?;
    }
    let via = message.top_via().expect("accepted");
    let sent_by = (via.transport, via.host, via.port);
    writeln!(
        out,
        "via: {sent_by:?} branch {:?} rport {:?}",
        via.unique_branch(),
        via.rport
    )?;
    for (which, address) in [("from", message.from()), ("to", message.to())] {
        let address = address.expect("accepted");
        let (display, uri) = (address.display().unwrap_or_default(), address.uri.text);
        writeln!(out, "{which}: {display:?} {uri} tag {:?}", address.tag())?;
    }
    writeln!(out, "call-id: {}", message.call_id())?;
    writeln!(out, "cseq: {:?}", message.cseq())?;
    writeln!(out, "max-forwards: {:?}", message.max_forwards())?;
    writeln!(out, "expires: {:?}", message.expires())?;
    for contact in message.contacts() {
        let contact = contact.expect("accepted");
        let Contact::Address(address) = contact else {
            writeln!(out, "contact: *")?;
            continue;
        };
        let instance = address.param("+sip.instance");
        let (q, expires) = (contact.q(), contact.expires());
        writeln!(
            out,
            "contact: {} q {q:?} expires {expires:?} {instance:?}",
            address.uri.text
        )?;
    }
    for credentials in message.credentials() {
        writeln!(out, "{:?}", credentials.expect("readable"))?;
    }
    let supported: Vec<_> = message
        .values(Name::Supported)
        .map(String::from_utf8_lossy)
        .collect();
    writeln!(out, "supported: {supported:?}")?;
    writeln!(
        out,
        "allows MESSAGE: {}",
        message.allows(rsip::Method::Message)
    )?;
    writeln!(out, "user agent: {:?}", message.text(Name::UserAgent))?;
    writeln!(out, "body: {} bytes", message.body().len())
}

#[test]
fn every_fixture_reads_as_expected() {
    let files = fixtures();
    assert!(files.len() >= 15, "the fixtures are gone");
    for file in files {
        let raw = std::fs::read(&file).expect("readable");
        let message = accept(raw.clone());
        assert_eq!(message.raw().as_ref(), raw, "{}", file.display());
        let expected = file.with_extension("expected");
        expect_file![expected].assert_eq(&describe(&message));
    }
}

#[test]
fn fixtures_have_an_origin() {
    for file in fixtures() {
        let origin = file.with_file_name("ORIGIN");
        assert!(origin.exists(), "{} is missing", origin.display());
    }
}

#[test]
fn understanding_a_common_request_allocates_nothing() {
    for file in fixtures() {
        let raw = Bytes::from(std::fs::read(&file).expect("readable"));
        let name = file.display();
        // The first clone of a Bytes makes its reference count.
        let (_shared, mut found) = (raw.clone(), 0);
        let info = allocation_counter::measure(|| {
            let Parsed::Accept(message) = parse(raw.clone()) else {
                return;
            };
            found += usize::from(message.top_via().is_ok() && message.from().is_ok());
            found += usize::from(message.to().is_ok_and(|to| to.uri.host.len() > 1));
            found += message.contacts().filter_map(|c| c.ok()?.expires()).count();
            found += message.credentials().filter(Result::is_ok).count();
            found += message.call_id().len() + message.cseq().1.len();
            found +=
                message.requires().count() + usize::from(message.allows(rsip::Method::Message));
        });
        assert!(found > 0, "{name}");
        assert_eq!(info.count_total, 0, "{name}");
    }
}

const OPTIONS: &str = "OPTIONS sip:user@example.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKtorture\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:caller@example.org>;tag=3\r\n\
    To: <sip:user@example.com>\r\n\
    Call-ID: torture.1@192.0.2.7\r\n\
    CSeq: 8 OPTIONS\r\n\
    Contact: <sip:caller@192.0.2.7>\r\n\
    Content-Length: 0\r\n\r\n";

fn verdict(raw: impl AsRef<[u8]>) -> String {
    match parse(Bytes::copy_from_slice(raw.as_ref())) {
        Parsed::Accept(message) => format!("accept {}", message.method_text()),
        Parsed::Reject(no) => format!("reject {} {}", no.status, no.reason),
        Parsed::Drop(why) => format!("drop: {why}"),
    }
}

/// Judges [`OPTIONS`] with one line of it replaced.
fn judge(line: &str, with: &str) -> String {
    assert!(OPTIONS.contains(line), "{line}");
    verdict(OPTIONS.replace(line, with))
}

// RFC 4475, its section beside each case; the messages are ours.
#[test]
fn what_is_odd_but_right_is_accepted() {
    let good = "accept OPTIONS";
    for (section, line, with) in [
        (
            "3.1.1.1",
            "CSeq: 8 OPTIONS",
            "cseq \t:\r\n 0008\r\n  OPTIONS",
        ),
        (
            "3.1.1.1",
            "Via: SIP/2.0/UDP 192.0.2.7:5060;",
            "v:  SIP  / 2.0\r\n  / UDP 192.0.2.7 : 5060 ; ",
        ),
        (
            "3.1.1.1",
            "Contact:",
            "Subject:\r\nX-Unknown: \"\r\nContact:",
        ),
        ("3.1.1.1", "Max-Forwards: 70", "MAX-forwards: 0068"),
        ("3.1.1.2", "From: <", "From: \"\\\u{0}\\\u{7}\\\u{7f}\" <"),
        (
            "3.1.1.3",
            "sip:user@example.com SIP",
            "sip:sips%3Auser%40example.com@example.net SIP",
        ),
        ("3.1.1.6", "From: <", "From: caller<"),
        (
            "3.1.1.9",
            "sip:user@example.com SIP",
            "sip:user;par=u%40example.net@example.com SIP",
        ),
        (
            "3.1.1.10",
            "Via:",
            "Via: SIP/2.0/UNKNOWN t1.example.com;branch=z9hG4bKx, SIP/2.0/SCTP t2\r\nVia:",
        ),
        (
            "3.1.2.12",
            "Max-Forwards:",
            "Date: Fri, 01 Jan 2010 16:00:00 EST\r\nMax-Forwards:",
        ),
        ("3.2.1", "z9hG4bKtorture", "z9hG4bK"),
        (
            "3.3.2",
            "sip:user@example.com SIP",
            "nobodyKnowsThisScheme:totallyopaquecontent SIP",
        ),
        (
            "3.3.3",
            "sip:user@example.com SIP",
            "soap.beep://192.0.2.103:3002 SIP",
        ),
        ("3.3.4", "<sip:user@example.com>", "<isbn:2983792873>"),
        ("3.3.11", "Max-Forwards: 70", "Max-Forwards: 0"),
        ("3.3.16", ";branch=z9hG4bKtorture", ""),
        ("3.3.16", "Content-Length: 0\r\n", ""),
    ] {
        assert_eq!(judge(line, with), good, "RFC 4475 §{section}: {with}");
    }
}

/// Section of RFC 4475 where there is one, what is replaced, by what.
const WRONG: [(&str, &str, &str); 29] = [
    ("3.1.2.1", "z9hG4bKtorture", "1;;,;,,"),
    (
        "3.1.2.1",
        "Contact: <sip:caller@192.0.2.7>",
        "Contact: \"Joe\" <sip:joe@example.org>;;;;",
    ),
    (
        "3.1.2.1",
        "Contact: <sip:caller@192.0.2.7>",
        "Contact: <sip:a@h>,,<sip:b@h>",
    ),
    ("3.1.2.2", "Content-Length: 0", "Content-Length: 9999"),
    ("3.1.2.3", "Content-Length: 0", "Content-Length: -999"),
    ("3.1.2.4", "CSeq: 8", "CSeq: 36893488147419103232"),
    ("3.1.2.4", "CSeq: 8", "CSeq: 2147483648"),
    ("3.1.2.4", "Max-Forwards: 70", "Max-Forwards: 300"),
    ("3.1.2.6", "To: <", "To: \"Mr. J. User <"),
    (
        "3.1.2.7",
        "sip:user@example.com SIP",
        "<sip:user@example.com> SIP",
    ),
    (
        "3.1.2.8",
        "sip:user@example.com SIP",
        "sip:user@example.com; lr SIP",
    ),
    ("3.1.2.9", "OPTIONS sip:", "OPTIONS  sip:"),
    ("3.1.2.10", "SIP/2.0\r\nVia", "SIP/2.0  \r\nVia"),
    (
        "3.1.2.11",
        "example.com SIP",
        "example.com?Route=%3Csip:example.com%3E SIP",
    ),
    (
        "3.1.2.13",
        "<sip:caller@192.0.2.7>",
        "sip:caller@192.0.2.7?Route=%3Csip:example.com%3E",
    ),
    (
        "3.1.2.14",
        "<sip:user@example.com>",
        "\"Watson, Thomas\" < sip:t.watson@example.org >",
    ),
    ("3.1.2.15", "From: <", "From: Bell, Alexander <"),
    (
        "3.1.2.16",
        " SIP/2.0\r\nVia: SIP/2.0",
        " SIP/7.0\r\nVia: SIP/7.0",
    ),
    ("3.1.2.17", "8 OPTIONS", "8 INVITE"),
    ("3.1.2.18", "OPTIONS sip:", "NEWMETHOD sip:"),
    ("3.3.1", "Call-ID: torture.1@192.0.2.7\r\n", ""),
    (
        "3.3.8",
        "CSeq: 8 OPTIONS",
        "CSeq: 8 OPTIONS\r\nCSeq: 9 OPTIONS",
    ),
    ("3.3.9", "Content-Length: 0", "Content-Length: 0\r\nl: 5"),
    (
        "",
        "sip:user@example.com SIP",
        "sip:user@example.com:70000 SIP",
    ),
    ("", "Max-Forwards: 70", "Max Forwards: 70"),
    ("", "Max-Forwards: 70", "Max-Forwards"),
    ("", "Content-Length: 0", "Content-Length: 70000"),
    ("", "Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n"),
    (
        "",
        "SIP/2.0\r\nVia",
        "SIP/2.0\r\n X: folded onto nothing\r\nVia",
    ),
];

#[test]
fn what_is_wrong_is_refused_with_a_reason() {
    let verdicts = WRONG
        .map(|(section, line, with)| format!("{section:8} {}\n", judge(line, with)))
        .concat();
    expect![[r#"
        3.1.2.1  reject 400 Bad Via
        3.1.2.1  reject 400 Bad Contact
        3.1.2.1  reject 400 Bad Contact
        3.1.2.2  reject 400 Body Shorter Than Content-Length
        3.1.2.3  reject 400 Bad Content-Length
        3.1.2.4  reject 400 Bad Or Missing CSeq
        3.1.2.4  reject 400 Bad Or Missing CSeq
        3.1.2.4  reject 400 Bad Max-Forwards
        3.1.2.6  reject 400 Bad Or Missing To
        3.1.2.7  reject 400 Bad Request-URI
        3.1.2.8  reject 400 Bad Request-URI
        3.1.2.9  reject 400 Bad White Space In Request Line
        3.1.2.10 reject 400 Bad White Space In Request Line
        3.1.2.11 reject 400 Request-URI With Header Fields
        3.1.2.13 reject 400 Bad Contact
        3.1.2.14 reject 400 Bad Or Missing To
        3.1.2.15 reject 400 Bad Or Missing From
        3.1.2.16 reject 505 Version Not Supported
        3.1.2.17 reject 400 CSeq Names Another Method
        3.1.2.18 reject 400 CSeq Names Another Method
        3.3.1    reject 400 Bad Or Missing Call-ID
        3.3.8    reject 400 Repeated CSeq
        3.3.9    reject 400 Contradictory Content-Length
                 reject 400 Bad Request-URI
                 reject 400 Bad Header Field Name
                 reject 400 Header Field Without Colon
                 reject 413 Request Entity Too Large
                 reject 400 No Empty Line After The Header Fields
                 reject 400 Bad Header Field Name
    "#]]
    .assert_eq(&verdicts);
}

#[test]
fn what_cannot_be_answered_is_dropped() {
    let ok = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
        To: <sip:b@h>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(verdict(ok), "accept INVITE");
    let verdicts = [
        judge("Via: SIP", "Via: SPI"),
        judge("CSeq: 8 OPTIONS\r\n", ""),
        judge("OPTIONS sip:user@example.com SIP/2.0", "GET / HTTP/1.1"),
        judge("OPTIONS sip:user@example.com SIP/2.0", "hello"),
        judge("Max-Forwards: 70\r\n", "Max-Forwards: 70\n"),
        judge("Max-Forwards: 70\r\n", "Max-Forwards: 7\r0\r\n"),
        verdict(OPTIONS.replace("OPTIONS", "ACK").replace(" 70", " 300")),
        verdict(ok.replace("200", "4294967301")),
        verdict(ok.replace("200", "099")),
        verdict(ok.replace("1 INVITE", "9292394834772304023312 INVITE")),
        verdict(ok.replace(
            "From:",
            "Via: SIP/2.0/UDP 255.255.255.255;branch=x\r\nFrom:",
        )),
        verdict(ok.replace("SIP/2.0 200", "SIP/3.0 200")),
        verdict("\r\n\r\n"),
        verdict(""),
        verdict([0; 4]),
    ]
    .join("\n");
    expect![[r#"
        drop: Bad Or Missing Via
        drop: Bad Or Missing CSeq
        drop: not a SIP start line
        drop: not a SIP start line
        drop: a bare CR or LF in the head
        drop: a bare CR or LF in the head
        drop: Bad Max-Forwards
        drop: a response with a bad status code
        drop: a response with a bad status code
        drop: Bad Or Missing CSeq
        drop: a response for somebody else
        drop: a response of another version
        drop: keep-alive
        drop: keep-alive
        drop: no line"#]]
    .assert_eq(&verdicts);
}

// RFC 4475 §3.1.1.8, RFC 3261 §18.3.
#[test]
fn what_follows_a_datagrams_body_is_ignored() {
    let message = accept(format!(
        "\r\n\r\n{OPTIONS}INVITE sip:joe@example.com SIP/2.0\r\n"
    ));
    assert_eq!(message.method(), Some(rsip::Method::Options));
    assert!(message.body().is_empty());
    assert!(message.raw().ends_with(b"0\r\n\r\n"));
}

// RFC 4475 §3.1.1.2, §3.1.1.5: methods are tokens, and case and escapes matter.
#[test]
fn unknown_methods_are_messages_too() {
    for method in [
        "!interesting-Method0123456789_*+`.%indeed'~",
        "RE%47IST%45R",
        "register",
    ] {
        let message = accept(OPTIONS.replace("OPTIONS", method));
        assert_eq!((message.method(), message.method_text()), (None, method));
    }
}

// RFC 4475 §3.1.1.11.
#[test]
fn a_binary_body_is_left_alone() {
    let body: Vec<u8> = (0..=255).chain(*b"\r\n\r\n").collect();
    let mut raw = OPTIONS
        .replace("Content-Length: 0", "Content-Length: 260")
        .into_bytes();
    raw.extend(&body);
    assert_eq!(accept(raw).body(), body);
}

// RFC 4475 §3.1.1.12 and §3.1.1.13.
#[test]
fn reason_phrases_may_be_strange_or_missing() {
    let response =
        |line: &str| accept(OPTIONS.replace("OPTIONS sip:user@example.com SIP/2.0", line));
    let strange = "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое";
    assert_eq!(response(strange).reason(), &strange[12..]);
    assert_eq!(
        (
            response("SIP/2.0 100 ").status(),
            response("SIP/2.0 100 ").reason()
        ),
        (Some(100), "")
    );
    assert_eq!(response("SIP/2.0 100").status(), Some(100));
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let long = format!("X: {}\r\nContact:", "x".repeat(17_000));
    assert_eq!(judge("Contact:", &long), "reject 513 Message Too Large");
    let many = format!("{}Contact:", "X: y\r\n".repeat(129));
    assert_eq!(
        judge("Contact:", &many),
        "reject 400 Too Many Header Fields"
    );
}

#[test]
fn folds_are_read_as_spaces_and_written_on_one_line() {
    let message = accept(OPTIONS.replace(
        "Max-Forwards",
        "Subject: I know\r\n  you're\r\n\tthere\r\nMax-Forwards",
    ));
    assert_eq!(
        message.text(Name::Subject).as_deref(),
        Some("I know  you're\tthere")
    );
    assert_eq!(message.header_named("s"), message.header(Name::Subject));
    let built = Builder::response(200, "OK")
        .copy(&message, Name::Subject)
        .finish();
    expect![[r#"
        SIP/2.0 200 OK
        Subject: I know  you're	there
        Content-Length: 0

    "#]]
    .assert_eq(&String::from_utf8_lossy(&built).replace('\r', ""));
}

// RFC 3261 §8.2.6, §18.2.1; RFC 3581 §4.
#[test]
fn a_response_goes_back_the_way_the_request_came() {
    let request = accept(
        OPTIONS
            .replace(
                "192.0.2.7:5060;branch",
                "192.0.2.7:5060 ; rport;received=1.2.3.4;branch",
            )
            .replace(
                "torture\r\n",
                "torture , SIP/2.0/TCP next:5070\r\nVia: SIP/2.0/UDP third\r\n",
            )
            .replace(
                "Max-Forwards",
                "Timestamp: 54\r\nRecord-Route: <sip:p;lr>\r\nMax-Forwards",
            ),
    );
    let source = "203.0.113.9:40000".parse().expect("an address");
    let ok = respond(&request, source, 200, status_reason(200), Some("8a")).finish();
    expect![[r#"
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 192.0.2.7:5060;rport=40000;branch=z9hG4bKtorture;received=203.0.113.9, SIP/2.0/TCP next:5070
        Via: SIP/2.0/UDP third
        From: <sip:caller@example.org>;tag=3
        To: <sip:user@example.com>;tag=8a
        Call-ID: torture.1@192.0.2.7
        CSeq: 8 OPTIONS
        Timestamp: 54
        Content-Length: 0

    "#]].assert_eq(&String::from_utf8_lossy(&ok).replace('\r', ""));

    let same = "192.0.2.7:5060".parse().expect("an address");
    let trying = respond(&accept(OPTIONS), same, 100, "Trying", None).finish();
    expect![[r#"
        SIP/2.0 100 Trying
        Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKtorture
        From: <sip:caller@example.org>;tag=3
        To: <sip:user@example.com>
        Call-ID: torture.1@192.0.2.7
        CSeq: 8 OPTIONS
        Content-Length: 0

    "#]]
    .assert_eq(&String::from_utf8_lossy(&trying).replace('\r', ""));
}

#[test]
fn a_refusal_gives_back_what_could_not_be_read() {
    let raw = OPTIONS
        .replace("To: <", "To: \"open <")
        .replace(";branch", ";;branch");
    let Parsed::Reject(no) = parse(raw.into()) else {
        panic!("must be refused")
    };
    let source = "192.0.2.7:5060".parse().expect("an address");
    let bytes = respond(&no.message, source, no.status, no.reason, Some("t")).finish();
    expect![[r#"
        SIP/2.0 400 Bad Or Missing Via
        Via: SIP/2.0/UDP 192.0.2.7:5060;;branch=z9hG4bKtorture
        From: <sip:caller@example.org>;tag=3
        To: "open <sip:user@example.com>
        Call-ID: torture.1@192.0.2.7
        CSeq: 8 OPTIONS
        Content-Length: 0

    "#]]
    .assert_eq(&String::from_utf8_lossy(&bytes).replace('\r', ""));
}

#[test]
fn nothing_that_is_set_breaks_out_of_its_line() {
    let evil = "x\r\nRoute: <sip:evil>\n\0";
    let bytes = Builder::request(rsip::Method::Options, "sip:a@h\r\nX: y")
        .header(Name::Subject, evil)
        .header_named("X-\r\nY", evil)
        .display(Name::Server, evil)
        .finish_with(b"text/plain\r\n\r\nbody", b"\r\n");
    assert_eq!(bytes.windows(2).filter(|w| w == b"\r\n").count(), 8);
    assert!(!bytes.contains(&0));
}

fn feed(chunks: impl Iterator<Item = Vec<u8>>) -> (Vec<Frame>, bool) {
    let (mut framer, mut frames) = (Framer::new(), Vec::new());
    for chunk in chunks {
        framer.push(&chunk);
        loop {
            match framer.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, false),
            }
        }
    }
    (frames, true)
}

fn ask_everything(message: &Message) {
    let _ = describe_total(message);
    let source = "192.0.2.7:5060".parse().expect("an address");
    let bytes = respond(message, source, 400, "No", Some("t")).finish();
    let head_is_safe = !bytes.windows(2).any(|w| w[1] == b'\n' && w[0] != b'\r');
    assert!(head_is_safe, "{bytes:?}");
}

fn describe_total(message: &Message) -> usize {
    let mut seen = format!("{message:?}").len();
    seen += usize::from(
        message
            .uri()
            .is_ok_and(|u| u.equivalent(&u) || u.user_decoded().is_empty()),
    );
    seen += usize::from(message.top_via().is_ok());
    for address in [message.from(), message.to(), message.address(Name::ReferTo)]
        .into_iter()
        .flatten()
    {
        seen += address.display().map_or(0, |d| d.len()) + address.params.iter().count();
    }
    for contact in message.contacts().flatten() {
        seen += usize::from(contact.q().is_some()) + usize::from(contact.expires().is_some());
    }
    seen += message.credentials().count() + message.requires().count();
    seen += message.text(Name::Subject).map_or(0, |s| s.len());
    seen += message.body().len() + message.call_id().len() + message.reason().len();
    seen + usize::from(message.cseq().0 > 5) + usize::from(message.allows(rsip::Method::Bye))
}

fn any_fixture() -> impl Strategy<Value = Vec<u8>> {
    let raws: Vec<Vec<u8>> = fixtures()
        .iter()
        .map(|f| std::fs::read(f).expect("readable"))
        .collect();
    proptest::sample::select(raws)
}

proptest! {
    #[test]
    fn any_bytes_get_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(bytes.clone().into());
        let _ = feed(std::iter::once(bytes));
    }

    #[test]
    fn damaged_messages_get_a_verdict(
        raw in any_fixture(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0..4usize, 0..16usize), 1..6),
    ) {
        const BYTES: &[u8; 16] = b"\r\n \t\"<>;,:=@%\\\0\xff";
        let mut raw = raw;
        for (place, what, byte) in damage {
            let at = place.index(raw.len());
            match what {
                0 => raw[at] = BYTES[byte],
                1 => raw.insert(at, BYTES[byte]),
                2 => drop(raw.drain(at..(at + byte).min(raw.len()))),
                _ => raw.truncate(at.max(1)),
            }
            if raw.is_empty() { break }
        }
        match parse(raw.into()) {
            Parsed::Accept(message) => ask_everything(&message),
            Parsed::Reject(no) => ask_everything(&no.message),
            Parsed::Drop(why) => prop_assert!(!why.is_empty()),
        }
    }

    #[test]
    fn what_is_built_is_read_back(
        user in "[a-z0-9*#]{1,12}",
        subject in "[ -~]{0,40}",
        tag in "[a-z0-9]{1,8}",
        cseq in 0u32..1 << 31,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let uri = format!("sip:{user}@example.com");
        let raw = Builder::request(rsip::Method::Message, &uri)
            .header(Name::Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
            .header(Name::From, format!("<{uri}>;tag={tag}"))
            .header(Name::To, format!("<{uri}>"))
            .header(Name::CallId, "c")
            .display(Name::CSeq, format_args!("{cseq} MESSAGE"))
            .header(Name::Subject, &subject)
            .finish_with(b"text/plain", &body);
        let message = accept(raw.clone());
        prop_assert_eq!(message.method(), Some(rsip::Method::Message));
        prop_assert_eq!(message.uri_text(), uri.as_str());
        prop_assert_eq!(message.cseq(), (cseq, "MESSAGE"));
        prop_assert_eq!(message.from().unwrap().tag(), Some(tag.as_str()));
        prop_assert_eq!(message.text(Name::Subject).unwrap(), subject.trim());
        prop_assert_eq!(message.body(), body);
        prop_assert_eq!(message.raw(), &raw);
    }

    #[test]
    fn a_stream_reads_the_same_however_it_is_chopped(
        parts in proptest::collection::vec(
            prop_oneof![
                4 => any_fixture(),
                1 => Just(b"\r\n".to_vec()),
                1 => Just(b"\r\n\r\n".to_vec()),
                1 => proptest::collection::vec(any::<u8>(), 0..9),
            ],
            0..6,
        ),
        sizes in proptest::collection::vec(1usize..700, 1..9),
    ) {
        let stream = parts.concat();
        let mut sizes = sizes.into_iter().cycle();
        let mut rest = stream.as_slice();
        let chopped = std::iter::from_fn(|| {
            let (now, later) = rest.split_at(sizes.next()?.min(rest.len()));
            rest = later;
            (!now.is_empty()).then(|| now.to_vec())
        });
        prop_assert_eq!(feed(chopped), feed(std::iter::once(stream.clone())));
    }
}
