//! A body that is written, exactly as it should be.

use bytes::Bytes;

use super::cursor::Cursor;
use super::text::Characters;
use super::version::{Dialect, Version};

/// A walk that writes.
pub(super) struct Writer {
    body: Vec<u8>,
    dialect: Dialect,
    is_dynamic: bool,
}

impl Writer {
    /// A body in what was agreed, in the form whose texts have any length or in the other.
    pub(super) fn new(dialect: Dialect, is_dynamic: bool) -> Writer {
        Writer {
            body: Vec::new(),
            dialect,
            is_dynamic,
        }
    }

    /// The body, filled up to a multiple of four bytes.
    pub(super) fn into_body(mut self) -> Bytes {
        self.body.resize(self.body.len().next_multiple_of(4), 0);
        Bytes::from(self.body)
    }
}

impl Cursor for Writer {
    fn version(&self) -> Version {
        self.dialect.version
    }

    fn is_dynamic(&self) -> bool {
        self.is_dynamic
    }

    fn bytes(&mut self, value: &mut [u8]) {
        self.body.extend_from_slice(value);
    }

    fn text<T: Characters>(&mut self, text: &mut T, size: usize) {
        let end = self.body.len() + size;
        text.put_on_wire(self.dialect.charset, size.saturating_sub(1), &mut self.body);
        self.body.resize(end, 0);
    }

    fn open_text<T: Characters>(&mut self, text: &mut T, most: usize) {
        text.put_on_wire(self.dialect.charset, most.saturating_sub(1), &mut self.body);
        self.body.push(0);
    }

    fn data(&mut self, data: &mut Bytes, length: u32) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let data = data.get(..length).unwrap_or(data);
        self.body.extend_from_slice(data);
    }

    fn skip(&mut self, count: usize) {
        self.body.resize(self.body.len() + count, 0);
    }

    fn slots<T: Clone + Default + PartialEq>(
        &mut self,
        items: &mut Vec<T>,
        count: u32,
        slots: usize,
        item: impl Fn(&mut Self, &mut T),
    ) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        items.truncate(count.min(slots));
        items.resize(slots, T::default());
        for one in items {
            item(self, one);
        }
    }

    fn peek<const N: usize>(&self, _ahead: usize) -> Option<[u8; N]> {
        None
    }

    fn ends(&self, goes_on: bool) -> bool {
        !goes_on
    }

    fn fault(&mut self, _what: &'static str) {}
}
