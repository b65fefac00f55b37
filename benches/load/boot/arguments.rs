//! What the command line says about phones that boot.

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Args)]
pub struct BootStorm {
    /// Starts this `perch`, with a site and a store of its own, and stops it in the end
    #[arg(long, value_name = "PERCH")]
    pub start: PathBuf,
    /// Phones, each with a loopback address of its own
    #[arg(long, default_value_t = 10_000)]
    pub phones: u32,
    /// Which models are played, in turn; 8861-tls is one that asks over HTTPS
    #[arg(long, value_delimiter = ',', default_value = "7960,8861,yealink")]
    pub models: Vec<String>,
    /// Phones begin to ask at random within so many seconds
    #[arg(long, default_value_t = 5.0)]
    pub spread: f64,
    /// Somebody asks for files of so many phones from where no phone is, meanwhile
    #[arg(long, default_value_t = 300)]
    pub strangers: u32,
    /// How long it may take until all phones have their files, in seconds
    #[arg(long, default_value_t = 120)]
    pub patience: u64,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}
