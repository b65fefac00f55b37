//! The server under measurement: a child process, its site, and what the kernel says that it used.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use perch::site::{Hashing, hash_pin};

const PERCH: &str = env!("CARGO_BIN_EXE_perch");

/// What a process has used.
pub struct Usage {
    /// User and system time.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub resident: usize,
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    offset: u16,
    dir: tempfile::TempDir,
}

impl Server {
    /// Starts a server without a site, and waits until it listens.
    pub fn start() -> Server {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let offset = 21_000 + u16::try_from(std::process::id() % 20_000).expect("below 20,000");
        let config = dir.path().join("perch.toml");
        std::fs::write(&config, "[log]\nlevel = \"warn\"\n").expect("room on the disk");
        let child = Command::new(PERCH)
            .args(["serve", "--bind", "127.0.0.1", "--port-offset"])
            .arg(offset.to_string())
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(dir.path().join("data"))
            .stdout(Stdio::null())
            .spawn()
            .expect("the built server starts");
        let server = Server { child, offset, dir };
        let listening = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            server.ask(&["status"])
        });
        assert!(listening, "the server did not listen within 10 s");
        server
    }

    /// Where phones reach it.
    pub fn sip(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 5060 + self.offset).into()
    }

    /// Puts a site in force: phones `p0`…, guests 700000…, users `u0`… with DNs 600000… and the PIN 1234.
    pub fn apply(&self, phones: usize, users: usize) {
        // One hash for all: hashing is the administrator's wait, not what is measured here.
        let pin = hash_pin("1234", &Hashing::default());
        let mut text = String::from(
            "[site]\nname = \"figures\"\nsecond_login = \"move\"\n\
             [class_of_service.all]\ncall_guests = true\ncall_users = true\nlogin = true\n\
             [logout_profile.guest]\nclass = \"all\"\ndisplay_name = \"Guest\"\n\
             [user_profile.clerk]\nclass = \"all\"\nidle_limit_min = 30\n",
        );
        for user in 0..users {
            write!(
                text,
                "[user.u{user}]\ndn = \"{}\"\ndisplay_name = \"User {user}\"\npin_hash = \"{}\"\nprofiles = [\"clerk\"]\n",
                600_000 + user,
                pin.0
            )
            .expect("a String takes everything");
        }
        for phone in 0..phones {
            write!(
                text,
                "[phone.p{phone}]\nlogout_profile = \"guest\"\nguest_dn = \"{}\"\npassword = \"secret-{phone}\"\n",
                700_000 + phone
            )
            .expect("a String takes everything");
        }
        let file = self.dir.path().join("site.toml");
        std::fs::write(&file, text).expect("room on the disk");
        let file = file.to_str().expect("a temporary path is text");
        assert!(self.ask(&["apply", file]), "the site was not accepted");
    }

    /// What it has used so far.
    pub fn usage(&self) -> Usage {
        let pid = self.child.id();
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}"));
        let stat = read("stat").expect("the server runs");
        // After the name in parentheses: state is the first field, utime the 12th, stime the 13th. A tick is 10 ms.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        let status = read("status").expect("the server runs");
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok())
            .expect("Linux says VmRSS");
        Usage {
            cpu: Duration::from_millis(10 * ticks),
            resident: resident * 1024,
        }
    }

    fn ask(&self, arguments: &[&str]) -> bool {
        let status = Command::new(PERCH)
            .args(arguments)
            .arg("--port-offset")
            .arg(self.offset.to_string())
            .stdout(Stdio::null())
            .stderr(if arguments[0] == "status" {
                Stdio::null()
            } else {
                Stdio::inherit()
            })
            .status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing left to lose; and what became of it is of no interest here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
