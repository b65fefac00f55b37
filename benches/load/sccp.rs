//! SCCP phones: many of them, and what happens to them.

mod arguments;
mod crowd;
mod exposition;
mod kind;
mod phone;
mod register;
mod site;
mod swap;

use std::future::Future;

use tokio::task::LocalSet;

pub use arguments::{SccpRegister, SccpSwap};

use crate::Failure;

/// Measures how fast phones become somebody's.
pub fn swap(run: &SccpSwap) -> Result<(), Failure> {
    carry_out(swap::carry_out(run))
}

/// Measures what very many phones cost, and how fast they come.
pub fn register(run: &SccpRegister) -> Result<(), Failure> {
    carry_out(register::carry_out(run))
}

fn carry_out(scenario: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, scenario)
}
