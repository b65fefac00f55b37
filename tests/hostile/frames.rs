//! SCCP frames that were right once, with something broken in each, by phones that are anywhere in what phones do: the
//! server takes them all without harm.
//!
//! `PERCH_MUTATIONS=1000000` sends more of them than a run of all tests has time for, `PERCH_SEED` others.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use perch::sccp::wire::{Dialect, Version};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::arena::Arena;
use crate::built_server::{say, wait_until};
use crate::mutations::number;
use crate::spoil::{Read, Spoiler, Truth, read, spoil_framing};
use crate::stages::{Cast, Stage};
use crate::station::{KINDS, PLAIN, Station, name_of, number_of};

/// How many there are unless somebody says otherwise.
const MUTATIONS: u64 = 50_000;

/// So many phones say them at the same time, each with one to talk with.
const AT_ONCE: u16 = 2;

/// So many names there are, as none may register all the time; the first few are those to talk with, and the last those
/// where people log in.
const NAMES: u16 = 2500;
const TALKERS: u16 = 5 * AT_ONCE;
const LOGINS: u16 = 600;

/// So many in a row.
const ROUND: std::ops::Range<usize> = 5..120;

/// By how much the server may grow: all those phones become known to it, and its heap keeps what it once needed.
const GROWTH: u64 = 160 * 1024 * 1024;

const SOON: Duration = Duration::from_secs(30);

#[test]
fn broken_frames_in_every_state_break_nothing() {
    let mutations = number("PERCH_MUTATIONS", MUTATIONS);
    let seed = number("PERCH_SEED", 1);
    // Without limits: they are to be read, all of them.
    let mut arena = Arena::with_stations("[guard]\nenabled = false\n", NAMES);
    arena.are_joined_by_desks(false);
    arena.live();
    let memory = arena.memory();
    let (server, sent) = (arena.at_port(PLAIN), AtomicU64::new(0));
    let rounds: [AtomicU64; Stage::ALL.len()] = std::array::from_fn(|_| AtomicU64::new(0));
    let are_done = AtomicBool::new(false);
    let attack = |_: &AtomicBool| {
        let _done = Done(&are_done);
        thread::scope(|scope| {
            for which in 0..AT_ONCE {
                let (sent, rounds) = (&sent, &rounds);
                scope.spawn(move || {
                    let mut rig = Rig::new(which, seed, server);
                    while sent.load(Ordering::Relaxed) < mutations {
                        let (stage, count) = rig.round();
                        rounds[stage].fetch_add(1, Ordering::Relaxed);
                        sent.fetch_add(count, Ordering::Relaxed);
                    }
                });
            }
        });
    };
    let mut lives = 0;
    arena.while_attacked(attack, |arena| {
        while !are_done.load(Ordering::Relaxed) {
            arena.live();
            lives += 1;
        }
    });
    let (rounds, sent) = (rounds.map(AtomicU64::into_inner), sent.into_inner());
    let grown = arena.memory().saturating_sub(memory);
    say(&format!(
        "{sent} mutated SCCP frames in {} rounds, while honest phones lived {lives} times; the server grew by {} kB",
        rounds.iter().sum::<u64>(),
        grown / 1024
    ));
    for (stage, rounds) in Stage::ALL.iter().zip(rounds) {
        assert!(rounds > 0, "nobody got to {stage:?}");
    }
    assert!(grown < GROWTH, "the server has grown by {grown} bytes");
    arena.live();
    arena.are_joined_by_desks(false);
    arena.live();
    wait_until("the connections are gone", SOON, || {
        arena.metric("perch_sccp_connections{") == 2
    });
    let log = arena.server.log();
    for sign in ["panicked", "fault in Perch"] {
        assert!(!log.contains(sign), "{log}");
    }
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A phone that says nonsense, under one name after the other, and one that it talks with.
struct Rig {
    which: u16,
    random: StdRng,
    spoiler: Spoiler,
    server: SocketAddr,
    other: Station,
    other_number: String,
    /// How many names have been used, for sessions and otherwise.
    used: [u16; 2],
}

impl Rig {
    fn new(which: u16, seed: u64, server: SocketAddr) -> Rig {
        let versions = KINDS.map(|kind| Version::new(kind.offer).unwrap_or_default());
        let mut rig = Rig {
            which,
            random: StdRng::seed_from_u64(seed.wrapping_add(u64::from(which) << 32)),
            spoiler: Spoiler::new(versions.map(Dialect::from)),
            server,
            other: Station::at(host(which), &name_of(5 * which), &KINDS[0], server),
            other_number: number_of(5 * which),
            used: [0; 2],
        };
        rig.other.register().expect("an honest phone is taken");
        rig
    }

    /// A phone gets somewhere, and says nonsense there. Which stage it was, and how much was said.
    fn round(&mut self) -> (usize, u64) {
        let place = self.random.random_range(0..Stage::ALL.len());
        let stage = Stage::ALL[place];
        let n = self.name_for(stage);
        let kind = &KINDS[usize::from(n) % KINDS.len()];
        let mut phone = Station::at(host(self.which), &name_of(n), kind, self.server);
        let user = 2100 + self.random.random_range(0..50);
        let mut cast = Cast {
            phone: &mut phone,
            number: &number_of(n),
            other: &mut self.other,
            other_number: &self.other_number,
            code: &format!("*11*{user}*1111#"),
        };
        let got_there = cast.get_to(stage);
        got_there.unwrap_or_else(|why| panic!("{} to {stage:?}: {why}", kind.model));
        let count = self.random.random_range(ROUND);
        let bytes = self.nonsense(&phone, count);
        let end = self.pour_out(&mut phone, bytes);
        end.unwrap_or_else(|why| panic!("{} in {stage:?}: {why}", kind.model));
        drop(phone);
        self.other.hangs_up().expect("an honest phone is served");
        (place, u64::try_from(count).unwrap_or(0))
    }

    /// Sessions stay open where phones vanish, so they have names of their own; each rig has its own names, one after the
    /// other.
    fn name_for(&mut self, stage: Stage) -> u16 {
        let (from, to, used) = match stage.is_about_a_session() {
            true => (NAMES - LOGINS, NAMES, &mut self.used[0]),
            false => (TALKERS, NAMES - LOGINS, &mut self.used[1]),
        };
        let next = *used % ((to - from) / AT_ONCE);
        *used = next + 1;
        from + next * AT_ONCE + self.which
    }

    fn nonsense(&mut self, phone: &Station, count: usize) -> Vec<u8> {
        let call = phone.calls.iter().next();
        let truth = Truth {
            line: call.map_or(1, |(_, told)| told.line),
            call: call.map_or(0, |(call, _)| *call),
            channel: phone.channel,
        };
        let version = phone.kind.offer;
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for _ in 0..count {
            starts.push(bytes.len());
            let frame = self.spoiler.frame(&mut self.random, version, truth);
            bytes.extend(frame);
        }
        if self.random.random_bool(0.25) {
            spoil_framing(&mut self.random, &mut bytes, &starts);
        }
        bytes
    }

    /// Says it in pieces. The server reads what can be read, and goes on, or ends the connection.
    fn pour_out(&mut self, phone: &mut Station, mut bytes: Vec<u8>) -> io::Result<()> {
        if self.random.random_bool(0.5) {
            while let Read::WaitsFor(more) = read(&bytes) {
                bytes.extend((0..more).map(|_| self.random.random::<u8>()));
            }
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let most = rest.len().min(4000);
            let (piece, after) = rest.split_at(self.random.random_range(1..=most));
            if phone.write(piece).is_err() {
                // It was ended already.
                return Ok(());
            }
            rest = after;
        }
        match read(&bytes) {
            Read::WaitsFor(_) => Ok(()),
            Read::NotUnderstood if phone.is_ended() => Ok(()),
            Read::NotUnderstood => Err(io::Error::other("the server goes on with garbage")),
            Read::Whole => match phone.is_there() {
                Err(error) if is_silence(&error) => Err(error),
                _ => Ok(()),
            },
        }
    }
}

/// Whether the server neither answers nor ends the connection.
fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn host(which: u16) -> Ipv4Addr {
    let [_, which] = which.to_be_bytes();
    Ipv4Addr::new(127, 0, 0, 66 + which)
}
