//! SIP: bytes to events, actions to bytes; the registrar at the edge.

mod agent;
mod answer;
mod asker;
mod auth;
mod bindings;
mod content;
mod dialog;
mod early;
mod flow;
mod hex;
mod history;
mod inbound;
mod leg;
mod lockout;
mod message;
mod network;
mod nonce;
mod outbound;
mod own_media;
mod phones;
mod refer;
mod registrar;
mod reliable;
mod reoffer;
mod replaces;
mod reply;
mod ring;
mod sdp;
mod seal;
mod session_timer;
mod stray;
mod target;
mod transaction;
mod witness;

pub mod stun;
pub mod wire;

pub use agent::Agent;
pub use auth::{Authenticator, Offer, Verdict, digest_secret};
pub use bindings::{Binding, News};
pub use flow::{Flow, Transport};
pub use network::Network;
pub use registrar::{ALLOW, Counters, Edge, Limits, Registrar};
pub use session_timer::SessionIntervals;
pub use witness::{Standing, Witness};
