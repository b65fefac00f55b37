//! The names that an administrator gives to things.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name! {
    /// A phone: what it registers as (SIP user name, SCCP device name).
    PhoneName
}
name! {
    /// A user id. Case-sensitive (SES-4).
    UserId
}
name! {
    /// A directory number.
    Dn
}
name! {
    /// A mailbox of a voicemail system.
    Mailbox
}
name! {
    /// A user profile or a logout profile.
    ProfileName
}
name! {
    /// A pickup group: who hears whose phones ring.
    GroupName
}
name! {
    /// A hunt group.
    HuntGroupName
}
name! {
    /// A group of users.
    UserGroupName
}
name! {
    /// A class of service.
    ClassName
}
name! {
    /// A job: something that happens by the clock.
    JobName
}
name! {
    /// A calendar: days that are special.
    CalendarName
}
name! {
    /// A model of phones or of modules with more buttons, as its maker calls it.
    ModelName
}
