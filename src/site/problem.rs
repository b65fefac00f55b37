//! What is wrong with a site file, said so that it can be mended: where, what, and what to do.

use std::fmt;

use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong with a site file, or (as a warning) doubtful. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, as the administrator named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The key, dotted; empty for the file as such.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// Whether the site can be applied all the same.
    pub is_warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            // What was not read from a file as it is has no place there.
            0 => write!(f, "{}: ", self.file)?,
            line => write!(f, "{}:{line}:{}: ", self.file, self.column)?,
        }
        if self.is_warning {
            f.write_str("warning: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}. {}", self.what, self.remedy)
    }
}

/// A problem before it is known where in the text it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// The keys that lead to it; a number for a place in an array.
    pub path: Vec<String>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// Whether the key itself is wrong, rather than its value.
    pub is_about_key: bool,
}

impl Finding {
    /// Something wrong with the value at `path`.
    pub(super) fn new(
        path: &[&str],
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding {
            path: path.iter().map(|key| (*key).to_owned()).collect(),
            what: what.into(),
            remedy: remedy.into(),
            is_about_key: false,
        }
    }

    /// Something wrong with the key at the end of `path`.
    pub(super) fn about_key(
        path: &[&str],
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding {
            is_about_key: true,
            ..Finding::new(path, what, remedy)
        }
    }
}

/// A file's name and text, in which findings become problems.
pub(super) struct Source<'t> {
    name: &'t str,
    text: &'t str,
    /// Where each line begins. Found once: a large site may have as many warnings as phones.
    lines: Vec<usize>,
}

impl<'t> Source<'t> {
    /// The text of a file.
    pub(super) fn new(name: &'t str, text: &'t str) -> Source<'t> {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Source {
            name,
            text,
            lines: std::iter::once(0).chain(newlines).collect(),
        }
    }

    /// The findings with their places, in the order of the text. `top` is what the text was parsed as.
    pub(super) fn problems(
        &self,
        top: &DeTable<'_>,
        findings: Vec<Finding>,
        is_warning: bool,
    ) -> Vec<Problem> {
        let mut problems: Vec<_> = findings
            .into_iter()
            .map(|finding| {
                let place = locate(top, &finding);
                Problem {
                    is_warning,
                    ..self.problem(place.offset, place.key, finding.what, finding.remedy)
                }
            })
            .collect();
        problems.sort();
        problems
    }

    /// A problem at a place in the text.
    pub(super) fn problem(
        &self,
        offset: usize,
        key: String,
        what: String,
        remedy: String,
    ) -> Problem {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let on_line = self.text[start..].char_indices();
        Problem {
            file: self.name.to_owned(),
            line,
            column: 1 + on_line.take_while(|(at, _)| start + at < offset).count(),
            key,
            what,
            remedy,
            is_warning: false,
        }
    }
}

/// Where a finding is in the text, and the keys that lead there as TOML writes them.
struct Place {
    offset: usize,
    key: String,
}

/// The place of a finding: its value, or as near to that as there is something.
fn locate(top: &DeTable<'_>, finding: &Finding) -> Place {
    let mut place = Place {
        offset: 0,
        key: String::new(),
    };
    let mut table = Some(top);
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for (depth, key) in finding.path.iter().enumerate() {
        if let Some(item) = value.and_then(|value| item(value, key)) {
            place.offset = item.span().start;
            value = Some(item);
            table = item.get_ref().as_table();
            continue;
        }
        push_key(&mut place.key, key);
        if let Some((name, inner)) = table.and_then(|table| table.get_key_value(key.as_str())) {
            let is_last = depth + 1 == finding.path.len();
            let at_key = inner.get_ref().is_table() || (is_last && finding.is_about_key);
            place.offset = if at_key { name.span() } else { inner.span() }.start;
            value = Some(inner);
            table = inner.get_ref().as_table();
        } else {
            (value, table) = (None, None);
        }
    }
    place
}

fn item<'a, 't>(value: &'a Spanned<DeValue<'t>>, place: &str) -> Option<&'a Spanned<DeValue<'t>>> {
    value
        .get_ref()
        .as_array()?
        .get(place.parse::<usize>().ok()?)
}

fn push_key(path: &mut String, key: &str) {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !path.is_empty() {
        path.push('.');
    }
    if !key.is_empty() && key.chars().all(is_bare) {
        path.push_str(key);
    } else {
        path.push_str(&format!("{key:?}"));
    }
}

/// "Did you mean …?", if one of the known words is near.
pub(super) fn did_you_mean<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.chars().count() / 4)
        .min()
        .map(|(_, word)| format!("Did you mean {word:?}?"))
}
