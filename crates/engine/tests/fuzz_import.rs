//! Any bytes as a model: imported, planned and run under limits, they end in an answer or in a sentence.
//!
//! On its own this is a second of random inputs; `BOLERO_RANDOM_TEST_TIME_MS` makes it longer, and
//! `fuzz/run import SECONDS` runs the same inputs under libFuzzer with coverage. A crash goes to
//! `__fuzz__/a_file_ends_in_an_answer_or_a_sentence/crashes` and is tried first ever after.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may say so by panicking")]

use std::path::Path;
use std::sync::LazyLock;

use glassboard_engine::{Elem, Options, Plain, PlainData, Session};

/// Bytes that the values of a run may occupy.
const LIMIT: u64 = 32 << 20;
/// Most elements of an input that is made up.
const MOST: usize = 1 << 16;

/// Small sound models to start from: the fixtures of this repository.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [
        "tests/fixtures/onnx",
        "tests/fixtures/goldens/models",
        "demo/data/models",
    ];
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).into_iter().flatten());
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let models = paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "onnx"));
    let mut seeds: Vec<Vec<u8>> = models.map(|path| std::fs::read(path).unwrap()).collect();
    seeds.retain(|bytes| bytes.len() < 64 << 10);
    assert!(!seeds.is_empty(), "no model to start from");
    seeds
});

/// Reads an input of the fuzzer: a whole file, or a seed with a few bytes changed, cut out or put in.
fn file(input: &[u8]) -> Option<Vec<u8>> {
    let (&mode, rest) = input.split_first()?;
    if mode == 0 {
        return Some(rest.to_vec());
    }
    let mut bytes = SEEDS[usize::from(mode) % SEEDS.len()].clone();
    for edit in rest.chunks_exact(5) {
        let &[kind, high, low, value, length] = edit else {
            continue;
        };
        if bytes.is_empty() {
            break;
        }
        let at = (usize::from(high) << 8 | usize::from(low)) % bytes.len();
        let end = (at + usize::from(length % 16)).min(bytes.len());
        match kind % 6 {
            0 => bytes[at] = value,
            1 => bytes[at] ^= 1 << (value % 8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.insert(at, value),
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = usize::from(value) * bytes.len() / 256;
                bytes.splice(to..to, piece);
            }
            _ => bytes[at..end].fill(value),
        }
    }
    Some(bytes)
}

fn try_out(bytes: &[u8]) -> Result<(), String> {
    let session = Session::from_bytes(bytes, Options { memory_limit: LIMIT }).map_err(|e| e.to_string())?;
    let mut inputs = Vec::new();
    for (_, port) in &session.program().inputs {
        let shape: Vec<usize> = port.shape.iter().flatten().map(|d| d.known().unwrap_or(1)).collect();
        let count = shape
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d))
            .filter(|&n| n <= MOST);
        let Some(count) = count else { return Ok(()) };
        let elem = port.elem.unwrap_or(Elem::F32);
        inputs.push(match elem {
            Elem::Str => Plain::text(shape, vec!["x".into(); count]),
            elem if elem.is_float() => Plain::float(shape, elem, vec![0.5; count]),
            elem => Plain::int(shape, elem, vec![0; count]),
        });
    }
    let done = session.execute(&inputs, &[]).map_err(|e| e.to_string())?;
    for value in &done.values {
        let held = match &value.data {
            PlainData::Float(v) => v.len(),
            PlainData::Double(v) => v.len(),
            PlainData::Int(v) => v.len(),
            PlainData::Text(v) => v.len(),
        };
        assert_eq!(held, value.numel(), "an answer of another size than its shape");
    }
    Ok(())
}

#[test]
fn a_file_ends_in_an_answer_or_a_sentence() {
    bolero::check!().with_max_len(4096).for_each(|input: &[u8]| {
        let Some(bytes) = file(input) else { return };
        if let Err(sentence) = try_out(&bytes) {
            assert!(!sentence.is_empty());
        }
    });
}
