//! SCCP under TLS: phones do there what they do without.

use perch::sccp::wire::{LineStatReq, ToPhone};

use crate::arena::Arena;
use crate::station::{BOTH_PORTS, KINDS, Kind, NEAR, SECURE, Station, name_of};

const USER: &str = "2100";

/// rules: SES-6
#[test]
fn phones_register_call_and_become_somebodys_under_tls() {
    let mut arena = Arena::with_stations(BOTH_PORTS, 5);
    arena.are_joined_by_desks(true);
    arena.live();
    for (place, kind) in (0..).zip(&KINDS) {
        becomes_somebodys(&arena, &name_of(place), kind);
    }
    arena.live();
    let transport = "perch_sccp_connections{transport=\"tls\"}";
    assert!(arena.metric(transport) >= 2);
    assert_eq!(arena.metric("perch_sccp_connections{transport=\"tcp\"}"), 0);
}

/// Whoever logs in there moves there: at once, or when the phone has registered anew.
fn becomes_somebodys(arena: &Arena, name: &str, kind: &'static Kind) {
    let at = || Station::secure(NEAR, name, kind, arena.at_port(SECURE));
    let mut phone = at();
    phone.register().expect("it is taken");
    phone
        .dial(&format!("*11*{USER}*1111#"))
        .expect("it is read");
    let place = phone.gets_a_call().expect("a code is dialled in a call");
    phone.expect("StartTone").expect("it is confirmed");
    phone.soft("EndCall", place).expect("it is read");
    loop {
        match phone.hear().expect("the phone becomes another") {
            ToPhone::LineStat(line) if line.number == USER => break,
            ToPhone::Reset(_) => {
                phone = at();
                phone.register().expect("it is taken again");
                phone.say(LineStatReq { line: 1 }).expect("it is read");
            }
            _ => {}
        }
    }
    assert_eq!(
        arena.server.phone_of("u2100").as_deref(),
        Some(name),
        "{}",
        kind.model
    );
}
