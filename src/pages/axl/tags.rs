//! What is said of a thing: an element for each of its properties, in the order that the product's schema has.

use super::super::tree::Element;
use super::super::xml::Writer;

/// A property, and how it is written.
pub(super) struct Tag<T> {
    /// Its name.
    pub name: &'static str,
    /// Writes its element.
    pub write: fn(&mut Writer, &'static str, &T),
}

/// Which properties somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All.
    All,
    /// These, in small letters.
    These(Vec<String>),
}

impl Wanted {
    /// What a request says of it.
    pub fn of(request: &Element) -> Wanted {
        match request.child("returnedtags") {
            Some(tags) if !tags.children.is_empty() => {
                Wanted::These(tags.children.iter().map(|tag| tag.name.clone()).collect())
            }
            _ => Wanted::All,
        }
    }

    /// Whether one is wanted.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Wanted::All => true,
            Wanted::These(names) => names.iter().any(|known| known.eq_ignore_ascii_case(name)),
        }
    }
}

/// Writes those properties of a thing that are wanted.
pub(super) fn write<T>(w: &mut Writer, tags: &[Tag<T>], wanted: &Wanted, thing: &T) {
    for Tag { name, write } in tags {
        if wanted.has(name) {
            write(w, name, thing);
        }
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// So many are left out.
    pub skip: usize,
    /// And then no more than so many.
    pub first: usize,
}

impl Part {
    /// What a request says of it; numbers that are none count as not said.
    pub fn of(request: &Element) -> Part {
        let number = |name| request.text_of(name).and_then(|text| text.parse().ok());
        Part {
            skip: number("skip").unwrap_or(0),
            first: number("first").unwrap_or(usize::MAX),
        }
    }
}

/// More than this is not listed at once.
pub(super) const MOST: usize = 10_000;
