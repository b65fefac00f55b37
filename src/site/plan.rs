//! What applying a site would change.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::calendar::CALENDAR;
use super::document::{AUTO_REGISTRATION, FIRMWARE, Field, Object, objects};
use super::hunt_group::HUNT_GROUP;
use super::job::JOB;
use super::phone_model::PHONE_MODEL;
use crate::pbx::Site;

/// The differences between two sites, as the site file names things. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// One for each object that differs, in the order of the file, then by name.
    pub lines: Vec<PlanLine>,
}

/// An object that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanLine {
    /// What becomes of it.
    pub step: Step,
    /// The key of its table, such as `user`.
    pub kind: String,
    /// Its name; empty for `site` and `codes`.
    pub name: String,
    /// For a changed object: which fields, in the order of the file.
    pub fields: Vec<FieldChange>,
}

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It is new.
    Added,
    /// It differs.
    Changed,
    /// It goes.
    Removed,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldChange {
    /// From one value to another, each as it is written in the file; none: not set.
    Value {
        /// The key.
        field: String,
        /// Its present value.
        from: Option<String>,
        /// Its new value.
        to: Option<String>,
    },
    /// A PIN or password, or something long, of which no more is said than that it differs.
    Secret {
        /// What it is.
        field: String,
    },
}

/// What would change if `new` were applied in place of `old`.
pub fn plan(old: &Site, new: &Site) -> Plan {
    let old = by_place(old);
    let new = by_place(new);
    let mut lines = BTreeMap::new();
    for (place, object) in &new {
        let line = match old.get(place) {
            None => Some(line(Step::Added, object, Vec::new())),
            Some(before) => {
                let fields = differences(&before.fields, &object.fields);
                (!fields.is_empty()).then(|| line(Step::Changed, object, fields))
            }
        };
        lines.extend(line.map(|line| (place, line)));
    }
    for (place, object) in old.iter().filter(|(place, _)| !new.contains_key(*place)) {
        lines.insert(place, line(Step::Removed, object, Vec::new()));
    }
    Plan {
        lines: lines.into_values().collect(),
    }
}

/// The order of the file.
const KINDS: &[&str] = &[
    "site",
    "codes",
    "extension_mobility",
    "emergency",
    AUTO_REGISTRATION,
    PHONE_MODEL,
    FIRMWARE,
    "class_of_service",
    "logout_profile",
    "user_profile",
    "user_group",
    "user",
    "phone",
    CALENDAR,
    JOB,
    "trunk",
    "route",
    HUNT_GROUP,
];

fn by_place(site: &Site) -> BTreeMap<(Option<usize>, String), Object> {
    let place = |object: &Object| {
        let kind = KINDS.iter().position(|kind| *kind == object.kind);
        (kind, object.name.clone())
    };
    objects(site)
        .into_iter()
        .map(|object| (place(&object), object))
        .collect()
}

fn line(step: Step, object: &Object, fields: Vec<FieldChange>) -> PlanLine {
    PlanLine {
        step,
        kind: object.kind.to_owned(),
        name: object.name.clone(),
        fields,
    }
}

fn differences(old: &[Field], new: &[Field]) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for field in new {
        let before = old.iter().find(|before| before.key == field.key);
        if before.map(|before| &before.value) != Some(&field.value) {
            changes.push(change(field, before, Some(field)));
        }
    }
    for field in old {
        if new.iter().all(|after| after.key != field.key) {
            changes.push(change(field, Some(field), None));
        }
    }
    // A password makes two digests.
    changes.dedup();
    changes
}

fn change(field: &Field, from: Option<&Field>, to: Option<&Field>) -> FieldChange {
    let text = |field: &Field| field.value.to_string();
    match field.secret {
        Some(made_from) => FieldChange::Secret {
            field: made_from.to_owned(),
        },
        None => FieldChange::Value {
            field: field.key.to_owned(),
            from: from.map(text),
            to: to.map(text),
        },
    }
}

impl Plan {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn count(&self, step: Step) -> usize {
        self.lines.iter().filter(|line| line.step == step).count()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("Nothing to do: the site is as the file says.\n");
        }
        for line in &self.lines {
            line.fmt(f)?;
        }
        writeln!(
            f,
            "\n{} to add, {} to change, {} to remove.",
            self.count(Step::Added),
            self.count(Step::Changed),
            self.count(Step::Removed)
        )
    }
}

impl fmt::Display for PlanLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.step {
            Step::Added => '+',
            Step::Changed => '~',
            Step::Removed => '-',
        };
        let name = if self.name.is_empty() { "" } else { " " };
        writeln!(f, "{sign} {}{name}{}", self.kind, self.name)?;
        for field in &self.fields {
            writeln!(f, "    {field}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".into());
        match self {
            FieldChange::Value { field, from, to } => {
                write!(f, "{field}: {} -> {}", or_none(from), or_none(to))
            }
            FieldChange::Secret { field } => write!(f, "{field}: changed"),
        }
    }
}
