//! The demonstration site.

use std::env;
use std::path::PathBuf;

use super::Failure;
use crate::shell::Settings;
use crate::shell::sites::FirstSite;

/// Where the demonstration is kept between runs: with the user's other data, apart from any real site.
pub fn data_directory() -> Result<PathBuf, Failure> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let data = set("XDG_DATA_HOME").map(PathBuf::from);
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = data.filter(|path| path.is_absolute()).or_else(home);
    let data = data.ok_or(
        "there is no home directory to keep the demonstration in; name one with --data DIR",
    )?;
    Ok(data.join("perch-demo"))
}

/// The demonstration site, for an empty data directory.
pub fn first_site() -> FirstSite {
    FirstSite {
        file_name: "demo.toml",
        text: "",
    }
}

/// How to try it.
pub fn invitation(settings: &Settings) -> String {
    let _ = settings;
    String::new()
}
