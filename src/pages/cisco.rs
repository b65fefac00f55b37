//! Screens as Cisco's phones read them, within the limits of the oldest models.

use super::browser::Layout;
use super::objects::{Does, Field, Form, ITEM, Item, Key, LINE, MENU, Object, Screen, Then};
use super::objects::{Typed, cut};
use super::xml::Writer;

/// How many characters a text may have.
const TEXT: usize = 4000;

/// How many fields a form may have.
const FIELDS: usize = 5;

/// How many softkeys there may be.
const KEYS: usize = 8;

/// What ends all pages.
const CLOSE: &str = "Init:Services";

/// How a model wants its pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Where its softkeys are.
    pub layout: Layout,
    /// Whether forms are sent as a body; else what is typed is appended to the address.
    pub posts: bool,
}

/// The screen as XML, and whatever of it does not fit cut off.
pub(super) fn print(screen: &Screen, look: Look, charset: &str) -> String {
    let mut writer = Writer::declared(charset);
    writer.element(name(&screen.object), |w| {
        w.text("Title", &cut(&screen.title, LINE));
        // Old phones leave the last line empty otherwise, and some show no title without it.
        let prompt = match (screen.prompt.as_str(), look.layout) {
            ("", Layout::Old) => &screen.title,
            _ => &screen.prompt,
        };
        if !prompt.is_empty() {
            w.text("Prompt", &cut(prompt, LINE));
        }
        match &screen.object {
            Object::Text(text) | Object::Question(text) => w.text("Text", &cut(text, TEXT)),
            Object::Menu(items) => items.iter().take(MENU).for_each(|item| print_item(w, item)),
            Object::Input(form) => print_form(w, form, look),
        }
        for (position, key) in placed(screen, look.layout).into_iter().take(KEYS) {
            w.element("SoftKeyItem", |w| {
                w.text("Name", &cut(&key.name, LINE));
                w.text("URL", url(&key.does));
                w.text("Position", &position.to_string());
            });
        }
    });
    writer.finish()
}

/// What its header says of what becomes of it, if anything does.
pub(super) fn refresh(then: &Then) -> Option<String> {
    match then {
        Then::Stays => None,
        Then::Closes(after_s) => Some(format!("{after_s}; url={CLOSE}")),
        Then::Asks(after_s, url) => Some(format!("{after_s}; url={}", url.as_str())),
    }
}

fn name(object: &Object) -> &'static str {
    match object {
        Object::Text(_) | Object::Question(_) => "CiscoIPPhoneText",
        Object::Menu(_) => "CiscoIPPhoneMenu",
        Object::Input(_) => "CiscoIPPhoneInput",
    }
}

fn print_item(w: &mut Writer, item: &Item) {
    w.element("MenuItem", |w| {
        w.text("Name", &cut(&item.name, ITEM));
        w.text("URL", item.url.as_str());
    });
}

fn print_form(w: &mut Writer, form: &Form, look: Look) {
    match look.posts {
        true => w.text_with("URL", &[("method", "post")], form.url.as_str()),
        false => w.text("URL", form.url.as_str()),
    }
    for field in form.fields.iter().take(FIELDS) {
        print_field(w, field);
    }
}

fn print_field(w: &mut Writer, field: &Field) {
    w.element("InputItem", |w| {
        w.text("DisplayName", &cut(&field.label, LINE));
        w.text("QueryStringParam", field.name);
        w.text("DefaultValue", &cut(&field.default, LINE));
        w.text("InputFlags", flags(field.typed));
    });
}

fn flags(typed: Typed) -> &'static str {
    match typed {
        Typed::Anything => "A",
        Typed::Digits => "N",
        Typed::Keys => "T",
        Typed::HiddenDigits => "NP",
        Typed::Hidden => "AP",
    }
}

/// Keys by their places, which are from 1: where the model's own applications have them.
fn placed(screen: &Screen, layout: Layout) -> Vec<(usize, &Key)> {
    let is_question = matches!(screen.object, Object::Question(_));
    let keys = screen.keys.iter().enumerate();
    let places = keys.map(|(place, key)| {
        let position = match (&key.does, layout) {
            _ if is_question => place + 1,
            (Does::Select | Does::Submit | Does::Go(_), Layout::Old) => 1,
            (Does::Select | Does::Submit | Does::Go(_), Layout::New) => 2,
            (Does::Erase, Layout::Old) => 2,
            (Does::Erase, Layout::New) => 3,
            (Does::Leave, Layout::Old) => 3,
            (Does::Leave, Layout::New) => 1,
        };
        (position, key)
    });
    let mut places: Vec<_> = places.collect();
    places.sort_by_key(|(position, _)| *position);
    places
}

fn url(does: &Does) -> &str {
    match does {
        Does::Leave => "SoftKey:Exit",
        Does::Select => "SoftKey:Select",
        Does::Submit => "SoftKey:Submit",
        Does::Erase => "SoftKey:<<",
        Does::Go(url) => url.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::urls::Url;
    use super::*;

    const OLD: Look = Look {
        layout: Layout::Old,
        posts: true,
    };

    fn url() -> Url {
        Url::page("http://perch", "/e", &[("device", "SEP1"), ("a", "b")]).expect("it is short")
    }

    #[test]
    fn a_form_is_printed_in_the_order_that_phones_want() {
        let screen = Screen {
            title: "Log in & on".into(),
            prompt: "Who are you?".into(),
            object: Object::Input(Form {
                url: url(),
                fields: vec![Field {
                    label: "PIN".into(),
                    name: "seq",
                    default: String::new(),
                    typed: Typed::HiddenDigits,
                }],
            }),
            keys: vec![Key {
                name: "<<".into(),
                does: Does::Erase,
            }],
            then: Then::Stays,
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
        .assert_eq(&print(&screen, OLD, "utf-8"));
    }

    #[test]
    fn what_is_too_long_for_a_menu_is_cut_and_says_so() {
        let item = |place: usize| Item {
            name: format!("{place}-{}", "x".repeat(100)),
            url: url(),
        };
        let screen = Screen {
            title: "t".repeat(40),
            prompt: String::new(),
            object: Object::Menu((0..200).map(item).collect()),
            keys: Vec::new(),
            then: Then::Stays,
        };
        let new = Look {
            layout: Layout::New,
            ..OLD
        };
        let xml = print(&screen, new, "utf-8");
        assert_eq!(xml.matches("<MenuItem>").count(), MENU);
        assert!(xml.contains(&format!("<Title>{}~</Title>", "t".repeat(31))));
        assert!(xml.contains(&format!("<Name>0-{}~</Name>", "x".repeat(61))));
        assert!(!xml.contains("Prompt"));
    }
}
