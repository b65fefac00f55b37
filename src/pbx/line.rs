//! Lines of a profile: which numbers are at a button, and how they ring there (PRO-1).

use serde::{Deserialize, Serialize};

use super::model::Protocol;
use super::names::Dn;

/// A line of a profile: one button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "LineForm", into = "LineForm")]
pub struct ProfileLine {
    /// Its numbers, the one that calls go out with first. One, but for overlays.
    pub numbers: Vec<Dn>,
    /// What it does when somebody calls.
    pub kind: LineKind,
    /// What stands beside its button, if that is not its number.
    pub label: Option<String>,
    /// How many calls each of its numbers may have at once, on all phones. None: as many as come.
    pub calls: Option<u8>,
}

/// What a line does when somebody calls (PRO-1). In the order in which buttons are given to them (PRO-2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// It rings.
    #[default]
    Normal,
    /// It shows the call, and is not heard.
    SilentRing,
    /// It is heard once.
    BeepRing,
    /// It rings in another rhythm.
    FeatureRing,
    /// It shows how the number stands elsewhere: nobody calls or is called with it here.
    MonitorRing,
    /// Several numbers at one button. A second call finds them busy.
    Overlay,
    /// The same; a second call knocks.
    CwOverlay,
}

impl LineKind {
    /// All of them.
    pub const ALL: [LineKind; 7] = [
        LineKind::Normal,
        LineKind::SilentRing,
        LineKind::BeepRing,
        LineKind::FeatureRing,
        LineKind::MonitorRing,
        LineKind::Overlay,
        LineKind::CwOverlay,
    ];

    /// The word for it in site files.
    pub fn word(self) -> &'static str {
        match self {
            LineKind::Normal => "normal",
            LineKind::SilentRing => "silent-ring",
            LineKind::BeepRing => "beep-ring",
            LineKind::FeatureRing => "feature-ring",
            LineKind::MonitorRing => "monitor-ring",
            LineKind::Overlay => "overlay",
            LineKind::CwOverlay => "cw-overlay",
        }
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<LineKind> {
        LineKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether a button of this kind may have several numbers.
    pub fn is_overlay(self) -> bool {
        matches!(self, LineKind::Overlay | LineKind::CwOverlay)
    }

    /// PRO-2: both kinds of overlays are one.
    fn place(self) -> LineKind {
        match self {
            LineKind::CwOverlay => LineKind::Overlay,
            other => other,
        }
    }
}

impl ProfileLine {
    /// How many numbers an overlay may have.
    pub const MOST_NUMBERS: usize = 25;

    /// A line with one number that rings.
    pub fn normal(dn: Dn) -> ProfileLine {
        ProfileLine {
            numbers: vec![dn],
            kind: LineKind::Normal,
            label: None,
            calls: None,
        }
    }

    /// Whether a number is at its button.
    pub fn has(&self, dn: &Dn) -> bool {
        self.numbers.contains(dn)
    }

    /// Its numbers, as people write them.
    pub fn numbers_text(&self) -> String {
        let numbers: Vec<&str> = self.numbers.iter().map(Dn::as_str).collect();
        numbers.join(",")
    }
}

impl From<Dn> for ProfileLine {
    fn from(dn: Dn) -> ProfileLine {
        ProfileLine::normal(dn)
    }
}

impl From<&str> for ProfileLine {
    fn from(dn: &str) -> ProfileLine {
        ProfileLine::normal(dn.into())
    }
}

/// As it is stored: the number alone, where there is nothing else to say.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum LineForm {
    Plain(Dn),
    Full {
        numbers: Vec<Dn>,
        kind: LineKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calls: Option<u8>,
    },
}

impl From<LineForm> for ProfileLine {
    fn from(form: LineForm) -> ProfileLine {
        match form {
            LineForm::Plain(dn) => ProfileLine::normal(dn),
            LineForm::Full {
                numbers,
                kind,
                label,
                calls,
            } => ProfileLine {
                numbers,
                kind,
                label,
                calls,
            },
        }
    }
}

impl From<ProfileLine> for LineForm {
    fn from(line: ProfileLine) -> LineForm {
        let is_plain = line.kind == LineKind::Normal && line.label.is_none();
        match &line.numbers[..] {
            [dn] if is_plain && line.calls.is_none() => LineForm::Plain(dn.clone()),
            _ => LineForm::Full {
                numbers: line.numbers,
                kind: line.kind,
                label: line.label,
                calls: line.calls,
            },
        }
    }
}

/// The lines that apply to a phone, in the order of its buttons; and those that do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Those that do.
    pub lines: Vec<ProfileLine>,
    /// Those that do not, as the phone speaks SIP.
    pub passed_over: Vec<ProfileLine>,
}

impl Applied {
    /// Those of a profile that lists none are the number of whoever is there, alone.
    ///
    /// PRO-2: in which order, and PRO-4: on a phone that speaks SIP, only lines that ring as usual. If there is none, the
    /// phone has the number of whoever is there: a phone without one could not even call.
    pub fn of(lines: &[ProfileLine], own: Option<&Dn>, protocol: Protocol) -> Applied {
        let mut lines = match lines {
            [] => own.cloned().map(ProfileLine::normal).into_iter().collect(),
            lines => lines.to_vec(),
        };
        lines.sort_by_key(|line| line.kind.place());
        if protocol == Protocol::Sccp {
            return Applied {
                lines,
                passed_over: Vec::new(),
            };
        }
        let is_normal = |line: &ProfileLine| line.kind == LineKind::Normal;
        let (mut lines, passed_over): (Vec<_>, Vec<_>) = lines.into_iter().partition(is_normal);
        if lines.is_empty() {
            let kept = passed_over
                .iter()
                .find(|line| line.kind != LineKind::MonitorRing);
            let own = own.or_else(|| kept?.numbers.first());
            lines.extend(own.cloned().map(ProfileLine::normal));
        }
        Applied { lines, passed_over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(numbers: &[&str], kind: LineKind) -> ProfileLine {
        ProfileLine {
            numbers: numbers.iter().map(|dn| Dn::from(*dn)).collect(),
            kind,
            label: None,
            calls: None,
        }
    }

    #[test]
    fn a_line_with_nothing_to_say_is_stored_as_its_number() {
        let overlay = line(&["2005", "2006"], LineKind::CwOverlay);
        let lines = vec![ProfileLine::from("2001"), overlay];
        let text = serde_json::to_string(&lines).expect("plain data");
        let expected = r#"["2001",{"numbers":["2005","2006"],"kind":"cw-overlay"}]"#;
        assert_eq!(text, expected);
        let read: Vec<ProfileLine> = serde_json::from_str(expected).expect("it was written so");
        assert_eq!(read, lines);
    }

    #[test]
    fn kinds_have_words() {
        for kind in LineKind::ALL {
            assert_eq!(LineKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(LineKind::from_word("loud"), None);
    }

    /// rules: PRO-2, PRO-4
    #[test]
    fn lines_come_by_kind_and_a_sip_phone_has_those_that_ring() {
        let lines = [
            line(&["7", "8"], LineKind::CwOverlay),
            line(&["1"], LineKind::SilentRing),
            line(&["5", "6"], LineKind::Overlay),
            line(&["4"], LineKind::MonitorRing),
            line(&["3"], LineKind::FeatureRing),
            line(&["2"], LineKind::BeepRing),
            line(&["0"], LineKind::Normal),
            line(&["9"], LineKind::Normal),
        ];
        let numbers = |lines: &[ProfileLine]| {
            let all: Vec<String> = lines.iter().map(ProfileLine::numbers_text).collect();
            all.join(" ")
        };
        let own = Dn::from("2001");
        let all = Applied::of(&lines, Some(&own), Protocol::Sccp);
        assert_eq!(numbers(&all.lines), "0 9 1 2 3 4 7,8 5,6");
        let sip = Applied::of(&lines, Some(&own), Protocol::Sip);
        assert_eq!(numbers(&sip.lines), "0 9");
        assert_eq!(numbers(&sip.passed_over), "1 2 3 4 7,8 5,6");
        for (own, expected) in [(Some(&own), "2001"), (None, "1")] {
            let sip = Applied::of(&lines[..6], own, Protocol::Sip);
            assert_eq!(numbers(&sip.lines), expected);
        }
        let monitor = Applied::of(&lines[3..4], None, Protocol::Sip);
        assert_eq!(numbers(&monitor.lines), "");
    }
}
