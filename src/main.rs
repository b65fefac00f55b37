//! Perch, the hot-desk PBX: the command. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    perch::cli::main()
}
