//! The command line: the server, and a client of its control API.

mod changes;
mod client;
mod demo;
mod events;
mod hunt;
mod jobs;
mod layout;
mod output;
mod provision;
mod queries;
mod replay;
mod secret;
mod serve;
mod site_files;
mod softphone;
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
    Serve(serve::Serve),
    Who(queries::Who),
    Login(changes::Login),
    Logout(changes::Logout),
    Explain(queries::Explain),
    Events(events::Events),
    Status(queries::Status),
    Hunt(hunt::Hunt),
    Locks(queries::Locks),
    Jobs(jobs::Jobs),
    Unlock(changes::Unlock),
    Reset(changes::Reset),
    Plan(site_files::Plan),
    Apply(site_files::Apply),
    Replay(replay::Replay),
    Layout(layout::Layout),
    Softphone(softphone::Softphone),
    ProvisionUrl(provision::ProvisionUrl),
    Backup(changes::Backup),
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
        Command::Hunt(command) => command.run(),
        Command::Locks(command) => command.run(),
        Command::Jobs(command) => command.run(),
        Command::Unlock(command) => command.run(),
        Command::Reset(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Apply(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Layout(command) => command.run(),
        Command::Softphone(command) => command.run(),
        Command::ProvisionUrl(command) => command.run(),
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
