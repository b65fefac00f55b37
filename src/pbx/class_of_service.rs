//! What may be done from a phone, by whoever is there.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::route::CallKind;

/// Rights, as a named bundle. Emergency calls need none (SES-10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassOfService {
    /// May call phones that nobody is logged in at.
    pub call_guests: bool,
    /// May call users.
    pub call_users: bool,
    /// Which calls out of the house may be made.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub calls: BTreeSet<CallKind>,
    /// May log in at a phone of this class.
    pub login: bool,
    /// May log others out by code (OUT-5).
    pub remote_logout: bool,
    /// May send the phone's calls on from there: the user's, or the phone's while nobody is logged in.
    pub forward: bool,
    /// May have the phone not disturb anybody.
    pub do_not_disturb: bool,
    /// May come into a talk at another phone of a shared line.
    pub barge: bool,
    /// May keep calls on shared lines private (PRO-6).
    pub privacy: bool,
    /// Logged out after so many hours (DUR-1, Mitel's auto logout timer). None: not by class.
    pub auto_logout_h: Option<u32>,
    /// Never logged out automatically (EXM-1).
    pub exempt: bool,
}

impl ClassOfService {
    /// Whether calls of a kind may leave the house. Colleagues at another server are users, too.
    pub(super) fn may_call_out(&self, kind: CallKind) -> bool {
        self.calls.contains(&kind) || kind == CallKind::Internal && self.call_users
    }
}
