//! Agents of the manual's hunt group who do not answer, on real phones.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::baresip::Baresip;
use super::built_server::{Perch, free_ports, wait_until};
use super::installed::directory;
use super::sipp::Sipp;
use super::softphone::Over;
use super::{HIGH, LOW, has_baresip, has_sipp};

const SITE: &str = include_str!("../../fixtures/sites/hunt.toml");

/// How long a member rings here, in seconds: nobody waits for ten.
const HOP_S: u32 = 3;

const SOON: Duration = Duration::from_secs(15);

/// The manual's group, and what is otherwise.
fn apply(dir: &Path, server: &Perch, other: &[(&str, &str)]) {
    let hop = format!("timeout_s = {HOP_S}\n");
    let site = SITE.replace("timeout_s = 10\n", &hop);
    let site = other.iter().fold(site, |site, (was, is)| {
        assert!(site.contains(was), "{was}");
        site.replace(was, is)
    });
    let file = dir.join("hunt.toml");
    std::fs::write(&file, site).expect("the directory is ours");
    server.tell(&["apply", &file.display().to_string()]);
}

/// Whether a member is ready, and why not.
fn member(server: &Perch, dn: &str) -> (bool, String) {
    let groups = server.json(&["hunt"]);
    let members = groups[0]["members"].as_array().expect("a group");
    let member = members.iter().find(|it| it["dn"] == dn).expect("a member");
    let why = member["why"].as_str().unwrap_or_default().to_owned();
    (member["ready"] == true, why)
}

/// The sums of every column of numbers, of the group and of its members.
fn sums(csv: &str) -> [BTreeMap<String, f64>; 2] {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a heading");
    let mut sums = [BTreeMap::new(), BTreeMap::new()];
    for line in lines {
        let of = usize::from(!line[2].is_empty());
        for (name, value) in names.iter().zip(&line).skip(3) {
            let value: f64 = value.parse().expect("a number");
            *sums[of].entry((*name).to_owned()).or_default() += value;
        }
    }
    sums
}

/// What is measured of the group.
fn measured(server: &Perch) -> BTreeMap<String, f64> {
    let metrics = server.metrics();
    let of_group = metrics.lines().filter_map(|line| {
        let (name, value) = line
            .strip_prefix("perch_hunt_")?
            .split_once("{group=\"3\"} ")?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    of_group.collect()
}

/// rules: HG-2, HG-3, HG-4, HG-5
///
/// One missed call is too many: a softphone that is not answered, and sipp as an agent who does not answer.
#[test]
fn who_does_not_answer_once_is_not_ready_and_can_be_called() {
    if !has_baresip() || !has_sipp() {
        return;
    }
    let dir = directory();
    let mut server = Perch::with_settings(dir.path(), "");
    apply(dir.path(), &server, &[]);
    let ann = Baresip::register(dir.path(), &server, "desk-1", Over::Udp, LOW);
    let caller = Baresip::register(dir.path(), &server, "desk-3", Over::Tcp, HIGH);
    let port = free_ports(1);
    let ben = |scenario| Sipp::new(dir.path(), server.sip(), scenario, "desk-2");
    Sipp {
        contact_port: Some(port),
        ..ben("register.xml")
    }
    .run();
    ann.dial_code("*11*1001*1001#");
    server.tell(&["login", "desk-2", "u1002"]);

    // Neither of them answers, and nobody is at the final number.
    let rings = Sipp {
        port,
        ..ben("callee_given_up.xml")
    };
    let rings = rings.start();
    caller.dial("4200");
    ann.rings();
    ann.wait("CALL_CLOSED");
    caller.wait("CALL_CLOSED");
    rings.end();
    for dn in ["1001", "1002"] {
        assert_eq!(
            member(&server, dn),
            (false, "too many were missed".to_owned())
        );
    }
    // Hunt calls pass by, and other calls ring.
    caller.dial_in_vain("4200");
    caller.dial("1001");
    ann.rings();
    caller.hang_up();
    ann.wait("CALL_CLOSED");
    // Back by the code.
    ann.dial_code("*4");
    assert_eq!(member(&server, "1001"), (true, String::new()));
    caller.dial("4200");
    ann.rings();
    ann.answer();
    caller.wait("CALL_ESTABLISHED");
    caller.hang_up();
    ann.wait("CALL_CLOSED");

    let metrics = measured(&server);

    // What was counted is there after a restart, and adds up.
    assert!(server.terminate().success());
    server.start_again();
    let [group, members] = sums(&server.tell(&["hunt", "statistics", "--group", "3"]));
    let expected = [
        ("calls", 3.0),
        ("offered", 3.0),
        ("answered", 1.0),
        ("missed", 2.0),
        ("abandoned", 0.0),
        ("passed_on", 2.0),
    ];
    for (name, count) in expected {
        assert_eq!(group[name], count, "{name}: {group:?}");
    }
    for name in ["offered", "answered", "missed", "talk_s", "ready_s"] {
        assert!(
            (group[name] - members[name]).abs() < 0.001,
            "{name}: {group:?} {members:?}"
        );
    }
    assert!(group["ready_s"] > 0.0 && group["longest_wait_s"] >= f64::from(2 * HOP_S));
    // Whoever scraped the server saw the same.
    for name in [
        "calls",
        "offered",
        "answered",
        "missed",
        "abandoned",
        "queued",
        "passed_on",
        "picked_up",
    ] {
        assert_eq!(metrics[name], group[name], "{name}: {metrics:?}");
    }
    assert_eq!(metrics["talked_milliseconds"], group["talk_s"] * 1000.0);
    assert_eq!(metrics["members"], 3.0);
}

/// rules: HG-1, HG-5
///
/// Callers who wait are seen while they do: in the status, among the groups, and by whoever scrapes the server.
#[test]
fn who_waits_is_seen_by_everybody_who_asks() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::with_settings(dir.path(), "");
    let queue = "final = \"4500\"\nqueue = { length = 3, max_wait_s = 100 }\n";
    apply(dir.path(), &server, &[("final = \"4500\"\n", queue)]);
    let caller = Baresip::register(dir.path(), &server, "desk-3", Over::Tcp, HIGH);
    let queues = || server.json(&["status"])["hunt_queues"].clone();
    assert_eq!(queues(), serde_json::json!([]));
    assert_eq!(measured(&server)["waiting"], 0.0);

    caller.dial("4200");
    wait_until("the caller waits", SOON, || queues()[0]["waiting"] == 1);
    assert_eq!(queues()[0]["group"], "3");
    assert_eq!(queues()[0]["ready"], 0);
    wait_until("it takes time", SOON, || {
        measured(&server)["longest_wait_milliseconds"] > 0.0
    });
    let text = server.tell(&["status"]);
    assert!(
        text.contains("3, calls waiting: 1, the longest for"),
        "{text}"
    );
    let groups = server.tell(&["hunt"]);
    assert!(groups.contains("1, up to"), "{groups}");
    assert!(server.json(&["hunt"])[0]["longest_wait_ms"].as_u64() > Some(0));
    let metrics = measured(&server);
    assert_eq!((metrics["waiting"], metrics["queued"]), (1.0, 1.0));

    caller.hang_up();
    wait_until("nobody waits", SOON, || queues() == serde_json::json!([]));
    let metrics = measured(&server);
    assert_eq!((metrics["waiting"], metrics["abandoned"]), (0.0, 1.0));
    assert_eq!(metrics["longest_wait_milliseconds"], 0.0);
}

/// rules: HG-2, HG-3
///
/// Three missed calls in a row are too many, and then nobody is to disturb the phone.
#[test]
fn who_does_not_answer_three_times_is_not_to_be_disturbed() {
    if !has_baresip() {
        return;
    }
    let dir = directory();
    let server = Perch::with_settings(dir.path(), "");
    let otherwise = [
        (
            "hunt_group_logout = \"HLog\"",
            "hunt_group_logout = \"DND\"",
        ),
        (
            "auto_logout = 1\n",
            "auto_logout = 3\nauto_logout_of = \"static\"\n",
        ),
    ];
    apply(dir.path(), &server, &otherwise);
    let ann = Baresip::register(dir.path(), &server, "desk-1", Over::Udp, LOW);
    let caller = Baresip::register(dir.path(), &server, "desk-3", Over::Tcp, HIGH);
    ann.dial_code("*11*1001*1001#");
    for missed in 1..=3 {
        assert_eq!(member(&server, "1001"), (true, String::new()), "{missed}");
        caller.dial("4200");
        ann.rings();
        ann.wait("CALL_CLOSED");
        caller.wait("CALL_CLOSED");
    }
    wait_until("she is not ready", SOON, || !member(&server, "1001").0);
    let explained = server.tell(&["explain", "desk-1"]);
    assert!(
        explained.contains("Nobody at desk-1 is to be disturbed"),
        "{explained}"
    );
    assert_eq!(caller.dial_in_vain("1001"), "486 Busy Here");
    ann.dial_code("*79");
    assert_eq!(member(&server, "1001"), (true, String::new()));
    caller.dial("4200");
    ann.rings();
    caller.hang_up();
    ann.wait("CALL_CLOSED");
}
