//! Every message in every version: what is written is read again, is as it should be, and is written the same.

use std::collections::BTreeSet;

use perch::sccp::wire::{Charset, Dialect, FromPhone, ToPhone, Version};

use crate::sccp_samples::{from_phone, to_phone};

/// Every version, with either charset.
fn dialects() -> impl Iterator<Item = Dialect> {
    let charsets = [Charset::Latin1, Charset::Utf8];
    let with = move |version| charsets.map(|charset| Dialect { version, charset });
    Version::ALL.into_iter().flat_map(with)
}

/// What holds for both directions.
macro_rules! comes_back {
    ($messages:expr, $type:ident) => {
        for message in $messages {
            for dialect in dialects() {
                let (name, frame) = (message.name(), message.to_frame(dialect));
                assert!(frame.body.len().is_multiple_of(4), "{name} {dialect:?}");
                let (read, faults) = $type::check(dialect, &frame).expect("it can be read");
                assert_eq!(faults, [], "{name} {dialect:?}");
                assert_eq!($type::decode(dialect, &frame), Ok(read.clone()));
                assert_eq!(read.to_frame(dialect), frame, "{name} {dialect:?}");
                assert_eq!(read.name(), name, "{dialect:?}");
                if dialect.version == Version::V22 {
                    assert_eq!(read, message, "the newest version says everything");
                }
            }
        }
    };
}

#[test]
fn what_a_phone_says_is_read_as_it_was_written() {
    comes_back!(from_phone(), FromPhone);
}

#[test]
fn what_a_phone_is_told_is_read_as_it_was_written() {
    comes_back!(to_phone(), ToPhone);
}

#[test]
fn there_is_a_sample_of_every_message() {
    let listed: BTreeSet<&str> = FromPhone::IDS.iter().map(|(_, name)| *name).collect();
    let sampled: BTreeSet<&str> = from_phone().iter().map(FromPhone::name).collect();
    assert_eq!(sampled, listed);
    let listed: BTreeSet<&str> = ToPhone::IDS.iter().map(|(_, name)| *name).collect();
    let sampled: BTreeSet<&str> = to_phone().iter().map(ToPhone::name).collect();
    assert_eq!(sampled, listed);
}
