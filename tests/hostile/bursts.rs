//! Floods of SCCP messages, by phones that are registered and by strangers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use perch::pbx::Secret;
use perch::sccp::wire::{
    Alarm, EnblocCall, FromPhone, OffHook, OnHook, SoftKeyEvent, Stimulus, StimulusEvent, Unread,
};
use socket2::SockRef;

use crate::arena::Arena;
use crate::attacker::{BURST, PAUSE};
use crate::built_server::{say, wait_until};
use crate::intruder::SOON;
use crate::station::{KINDS, PLAIN, Station, name_of, number_of};

/// How long somebody who floods waits for room.
const NO_ROOM: Duration = Duration::from_millis(100);

/// By how many lines the log may grow, whatever is poured out. Calls have theirs: nobody makes them faster than he is read.
const LINES: usize = 3000;

/// What is poured out: the message of a number.
type Flood = fn(&Station, u64) -> FromPhone;

/// What it is, and whether whoever pours it out is registered.
const FLOODS: &[(&str, bool, Flood)] = &[
    ("keep-alives", true, |_, _| FromPhone::KeepAlive),
    ("registrations", true, |s, _| s.registration().into()),
    ("the hook", true, |_, n| match n % 2 {
        0 => OffHook::default().into(),
        _ => OnHook::default().into(),
    }),
    ("softkeys", true, |_, n| {
        let event = u32::try_from(n % 20).unwrap_or(0);
        SoftKeyEvent {
            event,
            ..SoftKeyEvent::default()
        }
        .into()
    }),
    ("buttons", true, |_, n| {
        let stimuli = [
            Stimulus::Line,
            Stimulus::Hold,
            Stimulus::LastNumberRedial,
            Stimulus::NewCall,
        ];
        FromPhone::Stimulus(StimulusEvent {
            stimulus: stimuli[n as usize % stimuli.len()],
            instance: u32::try_from(n % 5).unwrap_or(1),
            ..StimulusEvent::default()
        })
    }),
    ("calls", true, |_, n| match n % 3 {
        0 => EnblocCall {
            number: Secret::new(number_of(0)),
            line: 1,
        }
        .into(),
        1 => FromPhone::Stimulus(StimulusEvent {
            stimulus: Stimulus::Hold,
            ..StimulusEvent::default()
        }),
        _ => OnHook::default().into(),
    }),
    ("reports", true, |_, _| alarm()),
    ("unknown messages", true, |_, n| FromPhone::Unknown {
        id: 0x7000 + u32::try_from(n % 5000).unwrap_or(0),
        body: Unread::default(),
    }),
    ("keep-alives of a stranger", false, |_, _| {
        FromPhone::KeepAlive
    }),
    ("reports of a stranger", false, |_, _| alarm()),
    ("registrations of a stranger", false, |s, _| {
        let mut registration = s.registration();
        registration.device_name = "SEP00AAAAAAAAAA".into();
        registration.into()
    }),
];

fn alarm() -> FromPhone {
    Alarm {
        text: "Last=Initialized".into(),
        ..Alarm::default()
    }
    .into()
}

/// Whoever says too much is not read, or dropped. Nobody else waits for that.
#[test]
fn floods_of_sccp_messages_harm_nobody() {
    let settings = "[guard]\ntrusted = []\nmessages_per_s = 100\nmessages_burst = 200\n";
    let mut arena = Arena::with_stations(settings, 50);
    arena.are_joined_by_desks(false);
    arena.live();
    let (memory, server) = (arena.memory(), arena.at_port(PLAIN));
    let lines = lines(&arena);
    let stopped: Vec<AtomicBool> = FLOODS.iter().map(|_| AtomicBool::new(false)).collect();
    let attack = |is_over: &AtomicBool| {
        thread::scope(|scope| {
            for (place, (flood, stopped)) in (0..).zip(FLOODS.iter().zip(&stopped)) {
                scope.spawn(move || pour(place, flood, server, (is_over, stopped)));
            }
        });
    };
    arena.while_attacked(attack, |arena| {
        (0..3).for_each(|_| arena.live());
        for ((what, ..), stopped) in FLOODS.iter().zip(&stopped) {
            wait_until(what, 2 * SOON, || stopped.load(Ordering::Relaxed));
        }
        (0..3).for_each(|_| arena.live());
    });
    arena.live();
    arena.has_hardly_grown_since(memory);
    let more = self::lines(&arena) - lines;
    say(&format!(
        "floods of SCCP messages made {more} lines in the log"
    ));
    assert!(more < LINES, "{more} lines in the log");
}

/// Lines of the log that are not about calls.
fn lines(arena: &Arena) -> usize {
    let log = arena.server.log();
    let lines = log.lines();
    lines
        .filter(|l| !l.contains("call") && !l.contains("phones ring"))
        .count()
}

/// By one connection after the other, each as long as it lasts. `stopped`: it was not read any more, or dropped.
fn pour(
    place: u8,
    (what, is_registered, make): &(&str, bool, Flood),
    server: SocketAddr,
    (is_over, stopped): (&AtomicBool, &AtomicBool),
) {
    let (host, name) = (
        Ipv4Addr::new(127, 0, 0, 66 + place),
        name_of(5 * u16::from(place)),
    );
    let mut n = 0;
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(PAUSE);
        let Ok(mut station) = Station::over(false, host, &name, &KINDS[0], server) else {
            continue;
        };
        if *is_registered && !station.is_taken() {
            continue;
        }
        let room = station.end.set_write_timeout(Some(NO_ROOM));
        room.expect("a socket has time-outs");
        SockRef::from(&station.end)
            .set_send_buffer_size(16 * 1024)
            .expect("a socket");
        while !is_over.load(Ordering::Relaxed) {
            let mut burst = Vec::new();
            for _ in 0..BURST {
                n += 1;
                let message = make(&station, n);
                burst.extend(message.to_frame(station.dialect).bytes());
            }
            // Half a message may have been written: nothing that makes sense can follow.
            if station.write(&burst).is_err() {
                if !stopped.swap(true, Ordering::Relaxed) {
                    say(&format!("a flood of {what} was stopped after {n} messages"));
                }
                break;
            }
            thread::sleep(PAUSE);
        }
    }
}
