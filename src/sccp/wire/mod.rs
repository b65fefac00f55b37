//! What SCCP phones say and hear, byte by byte.

mod frame;

pub use frame::Frame;
