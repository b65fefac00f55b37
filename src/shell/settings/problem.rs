//! What may be wrong with a settings file, and how it is said.

/// What is wrong with a settings file.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error(
        "{file}: cannot be read: {why}. Check the path and its permissions, or leave --config out"
    )]
    Unreadable {
        /// Which file.
        file: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// It says what it may not say.
    #[error("{}", lines(.0))]
    Wrong(Vec<Problem>),
}

/// One thing that is wrong with a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|p| format!("{}:{}: {}. {}", p.file, p.line, p.what, p.remedy))
        .collect();
    lines.join("\n")
}
