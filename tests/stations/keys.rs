//! Keys of a phone: what each does, and where there is nothing for it to do.

use std::sync::Arc;

use perch::exchange::Input;
use perch::pbx::Secret;
use perch::sccp::wire::{
    CallState, EnblocCall, MediaPath, MediaPathActivity, MediaPathEvent, OffHook, OnHook, Stimulus,
    StimulusEvent, ToPhone,
};

use super::bench::{Bench, NEW, OLD, site};

/// How each call of a phone is, oldest first.
fn states(bench: &Bench, connection: u64) -> Vec<CallState> {
    let mut calls: Vec<(u32, CallState)> = Vec::new();
    for message in &bench.heard[&connection] {
        if let ToPhone::CallState(told) = message {
            calls.retain(|(call, _)| *call != told.call);
            calls.push((told.call, told.state));
        }
    }
    calls.sort_unstable_by_key(|(call, _)| *call);
    let on = calls.into_iter().map(|(_, state)| state);
    on.filter(|state| *state != CallState::OnHook).collect()
}

fn press(bench: &mut Bench, connection: u64, stimulus: Stimulus, instance: u32) {
    let event = StimulusEvent {
        stimulus,
        instance,
        ..StimulusEvent::default()
    };
    bench.say(connection, event);
}

/// Answers at one phone what another one dialled; both talk.
fn talk(bench: &mut Bench, (caller, callee): (u64, u64), number: &str) {
    bench.soft(caller, "NewCall");
    bench.press(caller, number);
    bench.soft(callee, "Answer");
    bench.open_channel(callee, 4000);
    bench.open_channel(caller, 4002);
}

/// Alice logs in.
fn log_in(bench: &mut Bench, connection: u64) {
    bench.soft(connection, "Login");
    bench.press(connection, "2001#1111#");
    bench.wait(4);
}

/// rules: CAL-2
#[test]
fn redial_calls_the_last_number_of_whoever_is_there() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    bench.soft(1, "Redial");
    assert_eq!(states(&bench, 1), []);
    bench.soft(1, "NewCall");
    bench.press(1, "9002");
    bench.soft(1, "EndCall");
    assert_eq!(states(&bench, 2), []);
    bench.soft(1, "Redial");
    assert_eq!(states(&bench, 2), [CallState::RingIn]);
    press(&mut bench, 1, Stimulus::EndCall, 0);
    press(&mut bench, 1, Stimulus::LastNumberRedial, 0);
    assert_eq!(states(&bench, 2), [CallState::RingIn]);
    bench.soft(1, "EndCall");

    bench.soft(2, "NewCall");
    bench.press(2, "9001");
    bench.soft(2, "EndCall");
    log_in(&mut bench, 2);
    bench.names(2);
    bench.soft(2, "Redial");
    assert!(!bench.names(2).contains("CallState"), "it is another's");
}

#[test]
fn speed_dial_and_voicemail_buttons_dial() {
    let mut bench = Bench::registered(&[NEW, NEW]);
    let mut with_voicemail = site(&[NEW, NEW]);
    with_voicemail.settings.voicemail = Some("9001".into());
    bench.input(Input::SiteApplied(Arc::new(with_voicemail)));
    press(&mut bench, 2, Stimulus::SpeedDial, 1);
    assert_eq!(states(&bench, 2), [], "there is none");
    log_in(&mut bench, 2);
    press(&mut bench, 2, Stimulus::SpeedDial, 1);
    assert_eq!(states(&bench, 1), [CallState::RingIn]);
    assert_eq!(states(&bench, 2), [CallState::RingOut]);
    press(&mut bench, 2, Stimulus::EndCall, 0);
    for key in [Stimulus::Voicemail, Stimulus::Messages] {
        press(&mut bench, 2, key, 0);
        assert_eq!(states(&bench, 1), [CallState::RingIn]);
        press(&mut bench, 2, Stimulus::EndCall, 0);
    }
}

#[test]
fn a_number_may_be_dialled_all_at_once_off_the_hook_or_on_it() {
    let en_bloc = |number: &str| EnblocCall {
        number: Secret::new(number.to_owned()),
        line: 1,
    };
    let mut bench = Bench::registered(&[NEW, NEW]);
    bench.say(1, en_bloc(""));
    assert_eq!(states(&bench, 1), []);
    bench.say(1, en_bloc("9002"));
    assert_eq!(states(&bench, 2), [CallState::RingIn]);
    bench.soft(1, "EndCall");
    bench.say(1, OffHook::default());
    bench.say(1, en_bloc("9002"));
    assert_eq!(states(&bench, 1), [CallState::RingOut]);
    assert_eq!(states(&bench, 2), [CallState::RingIn]);
}

/// rules: CAL-2
#[test]
fn a_call_that_both_hold_goes_on_when_both_resume() {
    let mut bench = Bench::registered(&[OLD, NEW]);
    talk(&mut bench, (1, 2), "9002");
    bench.soft(1, "Hold");
    bench.soft(2, "Hold");
    assert_eq!(states(&bench, 1), [CallState::Hold]);
    assert_eq!(states(&bench, 2), [CallState::Hold]);
    bench.names(1);
    bench.names(2);
    bench.soft(1, "Resume");
    bench.open_channel(1, 4100);
    assert!(!bench.names(1).contains("StartMediaTransmission"));
    bench.soft(2, "Resume");
    bench.open_channel(2, 4200);
    assert!(bench.names(1).contains("StartMediaTransmission"));
    assert!(bench.names(2).contains("StartMediaTransmission"));
}

/// rules: CAL-2
#[test]
fn a_line_has_several_calls_and_keys_mean_the_one_they_name() {
    let mut bench = Bench::registered(&[NEW, OLD, OLD, OLD]);
    talk(&mut bench, (2, 1), "9001");
    bench.soft(3, "NewCall");
    bench.press(3, "9001");
    bench.soft(4, "NewCall");
    bench.press(4, "9001");
    use CallState::{Connected, Hold, RingIn};
    assert_eq!(states(&bench, 1), [Connected, RingIn, RingIn]);
    bench.soft(1, "Answer");
    bench.open_channel(1, 4300);
    bench.open_channel(3, 4301);
    assert_eq!(states(&bench, 1), [Hold, Connected, RingIn]);
    press(&mut bench, 1, Stimulus::Line, 1);
    bench.open_channel(1, 4400);
    bench.open_channel(4, 4401);
    assert_eq!(states(&bench, 1), [Hold, Hold, Connected]);
    bench.soft(1, "EndCall");
    assert_eq!(states(&bench, 1), [Hold, Hold]);
    bench.soft(1, "Resume");
    bench.open_channel(1, 4500);
    bench.open_channel(2, 4501);
    assert_eq!(states(&bench, 1), [Connected, Hold]);
    bench.soft(2, "EndCall");
    bench.soft(3, "EndCall");
    assert_eq!(states(&bench, 1), []);
    assert_eq!(bench.exchange.sccp_load(), 0);
}

#[test]
fn speaker_headset_and_handset_take_a_call_and_end_it() {
    let path = |path, event| MediaPathEvent { path, event };
    for lifted in [None, Some(MediaPath::Headset), Some(MediaPath::Handset)] {
        let mut bench = Bench::registered(&[OLD, NEW]);
        bench.soft(1, "NewCall");
        bench.press(1, "9002");
        let on = lifted.map(|lifted| path(lifted, MediaPathActivity::On));
        on.into_iter().for_each(|on| bench.say(2, on));
        bench.say(2, OffHook::default());
        bench.open_channel(2, 4000);
        bench.open_channel(1, 4002);
        assert_eq!(states(&bench, 2), [CallState::Connected], "{lifted:?}");
        let off = lifted.map(|lifted| path(lifted, MediaPathActivity::Off));
        off.into_iter().for_each(|off| bench.say(2, off));
        bench.say(2, OnHook::default());
        assert_eq!(states(&bench, 1), [], "{lifted:?}");
        assert_eq!(states(&bench, 2), [], "{lifted:?}");
    }
}

/// rules: CAL-2
#[test]
fn whoever_hangs_up_while_it_rings_has_handed_the_call_on() {
    let mut bench = Bench::registered(&[NEW, NEW, NEW]);
    talk(&mut bench, (1, 2), "9002");
    bench.soft(2, "Transfer");
    bench.press(2, "9003");
    assert_eq!(states(&bench, 2), [CallState::Hold, CallState::RingOut]);
    bench.say(2, OnHook::default());
    assert_eq!(states(&bench, 2), [CallState::Hold]);
    assert_eq!(states(&bench, 3), [CallState::RingIn]);
    bench.soft(3, "Answer");
    bench.open_channel(3, 4300);
    bench.open_channel(1, 4100);
    assert_eq!(states(&bench, 1), [CallState::Connected]);
    assert_eq!(states(&bench, 2), []);
    assert_eq!(states(&bench, 3), [CallState::Connected]);
    let told = bench.last(2, |message| match message {
        ToPhone::DisplayNotify(notify) => Some(notify.text.literal.clone()),
        _ => None,
    });
    assert_eq!(told, "Transferred");
}

/// rules: CAL-2
#[test]
fn the_key_that_ends_a_call_hands_nothing_on() {
    let mut bench = Bench::registered(&[NEW, NEW, NEW]);
    talk(&mut bench, (1, 2), "9002");
    bench.soft(2, "Transfer");
    bench.press(2, "9003");
    bench.soft(2, "EndCall");
    assert_eq!(states(&bench, 2), [CallState::Hold]);
    assert_eq!(states(&bench, 3), []);
    bench.soft(2, "Resume");
    bench.open_channel(2, 4200);
    bench.open_channel(1, 4100);
    assert_eq!(states(&bench, 1), [CallState::Connected]);
    assert_eq!(states(&bench, 2), [CallState::Connected]);
}

/// rules: CAL-2
#[test]
fn a_number_that_may_go_on_is_handed_on_to_without_a_second_call() {
    let mut bench = Bench::registered(&[NEW, NEW, NEW]);
    let mut with_short = site(&[NEW, NEW, NEW]);
    let third = super::bench::name(2);
    let phone = with_short.phones.get_mut(third.as_str()).expect("a phone");
    phone.guest_dn = Some("90".into());
    bench.input(Input::SiteApplied(Arc::new(with_short)));
    talk(&mut bench, (1, 2), "9002");
    bench.soft(2, "Transfer");
    bench.press(2, "90");
    assert_eq!(states(&bench, 3), []);
    bench.soft(2, "Transfer");
    assert_eq!(states(&bench, 2), [CallState::Hold]);
    assert_eq!(states(&bench, 3), [CallState::RingIn]);
    bench.soft(3, "Answer");
    bench.open_channel(3, 4300);
    bench.open_channel(1, 4100);
    assert_eq!(states(&bench, 2), []);
    assert_eq!(states(&bench, 1), [CallState::Connected]);
}
