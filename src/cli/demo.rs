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
        text: include_str!("../../fixtures/sites/demo.toml"),
    }
}

/// How to try it.
pub fn invitation(settings: &Settings) -> String {
    let sip = settings.sip_addresses();
    let sip: Vec<String> = sip.iter().map(ToString::to_string).collect();
    let (sip, data) = (sip.join(" or "), settings.data.display());
    let offset = match settings.ports.offset {
        0 => String::new(),
        offset => format!(" --port-offset {offset}"),
    };
    format!(
        "\
Perch serves its demonstration site. To try it:

  Register two softphones at {sip}, UDP or TCP:
    user desk-1, password desk-1-secret        user desk-2, password desk-2-secret

  At desk-1 dial   9002              desk-2 rings: nobody is logged in yet
  At desk-1 dial   *11*2001*1111#    desk-1 is Alice's now, 2001
  At desk-2 dial   2001              desk-1 rings
  At desk-2 dial   *11*2001*1111#    Alice has moved to desk-2
  At desk-2 dial   *12               and is logged out
  At desk-2 dial   *11               and follow the tones: 2001# 1111#

  And watch        perch events --follow{offset}
                   perch who{offset}
                   perch explain desk-1{offset}

Everything is kept in {data}. Ctrl-C stops.
"
    )
}
