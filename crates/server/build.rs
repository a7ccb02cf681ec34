//! Stops a build that has no web assets to embed, with one sentence instead of a macro's backtrace.

fn main() {
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist/manifest.json");
    println!("cargo::rerun-if-changed={}", manifest.display());
    println!("cargo::rerun-if-changed=../../web/templates");
    println!("cargo::rerun-if-changed=askama.toml");
    if !manifest.exists() {
        println!("cargo::error=web/dist is missing: run `./x web` first (it builds the web assets with npm).");
    }
}
