//! `[media_relay]`: programs that stand between phones whose media cannot meet.

use std::net::SocketAddr;

use super::reader::Reader;

/// So many are enough.
const MOST: usize = 8;

/// Programs that stand between phones whose media cannot meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaRelay {
    /// Where rtpengine listens for orders, the first one to be asked first; none: there is no relay.
    pub rtpengine: Vec<SocketAddr>,
}

impl MediaRelay {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "media_relay";
        let example = "Write [\"127.0.0.1:2223\"], as rtpengine's own listen-ng says it";
        let parse = |text: &str| text.parse().ok();
        let into = &mut self.rtpengine;
        let what = "which is not an IP address with a port";
        reader.list(section, "rtpengine", what, example, parse, into);
        if self.rtpengine.len() > MOST {
            let what = format!("media_relay.rtpengine names more than {MOST}");
            reader.problem(section, "rtpengine", &what, "Name fewer");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::shell::Settings;

    #[test]
    fn relays_are_named_by_address_and_port() {
        let text = "[media_relay]\nrtpengine = [\"127.0.0.1:2223\", \"[::1]:2223\"]\n";
        let settings = Settings::parse("perch.toml", text).expect("it is right");
        let named = &settings.media_relay.rtpengine;
        assert_eq!(named.len(), 2);
        let text = "[media_relay]\nrtpengine = [\"localhost\"]\n";
        let error = Settings::parse("perch.toml", text).expect_err("it is wrong");
        expect_test::expect![[r#"perch.toml:2: media_relay.rtpengine holds "localhost", which is not an IP address with a port. Write ["127.0.0.1:2223"], as rtpengine's own listen-ng says it"#]]
            .assert_eq(&error.to_string());
    }
}
