//! What a phone is: as somebody's, and as nobody's.

use serde::{Deserialize, Serialize};

use super::names::{ClassName, Dn};
use super::site::SecondLogin;

/// What a phone becomes when a user logs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserProfile {
    /// Numbers in button order. Empty: the user's own DN alone.
    pub lines: Vec<Dn>,
    /// What the user may do.
    pub class: ClassName,
    /// How long the phone may be idle, in minutes, 1–9999 (IDL-2). None: for ever.
    pub idle_limit_min: Option<u32>,
    /// Overrides the site's maximum login time, in minutes, 1–10080 (DUR-1).
    pub max_login_min: Option<u32>,
    /// Never logged out automatically (EXM-1).
    pub exempt: bool,
    /// Overrides the site's second-login policy (SES-2).
    pub second_login: Option<SecondLogin>,
    /// What becomes of calls while the user is logged in nowhere (OUT-7).
    pub absent: AbsentHandling,
}

/// What a phone is while nobody is logged in. One may serve many phones (PRO-11).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogoutProfile {
    /// Numbers in button order. Empty: the phone's own guest DN alone.
    pub lines: Vec<Dn>,
    /// What anybody may do at the phone.
    pub class: ClassName,
    /// The name that others see when this phone calls.
    pub display_name: String,
}

/// What becomes of calls to a DN whose user is logged in nowhere (OUT-7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbsentHandling {
    /// To the site's voicemail number.
    #[default]
    Voicemail,
    /// To another number.
    Forward(Dn),
    /// Busy.
    Busy,
    /// Not reachable.
    Unreachable,
}
