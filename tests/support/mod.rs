//! A whole server in a box: virtual time, a model of the store, a network, phones that speak bytes, and the language
//! that scenarios are written in.

pub mod agenda;
pub mod digest;
pub mod hook_phone;
pub mod hunt_text;
pub mod job_text;
pub mod ladder;
pub mod network;
pub mod phone;
pub mod play;
pub mod sccp_phone;
pub mod script;
pub mod server;
pub mod sip_phone;
pub mod site_text;
pub mod store;
pub mod transcript;
pub mod trunk_text;
pub mod watching;
pub mod world;
