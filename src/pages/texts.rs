//! What phones show, in every language that there is a file for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The languages, the usual one first.
pub const LANGUAGES: [&str; 2] = ["en", "de"];

/// Their files, in the same order.
const FILES: [&str; LANGUAGES.len()] =
    [include_str!("texts/en.toml"), include_str!("texts/de.toml")];

/// The texts of one language. What stands in braces in them is filled in by [`filled`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub login_title: String,
    pub login_prompt: String,
    pub login_prompt_password: String,
    pub user_id: String,
    pub pin: String,
    pub password: String,
    pub choose_title: String,
    pub choose_prompt: String,
    pub present_title: String,
    pub present_prompt: String,
    pub present_text: String,
    pub done_title: String,
    pub logged_in: String,
    pub logged_out: String,
    pub login_waits: String,
    pub error_title: String,
    pub login_again: String,
    pub logout_again: String,
    pub no_login: String,
    pub no_logout: String,
    pub no_forms: String,
    pub no_pin_form: String,
    pub no_page: String,
    pub services_title: String,
    pub services_prompt: String,
    pub item_login: String,
    pub item_logout: String,
    pub item_who: String,
    pub item_stay: String,
    pub who_title: String,
    pub who_text: String,
    pub who_until: String,
    pub who_left_out: String,
    pub nobody_here: String,
    pub stay_title: String,
    pub stayed: String,
    pub credential_title: String,
    pub credential_prompt: String,
    pub old_pin: String,
    pub new_pin: String,
    pub new_pin_again: String,
    pub pin_prompt_wrong: String,
    pub pin_prompt_blank: String,
    pub pin_prompt_form: String,
    pub pin_prompt_differ: String,
    pub pin_prompt_same: String,
    pub pin_changed: String,
    pub dials_title: String,
    pub dials_prompt: String,
    pub dials_new: String,
    pub dial_prompt: String,
    pub number: String,
    pub label: String,
    pub item_pin: String,
    pub item_dials: String,
    pub item_mobility: String,
    pub key_submit: String,
    pub key_select: String,
    pub key_exit: String,
    pub key_yes: String,
    pub key_no: String,
    pub key_erase: String,
    pub key_other: String,
    pub key_more: String,
    /// By the number of the error.
    reasons: BTreeMap<String, String>,
}

static ALL: LazyLock<[Texts; LANGUAGES.len()]> =
    LazyLock::new(|| FILES.map(|text| toml::from_str(text).expect("a test reads every file")));

impl Texts {
    /// Those of a language, if there are any.
    pub fn of(language: &str) -> Option<&'static Texts> {
        let place = LANGUAGES.iter().position(|known| *known == language)?;
        Some(&ALL[place])
    }

    /// What there is to say about an error besides its number.
    pub fn reason(&self, number: u16) -> Option<&str> {
        let reason = self.reasons.get(&number.to_string());
        reason.map(String::as_str)
    }
}

/// The text with `{name}` replaced.
pub(super) fn filled(text: &str, name: &str, value: &str) -> String {
    text.replace(&format!("{{{name}}}"), value)
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;

    fn tables() -> Vec<(&'static str, Table)> {
        let read = |text: &str| text.parse().expect("it is TOML");
        LANGUAGES.into_iter().zip(FILES.map(read)).collect()
    }

    /// What stands in braces.
    fn holes(text: &str) -> Vec<&str> {
        let mut holes: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|part| Some(part.split_once('}')?.0))
            .collect();
        holes.sort_unstable();
        holes
    }

    #[test]
    fn every_language_says_the_same_things() {
        assert_eq!(ALL.len(), LANGUAGES.len());
        let all = tables();
        let (_, usual) = &all[0];
        for (language, texts) in &all {
            for (key, text) in usual {
                match (text, &texts[key]) {
                    (Value::Table(usual), Value::Table(texts)) => {
                        assert!(usual.keys().eq(texts.keys()), "{language}: {key}");
                    }
                    (Value::String(usual), Value::String(text)) => {
                        assert_eq!(holes(usual), holes(text), "{language}: {key}");
                    }
                    _ => panic!("{language}: {key} is of another kind"),
                }
            }
        }
    }

    #[test]
    fn what_stands_in_one_line_fits_into_it() {
        for (language, texts) in tables() {
            for (key, text) in &texts {
                let most = match key.split(['_', '-']).next() {
                    Some("key") => 8,
                    _ if key.ends_with("_title") || key.contains("_prompt") => 32,
                    _ => continue,
                };
                let text = text.as_str().expect("it is a text");
                assert!(text.chars().count() <= most, "{language}: {key}: {text}");
            }
        }
    }

    #[test]
    fn an_unknown_language_has_no_texts() {
        assert!(Texts::of("xx").is_none());
        let german = Texts::of("de").expect("there is a file");
        assert_eq!(german.key_yes, "Ja");
        assert_eq!(german.reason(9999), None);
    }
}
