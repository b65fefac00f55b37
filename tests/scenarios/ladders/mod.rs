//! Calls message by message: bad days, and what only the wire can show. Each names what says how it must go.

mod bad_days;
mod changes;
mod early;
mod hops;
mod hunting;
mod messages;
mod relays;
mod replaces;
mod watching;
