//! The same message, spelt in other ways that RFC 3261 §7.3 allows.

use bytes::Bytes;
use perch::sip::wire::Name;

/// A message in all its spellings, each with what was done to it.
pub fn variants(raw: &Bytes) -> Vec<(&'static str, Bytes)> {
    let message = Lines::of(raw);
    let spelt = |how: fn(&Header) -> Vec<u8>| message.with(message.headers.iter().map(how));
    let mut all = vec![
        (
            "compact names",
            spelt(|h| h.spelt(h.compact().unwrap_or(&h.name), b": ")),
        ),
        (
            "names in full",
            spelt(|h| h.spelt(h.full().unwrap_or(&h.name), b": ")),
        ),
        (
            "small letters",
            spelt(|h| h.spelt(&h.name.to_ascii_lowercase(), b":")),
        ),
        (
            "capital letters",
            spelt(|h| h.spelt(&h.name.to_ascii_uppercase(), b":  ")),
        ),
        (
            "white space round the colon",
            spelt(|h| h.spelt(&h.name, b" \t :\t  ")),
        ),
        ("folded", spelt(|h| h.spelt(&h.name, b":\r\n\t"))),
        (
            "folded after commas and semicolons",
            spelt(Header::folded_inside),
        ),
        ("one line for each name", message.joined()),
    ];
    if let Some(named) = message.with_names(b"\"M\xfcller & S\xf6hne\" ") {
        all.push(("display names in Latin-1", named));
    }
    if let Some(named) = message.with_names(b"\"\xff\xfe\x80\xc3(\" ") {
        all.push(("display names in no encoding", named));
    }
    all
}

/// A message, taken apart where its lines end.
struct Lines {
    start: Vec<u8>,
    headers: Vec<Header>,
    /// The empty line and all that follows.
    rest: Vec<u8>,
}

#[derive(Clone)]
struct Header {
    name: Vec<u8>,
    /// With its folds.
    value: Vec<u8>,
}

impl Lines {
    fn of(raw: &[u8]) -> Lines {
        let end = raw
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .expect("an empty line");
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for line in raw[..end].split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match lines.last_mut() {
                Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    last.extend([b"\r\n", line].concat());
                }
                _ => lines.push(line.to_vec()),
            }
        }
        let start = lines.remove(0);
        let headers = lines.iter().map(|line| Header::of(line)).collect();
        Lines {
            start,
            headers,
            rest: raw[end + 2..].to_vec(),
        }
    }

    fn with(&self, headers: impl IntoIterator<Item = Vec<u8>>) -> Bytes {
        let mut raw = [&self.start, b"\r\n".as_slice()].concat();
        for header in headers {
            raw.extend(header);
            raw.extend(b"\r\n");
        }
        raw.extend(&self.rest);
        raw.into()
    }

    /// All lines of a header that is a list are made one, where its first was.
    fn joined(&self) -> Bytes {
        const LISTS: [Name; 5] = [
            Name::Via,
            Name::Contact,
            Name::Route,
            Name::Allow,
            Name::Require,
        ];
        let mut joined: Vec<Header> = Vec::new();
        for header in &self.headers {
            let name = Name::of(&header.name);
            let first = joined.iter_mut().find(|h| Name::of(&h.name) == name);
            match first.filter(|_| LISTS.contains(&name)) {
                Some(first) => first
                    .value
                    .extend([b" ,", header.value.as_slice()].concat()),
                None => joined.push(header.clone()),
            }
        }
        self.with(joined.iter().map(|h| h.spelt(&h.name, b": ")))
    }

    /// Gives every address without a display name this one; None if there is no such address.
    fn with_names(&self, display: &[u8]) -> Option<Bytes> {
        let is_bare = |h: &Header| {
            let is_address = matches!(Name::of(&h.name), Name::From | Name::To | Name::Contact);
            is_address && h.value.starts_with(b"<")
        };
        self.headers.iter().any(is_bare).then(|| {
            self.with(self.headers.iter().map(|h| match is_bare(h) {
                true => [&h.name, b": ".as_slice(), display, &h.value].concat(),
                false => h.spelt(&h.name, b": "),
            }))
        })
    }
}

impl Header {
    fn of(line: &[u8]) -> Header {
        let colon = line.iter().position(|b| *b == b':').expect("a colon");
        Header {
            name: line[..colon].trim_ascii().to_vec(),
            value: line[colon + 1..].trim_ascii().to_vec(),
        }
    }

    fn spelt(&self, name: &[u8], colon: &[u8]) -> Vec<u8> {
        // A fold must have something on its last line.
        let colon = if self.value.is_empty() { b":" } else { colon };
        [name, colon, &self.value].concat()
    }

    fn compact(&self) -> Option<&'static [u8]> {
        let name = Name::of(&self.name);
        let letters = b"abcdefijklmnoprstuvxy".chunks(1);
        let mut own = letters.filter(|letter| name != Name::Other && Name::of(letter) == name);
        own.next()
    }

    fn full(&self) -> Option<&'static [u8]> {
        Some(Name::of(&self.name).as_str().as_bytes()).filter(|name| !name.is_empty())
    }

    /// A fold wherever white space may stand, as far as that can be told without reading the value: after the commas
    /// and semicolons of Via.
    fn folded_inside(&self) -> Vec<u8> {
        if Name::of(&self.name) != Name::Via {
            return self.spelt(&self.name, b": ");
        }
        let mut line = [&self.name, b": ".as_slice()].concat();
        for byte in &self.value {
            line.push(*byte);
            if matches!(byte, b',' | b';') {
                line.extend(b"\r\n ");
            }
        }
        line
    }
}
