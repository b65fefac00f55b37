//! Writing XML for parsers that are less than that: no comments, no namespaces, everything escaped.

/// XML that is being written.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    /// What stands behind each element.
    line_end: &'static str,
}

impl Writer {
    /// XML that begins with its declaration.
    pub fn declared(charset: &str) -> Writer {
        Writer {
            text: format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>\n"),
            line_end: "\n",
        }
    }

    /// XML in UTF-8 with nothing between its elements, for programs that count them.
    pub fn compact() -> Writer {
        Writer {
            text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
            line_end: "",
        }
    }

    /// A part of such XML, to be added to a whole.
    pub fn part() -> Writer {
        Writer {
            text: String::new(),
            line_end: "",
        }
    }

    /// Adds a part.
    pub fn add(&mut self, part: Writer) {
        self.text.push_str(&part.text);
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push_str("/>");
        self.text.push_str(self.line_end);
    }

    /// An element with a text in it.
    pub fn text(&mut self, name: &str, text: &str) {
        self.open(name, &[]);
        self.escaped(text);
        self.close(name);
    }

    /// An element with others in it.
    pub fn element(&mut self, name: &str, inside: impl FnOnce(&mut Writer)) {
        self.with(name, &[], inside);
    }

    /// The same with attributes.
    pub fn with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Writer),
    ) {
        self.open(name, attributes);
        self.text.push_str(self.line_end);
        inside(self);
        self.close(name);
    }

    /// An element with attributes and a text.
    pub fn text_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.escaped(text);
        self.close(name);
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.text
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push(' ');
            self.text.push_str(key);
            self.text.push_str("=\"");
            self.escaped(value);
            self.text.push('"');
        }
        self.text.push('>');
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        self.text.push_str(self.line_end);
    }

    /// Line feeds and tabs are the only controls that a phone takes.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&apos;"),
                '\n' | '\t' => self.text.push(c),
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => self.text.push(' '),
                c => self.text.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_becomes_markup() {
        let mut writer = Writer::declared("utf-8");
        let nasty = "a&b<c>\"d'\u{0}\u{b}\n";
        writer.with("A", &[("k", nasty)], |w| w.text("B", nasty));
        expect_test::expect![[r#"
            <?xml version="1.0" encoding="utf-8"?>
            <A k="a&amp;b&lt;c&gt;&quot;d&apos;  
            ">
            <B>a&amp;b&lt;c&gt;&quot;d&apos;  
            </B>
            </A>
        "#]]
        .assert_eq(&writer.finish());
    }
}
