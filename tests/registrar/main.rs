//! The registrar through its public face.

mod auth;
mod bindings;
#[path = "../support/digest.rs"]
mod digest;
mod outbound;
mod softphones;
mod world;
