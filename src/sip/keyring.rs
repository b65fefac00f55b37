//! Passwords that nobody typed: the server makes them for phones that get what they are to do as files.

use std::fmt::Debug;

use zeroize::Zeroizing;

use crate::pbx::PhoneName;

/// Somebody who knows them.
pub trait Keyring: Debug + Send + Sync {
    /// The password that was made for a phone, for the so-manieth time.
    fn password(&self, phone: &PhoneName, generation: u32) -> Zeroizing<String>;
}
