//! SCCP ("Skinny"), as Cisco's phones speak it in their native firmware: frames to events, actions to frames, and what
//! a station is.

mod admission;
mod buttons;
mod call;
mod calls;
mod change;
mod channels;
mod chatter;
mod claims;
mod dialling;
mod features;
mod history;
mod hotdesk;
mod inbound;
mod lamps;
mod media;
mod newcomers;
mod outbound;
mod own_media;
mod registration;
mod remote;
mod screen;
mod settings;
mod shared;
mod softkeys;
mod station;
mod swap;
mod switchboard;
mod text;
mod transfer;

pub mod wire;

pub use admission::LONGEST_WAIT;
pub use newcomers::Newcomer;
pub use settings::Settings;
pub use shared::Swapped;
pub use switchboard::{Connection, Switchboard};
