//! XML as small parsers read it: elements, attributes, texts; no comments, no namespaces, no declarations but one.

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// What stands in it, if no elements do.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document that says of itself to be in this character set.
    pub fn parse(text: &str, charset: &str) -> Element {
        let declared = format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>\n");
        let rest = text.strip_prefix(&declared);
        let rest = rest.unwrap_or_else(|| panic!("it is not declared as {charset}: {text}"));
        Element::bare(rest)
    }

    /// Reads a document without a declaration.
    pub fn bare(text: &str) -> Element {
        let (element, rest) = element(text);
        assert_eq!(rest.trim(), "", "behind the end: {text}");
        element
    }

    /// The only child of a name.
    pub fn child(&self, name: &str) -> &Element {
        let mut children = self.children(name);
        let child = children.next();
        assert!(children.next().is_none(), "{} has two {name}", self.name);
        child.unwrap_or_else(|| panic!("{} has no {name}", self.name))
    }

    /// The children of a name.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Element> {
        let name = name.to_owned();
        self.children.iter().filter(move |child| child.name == name)
    }

    /// What an attribute says.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Looks at it and at everything in it.
    pub fn walk(&self, look: &mut dyn FnMut(&Element)) {
        look(self);
        for child in &self.children {
            child.walk(look);
        }
    }
}

fn element(text: &str) -> (Element, &str) {
    let rest = text.strip_prefix('<').expect("an element");
    let (tag, mut rest) = rest.split_once('>').expect("the end of a tag");
    let (tag, is_empty) = match tag.strip_suffix('/') {
        Some(tag) => (tag, true),
        None => (tag, false),
    };
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    assert!(is_name && !name.is_empty(), "{name:?} is no name");
    let mut element = Element {
        name: name.to_owned(),
        attributes: read_attributes(attributes),
        ..Element::default()
    };
    if is_empty {
        return (element, rest);
    }
    let end = format!("</{name}>");
    loop {
        let trimmed = rest.trim_start();
        if let Some(rest) = trimmed.strip_prefix(end.as_str()) {
            return (element, rest);
        }
        if trimmed.starts_with('<') {
            let (child, behind) = self::element(trimmed);
            element.children.push(child);
            rest = behind;
        } else {
            assert!(element.children.is_empty(), "text between elements: {rest}");
            let (text, behind) = rest.split_once('<').expect("an end");
            element.text = unescaped(text);
            rest = &rest[rest.len() - behind.len() - 1..];
        }
    }
}

fn read_attributes(mut text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    while !text.trim().is_empty() {
        let (name, rest) = text.split_once("=\"").expect("an attribute");
        let (value, rest) = rest.split_once('"').expect("the end of it");
        attributes.push((name.trim().to_owned(), unescaped(value)));
        text = rest;
    }
    attributes
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains('>'), "{text} is not escaped");
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').expect("an entity");
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => panic!("no phone knows &{other};"),
        });
        plain.push_str(rest);
    }
    plain
}
