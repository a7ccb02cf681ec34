//! Tests that cross rooms, and what they share: a server as a child process, a client that can
//! also misbehave, event files made on the spot.
//!
//! The program under test is the `glassboard` of the same profile, or `GLASSBOARD_BIN`. `./x test`
//! builds it first; with plain cargo, `cargo build -p glassboard` does.

mod event_file;
mod http;
mod random;
mod server;

pub use event_file::{EventFile, strings};
pub use http::{Http, Reply};
pub use random::Random;
pub use server::Server;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// The program under test.
///
/// # Panics
/// Where it was not built.
pub fn program() -> PathBuf {
    let path = std::env::var_os("GLASSBOARD_BIN").map_or_else(
        || {
            let own = std::env::current_exe().unwrap_or_default();
            // target/debug/deps/this-test -> target/debug/glassboard
            own.parent()
                .and_then(Path::parent)
                .unwrap_or(Path::new("."))
                .join("glassboard")
        },
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build -p glassboard` first",
        path.display()
    );
    path
}

/// The demo's image model, whatever `demo/train.py` called it last.
///
/// # Panics
/// Where the demo's listing is not there or names no model.
pub fn digits() -> PathBuf {
    let listing = std::fs::read(demo("demo.json")).expect("the demo's listing");
    let listing: serde_json::Value = serde_json::from_slice(&listing).expect("JSON");
    demo(listing["models"][0]["file"].as_str().expect("a model"))
}

/// A file of the demo.
pub fn demo(file: &str) -> PathBuf {
    root().join("demo/data").join(file)
}
