//! Models of phones that a site adds, or knows better: like one that Perch knows, but for what is said.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Value;

use super::document::{Field, shown};
use super::problem::did_you_mean;
use super::reader::Section;
use crate::pbx::{FixedKey, ModelName, Models, PageDialect, PhoneModel, Protocol, Swap};
use crate::sccp::wire::Version;

/// The key of the table that they are in.
pub(super) const PHONE_MODEL: &str = "phone_model";

/// The models of a file, and what is wrong with them.
pub(super) fn phone_models(top: &mut Section<'_>) -> BTreeMap<ModelName, Arc<PhoneModel>> {
    let rows: Vec<(ModelName, Option<PhoneModel>)> = top.rows(PHONE_MODEL, phone_model);
    let known = |(name, model): (ModelName, Option<PhoneModel>)| Some((name, Arc::new(model?)));
    rows.into_iter().filter_map(known).collect()
}

fn phone_model(name: &str, s: &mut Section<'_>) -> Option<PhoneModel> {
    let mut model = base(name, s);
    if let Some(model) = &mut model {
        model.name = name.into();
    }
    // What stands there is looked at even if nobody knows what it is like.
    let mut read = model.clone().unwrap_or_else(nothing);
    read_keys(s, &mut read);
    read_lists(s, &mut read);
    check_name(name, s);
    model.map(|_| read)
}

/// A name stands in settings and on the command line.
fn check_name(name: &str, s: &mut Section<'_>) {
    let is_right = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+');
    if !(1..=32).contains(&name.len()) || !name.bytes().all(is_right) {
        let what = "a model's name is 1 to 32 letters a-z and A-Z, digits, '-', '_' and '+'";
        s.wrong("like", what, "Choose another name");
    }
}

/// What it is like. Of a model with another name, whatever calls itself so is another.
fn base(name: &str, s: &mut Section<'_>) -> Option<PhoneModel> {
    let known = Models::known();
    let said = s.text("like");
    let like = said.unwrap_or(name);
    let Some(base) = known.named(like) else {
        let names = || known.all().map(|model| model.name.as_str());
        let (what, remedy) = match said {
            Some(said) => {
                let all = || names().collect::<Vec<_>>().join(", ");
                let remedy = did_you_mean(said, names());
                let remedy = remedy.unwrap_or_else(|| format!("Known are {}", all()));
                (format!("there is no model {said:?}"), remedy)
            }
            None => (
                format!("nobody knows a {name}, so it must be like something"),
                "Add like = \"…\" with a model that it is like, such as \"7960\" or \"yealink\""
                    .into(),
            ),
        };
        s.wrong("like", what, remedy);
        return None;
    };
    let mut base = PhoneModel::clone(base);
    if base.name.as_str() != name {
        base.device_types = Vec::new();
        base.user_agents = Vec::new();
    }
    Some(base)
}

fn nothing() -> PhoneModel {
    let any = Models::known().all().next();
    PhoneModel::clone(any.expect("the table is not empty"))
}

fn read_keys(s: &mut Section<'_>, model: &mut PhoneModel) {
    let buttons = s.number("buttons", 1..=56);
    let said = |number: Option<u32>| number.and_then(|number| u8::try_from(number).ok());
    model.buttons = said(buttons).unwrap_or(model.buttons);
    let lines = said(s.number("lines", 1..=56));
    // All of them are lines if they were before and nothing else is said.
    let as_before = model.lines.min(model.buttons);
    model.lines = lines.unwrap_or(as_before);
    if model.lines > model.buttons {
        let remedy = format!("Write at most {}, or more buttons", model.buttons);
        s.wrong("lines", "there are not so many buttons", remedy);
    }
    model.login_key = s.flag("login_key").unwrap_or(model.login_key);
    model.display = s.flag("display").unwrap_or(model.display);
    model.browser = s.flag("browser").unwrap_or(model.browser);
    let all = PageDialect::ALL.map(|(word, _)| format!("{word:?}"));
    let remedy = format!("Write one of {}", all.join(", "));
    let pages = s.parsed("pages", &remedy, PageDialect::from_word);
    model.pages = pages.unwrap_or(model.pages);
    let asks_pin = s.flag("logout_asks_pin");
    model.logout_asks_pin = asks_pin.unwrap_or(model.logout_asks_pin);
    let most = said(s.number("most_modules", 0..=4));
    model.most_modules = most.unwrap_or(model.most_modules);
    let swap = s.parsed(
        "swap",
        "Write \"template\", \"lines\" or \"restart\"",
        Swap::from_word,
    );
    model.swap = swap.unwrap_or(model.swap);
    if let Some(why) = s.text("why") {
        model.why = why.into();
    }
    let newest = said(s.number("newest_version", 0..=22));
    if newest.is_some_and(|version| Version::spoken(version).is_none()) {
        let what = "Perch asks nobody to speak this version";
        s.wrong("newest_version", what, "Write one such as 11, 17 or 22");
    }
    model.newest_version = newest.unwrap_or(model.newest_version);
    let ends = s.flag("ends_with_lines");
    model.ends_with_lines = ends.unwrap_or(model.ends_with_lines);
}

fn read_lists(s: &mut Section<'_>, model: &mut PhoneModel) {
    let known = Models::known();
    if let Some(maker) = s.text("maker") {
        if known.maker(maker).is_none() {
            let makers: Vec<&str> = known.makers().iter().map(|m| m.name.as_str()).collect();
            let remedy = format!("Known are {}", makers.join(", "));
            s.wrong("maker", format!("nobody knows phones of {maker:?}"), remedy);
        }
        model.maker = maker.into();
    }
    if let Some(types) = s.numbers("device_types", 1..=u32::MAX) {
        model.device_types = types;
    }
    if let Some(agents) = s.texts("user_agents") {
        model.user_agents = agents.iter().map(|a| a.to_ascii_lowercase()).collect();
    }
    let protocol = |word: &str| match word {
        "sip" => Some(Protocol::Sip),
        "sccp" => Some(Protocol::Sccp),
        _ => None,
    };
    let protocols = words(s, "protocols", "\"sip\" and \"sccp\"", protocol);
    model.protocols = protocols.unwrap_or_else(|| model.protocols.clone());
    let key = |word: &str| {
        let mut all = FixedKey::ALL.iter();
        all.find(|(known, _)| *known == word).map(|(_, key)| *key)
    };
    let keys = FixedKey::ALL.map(|(word, _)| word).join(", ");
    let fixed = words(s, "fixed", &keys, key);
    model.fixed = fixed.unwrap_or_else(|| model.fixed.clone());
    let module = |word: &str| (known.buttons_of(word) > 0).then(|| ModelName::from(word));
    let modules = known.modules().iter().map(|(name, _)| name.as_str());
    let modules = modules.collect::<Vec<_>>().join(", ");
    let fitting = words(s, "modules", &modules, module);
    model.modules = fitting.unwrap_or_else(|| model.modules.clone());
}

/// A list of words, each of which stands for something.
fn words<T>(
    s: &mut Section<'_>,
    key: &'static str,
    known: &str,
    of: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let texts = s.texts(key)?;
    let mut all = Vec::with_capacity(texts.len());
    for text in texts {
        match of(text) {
            Some(value) => all.push(value),
            None => s.wrong(
                key,
                format!("nobody knows {text:?}"),
                format!("Known are {known}"),
            ),
        }
    }
    Some(all)
}

/// A model as it is written: what differs from the one that it is like, which is the one of its name or any that has
/// its maker.
pub(super) fn fields(model: &PhoneModel) -> Vec<Field> {
    let texts =
        |names: &[ModelName]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    let like = Models::known().named(model.name.as_str());
    let like = like.map_or("softphone", |like| like.name.as_str());
    let types: Vec<Value> = model
        .device_types
        .iter()
        .map(|t| i64::from(*t).into())
        .collect();
    let protocols = model.protocols.iter();
    let protocols: Vec<String> = protocols.map(|p| p.word().to_ascii_lowercase()).collect();
    let fixed: Vec<&str> = model.fixed.iter().map(|key| key.word()).collect();
    vec![
        shown("like", like),
        shown("maker", model.maker.as_str()),
        shown("protocols", protocols),
        shown("device_types", types),
        shown("user_agents", model.user_agents.clone()),
        shown("buttons", i64::from(model.buttons)),
        shown("lines", i64::from(model.lines)),
        shown("fixed", fixed),
        shown("login_key", model.login_key),
        shown("display", model.display),
        shown("browser", model.browser),
        shown("pages", model.pages.word()),
        shown("logout_asks_pin", model.logout_asks_pin),
        shown("modules", texts(&model.modules)),
        shown("most_modules", i64::from(model.most_modules)),
        shown("swap", model.swap.word()),
        shown("why", model.why.as_str()),
        shown("newest_version", i64::from(model.newest_version)),
        shown("ends_with_lines", model.ends_with_lines),
    ]
}
