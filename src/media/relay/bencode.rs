//! Bencoding, as far as relays use it: texts, numbers, lists, and tables with texts for keys.

use std::collections::BTreeMap;

use bytes::Bytes;

/// Nothing that we are told is nested deeper.
const DEEPEST: usize = 8;

/// Something that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Bytes, mostly a text.
    Text(Bytes),
    /// A number.
    Number(i64),
    /// Several values.
    List(Vec<Value>),
    /// Values by name.
    Table(BTreeMap<Bytes, Value>),
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// A list of texts.
    pub fn words(words: &[&str]) -> Value {
        Value::List(words.iter().map(|word| Value::text(word)).collect())
    }

    /// A table.
    pub fn table<const N: usize>(entries: [(&'static str, Value); N]) -> BTreeMap<Bytes, Value> {
        let entries = entries.into_iter();
        entries
            .map(|(name, value)| (Bytes::from_static(name.as_bytes()), value))
            .collect()
    }

    /// Writes it.
    pub fn write(&self, into: &mut Vec<u8>) {
        match self {
            Value::Text(text) => write_text(text, into),
            Value::Number(number) => into.extend(format!("i{number}e").bytes()),
            Value::List(values) => {
                into.push(b'l');
                for value in values {
                    value.write(into);
                }
                into.push(b'e');
            }
            Value::Table(entries) => {
                into.push(b'd');
                for (name, value) in entries {
                    write_text(name, into);
                    value.write(into);
                }
                into.push(b'e');
            }
        }
    }

    /// Reads one value that is all there is; none if it is anything else.
    pub fn read(bytes: &Bytes) -> Option<Value> {
        let mut reader = Reader { bytes, at: 0 };
        let value = reader.value(0)?;
        (reader.at == bytes.len()).then_some(value)
    }
}

fn write_text(text: &[u8], into: &mut Vec<u8>) {
    into.extend(format!("{}:", text.len()).bytes());
    into.extend(text);
}

struct Reader<'b> {
    bytes: &'b Bytes,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match self.bytes.get(self.at)? {
            b'i' => {
                self.at += 1;
                Some(Value::Number(self.number(b'e')?))
            }
            b'l' => {
                self.at += 1;
                let mut values = Vec::new();
                while !self.ends() {
                    values.push(self.value(depth + 1)?);
                }
                Some(Value::List(values))
            }
            b'd' => {
                self.at += 1;
                let mut entries = BTreeMap::new();
                while !self.ends() {
                    let name = self.text()?;
                    entries.insert(name, self.value(depth + 1)?);
                }
                Some(Value::Table(entries))
            }
            _ => Some(Value::Text(self.text()?)),
        }
    }

    /// Whether a list or table ends here.
    fn ends(&mut self) -> bool {
        let ends = self.bytes.get(self.at) == Some(&b'e');
        if ends {
            self.at += 1;
        }
        ends
    }

    fn text(&mut self) -> Option<Bytes> {
        let length = usize::try_from(self.number(b':')?).ok()?;
        let end = self.at.checked_add(length)?;
        if end > self.bytes.len() {
            return None;
        }
        let text = self.bytes.slice(self.at..end);
        self.at = end;
        Some(text)
    }

    /// The number up to a mark.
    fn number(&mut self, mark: u8) -> Option<i64> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().take(20).position(|byte| *byte == mark)?;
        let digits = std::str::from_utf8(&rest[..length]).ok()?;
        self.at += length + 1;
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<Value> {
        Value::read(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn what_is_written_is_read() {
        let table = Value::table([
            ("command", Value::text("offer")),
            ("flags", Value::words(&["a", ""])),
            ("age", Value::Number(-7)),
        ]);
        let value = Value::Table(table);
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(text, "d3:agei-7e7:command5:offer5:flagsl1:a0:ee");
        assert_eq!(Value::read(&bytes.into()), Some(value));
    }

    #[test]
    fn what_is_damaged_is_nothing() {
        for text in [
            "",
            "d",
            "l",
            "i7",
            "ixe",
            "5:four",
            "-1:",
            "d3:abc",
            "di1ei2ee",
            "2:abx",
            "9999999999999999999999:",
            "llllllllllllllllllllllllllee",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
