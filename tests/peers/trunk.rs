//! Carriers that refuse, die and come back: sipp plays them, and a phone that calls.

use std::path::Path;
use std::time::Duration;

use super::built_server::{Perch, free_ports, text, wait_until};
use super::sipp::{Running, Sipp};
use super::{directory, has_sipp};

/// How long the server may take to notice that a carrier is gone, or is there again: two questions and a bit.
const NOTICED: Duration = Duration::from_secs(40);

fn site(first: u16, second: u16) -> String {
    format!(
        "[site]\nname = \"carriers\"\n\
         [class_of_service.guest]\ncall_guests = true\ncalls = [\"national\"]\n\
         [class_of_service.outside]\ncall_guests = true\n\
         [logout_profile.lobby]\nclass = \"guest\"\ndisplay_name = \"Lobby\"\n\
         [phone.desk-1]\nlogout_profile = \"lobby\"\nguest_dn = \"9001\"\npassword = \"desk-1-secret\"\n\
         location = \"2nd floor\"\nemergency_number = \"+31205559001\"\n\
         [trunk.first]\naddresses = [\"sip:127.0.0.1:{first}\"]\nclass = \"outside\"\nprobe_s = 5\n\
         [trunk.second]\naddresses = [\"sip:127.0.0.1:{second}\"]\nclass = \"outside\"\nprobe_s = 5\n\
         [route.outside]\nprefix = \"0\"\nkind = \"national\"\ntrunks = [\"first\", \"second\"]\n\
         [emergency]\n112 = [\"first\", \"second\"]\n"
    )
}

fn carrier<'a>(
    dir: &'a Path,
    server: &Perch,
    scenario: &'static str,
    port: u16,
    says: &'a str,
) -> Running {
    let sipp = Sipp {
        port,
        calls: 10_000,
        fills: vec![("@SAYS@", says)],
        ..Sipp::new(dir, server.sip(), scenario, "carrier")
    };
    sipp.start()
}

/// A phone at which nobody is logged in calls, talks, and hangs up.
fn call(dir: &Path, server: &Perch, number: &str) {
    let sipp = Sipp {
        dials: number,
        ..Sipp::new(dir, server.sip(), "caller.xml", "desk-1")
    };
    sipp.run();
}

fn trunk(server: &Perch, name: &str) -> serde_json::Value {
    let status = server.json(&["status"]);
    let trunks = status["trunks"].as_array().cloned().unwrap_or_default();
    let found = trunks.into_iter().find(|trunk| trunk["name"] == name);
    found.expect("it is one of the site's")
}

fn wait_for_state(server: &Perch, name: &str, state: &str) {
    wait_until(&format!("{name} is {state}"), NOTICED, || {
        text(&trunk(server, name)["state"]) == state
    });
}

/// rules: CAL-5, EMG-1, SES-10
#[test]
fn a_carrier_that_refuses_and_dies_is_passed_by_and_help_is_told_where() {
    if !has_sipp() {
        return;
    }
    let dir = directory();
    let dir = dir.path();
    let server = Perch::with_settings(dir, "");
    let (first, second) = (free_ports(1), free_ports(1));
    let file = dir.join("site.toml");
    std::fs::write(&file, site(first, second)).expect("the directory is ours");
    let full = carrier(dir, &server, "carrier_full.xml", first, "");
    let other = carrier(dir, &server, "carrier.xml", second, "INVITE");
    server.tell(&["apply", &file.display().to_string()]);
    wait_for_state(&server, "first", "up");
    wait_for_state(&server, "second", "up");

    call(dir, &server, "0201234");
    assert_eq!(trunk(&server, "first")["failovers"], 1);
    assert_eq!(trunk(&server, "second")["calls_out"], 1);

    drop(full);
    call(dir, &server, "0201234");
    assert_eq!(trunk(&server, "second")["calls_out"], 2);
    wait_for_state(&server, "first", "down");
    let explained = server.tell(&["explain", "first"]);
    assert!(explained.contains("it does not answer"), "{explained}");
    let shown = server.tell(&["status"]);
    assert!(shown.contains("first, down since"), "{shown}");

    drop(other);
    let place = "Geolocation: .*ca:LOC.2nd floor";
    let helper = carrier(dir, &server, "carrier.xml", second, place);
    call(dir, &server, "112");
    assert_eq!(trunk(&server, "second")["calls_out"], 3);
    drop(helper);

    let _back = carrier(dir, &server, "carrier.xml", first, "INVITE");
    wait_for_state(&server, "first", "up");
    let before = trunk(&server, "first")["calls_out"].as_u64();
    call(dir, &server, "0201234");
    let after = trunk(&server, "first")["calls_out"].as_u64();
    assert_eq!(after, before.map(|before| before + 1));
    let metrics = server.metrics();
    assert!(
        metrics.contains("perch_trunk_up{trunk=\"first\"} 1"),
        "{metrics}"
    );
}
