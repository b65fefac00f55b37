//! The built server as a child process, asked by its own command line.
//!
//! Everything of it is in a directory that the test owns, on the loopback interface, at ports that were free.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program under test.
pub const PERCH: &str = env!("CARGO_BIN_EXE_perch");

/// How long a server may take to start or to stop.
const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(15);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until `look` finds something, for `limit` at most.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            Instant::now() < end,
            "waited {limit:?} in vain until {what}"
        );
        std::thread::sleep(LOOK);
    }
}

/// Waits until something is so, for `limit` at most.
pub fn wait_until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    wait_for(what, limit, || is_so().then_some(()));
}

/// Where ports are looked for: below those that the system hands out by itself.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// Begins of what this process was given, so that its tests do not take each other's.
static TAKEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// The first of `count` ports in a row that nobody on this host uses.
pub fn free_ports(count: u16) -> u16 {
    wait_for("ports are free", START, || {
        let first = rand::random_range(PORTS.start..PORTS.end - count);
        let ports: Vec<u16> = (first..first + count).collect();
        are_free(&ports).then_some(first)
    })
}

/// Whether all of them are, which then are taken.
fn are_free(ports: &[u16]) -> bool {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let free = ports
        .iter()
        .all(|port| !taken.contains(port) && is_free(*port));
    if free {
        taken.extend(ports);
    }
    free
}

fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

const SIP: u16 = 5060;
const SIPS: u16 = 5061;
const WS: u16 = 5080;
const WSS: u16 = 5443;
const CONTROL: u16 = 5070;
const HTTP: u16 = 9090;
const SCCP: u16 = 2000;
const SCCPS: u16 = 2443;
const PAGES: u16 = 8080;
const PAGES_TLS: u16 = 8443;
const TFTP: u16 = 69;
const FILES: u16 = 6970;
const FILES_TLS: u16 = 6971;
const MEDIA: std::ops::Range<u16> = 10_000..10_100;

/// An offset at which nobody uses the ports of a server.
pub fn free_offset() -> u16 {
    wait_for("the server's ports are free", START, || {
        let offset = rand::random_range(PORTS.start - SIP..PORTS.end - MEDIA.end);
        are_free(&ports_at(offset)).then_some(offset)
    })
}

/// The ports of a server at an offset.
fn ports_at(offset: u16) -> Vec<u16> {
    let ports = [
        SIP, SIPS, WS, WSS, CONTROL, HTTP, SCCP, SCCPS, PAGES, PAGES_TLS, TFTP, FILES, FILES_TLS,
    ];
    let ports = ports.into_iter().chain(MEDIA);
    ports.map(|port| port + offset).collect()
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output, trimmed.
    pub out: String,
    /// Standard error, trimmed.
    pub err: String,
}

/// Runs the command to its end.
pub fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Said {
    let output = Command::new(PERCH)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the built server can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Said {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// A running server. Ended when dropped; if the test failed, its log is shown.
#[derive(Debug)]
pub struct Perch {
    child: Child,
    offset: u16,
    arguments: Vec<String>,
    dir: PathBuf,
}

impl Perch {
    /// `perch serve --demo` with everything in `dir`.
    pub fn demo(dir: &Path) -> Perch {
        Perch::start(dir, &["--demo"])
    }

    /// `perch serve --demo` that listens at the loopback addresses of both kinds, with more arguments.
    pub fn demo_at_both(dir: &Path, more: &[&str]) -> Perch {
        let mut how = vec!["--demo", "--bind", "127.0.0.1", "--bind", "::1"];
        how.extend(more);
        Perch::start(dir, &how)
    }

    /// `perch serve` with a settings file that says this and nothing about ports; everything is in `dir`.
    pub fn with_settings(dir: &Path, settings: &str) -> Perch {
        let file = dir.join("perch.toml");
        let text = format!("bind = [\"127.0.0.1\"]\n{settings}");
        fs::write(&file, text).expect("the directory can be written to");
        Perch::start(dir, &["--config", &file.display().to_string()])
    }

    /// The same at these addresses.
    pub fn with_settings_at(dir: &Path, settings: &str, addresses: &[Ipv4Addr]) -> Perch {
        let file = dir.join("perch.toml");
        fs::write(&file, settings).expect("the directory can be written to");
        let file = file.display().to_string();
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let mut how = vec!["--config", &file];
        for address in &addresses {
            how.extend(["--bind", address]);
        }
        Perch::start(dir, &how)
    }

    fn start(dir: &Path, how: &[&str]) -> Perch {
        let data = Perch::data_in(dir).display().to_string();
        let mut arguments: Vec<String> = how.iter().map(ToString::to_string).collect();
        arguments.extend(["--data".to_owned(), data]);
        let offset = free_offset();
        let mut server = Perch {
            child: spawn(dir, &arguments, offset),
            offset,
            arguments,
            dir: dir.to_owned(),
        };
        server.wait_until_it_answers();
        server
    }

    /// Where a server in `dir` keeps its data.
    pub fn data_in(dir: &Path) -> PathBuf {
        dir.join("data")
    }

    /// Starts again after [`Perch::kill`] or [`Perch::terminate`], at the same ports.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.dir, &self.arguments, self.offset);
        self.wait_until_it_answers();
    }

    fn wait_until_it_answers(&mut self) {
        let end = Instant::now() + START;
        while self.ask(&["status"]).code != Some(0) {
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(
                ended.is_none() && Instant::now() < end,
                "the server did not start: {ended:?}\n{}",
                self.log()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// Ends it as a power cut would: `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("a child can be waited for");
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(&mut self) -> ExitStatus {
        self.begin_to_stop();
        self.stopped()
    }

    /// Asks it to stop.
    pub fn begin_to_stop(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -s TERM \"$0\"", &pid])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "the server runs");
    }

    /// Waits until it has stopped.
    pub fn stopped(&mut self) -> ExitStatus {
        wait_for("the server stops", STOP, || {
            self.child.try_wait().expect("a child can be waited for")
        })
    }

    /// Where it listens for SIP.
    pub fn sip(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, SIP + self.offset).into()
    }

    /// One of its ports at an address.
    pub fn at(&self, address: IpAddr, port: u16) -> SocketAddr {
        SocketAddr::new(address, port + self.offset)
    }

    /// What it logged so far.
    pub fn logged(&self) -> String {
        self.log()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs a command against it.
    pub fn ask(&self, arguments: &[&str]) -> Said {
        let offset = self.offset.to_string();
        run(arguments.iter().chain(&["--port-offset", offset.as_str()]))
    }

    /// Runs a command against it that must succeed, and hands back what it said.
    pub fn tell(&self, arguments: &[&str]) -> String {
        let said = self.ask(arguments);
        assert_eq!(said.code, Some(0), "perch {arguments:?}: {said:?}");
        said.out
    }

    /// Runs a command against it, and reads what it said.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let out = self.tell(&arguments);
        serde_json::from_str(&out).unwrap_or_else(|why| panic!("{arguments:?}: {why}: {out}"))
    }

    /// What `perch softphone` prints for a user whose secret this is.
    pub fn softphone(&self, user: &str, secret: &str, app: &str) -> String {
        let server = self.sip().to_string();
        let mut child = Command::new(PERCH)
            .args([
                "softphone",
                user,
                "--password-stdin",
                "--for",
                app,
                "--server",
                &server,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the built server can be run");
        let mut stdin = child.stdin.take().expect("it was asked for");
        stdin.write_all(secret.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Who is logged in where, as (user, phone).
    pub fn who(&self) -> Vec<(String, String)> {
        let who = self.json(&["who"]);
        let who = who.as_array().expect("a list").iter();
        who.map(|one| (text(&one["user"]), text(&one["phone"])))
            .collect()
    }

    /// Where a user is logged in; none if nowhere or at several phones.
    pub fn phone_of(&self, user: &str) -> Option<String> {
        let mut who = self.who();
        who.retain(|(id, _)| id == user);
        let [(_, phone)] = who.as_slice() else {
            return None;
        };
        Some(phone.clone())
    }

    /// How many phones are registered.
    pub fn registered(&self) -> u64 {
        self.json(&["status"])["phones_registered"]
            .as_u64()
            .expect("a number")
    }

    /// What is counted and measured.
    pub fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.at(Ipv4Addr::LOCALHOST.into(), HTTP))
            .expect("the server listens");
        let request = b"GET /metrics HTTP/1.1\r\nHost: perch\r\n\r\n";
        stream.write_all(request).expect("it is connected");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(log_in(&self.dir)).unwrap_or_default()
    }
}

impl Drop for Perch {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        for port in ports_at(self.offset) {
            taken.remove(&port);
        }
        drop(taken);
        if std::thread::panicking() {
            say(&format!("the server's log:\n{}", tail(&self.log(), 200)));
        }
    }
}

fn spawn(dir: &Path, arguments: &[String], offset: u16) -> Child {
    let log = File::options().create(true).append(true).open(log_in(dir));
    let log = log.expect("the directory can be written to");
    Command::new(PERCH)
        .arg("serve")
        .args(arguments)
        .args(["--port-offset", &offset.to_string()])
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file can be opened twice"))
        .stderr(log)
        .spawn()
        .expect("the built server can be started")
}

fn log_in(dir: &Path) -> PathBuf {
    dir.join("server.log")
}

/// The text of a JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let from = text.lines().count().saturating_sub(lines);
    text.lines().skip(from).collect::<Vec<_>>().join("\n")
}

/// Says something that is to be seen even if the test passes.
pub fn say(text: &str) {
    // Nobody is hurt if standard error is closed.
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}
