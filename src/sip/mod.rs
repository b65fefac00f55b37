//! SIP: bytes to events, actions to bytes; the registrar at the edge.

mod auth;
mod bindings;
mod flow;
mod registrar;

pub mod wire;

pub use auth::{Authenticator, Verdict, digest_secret};
pub use bindings::{Binding, News};
pub use flow::{Flow, Transport};
pub use registrar::{ALLOW, Counters, Edge, Limits, Registrar};
