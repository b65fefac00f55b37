//! `[media]`: the ports for media that Perch itself speaks.

use super::reader::Reader;

/// More ports than this nobody needs; each costs an open file for each address.
const MOST_PORTS: u16 = 4000;

/// The lowest port that needs no privilege.
const LOWEST: u16 = 1024;

/// Ports for media that Perch itself speaks (RTP), before the offset: every second one from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// The first; even, as RFC 3550 §11 wants it.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl Default for Media {
    fn default() -> Media {
        Media {
            first: 10_000,
            last: 10_098,
        }
    }
}

impl Media {
    /// Reads what the settings file says.
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let mut text = String::new();
        reader.text("media", "ports", &mut text);
        if !text.is_empty() {
            match Media::parse(&text) {
                Some(ports) => *self = ports,
                None => {
                    let what = format!(
                        "media.ports must be two ports from {LOWEST} on, the first of them even, at most {MOST_PORTS} \
                         apart, not {text:?}"
                    );
                    reader.problem("media", "ports", &what, "Write ports = \"10000-10098\"");
                }
            }
        }
    }

    fn parse(text: &str) -> Option<Media> {
        let (first, last) = text.split_once('-')?;
        let first: u16 = first.trim().parse().ok()?;
        let last: u16 = last.trim().parse().ok()?;
        let is_fit = first >= LOWEST && first.is_multiple_of(2) && last >= first;
        (is_fit && last - first <= MOST_PORTS).then_some(Media { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_ports_and_not_too_many() {
        let parsed = |text| Media::parse(text).map(|media| (media.first, media.last));
        assert_eq!(parsed("10000-10098"), Some((10_000, 10_098)));
        assert_eq!(parsed("10000 - 10001"), Some((10_000, 10_001)));
        assert_eq!(parsed("65534-65535"), Some((65_534, 65_535)));
        for wrong in [
            "",
            "10000",
            "10001-10003",
            "1022-1030",
            "10002-10000",
            "10000-20000",
            "10000-70000",
            "a-b",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
