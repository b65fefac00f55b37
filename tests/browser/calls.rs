//! What browsers do: call each other, and phones that know nothing of WebRTC.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use super::browser::{Browser, WebPhone};
use super::built_server::{Perch, wait_until};
use super::installed::directory;
use super::relay::Relay;
use super::support::live_phone::{self, LivePhone, PATIENCE, Security};
use super::support::phone::{CallState, Order};

use CallState::{Holding, Ringing, Talking};

/// So many packets are half a second of a conversation.
pub const SOME: u32 = 25;

pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What somebody is told whose media cannot meet the other's.
const NO_RELAY: &str = "WebRTC and RTP phones need a media relay";

/// Users with softphones of their own, and an SCCP phone.
const SITE: &str = r#"
[site]
name = "web"
transfer_recall_s = 0
[class_of_service.all]
call_users = true
call_guests = true
login = true
[logout_profile.guest]
class = "all"
display_name = "Guest"
[user_profile.clerk]
class = "all"
[user.alice]
dn = "2001"
display_name = "Alice"
pin = "1111"
profiles = ["clerk"]
sip_secret = "a-secret-of-alice"
[user.bob]
dn = "2002"
display_name = "Bob"
pin = "2222"
profiles = ["clerk"]
sip_secret = "a-secret-of-bob"
[user.carol]
dn = "2003"
display_name = "Carol"
pin = "3333"
profiles = ["clerk"]
sip_secret = "a-secret-of-carol"
[phone.SEP0011AA000001]
model = "7960"
logout_profile = "guest"
guest_dn = "9001"
"#;

pub fn secret(user: &str) -> String {
    format!("a-secret-of-{user}")
}

/// A server, by a relay or by none.
pub fn serve(dir: &Path, relay: Option<&Relay>) -> Perch {
    let relays = relay.map(|relay| format!("\"{}\"", relay.address()));
    let relays = relays.unwrap_or_default();
    let settings =
        format!("[argon2]\nmemory_kib = 8\npasses = 1\n[media_relay]\nrtpengine = [{relays}]\n");
    let server = Perch::with_settings(dir, &settings);
    let site = dir.join("site.toml");
    fs::write(&site, SITE).expect("the directory is ours");
    server.tell(&["apply", &site.display().to_string()]);
    if relay.is_some() {
        wait_until("the relay is known to be there", PATIENCE, || {
            server.metrics().contains("perch_media_relay_up{relay=")
        });
    }
    server
}

/// A softphone of a user's own that knows nothing of WebRTC.
pub fn softphone(server: &Perch, user: &str, tone: u32) -> LivePhone {
    let host = live_phone::some_host();
    let phone = LivePhone::sip_at(host, server.sip(), (user, &secret(user), None), tone);
    phone.registers();
    phone
}

pub fn page<'b>(browser: &'b Browser, server: &Perch, user: &str) -> WebPhone<'b> {
    browser.phone(server, user, &secret(user))
}

/// Nothing is left of all that went on.
pub fn is_quiet(server: &Perch, relay: &Relay) {
    wait_until("the server has no calls", PATIENCE, || {
        server.json(&["status"])["calls"] == 0
    });
    wait_until("the relay has no calls", PATIENCE, || relay.calls() == 0);
    let metrics = server.metrics();
    assert!(metrics.contains("perch_media_relay_calls 0"), "{metrics}");
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// Both send and hear, the browser by the relay.
fn talk(web: &WebPhone<'_>, phone: &LivePhone, relay: &Relay) {
    phone.talks_to(HERE, SOME);
    assert_eq!(web.converses(SOME), "PCMU");
    let partner = web.partner();
    let port = partner
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok());
    assert!(port.is_some_and(|port| relay.is_its(port)), "{partner}");
}

/// rules: CAL-1
#[test]
fn browsers_call_each_other_directly() {
    let dir = directory();
    let server = serve(dir.path(), None);
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let bob = page(&browser, &server, "bob");
    alice.dials("2002");
    assert_eq!(bob.takes_call(), "2001");
    // What browsers speak among themselves: nobody stands between who would have to know it.
    assert_eq!(alice.converses(SOME), "opus");
    assert_eq!(bob.converses(SOME), "opus");
    bob.does("holds", &[]);
    bob.does("resumes", &[]);
    assert_eq!(alice.converses(SOME), "opus");
    alice.does("hangs_up", &[]);
    assert!(bob.is_left().contains("The other party hung up"));
}

/// rules: CAL-1
#[test]
fn without_a_relay_browsers_and_phones_are_told_that_they_need_one() {
    let dir = directory();
    let server = serve(dir.path(), None);
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let bob = softphone(&server, "bob", 440);
    alice.dials("2002");
    let told = alice.is_left();
    assert!(told.starts_with("488 |"), "{told}");
    assert!(told.contains(NO_RELAY), "{told}");
    bob.order(&Order::Dial("2001".into()));
    let told = bob.sees("hears 488");
    assert!(told.contains(NO_RELAY), "{told}");
    assert!(server.log().contains(NO_RELAY), "{}", server.log());
}

/// rules: CAL-1, CAL-2
#[test]
fn a_browser_and_a_softphone_talk_through_the_relay() {
    let dir = directory();
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let bob = softphone(&server, "bob", 440);

    alice.dials("2002");
    bob.sees("rings (from 2001");
    bob.order(&Order::Answer);
    talk(&alice, &bob, &relay);
    assert!(server.metrics().contains("perch_media_relay_calls 1"));
    alice.does("holds", &[]);
    bob.sees("is held");
    alice.does("resumes", &[]);
    talk(&alice, &bob, &relay);
    bob.order(&Order::Hold);
    bob.has_calls(&[Holding]);
    bob.order(&Order::Resume);
    bob.has_calls(&[Talking]);
    talk(&alice, &bob, &relay);
    alice.does("hangs_up", &[]);
    bob.has_calls(&[]);
    is_quiet(&server, &relay);

    bob.order(&Order::Dial("2001".into()));
    assert_eq!(alice.takes_call(), "2002");
    bob.has_calls(&[Talking]);
    talk(&alice, &bob, &relay);
    bob.order(&Order::HangUp);
    alice.is_left();
    is_quiet(&server, &relay);
}

/// rules: CAL-1
#[test]
fn a_browser_and_a_cisco_phone_talk_through_the_relay() {
    let dir = directory();
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let at = server.at(HERE, 2000);
    let desk = LivePhone::sccp(at, Security::Plain, "SEP0011AA000001", "7960", 700);
    desk.registers();

    alice.dials("9001");
    desk.sees("rings (from 2001");
    desk.order(&Order::Answer);
    talk(&alice, &desk, &relay);
    desk.order(&Order::HangUp);
    alice.is_left();
    desk.order(&Order::Dial("2001".into()));
    assert_eq!(alice.takes_call(), "9001");
    talk(&alice, &desk, &relay);
    alice.does("hangs_up", &[]);
    desk.has_calls(&[]);
    is_quiet(&server, &relay);
}

/// rules: CAL-2
#[test]
fn a_browser_is_handed_on_and_keeps_its_media() {
    let dir = directory();
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let bob = softphone(&server, "bob", 440);
    let carol = softphone(&server, "carol", 700);
    alice.dials("2002");
    bob.sees("rings (from 2001");
    bob.order(&Order::Answer);
    talk(&alice, &bob, &relay);
    let before = alice.partner();
    bob.order(&Order::Transfer("2003".into()));
    carol.sees("rings (from 2001");
    carol.has_calls(&[Ringing]);
    carol.order(&Order::Answer);
    talk(&alice, &carol, &relay);
    bob.has_calls(&[]);
    // To the browser nothing has changed.
    assert_eq!(alice.partner(), before);
    carol.order(&Order::HangUp);
    alice.is_left();
    is_quiet(&server, &relay);
}

/// rules: CAL-2
#[test]
fn phones_that_a_browser_connects_talk_directly() {
    let dir = directory();
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let bob = softphone(&server, "bob", 440);
    let carol = softphone(&server, "carol", 700);
    alice.dials("2002");
    bob.sees("rings (from 2001");
    bob.order(&Order::Answer);
    talk(&alice, &bob, &relay);
    alice.does("transfers", &["2003"]);
    carol.sees("rings (from 2002");
    carol.order(&Order::Answer);
    live_phone::talk(&bob, &carol);
    alice.is_left();
    wait_until("the relay has no calls", PATIENCE, || relay.calls() == 0);
    bob.order(&Order::HangUp);
    carol.has_calls(&[]);
    is_quiet(&server, &relay);
}

/// rules: CAL-1
#[test]
fn of_a_user_who_has_a_browser_and_a_softphone_both_ring() {
    let dir = directory();
    let Some(relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let web = page(&browser, &server, "alice");
    let phone = softphone(&server, "alice", 440);
    let bob = softphone(&server, "bob", 700);
    let carol = page(&browser, &server, "carol");

    bob.order(&Order::Dial("2001".into()));
    phone.sees("rings (from 2002");
    assert_eq!(web.takes_call(), "2002");
    talk(&web, &bob, &relay);
    phone.has_calls(&[]);
    bob.order(&Order::HangUp);
    web.is_left();

    carol.dials("2001");
    assert_eq!(web.does("rings", &[]), "2003");
    phone.sees("rings (from 2003");
    phone.order(&Order::Answer);
    talk(&carol, &phone, &relay);
    web.is_left();
    carol.does("hangs_up", &[]);
    phone.has_calls(&[]);
    is_quiet(&server, &relay);
}

/// rules: CAL-1
#[test]
fn a_relay_that_has_gone_fails_calls_at_once_until_it_is_back() {
    let dir = directory();
    let Some(mut relay) = Relay::start(dir.path()) else {
        return;
    };
    let server = serve(dir.path(), Some(&relay));
    let Some(browser) = Browser::open(dir.path()) else {
        return;
    };
    let alice = page(&browser, &server, "alice");
    let bob = softphone(&server, "bob", 440);
    let is_up = |is_up: u8| {
        let line = format!(
            "perch_media_relay_up{{relay=\"{}\"}} {is_up}",
            relay_address(&server)
        );
        wait_until(&line, PATIENCE, || server.metrics().contains(&line));
    };
    relay.kill();
    alice.dials("2002");
    let told = alice.is_left();
    assert!(told.starts_with("503 |"), "{told}");
    assert!(told.contains("The media relay cannot be used"), "{told}");
    is_up(0);
    relay.begin();
    is_up(1);
    alice.dials("2002");
    bob.sees("rings (from 2001");
    bob.order(&Order::Answer);
    talk(&alice, &bob, &relay);
    alice.does("hangs_up", &[]);
    bob.has_calls(&[]);
    is_quiet(&server, &relay);
}

/// The relay that a server says it has.
fn relay_address(server: &Perch) -> String {
    let metrics = server.metrics();
    let (_, rest) = metrics
        .split_once("perch_media_relay_up{relay=\"")
        .expect("it has one");
    rest.split('"').next().unwrap_or_default().to_owned()
}
