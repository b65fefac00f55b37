//! Templates: those that Perch comes with, and those that an administrator puts in their place. All are tried before
//! any phone gets one.

use std::fmt;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};
use sha2::{Digest, Sha256};

use super::escape::Format;
use super::library::File;
use super::shipped::{SHIPPED, samples};
use super::values::{VERSION, Values};
use crate::pbx::Vendor;

/// Something wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    /// The file, as it was named; for those that Perch comes with, their name.
    pub file: String,
    /// Which line, from 1; 0 if it is about the file as such.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TemplateProblem {
            file,
            line,
            what,
            remedy,
        } = self;
        match line {
            0 => write!(f, "{file}: {what}. {remedy}"),
            line => write!(f, "{file}:{line}: {what}. {remedy}"),
        }
    }
}

/// A template of the administrator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What it takes the place of, as in `yealink/phone.cfg`, or `yealink/t46/phone.cfg` for one model.
    pub name: String,
    /// What people call it.
    pub file: String,
    /// What it says.
    pub text: String,
}

/// All templates, ready for use.
pub struct Templates {
    environment: Environment<'static>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").finish_non_exhaustive()
    }
}

const WHAT_THERE_IS: &str = "docs/phone-files.md says which names a template may use";
const WHICH_FILES: &str = "Name it like the one that it takes the place of, or begin its name with _ if others include it";

impl Templates {
    /// Those that Perch comes with, and these in their place. Each is filled in once for every state that a phone may be
    /// in: what would go wrong for a phone goes wrong here.
    pub fn new(overrides: &[Override]) -> Result<Templates, Vec<TemplateProblem>> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .set_auto_escape_callback(|name| AutoEscape::Custom(Format::of(name).word().into()));
        environment.set_formatter(write_value);
        environment.set_syntax(syntax());
        let mut problems = Vec::new();
        for (name, text) in SHIPPED {
            let added = environment.add_template(name, text);
            problems.extend(added.err().map(|error| problem(&error, overrides)));
        }
        for Override { name, file, text } in overrides {
            if !is_known(name) {
                problems.push(TemplateProblem {
                    file: file.clone(),
                    line: 0,
                    what: "no phone asks for such a file".into(),
                    remedy: WHICH_FILES,
                });
                continue;
            }
            let added = environment.add_template_owned(name.clone(), text.clone());
            problems.extend(added.err().map(|error| problem(&error, overrides)));
        }
        let templates = Templates { environment };
        if problems.is_empty() {
            problems = templates.try_all(overrides);
        }
        match problems.is_empty() {
            true => Ok(templates),
            false => Err(problems),
        }
    }

    /// Fills a template in: the one for the model, if there is one.
    pub(super) fn fill(
        &self,
        file: File,
        model: Option<&str>,
        values: &Values<'_>,
    ) -> Result<String, TemplateProblem> {
        let name = file.template();
        let of_model = model.map(|model| {
            let (vendor, file) = name.split_once('/').unwrap_or(("", name));
            format!("{vendor}/{model}/{file}")
        });
        let template = of_model.and_then(|name| self.environment.get_template(&name).ok());
        let template = match template {
            Some(template) => Ok(template),
            None => self.environment.get_template(name),
        };
        let filled = template
            .and_then(|template| template.render(Value::from(Serde(values))))
            .map_err(|error| problem(&error, &[]))?;
        Ok(with_version(&filled))
    }

    fn try_all(&self, overrides: &[Override]) -> Vec<TemplateProblem> {
        let mut problems = Vec::new();
        let names = self.environment.templates().map(|(name, _)| name);
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        for name in names {
            let Some(file) = file_of(name) else {
                continue;
            };
            let template = self.environment.get_template(name);
            let tried = template.and_then(|template| {
                samples(file, &mut |values| {
                    template.render(Value::from(Serde(values))).map(drop)
                })
            });
            problems.extend(tried.err().map(|error| problem(&error, overrides)));
        }
        problems
    }
}

/// Lines that hold nothing but a statement leave no line behind.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    syntax.build().expect("the usual marks are allowed")
}

/// The file that a template makes; none for a part of others.
fn file_of(name: &str) -> Option<File> {
    let parts: Vec<&str> = name.split('/').collect();
    let (vendor, file) = match parts.as_slice() {
        [vendor, file] | [vendor, _, file] => (vendor, file),
        _ => return None,
    };
    let is_it = |known: &File| known.template().split_once('/') == Some((vendor, file));
    File::ALL.into_iter().find(is_it)
}

/// Whether a template may have that name.
fn is_known(name: &str) -> bool {
    let (vendor, rest) = name.split_once('/').unwrap_or(("", name));
    let part = rest.rsplit('/').next().unwrap_or_default();
    let is_part = part.starts_with('_') && Vendor::from_word(vendor).is_some();
    is_part || file_of(name).is_some()
}

/// Writes a value so that the file stays what it is. What a template marks as safe is written as it is.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if value.is_none() || value.is_undefined() {
        let what = "a value that is not there for every phone is used";
        return Err(Error::new(ErrorKind::UndefinedError, what));
    }
    let text = value.to_string();
    let format = match state.auto_escape() {
        AutoEscape::Custom(word) if word == Format::Xml.word() => Format::Xml,
        _ => Format::Lines,
    };
    let written = match value.is_safe() {
        true => out.write_str(&text),
        false => format.write(out, &text),
    };
    Ok(written?)
}

/// The file with its version: a hash of everything else.
fn with_version(filled: &str) -> String {
    if !filled.contains(VERSION) {
        return filled.to_owned();
    }
    let hash = Sha256::digest(filled);
    let digits: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let groups = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    filled.replace(VERSION, &groups.join("-"))
}

fn problem(error: &Error, overrides: &[Override]) -> TemplateProblem {
    let name = error.name().unwrap_or("a template");
    let file = overrides.iter().find(|one| one.name == name);
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    let remedy = match error.kind() {
        ErrorKind::SyntaxError => "Look at the braces and words here and just before",
        ErrorKind::UndefinedError => {
            "Ask for it with {% if … %} where it may be missing; docs/phone-files.md says which names there are"
        }
        _ => WHAT_THERE_IS,
    };
    TemplateProblem {
        file: file.map_or_else(|| name.to_owned(), |one| one.file.clone()),
        line: error.line().unwrap_or(0),
        what,
        remedy,
    }
}
