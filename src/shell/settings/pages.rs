//! The settings of phone pages.

use std::time::Duration;

use super::reader::Reader;
use crate::pages::{AxlDoor, LANGUAGES};

/// How phone pages are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// The language for whoever does not say which.
    pub language: &'static str,
    /// How many may ask at once.
    pub connections: usize,
    /// How many of them from one source.
    pub connections_per_source: usize,
    /// Where AXL is spoken.
    pub axl: AxlDoor,
    /// How often a phone that nobody uses asks for its idle page again.
    pub idle_refresh: Duration,
}

/// The words for where AXL is spoken.
const AXL: [(&str, AxlDoor); 3] = [
    ("https", AxlDoor::Secure),
    ("http-too", AxlDoor::Open),
    ("off", AxlDoor::Closed),
];

impl Default for Pages {
    fn default() -> Pages {
        Pages {
            language: LANGUAGES[0],
            connections: 1000,
            connections_per_source: 200,
            axl: AxlDoor::default(),
            idle_refresh: Duration::from_secs(60),
        }
    }
}

impl Pages {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "pages";
        let known = LANGUAGES.map(|language| (language, language));
        reader.word(section, "language", &known, &mut self.language);
        let most = 1..=1_000_000;
        reader.number(section, "connections", most.clone(), &mut self.connections);
        let per_source = &mut self.connections_per_source;
        reader.number(section, "connections_per_source", most, per_source);
        reader.word(section, "axl", &AXL, &mut self.axl);
        let refresh = &mut self.idle_refresh;
        reader.seconds(section, "idle_refresh_s", 5..=3600, refresh);
    }
}
