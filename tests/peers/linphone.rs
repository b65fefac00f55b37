//! A real softphone: Linphone, driven by the commands of its daemon. It needs no sound card and no screen.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::built_server::{Perch, free_ports, say, tail, wait_until};
use super::softphone::{Over, Softphone};

/// How long the program may take to start, to answer a command, to do something over the network.
const SOON: Duration = Duration::from_secs(15);

/// Ports of one softphone: SIP, and then RTP.
const PORTS: u16 = 12;
const RTP: u16 = 2;

/// How keys are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// RFC 4733.
    Media,
    /// SIP INFO.
    Info,
    /// Each of them in both ways.
    Both,
}

/// A running softphone. Ended when dropped; if the test failed, what it said is shown.
#[derive(Debug)]
pub struct Linphone {
    name: String,
    host: SocketAddr,
    dir: PathBuf,
    child: Child,
    stdin: Mutex<ChildStdin>,
    said: Arc<Said>,
    call: AtomicU32,
}

/// Every line that the daemon printed, and up to which one somebody has waited.
#[derive(Debug, Default)]
struct Said {
    lines: Mutex<(Vec<String>, usize)>,
    more: Condvar,
}

impl Linphone {
    /// Starts a softphone that registers as a phone of the demonstration site, and waits until it has.
    pub fn register(dir: &Path, server: &Perch, name: &str, over: Over) -> Linphone {
        Linphone::register_with(dir, server, name, over, Keys::Media)
    }

    /// The same, saying how keys are sent.
    pub fn register_with(
        dir: &Path,
        server: &Perch,
        name: &str,
        over: Over,
        keys: Keys,
    ) -> Linphone {
        let password = format!("{name}-secret");
        let phone = Linphone::start(dir, server, name, over, keys, &password);
        let registered = format!("{name} is registered");
        wait_until(&registered, SOON, || {
            server.tell(&["explain", name]).contains(&registered)
        });
        phone.comes_to("LinphoneRegistrationOk");
        phone
    }

    /// Starts a softphone with a wrong password, and waits until it has been refused.
    pub fn is_refused(dir: &Path, server: &Perch, name: &str, over: Over) {
        let phone = Linphone::start(dir, server, name, over, Keys::Media, "not-the-secret");
        phone.comes_to("LinphoneRegistrationFailed");
    }

    fn start(
        dir: &Path,
        server: &Perch,
        name: &str,
        over: Over,
        keys: Keys,
        password: &str,
    ) -> Linphone {
        let dir = dir.join(format!("linphone-{name}-{}", over.token()));
        let first = free_ports(PORTS);
        // It keeps a database there, and does not make the directory.
        fs::create_dir_all(dir.join(".local/share/linphone")).expect("the directory is ours");
        fs::write(dir.join("rc"), config(first, over, keys)).expect("the directory is ours");
        let mut child = Command::new("linphone-daemon")
            .arg("--config")
            .arg(dir.join("rc"))
            .arg("--log")
            .arg(dir.join("log"))
            .arg("--disable-stats-events")
            .env("HOME", &dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("linphone-daemon is installed");
        let said = Arc::new(Said::default());
        let (stdout, listener) = (child.stdout.take(), Arc::clone(&said));
        let stdout = stdout.expect("it was asked for");
        std::thread::spawn(move || listener.listen(stdout));
        let stdin = child.stdin.take().expect("it was asked for");
        let host = over.address(server);
        let phone = Linphone {
            name: name.to_owned(),
            host,
            dir,
            child,
            stdin: Mutex::new(stdin),
            said,
            call: AtomicU32::new(0),
        };
        let transport = over.token();
        phone.command(&format!(
            "register sip:{name}@{} <sip:{host};transport={transport}> {password}",
            host.ip()
        ));
        phone
    }

    /// Types a command.
    fn command(&self, command: &str) {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(stdin, "{command}").expect("linphone listens");
        stdin.flush().expect("linphone listens");
    }

    /// Asks for the state of its registration until it is this one.
    fn comes_to(&self, state: &str) {
        wait_until(&format!("{} is {state}", self.name), SOON, || {
            self.command("register-status ALL");
            let last = self.said.wait(SOON, |line| line.starts_with("State: "));
            last.is_some_and(|line| line == format!("State: {state}"))
        });
    }

    fn wait(&self, line: &str) -> String {
        let found = self.said.wait(SOON, |said| said.starts_with(line));
        found.unwrap_or_else(|| panic!("{} waited {SOON:?} in vain for {line}", self.name))
    }

    /// Waits until a call comes to a state. Who the other one is; the call is the one that the next commands are about.
    fn wait_call(&self, state: &str) -> String {
        self.wait(&format!("Event: LinphoneCall{state}"));
        let from = self.wait("From: ");
        let id = self.wait("Id: ");
        let id = id.trim_start_matches("Id: ").parse();
        self.call
            .store(id.expect("calls have numbers"), Ordering::Relaxed);
        from
    }

    /// Which call the last event was about, as the daemon numbers them.
    pub fn call(&self) -> u32 {
        self.call.load(Ordering::Relaxed)
    }

    /// Joins the two calls that it is in, and leaves them: the transfer of somebody who has asked first.
    pub fn joins(&self, call: u32, with: u32) {
        self.command(&format!("call-transfer {call} {with}"));
    }

    /// Both its calls are over.
    pub fn is_out_of_both(&self) {
        self.wait_call("Released");
        self.wait_call("Released");
    }
}

impl Softphone for Linphone {
    fn name(&self) -> &str {
        &self.name
    }

    fn dial(&self, digits: &str) {
        self.command(&format!("call sip:{digits}@{}", self.host));
        self.wait_call("OutgoingProgress");
    }

    fn sees_caller(&self) -> String {
        let from = self.wait_call("IncomingReceived");
        let uri = from.split_once("sip:").map_or("", |(_, uri)| uri);
        uri.split('@').next().unwrap_or_default().to_owned()
    }

    fn answer(&self) {
        self.command(&format!("answer {}", self.call()));
        self.wait_call("Connected");
        self.wait_call("StreamsRunning");
    }

    fn talks(&self) {
        self.wait_call("StreamsRunning");
    }

    fn presses(&self, digit: char) {
        self.command(&format!("dtmf {digit}"));
    }

    fn hears_key(&self, digit: char) {
        self.wait(&format!("Tone: {digit}"));
    }

    fn holds(&self) {
        self.command(&format!("call-pause {}", self.call()));
        self.wait_call("Paused");
    }

    fn resumes(&self) {
        self.command(&format!("call-resume {}", self.call()));
        self.wait_call("StreamsRunning");
    }

    fn transfers_to(&self, digits: &str) {
        let (call, host) = (self.call(), self.host);
        self.command(&format!("call-transfer {call} sip:{digits}@{host}"));
    }

    fn hangs_up(&self) {
        self.command(&format!("terminate {}", self.call()));
        self.wait_call("End");
        self.wait_call("Released");
    }

    fn is_left(&self) {
        self.wait_call("End");
        self.wait_call("Released");
    }
}

impl Drop for Linphone {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let lines = self.said.lines.lock();
            let lines = lines.unwrap_or_else(PoisonError::into_inner);
            let name = &self.name;
            say(&format!("what {name} said:\n{}", lines.0.join("\n")));
            let log = fs::read(self.dir.join("log")).unwrap_or_default();
            let log = String::from_utf8_lossy(&log).into_owned();
            say(&format!("what {name} logged:\n{}", tail(&log, 120)));
        }
    }
}

impl Said {
    fn listen(&self, stdout: ChildStdout) {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.0.push(line.trim().to_owned());
            self.more.notify_all();
        }
    }

    /// Waits for the next line of a kind; what came before it is forgotten.
    fn wait(&self, limit: Duration, is_it: impl Fn(&str) -> bool) -> Option<String> {
        let end = Instant::now() + limit;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (all, seen) = &mut *lines;
            if let Some(at) = all[*seen..].iter().position(|line| is_it(line)) {
                *seen += at + 1;
                return Some(all[*seen - 1].clone());
            }
            let left = end.checked_duration_since(Instant::now())?;
            let waited = self.more.wait_timeout(lines, left);
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// One transport, no NAT tricks, no video, no encryption of media.
fn config(first: u16, over: Over, keys: Keys) -> String {
    let by_media = u8::from(keys != Keys::Info);
    let by_info = u8::from(keys != Keys::Media);
    let port = |transport| if over == transport { first } else { 0 };
    let (udp, tcp, tls) = (port(Over::Udp), port(Over::Tcp), port(Over::Tls));
    let rtp = first + RTP;
    format!(
        "[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
bind_address=127.0.0.1
use_ipv6=0
register_only_when_network_is_up=0
verify_server_certs=0
verify_server_cn=0
use_rfc2833={by_media}
use_info={by_info}
media_encryption=none
[net]
firewall_policy=0
[rtp]
audio_rtp_port={rtp}
[sound]
echocancellation=0
[video]
automatically_initiate=0
automatically_accept=0
capture=0
display=0
"
    )
}
