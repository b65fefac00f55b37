//! Reads a TOML document setting by setting and keeps a list of everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::IpAddr;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// A document that is being read. A setting is a section and a key; the section "" is the top of the document.
pub struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    root: DeTable<'t>,
    known: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Whether it is TOML at all; if not, what it seems to say means nothing.
    is_toml: bool,
    problems: Vec<(usize, Problem)>,
}

impl<'t> Reader<'t> {
    /// Begins to read `text`, which is what `file` holds.
    pub fn new(file: &'t str, text: &'t str) -> Reader<'t> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            file,
            text,
            root: root.into_inner(),
            known: BTreeMap::new(),
            is_toml: true,
            problems: Vec::new(),
        };
        for error in errors {
            reader.problem_at(
                error.span().unwrap_or(0..0),
                error.message(),
                "Correct the line; the file must be TOML",
            );
        }
        reader.is_toml = reader.problems.is_empty();
        reader
    }

    /// Everything that is wrong, in the order of the document. What nobody has asked for is unknown.
    pub fn finish(mut self) -> Vec<Problem> {
        if self.is_toml {
            self.refuse_unknown();
        }
        self.problems.sort_by_key(|(at, _)| *at);
        let mut problems: Vec<Problem> = self.problems.into_iter().map(|(_, p)| p).collect();
        problems.dedup();
        problems
    }

    /// A path. Whether it was there.
    pub fn path(&mut self, section: &'static str, key: &'static str, into: &mut PathBuf) -> bool {
        let mut text = String::new();
        let found = self.string(
            section,
            key,
            "a path in quotes",
            "\"/some/path\"",
            &mut text,
        );
        if found {
            *into = text.into();
        }
        found
    }

    /// A text.
    pub fn text(&mut self, section: &'static str, key: &'static str, into: &mut String) {
        self.string(section, key, "a text in quotes", "\"...\"", into);
    }

    /// One of a few words.
    pub fn word<T: Copy>(
        &mut self,
        section: &'static str,
        key: &'static str,
        words: &[(&str, T)],
        into: &mut T,
    ) {
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let list = list.join(", ");
        let Some((span, value)) = self.value(section, key) else {
            return;
        };
        let found = value
            .as_str()
            .and_then(|given| words.iter().find(|(word, _)| *word == given));
        match found {
            Some((_, meaning)) => *into = *meaning,
            None => {
                let given = shown(&value);
                let name = full(section, key);
                let what = format!("{name} must be one of {list}, not {given}");
                self.problem_at(span, &what, "Choose one of them");
            }
        }
    }

    /// A whole number.
    pub fn number<T: TryFrom<i64>>(
        &mut self,
        section: &'static str,
        key: &'static str,
        range: RangeInclusive<i64>,
        into: &mut T,
    ) {
        let Some((span, value)) = self.value(section, key) else {
            return;
        };
        let number = value
            .as_integer()
            .and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok())
            .filter(|number| range.contains(number))
            .and_then(|number| T::try_from(number).ok());
        match number {
            Some(number) => *into = number,
            None => {
                let (name, given) = (full(section, key), shown(&value));
                let (from, to) = (range.start(), range.end());
                let what = format!("{name} must be {from} to {to}, not {given}");
                self.problem_at(span, &what, "Choose a number in that range");
            }
        }
    }

    /// A time in whole seconds.
    pub fn seconds(
        &mut self,
        section: &'static str,
        key: &'static str,
        range: RangeInclusive<i64>,
        into: &mut Duration,
    ) {
        let mut seconds = into.as_secs();
        self.number(section, key, range, &mut seconds);
        *into = Duration::from_secs(seconds);
    }

    /// Yes or no.
    pub fn switch(&mut self, section: &'static str, key: &'static str, into: &mut bool) {
        let Some((span, value)) = self.value(section, key) else {
            return;
        };
        match value.as_bool() {
            Some(yes) => *into = yes,
            None => {
                let (name, given) = (full(section, key), kind_of(&value));
                let what = format!("{name} must be true or false, not {given}");
                self.problem_at(span, &what, &format!("Write {key} = true"));
            }
        }
    }

    /// A list, perhaps empty, of texts that `read` understands.
    pub fn list<T>(
        &mut self,
        section: &'static str,
        key: &'static str,
        not: &str,
        remedy: &str,
        read: impl Fn(&str) -> Option<T>,
        into: &mut Vec<T>,
    ) {
        let Some((span, value)) = self.value(section, key) else {
            return;
        };
        let name = full(section, key);
        let Some(array) = value.as_array() else {
            let what = format!("{name} must be a list, not {}", kind_of(&value));
            return self.problem_at(span, &what, remedy);
        };
        let mut items = Vec::new();
        for item in array {
            match item.get_ref().as_str().and_then(&read) {
                Some(item) => items.push(item),
                None => {
                    let what = format!("{name} holds {}, {not}", shown(item.get_ref()));
                    self.problem_at(item.span(), &what, remedy);
                }
            }
        }
        *into = items;
    }

    /// A list of IP addresses, at least one.
    pub fn addresses(&mut self, section: &'static str, key: &'static str) -> Option<Vec<IpAddr>> {
        let (span, value) = self.value(section, key)?;
        let name = full(section, key);
        let remedy = "Write addresses as in [\"127.0.0.1\", \"::1\"]";
        let items: Vec<DeValue> = match value.as_array() {
            Some(array) => array.iter().map(|item| item.get_ref().clone()).collect(),
            None => vec![value],
        };
        if items.is_empty() {
            self.problem_at(span, &format!("{name} is empty"), remedy);
            return None;
        }
        let mut addresses = Vec::new();
        for item in &items {
            match item.as_str().and_then(|text| text.parse().ok()) {
                Some(address) => addresses.push(address),
                None => {
                    let given = shown(item);
                    let what = format!("{name} holds {given}, which is not an IP address");
                    self.problem_at(span.clone(), &what, remedy);
                }
            }
        }
        Some(addresses).filter(|found| found.len() == items.len())
    }

    /// A list of texts.
    pub fn texts(
        &mut self,
        section: &'static str,
        key: &'static str,
        example: &str,
    ) -> Option<Vec<String>> {
        let (span, value) = self.value(section, key)?;
        let mut texts = Vec::new();
        let wrong = match value.as_array() {
            None => Some(value.clone()),
            Some(array) => array.iter().map(Spanned::get_ref).find_map(|item| {
                texts.extend(item.as_str().map(str::to_owned));
                item.as_str().is_none().then(|| item.clone())
            }),
        };
        if let Some(wrong) = wrong {
            let (name, given) = (full(section, key), kind_of(&wrong));
            let what = format!("{name} must be a list of texts, not {given}");
            self.problem_at(span, &what, &format!("Write {key} = {example}"));
            return None;
        }
        Some(texts)
    }

    /// Something is wrong with what a setting says.
    pub fn problem(&mut self, section: &'static str, key: &'static str, what: &str, remedy: &str) {
        let span = self.value(section, key).map_or(0..0, |(span, _)| span);
        self.problem_at(span, what, remedy);
    }

    fn string(
        &mut self,
        section: &'static str,
        key: &'static str,
        kind: &str,
        example: &str,
        into: &mut String,
    ) -> bool {
        let Some((span, value)) = self.value(section, key) else {
            return false;
        };
        let Some(text) = value.as_str() else {
            let (name, given) = (full(section, key), kind_of(&value));
            let what = format!("{name} must be {kind}, not {given}");
            self.problem_at(span, &what, &format!("Write {key} = {example}"));
            return false;
        };
        *into = text.to_owned();
        true
    }

    fn value(
        &mut self,
        section: &'static str,
        key: &'static str,
    ) -> Option<(Range<usize>, DeValue<'t>)> {
        self.known.entry(section).or_default().insert(key);
        let table = match section {
            "" => &self.root,
            _ => self.root.get(section)?.get_ref().as_table()?,
        };
        let value = table.get(key)?;
        Some((value.span(), value.get_ref().clone()))
    }

    fn refuse_unknown(&mut self) {
        let root = self.root.clone();
        for (key, value) in &root {
            let name: &str = key.get_ref();
            match (self.known.contains_key(name), value.get_ref().as_table()) {
                (true, Some(table)) if !name.is_empty() => self.refuse_unknown_in(name, table),
                (true, None) => {
                    let what = format!("{name} is a section, not a value");
                    self.problem_at(
                        key.span(),
                        &what,
                        &format!("Write [{name}] above its settings"),
                    );
                }
                (false, Some(_)) => {
                    let sections: Vec<&str> = self
                        .known
                        .keys()
                        .copied()
                        .filter(|s| !s.is_empty())
                        .collect();
                    let remedy = format!("Remove it. Sections are {}", sections.join(", "));
                    self.problem_at(
                        key.span(),
                        &format!("there is no section [{name}]"),
                        &remedy,
                    );
                }
                _ => self.refuse_unless_known("", key),
            }
        }
    }

    fn refuse_unknown_in(&mut self, section: &str, table: &DeTable<'t>) {
        for (key, _) in table {
            self.refuse_unless_known(section, key);
        }
    }

    fn refuse_unless_known(&mut self, section: &str, key: &Spanned<std::borrow::Cow<'t, str>>) {
        let known = self.known.get(section).cloned().unwrap_or_default();
        let name: &str = key.get_ref();
        if known.contains(name) {
            return;
        }
        let list: Vec<&str> = known.iter().copied().collect();
        let list = list.join(", ");
        let nearest = known.iter().find(|k| is_near(k, name));
        let remedy = match nearest {
            Some(near) => format!("Did you mean `{near}`? Known here: {list}"),
            None => format!("Remove it. Known here: {list}"),
        };
        let what = format!("there is no setting `{}`", full(section, name));
        self.problem_at(key.span(), &what, &remedy);
    }

    fn problem_at(&mut self, span: Range<usize>, what: &str, remedy: &str) {
        if !self.is_toml {
            return;
        }
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let problem = Problem {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            what: what.trim().replace('\n', ", "),
            remedy: remedy.to_owned(),
        };
        self.problems.push((span.start, problem));
    }
}

fn full(section: &str, key: &str) -> String {
    match section {
        "" => key.to_owned(),
        _ => format!("{section}.{key}"),
    }
}

fn shown(value: &DeValue) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(yes) => yes.to_string(),
        _ => kind_of(value).to_string(),
    }
}

fn kind_of(value: &DeValue) -> impl Display {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// Whether one is the other with one letter more, less or different.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let ahead = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[ahead..], &b[ahead..]);
    let behind = a.iter().rev().zip(b.iter().rev());
    let behind = behind.take_while(|(x, y)| x == y).count();
    a.len() - behind <= 1 && b.len() - behind <= 1
}
