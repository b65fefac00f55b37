//! A running server, two honest phones, and what can be seen of the server from outside.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::built_server::{Perch, say, wait_until};
use crate::neighbours::{self, Neighbours};
use crate::phone::Phone;
use crate::station::{self, Desks, PLAIN, SECURE};
use crate::wire_phone::Over;

/// Attacks take turns: what one measures is not to be another's doing.
static TURN: Mutex<()> = Mutex::new(());

/// Where the honest phones are.
pub const CALLER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
pub const CALLEE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// By how much the server may grow under an attack.
const GROWTH: u64 = 48 * 1024 * 1024;

/// How long the server may take to say or count something.
const SOON: Duration = Duration::from_secs(10);

/// How long a phone listens before it looks whether it is still waited for.
const MOMENT: Duration = Duration::from_millis(100);

/// Nobody is trusted: the loopback is the hostile network here.
pub const GUARDED: &str = "[guard]\ntrusted = []\n";

pub struct Arena {
    pub server: Perch,
    pub caller: Phone,
    pub callee: Phone,
    neighbours: Option<Neighbours>,
    desks: Option<Desks>,
    dir: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Arena {
    /// A server with these settings, and two phones that are registered.
    pub fn new(settings: &str) -> Arena {
        Arena::with_stations(settings, 0)
    }

    /// The same with so many more phones in its site that speak SCCP, and users 2100 to 2149.
    pub fn with_stations(settings: &str, more: u16) -> Arena {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = TempDir::new().expect("there is room for temporary files");
        let server = Perch::with_settings(dir.path(), settings);
        let mut site = String::from(
            "[site]\nname = \"hostile\"\n\
             [class_of_service.all]\ncall_guests = true\ncall_users = true\nlogin = true\n\
             [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n",
        );
        for (n, name) in ["caller", "callee", "other"].iter().enumerate() {
            site += &format!(
                "[phone.{name}]\nlogout_profile = \"guest\"\nguest_dn = \"900{n}\"\npassword = \"{name}-secret\"\n"
            );
        }
        site += &neighbours::site();
        site += &station::site(more);
        site += "[user_profile.clerk]\nclass = \"all\"\n";
        for n in 2100..2150 {
            site += &format!(
                "[user.u{n}]\ndn = \"{n}\"\ndisplay_name = \"Clerk {n}\"\npin = \"1111\"\nprofiles = [\"clerk\"]\n"
            );
        }
        let file = dir.path().join("site.toml");
        fs::write(&file, site).expect("the directory is ours");
        server.tell(&["apply", &file.display().to_string()]);
        let phone = |host, name: &str| Phone::at(host, name.into(), server.sip());
        let (mut caller, mut callee) = (phone(CALLER, "caller"), phone(CALLEE, "callee"));
        assert_eq!(caller.register(), Ok(200));
        assert_eq!(callee.register(), Ok(200));
        Arena {
            server,
            caller,
            callee,
            neighbours: None,
            desks: None,
            dir,
            _turn: turn,
        }
    }

    /// Where the server is by a transport.
    pub fn at(&self, over: Over) -> SocketAddr {
        self.server.at(Ipv4Addr::LOCALHOST.into(), over.port())
    }

    /// One of its ports.
    pub fn at_port(&self, port: u16) -> SocketAddr {
        self.server.at(Ipv4Addr::LOCALHOST.into(), port)
    }

    /// From now on two honest phones live here that speak SCCP, under TLS or not.
    pub fn are_joined_by_desks(&mut self, is_secure: bool) {
        let port = if is_secure { SECURE } else { PLAIN };
        self.desks = Some(Desks::new(is_secure, self.at_port(port)));
    }

    /// From now on two more honest phones live here, on this transport.
    pub fn are_joined_over(&mut self, over: Over) {
        self.neighbours = Some(Neighbours::new(&self.server, over));
    }

    /// The honest phones do what phones do: they register, and one calls the other.
    pub fn live(&mut self) {
        if let Some(neighbours) = &mut self.neighbours {
            neighbours.live();
        }
        if let Some(desks) = &mut self.desks {
            desks.live();
        }
        let Arena { caller, callee, .. } = self;
        assert_eq!(caller.register(), Ok(200));
        assert_eq!(callee.register(), Ok(200));
        let is_over = AtomicBool::new(false);
        let (status, is_called) = thread::scope(|scope| {
            // What it answers may get lost: it answers until the caller has heard.
            let called = scope.spawn(|| {
                let mut is_called = false;
                while !is_over.load(Ordering::Relaxed) {
                    is_called |= callee.is_called(MOMENT);
                }
                is_called
            });
            let over = Ended(&is_over);
            let status = caller.dial("9001");
            drop(over);
            (status, called.join().expect("a phone waits"))
        });
        assert_eq!((status, is_called), (Ok(486), true));
    }

    /// The honest phones live while somebody attacks, until the attack shows in a metric. The attack runs in another
    /// thread until it is told that it is over.
    pub fn under(&mut self, metric: &str, attack: impl FnOnce(&AtomicBool) + Send) {
        let (count, memory) = (self.metric(metric), self.memory());
        self.while_attacked(attack, |arena| {
            for _ in 0..3 {
                arena.live();
            }
            wait_until(metric, SOON, || arena.metric(metric) > count);
        });
        say(&format!(
            "{metric} moved by {}",
            self.metric(metric) - count
        ));
        self.has_hardly_grown_since(memory);
    }

    /// The server had so much memory, and has little more. Nothing went wrong in it, either.
    pub fn has_hardly_grown_since(&self, memory: u64) {
        let grown = self.memory().saturating_sub(memory);
        assert!(grown < GROWTH, "the server has grown by {grown} bytes");
        let log = self.server.log();
        assert!(!log.contains("panicked"), "{log}");
    }

    /// Something is done while somebody attacks.
    pub fn while_attacked(
        &mut self,
        attack: impl FnOnce(&AtomicBool) + Send,
        work: impl FnOnce(&mut Arena),
    ) {
        let is_over = AtomicBool::new(false);
        let over = Ended(&is_over);
        thread::scope(|scope| {
            let end = over;
            scope.spawn(|| attack(&is_over));
            work(self);
            drop(end);
        });
    }

    /// Waits until the log says of the connection from there why it ended.
    pub fn says(&self, remote: SocketAddr, why: &str, what: &str) {
        wait_until(&format!("{what} from {remote}: {why}"), SOON, || {
            self.says_already(remote, why)
        });
    }

    /// Whether it does.
    pub fn says_already(&self, remote: SocketAddr, why: &str) -> bool {
        let remote = format!("remote={remote} ");
        let log = plain(&self.server.log());
        log.lines()
            .any(|line| line.contains(&remote) && line.contains(why))
    }

    /// Waits until the log has just one line about this source.
    pub fn is_named_once(&self, source: Ipv4Addr) {
        let source = format!("source={source} ");
        let lines = || {
            let log = plain(&self.server.log());
            let about = |line: &&str| line.contains(&source) && line.contains("over its limits");
            log.lines().filter(about).count()
        };
        wait_until("the attacker is named", SOON, || lines() > 0);
        assert_eq!(lines(), 1, "{}", self.server.log());
    }

    /// The sum of a counter over its labels; of one label if it is named as in `name{label="value"}`.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.server.metrics();
        let values = text.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            rest.split(' ').next_back()?.parse::<u64>().ok()
        });
        values.sum()
    }

    /// How many events of a kind are in the audit log.
    pub fn audited(&self, event: &str) -> i64 {
        let file = Perch::data_in(self.dir.path()).join("perch.db");
        let sql = "SELECT count(*) FROM record WHERE event = ?1";
        let count = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .and_then(|db| db.query_row(sql, [event], |row| row.get(0)));
        count.expect("the store can be read")
    }

    /// The server's resident memory, in bytes.
    pub fn memory(&self) -> u64 {
        let file = format!("/proc/{}/statm", self.server.pid());
        let text = fs::read_to_string(file).expect("the server runs");
        let pages = text.split_whitespace().nth(1);
        let pages: u64 = pages.and_then(|p| p.parse().ok()).expect("a number");
        pages * 4096
    }
}

/// Ends the attack, even if the test has failed.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A text without the colours of a terminal.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}
