//! A site that is only thought of: a whole file, or a few keys laid over the site that is stored.

use toml::{Table, Value};

use super::calendar::Attached;
use super::document::write;
use super::file::{Parsed, parse_with};
use super::problem::Problem;
use super::secrets::Hashing;
use crate::pbx::Site;

/// Secrets of a site that is never in force prove nothing to anybody.
const CHEAP: Hashing = Hashing {
    memory_kib: 8,
    passes: 1,
};

/// Reads a candidate. A file that names its site is the whole truth, like any site file; what another one says is laid
/// over the stored site, key by key.
pub fn candidate(
    file_name: &str,
    text: &str,
    attached: &Attached,
    stored: &Site,
) -> Result<Parsed, Vec<Problem>> {
    let read = |text: &str| parse_with(file_name, text, attached, Some(stored), &CHEAP);
    let Ok(keys) = text.parse::<Table>() else {
        // It says best itself what is wrong with it.
        return read(text);
    };
    let site = keys.get("site").and_then(Value::as_table);
    if site.is_some_and(|site| site.contains_key("name")) {
        return read(text);
    }
    let mut whole: Table = write(stored)
        .parse()
        .expect("a site that is written can be read");
    lay_over(&mut whole, keys);
    let text = toml::to_string(&whole).expect("tables of plain values can be written as TOML");
    read(&text).map_err(|problems| {
        // Where something stands in the text that was made here is nowhere in the file.
        let nowhere = |problem| Problem {
            line: 0,
            column: 0,
            ..problem
        };
        problems.into_iter().map(nowhere).collect()
    })
}

fn lay_over(whole: &mut Table, keys: Table) {
    for (key, value) in keys {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;

    const STORED: &str = r#"
        [site]
        name = "house"
        logout_times = ["19:00"]
        [class_of_service.all]
        login = true
        [user_profile.clerk]
        class = "all"
        idle_limit_min = 30
        [user.alice]
        dn = "2001"
        display_name = "Alice"
        pin = "1234"
        profiles = ["clerk"]
    "#;

    fn stored() -> Site {
        parse("stored", STORED, None, &CHEAP)
            .expect("it is right")
            .site
    }

    #[test]
    fn a_few_keys_are_laid_over_the_stored_site() {
        let stored = stored();
        let text = "[user_profile.clerk]\nidle_limit_min = 5\n[site]\nmax_login = \"8:00\"\n";
        let found = candidate("policy.toml", text, &Attached::new(), &stored)
            .expect("it is right")
            .site;
        let mut expected = stored;
        expected.settings.max_login_min = Some(480);
        let clerk = expected
            .user_profiles
            .get_mut("clerk")
            .expect("it is there");
        clerk.limits.idle_limit_min = Some(5);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_that_names_its_site_is_the_whole_truth() {
        let text = STORED.replace("logout_times = [\"19:00\"]", "");
        let found =
            candidate("policy.toml", &text, &Attached::new(), &stored()).expect("it is right");
        assert_eq!(found.site.settings.logout_times, Vec::<u16>::new());
    }

    #[test]
    fn what_is_wrong_is_said_without_a_place_that_is_not_there() {
        let said = |text| {
            let problems = candidate("policy.toml", text, &Attached::new(), &stored())
                .expect_err("it is wrong");
            problems[0].to_string()
        };
        let text = "[user_profile.clerk]\nidle_limit_min = 99999\n";
        assert!(
            said(text).starts_with("policy.toml: user_profile.clerk.idle_limit_min: "),
            "{}",
            said(text)
        );
        assert!(
            said("[user_profile").starts_with("policy.toml:1:"),
            "{}",
            said("[user_profile")
        );
    }
}
