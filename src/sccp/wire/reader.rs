//! A body that is read. What is missing at its end is zero.

use bytes::Bytes;

use super::Fault;
use super::cursor::{Cursor, TO_THE_END};
use super::text::Characters;
use super::version::{Dialect, Version};

/// A walk that reads.
pub(super) struct Reader<'a> {
    body: &'a Bytes,
    at: usize,
    dialect: Dialect,
    is_dynamic: bool,
    /// What is wrong, for whoever wants to know.
    faults: Option<Vec<Fault>>,
}

impl<'a> Reader<'a> {
    /// Reads what it can, of a message that is or is not in the form whose texts have any length.
    pub(super) fn lenient(dialect: Dialect, is_dynamic: bool, body: &'a Bytes) -> Reader<'a> {
        Reader {
            body,
            at: 0,
            dialect,
            is_dynamic,
            faults: None,
        }
    }

    /// Reads what it can, and notes what is not as it would be written.
    pub(super) fn strict(dialect: Dialect, is_dynamic: bool, body: &'a Bytes) -> Reader<'a> {
        Reader {
            faults: Some(Vec::new()),
            ..Reader::lenient(dialect, is_dynamic, body)
        }
    }

    /// What was wrong, after the last field.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        if rest.len() > 3 || !self.body.len().is_multiple_of(4) {
            self.fault("the body does not end where it should");
        } else if rest.iter().any(|byte| *byte != 0) {
            self.fault("padding that is not zero");
        }
        self.faults.unwrap_or_default()
    }

    /// The next `count` bytes, as many as there are.
    fn take(&mut self, count: usize) -> &'a [u8] {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let taken = rest.get(..count).unwrap_or(rest);
        if taken.len() < count {
            self.fault("the body ends too early");
        }
        self.at += taken.len();
        taken
    }

    fn chars<T: Characters>(&self, bytes: &[u8]) -> T {
        T::from_wire(bytes, self.dialect.charset)
    }
}

/// Where text ends: at its NUL, or where its field does.
fn end(bytes: &[u8]) -> usize {
    let nul = bytes.iter().position(|byte| *byte == 0);
    nul.unwrap_or(bytes.len())
}

impl Cursor for Reader<'_> {
    fn version(&self) -> Version {
        self.dialect.version
    }

    fn is_dynamic(&self) -> bool {
        self.is_dynamic
    }

    fn bytes(&mut self, value: &mut [u8]) {
        let taken = self.take(value.len());
        let (there, missing) = value.split_at_mut(taken.len());
        there.copy_from_slice(taken);
        missing.fill(0);
    }

    fn text<T: Characters>(&mut self, text: &mut T, size: usize) {
        let field = self.take(size);
        let (chars, rest) = field.split_at(end(field));
        if rest.is_empty() && !field.is_empty() {
            self.fault("a text without its end");
        } else if rest.iter().any(|byte| *byte != 0) {
            self.fault("something after the end of a text");
        }
        *text = self.chars(chars);
    }

    fn open_text<T: Characters>(&mut self, text: &mut T, most: usize) {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let length = end(rest);
        if length >= most {
            self.fault("a text that is too long");
        }
        let chars = self.take(length);
        // The NUL.
        self.take(1);
        *text = self.chars(chars);
    }

    fn data(&mut self, data: &mut Bytes, length: u32) {
        let rest = self.body.len().saturating_sub(self.at);
        let length = match length {
            TO_THE_END => rest,
            _ => usize::try_from(length).unwrap_or(usize::MAX),
        };
        let from = self.at;
        self.take(length);
        *data = self.body.slice(from..self.at);
    }

    fn skip(&mut self, count: usize) {
        if self.take(count).iter().any(|byte| *byte != 0) {
            self.fault("something where nothing should be");
        }
    }

    fn slots<T: Clone + Default + PartialEq>(
        &mut self,
        items: &mut Vec<T>,
        count: u32,
        slots: usize,
        item: impl Fn(&mut Self, &mut T),
    ) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > slots {
            self.fault("more items than there is room for");
        }
        items.clear();
        for slot in 0..slots {
            if self.at >= self.body.len() {
                self.fault("the body ends too early");
                break;
            }
            let mut one = T::default();
            item(self, &mut one);
            if slot < count {
                items.push(one);
            } else if one != T::default() {
                self.fault("something in a slot that is not in use");
            }
        }
    }

    fn peek<const N: usize>(&self, ahead: usize) -> Option<[u8; N]> {
        let rest = self.body.get(self.at + ahead..)?;
        rest.first_chunk().copied()
    }

    fn ends(&self, _goes_on: bool) -> bool {
        self.at >= self.body.len()
    }

    fn fault(&mut self, what: &'static str) {
        let at = self.at;
        if let Some(faults) = &mut self.faults {
            faults.push(Fault { at, what });
        }
    }
}
