//! Character sets: which one a phone wants, and a text in it.

/// A character set that Perch writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8.
    Utf8,
    /// ISO-8859-1, for old phones.
    Latin1,
}

impl Charset {
    /// The one that a phone likes best (`Accept-Charset`); UTF-8 if it does not say.
    pub fn liked_best(accepted: Option<&str>) -> Charset {
        let best =
            known(accepted).fold(
                None,
                |best: Option<(Charset, u16)>, (charset, q)| match best {
                    Some((_, most)) if most >= q => best,
                    _ => Some((charset, q)),
                },
            );
        best.map_or(Charset::Utf8, |(charset, _)| charset)
    }

    /// The name of it, for the header and for the declaration.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Latin1 => "ISO-8859-1",
        }
    }

    /// What XML in it is called.
    pub fn content_type(self) -> &'static str {
        match self {
            Charset::Utf8 => "text/xml; charset=utf-8",
            Charset::Latin1 => "text/xml; charset=ISO-8859-1",
        }
    }

    /// A text in it. What it has no character for becomes a question mark.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Latin1 => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect(),
        }
    }

    /// Whether it has a character for everything in a text.
    pub fn can_say(self, text: &str) -> bool {
        self == Charset::Utf8 || text.chars().all(|c| u32::from(c) < 256)
    }
}

/// Whether a phone takes UTF-8 at all.
pub(super) fn takes_utf8(accepted: Option<&str>) -> bool {
    accepted.is_none() || known(accepted).any(|(charset, _)| charset == Charset::Utf8)
}

/// The sets that are named and known, with how much they are liked, in thousandths.
fn known(accepted: Option<&str>) -> impl Iterator<Item = (Charset, u16)> {
    // Real phones send `utf-8,;q=0.8`: what is empty or odd is passed over.
    let items = accepted.unwrap_or_default().split(',');
    items.filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let charset = match parts.next()?.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "*" => Charset::Utf8,
            "iso-8859-1" | "latin1" => Charset::Latin1,
            _ => return None,
        };
        let q = parts.find_map(|part| part.strip_prefix("q="));
        let q = q.map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
        let q = (q.clamp(0.0, 1.0) * 1000.0) as u16;
        (q > 0).then_some((charset, q))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phone_gets_what_it_likes_best() {
        let cases = [
            (None, Charset::Utf8),
            (Some("iso-8859-1,utf-8;q=0.8"), Charset::Latin1),
            (Some("utf-8,iso-8859-1;q=0.8"), Charset::Utf8),
            (Some("utf-8,;q=0.8"), Charset::Utf8),
            (Some("utf-8;q=0,iso-8859-1;q=0.1"), Charset::Latin1),
            (Some("iso-8859-1;q=x,, ;"), Charset::Utf8),
            (Some("koi8-r"), Charset::Utf8),
        ];
        for (accepted, charset) in cases {
            assert_eq!(Charset::liked_best(accepted), charset, "{accepted:?}");
        }
        assert!(takes_utf8(Some("iso-8859-1,utf-8;q=0.8")));
        assert!(!takes_utf8(Some("iso-8859-1")));
    }

    #[test]
    fn a_text_is_written_as_far_as_the_set_goes() {
        assert_eq!(Charset::Latin1.bytes("Mü€"), [b'M', 0xFC, b'?']);
        assert_eq!(Charset::Utf8.bytes("ü"), [0xC3, 0xBC]);
        assert!(Charset::Latin1.can_say("Müller") && !Charset::Latin1.can_say("€"));
    }
}
