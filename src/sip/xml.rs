//! Writing XML into bodies: texts that cannot break out of where they stand.

use std::fmt::{self, Write};

/// A text, for an attribute or between elements. What XML cannot hold is left out.
pub(super) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The host of a URI without parameters, with its port.
pub(super) fn host_of(uri: &str) -> &str {
    let host = uri.rsplit_once('@').or_else(|| uri.split_once(':'));
    host.map_or(uri, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_place() {
        let text = Escaped("<a b=\"c\" d='e'> & \u{0}\n\u{ffff}ü").to_string();
        assert_eq!(text, "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt; &amp; ü");
    }

    #[test]
    fn the_host_is_what_follows_the_user() {
        for (uri, host) in [
            ("sip:2001@perch", "perch"),
            ("sip:2001@[2001:db8::1]:5060", "[2001:db8::1]:5060"),
            ("sip:perch", "perch"),
        ] {
            assert_eq!(host_of(uri), host);
        }
    }
}
