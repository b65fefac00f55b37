//! Documents beside what Perch does: every test that is named in one exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The documents that are walked through.
const WALKS: &[&str] = &["docs/mitel-hot-desk-logout.md"];

/// A name of fewer words is that of a setting or a file.
const LEAST_WORDS: usize = 4;

#[test]
fn every_test_that_a_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    for folder in ["src", "tests"] {
        tests_in(&root.join(folder), &mut known);
    }
    for walk in WALKS {
        let text = fs::read_to_string(root.join(walk)).expect("readable");
        let quoted = text.split('`').skip(1).step_by(2);
        let named: Vec<&str> = quoted.filter(|name| is_test(name)).collect();
        assert!(named.len() >= 10, "{walk} names hardly any test: {named:?}");
        let missing: Vec<&&str> = named.iter().filter(|n| !known.contains(**n)).collect();
        assert!(
            missing.is_empty(),
            "{walk} names what is no test: {missing:?}"
        );
    }
}

fn is_test(name: &str) -> bool {
    let is_word = |word: &str| {
        word.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.split('_').count() >= LEAST_WORDS && name.split('_').all(is_word)
}

/// The names of tests in the files of a folder.
fn tests_in(folder: &Path, known: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            tests_in(&path, known);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("readable");
            let after = text.split("#[test]").skip(1);
            let names = after.filter_map(|text| text.split("fn ").nth(1)?.split('(').next());
            known.extend(names.map(str::to_owned));
        }
    }
}
