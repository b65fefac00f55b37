//! Texts from phone to phone, on a display: whole or not at all.

use super::station::Station;
use super::switchboard::Switchboard;
use super::wire::{Charset, DisplayNotify, Version};
use crate::pbx::{Body, Party, PhoneName};
use crate::time::Now;

/// How long a text is shown.
const SHOWN_FOR_S: u32 = 30;

/// Old displays hold so many bytes, newer ones three times as many; what ends a text in the message is not among them.
const OLD_DISPLAY: usize = 31;
const DISPLAY: usize = 96;

impl Switchboard {
    /// Shows a text wherever it can be read as a whole. Whether that was anywhere.
    pub fn show_text(&mut self, now: Now, from: &Party, phones: &[PhoneName], body: &Body) -> bool {
        self.shared.now = now;
        let Some(text) = plain_text(body) else {
            return false;
        };
        let line = format!("{}: {text}", from.dn);
        let mut is_shown = false;
        for phone in phones {
            let Some(station) = self.stations.get(phone).filter(|s| s.can_show(&line)) else {
                continue;
            };
            let notify = DisplayNotify {
                timeout: SHOWN_FOR_S,
                text: line.as_str().into(),
            };
            station.say(&mut self.shared, notify);
            is_shown = true;
        }
        is_shown
    }
}

impl Station {
    fn can_show(&self, line: &str) -> bool {
        let most = match self.dialect.version >= Version::V8 {
            true => DISPLAY,
            false => OLD_DISPLAY,
        };
        let fits = match self.dialect.charset {
            Charset::Utf8 => line.len() <= most,
            Charset::Latin1 => {
                line.chars().count() <= most && line.chars().all(|c| u32::from(c) < 0x100)
            }
        };
        self.is_registered() && self.model.display && fits
    }
}

/// What a body says, in one line, if it is plain text.
fn plain_text(body: &Body) -> Option<String> {
    let kind = body.content_type.split(|byte| *byte == b';').next()?;
    if !kind.trim_ascii().eq_ignore_ascii_case(b"text/plain") {
        return None;
    }
    let text = std::str::from_utf8(&body.bytes).ok()?;
    let line = text
        .split(char::is_whitespace)
        .filter(|word| !word.is_empty());
    let line = line.collect::<Vec<&str>>().join(" ");
    let is_shown = !line.is_empty() && !line.chars().any(char::is_control);
    is_shown.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_one_line() {
        let table = [
            ("text/plain", "hello", Some("hello")),
            ("Text/Plain;charset=utf-8", " a\r\n b\tc ", Some("a b c")),
            ("text/plain", "", None),
            ("text/plain", "\u{7}", None),
            ("text/html", "hello", None),
            ("", "hello", None),
        ];
        for (kind, text, expected) in table {
            let body = Body::new(kind, text);
            assert_eq!(plain_text(&body).as_deref(), expected, "{kind}: {text}");
        }
        let body = Body::new("text/plain", vec![0xFF]);
        assert_eq!(plain_text(&body), None);
    }
}
