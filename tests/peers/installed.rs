//! Whether the real peers are on this machine.

use std::env;
use std::thread;

use tempfile::TempDir;

use super::built_server::say;

/// Whether a program is there; if not, that is said, or a failure.
pub fn has(program: &str, package: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = env::split_paths(&path).any(|dir| dir.join(program).is_file());
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let missing = format!("{test}: {program} is not installed: apt-get install {package}");
    let is_required = env::var_os("PERCH_PEERS").is_some_and(|value| value == "required");
    assert!(is_there || !is_required, "{missing}");
    if !is_there {
        say(&format!("not run: {missing}"));
    }
    is_there
}

/// A directory for one test.
pub fn directory() -> TempDir {
    TempDir::new().expect("there is room for temporary files")
}
