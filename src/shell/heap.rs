//! One heap for all threads.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// How many heaps glibc makes at most. It is looked at when a program starts, and never again.
const HEAPS: &str = "MALLOC_ARENA_MAX";

/// Has the program start again in its own place, with one heap, unless whoever started it said how many.
///
/// glibc gives threads heaps of their own, and what one leaves free is no use to another: with 50,000 phones a server
/// took twice the memory that it had anything in, and was no faster. `benches/README.md` has the figures.
pub fn share() -> io::Result<()> {
    if cfg!(not(target_env = "gnu")) || env::var_os(HEAPS).is_some() {
        return Ok(());
    }
    let mut arguments = env::args_os();
    let mut again = Command::new(env::current_exe()?);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // Comes back only if it could not be done.
    Err(again.args(arguments).env(HEAPS, "1").exec())
}
