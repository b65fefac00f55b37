//! TFTP as data: packets, what is agreed on, and one transfer as a state machine. No sockets, no clock.

mod netascii;
mod packet;
mod terms;
mod transfer;

pub use packet::{Choice, ErrorCode, Malformed, Mode, Packet, Request};
pub use terms::Terms;
pub use transfer::{End, Transfer};
