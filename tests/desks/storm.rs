//! Everybody does what they like, all at once, by the clock on the wall: whatever comes of it, no phone is told what makes
//! no sense, all that is said is heard, and in the end nothing is left.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::built_server::say;
use super::installed::directory;
use super::judge::judge;
use super::office::{Desk, MODELS, Office};
use super::support::live_phone::{LivePhone, PATIENCE, no_media};
use super::support::phone::{CallState, Order};

/// How long it goes on.
const LASTS: Duration = Duration::from_secs(8);

/// How many SIP phones there are beside two Cisco phones of each model.
const SIP: usize = 6;

/// Numbers that are nobody's phone: the echo, somebody who is nowhere, and no number at all.
const OTHERS: [&str; 3] = ["*90", "2004", "7777"];

/// `PERCH_STORM=7` plays the seed 7 again; what comes of it also depends on the machine.
#[test]
fn everybody_does_what_they_like_at_once() {
    let given = env::var("PERCH_STORM").ok();
    let given = given.map(|seed| seed.parse().expect("a number"));
    let seed: u64 = given.unwrap_or_else(|| rand::random_range(0..1_000_000));
    say(&format!("the storm's seed is {seed}"));
    let dir = directory();
    let office = Office::open(dir.path());
    let cisco = (0..MODELS.len()).flat_map(|model| [(model, 0), (model, 1)]);
    let mut desks: Vec<Desk> = cisco.map(|(m, which)| office.cisco(m, which)).collect();
    desks.extend((0..SIP).map(|which| office.sip(which, 500)));
    let mut numbers: Vec<&str> = desks.iter().map(|desk| desk.number.as_str()).collect();
    numbers.extend(OTHERS);

    let until = Instant::now() + LASTS;
    thread::scope(|scope| {
        for (place, desk) in (0..).zip(&desks) {
            let mut random = StdRng::seed_from_u64(seed + place);
            let numbers = &numbers;
            scope.spawn(move || {
                while Instant::now() < until {
                    act(desk, numbers, &mut random);
                    thread::sleep(Duration::from_millis(random.random_range(1..200)));
                }
            });
        }
    });
    go_home(&desks);
    office.is_quiet();
    let phones: Vec<&LivePhone> = desks.iter().map(|desk| &desk.phone).collect();
    no_media(&phones);
    judge(&phones);
}

/// Something that makes sense at this moment. The next one it may not: then nothing comes of it.
fn act(desk: &Desk, numbers: &[&str], random: &mut StdRng) {
    let calls = desk.phone.calls();
    let whom = numbers[random.random_range(0..numbers.len())].to_owned();
    let is = |state| calls.contains(&state);
    let dice = random.random_range(0..100);
    let order = match dice {
        _ if calls.is_empty() && dice < 70 => Order::Dial(whom),
        _ if calls.is_empty() => return,
        ..60 if is(CallState::Ringing) => Order::Answer,
        ..70 if is(CallState::Ringing) => Order::Decline,
        ..20 if is(CallState::Talking) => Order::Hold,
        ..30 if is(CallState::Talking) && desk.is_cisco => Order::Consult(whom),
        ..40 if is(CallState::Talking) => Order::Transfer(whom),
        ..50 if is(CallState::Talking) => Order::PressDigit('5'),
        ..60 if calls.len() == 2 => Order::JoinCalls,
        ..70 if is(CallState::Holding) => Order::Resume,
        ..76 if calls.len() < 3 => Order::Dial(whom),
        ..88 => Order::HangUp,
        _ => return,
    };
    // Whatever could not be done just then is none of the server's faults.
    let _ = desk.phone.try_order(&order);
}

/// Everybody hangs up until nobody has anything to hang up.
fn go_home(desks: &[Desk]) {
    let end = Instant::now() + PATIENCE;
    while desks.iter().any(|desk| !desk.phone.calls().is_empty()) {
        for desk in desks {
            let calls = desk.phone.calls();
            let is = |state| calls.contains(&state);
            let hangs_up = desk.phone.try_order(&Order::HangUp).is_ok();
            let order = match () {
                () if hangs_up => continue,
                () if is(CallState::Ringing) => Order::Decline,
                () => Order::Resume,
            };
            // It may have ended by itself.
            let _ = desk.phone.try_order(&order);
        }
        if Instant::now() >= end {
            let left = desks.iter().filter(|desk| !desk.phone.calls().is_empty());
            let left: Vec<_> = left.map(|d| (&d.phone.name, d.phone.calls())).collect();
            panic!("these calls do not end: {left:?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}
