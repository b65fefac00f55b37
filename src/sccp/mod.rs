//! SCCP ("Skinny"), as Cisco's phones speak it in their native firmware.

pub mod wire;
