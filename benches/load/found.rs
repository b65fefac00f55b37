//! What was found, in order: printed as it is found, or as JSON in the end.

use serde_json::{Map, Value};

use crate::tally::Tally;

/// What was found.
pub struct Found {
    json: Map<String, Value>,
    /// Whether it is also printed as it is found.
    is_shown: bool,
}

impl Found {
    /// Nothing yet, in a scenario of that name.
    pub fn new(scenario: &str, is_shown: bool) -> Found {
        let json = Map::from_iter([("scenario".to_owned(), scenario.into())]);
        Found { json, is_shown }
    }

    /// One thing more.
    pub fn say(&mut self, key: &str, value: impl Into<Value>, words: &str) {
        let value = value.into();
        let shown = match value.as_f64().filter(|_| value.is_f64()) {
            Some(number) if number.abs() >= 100.0 => format!("{number:.0}"),
            Some(number) => format!("{number:.2}"),
            None => value.to_string(),
        };
        if self.is_shown {
            println!("{key:<24} {shown:>10} {words}");
        }
        self.json.insert(key.to_owned(), value);
    }

    /// How many there were, and how long they took.
    pub fn tally(&mut self, key: &str, tally: &Tally, words: &str) {
        self.say(&format!("{key}_count"), tally.count(), words);
        for (name, percent) in [("p50", 50.0), ("p99", 99.0)] {
            let key = format!("{key}_{name}_ms");
            self.say(&key, tally.percentile_ms(percent), "ms");
        }
        self.say(
            &format!("{key}_longest_ms"),
            tally.longest_ms(),
            "ms at most",
        );
    }

    /// All of it, if it was not printed yet.
    pub fn finish(self) {
        if !self.is_shown {
            println!("{}", Value::Object(self.json));
        }
    }
}
