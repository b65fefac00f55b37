//! The site file: what an administrator writes, what is wrong with it, what applying it would change, and how secrets
//! are kept.

mod after_hours;
mod auto_registration;
mod buttons;
mod calendar;
mod candidate;
mod check;
mod class_of_service;
mod codes;
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
mod phone;
mod phone_model;
mod pin;
mod plan;
mod problem;
mod profile;
mod provision;
mod reader;
mod secrets;
mod settings;
mod sip_secret;
mod trunk;
mod upstream;
mod user;

pub use calendar::{Attached, attached_names};
pub use candidate::candidate;
pub use document::write;
pub use file::{Parsed, parse, parse_with};
pub use plan::{FieldChange, Plan, PlanLine, Step, plan};
pub use problem::Problem;
pub use secrets::{Hashing, digest_secret, hash_pin, verify_pin};
