//! The idle page at the built server, and beside another call manager, which a second Perch plays.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tempfile::TempDir;

use crate::built_server::{Perch, wait_for, wait_until};
use crate::office::{NEW, OLD, Office, PHONES};
use crate::phone_browser::Browser;

/// A phone of the office that is registered nowhere.
const STRAY: &str = "SEP0011AA000009";
const STRAY_SITE: &str = "[phone.SEP0011AA000009]\nlogout_profile = \"guest\"\nguest_dn = \"9009\"\n\
                          password = \"SEP0011AA000009-secret\"\n";

/// Where it is, and where no phone is.
const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 7, 1);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 8, 1);
const NETWORKS: &str = "[provision]\nnetworks = [\"127.0.7.0/24\"]\n";

fn browser(office: &Office, host: Ipv4Addr, device: &str) -> Browser {
    Browser::at(IpAddr::V4(host), office.pages(), device, NEW)
}

/// The page that the phone asks for again.
fn again(page: &crate::phone_browser::Page) -> String {
    let refresh = page
        .answer
        .header("refresh")
        .expect("it is asked for again");
    let url = refresh.strip_prefix("60; url=").expect("after a minute");
    assert!(url.contains("again=true"), "{url}");
    url.to_owned()
}

/// rules: IDL-7, IDL-6
#[test]
fn a_phone_shows_who_is_there_and_asks_again() {
    let office = Office::with(NETWORKS, STRAY_SITE);
    let phone = browser(&office, HOME, STRAY);
    let path = format!("/idle?name={STRAY}&after=300");
    let nobody = phone.go(&path);
    assert_eq!(
        nobody.shown(),
        "[office] Nobody is logged in here. (1:Exit)"
    );
    office.server.tell(&["login", STRAY, "bob"]);
    let next = again(&nobody);
    let bob = phone.go(&next);
    assert!(
        bob.shown().contains("bob, 2002 Bob since 20"),
        "{}",
        bob.shown()
    );
    assert_eq!(again(&bob), next);
    let stayed = phone.press(&bob, "Stay");
    assert!(
        stayed.shown().contains("You stay logged in"),
        "{}",
        stayed.shown()
    );
    // To ask for the page is no use of the phone, and logs nobody in.
    let other = "SEP0011AA000003";
    assert!(
        phone
            .go(&format!("/idle?name={other}"))
            .shown()
            .contains("Nobody")
    );
    assert_eq!(office.who().len(), 1);
}

/// rules: IDL-7
#[test]
fn nobody_else_speaks_in_the_name_of_a_phone() {
    let office = Office::with(NETWORKS, STRAY_SITE);
    let refused = |host, device: &str, more: &str| {
        let phone = browser(&office, host, device);
        let page = phone.go(&format!("/idle?name={device}{more}")).shown();
        page.contains("(28)") || page.contains("(11)")
    };
    assert!(refused(ELSEWHERE, STRAY, ""));
    assert!(refused(ELSEWHERE, STRAY, "&token=abc"));
    assert!(
        refused(HOME, STRAY, "&token=abc"),
        "it says something wrong"
    );
    assert!(
        refused(HOME, PHONES[0], ""),
        "that one is registered elsewhere"
    );
    assert!(
        refused(HOME, "SEP0011AA00000F", ""),
        "there is no such phone"
    );
    assert!(!refused(HOME, STRAY, ""));
    let own = office.browser(0, OLD);
    let page = own.go(&format!("/idle?name={}", PHONES[0]));
    assert!(page.shown().contains("Nobody"), "{}", page.shown());
}

/// A Perch that plays the call manager where the phones are registered, and one beside it.
struct Pair {
    manager: Office,
    perch: Perch,
    _dir: TempDir,
}

impl Pair {
    fn with(password: &str) -> Pair {
        let manager = Office::with("", STRAY_SITE);
        let dir = TempDir::new().expect("there is room for temporary files");
        let secret = dir.path().join("password");
        fs::write(&secret, password).expect("the directory is ours");
        let url = format!("https://{}/emservice/EMServiceServlet", manager.pages_tls());
        let ca = manager.certificate();
        let settings = format!(
            "{NETWORKS}[cucm]\nurls = [\"https://127.0.0.1:9/nobody\", \"{url}\"]\nuser = \"reception\"\n\
             password_file = {secret:?}\nca = {ca:?}\nphones = [\"SEP0011AA*\"]\nidle_limit_min = 60\n"
        );
        let perch = Perch::with_settings(dir.path(), &settings);
        Pair {
            manager,
            perch,
            _dir: dir,
        }
    }

    /// A phone of the call manager asks Perch for its idle page, after so many seconds without use.
    fn rests(&self, device: &str, after: u64) {
        let pages = self.perch.at(Ipv4Addr::LOCALHOST.into(), 8080);
        let phone = Browser::at(IpAddr::V4(HOME), pages, device, OLD);
        let page = phone.go(&format!("/idle?name={device}&after={after}"));
        again(&page);
    }

    fn asked(&self, task: &str, outcome: &str) -> bool {
        let line = format!("perch_cucm_requests_total{{task=\"{task}\",outcome=\"{outcome}\"}}");
        self.perch.metrics().contains(&line)
    }
}

/// rules: IDL-7, IDL-4
#[test]
fn whoever_does_not_use_a_phone_of_another_call_manager_is_logged_out_there() {
    let pair = Pair::with("open sesame\n");
    let manager = &pair.manager.server;
    manager.tell(&["login", STRAY, "bob"]);
    manager.tell(&["login", PHONES[0], "alice"]);
    // Half an hour is not enough.
    pair.rests(PHONES[0], 1800);
    wait_until("it was asked", Duration::from_secs(20), || {
        pair.asked("ask", "done")
    });
    pair.rests(STRAY, 7200);
    wait_until("bob is logged out", Duration::from_secs(20), || {
        manager.phone_of("bob").is_none()
    });
    assert_eq!(manager.phone_of("alice").as_deref(), Some(PHONES[0]));
    let explained = wait_for("it says why", Duration::from_secs(20), || {
        let said = pair.perch.ask(&["explain", STRAY]).out;
        said.contains("Perch had bob logged out there")
            .then_some(said)
    });
    assert!(
        explained.contains("nobody had used the phone for 120 min"),
        "{explained}"
    );
    let alice = pair.perch.tell(&["explain", PHONES[0]]);
    assert!(alice.contains("alice is logged in there"), "{alice}");
    let metrics = pair.perch.metrics();
    assert!(metrics.contains("perch_cucm_phones_watched 2"), "{metrics}");
}

#[test]
fn a_call_manager_that_does_not_believe_perch_is_told_of_and_asked_again() {
    let pair = Pair::with("wrong");
    pair.manager.server.tell(&["login", STRAY, "bob"]);
    pair.rests(STRAY, 7200);
    let explained = wait_for("it says what is wrong", Duration::from_secs(20), || {
        let said = pair.perch.ask(&["explain", STRAY]).out;
        said.contains("It could not be asked").then_some(said)
    });
    assert!(explained.contains("error 3"), "{explained}");
    assert!(pair.asked("ask", "failed"));
    assert!(
        !pair.perch.log().contains("wrong\""),
        "{}",
        pair.perch.log()
    );
    assert!(pair.manager.server.phone_of("bob").is_some());
}
