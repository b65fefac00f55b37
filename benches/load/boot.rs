//! The power comes back: all phones of a building fetch their files at once, and somebody else tries to fetch them, too.

mod arguments;
mod fetch;
mod model;
mod storm;

use tokio::task::LocalSet;

pub use arguments::BootStorm;

use crate::Failure;

/// Measures how fast phones have their files.
pub fn storm(run: &BootStorm) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, storm::carry_out(run))
}
