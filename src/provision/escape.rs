//! Values as they may stand in a file: whatever a person is called, the file stays what it is.

use std::fmt::{self, Write};

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML, as the simple readers of phones know it.
    Xml,
    /// Lines of a key and a value.
    Lines,
}

impl Format {
    /// Of a template, by its name. Poly's files are XML, whatever they are called.
    pub fn of(template: &str) -> Format {
        match template.ends_with(".xml") || template.starts_with("poly/") {
            true => Format::Xml,
            false => Format::Lines,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Format::Xml => "xml",
            Format::Lines => "lines",
        }
    }

    /// What HTTP calls it.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Xml => "text/xml; charset=utf-8",
            Format::Lines => "text/plain; charset=utf-8",
        }
    }

    /// Writes a value.
    pub fn write(self, out: &mut impl Write, value: &str) -> fmt::Result {
        value.chars().try_for_each(|c| match (self, c) {
            // What neither may hold: it would end a line, or is no character of XML.
            (_, c) if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.write_char(' '),
            (_, '\u{2028}' | '\u{2029}') => out.write_char(' '),
            (Format::Xml, '&') => out.write_str("&amp;"),
            (Format::Xml, '<') => out.write_str("&lt;"),
            (Format::Xml, '>') => out.write_str("&gt;"),
            (Format::Xml, '"') => out.write_str("&quot;"),
            (Format::Xml, '\'') => out.write_str("&apos;"),
            // Values may stand in quotes, and nothing is agreed on to put before one within.
            (Format::Lines, '"') => out.write_char('\''),
            (_, c) => out.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, value: &str) -> String {
        let mut text = String::new();
        format.write(&mut text, value).expect("a text takes it");
        text
    }

    #[test]
    fn no_value_ends_an_element_or_a_line() {
        assert_eq!(
            written(Format::Xml, "a<b> & \"c\" 'd'\u{0}\r\né\u{fffe}"),
            "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;   é "
        );
        assert_eq!(
            written(
                Format::Lines,
                "Bob \"Bo\"\r\naccount.1.password = x\u{2028}"
            ),
            "Bob 'Bo'  account.1.password = x "
        );
    }
}
