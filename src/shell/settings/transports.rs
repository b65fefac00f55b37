//! The settings of TLS and WebSocket.

use std::path::PathBuf;

use super::reader::Reader;

/// TLS.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// The certificate with its chain, and its key; none: Perch makes its own.
    pub files: Option<(PathBuf, PathBuf)>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
    /// Whom we believe when we connect to a phone.
    pub trust: Trust,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// RFC 5246: what most desk phones speak.
    V1_2,
    /// RFC 8446.
    V1_3,
}

/// Whom we believe when we connect to a phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Trust {
    /// Anybody: phones sign their certificates themselves.
    Anybody,
    /// Those whose certificates these authorities signed, for the address that they are reached at.
    Authority(PathBuf),
}

/// SIP over WebSocket.
#[derive(Clone, Debug, PartialEq)]
pub struct WebSocket {
    /// The web sites whose pages may connect; none: all.
    pub origins: Vec<String>,
}

impl Default for Tls {
    fn default() -> Tls {
        Tls {
            files: None,
            min_version: TlsVersion::V1_2,
            trust: Trust::Anybody,
        }
    }
}

impl Tls {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let (mut certificate, mut key) = (PathBuf::new(), PathBuf::new());
        let has_certificate = reader.path("tls", "certificate", &mut certificate);
        let has_key = reader.path("tls", "key", &mut key);
        match (has_certificate, has_key) {
            (true, true) => self.files = Some((certificate, key)),
            (false, false) => {}
            (true, false) => reader.problem(
                "tls",
                "certificate",
                "tls.certificate is set without tls.key",
                "Name the certificate's private key, too, or leave both out",
            ),
            (false, true) => reader.problem(
                "tls",
                "key",
                "tls.key is set without tls.certificate",
                "Name the key's certificate, too, or leave both out",
            ),
        }
        let versions = [("1.2", TlsVersion::V1_2), ("1.3", TlsVersion::V1_3)];
        reader.word("tls", "min_version", &versions, &mut self.min_version);
        self.read_trust(reader);
    }

    fn read_trust(&mut self, reader: &mut Reader) {
        let mut by_authority = false;
        let words = [("none", false), ("ca", true)];
        reader.word("tls", "verify", &words, &mut by_authority);
        let mut file = PathBuf::new();
        match (by_authority, reader.path("tls", "ca", &mut file)) {
            (true, true) => self.trust = Trust::Authority(file),
            (true, false) => reader.problem(
                "tls",
                "verify",
                "tls.verify is \"ca\", but no authority is named",
                "Set tls.ca to a file with the certificates of those who sign your phones'",
            ),
            (false, true) => reader.problem(
                "tls",
                "ca",
                "tls.ca is set, but nothing is verified by it",
                "Set tls.verify = \"ca\", or leave tls.ca out",
            ),
            (false, false) => {}
        }
    }
}

impl WebSocket {
    pub(super) fn read(&mut self, reader: &mut Reader) {
        let example = "[\"https://phones.example.com\"]";
        if let Some(origins) = reader.texts("websocket", "origins", example) {
            self.origins = origins;
        }
        let is_origin = |text: &String| {
            let host = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"));
            host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
        };
        if let Some(wrong) = self.origins.iter().find(|origin| !is_origin(origin)) {
            let what = format!("websocket.origins holds {wrong:?}, which is no origin");
            let remedy = format!("Write scheme, host and port if it is unusual, as in {example}");
            reader.problem("websocket", "origins", &what, &remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    fn problems(text: &str) -> String {
        let error = Settings::parse("perch.toml", text).expect_err("it is wrong");
        error.to_string()
    }

    #[test]
    fn half_a_setting_is_none() {
        expect_test::expect![[r#"
            perch.toml:2: tls.certificate is set without tls.key. Name the certificate's private key, too, or leave both out
            perch.toml:3: tls.verify is "ca", but no authority is named. Set tls.ca to a file with the certificates of those who sign your phones'
            perch.toml:5: websocket.origins holds "phones.example.com", which is no origin. Write scheme, host and port if it is unusual, as in ["https://phones.example.com"]"#]]
        .assert_eq(&problems(
            "[tls]\ncertificate = \"a\"\nverify = \"ca\"\n[websocket]\norigins = [\"phones.example.com\"]\n",
        ));
        expect_test::expect![[r#"
            perch.toml:2: tls.key is set without tls.certificate. Name the key's certificate, too, or leave both out
            perch.toml:3: tls.ca is set, but nothing is verified by it. Set tls.verify = "ca", or leave tls.ca out
            perch.toml:4: tls.min_version must be one of 1.2, 1.3, not "1.1". Choose one of them"#]]
        .assert_eq(&problems("[tls]\nkey = \"a\"\nca = \"b\"\nmin_version = \"1.1\"\n"));
        expect_test::expect![[r#"
            perch.toml:2: websocket.origins must be a list of texts, not an integer. Write origins = ["https://phones.example.com"]"#]]
        .assert_eq(&problems("[websocket]\norigins = [1]\n"));
    }
}
