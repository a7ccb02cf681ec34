//! Model files: whatever they hold, a scan ends in facts or in a sentence.

#![no_main]

use std::cell::RefCell;
use std::fs::File;
use std::io::{Seek, Write};

use glassboard_checkpoints::{Reach, onnx, scan};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FILE: RefCell<(tempfile::TempDir, File)> = RefCell::new({
        let folder = tempfile::tempdir().expect("a folder");
        let file = File::create(folder.path().join("model")).expect("a file");
        (folder, file)
    });
}

fuzz_target!(|bytes: &[u8]| {
    FILE.with_borrow_mut(|(folder, file)| {
        file.set_len(0).expect("cut");
        file.rewind().expect("back");
        file.write_all(bytes).expect("written");
        if let Err(error) = scan(&folder.path().join("model"), Reach::Upload, |_| false) {
            assert!(!error.to_string().is_empty());
        }
    });
    if let Ok(model) = onnx::from_bytes(bytes.to_vec()) {
        let _ = onnx::structure(&model);
        for tensor in model.graph.iter().flat_map(|graph| &graph.initializer) {
            let _ = onnx::bytes_of(tensor);
        }
    }
});
