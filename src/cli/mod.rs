//! The command line: the server, and a client of its control API.

mod demo;
mod output;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// It was refused, or it failed.
const FAILED: u8 = 1;

/// The hot-desk PBX: sit down at any phone, log in, and it is yours.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, subcommand_required = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
}

/// Why a command did not do what it was asked. The text is for whoever typed it.
type Failure = Box<dyn std::error::Error>;

/// Runs the command that the arguments say. Wrong arguments exit with 2, by clap's hand.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(serve) => serve.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::problem(&failure.to_string());
            ExitCode::from(FAILED)
        }
    }
}
