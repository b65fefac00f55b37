//! What another policy would have done: the recorded activity, run once more through the core.
//!
//! The rules are the core's, as ever; here are only a clock that is moved by hand, a memory in place of the store, and
//! what is counted.

mod account;
mod clockwork;
mod memory;
mod run;

pub use account::{Account, End, LoggedInAgain, Refused};
pub use clockwork::{Clockwork, News};
pub use memory::Memory;
pub use run::Replay;
