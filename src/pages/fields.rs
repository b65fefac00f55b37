//! What a form or an address says: names and values, percent-encoded.

use zeroize::Zeroizing;

/// More fields than this are no phone's.
const MOST: usize = 32;

/// Fields in order. Values may be secrets: wiped when dropped, never shown.
#[derive(Default)]
pub struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    /// Reads `name=value&name=value` of an address. What is too much is left out.
    pub fn parse(text: &str) -> Fields {
        let mut fields = Fields::default();
        // Some addresses get a second question mark from whoever appends to them.
        fields.add(text.split(['&', '?']));
        fields
    }

    /// The same with what a form says. Some programs send XML as it is; that counts as the field `xml`.
    pub fn with_form(mut self, form: &str) -> Fields {
        match form.trim_start().starts_with('<') {
            true => self
                .0
                .push(("xml".to_owned(), Zeroizing::new(form.to_owned()))),
            false => self.add(form.split('&')),
        }
        self
    }

    fn add<'a>(&mut self, parts: impl Iterator<Item = &'a str>) {
        for part in parts.filter(|part| !part.is_empty()) {
            if self.0.len() >= MOST {
                return;
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            self.0.push((decoded(name), Zeroizing::new(decoded(value))));
        }
    }

    /// The first value of a field; names count in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The same without blanks around it; none if nothing is left.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.get(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// Whether a field says yes.
    pub fn is_true(&self, name: &str) -> bool {
        self.said(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

/// Percent-decoded. What is not UTF-8 then is taken for ISO-8859-1, as old phones send it.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        match (first, behind) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(16 * high + low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(*other),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    }
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Percent-encoded: what is no letter, digit or `-._~`.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_phones_and_scripts_write_is_read() {
        let fields = Fields::parse("device=SEP001122334401&userid=a%40b+c&seq=&x&device=SEP2");
        assert_eq!(fields.get("device"), Some("SEP001122334401"));
        assert_eq!(fields.get("USERID"), Some("a@b c"));
        assert_eq!(fields.get("seq"), Some(""));
        assert_eq!(fields.said("seq"), None);
        assert_eq!(fields.get("x"), Some(""));
        assert_eq!(fields.get("y"), None);
    }

    #[test]
    fn what_cannot_be_decoded_stays_as_it_is() {
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%4"), "%4");
        assert_eq!(decoded("%zz%41"), "%zzA");
        assert_eq!(decoded("M%FCller"), "Müller");
        assert_eq!(decoded("M%C3%BCller"), "Müller");
    }

    #[test]
    fn a_second_question_mark_divides_too() {
        let fields = Fields::parse("device=SEP1?userid=alice");
        assert_eq!(fields.get("userid"), Some("alice"));
    }

    #[test]
    fn nobody_fills_the_memory_with_fields() {
        let many: Vec<String> = (0..1000).map(|i| format!("f{i}=1")).collect();
        let fields = Fields::parse(&many.join("&"));
        assert_eq!(fields.get("f31"), Some("1"));
        assert_eq!(fields.get("f32"), None);
    }

    #[test]
    fn what_is_encoded_is_decoded_as_what_it_was() {
        for text in ["alice", "a b&c=d?%", "Müller €", ""] {
            assert_eq!(decoded(&encoded(text)), text);
        }
    }
}
