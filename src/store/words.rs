//! How the words of the core stand in the database: as the same words, so that an administrator can read them.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Result, ToSql};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use uuid::Uuid;

use crate::pbx::{Cause, Door, ForwardKind, Owner, Readiness, SessionId, Signal};
use crate::time::Utc;

/// A word of the core in a text column.
pub(super) struct Word<T>(pub T);

/// A session's id in a blob column: 16 bytes that sort by time.
pub(super) struct Id(pub SessionId);

/// What a value is called; the same name that serde gives it, which is how it is read back.
pub(super) trait Worded {
    /// The name.
    fn word(&self) -> &'static str;
}

impl Worded for Cause {
    fn word(&self) -> &'static str {
        Cause::word(*self)
    }
}

impl Worded for Door {
    fn word(&self) -> &'static str {
        match self {
            Door::Code => "code",
            Door::Softkey => "softkey",
            Door::Control => "control",
            Door::Timer => "timer",
            Door::Registration => "registration",
            Door::Page => "page",
            Door::Api => "api",
        }
    }
}

impl Worded for Signal {
    fn word(&self) -> &'static str {
        match self {
            Signal::Login => "login",
            Signal::OffHook => "off-hook",
            Signal::OnHook => "on-hook",
            Signal::Digit => "digit",
            Signal::Key => "key",
            Signal::CallBegun => "call-begun",
            Signal::CallAnswered => "call-answered",
            Signal::CallEnded => "call-ended",
            Signal::CallChanged => "call-changed",
            Signal::CallTransferred => "call-transferred",
            Signal::IdlePage => "idle-page",
        }
    }
}

impl Worded for ForwardKind {
    fn word(&self) -> &'static str {
        match self {
            ForwardKind::All => "all",
            ForwardKind::Busy => "busy",
            ForwardKind::NoAnswer => "no-answer",
        }
    }
}

/// Whose something is, and what that one is called.
pub(super) fn owner_words(owner: &Owner) -> (&'static str, &str) {
    match owner {
        Owner::User(user) => ("user", user.as_str()),
        Owner::Phone(phone) => ("phone", phone.as_str()),
    }
}

/// The same, read back.
pub(super) fn owner_of(word: &str, name: String) -> FromSqlResult<Owner> {
    match word {
        "user" => Ok(Owner::User(name.into())),
        "phone" => Ok(Owner::Phone(name.into())),
        _ => {
            let what = format!("{word:?} owns nothing: \"user\" and \"phone\" do");
            Err(FromSqlError::Other(what.into()))
        }
    }
}

impl<T: Worded> ToSql for Word<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.word().into())
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word: StrDeserializer<'_, serde::de::value::Error> =
            value.as_str()?.into_deserializer();
        T::deserialize(word)
            .map(Word)
            .map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for Id {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.0.as_bytes().as_slice().into())
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Uuid::from_slice(value.as_blob()?)
            .map(|id| Id(SessionId(id)))
            .map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// What was said of a member: the word, and until when that lasts.
pub(super) fn readiness_words(readiness: Readiness) -> (&'static str, Option<i64>) {
    match readiness {
        Readiness::Ready => ("ready", None),
        Readiness::Wish => ("wish", None),
        Readiness::Missed => ("missed", None),
        Readiness::Supervisor => ("supervisor", None),
        Readiness::WrapUp { until } => ("wrap-up", Some(until.0)),
    }
}

/// The same, read back.
pub(super) fn readiness_of(word: &str, until: Option<i64>) -> FromSqlResult<Readiness> {
    match (word, until) {
        ("ready", _) => Ok(Readiness::Ready),
        ("wish", _) => Ok(Readiness::Wish),
        ("missed", _) => Ok(Readiness::Missed),
        ("supervisor", _) => Ok(Readiness::Supervisor),
        ("wrap-up", Some(until)) => Ok(Readiness::WrapUp { until: Utc(until) }),
        _ => {
            let text = format!("there is no readiness {word:?} until {until:?}");
            Err(FromSqlError::Other(text.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives<T: Worded + DeserializeOwned + PartialEq + std::fmt::Debug>(all: &[T]) {
        for value in all {
            let read: Word<T> = FromSql::column_result(ValueRef::Text(value.word().as_bytes()))
                .expect("the word is known");
            assert_eq!(read.0, *value);
        }
    }

    #[test]
    fn every_word_is_read_back_as_what_it_was() {
        use Signal::*;
        survives(&[
            Door::Code,
            Door::Softkey,
            Door::Control,
            Door::Timer,
            Door::Registration,
            Door::Page,
            Door::Api,
        ]);
        survives(&[
            Login,
            OffHook,
            OnHook,
            Digit,
            Key,
            CallBegun,
            CallAnswered,
            CallEnded,
            CallChanged,
            CallTransferred,
            IdlePage,
        ]);
        survives(&[
            Cause::User,
            Cause::Takeover,
            Cause::Moved,
            Cause::Remote,
            Cause::Admin,
            Cause::Idle,
            Cause::Duration,
            Cause::Schedule,
            Cause::Unregistered,
            Cause::Api,
            Cause::Missed,
            Cause::Firmware,
        ]);
    }

    #[test]
    fn what_was_said_of_members_is_read_back() {
        let until = Utc(5);
        for readiness in [
            Readiness::Ready,
            Readiness::Wish,
            Readiness::Missed,
            Readiness::Supervisor,
            Readiness::WrapUp { until },
        ] {
            let (word, until) = readiness_words(readiness);
            assert_eq!(readiness_of(word, until), Ok(readiness));
        }
        readiness_of("wrap-up", None).expect_err("until when?");
    }

    #[test]
    fn owners_are_read_back() {
        survives(&ForwardKind::ALL);
        for owner in [Owner::User("alice".into()), Owner::Phone("desk-1".into())] {
            let (word, name) = owner_words(&owner);
            assert_eq!(owner_of(word, name.to_owned()), Ok(owner));
        }
        let error = owner_of("dog", "rex".into()).expect_err("there are none");
        assert!(error.to_string().contains("dog"), "{error}");
    }

    #[test]
    fn an_unknown_word_is_an_error_that_names_it() {
        let read: FromSqlResult<Word<Door>> = FromSql::column_result(ValueRef::Text(b"window"));
        let error = read.err().expect("there is no such door");
        assert!(error.to_string().contains("window"), "{error}");
    }
}
