//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::boot::BootStorm;
use crate::mass_logout::MassLogout;
use crate::sccp::{SccpRegister, SccpSwap};
use crate::upstream::Beside;
use crate::watch::Watch;
use crate::year::Year;

/// Plays phones against a SIP or SCCP server, and prints what they saw and what the server used
#[derive(Debug, Parser)]
#[command(name = "perch-load")]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// Every phone registers once: REGISTER, 401, REGISTER, 200
    Register(Run),
    /// Phones that are registered refresh, with a nonce that they have
    Refresh(Run),
    /// Calls between played phones without media: INVITE, 180, 200, ACK, BYE
    Calls(Run),
    /// Users log in by code, or with --door control as an administrator
    Logins(Run),
    /// Logins (--logins a second) while phones refresh (--refreshes a second)
    Mixed(Run),
    /// A clock-time logout of all users while the other phones refresh (--refreshes a second); needs --start
    LogoutWave(Run),
    /// Programs log users in and out through the Extension Mobility API while other phones call each other; needs --start
    Emapi(Emapi),
    /// A job logs all users out, some of them in calls, perhaps over a server that is killed; needs --start
    MassLogout(MassLogout),
    /// SCCP phones are made somebody's and nobody's: how long until each has its new lines, by model and way
    SccpSwap(SccpSwap),
    /// SCCP phones register all at once, say that they are there, lose the server and come back, are logged out by the clock
    SccpRegister(SccpRegister),
    /// The power comes back: phones fetch their files all at once, and somebody else tries to
    BootStorm(BootStorm),
    /// Users are registered at a Kamailio that was there before: all log in, either side is restarted, all leave
    Upstream(Beside),
    /// Phones watch one number that is called again and again: what each change costs
    Watch(Watch),
    /// A year in an office, with the core alone and a clock that is moved by hand: no session outlives its policy, no call is cut
    Year(Year),
    /// Prints the site file that the phones are in
    Site(Site),
}

#[derive(Clone, Debug, Args)]
pub struct Site {
    /// Phones p0, p1, … with the passwords secret-0, secret-1, …; guests 700000, 700001, …
    #[arg(long, default_value_t = 10_000)]
    pub phones: u32,
    /// Users u0, u1, … with the numbers 600000, 600001, … and the PIN 1234
    #[arg(long, default_value_t = 1_000)]
    pub users: u32,
    /// Everybody is logged out at this time of day (UTC), such as 19:00
    #[arg(long)]
    pub logout_time: Option<String>,
    /// How many automatic logouts may happen in a second
    #[arg(long, default_value_t = 1_000)]
    pub pace: u32,
}

#[derive(Clone, Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub site: Site,
    /// The server's address; it has the site of `perch-load site` in force already
    #[arg(long, required_unless_present = "start", conflicts_with = "start")]
    pub server: Option<SocketAddr>,
    /// Starts this `perch`, with a site and a store of its own, and stops it in the end
    #[arg(long, value_name = "PERCH")]
    pub start: Option<PathBuf>,
    /// The server's process: its CPU time and memory, and those of its children, are measured
    #[arg(long)]
    pub pid: Option<u32>,
    /// Perch's control API
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5070")]
    pub control: SocketAddr,
    /// What the server is: Perch is dialled by number, a proxy by name
    #[arg(long, value_enum, default_value_t = Against::Perch)]
    pub against: Against,
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    pub transport: Transport,
    /// Tasks a second, begun whether earlier ones are done or not; or max: a new one when one is done
    #[arg(long, default_value = "max")]
    pub rate: Rate,
    /// With --rate max: how many tasks are under way at once
    #[arg(long, default_value_t = 48)]
    pub at_once: usize,
    /// How long new tasks are begun, in seconds
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// In `mixed`: logins a second
    #[arg(long, default_value_t = 200)]
    pub logins: u32,
    /// In `mixed` and `logout-wave`: refreshes a second
    #[arg(long, default_value_t = 5_000)]
    pub refreshes: u32,
    /// How users log in
    #[arg(long, value_enum, default_value_t = Door::Code)]
    pub door: Door,
    /// UDP sockets, each with a port of its own; other transports have a connection for each phone
    #[arg(long, default_value_t = 64)]
    pub ports: usize,
    /// Over how many loopback addresses 127.0.0.x the phones are spread
    #[arg(long, default_value_t = 16)]
    pub sources: u16,
    /// Where the phones are, if it is not the loopback
    #[arg(long, value_name = "ADDR")]
    pub local: Option<IpAddr>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Emapi {
    #[command(flatten)]
    pub run: Run,
    /// Logins and logouts a minute, as many of both
    #[arg(long, default_value_t = 2_000)]
    pub per_minute: u32,
    /// For how long; with this, --seconds is ignored
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Calls a second between the phones that nobody logs in at
    #[arg(long, default_value_t = 20)]
    pub calls_per_second: u32,
    /// Of so many requests one comes by a connection of its own; the others keep theirs
    #[arg(long, default_value_t = 2)]
    pub new_every: u64,
}

impl Run {
    /// How long new tasks are begun.
    pub fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How tasks follow each other.
    pub fn pace(&self) -> Pace {
        match self.rate {
            Rate::PerSecond(rate) => Pace::Open { per_s: rate },
            Rate::Max => Pace::Closed {
                at_once: self.at_once,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Against {
    Perch,
    Kamailio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
}

impl Transport {
    /// The token of a Via header.
    pub fn via(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }

    /// What a contact's URI says of it.
    pub fn uri_param(self) -> &'static str {
        match self {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            Transport::Ws | Transport::Wss => ";transport=ws",
        }
    }

    /// Perch's port for it.
    pub fn port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
            Transport::Ws => 5080,
            Transport::Wss => 5443,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Door {
    Code,
    Control,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    PerSecond(f64),
    Max,
}

impl std::str::FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Rate, Self::Err> {
        if text == "max" {
            return Ok(Rate::Max);
        }
        let rate = text.parse().ok();
        let rate = rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
        rate.map(Rate::PerSecond)
            .ok_or("a number of tasks a second, or max")
    }
}

/// How tasks follow each other.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// At their time, whatever became of earlier ones.
    Open { per_s: f64 },
    /// When an earlier one is done.
    Closed { at_once: usize },
}
