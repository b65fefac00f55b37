//! Data of applications, mostly XML: pages pushed to a phone, and what comes back.

use super::cursor::{Cursor, Layout};
use super::message::Unread;
use super::values::Sequence;

/// How much data a message may carry.
const MOST: usize = 2000;

/// How much of the data is written.
fn length(data: &Unread) -> u32 {
    u32::try_from(data.0.len().min(MOST)).unwrap_or(u32::MAX)
}

/// Data in one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserData {
    /// Which application.
    pub application: u32,
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
    /// Names the question that is answered.
    pub transaction: u32,
    /// The data, 2000 bytes at most. Somebody may have typed it, so it is never shown.
    pub data: Unread,
}

impl Layout for UserData {
    fn layout(&mut self, body: &mut impl Cursor) {
        let mut length = length(&self.data);
        body.word(&mut self.application);
        body.word(&mut self.line);
        body.word(&mut self.call);
        body.word(&mut self.transaction);
        body.word(&mut length);
        body.data(&mut self.data.0, length);
    }
}

/// Data that may need several messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDataVersion1 {
    /// Which application.
    pub application: u32,
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
    /// Names the question that is answered.
    pub transaction: u32,
    /// Which part of the data this is.
    pub sequence: Sequence,
    /// How important it is that it is shown.
    pub priority: u32,
    /// Names the conference.
    pub conference: u32,
    /// Which instance of the application.
    pub application_instance: u32,
    /// How it is routed.
    pub routing: u32,
    /// The data, 2000 bytes at most. Somebody may have typed it, so it is never shown.
    pub data: Unread,
}

impl Default for UserDataVersion1 {
    fn default() -> UserDataVersion1 {
        UserDataVersion1 {
            application: 0,
            line: 0,
            call: 0,
            transaction: 0,
            sequence: Sequence::Last,
            priority: 0,
            conference: 0,
            application_instance: 0,
            routing: 0,
            data: Unread::default(),
        }
    }
}

impl Layout for UserDataVersion1 {
    fn layout(&mut self, body: &mut impl Cursor) {
        let mut length = length(&self.data);
        body.word(&mut self.application);
        body.word(&mut self.line);
        body.word(&mut self.call);
        body.word(&mut self.transaction);
        body.word(&mut length);
        body.value(&mut self.sequence);
        body.word(&mut self.priority);
        body.word(&mut self.conference);
        body.word(&mut self.application_instance);
        body.word(&mut self.routing);
        body.data(&mut self.data.0, length);
    }
}
