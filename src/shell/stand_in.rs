//! Stand-ins for parts that are being built: the registrar and the site file.

pub mod registrar {
    use bytes::Bytes;

    use crate::pbx::{PhoneName, Site};
    use crate::sip::{Flow, News, Registrar, wire::Message};
    use crate::time::Now;

    pub enum Edge {
        NotMine,
        #[expect(dead_code, reason = "until the registrar lands")]
        Answered {
            bytes: Bytes,
            news: Option<News>,
        },
    }

    pub fn edge(_: &Registrar, _: Now, _: &Flow, _: &Message) -> Edge {
        Edge::NotMine
    }

    pub fn new() -> Registrar {
        Registrar
    }

    pub fn set_phones(_: &Registrar, _: std::sync::Arc<Site>) -> Vec<News> {
        Vec::new()
    }

    pub fn expire(_: &Registrar, _: Now) -> Vec<News> {
        Vec::new()
    }

    pub fn take_unsaved(_: &Registrar, _: usize) -> Vec<(PhoneName, String)> {
        Vec::new()
    }

    pub fn restore(_: &Registrar, _: Now, _: Vec<(PhoneName, String)>) -> Vec<News> {
        Vec::new()
    }
}

pub mod site {
    use crate::pbx::{PinHash, Site};

    pub struct Hashing;

    #[expect(clippy::unnecessary_wraps, reason = "until the site file lands")]
    pub fn parse(
        _: &str,
        _: &str,
        _: Option<&Site>,
        _: &Hashing,
    ) -> Result<(Site, Vec<String>), Vec<String>> {
        let mut site = Site::default();
        site.settings.name = "demo".into();
        Ok((site, Vec::new()))
    }

    pub fn problem_lines(problems: &[String]) -> String {
        problems.join("\n")
    }

    pub fn verify_pin(_: &str, _: Option<&PinHash>) -> bool {
        false
    }
}
