//! A Perch of our own: a child process with a store in a temporary directory.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::arguments::Transport;

/// A running server. Stopped, and its directory removed, when dropped.
pub struct Server {
    child: Child,
    offset: u16,
    dir: PathBuf,
}

/// How many port offsets are tried.
const TRIES: u32 = 4;

/// How often it is asked whether it listens, and how long is waited in between.
const ASKED: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

impl Server {
    /// Starts a server without a site, and waits until it listens.
    pub fn start(perch: &Path) -> Result<Server, Failure> {
        let id = std::process::id();
        // All ports stay below those that the system gives to others, ours among them.
        let offsets = (0..TRIES).map(|n| 11_000 + (id + 997 * n) % 10_000);
        let mut outcome = Err("no offset was tried".into());
        for offset in offsets {
            outcome = Server::start_at(perch, u16::try_from(offset)?);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn start_at(perch: &Path, offset: u16) -> Result<Server, Failure> {
        let dir = std::env::temp_dir().join(format!("perch-load-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let config = dir.join("perch.toml");
        // Thousands of phones come from a few addresses here.
        std::fs::write(
            &config,
            "[log]\nlevel = \"warn\"\n[limits]\nconnections = 120000\nconnections_per_source = 20000\n",
        )?;
        let child = Command::new(perch)
            .args(["serve", "--bind", "127.0.0.1", "--port-offset"])
            .arg(offset.to_string())
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(dir.join("data"))
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", perch.display()))?;
        let mut server = Server { child, offset, dir };
        server.await_listening()?;
        Ok(server)
    }

    /// Where phones reach it.
    pub fn sip(&self, transport: Transport) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, transport.port() + self.offset).into()
    }

    /// Where its control API is.
    pub fn control(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 5070 + self.offset).into()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn await_listening(&mut self) -> Result<(), Failure> {
        for _ in 0..ASKED {
            std::thread::sleep(PAUSE);
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended at once: {status}").into());
            }
            if std::net::TcpStream::connect(self.control()).is_ok() {
                return Ok(());
            }
        }
        Err("the server did not listen within 10 s".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing left to lose; and what became of it is of no interest here.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
