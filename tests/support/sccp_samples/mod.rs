//! One message of every kind, with something in every field.

mod from_phone;
mod to_phone;

pub use from_phone::from_phone;
pub use to_phone::to_phone;

/// A line.
pub const LINE: u32 = 2;
/// A call.
pub const CALL: u32 = 0x0100_001F;
/// A conference, as CUCM numbers them: like the call.
pub const CONFERENCE: u32 = CALL;
/// A channel.
pub const CHANNEL: u32 = 0x0100_004F;
