//! rtpengine as a child process, in user space, on the loopback interface, at ports that were free.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::built_server::{free_ports, wait_until};
use super::installed::has;

/// How long it may take to start.
const START: Duration = Duration::from_secs(20);

/// So many ports for media it has.
const MEDIA: u16 = 100;

/// A relay. Ended when dropped.
pub struct Relay {
    child: Option<Child>,
    first: u16,
    dir: std::path::PathBuf,
}

impl Relay {
    /// A relay; none if there is none here, which is said, or a failure.
    pub fn start(dir: &Path) -> Option<Relay> {
        if !has("rtpengine", "rtpengine-daemon") {
            return None;
        }
        let mut relay = Relay {
            child: None,
            first: free_ports(MEDIA + 2),
            dir: dir.to_owned(),
        };
        relay.begin();
        Some(relay)
    }

    /// Starts again, where it was.
    pub fn begin(&mut self) {
        let log = std::fs::File::create(self.dir.join("rtpengine.log"));
        let log = log.expect("the directory is ours");
        let child = Command::new("rtpengine")
            .args([
                "--config-file=none",
                "--table=-1",
                "--foreground",
                "--log-stderr",
            ])
            .args(["--interface=127.0.0.1", "--log-level=6", "--num-threads=2"])
            .arg(format!("--listen-ng={}", self.address()))
            .arg(format!("--port-min={}", self.first + 2))
            .arg(format!("--port-max={}", self.first + 1 + MEDIA))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it is there");
        self.child = Some(child);
        wait_until("rtpengine answers", START, || self.answers());
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Where it takes orders.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.first).into()
    }

    /// Whether media that comes from there is relayed.
    pub fn is_its(&self, port: u16) -> bool {
        (self.first + 2..=self.first + 1 + MEDIA).contains(&port)
    }

    /// How many calls it knows of.
    pub fn calls(&self) -> usize {
        let said = self.asked("d7:command4:list5:limiti100ee");
        said.matches("perch-").count()
    }

    fn answers(&self) -> bool {
        self.asked("d7:command4:pinge").contains("pong")
    }

    fn asked(&self, what: &str) -> String {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let limit = Duration::from_millis(300);
        socket.set_read_timeout(Some(limit)).expect("a limit");
        let order = format!("{:x} {what}", rand::random::<u64>());
        let mut buffer = [0; 65_535];
        let heard = socket
            .send_to(order.as_bytes(), self.address())
            .and_then(|_| socket.recv(&mut buffer));
        let length = heard.unwrap_or_default();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.dir.join("rtpengine.log"));
            let log = super::built_server::tail(&log.unwrap_or_default(), 60);
            super::built_server::say(&format!("the relay's log:\n{log}"));
        }
    }
}
