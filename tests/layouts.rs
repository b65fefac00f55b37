//! Which buttons a profile has on each kind of phone, and what is left out. The tables are in `fixtures/layouts`.

use std::path::Path;

use expect_test::expect_file;
use perch::pbx::{Dn, Layout, ModelName, Protocol, Site};
use perch::site::{Hashing, parse};

/// The phones, each with what is plugged into it.
const PHONES: [(&str, &[&str]); 9] = [
    ("7970", &[]),
    ("7960", &[]),
    ("7911", &[]),
    ("7975", &["7914"]),
    ("7960", &["7914", "7914"]),
    ("7941", &[]),
    ("8861", &[]),
    ("T46", &[]),
    ("softphone", &[]),
];

fn sample() -> Site {
    let text = include_str!("../fixtures/sites/sample.toml");
    let cheap = Hashing {
        memory_kib: 8,
        passes: 1,
    };
    let read = parse("sample.toml", text, None, &cheap);
    let read = read.unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(read.warnings, []);
    read.site
}

/// A profile's table: of a user's, or of nobody's.
fn table(site: &Site, profile: &str, is_there: bool) -> String {
    let me: Dn = "2001".into();
    let mut text = String::new();
    for (name, modules) in PHONES {
        let model = site.model(name).expect("a model that is known");
        let protocol = match model.speaks(Protocol::Sccp) {
            true => Protocol::Sccp,
            false => Protocol::Sip,
        };
        let desk = match is_there {
            true => site.user_profiles[profile].desk(Some(&me), protocol),
            false => site.logout_profiles[profile].desk(None, protocol),
        };
        let modules: Vec<ModelName> = modules.iter().map(|module| (*module).into()).collect();
        let with: String = modules
            .iter()
            .map(|module| format!(" + {module}"))
            .collect();
        let layout = Layout::of(&desk, model, &modules);
        let (lines, word) = (layout.lines(), protocol.word());
        assert!(
            lines >= 1,
            "{name}: a phone without a line cannot call for help"
        );
        text.push_str(&format!("{name}{with} ({word})\n{layout}\n"));
    }
    text
}

fn check(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/layouts");
    expect_file![path.join(file)].assert_eq(text);
}

/// rules: PRO-1, PRO-2, PRO-3, PRO-4
#[test]
fn a_profile_with_a_line_of_every_kind_lies_on_each_phone_as_far_as_it_goes() {
    let site = sample();
    check("user-profile-1.txt", &table(&site, "1", true));
    check("logout-profile-1.txt", &table(&site, "1", false));
}

/// rules: PRO-2, PRO-4, PRO-6
#[test]
fn lines_are_in_the_order_of_their_kinds_and_speed_dials_in_that_of_their_tags() {
    check("user-profile-all.txt", &table(&sample(), "all", true));
}
