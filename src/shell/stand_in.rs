//! Stands in for the site file, which is being built.

pub mod site {
    use crate::pbx::{PinHash, Site};

    pub struct Hashing;

    #[expect(clippy::unnecessary_wraps, reason = "until the site file lands")]
    pub fn parse(
        _: &str,
        _: &str,
        _: Option<&Site>,
        _: &Hashing,
    ) -> Result<(Site, Vec<Problem>), Vec<Problem>> {
        let mut site = Site::default();
        site.settings.name = "demo".into();
        Ok((site, Vec::new()))
    }

    pub struct Problem {
        pub file: String,
        pub line: usize,
        pub column: usize,
        pub what: String,
        pub remedy: String,
    }

    pub fn problem_lines(problems: &[Problem]) -> String {
        let lines: Vec<String> = problems
            .iter()
            .map(|p| format!("{}:{}: {}. {}", p.file, p.line, p.what, p.remedy))
            .collect();
        lines.join("\n")
    }

    pub fn plan(_: &Site, _: &Site) -> &'static str {
        ""
    }

    pub fn verify_pin(_: &str, _: Option<&PinHash>) -> bool {
        false
    }
}
