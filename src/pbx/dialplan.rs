//! From digits to a destination: numbers, feature codes, emergency numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::PhoneName;

/// Feature codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Codes {
    /// Log in: code `*` user `*` PIN, then perhaps `#`.
    pub login: String,
    /// Log out.
    pub logout: String,
    /// Log somebody else out: code, DN, then perhaps `#` (OUT-5).
    pub remote_logout: String,
}

impl Default for Codes {
    fn default() -> Self {
        Codes {
            login: "*11".into(),
            logout: "*12".into(),
            remote_logout: "*13".into(),
        }
    }
}

/// Emergency numbers, each with the phones that ring.
pub type EmergencyNumbers = BTreeMap<String, Vec<PhoneName>>;
