//! What stands on buttons: lines and speed dials, as a site file has them, and what is wrong with them (PRO-1, PRO-2).

use toml::{Table, Value};

use super::problem::Finding;
use super::reader::Section;
use crate::pbx::{Dn, LineKind, ProfileLine, Site, SpeedDial};

/// The lines of a profile: numbers, and tables for those that are more.
pub(super) fn lines(s: &mut Section<'_>) -> Vec<ProfileLine> {
    const FORM: &str = "a list: [\"2001\", { number = \"2002\", type = \"beep-ring\" }, { numbers = [\"2005\", \"2006\"], type = \"overlay\" }]";
    s.texts_or_tables(
        "lines",
        FORM,
        |number| ProfileLine::normal(number.into()),
        line,
    )
}

fn line(s: &mut Section<'_>) -> ProfileLine {
    const NUMBERS: &str = "Write number = \"…\", or numbers = [\"…\", \"…\"] for an overlay";
    let number = s.text("number");
    let numbers = s.texts("numbers");
    match (s.has("number"), s.has("numbers")) {
        (true, true) => s.wrong("numbers", "there is a number already", NUMBERS),
        (false, false) => s.missing("number"),
        _ => {}
    }
    let several = numbers.unwrap_or_default();
    let kinds: Vec<String> = LineKind::ALL
        .iter()
        .map(|kind| format!("{:?}", kind.word()))
        .collect();
    let remedy = format!("Write one of {}", kinds.join(", "));
    ProfileLine {
        numbers: number.into_iter().chain(several).map(Dn::from).collect(),
        kind: s
            .parsed("type", &remedy, LineKind::from_word)
            .unwrap_or_default(),
        label: s.text("label").map(Into::into),
        calls: calls(s),
    }
}

/// Single, dual and octo lines.
fn calls(s: &mut Section<'_>) -> Option<u8> {
    let calls = s.number("calls", 1..=8)?;
    if !matches!(calls, 1 | 2 | 8) {
        let remedy = "Write 1, 2 or 8, or leave it away: then as many as come";
        s.wrong("calls", format!("a line has no {calls} calls"), remedy);
    }
    u8::try_from(calls).ok()
}

/// Speed dials as they stand in the file.
pub(super) fn speed_dials(s: &mut Section<'_>) -> Vec<SpeedDial> {
    let form = "a list: [{ number = \"2002\", label = \"Bob\" }]";
    s.tables("speed_dials", form, |s| SpeedDial {
        number: s.required_text("number").into(),
        label: s.required_text("label").into(),
        tag: tag(s),
        blf: s.flag("blf").unwrap_or_default(),
    })
}

/// Puts speed dials in the order of their tags. One without has the first tag that nobody named.
pub(super) fn put_in_order(site: &mut Site) {
    let of_users = site.user_profiles.values_mut();
    let of_users = of_users.map(|profile| &mut profile.speed_dials);
    let of_nobody = site.logout_profiles.values_mut();
    let of_nobody = of_nobody.map(|profile| &mut profile.speed_dials);
    for dials in of_users.chain(of_nobody) {
        let named: Vec<u8> = dials.iter().filter_map(|dial| dial.tag).collect();
        let mut free = (1..=u8::MAX).filter(|tag| !named.contains(tag));
        let with_tag = |dial: SpeedDial| (dial.tag.or_else(|| free.next()), dial);
        let mut tagged: Vec<_> = std::mem::take(dials).into_iter().map(with_tag).collect();
        tagged.sort_by_key(|(tag, _)| *tag);
        dials.extend(tagged.into_iter().map(|(_, dial)| dial));
    }
}

fn tag(s: &mut Section<'_>) -> Option<u8> {
    s.number("tag", 1..=36)
        .and_then(|tag| u8::try_from(tag).ok())
}

/// Lines as they are written.
pub(super) fn written_lines(lines: &[ProfileLine]) -> Vec<Value> {
    lines.iter().map(written_line).collect()
}

fn written_line(line: &ProfileLine) -> Value {
    if *line == ProfileLine::normal(line.numbers[0].clone()) {
        return line.numbers[0].as_str().into();
    }
    let mut table = Table::new();
    if line.kind.is_overlay() {
        let numbers: Vec<&str> = line.numbers.iter().map(Dn::as_str).collect();
        table.insert("numbers".into(), numbers.into());
    } else {
        table.insert("number".into(), line.numbers[0].as_str().into());
    }
    table.insert("type".into(), line.kind.word().into());
    if let Some(label) = &line.label {
        table.insert("label".into(), label.as_str().into());
    }
    if let Some(calls) = line.calls {
        table.insert("calls".into(), i64::from(calls).into());
    }
    Value::Table(table)
}

/// Speed dials as they are written.
pub(super) fn written_dials(dials: &[SpeedDial]) -> Vec<Table> {
    let table = |dial: &SpeedDial| {
        let number = ("number".to_owned(), dial.number.as_str().into());
        let label = ("label".to_owned(), dial.label.as_str().into());
        let mut table = Table::from_iter([number, label]);
        if let Some(tag) = dial.tag {
            table.insert("tag".into(), i64::from(tag).into());
        }
        if dial.blf {
            table.insert("blf".into(), true.into());
        }
        table
    };
    dials.iter().map(table).collect()
}

/// What is on buttons can be there.
pub(super) fn check_buttons(site: &Site, findings: &mut Vec<Finding>) {
    for (name, profile) in &site.logout_profiles {
        let path = ["logout_profile", name.as_str()];
        check_lines(path, &profile.lines, findings);
        check_speed_dials(path, &profile.speed_dials, findings);
    }
    for (name, profile) in &site.user_profiles {
        let path = ["user_profile", name.as_str()];
        check_lines(path, &profile.lines, findings);
        check_speed_dials(path, &profile.speed_dials, findings);
    }
}

/// PRO-1.
fn check_lines([kind, name]: [&str; 2], lines: &[ProfileLine], findings: &mut Vec<Finding>) {
    const MOST: usize = ProfileLine::MOST_NUMBERS;
    for (place, line) in lines.iter().enumerate() {
        let place = place.to_string();
        let path = [kind, name, "lines", &place, "numbers"];
        let word = line.kind.word();
        if line.numbers.is_empty() {
            findings.push(Finding::new(
                &[kind, name, "lines", &place, "number"],
                "this line has no number",
                "Name one at least",
            ));
        } else if line.numbers.len() > 1 && !line.kind.is_overlay() {
            findings.push(Finding::new(
                &path,
                format!("a line of type {word} has one number: only overlays have several"),
                "Keep one, or write type = \"overlay\" or \"cw-overlay\"",
            ));
        } else if line.numbers.len() > MOST {
            let what = format!("an overlay has {MOST} numbers at most");
            findings.push(Finding::new(&path, what, "Make two of it"));
        }
        for (at, dn) in line.numbers.iter().enumerate() {
            if line.numbers[..at].contains(dn) {
                let at = at.to_string();
                let path = [kind, name, "lines", &place, "numbers", &at];
                let what = format!("{dn} is named twice");
                findings.push(Finding::new(&path, what, "Name each number once"));
            }
        }
        if line
            .label
            .as_ref()
            .is_some_and(|label| !SpeedDial::is_label(label))
        {
            findings.push(Finding::new(
                &[kind, name, "lines", &place, "label"],
                "a label is 1 to 39 characters of plain text",
                "Shorten it: it stands beside a button",
            ));
        }
    }
    check_first_line([kind, name], lines, findings);
}

/// The first line is never monitored: nobody could call with it, nor be called.
fn check_first_line([kind, name]: [&str; 2], lines: &[ProfileLine], findings: &mut Vec<Finding>) {
    let is_monitor = |line: &ProfileLine| line.kind == LineKind::MonitorRing;
    let path = [kind, name, "lines", "0", "type"];
    if lines.first().is_some_and(is_monitor) {
        findings.push(Finding::new(
            &path,
            "the first line of a profile is never monitor-ring: it could neither call nor be called",
            "Put another line before it",
        ));
        return;
    }
    let comes_before = |line: &ProfileLine| !is_monitor(line) && !line.kind.is_overlay();
    if lines.iter().any(is_monitor) && !lines.iter().any(comes_before) {
        findings.push(Finding::new(
            &path,
            "monitor-ring lines come before overlays on a phone, so its first button would be one",
            "Add a line of another type",
        ));
    }
}

/// PRO-2, PRO-3.
fn check_speed_dials([kind, name]: [&str; 2], dials: &[SpeedDial], findings: &mut Vec<Finding>) {
    const MOST: usize = SpeedDial::MOST;
    if dials.len() > MOST {
        findings.push(Finding::new(
            &[kind, name, "speed_dials"],
            format!("there are more than {MOST}"),
            format!("Keep {MOST} at most"),
        ));
    }
    for (place, dial) in dials.iter().enumerate() {
        let at = place.to_string();
        let path = |key| [kind, name, "speed_dials", &at, key];
        if !dial.has_number() {
            findings.push(Finding::new(
                &path("number"),
                "a speed dial is 1 to 23 digits, * or #",
                "Write the number or code as it is dialled",
            ));
        }
        if !dial.has_label() {
            findings.push(Finding::new(
                &path("label"),
                "a label is 1 to 39 characters of plain text",
                "Shorten it: it stands beside a button",
            ));
        }
        let has_same = |other: &SpeedDial| dial.tag.is_some() && other.tag == dial.tag;
        if dials[..place].iter().any(has_same) {
            findings.push(Finding::new(
                &path("tag"),
                "another speed dial has this tag already",
                "Give each a tag of its own, or none",
            ));
        }
    }
}
