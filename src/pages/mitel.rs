//! Screens as Mitel's phones read them, once Aastra's: desk phones that speak SIP, and handsets of SIP-DECT.
//!
//! Pages are taken off a phone's pile when they are left (`destroyOnExit`), so that none comes back that is not true any more. A
//! key that leaves, chooses, sends or erases is there by itself, in the phone's own language, unless a page names others. Where a
//! page has no keys of its own (half of the desk phones, and handsets), whatever else can be done stands in a menu.

use super::objects::{Does, Field, Form, ITEM, Item, Key, LINE, Object, Screen, Then, Typed, cut};
use super::xml::Writer;

/// How many characters a text may have.
const TEXT: usize = 1000;

/// How many items a menu may have.
const MENU: usize = 30;

/// How many fields a form may have.
const FIELDS: usize = 10;

/// How many softkeys there may be.
const KEYS: usize = 6;

/// How many bytes a page may have.
const BYTES: usize = 10_000;

/// Whether a page may name keys, and a form show all its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It may.
    Keys,
    /// It may not.
    Plain,
}

/// A line of a menu: a text, or something to choose.
struct Line<'a> {
    text: String,
    url: Option<&'a str>,
}

/// The screen as XML, and whatever of it does not fit cut off.
pub(super) fn print(screen: &Screen, look: Look, charset: &str) -> String {
    match &screen.object {
        Object::Menu(items) => {
            print_menu(screen, &items.iter().map(line).collect::<Vec<_>>(), charset)
        }
        Object::Input(form) => print_form(screen, form, charset),
        Object::Text(text) | Object::Question(text) => {
            let text = &asked(screen, text);
            let leads = screen
                .keys
                .iter()
                .any(|key| matches!(key.does, Does::Go(_)));
            match look {
                Look::Plain if leads => print_menu(screen, &lines(text, &screen.keys), charset),
                _ => print_text(screen, text, leads, charset),
            }
        }
    }
}

/// What its header says of what becomes of it, if anything does. What only goes away says so itself.
pub(super) fn refresh(then: &Then) -> Option<String> {
    match then {
        Then::Asks(after_s, url) => Some(format!("{after_s}; url={}", url.as_str())),
        Then::Stays | Then::Closes(_) => None,
    }
}

fn line(item: &Item) -> Line<'_> {
    Line {
        text: item.name.clone(),
        url: Some(item.url.as_str()),
    }
}

/// These pages have no line for what is to be done: a question that is not asked by its text is asked below it.
fn asked(screen: &Screen, text: &str) -> String {
    let is_question = matches!(screen.object, Object::Question(_));
    match is_question && !text.trim_end().ends_with('?') {
        true => format!("{text}\n{}", screen.prompt),
        false => text.to_owned(),
    }
}

/// A text as lines of a menu, and below it what its keys would do.
fn lines<'a>(text: &str, keys: &'a [Key]) -> Vec<Line<'a>> {
    let said = text.lines().filter(|line| !line.trim().is_empty());
    let said = said.map(|line| Line {
        text: line.to_owned(),
        url: None,
    });
    let done = keys.iter().filter_map(|key| match &key.does {
        Does::Go(url) => Some(Line {
            text: key.name.clone(),
            url: Some(url.as_str()),
        }),
        Does::Leave | Does::Select | Does::Submit | Does::Erase => None,
    });
    let done: Vec<_> = done.collect();
    let room = MENU.saturating_sub(done.len());
    said.take(room).chain(done).collect()
}

/// Whatever is too long for a page as a whole loses its last lines.
fn print_menu(screen: &Screen, lines: &[Line<'_>], charset: &str) -> String {
    let mut most = lines.len().min(MENU);
    loop {
        let xml = menu(screen, &lines[..most], charset);
        if xml.len() <= BYTES || most <= 1 {
            return xml;
        }
        most -= 1;
    }
}

fn menu(screen: &Screen, lines: &[Line<'_>], charset: &str) -> String {
    // What can be chosen is where the cursor is, whatever stands above it.
    let first = lines.iter().position(|line| line.url.is_some());
    let first = (first.unwrap_or_default() + 1).to_string();
    let mut attributes = root(screen);
    attributes.push(("defaultIndex", first));
    attributes.push(("style", "none".to_owned()));
    written("AastraIPPhoneTextMenu", &attributes, charset, |w| {
        w.text("Title", &cut(&screen.title, LINE));
        for line in lines {
            w.element("MenuItem", |w| {
                w.text("Prompt", &cut(&line.text, ITEM));
                if let Some(url) = line.url {
                    w.text("URI", url);
                }
            });
        }
    })
}

fn print_text(screen: &Screen, text: &str, leads: bool, charset: &str) -> String {
    written("AastraIPPhoneTextScreen", &root(screen), charset, |w| {
        w.text("Title", &cut(&screen.title, LINE));
        // There is no page without a text.
        let text = if text.trim().is_empty() { " " } else { text };
        w.text("Text", &cut(text, TEXT));
        if leads {
            print_keys(w, screen);
        }
    })
}

/// What answers a question keeps its order; else what leads elsewhere is the first.
fn print_keys(w: &mut Writer, screen: &Screen) {
    let mut keys: Vec<&Key> = screen.keys.iter().collect();
    if !matches!(screen.object, Object::Question(_)) {
        keys.sort_by_key(|key| key.does == Does::Leave);
    }
    for (place, key) in keys.into_iter().take(KEYS).enumerate() {
        let place = (place + 1).to_string();
        w.with("SoftKey", &[("index", &place)], |w| {
            w.text("Label", &cut(&key.name, LINE));
            w.text("URI", url(&key.does));
        });
    }
}

fn url(does: &Does) -> &str {
    match does {
        Does::Leave => "SoftKey:Exit",
        Does::Select => "SoftKey:Select",
        Does::Submit => "SoftKey:Submit",
        Does::Erase => "SoftKey:BackSpace",
        Does::Go(url) => url.as_str(),
    }
}

/// One field is written as the oldest phones know it: they show no more.
fn print_form(screen: &Screen, form: &Form, charset: &str) -> String {
    let mut attributes = root(screen);
    if let [field] = form.fields.as_slice() {
        attributes.extend(kind(field));
        return written("AastraIPPhoneInputScreen", &attributes, charset, |w| {
            w.text("Title", &cut(&screen.title, LINE));
            w.text("Prompt", &cut(&field.label, LINE));
            w.text("URL", form.url.as_str());
            w.text("Parameter", field.name);
            w.text("Default", &cut(&field.default, LINE));
        });
    }
    let blank = form
        .fields
        .iter()
        .position(|field| field.default.is_empty());
    let first = (blank.unwrap_or_default() + 1).to_string();
    attributes.push(("type", "string".to_owned()));
    attributes.push(("displayMode", "condensed".to_owned()));
    attributes.push(("defaultIndex", first));
    written("AastraIPPhoneInputScreen", &attributes, charset, |w| {
        w.text("Title", &cut(&screen.title, LINE));
        w.text("URL", form.url.as_str());
        for field in form.fields.iter().take(FIELDS) {
            let kind = kind(field);
            let kind: Vec<_> = kind.iter().map(|(name, is)| (*name, is.as_str())).collect();
            w.with("InputField", &kind, |w| {
                w.text("Prompt", &cut(&field.label, LINE));
                w.text("Parameter", field.name);
                w.text("Default", &cut(&field.default, LINE));
            });
        }
    })
}

/// What may be typed into a field. Numbers have * and #, too.
fn kind(field: &Field) -> [(&'static str, String); 2] {
    let kind = match field.typed {
        Typed::Digits | Typed::Keys | Typed::HiddenDigits => "number",
        Typed::Anything | Typed::Hidden => "string",
    };
    let is_hidden = if field.typed.is_hidden() { "yes" } else { "no" };
    [
        ("type", kind.to_owned()),
        ("password", is_hidden.to_owned()),
    ]
}

/// What every page says of itself.
fn root(screen: &Screen) -> Vec<(&'static str, String)> {
    let mut attributes = vec![("destroyOnExit", "yes".to_owned())];
    match &screen.then {
        Then::Stays => {}
        Then::Closes(after_s) => attributes.push(("Timeout", after_s.to_string())),
        // It would go away by itself before.
        Then::Asks(..) => attributes.push(("Timeout", "0".to_owned())),
    }
    attributes
}

fn written(
    name: &str,
    attributes: &[(&'static str, String)],
    charset: &str,
    inside: impl FnOnce(&mut Writer),
) -> String {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, is)| (*name, is.as_str()))
        .collect();
    let mut writer = Writer::declared(charset);
    writer.with(name, &attributes, inside);
    writer.finish()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::urls::Url;
    use super::*;

    fn url(value: &str) -> Url {
        Url::page("http://perch", "/e", &[("device", "h-1"), ("a", value)]).expect("it is short")
    }

    fn screen(object: Object, keys: Vec<Key>) -> Screen {
        Screen {
            title: "Log in & on".into(),
            prompt: "Who are you?".into(),
            object,
            keys,
            then: Then::Closes(3),
        }
    }

    fn go(name: &str) -> Key {
        Key {
            name: name.into(),
            does: Does::Go(url("b")),
        }
    }

    #[test]
    fn a_field_alone_is_written_as_the_oldest_phones_know_it() {
        let pin = Field {
            label: "PIN <now>".into(),
            name: "seq",
            default: String::new(),
            typed: Typed::HiddenDigits,
        };
        let form = Form {
            url: url("ü"),
            fields: vec![pin],
        };
        expect![[r#"
            <?xml version="1.0" encoding="utf-8"?>
            <AastraIPPhoneInputScreen destroyOnExit="yes" Timeout="3" type="number" password="yes">
            <Title>Log in &amp; on</Title>
            <Prompt>PIN &lt;now&gt;</Prompt>
            <URL>http://perch/e?device=h-1&amp;a=%C3%BC</URL>
            <Parameter>seq</Parameter>
            <Default></Default>
            </AastraIPPhoneInputScreen>
        "#]]
        .assert_eq(&print(
            &screen(Object::Input(form), Vec::new()),
            Look::Plain,
            "utf-8",
        ));
    }

    #[test]
    fn what_can_be_done_besides_is_a_key_or_a_line() {
        let leave = Key {
            name: "Exit".into(),
            does: Does::Leave,
        };
        let keys = vec![leave, go("Stay")];
        let screen = screen(Object::Text("until\n\n9 o'clock".into()), keys);
        expect![[r#"
            <?xml version="1.0" encoding="utf-8"?>
            <AastraIPPhoneTextScreen destroyOnExit="yes" Timeout="3">
            <Title>Log in &amp; on</Title>
            <Text>until

            9 o&apos;clock</Text>
            <SoftKey index="1">
            <Label>Stay</Label>
            <URI>http://perch/e?device=h-1&amp;a=b</URI>
            </SoftKey>
            <SoftKey index="2">
            <Label>Exit</Label>
            <URI>SoftKey:Exit</URI>
            </SoftKey>
            </AastraIPPhoneTextScreen>
        "#]]
        .assert_eq(&print(&screen, Look::Keys, "utf-8"));
        expect![[r#"
            <?xml version="1.0" encoding="utf-8"?>
            <AastraIPPhoneTextMenu destroyOnExit="yes" Timeout="3" defaultIndex="3" style="none">
            <Title>Log in &amp; on</Title>
            <MenuItem>
            <Prompt>until</Prompt>
            </MenuItem>
            <MenuItem>
            <Prompt>9 o&apos;clock</Prompt>
            </MenuItem>
            <MenuItem>
            <Prompt>Stay</Prompt>
            <URI>http://perch/e?device=h-1&amp;a=b</URI>
            </MenuItem>
            </AastraIPPhoneTextMenu>
        "#]]
        .assert_eq(&print(&screen, Look::Plain, "utf-8"));
    }

    #[test]
    fn a_page_has_no_more_than_a_phone_takes() {
        let item = |value: &str| Item {
            name: "&".repeat(100),
            url: url(value),
        };
        let menu = |items| {
            print(
                &screen(Object::Menu(items), Vec::new()),
                Look::Keys,
                "utf-8",
            )
        };
        let many = menu(vec![item("b"); 40]);
        assert!(many.len() <= BYTES && many.matches("<MenuItem>").count() < MENU);
        let short = |place: usize| Item {
            name: place.to_string(),
            url: url("b"),
        };
        let xml = menu((0..40).map(short).collect());
        assert_eq!(xml.matches("<MenuItem>").count(), MENU);
        let text = |text: &str| screen(Object::Text(text.into()), vec![go("Stay")]);
        let long = "line\n".repeat(5000);
        let xml = print(&text(&long), Look::Keys, "utf-8");
        assert!(xml.len() < BYTES && xml.contains("~</Text>"));
        // However much is said, what can be done stands below it.
        let xml = print(&text(&long), Look::Plain, "utf-8");
        assert_eq!(xml.matches("<MenuItem>").count(), MENU);
        assert!(xml.contains("<Prompt>Stay</Prompt>") && xml.contains("defaultIndex=\"30\""));
        assert!(print(&text(""), Look::Keys, "utf-8").contains("<Text> </Text>"));
    }
}
