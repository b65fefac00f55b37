//! `perch-load` still plays what it plays: its scenarios with SCCP phones, and phones that fetch files, small, on the built server.
//!
//! Over real sockets and in real time; that nothing was lost is what counts here, and never how long it took.

use std::process::Command;

use serde_json::Value;

/// Runs `perch-load` with a server of its own, to its end.
fn perch_load(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_perch-load"))
        .args(arguments)
        .args(["--start", env!("CARGO_BIN_EXE_perch"), "--json"])
        .output()
        .expect("the built program can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

fn number(value: &Value, key: &str) -> u64 {
    let found = value[key].as_u64();
    found.unwrap_or_else(|| panic!("{key} is no count in {value}"))
}

/// What was measured of a model and way.
fn swaps<'a>(measured: &'a Value, model: &str, way: &str) -> &'a Value {
    let all = measured.as_array().expect("a list");
    let mut all = all.iter();
    let found = all.find(|one| one["model"] == model && one["way"] == way);
    found.unwrap_or_else(|| panic!("no {model} {way} in {measured}"))
}

#[test]
fn live_swaps_keep_the_connection_and_restarts_open_one_each() {
    let run = ["sccp-swap", "--swaps", "20", "--models", "7975,7960,7910"];
    let measured = perch_load(&run);
    for model in ["7975", "7960", "7910"] {
        let live = swaps(&measured, model, "live");
        assert!(number(live, "swaps") >= 20, "{live}");
        assert_eq!(number(live, "failed"), 0, "{live}");
        assert_eq!(number(live, "reconnects"), 0, "{live}");
        let anew = swaps(&measured, model, "restart");
        assert!(number(anew, "swaps") >= 20, "{anew}");
        assert_eq!(number(anew, "failed"), 0, "{anew}");
        let swaps = number(anew, "swaps");
        assert_eq!(number(anew, "reconnects"), swaps, "{anew}");
    }
}

/// rules: ADM-1
#[test]
fn programs_log_people_in_and_out_while_others_call() {
    let size = ["--phones", "40", "--users", "20", "--ports", "8"];
    let pace = ["--per-minute", "1200", "--minutes", "0.05"];
    let run = ["emapi", "--calls-per-second", "10"];
    let found = perch_load(&[&run[..], &size, &pace].concat());
    for (name, done) in [("emapi", 60), ("call", 30)] {
        let streams = found["streams"].as_array().expect("a list");
        let mut named = streams.iter().filter(|stream| stream["name"] == name);
        let stream = named.next().expect("it is there");
        assert_eq!(number(stream, "failed"), 0, "{stream}");
        assert_eq!(number(stream, "done"), done, "{stream}");
    }
}

#[test]
fn whoever_logs_in_by_code_has_the_phone_when_it_is_hung_up() {
    let run = [
        "sccp-swap",
        "--swaps",
        "10",
        "--ways",
        "own",
        "--door",
        "code",
    ];
    let measured = perch_load(&[&run[..], &["--models", "7975,7960"]].concat());
    for model in ["7975", "7960"] {
        let swaps = swaps(&measured, model, "own");
        assert_eq!(number(swaps, "failed"), 0, "{swaps}");
    }
}

#[test]
fn phones_come_back_to_a_server_that_was_killed() {
    let steps = ["--steps", "keep-alives,restart", "--seconds", "1"];
    let how = ["--keep-alives", "200", "--spread", "0.2"];
    let run = ["sccp-register", "--phones", "60", "--patience", "60"];
    let found = perch_load(&[&run[..], &steps, &how].concat());
    assert!(number(&found, "keep_alive_count") >= 200, "{found}");
    assert_eq!(number(&found, "keep_alive_lost"), 0, "{found}");
    for key in ["registering_rejected", "restart_rejected"] {
        assert_eq!(number(&found, key), 0, "{found}");
    }
}

#[test]
fn a_building_of_phones_boots_and_nobody_else_has_their_files() {
    let how = ["--spread", "0.5", "--strangers", "12"];
    let models = ["--models", "7960,8861,8861-tls,yealink"];
    let run = ["boot-storm", "--phones", "100", "--patience", "60"];
    let found = perch_load(&[&run[..], &how, &models].concat());
    assert_eq!(number(&found, "phones_count"), 100, "{found}");
    // Each model has its own number of files.
    for (way, files) in [
        ("tftp", 25 * 6),
        ("http", 25 * 6 + 25 * 3),
        ("https", 25 * 2),
    ] {
        assert_eq!(number(&found, &format!("{way}_count")), files, "{found}");
    }
    assert_eq!(number(&found, "errors"), 0, "{found}");
    assert_eq!(number(&found, "stolen_at"), 12, "{found}");
    assert_eq!(number(&found, "leaked"), 0, "{found}");
}

/// rules: CAL-3
#[test]
fn five_hundred_watchers_hear_of_each_change() {
    let run = ["watch", "--watchers", "500", "--calls", "2"];
    let found = perch_load(&run);
    assert_eq!(number(&found, "watchers"), 500, "{found}");
    assert_eq!(number(&found, "changes"), 4, "{found}");
    assert!(number(&found, "notifies") >= 4 * 500, "{found}");
    assert_eq!(number(&found, "heard_count"), 4, "{found}");
    assert_eq!(number(&found, "refused_calls"), 2, "{found}");
    assert_eq!(number(&found, "failed"), 0, "{found}");
}

/// rules: TOD-2, TOD-3
#[test]
fn a_job_logs_everybody_out_once_and_those_in_calls_when_they_end() {
    let size = ["--phones", "120", "--users", "120", "--in-calls", "20"];
    let found = perch_load(&[&["mass-logout", "--ports", "8"][..], &size].concat());
    for (key, expected) in [
        ("logged_in", 120),
        ("calls", 10),
        ("waiting", 20),
        ("job_total", 120),
        ("job_done", 120),
        ("job_after_calls", 20),
        ("users_out", 120),
        ("records", 120),
    ] {
        assert_eq!(number(&found, key), expected, "{key} in {found}");
    }
}

/// rules: TOD-3
#[test]
fn a_job_that_is_killed_in_the_middle_logs_everybody_out_once() {
    let size = ["--phones", "120", "--users", "120", "--in-calls", "20"];
    // Slow, so that there is a middle.
    let how = ["--kill", "--pace", "60", "--ports", "8"];
    let found = perch_load(&[&["mass-logout"][..], &size, &how].concat());
    assert!(number(&found, "killed_at") > 0, "{found}");
    for (key, expected) in [
        ("job_total", 120),
        ("job_done", 120),
        ("users_out", 120),
        ("records", 120),
    ] {
        assert_eq!(number(&found, key), expected, "{key} in {found}");
    }
}
