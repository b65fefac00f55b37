//! Whoever leaves a phone leaves no calls behind: over SCCP, by a REFER, and at the phone's own web server.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use perch::sip::wire::{Message, Name};
use rsip::Method;
use rusqlite::Connection;

use crate::built_server::wait_until;
use crate::emapi::{RECEPTION, SUCCESS, logout, request};
use crate::office::{Office, PHONES};
use crate::phone_browser::Browser;
use crate::phone_web::{Manner, PhoneWeb, push_as};
use crate::support::live_phone::{LivePhone, Security};
use crate::support::phone::Order;
use crate::wire_phone::{Phone, Side};

const PATIENCE: Duration = Duration::from_secs(20);

/// An 8861 and a 7960 that speak SIP, and a 7975 that speaks SCCP; and who sits there.
const REFER: (&str, &str) = ("SEP0011AA0000C1", "carol");
const HTTP: (&str, &str) = ("SEP0011AA0000C2", "dave");
const SCCP: (&str, &str) = ("SEP0011AA0000C3", "erin");

const SITE: &str = r#"
[user_profile.shift]
class = "all"
idle_limit_min = 60
[user.carol]
dn = "2011"
display_name = "Carol"
pin = "1111"
profiles = ["shift"]
[user.dave]
dn = "2012"
display_name = "Dave"
pin = "1111"
profiles = ["shift"]
[user.erin]
dn = "2013"
display_name = "Erin"
pin = "1111"
profiles = ["shift"]
[phone.SEP0011AA0000C1]
logout_profile = "guest"
guest_dn = "9011"
password = "SEP0011AA0000C1-secret"
[phone.SEP0011AA0000C2]
logout_profile = "guest"
guest_dn = "9012"
password = "SEP0011AA0000C2-secret"
[phone.SEP0011AA0000C3]
logout_profile = "guest"
guest_dn = "9013"
model = "7975"
[app_user.paging]
password = "a paging system"
push = true
"#;

/// A phone of each kind, at an address of its own.
struct Desks {
    office: Office,
    refer: Phone,
    web: PhoneWeb,
    /// It is registered, and nobody answers there.
    _http: Phone,
    sccp: LivePhone,
}

/// Somewhere on this host that no other phone is.
fn host(last: u8) -> IpAddr {
    let net = rand::random_range(16..=254_u8);
    Ipv4Addr::new(127, 77, net, last).into()
}

impl Desks {
    fn open() -> Desks {
        Desks::with("", "/CCMCIP/authenticate.asp")
    }

    /// The same with more in the site, and where phones ask who tells them things.
    fn with(site: &str, authentication: &str) -> Desks {
        let at = host(2);
        let listener = PhoneWeb::listen(at, 0);
        let port = listener.local_addr().expect("it is bound").port();
        let settings = format!("[push]\nport = {port}\ntimeout_s = 1\n");
        let office = Office::with(&settings, &format!("{site}{SITE}"));
        let web = PhoneWeb::serve(listener, HTTP.0, office.pages(), authentication);
        let sip = |host, name: &str, user_agent| {
            let mut phone = Phone::at(host, name, office.server.sip());
            phone.register_headers = vec![("User-Agent", user_agent)];
            assert_eq!(phone.register().status(), Some(200));
            phone
        };
        let refer = sip(host(1), REFER.0, "Cisco-CP8861/14.2.1");
        let http = sip(at, HTTP.0, "Cisco-CP7960G/8.0");
        let server = office.server.at(Ipv4Addr::LOCALHOST.into(), 2000);
        let sccp = LivePhone::sccp_at(host(3), (server, Security::Plain), SCCP.0, "7975", 440);
        sccp.registers();
        Desks {
            office,
            refer,
            web,
            _http: http,
            sccp,
        }
    }

    /// Somebody sits down, and calls somebody.
    fn work_begins(&self) {
        for (phone, user) in [REFER, HTTP, SCCP] {
            self.office.server.tell(&["login", phone, user]);
        }
        self.web.call("2001");
        self.sccp.has_buttons(&["line 2013 Erin"]);
        self.sccp.order(&Order::Dial("2012".into()));
        self.sccp.remembers_calls(true);
        self.sccp.order(&Order::HangUp);
        self.sccp.has_calls(&[]);
    }

    /// Nobody knows any more whom they called.
    fn all_is_forgotten(&mut self) {
        // On a busy machine an order may be given again before it is read.
        while !self.does_as_ordered("<code>200</code>") {}
        self.explains(
            REFER,
            "told by a REFER to forget whom carol called, and says that it has",
        );
        self.explains(
            HTTP,
            "told at its web server to forget whom dave called, and says that it has",
        );
        self.explains(
            SCCP,
            "told over SCCP to forget whom erin called, and says that it has",
        );
        self.sccp.remembers_calls(false);
        assert_eq!(self.web.calls(), Vec::<String>::new());
    }

    /// The phone takes the next order and says what became of it. Whether somebody waited for that.
    fn does_as_ordered(&mut self, result: &str) -> bool {
        let order = next_order(&mut self.refer);
        self.refer.respond(&order, 202, b"");
        let body = String::from_utf8(order.body().to_vec()).expect("it is text");
        let transaction = between(&body, "<transactionid>", "</transactionid>");
        let answer = format!(
            "<x-cisco-remotecc-response><response>{result}<transactionid>{transaction}</transactionid></response>\
             </x-cisco-remotecc-response>"
        );
        let server = self.office.server.sip();
        let mut side = Side::outside(&self.refer, &format!("sip:{server}"));
        let headers = [("Refer-To", "cid:perch")];
        let said = self
            .refer
            .ask(Method::Refer, &mut side, &headers, answer.as_bytes());
        said.status() == Some(202)
    }

    fn explains(&self, (phone, _): (&str, &str), words: &str) {
        let mut said = String::new();
        wait_until(words, PATIENCE, || {
            said = self.office.server.tell(&["explain", phone]);
            said.contains(words)
        });
    }

    fn counted(&self, labels: &str, times: u32) {
        let line = format!("perch_call_histories_total{{{labels}}} {times}");
        let metrics = self.office.server.metrics();
        let lines = metrics.lines().filter(|line| line.contains("call_hist"));
        let lines: Vec<&str> = lines.collect();
        assert!(lines.contains(&line.as_str()), "{line}: {lines:?}");
    }
}

/// The next order by REFER that a phone is given. It is as phones want it.
fn next_order(phone: &mut Phone) -> Message {
    let order = loop {
        let request = phone.link.take();
        if request.method() == Some(Method::Refer) {
            break request;
        }
        phone.respond(&request, 200, b"");
    };
    let text = |name| order.text(name).expect("there is one").into_owned();
    assert_eq!(text(Name::Require), "norefersub");
    assert_eq!(order.to_tag(), None);
    let content = text(Name::ContentType);
    let boundary = content.strip_prefix("multipart/mixed;boundary=");
    let boundary = boundary.unwrap_or_else(|| panic!("{content}"));
    let body = String::from_utf8(order.body().to_vec()).expect("it is text");
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    let [_, request, object, end] = parts.as_slice() else {
        panic!("it has two parts: {body}");
    };
    assert!(request.contains("Content-Type: application/x-cisco-remotecc-request+xml\r\n\r\n"));
    assert!(request.contains("<datapassthroughreq>"));
    assert!(object.contains(
        "Content-Type: application/x-cisco-remotecc-cm+xml\r\n\r\n<CiscoIPPhoneExecute>"
    ));
    assert!(object.contains("URL=\"Init:CallHistory\""));
    assert_eq!(*end, "--\r\n");
    let raw = String::from_utf8_lossy(order.raw()).into_owned();
    let id = between(&raw, "Content-Id: <", ">");
    assert_eq!(text(Name::ReferTo), format!("cid:{id}"));
    order
}

fn between(text: &str, from: &str, to: &str) -> String {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{text}"));
    let (found, _) = rest.split_once(to).unwrap_or_else(|| panic!("{text}"));
    found.to_owned()
}

/// rules: PRO-9, SES-12
#[test]
fn calls_are_forgotten_when_somebody_logs_out_by_hand() {
    let mut desks = Desks::open();
    desks.work_begins();
    let pages = desks.office.pages();
    for (host, (phone, _)) in [
        (desks.refer.local.ip(), REFER),
        (desks.web.at.ip(), HTTP),
        (desks.sccp.host, SCCP),
    ] {
        let browser = Browser::at(host, pages, phone, "");
        let page = browser.press(&browser.open(), "Yes");
        assert!(
            page.shown().contains("Logout successful."),
            "{}",
            page.shown()
        );
    }
    desks.all_is_forgotten();
    desks.counted("way=\"refer\",result=\"forgotten\"", 1);
    desks.counted("way=\"http\",result=\"forgotten\"", 1);
    desks.counted("way=\"sccp\",result=\"forgotten\"", 1);
}

/// rules: PRO-9, ADM-1
#[test]
fn calls_are_forgotten_when_a_program_logs_somebody_out() {
    let mut desks = Desks::open();
    desks.work_begins();
    for (phone, _) in [REFER, HTTP, SCCP] {
        assert_eq!(request(&desks.office, RECEPTION, &logout(phone)), SUCCESS);
    }
    desks.all_is_forgotten();
}

/// Two hours, in which the server does not run.
const AWAY_MS: i64 = 2 * 60 * 60 * 1000;

/// rules: PRO-9, IDL-5
#[test]
fn calls_are_forgotten_when_a_phone_was_idle() {
    let mut desks = Desks::open();
    desks.work_begins();
    desks.office.server.terminate();
    let store = Connection::open(desks.office.data().join("perch.db")).expect("it is there");
    let older = "UPDATE session SET used_at = used_at - ?1, opened_at = opened_at - ?1";
    assert_eq!(store.execute(older, [AWAY_MS]).expect("it is stored"), 3);
    drop(store);
    desks.office.server.start_again();
    desks.all_is_forgotten();
    assert_eq!(desks.office.who(), []);
    let explained = desks.office.server.tell(&["explain", HTTP.0]);
    assert!(explained.contains("idle"), "{explained}");
}

/// rules: PRO-9
#[test]
fn a_site_may_let_phones_keep_calls() {
    let desks = Desks::with(
        "[extension_mobility]\nkeep_history = true\n",
        "/CCMCIP/authenticate.asp",
    );
    desks.work_begins();
    for (phone, _) in [REFER, HTTP, SCCP] {
        desks.office.server.tell(&["logout", "--phone", phone]);
        desks.explains(
            (phone, ""),
            "keeps whom its users called, as keep_history says",
        );
    }
    assert_eq!((desks.web.told(), desks.web.calls().len()), (0, 1));
    let metrics = desks.office.server.metrics();
    assert!(
        !metrics.contains("perch_call_histories_total{"),
        "{metrics}"
    );
}

/// rules: PRO-9
#[test]
fn a_stranger_can_tell_a_phone_nothing() {
    let desks = Desks::open();
    desks.web.call("2001");
    for (name, password) in [
        ("perch", "guessed"),
        ("paging", "guessed"),
        // It may log people in, and no more.
        ("reception", "open sesame"),
        ("", ""),
    ] {
        let said = push_as(&desks.web, name, password);
        assert_eq!(said, "<CiscoIPPhoneError Number=\"4\"/>", "{name}");
    }
    assert_eq!(desks.web.calls(), ["2001"]);
    let said = push_as(&desks.web, "paging", "a paging system");
    assert!(said.contains("Status=\"0\""), "{said}");
    assert_eq!(desks.web.calls(), Vec::<String>::new());

    // Whoever is not that phone cannot try passwords, in any spelling of the page.
    let elsewhere = Browser::at(host(9), desks.office.pages(), HTTP.0, "");
    let there = Browser::at(desks.web.at.ip(), desks.office.pages(), HTTP.0, "");
    let form = format!(
        "UserID=paging&Password=a%20paging%20system&devicename={}",
        HTTP.0
    );
    for path in ["/CCMCIP/authenticate.asp", "/ccmcip/Authenticate.JSP"] {
        let asked = |browser: &Browser| {
            let got = browser.get(&format!("{path}?{form}"));
            let posted = browser.ask("POST", path, &form);
            assert_eq!((got.status, posted.status), (200, 200));
            assert_eq!(got.header("content-type"), Some("text/plain"));
            [got.text_bytes(), posted.text_bytes()]
        };
        assert_eq!(asked(&elsewhere), ["REFUSED"; 2]);
        assert_eq!(asked(&there), ["AUTHORIZED"; 2]);
    }
}

/// rules: PRO-9, SES-8
#[test]
fn whoever_guesses_is_not_believed_for_a_while() {
    let desks = Desks::open();
    for _ in 0..5 {
        let said = push_as(&desks.web, "paging", "guessed");
        assert!(said.contains("Error"), "{said}");
    }
    let said = push_as(&desks.web, "paging", "a paging system");
    assert!(said.contains("Error"), "{said}");
}

/// Another authentication server. It vouches for one, and says what it was asked.
fn other_server(yes: &'static str) -> (SocketAddr, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("it is bound");
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it is asked");
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).expect("a question");
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{yes}",
            yes.len()
        );
        stream.write_all(answer.as_bytes()).expect("it listens");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    });
    (at, asked)
}

/// rules: PRO-9
#[test]
fn another_server_may_vouch_for_what_this_one_does_not_know() {
    for (says, is_believed) in [("AUTHORIZED", true), ("UN-AUTHORIZED", false)] {
        let (at, asked) = other_server(says);
        let site =
            format!("[extension_mobility]\nauthentication_fallback = \"http://{at}/auth?a=b\"\n");
        let desks = Desks::with(&site, "/CCMCIP/authenticate.asp");
        desks.web.call("2001");
        let said = push_as(&desks.web, "voiceview", "p&w");
        assert_eq!(said.contains("Status=\"0\""), is_believed, "{said}");
        let asked = asked.join().expect("it was asked");
        let line = format!(
            "GET /auth?a=b&UserID=voiceview&Password=p%26w&devicename={} HTTP/1.1\r\n",
            HTTP.0
        );
        assert!(asked.starts_with(&line), "{asked}");
        // It is gone now: nobody waits for long, and nobody is believed.
        let said = push_as(&desks.web, "voiceview", "other");
        assert!(said.contains("Error"), "{said}");
        let log = desks.office.server.log();
        assert!(!log.contains("p%26w") && !log.contains("p&w"), "{log}");
    }
}

/// rules: PRO-9
#[test]
fn a_phone_that_does_not_do_it_keeps_nobody_from_leaving() {
    let cases = [
        (Manner::Hangs, "it did not answer", "unreachable"),
        (
            Manner::Says("<CiscoIPPhoneError Number=\"4\"/>"),
            "it refused",
            "refused",
        ),
        (Manner::Says("I am a teapot"), "it refused", "refused"),
    ];
    let desks = Desks::open();
    for (manner, words, result) in cases {
        desks.web.behave(manner);
        desks.office.server.tell(&["login", HTTP.0, HTTP.1]);
        desks.web.call("2001");
        desks.office.server.tell(&["logout", "--phone", HTTP.0]);
        assert_eq!(desks.office.who(), [], "{manner:?}");
        let words = format!("may still know whom dave called: told at its web server, {words}");
        desks.explains(HTTP, &words);
        let metrics = desks.office.server.metrics();
        let counted = format!("perch_call_histories_total{{way=\"http\",result=\"{result}\"}}");
        assert!(metrics.contains(&counted), "{metrics}");
    }
    desks.web.behave(Manner::Good);
    desks.explains(HTTP, "and says that it has");
    assert_eq!(desks.web.calls(), Vec::<String>::new(), "it was told again");
}

/// rules: PRO-9
#[test]
fn a_phone_that_takes_no_order_is_asked_at_its_web_server_next() {
    let mut desks = Desks::open();
    let (phone, user) = REFER;
    desks.office.server.tell(&["login", phone, user]);
    desks.office.server.tell(&["logout", "--phone", phone]);
    let order = next_order(&mut desks.refer);
    assert_eq!(desks.office.who(), [], "the order is not answered yet");
    desks.refer.respond(&order, 405, b"");
    // It has none.
    desks.explains(REFER, "told at its web server, it did not answer");
    desks.counted("way=\"refer\",result=\"refused\"", 1);
}

/// rules: PRO-9
#[test]
fn a_phone_that_takes_an_order_and_says_no_more_has_done_it() {
    let mut desks = Desks::open();
    let (phone, user) = REFER;
    desks.office.server.tell(&["login", phone, user]);
    desks.office.server.tell(&["logout", "--phone", phone]);
    let order = next_order(&mut desks.refer);
    desks.refer.respond(&order, 202, b"");
    desks.explains(
        REFER,
        "told by a REFER to forget whom carol called, and took it",
    );
    desks.office.server.tell(&["login", phone, user]);
    desks.office.server.tell(&["logout", "--phone", phone]);
    assert!(desks.does_as_ordered("<code>500</code>"));
    desks.explains(REFER, "told by a REFER, it refused");
}

/// A phone of no maker that can be told anything.
#[test]
fn a_phone_that_cannot_be_told_is_said_to_be_one() {
    let office = Office::open();
    office.server.tell(&["login", PHONES[0], "alice"]);
    office.server.tell(&["logout", "--phone", PHONES[0]]);
    let said = office.server.tell(&["explain", PHONES[0]]);
    assert!(
        said.contains("cannot be told to forget whom alice called"),
        "{said}"
    );
}
