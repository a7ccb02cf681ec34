//! Faults on demand, for the tests that kill workers.
//!
//! `GLASSBOARD_WORKER_FAULT=hang|oom|kill|panic:<kind>` in a child's environment makes every job of
//! that kind fail that way, if its model or input is the one named in `GLASSBOARD_WORKER_FAULT_NAME`
//! (any, where that is not set). The supervisor passes neither variable on: only a test that sets
//! them in `ChildCommand::environment` can.

use std::time::Duration;

use glassboard_jobs::spec::JobSpec;

/// Fails as asked, or does nothing.
pub(crate) fn trip(spec: &JobSpec) {
    let Ok(asked) = std::env::var("GLASSBOARD_WORKER_FAULT") else {
        return;
    };
    let Some((how, kind)) = asked.split_once(':') else {
        return;
    };
    let Ok(text) = serde_json::to_value(spec) else { return };
    let named = std::env::var("GLASSBOARD_WORKER_FAULT_NAME");
    if text["kind"] != kind || named.is_ok_and(|name| text["name"] != name.as_str()) {
        return;
    }
    match how {
        "hang" => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        "oom" => {
            let mut held: Vec<Vec<u8>> = Vec::new();
            loop {
                held.push(vec![1; 16 << 20]);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        "kill" => {
            // The test asked for it; a failure to die shows as a finished job there.
            let _ = nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::Signal::SIGKILL);
        }
        "panic" => std::panic::panic_any("a fault that a test asked for"),
        _ => {}
    }
}
