//! The settings of another call manager, beside which Perch looks after its idle phones.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::transports::{Tls, Trust};
use crate::pbx::PhoneName;

/// How many addresses there may be.
const URLS: usize = 8;

/// Another call manager, beside which Perch looks after its idle phones.
#[derive(Clone, Debug, PartialEq)]
pub struct Cucm {
    /// Where its Extension Mobility service is, in the order in which it is tried; none: there is no such call manager.
    pub urls: Vec<String>,
    /// Who asks there.
    pub user: String,
    /// A file with that one's password.
    pub password_file: PathBuf,
    /// Whom is believed to be it; none: as the settings of TLS say.
    pub ca: Option<PathBuf>,
    /// Which phones are watched, by name; a star stands for any letters.
    pub phones: Vec<String>,
    /// How long nobody may have used a phone.
    pub idle_limit: Duration,
    /// How many questions may be open at once.
    pub at_once: usize,
}

impl Default for Cucm {
    fn default() -> Cucm {
        Cucm {
            urls: Vec::new(),
            user: String::new(),
            password_file: PathBuf::new(),
            ca: None,
            phones: vec!["SEP*".to_owned()],
            idle_limit: Duration::from_secs(3600),
            at_once: 2,
        }
    }
}

impl Cucm {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let section = "cucm";
        let example = "[\"https://cucm.example.com:8443/emservice/EMServiceServlet\"]";
        if let Some(urls) = reader.texts(section, "urls", example) {
            self.urls = urls;
        }
        let is_https = |url: &String| url.starts_with("https://") && !url.contains('@');
        if self.urls.len() > URLS || !self.urls.iter().all(is_https) {
            let what =
                format!("cucm.urls must be {URLS} addresses at most that begin with https://");
            let remedy = format!("A password goes there: write {example}");
            reader.problem(section, "urls", &what, &remedy);
        }
        reader.text(section, "user", &mut self.user);
        let has_password = reader.path(section, "password_file", &mut self.password_file);
        if !self.urls.is_empty() && (self.user.is_empty() || !has_password) {
            reader.problem(
                section,
                "urls",
                "nobody is named who may ask there",
                "Set cucm.user to an application user with EM proxy rights, and cucm.password_file to a file with its password",
            );
        }
        let mut ca = PathBuf::new();
        if reader.path(section, "ca", &mut ca) {
            self.ca = Some(ca);
        }
        if let Some(phones) = reader.texts(section, "phones", "[\"SEP*\"]") {
            self.phones = phones;
        }
        let minute = 60;
        let mut minutes = self.idle_limit.as_secs() / minute;
        let mut limit = i64::try_from(minutes).unwrap_or(i64::MAX);
        reader.number(section, "idle_limit_min", 1..=9999, &mut limit);
        minutes = u64::try_from(limit).unwrap_or(minutes);
        self.idle_limit = Duration::from_secs(minutes * minute);
        reader.number(section, "at_once", 1..=50, &mut self.at_once);
    }

    /// Whether a phone is watched.
    pub fn watches(&self, phone: &PhoneName) -> bool {
        let is_like = |pattern: &String| matches(pattern, phone.as_str());
        !self.urls.is_empty() && self.phones.iter().any(is_like)
    }

    /// Whom is believed to be it.
    pub fn trust(&self, tls: &Tls) -> Tls {
        let mut tls = tls.clone();
        if let Some(ca) = &self.ca {
            tls.trust = Trust::Authority(ca.clone());
        }
        tls
    }
}

/// Whether a name is like a pattern, in which a star stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(begin) else {
        return false;
    };
    let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    ends.any(|at| matches(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        for (pattern, name, fits) in [
            ("SEP*", "SEP001122334455", true),
            ("SEP*", "ATA001122334455", false),
            ("SEP0011*55", "SEP001122334455", true),
            ("SEP0011*56", "SEP001122334455", false),
            ("*", "", true),
            ("desk", "desk", true),
            ("desk", "desk-1", false),
            ("*é*", "aéb", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn passwords_go_over_tls_and_with_a_name() {
        let problems = |text| {
            let error = super::super::Settings::parse("perch.toml", text);
            error.expect_err("it is wrong").to_string()
        };
        expect_test::expect![[r#"
            perch.toml:2: cucm.urls must be 8 addresses at most that begin with https://. A password goes there: write ["https://cucm.example.com:8443/emservice/EMServiceServlet"]
            perch.toml:2: nobody is named who may ask there. Set cucm.user to an application user with EM proxy rights, and cucm.password_file to a file with its password"#]]
            .assert_eq(&problems("[cucm]\nurls = [\"http://cucm/emservice\"]\n"));
    }
}
