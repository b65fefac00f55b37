//! One message as it stands on the wire, not understood yet.

use bytes::Bytes;

/// A message without its length: that is the stream's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The version in the header. What it says is not relied on.
    pub header_version: u32,
    /// Which message.
    pub id: u32,
    /// What it says.
    pub body: Bytes,
}
