//! Phones become somebody's, and nobody's again.

use std::sync::Arc;

use perch::exchange::{ControlRequest, Input};
use perch::pbx::{Answer, Hardware, LogoutTarget, Query, Ticket};
use perch::sccp::wire::{FromPhone, OffHook, OnHook, ResetType, ToPhone, Unread, UserDataVersion1};

use super::bench::{Bench, Kind, NEW, OLD, name, site};

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

/// rules: SES-1, SES-7, OUT-6
#[test]
fn a_login_by_key_swaps_the_phone_live_and_two_keys_swap_it_back() {
    let mut bench = Bench::registered(&[NEW]);
    assert_eq!(number(&bench, 1), "9001");
    bench.soft(1, "Login");
    assert_eq!(prompt(&bench, 1), "Your number, then #");
    bench.press(1, "2001");
    assert_eq!(prompt(&bench, 1), "Number: 2001");
    bench.press(1, "#111");
    assert_eq!(prompt(&bench, 1), "PIN: ***");
    bench.press(1, "1#");
    let is_resetting = |message: &ToPhone| match message {
        ToPhone::DisplayPromptStatus(prompt) => prompt.text.literal == "Resetting...",
        _ => false,
    };
    assert!(bench.heard[&1].iter().any(is_resetting));
    assert_eq!(number(&bench, 1), "9001");
    bench.wait(4);
    assert_eq!(number(&bench, 1), "2001");
    assert_eq!(prompt(&bench, 1), "Logged in: 2001 Alice");
    let dial = bench.last(1, |message| match message {
        ToPhone::SpeedDialStat(dial) if dial.index == 1 => Some(dial.number.clone()),
        _ => None,
    });
    assert_eq!(dial, "9001");
    assert_eq!((bench.swapped.len(), bench.swapped[0].live), (1, true));

    bench.soft(1, "Confirm");
    assert_eq!(number(&bench, 1), "2001");
    bench.soft(1, "Logout");
    bench.soft(1, "Confirm");
    assert_eq!(number(&bench, 1), "9001");
    assert_eq!(prompt(&bench, 1), "Logged out");
}

/// rules: SES-6, SES-7
#[test]
fn a_login_by_code_waits_for_the_hook_and_an_old_phone_starts_anew() {
    let mut bench = Bench::registered(&[OLD]);
    bench.say(1, OffHook::default());
    bench.press(1, "*11*2001*1111#");
    let heard = bench.names(1);
    assert!(!heard.contains("DialedNumber"), "{heard}");
    assert!(!heard.contains("Reset"), "{heard}");
    bench.say(1, OnHook::default());
    assert!(bench.names(1).ends_with("Reset"));
    bench.wait(2);
    bench.connect(2);
    bench.register(2, 0, OLD);
    assert_eq!(number(&bench, 2), "2001");
    assert_eq!(prompt(&bench, 2), "Logged in: 2001 Alice");
    assert_eq!(bench.swapped.len(), 1);
    assert_eq!(
        (bench.swapped[0].live, bench.swapped[0].took.as_secs()),
        (false, 2)
    );
}

/// rules: OUT-6
#[test]
fn a_logout_that_nobody_confirms_is_none() {
    let mut bench = Bench::registered(&[NEW]);
    bench.soft(1, "Login");
    bench.press(1, "2001#1111#");
    bench.wait(4);
    bench.soft(1, "Logout");
    bench.wait(11);
    bench.soft(1, "Confirm");
    assert_eq!(number(&bench, 1), "2001");
}

/// rules: IDL-3, IDL-6
#[test]
fn an_idle_phone_is_warned_and_a_key_keeps_the_session() {
    let mut bench = Bench::registered(&[NEW]);
    bench.soft(1, "Login");
    bench.press(1, "2001#1111#");
    bench.wait(4);
    bench.names(1);
    bench.wait(29 * 60);
    assert_eq!(
        bench.names(1),
        "SelectSoftKeys DisplayPromptStatus DisplayNotify"
    );
    bench.soft(1, "Stay");
    bench.wait(60);
    assert!(!bench.names(1).contains("LineStat"));
    bench.wait(29 * 60);
    assert_eq!(number(&bench, 1), "9001");
    assert_eq!(prompt(&bench, 1), "Logged out: not used");
}

/// rules: SES-7, SES-13
#[test]
fn another_site_touches_only_the_phones_that_it_changes() {
    let mut bench = Bench::registered(&[NEW, NEW]);
    bench.names(1);
    bench.names(2);
    let mut changed = site(&[NEW, NEW]);
    let phone = changed.phones.get_mut(name(1).as_str()).expect("a phone");
    phone.hardware = Some(Box::new(Hardware {
        enrolled: false,
        model: "7975".into(),
        add_on_modules: vec!["7916-24".into()],
    }));
    bench.say(2, OffHook::default());
    bench.input(Input::SiteApplied(Arc::new(changed)));
    assert_eq!(bench.names(1), "");
    assert!(!bench.names(2).contains("Reset"));
    bench.say(2, OnHook::default());
    let kind = bench.last(2, |message| match message {
        ToPhone::Reset(reset) => Some(reset.kind),
        _ => None,
    });
    assert_eq!(kind, ResetType::Reset);
}

/// rules: IDL-3
#[test]
fn a_handset_that_was_left_lying_howls() {
    let mut bench = Bench::registered(&[OLD]);
    bench.say(1, OffHook::default());
    bench.names(1);
    bench.wait(61);
    assert_eq!(bench.names(1), "StopTone StartTone DisplayPromptStatus");
}

/// The number under which the phone was told to forget its calls, and how often it was told.
fn told_to_forget(bench: &Bench, connection: u64) -> (u32, usize) {
    let told = bench.heard[&connection]
        .iter()
        .filter_map(|message| match message {
            ToPhone::UserToDeviceDataVersion1(data) => {
                let text = String::from_utf8_lossy(&data.data.0).into_owned();
                assert!(text.contains("URL=\"Init:CallHistory\""), "{text}");
                Some(data.transaction)
            }
            _ => None,
        });
    let told: Vec<u32> = told.collect();
    (told.last().copied().unwrap_or_default(), told.len())
}

/// What a phone answers, with a status.
fn answered(transaction: u32, status: u8) -> FromPhone {
    let xml = format!(
        "<CiscoIPPhoneResponse><ResponseItem Status=\"{status}\" Data=\"\" URL=\"Init:CallHistory\"/></CiscoIPPhoneResponse>"
    );
    FromPhone::DeviceToUserDataResponseVersion1(UserDataVersion1 {
        transaction,
        data: Unread(xml.into()),
        ..UserDataVersion1::default()
    })
}

/// What there is to say about the calls that the first phone remembers.
fn explained(bench: &mut Bench) -> String {
    let query = Query::Explain(name(0));
    let ticket = Ticket(7);
    bench.input(Input::Control {
        ticket,
        request: ControlRequest::Query(query),
    });
    let Some(Answer::Explain(Some(explanation))) = bench.answers.pop() else {
        panic!("it is explained");
    };
    explanation.sentences.last().expect("there is one").clone()
}

fn log_in_and_out(bench: &mut Bench, connection: u64) {
    log_in(bench, connection);
    bench.soft(connection, "Logout");
    bench.soft(connection, "Confirm");
}

fn log_in(bench: &mut Bench, connection: u64) {
    bench.soft(connection, "Login");
    bench.press(connection, "2001#1111#");
    bench.wait(4);
    assert_eq!(number(bench, connection), "2001");
}

/// rules: PRO-9
#[test]
fn whoever_leaves_leaves_no_calls_behind() {
    let mut bench = Bench::registered(&[NEW]);
    log_in(&mut bench, 1);
    assert_eq!(told_to_forget(&bench, 1).1, 0, "they are still there");
    bench.soft(1, "Logout");
    bench.soft(1, "Confirm");
    let (transaction, times) = told_to_forget(&bench, 1);
    assert_eq!(times, 1);
    bench.say(1, answered(transaction + 1, 0));
    bench.wait(7);
    let (transaction, times) = told_to_forget(&bench, 1);
    assert_eq!(times, 2, "that was the answer to something else");
    bench.say(1, answered(transaction, 6));
    bench.wait(31);
    let (transaction, times) = told_to_forget(&bench, 1);
    assert_eq!(times, 3, "it said no");
    assert_eq!(
        explained(&mut bench),
        "SEP000000000001 is being told to forget whom alice called."
    );
    bench.say(1, answered(transaction, 0));
    bench.wait(600);
    assert_eq!(told_to_forget(&bench, 1).1, 3, "it has");
    assert_eq!(
        explained(&mut bench),
        "SEP000000000001 was told over SCCP to forget whom alice called, and says that it has."
    );
    log_in_and_out(&mut bench, 1);
    assert_eq!(
        told_to_forget(&bench, 1).1,
        4,
        "there is something to forget again"
    );
}

/// rules: PRO-9
#[test]
fn a_phone_that_was_away_is_told_when_it_is_back() {
    let mut bench = Bench::registered(&[NEW]);
    log_in(&mut bench, 1);
    bench.input(Input::SccpClosed { connection: 1 });
    let logout = ControlRequest::Logout(LogoutTarget::User("alice".into()));
    let ticket = Ticket(1);
    bench.input(Input::Control {
        ticket,
        request: logout,
    });
    bench.connect(2);
    bench.register(2, 0, NEW);
    let (transaction, times) = told_to_forget(&bench, 2);
    assert_eq!(times, 1);
    bench.say(2, answered(transaction, 0));
    bench.input(Input::SccpClosed { connection: 2 });
    bench.connect(3);
    bench.register(3, 0, NEW);
    assert_eq!(told_to_forget(&bench, 3).1, 0, "it has forgotten");
}

/// rules: PRO-9
#[test]
fn a_phone_that_never_answers_is_told_a_few_times_and_when_it_comes_back() {
    let mut bench = Bench::registered(&[NEW]);
    log_in_and_out(&mut bench, 1);
    bench.wait(3600);
    assert_eq!(told_to_forget(&bench, 1).1, 4);
    assert_eq!(
        explained(&mut bench),
        "SEP000000000001 may still know whom alice called: told over SCCP, it did not answer; it is told again when it \
         registers anew."
    );
    bench.input(Input::SccpClosed { connection: 1 });
    bench.connect(2);
    bench.register(2, 0, NEW);
    assert_eq!(told_to_forget(&bench, 2).1, 1);
}

/// rules: PRO-9
#[test]
fn a_call_that_goes_on_is_forgotten_when_it_has_ended() {
    let mut bench = Bench::registered(&[NEW, OLD, NEW]);
    log_in(&mut bench, 1);
    bench.soft(1, "NewCall");
    bench.press(1, "9002");
    bench.say(2, OffHook::default());
    bench.open_channel(2, 4002);
    bench.open_channel(1, 4001);
    let elsewhere = ControlRequest::Login {
        phone: name(2).as_str().into(),
        user: "alice".into(),
        secret: None,
    };
    let ticket = Ticket(1);
    bench.input(Input::Control {
        ticket,
        request: elsewhere,
    });
    bench.wait(70);
    assert_eq!(told_to_forget(&bench, 1).1, 0, "it would know the call");
    assert_eq!(
        explained(&mut bench),
        "SEP000000000001 is told to forget whom alice called when it is not in use any more."
    );
    bench.soft(1, "EndCall");
    assert_eq!(told_to_forget(&bench, 1).1, 1);
}

/// rules: PRO-9
#[test]
fn a_phone_without_a_browser_is_told_nothing() {
    let plain: Kind = ("30VIP", 5, 3);
    let mut bench = Bench::registered(&[plain]);
    for request in [
        ControlRequest::Login {
            phone: name(0).as_str().into(),
            user: "alice".into(),
            secret: None,
        },
        ControlRequest::Logout(LogoutTarget::User("alice".into())),
    ] {
        let ticket = Ticket(1);
        bench.input(Input::Control { ticket, request });
    }
    assert_eq!(told_to_forget(&bench, 1).1, 0);
    assert_eq!(
        explained(&mut bench),
        "SEP000000000001 cannot be told to forget whom alice called: no such phone can."
    );
}

/// rules: PRO-9
#[test]
fn a_site_may_let_phones_keep_calls() {
    let mut bench = Bench::registered(&[NEW]);
    let mut site = site(&[NEW]);
    site.mobility.keep_history = true;
    bench.input(Input::SiteApplied(Arc::new(site)));
    log_in_and_out(&mut bench, 1);
    assert_eq!(told_to_forget(&bench, 1).1, 0);
}
