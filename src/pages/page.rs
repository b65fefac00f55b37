//! A page for one phone: what it is made of, in the phone's language, character set and order of keys.

use super::browser::{Browser, Layout};
use super::objects::{Field, Form, Item, Key, Object, Screen};
use super::request::{Head, Reply};
use super::texts::Texts;
use super::urls::Url;

/// Long ago, so that no phone comes back to a page by its Back key. Some models want it after 1970.
const EXPIRED: &str = "Wed, 26 Feb 1997 08:21:57 GMT";

/// Where what is done leads by itself.
const CLOSE: Url = Url::Internal("Init:Services");

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
    pub fn of(head: &Head, usual: &'static Texts) -> Reader {
        let browser = Browser::of(head);
        let said = browser.language.as_deref();
        Reader {
            texts: said.and_then(Texts::of).unwrap_or(usual),
            browser,
            base: head.base.clone(),
        }
    }

    /// Whether the phone shows forms at all.
    pub fn has_forms(&self) -> bool {
        self.browser.has_forms
    }

    /// A page of ours. None: its address would be too long for a phone.
    pub fn url(&self, path: &str, parameters: &[(&str, &str)]) -> Option<Url> {
        Url::page(&self.base, path, parameters)
    }

    /// A text that can be left.
    pub fn text(&self, title: &str, text: String) -> Reply {
        let keys = vec![self.exit()];
        self.shown(title, "", Object::Text(text), keys)
    }

    /// That something was done; it goes away by itself.
    pub fn done(&self, title: &str, text: String) -> Reply {
        let mut reply = self.text(title, text);
        let refresh = format!("{READ_FOR_S}; url={}", CLOSE.as_str());
        reply.headers.push(("Refresh", refresh));
        reply
    }

    /// A text that the phone asks for again after so long, with a key that leads elsewhere.
    pub fn again(
        &self,
        title: &str,
        text: String,
        (after_s, url): (u64, &Url),
        key: Option<(&str, Url)>,
    ) -> Reply {
        let mut keys = vec![self.exit()];
        keys.extend(key.map(|(name, url)| Key {
            name: name.to_owned(),
            url,
            position: match self.browser.layout {
                Layout::Old => 1,
                Layout::New => 2,
            },
        }));
        let mut reply = self.shown(title, "", Object::Text(text), keys);
        let refresh = format!("{after_s}; url={}", url.as_str());
        reply.headers.push(("Refresh", refresh));
        reply
    }

    /// A question: yes and no, and two other things.
    pub fn question(
        &self,
        (title, prompt): (&str, &str),
        text: String,
        yes: Url,
        others: [(&str, Url); 2],
    ) -> Reply {
        let key = |name: &str, url, position| Key {
            name: name.to_owned(),
            url,
            position,
        };
        let texts = self.texts;
        let mut keys = vec![
            key(&texts.key_yes, yes, 1),
            key(&texts.key_no, Url::Internal("SoftKey:Exit"), 2),
        ];
        let others = others.into_iter().zip(3..);
        keys.extend(others.map(|((name, url), position)| key(name, url, position)));
        self.shown(title, prompt, Object::Text(text), keys)
    }

    /// A choice.
    pub fn menu(&self, title: &str, prompt: &str, items: Vec<Item>) -> Reply {
        let select = self.onwards(&self.texts.key_select, "SoftKey:Select");
        let keys = vec![select, self.exit()];
        self.shown(title, prompt, Object::Menu(items), keys)
    }

    /// A form.
    pub fn form(&self, (title, prompt): (&str, &str), url: Url, fields: Vec<Field>) -> Reply {
        let posts = self.browser.posts;
        let form = Form { url, posts, fields };
        let erase = Key {
            name: self.texts.key_erase.clone(),
            url: Url::Internal("SoftKey:<<"),
            position: match self.browser.layout {
                Layout::Old => 2,
                Layout::New => 3,
            },
        };
        let submit = self.onwards(&self.texts.key_submit, "SoftKey:Submit");
        let keys = vec![submit, erase, self.exit()];
        self.shown(title, prompt, Object::Input(form), keys)
    }

    fn onwards(&self, name: &str, url: &'static str) -> Key {
        Key {
            name: name.to_owned(),
            url: Url::Internal(url),
            position: match self.browser.layout {
                Layout::Old => 1,
                Layout::New => 2,
            },
        }
    }

    fn exit(&self) -> Key {
        Key {
            name: self.texts.key_exit.clone(),
            url: Url::Internal("SoftKey:Exit"),
            position: match self.browser.layout {
                Layout::Old => 3,
                Layout::New => 1,
            },
        }
    }

    fn shown(&self, title: &str, prompt: &str, object: Object, mut keys: Vec<Key>) -> Reply {
        keys.sort_by_key(|key| key.position);
        // Old phones leave the last line empty otherwise, and some show no title without it.
        let prompt = match (prompt, self.browser.layout) {
            ("", Layout::Old) => title,
            (prompt, _) => prompt,
        };
        let screen = Screen {
            title: title.to_owned(),
            prompt: prompt.to_owned(),
            object,
            keys,
        };
        let charset = self.browser.charset_for(&screen.print(""));
        Reply {
            status: 200,
            content_type: charset.content_type(),
            headers: vec![("Expires", EXPIRED.to_owned())],
            body: charset.bytes(&screen.print(charset.name())),
        }
    }
}
