//! Calls between phones, by what each is told.

use std::sync::Arc;

use perch::exchange::Input;
use perch::pbx::{ConnectedName, HuntGroup, HuntSlot};
use perch::sccp::wire::{
    CallState, MediaStatus, OffHook, OnHook, OpenReceiveChannelAck, StartMediaTransmission, ToPhone,
};

use super::bench::{Bench, NEW, OLD, site};

fn sends_to(bench: &Bench, connection: u64) -> (String, u32) {
    let start: StartMediaTransmission = bench.last(connection, |message| match message {
        ToPhone::StartMediaTransmission(start) => Some(start.clone()),
        _ => None,
    });
    let address = start.address.expect("an address");
    (address.to_string(), start.port)
}

fn state(bench: &Bench, connection: u64) -> CallState {
    bench.last(connection, |message| match message {
        ToPhone::CallState(info) => Some(info.state),
        _ => None,
    })
}

fn prompt(bench: &Bench, connection: u64) -> String {
    bench.last(connection, |message| match message {
        ToPhone::DisplayPromptStatus(prompt) => Some(prompt.text.literal.clone()),
        _ => None,
    })
}

/// Two phones that talk.
fn talking() -> Bench {
    let mut bench = Bench::registered(&[OLD, NEW, NEW]);
    bench.say(1, OffHook::default());
    bench.press(1, "9002");
    bench.say(2, OffHook::default());
    bench.open_channel(2, 4002);
    bench.open_channel(1, 4001);
    bench
}

#[test]
fn a_call_is_told_in_the_order_that_phones_know() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.names(1);
    bench.names(2);
    bench.say(1, OffHook::default());
    assert_eq!(
        bench.names(1),
        "SetRinger SetSpeakerMode SetLamp CallState SelectSoftKeys DisplayPromptStatus ActivateCallPlane StartTone"
    );
    bench.press(1, "900");
    assert_eq!(bench.names(1), "StopTone SelectSoftKeys");
    bench.press(1, "2");
    assert_eq!(
        bench.names(1),
        "StopTone DialedNumber CallState CallInfo StartTone CallState SelectSoftKeys DisplayPromptStatus CallInfo"
    );
    assert_eq!(
        bench.names(2),
        "CallState SelectSoftKeys DisplayPromptStatus CallInfo SetLamp SetRinger"
    );
    bench.say(2, OffHook::default());
    assert_eq!(
        bench.names(2).split("OpenReceiveChannel").next(),
        Some("SetRinger SetSpeakerMode SetLamp CallState ActivateCallPlane StopTone ")
    );
}

#[test]
fn both_send_to_where_the_other_listens() {
    let mut bench = talking();
    assert_eq!(sends_to(&bench, 1), ("192.0.2.2".into(), 4002));
    assert_eq!(sends_to(&bench, 2), ("192.0.2.1".into(), 4001));
    assert_eq!(state(&bench, 1), CallState::Connected);
    assert_eq!(state(&bench, 2), CallState::Connected);
    bench.names(1);
    bench.names(2);
    bench.say(1, OnHook::default());
    let ended = "CloseReceiveChannel StopMediaTransmission StopTone SetLamp ClearPromptStatus CallState \
                 SelectSoftKeys SetSpeakerMode SetRinger DefineTimeDate SelectSoftKeys DisplayPromptStatus";
    assert_eq!(bench.names(1), ended);
    assert_eq!(bench.names(2), ended);
    bench.say(2, OnHook::default());
    assert_eq!(bench.names(2), "");
    assert_eq!(bench.exchange.sccp_load(), 0);
}

#[test]
fn a_held_call_is_silent_until_it_is_resumed() {
    let mut bench = talking();
    bench.names(2);
    bench.soft(1, "Hold");
    assert_eq!(state(&bench, 1), CallState::Hold);
    assert!(
        bench
            .names(2)
            .contains("CloseReceiveChannel StopMediaTransmission")
    );
    bench.names(1);
    bench.soft(1, "Resume");
    bench.open_channel(1, 4101);
    bench.open_channel(2, 4102);
    assert_eq!(sends_to(&bench, 1), ("192.0.2.2".into(), 4102));
    assert_eq!(sends_to(&bench, 2), ("192.0.2.1".into(), 4101));
}

#[test]
fn a_transfer_joins_the_other_two() {
    let mut bench = talking();
    bench.soft(1, "Transfer");
    bench.press(1, "9003");
    bench.say(3, OffHook::default());
    bench.open_channel(3, 4003);
    bench.open_channel(1, 4101);
    assert_eq!(sends_to(&bench, 3), ("192.0.2.1".into(), 4101));
    bench.soft(1, "Transfer");
    bench.open_channel(2, 4202);
    assert_eq!(sends_to(&bench, 2), ("192.0.2.3".into(), 4003));
    assert_eq!(sends_to(&bench, 3), ("192.0.2.2".into(), 4202));
    assert_eq!(state(&bench, 1), CallState::OnHook);
    assert_eq!(bench.exchange.sccp_load(), 2);
    bench.say(3, OnHook::default());
    assert_eq!(bench.exchange.sccp_load(), 0);
}

#[test]
fn a_second_call_waits_and_the_first_is_held_for_it() {
    let mut bench = talking();
    bench.names(1);
    bench.soft(3, "NewCall");
    bench.press(3, "9001");
    assert!(bench.names(1).ends_with("SetRinger StartTone"));
    bench.soft(1, "Answer");
    bench.open_channel(1, 4301);
    bench.open_channel(3, 4003);
    assert_eq!(sends_to(&bench, 3), ("192.0.2.1".into(), 4301));
    assert!(bench.names(2).contains("CloseReceiveChannel"));
    assert_eq!(bench.exchange.sccp_load(), 4);
}

#[test]
fn a_phone_that_opens_no_channel_is_told_and_nobody_waits_for_it() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.say(1, OffHook::default());
    bench.press(1, "9002");
    bench.say(2, OffHook::default());
    bench.wait(6);
    assert_eq!(state(&bench, 2), CallState::Congestion);
    assert_eq!(prompt(&bench, 1), "No media in common");
    bench.wait(20);
    assert_eq!(bench.exchange.sccp_load(), 0);

    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.say(1, OffHook::default());
    bench.press(1, "9002");
    bench.say(2, OffHook::default());
    bench.open_channel(2, 4002);
    let open = bench.last(1, |message| match message {
        ToPhone::OpenReceiveChannel(open) => Some(open.pass_through),
        _ => None,
    });
    let no = OpenReceiveChannelAck {
        status: MediaStatus::OutOfChannels,
        pass_through: open,
        ..OpenReceiveChannelAck::default()
    };
    bench.say(1, no);
    assert_eq!(state(&bench, 1), CallState::Congestion);
    assert_eq!(state(&bench, 2), CallState::OnHook);
}

#[test]
fn a_number_that_nobody_has_is_refused_at_once_and_forgotten_after_a_while() {
    let mut bench = Bench::registered(&[OLD]);
    bench.say(1, OffHook::default());
    bench.press(1, "3");
    assert_eq!(state(&bench, 1), CallState::InvalidNumber);
    assert_eq!(prompt(&bench, 1), "Unknown number");
    bench.wait(16);
    assert_eq!(state(&bench, 1), CallState::OnHook);
}

#[test]
fn a_pause_ends_a_number_and_backspace_takes_a_digit_back() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.say(1, OffHook::default());
    bench.press(1, "90");
    bench.soft(1, "<<");
    bench.soft(1, "<<");
    assert!(
        bench
            .names(1)
            .ends_with("BackSpace SelectSoftKeys StartTone")
    );
    bench.press(1, "900");
    bench.wait(6);
    assert_eq!(prompt(&bench, 1), "Unknown number");
}

#[test]
fn a_hash_ends_what_could_go_on() {
    let mut bench = Bench::registered(&[OLD]);
    bench.say(1, OffHook::default());
    bench.press(1, "*132001");
    assert_eq!(prompt(&bench, 1), "");
    bench.press(1, "#");
    assert_eq!(prompt(&bench, 1), "Log out 2001? Confirm");
    bench.soft(1, "Confirm");
    assert_eq!(prompt(&bench, 1), "Not allowed from this phone");
}

#[test]
fn a_call_whose_channel_is_just_being_opened_is_not_held() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.say(1, OffHook::default());
    bench.press(1, "9002");
    bench.say(2, OffHook::default());
    bench.open_channel(2, 4002);
    bench.soft(1, "Hold");
    bench.soft(1, "NewCall");
    assert_eq!(state(&bench, 1), CallState::Connected);
    bench.open_channel(1, 4001);
    assert_eq!(sends_to(&bench, 2), ("192.0.2.1".into(), 4001));
    bench.soft(1, "Hold");
    assert_eq!(state(&bench, 1), CallState::Hold);
}

/// Whoever answers may hold at once, while the caller's channel is still being opened: the caller's answer is not lost.
#[test]
fn a_hold_waits_for_the_channel_that_the_other_side_is_opening() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.say(1, OffHook::default());
    bench.press(1, "9002");
    bench.say(2, OffHook::default());
    bench.open_channel(2, 4002);
    bench.soft(2, "Hold");
    bench.open_channel(1, 4001);
    assert_eq!(sends_to(&bench, 1), ("192.0.2.2".into(), 4002));
    bench.names(1);
    bench.wait(2);
    assert!(bench.names(1).contains("StopMediaTransmission"));
    assert_eq!(state(&bench, 2), CallState::Hold);
    bench.soft(2, "Resume");
    bench.open_channel(2, 4102);
    bench.open_channel(1, 4101);
    assert_eq!(sends_to(&bench, 1), ("192.0.2.2".into(), 4102));
    assert_eq!(sends_to(&bench, 2), ("192.0.2.1".into(), 4101));
}

#[test]
fn a_phone_that_vanishes_ends_its_calls() {
    let mut bench = talking();
    bench.input(Input::SccpClosed { connection: 1 });
    assert_eq!(state(&bench, 2), CallState::OnHook);
    assert_eq!(bench.exchange.sccp_load(), 0);
}

/// rules: HG-1, CAL-1
///
/// A caller of a hunt group reads the group's name while it rings, and then the one that is to be seen.
#[test]
fn a_caller_of_a_group_reads_its_name() {
    let kinds = [OLD, NEW];
    let mut bench = Bench::registered(&kinds);
    let table = [
        (None, ("9002", "Lobby")),
        (Some(ConnectedName::Group), ("4200", "Support")),
    ];
    for (connected_name, expected) in table {
        let mut site = site(&kinds);
        let group = HuntGroup {
            display_name: "Support".to_owned(),
            list: vec![HuntSlot::Static("9002".into())],
            connected_name,
            ..HuntGroup::at("4200")
        };
        site.hunt_groups.insert("support".into(), group);
        for class in site.classes.values_mut() {
            class.call_users = true;
        }
        bench.input(Input::SiteApplied(Arc::new(site)));
        let called = |bench: &Bench| {
            bench.last(1, |message| match message {
                ToPhone::CallInfo(info) => {
                    Some((info.called.number.clone(), info.called.name.literal.clone()))
                }
                _ => None,
            })
        };
        bench.say(1, OffHook::default());
        bench.press(1, "4200");
        assert_eq!(called(&bench), ("4200".to_owned(), "Support".to_owned()));
        bench.say(2, OffHook::default());
        bench.open_channel(2, 4002);
        bench.open_channel(1, 4001);
        let (number, name) = called(&bench);
        assert_eq!((number.as_str(), name.as_str()), expected);
        bench.say(1, OnHook::default());
        bench.say(2, OnHook::default());
    }
}
