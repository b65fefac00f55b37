//! The control API (gRPC): `proto/perch/control/v1/control.proto`. It carries requests to the exchange and answers
//! back, and decides nothing.

mod convert;
mod guard;
mod server;
mod service;
mod site_files;
mod status;

use std::fmt;

pub use guard::{Token, TokenError};
pub use server::start;

/// The schema, compiled.
#[allow(
    missing_docs,
    clippy::all,
    reason = "generated code; the schema has the comments"
)]
pub mod v1 {
    tonic::include_proto!("perch.control.v1");

    /// The schema itself, for those who ask the server for it.
    pub const DESCRIPTORS: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/control_descriptor.bin"));
}

impl fmt::Debug for v1::ProvisionUrlResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvisionUrlResponse")
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for v1::LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("phone", &self.phone)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
