//! What the command line says about scenarios with SCCP phones.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Clone, Debug, Args)]
pub struct SccpSwap {
    /// Starts this `perch`, with a site and a store of its own, once for each way, and stops it in the end
    #[arg(long, value_name = "PERCH")]
    pub start: PathBuf,
    /// How many swaps are measured of each model and way
    #[arg(long, default_value_t = 1_000)]
    pub swaps: u64,
    /// Which models are played, two phones each
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "7960,7975,6921,8945,7910"
    )]
    pub models: Vec<String>,
    /// Live, by registering anew, or as Perch does by itself
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "live,restart"
    )]
    pub ways: Vec<Way>,
    /// By whom users are logged in: an administrator, or themselves by code on the phone
    #[arg(long, value_enum, default_value_t = crate::arguments::Door::Control)]
    pub door: crate::arguments::Door,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// How phones take another profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    Live,
    Restart,
    Own,
}

impl Way {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Way::Live => "live",
            Way::Restart => "restart",
            Way::Own => "own",
        }
    }
}

#[derive(Clone, Debug, Args)]
pub struct SccpRegister {
    /// Starts this `perch`, with a site and a store of its own, and stops it in the end
    #[arg(long, value_name = "PERCH")]
    pub start: PathBuf,
    /// Phones, each with a connection of its own: needs as many open files here and there, see `ulimit -n`
    #[arg(long, default_value_t = 20_000)]
    pub phones: u32,
    /// Users; by the clock all of them are logged out. Phones without a user are those whose answers are watched meanwhile
    #[arg(long)]
    pub users: Option<u32>,
    /// Which models are played, in turn
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "7960,7975,6921,8945,7910"
    )]
    pub models: Vec<String>,
    /// What happens after all have registered
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "keep-alives,restart,wave"
    )]
    pub steps: Vec<Step>,
    /// Phones come at random within so many seconds of being switched on, or of losing the server
    #[arg(long, default_value_t = 2.0)]
    pub spread: f64,
    /// Phones register without asking for a token before
    #[arg(long)]
    pub no_tokens: bool,
    /// How many keep-alives a second, and for how many seconds
    #[arg(long, default_value_t = 10_000)]
    pub keep_alives: u32,
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// How many users are logged out in a second
    #[arg(long, default_value_t = 1_000)]
    pub pace: u32,
    /// Over how many loopback addresses 127.0.0.x the phones are spread
    #[arg(long, default_value_t = 32)]
    pub sources: u16,
    /// How long everything may take that all phones do, in seconds
    #[arg(long, default_value_t = 300)]
    pub patience: u64,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// What happens to phones that are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// They say that they are there, faster than they would by themselves
    KeepAlives,
    /// The server is killed and started again
    Restart,
    /// All users are logged in, and logged out by the clock
    Wave,
}
