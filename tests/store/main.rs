//! The store through its public face.

mod activity;
mod claims;
mod crash;
mod files;
mod model;
mod site;
mod support;
mod trouble;
