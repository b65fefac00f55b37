//! How phones come and go.

use perch::exchange::Input;
use perch::sccp::wire::{FromPhone, LineStatReq, RegisterTokenReq, ToPhone, Unregister};

use super::bench::{Bench, NEW, OLD, name};

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
