//! Which rule is proven by which tests. `cargo test --test rules -- --nocapture` prints the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rules that this version must prove.
const NEEDED: &[&str] = &[
    "SES-1", "SES-2", "SES-3", "SES-4", "SES-5", "SES-6", "SES-7", "SES-8", "SES-9", "SES-10",
    "SES-11", "SES-12", "SES-13", "SES-17", "OUT-1", "OUT-2", "OUT-3", "OUT-5", "OUT-7", "IDL-1",
    "IDL-2", "IDL-3", "IDL-4", "IDL-5", "IDL-6", "IDL-7", "DUR-1", "TOD-1", "TOD-2", "TOD-3",
    "EXM-1", "EMG-1", "CAL-1", "CAL-2", "PRO-3", "PRO-7", "PRO-9", "ADM-1",
];

/// Where the rules are written down, if they are at hand.
const RULES: &str = "../shared/rules.md";

/// How a test says what it proves, and what it shows to be broken.
const PROVES: &str = "rules: ";
const NOT_YET: &str = "not yet: ";

#[test]
fn every_rule_is_proven_by_a_test() {
    let proofs = tests_with(PROVES);
    for (rule, tests) in &proofs {
        println!("{rule:<8}{}", tests.join(", "));
    }
    for (rule, tests) in tests_with(NOT_YET) {
        println!("{rule:<8}NOT YET: {}", tests.join(", "));
    }
    let proven = |rule: &&str| !proofs.contains_key(*rule);
    let missing: Vec<&str> = NEEDED.iter().copied().filter(proven).collect();
    assert!(missing.is_empty(), "no test proves {}", missing.join(", "));
    match fs::read_to_string(root().join(RULES)) {
        Ok(rules) => {
            let unknown: Vec<&String> = proofs.keys().filter(|id| !has(&rules, id)).collect();
            assert!(unknown.is_empty(), "there are no such rules: {unknown:?}");
        }
        Err(_) => println!("({RULES} is not at hand: nobody has checked that these rules exist)"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Whether a table row begins with the id.
fn has(rules: &str, id: &str) -> bool {
    let row = format!("| {id} |");
    rules.lines().any(|line| line.starts_with(&row))
}

/// For each rule, the tests that name it behind a mark.
fn tests_with(mark: &str) -> BTreeMap<String, Vec<String>> {
    let mut proofs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in ["src", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).expect("readable");
            for (rules, test) in marks(&text, mark) {
                for rule in rules {
                    proofs.entry(rule).or_default().push(test.clone());
                }
            }
        }
    }
    proofs
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
    paths.sort();
    let files = paths.into_iter().flat_map(|path| {
        if path.is_dir() {
            rust_files(&path)
        } else {
            vec![path]
        }
    });
    files
        .filter(|f| f.extension().is_some_and(|e| e == "rs"))
        .collect()
}

/// The marks in a file, each with the test that it stands in, or over.
fn marks(text: &str, mark: &str) -> Vec<(Vec<String>, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let function = |line: &&str| {
        let rest = line.trim_start().strip_prefix("fn ")?;
        rest.split('(').next().map(str::to_owned)
    };
    let mut marks = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, rules)) = line.split_once(mark) else {
            continue;
        };
        let test = match before.trim() {
            "///" => lines[at..].iter().find_map(function),
            "\"" | "check(\"" => lines[..at].iter().rev().find_map(function),
            _ => continue,
        };
        let ids = rules.split([',', '"']).map(str::trim);
        let ids: Vec<String> = ids.filter(|id| is_id(id)).map(str::to_owned).collect();
        marks.extend(test.map(|test| (ids, test)));
    }
    marks
}

/// `IDL-2` is one.
fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(letters, number)| {
        !letters.is_empty()
            && letters.bytes().all(|b| b.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}
