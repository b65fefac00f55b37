//! What asks: which model, what it can show and how, as far as its request says.

use super::charset::{Charset, takes_utf8};
use super::request::Head;

/// A phone's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Browser {
    /// Where its softkeys are.
    pub layout: Layout,
    /// Whether it shows forms.
    pub has_forms: bool,
    /// Whether it can send a form as a body, so that a PIN stands in no address.
    pub posts: bool,
    /// The character set that it likes best.
    pub charset: Charset,
    /// Whether it takes UTF-8 as well.
    pub takes_utf8: bool,
    /// Its language, as in `en` or `de`.
    pub language: Option<String>,
}

/// Where the softkeys of a model are, as its own applications have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Four keys under a small display: what goes on is the first, leaving the third. A prompt line is always there.
    Old,
    /// Leaving is the first, what goes on the second.
    New,
}

/// What is different about a family of models. The first whose begin fits is it.
struct Family {
    /// How the names of its models begin.
    begins: &'static str,
    layout: Layout,
    has_forms: bool,
    posts: bool,
}

const fn family(begins: &'static str, layout: Layout, has_forms: bool, posts: bool) -> Family {
    Family {
        begins,
        layout,
        has_forms,
        posts,
    }
}

const FAMILIES: &[Family] = &[
    family("CP-78", Layout::New, true, true),
    family("CP-79", Layout::Old, true, false),
    family("CP-69", Layout::Old, true, false),
    family("CP-840", Layout::New, false, false),
    family("CP-860", Layout::New, false, false),
    family("CP-8821", Layout::New, true, false),
    family("CP-88", Layout::New, true, true),
    family("DP-98", Layout::New, true, true),
    family("CP-", Layout::New, true, false),
];

/// What does not say what it is: a script, or a phone so old that it does not.
const UNKNOWN: Family = family("", Layout::Old, true, false);

impl Browser {
    /// What the request says of whoever sent it.
    pub fn of(head: &Head) -> Browser {
        let model = head.header("x-ciscoipphonemodelname").unwrap_or_default();
        let family = FAMILIES.iter().find(|one| model.starts_with(one.begins));
        let family = family.unwrap_or(&UNKNOWN);
        let accepted = head.header("accept-charset");
        Browser {
            layout: family.layout,
            has_forms: family.has_forms,
            posts: family.posts,
            charset: Charset::liked_best(accepted),
            takes_utf8: takes_utf8(accepted),
            language: head.header("accept-language").and_then(language),
        }
    }

    /// The character set for a text: another one than it likes best, if only that can say it.
    pub fn charset_for(&self, text: &str) -> Charset {
        match self.charset.can_say(text) || !self.takes_utf8 {
            true => self.charset,
            false => Charset::Utf8,
        }
    }
}

/// The first language of `en_US`, `en-US` or `en`, in small letters, without its country.
fn language(accepted: &str) -> Option<String> {
    let first = accepted.split([',', ';']).next()?.trim();
    let language = first.split(['-', '_']).next()?;
    let is_one = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_one.then(|| language.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::request::Method;
    use super::*;

    fn browser(headers: &[(&str, &str)]) -> Browser {
        let headers = headers.iter();
        Browser::of(&Head {
            method: Method::Get,
            path: "/".into(),
            source: "192.0.2.1".parse().expect("an address"),
            is_secure: false,
            base: "http://perch".into(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        })
    }

    #[test]
    fn models_differ_in_keys_and_forms() {
        let of = |model| browser(&[("x-ciscoipphonemodelname", model)]);
        assert_eq!(of("CP-7942G").layout, Layout::Old);
        assert_eq!(of("CP-8845").layout, Layout::New);
        assert!(of("CP-8845").posts && of("CP-7841").posts && !of("CP-8821").posts);
        assert!(!of("CP-840").has_forms && of("CP-7942G").has_forms);
        assert!(!of("CP-7942G").posts && !browser(&[]).posts);
    }

    #[test]
    fn languages_are_read_however_they_are_written() {
        let of = |text| browser(&[("accept-language", text)]).language;
        for text in ["en_US", "en-US", "en", "EN;q=1, de"] {
            assert_eq!(of(text).as_deref(), Some("en"), "{text}");
        }
        for text in ["", "*", "e", "../x"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_comes_in_a_set_that_can_say_it() {
        let old = browser(&[("accept-charset", "iso-8859-1,utf-8;q=0.8")]);
        assert_eq!(old.charset_for("Müller"), Charset::Latin1);
        assert_eq!(old.charset_for("Łukasz"), Charset::Utf8);
        let older = browser(&[("accept-charset", "iso-8859-1")]);
        assert_eq!(older.charset_for("Łukasz"), Charset::Latin1);
    }
}
