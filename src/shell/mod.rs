//! Where Perch meets the machine: clocks, sockets, tasks, signals. It carries things to and fro and decides nothing.

mod checks;
pub mod clock;
mod datagrams;
mod edge;
pub mod events;
mod flows;
mod guard;
pub mod heap;
mod housekeeping;
mod http;
pub mod intake;
pub mod log;
mod media;
pub mod metrics;
mod overload;
mod patience;
pub mod readiness;
mod run;
mod sccp;
pub mod serve;
pub mod settings;
mod signals;
pub mod sites;
pub mod sockets;
mod stream;
mod streams;
mod supervise;
mod tcp;
mod tls;
mod udp;
mod wires;
mod ws;

pub use clock::Clock;
pub use intake::Intake;
pub use serve::{ServeError, Server, serve};
pub use settings::Settings;
