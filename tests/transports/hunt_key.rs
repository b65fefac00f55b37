//! Cisco's key for hunt groups, at a phone that speaks SIP.

use std::net::SocketAddr;

use perch::sip::wire::{Message, Method, Name};

use super::built_server::Perch;
use super::wire_phone::{Over, Phone, Side};

const PRESSED: &[u8] =
    b"<x-cisco-remotecc-request><softkeyeventmsg><softkeyevent>HLog</softkeyevent>\
    <dialogid><callid></callid><localtag></localtag><remotetag></remotetag></dialogid>\
    <linenumber>0</linenumber></softkeyeventmsg></x-cisco-remotecc-request>";

/// Presses the key. What the server says to that.
fn press(phone: &mut Phone, server: SocketAddr) -> Option<u16> {
    let mut side = Side::outside(phone, &format!("sip:{server}"));
    let headers = [("Refer-To", "cid:perch")];
    let answer = phone.ask(Method::Refer, &mut side, &headers, PRESSED);
    answer.status()
}

/// What the phone is told next of its hunt groups.
fn told(phone: &mut Phone) -> &'static str {
    loop {
        let request: Message = phone.link.take();
        phone.respond(&request, 202, b"");
        if request.method() != Some(Method::Refer) {
            continue;
        }
        let body = request.body();
        let body = String::from_utf8_lossy(&body);
        // It is told to forget calls, too.
        let kind = request.text(Name::ContentType).expect("it has a body");
        if kind != "application/x-cisco-remotecc-request+xml" {
            continue;
        }
        assert_eq!(request.text(Name::Require).as_deref(), Some("norefersub"));
        return match () {
            () if body.contains("<hlogupdate><status>on</status></hlogupdate>") => "on",
            () if body.contains("<hlogupdate><status>off</status></hlogupdate>") => "off",
            () => panic!("{body}"),
        };
    }
}

/// rules: HG-2, HG-4
#[test]
fn a_cisco_phone_has_a_key_for_hunt_calls_and_is_told_whether_they_ring() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::with_settings(dir.path(), "");
    server.tell(&["apply", "fixtures/sites/hunt.toml"]);
    let mut phone = Phone::new("desk-1", Over::Udp, server.sip());
    phone.register_headers = vec![("User-Agent", "Cisco-CP8861/14.2.1")];
    assert_eq!(phone.register().status(), Some(200));
    // Nobody is there: the key would say no, and changes nothing.
    assert_eq!(press(&mut phone, server.sip()), Some(202));
    server.tell(&["login", "desk-1", "u1001"]);
    assert_eq!(told(&mut phone), "on");
    assert_eq!(press(&mut phone, server.sip()), Some(202));
    assert_eq!(told(&mut phone), "off");
    let hunt = server.tell(&["hunt"]);
    assert!(hunt.contains("not ready since"), "{hunt}");
    assert!(hunt.contains("somebody there wants it so"), "{hunt}");
    server.tell(&["hunt", "ready", "1001"]);
    assert_eq!(told(&mut phone), "on");
    server.tell(&["hunt", "not-ready", "1001"]);
    assert_eq!(told(&mut phone), "off");
    // A phone that starts anew knows nothing.
    assert_eq!(phone.register_as("after-a-start").status(), Some(200));
    assert_eq!(told(&mut phone), "off");
    // Whoever leaves takes the key along.
    server.tell(&["logout", "--phone", "desk-1"]);
    assert_eq!(told(&mut phone), "on");
}
