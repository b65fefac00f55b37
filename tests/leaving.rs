//! Every wish to log somebody out, in every situation, played: what the rule says, what happens, and what is written of it
//! are the same (OUT-1 to OUT-5, OUT-8).

#[path = "leaving/firmware.rs"]
mod firmware;
#[path = "leaving/house.rs"]
mod house;
#[path = "leaving/rows.rs"]
mod rows;
#[path = "leaving/table.rs"]
mod table;

use std::collections::BTreeMap;

use expect_test::expect_file;

use rows::{Played, Row};

/// What happened in every situation, in the order of the rows.
fn all_played() -> BTreeMap<Row, Played> {
    let mut houses = house::Houses::default();
    let played = Row::all().map(|row| (row, row.play(&mut houses)));
    played.collect()
}

/// rules: OUT-1, OUT-2, OUT-3, OUT-4, OUT-5, OUT-8, SES-3, IDL-2, DUR-1, TOD-3, EXM-1, EMG-1
#[test]
fn what_happens_is_what_the_rule_says_and_what_is_written() {
    let played = all_played();
    assert_eq!(played.len(), Row::COUNT);
    let wrong = played.iter().filter_map(|(row, played)| {
        let ruled = Played::from(row.wish().decide());
        (ruled != *played).then(|| format!("{row:?}: it is to be {ruled:?}, and was {played:?}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "{} rows:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    expect_file!["../docs/logout.md"].assert_eq(&table::page(&played));
}
