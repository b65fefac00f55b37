//! A phone comes back with other firmware than it is to have; and the key by which wireless ones leave.

use std::sync::Arc;

use perch::exchange::Input;
use perch::sccp::wire::{FromPhone, ResetType, ToPhone};

use super::bench::{Bench, Kind, NEW, site};

/// Its red key ends calls, and held without one its user leaves.
const WIRELESS: Kind = ("7921", 365, 11);

const WANTED: &str = "SCCP75.9-4-2S";
const BEFORE: &str = "SCCP75.8-5-2S";

fn number(bench: &Bench, connection: u64) -> String {
    bench.last(connection, |message| match message {
        ToPhone::LineStat(line) => Some(line.number.clone()),
        _ => None,
    })
}

fn prompt(bench: &Bench, connection: u64) -> String {
    bench.last(connection, |message| match message {
        ToPhone::DisplayPromptStatus(prompt) => Some(prompt.text.literal.clone()),
        _ => None,
    })
}

/// What the phone hears that it is to fetch.
fn load_to_fetch(bench: &mut Bench, connection: u64) -> String {
    bench.say(connection, FromPhone::VersionReq);
    bench.last(connection, |message| match message {
        ToPhone::VersionRes(version) => Some(version.load.clone()),
        _ => None,
    })
}

fn log_in(bench: &mut Bench, connection: u64) {
    bench.soft(connection, "Login");
    bench.press(connection, "2001#1111#");
    bench.wait(4);
}

/// The phone goes for so many seconds, and comes back with that firmware.
fn away(bench: &mut Bench, connection: u64, seconds: u64, load: &str) {
    bench.input(Input::SccpClosed { connection });
    bench.wait(seconds);
    bench.load = load.to_owned();
    bench.connect(connection + 1);
    bench.register(connection + 1, 0, NEW);
    bench.wait(5);
}

/// rules: OUT-8
#[test]
fn a_phone_that_comes_back_with_other_firmware_is_nobodys_and_starts_anew() {
    let mut bench = Bench::registered(&[NEW]);
    let mut site = site(&[NEW]);
    site.firmware.insert("7975".into(), WANTED.to_owned());
    bench.input(Input::SiteApplied(Arc::new(site)));
    log_in(&mut bench, 1);
    assert_eq!(number(&bench, 1), "2001");
    away(&mut bench, 1, 60, BEFORE);
    assert_eq!(number(&bench, 2), "2001", "it has only started anew");
    away(&mut bench, 2, 400, WANTED);
    assert_eq!(number(&bench, 3), "2001", "its firmware is right");
    away(&mut bench, 3, 400, "");
    assert_eq!(number(&bench, 4), "2001", "nobody knows its firmware");
    away(&mut bench, 4, 400, BEFORE);
    assert_eq!(number(&bench, 5), "9001");
    let is_reset = |message: &ToPhone| match message {
        ToPhone::Reset(reset) => Some(reset.kind),
        _ => None,
    };
    assert_eq!(bench.last(5, is_reset), ResetType::Reset);
    assert_eq!(load_to_fetch(&mut bench, 5), WANTED);
}

/// rules: OUT-8
#[test]
fn a_name_that_does_not_fit_into_the_answer_is_not_cut() {
    let mut bench = Bench::registered(&[NEW]);
    let mut site = site(&[NEW]);
    for (wanted, fetched) in [
        ("SCCP75.9-4-2SR3", "SCCP75.9-4-2SR3"),
        ("SCCP75.9-4-2SR3-1S", BEFORE),
    ] {
        site.firmware.insert("7975".into(), wanted.to_owned());
        bench.input(Input::SiteApplied(Arc::new(site.clone())));
        bench.load = BEFORE.to_owned();
        bench.connect(2);
        bench.register(2, 0, NEW);
        assert_eq!(load_to_fetch(&mut bench, 2), fetched);
        bench.input(Input::SccpClosed { connection: 2 });
    }
}

/// rules: OUT-6
#[test]
fn the_end_key_of_a_wireless_phone_asks_whether_its_user_leaves() {
    let mut bench = Bench::registered(&[WIRELESS]);
    log_in(&mut bench, 1);
    bench.connect(2);
    bench.register(2, 0, WIRELESS);
    assert_eq!(number(&bench, 2), "2001");
    bench.soft(2, "EndCall");
    assert_eq!(prompt(&bench, 2), "Log out? Confirm");
    bench.soft(2, "Stay");
    assert_eq!(prompt(&bench, 2), "Logged in: 2001 Alice");
    bench.soft(2, "EndCall");
    bench.soft(2, "Confirm");
    bench.wait(1);
    assert_eq!(number(&bench, 2), "9001", "it becomes nobody's");
    let mut other = Bench::registered(&[NEW]);
    log_in(&mut other, 1);
    other.soft(1, "EndCall");
    assert_ne!(prompt(&other, 1), "Log out? Confirm");
}
