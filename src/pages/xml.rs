//! Writing XML for parsers that are less than that: no comments, no namespaces, everything escaped.

/// XML that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer(String);

impl Writer {
    /// XML that begins with its declaration.
    pub fn declared(charset: &str) -> Writer {
        Writer(format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>\n"))
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
        self.0.push('\n');
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
        self.0
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push_str(">\n");
    }

    /// Line feeds and tabs are the only controls that a phone takes.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&apos;"),
                '\n' | '\t' => self.0.push(c),
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => self.0.push(' '),
                c => self.0.push(c),
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
