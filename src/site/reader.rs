//! Reading a table of the file key by key: what is not as it should be becomes a finding, and reading goes on.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use super::problem::{Finding, did_you_mean};

/// A table while it is being read.
pub(super) struct Section<'t> {
    path: Vec<&'t str>,
    table: &'t DeTable<'t>,
    asked: Vec<&'static str>,
    findings: Vec<Finding>,
}

impl<'t> Section<'t> {
    /// The table at `path`.
    pub(super) fn new(path: Vec<&'t str>, table: &'t DeTable<'t>) -> Section<'t> {
        Section {
            path,
            table,
            asked: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The findings, among them every key that nobody asked for.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        for key in self.table.keys() {
            let key = key.get_ref().as_ref();
            if !self.asked.contains(&key) {
                let remedy = did_you_mean(key, self.asked.iter().copied())
                    .unwrap_or_else(|| format!("Known here: {}", self.asked.join(", ")));
                let path = [&self.path[..], &[key]].concat();
                self.findings
                    .push(Finding::about_key(&path, "there is no such key", remedy));
            }
        }
        self.findings
    }

    /// Writes down that the value of `key` is wrong.
    pub(super) fn wrong(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let path = [&self.path[..], &[key]].concat();
        self.findings.push(Finding::new(&path, what, remedy));
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'t str> {
        let value = self.get(key)?;
        match value {
            DeValue::String(text) => Some(text),
            other => self.mistyped(key, other, "a text in quotes"),
        }
    }

    /// A text that must be there. Empty if it is not, which is written down.
    pub(super) fn required_text(&mut self, key: &'static str) -> &'t str {
        if !self.has(key) {
            self.missing(key);
        }
        self.text(key).unwrap_or_default()
    }

    /// True or false.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.get(key)? {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.mistyped(key, other, "true or false, without quotes"),
        }
    }

    /// A whole number in a range.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let number = match self.get(key)? {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix()).ok(),
            other => return self.mistyped(key, other, "a whole number without quotes"),
        };
        let found = number.filter(|number| range.contains(number));
        if found.is_none() {
            self.wrong(
                key,
                "the number is out of range",
                format!("Write one from {} to {}", range.start(), range.end()),
            );
        }
        found
    }

    /// Several texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<&'t str>> {
        let value = self.get(key)?;
        self.texts_in(key, value)
    }

    /// Several names; none if there are none.
    pub(super) fn names<T: From<&'t str>>(&mut self, key: &'static str) -> Vec<T> {
        let texts = self.texts(key).unwrap_or_default();
        texts.into_iter().map(T::from).collect()
    }

    /// A text that is read by `parse`, which explains itself if it cannot.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        remedy: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let parsed = parse(text);
        if parsed.is_none() {
            self.wrong(key, format!("{text:?} cannot be understood"), remedy);
        }
        parsed
    }

    /// The value as it is, for keys with several forms.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t DeValue<'t>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        Some(self.table.get(key)?.get_ref())
    }

    /// A table in this one; an empty one, if it is not there.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'t>> {
        let value = self.get(key)?;
        match value.as_table() {
            Some(table) => Some(Section::new([&self.path[..], &[key]].concat(), table)),
            None => self.mistyped(key, value, "a table"),
        }
    }

    /// What `read` makes of a table in this one.
    pub(super) fn inner<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'t>) -> T,
    ) -> Option<T> {
        let mut inner = self.section(key)?;
        let made = read(&mut inner);
        self.findings.extend(inner.finish());
        Some(made)
    }

    /// What `read` makes of each of the tables in a table, by name.
    pub(super) fn rows<K: From<&'t str>, T, M: FromIterator<(K, T)>>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&'t str, &mut Section<'t>) -> T,
    ) -> M {
        let mut rows = Vec::new();
        for (name, mut section) in self.sections(key) {
            rows.push((K::from(name), read(name, &mut section)));
            self.findings.extend(section.finish());
        }
        rows.into_iter().collect()
    }

    /// The tables in a table, by name.
    fn sections(&mut self, key: &'static str) -> Vec<(&'t str, Section<'t>)> {
        let mut sections = Vec::new();
        for (name, value) in self.entries(key) {
            let path = [&self.path[..], &[key, name]].concat();
            match value.as_table() {
                Some(table) => sections.push((name, Section::new(path, table))),
                None => self.findings.push(Finding::new(
                    &path,
                    format!("this is {}", a_type(value)),
                    format!("Write a table: [{key}.{name}]"),
                )),
            }
        }
        sections
    }

    /// What `read` makes of each of the tables in a list; `form` is how the list is written.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        form: &str,
        read: impl Fn(&mut Section<'t>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.as_array() else {
            self.mistyped::<()>(key, value, form);
            return Vec::new();
        };
        let path = [&self.path[..], &[key]].concat();
        let mut values = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let place = place.to_string();
            let Some(table) = item.get_ref().as_table() else {
                let path = [&path[..], &[&place]].concat();
                let what = format!("this is {}", a_type(item.get_ref()));
                let finding = Finding::new(&path, what, format!("Write {form}"));
                self.findings.push(finding);
                // Those after it would seem to stand in the wrong places.
                break;
            };
            let mut inner = Section::new(path.clone(), table);
            values.push(read(&mut inner));
            for mut finding in inner.finish() {
                finding.path.insert(path.len(), place.clone());
                self.findings.push(finding);
            }
        }
        values
    }

    /// What is made of each text and each table in a list that may hold both.
    pub(super) fn texts_or_tables<T>(
        &mut self,
        key: &'static str,
        form: &str,
        of_text: impl Fn(&'t str) -> T,
        of_table: impl Fn(&mut Section<'t>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.as_array() else {
            self.mistyped::<()>(key, value, form);
            return Vec::new();
        };
        let path = [&self.path[..], &[key]].concat();
        let mut values = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let place = place.to_string();
            match item.get_ref() {
                DeValue::String(text) => values.push(of_text(text)),
                DeValue::Table(table) => {
                    let mut inner = Section::new(path.clone(), table);
                    values.push(of_table(&mut inner));
                    for mut finding in inner.finish() {
                        finding.path.insert(path.len(), place.clone());
                        self.findings.push(finding);
                    }
                }
                other => {
                    let path = [&path[..], &[&place]].concat();
                    let what = format!("this is {}", a_type(other));
                    let finding = Finding::new(&path, what, format!("Write {form}"));
                    self.findings.push(finding);
                    // Those after it would seem to stand in the wrong places.
                    break;
                }
            }
        }
        values
    }

    /// Several whole numbers in a range.
    pub(super) fn numbers(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<Vec<u32>> {
        let value = self.get(key)?;
        let number = |item: &toml::Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix())
                .ok()
                .filter(|number| range.contains(number)),
            _ => None,
        };
        let numbers: Option<Vec<u32>> = value
            .as_array()
            .and_then(|items| items.iter().map(number).collect());
        if numbers.is_none() {
            let (first, last) = (range.start(), range.end());
            let remedy = format!("Write a list of whole numbers from {first} to {last}: [7, 8]");
            self.wrong(key, "this is no list of such numbers", remedy);
        }
        numbers
    }

    /// Lists of texts in a table, by name.
    pub(super) fn lists(&mut self, key: &'static str) -> BTreeMap<&'t str, Vec<&'t str>> {
        let mut lists = BTreeMap::new();
        let mut inner = Section::new([&self.path[..], &[key]].concat(), self.table);
        for (name, value) in self.entries(key) {
            lists.insert(name, inner.texts_in(name, value).unwrap_or_default());
        }
        self.findings.append(&mut inner.findings);
        lists
    }

    /// Texts in a table, by name.
    pub(super) fn named_texts(&mut self, key: &'static str) -> BTreeMap<&'t str, &'t str> {
        let mut texts = BTreeMap::new();
        for (name, value) in self.entries(key) {
            match value {
                DeValue::String(text) => {
                    texts.insert(name, text.as_ref());
                }
                other => {
                    let path = [&self.path[..], &[key, name]].concat();
                    let what = format!("this is {}", a_type(other));
                    self.findings
                        .push(Finding::new(&path, what, "Write a text in quotes"));
                }
            }
        }
        texts
    }

    /// Writes down that a key is not there.
    pub(super) fn missing(&mut self, key: &'static str) {
        let path = [&self.path[..], &[key]].concat();
        let finding = Finding::new(&path, "this is missing", format!("Add {key} = …"));
        self.findings.push(finding);
    }

    /// Writes down that none of some keys is there.
    pub(super) fn missing_one_of(&mut self, keys: &[&str]) {
        let remedy = format!("Add one of {}", keys.join(", "));
        let finding = Finding::new(&self.path, "this does not say when", remedy);
        self.findings.push(finding);
    }

    /// Writes down that the value has the wrong type.
    pub(super) fn mistyped<T>(
        &mut self,
        key: &str,
        value: &DeValue<'_>,
        wanted: &str,
    ) -> Option<T> {
        let what = format!("this is {}", a_type(value));
        self.wrong(key, what, format!("Write {wanted}"));
        None
    }

    fn texts_in(&mut self, key: &str, value: &'t DeValue<'t>) -> Option<Vec<&'t str>> {
        let Some(items) = value.as_array() else {
            return self.mistyped(key, value, "a list: [\"…\", \"…\"]");
        };
        let mut texts = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            match item.get_ref() {
                DeValue::String(text) => texts.push(text.as_ref()),
                other => {
                    let place = place.to_string();
                    let path = [&self.path[..], &[key, &place]].concat();
                    let what = format!("this is {}", a_type(other));
                    self.findings
                        .push(Finding::new(&path, what, "Write a text in quotes"));
                }
            }
        }
        Some(texts)
    }

    fn entries(&mut self, key: &'static str) -> Vec<(&'t str, &'t DeValue<'t>)> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(table) = value.as_table() else {
            self.mistyped::<()>(key, value, "a table");
            return Vec::new();
        };
        let entry = |(name, value): (&'t toml::Spanned<_>, &'t toml::Spanned<_>)| {
            let name: &std::borrow::Cow<'_, str> = name.get_ref();
            (name.as_ref(), value.get_ref())
        };
        table.iter().map(entry).collect()
    }
}

fn a_type(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
