//! From a table of messages to the enum of what one side may say.

/// Makes the enum, and for each message its id, its name and its way from and to a frame.
///
/// A message is bare (no body), or has a body of its own, a struct of the same name; some have two ids, of which the newer
/// is used from a version on; some share a struct with others.
macro_rules! messages {
    (
        $(#[$meta:meta])*
        pub enum $name:ident;
        bare: $( $(#[$bare_doc:meta])* $bare_id:literal $bare:ident, )*
        with_body: $( $(#[$own_doc:meta])* $own_id:literal $own:ident, )*
        in_two_forms: $( $(#[$two_doc:meta])* $two_id:literal $new_id:literal since $since:tt $two:ident, )*
        sharing: $( $(#[$shared_doc:meta])* $shared_id:literal $shared:ident($body:ident), )*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $( $(#[$bare_doc])* $bare, )*
            $( $(#[$own_doc])* $own($own), )*
            $( $(#[$two_doc])* $two($two), )*
            $( $(#[$shared_doc])* $shared($body), )*
            /// A message that is not listed here.
            Unknown {
                /// Which one.
                id: u32,
                /// Its body, not looked into.
                body: Unread,
            },
        }

        $( impl From<$own> for $name {
            fn from(message: $own) -> $name {
                $name::$own(message)
            }
        } )*
        $( impl From<$two> for $name {
            fn from(message: $two) -> $name {
                $name::$two(message)
            }
        } )*

        impl $name {
            /// The ids that are known, and what they are called.
            pub const IDS: &'static [(u32, &'static str)] = &[
                $( ($bare_id, stringify!($bare)), )*
                $( ($own_id, stringify!($own)), )*
                $( ($two_id, stringify!($two)), ($new_id, stringify!($two)), )*
                $( ($shared_id, stringify!($shared)), )*
            ];

            /// The messages that have two forms.
            const FORMS: &'static [Forms] = &[
                $( Forms { old: $two_id, new: $new_id, since: $since }, )*
            ];

            /// What the message is called.
            pub fn name(&self) -> &'static str {
                match self {
                    $( $name::$bare => stringify!($bare), )*
                    $( $name::$own(_) => stringify!($own), )*
                    $( $name::$two(_) => stringify!($two), )*
                    $( $name::$shared(_) => stringify!($shared), )*
                    $name::Unknown { .. } => "Unknown",
                }
            }

            /// Its id, as it is written in this version.
            pub fn id(&self, version: Version) -> u32 {
                let id = match self {
                    $( $name::$bare => $bare_id, )*
                    $( $name::$own(_) => $own_id, )*
                    $( $name::$two(_) => $two_id, )*
                    $( $name::$shared(_) => $shared_id, )*
                    $name::Unknown { id, .. } => *id,
                };
                let mut forms = $name::FORMS.iter();
                let form = forms.find(|form| form.old == id && version.number() >= form.since);
                form.map_or(id, |form| form.new)
            }

            /// What a frame says, as far as it can be understood.
            pub fn decode(dialect: impl Into<Dialect>, frame: &Frame) -> Result<$name, WireError> {
                let mut body = Reader::lenient(dialect.into(), $name::is_dynamic(frame.id), &frame.body);
                $name::read(frame, &mut body)
            }

            /// What a frame says, and all that is not as it should have been written: sizes, padding, the ends of texts,
            /// values, the id and the header for this version.
            pub fn check(
                dialect: impl Into<Dialect>,
                frame: &Frame,
            ) -> Result<($name, Vec<Fault>), WireError> {
                let dialect = dialect.into();
                let mut body = Reader::strict(dialect, $name::is_dynamic(frame.id), &frame.body);
                let message = $name::read(frame, &mut body)?;
                let mut faults = match message {
                    $name::Unknown { .. } => vec![Fault { at: 0, what: "a message that is not known" }],
                    _ => body.into_faults(),
                };
                faults.extend(header_faults(
                    dialect.version,
                    frame,
                    message.id(dialect.version),
                ));
                Ok((message, faults))
            }

            /// The frame that says it.
            pub fn to_frame(&self, dialect: impl Into<Dialect>) -> Frame {
                let dialect = dialect.into();
                let id = self.id(dialect.version);
                Frame {
                    header_version: dialect.version.in_header(id),
                    id,
                    body: self.write(Writer::new(dialect, $name::is_dynamic(id))),
                }
            }

            /// Whether messages of this id have texts of any length.
            fn is_dynamic(id: u32) -> bool {
                $name::FORMS.iter().any(|form| form.new == id)
            }

            fn read(frame: &Frame, body: &mut Reader<'_>) -> Result<$name, WireError> {
                Ok(match frame.id {
                    $( $bare_id => $name::$bare, )*
                    $( $own_id => $name::$own(fields(stringify!($own), frame, body)?), )*
                    $( $two_id => $name::$two(fields(stringify!($two), frame, body)?), )*
                    $( $new_id => $name::$two(fields(stringify!($two), frame, body)?), )*
                    $( $shared_id => $name::$shared(fields(stringify!($shared), frame, body)?), )*
                    id => $name::Unknown { id, body: frame.body.clone().into() },
                })
            }

            fn write(&self, mut body: Writer) -> bytes::Bytes {
                match self {
                    $( $name::$bare => {} )*
                    $( $name::$own(message) => message.clone().layout(&mut body), )*
                    $( $name::$two(message) => message.clone().layout(&mut body), )*
                    $( $name::$shared(message) => message.clone().layout(&mut body), )*
                    $name::Unknown { body, .. } => return body.0.clone(),
                }
                body.into_body()
            }
        }
    };
}

use std::fmt;

use bytes::Bytes;

use super::cursor::Layout;
use super::frame::Frame;
use super::reader::Reader;
use super::version::Version;
use super::{Fault, WireError};

/// The ids of a message that has two forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forms {
    /// The form whose texts have fields of their own.
    pub(super) old: u32,
    /// The form whose texts have any length.
    pub(super) new: u32,
    /// The version from which on the newer form is written.
    pub(super) since: u8,
}

/// Bytes that nobody has looked into. Nobody knows what they say, so they are not shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Unread(pub Bytes);

impl From<Bytes> for Unread {
    fn from(body: Bytes) -> Unread {
        Unread(body)
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Reads the fields of a message that has some.
pub(super) fn fields<M: Layout>(
    message: &'static str,
    frame: &Frame,
    body: &mut Reader<'_>,
) -> Result<M, WireError> {
    let (length, least) = (frame.body.len(), M::LEAST);
    if length < least {
        return Err(WireError::Short {
            message,
            length,
            least,
        });
    }
    let mut fields = M::default();
    fields.layout(body);
    Ok(fields)
}

/// What is wrong with a frame's header, when `id` is how the message is written.
pub(super) fn header_faults(version: Version, frame: &Frame, id: u32) -> Vec<Fault> {
    let mut faults = Vec::new();
    if frame.id != id {
        let what = "a form of the message that this version does not have";
        faults.push(Fault { at: 0, what });
    }
    if frame.header_version != version.in_header(frame.id) {
        let what = "a header with another version";
        faults.push(Fault { at: 0, what });
    }
    faults
}
