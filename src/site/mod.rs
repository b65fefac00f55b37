//! The site file: what an administrator writes, what is wrong with it, what applying it would change, and how secrets
//! are kept.

mod buttons;
mod calendar;
mod candidate;
mod check;
mod dial_pattern;
mod document;
mod file;
mod hardware;
mod hunt_group;
mod ical;
mod job;
mod limits;
mod lint;
mod mobility;
mod phone_model;
mod plan;
mod problem;
mod provision;
mod reader;
mod secrets;
mod sip_secret;
mod trunk;
mod upstream;

pub use calendar::{Attached, attached_names};
pub use candidate::candidate;
pub use document::write;
pub use file::{Parsed, parse, parse_with};
pub use plan::{FieldChange, Plan, PlanLine, Step, plan};
pub use problem::Problem;
pub use secrets::{Hashing, digest_secret, hash_pin, verify_pin};
