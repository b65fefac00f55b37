//! SIP: bytes to events, actions to bytes; the registrar at the edge.

mod flow;

/// Messages as bytes: lexing, framing, views, building.
pub mod wire {
    /// Placeholder until the wire layer lands.
    #[derive(Debug)]
    pub struct Message;
}

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
