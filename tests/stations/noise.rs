//! Phones that say anything at any time.

use perch::exchange::Input;
use perch::sccp::wire::{Frame, FromPhone, OnHook};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::bench::{Bench, NEW, OLD};

/// So many messages, by phones that say what phones say, in no order.
const MESSAGES: usize = 20_000;

/// What is said: known messages mostly, with small numbers in them, so that lines, calls and softkeys exist at times.
fn noise(random: &mut StdRng) -> Frame {
    let mut some = |most: u32| random.next_u32() % most;
    let ids = FromPhone::IDS;
    let place = usize::try_from(some(64)).expect("it fits");
    let id = match ids.get(place) {
        Some((id, _)) => *id,
        None if place.is_multiple_of(8) => some(0x200),
        // Keys, softkeys, hook and stimuli are said most.
        None => [0x03, 0x05, 0x06, 0x07, 0x26][place % 5],
    };
    let words = some(12);
    let body = (0..words).flat_map(|_| match some(8) {
        0 => some(u32::MAX).to_le_bytes(),
        1 => 9_u32.to_le_bytes(),
        _ => some(16).to_le_bytes(),
    });
    Frame {
        header_version: 0,
        id,
        body: body.collect::<Vec<u8>>().into(),
    }
}

#[test]
fn whatever_phones_say_the_others_can_call() {
    let kinds = [OLD, NEW, NEW, OLD];
    let mut bench = Bench::registered(&kinds);
    let mut random = StdRng::from_seed([11; 32]);
    for round in 0..MESSAGES {
        let noisy = u64::from(random.next_u32() % 2) + 1;
        let frame = noise(&mut random);
        let connection = noisy;
        bench.input(Input::Sccp { connection, frame });
        if round % 50 == 0 {
            bench.wait(u64::from(random.next_u32() % 20));
            bench.heard.clear();
            assert!(bench.exchange.sccp_load() <= 40);
        }
        if bench.hung_up.contains(&noisy) || round % 1000 == 999 {
            bench.hung_up.clear();
            bench.input(Input::SccpClosed { connection });
            bench.connect(noisy);
            let place = usize::try_from(noisy - 1).expect("it fits");
            bench.register(noisy, place, kinds[place]);
        }
    }
    for connection in [1, 2] {
        bench.input(Input::SccpClosed { connection });
    }
    bench.say(3, OnHook::default());
    bench.say(4, OnHook::default());
    bench.wait(120);
    assert_eq!(bench.exchange.sccp_load(), 0);
    bench.heard.clear();
    bench.soft(3, "NewCall");
    bench.press(3, "9004");
    assert!(bench.names(4).contains("SetRinger"));
}
