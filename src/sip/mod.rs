//! SIP: bytes to events, actions to bytes; the registrar at the edge.

mod flow;

pub mod wire;

pub use flow::{Flow, Transport};

/// News from the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The phone can be reached now.
    Registered(crate::pbx::PhoneName),
    /// The phone cannot be reached any more.
    Gone(crate::pbx::PhoneName),
}

/// Placeholder until the registrar lands.
#[derive(Debug)]
pub struct Registrar;
