//! A real softphone: baresip, driven over its control socket.
//!
//! It plays a tone instead of a microphone and records what it hears, so it needs no sound card.

use std::fmt;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::built_server::{Perch, free_ports, say, tail, text, wait_for, wait_until};
use super::softphone::{Over, Softphone};
use super::wav;

/// How long the program may take to start, to answer a command, to do something over the network.
const SOON: Duration = Duration::from_secs(15);

/// What it says unless it matters, in hertz.
const LOW: u32 = 440;

/// Ports of one softphone: SIP (and TLS behind it), control, and then RTP.
const PORTS: u16 = 24;
const CONTROL: u16 = 2;
const RTP: u16 = 4;

/// A running softphone. Ended when dropped; if the test failed, its log is shown.
#[derive(Debug)]
pub struct Baresip {
    name: String,
    server: SocketAddr,
    dir: PathBuf,
    child: Child,
    control: TcpStream,
    heard: Arc<Heard>,
}

/// What the softphone reported and nobody has asked for yet.
#[derive(Debug, Default)]
struct Heard {
    messages: Mutex<Vec<Value>>,
    more: Condvar,
}

impl Baresip {
    /// Starts a softphone that registers as a phone of the demonstration site, and waits until it has.
    /// `tone` is what it says, in hertz.
    pub fn register(dir: &Path, server: &Perch, name: &str, over: Over, tone: u32) -> Baresip {
        let secret = format!("{name}-secret");
        let phone = Baresip::start(dir, over.address(server), (name, &secret), over, tone);
        let registered = format!("{name} is registered");
        wait_until(&registered, SOON, || {
            server.tell(&["explain", name]).contains(&registered)
        });
        phone
    }

    /// Starts a softphone that registers as a user, with what `perch softphone` prints.
    pub fn register_as_user(dir: &Path, server: &Perch, user: &str, account: &str) -> Baresip {
        let host = Over::Udp.address(server);
        let account = format!("{account};audio_codecs=PCMA\n");
        let phone = Baresip::start_with(dir, host, user, &account, LOW);
        wait_until("the softphone is registered", SOON, || {
            server.json(&["status"])["softphones_registered"] == 1
        });
        phone
    }

    /// Starts a softphone with a wrong password, and waits until it has been refused.
    pub fn is_refused(dir: &Path, server: &Perch, name: &str, over: Over) {
        let host = over.address(server);
        let phone = Baresip::start(dir, host, (name, "not-the-secret"), over, 440);
        // Maybe before anybody could ask it for events. Its log has every message; the first 401 is the challenge.
        wait_until(&format!("{name} is refused"), SOON, || {
            log_of(&phone.dir).matches("SIP/2.0 401").count() > 1
        });
        assert!(!phone.was_told("SIP/2.0 200"), "{name} is registered");
    }

    fn start(
        dir: &Path,
        server: SocketAddr,
        (name, secret): (&str, &str),
        over: Over,
        tone: u32,
    ) -> Baresip {
        let account = account(server, name, secret, over);
        let dir = dir.join(over.token());
        fs::create_dir_all(&dir).expect("the directory is ours");
        Baresip::start_with(&dir, server, name, &account, tone)
    }

    fn start_with(dir: &Path, server: SocketAddr, name: &str, account: &str, tone: u32) -> Baresip {
        let dir = dir.join(format!("baresip-{name}"));
        let first = free_ports(PORTS);
        fs::create_dir(&dir).expect("the directory is ours");
        fs::write(dir.join("config"), config(&dir, first, tone)).expect("the directory is ours");
        fs::write(dir.join("accounts"), account).expect("the directory is ours");
        let log = fs::File::create(dir.join("log")).expect("the directory is ours");
        let mut child = Command::new("baresip")
            .arg("-f")
            .arg(&dir)
            .arg("-s")
            .env("HOME", &dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log)
            .spawn()
            .expect("baresip is installed");
        let control = SocketAddr::from((Ipv4Addr::LOCALHOST, first + CONTROL));
        let control = wait_for("baresip starts", SOON, || {
            let ended = child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "baresip ended: {}", log_of(&dir));
            TcpStream::connect(control).ok()
        });
        let heard = Arc::new(Heard::default());
        let (stream, hears) = (control.try_clone(), Arc::clone(&heard));
        let stream = stream.expect("a socket can be shared");
        std::thread::spawn(move || hears.listen(stream));
        Baresip {
            name: name.to_owned(),
            server,
            dir,
            child,
            control,
            heard,
        }
    }

    /// Types a command of baresip's menu.
    pub fn command(&self, command: &str, parameters: &str) {
        let text =
            json!({ "command": command, "params": parameters, "token": command }).to_string();
        let netstring = format!("{}:{text},", text.len());
        let mut control = &self.control;
        control
            .write_all(netstring.as_bytes())
            .expect("baresip listens");
        let answer = self.heard.take(SOON, |said| said["token"] == command);
        let answer = answer.unwrap_or_else(|| panic!("{self} does not answer to {command}"));
        assert_eq!(answer["ok"], true, "{self}: {answer}");
    }

    /// Dials digits.
    pub fn dial(&self, digits: &str) {
        self.command("dial", &format!("sip:{digits}@{}", self.server));
    }

    /// Waits for an event; what came before it is forgotten.
    pub fn wait(&self, event: &str) -> Value {
        let found = self.heard.wait(SOON, |said| said["type"] == event);
        found.unwrap_or_else(|| panic!("{self} waited {SOON:?} in vain for {event}"))
    }

    /// Dials digits that are refused. Says how.
    pub fn dial_in_vain(&self, digits: &str) -> String {
        self.dial(digits);
        text(&self.wait("CALL_CLOSED")["param"])
    }

    /// Dials a code that is accepted: the server answers, and releases the call by itself.
    pub fn dial_code(&self, digits: &str) {
        self.dial(digits);
        self.wait("CALL_ESTABLISHED");
        self.wait("CALL_CLOSED");
    }

    /// Whether the server has told it something: in a MESSAGE for the display, or as the reason of a release.
    pub fn was_told(&self, what: &str) -> bool {
        log_of(&self.dir).contains(what)
    }

    /// Waits until it rings. Says whose name and number it shows.
    pub fn rings(&self) -> (String, String) {
        let incoming = self.wait("CALL_INCOMING");
        let uri = text(&incoming["peeruri"]);
        let number = uri.trim_start_matches("sip:").split('@').next();
        let number = number.unwrap_or_default().to_owned();
        (text(&incoming["peerdisplayname"]), number)
    }

    /// Answers the call that rings.
    pub fn answer(&self) {
        self.command("accept", "");
        self.wait("CALL_ESTABLISHED");
    }

    /// Hangs up, and waits until the call is over.
    pub fn hang_up(&self) {
        self.command("hangup", "");
        self.wait("CALL_CLOSED");
    }

    /// Types a command that changes the media of the call, and waits until the other side has agreed: the log, which has
    /// every message, then ends a 200 with this.
    fn changes(&self, command: &str, agreed: &str) {
        let answers = || {
            let log = log_of(&self.dir);
            let answers = log.split("SIP/2.0 200 OK").skip(1);
            answers.filter(|answer| answer.contains(agreed)).count()
        };
        let before = answers();
        self.command(command, "");
        let agreed = format!("{self}: the other side agrees to {command}");
        wait_until(&agreed, SOON, || answers() > before);
    }

    /// What it counted in each call that is over, oldest first.
    pub fn counted(&self) -> Vec<Counted> {
        let log = log_of(&self.dir);
        log.lines().filter_map(Counted::read).collect()
    }

    /// How much of what this phone heard was a tone, in the call where that was most of it.
    pub fn heard_tone(&self, hertz: u32) -> f64 {
        let files = fs::read_dir(&self.dir).expect("the directory is ours");
        let names = files.filter_map(|file| Some(file.ok()?.path()));
        let recordings = names.filter(|name| name.to_string_lossy().ends_with("-dec.wav"));
        // One that is being written may vanish or be short.
        let shares = recordings.filter_map(|name| wav::share_of(&fs::read(name).ok()?, hertz));
        shares.fold(0.0, f64::max)
    }
}

/// The packets of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub received: u32,
    pub sent: u32,
}

impl Counted {
    /// As baresip writes it under `Transmit: Receive:`.
    fn read(line: &str) -> Option<Counted> {
        let mut numbers = line.strip_prefix("packets:")?.split_whitespace();
        let mut number = || numbers.next()?.parse().ok();
        Some(Counted {
            sent: number()?,
            received: number()?,
        })
    }
}

impl Softphone for Baresip {
    fn name(&self) -> &str {
        &self.name
    }

    fn dial(&self, digits: &str) {
        Baresip::dial(self, digits);
    }

    fn sees_caller(&self) -> String {
        self.rings().1
    }

    fn answer(&self) {
        Baresip::answer(self);
    }

    fn talks(&self) {
        self.wait("CALL_ESTABLISHED");
    }

    fn presses(&self, digit: char) {
        self.command("sndcode", &digit.to_string());
    }

    fn hears_key(&self, digit: char) {
        let heard = self.wait("CALL_DTMF_START");
        assert_eq!(heard["param"], digit.to_string(), "{heard}");
    }

    fn holds(&self) {
        // Only the other side's answer to a hold says so.
        self.changes("hold", "a=recvonly");
    }

    fn resumes(&self) {
        // Said by both: in the offer and in the answer.
        self.changes("resume", "a=sendrecv");
    }

    fn transfers_to(&self, digits: &str) {
        self.command("transfer", &format!("sip:{digits}@{}", self.server));
    }

    fn hangs_up(&self) {
        self.hang_up();
    }

    fn is_left(&self) {
        self.wait("CALL_CLOSED");
    }
}

impl fmt::Display for Baresip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            say(&format!(
                "what {self} saw:\n{}",
                tail(&log_of(&self.dir), 150)
            ));
        }
    }
}

impl Heard {
    /// Takes netstrings of JSON until the connection ends.
    fn listen(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(message) = netstring(&mut stream) {
            let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
            messages.push(message);
            self.more.notify_all();
        }
    }

    /// Waits for the first message of a kind, and drops what came before it.
    fn wait(&self, limit: Duration, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        self.find(limit, is_it, |messages, at| {
            messages.drain(..=at).next_back()
        })
    }

    /// Waits for the first message of a kind, and leaves what came before it for others.
    fn take(&self, limit: Duration, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        self.find(limit, is_it, |messages, at| Some(messages.remove(at)))
    }

    fn find(
        &self,
        limit: Duration,
        is_it: impl Fn(&Value) -> bool,
        remove: impl Fn(&mut Vec<Value>, usize) -> Option<Value>,
    ) -> Option<Value> {
        let end = Instant::now() + limit;
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(at) = messages.iter().position(&is_it) {
                return remove(&mut messages, at);
            }
            let left = end.checked_duration_since(Instant::now())?;
            let waited = self.more.wait_timeout(messages, left);
            messages = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn netstring(stream: &mut impl Read) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        match byte[0] {
            b':' => break,
            digit => length = length * 10 + usize::from(digit.checked_sub(b'0')?),
        }
    }
    let mut text = vec![0; length + 1];
    stream.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text[..length]).ok()
}

fn log_of(dir: &Path) -> String {
    String::from_utf8_lossy(&fs::read(dir.join("log")).unwrap_or_default()).into_owned()
}

/// Only the modules that are needed. `ausine` speaks 48 kHz stereo alone; `aubridge` plays into nothing; `sndfile`
/// records what was decoded.
fn config(dir: &Path, first: u16, tone: u32) -> String {
    let (control, rtp, last) = (first + CONTROL, first + RTP, first + PORTS - 1);
    let dir = dir.display();
    format!(
        "poll_method epoll
sip_listen 127.0.0.1:{first}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control}
rtp_ports {rtp}-{last}
rtp_timeout 0
rtp_stats yes
audio_source ausine,{tone}
audio_player aubridge,ear
audio_alert aubridge,bell
ausrc_srate 48000
ausrc_channels 2
auplay_srate 8000
auplay_channels 1
snd_path {dir}
module_path {}
module g711.so
module srtp.so
module ausine.so
module aubridge.so
module sndfile.so
module account.so
module menu.so
module ctrl_tcp.so
",
        modules().display(),
    )
}

/// Where the modules are: the distributions do not agree.
fn modules() -> PathBuf {
    let places = [
        "/usr/lib/baresip/modules",
        "/usr/lib64/baresip/modules",
        "/usr/local/lib/baresip/modules",
    ];
    let there = places
        .into_iter()
        .map(PathBuf::from)
        .find(|place| place.is_dir());
    there.expect("baresip's modules are where its package puts them")
}

fn account(server: SocketAddr, name: &str, secret: &str, over: Over) -> String {
    let transport = over.token();
    format!(
        "<sip:{name}@{server};transport={transport}>;auth_user={name};auth_pass={secret};\
         outbound=\"sip:{server};transport={transport}\";regint=120;audio_codecs=PCMA\n"
    )
}
