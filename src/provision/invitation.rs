//! Addresses that work once: for a phone that is not in a network of ours yet, or has no name of its own for its files.

use std::time::Duration;

use crate::pbx::PhoneName;
use crate::tokens::Tokens;

/// How long one may be used.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How many there may be; of more, the oldest is forgotten.
const AT_MOST: usize = 4096;

/// The phones that addresses were handed out for, by what stands in them. None yet.
pub fn invitations() -> Tokens<PhoneName> {
    Tokens::new(LIFETIME, AT_MOST)
}
