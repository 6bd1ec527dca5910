//! Compiles every contract under `proto/` with protox, so that no protoc is needed.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = vec![root.join("google/longrunning/operations.proto")];
    for role in fs::read_dir(root.join("whetstone"))? {
        for file in fs::read_dir(role?.path().join("v1"))? {
            files.push(file?.path());
        }
    }
    files.sort();
    let descriptors = protox::compile(&files, [&root])?;
    let bytes = prost::Message::encode_to_vec(&descriptors);
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin"), bytes)?;
    let mut config = prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure().compile_fds_with_config(descriptors, config)?;
    Ok(())
}
