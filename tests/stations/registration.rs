//! How phones come and go.

use std::net::IpAddr;
use std::sync::Arc;

use perch::exchange::Input;
use perch::pbx::{AutoRegistration, NumberRange, Prefix};
use perch::sccp::Settings;
use perch::sccp::wire::{
    FromPhone, LineStatReq, Register, RegisterAvailableLines, RegisterTokenReq, ToPhone,
    Unregister, Version,
};
use perch::time::Utc;

use super::bench::{Bench, Kind, NEW, OLD, name, site};

#[test]
fn a_phone_asks_what_it_is_and_is_told() {
    let mut bench = Bench::new(&[OLD]);
    bench.connect(1);
    bench.register(1, 0, OLD);
    assert_eq!(
        bench.names(1),
        "RegisterAck CapabilitiesReq ButtonTemplate SoftKeyTemplateRes SoftKeySetRes SelectSoftKeys LineStat \
         SpeedDialStat DefineTimeDate SetLamp SelectSoftKeys DisplayPromptStatus"
    );
    bench.say(1, LineStatReq { line: 7 });
    let line = bench.last(1, |message| match message {
        ToPhone::LineStat(line) => Some(line.clone()),
        _ => None,
    });
    assert_eq!((line.line, line.number.as_str()), (7, ""));
}

#[test]
fn the_server_chooses_the_version_by_model() {
    let mut bench = Bench::new(&[("7975", 437, 22), ("7960", 7, 11), ("7905", 20000, 8)]);
    for (connection, kind, agreed) in [
        (1, ("7975", 437, 22), 22),
        (2, ("7960", 7, 11), 11),
        (3, ("7905", 20000, 8), 5),
    ] {
        bench.connect(connection);
        let place = usize::try_from(connection).expect("it fits") - 1;
        bench.ask_to_register(connection, place, kind);
        let ack = bench.last(connection, |message| match message {
            ToPhone::RegisterAck(ack) => Some(ack.clone()),
            _ => None,
        });
        assert_eq!(ack.protocol_version, agreed, "{}", kind.0);
        assert!((23..=30).contains(&ack.keep_alive), "{}", ack.keep_alive);
    }
}

#[test]
fn whoever_is_not_known_is_told_so_and_hung_up_on() {
    let mut bench = Bench::new(&[OLD]);
    for (connection, place, kind) in [(1, 7, OLD), (2, 0, ("9999", 4242, 20))] {
        bench.connect(connection);
        bench.ask_to_register(connection, place, kind);
        assert_eq!(bench.names(connection), "RegisterReject");
        assert!(bench.hung_up.contains(&connection));
    }
}

#[test]
fn a_connection_on_which_nobody_registers_ends() {
    let mut bench = Bench::new(&[OLD]);
    bench.connect(1);
    bench.say(1, FromPhone::KeepAlive);
    let device_name = name(0);
    let token = RegisterTokenReq {
        device_name,
        ..RegisterTokenReq::default()
    };
    bench.say(1, token);
    assert_eq!(bench.names(1), "KeepAliveAck RegisterTokenAck");
    bench.wait(29);
    assert!(bench.hung_up.is_empty());
    bench.wait(2);
    assert_eq!(bench.hung_up, [1]);
}

#[test]
fn a_phone_that_asks_for_nothing_is_hung_up_on() {
    let mut bench = Bench::new(&[OLD]);
    bench.connect(1);
    bench.ask_to_register(1, 0, OLD);
    bench.wait(31);
    assert_eq!(bench.hung_up, [1]);
}

#[test]
fn the_same_phone_by_another_connection_is_taken_and_the_old_one_closed() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.connect(5);
    bench.register(5, 0, OLD);
    assert_eq!(bench.hung_up, [1]);
    bench.input(Input::SccpClosed { connection: 1 });
    bench.names(5);
    bench.soft(2, "NewCall");
    bench.press(2, "9001");
    assert!(bench.names(5).contains("SetRinger"));
    assert_eq!(bench.names(1).matches("SetRinger").count(), 0);
}

#[test]
fn a_phone_that_leaves_is_let_go_unless_it_is_in_a_call() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.soft(1, "NewCall");
    bench.names(1);
    bench.say(1, Unregister::default());
    assert_eq!(bench.names(1), "UnregisterAck");
    assert!(bench.hung_up.is_empty());
    bench.soft(1, "EndCall");
    bench.say(1, Unregister::default());
    assert_eq!(bench.hung_up, [1]);
}

/// What a phone of a kind is asked to speak: its own newest, the model's, or what somebody has set.
#[test]
fn the_server_asks_for_no_newer_version_than_everybody_allows() {
    let table: [(Kind, Option<u8>, u8); 11] = [
        (("7975", 437, 22), None, 22),
        (("7975", 437, 21), None, 20),
        (("7975", 437, 22), Some(17), 17),
        (("7975", 437, 15), Some(17), 15),
        (("7960", 7, 11), None, 11),
        (("7960", 7, 22), None, 11),
        // A site that knows better may go above what Perch thinks of a model.
        (("7960", 7, 22), Some(20), 20),
        (("7960", 7, 11), Some(0), 0),
        (("SPA525G2", 80009, 17), None, 11),
        (("ATA186", 12, 33), None, 3),
        (("12SP+", 2, 0), None, 0),
    ];
    for (kind, set, agreed) in table {
        let mut bench = Bench::new(&[kind]);
        let set = set.and_then(Version::spoken);
        let newest = set.map(|version| (kind.0.to_owned(), version));
        let settings = Settings {
            newest: newest.into_iter().collect(),
            ..Settings::default()
        };
        bench.exchange = bench.exchange.with_sccp(settings);
        bench.connect(1);
        bench.ask_to_register(1, 0, kind);
        let ack = bench.last(1, |message| match message {
            ToPhone::RegisterAck(ack) => Some(ack.clone()),
            _ => None,
        });
        assert_eq!(ack.protocol_version, agreed, "{kind:?} {set:?}");
    }
}

/// SPA phones ask for the time whenever they like: they are ready when they have found their lines.
#[test]
fn a_small_office_phone_is_there_when_it_has_found_its_lines() {
    const SPA: Kind = ("SPA504G", 80004, 8);
    let mut bench = Bench::registered(&[OLD]);
    let mut bench_site = site(&[OLD, SPA]);
    bench_site.settings.name = "both".into();
    bench.input(Input::SiteApplied(Arc::new(bench_site)));
    bench.connect(2);
    bench.ask_to_register(2, 1, SPA);
    bench.say(2, FromPhone::ButtonTemplateReq);
    bench.say(2, LineStatReq { line: 1 });
    bench.say(2, RegisterAvailableLines { max_lines: 4 });
    bench.names(2);
    bench.soft(1, "NewCall");
    bench.press(1, "9002");
    assert!(bench.names(2).contains("SetRinger"));
}

/// The clock on the wall says nothing about who is there.
#[test]
fn a_clock_that_jumps_drops_nobody() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.soft(1, "NewCall");
    bench.press(1, "9002");
    bench.soft(2, "Answer");
    bench.open_channel(2, 20_000);
    bench.open_channel(1, 20_002);
    let load = bench.exchange.sccp_load();
    assert_eq!(load, 2);
    const DAY: i64 = 24 * 3600 * 1000;
    for jump in [400 * DAY, -800 * DAY, 3 * DAY] {
        bench.now.utc = Utc(bench.now.utc.0 + jump);
        bench.exchange.wake(bench.now);
        bench.wait(120);
        assert_eq!(bench.exchange.sccp_load(), load, "{jump}");
    }
    assert!(bench.hung_up.is_empty());
    bench.connect(3);
    bench.ask_to_register(3, 7, NEW);
    assert_eq!(bench.names(3), "RegisterReject");
}

/// A phone that the site does not name waits until the site has it.
#[test]
fn a_newcomer_waits_until_it_is_one_of_the_sites() {
    let mut bench = Bench::new(&[OLD]);
    let mut welcoming = site(&[OLD]);
    welcoming.auto_registration = Some(AutoRegistration {
        numbers: NumberRange::parse("9500-9501").expect("a range"),
        logout_profile: "lobby".into(),
        networks: vec![Prefix::parse("192.0.2.0/28").expect("a network")],
    });
    bench.input(Input::SiteApplied(Arc::new(welcoming.clone())));
    for (connection, place) in [(1, 7), (2, 8), (3, 9)] {
        bench.connect(connection);
        bench.ask_to_register(connection, place, NEW);
    }
    let wanted: Vec<&str> = bench.newcomers.iter().map(|n| n.phone.as_str()).collect();
    assert_eq!(wanted, [name(7), name(8)]);
    assert_eq!(
        (bench.names(1), bench.names(2)),
        (String::new(), String::new())
    );
    assert_eq!(bench.names(3), "RegisterReject");
    // One hangs up before it is let in; the other asks again, and is counted once.
    bench.input(Input::SccpClosed { connection: 2 });
    bench.ask_to_register(1, 7, NEW);
    assert_eq!(bench.newcomers.len(), 2);
    let named = [
        (name(7).as_str().into(), "7975".into()),
        (name(8).as_str().into(), "7975".into()),
    ];
    welcoming.enrol(named.to_vec());
    bench.input(Input::SiteApplied(Arc::new(welcoming)));
    assert_eq!(bench.names(1), "RegisterAck CapabilitiesReq");
    assert_eq!(bench.names(2), "");
    // Another network, another model, another sort of name.
    bench.input(Input::SccpOpened {
        connection: 40,
        remote: (IpAddr::from([192, 0, 2, 40]), 50_000).into(),
        local: "192.0.2.250:2000".parse().expect("an address"),
        secure: false,
    });
    bench.ask_to_register(40, 10, NEW);
    bench.connect(4);
    bench.ask_to_register(4, 10, ("nobody's", 4242, 20));
    bench.connect(5);
    bench.say(
        5,
        Register {
            device_name: "reception".into(),
            device_type: 437,
            protocol_version: 20,
            ..Register::default()
        },
    );
    for connection in [40, 4, 5] {
        assert_eq!(bench.names(connection), "RegisterReject", "{connection}");
    }
}

/// Nobody takes a name out of a call, or takes it to and fro.
#[test]
fn a_name_stays_where_it_is_used() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    let claim = |bench: &mut Bench, connection| {
        bench.connect(connection);
        bench.ask_to_register(connection, 0, OLD);
        bench.names(connection)
    };
    bench.soft(1, "NewCall");
    assert_eq!(claim(&mut bench, 5), "RegisterReject");
    bench.soft(1, "EndCall");
    assert_eq!(claim(&mut bench, 6), "RegisterAck CapabilitiesReq");
    assert_eq!(claim(&mut bench, 7), "RegisterReject");
    bench.wait(61);
    bench.hung_up.clear();
    assert_eq!(claim(&mut bench, 8), "RegisterAck CapabilitiesReq");
}
