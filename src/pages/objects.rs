//! What a phone shows: its XML objects as types, printed within the limits of the oldest models.

use super::urls::Url;
use super::xml::Writer;

/// How many characters a title, a prompt, or a field of a form may have.
const LINE: usize = 32;

/// How many characters a text may have.
const TEXT: usize = 4000;

/// How many characters an item of a menu may have.
const ITEM: usize = 64;

/// How many items a menu may have.
pub(super) const MENU: usize = 100;

/// How many fields a form may have.
const FIELDS: usize = 5;

/// How many softkeys there may be.
const KEYS: usize = 8;

/// Something that a phone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// A text.
    Text(String),
    /// A choice.
    Menu(Vec<Item>),
    /// A form.
    Input(Form),
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// What it says.
    pub name: String,
    /// Where it leads.
    pub url: Url,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is sent.
    pub url: Url,
    /// Whether as a body; else what is typed is appended to the address.
    pub posts: bool,
    /// What is asked.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// What stands before it.
    pub label: String,
    /// What it is called when it is sent.
    pub name: &'static str,
    /// What stands in it at first.
    pub default: String,
    /// What may be typed.
    pub typed: Typed,
}

/// What may be typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Anything.
    Anything,
    /// Digits.
    Digits,
    /// What a phone has keys for: digits, * and #.
    Keys,
    /// Digits that are not shown.
    HiddenDigits,
    /// Anything; it is not shown.
    Hidden,
}

impl Typed {
    fn flags(self) -> &'static str {
        match self {
            Typed::Anything => "A",
            Typed::Digits => "N",
            Typed::Keys => "T",
            Typed::HiddenDigits => "NP",
            Typed::Hidden => "AP",
        }
    }
}

/// A key below the display. Who names one loses all that the phone would have by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// What it says.
    pub name: String,
    /// What it does.
    pub url: Url,
    /// Where it is, from 1.
    pub position: u8,
}

/// What fills a display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    /// Above it.
    pub title: String,
    /// Below it; empty: nothing.
    pub prompt: String,
    /// In it.
    pub object: Object,
    /// What can be pressed.
    pub keys: Vec<Key>,
}

impl Screen {
    /// The screen as XML, and whatever of it does not fit cut off.
    pub fn print(&self, charset: &str) -> String {
        let mut writer = Writer::declared(charset);
        writer.element(self.object.name(), |w| {
            w.text("Title", &cut(&self.title, LINE));
            if !self.prompt.is_empty() {
                w.text("Prompt", &cut(&self.prompt, LINE));
            }
            self.object.print(w);
            for key in self.keys.iter().take(KEYS) {
                w.element("SoftKeyItem", |w| {
                    w.text("Name", &cut(&key.name, LINE));
                    w.text("URL", key.url.as_str());
                    w.text("Position", &key.position.to_string());
                });
            }
        });
        writer.finish()
    }
}

impl Object {
    fn name(&self) -> &'static str {
        match self {
            Object::Text(_) => "CiscoIPPhoneText",
            Object::Menu(_) => "CiscoIPPhoneMenu",
            Object::Input(_) => "CiscoIPPhoneInput",
        }
    }

    fn print(&self, w: &mut Writer) {
        match self {
            Object::Text(text) => w.text("Text", &cut(text, TEXT)),
            Object::Menu(items) => {
                for item in items.iter().take(MENU) {
                    w.element("MenuItem", |w| {
                        w.text("Name", &cut(&item.name, ITEM));
                        w.text("URL", item.url.as_str());
                    });
                }
            }
            Object::Input(form) => form.print(w),
        }
    }
}

impl Form {
    fn print(&self, w: &mut Writer) {
        match self.posts {
            true => w.text_with("URL", &[("method", "post")], self.url.as_str()),
            false => w.text("URL", self.url.as_str()),
        }
        for field in self.fields.iter().take(FIELDS) {
            w.element("InputItem", |w| {
                w.text("DisplayName", &cut(&field.label, LINE));
                w.text("QueryStringParam", field.name);
                w.text("DefaultValue", &cut(&field.default, LINE));
                w.text("InputFlags", field.typed.flags());
            });
        }
    }
}

/// The first characters of a text; the last of them says that there were more.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['~']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_form_is_printed_in_the_order_that_phones_want() {
        let screen = Screen {
            title: "Log in & on".into(),
            prompt: "Who are you?".into(),
            object: Object::Input(Form {
                url: Url::page("http://perch", "/e", &[("device", "SEP1"), ("a", "b")])
                    .expect("it is short"),
                posts: true,
                fields: vec![Field {
                    label: "PIN".into(),
                    name: "seq",
                    default: String::new(),
                    typed: Typed::HiddenDigits,
                }],
            }),
            keys: vec![Key {
                name: "<<".into(),
                url: Url::Internal("SoftKey:<<"),
                position: 2,
            }],
        };
        expect![[r#"
            <?xml version="1.0" encoding="utf-8"?>
            <CiscoIPPhoneInput>
            <Title>Log in &amp; on</Title>
            <Prompt>Who are you?</Prompt>
            <URL method="post">http://perch/e?device=SEP1&amp;a=b</URL>
            <InputItem>
            <DisplayName>PIN</DisplayName>
            <QueryStringParam>seq</QueryStringParam>
            <DefaultValue></DefaultValue>
            <InputFlags>NP</InputFlags>
            </InputItem>
            <SoftKeyItem>
            <Name>&lt;&lt;</Name>
            <URL>SoftKey:&lt;&lt;</URL>
            <Position>2</Position>
            </SoftKeyItem>
            </CiscoIPPhoneInput>
        "#]]
        .assert_eq(&screen.print("utf-8"));
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("äbcde", 4), "äbc~");
        let item = |place: usize| Item {
            name: format!("{place}-{}", "x".repeat(100)),
            url: Url::Internal("SoftKey:Exit"),
        };
        let screen = Screen {
            title: "t".repeat(40),
            prompt: String::new(),
            object: Object::Menu((0..200).map(item).collect()),
            keys: Vec::new(),
        };
        let xml = screen.print("utf-8");
        assert_eq!(xml.matches("<MenuItem>").count(), MENU);
        assert!(xml.contains(&format!("<Title>{}~</Title>", "t".repeat(31))));
        assert!(xml.contains(&format!("<Name>0-{}~</Name>", "x".repeat(61))));
        assert!(!xml.contains("Prompt"));
    }
}
