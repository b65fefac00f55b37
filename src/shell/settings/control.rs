//! `[control]`: the control API, and who may use it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use super::reader::Reader;

/// The control API.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Where it listens.
    pub bind: Vec<IpAddr>,
    /// Holds the token that callers from other hosts must show.
    pub token_file: Option<PathBuf>,
}

impl Default for Control {
    fn default() -> Control {
        Control {
            bind: vec![Ipv4Addr::LOCALHOST.into()],
            token_file: None,
        }
    }
}

impl Control {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        if let Some(addresses) = reader.addresses("control", "bind") {
            self.bind = addresses;
        }
        let mut token_file = PathBuf::new();
        if reader.path("control", "token_file", &mut token_file) {
            self.token_file = Some(token_file);
        }
        if self.token_file.is_none() && self.bind.iter().any(|a| !a.is_loopback()) {
            reader.problem(
                "control",
                "bind",
                "the control API would listen to other hosts without a token",
                "Set control.token_file, or bind it to 127.0.0.1",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn the_control_api_is_not_opened_to_others_without_a_token() {
        let text = "[control]\nbind = [\"0.0.0.0\"]\n";
        let why = Settings::parse("perch.toml", text).expect_err("no token");
        expect_test::expect![[r#"
            perch.toml:2: the control API would listen to other hosts without a token. Set control.token_file, or bind it to 127.0.0.1"#]]
        .assert_eq(&why.to_string());
    }
}
