//! What is set at a phone, by what it is told: where calls go, and that nobody is to be disturbed.

use std::sync::Arc;

use perch::exchange::Input;
use perch::pbx::DoNotDisturb;
use perch::sccp::wire::{
    ForwardStat, Label, LampMode, OnHook, RingMode, Stimulus, StimulusEvent, Text, ToPhone, Tone,
};

use super::bench::{Bench, Kind, NEW, OLD, site};

/// A phone with a key and a lamp for forwarding.
const WITH_KEYS: Kind = ("7910", 6, 5);

/// Phones of a site where everybody may do everything, with this way not to be disturbed.
fn phones(kinds: &[Kind], quiet: DoNotDisturb) -> Bench {
    let mut bench = Bench::registered(kinds);
    let mut site = site(kinds);
    site.settings.do_not_disturb = quiet;
    for class in site.classes.values_mut() {
        class.forward = true;
        class.do_not_disturb = true;
    }
    bench.input(Input::SiteApplied(Arc::new(site)));
    bench
}

fn forwarding(bench: &Bench, connection: u64) -> ForwardStat {
    bench.last(connection, |message| match message {
        ToPhone::ForwardStat(stat) => Some(stat.clone()),
        _ => None,
    })
}

fn prompt(bench: &Bench, connection: u64) -> Text {
    bench.last(connection, |message| match message {
        ToPhone::DisplayPromptStatus(prompt) => Some(prompt.text.clone()),
        _ => None,
    })
}

fn lamp(bench: &Bench, connection: u64) -> (Stimulus, LampMode) {
    bench.last(connection, |message| match message {
        ToPhone::SetLamp(lamp) if lamp.stimulus != Stimulus::Line => {
            Some((lamp.stimulus, lamp.mode))
        }
        _ => None,
    })
}

fn ringer(bench: &Bench, connection: u64) -> RingMode {
    bench.last(connection, |message| match message {
        ToPhone::SetRinger(ringer) => Some(ringer.mode),
        _ => None,
    })
}

fn press(bench: &mut Bench, connection: u64, stimulus: Stimulus) {
    let event = StimulusEvent {
        stimulus,
        instance: 1,
        ..StimulusEvent::default()
    };
    bench.say(connection, perch::sccp::wire::FromPhone::Stimulus(event));
}

/// rules: CAL-2, PRO-4
#[test]
fn a_phone_shows_at_once_where_its_calls_go() {
    let mut bench = phones(&[NEW, OLD], DoNotDisturb::Reject);
    bench.soft(1, "CFwdAll");
    bench.press(1, "9002");
    let tone = bench.last(1, |message| match message {
        ToPhone::StartTone(tone) => Some(tone.tone),
        _ => None,
    });
    assert_eq!(tone, Tone::Confirmation);
    let stat = forwarding(&bench, 1);
    assert_eq!((stat.line, stat.active), (1, 1));
    assert_eq!((stat.all.active, stat.all.number.as_str()), (1, "9002"));
    assert_eq!(stat.busy.active, 0);
    bench.say(1, OnHook::default());
    let shown = Text {
        label: Some(Label::FORWARDED_TO),
        literal: "9002".into(),
    };
    assert_eq!(prompt(&bench, 1), shown);
    bench.soft(1, "CFwdBusy");
    bench.press(1, "9002");
    bench.wait(4);
    let stat = forwarding(&bench, 1);
    assert_eq!(stat.busy.number, "9002");
    bench.soft(1, "CFwdAll");
    let stat = forwarding(&bench, 1);
    assert_eq!((stat.active, stat.all.active, stat.busy.active), (1, 0, 1));
    assert_eq!(prompt(&bench, 1), Text::from(Label::YOUR_CURRENT_OPTIONS));
}

/// rules: CAL-2
#[test]
fn a_phone_with_a_key_of_its_own_has_a_lamp_for_it() {
    let mut bench = phones(&[WITH_KEYS, OLD], DoNotDisturb::Reject);
    press(&mut bench, 1, Stimulus::ForwardAll);
    bench.press(1, "9002");
    assert_eq!(lamp(&bench, 1), (Stimulus::ForwardAll, LampMode::On));
    bench.say(1, OnHook::default());
    press(&mut bench, 1, Stimulus::ForwardAll);
    assert_eq!(lamp(&bench, 1), (Stimulus::ForwardAll, LampMode::Off));
}

/// rules: CAL-2
#[test]
fn a_quiet_phone_shows_calls_and_is_not_heard() {
    let mut bench = phones(&[NEW, OLD], DoNotDisturb::Silent);
    bench.soft(1, "DND");
    assert_eq!(prompt(&bench, 1), Text::from(Label::DND));
    bench.soft(2, "NewCall");
    bench.press(2, "9001");
    assert_eq!(ringer(&bench, 1), RingMode::Silent);
    bench.soft(2, "EndCall");
    press(&mut bench, 1, Stimulus::DoNotDisturb);
    assert_eq!(prompt(&bench, 1), Text::from(Label::YOUR_CURRENT_OPTIONS));
    bench.soft(2, "NewCall");
    bench.press(2, "9001");
    assert_eq!(ringer(&bench, 1), RingMode::Inside);
}
