//! What asks: which model, what it can show and how, as far as its request says, or what is known of it.

use super::charset::{Charset, takes_utf8};
use super::cisco;
use super::house::House;
use super::mitel;
use super::request::{Head, Request};
use super::visit::named;
use crate::pbx::{PageDialect, PhoneModel};

/// By this a Cisco phone says which model it is.
const CISCO_MODEL: &str = "x-ciscoipphonemodelname";

/// A phone's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Browser {
    /// How it reads its pages.
    pub look: Look,
    /// Whether it shows forms.
    pub has_forms: bool,
    /// Whether whoever logs out by its pages enters their PIN (OUT-6).
    pub asks_pin: bool,
    /// The character set that it likes best.
    pub charset: Charset,
    /// Whether it takes UTF-8 as well.
    pub takes_utf8: bool,
    /// Its language, as in `en` or `de`.
    pub language: Option<String>,
}

/// How a phone reads its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As Cisco's.
    Cisco(cisco::Look),
    /// As Mitel's.
    Mitel(mitel::Look),
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
    /// Whether it can send a form as a body, so that a PIN stands in no address.
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
    /// What is known of whoever sent a request. What the site says of a phone comes first, then what it called itself when it
    /// registered, then what its request says.
    pub async fn of(house: &impl House, request: &Request) -> Browser {
        let head = &request.head;
        if head.header(CISCO_MODEL).is_some() {
            return Browser::new(head, None);
        }
        let site = house.site();
        let phone = named(request).ok();
        let said_by_site = phone.as_ref().and_then(|phone| {
            let config = site.phones.get(phone)?;
            config.provision.as_ref()?;
            Some(site.model_of(Some(config)))
        });
        if said_by_site.is_some() {
            return Browser::new(head, said_by_site.as_deref());
        }
        let at = match phone {
            // Whoever gets no answer here gets none behind, and is told so there.
            Some(phone) => house.phone(&phone).await.ok().flatten(),
            None => None,
        };
        let agents = [
            at.as_ref().and_then(|at| at.user_agent.as_deref()),
            head.header("user-agent"),
        ];
        let mut models = agents.into_iter().flatten();
        Browser::new(
            head,
            models.find_map(|a| site.page_model(a)).map(AsRef::as_ref),
        )
    }

    fn new(head: &Head, model: Option<&PhoneModel>) -> Browser {
        let said = head.header(CISCO_MODEL).unwrap_or_default();
        let family = FAMILIES.iter().find(|one| said.starts_with(one.begins));
        let family = family.unwrap_or(&UNKNOWN);
        let accepted = head.header("accept-charset");
        let look = match model.map(|model| model.pages).unwrap_or_default() {
            PageDialect::Cisco => Look::Cisco(cisco::Look {
                layout: family.layout,
                posts: family.posts,
            }),
            PageDialect::Mitel => Look::Mitel(mitel::Look::Keys),
            PageDialect::MitelPlain => Look::Mitel(mitel::Look::Plain),
        };
        Browser {
            look,
            has_forms: family.has_forms,
            asks_pin: model.is_some_and(|model| model.logout_asks_pin),
            charset: Charset::liked_best(accepted),
            takes_utf8: takes_utf8(accepted),
            language: head.header("accept-language").and_then(language),
        }
    }

    /// Whether it shows one field of a form at a time.
    pub fn asks_singly(&self) -> bool {
        self.look == Look::Mitel(mitel::Look::Plain)
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
        let head = Head {
            method: Method::Get,
            path: "/".into(),
            source: "192.0.2.1".parse().expect("an address"),
            is_secure: false,
            base: "http://perch".into(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        };
        Browser::new(&head, None)
    }

    fn look(model: &str) -> cisco::Look {
        match browser(&[(CISCO_MODEL, model)]).look {
            Look::Cisco(look) => look,
            Look::Mitel(look) => panic!("{look:?}"),
        }
    }

    #[test]
    fn models_differ_in_keys_and_forms() {
        assert_eq!(look("CP-7942G").layout, Layout::Old);
        assert_eq!(look("CP-8845").layout, Layout::New);
        assert!(look("CP-8845").posts && look("CP-7841").posts && !look("CP-8821").posts);
        let has_forms = |model| browser(&[(CISCO_MODEL, model)]).has_forms;
        assert!(!has_forms("CP-840") && has_forms("CP-7942G"));
        assert!(!look("CP-7942G").posts && !look("").posts);
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
