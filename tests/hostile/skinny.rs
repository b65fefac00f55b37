//! What people do to the ports for SCCP: slow ones, silent ones, those who speak something else, who never register, who
//! want another's name. Honest phones live beside them, and the log says who was dropped and why.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use perch::sccp::wire::{FRAME_MAX, Frame, FromPhone, ToPhone};

use crate::arena::{Arena, GUARDED};
use crate::built_server::{say, wait_until};
use crate::intruder::SOON;
use crate::station::{
    BOTH_PORTS, Desks, FAR, FAR_NAME, FAR_NUMBER, KINDS, PLAIN, SECURE, Station, name_of,
};

/// Patience is short, so that a test is, too.
const SHORT: &str =
    "[guard]\ntrusted = []\n[limits]\ngreeting_s = 1\nmessage_s = 1\nstranger_s = 2\n";

const HOST: Ipv4Addr = host(66);

/// How long the pauses are between drips, and how many there are: more than a connection is looked at for.
const DRIP: Duration = Duration::from_millis(50);
const DRIPS: usize = 400;

const fn host(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, number)
}

/// A connection where a phone of the site could be.
fn station(arena: &Arena, is_secure: bool) -> Station {
    let port = if is_secure { SECURE } else { PLAIN };
    let name = name_of(0);
    let station = Station::over(is_secure, HOST, &name, &KINDS[0], arena.at_port(port));
    station.expect("it listens")
}

/// What somebody does.
type Deed = fn(&mut Station) -> io::Result<()>;

/// A frame whose header promises more than ever comes.
const BEGUN: &[u8] = &[0xA0, 0x0F, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'S'];

/// A TLS record that is announced to hold a ClientHello.
const HELLO: &[u8] = b"\x16\x03\x01\x3f\x00\x01\x00\x3e\xfc\x03\x03";

/// Who stops somewhere or never gets anywhere: what he does first and what again and again, and what the log says.
const DAWDLERS: &[(&str, bool, Deed, Option<Deed>, &str)] = &[
    (
        "before the first byte",
        false,
        |_| Ok(()),
        None,
        "it never said anything",
    ),
    (
        "before the first byte that TLS would carry",
        true,
        |s| s.write(b""),
        None,
        "it never said anything",
    ),
    (
        "in a header",
        false,
        |s| s.write(&BEGUN[..8]),
        None,
        "a message was not finished in time",
    ),
    (
        "in a body",
        true,
        |s| s.write(BEGUN),
        None,
        "a message was not finished in time",
    ),
    (
        "in a body that comes bit by bit",
        false,
        |s| s.write(BEGUN),
        Some(|s| s.write(b"E")),
        "a message was not finished in time",
    ),
    (
        "in the body of a phone that is registered",
        false,
        |s| s.register().and_then(|()| s.write(BEGUN)),
        None,
        "a message was not finished in time",
    ),
    (
        "after a token",
        false,
        |s| s.asks_for_a_token(),
        Some(|s| s.asks_for_a_token()),
        "nobody there proved anything",
    ),
    (
        "at keep-alives",
        true,
        |s| s.is_there(),
        Some(|s| s.is_there()),
        "nobody there proved anything",
    ),
    (
        "in the first record of TLS",
        true,
        |s| s.end.write_all(HELLO),
        None,
        "no TLS: it took too long",
    ),
];

#[test]
fn who_never_registers_or_never_ends_a_message_is_cut_off() {
    let mut arena = Arena::with_stations(&format!("{BOTH_PORTS}{SHORT}"), 1);
    let mut all = Vec::new();
    for (what, is_secure, begin, again, why) in DAWDLERS {
        let mut one = station(&arena, *is_secure);
        begin(&mut one).unwrap_or_else(|error| panic!("{what}: {error}"));
        let (local, again) = (one.local, *again);
        all.push((what, local, why));
        thread::spawn(move || match again {
            Some(again) => drop((0..DRIPS).try_for_each(|_| {
                thread::sleep(DRIP);
                again(&mut one)
            })),
            None => drop(one.is_ended()),
        });
    }
    for is_secure in [false, true] {
        arena.are_joined_by_desks(is_secure);
        arena.live();
    }
    for (what, local, why) in all {
        arena.says(local, why, what);
    }
}

/// What is no SCCP, and nobody waits for more of it.
const STRANGE: &[(&str, &[u8])] = &[
    ("a length of nothing", &[0, 0, 0, 0, 0, 0, 0, 0]),
    ("a length that has no room for an id", &[3, 0, 0, 0]),
    ("a length of four billion", &[0xFF; 12]),
    ("SIP", b"OPTIONS sip:perch SIP/2.0\r\n\r\n"),
    ("HTTP", b"GET / HTTP/1.1\r\n\r\n"),
    ("TLS", HELLO),
];

#[test]
fn what_is_not_sccp_ends_the_connection_at_once() {
    let mut arena = Arena::with_stations(&format!("{BOTH_PORTS}{GUARDED}"), 1);
    let longest = u32::try_from(FRAME_MAX + 1).expect("it fits").to_le_bytes();
    let strange = STRANGE.iter().copied();
    for (what, bytes) in strange.chain([("a length above the greatest", longest.as_slice())]) {
        for is_secure in [false, true] {
            let mut stranger = station(&arena, is_secure);
            stranger.write(bytes).expect("it reads");
            assert!(stranger.is_ended(), "{what}");
            arena.says(stranger.local, "what came is not SCCP", what);
        }
        let mut phone = station(&arena, false);
        phone.register().expect("it is a phone");
        phone.write(bytes).expect("it reads");
        assert!(phone.is_ended(), "{what} of a phone");
        arena.says(phone.local, "what came is not SCCP", what);
    }
    let mut plain = Station::at(HOST, &name_of(0), &KINDS[0], arena.at_port(SECURE));
    plain.say(FromPhone::KeepAlive).expect("it reads");
    assert!(plain.is_ended(), "plain bytes where TLS is spoken");
    arena.says(plain.local, "no TLS: it failed", "plain bytes");
    for is_secure in [false, true] {
        arena.are_joined_by_desks(is_secure);
        arena.live();
    }
}

/// What nobody has ever heard of is no reason to hang up.
#[test]
fn unknown_messages_are_logged_once_and_counted() {
    let mut arena = Arena::with_stations(GUARDED, 1);
    let mut phone = station(&arena, false);
    phone.register().expect("it is a phone");
    for n in 0..200_u32 {
        let frame = Frame {
            header_version: 11,
            id: 0x7777 + n % 2,
            body: vec![0; 40].into(),
        };
        phone.write(&frame.bytes()).expect("it reads");
    }
    phone.is_there().expect("it is still there");
    let lines = || {
        let log = arena.server.log();
        log.lines()
            .filter(|l| l.contains("unknown SCCP message"))
            .count()
    };
    wait_until("it is logged", SOON, || lines() >= 2);
    assert_eq!(lines(), 2);
    assert_eq!(arena.metric("perch_sccp_messages_unknown_total"), 200);
    arena.are_joined_by_desks(false);
    arena.live();
}

/// It asks, and does not listen to what it is told.
#[test]
fn a_phone_that_does_not_read_is_dropped() {
    let mut arena = Arena::with_stations("", 1);
    arena.are_joined_by_desks(false);
    arena.live();
    let memory = arena.memory();
    let mut phone = station(&arena, false);
    phone.register().expect("it is a phone");
    let room = phone
        .end
        .set_write_timeout(Some(Duration::from_millis(100)));
    room.expect("a socket has time-outs");
    let question = FromPhone::SoftKeySetReq.to_frame(phone.dialect).bytes();
    let questions = question.repeat(100);
    let local = phone.local;
    wait_until("it is dropped", 2 * SOON, || {
        // Nothing fits any more, or nobody is there.
        let _ = phone.write(&questions);
        arena.says_already(local, "the phone does not read")
    });
    arena.live();
    arena.has_hardly_grown_since(memory);
}

/// How many connections a hoarder wants.
const HOARD: usize = 60;

#[test]
fn hoarders_get_so_many_and_no_more() {
    let settings =
        format!("{BOTH_PORTS}[guard]\ntrusted = []\n[sccp]\nconnections_per_source = 40\n");
    let mut arena = Arena::with_stations(&settings, 0);
    for (number, is_secure) in [(66, false), (67, true)] {
        let port = if is_secure { SECURE } else { PLAIN };
        let refused = "perch_sccp_connections_ended_total{reason=\"too-many-from-there\"}";
        let before = arena.metric(refused);
        let hoard = hoard(host(number), HOARD, arena.at_port(port));
        wait_until("some are refused", SOON, || {
            arena.metric(refused) >= before + 20
        });
        arena.are_joined_by_desks(is_secure);
        arena.live();
        drop(hoard);
        arena.is_named_once(host(number));
    }
}

/// Of those on which nobody registers the oldest end: first the hoarder's own, then, when there is no room, those of all.
/// Phones stay, and find room.
#[test]
fn connections_without_a_phone_give_way() {
    let settings =
        "[guard]\ntrusted = []\n[limits]\nhalf_open_per_source = 20\n[sccp]\nconnections = 50\n";
    let mut arena = Arena::with_stations(settings, 0);
    arena.are_joined_by_desks(false);
    let server = arena.at_port(PLAIN);
    let mut own = hoard(host(66), HOARD, server);
    let mut newer = own.split_off(40);
    for one in &mut own {
        assert!(one.is_ended(), "the oldest of the source");
        arena.says(one.local, "it made room for others", "the oldest");
    }
    let second = hoard(host(67), 20, server);
    let third = hoard(host(68), 18, server);
    for one in &mut newer[..10] {
        assert!(one.is_ended(), "the oldest of all");
    }
    arena.live();
    // New phones come, too.
    arena.are_joined_by_desks(false);
    arena.live();
    drop((newer, second, third));
    arena.is_named_once(host(66));
}

fn hoard(host: Ipv4Addr, count: usize, server: SocketAddr) -> Vec<Station> {
    let one = |_| Station::at(host, "nobody", &KINDS[0], server);
    (0..count).map(one).collect()
}

/// A guess at a name is as dear as that at a password.
#[test]
fn who_guesses_names_is_turned_away() {
    let settings = "[guard]\ntrusted = []\nunproven_per_s = 20\nunproven_burst = 100\n";
    let mut arena = Arena::with_stations(settings, 0);
    arena.are_joined_by_desks(false);
    let server = arena.at_port(PLAIN);
    let mut heard = Vec::new();
    for n in 0..100 {
        let name = format!("SEP00AAAA{n:06}");
        let guess = Station::over(false, HOST, &name, &KINDS[0], server);
        let answer = guess.and_then(|mut guess| guess.asks_to_register());
        heard.extend(answer.ok());
    }
    let rejected = heard.len();
    say(&format!("{rejected} of 100 guesses were heard"));
    assert!((5..60).contains(&rejected), "{rejected} guesses were heard");
    assert!(heard.iter().all(|answer| answer.name() == "RegisterReject"));
    assert_eq!(
        arena.metric("perch_sccp_registrations_rejected_total"),
        u64::try_from(rejected).expect("few")
    );
    arena.is_named_once(HOST);
    arena.live();
}

/// Somebody wants to be a phone that is there. A call is not cut for that, and the name does not go to and fro.
#[test]
fn a_name_in_use_is_not_taken_again_and_again() {
    let mut arena = Arena::with_stations(GUARDED, 0);
    let server = arena.at_port(PLAIN);
    let mut desks = Desks::new(false, server);
    let Desks { near, far } = &mut desks;
    near.dial(FAR_NUMBER).expect("it is there");
    far.answers().expect("it rings");
    near.talks_to_somebody().expect("a call");
    for _ in 0..5 {
        assert_eq!(claims(HOST, server).0, "In use at another address");
    }
    far.is_there().expect("it keeps its call");
    near.hangs_up().expect("a call ends");
    far.until(|far| far.calls.is_empty()).expect("a call ends");
    desks.live();
    // It cannot be told who is right: the first who comes while nobody talks is taken, nobody after him for a while.
    let (outcome, holder) = claims(HOST, server);
    assert_eq!(outcome, "taken");
    let taken = (67..97).filter(|n| claims(host(*n), server).0 == "taken");
    assert_eq!(taken.count(), 0);
    let lines = || {
        let log = arena.server.log();
        let about = |line: &&str| line.contains("two addresses claim to be the same SCCP phone");
        log.lines().filter(about).count()
    };
    wait_until("it is logged", SOON, || lines() >= 1);
    drop(holder);
    wait_until("the phone is back", SOON, || {
        claims(FAR, server).0 == "taken"
    });
    arena.are_joined_by_desks(false);
    arena.live();
}

/// The same phone may come back from where it is as often as it needs, not as often as it can.
#[test]
fn a_phone_does_not_register_all_the_time() {
    let mut arena = Arena::with_stations(GUARDED, 0);
    let server = arena.at_port(PLAIN);
    let outcomes: Vec<String> = (0..40).map(|_| claims(FAR, server).0).collect();
    assert_eq!(&outcomes[..5], ["taken"; 5]);
    assert!(
        outcomes
            .iter()
            .any(|outcome| outcome == "Registers too often")
    );
    let desk = &mut Station::at(FAR, FAR_NAME, &KINDS[0], server);
    wait_until("it may again", SOON, || {
        *desk = Station::at(FAR, FAR_NAME, &KINDS[0], server);
        desk.asks_to_register()
            .is_ok_and(|answer| answer.name() == "RegisterAck")
    });
    arena.live();
}

/// What somebody hears who wants to be the far phone.
fn claims(host: Ipv4Addr, server: SocketAddr) -> (String, Station) {
    let mut claimant = Station::at(host, FAR_NAME, &KINDS[0], server);
    let outcome = match claimant.asks_to_register() {
        Ok(ToPhone::RegisterReject(reject)) => {
            assert!(claimant.is_ended(), "it is hung up on");
            reject.text.literal
        }
        Ok(_) => "taken".into(),
        Err(error) => error.to_string(),
    };
    (outcome, claimant)
}
