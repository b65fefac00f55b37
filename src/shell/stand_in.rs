//! Stands in for the site file, which is being built.
#![allow(
    missing_docs,
    clippy::unnecessary_wraps,
    reason = "until the site file lands"
)]

pub mod site {
    use crate::pbx::{PinHash, Site};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Hashing {
        pub memory_kib: u32,
        pub passes: u32,
    }

    impl Default for Hashing {
        fn default() -> Self {
            Hashing {
                memory_kib: 8 * 1024,
                passes: 1,
            }
        }
    }

    pub struct Parsed {
        pub site: Site,
        pub warnings: Vec<Problem>,
    }

    pub fn parse(_: &str, _: &str, _: Option<&Site>, _: &Hashing) -> Result<Parsed, Vec<Problem>> {
        let mut site = Site::default();
        site.settings.name = "demo".into();
        Ok(Parsed {
            site,
            warnings: Vec::new(),
        })
    }

    #[derive(Debug)]
    pub struct Problem {
        pub file: String,
        pub line: usize,
        pub column: usize,
        pub key: String,
        pub what: String,
        pub remedy: String,
    }

    impl std::fmt::Display for Problem {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.what)
        }
    }

    pub fn plan(_: &Site, _: &Site) -> &'static str {
        ""
    }

    pub fn verify_pin(_: &str, _: Option<&PinHash>) -> bool {
        false
    }
}
