//! A real SIP tester: sipp, with scenarios that are files beside this one.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::built_server::{free_ports, say, tail, wait_for, wait_until};

/// How long a whole run may take.
const RUN: Duration = Duration::from_secs(90);

/// A run of sipp to be.
#[derive(Clone, Debug)]
pub struct Sipp<'a> {
    /// Where logs go.
    pub dir: &'a Path,
    /// The server.
    pub server: SocketAddr,
    /// The file in tests/peers.
    pub scenario: &'static str,
    /// Which phones it is, in turns.
    pub phones: Vec<&'a str>,
    /// What it dials.
    pub dials: &'a str,
    /// The final response that it expects, where the scenario leaves that open.
    pub status: u16,
    /// What else the scenario leaves open: what stands there, and what is to.
    pub fills: Vec<(&'static str, &'a str)>,
    /// The port that it uses.
    pub port: u16,
    /// The port that the contact of a registration names, if it is another.
    pub contact_port: Option<u16>,
    /// How many calls.
    pub calls: u32,
    /// How many begin in a second.
    pub rate: u32,
    /// How many messages in a hundred get lost.
    pub lost: u32,
    /// TCP instead of UDP.
    pub tcp: bool,
}

/// A run of sipp that is under way. Ended when dropped; if the test failed, its log is shown.
#[derive(Debug)]
pub struct Running {
    child: Child,
    what: String,
    logs: PathBuf,
}

impl<'a> Sipp<'a> {
    /// One call of a phone of the demonstration site.
    pub fn new(dir: &'a Path, server: SocketAddr, scenario: &'static str, phone: &'a str) -> Self {
        Sipp {
            dir,
            server,
            scenario,
            phones: vec![phone],
            dials: "",
            status: 200,
            fills: Vec::new(),
            port: free_ports(1),
            contact_port: None,
            calls: 1,
            rate: 20,
            lost: 0,
            tcp: false,
        }
    }

    /// Runs to the end, which must be a good one.
    pub fn run(&self) {
        self.start().end();
    }

    /// Starts. A scenario that begins with waiting is ready for calls at once when this returns.
    pub fn start(&self) -> Running {
        let what = format!("{}-{}-{}", self.scenario, self.phones.join("-"), self.port);
        // The same may run several times, one after the other.
        let mut names = (1..).map(|run| self.dir.join(format!("{what}-{run}")));
        let logs = names
            .find(|dir| !dir.exists())
            .expect("there are many numbers");
        fs::create_dir(&logs).expect("the directory is ours");
        let scenario = logs.join("scenario.xml");
        fs::write(&scenario, self.filled_in()).expect("the directory is ours");
        fs::write(logs.join("phones.csv"), self.phones_csv()).expect("the directory is ours");
        let screen = File::create(logs.join("screen")).expect("the directory is ours");
        let mut child = Command::new("sipp")
            .args(self.arguments(&scenario))
            .current_dir(&logs)
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stdout(screen.try_clone().expect("a file can be opened twice"))
            .stderr(screen)
            .spawn()
            .expect("sipp is installed");
        wait_until("sipp listens", RUN, || {
            let ended = child.try_wait().expect("a child can be waited for");
            ended.is_some() || is_bound(self.port)
        });
        Running { child, what, logs }
    }

    /// The scenario with what sipp cannot fill in itself: the status is part of what it compares.
    fn filled_in(&self) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/peers")
            .join(self.scenario);
        let text = fs::read_to_string(&file).expect("the scenario is there");
        let text = text.replace("@STATUS@", &self.status.to_string());
        let fills = self.fills.iter();
        fills.fold(text, |text, (open, filled)| text.replace(open, filled))
    }

    fn phones_csv(&self) -> String {
        let mut csv = "SEQUENTIAL\n".to_owned();
        for phone in &self.phones {
            csv += &format!("{phone};[authentication username={phone} password={phone}-secret];\n");
        }
        csv
    }

    fn arguments(&self, scenario: &Path) -> Vec<String> {
        let media = free_ports(4);
        let mut arguments = vec![
            self.server.to_string(),
            "-sf".into(),
            scenario.display().to_string(),
        ];
        let mut option = |name: &str, value: &dyn ToString| {
            arguments.extend([name.to_owned(), value.to_string()]);
        };
        option("-i", &"127.0.0.1");
        option("-mi", &"127.0.0.1");
        option("-mp", &media);
        option("-p", &self.port);
        option("-t", &if self.tcp { "t1" } else { "u1" });
        option("-m", &self.calls);
        option("-r", &self.rate);
        option("-s", &self.dials);
        // Left alone, sipp hashes the server's address, whatever is asked for.
        option(
            "-auth_uri",
            &match self.dials {
                "" => self.server.to_string(),
                digits => format!("{digits}@{}", self.server),
            },
        );
        option("-inf", &"phones.csv");
        option("-timeout", &RUN.as_secs());
        option("-error_file", &"errors");
        option("-message_file", &"messages");
        if self.lost > 0 {
            option("-lost", &self.lost);
        }
        let contact_port = self.contact_port.unwrap_or(self.port).to_string();
        arguments.extend(["-key".to_owned(), "contact_port".to_owned(), contact_port]);
        let flags = ["-nostdin", "-timeout_error", "-trace_err", "-trace_msg"];
        arguments.extend(flags.map(ToOwned::to_owned));
        arguments
    }
}

/// Whether somebody on this host has a port. Trying it out could be in the way of the one who is about to take it.
fn is_bound(port: u16) -> bool {
    let wanted = format!(":{port:04X} ");
    ["udp", "tcp"].iter().any(|kind| {
        let table = fs::read_to_string(format!("/proc/net/{kind}")).unwrap_or_default();
        table.lines().any(|line| line.contains(&wanted))
    })
}

impl Running {
    /// Waits for the end, which must be a good one: every call went as the scenario says.
    pub fn end(mut self) {
        let what = format!("sipp is through with {}", self.what);
        let status = wait_for(&what, RUN + RUN, || {
            self.child.try_wait().expect("a child can be waited for")
        });
        assert!(status.success(), "{}: {status}", self.what);
    }

    fn show(&self) {
        for (file, lines) in [("errors", 60), ("screen", 40), ("messages", 120)] {
            let bytes = fs::read(self.logs.join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            say(&format!(
                "{} of sipp {}:\n{}",
                file,
                self.what,
                tail(&text, lines)
            ));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            self.show();
        }
    }
}
