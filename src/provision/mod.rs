//! What phones download: which file is whose, what is in it, and how TFTP carries it. No sockets, no clock.

mod asked;
mod escape;
mod index;
mod invitation;
mod key;
mod library;
mod shipped;
mod template;
pub mod tftp;
mod values;

pub use asked::{Asked, Common, Kind, Own};
pub use index::Index;
pub use invitation::invitations;
pub use key::Key;
pub use library::{File, Library, Wanted};
pub use template::{Override, TemplateProblem, Templates};
pub use values::{Urls, Whereabouts};
