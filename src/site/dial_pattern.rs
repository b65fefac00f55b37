//! Patterns of numbers in a site file.

use super::reader::Section;
use crate::pbx::{ClassOfService, DialPattern};

/// How they are written.
const FORM: &str = "Write digits, X (0-9), Z (1-9), N (2-9), [3-57], and at the end . (something) or ! (anything), as in \"0[2-9]XXX\" or \"00!\"";

/// The patterns under a key.
pub(super) fn dial_patterns(s: &mut Section<'_>, key: &'static str) -> Vec<DialPattern> {
    let texts = s.texts(key).unwrap_or_default();
    let most = ClassOfService::PATTERNS;
    if texts.len() > most {
        s.wrong(
            key,
            format!("there are more than {most}"),
            format!("Keep {most} at most: one pattern can stand for many numbers"),
        );
    }
    let mut patterns = Vec::new();
    for text in texts.into_iter().take(most) {
        match DialPattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(why) => s.wrong(key, format!("{text:?} is no pattern: {why}"), FORM),
        }
    }
    patterns
}
