//! The browser of a Mitel phone, on a desk or in a hand: it knows the objects of its maker's schema, and is as strict.

use std::net::{IpAddr, SocketAddr};

use crate::phone_browser::{Answer, Browser, encoded};
use crate::xml::Element;

/// A phone's browser.
#[derive(Clone, Debug)]
pub struct MitelBrowser {
    /// How it asks.
    pub browser: Browser,
    /// Whether pages may have keys of their own, and forms more than one field.
    has_keys: bool,
}

/// What the phone shows.
#[derive(Clone, Debug)]
pub struct MitelPage {
    /// How it came.
    pub answer: Answer,
    /// What it is.
    pub object: Element,
}

impl MitelBrowser {
    /// A phone at an address of this host. What asks calls itself so.
    pub fn at(
        (host, server): (IpAddr, SocketAddr),
        device: &str,
        user_agent: &'static str,
        has_keys: bool,
    ) -> MitelBrowser {
        let browser = Browser {
            user_agent,
            headers: Vec::new(),
            ..Browser::at(host, server, device, "")
        };
        MitelBrowser { browser, has_keys }
    }

    /// Opens the menu that its manager was given.
    pub fn menu(&self) -> MitelPage {
        self.go(&format!("/pages/menu?name={}", self.browser.device))
    }

    /// Goes to an address, which may be absolute.
    pub fn go(&self, url: &str) -> MitelPage {
        let page = MitelPage::of(self.browser.get(url));
        page.check(self.has_keys);
        page
    }

    /// Chooses an item of the menu that is shown.
    pub fn choose(&self, page: &MitelPage, name: &str) -> MitelPage {
        let mut items = page.object.children("MenuItem");
        let item = items.find(|item| item.child("Prompt").text == name);
        let item = item.unwrap_or_else(|| panic!("there is no {name} in {}", page.shown()));
        self.go(&item.child("URI").text)
    }

    /// Presses a key that leads to a page.
    pub fn press(&self, page: &MitelPage, label: &str) -> MitelPage {
        let mut keys = page.object.children("SoftKey");
        let key = keys.find(|key| key.child("Label").text == label);
        let key = key.unwrap_or_else(|| panic!("there is no key {label}: {}", page.shown()));
        self.go(&key.child("URI").text)
    }

    /// Fills in what is asked, in order, and sends it: a phone appends it to the address.
    pub fn enter(&self, page: &MitelPage, typed: &[&str]) -> MitelPage {
        let fields: Vec<&Element> = page.fields();
        assert_eq!(fields.len(), typed.len(), "{}", page.shown());
        let mut url = page.object.child("URL").text.clone();
        for (field, value) in fields.into_iter().zip(typed) {
            let is_number = field.attribute("type") == Some("number");
            let fits = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
            assert!(
                !is_number || value.chars().all(fits),
                "{value} is no number"
            );
            url.push(if url.contains('?') { '&' } else { '?' });
            let name = &field.child("Parameter").text;
            url.push_str(&format!("{name}={}", encoded(value)));
        }
        self.go(&url)
    }
}

impl MitelPage {
    fn of(answer: Answer) -> MitelPage {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let content_type = answer.header("content-type").expect("a content type");
        let charset = content_type.strip_prefix("text/xml; charset=");
        let charset = charset.unwrap_or_else(|| panic!("{content_type}"));
        let object = Element::parse(&answer.text(), charset);
        MitelPage { answer, object }
    }

    /// What is asked: by the page as a whole, or by its fields.
    fn fields(&self) -> Vec<&Element> {
        assert_eq!(
            self.object.name,
            "AastraIPPhoneInputScreen",
            "{}",
            self.shown()
        );
        let fields: Vec<&Element> = self.object.children("InputField").collect();
        if fields.is_empty() {
            return vec![&self.object];
        }
        fields
    }

    /// The text or the names of what is in the page, after its title.
    pub fn shown(&self) -> String {
        let mut shown = format!("[{}]", self.object.child("Title").text);
        for child in &self.object.children {
            match child.name.as_str() {
                "Text" => shown.push_str(&format!(" {}", child.text)),
                "MenuItem" => {
                    let leads = child.children("URI").next().is_some();
                    let mark = if leads { "*" } else { "" };
                    shown.push_str(&format!(" {mark}{}", child.child("Prompt").text));
                }
                "InputField" => shown.push_str(&asked(child)),
                "SoftKey" => {
                    let index = child.attribute("index").unwrap_or_default();
                    shown.push_str(&format!(" {index}:{}", child.child("Label").text));
                }
                _ => {}
            }
        }
        if self.object.children("Parameter").next().is_some() {
            shown.push_str(&asked(&self.object));
        }
        shown.replace('\n', " ")
    }

    /// What the phone's parser wants: known objects, their parts in order, nothing too long.
    fn check(&self, has_keys: bool) {
        let object = &self.object;
        assert!(self.answer.body.len() <= 10_000, "it is too long");
        let (order, attributes): (&[&str], &[&str]) = match object.name.as_str() {
            "AastraIPPhoneTextScreen" => (&["Title", "Text", "SoftKey"], &[]),
            "AastraIPPhoneTextMenu" => (
                &["Title", "MenuItem", "SoftKey"],
                &["defaultIndex", "style"],
            ),
            "AastraIPPhoneInputScreen" => (
                &[
                    "Title",
                    "Prompt",
                    "URL",
                    "Parameter",
                    "Default",
                    "InputField",
                ],
                &["type", "password", "displayMode", "defaultIndex"],
            ),
            other => panic!("no phone knows {other}"),
        };
        for (name, value) in &object.attributes {
            let is_known = ["destroyOnExit", "Timeout"].contains(&name.as_str());
            assert!(
                is_known || attributes.contains(&name.as_str()),
                "{name}={value}"
            );
        }
        assert_eq!(object.attribute("destroyOnExit"), Some("yes"));
        let places = object.children.iter().map(|child| {
            let place = order.iter().position(|name| *name == child.name);
            place.unwrap_or_else(|| panic!("no {} in {}", child.name, object.name))
        });
        assert!(places.is_sorted(), "out of order: {}", self.shown());
        let count = |name| object.children(name).count();
        assert!(count("MenuItem") <= 30 && count("InputField") <= 10 && count("SoftKey") <= 10);
        assert!(object.name != "AastraIPPhoneTextMenu" || count("MenuItem") > 0);
        assert!(has_keys || count("SoftKey") + count("InputField") == 0);
        for (place, key) in object.children("SoftKey").enumerate() {
            let index = (place + 1).to_string();
            assert_eq!(key.attribute("index"), Some(index.as_str()));
        }
        object.walk(&mut |element| {
            let most = match element.name.as_str() {
                "Title" => 32,
                "Prompt" | "Label" => 64,
                "URI" | "URL" => 256,
                _ => 1000,
            };
            let length = element.text.chars().count();
            assert!(length <= most, "{} has {length}", element.name);
            assert!(
                element.name != "Text" || length > 0,
                "an empty text is none"
            );
        });
    }
}

fn asked(field: &Element) -> String {
    let is = |name| field.attribute(name).unwrap_or_default().to_owned();
    let hidden = if is("password") == "yes" {
        ", hidden"
    } else {
        ""
    };
    format!(" {}={}{hidden}", field.child("Prompt").text, is("type"))
}
