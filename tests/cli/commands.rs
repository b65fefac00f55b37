//! The commands: what they print, and how they exit.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use expect_test::expect;
use serde_json::Value;
use tempfile::TempDir;

use crate::host::{DEMO, Server, file, perch, run, run_reading, text};

#[test]
fn a_login_shows_until_the_logout() {
    let server = Server::demo();
    assert_eq!(server.perch(&["who"]).ok(), "nobody is logged in\n");
    server.perch(&["login", "desk-1", "u2001"]).ok();
    let who = server.perch(&["who"]).ok();
    let lines: Vec<&str> = who.lines().collect();
    assert_eq!(lines.len(), 2, "{who}");
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>().join(" "),
        "USER NAME DN PHONE SINCE USED NEXT LOGOUT"
    );
    assert!(
        lines[1].starts_with("u2001  Alice  2001  desk-1  "),
        "{who}"
    );
    assert!(lines[1].ends_with(" (idle)"), "{who}");
    let json = server.perch(&["who", "--json"]).json();
    assert_eq!(json[0]["door"], "control");
    assert_eq!(json[0]["next_logout_cause"], "idle");
    server.perch(&["logout", "--user", "u2001"]).ok();
    assert_eq!(
        server.perch(&["who", "--json"]).json(),
        Value::Array(Vec::new())
    );
    let explained = server.perch(&["explain", "desk-1", "--json"]).json();
    assert_eq!(explained["last"]["user"], "u2001");
    assert_eq!(explained["last"]["cause"], "admin");
    assert!(!server.perch(&["explain", "u2001"]).ok().trim().is_empty());
}

#[test]
fn a_pin_that_is_given_must_be_right_and_never_shows() {
    let server = Server::demo();
    let login = ["login", "desk-1", "u2002", "--pin-stdin"];
    let wrong = server.perch_reading(&login, "987654\n");
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(1), ""), "{wrong:?}");
    assert!(!wrong.err.contains("987654"));
    let locks = server.perch(&["locks", "--json"]).json();
    assert_eq!(locks[0]["user"], "u2002");
    assert_eq!(locks[0]["failures"], 1);
    server.perch_reading(&login, "2222\n").ok();
    let empty = server.perch_reading(&login, "").refused();
    assert!(empty.contains("no PIN was given"), "{empty}");
    let (_, log) = server.stop();
    assert!(!log.contains("987654") && !log.contains("2222"), "{log}");
}

#[test]
fn a_lock_is_shown_and_taken_away() {
    let server = Server::demo();
    assert_eq!(server.perch(&["locks"]).ok(), "nobody is locked\n");
    for _ in 0..3 {
        server
            .perch_reading(&["login", "desk-1", "u2001", "--pin-stdin"], "9999\n")
            .refused();
    }
    let locks = server.perch(&["locks"]).ok();
    assert!(locks.contains("\nu2001 "), "{locks}");
    let locks = server.perch(&["locks", "--json"]).json();
    assert!(locks[0]["until"].is_string(), "{locks}");
    server
        .perch_reading(&["login", "desk-1", "u2001", "--pin-stdin"], "1111\n")
        .refused();
    server.perch(&["unlock", "u2001"]).ok();
    server
        .perch_reading(&["login", "desk-1", "u2001", "--pin-stdin"], "1111\n")
        .ok();
}

#[test]
fn events_are_shown_as_they_happen() {
    let server = Server::demo();
    let mut watcher = server
        .command(&["events", "--follow", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command can be run");
    let lines = BufReader::new(watcher.stdout.take().expect("it is piped")).lines();
    // The stream begins some time after the command: events are made until one shows.
    let (first, enough) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let events = lines.map(|line| -> Value {
            let event = serde_json::from_str(&line.expect("text")).expect("JSON");
            // Only the first is waited for.
            let _ = first.send(());
            event
        });
        events.collect::<Vec<Value>>()
    });
    loop {
        server.perch(&["login", "desk-1", "u2001"]).ok();
        server.perch(&["logout", "--phone", "desk-1"]).ok();
        if enough.try_recv().is_ok() {
            break;
        }
    }
    server.perch(&["login", "desk-2", "u2002"]).ok();
    server.perch(&["logout", "--phone", "desk-2"]).ok();
    assert!(server.stop().0.success());
    assert_eq!(
        watcher.wait().expect("it ends with the server").code(),
        Some(1)
    );
    let events = reader.join().expect("the reader got its events");
    let numbers: Vec<u64> = events
        .iter()
        .filter_map(|event| event["number"].as_u64())
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{numbers:?}"
    );
    let out = events.iter().find(|event| event["event"] == "logged-out");
    assert_eq!(out.expect("one of them is a logout")["cause"], "admin");
}

#[test]
fn a_site_file_is_planned_and_applied_or_its_problems_are_shown() {
    let server = Server::demo();
    let dir = TempDir::new().expect("a temporary directory");
    let changed = DEMO.replace("display_name = \"Alice\"", "display_name = \"Alicia\"");
    let changed = file(&dir, "changed.toml", &changed);
    let plan = server.perch(&["plan", text(&changed)]).ok();
    assert!(plan.contains("Alicia"), "{plan}");
    assert_eq!(server.perch(&["status", "--json"]).json()["revision"], 1);
    let stale = server
        .perch(&["apply", text(&changed), "--revision", "7"])
        .refused();
    assert!(stale.contains("revision"), "{stale}");
    let applied = server
        .perch(&["apply", text(&changed), "--revision", "1"])
        .ok();
    assert!(applied.ends_with("in force as revision 2\n"), "{applied}");
    let wrong = DEMO.replace("profiles = [\"temp\"]", "profiles = [\"clown\"]");
    let wrong = file(&dir, "wrong.toml", &wrong);
    for command in ["plan", "apply"] {
        let said = server.perch(&[command, text(&wrong)]);
        let place = format!("{}:", text(&wrong));
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
        assert!(
            said.err.starts_with(&place) && said.err.contains("clown"),
            "{said:?}"
        );
        assert!(
            said.err
                .ends_with("perch: 1 problem; nothing was changed\n"),
            "{said:?}"
        );
    }
    let json = server.perch(&["plan", text(&wrong), "--json"]);
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert!(
        json["problems"][0]["line"]
            .as_u64()
            .is_some_and(|line| line > 1)
    );
    assert_eq!(server.perch(&["status", "--json"]).json()["revision"], 2);
}

#[test]
fn a_backup_never_overwrites_and_can_be_made_without_the_server() {
    let dir = TempDir::new().expect("a temporary directory");
    let data = dir.path().join("data");
    let server = Server::start(&["--demo"], &data);
    let (first, second) = (dir.path().join("first.db"), dir.path().join("second.db"));
    server.perch(&["backup", text(&first)]).ok();
    let refused = server.perch(&["backup", text(&first)]).refused();
    assert!(refused.contains("never overwrites"), "{refused}");
    assert!(server.stop().0.success());
    run(perch().args(["backup", text(&second), "--data", text(&data)])).ok();
    assert!(first.is_file() && second.is_file());
}

#[test]
fn refusals_exit_with_1_and_mistakes_with_2() {
    let server = Server::demo();
    let refused = server.perch(&["explain", "nobody-here"]).refused();
    assert_eq!(refused, "perch: there is no such phone or user\n");
    server.perch(&["login", "desk-77", "u2001"]).refused();
    server.perch(&["logout", "--user", "u2004"]).refused();
    for mistake in [
        &["logout"][..],
        &["logout", "--user", "u2001", "--phone", "desk-1"],
        &["login", "desk-1"],
        &["login", "desk-1", "u2001", "1111"],
        &["events"],
        &["dance"],
        &[],
    ] {
        assert_eq!(run(perch().args(mistake)).code, Some(2), "{mistake:?}");
    }
}

/// rules: SES-17
#[test]
fn a_softphone_is_set_up_with_a_password_that_is_shown_once() {
    let json = run(perch().args([
        "softphone",
        "u2001",
        "--new-password",
        "--server",
        "pbx.example.com",
        "--json",
    ]))
    .json();
    let password = json["password"].as_str().expect("a new one").to_owned();
    assert_eq!((json["port"].as_u64(), password.len()), (Some(5060), 20));
    let uri = format!("sip:u2001:{password}@pbx.example.com:5060;transport=udp");
    assert_eq!(json["uri"], uri);

    let setup = [
        "softphone",
        "2001",
        "--password-stdin",
        "--server",
        "192.0.2.1",
    ];
    let said = run_reading(perch().args(setup), "long-enough\n").ok();
    assert!(
        said.contains("long-enough") && said.contains('\u{2588}'),
        "{said}"
    );
    assert!(
        !said.contains("sip_secret"),
        "it is in the site already: {said}"
    );
    let baresip = [&setup[..], &["--for", "baresip", "--transport", "tls"]].concat();
    expect![[r"
        <sip:2001@192.0.2.1:5061;transport=tls>;auth_user=2001;auth_pass=long-enough;regint=600
    "]]
    .assert_eq(&run_reading(perch().args(baresip), "long-enough\n").ok());

    let said = run(perch().args(["softphone", "u2001", "--new-password", "--server", "pbx"])).ok();
    assert!(said.contains("sip_secret = \""), "{said}");
    for (arguments, why) in [
        (
            &["softphone", "a/b", "--new-password"][..],
            "neither a user id",
        ),
        (
            &["softphone", "u2001", "--new-password", "--server", "p bx"],
            "is no host",
        ),
        (
            &[
                "softphone",
                "u2001",
                "--new-password",
                "--transport",
                "wss",
                "--for",
                "baresip",
            ],
            "does not speak SIP over WebSocket",
        ),
    ] {
        let refused = run(perch().args(arguments)).refused();
        assert!(refused.contains(why), "{refused}");
    }
    let refused = run_reading(perch().args(setup), "a;b\n").refused();
    assert!(
        refused.contains("--new-password") && !refused.contains("a;b"),
        "{refused}"
    );
    for mistake in [
        &["softphone", "u2001"][..],
        &["softphone", "--new-password"],
    ] {
        assert_eq!(run(perch().args(mistake)).code, Some(2), "{mistake:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let said = run(perch().args(["who", "--control", "127.0.0.1:1"]));
    expect![[r"
        perch: no server answers at 127.0.0.1:1: Connection refused (os error 111). Is it running? Name another with --control or --port-offset
    "]]
    .assert_eq(&said.refused());
}

#[test]
fn a_reader_that_went_away_is_no_panic() {
    let server = Server::demo();
    let mut command = server.command(&["status"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be run");
    drop(child.stdout.take());
    let said = child.wait_with_output().expect("it ends");
    assert_eq!(said.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&said.stderr), "");
}
