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
    perch: PathBuf,
    offset: u16,
    dir: PathBuf,
}

/// Settings that all of ours have: thousands of phones come from a few addresses here.
const SETTINGS: &str =
    "[log]\nlevel = \"warn\"\n[limits]\nconnections = 120000\nconnections_per_source = 20000\n";

/// How many port offsets are tried.
const TRIES: u32 = 4;

/// How often it is asked whether it listens, and how long is waited in between.
const ASKED: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

impl Server {
    /// Starts a server without a site, with more settings, and waits until it listens.
    pub fn start(perch: &Path, settings: &str) -> Result<Server, Failure> {
        let id = std::process::id();
        // All ports stay below those that the system gives to others, ours among them.
        let offsets = (0..TRIES).map(|n| 11_000 + (id + 997 * n) % 10_000);
        let mut outcome = Err("no offset was tried".into());
        for offset in offsets {
            outcome = Server::start_at(perch, settings, u16::try_from(offset)?);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn start_at(perch: &Path, settings: &str, offset: u16) -> Result<Server, Failure> {
        let dir = std::env::temp_dir().join(format!("perch-load-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join("perch.toml"), format!("{SETTINGS}{settings}"))?;
        let mut server = Server {
            child: serve(perch, offset, &dir)?,
            perch: perch.to_owned(),
            offset,
            dir,
        };
        server.await_listening()?;
        Ok(server)
    }

    /// Ends it without a warning.
    pub fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again with what it had stored.
    pub fn start_again(&mut self) -> Result<(), Failure> {
        self.child = serve(&self.perch, self.offset, &self.dir)?;
        Ok(())
    }

    /// Whether it listens; an error if it has ended.
    pub fn is_listening(&mut self) -> Result<bool, Failure> {
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("the server ended at once: {status}").into());
        }
        Ok(std::net::TcpStream::connect(self.control()).is_ok())
    }

    /// Where phones reach it.
    pub fn sip(&self, transport: Transport) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, transport.port() + self.offset).into()
    }

    /// Where SCCP phones reach it.
    pub fn sccp(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 2000 + self.offset).into()
    }

    /// Where its pages and the Extension Mobility API are.
    pub fn pages(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 8080 + self.offset).into()
    }

    /// Where its metrics are.
    pub fn http(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 9090 + self.offset).into()
    }

    /// Where its control API is.
    pub fn control(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 5070 + self.offset).into()
    }

    /// What it has stored.
    pub fn database(&self) -> PathBuf {
        self.dir.join("data").join("perch.db")
    }

    /// What is added to each of its ports.
    pub fn offset(&self) -> u16 {
        self.offset
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn await_listening(&mut self) -> Result<(), Failure> {
        for _ in 0..ASKED {
            std::thread::sleep(PAUSE);
            if self.is_listening()? {
                return Ok(());
            }
        }
        Err("the server did not listen within 10 s".into())
    }
}

fn serve(perch: &Path, offset: u16, dir: &Path) -> Result<Child, Failure> {
    let child = Command::new(perch)
        .args(["serve", "--bind", "127.0.0.1", "--port-offset"])
        .arg(offset.to_string())
        .arg("--config")
        .arg(dir.join("perch.toml"))
        .arg("--data")
        .arg(dir.join("data"))
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", perch.display()))?;
    Ok(child)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing left to lose; and what became of it is of no interest here.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
