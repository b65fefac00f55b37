//! Media that Perch itself speaks: tones out, digits in, an echo, conferences. Everything between two phones goes past it,
//! or through a relay that is told what to do.
//!
//! Nothing here knows a socket or a clock: packets and moments are handed in.

mod dtmf;
mod endpoint;
mod g711;
mod jitter;
mod mixer;
mod order;
mod ports;
pub mod relay;
mod rtp;
mod tone;

pub use endpoint::{Endpoint, Packet};
pub use g711::Law;
pub use mixer::{Mixer, Sound, mix};
pub use order::{EndId, Format, Order, Remote, Report};
pub use ports::Ports;
pub use rtp::{Header, Rtp};
pub use tone::{FRAME, SAMPLE_RATE, Tone};
