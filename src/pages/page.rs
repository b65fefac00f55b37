//! A page for one phone: what it is made of, in the phone's language, character set and dialect.

use super::browser::{Browser, Look};
use super::cisco;
use super::fields::Fields;
use super::house::House;
use super::mitel;
use super::objects::{Does, Field, Form, Item, Key, Object, Screen, Then};
use super::request::{Reply, Request};
use super::texts::Texts;
use super::urls::Url;

/// Long ago, so that no phone comes back to a page by its Back key. Some models want it after 1970.
const EXPIRED: &str = "Wed, 26 Feb 1997 08:21:57 GMT";

/// How long somebody is let read that something was done, in seconds.
const READ_FOR_S: u8 = 3;

/// Whom pages are made for.
pub(super) struct Reader {
    browser: Browser,
    pub texts: &'static Texts,
    base: String,
}

impl Reader {
    /// Whoever sent the request; `usual` is for those who do not say in which language.
    pub async fn of(house: &impl House, request: &Request, usual: &'static Texts) -> Reader {
        let browser = Browser::of(house, request).await;
        let said = browser.language.as_deref();
        Reader {
            texts: said.and_then(Texts::of).unwrap_or(usual),
            browser,
            base: request.head.base.clone(),
        }
    }

    /// Whether the phone shows forms at all.
    pub fn has_forms(&self) -> bool {
        self.browser.has_forms
    }

    /// Whether it shows forms with more than one secret. Field by field, one would have to be repeated.
    pub fn has_forms_with_secrets(&self) -> bool {
        self.browser.has_forms && !self.browser.asks_singly()
    }

    /// Whether whoever logs out there enters their PIN (OUT-6).
    pub fn asks_pin(&self) -> bool {
        self.browser.asks_pin
    }

    /// Whether a form is being filled in field by field, and the field of that name has not been asked for yet.
    pub fn is_still_to_ask(&self, field: &str, typed: &Fields) -> bool {
        self.browser.asks_singly() && typed.get(field).is_none()
    }

    /// A page of ours. None: its address would be too long for a phone.
    pub fn url(&self, path: &str, parameters: &[(&str, &str)]) -> Option<Url> {
        Url::page(&self.base, path, parameters)
    }

    /// A text that can be left.
    pub fn text(&self, title: &str, text: String) -> Reply {
        self.shown(
            (title, ""),
            Object::Text(text),
            vec![self.exit()],
            Then::Stays,
        )
    }

    /// That something was done; it goes away by itself.
    pub fn done(&self, title: &str, text: String) -> Reply {
        let then = Then::Closes(READ_FOR_S);
        self.shown((title, ""), Object::Text(text), vec![self.exit()], then)
    }

    /// A text that the phone asks for again after so long, with a key that leads elsewhere.
    pub fn again(
        &self,
        title: &str,
        text: String,
        (after_s, url): (u64, Url),
        key: Option<(&str, Url)>,
    ) -> Reply {
        let mut keys = vec![self.exit()];
        keys.extend(key.map(|(name, url)| go(name, url)));
        let then = Then::Asks(after_s, url);
        self.shown((title, ""), Object::Text(text), keys, then)
    }

    /// A question: yes and no, and two other things.
    pub fn question(
        &self,
        title: (&str, &str),
        text: String,
        yes: Url,
        others: [(&str, Url); 2],
    ) -> Reply {
        let texts = self.texts;
        let no = does(&texts.key_no, Does::Leave);
        let mut keys = vec![go(&texts.key_yes, yes), no];
        keys.extend(others.map(|(name, url)| go(name, url)));
        self.shown(title, Object::Question(text), keys, Then::Stays)
    }

    /// A choice.
    pub fn menu(&self, title: &str, prompt: &str, items: Vec<Item>) -> Reply {
        let select = does(&self.texts.key_select, Does::Select);
        let keys = vec![select, self.exit()];
        self.shown((title, prompt), Object::Menu(items), keys, Then::Stays)
    }

    /// A form, which is sent to a page of ours. A phone that shows one field at a time is asked for the first that was not
    /// `typed` yet; what was goes along in the address, but for secrets. None: the address would be too long.
    pub fn form(
        &self,
        title: (&str, &str),
        (path, parameters): (&str, &[(&str, &str)]),
        mut fields: Vec<Field>,
        typed: &Fields,
    ) -> Option<Reply> {
        let mut parameters = parameters.to_vec();
        if self.browser.asks_singly() {
            let is_to_ask =
                |field: &Field| field.typed.is_hidden() || typed.said(field.name).is_none();
            let next = fields.iter().position(is_to_ask)?;
            let given = fields[..next].iter();
            parameters.extend(given.filter_map(|f| Some((f.name, typed.said(f.name)?))));
            fields = fields.into_iter().skip(next).take(1).collect();
        }
        let url = self.url(path, &parameters)?;
        let texts = self.texts;
        let keys = vec![
            does(&texts.key_submit, Does::Submit),
            does(&texts.key_erase, Does::Erase),
            self.exit(),
        ];
        let form = Object::Input(Form { url, fields });
        Some(self.shown(title, form, keys, Then::Stays))
    }

    fn exit(&self) -> Key {
        does(&self.texts.key_exit, Does::Leave)
    }

    fn shown(
        &self,
        (title, prompt): (&str, &str),
        object: Object,
        keys: Vec<Key>,
        then: Then,
    ) -> Reply {
        let screen = Screen {
            title: title.to_owned(),
            prompt: prompt.to_owned(),
            object,
            keys,
            then,
        };
        let print = |charset| match self.browser.look {
            Look::Cisco(look) => cisco::print(&screen, look, charset),
            Look::Mitel(look) => mitel::print(&screen, look, charset),
        };
        let refresh = match self.browser.look {
            Look::Cisco(_) => cisco::refresh(&screen.then),
            Look::Mitel(_) => mitel::refresh(&screen.then),
        };
        let charset = self.browser.charset_for(&print(""));
        let mut headers = vec![("Expires", EXPIRED.to_owned())];
        headers.extend(refresh.map(|refresh| ("Refresh", refresh)));
        Reply {
            status: 200,
            content_type: charset.content_type(),
            headers,
            body: charset.bytes(&print(charset.name())),
        }
    }
}

fn go(name: &str, url: Url) -> Key {
    does(name, Does::Go(url))
}

fn does(name: &str, does: Does) -> Key {
    Key {
        name: name.to_owned(),
        does,
    }
}
