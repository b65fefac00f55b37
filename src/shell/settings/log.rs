//! `[log]`: what is logged, and how.

use super::reader::Reader;

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A level, or directives per module.
    pub level: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            format: LogFormat::Text,
            level: "info".into(),
        }
    }
}

impl Log {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        reader.word("log", "format", &formats, &mut self.format);
        reader.text("log", "level", &mut self.level);
    }
}
