//! Reading XML of programs: elements by name in any case and without their prefix, texts without blanks around them.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// How deep elements may be in each other, and how many there may be.
const DEPTH: usize = 16;
const MOST: usize = 4000;

/// How many attributes an element may have.
const ATTRIBUTES: usize = 16;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, in small letters.
    pub name: String,
    /// What stood before its name; empty: nothing.
    pub prefix: String,
    /// Its attributes, as they are written.
    pub attributes: Vec<(String, String)>,
    /// The text right in it.
    pub text: String,
    /// What is in it.
    pub children: Vec<Element>,
}

/// What was read is no XML, or more of it than anybody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Element {
    /// Reads a document. Document types are refused: nobody needs them, and they can be made to grow.
    pub fn parse(text: &str) -> Result<Element, Unreadable> {
        let mut reader = Reader::from_str(text.trim_start());
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        let mut count = 0;
        loop {
            let event = reader.read_event().map_err(|_| Unreadable)?;
            let ended = match event {
                Event::Start(start) => {
                    count += 1;
                    open.push(begun(&start)?);
                    None
                }
                Event::Empty(start) => {
                    count += 1;
                    Some(begun(&start)?)
                }
                Event::End(_) => open.pop(),
                Event::Text(text) => {
                    add(&mut open, &text)?;
                    None
                }
                Event::CData(data) => {
                    add(&mut open, &data)?;
                    None
                }
                Event::GeneralRef(entity) => {
                    match entity.resolve_char_ref() {
                        Ok(Some(character)) => add(&mut open, character.encode_utf8(&mut [0; 4]))?,
                        Ok(None) => {
                            let text = resolve_predefined_entity(&entity);
                            add(&mut open, text.ok_or(Unreadable)?)?;
                        }
                        Err(_) => return Err(Unreadable),
                    }
                    None
                }
                Event::DocType(_) => return Err(Unreadable),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => None,
                Event::Eof => break,
            };
            if open.len() > DEPTH || count > MOST {
                return Err(Unreadable);
            }
            if let Some(mut element) = ended {
                element.text = element.text.trim().to_owned();
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None if root.is_none() => root = Some(element),
                    None => return Err(Unreadable),
                }
            }
        }
        root.filter(|_| open.is_empty()).ok_or(Unreadable)
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of a name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// What an attribute says; none if it is not there.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The texts of all children of a name.
    pub fn texts_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let children = self.children.iter();
        children.filter_map(move |child| (child.name == name).then_some(child.text.as_str()))
    }
}

fn begun(start: &BytesStart<'_>) -> Result<Element, Unreadable> {
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Unreadable)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|_| Unreadable)?.into_owned();
        attributes.push((attribute.key.as_ref().to_owned(), value));
        if attributes.len() > ATTRIBUTES {
            return Err(Unreadable);
        }
    }
    let prefix = start.name().prefix();
    let prefix = prefix.map(|prefix| prefix.as_ref().to_owned());
    Ok(Element {
        name: start.local_name().as_ref().to_ascii_lowercase(),
        prefix: prefix.unwrap_or_default(),
        attributes,
        ..Element::default()
    })
}

/// Text outside of the root is blank or wrong.
fn add(open: &mut [Element], text: &str) -> Result<(), Unreadable> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Unreadable),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_write_is_read_however_they_do() {
        let text = "<?xml version=\"1.0\"?>\n<!-- x --><ns:Request>\n <appInfo a='b'><appID> a&amp;b&#65; </appID>\
                    <X/></appInfo><![CDATA[<]]></ns:Request>\n";
        let root = Element::parse(text).expect("it is XML");
        assert_eq!((root.name.as_str(), root.text.as_str()), ("request", "<"));
        let info = root.child("appinfo").expect("it is there");
        assert_eq!(info.text_of("appid"), Some("a&bA"));
        assert_eq!((root.prefix.as_str(), info.prefix.as_str()), ("ns", ""));
        assert_eq!(
            (info.attribute("a"), info.attribute("b")),
            (Some("b"), None)
        );
        assert_eq!(info.text_of("x"), Some(""));
        assert_eq!(info.texts_of("y").count(), 0);
    }

    #[test]
    fn what_is_no_xml_or_too_much_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(20), "</a>".repeat(20));
        let many = format!("<a>{}</a>", "<b/>".repeat(MOST + 1));
        let attributes: String = (0..=ATTRIBUTES).map(|i| format!(" a{i}=''")).collect();
        let long = format!("<a{attributes}/>");
        let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
        let wrong = [
            "",
            "x",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<a>&x;</a>",
            &deep,
            &many,
            &long,
            "<a b=c/>",
            "<a b='&x;'/>",
            bomb,
        ];
        for text in wrong {
            assert_eq!(Element::parse(text), Err(Unreadable), "{text}");
        }
    }
}
