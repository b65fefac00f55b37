//! `perch-load`: plays phones against a SIP or SCCP server over real sockets, and prints what they saw and what the server used.
//!
//! One thread plays all phones. With a rate the load is open-loop: latency counts from the moment at which a task was
//! meant to begin, so that a server that stalls is charged for everybody who had to wait. `benches/README.md` has the
//! figures.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a load generator reads the clock, and prints what it saw"
)]

mod arguments;
mod boot;
mod control;
mod digest;
mod emapi;
mod found;
#[expect(dead_code, reason = "tests ask it for more")]
#[path = "../../tests/support/kamailio.rs"]
mod kamailio;
mod link;
mod mass_logout;
mod phone;
mod play;
mod player;
mod report;
mod sccp;
mod scenario;
mod secure;
mod server;
mod site;
mod stream;
mod tally;
mod upstream;
mod usage;
mod watch;
mod websocket;
mod year;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, What};

/// What went wrong, for a person.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.what {
        What::Site(site) => {
            print!("{}", site::text(site));
            Ok(())
        }
        What::Register(run)
        | What::Refresh(run)
        | What::Calls(run)
        | What::Logins(run)
        | What::Mixed(run)
        | What::LogoutWave(run) => scenario::run(&arguments.what, run),
        What::Emapi(emapi) => scenario::run(&arguments.what, &emapi.run),
        What::MassLogout(run) => mass_logout::measure(run),
        What::SccpSwap(run) => sccp::swap(run),
        What::SccpRegister(run) => sccp::register(run),
        What::BootStorm(run) => boot::storm(run),
        What::Upstream(run) => upstream::measure(run),
        What::Watch(run) => watch::watch(run),
        What::Year(run) => year::live(run),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("perch-load: {failure}");
            ExitCode::FAILURE
        }
    }
}
