//! Kamailio as the telephone exchange that was there before, asked by its own command line what it knows.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running Kamailio. Ended when dropped.
#[derive(Debug)]
pub struct Kamailio {
    child: Child,
    dir: PathBuf,
    address: SocketAddr,
}

/// It is one process and children, which all end when it is told to.
const WAIT_MS: u64 = 20;

impl Kamailio {
    /// Starts one with everything in `dir`. The phone of its own, 3001, is at that port of 127.0.0.1.
    pub fn start(dir: &Path, address: SocketAddr, phone: u16) -> io::Result<Kamailio> {
        let dir = dir.join("kamailio");
        fs::create_dir_all(&dir)?;
        let text = include_str!("kamailio.cfg")
            .replace("@LISTEN@", &address.to_string())
            .replace("@CONTROL@", &socket_in(&dir))
            .replace("@PHONE@", &phone.to_string());
        fs::write(config_in(&dir), text)?;
        Ok(Kamailio {
            child: spawn(&dir)?,
            dir,
            address,
        })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it. What it knew is gone.
    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        // If it has ended already, there is nobody to tell.
        let _ = Command::new("kill").args(["-s", "TERM", &pid]).status();
        let _ = self.child.wait();
    }

    /// Starts it again, at the same address.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.child = spawn(&self.dir)?;
        Ok(())
    }

    /// Whether it answers questions.
    pub fn answers(&self) -> bool {
        self.ask(&["core.version"]).is_some()
    }

    /// Where a number is registered there: the contacts, as they were given.
    pub fn contacts(&self, number: &str) -> Vec<String> {
        let Some(said) = self.ask(&["ul.lookup", "location", &format!("s:{number}")]) else {
            return Vec::new();
        };
        let lines = said.lines().filter_map(|line| {
            let address = line.trim().strip_prefix("Address: ")?;
            Some(address.to_owned())
        });
        lines.collect()
    }

    /// How many numbers are registered there; none if it does not say.
    pub fn registered(&self) -> Option<u64> {
        self.statistic("usrloc.location_contacts")
    }

    /// How many registrations it has granted since it started.
    pub fn granted(&self) -> Option<u64> {
        self.statistic("registrar.accepted_regs")
    }

    fn statistic(&self, name: &str) -> Option<u64> {
        let said = self.ask(&["stats.fetch", name])?;
        let mut numbers = said.split(|c: char| !c.is_ascii_digit());
        numbers.rfind(|text| !text.is_empty())?.parse().ok()
    }

    fn ask(&self, question: &[&str]) -> Option<String> {
        let socket = format!("unix:{}", socket_in(&self.dir));
        let mut asked = Command::new("kamcmd");
        asked.args(["-s", &socket]).args(question);
        let output = asked.stdin(Stdio::null()).output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(said)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        self.stop();
        std::thread::sleep(std::time::Duration::from_millis(WAIT_MS));
    }
}

fn spawn(dir: &Path) -> io::Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(dir.join("log"))?;
    Command::new("kamailio")
        .args(["-DD", "-E", "-m", "128", "-M", "16", "-f"])
        .arg(config_in(dir))
        .arg("-Y")
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

fn config_in(dir: &Path) -> PathBuf {
    dir.join("kamailio.cfg")
}

fn socket_in(dir: &Path) -> String {
    dir.join("control").display().to_string()
}
