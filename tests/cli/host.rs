//! Runs the built command.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;

pub const DEMO: &str = include_str!("../../fixtures/sites/demo.toml");

/// The command, with nothing from this machine's settings.
pub fn perch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perch"));
    command
        .env("TZ", "UTC")
        .env_remove("XDG_DATA_HOME")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Said {
    Said::from(command.output().expect("the command can be run"))
}

/// The same, with something to read on its standard input.
pub fn run_reading(command: &mut Command, input: &str) -> Said {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command can be run");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    Said::from(child.wait_with_output().expect("it ends"))
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Said {
    /// What it said, provided that it did what it was asked.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.err, "", "{self:?}");
        self.out
    }

    /// The same, as JSON.
    pub fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("JSON")
    }

    /// Why it did not.
    pub fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.err
    }
}

/// A running server.
pub struct Server {
    child: Child,
    pub offset: u16,
    log: Option<JoinHandle<String>>,
    /// What it printed when it was up.
    pub greeting: String,
    /// Kept as long as the server runs.
    _data: Option<TempDir>,
}

impl Server {
    /// The demonstration site on ports of its own, in a new data directory.
    pub fn demo() -> Server {
        let data = TempDir::new().expect("a temporary directory");
        let mut server = Server::start(&["--demo"], &data.path().join("data"));
        server._data = Some(data);
        server
    }

    /// `perch serve` with some arguments; returns when it listens.
    pub fn start(arguments: &[&str], data: &Path) -> Server {
        let offset = free_offset();
        let mut child = serve(arguments, data, offset)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        let mut errors = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut log = String::new();
        while !log.contains(" listening") {
            let read = errors.read_line(&mut log).expect("its log is text");
            assert!(read > 0, "the server ended: {log}");
        }
        let reader = thread::spawn(move || {
            errors.read_to_string(&mut log).expect("its log is text");
            log
        });
        let mut greeting = String::new();
        if arguments.contains(&"--demo") {
            let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
            while !greeting.contains("Ctrl-C") {
                let read = out.read_line(&mut greeting).expect("it is text");
                assert!(read > 0, "the server ended: {greeting}");
            }
        }
        Server {
            child,
            offset,
            log: Some(reader),
            greeting,
            _data: None,
        }
    }

    /// A command for this server.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = perch();
        command
            .args(arguments)
            .args(["--port-offset", &self.offset.to_string()]);
        command
    }

    /// Runs a command for this server to its end.
    pub fn perch(&self, arguments: &[&str]) -> Said {
        run(&mut self.command(arguments))
    }

    /// Runs a command for this server that reads `input`.
    pub fn perch_reading(&self, arguments: &[&str], input: &str) -> Said {
        run_reading(&mut self.command(arguments), input)
    }

    /// One of its ports.
    pub fn at(&self, port: u16) -> (&'static str, u16) {
        ("127.0.0.1", port + self.offset)
    }

    /// Asks for a page; the answer as it came.
    pub fn http(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(self.at(9090)).expect("it listens");
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: perch\r\n\r\n").expect("connected");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("an answer, then the end");
        answer
    }

    /// Tells it to stop, and waits until it has. How it ended, and its log.
    pub fn stop(mut self) -> (ExitStatus, String) {
        let kill = format!("kill -TERM {}", self.child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.expect("there is a shell").success());
        let status = self.child.wait().expect("it ends");
        let log = self.log.take().expect("it is taken once");
        (status, log.join().expect("its log was read"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever a test proved or not, no server outlives it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that is to be started by hand.
pub fn serve(arguments: &[&str], data: &Path, offset: u16) -> Command {
    let mut command = perch();
    command.args(["serve", "--data"]).arg(data).args(arguments);
    command.args(["--port-offset", &offset.to_string()]);
    if !arguments.contains(&"--demo") {
        command.args(["--bind", "127.0.0.1"]);
    }
    command
}

/// What a server listens at, before the offset.
const PORTS: [u16; 12] = [
    69, 2000, 5060, 5061, 5070, 5080, 5443, 6970, 6971, 8080, 8443, 9090,
];

/// An offset at which all ports are free. Tests run at the same time, in several processes.
pub fn free_offset() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        // Below the ports that the kernel hands out itself.
        let process = u16::try_from(std::process::id() % 100).expect("it is small");
        let offset = 10_000 + 100 * process + NEXT.fetch_add(23, Ordering::Relaxed) % 2000;
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port + offset)).is_ok();
        let udp = UdpSocket::bind(("127.0.0.1", 5060 + offset)).is_ok();
        if udp && PORTS.into_iter().all(free) {
            return offset;
        }
    }
}

/// A file in a directory.
pub fn file(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("it can be written");
    path
}

/// A path as text.
pub fn text(path: &Path) -> &str {
    path.to_str()
        .expect("temporary directories have plain names")
}
