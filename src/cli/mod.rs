//! The command line: the server, and a client of its control API.

mod changes;
mod client;
mod demo;
mod events;
mod output;
mod queries;
mod secret;
mod serve;
mod site_files;
mod table;
mod when;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// It was refused, or it failed.
const FAILED: u8 = 1;

/// The hot-desk PBX: sit down at any phone, log in, and it is yours.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    subcommand_required = true,
    after_help = "Exit codes: 0 done, 1 refused or failed, 2 not understood."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Show who is logged in, and where
    Who(queries::Who),
    /// Log a user in at a phone
    Login(changes::Login),
    /// Log a user out, or whoever is at a phone
    Logout(changes::Logout),
    /// Tell what is known about a phone or user, and why the last and next logout
    Explain(queries::Explain),
    /// Show what happens, as it happens
    Events(events::Events),
    /// Show how the server is
    Status(queries::Status),
    /// Show users that are locked or failed to log in lately
    Locks(queries::Locks),
    /// Take the lock of a user away
    Unlock(changes::Unlock),
    /// Show what a site file would change
    Plan(site_files::Plan),
    /// Put a site file in force: all of it or nothing
    Apply(site_files::Apply),
    /// Copy everything that is stored to a new file
    Backup(changes::Backup),
    /// Exit with 0 if the server is ready, with 1 if it is not
    Healthcheck(queries::Healthcheck),
}

/// Why a command did not do what it was asked. The text is for whoever typed it.
type Failure = Box<dyn std::error::Error>;

/// Runs the command that the arguments say. Wrong arguments exit with 2, by clap's hand.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(command) => command.run(),
        Command::Who(command) => command.run(),
        Command::Login(command) => command.run(),
        Command::Logout(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Events(command) => command.run(),
        Command::Status(command) => command.run(),
        Command::Locks(command) => command.run(),
        Command::Unlock(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Apply(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Healthcheck(command) => command.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::problem(&failure.to_string());
            ExitCode::from(FAILED)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_pin_is_never_an_argument() {
        for extra in ["1234", "--pin=1234"] {
            let arguments = ["perch", "login", "desk-1", "alice", extra];
            assert!(Arguments::try_parse_from(arguments).is_err(), "{extra}");
        }
    }
}
