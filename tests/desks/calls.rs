//! Every version calls every kind of phone, and is called: talk, hold, hand on, hang up.

use std::net::Ipv4Addr;
use std::thread;

use super::installed::directory;
use super::judge::judge;
use super::office::{Desk, MODELS, Office, TONES};
use super::support::live_phone::{SOME, all_is_heard, no_media, talk};
use super::support::phone::{CallState, Order};

use CallState::{Holding, Ringing, Talking};

/// One calls another, who answers: both hear each other.
fn call(one: &Desk, other: &Desk) {
    one.phone.order(&Order::Dial(other.number.clone()));
    other.phone.sees(&format!("rings (from {}", one.number));
    one.phone.sees("hears it ring");
    other.phone.order(&Order::Answer);
    talk(&one.phone, &other.phone);
}

/// One lets the other wait, and takes them back: not a packet in between.
fn hold(one: &Desk, other: &Desk) {
    one.phone.order(&Order::Hold);
    one.phone.has_calls(&[Holding]);
    other.phone.sees("is held");
    no_media(&[&one.phone, &other.phone]);
    one.phone.order(&Order::Resume);
    talk(&one.phone, &other.phone);
}

/// One hangs up: it is over at both, and all that was said was heard.
fn hang_up(one: &Desk, other: &Desk) {
    one.phone.order(&Order::HangUp);
    for desk in [one, other] {
        desk.phone.has_calls(&[]);
    }
    no_media(&[&one.phone, &other.phone]);
}

/// Asks a third whether the call may be handed on, and does so when that one has answered.
fn consult(one: &Desk, other: &Desk, third: &Desk) {
    if one.is_cisco {
        one.phone.order(&Order::Consult(third.number.clone()));
    } else {
        one.phone.order(&Order::Hold);
        one.phone.has_calls(&[Holding]);
        one.phone.order(&Order::Dial(third.number.clone()));
    }
    third.phone.sees(&format!("rings (from {}", one.number));
    third.phone.order(&Order::Answer);
    talk(&one.phone, &third.phone);
    one.phone.has_calls(&[Holding, Talking]);
    one.phone.order(&Order::JoinCalls);
    one.phone.has_calls(&[]);
    talk(&other.phone, &third.phone);
}

/// Sends the other one on to a third, unasked.
fn send_on(one: &Desk, other: &Desk, third: &Desk) {
    one.phone.order(&Order::Transfer(third.number.clone()));
    third.phone.sees(&format!("rings (from {}", other.number));
    third.phone.has_calls(&[Ringing]);
    third.phone.order(&Order::Answer);
    talk(&other.phone, &third.phone);
    one.phone.has_calls(&[]);
}

/// Everything that two can do to each other, and to a third.
fn walk(one: &Desk, other: &Desk, third: &Desk) {
    call(one, other);
    hold(one, other);
    hold(other, one);
    hang_up(one, other);

    call(other, one);
    hold(other, one);
    hang_up(one, other);

    call(one, other);
    consult(one, other, third);
    hang_up(third, other);

    call(one, other);
    send_on(other, one, third);
    hang_up(one, third);
    all_is_heard(&[&one.phone, &other.phone, &third.phone]);
}

/// One hears itself, as long as it wants to.
fn echo(one: &Desk) {
    one.phone.order(&Order::Dial("*90".into()));
    one.phone.talks_to(Ipv4Addr::LOCALHOST.into(), SOME);
    one.phone.order(&Order::HangUp);
    one.phone.has_calls(&[]);
}

/// Lets somebody do something at phones of every model at once, and asks tshark about all that was said.
pub fn at_every_model(play: impl Fn(&Office, usize) -> Vec<Desk> + Sync) {
    let dir = directory();
    let office = Office::open(dir.path());
    let desks: Vec<Desk> = thread::scope(|scope| {
        let (office, play) = (&office, &play);
        let plays = 0..MODELS.len();
        let plays = plays.map(|model| scope.spawn(move || play(office, model)));
        let plays: Vec<_> = plays.collect();
        let over = plays.into_iter().map(|play| play.join());
        let desks = over.flat_map(|desks| desks.expect("it went well"));
        desks.collect()
    });
    office.is_quiet();
    let phones: Vec<_> = desks.iter().map(|desk| &desk.phone).collect();
    judge(&phones);
}

/// rules: CAL-1
#[test]
fn cisco_phones_of_every_version_call_each_other() {
    at_every_model(|office, model| {
        let desk = |which| office.cisco((model + which) % MODELS.len(), which);
        let (one, other, third) = (desk(0), desk(1), desk(2));
        walk(&one, &other, &third);
        echo(&one);
        vec![one, other, third]
    });
}

/// rules: CAL-1, CAL-2
#[test]
fn cisco_phones_of_every_version_and_sip_phones_call_each_other() {
    at_every_model(|office, model| {
        let cisco = |which| office.cisco((model + which) % MODELS.len(), which);
        let sip = |which| office.sip(2 * model + which, TONES[which]);
        let (one, third) = (cisco(0), cisco(1));
        let (other, fourth) = (sip(0), sip(1));
        walk(&one, &other, &third);
        walk(&other, &one, &fourth);
        vec![one, third, other, fourth]
    });
}
