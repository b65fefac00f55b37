//! SCCP ("Skinny"): frames to events, actions to frames; what a station is.

mod switchboard;

pub mod wire;

pub use switchboard::{Connection, Switchboard};
