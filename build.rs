//! Compiles the control API's schema without a system `protoc`.

use std::{env, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = "proto/perch/control/v1/control.proto";
    println!("cargo:rerun-if-changed={schema}");
    let descriptors = protox::compile([schema], ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    std::fs::write(
        out.join("control_descriptor.bin"),
        prost::Message::encode_to_vec(&descriptors),
    )?;
    tonic_prost_build::configure()
        // They hold a PIN and a token, which must not show in a log by way of `Debug`.
        .skip_debug([
            "perch.control.v1.LoginRequest",
            "perch.control.v1.ProvisionUrlResponse",
        ])
        .compile_fds(descriptors)?;
    Ok(())
}
