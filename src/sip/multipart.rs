//! Bodies in several parts (RFC 2046 §5.1), as far as one part is looked for.

/// More parts than these are not looked at: nobody sends so many.
const MOST_PARTS: usize = 8;

/// The parts of a body that have this media type: of one in several parts, or the body itself.
pub(super) fn parts_of<'b>(content_type: &[u8], body: &'b [u8], wanted: &str) -> Vec<&'b [u8]> {
    let Ok(content_type) = std::str::from_utf8(content_type) else {
        return Vec::new();
    };
    if is_type(content_type, wanted) {
        return vec![body];
    }
    let Some(boundary) = boundary_of(content_type) else {
        return Vec::new();
    };
    let delimiter = format!("--{boundary}");
    let mut parts = split(body, delimiter.as_bytes()).into_iter().skip(1);
    let parts = parts.by_ref().take(MOST_PARTS);
    parts.filter_map(|part| content_of(part, wanted)).collect()
}

fn is_type(content_type: &str, wanted: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(wanted)
}

fn boundary_of(content_type: &str) -> Option<&str> {
    let mut params = content_type.split(';');
    let kind = params.next()?.trim().to_ascii_lowercase();
    if !kind.starts_with("multipart/") {
        return None;
    }
    let boundary = params.find_map(|param| {
        let (name, value) = param.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("boundary");
        is_it.then(|| value.trim().trim_matches('"'))
    })?;
    (!boundary.is_empty() && boundary.len() <= 70).then_some(boundary)
}

/// What stands between the delimiters, those at beginnings of lines alone.
fn split<'b>(body: &'b [u8], delimiter: &[u8]) -> Vec<&'b [u8]> {
    let is_delimiter = |at: &usize| {
        body[*at..].starts_with(delimiter) && (*at == 0 || body[..*at].ends_with(b"\n"))
    };
    let places: Vec<usize> = (0..body.len())
        .filter(is_delimiter)
        .take(MOST_PARTS + 1)
        .collect();
    let mut parts = Vec::new();
    let mut begin = 0;
    for place in places.into_iter().chain([body.len()]) {
        parts.push(body.get(begin..place).unwrap_or_default());
        begin = (place + delimiter.len()).min(body.len());
    }
    parts
}

/// What follows the headers of a part, if they say that it is of this type.
fn content_of<'b>(part: &'b [u8], wanted: &str) -> Option<&'b [u8]> {
    let mut rest = part.strip_prefix(b"\r\n").or(part.strip_prefix(b"\n"))?;
    let mut is_it = false;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = std::str::from_utf8(&rest[..end]).ok()?.trim_end();
        rest = &rest[end + 1..];
        if line.is_empty() {
            return is_it.then_some(rest);
        }
        if let Some((name, value)) = line.split_once(':') {
            is_it |= name.trim().eq_ignore_ascii_case("content-type") && is_type(value, wanted);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "text/x";

    fn found(content_type: &str, body: &str) -> Vec<String> {
        let parts = parts_of(content_type.as_bytes(), body.as_bytes(), KIND);
        let text = |part: &[u8]| String::from_utf8_lossy(part).trim().to_owned();
        parts.into_iter().map(text).collect()
    }

    #[test]
    fn parts_are_found_by_their_type() {
        let body = "a foreword\r\n--b\r\nContent-Type: text/y\r\n\r\nno\r\n--b\r\ncontent-type: TEXT/X; a=b\r\n\r\n\
                    yes --b\r\n--b\nContent-Type: text/x\n\nagain\n--b--\r\n";
        for content_type in [
            "multipart/mixed;boundary=b",
            "Multipart/Mixed; a=b; Boundary=\"b\"",
        ] {
            assert_eq!(found(content_type, body), ["yes --b", "again"]);
        }
        assert_eq!(found("text/x;charset=utf-8", "whole"), ["whole"]);
    }

    #[test]
    fn what_is_broken_has_no_parts() {
        for (content_type, body) in [
            ("text/y", "no"),
            ("multipart/mixed", "--b\r\nContent-Type: text/x\r\n\r\nno"),
            (
                "multipart/mixed;boundary=",
                "--\r\nContent-Type: text/x\r\n\r\nno",
            ),
            ("multipart/mixed;boundary=b", ""),
            ("multipart/mixed;boundary=b", "--b"),
            (
                "multipart/mixed;boundary=b",
                "--b\r\nContent-Type: text/x\r\nno",
            ),
            (
                "multipart/mixed;boundary=b",
                "x--b\r\nContent-Type: text/x\r\n\r\nno",
            ),
        ] {
            assert_eq!(
                found(content_type, body),
                [""; 0],
                "{content_type} {body:?}"
            );
        }
        let many = "--b\r\nContent-Type: text/x\r\n\r\nx\r\n".repeat(50);
        assert_eq!(found("multipart/mixed;boundary=b", &many).len(), MOST_PARTS);
    }
}
