//! `predict MODEL ROWS COLUMNS OUTPUT`: predictions of a native file, or of what a `.onnx` file is recognised as. ROWS holds little-endian doubles, row by row;
//! the answer goes to standard output in the same form. `-` as OUTPUT is the first. `--times N` runs it N times and
//! prints seconds instead.

use std::io::Write as _;

use ndarray::Array2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows, columns, output, rest @ ..] = &args[..] else {
        return Err("predict MODEL ROWS COLUMNS OUTPUT [--times N]".into());
    };
    let bytes = std::fs::read(model)?;
    let glass = if std::path::Path::new(model).extension().is_some_and(|end| end == "onnx") {
        let graph = glassboard_checkpoints::onnx::from_bytes(bytes)?;
        glassboard_glassbox::onnx::recognise(&graph).ok_or("neither trees nor linear, or more than that")?
    } else {
        glassboard_glassbox::read(&bytes)?
    };
    let model = glass.into_model();
    let bytes = std::fs::read(rows)?;
    let values: Vec<f64> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|v| f64::from_le_bytes(*v))
        .collect();
    let columns: usize = columns.parse()?;
    let rows = Array2::from_shape_vec((values.len() / columns.max(1), columns), values)?;
    let output = Some(output.as_str()).filter(|name| *name != "-");
    if let [_, times] = rest {
        for _ in 0..times.parse::<usize>()? {
            let began = std::time::Instant::now();
            let answer = model.forward_rows(rows.view(), output)?;
            println!("{} {}", began.elapsed().as_secs_f64(), answer.sum());
        }
        return Ok(());
    }
    let answer = model.forward_rows(rows.view(), output)?;
    let bytes: Vec<u8> = answer.iter().flat_map(|v| v.to_le_bytes()).collect();
    std::io::stdout().write_all(&bytes)?;
    Ok(())
}
