//! Text as terminals once had it (RFC 764, RFC 1350 §1): a line ends in CR LF, and a CR alone is CR NUL.

use bytes::Bytes;

/// A text of ours, whose lines end in LF, as it goes over the wire.
pub(super) fn netascii(text: &[u8]) -> Bytes {
    let mut wire = Vec::with_capacity(text.len() + text.len() / 16);
    for byte in text {
        match byte {
            b'\n' => wire.extend(b"\r\n"),
            b'\r' => wire.extend(b"\r\0"),
            other => wire.push(*other),
        }
    }
    wire.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_lines_are_two_bytes() {
        for (text, wire) in [
            ("", ""),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\rb", "a\r\0b"),
            ("\r\n", "\r\0\r\n"),
        ] {
            assert_eq!(netascii(text.as_bytes()), wire.as_bytes(), "{text:?}");
        }
    }
}
