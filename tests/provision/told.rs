//! The built server: phones that are told that their files are others now, and that say by an address when they are used.

use std::net::Ipv4Addr;
use std::time::Duration;

use perch::sip::wire::Name;
use rsip::Method;

use crate::built_server::{Perch, text, wait_for, wait_until};
use crate::fetch::{between, call, get};
use crate::installed::directory;
use crate::wire_phone::{Over, Phone};

/// How long the server may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// A phone of the demo, and what its file is like.
struct Make {
    phone: &'static str,
    file: &'static str,
    /// What stands around its password.
    password: (&'static str, &'static str),
    /// What it is told.
    event: &'static str,
    /// What stands around the address that it asks for when it is used, and what that shows then.
    used: (&'static str, &'static str, &'static str),
}

const MAKES: [Make; 3] = [
    Make {
        phone: "desk-23",
        file: "/001122334423.cfg",
        password: ("account.1.password = ", "\n"),
        event: "check-sync;reboot=false",
        used: ("action_url.off_hook = ", "\n", "going off hook"),
    },
    Make {
        phone: "desk-24",
        file: "/snomD785-001122334424.htm",
        password: ("<user_pass idx=\"1\" perm=\"\">", "<"),
        event: "check-sync;reboot=false",
        used: ("<action_onhook_url perm=\"\">", "<", "going on hook"),
    },
    Make {
        phone: "desk-25",
        file: "/001122334425-perch.cfg",
        password: ("reg.1.auth.password=\"", "\""),
        event: "check-sync",
        used: ("apps.telNotification.URL=\"", "\"", "a key press"),
    },
];

/// Takes what the phone is told; it may be told something else before.
fn hear(phone: &mut Phone, event: &str) {
    let notify = phone.link.take();
    assert_eq!(notify.method(), Some(Method::Notify), "{notify:?}");
    assert_eq!(notify.text(Name::Event).as_deref(), Some(event));
    phone.respond(&notify, 200, b"");
}

/// rules: SES-1, SES-7, IDL-7
#[test]
fn a_phone_that_is_told_reads_whose_it_is_and_says_when_it_is_used() {
    let dir = directory();
    let server = Perch::demo(dir.path());
    for make in MAKES {
        let (_, before) = get(&server, make.file);
        assert!(!before.contains("Alice"), "{}: {before}", make.phone);
        let mut phone = Phone::new(make.phone, Over::Udp, server.sip());
        phone.password = between(&before, make.password.0, make.password.1).to_owned();
        assert_eq!(phone.register().status(), Some(200), "{}", make.phone);

        server.tell(&["login", make.phone, "u2001"]);
        hear(&mut phone, make.event);
        let (_, after) = get(&server, make.file);
        assert!(after.contains("Alice"), "{}: {after}", make.phone);

        let (begin, end, shows) = make.used;
        let address = between(&after, begin, end);
        assert_eq!(call(address, Ipv4Addr::new(127, 0, 0, 9)), 403, "{address}");
        assert_eq!(call(address, Ipv4Addr::LOCALHOST), 200, "{address}");
        let used = wait_for("the phone to be used", PATIENCE, || {
            let who = server.json(&["who"]);
            let users = who.as_array().cloned().unwrap_or_default();
            let alice = users.iter().find(|one| text(&one["phone"]) == make.phone)?;
            Some(text(&alice["last_used_by"]))
        });
        assert_eq!(used, shows, "{}", make.phone);
        assert_eq!(
            call(&address.replace("off-hook", "on-hook"), Ipv4Addr::LOCALHOST),
            200
        );

        let said = server.tell(&["reset", make.phone, "--hard"]);
        assert!(said.contains("told to start anew"), "{said}");
        let hard = make.event.replace("=false", "=true");
        hear(&mut phone, &hard);
        server.tell(&["logout", "--phone", make.phone]);
        hear(&mut phone, make.event);
        let (_, after) = get(&server, make.file);
        assert!(!after.contains("Alice"), "{}: {after}", make.phone);
    }
    let took = "perch_sip_phones_told_total{outcome=\"took\"} 9";
    wait_until("every phone to have taken it", PATIENCE, || {
        server.metrics().contains(took)
    });
}
